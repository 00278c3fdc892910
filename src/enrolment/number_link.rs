//! A number that waits for the link that was mailed for it (BI-10): written once whoever reads the person's mail says so.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::enrolment::recovery::{Asked, LINK_LIFE, REMEMBERED, Void};
use crate::identity::subject::Subject;

/// The number that waits, kept by a keyed digest of its link's secret.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NumberLink {
    /// Whose number.
    pub subject: Subject,
    /// The number, as it will be on record.
    pub number: String,
    /// When it was asked for.
    pub made: DateTime<Utc>,
    /// When the link was used.
    pub used: Option<DateTime<Utc>>,
}

/// What a person was sent of late.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NumberLinks {
    /// How much.
    pub asked: Asked,
    /// When the newest was made: no other is worth anything.
    pub newest: Option<DateTime<Utc>>,
}

impl NumberLink {
    /// Whether it writes its number at `now`; `newest`: when the person's newest was made; `password_set`: since when their
    /// password counts, which may be since somebody else knew the one before.
    ///
    /// # Errors
    /// [`Void`], why not.
    pub fn check(
        &self,
        newest: Option<DateTime<Utc>>,
        password_set: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<(), Void> {
        if self.used.is_some() {
            Err(Void::Used)
        } else if now >= self.made + LINK_LIFE {
            Err(Void::Expired)
        } else if newest != Some(self.made) || password_set.is_some_and(|at| at > self.made) {
            Err(Void::Superseded)
        } else {
            Ok(())
        }
    }

    /// How long it is remembered, so that whoever follows it late is told why it leads nowhere.
    #[must_use]
    pub fn keep_until(&self) -> DateTime<Utc> {
        self.made + LINK_LIFE + REMEMBERED
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    /// BI-10: 3 599 s and not 3 600, the newest alone, once, and not across another password.
    #[test]
    fn bi_10_a_link_is_good_for_an_hour_and_no_other_beside_it() {
        let made = DateTime::UNIX_EPOCH;
        let at = |seconds| made + TimeDelta::seconds(seconds);
        let subject = Subject::new("ada".into());
        let link = NumberLink { subject, number: "+39333".into(), made, used: None };
        assert_eq!(link.check(Some(made), None, at(3599)), Ok(()));
        assert_eq!(link.check(Some(made), Some(made), at(3599)), Ok(()));
        assert_eq!(link.check(Some(made), None, at(3600)), Err(Void::Expired));
        assert_eq!(link.check(Some(at(1)), None, at(2)), Err(Void::Superseded));
        assert_eq!(link.check(None, None, at(2)), Err(Void::Superseded));
        assert_eq!(link.check(Some(made), Some(at(1)), at(2)), Err(Void::Superseded));
        let used = NumberLink { used: Some(at(1)), ..link };
        assert_eq!(used.check(Some(made), None, at(2)), Err(Void::Used));
    }
}
