//! What is committed and not yet in the database: a layer that grows, over one that is being brought there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::store::layout::{Span, expiry_key, is_unlisted};
use crate::store::port::Value;

/// What a commit laid over the database.
#[derive(Debug)]
pub struct Laid {
    /// The value; none if it goes.
    pub value: Option<Value>,
    /// The last durable commit that wrote the key; 0 for none.
    pub durable: u64,
}

/// Changes by the database's key: those of kinds that are never listed are found by a hash, since a login looks for
/// them most.
#[derive(Debug, Default)]
pub struct Layer {
    ordered: BTreeMap<Vec<u8>, Laid>,
    unlisted: HashMap<Vec<u8>, Laid>,
}

impl Layer {
    fn get(&self, key: &[u8]) -> Option<&Laid> {
        if is_unlisted(key) { self.unlisted.get(key) } else { self.ordered.get(key) }
    }

    fn get_mut(&mut self, key: &[u8]) -> Option<&mut Laid> {
        if is_unlisted(key) { self.unlisted.get_mut(key) } else { self.ordered.get_mut(key) }
    }

    fn insert(&mut self, key: Vec<u8>, laid: Laid) {
        if is_unlisted(&key) {
            self.unlisted.insert(key, laid);
        } else {
            self.ordered.insert(key, laid);
        }
    }

    fn is_empty(&self) -> bool {
        self.ordered.is_empty() && self.unlisted.is_empty()
    }

    fn iter(&self) -> impl Iterator<Item = (&Vec<u8>, &Laid)> {
        self.ordered.iter().chain(&self.unlisted)
    }

    /// All of it, in the order of keys.
    #[must_use]
    pub fn in_order(&self) -> Vec<(&[u8], &Laid)> {
        let mut all: Vec<_> = self.iter().map(|(key, laid)| (key.as_slice(), laid)).collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all
    }

    /// Those from `first` on that begin with `within`.
    fn within<'l>(
        &'l self,
        first: &[u8],
        within: &[u8],
    ) -> impl Iterator<Item = (&'l Vec<u8>, &'l Laid)> {
        let ordered = self.ordered.range(first.to_vec()..);
        let ordered = ordered.take_while(|(key, _)| key.starts_with(within));
        // What is asked for by less than a kind's name is everything: a dump.
        let unlisted = (within.len() <= 1 || is_unlisted(within)).then_some(&self.unlisted);
        let unlisted = unlisted.into_iter().flatten();
        let (first, within) = (first.to_vec(), within.to_vec());
        let asked = move |key: &Vec<u8>| *key >= first && key.starts_with(&within);
        ordered.chain(unlisted.filter(move |(key, _)| asked(key)))
    }
}

impl FromIterator<(Vec<u8>, Laid)> for Layer {
    fn from_iter<I: IntoIterator<Item = (Vec<u8>, Laid)>>(changes: I) -> Self {
        let mut layer = Self::default();
        changes.into_iter().for_each(|(key, laid)| layer.insert(key, laid));
        layer
    }
}

impl IntoIterator for Layer {
    type Item = (Vec<u8>, Laid);
    type IntoIter = std::iter::Chain<
        std::collections::btree_map::IntoIter<Vec<u8>, Laid>,
        std::collections::hash_map::IntoIter<Vec<u8>, Laid>,
    >;

