//! The program: its arguments, taken apart and handed to the commands.

use std::process::ExitCode;

use clap::Parser as _;
use ponte::cli::arguments::Arguments;
use ponte::cli::run;

/// A server's threads free what others allocated, and what a login needs is gone a moment later: the system's allocator
/// spends a tenth of a login's time on it, jemalloc a third of that.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    run::run(&Arguments::parse())
}
