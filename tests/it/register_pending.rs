//! A row on its way: committed with what it tells of, filed a moment later, once, whatever a crash interrupts.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use ponte::identity::tenant::TenantId;
use ponte::register::error::RegisterError;
use ponte::register::index::{Field, Span};
use ponte::register::journal::{MAX_WAITING, Register, Settings};
use ponte::register::pending::{self, Filing};
use ponte::register::row::Row;
use ponte::register::search::{self, Query, search};
use ponte::register::segment::Month;
use ponte::register::verify::{Verdict, verify};
use ponte::store::memory::MemoryStore;
use ponte::store::port::{Committed, Durability, Space, Store};
use ponte::store::record::{Batch, Records};
use ponte::world::random::Random;
use ponte::world::seal::Seal;
use ponte::world::signer::KeyFile;

use crate::register::{noon, pair, row};

struct Place {
    folder: tempfile::TempDir,
    settings: Settings,
    store: MemoryStore,
    tenant: TenantId,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (pair, random) = (pair(), Random::seeded(5));
        let settings = Settings {
            folder: folder.path().join("register"),
            checkpoint: folder.path().join("checkpoint.json"),
            seal: Arc::new(Seal::generate(&random)),
            signer: Arc::new(KeyFile::load(&pair.key, &pair.certificate).unwrap()),
            former: Vec::new(),
            random: Arc::new(random),
            checkpoint_rows: u64::MAX,
            checkpoint_every: Duration::from_secs(3600),
        };
        Self { folder, settings, store: MemoryStore::new(), tenant: TenantId::main() }
    }

    fn open(&self) -> Register {
        Register::open(self.settings.clone(), noon()).unwrap()
    }

    fn records(&self) -> Records<'_> {
        let Settings { seal, random, .. } = &self.settings;
        Records { store: &self.store, seal, random, tenant: &self.tenant, recent: None }
    }

    async fn commit(&self, row: &Row) -> Filing {
        let mut batch = Batch::new();
        let filing = pending::put(self.records(), &mut batch, row.clone()).unwrap();
        let done = batch.commit(&self.store, Durability::Durable, noon()).await.unwrap();
        assert_eq!(done, Committed::Done);
        filing
    }

    async fn waiting(&self) -> usize {
        let space = Space::RegisterPending;
        self.store.list(&self.tenant, space, "", None, 9999, noon()).await.unwrap().len()
    }

    /// How often the files have the response of row `number`.
    fn filed(&self, register: &Register, number: u64) -> usize {
        register.catch_up().unwrap();
        let Settings { folder, seal, .. } = &self.settings;
        let place = search::Place { folder, seal, tenant: &self.tenant, first: 0 };
        let fields = vec![(Field::ResponseId, format!("_response{number}"))];
        let query = Query { fields, certificate: None, span: Span::of(None, None), limit: 9 };
        search(place, &register.index().snapshot(), &query).unwrap().rows.len()
    }

    fn is_sound(&self, records: u64) {
        let Settings { folder, checkpoint, seal, signer, .. } = &self.settings;
        match verify(folder, checkpoint, seal, &[signer.certificate()]).unwrap() {
            Verdict::Sound(verified) => assert_eq!(verified.records, records),
            Verdict::Faulty(fault) => panic!("{fault:?}"),
        }
    }
}

#[tokio::test]
async fn a_row_is_found_before_it_is_filed_and_after() {
    let place = Place::new();
    let register = place.open();
    // The longer one has several pieces.
    let bytes = || place.settings.random.bytes::<32>();
    let noise: String = (0..3000).flat_map(|_| bytes()).map(|byte| format!("{byte:02x}")).collect();
    let rows = [row(0, 5000), Row { request_xml: noise, ..row(1, 10) }];
    let find = async |row: &Row| {
        let found = pending::find(&register, place.records(), &row.response_id, noon()).await;
        found.unwrap()
    };
    assert_eq!(find(&rows[0]).await, None);
    for row in &rows {
        let filing = place.commit(row).await;
        assert_eq!(find(row).await.as_ref(), Some(row));
        register.file(filing);
    }
    assert!(place.waiting().await > 2);
    register.filed().await.unwrap();
    assert_eq!(find(&rows[1]).await.as_ref(), Some(&rows[1]), "filed, and not in the index yet");
    assert_eq!(pending::waiting(place.records(), noon()).await.unwrap(), 2);
    assert_eq!(register.catch_up().unwrap(), 2);
    assert_eq!(pending::settle(&register, &place.store, noon()).await.unwrap(), 2);
    assert_eq!(pending::waiting(place.records(), noon()).await.unwrap(), 0);
    assert_eq!(place.waiting().await, 0);
    for row in &rows {
        assert_eq!(find(row).await.as_ref(), Some(row));
    }
    drop(register);
    place.is_sound(2);
}

#[tokio::test]
async fn what_a_crash_left_is_filed_once() {
    let place = Place::new();
    let register = place.open();
    // Filed and in the index; filed only; committed only.
    register.file(place.commit(&row(0, 10)).await);
    register.filed().await.unwrap();
    pending::settle(&register, &place.store, noon()).await.unwrap();
    register.file(place.commit(&row(1, 10)).await);
    register.filed().await.unwrap();
    for number in 2..150 {
        let _lost = place.commit(&row(number, 10)).await;
    }
    drop(register);
    assert_eq!(place.waiting().await, 149);

    let register = place.open();
    let recovered = pending::recover(&register, place.records(), noon()).await.unwrap();
    assert_eq!(recovered, 148);
    assert_eq!(place.waiting().await, 0);
    for number in 0..150 {
        assert_eq!(place.filed(&register, number), 1, "row {number}");
    }
    assert_eq!(pending::recover(&register, place.records(), noon()).await.unwrap(), 0);
    drop(register);
    place.is_sound(150);
}

#[tokio::test]
async fn closing_files_what_was_handed_over() {
    let place = Place::new();
    let register = place.open();
    for number in 0..5 {
        register.file(place.commit(&row(number, 10)).await);
    }
    drop(register);
    place.is_sound(5);
}

/// The store keeps what the register's disk does not take, up to a bound; then no answer may leave.
#[tokio::test]
async fn a_register_that_cannot_be_written_refuses_in_time_and_catches_up() {
    let place = Place::new();
    let register = place.open();
    let file = Month::of(noon()).path(&place.settings.folder);
    fs::create_dir(&file).unwrap();
    for number in 0..MAX_WAITING as u64 {
        register.admits().unwrap();
        register.file(place.commit(&row(number, 10)).await);
    }
    assert!(matches!(register.admits(), Err(RegisterError::Refused)));
    let refused = register.append(&row(5000, 10)).await;
    assert!(matches!(refused, Err(RegisterError::Refused)), "{refused:?}");
    fs::remove_dir(&file).unwrap();
    register.filed().await.unwrap();
    register.admits().unwrap();
    drop(register);
    place.is_sound(MAX_WAITING as u64);
    assert!(place.folder.path().exists());
}
