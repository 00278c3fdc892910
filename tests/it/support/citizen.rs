//! A person in front of the pages: reads what is asked, types, presses.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use crate::support::agent::{Agent, Form, Page};
use crate::support::peer::Request;

/// A person, and what they hold.
#[derive(Clone, Debug)]
pub(crate) struct Citizen {
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) activation_code: Option<String>,
    /// The authenticator app, once enrolled.
    pub(crate) app: Option<App>,
}

/// An authenticator app, written here from RFC 6238 alone.
#[derive(Clone, Debug)]
pub(crate) struct App {
    /// The key as the page shows it.
    pub(crate) shown: String,
    key: Vec<u8>,
    period: u64,
    /// The last step whose code was typed.
    used: u64,
}

/// What a page asks for.
#[derive(Debug)]
pub(crate) enum Asked {
    Credentials(Form),
    Code(Form),
    ActivationCode(Form),
    Enrolment(Form),
    Consent(Form),
    /// The way on from a page that only tells something.
    Continue(Form),
    /// The form that goes to the service provider.
    Response(Form),
}

/// What goes to the service provider.
#[derive(Clone, Debug)]
pub(crate) struct Delivered {
    pub(crate) action: String,
    pub(crate) response: String,
    pub(crate) relay_state: String,
}

impl App {
    /// From the key as the page shows it: base32, perhaps in groups.
    pub(crate) fn new(key: &str, period: u64) -> Self {
        Self { shown: key.to_owned(), key: base32(key), period, used: 0 }
    }

    /// A code that was not typed yet and that a clock like ours takes: of the step before this
    /// one, of this one or of the next. Where all three are used up, waits for a new one.
    pub(crate) fn code(&mut self) -> String {
        while !self.ready() {
            std::thread::sleep(Duration::from_millis(250));
        }
        self.used = (self.used + 1).max(self.now() - 1);
        self.used_code()
    }

    /// Whether there is such a code now.
    pub(crate) fn ready(&self) -> bool {
        self.used <= self.now()
    }

    fn now(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs() / self.period
    }

    /// The code that was typed last.
    pub(crate) fn used_code(&self) -> String {
        self.code_of(self.used)
    }

    fn code_of(&self, step: u64) -> String {
        let key = PKey::hmac(&self.key).expect("a key");
        let mut signer = Signer::new(MessageDigest::sha1(), &key).expect("HMAC");
        let mac = signer.sign_oneshot_to_vec(&step.to_be_bytes()).expect("HMAC");
        let offset = usize::from(mac[19] & 15);
        let four = [mac[offset] & 127, mac[offset + 1], mac[offset + 2], mac[offset + 3]];
        format!("{:06}", u32::from_be_bytes(four) % 1_000_000)
    }
}

impl Citizen {
    pub(crate) fn new(username: &str, password: &str, activation_code: &str) -> Self {
        Self {
            username: username.into(),
            password: password.into(),
            activation_code: Some(activation_code.into()),
            app: None,
        }
    }

    /// Sends `request` and does what each page asks, as far as the form for the service provider.
    pub(crate) fn log_in(&mut self, agent: &mut Agent, request: &Request) -> io::Result<Delivered> {
        let page = send(agent, request)?;
        self.finish(agent, page)
    }

    /// Goes on from `page` to the form for the service provider.
    pub(crate) fn finish(&mut self, agent: &mut Agent, mut page: Page) -> io::Result<Delivered> {
        for _ in 0..10 {
            match asked(&page) {
                Some(Asked::Response(form)) => return Ok(delivered(&form)),
                Some(asked) => page = self.do_as(agent, &page, &asked)?,
                None => break,
            }
        }
        Err(io::Error::other(format!(
            "no way on from {} ({}):\n{}",
            page.url, page.status, page.body
        )))
    }

