//! `ponte person …`: what is held about a person, given out and erased.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Months, Utc};
use serde_json::json;

use crate::admin::archive::{Ask, Told};
use crate::admin::client::ClientError;
use crate::admin::command::{Command, Done};
use crate::admin::privacy::{Erased, Export};
use crate::cli::arguments_people::PersonCommand;
use crate::cli::error::CliError;
use crate::cli::office::{Office, unexpected};
use crate::cli::register::run::ask;
use crate::cli::say::{say, say_text};
use crate::cli::{files, prompt};
use crate::register::index::Field;

/// Carries out a command about what is held of a person.
///
/// # Errors
/// When it is refused.
pub async fn carry_out(office: &mut Office, command: &PersonCommand) -> Result<(), CliError> {
    match command {
        PersonCommand::Export { username, out } => export(office, username, out.as_deref()).await,
        PersonCommand::Erase { username, fiscal_code } => {
            erase(office, username, fiscal_code.as_deref()).await
        }
    }
}

async fn export(office: &mut Office, username: &str, out: Option<&Path>) -> Result<(), CliError> {
    let held = held(office, username).await?;
    let mut rows = Vec::new();
    for number in answers(office, &held).await?.keys() {
        match ask(office, Ask::Show { id: number.to_string() }).await? {
            Told::Row { row, .. } => rows.push(row),
            _ => return Err(ClientError::Unexpected.into()),
        }
    }
    let whole = json!({ "store": held.store, "register": { "kept": KEPT, "rows": rows } });
    let text = format!("{whole:#}\n");
    match out {
        Some(path) => files::make(path, text.as_bytes(), true),
        None => {
            say_text(format_args!("{text}"));
            Ok(())
        }
    }
}

async fn erase(
    office: &mut Office,
    username: &str,
    fiscal_code: Option<&str>,
) -> Result<(), CliError> {
    let held = held(office, username).await?;
    let answers = answers(office, &held).await?;
    let confirmation = match fiscal_code {
        Some(code) => code.to_owned(),
        None => {
            let name = &held.username;
            let what = if held.fiscal_numbers.is_empty() { "user name" } else { "fiscal code" };
            eprintln!("This erases {name} for good: account, identities, factors and sessions.");
            eprintln!("{}", stays(&answers));
            eprint!("To erase them, type the {what} of {name}: ");
            prompt::line_of_stdin().map_err(CliError::NoConfirmation)?.to_string()
        }
    };
    let username = username.to_owned();
    match office.ask(Command::ErasePerson { username, confirmation }).await? {
        Done::Erased(Erased { username, identities, factors, sessions }) => {
            say(format_args!(
                "Erased {username}: identities {identities}, factors {factors}, sessions {sessions}."
            ));
            say(format_args!("{}", stays(&answers)));
            Ok(())
        }
        other => unexpected(other),
    }
}

async fn held(office: &mut Office, username: &str) -> Result<Export, CliError> {
    match office.ask(Command::ExportPerson { username: username.to_owned() }).await? {
        Done::Exported(export) => Ok(*export),
        other => unexpected(other),
    }
}

/// The times of the answers given about a person, under this account or another, by the number of their row.
async fn answers(
    office: &mut Office,
    held: &Export,
) -> Result<BTreeMap<u64, DateTime<Utc>>, CliError> {
    let mut fields = vec![(Field::Subject, held.subject.clone())];
    fields.extend(held.fiscal_numbers.iter().map(|code| (Field::FiscalNumber, code.clone())));
    let mut all = BTreeMap::new();
    for field in fields {
        let mut to = None;
        loop {
            let search = Ask::Search {
                fields: vec![field.clone()],
                certificate: None,
                from: None,
                to,
                limit: AT_ONCE,
            };
            let Told::Rows { rows, more } = ask(office, search).await? else {
                return Err(ClientError::Unexpected.into());
            };
            let before = all.len();
            all.extend(rows.iter().map(|row| (row.number, row.at)));
            // The end of a span is not in it: rows of the same instant are asked for again.
            to = rows.last().map(|row| row.at + chrono::TimeDelta::milliseconds(1));
            if !more || all.len() == before {
                break;
            }
        }
    }
    Ok(all)
}

/// What is said of the register.
fn stays(answers: &BTreeMap<u64, DateTime<Utc>>) -> String {
    let last = answers.values().max().and_then(|last| last.checked_add_months(Months::new(24)));
    match last {
        None => "The register has no answer about them.".to_owned(),
        Some(until) => format!(
            "The register keeps the answers given about them, {} of them, the last until {}. {KEPT}",
            answers.len(),
            until.format("%Y-%m-%d")
        ),
    }
}

const KEPT: &str = "SPID's rules have request and answer kept for 24 months, and purged then.";
const AT_ONCE: usize = 10_000;
