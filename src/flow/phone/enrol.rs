//! A phone becomes somebody's: a code at their own pages, a key made on the phone, and the first thing that it signs.

use chrono::{DateTime, Utc};

use crate::assurance::binding::added;
use crate::assurance::factor::Factor;
use crate::enrolment::credential::{Credential, CredentialState, Pin, Secret};
use crate::factors::approval::read_code;
use crate::factors::passkey::{Holder, Refused, RelyingParty, claimed};
use crate::flow::account::{inside, welcome};
use crate::flow::adding::Invitation;
use crate::flow::advance::ROUNDS;
use crate::flow::env::Env;
use crate::flow::factors::{self, LOCKED};
use crate::flow::failure::Failure;
use crate::flow::notice;
use crate::flow::passkey::relying_party;
use crate::flow::person::{self, Known};
use crate::flow::phone::home::{Handset, is_current, is_offered};
use crate::flow::phone::pin;
use crate::flow::phone::reply::{NewPhone, PhoneReply, Proof, Told};
use crate::flow::reply::{AccountPage, Reply};
use crate::flow::visit::{Visitor, in_letters};
use crate::identity::account::AccountState;
use crate::identity::attributes::AttributeName;
use crate::identity::subject::Subject;
use crate::login::attempts::Attempts;
use crate::store::phones::{self, Enrolment, LIFETIME, Made};
use crate::store::port::{Committed, Durability, Space, StoreError};
use crate::store::record::{Batch, Loaded};
use crate::store::{attempts, ceremonies, credentials, sessions};
use crate::texts::mail::Event;
use crate::world::digest::sha256;

/// Begins to link a phone and shows the code for it.
pub async fn invite(env: &Env, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let invited = async {
        let Some(inside) = inside(env, visitor, now).await? else { return Ok(welcome()) };
        let shown = factors::shown(env, &inside, now);
        let shown = shown.filter(|_| is_offered(env) && factors::is_open(env, &inside, now));
        let Some(shown) = shown else { return Ok(Reply::ToAccount(LOCKED)) };
        let account = &inside.known.account.value;
        let code = in_letters(&env.random.bytes::<12>());
        let enrolment = Enrolment {
            subject: account.subject.clone(),
            session: inside.session.value.id.clone(),
            binding: added(shown),
            expires: now + LIFETIME,
            state: None,
            made: None,
            challenge: None,
        };
        let mut batch = Batch::new();
        phones::begin(env.records(), &mut batch, &code, &enrolment)?;
        if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
            return Err(Failure::Contention);
        }
        let base = env.settings.base_url.as_str().trim_end_matches('/');
        Ok(Reply::Account(Box::new(AccountPage::Invitation(Invitation {
            link: format!("{base}/app#{code}"),
            code,
            minutes: LIFETIME.num_minutes(),
        }))))
    };
    invited.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// An enrolment that may go on, and whose it is.
pub(in crate::flow) struct Open {
    pub(in crate::flow) enrolment: Loaded<Enrolment>,
    pub(in crate::flow) known: Known,
    ours: RelyingParty,
}

