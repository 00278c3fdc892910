//! The index of a list, in octets: a head, rows sorted by the digest of the entityID, a table by SHA-1, the names, a code.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::saml::metadata::aggregate::found::{Roles, Verified};
use crate::world::digest::{HmacKey, sha1, sha256};

const MAGIC: &[u8; 8] = b"PONTEAG1";
const CODE: usize = 32;
const SHORT: usize = 24;

/// What an index says of the whole.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    /// SHA-256 of the copy, in hexadecimal: it names the file.
    pub(super) copy: String,
    /// The octets of the copy.
    pub(super) octets: u64,
    /// The fingerprint of the signer's certificate; none if the list was believed for its place.
    pub(super) signer: Option<[u8; 32]>,
    pub(super) name: Option<String>,
    pub(super) valid_until: Option<DateTime<Utc>>,
    pub(super) cache_duration: Option<String>,
    pub(super) taken: DateTime<Utc>,
    pub(super) openings: Vec<String>,
    entities: u32,
}

/// An index in memory, as it lies on the disk.
#[derive(Debug)]
pub(super) struct Index {
    octets: Vec<u8>,
    head: Head,
    rows: usize,
    shorts: usize,
    names: usize,
}

/// One row.
#[derive(Clone, Debug)]
pub(super) struct Row<'i> {
    pub(super) entity_id: &'i str,
    pub(super) offset: u64,
    pub(super) length: u32,
    pub(super) digest: [u8; 32],
    pub(super) opening: u32,
    pub(super) roles: Roles,
    pub(super) valid_until: Option<DateTime<Utc>>,
}

/// Where each part of a row begins; the row's key is first.
mod field {
    pub(super) const OFFSET: usize = 32;
    pub(super) const LENGTH: usize = 40;
    pub(super) const DIGEST: usize = 44;
    pub(super) const OPENING: usize = 76;
    pub(super) const ROLES: usize = 80;
    pub(super) const UNTIL: usize = 81;
    pub(super) const NAME: usize = 89;
    pub(super) const NAME_LENGTH: usize = 93;
    pub(super) const SIZE: usize = 97;
}

const NEVER: i64 = i64::MAX;

impl Index {
    /// Writes the index of `verified`, whose copy has the SHA-256 `copy`, under `key` for the list `name`.
    pub(super) fn write(
        verified: &Verified,
        copy: &str,
        taken: DateTime<Utc>,
        name: &str,
        key: &HmacKey,
    ) -> Option<Vec<u8>> {
        let entities = verified.entities();
        let head = Head {
            copy: copy.to_owned(),
            octets: verified.octets(),
            signer: verified.signer().copied(),
            name: verified.name().map(str::to_owned),
            valid_until: verified.valid_until(),
            cache_duration: verified.cache_duration().map(str::to_owned),
            taken,
            openings: verified.openings().to_vec(),
            entities: u32::try_from(entities.len()).ok()?,
        };
        let head = serde_json::to_vec(&head).ok()?;
        let mut rows = Vec::with_capacity(entities.len());
        let mut names: Vec<u8> = Vec::new();
        for extent in entities {
            let mut row = Vec::with_capacity(field::SIZE);
            row.extend(sha256(extent.entity_id.as_bytes()));
            row.extend(extent.offset.to_le_bytes());
            row.extend(extent.length.to_le_bytes());
            row.extend(extent.digest);
            row.extend(extent.opening.to_le_bytes());
            row.push(extent.roles.to_octet());
            let until = extent.valid_until.map_or(NEVER, |until| until.timestamp());
            row.extend(until.to_le_bytes());
            row.extend(u32::try_from(names.len()).ok()?.to_le_bytes());
            row.extend(u32::try_from(extent.entity_id.len()).ok()?.to_le_bytes());
            names.extend(extent.entity_id.as_bytes());
            rows.push((row, sha1(extent.entity_id.as_bytes())));
        }
        rows.sort_unstable();
        let mut shorts: Vec<_> =
            rows.iter().zip(0_u32..).map(|((_, sha1), at)| (sha1, at)).collect();
        shorts.sort_unstable();
        let size = MAGIC.len() + 4 + head.len() + rows.len() * (field::SIZE + SHORT) + names.len();
        let mut octets = Vec::with_capacity(size + CODE);
        octets.extend(MAGIC);
        octets.extend(u32::try_from(head.len()).ok()?.to_le_bytes());
        octets.extend(&head);
        for (row, _) in &rows {
            octets.extend(row);
        }
        for (sha1, at) in shorts {
            octets.extend(sha1);
            octets.extend(at.to_le_bytes());
        }
        octets.extend(names);
        let code = code(key, name, &octets);
        octets.extend(code);
        Some(octets)
    }

