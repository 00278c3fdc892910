//! The checks that we make ourselves.

pub mod card;
pub mod passkey;
pub mod password;
pub mod recovery_code;
pub mod sms;
pub mod totp;
