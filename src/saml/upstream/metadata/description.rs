//! What our metadata as a service provider say, and what each kind of them must and may not have.

use crate::identity::attributes::AttributeName;
use crate::login::request::LocalName;
use crate::saml::binding::Binding;
use crate::saml::identity_provider::Organization;
use crate::saml::metadata::address;
use crate::saml::partner::{LogoutService, RESERVED};
use crate::saml::upstream::metadata::contact::{BadField, Contact, Fields, Invoicing};
use crate::saml::upstream::metadata::kind::MetadataProfile;

/// Ourselves, as a service provider of some federation.
#[derive(Clone, Debug)]
pub struct Description {
    /// Which kind.
    pub profile: MetadataProfile,
    /// Our entityID.
    pub entity_id: String,
    /// Where answers go, by HTTP-POST, by index; the first is the default.
    pub consumers: Vec<String>,
    /// Where logouts go.
    pub logouts: Vec<LogoutService>,
    /// What may be asked for.
    pub attribute_sets: Vec<AttributeSet>,
    /// Who we are, or whoever we act for.
    pub organization: Organization,
    /// Who answers for us.
    pub contact: Contact,
    /// Whoever we act for.
    pub aggregated: Option<Contact>,
    /// Who is sent invoices.
    pub invoicing: Option<Invoicing>,
    /// Who looks after the technology; for the card alone.
    pub technical: Option<Contact>,
    /// The certificates for which assertions may be encrypted, DER; in plain SAML alone.
    pub encryption: Vec<Vec<u8>>,
    /// The certificate of whoever we act for, DER, where it keeps a key (`spid:validation`).
    pub validation: Option<Vec<u8>>,
}

/// An `AttributeConsumingService`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AttributeSet {
    /// Its index.
    pub index: u16,
    /// The service's names.
    pub name: LocalName,
    /// What is asked for by naming it.
    pub attributes: Vec<AttributeName>,
}

impl AttributeSet {
    /// The reserved sets of the eIDAS node, 99 and 100, with their fixed names and contents (spid-saml §2.5).
    #[must_use]
    pub fn eidas() -> Vec<Self> {
        let names = ["Minimum", "Full"]
            .map(|which| Some(format!("eIDAS Natural Person {which} Attribute Set")));
        RESERVED
            .iter()
            .zip(names)
            .map(|(reserved, name)| Self {
                index: reserved.index,
                name: LocalName { it: name, en: None },
                attributes: [reserved.attributes, reserved.optional].concat(),
            })
            .collect()
    }
}

/// What the card tells (spid-saml §1.7).
pub const CIE_ATTRIBUTES: [AttributeName; 4] = [
    AttributeName::Name,
    AttributeName::FamilyName,
    AttributeName::DateOfBirth,
    AttributeName::FiscalNumber,
];

impl Description {
    /// Everything that is wrong, by the names of the configuration; the metadata are right if nothing is.
    #[must_use]
    pub fn faults(&self) -> Vec<BadField> {
        let mut faults = Vec::new();
        self.check_entity(&mut Fields { name: "", faults: &mut faults });
        self.check_attributes(&mut Fields { name: "attributes", faults: &mut faults });
        self.check_organization(&mut Fields { name: "organization", faults: &mut faults });
        self.check_contact(&mut Fields { name: "contact", faults: &mut faults });
        self.check_aggregated(&mut faults);
        self.check_invoicing(&mut faults);
        let mut technical = Fields { name: "technical", faults: &mut faults };
        match &self.technical {
            Some(contact) if self.is_cie() => {
                contact.forms(&mut technical);
                technical.must("company", contact.company.as_deref(), "a name");
                technical.must("email", contact.email.as_deref(), "an e-mail address");
                technical.must("municipality", contact.municipality.as_deref(), MUNICIPALITY);
                if self.profile.is_private() {
                    self.check_private_cie(contact, &mut technical);
                }
            }
            Some(_) => technical.fault("", "nothing: it is for the card alone", Some("a contact")),
            None => {}
        }
        faults
    }

    fn is_cie(&self) -> bool {
        matches!(self.profile, MetadataProfile::CiePublic | MetadataProfile::CiePrivate)
    }

    fn is_plain(&self) -> bool {
        self.profile == MetadataProfile::Saml2
    }

