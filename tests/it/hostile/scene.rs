//! Where hostile requests are made: good ones to begin with, each of its own ID.

use std::cell::Cell;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ponte::world::signer::Signer;

use crate::support::keys;
use crate::support::requests::{escape, form, sign_text};
use crate::support::sp::{AuthnRequest, redirect};

/// Who is to be deceived, and when.
pub(crate) struct Scene {
    destination: String,
    now: String,
    next: Cell<u32>,
}

/// What a browser brings.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    /// A query.
    Redirect(String),
    /// The body of a form.
    Post(String),
}

/// A hostile request, and a control.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    /// The attack's row.
    pub(crate) of: &'static str,
    pub(crate) what: &'static str,
    pub(crate) hostile: fn(&Scene) -> Message,
    pub(crate) control: fn(&Scene) -> Message,
}

impl Scene {
    pub(crate) fn new(destination: &str, now: &str) -> Self {
        Self { destination: destination.into(), now: now.into(), next: Cell::new(0) }
    }

    /// A good request for SpidL2.
    pub(crate) fn good(&self) -> AuthnRequest {
        AuthnRequest {
            destination: Some(self.destination.clone()),
            ..AuthnRequest::spid(&self.id(), &self.now)
        }
    }

    /// A good request of a plain service provider.
    pub(crate) fn generic(&self) -> AuthnRequest {
        AuthnRequest {
            destination: Some(self.destination.clone()),
            ..AuthnRequest::generic(&self.id(), &self.now)
        }
    }

    /// A good request, signed from within by the service provider.
    pub(crate) fn signed(&self) -> String {
        self.good().signed(self.signer())
    }

    /// What is to be smuggled in: a request of another ID for another consumer, unsigned.
    pub(crate) fn evil(&self) -> String {
        AuthnRequest { consumer_index: Some("1".into()), ..self.good() }.unsigned()
    }

    pub(crate) fn signer(&self) -> &'static dyn Signer {
        &keys::SP.signer
    }

    fn id(&self) -> String {
        self.next.set(self.next.get() + 1);
        format!("_{}{}", self.now.replace([':', '.'], ""), self.next.get())
    }
}

impl Message {
    /// A form with `xml` as it is.
    pub(crate) fn post(xml: &str) -> Self {
        Self::Post(form(xml, None))
    }

    /// A redirect with `xml`, signed by the service provider.
    pub(crate) fn redirect(xml: &str) -> Self {
        Self::Redirect(redirect(xml, Some("handle"), &keys::SP.signer))
    }

    /// A form with `octets`, which need not be text.
    pub(crate) fn octets(octets: &[u8]) -> Self {
        Self::Post(format!("SAMLRequest={}", escape(&STANDARD.encode(octets))))
    }
}

/// A good request by post.
pub(crate) fn good_post(scene: &Scene) -> Message {
    Message::post(&scene.signed())
}

/// A good request by redirect.
pub(crate) fn good_redirect(scene: &Scene) -> Message {
    Message::redirect(&scene.good().unsigned())
}

/// A good request by post whose signature was made as the hostile ones' are.
pub(crate) fn good_text(scene: &Scene) -> Message {
    Message::post(&sign_text(&scene.good().unsigned(), scene.signer()))
}

/// `xml` with `inside` as the content of its `Extensions`, after the first `Issuer`.
pub(crate) fn extended(xml: &str, inside: &str) -> String {
    crate::support::requests::envelop(
        xml,
        &format!("<samlp:Extensions>{inside}</samlp:Extensions>"),
    )
}

/// The signature of `xml`, and `xml` without it.
pub(crate) fn parted(xml: &str) -> (String, String) {
    const END: &str = "</ds:Signature>";
    let from = xml.find("<ds:Signature ").unwrap();
    let to = xml.find(END).unwrap() + END.len();
    (xml[from..to].to_owned(), format!("{}{}", &xml[..from], &xml[to..]))
}

/// `xml` with the first `from` made `to`, which must be there.
pub(crate) fn swap(xml: &str, from: &str, to: &str) -> String {
    assert!(xml.contains(from), "no {from} in {xml}");
    xml.replacen(from, to, 1)
}
