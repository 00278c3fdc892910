//! `ponte keys rollover`: forty service providers of differing habits, and what of their habits is seen.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ponte::saml::signature::{self, PublicKey};
use ponte::saml::structure::{self, Root, Signed};
use ponte::saml::xml;
use ponte::world::clock::Clock;
use serde_json::Value;

use crate::support::agent::Agent;
use crate::support::citizen::Citizen;
use crate::support::keys;
use crate::support::peer::Request;
use crate::support::server::Server;
use crate::support::sp::{AuthnRequest, Endpoint, Metadata};

const PARTNERS: usize = 40;
/// So many of them take metadata only by hand.
const BY_HAND: usize = 4;
const LIMIT: Duration = Duration::from_secs(120);

fn entity(number: usize) -> String {
    format!("https://sp-{number:02}.example.org/saml")
}

fn consumer(number: usize) -> String {
    format!("https://sp-{number:02}.example.org/acs")
}

fn add(server: &Server, number: usize) {
    let metadata = Metadata {
        entity_id: Some(entity(number)),
        consumers: vec![Endpoint::post(0, &consumer(number))],
        ..Metadata::generic()
    };
    let file = format!("sp-{number:02}");
    server.add_metadata(&file, &metadata.signed(&keys::SP.signer), &entity(number), "generic");
}

