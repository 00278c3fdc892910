//! What an answer must fit, and what a check of it is made of.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};

use crate::assurance::requirement::Comparison;
use crate::saml::profile::check::Found;
use crate::saml::signature::PublicKey;
use crate::saml::upstream::assertion::Assertion;
use crate::saml::upstream::envelope::Envelope;
use crate::saml::upstream::profile::UpstreamProfile;
use crate::saml::upstream::request::Request;

/// What an answer must fit: the request that was sent, and to whom.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Whose rules it is held to.
    pub profile: UpstreamProfile,
    /// The entityID of the identity provider that was asked.
    pub provider: &'a str,
    /// Its registered keys.
    pub keys: &'a [PublicKey],
    /// What of it must be signed.
    pub signed: SignedParts,
    /// The ID of the request.
    pub request: &'a str,
    /// When it was made.
    pub asked: DateTime<Utc>,
    /// Whether it made the person show themselves anew: [`Request::forces`].
    pub forced: bool,
    /// The classes asked for.
    pub classes: &'a [String],
    /// How they bind.
    pub comparison: Comparison,
    /// Our entityID.
    pub ourselves: &'a str,
    /// The address at which the answer came in.
    pub consumer: &'a str,
    /// How far clocks may differ; [`SKEW`] unless something else is settled.
    pub skew: TimeDelta,
}

/// What of an answer must be signed. A signature that is there must hold, needed or not.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum SignedParts {
    /// The assertion, as in SPID, for the card and at the eIDAS node, where no other choice is (spid-saml §1.2).
    #[default]
    Assertion,
    /// The response; plain SAML alone.
    Response,
    /// One of the two; plain SAML alone.
    Either,
    /// Both.
    Both,
}

/// How far clocks may differ.
pub const SKEW: TimeDelta = TimeDelta::seconds(60);

impl<'a> Expected<'a> {
    /// What the answer to `request` must fit, sent to `provider`, whose keys are `keys`, when it comes in at `consumer`.
    #[must_use]
    pub fn of(
        request: &'a Request,
        provider: &'a str,
        keys: &'a [PublicKey],
        consumer: &'a str,
    ) -> Self {
        Self {
            profile: request.profile,
            provider,
            keys,
            signed: SignedParts::default(),
            request: &request.id,
            asked: request.issue_instant,
            forced: request.forces(),
            classes: &request.classes,
            comparison: request.comparison,
            ourselves: &request.issuer,
            consumer,
            skew: SKEW,
        }
    }

    /// Whether the assertion itself must be signed.
    #[must_use]
    pub fn wants_assertion_signed(&self) -> bool {
        let settled = matches!(self.signed, SignedParts::Assertion | SignedParts::Both);
        settled || self.profile != UpstreamProfile::Saml2
    }

    /// Whether the response must be.
    #[must_use]
    pub fn wants_response_signed(&self) -> bool {
        matches!(self.signed, SignedParts::Both)
            || self.signed == SignedParts::Response && self.profile == UpstreamProfile::Saml2
    }
}

/// An answer and the circumstances in which it is judged.
pub struct Judged<'a> {
    /// The envelope.
    pub envelope: &'a Envelope,
    /// Whether the envelope itself is signed.
    pub response_signed: bool,
    /// The assertion; of verified octets.
    pub assertion: &'a Assertion,
    /// What both must fit.
    pub expected: &'a Expected<'a>,
    /// The time of arrival.
    pub now: DateTime<Utc>,
}

/// One demand on an answer.
pub struct Check {
    /// The element or attribute, by path.
    pub element: &'static str,
    /// The rule, in words.
    pub rule: &'static str,
    /// Who says so.
    pub source: &'static str,
    /// Where it holds.
    pub profiles: &'static [UpstreamProfile],
    /// Whether an answer keeps it.
    pub test: fn(&Judged<'_>) -> Result<(), Found>,
}

/// Something that is accepted though somebody might expect otherwise.
pub struct Tolerance {
    /// The element or attribute, by path.
    pub element: &'static str,
    /// What is accepted, in words.
    pub rule: &'static str,
    /// Who says so.
    pub source: &'static str,
    /// Where it is accepted.
    pub profiles: &'static [UpstreamProfile],
}

/// A rule that an answer broke, for its developer: what, where, expected, found. Nothing of it is personal.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{element} {rule} ({rule_source}): expected {expected}, found {found:?}")]
pub struct Broken {
    /// The element or attribute, by path.
    pub element: &'static str,
    /// The rule, in words.
    pub rule: &'static str,
    /// Who says so.
    pub rule_source: &'static str,
    /// What the rule wants.
    pub expected: Cow<'static, str>,
    /// What there was, cut to 200 characters; empty if nothing.
    pub found: String,
}

/// The first demand of `checks` that `judged` does not meet.
///
/// # Errors
/// That demand.
pub fn all_hold(checks: &[Check], judged: &Judged<'_>) -> Result<(), Broken> {
    let here = checks.iter().filter(|check| check.profiles.contains(&judged.expected.profile));
    for check in here {
        (check.test)(judged).map_err(|Found { expected, found }| Broken {
            element: check.element,
            rule: check.rule,
            rule_source: check.source,
            expected,
            found,
        })?;
    }
    Ok(())
}
