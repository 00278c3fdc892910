//! A server that is asked for one entity at a time (draft-young-md-query-saml §2): when somebody comes whom nobody knows, and
//! never so often that whoever names entities decides how much is fetched.

use std::sync::{Arc, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::flow::env::Env;
use crate::flow::sources::refresh::{Body, Outcome, ask, take};
use crate::flow::sources::tended::Tended;
use crate::partners::registry::Registry;
use crate::partners::source::judge::Refused;
use crate::partners::source::policy::Place;
use crate::partners::source::reason::Reason;
use crate::partners::source::shelf::hexadecimal;
use crate::telemetry::metrics;
use crate::telemetry::redact::excerpt;
use crate::world::digest::sha1;

/// Looks for a service provider that the snapshot does not know. The snapshot to go on with, if somebody knows it.
pub async fn look_up(env: &Env, entity_id: &str) -> Option<Arc<Registry>> {
    if !is_sane(entity_id) {
        return None;
    }
    for source in env.sources.all() {
        let is_asked = matches!(source.configured.place, Place::Mdq { .. });
        if !is_asked || !source.configured.policy.takes(entity_id) {
            continue;
        }
        // Who waited for another who asked for the same finds it here.
        if let Some(registry) = taken_up(env, source, entity_id) {
            return Some(registry);
        }
        if is_absent(source, entity_id, env.clock.now()) {
            continue;
        }
        // Two who come for the same ask once; nobody waits for who comes for another, or for a renewal.
        let turn = source.turn(entity_id);
        let _alone = turn.lock().await;
        if let Some(registry) = taken_up(env, source, entity_id) {
            return Some(registry);
        }
        let now = env.clock.now();
        if is_absent(source, entity_id, now) {
            continue;
        }
        let name = source.configured.name.as_str();
        if source.budget.take(name, now).is_err() {
            metrics::source(name, "over-budget");
            tracing::warn!(event = "source.over-budget", source = name);
            continue;
        }
        let outcome = fetch(env, source, entity_id).await;
        metrics::source(name, outcome.name());
        match outcome {
            Outcome::Refused(refused) => {
                let pause = if is_unknown(&refused) { UNKNOWN } else { FAILED };
                note_absent(source, entity_id, now + pause);
                tracing::warn!(
                    event = "source.refused",
                    source = name,
                    entity_id = %excerpt(entity_id),
                    reason = refused.reason.name(),
                    detail = %excerpt(&refused.detail),
                );
            }
            Outcome::Taken | Outcome::Same => {
                make_room(source, entity_id);
                source.change(|state| state.checked = Some(now));
                env.sources.publish();
                if let Some(registry) = taken_up(env, source, entity_id) {
                    return Some(registry);
                }
            }
        }
    }
    None
}

/// Asks again for the entities that are kept. One that is not there any more is kept too, until its own end: a server that has moved
/// says the same of everybody.
pub(in crate::flow) async fn renew(env: &Env, source: &Arc<Tended>) -> Outcome {
    let mut whole = Outcome::Same;
    for entity_id in source.state().documents.into_keys() {
        let now = env.clock.now();
        // What is left waits for the next time; it is believed until its own end.
        if source.budget.take(&source.configured.name, now).is_err() {
            break;
        }
        match fetch(env, source, &entity_id).await {
            Outcome::Refused(refused) => whole = Outcome::Refused(refused),
            Outcome::Taken if whole == Outcome::Same => whole = Outcome::Taken,
            Outcome::Taken | Outcome::Same => {}
        }
    }
    whole
}

async fn fetch(env: &Env, source: &Arc<Tended>, entity_id: &str) -> Outcome {
    let Place::Mdq { base, fetch, .. } = &source.configured.place else {
        return Outcome::Same;
    };
    let Some(url) = address(base, entity_id) else {
        return Outcome::Refused(Refused::new(Reason::Unreachable, "no address"));
    };
    let held = source.state().documents.get(entity_id).cloned();
    let now = env.clock.now();
    let known = held.as_ref().filter(|held| held.good.is_valid(now)).map(|held| &held.note);
    match ask(source, &**fetch, &url, known).await {
        Ok(None) => Outcome::Same,
        Ok(Some(answer)) => {
            // The name is in what was signed: whoever answers for somebody else is refused by it.
            let named = match &answer.body {
                Body::Octets(octets) => named(octets),
                Body::List(_) => None,
            };
            match named {
                Some(named) if named == entity_id => {
                    let _alone = source.busy.lock().await;
                    take(env, source, entity_id, answer, None).await
                }
                Some(named) => {
                    let detail = format!("{named} was given for {entity_id}");
                    Outcome::Refused(Refused::new(Reason::OtherEntity, detail))
                }
                // It must not come as far as the copy, whoever signed it.
                None => Outcome::Refused(Refused::new(
                    Reason::NotMetadata,
                    "what was given is not one entity (EntityDescriptor) that can be read",
                )),
            }
        }
        Err(refused) => Outcome::Refused(refused),
    }
}

/// The entityID that the root of a document claims.
fn named(octets: &[u8]) -> Option<String> {
    crate::saml::xml::root_attribute(std::str::from_utf8(octets).ok()?, "entityID")
}

/// `BASE/entities/{sha1}…` (draft-young-md-query-saml §2.2.2).
fn address(base: &Url, entity_id: &str) -> Option<Url> {
    let digest = hexadecimal(&sha1(entity_id.as_bytes()));
    base.join(&format!("entities/%7Bsha1%7D{digest}")).ok()
}

/// The snapshot with that entity, if the source has it.
fn taken_up(env: &Env, source: &Tended, entity_id: &str) -> Option<Arc<Registry>> {
    let now = env.clock.now();
    let state = source.state();
    let held = state.documents.get(entity_id).filter(|held| held.good.is_valid(now))?;
    let mut copy = source.copy();
    copy.documents.retain(|name, _| *name == held.note.document);
    let snapshot = env.partners.snapshot();
    if snapshot.find(entity_id, now).is_some() {
        return Some(snapshot);
    }
    let registry = snapshot.with_copy(&copy, entity_id, now)?;
    env.partners.swap(registry);
    Some(env.partners.snapshot())
}

fn forget(source: &Tended, entity_id: &str) {
    if let Err(error) = source.shelf.forget(entity_id) {
        tracing::error!(event = "source.unkept", source = source.configured.name, %error);
    }
    tracing::info!(event = "source.gone", source = source.configured.name, document = entity_id);
    source.change(|state| state.documents.remove(entity_id));
}

/// Of too many the one goes that was taken first.
fn make_room(source: &Tended, newest: &str) {
    let Place::Mdq { most, .. } = source.configured.place else { return };
    loop {
        let documents = source.state().documents;
        if documents.len() <= most {
            return;
        }
        let others = documents.values().map(|held| &held.note).filter(|it| it.document != newest);
        let Some(oldest) = others.min_by_key(|note| note.taken) else { return };
        forget(source, &oldest.document);
    }
}

/// Whether it could be the name of an entity: an address of the web or a URN, plain and of no more than 1024 characters.
fn is_sane(entity_id: &str) -> bool {
    if entity_id.len() > 1024 || !entity_id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return false;
    }
    match Url::parse(entity_id) {
        Ok(url) => match url.scheme() {
            "https" | "http" => url.has_host(),
            scheme => scheme == "urn",
        },
        Err(_) => false,
    }
}

