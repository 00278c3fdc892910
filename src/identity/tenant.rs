//! A body on whose behalf ponte answers; its id begins every key in the store.

use serde::{Deserialize, Serialize};

/// A tenant's short name: 1 to 32 of `a-z`, `0-9`, `-`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);

impl TenantId {
    /// The tenant of an installation that names none.
    #[must_use]
    pub fn main() -> Self {
        Self("main".into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TenantId {
    type Error = BadTenantId;

    fn try_from(name: String) -> Result<Self, BadTenantId> {
        let fits = (1..=32).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(Self(name)) } else { Err(BadTenantId(name)) }
    }
}

impl From<TenantId> for String {
    fn from(id: TenantId) -> Self {
        id.0
    }
}

/// A name that no tenant can have.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a tenant's name: 1 to 32 of a-z, 0-9 and -")]
pub struct BadTenantId(String);
