//! Who is sent the invoices of a private service provider (Avviso 29).

use roxmltree::Node;

use crate::saml::lint::finding::Findings;
use crate::saml::lint::rules;
use crate::saml::lint::value::{descendants, named, text};
use crate::saml::names;
use crate::saml::upstream::metadata::kind::MetadataProfile;

/// A value of the electronic invoice, and its form.
type Form = (&'static str, fn(&str) -> bool, &'static str);

const FORMS: [Form; 8] = [
    ("CAP", |said| said.len() == 5 && digits(said), "00144"),
    ("Provincia", two_capitals, "RM"),
    ("Nazione", two_capitals, "IT"),
    ("IdPaese", two_capitals, "IT"),
    ("CodiceFiscale", is_code, "[A-Z0-9]{11,16}"),
    ("Denominazione", is_latin, "Latin-1"),
    ("Indirizzo", is_latin, "Latin-1"),
    ("Comune", is_latin, "Latin-1"),
];

/// Checks the invoicing of `root`, a service provider of the kind `profile`.
pub(super) fn check(root: Node<'_, '_>, profile: MetadataProfile, found: &mut Findings<'_, '_>) {
    if !profile.is_invoiced() {
        return;
    }
    let contacts: Vec<_> = descendants(root, "ContactPerson")
        .filter(|contact| contact.attribute("contactType") == Some("billing"))
        .collect();
    let within = |name: &'static str| {
        contacts
            .iter()
            .flat_map(|contact| named(*contact, "Extensions"))
            .flat_map(move |extensions| named(extensions, name))
            .collect::<Vec<_>>()
    };
    let invoices = within("CessionarioCommittente");
    if invoices.len() != 1 {
        let place = invoices.get(1).or_else(|| contacts.first()).copied().unwrap_or(root);
        found
            .node(&rules::INVOICE_MISSING, place, &invoices.len().to_string())
            .wants("1 fpa:CessionarioCommittente");
    }
    let third = within("TerzoIntermediarioSoggettoEmittente");
    let empty = third.first().filter(|third| !invoices.is_empty() && text(**third).is_empty());
    if let Some(third) = empty {
        found.node(&rules::INVOICE_THIRD, *third, "");
    }
    for invoice in invoices {
        form(invoice, found);
    }
}

fn form(invoice: Node<'_, '_>, found: &mut Findings<'_, '_>) {
    if invoice.tag_name().namespace() != Some(names::INVOICING) {
        let said = invoice.tag_name().namespace().unwrap_or_default();
        found.node(&rules::EXTENSION_NAMESPACE, invoice, said).wants(names::INVOICING);
    }
    for (name, is, expected) in FORMS {
        for node in descendants(invoice, name) {
            if !is(text(node)) {
                found.node(&rules::INVOICE_FORM, node, text(node)).wants(expected);
            }
        }
    }
    for name in descendants(invoice, "Anagrafica") {
        let has = |part| named(name, part).next().is_some();
        if has("Nome") != has("Cognome") {
            found.node(&rules::INVOICE_FORM, name, "").wants("Denominazione | Nome, Cognome");
        }
    }
}

fn digits(said: &str) -> bool {
    said.bytes().all(|byte| byte.is_ascii_digit())
}

fn two_capitals(said: &str) -> bool {
    said.len() == 2 && said.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn is_code(said: &str) -> bool {
    (11..=16).contains(&said.len())
        && said.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn is_latin(said: &str) -> bool {
    said.chars().all(|c| u32::from(c) <= 0xff)
}
