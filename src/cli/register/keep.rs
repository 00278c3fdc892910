//! What the register keeps, and for how long.

use crate::admin::archive::{Ask, Told};
use crate::admin::client::ClientError;
use crate::cli::arguments_register::HoldCommand;
use crate::cli::error::CliError;
use crate::cli::office::Office;
use crate::cli::register::run::ask;
use crate::cli::say::say;
use crate::register::hold::Hold;

/// `ponte register purge`
///
/// # Errors
/// When a month that is due cannot be read, or a proof cannot be written.
pub async fn purge(office: &mut Office, dry: bool) -> Result<(), CliError> {
    let Told::Purged { months, held } = ask(office, Ask::Purge { dry }).await? else {
        return Err(ClientError::Unexpected.into());
    };
    let would = if dry { "Would go" } else { "Purged" };
    for (month, rows, earliest, latest) in &months {
        let (earliest, latest) = (earliest.to_rfc3339(), latest.to_rfc3339());
        say(format_args!("{would}: {month}, {rows} rows from {earliest} to {latest}"));
    }
    if let Some(month) = held {
        say(format_args!("{month} is due, and held: see `ponte register hold list`."));
    } else if months.is_empty() {
        say("No month is due: every row is kept for 24 months.");
    }
    Ok(())
}

/// `ponte register hold …`
///
/// # Errors
/// When a month is none, there is no such hold, or the store fails.
pub async fn hold(office: &mut Office, command: &HoldCommand) -> Result<(), CliError> {
    let asked = match command {
        HoldCommand::Add { reason, from, to } => {
            Ask::AddHold { reason: reason.clone(), from: from.clone(), to: to.clone() }
        }
        HoldCommand::Remove { id } => Ask::RemoveHold { id: id.clone() },
        HoldCommand::List => Ask::ListHolds,
    };
    match ask(office, asked).await? {
        Told::Hold(hold) => {
            let done = if matches!(command, HoldCommand::Add { .. }) { "Held" } else { "Released" };
            say(format_args!("{done}: {}", in_words(&hold)));
        }
        Told::Holds(holds) => {
            holds.iter().for_each(|hold| say(in_words(hold)));
            if holds.is_empty() {
                eprintln!("There is no hold.");
            }
        }
        _ => return Err(ClientError::Unexpected.into()),
    }
    Ok(())
}

fn in_words(hold: &Hold) -> String {
    let from = hold.from.as_deref().unwrap_or("the oldest");
    let to = hold.to.as_deref().unwrap_or("the newest");
    let Hold { id, reason, since, by, .. } = hold;
    format!("{id}  from {from} to {to}, since {} by {by}: {reason}", since.format("%Y-%m-%d"))
}
