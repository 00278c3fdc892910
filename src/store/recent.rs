//! Records as they were last read or written: a login meets the same ones at every step, and to open and parse them
//! costs more than to hold them for a while.
//!
//! A record is taken from here only for the very bytes that the store has for it, nonce and all; so it is as old or as
//! new as they are, and nothing needs to be told when one changes.

use std::any::Any;
use std::fmt;
use std::hash::BuildHasher;
use std::hash::RandomState;
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::port::Key;

/// How many records are held at most.
const PLACES: usize = 2048;

/// Longer ones are not held.
const MOST: usize = 8 * 1024;

/// A number of places; which one is a record's, follows from its key.
pub struct Recent {
    places: Box<[Mutex<Option<Held>>]>,
    hasher: RandomState,
}

struct Held {
    sealed: Vec<u8>,
    value: Arc<dyn Any + Send + Sync>,
}

impl Default for Recent {
    fn default() -> Self {
        let places = (0..PLACES).map(|_| Mutex::default()).collect();
        Self { places, hasher: RandomState::new() }
    }
}

impl Recent {
    /// The record that `sealed`, which the store has at `key`, is.
    #[must_use]
    pub fn get<T: Clone + Send + Sync + 'static>(&self, key: &Key, sealed: &[u8]) -> Option<T> {
        let value = {
            let place = self.place(key).lock().unwrap_or_else(PoisonError::into_inner);
            let held = place.as_ref().filter(|held| held.sealed == sealed)?;
            Arc::clone(&held.value)
        };
        value.downcast_ref::<T>().cloned()
    }

    /// Holds that `sealed` is `value` at `key`.
    pub fn put<T: Clone + Send + Sync + 'static>(&self, key: &Key, sealed: &[u8], value: &T) {
        if sealed.len() > MOST {
            return;
        }
        let held = Held { sealed: sealed.to_vec(), value: Arc::new(value.clone()) };
        let mut place = self.place(key).lock().unwrap_or_else(PoisonError::into_inner);
        let before = place.replace(held);
        drop(place);
        drop(before);
    }

    fn place(&self, key: &Key) -> &Mutex<Option<Held>> {
        let number = self.hasher.hash_one(key) % PLACES as u64;
        &self.places[usize::try_from(number).unwrap_or(0)]
    }
}

impl fmt::Debug for Recent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recent({PLACES})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::tenant::TenantId;
    use crate::store::port::Space;

    #[test]
    fn a_record_is_held_for_its_bytes_and_its_type_only() {
        let recent = Recent::default();
        let key = |name: &str| Key::new(&TenantId::main(), Space::Accounts, name);
        recent.put(&key("a"), b"sealed", &7_u32);
        assert_eq!(recent.get::<u32>(&key("a"), b"sealed"), Some(7));
        assert_eq!(recent.get::<u64>(&key("a"), b"sealed"), None);
        assert_eq!(recent.get::<u32>(&key("a"), b"sealed anew"), None);
        recent.put(&key("a"), b"sealed anew", &8_u32);
        assert_eq!(recent.get::<u32>(&key("a"), b"sealed"), None);
        assert_eq!(recent.get::<u32>(&key("a"), b"sealed anew"), Some(8));
        recent.put(&key("a"), &[0; MOST + 1], &9_u32);
        assert_eq!(recent.get::<u32>(&key("a"), &[0; MOST + 1]), None);
    }
}