fn is_unknown(refused: &Refused) -> bool {
    refused.reason == Reason::Status && refused.detail == "HTTP 404"
}

fn is_absent(source: &Tended, entity_id: &str, now: DateTime<Utc>) -> bool {
    let absent = source.absent.lock().unwrap_or_else(PoisonError::into_inner);
    // A clock that was set back must not keep somebody out for long.
    absent
        .get(entity_id)
        .is_some_and(|until| (TimeDelta::zero()..=UNKNOWN).contains(&(*until - now)))
}

fn note_absent(source: &Tended, entity_id: &str, until: DateTime<Utc>) {
    let mut absent = source.absent.lock().unwrap_or_else(PoisonError::into_inner);
    if absent.len() >= MOST_ABSENT {
        absent.clear();
    }
    absent.insert(entity_id.to_owned(), until);
}

/// For how long nobody is asked again for whom a server does not know.
const UNKNOWN: TimeDelta = TimeDelta::minutes(10);
/// For how long after another failure.
const FAILED: TimeDelta = TimeDelta::minutes(1);
const MOST_ABSENT: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of draft-young-md-query-saml §2.2.2.
    #[test]
    fn an_entity_is_asked_for_by_its_sha1() {
        let base = Url::parse("https://mdq.example.org/service/").unwrap();
        let address = address(&base, "http://example.org/service").unwrap();
        assert_eq!(
            address.as_str(),
            "https://mdq.example.org/service/entities/%7Bsha1%7D11d72e8cf351eb6c75c721e838f469677ab41bdb"
        );
    }

    #[test]
    fn only_names_that_entities_have_are_looked_for() {
        for sane in ["https://sp.example.org/x", "urn:mace:example", "http://sp.example.org"] {
            assert!(is_sane(sane), "{sane}");
        }
        let long = format!("https://{}", "a".repeat(1024));
        let mad =
            ["", "sp", "file:///etc/passwd", "https://", "https://sp .org", "https://è", &long];
        for mad in mad {
            assert!(!is_sane(mad), "{mad}");
        }
    }
}
