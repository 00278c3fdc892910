//! What a program cannot make up for itself: the time, chance, what others' servers say, private keys,
//! the key that seals what lies on the disk, and the way to people.

pub mod aside;
pub mod authorities;
pub mod certificate;
pub mod clock;
pub mod content;
pub mod der;
pub mod digest;
pub mod ecdsa;
pub mod extensions;
pub mod fetch;
pub mod issue;
pub mod key_place;
pub mod letter;
pub mod mail_folder;
pub mod outbox;
pub mod private_key;
pub mod public_key;
pub mod random;
pub mod reading;
pub mod recipient;
pub mod revocation;
pub mod roles;
pub mod room;
pub mod seal;
pub mod shape;
pub mod signer;
pub mod sms_folder;
pub mod sms_gateway;
pub mod smtp;
pub mod stopwatch;
pub mod token;
pub mod token_key;
pub mod verifier;
pub mod web_push;
pub mod xaes;