fn request(server: &Server, number: usize) -> Request {
    static NUMBER: AtomicUsize = AtomicUsize::new(1);
    let id = format!("_roll-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let issued = Clock::system().now().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    let mut request = AuthnRequest::generic(&id, &issued);
    request.destination = Some(server.url("/saml/sso"));
    request.consumer_url = Some(consumer(number));
    if let Some(issuer) = &mut request.issuer {
        issuer.value = entity(number);
    }
    let query = request.redirect(None, &keys::SP.signer);
    let url = server.url(&format!("/saml/sso?{query}"));
    Request { post: false, url, fields: Vec::new(), id }
}

/// The keys for signatures in `metadata`.
fn keys_of(metadata: &str) -> Vec<PublicKey> {
    let pieces = metadata.split("<ds:X509Certificate>").skip(1);
    let certificates = pieces.filter_map(|piece| piece.split("</").next());
    // The first is the signature's own, which is not read.
    let descriptors = metadata.find("<md:KeyDescriptor").expect("keys");
    let before = metadata[..descriptors].matches("<ds:X509Certificate>").count();
    certificates
        .skip(before)
        .map(|text| STANDARD.decode(text.split_whitespace().collect::<String>()).unwrap())
        .map(|der| PublicKey::from_certificate_der(&der).unwrap())
        .collect()
}

/// Whether one of `keys` signed `response`.
fn takes(keys: &[PublicKey], response: &str) -> bool {
    let text = String::from_utf8(STANDARD.decode(response).unwrap()).unwrap();
    let document = xml::parse(&text).unwrap();
    let signed = Signed::Enveloped { required: true };
    let sound = structure::check(&document, Root::Response, signed).unwrap();
    signature::verify(&sound, keys).is_ok()
}

fn status(server: &Server) -> Value {
    let told = server.ponte(&["keys", "rollover", "status", "--json"], "");
    serde_json::from_slice(&told.stdout).unwrap()
}

fn wait(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < LIMIT, "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Nobody's login fails while the key changes, though some look at our metadata all the time, some now and then, and some not at all.
#[test]
fn forty_service_providers_of_differing_habits_lose_no_login() {
    let mut server = Server::new();
    server.configure_in("limits", "address-per-minute = 100000");
    (0..PARTNERS).for_each(|number| add(&server, number));
    let citizens: Vec<Citizen> =
        (0..4).map(|number| server.add_user(&format!("ada{number}"))).collect();
    server.start();
    let by_hand = Mutex::new(Agent::new().get(&server.url("/metadata")).unwrap().body);
    let before = status(&server);
    assert_eq!(before["role"], "current");
    let address = |number: usize| {
        let all = before["partners"].as_array().unwrap();
        let one = all.iter().find(|one| one["entity-id"] == entity(number).as_str()).unwrap();
        one["address"].as_str().unwrap().to_owned()
    };
    let addresses: Vec<String> = (0..PARTNERS).map(address).collect();
    // Whoever takes another's name, or no name, is not seen.
    for query in [
        format!("for={}&key=x", entity(0)),
        addresses[0].split_once('?').unwrap().1.replace("sp-00", "sp-01"),
        "for=a&for=b&key=c".to_owned(),
    ] {
        let page = Agent::new().get(&server.url(&format!("/metadata?{query}"))).unwrap();
        assert_eq!(page.status, 200);
    }
    let seen = |told: &Value| PARTNERS - usize::try_from(told["unseen"].as_u64().unwrap()).unwrap();
    assert_eq!(seen(&before), 0);

    let (over, logins, by_new) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let new_key = Mutex::new(None::<PublicKey>);
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let crowd = citizens.into_iter().enumerate();
        for (lane, mut citizen) in crowd {
            let (server, addresses, by_hand, over) = (&server, &addresses, &by_hand, &over);
            let (logins, by_new, failed, new_key) = (&logins, &by_new, &failed, &new_key);
            scope.spawn(move || {
                let first = Agent::new().get(&server.url("/metadata")).unwrap().body;
                let mut mine: Vec<_> = (lane..PARTNERS)
                    .step_by(4)
                    .map(|number| (number, keys_of(&first), Instant::now()))
                    .collect();
                let mut agent = Agent::new();
                while !over.load(Ordering::SeqCst) {
                    for (number, keys, fetched) in &mut mine {
                        let habit = match *number {
                            0..10 => Duration::ZERO,
                            10..20 => Duration::from_millis(700),
                            20..30 => Duration::from_secs(2),
                            _ => Duration::from_secs(4),
                        };
                        if *number >= PARTNERS - BY_HAND {
                            *keys = keys_of(&by_hand.lock().unwrap());
                        } else if fetched.elapsed() >= habit {
                            let page = Agent::new().get(&addresses[*number]).unwrap();
                            *keys = keys_of(&page.body);
                            *fetched = Instant::now();
                        }
                        let sent = request(server, *number);
                        match citizen.log_in(&mut agent, &sent) {
                            Ok(delivered) if takes(keys, &delivered.response) => {
                                logins.fetch_add(1, Ordering::SeqCst);
                                let new = new_key.lock().unwrap();
                                let is_new = new.as_ref().is_some_and(|key| {
                                    takes(std::slice::from_ref(key), &delivered.response)
                                });
                                by_new.fetch_add(usize::from(is_new), Ordering::SeqCst);
                            }
                            Ok(_) => failed.lock().unwrap().push(format!("{number}: refused")),
                            Err(error) => failed.lock().unwrap().push(format!("{number}: {error}")),
                        }
                    }
                }
            });
        }
        let count = || logins.load(Ordering::SeqCst);
        let walk = || {
            wait("the first logins", || count() >= PARTNERS);
            server.ponte(&["keys", "rollover", "start"], "");
            let published = Agent::new().get(&server.url("/metadata")).unwrap().body;
            let mut both = keys_of(&published);
            assert_eq!(both.len(), 2);
            *new_key.lock().unwrap() = both.pop();
            wait("all who fetch are seen", || seen(&status(&server)) == PARTNERS - BY_HAND);
            let refused = server.try_ponte(&["keys", "rollover", "switch"], "");
            assert!(!refused.status.success());
            let told = String::from_utf8_lossy(&refused.stderr).into_owned();
            for number in PARTNERS - BY_HAND..PARTNERS {
                assert!(told.contains(&entity(number)), "{told}");
            }
            assert!(!told.contains(&entity(0)), "{told}");
            *by_hand.lock().unwrap() = published;
            for number in PARTNERS - BY_HAND..PARTNERS {
                server.ponte(&["keys", "rollover", "confirm", &entity(number)], "");
            }
            // Whoever took the file by hand has it before the new key signs.
            let now = count();
            wait("a round of logins", || count() >= now + PARTNERS);
            assert_eq!(by_new.load(Ordering::SeqCst), 0, "the new key does not sign yet");
            server.ponte(&["keys", "rollover", "switch"], "");
            let now = count();
            wait("logins by the new key", || count() >= now + 2 * PARTNERS);
            server.ponte(&["keys", "rollover", "finish"], "");
            let now = count();
            wait("logins at the end", || count() >= now + 2 * PARTNERS);
        };
        let walked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(walk));
        over.store(true, Ordering::SeqCst);
        walked.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(by_new.load(Ordering::SeqCst) >= 3 * PARTNERS);
    let end = Agent::new().get(&server.url("/metadata")).unwrap().body;
    assert_eq!(keys_of(&end).len(), 1);
    let told = status(&server);
    assert_eq!((&told["role"], &told["unseen"]), (&"current".into(), &0.into()), "{told:#}");
    let again = server.try_ponte(&["keys", "rollover", "finish"], "");
    assert!(!again.status.success());
}

/// A service provider that ends a session has taken the answer that opened it: that is seen too, and a switch that does not wait is said.
#[test]
fn steps_out_of_turn_are_refused_and_a_switch_can_go_on_without_all() {
    let mut server = Server::new();
    add(&server, 0);
    server.start();
    for step in ["switch", "finish"] {
        let refused = server.try_ponte(&["keys", "rollover", step], "");
        assert!(!refused.status.success(), "{step}");
    }
    let nobody = ["keys", "rollover", "confirm", "https://nobody.example"];
    assert!(!server.try_ponte(&nobody, "").status.success());
    server.ponte(&["keys", "rollover", "start"], "");
    assert!(!server.try_ponte(&["keys", "rollover", "start"], "").status.success());
    let text = server.ponte(&["keys", "rollover", "status"], "");
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("NOT SEEN (never seen to fetch)"), "{text}");
    assert!(text.contains("/metadata?for=https%3A%2F%2Fsp-00.example.org%2Fsaml&key="), "{text}");
    server.ponte(&["keys", "rollover", "switch", "--anyway", "--dry-run"], "");
    assert_eq!(status(&server)["role"], "next");
    server.ponte(&["keys", "rollover", "switch", "--anyway"], "");
    let told = status(&server);
    assert_eq!((&told["role"], &told["unseen"]), (&"current".into(), &1.into()));
    // The server need not run.
    server.kill();
    server.ponte(&["keys", "rollover", "confirm", &entity(0)], "");
    assert_eq!(status(&server)["unseen"], 0);
}
