//! `ponte user …`: people, asked for and shown.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::admin::command::{Added, Command, Done, NewPerson, Person, PersonRow};
use crate::assurance::level::Level;
use crate::cli::arguments::{ProofingChoice, UserAdd, UserCommand};
use crate::cli::error::CliError;
use crate::cli::office::{Office, unexpected};
use crate::cli::say::{say, say_text};
use crate::cli::{import, prompt};
use crate::enrolment::activation::Delivery;
use crate::identity::account::{AccountState, Proofing, ProofingMethod};

/// Carries out a command about people.
///
/// # Errors
/// When it is refused.
pub async fn carry_out(
    office: &mut Office,
    command: &UserCommand,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    match command {
        UserCommand::Add(arguments) => add(office, arguments, now).await,
        UserCommand::List => list(office).await,
        UserCommand::Show { username } => {
            let username = username.clone();
            match office.ask(Command::ShowPerson { username }).await? {
                Done::Person(person) => say_text(format_args!("{}", shown(&person))),
                other => return unexpected(other),
            }
            Ok(())
        }
        UserCommand::Suspend { username } => {
            set_state(office, username, AccountState::Suspended).await
        }
        UserCommand::Resume { username } => set_state(office, username, AccountState::Active).await,
        UserCommand::Import { file, codes } => import::import(office, file, codes.as_deref()).await,
    }
}

async fn add(office: &mut Office, said: &UserAdd, now: DateTime<Utc>) -> Result<(), CliError> {
    let password = if said.password_stdin {
        prompt::line_of_stdin()
    } else {
        prompt::new_password(&said.username)
    };
    let password = password.map_err(CliError::NoPassword)?;
    let person = NewPerson {
        username: said.username.clone(),
        password: Some(password.to_string()),
        password_hash: None,
        attributes: attributes(said),
        proofing: proofing(said, now),
        delivery: Delivery::Desk,
    };
    match office.ask(Command::AddPerson(Box::new(person))).await? {
        Done::Added(Added { username, activation_code, code_expires }) => {
            let until = code_expires.format("%Y-%m-%d");
            say(format_args!("Added {username}."));
            say(format_args!("Activation code: {activation_code}"));
            say(format_args!(
                "It is shown this once, good until {until}: hand it to the person, who needs it to enrol an authenticator app."
            ));
            Ok(())
        }
        other => unexpected(other),
    }
}

fn attributes(said: &UserAdd) -> BTreeMap<String, String> {
    let mut attributes: BTreeMap<String, String> = said.attribute.iter().cloned().collect();
    let tin = said.fiscal_number.as_ref().map(|code| {
        let code = code.to_ascii_uppercase();
        if code.starts_with("TINIT-") { code } else { format!("TINIT-{code}") }
    });
    for (name, value) in [
        ("name", &said.name),
        ("familyName", &said.family_name),
        ("fiscalNumber", &tin),
        ("email", &said.email),
    ] {
        if let Some(value) = value {
            attributes.insert(name.to_owned(), value.clone());
        }
    }
    attributes
}

fn proofing(said: &UserAdd, now: DateTime<Utc>) -> Option<Proofing> {
    let method = match said.proofing? {
        ProofingChoice::Desk => ProofingMethod::Desk,
        ProofingChoice::Video => ProofingMethod::Video,
        ProofingChoice::DigitalSignature => ProofingMethod::DigitalSignature,
        ProofingChoice::Cns => ProofingMethod::Cns,
        ProofingChoice::NfcDocument => ProofingMethod::NfcDocument,
        ProofingChoice::SelfAsserted => ProofingMethod::SelfAsserted,
    };
    Some(Proofing {
        method,
        date: said.proofing_date.unwrap_or_else(|| now.date_naive()),
        operator: said.proofing_operator.clone()?,
        evidence: said.proofing_evidence.clone()?,
    })
}

async fn list(office: &mut Office) -> Result<(), CliError> {
    let mut people: Vec<PersonRow> = Vec::new();
    let mut after = None;
    loop {
        match office.ask(Command::ListPeople { after }).await? {
            Done::People(rows, next) => {
                people.extend(rows);
                match next {
                    Some(mark) => after = Some(mark),
                    None => break,
                }
            }
            other => return unexpected(other),
        }
    }
    people.sort_by(|a, b| a.username.cmp(&b.username));
    let width = people.iter().map(|row| row.username.chars().count()).max().unwrap_or(0);
    for row in &people {
        let (state, name) = (state_word(row.state), &row.name);
        let proofed = if row.proofed { "proofed" } else { "not proofed" };
        say(format_args!("{:<width$}  {state:<9}  {proofed:<11}  {name}", row.username));
    }
    if people.is_empty() {
        eprintln!("There is nobody yet: `ponte user add NAME` adds a person.");
    }
    Ok(())
}

async fn set_state(
    office: &mut Office,
    username: &str,
    state: AccountState,
) -> Result<(), CliError> {
    let username = username.to_owned();
    match office.ask(Command::SetState { username, state }).await? {
        Done::StateSet { username, state } => {
            say(format_args!("{username} is {}.", state_word(state)));
            Ok(())
        }
        other => unexpected(other),
    }
}

fn shown(person: &Person) -> String {
    let day = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    let mut lines = vec![
        ("user name", person.username.clone()),
        ("state", state_word(person.state).to_owned()),
        ("created", day(person.created)),
    ];
    lines.push(match &person.proofing {
        Some(proofing) => {
            let Proofing { method, date, operator, evidence } = proofing;
            ("proofed", format!("{method:?}, {date}, by {operator}, evidence {evidence}"))
        }
        None => ("proofed", "no: reaches SpidL1 only".to_owned()),
    });
    let mut text: String =
        lines.iter().map(|(name, value)| format!("{name:<10}  {value}\n")).collect();
    text.push_str("\nattributes\n");
    for (name, value) in &person.attributes {
        text.push_str(&format!("  {name:<22}  {value}\n"));
    }
    text.push_str("\nfactors\n");
    for row in &person.credentials {
        let used = row.last_used.map_or_else(|| "never".to_owned(), day);
        let (factor, state, enrolled) = (row.factor, row.state, day(row.enrolled));
        let bound = level_word(row.binding);
        let line = format!(
            "  {factor:?}, {state:?}, bound at {bound}, enrolled {enrolled}, last used {used}\n"
        );
        text.push_str(&line);
    }
    text
}

fn state_word(state: AccountState) -> &'static str {
    match state {
        AccountState::Active => "active",
        AccountState::Suspended => "suspended",
        AccountState::Revoked => "revoked",
    }
}

/// The level as docs and configuration call it.
#[must_use]
pub fn level_word(level: Level) -> &'static str {
    match level {
        Level::Loa1 => "LoA1",
        Level::Loa2 => "SpidL1 (LoA2)",
        Level::Loa3 => "SpidL2 (LoA3)",
        Level::Loa4 => "SpidL3 (LoA4)",
    }
}
