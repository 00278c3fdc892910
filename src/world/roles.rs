//! Which signing key does what: one signs, one will, others have. The list is one text, so that it changes as a whole.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::world::private_key::Digest;

/// What a signing key does.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It waits for its certificate: neither published nor signing.
    Pending,
    /// It is published, so that partners learn of it, and does not sign yet.
    Next,
    /// It signs.
    Current,
    /// It has signed. What it signed is still believed: the register's checkpoints.
    Retired,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Next => "next",
            Self::Current => "current",
            Self::Retired => "retired",
        })
    }
}

/// One signing key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What we call it.
    pub name: String,
    /// What it does.
    pub role: Role,
    /// Where it is, as [`KeyPlace`](crate::world::key_place::KeyPlace) reads it, relative to the folder of the list; none once it was destroyed.
    pub key: Option<String>,
    /// The file of its certificate, PEM, relative to the folder of the list.
    pub certificate: Option<String>,
    /// What it digests with.
    #[serde(default)]
    pub digest: Digest,
    /// When it was made, or taken into the list.
    pub made: DateTime<Utc>,
    /// Since when it has its role.
    pub since: DateTime<Utc>,
    /// Whether it is published though it is retired.
    #[serde(default)]
    pub published: bool,
}

/// All signing keys: never two that sign, never two next; none that signs only as long as none is next or retired either.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    version: u32,
    keys: Vec<Entry>,
}

