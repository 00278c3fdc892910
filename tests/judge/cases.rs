//! What is done to provoke each number: AgID's validator's bad requests, the rules' own, and what a
//! person can do.

use crate::ask::{Ask, Binding, Spoil, class};
use crate::person::Wish;
use crate::setup::Setup;

/// One thing that is done.
pub(crate) struct Case {
    pub(crate) number: u16,
    /// Another number that the rules allow for it as well.
    pub(crate) or: Option<u16>,
    pub(crate) what: &'static str,
    /// `None`: both.
    pub(crate) only: Option<Binding>,
    pub(crate) does: Does,
}

pub(crate) enum Does {
    /// Sends a request; what comes back is judged.
    Asks(fn(&mut Ask, &Setup)),
    /// Sends a good request; a login must begin.
    Begins(fn(&mut Ask, &Setup)),
    /// Sends a request for this level, and `who` goes on as wished.
    Logs { level: u8, who: &'static str, wish: Wish, purpose: Option<&'static str> },
    /// Begins a login and lets it time out.
    Waits,
    /// Sends a good request while the provider is in trouble.
    InTrouble,
}

const fn asks(number: u16, what: &'static str, change: fn(&mut Ask, &Setup)) -> Case {
    Case { number, or: None, what, only: None, does: Does::Asks(change) }
}

const fn by(binding: Binding, case: Case) -> Case {
    Case { only: Some(binding), ..case }
}

const fn begins(what: &'static str, change: fn(&mut Ask, &Setup)) -> Case {
    Case { number: 1, or: None, what, only: None, does: Does::Begins(change) }
}

const fn logs(number: u16, what: &'static str, level: u8, who: &'static str, wish: Wish) -> Case {
    let does = Does::Logs { level, who, wish, purpose: None };
    Case { number, or: None, what, only: None, does }
}

fn set(text: impl Into<String>) -> Option<String> {
    Some(text.into())
}

