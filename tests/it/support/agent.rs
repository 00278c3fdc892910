//! A browser without a screen: addresses, cookies, forms, nothing else. It speaks
//! HTTP/1.1 by itself, so that a test sees what the server sent and no library's mending.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use url::Url;

/// One visitor: cookies by host.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    cookies: BTreeMap<String, BTreeMap<String, String>>,
    pub(crate) language: &'static str,
    /// What the last page's address would give as Origin.
    origin: Option<String>,
    /// The address that the proxy of the tests tells of.
    address: Ipv4Addr,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// A form of a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) post: bool,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) buttons: Vec<(String, String)>,
}

impl Agent {
    pub(crate) fn new() -> Self {
        Self::at(Ipv4Addr::new(192, 0, 2, 1))
    }

    /// A visitor from elsewhere; the server believes our X-Forwarded-For.
    pub(crate) fn at(address: Ipv4Addr) -> Self {
        Self { cookies: BTreeMap::new(), language: "it", origin: None, address }
    }

    /// A visitor who reads English.
    pub(crate) fn in_english(mut self) -> Self {
        self.language = "en";
        self
    }

    pub(crate) fn get(&mut self, url: &str) -> io::Result<Page> {
        let page = self.send("GET", parse(url)?, None)?;
        self.follow(page)
    }

    pub(crate) fn post(&mut self, url: &str, fields: &[(String, String)]) -> io::Result<Page> {
        let page = self.send("POST", parse(url)?, Some(fields))?;
        self.follow(page)
    }

    /// The answer itself to a form, wherever it sends a browser.
    pub(crate) fn post_once(&mut self, url: &str, fields: &[(String, String)]) -> io::Result<Page> {
        self.send("POST", parse(url)?, Some(fields))
    }

    /// The answer itself, wherever it sends a browser.
    pub(crate) fn get_once(&mut self, url: &str) -> io::Result<Page> {
        self.send("GET", parse(url)?, None)
    }

    /// The same for a form from another site: no cookie goes with it (SameSite=Lax).
    pub(crate) fn post_from_elsewhere(&mut self, url: &str, form: &str) -> io::Result<Page> {
        let kept = std::mem::take(&mut self.cookies);
        let fields: Vec<_> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        self.origin = Some("https://sp.example.org".into());
        let page = self.send("POST", parse(url)?, Some(&fields));
        for (host, cookies) in kept {
            let all = self.cookies.entry(host).or_default();
            for (name, value) in cookies {
                all.entry(name).or_insert(value);
            }
        }
        page
    }

    /// What a browser would send as `Cookie` to `host`.
    pub(crate) fn cookie_header(&self, host: &str) -> String {
        let pairs = self.cookies.get(host).into_iter().flatten();
        pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// What the next form says of where it comes from.
    pub(crate) fn come_from(&mut self, origin: &str) {
        self.origin = Some(origin.to_owned());
    }

    /// Keeps a cookie that the server did not set.
    pub(crate) fn plant(&mut self, host: &str, pair: &str) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        self.cookies.entry(host.to_owned()).or_default().insert(name.to_owned(), value.to_owned());
    }

    /// Sends `form` of `page` with `values` filled in; a name that the form lacks is a button pressed.
    pub(crate) fn submit(
        &mut self,
        page: &Page,
        form: &Form,
        values: &[(&str, &str)],
    ) -> io::Result<Page> {
        let mut fields = form.fields.clone();
        for (name, value) in values {
            match fields.iter_mut().find(|field| field.0 == *name) {
                Some(field) => (*value).clone_into(&mut field.1),
                None => fields.push(((*name).to_owned(), (*value).to_owned())),
            }
        }
        let mut target = page.url.join(&form.action).map_err(io::Error::other)?;
        if form.post {
            self.post(target.as_str(), &fields)
        } else {
            target.query_pairs_mut().clear().extend_pairs(&fields);
            self.get(target.as_str())
        }
    }

