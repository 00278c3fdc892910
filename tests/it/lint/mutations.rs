//! Metadata with one fault each, and what the pre-flight says of them.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use ponte::saml::lint::inspect::{Report, inspect};
use ponte::saml::lint::profile::LintProfile;
use ponte::saml::lint::rule::Severity;
use ponte::saml::upstream::metadata::kind::MetadataProfile::{
    self, CiePublic, SpidAgPublicFull, SpidPrivate, SpidPublic,
};
use ponte::saml::upstream::metadata::write;
use ponte::world::certificate::{Holder, KeyKind, make};
use ponte::world::signer::{KeyFile, Signer as _};

use crate::support::descriptions::description;
use crate::support::forge::{Forge, PLACE};
use crate::support::keys::Keys;

/// A key whose certificate has SPID's shape, for the entity of the descriptions.
pub(crate) fn keys(profile: MetadataProfile) -> Keys {
    let described = description(profile);
    let holder = Holder {
        common_name: "Ente di esempio",
        organization: "Ente di esempio",
        entity_id: &described.entity_id,
        organization_identifier: if profile.is_private() {
            "VATIT-97735020584"
        } else {
            "PA:IT-c_h501"
        },
        country: "IT",
        locality: "Roma",
    };
    let body = if profile.is_private() { "1.3.76.16.4.3.1" } else { "1.3.76.16.4.2.1" };
    let policies = ["1.3.76.16.6", body];
    let from: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
    let pair = make(KeyKind::Rsa2048, &holder, &policies, from, 3650, [1; 16]).unwrap();
    let signer = KeyFile::load(&pair.key, &pair.certificate).unwrap();
    Keys { pair, signer }
}

static PUBLIC: LazyLock<Keys> = LazyLock::new(|| keys(SpidPublic));
static PRIVATE: LazyLock<Keys> = LazyLock::new(|| keys(SpidPrivate));
static AGGREGATOR: LazyLock<Keys> = LazyLock::new(|| keys(SpidAgPublicFull));
static CARD: LazyLock<Keys> = LazyLock::new(|| keys(CiePublic));

