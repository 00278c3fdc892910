//! The form of each attribute's value (spid-saml §4): one table of what is taken, and how it is
//! written. Formats that the rules leave open are left open.

use chrono::NaiveDate;

use crate::identity::attributes::AttributeName;
use crate::identity::fiscal_code::FiscalCode;

/// A value that an attribute cannot have.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{} must be {expected}", name.as_str())]
pub struct BadAttribute {
    /// Of which attribute.
    pub name: AttributeName,
    /// What it must be.
    pub expected: &'static str,
}

/// What is taken for an attribute.
#[derive(Clone, Copy)]
pub struct Format {
    /// Which attribute.
    pub name: AttributeName,
    /// What its value must be, in words.
    pub expected: &'static str,
    /// A value as SPID writes it.
    pub example: &'static str,
    /// The value as SPID writes it; `None` if it is none. What comes in is on one line, without
    /// spaces around it or two in a row.
    read: fn(&str, NaiveDate) -> Option<String>,
}

/// The value of `name` as SPID writes it, from what an operator entered or a file says.
///
/// White space around it, and more than one space or line end within, is never part of a value.
///
/// # Errors
/// [`BadAttribute`] says what was expected; an empty value is none.
pub fn read(name: AttributeName, text: &str, today: NaiveDate) -> Result<String, BadAttribute> {
    let bad = |expected| BadAttribute { name, expected };
    if text.len() > MAX_BYTES {
        return Err(bad("at most 255 characters long"));
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return Err(bad("there"));
    }
    if line.chars().count() > MAX_CHARS || line.chars().any(char::is_control) {
        return Err(bad("at most 255 characters, without control characters"));
    }
    let Some(format) = FORMATS.iter().find(|format| format.name == name) else { return Ok(line) };
    (format.read)(&line, today).ok_or_else(|| bad(format.expected))
}

