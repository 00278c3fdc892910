//! What is fetched over HTTP: from named places only, with limits on time and size, and never further than asked.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::tls::Version;
use reqwest::{Certificate, Client, ClientBuilder, Response};
use url::Url;

use crate::world::public::is_public;

/// Sends one HTTP request and brings its answer.
#[async_trait]
pub trait Fetch: fmt::Debug + Send + Sync {
    /// The answer to `request`, whatever its status but a redirect.
    ///
    /// # Errors
    /// When the address may not be asked, or no whole answer came within the limits.
    async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, FetchError>;

    /// The same, with the body put into `sink` as it comes, and none in the answer.
    ///
    /// # Errors
    /// As [`Fetch::fetch`], and when `sink` refuses.
    async fn fetch_into(
        &self,
        request: FetchRequest,
        sink: &mut File,
    ) -> Result<FetchResponse, FetchError> {
        let mut answer = self.fetch(request).await?;
        let body = std::mem::take(&mut answer.body);
        sink.write_all(&body).map_err(|error| FetchError::Unkept(error.to_string()))?;
        Ok(answer)
    }
}

/// One request.
#[derive(Clone, Eq, PartialEq)]
pub struct FetchRequest {
    /// Where to.
    pub url: Url,
    /// What is posted; `None` gets.
    pub body: Option<Vec<u8>>,
    /// Names and values of headers.
    pub headers: Vec<(String, String)>,
}

impl FetchRequest {
    /// A request to read `url`.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self { url, body: None, headers: Vec::new() }
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// Only where to: headers and body hold secrets.
impl fmt::Debug for FetchRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = if self.body.is_some() { "POST" } else { "GET" };
        write!(f, "{method} {}{}", self.url.origin().ascii_serialization(), self.url.path())
    }
}

/// What came back.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct FetchResponse {
    /// The status.
    pub status: u16,
    /// `Content-Type`, as it was written.
    pub content_type: Option<String>,
    /// `Retry-After` (RFC 9110 §10.2.3), where it says seconds.
    pub retry_after: Option<u32>,
    /// All of it.
    pub body: Vec<u8>,
    /// `ETag`, as it was written.
    pub etag: Option<String>,
    /// `Last-Modified`, as it was written.
    pub last_modified: Option<String>,
}

/// Not the body, which holds secrets.
impl fmt::Debug for FetchResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}, {} octets", self.status, self.content_type, self.body.len())
    }
}

/// Why nothing was fetched.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FetchError {
    /// No setting names the place.
    #[error("{0} is not a place that the settings name")]
    NotNamed(String),
    /// Neither https nor this machine.
    #[error("{0} is not https")]
    NotHttps(String),
    /// The address of a network of our own, or none that a name stands for.
    #[error("{0} is no host of the Internet: it has a private address, or is an address itself")]
    NotPublic(String),
    /// It answered with another address.
    #[error("it answered with a redirect ({0}), which is not followed")]
    Redirect(u16),
    /// The answer is too long.
    #[error("the answer is longer than {0} octets")]
    TooLong(usize),
    /// Connecting or answering took too long.
    #[error("no whole answer came in time")]
    TooSlow,
    /// The server's certificate is not believed.
    #[error("its TLS certificate is not believed: {0}")]
    Certificate(String),
    /// It came, and cannot be kept.
    #[error("it cannot be kept: {0}")]
    Unkept(String),
    /// Nobody is there, or the connection broke.
    #[error("it could not be reached: {0}")]
    Unreachable(String),
}

impl FetchError {
    /// Its name in the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotNamed(_) => "fetch-not-named",
            Self::NotHttps(_) => "fetch-not-https",
            Self::NotPublic(_) => "fetch-not-public",
            Self::Redirect(_) => "fetch-redirect",
            Self::TooLong(_) => "fetch-too-long",
            Self::TooSlow => "fetch-too-slow",
            Self::Certificate(_) => "fetch-certificate",
            Self::Unkept(_) => "fetch-unkept",
            Self::Unreachable(_) => "fetch-unreachable",
        }
    }
}

/// How much is waited for and taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FetchLimits {
    /// To connect, TLS included.
    pub connect: Duration,
    /// For all of it.
    pub whole: Duration,
    /// Octets of a body.
    pub body: usize,
}

impl Default for FetchLimits {
    /// Three seconds, ten seconds, 1 MiB.
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), whole: Duration::from_secs(10), body: 1024 * 1024 }
    }
}

