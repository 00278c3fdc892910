//! The body of a form: bounded, in time, each field that decides anything there once.

use std::borrow::Cow;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use tokio::time::timeout;
use url::form_urlencoded;

/// Why a body is no form of ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadForm {
    /// Not `application/x-www-form-urlencoded`, or not UTF-8.
    #[error("the body is not a form")]
    Kind,
    /// Longer than this route takes.
    #[error("the body is too long")]
    TooLong,
    /// It did not come in time.
    #[error("the body did not come in time")]
    TooSlow,
    /// A field is missing, or there twice.
    #[error("the field {0} must be there once")]
    Field(&'static str),
}

/// Reads a form of at most `limit` bytes, as received.
///
/// # Errors
/// [`BadForm`], but never [`BadForm::Field`].
pub async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<String, BadForm> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(BadForm::Kind);
    }
    let bytes = timeout(PATIENCE, to_bytes(body, limit)).await.map_err(|_| BadForm::TooSlow)?;
    let bytes = bytes.map_err(|_| BadForm::TooLong)?;
    String::from_utf8(bytes.into()).map_err(|_| BadForm::Kind)
}

/// The field `name` of `form`, decoded.
///
/// # Errors
/// [`BadForm::Field`].
pub fn field<'a>(form: &'a str, name: &'static str) -> Result<Cow<'a, str>, BadForm> {
    optional(form, name)?.ok_or(BadForm::Field(name))
}

/// The field `name` of `form`, decoded, if it is there.
///
/// # Errors
/// [`BadForm::Field`] if it is there more than once.
pub fn optional<'a>(form: &'a str, name: &'static str) -> Result<Option<Cow<'a, str>>, BadForm> {
    let mut found =
        form_urlencoded::parse(form.as_bytes()).filter(|(key, _)| key == name).map(|(_, v)| v);
    match (found.next(), found.next()) {
        (value, None) => Ok(value),
        _ => Err(BadForm::Field(name)),
    }
}

/// How long a body may take.
const PATIENCE: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use super::{BadForm, field, optional};

    #[test]
    fn a_field_must_be_there_once() {
        assert_eq!(field("a=1&b=x+y%26", "b").as_deref(), Ok("x y&"));
        assert_eq!(field("a=1&b=2&b=2", "b"), Err(BadForm::Field("b")));
        assert_eq!(field("a=1", "b"), Err(BadForm::Field("b")));
        assert_eq!(optional("a=1", "b"), Ok(None));
        assert_eq!(optional("b=1", "b").unwrap().as_deref(), Some("1"));
        assert_eq!(optional("b=1&b=2", "b"), Err(BadForm::Field("b")));
    }
}
