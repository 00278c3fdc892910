//! What people are told of what happens to their identity, and that it reaches them: over real HTTP, on a clock that the
//! test moves, with an outbox that the test holds.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::TimeDelta;
use ponte::flow::notice::Mailing;
use ponte::flow::post::deliver;
use ponte::identity::attributes::AttributeName;
use ponte::store::accounts;
use ponte::store::outbox::{self, Queued};
use ponte::store::port::{Durability, Space};
use ponte::store::record::{Batch, Loaded};
use ponte::telemetry::metrics::{Reading, text};
use ponte::world::outbox::{Body, Mail, Message, Outbox, SendError, Way};

use crate::own_factors::{asked_for_one, codes_of, press, type_recovery};
use crate::support::agent::{Agent, Page};
use crate::support::citizen::send;
use crate::support::house::{House, Inhabitant};
use crate::support::log::Log;

/// An outbox that keeps what it is given, and fails as it is told.
#[derive(Debug, Default)]
pub(crate) struct Held {
    sent: Mutex<Vec<Message>>,
    /// What the next ones come to: "later", "never"; nothing left is success.
    fails: Mutex<VecDeque<&'static str>>,
}

#[async_trait]
impl Outbox for Held {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        match self.fails.lock().unwrap().pop_front() {
            Some("later") => Err(SendError::Later("nobody listens".into())),
            Some(_) => Err(SendError::Never("no such mailbox".into())),
            None => {
                self.sent.lock().unwrap().push(message.clone());
                Ok(())
            }
        }
    }

    async fn try_out(&self) -> Result<(), SendError> {
        Ok(())
    }
}

impl Held {
    fn failing(&self, fails: &[&'static str]) {
        *self.fails.lock().unwrap() = fails.iter().copied().collect();
    }

    pub(crate) fn mails(&self) -> Vec<Mail> {
        let sent = self.sent.lock().unwrap();
        sent.iter()
            .map(|message| {
                let Body::Mail(mail) = &message.body else { panic!("no mail") };
                mail.clone()
            })
            .collect()
    }
}

pub(crate) fn house() -> (House, Arc<Held>) {
    let out = Arc::new(Held::default());
    let outbox: Arc<dyn Outbox> = Arc::<Held>::clone(&out);
    let house = House::with(|making| {
        making.mailing = Some(Mailing { outbox, keep: TimeDelta::days(3) });
        making.settings.support.email = Some("aiuto@example.org".into());
    });
    (house, out)
}

fn waiting(house: &House) -> Vec<Loaded<Queued>> {
    let records = house.env.records();
    house.block_on(records.list(Space::Outbox, "", None, 100, house.now())).unwrap()
}

pub(crate) fn told(house: &House) -> Vec<String> {
    waiting(house).into_iter().map(|one| one.value.what).collect()
}

pub(crate) fn round(house: &House) {
    house.block_on(deliver(&house.env, Way::Mail)).unwrap();
}

/// Logs in at SpidL1, to the end.
fn log_in(house: &House, agent: &mut Agent, person: &Inhabitant) -> Page {
    let page = house.walk(agent, &house.spid(1, |_| {}), person);
    house.accept(agent, &page)
}

fn wrong_passwords(house: &House, agent: &mut Agent, person: &Inhabitant, times: usize) {
    for n in 0..times {
        let page = send(agent, &house.spid(1, |_| {})).unwrap();
        let form = page.form_with(&["password"]).unwrap();
        let values = [("username", person.username.as_str()), ("password", "not the one")];
        let page = agent.submit(&page, &form, &values).unwrap();
        assert_eq!(page.status, 422, "{n}: {}", page.body);
        house.wait(3601);
    }
}

/// Once for each browser, at the first login from it; never for one that is known, nor within a session.
#[test]
fn a_login_from_a_new_browser_is_told_once() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = house.walk(&mut agent, &house.spid(1, |_| {}), &anna);
    assert!(told(&house).is_empty(), "nothing has happened yet");
    house.accept(&mut agent, &page);
    assert_eq!(told(&house), ["new-browser"]);
    round(&house);
    assert!(waiting(&house).is_empty());
    let [mail] = &out.mails()[..] else { panic!("one mail") };
    assert_eq!(mail.to, "anna@example.org");
    assert_eq!(mail.subject, "Ente di prova: Accesso da un nuovo browser");
    for form in [&mail.text, &mail.html] {
        for wanted in
            ["127.0.0.0/24", "Servizio uno", "aiuto@example.org", "22 novembre 2026, ore 11:00"]
        {
            assert!(form.contains(wanted), "{wanted}: {form}");
        }
    }
    log_in(&house, &mut agent, &anna);
    house.wait(9 * 3600);
    log_in(&house, &mut agent, &anna);
    assert!(told(&house).is_empty(), "the browser is known");
    log_in(&house, &mut Agent::new(), &anna);
    assert_eq!(told(&house), ["new-browser"]);
}

