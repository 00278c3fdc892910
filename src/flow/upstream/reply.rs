//! What the browser gets on the way to another identity provider and back, as data.

use std::sync::Arc;

use crate::login::delegation::{No, Setback};
use crate::login::outcome::Authenticated;
use crate::login::request::LocalName;
use crate::partners::upstream::{Look, Provider};
use crate::saml::logout::write::Dispatch;

/// An upstream that a person may choose.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Our name for it.
    pub upstream: String,
    /// Its name for people.
    pub name: LocalName,
    /// How its button looks.
    pub look: Look,
    /// The address of a guide to it.
    pub guide: Option<Arc<str>>,
    /// Its identity providers, in random order.
    pub providers: Vec<Provider>,
}

/// The way to another identity provider.
#[derive(Debug)]
pub struct Asked {
    /// The login.
    pub handle: String,
    /// The browser's secret for it, if it is new.
    pub browser: Option<String>,
    /// Our name for the upstream.
    pub upstream: String,
    /// Who is asked.
    pub provider: String,
    /// How the browser gets there.
    pub message: Dispatch,
}

/// What a page says of an upstream's answer that does not let the login go on.
#[derive(Debug)]
pub struct SetBack {
    /// What happened.
    pub setback: Setback,
    /// The name of whoever was asked.
    pub provider: LocalName,
    /// The upstreams among which the person may choose; the one that was asked among them if it may be tried again.
    pub offers: Vec<Offer>,
    /// Whether our own login is a way too.
    pub own: bool,
    /// The least level that would have done, by SPID's name.
    pub least: Option<&'static str>,
}

/// An answer that is not believed, or a no that anybody could have written: nothing changes by it.
#[derive(Debug)]
pub struct Unproven {
    /// The no, if it is one.
    pub no: Option<No>,
    /// The name of whoever is said to have answered.
    pub provider: Option<LocalName>,
    /// The login that it claims to be of.
    pub login: Option<String>,
    /// What is wrong, for developers.
    pub fault: Option<AnswerFault>,
}

/// What is wrong with an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AnswerFault {
    /// Which rule, in words, with its source.
    pub rule: String,
    /// Where.
    pub element: String,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
}

/// The end of a trial.
#[derive(Debug)]
pub struct Trial {
    /// What would have been told.
    pub person: Authenticated,
    /// Who vouches.
    pub issuer: String,
    /// The name of the entity as which we asked.
    pub entity: String,
}

/// Where the browser may be sent by `offers`.
pub fn goes_to(offers: &[Offer]) -> impl Iterator<Item = &str> {
    let providers = offers.iter().flat_map(|offer| &offer.providers);
    providers.flat_map(|provider| &provider.goes_to).map(String::as_str)
}
