//! Shibboleth: files in the form of the identity provider's and the service provider's own.

use std::fs;
use std::path::Path;

use ponte::world::signer::Signer as _;

use crate::elsewhere::house::{adopt, carried, import, left};
use crate::support::keys;
use crate::support::server::Server;
use crate::support::sp::{GENERIC_ENTITY, Metadata};

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

const PROVIDERS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<MetadataProvider id="ShibbolethMetadata" xsi:type="ChainingMetadataProvider"
    xmlns="urn:mace:shibboleth:2.0:metadata" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <MetadataProvider id="Federation" xsi:type="FileBackedHTTPMetadataProvider" backingFile="%{idp.home}/metadata/fed.xml"
      metadataURL="https://metadata.example.org/fed.xml" maxRefreshDelay="PT4H" disregardTLSCertificate="true">
    <MetadataFilter xsi:type="SignatureValidation" certificateFile="%{idp.home}/credentials/fed.pem"/>
    <MetadataFilter xsi:type="RequiredValidUntil" maxValidityInterval="P14D"/>
    <MetadataFilter xsi:type="EntityRole"><RetainedRole>md:SPSSODescriptor</RetainedRole></MetadataFilter>
    <MetadataFilter xsi:type="EntityAttributes"/>
  </MetadataProvider>
  <MetadataProvider id="Local" xsi:type="FilesystemMetadataProvider" metadataFile="%{idp.home}/metadata/sp.xml"/>
  <MetadataProvider id="Gone" xsi:type="FilesystemMetadataProvider" metadataFile="/opt/elsewhere/x.xml"/>
  <MetadataProvider id="Query" xsi:type="DynamicHTTPMetadataProvider">
    <MetadataFilter xsi:type="SignatureValidation" certificateFile="%{idp.home}/credentials/fed.pem"/>
    <MetadataQueryProtocol>https://mdq.example.org</MetadataQueryProtocol>
  </MetadataProvider>
</MetadataProvider>"#;

const RESOLVER: &str = r#"<AttributeResolver xmlns="urn:mace:shibboleth:2.0:resolver" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <AttributeDefinition id="cf" xsi:type="Simple">
    <InputDataConnector ref="ldap" attributeNames="cf"/>
    <AttributeEncoder xsi:type="SAML2String" name="urn:oid:1.3.6.1.4.1.25178.1.2.15" friendlyName="schacPersonalUniqueID" encodeType="false"/>
  </AttributeDefinition>
  <AttributeDefinition id="eppn" xsi:type="Scoped" scope="example.org">
    <AttributeEncoder xsi:type="SAML2ScopedString" name="urn:oid:1.3.6.1.4.1.5923.1.1.1.6"/>
  </AttributeDefinition>
  <DataConnector id="ldap" xsi:type="LDAPDirectory"/>
</AttributeResolver>"#;

const FILTER: &str = r#"<AttributeFilterPolicyGroup id="p" xmlns="urn:mace:shibboleth:2.0:afp" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <AttributeFilterPolicy id="everybody">
    <PolicyRequirementRule xsi:type="ANY"/>
    <AttributeRule attributeID="mail" permitAny="true"/>
  </AttributeFilterPolicy>
  <AttributeFilterPolicy id="two">
    <PolicyRequirementRule xsi:type="OR">
      <Rule xsi:type="Requester" value="https://sp.example.org/generic"/>
      <Rule xsi:type="Requester" value="https://other.example.org"/>
    </PolicyRequirementRule>
    <AttributeRule attributeID="cf"><PermitValueRule xsi:type="ANY"/></AttributeRule>
    <AttributeRule attributeID="givenName"><PermitValueRule xsi:type="ValueRegex" regex="^A"/></AttributeRule>
    <AttributeRule attributeID="eppn" permitAny="true"/>
    <AttributeRule attributeID="sn" permitAny="true"><DenyValueRule xsi:type="Value" value="x"/></AttributeRule>
  </AttributeFilterPolicy>
  <AttributeFilterPolicy id="category">
    <PolicyRequirementRule xsi:type="EntityAttributeExactMatch" attributeName="c" attributeValue="v"/>
    <AttributeRule attributeID="sn" permitAny="true"/>
  </AttributeFilterPolicy>
