//! Submissions of metadata by integrators: each with its state and history, found by its id or by the secret link of whoever made it.
//!
//! Of a link only a blind digest is kept. Those that are open are counted in one record, so that of two that come at once no more are
//! taken than there is room for.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::store::blob;
use crate::store::port::{Committed, Durability, Key, Space, StoreError};
use crate::store::record::{Batch, Loaded, Records};

/// A submission.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// Its name, which is no secret.
    pub id: String,
    /// The entityID that its metadata say.
    pub entity_id: String,
    /// Where its author is written to, if they said so.
    pub contact: Option<String>,
    /// The profile of the pre-flight that they chose.
    pub profile: Option<String>,
    /// The word that a proof must hold, made by chance.
    pub word: String,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// Until when it waits: to be proved, and then to be decided.
    pub waits_until: DateTime<Utc>,
    /// The SHA-256 of its metadata, hexadecimal.
    pub digest: String,
    /// How control of the entity was proved, if it was.
    pub proof: Option<Proof>,
    /// What has become of it, the oldest first; never empty.
    pub history: Vec<Change>,
    /// From which network it came, blind.
    network: String,
    /// The blind name of its link.
    link: String,
    /// Where its metadata lie.
    blob: String,
    /// How long they are, in bytes.
    length: usize,
}

/// How control of an entity was proved.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// By what.
    pub how: How,
    /// The SHA-256 of the metadata that were registered for the entity then, hexadecimal: the proof was by a key of theirs. `None`: there
    /// were none.
    pub registered: Option<String>,
}

/// A kind of proof.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// A signature over a text of ours.
    Signature,
    /// Metadata that are signed and have our word as their ID.
    Metadata,
    /// A word of ours at this origin of the entity's.
    Token(String),
}

/// Where a submission stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nobody has proved that they control the entity.
    Submitted,
    /// Somebody has: an administrator decides.
    Proved,
    /// The metadata are registered.
    Approved,
    /// They are not, and will not be.
    Refused,
    /// Whoever submitted them does not want it any more.
    Withdrawn,
    /// Nobody proved or decided in time.
    Expired,
}

impl State {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Proved => "proved",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }

    /// Whether something can still become of it.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Submitted | Self::Proved)
    }
}

/// A step of a submission's history.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// When.
    pub at: DateTime<Utc>,
    /// To what.
    pub to: State,
    /// By whom.
    pub by: By,
    /// Why, or how; may be empty.
    pub reason: String,
}

/// Who changed it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Whoever has the link.
    Integrator,
    /// An administrator: the name that the command said, and the number that the system did.
    Administrator(String, Option<u32>),
    /// Nobody: time.
    Time,
}

/// What is needed to make one.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// See [`Submission::entity_id`].
    pub entity_id: &'a str,
    /// See [`Submission::contact`].
    pub contact: Option<&'a str>,
    /// See [`Submission::profile`].
    pub profile: Option<&'a str>,
    /// The metadata.
    pub metadata: &'a str,
    /// Their SHA-256, hexadecimal.
    pub digest: String,
    /// The network that it comes from.
    pub network: &'a str,
    /// The end of the link.
    pub secret: &'a str,
    /// Until when it waits to be proved.
    pub waits_until: DateTime<Utc>,
}

/// How many may be open.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// In all.
    pub in_all: usize,
    /// From one network.
    pub of_network: usize,
}

/// What came of making one.
#[derive(Clone, Debug)]
pub enum Made {
    /// It is there.
    Done(Box<Submission>),
    /// Too many of this network are open.
    FullHere,
    /// Too many are open.
    Full,
}

impl Submission {
    /// Where it stands at `now`.
    #[must_use]
    pub fn state(&self, now: DateTime<Utc>) -> State {
        let state = self.history.last().map_or(State::Expired, |last| last.to);
        if state.is_open() && now >= self.waits_until { State::Expired } else { state }
    }

