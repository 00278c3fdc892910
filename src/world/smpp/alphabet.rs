//! What an SMS is made of: letters in GSM's alphabet or in UCS-2, in one segment or in several that a phone joins again.

/// In what a text is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Alphabet {
    /// GSM's alphabet of 7 bits (3GPP TS 23.038 §6.2.1), an octet each; UCS-2 for a text that has a letter which is not there.
    #[default]
    Gsm,
    /// UCS-2 (ISO/IEC 10646) always: for a centre whose own alphabet is not GSM's.
    Ucs2,
}

/// One message as a telephone gets it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Segment {
    /// The alphabet.
    pub alphabet: Alphabet,
    /// Whether the octets begin with a header (3GPP TS 23.040 §9.2.3.24) that says of what text this is a part.
    pub has_header: bool,
    /// Header and letters.
    pub octets: Vec<u8>,
}

/// A text that is longer than [`MOST`] segments.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the text is longer than {MOST} messages")]
pub struct TooLong;

/// `text` in as few segments as it fits in; `reference` tells the parts of one text from those of another.
///
/// # Errors
/// [`TooLong`].
pub fn segments(text: &str, preferred: Alphabet, reference: u8) -> Result<Vec<Segment>, TooLong> {
    let in_gsm = || text.chars().map(gsm).collect::<Option<Vec<_>>>();
    let (alphabet, letters) = match preferred {
        Alphabet::Gsm => match in_gsm() {
            Some(letters) => (Alphabet::Gsm, letters),
            None => (Alphabet::Ucs2, text.chars().map(ucs2).collect()),
        },
        Alphabet::Ucs2 => (Alphabet::Ucs2, text.chars().map(ucs2).collect()),
    };
    let (alone, in_part) = match alphabet {
        Alphabet::Gsm => (160, 153),
        Alphabet::Ucs2 => (140, 134),
    };
    if letters.iter().map(Vec::len).sum::<usize>() <= alone {
        return Ok(vec![Segment { alphabet, has_header: false, octets: letters.concat() }]);
    }
    // A letter is never parted: neither an escape from what it escapes, nor the halves of a surrogate pair.
    let mut parts = vec![Vec::new()];
    for letter in letters {
        match parts.last_mut() {
            Some(part) if part.len() + letter.len() <= in_part => part.extend(letter),
            _ => parts.push(letter),
        }
    }
    let count = u8::try_from(parts.len()).ok().filter(|count| *count <= MOST).ok_or(TooLong)?;
    let segment = |(number, letters): (u8, Vec<u8>)| {
        // Six octets: its length, what it is (a part, under a reference of 8 bits), its length, and which part of how many.
        let header = [5, 0, 3, reference, count, number];
        Segment { alphabet, has_header: true, octets: [&header[..], &letters].concat() }
    };
    Ok((1..=count).zip(parts).map(segment).collect())
}

/// A letter in GSM's alphabet; two octets for one of its extension.
fn gsm(letter: char) -> Option<Vec<u8>> {
    let position = BASIC.chars().position(|one| one == letter && one != ESCAPE);
    if let Some(code) = position.and_then(|position| u8::try_from(position).ok()) {
        return Some(vec![code]);
    }
    let (_, code) = EXTENSION.iter().find(|(one, _)| *one == letter)?;
    Some(vec![ESCAPE as u8, *code])
}

fn ucs2(letter: char) -> Vec<u8> {
    letter.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()).collect()
}

