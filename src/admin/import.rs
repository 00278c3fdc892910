//! Many people at once: each wholly or not at all, and nobody twice however often a file is read.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use tokio::task::JoinHandle;

use crate::admin::command::{Imported, NewPerson};
use crate::admin::desk::{Desk, DeskError};
use crate::admin::people::{self, Newcomer, Password};
use crate::factors::password::TooLong;
use crate::identity::account::Account;
use crate::identity::attributes::AttributeName;
use crate::store::accounts::{self, normalise};
use crate::store::port::{Committed, Durability, Space};
use crate::store::record::Batch;

/// Adds `people`, or only looks at them if `dry`; says of each, in order, what came of it.
///
/// Somebody who was added by the same line before is left as they are. People that nothing stands
/// in the way of are written by one commit, so that many cost one flush.
///
/// # Errors
/// When the store fails, or the machine does.
pub async fn import(
    desk: &Desk<'_>,
    people: Vec<NewPerson>,
    dry: bool,
    now: DateTime<Utc>,
) -> Result<Vec<Imported>, DeskError> {
    let mut seen = HashSet::new();
    let mut verdicts = Vec::with_capacity(people.len());
    let mut pending = Vec::new();
    for person in people {
        let verdict = match look_at(desk, &person, &mut seen, now).await {
            Ok(Looked::There(username)) => Imported::There { username },
            Ok(Looked::New(account)) => {
                pending.push((verdicts.len(), account, person));
                Imported::Good
            }
            Err(error) if error.is_the_askers() => Imported::Refused(error.refused().reason),
            Err(error) => return Err(error),
        };
        verdicts.push(verdict);
    }
    if dry || pending.is_empty() {
        return Ok(verdicts);
    }
    let mut newcomers = Vec::with_capacity(pending.len());
    let mut pending = pending.into_iter();
    loop {
        let some: Vec<_> = pending.by_ref().take(HASHED_AT_ONCE).collect();
        if some.is_empty() {
            break;
        }
        // All begin before the first is waited for: the machine has more than one core.
        let some: Vec<_> = some
            .into_iter()
            .map(|(at, account, person)| {
                let (delivery, expired) = (person.delivery, person.password_expired);
                (at, account, delivery, expired, Hash::of(desk, person))
            })
            .collect();
        for (at, account, delivery, expired, hash) in some {
            let password = Password { hash: hash.wait().await?, expired };
            newcomers.push((at, Newcomer::new(desk, *account, password, delivery, now)));
        }
    }
    let mut batch = Batch::new();
    for (_, newcomer) in &newcomers {
        newcomer.settle(desk, &mut batch)?;
    }
    if batch.commit(desk.records.store, Durability::Durable, now).await? == Committed::Done {
        for (at, newcomer) in &newcomers {
            verdicts[*at] = Imported::Added(newcomer.added());
        }
        return Ok(verdicts);
    }
    for (at, newcomer) in newcomers {
        verdicts[at] = alone(desk, &newcomer, now).await?;
    }
    Ok(verdicts)
}

enum Looked {
    There(String),
    New(Box<Account>),
}

/// What is to be done about `person`; `seen` are the names of those before them.
async fn look_at(
    desk: &Desk<'_>,
    person: &NewPerson,
    seen: &mut HashSet<(u8, String)>,
    now: DateTime<Utc>,
) -> Result<Looked, DeskError> {
    let mut account = people::proposed(desk, person, now)?;
    let mark = mark(desk, person)?;
    if let Some(there) = accounts::by_username(desk.records, &account.username, now).await? {
        return match there.value.imported {
            Some(theirs) if theirs == mark => Ok(Looked::There(there.value.username)),
            _ => Err(DeskError::Taken(account.username)),
        };
    }
    people::free(desk, &account, now).await?;
    let names = [account.username.as_str()].into_iter().map(|name| (0, normalise(name)));
    let emails = account.all(AttributeName::Email).into_iter().map(|one| (1, normalise(one)));
    let codes = account.all(AttributeName::SpidCode).into_iter().map(|one| (2, normalise(one)));
    let own: HashSet<(u8, String)> = names.chain(emails).chain(codes).collect();
    if let Some((_, name)) = own.iter().find(|name| seen.contains(*name)) {
        return Err(DeskError::Twice(name.clone()));
    }
    seen.extend(own);
    account.imported = Some(mark);
    Ok(Looked::New(Box::new(account)))
}

/// A name for the line that says this, without its password: a digest of that would be easier to
/// guess by than its hash.
fn mark(desk: &Desk<'_>, person: &NewPerson) -> Result<String, DeskError> {
    let bare = NewPerson { password: None, password_hash: None, ..person.clone() };
    let text = serde_json::to_string(&bare).map_err(DeskError::Entry)?;
    Ok(desk.records.blind(Space::Accounts, "imported line", &text)?)
}

/// Adds one, where several together could not be.
async fn alone(
    desk: &Desk<'_>,
    newcomer: &Newcomer,
    now: DateTime<Utc>,
) -> Result<Imported, DeskError> {
    let mut batch = Batch::new();
    newcomer.settle(desk, &mut batch)?;
    let done = batch.commit(desk.records.store, Durability::Durable, now).await?;
    if done == Committed::Done {
        return Ok(Imported::Added(newcomer.added()));
    }
    match people::free(desk, &newcomer.account, now).await {
        Ok(()) => Err(DeskError::Contended),
        Err(error) if error.is_the_askers() => Ok(Imported::Refused(error.refused().reason)),
        Err(error) => Err(error),
    }
}

/// A password's hash, there or on its way.
enum Hash {
    There(String),
    Coming(JoinHandle<Result<String, TooLong>>),
}

impl Hash {
    fn of(desk: &Desk<'_>, person: NewPerson) -> Self {
        match (person.password, person.password_hash) {
            (Some(password), _) => Self::Coming(people::hashing(desk, password)),
            (None, hash) => Self::There(hash.unwrap_or_default()),
        }
    }

    async fn wait(self) -> Result<String, DeskError> {
        match self {
            Self::There(hash) => Ok(hash),
            Self::Coming(handle) => {
                handle.await.map_err(DeskError::Lost)?.map_err(DeskError::Hashing)
            }
        }
    }
}

/// Each takes as much memory as the settings say a hash takes.
const HASHED_AT_ONCE: usize = 4;
