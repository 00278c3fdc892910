//! Metadata as we vouch for them: of anybody, one entity or a list, under our signature and for as long as we say.
//!
//! What somebody else wrote keeps what it says; its own signature, IDs and cacheDuration go, and its validUntil is ours if ours
//! ends sooner. So who reads it needs our certificate alone (Metadata Query Protocol, SAML profile §2).

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use roxmltree::{Document, Node};

use crate::saml::enveloped::{self, EnvelopError};
use crate::saml::metadata::aggregate::limits::Limits;
use crate::saml::pen::Written;
use crate::saml::xml::{self, XmlError};
use crate::saml::{canonical, names};
use crate::world::digest::sha256;
use crate::world::signer::Signer;

/// For how long we vouch.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Until when what is published may be used.
    pub valid_until: DateTime<Utc>,
    /// For how many seconds it need not be asked for again.
    pub cache_seconds: i64,
}

/// Metadata that are not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// They are not XML that we read.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// They are of something else than one entity.
    #[error("it is no EntityDescriptor")]
    Root,
    /// They are valid no more.
    #[error("its validUntil is over")]
    Expired,
    /// A list has to have something in it.
    #[error("there is nothing to publish")]
    Nothing,
    /// The work was given up.
    #[error("signing was given up")]
    Lost,
    /// They cannot be signed.
    #[error(transparent)]
    Envelop(#[from] EnvelopError),
}

/// The XML ID of the metadata of `entity_id`.
#[must_use]
pub fn xml_id(entity_id: &str) -> String {
    let digest = sha256(entity_id.as_bytes());
    let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("_{digits}")
}

/// The metadata of the one entity in `xml`, under the XML ID `id`, signed by `signer`.
///
/// # Errors
/// When they cannot be read, are over, or the key does not sign.
pub fn entity(
    xml: &str,
    id: &str,
    terms: Terms,
    signer: &dyn Signer,
) -> Result<String, PublishError> {
    let document = read(xml)?;
    let prefixes = prefixes(document.root_element());
    let until = until(&document, terms)?;
    let own = format!(
        " ID=\"{id}\" cacheDuration=\"{}\" validUntil=\"{}\"",
        duration(terms),
        instant(until)
    );
    let text = canonical_form(&document, &prefixes, &own)?;
    let hole = tag_end(&text);
    let written = Written::canonical(text, hole, prefixes);
    Ok(enveloped::sign_written(written, id, signer)?.into_string())
}

/// A list of the entities in `documents`, called `name`, under the XML ID `id`, signed by `signer`.
///
/// # Errors
/// As [`entity`], of the first that is wrong, and for a list of none.
pub fn list(
    documents: &[&str],
    name: Option<&str>,
    id: &str,
    terms: Terms,
    signer: &dyn Signer,
) -> Result<String, PublishError> {
    let mut wanted: Vec<String> = Vec::new();
    for xml in documents {
        for prefix in prefixes(read(xml)?.root_element()) {
            if !wanted.contains(&prefix) {
                wanted.push(prefix);
            }
        }
    }
    wanted.sort_unstable();
    if documents.is_empty() {
        return Err(PublishError::Nothing);
    }
    // An entity in canonical form stays in it within a start tag that declares nothing that the entity declares.
    let prefix = (0..).map(|count| format!("list{count}")).find(|prefix| {
        let declared = format!("xmlns:{prefix}=");
        !documents.iter().any(|xml| xml.contains(&declared))
    });
    let prefix = prefix.unwrap_or_default();
    let room = documents.iter().map(|xml| xml.len() + 512).sum::<usize>();
    let mut text = String::with_capacity(room + 8 * 1024);
    let mut attributes = format!(" ID=\"{id}\"");
    if let Some(name) = name {
        attributes.push_str(" Name=\"");
        canonical::escape_attribute(name, &mut attributes);
        attributes.push('"');
    }
    let _ = write!(
        text,
        "<{prefix}:EntitiesDescriptor xmlns:{prefix}=\"{}\"{attributes} cacheDuration=\"{}\" validUntil=\"{}\">",
        names::METADATA,
        duration(terms),
        instant(terms.valid_until)
    );
    let hole = text.len();
    for xml in documents {
        let document = read(xml)?;
        let own = match own_until(&document)? {
            Some(until) if until <= terms.valid_until => {
                format!(" validUntil=\"{}\"", instant(until))
            }
            _ => String::new(),
        };
        text.push_str(&canonical_form(&document, &wanted, &own)?);
    }
    let _ = write!(text, "</{prefix}:EntitiesDescriptor>");
    let written = Written::canonical(text, hole, wanted);
    Ok(enveloped::sign_written(written, id, signer)?.into_string())
}

