//! Smart cards, opened as the settings say: the authorities' files, what asks them, and the listener.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::cli::error::CliError;
use crate::cli::files;
use crate::cli::house::House;
use crate::cli::serve;
use crate::config::settings::{KeyFiles, Settings, SmartCard};
use crate::factors::card::issuer::Issuer;
use crate::flow::card::ending;
use crate::flow::card::house::{CardProxy, Cards, CardsOf, Workstations};
use crate::flow::env::Env;
use crate::flow::network::Proxies;
use crate::web::card_listener;
use crate::web::serve::{Doors, serve as serve_at};
use crate::web::tls::{self, Acceptor, Tls};
use crate::world::authorities::Authorities;
use crate::world::certificate::Certificate;
use crate::world::fetch::{FetchLimits, HttpFetch};

/// What takes cards; `None` where the settings have no listener for them.
///
/// # Errors
/// When a file cannot be read or used.
pub fn open(settings: &Settings) -> Result<Option<Cards>, CliError> {
    let Some(said) = &settings.smart_card else { return Ok(None) };
    let mut issuers = Vec::with_capacity(said.issuers.len());
    let mut places = Vec::new();
    for one in &said.issuers {
        let read = Authorities::from_pem(&files::read(&one.authorities)?);
        let bad = |source| {
            let (name, file) = (one.name.clone(), one.authorities.clone());
            CliError::CardAuthorities { name, file, source }
        };
        let issuer = Issuer {
            name: one.name.clone(),
            kind: one.kind,
            authorities: read.map_err(bad)?,
            policies: one.policies.clone(),
            code: one.code,
        };
        places.extend(one.about.ocsp.iter().chain(&one.about.crl).cloned());
        issuers.push((issuer, one.about.clone()));
    }
    let workstations = match &said.workstation {
        None => None,
        Some(one) => {
            let read = Authorities::from_pem(&files::read(&one.authorities)?);
            let bad = |source| {
                let (name, file) = ("workstation".to_owned(), one.authorities.clone());
                CliError::CardAuthorities { name, file, source }
            };
            places.extend(one.about.ocsp.iter().chain(&one.about.crl).cloned());
            let (base_url, about) = (one.base_url.clone(), one.about.clone());
            Some(Workstations { base_url, authorities: read.map_err(bad)?, about })
        }
    };
    let limits =
        FetchLimits { connect: Duration::from_secs(3), whole: Duration::from_secs(8), body: MOST };
    let fetch = HttpFetch::of_signed(&places, limits).map_err(CliError::Fetch)?;
    let proxy = said.proxy.clone();
    let of = CardsOf { base_url: said.base_url.clone(), rules: said.rules, proxy, workstations };
    Ok(Some(Cards::new(of, issuers, Arc::new(fetch))))
}

/// Takes cards at their listener until `stop` is done, if the settings have one; what comes back is done once the last of
/// them is served.
///
/// # Errors
/// When its port cannot be had, or TLS cannot be spoken.
pub async fn listen<S: Future<Output = ()> + Send + 'static>(
    house: &House,
    settings: &Settings,
    stop: impl Fn() -> S,
) -> Result<Option<JoinHandle<()>>, CliError> {
    let (Some(said), Some(cards)) = (&settings.smart_card, &house.env.cards) else {
        return Ok(None);
    };
    let farewell = settings.server.farewell;
    let doors = |tls| Doors {
        tls,
        proxies: said.proxy.as_ref().map(proxies).unwrap_or_default(),
        farewell,
        for_cards: true,
    };
    let listener = serve::listen(said.listen).await?;
    let speaking = CardDoors::open(said, cards)?;
    let of_cards = doors(speaking.cards.clone());
    let at_workstations = match &said.workstation {
        Some(said_of) => {
            let listener = serve::listen(said_of.listen).await?;
            Some((listener, doors(speaking.workstations.clone())))
        }
        None => None,
    };
    let _only_once = house.card_doors.set(speaking);
    let address = said.listen;
    tracing::info!(event = "cards.listen", %address, base_url = cards.base_url.as_str());
    let workstations = at_workstations.map(|(listener, doors)| {
        let router = card_listener::router_of_workstations(Arc::clone(&house.env));
        tokio::spawn(serve_at(listener, doors, router, stop()))
    });
    let router = card_listener::router(Arc::clone(&house.env));
    let cards = serve_at(listener, of_cards, router, stop());
    Ok(Some(tokio::spawn(async move {
        cards.await;
        if let Some(workstations) = workstations {
            let _ended = workstations.await;
        }
    })))
}