/// Every attribute's format, in the order of the rules.
pub const FORMATS: [Format; 23] = [
    Format {
        name: AttributeName::SpidCode,
        expected: "four letters of the provider and ten letters or digits, as ABCD123456789A",
        example: "ABCD123456789A",
        read: |text, _| spid_code(text),
    },
    Format {
        name: AttributeName::Name,
        expected: "given names, as Giovanni Mario",
        example: "Giovanni Mario",
        read: |text, _| person_name(text),
    },
    Format {
        name: AttributeName::FamilyName,
        expected: "family names, as Bianchi Verdi",
        example: "Bianchi Verdi",
        read: |text, _| person_name(text),
    },
    Format {
        name: AttributeName::PlaceOfBirth,
        expected: "a Belfiore code, as F205",
        example: "F205",
        read: |text, _| belfiore(text),
    },
    Format {
        name: AttributeName::CountyOfBirth,
        expected: "the two letters of a province, as MI, or EE for abroad",
        example: "MI",
        read: |text, _| province(text),
    },
    Format {
        name: AttributeName::DateOfBirth,
        expected: "a day that has been, as 2002-09-24",
        example: "2002-09-24",
        read: |text, today| day(text).filter(|born| *born <= today).map(|_| text.to_owned()),
    },
    Format {
        name: AttributeName::Gender,
        expected: "F or M",
        example: "F",
        read: |text, _| Some(text.to_ascii_uppercase()).filter(|text| text == "F" || text == "M"),
    },
    open(AttributeName::CompanyName, "Agenzia per l'Italia Digitale"),
    open(AttributeName::RegisteredOffice, "via Listz 21 00144 Roma"),
    Format {
        name: AttributeName::FiscalNumber,
        expected: "a fiscal code with a right check letter, as TINIT-RSSMRA85T10A562S",
        example: "TINIT-RSSMRA85T10A562S",
        read: |text, _| FiscalCode::parse(&without(text, "TINIT-")).ok().map(|code| code.tin()),
    },
    Format {
        name: AttributeName::CompanyFiscalNumber,
        expected: "eleven digits or a fiscal code, as TINIT-12345678901",
        example: "TINIT-12345678901",
        read: |text, _| company_code(text),
    },
    Format {
        name: AttributeName::IvaCode,
        expected: "eleven digits, as VATIT-12345678901",
        example: "VATIT-12345678901",
        read: |text, _| {
            let code = without(&without(text, "VATIT-"), "IT");
            is_number(&code, 11).then(|| format!("VATIT-{code}"))
        },
    },
    Format {
        name: AttributeName::IdCard,
        expected: "kind, number, issuer, day of issue and last day of a document, as cartaIdentita AS09452389 comuneRoma 2013-01-02 2023-01-31",
        example: "cartaIdentita AS09452389 comuneRoma 2013-01-02 2023-01-31",
        read: id_card,
    },
    Format {
        name: AttributeName::MobilePhone,
        expected: "6 to 15 digits, perhaps after a +",
        example: "34912345678",
        read: |text, _| phone(text),
    },
    Format {
        name: AttributeName::Email,
        expected: "an e-mail address",
        example: "giovanni.bianchi@example.org",
        read: |text, _| mail(text),
    },
    Format {
        name: AttributeName::DigitalAddress,
        expected: "a certified e-mail address",
        example: "giovanni.bianchi@pec.example.org",
        read: |text, _| mail(text),
    },
    open(AttributeName::Address, "via Listz 21 00144 Roma"),
    open(AttributeName::DomicileStreetAddress, "via Listz 21"),
    Format {
        name: AttributeName::DomicilePostalCode,
        expected: "a postal code, as 00144",
        example: "00144",
        read: |text, _| postal_code(text),
    },
    open(AttributeName::DomicileMunicipality, "Roma"),
    Format {
        name: AttributeName::DomicileProvince,
        expected: "the two letters of a province, as RM, or EE for abroad",
        example: "RM",
        read: |text, _| province(text),
    },
    Format {
        name: AttributeName::DomicileNation,
        expected: "a nation, as IT",
        example: "IT",
        read: |text, _| nation(text),
    },
    Format {
        name: AttributeName::ExpirationDate,
        expected: "a day, as 2032-01-01",
        example: "2032-01-01",
        read: |text, _| day(text).map(|_| text.to_owned()),
    },
];

/// The rules say nothing of the form.
const fn open(name: AttributeName, example: &'static str) -> Format {
    let expected = "at most 255 characters on one line";
    Format { name, expected, example, read: |text, _| Some(text.to_owned()) }
}

/// Older codes, and those of other nations (`DE/DE/123456787`), are longer or shorter than SPID's.
fn spid_code(text: &str) -> Option<String> {
    let code = text.to_ascii_uppercase();
    let fits = (4..=64).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-/_".contains(&byte))
        && code.bytes().any(|byte| byte.is_ascii_alphanumeric());
    fits.then_some(code)
}

/// A name written in one case only gets its capitals; another is taken to be as its bearer writes it.
fn person_name(text: &str) -> Option<String> {
    let fits = text.chars().any(char::is_alphabetic)
        && !text.chars().any(|c| c.is_numeric() || "<>@\"\\;{}[]|".contains(c));
    if !fits {
        return None;
    }
    let mixed = text.chars().any(char::is_lowercase) && text.chars().any(char::is_uppercase);
    if mixed {
        return Some(text.to_owned());
    }
    let mut name = String::with_capacity(text.len());
    let mut first = true;
    for c in text.chars() {
        if first {
            name.push(alone(c.to_uppercase()).unwrap_or(c));
        } else {
            name.push(alone(c.to_lowercase()).unwrap_or(c));
        }
        first = !c.is_alphabetic();
    }
    Some(name)
}

/// The character, if it is one: some capitals are two.
fn alone(mut characters: impl ExactSizeIterator<Item = char>) -> Option<char> {
    if characters.len() == 1 { characters.next() } else { None }
}