/// The enrolment under `code`, as long as the session in which it was begun is alive, and its person may log in.
pub(in crate::flow) async fn open(
    env: &Env,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Option<Open>, Failure> {
    let Some(enrolment) = phones::enrolment(env.records(), code, now).await? else {
        return Ok(None);
    };
    let Enrolment { subject, session, .. } = &enrolment.value;
    let Some(known) = person::load(env, subject, now).await? else { return Ok(None) };
    let session = sessions::get(env.records(), session, now).await?;
    let lives = session.is_some_and(|session| {
        session.value.subject == *subject && session.value.is_alive(known.person.password_set, now)
    });
    let may = lives && known.person.state == AccountState::Active && is_offered(env);
    let ours = relying_party(env).filter(|_| may);
    Ok(ours.map(|ours| Open { enrolment, known, ours }))
}

/// Shows the page that makes a key for the enrolment under `code`; `None` if there is none.
pub(in crate::flow) async fn begin(
    env: &Env,
    code: &str,
    bad_name: bool,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let Some(Open { enrolment, known, ours }) = open(env, code, now).await? else {
        return Ok(None);
    };
    if has_enough(&known) {
        return Ok(Some(told(Told::TooMany)));
    }
    let account = &known.account.value;
    let names = [AttributeName::Name, AttributeName::FamilyName];
    let names: Vec<&str> = names.into_iter().filter_map(|one| account.attribute(one)).collect();
    let office = env.settings.service.it.as_deref().unwrap_or("ponte");
    let holder = Holder {
        handle: user_handle(env, &account.subject)?,
        username: &format!("{} (app)", account.username),
        display: &format!("{} - {office}", names.join(" ")),
    };
    let keys: Vec<&str> = known.authenticators().collect();
    let begun = ours.begin_app(holder, &keys).map_err(bad)?;
    let changed = Enrolment { state: Some(begun.state), made: None, ..enrolment.value.clone() };
    let mut batch = Batch::new();
    batch.replace(env.records(), &enrolment, &changed, Some(changed.expires))?;
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Err(Failure::Contention);
    }
    Ok(Some(Reply::Phone(PhoneReply::Enrol(Box::new(NewPhone {
        code: code.to_owned(),
        username: account.username.clone(),
        options: begun.options,
        bad_name,
        pin: pin::is_offered(env),
    })))))
}

/// Takes the key that the phone made, and asks it to sign.
pub async fn made(
    env: &Env,
    handset: Handset<'_>,
    code: &str,
    name: &str,
    answer: &str,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let taken = async {
        if !is_current(env, handset) {
            return Ok(told(Told::TooOld));
        }
        let Some(code) = read_code(code) else { return Ok(told(Told::NoSuchCode)) };
        let Some(name) = read_name(name) else {
            let again = begin(env, &code, true, now).await?;
            return Ok(again.unwrap_or_else(|| told(Told::NoSuchCode)));
        };
        let Some(Open { enrolment, known, ours }) = open(env, &code, now).await? else {
            return Ok(told(Told::NoSuchCode));
        };
        let Some(state) = &enrolment.value.state else { return Ok(told(Told::NoSuchCode)) };
        let made = match ours.finish_registration(state, answer) {
            Ok(made) if ceremonies::holder(env.records(), &made.id, now).await?.is_none() => made,
            Ok(_) => return Ok(told(Told::Refused)),
            Err(why) => return Ok(refused(&why, &known, visitor)),
        };
        let begun = ours.begin_assertion(&[&made.id]).map_err(bad)?;
        let made = Made { name: name.to_owned(), id: made.id, key: made.key };
        let changed =
            Enrolment { state: Some(begun.state), made: Some(made), ..enrolment.value.clone() };
        let mut batch = Batch::new();
        batch.replace(env.records(), &enrolment, &changed, Some(changed.expires))?;
        if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
            return Ok(told(Told::Over));
        }
        let proof = Proof { code, options: begun.options };
        Ok(Reply::Phone(PhoneReply::Prove(Box::new(proof))))
    };
    taken.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Takes the first thing that the new key signed: the phone has it, and is the person's from now on (AR-06).
