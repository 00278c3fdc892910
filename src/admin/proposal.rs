//! What is said of a person who is to be added: looked at whole before anything is written.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::admin::command::{NewIdentity, NewPerson};
use crate::admin::desk::{Desk, DeskError};
use crate::factors::password;
use crate::identity::account::{Account, Identity, Proofing};
use crate::identity::attributes::{AttributeName, Attributes};
use crate::identity::format;
use crate::identity::kind::IdentityKind;

/// The identities of `person`, once everything that is said can be taken; each with a `spidCode`.
///
/// # Errors
/// The first thing that cannot be taken.
pub(super) fn identities(
    desk: &Desk<'_>,
    person: &NewPerson,
    now: DateTime<Utc>,
) -> Result<Vec<Identity>, DeskError> {
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
    let NewPerson { kind, attributes, proofing, .. } = person;
    let mut all = vec![checked(desk, 1, *kind, attributes, proofing.as_ref(), now)?];
    for (further, number) in person.identities.iter().zip(2..) {
        let made = identity(desk, further, number, now);
        all.push(made.map_err(|error| DeskError::Identity(number, Box::new(error)))?);
    }
    Ok(all)
}

/// The identity that gets `number`, once everything that is said of it can be taken.
///
/// # Errors
/// The first thing that cannot be taken.
pub(super) fn identity(
    desk: &Desk<'_>,
    said: &NewIdentity,
    number: u16,
    now: DateTime<Utc>,
) -> Result<Identity, DeskError> {
    checked(desk, number, said.kind, &said.attributes, said.proofing.as_ref(), now)
}

/// Whether the account can be kept: one record has its limits.
///
/// # Errors
/// When it holds too much.
pub(super) fn keepable(account: &Account) -> Result<(), DeskError> {
    let size = serde_json::to_vec(account).map_or(usize::MAX, |bytes| bytes.len());
    if account.identities.len() > MOST_IDENTITIES || size > MOST_BYTES {
        return Err(DeskError::TooMuch);
    }
    Ok(())
}

fn checked(
    desk: &Desk<'_>,
    number: u16,
    kind: IdentityKind,
    said: &BTreeMap<String, String>,
    proofing: Option<&Proofing>,
    now: DateTime<Utc>,
) -> Result<Identity, DeskError> {
    let today = now.date_naive();
    if proofing.is_some_and(|proofing| !is_whole(proofing, now)) {
        return Err(DeskError::BadProofing);
    }
    let mut attributes = Attributes::default();
    for (name, value) in said {
        let known = AttributeName::parse(name);
        let known = known.ok_or_else(|| DeskError::UnknownAttribute(name.clone()))?;
        let value = format::read(known, value, today).map_err(DeskError::BadAttribute)?;
        attributes.set(known, value);
    }
    let method = proofing.map(|proofing| proofing.method);
    kind.check(&attributes, method).map_err(DeskError::BadIdentity)?;
    let attributes = with_spid_code(attributes, desk);
    Ok(Identity::new(number, kind, attributes, proofing.cloned(), now))
}

/// Whether a proofing says who did it, where the evidence is, and is of a day that has been.
pub(super) fn is_whole(proofing: &Proofing, now: DateTime<Utc>) -> bool {
    let told = |text: &str| !text.trim().is_empty() && text.chars().count() <= MOST_CHARS;
    told(&proofing.operator) && told(&proofing.evidence) && proofing.date <= now.date_naive()
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

const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const MOST_IDENTITIES: usize = 8;
/// Well below what one value of the store may have, with room for what a record gains later.
const MOST_BYTES: usize = 20 * 1024;
const MOST_CHARS: usize = 255;
