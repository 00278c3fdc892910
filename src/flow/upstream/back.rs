//! The browser is back from another identity provider, with its cookie: what came of it goes into the login.

use chrono::{DateTime, TimeDelta, Utc};

use crate::assurance::factor::{Evidence, Factor};
use crate::assurance::level::Level;
use crate::flow::advance::{ROUNDS, advance, page};
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::person;
use crate::flow::prove::{Kept, keep};
use crate::flow::reply::{Reply, Show};
use crate::flow::upstream::answer::provider_name;
use crate::flow::upstream::offers::offers;
use crate::flow::upstream::person::{Found, find};
use crate::flow::upstream::reply::SetBack;
use crate::flow::visit::{Visitor, enter, enter_with_form};
use crate::login::delegation::{Delegation, No, Setback, Word};
use crate::login::outcome::{Outcome, Refusal};
use crate::login::step::Step;
use crate::login::transaction::Transaction;
use crate::login::vouched::Vouched;
use crate::store::delegations;
use crate::store::record::{Batch, Loaded};
use crate::telemetry::metrics;

/// Takes what the newest question of the login `handle` was answered with, if it was.
pub async fn back(env: &Env, handle: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let walked = async {
        let mut loaded = enter(env, handle, visitor, now).await?;
        for _ in 0..ROUNDS {
            let Some(question) = loaded.value.delegated() else {
                return advance(env, loaded, visitor, now).await;
            };
            let kept = delegations::load::<Delegation>(env.records(), question, now).await?;
            let Some(mut kept) = kept else { return advance(env, loaded, visitor, now).await };
            let Some(word) = kept.value.word.take() else {
                return advance(env, loaded, visitor, now).await;
            };
            match use_word(env, &loaded, kept, word, visitor, now).await? {
                Some(Kept::Risen(reply)) => return Ok(reply),
                Some(Kept::Same(kept)) => return advance(env, *kept, visitor, now).await,
                None => loaded = enter(env, handle, visitor, now).await?,
            }
        }
        Err(Failure::Contention)
    };
    walked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// The person wants to try again, or another way.
pub async fn again(env: &Env, handle: &str, csrf: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let walked = async {
        let mut loaded = enter_with_form(env, handle, csrf, visitor, now).await?;
        for _ in 0..ROUNDS {
            let Ok(again) = loaded.value.clone().try_again() else {
                return advance(env, loaded, visitor, now).await;
            };
            match keep(env, Batch::new(), &loaded, again, false, visitor, now).await? {
                Some(Kept::Same(kept)) => return advance(env, *kept, visitor, now).await,
                Some(Kept::Risen(reply)) => return Ok(reply),
                None => loaded = enter(env, handle, visitor, now).await?,
            }
        }
        Err(Failure::Contention)
    };
    walked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

async fn use_word(
    env: &Env,
    loaded: &Loaded<Transaction>,
    question: Loaded<Delegation>,
    word: Word,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Kept>, Failure> {
    let asked = question.value.clone();
    let login = loaded.value.clone();
    let mut batch = Batch::new();
    // Of two tabs one uses it.
    batch.take(&question);
    let no = match word {
        Word::No(no) => no,
        Word::Vouched(vouched) => {
            match vouch(env, &login, &asked, *vouched, &mut batch, now).await? {
                Ok(vouched) => {
                    return keep(env, batch, loaded, vouched, true, visitor, now).await;
                }
                Err(no) => {
                    // What was to be made for the person is not.
                    batch = Batch::new();
                    batch.take(&question);
                    no
                }
            }
        }
    };
    let why = no.name();
    tracing::info!(
        event = "upstream.set-back",
        support_id = visitor.support_id,
        upstream = asked.upstream,
        why
    );
    let setback = Setback { upstream: asked.upstream, provider: asked.provider, why: no };
    let set_back = login.set_back(setback)?;
    keep(env, batch, loaded, set_back, false, visitor, now).await
}

/// The login with the word of another identity provider in it, or why it does not do.
async fn vouch(
    env: &Env,
    login: &Transaction,
    asked: &Delegation,
    vouched: Vouched,
    batch: &mut Batch,
    now: DateTime<Utc>,
) -> Result<Result<Transaction, No>, Failure> {
    let Some(level) = vouched.level else { return Ok(Err(No::Level { reached: None })) };
    let from = login.request.requirement.not_before;
    // The other's clock may be a little behind ours.
    if from.is_some_and(|from| vouched.at + CLOCKS_DIFFER < from) {
        return Ok(Err(No::NotAfresh));
    }
    let at = from.map_or(vouched.at, |from| vouched.at.max(from));
    let subject = match find(env, login, &vouched, batch, now).await? {
        Found::Person(subject) => subject,
        Found::Nobody(no) => return Ok(Err(no)),
    };
    let issuer = vouched.issuer.clone();
    let evidence = Evidence::vouched(Factor::Upstream, at, level, issuer);
    let proved = login.clone().vouch(&subject, evidence, vouched)?;
    let known = person::of_new(env, &proved, now).await?;
    let step = proved.next(known.as_ref().map(|known| &known.person), &env.settings.levels, now);
    let falls_short = match step {
        // Nothing of ours is added to another's word, and what it falls short of is told with ways to go on.
        Step::Prove(_) | Step::Enrol(_) => true,
        Step::Answer(Outcome::Refused(Refusal::LevelUnreachable)) => true,
        _ => false,
    };
    if falls_short {
        return Ok(Err(No::Level { reached: Some(level) }));
    }
    metrics::factor(Factor::Upstream.name(), true);
    tracing::info!(
        event = "upstream.held",
        support_id = crate::flow::visit::login_support_id(&login.id),
        upstream = asked.upstream,
        reached = level.name(),
        subject = subject.as_str(),
    );
    Ok(Ok(proved))
}

/// The page that says why the login did not go on, with the ways on.
pub(in crate::flow) fn set_back(
    env: &Env,
    login: &Transaction,
    setback: Setback,
    now: DateTime<Utc>,
) -> Reply {
    let policy = login.request.policy(&env.settings.levels);
    let first = crate::assurance::plan::first_factors(&login.request.requirement, &policy);
    let least = crate::assurance::plan::least(&login.request.requirement);
    let shown = SetBack {
        provider: provider_name(env, &setback.upstream, &setback.provider, now),
        offers: offers(env, &login.request, now),
        own: first.contains(&Factor::Password),
        least: least.map(Level::name),
        setback,
    };
    page(login, Show::SetBack(Box::new(shown)))
}

const CLOCKS_DIFFER: TimeDelta = TimeDelta::seconds(60);
