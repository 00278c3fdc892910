//! What kinds of identity a person may hold, and which of them a service asks for (SPID's Avviso 18).

use serde::{Deserialize, Serialize};

use crate::identity::account::ProofingMethod;
use crate::identity::attributes::{AttributeName, Attributes};

/// A kind of identity (spid-saml §4, the types 1 to 4 of Avviso 18).
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityKind {
    /// A natural person (1).
    #[default]
    Personal,
    /// A legal person (2).
    LegalPerson,
    /// A natural person at work (3): says nothing of any legal person (IC-18).
    Professional,
    /// A natural person who works for a legal person (4).
    LegalProfessional,
}

/// What a request says that it wants an identity for: `spid:Purpose` (spid-saml §4).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum Purpose {
    /// Work, for oneself or for a legal person.
    P,
    /// A legal person, by itself or by who works for it.
    LP,
    /// Work for a legal person.
    PG,
    /// Work of a natural person.
    PF,
    /// Anything but a natural person's private business.
    PX,
}

/// Why an identity cannot be of its kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadIdentity {
    /// It says something that its kind does not say.
    #[error("a {} identity does not carry {}", kind.as_str(), name.as_str())]
    Carries {
        /// The kind.
        kind: IdentityKind,
        /// What it says.
        name: AttributeName,
    },
    /// It does not say something that its kind says.
    #[error("a {} identity needs {needs}", kind.as_str())]
    Needs {
        /// The kind.
        kind: IdentityKind,
        /// What is missing.
        needs: &'static str,
    },
    /// It was established by a means that does not do for its kind.
    #[error("a {} identity cannot be proofed by {}", kind.as_str(), method.as_str())]
    Proofing {
        /// The kind.
        kind: IdentityKind,
        /// The means.
        method: ProofingMethod,
    },
}

impl IdentityKind {
    /// Every kind, in the order of the rules.
    pub const ALL: [Self; 4] =
        [Self::Personal, Self::LegalPerson, Self::Professional, Self::LegalProfessional];

    /// Its name in files and commands.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::LegalPerson => "legal-person",
            Self::Professional => "professional",
            Self::LegalProfessional => "legal-professional",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether an identity of this kind may say it (IC-18). A professional's own VAT number is
    /// theirs; a company's names, seat and codes are a legal person's.
    #[must_use]
    pub fn carries(self, name: AttributeName) -> bool {
        match self {
            Self::LegalPerson | Self::LegalProfessional => true,
            Self::Professional => !LEGAL.contains(&name),
            Self::Personal => !LEGAL.contains(&name) && name != AttributeName::IvaCode,
        }
    }

    /// Whether an identity of this kind may be established so (IC-19): at work, the chip of a
    /// document alone does not do.
    #[must_use]
    pub fn accepts(self, method: ProofingMethod) -> bool {
        match self {
            Self::Professional | Self::LegalProfessional => method != ProofingMethod::NfcDocument,
            Self::Personal | Self::LegalPerson => true,
        }
    }

    /// Whether an identity of this kind can say this, established so.
    ///
    /// # Errors
    /// The first thing that does not go with the kind.
    pub fn check(
        self,
        attributes: &Attributes,
        proofing: Option<ProofingMethod>,
    ) -> Result<(), BadIdentity> {
        let stranger = attributes.iter().map(|(name, _)| name).find(|name| !self.carries(*name));
        if let Some(name) = stranger {
            return Err(BadIdentity::Carries { kind: self, name });
        }
        if matches!(self, Self::LegalPerson | Self::LegalProfessional) {
            let has = |name| attributes.get(name).is_some();
            if !has(AttributeName::CompanyName) {
                return Err(BadIdentity::Needs { kind: self, needs: "companyName" });
            }
            if !has(AttributeName::IvaCode) && !has(AttributeName::CompanyFiscalNumber) {
                let needs = "ivaCode or companyFiscalNumber";
                return Err(BadIdentity::Needs { kind: self, needs });
            }
        }
        match proofing.filter(|method| !self.accepts(*method)) {
            Some(method) => Err(BadIdentity::Proofing { kind: self, method }),
            None => Ok(()),
        }
    }
}

impl Purpose {
    /// Every purpose: those that our metadata say we support.
    pub const ALL: [Self; 5] = [Self::P, Self::LP, Self::PG, Self::PF, Self::PX];

