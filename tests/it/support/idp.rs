//! The identity provider of the tests.

use ponte::identity::attributes::AttributeName;
use ponte::identity::name_id::NameIdKind;
use ponte::login::request::LocalName;
use ponte::saml::identity_provider::{IdentityProvider, Organization, SingleLogout, Supported};
use ponte::saml::profile::spid::CLASSES;

use crate::support::sp;

pub(crate) const ENTITY: &str = "https://idp.example.org/saml";

pub(crate) fn identity_provider() -> IdentityProvider {
    let name = |it: &str, en: &str| LocalName { it: Some(it.into()), en: Some(en.into()) };
    IdentityProvider {
        entity_id: ENTITY.into(),
        single_sign_on: sp::DESTINATION.into(),
        single_logout: Some(SingleLogout {
            location: "https://idp.example.org/saml/slo".into(),
            response_location: Some("https://idp.example.org/saml/slo/response".into()),
        }),
        organization: Organization {
            name: name("Ente di prova", "Test body"),
            display_name: name("Ente di prova", "Test body"),
            url: name("https://www.example.org", "https://www.example.org/en"),
        },
        name_ids: vec![NameIdKind::Transient],
        attributes: AttributeName::ALL.to_vec(),
        supported: Supported {
            classes: CLASSES.to_vec(),
            purposes: vec!["P", "PX"],
            age_limit: true,
        },
    }
}
