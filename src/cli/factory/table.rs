//! The table of bodies: rows by column, each with the number of its first line.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use crate::cli::arguments_people::FormatChoice;
use crate::cli::error::CliError;
use crate::cli::import::csv::{fields, goes_on, separator_of};
use crate::config::rows::Row;

/// A row, or why there is none, in words.
#[derive(Clone, Debug)]
pub struct Numbered {
    /// The number of its first line, from 1.
    pub line: usize,
    /// What stands in it.
    pub row: Result<Row, String>,
}

/// The rows, and every column that has something in it.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// In the order of the file.
    pub rows: Vec<Numbered>,
    /// The columns.
    pub columns: Vec<String>,
}

/// Reads the table at `path`; `-` is standard input.
///
/// # Errors
/// When it cannot be read, is too long or not UTF-8, or its line of column names is none.
pub fn read(path: &Path, format: Option<FormatChoice>) -> Result<Table, CliError> {
    let mut octets = Vec::new();
    let limit = MOST_OCTETS + 1;
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut octets)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut octets))
    };
    read.map_err(CliError::file("read", path))?;
    let table = |reason: String| CliError::Table { path: path.to_owned(), reason };
    if octets.len() as u64 > MOST_OCTETS {
        return Err(table(format!("at most {} MiB are read", MOST_OCTETS / (1024 * 1024))));
    }
    let text = String::from_utf8(octets).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        table(format!("line {line} is not UTF-8"))
    })?;
    let is_csv = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
    let format = format.unwrap_or(if is_csv { FormatChoice::Csv } else { FormatChoice::Jsonl });
    parse(&text, format).map_err(table)
}

/// The rows of `text`.
///
/// # Errors
/// When the line of column names is none; in words.
pub fn parse(text: &str, format: FormatChoice) -> Result<Table, String> {
    let text = text.trim_start_matches('\u{feff}');
    let mut table = Table::default();
    match format {
        FormatChoice::Jsonl => {
            for (line, text) in text.lines().enumerate() {
                if !text.trim().is_empty() {
                    table.rows.push(Numbered { line: line + 1, row: json(text) });
                }
            }
        }
        FormatChoice::Csv => csv(text, &mut table)?,
    }
    for row in table.rows.iter().filter_map(|one| one.row.as_ref().ok()) {
        for column in row.keys() {
            if !table.columns.contains(column) {
                table.columns.push(column.clone());
            }
        }
    }
    Ok(table)
}

fn csv(text: &str, table: &mut Table) -> Result<(), String> {
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    let (_, head) = lines
        .find(|(_, line)| !line.trim().is_empty())
        .ok_or_else(|| "there is no line of column names".to_owned())?;
    let separator = separator_of(head);
    let names = fields(head, separator).map_err(|reason| format!("column names: {reason}"))?;
    let names: Vec<String> = names.into_iter().map(|name| name.trim().to_owned()).collect();
    for (at, name) in names.iter().enumerate() {
        if name.is_empty() {
            return Err(format!("column {} has no name", at + 1));
        }
        if names[..at].contains(name) {
            return Err(format!("the column {name:?} is there twice"));
        }
    }
    while let Some((line, first)) = lines.next() {
        if first.trim().is_empty() {
            continue;
        }
        let mut record = first.to_owned();
        while goes_on(&record) {
            let Some((_, more)) = lines.next() else { break };
            record = format!("{record}\n{more}");
        }
        let row = fields(&record, separator).and_then(|fields| {
            if fields.len() != names.len() {
                let (wanted, found) = (names.len(), fields.len());
                return Err(format!("there must be {wanted} fields, found {found}"));
            }
            let filled = names.iter().cloned().zip(fields.into_iter().map(|f| f.trim().to_owned()));
            Ok(filled.filter(|(_, field)| !field.is_empty()).collect())
        });
        table.rows.push(Numbered { line, row });
    }
    Ok(())
}

fn json(text: &str) -> Result<Row, String> {
    let read: BTreeMap<String, Value> = serde_json::from_str(text)
        .map_err(|error| error.to_string().replace(" at line 1 column", " at character"))?;
    let mut row = Row::new();
    for (name, value) in read {
        let said = match value {
            Value::Null => continue,
            Value::String(text) => text.trim().to_owned(),
            Value::Bool(yes) => yes.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Array(values) => {
                let texts: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
                texts.ok_or_else(|| format!("{name}: a list of texts is wanted"))?.join(",")
            }
            Value::Object(_) => return Err(format!("{name}: one value is wanted")),
        };
        if !said.is_empty() {
            row.insert(name, said);
        }
    }
    Ok(row)
}

const MOST_OCTETS: u64 = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_table_is_read_by_column_and_each_row_knows_its_line() {
        let text = "\u{feff}id;aggregated.company\n\na;\"Comune\n di \"\"A\"\"\"\nb\nc; \n";
        let table = parse(text, FormatChoice::Csv).unwrap();
        assert_eq!(table.columns, ["aggregated.company", "id"]);
        let [a, b, c] = &table.rows[..] else { panic!("{table:?}") };
        assert_eq!((a.line, b.line, c.line), (3, 5, 6));
        assert_eq!(a.row.as_ref().unwrap()["aggregated.company"], "Comune\n di \"A\"");
        assert_eq!(b.row.as_ref().unwrap_err(), "there must be 2 fields, found 1");
        assert_eq!(c.row.as_ref().unwrap().len(), 1);
        for head in ["", "a,a", "a,,b", "a,\"b"] {
            assert!(parse(head, FormatChoice::Csv).is_err(), "{head}");
        }
        let lines = "{\"id\":\"a\",\"attributes\":[\"name\",\"email\"],\"trial\":true,\"x\":null}\n[1]\n{\"y\":{}}";
        let table = parse(lines, FormatChoice::Jsonl).unwrap();
        assert_eq!(table.rows[0].row.as_ref().unwrap()["attributes"], "name,email");
        assert_eq!(table.rows[0].row.as_ref().unwrap()["trial"], "true");
        assert!(table.rows[1].row.is_err() && table.rows[2].row.is_err());
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in "[\\PC\n\"';,{}]{0,200}") {
            for format in [FormatChoice::Csv, FormatChoice::Jsonl] {
                if let Ok(table) = parse(&text, format) {
                    prop_assert!(table.rows.iter().all(|row| row.line <= text.lines().count()));
                }
            }
        }
    }
}
