//! Authorities that issue cards, revoke them and answer for them, and a browser that shows a card by mutual TLS.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use openssl::ssl::{SslConnector, SslMethod, SslSession, SslSessionCacheMode, SslVerifyMode};
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use openssl::x509::{X509, X509Builder, X509Extension, X509Name};
use ponte::world::der;
use ponte::world::fetch::{Fetch, FetchError, FetchRequest, FetchResponse};
use url::Url;

use crate::support::agent::{Page, read};

/// CNS's policy.
pub(crate) const CNS: &str = "1.3.76.16.2.1";
/// The fiscal code of whoever lives in the houses of the tests.
pub(crate) const CODE: &str = "RSSMRA80A01H501U";

/// A certification authority.
#[derive(Clone)]
pub(crate) struct Authority {
    pub(crate) key: PKey<Private>,
    pub(crate) certificate: X509,
}

/// A card: certificate and key.
#[derive(Clone)]
pub(crate) struct Card {
    pub(crate) key: PKey<Private>,
    pub(crate) certificate: X509,
}

/// What a card's certificate says.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) serial: u32,
    pub(crate) common_name: String,
    pub(crate) name_serial: Option<String>,
    pub(crate) from: DateTime<Utc>,
    pub(crate) to: DateTime<Utc>,
    pub(crate) signs: bool,
    pub(crate) authenticates: bool,
    pub(crate) purpose: Option<&'static str>,
    pub(crate) policy: Option<&'static str>,
    pub(crate) digest: MessageDigestName,
}

/// With what a certificate is signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MessageDigestName {
    Sha1,
    Sha256,
}

impl Spec {
    /// A CNS that is good around `now`.
    pub(crate) fn cns(serial: u32, now: DateTime<Utc>) -> Self {
        Self {
            serial,
            common_name: format!("{CODE}/7430004000016801.aBcD="),
            name_serial: None,
            from: now - TimeDelta::days(365),
            to: now + TimeDelta::days(730),
            signs: false,
            authenticates: true,
            purpose: Some("clientAuth"),
            policy: Some(CNS),
            digest: MessageDigestName::Sha256,
        }
    }
}

fn new_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn name(organization: &str, common_name: &str, serial: Option<&str>) -> X509Name {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_nid(Nid::COUNTRYNAME, "IT").unwrap();
    name.append_entry_by_nid(Nid::ORGANIZATIONNAME, organization).unwrap();
    if let Some(serial) = serial {
        name.append_entry_by_nid(Nid::SERIALNUMBER, serial).unwrap();
    }
    name.append_entry_by_nid(Nid::COMMONNAME, common_name).unwrap();
    name.build()
}

fn begin(serial: u32, from: DateTime<Utc>, to: DateTime<Utc>) -> X509Builder {
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(serial).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(from.timestamp()).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(to.timestamp()).unwrap()).unwrap();
    builder
}

impl Authority {
    /// An authority that is good for long.
    pub(crate) fn new(title: &str) -> Self {
        let from = "2020-01-01T00:00:00Z".parse().unwrap();
        Self::good(title, from, "2040-01-01T00:00:00Z".parse().unwrap())
    }

    pub(crate) fn good(title: &str, from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        let key = new_key();
        let mut builder = begin(1, from, to);
        let name = name(title, &format!("CA of {title}"), None);
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        let usage = KeyUsage::new().critical().key_cert_sign().crl_sign().build().unwrap();
        builder.append_extension(usage).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        Self { key, certificate: builder.build() }
    }

    pub(crate) fn pem(&self) -> Vec<u8> {
        self.certificate.to_pem().unwrap()
    }

    /// Issues a card.
    pub(crate) fn issue(&self, spec: &Spec) -> Card {
        self.issue_for(spec, new_key())
    }

    /// Issues a card for a key that somebody else has made.
    pub(crate) fn issue_for(&self, spec: &Spec, key: PKey<Private>) -> Card {
        let certificate = self.certify(spec, &key);
        Card { key, certificate }
    }

    /// The certificate for a key, of which the public half is enough.
    pub(crate) fn certify<T: openssl::pkey::HasPublic>(&self, spec: &Spec, key: &PKey<T>) -> X509 {
        let mut builder = begin(spec.serial, spec.from, spec.to);
        let subject = name("Cittadini", &spec.common_name, spec.name_serial.as_deref());
        builder.set_subject_name(&subject).unwrap();
        builder.set_issuer_name(self.certificate.subject_name()).unwrap();
        builder.set_pubkey(key).unwrap();
        let mut usage = KeyUsage::new();
        usage.critical();
        if spec.authenticates {
            usage.digital_signature();
        }
        if spec.signs {
            usage.non_repudiation();
        }
        if spec.authenticates || spec.signs {
            builder.append_extension(usage.build().unwrap()).unwrap();
        }
        if let Some(purpose) = spec.purpose {
            let extension = ExtendedKeyUsage::new().other(purpose).build().unwrap();
            builder.append_extension(extension).unwrap();
        }
        if let Some(policy) = spec.policy {
            let id = Asn1Object::from_str(policy).unwrap();
            let id = der::value(der::OBJECT_IDENTIFIER, &[id.as_slice()]);
            let value = der::value(der::SEQUENCE, &[&der::value(der::SEQUENCE, &[&id])]);
            let value = Asn1OctetString::new_from_bytes(&value).unwrap();
            let policies = Asn1Object::from_str("2.5.29.32").unwrap();
            let extension = X509Extension::new_from_der(&policies, false, &value);
            builder.append_extension(extension.unwrap()).unwrap();
        }
        let digest = match spec.digest {
            MessageDigestName::Sha1 => MessageDigest::sha1(),
            MessageDigestName::Sha256 => MessageDigest::sha256(),
        };
        builder.sign(&self.key, digest).unwrap();
        builder.build()
    }

