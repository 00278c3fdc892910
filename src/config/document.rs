//! A file and the environment, held to the list of known keys.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use crate::config::fault::{ConfigError, Fault, Place, Stranger, Wrong};
use crate::config::keys::{self, KEYS, Kind, Presence};
use crate::config::raw::Raw;

/// A configuration of known keys only, every value of its kind, defaults filled in; and where each value was said.
#[derive(Debug)]
pub struct Document {
    /// What the file says, word for word.
    pub raw: Raw,
    /// Variables of the environment that look like ours and are not.
    pub strangers: Vec<Stranger>,
    places: BTreeMap<String, Place>,
}

impl Document {
    /// Where the value of `key` was said (`service-provider[2].profile`, from 1).
    #[must_use]
    pub fn place(&self, key: &str) -> Place {
        self.places.get(key).cloned().unwrap_or(Place::Nowhere)
    }
}

/// Reads `text`, the file at `path`, overridden by those of `environment` that begin with `PONTE_`.
///
/// A scalar or a list of texts is overridden by `PONTE_`, section and key in capitals, dots and
/// hyphens as underscores (`PONTE_LOGIN_ARGON2_MEMORY_KIB`); a list's elements are separated by
/// commas. Of lists of tables nothing can be overridden.
///
/// # Errors
/// [`ConfigError::Syntax`], or [`ConfigError::Faults`] with every unknown key, value of the wrong kind and missing key.
pub fn read(
    text: &str,
    path: &Path,
    environment: &[(String, String)],
) -> Result<Document, ConfigError> {
    let syntax = |error: &toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start);
        let (line, column) = position(text, at);
        let message = error.message().trim().replace('\n', ", ");
        ConfigError::Syntax { path: path.to_owned(), line, column, message }
    };
    let spanned = DeTable::parse(text).map_err(|error| syntax(&error))?;
    let mut table: Table = toml::from_str(text).map_err(|error| syntax(&error))?;

    let mut walk = Walk { text, places: BTreeMap::new(), faults: Vec::new() };
    walk.table(spanned.get_ref(), "", "");
    let strangers = walk.environment(&mut table, environment);
    walk.fill(&mut table, "", "");
    let Walk { places, mut faults, .. } = walk;
    faults.sort_by_key(|fault| match fault.place {
        Place::Line(line) => (0, line),
        Place::Variable(_) => (1, 0),
        Place::Nowhere => (2, 0),
    });
    if !faults.is_empty() {
        return Err(ConfigError::Faults { path: path.to_owned(), faults });
    }
    let raw = Raw::deserialize(table).map_err(|error| syntax(&error))?;
    Ok(Document { raw, strangers, places })
}

/// The keys of one table at `path` (`relying-party[]`), written elsewhere than in the file; defaults filled in.
///
/// # Errors
/// Every unknown key, value of the wrong kind and missing key.
pub(super) fn one<T: DeserializeOwned>(mut table: Table, path: &str) -> Result<T, Vec<Fault>> {
    let text = table.to_string();
    let mut walk = Walk { text: &text, places: BTreeMap::new(), faults: Vec::new() };
    match DeTable::parse(&text) {
        Ok(spanned) => walk.table(spanned.get_ref(), path, ""),
        Err(error) => walk.wrong("", Place::Nowhere, "keys and values", error.message()),
    }
    walk.fill(&mut table, path, "");
    let Walk { mut faults, .. } = walk;
    for fault in &mut faults {
        // Its lines are nobody's.
        fault.place = Place::Nowhere;
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    T::deserialize(table).map_err(|error| {
        let wrong = Wrong::Value {
            expected: "keys and values".to_owned(),
            found: error.message().to_owned(),
        };
        vec![Fault { key: String::new(), place: Place::Nowhere, wrong }]
    })
}

struct Walk<'a> {
    text: &'a str,
    places: BTreeMap<String, Place>,
    faults: Vec<Fault>,
}

