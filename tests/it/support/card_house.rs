//! A house that takes cards: its own listener with TLS, authorities of each kind, and the way to them in the test's hand.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use chrono::TimeDelta;
use ponte::factors::card::issuer::{CNS_POLICY, CodeField, Issuer, IssuerKind};
use ponte::factors::card::judge::Rules;
use ponte::flow::card::house::{About, CardProxy, Cards, CardsOf, Workstations};
use ponte::login::request::LocalName;
use ponte::web::card_listener;
use ponte::web::serve::{Doors, serve};
use ponte::web::tls::{Tls, acceptor_of_cards};
use ponte::world::authorities::Authorities;
use ponte::world::fetch::Fetch;
use tokio::runtime::Runtime;

use crate::support::agent::{Agent, Page};
use crate::support::cards::{Answer, Authority, Browser, Card, Net, Spec, Status};
use crate::support::house::House;
use crate::support::keys;
use crate::support::making::Making;

pub(crate) const OCSP: &str = "http://ocsp.example.org/";
pub(crate) const CRL: &str = "http://crl.example.org/list";

/// A house with a listener for cards.
pub(crate) struct CardHouse {
    pub(crate) house: House,
    pub(crate) port: u16,
    /// The region, which issues CNS.
    pub(crate) region: Authority,
    /// A provider, which issues CNS-like certificates.
    pub(crate) provider: Authority,
    /// The body, which signs the certificates of its workstations.
    pub(crate) body: Authority,
    pub(crate) net: Arc<Net>,
    _runtime: Runtime,
}

/// What a test may change of the cards.
pub(crate) struct CardMaking {
    pub(crate) rules: Rules,
    pub(crate) proxy: Option<CardProxy>,
    pub(crate) as_cns: bool,
    pub(crate) ocsp: bool,
    pub(crate) crl: bool,
    /// Whether cards count at registered workstations alone.
    pub(crate) workstations: bool,
}

impl CardHouse {
    pub(crate) fn new() -> Self {
        Self::with(|_| {}, |_| {})
    }

