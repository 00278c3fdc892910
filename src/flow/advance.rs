//! Where a login stands: every request of a browser ends here, and the
//! transaction alone says what comes next.

use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;
use crate::flow::answer::{answer, repeat};
use crate::flow::enrol;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::first_password::FirstPassword;
use crate::flow::person;
use crate::flow::reply::{LoginPage, Reply, Show};
use crate::flow::session;
use crate::flow::task::CampaignShow;
use crate::flow::upstream::offers::access;
use crate::flow::upstream::{ask, back};
use crate::flow::visit::{Visitor, enter};
use crate::flow::ways;
use crate::login::step::Step;
use crate::login::transaction::Transaction;
use crate::store::record::Loaded;

/// Shows a login where it stands: where a factor is asked for, `by` if that is one of the ways.
pub async fn show(env: &Env, handle: &str, by: Option<Factor>, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let shown = async {
        let loaded = enter(env, handle, visitor, now).await?;
        match session::resume(env, &loaded, visitor, now).await? {
            Some(reply) => Ok(reply),
            None => advance_by(env, loaded, by, visitor, now).await,
        }
    };
    shown.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Says that the new app is active, before the login goes on.
pub async fn enrolled(env: &Env, handle: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    match enter(env, handle, visitor, now).await {
        Ok(loaded) if loaded.value.answer().is_none() => page(&loaded.value, Show::Enrolled),
        Ok(_) => show(env, handle, None, visitor).await,
        Err(failure) => failure.reply(visitor.support_id),
    }
}

/// Goes on with `loaded`: shows the next page, or answers.
pub(in crate::flow) async fn advance(
    env: &Env,
    loaded: Loaded<Transaction>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    // On the heap, as the large ones below: else each step of a login would have them all in itself.
    Box::pin(advance_by(env, loaded, None, visitor, now)).await
}

async fn advance_by(
    env: &Env,
    mut loaded: Loaded<Transaction>,
    by: Option<Factor>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    for _ in 0..ROUNDS {
        let known = person::of(env, &loaded.value, now).await?;
        let person = known.as_ref().map(|known| &known.person);
        match loaded.value.next(person, &env.settings.levels, now) {
            Step::Prove(factors) if known.is_none() => {
                return Box::pin(begin(env, loaded, &factors, by, visitor, now)).await;
            }
            Step::NewPassword => {
                let username = known.as_ref().map(|known| known.account.value.username.clone());
                let (username, notice) = (username.unwrap_or_default(), None);
                let first = FirstPassword { username, notice };
                return Ok(page(&loaded.value, Show::NewPassword(first)));
            }
            Step::Task { task, until, .. } => {
                let shown = known.as_ref().and_then(|known| known.shown(task));
                let show = CampaignShow::Task { task, until, shown, wrong: None };
                return Ok(page(&loaded.value, Show::Campaign(show)));
            }
            Step::LockedOut => {
                let ended = env.settings.campaigns.iter().map(|one| one.end);
                let since = ended.filter(|end| *end <= now).max().unwrap_or(now);
                return Ok(page(&loaded.value, Show::Campaign(CampaignShow::Locked { since })));
            }
            Step::SetBack(setback) => return Ok(back::set_back(env, &loaded.value, setback, now)),
            Step::Prove(factors) => {
                let (login, known) = (&loaded.value, known.as_ref());
                return Box::pin(ways::ask(env, login, &factors, known, by, None, visitor, now))
                    .await;
            }
            Step::Enrol(_) => {
                let known = known.as_ref().ok_or(Failure::NoSuchFactor)?;
                let done = Box::pin(enrol::step(env, &loaded, known, visitor, now)).await?;
                if let Some(reply) = done {
                    return Ok(reply);
                }
            }
            Step::Choose(choices) => {
                return Ok(page(&loaded.value, Show::Choose { choices, missing: false }));
            }
            Step::Consent(release) => {
                return Ok(page(&loaded.value, Show::Consent { release, changed: false }));
            }
            Step::Answered => return Box::pin(repeat(env, &loaded.value, now)).await,
            Step::Answer(outcome) => {
                let (login, known) = (&loaded.value, known.as_ref());
                let answered = Box::pin(answer(env, &loaded, login, outcome, known, visitor, now));
                if let Some(reply) = answered.await? {
                    return Ok(reply);
                }
            }
        }
        loaded = enter(env, &loaded.value.id, visitor, now).await?;
    }
    Err(Failure::Contention)
}

/// The page on which a login begins, or whom the person has chosen already.
async fn begin(
    env: &Env,
    loaded: Loaded<Transaction>,
    factors: &[Factor],
    by: Option<Factor>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    let login = &loaded.value;
    if by.is_some_and(|by| by != Factor::Password && ways::ways(env, factors, None).contains(&by)) {
        return ways::ask(env, login, factors, None, by, None, visitor, now).await;
    }
    let ways = &loaded.value.request.ways;
    let chosen = ways
        .chosen
        .clone()
        .filter(|_| factors.contains(&Factor::Upstream) && loaded.value.delegated().is_none());
    if let Some(chosen) = chosen
        && ask::known(env, &loaded.value, &chosen.upstream, Some(&chosen.provider), now).is_some()
    {
        return Box::pin(ask::send(env, loaded, &chosen, visitor, now)).await;
    }
    Ok(ways::first(env, &loaded.value, access(env, &loaded.value, "", None, now), now))
}

/// A page of the login.
pub(in crate::flow) fn page(transaction: &Transaction, show: Show) -> Reply {
    let requirement = &transaction.request.requirement;
    // What our own least level for the partner asks beyond the request is asked of the person too.
    let asked = requirement.classes.first().map(|class| {
        let raised = requirement.minimum.filter(|minimum| *minimum > class.level());
        raised.and_then(|minimum| class.vocabulary().name(minimum)).unwrap_or(*class)
    });
    Reply::Page(Box::new(LoginPage {
        handle: transaction.id.clone(),
        csrf: transaction.token().to_owned(),
        service: transaction.request.relying_party.name.clone(),
        own: transaction.request.relying_party.own,
        asked,
        ways: Vec::new(),
        show,
    }))
}

/// How often others may be ahead of us before we give up.
pub(in crate::flow) const ROUNDS: usize = 8;
