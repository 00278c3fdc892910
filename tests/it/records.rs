//! Typed records: what is written reads back, is sealed at rest, and changes only from what was seen.

use chrono::{DateTime, TimeDelta, Utc};
use ponte::assurance::factor::Factor;
use ponte::assurance::level::Level;
use ponte::enrolment::activation::{Activation, ActivationCode, Delivery};
use ponte::enrolment::credential::{Credential, CredentialState, Secret};
use ponte::identity::account::Account;
use ponte::identity::subject::Subject;
use ponte::identity::tenant::TenantId;
use ponte::login::attempts::{Attempts, failed};
use ponte::store::memory::MemoryStore;
use ponte::store::port::{Committed, Durability, Space, Store, StoreError, Unreadable, Value};
use ponte::store::record::{Batch, Records};
use ponte::store::{
    accounts, activations, attempts, blob, credentials, replay, service_providers, transactions,
};
use ponte::world::random::Random;
use ponte::world::seal::Seal;

struct House {
    store: MemoryStore,
    seal: Seal,
    random: Random,
    tenant: TenantId,
}

impl House {
    fn new() -> Self {
        let random = Random::seeded(1);
        let seal = Seal::generate(&random);
        Self { store: MemoryStore::new(), seal, random, tenant: TenantId::main() }
    }

