//! `[sessions]`, `[recovery]`, `[profile]` and `[[pincode-verifier]]`: what a browser carries over, the way back in, and what people
//! have on record beside their factors.

use serde::Deserialize;

use crate::config::check::Check;
use crate::config::choices::LEVELS;
use crate::config::raw;
use crate::config::values::seconds;
use crate::flow::env::{NumberGuard, PincodeVerifier, RecoverySettings, SessionSettings};
use crate::login::session::Lives;

/// `[profile]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct RawProfile {
    pub number_guard: String,
}

/// One of `[[pincode-verifier]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct RawVerifier {
    pub name: String,
    pub token_sha256: String,
}

/// `[recovery]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "config/keys.rs says what each key means")]
pub struct RawRecovery {
    pub cooling_off_hours: u64,
}

impl Check<'_> {
    pub(super) fn sessions(&mut self, raw: &raw::Sessions) -> Option<SessionSettings> {
        let (idle, absolute) = (raw.idle_seconds, raw.absolute_seconds);
        let idle = self.number("sessions.idle-seconds", idle, 60, 86_400)?;
        let absolute = self.number("sessions.absolute-seconds", absolute, 60, 2_592_000)?;
        if absolute < idle {
            let expected = "not less than sessions.idle-seconds";
            self.wrong_number("sessions.absolute-seconds", expected, raw.absolute_seconds);
        }
        let level = self.choice("sessions.account-level", &raw.account_level, &LEVELS);
        let lives = Lives { idle: seconds(idle), absolute: seconds(absolute) };
        Some(SessionSettings { lives, account_level: level? })
    }

    /// `mails`: whether any leave.
    pub(super) fn number_guard(&mut self, raw: &RawProfile, mails: bool) -> Option<NumberGuard> {
        let guards = [
            NumberGuard::ExistingFactor,
            NumberGuard::SecretAnswer,
            NumberGuard::EmailLink,
            NumberGuard::Desk,
        ];
        let guards = guards.map(|guard| (guard.name(), guard));
        let guard = self.choice("profile.number-guard", &raw.number_guard, &guards);
        if guard == Some(NumberGuard::EmailLink) && !mails {
            let expected = "another guard, or mail.way, by which the links leave";
            self.wrong("profile.number-guard", expected, &raw.number_guard);
        }
        guard
    }

    pub(super) fn pincode_verifiers(&mut self, raw: &[RawVerifier]) -> Vec<PincodeVerifier> {
        let mut all: Vec<PincodeVerifier> = Vec::with_capacity(raw.len());
        for (number, raw) in raw.iter().enumerate() {
            let key = |name: &str| format!("pincode-verifier[{}].{name}", number + 1);
            if all.iter().any(|other| other.name == raw.name) {
                self.wrong(&key("name"), "one table for each verifier", &raw.name);
            }
            let name = self.id(&key("name"), &raw.name);
            let mut token = [0; 32];
            let digits = raw.token_sha256.as_bytes();
            let is_digest = digits.len() == 64 && digits.iter().all(u8::is_ascii_hexdigit);
            for (at, byte) in token.iter_mut().enumerate().filter(|_| is_digest) {
                let two = raw.token_sha256.get(at * 2..at * 2 + 2).unwrap_or_default();
                *byte = u8::from_str_radix(two, 16).unwrap_or_default();
            }
            if !is_digest {
                let expected = "a SHA-256, 64 hexadecimal digits";
                self.wrong(&key("token-sha256"), expected, &raw.token_sha256);
            }
            all.extend(name.map(|name| PincodeVerifier { name, token }));
        }
        all
    }

    pub(super) fn recovery(&mut self, raw: &RawRecovery) -> Option<RecoverySettings> {
        let hours =
            self.number("recovery.cooling-off-hours", raw.cooling_off_hours, 0, 24 * 365)?;
        Some(RecoverySettings { cooling_off: seconds(hours * 3600) })
    }
}
