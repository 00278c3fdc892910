//! The codes by which Italian bodies and places are known, and other plain values of a contact.

use crate::identity::fiscal_code::FiscalCode;

/// Whether `text` can be a code of the index of public administrations: `c_h501`, `agid`.
#[must_use]
pub fn is_ipa_code(text: &str) -> bool {
    (1..=20).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// Whether `text` is a number for value added tax: the country's two letters and its number, of Italy eleven digits of
/// which the last checks the others.
#[must_use]
pub fn is_vat_number(text: &str) -> bool {
    let Some((country, number)) = text.split_at_checked(2) else { return false };
    match country {
        "IT" => is_italian_number(number),
        _ => {
            country.bytes().all(|byte| byte.is_ascii_uppercase())
                && (2..=26).contains(&number.len())
                && number.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }
    }
}

/// Whether `text` is a fiscal code: of a body, eleven digits of which the last checks the others; of a person, sixteen
/// characters with their check letter.
#[must_use]
pub fn is_fiscal_code(text: &str) -> bool {
    is_italian_number(text) || FiscalCode::parse(text).is_ok()
}

/// Eleven digits, the last of which makes the sum of all, with every second one doubled and its digits added, end in 0.
fn is_italian_number(text: &str) -> bool {
    if text.len() != 11 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let sum: u32 = text
        .bytes()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            match place % 2 {
                1 if digit > 4 => 2 * digit - 9,
                1 => 2 * digit,
                _ => digit,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether `text` is a code of the land register for a municipality or a state: `H501`, `Z404`.
#[must_use]
pub fn is_municipality(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 4 && bytes[0].is_ascii_uppercase() && bytes[1..].iter().all(u8::is_ascii_digit)
}

/// Whether `text` is two capital letters: a province, a country.
#[must_use]
pub fn is_two_letters(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Whether `text` is an Italian postal code.
#[must_use]
pub fn is_postal_code(text: &str) -> bool {
    text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `text` is a telephone number with the prefix of Italy and without spaces (Avviso 29).
#[must_use]
pub fn is_telephone(text: &str) -> bool {
    text.strip_prefix("+39").is_some_and(|number| {
        (4..=13).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Whether `text` is a plain e-mail address, in the characters that SPID's validator takes.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let is_plain = |part: &str, more: &[u8]| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    let Some((name, domain)) = text.split_once('@') else { return false };
    let Some((host, top)) = domain.rsplit_once('.') else { return false };
    text.len() <= 254
        && is_plain(name, b"._-")
        && is_plain(host, b"._-")
        && is_plain(top, b"")
        && (2..=8).contains(&top.len())
}

/// Whether `text` is a code of economic activity (NACE Rev. 2): `62.01`.
#[must_use]
pub fn is_nace(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (2..=8).contains(&text.len())
        && digits >= 2
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Whether `text` can stand in an invoice: 1 to `most` characters of Latin-1, on one line.
#[must_use]
pub fn is_invoice_text(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.chars().count())
        && !text.trim().is_empty()
        && text.chars().all(|letter| !letter.is_control() && u32::from(letter) < 0x100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_a_check_digit_are_checked() {
        for good in
            ["IT97735020584", "IT00000000000", "IT12345678903", "DE123456789", "ATU12345678"]
        {
            assert!(is_vat_number(good), "{good}");
        }
        for bad in [
            "",
            "IT",
            "97735020584",
            "IT97735020585",
            "IT9773502058",
            "IT977350205840",
            "it97735020584",
            "ITA7735020584",
            "DE",
            "D1123456",
            "ITé",
        ] {
            assert!(!is_vat_number(bad), "{bad}");
        }
        assert!(is_fiscal_code("97735020584") && is_fiscal_code("SPSDAA80A41H501J"));
        assert!(!is_fiscal_code("SPSDAA80A41H501K") && !is_fiscal_code("IT97735020584"));
    }

    #[test]
    fn plain_values_have_their_forms() {
        type Form = fn(&str) -> bool;
        let forms: [(Form, &[&str], &[&str]); 7] = [
            (is_ipa_code, &["c_h501", "agid", "__aggrsint"], &["", "c h501", "é", "a/b"]),
            (is_municipality, &["H501", "Z404"], &["", "H50", "h501", "HH01", "H5011"]),
            (is_two_letters, &["RM", "IT"], &["", "R", "rm", "ROM", "é"]),
            (is_postal_code, &["00144"], &["", "0144", "001445", "0014A"]),
            (
                is_telephone,
                &["+390612345678", "+393331234567"],
                &["", "0612345678", "+39 06 1234", "+39", "+3906a345", "+4906123456"],
            ),
            (
                is_email,
                &["spid@example.org", "a.b-c_d@sub.example.it"],
                &[
                    "",
                    "a",
                    "a@b",
                    "@example.org",
                    "a b@example.org",
                    "a@example.o",
                    "a@b@c.it",
                    "a+b@c.it",
                ],
            ),
            (is_nace, &["62.01", "62", "62.01.00"], &["", "6", "J62", "62,01", "62.01.00.0"]),
        ];
        for (is, good, bad) in forms {
            assert!(good.iter().all(|text| is(text)), "{good:?}");
            assert!(bad.iter().all(|text| !is(text)), "{bad:?}");
        }
        assert!(is_invoice_text("Ente di Città", 80) && !is_invoice_text("Ελλάς", 80));
        assert!(
            !is_invoice_text("", 80) && !is_invoice_text("abc", 2) && !is_invoice_text("a\nb", 80)
        );
    }
}
