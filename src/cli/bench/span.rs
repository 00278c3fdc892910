//! The answer span over loopback HTTP: a house of its own in a folder of its own, browsers that do
//! nothing but ask, and logins prepared up to their last step.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::thread;

use chrono::{DateTime, NaiveDate, Utc};

use crate::assurance::class_ref::ClassRef;
use crate::assurance::factor::{Evidence, Factor};
use crate::assurance::level::Level;
use crate::cli::bench::client::{Answer, Client};
use crate::cli::bench::cpu;
use crate::cli::error::CliError;
use crate::enrolment::credential::{Credential, CredentialState, Secret};
use crate::factors::totp;
use crate::flow::env::Env;
use crate::identity::account::{Account, Identity, Proofing, ProofingMethod};
use crate::identity::attributes::{AttributeName, Attributes};
use crate::identity::kind::IdentityKind;
use crate::identity::release::release;
use crate::identity::subject::Subject;
use crate::login::transaction::Transaction;
use crate::saml::binding::{Parameter, redirect_url};
use crate::saml::upstream::request::Request;
use crate::store::port::{Durability, StoreError};
use crate::store::record::Batch;
use crate::store::{accounts, credentials, transactions};
use crate::world::signer::Signer;

/// What asks, and whom.
pub struct Bench {
    /// The house.
    pub env: Arc<Env>,
    /// Where it listens.
    pub address: SocketAddr,
    /// The name that it answers to.
    pub host: String,
    /// Who asks it.
    pub service_provider: ServiceProvider,
}

/// The service provider's side.
#[derive(Clone)]
pub struct ServiceProvider {
    /// Its entityID.
    pub entity_id: String,
    /// Its key.
    pub signer: Arc<dyn Signer>,
}

/// A login that is under way in a browser.
#[derive(Clone, Debug)]
pub struct Begun {
    pub(in crate::cli::bench) path: String,
    pub(in crate::cli::bench) cookie: String,
    pub(in crate::cli::bench) token: String,
    /// The digest of what the consent page shows.
    pub(in crate::cli::bench) shown: String,
}

/// What a phase cost: microseconds of the server's CPU time for each.
#[derive(Clone, Copy, Debug)]
pub struct Cost(pub f64);

impl Bench {
    /// A request for SpidL2, as it would be sent now.
    #[must_use]
    pub fn request(&self, now: DateTime<Utc>) -> Request {
        self.request_for(ClassRef::SpidL2, now)
    }

    fn request_for(&self, class: ClassRef, now: DateTime<Utc>) -> Request {
        Request::spid(
            self.env.random.xml_id(),
            now,
            self.env.idp.single_sign_on.clone(),
            self.service_provider.entity_id.clone(),
            class,
        )
    }

    /// Sends `count` signed requests by HTTP-Redirect, or by HTTP-POST if `post`.
    ///
    /// # Errors
    /// When one is not taken.
    pub fn begin(&self, count: usize, post: bool) -> Result<(Cost, Vec<Begun>), CliError> {
        self.begin_for(ClassRef::SpidL2, count, post)
    }

    fn begin_for(
        &self,
        class: ClassRef,
        count: usize,
        post: bool,
    ) -> Result<(Cost, Vec<Begun>), CliError> {
        let signer = &*self.service_provider.signer;
        let mut requests = Vec::with_capacity(count);
        for _ in 0..count {
            let request = self.request_for(class, self.env.clock.now());
            requests.push(if post {
                use base64::Engine;
                let xml = request.signed(signer).map_err(|_| CliError::BenchKey)?;
                let value = base64::engine::general_purpose::STANDARD.encode(xml);
                url::form_urlencoded::Serializer::new(String::new())
                    .append_pair("SAMLRequest", &value)
                    .append_pair("RelayState", "opaque")
                    .finish()
            } else {
                let xml = request.unsigned().map_err(|_| CliError::BenchKey)?;
                let parameter = Parameter::SamlRequest;
                let url = redirect_url("/saml/sso", parameter, &xml, Some("opaque"), signer);
                url.map_err(CliError::Sign)?
            });
        }
        self.phase(requests, move |client, request| {
            let answer = if post {
                client.post("/saml/sso", "", request)?
            } else {
                client.get(request, "")?
            };
            let (path, cookie) = (answer.header("location"), answer.cookie());
            match (path, cookie) {
                (Some(path), Some(cookie)) => Ok(Begun {
                    path: path.to_owned(),
                    cookie: cookie.to_owned(),
                    token: String::new(),
                    shown: String::new(),
                }),
                _ => Err(unexpected(&answer)),
            }
        })
    }

