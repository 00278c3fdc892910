//! What the server acknowledged is on the disk, by its own system calls: a kill cannot show that,
//! since the page cache outlives the process.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::crash::spid_request;
use crate::support::agent::{Agent, Page};
use crate::support::citizen::{Asked, asked, send};
use crate::support::keys;
use crate::support::server::Server;
use crate::support::sp::{Metadata, SPID_ENTITY};

#[test]
#[ignore = "needs strace, which ./scripts/test installs"]
fn each_acknowledgement_comes_after_the_sync_of_what_it_tells() {
    let mut server = Server::new();
    server.add_metadata("sp", &Metadata::spid().signed(&keys::SP.signer), SPID_ENTITY, "spid");
    let trace = server.folder().join("trace");
    server.start_traced(&trace);

    let before = so_far(&trace);
    let mut citizen = server.add_user("ada");
    let told =
        until(&trace, before, "the command's answer", |event| matches!(event, Event::Told(_)));
    assert!(synced(&told, STORE), "a person was added: {told:#?}");

    let mut agent = Agent::new();
    let is_http = |event: &Event| matches!(event, Event::Told(said) if said.contains("HTTP/1.1"));
    let before = so_far(&trace);
    let request = spid_request(&server, "_traced");
    let mut page: Page = send(&mut agent, &request).expect("the first page");
    let told = until(&trace, before, "HTTP", is_http);
    assert!(synced(&told, STORE), "a request is taken once: {told:#?}");
    loop {
        let step = asked(&page).expect("a way on");
        if matches!(step, Asked::Response(_)) {
            break;
        }
        let before = so_far(&trace);
        page = citizen.do_as(&mut agent, &page, &step).expect("an answer");
        let told = until(&trace, before, "HTTP", is_http);
        assert!(synced(&told, STORE) || matches!(step, Asked::Continue(_)), "{step:?}: {told:#?}");
    }
    // The row went to the disk with the login's commit; its place in the register follows by itself.
    until(&trace, 0, "the register's row", |event| event == &Event::Synced(REGISTER));
}

/// What a call did that matters here.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Event {
    Written(&'static str),
    Synced(&'static str),
    /// Something left by a socket.
    Told(String),
}

const STORE: &str = "the store";
const REGISTER: &str = "the register";

/// Whether `file` was written and then synced, with nothing written to it after.
fn synced(events: &[Event], file: &'static str) -> bool {
    let last = |wanted: &Event| events.iter().rposition(|event| event == wanted);
    match (last(&Event::Written(file)), last(&Event::Synced(file))) {
        (Some(written), Some(synced)) => written < synced,
        _ => false,
    }
}

/// How many events there were, once the tracer has written the last.
fn so_far(trace: &Path) -> usize {
    std::thread::sleep(Duration::from_millis(100));
    events(trace).len()
}

/// The events after the first `before`, up to the first that `is_last`.
fn until(trace: &Path, before: usize, what: &str, is_last: impl Fn(&Event) -> bool) -> Vec<Event> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let all = events(trace);
        if let Some(end) = all[before..].iter().position(&is_last) {
            return all[before..=before + end].to_vec();
        }
        assert!(Instant::now() < deadline, "{what} is not in the trace: {:#?}", &all[before..]);
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The finished calls of the trace, in order: a sync counts when it returns, a write when it begins.
fn events(trace: &Path) -> Vec<Event> {
    let text = String::from_utf8_lossy(&std::fs::read(trace).unwrap_or_default()).into_owned();
    let mut begun: Vec<(String, &'static str)> = Vec::new();
    let mut events = Vec::new();
    for line in text.lines() {
        let Some((process, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        if call.starts_with("<... f") && call.ends_with("= 0") {
            if let Some(at) = begun.iter().position(|one| one.0 == process) {
                events.push(Event::Synced(begun.swap_remove(at).1));
            }
            continue;
        }
        let Some((name, rest)) = call.split_once('(') else { continue };
        let file = file(rest);
        match (name, file) {
            ("fsync" | "fdatasync", Some(file)) if call.ends_with("<unfinished ...>") => {
                begun.push((process.to_owned(), file));
            }
            ("fsync" | "fdatasync", Some(file)) if call.ends_with("= 0") => {
                events.push(Event::Synced(file))
            }
            ("write" | "writev" | "pwrite64", Some(file)) => events.push(Event::Written(file)),
            ("write" | "writev" | "sendto", None)
                if rest.contains("<socket:")
                    || rest.contains("<TCP:")
                    || rest.contains("<UNIX") =>
            {
                events.push(Event::Told(rest.to_owned()));
            }
            _ => {}
        }
    }
    events
}

/// Which of our files the first descriptor is, by the path that strace adds.
fn file(arguments: &str) -> Option<&'static str> {
    let path = arguments.split_once('<')?.1.split('>').next()?;
    if path.contains("/register/") {
        Some(REGISTER)
    } else if path.contains("/ahead-") {
        Some(STORE)
    } else {
        None
    }
}
