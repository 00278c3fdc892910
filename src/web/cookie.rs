//! Cookies: read from a request, written so that no script, no other site and
//! no other host gets them (`__Host-`, Secure, HttpOnly, SameSite=Lax).

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

/// The cookie that names the browser of one login, by the first characters of the login's handle:
/// several logins in several tabs keep out of each other's way.
#[must_use]
pub fn login_name(handle: &str) -> String {
    let short: String = handle.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    format!("__Host-login-{short}")
}

/// The cookie that names the browser of one logout, in the same way.
#[must_use]
pub fn logout_name(handle: &str) -> String {
    let short: String = handle.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    format!("__Host-logout-{short}")
}

/// The cookie that names the browser of one recovery, in the same way.
#[must_use]
pub fn recovery_name(handle: &str) -> String {
    let short: String = handle.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    format!("__Host-recovery-{short}")
}

/// The cookie of a browser from which somebody has logged in before.
pub const DEVICE: &str = "__Host-device";
/// The cookie of a browser's session.
pub const SESSION: &str = "__Host-session";
/// The cookie of the identity provider that was used last: known to this browser alone.
pub const WAY: &str = "__Host-way";
/// The cookie of the browser that has begun to check a card.
pub const CARD_CHECK: &str = "__Host-card-check";
/// The cookie of a phone with the app.
pub const PHONE: &str = "__Host-phone";
/// The cookie of a chosen language.
pub const LANGUAGE: &str = "__Host-language";

/// The value of the cookie `name`; none if it is there twice with different values.
#[must_use]
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = None;
    for header in headers.get_all(COOKIE) {
        for pair in header.to_str().ok()?.split(';') {
            let Some((key, value)) = pair.trim().split_once('=') else { continue };
            if key != name {
                continue;
            }
            match found {
                None => found = Some(value),
                Some(other) if other == value => {}
                Some(_) => return None,
            }
        }
    }
    found
}

/// A `Set-Cookie` value; `seconds` is how long the browser keeps it.
#[must_use]
pub fn write(name: &str, value: &str, seconds: i64) -> String {
    format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")
}

/// A `Set-Cookie` value that removes a cookie.
#[must_use]
pub fn remove(name: &str) -> String {
    write(name, "", 0)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use axum::http::header::COOKIE;

    use super::{login_name, read, write};

    fn headers(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, value.parse().unwrap());
        headers
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        assert_eq!(read(&headers("a=1; __Host-device=x; b=2"), "__Host-device"), Some("x"));
        assert_eq!(read(&headers("x__Host-device=x"), "__Host-device"), None);
    }

    #[test]
    fn two_values_of_one_name_are_none() {
        assert_eq!(read(&headers("a=1; a=2"), "a"), None);
        assert_eq!(read(&headers("a=1; a=1"), "a"), Some("1"));
    }

    #[test]
    fn a_cookie_is_for_this_host_alone_and_for_no_script() {
        assert_eq!(
            write(&login_name("aB-3_defghijk"), "v", 60),
            "__Host-login-aB3defgh=v; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax"
        );
    }
}
