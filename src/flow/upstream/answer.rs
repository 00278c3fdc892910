//! An identity provider's answer, whatever its protocol: found, taken once, kept for the login's own page.

use chrono::{DateTime, Utc};

use crate::assurance::upstream::Said;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::reply::{Reply, Trouble};
use crate::flow::upstream::ask::question_blob;
use crate::flow::upstream::reply::{AnswerFault, Unproven};
use crate::flow::visit::{Visitor, login_support_id};
use crate::identity::mapping;
use crate::login::delegation::{Delegation, No, Word};
use crate::login::request::LocalName;
use crate::login::vouched::{Proof, UpstreamSession, Vouched};
use crate::register::pending;
use crate::register::row::Row;
use crate::store::port::{Committed, Durability, Space};
use crate::store::record::{Batch, Loaded};
use crate::store::{blob, delegations, replay};
use crate::telemetry::metrics;
use crate::telemetry::redact::excerpt;

/// A question that waits for its answer.
pub(in crate::flow) struct Kept {
    pub(in crate::flow) handle: String,
    pub(in crate::flow) loaded: Loaded<Delegation>,
}

/// What an identity provider said, by what its protocol proves.
pub(in crate::flow) enum Spoken<'a> {
    /// Who it is.
    Yes {
        issuer: &'a str,
        said: Said<'a>,
        /// When the person showed who they are.
        at: DateTime<Utc>,
        /// The person's name there.
        name: &'a str,
        attributes: Vec<(String, String)>,
        /// What its protocol needs to end its session, if there is one.
        session: Option<Ending>,
    },
    /// A no.
    No(No),
}

/// What of an identity provider's session is kept to end it.
pub(in crate::flow) struct Ending {
    /// Its own name.
    pub(in crate::flow) index: Option<String>,
    /// What its protocol needs besides.
    pub(in crate::flow) notes: String,
}

/// The messages of an answer.
pub(in crate::flow) struct Answered<'a> {
    pub(in crate::flow) issuer: String,
    /// The response's own name.
    pub(in crate::flow) response: String,
    pub(in crate::flow) issued: DateTime<Utc>,
    /// The response, for the register.
    pub(in crate::flow) text: &'a str,
    /// The name of what counts once, and until when it would count.
    pub(in crate::flow) once: Option<(String, DateTime<Utc>)>,
}

/// The question that an answer is to: by the request that it names and by what came back with it, which must agree;
/// `None` if there is none at this entity, or it has been answered.
pub(in crate::flow) async fn find(
    env: &Env,
    request: Option<&str>,
    state: Option<&str>,
    entity: &str,
    now: DateTime<Utc>,
) -> Result<Option<Kept>, Failure> {
    let pointed = match request {
        Some(request) => delegations::pointed(env.records(), request, now).await?,
        None => None,
    };
    let handle = match (pointed, state) {
        (Some(pointed), Some(state)) if pointed != state => return Ok(None),
        (Some(pointed), _) => pointed,
        // What names no request, or none of ours, is judged by the one that it came back with, and refused for that.
        (None, Some(state)) if state.len() <= MAX_HANDLE => state.to_owned(),
        (None, _) => return Ok(None),
    };
    let loaded = delegations::load::<Delegation>(env.records(), &handle, now).await?;
    let waits = |one: &Loaded<Delegation>| {
        one.value.word.is_none() && one.value.entity == entity && now < one.value.expires
    };
    Ok(loaded.filter(waits).map(|loaded| Kept { handle, loaded }))
}

