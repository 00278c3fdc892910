//! Help on each page, votes on it, and what browsers that are too old are told.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use ponte::store::feedback::{self, Votes};

use crate::support::agent::{Agent, Page};
use crate::support::citizen::send;
use crate::support::house::House;
use crate::support::keys;
use crate::support::server::Server;
use crate::support::sp::{AuthnRequest, Metadata, SPID_ENTITY};

/// The help page that a page leads to.
fn help_of(page: &Page) -> Option<String> {
    let link = page.body.split_once("href=\"/help/")?.1;
    Some(format!("/help/{}", link.split('"').next()?.replace("&#38;", "&")))
}

/// IC-24: each page of a login leads to the help that goes with it.
#[test]
fn ic_24_each_step_has_its_help() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = send(&mut agent, &house.spid(2, |_| {})).unwrap();
    assert_eq!(help_of(&page).as_deref(), Some("/help/password"));
    let form = page.form_with(&["username", "password"]).unwrap();
    let values = [("username", "anna"), ("password", anna.password.as_str())];
    let page = agent.submit(&page, &form, &values).unwrap();
    assert_eq!(help_of(&page).as_deref(), Some("/help/code"));
    let form = page.form_with(&["code"]).unwrap();
    let page = agent.submit(&page, &form, &[("code", &house.code(&anna))]).unwrap();
    assert_eq!(help_of(&page).as_deref(), Some("/help/consent"));
    for path in ["/help", "/help/password", "/help/code", "/help/consent", "/help/errors"] {
        let page = agent.get(&house.url(path)).unwrap();
        assert_eq!(page.status, 200, "{path}");
    }
    assert_eq!(agent.get(&house.url("/help/nothing")).unwrap().status, 404);
}

/// IC-24: votes are counted, and nothing else of them is kept.
#[test]
fn ic_24_votes_are_counted() {
    let house = House::new();
    let votes = |topic: &str| {
        house.block_on(feedback::votes(house.env.records(), topic, house.now())).unwrap()
    };
    let mut agent = Agent::new();
    for (answer, expected) in [
        ("yes", Votes { yes: 1, no: 0 }),
        ("no", Votes { yes: 1, no: 1 }),
        ("yes", Votes { yes: 2, no: 1 }),
    ] {
        let page = agent.get(&house.url("/help/levels")).unwrap();
        let form = page.form_with_button("useful", answer).unwrap();
        let page = agent.submit(&page, &form, &[("useful", answer)]).unwrap();
        assert_eq!(page.status, 200);
        assert_eq!(votes("levels"), expected);
        assert!(page.form_with_button("useful", answer).is_none(), "one vote a visit");
    }
    let page = agent.get(&house.url("/help/levels")).unwrap();
    let form = page.form_with_button("useful", "yes").unwrap();
    assert_eq!(agent.submit(&page, &form, &[("useful", "perhaps")]).unwrap().status, 404);
    assert_eq!(votes("levels"), Votes { yes: 2, no: 1 });
    assert_eq!(votes("password"), Votes::default());
}

/// Of votes at the same moment each counts.
#[test]
fn racing_votes_all_count() {
    let house = House::new();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let mut agent = Agent::new();
                let page = agent.get(&house.url("/help/code")).unwrap();
                let form = page.form_with_button("useful", "yes").unwrap();
                assert_eq!(agent.submit(&page, &form, &[("useful", "yes")]).unwrap().status, 200);
            });
        }
    });
    let votes = house.block_on(feedback::votes(house.env.records(), "code", house.now()));
    assert_eq!(votes.unwrap(), Votes { yes: 6, no: 0 });
}

