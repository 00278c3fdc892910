//! JSON as it comes from outside: an object, no member twice, not deep (RFC 7519 §4, RFC 8725 §2.4).

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How deep values may stand in each other.
pub const DEPTH: usize = 16;

/// Why JSON was not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JsonFault {
    /// Not JSON in UTF-8, or something follows it.
    #[error("it is not JSON")]
    Form,
    /// JSON, and no object.
    #[error("it is not a JSON object")]
    NoObject,
    /// A member is there twice: one reader takes the first, another the last.
    #[error("a member of the JSON object is there twice")]
    Duplicate,
    /// Deeper than [`DEPTH`].
    #[error("the JSON is deeper than {DEPTH} levels")]
    Deep,
}

/// The object that `octets` are.
///
/// # Errors
/// When they are anything else.
pub fn object(octets: &[u8]) -> Result<Map<String, Value>, JsonFault> {
    let fault = Cell::new(JsonFault::Form);
    let mut reader = serde_json::Deserializer::from_slice(octets);
    let value = Strict { depth: 0, fault: &fault }.deserialize(&mut reader);
    let value = value.map_err(|_| fault.get())?;
    reader.end().map_err(|_| JsonFault::Form)?;
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(JsonFault::NoObject),
    }
}

/// The text of a member, if it is text.
#[must_use]
pub fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str)
}

/// The texts of a member that is an array of text, or the one that is text; `None` for anything else.
#[must_use]
pub fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(one) => Some(vec![one]),
        Value::Array(several) => several.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    fault: &'a Cell<JsonFault>,
}

impl Strict<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= DEPTH {
            self.fault.set(JsonFault::Deep);
            return Err(E::custom("deep"));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let below = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = access.next_element_seed(below)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let below = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            let value = access.next_value_seed(below)?;
            if members.insert(name, value).is_some() {
                self.fault.set(JsonFault::Duplicate);
                return Err(A::Error::custom("twice"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_object_is_read_and_nothing_else() {
        assert_eq!(object(br#"{"a":[1,-2,0.5,"x",null,true,{"b":{}}]}"#).unwrap().len(), 1);
        for (text, fault) in [
            ("", JsonFault::Form),
            ("{", JsonFault::Form),
            ("{} {}", JsonFault::Form),
            ("{\"a\":\"\u{1}\"}", JsonFault::Form),
            ("[]", JsonFault::NoObject),
            ("\"a\"", JsonFault::NoObject),
            (r#"{"a":1,"a":1}"#, JsonFault::Duplicate),
            (r#"{"a":1,"\u0061":2}"#, JsonFault::Duplicate),
            (r#"{"a":{"b":1,"b":1}}"#, JsonFault::Duplicate),
        ] {
            assert_eq!(object(text.as_bytes()), Err(fault), "{text}");
        }
        assert_eq!(object(b"{\"a\":\"\xff\"}"), Err(JsonFault::Form));
    }

    #[test]
    fn depth_ends() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(object(nested(DEPTH - 1).as_bytes()).is_ok());
        assert_eq!(object(nested(DEPTH).as_bytes()), Err(JsonFault::Deep));
        assert_eq!(object(nested(100_000).as_bytes()), Err(JsonFault::Deep));
    }

    proptest! {
        /// Whatever is taken is what the common reader takes, too.
        #[test]
        fn it_agrees_with_the_common_reader(octets in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(members) = object(&octets) {
                prop_assert_eq!(serde_json::from_slice::<Value>(&octets).unwrap(), Value::Object(members));
            }
        }

        #[test]
        fn what_was_written_is_read(names in proptest::collection::hash_map(".{0,6}", ".{0,6}", 0..6)) {
            let written = serde_json::to_vec(&names).unwrap();
            let read = object(&written).unwrap();
            prop_assert_eq!(read.len(), names.len());
            for (name, value) in names {
                prop_assert_eq!(text(&read, &name), Some(value.as_str()));
            }
        }
    }
}
