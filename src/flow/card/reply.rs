//! What the browser gets about cards, as data.

use crate::enrolment::card::Shown;
use crate::factors::card::judge::Kind;
use crate::factors::card::trouble::Trouble;
use crate::login::request::LocalName;

/// What the browser gets.
#[derive(Debug)]
pub enum CardReply {
    /// On to the card's listener.
    Go {
        /// Where that is, ticket included.
        to: String,
        /// The browser's secret for a check, to be kept in a cookie.
        browser: Option<String>,
    },
    /// The page on which the check of a card begins.
    Begin {
        /// Whether the person came back too late.
        late: bool,
        /// Where issuers help.
        helps: Vec<HelpOf>,
        /// Where the card is shown: the form may lead there.
        goes_to: String,
    },
    /// What came of the check.
    Checked(Box<Checked>),
}

/// Where an issuer helps its holders.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HelpOf {
    /// What the settings call it.
    pub issuer: String,
    /// Where.
    pub at: LocalName,
}

/// What came of a check (TS-05).
#[derive(Clone, Debug)]
pub struct Checked {
    /// What the certificate shows of itself.
    pub shown: Option<Shown>,
    /// What the card is, or what is wrong with it.
    pub found: Result<Kind, Trouble>,
    /// Where issuers help.
    pub helps: Vec<HelpOf>,
    /// Where the card is shown: the form may lead there.
    pub goes_to: String,
}

/// A card does not let the login go on.
#[derive(Clone, Debug)]
pub struct CardSetBack {
    /// Why.
    pub trouble: Trouble,
    /// What the certificate shows of itself.
    pub shown: Option<Shown>,
    /// Where issuers help.
    pub helps: Vec<HelpOf>,
}
