//! A real browser on the demo: `tests/clients/browser.mjs` is the person in front of it.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ponte::texts::app::request;
use ponte::texts::language::Language;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::registration;
use crate::support::agent::Agent;
use crate::support::keys;
use crate::support::peer::{root, target};
use crate::support::server::{binary, free_port};
use crate::support::world::World;

/// Runs `scenario` on a demo of its own.
fn walk(scenario: &str) {
    let demo = Demo::start();
    let notification = |language| request(language, Some("Ente di prova"), Some("Servizio"));
    run(
        scenario,
        json!({
            "notifications": { "it": notification(Language::It), "en": notification(Language::En) },
            "service": demo.service(),
            "provider": demo.provider(),
            "people": format!("{}/demo", demo.provider()),
        }),
    );
}

/// Runs `scenario` at the built server, with somebody who has an app, and a code of the desk.
fn walk_at_a_server(scenario: &str) {
    let mut world = World::new();
    world.enrol_app();
    let code = world.code_of_the_desk().expect("a code");
    let (ada, folder) = (&world.ada, world.server().folder().join("mail"));
    let key = ada.app.as_ref().map(|app| app.shown.clone());
    run(
        scenario,
        json!({
            "provider": world.url(""),
            "person": { "username": ada.username, "password": ada.password, "key": key },
            "mails": folder,
            "desk": code,
        }),
    );
}

/// Runs `scenario` at the built server, with a service provider that is not registered yet: its metadata, its key, a good request and one that
/// breaks rules.
fn walk_as_an_integrator(scenario: &str) {
    let server = registration::registering("");
    let entity = "https://nuovo.example.org/sp";
    let bad = registration::request(&server, entity, &keys::SP, |request| {
        request.issue_instant = Some("2020-01-01T00:00:00Z".into());
    });
    let good = registration::request(&server, entity, &keys::SP, |_| {});
    let environment: Value = server.place().into_iter().map(|(k, v)| (k, json!(v))).collect();
    run(
        scenario,
        json!({
            "provider": server.url(""),
            "binary": binary(),
            "folder": server.folder(),
            "environment": environment,
            "metadata": registration::metadata(entity).unsigned(),
            "key": String::from_utf8_lossy(&keys::SP.pair.key),
            "requests": [good.url, bad.url],
        }),
    );
}

fn run(scenario: &str, mut said: Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let setup = folder.path().join("setup.json");
    said["screenshots"] = json!(target().join("screenshots"));
    said["profile"] = json!(folder.path().join("profile"));
    said["node_modules"] = json!(target().join("peers/node_modules"));
    std::fs::write(&setup, said.to_string()).expect("the setup");
    let output = Command::new("node")
        .arg(root().join("tests/clients/browser.mjs"))
        .arg(&setup)
        .arg(scenario)
        .output()
        .expect("node is there: ./scripts/test installs it");
    let told = [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat();
    assert!(output.status.success(), "{scenario}:\n{told}");
}

/// `ponte demo` on ports of its own.
struct Demo {
    child: Child,
    _folder: TempDir,
    port: u16,
    service_port: u16,
}

impl Demo {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (port, service_port) = (free_port(), free_port());
        let child = Command::new(binary())
            .args(["demo", "--port", &port.to_string(), "--sp-port", &service_port.to_string()])
            .arg("--data")
            .arg(folder.path().join("demo"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the demo starts");
        let demo = Self { child, _folder: folder, port, service_port };
        let deadline = Instant::now() + Duration::from_secs(30);
        for url in [demo.provider(), demo.service()] {
            while !Agent::new().get(&url).is_ok_and(|page| page.status == 200) {
                assert!(Instant::now() < deadline, "no demo at {url}");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        demo
    }

    fn provider(&self) -> String {
        format!("http://idp.localhost:{}", self.port)
    }

    fn service(&self) -> String {
        format!("http://sp.localhost:{}", self.service_port)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

macro_rules! scenarios {
    ($walk:ident: $($name:ident $scenario:literal,)+) => {
        $(
            #[test]
            #[ignore = "needs the browser that ./scripts/test installs"]
            fn $name() {
                $walk($scenario);
            }
        )+
    };
}

scenarios! {
    walk:
    a_login_at_level_2_in_italian "italian",
    a_login_at_level_2_in_english_by_post "english",
    a_login_at_level_2_with_the_keyboard_alone "keyboard",
    a_login_at_level_2_without_script "no-script",
    a_login_at_level_2_without_script_by_post "no-script-post",
    an_app_is_enrolled_with_the_activation_code "enrolment",
    whoever_cancels_goes_back_with_nr25 "cancel",
    a_wrong_password_tells_nobody_who_is_known "wrong-password",
    three_wrong_codes_end_it_with_nr19 "wrong-code",
    whoever_denies_consent_goes_back_with_nr22 "deny",
    a_person_at_their_own_pages "account",
    a_person_at_their_own_pages_in_english "account-english",
    a_person_at_their_own_pages_without_script "no-script-account",
    a_persons_factors "factors",
    a_persons_factors_in_english "factors-english",
    a_persons_factors_without_script "no-script-factors",
    a_phone_approves_by_push_and_by_qr_codes "phone",
    a_phone_approves_in_english "phone-english",
    a_phone_denies "phone-denied",
    a_phone_approves_where_the_desktop_has_no_script "no-script-phone",
    the_language_is_switched_midway "language",
    pages_that_say_what_went_wrong "errors",
}

scenarios! {
    walk_at_a_server:
    the_way_back_in "recovery",
    the_way_back_in_in_english "recovery-english",
    the_way_back_in_with_the_keyboard_alone "recovery-keyboard",
    cards_in_a_browser_without_a_reader "cards",
    cards_in_a_browser_without_a_reader_in_english "cards-english",
    cards_with_the_keyboard_alone "cards-keyboard",
}

scenarios! {
    walk_as_an_integrator:
    a_service_provider_is_registered "registration",
    a_service_provider_is_registered_in_english "registration-english",
    a_service_provider_is_registered_with_the_keyboard_alone "registration-keyboard",
    a_service_provider_is_registered_without_script "no-script-registration",
}
