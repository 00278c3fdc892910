//! Settings: what the file may say, and what the program may rely on.
