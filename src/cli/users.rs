//! `ponte user …`: people, asked for and shown.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::admin::command::{
    Added, Command, Done, NewIdentity, NewPerson, Person, PersonRow, StateOf,
};
use crate::assurance::level::Level;
use crate::cli::arguments_people::{
    CardCommand, CardOf, IdentityArguments, KindChoice, LostChoice, ProofingChoice, UserAdd,
    UserCommand, UserIdentity, UserRecover, Whose,
};
use crate::cli::error::CliError;
use crate::cli::import::run as import;
use crate::cli::office::{Office, unexpected};
use crate::cli::prompt;
use crate::cli::say::{say, say_text};
use crate::enrolment::activation::Delivery;
use crate::enrolment::card::Kept;
use crate::enrolment::credential::CredentialState;
use crate::enrolment::recovery::Lost;
use crate::identity::account::{AccountState, Change, Identity, Proofing, ProofingMethod};
use crate::identity::attributes::AttributeName;
use crate::identity::kind::IdentityKind;
use crate::world::random::Random;

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
        UserCommand::Identity(arguments) => add_identity(office, arguments, now).await,
        UserCommand::Suspend(whose) => set_state(office, whose, AccountState::Suspended).await,
        UserCommand::Resume(whose) => set_state(office, whose, AccountState::Active).await,
        UserCommand::Revoke(whose) => set_state(office, whose, AccountState::Revoked).await,
        UserCommand::Code { username } => new_code(office, username).await,
        UserCommand::Card { command } => card(office, command).await,
        UserCommand::Recover(said) => recover(office, said, now).await,
        UserCommand::Address { username, address } => {
            let (username, address) = (username.clone(), address.clone());
            match office.ask(Command::SetAddress { username, address }).await? {
                Done::AddressSet { username } => {
                    say(format_args!("{username} has that address now."));
                    Ok(())
                }
                other => unexpected(other),
            }
        }
        UserCommand::Unattended { username, off } => {
            let (username, on) = (username.clone(), !off);
            match office.ask(Command::SetUnattended { username, on }).await? {
                Done::UnattendedSet { username } if on => {
                    say(format_args!("{username} is a machine's account now."));
                    Ok(())
                }
                Done::UnattendedSet { username } => {
                    say(format_args!("{username} is a person's account now."));
                    Ok(())
                }
                other => unexpected(other),
            }
        }
        UserCommand::Import(said) => import::import(office, said).await,
    }
}

async fn add(office: &mut Office, said: &UserAdd, now: DateTime<Utc>) -> Result<(), CliError> {
    let password = if said.generate {
        Ok(zeroize::Zeroizing::new(Random::system().token()))
    } else if said.password_stdin {
        prompt::line_of_stdin()
    } else {
        prompt::new_password(&said.username)
    };
    let password = password.map_err(CliError::NoPassword)?;
    let person = NewPerson {
        username: said.username.clone(),
        password: Some(password.to_string()),
        password_hash: None,
        password_expired: said.password_expired || said.generate,
        suspended: false,
        kind: kind(said.identity.kind),
        attributes: attributes(&said.identity),
        proofing: proofing(&said.identity, now),
        identities: Vec::new(),
        delivery: Delivery::Desk,
    };
    match office.ask(Command::AddPerson(Box::new(person))).await? {
        Done::Added(added) => {
            say(format_args!("Added {}.", added.username));
            if said.generate {
                // TS-08: this once; nothing shows it again.
                say(format_args!("Password: {}", *password));
            }
            told(&added);
            Ok(())
        }
        other => unexpected(other),
    }
}

async fn add_identity(
    office: &mut Office,
    said: &UserIdentity,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    let identity = NewIdentity {
        kind: kind(said.identity.kind),
        attributes: attributes(&said.identity),
        proofing: proofing(&said.identity, now),
    };
    let (username, identity) = (said.username.clone(), Box::new(identity));
    match office.ask(Command::AddIdentity { username, identity }).await? {
        Done::IdentityAdded { username, identity } => {
            let code = identity.attributes.get(AttributeName::SpidCode).unwrap_or_default();
            say(format_args!("{username} has a {} identity: {code}.", identity.kind.as_str()));
            Ok(())
        }
        other => unexpected(other),
    }
}

