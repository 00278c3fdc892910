//! Logs, metrics, traces, and what they may say.
//!
//! Nothing secret is logged: no passwords, codes, cookies, whole queries or
//! messages. A value that came from outside passes through [`redact`] first.

pub mod families;
pub mod log;
pub mod metrics;
pub mod open;
pub mod process;
pub mod redact;
pub mod traces;