    /// Does the one thing that `page` asks.
    pub(crate) fn do_as(
        &mut self,
        agent: &mut Agent,
        page: &Page,
        asked: &Asked,
    ) -> io::Result<Page> {
        match asked {
            Asked::Credentials(form) => {
                let values =
                    [("username", self.username.as_str()), ("password", self.password.as_str())];
                agent.submit(page, form, &values)
            }
            Asked::Code(form) => {
                let code =
                    self.app.as_mut().map(App::code).ok_or_else(|| io::Error::other("no app"))?;
                agent.submit(page, form, &[("code", &code)])
            }
            Asked::ActivationCode(form) => {
                let code = self
                    .activation_code
                    .as_deref()
                    .ok_or_else(|| io::Error::other("no activation code"))?;
                agent.submit(page, form, &[("activation", code)])
            }
            Asked::Enrolment(form) => {
                let key =
                    shown_key(page).ok_or_else(|| io::Error::other("the page shows no key"))?;
                let code = self.app.insert(App::new(&key, 30)).code();
                agent.submit(page, form, &[("code", &code)])
            }
            Asked::Consent(form) => agent.submit(page, form, &[("decision", "accept")]),
            Asked::Continue(form) => agent.submit(page, form, &[]),
            Asked::Response(_) => Err(io::Error::other("nothing is asked any more")),
        }
    }
}

/// Sends `request` as the browser that comes from the service provider.
pub(crate) fn send(agent: &mut Agent, request: &Request) -> io::Result<Page> {
    if request.post { agent.post(&request.url, &request.fields) } else { agent.get(&request.url) }
}

/// What `page` asks, by the fields of its forms.
pub(crate) fn asked(page: &Page) -> Option<Asked> {
    if let Some(form) = page.form_with(&["SAMLResponse"]) {
        return Some(Asked::Response(form));
    }
    if let Some(form) = page.form_with(&["username", "password"]) {
        return Some(Asked::Credentials(form));
    }
    if let Some(form) = page.form_with(&["activation"]) {
        return Some(Asked::ActivationCode(form));
    }
    if let Some(form) = page.form_with(&["code"]) {
        return Some(if shown_key(page).is_some() {
            Asked::Enrolment(form)
        } else {
            Asked::Code(form)
        });
    }
    if let Some(form) = page.form_with_button("decision", "accept") {
        return Some(Asked::Consent(form));
    }
    // A page that only tells something has one form, with nothing to fill in.
    <[Form; 1]>::try_from(page.forms()).ok().map(|[form]| Asked::Continue(form))
}

pub(crate) fn delivered(form: &Form) -> Delivered {
    Delivered {
        action: form.action.clone(),
        response: form.field("SAMLResponse").unwrap_or_default().into(),
        relay_state: form.field("RelayState").unwrap_or_default().into(),
    }
}

/// The app's key, from the link that opens the app or from the text.
fn shown_key(page: &Page) -> Option<String> {
    let link = &page.body[page.body.find("otpauth://totp/")?..];
    let key = &link[link.find("secret=")? + "secret=".len()..];
    let end = key.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(key.len());
    Some(key[..end].to_owned())
}

fn base32(text: &str) -> Vec<u8> {
    let (mut bits, mut held, mut out) = (0u32, 0u32, Vec::new());
    for c in text.chars().filter(|c| c.is_ascii_alphanumeric()) {
        let value =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c.to_ascii_uppercase()).expect("base32");
        bits = bits << 5 | u32::try_from(value).expect("below 32");
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 255).expect("a byte"));
        }
    }
    out
}

#[test]
fn the_app_gives_the_codes_of_rfc_6238() {
    // RFC 6238 appendix B, SHA-1: 8 digits there, of which an app shows the last 6.
    let key = b"12345678901234567890".to_vec();
    let app = App { shown: String::new(), key, period: 30, used: 0 };
    for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
        assert_eq!(app.code_of(seconds / 30), code);
    }
    assert_eq!(base32("GEZD GNBV GY3T QOJQ"), b"1234567890");
}