async fn new_code(office: &mut Office, username: &str) -> Result<(), CliError> {
    let (username, delivery) = (username.to_owned(), Delivery::Desk);
    match office.ask(Command::NewCode { username, delivery }).await? {
        Done::Added(added) => {
            told(&added);
            Ok(())
        }
        other => unexpected(other),
    }
}

async fn recover(
    office: &mut Office,
    said: &UserRecover,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    let lost = match said.lost {
        LostChoice::Password => Lost::Password,
        LostChoice::Authenticator => Lost::Authenticator,
    };
    let proofing = Proofing {
        method: proofing_method(said.proofing),
        date: said.proofing_date.unwrap_or_else(|| now.date_naive()),
        operator: said.proofing_operator.clone(),
        evidence: said.proofing_evidence.clone(),
    };
    let username = said.username.clone();
    match office.ask(Command::RecoverPerson { username, lost, proofing }).await? {
        Done::RecoveryCode(given) => {
            let until = given.expires.format("%Y-%m-%d %H:%M UTC");
            say(format_args!("Recovery code: {}", given.code));
            say(format_args!(
                "It is shown this once, good until {until}: hand it to the person, who types it at /recover/desk."
            ));
            Ok(())
        }
        other => unexpected(other),
    }
}

pub(super) fn told(added: &Added) {
    let until = added.code_expires.format("%Y-%m-%d");
    say(format_args!("Activation code: {}", added.activation_code));
    say(format_args!(
        "It is shown this once, good until {until}: hand it to the person, who needs it to enrol an authenticator app."
    ));
}

fn kind(choice: KindChoice) -> IdentityKind {
    match choice {
        KindChoice::Personal => IdentityKind::Personal,
        KindChoice::LegalPerson => IdentityKind::LegalPerson,
        KindChoice::Professional => IdentityKind::Professional,
        KindChoice::LegalProfessional => IdentityKind::LegalProfessional,
    }
}

pub(super) fn attributes(said: &IdentityArguments) -> BTreeMap<String, String> {
    let mut attributes: BTreeMap<String, String> = said.attribute.iter().cloned().collect();
    for (name, value) in [
        ("name", &said.name),
        ("familyName", &said.family_name),
        ("fiscalNumber", &said.fiscal_number),
        ("email", &said.email),
    ] {
        if let Some(value) = value {
            attributes.insert(name.to_owned(), value.clone());
        }
    }
    attributes
}

pub(super) fn proofing(said: &IdentityArguments, now: DateTime<Utc>) -> Option<Proofing> {
    Some(Proofing {
        method: proofing_method(said.proofing?),
        date: said.proofing_date.unwrap_or_else(|| now.date_naive()),
        operator: said.proofing_operator.clone()?,
        evidence: said.proofing_evidence.clone()?,
    })
}

fn proofing_method(choice: ProofingChoice) -> ProofingMethod {
    match choice {
        ProofingChoice::Desk => ProofingMethod::Desk,
        ProofingChoice::Video => ProofingMethod::Video,
        ProofingChoice::DigitalSignature => ProofingMethod::DigitalSignature,
        ProofingChoice::Cns => ProofingMethod::Cns,
        ProofingChoice::NfcDocument => ProofingMethod::NfcDocument,
        ProofingChoice::SelfAsserted => ProofingMethod::SelfAsserted,
    }
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
        let more = match row.identities {
            0 | 1 => String::new(),
            several => format!(" ({several} identities)"),
        };
        say(format_args!("{:<width$}  {state:<9}  {proofed:<11}  {name}{more}", row.username));
    }
    if people.is_empty() {
        eprintln!("There is nobody yet: `ponte user add NAME` adds a person.");
    }
    Ok(())
}

