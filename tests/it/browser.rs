//! A real browser on the demo: `tests/clients/browser.mjs` is the person in front of it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use ponte::texts::app::request;
use ponte::texts::language::Language;
use ponte::web::pages::lint::{Lint, LintReport};
use ponte::web::pages::policy::{app_policy, content_security_policy};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::crash::spid_request;
use crate::lint::reports::faulty;
use crate::registration;
use crate::support::agent::Agent;
use crate::support::keys;
use crate::support::pages::{frame, samples};
use crate::support::peer::{root, target};
use crate::support::server::{binary, free_port};
use crate::support::world::World;

/// Runs `scenario` on a demo of its own.
fn walk(scenario: &str) {
    walk_a_demo(scenario, &[]);
}

/// The same where phones without an authenticator may be linked with a PIN.
fn walk_with_pins(scenario: &str) {
    walk_a_demo(scenario, &[("PONTE_APP_PIN", "true")]);
}

fn walk_a_demo(scenario: &str, environment: &'static [(&str, &str)]) {
    let demo = Mutex::new(Demo::start_with(environment));
    let control = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let restart = format!("http://{}", control.local_addr().unwrap());
    let end = End(control.local_addr().unwrap());
    std::thread::scope(|scope| {
        scope.spawn(|| restarts(&control, &demo));
        let _end = end;
        walk_on(&demo, scenario, &restart);
    });
}

/// Ends [`restarts`] by asking nothing, however the scenario ended.
struct End(SocketAddr);

impl Drop for End {
    fn drop(&mut self) {
        drop(TcpStream::connect(self.0));
    }
}

/// Stops the demo and starts it anew whenever somebody asks.
fn restarts(control: &TcpListener, demo: &Mutex<Demo>) {
    for asked in control.incoming() {
        let mut asked = asked.unwrap();
        if asked.read(&mut [0; 1024]).unwrap_or_default() == 0 {
            return;
        }
        let seconds = demo.lock().unwrap().restart().as_secs_f32();
        let said = json!({ "seconds": seconds }).to_string();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", said.len());
        asked.write_all((head + &said).as_bytes()).unwrap();
    }
}

fn walk_on(demo: &Mutex<Demo>, scenario: &str, restart: &str) {
    let (provider, service) = {
        let demo = demo.lock().unwrap();
        (demo.provider(), demo.service())
    };
    let notification = |language| request(language, Some("Ente di prova"), Some("Servizio"));
    let _told = run(
        scenario,
        json!({
            "notifications": { "it": notification(Language::It), "en": notification(Language::En) },
            "service": service,
            "people": format!("{provider}/demo"),
            "provider": provider,
            "restart": restart,
        }),
    );
}

/// Runs `scenario` at the built server, with somebody who has an app, and a code of the desk.
fn walk_at_a_server(scenario: &str) {
    walk_at(scenario, World::new());
}

/// The same where people have a secret question and a pincode; and there was a login already.
fn walk_their_own_pages(scenario: &str) {
    let mut world = World::with(&[], |server| {
        server.configure_in("profile", "number-guard = \"secret-answer\"");
        let token = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        server.configure(&format!(
            "\n[[pincode-verifier]]\nname = \"tributi\"\ntoken-sha256 = \"{token}\"\n"
        ));
    });
    let request = spid_request(&world.server(), "_before");
    world.ada.log_in(&mut Agent::new(), &request).expect("a login");
    walk_at(scenario, world);
}

/// The same in the period of a campaign.
fn walk_a_campaign(scenario: &str) {
    let mut world = World::new();
    world.enrol_app();
    world.stop();
    world.server().configure(
        "\n[[campaign]]\nname = \"second-factor\"\nstart = \"2020-09-15T00:00:00+02:00\"\n\
         end = \"2099-12-15T00:00:00+01:00\"\ntasks = [\"number\", \"recovery-address\"]\n",
    );
    world.start();
    walk_at(scenario, world);
}

/// The same with name, password and code on one page.
fn walk_on_a_single_page(scenario: &str) {
    let mut world = World::new();
    world.enrol_app();
    world.stop();
    world.server().configure_in("login", "single-page = true");
    world.start();
    walk_at(scenario, world);
}

