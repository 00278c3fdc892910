//! Whether the keys can be used, and for how long.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};

use crate::cli::check::finding::Finding;
use crate::cli::error::CliError;
use crate::cli::keys::list::{self, KeyList};
use crate::cli::keys::open::Opener;
use crate::cli::signing::{self, Examples};
use crate::cli::{examples, files};
use crate::config::settings::Keys;
use crate::flow::expiry::Whose;
use crate::world::certificate::Certificate;
use crate::world::key_place::KeyPlace;
use crate::world::roles::{Entry, Role};
use crate::world::seal::SealKey;

/// Looks at every key's file, and at what the token holds.
#[must_use]
pub fn check(keys: &Keys, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = signing(keys, now);
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

fn signing(keys: &Keys, now: DateTime<Utc>) -> Vec<Finding> {
    let list = match list::read(keys, now) {
        Ok(list) => list,
        Err(error) => {
            let remedy = "bring signing.json back from your copy of the folder of keys";
            return vec![Finding::error("signing keys", error.chain(), remedy)];
        }
    };
    let mut findings = Vec::new();
    if list.roles.with(Role::Current).is_none() {
        let (state, remedy) = ("none signs", "make one with `ponte keys new`");
        findings.push(Finding::error("signing keys", state, remedy));
    }
    if !list.by_hand && !keys.signing.is_empty() {
        let state = "keys.signing is not looked at: signing.json says which keys there are";
        let remedy = "take keys.signing out of ponte.toml";
        findings.push(Finding::warning("configuration", state, remedy));
    }
    let opener = Opener::new(keys, Examples::Refuse).that_takes_exposed();
    for entry in list.roles.all() {
        let subject = format!("{} key {}", entry.role, entry.name);
        let place = list.place(entry).ok().flatten();
        let file = place.as_ref().and_then(KeyPlace::file);
        findings.extend(file.and_then(exposed));
        if entry.role == Role::Retired && !entry.published {
            continue;
        }
        findings.push(match one(&subject, &opener, &list, entry, now) {
            Ok(finding) => finding,
            Err(error) => Finding::error(
                subject,
                error.chain(),
                "bring key and certificate back from your copy; or make another key with `ponte keys new`, and promote it",
            ),
        });
    }
    findings
}

fn one(
    subject: &str,
    opener: &Opener<'_>,
    list: &KeyList,
    entry: &Entry,
    now: DateTime<Utc>,
) -> Result<Finding, CliError> {
    let place = list.place(entry)?.ok_or(CliError::NoSigningKey)?;
    if entry.role == Role::Pending {
        opener.open(&place, entry.digest)?;
        return Ok(Finding::good(subject, "waits for its certificate"));
    }
    opener.signer(list, entry)?;
    let certificate = signing::certificate(list, entry)?;
    Ok(dates(subject, &certificate, now).unwrap_or_else(|| {
        let until = certificate.not_after.format("%Y-%m-%d");
        let print = certificate.fingerprint;
        Finding::good(subject, format!("{place}, good until {until}, SHA-256 {print}"))
    }))
}

/// The files of keys and certificates that are in use.
#[must_use]
pub fn files(keys: &Keys, now: DateTime<Utc>) -> Vec<PathBuf> {
    let Ok(list) = list::read(keys, now) else { return Vec::new() };
    let mut files = Vec::new();
    for entry in list.roles.all() {
        let place = list.place(entry).ok().flatten();
        files.extend(place.as_ref().and_then(KeyPlace::file).map(Path::to_path_buf));
        files.extend(list.certificate(entry));
    }
    files
}

/// What to do when a certificate ends.
#[must_use]
pub fn remedy(whose: Whose) -> &'static str {
    match whose {
        Whose::Signing => NEW_KEY,
        Whose::Tls => {
            "put a new certificate in the place of the old one, and tell the server by SIGHUP"
        }
        Whose::Source => "have the source's next certificate put beside it in signed-by",
        Whose::Metadata => {
            "see `ponte source show`; if the source gives nothing newer, tell whoever runs it"
        }
        Whose::ServiceProvider => "ask the service provider for new metadata",
    }
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

const NEW_KEY: &str = "make a new key with `ponte keys new`, publish the metadata, and once partners have it, `ponte keys promote` (docs/keys.md)";
const EXPIRES_SOON: TimeDelta = TimeDelta::days(90);
