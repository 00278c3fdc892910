//! Signatures: verified over the octets received with a registered key, or made with ours.

/// A partner's public key, taken from its metadata and parsed once.
#[derive(Clone)]
pub struct PublicKey {}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PublicKey")
    }
}
