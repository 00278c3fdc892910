//! What a profile is made of: checks, each with its rule and what breaking it means; and tolerances.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use crate::saml::binding::Binding;
use crate::saml::identity_provider::IdentityProvider;
use crate::saml::message::AuthnRequest;
use crate::saml::partner::ServiceProvider;
use crate::saml::status::{Fault, FaultKind};

/// What a kind of federation demands of a message, and what it lets pass.
///
/// `T` is the test of a check: over a request for a login unless said otherwise.
pub struct Rules<T: 'static = fn(&Asked<'_>) -> Result<(), Found>> {
    /// Its name in the documentation.
    pub name: &'static str,
    /// What is demanded, in the order in which it is checked.
    pub checks: &'static [Check<T>],
    /// What is accepted though somebody might expect otherwise.
    pub tolerances: &'static [Tolerance],
}

/// One demand on a message whose signature held.
pub struct Check<T = fn(&Asked<'_>) -> Result<(), Found>> {
    /// What breaking it is called.
    pub kind: FaultKind,
    /// The element or attribute, by path.
    pub element: &'static str,
    /// The rule, in words, with its source at the end in parentheses.
    pub rule: &'static str,
    /// The source alone.
    pub source: &'static str,
    /// Whether a message keeps it.
    pub test: T,
}

/// Something that is accepted.
pub struct Tolerance {
    /// The element or attribute, by path.
    pub element: &'static str,
    /// What is accepted, in words.
    pub rule: &'static str,
    /// Who says so.
    pub source: &'static str,
}

/// A request, and the circumstances in which it is judged.
pub struct Asked<'a> {
    /// What is asked.
    pub message: &'a AuthnRequest,
    /// Who asks, and signed.
    pub partner: &'a ServiceProvider,
    /// How it came.
    pub binding: Binding,
    /// What came with it, to be given back.
    pub relay_state: Option<&'a str>,
    /// Ourselves.
    pub identity_provider: &'a IdentityProvider,
    /// The time of arrival.
    pub now: DateTime<Utc>,
    /// The earliest time of issue that is still coherent with its arrival.
    pub earliest: DateTime<Utc>,
    /// The latest.
    pub latest: DateTime<Utc>,
}

/// What was there in place of what a check demands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Found {
    /// What the rule wants.
    pub expected: Cow<'static, str>,
    /// What there was, cut to 200 characters; empty if nothing.
    pub found: String,
}

impl Found {
    /// `found` in place of `expected`.
    pub fn instead(found: Option<&str>, expected: impl Into<Cow<'static, str>>) -> Self {
        Self { expected: expected.into(), found: cut(found.unwrap_or_default()) }
    }
}

impl Rules {
    /// The first demand that `asked` does not meet.
    #[must_use]
    pub fn broken(&self, asked: &Asked<'_>) -> Option<Fault> {
        self.checks.iter().find_map(|check| check.judged((check.test)(asked)))
    }
}

impl<T> Check<T> {
    /// The fault, if this check's test found one.
    #[must_use]
    pub fn judged(&self, verdict: Result<(), Found>) -> Option<Fault> {
        let Found { expected, found } = verdict.err()?;
        let Self { kind, element, rule, .. } = *self;
        Some(Fault { kind, rule, element, expected, found })
    }
}

/// `text`, at most 200 characters of it: more would flood pages and logs.
#[must_use]
pub fn cut(text: &str) -> String {
    text.chars().take(200).collect()
}

/// A [`Check`]: kind, element, rule, source, test.
macro_rules! demand {
    ($kind:ident, $element:literal, $rule:literal, $source:literal, $test:expr $(,)?) => {
        $crate::saml::profile::check::Check {
            kind: $crate::saml::status::FaultKind::$kind,
            element: $element,
            rule: concat!($rule, " (", $source, ")"),
            source: $source,
            test: $test,
        }
    };
}
pub(in crate::saml) use demand;

/// A [`Tolerance`]: element, rule, source.
macro_rules! accept {
    ($element:literal, $rule:literal, $source:literal $(,)?) => {
        $crate::saml::profile::check::Tolerance { element: $element, rule: $rule, source: $source }
    };
}
pub(in crate::saml) use accept;
