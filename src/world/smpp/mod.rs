//! Gateways that send SMS, spoken to by SMPP 3.4: a session that stays bound, and what goes through it.

pub mod alphabet;
pub mod gateway;
pub mod pdu;
pub mod session;
