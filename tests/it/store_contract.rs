//! What every store must do, asked of each; and a model that two of them must agree with.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ponte::identity::tenant::TenantId;
use ponte::store::memory::MemoryStore;
use ponte::store::port::{
    Committed, Durability, Expectation, Key, MAX_NAME, MAX_VALUE, Space, Store, StoreError, Value,
    Write,
};
use ponte::store::sled;
use proptest::prelude::*;

use Durability::{Durable, Ephemeral};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn key(name: &str) -> Key {
    Key::new(&TenantId::main(), Space::Codes, name)
}

fn put(name: &str, bytes: &[u8]) -> Write {
    Write { key: key(name), value: Some(Value::lasting(bytes.to_vec())) }
}

fn put_until(name: &str, bytes: &[u8], expires: DateTime<Utc>) -> Write {
    Write { key: key(name), value: Some(Value::until(bytes.to_vec(), expires)) }
}

fn remove(name: &str) -> Write {
    Write { key: key(name), value: None }
}

fn absent(name: &str) -> Expectation {
    Expectation { key: key(name), value: None }
}

fn is(name: &str, bytes: &[u8]) -> Expectation {
    Expectation { key: key(name), value: Some(bytes.to_vec()) }
}

async fn names(store: &dyn Store, prefix: &str, after: Option<&str>, limit: usize) -> Vec<String> {
    let found =
        store.list(&TenantId::main(), Space::Codes, prefix, after, limit, at(0)).await.unwrap();
    found.into_iter().map(|(name, _)| name).collect()
}

async fn get(store: &dyn Store, name: &str) -> Option<Vec<u8>> {
    store.get(&key(name), at(0)).await.unwrap()
}

async fn set(store: &dyn Store, writes: Vec<Write>) {
    assert_eq!(commit(store, vec![], writes).await, Committed::Done);
}

async fn touch(store: &dyn Store, writes: Vec<Write>) {
    let done = store.commit(vec![], writes, Ephemeral, at(0)).await.unwrap();
    assert_eq!(done, Committed::Done);
}

async fn commit(store: &dyn Store, expected: Vec<Expectation>, writes: Vec<Write>) -> Committed {
    store.commit(expected, writes, Durable, at(0)).await.unwrap()
}

/// Opens a store just closed: sled's own threads let go of the lock a moment later.
pub(crate) fn reopen(folder: &Path) -> sled::SledStore {
    for _ in 0..500 {
        match sled::open(folder) {
            Err(StoreError::InUse(_)) => std::thread::sleep(Duration::from_millis(10)),
            other => return other.unwrap(),
        }
    }
    panic!("the lock was never let go");
}

async fn one_of_eight_racing_claims_wins(store: Arc<dyn Store>) {
    for round in 0..20 {
        let name = format!("race-{round}");
        let claims: Vec<_> = (0..8_u8)
            .map(|who| {
                let (store, name) = (Arc::clone(&store), name.clone());
                tokio::spawn(async move {
                    let durability = if who % 2 == 0 { Durable } else { Ephemeral };
                    let write = vec![put(&name, &[who])];
                    store.commit(vec![absent(&name)], write, durability, at(0)).await.unwrap()
                })
            })
            .collect();
        let mut winners = Vec::new();
        for (who, claim) in claims.into_iter().enumerate() {
            if claim.await.unwrap() == Committed::Done {
                winners.push(u8::try_from(who).unwrap());
            }
        }
        assert_eq!(winners.len(), 1, "round {round}");
        assert_eq!(get(&*store, &name).await, Some(winners));
    }
}

async fn one_of_eight_racing_takes_wins(store: Arc<dyn Store>) {
    for _ in 0..20 {
        set(&*store, vec![put("once", b"code")]).await;
        let takes: Vec<_> = (0..8)
            .map(|_| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    commit(&*store, vec![is("once", b"code")], vec![remove("once")]).await
                })
            })
            .collect();
        let mut taken = 0;
        for take in takes {
            taken += usize::from(take.await.unwrap() == Committed::Done);
        }
        assert_eq!(taken, 1);
        assert_eq!(get(&*store, "once").await, None);
    }
}

