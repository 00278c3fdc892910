//! What a house knows of cards: whose it takes, where they are shown, whom it asks whether they stand.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use tokio::sync::Mutex;
use url::Url;

use crate::factors::card::issuer::Issuer;
use crate::factors::card::judge::Rules;
use crate::flow::card::revocation::Asked;
use crate::flow::network::Network;
use crate::login::request::LocalName;
use crate::world::authorities::Authorities;
use crate::world::fetch::Fetch;

/// Cards, as the settings say.
pub struct Cards {
    /// Where browsers show them: scheme, host and port, no path.
    pub base_url: Url,
    /// Whose are taken.
    pub issuers: Vec<Issuer>,
    /// What is known of each, in the same order.
    pub about: Vec<About>,
    /// What is asked of them.
    pub rules: Rules,
    /// The proxy that speaks TLS for the card's listener, if one does.
    pub proxy: Option<CardProxy>,
    /// The workstations at which cards may be shown, if not at any (AN-01).
    pub workstations: Option<Workstations>,
    /// What asks authorities.
    pub fetch: Arc<dyn Fetch>,
    /// What authorities have said.
    pub(in crate::flow) asked: Mutex<HashMap<String, Arc<Asked>>>,
}

/// What the settings say beside issuers.
#[derive(Debug)]
pub struct CardsOf {
    /// Where browsers show cards.
    pub base_url: Url,
    /// What is asked of them.
    pub rules: Rules,
    /// The proxy that speaks TLS for the listener.
    pub proxy: Option<CardProxy>,
    /// The workstations at which cards may be shown.
    pub workstations: Option<Workstations>,
}

/// What is known of an issuer beside its cards.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Its responders (OCSP), in the order in which they are asked.
    pub ocsp: Vec<Url>,
    /// Where its lists are (CRL), in that order.
    pub crl: Vec<Url>,
    /// Where it helps its holders.
    pub help: LocalName,
}

/// Registered workstations: a card counts at those alone (AN-01).
#[derive(Debug)]
pub struct Workstations {
    /// Where they show their certificates: scheme, host and port, no path.
    pub base_url: Url,
    /// Who has signed them.
    pub authorities: Authorities,
    /// Whom to ask whether they stand; where nobody is named, they do.
    pub about: About,
}

/// A proxy before the card's listener.
#[derive(Clone, Debug)]
pub struct CardProxy {
    /// Whence it asks: nobody else's header is believed, and nobody else is answered.
    pub networks: Vec<Network>,
    /// In which header it passes the certificate on, in small letters.
    pub header: String,
}

impl Cards {
    /// Cards of whose authorities nobody has been asked yet.
    #[must_use]
    pub fn new(of: CardsOf, issuers: Vec<(Issuer, About)>, fetch: Arc<dyn Fetch>) -> Self {
        let CardsOf { base_url, rules, proxy, workstations } = of;
        let (issuers, about) = issuers.into_iter().unzip();
        Self {
            base_url,
            issuers,
            about,
            rules,
            proxy,
            workstations,
            fetch,
            asked: Mutex::default(),
        }
    }

    /// What is known of the issuer `name`.
    #[must_use]
    pub fn about(&self, name: &str) -> Option<&About> {
        let place = self.issuers.iter().position(|issuer| issuer.name == name)?;
        self.about.get(place)
    }
}

impl fmt::Debug for Cards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cards").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}
