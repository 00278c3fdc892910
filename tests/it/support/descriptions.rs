//! Ourselves as a service provider of each kind.

use ponte::identity::attributes::AttributeName;
use ponte::login::request::LocalName;
use ponte::saml::binding::Binding;
use ponte::saml::identity_provider::Organization;
use ponte::saml::partner::LogoutService;
use ponte::saml::upstream::metadata::contact::{Contact, Invoicing};
use ponte::saml::upstream::metadata::description::{AttributeSet, CIE_ATTRIBUTES, Description};
use ponte::saml::upstream::metadata::kind::MetadataProfile;
use ponte::world::signer::Signer as _;

use crate::support::keys;

pub(crate) const CONSUMER: &str = "https://sp.example.org/sp/main/acs";

/// A description of the kind `profile` in which nothing is wrong.
pub(crate) fn description(profile: MetadataProfile) -> Description {
    let is_cie = matches!(profile, MetadataProfile::CiePublic | MetadataProfile::CiePrivate);
    let name = |it: &str| LocalName { it: Some(it.into()), en: None };
    let is_public = !profile.is_private();
    let needs_ipa = matches!(
        profile,
        MetadataProfile::SpidPublic
            | MetadataProfile::SpidOpPublicFull
            | MetadataProfile::SpidOpPublicLite
            | MetadataProfile::CiePublic
            | MetadataProfile::Ficep
    );
    let needs_tax = profile.activity().is_some() || profile.is_private();
    let text = |text: &str| Some(text.to_owned());
    let contact = Contact {
        ipa_code: text("c_h501").filter(|_| needs_ipa),
        vat_number: text("IT97735020584").filter(|_| needs_tax),
        fiscal_code: text("97735020584").filter(|_| needs_tax),
        email: text("spid@example.org"),
        telephone: text("+390612345678"),
        municipality: text("H501").filter(|_| is_cie),
        province: text("RM").filter(|_| is_cie),
        country: text("IT").filter(|_| is_cie),
        nace2: if profile == MetadataProfile::CiePrivate {
            vec!["62.01".into()]
        } else {
            Vec::new()
        },
        ..Contact::default()
    };
    let aggregated = Contact {
        ipa_code: text("__aggrsint").filter(|_| is_public),
        vat_number: text("IT97735020584").filter(|_| !is_public),
        email: text("ente@example.org"),
        ..Contact::default()
    };
    let invoicing = Invoicing {
        name: "Ente di esempio".into(),
        vat_number: text("IT97735020584"),
        fiscal_code: None,
        street: "Via Liszt".into(),
        number: text("21"),
        postal_code: "00144".into(),
        town: "Roma".into(),
        province: text("RM"),
        country: "IT".into(),
        company: None,
        email: "fatture@example.org".into(),
        telephone: text("+390612345678"),
    };
    let spids = [
        AttributeName::SpidCode,
        AttributeName::Name,
        AttributeName::FamilyName,
        AttributeName::FiscalNumber,
    ];
    let set = |attributes: &[AttributeName]| AttributeSet {
        index: 0,
        name: LocalName { it: text("Servizio di esempio"), en: text("Example service") },
        attributes: attributes.to_vec(),
    };
    let attribute_sets = match profile {
        MetadataProfile::Ficep => AttributeSet::eidas(),
        _ if is_cie => vec![set(&CIE_ATTRIBUTES)],
        _ => vec![set(&spids)],
    };
    let activity = profile.activity().map(|code| format!("/{code}")).unwrap_or_default();
    Description {
        profile,
        entity_id: format!("https://sp.example.org/sp/main{activity}"),
        consumers: vec![CONSUMER.into()],
        logouts: [Binding::Redirect, Binding::Post]
            .map(|binding| LogoutService {
                binding,
                location: "https://sp.example.org/sp/main/slo".into(),
                response_location: None,
            })
            .into(),
        attribute_sets,
        organization: Organization {
            name: name("Ente di esempio"),
            display_name: name("Ente di esempio"),
            url: name("https://www.example.org"),
        },
        contact,
        aggregated: Some(aggregated).filter(|_| profile.has_aggregated()),
        invoicing: Some(invoicing).filter(|_| profile.is_invoiced()),
        technical: None,
        encryption: Vec::new(),
        validation: profile.is_lite().then(|| keys::STRANGER.signer.certificate().to_vec()),
    }
}
