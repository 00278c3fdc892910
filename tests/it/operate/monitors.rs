//! `/health`, `/ready` and `/metrics`: who is told, and what.

use std::collections::HashMap;
use std::net::IpAddr;

use ponte::flow::network::Proxies;

use crate::crash::spid_request;
use crate::support::agent::Agent;
use crate::support::house::House;
use crate::support::keys;
use crate::support::server::{Server, free_port};
use crate::support::sp::{Metadata, SPID_ENTITY};
use crate::support::wire::{body, get, status};

fn host(house: &House) -> String {
    format!("Host: idp.localhost:{}\r\n", house.port)
}

#[test]
fn a_monitor_on_this_machine_is_told_how_we_are() {
    let house = House::new();
    // Whatever host a monitor names.
    for host in [host(&house), "Host: 10.0.0.7:8080\r\n".to_owned()] {
        let health = get(house.port, "/health", &host);
        assert_eq!((status(&health), body(&health)), (200, "alive\n"));
        let ready = get(house.port, "/ready", &host);
        assert_eq!(status(&ready), 200, "{ready}");
        let parts: serde_json::Value = serde_json::from_str(body(&ready)).unwrap();
        assert_eq!(parts["ready"], true, "{parts}");
        let metrics = get(house.port, "/metrics", &host);
        assert_eq!(status(&metrics), 200);
        assert!(metrics.contains("ponte_up{kind=\"ready\"} 1"), "{metrics}");
    }
}

#[test]
fn strangers_are_told_nothing() {
    let house = House::with(|making| {
        making.settings.monitors = vec![IpAddr::from([192, 0, 2, 1]).into()];
    });
    for path in ["/health", "/ready", "/metrics"] {
        let stranger = get(house.port, path, &host(&house));
        let nowhere = get(house.port, "/nowhere", &host(&house));
        assert_eq!(status(&stranger), 404, "{stranger}");
        let page = |answer: &str, path: &str| body(answer).replace(path, "");
        let name = path.trim_start_matches('/');
        assert_eq!(
            page(&stranger, name),
            page(&nowhere, "nowhere"),
            "the page of what is not there"
        );
    }
}

/// Somebody else's proxy on this machine must not make a monitor of whoever it speaks for.
#[test]
fn behind_a_proxy_the_one_who_asked_counts() {
    let loopback: IpAddr = [127, 0, 0, 1].into();
    let declared = House::with(|making| {
        making.settings.proxies = Proxies { networks: vec![loopback.into()], ..Proxies::default() };
        making.settings.monitors = vec![loopback.into(), IpAddr::from([192, 0, 2, 7]).into()];
    });
    let ask = |headers: &str| {
        status(&get(declared.port, "/ready", &format!("{}{headers}", host(&declared))))
    };
    assert_eq!(ask("X-Forwarded-For: 192.0.2.7\r\n"), 200);
    assert_eq!(ask("X-Forwarded-For: 203.0.113.9\r\n"), 404);
    assert_eq!(ask("X-Forwarded-For: 127.0.0.1, 203.0.113.9\r\n"), 404);
    assert_eq!(ask(""), 404, "a proxy that names nobody speaks for strangers");
    let undeclared = House::new();
    for forwarded in [
        "X-Forwarded-For: 127.0.0.1\r\n",
        "Forwarded: for=127.0.0.1\r\n",
        "X-Real-IP: 127.0.0.1\r\n",
    ] {
        let headers = format!("{}{forwarded}", host(&undeclared));
        assert_eq!(status(&get(undeclared.port, "/ready", &headers)), 404, "{forwarded}");
    }
}

#[test]
fn a_server_about_to_stop_is_not_ready_and_serves_on() {
    let house = House::new();
    house.env.life.stop();
    let ready = get(house.port, "/ready", &host(&house));
    assert_eq!(status(&ready), 503);
    assert!(body(&ready).contains("\"stopping\":true"), "{ready}");
    assert_eq!(status(&get(house.port, "/health", &host(&house))), 200);
    assert_eq!(status(&get(house.port, "/", &host(&house))), 200);
}

/// The samples of an exposition by name and labels.
fn samples(text: &str) -> HashMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        })
        .collect()
}

