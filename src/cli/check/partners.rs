//! Whether the partners' metadata can be used.

use chrono::{DateTime, TimeDelta, Utc};

use crate::admin::partner::Partner;
use crate::cli::check::finding::Finding;
use crate::cli::check::{keys, store};
use crate::cli::error::CliError;
use crate::cli::{office, sources, store as store_folder};
use crate::config::settings::Settings;
use crate::flow::expiry::{self, Ending, Whose};
use crate::partners::folder;
use crate::partners::registry::Registry;

/// Looks at every file of the metadata folder, at the tables of service providers, and at certificates; `kept` are the service
/// providers that the store or the folder describes.
#[must_use]
pub fn check(settings: &Settings, kept: &[Partner], now: DateTime<Utc>) -> Vec<Finding> {
    let of_sources = sources::open(settings, now).unwrap_or_default();
    let sources = office::sources(settings, of_sources.copies());
    let (files, unreadable) = folder::read_folder(&sources.folder);
    let mut built = Registry::build(&files, &sources.entries, &sources.ourselves, now);
    built.add_copies(&of_sources.copies().snapshot(), now);
    let mut findings = Vec::new();
    for fault in unreadable.iter().chain(&built.faults) {
        let remedy = "mend the file, ask its owner for another, or take it out of the folder";
        findings.push(Finding::error("metadata", fault.to_string(), remedy));
    }
    for (origin, warning) in &built.warnings {
        let remedy = "it is used nevertheless; tell its owner";
        findings.push(Finding::warning("metadata", format!("{origin}: {warning}"), remedy));
    }
    let is_kept = |entity_id: &String| kept.iter().any(|one| one.entity_id == *entity_id);
    for entity_id in built.unmatched.iter().filter(|entity_id| !is_kept(entity_id)) {
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
    for ending in certificates(&built.registry, kept) {
        if ending.stage(now).is_some() {
            let subject = format!("certificate of {}", ending.name);
            let until = ending.not_after.format("%Y-%m-%d");
            let state = format!("good until {until}, {} days", ending.days(now));
            findings.push(Finding::warning(subject, state, keys::remedy(ending.whose)));
        }
    }
    let count = built.registry.all().len();
    let folder = sources.folder.display();
    findings.push(Finding::good("metadata", format!("{count} usable in {folder}")));
    for (source, count) in built.registry.listed() {
        let state = format!("{count} more in long lists of the source {source}");
        findings.push(Finding::good("metadata", state));
    }
    findings
}

/// The certificates of the service providers in use; `kept` are those that the store describes.
fn certificates(registry: &Registry, kept: &[Partner]) -> Vec<Ending> {
    let mut all = expiry::partners(registry);
    for partner in kept {
        if all.iter().any(|ending| ending.name == partner.entity_id) {
            continue;
        }
        all.extend(partner.certificates.iter().map(|(not_before, not_after)| Ending {
            whose: Whose::ServiceProvider,
            name: partner.entity_id.clone(),
            not_before: *not_before,
            not_after: *not_after,
        }));
    }
    all
}

/// When the certificates of the service providers end: those of the metadata folder, and those of the store, asked of the server that
/// runs if one does.
///
/// # Errors
/// When the store cannot be opened.
pub async fn endings(settings: &Settings, now: DateTime<Utc>) -> Result<Vec<Ending>, CliError> {
    let of_sources = sources::open(settings, now)?;
    let sources = office::sources(settings, of_sources.copies());
    let (files, _) = folder::read_folder(&sources.folder);
    let mut built = Registry::build(&files, &sources.entries, &sources.ourselves, now);
    built.add_copies(&of_sources.copies().snapshot(), now);
    let has_store = settings.server.data.join(store_folder::STORE).exists();
    let kept = if has_store { store::look(settings).await? } else { Vec::new() };
    Ok(certificates(&built.registry, &kept))
}

const EXPIRES_SOON: TimeDelta = TimeDelta::days(14);