fn belfiore(text: &str) -> Option<String> {
    let code = text.to_ascii_uppercase();
    let number = code.strip_prefix(|letter: char| letter.is_ascii_uppercase())?;
    is_number(number, 3).then_some(code.clone())
}

fn province(text: &str) -> Option<String> {
    let code = text.to_ascii_uppercase();
    PROVINCES.contains(&code.as_str()).then_some(code)
}

fn day(text: &str) -> Option<NaiveDate> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (text.len() == 10 && text.starts_with(['1', '2'])).then_some(date)
}

fn company_code(text: &str) -> Option<String> {
    let code = without(text, "TINIT-");
    if is_number(&code, 11) {
        return Some(format!("TINIT-{code}"));
    }
    FiscalCode::parse(&code).ok().map(|code| code.tin())
}

fn id_card(text: &str, _: NaiveDate) -> Option<String> {
    let parts: Vec<&str> = text.split(' ').collect();
    let [kind, number, issuer, issued, last] = parts.as_slice() else { return None };
    let kind = CARDS.into_iter().find(|known| known.eq_ignore_ascii_case(kind))?;
    let number = number.to_ascii_uppercase();
    let fits = number.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-/".contains(&byte))
        && issuer.chars().all(|c| c.is_alphanumeric() || "'-.".contains(c))
        && day(issued)? <= day(last)?;
    fits.then(|| format!("{kind} {number} {issuer} {issued} {last}"))
}

/// Spaces and signs between the digits are for the eye; `00` before them is a `+`.
fn phone(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(|c| !" .-/()".contains(*c)).collect();
    let (plus, digits) = match bare.strip_prefix('+').or_else(|| bare.strip_prefix("00")) {
        Some(digits) => ("+", digits),
        None => ("", bare.as_str()),
    };
    let fits = (6..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| format!("{plus}{digits}"))
}

/// As people write it (RFC 5321 §4.1.2, without quotes and addresses in brackets); the host in lower case.
fn mail(text: &str) -> Option<String> {
    let (who, host) = text.rsplit_once('@')?;
    let host = host.to_ascii_lowercase();
    let atoms = |part: &str, extra: &[u8]| {
        part.split('.').all(|atom| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || extra.contains(&byte);
            !atom.is_empty() && atom.bytes().all(fits)
        })
    };
    let labels = host
        .split('.')
        .all(|label| label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-'));
    let top = host.rsplit('.').next().unwrap_or_default();
    let fits = who.len() <= 64
        && text.len() <= 254
        && atoms(who, b"!#$%&'*+-/=?^_`{|}~")
        && atoms(&host, b"-")
        && labels
        && host.contains('.')
        && top.len() >= 2
        && !top.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| format!("{who}@{host}"))
}

/// Italian ones have five digits; others letters, spaces and hyphens too.
fn postal_code(text: &str) -> Option<String> {
    let code = text.to_ascii_uppercase();
    let fits = (3..=10).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -".contains(&byte))
        && code.bytes().any(|byte| byte.is_ascii_digit());
    fits.then_some(code)
}

/// A code of two letters, or a name.
fn nation(text: &str) -> Option<String> {
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Some(text.to_ascii_uppercase());
    }
    let fits =
        text.chars().count() > 2 && text.chars().all(|c| c.is_alphabetic() || " '-.".contains(c));
    fits.then(|| text.to_owned())
}

/// In upper case, without the prefix if it is there.
fn without(text: &str, prefix: &str) -> String {
    let upper = text.to_ascii_uppercase();
    upper.strip_prefix(prefix).map(str::to_owned).unwrap_or(upper)
}

fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())
}

const MAX_CHARS: usize = 255;
const MAX_BYTES: usize = 4 * MAX_CHARS;

/// The kinds of document of the rules.
const CARDS: [&str; 8] = [
    "cartaIdentita",
    "passaporto",
    "patenteGuida",
    "patenteNautica",
    "librettoPensione",
    "patentinoImpTermici",
    "portoArmi",
    "tesseraRiconoscimento",
];

