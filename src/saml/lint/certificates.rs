//! The keys that an entity publishes, and their certificates.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use roxmltree::Node;

use crate::saml::lint::finding::Findings;
use crate::saml::lint::profile::LintProfile;
use crate::saml::lint::rules;
use crate::saml::lint::value::{descendants, named, text};
use crate::saml::metadata::address;
use crate::saml::upstream::metadata::kind::MetadataProfile;
use crate::world::certificate::Certificate;
use crate::world::shape;

/// How long before its end a certificate is worth a word.
const SOON: TimeDelta = TimeDelta::days(90);

/// Checks the keys of `role`, of an entity of the kind `profile` that is called `entity_id`.
pub(super) fn check(
    role: Node<'_, '_>,
    profile: LintProfile,
    entity_id: &str,
    now: DateTime<Utc>,
    found: &mut Findings<'_, '_>,
) {
    let signing: Vec<_> = named(role, "KeyDescriptor")
        .filter(|key| key.attribute("use") == Some("signing"))
        .collect();
    if signing.is_empty() {
        found.node(&rules::KEY_MISSING, role, "");
    }
    let mut seen = Vec::new();
    for key in named(role, "KeyDescriptor") {
        let certificates = || {
            descendants(key, "X509Certificate").filter(|node| {
                node.parent().is_some_and(|parent| parent.tag_name().name() == "X509Data")
            })
        };
        let usage = key.attribute("use");
        if !certificates().any(|node| !text(node).is_empty()) {
            let finding = found.node(&rules::KEY_CERTIFICATE, key, "");
            if usage.is_none() {
                finding.by(crate::saml::lint::rule::Judges::AGID_STRICT);
            }
            continue;
        }
        if usage == Some("encryption") && profile.is_spid() {
            found.node(&rules::ENCRYPTION_KEY, key, "encryption");
        }
        for node in certificates() {
            one(node, usage, profile, entity_id, now, found);
            if usage != Some("encryption")
                && let Some(der) = der(node)
            {
                if seen.contains(&der) {
                    found.node(&rules::CERTIFICATE_TWICE, node, "");
                }
                seen.push(der);
            }
        }
    }
}

fn one(
    node: Node<'_, '_>,
    usage: Option<&str>,
    profile: LintProfile,
    entity_id: &str,
    now: DateTime<Utc>,
    found: &mut Findings<'_, '_>,
) {
    let certificate = der(node).and_then(|der| Certificate::from_der(&der).ok());
    let points = certificate.as_ref().and_then(|read| shape::judge(read, entity_id).ok());
    let (Some(certificate), Some(points)) = (certificate, points) else {
        found.node(&rules::CERTIFICATE_UNREADABLE, node, text(node).trim());
        return;
    };
    let day = |at: DateTime<Utc>| at.format("%Y-%m-%d").to_string();
    let dates = format!("{} / {}", day(certificate.not_before), day(certificate.not_after));
    if certificate.not_before > now || certificate.not_after < now {
        found.node(&rules::CERTIFICATE_DATES, node, &dates).wants(day(now));
    } else if certificate.not_after < now + SOON {
        found.node(&rules::CERTIFICATE_SOON, node, &dates);
    }
    let is_shaped = profile.is_spid()
        && matches!(profile, LintProfile::ServiceProvider(kind) if kind != MetadataProfile::Ficep)
        && usage == Some("signing");
    let is_shared =
        matches!(profile, LintProfile::ServiceProvider(kind) if kind.activity().is_some());
    for point in points {
        let Some(expected) = point.wrong else { continue };
        let said = format!("{}: {}", point.field, point.found);
        match point.field {
            "key" | "signature" => {
                found.node(&rules::CERTIFICATE_WEAK, node, &said).wants(expected);
            }
            // Whoever acts for many has one key for all of them, and its certificate names one.
            "uri" if is_shared && address::is_acceptable(&point.found) => {}
            _ if is_shaped => {
                let wanted = format!("{}: {expected}", point.field);
                found.node(&rules::CERTIFICATE_SHAPE, node, &said).wants(wanted);
            }
            _ => {}
        }
    }
}

/// The octets of the certificate in `node`; `None` if they are not base64.
pub(super) fn der(node: Node<'_, '_>) -> Option<Vec<u8>> {
    let packed: String = text(node).split_whitespace().collect();
    STANDARD.decode(packed).ok().filter(|der| !der.is_empty())
}
