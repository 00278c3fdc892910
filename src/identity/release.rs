//! What may be told to whom.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::identity::account::Identity;
use crate::identity::attributes::AttributeName;
use crate::identity::kind::IdentityKind;
use crate::world::digest::sha256;

/// One attribute on its way out.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// Which one.
    pub name: AttributeName,
    /// Its value, never empty.
    pub value: String,
}

/// What is told of an identity, and what was asked for and is not there.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The number of the identity in its account.
    pub identity: u16,
    /// Of what kind it is.
    pub kind: IdentityKind,
    /// What is told, in the order asked for, each once.
    pub released: Vec<Released>,
    /// What was asked for and is not there.
    pub absent: Vec<AttributeName>,
}

impl fmt::Debug for Released {
    /// Which one, not its value: it is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Released({})", self.name.as_str())
    }
}

impl Release {
    /// A name for exactly this: another identity, attribute, value or order has another one.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut bytes = self.identity.to_be_bytes().to_vec();
        let mut add = |text: &str| {
            bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        };
        add(self.kind.as_str());
        for Released { name, value } in &self.released {
            add(name.as_str());
            add(value);
        }
        add("");
        for name in &self.absent {
            add(name.as_str());
        }
        URL_SAFE_NO_PAD.encode(sha256(&bytes))
    }
}

/// Of what `identity` says, what was asked for; what is not of its kind to say is not there (IC-18).
#[must_use]
pub fn release(asked: &[AttributeName], identity: &Identity) -> Release {
    let mut released: Vec<Released> = Vec::with_capacity(asked.len());
    let mut absent = Vec::new();
    for (at, &name) in asked.iter().enumerate() {
        if asked[..at].contains(&name) {
            continue;
        }
        match identity.attributes.get(name).filter(|_| identity.kind.carries(name)) {
            Some(value) => released.push(Released { name, value: value.to_owned() }),
            None => absent.push(name),
        }
    }
    Release { identity: identity.number, kind: identity.kind, released, absent }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::identity::attributes::Attributes;

    fn identity(kind: IdentityKind) -> Identity {
        let mut attributes = Attributes::default();
        attributes.set(AttributeName::Name, "Ada");
        attributes.set(AttributeName::FamilyName, "Rossi");
        attributes.set(AttributeName::CompanyName, "Rossi Srl");
        Identity::new(1, kind, attributes, None, DateTime::from_timestamp(0, 0).unwrap())
    }

    /// IC-18: whatever lies in its record, a professional identity tells of no company.
    #[test]
    fn what_is_asked_for_and_there_is_released_once() {
        use AttributeName::{CompanyName, Email, FamilyName, Name};
        let asked = [CompanyName, Email, Name, Name];
        let told = release(&asked, &identity(IdentityKind::LegalPerson));
        let names: Vec<AttributeName> = told.released.iter().map(|one| one.name).collect();
        assert_eq!((names, told.absent), (vec![CompanyName, Name], vec![Email]));
        let told = release(&asked, &identity(IdentityKind::Professional));
        let names: Vec<AttributeName> = told.released.iter().map(|one| one.name).collect();
        assert_eq!((names, told.absent), (vec![Name], vec![CompanyName, Email]));
        assert!(release(&[], &identity(IdentityKind::Personal)).released.is_empty());
        assert_eq!(release(&[FamilyName], &identity(IdentityKind::Personal)).absent, []);
    }

    #[test]
    fn another_release_has_another_digest() {
        use AttributeName::{Email, FamilyName, Name};
        let one = release(&[Name, Email], &identity(IdentityKind::Personal));
        let mut digests = vec![one.digest()];
        assert_eq!(one.clone().digest(), digests[0]);
        let mut other = identity(IdentityKind::Personal);
        digests.push(release(&[Name, FamilyName], &other).digest());
        digests.push(release(&[Name], &other).digest());
        digests.push(release(&[Email, Name, FamilyName], &other).digest());
        digests.push(Release { kind: IdentityKind::Professional, ..one.clone() }.digest());
        digests.push(Release { identity: 2, ..one }.digest());
        other.attributes.set(Name, "Adamo");
        digests.push(release(&[Name, Email], &other).digest());
        let all = digests.len();
        digests.sort();
        digests.dedup();
        assert_eq!(digests.len(), all);
    }
}
