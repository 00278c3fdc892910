//! What a login costs among many people and many rows of the register, beside the same among a thousand.

use std::io;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinSet;

use crate::cli::arguments;
use crate::cli::bench::cpu;
use crate::cli::bench::print::median;
use crate::cli::bench::run::prepared;
use crate::cli::bench::span::{Bench, Person, people};
use crate::cli::error::CliError;
use crate::flow::env::Env;
use crate::register::reading::Source;
use crate::register::row::Row;

/// Measures among a thousand, fills store and register, and measures again.
///
/// # Errors
/// When the house does not answer as it should.
pub fn report(
    bench: &Bench,
    runtime: &tokio::runtime::Runtime,
    arguments: &arguments::Bench,
) -> Result<String, CliError> {
    let env = &bench.env;
    let (most_people, most_rows) = (arguments.people.unwrap_or(FEW), arguments.rows.unwrap_or(FEW));
    let mut known = runtime.block_on(fill_people(env, 0, FEW))?;
    let row = answered_row(bench, runtime, &known)?;
    runtime.block_on(fill_rows(env, &row, 1, FEW))?;
    let before = login(bench, runtime, &known)?;
    known.extend(runtime.block_on(fill_people(env, FEW, most_people))?);
    runtime.block_on(fill_rows(env, &row, FEW, most_rows))?;
    let after = login(bench, runtime, &known)?;
    let line = |what: &str, before: f64, after: f64| {
        let ratio = after / before;
        format!("{what:<50} {before:>9.1} µs {after:>9.1} µs {ratio:6.2} x\n")
    };
    Ok(format!(
        "CPU time of one core, the median of {ROUNDS} rounds: among {FEW} people and {FEW} rows of the register, and among {most_people} and {most_rows}\n{}{}",
        line("a login from request to answer, nothing hashed", before.0, after.0),
        line("a login with password and app, all its pages", before.1, after.1),
    ))
}

/// What a login of one of `people`, taken from all over, costs: without the password's step and the code's, and whole.
fn login(
    bench: &Bench,
    runtime: &tokio::runtime::Runtime,
    people: &[Person],
) -> Result<(f64, f64), CliError> {
    // What was filled in goes on to the database and the index for a while.
    runtime.block_on(bench.env.register.filed()).map_err(CliError::Register)?;
    runtime.block_on(settled())?;
    let (mut costs, mut wholes) = (Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS));
    // From the end, so that no code of the first time is used again.
    let mut hashed = people.iter().rev().step_by(people.len() / ((ROUNDS + 1) * HASHED));
    for round in 0..=ROUNDS {
        let step = people.len() / LOGINS;
        let chosen = (0..LOGINS).map(|n| people.get(n * step + round));
        let chosen: Vec<Person> = chosen.flatten().cloned().collect();
        let (begun, logins) = bench.begin(chosen.len(), false)?;
        let (looked, logins) = bench.look(logins)?;
        let (mut consented, mut left) = (0.0, logins.into_iter());
        for group in chosen.chunks(GROUP) {
            let mut logins = Vec::with_capacity(GROUP);
            for person in group {
                let one: Vec<_> = left.by_ref().take(1).collect();
                logins.extend(prepared(bench, runtime, one, &person.subject)?);
            }
            let (shown, logins) = bench.look(logins)?;
            consented += (shown.0 + bench.consent(logins)?.0) * group.len() as f64;
        }
        let group: Vec<Person> = hashed.by_ref().take(HASHED).cloned().collect();
        let (first, logins) = bench.begin(group.len(), false)?;
        let whole = first.0 + bench.log_in(logins, &group)?.0;
        // The first round warms up.
        if round > 0 {
            costs.push(begun.0 + looked.0 + consented / chosen.len() as f64);
            wholes.push(whole);
        }
    }
    Ok((median(costs).ok_or(CliError::BenchKey)?, median(wholes).ok_or(CliError::BenchKey)?))
}

/// Waits until the server's threads have nothing left to do.
async fn settled() -> Result<(), CliError> {
    loop {
        let before = cpu::servers().map_err(CliError::Bench)?;
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let spent = cpu::servers().map_err(CliError::Bench)?.saturating_sub(before);
        if spent < 25_000_000 {
            return Ok(());
        }
    }
}

async fn fill_people(env: &Env, from: u64, to: u64) -> Result<Vec<Person>, CliError> {
    let bar = bar("people", to - from);
    let mut all = Vec::new();
    let end = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    for start in (end(from)..end(to)).step_by(BATCH) {
        let stop = (start + BATCH).min(end(to));
        all.extend(people(env, start..stop).await?);
        bar.inc((stop - start) as u64);
    }
    bar.finish_and_clear();
    Ok(all)
}

/// The row of an answer of this house, for the others to be made after.
fn answered_row(
    bench: &Bench,
    runtime: &tokio::runtime::Runtime,
    people: &[Person],
) -> Result<Row, CliError> {
    let subject = &people.first().ok_or(CliError::BenchKey)?.subject;
    let (_, logins) = bench.begin(1, true)?;
    let (_, logins) = bench.look(logins)?;
    bench.consent(prepared(bench, runtime, logins, subject)?)?;
    let env = &bench.env;
    runtime.block_on(env.register.filed()).map_err(CliError::Register)?;
    let settings = env.register.settings();
    let source = Source { folder: &settings.folder, seal: &settings.seal, first: 0 };
    let rows = source.read_on(None, None, 1, |row, _, _| Ok(row.clone()));
    rows.map_err(CliError::Register)?.pop().ok_or(CliError::BenchKey)
}

async fn fill_rows(env: &Arc<Env>, row: &Row, from: u64, to: u64) -> Result<(), CliError> {
    let bar = bar("rows", to - from);
    for start in (from..to).step_by(AT_ONCE) {
        let mut rows = JoinSet::new();
        for number in start..(start + AT_ONCE as u64).min(to) {
            let fiscal_number = Some(format!("TINIT-ROW{:06}", number % 100_000));
            let (request_id, response_id) = (env.random.xml_id(), env.random.xml_id());
            let row = Row { request_id, response_id, fiscal_number, ..row.clone() };
            let env = Arc::clone(env);
            rows.spawn(async move { env.register.append(&row).await });
        }
        while let Some(appended) = rows.join_next().await {
            let appended = appended.map_err(|error| CliError::Bench(io::Error::other(error)))?;
            let _receipt = appended.map_err(CliError::Register)?;
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(())
}

fn bar(what: &'static str, length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length).with_message(what);
    let style = ProgressStyle::with_template("{msg:8} {wide_bar} {pos}/{len} {eta}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

const FEW: u64 = 1000;
const BATCH: usize = 100;
const AT_ONCE: usize = 256;
const ROUNDS: usize = 9;
const LOGINS: usize = 300;
const GROUP: usize = 50;
const HASHED: usize = 10;