/// Takes the answer: what counts once is claimed, the pair of messages is in the register, and the word is kept for the
/// login's own page, by one commit.
pub(in crate::flow) async fn take(
    env: &Env,
    kept: Kept,
    spoken: Spoken<'_>,
    answered: Answered<'_>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    env.register.admits()?;
    let delegation = &kept.loaded.value;
    let upstreams = env.upstreams.snapshot();
    let (word, level) = match spoken {
        Spoken::No(no) => (Word::No(no), None),
        Spoken::Yes { issuer, said, at, name, attributes, session } => {
            let Some(upstream) = upstreams.find(&delegation.upstream) else {
                return Ok(unproven(env, Some(&kept), Some(No::Failed), None, visitor, now));
            };
            let level = upstream.levels.reached(&said);
            let session = session.map(|Ending { index, notes }| UpstreamSession {
                upstream: upstream.id.clone(),
                issuer: issuer.to_owned(),
                provider: provider_name(env, &upstream.id, issuer, now),
                name: name.to_owned(),
                index,
                notes,
            });
            let vouched = Vouched {
                upstream: upstream.id.clone(),
                issuer: issuer.to_owned(),
                level,
                at: at.min(now),
                name: name.to_owned(),
                attributes: mapping::map(&upstream.rules, &attributes).attributes,
                session,
                proof: Proof {
                    request: delegation.request.clone(),
                    response: answered.response.clone(),
                    assertion: answered.once.as_ref().map(|(id, _)| id.clone()),
                    class: said.class.map(str::to_owned),
                },
            };
            (Word::Vouched(Box::new(vouched)), level)
        }
    };
    let outcome = match &word {
        Word::Vouched(_) => "vouched",
        Word::No(no) => no.name(),
    };
    let records = env.records();
    let mut batch = Batch::new();
    let told = Delegation { word: Some(word), ..delegation.clone() };
    batch.replace(records, &kept.loaded, &told, Some(until(delegation)))?;
    if let Some((id, expires)) = &answered.once {
        replay::add(records, &mut batch, &answered.issuer, id, *expires)?;
    }
    let asked = blob::get(records, &question_blob(&kept.handle), now).await?;
    let asked_length = asked.as_ref().map(Vec::len);
    let entity = upstreams.entity(&delegation.entity).map(|entity| entity.entity_id.clone());
    let entity = entity.unwrap_or_else(|| delegation.entity.clone());
    let row = Row {
        tenant: env.tenant.clone(),
        at: now,
        support_id: login_support_id(&delegation.login),
        client_address: visitor.address.to_string(),
        relying_party: entity.clone(),
        request_id: delegation.request.clone(),
        request_issuer: entity,
        request_issue_instant: Some(delegation.at),
        request_xml: asked.and_then(|text| String::from_utf8(text).ok()).unwrap_or_default(),
        response_id: answered.response.clone(),
        response_issuer: answered.issuer.clone(),
        response_issue_instant: answered.issued,
        response_xml: answered.text.to_owned(),
        assertion_xml: None,
        assertion_id: answered.once.as_ref().map(|(id, _)| id.clone()),
        outcome: outcome.to_owned(),
        subject: None,
        name_id: told.name(),
        name_qualifier: None,
        spid_code: told.attribute(crate::identity::attributes::AttributeName::SpidCode),
        fiscal_number: told.attribute(crate::identity::attributes::AttributeName::FiscalNumber),
        level,
        factors: Vec::new(),
        certificates: Vec::new(),
    };
    // The name is the other's choice: it must not take the place of a row that is on its way.
    batch.expect_absent(records.key(Space::RegisterPending, format!("{}/0000", row.response_id)));
    let filing = pending::put(records, &mut batch, row)?;
    if let Some(length) = asked_length {
        blob::remove(records, &mut batch, &question_blob(&kept.handle), length);
    }
    match batch.commit(&*env.store, Durability::Durable, now).await? {
        Committed::Conflict(_) => {
            let fault = AnswerFault {
                rule: "an answer counts once (SAML Profiles §4.1.4.5)".into(),
                element: "Assertion/@ID".into(),
                expected: "an ID that has not been seen".into(),
                found: answered.once.map(|(id, _)| id).unwrap_or_default(),
            };
            return Ok(unproven(env, Some(&kept), None, Some(fault), visitor, now));
        }
        Committed::Done => env.register.file(filing),
    }
    tracing::info!(
        event = "upstream.answered",
        support_id = login_support_id(&delegation.login),
        upstream = delegation.upstream,
        identity_provider = %excerpt(&delegation.provider),
        response_id = %excerpt(&answered.response),
        outcome,
        reached = level.map(crate::assurance::level::Level::name),
    );
    metrics::upstream(&delegation.upstream, outcome);
    Ok(Reply::Back { handle: delegation.login.clone() })
}

/// An answer that proves nothing, or a no that anybody could have written: a page, and nothing changes.
pub(in crate::flow) fn unproven(
    env: &Env,
    kept: Option<&Kept>,
    no: Option<No>,
    fault: Option<AnswerFault>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Reply {
    let delegation = kept.map(|kept| &kept.loaded.value);
    let upstream = delegation.map(|delegation| delegation.upstream.as_str()).unwrap_or_default();
    metrics::upstream(upstream, "refused");
    tracing::warn!(
        event = "upstream.refused",
        support_id = visitor.support_id,
        address = %visitor.address,
        upstream,
        identity_provider = delegation.map(|it| excerpt(&it.provider).to_string()),
        login = delegation.map(|it| login_support_id(&it.login)),
        no = no.map(No::name),
        rule = fault.as_ref().map(|fault| fault.rule.as_str()),
        element = fault.as_ref().map(|fault| fault.element.as_str()),
        found = fault.as_ref().map(|fault| excerpt(&fault.found).to_string()),
    );
    let provider = delegation.map(|it| provider_name(env, &it.upstream, &it.provider, now));
    let login = delegation.map(|it| it.login.clone());
    Reply::Trouble(Box::new(Trouble::Upstream(Box::new(Unproven { no, provider, login, fault }))))
}

/// What people call an identity provider.
pub(in crate::flow) fn provider_name(
    env: &Env,
    upstream: &str,
    provider: &str,
    now: DateTime<Utc>,
) -> LocalName {
    let upstreams = env.upstreams.snapshot();
    let found = upstreams.find(upstream);
    let named = found.and_then(|found| {
        upstreams.providers(found, now).into_iter().find(|one| one.id == provider)
    });
    let plain = || LocalName { it: Some(provider.to_owned()), en: Some(provider.to_owned()) };
    named.map_or_else(plain, |one| one.name)
}

/// A message that one verifier takes and the other does not.
pub(in crate::flow) fn alarm(env: &Env, issuer: &str, visitor: &Visitor<'_>) {
    let Some(count) = env.disagreements.ring(env.clock.now()) else { return };
    tracing::error!(
        event = "verifier-disagreement",
        support_id = visitor.support_id,
        address = %visitor.address,
        issuer = %excerpt(issuer),
        count,
        "our signature verifier and libxmlsec1 disagree about a message, which was refused"
    );
}

/// Until when a question is kept: as long as its login may be answered as timed out.
fn until(delegation: &Delegation) -> DateTime<Utc> {
    delegation.expires + chrono::TimeDelta::days(1)
}

impl Delegation {
    fn name(&self) -> Option<String> {
        match &self.word {
            Some(Word::Vouched(vouched)) => Some(vouched.name.clone()),
            _ => None,
        }
    }

    fn attribute(&self, name: crate::identity::attributes::AttributeName) -> Option<String> {
        match &self.word {
            Some(Word::Vouched(vouched)) => vouched.attributes.get(name).map(str::to_owned),
            _ => None,
        }
    }
}

/// A token is 43 characters.
const MAX_HANDLE: usize = 80;
