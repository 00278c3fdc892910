//! Notices of the built server, to an SMTP server that none of us wrote and into a folder.

use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use ponte::cli::store;
use ponte::identity::tenant::TenantId;
use ponte::store::port::{Space, Store};
use ponte::world::clock::Clock;
use ponte::world::random::Random;
use serde_json::{Value, json};

use crate::crash::spid_request;
use crate::support::agent::Agent;
use crate::support::citizen::Citizen;
use crate::support::keys;
use crate::support::server::{Server, free_port};
use crate::support::sp::{Metadata, SPID_ENTITY};

/// A server of mails, until it is dropped.
struct Sink {
    child: Child,
    lines: Receiver<Value>,
}

impl Sink {
    fn start(folder: &Path, port: u16) -> Self {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let mut child = Command::new(root.join("target/venv/bin/python"))
            .arg(root.join("tests/clients/smtp_sink.py"))
            .arg(port.to_string())
            .args([folder.join("mail.crt"), folder.join("mail.key")])
            .args(["ponte", "a password"])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdout(Stdio::piped())
            .spawn()
            .expect("target/venv/bin/python is there: ./scripts/test installs it");
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        output.read_line(&mut ready).unwrap();
        assert_eq!(ready, "ready\n");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _gone = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        Self { child, lines }
    }

