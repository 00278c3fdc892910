//! spid
