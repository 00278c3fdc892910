//! The judge of `tests/judge`: what it finds at the built server, and that it finds what is wrong.

mod stub;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use self::stub::{Flaw, Stub};
use crate::support::agent::Agent;
use crate::support::keys;
use crate::support::peer::Request;
use crate::support::server::{Server, binary};
use crate::support::sp::{AuthnRequest, Metadata, SPID_ENTITY};

/// What the judge said, and its exit status.
struct Judged {
    status: i32,
    report: Value,
    told: String,
}

impl Judged {
    /// Number, binding, case and reasons of what was wrong.
    fn wrong(&self) -> Vec<(u64, String)> {
        let cases = self.report["cases"].as_array().unwrap();
        let wrong = cases.iter().filter(|case| !case["wrong"].as_array().unwrap().is_empty());
        wrong.map(|case| (case["number"].as_u64().unwrap(), case.to_string())).collect()
    }
}

fn judge(setup: &Path, arguments: &[&str]) -> Judged {
    let output = Command::new(env!("CARGO_BIN_EXE_ponte-judge"))
        .args(arguments)
        .arg("--json")
        .arg(setup)
        .output()
        .unwrap();
    let [told, errors] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    Judged {
        status: output.status.code().unwrap(),
        report: serde_json::from_str(&told).unwrap_or_default(),
        told: format!("{told}\n{errors}"),
    }
}

/// A setup in `folder`: the service provider's files, and `more` of the TOML.
fn setup(folder: &Path, metadata: &str, more: &str) -> PathBuf {
    std::fs::write(folder.join("sp.xml"), Metadata::spid().unsigned()).unwrap();
    std::fs::write(folder.join("sp.key"), &keys::SP.pair.key).unwrap();
    std::fs::write(folder.join("sp.crt"), &keys::SP.pair.certificate).unwrap();
    let text = format!(
        r#"
[provider]
metadata = "{metadata}"

[service]
metadata = "sp.xml"
key = "sp.key"
certificate = "sp.crt"

{more}
"#
    );
    let path = folder.join("judge.toml");
    std::fs::write(&path, text).unwrap();
    path
}

const LOGIN: &str = r#"
credentials = { fields = { username = "{username}", password = "{password}" } }
code = { fields = { code = "{code}" } }
accept = { press = "decision=accept" }
deny = { press = "decision=deny" }
cancel = { action = "/cancel" }
"#;

/// SP-04, IC-12, IC-14: every number that a login can cause, over real HTTP by both bindings, at the built
/// server.
#[test]
fn sp_04_every_number_is_answered_as_the_rules_say() {
    let mut server = Server::new();
    server.add_metadata("spid", &Metadata::spid().unsigned(), SPID_ENTITY, "spid");
    let mut good = server.add_user("anna");
    let suspended = server.add_user("bruno");
    server.add_user("carla");
    server.ponte(&["user", "suspend", "bruno"], "");
    // A signal would end the server where a full disk only fails its writes.
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" serve"]).arg(binary());
    command.current_dir(server.folder()).envs(server.place());
    for (name, value) in [
        ("LOGIN_TIMEOUT_SECONDS", "60"),
        ("LIMITS_ADDRESS_PER_MINUTE", "1000000"),
        ("LIMITS_PARTNER_PER_MINUTE", "1000000"),
    ] {
        command.env(format!("PONTE_{name}"), value);
    }
    server.start_as(command);
    enrol(&server, &mut good);
    let folder = tempfile::tempdir().unwrap();
    let limit = format!("prlimit --pid {} --fsize", server.id());
    let more = format!(
        r#"
[login]
timeout-seconds = 60
{LOGIN}
[people.good]
username = "{}"
password = "{}"
totp = "{}"
[people.suspended]
username = "{}"
password = "{}"
[people.failing]
username = "carla"
[trouble]
begin = "{limit}=0:"
end = "{limit}=unlimited:"
"#,
        good.username,
        good.password,
        good.app.as_ref().unwrap().shown,
        suspended.username,
        suspended.password,
    );
    let setup = setup(folder.path(), &server.url("/metadata"), &more);
    let numbers: Vec<u16> = (1..=23).chain([25, 30]).collect();
    let judged = judge(&setup, &["--complete"]);
    assert!(judged.status == 0, "{:#?}\n{}", judged.wrong(), judged.told);
    let cases = judged.report["cases"].as_array().unwrap();
    let mut judged: Vec<u64> = cases.iter().map(|case| case["number"].as_u64().unwrap()).collect();
    judged.dedup();
    assert_eq!(judged, numbers.into_iter().map(u64::from).collect::<Vec<_>>());
}

