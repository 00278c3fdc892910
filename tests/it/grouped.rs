//! What callers of a store see while its disk is slow, and once it has failed: on a disk that a test holds.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex};
use std::task::Poll;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ponte::identity::tenant::TenantId;
use ponte::store::disk::{Cause, Change, Disk, Log, Pair, of_write};
use ponte::store::grouped::Grouped;
use ponte::store::kinds::Kinds;
use ponte::store::layout::{EXPIRY, value_key};
use ponte::store::memory::MemoryStore;
use ponte::store::port::{
    Committed, Durability, Expectation, Key, Space, Store, StoreError, Value, Write,
};

use Durability::{Durable, Ephemeral};

/// A log that is written only when it is let, and fails when it is told to; and a database below it.
#[derive(Clone, Debug, Default)]
struct Held(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
struct State {
    kept: BTreeMap<Vec<u8>, Vec<u8>>,
    rounds: Vec<usize>,
    /// How many bytes each half of the log has, the one being written first.
    halves: [usize; 2],
    /// How much of the one being written the other one had.
    carried: usize,
    is_held: bool,
    fails: bool,
    /// Whether there is no room.
    is_full: bool,
    /// Whether the database is held.
    is_database_held: bool,
    /// What was looked for in the database.
    asked: Vec<Vec<u8>>,
}

impl Held {
    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
    }

    fn rounds(&self) -> Vec<usize> {
        self.0.0.lock().unwrap().rounds.clone()
    }
}

impl Disk for Held {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Cause> {
        let mut state = self.0.0.lock().unwrap();
        state.asked.push(key.to_vec());
        Ok(state.kept.get(key).cloned())
    }

    fn from(&self, first: &[u8]) -> impl Iterator<Item = Result<Pair, Cause>> {
        let mut state = self.0.0.lock().unwrap();
        state.asked.push(first.to_vec());
        let pairs: Vec<_> = state.kept.range(first.to_vec()..).map(clone).collect();
        pairs.into_iter()
    }

    fn write(&self, changes: &[Change]) -> Result<(), Cause> {
        let mut state = self.0.0.lock().unwrap();
        for (key, bytes) in changes {
            while state.is_database_held {
                state = self.0.1.wait(state).unwrap();
            }
            match bytes {
                Some(bytes) => state.kept.insert(key.clone(), bytes.clone()),
                None => state.kept.remove(key),
            };
        }
        Ok(())
    }
}

impl Log for Held {
    fn append(&self, round: &[u8]) -> Result<(), Cause> {
        let mut state = self.0.0.lock().unwrap();
        state.rounds.push(round.len());
        while state.is_held {
            state = self.0.1.wait(state).unwrap();
        }
        if state.is_full {
            return Err(of_write(std::io::ErrorKind::StorageFull.into()));
        }
        state.halves[0] += round.len();
        if state.fails { Err("the disk is on fire".into()) } else { Ok(()) }
    }

    fn is_full(&self) -> bool {
        let state = self.0.0.lock().unwrap();
        state.halves[0] > FULL + state.carried
    }

    fn turn(&self, carried: usize) {
        let mut state = self.0.0.lock().unwrap();
        assert_eq!(state.halves[1], 0, "the other half was not forgotten");
        state.halves.swap(0, 1);
        state.carried = carried;
    }

    fn forget(&self) -> Result<(), Cause> {
        self.set(|state| {
            assert!(
                state.halves[0] >= state.carried,
                "forgotten before what it had was carried over"
            );
            state.halves[1] = 0;
        });
        Ok(())
    }
}

const FULL: usize = 2000;

fn start(disk: &Held) -> Grouped<Held, Held> {
    Grouped::start(disk.clone(), Kinds::of(disk).unwrap(), disk.clone()).unwrap()
}

fn clone((key, bytes): (&Vec<u8>, &Vec<u8>)) -> Result<Pair, Cause> {
    Ok((key.clone(), bytes.clone()))
}

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

fn key(name: &str) -> Key {
    Key::new(&TenantId::main(), Space::Codes, name)
}

