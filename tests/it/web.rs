//! Every row of "Web" in docs/threats.md, over real HTTP.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use crate::support::agent::Agent;
use crate::support::citizen::send;
use crate::support::house::House;

/// Sends `head` (and whatever follows) as it is, and reads to the end.
fn raw(house: &House, text: &str) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, house.port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

fn ask(house: &House, method: &str, path: &str, headers: &str) -> String {
    let host = format!("idp.localhost:{}", house.port);
    raw(
        house,
        &format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"),
    )
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next()?;
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

#[test]
fn every_answer_bears_the_headers_that_protect_its_reader() {
    let house = House::new();
    let login = send(&mut Agent::new(), &house.spid(2, |_| {})).unwrap();
    let path = login.url.path().to_owned();
    for path in ["/", "/metadata", "/saml/sso", "/nowhere", "/language", path.as_str()] {
        let answer = ask(&house, "GET", path, "");
        let policy = header(&answer, "content-security-policy").unwrap_or_default();
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(header(&answer, "referrer-policy"), Some("same-origin"), "{path}");
        assert_eq!(header(&answer, "cross-origin-opener-policy"), Some("same-origin"), "{path}");
        assert!(header(&answer, "permissions-policy").is_some(), "{path}");
        assert_eq!(header(&answer, "server"), None, "{path}: no version");
    }
}

#[test]
fn login_pages_are_kept_by_no_cache_and_hold_nothing_inline() {
    let house = House::new();
    let page = send(&mut Agent::new(), &house.spid(2, |_| {})).unwrap();
    assert_eq!(page.header("cache-control"), Some("no-store"));
    for inline in ["<script>", " style=", " onclick=", "javascript:"] {
        assert!(!page.body.contains(inline), "{inline}");
    }
}

#[test]
fn only_the_answer_may_be_posted_elsewhere_and_only_there() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let consent = house.walk(&mut agent, &house.spid(2, |_| {}), &anna);
    let policy = consent.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self';"), "{policy}");
    let answer = house.accept(&mut agent, &consent);
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://sp.example.org;"), "{policy}");
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
}

#[test]
fn cookies_are_for_this_host_and_no_script() {
    let house = House::new();
    let page = house.spid(2, |_| {});
    let path = page.url.split_once(&format!(":{}", house.port)).unwrap().1;
    let answer = ask(&house, "GET", path, "");
    let cookie = header(&answer, "set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-login-"), "{cookie}");
    for part in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"));
    let secret = cookie.split(['=', ';']).nth(1).unwrap();
    let location = header(&answer, "location").unwrap();
    assert_eq!(status(&answer), 303);
    assert!(!location.contains(secret), "no secret in an address");
}

#[test]
fn another_host_is_misdirected() {
    let house = House::new();
    let good = format!("idp.localhost:{}", house.port);
    for (host, expected) in [
        (good.as_str(), 200),
        ("idp.localhost", 421),
        ("evil.example", 421),
        (&format!("127.0.0.1:{}", house.port), 421),
    ] {
        let answer =
            raw(&house, &format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        assert_eq!(status(&answer), expected, "{host}");
    }
    let forwarded = ask(&house, "GET", "/", "X-Forwarded-Host: evil.example\r\n");
    assert_eq!(status(&forwarded), 200);
    assert!(!forwarded.contains("evil.example"));
}

#[test]
fn a_form_of_another_site_is_refused() {
    let house = House::new();
    let mut agent = Agent::new();
    let page = send(&mut agent, &house.spid(2, |_| {})).unwrap();
    let path = format!("{}/password", page.url.path());
    let cookies = agent.cookie_header("idp.localhost");
    let token = page.form_with(&["password"]).unwrap().field("csrf").unwrap().to_owned();
    let body = format!("csrf={token}&username=anna&password=wrong");
    let form = format!(
        "Cookie: {cookies}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
        body.len()
    );
    let own = format!("Origin: http://idp.localhost:{}\r\n", house.port);
    let host = format!("idp.localhost:{}", house.port);
    for (headers, expected) in [
        ("Origin: http://sp.localhost:1\r\n", 403),
        ("Origin: null\r\n", 403),
        ("Sec-Fetch-Site: cross-site\r\n", 403),
        ("Sec-Fetch-Site: same-site\r\n", 403),
        (own.as_str(), 422),
    ] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        let answer = raw(&house, &format!("{head}{headers}{form}\r\n{body}"));
        assert_eq!(status(&answer), expected, "{headers}");
    }
}

#[test]
fn methods_and_paths_that_are_not_there_are_told_so() {
    let house = House::new();
    for (method, path, expected) in [
        ("DELETE", "/saml/sso", 405),
        ("PUT", "/login/x/password", 405),
        ("GET", "/login/x/password", 405),
        ("POST", "/metadata", 405),
        ("GET", "/saml", 404),
        ("GET", "/saml/sso/", 404),
        ("GET", "/login/../metadata", 405),
        ("GET", "/%6detadata", 404),
        ("GET", "/login/none", 410),
        ("GET", "/metadata", 200),
    ] {
        let answer = ask(&house, method, path, "Content-Length: 0\r\n");
        assert_eq!(status(&answer), expected, "{method} {path}");
        if expected == 405 {
            assert!(header(&answer, "allow").is_some(), "{method} {path}");
        }
    }
}

