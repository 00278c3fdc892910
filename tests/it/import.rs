//! Many people from a file, by the built binary: streaming, resumed after a kill, each wholly or not at all.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::server::Server;

/// The hash of a password that nobody here types.
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b5dWRWJTmaaJObG3VQvJ8QqkqE";

fn person(number: usize) -> Value {
    json!({
        "username": format!("person{number}"),
        "password-hash": HASH,
        "attributes": {
            "name": "ADA", "familyName": "Rossi", "fiscalNumber": "RSSDAA80A41H501I",
            "email": format!("person{number}@example.org"),
        },
    })
}

fn write_people(path: &Path, count: usize) {
    let mut file = std::io::BufWriter::new(fs::File::create(path).unwrap());
    for number in 0..count {
        writeln!(file, "{}", person(number)).unwrap();
    }
    file.flush().unwrap();
}

fn start(server: &Server, arguments: &[&str]) -> Child {
    let mut command = server.command(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn rows(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn names(path: &Path) -> Vec<String> {
    let name = |row: &Value| row["username"].as_str().unwrap().to_owned();
    rows(path).iter().map(name).collect()
}

fn listed(server: &Server) -> Vec<String> {
    let output = server.ponte(&["user", "list"], "");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

fn complained(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs an import and kills it as soon as `after` codes are told, again and again, until one run
/// ends by itself; says how often it was killed.
fn import_with_kills(server: &Server, file: &str, step: usize) -> usize {
    let codes = server.folder().join("codes.jsonl");
    for kills in 0.. {
        let mut child = start(server, &["user", "import", file, "--codes", "codes.jsonl"]);
        let enough = rows(&codes).len() + step;
        let deadline = Instant::now() + Duration::from_secs(300);
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success(), "{}", complained(&child.wait_with_output().unwrap()));
                return kills;
            }
            if rows(&codes).len() >= enough {
                child.kill().unwrap();
                child.wait().unwrap();
                break;
            }
            assert!(Instant::now() < deadline, "it takes too long");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    unreachable!()
}

fn everybody_is_there_once(server: &Server, count: usize) {
    let codes = server.folder().join("codes.jsonl");
    let told = names(&codes);
    let once: BTreeSet<String> = told.iter().cloned().collect();
    assert_eq!((told.len(), once.len()), (count, count), "each code is told once");
    let people = listed(server);
    assert_eq!(people.len(), count);
    assert_eq!(people.into_iter().collect::<BTreeSet<_>>(), once);
    let before = fs::read(&codes).unwrap();
    let again = server.ponte(&["user", "import", "people.jsonl", "--codes", "codes.jsonl"], "");
    assert!(complained(&again).contains(&format!("People added: 0. There already: {count}.")));
    assert_eq!(fs::read(&codes).unwrap(), before);
}

#[test]
fn an_import_that_is_killed_goes_on_where_it_was() {
    let server = Server::new();
    write_people(&server.folder().join("people.jsonl"), 700);
    let kills = import_with_kills(&server, "people.jsonl", 150);
    assert!(kills >= 2, "it was killed {kills} times");
    everybody_is_there_once(&server, 700);
}

#[test]
fn it_goes_on_through_a_server_that_runs_too() {
    let mut server = Server::new();
    server.start();
    write_people(&server.folder().join("people.jsonl"), 500);
    let kills = import_with_kills(&server, "people.jsonl", 150);
    assert!(kills >= 1, "it was killed {kills} times");
    everybody_is_there_once(&server, 500);
}

/// What a run added before it was killed over the line that tells the code gets a new code; half a line is no line.
#[test]
fn a_code_that_was_not_told_is_given_anew() {
    let server = Server::new();
    let codes = server.folder().join("codes.jsonl");
    write_people(&server.folder().join("people.jsonl"), 3);
    server.ponte(&["user", "import", "people.jsonl", "--codes", "codes.jsonl"], "");
    let before = rows(&codes);
    let text = fs::read_to_string(&codes).unwrap();
    fs::write(&codes, &text[..text.len() - 30]).unwrap();
    server.ponte(&["user", "import", "people.jsonl", "--codes", "codes.jsonl"], "");
    let after = rows(&codes);
    assert_eq!(names(&codes), ["person0", "person1", "person2"]);
    assert_eq!(after[..2], before[..2]);
    assert_ne!(after[2]["activation-code"], before[2]["activation-code"]);

    let other = server.folder().join("other.txt");
    fs::write(&other, "dear diary\n").unwrap();
    let refused = server.try_ponte(&["user", "import", "people.jsonl", "--codes", "other.txt"], "");
    assert!(!refused.status.success());
    assert_eq!(fs::read_to_string(&other).unwrap(), "dear diary\n");
}

#[test]
fn a_dry_run_looks_at_every_line_and_adds_nobody() {
    let server = Server::new();
    write_people(&server.folder().join("people.jsonl"), 200);
    let output = server.ponte(&["user", "import", "people.jsonl", "--dry-run"], "");
    let said = complained(&output);
    assert!(said.contains("People who can be added: 200; there already: 0."), "{said}");
    assert_eq!(listed(&server).len(), 0);
}

/// SP-08, IC-19, IC-20: each bad line is told with its number and its reason, and nothing of it is kept.
#[test]
fn each_bad_line_is_told_and_nothing_of_it_is_kept() {
    let server = Server::new();
    server.ponte(&["user", "import", "-"], &format!("{}\n", person(0)));
    let with = |number: usize, pointer: &str, value: Value| {
        let mut person = person(number);
        match pointer.split_once('/') {
            Some((outer, inner)) => person[outer][inner] = value,
            None => person[pointer] = value,
        }
        person
    };
    let proofing = |method: &str| json!({ "method": method, "date": "2026-01-02", "operator": "desk 3", "evidence": "2026/17" });
    let mut professional = with(9, "kind", json!("professional"));
    professional["proofing"] = proofing("nfc-document");
    let mut company = with(10, "kind", json!("legal-professional"));
    company["attributes"]["companyName"] = json!("Rossi Srl");
    let lines = [
        (person(1).to_string(), None),
        (
            with(2, "attributes/fiscalNumber", json!("TINIT-RSSDAA80A41H501X")).to_string(),
            Some("fiscalNumber must be a fiscal code"),
        ),
        (
            with(3, "attributes/dateOfBirth", json!("1980-02-30")).to_string(),
            Some("dateOfBirth must be a day that has been"),
        ),
        (
            with(4, "attributes/shoeSize", json!("39")).to_string(),
            Some("no attribute \"shoeSize\""),
        ),
        (
            with(5, "attributes/email", json!("PERSON0@example.org")).to_string(),
            Some("is that of \"person0\", and one address belongs to one account"),
        ),
        (
            with(6, "attributes/email", json!("person1@EXAMPLE.org")).to_string(),
            Some("stands here twice"),
        ),
        (
            with(7, "username", json!("Person1")).to_string(),
            Some("the user name \"Person1\" stands here twice"),
        ),
        (
            with(8, "attributes/companyName", json!("Rossi Srl")).to_string(),
            Some("a personal identity does not carry companyName"),
        ),
        (
            professional.to_string(),
            Some("a professional identity cannot be proofed by nfc-document"),
        ),
        (
            company.to_string(),
            Some("a legal-professional identity needs ivaCode or companyFiscalNumber"),
        ),
        (
            with(
                11,
                "identities",
                json!([{ "kind": "professional", "attributes": { "gender": "X" } }]),
            )
            .to_string(),
            Some("identity 2: an attribute cannot be taken: gender must be F or M"),
        ),
        ("{\"username\":".to_owned(), Some("EOF")),
        (
            with(0, "attributes/email", json!("other@example.org")).to_string(),
            Some("the user name \"person0\" is taken"),
        ),
    ];
    let file: String = lines.iter().map(|(line, _)| format!("{line}\n")).collect();
    fs::write(server.folder().join("people.jsonl"), file).unwrap();
    let refused = server.try_ponte(&["user", "import", "people.jsonl"], "");
    assert_eq!(refused.status.code(), Some(1));
    let said = complained(&refused);
    for (number, (_, reason)) in (1..).zip(&lines) {
        let told = said.lines().find(|line| line.starts_with(&format!("line {number}: ")));
        match reason {
            Some(reason) => assert!(
                told.is_some_and(|told| told.contains(reason)),
                "line {number}, {reason}: {said}"
            ),
            None => assert_eq!(told, None, "{said}"),
        }
    }
    assert!(said.contains("12 errors found in the lines above; people added: 0"), "{said}");
    assert_eq!(listed(&server), ["person0"]);
    // None of the names in the bad lines was kept either.
    let good: String = (1..12).map(|number| format!("{}\n", person(number))).collect();
    server.ponte(&["user", "import", "-"], &good);
    assert_eq!(listed(&server).len(), 12);
}

#[test]
fn a_file_of_a_spreadsheet_is_read_by_its_columns() {
    let server = Server::new();
    let file = format!(
        "\u{feff}username;password-hash;kind;name;familyName;companyName;ivaCode;address;proofing-method;proofing-date;proofing-operator;proofing-evidence\r\n\
         ada;{HASH};;ADA;rossi;;;\"via Liszt 21\r\n00144 Roma\";desk;2026-01-02;desk 3;2026/17\r\n\
         bruno;{HASH};legal-professional;Bruno;Verdi;\"Verdi \"\"e\"\" Figli; Srl\";12345678903;;;;;\r\n"
    );
    fs::write(server.folder().join("people.csv"), &file).unwrap();
    let output = server.ponte(&["user", "import", "people.csv", "--codes", "codes.jsonl"], "");
    assert!(complained(&output).contains("People added: 2."));
    let shown =
        |name: &str| String::from_utf8(server.ponte(&["user", "show", name], "").stdout).unwrap();
    let ada = shown("ada");
    for expected in [
        "via Liszt 21 00144 Roma",
        "name                    Ada",
        "Rossi",
        "desk, 2026-01-02, by desk 3",
    ] {
        assert!(ada.contains(expected), "{expected}: {ada}");
    }
    let bruno = shown("bruno");
    for expected in
        ["identity 1: legal-professional", "Verdi \"e\" Figli; Srl", "VATIT-12345678903"]
    {
        assert!(bruno.contains(expected), "{expected}: {bruno}");
    }
    fs::write(
        server.folder().join("bad.csv"),
        file.replace("ada;", "carla;").replace(";desk;", ";magic;"),
    )
    .unwrap();
    let said = complained(&server.try_ponte(&["user", "import", "bad.csv"], ""));
    assert!(said.contains("line 2: \"magic\" is none of desk"), "{said}");
    assert_eq!(listed(&server).len(), 2);
}

/// Twenty thousand lines, killed on the way: the command takes no more memory than for a few.
#[test]
#[ignore = "takes a minute"]
fn many_lines_take_no_more_memory_than_a_few() {
    const COUNT: usize = 20_000;
    let peak_of = |count: usize, killed_at: Option<u64>| {
        let mut server = Server::new();
        server.start();
        write_people(&server.folder().join("people.jsonl"), count);
        let first = killed_at.map_or(0, |codes| import_watched(&server, Some(codes)));
        let most = import_watched(&server, None).max(first);
        everybody_is_there_once(&server, count);
        most
    };
    let few = peak_of(200, None);
    let many = peak_of(COUNT, Some(600_000));
    eprintln!("peak of the command: {few} KiB, {many} KiB");
    assert!(few > 0 && many < few + 16 * 1024, "{few} KiB, {many} KiB");
}

/// Imports to the end, or kills the command once it has told so many bytes of codes; the most memory that it had, in KiB.
fn import_watched(server: &Server, killed_at: Option<u64>) -> u64 {
    let codes = server.folder().join("codes.jsonl");
    let mut child = start(server, &["user", "import", "people.jsonl", "--codes", "codes.jsonl"]);
    let deadline = Instant::now() + Duration::from_secs(900);
    let mut most = 0;
    loop {
        most = peak(child.id()).unwrap_or(most).max(most);
        if let Some(status) = child.try_wait().unwrap() {
            let said = complained(&child.wait_with_output().unwrap());
            assert!(status.success() && killed_at.is_none(), "{said}");
            return most;
        }
        if killed_at.is_some_and(|end| fs::metadata(&codes).is_ok_and(|codes| codes.len() > end)) {
            child.kill().unwrap();
            child.wait().unwrap();
            return most;
        }
        assert!(Instant::now() < deadline, "it takes too long");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The most memory that a process had so far, in KiB.
fn peak(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
