//! The ways to come in, side by side (TS-01).

use crate::flow::upstream::reply::Offer;
use crate::login::request::LocalName;
use crate::partners::upstream::{Look, Provider};
use crate::texts::access::{self, enter_with};
use crate::texts::card;
use crate::texts::language::Language;
use crate::texts::login::{self, Problem};
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;

/// The ways to come in: other identity providers, and user name and password beside them.
///
/// Each upstream's form posts `csrf`, `upstream` and `provider` to `ask`; that of our own login `csrf`, `username` and
/// `password` to `password`; the cancel button `csrf` to `cancel`.
#[derive(Clone, Debug)]
pub struct Access {
    /// Where the choice of an identity provider posts to.
    pub ask: String,
    /// Where user name and password post to.
    pub password: String,
    /// Where the cancel button posts to.
    pub cancel: String,
    /// The transaction's token.
    pub csrf: String,
    /// Whether the login is to the person's own pages.
    pub own: bool,
    /// The name of the service that asks.
    pub service: String,
    /// The level asked for, as people know it: `SpidL2`.
    pub level: Option<String>,
    /// Whether our own login is one of the ways.
    pub credentials: bool,
    /// The username to begin with: what was typed last, or empty.
    pub username: String,
    /// Where one begins by a passkey instead, if that is a way.
    pub passkey: Option<String>,
    /// Where a smart card is shown, if that is a way.
    pub card: Option<String>,
    /// Where one begins by a QR code for one's phone instead, if that is a way.
    pub qr: Option<String>,
    /// What did not hold at the last attempt.
    pub problem: Option<Problem>,
    /// The other ways.
    pub offers: Vec<Offer>,
    /// What this browser used last: upstream and identity provider.
    pub used: Option<(String, String)>,
}

impl Access {
    fn problem(&self, frame: &Frame) -> Option<String> {
        self.problem.map(|problem| login::problem(frame.language, problem))
    }

    /// The identity provider that was used last, if it is one of several here.
    fn last<'a>(&self, offer: &'a Offer) -> Option<&'a Provider> {
        let (_, provider) =
            self.used.as_ref().filter(|(upstream, _)| *upstream == offer.upstream)?;
        offer.providers.iter().find(|one| one.id == *provider).filter(|_| self.is_menu(offer))
    }

    fn is_menu(&self, offer: &Offer) -> bool {
        offer.providers.len() > 1
    }

    fn is_spid(&self, offer: &Offer) -> bool {
        offer.look == Look::Spid
    }

    fn named<'a>(&self, frame: &Frame, offer: &'a Offer) -> &'a str {
        local(frame.language, &offer.name)
    }

    fn card_words(&self, frame: &Frame) -> &'static card::Words {
        card::words(frame.language)
    }

    fn provider<'a>(&self, frame: &Frame, provider: &'a Provider) -> &'a str {
        local(frame.language, &provider.name)
    }

    fn enter(&self, frame: &Frame, offer: &Offer) -> String {
        enter_with(frame.language, local(frame.language, &offer.name))
    }

    fn says(&self, frame: &Frame, offer: &Offer) -> &'static str {
        let words = access::words(frame.language);
        match offer.look {
            Look::Spid => words.spid,
            Look::Cie => words.cie,
            Look::Eidas => words.eidas,
            Look::Plain => words.other,
        }
    }

    fn class(&self, offer: &Offer) -> &'static str {
        match offer.look {
            Look::Spid => "button-spid",
            Look::Cie => "button-cie",
            Look::Eidas => "button-eidas",
            Look::Plain => "button-plain",
        }
    }

    fn icon(&self, frame: &Frame, offer: &Offer) -> Option<String> {
        match offer.look {
            Look::Spid => Some(frame.asset("spid-button.svg")),
            Look::Cie => Some(frame.asset("cie-button.svg")),
            Look::Eidas | Look::Plain => None,
        }
    }
}

/// The one of two names that is read in `language`.
#[must_use]
pub fn local(language: Language, name: &LocalName) -> &str {
    let (first, second) = match language {
        Language::It => (&name.it, &name.en),
        Language::En => (&name.en, &name.it),
    };
    first.as_deref().or(second.as_deref()).unwrap_or_default()
}

page!(Access, "access.html", access);
