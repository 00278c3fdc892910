//! `ponte keys rollover …`: from one signing key to the next, with an eye on who knows the new one.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::admin::command::{Command, Done};
use crate::admin::sightings::{AskSightings, Seen};
use crate::cli::error::CliError;
use crate::cli::files;
use crate::cli::keys::arguments::{Promote, RolloverCommand};
use crate::cli::keys::list::{self, KeyList};
use crate::cli::keys::{change, run};
use crate::cli::office::{Office, unexpected};
use crate::cli::say::{say, say_text};
use crate::config::settings::Settings;
use crate::store::sightings::{Knows, thumbprint};
use crate::world::certificate::Certificate;
use crate::world::random::Random;
use crate::world::roles::{Entry, Role};

/// Carries out `command`.
///
/// # Errors
/// When it cannot be done; then nothing was changed, unless the error says so.
pub async fn carry_out(
    command: &RolloverCommand,
    settings: &Settings,
    random: &Random,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    match command {
        RolloverCommand::Start(said) => {
            run::new(said, settings, random, now).await?;
            say(
                "`ponte keys rollover status` says which service providers know it, and at what address each fetches the metadata so that it is seen.",
            );
        }
        RolloverCommand::Status { json } => status(*json, settings, now).await?,
        RolloverCommand::Confirm { entity_id } => {
            let (_, certificate) = coming(settings, now)?;
            let entity_id = entity_id.clone();
            let mut office = Office::open(settings.clone()).await?;
            match office
                .ask(Command::Sightings(AskSightings::Confirm { entity_id, certificate }))
                .await?
            {
                Done::Sightings(_) => say("Noted."),
                other => return unexpected(other),
            }
        }
        RolloverCommand::Switch { anyway, dry } => {
            let (entry, certificate) = coming(settings, now)?;
            if entry.role != Role::Next {
                return Err(CliError::Rollover(
                    "no key is next: `ponte keys rollover start` makes one".into(),
                ));
            }
            let all = seen(settings).await?;
            let missing: Vec<&str> = unseen(&all, &entry, &certificate).collect();
            if !missing.is_empty() && !anyway {
                return Err(CliError::Rollover(format!(
                    "{} of {} service providers have not been seen to know {}: {}. `ponte keys rollover status` has their addresses, `confirm` notes what you know otherwise, --anyway goes on without them",
                    missing.len(),
                    all.len(),
                    entry.name,
                    missing.join(", ")
                )));
            }
            let said = Promote { name: Some(entry.name), keep_published: true, dry: *dry };
            run::promote(&said, settings, now).await?;
            if !dry.run {
                say("The old key stays in the metadata until `ponte keys rollover finish`.");
            }
        }
        RolloverCommand::Finish { dry } => {
            let keys = list::read(&settings.keys, now)?;
            let still = |entry: &&Entry| entry.role == Role::Retired && entry.published;
            let Some(old) = keys.roles.all().iter().find(still) else {
                return Err(CliError::Rollover("no old key is left in the metadata".into()));
            };
            let name = old.name.clone();
            change::retire(&name, dry.run, settings, now)?;
            if dry.run {
                say(format_args!("Would take {name} out of the metadata."));
                return Ok(());
            }
            say(format_args!("Took {name} out of the metadata."));
            run::taken_up(settings).await?;
            say(format_args!(
                "Next: publish the metadata; after some weeks `ponte keys remove {name}`."
            ));
        }
    }
    Ok(())
}

/// The key to which the change goes: the next one, or, once it signs, the current one; and its certificate's thumbprint.
fn coming(settings: &Settings, now: DateTime<Utc>) -> Result<(Entry, String), CliError> {
    let keys = list::read(&settings.keys, now)?;
    let entry = keys.roles.with(Role::Next).or_else(|| keys.roles.with(Role::Current));
    let entry = entry.ok_or(CliError::NoSigningKey)?.clone();
    let certificate = der(&keys, &entry)?;
    Ok((entry, thumbprint(&certificate)))
}