/// AR-07: the app counts from now on, the page says so, the log has `factor.activated` (operate::one_id), and a mail tells.
#[test]
fn a_new_app_is_told_by_page_and_mail() {
    let (house, out) = house();
    let bruno = house.inhabitant("bruno");
    let mut agent = Agent::new();
    let mut page = house.walk(&mut agent, &house.spid(2, |_| {}), &bruno);
    let form = page.form_with(&["activation"]).unwrap();
    page = agent.submit(&page, &form, &[("activation", &bruno.activation)]).unwrap();
    let seed = page.body.split("secret=").nth(1).unwrap();
    let seed: String = seed.chars().take_while(char::is_ascii_alphanumeric).collect();
    let form = page.form_with(&["code"]).unwrap();
    let wrong = agent.submit(&page, &form, &[("code", "000000")]).unwrap();
    assert!(told(&house).is_empty(), "a wrong code activates nothing");
    let code = ponte::factors::totp::code(&seed, 30, house.now()).unwrap();
    let page = agent.submit(&wrong, &form, &[("code", &code)]).unwrap();
    assert!(page.body.contains("Attivazione riuscita"), "the page says so: {}", page.body);
    assert_eq!(told(&house), ["new-app"]);
    round(&house);
    assert_eq!(out.mails()[0].subject, "Ente di prova: Nuova app per i codici monouso");
}

/// Recovery codes made and used, and a factor removed.
#[test]
fn what_becomes_of_factors_is_told() {
    let (house, _) = house();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let codes = codes_of(&house, &mut agent, &anna);
    assert_eq!(told(&house).iter().filter(|one| *one == "new-recovery-codes").count(), 1);
    let mut other = Agent::new();
    let page = asked_for_one(&house, &mut other, &anna);
    let page = type_recovery(&mut other, &page, "AAAAA-AAAAA");
    assert!(!told(&house).contains(&"recovery-code-used".to_owned()), "a wrong one");
    type_recovery(&mut other, &page, &codes[0]);
    assert!(told(&house).contains(&"recovery-code-used".to_owned()));
    let page = agent.get(&house.url("/account/factors")).unwrap();
    let page = press(&mut agent, &page, "/account/factors/remove");
    assert!(!told(&house).contains(&"factor-removed".to_owned()), "only asked");
    press(&mut agent, &page, "/account/factors/remove");
    assert!(told(&house).contains(&"factor-removed".to_owned()));
}

/// Who comes by the password after as many wrong ones as make strangers wait: told at once, the login over or not.
#[test]
fn a_password_that_holds_after_wrong_ones_from_elsewhere_is_told() {
    for (wrong, expected) in [(4, &[][..]), (5, &["unusual-login"][..])] {
        let (house, out) = house();
        let anna = house.enrolled("anna");
        wrong_passwords(&house, &mut Agent::new(), &anna, wrong);
        let page = house.walk(&mut Agent::new(), &house.spid(1, |_| {}), &anna);
        assert!(page.form_with_button("decision", "accept").is_some());
        assert_eq!(told(&house), expected, "{wrong}");
        round(&house);
        let texts: Vec<String> = out.mails().into_iter().map(|mail| mail.text).collect();
        assert!(texts.iter().all(|text| text.contains("dopo 5 tentativi sbagliati")), "{texts:?}");
    }
}

