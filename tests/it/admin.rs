//! What administrators do to people, on a store in memory and over the socket.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use ponte::admin::client::Client;
use ponte::admin::command::{Command, Done, Imported, NewIdentity, NewPerson, Refused, StateOf};
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
                copies: std::sync::Arc::default(),
            },
            partners: Partners::new(Registry::default()),
            _folder: folder,
        }
    }

    fn records(&self) -> Records<'_> {
        let (store, seal, random, tenant) = (&self.store, &self.seal, &self.random, &self.tenant);
        Records { store, seal, random, tenant, recent: None }
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
            registration: None,
            body: None,
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
        password_expired: false,
        suspended: false,
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
    let Secret::Password { hash, .. } = &password.secret else { panic!("{password:?}") };
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

/// IC-18: a person holds several identities, each with its own state, and says why it came about.
#[tokio::test]
async fn identities_are_added_and_suspended_one_by_one() {
    let house = House::new();
    add(&house, ada()).await;
    let said = NewIdentity {
        kind: IdentityKind::LegalProfessional,
        attributes: BTreeMap::from([
            ("companyName".into(), "Rossi Srl".into()),
            ("ivaCode".into(), "12345678903".into()),
        ]),
        proofing: ada().proofing,
    };
    let identity = Box::new(said.clone());
    let added = house.ask(Command::AddIdentity { username: "ada".into(), identity }).await;
    let Ok(Done::IdentityAdded { username, identity }) = added else { panic!("{added:?}") };
    assert_eq!((&*username, identity.number), ("Ada", 2));
    let code = identity.attributes.get(AttributeName::SpidCode).unwrap().to_owned();

    house.ask(set_state("ada", Some(&code), AccountState::Suspended)).await.unwrap();
    let account =
        async || accounts::by_username(house.records(), "ada", now()).await.unwrap().unwrap().value;
    let there = account().await;
    assert_eq!(there.state, AccountState::Active);
    let states: Vec<AccountState> = there.identities.iter().map(|one| one.state).collect();
    assert_eq!(states, [AccountState::Active, AccountState::Suspended]);
    assert_eq!(there.identities[1].history[0].reason, "why");
    house.ask(set_state("ada", Some(&code), AccountState::Revoked)).await.unwrap();
    let back = house.ask(set_state("ada", Some(&code), AccountState::Active)).await;
    assert!(back.unwrap_err().reason.contains("revoked, for good"));
    house.ask(set_state("ada", None, AccountState::Suspended)).await.unwrap();
    house.ask(set_state("ada", None, AccountState::Active)).await.unwrap();
    let states: Vec<AccountState> =
        account().await.history.iter().map(|change| change.state).collect();
    assert_eq!(states, [AccountState::Suspended, AccountState::Active]);
    let other = house.ask(set_state("ada", Some("PONT0"), AccountState::Suspended)).await;
    assert!(other.unwrap_err().reason.contains("no identity"));

    let nfc = Proofing { method: ProofingMethod::NfcDocument, ..ada().proofing.unwrap() };
    let bad = Box::new(NewIdentity { proofing: Some(nfc), ..said.clone() });
    let refused = house.ask(Command::AddIdentity { username: "ada".into(), identity: bad }).await;
    assert!(refused.unwrap_err().reason.contains("cannot be proofed by nfc-document"), "IC-19");
    for _ in 0..6 {
        let identity = Box::new(said.clone());
        house.ask(Command::AddIdentity { username: "ada".into(), identity }).await.unwrap();
    }
    let identity = Box::new(said);
    let refused = house.ask(Command::AddIdentity { username: "ada".into(), identity }).await;
    assert!(refused.unwrap_err().reason.contains("8 identities"));
}

/// IC-20: an address belongs to one account; whoever asks for a second one is shown the first.
#[tokio::test]
async fn an_address_belongs_to_one_account() {
    let house = House::new();
    let with = |username: &str, email: &str| NewPerson {
        username: username.into(),
        attributes: BTreeMap::from([("email".into(), email.into())]),
        ..ada()
    };
    add(&house, with("ada", "Ada@example.org")).await;
    let reason = house.refuses(with("adele", " ada@EXAMPLE.org ")).await;
    assert!(reason.contains("is that of \"ada\"") && reason.contains("ponte user identity ada"));
    add(&house, with("adele", "adele@example.org")).await;
    let second = |email: &str| Command::AddIdentity {
        username: "ada".into(),
        identity: Box::new(NewIdentity {
            kind: IdentityKind::Professional,
            attributes: BTreeMap::from([("email".into(), email.into())]),
            proofing: None,
        }),
    };
    let refused = house.ask(second("adele@example.org")).await.unwrap_err();
    assert!(refused.reason.contains("is that of \"adele\""), "{refused}");
    house.ask(second("ada@example.org")).await.unwrap();
    house.ask(second("ada@work.example.org")).await.unwrap();
    let reason = house.refuses(with("third", "ada@work.example.org")).await;
    assert!(reason.contains("is that of \"ada\""), "{reason}");

    let code = |username: &str, code: &str| NewPerson {
        username: username.into(),
        attributes: BTreeMap::from([("spidCode".into(), code.into())]),
        ..ada()
    };
    add(&house, code("fourth", "PONT000000000A")).await;
    let reason = house.refuses(code("fifth", "pont000000000a")).await;
    assert!(reason.contains("spidCode PONT000000000A is that of \"fourth\""), "{reason}");
}

#[tokio::test]
async fn the_same_line_again_is_no_second_person() {
    let house = House::new();
    let import = async |people: &[&NewPerson], dry| {
        let people = people.iter().map(|one| (*one).clone()).collect();
        match house.ask(Command::Import { people, dry }).await.unwrap() {
            Done::Imported(each) => each,
            other => panic!("{other:?}"),
        }
    };
    let bruno = NewPerson { username: "bruno".into(), ..ada() };
    let bad = NewPerson { username: "a b".into(), ..ada() };
    let dry = import(&[&ada(), &bad, &bruno], true).await;
    assert!(matches!(&dry[..], [Imported::Good, Imported::Refused(_), Imported::Good]));
    let each = import(&[&ada(), &bad, &ada(), &bruno], false).await;
    let [
        Imported::Added(first),
        Imported::Refused(_),
        Imported::Refused(twice),
        Imported::Added(_),
    ] = &each[..]
    else {
        panic!("{each:?}")
    };
    assert!(twice.contains("stands here twice"));
    // The password may be another: the line is known by what it says of the person.
    let again = NewPerson { password: Some("another long password".into()), ..ada() };
    assert!(matches!(&import(&[&again], false).await[..], [Imported::There { .. }]));
    let other = NewPerson { attributes: BTreeMap::new(), ..ada() };
    let each = import(&[&other], false).await;
    assert!(matches!(&each[..], [Imported::Refused(reason)] if reason.contains("is taken")));

    let account = accounts::by_username(house.records(), "ada", now()).await.unwrap().unwrap();
    let subject = account.value.subject;
    let is_good = async |code: &str| {
        let code = ActivationCode::read(code).unwrap();
        let kept = activations::load(house.records(), &subject, now()).await.unwrap().unwrap();
        kept.value.is(house.records(), &code).unwrap()
    };
    assert!(is_good(&first.activation_code).await);
    let delivery = Delivery::VerifiedContact;
    let new = house.ask(Command::NewCode { username: "ADA".into(), delivery }).await.unwrap();
    let Done::Added(new) = new else { panic!("{new:?}") };
    assert!(is_good(&new.activation_code).await);
    assert!(!is_good(&first.activation_code).await);
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