    fn check_entity(&self, fields: &mut Fields<'_>) {
        let id = self.entity_id.as_str();
        fields.form(
            "entity-id",
            Some(id),
            |id| !id.is_empty() && id.len() <= 1024,
            "1 to 1024 characters",
        );
        if !self.is_plain() && !address::is_acceptable(id) {
            fields.fault("entity-id", "an absolute https address", Some(id));
        }
        let activity = self.profile.activity();
        if let Some(activity) = activity.filter(|code| id.contains('?') || !id.contains(code)) {
            fields.fault("entity-id", entity_id_with(activity), Some(id));
        }
        if self.consumers.is_empty() {
            fields.fault("consumers", "one at least", None);
        }
        for consumer in &self.consumers {
            fields.form("consumers", Some(consumer), address::is_acceptable, HTTPS);
        }
        for logout in &self.logouts {
            fields.form("logouts", Some(&logout.location), address::is_acceptable, HTTPS);
            let response = logout.response_location.as_deref();
            fields.form("logouts", response, address::is_acceptable, HTTPS);
        }
        if !self.is_plain() && self.logouts.is_empty() {
            fields.fault("logouts", "one at least (spid-saml §2.2)", None);
        }
        let by_redirect = |logout: &LogoutService| logout.binding == Binding::Redirect;
        if self.is_cie() && !self.logouts.iter().any(by_redirect) {
            fields.fault("logouts", "one by HTTP-Redirect at least (spid-saml §1.7)", None);
        }
        match (&self.validation, self.profile.is_lite()) {
            (None, true) => {
                fields.fault("validation", "the certificate of whoever is acted for", None)
            }
            (Some(_), false) => fields.fault("validation", "nothing", Some("a certificate")),
            _ => {}
        }
        if !self.encryption.is_empty() && !self.is_plain() {
            fields.fault(
                "encryption",
                "nothing: this profile has no encryption",
                Some("a certificate"),
            );
        }
    }

    fn check_attributes(&self, fields: &mut Fields<'_>) {
        if self.attribute_sets.is_empty() && !self.is_plain() {
            fields.fault("", "one set at least (spid-saml §2.2)", None);
        }
        let mut seen = Vec::new();
        for set in &self.attribute_sets {
            let index = set.index.to_string();
            if seen.contains(&set.index) {
                fields.fault("index", "an index that no other set has", Some(&index));
            }
            seen.push(set.index);
            if set.attributes.is_empty() {
                fields.fault(&index, "one attribute at least", None);
            }
            if set.name == LocalName::default() {
                fields.fault(&index, "a name of the service", None);
            } else if !self.is_plain() && set.name.it.is_none() {
                fields.fault(&index, "a name of the service in Italian", None);
            }
            let mut once = Vec::new();
            for name in &set.attributes {
                if once.contains(name) {
                    fields.fault(&index, "each attribute once", Some(name.as_str()));
                }
                once.push(*name);
                if self.is_cie() && !CIE_ATTRIBUTES.contains(name) {
                    fields.fault(
                        &index,
                        "name, familyName, dateOfBirth, fiscalNumber",
                        Some(name.as_str()),
                    );
                }
                if !self.may_ask(set.index, *name) {
                    fields.fault(
                        &index,
                        "what the reserved set has (spid-saml §2.5)",
                        Some(name.as_str()),
                    );
                }
            }
        }
        if self.profile == MetadataProfile::Ficep {
            let lacks =
                |reserved: &&crate::saml::partner::Reserved| !seen.contains(&reserved.index);
            if let Some(reserved) = RESERVED.iter().find(lacks) {
                let expected = "the reserved sets 99 and 100 (spid-saml §2.5)";
                fields.fault("index", expected, Some(&format!("no {}", reserved.index)));
            }
        }
    }

    fn may_ask(&self, index: u16, name: AttributeName) -> bool {
        let reserved = RESERVED.iter().find(|reserved| reserved.index == index);
        self.is_plain()
            || reserved
                .is_none_or(|set| set.attributes.contains(&name) || set.optional.contains(&name))
    }

    fn check_organization(&self, fields: &mut Fields<'_>) {
        let parts = [
            ("name", &self.organization.name),
            ("display-name", &self.organization.display_name),
            ("url", &self.organization.url),
        ];
        let is_there =
            |name: &Option<String>| name.as_deref().is_some_and(|name| !name.trim().is_empty());
        for (field, part) in parts {
            let does = is_there(&part.it) || self.is_plain() && is_there(&part.en);
            if !does {
                fields.fault(field, "a value in Italian", None);
            }
            if is_there(&part.en) != is_there(&self.organization.name.en) {
                fields.fault(
                    field,
                    "the same languages as the name (spid-saml §2.2)",
                    part.en.as_deref(),
                );
            }
        }
    }

