//! From the command line to the command.

use std::process::ExitCode;

use crate::cli::arguments::{Arguments, Command};
use crate::cli::check;
use crate::cli::error::CliError;
use crate::cli::init;
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
        _ => Ok(()),
    }
}
