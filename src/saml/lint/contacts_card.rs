//! The contacts of a service provider of the electronic identity card.

use roxmltree::Node;

use crate::saml::lint::contacts::{email, extension, of, phone};
use crate::saml::lint::finding::Findings;
use crate::saml::lint::rules;
use crate::saml::lint::value::{descendants, text};
use crate::saml::upstream::metadata::kind::MetadataProfile::{self, *};

/// The contacts of a service provider of the electronic identity card.
pub(super) fn check(root: Node<'_, '_>, profile: MetadataProfile, found: &mut Findings<'_, '_>) {
    let contacts = of(root, "administrative", None);
    let so = "ContactPerson[@contactType='administrative']";
    if contacts.len() != 1 {
        let place = contacts.get(1).copied().unwrap_or(root);
        found
            .node(&rules::CONTACT_ONE, place, &contacts.len().to_string())
            .wants(format!("1 {so}"));
    }
    email(&contacts, root, so, true, found);
    phone(&contacts, false, found);
    let (mark, other, codes): (_, _, &[&str]) = match profile {
        CiePrivate => {
            ("Private", "Public", &["Municipality", "VATNumber", "NACE2Code", "FiscalCode"])
        }
        _ => ("Public", "Private", &["Municipality", "IPACode"]),
    };
    let here = contacts.first().copied().unwrap_or(root);
    let marked = extension(&contacts, mark);
    match marked.first() {
        None => {
            found.node(&rules::CONTACT_KIND, here, "").wants(format!("<cie:{mark}/>"));
        }
        Some(first) if !text(*first).is_empty() => {
            found.node(&rules::CONTACT_KIND_EMPTY, *first, text(*first));
        }
        Some(_) => {}
    }
    if let Some(first) = extension(&contacts, other).first() {
        found.node(&rules::CONTACT_KIND_OTHER, *first, other).wants(format!("<cie:{mark}/>"));
    }
    for contact in descendants(root, "ContactPerson") {
        for name in codes {
            let is_technical = contact.attribute("contactType") == Some("technical");
            if is_technical && *name == "IPACode" {
                continue;
            }
            let all = extension(&[contact], name);
            let wrong = match all[..] {
                [] => Some(contact),
                [one] if text(one).is_empty() => Some(one),
                [_] => None,
                [_, second, ..] => Some(second),
            };
            if let Some(place) = wrong {
                found.node(&rules::CONTACT_CIE, place, "").wants(format!("cie:{name}"));
            }
        }
    }
}
