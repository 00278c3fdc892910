//! Killed at any moment, the server has lost nothing that it acknowledged, and takes nothing twice.
//!
//! An acknowledgement is what a client got: a whole HTTP answer, or a command's exit status 0.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ponte::cli::signing::{self, Examples};
use ponte::cli::store;
use ponte::register::segment;
use ponte::register::verify::{Verdict, verify};
use ponte::world::clock::Clock;
use ponte::world::random::Random;

use crate::support::agent::{Agent, Page};
use crate::support::citizen::{Asked, Citizen, asked, send};
use crate::support::keys;
use crate::support::peer::Request;
use crate::support::server::Server;
use crate::support::sp::{AuthnRequest, Metadata, SPID_ENTITY};

/// How often the server is killed: PONTE_KILLS, or this.
const KILLS: u64 = 25;
const WORKERS: usize = 4;
/// How much of what a cycle acknowledged is tried again after it, of each kind.
const TRIED_AGAIN: usize = 4;

#[test]
#[ignore = "takes minutes; ./scripts/test runs it"]
fn kills_lose_nothing_and_nothing_is_taken_twice() {
    let kills = std::env::var_os("PONTE_KILLS")
        .map_or(KILLS, |said| said.to_string_lossy().parse().expect("PONTE_KILLS is a number"));
    let mut server = Server::new();
    server.add_metadata("sp", &Metadata::spid().signed(&keys::SP.signer), SPID_ENTITY, "spid");
    let ledger = Ledger::default();
    let names: Vec<String> = (0..100).map(|n| format!("imported-{n}")).collect();
    *lock(&ledger.ready) = server.import_users(&names);
    *lock(&ledger.people) = names;
    let random = Random::system();
    for kill in 0..=kills {
        server.start();
        ledger.try_again(&server);
        if kill == kills {
            break;
        }
        let load = Load { server: &server, ledger: &ledger, over: AtomicBool::new(false) };
        let [acknowledgements, milliseconds] = random.bytes();
        let before = ledger.acknowledged.load(Ordering::Relaxed);
        let enough = before + 4 + u64::from(acknowledgements) % 60;
        std::thread::scope(|scope| {
            let workers: Vec<_> =
                (0..WORKERS).map(|_| scope.spawn(|| load.log_people_in())).collect();
            let adder = scope.spawn(|| load.add_people());
            let slow = Instant::now() + Duration::from_secs(8);
            while ledger.acknowledged.load(Ordering::Relaxed) < enough && Instant::now() < slow {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_millis(u64::from(milliseconds) % 25));
            server.kill_now();
            load.over.store(true, Ordering::Relaxed);
            workers.into_iter().for_each(|worker| worker.join().expect("a worker"));
            adder.join().expect("the adder");
        });
        server.kill();
        let faults = ledger.faults();
        assert!(faults.is_empty(), "kill {kill}: {faults:#?}");
    }
    let known = String::from_utf8(server.ponte(&["user", "list"], "").stdout).expect("UTF-8");
    let people = ledger.people.lock().expect("people");
    for name in &*people {
        assert!(known.contains(name.as_str()), "{name} was added and is gone");
    }
    drop(people);
    server.stop();
    ledger.check_register(&server);
    let faults = ledger.faults();
    assert!(faults.is_empty(), "{faults:#?}");
    println!("{kills} kills: {}", ledger.summary());
    assert!(ledger.answered() as u64 >= kills, "there was load: {}", ledger.summary());
}