    /// Opens `count` sessions at SpidL1 for `subject` and sends a request for SpidL1 by HTTP-Redirect from each: what
    /// their receipt costs, what going on from the session, and what consent to answer.
    ///
    /// # Errors
    /// When one is not taken, or not answered from the session.
    pub fn single_sign_on(
        &self,
        runtime: &tokio::runtime::Runtime,
        count: usize,
        subject: &Subject,
    ) -> Result<[Cost; 3], CliError> {
        let (_, first) = self.begin_for(ClassRef::SpidL1, count, false)?;
        let mut first = self.look(first)?.1;
        let prepared = self.prepare_with(&mut first, subject, &[Factor::Password]);
        runtime.block_on(prepared)?;
        let (_, answers) = self.answers(first)?;
        let (begun, logins) = self.begin_for(ClassRef::SpidL1, count, false)?;
        let mut logins_in_sessions = Vec::with_capacity(count);
        for (login, answer) in logins.into_iter().zip(&answers) {
            let session = answer.cookie_named("__Host-session=").ok_or(CliError::BenchKey)?;
            logins_in_sessions.push((login, session.to_owned()));
        }
        let (resumed, logins) = self.phase(logins_in_sessions, |client, (login, session)| {
            let answer = client.get(&login.path, &format!("{}; {session}", login.cookie))?;
            match answer.cookie() {
                Some(cookie) if answer.status == 303 => {
                    Ok(Begun { cookie: format!("{cookie}; {session}"), ..login.clone() })
                }
                _ => Err(unexpected(&answer)),
            }
        })?;
        let (_, logins) = self.look(logins)?;
        let consented = self.consent(logins)?;
        Ok([begun, resumed, consented])
    }

    /// Fetches the login page of each.
    ///
    /// # Errors
    /// When one is not shown.
    pub fn look(&self, logins: Vec<Begun>) -> Result<(Cost, Vec<Begun>), CliError> {
        self.phase(logins, look)
    }

