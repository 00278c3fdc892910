//! People: added, given identities, listed, shown, suspended.

use chrono::{DateTime, Utc};
use tokio::task::JoinHandle;

use crate::admin::command::{Added, NewIdentity, NewPerson, Person, PersonRow, StateOf};
use crate::admin::credential_row::credential_row;
use crate::admin::desk::{Desk, DeskError};
use crate::admin::proposal;
use crate::enrolment::activation::{Activation, ActivationCode};
use crate::enrolment::credential::{Credential, CredentialState, Secret};
use crate::factors::password::TooLong;
use crate::identity::account::{Account, AccountState, Identity};
use crate::identity::attributes::AttributeName;
use crate::identity::subject::Subject;
use crate::store::accounts::Claim;
use crate::store::port::{Committed, Durability, StoreError};
use crate::store::record::{Batch, Loaded};
use crate::store::{accounts, activations, credentials};

/// Adds a person with password and activation code, all or nothing.
///
/// # Errors
/// When something about the person cannot be taken, the user name or an address is taken, or the store fails.
pub async fn add(
    desk: &Desk<'_>,
    person: NewPerson,
    now: DateTime<Utc>,
) -> Result<Added, DeskError> {
    let account = proposed(desk, &person, now)?;
    free(desk, &account, now).await?;
    let hash = match (person.password, person.password_hash) {
        (Some(password), _) => {
            let hash = hashing(desk, password).await.map_err(DeskError::Lost)?;
            hash.map_err(DeskError::Hashing)?
        }
        (None, Some(hash)) => hash,
        (None, None) => return Err(DeskError::NoPassword),
    };
    let password = Password { hash, expired: person.password_expired };
    let newcomer = Newcomer::new(desk, account, password, person.delivery, now);
    let mut batch = Batch::new();
    newcomer.settle(desk, &mut batch)?;
    match batch.commit(desk.records.store, Durability::Durable, now).await? {
        Committed::Done => Ok(newcomer.added()),
        Committed::Conflict(_) => {
            free(desk, &newcomer.account, now).await?;
            Err(DeskError::Contended)
        }
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
    free(desk, &proposed(desk, person, now)?, now).await
}

/// Gives a person one more identity; returns the user name as it is kept, and the identity.
///
/// # Errors
/// When there is no such person, something about the identity cannot be taken, or the store fails.
pub async fn add_identity(
    desk: &Desk<'_>,
    username: &str,
    said: &NewIdentity,
    now: DateTime<Utc>,
) -> Result<(String, Identity), DeskError> {
    for _ in 0..ATTEMPTS {
        let seen = find(desk, username, now).await?;
        let number = seen.value.next_number();
        let identity = proposal::identity(desk, said, number, now)?;
        let mut account = seen.value.clone();
        account.identities.push(identity.clone());
        proposal::keepable(&account)?;
        unclaimed(desk, &account, now).await?;
        if replace(desk, &seen, &account, now).await? {
            return Ok((account.username, identity));
        }
    }
    Err(DeskError::Contended)
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
    let seen = page.into_iter().filter(|one| sees(desk, &one.value));
    Ok((seen.map(|account| row(account.value)).collect(), next))
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
    Ok(Person {
        username: account.username,
        state: account.state,
        history: account.history,
        created: account.created,
        first_second_factor: account.first_second_factor,
        identities: account.identities,
        credentials: credentials.into_iter().map(|loaded| credential_row(&loaded.value)).collect(),
    })
}

/// Lets a person log in, or use an identity, or not; returns the user name as it is kept.
///
/// A login under way hears of it at its next step, since each step reads the account anew.
///
/// # Errors
/// When there is none, what was revoked is to come back, or the store fails.
pub async fn set_state(
    desk: &Desk<'_>,
    username: &str,
    whose: &StateOf,
    now: DateTime<Utc>,
) -> Result<String, DeskError> {
    let StateOf { identity, state, reason } = whose;
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    if reason.chars().count() > MOST_REASON || reason.chars().any(char::is_control) {
        return Err(DeskError::BadReason);
    }
    for _ in 0..ATTEMPTS {
        let seen = find(desk, username, now).await?;
        let mut account = seen.value.clone();
        let before = match identity {
            None => account.state,
            Some(code) => of_code(&mut account, code)?.state,
        };
        if before == AccountState::Revoked && *state != AccountState::Revoked {
            let which = identity.as_ref().unwrap_or(&account.username);
            return Err(DeskError::Revoked(which.clone()));
        }
        if identity.is_none() && *state == AccountState::Active && account.replaced_by.is_some() {
            return Err(DeskError::Replaced(account.username));
        }
        match identity {
            None => account.set_state(*state, &reason, now),
            Some(code) => of_code(&mut account, code)?.set_state(*state, &reason, now),
        }
        if replace(desk, &seen, &account, now).await? {
            return Ok(account.username);
        }
    }
    Err(DeskError::Contended)
}

/// Says that an account is a machine's, or that it is not (BI-12); returns the user name as it is kept.
///
/// # Errors
/// When there is no such account, or the store fails.
pub async fn set_unattended(
    desk: &Desk<'_>,
    username: &str,
    on: bool,
    now: DateTime<Utc>,
) -> Result<String, DeskError> {
    for _ in 0..ATTEMPTS {
        let seen = find(desk, username, now).await?;
        let mut account = seen.value.clone();
        account.unattended = on.then(|| account.unattended.unwrap_or_default());
        if replace(desk, &seen, &account, now).await? {
            return Ok(account.username);
        }
    }
    Err(DeskError::Contended)
}

/// Gives a person a new activation code, in the place of any that was not used.
///
/// # Errors
/// When there is no such person, or the store fails.
pub async fn new_code(
    desk: &Desk<'_>,
    username: &str,
    delivery: crate::enrolment::activation::Delivery,
    now: DateTime<Utc>,
) -> Result<Added, DeskError> {
    let account = find(desk, username, now).await?;
    let subject = account.value.subject.clone();
    let expires = now + desk.activation;
    let activation = Activation { subject, delivery, made: now, expires };
    let code = ActivationCode::generate(desk.records.random);
    let mut batch = Batch::new();
    batch.expect(&account);
    activations::put(desk.records, &mut batch, &activation, &code)?;
    match batch.commit(desk.records.store, Durability::Durable, now).await? {
        Committed::Done => Ok(Added {
            username: account.value.username,
            activation_code: code.in_groups(),
            code_expires: expires,
        }),
        Committed::Conflict(_) => Err(DeskError::Contended),
    }
}

/// The account that `person` would get; nothing is written.
pub(super) fn proposed(
    desk: &Desk<'_>,
    person: &NewPerson,
    now: DateTime<Utc>,
) -> Result<Account, DeskError> {
    let identities = proposal::identities(desk, person, now)?;
    let subject = Subject::new(desk.records.random.token());
    let mut account = Account::new(subject, person.username.trim().to_owned(), identities, now);
    account.body = desk.body.map(str::to_owned);
    if person.suspended {
        account.set_state(AccountState::Suspended, "suspended when added", now);
    }
    proposal::keepable(&account)?;
    Ok(account)
}

/// Whether nobody has the account's user name, addresses and codes.
pub(super) async fn free(
    desk: &Desk<'_>,
    account: &Account,
    now: DateTime<Utc>,
) -> Result<(), DeskError> {
    match accounts::by_username(desk.records, &account.username, now).await? {
        Some(_) => Err(DeskError::Taken(account.username.clone())),
        None => unclaimed(desk, account, now).await,
    }
}

/// Whether nobody has the account's addresses and codes.
pub(super) async fn unclaimed(
    desk: &Desk<'_>,
    account: &Account,
    now: DateTime<Utc>,
) -> Result<(), DeskError> {
    match accounts::claimed(desk.records, account, now).await? {
        None => Ok(()),
        // Of whom it is, a delegated administrator of another body learns nothing.
        Some((claim, value, other)) => {
            let username =
                if sees(desk, &other) { other.username } else { "somebody else".to_owned() };
            Err(match claim {
                Claim::Email => DeskError::EmailTaken { email: value, username },
                Claim::SpidCode => DeskError::CodeTaken { code: value, username },
            })
        }
    }
}

/// A password as it is kept.
pub(super) struct Password {
    pub(super) hash: String,
    /// Whether it only leads to a new one.
    pub(super) expired: bool,
}

/// Somebody on the way in.
pub(super) struct Newcomer {
    pub(super) account: Account,
    credential: Credential,
    activation: Activation,
    code: ActivationCode,
}

impl Newcomer {
    pub(super) fn new(
        desk: &Desk<'_>,
        account: Account,
        Password { hash, expired }: Password,
        delivery: crate::enrolment::activation::Delivery,
        now: DateTime<Utc>,
    ) -> Self {
        let subject = account.subject.clone();
        let credential = Credential {
            id: PASSWORD.to_owned(),
            subject: subject.clone(),
            state: CredentialState::Active,
            binding: delivery.binds(),
            enrolled: now,
            last_used: None,
            secret: Secret::Password { hash, expired },
        };
        let expires = now + desk.activation;
        let activation = Activation { subject, delivery, made: now, expires };
        let code = ActivationCode::generate(desk.records.random);
        Self { account, credential, activation, code }
    }

    /// Adds all of it to `batch`.
    pub(super) fn settle(&self, desk: &Desk<'_>, batch: &mut Batch) -> Result<(), StoreError> {
        accounts::add(desk.records, batch, &self.account)?;
        accounts::claim(desk.records, batch, &self.account)?;
        credentials::add(desk.records, batch, &self.credential)?;
        activations::put(desk.records, batch, &self.activation, &self.code)
    }

    /// What is told of it, once.
    pub(super) fn added(&self) -> Added {
        Added {
            username: self.account.username.clone(),
            activation_code: self.code.in_groups(),
            code_expires: self.activation.expires,
        }
    }
}

async fn replace(
    desk: &Desk<'_>,
    seen: &Loaded<Account>,
    account: &Account,
    now: DateTime<Utc>,
) -> Result<bool, DeskError> {
    let mut batch = Batch::new();
    accounts::update(desk.records, &mut batch, seen, account)?;
    Ok(batch.commit(desk.records.store, Durability::Durable, now).await? == Committed::Done)
}

/// The account of that user name.
pub(super) async fn find(
    desk: &Desk<'_>,
    username: &str,
    now: DateTime<Utc>,
) -> Result<Loaded<Account>, DeskError> {
    let found = accounts::by_username(desk.records, username, now).await?;
    // Whose people are others' is as if they were not there.
    let found = found.filter(|one| sees(desk, &one.value));
    found.ok_or_else(|| DeskError::Nobody(username.to_owned()))
}

/// Whether the desk sees to this account.
fn sees(desk: &Desk<'_>, account: &Account) -> bool {
    desk.body.is_none_or(|body| account.body.as_deref() == Some(body))
}

fn of_code<'a>(account: &'a mut Account, code: &str) -> Result<&'a mut Identity, DeskError> {
    let is = |one: &&mut Identity| {
        let own = one.attributes.get(AttributeName::SpidCode);
        own.is_some_and(|own| own.eq_ignore_ascii_case(code))
    };
    let found = account.identities.iter_mut().find(is);
    found.ok_or_else(|| DeskError::NoIdentity(code.to_owned()))
}

/// Hashing takes tens of milliseconds of CPU: it must not hold up the server's other work.
pub(super) fn hashing(desk: &Desk<'_>, password: String) -> JoinHandle<Result<String, TooLong>> {
    let hashing = desk.hashing.clone();
    let password = zeroize::Zeroizing::new(password);
    let salt = desk.records.random.bytes::<16>();
    tokio::task::spawn_blocking(move || hashing.hash_with(&password, &salt))
}

fn row(account: Account) -> PersonRow {
    let names = [AttributeName::Name, AttributeName::FamilyName];
    let names: Vec<&str> = names.into_iter().filter_map(|name| account.attribute(name)).collect();
    PersonRow {
        name: names.join(" "),
        proofed: account.identities.iter().any(|identity| identity.proofing.is_some()),
        identities: account.identities.len(),
        username: account.username,
        state: account.state,
        created: account.created,
    }
}

/// The id of the one password that a person has.
pub const PASSWORD: &str = "password";
const PAGE: usize = 200;
const ATTEMPTS: usize = 8;
const MOST_REASON: usize = 255;