fn set(name: &str) -> Vec<Write> {
    vec![Write { key: key(name), value: Some(Value::lasting(b"v".to_vec())) }]
}

fn absent(name: &str) -> Vec<Expectation> {
    vec![Expectation { key: key(name), value: None }]
}

/// Whether `future` is still waiting, having been given some time.
async fn waits<F: Future>(mut future: std::pin::Pin<&mut F>) -> bool {
    for _ in 0..20 {
        let is_ready = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready()));
        if is_ready.await {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    true
}

#[tokio::test]
async fn only_those_who_need_the_disk_wait_for_it() {
    let disk = Held::default();
    let store = start(&disk);
    disk.set(|state| state.is_held = true);
    let claim = |name: &'static str, how| store.commit(absent(name), set(name), how, now());
    let mut first = pin!(claim("a", Durable));
    assert!(waits(first.as_mut()).await, "acknowledged before it was on the disk");

    assert_eq!(claim("a", Durable).await.unwrap(), Committed::Conflict(0));
    assert_eq!(claim("b", Ephemeral).await.unwrap(), Committed::Done);
    assert_eq!(store.get(&key("b"), now()).await.unwrap().unwrap(), b"v");
    assert_eq!(store.get(&key("c"), now()).await.unwrap(), None);
    let (read, later) = (key("a"), key("b"));
    let mut reader = pin!(store.get(&read, now()));
    let main = TenantId::main();
    let mut lister = pin!(store.list(&main, Space::Codes, "", None, 9, now()));
    let mut flush = pin!(store.flush());
    assert!(waits(reader.as_mut()).await, "shown before it was on the disk");
    assert!(waits(lister.as_mut()).await, "listed before it was on the disk");
    assert!(waits(flush.as_mut()).await);
    let others = store.list(&main, Space::Codes, "b", None, 9, now()).await.unwrap();
    assert_eq!(others.len(), 1);

    // A durable commit over an ephemeral value, and an ephemeral one over a durable.
    let mut over = pin!(store.commit(vec![], set("b"), Durable, now()));
    assert!(waits(over.as_mut()).await);
    assert_eq!(store.commit(vec![], set("b"), Ephemeral, now()).await.unwrap(), Committed::Done);
    let mut reader_of_b = pin!(store.get(&later, now()));
    assert!(waits(reader_of_b.as_mut()).await);

    disk.set(|state| state.is_held = false);
    assert_eq!(first.await.unwrap(), Committed::Done);
    assert_eq!(reader.await.unwrap().unwrap(), b"v");
    assert_eq!(over.await.unwrap(), Committed::Done);
    assert_eq!(reader_of_b.await.unwrap().unwrap(), b"v");
    assert_eq!(lister.await.unwrap().len(), 2);
    flush.await.unwrap();
}

#[tokio::test]
async fn many_callers_share_a_round() {
    let disk = Held::default();
    let store = Arc::new(start(&disk));
    disk.set(|state| state.is_held = true);
    let mut callers = Vec::new();
    for n in 0..100 {
        let store = Arc::clone(&store);
        callers.push(tokio::spawn(async move {
            store.commit(vec![], set(&n.to_string()), Durable, now()).await.unwrap()
        }));
        tokio::task::yield_now().await;
    }
    while disk.rounds().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    disk.set(|state| state.is_held = false);
    for caller in callers {
        assert_eq!(caller.await.unwrap(), Committed::Done);
    }
    let rounds = disk.rounds();
    assert!(rounds.len() <= 3, "{rounds:?}");
}