#[rustfmt::skip]
pub(crate) fn all() -> Vec<Case> {
    use Binding::{Post, Redirect};
    vec![
        begins("a good request for SpidL1", |_, _| {}),
        begins("a good request for SpidL2", |x, _| x.classes = vec![class(2)]),
        begins("Comparison exact", |x, _| x.comparison = set("exact")),
        begins("the consumer by address and binding", |x, s| x.by_url(&s.service.asked_consumer().location.clone())),
        logs(1, "a login at SpidL1", 1, "good", Wish::Accept),
        by(Post, logs(1, "a login at SpidL2", 2, "good", Wish::Accept)),
        Case { number: 2, or: None, what: "a request while the provider is in trouble", only: Some(Post), does: Does::InTrouble },
        Case { number: 3, or: None, what: "a request while the provider is in trouble", only: Some(Redirect), does: Does::InTrouble },
        asks(4, "no SAMLRequest", |x, _| x.spoil = Spoil::NoMessage),
        asks(4, "SAMLRequest is no base64", |x, _| x.spoil = Spoil::Gibberish),
        Case { or: Some(5), ..by(Redirect, asks(4, "no SigAlg", |x, _| x.spoil = Spoil::NoAlgorithm)) },
        Case { or: Some(4), ..by(Redirect, asks(5, "nobody signed", |x, _| x.spoil = Spoil::Unsigned)) },
        by(Redirect, asks(5, "a key signed that nobody registered", |x, _| x.spoil = Spoil::Stranger)),
        by(Redirect, asks(5, "changed after it was signed", |x, _| x.spoil = Spoil::Changed)),
        by(Redirect, asks(6, "a redirect's message is posted", |x, _| x.spoil = Spoil::WrongMethod)),
        by(Post, asks(7, "nobody signed", |x, _| x.spoil = Spoil::Unsigned)),
        by(Post, asks(7, "a key signed that nobody registered", |x, _| x.spoil = Spoil::Stranger)),
        by(Post, asks(7, "changed after it was signed", |x, _| x.spoil = Spoil::Changed)),
        asks(8, "an element where the schema has none", |x, _| x.stray = true),
        asks(8, "ForceAuthn is no boolean", |x, _| x.force_authn = set("perhaps")),
        asks(9, "no Version", |x, _| x.version = None),
        asks(9, "Version 1.1", |x, _| x.version = set("1.1")),
        asks(10, "an empty Issuer", |x, _| x.issuer = set("")),
        asks(10, "an Issuer that nobody knows", |x, _| x.issuer = set("https://nobody.example.org")),
        asks(10, "an Issuer of another Format", |x, _| x.issuer_format = set("urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified")),
        by(Redirect, asks(11, "no ID", |x, _| x.id = None)),
        asks(11, "an ID that begins with a digit", |x, _| x.id = x.id.take().map(|id| format!("1{id}"))),
        asks(12, "no RequestedAuthnContext", |x, _| x.has_context = false),
        asks(12, "no Comparison", |x, _| x.comparison = None),
        asks(12, "an empty Comparison", |x, _| x.comparison = set("")),
        asks(12, "three classes", |x, _| x.classes = vec![class(1), class(2), class(3)]),
        asks(12, "an empty class", |x, _| x.classes = vec![String::new()]),
        asks(12, "SpidL0", |x, _| x.classes = vec![class(0)]),
        asks(13, "no IssueInstant", |x, _| x.issue_instant = None),
        asks(13, "a date alone", |x, _| x.issue_instant = set("2018-09-04")),
        asks(13, "years ago", |x, _| x.issue_instant = set("2018-09-04T10:00:00Z")),
        asks(13, "years ahead", |x, _| x.issue_instant = set("2099-09-04T10:00:00Z")),
        asks(14, "no Destination", |x, _| x.destination = None),
        asks(14, "another provider's Destination", |x, _| x.destination = set("https://other.example.org/sso")),
        asks(15, "IsPassive", |x, _| x.is_passive = set("true")),
        asks(16, "an index that is no number", |x, _| x.consumer_index = set("zero")),
        asks(16, "an index that is not in the metadata", |x, _| x.consumer_index = set("9999")),
        asks(16, "index and address", |x, s| x.consumer_url = set(s.service.asked_consumer().location.clone())),
        asks(16, "neither index nor address", |x, _| x.consumer_index = None),
        asks(16, "a malformed address", |x, _| x.by_url("not an address")),
        asks(16, "an address that is not in the metadata", |x, _| x.by_url("https://elsewhere.example.org/acs")),
        asks(17, "no NameIDPolicy", |x, _| x.has_policy = false),
        asks(17, "no Format", |x, _| x.name_id_format = None),
        asks(17, "the persistent Format", |x, _| x.name_id_format = set("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent")),
        asks(18, "an empty index", |x, _| x.attribute_index = set("")),
        asks(18, "a negative index", |x, _| x.attribute_index = set("-1")),
        asks(18, "an index that is not in the metadata", |x, _| x.attribute_index = set("9999")),
        logs(19, "a wrong password, again and again", 1, "failing", Wish::Fail),
        logs(20, "a level that the person's credentials do not reach", 3, "good", Wish::Accept),
        Case { number: 21, or: None, what: "nobody goes on in time", only: None, does: Does::Waits },
        logs(22, "consent is denied", 1, "good", Wish::Deny),
        logs(23, "the identity is suspended", 1, "suspended", Wish::Accept),
        logs(25, "cancelled at the first page", 1, "good", Wish::Cancel),
        logs(25, "cancelled when asked for the code", 2, "good", Wish::CancelLate),
        Case {
            number: 30,
            or: None,
            what: "a personal identity where a professional one is wanted",
            only: None,
            does: Does::Logs { level: 1, who: "good", wish: Wish::Accept, purpose: Some("P") },
        },
    ]
}
