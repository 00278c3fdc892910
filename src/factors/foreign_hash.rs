//! Hashes of passwords that other systems made: PBKDF2 (RFC 8018), bcrypt, and the salted digests of LDAP (RFC 2307).
//! They are checked, and never made: whoever logs in with one has an argon2id hash from then on.
//!
//! Three forms are kept: `$pbkdf2-sha256$i=27500$SALT$HASH` (a PHC string; base64 without padding), `$2y$10$…` (bcrypt's own)
//! and `{SSHA}…` (LDAP's own).

use base64::Engine as _;
use base64::alphabet::BCRYPT;
use base64::engine::general_purpose::{NO_PAD, STANDARD};
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use openssl::hash::{MessageDigest, hash};
use openssl::memcmp;
use openssl::pkcs5::pbkdf2_hmac;

/// A hash that another system made, at a cost that can be borne.
#[derive(Clone, Eq, PartialEq)]
pub struct ForeignHash(Kind);

#[derive(Clone, Eq, PartialEq)]
enum Kind {
    Pbkdf2 { digest: Digest, iterations: usize, salt: Vec<u8>, hash: Vec<u8> },
    Bcrypt { cost: u32, salt: [u8; 16], hash: [u8; 23] },
    Salted { digest: Digest, salt: Vec<u8>, hash: Vec<u8> },
}

/// A digest that those hashes are made with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Digest {
    /// SHA-1: old, and still what many directories have.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// Why a hash from elsewhere cannot be taken over.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadForeignHash {
    /// Of a kind that is not checked here.
    #[error(
        "it is of a kind that is not read here (argon2id, PBKDF2, bcrypt, {{SHA}} and {{SSHA}} with SHA-1, SHA-256 or SHA-512 are)"
    )]
    Kind,
    /// Of a known kind, and not as that kind is written.
    #[error("it is not written as {0} is")]
    Malformed(&'static str),
    /// One check would cost too much: anybody could keep the server busy with it.
    #[error("one check of it would cost too much: {found}, and at most {most} is taken")]
    TooCostly {
        /// What it asks for.
        found: String,
        /// What is borne.
        most: String,
    },
}

impl Digest {
    const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha512];

    fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    fn of(self) -> MessageDigest {
        match self {
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha512 => MessageDigest::sha512(),
        }
    }

    /// LDAP's word for it, with a salt and without.
    fn schemes(self) -> [&'static str; 2] {
        match self {
            Self::Sha1 => ["{SSHA}", "{SHA}"],
            Self::Sha256 => ["{SSHA256}", "{SHA256}"],
            Self::Sha512 => ["{SSHA512}", "{SHA512}"],
        }
    }
}

impl ForeignHash {
    /// Reads one of the three forms.
    ///
    /// # Errors
    /// [`BadForeignHash`]: another kind, badly written, or a check would cost too much.
    pub fn parse(text: &str) -> Result<Self, BadForeignHash> {
        if let Some(rest) = text.strip_prefix("$pbkdf2-") {
            return pbkdf2(rest);
        }
        if ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| text.starts_with(prefix)) {
            return bcrypt_string(&text[4..]);
        }
        if text.starts_with('{') {
            return ldap(text);
        }
        Err(BadForeignHash::Kind)
    }

    /// The form in which a PBKDF2 hash is kept, of its parts.
    ///
    /// # Errors
    /// [`BadForeignHash`], as [`Self::parse`].
    pub fn pbkdf2(
        digest: Digest,
        iterations: u64,
        salt: &[u8],
        hash: &[u8],
    ) -> Result<String, BadForeignHash> {
        let (salt, hash) = (B64.encode(salt), B64.encode(hash));
        let text = format!("$pbkdf2-{}$i={iterations}${salt}${hash}", digest.name());
        Self::parse(&text).map(|_| text)
    }

    /// Whether `password` is the one that it was made of. bcrypt looks at 72 bytes, and at none after a NUL: whoever types more
    /// is held to those, as where the hash was made.
    #[must_use]
    pub fn holds(&self, password: &str) -> bool {
        let password = password.as_bytes();
        match &self.0 {
            Kind::Pbkdf2 { digest, iterations, salt, hash } => {
                let mut made = vec![0; hash.len()];
                let done = pbkdf2_hmac(password, salt, *iterations, digest.of(), &mut made);
                done.is_ok() && memcmp::eq(&made, hash)
            }
            Kind::Bcrypt { cost, salt, hash } => {
                if password.contains(&0) {
                    return false;
                }
                let mut key = [password, &[0]].concat();
                key.truncate(BCRYPT_BYTES);
                let made = bcrypt::bcrypt(*cost, *salt, &key);
                memcmp::eq(&made[..hash.len()], hash)
            }
            Kind::Salted { digest, salt, hash: kept } => {
                let salted = [password, salt].concat();
                let made = hash(digest.of(), &salted);
                made.is_ok_and(|made| memcmp::eq(&made, kept))
            }
        }
    }
}