    /// As it is written in requests and metadata.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::P => "P",
            Self::LP => "LP",
            Self::PG => "PG",
            Self::PF => "PF",
            Self::PX => "PX",
        }
    }

    /// The purpose that is written so, exactly.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text)
    }
}

/// Whether an identity of `kind` does for `purpose` (spid-saml §4); a request that names none wants
/// a natural person, be it at work.
#[must_use]
pub fn serves(kind: IdentityKind, purpose: Option<Purpose>) -> bool {
    use IdentityKind::{LegalPerson, LegalProfessional, Personal, Professional};
    let kinds: &[IdentityKind] = match purpose {
        None => &[Personal, Professional],
        Some(Purpose::P) => &[Professional, LegalProfessional],
        Some(Purpose::LP) => &[LegalPerson, LegalProfessional],
        Some(Purpose::PG) => &[LegalProfessional],
        Some(Purpose::PF) => &[Professional],
        Some(Purpose::PX) => &[LegalPerson, Professional, LegalProfessional],
    };
    kinds.contains(&kind)
}

/// What only an identity with a legal person in it says.
const LEGAL: [AttributeName; 3] = [
    AttributeName::CompanyName,
    AttributeName::RegisteredOffice,
    AttributeName::CompanyFiscalNumber,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// IC-18: the rules' table, typed again: purpose, then the types that it takes.
    #[test]
    fn each_purpose_takes_the_kinds_of_the_rules() {
        for (purpose, numbers) in
            [("", "13"), ("P", "34"), ("LP", "24"), ("PG", "4"), ("PF", "3"), ("PX", "234")]
        {
            let purpose = (!purpose.is_empty()).then(|| Purpose::parse(purpose).unwrap());
            for (kind, number) in IdentityKind::ALL.into_iter().zip('1'..) {
                assert_eq!(serves(kind, purpose), numbers.contains(number), "{purpose:?} {kind:?}");
            }
        }
        for unknown in ["", "p", "PP", " P", "LG"] {
            assert_eq!(Purpose::parse(unknown), None);
        }
    }

    fn company(extra: &[(AttributeName, &str)]) -> Attributes {
        let mut attributes = Attributes::default();
        attributes.set(AttributeName::Name, "Ada");
        for (name, value) in extra {
            attributes.set(*name, *value);
        }
        attributes
    }

    /// IC-18: a professional identity says nothing of a legal person.
    #[test]
    fn only_a_legal_person_s_identity_says_who_it_is() {
        let iva = (AttributeName::IvaCode, "VATIT-12345678901");
        let named = (AttributeName::CompanyName, "Rossi Srl");
        let whole = company(&[iva, named]);
        for kind in [IdentityKind::LegalPerson, IdentityKind::LegalProfessional] {
            assert_eq!(kind.check(&whole, None), Ok(()));
            for part in [&[iva][..], &[named], &[]] {
                let refused = kind.check(&company(part), None);
                assert!(matches!(refused, Err(BadIdentity::Needs { .. })), "{kind:?} {part:?}");
            }
        }
        assert_eq!(IdentityKind::Professional.check(&company(&[iva]), None), Ok(()));
        assert_eq!(IdentityKind::Personal.check(&company(&[]), None), Ok(()));
        for name in LEGAL {
            for kind in [IdentityKind::Personal, IdentityKind::Professional] {
                let refused = kind.check(&company(&[(name, "x")]), None);
                assert_eq!(refused, Err(BadIdentity::Carries { kind, name }));
            }
        }
        assert!(IdentityKind::Personal.check(&company(&[iva]), None).is_err());
    }

    /// IC-19: a professional identity may be proofed by every means but a document's chip.
    #[test]
    fn a_professional_is_not_proofed_by_a_chip_alone() {
        for method in ProofingMethod::ALL {
            for (kind, attributes) in
                [(IdentityKind::Personal, company(&[])), (IdentityKind::Professional, company(&[]))]
            {
                let refused =
                    kind == IdentityKind::Professional && method == ProofingMethod::NfcDocument;
                assert_eq!(kind.check(&attributes, Some(method)).is_err(), refused, "{method:?}");
            }
        }
    }

    #[test]
    fn names_read_back() {
        for kind in IdentityKind::ALL {
            assert_eq!(IdentityKind::parse(kind.as_str()), Some(kind));
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{}\"", kind.as_str()));
        }
    }
}
