//! The command: read, report, write, apply.

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::cli::arguments_import::{Import, ImportCommand};
use crate::cli::arguments_people::{FormatChoice, UserImport};
use crate::cli::elsewhere::fragment::Plan;
use crate::cli::elsewhere::keycloak;
use crate::cli::elsewhere::report::Kind;
use crate::cli::elsewhere::satosa;
use crate::cli::elsewhere::shibboleth;
use crate::cli::elsewhere::simplesamlphp;
use crate::cli::elsewhere::value::Place;
use crate::cli::elsewhere::write::{self, PEOPLE};
use crate::cli::error::CliError;
use crate::cli::import::run::import;
use crate::cli::load;
use crate::cli::office::Office;
use crate::cli::say::{say, say_text};

/// Reads another system's configuration, and says what is carried over and what is not; writes it if told where.
///
/// # Errors
/// When the configuration cannot be read, with file, line and column; or when something cannot be written or added.
pub async fn carry_out(
    command: &ImportCommand,
    config: &Path,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    let today = now.date_naive();
    let (said, read) = match command {
        ImportCommand::Keycloak { import, unverified_addresses } => {
            (import, keycloak::read::read(&import.from, *unverified_addresses, today))
        }
        ImportCommand::Satosa(import) => (import, satosa::read::read(&import.from)),
        ImportCommand::Shibboleth(import) => (import, shibboleth::read::read(&import.from)),
        ImportCommand::Simplesamlphp(import) => {
            (import, simplesamlphp::read::read(&import.from, today))
        }
    };
    let (found, mut report) = read.map_err(CliError::Elsewhere)?;
    let plan = Plan::of(&found, &mut report, now);
    for person in &found.people {
        report.carried(Kind::Person, &person.username, Place::default(), PEOPLE);
    }
    if let Some(folder) = &said.out {
        write::write(folder, plan, &found.people, &mut report)?;
    }
    if said.json {
        let text = report.to_json().map_err(|error| {
            CliError::file("written", Path::new("standard output"))(error.into())
        })?;
        say(text);
    } else {
        say_text(report.to_text());
    }
    match &said.out {
        None => eprintln!("Nothing was written: --out FOLDER writes it."),
        Some(folder) => eprintln!("Written to {}.", folder.display()),
    }
    apply(said, config, !found.people.is_empty()).await
}

async fn apply(said: &Import, config: &Path, anybody: bool) -> Result<(), CliError> {
    let Some(folder) = said.out.as_ref().filter(|_| said.apply && anybody) else { return Ok(()) };
    let mut office = Office::open(load::settings(config)?).await?;
    let people = UserImport {
        file: folder.join(PEOPLE),
        format: Some(FormatChoice::Jsonl),
        codes: said.codes.clone(),
        dry_run: false,
    };
    let done = import(&mut office, &people).await;
    office.close().await.and(done)
}
