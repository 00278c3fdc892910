//! What other systems call attributes of ours.

use crate::identity::attributes::AttributeName;
use crate::identity::mapping_names::NAMES;
use crate::saml::attribute_names;

/// The attribute that `name` means elsewhere: SPID's own names, those of LDAP, claims and federations, and a few of Keycloak's.
#[must_use]
pub fn known(name: &str) -> Option<AttributeName> {
    if let Some(own) = attribute_names::parse(name) {
        return Some(own);
    }
    if let Some((_, own)) = FURTHER.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)) {
        return Some(*own);
    }
    let is_it = |(_, others): &&(AttributeName, &[&str])| others.contains(&name);
    NAMES.iter().find(is_it).map(|(own, _)| *own)
}

const FURTHER: &[(&str, AttributeName)] = &[
    ("firstName", AttributeName::Name),
    ("givenName", AttributeName::Name),
    ("lastName", AttributeName::FamilyName),
    ("surname", AttributeName::FamilyName),
    ("sn", AttributeName::FamilyName),
    ("mail", AttributeName::Email),
    ("emailAddress", AttributeName::Email),
    ("phoneNumber", AttributeName::MobilePhone),
    ("telephoneNumber", AttributeName::MobilePhone),
    ("codiceFiscale", AttributeName::FiscalNumber),
    ("schacPersonalUniqueCode", AttributeName::FiscalNumber),
    ("schacDateOfBirth", AttributeName::DateOfBirth),
    ("schacGender", AttributeName::Gender),
];
