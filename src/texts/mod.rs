//! What people read, in Italian and English.
