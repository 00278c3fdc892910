//! The provider's home page.

use crate::web::pages::page::page;

/// What this site is, and where its metadata are.
#[derive(Clone, Debug)]
pub struct Home {
    /// Our entityID.
    pub entity_id: String,
    /// Where our metadata are.
    pub metadata: String,
    /// Where metadata and messages are checked, if anybody may.
    pub lint: Option<String>,
    /// Where metadata are submitted, if they may be.
    pub register: Option<String>,
    /// Where the demo citizens are, in a demonstration.
    pub people: Option<String>,
}

page!(Home, "home.html", home);