/// The one implementation that leaves the machine. It knows no proxy but none, follows nothing, keeps no cookie.
pub struct HttpFetch {
    client: Client,
    origins: BTreeSet<String>,
    limits: FetchLimits,
    signed: bool,
    public: bool,
}

/// What holds for every client.
fn builder(limits: FetchLimits) -> ClientBuilder {
    Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .tls_version_min(Version::TLS_1_2)
        .connect_timeout(limits.connect)
        .timeout(limits.whole)
}

/// Names as the system reads them, if each address that they stand for is of the Internet.
struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().any(|address| !is_public(address.ip())) {
                return Err(NOT_PUBLIC.into());
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

const NOT_PUBLIC: &str = "the name stands for an address that is not of the Internet";

impl HttpFetch {
    /// Fetches from `origins` alone (scheme, host and port: `https://op.example.org`), over TLS 1.2 or later with certificates of
    /// `authorities` (PEM, one or more) in place of the system's. An origin of this machine may be plain HTTP.
    ///
    /// # Errors
    /// When an origin is not one, is plain HTTP elsewhere, or `authorities` cannot be read.
    pub fn new(
        origins: &[String],
        authorities: Option<&[u8]>,
        limits: FetchLimits,
    ) -> Result<Self, FetchSetupError> {
        let named = origins.iter().map(|origin| origin_of(origin)).collect::<Result<_, _>>()?;
        let mut client = builder(limits);
        if let Some(pem) = authorities {
            let believed = Certificate::from_pem_bundle(pem);
            let believed = believed.map_err(FetchSetupError::Authorities)?;
            if believed.is_empty() {
                return Err(FetchSetupError::NoAuthorities);
            }
            client = client.tls_certs_only(believed);
        }
        let client = client.build().map_err(FetchSetupError::Client)?;
        Ok(Self { client, origins: named, limits, signed: false, public: false })
    }

    /// Fetches from `origin`, which nobody here has named: https alone, at a host by its name, and only where that name stands for
    /// addresses of the Internet. The addresses that were judged are those that are connected to, so a name that changes its mind in
    /// between gains nothing.
    ///
    /// # Errors
    /// When the client cannot be built.
    pub fn to_public(origin: &Url, limits: FetchLimits) -> Result<Self, FetchSetupError> {
        let client = builder(limits).dns_resolver(Arc::new(PublicNames));
        let client = client.build().map_err(FetchSetupError::Client)?;
        let origins = [origin.origin().ascii_serialization()].into();
        Ok(Self { client, origins, limits, signed: false, public: true })
    }

    /// Fetches what is signed, and is nobody's secret, from the origins of `places`: plain HTTP is taken, as authorities
    /// publish their lists (RFC 5280 §8: https would ask for another certificate's standing first).
    ///
    /// # Errors
    /// When the client cannot be built.
    pub fn of_signed(places: &[Url], limits: FetchLimits) -> Result<Self, FetchSetupError> {
        let fetch = Self::new(&[], None, limits)?;
        let origins = places.iter().map(|place| place.origin().ascii_serialization()).collect();
        Ok(Self { origins, signed: true, ..fetch })
    }
}

impl fmt::Debug for HttpFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpFetch").field("origins", &self.origins).finish_non_exhaustive()
    }
}

/// Fetching cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum FetchSetupError {
    /// Not an origin.
    #[error("{0:?} is not an origin (https://host or https://host:port)")]
    Origin(String),
    /// Plain HTTP to another machine.
    #[error("{0:?} must be https: only this machine may be asked in plain HTTP")]
    Plain(String),
    /// Not certificates in PEM.
    #[error("the certificates to believe cannot be read: they must be PEM")]
    Authorities(#[source] reqwest::Error),
    /// An empty file.
    #[error("there is no certificate to believe in the file")]
    NoAuthorities,
    /// The client cannot be built.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

/// The origin that `text` is, in the form that addresses are compared in.
///
/// # Errors
/// When it is more or less than an origin, or is plain HTTP to another machine.
pub fn origin_of(text: &str) -> Result<String, FetchSetupError> {
    let wrong = || FetchSetupError::Origin(text.to_owned());
    let url = Url::parse(text).map_err(|_| wrong())?;
    let is_bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !is_bare || url.host_str().is_none() {
        return Err(wrong());
    }
    match is_safe(&url) {
        true => Ok(url.origin().ascii_serialization()),
        false => Err(FetchSetupError::Plain(text.to_owned())),
    }
}

/// Whether what is sent to `url` is read by nobody on the way: it is https, or this machine (`localhost` and names below it, or a
/// loopback address; RFC 6761 §6.3).
#[must_use]
pub fn is_safe(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        },
        _ => false,
    }
}

