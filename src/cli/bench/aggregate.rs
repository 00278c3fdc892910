//! `ponte bench aggregate`: what a large list of metadata costs: to verify, to open at a start, to answer from, and to whoever
//! logs in meanwhile.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use url::form_urlencoded::byte_serialize;

use crate::cli::arguments_register::{BenchAggregate, BenchStep};
use crate::cli::bench::aggregate_made::{self, entity_id};
use crate::cli::bench::client::Client;
use crate::cli::bench::cpu;
use crate::cli::bench::run::{Folder, in_house, prepared, signer};
use crate::cli::bench::span::{Bench, people};
use crate::cli::error::CliError;
use crate::flow::publishing::Which;
use crate::partners::aggregate::candidate::Candidate;
use crate::partners::aggregate::opened::Aggregate;
use crate::partners::registry::{Origin, Registry, Source};
use crate::saml::metadata::aggregate::limits::Limits;
use crate::saml::metadata::aggregate::verify::Trust;
use crate::saml::metadata::publish;
use crate::saml::signature::PublicKey;
use crate::world::clock::Clock;
use crate::world::digest::HmacKey;
use crate::world::random::Random;

/// What one step in a process of its own tells.
#[derive(Debug, Deserialize, Serialize)]
struct Told {
    micros: u64,
    peak_kib: u64,
    entities: usize,
    octets: u64,
}

/// Makes a list, and measures.
///
/// # Errors
/// When something cannot be made, or is not as it should be.
pub fn run(said: &BenchAggregate) -> Result<String, CliError> {
    if let (Some(step), Some(folder)) = (said.step, &said.folder) {
        return told(step, folder);
    }
    let folder = Folder::new()?;
    let random = Random::system();
    let now = Clock::system().now();
    let key = signer(&random, now)?;
    let begun = Instant::now();
    let made = aggregate_made::entities(said.entities, &random, now)?;
    let terms = publish::Terms { valid_until: now + TimeDelta::days(7), cache_seconds: 21_600 };
    let texts: Vec<&str> = made.iter().map(String::as_str).collect();
    let list = publish::list(&texts, Some("urn:bench"), "_list", terms, &*key);
    let list = list.map_err(|error| other(error.to_string()))?;
    fs::write(folder.0.join("list.xml"), &list).map_err(CliError::Bench)?;
    fs::write(folder.0.join("key.der"), key.certificate()).map_err(CliError::Bench)?;
    let mut report = String::new();
    let size = list.len() as f64 / 1e6;
    let _ = writeln!(
        report,
        "{} entities, {size:.1} MB, made and signed in {:.1} s",
        said.entities,
        begun.elapsed().as_secs_f64()
    );
    drop(list);
    let verified = in_a_process(BenchStep::Verify, &folder.0)?;
    let seconds = verified.micros as f64 / 1e6;
    let _ = writeln!(
        report,
        "copied, verified and indexed in {seconds:.2} s: {:.1} MB/s, {:.0} entities/s; peak memory {:.1} MiB",
        size / seconds,
        said.entities as f64 / seconds,
        verified.peak_kib as f64 / 1024.0
    );
    let opened = in_a_process(BenchStep::Open, &folder.0)?;
    let _ = writeln!(
        report,
        "opened at a start, and one entity read, in {:.1} ms; peak memory {:.1} MiB",
        opened.micros as f64 / 1e3,
        opened.peak_kib as f64 / 1024.0
    );
    served(&folder.0, made, &mut report)?;
    Ok(report)
}

