//! What the evidence amounts to, and what is left to ask for.
