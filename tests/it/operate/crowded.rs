//! Many, slow and greedy visitors: they are held off, and others are served.

use std::io::Write;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use crate::crash::spid_request;
use crate::support::agent::Agent;
use crate::support::citizen::send;
use crate::support::keys;
use crate::support::server::Server;
use crate::support::sp::{Metadata, SPID_ENTITY};
use crate::support::wire::{connect, rest};

/// 200 connections that drip, some in the head and some in the body, do not stop a visitor; they are cut off.
#[test]
fn two_hundred_dripping_connections_stop_nobody() {
    let mut server = Server::new();
    server.add_metadata("sp", &Metadata::spid().signed(&keys::SP.signer), SPID_ENTITY, "spid");
    server.start();
    let mut citizen = server.add_user("ada");
    let port = server.port();
    let host = format!("Host: idp.localhost:{port}\r\n");
    let mut dripping: Vec<_> = (0..200)
        .map(|number| {
            let mut stream = connect(port);
            let begun = match number % 3 {
                0 => "GET / HTTP/1.1\r\n".to_owned(),
                1 => format!("POST /saml/sso HTTP/1.1\r\n{host}"),
                _ => format!(
                    "POST /saml/sso HTTP/1.1\r\n{host}Content-Type: application/x-www-form-urlencoded\r\n\
                     Content-Length: 1000\r\n\r\nSAMLRequest="
                ),
            };
            stream.write_all(begun.as_bytes()).unwrap();
            stream
        })
        .collect();
    for stream in &mut dripping {
        stream.write_all(b"x").unwrap();
    }
    citizen
        .log_in(&mut Agent::new(), &spid_request(&server, "_visitor"))
        .expect("somebody logs in");
    // Nobody may drip for ever.
    let begun = Instant::now();
    for stream in &mut dripping {
        rest(stream);
    }
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
    server.stop();
}

/// Too much from one network: 429 with Retry-After, in both languages; its neighbours elsewhere are served.
#[test]
fn a_greedy_network_is_told_to_wait() {
    let mut server = Server::new();
    server.configure_in("limits", "address-per-minute = 5");
    server.start();
    let mut greedy = Agent::at(Ipv4Addr::new(198, 51, 100, 7));
    let page = (0..8).map(|_| greedy.get(&server.url("/saml/sso")).unwrap()).last().unwrap();
    assert_eq!(page.status, 429);
    let wait: u64 = page.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert!(
        page.body.contains("Troppe richieste") || page.body.contains("troppe richieste"),
        "{}",
        page.body
    );
    let english = Agent::at(Ipv4Addr::new(198, 51, 100, 200))
        .in_english()
        .get(&server.url("/saml/sso"))
        .unwrap();
    assert_eq!(english.status, 429, "the same network");
    assert!(english.body.contains("Too many requests"), "{}", english.body);
    let other = Agent::at(Ipv4Addr::new(203, 0, 113, 7)).get(&server.url("/saml/sso")).unwrap();
    assert_ne!(other.status, 429);
}

/// A service provider that asks too much is told to wait; another one is answered.
#[test]
fn a_greedy_service_provider_is_told_to_wait() {
    let mut server = Server::new();
    server.configure_in("limits", "partner-per-minute = 3");
    server.add_metadata("sp", &Metadata::spid().signed(&keys::SP.signer), SPID_ENTITY, "spid");
    server.start();
    let statuses: Vec<_> = (0..5)
        .map(|number| {
            let request = spid_request(&server, &format!("_greedy-{number}"));
            let mut agent = Agent::at(Ipv4Addr::new(192, 0, 2, number));
            send(&mut agent, &request).unwrap().status
        })
        .collect();
    assert_eq!(statuses[..3], [200; 3]);
    assert_eq!(statuses[4], 429, "{statuses:?}");
}
