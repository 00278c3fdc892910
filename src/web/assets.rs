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

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use axum::{Router, routing};
    use tower::ServiceExt;

    use super::*;

    async fn get(path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let router = Router::new().route(ROUTE, routing::get(serve));
        let answer = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        (parts.status, parts.headers, to_bytes(body, usize::MAX).await.unwrap().to_vec())
    }

    #[tokio::test]
    async fn each_file_is_kept_for_good_and_known_by_its_tag() {
        for asset in all() {
            let (status, headers, body) = get(&path(asset.name), &[]).await;
            assert_eq!(status, StatusCode::OK, "{}", asset.name);
            assert_eq!(headers[header::CONTENT_TYPE], asset.media_type);
            assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
            assert!(!headers.contains_key(header::CONTENT_ENCODING));
            let plain =
                if asset.gzipped { inflate(asset.bytes).unwrap() } else { asset.bytes.to_vec() };
            assert_eq!(body, plain, "{}", asset.name);

            let tag = headers[header::ETAG].to_str().unwrap();
            let again = get(&path(asset.name), &[("if-none-match", tag)]).await;
            assert_eq!((again.0, again.2.len()), (StatusCode::NOT_MODIFIED, 0));
            let other = get(&path(asset.name), &[("if-none-match", "\"x\"")]).await;
            assert_eq!(other.0, StatusCode::OK);
        }
    }

    #[tokio::test]
    async fn what_is_stored_in_gzip_goes_so_to_whoever_takes_it() {
        for asset in all() {
            for (accepted, takes) in [
                ("gzip, br", true),
                ("br;q=1, GZIP;q=0.5", true),
                ("gzip;q=0", false),
                ("br", false),
            ] {
                let (_, headers, body) =
                    get(&path(asset.name), &[("accept-encoding", accepted)]).await;
                let encoded = headers.contains_key(header::CONTENT_ENCODING);
                assert_eq!(encoded, takes && asset.gzipped, "{} {accepted}", asset.name);
                assert_eq!(body == asset.bytes, encoded || !asset.gzipped);
                assert_eq!(headers.contains_key(header::VARY), asset.gzipped);
            }
        }
    }

    #[tokio::test]
    async fn another_digest_or_name_is_not_found() {
        let good = path("ponte.css");
        assert_eq!(get(&good, &[]).await.0, StatusCode::OK);
        for bad in [good.replace(DIGEST, "0123456789abcdef"), path("ponte.cs"), path("..%2Fx")] {
            let (status, _, body) = get(&bad, &[]).await;
            assert_eq!((status, body.len()), (StatusCode::NOT_FOUND, 0), "{bad}");
        }
    }
}
