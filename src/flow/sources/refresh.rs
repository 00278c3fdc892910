//! A source is asked, what it gives is judged, and only what is good takes the place of what was.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::{io, mem};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::flow::env::Env;
use crate::flow::sources::tended::{Held, Tended};
use crate::flow::sources::{lists, mdq};
use crate::partners::source::good::Good;
use crate::partners::source::judge::{Judging, Refused, judge};
use crate::partners::source::policy::Place;
use crate::partners::source::reason::Reason;
use crate::partners::source::shelf::{Note, Spool, Waiting, hexadecimal};
use crate::saml::metadata::long_list;
use crate::saml::xml;
use crate::telemetry::metrics;
use crate::telemetry::redact::excerpt;
use crate::world::digest::sha256;
use crate::world::fetch::{Fetch, FetchError, FetchRequest};

/// What came of asking.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Something new is in use.
    Taken,
    /// What is in use is still that.
    Same,
    /// Nothing was taken; what was in use still is, until its time ends.
    Refused(Refused),
}

impl Outcome {
    /// Its name in the log, metrics and JSON.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Same => "same",
            Self::Refused(refused) => refused.reason.name(),
        }
    }
}

/// What a source answered.
pub(in crate::flow) struct Answer {
    /// Where from.
    pub(in crate::flow) from: String,
    /// All of it.
    pub(in crate::flow) body: Body,
    pub(in crate::flow) etag: Option<String>,
    pub(in crate::flow) last_modified: Option<String>,
}

impl Answer {
    /// What is noted of it as `document`, whose octets have the SHA-256 `sha256`, in hexadecimal.
    pub(super) fn note(&self, document: &str, sha256: &str, taken: DateTime<Utc>) -> Note {
        Note {
            document: document.to_owned(),
            sha256: sha256.to_owned(),
            from: self.from.clone(),
            taken,
            signer: None,
            etag: self.etag.clone(),
            last_modified: self.last_modified.clone(),
            list: false,
        }
    }
}

/// What came.
pub(in crate::flow) enum Body {
    /// These octets.
    Octets(Vec<u8>),
    /// A long list.
    List(Spool),
}

/// Asks a source now, and settles when it is asked next.
pub async fn refresh(env: &Env, source: &Arc<Tended>) -> Outcome {
    let place = &source.configured.place;
    // Each document of a server of single entities has its own turn, so that nobody who looks for another waits.
    let _alone = match place {
        Place::Mdq { .. } => None,
        _ => Some(source.busy.lock().await),
    };
    let outcome = match place {
        Place::File(path) => file(env, source, path, DOCUMENT).await,
        Place::Folder(path) => folder(env, source, path).await,
        Place::Url { url, fetch } => address(env, source, (url, &**fetch)).await,
        Place::Mdq { .. } => mdq::renew(env, source).await,
    };
    let name = source.configured.name.as_str();
    metrics::source(name, outcome.name());
    let now = env.clock.now();
    if let Outcome::Refused(refused) = &outcome {
        let until =
            source.state().documents.values().filter_map(|it| it.good.listing.valid_until).min();
        tracing::warn!(
            event = "source.refused",
            source = name,
            reason = refused.reason.name(),
            detail = %excerpt(&refused.detail),
            in_use = !source.state().documents.is_empty(),
            until = until.map(|until| until.to_rfc3339()),
            "what was in use stays in use"
        );
    }
    let next = env.sources.passed() + pause(env, source, &outcome, now);
    source.change(|state| {
        match &outcome {
            Outcome::Refused(refused) => {
                state.refused = Some((now, refused.clone()));
                state.failures = state.failures.saturating_add(1);
            }
            Outcome::Taken | Outcome::Same => {
                state.refused = None;
                state.failures = 0;
                state.checked = Some(now);
            }
        }
        state.due = next;
    });
    env.sources.publish();
    outcome
}

/// Whether it is time to ask a source.
#[must_use]
pub fn is_due(env: &Env, source: &Tended) -> bool {
    source.state().due <= env.sources.passed()
}

async fn address(env: &Env, source: &Arc<Tended>, (url, fetch): (&Url, &dyn Fetch)) -> Outcome {
    let held = source.state().documents.get(DOCUMENT).cloned();
    let from = url.to_string();
    // What came from elsewhere, or is not in use, is asked for whole.
    let known = held.as_ref().map(|held| &held.note).filter(|note| note.from == from);
    match ask(source, fetch, url, known).await {
        Ok(Some(answer)) => take(env, source, DOCUMENT, answer, None).await,
        Ok(None) => match held.filter(|held| held.good.is_valid(env.clock.now())) {
            Some(_) => Outcome::Same,
            None => {
                let detail = "it says that nothing changed, and that has expired";
                Outcome::Refused(Refused::new(Reason::Expired, detail))
            }
        },
        Err(refused) => Outcome::Refused(refused),
    }
}

