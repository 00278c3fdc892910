//! Passkeys: as the only factor, or after the password; and a new one at the person's own pages.

use chrono::{DateTime, Utc};

use crate::assurance::binding::added;
use crate::assurance::factor::{Evidence, Factor};
use crate::assurance::level::Level;
use crate::enrolment::credential::{Credential, CredentialState, Secret};
use crate::factors::passkey::{self, Claimed, Holder, Refused, Registered, RelyingParty};
use crate::flow::account::{Inside, inside, inside_with_form, welcome};
use crate::flow::adding::{NewPasskey, PasskeyNotice};
use crate::flow::advance::{ROUNDS, advance, page};
use crate::flow::env::Env;
use crate::flow::factors::{self, LOCKED};
use crate::flow::failure::Failure;
use crate::flow::notice;
use crate::flow::person::{self, Known};
use crate::flow::prove::{Kept, first_second_factor, keep};
use crate::flow::reply::{AccountPage, Notice, Reply, Show};
use crate::flow::visit::{Visitor, enter, enter_with_form};
use crate::flow::ways;
use crate::identity::attributes::AttributeName;
use crate::identity::subject::Subject;
use crate::login::transaction::Transaction;
use crate::store::ceremonies::{self, Ceremony, Owner};
use crate::store::credentials;
use crate::store::port::{Committed, Durability, Space, StoreError};
use crate::store::record::{Batch, Loaded};
use crate::telemetry::metrics;
use crate::texts::mail::Event;
use crate::world::digest::sha256;

/// We, as authenticators know us; `None` where passkeys cannot be.
pub(in crate::flow) fn relying_party(env: &Env) -> Option<RelyingParty> {
    let name = env.settings.service.it.as_deref().unwrap_or("ponte");
    RelyingParty::new(&env.settings.base_url, name)
}

/// Begins a ceremony of the login and shows the page for it.
pub(in crate::flow) async fn ask(
    env: &Env,
    login: &Transaction,
    known: Option<&Known>,
    notice: Option<Notice>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    let ours = relying_party(env).ok_or(Failure::NoSuchFactor)?;
    // Before it is known who comes, nothing is said of anybody's passkeys.
    let ids: Vec<&str> = known.into_iter().flat_map(Known::passkeys).map(|(_, id, _)| id).collect();
    let begun = ours.begin_assertion(&ids).map_err(bad)?;
    let mut batch = Batch::new();
    ceremonies::put(env.records(), &mut batch, Owner::Login(&login.id), begun.state, now)?;
    // Whoever touches their key after a crash is not asked to touch it again.
    let _done = batch.commit(&*env.store, Durability::Durable, now).await?;
    Ok(page(login, Show::Passkey { options: begun.options, notice }))
}

