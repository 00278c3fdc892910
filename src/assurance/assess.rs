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
pub const COMBINATIONS: [(&[Factor], Level); 12] = [
    (&[Factor::Password], Level::Loa2),
    (&[Factor::Password, Factor::Totp], Level::Loa3),
    (&[Factor::Password, Factor::Sms], Level::Loa3),
    (&[Factor::Password, Factor::Push], Level::Loa3),
    (&[Factor::Password, Factor::Qr], Level::Loa3),
    (&[Factor::Password, Factor::RecoveryCode], Level::Loa3),
    (&[Factor::Password, Factor::PhonePin], Level::Loa3),
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
    means.level(Cap::of(proofing, policy))
}

/// The most that anything is worth for a person so proofed, here.
///
/// Whoever vouches for a person has established who they are, so its word needs no proofing of ours: it has a
/// ceiling of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cap {
    proofed: Level,
    here: Level,
}

impl Cap {
    /// For a person so proofed.
    pub(super) fn of(proofing: Option<ProofingMethod>, policy: &LevelPolicy) -> Self {
        Self { proofed: proofing_ceiling(proofing), here: policy.ceiling }
    }

    /// For somebody of whom nothing is known yet.
    pub(super) fn of_anybody(policy: &LevelPolicy) -> Self {
        Self { proofed: Level::Loa4, here: policy.ceiling }
    }

    /// The most that a combination is worth.
    pub(super) fn on(self, (factors, _): &(&[Factor], Level)) -> Level {
        if *factors == [Factor::Upstream] { self.here } else { self.proofed.min(self.here) }
    }
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

    /// The level of all of it.
    pub(super) fn level(&self, cap: Cap) -> Option<Level> {
        self.by(None, cap)
    }

    /// The level of the best combination; of those that `factor` is part of, if one is given.
    pub(super) fn by(&self, factor: Option<Factor>, cap: Cap) -> Option<Level> {
        let rows = COMBINATIONS.iter();
        let rows = rows.filter(|row| factor.is_none_or(|factor| row.0.contains(&factor)));
        rows.filter_map(|row| self.worth(row, cap)).max()
    }

    /// The worth of one combination, if all of it is there.
    pub(super) fn worth(&self, row: &(&[Factor], Level), cap: Cap) -> Option<Level> {
        let least = row.0.iter().map(|factor| self.of(*factor)).min()?;
        least.map(|least| least.min(row.1).min(cap.on(row)))
    }
}
