//! The change from one key to the next.
