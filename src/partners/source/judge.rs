//! Whether what a source gave may take the place of the last good copy of it: a decision on values alone.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::partners::source::policy::{Policy, Provides};
use crate::partners::source::reason::Reason;
use crate::saml::metadata::aggregate::error::AggregateError;
use crate::saml::metadata::listing::{self, Listing, Member, Unusable};
use crate::saml::signature::{PublicKey, Unproven};
use crate::saml::xml::XmlError;
use crate::world::digest::sha256;

/// A document that was found good, and is believed until its time ends.
#[derive(Debug)]
pub struct Good {
    /// What it says.
    pub listing: Listing,
    /// The SHA-256 of its octets.
    pub sha256: [u8; 32],
    /// When it was taken.
    pub taken: DateTime<Utc>,
}

/// What a document is held against.
#[derive(Clone, Copy, Debug)]
pub struct Judging<'a> {
    /// How far its source is believed.
    pub policy: &'a Policy,
    /// Keys that a person has accepted for it, besides those of the policy.
    pub accepted: &'a [PublicKey],
    /// Whom it tells of.
    pub provides: Provides,
    /// The entityIDs that we bear.
    pub ourselves: &'a [String],
    /// The last good copy.
    pub before: Option<&'a Good>,
    /// The one document, by its SHA-256, of which a person has said that it may take the copy's place.
    pub meant: Option<[u8; 32]>,
    /// The time.
    pub now: DateTime<Utc>,
    /// Whether the clock went ahead lately, so that what seems to have expired may not have.
    pub in_doubt: bool,
}

/// A document that is not taken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}: {detail}", .reason.name())]
pub struct Refused {
    /// Why.
    pub reason: Reason,
    /// More of it, in English: what and where.
    pub detail: String,
}

impl Refused {
    /// Not taken for `reason`.
    pub fn new(reason: Reason, detail: impl ToString) -> Self {
        Self { reason, detail: detail.to_string() }
    }
}

/// Judges the octets of a document.
///
/// # Errors
/// Why it is not taken; whatever was there before then stays.
pub fn judge(octets: &[u8], judging: &Judging<'_>) -> Result<Good, Refused> {
    clock(judging)?;
    let mut trust = judging.policy.trust.clone();
    // Accepted keys widen a list that is there; alone they would make one where whoever placed a file is believed.
    if !trust.signed_by.is_empty() {
        trust.signed_by.extend(judging.accepted.iter().cloned());
    }
    let listing =
        listing::read(octets, &trust, judging.now).map_err(|error| unusable(octets, &error))?;
    let sha256 = sha256(octets);
    whom(&listing, judging)?;
    if let Some(before) = judging.before.filter(|_| judging.meant != Some(sha256)) {
        against(&listing, &before.listing)?;
    }
    Ok(Good { listing, sha256, taken: judging.now })
}

/// A clock that was set makes good what has expired, or expired what is good: nothing is judged by it.
fn clock(judging: &Judging<'_>) -> Result<(), Refused> {
    let Some(before) = judging.before else { return Ok(()) };
    if before.taken - judging.now > CLOCK {
        let detail = format!("the copy in use was taken at {}, which is to come", before.taken);
        return Err(Refused::new(Reason::Clock, detail));
    }
    if judging.in_doubt && before.is_valid(judging.now) {
        return Err(Refused::new(Reason::Clock, "it went ahead less than an hour ago"));
    }
    Ok(())
}

fn unusable(octets: &[u8], error: &Unusable) -> Refused {
    let reason = match error {
        Unusable::Nothing | Unusable::Truncated(_) => Reason::Truncated,
        Unusable::NotText => Reason::NotXml,
        Unusable::Html => Reason::Html,
        Unusable::Xml(XmlError::TooLarge { .. } | XmlError::TooMany { .. }) => Reason::TooLarge,
        Unusable::Xml(_) => Reason::NotXml,
        Unusable::NotMetadata(_) => Reason::NotMetadata,
        Unusable::Structure(_) | Unusable::Nested(_) | Unusable::Nameless(_) => Reason::Structure,
        Unusable::Unsigned => Reason::Unsigned,
        Unusable::Untrusted(Unproven::Digest) => Reason::Altered,
        Unusable::Untrusted(Unproven::NoKey | Unproven::Signature) => {
            match listing::carried_certificate(octets) {
                Some(_) => Reason::RolledKey,
                None => Reason::WrongSignature,
            }
        }
        Unusable::Untrusted(_) => Reason::WrongSignature,
        Unusable::Long(error) => long(error),
        Unusable::Entity(_) => Reason::Structure,
        Unusable::NoValidUntil => Reason::NoValidUntil,
        Unusable::Expired(_) => Reason::Expired,
        Unusable::TooFar(_) | Unusable::BadValidUntil(_) => Reason::TooFar,
        Unusable::Nobody => Reason::Nobody,
        Unusable::Twice { .. } => Reason::Twice,
    };
    Refused::new(reason, error)
}