/// Provinces of today and of the past, in which people were born; `EE` is abroad.
const PROVINCES: [&str; 117] = [
    "AG", "AL", "AN", "AO", "AP", "AQ", "AR", "AT", "AV", "BA", "BG", "BI", "BL", "BN", "BO", "BR",
    "BS", "BT", "BZ", "CA", "CB", "CE", "CH", "CI", "CL", "CN", "CO", "CR", "CS", "CT", "CZ", "EE",
    "EN", "FC", "FE", "FG", "FI", "FM", "FO", "FR", "FU", "GE", "GO", "GR", "IM", "IS", "KR", "LC",
    "LE", "LI", "LO", "LT", "LU", "MB", "MC", "ME", "MI", "MN", "MO", "MS", "MT", "NA", "NO", "NU",
    "OG", "OR", "OT", "PA", "PC", "PD", "PE", "PG", "PI", "PL", "PN", "PO", "PR", "PS", "PT", "PU",
    "PV", "PZ", "RA", "RC", "RE", "RG", "RI", "RM", "RN", "RO", "SA", "SI", "SO", "SP", "SR", "SS",
    "SU", "SV", "TA", "TE", "TN", "TO", "TP", "TR", "TS", "TV", "UD", "VA", "VB", "VC", "VE", "VI",
    "VR", "VS", "VT", "VV", "ZA",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
    }

    fn taken(name: AttributeName, text: &str) -> Option<String> {
        read(name, text, today()).ok()
    }

    /// SP-08: each of the 23 attributes has its format, and takes what the rules give as its example.
    #[test]
    fn each_attribute_has_one_format_and_takes_its_example() {
        let names: Vec<AttributeName> = FORMATS.iter().map(|format| format.name).collect();
        assert_eq!(names, AttributeName::ALL);
        for format in FORMATS {
            let again = taken(format.name, format.example);
            assert_eq!(again.as_deref(), Some(format.example));
            for blank in ["", " ", "\n"] {
                assert_eq!(taken(format.name, blank), None, "{}", format.name.as_str());
            }
            assert_eq!(taken(format.name, &"7".repeat(256)), None);
            assert_eq!(taken(format.name, &format!("{}\u{7}", format.example)), None);
            let padded = format!(" \t{}\r\n", format.example);
            assert_eq!(taken(format.name, &padded).as_deref(), Some(format.example));
        }
    }

    /// SP-08: what is entered otherwise is written as the rules write it.
    #[test]
    fn values_are_written_as_the_rules_write_them() {
        use AttributeName as A;
        for (name, entered, written) in [
            (A::SpidCode, "abcd123456789a", "ABCD123456789A"),
            (A::SpidCode, "DE/DE/123456787", "DE/DE/123456787"),
            (A::SpidCode, "AGID-001", "AGID-001"),
            (A::Name, "GIOVANNI   MARIO", "Giovanni Mario"),
            (A::FamilyName, "d'angelo", "D'Angelo"),
            (A::FamilyName, "dell’Ò-ROSSI", "dell’Ò-ROSSI"),
            (A::FamilyName, "DE LUCA-ÉTÉ", "De Luca-Été"),
            (A::PlaceOfBirth, "f205", "F205"),
            (A::CountyOfBirth, "mi", "MI"),
            (A::Gender, "f", "F"),
            (A::FiscalNumber, "rssmra85t10a562s", "TINIT-RSSMRA85T10A562S"),
            (A::FiscalNumber, "tinit-RSSMRA85T10A562S", "TINIT-RSSMRA85T10A562S"),
            (A::CompanyFiscalNumber, "12345678901", "TINIT-12345678901"),
            (A::CompanyFiscalNumber, "RSSMRA85T10A562S", "TINIT-RSSMRA85T10A562S"),
            (A::IvaCode, "IT12345678901", "VATIT-12345678901"),
            (A::IvaCode, "12345678901", "VATIT-12345678901"),
            (
                A::IdCard,
                "CARTAIDENTITA as09452389  comuneRoma 2013-01-02 2023-01-31",
                "cartaIdentita AS09452389 comuneRoma 2013-01-02 2023-01-31",
            ),
            (A::MobilePhone, "349 123.456-78", "34912345678"),
            (A::MobilePhone, "0039 333 1234567", "+393331234567"),
            (A::Email, "Ada.Rossi@Example.ORG", "Ada.Rossi@example.org"),
            (A::DigitalAddress, "ada@PEC.it", "ada@pec.it"),
            (A::RegisteredOffice, "via Listz 21\n00144  Roma", "via Listz 21 00144 Roma"),
            (A::DomicilePostalCode, "sw1a 1aa", "SW1A 1AA"),
            (A::DomicileProvince, "rm", "RM"),
            (A::DomicileNation, "it", "IT"),
            (A::DomicileNation, "Italia", "Italia"),
        ] {
            assert_eq!(taken(name, entered).as_deref(), Some(written), "{entered}");
        }
    }

    /// SP-08: what differs from a good value in one thing is refused, and the refusal names the attribute.
    #[test]
    fn what_is_no_value_is_refused_by_name() {
        use AttributeName as A;
        for (name, bad) in [
            (A::SpidCode, "ABC"),
            (A::SpidCode, "ABCD 123456789"),
            (A::Name, "Ada 2"),
            (A::FamilyName, "<b>Rossi"),
            (A::FamilyName, "'"),
            (A::PlaceOfBirth, "F2055"),
            (A::PlaceOfBirth, "5205"),
            (A::CountyOfBirth, "XX"),
            (A::CountyOfBirth, "MIL"),
            (A::DateOfBirth, "2002-02-30"),
            (A::DateOfBirth, "2002-9-24"),
            (A::DateOfBirth, "24/09/2002"),
            (A::DateOfBirth, "2026-11-23"),
            (A::Gender, "X"),
            (A::FiscalNumber, "TINIT-RSSMRA85T10A562T"),
            (A::FiscalNumber, "TINDE-RSSMRA85T10A562S"),
            (A::CompanyFiscalNumber, "TINIT-1234567890A"),
            (A::IvaCode, "VATIT-1234567890"),
            (A::IvaCode, "DE12345678901"),
            (A::IdCard, "cartaIdentita AS09452389 comuneRoma 2013-01-02"),
            (A::IdCard, "tessera AS09452389 comuneRoma 2013-01-02 2023-01-31"),
            (A::IdCard, "cartaIdentita AS09452389 comuneRoma 2023-01-31 2013-01-02"),
            (A::IdCard, "cartaIdentita AS09452389 comuneRoma 2013-01-32 2023-01-31"),
            (A::MobilePhone, "12345"),
            (A::MobilePhone, "+39 tre"),
            (A::MobilePhone, "++393331234567"),
            (A::Email, "ada@"),
            (A::Email, "ada@example"),
            (A::Email, "a..da@example.org"),
            (A::Email, "ada@-example.org"),
            (A::Email, "ada@example.123"),
            (A::Email, "ada rossi@example.org"),
            (A::DigitalAddress, "pec.example.org"),
            (A::DomicilePostalCode, "Roma"),
            (A::DomicileProvince, "Roma"),
            (A::DomicileNation, "I1"),
            (A::ExpirationDate, "2032-1-1"),
        ] {
            let refused = read(name, bad, today()).map_err(|error| error.name);
            assert_eq!(refused, Err(name), "{bad}");
        }
    }

    proptest! {
        /// Whatever comes in, what is taken is taken again as it is: on one line, never empty.
        #[test]
        fn what_is_written_reads_back(at in 0_usize..23, text in "\\PC{0,40}") {
            let name = AttributeName::ALL[at];
            if let Ok(value) = read(name, &text, today()) {
                prop_assert!(!value.trim().is_empty() && !value.contains('\n'));
                prop_assert_eq!(read(name, &value, today()), Ok(value));
            }
        }
    }
}
