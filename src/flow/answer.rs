//! The answer: written and signed; its register row and the login marked as answered on the disk, by one commit; and
//! only then sent.

use chrono::{DateTime, Utc};

use crate::assurance::class_ref::Vocabulary;
use crate::assurance::plan;
use crate::flow::account;
use crate::flow::device;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::notice;
use crate::flow::person::Known;
use crate::flow::reply::{Answer, Reply, Trouble, Why};
use crate::flow::session;
use crate::flow::trail;
use crate::flow::visit::Visitor;
use crate::identity::attributes::AttributeName;
use crate::identity::name_id::{self, NameIdKind};
use crate::login::outcome::{Authenticated, Outcome, Refusal};
use crate::login::transaction::Transaction;
use crate::register::pending;
use crate::register::row::Row;
use crate::saml::response::{self, Given, PostForm, ReplyTo};
use crate::saml::status;
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::store::{blob, transactions};
use crate::telemetry::metrics;
use crate::telemetry::traces::step;
use crate::world::digest::sha256;

/// Answers `transaction`, which is `loaded` as this request has changed it; `None` when another
/// request of the browser was ahead, and nothing was sent.
pub(in crate::flow) async fn answer(
    env: &Env,
    loaded: &Loaded<Transaction>,
    transaction: &Transaction,
    outcome: Outcome,
    known: Option<&Known>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    if transaction.request.relying_party.own {
        return account::answer(env, loaded, transaction, &outcome, known, visitor, now).await;
    }
    env.register.admits()?;
    let request = &transaction.request;
    let reply_to = ReplyTo::decode(&request.reply_to)?;
    let keys = env.keys.snapshot();
    let (idp, signer, random) = (&env.idp, &*keys.signer, &env.random);
    let outcome = match outcome {
        Outcome::Authenticated(person)
            if reply_to.name_id == NameIdKind::Email && email(&person).is_empty() =>
        {
            Outcome::Refused(Refusal::NoName)
        }
        outcome => outcome,
    };
    let place = match session::place(env, transaction, &outcome, known, visitor, now).await? {
        session::Placed::Here(place) => place,
        session::Placed::Gone => return Ok(None),
    };
    let answer = match &outcome {
        Outcome::Authenticated(person) => {
            let name = match reply_to.name_id {
                NameIdKind::Transient => String::new(),
                NameIdKind::Email => email(person).to_owned(),
                NameIdKind::Persistent => {
                    let key = env.seal.derive("persistent name").map_err(credential)?;
                    name_id::pairwise(&*key, &person.subject, &reply_to.entity_id)
                        .map_err(credential)?
                }
            };
            let session_ends = place.as_ref().map(|place| place.ends);
            let given = Given { name: &name, session_ends };
            step!("saml.Response.sign", ponte.relying_party = request.relying_party.id)
                .in_scope(|| response::answer(&reply_to, person, given, idp, signer, random, now))?
        }
        Outcome::Refused(refusal) => {
            let status = status::refusal(*refusal, reply_to.profile);
            step!("saml.Response.sign", ponte.relying_party = request.relying_party.id)
                .in_scope(|| response::reject(&reply_to, status, idp, signer, random, now))?
        }
    };
    let kept = request_blob(&transaction.id);
    let asked = blob::get(env.records(), &kept, now).await?;
    let asked_length = asked.as_ref().map(Vec::len);
    let person = match &outcome {
        Outcome::Authenticated(person) => Some(person),
        Outcome::Refused(_) => None,
    };
    let row = Row {
        tenant: env.tenant.clone(),
        at: now,
        support_id: visitor.support_id.to_owned(),
        client_address: visitor.address.to_string(),
        relying_party: request.relying_party.id.clone(),
        request_id: request.id.clone(),
        request_issuer: request.relying_party.id.clone(),
        request_issue_instant: Some(reply_to.issue_instant),
        request_xml: asked.and_then(|xml| String::from_utf8(xml).ok()).unwrap_or_default(),
        response_id: answer.response_id.clone(),
        response_issuer: env.idp.entity_id.clone(),
        response_issue_instant: answer.issue_instant,
        response_xml: answer.xml,
        assertion_xml: answer.assertion_xml,
        assertion_id: answer.assertion_id,
        outcome: described(&outcome).to_owned(),
        subject: transaction.subject().cloned(),
        name_qualifier: answer.name_id.is_some().then(|| env.idp.entity_id.clone()),
        name_id: answer.name_id.as_ref().map(|name| name.value.clone()),
        spid_code: attribute(known, person, AttributeName::SpidCode),
        fiscal_number: attribute(known, person, AttributeName::FiscalNumber),
        level: person.map(|person| person.achieved),
        factors: person
            .map(|person| person.factors.clone())
            .unwrap_or_else(|| transaction.evidence().iter().map(|held| held.factor()).collect()),
        certificates: transaction.certificates(),
    };
    let answered = transaction.clone().answered(now, row.response_id.clone())?;
    let until = answered.keep_until();
    let mut batch = Batch::new();
    transactions::swap(env.records(), &mut batch, loaded, &answered, until)?;
    let filing = pending::put(env.records(), &mut batch, row)?;
    let named = session::Named {
        name: answer.name_id,
        index: answer.session_index,
        identity: person.map(|person| person.identity).unwrap_or_default(),
    };
    let joined =
        session::join(env, &mut batch, place.map(|it| *it), transaction, named, visitor, now)?;
    if let (Outcome::Authenticated(_), Some(known)) = (&outcome, known) {
        known.expect_unchanged(&mut batch);
        known.note_interactive(env, &mut batch, now)?;
        notice::tell_of_login(env, &mut batch, known, transaction, visitor, now)?;
    }
    if let Some(length) = asked_length {
        // The row has it.
        blob::remove(env.records(), &mut batch, &kept, length);
    }
    match batch.commit(&*env.store, Durability::Durable, now).await? {
        Committed::Conflict(_) => return Ok(None),
        Committed::Done => env.register.file(filing),
    }
    count(transaction, &outcome);
    trail::ended(env, transaction, &outcome);
    tracing::info!(
        event = "answered",
        support_id = visitor.support_id,
        relying_party = request.relying_party.id,
        request_id = request.id,
        response_id = answer.response_id,
        outcome = described(&outcome),
    );
    let (device, why) = match &outcome {
        Outcome::Authenticated(person) => {
            (device::remember(env, visitor.device, &person.subject, now), None)
        }
        Outcome::Refused(refusal) => (None, Some(*refusal)),
    };
    Ok(Some(Reply::Answer(Box::new(Answer {
        form: answer.form,
        handle: Some(transaction.id.clone()),
        why: why.map(|refusal| told(env, transaction, refusal, known)),
        device,
        session: joined.and_then(session::Joined::tell),
    }))))
}

