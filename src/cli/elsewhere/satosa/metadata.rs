//! pysaml2's `metadata`: files, addresses and MDQ servers.

use crate::cli::elsewhere::found::{From, Source};
use crate::cli::elsewhere::fragment::slug;
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::satosa::read::Proxy;
use crate::cli::elsewhere::value::{Item, Place};
use crate::saml::metadata::compose::{certificate, pem};

/// A document of metadata that lies there.
#[derive(Debug)]
pub struct Document {
    /// Its file.
    pub place: Place,
    /// Its text.
    pub text: String,
    /// Whether it is a list.
    pub is_list: bool,
}

/// What a `metadata` names: documents, and places that change by themselves.
#[must_use]
pub fn read(
    item: Option<Item<'_>>,
    provides: &'static str,
    here: &Proxy,
    report: &mut Report,
) -> (Vec<Document>, Vec<Source>) {
    let (mut documents, mut sources) = (Vec::new(), Vec::new());
    let Some(item) = item else { return (documents, sources) };
    let mut table = item.table();
    for local in table.items("local") {
        let Some(name) = local.text() else { continue };
        let folder = here.folder.list(name.trim_end_matches('/'), ".xml");
        let files = if folder.is_empty() { vec![name.to_owned()] } else { folder };
        for name in files {
            match here.folder.read(&name) {
                Ok(text) => {
                    let is_list = is_list(&text);
                    documents.push(Document { place: Place::file(&name), text, is_list });
                }
                Err(error) => {
                    report.left(
                        local.place(),
                        format!("the metadata in {name:?}"),
                        error.to_string(),
                        "copy the file there, and import again",
                    );
                }
            }
        }
    }
    for (list, kind) in [("remote", "url"), ("mdq", "mdq")] {
        for one in table.items(list) {
            let mut said = one.table();
            let Some(url) = said.said("url") else { continue };
            let is_bare = kind == "mdq" && !url.ends_with('/');
            let address = if is_bare { format!("{url}/") } else { url.to_owned() };
            let mut source = Source {
                place: one.place(),
                name: slug(url),
                kind,
                from: From::Address(address),
                signed_by: Vec::new(),
                provides,
                valid_until_days: None,
                refresh_minutes: None,
                size_kib: (kind == "url").then_some(64 * 1024),
                allow: Vec::new(),
                deny: Vec::new(),
                attributes: Vec::new(),
            };
            if let Some(file) = said.said("cert") {
                match here.folder.read(file).map(|text| certificate(&text)) {
                    Ok(Some(der)) => source.signed_by.push(pem(&der)),
                    Ok(None) => report.left(
                        one.place(),
                        format!("the certificate {file:?}"),
                        "it is none",
                        "get it again",
                    ),
                    Err(error) => report.left(
                        one.place(),
                        format!("the certificate {file:?}"),
                        error.to_string(),
                        "copy the file there, and import again",
                    ),
                }
            }
            if let Some(period) = said.said("freshness_period") {
                source.refresh_minutes = minutes(period);
            }
            said.pass(&[
                "entity_transform",
                "node_name",
                "fingerprint",
                "check_validity",
                "disable_ssl_certificate_validation",
            ]);
            report.rest(said, &[]);
            sources.push(source);
        }
    }
    report.rest(
        table,
        &[(
            "*",
            "metadata of that kind are not read",
            "get them as XML, and name them in a [[source]]",
        )],
    );
    (documents, sources)
}

/// Whether the root of a document is a list of entities.
#[must_use]
pub fn is_list(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end..]);
            continue;
        }
        if !rest.starts_with(['?', '!']) {
            let name = rest.split(|c: char| c.is_whitespace() || c == '>' || c == '/').next();
            let name = name.unwrap_or_default();
            return name.rsplit(':').next() == Some("EntitiesDescriptor");
        }
    }
    false
}

/// `P0Y0M0DT12H0M0S` in minutes; `None` for what has years or months, or is nothing.
#[must_use]
pub fn minutes(period: &str) -> Option<u64> {
    let (days, time) =
        period.strip_prefix('P')?.split_once('T').unwrap_or((period.strip_prefix('P')?, ""));
    let mut total = 0_u64;
    for (part, units) in
        [(days, [('Y', 0), ('M', 0), ('D', 1440)]), (time, [('H', 60), ('M', 1), ('S', 0)])]
    {
        let mut number = String::new();
        for c in part.chars() {
            if c.is_ascii_digit() || c == '.' {
                number.push(c);
                continue;
            }
            let (_, unit) = units.iter().find(|(name, _)| *name == c)?;
            let count: u64 = number.split('.').next()?.parse().ok()?;
            if *unit == 0 && count > 0 && c != 'S' {
                return None;
            }
            total = total.checked_add(count.checked_mul(*unit)?)?;
            number.clear();
        }
    }
    (total > 0).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_and_periods_are_known() {
        assert!(is_list("\u{feff}<?xml version='1.0'?><!-- <a> --><md:EntitiesDescriptor a='b'>"));
        assert!(!is_list("<EntityDescriptor/><EntitiesDescriptor>"));
        assert!(!is_list("<!-- <EntitiesDescriptor>"));
        assert_eq!(minutes("P0Y0M0DT12H30M5S"), Some(750));
        assert_eq!(minutes("PT4H"), Some(240));
        assert_eq!(minutes("P1D"), Some(1440));
        for bad in ["P1M", "PT", "", "4H", "PTxH", "P99999999999999999999D"] {
            assert_eq!(minutes(bad), None, "{bad}");
        }
    }
}
