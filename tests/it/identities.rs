//! Identities and what is told of them, over real HTTP: chosen, asked about, released as the service
//! provider's metadata say.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ponte::admin::desk::Desk;
use ponte::admin::privacy;
use ponte::admin::service_providers::Sources;
use ponte::identity::account::{Account, AccountState, Identity};
use ponte::identity::attributes::{AttributeName, Attributes};
use ponte::identity::kind::IdentityKind;
use ponte::saml::writer::Element;
use ponte::store::accounts;
use ponte::store::port::Durability;
use ponte::store::record::Batch;

use crate::support::agent::{Agent, Page};
use crate::support::house::{House, Inhabitant};
use crate::support::keys;
use crate::support::peer::Request;
use crate::support::sp::{AttributeSet, Metadata};

/// The `Response` that a page would post.
fn response(page: &Page) -> String {
    let form = page.form_with(&["SAMLResponse"]).unwrap_or_else(|| panic!("{}", page.body));
    let bytes = STANDARD.decode(form.field("SAMLResponse").unwrap()).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn change(house: &House, person: &Inhabitant, change: impl FnOnce(&mut Account)) {
    let records = house.env.records();
    let seen = house.block_on(accounts::get(records, &person.subject, house.now()));
    let seen = seen.unwrap().unwrap();
    let mut account = seen.value.clone();
    change(&mut account);
    let mut batch = Batch::new();
    accounts::update(records, &mut batch, &seen, &account).unwrap();
    let done = batch.commit(&*house.env.store, Durability::Durable, house.now());
    let _done = house.block_on(done).unwrap();
}

fn set(account: &mut Account, name: AttributeName, value: &str) {
    account.identities[0].attributes.set(name, value);
}

/// Somebody who works for herself and for a company too.
fn carla(house: &House) -> Inhabitant {
    let carla = house.enrolled("carla");
    change(house, &carla, |account| {
        let proofing = account.identities[0].proofing.clone();
        for (number, kind, extra) in [
            (2, IdentityKind::Professional, &[(AttributeName::IvaCode, "VATIT-12345678903")][..]),
            (
                3,
                IdentityKind::LegalProfessional,
                &[
                    (AttributeName::CompanyName, "Officine <Esempio> S.r.l."),
                    (AttributeName::IvaCode, "VATIT-12345678903"),
                ],
            ),
        ] {
            let mut attributes = Attributes::default();
            attributes.set(AttributeName::SpidCode, format!("PONT000000000{number}"));
            attributes.set(AttributeName::Name, "Carla");
            for (name, value) in extra {
                attributes.set(*name, *value);
            }
            let created = account.created;
            account.identities.push(Identity::new(
                number,
                kind,
                attributes,
                proofing.clone(),
                created,
            ));
        }
    });
    carla
}

/// A house whose service provider asks for these sets.
fn with_sets(sets: Vec<AttributeSet>) -> House {
    House::with(|making| {
        let metadata = Metadata { attribute_sets: sets, ..Metadata::spid() };
        making.service_providers[0].0 = metadata.signed(&keys::SP.signer);
    })
}

fn work_set() -> House {
    with_sets(vec![AttributeSet::new(
        0,
        "Imprese",
        &["spidCode", "name", "companyName", "ivaCode", "digitalAddress"],
    )])
}

fn wanting(house: &House, level: u8, purpose: Option<&'static str>) -> Request {
    house.spid(level, |request| {
        request.extensions =
            purpose.into_iter().map(|it| Element::new("spid:Purpose").text(it)).collect();
    })
}

fn choose(agent: &mut Agent, page: &Page, number: &str) -> Page {
    let form = chooser(page).unwrap_or_else(|| panic!("nothing to choose: {}", page.body));
    agent.submit(page, &form, &[("identity", number)]).unwrap()
}

fn chooser(page: &Page) -> Option<crate::support::agent::Form> {
    page.forms().into_iter().find(|form| form.action.ends_with("/identity"))
}

/// The `dt` and `dd` of what the consent page says is sent, and what it says is not there.
fn shown(page: &Page) -> (Vec<(String, String)>, Vec<String>) {
    let between = |text: &str, from: &str, to: &str| -> Vec<String> {
        text.split(from).skip(1).map(|part| part.split_once(to).unwrap().0.to_owned()).collect()
    };
    let facts = between(&page.body, "<dl class=\"facts\">", "</dl>").concat();
    let sent = between(&facts, "<dt>", "</dt>").into_iter().zip(between(&facts, "<dd>", "</dd>"));
    let absent = between(&page.body, "<ul class=\"absent\">", "</ul>").concat();
    (sent.collect(), between(&absent, "<li>", "</li>"))
}

/// The names and values of the assertion's attributes.
fn told(xml: &str) -> Vec<(String, String)> {
    xml.split("<saml:Attribute ")
        .skip(1)
        .map(|part| {
            let name = part.split_once("Name=\"").unwrap().1.split_once('"').unwrap().0;
            let value = part.split_once("<saml:AttributeValue").unwrap().1;
            let value = value.split_once('>').unwrap().1.split_once('<').unwrap().0;
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

/// IC-18: who holds several identities that serve chooses one, and what is told is that one's.
#[test]
fn the_person_chooses_the_identity_that_is_told_of() {
    let house = work_set();
    let carla = carla(&house);
    for (number, code, company) in [
        ("2", "PONT0000000002", None),
        ("3", "PONT0000000003", Some("Officine &lt;Esempio&gt; S.r.l.")),
    ] {
        house.wait(60);
        let mut agent = Agent::new();
        let page = house.walk(&mut agent, &wanting(&house, 2, Some("PX")), &carla);
        assert_eq!(page.status, 200);
        assert!(chooser(&page).is_some() && page.body.contains("PONT0000000002"));
        assert!(!page.body.contains("PONT0123456789"), "the personal one does not serve");
        let again = agent.get(page.url.as_str()).unwrap();
        assert!(chooser(&again).is_some(), "a reload shows it again");
        for nonsense in ["", "1", "9", "two"] {
            let page = choose(&mut agent, &page, nonsense);
            assert_eq!(page.status, 422, "{nonsense:?}");
            assert!(page.body.contains("Scegli un’identità per proseguire"), "{}", page.body);
        }
        let page = choose(&mut agent, &page, number);
        let xml = response(&house.accept(&mut agent, &page));
        assert!(xml.contains(code), "{xml}");
        let told = told(&xml);
        let said = told.iter().find(|(name, _)| name == "companyName");
        assert_eq!(said.map(|(_, value)| value.as_str()), company, "IC-18");
    }
}

#[test]
fn without_a_purpose_a_natural_person_s_identities_serve() {
    let house = work_set();
    let carla = carla(&house);
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &wanting(&house, 1, None), &carla);
    assert!(page.body.contains("PONT0123456789") && page.body.contains("PONT0000000002"));
    assert!(!page.body.contains("PONT0000000003"));
    let page = choose(&mut agent, &page, "1");
    assert!(response(&house.accept(&mut agent, &page)).contains("PONT0123456789"));
}

/// SPID nr30, and the control: an identity of the kind that is wanted, and no question.
#[test]
fn no_identity_of_the_kind_that_is_wanted_is_nr30() {
    let house = work_set();
    let anna = house.enrolled("anna");
    let carla = carla(&house);
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &wanting(&house, 1, Some("PG")), &anna);
    let xml = response(&page);
    assert!(xml.contains("ErrorCode nr30") && !xml.contains("Assertion"), "{xml}");
    let page = house.walk(&mut Agent::new(), &wanting(&house, 1, Some("PG")), &carla);
    assert!(page.form_with_button("decision", "accept").is_some(), "one serves: nothing to choose");
}

/// IC-17: the page lists what is sent and what is not there, which together are the set asked for;
/// and what it lists is what is sent.
#[test]
fn what_the_page_lists_is_the_set_asked_for_and_what_is_sent() {
    let all: Vec<&str> = AttributeName::ALL.iter().map(|name| name.as_str()).collect();
    let sets: Vec<Vec<&str>> = vec![all, vec!["email", "name"], vec!["digitalAddress"]];
    let house = with_sets(
        sets.iter().zip(0..).map(|(names, at)| AttributeSet::new(at, "Servizio", names)).collect(),
    );
    let anna = house.enrolled("anna");
    let records = house.env.records();
    let account = house.block_on(accounts::get(records, &anna.subject, house.now()));
    let held = account.unwrap().unwrap().value.identities[0].attributes.clone();
    for (set, at) in sets.iter().zip(0..) {
        house.wait(60);
        let request = house.spid(1, |request| request.attribute_index = Some(at.to_string()));
        let mut agent = Agent::new();
        let page = house.walk(&mut agent, &request, &anna);
        let (sent, absent) = shown(&page);
        assert_eq!(sent.len() + absent.len(), set.len());
        let expected: Vec<(String, String)> = set
            .iter()
            .filter_map(|name| {
                let value = held.get(AttributeName::parse(name).unwrap())?;
                Some(((*name).to_owned(), value.replace('&', "&amp;")))
            })
            .collect();
        let values: Vec<&String> = sent.iter().map(|(_, value)| value).collect();
        let page_values: Vec<String> = expected
            .iter()
            .map(|(_, value)| value.replace("&amp;", "&#38;").replace('\'', "&#39;"))
            .collect();
        assert_eq!(values, page_values.iter().collect::<Vec<_>>());
        assert_eq!(told(&response(&house.accept(&mut agent, &page))), expected);
    }
}

/// IC-17: what changed between the page and the press is shown again, and not sent.
#[test]
fn consent_is_to_what_was_shown() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &house.spid(2, |_| {}), &anna);
    change(&house, &anna, |account| set(account, AttributeName::Name, "Annamaria"));
    let again = house.accept(&mut agent, &page);
    assert!(again.form_with(&["SAMLResponse"]).is_none(), "nothing is sent");
    assert!(again.body.contains("I dati sono cambiati") && again.body.contains("Annamaria"));
    let forged = page.form_with_button("decision", "accept").unwrap();
    let values = [("decision", "accept"), ("shown", "")];
    let refused = agent.submit(&page, &forged, &values).unwrap();
    assert!(refused.form_with(&["SAMLResponse"]).is_none());
    let xml = response(&house.accept(&mut agent, &again));
    assert!(xml.contains(">Annamaria<"), "{xml}");
}

