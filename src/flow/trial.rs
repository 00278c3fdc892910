//! One attempt at a second factor, in a login: what all kinds share. Who may try, what is counted, and
//! what happens when two requests come at once; a kind says what it checks and which page it has.

use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;
use crate::flow::advance::{ROUNDS, advance};
use crate::flow::device;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::person::{self, Known};
use crate::flow::prove::{Attempt, Kept, keep, seconds_until};
use crate::flow::reply::{Notice, Reply};
use crate::flow::visit::{Visitor, enter, enter_with_form};
use crate::login::attempts::{self as rule, MayTry};
use crate::login::transaction::Transaction;
use crate::store::attempts;
use crate::store::record::{Batch, Loaded};

/// What a person tries, by one kind of factor.
pub(in crate::flow) trait Trial {
    /// Under which factor its attempts are counted.
    const FACTOR: Factor;
    /// What it is called in the log and in the counters.
    const NAME: &'static str;

    /// Whether it is what this login waits for of this person.
    fn is_due(&self, env: &Env, login: &Transaction, known: &Known, now: DateTime<Utc>) -> bool;

    /// What is wrong with it before it is worth counting.
    fn misshapen(&self) -> Option<Notice> {
        None
    }

    /// Checks it; writes to `batch` what must be true, and change, with it.
    ///
    /// # Errors
    /// When the check cannot be made.
    async fn check(&self, trying: &Trying<'_>, batch: &mut Batch) -> Result<Checked, Failure>;

    /// The page that asks for it, with what went wrong.
    ///
    /// # Errors
    /// When the person has no such factor.
    fn page(&self, trying: &Trying<'_>, notice: Option<Notice>) -> Result<Reply, Failure>;

    /// What the page says of a wrong one.
    fn wrong(&self, left: u8) -> Notice {
        Notice::WrongCode { left }
    }

    /// What is told once it held and is on the disk.
    fn told(&self, trying: &Trying<'_>, handle: String, browser: Option<String>) -> Reply {
        let _ = trying;
        Reply::Continue { handle, browser }
    }
}

/// A login and its person, in one round.
pub(in crate::flow) struct Trying<'a> {
    pub(in crate::flow) env: &'a Env,
    pub(in crate::flow) login: &'a Transaction,
    pub(in crate::flow) known: &'a Known,
    pub(in crate::flow) visitor: &'a Visitor<'a>,
    pub(in crate::flow) now: DateTime<Utc>,
}

/// What a check came to.
pub(in crate::flow) enum Checked {
    /// It is not right.
    Wrong,
    /// It is right, and no factor yet: the login goes on as this.
    Passed(Transaction),
    /// A factor held: the login goes on as this.
    Held(Transaction),
}

/// Tries what a form of the login `handle` brought.
pub(in crate::flow) async fn attempt<T: Trial>(
    env: &Env,
    handle: &str,
    csrf: &str,
    trial: &T,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let walked = async {
        let loaded = enter_with_form(env, handle, csrf, visitor, now).await?;
        walk(env, loaded, trial, visitor, now).await
    };
    walked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

async fn walk<T: Trial>(
    env: &Env,
    mut loaded: Loaded<Transaction>,
    trial: &T,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    for _ in 0..ROUNDS {
        let known = match loaded.value.subject() {
            Some(subject) => person::load(env, subject, now).await?,
            None => None,
        };
        let Some(known) = known.filter(|known| trial.is_due(env, &loaded.value, known, now)) else {
            return advance(env, loaded, visitor, now).await;
        };
        let trying = Trying { env, login: &loaded.value, known: &known, visitor, now };
        if let Some(notice) = trial.misshapen() {
            return trial.page(&trying, Some(notice));
        }
        let subject = &known.account.value.subject;
        let counted = attempts::load(env.records(), subject, T::FACTOR, now).await?;
        let familiar = device::is_known(env, visitor.device, subject, now);
        let (account, factor) = (Some(&known.account.value), T::FACTOR);
        let attempt = Attempt { subject, account, factor, counted: &counted, familiar };
        let mut batch = Batch::new();
        let (transaction, risen, wrong) =
            match rule::may_try(&counted.value, T::FACTOR, familiar, now) {
                MayTry::WaitUntil(until) => {
                    let notice = Some(Notice::Wait { seconds: seconds_until(until, now) });
                    return trial.page(&trying, notice);
                }
                MayTry::Blocked => (loaded.value.clone().suspend()?, false, false),
                MayTry::Allowed => match trial.check(&trying, &mut batch).await? {
                    Checked::Held(transaction) => {
                        attempt.held(env, &mut batch, now)?;
                        (transaction, true, false)
                    }
                    Checked::Passed(transaction) => (transaction, false, false),
                    Checked::Wrong => {
                        batch = Batch::new();
                        attempt.failed(env, &mut batch, T::NAME, visitor, now)?;
                        (loaded.value.clone().fail()?, false, true)
                    }
                },
            };
        match keep(env, batch, &loaded, transaction, risen, visitor, now).await? {
            Some(Kept::Risen(Reply::Continue { handle, browser })) => {
                return Ok(trial.told(&trying, handle, browser));
            }
            Some(Kept::Risen(reply)) => return Ok(reply),
            Some(Kept::Same(kept)) if wrong && kept.value.attempts_left() > 0 => {
                let notice = Some(trial.wrong(kept.value.attempts_left()));
                let trying = Trying { login: &kept.value, ..trying };
                return trial.page(&trying, notice);
            }
            Some(Kept::Same(kept)) => return advance(env, *kept, visitor, now).await,
            None => loaded = enter(env, &loaded.value.id, visitor, now).await?,
        }
    }
    Err(Failure::Contention)
}
