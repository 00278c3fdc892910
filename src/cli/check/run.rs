//! The whole of `ponte check`.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::cli::check::finding::{Finding, Grade};
use crate::cli::check::{clock, keys, listener, mail, partners, smart_card, sms, sources, store};
use crate::cli::error::{CliError, Count};
use crate::cli::load;
use crate::cli::say::say;
use crate::config::settings::Settings;

/// Looks at everything and prints what it found.
///
/// # Errors
/// [`CliError::Unsound`] when one finding or more is an error.
pub async fn check(config: &Path, now: DateTime<Utc>) -> Result<(), CliError> {
    let findings = match load::settings(config) {
        Ok(settings) => {
            let mut findings = of_settings(config, &settings, now);
            findings.extend(listener::check(&settings, now));
            let (of_store, kept) = store::check(&settings).await;
            findings.extend(partners::check(&settings, &kept, now));
            findings.extend(sources::check(&settings, now));
            findings.extend(of_store);
            findings.extend(mail::check(&settings).await);
            findings.extend(sms::check(&settings).await);
            findings.extend(smart_card::check(&settings, now));
            findings
        }
        Err(error) => {
            let remedy = "mend the lines named; docs/configuration.md explains every key";
            vec![Finding::error("configuration", error.chain(), remedy)]
        }
    };
    for finding in &findings {
        say(format_args!("{finding}"));
    }
    match findings.iter().filter(|finding| finding.grade == Grade::Error).count() {
        0 => Ok(()),
        errors => Err(CliError::Unsound(Count(errors))),
    }
}

fn of_settings(config: &Path, settings: &Settings, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = vec![Finding::good("configuration", config.display().to_string())];
    for stranger in &settings.strangers {
        let remedy = "correct its name, or take it out of the environment";
        findings.push(Finding::warning("environment", stranger.to_string(), remedy));
    }
    findings.extend(keys::check(&settings.keys, now));
    let written = keys::files(&settings.keys, now);
    let written = written.iter().map(PathBuf::as_path).chain([config, &settings.keys.seal]);
    findings.push(clock::against_files(written, now));
    findings
}
