//! Whose rules a text is held to: given, or guessed from what it says of itself.

use roxmltree::Node;

use crate::saml::lint::value::{descendants, named};
use crate::saml::names;
use crate::saml::upstream::metadata::kind::MetadataProfile;

/// A kind of entity with its rules.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LintProfile {
    /// A service provider of one of the twelve kinds.
    ServiceProvider(MetadataProfile),
    /// An identity provider of SPID.
    IdentityProvider,
}

impl LintProfile {
    /// All thirteen.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let providers = MetadataProfile::ALL.map(Self::ServiceProvider);
        providers.into_iter().chain([Self::IdentityProvider]).collect()
    }

    /// The name on the command line and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ServiceProvider(kind) => kind.name(),
            Self::IdentityProvider => "spid-idp",
        }
    }

    /// The one called `name`, by our names or those of `spid_sp_test`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|profile| {
            profile.name() == name || profile.suite_name().is_some_and(|other| other == name)
        })
    }

    /// The name that `spid_sp_test` has for it (`--profile`).
    #[must_use]
    pub fn suite_name(self) -> Option<String> {
        let Self::ServiceProvider(kind) = self else { return None };
        Some(match kind {
            MetadataProfile::Ficep => "ficep-eidas-sp".to_owned(),
            MetadataProfile::Saml2 => "saml2-sp".to_owned(),
            MetadataProfile::CiePublic => "cie-sp-public".to_owned(),
            MetadataProfile::CiePrivate => "cie-sp-private".to_owned(),
            other => other.name().replacen("spid-", "spid-sp-", 1),
        })
    }

    /// What `root` seems to be: by its role, the empty elements of its contacts, and the code in its entityID.
    pub(in crate::saml) fn guess(root: Node<'_, '_>) -> Self {
        if descendants(root, "IDPSSODescriptor").next().is_some() {
            return Self::IdentityProvider;
        }
        let entity_id = root.attribute("entityID").unwrap_or_default();
        let contacts = || descendants(root, "ContactPerson");
        let marks = |name: &str| {
            contacts().any(|contact| {
                named(contact, "Extensions").any(|all| named(all, name).next().is_some())
            })
        };
        let is_card = contacts().any(|contact| {
            contact.descendants().any(|node| node.tag_name().namespace() == Some(names::CIE))
        });
        let is_private = marks("Private");
        let kinds = MetadataProfile::ALL.into_iter();
        let by_mark = kinds.filter(|kind| kind.activity().is_some()).find(|kind| {
            kind.mark().and_then(|mark| mark.split_once(':')).is_some_and(|(_, mark)| marks(mark))
        });
        let by_code = MetadataProfile::ALL
            .into_iter()
            .find(|kind| kind.activity().is_some_and(|code| entity_id.contains(code)));
        let indexes = descendants(root, "AttributeConsumingService")
            .filter_map(|service| service.attribute("index"))
            .filter(|index| matches!(*index, "99" | "100"))
            .count();
        let is_spid = root.descendants().any(|node| {
            matches!(node.tag_name().namespace(), Some(names::SPID | names::INVOICING))
        });
        Self::ServiceProvider(match (by_mark.or(by_code), is_card) {
            (_, true) if is_private => MetadataProfile::CiePrivate,
            (_, true) => MetadataProfile::CiePublic,
            (Some(kind), _) => kind,
            (None, _) if indexes == 2 => MetadataProfile::Ficep,
            (None, _) if is_private => MetadataProfile::SpidPrivate,
            (None, _) if is_spid => MetadataProfile::SpidPublic,
            (None, _) => MetadataProfile::Saml2,
        })
    }

    /// Whether it is a kind of service provider of SPID, the eIDAS node included.
    pub(in crate::saml) fn is_spid(self) -> bool {
        !matches!(self, Self::ServiceProvider(MetadataProfile::Saml2)) && !self.is_card()
    }

    /// Whether it is a kind for the electronic identity card.
    pub(in crate::saml) fn is_card(self) -> bool {
        matches!(
            self,
            Self::ServiceProvider(MetadataProfile::CiePublic | MetadataProfile::CiePrivate)
        )
    }
}
