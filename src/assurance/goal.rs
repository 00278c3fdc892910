//! What a requirement comes to: goals, the one preferred first, and the class that each would assert.

use crate::assurance::assess::{Cap, Means};
use crate::assurance::class_ref::{ClassRef, Vocabulary};
use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::assurance::requirement::{Comparison, Requirement, Tolerance};

/// One way of meeting a requirement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Goal {
    /// The level that it takes.
    pub(super) least: Level,
    /// The factor by which the level must be reached, where the class claims a means.
    pub(super) means: Option<Factor>,
    /// What is then asserted.
    asserted: Asserted,
}

#[derive(Clone, Copy, Debug)]
enum Asserted {
    /// This class.
    Class(ClassRef),
    /// The name of the level reached.
    LevelReached(Vocabulary),
}

impl Goal {
    /// The class to assert if `achieved` by `means` reaches the goal; never above `achieved`.
    pub(super) fn reached(&self, achieved: Level, means: &Means, cap: Cap) -> Option<ClassRef> {
        if achieved < self.least || means.by(self.means, cap) < Some(self.least) {
            return None;
        }
        match self.asserted {
            Asserted::Class(class) => (class.level() <= achieved).then_some(class),
            Asserted::LevelReached(vocabulary) => vocabulary.name(achieved),
        }
    }

    fn class(class: ClassRef, minimum: Level) -> Self {
        Self {
            least: class.level().max(minimum),
            means: class.means(),
            asserted: Asserted::Class(class),
        }
    }

    /// At `least`, or at the lowest level above it that has a name.
    fn level(least: Level, vocabulary: Vocabulary) -> Self {
        let named = |level: &Level| *level >= least && vocabulary.name(*level).is_some();
        let least = Level::ALL.into_iter().find(named).unwrap_or(least);
        Self { least, means: None, asserted: Asserted::LevelReached(vocabulary) }
    }
}

/// The ways of meeting `requirement`, the one preferred first; empty if nothing can.
///
/// SAML Core §3.3.2.2.1: the asker's order is its order of preference; `maximum` is as strong as
/// possible without passing one of the classes; `better` is stronger than all of them. SPID lets a
/// level be higher than asked whatever the comparison, and asserts the one reached
/// (spid-saml §1.2, level rule).
pub(super) fn goals(requirement: &Requirement) -> Vec<Goal> {
    let minimum = requirement.minimum.unwrap_or(Level::Loa1);
    let classes = &requirement.classes;
    let vocabulary = match (classes.first(), requirement.tolerance) {
        (Some(class), _) => class.vocabulary(),
        (None, Tolerance::HigherIsFine) => Vocabulary::Spid,
        (None, Tolerance::AsRequested) => Vocabulary::General,
    };
    let strongest = classes.iter().map(|class| class.level()).max();
    let Some(strongest) = strongest else { return vec![Goal::level(minimum, vocabulary)] };
    match (requirement.comparison, requirement.tolerance) {
        (Comparison::Exact | Comparison::Minimum, Tolerance::HigherIsFine) => classes
            .iter()
            .map(|class| Goal::level(class.level().max(minimum), class.vocabulary()))
            .collect(),
        (Comparison::Exact | Comparison::Minimum, Tolerance::AsRequested) => {
            classes.iter().map(|class| Goal::class(*class, minimum)).collect()
        }
        (Comparison::Better, _) => strongest
            .above()
            .map(|least| Goal::level(least.max(minimum), scale(vocabulary, least)))
            .into_iter()
            .collect(),
        (Comparison::Maximum, Tolerance::HigherIsFine) => {
            downward(strongest.max(minimum), minimum, vocabulary).collect()
        }
        (Comparison::Maximum, Tolerance::AsRequested) => {
            let mut ordered = classes.clone();
            ordered.sort_by_key(|class| std::cmp::Reverse(class.level()));
            let weakest = classes.iter().map(|class| class.level()).min();
            let below = weakest.and_then(|weakest| Level::ALL.into_iter().rfind(|l| *l < weakest));
            let lower = below.into_iter().flat_map(|top| downward(top, minimum, vocabulary));
            ordered.into_iter().map(|class| Goal::class(class, minimum)).chain(lower).collect()
        }
    }
}

/// A goal for each level from `top` down to `bottom`.
fn downward(top: Level, bottom: Level, vocabulary: Vocabulary) -> impl Iterator<Item = Goal> {
    Level::ALL
        .into_iter()
        .rev()
        .filter(move |level| *level <= top && *level >= bottom)
        .map(move |level| Goal::level(level, vocabulary))
}

/// The vocabulary in which `least` has a name of its own: the general one has none above LoA3.
fn scale(vocabulary: Vocabulary, least: Level) -> Vocabulary {
    let own = vocabulary.name(least).is_some_and(|class| class.level() >= least);
    if own { vocabulary } else { Vocabulary::Eidas }
}
