//! Registering again after the end of a campaign: another user name and another address, nothing of what the old account was
//! authorised for, and a note for whoever gives authorisations (BI-14, BI-15).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::admin::command::{Added, NewPerson};
use crate::admin::desk::{Desk, DeskError};
use crate::admin::people::{Newcomer, Password, find, free, hashing, proposed};
use crate::assurance::policy::LevelPolicy;
use crate::enrolment::campaign::Campaign;
use crate::enrolment::credential::Credential;
use crate::identity::account::AccountState;
use crate::identity::attributes::AttributeName;
use crate::identity::kind::IdentityKind;
use crate::store::port::{Committed, Durability};
use crate::store::record::Batch;
use crate::store::work::{self, Work};
use crate::store::{accounts, campaigns, credentials, sessions};
use crate::telemetry::metrics;

/// Somebody who waits for the authorisations that they had before.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Item {
    /// Their user name.
    pub username: String,
    /// The one that they had.
    pub before: String,
    /// Since when.
    pub opened: DateTime<Utc>,
    /// What the old account was more than a person: the kinds of its identities.
    pub had: Vec<IdentityKind>,
}

/// Registers `person` in the place of the account `before`, which is frozen, and linked with the new one for whoever looks. The
/// new account has one identity, a natural person's, and no other; what the old one had besides is told as work to do.
///
/// # Errors
/// When the end of the campaign does not lock `before` out, user name or address are those from before, the address or the
/// telephone number is missing, something else about the person cannot be taken, or the store fails.
pub async fn register(
    desk: &Desk<'_>,
    campaign: &Campaign,
    policy: &LevelPolicy,
    before: &str,
    person: NewPerson,
    now: DateTime<Utc>,
) -> Result<Added, DeskError> {
    let records = desk.records;
    let person = NewPerson { kind: IdentityKind::Personal, identities: Vec::new(), ..person };
    let mut account = proposed(desk, &person, now)?;
    let said = person.password.clone().ok_or(DeskError::NoPassword)?;
    let hash = hashing(desk, said).await.map_err(DeskError::Lost)?.map_err(DeskError::Hashing)?;
    for needed in [AttributeName::Email, AttributeName::MobilePhone] {
        if account.attribute(needed).is_none() {
            return Err(DeskError::NeededAgain(needed.as_str()));
        }
    }
    for _ in 0..ATTEMPTS {
        let old = find(desk, before, now).await?;
        let subject = &old.value.subject;
        let held = credentials::list(records, subject, now).await?;
        let held: Vec<Credential> = held.into_iter().map(|one| one.value).collect();
        let seen = campaigns::load(records, &campaign.name, subject, now).await?;
        if !campaign.locks_out(&old.value, &held, &seen.value, policy, now) {
            return Err(DeskError::NotLockedOut(old.value.username.clone()));
        }
        let is_same =
            |one: &str, other: &str| accounts::normalise(one) == accounts::normalise(other);
        if is_same(&old.value.username, &account.username) {
            return Err(DeskError::AsBefore("user name"));
        }
        let addresses = old.value.all(AttributeName::Email);
        let own = account.attribute(AttributeName::Email).unwrap_or_default();
        if addresses.iter().any(|address| is_same(address, own)) {
            return Err(DeskError::AsBefore("e-mail address"));
        }
        free(desk, &account, now).await?;
        account.replaces = Some(subject.clone());
        let password = Password { hash: hash.clone(), expired: person.password_expired };
        let newcomer = Newcomer::new(desk, account.clone(), password, person.delivery, now);
        let mut frozen = old.value.clone();
        let reason = format!("registered again as {}", account.username);
        frozen.set_state(AccountState::Suspended, &reason, now);
        frozen.replaced_by = Some(account.subject.clone());
        let mut batch = Batch::new();
        newcomer.settle(desk, &mut batch)?;
        accounts::update(records, &mut batch, &old, &frozen)?;
        let open = sessions::of_subject(records, subject, now).await?;
        for session in &open {
            sessions::end(records, &mut batch, session)?;
        }
        let had = old.value.identities.iter().map(|one| one.kind).collect();
        let item =
            Work { subject: account.subject.clone(), before: subject.clone(), had, opened: now };
        work::open(records, &mut batch, &campaign.name, &item)?;
        if batch.commit(records.store, Durability::Durable, now).await? == Committed::Done {
            metrics::sessions_ended(open.len());
            tracing::info!(
                event = "person.registered-again",
                campaign = campaign.name,
                subject = account.subject.as_str(),
                before = subject.as_str()
            );
            return Ok(newcomer.added());
        }
    }
    Err(DeskError::Contended)
}

/// Who waits for their authorisations.
///
/// # Errors
/// When the store fails.
pub async fn work(
    desk: &Desk<'_>,
    campaign: &Campaign,
    now: DateTime<Utc>,
) -> Result<Vec<Item>, DeskError> {
    let mut items = Vec::new();
    for open in work::all(desk.records, &campaign.name, now).await? {
        let Work { subject, before, had, opened } = open.value;
        let account = accounts::get(desk.records, &subject, now).await?;
        let old = accounts::get(desk.records, &before, now).await?;
        // Who was erased waits for nothing.
        let Some(account) = account else { continue };
        let before = old.map(|old| old.value.username.clone()).unwrap_or_default();
        items.push(Item { username: account.value.username.clone(), before, opened, had });
    }
    Ok(items)
}

/// Takes away that somebody waits; returns the user name as it is kept.
///
/// # Errors
/// When there is no such person, they do not wait, or the store fails.
pub async fn settle(
    desk: &Desk<'_>,
    campaign: &Campaign,
    username: &str,
    now: DateTime<Utc>,
) -> Result<String, DeskError> {
    let account = find(desk, username, now).await?.value;
    let all = work::all(desk.records, &campaign.name, now).await?;
    let open = all.into_iter().find(|one| one.value.subject == account.subject);
    let open = open.ok_or_else(|| DeskError::NoWork(account.username.clone()))?;
    let mut batch = Batch::new();
    batch.take(&open);
    match batch.commit(desk.records.store, Durability::Durable, now).await? {
        Committed::Done => {
            tracing::info!(event = "work.settled", subject = account.subject.as_str());
            Ok(account.username)
        }
        Committed::Conflict(_) => Err(DeskError::Contended),
    }
}

const ATTEMPTS: usize = 8;
