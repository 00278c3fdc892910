//! Judges a SPID identity provider by its errors: provokes each number of SPID's table over real HTTP,
//! by both bindings, and holds status, sub-status, message, receiver and page against the rules
//! (spid-saml §3).
//!
//! It works for any SPID identity provider: it reads that provider's metadata, acts as a service
//! provider that is registered there, and fills in login forms as `SETUP` tells it to
//! (`tests/judge/example.toml`). It judges by its own reading of what comes back; of ponte it uses
//! only the writer and signer of requests.
//!
//! ```text
//! cargo run --bin ponte-judge -- SETUP.toml
//! ```
#![expect(clippy::print_stdout, reason = "the report goes there")]

mod agent;
mod ask;
mod cases;
mod expect;
mod html;
mod person;
mod report;
mod setup;
mod trial;
mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::ask::Binding;
use crate::setup::Setup;

/// Provoke each error of SPID's table at an identity provider and judge its answers.
#[derive(Debug, Parser)]
#[command(name = "ponte-judge", max_term_width = 100)]
#[command(
    after_help = "Exit status: 0 every answer was right; 1 some were not (or, with --complete, \
    some number was not provoked); 2 the setup is wrong or the provider cannot be reached."
)]
struct Arguments {
    /// Whom to judge and how, TOML; tests/judge/example.toml explains it
    setup: PathBuf,
    /// Only these numbers, as in --only nr05,nr16
    #[arg(long, value_delimiter = ',', value_name = "NUMBERS", value_parser = number)]
    only: Vec<u16>,
    /// Only this binding
    #[arg(long, value_enum)]
    binding: Option<Binding>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// A number that cannot be provoked with this setup counts as a failure
    #[arg(long)]
    complete: bool,
}

fn number(said: &str) -> Result<u16, String> {
    let digits = said.strip_prefix("nr").unwrap_or(said);
    digits.parse().map_err(|_| format!("expected a number such as nr05, found {said:?}"))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let judged = Setup::read(&arguments.setup)
        .and_then(|setup| trial::hold(&setup, &arguments.only, arguments.binding));
    match judged {
        Err(error) => {
            eprintln!("ponte-judge: {error}");
            ExitCode::from(2)
        }
        Ok(report) => {
            let text = if arguments.json { report.json() } else { report.table() };
            println!("{text}");
            let good = report.is_good(arguments.complete);
            if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}
