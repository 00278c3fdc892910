//! What was read of the database since it last changed: a login reads the same few things at every step, and nobody but the store
//! changes them.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::store::disk::{Cause, Pair};
use crate::store::layout::unpack;
use crate::store::port::Value;

/// How many values and lists are kept; when there are more, all go.
const MOST: usize = 1024;

/// No longer values are, in bytes, …
const LONGEST: usize = 8 * 1024;
/// … and no lists of more.
const MANY: usize = 16;

/// Under the store's lock, and emptied when the database has changed.
#[derive(Debug, Default)]
pub struct Warm {
    values: HashMap<Vec<u8>, Option<Value>>,
    lists: HashMap<Vec<u8>, Vec<Pair>>,
}

impl Warm {
    /// What the database has at `key`; `read` asks it.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn value(
        &mut self,
        key: &[u8],
        read: impl FnOnce() -> Result<Option<Vec<u8>>, Cause>,
    ) -> Result<Option<Cow<'_, Value>>, Cause> {
        if !self.values.contains_key(key) {
            let value = read()?.as_deref().and_then(unpack);
            if value.as_ref().is_some_and(|value| value.bytes.len() > LONGEST) {
                return Ok(value.map(Cow::Owned));
            }
            if self.values.len() >= MOST {
                self.values.clear();
            }
            self.values.insert(key.to_vec(), value);
        }
        Ok(self.values.get(key).and_then(Option::as_ref).map(Cow::Borrowed))
    }

    /// All that the database has whose keys begin with `within`, if that is short; `read` asks it for all keys from there on.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn list<I: Iterator<Item = Result<Pair, Cause>>>(
        &mut self,
        within: &[u8],
        read: impl FnOnce() -> I,
    ) -> Result<Option<Vec<Pair>>, Cause> {
        if let Some(pairs) = self.lists.get(within) {
            return Ok(Some(pairs.clone()));
        }
        let (mut pairs, mut length) = (Vec::new(), 0);
        for pair in read() {
            let (key, bytes) = pair?;
            if !key.starts_with(within) {
                break;
            }
            length += bytes.len();
            pairs.push((key, bytes));
            if pairs.len() > MANY || length > LONGEST {
                return Ok(None);
            }
        }
        if self.lists.len() >= MOST {
            self.lists.clear();
        }
        self.lists.insert(within.to_vec(), pairs.clone());
        Ok(Some(pairs))
    }

    /// The database has changed.
    pub fn forget(&mut self) {
        self.values.clear();
        self.lists.clear();
    }
}
