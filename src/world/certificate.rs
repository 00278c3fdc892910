//! Certificates: made for our keys, read from partners' metadata.
