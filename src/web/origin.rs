//! Where a request comes from: the host it names, the site that sent it, the
//! address of its sender.

use std::net::{IpAddr, SocketAddr};

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Uri};
use url::{Position, Url};

use crate::flow::network::{ForwardedBy, Proxies};

/// Whether the request names the host of `base`, exactly (RFC 9110 §7.4).
#[must_use]
pub fn is_our_host(headers: &HeaderMap, uri: &Uri, base: &Url) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Ok(host) = host.to_str() else { return false };
    let agrees = uri.authority().is_none_or(|authority| authority.as_str() == host);
    // The port is there unless it is the scheme's own.
    agrees && host.eq_ignore_ascii_case(&base[Position::BeforeHost..Position::AfterPort])
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

/// The address of whoever sent the request: the connection's, or the one that declared proxies name (nobody else's
/// word counts).
#[must_use]
pub fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> IpAddr {
    if !proxies.contain(peer) {
        return peer.to_canonical();
    }
    forwarded_client(headers, proxies).unwrap_or(peer).to_canonical()
}

/// Whom the declared proxies speak for; `None` if they name nobody, or not plainly.
///
/// Each proxy adds at the end the address that it was asked by, so the list is read from the end: what a declared proxy
/// added is believed, and the first address that is no declared proxy is the client, whatever it wrote before.
#[must_use]
pub fn forwarded_client(headers: &HeaderMap, proxies: &Proxies) -> Option<IpAddr> {
    match proxies.header {
        ForwardedBy::XForwardedFor => {
            let values = texts(headers, "x-forwarded-for");
            walk(values.iter().flat_map(|value| value.split(',')).map(address).collect(), proxies)
        }
        ForwardedBy::Forwarded => {
            let joined = texts(headers, "forwarded").join(",");
            walk(elements(&joined).into_iter().map(for_of).collect(), proxies)
        }
    }
}

/// The values of a header; what is no text is there all the same.
fn texts<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h str> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect()
}

/// From the last address to the first that is no declared proxy; `None` behind one that cannot be read.
fn walk(addresses: Vec<Option<IpAddr>>, proxies: &Proxies) -> Option<IpAddr> {
    let mut last = None;
    for address in addresses.into_iter().rev().take(MAX_HOPS) {
        last = Some(address?);
        if !proxies.contain(address?) {
            return address;
        }
    }
    last
}

/// An address, alone or with a port: `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]:80`, `2001:db8::1`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let found = bare.parse().or_else(|_| text.parse().map(|socket: SocketAddr| socket.ip()));
    found.ok().map(|address: IpAddr| address.to_canonical())
}

/// The elements of `Forwarded` (RFC 7239 §4): commas part them, but not within quotes.
fn elements(value: &str) -> Vec<&str> {
    let mut quoted = false;
    value
        .split(|c| {
            quoted ^= c == '"';
            c == ',' && !quoted
        })
        .collect()
}

/// The address of `for=`; an obfuscated one (`_hidden`, `unknown`) is none, nor is one given twice.
fn for_of(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim())
    });
    let (value, None) = (pairs.next()?, pairs.next()) else { return None };
    let bare = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    address(bare)
}

