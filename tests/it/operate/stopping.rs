//! How a server stops: what is under way is finished, what is new is turned away.

use std::io::Write;
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use crate::support::server::{Server, free_port};
use crate::support::wire::{connect, get, rest, status};

/// A form that came halfway when the server is told to stop is answered; nobody new is.
#[test]
fn a_request_under_way_is_answered_before_the_end() {
    let mut server = Server::new();
    let monitors = free_port();
    server.configure_in("monitoring", &format!("listen = \"127.0.0.1:{monitors}\""));
    server.start();
    let port = server.port();
    let mut slow = begin_form(port);
    server.signal("-TERM");
    until("the port is given back", || TcpStream::connect(("127.0.0.1", port)).is_err());
    let ready = get(monitors, "/ready", "Host: any\r\n");
    assert_eq!(status(&ready), 503, "{ready}");
    slow.write_all(b"23456789").unwrap();
    let answer = rest(&mut slow);
    assert_eq!(status(&answer), 403, "the form is answered: {answer}");
    server.ended();
    let said = server.events();
    assert_eq!(said.last().map(String::as_str), Some("stopped"), "{said:?}");
    assert!(!said.iter().any(|event| event == "stop.cut"), "{said:?}");
}

/// Who takes longer than `stop-seconds` is cut off.
#[test]
fn a_request_that_takes_too_long_is_cut() {
    let mut server = Server::new();
    server.configure_in("server", "stop-seconds = 1");
    server.start();
    let mut slow = begin_form(server.port());
    let begun = Instant::now();
    server.stop();
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(rest(&mut slow), "");
    assert!(server.events().contains(&"stop.cut".to_owned()));
}

/// While it drains it is not ready, and serves on.
#[test]
fn a_server_that_drains_serves_on() {
    let mut server = Server::new();
    server.configure_in("server", "drain-seconds = 2\nstop-seconds = 1");
    let monitors = free_port();
    server.configure_in("monitoring", &format!("listen = \"127.0.0.1:{monitors}\""));
    server.start();
    server.signal("-TERM");
    until("it says so", || status(&get(monitors, "/ready", "Host: any\r\n")) == 503);
    let page = get(server.port(), "/", &format!("Host: idp.localhost:{}\r\n", server.port()));
    assert_eq!(status(&page), 200);
    server.ended();
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut server = Server::new();
    server.configure_in("server", "stop-seconds = 300");
    server.start();
    let _slow = begin_form(server.port());
    server.signal("-TERM");
    until("the first one was heard", || server.events().contains(&"stopping".to_owned()));
    server.signal("-TERM");
    assert_eq!(server.ended_as(), Some(130));
    // What it had acknowledged is there.
    server.start();
    server.stop();
}

/// A supervisor such as systemd hears that we are ready, read again, and stop.
#[test]
fn a_supervisor_is_told() {
    let mut server = Server::new();
    let path = server.folder().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let heard = |wanted: &str| {
        let mut bytes = [0; 256];
        loop {
            let length = socket.recv(&mut bytes).unwrap_or_else(|_| panic!("no {wanted}"));
            let state = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if state.contains(wanted) {
                return state;
            }
        }
    };
    let mut command = server.command(&["serve"]);
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "200000");
    server.start_as(command);
    heard("READY=1");
    heard("WATCHDOG=1");
    heard("WATCHDOG=1");
    server.signal("-HUP");
    assert!(heard("RELOADING=1").contains("MONOTONIC_USEC="));
    heard("READY=1");
    server.stop();
    heard("STOPPING=1");
}

/// A form of which half is sent.
fn begin_form(port: u16) -> TcpStream {
    let mut stream = connect(port);
    let head = format!(
        "POST /saml/sso HTTP/1.1\r\nHost: idp.localhost:{port}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 20\r\n\r\nSAMLRequest="
    );
    stream.write_all(head.as_bytes()).unwrap();
    // The server has begun to read it.
    std::thread::sleep(Duration::from_millis(200));
    stream
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
