//! What commands tell, on standard output.

use std::fmt::Display;
use std::io::Write as _;

/// Tells one line. Whoever stopped reading (a pipe into `head`) misses it, which is no error.
pub fn say(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Tells a text that has its own line ends.
pub fn say_text(text: impl Display) {
    let mut out = std::io::stdout();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}
