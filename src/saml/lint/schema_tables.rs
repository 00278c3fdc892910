//! The schemas themselves: SAML metadata and XML Signature, and what SPID, Avviso 29, the card and the invoices make of them.

use crate::saml::lint::schema::{Allowed, Content, Part, Shape, Value};
use crate::saml::names;

/// The prefixes by which the tables name elements.
pub(in crate::saml) const NAMESPACES: [(&str, &str); 7] = [
    ("md", names::METADATA),
    ("ds", names::DSIG),
    ("xenc", names::XENC),
    ("saml", names::ASSERTION),
    ("spid", names::SPID),
    ("cie", names::CIE),
    ("fpa", names::INVOICING),
];

const MANY: usize = usize::MAX;

const fn part(names: &'static [&'static str], least: usize, most: usize) -> Part {
    Part { names, least, most }
}

const fn one(names: &'static [&'static str]) -> Part {
    part(names, 1, 1)
}

const fn maybe(names: &'static [&'static str]) -> Part {
    part(names, 0, 1)
}

const fn any(names: &'static [&'static str]) -> Part {
    part(names, 0, MANY)
}

const fn some(names: &'static [&'static str]) -> Part {
    part(names, 1, MANY)
}

const fn may(name: &'static str, value: Value) -> Allowed {
    Allowed { name, value, must: false }
}

const fn must(name: &'static str, value: Value) -> Allowed {
    Allowed { name, value, must: true }
}

const fn shape(
    name: &'static str,
    attributes: &'static [Allowed],
    open: bool,
    content: Content,
) -> Shape {
    Shape { name, attributes, open, content }
}

const fn plain(name: &'static str, value: Value) -> Shape {
    shape(name, &[], false, Content::Text(value))
}

const fn endpoint(name: &'static str) -> Shape {
    shape(name, ENDPOINT, true, Content::Parts(OTHERS))
}

const fn indexed(name: &'static str) -> Shape {
    shape(name, INDEXED, true, Content::Parts(OTHERS))
}

const fn localized(name: &'static str, value: Value) -> Shape {
    shape(name, LANGUAGE, false, Content::Text(value))
}

const fn anything(name: &'static str) -> Shape {
    shape(name, &[], true, Content::Anything)
}

const OTHERS: &[Part] = &[any(&["*"])];
const LANGUAGE: &[Allowed] = &[must("xml:lang", Value::Language)];
const VALID: Allowed = may("validUntil", Value::Instant);
const CACHE: Allowed = may("cacheDuration", Value::Duration);
const ID: Allowed = may("ID", Value::Id);

const ENDPOINT: &[Allowed] = &[
    must("Binding", Value::Uri),
    must("Location", Value::Uri),
    may("ResponseLocation", Value::Uri),
];
const INDEXED: &[Allowed] = &[
    must("Binding", Value::Uri),
    must("Location", Value::Uri),
    may("ResponseLocation", Value::Uri),
    must("index", Value::Index),
    may("isDefault", Value::Boolean),
];
const ENTITY: &[Allowed] = &[must("entityID", Value::EntityId), VALID, CACHE, ID];

const ROLES: &[&str] = &[
    "md:RoleDescriptor",
    "md:IDPSSODescriptor",
    "md:SPSSODescriptor",
    "md:AuthnAuthorityDescriptor",
    "md:AttributeAuthorityDescriptor",
    "md:PDPDescriptor",
    "md:AffiliationDescriptor",
];
const CONTACTS: &[&str] = &["technical", "support", "administrative", "billing", "other"];

