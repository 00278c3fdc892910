//! The comparison as lines of text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::partners::compare::changes::{Change, Comparison, Entity, Weight};
use crate::partners::compare::uses::Uses;
use crate::partners::lint::text::plain;
use crate::saml::metadata::picture::{AttributeNames, Endpoint, Fact, Pictured, Subject};
use crate::texts::compare::{self, Words, count_of_certificates, used};
use crate::texts::language::Language;

/// The comparison, in `language`; `uses` by entityID.
#[must_use]
pub fn render(
    comparison: &Comparison,
    uses: &BTreeMap<String, Uses>,
    language: Language,
    colour: bool,
) -> String {
    let words = compare::words(language);
    let mut out = String::new();
    if comparison.entities.is_empty() {
        let _ = writeln!(out, "{}", words.same);
    }
    for (entity, became) in &comparison.entities {
        let _ = writeln!(out, "{}", plain(entity));
        for (weight, line) in lines(entity, became, comparison, uses.get(entity), language) {
            let (start, end) = match (colour, weight) {
                (false, _) => ("", ""),
                (true, Weight::Breaks) => ("\x1b[1;31m", "\x1b[0m"),
                (true, Weight::Agreement) => ("\x1b[1;33m", "\x1b[0m"),
                (true, Weight::Notice) => ("\x1b[1;36m", "\x1b[0m"),
            };
            let _ = writeln!(out, "  {start}{}{end}: {}", label(words, weight), plain(&line));
        }
    }
    out
}

/// What became of `entity`, a line a change, with what it weighs.
#[must_use]
pub fn lines(
    entity: &str,
    became: &Entity,
    comparison: &Comparison,
    uses: Option<&Uses>,
    language: Language,
) -> Vec<(Weight, String)> {
    let words = compare::words(language);
    let logins = |count: Option<u64>| {
        let told = uses.zip(count).map(|(uses, count)| used(language, count, uses.at_least));
        told.map(|told| format!(": {told}")).unwrap_or_default()
    };
    match became {
        Entity::New => vec![(became.weight(), words.entity_new.to_owned())],
        Entity::Gone => {
            let used = logins(uses.map(|uses| uses.logins));
            vec![(became.weight(), format!("{}{used}", words.entity_gone))]
        }
        Entity::Changed(changes) => changes
            .iter()
            .map(|change| {
                let count = |subject: &Subject, fact: &Fact| {
                    logins(uses.and_then(|uses| uses.of(subject, fact)))
                };
                let told = match change {
                    Change::Renewed { role, usage, old, new } => format!(
                        "{}: {} → {}",
                        words.renewed(role, usage),
                        days(words, old),
                        certificate(words, new)
                    ),
                    Change::Added(Subject::Certificate(role, usage, _), fact) => {
                        let of = (entity.to_owned(), role.clone(), usage.clone());
                        let now = comparison.certificates.get(&of).copied().unwrap_or(1);
                        let count = count_of_certificates(language, now);
                        let named = words.certificate(role, usage);
                        format!("{named} {}: {} ({count})", words.added, said(words, fact))
                    }
                    Change::Added(subject, fact) => with(
                        &format!("{} {}", name(words, subject), words.added),
                        &said(words, fact),
                    ),
                    Change::Removed(subject, fact) => {
                        let named = format!("{} {}", name(words, subject), words.removed);
                        format!("{}{}", with(&named, &said(words, fact)), count(subject, fact))
                    }
                    Change::Altered(subject, Fact::Attributes(old), Fact::Attributes(new)) => {
                        let named = name(words, subject);
                        let used = count(subject, &Fact::Attributes(old.clone()));
                        format!("{named}: {}{used}", difference(words, old, new))
                    }
                    Change::Altered(subject, old, new) => format!(
                        "{} {}: {} → {}{}",
                        name(words, subject),
                        words.altered,
                        said(words, old),
                        said(words, new),
                        count(subject, old)
                    ),
                };
                (change.weight(), told)
            })
            .collect(),
    }
}

