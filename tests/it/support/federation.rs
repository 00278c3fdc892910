//! A federation of the tests: its lists, signed, and its server, which answers as well or as badly as a test wants.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Name};
use ponte::saml::identity_provider::IdentityProvider;
use ponte::saml::metadata::write;
use ponte::world::signer::Signer as _;

use crate::support::forge::{Forge, PLACE};
use crate::support::keys::{self, Keys};
use crate::support::sp::Metadata;
use crate::support::{bridge, idp};

/// A list of metadata that a test may change in one thing.
#[derive(Clone)]
pub(crate) struct List {
    pub(crate) entities: Vec<String>,
    pub(crate) valid_until: Option<String>,
    pub(crate) cache: Option<&'static str>,
    pub(crate) created: Option<String>,
    pub(crate) id: &'static str,
}

/// An instant as metadata write it.
pub(crate) fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A service provider called `entity_id`, with `keys` for signatures, as an entity of a list.
pub(crate) fn service_provider(entity_id: &str, keys: &[&Keys]) -> String {
    let certificate = |keys: &&Keys| (None, keys.signer.certificate().to_vec());
    let metadata = Metadata {
        entity_id: Some(entity_id.into()),
        id: None,
        certificates: keys.iter().map(certificate).collect(),
        ..Metadata::generic()
    };
    metadata.unsigned()
}

/// The honest identity provider of the bridge's tests, as an entity of a list.
pub(crate) fn identity_provider() -> String {
    let (entity, keys) = (bridge::HONEST.entity, bridge::HONEST.keys);
    let described = IdentityProvider {
        entity_id: entity.into(),
        single_sign_on: format!("{entity}/sso"),
        ..idp::identity_provider()
    };
    write::write(&described, "_honest", &keys.signer, &[]).unwrap()
}

impl List {
    /// Good at `now`, for ten days.
    pub(crate) fn of(entities: Vec<String>, now: DateTime<Utc>) -> Self {
        let valid_until = Some(instant(now + TimeDelta::days(10)));
        Self { entities, valid_until, cache: None, created: None, id: "_list" }
    }

    fn text(&self, place: &str) -> String {
        let mut text = format!(
            "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" ID=\"{}\"",
            self.id
        );
        for (name, value) in
            [("validUntil", self.valid_until.as_deref()), ("cacheDuration", self.cache)]
        {
            let _ = value.map(|value| write!(text, " {name}=\"{value}\""));
        }
        let _ = write!(text, ">{place}");
        if let Some(created) = &self.created {
            let _ = write!(
                text,
                "<md:Extensions><mdrpi:PublicationInfo xmlns:mdrpi=\"urn:oasis:names:tc:SAML:metadata:rpi\" \
                 publisher=\"https://federation.example.org\" creationInstant=\"{created}\"/></md:Extensions>"
            );
        }
        for entity in &self.entities {
            text.push_str(without_declaration(entity));
        }
        text + "</md:EntitiesDescriptor>"
    }

    pub(crate) fn unsigned(&self) -> String {
        self.text("")
    }

    /// Signed by `keys`, with their certificate beside the signature.
    pub(crate) fn signed(&self, keys: &Keys) -> String {
        sealed(&self.text(PLACE), self.id, keys)
    }
}

/// The metadata of one service provider, signed by a federation as a server of single entities signs them.
pub(crate) fn single(entity_id: &str, keys: &[&Keys], until: &str, by: &Keys) -> String {
    let entity = service_provider(entity_id, keys);
    let entity = without_declaration(&entity);
    let head = format!("<md:EntityDescriptor ID=\"_one\" validUntil=\"{until}\" ");
    let text = entity.replacen("<md:EntityDescriptor ", &head, 1);
    let at = text.find('>').unwrap() + 1;
    let (open, rest) = text.split_at(at);
    sealed(&format!("{open}{PLACE}{rest}"), "_one", by)
}

fn sealed(text: &str, id: &str, keys: &Keys) -> String {
    let certificate = STANDARD.encode(keys.signer.certificate());
    let key_info = format!(
        "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    );
    Forge { key_info, ..Forge::default() }.seal(text, id, keys)
}

fn without_declaration(xml: &str) -> &str {
    match xml.find("?>") {
        Some(at) if xml.starts_with("<?xml") => &xml[at + 2..],
        _ => xml,
    }
}

/// What a server answers.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// This document, with an entity tag of it; 304 to whoever has it.
    Document(String),
    /// This status, with this body.
    Status(u16, String),
    /// A redirect to this address.
    Redirect(String),
    /// This document, and an end of the connection before the length that was said.
    Cut(String),
    /// Nothing, for a long time.
    Silence,
}

/// A server of metadata.
pub(crate) struct Federation {
    pub(crate) port: u16,
    is_tls: bool,
    state: Arc<Mutex<State>>,
}

struct State {
    answer: Answer,
    /// Answers by path, which go first.
    paths: Vec<(String, Answer)>,
    acceptor: Option<Arc<SslAcceptor>>,
    seen: Vec<String>,
}

