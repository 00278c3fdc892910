//! A login that begins at us, for our own pages or to try an identity provider out: `/sp/{entity}/login`.

use chrono::{DateTime, Utc};

use crate::assurance::level::Level;
use crate::assurance::requirement::{Comparison, Requirement, Tolerance};
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::reply::{Reply, Trouble};
use crate::flow::upstream::ask::{named, send};
use crate::flow::upstream::reply::Trial;
use crate::flow::visit::{Visitor, browser_digest};
use crate::flow::wish;
use crate::login::outcome::Authenticated;
use crate::login::request::{LoginRequest, RelyingParty};
use crate::login::transaction::{Opening, Transaction};
use crate::login::ways::{Accounts, Shown, Way, Ways};
use crate::partners::upstream::Entity;
use crate::store::port::{Committed, Durability};
use crate::store::record::Batch;
use crate::store::transactions;
use crate::telemetry::redact::excerpt;

/// Begins such a login as the entity `id`, at the identity provider `provider` if one is named, at the level `level`.
pub async fn begin(
    env: &Env,
    id: &str,
    provider: Option<&str>,
    level: Option<&str>,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let upstreams = env.upstreams.snapshot();
    let nothing = || Reply::Trouble(Box::new(Trouble::NoSuchPage));
    let Some(entity) = upstreams.entity(id) else { return nothing() };
    let level = match level {
        None => None,
        Some(said) => match wish::level(said) {
            Some(level) => Some(level),
            None => return nothing(),
        },
    };
    let begun = async {
        let (handle, browser) = (env.random.token(), env.random.token());
        let opening = Opening {
            id: handle.clone(),
            tenant: env.tenant.clone(),
            request: request(env, entity, level, now),
            browser: browser_digest(&browser),
            token: env.random.token(),
        };
        let login = Transaction::open(opening, now, env.settings.login.timeout);
        let chosen = match provider {
            None => None,
            Some(provider) => match named(env, &login, provider, now) {
                Some(chosen) => Some(chosen),
                None => {
                    tracing::warn!(
                        event = "start.refused",
                        support_id = visitor.support_id,
                        identity_provider = %excerpt(provider),
                    );
                    return Ok(nothing());
                }
            },
        };
        let mut batch = Batch::new();
        transactions::open(env.records(), &mut batch, &handle, &login, login.keep_until())?;
        match batch.commit(&*env.store, Durability::Durable, now).await? {
            Committed::Done => {}
            Committed::Conflict(_) => return Err(Failure::Contention),
        }
        let Some(chosen) = chosen else {
            return Ok(Reply::Continue { handle, browser: Some(browser) });
        };
        let loaded = transactions::load::<Transaction>(env.records(), &handle, now).await?;
        let loaded = loaded.ok_or(Failure::Contention)?;
        Ok(match send(env, loaded, &chosen, visitor, now).await? {
            Reply::Ask(mut asked) => {
                asked.browser = Some(browser);
                Reply::Ask(asked)
            }
            _ => Reply::Continue { handle, browser: Some(browser) },
        })
    };
    begun.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

fn request(env: &Env, entity: &Entity, level: Option<Level>, now: DateTime<Utc>) -> LoginRequest {
    let upstreams = env.upstreams.snapshot();
    let account = &env.settings.account_upstreams;
    let of_entity = upstreams.all().iter().filter(|upstream| {
        upstream.entity.id == entity.id && (entity.trial || account.contains(&upstream.id))
    });
    let ways: Vec<Way> = of_entity
        .filter_map(|upstream| {
            let most = upstream.levels.most()?;
            Some(Way { upstream: upstream.id.clone(), most, purposes: upstream.purposes() })
        })
        .collect();
    let level = level.unwrap_or(if entity.trial {
        Level::Loa2
    } else {
        env.settings.sessions.account_level
    });
    let (accounts, session) =
        if entity.trial { (Accounts::PassThrough, None) } else { (Accounts::Linked, Some(level)) };
    LoginRequest {
        relying_party: RelyingParty {
            id: env.settings.base_url.to_string(),
            name: env.settings.service.clone(),
            own: true,
        },
        id: if entity.trial { "trial".to_owned() } else { "account".to_owned() },
        received: now,
        requirement: Requirement {
            classes: Vec::new(),
            comparison: Comparison::Minimum,
            tolerance: if entity.trial { Tolerance::HigherIsFine } else { Tolerance::AsRequested },
            minimum: Some(level),
            not_before: (entity.trial && level > Level::Loa2).then_some(now),
            session,
            upstream: true,
        },
        passive: false,
        attributes: if entity.trial { entity.attributes.clone() } else { Vec::new() },
        purpose: None,
        age: None,
        ways: Ways {
            own: !entity.trial,
            upstreams: ways,
            accounts,
            shown: Shown::default(),
            chosen: None,
        },
        reply_to: if entity.trial { format!("{TRIAL}{}", entity.entity_id) } else { String::new() },
    }
}

/// What the trial `login` came to; `None` of other logins to our own pages.
pub(in crate::flow) fn of(login: &Transaction, person: &Authenticated) -> Option<Trial> {
    let entity = login.request.reply_to.strip_prefix(TRIAL)?;
    let issuer = login.vouched().map(|vouched| vouched.issuer.clone()).unwrap_or_default();
    Some(Trial { person: person.clone(), issuer, entity: entity.to_owned() })
}

const TRIAL: &str = "trial ";
