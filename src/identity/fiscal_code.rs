//! fiscal code