/// Takes the answer of an authenticator in the login `handle`. Each ceremony is ended once.
pub async fn prove(
    env: &Env,
    handle: &str,
    csrf: &str,
    answer: &str,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let walked = async {
        let loaded = enter_with_form(env, handle, csrf, visitor, now).await?;
        walk(env, loaded, answer, visitor, now).await
    };
    walked.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

async fn walk(
    env: &Env,
    mut loaded: Loaded<Transaction>,
    answer: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    for _ in 0..ROUNDS {
        let before = person::of(env, &loaded.value, now).await?;
        let due = ways::due(env, &loaded.value, before.as_ref(), now);
        let due = ways::ways(env, &due, before.as_ref());
        let (true, Some(ours)) = (due.contains(&Factor::Passkey), relying_party(env)) else {
            return advance(env, loaded, visitor, now).await;
        };
        let owner = Owner::Login(&loaded.value.id);
        let ceremony = ceremonies::load(env.records(), owner, now).await?;
        let Some(ceremony) = ceremony.filter(|_| !answer.is_empty()) else {
            let by = Some(Factor::Passkey);
            let notice = Some(Notice::NoAnswer);
            return ways::ask(env, &loaded.value, &due, before.as_ref(), by, notice, visitor, now)
                .await;
        };
        let mut batch = Batch::new();
        batch.take(&ceremony);
        let held =
            check(env, &ours, &mut batch, &loaded.value, &ceremony.value, answer, visitor, now);
        let held = held.await?;
        let risen = held.is_some();
        let transaction = match held {
            Some(transaction) => transaction,
            None => {
                // What went into the batch with a wrong one is not to happen.
                batch = Batch::new();
                batch.take(&ceremony);
                metrics::factor(Factor::Passkey.name(), false);
                loaded.value.clone().fail()?
            }
        };
        match keep(env, batch, &loaded, transaction, risen, visitor, now).await? {
            Some(Kept::Risen(reply)) => return Ok(reply),
            Some(Kept::Same(kept)) if kept.value.attempts_left() > 0 => {
                let notice = Some(Notice::WrongPasskey { left: kept.value.attempts_left() });
                let by = Some(Factor::Passkey);
                return ways::ask(
                    env,
                    &kept.value,
                    &due,
                    before.as_ref(),
                    by,
                    notice,
                    visitor,
                    now,
                )
                .await;
            }
            Some(Kept::Same(kept)) => return advance(env, *kept, visitor, now).await,
            None => loaded = enter(env, &loaded.value.id, visitor, now).await?,
        }
    }
    Err(Failure::Contention)
}

/// The login once the passkey held; `None` if it did not.
#[expect(clippy::too_many_arguments, reason = "one check, of what the walk has at hand")]
async fn check(
    env: &Env,
    ours: &RelyingParty,
    batch: &mut Batch,
    login: &Transaction,
    ceremony: &Ceremony,
    answer: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Transaction>, Failure> {
    let refused = |why: &dyn std::fmt::Display, subject: Option<&Subject>| {
        tracing::info!(
            event = "factor.failed",
            factor = "passkey",
            %why,
            subject = subject.map(Subject::as_str),
            support_id = visitor.support_id
        );
        Ok(None)
    };
    let Claimed { id, handle } = match passkey::claimed(answer) {
        Ok(claimed) => claimed,
        Err(why) => return refused(&why, None),
    };
    let holder = ceremonies::holder(env.records(), &id, now).await?;
    let Some(holder) = holder.filter(|one| login.subject().is_none_or(|known| known == one)) else {
        return refused(&"nobody's here", None);
    };
    // Where nobody has shown who they are, the authenticator says whose it is (WebAuthn §7.2).
    let ours_of = user_handle(env, &holder)?;
    let says_so = match &handle {
        Some(handle) => handle.as_slice() == ours_of.as_slice(),
        None => login.subject().is_some(),
    };
    let known = person::load(env, &holder, now).await?.filter(|_| says_so);
    let found = known.as_ref().and_then(|known| Some((known, known.passkey(&id)?)));
    let Some((known, credential)) = found else {
        return refused(&"not its person's", Some(&holder));
    };
    let Secret::Passkey { name, key, .. } = &credential.value.secret else {
        return Err(Failure::NoSuchFactor);
    };
    let key = match ours.finish_assertion(&ceremony.state, answer, key) {
        Ok(key) => key,
        Err(why) => {
            if why.may_be_cloned() {
                tracing::warn!(
                    event = "passkey.cloned",
                    subject = holder.as_str(),
                    support_id = visitor.support_id,
                    "the counter of a passkey went backwards: there may be two of it"
                );
            }
            return refused(&why, Some(&holder));
        }
    };
    let secret = Secret::Passkey { name: name.clone(), id, key };
    let used = Credential { secret, last_used: Some(now), ..credential.value.clone() };
    credentials::update(env.records(), batch, credential, &used)?;
    first_second_factor(env, batch, known, now)?;
    metrics::factor(Factor::Passkey.name(), true);
    let evidence = Evidence::held(Factor::Passkey, login.time(now), credential.value.binding);
    Ok(Some(login.clone().prove(&holder, evidence)?))
}

/// The name by which authenticators know a person: the same for all their passkeys, and no way back.
fn user_handle(env: &Env, subject: &Subject) -> Result<[u8; 16], StoreError> {
    let blind = env.records().blind(Space::Credentials, "passkey user", subject.as_str())?;
    let digest = sha256(blind.as_bytes());
    let mut handle = [0; 16];
    handle.copy_from_slice(&digest.as_ref()[..16]);
    Ok(handle)
}

/// Begins the enrolment of a passkey and shows the page for it.
pub async fn begin(env: &Env, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let begun = async {
        let Some(inside) = inside(env, visitor, now).await? else { return Ok(welcome()) };
        form(env, inside, None, now).await
    };
    begun.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

async fn form(
    env: &Env,
    inside: Inside,
    notice: Option<PasskeyNotice>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    let Some(ours) = relying_party(env).filter(|_| factors::is_open(env, &inside, now)) else {
        return Ok(Reply::ToAccount(LOCKED));
    };
    let account = &inside.known.account.value;
    let names = [AttributeName::Name, AttributeName::FamilyName];
    let names: Vec<&str> = names.into_iter().filter_map(|one| account.attribute(one)).collect();
    let holder = Holder {
        handle: user_handle(env, &account.subject)?,
        username: &account.username,
        display: &names.join(" "),
    };
    let keys: Vec<&str> = inside.known.passkeys().map(|(_, _, key)| key).collect();
    let begun = ours.begin_registration(holder, &keys).map_err(bad)?;
    let mut batch = Batch::new();
    let owner = Owner::Session(&inside.session.value.id);
    ceremonies::put(env.records(), &mut batch, owner, begun.state, now)?;
    let _done = batch.commit(&*env.store, Durability::Durable, now).await?;
    let new = NewPasskey { csrf: inside.csrf, options: begun.options, notice };
    Ok(Reply::Account(Box::new(AccountPage::NewPasskey(new))))
}

/// Enrols the passkey of `answer` under the name that the person gave it, bound at what they have shown.
pub async fn enrol(
    env: &Env,
    csrf: &str,
    name: &str,
    answer: &str,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let enrolled = async {
        for _ in 0..ROUNDS {
            let Some(inside) = inside_with_form(env, csrf, visitor, now).await? else {
                return Ok(welcome());
            };
            if let Some(reply) = add(env, inside, name.trim(), answer, visitor, now).await? {
                return Ok(reply);
            }
        }
        Err(Failure::Contention)
    };
    enrolled.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// One attempt; `None` when somebody was ahead.
async fn add(
    env: &Env,
    inside: Inside,
    name: &str,
    answer: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let known = &inside.known;
    let open = factors::is_open(env, &inside, now);
    let shown = factors::shown(env, &inside, now).filter(|_| open);
    let (Some(ours), Some(shown)) = (relying_party(env), shown) else {
        return Ok(Some(Reply::ToAccount(LOCKED)));
    };
    let owner = Owner::Session(&inside.session.value.id);
    let ceremony = ceremonies::load(env.records(), owner, now).await?;
    let notice = match ceremony {
        _ if name.is_empty() || name.chars().count() > MAX_NAME => PasskeyNotice::Name,
        _ if known.passkeys().count() >= MOST => PasskeyNotice::TooMany,
        Some(_) if answer.is_empty() => PasskeyNotice::NoAnswer,
        None => PasskeyNotice::NoAnswer,
        Some(ceremony) => match ours.finish_registration(&ceremony.value.state, answer) {
            Ok(made) => {
                match keep_new(env, &inside, &ceremony, made, name, shown, visitor, now).await? {
                    Some(true) => {
                        return Ok(Some(Reply::ToAccount("/account/factors?done=added")));
                    }
                    Some(false) => PasskeyNotice::Refused,
                    None => return Ok(None),
                }
            }
            Err(why) => {
                let subject = known.account.value.subject.as_str();
                let support_id = visitor.support_id;
                tracing::info!(event = "passkey.refused", %why, subject, support_id);
                let mut batch = Batch::new();
                batch.take(&ceremony);
                let _done = batch.commit(&*env.store, Durability::Durable, now).await?;
                PasskeyNotice::Refused
            }
        },
    };
    form(env, inside, Some(notice), now).await.map(Some)
}

/// Keeps the passkey that was made. `false`: it is somebody's already (WebAuthn §7.1); `None`: somebody
/// was ahead.
#[expect(clippy::too_many_arguments, reason = "what the enrolment has at hand")]
async fn keep_new(
    env: &Env,
    inside: &Inside,
    ceremony: &Loaded<Ceremony>,
    made: Registered,
    name: &str,
    shown: Level,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<bool>, Failure> {
    let (known, records) = (&inside.known, env.records());
    let account = &known.account.value;
    if ceremonies::holder(records, &made.id, now).await?.is_some() {
        return Ok(Some(false));
    }
    let mut batch = Batch::new();
    batch.take(ceremony);
    ceremonies::claim(records, &mut batch, &made.id, &account.subject)?;
    let Registered { id, key } = made;
    let credential = Credential {
        id: format!("passkey-{}", env.random.token()),
        subject: account.subject.clone(),
        state: CredentialState::Active,
        binding: added(shown),
        enrolled: now,
        last_used: None,
        secret: Secret::Passkey { name: name.to_owned(), id, key },
    };
    credentials::add(records, &mut batch, &credential)?;
    known.expect_unchanged(&mut batch);
    notice::tell(env, &mut batch, account, Event::NewPasskey, None, visitor, now)?;
    if batch.commit(&*env.store, Durability::Durable, now).await? != Committed::Done {
        return Ok(None);
    }
    let (subject, support_id) = (account.subject.as_str(), visitor.support_id);
    let (factor, binding) = (Factor::Passkey.name(), credential.binding.name());
    tracing::info!(event = "factor.activated", factor, binding, subject, support_id);
    Ok(Some(true))
}

fn bad(refused: Refused) -> Failure {
    Failure::Credential(Box::new(refused))
}

/// The longest name of a passkey, in characters.
const MAX_NAME: usize = 60;
/// The most passkeys that a person has.
const MOST: usize = 20;