/// SAML Metadata and XML Signature (saml-schema-metadata-2.0.xsd, xmldsig-core-schema.xsd).
pub(in crate::saml) const CORE: &[Shape] = &[
    shape(
        "md:EntitiesDescriptor",
        &[VALID, CACHE, ID, may("Name", Value::Text)],
        false,
        Content::Parts(&[
            maybe(&["ds:Signature"]),
            maybe(&["md:Extensions"]),
            some(&["md:EntityDescriptor", "md:EntitiesDescriptor"]),
        ]),
    ),
    shape(
        "md:EntityDescriptor",
        ENTITY,
        true,
        Content::Parts(&[
            maybe(&["ds:Signature"]),
            maybe(&["md:Extensions"]),
            some(ROLES),
            maybe(&["md:Organization"]),
            any(&["md:ContactPerson"]),
            any(&["md:AdditionalMetadataLocation"]),
        ]),
    ),
    shape("md:Extensions", &[], false, Content::Parts(&[some(&["*"])])),
    shape(
        "md:Organization",
        &[],
        true,
        Content::Parts(&[
            maybe(&["md:Extensions"]),
            some(&["md:OrganizationName"]),
            some(&["md:OrganizationDisplayName"]),
            some(&["md:OrganizationURL"]),
        ]),
    ),
    localized("md:OrganizationName", Value::Text),
    localized("md:OrganizationDisplayName", Value::Text),
    localized("md:OrganizationURL", Value::Uri),
    shape(
        "md:ContactPerson",
        &[must("contactType", Value::OneOf(CONTACTS))],
        true,
        Content::Parts(&[
            maybe(&["md:Extensions"]),
            maybe(&["md:Company"]),
            maybe(&["md:GivenName"]),
            maybe(&["md:SurName"]),
            any(&["md:EmailAddress"]),
            any(&["md:TelephoneNumber"]),
        ]),
    ),
    plain("md:Company", Value::Text),
    plain("md:GivenName", Value::Text),
    plain("md:SurName", Value::Text),
    plain("md:EmailAddress", Value::Uri),
    plain("md:TelephoneNumber", Value::Text),
    shape(
        "md:AdditionalMetadataLocation",
        &[must("namespace", Value::Uri)],
        false,
        Content::Text(Value::Uri),
    ),
    shape(
        "md:KeyDescriptor",
        &[may("use", Value::OneOf(&["encryption", "signing"]))],
        false,
        Content::Parts(&[one(&["ds:KeyInfo"]), any(&["md:EncryptionMethod"])]),
    ),
    shape(
        "md:EncryptionMethod",
        &[must("Algorithm", Value::Uri)],
        false,
        Content::Mixed(&[maybe(&["xenc:KeySize"]), maybe(&["xenc:OAEPparams"]), any(&["*"])]),
    ),
    shape(
        "md:SPSSODescriptor",
        &[
            ID,
            VALID,
            CACHE,
            must("protocolSupportEnumeration", Value::Text),
            may("errorURL", Value::Uri),
            may("AuthnRequestsSigned", Value::Boolean),
            may("WantAssertionsSigned", Value::Boolean),
        ],
        true,
        Content::Parts(&[
            maybe(&["ds:Signature"]),
            maybe(&["md:Extensions"]),
            any(&["md:KeyDescriptor"]),
            maybe(&["md:Organization"]),
            any(&["md:ContactPerson"]),
            any(&["md:ArtifactResolutionService"]),
            any(&["md:SingleLogoutService"]),
            any(&["md:ManageNameIDService"]),
            any(&["md:NameIDFormat"]),
            some(&["md:AssertionConsumerService"]),
            any(&["md:AttributeConsumingService"]),
        ]),
    ),
    shape(
        "md:IDPSSODescriptor",
        &[
            ID,
            VALID,
            CACHE,
            must("protocolSupportEnumeration", Value::Text),
            may("errorURL", Value::Uri),
            may("WantAuthnRequestsSigned", Value::Boolean),
        ],
        true,
        Content::Parts(&[
            maybe(&["ds:Signature"]),
            maybe(&["md:Extensions"]),
            any(&["md:KeyDescriptor"]),
            maybe(&["md:Organization"]),
            any(&["md:ContactPerson"]),
            any(&["md:ArtifactResolutionService"]),
            any(&["md:SingleLogoutService"]),
            any(&["md:ManageNameIDService"]),
            any(&["md:NameIDFormat"]),
            some(&["md:SingleSignOnService"]),
            any(&["md:NameIDMappingService"]),
            any(&["md:AssertionIDRequestService"]),
            any(&["md:AttributeProfile"]),
            any(&["saml:Attribute"]),
        ]),
    ),
    indexed("md:ArtifactResolutionService"),
    endpoint("md:SingleLogoutService"),
    endpoint("md:ManageNameIDService"),
    plain("md:NameIDFormat", Value::Uri),
    endpoint("md:SingleSignOnService"),
    endpoint("md:NameIDMappingService"),
    endpoint("md:AssertionIDRequestService"),
    plain("md:AttributeProfile", Value::Uri),
    indexed("md:AssertionConsumerService"),
    shape(
        "md:AttributeConsumingService",
        &[must("index", Value::Index), may("isDefault", Value::Boolean)],
        false,
        Content::Parts(&[
            some(&["md:ServiceName"]),
            any(&["md:ServiceDescription"]),
            some(&["md:RequestedAttribute"]),
        ]),
    ),
    localized("md:ServiceName", Value::Text),
    localized("md:ServiceDescription", Value::Text),
    shape(
        "md:RequestedAttribute",
        &[
            must("Name", Value::Text),
            may("NameFormat", Value::Uri),
            may("FriendlyName", Value::Text),
            may("isRequired", Value::Boolean),
        ],
        true,
        Content::Parts(&[any(&["saml:AttributeValue"])]),
    ),
    shape(
        "saml:Attribute",
        &[
            must("Name", Value::Text),
            may("NameFormat", Value::Uri),
            may("FriendlyName", Value::Text),
        ],
        true,
        Content::Parts(&[any(&["saml:AttributeValue"])]),
    ),
    anything("saml:AttributeValue"),
    shape(
        "ds:Signature",
        &[may("Id", Value::Id)],
        false,
        Content::Parts(&[
            one(&["ds:SignedInfo"]),
            one(&["ds:SignatureValue"]),
            maybe(&["ds:KeyInfo"]),
            any(&["ds:Object"]),
        ]),
    ),
    shape(
        "ds:SignedInfo",
        &[may("Id", Value::Id)],
        false,
        Content::Parts(&[
            one(&["ds:CanonicalizationMethod"]),
            one(&["ds:SignatureMethod"]),
            some(&["ds:Reference"]),
        ]),
    ),
    shape("ds:SignatureValue", &[may("Id", Value::Id)], false, Content::Text(Value::Base64)),
    shape("ds:CanonicalizationMethod", ALGORITHM, false, Content::Mixed(&[any(&["*"])])),
    shape(
        "ds:SignatureMethod",
        ALGORITHM,
        false,
        Content::Mixed(&[maybe(&["ds:HMACOutputLength"]), any(&["*"])]),
    ),
    shape(
        "ds:Reference",
        &[may("Id", Value::Id), may("URI", Value::Uri), may("Type", Value::Uri)],
        false,
        Content::Parts(&[
            maybe(&["ds:Transforms"]),
            one(&["ds:DigestMethod"]),
            one(&["ds:DigestValue"]),
        ]),
    ),
    shape("ds:Transforms", &[], false, Content::Parts(&[some(&["ds:Transform"])])),
    shape("ds:Transform", ALGORITHM, false, Content::Mixed(&[any(&["ds:XPath", "*"])])),
    shape("ds:DigestMethod", ALGORITHM, false, Content::Mixed(&[any(&["*"])])),
    plain("ds:DigestValue", Value::Base64),
    shape(
        "ds:KeyInfo",
        &[may("Id", Value::Id)],
        false,
        Content::Mixed(&[some(&[
            "ds:KeyName",
            "ds:KeyValue",
            "ds:RetrievalMethod",
            "ds:X509Data",
            "ds:PGPData",
            "ds:SPKIData",
            "ds:MgmtData",
            "*",
        ])]),
    ),
    plain("ds:KeyName", Value::Text),
    anything("ds:KeyValue"),
    shape(
        "ds:X509Data",
        &[],
        false,
        Content::Parts(&[some(&[
            "ds:X509IssuerSerial",
            "ds:X509SKI",
            "ds:X509SubjectName",
            "ds:X509Certificate",
            "ds:X509CRL",
            "*",
        ])]),
    ),
    plain("ds:X509Certificate", Value::Base64),
    plain("ds:X509CRL", Value::Base64),
    plain("ds:X509SKI", Value::Base64),
    plain("ds:X509SubjectName", Value::Text),
];

