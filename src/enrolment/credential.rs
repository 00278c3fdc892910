//! A person's own factor: a password, an app's seed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::enrolment::card::Kept;
use crate::identity::subject::Subject;
use crate::world::web_push::Subscription;

/// A factor that a person has. At most one of each kind a person; ids tell several apart later.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Its name: `password`, or a token.
    pub id: String,
    /// Whose it is.
    pub subject: Subject,
    /// Whether it counts.
    pub state: CredentialState,
    /// The level of the evidence with which it was enrolled: it is worth no more (DESIGN, Levels).
    pub binding: Level,
    /// When it was enrolled.
    pub enrolled: DateTime<Utc>,
    /// When it last held.
    pub last_used: Option<DateTime<Utc>>,
    /// What it is checked against.
    pub secret: Secret,
}

impl Credential {
    /// Possession was shown: a pending credential counts from now on, worth `binding` at most
    /// ([`binding`](crate::enrolment::activation::binding)).
    ///
    /// # Errors
    /// [`NotPending`] in any other state.
    pub fn activate(mut self, binding: Level, now: DateTime<Utc>) -> Result<Self, NotPending> {
        if self.state != CredentialState::Pending {
            return Err(NotPending);
        }
        self.state = CredentialState::Active;
        self.binding = binding;
        self.enrolled = now;
        self.last_used = Some(now);
        Ok(self)
    }

    /// Its person lost it. What was revoked stays revoked.
    #[must_use]
    pub fn lose(mut self) -> Self {
        if self.state != CredentialState::Revoked {
            self.state = CredentialState::Lost;
        }
        self
    }

    /// It is taken away for good.
    #[must_use]
    pub fn revoke(mut self) -> Self {
        self.state = CredentialState::Revoked;
        self
    }

    /// Whether it counts.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state == CredentialState::Active
    }
}

/// Only a pending credential can be made active.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the credential is not waiting to be activated")]
pub struct NotPending;

/// Whether a credential counts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialState {
    /// Shown to the person; possession not yet proved (AR-06).
    Pending,
    /// Counts.
    Active,
    /// Reported lost; never counts again.
    Lost,
    /// Taken away; never counts again.
    Revoked,
}

/// What a credential is checked against; sealed at rest.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Secret {
    /// A password's hash, PHC string.
    Password {
        /// `$argon2id$…`
        hash: String,
        /// Whether it only leads to a new one: whoever gave it knows it (TS-09).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        expired: bool,
    },
    /// An app's seed (RFC 6238).
    Totp {
        /// The shared key, base32 without padding.
        seed: String,
        /// Seconds a code lasts: 30 or 60.
        period: u32,
        /// The last step whose code was accepted; that step and those before it are used up.
        last_step: Option<u64>,
    },
    /// A passkey.
    Passkey {
        /// What its person calls it.
        name: String,
        /// The credential's ID, base64url.
        id: String,
        /// Its public key and counter, as the factor writes them.
        key: String,
    },
    /// A telephone that gets codes by SMS.
    Sms {
        /// Its number (ITU-T E.164), with `+`.
        number: String,
    },
    /// A smart card.
    Card(Box<Kept>),
    /// A phone with the app: its key answers requests by push and by QR code.
    App {
        /// What its person calls it.
        name: String,
        /// The credential's ID, base64url.
        id: String,
        /// Its public key and counter, as the factor writes them.
        key: String,
        /// A keyed digest of the cookie by which the phone is known.
        device: String,
        /// Where notifications for it go, once it asked for them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        push: Option<Subscription>,
        /// The PIN beside the key, where no authenticator guards it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pin: Option<Box<Pin>>,
    },
    /// Recovery codes.
    RecoveryCodes {
        /// Keyed digests of those that were not used yet.
        left: Vec<String>,
    },
}

impl Secret {
    /// The hash of a password.
    #[must_use]
    pub fn password_hash(&self) -> Option<&str> {
        match self {
            Self::Password { hash, .. } => Some(hash),
            _ => None,
        }
    }

    /// Whether it can hold no more.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        matches!(self, Self::RecoveryCodes { left } if left.is_empty())
    }

    /// Whether it holds no more before its person enrols it anew: after too many wrong PINs.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::App { pin: Some(pin), .. } if pin.is_locked())
    }

    /// Which factor holds when this phone approves a request by `by`: a push or a QR code. `None` if it may not.
    #[must_use]
    pub fn approves(&self, by: Factor) -> Option<Factor> {
        match self {
            Self::App { pin: None, .. } => Some(by),
            Self::App { pin: Some(_), .. } if by != Factor::QrPasswordless => {
                Some(Factor::PhonePin)
            }
            _ => None,
        }
    }

    /// The smart card, if it is one.
    #[must_use]
    pub fn card(&self) -> Option<&Kept> {
        match self {
            Self::Card(card) => Some(card),
            _ => None,
        }
    }

    /// The factors that it proves.
    #[must_use]
    pub fn factors(&self) -> &'static [Factor] {
        match self {
            Self::Password { .. } => &[Factor::Password],
            Self::Totp { .. } => &[Factor::Totp],
            Self::Passkey { .. } => &[Factor::Passkey],
            Self::Sms { .. } => &[Factor::Sms],
            Self::App { pin: Some(_), .. } => &[Factor::PhonePin],
            Self::App { .. } => &[Factor::Push, Factor::Qr, Factor::QrPasswordless],
            Self::Card(card) if card.cns_like => &[Factor::CnsLike],
            Self::Card(_) => &[Factor::SmartCard],
            Self::RecoveryCodes { .. } => &[Factor::RecoveryCode],
        }
    }

    /// The factor that it is known by, the first of those that it proves.
    #[must_use]
    pub fn factor(&self) -> Factor {
        match self {
            Self::App { pin: Some(_), .. } => Factor::PhonePin,
            Self::App { .. } => Factor::Push,
            Self::Password { .. } => Factor::Password,
            Self::Totp { .. } => Factor::Totp,
            Self::Passkey { .. } => Factor::Passkey,
            Self::Sms { .. } => Factor::Sms,
            Self::Card(card) if card.cns_like => Factor::CnsLike,
            Self::Card(_) => Factor::SmartCard,
            Self::RecoveryCodes { .. } => Factor::RecoveryCode,
        }
    }
}

