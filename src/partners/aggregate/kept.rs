//! What was read last, by name, and no more of it than a number.

use std::collections::HashMap;

/// A few values; of too many, those go that were not asked for longest.
#[derive(Debug)]
pub struct Kept<T> {
    most: usize,
    turn: u64,
    values: HashMap<String, (u64, T)>,
}

impl<T: Clone> Kept<T> {
    /// Room for `most`, one at least.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), turn: 0, values: HashMap::new() }
    }

    /// The value under `name`.
    pub fn get(&mut self, name: &str) -> Option<T> {
        self.turn += 1;
        let (turn, value) = self.values.get_mut(name)?;
        *turn = self.turn;
        Some(value.clone())
    }

    /// Keeps `value` under `name`.
    pub fn put(&mut self, name: &str, value: T) {
        self.turn += 1;
        if self.values.len() >= self.most && !self.values.contains_key(name) {
            let oldest = self.values.iter().min_by_key(|(_, (turn, _))| *turn);
            if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
                self.values.remove(&oldest);
            }
        }
        self.values.insert(name.to_owned(), (self.turn, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_not_asked_for_longest_goes() {
        let mut kept = Kept::new(2);
        kept.put("a", 1);
        kept.put("b", 2);
        assert_eq!(kept.get("a"), Some(1));
        kept.put("c", 3);
        assert_eq!((kept.get("a"), kept.get("b"), kept.get("c")), (Some(1), None, Some(3)));
        kept.put("a", 4);
        assert_eq!((kept.get("a"), kept.get("c")), (Some(4), Some(3)));
    }
}
