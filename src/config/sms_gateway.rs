//! `[[sms.gateway]]`: the gateways that send SMS, over HTTP or by SMPP.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::config::signing::Wrong;
use crate::world::smpp::alphabet::Alphabet;
use crate::world::smpp::pdu::{Account, Address, NPIS, TONS};
use crate::world::sms_gateway::{BadTemplate, Escape, Success, Template};

/// One of them, word for word, once defaults are filled in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct RawSmsGateway {
    pub name: String,
    pub kind: String,
    pub secret_file: Option<String>,
    pub authority: Option<String>,
    pub url: Option<String>,
    pub headers: Option<Vec<String>>,
    pub body: Option<String>,
    pub escape: Option<String>,
    pub success_status: Option<u64>,
    pub success_contains: Option<String>,
    pub host: Option<String>,
    pub port: Option<u64>,
    pub tls: Option<bool>,
    pub plain_text_over_network: Option<bool>,
    pub system_id: Option<String>,
    pub system_type: Option<String>,
    pub source: Option<String>,
    pub source_ton: Option<String>,
    pub source_npi: Option<String>,
    pub destination_ton: Option<String>,
    pub destination_npi: Option<String>,
    pub alphabet: Option<String>,
    pub validity: Option<bool>,
    pub answer_seconds: Option<u64>,
}

/// A gateway, and the files that go with it.
#[derive(Clone, Debug)]
pub struct SmsGateway {
    /// What the log calls it.
    pub name: String,
    /// The file of its secret.
    pub secret: Option<PathBuf>,
    /// The file of a private authority's certificates.
    pub authority: Option<PathBuf>,
    /// How it is spoken to.
    pub speech: Speech,
}

impl SmsGateway {
    /// Whether others on the way may read what is sent.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        matches!(&self.speech, Speech::Smpp(smpp) if smpp.is_exposed)
    }
}

/// How a gateway is spoken to.
#[derive(Clone, Debug)]
pub enum Speech {
    /// Over HTTP.
    Http(Http),
    /// By SMPP.
    Smpp(Smpp),
}

/// A gateway over HTTP: its template.
#[derive(Clone, Debug)]
pub struct Http {
    /// Where to.
    pub url: String,
    /// Names and values of headers.
    pub headers: Vec<(String, String)>,
    /// What is posted, and how values are written in it.
    pub body: Option<(String, Escape)>,
    /// What a message that was taken is answered with.
    pub success: Success,
}

impl Http {
    /// The template, once the secret is read.
    #[must_use]
    pub fn template(&self, name: &str, secret: Option<Zeroizing<String>>) -> Template {
        Template {
            name: name.to_owned(),
            url: self.url.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
            secret,
            success: self.success.clone(),
        }
    }
}

/// A gateway by SMPP.
#[derive(Clone, Debug)]
pub struct Smpp {
    /// Its name, or its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// Whether others on the way may read what is sent: it does not, and is on another machine.
    pub is_exposed: bool,
    /// `system_id`.
    pub system_id: String,
    /// `system_type`.
    pub system_type: String,
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

impl Smpp {
    /// As whom we are let in, once the password is read.
    #[must_use]
    pub fn account(&self, password: Zeroizing<String>) -> Account {
        Account {
            system_id: self.system_id.clone(),
            password,
            system_type: self.system_type.clone(),
        }
    }
}

/// Checks the gateway number `at`, from nought; relative paths are taken from `folder`.
///
/// # Errors
/// With the first thing that is wrong.
pub(super) fn gateway(raw: &RawSmsGateway, at: usize, folder: &Path) -> Result<SmsGateway, Wrong> {
    let key = |name: &str| format!("sms.gateway[{}].{name}", at + 1);
    let (of_http, of_smpp) = (keys_of_http(raw), keys_of_smpp(raw));
    let (strange, expected) = match raw.kind.as_str() {
        "http" => (of_smpp, "nothing: the key is for kind = \"smpp\""),
        "smpp" => (of_http, "nothing: the key is for kind = \"http\""),
        other => return Err((key("kind"), "\"http\" or \"smpp\"", format!("{other:?}"))),
    };
    if let Some(name) = strange {
        return Err((key(name), expected, "a value".to_owned()));
    }
    let secret = raw.secret_file.as_ref().map(|file| folder.join(file));
    let authority = raw.authority.as_ref().map(|file| folder.join(file));
    let speech = match raw.kind.as_str() {
        "http" => Speech::Http(http(raw, secret.is_some(), key)?),
        _ => Speech::Smpp(smpp(raw, key)?),
    };
    Ok(SmsGateway { name: raw.name.clone(), secret, authority, speech })
}

/// The first key that is there of those that SMPP has not.
fn keys_of_http(raw: &RawSmsGateway) -> Option<&'static str> {
    let said = [
        (raw.url.is_some(), "url"),
        (raw.headers.is_some(), "headers"),
        (raw.body.is_some(), "body"),
        (raw.escape.is_some(), "escape"),
        (raw.success_status.is_some(), "success-status"),
        (raw.success_contains.is_some(), "success-contains"),
    ];
    said.into_iter().find(|(is_there, _)| *is_there).map(|(_, name)| name)
}