/// What was acknowledged.
#[derive(Default)]
struct Ledger {
    people: Mutex<Vec<String>>,
    /// People who may log in now: each is taken by one worker at a time.
    ready: Mutex<Vec<Citizen>>,
    /// Of the last cycle: requests that were answered with a page.
    requests: Mutex<Vec<Request>>,
    /// Of the last cycle: people whose code was taken, with that code.
    codes: Mutex<Vec<(Citizen, String)>>,
    /// Of the last cycle: logins that wait for their next step, nothing under way.
    parked: Mutex<Vec<(Agent, Page, Citizen, String)>>,
    /// Of the last cycle: logins that were answered, and where.
    answers: Mutex<Vec<(Agent, String, String)>>,
    /// Every answer that came: the request's id, and the responses' ids.
    responses: Mutex<BTreeMap<String, BTreeSet<String>>>,
    faults: Mutex<Vec<String>>,
    acknowledged: AtomicU64,
    requests_sent: AtomicU64,
    names_tried: AtomicU64,
    enrolled: AtomicU64,
    codes_taken: AtomicU64,
    replays_refused: AtomicU64,
    codes_refused: AtomicU64,
    repeated: AtomicU64,
    gone_on: AtomicU64,
    turned_away: AtomicU64,
}

/// Whether a person may log in again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    Ready,
    Gone,
}

struct Load<'a> {
    server: &'a Server,
    ledger: &'a Ledger,
    over: AtomicBool,
}

impl Load<'_> {
    fn over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn add_people(&self) {
        while !self.over() {
            // A name that a kill left in doubt may be taken: never the same again.
            let number = self.ledger.names_tried.fetch_add(1, Ordering::Relaxed);
            let name = format!("person-{number}");
            let Some(citizen) = self.server.try_add_user(&name) else { continue };
            count(&self.ledger.acknowledged);
            lock(&self.ledger.people).push(name);
            lock(&self.ledger.ready).push(citizen);
        }
    }

    fn log_people_in(&self) {
        while !self.over() {
            let Some(mut citizen) = self.ledger.take_ready() else {
                std::thread::sleep(Duration::from_millis(2));
                continue;
            };
            let (Ok(fate) | Err(fate)) = self.ledger.log_in(self.server, &mut citizen);
            if fate == Fate::Ready {
                lock(&self.ledger.ready).push(citizen);
            }
        }
    }
}

impl Ledger {
    fn take_ready(&self) -> Option<Citizen> {
        let mut ready = lock(&self.ready);
        let at =
            ready.iter().position(|citizen| citizen.app.as_ref().is_none_or(|app| app.ready()))?;
        Some(ready.swap_remove(at))
    }

    /// One login, with what was acknowledged on the way written down at once. An error is the kill:
    /// nothing was acknowledged, the login is given up.
    fn log_in(&self, server: &Server, citizen: &mut Citizen) -> Result<Fate, Fate> {
        let number = self.requests_sent.fetch_add(1, Ordering::Relaxed);
        let request = spid_request(server, &format!("_crash{number}"));
        let [_, b, c, d] = u32::try_from(number).unwrap_or_default().to_be_bytes();
        let mut agent = Agent::at(Ipv4Addr::new(10, c, d, b));
        let mut page = send(&mut agent, &request).map_err(|_| Fate::Ready)?;
        if !matches!(asked(&page), Some(Asked::Credentials(_))) {
            return Ok(self.turned_away(&page, "the first page"));
        }
        lock(&self.requests).push(request.clone());
        let enrolled_before = citizen.app.is_some();
        loop {
            let Some(step) = asked(&page) else {
                return Ok(self.turned_away(&page, &citizen.username));
            };
            if matches!(step, Asked::ActivationCode(_) | Asked::Enrolment(_)) && enrolled_before {
                self.fault(format!("{}: the enrolment is gone", citizen.username));
                return Ok(Fate::Gone);
            }
            if let Asked::Response(form) = &step {
                let response = form.field("SAMLResponse").unwrap_or_default();
                self.answered_with(&request.id, response);
                // Where the login stands: the address that the form was sent to, without its step.
                let login = page.url.join(".").expect("an address");
                let login = login.as_str().trim_end_matches('/').to_owned();
                lock(&self.answers).push((agent, login, response.to_owned()));
                return Ok(Fate::Ready);
            }
            if matches!(step, Asked::Code(_)) && number.is_multiple_of(7) {
                lock(&self.parked).push((agent, page, citizen.clone(), request.id));
                return Ok(Fate::Gone);
            }
            let next = if matches!(step, Asked::Consent(_)) && number.is_multiple_of(3) {
                self.consent_in_two_tabs(&mut agent, &page, citizen, &step, &request.id)
            } else {
                citizen.do_as(&mut agent, &page, &step)
            };
            // Was the app kept? Nobody knows, so this person logs in no more.
            let in_doubt =
                if matches!(step, Asked::Enrolment(_)) { Fate::Gone } else { Fate::Ready };
            let next = next.map_err(|_| in_doubt)?;
            match &step {
                Asked::Code(_) if !matches!(asked(&next), Some(Asked::Code(_))) => {
                    count(&self.codes_taken);
                    let code = citizen.app.as_ref().map(|app| app.used_code()).unwrap_or_default();
                    lock(&self.codes).push((citizen.clone(), code));
                }
                Asked::Enrolment(_) if !matches!(asked(&next), Some(Asked::Enrolment(_))) => {
                    count(&self.enrolled);
                }
                _ => {}
            }
            count(&self.acknowledged);
            page = next;
        }
    }

