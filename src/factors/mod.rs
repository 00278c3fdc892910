//! The checks that we make ourselves.

pub mod approval;
pub mod card;
pub mod foreign_hash;
pub mod passkey;
pub mod password;
pub mod phone_key;
pub mod prompts;
pub mod recovery_code;
pub mod sms;
pub mod totp;