    /// Its history at `now`: that time ran out is a step too.
    #[must_use]
    pub fn history(&self, now: DateTime<Utc>) -> Vec<Change> {
        let mut history = self.history.clone();
        if self.state(now) == State::Expired && history.last().is_some_and(|last| last.to.is_open())
        {
            let (at, reason) = (self.waits_until, String::new());
            history.push(Change { at, to: State::Expired, by: By::Time, reason });
        }
        history
    }

    /// The same with one step more; a proof may be given again and again, so the steps in between are let go of.
    pub fn step(&mut self, change: Change) {
        if self.history.len() >= MAX_HISTORY {
            self.history.remove(1);
        }
        self.history.push(change);
    }

    /// Until when it is kept: what was approved is kept for good, what was decided for two years, what came to nothing for a month.
    fn keep_until(&self) -> Option<DateTime<Utc>> {
        let last = self.history.last()?;
        match last.to {
            State::Approved => None,
            State::Refused => Some(last.at + TimeDelta::days(730)),
            State::Withdrawn => Some(last.at + AFTERWARDS),
            _ => Some(self.waits_until + AFTERWARDS),
        }
    }
}

/// Those that are open.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Ledger {
    open: Vec<Open>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Open {
    id: String,
    network: String,
    until: DateTime<Utc>,
}

fn key(records: Records<'_>, id: &str) -> Key {
    records.key(Space::Registrations, format!("submission/{id}"))
}

fn link_name(records: Records<'_>, secret: &str) -> Result<String, StoreError> {
    records.blind(Space::Registrations, "registration link", secret)
}

fn link_key(records: Records<'_>, name: &str) -> Key {
    records.key(Space::Registrations, format!("link/{name}"))
}

fn ledger_key(records: Records<'_>) -> Key {
    records.key(Space::Registrations, "open")
}

/// Makes a submission, if there is room.
///
/// # Errors
/// When the store fails, or the metadata are longer than [`blob::MAX_BLOB`].
pub async fn make(
    records: Records<'_>,
    new: &New<'_>,
    room: Room,
    now: DateTime<Utc>,
) -> Result<Made, StoreError> {
    let network = records.blind(Space::Registrations, "registration network", new.network)?;
    let submission = Submission {
        id: name(&records.random.bytes::<12>()),
        entity_id: new.entity_id.to_owned(),
        contact: new.contact.map(str::to_owned),
        profile: new.profile.map(str::to_owned),
        word: format!("_{}", name(&records.random.bytes::<32>())),
        made: now,
        waits_until: new.waits_until,
        digest: new.digest.clone(),
        proof: None,
        history: vec![Change {
            at: now,
            to: State::Submitted,
            by: By::Integrator,
            reason: String::new(),
        }],
        network,
        link: link_name(records, new.secret)?,
        blob: format!("registration-{}", records.random.token()),
        length: new.metadata.len(),
    };
    loop {
        let ledger = records.load_or_default::<Ledger>(ledger_key(records), now).await?;
        let mut open = ledger.value.open.clone();
        open.retain(|one| now < one.until);
        if open.iter().filter(|one| one.network == submission.network).count() >= room.of_network {
            return Ok(Made::FullHere);
        }
        if open.len() >= room.in_all {
            return Ok(Made::Full);
        }
        let (id, until) = (submission.id.clone(), submission.waits_until);
        open.push(Open { id, network: submission.network.clone(), until });
        let mut batch = Batch::new();
        batch.replace(records, &ledger, &Ledger { open }, None)?;
        let (key, keep) = (key(records, &submission.id), submission.keep_until());
        batch.expect_absent(key.clone());
        records.put(&mut batch, key, &submission, keep)?;
        records.put(&mut batch, link_key(records, &submission.link), &submission.id, keep)?;
        let octets = new.metadata.as_bytes();
        blob::put(records, &mut batch, &submission.blob, octets, keep)?;
        if batch.commit(records.store, Durability::Durable, now).await? == Committed::Done {
            return Ok(Made::Done(Box::new(submission)));
        }
    }
}