    fn sign(&self, octets: &[u8]) -> Vec<u8> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).unwrap();
        signer.sign_oneshot_to_vec(octets).unwrap()
    }

    /// `octets`, with algorithm and signature after them, as certificates, lists and answers are (RFC 5280 §4.1.1).
    fn signed(&self, octets: &[u8]) -> Vec<u8> {
        let mut bits = vec![0];
        bits.extend(self.sign(octets));
        der::value(
            der::SEQUENCE,
            &[octets, &ecdsa_sha256(), &der::value(der::BIT_STRING, &[&bits])],
        )
    }

    fn name_der(&self) -> Vec<u8> {
        self.certificate.subject_name().to_der().unwrap()
    }

    /// A list of revoked certificates (RFC 5280 §5.1), with a critical extension if one is wanted.
    pub(crate) fn list(
        &self,
        revoked: &[u32],
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        critical: bool,
    ) -> Vec<u8> {
        let entry = |serial: &u32| der::value(der::SEQUENCE, &[&integer(*serial), &utc_time(from)]);
        let entries: Vec<Vec<u8>> = revoked.iter().map(entry).collect();
        let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
        let entries =
            if entries.is_empty() { Vec::new() } else { der::value(der::SEQUENCE, &entries) };
        // issuingDistributionPoint: onlyContainsUserCerts.
        let point = der::value(der::SEQUENCE, &[&der::value(0x81, &[&[0xff]])]);
        let extension = der::value(
            der::SEQUENCE,
            &[
                &der::value(der::OBJECT_IDENTIFIER, &[&[0x55, 0x1d, 0x1c]]),
                &der::value(der::BOOLEAN, &[&[0xff]]),
                &der::value(der::OCTET_STRING, &[&point]),
            ],
        );
        let extensions = der::value(0xa0, &[&der::value(der::SEQUENCE, &[&extension])]);
        let extensions = if critical { extensions } else { Vec::new() };
        let inside = der::value(
            der::SEQUENCE,
            &[
                &integer(1),
                &ecdsa_sha256(),
                &self.name_der(),
                &utc_time(from),
                &utc_time(to),
                &entries,
                &extensions,
            ],
        );
        self.signed(&inside)
    }

    /// The answer to `question` (RFC 6960 §4.2): the certificate is good, revoked or unknown.
    pub(crate) fn answer(
        &self,
        question: &[u8],
        status: Status,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Vec<u8> {
        let inside = |octets| der::next(octets).map(|(_, inside, _)| inside).unwrap();
        // OCSPRequest, TBSRequest, requestList, Request, and in it CertID.
        let request = inside(inside(inside(inside(question))));
        let (_, id, _) = der::next(request).unwrap();
        let id = der::value(der::SEQUENCE, &[id]);
        let status = match status {
            Status::Good => der::value(0x80, &[]),
            Status::Revoked => der::value(0xa1, &[&generalized(from)]),
            Status::Unknown => der::value(0x82, &[]),
        };
        let single = der::value(
            der::SEQUENCE,
            &[&id, &status, &generalized(from), &der::value(0xa0, &[&generalized(to)])],
        );
        let data = der::value(
            der::SEQUENCE,
            &[
                &der::value(0xa1, &[&self.name_der()]),
                &generalized(from),
                &der::value(der::SEQUENCE, &[&single]),
            ],
        );
        let basic = der::value(der::OCTET_STRING, &[&self.signed(&data)]);
        let bytes = der::value(
            der::SEQUENCE,
            &[&der::value(der::OBJECT_IDENTIFIER, &[&[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1]]), &basic],
        );
        der::value(der::SEQUENCE, &[&der::value(0x0a, &[&[0]]), &der::value(0xa0, &[&bytes])])
    }
}

fn ecdsa_sha256() -> Vec<u8> {
    let id = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    der::value(der::SEQUENCE, &[&der::value(der::OBJECT_IDENTIFIER, &[&id])])
}

fn integer(number: u32) -> Vec<u8> {
    let mut octets = number.to_be_bytes().to_vec();
    while octets.len() > 1 && octets[0] == 0 && octets[1] < 0x80 {
        octets.remove(0);
    }
    if octets[0] >= 0x80 {
        octets.insert(0, 0);
    }
    der::value(der::INTEGER, &[&octets])
}

fn utc_time(at: DateTime<Utc>) -> Vec<u8> {
    der::value(der::UTC_TIME, &[at.format("%y%m%d%H%M%SZ").to_string().as_bytes()])
}

