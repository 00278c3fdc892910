//! `ponte sp requests …` and `ponte sp status-link`: what integrators submitted, looked at and decided.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::path::Path;

use chrono::{DateTime, Utc};
use url::Url;

use crate::admin::command::{Command, Done};
use crate::admin::requests::{AskRequest, Row, ToldRequest, Whole};
use crate::cli::arguments::SpSettled;
use crate::cli::arguments_requests::{RequestApprove, RequestShow, RequestsCommand, StatusLink};
use crate::cli::error::CliError;
use crate::cli::office::{Office, unexpected};
use crate::cli::register::run::asker;
use crate::cli::say::{say, say_text};
use crate::cli::service_providers::{entry, shown};
use crate::partners::compare::changes::compare;
use crate::partners::compare::text as changes;
use crate::partners::lint::text::{plain, render};
use crate::saml::lint::inspect::inspect;
use crate::saml::lint::profile::LintProfile;
use crate::saml::metadata::picture::entities;
use crate::store::registrations::{By, Change, How, Proof};

/// Carries out a command about submissions; links begin with `base_url`.
///
/// # Errors
/// When it is refused.
pub async fn carry_out(
    office: &mut Office,
    command: &RequestsCommand,
    base_url: &Url,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    match command {
        RequestsCommand::List { json, all } => list(office, *json, *all).await,
        RequestsCommand::Show(said) => show(office, said, now).await,
        RequestsCommand::Check { id } => {
            match ask(office, AskRequest::Check { id: id.clone(), by: asker() }).await? {
                ToldRequest::Checked(row) => {
                    say(format_args!(
                        "The token is there: {} is proved. `ponte sp requests approve {id}` registers it.",
                        plain(&row.entity_id)
                    ));
                    Ok(())
                }
                _ => unexpected(Done::Checked),
            }
        }
        RequestsCommand::Approve(said) => approve(office, said, base_url).await,
        RequestsCommand::Refuse { id, reason } => {
            let (id, reason) = (id.clone(), reason.clone());
            match ask(office, AskRequest::Refuse { id, reason, by: asker() }).await? {
                ToldRequest::Refused(row) => {
                    say(format_args!("Refused: {}", plain(&row.entity_id)));
                    Ok(())
                }
                _ => unexpected(Done::Checked),
            }
        }
    }
}

/// Gives a service provider a new link to its status page, or takes it away.
///
/// # Errors
/// When it is refused.
pub async fn status_link(
    office: &mut Office,
    said: &StatusLink,
    base_url: &Url,
) -> Result<(), CliError> {
    let (entity_id, revoke) = (said.entity_id.clone(), said.revoke);
    match ask(office, AskRequest::StatusLink { entity_id, revoke }).await? {
        ToldRequest::StatusLink(Some(secret)) => say(status_address(base_url, &secret.0)),
        ToldRequest::StatusLink(None) => {
            say(format_args!("{} has no link any more.", plain(&said.entity_id)));
        }
        _ => return unexpected(Done::Checked),
    }
    Ok(())
}

fn status_address(base_url: &Url, secret: &str) -> String {
    format!("{}/federation/status/{secret}", base_url.as_str().trim_end_matches('/'))
}

async fn ask(office: &mut Office, ask: AskRequest) -> Result<ToldRequest, CliError> {
    match office.ask(Command::Requests(Box::new(ask))).await? {
        Done::Requests(told) => Ok(*told),
        other => unexpected(other),
    }
}

async fn list(office: &mut Office, json: bool, all: bool) -> Result<(), CliError> {
    let ToldRequest::List(mut rows) = ask(office, AskRequest::List).await? else {
        return unexpected(Done::Checked);
    };
    rows.retain(|row| all || row.state.is_open());
    if json {
        return as_json(&rows);
    }
    for row in &rows {
        let Row { id, state, made, entity_id, .. } = row;
        let (state, day) = (state.name(), made.format("%Y-%m-%d"));
        say(format_args!("{id}  {state:<9}  {day}  {}", plain(entity_id)));
    }
    if rows.is_empty() {
        eprintln!(
            "There is none that waits{}.",
            if all { "" } else { " (--all shows those that are decided)" }
        );
    }
    Ok(())
}