fn der(keys: &KeyList, entry: &Entry) -> Result<Vec<u8>, CliError> {
    let file = keys.certificate(entry).ok_or(CliError::NoSigningKey)?;
    Ok(Certificate::from_pem(&files::read(&file)?)?.der)
}

async fn seen(settings: &Settings) -> Result<Vec<Seen>, CliError> {
    let mut office = Office::open(settings.clone()).await?;
    match office.ask(Command::Sightings(AskSightings::List)).await? {
        Done::Sightings(all) => Ok(all),
        other => unexpected(other),
    }
}

/// Those that are answered and have not been seen to know the key.
fn unseen<'a>(
    all: &'a [Seen],
    entry: &'a Entry,
    certificate: &'a str,
) -> impl Iterator<Item = &'a str> {
    let is_missing = |one: &&Seen| !one.disabled && standing(one, entry, certificate).is_none();
    all.iter().filter(is_missing).map(|one| one.entity_id.as_str())
}

/// How it is known that a service provider knows the key, and since when; `None` if it is not.
fn standing(one: &Seen, entry: &Entry, certificate: &str) -> Option<(&'static str, DateTime<Utc>)> {
    let has = |known: &&Knows| known.certificates.iter().any(|other| other == certificate);
    let accepted =
        one.sighting.accepted.filter(|at| entry.role == Role::Current && *at >= entry.since);
    let fetched = one.sighting.fetched.as_ref().filter(has);
    let confirmed = one.sighting.confirmed.as_ref().filter(has);
    accepted
        .map(|at| ("accepted", at))
        .or_else(|| fetched.map(|known| ("fetched", known.at)))
        .or_else(|| confirmed.map(|known| ("confirmed", known.at)))
}

async fn status(as_json: bool, settings: &Settings, now: DateTime<Utc>) -> Result<(), CliError> {
    let (entry, certificate) = coming(settings, now)?;
    let all = seen(settings).await?;
    let address = |one: &Seen| format!("{}metadata?{}", settings.server.base_url, one.query);
    let missing = unseen(&all, &entry, &certificate).count();
    let role = match entry.role {
        Role::Next => "next",
        _ => "current",
    };
    if as_json {
        let partners: Vec<_> = all
            .iter()
            .map(|one| {
                let known = standing(one, &entry, &certificate);
                json!({
                    "entity-id": one.entity_id,
                    "disabled": one.disabled,
                    "knows": known.map(|(how, _)| how),
                    "since": known.map(|(_, at)| at),
                    "last-fetch": one.sighting.fetched.as_ref().map(|known| known.at),
                    "address": address(one),
                })
            })
            .collect();
        let told = json!({
            "key": entry.name, "role": role, "since": entry.since, "unseen": missing, "partners": partners,
        });
        say_text(format!("{told:#}\n"));
        return Ok(());
    }
    let since = entry.since.format("%Y-%m-%d %H:%M");
    let mut text = format!("{} is {role} since {since} UTC.\n\n", entry.name);
    for one in &all {
        let told = match standing(one, &entry, &certificate) {
            _ if one.disabled => "is refused here, does not count".to_owned(),
            Some((how, at)) => {
                let how = match how {
                    "accepted" => "takes what it signs",
                    "fetched" => "fetched the metadata that name it",
                    _ => "knows it, somebody here says",
                };
                format!("{how}, {} UTC", at.format("%Y-%m-%d %H:%M"))
            }
            None => {
                let last = match &one.sighting.fetched {
                    Some(known) => format!("last fetch {} UTC", known.at.format("%Y-%m-%d %H:%M")),
                    None => "never seen to fetch".to_owned(),
                };
                format!("NOT SEEN ({last})\n      {}", address(one))
            }
        };
        text += &format!("  {}\n      {told}\n", one.entity_id);
    }
    text += &match (missing, entry.role) {
        (0, Role::Next) => "\nAll know it: `ponte keys rollover switch`.\n".to_owned(),
        (0, _) => "\nAll know it.\n".to_owned(),
        (missing, _) => format!("\n{missing} of {} have not been seen to know it.\n", all.len()),
    };
    say_text(text);
    Ok(())
}
