//! The whole pre-flight of one text.

use chrono::{DateTime, Utc};
use roxmltree::{Document, Node};
use serde::Serialize;

use crate::saml::lint::finding::{Finding, Findings, Place};
use crate::saml::lint::paste::{self, Unwrapped, Wrapping};
use crate::saml::lint::profile::LintProfile;
use crate::saml::lint::rule::{Judge, Judges, Severity};
use crate::saml::lint::{
    certificates, contacts, document, endpoints, entity, identity_provider, invoicing, message,
    organization, rules, schema, schema_tables, service_provider, services, signature,
};
use crate::saml::upstream::metadata::kind::MetadataProfile;
use crate::saml::{names, xml};

/// What a text is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Metadata of a service provider.
    ServiceProvider,
    /// Metadata of an identity provider.
    IdentityProvider,
    /// A request for a login.
    AuthnRequest,
    /// An answer to one.
    Response,
    /// A request for a logout.
    LogoutRequest,
    /// An answer to one.
    LogoutResponse,
    /// Something else, or nothing that can be read.
    Unknown,
}

/// What the pre-flight says of a text.
#[derive(Clone, Debug)]
pub struct Report {
    /// What it is.
    pub subject: Subject,
    /// Whose rules it was held to; metadata alone have one.
    pub profile: Option<LintProfile>,
    /// Whether that was guessed.
    pub guessed: bool,
    /// In what it came.
    pub wrapping: Wrapping,
    /// Who it says it is.
    pub entity: Option<String>,
    /// What is wrong, in the order of the text.
    pub findings: Vec<Finding>,
    /// Whether it could be read to its end.
    pub readable: bool,
}

impl Report {
    /// Whether `judge` would refuse it.
    #[must_use]
    pub fn refused_by(&self, judge: Judge) -> bool {
        self.findings.iter().any(|finding| finding.refused_by.has(judge))
    }

    /// Whether anybody would.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity() != Severity::Advice)
    }

    fn unreadable(wrapping: Wrapping, findings: Vec<Finding>) -> Self {
        Self {
            subject: Subject::Unknown,
            profile: None,
            guessed: false,
            wrapping,
            entity: None,
            findings,
            readable: false,
        }
    }
}

/// Says what is wrong with `octets` at the time `now`. Metadata are held to the rules of `profile`, or of what they
/// seem to be.
#[must_use]
pub fn inspect(octets: &[u8], profile: Option<LintProfile>, now: DateTime<Utc>) -> Report {
    let unwrapped = match paste::unwrap(octets) {
        Ok(unwrapped) => unwrapped,
        Err(finding) => return Report::unreadable(Wrapping::Xml, vec![*finding]),
    };
    let prepared = document::prepare(&unwrapped.text);
    let wrapping = unwrapped.wrapping;
    let mut report = match xml::parse(&prepared.text) {
        Err(error) => {
            Report::unreadable(wrapping, vec![document::refused(&unwrapped.text, &error)])
        }
        Ok(document) => read(&document, &unwrapped, prepared.changed, profile, now),
    };
    report.findings.extend(prepared.found);
    for finding in &mut report.findings {
        let nobody = not_asked(report.subject, report.profile);
        finding.refused_by = finding.refused_by.without(nobody);
    }
    report.findings.sort_by(|one, other| {
        (one.place, one.severity(), &one.rule).cmp(&(other.place, other.severity(), &other.rule))
    });
    report
}

/// Whoever does not judge such a text at all.
fn not_asked(subject: Subject, profile: Option<LintProfile>) -> Judges {
    match (subject, profile) {
        (Subject::ServiceProvider, Some(LintProfile::ServiceProvider(MetadataProfile::Saml2))) => {
            Judges::AGID
        }
        (Subject::ServiceProvider, _) | (Subject::Unknown, _) => Judges::NONE,
        _ => Judges::TOOL,
    }
}

fn read(
    document: &Document<'_>,
    unwrapped: &Unwrapped,
    changed: bool,
    profile: Option<LintProfile>,
    now: DateTime<Utc>,
) -> Report {
    let root = document.root_element();
    let wrapping = unwrapped.wrapping;
    let entity = |said: Option<&str>| said.map(crate::saml::profile::check::cut);
    let local = (root.tag_name().namespace().unwrap_or_default(), root.tag_name().name());
    if matches!(local.1, "EntityDescriptor" | "EntitiesDescriptor") {
        let guess = LintProfile::guess(root);
        let chosen = profile.unwrap_or(guess);
        return Report {
            subject: match chosen {
                LintProfile::ServiceProvider(_) => Subject::ServiceProvider,
                LintProfile::IdentityProvider => Subject::IdentityProvider,
            },
            profile: Some(chosen),
            guessed: profile.is_none(),
            wrapping,
            entity: entity(root.attribute("entityID")),
            findings: metadata(document, chosen, changed, now),
            readable: true,
        };
    }
    if let Some((subject, issuer, findings)) = message::check(document, unwrapped, profile) {
        return Report {
            subject,
            profile: None,
            guessed: false,
            wrapping,
            entity: entity(issuer.as_deref()),
            findings,
            readable: true,
        };
    }
    let mut finding = Finding::of(&rules::ROOT, local.1, Place::START, local.1);
    finding.wants(format!("md:EntityDescriptor ({})", names::METADATA));
    let mut report = Report::unreadable(wrapping, vec![finding]);
    report.readable = false;
    report
}

fn metadata(
    document: &Document<'_>,
    profile: LintProfile,
    changed: bool,
    now: DateTime<Utc>,
) -> Vec<Finding> {
    let root = document.root_element();
    let mut found = Findings::new(document);
    if root.tag_name().namespace() != Some(names::METADATA) {
        let said = root.tag_name().namespace().unwrap_or_default();
        found.node(&rules::SCHEMA, root, said).wants(names::METADATA);
    }
    schema::check(root, schema_tables::CORE, &rules::SCHEMA, &mut found);
    entity::check(root, profile, now, &mut found);
    signature::check(document, changed, &mut found);
    match profile {
        LintProfile::IdentityProvider => {
            if let Some(role) = identity_provider::role(root, &mut found) {
                identity_provider::check(root, role, &mut found);
                keys(role, profile, root, now, &mut found);
            }
        }
        LintProfile::ServiceProvider(kind) => {
            let role = service_provider::role(root, profile, &mut found);
            if let Some(role) = role {
                service_provider::check(role, &mut found);
                keys(role, profile, root, now, &mut found);
                endpoints::check(role, profile, &mut found);
                services::check(role, profile, &mut found);
            }
            organization::check(root, &mut found);
            contacts::check(root, kind, &mut found);
            invoicing::check(root, kind, &mut found);
            if profile.is_card() {
                schema::check(root, schema_tables::CIE, &rules::SCHEMA_CIE, &mut found);
            } else if profile.is_spid() && kind != MetadataProfile::Ficep {
                schema::check(root, schema_tables::AV29, &rules::SCHEMA_AV29, &mut found);
            }
        }
    }
    found.into_list()
}

fn keys(
    role: Node<'_, '_>,
    profile: LintProfile,
    root: Node<'_, '_>,
    now: DateTime<Utc>,
    found: &mut Findings<'_, '_>,
) {
    let entity_id = root.attribute("entityID").unwrap_or_default();
    certificates::check(role, profile, entity_id, now, found);
}