const ALGORITHM: &[Allowed] = &[must("Algorithm", Value::Uri)];

const INVOICE: &[&str] = &["*"];

/// Avviso 29 on contacts (saml-schema-metadata-sp-spid-av29.xsd, spid.xsd, spid-invoicing.xsd). Whoever acts for
/// another body has three contacts where it is invoiced (Avviso 19), so their number is not taken from the schema.
pub(in crate::saml) const AV29: &[Shape] = &[
    shape(
        "md:EntityDescriptor",
        ENTITY,
        true,
        Content::Parts(&[
            maybe(&["ds:Signature"]),
            maybe(&["md:Extensions"]),
            some(&["md:SPSSODescriptor"]),
            one(&["md:Organization"]),
            part(&["md:ContactPerson"], 1, 3),
        ]),
    ),
    shape(
        "md:ContactPerson",
        &[must("contactType", Value::OneOf(&["other", "billing"]))],
        true,
        Content::Parts(&[
            one(&["md:Extensions"]),
            maybe(&["md:Company"]),
            maybe(&["md:EmailAddress"]),
            maybe(&["md:TelephoneNumber"]),
        ]),
    ),
    plain("md:EmailAddress", Value::Text),
    plain("spid:VATNumber", Value::Text),
    plain("spid:IPACode", Value::Text),
    plain("spid:FiscalCode", Value::Text),
    shape(
        "fpa:CessionarioCommittente",
        &[],
        false,
        Content::Parts(&[one(&["fpa:DatiAnagrafici"]), one(&["fpa:Sede"])]),
    ),
    shape(
        "fpa:DatiAnagrafici",
        &[],
        false,
        Content::Parts(&[
            part(&["fpa:IdFiscaleIVA", "fpa:CodiceFiscale"], 1, 2),
            one(&["fpa:Anagrafica"]),
        ]),
    ),
    shape(
        "fpa:IdFiscaleIVA",
        &[],
        false,
        Content::Parts(&[one(&["fpa:IdPaese"]), one(&["fpa:IdCodice"])]),
    ),
    shape(
        "fpa:Anagrafica",
        &[],
        false,
        Content::Parts(&[
            one(&["fpa:Denominazione", "fpa:Nome"]),
            maybe(&["fpa:Cognome"]),
            maybe(&["fpa:Titolo"]),
            maybe(&["fpa:CodEORI"]),
        ]),
    ),
    shape(
        "fpa:Sede",
        &[],
        false,
        Content::Parts(&[
            one(&["fpa:Indirizzo"]),
            maybe(&["fpa:NumeroCivico"]),
            one(&["fpa:CAP"]),
            one(&["fpa:Comune"]),
            maybe(&["fpa:Provincia"]),
            one(&["fpa:Nazione"]),
        ]),
    ),
    plain("fpa:Denominazione", Value::Short(80)),
    plain("fpa:Nome", Value::Short(60)),
    plain("fpa:Cognome", Value::Short(60)),
    plain("fpa:Indirizzo", Value::Short(60)),
    plain("fpa:Comune", Value::Short(60)),
    plain("fpa:NumeroCivico", Value::Short(8)),
    plain("fpa:IdCodice", Value::Short(28)),
    shape("md:ContactPerson/md:Extensions", &[], false, Content::Parts(&[some(INVOICE)])),
];