#[tokio::test]
async fn what_is_ephemeral_reaches_the_disk_by_itself_and_at_the_end() {
    let disk = Held::default();
    let store = start(&disk);
    let _done = store.commit(vec![], set("a"), Ephemeral, now()).await.unwrap();
    assert!(disk.rounds().is_empty());
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if !disk.rounds().is_empty() {
            break;
        }
    }
    assert_eq!(disk.rounds().len(), 1);
    let _done = store.commit(vec![], set("b"), Ephemeral, now()).await.unwrap();
    drop(store);
    assert_eq!(disk.rounds().len(), 2);
    let state = disk.0.0.lock().unwrap();
    assert_eq!((state.kept.len(), state.halves), (2, [0, 0]), "at the end the database has all");
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_taken() {
    let disk = Held::default();
    let store = start(&disk);
    let _done = store.commit(vec![], set("before"), Durable, now()).await.unwrap();
    disk.set(|state| state.fails = true);
    let failed = store.commit(vec![], set("a"), Durable, now()).await.unwrap_err();
    assert!(matches!(failed, StoreError::Backend(_)), "{failed:?}");
    disk.set(|state| state.fails = false);
    for how in [Durable, Ephemeral] {
        let refused = store.commit(vec![], set("b"), how, now()).await.unwrap_err();
        let StoreError::Backend(cause) = refused else { panic!("{refused:?}") };
        assert!(cause.to_string().contains("until it is opened again"));
        assert_eq!(cause.source().unwrap().to_string(), "the disk is on fire");
    }
    // What may not be on the disk is not shown; what is there still is.
    assert!(store.get(&key("a"), now()).await.is_err());
    assert_eq!(store.get(&key("before"), now()).await.unwrap().unwrap(), b"v");
    assert!(store.flush().await.is_err());
    assert!(store.sweep(1, now()).await.is_err());
}

