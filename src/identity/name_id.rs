//! The name by which a relying party hears of a person.

use serde::{Deserialize, Serialize};

/// How a relying party wants people named (SAML Core §8.3).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameIdKind {
    /// Another one each time.
    Transient,
    /// The same one each time, of no use to another relying party.
    Persistent,
}
