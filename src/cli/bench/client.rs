//! A browser with nothing but a connection, so that it costs as little as it can.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// A connection that is kept.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    host: String,
    buffer: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The head, as it came.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Client {
    /// Connects to the server at `address`, which goes by the name of `host`.
    ///
    /// # Errors
    /// When there is no connection.
    pub fn connect(address: SocketAddr, host: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, host: host.to_owned(), buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Sends a GET.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn get(&mut self, path: &str, cookie: &str) -> io::Result<Answer> {
        let cookie = cookie_header(cookie);
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{cookie}\r\n", self.host);
        self.exchange(head.as_bytes())
    }

    /// Sends a form.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn post(&mut self, path: &str, cookie: &str, form: &str) -> io::Result<Answer> {
        let (cookie, length) = (cookie_header(cookie), form.len());
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\n{cookie}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}",
            self.host
        );
        self.exchange(request.as_bytes())
    }

    fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request)?;
        self.buffer.clear();
        let mut piece = [0; 32 * 1024];
        loop {
            let read = self.stream.read(&mut piece)?;
            if read == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
            self.buffer.extend_from_slice(&piece[..read]);
            let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
            let length = header(&head, "content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
            let body = &self.buffer[end + 4..];
            if body.len() >= length {
                let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
                let body = String::from_utf8_lossy(&body[..length]).into_owned();
                return Ok(Answer { status: status.unwrap_or(0), head, body });
            }
        }
    }
}

impl Answer {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// The first cookie that it sets, as it is sent back.
    #[must_use]
    pub fn cookie(&self) -> Option<&str> {
        self.header("set-cookie")?.split(';').next()
    }

    /// The cookie that it sets of those that begin with `name`, as it is sent back.
    #[must_use]
    pub fn cookie_named(&self, name: &str) -> Option<&str> {
        let set = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut set = set.filter(|(header, _)| header.eq_ignore_ascii_case("set-cookie"));
        let (_, value) = set.find(|(_, value)| value.trim().starts_with(name))?;
        value.trim().split(';').next()
    }

    /// What follows `before` in the body, up to a quotation mark.
    #[must_use]
    pub fn after(&self, before: &str) -> Option<&str> {
        let rest = &self.body[self.body.find(before)? + before.len()..];
        rest.split('"').next()
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn cookie_header(cookie: &str) -> String {
    if cookie.is_empty() { String::new() } else { format!("Cookie: {cookie}\r\n") }
}
