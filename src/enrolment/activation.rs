//! The activation code given with an account, and the level at which a new factor is bound.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::factor::{Available, Factor};
use crate::assurance::level::Level;
use crate::identity::subject::Subject;
use crate::world::random::Random;

/// A code that shows, once, that its bearer is the person that an account was made for:
/// 80 random bits as sixteen letters and digits of Crockford's base 32.
#[derive(Clone, Eq, PartialEq)]
pub struct ActivationCode(String);

impl ActivationCode {
    /// Makes one.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        let bits = random.bytes::<10>();
        let value = bits.iter().fold(0_u128, |value, byte| value << 8 | u128::from(*byte));
        let digit = |place: usize| {
            let index = (value >> (5 * place)) & 31;
            char::from(DIGITS[usize::try_from(index).unwrap_or_default()])
        };
        Self((0..LENGTH).rev().map(digit).collect())
    }

    /// Reads what somebody typed: letters in either case, spaces and hyphens anywhere, `O` for
    /// zero, `I` and `L` for one. `None` if it cannot be a code.
    #[must_use]
    pub fn read(typed: &str) -> Option<Self> {
        let mut code = String::with_capacity(LENGTH);
        for letter in typed.chars().filter(|c| !c.is_whitespace() && !"-–—_.".contains(*c)) {
            let letter = match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let known = u8::try_from(letter).is_ok_and(|byte| DIGITS.contains(&byte));
            if !known || code.len() == LENGTH {
                return None;
            }
            code.push(letter);
        }
        (code.len() == LENGTH).then_some(Self(code))
    }

    /// The sixteen characters, for a digest or a blind index.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is printed: `XXXX-XXXX-XXXX-XXXX`.
    #[must_use]
    pub fn in_groups(&self) -> String {
        let mut grouped = String::with_capacity(LENGTH + 3);
        for (place, letter) in self.0.chars().enumerate() {
            if place > 0 && place % 4 == 0 {
                grouped.push('-');
            }
            grouped.push(letter);
        }
        grouped
    }
}

impl fmt::Debug for ActivationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActivationCode")
    }
}

/// What the store knows of an activation code that was not used yet; kept by a digest of the code.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Activation {
    /// Whose it is.
    pub subject: Subject,
    /// How it was given.
    pub delivery: Delivery,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// From this time on it is worth nothing.
    pub expires: DateTime<Utc>,
}

impl Activation {
    /// Whether it can be used by `subject` now.
    #[must_use]
    pub fn is_good_for(&self, subject: &Subject, now: DateTime<Utc>) -> bool {
        self.subject == *subject && now < self.expires
    }
}

/// How an activation code reaches the person.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// Printed and handed over by an operator who has the person before them.
    Desk,
    /// Sent to a contact that was verified when the person was proofed.
    VerifiedContact,
}

impl Delivery {
    /// The level at which a factor enrolled with such a code is bound (docs/levels.md).
    #[must_use]
    pub fn binds(self) -> Level {
        match self {
            Self::Desk => Level::Loa4,
            Self::VerifiedContact => Level::Loa3,
        }
    }
}

/// How a tenant lets a person enrol their first second factor.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FirstEnrolment {
    /// With the activation code given with the account.
    #[default]
    ActivationCode,
    /// With the password alone, as long as no second factor of the account ever counted.
    TrustOnFirstUse,
}

/// The level at which a factor is bound that a person enrols with evidence of level `shown`
/// (the password alone: LoA2), perhaps an activation code, and the tenant's trust.
///
/// Whoever holds a password alone binds at LoA2, and can never make a LoA3 with it.
#[must_use]
pub fn binding(
    shown: Level,
    code: Option<Delivery>,
    first: FirstEnrolment,
    first_second_factor: Option<DateTime<Utc>>,
) -> Level {
    let code = code.map_or(Level::Loa1, Delivery::binds);
    let trust = match (first, first_second_factor) {
        (FirstEnrolment::TrustOnFirstUse, None) => Level::Loa3,
        _ => Level::Loa1,
    };
    shown.max(code).max(trust)
}

/// What a person may enrol in a login whose evidence is worth a password, and at which level;
/// nothing if it would be bound no higher than the password itself.
#[must_use]
pub fn enrolable(
    code: Option<Delivery>,
    first: FirstEnrolment,
    first_second_factor: Option<DateTime<Utc>>,
) -> Vec<Available> {
    let level = binding(Level::Loa2, code, first, first_second_factor);
    if level > Level::Loa2 { vec![Available::own(Factor::Totp, level)] } else { Vec::new() }
}

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 16;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_printed_in_groups_and_read_back() {
        let code = ActivationCode::generate(&Random::seeded(3));
        let printed = code.in_groups();
        assert_eq!(printed.len(), 19);
        assert_eq!(printed.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4, 4]);
        assert_eq!(ActivationCode::read(&printed), Some(code.clone()));
        assert_eq!(ActivationCode::read(&printed.to_lowercase()), Some(code.clone()));
        assert_eq!(
            ActivationCode::read(&format!(" {} ", printed.replace('-', " "))),
            Some(code.clone())
        );
        assert!(!format!("{code:?}").contains(&printed[..4]));
    }

    #[test]
    fn letters_that_look_alike_are_read_as_one() {
        let plain = ActivationCode::read("0000-1111-0101-1010").map(|code| code.0);
        assert_eq!(plain, ActivationCode::read("OoO0-iIlL-0i0l-1O1o").map(|code| code.0));
        assert_eq!(plain.as_deref(), Some("0000111101011010"));
        for none in [
            "",
            "0000-1111-0101-101",
            "0000-1111-0101-10100",
            "0000-1111-0101-101U",
            "0000-1111-0101-101é",
        ] {
            assert_eq!(ActivationCode::read(none), None, "{none}");
        }
    }

    #[test]
    fn codes_use_all_their_letters_and_do_not_come_twice() {
        let random = Random::seeded(4);
        let codes: Vec<String> =
            (0..500).map(|_| ActivationCode::generate(&random).as_str().to_owned()).collect();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 500);
        for place in 0..LENGTH {
            let letters: BTreeSet<u8> = codes.iter().map(|code| code.as_bytes()[place]).collect();
            assert_eq!(letters.len(), 32, "place {place}");
        }
    }

    #[test]
    fn a_code_is_good_for_its_person_until_it_expires() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let ada = Subject::new("ada".to_owned());
        let kept = Activation {
            subject: ada.clone(),
            delivery: Delivery::Desk,
            made: at(0),
            expires: at(100),
        };
        assert!(kept.is_good_for(&ada, at(99)));
        assert!(!kept.is_good_for(&ada, at(100)));
        assert!(!kept.is_good_for(&Subject::new("eve".to_owned()), at(99)));
    }

    proptest! {
        #[test]
        fn nothing_typed_makes_it_panic(typed in "\\PC{0,40}") {
            if let Some(code) = ActivationCode::read(&typed) {
                prop_assert_eq!(ActivationCode::read(&code.in_groups()), Some(code));
            }
        }
    }
}
