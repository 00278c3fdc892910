//! Our metadata beside those of the identity providers in production: no element or attribute that
//! none of them has.

use std::collections::BTreeSet;

use ponte::saml::metadata::write::write;
use ponte::world::signer::Signer as _;
use roxmltree::{Document, Node};

use crate::support::{idp, keys, real_files};

/// What the twelve have between them, by path, where it matters to ours. `*` stands for any element
/// of a signature, whose shape is XML Signature's.
const UNION: &str = "
    md:EntityDescriptor @ID @entityID
    md:EntityDescriptor/ds:Signature
    md:EntityDescriptor/md:Extensions
    md:EntityDescriptor/md:Extensions/spid:SupportedAgeLimit
    md:EntityDescriptor/md:Extensions/spid:SupportedAuthnContextClassRefs
    md:EntityDescriptor/md:Extensions/spid:SupportedAuthnContextClassRefs/AuthnContextClassRef
    md:EntityDescriptor/md:Extensions/spid:SupportedPurposes
    md:EntityDescriptor/md:Extensions/spid:SupportedPurposes/Purpose
    md:EntityDescriptor/md:IDPSSODescriptor @WantAuthnRequestsSigned @protocolSupportEnumeration
    md:EntityDescriptor/md:IDPSSODescriptor/md:KeyDescriptor @use
    md:EntityDescriptor/md:IDPSSODescriptor/md:KeyDescriptor/ds:KeyInfo
    md:EntityDescriptor/md:IDPSSODescriptor/md:KeyDescriptor/ds:KeyInfo/ds:X509Data
    md:EntityDescriptor/md:IDPSSODescriptor/md:KeyDescriptor/ds:KeyInfo/ds:X509Data/ds:X509Certificate
    md:EntityDescriptor/md:IDPSSODescriptor/md:SingleLogoutService @Binding @Location @ResponseLocation
    md:EntityDescriptor/md:IDPSSODescriptor/md:NameIDFormat
    md:EntityDescriptor/md:IDPSSODescriptor/md:SingleSignOnService @Binding @Location
    md:EntityDescriptor/md:IDPSSODescriptor/saml:Attribute @Name @NameFormat
    md:EntityDescriptor/md:Organization
    md:EntityDescriptor/md:Organization/md:OrganizationDisplayName @xml:lang
    md:EntityDescriptor/md:Organization/md:OrganizationName @xml:lang
    md:EntityDescriptor/md:Organization/md:OrganizationURL @xml:lang
    ds:SignedInfo
    ds:SignedInfo/ds:CanonicalizationMethod @Algorithm
    ds:SignedInfo/ds:SignatureMethod @Algorithm
    ds:SignedInfo/ds:Reference @URI
    ds:SignedInfo/ds:Reference/ds:Transforms
    ds:SignedInfo/ds:Reference/ds:Transforms/ds:Transform @Algorithm
    ds:SignedInfo/ds:Reference/ds:DigestMethod @Algorithm
    ds:SignedInfo/ds:Reference/ds:DigestValue
    ds:SignatureValue
    ds:KeyInfo
    ds:KeyInfo/ds:X509Data
    ds:KeyInfo/ds:X509Data/ds:X509Certificate";

const SIGNATURE: &str = "md:EntityDescriptor/ds:Signature/";

/// What the rules want and none of the twelve has: nothing. A row would be a path and its rule.
const WANTED_BY_RULE: [(&str, &str); 0] = [];

/// The paths of [`UNION`], written out.
fn typed_union() -> BTreeSet<String> {
    let mut union = BTreeSet::new();
    for line in UNION.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let path = words.next().unwrap();
        let path =
            if path.starts_with("ds:") { format!("{SIGNATURE}{path}") } else { path.to_owned() };
        union.extend(words.map(|attribute| format!("{path}/{attribute}")));
        union.insert(path);
    }
    union
}

/// The paths of elements and attributes at and below `node`.
fn paths(node: Node<'_, '_>, above: &str, found: &mut BTreeSet<String>) {
    let path = format!("{above}{}", named(node.tag_name().namespace(), node.tag_name().name()));
    for attribute in node.attributes() {
        found.insert(format!("{path}/@{}", named(attribute.namespace(), attribute.name())));
    }
    for child in node.children().filter(Node::is_element) {
        paths(child, &format!("{path}/"), found);
    }
    found.insert(path);
}

fn named(namespace: Option<&str>, name: &str) -> String {
    let prefix = match namespace {
        None => return name.to_owned(),
        Some("urn:oasis:names:tc:SAML:2.0:metadata") => "md",
        Some("urn:oasis:names:tc:SAML:2.0:assertion") => "saml",
        Some("http://www.w3.org/2000/09/xmldsig#") => "ds",
        Some("https://spid.gov.it/saml-extensions") => "spid",
        Some("http://www.w3.org/XML/1998/namespace") => "xml",
        Some(other) => other,
    };
    format!("{prefix}:{name}")
}

fn paths_of(xml: &str, entities: usize) -> BTreeSet<String> {
    let document = Document::parse(xml).unwrap();
    let entity = ("urn:oasis:names:tc:SAML:2.0:metadata", "EntityDescriptor");
    let roots: Vec<_> = document.descendants().filter(|node| node.has_tag_name(entity)).collect();
    assert_eq!(roots.len(), entities);
    let mut found = BTreeSet::new();
    for root in roots {
        paths(root, "", &mut found);
    }
    found
}

/// Ours, with all that it can have.
fn ours() -> BTreeSet<String> {
    let further = keys::IDP_ECDSA.signer.certificate().to_vec();
    let xml = write(&idp::identity_provider(), "_md1", &keys::IDP.signer, &[further]).unwrap();
    paths_of(&xml, 1)
}

fn strange<'a>(ours: &'a BTreeSet<String>, union: &'a BTreeSet<String>) -> Vec<&'a String> {
    let by_rule = |path: &&String| WANTED_BY_RULE.iter().any(|(known, _)| known == path);
    ours.difference(union).filter(|path| !by_rule(path)).collect()
}

#[test]
fn we_say_nothing_that_none_of_those_in_production_says() {
    let (ours, union) = (ours(), typed_union());
    assert_eq!(strange(&ours, &union), Vec::<&String>::new());
    assert_eq!(union.difference(&ours).collect::<Vec<_>>(), Vec::<&String>::new(), "all is used");
}

#[test]
fn the_twelve_in_production_have_all_that_we_have() {
    let Some(xml) = real_files::read("idp-metadata/spid-entities-idps.xml") else { return };
    let theirs = paths_of(&xml, 12);
    assert_eq!(strange(&ours(), &theirs), Vec::<&String>::new());
    assert_eq!(strange(&typed_union(), &theirs), Vec::<&String>::new(), "the list is true");
}

#[test]
fn a_path_that_nobody_has_is_seen() {
    let union = typed_union();
    let mut xml = write(&idp::identity_provider(), "_md1", &keys::IDP.signer, &[]).unwrap();
    xml = xml.replacen("<md:NameIDFormat>", "<md:NameIDFormat odd=\"1\">", 1);
    let odd = paths_of(&xml, 1);
    assert_eq!(
        strange(&odd, &union),
        ["md:EntityDescriptor/md:IDPSSODescriptor/md:NameIDFormat/@odd"]
    );
}
