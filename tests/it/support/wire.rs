//! HTTP by hand, where a test is about the bytes or their pace.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// A connection to `port` of this machine.
pub(crate) fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

/// Sends `text` as it is, and reads to the end.
pub(crate) fn exchange(port: u16, text: &str) -> String {
    let mut stream = connect(port);
    stream.write_all(text.as_bytes()).unwrap();
    rest(&mut stream)
}

/// What still comes, to the end.
pub(crate) fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

/// A GET with `headers`, each with its line end.
pub(crate) fn get(port: u16, path: &str, headers: &str) -> String {
    exchange(port, &format!("GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n"))
}

/// The status of an answer; 0 if there is none.
pub(crate) fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

/// What follows the head.
pub(crate) fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}