    /// Both tabs press at once: whatever comes is one answer.
    fn consent_in_two_tabs(
        &self,
        agent: &mut Agent,
        page: &Page,
        citizen: &mut Citizen,
        step: &Asked,
        request: &str,
    ) -> io::Result<Page> {
        let (mut other_agent, mut other_citizen) = (agent.clone(), citizen.clone());
        let (one, other) = std::thread::scope(|scope| {
            let other = scope.spawn(|| other_citizen.do_as(&mut other_agent, page, step));
            (citizen.do_as(agent, page, step), other.join().expect("the other tab"))
        });
        for came in [&one, &other].into_iter().flatten() {
            if let Some(Asked::Response(form)) = asked(came) {
                self.answered_with(request, form.field("SAMLResponse").unwrap_or_default());
            }
        }
        one.or(other)
    }

    fn answered_with(&self, request: &str, response: &str) {
        let xml =
            String::from_utf8(STANDARD.decode(response).unwrap_or_default()).unwrap_or_default();
        let id = xml.split(" ID=\"").nth(1).and_then(|rest| rest.split('"').next());
        if !xml.contains(&format!("InResponseTo=\"{request}\"")) {
            self.fault(format!("{request} was answered with {xml}"));
        }
        let mut responses = lock(&self.responses);
        let ids = responses.entry(request.to_owned()).or_default();
        ids.insert(id.unwrap_or_default().to_owned());
        if ids.len() > 1 {
            self.fault(format!("{request} was answered twice: {ids:?}"));
        }
    }

    /// After a start: what was taken is not taken again, what waited goes on.
    fn try_again(&self, server: &Server) {
        for (mut agent, page, mut citizen, request) in std::mem::take(&mut *lock(&self.parked)) {
            match citizen.finish(&mut agent, page) {
                Ok(delivered) => {
                    self.answered_with(&request, &delivered.response);
                    count(&self.gone_on);
                    lock(&self.ready).push(citizen);
                }
                Err(error) => self.fault(format!("{request} did not go on: {error}")),
            }
        }
        for request in
            std::mem::take(&mut *lock(&self.requests)).into_iter().rev().take(TRIED_AGAIN)
        {
            match send(&mut Agent::new(), &request).as_ref().map(asked) {
                Ok(Some(Asked::Credentials(_))) => {
                    self.fault(format!("{} was taken twice", request.id))
                }
                Ok(_) => count(&self.replays_refused),
                Err(error) => self.fault(format!("{} again: {error}", request.id)),
            }
        }
        for (citizen, code) in
            std::mem::take(&mut *lock(&self.codes)).into_iter().rev().take(TRIED_AGAIN)
        {
            match self.type_again(server, citizen, &code) {
                Ok(Some(Asked::Code(_))) => count(&self.codes_refused),
                Ok(asked) => self.fault(format!("a used code led to {asked:?}")),
                Err(error) => self.fault(format!("a used code: {error}")),
            }
        }
        for (mut agent, url, response) in
            std::mem::take(&mut *lock(&self.answers)).into_iter().rev().take(TRIED_AGAIN)
        {
            match agent.get(&url).as_ref().map(asked) {
                Ok(Some(Asked::Response(form)))
                    if form.field("SAMLResponse") == Some(&response) =>
                {
                    count(&self.repeated);
                }
                Ok(asked) => self.fault(format!("{url} was answered, and now: {asked:?}")),
                Err(error) => self.fault(format!("{url}: {error}")),
            }
        }
    }

