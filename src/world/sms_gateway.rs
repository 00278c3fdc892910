//! Gateways that send SMS, spoken to over HTTP by a template.

use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;
use zeroize::Zeroizing;

use crate::world::fetch::{Fetch, FetchRequest, is_safe};
use crate::world::outbox::Sms;
use crate::world::sms_gateways::Failed;

/// How a gateway is spoken to.
///
/// In address, headers and body these words in braces are replaced: `{to}` (the number with `+`), `{digits}` (without),
/// `{text}`, `{id}` (the message's name, the same however often it is sent) and `{secret}`. They are escaped as the place
/// wants it; other braces stay.
#[derive(Clone)]
pub struct Template {
    /// What the log calls it.
    pub name: String,
    /// Where to.
    pub url: String,
    /// Names and values of headers.
    pub headers: Vec<(String, String)>,
    /// What is posted, and how values are written in it; `None` gets.
    pub body: Option<(String, Escape)>,
    /// What `{secret}` stands for.
    pub secret: Option<Zeroizing<String>>,
    /// What a message that was taken is answered with.
    pub success: Success,
}

/// How values are written in a body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Escape {
    /// As in a string of JSON.
    Json,
    /// As in a form (`application/x-www-form-urlencoded`).
    Form,
    /// As in text of XML.
    Xml,
}

/// What an answer says if the message was taken.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Success {
    /// One of these statuses; none named: 200 to 299.
    pub statuses: Vec<u16>,
    /// Its body holds this.
    pub contains: Option<String>,
}

/// A template that cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadTemplate {
    /// The address is none, or can be read by others on the way.
    #[error("the address is no https address (http is for this machine)")]
    Url,
    /// Values in the address may stand in its path and query only.
    #[error(
        "scheme, host and port must be fixed: a value in braces stands in the path or the query"
    )]
    Origin,
    /// There is no such value.
    #[error("{{{0}}} is none of {{to}}, {{digits}}, {{text}}, {{id}}, {{secret}}")]
    Unknown(String),
    /// It says the message nowhere, or the number.
    #[error("{{{0}}} is missing")]
    Missing(&'static str),
    /// It names a secret and has none.
    #[error("{{secret}} is used and there is none")]
    NoSecret,
    /// Not the name or the value of a header.
    #[error("{0:?} is no header")]
    Header(String),
}

impl Template {
    /// The origin that is asked (`https://sms.example.org`).
    ///
    /// # Errors
    /// [`BadTemplate`], whatever is wrong with any part.
    pub fn check(&self) -> Result<String, BadTemplate> {
        let texts = [self.url.as_str()]
            .into_iter()
            .chain(self.headers.iter().map(|(_, value)| value.as_str()))
            .chain(self.body.iter().map(|(body, _)| body.as_str()));
        let mut used = Vec::new();
        for text in texts {
            names(text, |name| used.push(name.to_owned()));
        }
        if let Some(unknown) = used.iter().find(|name| !VALUES.contains(&name.as_str())) {
            return Err(BadTemplate::Unknown(unknown.clone()));
        }
        let uses = |name: &str| used.iter().any(|one| one == name);
        if !uses("to") && !uses("digits") {
            return Err(BadTemplate::Missing("to"));
        }
        if !uses("text") {
            return Err(BadTemplate::Missing("text"));
        }
        if uses("secret") && self.secret.is_none() {
            return Err(BadTemplate::NoSecret);
        }
        for (name, value) in &self.headers {
            let is_token = !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if !is_token || value.contains(['\r', '\n', '\0']) {
                return Err(BadTemplate::Header(name.clone()));
            }
        }
        let bare = Url::parse(&self.url.replace(['{', '}'], "")).map_err(|_| BadTemplate::Url)?;
        if !is_safe(&bare) || !bare.username().is_empty() || bare.password().is_some() {
            return Err(BadTemplate::Url);
        }
        let filled = self.request("+390000000000", "text", "id").map_err(|_| BadTemplate::Url)?;
        if filled.url.origin() != bare.origin() {
            return Err(BadTemplate::Origin);
        }
        Ok(bare.origin().ascii_serialization())
    }

    fn request(&self, to: &str, text: &str, id: &str) -> Result<FetchRequest, url::ParseError> {
        let secret = self.secret.as_ref().map_or("", |secret| secret.as_str());
        let values: BTreeMap<&str, &str> = [
            ("to", to),
            ("digits", to.trim_start_matches('+')),
            ("text", text),
            ("id", id),
            ("secret", secret),
        ]
        .into();
        let url = Url::parse(&fill(&self.url, &values, percent))?;
        let header = |(name, value): &(String, String)| {
            (name.clone(), fill(value, &values, |value| value.replace(['\r', '\n'], " ")))
        };
        let body = self.body.as_ref().map(|(body, escape)| {
            let filled = match escape {
                Escape::Json => fill(body, &values, json),
                Escape::Form => fill(body, &values, percent),
                Escape::Xml => fill(body, &values, xml),
            };
            filled.into_bytes()
        });
        Ok(FetchRequest { url, body, headers: self.headers.iter().map(header).collect() })
    }

    fn is_success(&self, status: u16, body: &[u8]) -> bool {
        let Success { statuses, contains } = &self.success;
        let status_fits = match statuses.is_empty() {
            true => (200..300).contains(&status),
            false => statuses.contains(&status),
        };
        let body = String::from_utf8_lossy(body);
        status_fits && contains.as_ref().is_none_or(|text| body.contains(text.as_str()))
    }
}

/// Neither the secret nor what may hold one.
impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({})", self.name)
    }
}