pub(crate) fn now() -> DateTime<Utc> {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

/// Good metadata of `profile`.
pub(crate) fn good(profile: MetadataProfile) -> String {
    let keys = match profile {
        SpidPublic => &*PUBLIC,
        SpidPrivate => &*PRIVATE,
        SpidAgPublicFull => &*AGGREGATOR,
        CiePublic => &*CARD,
        other => {
            return write::write(&description(other), "_md1", &keys(other).signer, &[]).unwrap();
        }
    };
    write::write(&description(profile), "_md1", &keys.signer, &[]).unwrap()
}

/// One fault: its name, in whose metadata, the rule that it breaks, and what is put in place of what.
pub(crate) struct Mutation {
    pub(crate) name: &'static str,
    pub(crate) profile: MetadataProfile,
    pub(crate) rule: &'static str,
    edits: &'static [(&'static str, &'static str)],
    when: When,
}

/// Whether the fault is there before the metadata are signed.
#[derive(Clone, Copy, Eq, PartialEq)]
enum When {
    Before,
    After,
}

const fn before(
    name: &'static str,
    profile: MetadataProfile,
    rule: &'static str,
    edits: &'static [(&'static str, &'static str)],
) -> Mutation {
    Mutation { name, profile, rule, edits, when: When::Before }
}

const fn after(
    name: &'static str,
    profile: MetadataProfile,
    rule: &'static str,
    edits: &'static [(&'static str, &'static str)],
) -> Mutation {
    Mutation { name, profile, rule, edits, when: When::After }
}

impl Mutation {
    /// The metadata with the fault.
    pub(crate) fn text(&self) -> String {
        let keys = match self.profile {
            SpidPublic => &*PUBLIC,
            SpidPrivate => &*PRIVATE,
            SpidAgPublicFull => &*AGGREGATOR,
            _ => &*CARD,
        };
        let signed = good(self.profile);
        let (start, end) =
            (signed.find("<ds:Signature ").unwrap(), signed.find("</ds:Signature>").unwrap());
        let end = end + "</ds:Signature>".len();
        let mut text = format!("{}{PLACE}{}", &signed[..start], &signed[end..]);
        if self.when == When::Before {
            text = self.edited(text);
        }
        let certificate = STANDARD.encode(keys.signer.certificate());
        let key_info = format!(
            "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
        );
        let sealed = Forge { key_info, ..Forge::default() }.seal(&text, "_md1", keys);
        if self.when == When::After { self.edited(sealed) } else { sealed }
    }

    fn edited(&self, mut text: String) -> String {
        for (from, to) in self.edits {
            assert!(text.contains(from), "{}: nothing reads {from}", self.name);
            text = text.replacen(from, to, 1);
        }
        text
    }
}

const ACS: &str = r#"<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example.org/sp/main/acs" index="0" isDefault="true"></md:AssertionConsumerService>"#;
const SLO: &str = r#"<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example.org/sp/main/slo"></md:SingleLogoutService>"#;
const SLO_REDIRECT: &str = r#"<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://sp.example.org/sp/main/slo"></md:SingleLogoutService>"#;
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient<";
const IPA: &str =
    r#"<spid:IPACode xmlns:spid="https://spid.gov.it/saml-extensions">c_h501</spid:IPACode>"#;
const IS_PUBLIC: &str =
    r#"<spid:Public xmlns:spid="https://spid.gov.it/saml-extensions"></spid:Public>"#;
const IS_PRIVATE: &str =
    r#"<spid:Private xmlns:spid="https://spid.gov.it/saml-extensions"></spid:Private>"#;
const VAT: &str = r#"<spid:VATNumber xmlns:spid="https://spid.gov.it/saml-extensions">IT97735020584</spid:VATNumber>"#;
const TAX: &str = r#"<spid:FiscalCode xmlns:spid="https://spid.gov.it/saml-extensions">97735020584</spid:FiscalCode>"#;
const PHONE: &str = "<md:TelephoneNumber>+390612345678</md:TelephoneNumber>";
const EMAIL: &str = "<md:EmailAddress>spid@example.org</md:EmailAddress>";
const SHOWN: &str =
    r#"<md:OrganizationDisplayName xml:lang="it">Ente di esempio</md:OrganizationDisplayName>"#;
const NAMED: &str = r#"<md:OrganizationName xml:lang="it">Ente di esempio</md:OrganizationName>"#;
const SPID_CODE: &str = r#"<md:RequestedAttribute Name="spidCode" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic"></md:RequestedAttribute>"#;
const CITY: &str = r#"<cie:Municipality xmlns:cie="https://www.cartaidentita.interno.gov.it/saml-extensions">H501</cie:Municipality>"#;

/// One fault each.
pub(crate) const MUTATIONS: &[Mutation] = &[
    before(
        "entity-id-empty",
        SpidPublic,
        "entity-id",
        &[(r#"entityID="https://sp.example.org/sp/main""#, r#"entityID="""#)],
    ),
    before(
        "entity-id-missing",
        SpidPublic,
        "entity-id",
        &[(r#" entityID="https://sp.example.org/sp/main""#, "")],
    ),
    before(
        "entity-id-http",
        SpidPublic,
        "entity-id-https",
        &[(r#"entityID="https://"#, r#"entityID="http://"#)],
    ),
    before("entity-id-blank", SpidPublic, "blank-around", &[(r#"/sp/main">"#, r#"/sp/main ">"#)]),
    before(
        "entity-id-port",
        SpidPublic,
        "entity-id-port",
        &[(r#"entityID="https://sp.example.org/"#, r#"entityID="https://sp.example.org:8443/"#)],
    ),
    before(
        "valid-until-past",
        SpidPublic,
        "valid-until",
        &[(r#"ID="_md1" "#, r#"ID="_md1" validUntil="2025-01-01T00:00:00Z" "#)],
    ),
    before(
        "valid-until-word",
        SpidPublic,
        "schema",
        &[(r#"ID="_md1" "#, r#"ID="_md1" validUntil="soon" "#)],
    ),
    before(
        "unknown-attribute",
        SpidPublic,
        "schema",
        &[(r#"ID="_md1" "#, r#"ID="_md1" colour="red" "#)],
    ),
    before(
        "protocol-missing",
        SpidPublic,
        "schema",
        &[(r#" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol""#, "")],
    ),
    before(
        "protocol-empty",
        SpidPublic,
        "protocol-empty",
        &[(
            r#"protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol""#,
            r#"protocolSupportEnumeration="""#,
        )],
    ),
    before("protocol-old", SpidPublic, "protocol", &[("SAML:2.0:protocol", "SAML:1.1:protocol")]),
    before(
        "requests-unsigned",
        SpidPublic,
        "requests-signed",
        &[(r#"AuthnRequestsSigned="true""#, r#"AuthnRequestsSigned="false""#)],
    ),
    before(
        "requests-one",
        SpidPublic,
        "requests-signed",
        &[(r#"AuthnRequestsSigned="true""#, r#"AuthnRequestsSigned="1""#)],
    ),
    before(
        "requests-unsaid",
        SpidPublic,
        "requests-signed",
        &[(r#" AuthnRequestsSigned="true""#, "")],
    ),
    before(
        "assertions-unsigned",
        SpidPublic,
        "assertions-signed",
        &[(r#" WantAssertionsSigned="true""#, "")],
    ),
    before(
        "two-roles",
        SpidPublic,
        "schema-spid",
        &[(
            "</md:SPSSODescriptor>",
            r#"</md:SPSSODescriptor><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example.org/sso"></md:SingleSignOnService></md:IDPSSODescriptor>"#,
        )],
    ),
    before(
        "key-use-unsaid",
        SpidPublic,
        "key-missing",
        &[(r#"<md:KeyDescriptor use="signing">"#, "<md:KeyDescriptor>")],
    ),
    before("key-use-wrong", SpidPublic, "schema", &[(r#"use="signing""#, r#"use="sign""#)]),
    before(
        "key-for-encryption",
        SpidPublic,
        "key-missing",
        &[(r#"use="signing""#, r#"use="encryption""#)],
    ),
    before("logout-missing", SpidPublic, "logout-missing", &[(SLO_REDIRECT, ""), (SLO, "")]),
    before(
        "logout-binding",
        SpidPublic,
        "logout-binding",
        &[(
            r#"Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect""#,
            r#"Binding="urn:oasis:names:tc:SAML:2.0:bindings:PAOS""#,
        )],
    ),
    before(
        "logout-location-empty",
        SpidPublic,
        "logout-location",
        &[(r#"Location="https://sp.example.org/sp/main/slo""#, r#"Location="""#)],
    ),
    before(
        "logout-location-relative",
        SpidPublic,
        "logout-location",
        &[("https://sp.example.org/sp/main/slo", "/sp/main/slo")],
    ),
    before(
        "logout-location-http",
        SpidPublic,
        "location-https",
        &[("https://sp.example.org/sp/main/slo", "http://sp.example.org/sp/main/slo")],
    ),
    before(
        "name-id-persistent",
        SpidPublic,
        "name-id-format",
        &[("nameid-format:transient", "nameid-format:persistent")],
    ),
    before(
        "name-id-blank",
        SpidPublic,
        "name-id-format",
        &[(TRANSIENT, "urn:oasis:names:tc:SAML:2.0:nameid-format:transient <")],
    ),
    before(
        "name-id-missing",
        SpidPublic,
        "name-id-format-missing",
        &[(
            "<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</md:NameIDFormat>",
            "",
        )],
    ),
    before(
        "name-id-before-logout",
        SpidPublic,
        "schema",
        &[
            (
                "<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</md:NameIDFormat>",
                "",
            ),
            (
                "<md:SingleLogoutService ",
                "<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</md:NameIDFormat><md:SingleLogoutService ",
            ),
        ],
    ),
    before("consumer-missing", SpidPublic, "consumer-missing", &[(ACS, "")]),
    before(
        "consumer-artifact",
        SpidPublic,
        "consumer-binding",
        &[(
            r#"HTTP-POST" Location="https://sp.example.org/sp/main/acs""#,
            r#"HTTP-Artifact" Location="https://sp.example.org/sp/main/acs""#,
        )],
    ),
    before(
        "consumer-redirect",
        SpidPublic,
        "consumer-redirect",
        &[(
            r#"HTTP-POST" Location="https://sp.example.org/sp/main/acs""#,
            r#"HTTP-Redirect" Location="https://sp.example.org/sp/main/acs""#,
        )],
    ),
    before(
        "consumer-http",
        SpidPublic,
        "location-https",
        &[("https://sp.example.org/sp/main/acs", "http://sp.example.org/sp/main/acs")],
    ),
    before("consumer-not-default", SpidPublic, "consumer-default", &[(r#" isDefault="true""#, "")]),
    before(
        "consumer-default-one",
        SpidPublic,
        "consumer-default",
        &[(r#"isDefault="true""#, r#"isDefault="1""#)],
    ),
    before(
        "consumer-index-one",
        SpidPublic,
        "consumer-zero",
        &[(r#"index="0" isDefault"#, r#"index="1" isDefault"#)],
    ),
    before(
        "consumer-index-negative",
        SpidPublic,
        "schema",
        &[(r#"index="0" isDefault"#, r#"index="-1" isDefault"#)],
    ),
    before(
        "consumer-index-word",
        SpidPublic,
        "schema",
        &[(r#"index="0" isDefault"#, r#"index="zero" isDefault"#)],
    ),
    before(
        "consumer-two-defaults",
        SpidPublic,
        "consumer-default",
        &[(
            "<md:AttributeConsumingService ",
            r#"<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example.org/sp/main/acs2" index="1" isDefault="true"></md:AssertionConsumerService><md:AttributeConsumingService "#,
        )],
    ),
    before(
        "consumer-index-twice",
        SpidPublic,
        "index-twice",
        &[(
            "<md:AttributeConsumingService ",
            r#"<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example.org/sp/main/acs2" index="0"></md:AssertionConsumerService><md:AttributeConsumingService "#,
        )],
    ),
    before("service-name-empty", SpidPublic, "service-name", &[(">Servizio di esempio<", "><")]),
    before(
        "service-name-no-language",
        SpidPublic,
        "schema",
        &[(r#"<md:ServiceName xml:lang="it">"#, "<md:ServiceName>")],
    ),
    before(
        "service-name-english",
        SpidPublic,
        "service-name-italian",
        &[(r#"<md:ServiceName xml:lang="it">Servizio di esempio</md:ServiceName>"#, "")],
    ),
    before(
        "service-no-index",
        SpidPublic,
        "schema",
        &[(r#"<md:AttributeConsumingService index="0">"#, "<md:AttributeConsumingService>")],
    ),
    before(
        "attribute-unknown",
        SpidPublic,
        "attribute-unknown",
        &[(r#"Name="spidCode""#, r#"Name="spidcode""#)],
    ),
    before(
        "attribute-twice",
        SpidPublic,
        "attribute-twice",
        &[(SPID_CODE, SPID_CODE), (r#"Name="spidCode""#, r#"Name="familyName""#)],
    ),
    before(
        "attribute-format",
        SpidPublic,
        "attribute-format",
        &[("attrname-format:basic", "attrname-format:unspecified")],
    ),
    before(
        "attribute-old",
        SpidPublic,
        "attribute-old",
        &[(r#"Name="spidCode""#, r#"Name="address""#)],
    ),
    before(
        "organization-missing",
        SpidPublic,
        "organization-one",
        &[("<md:Organization>", "<!--"), ("</md:Organization>", "-->")],
    ),
    before("organization-name-missing", SpidPublic, "organization-part", &[(NAMED, "")]),
    before(
        "organization-name-empty",
        SpidPublic,
        "organization-empty",
        &[(NAMED, r#"<md:OrganizationName xml:lang="it"></md:OrganizationName>"#)],
    ),
    before(
        "organization-english-alone",
        SpidPublic,
        "organization-italian",
        &[
            (r#"<md:OrganizationName xml:lang="it">"#, r#"<md:OrganizationName xml:lang="en">"#),
            (
                r#"<md:OrganizationDisplayName xml:lang="it">"#,
                r#"<md:OrganizationDisplayName xml:lang="en">"#,
            ),
            (r#"<md:OrganizationURL xml:lang="it">"#, r#"<md:OrganizationURL xml:lang="en">"#),
        ],
    ),
    before(
        "organization-half-english",
        SpidPublic,
        "organization-language",
        &[(
            SHOWN,
            r#"<md:OrganizationDisplayName xml:lang="it">Ente di esempio</md:OrganizationDisplayName><md:OrganizationDisplayName xml:lang="en">Example body</md:OrganizationDisplayName>"#,
        )],
    ),
    before(
        "organization-no-language",
        SpidPublic,
        "schema",
        &[(r#"<md:OrganizationURL xml:lang="it">"#, "<md:OrganizationURL>")],
    ),
    before(
        "organization-url-bare",
        SpidPublic,
        "organization-url",
        &[(">https://www.example.org<", ">www.example.org<")],
    ),
    before(
        "contact-technical",
        SpidPublic,
        "contact-one",
        &[(r#"contactType="other""#, r#"contactType="technical""#)],
    ),
    before(
        "contact-type-unknown",
        SpidPublic,
        "schema",
        &[(r#"contactType="other""#, r#"contactType="owner""#)],
    ),
    before(
        "contact-given-name",
        SpidPublic,
        "schema-av29",
        &[("<md:EmailAddress>", "<md:GivenName>Anna</md:GivenName><md:EmailAddress>")],
    ),
    before("contact-email-missing", SpidPublic, "contact-email", &[(EMAIL, "")]),
    before(
        "contact-email-mailto",
        SpidPublic,
        "contact-email",
        &[("spid@example.org", "mailto:spid@example.org")],
    ),
    before(
        "contact-email-blank",
        SpidPublic,
        "contact-email",
        &[("spid@example.org", "spid@example.org ")],
    ),
    before(
        "contact-email-twice",
        SpidPublic,
        "contact-email",
        &[(
            EMAIL,
            "<md:EmailAddress>spid@example.org</md:EmailAddress><md:EmailAddress>due@example.org</md:EmailAddress>",
        )],
    ),
    before(
        "contact-phone-blanks",
        SpidPublic,
        "contact-phone",
        &[(PHONE, "<md:TelephoneNumber>+39 06 12345678</md:TelephoneNumber>")],
    ),
    before(
        "contact-phone-no-prefix",
        SpidPublic,
        "contact-phone-prefix",
        &[(PHONE, "<md:TelephoneNumber>0612345678</md:TelephoneNumber>")],
    ),
    before(
        "contact-phone-before-email",
        SpidPublic,
        "schema",
        &[
            (EMAIL, ""),
            (
                PHONE,
                "<md:TelephoneNumber>+390612345678</md:TelephoneNumber><md:EmailAddress>spid@example.org</md:EmailAddress>",
            ),
        ],
    ),
    before(
        "contact-company-other",
        SpidPublic,
        "contact-company-same",
        &[("<md:Company>Ente di esempio<", "<md:Company>Ente d'esempio<")],
    ),
    before(
        "contact-company-blank",
        SpidPublic,
        "contact-company-same",
        &[("<md:Company>Ente di esempio<", "<md:Company>Ente di esempio <")],
    ),
    before(
        "contact-company-empty",
        SpidPublic,
        "contact-company",
        &[("<md:Company>Ente di esempio<", "<md:Company><")],
    ),
    before("contact-no-kind", SpidPublic, "contact-kind", &[(IS_PUBLIC, "")]),
    before(
        "contact-both-kinds",
        SpidPublic,
        "contact-kind-other",
        &[(
            IS_PUBLIC,
            r#"<spid:Public xmlns:spid="https://spid.gov.it/saml-extensions"></spid:Public><spid:Private xmlns:spid="https://spid.gov.it/saml-extensions"></spid:Private>"#,
        )],
    ),
    before(
        "contact-kind-filled",
        SpidPublic,
        "contact-kind-empty",
        &[(
            IS_PUBLIC,
            r#"<spid:Public xmlns:spid="https://spid.gov.it/saml-extensions">true</spid:Public>"#,
        )],
    ),
    before(
        "contact-kind-foreign",
        SpidPublic,
        "extension-namespace",
        &[(IS_PUBLIC, r#"<spid:Public xmlns:spid="https://spid.gov.it/other"></spid:Public>"#)],
    ),
    before("contact-no-ipa", SpidPublic, "contact-ipa", &[(IPA, "")]),
    before(
        "contact-ipa-last",
        SpidPublic,
        "extension-order",
        &[
            (IPA, ""),
            (
                IS_PUBLIC,
                r#"<spid:Public xmlns:spid="https://spid.gov.it/saml-extensions"></spid:Public><spid:IPACode xmlns:spid="https://spid.gov.it/saml-extensions">c_h501</spid:IPACode>"#,
            ),
        ],
    ),
    before("contact-ipa-form", SpidPublic, "contact-ipa-form", &[(">c_h501<", ">Comune di Roma<")]),
    before(
        "private-ipa",
        SpidPrivate,
        "contact-ipa-private",
        &[(
            VAT,
            r#"<spid:IPACode xmlns:spid="https://spid.gov.it/saml-extensions">c_h501</spid:IPACode><spid:VATNumber xmlns:spid="https://spid.gov.it/saml-extensions">IT97735020584</spid:VATNumber>"#,
        )],
    ),
    before("private-no-codes", SpidPrivate, "contact-vat-or-tax", &[(VAT, ""), (TAX, "")]),
    before(
        "private-vat-no-country",
        SpidPrivate,
        "contact-vat",
        &[(">IT97735020584<", ">97735020584<")],
    ),
    before("private-vat-empty", SpidPrivate, "contact-vat", &[(">IT97735020584<", "><")]),
    before(
        "private-vat-twice",
        SpidPrivate,
        "contact-vat",
        &[(
            TAX,
            r#"<spid:VATNumber xmlns:spid="https://spid.gov.it/saml-extensions">IT97735020584</spid:VATNumber>"#,
        )],
    ),
    before(
        "private-vat-fictitious",
        SpidPrivate,
        "contact-vat",
        &[(">IT97735020584<", ">__aggrsint<")],
    ),
    before(
        "private-vat-check",
        SpidPrivate,
        "contact-vat-form",
        &[(">IT97735020584<", ">IT97735020585<")],
    ),
    before(
        "private-tax-empty",
        SpidPrivate,
        "contact-tax",
        &[(
            "xmlns:spid=\"https://spid.gov.it/saml-extensions\">97735020584<",
            "xmlns:spid=\"https://spid.gov.it/saml-extensions\"><",
        )],
    ),
    before(
        "private-is-public",
        SpidPrivate,
        "contact-kind-other",
        &[(
            IS_PRIVATE,
            r#"<spid:Public xmlns:spid="https://spid.gov.it/saml-extensions"></spid:Public>"#,
        )],
    ),
    before(
        "private-no-billing",
        SpidPrivate,
        "contact-one",
        &[(r#"contactType="billing""#, r#"contactType="support""#)],
    ),
    before(
        "private-no-invoice",
        SpidPrivate,
        "invoice-missing",
        &[
            ("<fpa:CessionarioCommittente ", "<fpa:Altro "),
            ("</fpa:CessionarioCommittente>", "</fpa:Altro>"),
        ],
    ),
    before("private-billing-email", SpidPrivate, "contact-email", &[("fatture@example.org", "")]),
    before("private-postal-code", SpidPrivate, "invoice-form", &[(">00144<", ">144<")]),
    before("private-no-town", SpidPrivate, "schema-av29", &[("<fpa:Comune>Roma</fpa:Comune>", "")]),
    before(
        "aggregator-query",
        SpidAgPublicFull,
        "entity-id-query",
        &[("/pub-ag-full\"", "/pub-ag-full?a=b\"")],
    ),
    before(
        "aggregator-code",
        SpidAgPublicFull,
        "entity-id-code",
        &[("/pub-ag-full\"", "/pub-ag\"")],
    ),
    before(
        "aggregator-kind",
        SpidAgPublicFull,
        "contact-kind",
        &[
            ("<spid:PublicServicesFullAggregator>", "<spid:PublicServicesLightAggregator>"),
            ("</spid:PublicServicesFullAggregator>", "</spid:PublicServicesLightAggregator>"),
        ],
    ),
    before(
        "aggregator-company",
        SpidAgPublicFull,
        "contact-company-missing",
        &[("<md:Company>Ente di esempio</md:Company>", "")],
    ),
    before(
        "aggregator-alone",
        SpidAgPublicFull,
        "contact-one",
        &[("spid:aggregated", "spid:aggregator")],
    ),
    before("card-no-town", CiePublic, "contact-cie", &[(CITY, "")]),
    before(
        "card-attribute",
        CiePublic,
        "attribute-unknown",
        &[(r#"Name="name""#, r#"Name="spidCode""#)],
    ),
    before(
        "card-contact",
        CiePublic,
        "schema-cie",
        &[(r#"contactType="administrative""#, r#"contactType="other""#)],
    ),
    before(
        "card-two-formats",
        CiePublic,
        "schema-cie",
        &[(
            "</md:NameIDFormat>",
            "</md:NameIDFormat><md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</md:NameIDFormat>",
        )],
    ),
    after(
        "signature-missing",
        SpidPublic,
        "signature-missing",
        &[("<ds:Signature ", "<!--"), ("</ds:Signature>", "-->")],
    ),
    after(
        "changed-after-signing",
        SpidPublic,
        "signature-value",
        &[("Servizio di esempio", "Servizio d'esempio")],
    ),
    after(
        "blank-after-signing",
        SpidPublic,
        "signature-value",
        &[("<md:Organization>", "\n<md:Organization>")],
    ),
    after(
        "signature-other-value",
        SpidPublic,
        "signature-value",
        &[("<ds:SignatureValue>", "<ds:SignatureValue>AAAA")],
    ),
    after(
        "signature-no-certificate",
        SpidPublic,
        "signature-certificate",
        &[("<ds:KeyInfo>", "<!--"), ("</ds:KeyInfo>", "-->")],
    ),
    after(
        "signature-sha1",
        SpidPublic,
        "signature-method",
        &[("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#rsa-sha1")],
    ),
    after(
        "digest-sha1",
        SpidPublic,
        "signature-digest",
        &[("2001/04/xmlenc#sha256", "2000/09/xmldsig#sha1")],
    ),
    after(
        "instruction",
        SpidPublic,
        "document-instruction",
        &[("<md:EntityDescriptor ", "<?xml-stylesheet href=\"a.xsl\"?><md:EntityDescriptor ")],
    ),
    after(
        "comment-at-end",
        SpidPublic,
        "document-instruction",
        &[("</md:EntityDescriptor>", "</md:EntityDescriptor><!-- end -->")],
    ),
    after("cut", SpidPublic, "document-well-formed", &[("</md:EntityDescriptor>", "")]),
    after(
        "doubled-root",
        SpidPublic,
        "document-well-formed",
        &[("</md:EntityDescriptor>", "</md:EntityDescriptor><a/>")],
    ),
    after("foreign-namespace", SpidPublic, "schema", &[("SAML:2.0:metadata", "SAML:2.1:metadata")]),
];

pub(crate) fn report(text: &str, profile: MetadataProfile) -> Report {
    inspect(text.as_bytes(), Some(LintProfile::ServiceProvider(profile)), now())
}

#[test]
fn what_we_write_ourselves_is_refused_by_nobody() {
    for profile in MetadataProfile::ALL {
        let text = good(profile);
        let report = report(&text, profile);
        let grave: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| finding.severity() != Severity::Advice)
            .map(|finding| format!("{} {} {:?}", finding.rule, finding.element, finding.found))
            .collect();
        assert!(report.readable && grave.is_empty(), "{profile:?}: {grave:#?}");
        let guessed = inspect(text.as_bytes(), None, now());
        assert_eq!(guessed.profile, Some(LintProfile::ServiceProvider(profile)), "guessed");
    }
}

/// SP-07: each fault is found by its own rule, which does not speak of the good metadata.
#[test]
fn sp_07_each_fault_breaks_its_rule() {
    assert!(MUTATIONS.len() >= 60);
    let mut wrong = Vec::new();
    for mutation in MUTATIONS {
        let rules = |report: &Report| -> Vec<String> {
            report.findings.iter().map(|finding| finding.rule.clone()).collect()
        };
        let found = rules(&report(&mutation.text(), mutation.profile));
        if !found.iter().any(|rule| rule == mutation.rule) {
            wrong.push(format!("{}: no {} in {found:?}", mutation.name, mutation.rule));
        }
        let clean = rules(&report(&good(mutation.profile), mutation.profile));
        assert!(!clean.iter().any(|rule| rule == mutation.rule), "{}", mutation.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A finding says where: line and column of the attribute, counted in characters.
#[test]
fn findings_have_their_places() {
    let text = good(SpidPublic);
    let text = text.replacen(
        "><md:AssertionConsumerService",
        ">\n\t<!-- è --><md:AssertionConsumerService",
        1,
    );
    let text = text.replacen(r#"isDefault="true""#, r#"isDefault="maybe""#, 1);
    let report = report(&text, SpidPublic);
    let finding = report.findings.iter().find(|finding| finding.rule == "schema").unwrap();
    assert_eq!(
        finding.element,
        "EntityDescriptor/SPSSODescriptor/AssertionConsumerService/@isDefault"
    );
    assert_eq!(finding.place.line, 2);
    let line = text.lines().nth(1).unwrap();
    let column = line[..line.find("isDefault").unwrap()].chars().count() + 1;
    assert_eq!(finding.place.column as usize, column);
    assert_eq!(finding.found, "maybe");
}
