//! Who answers for a service provider, and who is sent the invoices (Avviso 29, Avviso 19; spid-saml §2.2, §2.3, §2.5).

use serde::{Deserialize, Serialize};

use crate::saml::upstream::metadata::codes;

/// A body and how it is reached.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Contact {
    /// Its code in the index of public administrations.
    pub ipa_code: Option<String>,
    /// Its category there; for the card alone.
    pub ipa_category: Option<String>,
    /// Its number for value added tax, with the country: `IT…`.
    pub vat_number: Option<String>,
    /// Its fiscal code.
    pub fiscal_code: Option<String>,
    /// Its name in law; the organisation's, if none is given.
    pub company: Option<String>,
    /// Where it takes letters.
    pub email: Option<String>,
    /// Its telephone number: `+39`, without spaces.
    pub telephone: Option<String>,
    /// The code of its municipality in the land register; for the card alone.
    pub municipality: Option<String>,
    /// Its province, two letters; for the card alone.
    pub province: Option<String>,
    /// Its country, two letters; for the card alone.
    pub country: Option<String>,
    /// Its codes of economic activity; for the card alone.
    pub nace2: Vec<String>,
}

/// Who is sent invoices, in the terms of the Italian electronic invoice.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Invoicing {
    /// The name on the invoice.
    pub name: String,
    /// The number for value added tax, with the country.
    pub vat_number: Option<String>,
    /// The fiscal code.
    pub fiscal_code: Option<String>,
    /// The street.
    pub street: String,
    /// The number in it.
    pub number: Option<String>,
    /// The postal code.
    pub postal_code: String,
    /// The town.
    pub town: String,
    /// The province, two letters.
    pub province: Option<String>,
    /// The country, two letters.
    pub country: String,
    /// Who gives them, if it is not the organisation.
    pub company: Option<String>,
    /// Where questions go.
    pub email: String,
    /// The telephone number: `+39`, without spaces.
    pub telephone: Option<String>,
}

/// A value that cannot stand in metadata.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{field}: expected {expected}, found {found}")]
pub struct BadField {
    /// Which, by the names of the configuration: `contact.vat-number`.
    pub field: String,
    /// What is wanted.
    pub expected: &'static str,
    /// What there is, quoted, or "nothing".
    pub found: String,
}

/// Whether a value has the form that is wanted.
type Form = fn(&str) -> bool;

/// What is wrong with the fields below `name`, gathered.
pub(super) struct Fields<'f> {
    pub(super) name: &'static str,
    pub(super) faults: &'f mut Vec<BadField>,
}

impl Fields<'_> {
    pub(super) fn fault(&mut self, field: &str, expected: &'static str, found: Option<&str>) {
        let field = match (self.name, field) {
            ("", field) => field.to_owned(),
            (name, "") => name.to_owned(),
            (name, field) => format!("{name}.{field}"),
        };
        let found = found.map_or_else(|| "nothing".to_owned(), |found| format!("{found:?}"));
        self.faults.push(BadField { field, expected, found });
    }

    /// That `value`, if it is there, is as `is` wants it.
    pub(super) fn form(
        &mut self,
        field: &str,
        value: Option<&str>,
        is: Form,
        expected: &'static str,
    ) {
        if value.is_some_and(|value| !is(value)) {
            self.fault(field, expected, value);
        }
    }

    pub(super) fn must(&mut self, field: &str, value: Option<&str>, expected: &'static str) {
        if value.is_none_or(|value| value.trim().is_empty()) {
            self.fault(field, expected, value);
        }
    }

    pub(super) fn must_not(&mut self, field: &str, value: Option<&str>, expected: &'static str) {
        if value.is_some() {
            self.fault(field, expected, value);
        }
    }
}

impl Contact {
    /// That each value has its form, whatever else is wanted.
    pub(super) fn forms(&self, fields: &mut Fields<'_>) {
        let rows: [(&str, &Option<String>, Form, &'static str); 9] = [
            ("ipa-code", &self.ipa_code, codes::is_ipa_code, "a code of the IPA such as c_h501"),
            ("vat-number", &self.vat_number, codes::is_vat_number, VAT_NUMBER),
            ("fiscal-code", &self.fiscal_code, codes::is_fiscal_code, FISCAL_CODE),
            ("email", &self.email, codes::is_email, "an e-mail address"),
            ("telephone", &self.telephone, codes::is_telephone, TELEPHONE),
            (
                "municipality",
                &self.municipality,
                codes::is_municipality,
                "a code of the land register such as H501",
            ),
            ("province", &self.province, codes::is_two_letters, "two capital letters"),
            ("country", &self.country, codes::is_two_letters, "two capital letters"),
            ("company", &self.company, |text| !text.trim().is_empty(), "a name"),
        ];
        for (field, value, is, expected) in rows {
            fields.form(field, value.as_deref(), is, expected);
        }
        for code in &self.nace2 {
            fields.form("nace2", Some(code), codes::is_nace, "a code such as 62.01");
        }
    }
}

impl Invoicing {
    pub(super) fn check(&self, fields: &mut Fields<'_>) {
        fn name(text: &str) -> bool {
            codes::is_invoice_text(text, 80)
        }
        fn line(text: &str) -> bool {
            codes::is_invoice_text(text, 60)
        }
        fn short(text: &str) -> bool {
            codes::is_invoice_text(text, 8) && text.is_ascii()
        }
        const LINE: &str = "1 to 60 characters of Latin-1";
        let rows: [(&str, Option<&str>, Form, &'static str); 11] = [
            ("name", Some(&self.name), name, "1 to 80 characters of Latin-1"),
            ("vat-number", self.vat_number.as_deref(), codes::is_vat_number, VAT_NUMBER),
            ("fiscal-code", self.fiscal_code.as_deref(), codes::is_fiscal_code, FISCAL_CODE),
            ("street", Some(&self.street), line, LINE),
            ("number", self.number.as_deref(), short, "1 to 8 characters"),
            ("postal-code", Some(&self.postal_code), codes::is_postal_code, "five digits"),
            ("town", Some(&self.town), line, LINE),
            ("province", self.province.as_deref(), codes::is_two_letters, "two capital letters"),
            ("country", Some(&self.country), codes::is_two_letters, "two capital letters"),
            ("email", Some(&self.email), codes::is_email, "an e-mail address"),
            ("telephone", self.telephone.as_deref(), codes::is_telephone, TELEPHONE),
        ];
        for (field, value, is, expected) in rows {
            fields.form(field, value, is, expected);
        }
        if self.vat_number.is_none() && self.fiscal_code.is_none() {
            fields.fault("vat-number", "a number for value added tax, or a fiscal code", None);
        }
    }
}

const VAT_NUMBER: &str =
    "a country and its number; of Italy IT and 11 digits, the last of which checks the others";
const FISCAL_CODE: &str = "11 digits, or 16 characters of a person, with their check character";
const TELEPHONE: &str = "+39 and digits, without spaces";
