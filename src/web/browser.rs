//! Which browsers the pages are made for (IC-22): the others are told so instead of failing in silence.

use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, Method};

/// Whether the browser is one that is known to be too old. Whoever is not known is let in.
#[must_use]
pub fn is_too_old(headers: &HeaderMap) -> bool {
    let Some(agent) = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()) else {
        return false;
    };
    // What it calls itself first decides: newer browsers name older ones after themselves.
    if agent.contains("MSIE ") || agent.contains("Trident/") {
        return true;
    }
    for (name, oldest) in OLDEST {
        if let Some(version) = version(agent, name) {
            return version < oldest;
        }
    }
    // Only Safari itself has its number here; others that look like it were found above.
    agent.contains("Safari/") && version(agent, "Version/").is_some_and(|version| version < 13)
}

/// Whether `path` is a page that a person looks at, and not a document, an asset or a probe.
#[must_use]
pub fn is_page(method: &Method, path: &str) -> bool {
    let page = path == "/" || PAGES.iter().any(|start| path.starts_with(start));
    page && matches!(*method, Method::GET | Method::POST)
}

fn version(agent: &str, name: &str) -> Option<u32> {
    let after = &agent[agent.find(name)? + name.len()..];
    let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    after[..end].parse().ok()
}

/// The oldest version of each that is supported, in the order in which names are looked for.
const OLDEST: [(&str, u32); 8] = [
    // EdgeHTML, up to 18; the Edge of today calls itself `Edg/`.
    ("Edge/", u32::MAX),
    ("Edg/", 80),
    ("OPR/", 67),
    ("SamsungBrowser/", 13),
    ("CriOS/", 80),
    ("FxiOS/", 24),
    ("Firefox/", 78),
    ("Chrome/", 80),
];

const PAGES: [&str; 3] = ["/login/", "/saml/", "/account"];

#[cfg(test)]
mod tests {
    use super::*;

    /// IC-22: the matrix of browsers.
    #[test]
    fn old_browsers_are_told_apart() {
        const SAFARI: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)";
        let chrome = |version: &str| {
            format!(
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version} Safari/537.36"
            )
        };
        let matrix = [
            ("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)".to_owned(), true),
            ("Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)".to_owned(), true),
            ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko".to_owned(), true),
            (chrome("64.0.3282.140") + " Edge/18.17763", true),
            (chrome("120.0.0.0") + " Edg/120.0.0.0", false),
            (chrome("79.0.3945.130"), true),
            (chrome("80.0.3987.87"), false),
            (chrome("131.0.0.0"), false),
            (chrome("131.0.0.0") + " OPR/116.0.0.0", false),
            (chrome("78.0.3904.108") + " OPR/65.0.3467.48", true),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:77.0) Gecko/20100101 Firefox/77.0".to_owned(), true),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:78.0) Gecko/20100101 Firefox/78.0".to_owned(), false),
            (format!("{SAFARI} Version/12.1.2 Safari/605.1.15"), true),
            (format!("{SAFARI} Version/17.4 Safari/605.1.15"), false),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/123.0.6312.52 Mobile/15E148 Safari/604.1".to_owned(), false),
            ("Mozilla/5.0 (Linux; Android 13; SM-S908B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36".to_owned(), false),
            ("Mozilla/5.0 (Linux; Android 4.4; Nexus 5) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/30.0.0.0 Mobile Safari/537.36".to_owned(), true),
            ("curl/8.5.0".to_owned(), false),
            ("NVDA and something new".to_owned(), false),
            (String::new(), false),
        ];
        for (agent, expected) in matrix {
            let mut headers = HeaderMap::new();
            headers.insert(USER_AGENT, agent.parse().unwrap());
            assert_eq!(is_too_old(&headers), expected, "{agent}");
        }
        assert!(!is_too_old(&HeaderMap::new()));
    }

    #[test]
    fn documents_and_probes_are_no_pages() {
        for path in ["/", "/login/x", "/login/x/password", "/saml/sso", "/account"] {
            assert!(is_page(&Method::GET, path), "{path}");
        }
        for path in
            ["/metadata", "/assets/1/ponte.css", "/health", "/ready", "/metrics", "/help/browsers"]
        {
            assert!(!is_page(&Method::GET, path), "{path}");
        }
    }
}