/// From the person's own browser wrong ones before are nothing unusual.
#[test]
fn a_known_browser_is_never_unusual() {
    let (house, _) = house();
    let anna = house.enrolled("anna");
    let mut own = Agent::new();
    log_in(&house, &mut own, &anna);
    round(&house);
    wrong_passwords(&house, &mut Agent::new(), &anna, 6);
    house.wait(9 * 3600);
    log_in(&house, &mut own, &anna);
    assert!(told(&house).is_empty());
}

#[test]
fn a_changed_password_is_told() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = agent.get(&house.url("/account")).unwrap();
    let form = page.forms().into_iter().find(|form| form.action == "/account/enter").unwrap();
    let page = agent.submit(&page, &form, &[]).unwrap();
    let form = page.form_with(&["username", "password"]).unwrap();
    let values = [("username", "anna"), ("password", anna.password.as_str())];
    agent.submit(&page, &form, &values).unwrap();
    assert_eq!(told(&house), ["new-browser"], "the person's own pages are entered by a login too");
    round(&house);
    let page = agent.get(&house.url("/account/password")).unwrap();
    let form = page.form_with(&["present", "new", "again"]).unwrap();
    let new = "battery staple, quite new";
    let mistaken = [("present", "not this one at all"), ("new", new), ("again", new)];
    agent.submit(&page, &form, &mistaken).unwrap();
    assert!(told(&house).is_empty(), "nothing was changed");
    let right = [("present", anna.password.as_str()), ("new", new), ("again", new)];
    agent.submit(&page, &form, &right).unwrap();
    assert_eq!(told(&house), ["password-changed"]);
    round(&house);
    assert_eq!(out.mails()[1].subject, "Ente di prova: Password cambiata");
    assert!(!out.mails()[1].text.contains(new));
}

/// A hundred wrong codes in a row block them, and the person hears of it once.
#[test]
fn a_blocked_credential_is_told_once() {
    use ponte::assurance::factor::Factor;
    use ponte::login::attempts::failed;
    use ponte::store::attempts;
    let (house, out) = house();
    let anna = house.enrolled("anna");
    let records = house.env.records();
    let seen = house.block_on(attempts::load(records, &anna.subject, Factor::Totp, house.now()));
    let seen = seen.unwrap();
    let many = (0..99).fold(seen.value.clone(), |all, _| failed(all, false, house.now()));
    let mut batch = Batch::new();
    attempts::update(records, &mut batch, &seen, &many, Factor::Totp, house.now()).unwrap();
    let done = house.block_on(batch.commit(&*house.env.store, Durability::Durable, house.now()));
    assert_eq!(done.unwrap(), ponte::store::port::Committed::Done);
    house.wait(3601);
    let mut agent = Agent::new();
    let mut page = send(&mut agent, &house.spid(2, |_| {})).unwrap();
    let form = page.form_with(&["username", "password"]).unwrap();
    let values = [("username", "anna"), ("password", anna.password.as_str())];
    page = agent.submit(&page, &form, &values).unwrap();
    let form = page.form_with(&["code"]).unwrap();
    page = agent.submit(&page, &form, &[("code", "000000")]).unwrap();
    assert_eq!(told(&house), ["codes-blocked"], "{}", page.body);
    if let Some(form) = page.form_with(&["code"]) {
        agent.submit(&page, &form, &[("code", "000000")]).unwrap();
    }
    assert_eq!(told(&house), ["codes-blocked"]);
    round(&house);
    assert_eq!(out.mails()[0].subject, "Ente di prova: Codici monouso bloccati");
}

/// Nobody to tell: the login goes on, and it is counted.
#[test]
fn whoever_has_no_address_is_counted() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    let (records, now) = (house.env.records(), house.now());
    let seen = house.block_on(accounts::get(records, &anna.subject, now)).unwrap().unwrap();
    let mut account = seen.value.clone();
    account.identities[0].attributes.set(AttributeName::Email, "");
    let mut batch = Batch::new();
    accounts::update(records, &mut batch, &seen, &account).unwrap();
    let _done = house.block_on(batch.commit(&*house.env.store, Durability::Durable, now)).unwrap();
    let line = "ponte_notices_total{what=\"new-browser\",result=\"no-address\"}";
    let counted = || {
        let figures = text(&Reading::default()).unwrap();
        let found = figures.lines().find_map(|row| row.strip_prefix(line)?.trim().parse().ok());
        found.unwrap_or(0_u64)
    };
    let before = counted();
    let page = log_in(&house, &mut Agent::new(), &anna);
    assert!(page.form_with(&["SAMLResponse"]).is_some());
    assert!(told(&house).is_empty() && out.mails().is_empty());
    assert!(counted() > before);
}