    pub(crate) fn with(
        change: impl FnOnce(&mut CardMaking),
        more: impl FnOnce(&mut Making),
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (region, provider) =
            (Authority::new("Regione Esempio"), Authority::new("Certificatore Esempio"));
        let mut making = CardMaking {
            rules: Rules::default(),
            proxy: None,
            as_cns: false,
            ocsp: true,
            crl: false,
            workstations: false,
        };
        change(&mut making);
        let net = Arc::new(Net::default());
        let about = |place: &str| About {
            ocsp: if making.ocsp {
                vec![format!("{OCSP}{place}").parse().unwrap()]
            } else {
                vec![]
            },
            crl: if making.crl { vec![format!("{CRL}{place}").parse().unwrap()] } else { vec![] },
            help: LocalName { it: Some(format!("https://{place}.example.org/carta")), en: None },
        };
        let issuer = |name: &str, kind, authority: &Authority, policy: &[&str]| Issuer {
            name: name.to_owned(),
            kind,
            authorities: Authorities::from_pem(&authority.pem()).unwrap(),
            policies: policy.iter().map(|one| (*one).to_owned()).collect(),
            code: CodeField::CommonName,
        };
        let body = Authority::new("Ente delle postazioni");
        let workstations = making.workstations.then(|| {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            listener.set_nonblocking(true).unwrap();
            (listener.local_addr().unwrap().port(), listener)
        });
        let issuers = vec![
            (issuer("Regione", IssuerKind::Cns, &region, &[CNS_POLICY]), about("region")),
            (issuer("Certificatore", IssuerKind::CnsLike, &provider, &[]), about("provider")),
        ];
        let base_url = format!("https://card.localhost:{port}").parse().unwrap();
        let of = CardsOf {
            base_url,
            rules: making.rules,
            proxy: making.proxy.clone(),
            workstations: workstations.as_ref().map(|(port, _)| Workstations {
                base_url: format!("https://card.localhost:{port}").parse().unwrap(),
                authorities: Authorities::from_pem(&body.pem()).unwrap(),
                about: about("body"),
            }),
        };
        let fetch: Arc<dyn Fetch> = Arc::<Net>::clone(&net);
        let cards = Cards::new(of, issuers, fetch);
        let as_cns = making.as_cns;
        let house = House::with(|it| {
            it.cards = Some(cards);
            if as_cns {
                it.settings.levels.cns_like_issuers.insert("Certificatore".into());
            }
            more(it);
        });
        let runtime = Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("crt"), folder.path().join("key"));
        keys::certify_localhost(&certificate, &key);
        let (certificate, key) = (std::fs::read(certificate).unwrap(), std::fs::read(key).unwrap());
        if let Some((_, listener)) = workstations {
            let own = body.certificate.to_der().unwrap();
            let tls = Tls::new(acceptor_of_cards(&certificate, &key, &[&own]).unwrap());
            let router = card_listener::router_of_workstations(Arc::clone(&house.env));
            runtime.spawn(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let doors = Doors { tls: Some(tls), for_cards: true, ..Doors::default() };
                serve(listener, doors, router, std::future::pending()).await;
            });
        }
        let authorities = [&region, &provider].map(|one| one.certificate.to_der().unwrap());
        let authorities: Vec<&[u8]> = authorities.iter().map(Vec::as_slice).collect();
        let tls = Tls::new(acceptor_of_cards(&certificate, &key, &authorities).unwrap());
        let tls = making.proxy.is_none().then_some(tls);
        let router = card_listener::router(Arc::clone(&house.env));
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let doors = Doors { tls, for_cards: true, ..Doors::default() };
            serve(listener, doors, router, std::future::pending()).await;
        });
        let it = Self { house, port, region, provider, body, net, _runtime: runtime };
        it.authorities_say(Status::Good);
        it
    }

    /// From here on both authorities' responders say so.
    pub(crate) fn authorities_say(&self, status: Status) {
        let now = self.house.now();
        let (from, to) = (now - TimeDelta::minutes(1), now + TimeDelta::hours(12));
        for (place, authority) in
            [("region", &self.region), ("provider", &self.provider), ("body", &self.body)]
        {
            let word = Answer::Word(authority.clone(), status, from, to);
            self.net.say(&format!("{OCSP}{place}"), word);
        }
    }

    /// A CNS of the person that the houses of the tests have.
    pub(crate) fn cns(&self, serial: u32) -> Card {
        self.region.issue(&Spec::cns(serial, self.house.now()))
    }

    /// Begins a login at the level, and goes as far as the address at which the card is shown.
    pub(crate) fn to_the_card(&self, agent: &mut Agent, level: u8) -> String {
        let request = self.house.spid(level, |_| {});
        let page = agent.get(&request.url).unwrap();
        self.by_card(agent, &page)
    }

    /// From a page of a login to the address at which the card is shown.
    pub(crate) fn by_card(&self, agent: &mut Agent, page: &Page) -> String {
        let page = match page.body.contains("/smart-card\"") && form_of_card(page).is_some() {
            true => page.clone(),
            false => {
                let link = format!("{}?by=smart-card", page.url.path());
                assert!(page.body.contains(&link), "{}", page.body);
                agent.get(page.url.join(&link).unwrap().as_str()).unwrap()
            }
        };
        let form = form_of_card(&page).unwrap_or_else(|| panic!("{}", page.body));
        let gone = agent.submit_once(&page, &form, &[]).unwrap();
        assert_eq!(gone.status, 303, "{}", gone.body);
        let to = gone.header("location").unwrap().to_owned();
        assert!(to.starts_with("https://card.localhost:"), "{to}");
        to
    }

    /// A login at the level by the card, to the page that follows.
    pub(crate) fn log_in(&self, agent: &mut Agent, level: u8, browser: &Browser) -> Page {
        let to = self.to_the_card(agent, level);
        let back = browser.show(&to);
        agent.get(&back).unwrap()
    }
}

fn form_of_card(page: &Page) -> Option<crate::support::agent::Form> {
    page.forms().into_iter().find(|form| form.action.ends_with("/smart-card"))
}
