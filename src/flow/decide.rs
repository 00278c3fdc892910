//! What the person decides: to have the data sent or not, or to give up.

use chrono::{DateTime, Utc};

use crate::flow::advance::{ROUNDS, advance, page};
use crate::flow::answer::answer;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::person;
use crate::flow::reply::{Reply, Show};
use crate::flow::visit::{Visitor, enter, enter_with_form};
use crate::login::step::Step;
use crate::login::transaction::Transaction;
use crate::store::record::Loaded;

/// What the person decided.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision<'a> {
    /// Send what was shown, by its digest.
    Accept {
        /// The digest that the page carried.
        shown: &'a str,
    },
    /// Send nothing (nr22).
    Deny,
    /// Give up (nr25).
    Cancel,
}

/// Carries out the person's decision, which ends the login.
pub async fn decide(
    env: &Env,
    handle: &str,
    csrf: &str,
    decision: Decision<'_>,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let walked = async {
        let loaded = enter_with_form(env, handle, csrf, visitor, now).await?;
        carry_out(env, loaded, decision, visitor, now).await
    };
    walked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

async fn carry_out(
    env: &Env,
    mut loaded: Loaded<Transaction>,
    decision: Decision<'_>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    let policy = &env.settings.levels;
    for _ in 0..ROUNDS {
        let known = person::of(env, &loaded.value, now).await?;
        let person = known.as_ref().map(|known| &known.person);
        let decided = match (decision, loaded.value.next(person, policy, now)) {
            (_, Step::Answer(_) | Step::Answered) => loaded.value.clone(),
            (Decision::Cancel, _) => loaded.value.clone().cancel()?,
            (Decision::Accept { shown }, Step::Consent(release)) => {
                if release.digest() != shown {
                    let show = Show::Consent { release, changed: true };
                    return Ok(page(&loaded.value, show));
                }
                loaded.value.clone().consent(shown)?
            }
            (Decision::Deny, Step::Consent(_)) => loaded.value.clone().deny()?,
            _ => return advance(env, loaded, visitor, now).await,
        };
        match decided.next(person, policy, now) {
            Step::Answer(outcome) => {
                let answered =
                    answer(env, &loaded, &decided, outcome, known.as_ref(), visitor, now);
                if let Some(reply) = answered.await? {
                    return Ok(reply);
                }
            }
            Step::Consent(release) => {
                return Ok(page(&loaded.value, Show::Consent { release, changed: true }));
            }
            _ => return advance(env, loaded, visitor, now).await,
        }
        loaded = enter(env, &loaded.value.id, visitor, now).await?;
    }
    Err(Failure::Contention)
}
