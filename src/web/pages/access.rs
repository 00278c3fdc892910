//! The ways to come in, side by side (TS-01).

use crate::flow::upstream::reply::Offer;
use crate::login::request::LocalName;
use crate::login::ways::{OWN_LOGIN, SMART_CARD, Shown};
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
    /// What is said of a campaign (BI-16).
    pub banner: Option<String>,
    /// Whether the one-time code is asked for here too, as `code` (AR-09).
    pub otp: bool,
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
    /// How the ways are shown.
    pub shown: Shown,
    /// What this browser used last: upstream and identity provider.
    pub used: Option<(String, String)>,
}

/// One of the ways, for the template.
enum Section<'a> {
    Offer(&'a Offer),
    Card(&'a str),
    Own,
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

    /// The ways in the order in which they are shown.
    fn sections(&self) -> Vec<Section<'_>> {
        let offers = self.offers.iter().map(|one| (one.upstream.as_str(), Section::Offer(one)));
        let card = self.card.as_deref().map(|to| (SMART_CARD, Section::Card(to)));
        let own = self.credentials.then_some((OWN_LOGIN, Section::Own));
        let mut all: Vec<_> = offers.chain(card).chain(own).collect();
        all.sort_by_key(|(way, _)| self.shown.place(way));
        all.into_iter().map(|(_, section)| section).collect()
    }

    /// The heading of a way: what is settled with the service, else `usual`.
    fn heading<'a>(&'a self, frame: &Frame, way: &str, usual: &'a str) -> &'a str {
        let settled = self.shown.headings.get(way).map(|words| local(frame.language, words));
        settled.filter(|words| !words.is_empty()).unwrap_or(usual)
    }

    /// The address of the guide to an upstream.
    fn guide<'a>(&self, offer: &'a Offer) -> Option<&'a str> {
        offer.guide.as_deref().or(match offer.look {
            Look::Spid => Some("https://www.spid.gov.it"),
            Look::Cie => Some("https://www.cartaidentita.interno.gov.it"),
            Look::Eidas | Look::Plain => None,
        })
    }

    fn guide_to(&self, frame: &Frame, offer: &Offer) -> String {
        access::guide_to(frame.language, local(frame.language, &offer.name))
    }

    /// Where the logo of an identity provider is: the one that was placed for it, else the official one of SPID's.
    fn logo(&self, frame: &Frame, offer: &Offer, provider: &Provider) -> Option<String> {
        let official = || {
            let name = official_logo(&provider.id).filter(|_| self.is_spid(offer))?;
            frame.has_asset(name).then(|| frame.asset(name))
        };
        provider.logo.as_deref().map(str::to_owned).or_else(official)
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
            Look::Spid => Some(frame.spid_icon()),
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

/// The file of an identity provider's logo, of those that come with SPID's official button.
fn official_logo(entity_id: &str) -> Option<&'static str> {
    OFFICIAL.iter().find(|(id, _)| *id == entity_id).map(|(_, file)| *file)
}

/// Logos of SPID's official button, by entityID.
const OFFICIAL: [(&str, &str); 9] = [
    ("https://identity.infocert.it", "spid-idp-infocertid.svg"),
    ("https://identity.sieltecloud.it", "spid-idp-sielteid.svg"),
    ("https://id.lepida.it/idp/shibboleth", "spid-idp-lepidaid.svg"),
    ("https://idp.namirialtsp.com/idp", "spid-idp-namirialid.svg"),
    ("https://login.id.tim.it/affwebservices/public/saml2sso", "spid-idp-timid.svg"),
    ("https://loginspid.aruba.it", "spid-idp-arubaid.svg"),
    ("https://posteid.poste.it", "spid-idp-posteid.svg"),
    ("https://spid.intesa.it", "spid-idp-intesaid.svg"),
    ("https://spid.register.it", "spid-idp-spiditalia.svg"),
];

page!(Access, "access.html", access);