/// Logs somebody in at SpidL2, which enrols their app.
fn enrol(server: &Server, person: &mut crate::support::citizen::Citizen) {
    let now = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now());
    let issued = now.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut request = AuthnRequest::spid("_enrolment", &issued);
    request.destination = Some(server.url("/saml/sso"));
    let query = request.redirect(None, &keys::SP.signer);
    let url = server.url(&format!("/saml/sso?{query}"));
    let request = Request { post: false, url, fields: Vec::new(), id: "_enrolment".into() };
    person.log_in(&mut Agent::new(), &request).unwrap();
}

/// A stub, and a setup for the judge to hold it to.
fn scene(flaw: Option<(u16, Flaw)>) -> (Stub, TempDir, PathBuf) {
    let stub = Stub::start(flaw);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("idp.xml"), stub.metadata()).unwrap();
    let people = "username = \"anna\"\npassword = \"x\"\n";
    let more = format!(
        "[login]\ntimeout-seconds = 0\n{LOGIN}\n[people.good]\n{people}\n[people.suspended]\n{people}\n\
         [people.failing]\n{people}\n\
         [trouble]\nbegin = \"true\"\nend = \"true\"\n"
    );
    let path = setup(folder.path(), "idp.xml", &more);
    (stub, folder, path)
}

#[test]
fn the_judge_finds_nothing_wrong_with_a_provider_that_keeps_the_rules() {
    let (_stub, _folder, path) = scene(None);
    let judged = judge(&path, &["--complete"]);
    assert!(judged.status == 0, "{:#?}\n{}", judged.wrong(), judged.told);
}

#[test]
fn the_judge_names_each_wrong_answer_and_nothing_else() {
    let numbers: Vec<u16> = (1..=23).chain([25, 30]).collect();
    let mut missed = Vec::new();
    let mut tried = 0;
    std::thread::scope(|scope| {
        let runs: Vec<_> = numbers
            .iter()
            .flat_map(|number| Flaw::of(*number).into_iter().map(move |flaw| (*number, flaw)))
            .map(|(number, flaw)| {
                tried += 1;
                let run = scope.spawn(move || {
                    let (_stub, _folder, path) = scene(Some((number, flaw)));
                    judge(&path, &["--only", &format!("nr{number:02}")])
                });
                // A few at a time.
                if tried % 4 == 0 {
                    std::thread::sleep(std::time::Duration::from_millis(50));
                }
                (number, flaw, run)
            })
            .collect();
        for (number, flaw, run) in runs {
            let judged = run.join().unwrap();
            let wrong = judged.wrong();
            let named = wrong.iter().any(|(of, reasons)| {
                *of == u64::from(number) && flaw.words().iter().any(|words| reasons.contains(words))
            });
            if judged.status != 1 || !named {
                missed.push(format!("nr{number:02} {flaw:?}: {}", judged.told));
            }
        }
    });
    println!("{tried} wrong answers shown to the judge");
    assert!(tried > 100, "{tried}");
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

/// A flaw at one number spoils no other's verdict.
#[test]
fn a_flaw_at_one_number_is_told_of_that_number_alone() {
    let (_stub, _folder, path) = scene(Some((14, Flaw::Message)));
    let judged = judge(&path, &[]);
    assert_eq!(judged.status, 1);
    let numbers: Vec<u64> = judged.wrong().into_iter().map(|(number, _)| number).collect();
    assert_eq!(numbers, [14; 4], "two cases by two bindings");
}

#[test]
fn a_setup_that_is_wrong_is_no_verdict() {
    let (_stub, folder, path) = scene(None);
    assert_eq!(judge(&path, &["--only", "nr24"]).status, 2, "24 is reserved");
    assert_eq!(judge(&folder.path().join("nowhere.toml"), &[]).status, 2);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("[service]", "[servce]")).unwrap();
    assert_eq!(judge(&path, &[]).status, 2);
    let text = text.split("[login]").next().unwrap();
    std::fs::write(&path, text).unwrap();
    let judged = judge(&path, &["--only", "nr19,nr05"]);
    assert_eq!(judged.status, 0, "what cannot be tried is not wrong: {}", judged.told);
    assert_eq!(judge(&path, &["--complete", "--only", "nr19"]).status, 1, "unless all must be");
}
