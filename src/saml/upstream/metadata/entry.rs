//! The entries of our metadata that name bodies: `ContactPerson` (spid-saml §2.2, §2.3, §2.5).

use crate::saml::enveloped::key_info;
use crate::saml::upstream::metadata::contact::{Contact, Invoicing};
use crate::saml::upstream::metadata::description::Description;
use crate::saml::upstream::metadata::kind::MetadataProfile;
use crate::saml::writer::Element;

/// Every contact, in the order of the rules.
pub(super) fn all(description: &Description) -> Vec<Element<'_>> {
    match description.profile {
        MetadataProfile::CiePublic | MetadataProfile::CiePrivate => cie(description),
        MetadataProfile::Saml2 => plain(&description.contact).into_iter().collect(),
        _ => spid(description),
    }
}

fn spid(description: &Description) -> Vec<Element<'_>> {
    let Description { profile, contact, aggregated, invoicing, validation, .. } = description;
    let in_law = description.organization.name.it.as_deref().unwrap_or_default();
    let acts = profile.activity().is_some();
    let validation = validation.as_ref().map(|certificate| {
        Element::new("spid:KeyDescriptor")
            .attribute("use", "spid:validation")
            .child(key_info(certificate))
    });
    let extensions = codes(contact).child_if(profile.mark().map(Element::new)).child_if(validation);
    let company = contact.company.as_deref().unwrap_or(in_law);
    let mut all = vec![reached(
        Element::new("md:ContactPerson")
            .attribute("contactType", "other")
            .attribute_if("spid:entityType", acts.then_some("spid:aggregator")),
        extensions,
        company,
        contact,
    )];
    all.extend(aggregated.as_ref().map(|contact| {
        let mark = if profile.is_private() { "spid:Private" } else { "spid:Public" };
        reached(
            Element::new("md:ContactPerson")
                .attribute("contactType", "other")
                .attribute("spid:entityType", "spid:aggregated"),
            codes(contact).child(Element::new(mark)),
            contact.company.as_deref().unwrap_or(in_law),
            contact,
        )
    }));
    all.extend(invoicing.as_ref().map(|invoicing| billing(invoicing, in_law)));
    all
}

/// In the order of SPID's schema.
fn codes(contact: &Contact) -> Element<'_> {
    let code = |element, value: &'_ Option<String>| {
        value.clone().map(|value| Element::new(element).text(value))
    };
    Element::new("md:Extensions")
        .child_if(code("spid:IPACode", &contact.ipa_code))
        .child_if(code("spid:VATNumber", &contact.vat_number))
        .child_if(code("spid:FiscalCode", &contact.fiscal_code))
}

fn reached<'a>(
    person: Element<'a>,
    extensions: Element<'a>,
    company: &'a str,
    contact: &'a Contact,
) -> Element<'a> {
    let said = |element, value: &'a Option<String>| {
        value.as_deref().map(|value| Element::new(element).text(value))
    };
    person
        .child(extensions)
        .child(Element::new("md:Company").text(company))
        .child_if(said("md:EmailAddress", &contact.email))
        .child_if(said("md:TelephoneNumber", &contact.telephone))
}

fn billing<'a>(invoicing: &'a Invoicing, in_law: &'a str) -> Element<'a> {
    let text = |element, value: &'a str| Element::new(element).text(value);
    let optional = |element, value: &'a Option<String>| {
        value.as_deref().map(|value| Element::new(element).text(value))
    };
    let vat = invoicing.vat_number.as_deref().and_then(|number| number.split_at_checked(2));
    let vat = vat.map(|(country, number)| {
        Element::new("fpa:IdFiscaleIVA")
            .child(text("fpa:IdPaese", country))
            .child(text("fpa:IdCodice", number))
    });
    let person = Element::new("fpa:DatiAnagrafici")
        .child_if(vat)
        .child_if(optional("fpa:CodiceFiscale", &invoicing.fiscal_code))
        .child(Element::new("fpa:Anagrafica").child(text("fpa:Denominazione", &invoicing.name)));
    let seat = Element::new("fpa:Sede")
        .child(text("fpa:Indirizzo", &invoicing.street))
        .child_if(optional("fpa:NumeroCivico", &invoicing.number))
        .child(text("fpa:CAP", &invoicing.postal_code))
        .child(text("fpa:Comune", &invoicing.town))
        .child_if(optional("fpa:Provincia", &invoicing.province))
        .child(text("fpa:Nazione", &invoicing.country));
    let customer = Element::new("fpa:CessionarioCommittente").child(person).child(seat);
    Element::new("md:ContactPerson")
        .attribute("contactType", "billing")
        .child(Element::new("md:Extensions").child(customer))
        .child(text("md:Company", invoicing.company.as_deref().unwrap_or(in_law)))
        .child(text("md:EmailAddress", &invoicing.email))
        .child_if(optional("md:TelephoneNumber", &invoicing.telephone))
}

fn cie(description: &Description) -> Vec<Element<'_>> {
    let in_law = description.organization.name.it.as_deref().unwrap_or_default();
    let mark = description.profile.mark();
    let extensions = |contact: &'_ Contact, mark: Option<&'static str>| {
        let code = |element, value: &Option<String>| {
            value.clone().map(|value| Element::new(element).text(value))
        };
        let activities =
            contact.nace2.iter().map(|code| Element::new("cie:NACE2Code").text(code.clone()));
        Element::new("md:Extensions")
            .child_if(mark.map(Element::new))
            .child_if(code("cie:IPACode", &contact.ipa_code))
            .child_if(code("cie:IPACategory", &contact.ipa_category))
            .child_if(code("cie:VATNumber", &contact.vat_number))
            .child_if(code("cie:FiscalCode", &contact.fiscal_code))
            .children(activities.collect::<Vec<Element<'static>>>())
            .child_if(code("cie:Municipality", &contact.municipality))
            .child_if(code("cie:Province", &contact.province))
            .child_if(code("cie:Country", &contact.country))
    };
    let person = |kind| Element::new("md:ContactPerson").attribute("contactType", kind);
    let contact = &description.contact;
    let mut all = vec![reached(
        person("administrative"),
        extensions(contact, mark),
        contact.company.as_deref().unwrap_or(in_law),
        contact,
    )];
    all.extend(description.technical.as_ref().map(|technical| {
        let company = technical.company.as_deref().unwrap_or_default();
        reached(person("technical"), extensions(technical, None), company, technical)
    }));
    all
}

/// SAML's own contact, if there is an address to write to.
fn plain(contact: &Contact) -> Option<Element<'_>> {
    let email = contact.email.as_deref()?;
    let company = contact.company.as_deref();
    Some(
        Element::new("md:ContactPerson")
            .attribute("contactType", "technical")
            .child_if(company.map(|company| Element::new("md:Company").text(company)))
            .child(Element::new("md:EmailAddress").text(format!("mailto:{email}"))),
    )
}
