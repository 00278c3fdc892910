//! Logs and what they may say.
