//! The one pass over a list of metadata: limits, structure, canonical form, digest, and where each entity lies.
//!
//! The list is cut at the children of its `EntitiesDescriptor`s. Each child is read by the one parser of the house, within the
//! start tags that stand above it, checked by the structural check, and written in the canonical form that it has in the whole.
//! So nothing here is read in a way of its own: what is an entity, an attribute or a namespace, the parser says, now and whenever
//! the entity is read again. The signature stands first, and is verified before the rest is read; only the end shows whether what
//! it signed is what came, and nothing comes out before.

use std::collections::HashSet;
use std::io::Read;
use std::mem;

use chrono::{DateTime, Utc};
use roxmltree::{Document, Node};

use crate::saml::canonical;
use crate::saml::metadata::aggregate::entity::part;
use crate::saml::metadata::aggregate::error::AggregateError;
use crate::saml::metadata::aggregate::found::{Extent, Verified};
use crate::saml::metadata::aggregate::limits::Limits;
use crate::saml::metadata::aggregate::values::{
    entity_id, first, local, roles, short, valid_until,
};
use crate::saml::metadata::aggregate::window::Window;
use crate::saml::names;
use crate::saml::signature::{PublicKey, Streamed, Unproven};
use crate::saml::signature_shape::{self, Refers};
use crate::saml::structure::{self, StructureError};
use crate::saml::xml;
use crate::world::digest::sha256;

/// Why a list is believed.
#[derive(Clone, Copy, Debug)]
pub enum Trust<'a> {
    /// It is signed by one of these keys.
    Pinned(&'a [PublicKey]),
    /// Who placed it vouches for it; a signature in it counts for nothing.
    Placed,
}

/// Verifies the list that `copy` gives, and finds its entities. The copy must be one that nobody else writes to.
///
/// Refused is the whole list: for its signature, its shape, an ID or an entityID that is there twice, a limit passed, a
/// `validUntil` that is over or cannot be read. An entity's own time, keys and addresses are judged when it is read.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub fn verify<R: Read>(
    copy: R,
    trust: Trust<'_>,
    limits: Limits,
    now: DateTime<Utc>,
) -> Result<Verified, AggregateError> {
    let mut walk = Walk {
        window: Window::new(copy, limits),
        trust,
        limits,
        signature: None,
        early: String::new(),
        octets: String::new(),
        text: String::new(),
        lists: Vec::new(),
        opening: String::new(),
        ids: HashSet::new(),
        names: HashSet::new(),
        found: Verified {
            octets: 0,
            signer: None,
            is_signed: false,
            name: None,
            valid_until: None,
            cache_duration: None,
            openings: Vec::new(),
            entities: Vec::new(),
        },
    };
    walk.prolog()?;
    walk.open()?;
    if let Some(until) = walk.found.valid_until.filter(|until| *until <= now) {
        return Err(AggregateError::Expired { until });
    }
    while !walk.lists.is_empty() {
        walk.next()?;
    }
    walk.end()
}

struct Walk<'k, R> {
    window: Window<R>,
    trust: Trust<'k>,
    limits: Limits,
    /// The signature of the whole, once it was reached.
    signature: Option<Streamed>,
    /// Canonical octets from between the first start tag and the signature.
    early: String,
    /// Canonical octets of the part under way.
    octets: String,
    /// The text of the part under way, and what stands above it.
    text: String,
    /// The lists that are open, outermost first.
    lists: Vec<List>,
    /// Their start tags.
    opening: String,
    /// The IDs and the entityIDs that there were: two that had one digest would be refused, and no more.
    ids: HashSet<[u8; 16]>,
    names: HashSet<[u8; 16]>,
    found: Verified,
}

/// A list that is open.
struct List {
    name: String,
    place: Place,
    valid_until: Option<DateTime<Utc>>,
    /// Where `opening` ends without it.
    mark: usize,
    /// Which of the openings found is its own, once an entity stands in it.
    opening: Option<u32>,
}

/// What may come next in a list (SAML Metadata §2.3.1).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Place {
    Signature,
    Extensions,
    Entities,
    End,
}