pub async fn proved(
    env: &Env,
    handset: Handset<'_>,
    code: &str,
    answer: &str,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let linked = async {
        if !is_current(env, handset) {
            return Ok(told(Told::TooOld));
        }
        let Some(code) = read_code(code) else { return Ok(told(Told::NoSuchCode)) };
        for _ in 0..ROUNDS {
            if let Some(reply) = link(env, &code, answer, visitor, now).await? {
                return Ok(reply);
            }
        }
        Err(Failure::Contention)
    };
    linked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// One attempt; `None` when somebody was ahead.
async fn link(
    env: &Env,
    code: &str,
    answer: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let Some(open) = open(env, code, now).await? else {
        return Ok(Some(told(Told::NoSuchCode)));
    };
    let Enrolment { state: Some(state), made: Some(made), .. } = &open.enrolment.value else {
        return Ok(Some(told(Told::NoSuchCode)));
    };
    let Open { known, ours, .. } = &open;
    let is_its = claimed(answer).is_ok_and(|claimed| claimed.id == made.id);
    let key = match ours.finish_assertion(state, answer, &made.key) {
        Ok(key) if is_its => key,
        Ok(_) => return Ok(Some(told(Told::Refused))),
        Err(why) => return Ok(Some(refused(&why, known, visitor))),
    };
    activate(env, &open, &Made { key, ..made.clone() }, None, visitor, now).await
}

/// The key `made` is the person's from now on, with its `pin` where it has one; `None` when somebody was ahead.
pub(in crate::flow) async fn activate(
    env: &Env,
    Open { enrolment, known, .. }: &Open,
    made: &Made,
    pin: Option<Pin>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let (records, account) = (env.records(), &known.account.value);
    let cookie = env.random.token();
    let device = phones::digest(records, &cookie)?;
    let credential = Credential {
        id: format!("app-{}", env.random.token()),
        subject: account.subject.clone(),
        state: CredentialState::Active,
        binding: enrolment.value.binding,
        enrolled: now,
        last_used: None,
        secret: Secret::App {
            name: made.name.clone(),
            id: made.id.clone(),
            key: made.key.clone(),
            device: device.clone(),
            push: None,
            pin: pin.map(Box::new),
        },
    };
    let holder =
        phones::Holder { subject: account.subject.clone(), credential: credential.id.clone() };
    let mut batch = Batch::new();
    batch.take(enrolment);
    ceremonies::claim(records, &mut batch, &made.id, &account.subject)?;
    credentials::add(records, &mut batch, &credential)?;
    phones::know(records, &mut batch, &device, &holder)?;
    known.expect_unchanged(&mut batch);
    // What was guessed at the phones before does not block this one.
    let counted = attempts::load(records, &account.subject, Factor::Push, now).await?;
    attempts::update(records, &mut batch, &counted, &Attempts::default(), Factor::Push, now)?;
    notice::tell(env, &mut batch, account, Event::NewPhone, None, visitor, now)?;
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Ok(None);
    }
    let (subject, support_id) = (account.subject.as_str(), visitor.support_id);
    let (factor, binding) = (credential.secret.factor().name(), credential.binding.name());
    tracing::info!(event = "factor.activated", factor, binding, subject, support_id);
    let cookie = Some(cookie);
    Ok(Some(Reply::Phone(PhoneReply::ToHome { cookie, done: "linked" })))
}

fn refused(why: &Refused, known: &Known, visitor: &Visitor<'_>) -> Reply {
    let (subject, support_id) = (known.account.value.subject.as_str(), visitor.support_id);
    tracing::info!(event = "phone.refused", %why, subject, support_id);
    told(Told::Refused)
}

pub(in crate::flow) fn told(what: Told) -> Reply {
    Reply::Phone(PhoneReply::Told(what))
}

/// The name by which authenticators know a person for the app: another than for passkeys, or an authenticator that keeps
/// one key a name would put this in the place of a passkey.
fn user_handle(env: &Env, subject: &Subject) -> Result<[u8; 16], StoreError> {
    let blind = env.records().blind(Space::Credentials, "app user", subject.as_str())?;
    let digest = sha256(blind.as_bytes());
    let mut handle = [0; 16];
    handle.copy_from_slice(&digest[..16]);
    Ok(handle)
}

fn bad(refused: Refused) -> Failure {
    Failure::Credential(Box::new(refused))
}

/// Whether the person can have no phone more.
pub(in crate::flow) fn has_enough(known: &Known) -> bool {
    known.phones().count() >= MOST
}

/// What a person calls their phone, if it can be taken.
pub(in crate::flow) fn read_name(name: &str) -> Option<&str> {
    let name = name.trim();
    (!name.is_empty() && name.chars().count() <= MAX_NAME).then_some(name)
}

/// The longest name of a phone, in characters.
const MAX_NAME: usize = 60;
/// The most phones that a person has.
const MOST: usize = 5;