    /// Reads what [`Index::write`] wrote under the same key and name; `None` if it is anything else.
    pub(super) fn read(octets: Vec<u8>, name: &str, key: &HmacKey) -> Option<Self> {
        let (body, said) = octets.split_last_chunk::<CODE>()?;
        // What is compared in public is not secret, and who wrote it is all that counts.
        if code(key, name, body) != *said || !body.starts_with(MAGIC) {
            return None;
        }
        let length = usize::try_from(u32_at(body, MAGIC.len())?).ok()?;
        let begin = MAGIC.len() + 4;
        let head: Head = serde_json::from_slice(body.get(begin..begin + length)?).ok()?;
        let count = usize::try_from(head.entities).ok()?;
        let rows = begin + length;
        let shorts = rows + count * field::SIZE;
        let names = shorts + count * SHORT;
        if names > body.len() {
            return None;
        }
        Some(Self { octets, head, rows, shorts, names })
    }

    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    pub(super) fn len(&self) -> usize {
        (self.shorts - self.rows) / field::SIZE
    }

    /// The row of that entityID.
    pub(super) fn find(&self, entity_id: &str) -> Option<Row<'_>> {
        let key = sha256(entity_id.as_bytes());
        let at = search(self.len(), |at| self.octets_of(at).map(|row| row[..32].cmp(&key)))?;
        self.row(at).filter(|row| row.entity_id == entity_id)
    }

    /// The row of the entityID that has this SHA-1.
    pub(super) fn by_sha1(&self, sha1: &[u8; 20]) -> Option<Row<'_>> {
        let short = |at: usize| {
            let from = self.shorts + at * SHORT;
            self.octets.get(from..from + SHORT)
        };
        let at = search(self.len(), |at| short(at).map(|short| short[..20].cmp(sha1)))?;
        let row = u32_at(short(at)?, 20)?;
        self.row(usize::try_from(row).ok()?)
    }

    /// The row at `at`, in the order of the digests of their names.
    pub(super) fn row(&self, at: usize) -> Option<Row<'_>> {
        let row = self.octets_of(at)?;
        let name = self.names + usize::try_from(u32_at(row, field::NAME)?).ok()?;
        let length = usize::try_from(u32_at(row, field::NAME_LENGTH)?).ok()?;
        let until = i64::from_le_bytes(row[field::UNTIL..field::UNTIL + 8].try_into().ok()?);
        Some(Row {
            entity_id: std::str::from_utf8(self.octets.get(name..name + length)?).ok()?,
            offset: u64::from_le_bytes(row[field::OFFSET..field::OFFSET + 8].try_into().ok()?),
            length: u32_at(row, field::LENGTH)?,
            digest: row[field::DIGEST..field::DIGEST + 32].try_into().ok()?,
            opening: u32_at(row, field::OPENING)?,
            roles: Roles::from_octet(row[field::ROLES]),
            valid_until: DateTime::from_timestamp(until, 0).filter(|_| until != NEVER),
        })
    }

    fn octets_of(&self, at: usize) -> Option<&[u8]> {
        let from = self.rows + at * field::SIZE;
        (at < self.len()).then(|| self.octets.get(from..from + field::SIZE)).flatten()
    }
}

fn code(key: &HmacKey, name: &str, body: &[u8]) -> [u8; CODE] {
    key.mac(&[b"aggregate\0", name.as_bytes(), b"\0", body])
}

fn u32_at(octets: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(octets.get(at..at + 4)?.try_into().ok()?))
}

/// The place of `0..count` at which `compare` says equal.
fn search(count: usize, compare: impl Fn(usize) -> Option<std::cmp::Ordering>) -> Option<usize> {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low.midpoint(high);
        match compare(middle)? {
            std::cmp::Ordering::Equal => return Some(middle),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}
