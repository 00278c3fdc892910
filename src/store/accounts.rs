//! Accounts by subject, and their unique user names.

use chrono::{DateTime, Utc};
use icu_normalizer::ComposingNormalizerBorrowed;

use crate::identity::account::Account;
use crate::identity::attributes::AttributeName;
use crate::identity::subject::Subject;
use crate::store::port::{Committed, Durability, Key, Space, StoreError, Value};
use crate::store::record::{Batch, Loaded, Records};

/// The form in which user names are compared: without spaces around, lower case, letter and accent composed (NFC),
/// since some keyboards and file systems give them apart.
#[must_use]
pub fn normalise(username: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(&username.trim().to_lowercase()).into_owned()
}

fn key(records: Records<'_>, subject: &Subject) -> Key {
    records.key(Space::Accounts, subject.as_str())
}

fn name_key(records: Records<'_>, username: &str) -> Result<Key, StoreError> {
    let name = records.blind(Space::Names, "username", &normalise(username))?;
    Ok(records.key(Space::Names, name))
}

/// What an account has that no other one may have, besides its user name (IC-20).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Claim {
    /// An e-mail address, compared in lower case.
    Email,
    /// A `spidCode`.
    SpidCode,
}

impl Claim {
    fn attribute(self) -> AttributeName {
        match self {
            Self::Email => AttributeName::Email,
            Self::SpidCode => AttributeName::SpidCode,
        }
    }

    fn key(self, records: Records<'_>, value: &str) -> Result<Key, StoreError> {
        let purpose = match self {
            Self::Email => "email",
            Self::SpidCode => "spid code",
        };
        let name = records.blind(Space::Names, purpose, &normalise(value))?;
        Ok(records.key(Space::Names, name))
    }

    const ALL: [Self; 2] = [Self::Email, Self::SpidCode];
}

fn claims(account: &Account) -> impl Iterator<Item = (Claim, &str)> {
    let of = |claim: Claim| {
        let values = account.all(claim.attribute());
        values.into_iter().map(move |value| (claim, value))
    };
    Claim::ALL.into_iter().flat_map(of)
}

/// Adds to `batch` that the account's addresses and codes are its own; the batch conflicts when another account has
/// one of them.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn claim(records: Records<'_>, batch: &mut Batch, account: &Account) -> Result<(), StoreError> {
    let mut done = Vec::new();
    for (claim, value) in claims(account) {
        let key = claim.key(records, value)?;
        if !done.contains(&key) {
            batch.expect_absent(key.clone());
            records.put(batch, key.clone(), &account.subject, None)?;
            done.push(key);
        }
    }
    Ok(())
}

/// What of the account's addresses and codes another account has: which, its value, and whose it is.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn claimed(
    records: Records<'_>,
    account: &Account,
    now: DateTime<Utc>,
) -> Result<Option<(Claim, String, Account)>, StoreError> {
    for (claim, value) in claims(account) {
        let holder = records.load::<Subject>(claim.key(records, value)?, now).await?;
        let Some(holder) = holder.filter(|holder| holder.value != account.subject) else {
            continue;
        };
        if let Some(other) = get(records, &holder.value, now).await? {
            return Ok(Some((claim, value.to_owned(), other.value)));
        }
    }
    Ok(None)
}

/// Adds to `batch` that the account and all its names are gone, if it is still as it was read.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn remove(
    records: Records<'_>,
    batch: &mut Batch,
    seen: &Loaded<Account>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let account = &seen.value;
    batch.take(seen);
    let mut keys = vec![name_key(records, &account.username)?];
    for (claim, value) in claims(account) {
        keys.push(claim.key(records, value)?);
    }
    for code in fiscal_numbers(account) {
        batch.remove(fiscal_key(records, code, &account.subject)?);
    }
    for key in keys {
        let holder = records.load::<Subject>(key, now).await?;
        if let Some(holder) = holder.filter(|holder| holder.value == account.subject) {
            batch.remove(holder.key().clone());
        }
    }
    Ok(())
}

/// The account as one that is not there: what rests on it holds only as long as that is so.
#[must_use]
pub fn absent(records: Records<'_>, account: Account) -> Loaded<Account> {
    records.absent(key(records, &account.subject), account)
}

/// Where it is noted that the person `subject` has this fiscal code.
fn fiscal_key(records: Records<'_>, code: &str, subject: &Subject) -> Result<Key, StoreError> {
    let prefix = fiscal_prefix(records, code)?;
    Ok(records.key(Space::Names, format!("{prefix}{}", subject.as_str())))
}

fn fiscal_prefix(records: Records<'_>, code: &str) -> Result<String, StoreError> {
    let name = records.blind(Space::Names, "fiscal number", &code.to_ascii_uppercase())?;
    Ok(format!("{name}/"))
}

fn fiscal_numbers(account: &Account) -> Vec<&str> {
    account.all(AttributeName::FiscalNumber)
}

/// The accounts that have this fiscal code (`TINIT-…`), two at most: more than one says as much as many.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn by_fiscal_number(
    records: Records<'_>,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Loaded<Account>>, StoreError> {
    let prefix = fiscal_prefix(records, code)?;
    let noted = records.list::<Subject>(Space::Names, &prefix, None, 2, now).await?;
    let mut found = Vec::with_capacity(noted.len());
    for subject in noted {
        // A note that outlived what it was of says nothing.
        let account = get(records, &subject.value, now).await?;
        found.extend(account.filter(|one| fiscal_numbers(&one.value).contains(&code)));
    }
    Ok(found)
}

