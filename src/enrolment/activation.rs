//! The activation code given with an account, and the level at which a new factor is bound.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::factor::{Available, Factor};
use crate::assurance::level::Level;
use crate::enrolment::letters::Letters;
use crate::identity::subject::Subject;

/// A code that shows, once, that its bearer is the person that an account was made for: 80 random bits.
pub type ActivationCode = Letters<16>;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