fn in_a_process(step: BenchStep, folder: &Path) -> Result<Told, CliError> {
    let step = match step {
        BenchStep::Verify => "verify",
        BenchStep::Open => "open",
    };
    let program = std::env::current_exe().map_err(CliError::Bench)?;
    let output = Command::new(program)
        .args(["bench", "aggregate", "--step", step, "--folder"])
        .arg(folder)
        .output()
        .map_err(CliError::Bench)?;
    let said = serde_json::from_slice(&output.stdout);
    said.map_err(|_| other(String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// One step, by itself, so that its memory is its own.
fn told(step: BenchStep, folder: &Path) -> Result<String, CliError> {
    let certificate = fs::read(folder.join("key.der")).map_err(CliError::Bench)?;
    let keys = [PublicKey::from_certificate_der(&certificate).map_err(|_| CliError::BenchKey)?];
    let trust = Trust::Pinned(&keys);
    let begun = Instant::now();
    let aggregate = match step {
        BenchStep::Verify => take(folder, trust)?,
        BenchStep::Open => {
            let opened = Aggregate::open(&folder.join("kept"), "bench", &code(), trust);
            opened.map_err(|error| other(error.to_string()))?.ok_or(CliError::BenchKey)?
        }
    };
    let found = aggregate.find(&entity_id(0)).map_err(|error| other(error.to_string()))?;
    found.ok_or(CliError::BenchKey)?;
    let told = Told {
        micros: u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
        peak_kib: peak()?,
        entities: aggregate.len(),
        octets: aggregate.octets(),
    };
    serde_json::to_string(&told).map_err(|error| other(error.to_string()))
}

fn take(folder: &Path, trust: Trust<'_>) -> Result<Aggregate, CliError> {
    let mut list = File::open(folder.join("list.xml")).map_err(CliError::Bench)?;
    let now = Clock::system().now();
    let kept = folder.join("kept");
    let taken = Candidate::take(&kept, "bench", &mut list, trust, Limits::default(), now);
    let accepted = taken.and_then(|candidate| candidate.accept(&code()));
    accepted.map_err(|error| other(error.to_string()))
}

/// The most memory that this process ever had, in KiB.
fn peak() -> Result<u64, CliError> {
    let status = fs::read_to_string("/proc/self/status").map_err(CliError::Bench)?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let said = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    said.ok_or_else(|| other("the kernel does not tell the memory".into()))
}

/// An MDQ server of these entities, and logins with and without a refresh beside them.
fn served(folder: &Path, made: Vec<String>, report: &mut String) -> Result<(), CliError> {
    let house = folder.join("house");
    fs::create_dir(&house).map_err(CliError::Bench)?;
    let tune = |settings: &mut crate::config::settings::Settings| {
        settings.publish.mdq = true;
        settings.publish.partners = Which::All;
    };
    let said = in_house(&house, tune, |bench, _, runtime| {
        let mut said = String::new();
        refreshed(bench, runtime, folder, &mut said)?;
        let count = made.len();
        publish_all(bench, made)?;
        asked(bench, count, &mut said)?;
        Ok(said)
    })?;
    report.push_str(&said);
    Ok(())
}

/// The registry of what was made.
fn publish_all(bench: &Bench, made: Vec<String>) -> Result<(), CliError> {
    let sources: Vec<Source> = made
        .into_iter()
        .zip(0..)
        .map(|(xml, at)| Source { origin: Origin::Store(entity_id(at)), xml, entry: None })
        .collect();
    let now = bench.env.clock.now();
    let built = Registry::build(&sources, &std::collections::HashMap::new(), "", now);
    if let Some(fault) = built.faults.first() {
        return Err(other(fault.to_string()));
    }
    bench.env.partners.swap(built.registry);
    Ok(())
}

/// Asks for each entity once, when it is signed, and then for many in no order, when it is at hand.
fn asked(bench: &Bench, count: usize, said: &mut String) -> Result<(), CliError> {
    let (address, host) = (bench.address, bench.host.clone());
    let asking = move || -> std::io::Result<[(Vec<Duration>, f64); 2]> {
        let mut client = Client::connect(address, &host)?;
        let mut ask = |at: usize| -> std::io::Result<Duration> {
            let name: String = byte_serialize(entity_id(at).as_bytes()).collect();
            let begun = Instant::now();
            let answer = client.get(&format!("/mdq/entities/{name}"), "")?;
            let took = begun.elapsed();
            if answer.status == 200 && answer.body.contains(&entity_id(at)) {
                return Ok(took);
            }
            Err(std::io::Error::other(format!("{}: {}", answer.status, answer.body)))
        };
        let first = count.min(MOST_SIGNED);
        let before = cpu::servers()?;
        let cold = (0..first).map(&mut ask).collect::<Result<Vec<_>, _>>()?;
        let between = cpu::servers()?;
        let warm = (0..ASKED).map(|at| ask(at * 7919 % first));
        let warm = warm.collect::<Result<Vec<_>, _>>()?;
        let after = cpu::servers()?;
        let cost = |spent: u64, count: usize| spent as f64 / 1e6 / count as f64;
        Ok([(cold, cost(between - before, first)), (warm, cost(after - between, ASKED))])
    };
    let thread = thread::Builder::new().name(cpu::BROWSER.into()).spawn(asking);
    let done = thread.map_err(CliError::Bench)?.join();
    let measured = done.map_err(|_| other("the client failed".into()))?.map_err(CliError::Bench)?;
    for (words, (times, cpu)) in ["signed for the first time", "at hand"].iter().zip(measured) {
        let count = times.len();
        let [p50, p99] = centiles(times);
        let _ = writeln!(
            said,
            "MDQ, {count} answers {words}: p50 {p50:.3} ms, p99 {p99:.3} ms, {cpu:.3} ms of CPU each"
        );
    }
    Ok(())
}

/// Logins, one after the other, from request to answer: alone, and while the list is taken anew again and again.
fn refreshed(
    bench: &Bench,
    runtime: &tokio::runtime::Runtime,
    folder: &Path,
    said: &mut String,
) -> Result<(), CliError> {
    let everybody = runtime.block_on(people(&bench.env, 0..1))?;
    let subject = &everybody.first().ok_or(CliError::BenchKey)?.subject;
    let logins = || -> Result<Vec<Duration>, CliError> {
        let mut times = Vec::with_capacity(LOGINS);
        for _ in 0..LOGINS {
            let begun = Instant::now();
            let (_, login) = bench.begin(1, false)?;
            let (_, login) = bench.look(login)?;
            let met = begun.elapsed();
            let login = prepared(bench, runtime, login, subject)?;
            let again = Instant::now();
            bench.consent(login)?;
            times.push(met + again.elapsed());
        }
        Ok(times)
    };
    logins()?;
    let certificate = fs::read(folder.join("key.der")).map_err(CliError::Bench)?;
    let keys = [PublicKey::from_certificate_der(&certificate).map_err(|_| CliError::BenchKey)?];
    let before = centiles(logins()?);
    let stop = Arc::new(AtomicBool::new(false));
    let (during, refreshes) = thread::scope(|scope| {
        let refreshing = scope.spawn(|| -> Result<usize, CliError> {
            let mut count = 0;
            while !stop.load(Ordering::Relaxed) {
                drop(take(folder, Trust::Pinned(&keys))?);
                count += 1;
            }
            Ok(count)
        });
        let during = logins();
        stop.store(true, Ordering::Relaxed);
        let count = refreshing.join().map_err(|_| other("the refresh failed".into()));
        (during, count)
    });
    let (during, refreshes) = (centiles(during?), refreshes??);
    let _ = writeln!(
        said,
        "login, request to answer without the person: p50 {:.1} ms, p99 {:.1} ms; during {refreshes} refreshes p50 {:.1} ms, p99 {:.1} ms ({:.2} times)",
        before[0],
        before[1],
        during[0],
        during[1],
        during[1] / before[1]
    );
    Ok(())
}

/// The median and the 99th centile, in milliseconds.
fn centiles(mut times: Vec<Duration>) -> [f64; 2] {
    times.sort_unstable();
    [50, 99].map(|centile| {
        let at = (times.len() * centile / 100).min(times.len().saturating_sub(1));
        times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    })
}

fn code() -> HmacKey {
    HmacKey::new(b"bench")
}

fn other(words: String) -> CliError {
    CliError::Bench(std::io::Error::other(words))
}

/// As many as are held.
const MOST_SIGNED: usize = 2_000;
const ASKED: usize = 5_000;
const LOGINS: usize = 200;
