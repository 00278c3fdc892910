//! The desk's part in a recovery: a code for somebody who was identified anew, and a changed e-mail address.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::admin::desk::{Desk, DeskError};
use crate::admin::people::{find, unclaimed};
use crate::admin::proposal;
use crate::enrolment::activation::{ActivationCode, Delivery};
use crate::enrolment::recovery::{DESK_LIFE, Link, Lost};
use crate::identity::account::{Account, AccountState, Proofing, ProofingMethod};
use crate::identity::attributes::AttributeName;
use crate::identity::format;
use crate::store::accounts;
use crate::store::port::{Committed, Durability};
use crate::store::record::Batch;
use crate::store::recoveries::{self, Token};

/// A code by which a person recovers what they lost.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RecoveryCode {
    /// The user name as it is kept.
    pub username: String,
    /// In groups of four; told once, kept nowhere in clear.
    pub code: String,
    /// From then on it is worth nothing.
    pub expires: DateTime<Utc>,
}

impl std::fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecoveryCode").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Gives a person whom the desk has identified anew a code by which they recover what they lost, once. How they were
/// identified is kept with the code, and in the account's history.
///
/// # Errors
/// When there is no such person, they may not log in, the proofing says too little, or the store fails.
pub async fn code(
    desk: &Desk<'_>,
    username: &str,
    lost: Lost,
    proofing: &Proofing,
    now: DateTime<Utc>,
) -> Result<RecoveryCode, DeskError> {
    if proofing.method == ProofingMethod::SelfAsserted || !proposal::is_whole(proofing, now) {
        return Err(DeskError::BadProofing);
    }
    for _ in 0..ATTEMPTS {
        let seen = find(desk, username, now).await?;
        if seen.value.state != AccountState::Active {
            return Err(DeskError::NotActive(seen.value.username.clone()));
        }
        let code = ActivationCode::generate(desk.records.random);
        let link = Link {
            subject: seen.value.subject.clone(),
            lost,
            by: Delivery::Desk,
            made: now,
            expires: now + DESK_LIFE,
            used: None,
            proofing: Some(proofing.clone()),
        };
        let mut account = seen.value.clone();
        let Proofing { method, operator, evidence, .. } = proofing;
        let reason = format!(
            "recovery of the {} by {operator}: {}, evidence {evidence}",
            lost.name(),
            method.as_str()
        );
        account.set_state(AccountState::Active, &reason, now);
        let mut batch = Batch::new();
        recoveries::put(desk.records, &mut batch, Token::Desk(&code), &link)?;
        accounts::update(desk.records, &mut batch, &seen, &account)?;
        if batch.commit(desk.records.store, Durability::Durable, now).await? == Committed::Done {
            tracing::info!(
                event = "recovery.code",
                lost = lost.name(),
                subject = account.subject.as_str(),
                operator,
                evidence
            );
            let username = account.username;
            return Ok(RecoveryCode { username, code: code.in_groups(), expires: link.expires });
        }
    }
    Err(DeskError::Contended)
}

/// Gives the person's identities that have an e-mail address another one. Until it has been there for some time no link goes
/// to it (AR-11). Returns the user name as it is kept.
///
/// # Errors
/// When there is no such person, the address is none or another account's, or the store fails.
pub async fn address(
    desk: &Desk<'_>,
    username: &str,
    address: &str,
    now: DateTime<Utc>,
) -> Result<String, DeskError> {
    for _ in 0..ATTEMPTS {
        let seen = find(desk, username, now).await?;
        let account = moved(&seen.value, address, now)?;
        unclaimed(desk, &account, now).await?;
        let mut batch = Batch::new();
        accounts::update(desk.records, &mut batch, &seen, &account)?;
        if batch.commit(desk.records.store, Durability::Durable, now).await? == Committed::Done {
            tracing::info!(event = "address.changed", subject = account.subject.as_str());
            return Ok(account.username);
        }
    }
    Err(DeskError::Contended)
}

fn moved(account: &Account, address: &str, now: DateTime<Utc>) -> Result<Account, DeskError> {
    let read = format::read(AttributeName::Email, address, now.date_naive());
    let address = read.map_err(DeskError::BadAttribute)?;
    let mut account = account.clone();
    let has = |one: &&mut crate::identity::account::Identity| {
        one.attributes.get(AttributeName::Email).is_some()
    };
    let mut changed = 0;
    for identity in account.identities.iter_mut().filter(has) {
        identity.attributes.set(AttributeName::Email, address.as_str());
        changed += 1;
    }
    if changed == 0
        && let Some(first) = account.identities.first_mut()
    {
        first.attributes.set(AttributeName::Email, address);
    }
    account.address_changed = Some(now);
    proposal::keepable(&account)?;
    Ok(account)
}

const ATTEMPTS: usize = 8;
