//! The name by which a relying party hears of a person.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::identity::subject::Subject;
use crate::world::digest::{DigestError, hmac_sha256};

/// How a relying party wants people named (SAML Core §8.3).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameIdKind {
    /// Another one each time.
    Transient,
    /// The same one each time, of no use to another relying party.
    Persistent,
    /// The person's e-mail address, which every relying party knows alike: only where we settled it so.
    Email,
}

/// A name that a relying party was given for a person, with all that makes it that one (SAML Core §2.2.3).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NameId {
    /// The name.
    pub value: String,
    /// Its kind, a URI.
    pub format: String,
    /// In whose names it is one.
    pub name_qualifier: Option<String>,
    /// For whom it is one.
    pub sp_name_qualifier: Option<String>,
}

impl NameId {
    /// How many octets its parts have.
    #[must_use]
    pub fn weight(&self) -> usize {
        let qualifiers = [&self.name_qualifier, &self.sp_name_qualifier];
        let qualifiers: usize = qualifiers.into_iter().flatten().map(String::len).sum();
        self.value.len() + self.format.len() + qualifiers
    }
}

/// The persistent name of `subject` for one relying party: always the same 43 characters, which tell
/// another relying party nothing and cannot be traced back without `secret` (SAML Core §8.3.7).
///
/// # Errors
/// When `secret` is empty.
pub fn pairwise(
    secret: &[u8],
    subject: &Subject,
    relying_party: &str,
) -> Result<String, DigestError> {
    let parts: [&[u8]; 3] = [PURPOSE, subject.as_str().as_bytes(), relying_party.as_bytes()];
    Ok(URL_SAFE_NO_PAD.encode(hmac_sha256(secret, &parts)?))
}

const PURPOSE: &[u8] = b"ponte pairwise name 1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pairwise_name_stays_and_differs_by_party_person_and_secret() {
        let anna = Subject::new("anna".into());
        let name = pairwise(b"secret", &anna, "https://sp.example.org").unwrap();
        assert_eq!(name.len(), 43);
        assert_eq!(pairwise(b"secret", &anna, "https://sp.example.org").unwrap(), name);
        let bruno = Subject::new("bruno".into());
        for other in [
            pairwise(b"secret", &anna, "https://sp.example.com"),
            pairwise(b"secret", &bruno, "https://sp.example.org"),
            pairwise(b"other", &anna, "https://sp.example.org"),
        ] {
            assert_ne!(other.unwrap(), name);
        }
        assert!(pairwise(b"", &anna, "https://sp.example.org").is_err());
    }
}
