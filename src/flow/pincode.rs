//! A person's pincode: a second secret for operations, never for a login (TS-07). It is shown once, as it is made, to whoever has
//! shown SpidL2 (TS-10); partners have it checked by an interface of their own.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use crate::assurance::level::Level;
use crate::flow::account::{self, Inside, inside, inside_with_form, welcome};
use crate::flow::advance::ROUNDS;
use crate::flow::env::{Env, PincodeVerifier};
use crate::flow::factors::{self, FRESH};
use crate::flow::failure::Failure;
use crate::flow::guarded::{Tried, attempt, hashed};
use crate::flow::notice;
use crate::flow::person;
use crate::flow::reply::{AccountPage, Reply};
use crate::flow::visit::Visitor;
use crate::identity::account::AccountState;
use crate::identity::subject::Subject;
use crate::login::attempts::Attempts;
use crate::store::accounts;
use crate::store::guards::{self, Guard, Kept};
use crate::store::port::{Committed, Durability, Space};
use crate::store::record::Batch;
use crate::texts::mail::Event;
use crate::world::digest::sha256;

/// A person's pincode, as its page shows it.
pub struct PincodePage {
    /// The token that its forms must carry.
    pub csrf: String,
    /// The user name, which is the nickname (TS-07).
    pub username: String,
    /// Whether the person has shown SpidL2 of late.
    pub open: bool,
    /// Seconds since it was made, if there is one.
    pub made: Option<u64>,
    /// The pincode itself, this once.
    pub shown: Option<String>,
}

// The pincode must not reach a log.
impl std::fmt::Debug for PincodePage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PincodePage").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Shows whether there is one, or where to log in.
pub async fn show(env: &Env, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let shown = async {
        if env.settings.pincode_verifiers.is_empty() {
            return Ok(Reply::ToAccount(account::SESSIONS));
        }
        let Some(inside) = inside(env, visitor, now).await? else { return Ok(welcome()) };
        page(env, &inside, None, now).await
    };
    shown.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Begins the login by which the person shows SpidL2.
pub async fn unlock(env: &Env, csrf: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let begun = async {
        let Some(_inside) = inside_with_form(env, csrf, visitor, now).await? else {
            return Ok(welcome());
        };
        Ok(account::confirm_to(env, account::PINCODE, Level::Loa3, now - FRESH, visitor).await)
    };
    begun.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Makes one, in the place of any that was there, and shows it this once.
pub async fn make(env: &Env, csrf: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let made = async {
        for _ in 0..ROUNDS {
            let Some(inside) = inside_with_form(env, csrf, visitor, now).await? else {
                return Ok(welcome());
            };
            if env.settings.pincode_verifiers.is_empty() || !is_open(env, &inside, now) {
                return Ok(Reply::ToAccount("/account/pincode"));
            }
            let account = &inside.known.account.value;
            let seen = guards::load(env.records(), Guard::Pincode, &account.subject, now).await?;
            let number = u64::from_be_bytes(env.random.bytes::<8>()) % 100_000_000;
            let pincode = format!("{number:08}");
            let kept = Kept {
                hash: Some(hashed(env, &pincode).await?),
                question: None,
                made: Some(now),
                attempts: Attempts::default(),
            };
            let mut batch = Batch::new();
            guards::update(env.records(), &mut batch, &seen, &kept, now)?;
            inside.known.expect_unchanged(&mut batch);
            notice::tell(env, &mut batch, account, Event::NewPincode, None, visitor, now)?;
            if batch.commit(&*env.store, Durability::Durable, now).await? == Committed::Done {
                let (subject, support_id) = (account.subject.as_str(), visitor.support_id);
                tracing::info!(event = "pincode.made", subject, support_id);
                return page(env, &inside, Some(pincode), now).await;
            }
        }
        Err(Failure::Contention)
    };
    made.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

fn is_open(env: &Env, inside: &Inside, now: DateTime<Utc>) -> bool {
    factors::shown(env, inside, now) >= Some(Level::Loa3)
}

async fn page(
    env: &Env,
    inside: &Inside,
    shown: Option<String>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    let account = &inside.known.account.value;
    let seen = guards::load(env.records(), Guard::Pincode, &account.subject, now).await?;
    let ago = |at: DateTime<Utc>| u64::try_from((now - at).num_seconds()).unwrap_or_default();
    let page = PincodePage {
        csrf: inside.csrf.clone(),
        username: account.username.clone(),
        open: is_open(env, inside, now),
        made: seen.value.made.map(ago),
        shown,
    };
    Ok(Reply::Account(Box::new(AccountPage::Pincode(page))))
}

/// What a partner asks.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The token by which it is known.
    pub token: &'a str,
    /// Whose pincode: what they log in with.
    pub subject: &'a str,
    /// For which operation, for the log.
    pub operation: &'a str,
    /// What they typed.
    pub pincode: &'a str,
}

/// What it is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Told {
    /// Nothing: nobody has that token.
    NoVerifier,
    /// Nothing: what it asks is not well formed.
    Malformed,
    /// What came of it.
    Tried(Tried),
    /// Nothing was tried: we are about to be overrun, or failed.
    Unavailable,
}

/// Checks a pincode for a partner. Who has none, may not log in, or is nobody, is told as wrong, in the same time.
///
/// The event `pincode.checked` is what is left of it; the register has answers to service providers and nothing else
/// (docs/register.md).
pub async fn verify(env: &Env, asked: Asked<'_>, address: IpAddr, support_id: &str) -> Told {
    let now = env.clock.now();
    let Some(verifier) = verifier(env, asked.token) else {
        tracing::warn!(event = "pincode.stranger", %address, support_id);
        return Told::NoVerifier;
    };
    let operation = asked.operation;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._:/-".contains(c);
    if operation.is_empty() || operation.len() > 64 || !operation.chars().all(is_name) {
        return Told::Malformed;
    }
    let tried = async {
        let known = person::by_login(env, asked.subject, now).await?;
        let known = known.filter(|known| known.person.state == AccountState::Active);
        let subject = match known {
            Some(known) => known.account.value.subject.clone(),
            None => {
                let name = accounts::normalise(asked.subject);
                Subject::new(env.records().blind(Space::Codes, "pincode of nobody", &name)?)
            }
        };
        let tried = attempt(env, Guard::Pincode, &subject, asked.pincode, now).await?;
        Ok::<_, Failure>((subject, tried))
    };
    match tried.await {
        Ok((subject, tried)) => {
            let (verdict, verifier) = (tried.name(), &verifier.name);
            let subject = subject.as_str();
            tracing::info!(
                event = "pincode.checked",
                verdict,
                verifier,
                operation,
                subject,
                %address,
                support_id
            );
            Told::Tried(tried)
        }
        Err(error) => {
            tracing::error!(event = "pincode.failed", support_id, %error);
            Told::Unavailable
        }
    }
}

/// Whose token it is. Digests are compared, so that the time tells nothing of it.
fn verifier<'a>(env: &'a Env, token: &str) -> Option<&'a PincodeVerifier> {
    let digest = sha256(token.as_bytes());
    env.settings.pincode_verifiers.iter().find(|one| one.token == digest)
}
