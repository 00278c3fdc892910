//! A metadata document from elsewhere, one entity or a list, read whole under the trust policy of its source (threats,
//! metadata): what it says is taken from the verified octets wherever a key is named that must have signed it.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use roxmltree::{Document, Node};

use crate::saml::metadata::error::{MetadataError, Warning};
use crate::saml::metadata::read::{self, entity_id};
use crate::saml::metadata::role;
use crate::saml::names;
use crate::saml::partner::ServiceProvider;
use crate::saml::signature::{self, PublicKey, Unproven};
use crate::saml::structure::{self, Root, Signed, Sound, StructureError};
use crate::saml::upstream::provider::{self, IdentityProvider, Trust};
use crate::saml::xml::{self, XmlError};

/// A document that may be used.
#[derive(Debug)]
pub struct Listing {
    /// The key that signed it, of those that were named; `None` where none was.
    pub signer: Option<PublicKey>,
    /// Whether it is a list (`EntitiesDescriptor`).
    pub is_list: bool,
    /// Until when it may be used, if it says so.
    pub valid_until: Option<DateTime<Utc>>,
    /// How long it asks to be kept before it is fetched again.
    pub cache: Option<TimeDelta>,
    /// When it was published, if it says so (mdrpi).
    pub created: Option<DateTime<Utc>>,
    /// Whom it describes, in its order; none only of a long list, whose members are read one by one.
    pub members: Vec<Arc<Member>>,
}

/// One entity of a document.
#[derive(Debug)]
pub struct Member {
    /// Its entityID.
    pub entity_id: String,
    /// The SHA-256 of the certificates with which it signs, in all its roles.
    pub keys: BTreeSet<[u8; 32]>,
    /// What it says as a service provider, if it is one.
    pub service_provider: Option<Result<ServiceProvider, MetadataError>>,
    /// What it says as an identity provider, if it is one.
    pub identity_provider: Option<Result<IdentityProvider, MetadataError>>,
    /// What is odd in it.
    pub warnings: Vec<Warning>,
}

