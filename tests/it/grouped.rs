//! What callers of a store see while its disk is slow, and once it has failed: on a disk that a test holds.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex};
use std::task::Poll;
use std::time::Duration;

use chrono::{DateTime, Utc};
use ponte::identity::tenant::TenantId;
use ponte::store::disk::{Cause, Change, Disk, Pair};
use ponte::store::grouped::Grouped;
use ponte::store::port::{
    Committed, Durability, Expectation, Key, Space, Store, StoreError, Value, Write,
};

use Durability::{Durable, Ephemeral};

/// Writes only when it is let, and fails when it is told to.
#[derive(Clone, Debug, Default)]
struct Held(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
struct State {
    kept: BTreeMap<Vec<u8>, Vec<u8>>,
    rounds: Vec<usize>,
    is_held: bool,
    fails: bool,
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
        Ok(self.0.0.lock().unwrap().kept.get(key).cloned())
    }

    fn from(&self, first: &[u8]) -> impl Iterator<Item = Result<Pair, Cause>> {
        let state = self.0.0.lock().unwrap();
        let pairs: Vec<_> = state.kept.range(first.to_vec()..).map(clone).collect();
        pairs.into_iter()
    }

    fn write(&self, round: &[Change]) -> Result<(), Cause> {
        let mut state = self.0.0.lock().unwrap();
        // As a database does: what is written is there to be read before it is on the disk.
        for (key, bytes) in round {
            match bytes {
                Some(bytes) => state.kept.insert(key.clone(), bytes.clone()),
                None => state.kept.remove(key),
            };
        }
        state.rounds.push(round.len());
        while state.is_held {
            state = self.0.1.wait(state).unwrap();
        }
        if state.fails { Err("the disk is on fire".into()) } else { Ok(()) }
    }
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
    let store = Grouped::start(disk.clone()).unwrap();
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
    let store = Arc::new(Grouped::start(disk.clone()).unwrap());
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
    assert!(rounds.len() <= 3 && rounds.iter().sum::<usize>() == 100, "{rounds:?}");
}

#[tokio::test]
async fn what_is_ephemeral_reaches_the_disk_by_itself_and_at_the_end() {
    let disk = Held::default();
    let store = Grouped::start(disk.clone()).unwrap();
    let _done = store.commit(vec![], set("a"), Ephemeral, now()).await.unwrap();
    assert!(disk.rounds().is_empty());
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if !disk.rounds().is_empty() {
            break;
        }
    }
    assert_eq!(disk.rounds(), [1]);
    let _done = store.commit(vec![], set("b"), Ephemeral, now()).await.unwrap();
    drop(store);
    assert_eq!(disk.rounds(), [1, 1]);
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_taken() {
    let disk = Held::default();
    let store = Grouped::start(disk.clone()).unwrap();
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
