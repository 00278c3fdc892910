//! The same requests over HTTP, to the built server.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use ponte::world::signer::Signer as _;

use crate::hostile::scene::{Case, Message, Scene, good_post, good_redirect};
use crate::hostile::{PATIENCE, cases, xml};
use crate::support::agent::{Page, read};
use crate::support::keys;
use crate::support::requests::{DISABLED_ENTITY, OTHER_ENTITY};
use crate::support::server::Server;
use crate::support::sp::{GENERIC_ENTITY, Metadata, SPID_ENTITY, redirect};

/// What the server did with a message.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Answer {
    /// A login begins.
    Accepted,
    /// A page that says no, with its status.
    Page(u16),
    /// A form for the service provider, with SPID's number if it bears one.
    Told(Option<u16>),
    /// Refused before anybody read it, with its status.
    Closed(u16),
    /// None of these.
    Wrong(String),
}

/// A server that knows the service providers of the tests, and whom nothing limits.
fn server() -> Server {
    let mut server = Server::new();
    let spid = Metadata::spid();
    server.add_metadata("spid", &spid.unsigned(), SPID_ENTITY, "spid");
    server.add_metadata("generic", &Metadata::generic().unsigned(), GENERIC_ENTITY, "generic");
    let disabled = Metadata { entity_id: Some(DISABLED_ENTITY.into()), ..spid.clone() };
    server.add_metadata("disabled", &disabled.unsigned(), DISABLED_ENTITY, "spid");
    server.configure("disabled = true\n");
    let certificates = vec![(Some("signing".into()), keys::SP_ECDSA.signer.certificate().to_vec())];
    let other = Metadata { entity_id: Some(OTHER_ENTITY.into()), certificates, ..spid };
    server.add_metadata("other", &other.unsigned(), OTHER_ENTITY, "spid");
    let mut command = server.command(&["serve"]);
    command.env("PONTE_LIMITS_ADDRESS_PER_MINUTE", "1000000");
    command.env("PONTE_LIMITS_PARTNER_PER_MINUTE", "1000000");
    server.start_as(command);
    server
}

fn scene(server: &Server) -> Scene {
    let now = DateTime::<Utc>::from(SystemTime::now());
    Scene::new(&server.url("/saml/sso"), &now.format("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}

fn refused(server: &Server) -> usize {
    server.log().iter().filter(|row| row["event"] == "refused").count()
}

/// Waits until the log, which comes by a pipe, has as many refusals.
fn settled(server: &Server, wanted: usize) -> usize {
    let deadline = Instant::now() + Duration::from_secs(5);
    while refused(server) < wanted && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    refused(server)
}

#[test]
fn over_http_nothing_hostile_is_accepted_and_no_control_refused() {
    let server = server();
    let scene = scene(&server);
    let before = refused(&server);
    let (mut wrong, mut closed) = (Vec::new(), Vec::new());
    let (mut pages, mut told, mut accepted) = (0, 0, 0);
    let all = cases();
    for Case { of, what, hostile, control } in &all {
        let message = hostile(&scene);
        let start = Instant::now();
        let answer = send(&server, &message);
        if start.elapsed() > PATIENCE {
            wrong.push(format!("{of}, {what}: took {:?}", start.elapsed()));
        }
        match answer {
            Answer::Page(403) => pages += 1,
            Answer::Told(_) => told += 1,
            Answer::Closed(status @ 400..500) => closed.push(format!("{of}, {what}: {status}")),
            other => wrong.push(format!("{of}, {what}: {other:?}")),
        }
        match send(&server, &control(&scene)) {
            Answer::Accepted => accepted += 1,
            other => wrong.push(format!("{of}, {what}: the control got {other:?}")),
        }
    }
    let logged = settled(&server, before + pages + told) - before;
    println!(
        "{} hostile requests over HTTP: {pages} pages, {told} told to the service provider, {} \
         refused unread; {accepted} controls accepted; {logged} log events",
        all.len(),
        closed.len(),
    );
    println!("refused unread: {closed:#?}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(logged, pages + told, "each refusal is one log event");
}

#[test]
fn a_request_is_answered_once() {
    let server = server();
    let scene = scene(&server);
    for message in [good_redirect(&scene), good_post(&scene)] {
        assert_eq!(send(&server, &message), Answer::Accepted);
        assert_eq!(send(&server, &message), Answer::Told(Some(11)));
        assert_eq!(send(&server, &message), Answer::Told(Some(11)));
    }
    // The ID, not the octets: the same request by the other binding is the same request.
    let request = scene.good();
    assert_eq!(send(&server, &Message::post(&request.signed(scene.signer()))), Answer::Accepted);
    assert_eq!(send(&server, &Message::redirect(&request.unsigned())), Answer::Told(Some(11)));
    // Of many at once, one.
    let message = good_redirect(&scene);
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..16).map(|_| scope.spawn(|| send(&server, &message))).collect();
        senders.into_iter().map(|sender| sender.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|answer| **answer == Answer::Accepted).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Answer::Told(Some(11))).count(), 15);
    assert_eq!(settled(&server, 20), 20);
}

#[test]
fn the_next_visitor_is_served_under_bombs() {
    let server = server();
    let bombs: Vec<Message> = {
        let scene = scene(&server);
        let all = xml::cases();
        all.iter().filter(|case| case.of == xml::BOMBS).map(|case| (case.hostile)(&scene)).collect()
    };
    let over = AtomicBool::new(false);
    let (slowest, visits) = std::thread::scope(|scope| {
        let throwers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    for bomb in bombs.iter().cycle().take(bombs.len() * 3) {
                        assert_ne!(send(&server, bomb), Answer::Accepted);
                    }
                })
            })
            .collect();
        let visitor = scope.spawn(|| {
            let (mut slowest, mut visits) = (Duration::ZERO, 0);
            while !over.load(Ordering::Relaxed) {
                let start = Instant::now();
                let fresh = scene(&server);
                assert_eq!(send(&server, &good_redirect(&fresh)), Answer::Accepted);
                slowest = slowest.max(start.elapsed());
                visits += 1;
            }
            (slowest, visits)
        });
        for thrower in throwers {
            thrower.join().unwrap();
        }
        over.store(true, Ordering::Relaxed);
        visitor.join().unwrap()
    });
    println!("{} bombs, {visits} visitors meanwhile, the slowest {slowest:?}", bombs.len() * 12);
    assert!(slowest < PATIENCE, "{slowest:?}");
}

