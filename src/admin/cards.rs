//! Cards of people: let count, taken away, found by serial number (TS-04, IC-02).

use chrono::{DateTime, Utc};

use crate::admin::credential_row::{CredentialRow, credential_row};
use crate::admin::desk::{Desk, DeskError};
use crate::admin::people;
use crate::enrolment::credential::{Credential, CredentialState};
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::store::{accounts, cards, credentials};

/// Lets the card with that serial number count (a pending one), or takes it away (any); the user name as it is kept, and
/// the card's state.
///
/// # Errors
/// When there is no such person or card, it was taken away, or the store fails.
pub async fn set(
    desk: &Desk<'_>,
    username: &str,
    serial: &str,
    counts: bool,
    now: DateTime<Utc>,
) -> Result<(String, CredentialState), DeskError> {
    for _ in 0..ATTEMPTS {
        let account = people::find(desk, username, now).await?;
        let subject = &account.value.subject;
        let own = credentials::list(desk.records, subject, now).await?;
        let Some(seen) = own.into_iter().find(|one| is_card(one, serial)) else {
            let (username, serial) = (account.value.username, serial.to_owned());
            return Err(DeskError::NoCard { username, serial });
        };
        let before = seen.value.clone();
        let card = match (counts, before.state) {
            (true, CredentialState::Active) => before,
            (true, CredentialState::Pending) => {
                let state = CredentialState::Active;
                Credential { state, enrolled: now, ..before }
            }
            (true, CredentialState::Lost | CredentialState::Revoked) => {
                return Err(DeskError::CardGone(serial.to_owned()));
            }
            (false, _) => before.revoke(),
        };
        let mut batch = Batch::new();
        batch.expect(&account);
        credentials::update(desk.records, &mut batch, &seen, &card)?;
        cards::note_holder(desk.records, &mut batch, subject)?;
        let done = batch.commit(desk.records.store, Durability::Durable, now).await?;
        if done == Committed::Done {
            let (subject, state) = (subject.as_str(), card.state);
            tracing::info!(event = "card.set", subject, serial, ?state, "by an operator");
            return Ok((account.value.username, card.state));
        }
    }
    Err(DeskError::Contended)
}

/// Whose cards have that serial number, which only an issuer's name makes unique.
///
/// # Errors
/// When the store fails.
pub async fn find(
    desk: &Desk<'_>,
    serial: &str,
    now: DateTime<Utc>,
) -> Result<Vec<(String, CredentialRow)>, DeskError> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let some = cards::holders(desk.records, after.as_ref(), PAGE, now).await?;
        let Some(last) = some.last().cloned() else { return Ok(found) };
        for subject in &some {
            let own = credentials::list(desk.records, subject, now).await?;
            let mut rows = Vec::new();
            for one in &own {
                if is_card(one, serial) {
                    rows.push(credential_row(&one.value));
                }
            }
            if rows.is_empty() {
                continue;
            }
            let Some(account) = accounts::get(desk.records, subject, now).await? else { continue };
            let username = account.value.username;
            found.extend(rows.into_iter().map(|row| (username.clone(), row)));
        }
        after = Some(last);
    }
}

fn is_card(one: &Loaded<Credential>, serial: &str) -> bool {
    let card = one.value.secret.card();
    card.is_some_and(|card| card.shown.serial.eq_ignore_ascii_case(serial.trim()))
}

const PAGE: usize = 200;
const ATTEMPTS: usize = 8;
