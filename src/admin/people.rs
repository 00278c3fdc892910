//! People: added, listed, shown, suspended.

use chrono::{DateTime, Utc};

use crate::admin::command::{Added, CredentialRow, NewPerson, Person, PersonRow};
use crate::admin::desk::{Desk, DeskError};
use crate::enrolment::activation::{Activation, ActivationCode};
use crate::enrolment::credential::{Credential, CredentialState, Secret};
use crate::factors::password;
use crate::identity::account::{Account, AccountState};
use crate::identity::attributes::{self, AttributeName, Attributes};
use crate::identity::subject::Subject;
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::store::{accounts, activations, credentials};

/// Adds a person with password and activation code, all or nothing.
///
/// # Errors
/// When something about the person cannot be taken, the user name is taken, or the store fails.
pub async fn add(
    desk: &Desk<'_>,
    person: NewPerson,
    now: DateTime<Utc>,
) -> Result<Added, DeskError> {
    let attributes = checked(&person, now)?;
    let records = desk.records;
    let hash = match (person.password, person.password_hash) {
        (Some(password), _) => hash(desk, password).await?,
        (None, Some(hash)) => hash,
        (None, None) => return Err(DeskError::NoPassword),
    };
    let account = Account {
        subject: Subject::new(records.random.token()),
        username: person.username.trim().to_owned(),
        state: AccountState::Active,
        attributes: with_spid_code(attributes, desk),
        proofing: person.proofing,
        created: now,
        first_second_factor: None,
    };
    let credential = Credential {
        id: PASSWORD.to_owned(),
        subject: account.subject.clone(),
        state: CredentialState::Active,
        binding: person.delivery.binds(),
        enrolled: now,
        last_used: None,
        secret: Secret::Password { hash },
    };
    let code = ActivationCode::generate(records.random);
    let expires = now + desk.activation;
    let activation = Activation {
        subject: account.subject.clone(),
        delivery: person.delivery,
        made: now,
        expires,
    };

    let mut batch = Batch::new();
    accounts::add(records, &mut batch, &account)?;
    credentials::add(records, &mut batch, &credential)?;
    activations::put(records, &mut batch, &activation, &code)?;
    match batch.commit(records.store, Durability::Durable, now).await? {
        Committed::Done => Ok(Added {
            username: account.username,
            activation_code: code.in_groups(),
            code_expires: expires,
        }),
        Committed::Conflict(0) => Err(DeskError::Taken(account.username)),
        Committed::Conflict(_) => Err(DeskError::Contended),
    }
}

/// Whether a person could be added.
///
/// # Errors
/// As [`add`].
pub async fn check(
    desk: &Desk<'_>,
    person: &NewPerson,
    now: DateTime<Utc>,
) -> Result<(), DeskError> {
    checked(person, now)?;
    match accounts::by_username(desk.records, &person.username, now).await? {
        Some(_) => Err(DeskError::Taken(person.username.trim().to_owned())),
        None => Ok(()),
    }
}

/// Some people after the mark `after`, and the mark to go on from.
///
/// # Errors
/// When the store fails.
pub async fn list(
    desk: &Desk<'_>,
    after: Option<String>,
    now: DateTime<Utc>,
) -> Result<(Vec<PersonRow>, Option<String>), DeskError> {
    let after = after.map(Subject::new);
    let page = accounts::list(desk.records, after.as_ref(), PAGE, now).await?;
    let next = page.last().filter(|_| page.len() == PAGE);
    let next = next.map(|last| last.value.subject.as_str().to_owned());
    Ok((page.into_iter().map(|account| row(account.value)).collect(), next))
}

/// One person.
///
/// # Errors
/// When there is none, or the store fails.
pub async fn show(
    desk: &Desk<'_>,
    username: &str,
    now: DateTime<Utc>,
) -> Result<Person, DeskError> {
    let account = find(desk, username, now).await?.value;
    let credentials = credentials::list(desk.records, &account.subject, now).await?;
    let pair = |(name, value): (AttributeName, &str)| (name.as_str().to_owned(), value.to_owned());
    Ok(Person {
        attributes: account.attributes.iter().map(pair).collect(),
        username: account.username,
        state: account.state,
        created: account.created,
        first_second_factor: account.first_second_factor,
        proofing: account.proofing,
        credentials: credentials.into_iter().map(|loaded| credential_row(&loaded.value)).collect(),
    })
}