</AttributeFilterPolicyGroup>"#;

const RELYING: &str = r##"<beans xmlns="http://www.springframework.org/schema/beans" xmlns:p="http://www.springframework.org/schema/p" xmlns:c="http://www.springframework.org/schema/c" xmlns:util="http://www.springframework.org/schema/util">
  <bean id="shibboleth.UnverifiedRelyingParty" parent="RelyingParty"><property name="profileConfigurations"><list/></property></bean>
  <bean id="shibboleth.DefaultRelyingParty" parent="RelyingParty"/>
  <util:list id="shibboleth.RelyingPartyOverrides">
    <bean parent="RelyingPartyByName" c:relyingPartyIds="#{{'https://sp.example.org/generic', 'https://third.example.org'}}">
      <property name="profileConfigurations"><list>
        <bean parent="SAML2.SSO" p:encryptAssertions="true" p:nameIDFormatPrecedence="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress" p:postAuthenticationFlows="terms-of-use"/>
      </list></property>
    </bean>
    <bean parent="RelyingPartyByTag" c:candidates="x"/>
  </util:list>
</beans>"##;

#[test]
fn an_identity_provider_comes_over() {
    let server = Server::new();
    let old = server.folder().join("old");
    for (name, text) in [
        ("conf/metadata-providers.xml", PROVIDERS),
        ("conf/attribute-resolver.xml", RESOLVER),
        ("conf/attribute-filter.xml", FILTER),
        ("conf/relying-party.xml", RELYING),
        ("conf/idp.properties", "a=b\n"),
    ] {
        write(&old, name, text);
    }
    write(&old, "credentials/fed.pem", std::str::from_utf8(&keys::IDP.pair.certificate).unwrap());
    write(&old, "metadata/sp.xml", &Metadata::generic().signed(&keys::SP.signer));
    let report = import(&server, &["shibboleth", "old"]);
    assert_eq!(carried(&report, "source"), ["federation", "query"]);
    assert_eq!(
        carried(&report, "service-provider"),
        [GENERIC_ENTITY, "https://other.example.org", "https://third.example.org"]
    );
    left(
        &report,
        &[
            ("disregardTLSCertificate", "does not know it"),
            ("the filter EntityAttributes", "not carried out"),
            ("/opt/elsewhere/x.xml", "outside of the folder"),
            ("\"eppn\"", "no attribute of the SPID table"),
            ("connector \"ldap\"", "asks no directory"),
            ("some values of \"givenName\"", "whatever its value"),
            ("some values of \"sn\"", "whatever its value"),
            ("policy \"category\"", "otherwise than by entityIDs"),
            ("RelyingPartyByTag", "otherwise than by entityIDs"),
            ("profiles for every relying party", "ponte's own"),
            ("postAuthenticationFlows for https://third.example.org", "ponte's own"),
            ("conf/idp.properties", "ponte's own"),
        ],
    );
    let place = report["left"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["what"].as_str().unwrap().contains("EntityAttributes"))
        .unwrap();
    assert_eq!(
        (&place["place"]["file"], &place["place"]["line"]),
        (&"conf/metadata-providers.xml".into(), &9.into())
    );
    adopt(&server);
    let settings = server.settings();
    let fed = settings.sources.iter().find(|one| one.name == "federation").unwrap();
    assert_eq!(fed.place.shown(), "https://metadata.example.org/fed.xml");
    assert_eq!(fed.policy.trust.signed_by.len(), 1);
    assert_eq!(fed.policy.trust.require_valid_until.map(|span| span.num_days()), Some(14));
    assert_eq!(fed.refresh.num_minutes(), 240);
    assert_eq!(fed.entry.attributes.len(), 1);
    let query = settings.sources.iter().find(|one| one.name == "query").unwrap();
    assert_eq!(
        (query.place.kind(), query.place.shown().as_str()),
        ("mdq", "https://mdq.example.org/")
    );
    let entry = |entity_id: &str| {
        let found =
            settings.service_providers.iter().find(|one| one.entity_id == entity_id).unwrap();
        let names: Vec<String> =
            found.entry.attributes.iter().map(|name| name.as_str().to_owned()).collect();
        (names.join(" "), found.entry.encrypt_assertion)
    };
    assert_eq!(entry(GENERIC_ENTITY), ("email fiscalNumber".to_owned(), true));
    assert_eq!(entry("https://other.example.org"), ("fiscalNumber".to_owned(), false));
}

