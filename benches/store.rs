//! What a durable commit and a register row cost, in CPU time of all threads and in time that passes: alone, one
//! after the other, and with many callers at once.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::DateTime;
use ponte::identity::tenant::TenantId;
use ponte::register::journal::{Register, Settings};
use ponte::register::row::Row;
use ponte::store::port::{Durability, Space, Store};
use ponte::store::record::{Batch, Records};
use ponte::store::{blob, replay, sled, transactions};
use ponte::world::certificate::{Holder, KeyKind, make};
use ponte::world::random::Random;
use ponte::world::seal::Seal;
use ponte::world::signer::KeyFile;
use tokio::runtime::{Builder, Runtime};

const TIMES: u32 = 2000;
const CALLERS: u32 = 32;

fn main() {
    let folder = tempfile::tempdir_in(".").unwrap();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let random = Arc::new(Random::system());
    let seal = Arc::new(Seal::generate(&random));
    let tenant = TenantId::main();
    let store: Arc<dyn Store> = Arc::new(sled::open(&folder.path().join("store")).unwrap());
    let here = Here { store, seal, random, tenant, runtime, xml: fs::read("Cargo.lock").unwrap() };
    here.measure("nothing", |_, _| async {});
    here.measure("seal 1 KiB", |here, _| async move {
        here.seal.seal(b"x", &here.xml[..1024], &here.random).unwrap();
    });
    here.measure("ephemeral commit, 1 key of 1 KiB", |here, n| async move {
        here.commit(n, 1, 1024, Durability::Ephemeral).await;
    });
    here.measure("durable commit, 1 key of 1 KiB", |here, n| async move {
        here.commit(n, 1, 1024, Durability::Durable).await;
    });
    here.measure("durable commit, 4 keys of 1 KiB", |here, n| async move {
        here.commit(n, 4, 1024, Durability::Durable).await;
    });
    here.measure("durable commit, 1 key of 16 KiB", |here, n| async move {
        here.commit(n, 1, 16 * 1024, Durability::Durable).await;
    });
    here.measure("claim a request and open its transaction", |here, n| async move {
        here.begin(n).await;
    });
    here.measure("mark as answered, with the form of 15 KiB", |here, n| async move {
        here.answer(n).await;
    });
    here.register(&folder.path().join("register"));
}

#[derive(Clone)]
struct Shared {
    store: Arc<dyn Store>,
    seal: Arc<Seal>,
    random: Arc<Random>,
    tenant: TenantId,
    xml: Arc<[u8]>,
}

struct Here {
    store: Arc<dyn Store>,
    seal: Arc<Seal>,
    random: Arc<Random>,
    tenant: TenantId,
    runtime: Runtime,
    xml: Vec<u8>,
}

impl Shared {
    fn records(&self) -> Records<'_> {
        let Self { store, seal, random, tenant, .. } = self;
        Records { store: &**store, seal, random, tenant, recent: None }
    }

    async fn commit(&self, n: u32, keys: u32, length: usize, durability: Durability) {
        let records = self.records();
        let mut batch = Batch::new();
        for key in 0..keys {
            let name = records.blind(Space::Codes, "bench", &format!("{n}/{key}")).unwrap();
            let text = String::from_utf8_lossy(&self.xml[..length - 100]);
            records.put(&mut batch, records.key(Space::Codes, name), &text, None).unwrap();
        }
        let done = batch.commit(&*self.store, durability, DateTime::UNIX_EPOCH).await;
        let _done = done.unwrap();
    }

    async fn begin(&self, n: u32) {
        let (records, end) = (self.records(), DateTime::from_timestamp(600, 0).unwrap());
        let mut batch = Batch::new();
        replay::add(records, &mut batch, "https://sp.example.org", &format!("_{n}"), end).unwrap();
        let transaction = String::from_utf8_lossy(&self.xml[..900]).into_owned();
        let id = format!("transaction {n}");
        transactions::open(records, &mut batch, &id, &transaction, end).unwrap();
        blob::put(records, &mut batch, &format!("request {n}"), &self.xml[..5000], Some(end))
            .unwrap();
        let done = batch.commit(&*self.store, Durability::Durable, DateTime::UNIX_EPOCH).await;
        let _done = done.unwrap();
    }

    async fn answer(&self, n: u32) {
        let (records, end) = (self.records(), DateTime::from_timestamp(600, 0).unwrap());
        let id = format!("transaction {}", n % (TIMES * 2));
        let seen = transactions::load::<String>(records, &id, DateTime::UNIX_EPOCH).await.unwrap();
        let mut batch = Batch::new();
        if let Some(seen) = seen {
            transactions::swap(records, &mut batch, &seen, &seen.value, end).unwrap();
        }
        blob::put(records, &mut batch, &format!("answer {n}"), &self.xml[..15_000], Some(end))
            .unwrap();
        let done = batch.commit(&*self.store, Durability::Durable, DateTime::UNIX_EPOCH).await;
        let _done = done.unwrap();
    }
}

