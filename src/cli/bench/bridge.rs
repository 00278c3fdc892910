//! A bridged login over loopback HTTP: a service provider asks us, we ask an identity provider that is a stub in the browser's
//! thread, and its answer goes on, by SAML on both sides and SPID's rules.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::assurance::class_ref::ClassRef;
use crate::assurance::factor::Factor;
use crate::cli::bench::client::{Answer, Client};
use crate::cli::bench::span::{Begun, Bench, Cost, look, unexpected};
use crate::cli::error::CliError;
use crate::identity::attributes::AttributeName;
use crate::identity::name_id::NameIdKind;
use crate::identity::release::Released;
use crate::identity::subject::Subject;
use crate::login::outcome::Authenticated;
use crate::login::ways::{Accounts, Shown};
use crate::partners::registry::Entry;
use crate::saml::binding::{self, Binding, Inbound, Parameter, redirect_url};
use crate::saml::identity_provider::IdentityProvider;
use crate::saml::metadata::write;
use crate::saml::partner::{Profile, WaysIn};
use crate::saml::response::{self, AnswersTo, ReplyTo};
use crate::saml::upstream::request::Request;
use crate::world::random::Random;
use crate::world::signer::Signer;

/// The service provider whose people come in by the stub alone.
pub const ENTITY: &str = "https://sp.bench.example/bridged";

/// An identity provider that says yes to all that it is asked.
pub struct Stub {
    described: IdentityProvider,
    signer: Arc<dyn Signer>,
}

/// What each step of a bridged login cost, in microseconds of the server's CPU time.
#[derive(Clone, Copy, Debug)]
pub struct Bridged {
    /// The service provider's request is received, with a choice that was made already.
    pub received: f64,
    /// The stub is asked.
    pub asked: f64,
    /// Its answer is taken.
    pub taken: f64,
    /// The browser is back with its cookie.
    pub back: f64,
    /// What would be released is shown.
    pub shown: f64,
    /// Consent to answer.
    pub consent: f64,
}

impl Bridged {
    /// The whole login.
    #[must_use]
    pub fn whole(&self) -> f64 {
        self.received + self.asked + self.taken + self.back + self.shown + self.consent
    }
}

impl Stub {
    /// Makes one, described as `like` is, and settles it as an upstream in the house of `folder`, which is not yet open.
    ///
    /// # Errors
    /// When its metadata cannot be written.
    pub fn settle(
        folder: &Path,
        like: &IdentityProvider,
        signer: Arc<dyn Signer>,
        random: &Random,
    ) -> Result<Self, CliError> {
        let described = IdentityProvider {
            entity_id: "https://idp.bench.example/metadata".into(),
            single_sign_on: "https://idp.bench.example/sso".into(),
            single_logout: None,
            ..like.clone()
        };
        let metadata = write::write(&described, &random.xml_id(), &*signer, &[]);
        let metadata = metadata.map_err(CliError::Envelop)?;
        std::fs::write(folder.join("stub.xml"), metadata).map_err(CliError::Bench)?;
        let settings = std::fs::OpenOptions::new().append(true).open(folder.join("ponte.toml"));
        settings.and_then(|mut file| file.write_all(SETTINGS)).map_err(CliError::Bench)?;
        Ok(Self { described, signer })
    }

    /// What is settled with the service provider.
    #[must_use]
    pub fn entry() -> Entry {
        let upstreams = Some(vec!["stub".to_owned()]);
        let ways = WaysIn {
            own: false,
            upstreams,
            accounts: Accounts::PassThrough,
            shown: Shown::default(),
        };
        Entry { ways, ..Entry::default() }
    }

