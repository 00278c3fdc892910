//! `[smart-card]`: where cards are shown, and whose are taken.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

use url::Url;

use crate::config::raw;
use crate::config::settings::{CardIssuer, CardWorkstations, KeyFiles, Server, SmartCard};
use crate::config::signing::Wrong;
use crate::config::values::both;
use crate::factors::card::issuer::{CNS_POLICY, CodeField, IssuerKind};
use crate::factors::card::judge::Rules;
use crate::factors::card::standing::Unknown;
use crate::flow::card::house::{About, CardProxy};
use crate::flow::network::Network;

/// Checks the section; relative paths are taken from `folder`. `server` is the main listener, whose TLS files serve where
/// this one has none.
///
/// # Errors
/// With the first thing that is wrong.
pub fn check(
    raw: &raw::SmartCard,
    folder: &Path,
    server: Option<&Server>,
) -> Result<Option<SmartCard>, Wrong> {
    let Some(said) = &raw.listen else { return Ok(None) };
    let listen: SocketAddr = said
        .parse()
        .map_err(|_| wrong("listen", "an address and a port, such as \"0.0.0.0:8443\"", said))?;
    let base_url = base_url(raw, server)?;
    let proxy = proxy(raw)?;
    let tls = match (&raw.tls.certificate, &raw.tls.key) {
        (Some(certificate), Some(key)) => {
            Some(KeyFiles { key: folder.join(key), certificate: folder.join(certificate) })
        }
        (None, None) => server.and_then(|server| server.tls.clone()),
        (Some(_), None) => return Err(wrong("tls.key", "the file of the certificate's key", "")),
        (None, Some(_)) => {
            return Err(wrong("tls.certificate", "the file of the key's certificate", ""));
        }
    };
    let tls = tls.filter(|_| proxy.is_none());
    // A settings file of which the server is wrong already has no TLS files to look for.
    if tls.is_none() && proxy.is_none() && server.is_some() {
        let expected = "smart-card.tls, or server.tls, or the proxy that speaks TLS for this listener in smart-card.proxies";
        return Err(wrong("listen", expected, said));
    }
    let unknown = match raw.unknown_revocation.as_str() {
        "refuse" => Unknown::Refuse,
        "SpidL2" => Unknown::UpToSpidL2,
        other => return Err(wrong("unknown-revocation", "\"refuse\" or \"SpidL2\"", other)),
    };
    if raw.issuer.is_empty() {
        return Err(wrong("issuer", "one [[smart-card.issuer]] or more", "none"));
    }
    let issuers = raw.issuer.iter().enumerate();
    let issuers: Vec<CardIssuer> =
        issuers.map(|(at, one)| issuer(one, at, folder)).collect::<Result<_, _>>()?;
    let names: BTreeSet<&str> = issuers.iter().map(|one| one.name.as_str()).collect();
    if names.len() < issuers.len() {
        return Err(wrong("issuer", "a name of its own for each issuer", "one name twice"));
    }
    let workstation = workstation(raw, folder, &base_url)?;
    let rules = Rules { cns_only: raw.cns_only, unknown };
    Ok(Some(SmartCard { listen, base_url, tls, proxy, rules, workstation, issuers }))
}

fn base_url(raw: &raw::SmartCard, server: Option<&Server>) -> Result<Url, Wrong> {
    let said = raw.base_url.as_deref().unwrap_or_default();
    let url = bare(said)
        .ok_or_else(|| wrong("base-url", "https, host and port, and nothing after them", said))?;
    if server.is_some_and(|server| server.base_url.origin() == url.origin()) {
        let expected = "another host or port than that of server.base-url: a browser asks for the card at all pages of one";
        return Err(wrong("base-url", expected, said));
    }
    Ok(url)
}

fn workstation(
    raw: &raw::SmartCard,
    folder: &Path,
    card: &Url,
) -> Result<Option<CardWorkstations>, Wrong> {
    let said = &raw.workstation;
    let Some(listen) = &said.listen else { return Ok(None) };
    let expected = "an address and a port, such as \"0.0.0.0:9443\"";
    let listen = listen.parse().map_err(|_| wrong("workstation.listen", expected, listen))?;
    let base = said.base_url.as_deref().unwrap_or_default();
    let expected = "https, host and port, and other ones than those of smart-card.base-url";
    let base_url = bare(base).filter(|url| url.origin() != card.origin());
    let base_url = base_url.ok_or_else(|| wrong("workstation.base-url", expected, base))?;
    let places = |name: &str, all: &[String]| {
        places(all).map_err(|said| wrong(name, "addresses, http or https", &said))
    };
    let about = About {
        ocsp: places("workstation.ocsp", &said.ocsp)?,
        crl: places("workstation.crl", &said.crl)?,
        ..About::default()
    };
    let authorities = folder.join(&said.authorities);
    Ok(Some(CardWorkstations { listen, base_url, authorities, about }))
}