/// The first key that is there of those that HTTP has not.
fn keys_of_smpp(raw: &RawSmsGateway) -> Option<&'static str> {
    let said = [
        (raw.host.is_some(), "host"),
        (raw.port.is_some(), "port"),
        (raw.tls.is_some(), "tls"),
        (raw.plain_text_over_network.is_some(), "plain-text-over-network"),
        (raw.system_id.is_some(), "system-id"),
        (raw.system_type.is_some(), "system-type"),
        (raw.source.is_some(), "source"),
        (raw.source_ton.is_some(), "source-ton"),
        (raw.source_npi.is_some(), "source-npi"),
        (raw.destination_ton.is_some(), "destination-ton"),
        (raw.destination_npi.is_some(), "destination-npi"),
        (raw.alphabet.is_some(), "alphabet"),
        (raw.validity.is_some(), "validity"),
        (raw.answer_seconds.is_some(), "answer-seconds"),
    ];
    said.into_iter().find(|(is_there, _)| *is_there).map(|(_, name)| name)
}

fn http(
    raw: &RawSmsGateway,
    has_secret: bool,
    key: impl Fn(&str) -> String,
) -> Result<Http, Wrong> {
    let mut headers = Vec::new();
    for header in raw.headers.iter().flatten() {
        let Some((name, value)) = header.split_once(':') else {
            return Err((key("headers"), "\"Name: value\"", format!("{header:?}")));
        };
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    let escape = match raw.escape.as_deref() {
        None | Some("json") => Escape::Json,
        Some("form") => Escape::Form,
        Some("xml") => Escape::Xml,
        Some(other) => {
            let expected = "\"json\" or \"form\" or \"xml\"";
            return Err((key("escape"), expected, format!("{other:?}")));
        }
    };
    let statuses = match raw.success_status {
        None => Vec::new(),
        Some(said) => match u16::try_from(said).ok().filter(|said| (200..600).contains(said)) {
            Some(status) => vec![status],
            None => return Err((key("success-status"), "a status of HTTP", said.to_string())),
        },
    };
    let http = Http {
        url: raw.url.clone().unwrap_or_default(),
        headers,
        body: raw.body.clone().map(|body| (body, escape)),
        success: Success { statuses, contains: raw.success_contains.clone() },
    };
    let secret = has_secret.then(|| Zeroizing::new("secret".to_owned()));
    http.template(&raw.name, secret).check().map_err(|bad| {
        let (name, expected) = match &bad {
            BadTemplate::Url => ("url", "an https address (http is for this machine)"),
            BadTemplate::Origin => ("url", "an address with a fixed scheme, host and port"),
            BadTemplate::Unknown(_) => {
                ("body", "{to}, {digits}, {text}, {id} or {secret} in braces")
            }
            BadTemplate::Missing(_) => {
                ("body", "{to} or {digits}, and {text}, in the address or the body")
            }
            BadTemplate::NoSecret => ("secret-file", "the file of what {secret} stands for"),
            BadTemplate::Header(_) => ("headers", "\"Name: value\""),
        };
        (key(name), expected, bad.to_string())
    })?;
    Ok(http)
}

fn smpp(raw: &RawSmsGateway, key: impl Fn(&str) -> String) -> Result<Smpp, Wrong> {
    let host = raw.host.clone().unwrap_or_default();
    if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err((key("host"), "a host's name or address", format!("{host:?}")));
    }
    let tls = raw.tls.unwrap_or(true);
    let in_the_clear = raw.plain_text_over_network.unwrap_or(false);
    let is_exposed = !tls && !is_here(&host);
    if is_exposed && !in_the_clear {
        let expected =
            "true (false is for a centre on this machine, or with plain-text-over-network = true)";
        return Err((key("tls"), expected, "false".to_owned()));
    }
    if !tls && raw.authority.is_some() {
        let expected = "nothing: without TLS no certificate is looked at";
        return Err((key("authority"), expected, "a value".to_owned()));
    }
    let port = raw.port.unwrap_or(if tls { 3550 } else { 2775 });
    let port = u16::try_from(port)
        .ok()
        .filter(|port| *port > 0)
        .ok_or_else(|| (key("port"), "a port from 1 to 65535", port.to_string()))?;
    let letters = |name: &str, said: &Option<String>, least: usize, most: usize, expected| {
        let said = said.clone().unwrap_or_default();
        let fits = (least..=most).contains(&said.len())
            && said.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if fits { Ok(said) } else { Err((key(name), expected, format!("{said:?}"))) }
    };
    let system_id = letters(
        "system-id",
        &raw.system_id,
        1,
        15,
        "1 to 15 letters of ASCII, as whom we are let in",
    )?;
    let system_type =
        letters("system-type", &raw.system_type, 0, 12, "12 letters of ASCII at most")?;
    if raw.secret_file.is_none() {
        let expected = "the file of the password";
        return Err((key("secret-file"), expected, "nothing".to_owned()));
    }
    let source = letters("source", &raw.source, 0, 20, "20 letters of ASCII at most")?;
    let is_number = !source.is_empty() && source.bytes().all(|byte| byte.is_ascii_digit());
    let (ton, npi) = match (source.is_empty(), is_number) {
        (true, _) => ("unknown", "unknown"),
        (_, true) => ("international", "isdn"),
        (_, false) => ("alphanumeric", "unknown"),
    };
    let one_of =
        |name: &str, said: &Option<String>, otherwise: &str, table: &[(&str, u8)], expected| {
            let said = said.as_deref().unwrap_or(otherwise);
            let found = table.iter().find(|(one, _)| *one == said);
            found.map(|(_, code)| *code).ok_or_else(|| (key(name), expected, format!("{said:?}")))
        };
    let ton_of = |name: &str, said: &Option<String>, otherwise: &str| {
        one_of(name, said, otherwise, &TONS, "a type of number of SMPP, such as \"international\"")
    };
    let npi_of = |name: &str, said: &Option<String>, otherwise: &str| {
        one_of(name, said, otherwise, &NPIS, "a numbering plan of SMPP, such as \"isdn\"")
    };
    let source = Address {
        ton: ton_of("source-ton", &raw.source_ton, ton)?,
        npi: npi_of("source-npi", &raw.source_npi, npi)?,
        text: source,
    };
    if source.ton == ALPHANUMERIC && source.text.len() > 11 {
        let expected = "11 letters at most in a name (3GPP TS 23.040 §9.1.2.5)";
        return Err((key("source"), expected, format!("{:?}", source.text)));
    }
    let destination = (
        ton_of("destination-ton", &raw.destination_ton, "international")?,
        npi_of("destination-npi", &raw.destination_npi, "isdn")?,
    );
    let alphabet = match raw.alphabet.as_deref() {
        None | Some("gsm") => Alphabet::Gsm,
        Some("ucs-2") => Alphabet::Ucs2,
        Some(other) => return Err((key("alphabet"), "\"gsm\" or \"ucs-2\"", format!("{other:?}"))),
    };
    let seconds = raw.answer_seconds.unwrap_or(10);
    if !(1..=30).contains(&seconds) {
        return Err((key("answer-seconds"), "a number from 1 to 30", seconds.to_string()));
    }
    let patience = Duration::from_secs(seconds);
    Ok(Smpp {
        host,
        port,
        tls,
        is_exposed,
        system_id,
        system_type,
        source,
        destination,
        alphabet,
        validity: raw.validity.unwrap_or(true),
        patience,
    })
}

/// Whether `host` is this machine.
fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The type of number of a name.
const ALPHANUMERIC: u8 = 5;
