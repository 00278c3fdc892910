//! The app's first page: whose phone it is, and the requests that wait (IC-11).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;
use crate::enrolment::credential::{Credential, Secret};
use crate::factors::approval::{Approval, Standing};
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::person::{self, Known};
use crate::flow::phone::pin;
use crate::flow::phone::reply::{Done, Home, Linked, PhoneReply, Told, Waiting};
use crate::flow::reply::Reply;
use crate::flow::visit::Visitor;
use crate::identity::account::AccountState;
use crate::store::record::Loaded;
use crate::store::{approvals, phones};
use crate::world::digest::sha256;

/// What every request of the app says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Handset<'a> {
    /// The cookie by which the phone is known.
    pub cookie: Option<&'a str>,
    /// The version of the app, as its script says.
    pub version: Option<&'a str>,
}

/// A phone that is somebody's.
pub(in crate::flow) struct Phone {
    pub(in crate::flow) known: Known,
    pub(in crate::flow) credential: Loaded<Credential>,
    pub(in crate::flow) csrf: String,
}

/// Whose phone has the cookie `cookie`, as long as it is theirs and they may log in.
pub(in crate::flow) async fn phone(
    env: &Env,
    cookie: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Option<Phone>, Failure> {
    let Some(cookie) = cookie.filter(|cookie| cookie.len() <= MAX_COOKIE) else { return Ok(None) };
    let digest = phones::digest(env.records(), cookie)?;
    let Some(holder) = phones::holder(env.records(), &digest, now).await? else { return Ok(None) };
    let Some(known) = person::load(env, &holder.subject, now).await? else { return Ok(None) };
    let is_it = |one: &&Loaded<Credential>| match &one.value.secret {
        Secret::App { device, .. } => *device == digest && one.value.is_active(),
        _ => false,
    };
    let credential = known.credential(&holder.credential).filter(is_it).cloned();
    let may = known.person.state == AccountState::Active;
    let csrf = form_token(cookie);
    Ok(credential.filter(|_| may).map(|credential| Phone { known, credential, csrf }))
}

/// The token for forms of the phone with this cookie: nobody else can tell it.
fn form_token(cookie: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(&[b"app form ", cookie.as_bytes()].concat()))
}

/// As [`phone`], for a form, which must bring back its token and come from an app that is not too old (IC-21).
pub(in crate::flow) async fn phone_with_form(
    env: &Env,
    handset: Handset<'_>,
    csrf: &str,
    now: DateTime<Utc>,
) -> Result<Result<Phone, Told>, Failure> {
    if !is_current(env, handset) {
        return Ok(Err(Told::TooOld));
    }
    let Some(phone) = phone(env, handset.cookie, now).await? else {
        return Ok(Err(Told::NotLinked));
    };
    // Digests are compared, so that the time tells nothing of the token.
    if sha256(phone.csrf.as_bytes()) != sha256(csrf.as_bytes()) {
        return Ok(Err(Told::NotOurs));
    }
    Ok(Ok(phone))
}

/// Whether the app is as new as the settings want it (IC-21).
pub(in crate::flow) fn is_current(env: &Env, handset: Handset<'_>) -> bool {
    let version = handset.version.and_then(|said| said.parse::<u32>().ok());
    version.unwrap_or(0) >= env.settings.app.minimum_version
}

/// Whether this house has the app at all.
#[must_use]
pub fn is_offered(env: &Env) -> bool {
    let offered = &env.settings.levels.offered;
    [Factor::Push, Factor::Qr, Factor::QrPasswordless].iter().any(|one| offered.contains(one))
        && crate::flow::passkey::relying_party(env).is_some()
}

/// Shows the first page.
pub async fn show(
    env: &Env,
    handset: Handset<'_>,
    done: Option<Done>,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let shown = async {
        let Some(phone) = phone(env, handset.cookie, now).await? else {
            return Ok(told_home(Home { linked: None, done: None }));
        };
        let waiting = waiting(env, &phone, now).await?;
        let (name, notified) = match &phone.credential.value.secret {
            Secret::App { name, push, .. } => (name.clone(), push.is_some()),
            _ => (String::new(), false),
        };
        let linked = Linked {
            pin: pin::state(&phone.credential.value.secret),
            csrf: phone.csrf,
            username: phone.known.account.value.username.clone(),
            name,
            notified,
            push_key: env.pushing.as_ref().map(|pushing| pushing.public_key.clone()),
            waiting,
        };
        Ok(told_home(Home { linked: Some(linked), done }))
    };
    shown.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

fn told_home(home: Home) -> Reply {
    Reply::Phone(PhoneReply::Home(Box::new(home)))
}

/// Which requests wait, for the script of the first page.
pub async fn codes(env: &Env, handset: Handset<'_>, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let listed = async {
        let waiting = match phone(env, handset.cookie, now).await? {
            Some(phone) => waiting(env, &phone, now).await?,
            None => Vec::new(),
        };
        let codes = waiting.into_iter().map(|one| one.code).collect();
        Ok(Reply::Phone(PhoneReply::Waiting(codes)))
    };
    listed.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// The requests by push that this person's phones can answer now, the newest first.
async fn waiting(env: &Env, phone: &Phone, now: DateTime<Utc>) -> Result<Vec<Waiting>, Failure> {
    if !env.settings.levels.offered.contains(&Factor::Push) {
        return Ok(Vec::new());
    }
    let subject = &phone.known.account.value.subject;
    let found: Vec<Loaded<Approval>> = approvals::of_subject(env.records(), subject, now).await?;
    let mut found: Vec<Approval> = found.into_iter().map(|one| one.value).collect();
    let can_answer = |one: &Approval| {
        let live = matches!(one.standing(now), Standing::Waiting | Standing::Opened);
        live && one.factor == Factor::Push && one.is_for(subject)
    };
    found.retain(can_answer);
    found.sort_by_key(|one| std::cmp::Reverse(one.asked));
    let row = |one: Approval| Waiting {
        ago: u64::try_from((now - one.asked).num_seconds()).unwrap_or_default(),
        code: one.code,
        service: one.service,
    };
    Ok(found.into_iter().map(row).collect())
}

const MAX_COOKIE: usize = 128;