async fn set_state(
    office: &mut Office,
    whose: &Whose,
    state: AccountState,
) -> Result<(), CliError> {
    let Whose { username, identity, reason } = whose;
    let reason = reason.clone().unwrap_or_default();
    let set = StateOf { identity: identity.clone(), state, reason };
    match office.ask(Command::SetState { username: username.clone(), set }).await? {
        Done::StateSet { username, state } => {
            let state = state_word(state);
            match identity {
                None => say(format_args!("{username} is {state}.")),
                Some(code) => say(format_args!("{code} of {username} is {state}.")),
            }
            Ok(())
        }
        other => unexpected(other),
    }
}

fn shown(person: &Person) -> String {
    let mut text = format!("user name   {}\n", person.username);
    text.push_str(&format!("state       {}\n", state_word(person.state)));
    text.push_str(&format!("created     {}\n", minute(person.created)));
    text.push_str(&changes(&person.history));
    for identity in &person.identities {
        text.push_str(&shown_identity(identity));
    }
    text.push_str("\nfactors\n");
    for row in &person.credentials {
        let used = row.last_used.map_or_else(|| "never".to_owned(), minute);
        let (factor, state, enrolled) = (row.factor, row.state, minute(row.enrolled));
        let bound = level_word(row.binding);
        let locked = if row.locked { ", locked by wrong PINs" } else { "" };
        let line = format!(
            "  {factor:?}, {state:?}{locked}, bound at {bound}, enrolled {enrolled}, last used {used}\n"
        );
        text.push_str(&line);
        text.push_str(&row.card.as_ref().map(shown_card).unwrap_or_default());
    }
    text
}

fn shown_card(card: &Kept) -> String {
    let Kept { shown, issuer, renewals, .. } = card;
    let (from, to) = (shown.not_before.date_naive(), shown.not_after.date_naive());
    let renewed = if *renewals > 0 { ", renewed" } else { "" };
    format!(
        "    card {}, {}, issued by {} ({issuer}), good from {from} to {to}{renewed}\n",
        shown.serial, shown.holder, shown.issued_by
    )
}

async fn card(office: &mut Office, command: &CardCommand) -> Result<(), CliError> {
    let (of, counts) = match command {
        CardCommand::Approve(of) => (of, true),
        CardCommand::Revoke(of) => (of, false),
        CardCommand::Find { serial } => {
            let found = office.ask(Command::FindCard { serial: serial.clone() }).await?;
            let Done::Cards(rows) = found else { return unexpected(found) };
            for (username, row) in &rows {
                let card = row.card.as_ref().map(shown_card).unwrap_or_default();
                say(format_args!("{username}: {:?}\n{}", row.state, card.trim_end()));
            }
            if rows.is_empty() {
                say(format_args!("Nobody has a card with that serial number."));
            }
            return Ok(());
        }
    };
    let CardOf { username, serial } = of;
    let (username, serial) = (username.clone(), serial.clone());
    match office.ask(Command::SetCard { username, serial, counts }).await? {
        Done::CardSet { username, state } => {
            let said = match state {
                CredentialState::Active => "counts",
                _ => "counts no more",
            };
            say(format_args!("The card {} of {username} {said}.", of.serial));
            Ok(())
        }
        other => unexpected(other),
    }
}

fn shown_identity(identity: &Identity) -> String {
    let (number, kind, state) =
        (identity.number, identity.kind.as_str(), state_word(identity.state));
    let mut text = format!("\nidentity {number}: {kind}, {state}\n");
    let proofed = match &identity.proofing {
        Some(Proofing { method, date, operator, evidence }) => {
            format!("{}, {date}, by {operator}, evidence {evidence}", method.as_str())
        }
        None => "no: reaches SpidL1 only".to_owned(),
    };
    text.push_str(&format!("  {:<22}  {proofed}\n", "proofed"));
    text.push_str(&changes(&identity.history));
    for (name, value) in identity.attributes.iter() {
        text.push_str(&format!("  {:<22}  {value}\n", name.as_str()));
    }
    text
}

fn changes(history: &[Change]) -> String {
    let line = |change: &Change| {
        let (at, state) = (minute(change.at), state_word(change.state));
        let reason = if change.reason.is_empty() { "no reason said" } else { &change.reason };
        format!("  {at}  {state}: {reason}\n")
    };
    history.iter().map(line).collect()
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
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
