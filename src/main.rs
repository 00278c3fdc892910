//! The program: its arguments, taken apart and handed to the commands.

use std::process::ExitCode;

use clap::Parser as _;
use ponte::cli::arguments::Arguments;
use ponte::cli::run;

fn main() -> ExitCode {
    run::run(&Arguments::parse())
}
