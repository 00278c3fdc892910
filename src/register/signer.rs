//! Who signs for the register: another key once keys were changed.

use std::sync::{Arc, PoisonError, RwLock};

use crate::register::error::RegisterError;
use crate::register::journal::Register;
use crate::world::signer::Signer;

/// The key that signs now.
pub(in crate::register) struct CurrentSigner(RwLock<Arc<dyn Signer>>);

impl CurrentSigner {
    /// Begins with `signer`.
    pub(in crate::register) fn new(signer: Arc<dyn Signer>) -> Self {
        Self(RwLock::new(signer))
    }

    /// The key that signs now.
    pub(in crate::register) fn get(&self) -> Arc<dyn Signer> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, signer: Arc<dyn Signer>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = signer;
    }
}

impl Register {
    /// From here on `signer` signs checkpoints: the one that there is at once, so that nothing hangs on the key before.
    ///
    /// # Errors
    /// When the key does not sign, or the disk does not take it.
    pub fn sign_with(&self, signer: Arc<dyn Signer>) -> Result<(), RegisterError> {
        self.shared.signer.set(signer);
        self.shared.checkpoint().map(drop)
    }

    /// What signs for the register now.
    #[must_use]
    pub fn signer(&self) -> Arc<dyn Signer> {
        self.shared.signer.get()
    }
}