#[test]
fn what_decides_something_may_be_there_once() {
    let house = House::new();
    let mut agent = Agent::new();
    let page = send(&mut agent, &house.spid(2, |_| {})).unwrap();
    let token = page.form_with(&["password"]).unwrap().field("csrf").unwrap().to_owned();
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut fields =
        vec![field("csrf", &token), field("username", "anna"), field("password", "wrong")];
    let url = house.url(&format!("{}/password", page.url.path()));
    assert_eq!(agent.post(&url, &fields).unwrap().status, 422, "the control");
    fields.push(field("username", "bruno"));
    assert_eq!(agent.post(&url, &fields).unwrap().status, 403);
}

#[test]
fn bodies_are_bounded_by_route() {
    let house = House::new();
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let post = |path: &str, length: usize| {
        let body = "x".repeat(length);
        let head = format!("{form}Content-Length: {length}\r\n");
        let host = format!("idp.localhost:{}", house.port);
        raw(
            &house,
            &format!(
                "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{head}\r\n{body}"
            ),
        )
    };
    assert_eq!(status(&post("/saml/sso", 900 * 1024)), 403, "nr04, and not for its length");
    assert!(matches!(status(&post("/saml/sso", 3 * 1024 * 1024)), 413 | 0));
    assert!(matches!(status(&post("/login/x/password", 64 * 1024)), 403 | 0));
    assert_eq!(status(&ask(&house, "GET", "/", "")), 200, "the next visitor is served");
}

#[test]
fn two_hundred_dripping_connections_stop_nobody() {
    let house = House::new();
    let mut dripping: Vec<TcpStream> =
        (0..200).map(|_| TcpStream::connect((Ipv4Addr::LOCALHOST, house.port)).unwrap()).collect();
    for stream in &mut dripping {
        stream.write_all(b"POST /saml/sso HTTP/1.1\r\nHost: idp").unwrap();
    }
    let began = Instant::now();
    for _ in 0..20 {
        for stream in &mut dripping {
            drop(stream.write_all(b"p"));
        }
        assert_eq!(status(&ask(&house, "GET", "/", "")), 200);
    }
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn too_much_from_one_network_is_429_with_a_time() {
    let house = House::with(|making| making.per_address = 3);
    for _ in 0..3 {
        assert_eq!(send(&mut Agent::new(), &house.spid(2, |_| {})).unwrap().status, 200);
    }
    let page = send(&mut Agent::new(), &house.spid(2, |_| {})).unwrap();
    assert_eq!(page.status, 429);
    assert!(page.header("retry-after").is_some());
    house.wait(20);
    assert_eq!(send(&mut Agent::new(), &house.spid(2, |_| {})).unwrap().status, 200);
}

#[test]
fn the_language_is_the_browser_s_or_the_one_chosen() {
    let house = House::new();
    let lang = |headers: &str| {
        let answer = ask(&house, "GET", "/", headers);
        answer.split("<html lang=\"").nth(1).map(|rest| rest[..2].to_owned())
    };
    assert_eq!(lang("Accept-Language: en-GB,en;q=0.9,it;q=0.5\r\n").as_deref(), Some("en"));
    assert_eq!(lang("Accept-Language: it\r\n").as_deref(), Some("it"));
    assert_eq!(lang("Accept-Language: de\r\n").as_deref(), Some("it"));
    let chosen = ask(&house, "GET", "/language?to=en&back=/", "Accept-Language: it\r\n");
    assert_eq!((status(&chosen), header(&chosen, "location")), (303, Some("/")));
    let cookie = header(&chosen, "set-cookie").unwrap().split(';').next().unwrap();
    let kept = format!("Accept-Language: it\r\nCookie: {cookie}\r\n");
    assert_eq!(lang(&kept).as_deref(), Some("en"));
    for back in ["//evil.example", "https://evil.example/", "/%0d%0aX: y"] {
        let answer = ask(&house, "GET", &format!("/language?to=en&back={back}"), "");
        assert!(matches!(status(&answer), 400 | 404), "{back}: {answer}");
    }
}

#[test]
fn our_metadata_are_the_same_bytes_and_known_by_their_tag() {
    let house = House::new();
    let first = ask(&house, "GET", "/metadata", "");
    let second = ask(&house, "GET", "/metadata", "");
    let body = |answer: &str| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    assert_eq!(body(&first), body(&second));
    assert_eq!(header(&first, "content-type"), Some("application/samlmetadata+xml"));
    let tag = header(&first, "etag").unwrap();
    let again = ask(&house, "GET", "/metadata", &format!("If-None-Match: {tag}\r\n"));
    assert_eq!(status(&again), 304);
}

#[test]
fn an_error_page_names_a_support_id_and_nothing_of_the_machine() {
    let house = House::new();
    let page = Agent::new().get(&house.url("/saml/sso?SAMLRequest=x")).unwrap();
    assert_eq!(page.status, 403);
    let has_id = page.body.split(|c: char| c.is_whitespace() || "<>".contains(c)).any(|word| {
        word.len() == 14 && word.split('-').count() == 3 && word.split('-').all(|p| p.len() == 4)
    });
    assert!(has_id, "{}", page.body);
    for leak in ["panicked", "src/", "ponte 0.", "axum", "hyper"] {
        assert!(!page.body.contains(leak), "{leak}");
    }
}
