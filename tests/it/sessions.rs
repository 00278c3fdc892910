//! Sessions as the store keeps them: found by all that leads to them, changed only from what was seen,
//! gone once they are over.

use chrono::{DateTime, TimeDelta, Utc};
use ponte::assurance::factor::{Evidence, Factor};
use ponte::assurance::level::Level;
use ponte::identity::name_id::NameId;
use ponte::identity::subject::Subject;
use ponte::identity::tenant::TenantId;
use ponte::login::request::LocalName;
use ponte::login::session::{Beginning, Lives, MOST_PARTICIPANTS, Participant, Seen, Session};
use ponte::store::memory::MemoryStore;
use ponte::store::port::{Committed, Durability, Space, Store};
use ponte::store::record::{Batch, Loaded, Records};
use ponte::store::sessions;
use ponte::world::random::Random;
use ponte::world::seal::Seal;

const LIVES: Lives = Lives { idle: TimeDelta::minutes(30), absolute: TimeDelta::hours(8) };

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

    async fn commit(&self, batch: Batch, now: DateTime<Utc>) -> Committed {
        batch.commit(&self.store, Durability::Durable, now).await.unwrap()
    }

    async fn open(&self, session: &Session) {
        let mut batch = Batch::new();
        sessions::open(self.records(), &mut batch, session).unwrap();
        assert_eq!(self.commit(batch, session.opened).await, Committed::Done);
    }

    async fn get(&self, id: &str, now: DateTime<Utc>) -> Option<Loaded<Session>> {
        sessions::get(self.records(), id, now).await.unwrap()
    }

    async fn entries(&self, now: DateTime<Utc>) -> usize {
        let (tenant, space) = (&self.tenant, Space::SessionIndex);
        self.store.list(tenant, space, "", None, 1000, now).await.unwrap().len()
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn session(id: &str, subject: &str, opened: DateTime<Utc>) -> Session {
    let beginning = Beginning {
        id: id.into(),
        tenant: TenantId::main(),
        subject: Subject::new(subject.into()),
        seen: Seen { browser: "Firefox, Linux".into(), network: "192.0.2.0/24".into() },
        secret: "digest".into(),
    };
    Session::open(
        beginning,
        &[Evidence::held(Factor::Password, opened, Level::Loa3)],
        LIVES,
        opened,
    )
}

fn told(entity_id: &str, name: &str, index: &str) -> Participant {
    Participant {
        entity_id: entity_id.into(),
        service: LocalName { it: Some("Anagrafe".into()), en: None },
        name: NameId {
            value: name.into(),
            format: "urn:oasis:names:tc:SAML:2.0:nameid-format:transient".into(),
            name_qualifier: Some("https://idp.example.org/metadata".into()),
            sp_name_qualifier: None,
        },
        session_index: index.into(),
        at: at(0),
        identity: 0,
        granted: None,
    }
}

const A: &str = "https://a.example";
const B: &str = "https://b.example";

#[tokio::test]
async fn a_session_is_found_by_all_that_leads_to_it_and_by_nothing_else() {
    let house = House::new();
    let records = house.records();
    let (of_ada, _) = session("one", "ada", at(0)).join(told(A, "_n1", "_i1"));
    let (elsewhere, _) = session("two", "ada", at(5)).join(told(A, "_n2", "_i2"));
    let (of_eve, _) = session("three", "eve", at(0)).join(told(B, "_n1", "_i1"));
    for one in [&of_ada, &elsewhere, &of_eve] {
        house.open(one).await;
    }
    let ids = |found: Vec<Loaded<Session>>| -> Vec<String> {
        found.into_iter().map(|one| one.value.id).collect()
    };
    let subject = |name: &str| Subject::new(name.into());
    let all = sessions::of_subject(records, &subject("ada"), at(10)).await.unwrap();
    assert_eq!(ids(all), ["two", "one"], "the last to serve first");
    let none = sessions::of_subject(records, &subject("ad"), at(10)).await.unwrap();
    assert!(none.is_empty());
    for (entity_id, index, expected) in
        [(A, "_i1", &["one"][..]), (A, "_i2", &["two"]), (B, "_i1", &["three"]), (B, "_i2", &[])]
    {
        let found = sessions::by_index(records, entity_id, index, at(10)).await.unwrap();
        assert_eq!(ids(found), expected, "{entity_id} {index}");
    }
    for (entity_id, name, expected) in
        [(A, "_n1", &["one"][..]), (A, "_n2", &["two"]), (B, "_n1", &["three"]), (B, "_n2", &[])]
    {
        let found = sessions::by_name_id(records, entity_id, name, at(10)).await.unwrap();
        assert_eq!(ids(found), expected, "{entity_id} {name}");
    }
}

#[tokio::test]
async fn two_sessions_that_share_a_lasting_name_are_both_found() {
    let house = House::new();
    for id in ["one", "two"] {
        let (session, _) = session(id, "ada", at(0)).join(told(A, "lasting", &format!("_{id}")));
        house.open(&session).await;
    }
    let found = sessions::by_name_id(house.records(), A, "lasting", at(1)).await.unwrap();
    assert_eq!(found.len(), 2);
}

#[tokio::test]
async fn what_ended_leaves_nothing_behind() {
    let house = House::new();
    let (session, _) = session("one", "ada", at(0)).join(told(A, "_n1", "_i1"));
    house.open(&session).await;
    let seen = house.get("one", at(1)).await.unwrap();
    let (grown, _) = seen.value.clone().join(told(B, "_n2", "_i2"));
    let mut batch = Batch::new();
    sessions::update(house.records(), &mut batch, &seen, &grown).unwrap();
    assert_eq!(house.commit(batch, at(1)).await, Committed::Done);
    assert_eq!(house.entries(at(2)).await, 5);
    let seen = house.get("one", at(2)).await.unwrap();
    let left = seen.value.clone().leave(|one| one.entity_id == A);
    let mut batch = Batch::new();
    sessions::update(house.records(), &mut batch, &seen, &left).unwrap();
    assert_eq!(house.commit(batch, at(2)).await, Committed::Done);
    assert_eq!(house.entries(at(3)).await, 3);
    let seen = house.get("one", at(3)).await.unwrap();
    let mut batch = Batch::new();
    sessions::end(house.records(), &mut batch, &seen).unwrap();
    assert_eq!(house.commit(batch, at(3)).await, Committed::Done);
    assert_eq!(house.entries(at(4)).await, 0);
    assert!(house.get("one", at(4)).await.is_none());
}

#[tokio::test]
async fn of_two_writers_one_is_told_and_no_ended_session_comes_back() {
    let house = House::new();
    house.open(&session("one", "ada", at(0))).await;
    let first = house.get("one", at(1)).await.unwrap();
    let second = house.get("one", at(1)).await.unwrap();
    let mut batch = Batch::new();
    sessions::end(house.records(), &mut batch, &first).unwrap();
    assert_eq!(house.commit(batch, at(2)).await, Committed::Done);
    let touched = second.value.clone().touch(LIVES, at(2));
    let wrote = sessions::touch(house.records(), &second, &touched, at(2)).await.unwrap();
    assert_eq!(wrote, Committed::Conflict(0));
    let mut batch = Batch::new();
    let (grown, _) = second.value.clone().join(told(A, "_n", "_i"));
    sessions::update(house.records(), &mut batch, &second, &grown).unwrap();
    assert_eq!(house.commit(batch, at(2)).await, Committed::Conflict(0));
    assert!(house.get("one", at(3)).await.is_none());
    assert_eq!(house.entries(at(3)).await, 0);
}

#[tokio::test]
async fn it_is_gone_when_idle_unless_it_served() {
    let house = House::new();
    for id in ["idle", "used"] {
        house.open(&session(id, "ada", at(0))).await;
    }
    let seen = house.get("used", at(1700)).await.unwrap();
    let touched = seen.value.clone().touch(LIVES, at(1700));
    let done = sessions::touch(house.records(), &seen, &touched, at(1700)).await.unwrap();
    assert_eq!(done, Committed::Done);
    assert!(house.get("idle", at(1799)).await.is_some());
    assert!(house.get("idle", at(1800)).await.is_none());
    assert!(house.get("used", at(1700 + 1799)).await.is_some());
    assert!(house.get("used", at(1700 + 1800)).await.is_none());
}

/// The fullest session fits into a value, and none of it is readable at rest.
#[tokio::test]
async fn the_largest_session_is_taken_and_is_sealed() {
    let house = House::new();
    let mut full = session("one", "ada", at(0));
    for number in 0..MOST_PARTICIPANTS + 5 {
        let entity_id = format!("https://{number}.example/{}", "x".repeat(900));
        full = full.join(told(&entity_id, &format!("_n{number}"), &format!("_i{number}"))).0;
    }
    house.open(&full).await;
    assert_eq!(house.get("one", at(1)).await.unwrap().value, full);
    let (tenant, space) = (&house.tenant, Space::Sessions);
    let raw = house.store.list(tenant, space, "", None, 10, at(1)).await.unwrap();
    let [(name, bytes)] = &raw[..] else { panic!("one session") };
    assert!(!name.contains("one"));
    for secret in [&b"192.0.2"[..], b"Anagrafe", b"digest", b"ada"] {
        assert!(!bytes.windows(secret.len()).any(|part| part == secret));
    }
}
