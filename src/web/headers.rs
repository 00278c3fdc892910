//! The headers that every answer bears: what a page may load, who may frame
//! it, what it tells others.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// Sets what `headers` does not say already; `https` adds HSTS (RFC 6797).
pub fn harden(headers: &mut HeaderMap, https: bool) {
    headers.reserve(MOST);
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(CONTENT_SECURITY_POLICY, NOTHING);
    default(CACHE_CONTROL, "no-store");
    default(REFERRER_POLICY, "same-origin");
    default(X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(X_FRAME_OPTIONS, "DENY");
    default(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    default(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    default(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    );
    if https {
        default(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}

/// How many it sets, so that the table grows once.
const MOST: usize = 9;

const NOTHING: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
