//! What would be sent to the service, for the person to agree to (IC-17).

use crate::identity::attributes::AttributeName;
use crate::identity::kind::IdentityKind;
use crate::identity::release::Release;
use crate::texts::consent;
use crate::texts::language::Language;
use crate::web::pages::frame::Frame;
use crate::web::pages::identity;
use crate::web::pages::page::page;

/// The list of what would be released and of what is not there, and the question.
///
/// Its form posts `csrf`, `shown` (the digest of what it shows) and `decision`, which is `accept` or `deny`, to `action`.
#[derive(Clone, Debug)]
pub struct Consent {
    /// Where the form posts to.
    pub action: String,
    /// The transaction's token.
    pub csrf: String,
    /// Whether the login is to the person's own pages.
    pub own: bool,
    /// The name of the service that asks.
    pub service: String,
    /// The level asked for, as people know it: `SpidL2`.
    pub level: Option<String>,
    /// What would be sent.
    pub release: Release,
    /// Whether it changed since the person agreed.
    pub changed: bool,
}

impl Consent {
    fn asks(&self, frame: &Frame) -> String {
        consent::asks(frame.language, &self.service)
    }

    fn label(&self, frame: &Frame, name: &AttributeName) -> &'static str {
        label(frame.language, *name)
    }

    /// Whether it is to be said which identity this is.
    fn at_work(&self) -> bool {
        self.release.kind != IdentityKind::Personal
    }

    fn kind(&self, frame: &Frame) -> &'static str {
        identity::kind(frame.language, self.release.kind)
    }

    fn shown(&self) -> String {
        self.release.digest()
    }
}

/// What people call an attribute.
#[must_use]
pub fn label(language: Language, name: AttributeName) -> &'static str {
    let (it, en) = match name {
        AttributeName::SpidCode => ("Codice identificativo SPID", "SPID identity code"),
        AttributeName::Name => ("Nome", "Given name"),
        AttributeName::FamilyName => ("Cognome", "Family name"),
        AttributeName::PlaceOfBirth => ("Luogo di nascita", "Place of birth"),
        AttributeName::CountyOfBirth => ("Provincia di nascita", "Province of birth"),
        AttributeName::DateOfBirth => ("Data di nascita", "Date of birth"),
        AttributeName::Gender => ("Sesso", "Sex"),
        AttributeName::CompanyName => ("Ragione o denominazione sociale", "Company name"),
        AttributeName::RegisteredOffice => ("Sede legale", "Registered office"),
        AttributeName::FiscalNumber => ("Codice fiscale", "Fiscal code"),
        AttributeName::CompanyFiscalNumber => {
            ("Codice fiscale dell’organizzazione", "Fiscal code of the organisation")
        }
        AttributeName::IvaCode => ("Partita IVA", "VAT number"),
        AttributeName::IdCard => ("Documento d’identità", "Identity document"),
        AttributeName::MobilePhone => ("Telefono mobile", "Mobile phone"),
        AttributeName::Email => ("Indirizzo email", "Email address"),
        AttributeName::DigitalAddress => ("Domicilio digitale", "Certified email address"),
        AttributeName::Address => ("Indirizzo di residenza", "Address"),
        AttributeName::DomicileStreetAddress => ("Domicilio: via e numero", "Domicile: street"),
        AttributeName::DomicilePostalCode => ("Domicilio: CAP", "Domicile: postal code"),
        AttributeName::DomicileMunicipality => ("Domicilio: comune", "Domicile: municipality"),
        AttributeName::DomicileProvince => ("Domicilio: provincia", "Domicile: province"),
        AttributeName::DomicileNation => ("Domicilio: nazione", "Domicile: nation"),
        AttributeName::ExpirationDate => ("Scadenza dell’identità", "Expiry of the identity"),
    };
    match language {
        Language::It => it,
        Language::En => en,
    }
}

page!(Consent, "consent.html", consent);
