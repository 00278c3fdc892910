//! To which browser a login is bound.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::factor::Factor;
use crate::login::state::State;
use crate::login::transaction::{Transaction, same};

/// What a login was before the password held, beside the secret that its browser had.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Former {
    token: String,
    failures: u8,
    at: DateTime<Utc>,
}

impl Transaction {
    /// Whether it is bound to the browser whose secret has this digest.
    #[must_use]
    pub fn is_of_browser(&self, digest: &str) -> bool {
        same(&self.browser, digest)
    }

    /// Whether it was bound to the browser whose secret has this digest until its level last rose: what was answered then did
    /// not reach it, or another window of the same browser.
    #[must_use]
    pub fn has_left_behind(&self, digest: &str) -> bool {
        self.left_behind.as_ref().is_some_and(|left| same(left, digest))
    }

    /// Whether a form brought back the token that it was given.
    #[must_use]
    pub fn has_token(&self, token: &str) -> bool {
        same(&self.token, token)
    }

    /// The token for its forms.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Binds it to another secret of the same browser, with another token for its forms: done at
    /// every rise of level, so that whoever knew the old ones is left behind (ASVS 7.2.4).
    #[must_use]
    pub fn rebind(self, browser: String, token: String) -> Self {
        Self { left_behind: Some(self.browser), browser, token, former: None, ..self }
    }

    /// The same for a login that was `before` until its password held: should the browser never get the answer, it may send
    /// the password [once more](Self::unheard).
    #[must_use]
    pub fn rebind_from(
        self,
        before: &Self,
        browser: String,
        token: String,
        now: DateTime<Utc>,
    ) -> Self {
        let former = match (&before.state, &self.state) {
            (State::Open { failures }, State::Proving(proving))
                if proving.evidence.len() == 1 && proving.has_held(Factor::Password) =>
            {
                Some(Former { token: before.token.clone(), failures: *failures, at: now })
            }
            _ => None,
        };
        Self { former, ..self.rebind(browser, token) }
    }

    /// The login as it was before its password held, for the browser that sent it and heard no answer: a button pressed twice, a
    /// network that went away, a server that was stopped. It has the old secret and the old token, and must send the password
    /// again, so that whoever has those alone gains nothing. Never once anything else has happened in the login.
    #[must_use]
    pub fn unheard(&self, digest: &str, token: &str, now: DateTime<Utc>) -> Option<Self> {
        let former = self.former.as_ref().filter(|former| {
            self.has_left_behind(digest) && same(&former.token, token) && now - former.at < UNHEARD
        })?;
        Some(Self {
            browser: digest.to_owned(),
            token: former.token.clone(),
            former: None,
            left_behind: None,
            state: State::Open { failures: former.failures },
            ..self.clone()
        })
    }
}

/// How long a password whose answer never came may be sent once more.
pub const UNHEARD: TimeDelta = TimeDelta::minutes(2);
