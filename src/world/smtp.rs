//! Mails by an SMTP server (RFC 5321), with TLS by OpenSSL.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::world::letter::Sender;
use crate::world::outbox::{Body, Cause, Message, Outbox, SendError};

/// Where the server is, and how it is spoken to.
#[derive(Clone)]
pub struct Server {
    /// Its name, or its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// User name and password, if it wants them.
    pub credentials: Option<(String, String)>,
    /// Certificates (PEM) of a private authority that it may be certified by.
    pub authority: Option<Vec<u8>>,
    /// What we call ourselves (RFC 5321 §4.1.1.1).
    pub hello: String,
}

/// How a connection to the server is protected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Security {
    /// TLS from the first octet (RFC 8314 §3.3).
    Tls,
    /// STARTTLS, and nothing without it (RFC 3207).
    StartTls,
    /// Not at all: on this machine only.
    Nothing,
}

/// An SMTP server.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Sender,
    server: String,
}

impl Smtp {
    /// Will speak to `server`, in the name of `sender`.
    ///
    /// # Errors
    /// When the authority's certificates cannot be read, or TLS cannot be set up.
    pub fn new(server: Server, sender: Sender) -> Result<Self, SmtpError> {
        let named = format!("{}:{}", server.host, server.port);
        let tls = match server.security {
            Security::Nothing => Tls::None,
            Security::Tls => Tls::Wrapper(parameters(&server)?),
            Security::StartTls => Tls::Required(parameters(&server)?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(PATIENCE))
            .hello_name(ClientId::Domain(server.hello));
        if let Some((user, password)) = server.credentials {
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Self { transport: builder.build(), sender, server: named })
    }
}

fn parameters(server: &Server) -> Result<TlsParameters, SmtpError> {
    let mut builder = TlsParameters::builder(server.host.clone());
    if let Some(pem) = &server.authority {
        let certificate = Certificate::from_pem(pem).map_err(SmtpError::Authority)?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build_native().map_err(SmtpError::Tls)
}

/// An SMTP server cannot be spoken to as the settings say.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// Not a certificate.
    #[error("the certificate of the mail server's authority cannot be read: it must be PEM")]
    Authority(#[source] Error),
    /// TLS cannot be set up.
    #[error("TLS towards the mail server cannot be set up")]
    Tls(#[source] Error),
}

#[async_trait]
impl Outbox for Smtp {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let Body::Mail(mail) = &message.body else {
            return Err(SendError::Never("an SMTP server takes nothing but mails".into()));
        };
        let composed = self.sender.compose(&message.id, message.at, mail)?;
        within(self.transport.send(composed)).await.map(drop)
    }

    async fn try_out(&self) -> Result<(), SendError> {
        match within(self.transport.test_connection()).await? {
            true => Ok(()),
            false => Err(SendError::Later("the server does not answer".into())),
        }
    }
}

/// What `work` comes to, if the server goes on answering.
async fn within<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, SendError> {
    match tokio::time::timeout(AT_ALL, work).await {
        Ok(done) => done.map_err(judged),
        Err(_) => Err(SendError::Later("the server does not go on answering".into())),
    }
}

/// A server that refuses this mail for good says so (RFC 5321 §4.2.1); one that cannot be reached, or does not know us,
/// is somebody's to mend.
fn judged(error: Error) -> SendError {
    let refuses_us = error.status().is_some_and(|code| NOT_THE_MAIL.contains(&u16::from(code)));
    let is_for_good = error.is_permanent() && !refuses_us;
    // What the server says besides may name the person.
    let cause: Cause = match error.status() {
        Some(code) => format!("the server answered {code}").into(),
        None => Box::new(error),
    };
    if is_for_good { SendError::Never(cause) } else { SendError::Later(cause) }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smtp({})", self.server)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({}:{}, {:?})", self.host, self.port, self.security)
    }
}

/// Commands refused, and credentials wanted or wrong: it is our settings that are at fault (RFC 5321 §4.2.2, RFC 4954 §6).
const NOT_THE_MAIL: [u16; 8] = [500, 501, 502, 503, 504, 530, 534, 535];
/// For the whole of one conversation.
const AT_ALL: Duration = Duration::from_secs(60);
/// For the connection.
const PATIENCE: Duration = Duration::from_secs(20);