/// SPID nr23: whatever an operator does is in force at the next step of a login under way.
#[test]
fn a_login_under_way_hears_of_what_operators_do() {
    type Act = (&'static str, fn(&mut Account));
    let acts: [Act; 4] = [
        ("suspended", |account| account.state = AccountState::Suspended),
        ("revoked", |account| account.state = AccountState::Revoked),
        ("its identity", |account| account.identities[0].state = AccountState::Suspended),
        ("expired", |account| set(account, AttributeName::ExpirationDate, "2026-11-21")),
    ];
    for (what, act) in acts {
        let house = House::new();
        let anna = house.enrolled("anna");
        let mut agent = Agent::new();
        let page = house.walk(&mut agent, &house.spid(2, |_| {}), &anna);
        change(&house, &anna, act);
        let xml = response(&house.accept(&mut agent, &page));
        assert!(xml.contains("ErrorCode nr23"), "{what}: {xml}");
    }
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &house.spid(2, |_| {}), &anna);
    change(&house, &anna, |account| set(account, AttributeName::ExpirationDate, "2026-11-22"));
    assert!(response(&house.accept(&mut agent, &page)).contains("SpidL2"), "the last day counts");
}

#[test]
fn who_is_erased_is_out_of_their_login_at_once() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &house.spid(2, |_| {}), &anna);
    let sources = Sources {
        folder: std::path::PathBuf::new(),
        entries: std::collections::HashMap::new(),
        ourselves: String::new(),
        copies: std::sync::Arc::default(),
    };
    let desk = Desk {
        records: house.env.records(),
        hashing: &house.env.settings.hashing,
        spid_prefix: "PONT",
        activation: chrono::TimeDelta::days(30),
        sources: &sources,
        partners: None,
        register: None,
        registration: None,
        body: None,
    };
    let erase = |code| house.block_on(privacy::erase(&desk, "anna", code, house.now()));
    assert!(erase("RSSMRA85T10A562S").is_err());
    assert_eq!(erase("rssmra80a01h501u").unwrap().factors, 2);
    let xml = response(&house.accept(&mut agent, &page));
    assert!(xml.contains("ErrorCode nr23") && !xml.contains("Assertion"), "{xml}");
    let page = house.walk(&mut Agent::new(), &house.spid(1, |_| {}), &anna);
    assert!(response(&page).contains("ErrorCode nr19"), "nobody has that name any more");
}

