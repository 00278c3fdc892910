//! What is committed and not yet in the database: a layer that grows, over one that is being brought there.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::store::layout::expiry_key;
use crate::store::port::Value;

/// What a commit laid over the database.
#[derive(Debug)]
pub struct Laid {
    /// The value; none if it goes.
    pub value: Option<Value>,
    /// The last durable commit that wrote the key; 0 for none.
    pub durable: u64,
}

/// Changes by the database's key.
pub type Layer = BTreeMap<Vec<u8>, Laid>;

/// The two layers.
#[derive(Debug, Default)]
pub struct Layers {
    top: Layer,
    below: Option<Arc<Layer>>,
}

impl Layers {
    /// What lies over `key`.
    #[must_use]
    pub fn find(&self, key: &[u8]) -> Option<&Laid> {
        self.top.get(key).or_else(|| self.below.as_ref()?.get(key))
    }

    /// What lies over the keys from `first` on that begin with `within`.
    #[must_use]
    pub fn within<'l>(&'l self, first: &[u8], within: &[u8]) -> BTreeMap<&'l [u8], &'l Laid> {
        let layers = self.below.as_deref().into_iter().chain([&self.top]);
        layers
            .flat_map(|layer| {
                let range = layer.range(first.to_vec()..);
                range.take_while(|(key, _)| key.starts_with(within))
            })
            .map(|(key, laid)| (key.as_slice(), laid))
            .collect()
    }

    /// Lays a change over `key`, by a durable commit if it has a number.
    pub fn lay(&mut self, key: Vec<u8>, value: Option<Value>, durable: Option<u64>) {
        match self.top.entry(key) {
            Entry::Occupied(mut there) => {
                let durable = durable.unwrap_or_else(|| there.get().durable);
                there.insert(Laid { value, durable });
            }
            Entry::Vacant(place) => {
                let below = || Some(self.below.as_ref()?.get(place.key())?.durable);
                let durable = durable.or_else(below).unwrap_or(0);
                place.insert(Laid { value, durable });
            }
        }
    }

    /// Whether nothing lies in the layer that grows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.top.is_empty()
    }

    /// Whether a layer is being brought to the database.
    #[must_use]
    pub fn is_settling(&self) -> bool {
        self.below.is_some()
    }

    /// Begins to bring the layer that grew to the database, all but what `stays`: that lies in the next one from the
    /// start, unless it is longer than `most` bytes together.
    pub fn turn(&mut self, stays: impl Fn(&[u8], &Value) -> bool, most: usize) {
        let mut length = 0;
        let mut does_stay = |key: &[u8], laid: &Laid| {
            let value = laid.value.as_ref().filter(|value| stays(key, value));
            length += value.map_or(0, |value| key.len() + value.bytes.len());
            value.is_some()
        };
        let (mut stay, mut go): (Layer, Layer) =
            std::mem::take(&mut self.top).into_iter().partition(|(key, laid)| does_stay(key, laid));
        if length > most {
            go.append(&mut stay);
        }
        self.top = stay;
        self.below = Some(Arc::new(go));
    }

    /// What lies in the layer that grows, in the order of keys.
    pub fn top(&self) -> impl Iterator<Item = (&[u8], Option<&Value>)> {
        self.top.iter().map(|(key, laid)| (key.as_slice(), laid.value.as_ref()))
    }

    /// The layer that is being brought to the database.
    #[must_use]
    pub fn settling(&self) -> Option<Arc<Layer>> {
        self.below.clone()
    }

    /// The database has it.
    pub fn settled(&mut self) {
        self.below = None;
    }

    /// The expiries, as the database would have them, of what lies here and has expired at `now`.
    #[must_use]
    pub fn expired(&self, now: DateTime<Utc>) -> Vec<Vec<u8>> {
        let lower = self.below.iter().flat_map(|below| below.iter());
        let lower = lower.filter(|(key, _)| !self.top.contains_key(*key));
        let mut expired = Vec::new();
        for (key, laid) in self.top.iter().chain(lower) {
            let expires = laid.value.as_ref().and_then(|value| value.expires);
            expired.extend(expires.filter(|end| *end <= now).map(|end| expiry_key(end, key)));
        }
        expired
    }
}
