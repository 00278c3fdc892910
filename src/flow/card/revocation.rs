//! Whether a card stands: its authority is asked, at the addresses that the settings name and at no other (those in a
//! certificate are never fetched), and what it said is kept as long as it says.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;
use url::Url;

use crate::factors::card::judge::Sound;
use crate::factors::card::standing::Standing;
use crate::flow::card::house::{About, Cards};
use crate::world::certificate::Certificate;
use crate::world::fetch::FetchRequest;
use crate::world::revocation::{self, Answered, RevocationList};

/// What is kept of one address: of a responder, per certificate. One asks at a time; the others wait for the same answer.
#[derive(Debug, Default)]
pub(in crate::flow) struct Asked(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    list: Option<Arc<RevocationList>>,
    answer: Option<Answered>,
    /// When it was last asked.
    asked: Option<DateTime<Utc>>,
    /// Whether that came to something.
    good: bool,
}

/// Whether the certificate stands: its issuer's responders are asked in their order, then its lists; the first that can
/// be believed decides.
pub(in crate::flow) async fn standing(
    cards: &Cards,
    sound: &Sound<'_>,
    now: DateTime<Utc>,
) -> Standing {
    let Some(about) = cards.about(&sound.issuer.name) else { return Standing::Unknown };
    let (der, serial) = (sound.der.as_slice(), sound.serial());
    standing_of(cards, about, &Asking { der, authority: sound.authority, serial }, now).await
}

/// A certificate that is asked about.
pub(in crate::flow) struct Asking<'a> {
    /// It, DER.
    pub(in crate::flow) der: &'a [u8],
    /// The authority that has signed it.
    pub(in crate::flow) authority: &'a Certificate,
    /// Its serial number, hexadecimal.
    pub(in crate::flow) serial: &'a str,
}

/// The same of any certificate of an authority about which `about` says whom to ask.
pub(in crate::flow) async fn standing_of(
    cards: &Cards,
    about: &About,
    sound: &Asking<'_>,
    now: DateTime<Utc>,
) -> Standing {
    for responder in &about.ocsp {
        if let Some(answer) = answer_of(cards, responder, sound, now).await {
            return if answer.revoked { Standing::Revoked } else { Standing::Good };
        }
    }
    for place in &about.crl {
        if let Some(list) = list_of(cards, place, sound.authority, now).await {
            return if list.has(sound.serial) { Standing::Revoked } else { Standing::Good };
        }
    }
    Standing::Unknown
}

async fn answer_of(
    cards: &Cards,
    responder: &Url,
    sound: &Asking<'_>,
    now: DateTime<Utc>,
) -> Option<Answered> {
    let authority = &sound.authority.fingerprint;
    let kept = slot(cards, format!("{responder} {authority} {}", sound.serial), now).await;
    let mut kept = kept.0.lock().await;
    if let Some(answer) = kept.answer.filter(|answer| now < answer.until)
        && kept.is_recent(now, ANSWER_LASTS)
    {
        return Some(answer);
    }
    if kept.has_just_failed(now) {
        return None;
    }
    kept.asked = Some(now);
    kept.good = false;
    let question = revocation::question(sound.der, sound.authority).ok()?;
    let request = FetchRequest { body: Some(question), ..FetchRequest::get(responder.clone()) }
        .with("Content-Type", "application/ocsp-request")
        .with("Accept", "application/ocsp-response");
    let octets = fetched(cards, request, responder).await?;
    match revocation::answer(&octets, sound.der, sound.authority, now) {
        Ok(answer) => {
            kept.good = true;
            kept.answer = Some(answer);
            Some(answer)
        }
        Err(error) => {
            tracing::warn!(event = "card.responder", responder = %responder, %error, "an answer that is not believed");
            None
        }
    }
}

async fn list_of(
    cards: &Cards,
    place: &Url,
    authority: &Certificate,
    now: DateTime<Utc>,
) -> Option<Arc<RevocationList>> {
    let kept = slot(cards, format!("{place} {}", authority.fingerprint), now).await;
    let mut kept = kept.0.lock().await;
    let still = kept.list.clone().filter(|list| now < list.next_update);
    if still.is_some() && kept.is_recent(now, LIST_LASTS) || kept.has_just_failed(now) {
        return still;
    }
    kept.asked = Some(now);
    kept.good = false;
    let Some(octets) = fetched(cards, FetchRequest::get(place.clone()), place).await else {
        return still;
    };
    let authority = authority.clone();
    // A long list takes a while, and others are served meanwhile.
    let read = move || RevocationList::read(&octets, &authority, now);
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(list)) => {
            let list = Arc::new(list);
            kept.good = true;
            kept.list = Some(Arc::clone(&list));
            Some(list)
        }
        Ok(Err(error)) => {
            tracing::warn!(event = "card.list", place = %place, %error, "a list that is not believed");
            still
        }
        Err(error) => {
            tracing::error!(event = "card.list", place = %place, %error, "a list was not read");
            still
        }
    }
}

async fn fetched(cards: &Cards, request: FetchRequest, place: &Url) -> Option<Vec<u8>> {
    match cards.fetch.fetch(request).await {
        Ok(answer) if answer.status == 200 => Some(answer.body),
        Ok(answer) => {
            tracing::warn!(event = "card.unasked", place = %place, status = answer.status, "an authority does not answer");
            None
        }
        Err(error) => {
            let what = error.name();
            tracing::warn!(event = "card.unasked", place = %place, what, %error, "an authority cannot be asked");
            None
        }
    }
}

/// What is kept by `name`; what is too much to keep is forgotten, the oldest as well as the newest.
async fn slot(cards: &Cards, name: String, now: DateTime<Utc>) -> Arc<Asked> {
    let mut asked = cards.asked.lock().await;
    if asked.len() >= MOST_KEPT && !asked.contains_key(&name) {
        asked.retain(|_, one| match one.0.try_lock() {
            Ok(kept) => kept.list.is_some() || kept.is_recent(now, ANSWER_LASTS),
            Err(_) => true,
        });
        if asked.len() >= MOST_KEPT {
            asked.retain(|_, one| one.0.try_lock().map_or(true, |kept| kept.list.is_some()));
        }
    }
    Arc::clone(asked.entry(name).or_default())
}

impl Kept {
    fn is_recent(&self, now: DateTime<Utc>, lasts: TimeDelta) -> bool {
        self.good && self.asked.is_some_and(|at| at <= now && now - at < lasts)
    }

    /// Whoever is out of order is not asked by everybody who comes.
    fn has_just_failed(&self, now: DateTime<Utc>) -> bool {
        !self.good && self.asked.is_some_and(|at| at <= now && now - at < PAUSE)
    }
}

/// For how long an answer is not asked for again, though it would be good for longer.
const ANSWER_LASTS: TimeDelta = TimeDelta::minutes(5);
/// For how long a list is not.
const LIST_LASTS: TimeDelta = TimeDelta::hours(1);
/// Between two attempts at what is out of order.
const PAUSE: TimeDelta = TimeDelta::seconds(20);
const MOST_KEPT: usize = 4096;
