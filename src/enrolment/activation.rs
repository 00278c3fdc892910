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

/// The purpose under which the store keeps activation codes.
pub const PURPOSE: &str = "activation";

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 16;
