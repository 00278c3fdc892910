//! Enveloped signatures, written with the element that they sign.