/// Lets a person log in, or not; returns the user name as it is kept.
///
/// # Errors
/// When there is none, the account was revoked, or the store fails.
pub async fn set_state(
    desk: &Desk<'_>,
    username: &str,
    state: AccountState,
    now: DateTime<Utc>,
) -> Result<String, DeskError> {
    for _ in 0..ATTEMPTS {
        let seen = find(desk, username, now).await?;
        if seen.value.state == AccountState::Revoked && state != AccountState::Revoked {
            return Err(DeskError::Revoked(seen.value.username));
        }
        let account = Account { state, ..seen.value.clone() };
        let mut batch = Batch::new();
        accounts::update(desk.records, &mut batch, &seen, &account)?;
        let committed = batch.commit(desk.records.store, Durability::Durable, now).await?;
        if committed == Committed::Done {
            return Ok(account.username);
        }
    }
    Err(DeskError::Contended)
}

async fn find(
    desk: &Desk<'_>,
    username: &str,
    now: DateTime<Utc>,
) -> Result<Loaded<Account>, DeskError> {
    let found = accounts::by_username(desk.records, username, now).await?;
    found.ok_or_else(|| DeskError::Nobody(username.to_owned()))
}

/// The attributes, once everything that is said of the person can be taken.
fn checked(person: &NewPerson, now: DateTime<Utc>) -> Result<Attributes, DeskError> {
    let name = person.username.trim();
    let fits = (1..=128).contains(&name.chars().count())
        && !name.chars().any(|c| c.is_whitespace() || c.is_control());
    if !fits {
        return Err(DeskError::BadUsername(person.username.clone()));
    }
    match (&person.password, &person.password_hash) {
        (Some(said), None) => {
            password::acceptable(said, name).map_err(DeskError::BadPassword)?;
        }
        (None, Some(hash)) if password::is_hash(hash) => {}
        (None, Some(_)) => return Err(DeskError::BadHash),
        _ => return Err(DeskError::NoPassword),
    }
    if let Some(proofing) = &person.proofing {
        let said = !proofing.operator.trim().is_empty() && !proofing.evidence.trim().is_empty();
        if !said || proofing.date > now.date_naive() {
            return Err(DeskError::BadProofing);
        }
    }
    let mut attributes = Attributes::default();
    for (name, value) in &person.attributes {
        let known = AttributeName::parse(name);
        let known = known.ok_or_else(|| DeskError::UnknownAttribute(name.clone()))?;
        attributes::check(known, value).map_err(DeskError::BadAttribute)?;
        attributes.set(known, value.as_str());
    }
    Ok(attributes)
}

/// Hashing takes tens of milliseconds of CPU: it must not hold up the server's other work.
async fn hash(desk: &Desk<'_>, password: String) -> Result<String, DeskError> {
    let hashing = desk.hashing.clone();
    let password = zeroize::Zeroizing::new(password);
    let salt = desk.records.random.bytes::<16>();
    let work = move || hashing.hash_with(&password, &salt);
    let hash = tokio::task::spawn_blocking(work).await.map_err(DeskError::Lost)?;
    hash.map_err(DeskError::Hashing)
}

/// A SPID code is four letters of the provider and ten characters of its own (spid-saml §4).
fn with_spid_code(mut attributes: Attributes, desk: &Desk<'_>) -> Attributes {
    if attributes.get(AttributeName::SpidCode).is_none() {
        let own = desk.records.random.bytes::<10>().map(|byte| LETTERS[usize::from(byte & 31)]);
        let own = String::from_utf8_lossy(&own);
        attributes.set(AttributeName::SpidCode, format!("{}{own}", desk.spid_prefix));
    }
    attributes
}

fn row(account: Account) -> PersonRow {
    let names = [AttributeName::Name, AttributeName::FamilyName];
    let names: Vec<&str> =
        names.into_iter().filter_map(|name| account.attributes.get(name)).collect();
    PersonRow {
        name: names.join(" "),
        proofed: account.proofing.is_some(),
        username: account.username,
        state: account.state,
        created: account.created,
    }
}

fn credential_row(credential: &Credential) -> CredentialRow {
    CredentialRow {
        factor: credential.secret.factor(),
        state: credential.state,
        binding: credential.binding,
        enrolled: credential.enrolled,
        last_used: credential.last_used,
    }
}

/// The id of the one password that a person has.
pub const PASSWORD: &str = "password";
const PAGE: usize = 200;
const ATTEMPTS: usize = 8;
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