/// Of a long list no key is shown that a person could accept: it is believed again once a second key is pinned.
fn long(error: &AggregateError) -> Reason {
    match error {
        AggregateError::Truncated { .. } => Reason::Truncated,
        AggregateError::NotUtf8 { .. }
        | AggregateError::Prolog(_)
        | AggregateError::Xml { .. }
        | AggregateError::Io(_) => Reason::NotXml,
        AggregateError::Root { .. } => Reason::NotMetadata,
        AggregateError::TooMany { .. } => Reason::TooLarge,
        AggregateError::Untrusted(Unproven::Missing) => Reason::Unsigned,
        AggregateError::Untrusted(Unproven::Digest) => Reason::Altered,
        AggregateError::Untrusted(_) => Reason::WrongSignature,
        AggregateError::Expired { .. } => Reason::Expired,
        AggregateError::DuplicateEntity { .. } => Reason::Twice,
        AggregateError::Empty => Reason::Nobody,
        AggregateError::Forbidden { .. }
        | AggregateError::Structure { .. }
        | AggregateError::Value { .. }
        | AggregateError::DuplicateId { .. } => Reason::Structure,
    }
}

/// Whether there is somebody in it whom we may use, and not ourselves.
fn whom(listing: &Listing, judging: &Judging<'_>) -> Result<(), Refused> {
    let ours = |member: &&Member| judging.ourselves.contains(&member.entity_id);
    if !judging.policy.lists_us
        && let Some(member) = listing.members.iter().find(ours)
    {
        return Err(Refused::new(Reason::Ourselves, &member.entity_id));
    }
    let usable = |member: &&Member| {
        !ours(member)
            && judging.policy.takes(&member.entity_id)
            && member.is_usable(judging.provides)
    };
    if listing.members.iter().any(|member| usable(&member)) {
        return Ok(());
    }
    let wrong = listing.members.iter().find_map(|member| {
        let of_sp = member.service_provider.as_ref().and_then(|one| one.as_ref().err());
        let of_idp = member.identity_provider.as_ref().and_then(|one| one.as_ref().err());
        of_sp.or(of_idp).map(|error| format!("{}: {error}", member.entity_id))
    });
    let nobody =
        || format!("of {} entities none is of the kind that is provided", listing.members.len());
    Err(Refused::new(Reason::Nobody, wrong.unwrap_or_else(nobody)))
}

/// Whether it is no worse than the copy that is in use.
fn against(listing: &Listing, before: &Listing) -> Result<(), Refused> {
    let older = match (listing.created, before.created) {
        (Some(now), Some(then)) if now < then => Some(("it was published at", now, then)),
        (Some(_), Some(_)) => None,
        _ => match (listing.valid_until, before.valid_until) {
            (Some(now), Some(then)) if now < then => Some(("it is good until", now, then)),
            _ => None,
        },
    };
    if let Some((what, now, then)) = older {
        return Err(Refused::new(Reason::Older, format!("{what} {now}, the one in use {then}")));
    }
    if let ([one], [other]) = (listing.members.as_slice(), before.members.as_slice())
        && !(listing.is_list || before.is_list)
        && one.entity_id != other.entity_id
    {
        let detail = format!("{}, and it was {}", one.entity_id, other.entity_id);
        return Err(Refused::new(Reason::OtherEntity, detail));
    }
    let by_id: HashMap<&str, &Member> =
        listing.members.iter().map(|member| (member.entity_id.as_str(), member)).collect();
    let had = before.members.len();
    let still =
        before.members.iter().filter(|it| by_id.contains_key(it.entity_id.as_str())).count();
    if had >= FEW && still * 2 < had {
        return Err(Refused::new(Reason::Shrunk, format!("{still} of {had} are still there")));
    }
    // Under a signature of the source it is the source that vouches for new keys.
    if listing.signer.is_some() {
        return Ok(());
    }
    for member in &before.members {
        let Some(now) = by_id.get(member.entity_id.as_str()) else { continue };
        if !member.keys.is_empty() && member.keys.is_disjoint(&now.keys) {
            return Err(Refused::new(Reason::KeysReplaced, &member.entity_id));
        }
    }
    Ok(())
}

impl Good {
    /// Whether it is still believed.
    #[must_use]
    pub fn is_valid(&self, now: DateTime<Utc>) -> bool {
        self.listing.valid_until.is_none_or(|until| now < until)
    }
}

impl Member {
    /// Whether it can be used as what a source provides.
    #[must_use]
    pub fn is_usable(&self, provides: Provides) -> bool {
        let is_sp = matches!(self.service_provider, Some(Ok(_)));
        let is_idp = matches!(self.identity_provider, Some(Ok(_)));
        (provides.service_providers() && is_sp) || (provides.identity_providers() && is_idp)
    }
}

/// How far a clock may be set back without its word being doubted.
const CLOCK: TimeDelta = TimeDelta::minutes(5);
/// Of fewer entities than these half may go at once.
const FEW: usize = 4;