    /// Sends `form` of `page` with `values` filled in; the answer itself, wherever it sends a browser.
    pub(crate) fn submit_once(
        &mut self,
        page: &Page,
        form: &Form,
        values: &[(&str, &str)],
    ) -> io::Result<Page> {
        let mut fields = form.fields.clone();
        fields.extend(values.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        let target = page.url.join(&form.action).map_err(io::Error::other)?;
        self.send("POST", target, Some(&fields))
    }

    /// As a browser does: five hops at most, cookies on the way.
    fn follow(&mut self, mut page: Page) -> io::Result<Page> {
        for _ in 0..5 {
            let (true, Some(location)) =
                (matches!(page.status, 302 | 303), page.header("location"))
            else {
                break;
            };
            let next = page.url.join(location).map_err(io::Error::other)?;
            page = self.send("GET", next, None)?;
        }
        Ok(page)
    }

    /// Sends `fields` to `url`; the answer can be waited for on what comes back, or not.
    pub(crate) fn only_ask(&self, url: &Url, fields: &[(String, String)]) -> io::Result<TcpStream> {
        self.ask("POST", url, Some(fields))
    }

    fn send(
        &mut self,
        method: &str,
        url: Url,
        fields: Option<&[(String, String)]>,
    ) -> io::Result<Page> {
        let mut stream = self.ask(method, &url, fields)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        self.origin = Some(url.origin().ascii_serialization());
        let host = url.host_str().unwrap_or_default().to_owned();
        let page = read(url, &answer)?;
        self.keep_cookies(&host, &page);
        Ok(page)
    }

    fn ask(
        &self,
        method: &str,
        url: &Url,
        fields: Option<&[(String, String)]>,
    ) -> io::Result<TcpStream> {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(80);
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let body = fields.map(|fields| {
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
        });
        let mut target = url.path().to_owned();
        if let Some(query) = url.query() {
            target = format!("{target}?{query}");
        }
        let mut head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept-Language: {}\r\nX-Forwarded-For: {}\r\nConnection: close\r\n",
            self.language, self.address
        );
        if let Some(cookies) = self.cookies.get(host).filter(|cookies| !cookies.is_empty()) {
            let pairs: Vec<_> =
                cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            head.push_str(&format!("Cookie: {}\r\n", pairs.join("; ")));
        }
        if let Some(body) = &body {
            let origin = self.origin.as_deref().unwrap_or("null");
            head.push_str(&format!(
                "Origin: {origin}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
                body.len()
            ));
        }
        head.push_str("\r\n");
        head.push_str(body.as_deref().unwrap_or_default());
        stream.write_all(head.as_bytes())?;
        Ok(stream)
    }

    fn keep_cookies(&mut self, host: &str, page: &Page) {
        let kept = self.cookies.entry(host.to_owned()).or_default();
        for (name, value) in &page.headers {
            if name != "set-cookie" {
                continue;
            }
            let mut parts = value.split("; ");
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            if value.is_empty() || parts.any(|part| part.eq_ignore_ascii_case("max-age=0")) {
                kept.remove(name);
            } else {
                kept.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.0 == name).map(|header| header.1.as_str())
    }

    pub(crate) fn forms(&self) -> Vec<Form> {
        let mut forms: Vec<Form> = Vec::new();
        let mut open = false;
        for tag in tags(&self.body) {
            match tag.name.as_str() {
                "form" => {
                    open = true;
                    forms.push(Form {
                        action: tag.get("action").unwrap_or_default(),
                        post: tag
                            .get("method")
                            .is_some_and(|method| method.eq_ignore_ascii_case("post")),
                        ..Form::default()
                    });
                }
                "/form" => open = false,
                "input" | "button" | "select" | "textarea" if open => {
                    let Some(form) = forms.last_mut() else { continue };
                    let Some(name) = tag.get("name") else { continue };
                    let value = tag.get("value").unwrap_or_default();
                    let kind = tag.get("type").unwrap_or_default();
                    if tag.name == "button" || kind == "submit" {
                        form.buttons.push((name, value));
                    } else if kind != "radio" || tag.get("checked").is_some() {
                        form.fields.push((name, value));
                    }
                }
                _ => {}
            }
        }
        forms
    }

    /// The first form that has all these fields.
    pub(crate) fn form_with(&self, names: &[&str]) -> Option<Form> {
        self.forms().into_iter().find(|form| names.iter().all(|name| form.field(name).is_some()))
    }

    /// The first form with a button of this name and value.
    pub(crate) fn form_with_button(&self, name: &str, value: &str) -> Option<Form> {
        self.forms()
            .into_iter()
            .find(|form| form.buttons.iter().any(|button| button.0 == name && button.1 == value))
    }
}

impl Form {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.0 == name).map(|field| field.1.as_str())
    }
}

