//! Many relying parties of one shape: what is common to them once, and a row for each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::{Table, Value};
use url::Url;

use crate::config::check::Check;
use crate::config::document::{self, Document};
use crate::config::fault::{ConfigError, Fault, Place, Wrong};
use crate::config::keys::{self, Kind};
use crate::config::raw::RelyingParty;
use crate::saml::identity_provider::Organization;
use crate::saml::upstream::metadata::description::Description;

/// One row of a table: columns and what stands in them; what is empty is left out.
pub type Row = BTreeMap<String, String>;

/// What is common to all rows.
#[derive(Debug)]
pub struct Rows {
    document: Document,
    base: Url,
    organization: Organization,
    common: Table,
    folder: PathBuf,
}

/// One relying party of the rows.
#[derive(Clone, Debug)]
pub struct Described {
    /// Its name in addresses and files.
    pub id: String,
    /// What its metadata say.
    pub description: Description,
}

impl Rows {
    /// Rows for the house of this configuration, read from `text` at `path`; `common` has keys of `[[relying-party]]`, in the values
    /// of which `{column}` stands for what the row has in that column. Files named by rows are looked for in `folder`.
    ///
    /// # Errors
    /// When the configuration is wrong, or `common`, the file at `common_path`, is not TOML.
    pub fn open(
        (text, path): (&str, &Path),
        environment: &[(String, String)],
        (common, common_path): (&str, &Path),
        folder: &Path,
    ) -> Result<Self, ConfigError> {
        let settings = crate::config::check::read(text, path, environment)?;
        let document = document::read(text, path, environment)?;
        let common = toml::from_str(common).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let before = &common[..at.min(common.len())];
            ConfigError::Syntax {
                path: common_path.to_owned(),
                line: before.matches('\n').count() + 1,
                column: before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
                message: error.message().trim().replace('\n', ", "),
            }
        })?;
        let (base, organization) = (settings.server.base_url, settings.idp.organization);
        Ok(Self { document, base, organization, common, folder: folder.to_owned() })
    }

    /// Why `column` may not stand in a table: it is neither a key of `[[relying-party]]` nor asked for by a `{column}`.
    #[must_use]
    pub fn stranger(&self, column: &str) -> Option<Fault> {
        let is_key = keys::find(&format!("{PATH}.{column}")).is_some();
        if is_key || asks(&Value::Table(self.common.clone()), column) {
            return None;
        }
        let known = keys::all_below(PATH);
        let nearest = document::nearest(column, &known);
        let wrong = Wrong::Unknown { nearest, known };
        Some(Fault { key: column.to_owned(), place: Place::Nowhere, wrong })
    }

    /// The relying party of `row`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn describe(&self, row: &Row) -> Result<Described, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut table = self.common.clone();
        for (name, value) in &mut table {
            fill(value, name, row, &mut faults);
        }
        for (column, said) in row {
            if let Some(key) = keys::find(&format!("{PATH}.{column}")) {
                match value(said, key.kind) {
                    Some(value) => put(&mut table, column, value),
                    None => faults.push(wrong(column, key.kind.words(), said)),
                }
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let raw: RelyingParty = document::one(table, PATH)?;
        let mut check =
            Check { document: &self.document, folder: &self.folder, faults: Vec::new() };
        let entities = check.entities(&[raw], Some(&self.base), Some(&self.organization));
        let mut faults = check.faults;
        for fault in &mut faults {
            let own = fault.key.strip_prefix("relying-party[1].").unwrap_or(&fault.key);
            fault.key = own.to_owned();
            fault.place = Place::Nowhere;
        }
        let described = entities.into_iter().next().and_then(|entity| {
            let description = entity.description?;
            Some(Described { id: entity.id, description })
        });
        match described {
            Some(described) if faults.is_empty() => Ok(described),
            _ => Err(faults),
        }
    }
}

/// Puts the row's values where `value` asks for them.
fn fill(value: &mut Value, key: &str, row: &Row, faults: &mut Vec<Fault>) {
    match value {
        Value::String(text) => match filled(text, row) {
            Ok(filled) => *text = filled,
            Err(column) => {
                let expected = format!("a value in the column {column:?}");
                faults.push(wrong(key, &expected, "nothing"));
            }
        },
        Value::Array(values) => {
            for value in values {
                fill(value, key, row, faults);
            }
        }
        Value::Table(table) => {
            for (name, value) in table {
                fill(value, &format!("{key}.{name}"), row, faults);
            }
        }
        _ => {}
    }
}

/// `text` with each `{column}` replaced; the column that has nothing, if one has.
fn filled(text: &str, row: &Row) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((column, after)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push_str(row.get(column).ok_or_else(|| column.to_owned())?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn asks(value: &Value, column: &str) -> bool {
    match value {
        Value::String(text) => text.contains(&format!("{{{column}}}")),
        Value::Array(values) => values.iter().any(|value| asks(value, column)),
        Value::Table(table) => table.iter().any(|(_, value)| asks(value, column)),
        _ => false,
    }
}

/// What a cell says, as a value of this kind; lists are parted by commas or blanks.
fn value(said: &str, kind: Kind) -> Option<Value> {
    Some(match kind {
        Kind::Text => Value::String(said.to_owned()),
        Kind::Number => Value::Integer(said.parse().ok()?),
        Kind::Flag => Value::Boolean(said.parse().ok()?),
        Kind::Texts => {
            let parts = said.split([',', ' ']).filter(|part| !part.is_empty());
            Value::Array(parts.map(|part| Value::String(part.to_owned())).collect())
        }
    })
}

/// Puts `value` at `path`, dots and all.
fn put(table: &mut Table, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            table.insert(path.to_owned(), value);
        }
        Some((name, rest)) => {
            let inner = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

fn wrong(key: &str, expected: &str, found: &str) -> Fault {
    let wrong = Wrong::Value { expected: expected.to_owned(), found: found.to_owned() };
    Fault { key: key.to_owned(), place: Place::Nowhere, wrong }
}

const PATH: &str = "relying-party[]";
