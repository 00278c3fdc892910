//! By which certificates a login was proved, for the register.

use crate::assurance::factor::CertificateUsed;
use crate::login::state::State;
use crate::login::transaction::Transaction;

impl Transaction {
    /// The certificates by which it was shown who comes, in this login or in the session that it rests on (AN-02).
    #[must_use]
    pub fn certificates(&self) -> Vec<CertificateUsed> {
        let State::Proving(proving) = &self.state else { return Vec::new() };
        let counted = proving.counted(self.request.requirement.tolerance);
        counted.iter().flat_map(|held| held.certificates()).cloned().collect()
    }
}
