//! Our metadata as a service provider: what each kind must have, each fault by its name.

use ponte::identity::attributes::AttributeName;
use ponte::login::request::LocalName;
use ponte::saml::metadata::read::{Unsigned, read};
use ponte::saml::upstream::metadata::description::{AttributeSet, Description};
use ponte::saml::upstream::metadata::kind::MetadataProfile;
use ponte::saml::upstream::metadata::write::{DescribeError, write};
use ponte::world::signer::Signer as _;

use crate::support::descriptions::{CONSUMER, description};
use crate::support::keys;

use MetadataProfile::{
    CiePrivate, CiePublic, Ficep, Saml2, SpidAgPrivateFull, SpidAgPublicFull, SpidAgPublicLite,
    SpidOpPublicFull, SpidPrivate, SpidPublic,
};

/// SP-07: the twelve are right, and our own reader of service providers' metadata takes them.
#[test]
fn sp_07_the_twelve_are_written_and_read_again() {
    for profile in MetadataProfile::ALL {
        let described = description(profile);
        assert_eq!(described.faults(), [], "{profile:?}");
        assert_eq!(MetadataProfile::parse(profile.name()), Some(profile));
        let further = [keys::SP_ECDSA.signer.certificate().to_vec()];
        let xml = write(&described, "_md1", &keys::SP.signer, &further).unwrap();
        let now = "2026-11-22T00:10:03Z".parse().unwrap();
        let read = read(&xml, Unsigned::Refuse, now).unwrap();
        let sp = read.service_provider;
        assert_eq!(sp.entity_id, described.entity_id);
        assert_eq!(sp.keys.len(), 2);
        assert_eq!(sp.default_consumer().unwrap().location, CONSUMER);
        assert_eq!(sp.attribute_sets.len(), described.attribute_sets.len());
        assert_eq!(sp.logouts.len(), 2);
    }
}

