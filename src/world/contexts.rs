//! OpenSSL's contexts for operations with one key, set up once and used again: to set one up costs as much as a verification.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use openssl::error::ErrorStack;
use openssl::pkey_ctx::PkeyCtx;

/// How many wait to be used again: as many as threads are at it at once, and no more.
const MOST: usize = 64;

/// Contexts that are not in use, each with what it was set up for.
pub struct Contexts<K, T>(Mutex<Vec<(K, PkeyCtx<T>)>>);

impl<K, T> Default for Contexts<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Copy + PartialEq, T> Contexts<K, T> {
    /// Has `act` done with a context for `kind`, which `set_up` makes where none is free. One in which something failed is
    /// not used again.
    ///
    /// # Errors
    /// Those of the two.
    pub fn with<R>(
        &self,
        kind: K,
        set_up: impl FnOnce() -> Result<PkeyCtx<T>, ErrorStack>,
        act: impl FnOnce(&mut PkeyCtx<T>) -> Result<R, ErrorStack>,
    ) -> Result<R, ErrorStack> {
        let free = {
            let mut free = self.free();
            let place = free.iter().rposition(|(other, _)| *other == kind);
            place.map(|place| free.swap_remove(place).1)
        };
        let mut context = match free {
            Some(context) => context,
            None => set_up()?,
        };
        let done = act(&mut context)?;
        let mut free = self.free();
        if free.len() < MOST {
            free.push((kind, context));
        }
        Ok(done)
    }

    fn free(&self) -> MutexGuard<'_, Vec<(K, PkeyCtx<T>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, T> fmt::Debug for Contexts<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contexts")
    }
}
