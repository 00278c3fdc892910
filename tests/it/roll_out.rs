//! What a campaign does beyond the mask: numbers that are corrected there, notices that leave, accounts of machines, and
//! registering again. Over real HTTP, on a clock that the test moves.

use std::sync::Arc;

use chrono::TimeDelta;
use ponte::admin::campaigns::{notices, report};
use ponte::admin::command::NewPerson;
use ponte::admin::desk::Desk;
use ponte::admin::{again, people};
use ponte::assurance::factor::Factor;
use ponte::enrolment::campaign::{Campaign, Outcome, Task};
use ponte::factors::sms::Budget;
use ponte::flow::notice::Mailing;
use ponte::flow::roll_out::tell;
use ponte::flow::texting::Texting;
use ponte::identity::account::{Account, AccountState};
use ponte::identity::attributes::{AttributeName, Attributes};
use ponte::identity::kind::IdentityKind;
use ponte::store::outbox::Queued;
use ponte::store::port::{Committed, Durability, Key, Space};
use ponte::store::record::Batch;
use ponte::store::{accounts, campaigns};
use ponte::world::outbox::{Body, Outbox};

use crate::campaigns::{begin, consents, desk, house, say, sources, with_number};
use crate::notices::{Held, round, told};
use crate::support::agent::{Agent, Page};
use crate::support::citizen::send;
use crate::support::house::{House, Inhabitant};

fn account(house: &House, person: &Inhabitant) -> Account {
    let found = accounts::get(house.env.records(), &person.subject, house.now());
    house.block_on(found).unwrap().unwrap().value.clone()
}

fn number(house: &House, person: &Inhabitant) -> Option<String> {
    account(house, person).attribute(AttributeName::MobilePhone).map(str::to_owned)
}

fn outcome(house: &House, person: &Inhabitant) -> Option<Outcome> {
    let found = campaigns::load(house.env.records(), "codes", &person.subject, house.now());
    let progress = house.block_on(found).unwrap();
    progress.value.done.get(&Task::Number).map(|(outcome, _)| *outcome)
}

fn type_number(agent: &mut Agent, page: &Page, number: &str) -> Page {
    let form = page.form_with(&["number"]).unwrap_or_else(|| panic!("{}", page.body));
    agent.submit(page, &form, &[("number", number)]).unwrap()
}

/// BI-07, BI-08: confirm, correct, insert, each in the mask itself and without another question; each is kept, and the mask does
/// not come again.
#[test]
fn bi_07_the_mask_confirms_corrects_and_inserts() {
    let house = house();
    let [anna, bruno, carla] = ["anna", "bruno", "carla"].map(|name| house.enrolled(name));
    with_number(&house, &anna);
    with_number(&house, &bruno);
    house.wait(3 * 3600);
    let (mut agent, page) = begin(&house, &anna);
    say(&mut agent, &page, "right");
    assert_eq!(outcome(&house, &anna), Some(Outcome::Confirmed));
    assert_eq!(number(&house, &anna).as_deref(), Some("+393331234567"));

    let (mut agent, page) = begin(&house, &bruno);
    let page = type_number(&mut agent, &page, "not a number");
    assert_eq!(page.status, 422);
    assert!(page.body.contains("value=\"not a number\""), "{}", page.body);
    assert_eq!(outcome(&house, &bruno), None, "nothing is done");
    let page = type_number(&mut agent, &page, "333 765 4321");
    assert!(page.body.contains("recupero"), "the second task: {}", page.body);
    assert_eq!(outcome(&house, &bruno), Some(Outcome::Corrected));
    assert_eq!(number(&house, &bruno).as_deref(), Some("+393337654321"));

    let (mut agent, page) = begin(&house, &carla);
    assert!(page.form_with_button("said", "right").is_none(), "there is nothing to confirm");
    type_number(&mut agent, &page, "0039 333 1112222");
    assert_eq!(outcome(&house, &carla), Some(Outcome::Inserted));
    assert_eq!(number(&house, &carla).as_deref(), Some("+393331112222"));
    for person in [&anna, &bruno, &carla] {
        let (_, page) = begin(&house, person);
        assert!(page.form_with(&["number"]).is_none(), "{}", page.body);
    }
    let (sources, campaign) = (sources(), house.env.settings.campaigns[0].clone());
    let desk = desk(&house, &sources);
    let policy = &house.env.settings.levels;
    let told = house.block_on(report(&desk, &campaign, policy, house.now())).unwrap();
    // BI-11: each task has its own count.
    assert_eq!((told.done[&Task::Number], told.done[&Task::RecoveryAddress]), (3, 0));
}

