//! An OpenID provider that we may ask: how we are known there, and what it last said of itself.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};

use crate::oidc::client::Client;
use crate::oidc::discovery::Provider;
use crate::oidc::jose::keys::KeySet;
use crate::partners::upstream::Entity;
use crate::world::fetch::Fetch;

/// An OpenID provider.
#[derive(Clone, Debug)]
pub struct OpenId {
    /// We, as it knows us.
    pub client: Arc<Client>,
    /// How it is reached: at the places that settings name for it, and no others.
    pub fetch: Arc<dyn Fetch>,
    /// Those places.
    pub origins: Vec<String>,
    /// Its metadata, for one that does not publish them.
    pub given: Option<Arc<[u8]>>,
    /// What it last said of itself.
    pub known: Arc<Known>,
}

impl OpenId {
    /// We, as it knows us, by the words that serve all protocols.
    #[must_use]
    pub fn entity(&self) -> Entity {
        Entity {
            id: self.client.client_id.clone(),
            entity_id: self.client.client_id.clone(),
            consumer: self.client.redirect_uri.clone(),
            attributes: Vec::new(),
            trial: false,
            description: None,
            decryption: Vec::new(),
        }
    }

    /// Where the browser may go on the way to it: the places that settings name, and what it says.
    #[must_use]
    pub fn goes_to(&self, now: DateTime<Utc>) -> Vec<String> {
        let mut places = self.origins.clone();
        let found = self.known.get(now);
        places.extend(found.map(|found| found.provider.authorization_endpoint.to_string()));
        places
    }
}

/// What a provider says of itself, and its keys.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its metadata.
    pub provider: Provider,
    /// Its keys.
    pub keys: KeySet,
    /// When they were read.
    pub at: DateTime<Utc>,
}

/// The last good copy of what a provider says of itself; read again when it is [due](Self::is_due), and kept while that fails.
#[derive(Debug, Default)]
pub struct Known(RwLock<State>);

#[derive(Clone, Debug, Default)]
struct State {
    found: Option<Arc<Found>>,
    tried: Option<DateTime<Utc>>,
    keys_tried: Option<DateTime<Utc>>,
}

impl Known {
    /// What there is, if it is not too old to be believed.
    #[must_use]
    pub fn get(&self, now: DateTime<Utc>) -> Option<Arc<Found>> {
        let state = self.read();
        state.found.filter(|found| now < found.at + BELIEVED)
    }

    /// Whether to read it now: it is not there or an hour old, and nobody tried a moment ago. Who is told yes reads it.
    #[must_use]
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = state.found.as_ref().is_some_and(|found| now < found.at + FRESH);
        let was_tried = state.tried.is_some_and(|tried| now < tried + PAUSE && tried <= now);
        if is_fresh || was_tried {
            return false;
        }
        state.tried = Some(now);
        true
    }

    /// Whether the keys may be read for a name that they do not have: once a minute, whatever tokens ask for.
    #[must_use]
    pub fn may_read_keys(&self, now: DateTime<Utc>) -> bool {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if state.keys_tried.is_some_and(|tried| now < tried + KEYS_PAUSE && tried <= now) {
            return false;
        }
        state.keys_tried = Some(now);
        true
    }

    /// Takes what was read.
    pub fn put(&self, found: Found) -> Arc<Found> {
        let found = Arc::new(found);
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state.found = Some(Arc::clone(&found));
        state.tried = None;
        found
    }

    fn read(&self) -> State {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Read again after an hour.
const FRESH: TimeDelta = TimeDelta::hours(1);
/// Believed for a day, while it cannot be read.
const BELIEVED: TimeDelta = TimeDelta::hours(24);
/// After an attempt.
const PAUSE: TimeDelta = TimeDelta::seconds(10);
/// Between two readings for a key that was not known.
const KEYS_PAUSE: TimeDelta = TimeDelta::seconds(60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::discovery;

    const ISSUER: &str = "https://op.example.org";

    fn found(at: DateTime<Utc>) -> Found {
        let metadata = format!(
            r#"{{"issuer":"{ISSUER}","authorization_endpoint":"{ISSUER}/a","token_endpoint":"{ISSUER}/t","jwks_uri":"{ISSUER}/k"}}"#
        );
        let provider = discovery::read(metadata.as_bytes(), ISSUER, &[ISSUER.to_owned()]).unwrap();
        Found { provider, keys: KeySet::default(), at }
    }

    #[test]
    fn it_is_read_again_in_time_and_kept_while_that_fails() {
        let now = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        let known = Known::default();
        assert!(known.get(now).is_none() && known.is_due(now));
        assert!(!known.is_due(now + TimeDelta::seconds(9)), "somebody is at it");
        assert!(known.is_due(now + TimeDelta::seconds(10)));
        known.put(found(now));
        assert!(!known.is_due(now + TimeDelta::minutes(59)));
        assert!(known.is_due(now + TimeDelta::minutes(60)));
        assert!(known.get(now + TimeDelta::hours(23)).is_some());
        assert!(known.get(now + TimeDelta::hours(24)).is_none());
    }

    /// However many tokens name keys that nobody knows.
    #[test]
    fn keys_are_read_once_a_minute() {
        let now = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        let known = Known::default();
        let seconds =
            (0..180).filter(|second| known.may_read_keys(now + TimeDelta::seconds(*second)));
        assert_eq!(seconds.count(), 3);
    }
}
