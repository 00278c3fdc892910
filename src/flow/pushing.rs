//! Notifications to phones: where they may go, and the subscription that a phone sends.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::enrolment::credential::{Credential, Secret};
use crate::flow::advance::ROUNDS;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::notice::local;
use crate::flow::person::Known;
use crate::flow::phone::home::{Handset, phone_with_form};
use crate::flow::phone::reply::PhoneReply;
use crate::flow::reply::Reply;
use crate::flow::visit::Visitor;
use crate::login::request::LocalName;
use crate::store::credentials;
use crate::store::outbox::{self, Queued};
use crate::store::port::{Committed, Durability, StoreError};
use crate::store::record::{Batch, Loaded};
use crate::texts::app::request;
use crate::world::outbox::{Body, Message, Outbox, Push};
use crate::world::web_push::{Subscription, read_subscription};

/// By what notifications go to phones.
#[derive(Clone, Debug)]
pub struct Pushing {
    /// Where they leave.
    pub outbox: Arc<dyn Outbox>,
    /// Our public key for push services (RFC 8292 §3.2), base64url.
    pub public_key: String,
    /// The push services to which they may go, by origin: where a phone says that they go is anybody's word.
    pub services: Vec<String>,
}

/// Keeps where notifications for the phone go, if that is one of the push services that the settings name.
pub async fn subscribe(
    env: &Env,
    handset: Handset<'_>,
    csrf: &str,
    subscription: &str,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let kept = async {
        let not = || Reply::Phone(PhoneReply::NotKept);
        let Some(pushing) = &env.pushing else { return Ok(not()) };
        let subscription = match read_subscription(subscription, &pushing.services) {
            Ok(subscription) => subscription,
            Err(error) => {
                tracing::info!(event = "push.refused", %error, support_id = visitor.support_id);
                return Ok(not());
            }
        };
        for _ in 0..ROUNDS {
            let Ok(phone) = phone_with_form(env, handset, csrf, now).await? else {
                return Ok(not());
            };
            let changed = with(&phone.credential.value, Some(subscription.clone()));
            let mut batch = Batch::new();
            credentials::update(env.records(), &mut batch, &phone.credential, &changed)?;
            if batch.commit(&*env.store, Durability::Durable, now).await? == Committed::Done {
                let subject = changed.subject.as_str();
                tracing::info!(event = "push.subscribed", subject, support_id = visitor.support_id);
                return Ok(Reply::Phone(PhoneReply::Kept));
            }
        }
        Err(Failure::Contention)
    };
    kept.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// What is to be told to phones.
#[derive(Clone, Copy)]
pub(in crate::flow) struct Asked<'a> {
    /// Whose phones.
    pub(in crate::flow) known: &'a Known,
    /// The service that the login is for; `None`: the person's own pages.
    pub(in crate::flow) service: Option<&'a LocalName>,
    /// Until when the request can be answered.
    pub(in crate::flow) until: DateTime<Utc>,
}

/// Adds to `batch` that all phones of the person which asked for notifications get one.
///
/// # Errors
/// When a record cannot be sealed.
pub(in crate::flow) fn notify(
    env: &Env,
    batch: &mut Batch,
    asked: Asked<'_>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    if env.pushing.is_none() {
        return Ok(());
    }
    let language = visitor.language;
    let service = asked.service.and_then(|name| local(language, name));
    let text = request(language, local(language, &env.settings.service), service);
    let seconds = u32::try_from((asked.until - now).num_seconds()).unwrap_or_default();
    // One that is locked answers nothing.
    for phone in asked.known.phones().filter(|one| !one.value.secret.is_locked()) {
        let Secret::App { push: Some(to), .. } = &phone.value.secret else { continue };
        let push = Push { to: to.clone(), text: text.clone(), seconds, topic: TOPIC.to_owned() };
        let queued = Queued {
            message: Message { id: env.random.token(), at: now, body: Body::Push(push) },
            what: PUSH_REQUEST.to_owned(),
            subject: phone.value.subject.clone(),
            tries: 0,
            until: asked.until,
        };
        outbox::put(env.records(), batch, &queued, now)?;
    }
    Ok(())
}

/// The push service knows the phone no more (RFC 8030 §7.3): nothing goes there until it subscribes anew. The message is
/// taken away with it.
///
/// # Errors
/// When the store fails.
pub(in crate::flow) async fn drop_subscription(
    env: &Env,
    queued: &Loaded<Queued>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let Body::Push(push) = &queued.value.message.body else { return Ok(()) };
    let subject = &queued.value.subject;
    for _ in 0..ROUNDS {
        let mut batch = Batch::new();
        batch.take(queued);
        for one in credentials::list(env.records(), subject, now).await? {
            let has_it =
                matches!(&one.value.secret, Secret::App { push: Some(own), .. } if *own == push.to);
            if has_it {
                credentials::update(env.records(), &mut batch, &one, &with(&one.value, None))?;
            }
        }
        if batch.commit(&*env.store, Durability::Durable, now).await? == Committed::Done {
            tracing::info!(event = "push.unsubscribed", subject = subject.as_str());
            return Ok(());
        }
    }
    Ok(())
}

fn with(credential: &Credential, to: Option<Subscription>) -> Credential {
    let mut changed = credential.clone();
    if let Secret::App { push, .. } = &mut changed.secret {
        *push = to;
    }
    changed
}

/// What a notification is called in log and figures.
pub(in crate::flow) const PUSH_REQUEST: &str = "push-request";
/// A newer request takes the place of one that the phone has not got yet.
const TOPIC: &str = "request";
