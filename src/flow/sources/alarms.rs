//! When what sources gave ends: told 90, 30 and 7 days before, each once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::flow::expiry::{Ending, Stage, Whose};
use crate::flow::sources::house::Sources;

/// What of sources ends: the time of each document, and the certificates of the keys that sign them.
#[must_use]
pub fn endings(sources: &Sources) -> Vec<Ending> {
    let mut all = Vec::new();
    for source in sources.all() {
        let state = source.state();
        let name = &source.configured.name;
        for (document, held) in &state.documents {
            let Some(until) = held.good.listing.valid_until else { continue };
            let is_only = state.documents.len() == 1;
            let name = if is_only { name.clone() } else { format!("{name}, {document}") };
            let not_before = held.note.taken;
            all.push(Ending { whose: Whose::Metadata, name, not_before, not_after: until });
        }
        let accepted = state.accepted_keys();
        for key in source.configured.policy.trust.signed_by.iter().chain(&accepted) {
            all.push(Ending {
                whose: Whose::Source,
                name: name.clone(),
                not_before: key.not_before(),
                not_after: key.not_after(),
            });
        }
    }
    all
}

/// What was told already.
#[derive(Debug, Default)]
pub struct Told(HashMap<(Whose, String, DateTime<Utc>), Stage>);

impl Told {
    /// Of `endings`, those that have come to a stage of which nobody was told.
    pub fn fresh<'a>(
        &mut self,
        endings: &'a [Ending],
        now: DateTime<Utc>,
    ) -> Vec<(&'a Ending, Stage)> {
        let mut fresh = Vec::new();
        let mut still = HashMap::new();
        for ending in endings {
            let Some(stage) = ending.stage(now) else { continue };
            let key = (ending.whose, ending.name.clone(), ending.not_after);
            if self.0.get(&key).is_none_or(|told| *told < stage) {
                fresh.push((ending, stage));
            }
            let told = self.0.get(&key).copied().map_or(stage, |told| told.max(stage));
            still.insert(key, told);
        }
        self.0 = still;
        fresh
    }

    /// Logs what of `sources` has come nearer to its end.
    pub fn log(&mut self, sources: &Sources, now: DateTime<Utc>) {
        let endings = endings(sources);
        for (ending, stage) in self.fresh(&endings, now) {
            let (days, whose) = (ending.days(now), ending.whose);
            let (name, not_after) = (&ending.name, ending.not_after.to_rfc3339());
            if stage >= Stage::Week {
                tracing::error!(event = "source.ending", %whose, name, days, not_after);
            } else {
                tracing::warn!(event = "source.ending", %whose, name, days, not_after);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn each_stage_is_told_once() {
        let until: DateTime<Utc> = "2027-11-22T00:00:00Z".parse().unwrap();
        let not_before = until - TimeDelta::days(365);
        let ending = |not_after| Ending {
            whose: Whose::Metadata,
            name: "idem".into(),
            not_before,
            not_after,
        };
        let mut told = Told::default();
        let mut days = Vec::new();
        for left in (0..=120).rev() {
            let now = until - TimeDelta::days(left);
            days.extend(told.fresh(&[ending(until)], now).iter().map(|(_, stage)| (left, *stage)));
        }
        let expected =
            [(90, Stage::Quarter), (30, Stage::Month), (7, Stage::Week), (0, Stage::Ended)];
        assert_eq!(days, expected);
        let renewed = until + TimeDelta::days(20);
        assert_eq!(told.fresh(&[ending(renewed)], until).len(), 1, "another end is told anew");
    }

    /// A federation signs its list anew each day, for two weeks: only what is late is told.
    #[test]
    fn of_what_never_lasts_long_only_what_is_late_counts() {
        let until: DateTime<Utc> = "2027-11-22T00:00:00Z".parse().unwrap();
        let not_before = until - TimeDelta::days(14);
        let ending =
            Ending { whose: Whose::Metadata, name: "idem".into(), not_before, not_after: until };
        let stage = |left| ending.stage(until - TimeDelta::days(left));
        assert_eq!(stage(13), None);
        assert_eq!(stage(4), Some(Stage::Week));
    }
}
