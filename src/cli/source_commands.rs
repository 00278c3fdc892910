//! `ponte source …`: the sources of metadata, shown, asked, and what waits of them accepted.

use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::admin::client::Client;
use crate::admin::command::{Command, Done};
use crate::admin::sources::{AskSource, Key, Row, ToldSource, Waits, Why};
use crate::cli::arguments_source::{SourceAccept, SourceCommand, SourceShown};
use crate::cli::error::CliError;
use crate::cli::office::unexpected;
use crate::cli::prompt;
use crate::cli::say::{say, say_text};
use crate::cli::{sources, store};
use crate::config::settings::Settings;
use crate::texts::language::Language;

/// Carries out a command about sources: the server that runs does, and without one the disk is looked at.
///
/// # Errors
/// When it is refused, or needs a server and none runs.
pub async fn carry_out(
    settings: &Settings,
    command: &SourceCommand,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    match command {
        SourceCommand::List(shown) => {
            let ToldSource::List(rows) = ask(settings, AskSource::List, now).await? else {
                return unexpected(Done::Checked);
            };
            if shown.json {
                return json(&rows);
            }
            for row in &rows {
                say(line(row, shown.language.language()));
            }
            if rows.is_empty() {
                eprintln!("There is none: a [[source]] in the configuration makes one.");
            }
            Ok(())
        }
        SourceCommand::Show(said) => {
            let row = show(settings, &said.name, now).await?;
            tell(&row, &said.shown)
        }
        SourceCommand::Refresh(said) => {
            let asked = ask(settings, AskSource::Refresh(said.name.clone()), now).await?;
            let ToldSource::Refreshed(outcome, row) = asked else {
                return unexpected(Done::Checked);
            };
            if said.shown.json {
                json(&serde_json::json!({ "outcome": outcome, "source": row }))?;
            } else {
                say(format_args!("{}: {outcome}\n", row.name));
                tell(&row, &said.shown)?;
            }
            match &row.refused {
                Some(why) => Err(CliError::SourceRefused(row.name.clone(), why.reason.clone())),
                None => Ok(()),
            }
        }
        SourceCommand::Accept(said) => accept(settings, said, now).await,
    }
}

async fn accept(
    settings: &Settings,
    said: &SourceAccept,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    let name = &said.named.name;
    let row = show(settings, name, now).await?;
    let Some(waits) = &row.waiting else { return Err(CliError::NothingWaits(name.clone())) };
    let fingerprint = match &said.fingerprint {
        Some(fingerprint) => fingerprint.clone(),
        None => {
            let language = said.named.shown.language.language();
            eprint!("{}", waiting(waits, &row, language, false));
            eprintln!();
            eprint!("The fingerprint, as you have it from elsewhere: ");
            prompt::line_of_stdin().map_err(CliError::file("read", Path::new("stdin")))?.to_string()
        }
    };
    let name = name.clone();
    let asked = ask(settings, AskSource::Accept { name, fingerprint, by: None }, now).await?;
    let ToldSource::Accepted(row) = asked else { return unexpected(Done::Checked) };
    tell(&row, &said.named.shown)
}

async fn show(settings: &Settings, name: &str, now: DateTime<Utc>) -> Result<Row, CliError> {
    match ask(settings, AskSource::Show(name.to_owned()), now).await? {
        ToldSource::One(row) => Ok(*row),
        _ => unexpected(Done::Checked),
    }
}

async fn ask(
    settings: &Settings,
    ask: AskSource,
    now: DateTime<Utc>,
) -> Result<ToldSource, CliError> {
    let socket = settings.server.data.join(store::SOCKET);
    if let Some(mut client) = Client::connect(&socket).await? {
        return match client.ask(&Command::Source(ask)).await?? {
            Done::Source(told) => Ok(*told),
            other => unexpected(other),
        };
    }
    let kept = sources::open(settings, now)?;
    match ask {
        AskSource::List => Ok(ToldSource::List(sources::all(&kept, now)?)),
        AskSource::Show(name) => {
            let row = sources::one(sources::find(&kept, &name)?, now)?;
            Ok(ToldSource::One(Box::new(row)))
        }
        AskSource::Refresh(_) | AskSource::Accept { .. } => Err(CliError::NothingRuns),
    }
}

