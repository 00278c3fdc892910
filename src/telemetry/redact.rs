//! What of a value from outside may stand in a log.

use std::fmt;

/// A text of unknown origin, fit for a log: at most `most` characters, controls escaped, so that it can
/// neither forge a line nor fill the disk (CWE-117).
#[derive(Clone, Copy, Debug)]
pub struct Excerpt<'a> {
    text: &'a str,
    most: usize,
}

/// An excerpt of 128 characters.
#[must_use]
pub fn excerpt(text: &str) -> Excerpt<'_> {
    Excerpt { text, most: 128 }
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.text.chars();
        for character in characters.by_ref().take(self.most) {
            if character.is_control() || is_direction(character) {
                write!(f, "{}", character.escape_unicode())?;
            } else {
                write!(f, "{character}")?;
            }
        }
        match characters.as_str().len() {
            0 => Ok(()),
            left => write!(f, "… ({left} bytes more)"),
        }
    }
}

/// Characters that change the direction of writing, and so what a reader of the log sees.
fn is_direction(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_cannot_forge_a_line() {
        let shown = excerpt("sp\nINFO all is well\u{202e}").to_string();
        assert_eq!(shown, r"sp\u{a}INFO all is well\u{202e}");
    }

    #[test]
    fn what_is_long_is_cut() {
        assert_eq!(excerpt(&"a".repeat(128)).to_string(), "a".repeat(128));
        let shown = excerpt(&"è".repeat(130)).to_string();
        assert_eq!(shown, format!("{}… (4 bytes more)", "è".repeat(128)));
    }
}
