//! What others call our attributes.

use crate::identity::attributes::AttributeName;

/// What others call our attributes, beside the names of the SPID table: OpenID Connect's claims, those of SPID
/// and CIE with their older names (spec/oidc.md §1.6), LDAP's object identifiers, eIDAS's attributes.
pub const NAMES: &[(AttributeName, &[&str])] = &[
    (
        AttributeName::SpidCode,
        &[
            "https://attributes.eid.gov.it/spid_code",
            "https://attributes.spid.gov.it/spidCode",
            "http://eidas.europa.eu/attributes/naturalperson/PersonIdentifier",
        ],
    ),
    (
        AttributeName::Name,
        &[
            "given_name",
            "https://attributes.spid.gov.it/name",
            "urn:oid:2.5.4.42",
            "givenName",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
            "http://eidas.europa.eu/attributes/naturalperson/CurrentGivenName",
        ],
    ),
    (
        AttributeName::FamilyName,
        &[
            "family_name",
            "https://attributes.spid.gov.it/familyName",
            "urn:oid:2.5.4.4",
            "sn",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
            "http://eidas.europa.eu/attributes/naturalperson/CurrentFamilyName",
        ],
    ),
    (
        AttributeName::PlaceOfBirth,
        &[
            "place_of_birth.locality",
            "https://attributes.spid.gov.it/placeOfBirth",
            "http://eidas.europa.eu/attributes/naturalperson/PlaceOfBirth",
        ],
    ),
    (
        AttributeName::CountyOfBirth,
        &["place_of_birth.region", "https://attributes.spid.gov.it/countyOfBirth"],
    ),
    (
        AttributeName::DateOfBirth,
        &[
            "birthdate",
            "https://attributes.spid.gov.it/dateOfBirth",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/dateofbirth",
            "http://eidas.europa.eu/attributes/naturalperson/DateOfBirth",
        ],
    ),
    (
        AttributeName::Gender,
        &[
            "https://attributes.spid.gov.it/gender",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/gender",
            "http://eidas.europa.eu/attributes/naturalperson/Gender",
        ],
    ),
    (
        AttributeName::CompanyName,
        &[
            "https://attributes.eid.gov.it/company_name",
            "https://attributes.spid.gov.it/companyName",
            "urn:oid:2.5.4.10",
            "o",
        ],
    ),
    (
        AttributeName::RegisteredOffice,
        &[
            "https://attributes.eid.gov.it/registered_office.formatted",
            "https://attributes.eid.gov.it/registered_office",
            "https://attributes.spid.gov.it/registeredOffice",
        ],
    ),
    (
        AttributeName::FiscalNumber,
        &[
            "https://attributes.eid.gov.it/fiscal_number",
            "https://attributes.spid.gov.it/fiscalNumber",
            "fiscal_number",
            "fiscal_code",
            "urn:oid:1.3.6.1.4.1.25178.1.2.15",
            "schacPersonalUniqueID",
        ],
    ),
    (
        AttributeName::CompanyFiscalNumber,
        &[
            "https://attributes.eid.gov.it/company_fiscal_number",
            "https://attributes.spid.gov.it/companyFiscalNumber",
        ],
    ),
    (
        AttributeName::IvaCode,
        &["https://attributes.eid.gov.it/vat_number", "https://attributes.spid.gov.it/ivaCode"],
    ),
    (
        AttributeName::IdCard,
        &[
            "{document_details.type} {document_details.document_number} {document_details.issuer.name} \
             {document_details.date_of_issuance} {document_details.date_of_expiry}",
            "{https://attributes.eid.gov.it/document_details.type} \
             {https://attributes.eid.gov.it/document_details.document_number} \
             {https://attributes.eid.gov.it/document_details.issuer.name} \
             {https://attributes.eid.gov.it/document_details.date_of_issuance} \
             {https://attributes.eid.gov.it/document_details.date_of_expiry}",
            "https://attributes.spid.gov.it/idCard",
        ],
    ),
    (
        AttributeName::MobilePhone,
        &[
            "phone_number",
            "https://attributes.eid.gov.it/physical_phone_number",
            "https://attributes.spid.gov.it/mobilePhone",
            "urn:oid:0.9.2342.19200300.100.1.41",
            "mobile",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/mobilephone",
        ],
    ),
    (
        AttributeName::Email,
        &[
            "https://attributes.spid.gov.it/email",
            "urn:oid:0.9.2342.19200300.100.1.3",
            "mail",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
        ],
    ),
    (
        AttributeName::DigitalAddress,
        &[
            "https://attributes.eid.gov.it/e_delivery_service",
            "https://attributes.spid.gov.it/digitalAddress",
        ],
    ),
    (
        AttributeName::Address,
        &[
            "address.formatted",
            "https://attributes.spid.gov.it/address",
            "http://eidas.europa.eu/attributes/naturalperson/CurrentAddress",
        ],
    ),
    (
        AttributeName::DomicileStreetAddress,
        &["address.street_address", "urn:oid:2.5.4.9", "street"],
    ),
    (AttributeName::DomicilePostalCode, &["address.postal_code", "urn:oid:2.5.4.17", "postalCode"]),
    (AttributeName::DomicileMunicipality, &["address.locality", "urn:oid:2.5.4.7", "l"]),
    (AttributeName::DomicileProvince, &["address.region", "urn:oid:2.5.4.8", "st"]),
    (
        AttributeName::DomicileNation,
        &["address.country_code", "address.country", "urn:oid:2.5.4.6", "c"],
    ),
    (
        AttributeName::ExpirationDate,
        &[
            "https://attributes.eid.gov.it/eid_exp_date",
            "https://attributes.spid.gov.it/expirationDate",
        ],
    ),
];