    /// Brings each login to its last step, as `subject` with password and app, without any page.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn prepare(&self, logins: &mut [Begun], subject: &Subject) -> Result<(), CliError> {
        self.prepare_with(logins, subject, &[Factor::Password, Factor::Totp]).await
    }

    async fn prepare_with(
        &self,
        logins: &mut [Begun],
        subject: &Subject,
        factors: &[Factor],
    ) -> Result<(), CliError> {
        let now = self.env.clock.now();
        let records = self.env.records();
        for login in logins {
            let handle = login.path.trim_start_matches("/login/");
            let loaded = transactions::load::<Transaction>(records, handle, now).await;
            let Some(loaded) = loaded.map_err(CliError::Store)? else {
                return Err(CliError::BenchKey);
            };
            let held = |factor| Evidence::held(factor, now, Level::Loa4);
            let proved = factors.iter().try_fold(loaded.value.clone(), |login, factor| {
                login.prove(subject, held(*factor))
            });
            let proved = proved.map_err(|_| CliError::BenchKey)?;
            login.token = proved.token().to_owned();
            let account = accounts::get(records, subject, now).await.map_err(CliError::Store)?;
            let identity = account.as_ref().and_then(|account| account.value.identities.first());
            let shown = identity.map(|one| release(&proved.request.attributes, one).digest());
            login.shown = shown.ok_or(CliError::BenchKey)?;
            let mut batch = Batch::new();
            let until = proved.keep_until();
            transactions::swap(records, &mut batch, &loaded, &proved, until)
                .map_err(CliError::Store)?;
            let done = batch.commit(records.store, Durability::Ephemeral, now).await;
            let _done = done.map_err(CliError::Store)?;
        }
        Ok(())
    }

    /// Consents in each login: the answer comes back.
    ///
    /// # Errors
    /// When one is not answered.
    pub fn consent(&self, logins: Vec<Begun>) -> Result<Cost, CliError> {
        self.answers(logins).map(|(cost, _)| cost)
    }

    fn answers(&self, logins: Vec<Begun>) -> Result<(Cost, Vec<Answer>), CliError> {
        self.phase(logins, |client, login| {
            let path = format!("{}/consent", login.path);
            let form = format!("csrf={}&shown={}&decision=accept", login.token, login.shown);
            let answer = client.post(&path, &login.cookie, &form)?;
            match answer.after("name=\"SAMLResponse\" value=\"") {
                Some(_) if answer.status == 200 => Ok(answer),
                _ => Err(unexpected(&answer)),
            }
        })
    }

    /// Logs each of `people` in from the first page to the answer, password hash and all.
    ///
    /// # Errors
    /// When one does not get in.
    pub fn log_in(&self, logins: Vec<Begun>, people: &[Person]) -> Result<Cost, CliError> {
        let env = Arc::clone(&self.env);
        let pairs: Vec<(Begun, Person)> = logins.into_iter().zip(people.iter().cloned()).collect();
        let (cost, _) = self.phase(pairs, move |client, (login, person)| {
            let login = look(client, login)?;
            let form =
                format!("csrf={}&username={}&password={PASSWORD}", login.token, person.username);
            let path = format!("{}/password", login.path);
            let login = risen(login.clone(), &client.post(&path, &login.cookie, &form)?)?;
            let login = look(client, &login)?;
            let code = totp::code(&person.seed, 30, env.clock.now()).map_err(io::Error::other)?;
            let form = format!("csrf={}&code={code}", login.token);
            let path = format!("{}/totp", login.path);
            let login = risen(login.clone(), &client.post(&path, &login.cookie, &form)?)?;
            let login = look(client, &login)?;
            let form = format!("csrf={}&shown={}&decision=accept", login.token, login.shown);
            let answer = client.post(&format!("{}/consent", login.path), &login.cookie, &form)?;
            match answer.after("name=\"SAMLResponse\" value=\"") {
                Some(_) => Ok(()),
                None => Err(unexpected(&answer)),
            }
        })?;
        Ok(cost)
    }

    /// Has [`BROWSERS`] browsers do `act` with each of `items`, and says what it cost the server. Each has its connection before,
    /// and keeps it until all are done.
    ///
    /// # Errors
    /// When a browser fails, or the kernel does not tell the time.
    pub(in crate::cli::bench) fn phase<T, U>(
        &self,
        items: Vec<T>,
        act: impl Fn(&mut Client, &T) -> io::Result<U> + Send + Sync,
    ) -> Result<(Cost, Vec<U>), CliError>
    where
        T: Send + Sync,
        U: Send,
    {
        let count = items.len();
        let (items, act) = (&items, &act);
        let greeted: io::Result<Vec<Client>> = (0..BROWSERS).map(|_| self.greet()).collect();
        let clients = greeted.map_err(CliError::Bench)?;
        let before = cpu::servers().map_err(CliError::Bench)?;
        let done: io::Result<Vec<(Client, Vec<U>)>> = thread::scope(|scope| {
            let browse = |number: usize, mut client: Client| {
                move || {
                    let mine = items.iter().skip(number).step_by(BROWSERS);
                    let done = mine.map(|item| act(&mut client, item)).collect::<io::Result<_>>();
                    // The connection is closed once all are done.
                    done.map(|done| (client, done))
                }
            };
            let mut browsers = Vec::with_capacity(BROWSERS);
            for (number, client) in clients.into_iter().enumerate() {
                let named = thread::Builder::new().name(cpu::BROWSER.into());
                browsers.push(named.spawn_scoped(scope, browse(number, client))?);
            }
            let ended = browsers.into_iter().map(|browser| match browser.join() {
                Ok(done) => done,
                Err(_) => Err(io::Error::other("a browser of the measurement failed")),
            });
            ended.collect()
        });
        let done = done.map_err(CliError::Bench)?;
        let nanos = cpu::servers().map_err(CliError::Bench)?.saturating_sub(before);
        let done: Vec<Vec<U>> = done.into_iter().map(|(_, done)| done).collect();
        let cost = Cost(nanos as f64 / 1000.0 / count.max(1) as f64);
        Ok((cost, done.into_iter().flatten().collect()))
    }

    /// A browser that the server has answered already.
    fn greet(&self) -> io::Result<Client> {
        let mut client = Client::connect(self.address, &self.host)?;
        let answer = client.get("/health", "")?;
        if answer.status == 200 { Ok(client) } else { Err(unexpected(&answer)) }
    }

    /// What a request costs the server that it answers with nothing, and what a connection costs beside what is asked over it: one
    /// is opened for each answer of `count`.
    ///
    /// # Errors
    /// When one is not answered.
    pub fn exchanges(&self, count: usize) -> Result<[Cost; 2], CliError> {
        let (kept, _) =
            self.phase(vec![(); count], |client, ()| client.get("/health", "").map(drop))?;
        let (opened, _) = self.phase(vec![(); count], |_, ()| self.greet().map(drop))?;
        Ok([kept, Cost(opened.0 - kept.0)])
    }
}

