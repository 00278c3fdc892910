//! One attempt at what is kept beside a person's factors, by whoever makes it: a pincode, the answer to a secret question.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;
use crate::factors::password::Verdict;
use crate::flow::advance::ROUNDS;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::prove::seconds_until;
use crate::identity::subject::Subject;
use crate::login::attempts::{MayTry, failed, may_try};
use crate::store::guards::{self, Guard, Kept};
use crate::store::port::{Committed, Durability};
use crate::store::record::Batch;

/// What an attempt came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tried {
    /// It is right.
    Held,
    /// It is not, or nobody has any.
    Wrong,
    /// Nothing was tried: there were too many wrong ones.
    Wait {
        /// For how many seconds.
        seconds: u32,
    },
    /// Nothing holds any more, not even the right one, until it is made anew.
    Blocked,
}

impl Tried {
    /// Its name in answers and in the log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Wrong => "wrong",
            Self::Wait { .. } => "wait",
            Self::Blocked => "blocked",
        }
    }
}

/// Tries `typed`. What comes of it is told once it is on the disk, so that guesses made at the same time share no slot; whoever
/// has none costs the same time as everybody.
pub(in crate::flow) async fn attempt(
    env: &Env,
    guard: Guard,
    subject: &Subject,
    typed: &str,
    now: DateTime<Utc>,
) -> Result<Tried, Failure> {
    for _ in 0..ROUNDS {
        let seen = guards::load(env.records(), guard, subject, now).await?;
        // Neither is ever asked of a stranger to the first factor alone, so a hundred wrong ones block it for all.
        let factor = Factor::RecoveryCode;
        match may_try(&seen.value.attempts, factor, false, now) {
            MayTry::Allowed => {}
            MayTry::Blocked => return Ok(Tried::Blocked),
            MayTry::WaitUntil(until) => {
                return Ok(Tried::Wait { seconds: seconds_until(until, now) });
            }
        }
        let holds = holds(env, seen.value.hash.clone(), typed).await?;
        let attempts = match holds {
            true => crate::login::attempts::held(seen.value.attempts.clone(), factor, false),
            false => failed(seen.value.attempts.clone(), false, now),
        };
        let mut batch = Batch::new();
        let kept = Kept { attempts, ..seen.value.clone() };
        guards::update(env.records(), &mut batch, &seen, &kept, now)?;
        if batch.commit(&*env.store, Durability::Durable, now).await? == Committed::Done {
            return Ok(if holds { Tried::Held } else { Tried::Wrong });
        }
    }
    Err(Failure::Contention)
}

/// Checks `typed` against a hash, or against one that nobody has.
pub(in crate::flow) async fn holds(
    env: &Env,
    kept: Option<String>,
    typed: &str,
) -> Result<bool, Failure> {
    let hashing = env.settings.hashing.clone();
    let typed = zeroize::Zeroizing::new(typed.to_owned());
    let check = move || match &kept {
        Some(kept) => hashing.check(kept, &typed),
        None => hashing.check_nobody(&typed),
    };
    Ok(matches!(env.hashing.run(check).await?, Verdict::Held { .. }))
}

/// The hash of what is to be kept.
pub(in crate::flow) async fn hashed(env: &Env, said: &str) -> Result<String, Failure> {
    let (hashing, random) = (env.settings.hashing.clone(), Arc::clone(&env.random));
    let said = zeroize::Zeroizing::new(said.to_owned());
    let made = env.hashing.run(move || hashing.hash(&said, &random)).await?;
    made.map_err(|error| Failure::Credential(Box::new(error)))
}
