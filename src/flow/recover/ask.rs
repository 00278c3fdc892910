//! Whoever lost a factor asks for the way back in. Neither answer nor time tells whether anybody is known (AR-10).

use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;
use crate::enrolment::activation::Delivery;
use crate::enrolment::recovery::{LINK_LIFE, Link, Lost};
use crate::flow::advance::ROUNDS;
use crate::flow::env::{Env, Support};
use crate::flow::failure::Failure;
use crate::flow::limits::prefix;
use crate::flow::notice::local;
use crate::flow::person::{self, Known};
use crate::flow::recover::reply::{RecoverPage, RecoverReply};
use crate::flow::reply::Reply;
use crate::flow::visit::Visitor;
use crate::identity::account::AccountState;
use crate::identity::attributes::AttributeName;
use crate::identity::subject::Subject;
use crate::login::browser;
use crate::store::outbox::Queued;
use crate::store::port::{Committed, Durability, Space};
use crate::store::record::Batch;
use crate::store::recoveries::Token;
use crate::store::{accounts, outbox, recoveries};
use crate::telemetry::metrics;
use crate::texts::mail::Contact;
use crate::texts::mail_link::{self, Leading, What};
use crate::world::outbox::{Body, Mail, Message};

/// Shows the page that asks.
#[must_use]
pub fn show(env: &Env, lost: Option<Lost>) -> Reply {
    page(RecoverPage::Ask {
        lost,
        username: String::new(),
        mails: env.mailing.is_some(),
        missing: false,
    })
}

/// Sends a mail with a link to the person who logs in as `username`, if there is one who can use it.
pub async fn ask(env: &Env, lost: Option<Lost>, username: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let asked = async {
        let username: String = username.trim().chars().take(MAX_NAME).collect();
        let mails = env.mailing.is_some();
        let (Some(lost), false, true) = (lost, username.is_empty(), mails) else {
            let missing = lost.is_none() || username.is_empty();
            return Ok(page(RecoverPage::Ask { lost, username, mails, missing }));
        };
        for _ in 0..ROUNDS {
            if attempt(env, lost, &username, visitor, now).await? {
                return Ok(page(RecoverPage::Sent));
            }
        }
        Err(Failure::Contention)
    };
    asked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// One attempt; `false` when somebody was ahead. For a name that nobody has, as much is read, written and waited for.
async fn attempt(
    env: &Env,
    lost: Lost,
    username: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<bool, Failure> {
    let records = env.records();
    let known = person::by_login(env, username, now).await?;
    let subject = match &known {
        Some(known) => known.account.value.subject.clone(),
        None => nobody(env, username)?,
    };
    let counted = recoveries::asked(records, &subject, now).await?;
    let may = counted.value.may_send(now);
    let to = known
        .as_ref()
        .filter(|known| has_lost(known, lost))
        .and_then(|known| address(env, known, now));
    let token = env.random.token();
    let link = Link {
        subject: subject.clone(),
        lost,
        by: Delivery::VerifiedContact,
        made: now,
        expires: now + LINK_LIFE,
        used: None,
        proofing: None,
    };
    let what = match lost {
        Lost::Password => What::Password,
        Lost::Authenticator => What::App,
    };
    let (path, to_whom) = (format!("/recover/link/{token}"), to.unwrap_or(NOBODY));
    let queued = letter(env, to_whom, what, &path, &subject, link.expires, visitor, now)?;
    let mut batch = Batch::new();
    let after = if may { counted.value.clone().sent(now) } else { counted.value.clone() };
    recoveries::count(records, &mut batch, &counted, &after, now)?;
    if to.is_some() && may {
        recoveries::put(records, &mut batch, Token::Link(&token), &link)?;
        outbox::put(records, &mut batch, &queued, now)?;
    } else {
        let decoy = env.random.token();
        recoveries::put_decoy(records, &mut batch, &token, &link, now)?;
        recoveries::put_decoy(records, &mut batch, &decoy, &queued, now)?;
    }
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Ok(false);
    }
    if known.is_some() && to.is_none() {
        metrics::notice(LETTER, "no-address");
    }
    tracing::info!(
        event = "recovery.asked",
        lost = lost.name(),
        subject = subject.as_str(),
        held_back = !may,
        support_id = visitor.support_id
    );
    Ok(true)
}

/// Whether the person has something of the kind that they say they lost.
fn has_lost(known: &Known, lost: Lost) -> bool {
    match lost {
        Lost::Password => known.password().is_some(),
        Lost::Authenticator => known.lost_apps().next().is_some() && known.password().is_some(),
    }
}

/// The address to which links go: the first of an active identity that came with the account, or has been there for as long
/// as settings say (AR-11).
pub(in crate::flow) fn address<'a>(
    env: &Env,
    known: &'a Known,
    now: DateTime<Utc>,
) -> Option<&'a str> {
    let account = &known.account.value;
    if account.state != AccountState::Active {
        return None;
    }
    let cooled = now - env.settings.recovery.cooling_off;
    if account.address_changed.is_some_and(|at| at > cooled) {
        return None;
    }
    let mut good = account.identities.iter().filter(|one| {
        one.state == AccountState::Active
            && (one.created == account.created || one.created <= cooled)
    });
    good.find_map(|one| one.attributes.get(AttributeName::Email))
}

