//! The attributes of a person, by their names in the SPID table (spid-saml §4).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_value() {
        let mut attributes = Attributes::default();
        attributes.set(AttributeName::Name, "Ada");
        assert_eq!(format!("{attributes:?}"), "{Name}");
        attributes.set(AttributeName::Name, " ");
        assert_eq!(attributes.iter().count(), 0);
    }
}