/// Money moves between two keys under a retry loop; whoever looks sees the same sum.
async fn commits_of_several_keys_are_seen_whole(store: Arc<dyn Store>) {
    set(&*store, vec![put("sum-a", &[100]), put("sum-b", &[100])]).await;
    let movers: Vec<_> = (0..4)
        .map(|who| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let durability = if who % 2 == 0 { Durable } else { Ephemeral };
                for _ in 0..25 {
                    loop {
                        let a = get(&*store, "sum-a").await.unwrap();
                        let b = get(&*store, "sum-b").await.unwrap();
                        let expected = vec![is("sum-a", &a), is("sum-b", &b)];
                        let moved = [a[0].wrapping_sub(1), b[0].wrapping_add(1)];
                        let writes = vec![put("sum-a", &moved[..1]), put("sum-b", &moved[1..])];
                        let done = store.commit(expected, writes, durability, at(0)).await;
                        if done.unwrap() == Committed::Done {
                            break;
                        }
                    }
                }
            })
        })
        .collect();
    while !movers.iter().all(tokio::task::JoinHandle::is_finished) {
        let pair = store.list(&TenantId::main(), Space::Codes, "sum-", None, 9, at(0)).await;
        let pair = pair.unwrap();
        assert_eq!(pair[0].1[0].wrapping_add(pair[1].1[0]), 200);
        tokio::task::yield_now().await;
    }
    for mover in movers {
        mover.await.unwrap();
    }
    assert_eq!(get(&*store, "sum-a").await, Some(vec![0]));
}

async fn a_conflict_changes_nothing_and_names_the_first(store: &dyn Store) {
    set(store, vec![put("c-1", b"one"), put("c-2", b"two")]).await;
    let expected = vec![is("c-1", b"one"), is("c-2", b"else"), absent("c-1")];
    let writes = vec![put("c-1", b"new"), remove("c-2"), put("c-3", b"three")];
    assert_eq!(commit(store, expected, writes.clone()).await, Committed::Conflict(1));
    assert_eq!(get(store, "c-1").await.unwrap(), b"one");
    assert_eq!(get(store, "c-2").await.unwrap(), b"two");
    assert_eq!(get(store, "c-3").await, None);
    let expected = vec![is("c-1", b"one"), is("c-2", b"two"), absent("c-3")];
    assert_eq!(commit(store, expected, writes).await, Committed::Done);
    assert_eq!(names(store, "c-", None, 9).await, ["c-1", "c-3"]);
    let twice = vec![put("c-1", b"first"), remove("c-3"), put("c-1", b"last")];
    assert_eq!(commit(store, vec![], twice).await, Committed::Done);
    assert_eq!(get(store, "c-1").await.unwrap(), b"last");
}

async fn a_value_ends_at_its_instant(store: &dyn Store) {
    let end = at(60);
    let before = end - TimeDelta::nanoseconds(1);
    set(store, vec![put_until("e", b"x", end)]).await;
    assert_eq!(store.get(&key("e"), before).await.unwrap().unwrap(), b"x");
    assert_eq!(store.get(&key("e"), end).await.unwrap(), None);
    let (main, codes) = (TenantId::main(), Space::Codes);
    assert_eq!(store.list(&main, codes, "e", None, 9, before).await.unwrap().len(), 1);
    assert_eq!(store.list(&main, codes, "e", None, 9, end).await.unwrap(), []);
    let claim = |now| store.commit(vec![absent("e")], vec![put("e", b"y")], Durable, now);
    assert_eq!(claim(before).await.unwrap(), Committed::Conflict(0));
    assert_eq!(claim(end).await.unwrap(), Committed::Done);
    assert_eq!(store.get(&key("e"), at(1_000_000)).await.unwrap().unwrap(), b"y");
}