impl Federation {
    /// Starts one that speaks HTTP.
    pub(crate) fn start(answer: Answer) -> Self {
        Self::with(answer, None)
    }

    /// Starts one that speaks TLS with `certificate`.
    pub(crate) fn start_with_tls(answer: Answer, certificate: &ServerCertificate) -> Self {
        Self::with(answer, Some(certificate.acceptor()))
    }

    fn with(answer: Answer, acceptor: Option<Arc<SslAcceptor>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let is_tls = acceptor.is_some();
        let (paths, seen) = (Vec::new(), Vec::new());
        let state = Arc::new(Mutex::new(State { answer, paths, acceptor, seen }));
        let kept = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&kept);
                std::thread::spawn(move || {
                    let acceptor = state.lock().unwrap().acceptor.clone();
                    match acceptor {
                        None => serve(stream, &state),
                        // A client that does not believe us breaks off here.
                        Some(acceptor) => drop(acceptor.accept(stream).map(|it| serve(it, &state))),
                    }
                });
            }
        });
        Self { port, is_tls, state }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        match self.is_tls {
            true => format!("https://localhost:{}{path}", self.port),
            false => format!("http://127.0.0.1:{}{path}", self.port),
        }
    }

    /// What it answers from here on.
    pub(crate) fn answers(&self, answer: Answer) {
        self.state.lock().unwrap().answer = answer;
    }

    /// What it answers at a path.
    pub(crate) fn answers_at(&self, path: &str, answer: Answer) {
        self.state.lock().unwrap().paths.insert(0, (path.to_owned(), answer));
    }

    /// The certificate that it shows from here on.
    pub(crate) fn shows(&self, certificate: &ServerCertificate) {
        self.state.lock().unwrap().acceptor = Some(certificate.acceptor());
    }

    /// The heads of all requests that it saw.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.state.lock().unwrap().seen.clone()
    }
}

fn serve(mut stream: impl Read + Write, state: &Mutex<State>) {
    let (mut head, mut part) = (Vec::new(), [0; 2048]);
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return,
            Ok(read) => head.extend_from_slice(&part[..read]),
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let answer = {
        let mut state = state.lock().unwrap();
        state.seen.push(head.clone());
        let at_path = state.paths.iter().find(|(known, _)| *known == path);
        at_path.map_or_else(|| state.answer.clone(), |(_, answer)| answer.clone())
    };
    let said = |status: u16, more: &str, length: usize| {
        format!(
            "HTTP/1.1 {status} So\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n"
        )
    };
    let _sent = match answer {
        Answer::Document(body) => {
            let tag = openssl::base64::encode_block(&openssl::sha::sha256(body.as_bytes()));
            let tag = format!("etag: \"{}\"\r\n", tag.to_ascii_lowercase());
            match head.to_ascii_lowercase().contains(&tag.replacen("etag", "if-none-match", 1)) {
                true => write!(stream, "{}", said(304, &tag, 0)),
                false => write!(stream, "{}{body}", said(200, &tag, body.len())),
            }
        }
        Answer::Status(status, body) => write!(stream, "{}{body}", said(status, "", body.len())),
        Answer::Redirect(to) => write!(stream, "{}", said(302, &format!("location: {to}\r\n"), 0)),
        Answer::Cut(body) => write!(stream, "{}{body}", said(200, "", body.len() * 2)),
        Answer::Silence => {
            std::thread::sleep(Duration::from_secs(20));
            Ok(())
        }
    };
    let _sent = stream.flush();
}

/// A certificate for `localhost`, and its key.
pub(crate) struct ServerCertificate {
    certificate: X509,
    key: PKey<Private>,
}

impl ServerCertificate {
    /// Good for the days `from` to `to` after 1970.
    pub(crate) fn new(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        let key = PKey::private_key_from_pem(&keys::another()).unwrap();
        let mut name = X509Name::builder().unwrap();
        name.append_entry_by_text("CN", &format!("localhost {}", to.timestamp())).unwrap();
        let name = name.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.set_not_before(&Asn1Time::from_unix(from.timestamp()).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::from_unix(to.timestamp()).unwrap()).unwrap();
        let names = SubjectAlternativeName::new()
            .dns("localhost")
            .build(&builder.x509v3_context(None, None));
        builder.append_extension(names.unwrap()).unwrap();
        builder.append_extension(BasicConstraints::new().ca().build().unwrap()).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        Self { certificate: builder.build(), key }
    }

    fn acceptor(&self) -> Arc<SslAcceptor> {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
        acceptor.set_private_key(&self.key).unwrap();
        acceptor.set_certificate(&self.certificate).unwrap();
        Arc::new(acceptor.build())
    }

    /// Adds it to a file of certificates that are believed.
    pub(crate) fn believe(&self, file: &Path) {
        let mut all = std::fs::read(file).unwrap_or_default();
        all.extend(self.certificate.to_pem().unwrap());
        std::fs::write(file, all).unwrap();
    }
}
