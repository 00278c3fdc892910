//! Whether the keys can be used, and for how long.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use crate::cli::check::finding::Finding;
use crate::cli::error::CliError;
use crate::cli::{examples, files};
use crate::config::settings::{KeyFiles, Keys};
use crate::world::certificate::Certificate;
use crate::world::seal::SealKey;
use crate::world::signer::KeyFile;

/// Looks at every key's file.
#[must_use]
pub fn check(keys: &Keys, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, key) in keys.signing.iter().enumerate() {
        let subject = format!("signing key {}", number + 1);
        match signing(&subject, key, now) {
            Ok(finding) => findings.push(finding),
            Err(error) => findings.push(Finding::error(
                subject,
                error.chain(),
                "name the right files in keys.signing, or make new ones with `ponte init` in another folder",
            )),
        }
        findings.extend(exposed(&key.key));
    }
    findings.push(match seal(&keys.seal) {
        Ok(finding) => finding,
        Err(error) => Finding::error(
            "sealing key",
            error.chain(),
            "bring the key back from your copy; for a new installation make one with `ponte init` in another folder",
        ),
    });
    findings.extend(exposed(&keys.seal));
    findings
}

fn signing(subject: &str, files: &KeyFiles, now: DateTime<Utc>) -> Result<Finding, CliError> {
    let key = files::read(&files.key)?;
    let certificate = files::read(&files.certificate)?;
    let signer = KeyFile::load(&key, &certificate)
        .map_err(|error| CliError::Key(files.key.clone(), error))?;
    let certificate = Certificate::from_pem(&certificate)?;
    if examples::is_example_certificate(&certificate) {
        return Ok(Finding::error(
            subject,
            format!("{} is an example key, which anybody has", files.key.display()),
            "make your own with `ponte init` in another folder",
        ));
    }
    Ok(dates(subject, &certificate, now).unwrap_or_else(|| {
        let (bits, until) = (signer.bits(), certificate.not_after.format("%Y-%m-%d"));
        let print = certificate.fingerprint;
        Finding::good(subject, format!("{bits} bits, good until {until}, SHA-256 {print}"))
    }))
}

/// What is wrong with the dates of a certificate, if anything.
pub(super) fn dates(
    subject: &str,
    certificate: &Certificate,
    now: DateTime<Utc>,
) -> Option<Finding> {
    let day = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC");
    if now < certificate.not_before {
        let from = day(certificate.not_before);
        return Some(Finding::error(
            subject,
            format!("its certificate is good from {from} only, and it is {} now", day(now)),
            "look whether the clock is right; else wait, or take another certificate",
        ));
    }
    if now >= certificate.not_after {
        let until = day(certificate.not_after);
        return Some(Finding::error(
            subject,
            format!("its certificate expired on {until}"),
            NEW_KEY,
        ));
    }
    let left = (certificate.not_after - now).num_days();
    (certificate.not_after - now < EXPIRES_SOON).then(|| {
        Finding::warning(subject, format!("its certificate expires in {left} days"), NEW_KEY)
    })
}

fn seal(path: &Path) -> Result<Finding, CliError> {
    let text = zeroize::Zeroizing::new(files::read_text(path)?);
    SealKey::parse(&text).map_err(|error| CliError::Seal(path.to_owned(), error))?;
    if examples::is_example_seal(&text) {
        return Ok(Finding::error(
            "sealing key",
            format!("{} is an example key, which anybody has", path.display()),
            "make your own with `ponte init` in another folder",
        ));
    }
    Ok(Finding::good("sealing key", path.display().to_string()))
}

/// That others may read a secret file, if so.
pub(super) fn exposed(path: &Path) -> Option<Finding> {
    let state = format!("{} may be read by others than its owner", path.display());
    let remedy = format!("chmod 600 {}", path.display());
    files::is_exposed(path).ok()?.then(|| Finding::error("permissions", state, remedy))
}

const NEW_KEY: &str = "make a new pair, add it to keys.signing as the second, publish the metadata, and once partners have it put it first";
const EXPIRES_SOON: TimeDelta = TimeDelta::days(90);