impl<R: Read> Walk<'_, R> {
    /// What stands before the root: a mark of the byte order, a declaration, comments.
    fn prolog(&mut self) -> Result<(), AggregateError> {
        if self.window.starts(0, "\u{feff}".as_bytes())? {
            self.window.take(3, &mut String::new())?;
        }
        if self.window.starts(0, b"<?xml")? {
            let end = self.window.find(0, |octet| octet == b'>')?;
            let end = end.ok_or_else(|| self.window.truncated("its declaration"))?;
            self.bounded(end)?;
            let mut said = String::new();
            self.window.take(end + 1, &mut said)?;
            if xml::declaration(&said).map_err(AggregateError::Prolog)? != said.len() {
                return Err(self.window.forbidden("a processing instruction"));
            }
        }
        self.between()?;
        // No document type, and no text, before the root.
        self.octets.clear();
        if self.window.octet(0)?.is_none() {
            return Err(self.window.truncated("the beginning"));
        }
        if self.window.starts(0, b"<?")? || self.window.starts(0, b"<!")? {
            return Err(self.window.forbidden("a DOCTYPE or a processing instruction"));
        }
        let name = self.window.name(0)?;
        if local(&name) == LIST {
            return Ok(());
        }
        Err(AggregateError::Root { found: name.chars().take(80).collect() })
    }

    /// The next child of the innermost list, or its end.
    fn next(&mut self) -> Result<(), AggregateError> {
        self.between()?;
        self.pass()?;
        if self.window.starts(0, b"</")? {
            return self.close();
        }
        if self.window.octet(0)?.is_none() {
            return Err(self.window.truncated("an EntitiesDescriptor"));
        }
        if self.window.starts(0, b"<?")? || self.window.starts(0, b"<!")? {
            return Err(self.window.forbidden("a construct other than elements and comments"));
        }
        if local(&self.window.name(0)?) == LIST {
            self.expect(Place::Entities)?;
            return self.open();
        }
        self.child()
    }

    /// White space and comments up to the next tag, in canonical form.
    fn between(&mut self) -> Result<(), AggregateError> {
        let mut at = 0;
        let end = loop {
            let Some(found) = self.window.find(at, |octet| octet == b'<')? else {
                let mut at = at;
                while self.window.octet(at)?.is_some() {
                    at += 1;
                }
                break at;
            };
            if !self.window.starts(found, b"<!--")? {
                break found;
            }
            at = self.window.comment(found)?;
        };
        self.bounded(end)?;
        let line = self.window.line();
        let mut text = mem::take(&mut self.text);
        text.clear();
        text.push_str("<x>");
        self.window.take(end, &mut text)?;
        let between = &text[3..];
        if between.bytes().all(|octet| matches!(octet, b' ' | b'\t' | b'\n')) {
            self.octets.push_str(between);
        } else {
            text.push_str("</x>");
            let document = self.parse(&text, line)?;
            let is_white = |text: &str| text.trim_matches([' ', '\t', '\n', '\r']).is_empty();
            for node in document.root_element().children() {
                if node.is_text() && !is_white(node.text().unwrap_or_default()) {
                    return Err(AggregateError::Forbidden { what: "text in a list", line });
                }
            }
            canonical::write_text(document.root_element(), &mut self.octets);
        }
        self.text = text;
        Ok(())
    }

    /// A list begins.
    fn open(&mut self) -> Result<(), AggregateError> {
        let line = self.window.line();
        self.window.limit(self.lists.len() + 1, self.limits.lists, "lists in lists")?;
        let name = self.window.name(0)?;
        let (end, is_closed) = self.window.start_tag(0)?;
        if is_closed {
            return Err(AggregateError::Empty);
        }
        let mark = self.opening.len();
        self.window.limit(mark + end, self.limits.opening, "octets of start tags")?;
        self.window.take(end, &mut self.opening)?;
        let mut text = mem::take(&mut self.text);
        text.clear();
        text.push_str(&self.opening);
        text.push_str("</");
        text.push_str(&name);
        self.closing(&mut text, ">");
        let document = self.parse(&text, line)?;
        let list = part(document.root_element(), self.lists.len());
        let list = list.filter(|list| list.has_tag_name((names::METADATA, LIST)));
        let list = list.ok_or_else(|| AggregateError::Root { found: name.clone() })?;
        let mut ids = Vec::new();
        structure::check_start(list, &mut ids).map_err(|error| self.structure(&error, line))?;
        self.unique(&ids, line)?;
        let own = valid_until(list, "EntitiesDescriptor/@validUntil", line)?;
        let above = self.lists.last().and_then(|list| list.valid_until);
        if self.lists.is_empty() {
            self.found.valid_until = own;
            self.found.name = list.attribute("Name").map(str::to_owned);
            self.found.cache_duration = list.attribute("cacheDuration").map(str::to_owned);
        }
        // That of the outermost waits for the prefixes that its signature names.
        if !self.lists.is_empty() {
            self.write(list, canonical::write_start)?;
        }
        let valid_until = first(own, above);
        let place = Place::Signature;
        self.lists.push(List { name, place, valid_until, mark, opening: None });
        self.text = text;
        self.pass()
    }

    /// The innermost list ends.
    fn close(&mut self) -> Result<(), AggregateError> {
        let Some(end) = self.window.find(0, |octet| octet == b'>')? else {
            return Err(self.window.truncated("an end tag"));
        };
        let line = self.window.line();
        self.bounded(end)?;
        let mut tag = String::new();
        self.window.take(end + 1, &mut tag)?;
        let said = tag.trim_start_matches("</").trim_end_matches('>');
        let Some(list) = self.lists.pop() else { return Ok(()) };
        if said.trim_end_matches([' ', '\t', '\n', '\r']) != list.name {
            return Err(AggregateError::Structure {
                rule: "another end tag stands where the list must end",
                element: list.name,
                line,
            });
        }
        if list.place < Place::End {
            return Err(AggregateError::Empty);
        }
        self.opening.truncate(list.mark);
        self.octets.push_str("</");
        self.octets.push_str(&list.name);
        self.octets.push('>');
        self.pass()
    }

    /// A child of the innermost list: its signature, its extensions, or an entity.
    fn child(&mut self) -> Result<(), AggregateError> {
        let (line, offset) = (self.window.line(), self.window.offset());
        let end = self.window.element(0)?;
        self.bounded(end)?;
        let mut text = mem::take(&mut self.text);
        text.clear();
        text.push_str(&self.opening);
        self.window.take(end, &mut text)?;
        let until = text.len();
        self.closing(&mut text, "");
        let document = self.parse(&text, line)?;
        let list = part(document.root_element(), self.lists.len() - 1);
        let child = list.and_then(|list| list.first_element_child());
        let (Some(list), Some(child)) = (list, child) else {
            return Err(self.window.forbidden("what is no element"));
        };
        let mut ids = Vec::new();
        structure::check_part(child, &mut ids).map_err(|error| self.structure(&error, line))?;
        self.unique(&ids, line)?;
        let place = match (child.tag_name().namespace(), child.tag_name().name()) {
            (Some(names::DSIG), "Signature") => Place::Signature,
            (Some(names::METADATA), "Extensions") => Place::Extensions,
            (Some(names::METADATA), "EntityDescriptor") => Place::Entities,
            _ => {
                let error = StructureError::at(child, "it must not stand in a list");
                return Err(self.structure(&error, line));
            }
        };
        self.expect(place)?;
        if place == Place::Signature && self.lists.len() == 1 {
            self.found.is_signed = true;
            if let Trust::Pinned(keys) = self.trust {
                let envelope = signature_shape::read(list, child, Refers::ByIdOrWhole)
                    .map_err(|error| self.structure(&error, line))?;
                self.signature = Some(Streamed::begin(&envelope, keys)?);
                self.write(list, canonical::write_start)?;
                self.octets.push_str(&mem::take(&mut self.early));
                self.pass()?;
            }
            self.text = text;
            return Ok(());
        }
        if place == Place::Entities {
            let octets = &text[self.opening.len()..until];
            self.entity(child, octets, offset, line)?;
        }
        self.write(child, canonical::write_part)?;
        self.text = text;
        self.pass()
    }

    /// Notes an entity, whose octets are `octets`.
    fn entity(
        &mut self,
        entity: Node<'_, '_>,
        octets: &str,
        offset: u64,
        line: u64,
    ) -> Result<(), AggregateError> {
        let entity_id = entity_id(entity, line)?;
        self.window.limit(self.found.entities.len() + 1, self.limits.entities, "entities")?;
        if !self.names.insert(short(&entity_id)) {
            return Err(AggregateError::DuplicateEntity { entity_id, line });
        }
        let own = valid_until(entity, "EntityDescriptor/@validUntil", line)?;
        let Some(list) = self.lists.last_mut() else { return Ok(()) };
        let openings = &mut self.found.openings;
        let opening = *list.opening.get_or_insert_with(|| {
            openings.push(self.opening.clone());
            u32::try_from(openings.len() - 1).unwrap_or(u32::MAX)
        });
        self.found.entities.push(Extent {
            entity_id,
            offset,
            length: u32::try_from(octets.len()).unwrap_or(u32::MAX),
            digest: sha256(octets.as_bytes()),
            opening,
            roles: roles(entity),
            valid_until: first(own, list.valid_until),
        });
        Ok(())
    }

    /// After the root: white space alone, and then the verdict.
    fn end(mut self) -> Result<Verified, AggregateError> {
        let mut at = 0;
        while let Some(octet) = self.window.octet(at)? {
            if !matches!(octet, b' ' | b'\t' | b'\n' | b'\r') {
                return Err(self.window.forbidden("what stands after the root"));
            }
            at += 1;
        }
        self.found.octets = self.window.offset() + at as u64;
        if self.found.entities.is_empty() {
            return Err(AggregateError::Empty);
        }
        self.found.signer = match (self.trust, self.signature) {
            (Trust::Placed, _) => None,
            (Trust::Pinned(_), Some(signature)) => Some(signature.finish()?),
            (Trust::Pinned(_), None) => return Err(Unproven::Missing.into()),
        };
        Ok(self.found)
    }

    /// Whether `place` may come next in the innermost list; then it has come.
    fn expect(&mut self, place: Place) -> Result<(), AggregateError> {
        let line = self.window.line();
        let Some(list) = self.lists.last_mut() else { return Ok(()) };
        let (may_come, next) = match place {
            Place::Signature => (list.place == Place::Signature, Place::Extensions),
            Place::Extensions => (list.place <= Place::Extensions, Place::Entities),
            Place::Entities | Place::End => (true, Place::End),
        };
        list.place = next;
        if may_come {
            return Ok(());
        }
        let rule = "a Signature stands first in a list, then Extensions, then what is listed";
        Err(AggregateError::Structure { rule, element: list.name.clone(), line })
    }

    /// Appends the canonical form of `node` to the octets.
    fn write(
        &mut self,
        node: Node<'_, '_>,
        form: fn(Node<'_, '_>, &[&str], &mut String),
    ) -> Result<(), AggregateError> {
        match (self.trust, &self.signature) {
            (Trust::Placed, _) => {}
            (Trust::Pinned(_), None) => return Err(Unproven::Missing.into()),
            (Trust::Pinned(_), Some(signature)) => {
                let prefixes: Vec<&str> = signature.prefixes().collect();
                form(node, &prefixes, &mut self.octets);
            }
        }
        Ok(())
    }

    /// Hands the canonical octets of the part to the digest.
    fn pass(&mut self) -> Result<(), AggregateError> {
        match (self.trust, &mut self.signature) {
            (Trust::Placed, _) => {}
            (Trust::Pinned(_), Some(signature)) => signature.update(&self.octets)?,
            (Trust::Pinned(_), None) => self.early.push_str(&self.octets),
        }
        self.octets.clear();
        Ok(())
    }

    /// Refuses IDs that were used before.
    fn unique(&mut self, ids: &[&str], line: u64) -> Result<(), AggregateError> {
        self.window.limit(self.ids.len() + ids.len(), self.limits.ids, "IDs")?;
        if ids.iter().all(|id| self.ids.insert(short(id))) {
            return Ok(());
        }
        Err(AggregateError::DuplicateId { line })
    }

    fn bounded(&self, octets: usize) -> Result<(), AggregateError> {
        self.window.limit(octets, self.limits.part, "octets of one part")
    }

    fn parse<'t>(&self, text: &'t str, line: u64) -> Result<Document<'t>, AggregateError> {
        xml::parse_within(text, self.limits.of_part())
            .map_err(|source| AggregateError::Xml { line, source })
    }

    /// Appends `first` and the end tags of the lists that are open.
    fn closing(&self, text: &mut String, first: &str) {
        text.push_str(first);
        for list in self.lists.iter().rev() {
            text.push_str("</");
            text.push_str(&list.name);
            text.push('>');
        }
    }

    fn structure(&self, error: &StructureError, line: u64) -> AggregateError {
        let above = self.opening.bytes().filter(|octet| *octet == b'\n').count();
        AggregateError::of_part(error, line, u64::try_from(above).unwrap_or(u64::MAX))
    }
}

const LIST: &str = "EntitiesDescriptor";
