//! A one-time code on the page of user name and password (AR-09), where the tenant wants all three on one.
//!
//! Whoever has an app types its code there, or nothing holds: a wrong code and a wrong password look the same, and count the
//! same.

use chrono::{DateTime, Utc};

use crate::assurance::factor::{Evidence, Factor};
use crate::enrolment::credential::Credential;
use crate::flow::code::{looks_like_a_code, of_apps};
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::person::Known;
use crate::flow::prove::{Attempt, first_second_factor};
use crate::flow::visit::Visitor;
use crate::login::attempts::{self as rule, MayTry};
use crate::login::transaction::Transaction;
use crate::store::record::Batch;
use crate::store::{attempts, credentials};

/// A login whose password has just held, and what its page brought beside that.
pub(in crate::flow) struct Beside<'a> {
    pub(in crate::flow) env: &'a Env,
    pub(in crate::flow) known: &'a Known,
    pub(in crate::flow) code: &'a str,
    pub(in crate::flow) familiar: bool,
    pub(in crate::flow) visitor: &'a Visitor<'a>,
    pub(in crate::flow) now: DateTime<Utc>,
}

impl Beside<'_> {
    /// Whether this person's code is asked for on that page.
    pub(in crate::flow) fn is_due(&self) -> bool {
        let settings = &self.env.settings;
        settings.login.single_page
            && settings.levels.offered.contains(&Factor::Totp)
            && self.known.totp().is_some()
    }

    /// The evidence if the code holds; `None`, and the attempt is counted, if it does not. Either way `batch` says what must
    /// change with it.
    pub(in crate::flow) async fn check(
        &self,
        login: &Transaction,
        batch: &mut Batch,
    ) -> Result<Option<Evidence>, Failure> {
        let Self { env, known, familiar, visitor, now, .. } = *self;
        let account = &known.account.value;
        let (subject, factor) = (&account.subject, Factor::Totp);
        let counted = attempts::load(env.records(), subject, factor, now).await?;
        let attempt =
            Attempt { subject, account: Some(account), factor, counted: &counted, familiar };
        let may = rule::may_try(&counted.value, factor, familiar, now) == MayTry::Allowed;
        let held = match may && looks_like_a_code(self.code) {
            true => of_apps(known, self.code, now)?,
            false => None,
        };
        let Some((credential, secret)) = held else {
            if may && !self.code.is_empty() {
                attempt.failed(env, batch, "totp", visitor, now)?;
            }
            return Ok(None);
        };
        attempt.held(env, batch, now)?;
        let used = Credential { secret, last_used: Some(now), ..credential.value.clone() };
        credentials::update(env.records(), batch, credential, &used)?;
        first_second_factor(env, batch, known, now)?;
        Ok(Some(Evidence::held(factor, login.time(now), credential.value.binding)))
    }
}