impl Walk<'_> {
    /// `path` leaves list positions out, `shown` has them.
    fn table(&mut self, table: &DeTable<'_>, path: &str, shown: &str) {
        for (name, value) in table {
            let line = position(self.text, name.span().start).0;
            let name = name.get_ref().as_ref();
            let (path, shown) = (joined(path, name), joined(shown, name));
            self.places.insert(shown.clone(), Place::Line(line));
            self.value(value, &path, &shown, line);
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, path: &str, shown: &str, line: usize) {
        let value = value.get_ref();
        if let Some(key) = keys::find(path) {
            if !is_kind(value, key.kind) {
                self.wrong(shown, Place::Line(line), key.kind.words(), found(value));
            }
        } else if keys::is_list(path) {
            let DeValue::Array(elements) = value else {
                return self.wrong(shown, Place::Line(line), "a list of tables", found(value));
            };
            for (number, element) in elements.iter().enumerate() {
                let shown = format!("{shown}[{}]", number + 1);
                let line = position(self.text, element.span().start).0;
                let DeValue::Table(table) = element.get_ref() else {
                    self.wrong(&shown, Place::Line(line), "a table", found(element.get_ref()));
                    continue;
                };
                self.places.insert(shown.clone(), Place::Line(line));
                self.table(table, &format!("{path}[]"), &shown);
            }
        } else if keys::is_table(path) {
            match value {
                DeValue::Table(table) => self.table(table, path, shown),
                other => self.wrong(shown, Place::Line(line), "a table", found(other)),
            }
        } else {
            let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
            let known = keys::names_in(parent);
            let wrong = Wrong::Unknown { nearest: nearest(name, &known), known };
            self.faults.push(Fault { key: shown.to_owned(), place: Place::Line(line), wrong });
        }
    }

    fn environment(&mut self, table: &mut Table, variables: &[(String, String)]) -> Vec<Stranger> {
        let known: BTreeMap<String, &keys::Key> =
            KEYS.iter().filter_map(|key| Some((key.variable()?, key))).collect();
        let mut strangers = Vec::new();
        for (name, said) in variables {
            let Some(key) = known.get(name) else {
                let ours = name == CONFIG_VARIABLE || SECRET_VARIABLES.contains(&name.as_str());
                if name.starts_with("PONTE_") && !ours {
                    strangers.push(name.clone());
                }
                continue;
            };
            let place = Place::Variable(name.clone());
            match overriding(said, key.kind) {
                Some(value) => {
                    if put(table, key.path, value) {
                        self.places.insert(key.path.to_owned(), place);
                    }
                }
                None => self.wrong(key.path, place, key.kind.words(), format!("{said:?}")),
            }
        }
        let bare = |name: &str| name.trim_start_matches("PONTE_").to_owned();
        let names: Vec<String> = known.keys().map(|name| bare(name)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let nearest = |name: &str| Some(format!("PONTE_{}", nearest(&bare(name), &names)?));
        strangers
            .into_iter()
            .map(|variable| Stranger { nearest: nearest(&variable), variable })
            .collect()
    }

    /// Puts defaults where nothing was said, and tells what is missing.
    fn fill(&mut self, table: &mut Table, path: &str, shown: &str) {
        for name in keys::names_in(path) {
            let (path, shown) = (joined(path, name), joined(shown, name));
            if let Some(key) = keys::find(&path) {
                if table.contains_key(name) {
                    continue;
                }
                match key.presence {
                    Presence::Default(literal) => {
                        table.extend(parse(literal).map(|value| (name.to_owned(), value)));
                    }
                    Presence::Required(example) => {
                        let wrong = Wrong::Missing { example };
                        self.faults.push(Fault { key: shown, place: Place::Nowhere, wrong });
                    }
                    Presence::Optional(_) => {}
                }
            } else if keys::is_list(&path) {
                let Some(Value::Array(elements)) = table.get_mut(name) else { continue };
                for (number, element) in elements.iter_mut().enumerate() {
                    let Value::Table(element) = element else { continue };
                    self.fill(element, &format!("{path}[]"), &format!("{shown}[{}]", number + 1));
                }
            } else if let Value::Table(inner) =
                table.entry(name).or_insert_with(|| Value::Table(Table::new()))
            {
                self.fill(inner, &path, &shown);
            }
        }
    }

    fn wrong(&mut self, key: &str, place: Place, expected: &str, found: impl Into<String>) {
        let wrong = Wrong::Value { expected: expected.to_owned(), found: found.into() };
        self.faults.push(Fault { key: key.to_owned(), place, wrong });
    }
}

/// The variable that names the configuration file itself.
pub const CONFIG_VARIABLE: &str = "PONTE_CONFIG";
/// The variables that hold secrets, which no file of settings does: a passphrase, a PIN.
pub const SECRET_VARIABLES: [&str; 2] = [PASSPHRASE_VARIABLE, PIN_VARIABLE];
/// The passphrase of encrypted keys.
pub const PASSPHRASE_VARIABLE: &str = "PONTE_KEYS_PASSPHRASE";
/// The PIN of the token.
pub const PIN_VARIABLE: &str = "PONTE_KEYS_PKCS11_PIN";

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Line and column, from 1, of the byte at `offset`.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

fn is_kind(value: &DeValue<'_>, kind: Kind) -> bool {
    match (kind, value) {
        (Kind::Text, DeValue::String(_)) | (Kind::Flag, DeValue::Boolean(_)) => true,
        (Kind::Number, DeValue::Integer(number)) => {
            i64::from_str_radix(number.as_str(), number.radix()).is_ok_and(|number| number >= 0)
        }
        (Kind::Texts, DeValue::Array(elements)) => {
            elements.iter().all(|element| matches!(element.get_ref(), DeValue::String(_)))
        }
        _ => false,
    }
}

fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text {text:?}"),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

fn overriding(said: &str, kind: Kind) -> Option<Value> {
    match kind {
        Kind::Text => Some(Value::String(said.to_owned())),
        Kind::Number => {
            said.trim().parse().ok().filter(|number: &i64| *number >= 0).map(Value::Integer)
        }
        Kind::Flag => said.trim().parse().ok().map(Value::Boolean),
        Kind::Texts => Some(Value::Array(
            said.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(|part| Value::String(part.to_owned()))
                .collect(),
        )),
    }
}

/// Whether `value` could be put at `path`, tables made on the way.
fn put(table: &mut Table, path: &str, value: Value) -> bool {
    match path.split_once('.') {
        None => {
            table.insert(path.to_owned(), value);
            true
        }
        Some((name, rest)) => {
            match table.entry(name).or_insert_with(|| Value::Table(Table::new())) {
                Value::Table(inner) => put(inner, rest, value),
                _ => false,
            }
        }
    }
}

fn parse(literal: &str) -> Option<Value> {
    toml::from_str::<Table>(&format!("value = {literal}")).ok()?.remove("value")
}

/// The name of `known` that is most like `name`, if one is much like it.
pub(super) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let like = |other: &&'a str| (strsim::jaro_winkler(name, other), *other);
    let best = known.iter().map(like).max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|(likeness, _)| *likeness >= 0.8).map(|(_, other)| other)
}
