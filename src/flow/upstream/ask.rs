//! Another identity provider is asked: its request is written, remembered and sent through the browser.

use chrono::{DateTime, SubsecRound, Utc};

use crate::assurance::factor::Factor;
use crate::assurance::plan::to_ask_of_upstream;
use crate::flow::advance::{ROUNDS, advance};
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::prove::{Kept, keep};
use crate::flow::reply::{Reply, Trouble};
use crate::flow::upstream::offers::access;
use crate::flow::upstream::reply::Asked;
use crate::flow::upstream::{oidc, saml};
use crate::flow::visit::{Visitor, enter, enter_with_form};
use crate::flow::ways;
use crate::identity::kind::Purpose;
use crate::login::delegation::{Delegation, No, Setback};
use crate::login::step::Step;
use crate::login::transaction::Transaction;
use crate::login::ways::Chosen;
use crate::partners::upstream::{Provider, Speaks, Upstream};
use crate::saml::logout::write::Dispatch;
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::store::{blob, delegations, transactions};
use crate::telemetry::redact::excerpt;

/// A question, written: what its protocol says of it.
pub(in crate::flow) struct Question {
    /// The request's own name, which its answer must repeat.
    pub(in crate::flow) request: String,
    /// How the browser carries it.
    pub(in crate::flow) message: Dispatch,
    /// The request, for the register.
    pub(in crate::flow) text: String,
    /// What the protocol needs to judge the answer.
    pub(in crate::flow) notes: String,
}

/// What a question is about.
pub(in crate::flow) struct About<'a> {
    pub(in crate::flow) upstream: &'a Upstream,
    /// Who is asked: an entityID, an issuer.
    pub(in crate::flow) provider: &'a str,
    /// The classes to ask for, and how they bind.
    pub(in crate::flow) wanted: crate::assurance::upstream::Wanted,
    /// Whether the person has to show who they are anew.
    pub(in crate::flow) afresh: bool,
    /// For what an identity is wanted.
    pub(in crate::flow) purpose: Option<Purpose>,
    /// What comes back with the answer, unread.
    pub(in crate::flow) handle: &'a str,
    /// When it is sent, to the millisecond.
    pub(in crate::flow) at: DateTime<Utc>,
}

