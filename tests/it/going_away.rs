//! A browser that goes away in the middle of its request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ponte::identity::tenant::TenantId;
use ponte::store::memory::MemoryStore;
use ponte::store::port::{
    Committed, Durability, Expectation, Key, Space, Store, StoreError, Write,
};

use crate::support::agent::Agent;
use crate::support::house::House;

/// A store whose commits take a while.
#[derive(Debug)]
struct Slow {
    inner: MemoryStore,
    is_slow: AtomicBool,
    begun: AtomicBool,
}

#[async_trait]
impl Store for Slow {
    async fn get(&self, key: &Key, now: DateTime<Utc>) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(key, now).await
    }

    async fn list(
        &self,
        tenant: &TenantId,
        space: Space,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.inner.list(tenant, space, prefix, after, limit, now).await
    }

    async fn commit(
        &self,
        expectations: Vec<Expectation>,
        writes: Vec<Write>,
        durability: Durability,
        now: DateTime<Utc>,
    ) -> Result<Committed, StoreError> {
        let done = self.inner.commit(expectations, writes, durability, now).await;
        if self.is_slow.load(Ordering::SeqCst) {
            self.begun.store(true, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        done
    }

    async fn sweep(&self, limit: usize, now: DateTime<Utc>) -> Result<usize, StoreError> {
        self.inner.sweep(limit, now).await
    }

    async fn dump(
        &self,
        to: tokio::sync::mpsc::Sender<Vec<ponte::store::dump::Item>>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.inner.dump(to, now).await
    }

    async fn flush(&self) -> Result<(), StoreError> {
        self.inner.flush().await
    }
}

fn until(happened: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(30);
    while !happened() {
        assert!(Instant::now() < patience, "it does not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn an_answer_that_nobody_waits_for_is_in_the_register_nevertheless() {
    let store = Arc::new(Slow {
        inner: MemoryStore::new(),
        is_slow: AtomicBool::new(false),
        begun: AtomicBool::new(false),
    });
    let theirs: Arc<dyn Store> = Arc::clone(&store) as Arc<dyn Store>;
    let house = House::with(|making| making.store = theirs);
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &house.spid(2, |_| {}), &anna);
    let form = page.form_with_button("decision", "accept").unwrap();
    let rows = house.env.register.tail().count;
    let mut fields = form.fields.clone();
    fields.push(("decision".into(), "accept".into()));
    let target = page.url.join(&form.action).unwrap();
    store.is_slow.store(true, Ordering::SeqCst);
    let asked = agent.only_ask(&target, &fields).unwrap();
    until(|| store.begun.load(Ordering::SeqCst));
    drop(asked);
    until(|| house.env.register.tail().count > rows);
    assert_eq!(house.env.register.tail().count, rows + 1);
}