fn read(xml: &str) -> Result<Document<'_>, PublishError> {
    let document = xml::parse_within(xml, Limits::default().of_part())?;
    let root = (names::METADATA, "EntityDescriptor");
    if document.root_element().has_tag_name(root) { Ok(document) } else { Err(PublishError::Root) }
}

/// The canonical form of the entity without its signature, with the attributes `own` in the place of those that are ours to say.
fn canonical_form(
    document: &Document<'_>,
    prefixes: &[String],
    own: &str,
) -> Result<String, PublishError> {
    let top = document.root_element();
    let signature = top.children().find(|child| child.has_tag_name((names::DSIG, "Signature")));
    let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
    let mut text = String::with_capacity(document.input_text().len() + 512);
    canonical::write(top, signature.map(|node| node.id()), &prefixes, &mut text);
    let (tag, rest) = text.split_at(tag_end(&text));
    let text = without(tag, &["validUntil", "cacheDuration"]) + rest;
    let mut text = without_ids(&text);
    text.insert_str(tag_end(&text) - 1, own);
    let again = xml::parse_within(&text, Limits::default().of_part())?;
    let mut out = String::with_capacity(text.len());
    canonical::write(again.root_element(), None, &prefixes, &mut out);
    Ok(out)
}

/// Canonical `text` without the ID of any element: two partners may have chosen the same one, or ours, and no verifier takes a
/// document with one ID twice.
fn without_ids(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // In canonical form a `<` outside a value begins a tag.
    while let Some(from) = rest.find('<') {
        let (before, tags) = rest.split_at(from);
        let (tag, after) = tags.split_at(tag_end(tags));
        out.push_str(before);
        out.push_str(&without(tag, &["ID"]));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The canonical start or end tag `tag` without the attributes `names`.
fn without(tag: &str, names: &[&str]) -> String {
    let (head, mut rest) = tag.split_at(tag.find(' ').unwrap_or(tag.len()));
    let mut out = head.to_owned();
    while let Some((name, (value, after))) = rest
        .strip_prefix(' ')
        .and_then(|rest| rest.split_once("=\""))
        .and_then(|(name, rest)| Some((name, rest.split_once('"')?)))
    {
        if !names.contains(&name) {
            let _ = write!(out, " {name}=\"{value}\"");
        }
        rest = after;
    }
    out + rest
}

/// The prefixes that names inside values may use, which exclusive canonicalisation does not see (xml-exc-c14n §1.3).
fn prefixes(top: Node<'_, '_>) -> Vec<String> {
    let mut declared: Vec<&str> = top
        .descendants()
        .filter(Node::is_element)
        .flat_map(|element| element.namespaces())
        .filter_map(|namespace| namespace.name())
        .filter(|prefix| *prefix != "xml")
        .collect();
    declared.sort_unstable();
    declared.dedup();
    declared.retain(|prefix| {
        let name = format!("{prefix}:");
        top.descendants().any(|node| {
            node.is_text() && node.text().is_some_and(|text| text.contains(&name))
                || node.attributes().any(|attribute| attribute.value().contains(&name))
        })
    });
    declared.into_iter().map(str::to_owned).collect()
}

fn until(document: &Document<'_>, terms: Terms) -> Result<DateTime<Utc>, PublishError> {
    let own = own_until(document)?;
    Ok(own.map_or(terms.valid_until, |own| own.min(terms.valid_until)))
}

fn own_until(document: &Document<'_>) -> Result<Option<DateTime<Utc>>, PublishError> {
    let Some(said) = document.root_element().attribute("validUntil") else { return Ok(None) };
    let until = DateTime::parse_from_rfc3339(said.trim()).map_err(|_| PublishError::Expired)?;
    Ok(Some(until.to_utc()))
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// As XML Schema writes a duration.
fn duration(terms: Terms) -> String {
    format!("PT{}S", terms.cache_seconds)
}

/// Where the start tag ends that canonical `text` begins with: no value in it has a `>` outside quotes, and none a quotation mark.
fn tag_end(text: &str) -> usize {
    let mut is_value = false;
    for (at, octet) in text.bytes().enumerate() {
        match octet {
            b'"' => is_value = !is_value,
            b'>' if !is_value => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_go_from_tags_and_stay_in_words() {
        let text = "<a ID=\"_1\" b=\"x ID=\" d=\"\"><c b=\"2\" ID=\"_1\">say ID=\"_1\" > </c></a>";
        let told = "<a b=\"x ID=\" d=\"\"><c b=\"2\">say ID=\"_1\" > </c></a>";
        assert_eq!(without_ids(text), told);
    }
}