fn generalized(at: DateTime<Utc>) -> Vec<u8> {
    der::value(der::GENERALIZED_TIME, &[at.format("%Y%m%d%H%M%SZ").to_string().as_bytes()])
}

/// What a responder says of a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Status {
    Good,
    Revoked,
    Unknown,
}

/// The way to authorities: what each address answers, and what was asked.
#[derive(Debug, Default)]
pub(crate) struct Net {
    answers: Mutex<Vec<(String, Answer)>>,
    pub(crate) asked: Mutex<Vec<String>>,
}

/// What an address answers.
#[derive(Clone)]
pub(crate) enum Answer {
    /// These octets.
    Octets(Vec<u8>),
    /// A responder's word.
    Word(Authority, Status, DateTime<Utc>, DateTime<Utc>),
    /// Nothing.
    Down,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answer")
    }
}

impl Net {
    pub(crate) fn say(&self, place: &str, answer: Answer) {
        let mut answers = self.answers.lock().unwrap();
        answers.retain(|(at, _)| at != place);
        answers.push((place.to_owned(), answer));
    }
}

#[async_trait]
impl Fetch for Net {
    async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, FetchError> {
        let place = request.url.to_string();
        self.asked.lock().unwrap().push(place.clone());
        let answers = self.answers.lock().unwrap().clone();
        let answer = answers.iter().find(|(at, _)| *at == place).map(|(_, answer)| answer);
        let body = match answer {
            Some(Answer::Octets(octets)) => octets.clone(),
            Some(Answer::Word(authority, status, from, to)) => {
                authority.answer(&request.body.unwrap(), *status, *from, *to)
            }
            Some(Answer::Down) | None => return Err(FetchError::TooSlow),
        };
        Ok(FetchResponse { status: 200, body, ..FetchResponse::default() })
    }
}

/// How a browser shows a card.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    pub(crate) card: Option<Card>,
    /// A session of TLS that it tries to go on with.
    pub(crate) session: Option<SslSession>,
    /// Headers that it sends besides.
    pub(crate) headers: Vec<(String, String)>,
    /// As which version of TLS it speaks at most.
    pub(crate) most: Option<openssl::ssl::SslVersion>,
}

/// What came of it.
pub(crate) struct ShownAt {
    pub(crate) page: Page,
    /// Whether the handshake went on from a session.
    pub(crate) resumed: bool,
    /// The sessions that the server would go on with.
    pub(crate) sessions: Vec<SslSession>,
    /// Whether the server closed the connection by itself.
    pub(crate) closed: bool,
}

impl Browser {
    pub(crate) fn with(card: &Card) -> Self {
        Self { card: Some(card.clone()), ..Self::default() }
    }

    /// Gets `url` at the card's listener on this machine.
    pub(crate) fn get(&self, url: &str) -> io::Result<ShownAt> {
        self.send("GET", url)
    }

    pub(crate) fn send(&self, method: &str, url: &str) -> io::Result<ShownAt> {
        let url = Url::parse(url).map_err(io::Error::other)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        let mut connector = SslConnector::builder(SslMethod::tls_client())?;
        connector.set_verify(SslVerifyMode::NONE);
        // An old card is shown by an old browser.
        connector.set_security_level(0);
        connector.set_max_proto_version(self.most)?;
        if let Some(card) = &self.card {
            connector.set_certificate(&card.certificate)?;
            connector.set_private_key(&card.key)?;
        }
        let sessions: Arc<Mutex<Vec<SslSession>>> = Arc::default();
        let kept = Arc::clone(&sessions);
        connector
            .set_session_cache_mode(SslSessionCacheMode::CLIENT | SslSessionCacheMode::NO_INTERNAL);
        connector.set_new_session_callback(move |_, session| kept.lock().unwrap().push(session));
        let mut configured = connector.build().configure()?;
        configured.set_verify_hostname(false);
        if let Some(session) = &self.session {
            // The test's own session, of a context alike.
            #[expect(unsafe_code, reason = "the crate cannot know that the contexts are alike")]
            unsafe {
                configured.set_session(session)?;
            }
        }
        let stream = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        stream.set_read_timeout(Some(std::time::Duration::from_secs(20)))?;
        let mut stream = configured.connect(&host, stream).map_err(io::Error::other)?;
        let mut head = format!("{method} {} HTTP/1.1\r\nHost: {host}:{port}\r\n", url.path());
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes())?;
        let mut answer = Vec::new();
        // Nobody said "Connection: close": the server ends it by itself, or this takes its time.
        let closed = stream.read_to_end(&mut answer).is_ok();
        let resumed = stream.ssl().session_reused();
        let page = read(url, &answer)?;
        let sessions = sessions.lock().unwrap().clone();
        Ok(ShownAt { page, resumed, sessions, closed })
    }

    /// Shows the card at `url`; where it is sent back to.
    pub(crate) fn show(&self, url: &str) -> String {
        let shown = self.get(url).unwrap();
        assert_eq!(shown.page.status, 303, "{:?}", shown.page);
        shown.page.header("location").unwrap().to_owned()
    }
}
