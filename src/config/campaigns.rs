//! `[[campaign]]`: the roll-out of a second factor.

use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;
use crate::config::check::Check;
use crate::config::raw;
use crate::enrolment::campaign::{Campaign, Task};
use crate::identity::kind::IdentityKind;

impl Check<'_> {
    /// The campaigns.
    pub(super) fn campaigns(&mut self, raw: &[raw::Campaign]) -> Vec<Campaign> {
        let mut campaigns: Vec<Campaign> = Vec::with_capacity(raw.len());
        for (number, raw) in raw.iter().enumerate() {
            let key = |name: &str| format!("campaign[{}].{name}", number + 1);
            if campaigns.iter().any(|other| other.name == raw.name) {
                self.wrong(&key("name"), "one table for each campaign", &raw.name);
            }
            let name = self.id(&key("name"), &raw.name);
            let start = self.moment(&key("start"), &raw.start);
            let end = self.moment(&key("end"), &raw.end);
            if let (Some(start), Some(end)) = (start, end)
                && end <= start
            {
                self.wrong(&key("end"), "a moment after start", &raw.end);
            }
            let mut population = Vec::new();
            for said in &raw.population {
                let known = IdentityKind::ALL.into_iter().find(|kind| kind.as_str() == said);
                match known {
                    Some(kind) => population.push(kind),
                    None => self.wrong(&key("population"), "kinds of identities", said),
                }
            }
            let mut tasks = Vec::new();
            for said in &raw.tasks {
                match Task::ALL.into_iter().find(|task| task.name() == said) {
                    Some(task) => tasks.push(task),
                    None => {
                        self.wrong(&key("tasks"), "\"number\" or \"recovery-address\"", said);
                    }
                }
            }
            let factors = [("totp", Factor::Totp), ("sms", Factor::Sms)];
            let factor = self.choice(&key("factor"), &raw.factor, &factors);
            let mut notices = Vec::new();
            for said in &raw.notices_days {
                match said.parse().ok().filter(|days| (0..=3650).contains(days)) {
                    Some(days) => notices.push(days),
                    None => self.wrong(&key("notices-days"), "days before the end", said),
                }
            }
            let (Some(name), Some(start), Some(end), Some(factor)) = (name, start, end, factor)
            else {
                continue;
            };
            campaigns.push(Campaign { name, start, end, population, factor, tasks, notices });
        }
        campaigns
    }

    fn moment(&mut self, key: &str, said: &str) -> Option<DateTime<Utc>> {
        let read = DateTime::parse_from_rfc3339(said).ok();
        if read.is_none() {
            self.wrong(key, "a moment, such as \"2026-12-15T00:00:00+01:00\"", said);
        }
        read.map(|moment| moment.with_timezone(&Utc))
    }
}
