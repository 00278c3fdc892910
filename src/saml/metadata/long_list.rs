//! A list of metadata that is longer than a message may be, once it was verified in one pass: what it says of itself, and of one
//! entity at a time.

use chrono::{DateTime, Utc};

use crate::saml::metadata::aggregate::limits::Limits;
use crate::saml::metadata::listing::{self, Listing, Member, Unusable};
use crate::saml::upstream::provider::Trust;
use crate::saml::xml;

/// What a verified list says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The SHA-256 of the certificate whose key signed it.
    pub signer: Option<&'a [u8; 32]>,
    /// Until when it may be used, if it says so.
    pub valid_until: Option<DateTime<Utc>>,
    /// Its `cacheDuration`, as it stands there.
    pub cache_duration: Option<&'a str>,
}

/// Whether what begins with `octets` is a list (`EntitiesDescriptor`), as far as its beginning shows; what it is the pass over it
/// says.
#[must_use]
pub fn begins(octets: &[u8]) -> bool {
    let text = String::from_utf8_lossy(octets);
    let root = text.split('<').skip(1).find(|piece| !piece.starts_with(['?', '!']));
    let name = root.and_then(|piece| piece.split([' ', '\t', '\r', '\n', '>']).next());
    name.is_some_and(|name| name.rsplit(':').next() == Some("EntitiesDescriptor"))
}

/// A list as a listing without members, which are read one by one. When it was published is not read.
///
/// # Errors
/// When it may not be used at `now`.
pub fn listing(said: Said<'_>, trust: &Trust, now: DateTime<Utc>) -> Result<Listing, Unusable> {
    listing::in_time(said.valid_until, trust, now)?;
    let signer = trust.signed_by.iter().find(|key| Some(key.fingerprint()) == said.signer);
    Ok(Listing {
        signer: signer.cloned(),
        is_list: true,
        valid_until: said.valid_until,
        cache: said.cache_duration.and_then(listing::duration),
        created: None,
        members: Vec::new(),
    })
}

/// The entity `entity_id`, whose metadata are `text`, and which is believed until `valid_until`.
///
/// # Errors
/// When it cannot be read at all.
pub fn member(
    text: &str,
    entity_id: &str,
    valid_until: Option<DateTime<Utc>>,
    trust: &Trust,
    now: DateTime<Utc>,
) -> Result<Member, Unusable> {
    let document = xml::parse_within(text, Limits::default().of_part()).map_err(Unusable::Xml)?;
    // Each may have its own end; the list's must be there.
    let trust = Trust { require_valid_until: None, ..trust.clone() };
    let top = document.root_element();
    Ok(listing::member(top, entity_id.to_owned(), valid_until, &trust, now))
}
