//! `ponte register verify`: the chain walked, and what is amiss told in words.

use std::path::Path;

use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::admin::archive::{Ask, Told};
use crate::admin::client::Client;
use crate::cli::arguments_register::RegisterVerify;
use crate::cli::error::CliError;
use crate::cli::office::Office;
use crate::cli::register::run::ask;
use crate::cli::say::say;
use crate::cli::signing::{self, Examples};
use crate::cli::{prompt, store};
use crate::config::settings::Settings;
use crate::register::access;
use crate::register::checkpoint;
use crate::register::error::RegisterError;
use crate::register::place::beside;
use crate::register::segment::{Month, months};
use crate::register::verify::{Fault, FaultKind, Verdict, Verified, Verifying};

/// Verifies the register of `settings`, or a copy of it.
///
/// # Errors
/// When it cannot be read, or something is amiss.
pub async fn verify(
    settings: Settings,
    said: &RegisterVerify,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    let from = said.from.as_deref().map(month).transpose()?;
    let signing = signing::load(&settings.keys, Examples::Accept)?;
    let seal = store::ring_of(&settings)?;
    let mut trusted: Vec<&[u8]> = signing.former.iter().map(Vec::as_slice).collect();
    let own = signing.signer.certificate();
    trusted.push(own);
    let is_copy = said.folder.is_some();
    let folder = said.folder.clone().unwrap_or_else(|| settings.register.folder.clone());
    let vouching = said.checkpoint.clone();
    let vouching = vouching.unwrap_or_else(|| settings.register.checkpoint.clone());
    let (mut is_live, mut waiting, mut filed) = (false, 0, None);
    if !is_copy {
        // What waits to be written is written first, and counted by a checkpoint. Without a server nothing is touched.
        let socket = settings.server.data.join(store::SOCKET);
        if let Some(client) = Client::connect(&socket).await? {
            let told = ask(&mut Office::Running(client), Ask::Sync).await?;
            is_live = matches!(told, Told::Synced { .. });
        } else if settings.server.data.join(store::STORE).exists() {
            let office = Office::open(settings).await?;
            (waiting, filed) = office.pending(now).await?;
            office.close().await?;
        }
    }
    let mut witnesses = Vec::with_capacity(said.witness.len());
    for path in &said.witness {
        let witness = checkpoint::read(path, &trusted).map_err(CliError::Register)?;
        let none = || CliError::Register(RegisterError::NoCheckpoint(path.clone()));
        witnesses.push(witness.ok_or_else(none)?);
    }
    let verifying = Verifying {
        folder: &folder,
        checkpoint: &vouching,
        seal: &seal,
        trusted: &trusted,
        from,
        filed,
        witnesses: &witnesses,
        is_live,
    };
    let bar = bar(&folder, from, said.progress);
    let verdict = verifying.run(|bytes| bar.inc(bytes));
    bar.finish_and_clear();
    match verdict.map_err(CliError::Register)? {
        Verdict::Sound(verified) => {
            tell(&verified, from, now);
            if waiting > 0 {
                say(format_args!(
                    "In the store: {waiting} rows more, which open; some may be in the files already."
                ));
            }
        }
        Verdict::Faulty(fault) => return Err(CliError::Amiss(in_words(&fault))),
    }
    let journal = beside(&folder, "-access.jsonl");
    match access::verify(&journal).map_err(CliError::Register)? {
        Ok(lines) => {
            say(format_args!("Access journal: {lines} lines, each after the one before it."));
            Ok(())
        }
        Err(line) => Err(CliError::Amiss(format!(
            "line {line} of {} does not follow from the one before it",
            journal.display()
        ))),
    }
}

fn month(text: &str) -> Result<Month, CliError> {
    text.parse().map_err(|_| CliError::Argument {
        what: "--from",
        expected: "a month, 2026-10",
        found: text.to_owned(),
    })
}

fn tell(verified: &Verified, from: Option<Month>, now: DateTime<Utc>) {
    let Verified { records, vouched, .. } = verified;
    let since = from.map_or(String::new(), |from| format!(" from {from} on"));
    say(format_args!(
        "Sound{since}: {records} records, {vouched} of them counted by the checkpoint ({}).",
        now.format("%Y-%m-%dT%H:%M:%SZ")
    ));
    for purged in &verified.purged {
        say(format_args!(
            "Purged: {}, records {} to {}, on {} by {}.",
            purged.month,
            purged.first,
            purged.first + purged.count.saturating_sub(1),
            purged.purged.format("%Y-%m-%d"),
            purged.by
        ));
    }
    for month in &verified.unfinished {
        say(format_args!("The purge of {month} was interrupted: `ponte register purge` ends it."));
    }
}

/// A fault in words.
#[must_use]
pub fn in_words(fault: &Fault) -> String {
    let Fault { number, place, kind } = fault;
    let file =
        place.map_or(String::new(), |(month, offset)| format!(" ({month}.reg, at byte {offset})"));
    match kind {
        FaultKind::Altered => format!("record {number}{file} was altered"),
        FaultKind::Removed { next } if next - number == 1 => {
            format!("record {number}{file} was removed")
        }
        FaultKind::Removed { next } => {
            format!("records {number} to {}{file} were removed", next - 1)
        }
        FaultKind::Swapped { with } => {
            format!("record {with} is in the place of record {number}{file}")
        }
        FaultKind::Inserted => {
            format!("something that was never written there stands before record {number}{file}")
        }
        FaultKind::Cut => {
            format!("it was cut off: record {number} and those after it are gone{file}")
        }
        FaultKind::Torn => {
            format!("record {number}{file} is cut in the middle, or its length was altered")
        }
        FaultKind::Rewritten => {
            format!(
                "record {number}{file}, or some before it, was written anew: the checkpoint has another hash"
            )
        }
        FaultKind::Moved => format!("record {number}{file} was written in another file or place"),
        FaultKind::Proof => match place {
            Some((month, _)) => format!(
                "the proof of the purge, {month}.purged, was altered or put there, or one before it was removed (record {number})"
            ),
            None => format!("the proof that records from {number} on were purged is missing"),
        },
        FaultKind::Stale => format!(
            "the checkpoint does not count record {number}{file} and those after it, over more than ten minutes: an old one was put in its place"
        ),
    }
}

fn bar(folder: &Path, from: Option<Month>, wanted: bool) -> ProgressBar {
    let length = |month: Month| std::fs::metadata(month.path(folder)).map_or(0, |file| file.len());
    let months = months(folder).unwrap_or_default();
    let months = months.into_iter().filter(|month| from.is_none_or(|from| from <= *month));
    let total = months.map(length).sum();
    let target = match wanted || prompt::is_watched() {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    };
    let bar = ProgressBar::with_draw_target(Some(total), target);
    let style = ProgressStyle::with_template("verifying {bar:40} {bytes}/{total_bytes} {eta}");
    style.map(|style| bar.clone().with_style(style)).unwrap_or(bar)
}