fn json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value).map_err(io::Error::other);
    say(text.map_err(CliError::file("written", Path::new("stdout")))?);
    Ok(())
}

fn tell(row: &Row, shown: &SourceShown) -> Result<(), CliError> {
    if shown.json {
        return json(row);
    }
    say_text(text(row, shown.language.language()));
    Ok(())
}

fn line(row: &Row, language: Language) -> String {
    let until = row.documents.iter().filter_map(|document| document.valid_until).min();
    let until = until.map_or_else(|| "-".to_owned(), |until| until.format("%Y-%m-%d").to_string());
    let why = row.refused.as_ref().map(|why| format!("  {}", words(why, language).0));
    let waits = if row.waiting.is_some() { "  waits: ponte source show" } else { "" };
    let Row { name, kind, state, entities, .. } = row;
    let why = why.unwrap_or_default();
    format!("{name}  {kind:<6}  {state:<7}  {entities:>6}  {until:<10}{why}{waits}")
}

fn text(row: &Row, language: Language) -> String {
    let at = |at: Option<DateTime<Utc>>| at.map_or_else(|| "-".to_owned(), |at| at.to_rfc3339());
    let mut lines = vec![
        ("name", row.name.clone()),
        ("kind", row.kind.clone()),
        ("from", row.from.clone()),
        ("provides", row.provides.clone()),
        ("state", row.state.clone()),
        ("entities", row.entities.to_string()),
        ("last good", at(row.checked)),
    ];
    for one in &row.keys {
        lines.push(("believed by", key(one)));
    }
    for document in &row.documents {
        lines.push(("document", document.name.clone()));
        lines.push(("  from", document.from.clone()));
        lines.push(("  sha256", document.sha256.clone()));
        lines.push(("  signer", document.signer.clone().unwrap_or_else(|| "nobody".to_owned())));
        lines.push(("  taken", document.taken.to_rfc3339()));
        lines.push(("  good until", at(document.valid_until)));
        lines.push(("  entities", document.entities.to_string()));
        for fault in &document.faults {
            lines.push(("  not used", fault.clone()));
        }
    }
    let mut text: String =
        lines.iter().map(|(name, value)| format!("{name:<12}  {value}\n")).collect();
    if let Some(why) = &row.refused {
        let (what, mend) = words(why, language);
        text.push_str(&format!(
            "\n{} ({}): {what}\n  {}\n  {mend}\n",
            why.reason,
            at(Some(why.at)),
            why.detail
        ));
    }
    if let Some(waits) = &row.waiting {
        text.push('\n');
        text.push_str(&waiting(waits, row, language, true));
    }
    text
}

/// What waits; with its own fingerprint, or without it where a person is about to type it.
fn waiting(waits: &Waits, row: &Row, language: Language, whole: bool) -> String {
    let (what, mend) = words(&waits.why, language);
    let mut text =
        format!("waits ({}): {what}\n  {}\n  {mend}\n", waits.why.reason, waits.why.detail);
    if waits.of_key {
        for one in &row.keys {
            text.push_str(&format!("  believed now: {}\n", key(one)));
        }
        if let Some(new) = &waits.key {
            let days = format!("{} to {}", new.not_before.date_naive(), new.not_after.date_naive());
            let shown = if whole { key(new) } else { format!("a certificate good from {days}") };
            text.push_str(&format!("  the new key:  {shown}\n"));
        }
    } else if whole {
        text.push_str(&format!("  the document: {}\n", waits.fingerprint));
    }
    for (it, en) in &waits.changes {
        let change = if language == Language::It { it } else { en };
        text.push_str(&format!("  {change}\n"));
    }
    text
}

fn key(key: &Key) -> String {
    let accepted = if key.accepted { ", accepted here" } else { "" };
    let (from, to) = (key.not_before.date_naive(), key.not_after.date_naive());
    format!("{} ({from} to {to}{accepted})", key.fingerprint)
}

fn words(why: &Why, language: Language) -> (&str, &str) {
    match language {
        Language::It => (&why.it, &why.mend_it),
        Language::En => (&why.en, &why.mend_en),
    }
}
