//! With which of their identities the person goes on.

use crate::flow::advance::{ROUNDS, advance, page};
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::person;
use crate::flow::prove::{Kept, keep};
use crate::flow::reply::{Reply, Show};
use crate::flow::visit::{Visitor, enter, enter_with_form};
use crate::login::step::Step;
use crate::store::record::Batch;

/// Takes the number of the identity chosen; `None` if the person chose none.
pub async fn choose(
    env: &Env,
    handle: &str,
    csrf: &str,
    number: Option<u16>,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let walked = async {
        let mut loaded = enter_with_form(env, handle, csrf, visitor, now).await?;
        for _ in 0..ROUNDS {
            let known = person::of(env, &loaded.value, now).await?;
            let person = known.as_ref().map(|known| &known.person);
            let Step::Choose(choices) = loaded.value.next(person, &env.settings.levels, now) else {
                return advance(env, loaded, visitor, now).await;
            };
            let Some(number) = number.filter(|it| choices.iter().any(|one| one.number == *it))
            else {
                return Ok(page(&loaded.value, Show::Choose { choices, missing: true }));
            };
            let chosen = loaded.value.clone().choose(number)?;
            match keep(env, Batch::new(), &loaded, chosen, false, visitor, now).await? {
                Some(Kept::Same(kept)) => return advance(env, *kept, visitor, now).await,
                Some(Kept::Risen(reply)) => return Ok(reply),
                None => loaded = enter(env, handle, visitor, now).await?,
            }
        }
        Err(Failure::Contention)
    };
    walked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}
