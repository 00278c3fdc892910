//! A QR code as one path of an SVG, for the page to put in.

use std::fmt::Write;

use qrcode::{Color, QrCode};

/// A drawing of a QR code, in modules.
#[derive(Debug, Eq, PartialEq)]
pub struct Drawing {
    /// Width and height, the quiet zone of four modules included (ISO/IEC 18004 §6.3.8).
    pub side: usize,
    /// The dark modules, as the data of an SVG path.
    pub path: String,
}

/// Draws `text`; `None` if it is too long for a QR code.
#[must_use]
pub fn draw(text: &str) -> Option<Drawing> {
    let code = QrCode::new(text).ok()?;
    let width = code.width();
    let mut path = String::new();
    for y in 0..width {
        let mut x = 0;
        while x < width {
            let run = (x..width).take_while(|&at| code[(at, y)] == Color::Dark).count();
            if run > 0 {
                write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET).ok()?;
            }
            x += run.max(1);
        }
    }
    Some(Drawing { side: width + 2 * QUIET, path })
}

/// The quiet zone, in modules.
const QUIET: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawing_has_the_dark_modules_and_no_other() {
        let text = "otpauth://totp/ponte:anna?secret=JBSWY3DPEHPK3PXP&period=60";
        let code = QrCode::new(text).unwrap();
        let drawing = draw(text).unwrap();
        assert_eq!(drawing.side, code.width() + 8);
        let mut dark = 0;
        for run in drawing.path.split('M').skip(1) {
            let (place, rest) = run.split_once('h').unwrap();
            let (x, y) = place.split_once(' ').unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            let length: usize = rest.split_once('v').unwrap().0.parse().unwrap();
            for step in 0..length {
                assert_eq!(code[(x - 4 + step, y - 4)], Color::Dark);
                dark += 1;
            }
        }
        let all = (0..code.width()).flat_map(|y| (0..code.width()).map(move |x| (x, y)));
        assert_eq!(dark, all.filter(|&at| code[at] == Color::Dark).count());
    }

    #[test]
    fn what_is_too_long_is_not_drawn() {
        assert_eq!(draw(&"x".repeat(4000)), None);
    }
}
