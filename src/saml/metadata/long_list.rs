//! A list of metadata that is longer than a message may be, read under the trust policy of its source: verified in one pass,
//! its entities one by one.

use chrono::{DateTime, Utc};

use crate::saml::metadata::aggregate::entity;
use crate::saml::metadata::aggregate::error::AggregateError;
use crate::saml::metadata::aggregate::limits::Limits;
use crate::saml::metadata::aggregate::verify::{self, verify};
use crate::saml::metadata::listing::{self, Listing, Unusable};
use crate::saml::upstream::provider::Trust;
use crate::saml::xml;

/// Reads the list `octets` as of `now`, as [`listing::read`] does one that is short. When it was published is not read.
///
/// # Errors
/// The first thing for which none of it may be used.
pub(super) fn read(octets: &[u8], trust: &Trust, now: DateTime<Utc>) -> Result<Listing, Unusable> {
    let believed = match trust.signed_by.as_slice() {
        [] => verify::Trust::Placed,
        keys => verify::Trust::Pinned(keys),
    };
    let limits = Limits::default();
    let found = verify(octets, believed, limits, now)?;
    let valid_until = found.valid_until();
    listing::in_time(valid_until, trust, now)?;
    // Each may have its own end; the list's must be there.
    let of_members = Trust { require_valid_until: None, ..trust.clone() };
    let mut members = Vec::with_capacity(found.entities().len());
    for extent in found.entities() {
        let from = usize::try_from(extent.offset).map_err(|_| AggregateError::Empty)?;
        let length = usize::try_from(extent.length).map_err(|_| AggregateError::Empty)?;
        let place = octets.get(from..).and_then(|rest| rest.get(..length)).unwrap_or_default();
        let opening = usize::try_from(extent.opening).ok();
        let opening = opening.and_then(|place| found.openings().get(place));
        let opening = opening.map(String::as_str).unwrap_or_default();
        let text = entity::read(place, &extent.digest, opening).map_err(Unusable::Entity)?;
        let document = xml::parse_within(&text, limits.of_part()).map_err(Unusable::Xml)?;
        let (name, until) = (extent.entity_id.clone(), extent.valid_until);
        let top = document.root_element();
        members.push(listing::member(top, name, until, &of_members, now));
    }
    let signer = found.signer();
    Ok(Listing {
        signer: trust.signed_by.iter().find(|key| Some(key.fingerprint()) == signer).cloned(),
        is_list: true,
        valid_until,
        cache: found.cache_duration().and_then(listing::duration),
        created: None,
        members,
    })
}
