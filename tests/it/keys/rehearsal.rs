//! The change from one key to the next, rehearsed with a service provider on a library of its own, while people log in.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::agent::Agent;
use crate::support::peer::{Kind, Peer, Request};
use crate::support::server::Server;

/// As many people log in at the same time.
const CROWD: usize = 3;
/// As often in all.
const LOGINS: usize = 30;

/// A service provider that knows both certificates takes every answer before, during and after the promotion; one that kept to the old
/// metadata refuses what the new key signed, and nothing else.
#[test]
#[ignore = "needs the service providers that ./scripts/test installs"]
fn nobody_who_knows_both_keys_notices_the_change() {
    let mut server = Server::new();
    let kind = Kind {
        script: "pysaml2_sp.py",
        profile: "spid",
        binding: "redirect",
        class: "https://www.spid.gov.it/SpidL1",
    };
    let peer = Peer::new(server.folder(), kind, &server.url("/saml/sso"));
    server.register(&peer);
    let citizens: Vec<_> = (0..CROWD).map(|n| server.add_user(&format!("ada{n}"))).collect();
    server.start();

    let fetch = || Agent::new().get(&server.url("/metadata")).expect("metadata").body;
    let old_metadata = fetch();
    server.ponte(&["keys", "new"], "");
    let both_metadata = fetch();
    assert_eq!(both_metadata.matches("<md:KeyDescriptor").count(), 2);
    let idp = server.folder().join("idp.xml");
    std::fs::write(&idp, &both_metadata).unwrap();
    let requests: VecDeque<Request> = (0..LOGINS).map(|_| peer.request()).collect();

    let (requests, answered) = (Mutex::new(requests), Mutex::new(Vec::new()));
    let (count, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let crowd: Vec<_> = citizens
            .into_iter()
            .map(|mut citizen| {
                let (requests, answered, count) = (&requests, &answered, &count);
                scope.spawn(move || {
                    loop {
                        let Some(request) = requests.lock().unwrap().pop_front() else { break };
                        let delivered = citizen.log_in(&mut Agent::new(), &request);
                        let delivered = delivered.expect("no login fails");
                        answered.lock().unwrap().push((request.id, delivered));
                        count.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        // Others look at the metadata all the while, and always find them whole.
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                assert!(fetch().ends_with("</md:EntityDescriptor>"));
            }
        });
        while count.load(Ordering::SeqCst) < LOGINS / 3 {
            std::thread::sleep(Duration::from_millis(5));
        }
        server.ponte(&["keys", "promote"], "");
        for one in crowd {
            one.join().unwrap();
        }
        over.store(true, Ordering::SeqCst);
    });

    let answered = answered.into_inner().unwrap();
    assert_eq!(answered.len(), LOGINS);
    let certificate = |metadata: &str| {
        let from = metadata.find("<ds:X509Certificate>").unwrap();
        let rest = &metadata[from..];
        rest[..rest.find("</").unwrap()].to_owned()
    };
    let (old, new) = (certificate(&old_metadata), certificate(&fetch()));
    assert_ne!(old, new);
    let by_old: Vec<bool> = answered
        .iter()
        .map(|(_, delivered)| {
            let xml = String::from_utf8(STANDARD.decode(&delivered.response).unwrap()).unwrap();
            let (old, new) = (xml.contains(&old), xml.contains(&new));
            assert!(old != new, "one key signed response and assertion");
            old
        })
        .collect();
    assert!(by_old.contains(&true) && by_old.contains(&false), "{by_old:?}");

    for (what, metadata) in [("both", &both_metadata), ("old", &old_metadata), ("new", &fetch())] {
        std::fs::write(&idp, metadata).unwrap();
        let verdicts = peer.check_each(&answered);
        for (verdict, by_old) in verdicts.iter().zip(&by_old) {
            let expected = match what {
                "both" => true,
                "old" => *by_old,
                _ => !*by_old,
            };
            assert_eq!(verdict["accepted"], expected, "{what}, {by_old}: {verdict}");
        }
    }
}