const ESCAPE: char = '\u{1b}';
/// Each letter at its code (3GPP TS 23.038 §6.2.1).
const BASIC: &str = concat!(
    "@£$¥èéùìòÇ\nØø\rÅå",
    "Δ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ",
    " !\"#¤%&'()*+,-./",
    "0123456789:;<=>?",
    "¡ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZÄÖÑÜ§",
    "¿abcdefghijklmno",
    "pqrstuvwxyzäöñüà",
);
/// What follows an escape (§6.2.1.1).
const EXTENSION: [(char, u8); 10] = [
    ('\u{c}', 0x0a),
    ('^', 0x14),
    ('{', 0x28),
    ('}', 0x29),
    ('\\', 0x2f),
    ('[', 0x3c),
    ('~', 0x3d),
    (']', 0x3e),
    ('|', 0x40),
    ('€', 0x65),
];
/// Segments of one text: no text of ours is half as long.
pub const MOST: u8 = 8;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn letters_have_the_codes_of_the_standard() {
        assert_eq!(BASIC.chars().count(), 128);
        for (letter, code) in [
            ('@', 0x00),
            ('è', 0x04),
            ('à', 0x7f),
            ('É', 0x1f),
            ('A', 0x41),
            ('z', 0x7a),
            ('§', 0x5f),
        ] {
            assert_eq!(gsm(letter), Some(vec![code]), "{letter}");
        }
        assert_eq!(gsm('€'), Some(vec![0x1b, 0x65]));
        for strange in ['È', '’', '\u{1b}', '😀', 'ą'] {
            assert_eq!(gsm(strange), None, "{strange}");
        }
        assert_eq!(ucs2('È'), [0x00, 0xc8]);
        assert_eq!(ucs2('😀'), [0xd8, 0x3d, 0xde, 0x00]);
    }

    #[test]
    fn one_message_holds_160_letters_or_70_and_a_longer_text_is_parted_between_letters() {
        let lengths = |text: &str| {
            let cut = segments(text, Alphabet::Gsm, 7).unwrap();
            cut.iter()
                .map(|one| (one.alphabet, one.has_header, one.octets.len()))
                .collect::<Vec<_>>()
        };
        let (gsm, ucs2) = (Alphabet::Gsm, Alphabet::Ucs2);
        assert_eq!(lengths(&"à".repeat(160)), [(gsm, false, 160)]);
        assert_eq!(lengths(&"à".repeat(161)), [(gsm, true, 159), (gsm, true, 14)]);
        assert_eq!(lengths(&"€".repeat(80)), [(gsm, false, 160)]);
        assert_eq!(lengths(&"€".repeat(81)), [(gsm, true, 158), (gsm, true, 16)]);
        assert_eq!(lengths(&"È".repeat(70)), [(ucs2, false, 140)]);
        assert_eq!(lengths(&"È".repeat(71)), [(ucs2, true, 140), (ucs2, true, 14)]);
        let headers: Vec<_> = segments(&"a".repeat(400), gsm, 7).unwrap();
        let headers: Vec<_> = headers.iter().map(|one| &one.octets[..6]).collect();
        assert_eq!(headers, [[5, 0, 3, 7, 3, 1], [5, 0, 3, 7, 3, 2], [5, 0, 3, 7, 3, 3]]);
        assert_eq!(segments("a", ucs2, 0).unwrap()[0].octets, [0, b'a']);
        assert_eq!(segments(&"a".repeat(153 * 8 + 1), gsm, 0), Err(TooLong));
    }

    proptest! {
        /// What is put together again is the text, whatever it is, and no segment is longer than a message.
        #[test]
        fn a_text_comes_together_again(text in "[a-zà-ü€\\[’È😀]{0,500}", always in any::<bool>()) {
            let preferred = if always { Alphabet::Ucs2 } else { Alphabet::Gsm };
            let Ok(cut) = segments(&text, preferred, 1) else { return Ok(()) };
            let mut said = String::new();
            for one in &cut {
                let letters = &one.octets[if one.has_header { 6 } else { 0 }..];
                match one.alphabet {
                    Alphabet::Gsm => {
                        prop_assert!(one.octets.len() <= 160);
                        let mut codes = letters.iter();
                        while let Some(code) = codes.next() {
                            said.push(if *code == 0x1b {
                                let code = codes.next().expect("no escape is cut off");
                                EXTENSION.iter().find(|(_, one)| one == code).unwrap().0
                            } else {
                                BASIC.chars().nth((*code).into()).unwrap()
                            });
                        }
                    }
                    Alphabet::Ucs2 => {
                        prop_assert!(one.octets.len() <= 140);
                        let units = letters.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
                        said.push_str(&String::from_utf16(&units.collect::<Vec<_>>()).unwrap());
                    }
                }
            }
            prop_assert_eq!(said, text);
        }
    }
}
