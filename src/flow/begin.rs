//! A request comes in: it is received, claimed once, and becomes a login.

use std::cell::RefCell;
use std::sync::Arc;

use crate::flow::alarm::ring;
use crate::flow::answer::request_blob;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::reply::{Answer, Reply, Trouble, Why};
use crate::flow::sources::mdq;
use crate::flow::trail;
use crate::flow::upstream::ask::named;
use crate::flow::upstream::offers::ways;
use crate::flow::visit::{Visitor, browser_digest, login_support_id};
use crate::flow::wish::Wish;
use crate::login::transaction::{Opening, Transaction};
use crate::partners::registry::Registry;
use crate::register::row::Row;
use crate::saml::authn_request::{Received, Receiving, Rejected, Window, receive};
use crate::saml::binding::{Inbound, MAX_RELAY_STATE};
use crate::saml::partner::Profile;
use crate::saml::response::{self, ReplyTo};
use crate::saml::status::Fault;
use crate::saml::translate;
use crate::store::port::{Committed, Durability};
use crate::store::record::Batch;
use crate::store::{blob, replay, transactions};
use crate::telemetry::metrics;
use crate::telemetry::redact::excerpt;
use crate::telemetry::traces::step;

/// Takes a request as it was received, and opens a login or says why not. `wish` is what stands beside it.
pub async fn begin(
    env: &Env,
    inbound: Inbound<'_>,
    wish: Wish<'_>,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let partners = env.partners.snapshot();
    let requests = env.settings.requests;
    let receiving = Receiving {
        identity_provider: &env.idp,
        now,
        window: Window { back: requests.window_back, ahead: requests.window_ahead },
    };
    let posted = matches!(inbound, Inbound::Post { .. });
    let mut unknown = None;
    let mut received = received(inbound, &receiving, &partners, &mut unknown);
    // Whom the snapshot does not know a server of single entities may; then the same octets are received anew.
    if let Some(entity_id) = unknown
        && let Some(partners) = mdq::look_up(env, &entity_id).await
    {
        received = self::received(inbound, &receiving, &partners, &mut None);
    }
    let begun = async {
        let received = match received {
            Ok(received) => received,
            Err(rejected) => return refuse(env, rejected, posted, visitor).await,
        };
        if let Err(seconds) = env.by_partner.take(&received.partner.entity_id, now) {
            return Err(Failure::Told(Trouble::TooMany { seconds }));
        }
        // A request that was seen before the store was restored is not in it: it was issued before that, or as far
        // ahead of it as a service provider's clock may be.
        let known_from = env.life.restored().map(|at| at + requests.window_ahead);
        if known_from.is_some_and(|from| received.issue_instant < from) {
            return refuse(env, received.replayed(), posted, visitor).await;
        }
        match open(env, &received, wish).await? {
            Some(reply) => {
                trail::accepted(env, received, posted);
                Ok(reply)
            }
            None => refuse(env, received.replayed(), posted, visitor).await,
        }
    };
    begun.await.unwrap_or_else(|failure: Failure| match failure.reply(visitor.support_id) {
        Reply::Trouble(trouble) if posted && matches!(*trouble, Trouble::Unavailable) => {
            Reply::Trouble(Box::new(Trouble::NotAnswering))
        }
        reply => reply,
    })
}

/// Receives a request of one of `partners`; whose it is, if of none of them, is put into `unknown`.
fn received(
    inbound: Inbound<'_>,
    receiving: &Receiving<'_>,
    partners: &Registry,
    unknown: &mut Option<String>,
) -> Result<Received, Rejected> {
    let missed = RefCell::new(None);
    let partner = |entity_id: &str| {
        let found = partners.find(entity_id, receiving.now);
        if found.is_none() {
            missed.replace(Some(entity_id.to_owned()));
        }
        found
    };
    let received =
        step!("saml.AuthnRequest.receive").in_scope(|| receive(inbound, receiving, partner));
    *unknown = missed.into_inner();
    received
}

/// Opens a login that nobody asked for, at the service provider `entity_id`, if its entry lets people
/// start at us (SAML Profiles §4.1.5); `target` goes with the answer as it is.
pub async fn start(
    env: &Env,
    entity_id: &str,
    target: Option<&str>,
    wish: Wish<'_>,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let partner = env.partners.snapshot().find(entity_id, now).filter(|partner| {
        partner.profile == Profile::Generic && partner.answers.unsolicited && !partner.disabled
    });
    let is_fit = target.is_none_or(|target| target.len() <= MAX_RELAY_STATE);
    let Some(partner) = partner.filter(|_| is_fit) else {
        tracing::warn!(
            event = "start.refused",
            support_id = visitor.support_id,
            address = %visitor.address,
            relying_party = %excerpt(entity_id),
        );
        return Reply::Trouble(Box::new(Trouble::NoSuchPage));
    };
    let begun = async {
        if let Err(seconds) = env.by_partner.take(&partner.entity_id, now) {
            return Err(Failure::Told(Trouble::TooMany { seconds }));
        }
        let request = translate::unsolicited(&partner, target, env.random.xml_id(), now);
        let received = Received {
            request,
            xml: String::new(),
            issue_instant: now,
            partner,
            remember_until: now,
        };
        open(env, &received, wish).await?.ok_or(Failure::Contention)
    };
    begun.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Opens the login; `None` if the request was seen before.
