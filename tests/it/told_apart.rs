//! Whoever asks cannot tell by the built server's answers, nor by how long they take, who is known: at the disk, over HTTP.
//!
//! What is compared is not how long answers take but which of two are longer: every answer about somebody is held against
//! every one about nobody, and each must win about as often. The two kinds come in a random order, so what else the machine
//! does falls on both. Of 48 of each, chance alone stays within a quarter and three quarters of the pairs in all but one run
//! of tens of thousands; a control shows that a difference would be seen.

use std::time::{Duration, Instant};

use ponte::factors::foreign_hash::{Digest, ForeignHash};
use ponte::world::random::Random;
use serde_json::json;

use crate::support::agent::{Agent, Page};
use crate::support::server::Server;

const PEOPLE: usize = 48;

/// A server that knows `a-00` to `a-47`, who have addresses, and knows no `b-…`.
fn server() -> Server {
    server_of("password", "una frase lunga e segreta")
}

/// The same, of people whose password is said so.
fn server_of(key: &str, value: &str) -> Server {
    let mut server = Server::new();
    server.configure_in("mail", "way = \"folder\"\nfrom = \"no-reply@example.org\"");
    let people: String = (0..PEOPLE)
        .map(|n| {
            let row = json!({
                "username": format!("a-{n:02}"),
                key: value,
                "attributes": { "name": "Ada", "familyName": "Rossi", "email": format!("a-{n:02}@example.org") },
                "proofing": { "method": "desk", "date": "2026-01-01", "operator": "3", "evidence": "17" },
            });
            format!("{row}\n")
        })
        .collect();
    server.ponte(&["user", "import", "-"], &people);
    server.start();
    server
}

/// Every name of both kinds once, in a random order.
fn names() -> Vec<String> {
    let random = Random::system();
    let both =
        ["a", "b"].into_iter().flat_map(|kind| (0..PEOPLE).map(move |n| format!("{kind}-{n:02}")));
    let mut drawn: Vec<([u8; 8], String)> = both.map(|name| (random.bytes(), name)).collect();
    drawn.sort();
    drawn.into_iter().map(|(_, name)| name).collect()
}

/// In how many of all pairs the first is longer.
fn longer(some: &[Duration], others: &[Duration]) -> f64 {
    let won = some.iter().map(|one| others.iter().filter(|other| one > *other).count());
    let won: u32 = won.map(|won| u32::try_from(won).unwrap()).sum();
    f64::from(won) / f64::from(u32::try_from(some.len() * others.len()).unwrap())
}

/// Sends the form of `page` in the name of everybody, and of nobody.
fn compare(
    server: &Server,
    what: &str,
    open: fn(&Server, &mut Agent) -> Page,
    values: &[(&str, &str)],
) -> Vec<Duration> {
    let (mut known, mut unknown, mut said) = (Vec::new(), Vec::new(), Vec::new());
    for name in names() {
        let mut agent = Agent::new();
        let page = open(server, &mut agent);
        let form = page.form_with(&["username"]).unwrap_or_else(|| panic!("{}", page.body));
        let filled = [&[("username", name.as_str())], values].concat();
        let begun = Instant::now();
        let answer = agent.submit(&page, &form, &filled).unwrap();
        let took = begun.elapsed();
        // Tokens are as long as each other, and so are names.
        said.push((answer.status, answer.headers.len(), answer.body.len()));
        if name.starts_with('a') { &mut known } else { &mut unknown }.push(took);
    }
    said.sort_unstable();
    said.dedup();
    assert_eq!(said.len(), 1, "{what}: the answers differ: {said:?}");
    let share = longer(&known, &unknown);
    println!("{what}: longer for people who are known in {:.0} % of the pairs", share * 100.0);
    assert!((0.25..=0.75).contains(&share), "{what}: {share}: {known:?} {unknown:?}");
    known
}

fn login(server: &Server, agent: &mut Agent) -> Page {
    let page = agent.get(&server.url("/account")).unwrap();
    let form = page.forms().into_iter().find(|form| form.action == "/account/enter").unwrap();
    agent.submit(&page, &form, &[]).unwrap()
}

fn recovery(server: &Server, agent: &mut Agent) -> Page {
    agent.get(&server.url("/recover")).unwrap()
}

/// AR-10 and threats.md: neither text nor time.
#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn ar_10_nobody_learns_who_is_known() {
    let server = server();
    compare(&server, "recovery of a password", recovery, &[("lost", "password")]);
    compare(&server, "recovery of an app", recovery, &[("lost", "authenticator")]);
    let hashed = compare(&server, "a wrong password", login, &[("password", "not the one")]);
    // The control: what hashes a password takes longer than what does not.
    let open = |_| {
        let begun = Instant::now();
        recovery(&server, &mut Agent::new());
        begun.elapsed()
    };
    let opened: Vec<Duration> = (0..PEOPLE).map(open).collect();
    assert!(longer(&hashed, &opened) > 0.9, "{hashed:?} {opened:?}");
}

/// AR-10: nor is whoever came along from another system, whose hash costs more than ours, until they have logged in. The first
/// of them since the start shows how long that takes.
#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn ar_10_nobody_learns_whose_hash_came_from_elsewhere() {
    let hash = ForeignHash::pbkdf2(Digest::Sha256, 120_000, &[7; 16], &[7; 32]).unwrap();
    let server = server_of("password-hash", &hash);
    let mut agent = Agent::new();
    let page = login(&server, &mut agent);
    let form = page.form_with(&["username"]).unwrap();
    agent.submit(&page, &form, &[("username", "a-00"), ("password", "not the one")]).unwrap();
    compare(&server, "a wrong password", login, &[("password", "not the one")]);
}
