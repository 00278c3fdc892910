//! Encryption at rest: what lies on the disk is sealed, and searched by keyed blind indexes.
