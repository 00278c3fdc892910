//! The Italian fiscal code of a natural person (DM 23 December 1976).

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A fiscal code that is well formed: sixteen characters, a real date, a right check letter.
///
/// Where two people would have had the same code, digits are replaced by letters (*omocodia*);
/// such codes are kept as they are and read as the digits that they stand for.
#[derive(Clone, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct FiscalCode(String);

/// The gender that a fiscal code tells.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Gender {
    /// `F`
    Female,
    /// `M`
    Male,
}

/// What cannot be a fiscal code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadFiscalCode {
    /// Another number of characters than sixteen, or others than letters and digits.
    #[error("a fiscal code is sixteen letters and digits")]
    Shape,
    /// A letter where a digit, or the letter of one, must be; or the other way round.
    #[error("character {0} of the fiscal code is not of the kind that stands there")]
    Kind(usize),
    /// No such day, in any century.
    #[error("the fiscal code tells a date that is none")]
    Date,
    /// The last letter does not follow from the others.
    #[error("the check letter of the fiscal code is wrong")]
    Check,
}

impl FiscalCode {
    /// Reads a code in either case, with nothing around it.
    ///
    /// # Errors
    /// [`BadFiscalCode`], the first thing wrong.
    pub fn parse(text: &str) -> Result<Self, BadFiscalCode> {
        if text.len() != 16 || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(BadFiscalCode::Shape);
        }
        let code = Self(text.to_ascii_uppercase());
        for (place, byte) in code.0.bytes().enumerate() {
            let fits = if NUMERIC.contains(&place) {
                digit(byte).is_some()
            } else {
                byte.is_ascii_uppercase()
            };
            if !fits {
                return Err(BadFiscalCode::Kind(place + 1));
            }
        }
        if code.births().is_empty() {
            return Err(BadFiscalCode::Date);
        }
        if check_letter(&code.0.as_bytes()[..15]) != code.0.as_bytes()[15] {
            return Err(BadFiscalCode::Check);
        }
        Ok(code)
    }

    /// The sixteen characters, in upper case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As SPID writes it: `TINIT-` and the code (spid-saml §4).
    #[must_use]
    pub fn tin(&self) -> String {
        format!("TINIT-{}", self.0)
    }

    /// The gender that it tells.
    #[must_use]
    pub fn gender(&self) -> Gender {
        if self.number(9, 11) > 40 { Gender::Female } else { Gender::Male }
    }

    /// The Belfiore code of the place of birth, its digits read back.
    #[must_use]
    pub fn place_of_birth(&self) -> String {
        let bytes = self.0.as_bytes();
        let digits = bytes[12..15].iter().filter_map(|b| digit(*b));
        let mut place = String::from(char::from(bytes[11]));
        place.extend(digits.map(|number| char::from(b'0' + number)));
        place
    }

    /// The dates of birth that it may mean: it does not tell the century.
    #[must_use]
    pub fn births(&self) -> Vec<NaiveDate> {
        let month =
            self.0.as_bytes().get(8).copied().and_then(|b| MONTHS.iter().position(|m| *m == b));
        let Some(month) = month.and_then(|place| u32::try_from(place + 1).ok()) else {
            return Vec::new();
        };
        let day = self.number(9, 11);
        let day = if day > 40 { day - 40 } else { day };
        let year = i32::try_from(self.number(6, 8)).unwrap_or_default();
        [1900, 2000]
            .into_iter()
            .filter_map(|century| NaiveDate::from_ymd_opt(century + year, month, day))
            .collect()
    }

    fn number(&self, from: usize, to: usize) -> u32 {
        let digits = self.0.as_bytes()[from..to].iter().filter_map(|b| digit(*b));
        digits.fold(0, |number, digit| number * 10 + u32::from(digit))
    }
}

impl fmt::Debug for FiscalCode {
    /// Not the code: it is personal data, and logs are no place for it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FiscalCode")
    }
}

impl TryFrom<String> for FiscalCode {
    type Error = BadFiscalCode;

    fn try_from(text: String) -> Result<Self, BadFiscalCode> {
        Self::parse(&text)
    }
}

impl From<FiscalCode> for String {
    fn from(code: FiscalCode) -> Self {
        code.0
    }
}

/// The digit that `byte` is, or stands for.
fn digit(byte: u8) -> Option<u8> {
    if byte.is_ascii_digit() {
        return Some(byte - b'0');
    }
    OMOCODIA.iter().position(|letter| *letter == byte).and_then(|place| u8::try_from(place).ok())
}

