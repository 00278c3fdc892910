//! Of which kinds a database has anything: what a login writes for minutes seldom gets there, and what cannot be there is not looked for.

use std::collections::HashSet;

use crate::store::disk::{Cause, Disk};
use crate::store::layout::{VALUES, folder_of};

/// The kinds of each tenant of which the database may have a value.
#[derive(Clone, Debug, Default)]
pub struct Kinds(HashSet<Vec<u8>>);

impl Kinds {
    /// Those of which `disk` has one.
    ///
    /// # Errors
    /// When the database fails.
    pub fn of(disk: &impl Disk) -> Result<Self, Cause> {
        let mut kinds = Self::default();
        let mut first = vec![VALUES];
        loop {
            let Some(pair) = disk.from(&first).next() else { return Ok(kinds) };
            let (key, _) = pair?;
            if key.first() != Some(&VALUES) {
                return Ok(kinds);
            }
            let folder = folder_of(&key);
            first = match folder.split_last() {
                // What comes after all that begins so.
                Some((0, rest)) => [rest, &[1]].concat(),
                // A key of no kind: on behind it.
                _ => [key.as_slice(), &[0]].concat(),
            };
            kinds.0.insert(folder.to_vec());
        }
    }

    /// Whether the database may have something at `value_key`.
    #[must_use]
    pub fn may_have(&self, value_key: &[u8]) -> bool {
        self.0.contains(folder_of(value_key))
    }

    /// Notes that it is to have something there.
    pub fn add(&mut self, value_key: &[u8]) {
        let folder = folder_of(value_key);
        if !self.0.contains(folder) {
            self.0.insert(folder.to_vec());
        }
    }
}
