//! One-time codes from an app (RFC 6238): SHA-1, six digits, 30 or 60 seconds.

use chrono::{DateTime, Utc};
use totp_rs::{Algorithm, Builder, Totp};

use crate::world::random::Random;

/// The seconds that a code may last. 30 unless settings say otherwise: some apps take no notice of
/// another period.
pub const PERIODS: [u32; 2] = [30, 60];

/// What a check of a code came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It is the code of `step`, and neither that step nor a later one was used before. Store the
    /// step before going on, so that it cannot be used twice (RFC 6238 §5.2).
    Held {
        /// The time step, counted in periods since 1970.
        step: u64,
    },
    /// It was the right code, and has been used, or a later one has.
    Used,
    /// It is not a code of this time.
    Wrong,
}

/// A seed or a period that cannot make codes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadSeed {
    /// Not base32, or fewer than 128 bits.
    #[error("a seed is at least 128 bits in base32")]
    Seed,
    /// Neither 30 nor 60 seconds.
    #[error("a code lasts 30 or 60 seconds")]
    Period,
    /// The label is empty.
    #[error("the account or the issuer has no name to show in the app")]
    Label,
}

/// Makes a seed: 160 random bits (RFC 4226 §4) in base32, without padding.
#[must_use]
pub fn seed(random: &Random) -> String {
    totp_rs::Secret::new_stack(random.bytes::<20>()).to_base32()
}

/// Checks `code` at `now`: the step's own code, or that of the step before or after (RFC 6238 §5.2),
/// spaces aside. `last_step` is the last one that was accepted; it and those before it are used up.
///
/// # Errors
/// [`BadSeed`] if the credential's seed or period makes no codes.
pub fn check(
    seed: &str,
    period: u32,
    last_step: Option<u64>,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Verdict, BadSeed> {
    let totp = totp(seed, period, None, "")?;
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let seconds = u64::try_from(now.timestamp()).map_err(|_| BadSeed::Period)?;
    let current = seconds / u64::from(period);
    let mut verdict = Verdict::Wrong;
    for step in current.saturating_sub(DRIFT)..=current + DRIFT {
        let right = totp.generate(step * u64::from(period)).to_string();
        if !same(&right, &code) {
            continue;
        }
        if last_step.is_none_or(|last| step > last) {
            return Ok(Verdict::Held { step });
        }
        verdict = Verdict::Used;
    }
    Ok(verdict)
}

/// The code of `now`, as an app shows it: for the demo and for tests.
///
/// # Errors
/// [`BadSeed`].
pub fn code(seed: &str, period: u32, now: DateTime<Utc>) -> Result<String, BadSeed> {
    let seconds = u64::try_from(now.timestamp()).map_err(|_| BadSeed::Period)?;
    Ok(totp(seed, period, None, "")?.generate(seconds).to_string())
}

/// The address that an app reads from a QR code (AR-01, AR-02): issuer, account, seed, and the
/// period where it is not 30.
///
/// # Errors
/// [`BadSeed`].
pub fn uri(seed: &str, period: u32, issuer: &str, account: &str) -> Result<String, BadSeed> {
    let label = |name: &str| {
        let words = name.split(|c: char| c == ':' || c.is_whitespace());
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    };
    let (issuer, account) = (label(issuer), label(account));
    if issuer.is_empty() || account.is_empty() {
        return Err(BadSeed::Label);
    }
    totp(seed, period, Some(issuer), &account)?.to_url().map_err(|_| BadSeed::Label)
}

fn totp(seed: &str, period: u32, issuer: Option<String>, account: &str) -> Result<Totp, BadSeed> {
    if !PERIODS.contains(&period) {
        return Err(BadSeed::Period);
    }
    let secret = totp_rs::Secret::try_from_base32(seed).map_err(|_| BadSeed::Seed)?;
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(u64::from(period))
        .with_secret(secret)
        .with_issuer(issuer)
        .with_account_name(account)
        .build()
        .map_err(|_| BadSeed::Seed)
}

/// Compares in a time that does not depend on where they differ.
fn same(right: &str, shown: &str) -> bool {
    right.len() == shown.len()
        && right.bytes().zip(shown.bytes()).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

/// Steps of drift, either way.
const DRIFT: u64 = 1;
