//! Who it is that another identity provider vouches for: somebody with an account, or whoever it says.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::identity::account::{Account, Identity};
use crate::identity::attributes::{AttributeName, Attributes};
use crate::identity::kind::{IdentityKind, Purpose};
use crate::identity::subject::Subject;
use crate::login::delegation::No;
use crate::login::transaction::Transaction;
use crate::login::vouched::Vouched;
use crate::login::ways::Accounts;
use crate::store::accounts;
use crate::store::record::Batch;
use crate::world::digest::hmac_sha256;

/// Who it is.
pub(in crate::flow) enum Found {
    /// This person.
    Person(Subject),
    /// Nobody whom we know, or may know.
    Nobody(No),
}

/// Who `vouched` is about, in the way that the login has accounts. An account that is made for them is added to `batch`.
pub(in crate::flow) async fn find(
    env: &Env,
    login: &Transaction,
    vouched: &Vouched,
    batch: &mut Batch,
    now: DateTime<Utc>,
) -> Result<Found, Failure> {
    let mode = login.request.ways.accounts;
    if mode == Accounts::PassThrough {
        return passing(env, vouched).map(Found::Person);
    }
    let Some(code) = vouched.attributes.get(AttributeName::FiscalNumber) else {
        return Ok(Found::Nobody(No::NoFiscalCode));
    };
    let known = accounts::by_fiscal_number(env.records(), code, now).await?;
    match known.as_slice() {
        [only] => Ok(Found::Person(only.value.subject.clone())),
        [] if mode == Accounts::Created => {
            let account = made(env, login, vouched, now);
            accounts::add(env.records(), batch, &account)?;
            tracing::info!(
                event = "account.created",
                by = "upstream",
                upstream = vouched.upstream,
                subject = account.subject.as_str()
            );
            Ok(Found::Person(account.subject))
        }
        [] => Ok(Found::Nobody(No::Unknown)),
        several => {
            let subjects: Vec<&str> =
                several.iter().map(|one| one.value.subject.as_str()).collect();
            tracing::error!(
                event = "account.ambiguous",
                ?subjects,
                "several accounts have the fiscal code that an upstream vouches for: nobody is let in by it"
            );
            Ok(Found::Nobody(No::Unknown))
        }
    }
}

/// Our name for somebody of whom no account is kept: the same each time they come from this upstream, and no way back to
/// who they are.
fn passing(env: &Env, vouched: &Vouched) -> Result<Subject, Failure> {
    let wrong = |error: &(dyn std::error::Error + Send + Sync)| {
        Failure::Credential(error.to_string().into())
    };
    let key = env.seal.derive("passing person").map_err(|error| wrong(&error))?;
    let code = vouched.attributes.get(AttributeName::FiscalNumber);
    let (kind, name) = code.map_or(("name", vouched.name.as_str()), |code| ("code", code));
    let parts =
        [vouched.upstream.as_bytes(), vouched.issuer.as_bytes(), kind.as_bytes(), name.as_bytes()];
    // By a fiscal code people are the same whichever identity provider of a federation vouches for them.
    let parts: &[&[u8]] = if code.is_some() { &[parts[0], parts[2], parts[3]] } else { &parts };
    let digest = hmac_sha256(&*key, parts).map_err(|error| wrong(&error))?;
    Ok(Subject::new(URL_SAFE_NO_PAD.encode(digest)))
}

/// An account for somebody who came for the first time. It has no password: they come in by upstreams, until an operator
/// gives them more.
fn made(env: &Env, login: &Transaction, vouched: &Vouched, now: DateTime<Utc>) -> Account {
    let subject = Subject::new(env.random.token());
    let mut attributes = vouched.attributes.clone();
    // These belong to one account, and nobody here has seen to it that it is this one.
    attributes.set(AttributeName::Email, "");
    attributes.set(AttributeName::SpidCode, "");
    let kind = kind_for(login.request.purpose, &attributes);
    let identity = Identity::new(1, kind, attributes, None, now);
    let username = format!("upstream-{}", subject.as_str().to_lowercase());
    Account::new(subject, username, vec![identity], now)
}

/// The identity of whom no account is kept: what was said, and nothing else.
pub(in crate::flow) fn passing_account(
    subject: &Subject,
    vouched: &Vouched,
    purpose: Option<Purpose>,
) -> Account {
    let attributes = vouched.attributes.clone();
    let kind = kind_for(purpose, &attributes);
    let identity = Identity::new(1, kind, attributes, None, vouched.at);
    Account::new(subject.clone(), String::new(), vec![identity], vouched.at)
}

/// Of what kind the identity is that an identity provider has shown, which was asked for one for `purpose`: a legal person is
/// in it if one is named.
fn kind_for(purpose: Option<Purpose>, said: &Attributes) -> IdentityKind {
    let company = [AttributeName::CompanyName, AttributeName::CompanyFiscalNumber];
    let is_of_company = company.into_iter().any(|name| said.get(name).is_some());
    match purpose {
        None => IdentityKind::Personal,
        Some(Purpose::LP) if is_of_company => IdentityKind::LegalPerson,
        Some(Purpose::P | Purpose::PG | Purpose::PX) if is_of_company => {
            IdentityKind::LegalProfessional
        }
        // Nobody is named, so it is no legal person's, whatever was asked for.
        Some(Purpose::LP | Purpose::PG) => IdentityKind::Personal,
        Some(Purpose::P | Purpose::PF | Purpose::PX) => IdentityKind::Professional,
    }
}

/// Of a person's identities those of whom the upstream speaks, with what it says besides where they say nothing.
pub(in crate::flow) fn vouched_for(identities: &[Identity], vouched: &Vouched) -> Vec<Identity> {
    let code = vouched.attributes.get(AttributeName::FiscalNumber);
    let of_them = |one: &&Identity| one.attributes.get(AttributeName::FiscalNumber) == code;
    identities.iter().filter(of_them).map(|one| filled(one, &vouched.attributes)).collect()
}

fn filled(identity: &Identity, said: &Attributes) -> Identity {
    let mut filled = identity.clone();
    for (name, value) in said.iter() {
        if filled.attributes.get(name).is_none() {
            filled.attributes.set(name, value);
        }
    }
    filled
}