/// A document that may not be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// There is nothing in it.
    #[error("it is empty")]
    Nothing,
    /// Not text in UTF-8.
    #[error("it is not text in UTF-8")]
    NotText,
    /// A page for a browser.
    #[error("it is a page in HTML, not metadata")]
    Html,
    /// XML that ends too early.
    #[error("it ends before its end: {0}")]
    Truncated(#[source] XmlError),
    /// Not XML that is read here.
    #[error("it cannot be read: {0}")]
    Xml(#[source] XmlError),
    /// Some other XML.
    #[error("its root is <{0}>, not <EntityDescriptor> or <EntitiesDescriptor>")]
    NotMetadata(String),
    /// Its structure is not accepted, or its signature's is not.
    #[error(transparent)]
    Structure(#[from] StructureError),
    /// A list in a list.
    #[error("line {0}: a list (EntitiesDescriptor) within the list")]
    Nested(usize),
    /// There is no signature, and there must be one.
    #[error("there is no signature, and a key is named that must have made one")]
    Unsigned,
    /// It is not signed by a key that was named, or not as it is.
    #[error("{0}")]
    Untrusted(Unproven),
    /// It has no `validUntil`, and there must be one.
    #[error("there is no validUntil, and this source must have one")]
    NoValidUntil,
    /// Its time has passed.
    #[error("it could be used until {0}")]
    Expired(DateTime<Utc>),
    /// Its time ends too far ahead.
    #[error("its validUntil, {0}, is further ahead than this source may go")]
    TooFar(DateTime<Utc>),
    /// A `validUntil` that is no instant.
    #[error("its validUntil {0:?} is no instant in UTC")]
    BadValidUntil(String),
    /// It describes nobody.
    #[error("there is nobody in it")]
    Nobody,
    /// An entity has no name that could be used.
    #[error(transparent)]
    Nameless(MetadataError),
    /// Two entities have one name.
    #[error("line {line}: the entity {entity_id:?} is there twice")]
    Twice {
        /// Which.
        entity_id: String,
        /// Where the second one is.
        line: usize,
    },
}

/// Reads a document of no more than 256 KiB as of `now`. What is wrong with one entity leaves the others; what is wrong with the document leaves none.
///
/// # Errors
/// The first thing for which none of it may be used.
pub fn read(octets: &[u8], trust: &Trust, now: DateTime<Utc>) -> Result<Listing, Unusable> {
    let text = text(octets)?;
    let document = parse(text)?;
    let sound = sound(&document)?;
    let top = document.root_element();
    if let Some(inner) = role::children(top, "EntitiesDescriptor").next() {
        return Err(Unusable::Nested(xml::line_of(inner)));
    }
    if trust.signed_by.is_empty() {
        if sound.is_signed() && top.has_tag_name((names::METADATA, "EntityDescriptor")) {
            own_signature(&sound, top)?;
        }
        return of_tree(top, None, trust, now);
    }
    let (verified, signer) = signed_by(&sound, &trust.signed_by)?;
    let document = parse(&verified)?;
    of_tree(document.root_element(), Some(signer), trust, now)
}

/// The certificate (DER) that a document carries beside its signature, if its signature was made by that very key. It is no
/// ground to believe anything: it is shown to a person who has it from elsewhere too.
#[must_use]
pub fn carried_certificate(octets: &[u8]) -> Option<Vec<u8>> {
    let document = parse(text(octets).ok()?).ok()?;
    let sound = sound(&document).ok()?;
    let info = sound.envelope()?.signature.children().find(|it| it.has_tag_name(KEY_INFO))?;
    let mut certificates = info.descendants().filter(|node| node.has_tag_name(CERTIFICATE));
    certificates.find_map(|node| {
        let said = xml::text_of(node).ok()?;
        let packed: String = said.split_whitespace().collect();
        let der = STANDARD.decode(packed).ok()?;
        let key = PublicKey::from_certificate_der(&der).ok()?;
        signature::verify(&sound, &[key]).ok().map(|_| der)
    })
}

/// The first certificate (DER) in the beginning of a document that is too long to be read whole; nothing is known of it.
#[must_use]
pub fn first_certificate(begin: &str) -> Option<Vec<u8>> {
    let after = &begin[begin.find("X509Certificate>")?..];
    let said = after.split_once('>')?.1.split_once('<')?.0;
    let packed: String = said.split_whitespace().collect();
    STANDARD.decode(packed).ok()
}

fn text(octets: &[u8]) -> Result<&str, Unusable> {
    let text = std::str::from_utf8(octets).map_err(|_| Unusable::NotText)?;
    let begins = text.trim_start_matches('\u{feff}').trim_start();
    if begins.is_empty() {
        return Err(Unusable::Nothing);
    }
    let begins = begins.get(..14).unwrap_or(begins).to_ascii_lowercase();
    if begins.starts_with("<!doctype html") || begins.starts_with("<html") {
        return Err(Unusable::Html);
    }
    Ok(text)
}

fn parse(text: &str) -> Result<Document<'_>, Unusable> {
    xml::parse(text).map_err(|error| match error {
        XmlError::TooLarge { .. } | XmlError::TooMany { .. } => Unusable::Xml(error),
        _ if is_markup(text) && !ends(text) => Unusable::Truncated(error),
        _ => Unusable::Xml(error),
    })
}

fn is_markup(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('<')
}

/// Whether the last tag is one that ends metadata.
fn ends(text: &str) -> bool {
    let last = text.rfind('<').and_then(|at| text.get(at..)).unwrap_or_default();
    last.starts_with("</")
        && last.trim_end().ends_with('>')
        && (last.contains("EntityDescriptor") || last.contains("EntitiesDescriptor"))
}

fn sound<'a, 'i>(document: &'a Document<'i>) -> Result<Sound<'a, 'i>, Unusable> {
    let top = document.root_element();
    let root = match (top.tag_name().namespace(), top.tag_name().name()) {
        (Some(names::METADATA), "EntityDescriptor") => Root::EntityDescriptor,
        (Some(names::METADATA), "EntitiesDescriptor") => Root::EntitiesDescriptor,
        (_, "html") => return Err(Unusable::Html),
        (_, other) => return Err(Unusable::NotMetadata(other.chars().take(80).collect())),
    };
    Ok(structure::check(document, root, Signed::Enveloped { required: false })?)
}

/// The octets that one of `keys` signed, and which.
fn signed_by(sound: &Sound<'_, '_>, keys: &[PublicKey]) -> Result<(String, PublicKey), Unusable> {
    if !sound.is_signed() {
        return Err(Unusable::Unsigned);
    }
    let mut why = Unproven::NoKey;
    for key in keys {
        match signature::verify(sound, std::slice::from_ref(key)) {
            Ok(signed) => return Ok((signed.text().to_owned(), key.clone())),
            Err(Unproven::NoKey) => {}
            Err(other @ Unproven::Signature) => why = other,
            Err(other) => return Err(Unusable::Untrusted(other)),
        }
    }
    Err(Unusable::Untrusted(why))
}

/// A signature by a key that the entity lists itself must hold: so a file that was changed after it was signed is noticed. By any
/// other key it says nothing.
fn own_signature(sound: &Sound<'_, '_>, top: Node<'_, '_>) -> Result<(), Unusable> {
    match signature::verify(sound, &own_keys(top)) {
        Ok(_) | Err(Unproven::NoKey | Unproven::Signature) => Ok(()),
        Err(other) => Err(Unusable::Untrusted(other)),
    }
}

fn own_keys(entity: Node<'_, '_>) -> Vec<PublicKey> {
    let roles = ["SPSSODescriptor", "IDPSSODescriptor"];
    let roles = roles.into_iter().flat_map(|name| role::children(entity, name));
    let of = |role| role::keys(role, "KeyDescriptor", DateTime::UNIX_EPOCH, &mut Vec::new());
    roles.filter_map(|role| of(role).ok()).flatten().collect()
}

fn of_tree(
    top: Node<'_, '_>,
    signer: Option<PublicKey>,
    trust: &Trust,
    now: DateTime<Utc>,
) -> Result<Listing, Unusable> {
    let is_list = top.has_tag_name((names::METADATA, "EntitiesDescriptor"));
    let entities: Vec<_> =
        if is_list { role::children(top, "EntityDescriptor").collect() } else { vec![top] };
    if entities.is_empty() {
        return Err(Unusable::Nobody);
    }
    let valid_until = valid_until(top, trust, now)?;
    // Each of a list may have its own end; the list's must be there.
    let of_members = Trust { require_valid_until: None, ..trust.clone() };
    let mut seen = HashSet::new();
    let mut members = Vec::with_capacity(entities.len());
    for entity in entities {
        let entity_id = entity_id(entity).map_err(Unusable::Nameless)?;
        if !seen.insert(entity_id.clone()) {
            return Err(Unusable::Twice { entity_id, line: xml::line_of(entity) });
        }
        members.push(Arc::new(member(entity, entity_id, valid_until, &of_members, now)));
    }
    Ok(Listing {
        signer,
        is_list,
        valid_until,
        cache: top.attribute("cacheDuration").and_then(duration),
        created: created(top),
        members,
    })
}

pub(super) fn member(
    entity: Node<'_, '_>,
    entity_id: String,
    valid_until: Option<DateTime<Utc>>,
    trust: &Trust,
    now: DateTime<Utc>,
) -> Member {
    let has = |name| role::children(entity, name).next().is_some();
    let mut warnings = Vec::new();
    let service_provider = has("SPSSODescriptor").then(|| {
        let mut described = read::describe(entity, now)?;
        let found = &mut described.service_provider;
        found.valid_until = [found.valid_until, valid_until].into_iter().flatten().min();
        let (keys, odd) = (&mut found.keys, &mut described.warnings);
        role::dated(keys, odd, entity, trust.certificate_dates, now)?;
        warnings.append(&mut described.warnings);
        Ok(described.service_provider)
    });
    let identity_provider = has("IDPSSODescriptor").then(|| {
        let (found, odd) = provider::describe(entity, valid_until, trust, now)?;
        warnings.extend(odd);
        Ok(found)
    });
    let keys = own_keys(entity).iter().map(|key| *key.fingerprint()).collect();
    Member { entity_id, keys, service_provider, identity_provider, warnings }
}

fn valid_until(
    top: Node<'_, '_>,
    trust: &Trust,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, Unusable> {
    let Some(said) = top.attribute("validUntil") else {
        in_time(None, trust, now)?;
        return Ok(None);
    };
    let until = DateTime::parse_from_rfc3339(said.trim())
        .map_err(|_| Unusable::BadValidUntil(said.chars().take(80).collect()))?
        .to_utc();
    in_time(Some(until), trust, now)?;
    Ok(Some(until))
}

/// Whether a document that may be used until `until` may be used now.
pub(super) fn in_time(
    until: Option<DateTime<Utc>>,
    trust: &Trust,
    now: DateTime<Utc>,
) -> Result<(), Unusable> {
    let Some(until) = until else {
        return match trust.require_valid_until {
            Some(_) => Err(Unusable::NoValidUntil),
            None => Ok(()),
        };
    };
    if until <= now {
        return Err(Unusable::Expired(until));
    }
    // Against what is left, since what is to come may be more than a date can say.
    if trust.require_valid_until.is_some_and(|most| until - now > most) {
        return Err(Unusable::TooFar(until));
    }
    Ok(())
}

/// `mdrpi:PublicationInfo/@creationInstant` of the root.
fn created(top: Node<'_, '_>) -> Option<DateTime<Utc>> {
    let info = role::children(top, "Extensions")
        .flat_map(|extensions| extensions.children())
        .find(|node| node.has_tag_name((names::MDRPI, "PublicationInfo")))?;
    let said = info.attribute("creationInstant")?;
    DateTime::parse_from_rfc3339(said.trim()).ok().map(|at| at.to_utc())
}

/// An `xs:duration`, a year taken as 365 days and a month as 30; `None` for what is none, is negative or would not end.
pub(super) fn duration(said: &str) -> Option<TimeDelta> {
    let rest = said.trim().strip_prefix('P')?;
    let (days, times) = rest.split_once('T').unwrap_or((rest, ""));
    let mut seconds = 0_i64;
    for (part, units) in
        [(days, &[('Y', 31_536_000), ('M', 2_592_000), ('D', 86_400)][..]), (times, &TIMES[..])]
    {
        let mut number = String::new();
        for letter in part.chars() {
            if letter.is_ascii_digit() || letter == '.' {
                number.push(letter);
                continue;
            }
            let (_, unit) = units.iter().find(|(name, _)| *name == letter)?;
            let whole = number.split('.').next().unwrap_or_default();
            let count: i64 = whole.parse().ok()?;
            seconds = seconds.checked_add(count.checked_mul(*unit)?)?;
            number.clear();
        }
        if !number.is_empty() {
            return None;
        }
    }
    TimeDelta::try_seconds(seconds).filter(|_| rest.len() > 1)
}

const TIMES: [(char, i64); 3] = [('H', 3600), ('M', 60), ('S', 1)];
const KEY_INFO: (&str, &str) = (names::DSIG, "KeyInfo");
const CERTIFICATE: (&str, &str) = (names::DSIG, "X509Certificate");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_metadata_write_them() {
        for (said, seconds) in [
            ("PT1H", Some(3600)),
            ("P7D", Some(604_800)),
            ("P0Y0M30DT0H0M0.000S", Some(2_592_000)),
            ("PT6H30M", Some(23_400)),
            ("P1Y", Some(31_536_000)),
            ("P", None),
            ("-P1D", None),
            ("P1H", None),
            ("1D", None),
            ("PT5", None),
            ("P999999999999999999D", None),
        ] {
            assert_eq!(duration(said).map(|it| it.num_seconds()), seconds, "{said}");
        }
    }

    fn why(text: &str) -> String {
        let read = read(text.as_bytes(), &Trust::default(), DateTime::UNIX_EPOCH);
        format!("{:?}", read.map(drop).unwrap_err())
    }

    #[test]
    fn what_is_no_metadata_is_told_apart() {
        assert_eq!(why(" \n"), "Nothing");
        assert_eq!(why("\n<!DOCTYPE html><html></html>"), "Html");
        assert_eq!(why("<html xmlns='urn:x'><body/></html>"), "Html");
        assert_eq!(why("<feed/>"), "NotMetadata(\"feed\")");
        let open = format!("<EntitiesDescriptor xmlns='{}'>", names::METADATA);
        assert!(why(&format!("{open}<EntityDescriptor entityID='urn:a")).starts_with("Truncated"));
        assert!(why(&format!("{open}<EntityDescriptor/>")).starts_with("Truncated"));
        assert!(why("<a></EntityDescriptor>").starts_with("Xml"));
        assert_eq!(why(&format!("{open}</EntitiesDescriptor>")), "Nobody");
        let two = "<EntityDescriptor entityID='urn:a'/>".repeat(2);
        assert!(why(&format!("{open}{two}</EntitiesDescriptor>")).starts_with("Twice"));
        assert!(
            why(&format!("{open}{open}</EntitiesDescriptor></EntitiesDescriptor>"))
                .starts_with("Nested")
        );
    }
}