    fn into_iter(self) -> Self::IntoIter {
        self.ordered.into_iter().chain(self.unlisted)
    }
}

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
            .flat_map(|layer| layer.within(first, within))
            .map(|(key, laid)| (key.as_slice(), laid))
            .collect()
    }

    /// Lays a change over `key`, by a durable commit if it has a number.
    pub fn lay(&mut self, key: Vec<u8>, value: Option<Value>, durable: Option<u64>) {
        if let Some(commit) = durable {
            self.top.insert(key, Laid { value, durable: commit });
            return;
        }
        if let Some(there) = self.top.get_mut(&key) {
            there.value = value;
            return;
        }
        let below = || Some(self.below.as_ref()?.get(&key)?.durable);
        let durable = below().unwrap_or(0);
        self.top.insert(key, Laid { value, durable });
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

    /// Begins to bring the layer that grew to the database, all but what is soon gone as `span` says: that lies in the next
    /// one from the start, as much of it as is no longer than `most` bytes together, the soonest first.
    pub fn turn(&mut self, span: impl Fn(&[u8], &Value) -> Option<Span>, most: usize) {
        let span = |key: &[u8], laid: &Laid| span(key, laid.value.as_ref()?);
        let mut lengths = BTreeMap::new();
        for (key, laid) in self.top.iter() {
            if let Some(span) = span(key, laid) {
                let value = laid.value.as_ref().map_or(0, |value| value.bytes.len());
                *lengths.entry(span).or_insert(0) += key.len() + value;
            }
        }
        let mut length = 0;
        let fits = |(_, own): &(Span, usize)| {
            length += own;
            length <= most
        };
        let last = lengths.into_iter().take_while(fits).last().map(|(span, _)| span);
        let stays =
            |key: &[u8], laid: &Laid| span(key, laid).is_some_and(|span| Some(span) <= last);
        let (mut stay, mut go) = (Layer::default(), Layer::default());
        for (key, laid) in std::mem::take(&mut self.top) {
            let layer = if stays(&key, &laid) { &mut stay } else { &mut go };
            layer.insert(key, laid);
        }
        self.top = stay;
        self.below = Some(Arc::new(go));
    }

    /// What lies in the layer that grows.
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
        let lower = lower.filter(|(key, _)| self.top.get(key).is_none());
        let mut expired = Vec::new();
        for (key, laid) in self.top.iter().chain(lower) {
            let expires = laid.value.as_ref().and_then(|value| value.expires);
            expired.extend(expires.filter(|end| *end <= now).map(|end| expiry_key(end, key)));
        }
        expired
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::tenant::TenantId;
    use crate::store::layout::{VALUES, value_key, values_in};
    use crate::store::port::{Key, Space};

    /// Some keys of a kind that is listed and some of one that is not, in both layers.
    #[test]
    fn what_is_never_listed_is_found_turned_and_dumped_like_the_rest() {
        let key = |space, name: &str| value_key(&Key::new(&TenantId::main(), space, name));
        let value = |byte| Some(Value::lasting(vec![byte]));
        let mut layers = Layers::default();
        let spaces = [Space::Accounts, Space::Transactions];
        for space in spaces {
            layers.lay(key(space, "a"), value(1), Some(1));
            layers.lay(key(space, "b"), value(2), None);
        }
        layers.turn(|key, _| key.ends_with(b"b").then_some(Span::Day), 1000);
        for space in spaces {
            layers.lay(key(space, "a"), None, None);
            layers.lay(key(space, "c"), value(3), None);
            let found = layers.find(&key(space, "a")).unwrap();
            assert_eq!((found.value.clone(), found.durable), (None, 1), "{space:?}");
            assert_eq!(layers.find(&key(space, "b")).unwrap().value, value(2));
            let folder = values_in(&TenantId::main(), space);
            let all: Vec<_> = layers.within(&folder, &folder).into_keys().collect();
            assert_eq!(all, [key(space, "a"), key(space, "b"), key(space, "c")]);
            let later = layers.within(&key(space, "b"), &folder);
            assert_eq!(later.into_keys().next(), Some(key(space, "b").as_slice()));
        }
        assert_eq!(layers.within(&[VALUES], &[VALUES]).len(), 6);
        let settling = layers.settling().unwrap();
        let names: Vec<&[u8]> = settling.in_order().into_iter().map(|(key, _)| key).collect();
        assert_eq!(names, spaces.map(|space| key(space, "a")));
    }

    /// Of what is soon gone, the soonest stays when not all of it may.
    #[test]
    fn what_is_soonest_gone_stays_first() {
        let key = |name: &str| value_key(&Key::new(&TenantId::main(), Space::Replay, name));
        let spans = [("m", Span::Minutes), ("l", Span::Login), ("d", Span::Day)];
        let one = key("m").len() + 10;
        for (most, stay) in [(0, 0), (one - 1, 0), (one, 1), (3 * one - 1, 2), (3 * one, 3)] {
            let mut layers = Layers::default();
            for (name, _) in spans {
                layers.lay(key(name), Some(Value::lasting(vec![7; 10])), None);
            }
            layers.lay(key("none"), Some(Value::lasting(vec![7; 10])), None);
            let span = |held: &[u8], _: &Value| {
                spans.iter().find(|(name, _)| key(name) == held).map(|(_, span)| *span)
            };
            layers.turn(span, most);
            let kept = spans.map(|(name, _)| layers.top.get(&key(name)).is_some());
            assert_eq!(kept, [0, 1, 2].map(|n| n < stay), "{most}");
            let went = layers.settling().unwrap();
            assert!(went.get(&key("none")).is_some() && went.iter().count() == 4 - stay);
        }
    }
}
