//! xmlsec
