//! A gateway by SMPP: bound when the first message comes, kept bound, and bound anew when the session has ended.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::ssl::{SslConnector, SslMethod, SslVersion};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509VerifyResult};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tokio_openssl::SslStream;

use crate::world::outbox::Sms;
use crate::world::smpp::alphabet::{Alphabet, segments};
use crate::world::smpp::pdu::{Account, Address, Kind, Request, Unfit};
use crate::world::smpp::session::{Refusal, Session, Timing};
use crate::world::sms_gateways::Failed;

/// Where a gateway is, and how it is spoken to.
#[derive(Clone)]
pub struct Line {
    /// What the log calls it.
    pub name: String,
    /// Its name, or its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What checks its certificate; `None`: there is none, and all is in the clear.
    pub tls: Option<SslConnector>,
    /// As whom we are let in.
    pub account: Account,
    /// Where messages come from.
    pub source: Address,
    /// Type of number and numbering plan of whoever gets them.
    pub destination: (u8, u8),
    /// In what they are written.
    pub alphabet: Alphabet,
    /// Whether it is told until when a message is of use.
    pub validity: bool,
    /// How long an answer is waited for.
    pub patience: Duration,
}

/// A gateway by SMPP.
pub struct Smpp {
    line: Line,
    state: Mutex<State>,
    reference: AtomicU8,
}

#[derive(Default)]
struct State {
    session: Option<Arc<Session>>,
    /// Until when it is left alone, since it took nothing.
    rest: Option<Instant>,
    /// How often in a row it took nothing.
    failures: u32,
    is_over: bool,
}

impl Smpp {
    /// Will speak on `line`; nothing is connected yet.
    ///
    /// # Errors
    /// [`Unfit`], when the account or the source does not fit in its fields.
    pub fn new(line: Line) -> Result<Self, Unfit> {
        Request::bind(&line.account)?;
        let empty = segments("", line.alphabet, 0).unwrap_or_default();
        for segment in &empty {
            Request::submit(&line.source, &line.source, segment, None)?;
        }
        Ok(Self { line, state: Mutex::default(), reference: AtomicU8::new(0) })
    }

    /// What the log calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.line.name
    }

    /// Hands `sms` over: each part of it was answered with `ESME_ROK` once this is back.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn send(&self, sms: &Sms) -> Result<(), Failed> {
        let line = &self.line;
        let reference = self.reference.fetch_add(1, Ordering::Relaxed);
        let parts = segments(&sms.text, line.alphabet, reference);
        let parts = parts.map_err(|error| Failed::never(error.to_string()))?;
        let (ton, npi) = line.destination;
        let to = Address { ton, npi, text: sms.to.trim_start_matches('+').to_owned() };
        let until = sms.until.filter(|_| line.validity);
        let session = self.session().await?;
        for part in &parts {
            let request = Request::submit(&line.source, &to, part, until);
            let request = request.map_err(|error| Failed::never(error.to_string()))?;
            if let Err(refusal) = session.ask(Kind::Submit, request).await {
                return Err(self.judged(refusal).await);
            }
        }
        let mut state = self.state.lock().await;
        (state.rest, state.failures) = (None, 0);
        Ok(())
    }

    /// Who wants no more for now, or says nothing, is left alone for a while: what comes meanwhile goes by the next gateway.
    async fn judged(&self, refusal: Refusal) -> Failed {
        let cause = refusal.to_string();
        match refusal {
            Refusal::Answered(status) if status.is_for_good() => Failed::never(cause),
            Refusal::Answered(status) if !status.is_too_much() => Failed::later(cause),
            // The next message binds anew: if that cannot be done either, it is left alone.
            Refusal::Ended(_) => Failed::later(cause),
            Refusal::Answered(_) | Refusal::Silent(_) => {
                self.state.lock().await.leave_alone();
                Failed::later(cause)
            }
        }
    }

    /// The session, bound: the one that there is, or a new one. Whoever comes meanwhile waits for it.
    async fn session(&self) -> Result<Arc<Session>, Failed> {
        let mut state = self.state.lock().await;
        if state.is_over {
            return Err(Failed::later("the server stops".to_owned()));
        }
        let now = Instant::now();
        if let Some(until) = state.rest.filter(|until| *until > now) {
            let seconds = (until - now).as_secs() + 1;
            return Err(Failed::later(format!(
                "it took nothing, and is left alone for {seconds} s"
            )));
        }
        if let Some(session) = state.session.as_ref().filter(|session| session.is_open()) {
            return Ok(Arc::clone(session));
        }
        match self.bound().await {
            Ok(session) => {
                let session = Arc::new(session);
                state.session = Some(Arc::clone(&session));
                let gateway = &self.line.name;
                tracing::info!(event = "sms.gateway.bound", gateway);
                Ok(session)
            }
            Err(error) => {
                state.session = None;
                state.leave_alone();
                Err(Failed::later(error.to_string()))
            }
        }
    }

    /// A new session, bound.
    async fn bound(&self) -> Result<Session, NotBound> {
        let line = &self.line;
        let timing = Timing { answer: line.patience, quiet: QUIET };
        let connecting = timeout(CONNECT, self.connected(timing));
        let session = connecting.await.map_err(|_| NotBound::TooSlow)??;
        let request = Request::bind(&line.account).map_err(NotBound::Unfit)?;
        match session.ask(Kind::Bind, request).await {
            Ok(()) => Ok(session),
            Err(refusal) => Err(NotBound::Refused(refusal)),
        }
    }

    async fn connected(&self, timing: Timing) -> Result<Session, NotBound> {
        let line = &self.line;
        let unreachable = |error: std::io::Error| NotBound::Unreachable(error.to_string());
        let stream = TcpStream::connect((line.host.as_str(), line.port)).await;
        let stream = stream.map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        let Some(tls) = &line.tls else { return Ok(Session::begin(stream, timing)) };
        let ssl = tls.configure().and_then(|tls| tls.into_ssl(&line.host));
        let stream = ssl.and_then(|ssl| SslStream::new(ssl, stream));
        let mut stream = stream.map_err(|error| NotBound::Tls(error.to_string()))?;
        match Pin::new(&mut stream).connect().await {
            Ok(()) => Ok(Session::begin(stream, timing)),
            Err(error) => Err(match stream.ssl().verify_result() {
                X509VerifyResult::OK => NotBound::Tls(error.to_string()),
                why => NotBound::Certificate(why.error_string()),
            }),
        }
    }

    /// Unbinds; nothing is sent any more.
    pub async fn end(&self) {
        let session = {
            let mut state = self.state.lock().await;
            state.is_over = true;
            state.session.take()
        };
        // Who still waits for an answer holds it too: then it ends with them.
        if let Some(session) = session.and_then(Arc::into_inner) {
            session.end().await;
        }
    }
}

