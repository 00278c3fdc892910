//! What a campaign asks of a person at login: each answer is kept, and "later" is for this login alone (BI-07 to BI-09).

use chrono::{DateTime, Utc};

use crate::enrolment::campaign::{Outcome, Progress, Task};
use crate::flow::advance::{ROUNDS, advance};
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::person;
use crate::flow::prove::{Kept, keep};
use crate::flow::reply::Reply;
use crate::flow::visit::{Visitor, enter, enter_with_form};
use crate::login::step::Step;
use crate::store::campaigns;
use crate::store::record::{Batch, Loaded};

/// What a page of a campaign shows.
#[derive(Debug)]
pub enum CampaignShow {
    /// Something to check.
    Task {
        /// What.
        task: Task,
        /// From when the password is not enough.
        until: DateTime<Utc>,
        /// What is on record, masked.
        shown: Option<String>,
    },
    /// The password is not enough any more.
    Locked {
        /// Since when.
        since: DateTime<Utc>,
    },
}

/// Takes what the person said to the task that is asked: `outcome`, or `None` for later.
pub async fn said(
    env: &Env,
    handle: &str,
    csrf: &str,
    outcome: Option<Outcome>,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let walked = async {
        let mut loaded = enter_with_form(env, handle, csrf, visitor, now).await?;
        for _ in 0..ROUNDS {
            let known = person::of(env, &loaded.value, now).await?;
            let person = known.as_ref().map(|known| &known.person);
            let step = loaded.value.next(person, &env.settings.levels, now);
            let (Step::Task { campaign, task, .. }, Some(known)) = (step, &known) else {
                return advance(env, loaded, visitor, now).await;
            };
            let mut batch = Batch::new();
            let outcome = outcome.filter(|outcome| may_be(*outcome, task, known.shown(task)));
            let login = match outcome {
                None => loaded.value.clone().postpone()?,
                Some(outcome) => {
                    let subject = &known.account.value.subject;
                    let seen: Loaded<Progress> =
                        campaigns::load(env.records(), &campaign, subject, now).await?;
                    let mut progress = seen.value.clone();
                    progress.done.insert(task, (outcome, now));
                    campaigns::update(env.records(), &mut batch, &seen, &progress)?;
                    tracing::info!(
                        event = "campaign.task",
                        campaign,
                        task = task.name(),
                        ?outcome,
                        subject = subject.as_str(),
                        support_id = visitor.support_id
                    );
                    loaded.value.clone()
                }
            };
            match keep(env, batch, &loaded, login, false, visitor, now).await? {
                Some(Kept::Same(kept)) => return advance(env, *kept, visitor, now).await,
                Some(Kept::Risen(reply)) => return Ok(reply),
                None => loaded = enter(env, handle, visitor, now).await?,
            }
        }
        Err(Failure::Contention)
    };
    walked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Whether the person may say that: what is not on record can be neither right nor wrong, and a wrong number is mended by
/// them, at their own pages.
fn may_be(outcome: Outcome, task: Task, shown: Option<String>) -> bool {
    shown.is_some() && (outcome == Outcome::Confirmed || task == Task::RecoveryAddress)
}