async fn lists_are_in_order_by_page_and_apart(store: &dyn Store) {
    let mine = ["l/a", "l/a/1", "l/b", "l/è", "l/\u{1f600}", "l"];
    let writes = mine.iter().map(|name| put(name, name.as_bytes())).collect();
    touch(store, writes).await;
    let other: TenantId = "main-2".to_owned().try_into().unwrap();
    for foreign in
        [Key::new(&other, Space::Codes, "l/c"), Key::new(&TenantId::main(), Space::Names, "l/d")]
    {
        let write = Write { key: foreign, value: Some(Value::lasting(vec![1])) };
        set(store, vec![write, put_until("l/gone", b"", at(-1))]).await;
    }
    let all = ["l/a", "l/a/1", "l/b", "l/è", "l/\u{1f600}"];
    assert_eq!(names(store, "l/", None, 99).await, all);
    assert_eq!(names(store, "l/", None, 2).await, all[..2]);
    assert_eq!(names(store, "l/", Some("l/a/1"), 2).await, all[2..4]);
    assert_eq!(names(store, "l/", Some("l/a/0"), 1).await, all[1..2]);
    assert_eq!(names(store, "l/", Some("l/z"), 9).await, all[3..]);
    assert_eq!(names(store, "l/", Some("k"), 1).await, all[..1]);
    assert_eq!(names(store, "l/a", None, 9).await, all[..2]);
    assert!(names(store, "l/", None, 0).await.is_empty());
    assert!(names(store, "m", None, 9).await.is_empty());
}

async fn sweeping_drops_what_expired_and_nothing_else(store: &dyn Store) {
    store.sweep(usize::MAX, at(1_000_000)).await.unwrap();
    let late = at(2_000_000);
    let writes = vec![
        put_until("s-2", b"", at(2)),
        put_until("s-1", b"", at(1)),
        put_until("s-3", b"", at(3)),
        put_until("s-late", b"", late),
        put("s-stays", b""),
    ];
    set(store, writes).await;
    // Renewed, made lasting, removed: none of these may be swept at the first end.
    let changes = vec![put_until("s-1", b"new", late), put("s-2", b"stays"), remove("s-3")];
    set(store, [changes, vec![put_until("s-4", b"", at(4))]].concat()).await;
    assert_eq!(store.sweep(9, at(3)).await.unwrap(), 0);
    let more = (0..5).map(|n| put_until(&format!("s-5{n}"), b"", at(5 + n))).collect();
    set(store, more).await;
    assert_eq!(store.sweep(2, at(7)).await.unwrap(), 2);
    store.flush().await.unwrap();
    assert_eq!(store.sweep(9, at(7)).await.unwrap(), 2);
    assert_eq!(store.sweep(9, at(7)).await.unwrap(), 0);
    let left = ["s-1", "s-2", "s-53", "s-54", "s-late", "s-stays"];
    assert_eq!(names(store, "s-", None, 99).await, left);
    assert_eq!(store.get(&key("s-1"), at(8)).await.unwrap().unwrap(), b"new");
}

async fn limits_are_the_same_for_all(store: &dyn Store) {
    let most = vec![7; MAX_VALUE];
    let long = "n".repeat(MAX_NAME);
    assert_eq!(commit(store, vec![], vec![put(&long, &most)]).await, Committed::Done);
    assert_eq!(get(store, &long).await.unwrap(), most);
    let too_much = [most.as_slice(), &[7]].concat();
    let refused = store.commit(vec![], vec![put("big", &too_much)], Durable, at(0)).await;
    assert!(matches!(refused, Err(StoreError::TooLarge(32_769))), "{refused:?}");
    let too_long = format!("{long}n");
    let refused = store.commit(vec![absent(&too_long)], vec![], Durable, at(0)).await;
    assert!(matches!(refused, Err(StoreError::NameTooLong(513))), "{refused:?}");
    assert_eq!(get(store, "big").await, None);
    assert_eq!(
        commit(store, vec![], vec![put("empty", b""), remove(&long)]).await,
        Committed::Done
    );
    assert_eq!(get(store, "empty").await.unwrap(), b"");
}