fn proxies(proxy: &CardProxy) -> Proxies {
    Proxies { networks: proxy.networks.clone(), ..Proxies::default() }
}

/// What speaks TLS where cards, and workstations, are shown; nothing where a proxy does.
#[derive(Debug)]
pub struct CardDoors {
    cards: Option<Tls>,
    workstations: Option<Tls>,
}

impl CardDoors {
    fn open(said: &SmartCard, cards: &Cards) -> Result<Self, CliError> {
        let (of_cards, of_workstations) = acceptors(said, cards)?;
        Ok(Self { cards: of_cards.map(Tls::new), workstations: of_workstations.map(Tls::new) })
    }

    /// Reads certificate and key again; whether there were any.
    ///
    /// # Errors
    /// When they cannot be read or used: those before stay.
    pub fn renew(&self, said: &SmartCard, cards: &Cards) -> Result<bool, CliError> {
        let (of_cards, of_workstations) = acceptors(said, cards)?;
        let both = [(&self.cards, of_cards), (&self.workstations, of_workstations)];
        let mut any = false;
        for (tls, acceptor) in both {
            if let (Some(tls), Some(acceptor)) = (tls, acceptor) {
                tls.swap(acceptor);
                any = true;
            }
        }
        Ok(any)
    }
}

/// That for cards, and that for workstations.
fn acceptors(
    said: &SmartCard,
    cards: &Cards,
) -> Result<(Option<Acceptor>, Option<Acceptor>), CliError> {
    let Some(files) = &said.tls else { return Ok((None, None)) };
    let certificates = cards.issuers.iter().flat_map(|one| one.authorities.certificates());
    let of_cards = acceptor(files, certificates)?;
    let known = cards.workstations.as_ref().map(|known| known.authorities.certificates());
    let of_workstations = known.map(|certificates| acceptor(files, certificates)).transpose()?;
    Ok((Some(of_cards), of_workstations))
}

/// What takes the server's part in handshakes there.
///
/// # Errors
/// When the files cannot be read or used.
pub fn acceptor<'a>(
    files: &KeyFiles,
    certificates: impl Iterator<Item = &'a Certificate>,
) -> Result<Acceptor, CliError> {
    let key = zeroize::Zeroizing::new(files::read(&files.key)?);
    let chain = files::read(&files.certificate)?;
    let authorities: Vec<&[u8]> = certificates.map(|one| one.der.as_slice()).collect();
    let acceptor = tls::acceptor_of_cards(&chain, &key, &authorities);
    acceptor.map_err(|error| CliError::Tls(files.certificate.clone(), error))
}

/// What `ponte check` says of the section.
#[must_use]
pub fn told(said: &SmartCard) -> String {
    let names: Vec<&str> = said.issuers.iter().map(|one| one.name.as_str()).collect();
    format!("{} at {}", names.join(", "), said.base_url)
}

/// Tells people before their cards end, at start and now and then, for as long as it is polled.
pub async fn tell(env: Arc<Env>) {
    if env.cards.is_none() || env.mailing.is_none() {
        return;
    }
    loop {
        if let Err(error) = ending::tell(&env).await {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(event = "cards.untold", %error, cause, "people were not told that their cards end");
        }
        tokio::time::sleep(EVERY).await;
    }
}

const EVERY: Duration = Duration::from_secs(6 * 60 * 60);
/// Octets of a list: the largest of an authority of millions of cards.
const MOST: usize = 32 * 1024 * 1024;