/// Takes the person's choice of an identity provider.
pub async fn ask(
    env: &Env,
    handle: &str,
    csrf: &str,
    upstream: &str,
    provider: Option<&str>,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let walked = async {
        let loaded = enter_with_form(env, handle, csrf, visitor, now).await?;
        let chosen = known(env, &loaded.value, upstream, provider, now);
        match chosen {
            Some(chosen) => send(env, loaded, &chosen, visitor, now).await,
            None => {
                Ok(ways::first(env, &loaded.value, access(env, &loaded.value, "", None, now), now))
            }
        }
    };
    walked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// The identity provider meant, if it is one that this login may ask; the only one there is where none is named.
pub(in crate::flow) fn known(
    env: &Env,
    login: &Transaction,
    upstream: &str,
    provider: Option<&str>,
    now: DateTime<Utc>,
) -> Option<Chosen> {
    let upstreams = env.upstreams.snapshot();
    let _way = login.request.open_upstreams().find(|way| way.upstream == upstream)?;
    let found = upstreams.find(upstream)?;
    let providers = upstreams.providers(found, now);
    let purpose = login.request.purpose;
    let is_meant = |one: &&Provider| {
        provider.is_none_or(|id| one.id == id)
            && purpose.is_none_or(|purpose| one.purposes.contains(&purpose))
    };
    let mut meant = providers.iter().filter(is_meant);
    match (meant.next(), meant.next()) {
        (Some(only), None) => {
            Some(Chosen { upstream: upstream.to_owned(), provider: only.id.clone() })
        }
        _ => None,
    }
}

/// The identity provider that bears this name, in whatever upstream that this login may ask.
pub(in crate::flow) fn named(
    env: &Env,
    login: &Transaction,
    provider: &str,
    now: DateTime<Utc>,
) -> Option<Chosen> {
    let ways = login.request.ways.upstreams.iter();
    let mut found = ways.filter_map(|way| known(env, login, &way.upstream, Some(provider), now));
    found.next()
}

/// Asks `chosen`; shows where the login is if nobody is to be asked there.
pub(in crate::flow) async fn send(
    env: &Env,
    mut loaded: Loaded<Transaction>,
    chosen: &Chosen,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    for _ in 0..ROUNDS {
        match loaded.value.clone().try_again().map(|it| it.next(None, &env.settings.levels, now)) {
            Ok(Step::Prove(factors)) if factors.contains(&Factor::Upstream) => {}
            _ => return advance(env, loaded, visitor, now).await,
        }
        if let Some(asked) = open(env, &loaded, chosen, visitor, now).await? {
            return Ok(asked);
        }
        loaded = enter(env, &loaded.value.id, visitor, now).await?;
    }
    Err(Failure::Contention)
}

/// Writes and keeps the question; `None` if another request of the browser was ahead.
async fn open(
    env: &Env,
    loaded: &Loaded<Transaction>,
    chosen: &Chosen,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let login = &loaded.value;
    let upstreams = env.upstreams.snapshot();
    let nobody = || Failure::Told(Trouble::NoSuchPage);
    let upstream = upstreams.find(&chosen.upstream).ok_or_else(nobody)?;
    let most = upstream.levels.most().ok_or_else(nobody)?;
    let needed = to_ask_of_upstream(&login.request.requirement, most).ok_or_else(nobody)?;
    let wanted = upstream.levels.ask(needed).ok_or_else(nobody)?;
    let handle = env.random.token();
    let at = now.trunc_subsecs(3);
    let provider = chosen.provider.as_str();
    // From a session it has it would only say the same again.
    let again = login.was_set_back_by(&chosen.upstream, provider);
    let afresh = again || login.request.requirement.not_before.is_some();
    let purpose = login.request.purpose;
    let about = About { upstream, provider, wanted, afresh, purpose, handle: &handle, at };
    let question = match &upstream.speaks {
        Speaks::Saml(saml) => saml::question(env, saml, &about)?.ok_or_else(nobody)?,
        Speaks::OpenId(openid) => match oidc::question(env, openid, &about).await? {
            Some(question) => question,
            None => return unreachable(env, loaded, chosen, visitor, now).await,
        },
    };
    let until = login.keep_until();
    let delegation = Delegation {
        login: login.id.clone(),
        upstream: upstream.id.clone(),
        provider: provider.to_owned(),
        entity: upstream.entity.id.clone(),
        request: question.request.clone(),
        at,
        asked: needed,
        afresh,
        notes: question.notes,
        expires: login.expires,
        word: None,
    };
    let delegated = login.clone().delegate(handle.clone())?;
    let mut batch = Batch::new();
    transactions::swap(env.records(), &mut batch, loaded, &delegated, until)?;
    delegations::open(env.records(), &mut batch, &handle, &delegation, until)?;
    delegations::point(env.records(), &mut batch, &question.request, &handle, until)?;
    let text = question.text.as_bytes();
    blob::put(env.records(), &mut batch, &question_blob(&handle), text, Some(until))?;
    // A crash while the browser is there must not lose whoever comes back.
    match batch.commit(&*env.store, Durability::Durable, now).await? {
        Committed::Conflict(_) => return Ok(None),
        Committed::Done => {}
    }
    tracing::info!(
        event = "upstream.asked",
        support_id = visitor.support_id,
        upstream = upstream.id,
        identity_provider = %excerpt(provider),
        request_id = question.request,
        asked = needed.name(),
    );
    Ok(Some(Reply::Ask(Box::new(Asked {
        handle: login.id.clone(),
        browser: None,
        upstream: upstream.id.clone(),
        provider: provider.to_owned(),
        message: question.message,
    }))))
}

/// The identity provider cannot be asked now: told as a failure of its own, with the ways on.
async fn unreachable(
    env: &Env,
    loaded: &Loaded<Transaction>,
    chosen: &Chosen,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let (upstream, provider) = (chosen.upstream.clone(), chosen.provider.clone());
    let setback = Setback { upstream, provider, why: No::Failed };
    let set_back = loaded.value.clone().set_back(setback)?;
    match keep(env, Batch::new(), loaded, set_back, false, visitor, now).await? {
        Some(Kept::Same(kept)) => advance(env, *kept, visitor, now).await.map(Some),
        Some(Kept::Risen(reply)) => Ok(Some(reply)),
        None => Ok(None),
    }
}

/// Where the question `handle` is kept for the register.
pub(in crate::flow) fn question_blob(handle: &str) -> String {
    crate::flow::answer::request_blob(&format!("question {handle}"))
}