/// Asks an address for a document; `None`: it is still the one that `known` is about.
pub(in crate::flow) async fn ask(
    source: &Tended,
    fetch: &dyn Fetch,
    url: &Url,
    known: Option<&Note>,
) -> Result<Option<Answer>, Refused> {
    let mut request = FetchRequest::get(url.clone()).with("Accept", ACCEPT);
    let validators = known
        .map(|note| [("If-None-Match", &note.etag), ("If-Modified-Since", &note.last_modified)]);
    for (name, value) in validators.into_iter().flatten() {
        if let Some(value) = value {
            request = request.with(name, value);
        }
    }
    let unkept = |error| Refused::new(Reason::Unreadable, error);
    let mut spool = source.shelf.spool().map_err(unkept)?;
    let answer = fetch.fetch_into(request, &mut spool.file).await.map_err(|error| {
        let reason = match &error {
            FetchError::Certificate(_) => Reason::Certificate,
            FetchError::Redirect(_) => Reason::Redirect,
            FetchError::TooLong(_) => Reason::TooLarge,
            FetchError::TooSlow => Reason::TooSlow,
            FetchError::Unkept(_) => Reason::Unreadable,
            FetchError::NotNamed(_)
            | FetchError::NotHttps(_)
            | FetchError::NotPublic(_)
            | FetchError::Unreachable(_) => Reason::Unreachable,
        };
        Refused::new(reason, error)
    })?;
    match answer.status {
        200 => Ok(Some(Answer {
            from: url.to_string(),
            body: body(spool).map_err(unkept)?,
            etag: answer.etag,
            last_modified: answer.last_modified,
        })),
        304 if known.is_some() => Ok(None),
        status => Err(Refused::new(Reason::Status, format!("HTTP {status}"))),
    }
}

async fn file(env: &Env, source: &Arc<Tended>, path: &Path, document: &str) -> Outcome {
    let (read, from) = (path.to_owned(), path.display().to_string());
    let reading = move || body(Spool::of(File::open(read)?));
    match tokio::task::spawn_blocking(reading).await {
        Ok(Ok(body)) => {
            let answer = Answer { from, body, etag: None, last_modified: None };
            take(env, source, document, answer, None).await
        }
        Ok(Err(error)) => {
            Outcome::Refused(Refused::new(Reason::Unreadable, format!("{from}: {error}")))
        }
        Err(error) => Outcome::Refused(Refused::new(Reason::Unreadable, error)),
    }
}

/// What is in the file: read if it is short, and of what is too long, and is no list, as much as shows that.
fn body(mut coming: Spool) -> io::Result<Body> {
    let most = xml::MAX_OCTETS as u64;
    if coming.octets()? > most && long_list::begins(&coming.begin(BEGIN)?) {
        return Ok(Body::List(coming));
    }
    let mut octets = coming.begin(most + 4)?;
    if octets.len() as u64 > most {
        // It must not end within a character.
        let whole = octets.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
        octets.truncate(whole.max(xml::MAX_OCTETS + 1));
    }
    Ok(Body::Octets(octets))
}

/// Each file by itself. A file that was taken away was taken away by an administrator, who placed it.
async fn folder(env: &Env, source: &Arc<Tended>, path: &Path) -> Outcome {
    let listed = path.to_owned();
    let listed = tokio::task::spawn_blocking(move || list(&listed)).await;
    let names = match listed.map_err(io::Error::other).and_then(|listed| listed) {
        Ok(names) => names,
        Err(error) => {
            let detail = format!("{}: {error}", path.display());
            return Outcome::Refused(Refused::new(Reason::Unreadable, detail));
        }
    };
    let mut whole = Outcome::Same;
    for name in &names {
        match file(env, source, &path.join(name), name).await {
            Outcome::Refused(refused) => {
                let detail = format!("{name}: {}", refused.detail);
                whole = Outcome::Refused(Refused { detail, ..refused });
            }
            Outcome::Taken if whole == Outcome::Same => whole = Outcome::Taken,
            Outcome::Taken | Outcome::Same => {}
        }
    }
    let gone = source.state().documents.into_keys().filter(|it| !names.contains(it));
    for document in gone.collect::<Vec<_>>() {
        if let Err(error) = source.shelf.forget(&document) {
            tracing::error!(event = "source.unkept", source = source.configured.name, %error);
        }
        tracing::info!(event = "source.gone", source = source.configured.name, document);
        source.change(|state| state.documents.remove(&document));
        if whole == Outcome::Same {
            whole = Outcome::Taken;
        }
    }
    whole
}

