//! Comma-separated values (RFC 4180), with semicolons or tabs too, as spreadsheets write them.

use crate::admin::command::NewPerson;
use crate::enrolment::activation::Delivery;
use crate::identity::account::{Proofing, ProofingMethod};
use crate::identity::attributes::AttributeName;
use crate::identity::kind::IdentityKind;

/// What stands in each column.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Header {
    separator: char,
    columns: Vec<Column>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Column {
    Username,
    Password,
    PasswordHash,
    Kind,
    Delivery,
    ProofingMethod,
    ProofingDate,
    ProofingOperator,
    ProofingEvidence,
    Attribute(AttributeName),
}

impl Header {
    /// Reads the line of column names: the separator is the one that stands in it most often.
    ///
    /// # Errors
    /// When a column is unknown or there twice, or none has user names; in words.
    pub fn read(line: &str) -> Result<Self, String> {
        let line = line.trim_start_matches('\u{feff}');
        let separator = separator_of(line);
        let mut columns = Vec::new();
        for name in fields(line, separator)? {
            let name = name.trim();
            let column = column(name).ok_or_else(|| format!("there is no column {name:?}"))?;
            if columns.contains(&column) {
                return Err(format!("the column {name:?} is there twice"));
            }
            columns.push(column);
        }
        if !columns.contains(&Column::Username) {
            return Err("there is no column \"username\"".to_owned());
        }
        Ok(Self { separator, columns })
    }

    /// The person of one line; an empty field says nothing.
    ///
    /// # Errors
    /// When it has other fields than the header, or one cannot be understood; in words.
    pub fn person(&self, line: &str) -> Result<NewPerson, String> {
        let fields = fields(line, self.separator)?;
        if fields.len() != self.columns.len() {
            return Err(format!(
                "there must be {} fields, found {}",
                self.columns.len(),
                fields.len()
            ));
        }
        let mut person = NewPerson::named(String::new());
        let mut proofing = Said::default();
        for (column, field) in self.columns.iter().zip(fields) {
            if field.trim().is_empty() {
                continue;
            }
            let word = field.trim();
            match column {
                Column::Username => person.username = field,
                Column::Password => person.password = Some(field),
                Column::PasswordHash => person.password_hash = Some(word.to_owned()),
                Column::Kind => {
                    let names = IdentityKind::ALL.map(IdentityKind::as_str);
                    person.kind = IdentityKind::parse(word).ok_or_else(|| none_of(word, &names))?;
                }
                Column::Delivery => {
                    person.delivery = match word {
                        "desk" => Delivery::Desk,
                        "verified-contact" => Delivery::VerifiedContact,
                        _ => return Err(none_of(word, &["desk", "verified-contact"])),
                    }
                }
                Column::ProofingMethod => {
                    let names = ProofingMethod::ALL.map(ProofingMethod::as_str);
                    let method = ProofingMethod::parse(word);
                    proofing.method = Some(method.ok_or_else(|| none_of(word, &names))?);
                }
                Column::ProofingDate => {
                    let date = word.parse().map_err(|_| format!("{word:?} is no day"))?;
                    proofing.date = Some(date);
                }
                Column::ProofingOperator => proofing.operator = Some(field),
                Column::ProofingEvidence => proofing.evidence = Some(field),
                Column::Attribute(name) => {
                    person.attributes.insert(name.as_str().to_owned(), field);
                }
            }
        }
        person.proofing = proofing.whole()?;
        Ok(person)
    }
}

/// What parts the columns of a line of column names: what stands in it most often.
#[must_use]
pub fn separator_of(line: &str) -> char {
    let often = |separator: &char| line.matches(*separator).count();
    [',', ';', '\t'].into_iter().max_by_key(often).unwrap_or(',')
}

/// Whether a line that was read so far is not the whole of its record: a quote is open.
#[must_use]
pub fn goes_on(record: &str) -> bool {
    record.matches('"').count() % 2 == 1
}

/// A proofing as far as the columns say it.
#[derive(Default)]
struct Said {
    method: Option<ProofingMethod>,
    date: Option<chrono::NaiveDate>,
    operator: Option<String>,
    evidence: Option<String>,
}

impl Said {
    fn whole(self) -> Result<Option<Proofing>, String> {
        match (self.method, self.date, self.operator, self.evidence) {
            (None, None, None, None) => Ok(None),
            (Some(method), Some(date), Some(operator), Some(evidence)) => {
                Ok(Some(Proofing { method, date, operator, evidence }))
            }
            _ => Err("a proofing needs method, date, operator and evidence".to_owned()),
        }
    }
}

