//! Messages leave: those that are due are sent, tried again later, or given up.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;

use crate::flow::env::Env;
use crate::flow::pushing::{self, PUSH_REQUEST};
use crate::flow::texting::SMS_CODE;
use crate::store::outbox::{self, Queued};
use crate::store::port::{Durability, StoreError};
use crate::store::record::{Batch, Loaded};
use crate::store::told::{self, Told};
use crate::telemetry::metrics;
use crate::texts::mail::Event;
use crate::world::outbox::{Outbox, SendError, Way};

/// Sends what is due by `way`, a few at a time; whether it is worth looking again at once.
///
/// A message is taken away once the outbox has it: a crash between the two sends it again, under the same name.
///
/// # Errors
/// When the store fails.
pub async fn deliver(env: &Arc<Env>, way: Way) -> Result<bool, StoreError> {
    let Some(out) = outbox_of(env, way) else { return Ok(false) };
    let found = outbox::due(env.records(), way, AT_ONCE, env.clock.now()).await?;
    let is_full = found.len() == AT_ONCE;
    let mut sending = JoinSet::new();
    for queued in found {
        let (env, out) = (Arc::clone(env), Arc::clone(&out));
        sending.spawn(async move { one(&env, &*out, queued).await });
    }
    let mut left = 0;
    while let Some(done) = sending.join_next().await {
        match done {
            Ok(has_left) => left += usize::from(has_left?),
            Err(error) => tracing::error!(event = "notice.failed", %error),
        }
    }
    Ok(is_full && left > 0)
}

/// Where messages of `way` leave, if they do.
#[must_use]
pub fn outbox_of(env: &Env, way: Way) -> Option<Arc<dyn Outbox>> {
    match way {
        Way::Mail => env.mailing.as_ref().map(|mailing| Arc::clone(&mailing.outbox)),
        Way::Sms => env.texting.as_ref().map(|texting| Arc::clone(&texting.outbox)),
        Way::Push => env.pushing.as_ref().map(|pushing| Arc::clone(&pushing.outbox)),
    }
}

/// Sends one; whether it has left.
async fn one(env: &Env, out: &dyn Outbox, queued: Loaded<Queued>) -> Result<bool, StoreError> {
    let now = env.clock.now();
    if queued.value.until <= now {
        give_up(env, &queued, "it waited too long", now).await?;
        return Ok(false);
    }
    let Some(queued) = outbox::claim(env.records(), &queued, LEASE, now).await? else {
        return Ok(false);
    };
    let sent = tokio::time::timeout(PATIENCE, out.send(&queued.value.message)).await;
    let now = env.clock.now();
    match sent.unwrap_or_else(|_| Err(SendError::Later("it took too long".into()))) {
        Ok(()) => {
            metrics::notice(name_of(&queued.value.what), "sent");
            let mut batch = Batch::new();
            batch.take(&queued);
            let Queued { what, subject, message, .. } = &queued.value;
            if is_notice(what) {
                // Their own pages show it: whoever reads their mail in their place cannot hide it there.
                let left = Told { what: what.clone(), at: now };
                told::put(env.records(), &mut batch, subject, &message.id, &left)?;
            }
            // Whoever was ahead has taken it away.
            let _ahead = batch.commit(&*env.store, Durability::Durable, now).await?;
            let (what, id) = (&queued.value.what, &queued.value.message.id);
            let subject = queued.value.subject.as_str();
            tracing::info!(event = "notice.sent", what, id, subject, tries = queued.value.tries);
            Ok(true)
        }
        Err(SendError::Gone) => {
            metrics::notice(name_of(&queued.value.what), "gone");
            pushing::drop_subscription(env, &queued, now).await?;
            Ok(false)
        }
        Err(error) => {
            let due = now + pause(queued.value.tries).max(asked(&error));
            if matches!(error, SendError::Never(_)) || queued.value.until <= due {
                give_up(env, &queued, &error.chain(), now).await?;
                return Ok(false);
            }
            metrics::notice(name_of(&queued.value.what), "again");
            let mut batch = Batch::new();
            outbox::again(env.records(), &mut batch, &queued, due)?;
            // Whoever was ahead has seen to it.
            let _ahead = batch.commit(&*env.store, Durability::Durable, now).await?;
            let (what, id) = (&queued.value.what, &queued.value.message.id);
            tracing::warn!(event = "notice.again", what, id, %due, cause = error.chain());
            Ok(false)
        }
    }
}

/// Says so loudly: somebody was not told what they should know.
async fn give_up(
    env: &Env,
    queued: &Loaded<Queued>,
    cause: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    metrics::notice(name_of(&queued.value.what), "dropped");
    take_away(env, queued, now).await?;
    let Queued { what, subject, tries, message, .. } = &queued.value;
    tracing::error!(
        event = "notice.dropped",
        what,
        id = message.id,
        subject = subject.as_str(),
        tries,
        cause,
        "a person was not told"
    );
    Ok(())
}

async fn take_away(
    env: &Env,
    queued: &Loaded<Queued>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    batch.take(queued);
    // Whoever was ahead has taken it away.
    let _ahead = batch.commit(&*env.store, Durability::Durable, now).await?;
    Ok(())
}

/// Whether it tells of something that happened, and is no code and no question.
fn is_notice(what: &str) -> bool {
    Event::ALL.into_iter().any(|event| event.name() == what)
}

/// The label of a figure, which has a fixed number of values.
fn name_of(what: &str) -> &'static str {
    let mut names = Event::ALL.into_iter().map(Event::name).chain([SMS_CODE, PUSH_REQUEST]);
    names.find(|name| *name == what).unwrap_or("other")
}

/// For how long whoever takes it does not want to be asked.
fn asked(error: &SendError) -> TimeDelta {
    match error {
        SendError::After(seconds, _) => TimeDelta::seconds((*seconds).into()),
        _ => TimeDelta::zero(),
    }
}

/// Five seconds, then twice as long each time, an hour at most.
fn pause(tries: u32) -> TimeDelta {
    let seconds = 5_i64.checked_shl(tries.min(16)).unwrap_or(LONGEST.num_seconds());
    TimeDelta::seconds(seconds).min(LONGEST)
}

const AT_ONCE: usize = 8;
/// For one message, whatever the outbox does.
const PATIENCE: Duration = Duration::from_secs(90);
/// Longer than that.
const LEASE: TimeDelta = TimeDelta::minutes(3);
const LONGEST: TimeDelta = TimeDelta::hours(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_to_an_hour() {
        let pauses = [0, 1, 2, 6, 10, 40, u32::MAX].map(|tries| pause(tries).num_seconds());
        assert_eq!(pauses, [5, 10, 20, 320, 3600, 3600, 3600]);
    }
}