/// Where no mails are sent nothing is kept for them.
#[test]
fn without_a_way_nothing_waits() {
    let house = House::new();
    let anna = house.enrolled("anna");
    log_in(&house, &mut Agent::new(), &anna);
    assert!(told(&house).is_empty());
    round(&house);
}

/// Later, and later again, under the same name; then it leaves.
#[test]
fn a_mail_that_cannot_leave_is_tried_again_later_and_later() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    log_in(&house, &mut Agent::new(), &anna);
    let id = waiting(&house)[0].value.message.id.clone();
    out.failing(&["later"; 3]);
    for (tries, pause) in [(1, 5), (2, 10), (3, 20)] {
        round(&house);
        round(&house);
        let [one] = &waiting(&house)[..] else { panic!("it waits") };
        assert_eq!((one.value.tries, one.value.message.id.as_str()), (tries, id.as_str()));
        house.wait(pause - 1);
        round(&house);
        assert_eq!(waiting(&house)[0].value.tries, tries, "not before its time");
        house.wait(1);
    }
    round(&house);
    assert!(waiting(&house).is_empty());
    assert_eq!(out.sent.lock().unwrap()[0].id, id);
}

/// After its days it is dropped, and refused for good at once; the log says so.
#[test]
fn what_cannot_be_told_is_dropped_loudly() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    log_in(&house, &mut Agent::new(), &anna);
    log_in(&house, &mut Agent::new(), &anna);
    // One thread, so that all of its log is heard.
    let here = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (log, _listening) = Log::listen();
    out.failing(&["never", "later"]);
    here.block_on(deliver(&house.env, Way::Mail)).unwrap();
    assert_eq!(waiting(&house).len(), 1, "one was refused for good");
    house.wait(3 * 86_400);
    here.block_on(deliver(&house.env, Way::Mail)).unwrap();
    assert!(waiting(&house).is_empty() && out.mails().is_empty());
    let dropped = log.of("notice.dropped");
    assert_eq!(dropped.len(), 2);
    for row in &dropped {
        let known = (&row["level"], &row["what"], &row["subject"]);
        assert_eq!(known, (&"ERROR".into(), &"new-browser".into(), &anna.subject.as_str().into()));
        assert!(!row.to_string().contains("anna@"), "no address: {row}");
    }
    assert_eq!(log.of("notice.again").len(), 1);
}

/// Whoever is killed between sending and taking away sends it again, under the same name: once too often, never once too
/// few.
#[test]
fn a_crash_after_sending_sends_it_again_under_the_same_name() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    log_in(&house, &mut Agent::new(), &anna);
    let records = house.env.records();
    let [seen] = &waiting(&house)[..] else { panic!("one") };
    // As the sender does, up to where it is killed.
    let lease = TimeDelta::minutes(3);
    let claimed = house.block_on(outbox::claim(records, seen, lease, house.now())).unwrap();
    house.block_on(out.send(&claimed.unwrap().value.message)).unwrap();
    assert!(
        house.block_on(outbox::claim(records, seen, lease, house.now())).unwrap().is_none(),
        "another sender leaves it alone"
    );
    round(&house);
    assert_eq!(out.mails().len(), 1, "somebody is at it");
    house.wait(181);
    round(&house);
    let sent = out.sent.lock().unwrap();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
    drop(sent);
    assert!(waiting(&house).is_empty());
}

/// Many are sent in their order of time, some at once.
#[test]
fn many_leave_in_rounds() {
    let (house, out) = house();
    let anna = house.enrolled("anna");
    for _ in 0..20 {
        log_in(&house, &mut Agent::new(), &anna);
    }
    assert_eq!(waiting(&house).len(), 20);
    let mut rounds = 1;
    while house.block_on(deliver(&house.env, Way::Mail)).unwrap() {
        rounds += 1;
    }
    assert_eq!((rounds, out.mails().len(), waiting(&house).len()), (3, 20, 0));
}
