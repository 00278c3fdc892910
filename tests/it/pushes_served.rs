//! The built server's notifications, at a push service (RFC 8030) that speaks TLS, decrypts them by another library (http-ece)
//! and knows by another (py-vapid) that they are ours.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ponte::texts::app::request;
use ponte::texts::language::Language;
use serde_json::{Value, json};

use crate::support::agent::Agent;
use crate::support::keys;
use crate::support::peer::{root, target};
use crate::support::server::{Server, free_port};
use crate::support::world::{World, number_of};

/// A push service, until it is dropped.
struct Service {
    child: Child,
    lines: Receiver<Value>,
    keys: Value,
    origin: String,
}

impl Service {
    fn start(server: &Server, port: u16) -> Self {
        let mut child = Command::new(target().join("venv/bin/python"))
            .arg(root().join("tests/clients/push_service.py"))
            .arg(port.to_string())
            .args(["push.crt", "push.key"].map(|name| server.folder().join(name)))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdout(Stdio::piped())
            .spawn()
            .expect("target/venv/bin/python is there: ./scripts/test installs it");
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        output.read_line(&mut first).unwrap();
        let keys = serde_json::from_str(&first).unwrap();
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _gone = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        Self { child, lines, keys, origin: format!("https://localhost:{port}") }
    }

    fn next(&self) -> Value {
        self.lines.recv_timeout(Duration::from_secs(60)).expect("a notification comes")
    }

    /// Nothing comes within a second.
    fn is_quiet(&self) -> bool {
        self.lines.recv_timeout(Duration::from_secs(1)).is_err()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// The phone says where its notifications go; the status.
fn subscribe(world: &mut World, service: &Service, kind: &str) -> u16 {
    let home = world.phone.get(&world.url("/app")).unwrap();
    let rest = home.body.split_once("data-csrf=\"").unwrap_or_else(|| panic!("{}", home.body)).1;
    let csrf = rest.split('"').next().unwrap().to_owned();
    let mut said = service.keys.clone();
    said["endpoint"] = format!("{}/push/{kind}/1", service.origin).into();
    let fields = [("csrf", csrf), ("version", "1".into()), ("subscription", said.to_string())];
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    world.phone.post(&world.url("/app/subscription"), &fields).unwrap().status
}

/// Begins a login that asks the phone.
fn ask(world: &mut World) {
    world.desk = Agent::new();
    let page = world.after_password().unwrap();
    assert!(page.body.contains("class=\"match\">"), "{}", page.body);
}

/// Answers what was asked, so that the next one may be asked at once.
fn answer(world: &mut World) {
    let number = number_of(world.page.as_ref().unwrap());
    let question = world.open("").unwrap();
    assert!(question.body.contains("data-signs="), "{}", question.body);
    let page = world.approve(&number).unwrap();
    assert_eq!(page.url.query(), Some("done=approved"), "{}", page.body);
}

/// Whether the phone's page says that notifications are on.
fn is_subscribed(world: &mut World) -> bool {
    world.phone.get(&world.url("/app")).unwrap().body.contains("data-on=\"1\"")
}

fn waited(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn with_service() -> (World, Service) {
    let port = free_port();
    let mut world = World::with(&[], |server| {
        let folder = server.folder();
        keys::certify_localhost(&folder.join("push.crt"), &folder.join("push.key"));
        server.configure_in(
            "app",
            &format!(
                "push-services = [\"https://localhost:{port}\"]\npush-authority = \"push.crt\"\n\
                 push-contact = \"mailto:office@example.org\""
            ),
        );
    });
    let service = Service::start(&world.server(), port);
    world.enrol_app();
    world.enter().unwrap();
    world.link_phone();
    (world, service)
}

/// RFC 8030 §5, RFC 8291, RFC 8292: what the phone reads, who we are, how long it is worth, and what it takes the place of.
#[test]
#[ignore = "needs what ./scripts/test installs"]
fn a_notification_is_read_by_another_library() {
    let (mut world, service) = with_service();
    assert_eq!(subscribe(&mut world, &service, "ok"), 204);
    let home = world.phone.get(&world.url("/app")).unwrap();
    let key = home.body.split_once("data-key=\"").unwrap().1.split('"').next().unwrap().to_owned();
    ask(&mut world);
    let came = service.next();
    assert_eq!((&came["status"], &came["fault"]), (&json!(201), &Value::Null), "{came}");
    assert_eq!(came["vapid"], json!({ "key": key, "contact": "mailto:office@example.org" }));
    assert_eq!((&came["topic"], &came["urgency"]), (&json!("request"), &json!("high")));
    let ttl = came["ttl"].as_i64().unwrap();
    assert!((1..=300).contains(&ttl), "{ttl}");
    // What the browser's test hands to the app's service worker.
    let said = |service: &str| request(Language::It, Some("Ente di esempio"), Some(service));
    let text: Value = serde_json::from_str(came["text"].as_str().unwrap()).unwrap();
    let service = text["body"].as_str().unwrap().split_once("identità in: ").unwrap().1;
    let service = service.split_once(". Sei tu?").unwrap().0;
    assert_eq!(came["text"], said(service));
    assert!(!came["text"].as_str().unwrap().contains("ada"), "it says nothing of the person");
    for row in world.server().log() {
        assert!(!row.to_string().contains("/push/ok"), "the address is a secret: {row}");
    }
}

/// RFC 8030 §7.3: a phone that is gone is asked no more, and its request is in the list all the same.
#[test]
#[ignore = "needs what ./scripts/test installs"]
fn a_subscription_that_is_gone_is_dropped() {
    let (mut world, service) = with_service();
    for kind in ["gone", "unknown"] {
        assert_eq!(subscribe(&mut world, &service, kind), 204);
        assert!(is_subscribed(&mut world));
        ask(&mut world);
        assert_eq!(service.next()["fault"], Value::Null, "{kind}");
        waited("it is dropped", || !is_subscribed(&mut world));
        answer(&mut world);
    }
    ask(&mut world);
    assert!(service.is_quiet());
    answer(&mut world);
}

/// RFC 8030 §8.4, RFC 9110 §10.2.3: who is told to wait waits as long as that; what was refused for good is not sent again,
/// and the subscription stays.
#[test]
#[ignore = "needs what ./scripts/test installs"]
fn a_service_that_is_busy_is_asked_again_and_one_that_refuses_is_not() {
    let (mut world, service) = with_service();
    for (kind, status, pause) in [("busy", 429, 9.0), ("down", 503, 5.0)] {
        assert_eq!(subscribe(&mut world, &service, kind), 204);
        ask(&mut world);
        let (first, second) = (service.next(), service.next());
        assert_eq!((&first["status"], &second["status"]), (&json!(status), &json!(201)), "{kind}");
        let at = |row: &Value| row["at"].as_f64().unwrap();
        assert!(at(&second) - at(&first) >= pause - 0.2, "{kind}: {first} {second}");
        // What is left of the request's time is less by what has passed.
        assert!(second["ttl"].as_i64() < first["ttl"].as_i64(), "{kind}: {first} {second}");
        assert_eq!(first["text"], second["text"]);
        answer(&mut world);
    }
    assert_eq!(subscribe(&mut world, &service, "large"), 204);
    ask(&mut world);
    assert_eq!(service.next()["status"], 413);
    waited("it says so", || world.server().events().contains(&"notice.dropped".to_owned()));
    assert!(service.is_quiet());
    assert!(is_subscribed(&mut world));
}
