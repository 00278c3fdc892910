//! What store and register acknowledged is on the disk: killed at any moment, traced, and with the disk full.
//!
//! The tests run themselves again as a child, which tells over a pipe what was acknowledged to it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use ponte::identity::tenant::TenantId;
use ponte::register::error::RegisterError;
use ponte::register::journal::{Register, Settings};
use ponte::register::verify::{Verdict, verify};
use ponte::store::port::{Committed, Durability, Key, Space, Store, StoreError, Value, Write};
use ponte::store::sled;
use ponte::world::random::Random;
use ponte::world::seal::{Seal, SealKey};
use ponte::world::signer::KeyFile;

use crate::register::{noon, pair, row};
use crate::store_contract::reopen;

const KILLS: usize = 12;
const WORKERS: u64 = 3;
/// How the child is told what to do: `PART FOLDER WORKERS`.
const ORDER: &str = "PONTE_TEST_CHILD";

fn now() -> DateTime<Utc> {
    noon()
}

fn key(name: &str) -> Key {
    Key::new(&TenantId::main(), Space::Codes, name)
}

fn set(name: String, n: u64) -> Write {
    Write { key: key(&name), value: Some(Value::lasting(n.to_string().into_bytes())) }
}

fn long(worker: u64, n: u64, part: u64) -> Write {
    let name = format!("long{worker}/{}/{part}", n % 50);
    let bytes = (n * 10 + part).to_string().repeat(15_000).as_bytes()[..30_000].to_vec();
    Write { key: key(&name), value: Some(Value::lasting(bytes)) }
}

/// A register's settings that parent and child make alike.
fn settings(folder: &Path) -> Settings {
    let random = Random::seeded(9);
    let kek = SealKey::generate(&random);
    let ring = folder.join("ring.json");
    if !ring.exists() {
        let seal = Seal::generate(&random);
        std::fs::write(&ring, seal.to_ring(&kek, &random).unwrap()).unwrap();
    }
    let seal = Seal::from_ring(&std::fs::read_to_string(&ring).unwrap(), &kek).unwrap();
    Settings {
        folder: folder.join("register"),
        checkpoint: folder.join("checkpoint.json"),
        seal: Arc::new(seal),
        signer: Arc::new(signer(folder)),
        former: Vec::new(),
        random: Arc::new(Random::system()),
        checkpoint_rows: 50,
        checkpoint_every: Duration::from_millis(20),
    }
}

fn signer(folder: &Path) -> KeyFile {
    let [key, certificate] = ["key.pem", "certificate.pem"].map(|name| folder.join(name));
    if !key.exists() {
        let pair = pair();
        std::fs::write(&certificate, &pair.certificate).unwrap();
        std::fs::write(&key, &pair.key).unwrap();
    }
    let [key, certificate] = [key, certificate].map(|path| std::fs::read(path).unwrap());
    KeyFile::load(&key, &certificate).unwrap()
}

#[test]
#[ignore = "the child of the other tests here"]
fn child() {
    let Some(order) = std::env::var_os(ORDER) else { return };
    let order = order.to_string_lossy().into_owned();
    let [part, folder, workers] = order.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{order}")
    };
    let (folder, workers) = (PathBuf::from(folder), workers.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        match part {
            "store" => write_store(&folder.join("store"), workers).await,
            "register" => write_register(&folder, workers).await,
            other => panic!("{other}"),
        }
    });
}

