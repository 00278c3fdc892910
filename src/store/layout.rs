//! How keys and values lie in an ordered store of bytes.
//!
//! Values and the index of their expiry share one tree, so that one batch changes both or neither.

use chrono::{DateTime, TimeDelta, Utc};

use crate::identity::tenant::TenantId;
use crate::store::port::{Key, Space, Value, folder};

/// Where the version of the data lies.
pub const VERSION: &[u8] = b"version";

/// What the keys of values begin with.
pub const VALUES: u8 = b'd';
const EXPIRIES: u8 = b'e';
const LASTING: u8 = 0;
const EXPIRING: u8 = 1;
const INSTANT: usize = 12;

/// The key of a value.
#[must_use]
pub fn value_key(key: &Key) -> Vec<u8> {
    let mut bytes = vec![VALUES];
    bytes.extend_from_slice(&key.path());
    bytes
}

/// What the keys of all values in `space` of `tenant` begin with.
#[must_use]
pub fn values_in(tenant: &TenantId, space: Space) -> Vec<u8> {
    let mut bytes = vec![VALUES];
    bytes.extend_from_slice(&folder(tenant, space));
    bytes
}

/// The kind of what lies at `value_key`, by its name at rest.
fn space_of(value_key: &[u8]) -> Option<&[u8]> {
    value_key.splitn(3, |byte| *byte == 0).nth(1)
}

/// Of `value_key` what names tenant and kind, with the zero byte behind it; all of it where there is no kind.
#[must_use]
pub fn folder_of(value_key: &[u8]) -> &[u8] {
    let mut zeros = value_key.iter().enumerate().filter(|(_, byte)| **byte == 0);
    zeros.nth(1).map_or(value_key, |(end, _)| &value_key[..=end])
}

/// Whether `value_key` is of a kind that is never listed.
#[must_use]
pub fn is_unlisted(value_key: &[u8]) -> bool {
    space_of(value_key)
        .is_some_and(|name| Space::UNLISTED.iter().any(|space| space.as_str().as_bytes() == name))
}

/// How soon what lies at a key of the store is gone, the soonest first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Span {
    /// Within minutes, or once the register has it.
    Minutes,
    /// Within minutes if it goes as it should, within a day in any case: a login that is under way.
    Login,
    /// Within a day: a session.
    Day,
}

/// How soon after `now` what lies at `value_key` until `expires` is gone, if that is before it is worth a place in a database.
#[must_use]
pub fn span(value_key: &[u8], expires: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<Span> {
    let name = space_of(value_key)?;
    let named = |space: &Space| space.as_str().as_bytes() == name;
    let Some(end) = expires else {
        return named(&Space::RegisterPending).then_some(Span::Minutes);
    };
    if end > now + DAY {
        return None;
    }
    match Space::BRIEF.iter().any(named) {
        true if end <= now + MINUTES => Some(Span::Minutes),
        true => Some(Span::Login),
        false => Space::OF_A_DAY.iter().any(named).then_some(Span::Day),
    }
}

const MINUTES: TimeDelta = TimeDelta::minutes(15);

/// With what a login takes: that it timed out is told for a day.
const DAY: TimeDelta = TimeDelta::hours(26);

/// The key by which the value at `value_key` is found once it has expired.
#[must_use]
pub fn expiry_key(expires: DateTime<Utc>, value_key: &[u8]) -> Vec<u8> {
    let mut bytes = vec![EXPIRIES];
    bytes.extend_from_slice(&instant(expires));
    bytes.extend_from_slice(value_key);
    bytes
}

/// What the keys of all expiries begin with, the first to expire first.
pub const EXPIRY: &[u8] = &[EXPIRIES];

/// The key of the value that an expiry's key names, if it has expired at `now`.
#[must_use]
pub fn expired_at(expiry_key: &[u8], now: DateTime<Utc>) -> Option<&[u8]> {
    let (expires, value) = expiry_key.strip_prefix(EXPIRY)?.split_at_checked(INSTANT)?;
    (expires <= instant(now).as_slice()).then_some(value)
}

/// A value with its expiry before it.
#[must_use]
pub fn pack(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(packed_length(value));
    pack_into(value, &mut bytes);
    bytes
}

/// Appends what [`pack`] makes of `value`.
pub fn pack_into(value: &Value, bytes: &mut Vec<u8>) {
    match value.expires {
        Some(end) => {
            bytes.push(EXPIRING);
            bytes.extend_from_slice(&instant(end));
        }
        None => bytes.push(LASTING),
    }
    bytes.extend_from_slice(&value.bytes);
}

/// How long that is.
#[must_use]
pub fn packed_length(value: &Value) -> usize {
    1 + value.expires.map_or(0, |_| INSTANT) + value.bytes.len()
}

/// What [`pack`] packed.
#[must_use]
pub fn unpack(raw: &[u8]) -> Option<Value> {
    match raw.split_first()? {
        (&LASTING, bytes) => Some(Value::lasting(bytes.to_vec())),
        (&EXPIRING, rest) => {
            let (expires, bytes) = rest.split_at_checked(INSTANT)?;
            Some(Value::until(bytes.to_vec(), read_instant(expires)?))
        }
        _ => None,
    }
}

/// Twelve bytes in the order of time.
fn instant(at: DateTime<Utc>) -> [u8; INSTANT] {
    let mut bytes = [0; INSTANT];
    let seconds = at.timestamp().cast_unsigned() ^ (1 << 63);
    bytes[..8].copy_from_slice(&seconds.to_be_bytes());
    bytes[8..].copy_from_slice(&at.timestamp_subsec_nanos().to_be_bytes());
    bytes
}

fn read_instant(bytes: &[u8]) -> Option<DateTime<Utc>> {
    let (seconds, nanos) = bytes.split_at_checked(8)?;
    let seconds = u64::from_be_bytes(seconds.try_into().ok()?) ^ (1 << 63);
    DateTime::from_timestamp(seconds.cast_signed(), u32::from_be_bytes(nanos.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn times() -> impl Strategy<Value = DateTime<Utc>> {
        (-8_000_000_000_000_i64..8_000_000_000_000, 0_u32..1_000_000_000)
            .prop_map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).unwrap())
    }

    proptest! {
        #[test]
        fn instants_are_ordered_and_read_back(a in times(), b in times()) {
            prop_assert_eq!(instant(a).cmp(&instant(b)), a.cmp(&b));
            prop_assert_eq!(read_instant(&instant(a)), Some(a));
        }

        #[test]
        fn values_read_back(bytes: Vec<u8>, expires in proptest::option::of(times())) {
            let value = Value { bytes, expires };
            prop_assert_eq!(unpack(&pack(&value)), Some(value));
        }
    }

    #[test]
    fn an_expiry_names_its_value_from_that_instant_on() {
        let key = value_key(&Key::new(&TenantId::main(), Space::Codes, "c"));
        let end = DateTime::from_timestamp(1_000, 500).unwrap();
        let entry = expiry_key(end, &key);
        assert_eq!(expired_at(&entry, end), Some(key.as_slice()));
        assert_eq!(expired_at(&entry, DateTime::from_timestamp(1_000, 499).unwrap()), None);
    }
}