#[test]
fn a_form_beyond_the_limit_is_refused_and_said() {
    let server = server();
    let scene = scene(&server);
    let Message::Post(good) = good_post(&scene) else { panic!("no form") };
    let long = format!("{good}&x={}", "x".repeat(1100 * 1024));
    assert_eq!(send(&server, &Message::Post(long)), Answer::Closed(413));
    assert_eq!(settled(&server, 1), 1);
    let padded = format!("{good}&x={}", "x".repeat(900 * 1024));
    assert_eq!(send(&server, &Message::Post(padded)), Answer::Accepted);
}

#[test]
fn what_came_with_a_request_is_never_run() {
    let server = server();
    let scene = scene(&server);
    for relay_state in [
        "\"><script>alert(1)</script>",
        "javascript:alert(1)",
        "https://evil.example.org/",
        "x\r\nSet-Cookie: evil=1\r\n\r\n<script>alert(1)</script>",
        "'\"&<>",
    ] {
        let mut request = scene.good();
        request.version = Some("1.1".into());
        let query = redirect(&request.unsigned(), Some(relay_state), scene.signer());
        let page = exchange(&server, &Message::Redirect(query));
        assert!(!page.body.contains("<script>alert"), "{relay_state}: {}", page.body);
        for (name, value) in &page.headers {
            assert!(!value.contains("evil") && !value.contains("javascript"), "{name}: {value}");
        }
        let form = page.form_with(&["SAMLResponse", "RelayState"]).unwrap();
        assert_eq!(form.action, "https://sp.example.org/spid/acs");
        let back = form.fields.iter().find(|(name, _)| name == "RelayState").unwrap();
        // A browser reads a line end in an attribute as it is.
        assert_eq!(back.1, relay_state);
        let query = redirect(&scene.good().unsigned(), Some(relay_state), scene.signer());
        let page = exchange(&server, &Message::Redirect(query));
        assert!(page.header("location").unwrap().starts_with("/login/"), "{page:?}");
    }
}

