//! Whether the partners' metadata can be used.

use chrono::{DateTime, TimeDelta, Utc};

use crate::cli::check::finding::Finding;
use crate::cli::office;
use crate::config::settings::Settings;
use crate::partners::registry::{self, Registry};

/// Looks at every file of the metadata folder, and at the tables of service providers; `kept` are the entityIDs that the
/// store or the folder describes.
#[must_use]
pub fn check(settings: &Settings, kept: &[String], now: DateTime<Utc>) -> Vec<Finding> {
    let sources = office::sources(settings);
    let (files, unreadable) = registry::read_folder(&sources.folder);
    let built = Registry::build(&files, &sources.entries, &sources.ourselves, now);
    let mut findings = Vec::new();
    for fault in unreadable.iter().chain(&built.faults) {
        let remedy = "mend the file, ask its owner for another, or take it out of the folder";
        findings.push(Finding::error("metadata", fault.to_string(), remedy));
    }
    for (origin, warning) in &built.warnings {
        let remedy = "it is used nevertheless; tell its owner";
        findings.push(Finding::warning("metadata", format!("{origin}: {warning}"), remedy));
    }
    for entity_id in built.unmatched.iter().filter(|entity_id| !kept.contains(entity_id)) {
        findings.push(Finding::warning(
            "configuration",
            format!("there is a [[service-provider]] {entity_id}, and nothing describes it"),
            "correct its entity-id, or add its metadata (folder, or `ponte sp add`)",
        ));
    }
    for partner in built.registry.all() {
        let Some(until) = partner.valid_until else { continue };
        if until - now < EXPIRES_SOON {
            let date = until.format("%Y-%m-%d");
            let state = format!("the metadata of {} may be used until {date}", partner.entity_id);
            findings.push(Finding::warning("metadata", state, "ask its owner for new metadata"));
        }
    }
    let count = built.registry.len();
    let folder = sources.folder.display();
    findings.push(Finding::good("metadata", format!("{count} usable in {folder}")));
    findings
}

const EXPIRES_SOON: TimeDelta = TimeDelta::days(14);