/// A list that cannot be read, or a change that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RolesError {
    /// It is not such a list.
    #[error("this is not a list of signing keys")]
    Form(#[from] serde_json::Error),
    /// Another version wrote it.
    #[error("this list of signing keys is of version {0}, which this ponte does not know")]
    Version(u32),
    /// It contradicts itself.
    #[error("this list of signing keys has {0}: only `ponte keys` should change it")]
    Unsound(&'static str),
    /// There is no key of that name.
    #[error("there is no signing key {0:?}")]
    Nobody(String),
    /// There is one.
    #[error("there is a signing key {0:?} already")]
    Taken(String),
    /// Another one is next.
    #[error("{0:?} is next already: promote it, or retire it, first")]
    NextTaken(String),
    /// No key is next.
    #[error("no key is next: make one with `ponte keys new`")]
    NoNext,
    /// It signs.
    #[error("{0:?} signs: promote another key first")]
    Signs(String),
    /// It has no certificate.
    #[error("{0:?} has no certificate yet: `ponte keys certificate {0} FILE` gives it one")]
    NoCertificate(String),
    /// It is not in the metadata.
    #[error("{0:?} was never published: `ponte keys remove {0}` drops it")]
    Unpublished(String),
    /// It has gone.
    #[error("{0:?} is retired: make a new key")]
    Retired(String),
}

impl Roles {
    /// No key at all.
    #[must_use]
    pub fn none() -> Self {
        Self { version: VERSION, keys: Vec::new() }
    }

    /// Reads what [`Self::to_text`] wrote.
    ///
    /// # Errors
    /// When it is something else, or contradicts itself.
    pub fn parse(text: &[u8]) -> Result<Self, RolesError> {
        let roles: Self = serde_json::from_slice(text)?;
        if roles.version != VERSION {
            return Err(RolesError::Version(roles.version));
        }
        roles.sound()?;
        Ok(roles)
    }

    /// As JSON, for people to read too.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn to_text(&self) -> Result<Vec<u8>, RolesError> {
        self.sound()?;
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        Ok(text)
    }

    /// All of them, in the order in which they came.
    #[must_use]
    pub fn all(&self) -> &[Entry] {
        &self.keys
    }

    /// The one of that name.
    ///
    /// # Errors
    /// [`RolesError::Nobody`]
    pub fn find(&self, name: &str) -> Result<&Entry, RolesError> {
        let found = self.keys.iter().find(|key| key.name == name);
        found.ok_or_else(|| RolesError::Nobody(name.to_owned()))
    }

    /// The first with that role.
    #[must_use]
    pub fn with(&self, role: Role) -> Option<&Entry> {
        self.keys.iter().find(|key| key.role == role)
    }

    /// Those that the metadata names, the one that signs first.
    pub fn published(&self) -> impl Iterator<Item = &Entry> {
        let retired = |key: &&Entry| key.role == Role::Retired && key.published;
        let retired = self.keys.iter().filter(retired);
        self.with(Role::Current).into_iter().chain(self.with(Role::Next)).chain(retired)
    }

    /// A name that is free: `signing`, `signing-2` and so on.
    #[must_use]
    pub fn free_name(&self) -> String {
        let is_free = |name: &String| self.find(name).is_err();
        let numbered = (2..).map(|number| format!("signing-{number}"));
        std::iter::once("signing".to_owned()).chain(numbered).find(is_free).unwrap_or_default()
    }

    /// What a new key with a certificate would be: the first one signs, the second is next.
    ///
    /// # Errors
    /// When another one is next.
    pub fn free_role(&self) -> Result<Role, RolesError> {
        match (self.with(Role::Current), self.with(Role::Next)) {
            (None, _) => Ok(Role::Current),
            (Some(_), None) => Ok(Role::Next),
            (Some(_), Some(next)) => Err(RolesError::NextTaken(next.name.clone())),
        }
    }

    /// Takes a key into the list.
    ///
    /// # Errors
    /// When its name or its role is taken.
    pub fn add(&mut self, entry: Entry) -> Result<(), RolesError> {
        if self.find(&entry.name).is_ok() {
            return Err(RolesError::Taken(entry.name));
        }
        self.keys.push(entry);
        self.sound()
    }

    /// Gives a key its certificate, or another one; one that waited for it becomes next.
    ///
    /// # Errors
    /// When there is no such key, it is retired, or another one is next.
    pub fn certify(
        &mut self,
        name: &str,
        certificate: String,
        now: DateTime<Utc>,
    ) -> Result<Role, RolesError> {
        let role = match self.find(name)?.role {
            Role::Pending => self.free_role()?,
            Role::Retired => return Err(RolesError::Retired(name.to_owned())),
            role => role,
        };
        let entry = self.entry(name)?;
        if entry.role != role {
            (entry.role, entry.since) = (role, now);
        }
        entry.certificate = Some(certificate);
        Ok(role)
    }

    /// Lets the key of that name, or the one that is next, sign from now on; the one that signed retires, and stays published if
    /// `keep` says so. Returns the names of the old and of the new.
    ///
    /// # Errors
    /// When there is no such key, it signs already, it is retired, or it has no certificate.
    pub fn promote(
        &mut self,
        name: Option<&str>,
        keep: bool,
        now: DateTime<Utc>,
    ) -> Result<(Option<String>, String), RolesError> {
        let chosen = match name {
            Some(name) => self.find(name)?,
            None => self.with(Role::Next).ok_or(RolesError::NoNext)?,
        };
        let name = chosen.name.clone();
        match chosen.role {
            Role::Current => return Err(RolesError::Signs(name)),
            Role::Retired => return Err(RolesError::Retired(name)),
            Role::Pending | Role::Next if chosen.certificate.is_none() => {
                return Err(RolesError::NoCertificate(name));
            }
            Role::Pending | Role::Next => {}
        }
        let old = self.with(Role::Current).map(|key| key.name.clone());
        if let Some(old) = &old {
            let old = self.entry(old)?;
            (old.role, old.since, old.published) = (Role::Retired, now, keep);
        }
        let new = self.entry(&name)?;
        (new.role, new.since) = (Role::Current, now);
        self.sound()?;
        Ok((old, name))
    }

    /// Takes a key out of the metadata for good.
    ///
    /// # Errors
    /// When there is no such key, it signs, or it was never published.
    pub fn retire(&mut self, name: &str, now: DateTime<Utc>) -> Result<(), RolesError> {
        match self.find(name)?.role {
            Role::Current => return Err(RolesError::Signs(name.to_owned())),
            Role::Pending => return Err(RolesError::Unpublished(name.to_owned())),
            Role::Next | Role::Retired => {}
        }
        let entry = self.entry(name)?;
        if entry.role != Role::Retired {
            (entry.role, entry.since) = (Role::Retired, now);
        }
        entry.published = false;
        Ok(())
    }

    /// Notes that the private key of a retired one is destroyed; its certificate stays, so that what it signed is still believed.
    ///
    /// # Errors
    /// When there is no such key, or it signs.
    pub fn without_key(&mut self, name: &str, now: DateTime<Utc>) -> Result<(), RolesError> {
        self.retire(name, now)?;
        self.entry(name)?.key = None;
        Ok(())
    }

    /// Drops a key from the list.
    ///
    /// # Errors
    /// When there is no such key, or it signs.
    pub fn drop(&mut self, name: &str) -> Result<(), RolesError> {
        if self.find(name)?.role == Role::Current {
            return Err(RolesError::Signs(name.to_owned()));
        }
        self.keys.retain(|key| key.name != name);
        Ok(())
    }

    fn entry(&mut self, name: &str) -> Result<&mut Entry, RolesError> {
        let found = self.keys.iter_mut().find(|key| key.name == name);
        found.ok_or_else(|| RolesError::Nobody(name.to_owned()))
    }

    fn sound(&self) -> Result<(), RolesError> {
        let count = |role| self.keys.iter().filter(|key| key.role == role).count();
        let mut names: Vec<&str> = self.keys.iter().map(|key| key.name.as_str()).collect();
        names.sort_unstable();
        let wrong = if names.windows(2).any(|two| two[0] == two[1]) {
            "two keys of one name"
        } else if count(Role::Current) > 1 {
            "two keys that sign"
        } else if count(Role::Next) > 1 {
            "two keys that are next"
        } else if count(Role::Current) == 0 && count(Role::Pending) < self.keys.len() {
            "no key that signs"
        } else if self.keys.iter().any(|key| key.role != Role::Pending && key.certificate.is_none())
        {
            "a key without its certificate"
        } else if self.keys.iter().any(|key| key.role != Role::Retired && key.key.is_none()) {
            "a certificate without its key"
        } else {
            return Ok(());
        };
        Err(RolesError::Unsound(wrong))
    }
}