    fn next(&self, within: u64) -> Result<Value, RecvTimeoutError> {
        self.lines.recv_timeout(Duration::from_secs(within))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// The server's certificate and key, and the password there.
fn certify(folder: &Path) {
    keys::certify_localhost(&folder.join("mail.crt"), &folder.join("mail.key"));
    let password = folder.join("mail.password");
    std::fs::write(&password, "a password\n").unwrap();
    std::fs::set_permissions(&password, Permissions::from_mode(0o600)).unwrap();
}

/// A server with a service provider, and `[mail]` as `lines` say.
fn server(lines: &str) -> Server {
    let server = Server::new();
    server.add_metadata("sp", &Metadata::spid().signed(&keys::SP.signer), SPID_ENTITY, "spid");
    server.configure_in("mail", lines);
    server
        .configure_in("support", "name = \"Ufficio di segreteria\"\nemail = \"aiuto@example.org\"");
    server
}

fn by_smtp(port: u16) -> Server {
    server(&format!(
        "way = \"smtp\"\nserver = \"localhost\"\nport = {port}\nuser = \"ponte\"\npassword-file = \"mail.password\"\n\
         authority = \"mail.crt\"\nfrom = \"no-reply@example.org\""
    ))
}

/// Somebody with an address.
fn add(server: &Server, username: &str) -> Citizen {
    let password = "una frase lunga e segreta";
    let row = json!({
        "username": username,
        "password": password,
        "attributes": {
            "name": "Ada", "familyName": "Rossi", "dateOfBirth": "1980-01-01",
            "fiscalNumber": "TINIT-RSSDAA80A41H501I", "email": format!("{username}@example.org"),
        },
        "proofing": { "method": "desk", "date": "2026-01-01", "operator": "3", "evidence": "17" },
    });
    let output = server.ponte(&["user", "import", "-"], &format!("{row}\n"));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    Citizen::new(username, password, said["activation-code"].as_str().unwrap())
}

fn wait_for(server: &Server, event: &str, times: usize) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while server.events().iter().filter(|name| *name == event).count() < times {
        assert!(Instant::now() < deadline, "no {event}: {:#?}", server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The mail server is away, then ponte is killed; both come back, and each mail arrives once: by STARTTLS, logged in, text
/// and HTML.
#[test]
#[ignore = "needs target/venv (./scripts/test)"]
fn mails_outlast_a_mail_server_that_is_away_and_a_kill() {
    let port = free_port();
    let mut server = by_smtp(port);
    certify(server.folder());
    server.start();
    let mut ada = add(&server, "ada");
    ada.log_in(&mut Agent::new(), &spid_request(&server, "_one")).unwrap();
    wait_for(&server, "notice.again", 2);
    server.kill();
    let sink = Sink::start(server.folder(), port);
    server.start();
    let mut mails = [sink.next(30).unwrap(), sink.next(30).unwrap()];
    mails.sort_by_key(|mail| mail["headers"]["subject"].to_string());
    for (mail, subject) in mails.iter().zip([
        "Ente di esempio: Accesso da un nuovo browser",
        "Ente di esempio: Nuova app per i codici monouso",
    ]) {
        let headers = &mail["headers"];
        assert_eq!(mail["to"], json!(["ada@example.org"]));
        assert_eq!((&mail["tls"], &mail["user"]), (&true.into(), &"ponte".into()), "{mail}");
        assert_eq!(
            (&mail["defects"], &mail["type"]),
            (&json!([]), &"multipart/alternative".into())
        );
        assert!(
            headers["subject"].as_str().unwrap().ends_with(subject.split_once(": ").unwrap().1),
            "{headers}"
        );
        assert!(headers["from"].as_str().unwrap().ends_with("<no-reply@example.org>"), "{headers}");
        assert_eq!(headers["reply-to"], "aiuto@example.org");
        assert_eq!(headers["auto-submitted"], "auto-generated");
        assert!(headers["message-id"].as_str().unwrap().ends_with("@example.org>"));
        for part in ["text", "html"] {
            let part = mail[part].as_str().unwrap();
            assert!(part.contains("Nessuno ti chiederà mai la password"), "{part}");
            assert!(part.contains("Ufficio di segreteria"), "{part}");
        }
    }
    assert!(sink.next(6).is_err(), "each once");
    wait_for(&server, "notice.sent", 2);
    for row in server.log() {
        assert!(!row.to_string().contains("ada@example.org"), "{row}");
    }
    let checked = server.ponte(&["check"], "");
    let said = String::from_utf8(checked.stdout).unwrap();
    assert!(said.contains(&format!("ok       mail: localhost:{port}")), "{said}");
    let password = server.folder().join("mail.password");
    std::fs::set_permissions(&password, Permissions::from_mode(0o644)).unwrap();
    let checked = server.try_ponte(&["check"], "");
    let said = String::from_utf8(checked.stdout).unwrap();
    assert!(!checked.status.success() && said.contains("mail.password may be read"), "{said}");
}

/// A server with a certificate that nobody vouches for, or with another password, gets nothing, and nothing is lost.
#[test]
#[ignore = "needs target/venv (./scripts/test)"]
fn a_mail_server_that_is_not_the_one_gets_nothing() {
    let port = free_port();
    let mut server = by_smtp(port);
    certify(server.folder());
    let sink = Sink::start(server.folder(), port);
    std::fs::write(server.folder().join("mail.password"), "another\n").unwrap();
    let said =
        |server: &Server| String::from_utf8(server.try_ponte(&["check"], "").stdout).unwrap();
    assert!(said(&server).contains("the server answered 535"), "{}", said(&server));
    server.start();
    add(&server, "ada").log_in(&mut Agent::new(), &spid_request(&server, "_one")).unwrap();
    wait_for(&server, "notice.again", 1);
    server.stop();
    // Another certificate than the one that the server shows.
    let good = std::fs::read(server.folder().join("mail.crt")).unwrap();
    certify(server.folder());
    assert!(said(&server).contains("certificate verify failed"), "{}", said(&server));
    assert!(sink.next(1).is_err());
    std::fs::write(server.folder().join("mail.crt"), good).unwrap();
    server.start();
    sink.next(30).unwrap();
}

/// Into a folder: a whole mail, and what it says in plain text. What waits for somebody is theirs: given out and erased.
#[test]
fn mails_go_into_a_folder_and_are_erased_with_the_person() {
    let mut server = server("way = \"folder\"\nfolder = \"post\"");
    server.start();
    let mut ada = add(&server, "ada");
    ada.log_in(&mut Agent::new(), &spid_request(&server, "_one")).unwrap();
    wait_for(&server, "notice.sent", 2);
    let mut files: Vec<PathBuf> = std::fs::read_dir(server.folder().join("post"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert_eq!(files.len(), 4, "{files:?}");
    for pair in files.chunks(2) {
        let [eml, txt] = pair else { panic!("pairs") };
        assert_eq!(
            (eml.extension(), txt.extension()),
            (Some("eml".as_ref()), Some("txt".as_ref()))
        );
        let whole = std::fs::read_to_string(eml).unwrap();
        assert!(
            whole.contains("multipart/alternative")
                && whole.contains("\r\nTo: ada@example.org\r\n")
        );
        assert!(
            std::fs::read_to_string(txt).unwrap().starts_with("To: ada@example.org\nSubject: ")
        );
    }
    server.stop();
    // A file stands where the folder should be: nothing can be written.
    std::fs::remove_dir_all(server.folder().join("post")).unwrap();
    std::fs::write(server.folder().join("post"), "in the way").unwrap();
    server.start();
    ada.log_in(&mut Agent::new(), &spid_request(&server, "_two")).unwrap();
    wait_for(&server, "notice.again", 1);
    let export = String::from_utf8(server.ponte(&["person", "export", "ada"], "").stdout).unwrap();
    let export: Value = serde_json::from_str(&export).unwrap();
    let waiting = export["store"]["notices-to-be-sent"].as_array().unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0]["body"]["mail"]["to"], "ada@example.org");
    server.ponte(&["person", "erase", "ada", "--fiscal-code", "RSSDAA80A41H501I"], "");
    server.stop();
    let (store, _) = store::open(&server.settings(), &Random::system()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (tenant, now) = (TenantId::main(), Clock::system().now());
    let left = runtime.block_on(store.list(&tenant, Space::Outbox, "", None, 10, now)).unwrap();
    assert!(left.is_empty());
}
