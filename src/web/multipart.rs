//! The body of a form with a file in it (RFC 7578): bounded, in time, a few parts.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use tokio::time::timeout;

use crate::web::form::BadForm;

/// The parts of a form, each with its name and its octets.
#[derive(Debug, Eq, PartialEq)]
pub struct Parts(Vec<(String, Vec<u8>)>);

impl Parts {
    /// The octets of the part called `name`; `None` if there is none, or more than one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let mut found = self.0.iter().filter(|(part, _)| part == name);
        match (found.next(), found.next()) {
            (Some((_, octets)), None) => Some(octets),
            _ => None,
        }
    }
}

/// Reads a form of at most `limit` octets.
///
/// # Errors
/// When it is no such form, is longer, or does not come in time.
pub async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Parts, BadForm> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = boundary(kind).ok_or(BadForm::Kind)?;
    let bytes = timeout(PATIENCE, to_bytes(body, limit)).await.map_err(|_| BadForm::TooSlow)?;
    let bytes = bytes.map_err(|_| BadForm::TooLong)?;
    parts(&bytes, &boundary).ok_or(BadForm::Kind)
}

fn boundary(kind: &str) -> Option<String> {
    let (name, parameters) = kind.split_once(';')?;
    if !name.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let said = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    })?;
    (1..=70).contains(&said.len()).then(|| said.to_owned())
}

/// `None` for what is no body of that boundary, whole.
fn parts(body: &[u8], boundary: &str) -> Option<Parts> {
    let (first, next) = (format!("--{boundary}"), format!("\r\n--{boundary}"));
    let mut rest = body.strip_prefix(first.as_bytes())?;
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(Parts(parts));
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let head = find(rest, b"\r\n\r\n")?;
        let name = name(std::str::from_utf8(&rest[..head]).ok()?)?;
        rest = &rest[head + 4..];
        let end = find(rest, next.as_bytes())?;
        if parts.len() == MAX_PARTS {
            return None;
        }
        parts.push((name, rest[..end].to_vec()));
        rest = &rest[end + next.len()..];
    }
}

/// The `name` of a part's `Content-Disposition`.
fn name(head: &str) -> Option<String> {
    let line = head.split("\r\n").find(|line| {
        line.get(..20).is_some_and(|start| start.eq_ignore_ascii_case("content-disposition:"))
    })?;
    let said = line.split(';').map(str::trim).find_map(|part| part.strip_prefix("name="))?;
    Some(said.trim_matches('"').to_owned())
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|here| here == wanted)
}

const MAX_PARTS: usize = 8;
/// How long a body may take.
const PATIENCE: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BODY: &[u8] = b"--X\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na\r\n--X is text\r\n\
        --X\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.xml\"\r\nContent-Type: text/xml\r\n\r\n\xff\r\n--X--\r\n";

    #[test]
    fn a_body_is_taken_apart() {
        assert_eq!(boundary("multipart/form-data; boundary=X").as_deref(), Some("X"));
        assert_eq!(
            boundary("Multipart/Form-Data; charset=utf-8; boundary=\"X\"").as_deref(),
            Some("X")
        );
        for bad in
            ["text/plain; boundary=X", "multipart/form-data", "multipart/form-data; boundary="]
        {
            assert_eq!(boundary(bad), None, "{bad}");
        }
        let body = BODY.to_vec();
        let plain = String::from_utf8_lossy(&body).replace("--X is", "==X is");
        let read = parts(plain.as_bytes(), "X").unwrap();
        assert_eq!(read.get("text"), Some(b"a\r\n==X is text".as_slice()));
        assert!(read.get("file").is_some() && read.get("other").is_none());
        assert!(
            parts(&body, "X").is_none(),
            "a boundary within a part ends it, and what follows is none"
        );
        assert!(parts(&body[..body.len() - 6], "X").is_none(), "cut");
    }

    proptest! {
        #[test]
        fn anything_may_come(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parts(&body, "X");
            let whole = [b"--X\r\n".as_slice(), &body].concat();
            let _ = parts(&whole, "X");
        }
    }
}