/// The submission `id`.
///
/// # Errors
/// When the store fails or the record cannot be read.
pub async fn find(
    records: Records<'_>,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<Submission>>, StoreError> {
    if id.len() > MAX_ID {
        return Ok(None);
    }
    records.load(key(records, id), now).await
}

/// The submission to which the link that ends with `secret` leads.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn find_by_link(
    records: Records<'_>,
    secret: &str,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<Submission>>, StoreError> {
    let key = link_key(records, &link_name(records, secret)?);
    match records.load::<String>(key, now).await? {
        Some(id) => find(records, &id.value, now).await,
        None => Ok(None),
    }
}

/// The metadata that were submitted; `None` when they are gone.
///
/// # Errors
/// When the store fails or a piece is missing.
pub async fn metadata(
    records: Records<'_>,
    submission: &Submission,
    now: DateTime<Utc>,
) -> Result<Option<String>, StoreError> {
    let octets = blob::get(records, &submission.blob, now).await?;
    Ok(octets.map(|octets| String::from_utf8_lossy(&octets).into_owned()))
}

/// All of them, the newest first.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub async fn list(records: Records<'_>, now: DateTime<Utc>) -> Result<Vec<Submission>, StoreError> {
    let mut all: Vec<Submission> = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let (space, from) = (Space::Registrations, after.as_deref());
        let page = records.list::<Submission>(space, "submission/", from, 256, now).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.key().name.clone());
        all.extend(page.into_iter().map(|loaded| loaded.value));
    }
    all.sort_by(|a, b| (b.made, &b.id).cmp(&(a.made, &a.id)));
    Ok(all)
}

/// Has `changed` take the place of `seen`, with `metadata` in the place of those before if there are some, and all that `batch` does besides.
/// [`Committed::Conflict`] when another was ahead, of the submission or of what `batch` expects.
///
/// # Errors
/// When the store fails.
pub async fn change(
    records: Records<'_>,
    batch: Batch,
    seen: &Loaded<Submission>,
    mut changed: Submission,
    metadata: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Committed, StoreError> {
    let octets = match metadata {
        Some(metadata) => metadata.to_owned(),
        None => self::metadata(records, &seen.value, now).await?.unwrap_or_default(),
    };
    let keep = changed.keep_until();
    let mut whole = batch;
    // Written anew, since how long it is kept has changed.
    blob::remove(records, &mut whole, &seen.value.blob, seen.value.length);
    changed.blob = format!("registration-{}", records.random.token());
    changed.length = octets.len();
    blob::put(records, &mut whole, &changed.blob, octets.as_bytes(), keep)?;
    whole.replace(records, seen, &changed, keep)?;
    records.put(&mut whole, link_key(records, &changed.link), &changed.id, keep)?;
    let is_open = changed.state(now).is_open();
    loop {
        let ledger = records.load_or_default::<Ledger>(ledger_key(records), now).await?;
        let mut open = ledger.value.open.clone();
        open.retain(|one| now < one.until && (is_open || one.id != changed.id));
        for one in open.iter_mut().filter(|one| one.id == changed.id) {
            one.until = changed.waits_until;
        }
        let mut with_ledger = whole.clone();
        let place = with_ledger.expected();
        with_ledger.replace(records, &ledger, &Ledger { open }, None)?;
        match with_ledger.commit(records.store, Durability::Durable, now).await? {
            // Another submission has come or gone meanwhile: that is no other's change of this one.
            Committed::Conflict(at) if at == place => {}
            committed => return Ok(committed),
        }
    }
}

/// Letters and digits that begin no option and end no sentence: base32 without those that look alike.
fn name(octets: &[u8]) -> String {
    octets.iter().map(|octet| char::from(LETTERS[usize::from(*octet) % LETTERS.len()])).collect()
}

const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const AFTERWARDS: TimeDelta = TimeDelta::days(30);
const MAX_HISTORY: usize = 24;
const MAX_ID: usize = 64;