/// Calls `found` with each name in braces.
fn names(text: &str, mut found: impl FnMut(&str)) {
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        rest = &rest[open + 1..];
        if let Some(name) = name_at(rest) {
            found(name);
        }
    }
}

/// The name that begins here and is closed by a brace.
fn name_at(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_lowercase())?;
    (end > 0 && text[end..].starts_with('}')).then(|| &text[..end])
}

/// Puts values in the place of their names, once: what a value holds is not looked at again.
fn fill(text: &str, values: &BTreeMap<&str, &str>, escape: impl Fn(&str) -> String) -> String {
    let (mut filled, mut rest) = (String::new(), text);
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        rest = &rest[open + 1..];
        match name_at(rest).and_then(|name| Some((name, values.get(name)?))) {
            Some((name, value)) => {
                filled.push_str(&escape(value));
                rest = &rest[name.len() + 1..];
            }
            None => filled.push('{'),
        }
    }
    filled + rest
}

fn percent(value: &str) -> String {
    utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
}

fn json(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn xml(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Asks the gateway of `template` to send `sms`. What its answer holds besides is not told: it may repeat number and text.
///
/// # Errors
/// [`Failed`].
pub async fn ask(
    template: &Template,
    fetch: &dyn Fetch,
    sms: &Sms,
    id: &str,
) -> Result<(), Failed> {
    let request = template
        .request(&sms.to, &sms.text, id)
        .map_err(|error| Failed::never(error.to_string()))?;
    let answer = fetch.fetch(request).await.map_err(|error| Failed::later(error.to_string()))?;
    let status = answer.status;
    if template.is_success(status, &answer.body) {
        return Ok(());
    }
    // Who asked too often, or is not let in, is to be asked again once that is mended; whose request is refused is not.
    let is_refusal = (400..500).contains(&status) && ![401, 402, 403, 408, 429].contains(&status);
    let cause = format!("it answered {status}, which is no success");
    Err(if is_refusal { Failed::never(cause) } else { Failed::later(cause) })
}

const VALUES: [&str; 5] = ["to", "digits", "text", "id", "secret"];

#[cfg(test)]
mod tests {
    use super::*;

    fn template() -> Template {
        Template {
            name: "one".to_owned(),
            url: "https://sms.example.org/send?key={secret}".to_owned(),
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: Some((
                "{\"to\": \"{to}\", \"text\": \"{text}\", \"id\": \"{id}\"}".to_owned(),
                Escape::Json,
            )),
            secret: Some(Zeroizing::new("s&cret".to_owned())),
            success: Success::default(),
        }
    }

    #[test]
    fn values_stand_where_they_are_named_and_are_escaped() {
        let request = template().request("+393331234512", "Ciao \"{secret}\"\n&", "x1").unwrap();
        assert_eq!(request.url.as_str(), "https://sms.example.org/send?key=s%26cret");
        let body: serde_json::Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
        assert_eq!(body["text"], "Ciao \"{secret}\"\n&", "what a value holds is not filled again");
        assert_eq!((&body["to"], &body["id"]), (&"+393331234512".into(), &"x1".into()));
        let form =
            Template { body: Some(("n={digits}&t={text}".to_owned(), Escape::Form)), ..template() };
        let body = form.request("+39333", "a b&c=é", "x1").unwrap().body.unwrap();
        assert_eq!(body, b"n=39333&t=a%20b%26c%3D%C3%A9");
        let markup =
            Template { body: Some(("<t>{text}</t>".to_owned(), Escape::Xml)), ..template() };
        assert_eq!(
            markup.request("+39333", "<&>", "").unwrap().body.unwrap(),
            b"<t>&lt;&amp;&gt;</t>"
        );
    }

    #[test]
    fn a_template_is_whole_or_refused() {
        assert_eq!(template().check().unwrap(), "https://sms.example.org");
        let with = |change: fn(&mut Template)| {
            let mut one = template();
            change(&mut one);
            one.check().unwrap_err()
        };
        assert_eq!(with(|one| one.url = "http://sms.example.org".into()), BadTemplate::Url);
        assert_eq!(with(|one| one.url = "https://a:b@sms.example.org".into()), BadTemplate::Url);
        assert_eq!(with(|one| one.url = "sms".into()), BadTemplate::Url);
        assert_eq!(with(|one| one.url = "https://{to}.example.org".into()), BadTemplate::Origin);
        assert_eq!(with(|one| one.secret = None), BadTemplate::NoSecret);
        assert_eq!(with(|one| one.body = None), BadTemplate::Missing("to"));
        assert_eq!(
            with(|one| one.body = Some(("{to}".into(), Escape::Form))),
            BadTemplate::Missing("text")
        );
        assert_eq!(
            with(|one| one.body = Some(("{to}{text}{phone}".into(), Escape::Form))),
            BadTemplate::Unknown("phone".into())
        );
        let header = |one: &mut Template| one.headers.push(("X Y".into(), "v".into()));
        assert_eq!(with(header), BadTemplate::Header("X Y".into()));
        assert!(!format!("{:?}", template()).contains("cret"));
    }

    #[test]
    fn success_is_what_the_settings_say() {
        let plain = template();
        assert!(
            plain.is_success(202, b"")
                && !plain.is_success(404, b"")
                && !plain.is_success(301, b"")
        );
        let strict = Template {
            success: Success { statuses: vec![200], contains: Some("\"ok\"".into()) },
            ..template()
        };
        assert!(strict.is_success(200, b"{\"status\":\"ok\"}"));
        assert!(!strict.is_success(202, b"\"ok\"") && !strict.is_success(200, b"error"));
    }
}