async fn conforms(store: Arc<dyn Store>) {
    a_conflict_changes_nothing_and_names_the_first(&*store).await;
    a_value_ends_at_its_instant(&*store).await;
    lists_are_in_order_by_page_and_apart(&*store).await;
    sweeping_drops_what_expired_and_nothing_else(&*store).await;
    limits_are_the_same_for_all(&*store).await;
    one_of_eight_racing_claims_wins(Arc::clone(&store)).await;
    one_of_eight_racing_takes_wins(Arc::clone(&store)).await;
    commits_of_several_keys_are_seen_whole(store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_conforms() {
    conforms(Arc::new(MemoryStore::new())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sled_conforms() {
    let folder = tempfile::tempdir().unwrap();
    conforms(Arc::new(sled::open(folder.path()).unwrap())).await;
}

#[tokio::test]
async fn sled_keeps_everything_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = sled::open(folder.path()).unwrap();
    set(&store, vec![put("kept", b"1"), put_until("ends", b"2", at(5))]).await;
    touch(&store, vec![put("touched", b"3")]).await;
    drop(store);
    let store = reopen(folder.path());
    assert_eq!(names(&store, "", None, 9).await, ["ends", "kept", "touched"]);
    assert_eq!(store.sweep(9, at(5)).await.unwrap(), 1);
    drop(store);
    assert_eq!(names(&reopen(folder.path()), "", None, 9).await, ["kept", "touched"]);
}

#[tokio::test]
async fn sled_is_for_one_process_and_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("a/store");
    let store = sled::open(&folder).unwrap();
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    let refused = sled::open(&folder).unwrap_err();
    assert!(matches!(refused, StoreError::InUse(_)), "{refused:?}");
    drop(store);
    drop(reopen(&folder));
}

/// Files of their own, which nothing syncs, are what sled makes of long nodes: there must be none.
#[tokio::test]
async fn sled_never_puts_long_values_beside_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let store = sled::open(folder.path()).unwrap();
    for round in 0..6_u32 {
        for number in 0..64_u32 {
            let bytes = vec![u8::try_from(round).unwrap(); MAX_VALUE];
            let write = put(&format!("{:04}", (number * 37) % 64), &bytes);
            touch(&store, vec![write]).await;
            if number % 4 == 0 {
                store.flush().await.unwrap();
            }
        }
    }
    store.flush().await.unwrap();
    drop(store);
    let beside = std::fs::read_dir(folder.path().join("blobs")).unwrap().count();
    assert_eq!(beside, 0);
    let store = reopen(folder.path());
    assert_eq!(names(&store, "", None, 99).await.len(), 64);
    assert_eq!(get(&store, "0063").await.unwrap(), vec![5; MAX_VALUE]);
}

/// A folder of a store as a crash leaves it, after what a half of the log had went to the database but for what is brief.
#[tokio::test]
async fn what_is_carried_over_outlives_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let store = sled::open(folder.path()).unwrap();
    let brief = Key::new(&TenantId::main(), Space::Replay, "brief");
    let value = Value::until(b"seen".to_vec(), at(300));
    set(&store, vec![Write { key: brief.clone(), value: Some(value) }]).await;
    let of = |half: &str| std::fs::read(folder.path().join(half)).unwrap();
    // Whether there is something in a half: the byte behind magic, generation and the other one's end.
    let has = |half: &str| of(half).get(24) == Some(&1);
    assert!(has("ahead-0") && !has("ahead-1"));
    let mut number = 0;
    while has("ahead-0") || !has("ahead-1") {
        assert!(number < 2000, "the log turns, and the first half is forgotten");
        let write = |n: u32| put(&format!("{n:04}"), &[7; MAX_VALUE]);
        touch(&store, (number..number + 8).map(write).collect()).await;
        store.flush().await.unwrap();
        number = if has("ahead-1") { number } else { number + 8 };
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let copied = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, copied.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    let store = sled::open(copied.path()).unwrap();
    assert_eq!(store.get(&brief, at(0)).await.unwrap().unwrap(), b"seen");
    assert_eq!(get(&store, "0000").await.unwrap(), [7; MAX_VALUE]);
    let claimed = vec![Expectation { key: brief, value: None }];
    let done = store.commit(claimed, vec![], Durable, at(0)).await.unwrap();
    assert_eq!(done, Committed::Conflict(0), "seen once is seen after the crash");
}

/// A byte and the seconds that it lives, if it ends; or nothing.
type NewValue = Option<(u8, Option<i64>)>;

#[derive(Clone, Debug)]
enum Act {
    Commit(Vec<(usize, Option<u8>)>, Vec<(usize, NewValue)>, bool),
    Get(usize),
    List(u8, Option<usize>, usize),
    Sweep(usize),
    Flush,
    Pass(i64),
    Reopen,
}

const NAMES: [&str; 8] = ["a", "a/", "a/b", "ab", "b", "b/\u{e8}", "", "c"];

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let name = 0..NAMES.len();
    let expected =
        prop::collection::vec((name.clone(), prop::option::weighted(0.5, 0_u8..3)), 0..2);
    let value = prop::option::weighted(0.8, (0_u8..3, prop::option::of(0_i64..10)));
    let writes = prop::collection::vec((name.clone(), value), 0..4);
    let act = prop_oneof![
        8 => (expected, writes, any::<bool>()).prop_map(|(e, w, d)| Act::Commit(e, w, d)),
        4 => name.clone().prop_map(Act::Get),
        4 => (0_u8..3, prop::option::of(name), 0_usize..5).prop_map(|(p, a, l)| Act::List(p, a, l)),
        1 => (0_usize..4).prop_map(Act::Sweep),
        1 => Just(Act::Flush),
        2 => (1_i64..6).prop_map(Act::Pass),
        1 => Just(Act::Reopen),
    ];
    prop::collection::vec(act, 1..60)
}

