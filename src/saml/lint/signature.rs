//! The signature of metadata: there, of the right kind, holding, by a published key.

use roxmltree::{Document, Node};

use crate::saml::lint::certificates;
use crate::saml::lint::finding::Findings;
use crate::saml::lint::rule::Judges;
use crate::saml::lint::rules;
use crate::saml::lint::value::{descendants, named, text};
use crate::saml::names;
use crate::saml::signature::{self, PublicKey, Unproven};
use crate::saml::structure::{self, Root, Signed};

const HMAC: [&str; 3] = ["hmac-sha256", "hmac-sha384", "hmac-sha512"];
const METHODS: [&str; 6] = [
    names::RSA_SHA256,
    names::RSA_SHA384,
    names::RSA_SHA512,
    names::ECDSA_SHA256,
    names::ECDSA_SHA384,
    names::ECDSA_SHA512,
];

/// Checks the signature of the root. `changed` says that the text is not the one that was signed.
pub(super) fn check(document: &Document<'_>, changed: bool, found: &mut Findings<'_, '_>) {
    let root = document.root_element();
    let Some(signature) = named(root, "Signature").next() else {
        found.node(&rules::SIGNATURE_MISSING, root, "");
        return;
    };
    algorithms(signature, found);
    let certificate =
        descendants(signature, "X509Certificate").find(|node| !text(*node).is_empty());
    let Some(certificate) = certificate else {
        found.node(&rules::SIGNATURE_CERTIFICATE, signature, "");
        return;
    };
    let empty = ["SignatureValue", "DigestValue"]
        .into_iter()
        .flat_map(|name| descendants(signature, name))
        .find(|node| text(*node).trim().is_empty());
    if let Some(empty) = empty {
        found.node(&rules::SIGNATURE_VALUE, empty, "");
        return;
    }
    let sound = match structure::check(
        document,
        Root::EntityDescriptor,
        Signed::Enveloped { required: false },
    ) {
        Ok(sound) => sound,
        Err(error) => {
            found.node(&rules::SIGNATURE_SHAPE, signature, &error.to_string());
            return;
        }
    };
    let Some(der) = certificates::der(certificate) else {
        found.node(&rules::CERTIFICATE_UNREADABLE, certificate, text(certificate)).by(Judges::ALL);
        return;
    };
    let Ok(key) = PublicKey::from_certificate_der(&der) else { return };
    if changed || !sound.is_signed() {
        return;
    }
    match signature::holds_for_ours(&sound, std::slice::from_ref(&key)) {
        Ok(()) => {}
        Err(error @ Unproven::Digest) => {
            let place = descendants(signature, "DigestValue").next().unwrap_or(signature);
            found.node(&rules::SIGNATURE_VALUE, place, &error.to_string());
        }
        Err(error) => {
            let place = named(signature, "SignatureValue").next().unwrap_or(signature);
            found.node(&rules::SIGNATURE_VALUE, place, &error.to_string());
        }
    }
    let published = descendants(root, "KeyDescriptor")
        .filter(|key| key.attribute("use") != Some("encryption"))
        .flat_map(|key| descendants(key, "X509Certificate"))
        .filter_map(certificates::der)
        .any(|other| other == der);
    if !published {
        found.node(&rules::SIGNATURE_OTHER_KEY, certificate, "");
    }
}

fn algorithms(signature: Node<'_, '_>, found: &mut Findings<'_, '_>) {
    let Some(info) = named(signature, "SignedInfo").next() else { return };
    for method in named(info, "SignatureMethod") {
        let said = method.attribute("Algorithm").unwrap_or_default();
        if HMAC.iter().any(|name| said.ends_with(name)) {
            found.attribute(&rules::SIGNATURE_HMAC, method, "Algorithm");
        } else if !METHODS.contains(&said) {
            found.attribute(&rules::SIGNATURE_METHOD, method, "Algorithm").wants(names::RSA_SHA256);
        }
    }
    let digests = named(info, "Reference").flat_map(|reference| named(reference, "DigestMethod"));
    for method in digests {
        let said = method.attribute("Algorithm").unwrap_or_default();
        if [names::SHA256, names::SHA512, XENC_SHA384].contains(&said) {
            continue;
        }
        let finding = found.attribute(&rules::SIGNATURE_DIGEST, method, "Algorithm");
        finding.wants(names::SHA256);
        finding.by(if said == names::SHA384 { Judges::TOOL } else { Judges::ALL });
    }
}

/// The name that validators have for SHA-384, which no standard has.
const XENC_SHA384: &str = "http://www.w3.org/2001/04/xmlenc#sha384";