fn parse(url: &str) -> io::Result<Url> {
    Url::parse(url).map_err(|error| io::Error::other(format!("{url}: {error}")))
}

/// An answer that came to its end: one that was cut short is an error, as it is to a browser.
/// Takes an answer apart.
pub(crate) fn read(url: Url, answer: &[u8]) -> io::Result<Page> {
    let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "the answer was cut short");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(cut)?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status =
        lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("no status line"))?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut page = Page { url, status, headers, body: String::new() };
    let rest = &answer[end + 4..];
    let body = if page.header("transfer-encoding") == Some("chunked") {
        unchunk(rest).ok_or_else(cut)?
    } else if let Some(length) = page.header("content-length") {
        rest.get(..length.parse().map_err(io::Error::other)?).ok_or_else(cut)?.to_vec()
    } else {
        // As PHP's own server does: what comes until it hangs up (RFC 9112 §6.3).
        rest.to_vec()
    };
    page.body = String::from_utf8(body).map_err(io::Error::other)?;
    Ok(page)
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?, 16).ok()?;
        rest = &rest[line + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}

struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<String> {
        self.attributes
            .iter()
            .find(|attribute| attribute.0 == name)
            .map(|attribute| attribute.1.clone())
    }
}

/// The tags of an HTML page that was written by a template: every value quoted.
fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let name_end = rest.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(rest.len());
        let mut tag = Tag {
            name: rest[..name_end].trim_end_matches('/').to_ascii_lowercase(),
            attributes: Vec::new(),
        };
        rest = &rest[name_end..];
        loop {
            rest = rest.trim_start();
            if rest.is_empty() || rest.starts_with('>') {
                break;
            }
            let end = rest
                .find(|c: char| c.is_whitespace() || c == '=' || c == '>')
                .unwrap_or(rest.len());
            let name = rest[..end].to_ascii_lowercase();
            rest = &rest[end..];
            let mut value = String::new();
            if let Some(quoted) = rest.strip_prefix("=\"") {
                let end = quoted.find('"').unwrap_or(quoted.len());
                value = unescape(&quoted[..end]);
                rest = quoted.get(end + 1..).unwrap_or_default();
            } else if end == 0 {
                rest = &rest[1..];
            }
            tag.attributes.push((name, value));
        }
        tags.push(tag);
    }
    tags
}

/// Undoes HTML's escapes.
pub(crate) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let Some(end) = rest.find(';').filter(|end| *end <= 10) else {
            out.push('&');
            rest = &rest[1..];
            continue;
        };
        let name = &rest[1..end];
        let decoded = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => name
                .strip_prefix("#x")
                .map(|hex| u32::from_str_radix(hex, 16))
                .or_else(|| name.strip_prefix('#').map(str::parse))
                .and_then(Result::ok)
                .and_then(char::from_u32),
        };
        match decoded {
            Some(c) => out.push(c),
            None => out.push_str(&rest[..=end]),
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

#[test]
fn a_form_is_read_as_a_browser_reads_it() {
    let page = Page {
        url: Url::parse("http://idp.localhost/login/x").expect("an address"),
        status: 200,
        headers: Vec::new(),
        body: r#"<form action="/login/x?a=1&amp;b=2" method="post"><!-- <input name="no"> -->
            <input type="hidden" name="csrf" value="&#34;t&#39;&lt;"/><input name="code" required autofocus>
            <button type="submit" name="action" value="cancel">X</button></form><input name="outside">"#
            .into(),
    };
    let form = page.form_with(&["code"]).expect("the form");
    assert_eq!(form.action, "/login/x?a=1&b=2");
    assert!(form.post);
    assert_eq!(form.fields, [("csrf".into(), "\"t'<".into()), ("code".into(), String::new())]);
    assert_eq!(form.buttons, [("action".into(), "cancel".into())]);
    assert!(page.form_with(&["outside"]).is_none());
}