/// BI-08: the number that is typed in a mask that was open is taken in the period, and no more once it is over.
#[test]
fn bi_08_the_mask_writes_a_number_in_the_period_alone() {
    let house = house();
    let anna = house.enrolled("anna");
    house.wait(26 * 3600 - 60);
    let (mut agent, page) = begin(&house, &anna);
    house.wait(61);
    type_number(&mut agent, &page, "333 765 4321");
    assert_eq!(number(&house, &anna), None, "the period is over");
}

fn telling() -> (House, Arc<Held>) {
    let out = Arc::new(Held::default());
    let outbox: Arc<dyn Outbox> = Arc::<Held>::clone(&out);
    let house = House::with(|making| {
        making.mailing = Some(Mailing { outbox, keep: TimeDelta::days(3) });
        making.settings.campaigns = vec![Campaign {
            name: "codes".into(),
            start: making.start + TimeDelta::days(20),
            end: making.start + TimeDelta::days(40),
            population: Vec::new(),
            factor: Factor::Totp,
            tasks: vec![Task::Number],
            notices: vec![30, 7],
        }];
    });
    (house, out)
}

/// BI-16: notices leave at the days that are configured, in both languages and with the date, once each, to whoever is not
/// ready; stopped half-way, it goes on with the others; the dry run says the same.
#[test]
fn bi_16_notices_leave_once_each_and_the_dry_run_says_so() {
    let (house, out) = telling();
    let (_anna, bruno, _carla) =
        (house.enrolled("anna"), house.inhabitant("bruno"), house.inhabitant("carla"));
    let run = || house.block_on(tell(&house.env)).unwrap();
    let dry = || {
        let (sources, campaign) = (sources(), house.env.settings.campaigns[0].clone());
        let desk = desk(&house, &sources);
        let policy = &house.env.settings.levels;
        let list = house.block_on(notices(&desk, &campaign, policy, house.now())).unwrap();
        (list.to.into_iter().map(|(who, _)| who).collect::<Vec<_>>(), list.told)
    };
    let sorted = |(mut who, told): (Vec<String>, usize)| {
        who.sort();
        (who, told)
    };
    assert_eq!(run(), 0, "the first day has not come");
    assert_eq!(sorted(dry()), (vec!["bruno".into(), "carla".into()], 0));
    house.wait(10 * 86_400);
    assert_eq!(sorted(dry()), (vec!["bruno".into(), "carla".into()], 0));
    assert_eq!(run(), 2);
    assert_eq!(dry(), (vec![], 2));
    assert_eq!(run(), 0, "once");
    // As if it had been killed before it noted that all were told: those who were are not told again.
    let forget = || {
        let key = Key::new(&house.env.tenant, Space::Meta, "campaign-told/codes");
        let mut batch = Batch::new();
        batch.remove(key);
        let done = batch.commit(&*house.env.store, Durability::Durable, house.now());
        assert_eq!(house.block_on(done).unwrap(), Committed::Done);
    };
    forget();
    house.inhabitant("dario");
    assert_eq!(run(), 1, "the one who was not told");
    assert_eq!(told(&house), ["campaign-notice"; 3]);
    round(&house);
    let mails = out.mails();
    assert_eq!(mails.len(), 3);
    for mail in &mails {
        assert!(mail.text.contains("1 gennaio 2027") && mail.text.contains("1 January 2027"));
        assert!(
            mail.text.contains("Che cosa fare") && !mail.html.contains("href"),
            "{}",
            mail.text
        );
    }
    house.wait(23 * 86_400);
    assert_eq!(run(), 3, "the second");
    house.wait(8 * 86_400);
    assert_eq!(run(), 0, "the end has come");
    let progress = campaigns::load(house.env.records(), "codes", &bruno.subject, house.now());
    let told = house.block_on(progress).unwrap().value.told.clone();
    assert_eq!(told.into_iter().collect::<Vec<_>>(), [7, 30]);
}

