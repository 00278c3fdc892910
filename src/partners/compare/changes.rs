//! What changed from one version of metadata to the next, and how much it weighs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::saml::metadata::picture::{Fact, Picture, Pictured, Subject};

/// How much a change weighs for who is at the other end.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// Logins may fail for it, or be believed that should not be.
    Breaks,
    /// Somebody has to agree to it: more is asked for than before.
    Agreement,
    /// Good to know.
    Notice,
}

/// One change of an entity.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// Something new.
    Added(Subject, Fact),
    /// Something that is gone.
    Removed(Subject, Fact),
    /// Something that is said otherwise.
    Altered(Subject, Fact, Fact),
    /// A certificate took the place of another of the same key.
    Renewed {
        /// The role.
        role: String,
        /// The `use`.
        usage: String,
        /// The one before.
        old: Box<Pictured>,
        /// The one now.
        new: Box<Pictured>,
    },
}

/// What became of one entity.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Entity {
    /// It is new.
    New,
    /// It is gone.
    Gone,
    /// It changed; never empty.
    Changed(Vec<Change>),
}

/// Both versions' entities, and what became of those of which anything did.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What became of them, by entityID.
    pub entities: BTreeMap<String, Entity>,
    /// How many certificates a role of an entity has for a use after the change: by entityID, role, use.
    pub certificates: BTreeMap<(String, String, String), usize>,
}

/// Lays `new` beside `old`.
#[must_use]
pub fn compare(old: &BTreeMap<String, Picture>, new: &BTreeMap<String, Picture>) -> Comparison {
    let mut entities = BTreeMap::new();
    let mut certificates = BTreeMap::new();
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let became = match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) => Entity::Changed(changes(old, new)),
            (None, _) => Entity::New,
            (_, None) => Entity::Gone,
        };
        if !matches!(&became, Entity::Changed(changes) if changes.is_empty()) {
            entities.insert(name.clone(), became);
        }
        for subject in new.get(name).into_iter().flat_map(BTreeMap::keys) {
            if let Subject::Certificate(role, usage, _) = subject {
                let of = (name.clone(), role.clone(), usage.clone());
                *certificates.entry(of).or_default() += 1;
            }
        }
    }
    Comparison { entities, certificates }
}

fn changes(old: &Picture, new: &Picture) -> Vec<Change> {
    let mut changes = Vec::new();
    let subjects: BTreeSet<&Subject> = old.keys().chain(new.keys()).collect();
    for subject in subjects {
        if hides(old, new, subject) {
            continue;
        }
        let own = || subject.clone();
        match (old.get(subject), new.get(subject)) {
            (Some(before), Some(after)) if before != after => {
                changes.push(Change::Altered(own(), before.clone(), after.clone()));
            }
            (None, Some(after)) => changes.push(Change::Added(own(), after.clone())),
            (Some(before), None) => changes.push(Change::Removed(own(), before.clone())),
            _ => {}
        }
    }
    renewals(changes)
}

/// Whether `subject` is part of a role that came or went as a whole, which says it all.
fn hides(old: &Picture, new: &Picture, subject: &Subject) -> bool {
    let (Subject::Certificate(role, ..)
    | Subject::Flag(role, _)
    | Subject::Indexed(role, ..)
    | Subject::Service(role, ..)
    | Subject::NameIdFormat(role, _)
    | Subject::AttributeSet(role, _)
    | Subject::Extensions(role)) = subject
    else {
        return false;
    };
    let role = Subject::Role(role.clone());
    old.contains_key(&role) != new.contains_key(&role)
}

