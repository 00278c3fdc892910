//! Stylesheets, fonts, icons and scripts, compiled in (`build.rs` makes the table).
//!
//! All of them bear one digest in their address, so a browser may keep them for good and
//! a stylesheet finds its fonts beside it.

use std::borrow::Cow;
use std::io::Read;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;

/// One file.
#[derive(Debug)]
pub struct Asset {
    /// Its name, without folders.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Whether `bytes` are in gzip.
    pub gzipped: bool,
    /// Its contents.
    pub bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The pattern of their addresses, for the router; [`serve`] answers there.
pub const ROUTE: &str = "/assets/{digest}/{name}";

/// Every file.
#[must_use]
pub fn all() -> &'static [Asset] {
    ASSETS
}

/// The path at which the file named `name` is served.
#[must_use]
pub fn path(name: &str) -> String {
    format!("/assets/{DIGEST}/{name}")
}

/// The file named `name` of the set with this digest.
#[must_use]
pub fn find(digest: &str, name: &str) -> Option<&'static Asset> {
    (digest == DIGEST).then(|| ASSETS.iter().find(|asset| asset.name == name)).flatten()
}

/// Answers a GET or HEAD at [`ROUTE`]; an unknown digest or name is 404 with an empty body.
pub async fn serve(Path((digest, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(asset) = find(&digest, &name) else { return StatusCode::NOT_FOUND.into_response() };
    let as_stored = !asset.gzipped || accepts_gzip(&headers);
    let tag = if asset.gzipped && as_stored { "-gz" } else { "" };
    let etag = format!("\"{DIGEST}{tag}\"");
    let mut answer = if matches(&headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if as_stored {
        asset.bytes.into_response()
    } else {
        match inflate(asset.bytes) {
            Ok(bytes) => bytes.into_response(),
            Err(_) => return StatusCode::NOT_ACCEPTABLE.into_response(),
        }
    };
    let head = answer.headers_mut();
    let mut set = |name: HeaderName, value: Cow<'static, str>| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            head.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, asset.media_type.into());
    set(header::CACHE_CONTROL, "public, max-age=31536000, immutable".into());
    set(header::ETAG, etag.into());
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff".into());
    if asset.gzipped {
        set(header::VARY, "accept-encoding".into());
        if as_stored {
            set(header::CONTENT_ENCODING, "gzip".into());
        }
    }
    answer
}

/// Whether gzip is named and not refused (RFC 9110 §12.5.3).
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(
        |coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let refused = weight.trim().strip_prefix("q=").is_some_and(|q| {
                q.starts_with('0') && q.bytes().all(|digit| matches!(digit, b'0' | b'.'))
            });
            name.trim().eq_ignore_ascii_case("gzip") && !refused
        },
    )
}

fn matches(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag))
}

fn inflate(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut plain)?;
    Ok(plain)
}