fn list(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for found in std::fs::read_dir(folder)? {
        let name = found?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".xml") {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Judges what came as a document of that name and takes it if it is good, on the disk first. `meant` is the digest of the one
/// of which a person has spoken.
pub(in crate::flow) async fn take(
    env: &Env,
    source: &Arc<Tended>,
    document: &str,
    mut answer: Answer,
    meant: Option<[u8; 32]>,
) -> Outcome {
    let now = env.clock.now();
    let in_doubt = env.sources.is_clock_in_doubt(now);
    let (at_work, document) = (Arc::clone(source), document.to_owned());
    let work = move || {
        let (state, keys) = (at_work.state(), at_work.state().accepted_keys());
        let held = state.documents.get(&document);
        let before = held.map(|held| &*held.good);
        let judging = Judging { meant, in_doubt, ..at_work.judging(&keys, before, now) };
        match mem::replace(&mut answer.body, Body::Octets(Vec::new())) {
            Body::Octets(octets) => judged(&at_work, &document, &answer, &octets, &judging),
            Body::List(mut coming) => {
                lists::judged(&at_work, &document, &answer, &mut coming, &judging)
            }
        }
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => Outcome::Refused(Refused::new(Reason::Unreadable, error)),
    }
}

fn judged(
    source: &Tended,
    document: &str,
    answer: &Answer,
    octets: &[u8],
    judging: &Judging<'_>,
) -> Outcome {
    let (now, state) = (judging.now, source.state());
    let held = state.documents.get(document);
    let digest = hexadecimal(&sha256(octets));
    let good = match judge(octets, judging) {
        Ok(good) => good,
        Err(refused) => {
            wait(source, document, (answer, octets), &refused, now);
            return Outcome::Refused(refused);
        }
    };
    let is_same = held.is_some_and(|held| held.note.sha256 == digest);
    let taken = held.filter(|_| is_same).map_or(now, |held| held.note.taken);
    let signer = good.listing.signer.as_ref().map(|key| hexadecimal(key.fingerprint()));
    let note = Note { signer, ..answer.note(document, &digest, taken) };
    if is_same && held.is_some_and(|held| held.note == note) {
        return Outcome::Same;
    }
    if let Err(error) = source.shelf.keep(octets, &note) {
        let detail = format!("the copy cannot be kept: {error}");
        return Outcome::Refused(Refused::new(Reason::Unreadable, detail));
    }
    source.stop_waiting();
    if !is_same {
        tell(source, &good, &note, held);
    }
    let good = Arc::new(Good { taken: note.taken, ..good });
    source.change(|state| {
        state.waiting = None;
        state.documents.insert(document.to_owned(), Held { good, note });
    });
    if is_same { Outcome::Same } else { Outcome::Taken }
}

pub(super) fn tell(source: &Tended, good: &Good, note: &Note, held: Option<&Held>) {
    let signer_before = held.and_then(|held| held.note.signer.as_deref());
    tracing::info!(
        event = "source.taken",
        source = source.configured.name,
        document = note.document,
        from = note.from,
        sha256 = note.sha256,
        signer = note.signer,
        entities = good.entities(),
        entities_before = held.map(|held| held.good.entities()),
        valid_until = good.listing.valid_until.map(|until| until.to_rfc3339()),
    );
    if signer_before.is_some() && signer_before != note.signer.as_deref() {
        tracing::warn!(
            event = "source.signer-changed",
            source = source.configured.name,
            before = signer_before,
            now = note.signer,
            "another key of those that are accepted"
        );
    }
}

/// What a person may accept is set aside for them.
fn wait(
    source: &Tended,
    document: &str,
    (answer, octets): (&Answer, &[u8]),
    refused: &Refused,
    now: DateTime<Utc>,
) {
    let digest = hexadecimal(&sha256(octets));
    if !refused.reason.row().may_accept || source.is_waiting(&digest) {
        return;
    }
    let waiting = Waiting {
        note: answer.note(document, &digest, now),
        reason: refused.reason.name().to_owned(),
        detail: refused.detail.clone(),
        certificate: None,
    };
    match source.shelf.set_aside(octets, &waiting) {
        Ok(()) => source.change(|state| state.waiting = Some((digest, refused.reason))),
        Err(error) => {
            tracing::error!(event = "source.unkept", source = source.configured.name, %error);
        }
    }
}

/// How long to wait before a source is asked again: what is configured or what its documents ask for, and well before they
/// end; after a failure a minute, then twice as much each time. Give or take a tenth, so that not all ask at once.
fn pause(env: &Env, source: &Tended, outcome: &Outcome, now: DateTime<Utc>) -> Duration {
    let state = source.state();
    let usual = source.configured.refresh;
    let pause = match outcome {
        Outcome::Refused(_) => {
            let doubled = 2_i32.saturating_pow(state.failures.min(16));
            (LEAST * doubled).min(usual)
        }
        Outcome::Taken | Outcome::Same => {
            let listings = state.documents.values().map(|held| &held.good.listing);
            let asked = listings.clone().filter_map(|listing| listing.cache);
            let left = listings.filter_map(|listing| Some((listing.valid_until? - now) / 3));
            asked.chain(left).chain([usual]).min().unwrap_or(usual).max(LEAST)
        }
    };
    let [byte] = env.random.bytes::<1>();
    let tenths = 0.9 + 0.2 * f64::from(byte) / 255.0;
    pause.to_std().unwrap_or(Duration::from_secs(60)).mul_f64(tenths)
}

/// The name of the only document of a source.
pub const DOCUMENT: &str = "document";
const ACCEPT: &str = "application/samlmetadata+xml, application/xml;q=0.9, text/xml;q=0.8";
/// Within how many octets the root of a document begins.
const BEGIN: u64 = 4096;
const LEAST: TimeDelta = TimeDelta::minutes(1);
