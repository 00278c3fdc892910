//! The attributes of a person, by their names in the SPID table (spid-saml §4).

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::identity::fiscal_code::FiscalCode;

macro_rules! names {
    ($($variant:ident $name:literal $doc:literal,)+) => {
        /// The name of an attribute: the whole allowed set of spid-saml §4.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        pub enum AttributeName {
            $(#[doc = $doc] #[serde(rename = $name)] $variant,)+
        }

        impl AttributeName {
            /// Every name, in the order of the rules.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

names! {
    SpidCode "spidCode" "The identity's code: four letters of the provider and ten alphanumerics.",
    Name "name" "Given names.",
    FamilyName "familyName" "Family names.",
    PlaceOfBirth "placeOfBirth" "Belfiore code of the place of birth.",
    CountyOfBirth "countyOfBirth" "Province of birth, two letters.",
    DateOfBirth "dateOfBirth" "`YYYY-MM-DD`.",
    Gender "gender" "`F` or `M`.",
    CompanyName "companyName" "Name of the company.",
    RegisteredOffice "registeredOffice" "Address of the company's registered office.",
    FiscalNumber "fiscalNumber" "`TINIT-` and the fiscal code.",
    CompanyFiscalNumber "companyFiscalNumber" "`TINIT-` and the company's fiscal code.",
    IvaCode "ivaCode" "`VATIT-` and eleven digits.",
    IdCard "idCard" "Identity document: type, number, issuer, issue and expiry.",
    MobilePhone "mobilePhone" "Mobile phone number.",
    Email "email" "E-mail address.",
    DigitalAddress "digitalAddress" "Certified e-mail address.",
    Address "address" "Address; deprecated in favour of the domicile attributes.",
    DomicileStreetAddress "domicileStreetAddress" "Street and number of the domicile.",
    DomicilePostalCode "domicilePostalCode" "Postal code of the domicile.",
    DomicileMunicipality "domicileMunicipality" "Municipality of the domicile.",
    DomicileProvince "domicileProvince" "Province of the domicile.",
    DomicileNation "domicileNation" "Nation of the domicile.",
    ExpirationDate "expirationDate" "Expiry of the identity, `YYYY-MM-DD`.",
}

impl AttributeName {
    /// The name that reads `name` on the wire, exactly.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.as_str() == name)
    }

    /// Whether its value is an `xs:date` rather than an `xs:string`.
    #[must_use]
    pub fn is_date(self) -> bool {
        matches!(self, Self::DateOfBirth | Self::ExpirationDate)
    }
}

/// A person's attributes; none is ever empty.
#[derive(Clone, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Attributes(BTreeMap<AttributeName, String>);

impl Attributes {
    /// The value of `name`.
    #[must_use]
    pub fn get(&self, name: AttributeName) -> Option<&str> {
        self.0.get(&name).map(String::as_str)
    }

    /// Sets `name`; a blank value removes it, since an empty attribute may not be released.
    pub fn set(&mut self, name: AttributeName, value: impl Into<String>) {
        let value = value.into();
        if value.trim().is_empty() {
            self.0.remove(&name);
        } else {
            self.0.insert(name, value);
        }
    }

    /// All of them, in the order of the rules.
    pub fn iter(&self) -> impl Iterator<Item = (AttributeName, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

impl fmt::Debug for Attributes {
    /// Which there are, and no value: they are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A value that an attribute cannot have.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{} must be {expected}", name.as_str())]
pub struct BadAttribute {
    /// Of which attribute.
    pub name: AttributeName,
    /// What it must be.
    pub expected: &'static str,
}

/// Checks a value against the format of its attribute (spid-saml §4), as an operator enters it.
/// Formats that the rules leave open are left open.
///
/// # Errors
/// [`BadAttribute`] says what was expected.
pub fn check(name: AttributeName, value: &str) -> Result<(), BadAttribute> {
    let bad = |expected| Err(BadAttribute { name, expected });
    if value.trim().is_empty() || value.trim() != value {
        return bad("there, without spaces around it");
    }
    if value.chars().count() > MAX_CHARS || value.chars().any(char::is_control) {
        return bad("at most 512 characters on one line");
    }
    let upper =
        |count: usize| value.len() == count && value.bytes().all(|byte| byte.is_ascii_uppercase());
    let (fits, expected) = match name {
        AttributeName::FiscalNumber => (
            value.strip_prefix("TINIT-").is_some_and(|code| FiscalCode::parse(code).is_ok()),
            "TINIT- and a fiscal code with a right check letter",
        ),
        AttributeName::IvaCode => (
            value.strip_prefix("VATIT-").is_some_and(|code| is_number(code, 11)),
            "VATIT- and eleven digits",
        ),
        AttributeName::CompanyFiscalNumber => (
            value
                .strip_prefix("TINIT-")
                .is_some_and(|code| is_number(code, 11) || FiscalCode::parse(code).is_ok()),
            "TINIT- and eleven digits, or TINIT- and a fiscal code",
        ),
        AttributeName::DateOfBirth | AttributeName::ExpirationDate => {
            let real = value.len() == 10 && NaiveDate::parse_from_str(value, "%Y-%m-%d").is_ok();
            (real, "a date, as 2002-09-24")
        }
        AttributeName::Gender => (matches!(value, "F" | "M"), "F or M"),
        AttributeName::CountyOfBirth | AttributeName::DomicileProvince => {
            (upper(2), "two capital letters")
        }
        AttributeName::PlaceOfBirth => {
            let code = value.strip_prefix(|letter: char| letter.is_ascii_uppercase());
            (code.is_some_and(|digits| is_number(digits, 3)), "a Belfiore code, as F205")
        }
        AttributeName::Email | AttributeName::DigitalAddress => {
            let parts = value.split_once('@');
            let whole = parts.is_some_and(|(who, host)| {
                !who.is_empty() && !host.is_empty() && !host.contains('@')
            });
            (whole && !value.contains(char::is_whitespace), "an e-mail address")
        }
        AttributeName::MobilePhone => {
            let number = value.strip_prefix('+').unwrap_or(value);
            let digits = number.bytes().all(|byte| byte.is_ascii_digit());
            (digits && (6..=15).contains(&number.len()), "6 to 15 digits, perhaps after a +")
        }
        _ => (true, ""),
    };
    if fits { Ok(()) } else { bad(expected) }
}

fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())
}

const MAX_CHARS: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_takes_its_example_and_refuses_its_neighbour() {
        for (name, good, bad) in [
            (AttributeName::FiscalNumber, "TINIT-RSSMRA85T10A562S", "TINIT-RSSMRA85T10A562T"),
            (AttributeName::FiscalNumber, "TINIT-RSSMRA85T10A562S", "RSSMRA85T10A562S"),
            (AttributeName::IvaCode, "VATIT-12345678901", "VATIT-1234567890"),
            (AttributeName::CompanyFiscalNumber, "TINIT-12345678901", "TINIT-1234567890A"),
            (AttributeName::DateOfBirth, "2002-09-24", "2002-02-30"),
            (AttributeName::ExpirationDate, "2032-01-01", "2032-1-1"),
            (AttributeName::Gender, "F", "f"),
            (AttributeName::CountyOfBirth, "MI", "Mi"),
            (AttributeName::PlaceOfBirth, "F205", "F2055"),
            (AttributeName::Email, "ada@example.org", "ada@"),
            (AttributeName::MobilePhone, "+393331234567", "333 1234567"),
            (AttributeName::Name, "Ada Maria", " Ada"),
            (AttributeName::SpidCode, "AGID-001", ""),
            (AttributeName::Address, "via Liszt 21", "via\nLiszt"),
        ] {
            assert_eq!(check(name, good), Ok(()), "{good}");
            assert_eq!(check(name, bad).map_err(|error| error.name), Err(name), "{bad}");
        }
    }

    #[test]
    fn debug_shows_no_value() {
        let mut attributes = Attributes::default();
        attributes.set(AttributeName::Name, "Ada");
        assert_eq!(format!("{attributes:?}"), "{Name}");
        attributes.set(AttributeName::Name, " ");
        assert_eq!(attributes.iter().count(), 0);
    }
}