/// A change of one thing, the kind in which it is wrong, and the field that is named.
type Row = (MetadataProfile, &'static str, fn(&mut Description));

const ROWS: &[Row] = &[
    (SpidPublic, "entity-id", |sp| sp.entity_id = "http://sp.example.org".into()),
    (Saml2, "entity-id", |sp| sp.entity_id.clear()),
    (SpidAgPublicFull, "entity-id", |sp| {
        sp.entity_id = "https://sp.example.org/pub-ag-lite".into()
    }),
    (SpidAgPublicFull, "entity-id", |sp| {
        sp.entity_id = "https://sp.example.org/pub-ag-full?a=b".into()
    }),
    (SpidPublic, "consumers", |sp| sp.consumers.clear()),
    (SpidPublic, "consumers", |sp| sp.consumers = vec!["javascript:alert(1)".into()]),
    (SpidPublic, "logouts", |sp| sp.logouts.clear()),
    (SpidPublic, "logouts", |sp| sp.logouts[0].location = "/slo".into()),
    (CiePublic, "logouts", |sp| drop(sp.logouts.remove(0))),
    (SpidAgPublicLite, "validation", |sp| sp.validation = None),
    (SpidPublic, "validation", |sp| sp.validation = Some(Vec::new())),
    (SpidPublic, "encryption", |sp| sp.encryption.push(Vec::new())),
    (SpidPublic, "attributes", |sp| sp.attribute_sets.clear()),
    (SpidPublic, "attributes.index", |sp| sp.attribute_sets.push(sp.attribute_sets[0].clone())),
    (SpidPublic, "attributes.0", |sp| sp.attribute_sets[0].attributes.clear()),
    (SpidPublic, "attributes.0", |sp| sp.attribute_sets[0].attributes.push(AttributeName::Name)),
    (SpidPublic, "attributes.0", |sp| sp.attribute_sets[0].name = LocalName::default()),
    (CiePublic, "attributes.0", |sp| sp.attribute_sets[0].attributes.push(AttributeName::SpidCode)),
    (SpidPublic, "attributes.99", |sp| {
        let mut set = AttributeSet::eidas().remove(0);
        set.attributes.push(AttributeName::Email);
        sp.attribute_sets.push(set);
    }),
    (Ficep, "attributes.index", |sp| drop(sp.attribute_sets.pop())),
    (SpidPublic, "organization.name", |sp| sp.organization.name.it = None),
    (SpidPublic, "organization.url", |sp| {
        sp.organization.url.en = Some("https://x.example".into())
    }),
    (SpidPublic, "contact.email", |sp| sp.contact.email = None),
    (SpidPublic, "contact.email", |sp| sp.contact.email = Some("nobody".into())),
    (SpidPublic, "contact.telephone", |sp| sp.contact.telephone = Some("06 1234567".into())),
    (SpidPublic, "contact.ipa-code", |sp| sp.contact.ipa_code = None),
    (SpidPublic, "contact.ipa-code", |sp| sp.contact.ipa_code = Some("c h501".into())),
    (SpidPublic, "contact.ipa-code", |sp| sp.contact.ipa_code = Some("__aggrsint".into())),
    (SpidPublic, "contact.municipality", |sp| sp.contact.municipality = Some("H501".into())),
    (SpidPrivate, "contact.ipa-code", |sp| sp.contact.ipa_code = Some("c_h501".into())),
    (SpidPrivate, "contact.vat-number", |sp| {
        (sp.contact.vat_number, sp.contact.fiscal_code) = (None, None);
    }),
    (SpidPrivate, "contact.vat-number", |sp| sp.contact.vat_number = Some("IT97735020585".into())),
    (SpidPrivate, "contact.fiscal-code", |sp| sp.contact.fiscal_code = Some("97735020585".into())),
    (SpidOpPublicFull, "contact.fiscal-code", |sp| sp.contact.fiscal_code = None),
    (SpidAgPublicFull, "aggregated", |sp| sp.aggregated = None),
    (SpidAgPublicFull, "aggregated.ipa-code", |sp| sp.aggregated.as_mut().unwrap().ipa_code = None),
    (SpidAgPrivateFull, "aggregated.ipa-code", |sp| {
        sp.aggregated.as_mut().unwrap().ipa_code = Some("c_h501".into());
    }),
    (SpidAgPrivateFull, "aggregated.vat-number", |sp| {
        sp.aggregated.as_mut().unwrap().vat_number = None;
    }),
    (SpidPublic, "aggregated", |sp| sp.aggregated = Some(sp.contact.clone())),
    (SpidPrivate, "invoicing", |sp| sp.invoicing = None),
    (SpidPrivate, "invoicing.postal-code", |sp| {
        sp.invoicing.as_mut().unwrap().postal_code = "144".into()
    }),
    (SpidPrivate, "invoicing.name", |sp| sp.invoicing.as_mut().unwrap().name = "Ελλάς".into()),
    (SpidPrivate, "invoicing.street", |sp| sp.invoicing.as_mut().unwrap().street = "x".repeat(61)),
    (SpidPrivate, "invoicing.vat-number", |sp| sp.invoicing.as_mut().unwrap().vat_number = None),
    (CiePublic, "contact.municipality", |sp| sp.contact.municipality = None),
    (CiePublic, "contact.municipality", |sp| sp.contact.municipality = Some("Roma".into())),
    (CiePrivate, "contact.nace2", |sp| sp.contact.nace2.clear()),
    (CiePrivate, "contact.nace2", |sp| sp.contact.nace2 = vec!["J62".into()]),
    (CiePublic, "technical.email", |sp| {
        let mut technical = sp.contact.clone();
        (technical.email, technical.company) = (None, Some("Chi la fa".into()));
        sp.technical = Some(technical);
    }),
];

#[test]
fn each_fault_is_named() {
    for (place, (profile, field, change)) in ROWS.iter().enumerate() {
        let mut described = description(*profile);
        change(&mut described);
        let faults = described.faults();
        let [fault] = &faults[..] else { panic!("{place}: {profile:?} {field}: {faults:?}") };
        assert_eq!(&fault.field, field, "{profile:?}: {fault}");
        let refused = write(&described, "_md1", &keys::SP.signer, &[]).unwrap_err();
        assert!(matches!(refused, DescribeError::Fields(_)), "{refused}");
        assert!(refused.to_string().contains("expected"), "{refused}");
    }
}
