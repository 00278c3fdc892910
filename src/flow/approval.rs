//! A login that waits for the person's phone: a request by push or by QR code is made, looked at, and used once.

use chrono::{DateTime, Utc};

use crate::assurance::factor::{Evidence, Factor};
use crate::enrolment::credential::Credential;
use crate::factors::approval::{self, Answer, Approval, Standing};
use crate::factors::prompts::{MayPrompt, Prompts};
use crate::flow::advance::{ROUNDS, advance, page};
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::limits::prefix;
use crate::flow::person::{self, Known};
use crate::flow::phone::reply::{Asking, Stage};
use crate::flow::prove::{Kept, first_second_factor, keep, seconds_until};
use crate::flow::pushing::{Asked, notify};
use crate::flow::reply::{Notice, Reply, Show};
use crate::flow::visit::{Visitor, enter, enter_with_form, in_letters};
use crate::flow::ways;
use crate::login::browser;
use crate::login::transaction::Transaction;
use crate::store::approvals;
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::telemetry::metrics;

/// Shows the page that waits for the phone. What was asked before in this login by the same factor is shown as it stands; a
/// QR code that is over is made anew, a push is only where the person says so.
pub(in crate::flow) async fn ask(
    env: &Env,
    login: &Transaction,
    known: Option<&Known>,
    factor: Factor,
    notice: Option<Notice>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    let seen: Option<Loaded<Approval>> = approvals::of_login(env.records(), &login.id, now).await?;
    let here = seen.as_ref().map(|one| &one.value).filter(|one| one.factor == factor);
    match here.map(|one| (one, one.standing(now))) {
        Some((one, Standing::Waiting | Standing::Opened | Standing::Approved)) => {
            Ok(shown(env, login, factor, Some(one), notice, now))
        }
        Some((one, _)) if factor == Factor::Push => {
            let notice = notice.or(Some(Notice::PushOver));
            Ok(shown(env, login, factor, Some(one), notice, now))
        }
        _ => {
            let (made, refused) = make(env, login, known, factor, visitor, now).await?;
            Ok(shown(env, login, factor, made.as_ref(), notice.or(refused), now))
        }
    }
}

