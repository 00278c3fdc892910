//! Two servers, one behind the other: a service provider asks the one in front, which asks the one behind.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use ponte::assurance::class_ref::ClassRef;
use ponte::assurance::factor::Factor;
use ponte::identity::attributes::AttributeName;
use ponte::identity::name_id::NameIdKind;
use ponte::identity::release::Released;
use ponte::identity::subject::Subject;
use ponte::login::outcome::{Authenticated, Refusal};
use ponte::saml::binding::{self, Binding, Inbound, Parameter};
use ponte::saml::identity_provider::IdentityProvider;
use ponte::saml::metadata::write;
use ponte::saml::partner::Profile;
use ponte::saml::response::{self, AnswersTo, Given, ReplyTo};
use ponte::saml::status;
use ponte::world::clock::Clock;
use ponte::world::random::Random;

use crate::support::agent::{Agent, Page};
use crate::support::citizen::{Asked, Citizen, Delivered, asked, delivered};
use crate::support::idp;
use crate::support::keys::{self, Keys};
use crate::support::peer::Request;
use crate::support::server::Server;
use crate::support::sp::{
    AuthnRequest, GENERIC_ENTITY, Metadata, RequestedAuthnContext, SPID_ENTITY,
};

/// The one in front and the one behind.
#[derive(Debug)]
pub(crate) struct Bridge {
    pub(crate) hub: Server,
    pub(crate) upstream: Server,
}

/// How the service providers of the one in front are settled.
pub(crate) const PASS_THROUGH: &str = "own-login = false\naccounts = \"pass-through\"\n";

/// The upstream that is the other server, by SPID's rules.
pub(crate) const BEHIND: &str = "id = \"dietro\"\nprofile = \"spid\"\nname-it = \"Ente dietro\"\n";

impl Bridge {
    /// Starts both. `settled` are lines for each service provider of the one in front, `upstream` those of its upstream.
    pub(crate) fn new(settled: &str, upstream: &str) -> Self {
        Self::with(settled, upstream, |_| {})
    }

    /// The same; `change` may change the one in front before it starts.
    pub(crate) fn with(settled: &str, upstream: &str, change: impl FnOnce(&mut Server)) -> Self {
        let mut behind = Server::called("dietro.localhost");
        behind.start();
        let mut hub = Server::new();
        let metadata = Agent::new().get(&behind.url("/metadata")).expect("metadata").body;
        std::fs::write(hub.folder().join("behind.xml"), metadata).expect("it is written");
        hub.configure(&format!(
            "\n[[relying-party]]\nid = \"ente\"\ntrial = true\nattributes = [\"spidCode\", \"name\", \"familyName\", \
             \"fiscalNumber\", \"dateOfBirth\"]\n\n[[upstream]]\nrelying-party = \"ente\"\nmetadata = \"behind.xml\"\n{upstream}\n"
        ));
        for (file, metadata, entity, profile) in [
            ("spid", Metadata::spid(), SPID_ENTITY, "spid"),
            ("generic", Metadata::generic(), GENERIC_ENTITY, "generic"),
        ] {
            hub.add_metadata(file, &metadata.signed(&keys::SP.signer), entity, profile);
            hub.configure(settled);
        }
        change(&mut hub);
        hub.start();
        let ours = Agent::new().get(&hub.url("/sp/ente/metadata")).expect("metadata").body;
        behind.stop();
        behind.add_metadata("hub", &ours, &hub.url("/sp/ente"), "spid");
        behind.start();
        Self { hub, upstream: behind }
    }

    /// Sends `request` and presses the button of the identity provider behind; its first page.
    pub(crate) fn to_upstream(&self, agent: &mut Agent, request: &Request) -> Page {
        let page = agent.get(&request.url).expect("a page");
        self.choose(agent, &page)
    }

    /// Presses the button of the identity provider behind on `page`.
    pub(crate) fn choose(&self, agent: &mut Agent, page: &Page) -> Page {
        choose(agent, page, &self.upstream.url("/metadata"))
    }

    /// What the identity provider behind has the browser post, once `person` has done all that it asks.
    pub(crate) fn at_upstream(
        &self,
        agent: &mut Agent,
        page: Page,
        person: &mut Citizen,
    ) -> Delivered {
        person.finish(agent, page).expect("a response")
    }

    /// The browser posts `delivered` to where it goes; the page at which it ends.
    pub(crate) fn bring(&self, agent: &mut Agent, delivered: &Delivered) -> Page {
        bring(&self.hub, agent, delivered)
    }

    /// From `request` by way of the identity provider behind to the page that the one in front then shows.
    pub(crate) fn walk(&self, agent: &mut Agent, request: &Request, person: &mut Citizen) -> Page {
        let page = self.to_upstream(agent, request);
        let delivered = self.at_upstream(agent, page, person);
        self.bring(agent, &delivered)
    }

    /// Agrees to what `page` shows; the answer for the service provider, as text.
    pub(crate) fn accept(&self, agent: &mut Agent, page: Page) -> String {
        answer(agent, page)
    }
}