/// Commits in pairs, with an ephemeral commit before each; says `ack WORKER N` for each, until refused.
async fn write_store(folder: &Path, workers: u64) {
    let store = Arc::new(sled::open(folder).unwrap());
    let tasks = (0..workers).map(|worker| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let start = number(&*store, &format!("a{worker}")).await;
            for n in start + 1.. {
                let before = vec![set(format!("e{worker}"), n)];
                let mut pair = vec![set(format!("a{worker}"), n), set(format!("b{worker}"), n)];
                // Long enough for the log to turn, and the database to be written, every 35 commits.
                pair.extend((0..4).map(|part| long(worker, n, part)));
                if let Err(error) = commit(&*store, before, Durability::Ephemeral).await {
                    return refused(&error);
                }
                if let Err(error) = commit(&*store, pair, Durability::Durable).await {
                    return refused(&error);
                }
                println!("ack {worker} {n}");
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

async fn commit(store: &dyn Store, writes: Vec<Write>, how: Durability) -> Result<(), StoreError> {
    let done = store.commit(Vec::new(), writes, how, now()).await?;
    assert_eq!(done, Committed::Done);
    Ok(())
}

async fn number(store: &dyn Store, name: &str) -> u64 {
    let found = store.get(&key(name), now()).await.unwrap();
    found.map_or(0, |bytes| String::from_utf8(bytes).unwrap().parse().unwrap())
}

fn refused(error: &dyn std::error::Error) {
    println!("refused {error}");
}

/// Appends rows; says `ack WORKER N` for each, until refused.
async fn write_register(folder: &Path, workers: u64) {
    let register = Arc::new(Register::open(settings(folder), now()).unwrap());
    let tasks = (0..workers).map(|worker| {
        let register = Arc::clone(&register);
        tokio::spawn(async move {
            for _ in 0.. {
                match register.append(&row(worker, 2000)).await {
                    Ok(receipt) => println!("ack {worker} {}", receipt.location.number),
                    Err(error) => {
                        assert!(matches!(error, RegisterError::Refused), "{error:?}");
                        return refused(&error);
                    }
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

fn order(program: &mut Command, part: &str, folder: &Path, workers: u64) -> Child {
    program
        .args(["disk::child", "--exact", "--ignored", "--nocapture"])
        .env(ORDER, format!("{part} {} {workers}", folder.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn this() -> Command {
    Command::new(std::env::current_exe().unwrap())
}

/// Lets the child work until it has acknowledged something and `more` has passed, kills it, and returns the last
/// number that each worker was told.
fn killed(mut child: Child, more: Duration) -> BTreeMap<u64, u64> {
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut told = String::new();
    while !told.contains("ack ") {
        if lines.read_line(&mut told).unwrap() == 0 {
            let mut error = String::new();
            child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
            panic!("the child ended: {told} {error}");
        }
    }
    let killer = std::thread::spawn(move || {
        std::thread::sleep(more);
        child.kill().unwrap();
        child.wait().unwrap();
    });
    lines.read_to_string(&mut told).unwrap();
    killer.join().unwrap();
    acknowledged(&told)
}

fn acknowledged(told: &str) -> BTreeMap<u64, u64> {
    let mut last = BTreeMap::new();
    for line in told.lines().filter(|line| told.ends_with('\n') || !told.ends_with(line)) {
        if let ["ack", worker, n] = line.split(' ').collect::<Vec<_>>()[..] {
            last.insert(worker.parse().unwrap(), n.parse().unwrap());
        }
    }
    last
}

fn some_time(random: &Random) -> Duration {
    Duration::from_millis(u64::from(random.bytes::<1>()[0]))
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Each worker's pair is whole, is what was acknowledged or newer, and nothing ephemeral before it is missing.
fn store_has(folder: &Path, acknowledged: &BTreeMap<u64, u64>) {
    let store = reopen(&folder.join("store"));
    block_on(async {
        for (worker, n) in acknowledged {
            let a = number(&store, &format!("a{worker}")).await;
            assert!(a >= *n, "worker {worker} was told {n}, and {a} is there");
            assert_eq!(number(&store, &format!("b{worker}")).await, a);
            assert!(number(&store, &format!("e{worker}")).await >= a);
            for n in a.saturating_sub(40).max(1)..=a {
                for part in 0..4 {
                    let Write { key, value } = long(*worker, n, part);
                    let found = store.get(&key, now()).await.unwrap();
                    assert!(found == value.map(|value| value.bytes), "part {part} of {n} of {a}");
                }
            }
        }
    });
}

fn register_has(folder: &Path, acknowledged: &BTreeMap<u64, u64>) {
    let settings = settings(folder);
    let last = acknowledged.values().max().unwrap();
    let register = Register::open(settings.clone(), now()).unwrap();
    assert!(register.tail().count > *last, "{last} was acknowledged: {:?}", register.tail());
    drop(register);
    let Settings { folder, checkpoint, seal, signer, .. } = &settings;
    let verdict = verify(folder, checkpoint, seal, &[signer.certificate()]).unwrap();
    assert!(matches!(verdict, Verdict::Sound(_)), "{verdict:?}");
}

#[test]
fn killed_at_any_moment_the_store_has_what_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let random = Random::system();
    for _ in 0..KILLS {
        let child = order(&mut this(), "store", folder.path(), WORKERS);
        store_has(folder.path(), &killed(child, some_time(&random)));
    }
}

#[test]
fn killed_at_any_moment_the_register_has_what_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let random = Random::system();
    settings(folder.path());
    for _ in 0..KILLS {
        let child = order(&mut this(), "register", folder.path(), WORKERS);
        register_has(folder.path(), &killed(child, some_time(&random)));
    }
}

/// Runs the child with files of at most `blocks` of 512 bytes, until it is refused.
fn filled(part: &str, folder: &Path, blocks: u32) -> (BTreeMap<u64, u64>, usize) {
    let limit = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut shell = Command::new("sh");
    shell.args(["-c", &limit]).arg(std::env::current_exe().unwrap());
    let output = order(&mut shell, part, folder, WORKERS).wait_with_output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    (acknowledged(&told), told.lines().filter(|line| line.starts_with("refused ")).count())
}

#[test]
fn a_full_disk_refuses_rows_and_harms_none() {
    let folder = tempfile::tempdir().unwrap();
    settings(folder.path());
    let (acknowledged, refusals) = filled("register", folder.path(), 256);
    assert_eq!(refusals, 3);
    register_has(folder.path(), &acknowledged);
    let register = Register::open(settings(folder.path()), now()).unwrap();
    // Every row but the last group's was acknowledged, and that one is not there.
    let last = acknowledged.values().max().unwrap();
    assert_eq!(register.tail().count, last + 1);
    block_on(register.append(&row(0, 2000))).unwrap();
}

#[test]
fn a_full_disk_refuses_commits_and_harms_none() {
    let folder = tempfile::tempdir().unwrap();
    let (acknowledged, refusals) = filled("store", folder.path(), 3 * 1024);
    assert_eq!(refusals, 3);
    store_has(folder.path(), &acknowledged);
}

/// A system call of interest, as strace tells it.
#[derive(Debug, Eq, PartialEq)]
enum Call {
    Written(String),
    Synced(String),
    Acknowledged,
}

/// What finished, in the order in which it finished; `None` where strace cannot attach.
fn traced(part: &str, folder: &Path) -> Option<Vec<Call>> {
    let trace = folder.join("trace");
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-y", "-e", "trace=write,pwrite64,fsync,fdatasync", "-o"])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap());
    let mut child = order(&mut strace, part, folder, 1);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let acknowledged = lines.map_while(Result::ok).filter(|line| line.starts_with("ack ")).take(20);
    let acknowledged = acknowledged.count();
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    if acknowledged == 0 {
        println!("not traced: {}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    let mut begun = BTreeMap::new();
    let mut calls = Vec::new();
    for line in std::fs::read_to_string(&trace).unwrap().lines() {
        let (process, call) = line.split_once(' ').unwrap();
        let call = call.trim_start();
        if let Some(start) = call.strip_suffix(" <unfinished ...>") {
            begun.insert(process.to_owned(), start.to_owned());
            continue;
        }
        let whole = match call.strip_prefix("<... ") {
            Some(_) => begun.remove(process).unwrap_or_default() + call,
            None => call.to_owned(),
        };
        let path = whole.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
        let path = path.map_or_else(String::new, |(path, _)| path.to_owned());
        if whole.starts_with("write(1<") && whole.contains("\"ack ") {
            calls.push(Call::Acknowledged);
        } else if whole.starts_with("pwrite64(") || whole.starts_with("write(") {
            calls.push(Call::Written(path));
        } else if whole.contains("sync(") && whole.trim_end().ends_with("= 0") {
            calls.push(Call::Synced(path));
        }
    }
    Some(calls)
}

/// Between two acknowledgements `file` is written, and after its last write synced.
fn each_acknowledgement_follows_a_sync(calls: &[Call], file: &str) {
    let of_file = |path: &String| path.contains(file);
    let rounds: Vec<_> = calls.split(|call| *call == Call::Acknowledged).collect();
    assert!(rounds.len() > 10, "{calls:?}");
    for round in &rounds[..rounds.len() - 1] {
        let last = |wanted: fn(&Call) -> Option<&String>| {
            round.iter().rposition(|call| wanted(call).is_some_and(of_file))
        };
        let written = last(|call| if let Call::Written(path) = call { Some(path) } else { None });
        let synced = last(|call| if let Call::Synced(path) = call { Some(path) } else { None });
        assert!(written.is_some() && written < synced, "{file}: {round:?}");
    }
}

#[test]
fn the_store_syncs_before_it_acknowledges() {
    let folder = tempfile::tempdir().unwrap();
    if let Some(calls) = traced("store", folder.path()) {
        each_acknowledgement_follows_a_sync(&calls, "/store/ahead-");
    }
}

#[test]
fn the_register_syncs_before_it_acknowledges() {
    let folder = tempfile::tempdir().unwrap();
    settings(folder.path());
    if let Some(calls) = traced("register", folder.path()) {
        each_acknowledgement_follows_a_sync(&calls, ".reg");
    }
}