fn column(name: &str) -> Option<Column> {
    Some(match name {
        "username" => Column::Username,
        "password" => Column::Password,
        "password-hash" => Column::PasswordHash,
        "kind" => Column::Kind,
        "delivery" => Column::Delivery,
        "proofing-method" => Column::ProofingMethod,
        "proofing-date" => Column::ProofingDate,
        "proofing-operator" => Column::ProofingOperator,
        "proofing-evidence" => Column::ProofingEvidence,
        _ => Column::Attribute(AttributeName::parse(name)?),
    })
}

fn none_of(found: &str, names: &[&str]) -> String {
    format!("{found:?} is none of {}", names.join(", "))
}

/// The fields of a record: what is in quotes may hold anything, a quote among it doubled.
///
/// # Errors
/// When a quote stands where none may; in words.
pub fn fields(record: &str, separator: char) -> Result<Vec<String>, String> {
    let mut fields = Vec::new();
    let mut rest = record;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)?,
            None => {
                let end = rest.find(separator).unwrap_or(rest.len());
                let (field, after) = rest.split_at(end);
                if field.contains('"') {
                    return Err("a quote stands in a field that does not begin with one".to_owned());
                }
                (field.to_owned(), after)
            }
        };
        fields.push(field);
        if after.is_empty() {
            return Ok(fields);
        }
        rest = after
            .strip_prefix(separator)
            .ok_or_else(|| "something stands after the end of a quoted field".to_owned())?;
    }
}

/// The field whose opening quote was taken, and what comes after its closing one.
fn quoted_field(text: &str) -> Result<(String, &str), String> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let Some((part, after)) = rest.split_once('"') else {
            return Err("a quote is not closed".to_owned());
        };
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return Ok((field, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_a_person() {
        let header = Header::read("\u{feff}username;password;kind;name;delivery;address").unwrap();
        let person = header.person("ada;\"a;b\"\"c\";professional;Ada;desk;\"via X\n1\"").unwrap();
        assert_eq!(person.username, "ada");
        assert_eq!(person.password.as_deref(), Some("a;b\"c"));
        assert_eq!((person.kind, person.delivery), (IdentityKind::Professional, Delivery::Desk));
        assert_eq!(person.attributes["address"], "via X\n1");
        let person = header.person("ada;;;;;").unwrap();
        assert_eq!((person.password, person.attributes.len()), (None, 0));
        assert_eq!(person.kind, IdentityKind::Personal);
    }

    #[test]
    fn what_cannot_be_understood_is_said() {
        let header = Header::read("username,kind,proofing-method,proofing-date").unwrap();
        for (line, expected) in [
            ("ada", "4 fields, found 1"),
            ("ada,friend,,", "\"friend\" is none of personal"),
            ("ada,,magic,", "\"magic\" is none of desk"),
            ("ada,,desk,yesterday", "\"yesterday\" is no day"),
            ("ada,,desk,2026-01-02", "a proofing needs"),
            ("a\"da,,,", "a quote stands in a field"),
            ("\"ada\"x,,,", "after the end of a quoted field"),
            ("\"ada,,,", "a quote is not closed"),
        ] {
            let said = header.person(line).unwrap_err();
            assert!(said.contains(expected), "{line}: {said}");
        }
        for (line, expected) in [
            ("name,email", "no column \"username\""),
            ("username,shoe", "no column \"shoe\""),
            ("username,name,name", "\"name\" is there twice"),
        ] {
            assert!(Header::read(line).unwrap_err().contains(expected), "{line}");
        }
    }

    proptest! {
        #[test]
        fn fields_read_back(values in prop::collection::vec("[a-z\",;\n ]{0,8}", 1..6)) {
            let line: Vec<String> =
                values.iter().map(|value| format!("\"{}\"", value.replace('"', "\"\""))).collect();
            let line = line.join(";");
            prop_assert!(!goes_on(&line));
            prop_assert_eq!(fields(&line, ';'), Ok(values));
        }

        #[test]
        fn nothing_makes_it_panic(header in "\\PC{0,40}", line in "\\PC{0,40}") {
            if let Ok(header) = Header::read(&header) {
                let _read = header.person(&line);
            }
            let _read = fields(&line, ',');
        }
    }
}
