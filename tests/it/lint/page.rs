//! `/tools/lint`: paste or upload, without script.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};

use ponte::saml::upstream::metadata::kind::MetadataProfile::SpidPublic;
use url::Url;

use crate::lint::mutations::good;
use crate::support::agent::{Agent, read};
use crate::support::house::House;

fn multipart(fields: &[(&str, &str)]) -> String {
    let mut body = String::new();
    for (name, value) in fields {
        body.push_str(&format!(
            "--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    body + "--X--\r\n"
}

fn post(house: &House, body: String, headers: &[(&str, &str)]) -> (u16, String) {
    let url = Url::parse(&house.url("/tools/lint")).unwrap();
    let port = url.port().unwrap();
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!(
        "POST /tools/lint HTTP/1.1\r\nhost: {}:{port}\r\nconnection: close\r\naccept-language: en\r\n\
         content-type: multipart/form-data; boundary=X\r\ncontent-length: {}\r\n{more}\r\n{body}",
        url.host_str().unwrap(),
        body.len(),
    );
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    // Whoever sends too much is answered before they are through.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let page = read(url, &answer).unwrap();
    (page.status, page.body)
}

#[test]
fn what_is_pasted_or_uploaded_is_judged() {
    let house = House::new();
    let mut agent = Agent::new();
    let page = agent.get(&house.url("/")).unwrap();
    assert!(page.body.contains("href=\"/tools/lint\""), "the home page leads to it");
    assert_eq!(agent.get(&house.url("/tools/lint")).unwrap().status, 200);
    let bad = good(SpidPublic).replacen(r#" isDefault="true""#, "", 1);
    for field in ["text", "file"] {
        let (status, body) = post(&house, multipart(&[(field, &bad), ("profile", "")]), &[]);
        assert_eq!(status, 200);
        assert!(body.contains("consumer-default"), "{field}");
    }
    let script = "<a><script>alert(1)</script></a>";
    let (status, body) = post(&house, multipart(&[("text", script)]), &[]);
    assert!(status == 200 && !body.contains("<script>alert"));
}

#[test]
fn what_is_not_ours_or_too_much_is_refused() {
    let house = House::new();
    let form = || multipart(&[("text", "<a/>")]);
    assert_eq!(post(&house, form(), &[("sec-fetch-site", "cross-site")]).0, 403);
    assert_eq!(post(&house, form(), &[("origin", "https://evil.example")]).0, 403);
    assert_eq!(post(&house, multipart(&[("text", " ")]), &[]).0, 400);
    assert_eq!(post(&house, "no form".into(), &[]).0, 400);
    assert_eq!(post(&house, multipart(&[("text", &"<".repeat(600 * 1024))]), &[]).0, 413);
}