    /// The form that a browser posts with its answer to the question at `url`.
    fn answer(&self, url: &str, bench: &Bench) -> io::Result<String> {
        let query = url.split_once('?').ok_or(io::ErrorKind::InvalidData)?.1;
        let asked = binding::decode(Inbound::Redirect { query }, Parameter::SamlRequest);
        let asked = asked.map_err(io::Error::other)?;
        let of = |name: &str| {
            let value = asked.xml.split_once(&format!(" {name}=\"")).map(|(_, rest)| rest);
            value.and_then(|rest| rest.split('"').next()).ok_or(io::ErrorKind::InvalidData)
        };
        let at: DateTime<Utc> = of("IssueInstant")?.parse().map_err(io::Error::other)?;
        let entity = format!("http://{}/sp/bench", bench.host);
        let reply_to = ReplyTo {
            profile: Profile::Spid,
            in_response_to: of("ID")?.to_owned(),
            issue_instant: at,
            binding: Binding::Redirect,
            consumer: format!("{entity}/acs"),
            entity_id: entity,
            relay_state: asked.relay_state.clone(),
            name_id: NameIdKind::Transient,
            answers: AnswersTo::default(),
        };
        let now = bench.env.clock.now();
        let attribute = |name, value: &str| Released { name, value: value.into() };
        let class = ClassRef::SpidL2;
        let person = Authenticated {
            subject: Subject::new("somebody".into()),
            achieved: class.level(),
            class,
            at: now,
            factors: vec![Factor::Password, Factor::Totp],
            identity: 1,
            attributes: vec![
                attribute(AttributeName::SpidCode, "PONT0123456789"),
                attribute(AttributeName::Name, "Ada"),
                attribute(AttributeName::FamilyName, "Esposito"),
                attribute(AttributeName::FiscalNumber, "TINIT-SPSDAA80A41H501J"),
            ],
        };
        let given = response::Given::default();
        let (signer, random) = (&*self.signer, &*bench.env.random);
        let described = &self.described;
        let said = response::answer(&reply_to, &person, given, described, signer, random, now);
        let xml = said.map_err(io::Error::other)?.xml;
        use base64::Engine as _;
        let value = base64::engine::general_purpose::STANDARD.encode(xml);
        Ok(url::form_urlencoded::Serializer::new(String::new())
            .append_pair("SAMLResponse", &value)
            .append_pair("RelayState", &asked.relay_state.unwrap_or_default())
            .finish())
    }
}

impl Bench {
    /// Has `count` people come in by `stub`.
    ///
    /// # Errors
    /// When one does not get in.
    pub fn bridge(&self, stub: &Stub, count: usize) -> Result<Bridged, CliError> {
        let mut requests = Vec::with_capacity(count);
        for _ in 0..count {
            let (env, signer) = (&self.env, &*self.service_provider.signer);
            let to = env.idp.single_sign_on.clone();
            let (id, now) = (env.random.xml_id(), env.clock.now());
            let request = Request::spid(id, now, to, ENTITY.into(), ClassRef::SpidL2);
            let xml = request.unsigned().map_err(|_| CliError::BenchKey)?;
            let parameter = Parameter::SamlRequest;
            let url = redirect_url("/saml/sso", parameter, &xml, Some("opaque"), signer);
            let chosen = utf8_percent_encode(&stub.described.entity_id, NON_ALPHANUMERIC);
            requests.push(format!("{}&idp={chosen}", url.map_err(CliError::Sign)?));
        }
        let (received, logins) =
            self.phase(requests, |client, request| begun(&client.get(request, "")?))?;
        let (asked, questions) = self.phase(logins, |client, login: &Begun| {
            let answer = client.get(&login.path, &login.cookie)?;
            let url = answer.header("location").filter(|url| url.starts_with("https:"));
            let url = url.ok_or_else(|| unexpected(&answer))?.to_owned();
            Ok((login.clone(), url))
        })?;
        let (_, answers) =
            self.phase(questions, |_, (login, url)| Ok((login.clone(), stub.answer(url, self)?)))?;
        let (taken, logins) = self.phase(answers, |client, (login, form)| {
            let answer = client.post("/sp/bench/acs", "", form)?;
            let path = answer.header("location").ok_or_else(|| unexpected(&answer))?;
            Ok(Begun { path: path.to_owned(), ..login.clone() })
        })?;
        let (back, logins) =
            self.phase(logins, |client, login| begun(&client.get(&login.path, &login.cookie)?))?;
        let (shown, logins) =
            self.phase(logins, |client: &mut Client, login| look(client, login))?;
        let consent = self.consent(logins)?;
        let [received, asked, taken, back, shown, consent] =
            [received, asked, taken, back, shown, consent].map(|Cost(micros)| micros);
        Ok(Bridged { received, asked, taken, back, shown, consent })
    }
}

/// A login with the cookie that came and the place that it leads to.
fn begun(answer: &Answer) -> io::Result<Begun> {
    match (answer.header("location"), answer.cookie_named("__Host-login-")) {
        (Some(path), Some(cookie)) => Ok(Begun {
            path: path.to_owned(),
            cookie: cookie.to_owned(),
            token: String::new(),
            shown: String::new(),
        }),
        _ => Err(unexpected(answer)),
    }
}

const SETTINGS: &[u8] = b"
[[relying-party]]
id = \"bench\"
attributes = [\"spidCode\", \"name\", \"familyName\", \"fiscalNumber\"]

[[upstream]]
id = \"stub\"
profile = \"spid\"
relying-party = \"bench\"
metadata = \"stub.xml\"
offered = false
";
