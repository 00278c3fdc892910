//! The page that waits for a phone hears of the answer by server-sent events (IC-10), over real HTTP.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ponte::flow::waiting::MOST_OF_ONE;

use crate::phones::{Handset, again, asked, confirmed, consents, house, link, number_of};
use crate::support::agent::{Agent, Page};
use crate::support::house::{House, Inhabitant};
use crate::support::wire::{connect, rest, status};

/// A stream of events, as far as it was read.
struct Events {
    stream: TcpStream,
    said: String,
}

impl Events {
    /// Asks for those of the page that waits, with the cookies of `agent`.
    fn open(house: &House, agent: &Agent, page: &Page) -> Self {
        let at =
            page.body.split_once("data-events=\"").unwrap_or_else(|| panic!("{}", page.body)).1;
        let at = at.split('"').next().unwrap();
        let mut stream = connect(house.port);
        let request = format!(
            "GET {at} HTTP/1.1\r\nHost: idp.localhost:{}\r\nAccept: text/event-stream\r\nCookie: {}\r\n\r\n",
            house.port,
            agent.cookie_header("idp.localhost"),
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut events = Self { stream, said: String::new() };
        events.until("\r\n\r\n");
        events
    }

    /// Reads until `what` was said.
    fn until(&mut self, what: &str) {
        let mut some = [0; 1024];
        while !self.said.contains(what) {
            let read = self.stream.read(&mut some).unwrap();
            assert!(read > 0, "{what} does not come: {}", self.said);
            self.said += &String::from_utf8_lossy(&some[..read]);
        }
    }

    /// Reads to the end, which comes before long.
    fn end(mut self) -> String {
        self.until("0\r\n\r\n");
        self.said
    }
}

fn waits() -> (House, Inhabitant, Handset, Agent, Page) {
    let house = house();
    let anna = house.enrolled("anna");
    let handset = link(&house, &anna, 1);
    let mut agent = Agent::new();
    let page = asked(&house, &mut agent, &anna, "push");
    (house, anna, handset, agent, page)
}

/// IC-10: told at once, once it is answered; then the stream is over, and nothing of it is kept on the way.
#[test]
fn ic_10_an_answer_is_told_at_once_and_ends_the_stream() {
    let (house, _, mut handset, mut agent, page) = waits();
    let mut events = Events::open(&house, &agent, &page);
    assert_eq!(status(&events.said), 200, "{}", events.said);
    let head = events.said.to_lowercase();
    for line in [
        "content-type: text/event-stream",
        "cache-control: no-store",
        "x-accel-buffering: no",
        "content-security-policy: default-src 'none'",
    ] {
        assert!(head.contains(line), "{line}: {head}");
    }
    events.until("data: {\"stage\":\"waiting\"}\n\n");
    let question = handset.look(&house);
    events.until("data: {\"stage\":\"opened\"}\n\n");
    let (number, begun) = (number_of(&page), Instant::now());
    handset.approve(&question, &number);
    let said = events.end();
    assert!(said.contains("data: {\"stage\":\"answered\"}\n\n"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(4), "not only when the store is looked into");
    assert!(consents(&confirmed(&mut agent, &page)));
}

/// It is the browser's whose login it is, and of no other.
#[test]
fn events_are_for_the_browser_of_the_login() {
    let (house, _, _, agent, page) = waits();
    let stranger = Events::open(&house, &Agent::new(), &page);
    assert_eq!(status(&stranger.said), 403, "{}", stranger.said);
    let own = Events::open(&house, &agent, &page);
    assert_eq!(status(&own.said), 200);
}

/// A comment now and then says that the connection lives, and what time alone has done is told too.
#[test]
fn events_tell_what_time_has_done() {
    let (house, _, _, agent, page) = waits();
    let mut events = Events::open(&house, &agent, &page);
    events.until("\n:\n\n");
    house.wait(3600);
    events.until("data: {\"stage\":\"over\"}\n\n");
    events.end();
}

/// A request that is sent again is followed by the same stream.
#[test]
fn ic_11_events_follow_a_request_that_is_sent_again() {
    let (house, _, mut handset, mut agent, page) = waits();
    let mut events = Events::open(&house, &agent, &page);
    events.until("waiting");
    house.wait(31);
    let page = again(&mut agent, &page);
    let question = handset.look(&house);
    handset.approve(&question, &number_of(&page));
    assert!(events.end().contains("answered"));
}

/// So many tabs of one login are told, and no more; a tab that is closed leaves its place; at the end all are sent away.
#[test]
fn so_many_are_told_and_all_leave_when_the_server_stops() {
    let (house, _, _, agent, page) = waits();
    let mut all: Vec<Events> =
        (0..MOST_OF_ONE).map(|_| Events::open(&house, &agent, &page)).collect();
    assert!(all.iter().all(|one| status(&one.said) == 200));
    assert_eq!(status(&Events::open(&house, &agent, &page).said), 204);
    all.pop();
    let patience = Instant::now() + Duration::from_secs(20);
    let next = loop {
        let next = Events::open(&house, &agent, &page);
        if status(&next.said) == 200 {
            break next;
        }
        assert!(Instant::now() < patience, "the place stays taken");
    };
    house.env.waiting.end();
    let ended = all.into_iter().chain([next]).map(Events::end);
    assert_eq!(ended.count(), MOST_OF_ONE);
    let late = Events::open(&house, &agent, &page);
    assert_eq!(status(&late.said), 204, "{}", late.said);
    let mut stream = late.stream;
    drop(stream.shutdown(std::net::Shutdown::Write));
    rest(&mut stream);
}
