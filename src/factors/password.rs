//! Passwords: hashed with argon2id (RFC 9106), checked at the same cost whoever asks.

use argon2::password_hash::{PasswordHash, PasswordHasher, SaltString};
use argon2::{Algorithm, Argon2, Params, PasswordVerifier, Version};

use crate::factors::foreign_hash::ForeignHash;
use crate::world::random::Random;

/// How passwords are hashed. The default is OWASP's: 19 MiB, two passes, one lane.
#[derive(Clone, Debug)]
pub struct Hashing(Params);

/// What a check of a password came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It is the person's.
    Held {
        /// Whether the hash was made with other parameters than these: hash it anew.
        rehash: bool,
    },
    /// It is not, or there is no such person, or what is kept is no hash.
    Wrong,
}

/// Parameters that argon2id cannot take, or that are too weak to be meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("password hashing takes 7 to 1024 MiB, 1 to 16 passes and 1 to 4 lanes")]
pub struct BadHashing;

/// A password that cannot be hashed: longer than [`MAX_BYTES`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a password has at most {MAX_BYTES} bytes")]
pub struct TooLong;

impl Default for Hashing {
    fn default() -> Self {
        Self(Params::DEFAULT)
    }
}

impl Hashing {
    /// Takes other parameters: memory in KiB, passes, lanes.
    ///
    /// # Errors
    /// [`BadHashing`] outside of what is sensible.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, BadHashing> {
        let sensible = (7 * 1024..=1024 * 1024).contains(&memory_kib)
            && (1..=16).contains(&passes)
            && (1..=4).contains(&lanes);
        if !sensible {
            return Err(BadHashing);
        }
        Params::new(memory_kib, passes, lanes, None).map(Self).map_err(|_| BadHashing)
    }

    /// Hashes `password` with a salt of its own; a PHC string. Takes some 20 ms of CPU: keep it off
    /// the reactor.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn hash(&self, password: &str, random: &Random) -> Result<String, TooLong> {
        self.hash_with(password, &random.bytes())
    }

    /// Hashes `password` with a random `salt` drawn before: for work on a thread of its own.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn hash_with(&self, password: &str, salt: &[u8; 16]) -> Result<String, TooLong> {
        if password.len() > MAX_BYTES {
            return Err(TooLong);
        }
        let salt = SaltString::encode_b64(salt).map_err(|_| TooLong)?;
        let hash = self.argon2().hash_password(password.as_bytes(), &salt).map_err(|_| TooLong)?;
        Ok(hash.to_string())
    }

    /// Checks `password` against `hash`, a PHC string or one that another system made. Takes as long as [`Self::hash`], and
    /// for another system's as long as that one's check besides.
    #[must_use]
    pub fn check(&self, hash: &str, password: &str) -> Verdict {
        if password.len() > MAX_BYTES {
            return Verdict::Wrong;
        }
        if let Ok(foreign) = ForeignHash::parse(hash) {
            return match foreign.holds(password) {
                true => Verdict::Held { rehash: true },
                false => self.check_nobody(password),
            };
        }
        let Ok(kept) = PasswordHash::new(hash) else { return self.check_nobody(password) };
        if self.argon2().verify_password(password.as_bytes(), &kept).is_err() {
            return Verdict::Wrong;
        }
        let same = kept.algorithm == Algorithm::Argon2id.ident()
            && kept.version == Some(Version::V0x13.into())
            && Params::try_from(&kept).is_ok_and(|params| self.is_like(&params));
        Verdict::Held { rehash: !same }
    }

    /// Takes as long as [`Self::check`] and says [`Verdict::Wrong`]: for a name that nobody has.
    #[must_use]
    pub fn check_nobody(&self, password: &str) -> Verdict {
        if password.len() <= MAX_BYTES {
            let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
            let salt = [0; 16];
            let done = self.argon2().hash_password_into(password.as_bytes(), &salt, &mut out);
            std::hint::black_box((done.is_ok(), out));
        }
        Verdict::Wrong
    }

    fn argon2(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.0.clone())
    }

    fn is_like(&self, other: &Params) -> bool {
        (self.0.m_cost(), self.0.t_cost(), self.0.p_cost())
            == (other.m_cost(), other.t_cost(), other.p_cost())
    }
}

/// Whether `text` is a hash that [`Hashing::check`] can check at a sensible cost: argon2id, PHC, or one of [`ForeignHash`].
#[must_use]
pub fn is_hash(text: &str) -> bool {
    ForeignHash::parse(text).is_ok() || is_own(text)
}

/// Whether `text` was made by another system, and is replaced once its person logs in.
#[must_use]
pub fn is_foreign(text: &str) -> bool {
    ForeignHash::parse(text).is_ok()
}

fn is_own(text: &str) -> bool {
    PasswordHash::new(text).is_ok_and(|hash| {
        let known = hash.algorithm == Algorithm::Argon2id.ident();
        let params = Params::try_from(&hash);
        known
            && hash.salt.is_some()
            && hash.hash.is_some()
            && params.is_ok_and(|p| Hashing::new(p.m_cost(), p.t_cost(), p.p_cost()).is_ok())
    })
}

/// Why a password may not be chosen (NIST SP 800-63B §5.1.1.2: length and commonness, no rules of
/// composition).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unacceptable {
    /// Fewer than [`MIN_CHARS`] characters.
    #[error("a password has at least {MIN_CHARS} characters")]
    TooShort,
    /// More than [`MAX_CHARS`] characters.
    #[error("a password has at most {MAX_CHARS} characters")]
    TooLong,
    /// One of those that everybody tries first, or a few characters over and over.
    #[error("that password is one of those that are tried first")]
    TooCommon,
    /// It is little more than the person's own name here.
    #[error("a password must not contain the user name")]
    LikeUsername,
}

/// Whether the person called `username` may choose `password`. Nothing is trimmed or folded: what
/// was typed is what will have to be typed.
///
/// # Errors
/// [`Unacceptable`], the first reason.
pub fn acceptable(password: &str, username: &str) -> Result<(), Unacceptable> {
    let chars = password.chars().count();
    if chars < MIN_CHARS {
        return Err(Unacceptable::TooShort);
    }
    if chars > MAX_CHARS {
        return Err(Unacceptable::TooLong);
    }
    let folded = password.to_lowercase();
    let name = username.to_lowercase();
    let name = name.split('@').next().unwrap_or_default();
    if name.chars().count() >= 4 && folded.contains(name) {
        return Err(Unacceptable::LikeUsername);
    }
    let letters: String = folded.chars().filter(|c| c.is_alphanumeric()).collect();
    let common = COMMON.lines().any(|line| line == folded || line == letters);
    if common || is_repetition(&folded) || is_run(&folded) {
        return Err(Unacceptable::TooCommon);
    }
    Ok(())
}

/// Whether it is a piece of at most four characters over and over, or has fewer than five different ones.
fn is_repetition(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let mut different = chars.clone();
    different.sort_unstable();
    different.dedup();
    let repeats = |piece: usize| chars.iter().skip(piece).zip(&chars).all(|(a, b)| a == b);
    different.len() < 5 || (1..=4).any(repeats)
}

/// Whether each character follows the one before it, up or down.
fn is_run(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let steps = |by: i64| codes.windows(2).all(|pair| pair[1] - pair[0] == by);
    steps(1) || steps(-1)
}

/// The fewest characters of a password.
pub const MIN_CHARS: usize = 12;
/// The most characters of a password that is chosen.
pub const MAX_CHARS: usize = 128;
/// The most bytes that are ever hashed.
pub const MAX_BYTES: usize = 1024;
const COMMON: &str = include_str!("common_passwords.txt");