/// BI-16: who has no address gets the notice by SMS, in one message without a link; who has neither is noted as told, and counted.
#[test]
fn bi_16_who_has_no_address_is_told_by_sms() {
    let out: Arc<dyn Outbox> = Arc::new(Held::default());
    let house = House::with(|making| {
        let outbox = Arc::clone(&out);
        making.mailing = Some(Mailing { outbox, keep: TimeDelta::days(3) });
        making.texting = Some(Texting {
            outbox: Arc::clone(&out),
            country: "39".into(),
            served: vec!["+393".into()],
            budget: Budget { person: 10, range: 50, house: 100 },
        });
        making.settings.campaigns = vec![Campaign {
            name: "codes".into(),
            start: making.start,
            end: making.start + TimeDelta::days(5),
            population: Vec::new(),
            factor: Factor::Sms,
            tasks: vec![Task::Number],
            notices: vec![10],
        }];
    });
    let (bruno, carla) = (house.inhabitant("bruno"), house.inhabitant("carla"));
    let known = [(AttributeName::MobilePhone, "+393331234567"), (AttributeName::Name, "Carla")];
    for (person, (name, value)) in [&bruno, &carla].into_iter().zip(known) {
        let records = house.env.records();
        let found = accounts::get(records, &person.subject, house.now());
        let seen = house.block_on(found).unwrap().unwrap();
        let mut account = seen.value.clone();
        account.identities[0].attributes = Attributes::default();
        account.identities[0].attributes.set(name, value);
        let mut batch = Batch::new();
        accounts::update(records, &mut batch, &seen, &account).unwrap();
        let done = batch.commit(&*house.env.store, Durability::Durable, house.now());
        assert_eq!(house.block_on(done).unwrap(), Committed::Done);
    }
    assert_eq!(house.block_on(tell(&house.env)).unwrap(), 2);
    let records = house.env.records();
    let listed = records.list::<Queued>(Space::Outbox, "", None, 10, house.now());
    let waiting = house.block_on(listed).unwrap();
    let [one] = waiting.as_slice() else { panic!("one message, found {}", waiting.len()) };
    let Body::Sms(sms) = &one.value.message.body else { panic!("no SMS") };
    assert_eq!((sms.to.as_str(), &one.value.subject), ("+393331234567", &bruno.subject));
    assert!(sms.text.starts_with("Dal 27 novembre 2026 la password non basta"), "{}", sms.text);
    assert!(sms.text.chars().count() <= 160 && !sms.text.contains("://"));
    assert_eq!(house.block_on(tell(&house.env)).unwrap(), 0, "once");
}

/// BI-16: a server that was away for all of it tells of the last notice alone.
#[test]
fn bi_16_who_was_away_is_told_once() {
    let (house, _out) = telling();
    house.inhabitant("bruno");
    house.wait(34 * 86_400);
    assert_eq!(house.block_on(tell(&house.env)).unwrap(), 1);
    assert_eq!(told(&house).len(), 1);
}

/// BI-16: the login pages say it too, from the first notice to the end, in the reader's language.
#[test]
fn bi_16_the_login_pages_have_a_banner() {
    let (house, _out) = telling();
    let first = |english: bool| {
        let mut agent = if english { Agent::new().in_english() } else { Agent::new() };
        send(&mut agent, &house.spid(1, |_| {})).unwrap().body
    };
    let said = "Dal 1 gennaio 2027 per entrare non basterà più la password";
    assert!(!first(false).contains(said));
    house.wait(10 * 86_400);
    assert!(first(false).contains(said), "{}", first(false));
    assert!(first(true).contains("From 1 January 2027 the password will not be enough"));
    house.wait(30 * 86_400);
    assert!(!first(false).contains(said), "the end has come");
}

/// BI-12: nobody logs in with a machine's account, but for an hour, once, in the period; the report says who never did.
#[test]
fn bi_12_a_machine_s_account_has_one_interactive_session_in_the_period() {
    let house = house();
    let batch = house.inhabitant("batch");
    let (sources, campaign) = (sources(), house.env.settings.campaigns[0].clone());
    let desk: Desk<'_> = desk(&house, &sources);
    house.block_on(people::set_unattended(&desk, "batch", true, house.now())).unwrap();
    let never = || {
        let policy = &house.env.settings.levels;
        let told = house.block_on(report(&desk, &campaign, policy, house.now())).unwrap();
        told.never_interactive
    };
    let refused = |page: &Page| page.body.contains("nr23");
    assert!(refused(&begin(&house, &batch).1), "not yet");
    house.wait(3 * 3600);
    assert_eq!(never(), ["batch"]);
    let (mut agent, page) = begin(&house, &batch);
    let page = type_number(&mut agent, &page, "333 765 4321");
    let page = say(&mut agent, &page, "later");
    assert_eq!(never(), ["batch"], "nobody has been told who it is");
    house.accept(&mut agent, &page);
    assert!(never().is_empty());
    house.wait(3599);
    assert!(!refused(&begin(&house, &batch).1), "within the hour");
    house.wait(1);
    assert!(refused(&begin(&house, &batch).1), "once");
}

