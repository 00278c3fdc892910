//! How often what is in metadata was used of late, as the register tells.

use serde::{Deserialize, Serialize};

use crate::saml::metadata::picture::{Endpoint, Fact, Subject};

/// How many days are looked back.
pub const DAYS: i64 = 7;

/// Logins of one service provider of the last [`DAYS`] days.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Uses {
    /// All of them.
    pub logins: u64,
    /// By the address to which the answer went.
    pub locations: Vec<(String, u64)>,
    /// By the attribute set that the request named.
    pub attribute_sets: Vec<(String, u64)>,
    /// Whether there were more than were looked at.
    pub at_least: bool,
}

impl Uses {
    /// Counts one login: answered at `location`, asked with `attribute_set`.
    pub fn count(&mut self, location: Option<&str>, attribute_set: Option<&str>) {
        self.logins += 1;
        for (list, said) in
            [(&mut self.locations, location), (&mut self.attribute_sets, attribute_set)]
        {
            let Some(said) = said else { continue };
            match list.iter_mut().find(|(known, _)| known == said) {
                Some((_, count)) => *count += 1,
                None => list.push((said.to_owned(), 1)),
            }
        }
    }

    /// How many used what `subject` was, where that can be told.
    #[must_use]
    pub fn of(&self, subject: &Subject, fact: &Fact) -> Option<u64> {
        let of = |list: &[(String, u64)], name: &str| {
            list.iter().find(|(known, _)| known == name).map_or(0, |(_, count)| *count)
        };
        match (subject, fact) {
            (
                Subject::Indexed(_, element, _) | Subject::Service(_, element, ..),
                Fact::Endpoint(Endpoint { location, .. }),
            ) if element == "AssertionConsumerService" => Some(of(&self.locations, location)),
            (Subject::AttributeSet(_, index), _) => Some(of(&self.attribute_sets, index)),
            _ => None,
        }
    }
}