/// A server in front of identity providers that are the test's own, and say whatever it wants.
#[derive(Debug)]
pub(crate) struct Stubbed {
    pub(crate) hub: Server,
}

/// One of those identity providers.
#[derive(Clone, Copy)]
pub(crate) struct Stub {
    pub(crate) entity: &'static str,
    pub(crate) keys: &'static LazyLock<Keys>,
}

/// The one that is honest.
pub(crate) const HONEST: Stub =
    Stub { entity: "https://onesto.example.org/saml", keys: &keys::IDP };
/// The one that is not.
pub(crate) const HOSTILE: Stub =
    Stub { entity: "https://ostile.example.org/saml", keys: &keys::STRANGER };

/// What a stub was asked.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) id: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) issuer: String,
    pub(crate) xml: String,
    pub(crate) relay_state: String,
}

impl Stubbed {
    /// Starts it, with the two stubs as upstreams `onesto` and `ostile`. `settled` are lines for each service provider.
    pub(crate) fn new(settled: &str, change: impl FnOnce(&mut Server)) -> Self {
        let mut hub = Server::new();
        hub.configure(
            "\n[[relying-party]]\nid = \"ente\"\ntrial = true\nattributes = [\"name\", \"fiscalNumber\"]\n",
        );
        for (name, stub) in [("onesto", HONEST), ("ostile", HOSTILE)] {
            let described = IdentityProvider {
                entity_id: stub.entity.into(),
                single_sign_on: format!("{}/sso", stub.entity),
                ..idp::identity_provider()
            };
            let metadata =
                write::write(&described, "_m", &stub.keys.signer, &[]).expect("metadata");
            std::fs::write(hub.folder().join(format!("{name}.xml")), metadata).expect("a file");
            hub.configure(&format!(
                "\n[[upstream]]\nid = \"{name}\"\nprofile = \"spid\"\nrelying-party = \"ente\"\n\
                 metadata = \"{name}.xml\"\nname-it = \"Ente {name}\"\n"
            ));
        }
        for (file, metadata, entity, profile) in [
            ("spid", Metadata::spid(), SPID_ENTITY, "spid"),
            ("generic", Metadata::generic(), GENERIC_ENTITY, "generic"),
        ] {
            hub.add_metadata(file, &metadata.signed(&keys::SP.signer), entity, profile);
            hub.configure(settled);
        }
        change(&mut hub);
        hub.start();
        Self { hub }
    }

    /// Sends `request` and chooses `stub`: what that is asked.
    pub(crate) fn ask(&self, agent: &mut Agent, request: &AuthnRequest, stub: Stub) -> Question {
        let page = agent.get(&send(&self.hub, request).url).expect("a page");
        self.choose(agent, &page, stub)
    }

    /// Chooses `stub` on `page`: what that is asked.
    pub(crate) fn choose(&self, agent: &mut Agent, page: &Page, stub: Stub) -> Question {
        let form = page.form_with_button("provider", stub.entity);
        let form = form.unwrap_or_else(|| panic!("no button: {} {}", page.status, page.body));
        let page = agent.submit_once(page, &form, &[("provider", stub.entity)]).expect("an answer");
        asked_of(&page)
    }

    /// What `stub` answers: that it is the person with this fiscal code, at the level of `class`.
    pub(crate) fn says(
        &self,
        stub: Stub,
        question: &Question,
        class: ClassRef,
        code: &str,
    ) -> Delivered {
        let person = Authenticated {
            identity: 1,
            subject: Subject::new(code.into()),
            achieved: class.level(),
            class,
            at: question.at + TimeDelta::milliseconds(5),
            factors: vec![Factor::Password],
            attributes: vec![
                Released { name: AttributeName::Name, value: "Ada".into() },
                Released { name: AttributeName::FiscalNumber, value: format!("TINIT-{code}") },
            ],
        };
        let (described, random) = (stub.described(), Random::system());
        let now = Clock::system().now();
        let given = Given::default();
        let reply_to = self.reply_to(question);
        let answer = response::answer(
            &reply_to,
            &person,
            given,
            &described,
            &stub.keys.signer,
            &random,
            now,
        );
        self.carried(question, answer.expect("an answer").xml)
    }

    /// What `stub` answers: no.
    pub(crate) fn refuses(&self, stub: Stub, question: &Question, why: Refusal) -> Delivered {
        let status = status::refusal(why, Profile::Spid);
        let (described, random) = (stub.described(), Random::system());
        let now = Clock::system().now();
        let reply_to = self.reply_to(question);
        let answer =
            response::reject(&reply_to, status, &described, &stub.keys.signer, &random, now);
        self.carried(question, answer.expect("an answer").xml)
    }

    fn carried(&self, question: &Question, xml: String) -> Delivered {
        Delivered {
            action: self.hub.url("/sp/ente/acs"),
            response: STANDARD.encode(xml),
            relay_state: question.relay_state.clone(),
        }
    }