/// One login more that was answered, in figures.
fn count(transaction: &Transaction, outcome: &Outcome) {
    let level = match outcome {
        Outcome::Authenticated(person) => Some(person.achieved.name()),
        Outcome::Refused(_) => None,
    };
    let mut factors: Vec<&str> =
        transaction.evidence().iter().map(|held| held.factor().name()).collect();
    factors.sort_unstable();
    factors.dedup();
    let request = &transaction.request;
    let (received, partner) = (request.received.timestamp(), &request.relying_party.id);
    metrics::login(received, described(outcome), level, &factors, partner);
}

/// Gives an answer again, the same bytes.
pub(in crate::flow) async fn repeat(
    env: &Env,
    transaction: &Transaction,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    if transaction.request.relying_party.own {
        return Ok(Reply::ToAccount(account::SESSIONS));
    }
    let Some((kept, _)) = transaction.answer() else {
        return Err(Failure::Told(Trouble::Expired));
    };
    let row = pending::find(&env.register, env.records(), kept, now).await?;
    let Some(row) = row else { return Err(Failure::Told(Trouble::Expired)) };
    let reply_to = ReplyTo::decode(&transaction.request.reply_to)?;
    let why = Refusal::ALL.into_iter().find(|refusal| refusal.name() == row.outcome);
    Ok(Reply::Answer(Box::new(Answer {
        form: PostForm::of(reply_to.consumer, &row.response_xml, reply_to.relay_state),
        handle: Some(transaction.id.clone()),
        why: why.map(|refusal| told(env, transaction, refusal, None)),
        device: None,
        session: None,
    })))
}

/// What the person is told of a refusal.
fn told(env: &Env, transaction: &Transaction, refusal: Refusal, known: Option<&Known>) -> Why {
    let request = &transaction.request;
    match refusal {
        Refusal::LevelUnreachable => {
            let requirement = &request.requirement;
            let least = plan::least(requirement).and_then(|level| Vocabulary::Spid.name(level));
            let policy = request.policy(&env.settings.levels);
            let given_here = !plan::first_factors(requirement, &policy).is_empty();
            Why::Level { least, given_here }
        }
        Refusal::WrongAge => {
            let name = known.and_then(|known| known.account.value.attribute(AttributeName::Name));
            let service = request.relying_party.name.clone();
            Why::Age { name: name.map(str::to_owned), service }
        }
        refusal => Why::Refused(refusal),
    }
}

/// Where the request of the login `handle` is kept.
pub(in crate::flow) fn request_blob(handle: &str) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    URL_SAFE_NO_PAD.encode(sha256(&[b"request", handle.as_bytes()].concat()))
}

/// The address that the person agreed to release.
fn email(person: &Authenticated) -> &str {
    let mut released = person.attributes.iter();
    released.find(|one| one.name == AttributeName::Email).map_or("", |one| one.value.trim())
}

/// An attribute of the identity that is told of; of the first that has it where none is.
fn attribute(
    known: Option<&Known>,
    told: Option<&Authenticated>,
    name: AttributeName,
) -> Option<String> {
    let account = &known?.account.value;
    let said = match told {
        Some(told) => account.identity(told.identity)?.attributes.get(name),
        None => account.attribute(name),
    };
    said.map(str::to_owned)
}

/// The outcome in a word, for register and log.
fn described(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Authenticated(_) => "authenticated",
        Outcome::Refused(refusal) => refusal.name(),
    }
}

fn credential(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::Credential(Box::new(error))
}
