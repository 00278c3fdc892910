//! A browser without a screen: HTTP/1.1 by itself, cookies by host, redirects followed, TLS by OpenSSL.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use openssl::ssl::{SslConnector, SslMethod};
use url::Url;

use crate::html::{self, Form};

/// One visitor.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    cookies: BTreeMap<String, BTreeMap<String, String>>,
    language: String,
    /// What the case at hand is called: in the User-Agent, so that the provider's log shows it.
    label: String,
    authority: Option<std::path::PathBuf>,
    origin: Option<String>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Agent {
    pub(crate) fn new(language: &str, label: &str, authority: Option<&std::path::Path>) -> Self {
        Self {
            cookies: BTreeMap::new(),
            language: language.into(),
            label: label.into(),
            authority: authority.map(std::path::Path::to_owned),
            origin: None,
        }
    }

    pub(crate) fn get(&mut self, url: &str) -> io::Result<Page> {
        let page = self.send("GET", parse(url)?, None)?;
        self.follow(page)
    }

    pub(crate) fn post(&mut self, url: &str, fields: &[(String, String)]) -> io::Result<Page> {
        let page = self.send("POST", parse(url)?, Some(fields))?;
        self.follow(page)
    }

    /// Sends `form` of `page` with `values` in it; a name that the form lacks is a button pressed.
    pub(crate) fn submit(
        &mut self,
        page: &Page,
        form: &Form,
        values: &[(String, String)],
    ) -> io::Result<Page> {
        let mut fields = form.fields.clone();
        for (name, value) in values {
            match fields.iter_mut().find(|field| field.0 == *name) {
                Some(field) => field.1.clone_from(value),
                None => fields.push((name.clone(), value.clone())),
            }
        }
        let mut target = page.url.join(&form.action).map_err(io::Error::other)?;
        if form.is_post {
            self.post(target.as_str(), &fields)
        } else {
            target.query_pairs_mut().clear().extend_pairs(&fields);
            self.get(target.as_str())
        }
    }

    fn follow(&mut self, mut page: Page) -> io::Result<Page> {
        for _ in 0..10 {
            let (true, Some(location)) =
                (matches!(page.status, 301..=303), page.header("location"))
            else {
                break;
            };
            let next = page.url.join(location).map_err(io::Error::other)?;
            page = self.send("GET", next, None)?;
        }
        Ok(page)
    }

    fn send(
        &mut self,
        method: &str,
        url: Url,
        fields: Option<&[(String, String)]>,
    ) -> io::Result<Page> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.clone(),
        };
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let mut head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: ponte-judge ({})\r\n\
             Accept: text/html\r\nAccept-Language: {}\r\nConnection: close\r\n",
            self.label, self.language
        );
        if let Some(cookies) = self.cookies.get(&host).filter(|cookies| !cookies.is_empty()) {
            let pairs: Vec<_> =
                cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            head.push_str(&format!("Cookie: {}\r\n", pairs.join("; ")));
        }
        let body = fields.map(|fields| {
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
        });
        if let Some(body) = &body {
            let origin = self.origin.as_deref().unwrap_or("null");
            head.push_str(&format!(
                "Origin: {origin}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
                body.len()
            ));
        }
        head.push_str("\r\n");
        head.push_str(body.as_deref().unwrap_or_default());
        let answer = self.exchange(&url, &host, head.as_bytes())?;
        self.origin = Some(url.origin().ascii_serialization());
        let page = read(url, &answer)?;
        self.keep_cookies(&host, &page);
        Ok(page)
    }

    fn exchange(&self, url: &Url, host: &str, sent: &[u8]) -> io::Result<Vec<u8>> {
        let port = url.port_or_known_default().unwrap_or(80);
        // RFC 6761 §6.3: these names are this machine, whatever a resolver says.
        let mut stream = if host == "localhost" || host.ends_with(".localhost") {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port))?
        } else {
            let mut addresses = (host, port).to_socket_addrs()?;
            let address = addresses.next().ok_or_else(|| io::Error::other("no such host"))?;
            TcpStream::connect_timeout(&address, PATIENCE)?
        };
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut answer = Vec::new();
        if url.scheme() == "https" {
            let mut builder = SslConnector::builder(SslMethod::tls()).map_err(io::Error::other)?;
            if let Some(file) = &self.authority {
                builder.set_ca_file(file).map_err(io::Error::other)?;
            }
            let mut stream = builder.build().connect(host, stream).map_err(io::Error::other)?;
            stream.write_all(sent)?;
            stream.read_to_end(&mut answer)?;
        } else {
            stream.write_all(sent)?;
            stream.read_to_end(&mut answer)?;
        }
        Ok(answer)
    }

    fn keep_cookies(&mut self, host: &str, page: &Page) {
        let kept = self.cookies.entry(host.to_owned()).or_default();
        for (_, value) in page.headers.iter().filter(|header| header.0 == "set-cookie") {
            let mut parts = value.split("; ");
            let pair = parts.next().and_then(|pair| pair.split_once('='));
            let Some((name, value)) = pair else { continue };
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
        html::forms(&self.body)
    }

    /// The form that goes to the service provider.
    pub(crate) fn response_form(&self) -> Option<Form> {
        self.forms().into_iter().find(|form| form.field("SAMLResponse").is_some())
    }
}

fn parse(url: &str) -> io::Result<Url> {
    Url::parse(url).map_err(|error| io::Error::other(format!("{url}: {error}")))
}

fn read(url: Url, answer: &[u8]) -> io::Result<Page> {
    let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "the answer was cut short");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(cut)?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("no status line"))?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut page = Page { url, status, headers, body: String::new() };
    let rest = &answer[end + 4..];
    let chunked = page.header("transfer-encoding").is_some_and(|coding| coding == "chunked");
    let body = if chunked {
        unchunk(rest).ok_or_else(cut)?
    } else {
        match page.header("content-length").and_then(|length| length.parse::<usize>().ok()) {
            Some(length) => rest.get(..length).ok_or_else(cut)?.to_vec(),
            None => rest.to_vec(),
        }
    };
    page.body = String::from_utf8_lossy(&body).into_owned();
    Ok(page)
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..line]).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        rest = &rest[line + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}

const PATIENCE: Duration = Duration::from_secs(30);