async fn agree(acts: Vec<Act>) {
    let folder = tempfile::tempdir().unwrap();
    let model = MemoryStore::new();
    let mut store = sled::open(folder.path()).unwrap();
    let mut now = at(0);
    for act in acts {
        match act {
            Act::Commit(expected, writes, durable) => {
                let expected: Vec<_> = expected
                    .into_iter()
                    .map(|(n, v)| Expectation { key: key(NAMES[n]), value: v.map(|b| vec![b]) })
                    .collect();
                let writes: Vec<_> = writes
                    .into_iter()
                    .map(|(n, value)| {
                        let value = value.map(|(byte, ends)| Value {
                            bytes: vec![byte],
                            expires: ends.map(|seconds| now + TimeDelta::seconds(seconds)),
                        });
                        Write { key: key(NAMES[n]), value }
                    })
                    .collect();
                let how = if durable { Durable } else { Ephemeral };
                let ours = store.commit(expected.clone(), writes.clone(), how, now).await.unwrap();
                assert_eq!(ours, model.commit(expected, writes, how, now).await.unwrap());
            }
            Act::Get(n) => {
                let ours = store.get(&key(NAMES[n]), now).await.unwrap();
                assert_eq!(ours, model.get(&key(NAMES[n]), now).await.unwrap());
            }
            Act::List(prefix, after, limit) => {
                let (main, prefix) = (TenantId::main(), ["", "a", "b/"][usize::from(prefix)]);
                let after = after.map(|n| NAMES[n]);
                let ours =
                    store.list(&main, Space::Codes, prefix, after, limit, now).await.unwrap();
                let theirs = model.list(&main, Space::Codes, prefix, after, limit, now).await;
                assert_eq!(ours, theirs.unwrap());
            }
            Act::Sweep(limit) => {
                let ours = store.sweep(limit, now).await.unwrap();
                assert_eq!(ours, model.sweep(limit, now).await.unwrap());
            }
            Act::Flush => store.flush().await.unwrap(),
            Act::Pass(seconds) => now += TimeDelta::seconds(seconds),
            Act::Reopen => {
                drop(store);
                store = reopen(folder.path());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn sled_agrees_with_memory(acts in acts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(agree(acts));
    }
}
