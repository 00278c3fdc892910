//! Where the register begins, and the checkpoint that says so.

use crate::register::checkpoint::Tail;
use crate::register::error::RegisterError;
use crate::register::journal::Register;
use crate::register::segment::Hash;

impl Register {
    /// Writes a checkpoint now; returns what it vouches for.
    ///
    /// # Errors
    /// When the key does not sign or the disk does not take it.
    pub fn checkpoint(&self) -> Result<Tail, RegisterError> {
        self.shared.checkpoint()
    }

    /// Lets the register begin with record `first`, after `before_first`, what was before it being purged as the
    /// proof of digest `purged` tells. Comes back once a checkpoint says so: the files may go then.
    ///
    /// # Errors
    /// As [`Register::checkpoint`]; the register then begins where it did.
    pub fn begin_at(
        &self,
        first: u64,
        before_first: Hash,
        purged: Hash,
    ) -> Result<(), RegisterError> {
        let before = {
            let mut state = self.shared.lock();
            let before = state.tail;
            (state.tail.first, state.tail.before_first) = (first, before_first);
            state.tail.purged = purged;
            if state.tail.count == first {
                state.tail.place = None;
            }
            before
        };
        let written = self.shared.checkpoint();
        if written.is_err() {
            let tail = &mut self.shared.lock().tail;
            (tail.first, tail.before_first) = (before.first, before.before_first);
            tail.purged = before.purged;
            if tail.count == first {
                tail.place = before.place;
            }
        }
        written.map(|_| ())
    }
}
