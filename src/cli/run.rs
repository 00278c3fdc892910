//! From the command line to the command.

use std::process::ExitCode;

use crate::cli::arguments::{Arguments, Bench, Command};
use crate::cli::arguments_metadata::MetadataCommand;
use crate::cli::arguments_register::BenchCommand;
use crate::cli::bench::aggregate;
use crate::cli::bench::register as rows;
use crate::cli::bench::run as measure;
use crate::cli::demo;
use crate::cli::elsewhere;
use crate::cli::error::CliError;
use crate::cli::office::Office;
use crate::cli::say::{say, say_text};
use crate::cli::signing::{self, Examples};
use crate::cli::{campaigns, certificate, check};
use crate::cli::{
    diff, factory, init, keys, lint, load, map, metadata, people, publish, register, reload, serve,
    service_providers, source_commands, store_backup, support, users,
};
use crate::world::clock::Clock;
use crate::world::random::Random;

/// Carries out `arguments`; an error goes to standard error in one line, causes included.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    let done = match &arguments.command {
        Command::Metadata { command: MetadataCommand::Lint(said) } => {
            lint::carry_out(said, Clock::system().now())
        }
        Command::Metadata { command: MetadataCommand::Factory(said) } => {
            factory::run::carry_out(said, &arguments.config, Clock::system().now())
        }
        Command::Metadata { command: MetadataCommand::Diff(said) } => {
            in_runtime(diff::carry_out(said, &arguments.config))
        }
        _ => carry_out(arguments).map(|()| ExitCode::SUCCESS),
    };
    match done {
        Ok(status) => status,
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
            say_text(format_args!("{}", init::init(init, &random, clock.now())?));
            Ok(())
        }
        Command::Check => in_runtime(check::run::check(&arguments.config, clock.now())),
        Command::Demo(said) => demo::run::run(said),
        Command::Serve => serve::run(&load::settings(&arguments.config)?, &arguments.config),
        Command::Map { upstream, sample } => {
            map::run(&load::settings(&arguments.config)?, upstream, sample)
        }
        Command::Import { command } => {
            in_runtime(elsewhere::run::carry_out(command, &arguments.config, clock.now()))
        }
        Command::Reload => in_runtime(reload::ask(load::settings(&arguments.config)?)),
        Command::Keys { command } => in_runtime(async {
            let settings = load::settings(&arguments.config)?;
            keys::run::carry_out(command, &settings, &random, clock.now()).await
        }),
        Command::Certificate { command } => certificate::carry_out(command, &random, clock.now()),
        Command::Metadata { command: MetadataCommand::Show } => {
            let settings = load::settings(&arguments.config)?;
            let signing = signing::load(&settings.keys, Examples::Refuse)?;
            let idp = metadata::identity_provider(&settings);
            say(format_args!("{}", metadata::document(&idp, &signing)?));
            Ok(())
        }
        Command::Metadata { command: MetadataCommand::Publish(said) } => {
            in_runtime(publish::carry_out(said, load::settings(&arguments.config)?, clock.now()))
        }
        // They have exit statuses of their own: `run` sees to them.
        Command::Metadata {
            command:
                MetadataCommand::Lint(_) | MetadataCommand::Diff(_) | MetadataCommand::Factory(_),
        } => Ok(()),
        Command::Sp { command } => in_runtime(async {
            let settings = load::settings(&arguments.config)?;
            let base_url = settings.server.base_url.clone();
            let mut office = Office::open(settings).await?;
            let now = clock.now();
            let done = service_providers::carry_out(&mut office, command, &base_url, now).await;
            office.close().await.and(done)
        }),
        Command::Source { command } => {
            let settings = load::settings(&arguments.config)?;
            in_runtime(source_commands::carry_out(&settings, command, clock.now()))
        }
        Command::User { body, command } => in_runtime(async {
            let office = Office::open(load::settings(&arguments.config)?).await?;
            let mut office = office.within(body.as_deref());
            let done = users::carry_out(&mut office, command, clock.now()).await;
            office.close().await.and(done)
        }),
        Command::Campaign { command } => in_runtime(async {
            let settings = load::settings(&arguments.config)?;
            let mut office = Office::open(settings.clone()).await?;
            let done = campaigns::carry_out(&mut office, command, &settings, clock.now()).await;
            office.close().await.and(done)
        }),
        Command::Store { command } => {
            let settings = load::settings(&arguments.config)?;
            in_runtime(store_backup::carry_out(settings, command, &random, clock.now()))
        }
        Command::Register { command } => {
            in_runtime(register::run::carry_out(&arguments.config, command, clock.now()))
        }
        Command::Support { code } => in_runtime(async {
            let settings = load::settings(&arguments.config)?;
            let mut office = Office::open_with_register(settings).await?;
            let done = support::carry_out(&mut office, code).await;
            office.close().await.and(done)
        }),
        Command::Person { command } => in_runtime(async {
            let mut office = Office::open_with_register(load::settings(&arguments.config)?).await?;
            let done = people::carry_out(&mut office, command).await;
            office.close().await.and(done)
        }),
        Command::Feedback => in_runtime(async {
            let mut office = Office::open(load::settings(&arguments.config)?).await?;
            let done = support::votes(&mut office).await;
            office.close().await.and(done)
        }),
        Command::Bench(Bench { command: Some(BenchCommand::Register(said)), .. }) => {
            in_runtime(async {
                say_text(rows::run(said, clock.now()).await?);
                Ok(())
            })
        }
        Command::Bench(Bench { command: Some(BenchCommand::Aggregate(said)), .. }) => {
            say_text(aggregate::run(said)?);
            Ok(())
        }
        Command::Bench(bench) => {
            say_text(measure::run(bench)?);
            Ok(())
        }
    }
}

/// Runs one command's work; the server has a runtime of its own.
fn in_runtime<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(CliError::Runtime)?.block_on(work)
}