/// A list of another version is refused.
const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-22T00:10:03Z".parse().unwrap()
    }

    fn entry(name: &str, role: Role) -> Entry {
        Entry {
            name: name.into(),
            role,
            key: Some(format!("{name}.key")),
            certificate: (role != Role::Pending).then(|| format!("{name}.crt")),
            digest: Digest::Sha256,
            made: now(),
            since: now(),
            published: false,
        }
    }

    fn two() -> Roles {
        let mut roles = Roles::none();
        roles.add(entry("signing", Role::Current)).unwrap();
        roles.add(entry("signing-2", Role::Next)).unwrap();
        roles
    }

    #[test]
    fn a_promotion_changes_both_keys_at_once() {
        let mut roles = two();
        let names: Vec<&str> = roles.published().map(|key| key.name.as_str()).collect();
        assert_eq!(names, ["signing", "signing-2"]);
        let promoted = roles.promote(None, false, now()).unwrap();
        assert_eq!(promoted, (Some("signing".into()), "signing-2".into()));
        assert_eq!(roles.with(Role::Current).unwrap().name, "signing-2");
        assert_eq!(roles.published().count(), 1);
        assert!(matches!(roles.promote(None, false, now()), Err(RolesError::NoNext)));
        assert!(matches!(
            roles.promote(Some("signing"), false, now()),
            Err(RolesError::Retired(_))
        ));
        assert!(matches!(
            roles.promote(Some("signing-2"), false, now()),
            Err(RolesError::Signs(_))
        ));
    }

    #[test]
    fn one_that_is_kept_is_published_until_it_is_retired_again() {
        let mut roles = two();
        roles.promote(None, true, now()).unwrap();
        let names: Vec<&str> = roles.published().map(|key| key.name.as_str()).collect();
        assert_eq!(names, ["signing-2", "signing"]);
        roles.retire("signing", now()).unwrap();
        assert_eq!(roles.published().count(), 1);
        roles.without_key("signing", now()).unwrap();
        assert_eq!(roles.find("signing").unwrap().key, None);
        roles.drop("signing").unwrap();
        assert!(roles.find("signing").is_err());
    }

    #[test]
    fn the_key_that_signs_goes_nowhere() {
        let mut roles = two();
        for refused in [
            roles.retire("signing", now()),
            roles.without_key("signing", now()),
            roles.drop("signing"),
        ] {
            assert!(matches!(refused, Err(RolesError::Signs(_))));
        }
        assert_eq!(roles, two());
    }

    #[test]
    fn a_key_without_certificate_waits() {
        let mut roles = two();
        roles.add(entry("new", Role::Pending)).unwrap();
        assert!(matches!(
            roles.promote(Some("new"), false, now()),
            Err(RolesError::NoCertificate(_))
        ));
        let refused = roles.certify("new", "new.crt".into(), now());
        assert!(matches!(refused, Err(RolesError::NextTaken(_))));
        roles.retire("signing-2", now()).unwrap();
        assert_eq!(roles.certify("new", "new.crt".into(), now()).unwrap(), Role::Next);
    }

    #[test]
    fn a_list_that_contradicts_itself_is_refused() {
        let text = String::from_utf8(two().to_text().unwrap()).unwrap();
        assert_eq!(Roles::parse(text.as_bytes()).unwrap(), two());
        for (from, to) in [
            ("\"next\"", "\"current\""),
            ("\"current\"", "\"next\""),
            ("\"current\"", "\"retired\""),
            ("\"signing-2\"", "\"signing\""),
            ("\"version\": 1", "\"version\": 2"),
            ("\"signing.crt\"", "null"),
            ("\"signing.key\"", "null"),
            ("\"role\"", "\"rôle\""),
        ] {
            assert!(text.contains(from));
            let altered = text.replacen(from, to, 1);
            assert!(Roles::parse(altered.as_bytes()).is_err(), "{from} -> {to}");
        }
    }

    proptest! {
        /// Whatever is done in whatever order, one key signs, and what is refused changes nothing.
        #[test]
        fn one_key_signs_whatever_is_done(steps in prop::collection::vec((0..6_u8, 0..4_usize), 0..40)) {
            let mut roles = two();
            for (what, which) in steps {
                let name = roles.all().get(which).map_or_else(|| "nobody".into(), |key| key.name.clone());
                let before = roles.clone();
                let mut after = roles.clone();
                let done = match what {
                    0 => after.promote(None, which > 1, now()).map(drop),
                    1 => after.promote(Some(&name), false, now()).map(drop),
                    2 => after.retire(&name, now()),
                    3 => after.drop(&name),
                    4 => after.add(entry(&before.free_name(), [Role::Next, Role::Pending][which % 2])),
                    _ => after.certify(&name, "c".into(), now()).map(drop),
                };
                if done.is_ok() {
                    prop_assert_eq!(Roles::parse(&after.to_text().unwrap()).unwrap(), after.clone());
                    roles = after;
                }
                let signing = roles.all().iter().filter(|key| key.role == Role::Current).count();
                prop_assert_eq!(signing, 1);
            }
        }
    }
}
