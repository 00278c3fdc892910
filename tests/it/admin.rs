//! What administrators do to people, on a store in memory and over the socket.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use ponte::admin::client::Client;
use ponte::admin::command::{Command, Done, NewPerson, Refused, StateOf};
use ponte::admin::desk::{self, Desk};
use ponte::admin::service_providers::Sources;
use ponte::admin::socket;
use ponte::assurance::level::Level;
use ponte::enrolment::activation::{ActivationCode, Delivery};
use ponte::enrolment::credential::Secret;
use ponte::factors::password::{Hashing, Verdict};
use ponte::flow::env::Partners;
use ponte::identity::account::{AccountState, Proofing, ProofingMethod};
use ponte::identity::attributes::AttributeName;
use ponte::identity::kind::IdentityKind;
use ponte::identity::tenant::TenantId;
use ponte::partners::registry::{Entry, Registry};
use ponte::saml::partner::Profile;
use ponte::store::memory::MemoryStore;
use ponte::store::record::Records;
use ponte::store::{accounts, activations, credentials};
use ponte::world::random::Random;
use ponte::world::seal::Seal;
use tempfile::TempDir;

use crate::support::keys;
use crate::support::sp::{Metadata, SPID_ENTITY};

struct House {
    store: MemoryStore,
    seal: Seal,
    random: Random,
    tenant: TenantId,
    hashing: Hashing,
    sources: Sources,
    partners: Partners,
    _folder: TempDir,
}

impl House {
    fn new() -> Self {
        let random = Random::seeded(7);
        let folder = TempDir::new().unwrap();
        Self {
            store: MemoryStore::new(),
            seal: Seal::generate(&random),
            random,
            tenant: TenantId::main(),
            hashing: Hashing::new(7168, 1, 1).unwrap(),
            sources: Sources {
                folder: folder.path().to_owned(),
                entries: HashMap::new(),
                ourselves: "https://idp.example.org/metadata".into(),
            },
            partners: Partners::new(Registry::default()),
            _folder: folder,
        }
    }

    fn records(&self) -> Records<'_> {
        let (store, seal, random, tenant) = (&self.store, &self.seal, &self.random, &self.tenant);
        Records { store, seal, random, tenant }
    }

    async fn ask(&self, command: Command) -> Result<Done, Refused> {
        let desk = Desk {
            records: self.records(),
            hashing: &self.hashing,
            spid_prefix: "PONT",
            activation: TimeDelta::days(30),
            sources: &self.sources,
            partners: Some(&self.partners),
            register: None,
        };
        desk::carry_out(&desk, command, now()).await
    }

    async fn refuses(&self, person: NewPerson) -> String {
        let checked = self.ask(Command::CheckPerson(Box::new(person.clone()))).await.unwrap_err();
        let added = self.ask(Command::AddPerson(Box::new(person))).await.unwrap_err();
        assert_eq!(checked, added);
        assert!(added.asker);
        added.reason
    }
}

fn now() -> DateTime<Utc> {
    "2026-11-22T00:10:03Z".parse().unwrap()
}

fn ada() -> NewPerson {
    NewPerson {
        username: "Ada".into(),
        password: Some("correct horse battery".into()),
        password_hash: None,
        kind: IdentityKind::Personal,
        attributes: BTreeMap::from([("name".into(), "Ada".into()), ("gender".into(), "F".into())]),
        identities: Vec::new(),
        proofing: Some(Proofing {
            method: ProofingMethod::Desk,
            date: now().date_naive(),
            operator: "desk 3".into(),
            evidence: "2026/17".into(),
        }),
        delivery: Delivery::Desk,
    }
}

fn set_state(username: &str, identity: Option<&str>, state: AccountState) -> Command {
    let set = StateOf { identity: identity.map(str::to_owned), state, reason: "why".into() };
    Command::SetState { username: username.into(), set }
}

