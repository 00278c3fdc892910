//! What a service provider that has had the person choose says beside its request: nothing that a signature covers, so nothing
//! that could make less of what is asked.

use chrono::{DateTime, Utc};

use crate::assurance::class_ref::ClassRef;
use crate::assurance::level::Level;
use crate::assurance::requirement::{Requirement, Tolerance};

/// A wish.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish<'a> {
    /// The identity provider that the person has chosen (`idp=`).
    pub idp: Option<&'a str>,
    /// The least level (`level=`).
    pub level: Option<Level>,
}

/// The level of that name: SPID's (`SpidL2`), or a class that is known.
#[must_use]
pub fn level(said: &str) -> Option<Level> {
    let is_it = |level: &Level| level.name() == said;
    let class = || ClassRef::parse(said).map(ClassRef::level);
    Level::ALL.into_iter().filter(|level| *level > Level::Loa1).find(is_it).or_else(class)
}

impl Wish<'_> {
    /// `requirement` with the wish for a level: as if it were the service provider's least, and never less than that.
    #[must_use]
    pub(in crate::flow) fn raise(
        &self,
        requirement: Requirement,
        now: DateTime<Utc>,
    ) -> Requirement {
        let Some(level) = self.level.filter(|level| Some(*level) > requirement.minimum) else {
            return requirement;
        };
        // In SPID whoever wants more than level 1 wants it shown anew (spid-saml §5).
        let afresh = requirement.tolerance == Tolerance::HigherIsFine && level > Level::Loa2;
        Requirement {
            minimum: Some(level),
            not_before: if afresh { Some(now) } else { requirement.not_before },
            session: requirement.session.filter(|_| !afresh),
            ..requirement
        }
    }
}
