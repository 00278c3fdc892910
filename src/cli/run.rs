//! From the command line to the command.

use std::process::ExitCode;

use crate::cli::arguments::{Arguments, Command};
use crate::cli::check;
use crate::cli::error::CliError;
use crate::cli::office::Office;
use crate::cli::{init, load, users};
use crate::world::clock::Clock;
use crate::world::random::Random;

/// Carries out `arguments`; an error goes to standard error in one line, causes included.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    match carry_out(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ponte: {}", error.chain());
            ExitCode::from(error.status())
        }
    }
}

fn carry_out(arguments: &Arguments) -> Result<(), CliError> {
    let clock = Clock::system();
    let random = Random::system();
    match &arguments.command {
        Command::Init(init) => {
            print!("{}", init::init(init, &random, clock.now())?);
            Ok(())
        }
        Command::Check => check::run::check(&arguments.config, clock.now()),
        Command::User { command } => {
            let settings = load::settings(&arguments.config)?;
            in_runtime(async {
                let mut office = Office::open(settings).await?;
                let done = users::carry_out(&mut office, command, clock.now()).await;
                office.close().await.and(done)
            })
        }
        _ => Ok(()),
    }
}

/// Runs one command's work; the server has a runtime of its own.
fn in_runtime(work: impl Future<Output = Result<(), CliError>>) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(CliError::Runtime)?.block_on(work)
}
