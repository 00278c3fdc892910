//! Whether what a source gave may take the place of the last good copy of it: a decision on values alone.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::partners::aggregate::error::TakeError;
use crate::partners::aggregate::opened::Aggregate;
use crate::partners::source::good::Good;
use crate::partners::source::policy::{Policy, Provides};
use crate::partners::source::reason::Reason;
use crate::saml::metadata::aggregate::error::AggregateError;
use crate::saml::metadata::listing::{self, Member, Unusable};
use crate::saml::metadata::long_list::{self, Said};
use crate::saml::signature::{PublicKey, Unproven};
use crate::saml::upstream::provider::Trust;
use crate::saml::xml::XmlError;
use crate::world::digest::sha256;

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

/// Judges the octets of a document, no more than 256 KiB.
///
/// # Errors
/// Why it is not taken; whatever was there before then stays.
pub fn judge(octets: &[u8], judging: &Judging<'_>) -> Result<Good, Refused> {
    clock(judging)?;
    let trust = judging.trust();
    let listing =
        listing::read(octets, &trust, judging.now).map_err(|error| unusable(octets, &error))?;
    held(Good { listing, list: None, sha256: sha256(octets), taken: judging.now }, judging)
}

/// Judges a long list that was verified for [`Judging::trust`], and lies where it is ours alone.
///
/// # Errors
/// As [`judge`].
pub fn judge_list(list: Arc<Aggregate>, judging: &Judging<'_>) -> Result<Good, Refused> {
    clock(judging)?;
    let said = Said {
        signer: list.signer(),
        valid_until: list.valid_until(),
        cache_duration: list.cache_duration(),
    };
    let listing = long_list::listing(said, &judging.trust(), judging.now);
    let listing = listing.map_err(|error| unusable(b"", &error))?;
    let sha256 = list.sha256();
    held(Good { listing, list: Some(list), sha256, taken: judging.now }, judging)
}

/// Why a long list is refused, or cannot be kept. Of one that is signed by another key none is shown that a person could accept: it
/// is believed again once a second key is pinned.
#[must_use]
pub fn refused_list(error: &TakeError) -> Refused {
    let reason = match error {
        TakeError::Refused(error) => long(error),
        TakeError::Source(_)
        | TakeError::Io { .. }
        | TakeError::Folder { .. }
        | TakeError::Name(_) => Reason::Unreadable,
    };
    Refused::new(reason, error)
}

fn held(good: Good, judging: &Judging<'_>) -> Result<Good, Refused> {
    whom(&good, judging)?;
    if let Some(before) = judging.before.filter(|_| judging.meant != Some(good.sha256)) {
        against(&good, before, judging)?;
    }
    Ok(good)
}

impl Judging<'_> {
    /// By which keys a document is believed, and for how long.
    #[must_use]
    pub fn trust(&self) -> Trust {
        let mut trust = self.policy.trust.clone();
        // Accepted keys widen a list that is there; alone they would make one where whoever placed a file is believed.
        if !trust.signed_by.is_empty() {
            trust.signed_by.extend(self.accepted.iter().cloned());
        }
        trust
    }
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
        Unusable::NoValidUntil => Reason::NoValidUntil,
        Unusable::Expired(_) => Reason::Expired,
        Unusable::TooFar(_) | Unusable::BadValidUntil(_) => Reason::TooFar,
        Unusable::Nobody => Reason::Nobody,
        Unusable::Twice { .. } => Reason::Twice,
    };
    Refused::new(reason, error)
}

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
fn whom(good: &Good, judging: &Judging<'_>) -> Result<(), Refused> {
    let ours = |name: &str| judging.ourselves.iter().any(|ours| ours == name);
    if !judging.policy.lists_us
        && let Some(name) = good.names().find(|name| ours(name))
    {
        return Err(Refused::new(Reason::Ourselves, name));
    }
    let mut wrong = None;
    for (name, member) in good.members(&judging.policy.trust, judging.now) {
        if ours(name) || !judging.policy.takes(name) {
            continue;
        }
        let fault = match &member {
            Ok(member) if member.is_usable(judging.provides) => return Ok(()),
            Ok(member) => fault(member),
            Err(error) => Some(error.to_string()),
        };
        wrong = wrong.or_else(|| Some(format!("{name}: {}", fault?)));
    }
    let nobody = || format!("of {} entities none is of the kind that is provided", good.entities());
    Err(Refused::new(Reason::Nobody, wrong.unwrap_or_else(nobody)))
}

/// What is wrong with it as what it is.
fn fault(member: &Member) -> Option<String> {
    let of_sp = member.service_provider.as_ref().and_then(|one| one.as_ref().err());
    let of_idp = member.identity_provider.as_ref().and_then(|one| one.as_ref().err());
    of_sp.or(of_idp).map(ToString::to_string)
}

/// Whether it is no worse than the copy that is in use.
fn against(good: &Good, copy: &Good, judging: &Judging<'_>) -> Result<(), Refused> {
    let (listing, before) = (&good.listing, &copy.listing);
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
    let names: HashSet<&str> = good.names().collect();
    let had = copy.entities();
    let still = copy.names().filter(|name| names.contains(name)).count();
    if had >= FEW && still * 2 < had {
        return Err(Refused::new(Reason::Shrunk, format!("{still} of {had} are still there")));
    }
    // Under a signature of the source it is the source that vouches for new keys.
    if listing.signer.is_some() {
        return Ok(());
    }
    let trust = &judging.policy.trust;
    let keys = |good: &Good| -> HashMap<String, BTreeSet<[u8; 32]>> {
        let read = good.members(trust, judging.now);
        let read = read.filter_map(|(name, member)| Some((name.to_owned(), member.ok()?)));
        read.map(|(name, member)| (name, member.keys.clone())).collect()
    };
    let now = keys(good);
    for (name, then) in keys(copy) {
        let Some(now) = now.get(&name) else { continue };
        if !then.is_empty() && then.is_disjoint(now) {
            return Err(Refused::new(Reason::KeysReplaced, name));
        }
    }
    Ok(())
}

/// How far a clock may be set back without its word being doubted.
const CLOCK: TimeDelta = TimeDelta::minutes(5);
/// Of fewer entities than these half may go at once.
const FEW: usize = 4;