/// The reserved sets of SPID (spid-saml §2.5): as the rules fill them where they are listed empty,
/// never more than that; and unknown (nr18) to who does not list them.
#[test]
fn reserved_sets_release_what_the_rules_put_in_them() {
    let full =
        ["spidCode", "name", "familyName", "dateOfBirth", "placeOfBirth", "address", "gender"];
    let house = with_sets(vec![
        AttributeSet::new(0, "Servizio", &["email"]),
        AttributeSet::new(99, "eIDAS Natural Person Minimum Attribute Set", &[]),
        AttributeSet::new(
            100,
            "eIDAS Natural Person Full Attribute Set",
            &[&full[..], &["fiscalNumber", "email", "mobilePhone"]].concat(),
        ),
    ]);
    let anna = house.enrolled("anna");
    change(&house, &anna, |account| {
        set(account, AttributeName::PlaceOfBirth, "H501");
        set(account, AttributeName::Address, "via Liszt 21 00144 Roma");
        set(account, AttributeName::Gender, "F");
    });
    for (index, expected) in
        [("99", full[..4].to_vec()), ("100", [&full[..], &["fiscalNumber"]].concat())]
    {
        house.wait(60);
        let request = house.spid(1, |request| request.attribute_index = Some(index.into()));
        let mut agent = Agent::new();
        let page = house.walk(&mut agent, &request, &anna);
        let xml = response(&house.accept(&mut agent, &page));
        let told = told(&xml);
        let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, expected, "{index}");
    }
    let house = House::new();
    for index in ["99", "100"] {
        let request = house.spid(1, |request| request.attribute_index = Some(index.into()));
        let page = house.walk(&mut Agent::new(), &request, &anna);
        assert!(response(&page).contains("ErrorCode nr18"), "{index} is not listed");
    }
}

/// The minors' rules (spid-saml §4): the person reads the words that the rules prescribe, and the
/// service provider learns nothing of their age.
#[test]
fn who_is_not_of_the_age_that_is_wanted_is_told_so() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let limited = |min: &'static str, max: &'static str| {
        house.spid(1, |request| {
            request.extensions = vec![
                Element::new("spid:AgeLimit")
                    .child(Element::new("spid:MinAge").text(min))
                    .child(Element::new("spid:MaxAge").text(max)),
            ];
        })
    };
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &limited("14", "17"), &anna);
    let words =
        "Spiacente Anna, ma non hai l’età richiesta da Servizio uno per accedere al servizio";
    assert!(page.body.contains(words), "{}", page.body);
    let xml = response(&page);
    assert!(xml.contains("ErrorCode nr30") && !xml.contains("1980"), "{xml}");
    let page = house.walk(&mut Agent::new(), &limited("18", "99"), &anna);
    assert!(page.form_with_button("decision", "accept").is_some());
}