/// Makes a request; or says why none is made.
async fn make(
    env: &Env,
    login: &Transaction,
    known: Option<&Known>,
    factor: Factor,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<(Option<Approval>, Option<Notice>), Failure> {
    let (records, party) = (env.records(), &login.request.relying_party);
    for _ in 0..ROUNDS {
        let seen: Option<Loaded<Approval>> = approvals::of_login(records, &login.id, now).await?;
        let subject = known.map(|known| known.account.value.subject.clone());
        let mut batch = Batch::new();
        if let (Factor::Push, Some(subject)) = (factor, &subject) {
            let prompts: Loaded<Prompts> = approvals::prompts(records, subject, now).await?;
            let refused = match prompts.value.may(now) {
                MayPrompt::Allowed => None,
                MayPrompt::WaitUntil(until) => {
                    Some(Notice::PushWait { seconds: seconds_until(until, now) })
                }
                MayPrompt::LockedUntil(_) => Some(Notice::PushLocked),
            };
            if refused.is_some() {
                let (subject, support_id) = (subject.as_str(), visitor.support_id);
                tracing::info!(event = "push.held-back", ?refused, subject, support_id);
                return Ok((None, refused));
            }
            let until = Some(Prompts::keep_until(now));
            batch.replace(records, &prompts, &prompts.value.asked(now), until)?;
        }
        let made = Approval {
            code: in_letters(&env.random.bytes::<12>()),
            factor,
            subject: subject.clone(),
            party: party.id.clone(),
            service: party.service().cloned(),
            number: (factor == Factor::Push).then(|| approval::number(&env.random)),
            network: prefix(visitor.address),
            browser: browser::describe(visitor.agent.unwrap_or_default()),
            asked: now,
            opened: None,
            wrong: 0,
            answer: None,
        };
        if let (Factor::Push, Some(known)) = (factor, known) {
            let asked = Asked { known, service: party.service(), until: made.expires() };
            notify(env, &mut batch, asked, visitor, now)?;
        }
        let listed = subject.as_ref().filter(|_| factor == Factor::Push);
        let (code, until) = (&made.code, now + KEPT);
        approvals::put(records, &mut batch, &login.id, seen.as_ref(), &made, code, listed, until)?;
        if batch.commit(&*env.store, Durability::Durable, now).await? == Committed::Done {
            let subject = subject.as_ref().map(crate::identity::subject::Subject::as_str);
            let (factor, support_id) = (factor.name(), visitor.support_id);
            tracing::info!(event = "phone.asked", factor, subject, support_id);
            return Ok((Some(made), None));
        }
    }
    Err(Failure::Contention)
}

fn shown(
    env: &Env,
    login: &Transaction,
    factor: Factor,
    approval: Option<&Approval>,
    notice: Option<Notice>,
    now: DateTime<Utc>,
) -> Reply {
    let standing = approval.map_or(Standing::Over, |one| one.standing(now));
    let stage = stage(standing);
    let live = approval.filter(|_| matches!(stage, Stage::Waiting | Stage::Opened));
    let base = env.settings.base_url.as_str().trim_end_matches('/');
    page(
        login,
        Show::Phone(Box::new(Asking {
            factor,
            stage,
            number: live.and_then(|one| one.number).map(approval::two_digits),
            code: live.map(|one| one.code.clone()),
            link: live.map(|one| format!("{base}/app#{}", one.code)),
            seconds: live.map_or(0, |one| (one.expires() - now).num_seconds().max(0)),
            notice,
        })),
    )
}

fn stage(standing: Standing) -> Stage {
    match standing {
        Standing::Waiting => Stage::Waiting,
        Standing::Opened => Stage::Opened,
        Standing::Approved | Standing::Denied | Standing::Reported => Stage::Answered,
        Standing::Over => Stage::Over,
    }
}

/// How the request of the login `handle` stands, for the page's script. Nothing changes by it.
pub async fn status(env: &Env, handle: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let looked = async {
        let loaded = enter(env, handle, visitor, now).await?;
        let seen: Option<Loaded<Approval>> =
            approvals::of_login(env.records(), &loaded.value.id, now).await?;
        let standing = seen.map_or(Standing::Over, |one| one.value.standing(now));
        let ended = loaded.value.answer().is_some();
        Ok(Reply::Stage(if ended { Stage::Answered } else { stage(standing) }))
    };
    looked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Under which name whoever waits for the request of the login `handle` is told of it.
#[must_use]
pub fn line(env: &Env, handle: &str) -> Option<String> {
    approvals::key_of_login(env.records(), handle).ok().map(|key| key.name)
}

/// Asks the phone once more in the login `handle` (IC-11); what was asked before counts no more.
pub async fn again(env: &Env, handle: &str, csrf: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let walked = async {
        let loaded = enter_with_form(env, handle, csrf, visitor, now).await?;
        let login = &loaded.value;
        let known = person::of(env, login, now).await?;
        let due = ways::due(env, login, known.as_ref(), now);
        let ways = ways::ways(env, &due, known.as_ref());
        if !ways.contains(&Factor::Push) {
            return advance(env, loaded, visitor, now).await;
        }
        let (made, refused) = make(env, login, known.as_ref(), Factor::Push, visitor, now).await?;
        let reply = match refused {
            // The one that waits still is shown beside why no other is sent.
            Some(notice) => {
                let by = Factor::Push;
                ask(env, login, known.as_ref(), by, Some(notice), visitor, now).await?
            }
            None => shown(env, login, Factor::Push, made.as_ref(), None, now),
        };
        Ok(ways::with(reply, ways))
    };
    walked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Goes on with the login `handle`, whose person says that they answered on their phone: what was approved there is used
/// up, once.
pub async fn prove(
    env: &Env,
    handle: &str,
    csrf: &str,
    factor: Factor,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let walked = async {
        let loaded = enter_with_form(env, handle, csrf, visitor, now).await?;
        walk(env, loaded, factor, visitor, now).await
    };
    walked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

async fn walk(
    env: &Env,
    mut loaded: Loaded<Transaction>,
    factor: Factor,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    for _ in 0..ROUNDS {
        let login = &loaded.value;
        let before = person::of(env, login, now).await?;
        let due = ways::due(env, login, before.as_ref(), now);
        let due = ways::ways(env, &due, before.as_ref());
        let seen: Option<Loaded<Approval>> =
            approvals::of_login(env.records(), &login.id, now).await?;
        let seen = seen.filter(|one| one.value.factor == factor);
        // A phone that was locked meanwhile is asked no more; what its person reports by it is heard.
        let heard = |seen: &Loaded<Approval>| {
            let reported = seen.value.standing(now) == Standing::Reported;
            due.contains(&factor) || reported && !due.is_empty()
        };
        let Some(seen) = seen.filter(heard) else {
            return advance(env, loaded, visitor, now).await;
        };
        let mut batch = Batch::new();
        let (transaction, risen, notice) = match seen.value.standing(now) {
            Standing::Waiting | Standing::Opened | Standing::Over => {
                let notice = match seen.value.standing(now) {
                    Standing::Over => Notice::PushOver,
                    _ => Notice::NotAnswered,
                };
                let (by, notice) = (Some(factor), Some(notice));
                return ways::ask(env, login, &due, before.as_ref(), by, notice, visitor, now)
                    .await;
            }
            Standing::Approved => {
                let held = held(env, &mut batch, login, &seen.value, visitor, now).await?;
                match held {
                    Some(transaction) => (transaction, true, None),
                    None => (login.clone().fail()?, false, Some(())),
                }
            }
            Standing::Denied => (login.clone().fail()?, false, Some(())),
            Standing::Reported if login.subject().is_some() => {
                (login.clone().suspend()?, false, None)
            }
            Standing::Reported => (login.clone().cancel()?, false, None),
        };
        batch.take(&seen);
        match keep(env, batch, &loaded, transaction, risen, visitor, now).await? {
            Some(Kept::Risen(reply)) => return Ok(reply),
            Some(Kept::Same(kept)) if notice.is_some() && kept.value.attempts_left() > 0 => {
                metrics::factor(factor.name(), false);
                let notice = Some(Notice::Denied { left: kept.value.attempts_left() });
                let reply = shown(env, &kept.value, factor, None, notice, now);
                return Ok(ways::with(reply, due));
            }
            Some(Kept::Same(kept)) => return advance(env, *kept, visitor, now).await,
            None => loaded = enter(env, &loaded.value.id, visitor, now).await?,
        }
    }
    Err(Failure::Contention)
}

/// The login once what the phone approved is its person's, and the phone is still theirs.
async fn held(
    env: &Env,
    batch: &mut Batch,
    login: &Transaction,
    approval: &Approval,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Transaction>, Failure> {
    let Some(Answer::Approved { subject, credential, .. }) = &approval.answer else {
        return Ok(None);
    };
    if login.subject().is_some_and(|own| own != subject)
        || approval.party != login.request.relying_party.id
    {
        return Ok(None);
    }
    let Some(known) = person::load(env, subject, now).await? else { return Ok(None) };
    let phone = known.credential(credential).filter(|one| one.value.is_active());
    let offered = &env.settings.levels.offered;
    let by = |one: &Loaded<Credential>| {
        let factor = one.value.secret.approves(approval.factor)?;
        offered.contains(&factor).then_some(factor)
    };
    let Some((phone, factor)) = phone.and_then(|one| Some((one, by(one)?))) else {
        return Ok(None);
    };
    batch.expect(phone);
    first_second_factor(env, batch, &known, now)?;
    metrics::factor(factor.name(), true);
    let (subject_name, support_id) = (subject.as_str(), visitor.support_id);
    tracing::info!(
        event = "factor.held",
        factor = factor.name(),
        subject = subject_name,
        support_id
    );
    let evidence = Evidence::held(factor, login.time(now), phone.value.binding);
    Ok(Some(login.clone().prove(subject, evidence)?))
}

/// How long a request is kept: longer than it can be used, so that its page can say what became of it.
const KEPT: chrono::TimeDelta = chrono::TimeDelta::minutes(20);
