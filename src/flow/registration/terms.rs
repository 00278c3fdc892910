//! On what terms metadata are submitted, as the administrator chose.

use std::path::PathBuf;

use chrono::TimeDelta;

use crate::store::registrations::Room;

/// On what terms metadata are submitted.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Whether anybody may submit metadata.
    pub submissions: bool,
    /// Whether service providers have status pages.
    pub status_pages: bool,
    /// How many submissions may be open.
    pub room: Room,
    /// The most octets that metadata may have.
    pub size: usize,
    /// How long a submission waits to be proved.
    pub unproved: TimeDelta,
    /// How long one that was proved waits to be decided.
    pub undecided: TimeDelta,
    /// The origins from which a visitor may have a token read, and at which addresses of our own networks may be.
    pub origins: Vec<String>,
    /// A file of the authorities (PEM) to believe at those origins, in place of the system's.
    pub authority: Option<PathBuf>,
}

impl Default for Terms {
    /// Nothing is submitted, and nobody has a status page.
    fn default() -> Self {
        Self {
            submissions: false,
            status_pages: false,
            room: Room { in_all: 100, of_network: 5 },
            size: 256 * 1024,
            unproved: TimeDelta::days(14),
            undecided: TimeDelta::days(90),
            origins: Vec::new(),
            authority: None,
        }
    }
}
