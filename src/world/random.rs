//! The one source of chance.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

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
    #[expect(
        clippy::panic,
        clippy::disallowed_methods,
        reason = "the one source; no login can be safe without it"
    )]
    pub fn fill(&self, bytes: &mut [u8]) {
        match &self.0 {
            Source::System => {
                if let Err(error) = getrandom::fill(bytes) {
                    panic!("the system's random generator failed: {error}");
                }
            }
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

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";
