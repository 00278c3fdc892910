//! Addresses that a browser may be sent to.

use std::net::IpAddr;

use url::{Host, Url};

/// Whether `location` is an absolute address of HTTPS, or of HTTP on this machine alone
/// (`localhost`, `*.localhost`, loopback addresses): in plain characters, without user name,
/// password or fragment, and no longer than SAML's 1 024 (SAML Metadata §2.2.2).
#[must_use]
pub fn is_acceptable(location: &str) -> bool {
    // The parser would drop tabs and line ends, and what is compared and shown is the text.
    let is_plain = location.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_plain || location.len() > MAX_LENGTH {
        return false;
    }
    let Ok(url) = Url::parse(location) else { return false };
    let is_bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    is_bare
        && match url.scheme() {
            // The parser also reads `https:host` and back-slashes, which others read otherwise.
            "https" => has_authority(location, "https://") && url.has_host(),
            "http" => has_authority(location, "http://") && is_loopback(&url),
            _ => false,
        }
}

fn has_authority(location: &str, start: &str) -> bool {
    location.get(..start.len()).is_some_and(|said| said.eq_ignore_ascii_case(start))
        && !location.contains('\\')
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

const MAX_LENGTH: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_anywhere_and_http_here() {
        for good in [
            "https://sp.example.org/acs",
            "HTTPS://sp.example.org/acs?x=1&y=%20",
            "https://sp.example.org:8443/acs",
            "http://localhost:8000/acs",
            "http://sp.localhost/acs",
            "http://127.0.0.1:1/",
            "http://127.8.8.8/",
            "http://[::1]/acs",
        ] {
            assert!(is_acceptable(good), "{good}");
        }
    }

    #[test]
    fn nothing_else() {
        for bad in [
            "",
            "/acs",
            "//sp.example.org/acs",
            "sp.example.org/acs",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://sp.example.org/",
            "http://sp.example.org/acs",
            "http://localhost.example.org/acs",
            "http://127.0.0.1.example.org/acs",
            "http://10.0.0.1/acs",
            "https://user@sp.example.org/acs",
            "https://:secret@sp.example.org/acs",
            "https://sp.example.org/acs#fragment",
            "https:sp.example.org/acs",
            "https:/sp.example.org/acs",
            "https:\\\\sp.example.org\\acs",
            "https://sp.example.org\\@evil.example.com/",
            " https://sp.example.org/acs",
            "https://sp.example.org/a cs",
            "https://sp.exam\tple.org/acs",
            "https://sp.example.org/acs\n",
            "https://sp.example.org/à",
            "https://",
        ] {
            assert!(!is_acceptable(bad), "{bad}");
        }
        assert!(!is_acceptable(&format!("https://sp.example.org/{}", "a".repeat(1024))));
    }
}
