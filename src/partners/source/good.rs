//! A document that was found good: read whole, or a long list at rest of which one entity is read at a time.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::partners::aggregate::error::FindError;
use crate::partners::aggregate::opened::{Aggregate, Entity};
use crate::partners::source::policy::Provides;
use crate::saml::metadata::aggregate::found::Roles;
use crate::saml::metadata::listing::{Listing, Member, Unusable};
use crate::saml::metadata::long_list;
use crate::saml::upstream::provider::Trust;

/// A document that was found good, and is believed until its time ends.
#[derive(Debug)]
pub struct Good {
    /// What it says.
    pub listing: Listing,
    /// Where its members are, if it is a long list.
    pub list: Option<Arc<Aggregate>>,
    /// The SHA-256 of its octets.
    pub sha256: [u8; 32],
    /// When it was taken.
    pub taken: DateTime<Utc>,
}

/// An entity of a long list that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// It does not come out of its place.
    #[error(transparent)]
    Find(#[from] FindError),
    /// What comes out cannot be read.
    #[error(transparent)]
    Unusable(#[from] Unusable),
}

impl Good {
    /// Whether it is still believed.
    #[must_use]
    pub fn is_valid(&self, now: DateTime<Utc>) -> bool {
        self.listing.valid_until.is_none_or(|until| now < until)
    }

    /// How many entities it describes.
    #[must_use]
    pub fn entities(&self) -> usize {
        self.list.as_ref().map_or(self.listing.members.len(), |list| list.len())
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let whole = self.listing.members.iter().map(|member| member.entity_id.as_str());
        whole.chain(self.list.iter().flat_map(|list| list.all()).map(|listed| listed.entity_id))
    }

    /// All of them in their order, read one after the other.
    pub fn members<'a>(
        &'a self,
        trust: &'a Trust,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = (&'a str, Result<Arc<Member>, Unread>)> {
        let whole = self.listing.members.iter();
        let whole = whole.map(|member| (member.entity_id.as_str(), Ok(Arc::clone(member))));
        let listed = self.list.iter().flat_map(move |list| {
            list.all().filter_map(move |listed| {
                let read = read(list, listed.entity_id, trust, now).transpose()?;
                Some((listed.entity_id, read.map(Arc::new)))
            })
        });
        whole.chain(listed)
    }
}

/// What the list says of `entity_id`; `None` if it is not in it.
///
/// # Errors
/// When it cannot be read.
pub fn read(
    list: &Aggregate,
    entity_id: &str,
    trust: &Trust,
    now: DateTime<Utc>,
) -> Result<Option<Member>, Unread> {
    let Some(found) = list.find(entity_id)? else { return Ok(None) };
    let Entity { entity_id, xml, valid_until, .. } = &*found;
    Ok(Some(long_list::member(xml, entity_id, *valid_until, trust, now)?))
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

impl Provides {
    /// Whether an entity of these roles is of the kind.
    #[must_use]
    pub fn is_of(self, roles: Roles) -> bool {
        (self.service_providers() && roles.service_provider)
            || (self.identity_providers() && roles.identity_provider)
    }
}