const CIE_NAMES: &[&str] = &[
    "cie:Public",
    "cie:Private",
    "cie:IPACode",
    "cie:IPACategory",
    "cie:FiscalCode",
    "cie:VATNumber",
    "cie:NACE2Code",
    "cie:Municipality",
    "cie:Province",
    "cie:Country",
];
const TRUE: Value = Value::UriOf(&["true", "1"]);

/// The electronic identity card (saml-schema-metadata-sp-cie.xsd, cie.xsd).
pub(in crate::saml) const CIE: &[Shape] = &[
    shape(
        "md:EntityDescriptor",
        ENTITY,
        true,
        Content::Parts(&[
            one(&["ds:Signature"]),
            maybe(&["md:Extensions"]),
            one(&["md:SPSSODescriptor"]),
            one(&["md:Organization"]),
            part(&["md:ContactPerson"], 1, 2),
            any(&["md:Extensions"]),
            any(&["md:AdditionalMetadataLocation"]),
        ]),
    ),
    shape(
        "md:ContactPerson",
        &[must("contactType", Value::OneOf(&["technical", "administrative"]))],
        true,
        Content::Parts(&[
            maybe(&["md:Extensions"]),
            one(&["md:Company"]),
            some(&["md:EmailAddress"]),
            any(&["md:TelephoneNumber"]),
        ]),
    ),
    shape(
        "md:ContactPerson/md:Extensions",
        &[],
        false,
        Content::Parts(&[part(CIE_NAMES, 2, MANY), any(&["*"])]),
    ),
    plain("cie:IPACode", Value::Text),
    plain("cie:IPACategory", Value::Text),
    plain("cie:FiscalCode", Value::Text),
    plain("cie:VATNumber", Value::Text),
    plain("cie:NACE2Code", Value::Text),
    plain("cie:Municipality", Value::Text),
    plain("cie:Province", Value::Text),
    plain("cie:Country", Value::Text),
    shape(
        "md:KeyDescriptor",
        &[must("use", Value::OneOf(&["encryption", "signing"]))],
        false,
        Content::Parts(&[one(&["ds:KeyInfo"]), any(&["md:EncryptionMethod"])]),
    ),
    shape(
        "md:SPSSODescriptor",
        &[
            ID,
            VALID,
            CACHE,
            must("protocolSupportEnumeration", Value::UriOf(&[names::PROTOCOL])),
            may("errorURL", Value::Uri),
            must("AuthnRequestsSigned", TRUE),
            must("WantAssertionsSigned", TRUE),
        ],
        true,
        Content::Parts(&[
            maybe(&["ds:Signature"]),
            maybe(&["md:Extensions"]),
            some(&["md:KeyDescriptor"]),
            maybe(&["md:Organization"]),
            any(&["md:ContactPerson"]),
            any(&["md:ArtifactResolutionService"]),
            some(&["md:SingleLogoutService"]),
            any(&["md:ManageNameIDService"]),
            maybe(&["md:NameIDFormat"]),
            some(&["md:AssertionConsumerService"]),
            some(&["md:AttributeConsumingService"]),
        ]),
    ),
    plain("md:NameIDFormat", Value::UriOf(&[names::FORMAT_TRANSIENT])),
    shape(
        "md:SingleLogoutService",
        &[
            must("Binding", Value::UriOf(&[names::HTTP_POST, names::HTTP_REDIRECT, names::SOAP])),
            must("Location", Value::Uri),
            may("ResponseLocation", Value::Uri),
        ],
        true,
        Content::Parts(&[any(&["*"])]),
    ),
    shape(
        "md:AssertionConsumerService",
        &[
            must("Binding", Value::UriOf(&[names::HTTP_POST, names::HTTP_REDIRECT, HTTP_SOAP])),
            must("Location", Value::Uri),
            may("ResponseLocation", Value::Uri),
            must("index", Value::Index),
            may("isDefault", Value::Boolean),
        ],
        true,
        Content::Parts(&[]),
    ),
    localized("md:ServiceName", Value::Short(255)),
];

/// A binding that this schema alone knows.
const HTTP_SOAP: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-SOAP";
