//! The whole house over real HTTP, in this process: a store in memory, a clock that the test moves,
//! and a service provider of each profile.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use ponte::assurance::level::Level;
use ponte::enrolment::activation::{Activation, ActivationCode, Delivery};
use ponte::enrolment::credential::{Credential, CredentialState, Secret};
use ponte::factors::totp;
use ponte::flow::env::Env;
use ponte::identity::account::{Account, Identity, Proofing, ProofingMethod};
use ponte::identity::attributes::{AttributeName, Attributes};
use ponte::identity::kind::IdentityKind;
use ponte::identity::subject::Subject;
use ponte::store::port::{Committed, Durability};
use ponte::store::record::Batch;
use ponte::store::{accounts, activations, credentials};
use ponte::web::router::router;
use ponte::web::serve::{Doors, serve};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::support::agent::{Agent, Page};
use crate::support::citizen::{Asked, asked, send};
use crate::support::keys;
use crate::support::making::{Making, make};
use crate::support::peer::Request;
use crate::support::sp::AuthnRequest;

/// A running house; it stops when dropped.
pub(crate) struct House {
    pub(crate) env: Arc<Env>,
    pub(crate) port: u16,
    runtime: Runtime,
    stop: Option<oneshot::Sender<()>>,
    requests: AtomicU32,
    _folder: TempDir,
}

/// Somebody with an account here.
#[derive(Clone, Debug)]
pub(crate) struct Inhabitant {
    pub(crate) subject: Subject,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) activation: String,
    /// The seed of an enrolled app.
    pub(crate) seed: Option<String>,
}

impl House {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// A house about which `change` has its say before it opens.
    pub(crate) fn with(change: impl FnOnce(&mut Making)) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let mut making = Making::new(port, folder.path());
        change(&mut making);
        let env = Arc::new(make(making));
        let (stop, stopped) = oneshot::channel::<()>();
        let router = router(Arc::clone(&env));
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            serve(listener, Doors::default(), router, async { drop(stopped.await) }).await;
        });
        let requests = AtomicU32::new(1);
        Self { env, port, runtime, stop: Some(stop), requests, _folder: folder }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://idp.localhost:{}{path}", self.port)
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.env.clock.now()
    }

    pub(crate) fn wait(&self, seconds: i64) {
        self.env.clock.advance(TimeDelta::seconds(seconds));
    }

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// A SPID service provider's request for `class`, by HTTP-Redirect, as changed.
    pub(crate) fn spid(&self, level: u8, change: impl FnOnce(&mut AuthnRequest)) -> Request {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let issued = self.now().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let mut request = AuthnRequest::spid(&format!("_request-{number}"), &issued);
        request.destination = Some(self.url("/saml/sso"));
        request.force_authn = (level > 1).then(|| "true".into());
        if let Some(requested) = &mut request.requested {
            requested.classes = vec![format!("https://www.spid.gov.it/SpidL{level}")];
        }
        change(&mut request);
        let query = request.redirect(Some("state-of-the-service"), &keys::SP.signer);
        Request {
            post: false,
            url: self.url(&format!("/saml/sso?{query}")),
            fields: Vec::new(),
            id: request.id.unwrap_or_default(),
        }
    }

    /// A person proofed at a desk, with password and activation code.
    pub(crate) fn inhabitant(&self, username: &str) -> Inhabitant {
        self.block_on(self.add(username, false))
    }

    /// The same with an app enrolled.
    pub(crate) fn enrolled(&self, username: &str) -> Inhabitant {
        self.block_on(self.add(username, true))
    }

    async fn add(&self, username: &str, enrolled: bool) -> Inhabitant {
        let (env, now) = (&self.env, self.now());
        let records = env.records();
        let subject = Subject::new(env.random.token());
        let password = format!("correct horse of {username}");
        let mut attributes = Attributes::default();
        attributes.set(AttributeName::SpidCode, "PONT0123456789");
        attributes.set(AttributeName::Name, "Anna");
        attributes.set(AttributeName::FamilyName, "D'Angelo & Figli");
        attributes.set(AttributeName::FiscalNumber, "TINIT-RSSMRA80A01H501U");
        attributes.set(AttributeName::DateOfBirth, "1980-01-01");
        attributes.set(AttributeName::Email, "anna@example.org");
        let proofing = Proofing {
            method: ProofingMethod::Desk,
            date: now.date_naive(),
            operator: "desk 1".into(),
            evidence: "file 1".into(),
        };
        let identity = Identity::new(1, IdentityKind::Personal, attributes, Some(proofing), now);
        let account = Account::new(subject.clone(), username.into(), vec![identity], now);
        let credential = |id: &str, secret| Credential {
            id: id.into(),
            subject: subject.clone(),
            state: CredentialState::Active,
            binding: Level::Loa4,
            enrolled: now,
            last_used: None,
            secret,
        };
        let hash = env.settings.hashing.hash(&password, &env.random).unwrap();
        let code = ActivationCode::generate(&env.random);
        let activation = Activation {
            subject: subject.clone(),
            delivery: Delivery::Desk,
            made: now,
            expires: now + TimeDelta::days(30),
        };
        let mut batch = Batch::new();
        accounts::add(records, &mut batch, &account).unwrap();
        let password_credential = credential("password", Secret::Password { hash, expired: false });
        credentials::add(records, &mut batch, &password_credential).unwrap();
        let seed = enrolled.then(|| totp::seed(&env.random));
        match &seed {
            Some(seed) => {
                let secret = Secret::Totp { seed: seed.clone(), period: 30, last_step: None };
                credentials::add(records, &mut batch, &credential("totp", secret)).unwrap();
            }
            None => activations::put(records, &mut batch, &activation, &code).unwrap(),
        }
        let done = batch.commit(&*env.store, Durability::Durable, now).await.unwrap();
        assert_eq!(done, Committed::Done);
        let (username, activation) = (username.into(), code.in_groups());
        Inhabitant { subject, username, password, activation, seed }
    }

    /// The code of somebody's app, now.
    pub(crate) fn code(&self, person: &Inhabitant) -> String {
        totp::code(person.seed.as_deref().unwrap(), 30, self.now()).unwrap()
    }

    /// Walks from the request to the page that asks for consent, or as far as it goes.
    pub(crate) fn walk(&self, agent: &mut Agent, request: &Request, person: &Inhabitant) -> Page {
        let mut page = send(agent, request).unwrap();
        for _ in 0..4 {
            page = match asked(&page) {
                Some(Asked::Credentials(form)) => {
                    let values = [
                        ("username", person.username.as_str()),
                        ("password", person.password.as_str()),
                    ];
                    agent.submit(&page, &form, &values).unwrap()
                }
                Some(Asked::Code(form)) => {
                    agent.submit(&page, &form, &[("code", &self.code(person))]).unwrap()
                }
                _ => return page,
            };
        }
        page
    }

    /// Presses the button of the consent page.
    pub(crate) fn accept(&self, agent: &mut Agent, page: &Page) -> Page {
        let form = page.form_with_button("decision", "accept").unwrap();
        agent.submit(page, &form, &[("decision", "accept")]).unwrap()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _stopped_already = stop.send(());
        }
    }
}
