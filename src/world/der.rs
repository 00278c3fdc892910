//! DER, as far as certificates need it: written from the inside out, read one value after the other (X.690).

/// A sequence.
pub const SEQUENCE: u8 = 0x30;
/// A set.
pub const SET: u8 = 0x31;
/// A whole number.
pub const INTEGER: u8 = 0x02;
/// A truth value.
pub const BOOLEAN: u8 = 0x01;
/// Bits, the first octet of which counts the unused ones.
pub const BIT_STRING: u8 = 0x03;
/// Octets.
pub const OCTET_STRING: u8 = 0x04;
/// Nothing.
pub const NULL: u8 = 0x05;
/// The name of a thing.
pub const OBJECT_IDENTIFIER: u8 = 0x06;
/// A time with two digits of the year.
pub const UTC_TIME: u8 = 0x17;
/// A time with four.
pub const GENERALIZED_TIME: u8 = 0x18;

/// One value: `tag`, length, and the `parts` one after the other.
#[must_use]
pub fn value(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut written = vec![tag];
    if length < 0x80 {
        written.extend(length.to_be_bytes().last());
    } else {
        let octets = length.to_be_bytes();
        let first = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len());
        let octets = &octets[first..];
        written.extend(octets.len().to_be_bytes().last().map(|count| 0x80 | count));
        written.extend(octets);
    }
    for part in parts {
        written.extend(*part);
    }
    written
}

/// Reads the value at the beginning of `octets`: its tag, what is in it, and what follows it. `None` if there is none, or its length is not DER's.
#[must_use]
pub fn next(octets: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = octets.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let counted = length.iter().fold(0_usize, |sum, octet| sum << 8 | usize::from(*octet));
            (counted, rest)
        }
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    Some((tag, contents, rest))
}

/// The values in `octets`, one after the other, as far as they can be read: tags and contents.
pub fn values(mut octets: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (tag, contents, rest) = next(octets)?;
        octets = rest;
        Some((tag, contents))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let contents = vec![7; length];
            let mut written = value(OCTET_STRING, &[&contents]);
            written.push(9);
            let (tag, read, rest) = next(&written).unwrap();
            assert_eq!((tag, read, rest), (OCTET_STRING, contents.as_slice(), &[9][..]));
        }
    }

    #[test]
    fn what_is_cut_off_or_of_no_length_is_not_read() {
        let written = value(SEQUENCE, &[&[1; 200]]);
        for length in 0..written.len() {
            assert_eq!(next(&written[..length]), None, "{length}");
        }
        assert_eq!(next(&[SEQUENCE, 0x80, 0, 0]), None);
        assert_eq!(next(&[SEQUENCE, 0x85, 0, 0, 0, 0, 1, 0]), None);
    }
}