/// The word for a weight.
#[must_use]
pub fn label(words: &'static Words, weight: Weight) -> &'static str {
    match weight {
        Weight::Breaks => words.breaks,
        Weight::Agreement => words.agreement,
        Weight::Notice => words.notice,
    }
}

fn with(name: &str, said: &str) -> String {
    if said.is_empty() { name.to_owned() } else { format!("{name}: {said}") }
}

fn name(words: &'static Words, subject: &Subject) -> String {
    match subject {
        Subject::Lifetime(name) => (*name).to_owned(),
        Subject::Signature => words.signature.to_owned(),
        Subject::Role(role) => format!("{} {role}", words.role),
        Subject::Certificate(role, usage, _) => words.certificate(role, usage),
        Subject::Flag(role, flag) => format!("{role}/@{flag}"),
        Subject::Indexed(_, element, index) => format!("{element} {index}"),
        Subject::Service(_, element, binding, _) => format!("{element} {}", short(binding)),
        Subject::NameIdFormat(_, format) => format!("NameIDFormat {}", short(format)),
        Subject::AttributeSet(_, index) => format!("{} {index}", words.attribute_set),
        Subject::Organization(element, language) => format!("{element} ({language})"),
        Subject::Contact(kind, place) => match place {
            0 => format!("{} {kind}", words.contact),
            place => format!("{} {kind} ({})", words.contact, place + 1),
        },
        Subject::Extensions(at) if at.is_empty() => "Extensions".to_owned(),
        Subject::Extensions(at) => format!("{at}/Extensions"),
    }
}

fn said(words: &'static Words, fact: &Fact) -> String {
    match fact {
        Fact::Present => String::new(),
        Fact::Text(text) => text.clone(),
        Fact::Certificate(pictured) => certificate(words, pictured),
        Fact::Endpoint(endpoint) => self::endpoint(words, endpoint),
        Fact::Attributes(set) => {
            format!("{} [{}]", set.names.join(", "), set.attributes.join(", "))
        }
    }
}

fn certificate(words: &'static Words, pictured: &Pictured) -> String {
    match pictured.days {
        Some(_) => format!("{} ({})", days(words, pictured), pictured.subject),
        None => words.unreadable.to_owned(),
    }
}

fn days(words: &'static Words, pictured: &Pictured) -> String {
    match &pictured.days {
        Some((first, last)) => format!("{} {first} {} {last}", words.from, words.to),
        None => words.unreadable.to_owned(),
    }
}

fn endpoint(words: &'static Words, endpoint: &Endpoint) -> String {
    let mut said = format!("{} {}", short(&endpoint.binding), endpoint.location);
    if let Some(response) = &endpoint.response_location {
        let _ = write!(said, " ({} {response})", words.responses);
    }
    if endpoint.is_default {
        let _ = write!(said, " [{}]", words.default);
    }
    said
}

fn difference(words: &'static Words, old: &AttributeNames, new: &AttributeNames) -> String {
    let less = |a: &[String], b: &[String]| -> Vec<String> {
        a.iter().filter(|name| !b.contains(name)).cloned().collect()
    };
    let mut parts = Vec::new();
    let more = less(&new.attributes, &old.attributes);
    if !more.is_empty() {
        parts.push(format!("{} {}", words.asks_too, more.join(", ")));
    }
    let fewer = less(&old.attributes, &new.attributes);
    if !fewer.is_empty() {
        parts.push(format!("{} {}", words.asks_no_more, fewer.join(", ")));
    }
    if old.names != new.names {
        parts.push(format!("{} → {}", old.names.join(", "), new.names.join(", ")));
    }
    match (old.is_default, new.is_default) {
        (false, true) => parts.push(words.default_now.to_owned()),
        (true, false) => parts.push(words.default_no_more.to_owned()),
        _ => {}
    }
    parts.join("; ")
}

impl Words {
    fn certificate(&self, role: &str, usage: &str) -> String {
        let kind = match usage {
            "signing" => self.signing_certificate,
            "encryption" => self.encryption_certificate,
            _ => self.any_certificate,
        };
        format!("{role}: {kind}")
    }

    fn renewed(&self, role: &str, usage: &str) -> String {
        format!("{} {}", self.certificate(role, usage), self.renewed)
    }
}

/// The last part of a URN or address, which is what people call it.
fn short(uri: &str) -> &str {
    if !uri.starts_with("urn:oasis:") {
        return uri;
    }
    uri.rsplit(':').next().unwrap_or(uri)
}
