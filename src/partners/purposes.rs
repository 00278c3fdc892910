//! For which purposes upstreams have identities (spid-saml §4).

use crate::identity::kind::Purpose;
use crate::partners::upstream::{Saml, Speaks, Upstream};
use crate::saml::upstream::profile::UpstreamProfile;
use crate::saml::upstream::provider::IdentityProvider;

impl Saml {
    /// The purposes for which `provider` has identities, as its metadata say; SPID's alone know them.
    pub(super) fn purposes_of(&self, provider: &IdentityProvider) -> Vec<Purpose> {
        if self.profile != UpstreamProfile::Spid {
            return Vec::new();
        }
        provider.purposes.iter().filter_map(|said| Purpose::parse(said)).collect()
    }
}

impl Upstream {
    /// The purposes for which one of its identity providers, at least, has identities.
    #[must_use]
    pub fn purposes(&self) -> Vec<Purpose> {
        let Speaks::Saml(saml) = &self.speaks else { return Vec::new() };
        let known = |it: &Purpose| {
            saml.providers.iter().any(|provider| saml.purposes_of(provider).contains(it))
        };
        Purpose::ALL.into_iter().filter(known).collect()
    }
}