impl std::fmt::Debug for ForeignHash {
    /// Its kind alone.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Kind::Pbkdf2 { .. } => "ForeignHash(pbkdf2)",
            Kind::Bcrypt { .. } => "ForeignHash(bcrypt)",
            Kind::Salted { .. } => "ForeignHash(salted)",
        })
    }
}

/// What comes after `$pbkdf2-`.
fn pbkdf2(rest: &str) -> Result<ForeignHash, BadForeignHash> {
    let bad = || BadForeignHash::Malformed("PBKDF2 ($pbkdf2-sha256$i=27500$SALT$HASH)");
    let parts: Vec<&str> = rest.split('$').collect();
    let [name, iterations, salt, hash] = parts[..] else { return Err(bad()) };
    let digest = Digest::ALL.into_iter().find(|digest| digest.name() == name);
    let digest = digest.ok_or(BadForeignHash::Kind)?;
    let iterations = iterations.strip_prefix("i=").and_then(number).ok_or_else(bad)?;
    let decoded = |text: &str| B64.decode(text).ok();
    let (salt, hash) = (decoded(salt).ok_or_else(bad)?, decoded(hash).ok_or_else(bad)?);
    if iterations == 0 || salt.len() > MOST_SALT || !(LEAST_HASH..=MOST_HASH).contains(&hash.len())
    {
        return Err(bad());
    }
    let rounds = iterations.saturating_mul(hash.len().div_ceil(digest.length()));
    let most = if digest == Digest::Sha512 { MOST_ROUNDS / 2 } else { MOST_ROUNDS };
    if rounds > most {
        return Err(BadForeignHash::TooCostly {
            found: format!("{rounds} rounds of {}", digest.name()),
            most: most.to_string(),
        });
    }
    Ok(ForeignHash(Kind::Pbkdf2 { digest, iterations, salt, hash }))
}

/// What comes after `$2y$`.
fn bcrypt_string(rest: &str) -> Result<ForeignHash, BadForeignHash> {
    let bad = || BadForeignHash::Malformed("bcrypt ($2y$10$ and 53 characters)");
    let (cost, rest) = rest.split_once('$').ok_or_else(bad)?;
    let is_number = cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit());
    let cost: u32 = cost.parse().ok().filter(|_| is_number).ok_or_else(bad)?;
    if rest.len() != 53 || !rest.is_ascii() || cost < 4 {
        return Err(bad());
    }
    if cost > MOST_BCRYPT {
        return Err(BadForeignHash::TooCostly {
            found: format!("a bcrypt cost of {cost}"),
            most: MOST_BCRYPT.to_string(),
        });
    }
    let (salt, hash) = rest.split_at(22);
    let salt = BCRYPT_B64.decode(salt).ok().and_then(|salt| salt.try_into().ok());
    let hash = BCRYPT_B64.decode(hash).ok().and_then(|hash| hash.try_into().ok());
    let (salt, hash) = (salt.ok_or_else(bad)?, hash.ok_or_else(bad)?);
    Ok(ForeignHash(Kind::Bcrypt { cost, salt, hash }))
}

/// `{SSHA}` and base64 of digest and salt (RFC 2307 §5.3; the salted ones as OpenLDAP writes them).
fn ldap(text: &str) -> Result<ForeignHash, BadForeignHash> {
    let scheme = text.find('}').map_or("", |end| &text[..=end]);
    let named = |digest: Digest| {
        let known = digest.schemes().into_iter().position(|one| one.eq_ignore_ascii_case(scheme));
        known.map(|place| (digest, place == 0))
    };
    let (digest, is_salted) =
        Digest::ALL.into_iter().find_map(named).ok_or(BadForeignHash::Kind)?;
    let bad = || BadForeignHash::Malformed("LDAP's userPassword ({SSHA} and base64)");
    let mut hash = STANDARD.decode(&text[scheme.len()..]).map_err(|_| bad())?;
    if hash.len() < digest.length() || hash.len() > digest.length() + MOST_SALT {
        return Err(bad());
    }
    let salt = hash.split_off(digest.length());
    if is_salted == salt.is_empty() {
        return Err(bad());
    }
    Ok(ForeignHash(Kind::Salted { digest, salt, hash }))
}

/// Digits alone.
fn number(text: &str) -> Option<usize> {
    let digits = (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// Base64 as PHC strings have it. Some systems leave bits in the last character that mean nothing.
const B64: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, NO_PAD);
/// bcrypt's own; its writers leave such bits too.
const BCRYPT_B64: GeneralPurpose = GeneralPurpose::new(&BCRYPT, LAX);
const LAX: GeneralPurposeConfig = NO_PAD.with_decode_allow_trailing_bits(true);

/// HMACs of SHA-1 or SHA-256 that one check may take, about two seconds of CPU.
const MOST_ROUNDS: usize = 6_000_000;
/// A cost of 14 takes about a second of CPU.
const MOST_BCRYPT: u32 = 14;
const BCRYPT_BYTES: usize = 72;
const MOST_SALT: usize = 128;
const LEAST_HASH: usize = 16;
const MOST_HASH: usize = 64;
