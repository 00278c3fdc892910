//! A provider that answers each case of the judge as the rules say, but for one flaw. It knows the
//! case by the judge's User-Agent.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::DeflateDecoder;
use url::form_urlencoded;

use crate::support::sp::SPID_ENTITY;

/// What is wrong with the answers to one number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Flaw {
    /// Another HTTP status.
    Http,
    /// The page is in another language than the one asked for.
    Language,
    /// The page does not show the number.
    Number,
    /// The prescribed words are missing.
    Screen,
    /// A Response goes out though only the person may be told.
    Leak,
    /// Another status code.
    Code,
    /// Another code below it.
    Sub,
    /// Another message.
    Message,
    /// It goes to another consumer.
    Receiver,
    /// It answers another request.
    Request,
    /// A page in place of a Response.
    Silence,
    /// An assertion with an error, none with a success.
    Assertion,
}

impl Flaw {
    /// Those that an answer to `number` can have.
    pub(crate) fn of(number: u16) -> Vec<Self> {
        let mut flaws = match number {
            1 => vec![Self::Code, Self::Receiver, Self::Request, Self::Silence, Self::Assertion],
            2..=7 | 10 => vec![Self::Http, Self::Language, Self::Number, Self::Leak],
            _ => vec![
                Self::Code,
                Self::Sub,
                Self::Message,
                Self::Receiver,
                Self::Request,
                Self::Silence,
                Self::Assertion,
            ],
        };
        if screen(number).is_some() {
            flaws.push(Self::Screen);
        }
        flaws
    }

    /// What the judge says of it, one of these.
    pub(crate) fn words(self) -> &'static [&'static str] {
        match self {
            Self::Http => &["HTTP status"],
            Self::Language => &["language"],
            Self::Number => &["does not show"],
            Self::Screen => &["does not say"],
            Self::Leak => &["only the person may be told"],
            Self::Code => &["StatusCode is"],
            Self::Sub => &["StatusCode below it is"],
            Self::Message => &["StatusMessage is"],
            Self::Receiver => &["goes to"],
            Self::Request => &["InResponseTo is"],
            Self::Silence => &["no Response"],
            Self::Assertion => &["assertions in place of"],
        }
    }
}

fn screen(number: u16) -> Option<&'static str> {
    Some(match number {
        3 => "Sistema di autenticazione non disponibile - Riprovare più tardi",
        4 | 7 | 10 => "Formato richiesta non corretto - Contattare il gestore del servizio",
        5 => {
            "Impossibile stabilire l'autenticità della richiesta di autenticazione - Contattare il gestore del servizio"
        }
        6 => "Formato richiesta non ricevibile - Contattare il gestore del servizio",
        12 => "Autenticazione SPID non conforme o non specificata",
        23 => "Credenziali sospese o revocate",
        _ => return None,
    })
}

/// The stub; it ends when dropped.
pub(crate) struct Stub {
    port: u16,
    over: Arc<AtomicBool>,
}

impl Stub {
    pub(crate) fn start(flaw: Option<(u16, Flaw)>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                if let Ok(stream) = stream {
                    answer(stream, port, flaw);
                }
            }
        });
        Self { port, over }
    }

    pub(crate) fn metadata(&self) -> String {
        let service = |binding: &str| {
            format!(
                "<md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:{binding}\" Location=\"{}\"/>",
                sso(self.port)
            )
        };
        format!(
            "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{ENTITY}\">\
             <md:IDPSSODescriptor>{}{}</md:IDPSSODescriptor></md:EntityDescriptor>",
            service("HTTP-Redirect"),
            service("HTTP-POST")
        )
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
    }
}

const ENTITY: &str = "https://stub.example.org";

fn sso(port: u16) -> String {
    format!("http://idp.localhost:{port}/sso")
}

