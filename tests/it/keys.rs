//! Signing keys and what becomes of them: made, published, promoted, retired, removed; warnings of their end.

mod commands;
mod ends;
mod pkcs11;
mod rehearsal;
mod rollover;