/// Somebody to log in.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub subject: Subject,
    username: String,
    seed: String,
}

/// Adds people of these numbers with password and app.
///
/// # Errors
/// When the store fails.
pub async fn people(env: &Env, numbers: Range<usize>) -> Result<Vec<Person>, CliError> {
    static HASH: OnceLock<String> = OnceLock::new();
    let now = env.clock.now();
    let records = env.records();
    let hash = match HASH.get() {
        Some(hash) => hash,
        None => {
            let hash = env.settings.hashing.hash(PASSWORD, &env.random);
            let hash = hash.map_err(|_| CliError::BenchKey)?;
            HASH.get_or_init(|| hash)
        }
    };
    let mut people = Vec::with_capacity(numbers.len());
    let mut batch = Batch::new();
    for number in numbers {
        let person = Person {
            subject: Subject::new(env.random.token()),
            username: format!("person-{number}"),
            seed: totp::seed(&env.random),
        };
        let added = add(&mut batch, records, &person, hash, now);
        added.map_err(CliError::Store)?;
        people.push(person);
    }
    let done = batch.commit(records.store, Durability::Ephemeral, now).await;
    let _done = done.map_err(CliError::Store)?;
    Ok(people)
}

fn add(
    batch: &mut Batch,
    records: crate::store::record::Records<'_>,
    person: &Person,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut attributes = Attributes::default();
    for (name, value) in [
        (AttributeName::SpidCode, "PONT0123456789"),
        (AttributeName::Name, "Ada"),
        (AttributeName::FamilyName, "Esposito"),
        (AttributeName::FiscalNumber, "TINIT-SPSDAA80A41H501J"),
        (AttributeName::DateOfBirth, "1980-01-01"),
        (AttributeName::Email, "ada@example.org"),
    ] {
        attributes.set(name, value);
    }
    let proofing = Proofing {
        method: ProofingMethod::Desk,
        date: NaiveDate::default(),
        operator: "bench".into(),
        evidence: "none".into(),
    };
    let identity = Identity::new(1, IdentityKind::Personal, attributes, Some(proofing), now);
    let account = Account {
        first_second_factor: Some(now),
        ..Account::new(person.subject.clone(), person.username.clone(), vec![identity], now)
    };
    accounts::add(records, batch, &account)?;
    let totp = Secret::Totp { seed: person.seed.clone(), period: 30, last_step: None };
    for (id, secret) in
        [("password", Secret::Password { hash: hash.to_owned(), expired: false }), ("app", totp)]
    {
        let credential = Credential {
            id: id.into(),
            subject: person.subject.clone(),
            state: CredentialState::Active,
            binding: Level::Loa4,
            enrolled: now,
            last_used: None,
            secret,
        };
        credentials::add(records, batch, &credential)?;
    }
    Ok(())
}

/// Fetches the page that a login is at.
pub(in crate::cli::bench) fn look(client: &mut Client, login: &Begun) -> io::Result<Begun> {
    let answer = client.get(&login.path, &login.cookie)?;
    match answer.after("name=\"csrf\" value=\"") {
        Some(token) => {
            let shown = answer.after("name=\"shown\" value=\"").unwrap_or_default().to_owned();
            Ok(Begun { token: token.to_owned(), shown, ..login.clone() })
        }
        None => Err(unexpected(&answer)),
    }
}

fn risen(login: Begun, answer: &Answer) -> io::Result<Begun> {
    match answer.cookie() {
        Some(cookie) if answer.status == 303 => Ok(Begun { cookie: cookie.to_owned(), ..login }),
        _ => Err(unexpected(answer)),
    }
}

pub(in crate::cli::bench) fn unexpected(answer: &Answer) -> io::Error {
    io::Error::other(format!("the server answered {} where it should not", answer.status))
}

const BROWSERS: usize = 32;
const PASSWORD: &str = "a-password-for-the-bench";
