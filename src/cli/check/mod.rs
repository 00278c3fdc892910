//! `ponte check`: what is wrong, and how to mend it.

pub mod clock;
pub mod finding;
pub mod keys;
pub mod listener;
pub mod mail;
pub mod partners;
pub mod run;
pub mod smart_card;
pub mod sms;
pub mod sources;
pub mod store;
