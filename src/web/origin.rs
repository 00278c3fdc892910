//! Where a request comes from: the host it names, the site that sent it, the
//! address of its sender.

use std::net::IpAddr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Uri};
use url::Url;

/// Whether the request names the host of `base`, exactly (RFC 9110 §7.4).
#[must_use]
pub fn is_our_host(headers: &HeaderMap, uri: &Uri, base: &Url) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Ok(host) = host.to_str() else { return false };
    let agrees = uri.authority().is_none_or(|authority| authority.as_str() == host);
    agrees && host.eq_ignore_ascii_case(&authority(base))
}

/// The host and, unless it is the scheme's own, the port of `base`.
fn authority(base: &Url) -> String {
    let host = base.host_str().unwrap_or_default();
    base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whether a form was sent by a page of ours, as far as the browser tells.
///
/// A browser that tells neither `Sec-Fetch-Site` nor `Origin` is left to the form's token.
#[must_use]
pub fn is_from_us(headers: &HeaderMap, base: &Url) -> bool {
    if let Some(site) = headers.get("sec-fetch-site")
        && site != "same-origin"
    {
        return false;
    }
    headers.get(ORIGIN).is_none_or(|origin| origin == base.origin().ascii_serialization().as_str())
}

/// The address of whoever sent the request: the connection's, or the one that a declared proxy
/// names last in `X-Forwarded-For` (nobody else's word counts).
#[must_use]
pub fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    if !proxies.contains(&peer) {
        return peer;
    }
    let named: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let mut address = peer;
    for name in named.iter().rev() {
        let Ok(next) = name.parse() else { return address };
        address = next;
        if !proxies.contains(&address) {
            return address;
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use axum::http::{HeaderMap, Uri};
    use url::Url;

    use super::{client_address, is_from_us, is_our_host};

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn base() -> Url {
        Url::parse("http://idp.localhost:8080/").unwrap()
    }

    #[test]
    fn only_the_configured_host_is_ours() {
        let uri = Uri::from_static("/login/x");
        assert!(is_our_host(&headers(&[("host", "idp.localhost:8080")]), &uri, &base()));
        assert!(is_our_host(&headers(&[("host", "IDP.localhost:8080")]), &uri, &base()));
        for other in ["idp.localhost", "evil.example", "idp.localhost:8080.evil.example", ""] {
            assert!(!is_our_host(&headers(&[("host", other)]), &uri, &base()), "{other}");
        }
        let twice = headers(&[("host", "idp.localhost:8080"), ("host", "idp.localhost:8080")]);
        assert!(!is_our_host(&twice, &uri, &base()));
        let absolute = Uri::from_static("http://evil.example/login/x");
        assert!(!is_our_host(&headers(&[("host", "idp.localhost:8080")]), &absolute, &base()));
    }

    #[test]
    fn a_form_of_another_site_is_not_from_us() {
        assert!(is_from_us(&headers(&[]), &base()));
        assert!(is_from_us(&headers(&[("origin", "http://idp.localhost:8080")]), &base()));
        assert!(is_from_us(&headers(&[("sec-fetch-site", "same-origin")]), &base()));
        for (name, value) in [
            ("origin", "http://sp.localhost:8081"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert!(!is_from_us(&headers(&[(name, value)]), &base()), "{name}: {value}");
        }
    }

    #[test]
    fn forwarded_addresses_are_believed_from_declared_proxies_only() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let stranger: IpAddr = "203.0.113.9".parse().unwrap();
        let said = headers(&[("x-forwarded-for", "198.51.100.1, 203.0.113.7")]);
        assert_eq!(client_address(stranger, &said, &[proxy]), stranger);
        assert_eq!(client_address(proxy, &said, &[proxy]).to_string(), "203.0.113.7");
        assert_eq!(client_address(proxy, &headers(&[]), &[proxy]), proxy);
        let broken = headers(&[("x-forwarded-for", "nonsense")]);
        assert_eq!(client_address(proxy, &broken, &[proxy]), proxy);
    }
}
