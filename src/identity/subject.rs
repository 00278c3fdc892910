//! Our own name for a person, which never leaves the house.

use serde::{Deserialize, Serialize};

/// A person, by a random name of ours (43 characters of base64url).
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Subject(String);

impl Subject {
    /// Names a new person; `token` comes from [`crate::world::random::Random::token`].
    #[must_use]
    pub fn new(token: String) -> Self {
        Self(token)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