/// The mail with the link to `path`, which is good `until` then, as it waits to leave.
#[expect(clippy::too_many_arguments, reason = "one letter, by all that is in it")]
pub(in crate::flow) fn letter(
    env: &Env,
    to: &str,
    what: What,
    path: &str,
    subject: &Subject,
    until: DateTime<Utc>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Queued, Failure> {
    let Support { name, email, url } = &env.settings.support;
    let mut to_page = env.settings.base_url.clone();
    to_page.set_path(path);
    let leading = Leading {
        language: visitor.language,
        what,
        link: to_page.as_str(),
        origin: env.settings.base_url.as_str(),
        at: now,
        browser: &browser::describe(visitor.agent.unwrap_or_default()),
        network: &prefix(visitor.address),
        support_id: visitor.support_id,
        office: local(visitor.language, &env.settings.service).unwrap_or("ponte"),
        contact: Contact {
            name: name.as_deref(),
            email: email.as_deref(),
            url: url.as_ref().map(url::Url::as_str),
        },
    };
    let written = mail_link::write(&leading).map_err(|error| Failure::Notice(Box::new(error)))?;
    let body = Body::Mail(Mail {
        to: to.to_owned(),
        subject: written.subject,
        text: written.text,
        html: written.html,
    });
    let called = match what {
        What::Password | What::App => LETTER,
        What::Number => NUMBER_LETTER,
    };
    Ok(Queued {
        message: Message { id: env.random.token(), at: now, body },
        what: called.to_owned(),
        subject: subject.clone(),
        tries: 0,
        until,
    })
}

/// Whoever asks for a name that nobody has is counted like all others.
fn nobody(env: &Env, username: &str) -> Result<Subject, Failure> {
    let name = accounts::normalise(username);
    Ok(Subject::new(env.records().blind(Space::Attempts, "nobody", &name)?))
}

pub(in crate::flow) fn page(page: RecoverPage) -> Reply {
    Reply::Recover(RecoverReply::Page(Box::new(page)))
}

/// The second factors that a person may show when the password is forgotten, the easiest first.
pub(in crate::flow) const SECOND: [Factor; 4] =
    [Factor::Totp, Factor::Passkey, Factor::Sms, Factor::RecoveryCode];

/// What the mail is called in log and figures.
const LETTER: &str = "recovery-link";
const NUMBER_LETTER: &str = "number-link";
/// Stands for an address where there is none.
const NOBODY: &str = "nobody@example.invalid";
/// A name longer than any account's is nobody's.
const MAX_NAME: usize = 256;