    fn type_again(
        &self,
        server: &Server,
        mut citizen: Citizen,
        code: &str,
    ) -> io::Result<Option<Asked>> {
        let number = self.requests_sent.fetch_add(1, Ordering::Relaxed);
        let mut agent = Agent::new();
        let mut page = send(&mut agent, &spid_request(server, &format!("_again{number}")))?;
        while let Some(step) = asked(&page) {
            if let Asked::Code(form) = &step {
                return Ok(asked(&agent.submit(&page, form, &[("code", code)])?));
            }
            page = citizen.do_as(&mut agent, &page, &step)?;
        }
        Ok(None)
    }

    /// Every answer that came has its row, and the chain of rows holds.
    fn check_register(&self, server: &Server) {
        let settings = server.settings();
        let (_store, seal) = store::open(&settings, &Random::system()).expect("the store");
        let signing = signing::load(&settings.keys, Examples::Refuse).expect("the keys");
        let (folder, checkpoint) = (&settings.register.folder, &settings.register.checkpoint);
        let trusted = [signing.signer.certificate()];
        match verify(folder, checkpoint, &seal, &trusted).expect("the register is read") {
            Verdict::Sound(_) => {}
            Verdict::Faulty(fault) => self.fault(format!("the register: {fault:?}")),
        }
        let mut rows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for month in segment::months(folder).expect("the months") {
            let mut walk = segment::Walk::open(&month.path(folder)).expect("a month");
            let mut number = walk.header.first;
            while let segment::Step::Record { sealed, .. } = walk.step().expect("a record") {
                let row = segment::unpack(&seal, number, &sealed).expect("a row");
                rows.entry(row.request_id).or_default().insert(row.response_id);
                number += 1;
            }
        }
        for (request, responses) in &*lock(&self.responses) {
            let kept = rows.get(request).is_some_and(|kept| kept.is_superset(responses));
            if !kept {
                self.fault(format!("{request} was answered with {responses:?}: no such row"));
            }
        }
    }

    fn turned_away(&self, page: &Page, what: &str) -> Fate {
        count(&self.turned_away);
        if page.status >= 500 && page.status != 503 {
            self.fault(format!("{what}: {} {}", page.status, page.url));
        }
        Fate::Ready
    }

    fn fault(&self, fault: String) {
        lock(&self.faults).push(fault);
    }

    fn faults(&self) -> Vec<String> {
        lock(&self.faults).clone()
    }

    fn answered(&self) -> usize {
        lock(&self.responses).len()
    }

    fn summary(&self) -> String {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        format!(
            "{} acknowledgements, {} people added, {} apps enrolled, {} codes taken, {} logins answered, {} gone on with after a kill; tried again after a kill: \
             {} requests and {} codes refused, {} answers repeated byte for byte; {} turned away",
            read(&self.acknowledged),
            lock(&self.people).len(),
            read(&self.enrolled),
            read(&self.codes_taken),
            self.answered(),
            read(&self.gone_on),
            read(&self.replays_refused),
            read(&self.codes_refused),
            read(&self.repeated),
            read(&self.turned_away),
        )
    }
}

pub(crate) fn spid_request(server: &Server, id: &str) -> Request {
    let now = Clock::system().now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut request = AuthnRequest::spid(id, &now);
    request.destination = Some(server.url("/saml/sso"));
    let query = request.redirect(Some("state"), &keys::SP.signer);
    Request {
        post: false,
        url: format!("{}?{query}", server.url("/saml/sso")),
        fields: Vec::new(),
        id: id.to_owned(),
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panicked")
}