#[test]
fn the_door_takes_two_methods() {
    let server = server();
    let scene = scene(&server);
    let query = redirect(&scene.good().unsigned(), None, scene.signer());
    let posted = raw(&server, &format!("POST /saml/sso?{query}"), Some(""));
    assert_eq!(posted.status, 403, "nr06: {posted:?}");
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "FOO"] {
        let status = raw(&server, &format!("{method} /saml/sso?{query}"), None).status;
        assert!((400..500).contains(&status), "{method}: {status}");
    }
    for path in ["/saml/sso/", "/saml//sso", "/saml/%73so", "/saml/sso/../sso", "/SAML/SSO"] {
        let status = raw(&server, &format!("GET {path}?{query}"), None).status;
        assert!((400..500).contains(&status), "{path}: {status}");
    }
    assert_eq!(send(&server, &Message::Redirect(query)), Answer::Accepted);
}

fn send(server: &Server, message: &Message) -> Answer {
    let page = exchange(server, message);
    match page.status {
        303 => match page.header("location") {
            Some(location) if location.starts_with("/login/") => Answer::Accepted,
            other => Answer::Wrong(format!("303 to {other:?}")),
        },
        403 => Answer::Page(403),
        200 => told(&page).unwrap_or(Answer::Wrong(page.body)),
        status @ 400..500 => Answer::Closed(status),
        status => Answer::Wrong(format!("{status}: {}", page.body)),
    }
}

/// An answer to a registered consumer that says no.
fn told(page: &Page) -> Option<Answer> {
    const CONSUMERS: [&str; 4] = ["spid/acs", "spid/acs2", "generic/acs", "generic/acs2"];
    let form = page.form_with(&["SAMLResponse"])?;
    let path = form.action.strip_prefix("https://sp.example.org/")?;
    let response = form.fields.iter().find(|(name, _)| name == "SAMLResponse")?;
    let xml = String::from_utf8(STANDARD.decode(&response.1).ok()?).ok()?;
    let refuses = CONSUMERS.contains(&path)
        && !xml.contains(":status:Success")
        && !xml.contains("Assertion ")
        && xml.contains("<ds:SignatureValue>");
    let number = xml
        .split_once("ErrorCode nr")
        .and_then(|(_, rest)| rest.split_once('<'))
        .and_then(|(number, _)| number.parse().ok());
    refuses.then_some(Answer::Told(number))
}

fn exchange(server: &Server, message: &Message) -> Page {
    match message {
        Message::Redirect(query) => raw(server, &format!("GET /saml/sso?{query}"), None),
        Message::Post(form) => raw(server, "POST /saml/sso", Some(form)),
    }
}

/// One request as it is written, without a library's mending.
fn raw(server: &Server, line: &str, body: Option<&str>) -> Page {
    let url: url::Url = server.url("/").parse().unwrap();
    let port = url.port().unwrap();
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut head =
        format!("{line} HTTP/1.1\r\nHost: idp.localhost:{port}\r\nConnection: close\r\n");
    if let Some(body) = body {
        head += &format!(
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            body.len()
        );
    }
    // A server that has read enough may answer and close before all is sent.
    let _closed_early = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(b"\r\n"))
        .and_then(|()| stream.write_all(body.unwrap_or_default().as_bytes()));
    let mut answer = Vec::new();
    let _reset = stream.read_to_end(&mut answer);
    read(url, &answer).unwrap_or_else(|error| panic!("{line:.60}: {error}"))
}

/// What is no request gets its status before any page of ours, and an event of the log all the same.
#[test]
fn what_is_no_http_is_logged() {
    let server = server();
    let long = "x".repeat(300_000);
    for (text, status) in [
        ("NOT HTTP AT ALL\r\n\r\n".to_owned(), 400),
        (format!("GET / HTTP/1.1\r\nHost: idp.localhost\r\nX-Long: {long}\r\n\r\n"), 431),
    ] {
        let seen = |server: &Server| {
            let log = server.log();
            let events = log.iter().filter(|row| row["event"] == "http.refused");
            events.filter(|row| row["status"] == status).count()
        };
        let before = seen(&server);
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        drop(stream.write_all(text.as_bytes()));
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer));
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.is_empty() || answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        let deadline = Instant::now() + Duration::from_secs(5);
        while seen(&server) == before && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(seen(&server), before + 1, "{status}: {:#?}", server.log());
    }
}