async fn show(office: &mut Office, said: &RequestShow, now: DateTime<Utc>) -> Result<(), CliError> {
    let ToldRequest::One(whole) = ask(office, AskRequest::Show(said.id.clone())).await? else {
        return unexpected(Done::Checked);
    };
    if said.json {
        return as_json(&whole);
    }
    if said.metadata {
        say(whole.metadata.as_deref().unwrap_or_default());
        return Ok(());
    }
    say_text(text(&whole));
    let Some(metadata) = &whole.metadata else { return Ok(()) };
    let (language, colour) = (said.language.language(), io::stdout().is_terminal());
    let profile = whole.profile.as_deref().and_then(LintProfile::parse);
    let report = inspect(metadata.as_bytes(), profile, now);
    say_text(format!("\n{}", render(&report, &whole.row.id, language, colour)));
    if let Some(registered) = &whole.registered
        && let (Ok(old), Ok(new)) = (entities(registered), entities(metadata))
    {
        let comparison = compare(&old, &new);
        let told = changes::render(&comparison, &BTreeMap::new(), language, colour);
        say_text(format!("\nWhat it changes:\n{told}"));
    }
    Ok(())
}

async fn approve(
    office: &mut Office,
    said: &RequestApprove,
    base_url: &Url,
) -> Result<(), CliError> {
    let is_settled = said.settled != SpSettled::default();
    let entry = is_settled.then(|| entry(&said.settled)).transpose()?;
    let (id, in_spite_of) = (said.id.clone(), said.in_spite_of.clone());
    match ask(office, AskRequest::Approve { id, entry, in_spite_of, by: asker() }).await? {
        ToldRequest::Approved { service_provider, replaced, status } => {
            let what = if replaced { "Has new metadata" } else { "Added" };
            say(format_args!("{what}: {}\n", plain(&service_provider.entity_id)));
            say_text(shown(&service_provider));
            if let Some(secret) = status {
                let address = status_address(base_url, &secret.0);
                say(format_args!("\nstatus page for its developer, shown once: {address}"));
            }
            Ok(())
        }
        _ => unexpected(Done::Checked),
    }
}

fn text(whole: &Whole) -> String {
    let Row { id, entity_id, state, made, waits_until, proof, contact } = &whole.row;
    let kind = match (&whole.registered, &whole.elsewhere) {
        (_, Some(origin)) => format!("registered from {origin}: cannot be approved"),
        (Some(_), None) => "a new version of what is registered".to_owned(),
        (None, None) => "not registered so far".to_owned(),
    };
    let mut lines = vec![
        ("id", id.clone()),
        ("entityID", plain(entity_id)),
        ("state", state.name().to_owned()),
        ("is", kind),
        ("made", made.to_rfc3339()),
        ("proved by", proof.as_ref().map_or_else(|| "nothing".to_owned(), proved_by)),
        ("contact", contact.as_deref().map_or_else(|| "none".to_owned(), plain)),
    ];
    if state.is_open() {
        lines.push(("waits until", waits_until.to_rfc3339()));
    }
    lines.extend(whole.history.iter().map(|change| ("history", step(change))));
    lines.iter().map(|(name, value)| format!("{name:<11}  {value}\n")).collect()
}

fn proved_by(proof: &Proof) -> String {
    let how = match &proof.how {
        How::Signature => "a signature over our text".to_owned(),
        How::Metadata => "signed metadata with our word".to_owned(),
        How::Token(origin) => format!("a token at {origin}"),
    };
    let key = match (&proof.how, &proof.registered) {
        (How::Token(_), _) => "",
        (_, Some(_)) => ", by a key that is registered",
        (_, None) => ", by a key of these metadata",
    };
    format!("{how}{key}")
}

fn step(change: &Change) -> String {
    let by = match &change.by {
        By::Integrator => "the integrator".to_owned(),
        By::Administrator(name, Some(uid)) => format!("{} (user {uid})", plain(name)),
        By::Administrator(name, None) => plain(name),
        By::Time => "time".to_owned(),
    };
    let reason = if change.reason.is_empty() { "" } else { ": " };
    format!(
        "{} {} by {by}{reason}{}",
        change.at.to_rfc3339(),
        change.to.name(),
        plain(&change.reason)
    )
}

fn as_json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value).map_err(io::Error::other);
    say(text.map_err(CliError::file("written", Path::new("stdout")))?);
    Ok(())
}