/// Addresses from which something may be fetched; the first that is none.
fn places(all: &[String]) -> Result<Vec<Url>, String> {
    let place = |said: &String| {
        let url = Url::parse(said).ok().filter(|url| {
            matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty()
        });
        url.ok_or_else(|| said.clone())
    };
    all.iter().map(place).collect()
}

fn bare(said: &str) -> Option<Url> {
    let bare = |url: &Url| {
        url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    };
    Url::parse(said).ok().filter(|url| url.scheme() == "https" && bare(url))
}

fn proxy(raw: &raw::SmartCard) -> Result<Option<CardProxy>, Wrong> {
    let mut networks = Vec::with_capacity(raw.proxies.len());
    for said in &raw.proxies {
        let expected = "IP addresses, or networks such as \"10.0.0.0/24\"";
        networks.push(Network::parse(said).ok_or_else(|| wrong("proxies", expected, said))?);
    }
    let header = raw.certificate_header.to_ascii_lowercase();
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if header.is_empty() || !header.bytes().all(is_token) {
        return Err(wrong("certificate-header", "the name of a header", &raw.certificate_header));
    }
    Ok((!networks.is_empty()).then_some(CardProxy { networks, header }))
}

fn issuer(raw: &raw::CardIssuer, at: usize, folder: &Path) -> Result<CardIssuer, Wrong> {
    let bad = |name: &str, expected: &'static str, found: &str| {
        (format!("smart-card.issuer[{}].{name}", at + 1), expected, format!("{found:?}"))
    };
    let kind = match raw.kind.as_str() {
        "cns" => IssuerKind::Cns,
        "cie" => IssuerKind::Cie,
        "cns-like" => IssuerKind::CnsLike,
        other => return Err(bad("kind", "\"cns\" or \"cie\" or \"cns-like\"", other)),
    };
    let code = match raw.fiscal_code.as_str() {
        "common-name" => CodeField::CommonName,
        "serial-number" => CodeField::SerialNumber,
        other => return Err(bad("fiscal-code", "\"common-name\" or \"serial-number\"", other)),
    };
    if raw.name.trim().is_empty() {
        return Err(bad("name", "a name", ""));
    }
    let policies = match (&raw.policies, kind) {
        (Some(said), _) => said.clone(),
        (None, IssuerKind::Cns) => vec![CNS_POLICY.to_owned()],
        (None, _) => Vec::new(),
    };
    let is_identifier = |said: &&String| {
        said.split('.').count() > 1
            && said.split('.').all(|arc| !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit()))
    };
    if let Some(other) = policies.iter().find(|said| !is_identifier(said)) {
        return Err(bad("policies", "object identifiers such as \"1.3.76.16.2.1\"", other));
    }
    let places = |name: &str, all: &[String]| {
        places(all).map_err(|said| bad(name, "addresses, http or https", &said))
    };
    let said = raw::Languages { it: raw.help_it.clone(), en: raw.help_en.clone() };
    let help = both(&said, None);
    for (name, said) in [("help-it", &help.it), ("help-en", &help.en)] {
        let said = said.as_deref().unwrap_or("https://localhost");
        if !Url::parse(said).is_ok_and(|url| url.scheme() == "https") {
            return Err(bad(name, "an https address", said));
        }
    }
    Ok(CardIssuer {
        name: raw.name.clone(),
        kind,
        authorities: folder.join(&raw.authorities),
        policies,
        code,
        as_cns: raw.as_cns,
        about: About { ocsp: places("ocsp", &raw.ocsp)?, crl: places("crl", &raw.crl)?, help },
    })
}

fn wrong(key: &str, expected: &'static str, found: &str) -> Wrong {
    (format!("smart-card.{key}"), expected, format!("{found:?}"))
}