fn anew(username: &str, email: &str) -> NewPerson {
    let attributes = [
        ("email", email),
        ("mobilePhone", "+393337654321"),
        ("name", "Anna"),
        ("familyName", "Rossi"),
    ];
    NewPerson {
        password: Some("quattro gatti sul ponte".into()),
        kind: IdentityKind::Professional,
        attributes: attributes.map(|(name, value)| (name.into(), value.into())).into(),
        ..NewPerson::named(username.into())
    }
}

/// BI-14, BI-15: whoever the end locked out registers again under another name and another address; the old account is frozen
/// and linked, and nothing of what it was authorised for comes along: that is a piece of work for the desk.
#[test]
fn bi_14_registering_again_refuses_the_old_name_and_address_and_carries_nothing_over() {
    let house = house();
    let (anna, carlo) = (house.enrolled("anna"), house.inhabitant("carlo"));
    let (sources, campaign) = (sources(), house.env.settings.campaigns[0].clone());
    let desk = desk(&house, &sources);
    let policy = &house.env.settings.levels;
    let register = |before: &str, person: NewPerson| {
        let done = again::register(&desk, &campaign, policy, before, person, house.now());
        house.block_on(done).map_err(|error| error.to_string())
    };
    // The account's address is to be refused, so it is written as the desk writes it.
    let address = ponte::admin::recovery::address(&desk, "carlo", "c@example.org", house.now());
    house.block_on(address).unwrap();
    let refused = register("carlo", anew("carlo.new", "new@example.org")).unwrap_err();
    assert!(refused.contains("does not keep"), "before the end: {refused}");
    house.wait(31 * 86_400);
    let (mut agent, page) = begin(&house, &carlo);
    assert!(page.body.contains("registrarti di nuovo"), "the page says the way: {}", page.body);
    let form = page.form_with(&["csrf"]).unwrap();
    agent.submit(&page, &form, &[]).unwrap();
    for (before, person, why) in [
        ("anna", anew("anna.new", "new@example.org"), "does not keep"),
        ("carlo", anew("CARLO", "new@example.org"), "another user name"),
        ("carlo", anew("carlo.new", "C@EXAMPLE.org"), "another e-mail address"),
        ("carlo", anew("anna", "new@example.org"), "is taken"),
        ("carlo", anew("", "new@example.org"), "a user name has"),
        ("nobody", anew("carlo.new", "new@example.org"), "nobody has"),
    ] {
        let refused = register(before, person).unwrap_err();
        assert!(refused.contains(why), "{why}: {refused}");
    }
    let mut without = anew("carlo.new", "new@example.org");
    without.attributes.remove("mobilePhone");
    assert!(register("carlo", without).unwrap_err().contains("mobilePhone"));
    register("carlo", anew("carlo.new", "new@example.org")).unwrap();
    let old = account(&house, &carlo);
    assert_eq!(old.state, AccountState::Suspended);
    let new = accounts::by_username(house.env.records(), "carlo.new", house.now());
    let new = house.block_on(new).unwrap().unwrap().value.clone();
    assert_eq!(old.replaced_by.as_ref(), Some(&new.subject));
    assert_eq!(new.replaces.as_ref(), Some(&old.subject));
    let kinds: Vec<_> = new.identities.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [IdentityKind::Personal], "whatever was asked for");
    let work = || house.block_on(again::work(&desk, &campaign, house.now())).unwrap();
    assert_eq!((work().len(), work()[0].before.as_str()), (1, "carlo"));
    house.block_on(again::settle(&desk, &campaign, "carlo.new", house.now())).unwrap();
    assert!(work().is_empty());
    let refused = register("carlo", anew("carlo.third", "third@example.org")).unwrap_err();
    assert!(refused.contains("does not keep"), "frozen: {refused}");
    assert!(!consents(&begin(&house, &carlo).1));
    drop(anna);
}
