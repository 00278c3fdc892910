//! A server that takes over what an import wrote.

use std::fs;
use std::path::Path;

use ponte::cli::store;
use ponte::enrolment::credential::Credential;
use ponte::identity::tenant::TenantId;
use ponte::store::accounts;
use ponte::store::credentials;
use ponte::store::record::Records;
use ponte::world::clock::Clock;
use ponte::world::random::Random;
use serde_json::Value;

use crate::support::agent::{Agent, Page};
use crate::support::server::Server;

/// Runs an import in the server's folder, into `out`; the report.
pub(crate) fn import(server: &Server, arguments: &[&str]) -> Value {
    let arguments = [&["import"], arguments, &["--out", "out", "--json"]].concat();
    let output = server.ponte(&arguments, "");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Adds what was written to the server's configuration, as report and documentation say.
pub(crate) fn adopt(server: &Server) {
    let out = server.folder().join("out");
    for folder in ["metadata", "keys"] {
        copy(&out.join(folder), &server.folder().join(folder));
    }
    server.configure(&fs::read_to_string(out.join("ponte.toml")).expect("the tables"));
    server.settings();
}

fn copy(from: &Path, to: &Path) {
    let Ok(entries) = fs::read_dir(from) else { return };
    fs::create_dir_all(to).expect("a folder");
    for entry in entries.flatten() {
        let to = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to),
            false => {
                assert!(!to.exists(), "{}", to.display());
                fs::copy(entry.path(), to).expect("it is copied");
            }
        }
    }
}

/// Tries a password at the person's own pages; the page that comes.
pub(crate) fn enter(server: &Server, username: &str, password: &str) -> Page {
    let mut agent = Agent::new();
    let page = agent.get(&server.url("/account")).expect("a page");
    let form =
        page.forms().into_iter().find(|form| form.action == "/account/enter").expect("a way in");
    let page = agent.submit(&page, &form, &[]).expect("a page");
    let form = page.form_with(&["username", "password"]).expect("a form");
    agent.submit(&page, &form, &[("username", username), ("password", password)]).expect("a page")
}

/// Whether a page is past the password.
pub(crate) fn is_in(page: &Page) -> bool {
    page.status == 200 && page.form_with(&["username", "password"]).is_none()
}

/// The hash of somebody's password as it lies on the disk; the server must not run.
pub(crate) fn hash(server: &Server, username: &str) -> String {
    let settings = server.settings();
    let random = Random::system();
    let (store, seal) = store::open(&settings, &random).expect("the store");
    let tenant = TenantId::main();
    let records =
        Records { store: &store, seal: &seal, random: &random, tenant: &tenant, recent: None };
    let now = Clock::system().now();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let found: Vec<Credential> = runtime.block_on(async {
        let account = accounts::by_username(records, username, now)
            .await
            .expect("the store")
            .expect("somebody");
        let all = credentials::list(records, &account.value.subject, now).await.expect("the store");
        all.into_iter().map(|one| one.value).collect()
    });
    let hash = found.iter().find_map(|one| one.secret.password_hash()).expect("a password");
    hash.to_owned()
}

/// What was carried over of a kind: names.
pub(crate) fn carried(report: &Value, kind: &str) -> Vec<String> {
    let all = report["carried"].as_array().expect("a list").iter();
    all.filter(|one| one["kind"] == kind)
        .map(|one| one["name"].as_str().expect("a name").to_owned())
        .collect()
}

/// Whether something whose name has `what` in it was not carried over for a reason that has `why` in it.
pub(crate) fn is_left(report: &Value, what: &str, why: &str) -> bool {
    let has =
        |one: &Value, key: &str, part: &str| one[key].as_str().expect("a text").contains(part);
    report["left"].as_array().expect("a list").iter().any(|one| {
        assert!(!one["mend"].as_str().expect("a text").is_empty());
        has(one, "what", what) && has(one, "why", why)
    })
}

/// Fails unless each was left for its reason.
pub(crate) fn left(report: &Value, all: &[(&str, &str)]) {
    for (what, why) in all {
        assert!(is_left(report, what, why), "{what}: {why}: {:#}", report["left"]);
    }
}
