//! Whether a card's certificate stands, as its authority says, and what an unknown standing costs.

use serde::{Deserialize, Serialize};

use crate::assurance::level::Level;
use crate::factors::card::trouble::Trouble;

/// Whether a certificate stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Its authority says that it does.
    Good,
    /// Its authority has revoked it.
    Revoked,
    /// Nobody could be asked, or none could be believed.
    Unknown,
}

/// What becomes of a card whose standing cannot be found out.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Unknown {
    /// It is refused.
    #[default]
    Refuse,
    /// It is worth SpidL2 at most, never SpidL3 (threats, Factors).
    UpToSpidL2,
}

impl Standing {
    /// The most that a card in this standing is worth.
    ///
    /// # Errors
    /// [`Trouble::Revoked`], [`Trouble::RevocationUnknown`].
    pub fn most(self, unknown: Unknown) -> Result<Level, Trouble> {
        match (self, unknown) {
            (Self::Good, _) => Ok(Level::Loa4),
            (Self::Revoked, _) => Err(Trouble::Revoked),
            (Self::Unknown, Unknown::UpToSpidL2) => Ok(Level::Loa3),
            (Self::Unknown, Unknown::Refuse) => Err(Trouble::RevocationUnknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_standing_is_never_worth_spid_l3() {
        assert_eq!(Standing::Good.most(Unknown::Refuse), Ok(Level::Loa4));
        assert_eq!(Standing::Unknown.most(Unknown::Refuse), Err(Trouble::RevocationUnknown));
        assert_eq!(Standing::Unknown.most(Unknown::UpToSpidL2), Ok(Level::Loa3));
        for unknown in [Unknown::Refuse, Unknown::UpToSpidL2] {
            assert_eq!(Standing::Revoked.most(unknown), Err(Trouble::Revoked));
        }
    }
}