/// The PIN of a phone whose key no authenticator guards.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    hash: String,
    challenge: String,
    #[serde(default)]
    wrong: u8,
}

impl Pin {
    /// One with this hash (`$argon2id$…`); the key signs `challenge` next.
    #[must_use]
    pub fn new(hash: String, challenge: String) -> Self {
        Self { hash, challenge, wrong: 0 }
    }

    /// What it is checked against.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// What the key's next signature must hold: each counts once, whatever comes of it.
    #[must_use]
    pub fn challenge(&self) -> &str {
        &self.challenge
    }

    /// How many wrong ones are left before the phone is locked.
    #[must_use]
    pub fn left(&self) -> u8 {
        MAX_WRONG.saturating_sub(self.wrong)
    }

    /// Whether too many in a row were wrong.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.left() == 0
    }

    /// It held: the row is broken.
    #[must_use]
    pub fn held(&self, challenge: String) -> Self {
        Self { hash: self.hash.clone(), challenge, wrong: 0 }
    }

    /// It did not.
    #[must_use]
    pub fn failed(&self, challenge: String) -> Self {
        Self { hash: self.hash.clone(), challenge, wrong: self.wrong.saturating_add(1) }
    }
}

// Neither hash nor challenge is for a log.
impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pin({} left)", self.left())
    }
}

/// The fifth wrong PIN in a row locks the phone.
const MAX_WRONG: u8 = 5;

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secret({:?})", self.factor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn app(state: CredentialState) -> Credential {
        Credential {
            id: "app".to_owned(),
            subject: Subject::new("ada".to_owned()),
            state,
            binding: Level::Loa1,
            enrolled: at(0),
            last_used: None,
            secret: Secret::Totp {
                seed: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned(),
                period: 30,
                last_step: None,
            },
        }
    }

    /// AR-06.
    #[test]
    fn only_a_pending_credential_becomes_active() {
        let active = app(CredentialState::Pending).activate(Level::Loa3, at(5)).unwrap();
        assert!(active.is_active());
        assert_eq!((active.binding, active.enrolled), (Level::Loa3, at(5)));
        for state in [CredentialState::Active, CredentialState::Lost, CredentialState::Revoked] {
            assert_eq!(app(state).activate(Level::Loa3, at(5)), Err(NotPending));
        }
    }

    #[test]
    fn what_was_revoked_stays_revoked() {
        assert_eq!(app(CredentialState::Active).lose().state, CredentialState::Lost);
        assert_eq!(app(CredentialState::Revoked).lose().state, CredentialState::Revoked);
        assert_eq!(app(CredentialState::Lost).revoke().state, CredentialState::Revoked);
    }

    #[test]
    fn the_fifth_wrong_pin_in_a_row_locks_its_phone() {
        let pin = Pin::new("hash".to_owned(), "0".to_owned());
        let fail = |pin: Pin| pin.failed("1".to_owned());
        let four = (0..4).fold(pin, |pin, _| fail(pin));
        assert_eq!((four.left(), four.is_locked()), (1, false));
        assert_eq!(four.held("2".to_owned()).left(), 5);
        let locked = fail(four);
        assert!(locked.is_locked() && fail(locked.clone()).is_locked());
        let phone = |pin| Secret::App {
            name: "Telefono".to_owned(),
            id: "id".to_owned(),
            key: "key".to_owned(),
            device: "device".to_owned(),
            push: None,
            pin,
        };
        assert!(phone(Some(Box::new(locked.clone()))).is_locked() && !phone(None).is_locked());
        // Key and PIN are one factor, and never the only one.
        assert_eq!(phone(Some(Box::new(locked.clone()))).factors(), [Factor::PhonePin]);
        for by in [Factor::Push, Factor::Qr] {
            assert_eq!(phone(Some(Box::new(locked.clone()))).approves(by), Some(Factor::PhonePin));
            assert_eq!(phone(None).approves(by), Some(by));
        }
        let alone = Factor::QrPasswordless;
        assert_eq!(phone(Some(Box::new(locked))).approves(alone), None);
        assert_eq!(phone(None).approves(alone), Some(alone));
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?}", app(CredentialState::Active)).contains("GEZD"));
    }
}
