//! From the subcommands to what carries them out.

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::admin::archive::{Ask, Told};
use crate::admin::command::{Command, Done};
use crate::cli::arguments_register::RegisterCommand;
use crate::cli::error::CliError;
use crate::cli::load;
use crate::cli::office::{Office, unexpected};
use crate::cli::register::{index, keep, look, verify};
use crate::register::access::Asker;

/// Carries out a command about the register, under the configuration at `config`.
///
/// # Errors
/// When it is refused, or something is amiss with the register.
pub async fn carry_out(
    config: &Path,
    command: &RegisterCommand,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    match command {
        RegisterCommand::VerifyPackage { file, certificate } => {
            return look::verify_package(file, certificate.as_deref());
        }
        RegisterCommand::Verify(said) => {
            return verify::verify(load::settings(config)?, said, now).await;
        }
        RegisterCommand::Reindex => return index::reindex(load::settings(config)?).await,
        _ => {}
    }
    let mut office = Office::open_with_register(load::settings(config)?).await?;
    let done = match command {
        RegisterCommand::Search(said) => look::search(&mut office, said).await,
        RegisterCommand::Show { id, json } => look::show(&mut office, id, *json).await,
        RegisterCommand::Export { id, out } => look::export(&mut office, id, out).await,
        RegisterCommand::Purge { dry_run } => keep::purge(&mut office, *dry_run).await,
        RegisterCommand::Hold { command } => keep::hold(&mut office, command).await,
        _ => Ok(()),
    };
    office.close().await.and(done)
}

/// Asks the register's keeper.
///
/// # Errors
/// When it is refused.
pub async fn ask(office: &mut Office, ask: Ask) -> Result<Told, CliError> {
    match office.ask(Command::Register(ask, asker())).await? {
        Done::Register(told) => Ok(*told),
        other => unexpected(other),
    }
}

/// Who gives this command: behind sudo, the one who called it.
#[must_use]
pub fn asker() -> Asker {
    use std::os::unix::fs::MetadataExt as _;
    let said = |name: &str| std::env::var_os(name)?.into_string().ok();
    let user = ["SUDO_USER", "LOGNAME", "USER"].into_iter().find_map(said).unwrap_or_default();
    let uid = std::fs::metadata("/proc/self").ok().map(|own| own.uid());
    Asker { uid, user }
}
