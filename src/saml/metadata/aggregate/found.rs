//! What the pass over a list found, once the list has been verified.

use chrono::{DateTime, Utc};

/// A list that was verified whole, and where in it each entity lies.
///
/// [`super::verify::verify`] alone makes one. What it says of places is true of the octets that were read then: whoever goes
/// back to them compares the digest, as [`super::entity::read`] does.
#[derive(Clone, Debug)]
pub struct Verified {
    pub(super) octets: u64,
    pub(super) signer: Option<[u8; 32]>,
    pub(super) is_signed: bool,
    pub(super) name: Option<String>,
    pub(super) valid_until: Option<DateTime<Utc>>,
    pub(super) cache_duration: Option<String>,
    pub(super) openings: Vec<String>,
    pub(super) entities: Vec<Extent>,
}

/// Where an entity lies, and what is known of it without reading it again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Extent {
    /// Its name; no other of the list has it.
    pub entity_id: String,
    /// Where its `EntityDescriptor` begins, in octets.
    pub offset: u64,
    /// How many octets it has.
    pub length: u32,
    /// Their SHA-256.
    pub digest: [u8; 32],
    /// Which of [`Verified::openings`] stands above it.
    pub opening: u32,
    /// What it is.
    pub roles: Roles,
    /// The first end of its own `validUntil` and those of the lists it stands in.
    pub valid_until: Option<DateTime<Utc>>,
}

/// The SAML 2.0 roles of an entity that we have to do with.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Roles {
    /// It has an `SPSSODescriptor`.
    pub service_provider: bool,
    /// It has an `IDPSSODescriptor`.
    pub identity_provider: bool,
}

impl Verified {
    /// The octets of the whole.
    #[must_use]
    pub fn octets(&self) -> u64 {
        self.octets
    }

    /// The fingerprint (SHA-256 of the DER) of the certificate whose key signed it; `None` if it was believed for its place.
    #[must_use]
    pub fn signer(&self) -> Option<&[u8; 32]> {
        self.signer.as_ref()
    }

    /// Whether it carries a signature, verified or not.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// Its `Name`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The `validUntil` of the whole; still to come when it was verified.
    #[must_use]
    pub fn valid_until(&self) -> Option<DateTime<Utc>> {
        self.valid_until
    }

    /// The `cacheDuration` of the whole, as it stands there.
    #[must_use]
    pub fn cache_duration(&self) -> Option<&str> {
        self.cache_duration.as_deref()
    }

    /// The start tags of lists that stand above entities, outermost first.
    #[must_use]
    pub fn openings(&self) -> &[String] {
        &self.openings
    }

    /// The entities, as they follow one another; one at least.
    #[must_use]
    pub fn entities(&self) -> &[Extent] {
        &self.entities
    }
}

impl Roles {
    /// As one octet.
    #[must_use]
    pub fn to_octet(self) -> u8 {
        u8::from(self.service_provider) | u8::from(self.identity_provider) << 1
    }

    /// From one octet.
    #[must_use]
    pub fn from_octet(octet: u8) -> Self {
        Self { service_provider: octet & 1 != 0, identity_provider: octet & 2 != 0 }
    }
}
