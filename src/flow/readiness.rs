//! Whether a login could be answered if one came: what `/ready` says, and most of `/metrics`.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use tokio::time::timeout;

use crate::flow::env::Env;
use crate::store::port::{Committed, Durability, Key, Space, Value, Write};
use crate::telemetry::metrics::Reading;
use crate::world::room;

/// Whether each part works.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Readiness {
    /// All do, and we are not about to stop.
    pub ready: bool,
    /// Whether we are about to stop.
    pub stopping: bool,
    /// The parts.
    pub parts: Vec<Part>,
}

/// A part of the server.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Part {
    /// Its name: "store", "register", "partners", "hash-queue", "room".
    pub name: &'static str,
    /// Whether it works.
    pub works: bool,
}

/// Tries each part. What the disk must be asked for is asked at most once a second.
pub async fn readiness(env: &Env) -> Readiness {
    let now = env.clock.now();
    let mut readiness = match env.life.checked(now) {
        Some(readiness) => readiness,
        None => {
            let readiness = look(env, now).await;
            env.life.keep_check(now, &readiness);
            readiness
        }
    };
    readiness.stopping = env.life.is_stopping();
    readiness.ready = !readiness.stopping && readiness.parts.iter().all(|part| part.works);
    readiness
}

async fn look(env: &Env, now: DateTime<Utc>) -> Readiness {
    let part = |name, works| Part { name, works };
    let store = store_takes(env, now).await;
    let room = env.life.folders().iter().all(|(_, folder)| has_room(folder));
    let parts = vec![
        part("store", store),
        part("register", env.register.status().takes_rows),
        part("room", room),
        part("partners", !env.partners.snapshot().is_empty()),
        part("hash-queue", !env.hashing.is_full()),
    ];
    Readiness { ready: false, stopping: false, parts }
}

/// Whether a durable commit comes back, soon.
async fn store_takes(env: &Env, now: DateTime<Utc>) -> bool {
    let key = Key::new(&env.tenant, Space::Meta, PROBE);
    let bytes = now.timestamp_millis().to_be_bytes().to_vec();
    let write = Write { key, value: Some(Value::until(bytes, now + TimeDelta::minutes(5))) };
    let commit = env.store.commit(Vec::new(), vec![write], Durability::Durable, now);
    matches!(timeout(PATIENCE, commit).await, Ok(Ok(Committed::Done)))
}

fn has_room(folder: &std::path::Path) -> bool {
    // A folder of which nothing can be known is told of by the store or the register.
    room::left(folder).is_ok_and(|left| left >= LEAST_ROOM)
}

/// What `/metrics` reads at the moment of asking.
pub async fn reading(env: &Env) -> Reading {
    let now = env.clock.now();
    let readiness = readiness(env).await;
    let register = env.register.status();
    let room = env.life.folders().into_iter().filter_map(|(name, folder)| {
        let left = room::left(&folder).ok()?;
        Some((name, left))
    });
    let certificates = env.life.certificates().into_iter().map(|certificate| {
        let left = certificate.not_after - now;
        (certificate.name, left.num_seconds())
    });
    let mut up: Vec<_> = readiness.parts.iter().map(|part| (part.name, part.works)).collect();
    up.push(("ready", readiness.ready));
    Reading {
        now: now.timestamp(),
        login_timeout: env.settings.login.timeout.num_seconds(),
        hash_places: env.hashing.places(),
        register_rows: register.rows,
        register_pending: register.pending,
        register_unindexed: register.unindexed,
        up,
        room: room.collect(),
        certificates: certificates.collect(),
    }
}

/// The name under which the store is tried.
const PROBE: &str = "readiness";
/// How long the disk may take before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(3);
/// Less room than this on a disk, and we say so before the disk does: 16 MiB.
const LEAST_ROOM: u64 = 16 * 1024 * 1024;
