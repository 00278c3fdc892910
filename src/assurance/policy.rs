//! What a tenant may say of levels, and what a proofing is worth: both only ever lower.

use std::collections::BTreeSet;

use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::identity::account::ProofingMethod;

/// A tenant's word on levels. Whatever it says, no factor is worth more than docs/levels.md allows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LevelPolicy {
    /// The factors that it offers; one not named here is never asked for (IC-07).
    pub offered: Vec<Factor>,
    /// The most that it ever answers (IC-14).
    pub ceiling: Level,
    /// The most that a passkey is worth; nothing raises it above LoA3.
    pub passkey: Level,
    /// The most that another identity provider's word is worth; each has a ceiling of its own besides.
    pub upstream: Level,
    /// Issuers, as the settings call them, whose CNS-like certificates are worth as much as a CNS.
    pub cns_like_issuers: BTreeSet<String>,
}

impl Default for LevelPolicy {
    /// Offers what there is: passwords, passkeys, one-time codes from an app, recovery codes; lowers nothing,
    /// names no issuer.
    fn default() -> Self {
        Self {
            offered: vec![Factor::Password, Factor::Totp, Factor::Passkey, Factor::RecoveryCode],
            ceiling: Level::Loa4,
            passkey: Level::Loa3,
            upstream: Level::Loa4,
            cns_like_issuers: BTreeSet::new(),
        }
    }
}

impl LevelPolicy {
    /// The most that one credential of this kind may be worth here, before its binding and the
    /// table of combinations.
    pub(super) fn most(&self, factor: Factor, issuer: Option<&str>) -> Level {
        match factor {
            Factor::Passkey => self.passkey,
            Factor::Upstream => self.upstream,
            Factor::CnsLike if !issuer.is_some_and(|name| self.cns_like_issuers.contains(name)) => {
                Level::Loa3
            }
            _ => Level::Loa4,
        }
    }
}

/// The most that anything shown by a person may be worth, given how the person was proofed
/// (IC-19). Each of the five methods establishes a legal identity before a body that answers for
/// it; a person's own word establishes none, and neither does an account without a record.
#[must_use]
pub fn proofing_ceiling(method: Option<ProofingMethod>) -> Level {
    match method {
        Some(
            ProofingMethod::Desk
            | ProofingMethod::Video
            | ProofingMethod::DigitalSignature
            | ProofingMethod::Cns
            | ProofingMethod::NfcDocument,
        ) => Level::Loa4,
        Some(ProofingMethod::SelfAsserted) | None => Level::Loa2,
    }
}