async fn open(env: &Env, received: &Received, wish: Wish<'_>) -> Result<Option<Reply>, Failure> {
    let now = received.request.received;
    let mut request = received.request.clone();
    request.ways = ways(env, &received.partner.ways);
    request.requirement = wish.raise(request.requirement, now);
    let (handle, browser) = (env.random.token(), env.random.token());
    let opening = Opening {
        id: handle.clone(),
        tenant: env.tenant.clone(),
        request,
        browser: browser_digest(&browser),
        token: env.random.token(),
    };
    let mut transaction = Transaction::open(opening, now, env.settings.login.timeout);
    let chosen = wish.idp.and_then(|idp| named(env, &transaction, idp, now));
    if chosen.is_some() {
        Arc::make_mut(&mut transaction.request).ways.chosen = chosen;
    }
    let until = transaction.keep_until();
    let records = env.records();
    let mut batch = Batch::new();
    let (issuer, id) = (&received.partner.entity_id, &received.request.id);
    replay::add(records, &mut batch, issuer, id, received.remember_until)?;
    transactions::open(records, &mut batch, &handle, &transaction, until)?;
    let xml = received.xml.as_bytes();
    blob::put(records, &mut batch, &request_blob(&handle), xml, Some(until))?;
    match batch.commit(&*env.store, Durability::Durable, now).await? {
        Committed::Conflict(_) => Ok(None),
        Committed::Done => {
            metrics::login_begun(now.timestamp());
            tracing::info!(
                event = "request.accepted",
                support_id = login_support_id(&handle),
                relying_party = issuer,
                request_id = %excerpt(id),
            );
            Ok(Some(Reply::Continue { handle, browser: Some(browser) }))
        }
    }
}

/// Tells whoever may hear of it; one log event.
async fn refuse(
    env: &Env,
    rejected: Rejected,
    posted: bool,
    visitor: &Visitor<'_>,
) -> Result<Reply, Failure> {
    trail::rejected(env, &rejected, posted);
    match rejected {
        Rejected::Browser { fault, http_status, claimed, disagreement, proven: _ } => {
            log(&fault, claimed.as_deref(), visitor);
            if disagreement {
                ring(env, claimed.as_deref(), visitor);
            }
            let trouble = Trouble::Fault { fault: *fault, status: http_status };
            Ok(Reply::Trouble(Box::new(trouble)))
        }
        Rejected::Registered { fault, reply_to, partner, xml } => {
            log(&fault, Some(&partner.entity_id), visitor);
            let Some(status) = fault.kind.status(partner.profile) else {
                let trouble = Trouble::Fault { fault: *fault, status: 403 };
                return Ok(Reply::Trouble(Box::new(trouble)));
            };
            let now = env.clock.now();
            if let Err(seconds) = env.by_partner.take(&partner.entity_id, now) {
                return Err(Failure::Told(Trouble::TooMany { seconds }));
            }
            let reply_to = ReplyTo::decode(&reply_to)?;
            let keys = env.keys.snapshot();
            let (signer, random) = (&*keys.signer, &env.random);
            let answer = response::reject(&reply_to, status, &env.idp, signer, random, now)?;
            let row = Row {
                tenant: env.tenant.clone(),
                at: now,
                support_id: visitor.support_id.to_owned(),
                client_address: visitor.address.to_string(),
                relying_party: partner.entity_id.clone(),
                request_id: reply_to.in_response_to,
                request_issuer: partner.entity_id.clone(),
                request_issue_instant: Some(reply_to.issue_instant),
                request_xml: xml,
                response_id: answer.response_id,
                response_issuer: env.idp.entity_id.clone(),
                response_issue_instant: answer.issue_instant,
                response_xml: answer.xml,
                assertion_xml: None,
                assertion_id: None,
                outcome: format!("nr{:02}", fault.kind.number()),
                subject: None,
                name_id: None,
                name_qualifier: None,
                spid_code: None,
                fiscal_number: None,
                level: None,
                factors: Vec::new(),
                certificates: Vec::new(),
            };
            env.register.append(&row).await?;
            Ok(Reply::Answer(Box::new(Answer {
                form: answer.form,
                handle: None,
                why: Some(Why::Fault(*fault)),
                device: None,
                session: None,
            })))
        }
    }
}

fn log(fault: &Fault, issuer: Option<&str>, visitor: &Visitor<'_>) {
    metrics::refused(fault.kind.number());
    tracing::warn!(
        event = "refused",
        support_id = visitor.support_id,
        address = %visitor.address,
        issuer = issuer.map(|issuer| excerpt(issuer).to_string()),
        number = fault.kind.number(),
        rule = fault.rule,
        element = fault.element,
        found = fault.found,
        "a request was refused"
    );
}
