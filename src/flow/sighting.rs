//! Notes what partners are seen to know of our keys, for whoever changes them (docs/keys.md).

use chrono::{DateTime, Utc};

use crate::flow::env::Env;
use crate::store::port::{Space, StoreError};
use crate::store::record::Records;
use crate::store::sightings::{self, thumbprint};
use crate::world::digest::same;

/// What the partner `entity_id` adds to the address of our metadata, so that we know who fetches them: it names the partner, and nobody
/// else can make it.
///
/// # Errors
/// When OpenSSL fails.
pub fn address_query(records: Records<'_>, entity_id: &str) -> Result<String, StoreError> {
    let key = secret(records, entity_id)?;
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    Ok(query.append_pair("for", entity_id).append_pair("key", &key).finish())
}

fn secret(records: Records<'_>, entity_id: &str) -> Result<String, StoreError> {
    records.blind(Space::Meta, "metadata-address", entity_id)
}

/// Notes that our metadata were fetched at the address that `query` ends; at any other nothing is noted. Whoever asks gets them all the
/// same, so nothing of this is told.
pub async fn fetched(env: &Env, query: &str, now: DateTime<Utc>) {
    let mut said: [Option<String>; 2] = [None, None];
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let place = match &*name {
            "for" => 0,
            "key" => 1,
            _ => continue,
        };
        if said[place].replace(value.into_owned()).is_some() {
            return;
        }
    }
    let [Some(entity_id), Some(shown)] = said else { return };
    if env.partners.snapshot().find(&entity_id, now).is_none() {
        return;
    }
    let noted = async {
        let key = secret(env.records(), &entity_id)?;
        if !same(&key, &shown) {
            return Ok(());
        }
        let keys = env.keys.snapshot();
        let further = keys.further.iter().map(Vec::as_slice);
        let certificates: Vec<String> =
            std::iter::once(keys.signer.certificate()).chain(further).map(thumbprint).collect();
        sightings::fetched(env.records(), &entity_id, &certificates, now).await
    };
    told(noted.await);
}

/// Notes that `entity_id` took a message of ours that left at `at`.
pub(in crate::flow) async fn accepted(
    env: &Env,
    entity_id: &str,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) {
    told(sightings::accepted(env.records(), entity_id, at, now).await);
}

/// What is noted serves whoever watches, and stops nobody.
fn told(noted: Result<(), StoreError>) {
    if let Err(error) = noted {
        tracing::warn!(event = "failed", %error, "what a partner knows of our keys was not noted");
    }
}