const SERVICE: &str = r#"<SPConfig xmlns="urn:mace:shibboleth:3.0:native:sp:config">
  <ApplicationDefaults entityID="https://old.example.org/shibboleth" REMOTE_USER="eppn">
    <Sessions lifetime="28800"><SSO entityID="https://idp.example.org/idp/shibboleth">SAML2</SSO><Logout>SAML2</Logout></Sessions>
    <MetadataProvider type="XML" path="idp.xml"/>
    <MetadataProvider type="XML" url="https://metadata.example.org/idps.xml" backingFilePath="idps.xml" maxRefreshDelay="7200">
      <MetadataFilter type="Signature" certificate="fed.pem"/>
      <MetadataFilter type="RequireValidUntil" maxValidityInterval="864000"/>
    </MetadataProvider>
    <MetadataProvider type="MDQ" baseUrl="https://mdq.example.org/"/>
    <AttributeExtractor type="XML" path="attribute-map.xml"/>
  </ApplicationDefaults>
</SPConfig>"#;

const MAP: &str = r#"<Attributes xmlns="urn:mace:shibboleth:2.0:attribute-map">
  <Attribute name="urn:oid:2.5.4.42" id="givenName"/>
  <Attribute name="urn:mace:example:cf" id="codiceFiscale"/>
  <Attribute name="urn:oid:1.3.6.1.4.1.5923.1.1.1.6" id="eppn"/>
</Attributes>"#;

#[test]
fn a_service_provider_comes_over() {
    let server = Server::new();
    let old = server.folder().join("old");
    write(&old, "shibboleth2.xml", SERVICE);
    write(&old, "attribute-map.xml", MAP);
    write(&old, "fed.pem", std::str::from_utf8(&keys::IDP.pair.certificate).unwrap());
    let certificate = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        keys::IDP.signer.certificate(),
    );
    write(
        &old,
        "idp.xml",
        &format!(
            "<md:EntityDescriptor xmlns:md='urn:oasis:names:tc:SAML:2.0:metadata' entityID='https://idp.example.org/idp/shibboleth'>\
         <md:IDPSSODescriptor protocolSupportEnumeration='urn:oasis:names:tc:SAML:2.0:protocol'><md:KeyDescriptor>\
         <ds:KeyInfo xmlns:ds='http://www.w3.org/2000/09/xmldsig#'><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>\
         <md:SingleSignOnService Binding='urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect' Location='https://idp.example.org/sso'/></md:IDPSSODescriptor></md:EntityDescriptor>"
        ),
    );
    let report = import(&server, &["shibboleth", "old"]);
    assert_eq!(carried(&report, "upstream").len(), 2, "{report:#}");
    left(
        &report,
        &[
            ("\"urn:oid:1.3.6.1.4.1.5923.1.1.1.6\"", "no attribute of the SPID table"),
            ("(MDQ)", "knows no list"),
            (
                "identity provider https://idp.example.org/idp/shibboleth by default",
                "settled for each service provider",
            ),
            ("Logout", "ponte's own"),
            ("REMOTE_USER of ApplicationDefaults", "web server's"),
            ("AttributeExtractor", "ponte's own"),
        ],
    );
    let tables = fs::read_to_string(server.folder().join("out/ponte.toml")).unwrap();
    assert!(tables.contains("# There we were https://old.example.org/shibboleth."), "{tables}");
    adopt(&server);
    let settings = server.settings();
    assert_eq!((settings.upstreams.len(), settings.sources.len()), (2, 1));
    assert_eq!(settings.upstreams[0].rules.len(), 1);
    assert_eq!(
        settings.sources[0].policy.trust.require_valid_until.map(|span| span.num_days()),
        Some(10)
    );
}