/// IC-24: the log has the help page beside the error that led to it.
#[test]
fn ic_24_the_log_has_the_help_with_the_error() {
    let mut server = Server::new();
    server.start();
    let mut agent = Agent::new();
    let page = agent.get(&server.url("/saml/sso")).unwrap();
    assert_eq!(page.status, 403);
    let code = page.body.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let link = help_of(&page).unwrap();
    assert_eq!(link, format!("/help/errors?error=4&code={code}"));
    let page = agent.get(&server.url(&link)).unwrap();
    assert!(page.body.contains("nr04") && page.body.contains(&code), "{}", page.body);
    let form = page.form_with_button("useful", "no").unwrap();
    agent.submit(&page, &form, &[("useful", "no")]).unwrap();
    for event in ["help.shown", "help.voted"] {
        let deadline = Instant::now() + Duration::from_secs(5);
        let found = loop {
            let found = server.log().into_iter().find(|row| row["event"] == event);
            if found.is_some() || Instant::now() > deadline {
                break found;
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let row = found.unwrap_or_else(|| panic!("no {event}: {:#?}", server.log()));
        assert_eq!((&row["help"], &row["number"]), (&"errors".into(), &4.into()), "{row}");
        assert_eq!(row["support_id"], code, "{row}");
    }
    let said = String::from_utf8(server.ponte(&["feedback"], "").stdout).unwrap();
    let row = said.lines().find(|line| line.starts_with("errors")).unwrap();
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["errors", "0", "1"]);
    // What we could not have written is neither shown nor logged.
    let page = agent.get(&server.url("/help/errors?error=4&code=%3Cscript%3E")).unwrap();
    assert!(!page.body.contains("script&"), "{}", page.body);
}

fn ask(house: &House, path: &str, agent: &str) -> (u16, String) {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, house.port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let host = format!("idp.localhost:{}", house.port);
    let text = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

/// IC-22: whoever comes with a browser that is too old reads what to use instead, on every page.
#[test]
fn ic_22_old_browsers_are_told_what_to_use() {
    const OLD: [&str; 3] = [
        "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
        "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)",
        "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0 Safari/537.36 Edge/17.17134",
    ];
    const NEW: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";
    let house = House::new();
    let request = house.spid(2, |_| {}).url;
    let sso = request.split_once(&format!(":{}", house.port)).unwrap().1;
    for agent in OLD {
        for path in ["/", sso, "/login/x"] {
            let (status, answer) = ask(&house, path, agent);
            assert_eq!(status, 403, "{agent} {path}");
            assert!(answer.contains("non è più supportato") && answer.contains("Firefox"));
            assert!(!answer.contains("<link") && !answer.contains("<script"), "it is plain");
        }
        assert_eq!(ask(&house, "/metadata", agent).0, 200);
        assert_eq!(ask(&house, "/help/browsers", agent).0, 200);
    }
    assert_eq!(ask(&house, "/", NEW).0, 200);
    assert_eq!(ask(&house, sso, NEW).0, 303, "the request was not used up by those that could not");
}

/// The code of a page leads to what happened, whether the server runs or not.
#[test]
fn a_support_code_says_what_happened() {
    let mut server = Server::new();
    server.add_metadata("spid", &Metadata::spid().unsigned(), SPID_ENTITY, "spid");
    server.start();
    let now = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now());
    let issued = now.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut request = AuthnRequest::spid("_asked-in-vain", &issued);
    request.destination = Some(server.url("/saml/sso"));
    request.name_id_policy = None;
    let query = request.redirect(None, &keys::SP.signer);
    let page = Agent::new().get(&server.url(&format!("/saml/sso?{query}"))).unwrap();
    let code = page.body.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let said = |code: &str| String::from_utf8(server.ponte(&["support", code], "").stdout).unwrap();
    let running = said(&code);
    for words in ["nr17", "_asked-in-vain", SPID_ENTITY, "transient"] {
        assert!(running.contains(words), "{words}: {running}");
    }
    assert!(said("AAAA-BBBB-CCCC").contains("No answer left"), "a code that nobody was given");
    assert_eq!(said(&code.to_lowercase().replace('-', " ")), running, "however it is typed");
    server.stop();
    assert_eq!(
        String::from_utf8(server.ponte(&["support", &code], "").stdout).unwrap(),
        running,
        "without a server too"
    );
}
