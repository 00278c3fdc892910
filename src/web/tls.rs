//! TLS for our listener: OpenSSL, versions 1.2 and 1.3.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};

use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    Ssl, SslAcceptor, SslAcceptorBuilder, SslMethod, SslOptions, SslSessionCacheMode, SslVerifyMode,
};
use openssl::stack::Stack;
use openssl::x509::X509;
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

/// What speaks TLS: an acceptor that can be swapped for one with a newer certificate. Clones swap together.
#[derive(Clone)]
pub struct Tls(Arc<RwLock<Acceptor>>);

impl Tls {
    /// Begins with `acceptor`.
    #[must_use]
    pub fn new(acceptor: Acceptor) -> Self {
        Self(Arc::new(RwLock::new(acceptor)))
    }

    /// Handshakes from here on are `acceptor`'s.
    pub fn swap(&self, acceptor: Acceptor) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = acceptor;
    }

    fn acceptor(&self) -> Acceptor {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

/// Takes the server's part in a handshake.
pub(super) async fn shake_hands(
    stream: TcpStream,
    tls: &Tls,
) -> Result<SslStream<TcpStream>, openssl::ssl::Error> {
    let mut stream = SslStream::new(Ssl::new(tls.acceptor().context())?, stream)?;
    Pin::new(&mut stream).accept().await?;
    Ok(stream)
}

/// What was shown in a handshake: the client's certificate (DER), if there was one. Its key was there: the handshake has
/// seen its signature.
#[derive(Clone, Debug, Default)]
pub struct Certificate(pub Option<Vec<u8>>);

/// What the client of a handshake has shown. One that goes on from another, so that no key was there, has shown nothing.
pub(super) fn shown(stream: &SslStream<TcpStream>) -> Certificate {
    let ssl = stream.ssl();
    let shown = ssl.peer_certificate().filter(|_| !ssl.session_reused());
    Certificate(shown.and_then(|certificate| certificate.to_der().ok()))
}

/// What takes the server's part in handshakes.
pub type Acceptor = SslAcceptor;

/// Files with which TLS cannot be spoken.
#[derive(Debug, thiserror::Error)]
#[error("certificate and key cannot be used for TLS")]
pub struct BadTls(#[from] ErrorStack);

/// TLS 1.2 and 1.3 with the ciphers of Mozilla's intermediate list; `chain` and `key` are PEM.
///
/// # Errors
/// When they cannot be read or do not belong together.
pub fn acceptor(chain: &[u8], key: &[u8]) -> Result<Acceptor, BadTls> {
    Ok(builder(chain, key)?.build())
}

/// The same where clients are asked for a certificate of the `authorities` (DER). Whatever is shown, or nothing, the
/// handshake goes on: who is let in is judged afterwards, with a page for each refusal. Every connection is a handshake
/// of its own: no tickets, no cache, no renegotiation, so that a card that was pulled is not there any more.
///
/// # Errors
/// When something cannot be read, or certificate and key do not belong together.
pub fn acceptor_of_cards(
    chain: &[u8],
    key: &[u8],
    authorities: &[&[u8]],
) -> Result<Acceptor, BadTls> {
    let mut acceptor = builder(chain, key)?;
    acceptor.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
    acceptor.set_session_cache_mode(SslSessionCacheMode::OFF);
    acceptor.set_session_id_context(b"ponte cards")?;
    acceptor.set_options(SslOptions::NO_TICKET | SslOptions::NO_RENEGOTIATION);
    acceptor.set_num_tickets(0)?;
    let mut names = Stack::new()?;
    for authority in authorities {
        names.push(X509::from_der(authority)?.subject_name().to_owned()?)?;
    }
    acceptor.set_client_ca_list(names);
    Ok(acceptor.build())
}

fn builder(chain: &[u8], key: &[u8]) -> Result<SslAcceptorBuilder, BadTls> {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    let mut certificates = X509::stack_from_pem(chain)?.into_iter();
    if let Some(own) = certificates.next() {
        acceptor.set_certificate(&own)?;
    }
    for certificate in certificates {
        acceptor.add_extra_chain_cert(certificate)?;
    }
    acceptor.set_private_key(&*PKey::private_key_from_pem(key)?)?;
    acceptor.check_private_key()?;
    Ok(acceptor)
}