    fn records(&self) -> Records<'_> {
        let Self { store, seal, random, tenant } = self;
        Records { store, seal, random, tenant, recent: None }
    }

    async fn commit(&self, batch: Batch) -> Committed {
        batch.commit(&self.store, Durability::Durable, now()).await.unwrap()
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn later() -> DateTime<Utc> {
    now() + TimeDelta::seconds(60)
}

fn account(subject: &str, username: &str) -> Account {
    Account::new(Subject::new(subject.into()), username.into(), Vec::new(), now())
}

fn totp(subject: &str, last_step: Option<u64>) -> Credential {
    Credential {
        id: "totp-1".into(),
        subject: Subject::new(subject.into()),
        state: CredentialState::Active,
        binding: Level::Loa3,
        enrolled: now(),
        last_used: None,
        secret: Secret::Totp { seed: "JBSWY3DPEHPK3PXP".into(), period: 30, last_step },
    }
}

#[tokio::test]
async fn user_names_are_unique_however_they_are_written() {
    let house = House::new();
    let records = house.records();
    let create = async |account| accounts::create(records, &account, now()).await.unwrap();
    assert_eq!(create(account("s1", "Anna.Rossi")).await, Committed::Done);
    assert_eq!(create(account("s2", " anna.rossi ")).await, Committed::Conflict(0));
    assert_eq!(create(account("s1", "other")).await, Committed::Conflict(1));
    assert_eq!(create(account("s2", "anno.rossi")).await, Committed::Done);
    let found = accounts::by_username(records, "ANNA.ROSSI", now()).await.unwrap().unwrap();
    assert_eq!(found.value, account("s1", "Anna.Rossi"));
    assert!(accounts::by_username(records, "nobody", now()).await.unwrap().is_none());

    let rename = async |username: &str| {
        let mut batch = Batch::new();
        let seen = accounts::get(records, &found.value.subject, now()).await.unwrap().unwrap();
        let renamed = Account { username: username.into(), ..seen.value.clone() };
        accounts::update(records, &mut batch, &seen, &renamed).unwrap();
        house.commit(batch).await
    };
    assert_eq!(rename("Anno.Rossi").await, Committed::Conflict(0));
    assert_eq!(rename("ANNA.ROSSI").await, Committed::Done);
    assert_eq!(rename("anna.bianchi").await, Committed::Done);
    assert!(accounts::by_username(records, "anna.rossi", now()).await.unwrap().is_none());
    let moved = accounts::by_username(records, "Anna.Bianchi", now()).await.unwrap().unwrap();
    assert_eq!(moved.value.subject, found.value.subject);
    assert_eq!(create(account("s3", "anna.rossi")).await, Committed::Done);

    let page = accounts::list(records, None, 2, now()).await.unwrap();
    let subjects: Vec<_> = page.iter().map(|loaded| loaded.value.subject.as_str()).collect();
    assert_eq!(subjects, ["s1", "s2"]);
    let last = &page[1].value.subject;
    assert_eq!(accounts::list(records, Some(last), 2, now()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn one_batch_uses_a_code_counts_it_and_moves_the_login_on() {
    let house = House::new();
    let records = house.records();
    let mut batch = Batch::new();
    credentials::add(records, &mut batch, &totp("s1", None)).unwrap();
    credentials::add(records, &mut batch, &Credential { id: "x".into(), ..totp("s10", None) })
        .unwrap();
    transactions::open(records, &mut batch, "handle", &"open".to_owned(), later()).unwrap();
    assert_eq!(house.commit(batch).await, Committed::Done);

    let subject = Subject::new("s1".into());
    let prove = async |step| {
        let seen = credentials::list(records, &subject, now()).await.unwrap();
        assert_eq!(seen.len(), 1, "another person's are not listed");
        let count = attempts::load(records, &subject, Factor::Totp, now()).await.unwrap();
        let login = transactions::load::<String>(records, "handle", now()).await.unwrap().unwrap();
        let mut batch = Batch::new();
        credentials::update(records, &mut batch, &seen[0], &totp("s1", Some(step))).unwrap();
        let counted = failed(count.value.clone(), true, now());
        attempts::update(records, &mut batch, &count, &counted, Factor::Totp, now()).unwrap();
        transactions::swap(records, &mut batch, &login, &format!("step {step}"), later()).unwrap();
        batch
    };
    let (first, second) = (prove(7).await, prove(7).await);
    assert_eq!(house.commit(first).await, Committed::Done);
    assert_eq!(house.commit(second).await, Committed::Conflict(0), "of two, one uses the code");
    let seen = credentials::get(records, &subject, "totp-1", now()).await.unwrap().unwrap();
    assert_eq!(seen.value, totp("s1", Some(7)));
    let login = transactions::load::<String>(records, "handle", now()).await.unwrap().unwrap();
    assert_eq!(login.value, "step 7");
    assert!(transactions::load::<String>(records, "handle", later()).await.unwrap().is_none());

    let count = attempts::load(records, &subject, Factor::Totp, now()).await.unwrap();
    assert!(count.exists());
    assert_eq!(count.value, failed(Attempts::default(), true, now()));
    let other = attempts::load(records, &subject, Factor::Password, now()).await.unwrap();
    assert!(!other.exists());
    let mut batch = Batch::new();
    attempts::update(records, &mut batch, &count, &Attempts::default(), Factor::Totp, now())
        .unwrap();
    assert_eq!(house.commit(batch).await, Committed::Done);
    let count = attempts::load(records, &subject, Factor::Totp, now()).await.unwrap();
    assert!(!count.exists());
}

#[tokio::test]
async fn an_activation_code_is_taken_once_and_in_time() {
    let house = House::new();
    let records = house.records();
    let subject = Subject::new("s1".into());
    let (activation, code) = activation("s1", "K7QM-0000-0000-0001");
    let mut batch = Batch::new();
    activations::put(records, &mut batch, &activation, &code).unwrap();
    assert_eq!(house.commit(batch).await, Committed::Done);
    let load = async |now| activations::load(records, &subject, now).await.unwrap();
    assert!(load(later()).await.is_none());
    let (one, two) = (load(now()).await.unwrap(), load(now()).await.unwrap());
    let typed = ActivationCode::read("k7qm 0000 0000 ooo1").unwrap();
    assert!(one.value.is(records, &typed).unwrap());
    let other = ActivationCode::read("K7QM-0000-0000-0002").unwrap();
    assert!(!one.value.is(records, &other).unwrap());
    let take = async |loaded| {
        let mut batch = Batch::new();
        batch.take(&loaded);
        house.commit(batch).await
    };
    assert_eq!(take(one).await, Committed::Done);
    assert_eq!(take(two).await, Committed::Conflict(0));
    assert!(load(now()).await.is_none());
}

fn activation(subject: &str, code: &str) -> (Activation, ActivationCode) {
    let activation = Activation {
        subject: Subject::new(subject.into()),
        delivery: Delivery::Desk,
        made: now(),
        expires: later(),
    };
    (activation, ActivationCode::read(code).unwrap())
}

#[tokio::test]
async fn a_message_counts_once_for_each_issuer() {
    let house = House::new();
    let records = house.records();
    let claim = async |issuer: &str, id: &str, now| {
        replay::claim(records, issuer, id, later(), now).await.unwrap()
    };
    assert!(claim("https://a", "_1", now()).await);
    assert!(!claim("https://a", "_1", now()).await);
    assert!(claim("https://b", "_1", now()).await);
    assert!(claim("https://a_", "1", now()).await, "the names do not run together");
    assert!(claim("https://a", "_1", later()).await);
}

#[tokio::test]
async fn long_values_come_back_whole_or_not_at_all() {
    let house = House::new();
    let records = house.records();
    let noise: Vec<u8> = (0..100_000).flat_map(|_| house.random.bytes::<3>()).collect();
    for (id, bytes) in [("empty", &b""[..]), ("short", b"<xml/>"), ("noise", &noise)] {
        let mut batch = Batch::new();
        blob::put(records, &mut batch, id, bytes, Some(later())).unwrap();
        assert_eq!(house.commit(batch).await, Committed::Done);
        assert_eq!(blob::get(records, id, now()).await.unwrap().unwrap(), bytes);
    }
    assert!(blob::get(records, "noise", later()).await.unwrap().is_none());
    assert!(blob::get(records, "nois", now()).await.unwrap().is_none());
    let mut batch = Batch::new();
    let too_long = vec![0; blob::MAX_BLOB + 1];
    let refused = blob::put(records, &mut batch, "big", &too_long, None);
    assert!(matches!(refused, Err(StoreError::TooLarge(_))));

    let mut lost = Batch::new();
    lost.remove(records.key(Space::Blobs, "noise/0001"));
    assert_eq!(house.commit(lost).await, Committed::Done);
    assert!(blob::get(records, "noise", now()).await.is_err());
    let mut gone = Batch::new();
    blob::remove(records, &mut gone, "noise", noise.len());
    assert_eq!(house.commit(gone).await, Committed::Done);
    assert!(blob::get(records, "noise", now()).await.unwrap().is_none());
}

#[tokio::test]
async fn service_providers_are_added_changed_and_removed() {
    let house = House::new();
    let records = house.records();
    let settings = serde_json::json!({ "profile": "spid" });
    let long = "<EntityDescriptor/>".repeat(20_000);
    for (id, metadata) in [("https://b", "<b/>"), ("https://a", "<a/>"), ("https://a", &long)] {
        let added = service_providers::add(records, id, metadata, settings.clone(), now()).await;
        assert_eq!(added.unwrap(), Committed::Done);
    }
    let all = service_providers::list(records, now()).await.unwrap();
    assert_eq!(
        all.iter().map(|sp| sp.entity_id.as_str()).collect::<Vec<_>>(),
        ["https://a", "https://b"]
    );
    assert_eq!(all[0].settings, settings);
    let read = service_providers::metadata(records, &all[0], now()).await.unwrap().unwrap();
    assert_eq!(read, long.as_bytes());
    assert!(service_providers::remove(records, "https://a", now()).await.unwrap());
    assert!(!service_providers::remove(records, "https://a", now()).await.unwrap());
    assert!(service_providers::get(records, "https://a", now()).await.unwrap().is_none());
    let left = house.store.list(&house.tenant, Space::Blobs, "", None, 99, now()).await.unwrap();
    assert_eq!(left.len(), 1, "only the other's metadata is left");
}

/// Nothing of a person can be read, and no record passes for another.
#[tokio::test]
async fn records_are_sealed_each_in_its_place() {
    let house = House::new();
    let records = house.records();
    let mut batch = Batch::new();
    accounts::add(records, &mut batch, &account("s1", "anna.rossi")).unwrap();
    accounts::add(records, &mut batch, &account("s2", "mario")).unwrap();
    credentials::add(records, &mut batch, &totp("s1", None)).unwrap();
    let (activation, code) = activation("s1", "K7QM-0000-0000-0001");
    activations::put(records, &mut batch, &activation, &code).unwrap();
    assert_eq!(house.commit(batch).await, Committed::Done);
    for space in [Space::Accounts, Space::Names, Space::Credentials, Space::Codes] {
        let found = house.store.list(&house.tenant, space, "", None, 99, now()).await.unwrap();
        assert!(!found.is_empty());
        for (name, bytes) in found {
            let told = name + &String::from_utf8_lossy(&bytes);
            for secret in ["anna", "mario", "JBSWY3DPEHPK3PXP", "K7QM", "username"] {
                assert!(!told.contains(secret), "{secret} in {space:?}");
            }
        }
    }
    let of = |name: &str| records.key(Space::Accounts, name);
    let stolen = house.store.get(&of("s2"), now()).await.unwrap().unwrap();
    let mut batch = Batch::new();
    batch.put(of("s1"), Value::lasting(stolen));
    assert_eq!(house.commit(batch).await, Committed::Done);
    let refused = accounts::get(records, &Subject::new("s1".into()), now()).await.unwrap_err();
    let reason = |error| match error {
        StoreError::Unreadable { space: Space::Accounts, reason } => reason,
        other => panic!("{other:?}"),
    };
    assert!(matches!(reason(refused), Unreadable::Seal(_)));

    for (json, is_newer) in
        [(r#"{"v":2,"d":{"new":1}}"#, true), (r#"{"v":1,"d":{"new":1}}"#, false)]
    {
        let key = of("s2");
        let mut batch = Batch::new();
        let sealed = records.seal_bytes(&key, json.as_bytes()).unwrap();
        batch.put(key, Value::lasting(sealed));
        assert_eq!(house.commit(batch).await, Committed::Done);
        let refused = accounts::get(records, &Subject::new("s2".into()), now()).await.unwrap_err();
        match reason(refused) {
            Unreadable::Version { found: 2, known: 1 } => assert!(is_newer),
            Unreadable::Form(_) => assert!(!is_newer),
            other => panic!("{other:?}"),
        }
    }
}