    fn check_contact(&self, fields: &mut Fields<'_>) {
        let contact = &self.contact;
        contact.forms(fields);
        if self.is_plain() {
            return;
        }
        fields.must("email", contact.email.as_deref(), "an e-mail address");
        fields.form("ipa-code", contact.ipa_code.as_deref(), is_no_test, NO_TEST);
        let ipa = contact.ipa_code.as_deref();
        let tax = contact.vat_number.as_deref().or(contact.fiscal_code.as_deref());
        match self.profile {
            MetadataProfile::SpidPublic | MetadataProfile::Ficep => {
                fields.must("ipa-code", ipa, "the code of a public body");
            }
            MetadataProfile::SpidPrivate => {
                fields.must_not("ipa-code", ipa, "nothing: a private body has none");
                fields.must("vat-number", tax, TAX);
            }
            MetadataProfile::SpidOpPublicFull | MetadataProfile::SpidOpPublicLite => {
                fields.must("ipa-code", ipa, "the code of a public body");
                fields.must(
                    "vat-number",
                    contact.vat_number.as_deref(),
                    "a number for value added tax",
                );
                fields.must("fiscal-code", contact.fiscal_code.as_deref(), "a fiscal code");
            }
            MetadataProfile::CiePublic => {
                fields.must("ipa-code", ipa, "the code of a public body");
                fields.must("municipality", contact.municipality.as_deref(), MUNICIPALITY);
            }
            MetadataProfile::CiePrivate => {
                fields.must_not("ipa-code", ipa, "nothing: a private body has none");
                fields.must("municipality", contact.municipality.as_deref(), MUNICIPALITY);
                self.check_private_cie(contact, fields);
            }
            _ => fields.must("vat-number", tax, TAX),
        }
        let of_the_card = [&contact.municipality, &contact.province, &contact.country];
        if !self.is_cie() && of_the_card.into_iter().any(Option::is_some) {
            fields.fault(
                "municipality",
                "nothing: the place is said to the card alone",
                Some("a place"),
            );
        }
    }

    fn check_private_cie(&self, contact: &Contact, fields: &mut Fields<'_>) {
        fields.must("vat-number", contact.vat_number.as_deref(), "a number for value added tax");
        fields.must("fiscal-code", contact.fiscal_code.as_deref(), "a fiscal code");
        fields.must("nace2", contact.nace2.first().map(String::as_str), "a code of activity");
        if contact.nace2.len() > 1 {
            fields.fault("nace2", "one code", contact.nace2.get(1).map(String::as_str));
        }
    }

    fn check_aggregated(&self, faults: &mut Vec<BadField>) {
        let mut fields = Fields { name: "aggregated", faults };
        let Some(contact) = &self.aggregated else {
            if self.profile.has_aggregated() {
                fields.fault("", "whoever is acted for (spid-saml §2.3)", None);
            }
            return;
        };
        if !self.profile.has_aggregated() {
            fields.fault("", "nothing: nobody else is acted for", Some("a contact"));
            return;
        }
        contact.forms(&mut fields);
        if self.profile.is_private() {
            fields.must_not(
                "ipa-code",
                contact.ipa_code.as_deref(),
                "nothing: a private body has none",
            );
            let tax = contact.vat_number.as_deref().or(contact.fiscal_code.as_deref());
            fields.must("vat-number", tax, TAX);
        } else {
            fields.must("ipa-code", contact.ipa_code.as_deref(), "the code of a public body");
        }
    }

    fn check_invoicing(&self, faults: &mut Vec<BadField>) {
        let mut fields = Fields { name: "invoicing", faults };
        match (&self.invoicing, self.profile.is_invoiced()) {
            (Some(invoicing), true) => invoicing.check(&mut fields),
            (None, true) => fields.fault("", "who is sent invoices (spid-saml §2.2)", None),
            (Some(_), false) => fields.fault("", "nothing: nobody is invoiced", Some("data")),
            (None, false) => {}
        }
    }
}

/// The code that stands for any body while aggregators are tried (Avviso 22).
fn is_no_test(code: &str) -> bool {
    code != "__aggrsint"
}

fn entity_id_with(activity: &str) -> &'static str {
    match activity {
        "pub-ag-full" => "an address without query that contains pub-ag-full (Avviso 19)",
        "pub-ag-lite" => "an address without query that contains pub-ag-lite (Avviso 19)",
        "pri-ag-full" => "an address without query that contains pri-ag-full (Avviso 19)",
        "pri-ag-lite" => "an address without query that contains pri-ag-lite (Avviso 19)",
        "pub-op-full" => "an address without query that contains pub-op-full (Avviso 19)",
        _ => "an address without query that contains pub-op-lite (Avviso 19)",
    }
}

const HTTPS: &str = "an absolute https address (http only on localhost and loopback)";
const MUNICIPALITY: &str = "the code of the municipality, for the card";
const NO_TEST: &str =
    "the code of a real body: __aggrsint is for the aggregated one alone (Avviso 22)";
const TAX: &str = "a number for value added tax, or a fiscal code";