/// A disk without room refuses at once and for as long as it has none; then the store goes on by itself, and what it had
/// acknowledged before is there.
#[tokio::test]
async fn without_room_nothing_is_taken_until_there_is_some() {
    let disk = Held::default();
    let store = start(&disk);
    let commit = |name: &'static str| store.commit(absent(name), set(name), Durable, now());
    assert_eq!(commit("before").await.unwrap(), Committed::Done);
    disk.set(|state| state.is_full = true);
    assert!(commit("refused").await.is_err());
    commit("refused too").await.unwrap_err();
    assert!(store.flush().await.is_err());
    assert!(store.get(&key("before"), now()).await.unwrap().is_some(), "what is there can be read");
    disk.set(|state| state.is_full = false);
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while store.flush().await.is_err() {
        assert!(std::time::Instant::now() < deadline, "it goes on by itself");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(commit("after").await.unwrap(), Committed::Done);
    drop(store);
    let again = start(&disk);
    drop(again);
    let kept = disk.0.0.lock().unwrap();
    let has = |name: &str| kept.kept.keys().any(|key| key.ends_with(name.as_bytes()));
    assert!(has("before") && has("after") && !has("refused too"));
}

/// What is gone in minutes, and a session that ends within a day, stays in the log from half to half, and never costs the
/// database anything.
#[tokio::test]
async fn what_is_brief_does_not_reach_the_database() {
    let disk = Held::default();
    let store = start(&disk);
    let at = |space, name: &str| Key::new(&TenantId::main(), space, name);
    let (minutes, days) = (now() + TimeDelta::minutes(7), now() + TimeDelta::days(2));
    let long = || vec![7; 300];
    let put = |key: Key, value| vec![Write { key, value: Some(value) }];
    let (brief, later, row) =
        (at(Space::Replay, "brief"), at(Space::Replay, "later"), at(Space::RegisterPending, "row"));
    let session = at(Space::Sessions, "session");
    for (key, value) in [
        (&brief, Value::until(long(), minutes)),
        (&later, Value::until(long(), days)),
        (&session, Value::until(long(), now() + TimeDelta::hours(7))),
        (&row, Value::lasting(long())),
    ] {
        let _done = store.commit(vec![], put(key.clone(), value), Durable, now()).await.unwrap();
    }
    // Many halves of the log go by.
    for n in 0..60 {
        let other = put(key(&n.to_string()), Value::lasting(long()));
        let _done = store.commit(vec![], other, Durable, now()).await.unwrap();
        for key in [&brief, &later, &row, &session] {
            assert_eq!(store.get(key, now()).await.unwrap().unwrap(), long(), "{key:?}");
        }
    }
    let kept = |key: &Key| disk.0.0.lock().unwrap().kept.contains_key(&value_key(key));
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while !kept(&key("30")) {
        assert!(std::time::Instant::now() < deadline, "the others come to the database");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(kept(&later) && !kept(&brief) && !kept(&row) && !kept(&session));
    // Gone meanwhile, it has never been there.
    let gone = vec![Write { key: row.clone(), value: None }];
    let _done = store.commit(vec![], gone, Durable, now()).await.unwrap();
    assert_eq!(store.sweep(9, minutes).await.unwrap(), 1);
    let much = put(at(Space::Replay, "much"), Value::until(long(), minutes));
    let _done = store.commit(vec![], much, Durable, now()).await.unwrap();
    drop(store);
    assert!(!kept(&brief) && !kept(&row));
    assert!(kept(&at(Space::Replay, "much")), "at the end the database has all");
}

/// A login's own records are looked for in memory only, as long as none of their kind is in the database; what is there
/// is found, be it from before the start or from a moment ago.
#[tokio::test]
async fn what_cannot_be_in_the_database_is_not_looked_for_there() {
    let disk = Held::default();
    let at = |space, name: &str| Key::new(&TenantId::main(), space, name);
    let (row, login) = (at(Space::RegisterPending, "row"), at(Space::Transactions, "login"));
    let other =
        Key::new(&TenantId::try_from("other".to_owned()).unwrap(), Space::Transactions, "login");
    let put = |key: &Key, value| vec![Write { key: key.clone(), value: Some(value) }];
    let lasting = || Value::lasting(vec![7; 300]);
    let asked = |key: &Key| {
        let asked = std::mem::take(&mut disk.0.0.lock().unwrap().asked);
        asked.contains(&value_key(key))
    };
    let store = start(&disk);
    let _done = store.commit(vec![], put(&row, lasting()), Durable, now()).await.unwrap();
    let gone = vec![Write { key: row.clone(), value: None }];
    let _done = store.commit(vec![], gone, Durable, now()).await.unwrap();
    for key in [&row, &login] {
        assert_eq!(store.get(key, now()).await.unwrap(), None);
        assert!(!asked(key));
    }
    let _done = store.commit(vec![], put(&other, lasting()), Durable, now()).await.unwrap();
    drop(store);
    assert!(!asked(&row), "what never came there does not go from there");
    let store = start(&disk);
    assert!(store.get(&other, now()).await.unwrap().is_some() && asked(&other));
    assert!(
        store.get(&login, now()).await.unwrap().is_none() && !asked(&login),
        "of one tenant only"
    );
    let late = Value::until(vec![7; 300], now() + TimeDelta::days(2));
    let _done = store.commit(vec![], put(&login, late), Durable, now()).await.unwrap();
    let kept = |key: &Key| disk.0.0.lock().unwrap().kept.contains_key(&value_key(key));
    // Halves of the log go by, until it is there.
    for n in 0.. {
        assert!(n < 1000, "it comes to the database");
        let more = put(&key(&n.to_string()), lasting());
        let _done = store.commit(vec![], more, Durable, now()).await.unwrap();
        if kept(&login)
            && kept(&key("0"))
            && store.get(&login, now()).await.unwrap().is_some()
            && asked(&login)
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// What is in the database is read there once, alone or in a list, and anew when something came to it.
#[tokio::test]
async fn what_was_read_is_not_read_again_until_the_database_changes() {
    let disk = Held::default();
    let store = start(&disk);
    let at = |name: &str| Key::new(&TenantId::main(), Space::Credentials, name);
    let put = |key: Key, byte| vec![Write { key, value: Some(Value::lasting(vec![byte; 300])) }];
    let _done = store.commit(vec![], put(at("anna/a"), 1), Durable, now()).await.unwrap();
    drop(store);
    let store = start(&disk);
    let asked = || std::mem::take(&mut disk.0.0.lock().unwrap().asked).len();
    let tenant = TenantId::main();
    let list = || store.list(&tenant, Space::Credentials, "anna/", None, 9, now());
    let first = |bytes: Option<Vec<u8>>| bytes.map(|bytes| bytes[0]);
    asked();
    for reads in [3, 0, 0] {
        assert_eq!(first(store.get(&at("anna/a"), now()).await.unwrap()), Some(1));
        assert_eq!(first(store.get(&at("anna/b"), now()).await.unwrap()), None);
        assert_eq!(list().await.unwrap().len(), 1);
        assert_eq!(asked(), reads);
    }
    // What lies over the database counts before it, …
    let _done = store.commit(vec![], put(at("anna/a"), 2), Durable, now()).await.unwrap();
    let _done = store.commit(vec![], put(at("anna/b"), 3), Durable, now()).await.unwrap();
    let seen = || async {
        let listed: Vec<u8> =
            list().await.unwrap().into_iter().map(|(_, bytes)| bytes[0]).collect();
        let a = first(store.get(&at("anna/a"), now()).await.unwrap());
        let b = first(store.get(&at("anna/b"), now()).await.unwrap());
        (listed, a, b)
    };
    assert_eq!(seen().await, (vec![2, 3], Some(2), Some(3)));
    // … and what came to it is read anew.
    let kept = |key: &Key| disk.0.0.lock().unwrap().kept.contains_key(&value_key(key));
    for n in 0.. {
        assert!(n < 1000, "it comes to the database");
        let _done =
            store.commit(vec![], put(key(&n.to_string()), 9), Durable, now()).await.unwrap();
        assert_eq!(seen().await, (vec![2, 3], Some(2), Some(3)));
        if kept(&at("anna/b")) && kept(&key("9")) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let gone = vec![Write { key: at("anna/a"), value: None }];
    let _done = store.commit(vec![], gone, Durable, now()).await.unwrap();
    assert_eq!(seen().await, (vec![3], None, Some(3)));
}

/// While the database takes in one layer, what lies there, over it and under it is seen as one.
#[tokio::test]
async fn layers_are_seen_as_one() {
    let disk = Held::default();
    let store = start(&disk);
    let model = MemoryStore::new();
    let main = TenantId::main();
    for step in 0..400_i64 {
        // Held and let go by turns, in the middle of a layer.
        disk.set(|state| state.is_database_held = step % 50 < 30);
        let now = now() + TimeDelta::seconds(step);
        let name = format!("{:02}", (step * 37) % 40);
        let value = (step % 5 != 0).then(|| Value {
            bytes: vec![u8::try_from(step % 256).unwrap(); 20],
            expires: (step % 3 == 0).then(|| now + TimeDelta::seconds(step % 7 + 1)),
        });
        let space = if step % 4 < 2 { Space::Codes } else { Space::Replay };
        let key = Key::new(&main, space, &name);
        let write = vec![Write { key: key.clone(), value }];
        let how = if step % 2 == 0 { Durable } else { Ephemeral };
        let done = store.commit(vec![], write.clone(), how, now).await.unwrap();
        assert_eq!(done, model.commit(vec![], write, how, now).await.unwrap());
        let after = (step % 4 == 0).then_some(name.as_str());
        let listed = store.list(&main, space, "", after, 30, now).await.unwrap();
        assert_eq!(listed, model.list(&main, space, "", after, 30, now).await.unwrap());
        let read = store.get(&key, now).await.unwrap();
        assert_eq!(read, model.get(&key, now).await.unwrap());
        if step % 20 == 19 {
            let swept = store.sweep(5, now).await.unwrap();
            assert_eq!(swept, model.sweep(5, now).await.unwrap());
        }
    }
    disk.set(|state| state.is_database_held = false);
    let end = now() + TimeDelta::days(1);
    assert_eq!(store.sweep(99, end).await.unwrap(), model.sweep(99, end).await.unwrap());
    let mut left = model.list(&main, Space::Codes, "", None, 99, end).await.unwrap();
    left.extend(model.list(&main, Space::Replay, "", None, 99, end).await.unwrap());
    drop(store);
    let state = disk.0.0.lock().unwrap();
    let entries = state.kept.keys().filter(|key| key.starts_with(EXPIRY)).count();
    assert_eq!((state.kept.len(), entries), (left.len(), 0), "nothing is left of what was swept");
}
