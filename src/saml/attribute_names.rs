//! The names that SPID's attributes have elsewhere: LDAP's object identifiers, and the addresses of claims.

use serde::{Deserialize, Serialize};

use crate::identity::attributes::AttributeName;

/// A way of naming attributes.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameStyle {
    /// SPID's own names, of the basic format.
    #[default]
    Spid,
    /// Object identifiers of LDAP, of the URI format (X.500/LDAP Attribute Profile; RFC 4519, RFC 4524).
    Oid,
    /// The addresses that Active Directory Federation Services and WS-Federation use, of the URI format.
    Claims,
}

/// One attribute under another name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Renamed {
    /// Which attribute.
    pub attribute: AttributeName,
    /// The name sent: of the URI format if a colon is in it, else of the basic one.
    pub name: String,
}

impl Renamed {
    /// What [`Self::parse`] reads.
    pub const FORM: &'static str =
        "an attribute of the SPID table, an equals sign and the name to send";

    /// Reads `fiscalNumber=urn:example:codiceFiscale`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (attribute, name) = text.split_once('=')?;
        let name = name.trim();
        let is_name =
            !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control());
        let attribute = AttributeName::parse(attribute.trim())?;
        is_name.then(|| Self { attribute, name: name.to_owned() })
    }
}

struct Row {
    attribute: AttributeName,
    oid: Option<(&'static str, &'static str)>,
    claim: Option<&'static str>,
}

/// Attributes that are not here have SPID's name in every style.
const TABLE: &[Row] = &[
    row(AttributeName::Name, Some(("urn:oid:2.5.4.42", "givenName")), Some("givenname")),
    row(AttributeName::FamilyName, Some(("urn:oid:2.5.4.4", "sn")), Some("surname")),
    row(
        AttributeName::Email,
        Some(("urn:oid:0.9.2342.19200300.100.1.3", "mail")),
        Some("emailaddress"),
    ),
    row(
        AttributeName::MobilePhone,
        Some(("urn:oid:0.9.2342.19200300.100.1.41", "mobile")),
        Some("mobilephone"),
    ),
    row(AttributeName::DateOfBirth, None, Some("dateofbirth")),
    row(AttributeName::Gender, None, Some("gender")),
    row(AttributeName::CompanyName, Some(("urn:oid:2.5.4.10", "o")), None),
    row(
        AttributeName::DomicileStreetAddress,
        Some(("urn:oid:2.5.4.9", "street")),
        Some("streetaddress"),
    ),
    row(
        AttributeName::DomicilePostalCode,
        Some(("urn:oid:2.5.4.17", "postalCode")),
        Some("postalcode"),
    ),
    row(AttributeName::DomicileMunicipality, Some(("urn:oid:2.5.4.7", "l")), Some("locality")),
    row(AttributeName::DomicileProvince, Some(("urn:oid:2.5.4.8", "st")), Some("stateorprovince")),
    row(AttributeName::DomicileNation, Some(("urn:oid:2.5.4.6", "c")), Some("country")),
];

const CLAIMS: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";

impl NameStyle {
    /// The name of `attribute` in this style; `None` if it is SPID's.
    #[must_use]
    pub fn name(self, attribute: AttributeName) -> Option<String> {
        let row = TABLE.iter().find(|row| row.attribute == attribute)?;
        match self {
            Self::Spid => None,
            Self::Oid => row.oid.map(|(oid, _)| oid.to_owned()),
            Self::Claims => row.claim.map(|claim| format!("{CLAIMS}{claim}")),
        }
    }
}

/// The attribute that `name` means in any style.
#[must_use]
pub fn parse(name: &str) -> Option<AttributeName> {
    AttributeName::parse(name).or_else(|| {
        let claim = name.strip_prefix(CLAIMS);
        let is_meant = |row: &&Row| {
            row.oid.is_some_and(|(oid, _)| oid == name) || (claim.is_some() && row.claim == claim)
        };
        TABLE.iter().find(is_meant).map(|row| row.attribute)
    })
}

/// The short name that goes with an object identifier, for people to read (`FriendlyName`).
#[must_use]
pub fn friendly(name: &str) -> Option<&'static str> {
    TABLE.iter().filter_map(|row| row.oid).find(|(oid, _)| *oid == name).map(|(_, short)| short)
}

const fn row(
    attribute: AttributeName,
    oid: Option<(&'static str, &'static str)>,
    claim: Option<&'static str>,
) -> Row {
    Row { attribute, oid, claim }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_as_the_attribute_that_it_names() {
        for attribute in AttributeName::ALL {
            assert_eq!(parse(attribute.as_str()), Some(*attribute));
            assert_eq!(NameStyle::Spid.name(*attribute), None);
            for style in [NameStyle::Oid, NameStyle::Claims] {
                if let Some(name) = style.name(*attribute) {
                    assert_eq!(parse(&name), Some(*attribute), "{name}");
                    assert_eq!(friendly(&name).is_some(), style == NameStyle::Oid, "{name}");
                }
            }
        }
        let mail = NameStyle::Oid.name(AttributeName::Email).unwrap();
        assert_eq!(
            (mail.as_str(), friendly(&mail)),
            ("urn:oid:0.9.2342.19200300.100.1.3", Some("mail"))
        );
        let renamed = Renamed::parse("fiscalNumber = cf").unwrap();
        assert_eq!((renamed.attribute, renamed.name.as_str()), (AttributeName::FiscalNumber, "cf"));
        for bad in ["fiscalNumber", "fiscalNumber=", "fiscalnumber=cf", "fiscalNumber=a b"] {
            assert_eq!(Renamed::parse(bad), None, "{bad}");
        }
        for unknown in ["urn:oid:1.2.3", "givenname", CLAIMS, ""] {
            assert_eq!(parse(unknown), None, "{unknown}");
        }
    }
}
