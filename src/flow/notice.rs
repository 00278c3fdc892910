//! What a person is told of what happens to their identity: a mail, put into the outbox by the same commit as what it
//! tells of.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::flow::device;
use crate::flow::env::{Env, Support};
use crate::flow::failure::Failure;
use crate::flow::limits::prefix;
use crate::flow::person::Known;
use crate::flow::visit::{Visitor, in_letters};
use crate::identity::account::{Account, AccountState};
use crate::identity::attributes::AttributeName;
use crate::login::browser;
use crate::login::request::LocalName;
use crate::login::transaction::Transaction;
use crate::store::outbox::{self, Queued};
use crate::store::record::Batch;
use crate::telemetry::metrics;
use crate::texts::language::Language;
use crate::texts::mail::{self, Contact, Event, Telling};
use crate::world::outbox::{Body, Mail, Message, Outbox};

/// By what mails leave, and for how long that is tried.
#[derive(Clone, Debug)]
pub struct Mailing {
    /// Where they leave.
    pub outbox: Arc<dyn Outbox>,
    /// How long after what a mail tells of it is still worth sending.
    pub keep: TimeDelta,
}

/// Adds to `batch` that the person is told of `event`, at the address of the first of their identities that may be used
/// and has one. Where no mails are sent, nothing happens; where there is no address, that is counted.
pub(in crate::flow) fn tell(
    env: &Env,
    batch: &mut Batch,
    account: &Account,
    event: Event,
    service: Option<&LocalName>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let Some(mailing) = &env.mailing else { return Ok(()) };
    let Some(to) = address(account) else {
        metrics::notice(event.name(), "no-address");
        return Ok(());
    };
    let Support { name, email, url } = &env.settings.support;
    let telling = Telling {
        language: visitor.language,
        event,
        at: now,
        browser: &browser::describe(visitor.agent.unwrap_or_default()),
        network: &prefix(visitor.address),
        service: service.and_then(|name| local(visitor.language, name)),
        support_id: visitor.support_id,
        office: local(visitor.language, &env.settings.service).unwrap_or("ponte"),
        contact: Contact {
            name: name.as_deref(),
            email: email.as_deref(),
            url: url.as_ref().map(url::Url::as_str),
        },
    };
    let written = mail::write(&telling).map_err(|error| Failure::Notice(Box::new(error)))?;
    let queued = Queued {
        message: Message {
            id: env.random.token(),
            at: now,
            body: Body::Mail(Mail {
                to: to.to_owned(),
                subject: written.subject,
                text: written.text,
                html: written.html,
            }),
        },
        what: event.name().to_owned(),
        subject: account.subject.clone(),
        tries: 0,
        until: now + mailing.keep,
    };
    outbox::put(env.records(), batch, &queued, now)?;
    Ok(())
}

/// Adds to `batch` that the person is told of the login that `transaction` ends with, if they have not logged in from this
/// browser before: no cookie of theirs says so, and no session was gone on from.
pub(in crate::flow) fn tell_of_login(
    env: &Env,
    batch: &mut Batch,
    known: &Known,
    transaction: &Transaction,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let account = &known.account.value;
    if env.mailing.is_none()
        || transaction.session().is_some()
        || device::is_known(env, visitor.device, &account.subject, now)
    {
        return Ok(());
    }
    let service = transaction.request.relying_party.service();
    tell(env, batch, account, Event::NewBrowser, service, visitor, now)
}

/// Adds to `batch` that the person is told of `event`, which nobody's browser has brought about: in Italian, with the lead in
/// English below, as in every mail.
pub(in crate::flow) fn remind(
    env: &Env,
    batch: &mut Batch,
    account: &Account,
    event: Event,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let support_id = in_letters(&env.random.bytes::<12>());
    let nobody = Visitor {
        address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        browser: None,
        session: None,
        agent: None,
        device: None,
        language: Language::It,
        support_id: &support_id,
    };
    tell(env, batch, account, event, None, &nobody, now)
}

/// Where mails to the person go.
pub(in crate::flow) fn address(account: &Account) -> Option<&str> {
    let mut good = account.identities.iter().filter(|one| one.state == AccountState::Active);
    good.find_map(|one| one.attributes.get(AttributeName::Email))
}

pub(in crate::flow) fn local(language: Language, name: &LocalName) -> Option<&str> {
    let (first, second) = match language {
        Language::It => (&name.it, &name.en),
        Language::En => (&name.en, &name.it),
    };
    first.as_deref().or(second.as_deref())
}
