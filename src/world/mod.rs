//! What a program cannot make up for itself: the time, chance, private keys
//! and the key that seals what lies on the disk.

pub mod certificate;
pub mod clock;
pub mod digest;
pub mod random;
pub mod room;
pub mod seal;
pub mod signer;
pub mod stopwatch;
pub mod verifier;
