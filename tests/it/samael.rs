//! Our metadata and answers as samael reads them: one more service provider that none of us wrote.
//! It judges all but the signatures, which other tests have judged by others.

use ponte::saml::names;
use samael::metadata::EntityDescriptor;
use samael::service_provider::ServiceProvider;

use crate::support::agent::Agent;
use crate::support::house::House;
use crate::support::sp;

#[test]
fn samael_reads_our_metadata_and_takes_our_answer() {
    let house = House::with(|making| making.start = ponte::world::clock::Clock::system().now());
    let anna = house.enrolled("anna");
    let request = house.spid(2, |_| {});
    let mut agent = Agent::new();
    let consent = house.walk(&mut agent, &request, &anna);
    let page = house.accept(&mut agent, &consent);
    let encoded = page.form_with(&["SAMLResponse"]).unwrap();
    let encoded = encoded.field("SAMLResponse").unwrap();

    let mut metadata: EntityDescriptor = house.env.keys.snapshot().metadata.xml.parse().unwrap();
    assert_eq!(metadata.entity_id.as_deref(), Some(house.env.idp.entity_id.as_str()));
    let role = metadata.idp_sso_descriptors.as_mut().unwrap().first_mut().unwrap();
    let bindings: Vec<&str> =
        role.single_sign_on_services.iter().map(|one| one.binding.as_str()).collect();
    assert_eq!(bindings, [names::HTTP_REDIRECT, names::HTTP_POST]);
    assert_eq!(role.key_descriptors.len(), 1);
    role.key_descriptors.clear();

    let provider = ServiceProvider {
        entity_id: Some(sp::SPID_ENTITY.into()),
        acs_url: Some("https://sp.example.org/spid/acs".into()),
        idp_metadata: metadata,
        ..ServiceProvider::default()
    };
    let assertion = provider.parse_base64_response(encoded, Some(&[&request.id])).unwrap();
    let statement = &assertion.authn_statements.unwrap()[0];
    let class = statement.authn_context.as_ref().unwrap().value.as_ref().unwrap();
    assert_eq!(class.value.as_deref(), Some("https://www.spid.gov.it/SpidL2"));
    let attributes = &assertion.attribute_statements.unwrap()[0].attributes;
    let values: Vec<(&str, &str)> = attributes
        .iter()
        .map(|one| (one.name.as_deref().unwrap(), one.values[0].value.as_deref().unwrap()))
        .collect();
    assert!(values.contains(&("familyName", "D'Angelo & Figli")), "{values:?}");
    assert!(values.contains(&("fiscalNumber", "TINIT-RSSMRA80A01H501U")), "{values:?}");

    let refused = provider.parse_base64_response(encoded, Some(&["_another-request"]));
    assert!(refused.is_err(), "the control: an answer to another request");
    let elsewhere = ServiceProvider { entity_id: Some("https://other.example".into()), ..provider };
    assert!(elsewhere.parse_base64_response(encoded, Some(&[&request.id])).is_err());
}
