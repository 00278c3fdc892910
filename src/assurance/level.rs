//! The scale: ISO/IEC 29115's four levels of assurance, in order.

use serde::{Deserialize, Serialize};

/// A level of assurance. SpidL1 is eIDAS low is LoA2, SpidL2 substantial LoA3, SpidL3 high LoA4.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Little or no confidence.
    Loa1,
    /// Some confidence: SpidL1, eIDAS low.
    Loa2,
    /// High confidence: SpidL2, eIDAS substantial.
    Loa3,
    /// Very high confidence: SpidL3, eIDAS high.
    Loa4,
}

impl Level {
    /// From the lowest to the highest.
    pub const ALL: [Self; 4] = [Self::Loa1, Self::Loa2, Self::Loa3, Self::Loa4];

    /// Its name in SPID; LoA1 has none there.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Loa1 => "LoA1",
            Self::Loa2 => "SpidL1",
            Self::Loa3 => "SpidL2",
            Self::Loa4 => "SpidL3",
        }
    }

    /// The next higher one; `None` above the highest.
    #[must_use]
    pub fn above(self) -> Option<Self> {
        Self::ALL.into_iter().find(|level| *level > self)
    }
}
