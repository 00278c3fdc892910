//! `ponte keys …`, carried out and told, with what to do next.

use chrono::{DateTime, Utc};

use crate::cli::error::CliError;
use crate::cli::keys::arguments::{KeysCommand, New, Promote, Remove};
use crate::cli::keys::make::{self, Names};
use crate::cli::keys::open::Opener;
use crate::cli::keys::{change, list, rollover, show, take_up};
use crate::cli::say::{say, say_text};
use crate::cli::signing::Examples;
use crate::config::settings::Settings;
use crate::world::random::Random;
use crate::world::roles::Role;

/// Carries out `command`.
///
/// # Errors
/// When it cannot be done; then nothing was changed, unless the error says so.
pub async fn carry_out(
    command: &KeysCommand,
    settings: &Settings,
    random: &Random,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    match command {
        KeysCommand::List => say_text(show::list(settings, now)?),
        KeysCommand::Show { name } => say_text(show::show(name, settings, now)?),
        KeysCommand::Check { days } => show::check(*days, settings, now).await?,
        KeysCommand::New(said) => new(said, settings, random, now).await?,
        KeysCommand::Rollover { command } => {
            rollover::carry_out(command, settings, random, now).await?;
        }
        KeysCommand::Promote(said) => promote(said, settings, now).await?,
        KeysCommand::Retire { name, dry } => {
            change::retire(name, dry.run, settings, now)?;
            if dry.run {
                say(format_args!("Would retire {name}: the metadata would name it no more."));
                return Ok(());
            }
            say(format_args!("Retired {name}: the metadata names it no more."));
            taken_up(settings).await?;
            say("Next: publish the metadata; `ponte keys remove` destroys the private key.");
        }
        KeysCommand::Remove(said) => remove(said, settings, now).await?,
        KeysCommand::Csr { name, subject } => {
            let keys = list::read(&settings.keys, now)?;
            let entry = keys.roles.find(name)?;
            let place = keys.place(entry)?.ok_or(CliError::NoSigningKey)?;
            let opener = Opener::new(&settings.keys, Examples::Refuse);
            let key = opener.open(&place, entry.digest)?;
            let names = Names::new(subject, settings, &keys)?;
            say_text(String::from_utf8_lossy(&names.request(&key)?));
        }
        KeysCommand::Certificate { name, file, dry } => {
            let (role, odd) = change::certificate(name, file, dry.run, settings, now)?;
            for odd in odd {
                say(format_args!("ODD  {odd}"));
            }
            let role = match role {
                Role::Current => "it signs",
                Role::Next => "it is next",
                _ => "it waits",
            };
            if dry.run {
                say(format_args!("Would give {name} that certificate; {role}."));
                return Ok(());
            }
            say(format_args!("{name} has its certificate; {role}."));
            taken_up(settings).await?;
            say(
                "Next: publish the metadata (`ponte metadata show`), wait until partners have it, then `ponte keys promote`.",
            );
        }
    }
    Ok(())
}

/// `ponte keys new`.
///
/// # Errors
/// When the key cannot be made, or the server does not take it up.
pub(in crate::cli::keys) async fn new(
    said: &New,
    settings: &Settings,
    random: &Random,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    let made = make::make(said, settings, random, now)?;
    let (would, name, place, file) = (
        if said.dry.run { "Would make" } else { "Made" },
        &made.name,
        &made.place,
        made.file.display(),
    );
    say(format_args!("{would} {name}: {place}, {file}"));
    if let Some(certificate) = &made.certificate {
        let until = certificate.not_after.format("%Y-%m-%d");
        say(format_args!("  good until {until}, SHA-256 {}", certificate.fingerprint));
    }
    if said.dry.run {
        return Ok(());
    }
    if made.role != Role::Pending {
        taken_up(settings).await?;
    }
    let published = "publish the metadata (`ponte metadata show`), which names it beside the key that signs; wait until every partner has it; then `ponte keys promote`";
    match made.role {
        Role::Pending => say(format_args!(
            "Next: have the authority sign {file}; then `ponte keys certificate {name} FILE`."
        )),
        Role::Current => say("It signs. Next: `ponte check`, then give the metadata to partners."),
        _ => say(format_args!("It does not sign yet. Next: {published}.")),
    }
    Ok(())
}

/// `ponte keys promote`.
///
/// # Errors
/// When the key cannot sign, or the server does not take it up.
pub(in crate::cli::keys) async fn promote(
    said: &Promote,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    let done = change::promote(said, settings, now)?;
    let new = &done.new;
    let published = match done.published {
        Some(since) => {
            format!("it has been in the metadata for {} days", (now - since).num_days())
        }
        None => "it has never been in the metadata: partners do not know it".to_owned(),
    };
    let old = done.old.as_deref().unwrap_or("no key");
    if said.dry.run {
        say(format_args!("Would let {new} sign ({published}), and retire {old}."));
        return Ok(());
    }
    say(format_args!("{new} signs ({published}); {old} is retired."));
    taken_up(settings).await?;
    say(
        "Next: publish the metadata, without the old key; keep the old key for some weeks, then `ponte keys remove` it.",
    );
    Ok(())
}

async fn remove(said: &Remove, settings: &Settings, now: DateTime<Utc>) -> Result<(), CliError> {
    let name = &said.name;
    if !said.dry.run {
        // A server that has not taken up the change still signs with it.
        take_up::tell_server(settings).await?;
    }
    change::remove(said, settings, now)?;
    if said.dry.run {
        say(format_args!("Would destroy the private key of {name}, for good."));
        return Ok(());
    }
    say(format_args!("Destroyed the private key of {name}."));
    taken_up(settings).await?;
    let keys = list::read(&settings.keys, now)?;
    if keys.roles.find(name).is_ok() {
        say("Its certificate stays, so that what it signed of the register is believed.");
    }
    Ok(())
}

/// Has the running server take the change up, and says so.
///
/// # Errors
/// When the server does not.
pub(in crate::cli::keys) async fn taken_up(settings: &Settings) -> Result<(), CliError> {
    match take_up::tell_server(settings).await {
        Ok(Some(_)) => say("The running server has taken it up."),
        Ok(None) => say("No server is running here: the next start takes it up."),
        Err(error) => return Err(CliError::NotTakenUp(Box::new(error))),
    }
    Ok(())
}