impl Here {
    fn shared(&self) -> Shared {
        let Self { store, seal, random, tenant, xml, .. } = self;
        Shared {
            store: store.clone(),
            seal: seal.clone(),
            random: random.clone(),
            tenant: tenant.clone(),
            xml: xml.as_slice().into(),
        }
    }

    /// Alone, then by many callers; `act` gets numbers that never come twice.
    fn measure<F>(&self, what: &str, act: impl Fn(Shared, u32) -> F + Copy + Send + 'static)
    where
        F: Future<Output = ()> + Send,
    {
        let shared = self.shared();
        let alone = || {
            let shared = shared.clone();
            self.runtime.block_on(async move {
                let task = tokio::spawn(async move {
                    for n in 0..TIMES {
                        act(shared.clone(), n).await;
                    }
                });
                task.await.unwrap();
            });
        };
        let (cpu, passed) = timed(alone);
        let together = || {
            self.runtime.block_on(async {
                let tasks: Vec<_> = (0..CALLERS)
                    .map(|caller| {
                        let shared = shared.clone();
                        tokio::spawn(async move {
                            for n in 0..TIMES / CALLERS {
                                act(shared.clone(), TIMES + caller * TIMES / CALLERS + n).await;
                            }
                        })
                    })
                    .collect();
                for task in tasks {
                    task.await.unwrap();
                }
            });
        };
        let (cpu_shared, passed_shared) = timed(together);
        println!(
            "{what:44} alone {:6.1} µs CPU {:8.1} µs; {CALLERS} callers {:6.1} µs CPU {:8.1} µs",
            cpu.as_secs_f64() * 1e6 / f64::from(TIMES),
            passed.as_secs_f64() * 1e6 / f64::from(TIMES),
            cpu_shared.as_secs_f64() * 1e6 / f64::from(TIMES),
            passed_shared.as_secs_f64() * 1e6 / f64::from(TIMES),
        );
    }

    fn register(&self, folder: &Path) {
        let holder = Holder {
            common_name: "bench",
            organization: "bench",
            entity_id: "https://idp.example.org",
            organization_identifier: "PA:IT-c_h501",
            country: "IT",
            locality: "Roma",
        };
        let pair =
            make(KeyKind::Rsa2048, &holder, &[], DateTime::UNIX_EPOCH, 3650, [1; 16]).unwrap();
        let settings = Settings {
            folder: folder.to_path_buf(),
            checkpoint: folder.with_extension("checkpoint"),
            seal: self.seal.clone(),
            signer: Arc::new(KeyFile::load(&pair.key, &pair.certificate).unwrap()),
            former: Vec::new(),
            random: self.random.clone(),
            checkpoint_rows: 1000,
            checkpoint_every: Duration::from_secs(30),
        };
        let register = Arc::new(Register::open(settings, DateTime::UNIX_EPOCH).unwrap());
        let leaked: &'static Arc<Register> = Box::leak(Box::new(register.clone()));
        let (request, response) = (5_000, 12_000);
        let rows = Box::leak(Box::new(self.row(request, response)));
        let rows: &'static Row = rows;
        self.measure("register row of 17 KB of XML", move |_, n| async move {
            let row = Row { request_id: format!("_{n}"), ..rows.clone() };
            leaked.append(&row).await.unwrap();
        });
        let (cpu, _) = timed(|| {
            register.catch_up().unwrap();
        });
        println!("index of a row: {:.1} µs CPU", cpu.as_secs_f64() * 1e6 / f64::from(2 * TIMES));
    }

    fn row(&self, request: usize, response: usize) -> Row {
        let text = |length: usize| String::from_utf8_lossy(&self.xml[..length]).into_owned();
        Row {
            tenant: self.tenant.clone(),
            at: DateTime::UNIX_EPOCH,
            support_id: "S".into(),
            client_address: "192.0.2.1".into(),
            relying_party: "https://sp.example.org".into(),
            request_id: "_".into(),
            request_issuer: "https://sp.example.org".into(),
            request_issue_instant: None,
            request_xml: text(request),
            response_id: "_response".into(),
            response_issuer: "https://idp.example.org".into(),
            response_issue_instant: DateTime::UNIX_EPOCH,
            response_xml: text(response),
            assertion_xml: None,
            assertion_id: Some("_assertion".into()),
            outcome: "Success".into(),
            subject: None,
            name_id: Some("_name".into()),
            name_qualifier: Some("https://idp.example.org".into()),
            spid_code: Some("PONT0000000001".into()),
            fiscal_number: Some("TINIT-PERSON".into()),
            level: None,
            factors: Vec::new(),
            certificates: Vec::new(),
        }
    }
}

/// CPU time of every thread of this process, and time passed.
fn timed(act: impl FnOnce()) -> (Duration, Duration) {
    let (before, start) = (cpu(), Instant::now());
    act();
    (cpu().saturating_sub(before), start.elapsed())
}

fn cpu() -> Duration {
    let mut nanoseconds = 0;
    for task in fs::read_dir("/proc/self/task").unwrap() {
        let told = fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap_or_default();
        let first = told.split(' ').next().and_then(|first| first.parse::<u64>().ok());
        nanoseconds += first.unwrap_or(0);
    }
    Duration::from_nanos(nanoseconds)
}