async fn add(house: &House, person: NewPerson) -> String {
    match house.ask(Command::AddPerson(Box::new(person))).await.unwrap() {
        Done::Added(added) => added.activation_code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_person_is_added_with_password_and_activation_code() {
    let house = House::new();
    let code = add(&house, ada()).await;

    let account =
        accounts::by_username(house.records(), "ADA", now()).await.unwrap().unwrap().value;
    assert_eq!(account.username, "Ada");
    let spid = account.attribute(AttributeName::SpidCode).unwrap();
    assert!(spid.len() == 14 && spid.starts_with("PONT"), "{spid}");

    let password = credentials::get(house.records(), &account.subject, "password", now());
    let password = password.await.unwrap().unwrap().value;
    assert_eq!(password.binding, Level::Loa4);
    let Secret::Password { hash } = &password.secret else { panic!("{password:?}") };
    assert_eq!(house.hashing.check(hash, "correct horse battery"), Verdict::Held { rehash: false });
    assert_eq!(house.hashing.check(hash, "correct horse batterie"), Verdict::Wrong);

    let code = ActivationCode::read(&code).unwrap();
    let kept = activations::load(house.records(), &account.subject, now());
    let kept = kept.await.unwrap().unwrap().value;
    assert!(kept.is(house.records(), &code).unwrap());
    assert_eq!(kept.activation.subject, account.subject);
    assert_eq!(kept.activation.delivery, Delivery::Desk);
    assert_eq!(kept.activation.expires, now() + TimeDelta::days(30));
}

#[tokio::test]
async fn a_taken_name_adds_nothing() {
    let house = House::new();
    add(&house, ada()).await;
    let again = NewPerson { username: " aDA ".into(), ..ada() };
    assert!(house.refuses(again).await.contains("is taken"));
    let Ok(Done::People(people, None)) = house.ask(Command::ListPeople { after: None }).await
    else {
        panic!()
    };
    assert_eq!(people.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_taken_is_said_and_nothing_is_added() {
    let house = House::new();
    let attribute = |name: &str, value: &str| NewPerson {
        attributes: BTreeMap::from([(name.into(), value.into())]),
        ..ada()
    };
    let proofing = |change: fn(&mut Proofing)| {
        let mut person = ada();
        person.proofing.as_mut().map(change);
        person
    };
    let cases = [
        (NewPerson { username: "a b".into(), ..ada() }, "user name"),
        (NewPerson { username: "  ".into(), ..ada() }, "user name"),
        (NewPerson { password: Some("short".into()), ..ada() }, "at least 12 characters"),
        (NewPerson { password: None, ..ada() }, "either a password or a password-hash"),
        (NewPerson { password_hash: Some("x".into()), ..ada() }, "either a password"),
        (
            NewPerson { password: None, password_hash: Some("$1$abc".into()), ..ada() },
            "argon2id PHC string",
        ),
        (attribute("shoeSize", "39"), "no attribute \"shoeSize\""),
        (attribute("gender", "X"), "F or M"),
        (attribute("fiscalNumber", "TINIT-RSSMRA80A01H501A"), "check letter"),
        (proofing(|proofing| proofing.operator.clear()), "proofing"),
        (proofing(|proofing| proofing.date = "2026-11-23".parse().unwrap()), "proofing"),
    ];
    for (person, expected) in cases {
        let reason = house.refuses(person).await;
        assert!(reason.contains(expected), "expected {expected}, said {reason}");
    }
    let Ok(Done::People(people, None)) = house.ask(Command::ListPeople { after: None }).await
    else {
        panic!()
    };
    assert!(people.is_empty());
    add(&house, ada()).await;
}

#[tokio::test]
async fn suspended_and_resumed_but_never_once_revoked() {
    let house = House::new();
    add(&house, ada()).await;
    let set = |state| house.ask(set_state("ada", None, state));
    for state in [AccountState::Suspended, AccountState::Active, AccountState::Revoked] {
        set(state).await.unwrap();
        let account = accounts::by_username(house.records(), "ada", now()).await.unwrap().unwrap();
        assert_eq!(account.value.state, state);
    }
    assert!(set(AccountState::Active).await.unwrap_err().reason.contains("revoked"));
    let nobody = set_state("eve", None, AccountState::Suspended);
    assert!(house.ask(nobody).await.unwrap_err().reason.contains("nobody"));
}

#[tokio::test]
async fn a_person_is_shown_without_secrets() {
    let house = House::new();
    let code = add(&house, ada()).await;
    let shown = house.ask(Command::ShowPerson { username: "ada".into() }).await.unwrap();
    let json = serde_json::to_string(&shown).unwrap();
    assert!(json.contains("\"desk 3\"") && json.contains("password"), "{json}");
    assert!(!json.contains("argon2") && !json.contains(&code) && !json.contains("horse"), "{json}");
}

#[tokio::test]
async fn the_list_goes_on_from_its_mark() {
    let house = House::new();
    for number in 0..203 {
        let hash = house.hashing.hash_with("irrelevant here", &[0; 16]).unwrap();
        let username = format!("person{number}");
        let person = NewPerson { username, password: None, password_hash: Some(hash), ..ada() };
        add(&house, person).await;
    }
    let Ok(Done::People(first, mark)) = house.ask(Command::ListPeople { after: None }).await else {
        panic!()
    };
    assert_eq!(first.len(), 200);
    assert!(mark.is_some());
    let Ok(Done::People(rest, None)) = house.ask(Command::ListPeople { after: mark }).await else {
        panic!()
    };
    let names: std::collections::BTreeSet<_> =
        first.iter().chain(&rest).map(|row| row.username.clone()).collect();
    assert_eq!(names.len(), 203);
}

#[tokio::test]
async fn the_socket_carries_commands_and_refusals() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("admin.sock");
    assert!(Client::connect(&path).await.unwrap().is_none());

    let listener = socket::listen(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let house = std::sync::Arc::new(House::new());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let carry_out = move |command| {
        let house = std::sync::Arc::clone(&house);
        async move { house.ask(command).await }
    };
    let serving = tokio::spawn(socket::serve(listener, carry_out, async {
        stopped.await.ok();
    }));

    let mut client = Client::connect(&path).await.unwrap().unwrap();
    let greeted = client.ask(&Command::Greet).await.unwrap().unwrap();
    assert!(matches!(greeted, Done::Greeted { .. }));
    let added = client.ask(&Command::AddPerson(Box::new(ada()))).await.unwrap().unwrap();
    assert!(matches!(added, Done::Added(_)));
    let refused = client.ask(&Command::AddPerson(Box::new(ada()))).await.unwrap().unwrap_err();
    assert!(refused.reason.contains("is taken"), "{refused}");

    stop.send(()).unwrap();
    serving.await.unwrap();
    drop(client);
    assert!(Client::connect(&path).await.unwrap().is_none(), "a socket that nobody listens at");
    socket::listen(&path).unwrap();
}

#[tokio::test]
async fn a_foreign_command_is_refused_and_the_next_one_taken() {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("admin.sock");
    let listener = socket::listen(&path).unwrap();
    let carry_out = |_| async { Ok(Done::Checked) };
    tokio::spawn(socket::serve(listener, carry_out, std::future::pending()));
    let stream = tokio::net::UnixStream::connect(&path).await.unwrap();
    let (read, mut write) = stream.into_split();
    let mut lines = tokio::io::BufReader::new(read).lines();
    write.write_all(b"{\"explode\":{}}\n\"greet\"\n").await.unwrap();
    let first = lines.next_line().await.unwrap().unwrap();
    assert!(first.contains("refused") && first.contains("explode"), "{first}");
    assert_eq!(lines.next_line().await.unwrap().unwrap(), "{\"done\":\"checked\"}");
}

fn metadata() -> Metadata {
    Metadata::spid()
}

fn add_service_provider(xml: String) -> Command {
    let entry = Entry { profile: Some(Profile::Generic), ..Entry::default() };
    Command::AddServiceProvider { metadata: xml, entry }
}

fn is_known(house: &House) -> bool {
    house.partners.snapshot().find(SPID_ENTITY, now()).is_some()
}

#[tokio::test]
async fn a_service_provider_is_added_taken_up_and_removed() {
    let house = House::new();
    assert!(!is_known(&house));
    for expected in [false, true] {
        let done = house.ask(add_service_provider(metadata().signed(&keys::SP.signer))).await;
        let Ok(Done::ServiceProviderAdded { service_provider, replaced, .. }) = done else {
            panic!("{done:?}")
        };
        assert_eq!(replaced, expected);
        assert_eq!(service_provider.profile, Profile::Generic, "what was settled is kept");
        assert!(is_known(&house));
    }
    let Ok(Done::ServiceProviders(all, faults)) = house.ask(Command::ListServiceProviders).await
    else {
        panic!()
    };
    assert_eq!((all.len(), faults.len()), (1, 0));
    let entity_id = || SPID_ENTITY.to_owned();
    house.ask(Command::ShowServiceProvider { entity_id: entity_id() }).await.unwrap();
    house.ask(Command::RemoveServiceProvider { entity_id: entity_id() }).await.unwrap();
    assert!(!is_known(&house));
    let gone = house.ask(Command::RemoveServiceProvider { entity_id: entity_id() }).await;
    assert!(gone.unwrap_err().reason.contains("no service provider"));
}

#[tokio::test]
async fn metadata_that_cannot_be_taken_change_nothing() {
    let house = House::new();
    let ours = Metadata { entity_id: Some(house.sources.ourselves.clone()), ..metadata() };
    let altered = metadata().signed(&keys::SP.signer).replacen("Roma", "Rona", 1);
    let altered = altered.replacen("/acs", "/acx", 1);
    for (xml, expected) in [
        ("<x/>".to_owned(), "cannot be taken"),
        (altered, "signature"),
        (ours.signed(&keys::SP.signer), "our own"),
    ] {
        let refused = house.ask(add_service_provider(xml)).await.unwrap_err();
        assert!(refused.asker && refused.reason.contains(expected), "{refused}");
    }
    assert!(!is_known(&house));
}

#[tokio::test]
async fn a_file_of_the_folder_goes_before_the_store() {
    let house = House::new();
    let xml = metadata().signed(&keys::SP.signer);
    std::fs::write(house.sources.folder.join("sp.xml"), &xml).unwrap();
    let refused = house.ask(add_service_provider(xml)).await.unwrap_err();
    assert!(refused.reason.contains("sp.xml: change that file"), "{refused}");
    let remove = Command::RemoveServiceProvider { entity_id: SPID_ENTITY.to_owned() };
    let refused = house.ask(remove).await.unwrap_err();
    assert!(refused.reason.contains("sp.xml: change that file"), "{refused}");
}