    fn reply_to(&self, question: &Question) -> ReplyTo {
        ReplyTo {
            profile: Profile::Spid,
            in_response_to: question.id.clone(),
            issue_instant: question.at,
            binding: Binding::Redirect,
            entity_id: question.issuer.clone(),
            consumer: self.hub.url("/sp/ente/acs"),
            relay_state: Some(question.relay_state.clone()),
            name_id: NameIdKind::Transient,
            answers: AnswersTo::default(),
        }
    }

    /// The browser posts `delivered`, and goes where that sends it.
    pub(crate) fn bring(&self, agent: &mut Agent, delivered: &Delivered) -> Page {
        bring(&self.hub, agent, delivered)
    }
}

impl Stub {
    fn described(self) -> IdentityProvider {
        IdentityProvider { entity_id: self.entity.into(), ..idp::identity_provider() }
    }
}

/// What a redirect to a stub asks.
pub(crate) fn asked_of(page: &Page) -> Question {
    assert_eq!(page.status, 302, "{}", page.body);
    let to = page.header("location").expect("a redirect").to_owned();
    let query = to.split_once('?').expect("a query").1;
    let inbound = Inbound::Redirect { query };
    let decoded = binding::decode(inbound, Parameter::SamlRequest).expect("a request");
    let document = roxmltree::Document::parse(&decoded.xml).expect("XML");
    let top = document.root_element();
    let of = |name| top.attribute(name).expect(name).to_owned();
    let issuer = top.children().find(|node| node.tag_name().name() == "Issuer");
    Question {
        id: of("ID"),
        at: of("IssueInstant").parse().expect("a time"),
        issuer: issuer.and_then(|node| node.text()).expect("an issuer").to_owned(),
        relay_state: decoded.relay_state.expect("a RelayState"),
        xml: decoded.xml.clone(),
    }
}

/// A request of SPID's for `level`.
pub(crate) fn spid(hub: &Server, level: u8, comparison: &str) -> AuthnRequest {
    let mut request = AuthnRequest::spid(&fresh(), &now());
    request.destination = Some(hub.url("/saml/sso"));
    request.force_authn = (level > 1).then(|| "true".into());
    if let Some(requested) = &mut request.requested {
        requested.comparison = Some(comparison.into());
        requested.classes = vec![format!("https://www.spid.gov.it/SpidL{level}")];
    }
    request
}

/// A plain request for `classes`.
pub(crate) fn generic(hub: &Server, comparison: &str, classes: &[&str]) -> AuthnRequest {
    let mut request = AuthnRequest::generic(&fresh(), &now());
    request.destination = Some(hub.url("/saml/sso"));
    request.requested = (!classes.is_empty()).then(|| RequestedAuthnContext {
        comparison: Some(comparison.into()),
        classes: classes.iter().map(|class| (*class).to_owned()).collect(),
    });
    request
}

/// `request` on its way to `hub`.
pub(crate) fn send(hub: &Server, request: &AuthnRequest) -> Request {
    let query = request.redirect(Some("state-of-the-service"), &keys::SP.signer);
    Request {
        post: false,
        url: hub.url(&format!("/saml/sso?{query}")),
        fields: Vec::new(),
        id: request.id.clone().unwrap_or_default(),
    }
}

/// Posts `delivered` as another site's form, and goes nowhere from there.
pub(crate) fn post(agent: &mut Agent, delivered: &Delivered) -> Page {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("SAMLResponse", &delivered.response)
        .append_pair("RelayState", &delivered.relay_state)
        .finish();
    agent.post_from_elsewhere(&delivered.action, &form).expect("a page")
}

/// Posts `delivered` to `hub`, as another site's form, and goes where that sends the browser.
pub(crate) fn bring(hub: &Server, agent: &mut Agent, delivered: &Delivered) -> Page {
    let page = post(agent, delivered);
    match page.header("location").map(str::to_owned) {
        Some(to) => agent.get(hub.url(&to).as_str()).expect("a page"),
        None => page,
    }
}

/// Chooses `provider` on `page`, and goes where that sends the browser.
pub(crate) fn choose(agent: &mut Agent, page: &Page, provider: &str) -> Page {
    let form = page.form_with_button("provider", provider);
    let form = form.unwrap_or_else(|| panic!("no button: {} {}", page.status, page.body));
    agent.submit(page, &form, &[("provider", provider)]).expect("a page")
}

/// Does what consent asks, as far as the answer, as text.
pub(crate) fn answer(agent: &mut Agent, page: Page) -> String {
    let bytes = STANDARD.decode(to_service(agent, page).response).expect("base64");
    String::from_utf8(bytes).expect("UTF-8")
}

/// Does what consent asks, as far as what the browser posts to the service provider.
pub(crate) fn to_service(agent: &mut Agent, mut page: Page) -> Delivered {
    for _ in 0..3 {
        match asked(&page) {
            Some(Asked::Response(form)) => return delivered(&form),
            Some(Asked::Consent(form)) => {
                page = agent.submit(&page, &form, &[("decision", "accept")]).expect("a page");
            }
            _ => break,
        }
    }
    panic!("no answer at {} ({}): {}", page.url, page.status, page.body)
}

fn now() -> String {
    Clock::system().now().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn fresh() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("_bridge-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