/// A certificate that went and one that came with the same key, for the same use, are one change.
fn renewals(changes: Vec<Change>) -> Vec<Change> {
    let gone: Vec<(Subject, Box<Pictured>)> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Removed(subject, Fact::Certificate(old)) => {
                Some((subject.clone(), old.clone()))
            }
            _ => None,
        })
        .collect();
    let mut paired = BTreeSet::new();
    let mut told = Vec::with_capacity(changes.len());
    for change in changes {
        let Change::Added(Subject::Certificate(role, usage, _), Fact::Certificate(new)) = &change
        else {
            told.push(change);
            continue;
        };
        let before = gone.iter().find(|(subject, old)| {
            let is_its =
                matches!(subject, Subject::Certificate(r, u, _) if r == role && u == usage);
            is_its && old.key == new.key && !paired.contains(subject)
        });
        match before {
            Some((subject, old)) => {
                paired.insert(subject.clone());
                let (role, usage) = (role.clone(), usage.clone());
                told.push(Change::Renewed { role, usage, old: old.clone(), new: new.clone() });
            }
            None => told.push(change),
        }
    }
    told.retain(
        |change| !matches!(change, Change::Removed(subject, _) if paired.contains(subject)),
    );
    told
}

impl Entity {
    /// The most that anything of it weighs.
    #[must_use]
    pub fn weight(&self) -> Weight {
        match self {
            Self::New => Weight::Agreement,
            Self::Gone => Weight::Breaks,
            Self::Changed(changes) => {
                changes.iter().map(Change::weight).min().unwrap_or(Weight::Notice)
            }
        }
    }
}

impl Change {
    /// How much it weighs.
    #[must_use]
    pub fn weight(&self) -> Weight {
        match self {
            Self::Removed(Subject::Role(_) | Subject::Signature, _) => Weight::Breaks,
            Self::Added(Subject::Role(_), _) => Weight::Agreement,
            Self::Added(Subject::Certificate(_, usage, _), _) if usage != "encryption" => {
                Weight::Agreement
            }
            Self::Removed(
                Subject::Certificate(..)
                | Subject::Indexed(..)
                | Subject::Service(..)
                | Subject::NameIdFormat(..)
                | Subject::AttributeSet(..),
                _,
            ) => Weight::Breaks,
            Self::Added(Subject::Flag(_, flag), Fact::Text(value)) => demand(flag, value == "true"),
            Self::Removed(Subject::Flag(_, flag), Fact::Text(value)) => {
                demand(flag, value != "true")
            }
            Self::Altered(Subject::Flag(_, flag), _, Fact::Text(value)) => {
                demand(flag, value == "true")
            }
            Self::Altered(_, Fact::Endpoint(old), Fact::Endpoint(new)) => {
                let moved = old.location != new.location
                    || old.binding != new.binding
                    || old.response_location != new.response_location;
                if moved || old.is_default { Weight::Breaks } else { Weight::Notice }
            }
            Self::Added(Subject::Indexed(..), Fact::Endpoint(_))
            | Self::Added(Subject::Service(..), Fact::Endpoint(_)) => Weight::Agreement,
            Self::Added(Subject::AttributeSet(..), _) => Weight::Agreement,
            Self::Altered(_, Fact::Attributes(old), Fact::Attributes(new)) => {
                let asks_more = new.attributes.iter().any(|name| !old.attributes.contains(name));
                let asks_less = old.attributes.iter().any(|name| !new.attributes.contains(name));
                match (asks_more, asks_less || old.is_default != new.is_default) {
                    (true, _) => Weight::Agreement,
                    (false, true) => Weight::Breaks,
                    (false, false) => Weight::Notice,
                }
            }
            _ => Weight::Notice,
        }
    }
}

/// What it weighs that a demand on signatures, or the list of protocols, changes.
fn demand(flag: &str, stricter: bool) -> Weight {
    match (flag, stricter) {
        // Requests that were signed need not be any more: what is believed changes.
        ("AuthnRequestsSigned", false) | ("protocolSupportEnumeration", _) => Weight::Breaks,
        ("WantAssertionsSigned" | "WantAuthnRequestsSigned", true) => Weight::Breaks,
        _ => Weight::Notice,
    }
}
