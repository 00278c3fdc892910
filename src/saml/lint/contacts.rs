//! The contacts of a service provider: Avviso 29, Avviso 19 for whoever acts for another body.

use roxmltree::Node;

use crate::saml::lint::contacts_card;
use crate::saml::lint::finding::Findings;
use crate::saml::lint::profile::LintProfile;
use crate::saml::lint::rule::Judges;
use crate::saml::lint::rules;
use crate::saml::lint::value::{descendants, named, text};
use crate::saml::names;
use crate::saml::upstream::metadata::codes;
use crate::saml::upstream::metadata::kind::MetadataProfile::{self, *};

/// What a contact of one kind must be.
struct Wanted {
    contact_type: &'static str,
    /// Its `spid:entityType`, where there are two of the type.
    entity_type: Option<&'static str>,
    /// Whether it must have an address for mail.
    email: bool,
    /// What its body is.
    body: Body,
    /// Whether `VATNumber` or `FiscalCode` must be there, or both.
    tax: Tax,
    /// The empty element that says what the body is.
    mark: Option<&'static str>,
    company: Company,
    /// Whether the suite comes as far as company and mark; it breaks off in one profile.
    to_the_end: bool,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Body {
    Public,
    Private,
    Either,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Tax {
    Free,
    One,
    Both,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Company {
    /// If it is there, the organisation's name.
    Same,
    /// If it is there, a name.
    Free,
    /// A name.
    Must,
    /// The organisation's name, and it must be there.
    MustSame,
}

const AGGREGATOR: Option<&str> = Some("spid:aggregator");
const AGGREGATED: Option<&str> = Some("spid:aggregated");

/// The elements that say what kind of body a contact stands for, as the suite lists them.
const MARKS: [&str; 9] = [
    "PublicServicesFullAggregator",
    "PublicServicesLightAggregator",
    "PrivateServicesFullAggregator",
    "PrivateServicesLightAggregator",
    "PublicServicesFullOperator",
    "PublicServicesLightOperator",
    "Public",
    "Private",
    "PublicOperator",
];

/// The order of a contact's extensions (Avviso 29, spid.xsd), the marks being one.
const ORDER: [&str; 3] = ["IPACode", "VATNumber", "FiscalCode"];

/// The value that stands for a code at acceptance (Avviso 22).
const FICTITIOUS: &str = "__aggrsint";

impl Wanted {
    const fn other(body: Body, tax: Tax, mark: &'static str, company: Company) -> Self {
        Self {
            contact_type: "other",
            entity_type: None,
            email: true,
            body,
            tax,
            mark: Some(mark),
            company,
            to_the_end: true,
        }
    }

    const fn typed(self, entity_type: Option<&'static str>) -> Self {
        Self { entity_type, ..self }
    }

    const fn billing() -> Self {
        Self {
            contact_type: "billing",
            mark: None,
            ..Self::other(Body::Either, Tax::Free, "", Company::Free)
        }
    }
}

/// The contacts that `profile` wants; none where it wants none in particular.
fn wanted(profile: MetadataProfile) -> Vec<Wanted> {
    let aggregator =
        |mark| Wanted::other(Body::Either, Tax::Free, mark, Company::Must).typed(AGGREGATOR);
    let public = Wanted {
        email: false,
        ..Wanted::other(Body::Public, Tax::Free, "Public", Company::MustSame).typed(AGGREGATED)
    };
    let private = Wanted {
        email: false,
        ..Wanted::other(Body::Private, Tax::One, "Private", Company::MustSame).typed(AGGREGATED)
    };
    match profile {
        SpidPublic => vec![Wanted::other(Body::Public, Tax::Free, "Public", Company::Same)],
        SpidPrivate => vec![
            Wanted::other(Body::Private, Tax::One, "Private", Company::Same),
            Wanted::billing(),
        ],
        SpidAgPublicFull => vec![aggregator("PublicServicesFullAggregator"), public],
        SpidAgPublicLite => vec![aggregator("PublicServicesLightAggregator"), public],
        SpidAgPrivateFull => {
            vec![aggregator("PrivateServicesFullAggregator"), private, Wanted::billing()]
        }
        SpidAgPrivateLite => {
            vec![aggregator("PrivateServicesLightAggregator"), private, Wanted::billing()]
        }
        SpidOpPublicFull => {
            let mark = "PublicServicesFullOperator";
            vec![Wanted::other(Body::Public, Tax::Both, mark, Company::MustSame).typed(AGGREGATOR)]
        }
        SpidOpPublicLite => {
            let mark = "PublicServicesLightOperator";
            let operator = Wanted::other(Body::Either, Tax::Free, mark, Company::MustSame);
            vec![
                Wanted { to_the_end: false, ..operator.typed(AGGREGATOR) },
                Wanted { to_the_end: false, ..public },
            ]
        }
        Ficep | CiePublic | CiePrivate | Saml2 => Vec::new(),
    }
}

/// Checks the contacts of `root`, a service provider of the kind `profile`.
pub(super) fn check(root: Node<'_, '_>, profile: MetadataProfile, found: &mut Findings<'_, '_>) {
    for wanted in wanted(profile) {
        contact(root, &wanted, profile, found);
    }
    match profile {
        Ficep => email(
            &of(root, "other", None),
            root,
            "ContactPerson[@contactType='other']",
            true,
            found,
        ),
        CiePublic | CiePrivate => contacts_card::check(root, profile, found),
        _ => {}
    }
    if LintProfile::ServiceProvider(profile).is_spid() {
        extensions(root, found);
    }
}

pub(super) fn of<'a, 'i>(
    root: Node<'a, 'i>,
    contact_type: &'a str,
    entity_type: Option<&'a str>,
) -> Vec<Node<'a, 'i>> {
    descendants(root, "ContactPerson")
        .filter(|contact| contact.attribute("contactType") == Some(contact_type))
        .filter(|contact| {
            entity_type.is_none() || contact.attribute((names::SPID, "entityType")) == entity_type
        })
        .collect()
}

/// The extensions of that name of all `contacts` together, as the suite looks for them.
pub(super) fn extension<'a, 'i>(contacts: &[Node<'a, 'i>], name: &'a str) -> Vec<Node<'a, 'i>> {
    contacts
        .iter()
        .flat_map(|contact| named(*contact, "Extensions"))
        .flat_map(|extensions| named(extensions, name))
        .collect()
}

fn contact(
    root: Node<'_, '_>,
    wanted: &Wanted,
    profile: MetadataProfile,
    found: &mut Findings<'_, '_>,
) {
    let contacts = of(root, wanted.contact_type, wanted.entity_type);
    let named_so = match wanted.entity_type {
        None => format!("ContactPerson[@contactType='{}']", wanted.contact_type),
        Some(entity) => {
            format!(
                "ContactPerson[@contactType='{}'][@spid:entityType='{entity}']",
                wanted.contact_type
            )
        }
    };
    if contacts.len() != 1 {
        let place = contacts.get(1).copied().unwrap_or(root);
        found
            .node(&rules::CONTACT_ONE, place, &contacts.len().to_string())
            .wants(format!("1 {named_so}"));
    }
    email(&contacts, root, &named_so, wanted.email, found);
    if wanted.contact_type == "other" {
        phone(&contacts, true, found);
        codes_of(&contacts, root, wanted, found);
    } else {
        phone(&contacts, false, found);
    }
    company(&contacts, root, wanted, found);
    marks(&contacts, root, wanted, found);
    if profile.is_lite() && wanted.entity_type == AGGREGATOR && !contacts.is_empty() {
        let keys = extension(&contacts, "KeyDescriptor");
        if !keys.iter().any(|key| key.attribute("use") == Some("spid:validation")) {
            found.node(&rules::CONTACT_VALIDATION, contacts[0], "").wants("spid:validation");
        }
    }
}

pub(super) fn email(
    contacts: &[Node<'_, '_>],
    root: Node<'_, '_>,
    named_so: &str,
    must: bool,
    found: &mut Findings<'_, '_>,
) {
    let all: Vec<_> = contacts.iter().flat_map(|contact| named(*contact, "EmailAddress")).collect();
    let first = all.first().filter(|first| !text(**first).is_empty());
    match first {
        None if must => {
            let place = all.first().or_else(|| contacts.first()).copied().unwrap_or(root);
            found.node(&rules::CONTACT_EMAIL, place, "").wants(format!("{named_so}/EmailAddress"));
        }
        None => {}
        Some(first) if !is_email(text(*first)) => {
            found.node(&rules::CONTACT_EMAIL, *first, text(*first)).wants("nome@esempio.it");
        }
        Some(_) => {}
    }
    if let Some(second) = all
        .iter()
        .skip(1)
        .find(|second| all.first().is_some_and(|first| first.parent() == second.parent()))
    {
        found.node(&rules::CONTACT_EMAIL, *second, text(*second)).wants("1").by(Judges::AGID);
    }
}

/// As the suite reads an address: a name, an at sign, and a host that ends in two to eight letters. A line end after
/// it does not count.
fn is_email(said: &str) -> bool {
    let said = said.strip_suffix('\n').unwrap_or(said);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let Some((name, host)) = said.split_once('@') else { return false };
    let Some((host, top)) = host.rsplit_once('.') else { return false };
    let plain =
        |part: &str| !part.is_empty() && part.chars().all(|c| is_word(c) || matches!(c, '.' | '-'));
    plain(name) && plain(host) && (2..=8).contains(&top.chars().count()) && top.chars().all(is_word)
}

pub(super) fn phone(contacts: &[Node<'_, '_>], by_suite: bool, found: &mut Findings<'_, '_>) {
    let all = contacts.iter().flat_map(|contact| named(*contact, "TelephoneNumber"));
    for (place, phone) in all.enumerate() {
        let said = text(phone);
        if said.is_empty() {
            continue;
        }
        if said.contains(' ') {
            let finding = found.node(&rules::CONTACT_PHONE, phone, said);
            finding.wants("+39…");
            if !by_suite || place > 0 {
                finding.by(Judges::AGID);
            }
        }
        if !said.trim().starts_with("+39") {
            found.node(&rules::CONTACT_PHONE_PREFIX, phone, said).wants("+39…");
        }
    }
}

/// `IPACode`, `VATNumber` and `FiscalCode`.
fn codes_of(
    contacts: &[Node<'_, '_>],
    root: Node<'_, '_>,
    wanted: &Wanted,
    found: &mut Findings<'_, '_>,
) {
    let here = contacts.first().copied().unwrap_or(root);
    let ipa = extension(contacts, "IPACode");
    match (wanted.body, ipa.first()) {
        (Body::Private, Some(code)) => {
            found.node(&rules::CONTACT_IPA_PRIVATE, *code, text(*code));
        }
        (Body::Public, None) if !contacts.is_empty() => {
            found.node(&rules::CONTACT_IPA, here, "").wants("spid:IPACode");
        }
        (_, Some(code)) if text(*code).trim() == FICTITIOUS => {
            found.node(&rules::CONTACT_FICTITIOUS, *code, FICTITIOUS);
        }
        (_, Some(code)) if !codes::is_ipa_code(text(*code).trim()) => {
            found.node(&rules::CONTACT_IPA_FORM, *code, text(*code)).wants("c_h501");
        }
        _ => {}
    }
    let vat = extension(contacts, "VATNumber");
    if let Some(second) = vat.get(1) {
        found.node(&rules::CONTACT_VAT, *second, text(*second)).wants("1");
    }
    if let Some(first) = vat.first() {
        let said = text(*first);
        if !starts_with_country(said) {
            found.node(&rules::CONTACT_VAT, *first, said).wants("IT…");
        } else if !codes::is_vat_number(said.trim()) {
            found.node(&rules::CONTACT_VAT_FORM, *first, said);
        }
    }
    let tax = extension(contacts, "FiscalCode");
    if let Some(second) = tax.get(1) {
        found.node(&rules::CONTACT_TAX, *second, text(*second)).wants("1");
    }
    if let Some(first) = tax.first() {
        let said = text(*first);
        if said.is_empty() {
            found.node(&rules::CONTACT_TAX, *first, said);
        } else if !codes::is_fiscal_code(said.trim()) {
            found.node(&rules::CONTACT_TAX_FORM, *first, said);
        }
    }
    let lacking: &[&str] = match (wanted.tax, vat.is_empty(), tax.is_empty()) {
        (Tax::One, true, true) => &["VATNumber | FiscalCode"],
        (Tax::Both, true, true) => &["VATNumber", "FiscalCode"],
        (Tax::Both, true, false) => &["VATNumber"],
        (Tax::Both, false, true) => &["FiscalCode"],
        _ => &[],
    };
    for lacking in lacking {
        found.node(&rules::CONTACT_VAT_OR_TAX, here, "").wants(*lacking);
    }
}

fn company(
    contacts: &[Node<'_, '_>],
    root: Node<'_, '_>,
    wanted: &Wanted,
    found: &mut Findings<'_, '_>,
) {
    let organization = named(root, "Organization")
        .flat_map(|organization| named(organization, "OrganizationName"))
        .next();
    let Some(organization) = organization else { return };
    let company = contacts.iter().flat_map(|contact| named(*contact, "Company")).next();
    let is_aggregated = wanted.entity_type == AGGREGATED;
    let tool = wanted.to_the_end || !is_aggregated;
    let judges = if tool { Judges::TOOL_AGID } else { Judges::AGID };
    match company {
        None if matches!(wanted.company, Company::Must | Company::MustSame) => {
            let here = contacts.first().copied().unwrap_or(root);
            let finding = found.node(&rules::CONTACT_COMPANY_MISSING, here, "");
            finding.wants(text(organization)).by(judges);
        }
        None => {}
        Some(company) if text(company).is_empty() => {
            found.node(&rules::CONTACT_COMPANY, company, "").by(judges);
            if matches!(wanted.company, Company::Same | Company::MustSame) {
                let finding = found.node(&rules::CONTACT_COMPANY_SAME, company, "");
                finding.wants(text(organization)).by(judges);
            }
        }
        Some(company) => {
            let is_same = text(company) == text(organization);
            if !is_same && matches!(wanted.company, Company::Same | Company::MustSame) {
                let finding = found.node(&rules::CONTACT_COMPANY_SAME, company, text(company));
                finding.wants(text(organization)).by(judges);
            }
        }
    }
}

fn marks(
    contacts: &[Node<'_, '_>],
    root: Node<'_, '_>,
    wanted: &Wanted,
    found: &mut Findings<'_, '_>,
) {
    let Some(mark) = wanted.mark else { return };
    let judges = if wanted.to_the_end { Judges::TOOL_AGID } else { Judges::AGID };
    for name in MARKS {
        let there = extension(contacts, name);
        match there.first() {
            None if name == mark => {
                let here = contacts.first().copied().unwrap_or(root);
                found
                    .node(&rules::CONTACT_KIND, here, "")
                    .wants(format!("<spid:{mark}/>"))
                    .by(judges);
            }
            None => {}
            Some(other) if name != mark => {
                found
                    .node(&rules::CONTACT_KIND_OTHER, *other, name)
                    .wants(format!("<spid:{mark}/>"))
                    .by(judges);
            }
            Some(_) => {}
        }
        if let Some(first) = there.first().filter(|first| !text(**first).is_empty()) {
            found.node(&rules::CONTACT_KIND_EMPTY, *first, text(*first)).by(judges);
        }
    }
}

/// The order and the namespace of the extensions of SPID's contacts.
fn extensions(root: Node<'_, '_>, found: &mut Findings<'_, '_>) {
    for contact in descendants(root, "ContactPerson") {
        for all in named(contact, "Extensions") {
            let mut last = 0;
            for child in all.children().filter(Node::is_element) {
                let name = child.tag_name().name();
                let is_mark = MARKS.contains(&name);
                let place = ORDER.iter().position(|known| *known == name);
                let Some(place) = place.or_else(|| is_mark.then_some(ORDER.len())) else {
                    continue;
                };
                if child.tag_name().namespace() != Some(names::SPID) {
                    let said = child.tag_name().namespace().unwrap_or_default();
                    found.node(&rules::EXTENSION_NAMESPACE, child, said).wants(names::SPID);
                }
                if place < last {
                    found.node(&rules::EXTENSION_ORDER, child, name);
                }
                last = last.max(place);
            }
        }
    }
}

fn starts_with_country(said: &str) -> bool {
    said.get(..2).is_some_and(|country| {
        country.bytes().all(|byte| byte.is_ascii_uppercase())
            && COUNTRIES.as_bytes().chunks(2).any(|code| code == country.as_bytes())
    })
}

/// The countries of ISO 3166, two letters each.
const COUNTRIES: &str = "\
    ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZ\
    DEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJM\
    JOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONP\
    NRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTO\
    TRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_the_suite_reads_them() {
        for good in ["a@b.it", "a.b-c_d@x.y-z.museum", "è@b.it", "a@b.it\n"] {
            assert!(is_email(good), "{good:?}");
        }
        for bad in [
            "",
            "a",
            "a@b",
            "@b.it",
            "a+b@c.it",
            "mailto:a@b.it",
            "a@b.i",
            "a@@b.it",
            " a@b.it",
            "a@b.it\n\n",
        ] {
            assert!(!is_email(bad), "{bad:?}");
        }
    }

    #[test]
    fn countries_are_read_two_letters_at_a_time() {
        assert!(starts_with_country("IT123"));
        assert!(starts_with_country("ZW"));
        for bad in ["", "I", "it1", "TI1", "12", "àà", "__aggrsint"] {
            assert!(!starts_with_country(bad), "{bad:?}");
        }
        assert_eq!(COUNTRIES.len(), 2 * 249);
    }
}