#[async_trait]
impl Fetch for HttpFetch {
    async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, FetchError> {
        let (mut answer, mut coming) = self.asked(request).await?;
        while let Some(chunk) = coming.chunk().await? {
            answer.body.extend_from_slice(chunk.as_ref());
        }
        Ok(answer)
    }

    async fn fetch_into(
        &self,
        request: FetchRequest,
        sink: &mut File,
    ) -> Result<FetchResponse, FetchError> {
        let (answer, mut coming) = self.asked(request).await?;
        while let Some(chunk) = coming.chunk().await? {
            sink.write_all(chunk.as_ref())
                .map_err(|error| FetchError::Unkept(error.to_string()))?;
        }
        Ok(answer)
    }
}

/// A body that comes.
struct Coming {
    answer: Response,
    octets: usize,
    most: usize,
}

impl Coming {
    async fn chunk(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, FetchError> {
        let chunk = self.answer.chunk().await.map_err(|error| failure(&error))?;
        self.octets += chunk.as_ref().map_or(0, |chunk| chunk.len());
        if self.octets > self.most {
            return Err(FetchError::TooLong(self.most));
        }
        Ok(chunk)
    }
}

impl HttpFetch {
    /// The head of the answer, and the body that is still to come.
    async fn asked(&self, request: FetchRequest) -> Result<(FetchResponse, Coming), FetchError> {
        let origin = request.url.origin().ascii_serialization();
        if !self.signed && !is_safe(&request.url) {
            return Err(FetchError::NotHttps(origin));
        }
        if !self.origins.contains(&origin) {
            return Err(FetchError::NotNamed(origin));
        }
        // An address goes past the resolver, so nothing would judge it.
        let is_name = matches!(request.url.host(), Some(url::Host::Domain(_)));
        if self.public && (request.url.scheme() != "https" || !is_name) {
            return Err(FetchError::NotPublic(origin));
        }
        let mut sending = match request.body {
            None => self.client.get(request.url),
            Some(body) => self.client.post(request.url).body(body),
        };
        for (name, value) in &request.headers {
            sending = sending.header(name, value);
        }
        let sent = sending.send().await;
        let answer = sent.map_err(|error| match failure(&error) {
            FetchError::Unreachable(why) if why == NOT_PUBLIC => FetchError::NotPublic(origin),
            failure => failure,
        })?;
        let status = answer.status().as_u16();
        // 304 is no redirect: what was asked about is as it was (RFC 9110 §15.4.5).
        if (300..400).contains(&status) && status != 304 {
            return Err(FetchError::Redirect(status));
        }
        let said = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let content_type = said("content-type").map(str::to_owned);
        let retry_after = said("retry-after").and_then(|seconds| seconds.trim().parse().ok());
        let (etag, last_modified) = (said("etag"), said("last-modified"));
        let (etag, last_modified) = (etag.map(str::to_owned), last_modified.map(str::to_owned));
        let body = Vec::new();
        let head = FetchResponse { status, content_type, retry_after, body, etag, last_modified };
        Ok((head, Coming { answer, octets: 0, most: self.limits.body }))
    }
}

/// The innermost cause says most; the address is left out, since a query may hold secrets.
fn failure(error: &reqwest::Error) -> FetchError {
    if error.is_timeout() {
        return FetchError::TooSlow;
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let why = cause.to_string();
    match why.contains("certificate") {
        true => FetchError::Certificate(why),
        false => FetchError::Unreachable(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_an_origin() {
        for (text, expected) in [
            ("https://OP.example.org", "https://op.example.org"),
            ("https://op.example.org:443/", "https://op.example.org"),
            ("https://op.example.org:8443", "https://op.example.org:8443"),
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
            ("http://op.localhost:9000", "http://op.localhost:9000"),
        ] {
            assert_eq!(origin_of(text).unwrap(), expected);
        }
        for text in [
            "op.example.org",
            "https://op.example.org/path",
            "https://a@op.example.org",
            "file:///",
        ] {
            assert!(matches!(origin_of(text), Err(FetchSetupError::Origin(_))), "{text}");
        }
        for text in ["http://op.example.org", "http://localhost.example.org", "http://10.0.0.1"] {
            assert!(matches!(origin_of(text), Err(FetchSetupError::Plain(_))), "{text}");
        }
    }

    #[test]
    fn certificates_that_are_none_are_refused() {
        let refused = HttpFetch::new(&[], Some(b"none"), FetchLimits::default());
        assert!(matches!(refused, Err(FetchSetupError::NoAuthorities)), "{refused:?}");
    }
}
