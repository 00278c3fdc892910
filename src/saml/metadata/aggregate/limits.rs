//! How much a list of metadata may be.

use crate::saml::xml;

/// How much a list may have; [`Limits::default`] takes the largest federations several times over.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Its octets.
    pub octets: u64,
    /// Its entities.
    pub entities: usize,
    /// Its elements.
    pub elements: usize,
    /// The values of its `ID` attributes.
    pub ids: usize,
    /// How deep lists may stand in lists; the outermost is at 1.
    pub lists: usize,
    /// The octets of one entity, one signature, one `Extensions`, or of what stands between two of them.
    pub part: usize,
    /// The elements of one of these.
    pub part_elements: usize,
    /// The octets of the start tags of all lists that are open at one place.
    pub opening: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            octets: 512 * 1024 * 1024,
            entities: 100_000,
            elements: 50_000_000,
            ids: 500_000,
            lists: 8,
            part: 1024 * 1024,
            part_elements: 20_000,
            opening: 16 * 1024,
        }
    }
}

impl Limits {
    /// Of a part, with the start tags above it and their end tags.
    pub(in crate::saml) fn of_part(&self) -> xml::Limits {
        xml::Limits {
            octets: self.part + 2 * self.opening,
            elements: self.part_elements + self.lists,
            namespaces: self.part_elements,
        }
    }
}
