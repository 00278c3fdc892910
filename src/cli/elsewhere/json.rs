//! JSON, with every name once.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::cli::elsewhere::value::{At, Value, What};

/// Reads a text of JSON, the file called `file`.
///
/// # Errors
/// What is wrong with it, with line and column.
pub fn read(text: &str, file: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let mut message = error.to_string();
        message.truncate(message.find(" at line ").unwrap_or(message.len()));
        format!("{file}:{line}:{column}: {message}")
    })
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let what = deserializer.deserialize_any(Reader)?;
        Ok(Self { at: At::default(), what })
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = What;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<What, E> {
        Ok(What::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<What, E> {
        Ok(What::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<What, E> {
        Ok(What::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<What, E> {
        Ok(What::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<What, E> {
        Ok(What::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<What, E> {
        Ok(What::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<What, E> {
        Ok(What::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<What, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element()? {
            list.push(value);
        }
        Ok(What::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<What, A::Error> {
        let mut table: Vec<(String, Value)> = Vec::new();
        let mut known = std::collections::HashSet::new();
        while let Some((name, value)) = entries.next_entry::<String, Value>()? {
            if !known.insert(name.clone()) {
                return Err(A::Error::custom(format_args!("the name {name:?} is there twice")));
            }
            table.push((name, value));
        }
        Ok(What::Table(table))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_has_its_place() {
        assert_eq!(
            read("{\"a\":1,\n \"a\":2}", "x.json").unwrap_err(),
            "x.json:2:7: the name \"a\" is there twice"
        );
        let cut = read("{\"a\":[1,", "x.json").unwrap_err();
        assert!(cut.starts_with("x.json:1:8: EOF"), "{cut}");
        assert!(read(&"[".repeat(100_000), "x").is_err());
        assert!(read("{\"a\":[1,2.5,null,true,\"x\"]}", "x").is_ok());
    }
}
