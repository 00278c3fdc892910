//! The one table: what factors are worth together.

use crate::assurance::factor::{Available, Evidence, Factor};
use crate::assurance::level::Level;
use crate::assurance::policy::{LevelPolicy, proofing_ceiling};
use crate::identity::account::ProofingMethod;

/// The combinations that are worth something, and the level of each at most (docs/levels.md).
///
/// A combination's worth is the least of this, of what each credential in it was bound at, of the
/// tenant's policy and of the person's proofing; several held at once are worth the best of them,
/// so one more factor never lowers a level.
pub const COMBINATIONS: [(&[Factor], Level); 11] = [
    (&[Factor::Password], Level::Loa2),
    (&[Factor::Password, Factor::Totp], Level::Loa3),
    (&[Factor::Password, Factor::Sms], Level::Loa3),
    (&[Factor::Password, Factor::Push], Level::Loa3),
    (&[Factor::Password, Factor::Qr], Level::Loa3),
    (&[Factor::Password, Factor::RecoveryCode], Level::Loa3),
    (&[Factor::QrPasswordless], Level::Loa3),
    (&[Factor::Passkey], Level::Loa3),
    (&[Factor::SmartCard], Level::Loa4),
    (&[Factor::CnsLike], Level::Loa4),
    (&[Factor::Upstream], Level::Loa4),
];

/// The level of what held; `None` if it shows nothing (no evidence, or a second factor alone).
#[must_use]
pub fn assess(
    evidence: &[Evidence],
    proofing: Option<ProofingMethod>,
    policy: &LevelPolicy,
) -> Option<Level> {
    let mut means = Means::default();
    for held in evidence {
        means.add(held, policy);
    }
    means.level(cap(proofing, policy))
}

/// The most that anything is worth for a person so proofed, here.
pub(super) fn cap(proofing: Option<ProofingMethod>, policy: &LevelPolicy) -> Level {
    proofing_ceiling(proofing).min(policy.ceiling)
}

/// What is there of each kind of factor, and the most that it may be worth; `None`: not there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Means([Option<Level>; Factor::ALL.len()]);

impl Means {
    pub(super) fn of(&self, factor: Factor) -> Option<Level> {
        self.0[factor as usize]
    }

    pub(super) fn add(&mut self, held: &Evidence, policy: &LevelPolicy) {
        self.add_at_most(held, Level::Loa4, policy);
    }

    pub(super) fn add_at_most(&mut self, held: &Evidence, most: Level, policy: &LevelPolicy) {
        let worth = held.ceiling().min(policy.most(held.factor(), held.issuer()));
        self.raise(held.factor(), worth.min(most));
    }

    pub(super) fn add_available(&mut self, available: &Available, policy: &LevelPolicy) {
        let most = policy.most(available.factor, available.issuer.as_deref());
        self.raise(available.factor, available.binding.min(most));
    }

    pub(super) fn any(&self) -> bool {
        self.0.iter().any(Option::is_some)
    }

    fn raise(&mut self, factor: Factor, worth: Level) {
        let slot = &mut self.0[factor as usize];
        *slot = (*slot).max(Some(worth));
    }

    /// The level of all of it, none above `cap`.
    pub(super) fn level(&self, cap: Level) -> Option<Level> {
        self.by(None).map(|level| level.min(cap))
    }

    /// The level of the best combination; of those that `factor` is part of, if one is given.
    pub(super) fn by(&self, factor: Option<Factor>) -> Option<Level> {
        let rows = COMBINATIONS.iter();
        let rows = rows.filter(|row| factor.is_none_or(|factor| row.0.contains(&factor)));
        rows.filter_map(|row| self.worth(row)).max()
    }

    /// The worth of one combination, if all of it is there.
    pub(super) fn worth(&self, (factors, most): &(&[Factor], Level)) -> Option<Level> {
        factors.iter().map(|factor| self.of(*factor)).min()?.map(|least| least.min(*most))
    }
}