/// A login through the binary, and what a listener of its own tells of it.
#[test]
fn a_login_is_counted() {
    let mut server = Server::new();
    let port = free_port();
    server.configure_in("monitoring", &format!("listen = \"127.0.0.1:{port}\""));
    server.add_metadata("sp", &Metadata::spid().signed(&keys::SP.signer), SPID_ENTITY, "spid");
    server.start();
    assert_eq!(status(&get(port, "/ready", "Host: any\r\n")), 200);
    assert_eq!(status(&get(port, "/", "Host: any\r\n")), 404, "no pages here");
    let mut citizen = server.add_user("zenobia");
    citizen.log_in(&mut Agent::new(), &spid_request(&server, "_counted")).unwrap();
    let text = get(port, "/metrics", "Host: any\r\n");
    let samples = samples(body(&text));
    let of = |name: &str| samples.get(name).copied().unwrap_or(f64::NAN);
    let login = format!(
        "ponte_logins_total{{outcome=\"authenticated\",level=\"SpidL2\",factors=\"password+totp\",service_provider=\"{SPID_ENTITY}\"}}",
    );
    assert_eq!(of(&login), 1.0, "{text}");
    assert_eq!(of("ponte_register_rows") + of("ponte_register_pending_rows"), 1.0);
    assert_eq!(of("ponte_open_logins"), 0.0);
    assert_eq!(of("ponte_service_providers"), 1.0);
    assert_eq!(of("ponte_up{kind=\"store\"}"), 1.0);
    assert!(of("ponte_signature_duration_seconds_count") >= 2.0);
    assert!(of("ponte_password_hash_duration_seconds_count") >= 1.0);
    assert!(of("ponte_store_commit_duration_seconds_count{kind=\"durable\"}") >= 4.0);
    assert!(of("ponte_store_sync_duration_seconds_count") >= 4.0);
    assert!(of("ponte_register_sync_duration_seconds_count").is_finite());
    assert!(of("ponte_disk_free_bytes{name=\"data\"}") > 0.0);
    assert!(of("ponte_certificate_expires_seconds{name=\"signing\"}") > 86_400.0);
    assert!(of("process_resident_memory_bytes") > 1e6 && of("process_open_fds") > 3.0);
    assert!(of("process_cpu_seconds_total") > 0.0);
    let routes: Vec<_> = samples
        .keys()
        .filter(|name| name.starts_with("http_server_request_duration_seconds_count"))
        .collect();
    assert!(
        routes.iter().any(|name| name.contains("http_route=\"/login/{handle}/{step}\"")),
        "{routes:?}"
    );
    // Nothing about the person, and no handle.
    for secret in ["zenobia", "Rossi", "RSSDAA80A41H501I", "192.0.2.1"] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(samples.len() < 700, "{}", samples.len());
}

/// Sessions are counted as they open and end, and anew at the start.
#[test]
fn open_sessions_are_counted() {
    let mut server = Server::new();
    let port = free_port();
    server.configure_in("monitoring", &format!("listen = \"127.0.0.1:{port}\""));
    server.add_metadata("sp", &Metadata::spid().signed(&keys::SP.signer), SPID_ENTITY, "spid");
    server.start();
    server.add_user("ada");
    let open = || {
        let text = get(port, "/metrics", "Host: any\r\n");
        samples(body(&text)).get("ponte_open_sessions").copied()
    };
    let mut browsers = [Agent::new(), Agent::new(), Agent::new()];
    assert_eq!(open(), Some(0.0));
    for agent in &mut browsers {
        let page = agent.get(&server.url("/account")).unwrap();
        let form = page.forms().into_iter().find(|form| form.action == "/account/enter").unwrap();
        let page = agent.submit(&page, &form, &[]).unwrap();
        let form = page.form_with(&["username", "password"]).unwrap();
        let values = [("username", "ada"), ("password", "una frase lunga e segreta")];
        let page = agent.submit(&page, &form, &values).unwrap();
        assert_eq!(page.url.path(), "/account/sessions", "{}", page.body);
    }
    assert_eq!(open(), Some(3.0));
    let press = |agent: &mut Agent, action: &str| {
        let page = agent.get(&server.url("/account/sessions")).unwrap();
        let form = page.forms().into_iter().find(|form| form.action == action).unwrap();
        agent.submit(&page, &form, &[]).unwrap();
    };
    press(&mut browsers[0], "/account/sign-out");
    assert_eq!(open(), Some(2.0));
    server.stop();
    server.start();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while open() != Some(2.0) {
        assert!(std::time::Instant::now() < deadline, "{:?}", open());
    }
    let press = |agent: &mut Agent, action: &str| {
        let page = agent.get(&server.url("/account/sessions")).unwrap();
        let form = page.forms().into_iter().find(|form| form.action == action).unwrap();
        agent.submit(&page, &form, &[]).unwrap();
    };
    press(&mut browsers[1], "/account/sessions/end-others");
    assert_eq!(open(), Some(1.0));
}

/// Paths that somebody makes up are one route.
#[test]
fn made_up_paths_make_no_series() {
    let house = House::new();
    let mut agent = Agent::new();
    for number in 0..20 {
        agent.get(&house.url(&format!("/made-up-{number}"))).unwrap();
        agent.get(&house.url(&format!("/login/made-up-{number}"))).unwrap();
    }
    let text = get(house.port, "/metrics", &host(&house));
    assert!(!text.contains("made-up"), "{text}");
}