/// The letter that follows from the first fifteen characters.
fn check_letter(first: &[u8]) -> u8 {
    let sum: u32 = first
        .iter()
        .enumerate()
        .map(|(place, byte)| {
            let index = if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' };
            if place % 2 == 0 { u32::from(ODD[usize::from(index)]) } else { u32::from(index) }
        })
        .sum();
    b'A' + u8::try_from(sum % 26).unwrap_or_default()
}

/// Places, from zero, where digits stand.
const NUMERIC: [usize; 7] = [6, 7, 9, 10, 12, 13, 14];
/// The letters of the digits 0 to 9.
const OMOCODIA: &[u8; 10] = b"LMNPQRSTUV";
/// The letters of the months.
const MONTHS: &[u8; 12] = b"ABCDEHLMPRST";
/// The worth, in the first, third, … place, of A to Z; 0 to 9 are worth as much as A to J.
const ODD: [u8; 26] =
    [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_known_codes() {
        let code = FiscalCode::parse("rssmra85t10a562s").unwrap();
        assert_eq!(code.as_str(), "RSSMRA85T10A562S");
        assert_eq!(code.tin(), "TINIT-RSSMRA85T10A562S");
        assert_eq!(code.gender(), Gender::Male);
        assert_eq!(code.place_of_birth(), "A562");
        assert!(code.births().contains(&NaiveDate::from_ymd_opt(1985, 12, 10).unwrap()));
        let her = FiscalCode::parse("RSSMRA80A41H501Y").map(|code| code.gender());
        assert_eq!(her, Ok(Gender::Female));
        for known in
            ["MRTMTT91D08F205J", "RCCMNL83S18D969H", "CCCFBA85D03L219P", "RSSMRA80A01H501U"]
        {
            assert!(FiscalCode::parse(known).is_ok(), "{known}");
        }
    }

    #[test]
    fn refuses_what_differs_in_one_thing() {
        let refused = |text: &str| FiscalCode::parse(text).unwrap_err();
        assert_eq!(refused("RSSMRA85T10A562T"), BadFiscalCode::Check);
        assert_eq!(refused("RSSMRA85T10A562"), BadFiscalCode::Shape);
        assert_eq!(refused("RSSMRA85T10A562S "), BadFiscalCode::Shape);
        assert_eq!(refused("RSSMRA85T10A56ÀS"), BadFiscalCode::Shape);
        assert_eq!(refused("R1SMRA85T10A562S"), BadFiscalCode::Kind(2));
        assert_eq!(refused("RSSMRAA5T10A562S"), BadFiscalCode::Kind(7));
        assert_eq!(refused("RSSMRA85F10A562S"), BadFiscalCode::Date);
        assert_eq!(refused("RSSMRA85T00A562S"), BadFiscalCode::Date);
        assert_eq!(refused("RSSMRA85T35A562S"), BadFiscalCode::Date);
        assert_eq!(refused("RSSMRA85B30A562S"), BadFiscalCode::Date);
    }

    fn with_check(first: &str) -> String {
        format!("{first}{}", char::from(check_letter(first.as_bytes())))
    }

    proptest! {
        #[test]
        fn omocodia_is_read_as_the_digits_it_stands_for(
            names in "[A-Z]{6}", year in 0_i32..100, month in 0_usize..12, day in 1_u32..=28,
            female: bool, place in "[A-Z][0-9]{3}", replaced in 0_u8..128,
        ) {
            let shown = if female { day + 40 } else { day };
            let month_letter = char::from(MONTHS[month]);
            let plain = format!("{names}{year:02}{month_letter}{shown:02}{place}");
            let mut other = plain.clone().into_bytes();
            for (bit, at) in NUMERIC.into_iter().enumerate() {
                if replaced & (1 << bit) != 0 {
                    other[at] = OMOCODIA[usize::from(other[at] - b'0')];
                }
            }
            let other = with_check(&String::from_utf8(other).unwrap());
            let plain = FiscalCode::parse(&with_check(&plain)).unwrap();
            let code = FiscalCode::parse(&other).unwrap();
            prop_assert_eq!(code.as_str(), &other);
            prop_assert_eq!(code.births(), plain.births());
            prop_assert_eq!(code.gender(), if female { Gender::Female } else { Gender::Male });
            prop_assert_eq!(code.place_of_birth(), place);
            let born = NaiveDate::from_ymd_opt(1900 + year, u32::try_from(month).unwrap() + 1, day);
            prop_assert!(code.births().contains(&born.unwrap()));

            let mut wrong = other.into_bytes();
            wrong[15] = if wrong[15] == b'Z' { b'A' } else { wrong[15] + 1 };
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert_eq!(FiscalCode::parse(&wrong), Err(BadFiscalCode::Check));
        }

        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,20}") {
            if let Ok(code) = FiscalCode::parse(&text) {
                prop_assert_eq!(code.as_str(), text.to_uppercase());
            }
        }
    }
}