/// Adds to `batch` a note of the account's fiscal codes.
///
/// # Errors
/// When it cannot be encoded or sealed.
fn note(records: Records<'_>, batch: &mut Batch, account: &Account) -> Result<(), StoreError> {
    for code in fiscal_numbers(account) {
        let key = fiscal_key(records, code, &account.subject)?;
        records.put(batch, key, &account.subject, None)?;
    }
    Ok(())
}

/// Notes the fiscal codes of all accounts, for a store from before they were noted; once it is done it is never done
/// again. Returns how many accounts were looked at.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn note_all(records: Records<'_>, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let done = records.key(Space::Meta, "fiscal-numbers-noted");
    if records.store.get(&done, now).await?.is_some() {
        return Ok(0);
    }
    let (mut after, mut seen): (Option<Subject>, u64) = (None, 0);
    loop {
        let some = list(records, after.as_ref(), AT_ONCE, now).await?;
        let mut batch = Batch::new();
        for account in &some {
            note(records, &mut batch, &account.value)?;
        }
        seen += some.len() as u64;
        let is_last = some.len() < AT_ONCE;
        if is_last {
            batch.put(done.clone(), Value::lasting(Vec::new()));
        }
        // Nothing is expected, so nothing conflicts.
        let _done = batch.commit(records.store, Durability::Durable, now).await?;
        if is_last {
            return Ok(seen);
        }
        after = some.last().map(|account| account.value.subject.clone());
    }
}

const AT_ONCE: usize = 200;

/// Adds to `batch` a new account and the claim of its user name. Its two expectations, first the name's and then
/// the subject's, fail when one of them is taken.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn add(records: Records<'_>, batch: &mut Batch, account: &Account) -> Result<(), StoreError> {
    let (name, key) = (name_key(records, &account.username)?, key(records, &account.subject));
    batch.expect_absent(name.clone());
    batch.expect_absent(key.clone());
    records.put(batch, name, &account.subject, None)?;
    note(records, batch, account)?;
    records.put(batch, key, account, None)
}

/// Makes an account; [`Committed::Conflict`] when its user name is taken.
///
/// # Errors
/// When the store fails.
pub async fn create(
    records: Records<'_>,
    account: &Account,
    now: DateTime<Utc>,
) -> Result<Committed, StoreError> {
    let mut batch = Batch::new();
    add(records, &mut batch, account)?;
    batch.commit(records.store, Durability::Durable, now).await
}

/// The account of `subject`.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn get(
    records: Records<'_>,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<Account>>, StoreError> {
    records.load_at_hand(key(records, subject), now).await
}

/// The account whose user name is `username`, however it is written.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn by_username(
    records: Records<'_>,
    username: &str,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<Account>>, StoreError> {
    match records.load::<Subject>(name_key(records, username)?, now).await? {
        Some(subject) => get(records, &subject.value, now).await,
        None => Ok(None),
    }
}

/// The account whose e-mail address is `address`, however it is written.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn by_email(
    records: Records<'_>,
    address: &str,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<Account>>, StoreError> {
    match records.load::<Subject>(Claim::Email.key(records, address)?, now).await? {
        Some(subject) => get(records, &subject.value, now).await,
        None => Ok(None),
    }
}

/// Adds to `batch` that `account` takes the place of `seen`, its user name, addresses and codes with it. The
/// subject stays.
///
/// # Errors
/// When it cannot be encoded or sealed.
pub fn update(
    records: Records<'_>,
    batch: &mut Batch,
    seen: &Loaded<Account>,
    account: &Account,
) -> Result<(), StoreError> {
    let (old, new) = (&seen.value.username, &account.username);
    if normalise(old) != normalise(new) {
        let name = name_key(records, new)?;
        batch.expect_absent(name.clone());
        records.put(batch, name, &seen.value.subject, None)?;
        batch.remove(name_key(records, old)?);
    }
    let codes = fiscal_numbers(account);
    for code in fiscal_numbers(&seen.value).into_iter().filter(|code| !codes.contains(code)) {
        batch.remove(fiscal_key(records, code, &seen.value.subject)?);
    }
    note(records, batch, account)?;
    let mut kept = Vec::new();
    for (claim, value) in claims(account) {
        kept.push(claim.key(records, value)?);
    }
    let mut had = Vec::new();
    for (claim, value) in claims(&seen.value) {
        had.push(claim.key(records, value)?);
    }
    for (at, key) in kept.iter().enumerate() {
        if !had.contains(key) && !kept[..at].contains(key) {
            batch.expect_absent(key.clone());
            records.put(batch, key.clone(), &seen.value.subject, None)?;
        }
    }
    for key in had.into_iter().filter(|key| !kept.contains(key)) {
        batch.remove(key);
    }
    batch.replace(records, seen, account, None)
}

/// At most `limit` accounts after `after`, in order of subject.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn list(
    records: Records<'_>,
    after: Option<&Subject>,
    limit: usize,
    now: DateTime<Utc>,
) -> Result<Vec<Loaded<Account>>, StoreError> {
    records.list(Space::Accounts, "", after.map(Subject::as_str), limit, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_however_they_are_written() {
        assert_eq!(normalise("  Anna.Rossi@Example.ORG "), "anna.rossi@example.org");
        assert_eq!(normalise("NICOLO\u{300}"), normalise("nicolò"));
        assert_eq!(normalise("MUN\u{303}OZ"), "muñoz");
        assert_ne!(normalise("nicolo"), normalise("nicolò"));
        assert_eq!(normalise("\u{300}a"), "\u{300}a");
        assert_eq!(normalise("ŽELJKO"), normalise("z\u{30c}eljko"));
        assert_eq!(normalise("ΝΊΚΟΣ"), normalise("Νι\u{301}κος"));
    }
}