fn walk_at(scenario: &str, mut world: World) {
    if world.ada.app.is_none() {
        world.enrol_app();
    }
    let code = world.code_of_the_desk().expect("a code");
    let (ada, folder) = (&world.ada, world.server().folder().join("mail"));
    let key = ada.app.as_ref().map(|app| app.shown.clone());
    let logins = ["_first", "_second"].map(|id| spid_request(&world.server(), id).url);
    let _told = run(
        scenario,
        json!({
            "provider": world.url(""),
            "person": { "username": ada.username, "password": ada.password, "key": key },
            "mails": folder,
            "desk": code,
            "logins": logins,
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
    let _told = run(
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

/// Opens every page of every sample; gives the templates that were looked at.
fn walk_the_samples(scenario: &str, language: Language) {
    let demo = Demo::start();
    let mut gallery = samples(language);
    let report = faulty();
    let lint = Lint { report: Some(report.clone()), ..Lint::default() };
    gallery.push(("lint", Lint::default().render(&frame(language)).unwrap()));
    gallery.push(("lint_found", lint.render(&frame(language)).unwrap()));
    let report = LintReport { report, name: "sp.xml".into() };
    gallery.push(("lint_report", report.render(language).unwrap()));
    let told = run(
        scenario,
        json!({
            "provider": demo.provider(),
            "policies": { "page": content_security_policy(None), "app": app_policy() },
            "gallery": gallery,
        }),
    );
    let seen = told.lines().filter_map(|line| line.split_once(" (page ")?.1.strip_suffix(')'));
    let seen: BTreeSet<&str> = seen.collect();
    let files = fs::read_dir(root().join("templates")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let templates: BTreeSet<String> =
        names.filter_map(|name| Some(name.strip_suffix(".html")?.to_owned())).collect();
    // What goes around every page is none itself.
    let missing: Vec<&String> =
        templates.iter().filter(|name| *name != "page" && !seen.contains(name.as_str())).collect();
    assert!(missing.is_empty() && seen.len() == templates.len() - 1, "no browser saw {missing:?}");
}

fn run(scenario: &str, mut said: Value) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let setup = folder.path().join("setup.json");
    said["screenshots"] = json!(target().join("screenshots"));
    said["profile"] = json!(folder.path().join("profile"));
    said["node_modules"] = json!(target().join("peers/node_modules"));
    fs::write(&setup, said.to_string()).expect("the setup");
    let output = Command::new("node")
        .arg(root().join("tests/clients/browser.mjs"))
        .arg(&setup)
        .arg(scenario)
        .output()
        .expect("node is there: ./scripts/test installs it");
    let told = [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat();
    assert!(output.status.success(), "{scenario}:\n{told}");
    told
}

/// `ponte demo` on ports of its own.
struct Demo {
    child: Child,
    folder: TempDir,
    port: u16,
    service_port: u16,
    environment: &'static [(&'static str, &'static str)],
}

impl Demo {
    fn start() -> Self {
        Self::start_with(&[])
    }

    fn start_with(environment: &'static [(&'static str, &'static str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (port, service_port) = (free_port(), free_port());
        let child = Self::run(folder.path(), port, service_port, environment);
        let demo = Self { child, folder, port, service_port, environment };
        demo.wait();
        demo
    }

    fn run(folder: &Path, port: u16, service_port: u16, environment: &[(&str, &str)]) -> Child {
        let said = fs::File::create(folder.join("said")).expect("a file");
        Command::new(binary())
            .envs(environment.iter().copied())
            .args(["demo", "--port", &port.to_string(), "--sp-port", &service_port.to_string()])
            .arg("--data")
            .arg(folder.join("demo"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said)
            .spawn()
            .expect("the demo starts")
    }

    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        for url in [self.provider(), self.service()] {
            while !Agent::new().get(&url).is_ok_and(|page| page.status == 200) {
                let said = || fs::read_to_string(self.folder.path().join("said"));
                assert!(Instant::now() < deadline, "no demo at {url}: {:?}", said());
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    /// Tells it to stop, and starts it anew; how long it took to stop.
    fn restart(&mut self) -> Duration {
        let begun = Instant::now();
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(told.expect("kill").success());
        let stopped = self.child.wait().expect("it ends");
        assert!(stopped.success(), "{stopped}");
        let took = begun.elapsed();
        let (folder, environment) = (self.folder.path(), self.environment);
        self.child = Self::run(folder, self.port, self.service_port, environment);
        self.wait();
        took
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

/// No page is forgotten: what lies in `templates/` is what the browser, axe and the keyboard went through.
#[test]
#[ignore = "needs the browser that ./scripts/test installs"]
fn every_page_in_italian() {
    walk_the_samples("gallery", Language::It);
}

#[test]
#[ignore = "needs the browser that ./scripts/test installs"]
fn every_page_in_english() {
    walk_the_samples("gallery-english", Language::En);
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
    ic_10_a_page_that_waits_is_told "phone-told",
    a_phone_denies "phone-denied",
    a_phone_without_a_lock_is_told_so "phone-unable",
    a_phone_approves_where_the_desktop_has_no_script "no-script-phone",
    the_language_is_switched_midway "language",
    pages_that_say_what_went_wrong "errors",
}

scenarios! {
    walk_with_pins:
    a_phone_without_a_lock_approves_with_a_pin "pin",
    a_phone_without_a_lock_approves_with_a_pin_in_english "pin-english",
}

scenarios! {
    walk_at_a_server:
    the_way_back_in "recovery",
    the_way_back_in_in_english "recovery-english",
    the_way_back_in_with_the_keyboard_alone "recovery-keyboard",
    the_way_back_in_by_a_passkey "passkey-recovery",
    the_way_back_in_by_a_passkey_in_english "passkey-recovery-english",
    the_way_back_in_by_a_passkey_with_the_keyboard_alone "passkey-recovery-keyboard",
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

scenarios! {
    walk_their_own_pages:
    what_is_on_record_a_pincode_and_another_app "own",
    what_is_on_record_in_english "own-english",
    what_is_on_record_with_the_keyboard_alone "own-keyboard",
}

scenarios! {
    walk_a_campaign:
    the_mask_of_a_campaign "mask",
    the_mask_of_a_campaign_in_english "mask-english",
    the_mask_of_a_campaign_with_the_keyboard_alone "mask-keyboard",
}

scenarios! {
    walk_on_a_single_page:
    a_login_on_a_single_page "single-page",
    a_login_on_a_single_page_in_english "single-page-english",
    a_login_on_a_single_page_with_the_keyboard_alone "single-page-keyboard",
}