/// More proxies than this between us and anybody are not proxies.
const MAX_HOPS: usize = 32;

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, Uri};
    use url::Url;

    use super::{client_address, is_from_us, is_our_host};
    use crate::flow::network::{ForwardedBy, Network, Proxies};

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

    fn client(peer: &str, said: &[(&'static str, &str)], proxies: &[&str]) -> String {
        let header = match said.first() {
            Some(("forwarded", _)) => ForwardedBy::Forwarded,
            _ => ForwardedBy::XForwardedFor,
        };
        let networks = proxies.iter().map(|text| Network::parse(text).unwrap()).collect();
        let proxies = Proxies { networks, header };
        client_address(peer.parse().unwrap(), &headers(said), &proxies).to_string()
    }

    #[test]
    fn forwarded_addresses_are_believed_from_declared_proxies_only() {
        for said in [("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=203.0.113.7")] {
            assert_eq!(client("203.0.113.9", &[said], &["10.0.0.1"]), "203.0.113.9");
            assert_eq!(client("10.0.0.1", &[said], &["10.0.0.1"]), "203.0.113.7");
            assert_eq!(client("10.0.0.1", &[said], &["10.0.0.0/24"]), "203.0.113.7");
            assert_eq!(client("::ffff:10.0.0.1", &[said], &["10.0.0.0/24"]), "203.0.113.7");
            assert_eq!(client("10.0.1.1", &[said], &["10.0.0.0/24"]), "10.0.1.1");
            assert_eq!(client("10.0.0.1", &[said], &[]), "10.0.0.1");
        }
        assert_eq!(client("10.0.0.1", &[], &["10.0.0.1"]), "10.0.0.1");
    }

    /// Whatever the client wrote before the first proxy added to it is not read.
    #[test]
    fn a_chain_of_proxies_is_read_from_its_end() {
        let proxies = ["10.0.0.0/24", "2001:db8:1::/48"];
        for (said, expected) in [
            ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
            ("198.51.100.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
            ("10.0.0.9, 203.0.113.7, 10.0.0.3, 10.0.0.2", "203.0.113.7"),
            ("nonsense, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
            ("2001:db8:2::7, 2001:db8:1::1", "2001:db8:2::7"),
            ("[2001:db8:2::7]:4711, [2001:db8:1::1]", "2001:db8:2::7"),
            ("203.0.113.7:4711", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("10.0.0.5", "10.0.0.5"),
        ] {
            assert_eq!(
                client("10.0.0.1", &[("x-forwarded-for", said)], &proxies),
                expected,
                "{said}"
            );
        }
        let twice = [("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", "203.0.113.7")];
        assert_eq!(client("10.0.0.1", &twice, &proxies), "203.0.113.7");
        for (said, expected) in [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
            ("for=198.51.100.1, for=192.0.2.43, for=10.0.0.4", "192.0.2.43"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=\"192.0.2.1, 192.0.2.2\", for=192.0.2.43", "192.0.2.43"),
        ] {
            assert_eq!(client("10.0.0.1", &[("forwarded", said)], &proxies), expected, "{said}");
        }
    }

    #[test]
    fn hostile_values_name_nobody() {
        let long = "1.1.1.1,".repeat(5000);
        for said in [
            "",
            " ",
            ",",
            "nonsense",
            "203.0.113.7, ",
            "203.0.113.7, unknown",
            "203.0.113.7; x",
            "0x7f.1",
            "127.1",
            "203.0.113.7/24",
            "localhost",
            "<script>",
            "203.0.113.7%0d%0aX: y",
        ] {
            assert_eq!(
                client("10.0.0.1", &[("x-forwarded-for", said)], &["10.0.0.1"]),
                "10.0.0.1",
                "{said}"
            );
        }
        for said in [
            "",
            "for=",
            "for=unknown",
            "for=_hidden",
            "by=192.0.2.1",
            "for=192.0.2.1;for=192.0.2.2",
            "for=\"192.0.2.1",
            "192.0.2.1",
        ] {
            assert_eq!(
                client("10.0.0.1", &[("forwarded", said)], &["10.0.0.1"]),
                "10.0.0.1",
                "{said}"
            );
        }
        assert_eq!(
            client("10.0.0.1", &[("x-forwarded-for", long.as_str())], &["10.0.0.1"]),
            "10.0.0.1"
        );
    }

    /// A proxy that adds to one header passes the other one through as its client wrote it.
    #[test]
    fn the_other_header_is_not_read() {
        let both = [("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=198.51.100.1")];
        assert_eq!(client("10.0.0.1", &both, &["10.0.0.1"]), "203.0.113.7");
        let both = [("forwarded", "for=198.51.100.1"), ("x-forwarded-for", "203.0.113.7")];
        assert_eq!(client("10.0.0.1", &both, &["10.0.0.1"]), "198.51.100.1");
    }
}