fn answer(mut stream: TcpStream, port: u16, flaw: Option<(u16, Flaw)>) {
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let Some((head, body)) = request(&mut stream) else { return };
    let line = head.lines().find(|line| line.starts_with("User-Agent: ")).unwrap();
    let label = line.split_once('(').unwrap().1.trim_end_matches(')');
    let number: u16 = label[2..].split(',').next().unwrap().parse().unwrap();
    let flaw = flaw.filter(|(of, _)| *of == number).map(|(_, flaw)| flaw);
    let target = head.split(' ').nth(1).unwrap();
    let (status, page) = if target.starts_with("/login") {
        // Nobody goes on: the page is shown again, and time is up.
        let id = target.rsplit('=').next().unwrap();
        told(number, label, id, flaw)
    } else {
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let id = request_id(query, &body).unwrap_or_default();
        answer_of(number, label, &id, flaw, port)
    };
    let (status, page) = match page {
        Answer::Page(page) => (status, page),
        Answer::To(location) => {
            let head = format!(
                "HTTP/1.1 303 See Other\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).unwrap();
            return;
        }
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\r\n",
        page.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(page.as_bytes()).unwrap();
}

enum Answer {
    Page(String),
    To(String),
}

fn answer_of(number: u16, label: &str, id: &str, flaw: Option<Flaw>, port: u16) -> (u16, Answer) {
    if label.contains("a good request")
        || label.contains("Comparison exact")
        || label.contains("the consumer by address")
    {
        let form = "<form method=\"post\" action=\"/login\"><input name=\"username\"></form>";
        let page = html("it", form);
        // As a beginning, an answer at once is what is wrong.
        return if flaw == Some(Flaw::Silence) {
            (500, Answer::Page(page))
        } else {
            (200, Answer::Page(page))
        };
    }
    if number == 21 {
        return (303, Answer::To(format!("http://idp.localhost:{port}/login?id={id}")));
    }
    match number {
        2..=7 | 10 => {
            let usual = if number < 4 { 500 } else { 403 };
            let status = if flaw == Some(Flaw::Http) { 200 } else { usual };
            let mut text = String::new();
            if flaw != Some(Flaw::Screen) {
                text += screen(number).unwrap_or_default();
            }
            if flaw != Some(Flaw::Number) {
                text += &format!(" nr{number:02}");
            }
            if flaw == Some(Flaw::Leak) {
                text += &form(&asked(), "PHg+PC94Pg==");
            }
            let language = if flaw == Some(Flaw::Language) { "en" } else { "it" };
            (status, Answer::Page(html(language, &text)))
        }
        _ => told(number, label, id, flaw),
    }
}

fn told(number: u16, label: &str, id: &str, flaw: Option<Flaw>) -> (u16, Answer) {
    let mut text = String::new();
    if flaw != Some(Flaw::Screen) {
        text += screen(number).unwrap_or_default();
    }
    if flaw == Some(Flaw::Silence) {
        return (200, Answer::Page(html("it", &text)));
    }
    let (default, asked) = (default(), asked());
    let at_default = (number == 16) != (flaw == Some(Flaw::Receiver));
    let consumer = if at_default { default } else { asked };
    let xml = response(number, label, id, &consumer, flaw);
    text += &form(&consumer, &STANDARD.encode(xml));
    (200, Answer::Page(html("it", &text)))
}

fn response(number: u16, label: &str, id: &str, consumer: &str, flaw: Option<Flaw>) -> String {
    let (code, sub) = match number {
        1 => ("Success", None),
        8 | 11 => ("Requester", None),
        9 => ("VersionMismatch", None),
        12 => ("Requester", Some("NoAuthnContext")),
        13 => ("Requester", Some("RequestDenied")),
        15 => ("Requester", Some("NoPassive")),
        14 | 16..=18 => ("Requester", Some("RequestUnsupported")),
        _ => ("Responder", Some("AuthnFailed")),
    };
    let code = if flaw == Some(Flaw::Code) { "UnknownPrincipal" } else { code };
    let sub = match (flaw, sub) {
        (Some(Flaw::Sub), Some(_)) => None,
        (Some(Flaw::Sub), None) => Some("AuthnFailed"),
        (_, sub) => sub,
    };
    let urn = |name: &str| format!("Value=\"urn:oasis:names:tc:SAML:2.0:status:{name}\"");
    let sub = sub.map(|sub| format!("<samlp:StatusCode {}/>", urn(sub))).unwrap_or_default();
    let message = match (number, flaw) {
        (1, _) => String::new(),
        (_, Some(Flaw::Message)) => {
            "<samlp:StatusMessage>ErrorCode nr99</samlp:StatusMessage>".into()
        }
        _ => format!("<samlp:StatusMessage>ErrorCode nr{number:02}</samlp:StatusMessage>"),
    };
    let id = if flaw == Some(Flaw::Request) { "_another" } else { id };
    // An ID that is none is not repeated.
    let is_id = id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let answered = if is_id { format!("InResponseTo=\"{id}\"") } else { String::new() };
    let has_assertion = (number == 1) != (flaw == Some(Flaw::Assertion));
    let assertion =
        if has_assertion { assertion(label, &answered, consumer) } else { String::new() };
    format!(
        "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
         ID=\"_r\" Version=\"2.0\" IssueInstant=\"2026-11-22T10:00:00Z\" Destination=\"{consumer}\" {answered}>\
         <saml:Issuer>{ENTITY}</saml:Issuer><samlp:Status><samlp:StatusCode {}>{sub}</samlp:StatusCode>{message}</samlp:Status>\
         {assertion}</samlp:Response>",
        urn(code)
    )
}

fn assertion(label: &str, answered: &str, consumer: &str) -> String {
    let (class, index) =
        if label.contains("SpidL2") { ("SpidL2", "") } else { ("SpidL1", "SessionIndex=\"_s\"") };
    format!(
        "<saml:Assertion><ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/><saml:Subject><saml:SubjectConfirmation>\
         <saml:SubjectConfirmationData Recipient=\"{consumer}\" {answered}/></saml:SubjectConfirmation></saml:Subject>\
         <saml:Conditions><saml:AudienceRestriction><saml:Audience>{SPID_ENTITY}</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
         <saml:AuthnStatement {index}><saml:AuthnContext><saml:AuthnContextClassRef>https://www.spid.gov.it/{class}</saml:AuthnContextClassRef>\
         </saml:AuthnContext></saml:AuthnStatement></saml:Assertion>"
    )
}

fn default() -> String {
    "https://sp.example.org/spid/acs".into()
}

fn asked() -> String {
    "https://sp.example.org/spid/acs2".into()
}

fn form(action: &str, message: &str) -> String {
    format!(
        "<form method=\"post\" action=\"{action}\"><input type=\"hidden\" name=\"SAMLResponse\" value=\"{message}\">\
         <input type=\"hidden\" name=\"RelayState\" value=\"state-of-the-judge\"></form>"
    )
}

fn html(language: &str, text: &str) -> String {
    format!("<!DOCTYPE html><html lang=\"{language}\"><body>{text}</body></html>")
}

/// Head and body.
fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let read = stream.read(&mut piece).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&piece[..read]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or(0);
        if bytes.len() >= end + 4 + length {
            let body = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
            return Some((head, body));
        }
    }
}

/// The ID of the request, be it in the query or in the form.
fn request_id(query: &str, body: &str) -> Option<String> {
    let message = |text: &str| {
        let mut pairs = form_urlencoded::parse(text.as_bytes());
        let bytes =
            STANDARD.decode(pairs.find(|pair| pair.0 == "SAMLRequest")?.1.as_bytes()).ok()?;
        Some(bytes)
    };
    let xml = match message(query) {
        Some(deflated) => {
            let mut xml = String::new();
            DeflateDecoder::new(&*deflated).read_to_string(&mut xml).ok()?;
            xml
        }
        None => String::from_utf8(message(body)?).ok()?,
    };
    let after = xml.split_once(" ID=\"")?.1;
    Some(after.split('"').next()?.to_owned())
}
