//! The way back in for whoever lost a factor: a link or a desk's code, and what else they show (AR-10 to AR-16).

pub mod ask;
pub mod beside;
pub mod finish;
pub mod link;
pub mod passkey;
pub mod reply;
pub mod walk;