impl State {
    /// A second, then twice as long each time, a minute at most.
    fn leave_alone(&mut self) {
        let pause = FIRST_REST.saturating_mul(1 << self.failures.min(6)).min(LONGEST_REST);
        self.rest = Some(Instant::now() + pause);
        self.failures = self.failures.saturating_add(1);
    }
}

/// It could not be bound.
#[derive(Debug, thiserror::Error)]
enum NotBound {
    #[error("it could not be reached: {0}")]
    Unreachable(String),
    #[error("it could not be reached in {} s", CONNECT.as_secs())]
    TooSlow,
    #[error("its TLS certificate is not believed: {0}")]
    Certificate(&'static str),
    #[error("it speaks no TLS that is good enough: {0}")]
    Tls(String),
    #[error("{0}")]
    Unfit(Unfit),
    #[error("it did not let us in (bind_transmitter): {0}")]
    Refused(Refusal),
}

/// TLS 1.2 or later, with certificates for the gateway's own name by `authorities` (PEM, one or more) in place of the
/// system's.
///
/// # Errors
/// When they cannot be read, or TLS cannot be set up.
pub fn tls(authorities: Option<&[u8]>) -> Result<SslConnector, BadAuthority> {
    let mut builder = SslConnector::builder(SslMethod::tls_client())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    if let Some(pem) = authorities {
        let believed = X509::stack_from_pem(pem)?;
        if believed.is_empty() {
            return Err(BadAuthority::None);
        }
        let mut store = X509StoreBuilder::new()?;
        for certificate in believed {
            store.add_cert(certificate)?;
        }
        builder.set_cert_store(store.build());
    }
    Ok(builder.build())
}

/// TLS towards a gateway cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum BadAuthority {
    /// Not certificates.
    #[error("the certificates by which the gateway is believed cannot be read: they must be PEM")]
    Unreadable(#[from] ErrorStack),
    /// An empty file.
    #[error("there is no certificate in the file by which the gateway is believed")]
    None,
}

impl fmt::Debug for Smpp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smpp({})", self.line.name)
    }
}

/// To connect, TLS included.
const CONNECT: Duration = Duration::from_secs(5);
/// Nothing heard for so long, and it is asked whether it is there.
const QUIET: Duration = Duration::from_secs(30);
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(60);
