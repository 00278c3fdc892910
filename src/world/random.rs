//! The one source of chance.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use zeroize::{Zeroize as _, Zeroizing};

/// Gives unguessable bytes: the system's, or a test's repeatable ones.
#[derive(Default)]
pub struct Random(Source);

#[derive(Default)]
enum Source {
    #[default]
    System,
    Seeded(Box<Mutex<ChaCha20Rng>>),
}

impl Random {
    /// The system's generator.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// The same bytes on every run, for tests.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Box::new(Mutex::new(ChaCha20Rng::seed_from_u64(seed)))))
    }

    /// Fills `bytes`.
    ///
    /// # Panics
    /// When the system's generator fails: nothing can go on safely without it.
    pub fn fill(&self, bytes: &mut [u8]) {
        match &self.0 {
            Source::System => DRAWN.with_borrow_mut(|drawn| drawn.give(bytes)),
            Source::Seeded(rng) => {
                rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
            }
        }
    }

    /// `N` bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// An unguessable name: 32 bytes as 43 characters of base64url.
    #[must_use]
    pub fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }

    /// An XML ID: `_` and 40 hexadecimal digits (160 bits, SAML Core §1.3.4).
    #[must_use]
    pub fn xml_id(&self) -> String {
        let mut id = String::with_capacity(41);
        id.push('_');
        for byte in self.bytes::<20>() {
            id.push(char::from(HEX[usize::from(byte >> 4)]));
            id.push(char::from(HEX[usize::from(byte & 15)]));
        }
        id
    }
}

/// Bytes of the system's generator that were not given out yet: a login needs a dozen small draws, and each would be a
/// call of the system. What is given out is wiped here.
struct Drawn {
    bytes: Zeroizing<[u8; DRAW]>,
    left: usize,
}

thread_local! {
    static DRAWN: RefCell<Drawn> =
        RefCell::new(Drawn { bytes: Zeroizing::new([0; DRAW]), left: 0 });
}

impl Drawn {
    fn give(&mut self, to: &mut [u8]) {
        if to.len() > DRAW / 8 {
            return draw(to);
        }
        if self.left < to.len() {
            draw(self.bytes.as_mut_slice());
            self.left = DRAW;
        }
        let given = &mut self.bytes[self.left - to.len()..self.left];
        to.copy_from_slice(given);
        given.zeroize();
        self.left -= to.len();
    }
}

#[expect(
    clippy::panic,
    clippy::disallowed_methods,
    reason = "the one source; no login can be safe without it"
)]
fn draw(bytes: &mut [u8]) {
    if let Err(error) = getrandom::fill(bytes) {
        panic!("the system's random generator failed: {error}");
    }
}

const DRAW: usize = 512;

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nothing_is_given_twice_and_what_was_given_is_wiped() {
        let random = Random::system();
        let mut seen = HashSet::new();
        for length in (8..=64).cycle().take(5000) {
            let mut bytes = vec![0; length];
            random.fill(&mut bytes);
            assert!(seen.insert(bytes[..8].to_vec()));
        }
        let mut long = [0; DRAW];
        random.fill(&mut long);
        assert!(seen.insert(long[..8].to_vec()));
        DRAWN.with_borrow(|drawn| assert!(drawn.bytes[drawn.left..].iter().all(|byte| *byte == 0)));
    }
}
