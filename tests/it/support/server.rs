//! The built binary, started in a folder of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Parser as _;
use ponte::cli::arguments::{Arguments, Command as Said};
use ponte::cli::init::init_with;
use ponte::config::check;
use ponte::config::settings::Settings;
use ponte::world::clock::Clock;
use ponte::world::private_key::{Digest, PrivateKey};
use ponte::world::random::Random;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::agent::Agent;
use crate::support::citizen::Citizen;
use crate::support::keys;
use crate::support::peer::Peer;

/// A server, and the folder that it works in.
#[derive(Debug)]
pub(crate) struct Server {
    folder: TempDir,
    host: &'static str,
    port: u16,
    child: Option<Child>,
    log: Arc<Mutex<Vec<Value>>>,
    environment: Vec<(String, String)>,
}

impl Server {
    /// A folder made by `ponte init`, for a server on a free port.
    pub(crate) fn new() -> Self {
        Self::called("idp.localhost")
    }

    /// The same under another name, so that a browser keeps its cookies apart.
    pub(crate) fn called(host: &'static str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let server =
            Self { folder, host, port, child: None, log: Arc::default(), environment: Vec::new() };
        server.init();
        server
    }

    /// What `ponte init` does, with a key that is not made for this server alone: to make one takes longer than all the rest.
    fn init(&self) {
        let folder = self.folder().to_str().expect("a path in UTF-8");
        let line = ["ponte", "init", "--base-url", &self.url(""), folder];
        let arguments = Arguments::try_parse_from(line).expect("a command line");
        let Said::Init(arguments) = arguments.command else { panic!("another command") };
        let key = || PrivateKey::from_pem(&keys::another(), None, Digest::Sha256);
        let now = Clock::system().now();
        init_with(&arguments, key, &Random::system(), now).expect("a folder for a server");
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}:{}{path}", self.host, self.port)
    }

    /// The process that runs.
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Sets a variable of the environment for all that is run from here on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.into(), value.into()));
    }

    /// Adds lines to a section of the configuration, or one at the end for a section of its own.
    pub(crate) fn configure_in(&self, section: &str, lines: &str) {
        let path = self.folder().join("ponte.toml");
        let text = std::fs::read_to_string(&path).expect("ponte.toml");
        let head = format!("\n[{section}]\n");
        assert_eq!(text.matches(&head).count(), 1, "{section}");
        let text = text.replacen(&head, &format!("{head}{lines}\n"), 1);
        std::fs::write(&path, text).expect("it is written");
    }

    /// Waits until it has ended by itself, without an error.
    pub(crate) fn ended(&mut self) {
        assert_eq!(self.ended_as(), Some(0), "{:#?}", self.log());
    }

    /// Waits until it has ended by itself; its exit status.
    pub(crate) fn ended_as(&mut self) -> Option<i32> {
        let mut child = self.child.take().expect("it runs");
        let status = child.wait().expect("it ends");
        // Its last words are read by another thread.
        std::thread::sleep(Duration::from_millis(50));
        status.code()
    }

    /// The events that it logged, by name.
    pub(crate) fn events(&self) -> Vec<String> {
        let log = self.log();
        log.iter().filter_map(|row| Some(row["event"].as_str()?.to_owned())).collect()
    }

    /// Puts `to` in the place of `from`, which is in the configuration once.
    pub(crate) fn reconfigure(&self, from: &str, to: &str) {
        let path = self.folder().join("ponte.toml");
        let text = std::fs::read_to_string(&path).expect("ponte.toml");
        assert_eq!(text.matches(from).count(), 1, "{from}");
        std::fs::write(&path, text.replacen(from, to, 1)).expect("it is written");
    }

    /// Adds lines at the end of the configuration.
    pub(crate) fn configure(&self, lines: &str) {
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(self.folder().join("ponte.toml"))
            .expect("ponte.toml");
        file.write_all(lines.as_bytes()).expect("it is written");
    }

    /// Registers `peer` by its metadata file, as an administrator does.
    pub(crate) fn register(&self, peer: &Peer) {
        let name = peer.entity_id.rsplit('/').next().expect("a name");
        self.add_metadata(name, &peer.metadata(), &peer.entity_id, peer.profile);
    }

    /// Puts a service provider's metadata in its folder, and a table for it in the configuration.
    pub(crate) fn add_metadata(&self, file: &str, xml: &str, entity_id: &str, profile: &str) {
        let folder = self.folder().join("metadata/sp");
        std::fs::create_dir_all(&folder).expect("the folder of metadata");
        std::fs::write(folder.join(format!("{file}.xml")), xml).expect("the metadata");
        self.configure(&format!(
            "\n[[service-provider]]\nentity-id = \"{entity_id}\"\nprofile = \"{profile}\"\n\
             attributes = [\"name\", \"familyName\", \"fiscalNumber\"]\n",
        ));
    }

    /// Starts the server and waits until it answers.
    pub(crate) fn start(&mut self) {
        self.start_as(self.command(&["serve"]));
    }

    /// Starts the server with its writes and syncs traced to `trace`.
    pub(crate) fn start_traced(&mut self, trace: &Path) {
        let mut command = Command::new("strace");
        // -D: the tracer stands aside, and the child is the server.
        command
            .args([
                "-D",
                "-f",
                "-y",
                "-s",
                "64",
                "-e",
                "trace=write,writev,pwrite64,sendto,fsync,fdatasync",
            ])
            .arg("-o")
            .arg(trace)
            .arg(binary())
            .arg("serve");
        command.current_dir(self.folder()).envs(self.place());
        self.start_as(command);
    }

    /// Starts it by a command of [`Self::command`] that was changed.
    pub(crate) fn start_as(&mut self, command: Command) {
        self.spawn(command, |it| {
            Agent::new().get(&it.url("/")).is_ok_and(|page| page.status == 200)
        });
    }

    /// Starts it with a certificate for `localhost`, its name here; gives its address and the certificate's file.
    pub(crate) fn start_with_tls(&mut self) -> (String, PathBuf) {
        assert_eq!(self.host, "localhost");
        let (certificate, key) = (self.folder().join("tls.crt"), self.folder().join("tls.key"));
        keys::certify_localhost(&certificate, &key);
        let url = format!("https://localhost:{}", self.port);
        self.set("PONTE_SERVER_BASE_URL", &url);
        self.configure_in("server", "tls = { certificate = \"tls.crt\", key = \"tls.key\" }");
        self.spawn(self.command(&["serve"]), |it| it.events().iter().any(|one| one == "started"));
        (url, certificate)
    }

    fn spawn(&mut self, mut command: Command, is_ready: impl Fn(&Self) -> bool) {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        self.collect(child.stdout.take().expect("its output"));
        self.collect(child.stderr.take().expect("its log"));
        self.child = Some(child);
        let deadline = Instant::now() + Duration::from_secs(20);
        while !is_ready(self) {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            assert!(
                ended.is_none() && Instant::now() < deadline,
                "no server: {ended:?}, {:#?}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends it as a power cut would: nothing is finished, nothing is told.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it is killed");
            child.wait().expect("it is gone");
        }
    }

    /// Ends it like [`Self::kill`], while others still talk to it.
    pub(crate) fn kill_now(&self) {
        self.signal("-KILL");
    }

    /// Sends it a signal: `-HUP`.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.as_ref().expect("it runs").id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.expect("kill").success());
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(&mut self) {
        self.signal("-TERM");
        let status = self.child.take().map(|mut child| child.wait());
        assert!(
            matches!(status, Some(Ok(status)) if status.success()),
            "{status:?}: {:#?}",
            self.log()
        );
        // Its last words are read by another thread.
        std::thread::sleep(Duration::from_millis(50));
    }

    /// The configuration that the server runs under.
    pub(crate) fn settings(&self) -> Settings {
        let path = self.folder().join("ponte.toml");
        let text = std::fs::read_to_string(&path).expect("ponte.toml");
        check::read(&text, &path, &self.place()).expect("it is right")
    }

    /// What it logged, one object a line.
    pub(crate) fn log(&self) -> Vec<Value> {
        self.log.lock().expect("the log").clone()
    }

    /// Adds a person who has yet to enrol an app.
    pub(crate) fn add_user(&self, username: &str) -> Citizen {
        self.try_add_user(username).expect("the person is added, and an activation code printed")
    }

    /// Adds a person; `None` if the command failed.
    pub(crate) fn try_add_user(&self, username: &str) -> Option<Citizen> {
        let password = "una frase lunga e segreta";
        let output = self.try_ponte(
            &[
                &["user", "add", username, "--name", "Ada", "--family-name", "Rossi"][..],
                &["--fiscal-number", "RSSDAA80A41H501I", "--attribute", "dateOfBirth=1980-01-01"],
                &["--proofing", "desk", "--proofing-operator", "desk 3"],
                &["--proofing-evidence", "2026/17", "--password-stdin"],
            ]
            .concat(),
            &format!("{password}\n"),
        );
        let said = String::from_utf8_lossy(&output.stdout).to_lowercase();
        let code = said
            .lines()
            .find_map(|line| line.split_once("activation code")?.1.split(':').nth(1))?;
        output.status.success().then(|| Citizen::new(username, password, code.trim()))
    }

    /// Adds many people at once.
    pub(crate) fn import_users(&self, usernames: &[String]) -> Vec<Citizen> {
        let password = "una frase lunga e segreta";
        let lines: String = usernames
            .iter()
            .map(|username| {
                let row = serde_json::json!({
                    "username": username,
                    "password": password,
                    "attributes": { "name": "Ada", "familyName": "Rossi", "dateOfBirth": "1980-01-01" },
                    "proofing": {
                        "method": "desk", "date": "2026-01-01", "operator": "desk 3", "evidence": "2026/17",
                    },
                });
                format!("{row}\n")
            })
            .collect();
        let output = self.ponte(&["user", "import", "-"], &lines);
        let rows = String::from_utf8(output.stdout).expect("UTF-8");
        rows.lines()
            .map(|line| {
                let row: Value = serde_json::from_str(line).expect("JSON");
                let text = |name: &str| row[name].as_str().expect("a text");
                Citizen::new(text("username"), password, text("activation-code"))
            })
            .collect()
    }

    /// Runs a command of the binary, which must succeed.
    pub(crate) fn ponte(&self, arguments: &[&str], input: &str) -> Output {
        let output = self.try_ponte(arguments, input);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "ponte {arguments:?}: {said}");
        output
    }

    /// Runs a command of the binary.
    pub(crate) fn try_ponte(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let _closed_early = child.stdin.take().expect("its input").write_all(input.as_bytes());
        child.wait_with_output().expect("it ends")
    }

    /// The binary with its folder and its place on the network.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(self.folder()).envs(self.place());
        command.envs(self.environment.iter().cloned());
        command
    }

    /// Its place on the network, over what the configuration says.
    pub(crate) fn place(&self) -> [(String, String); 5] {
        [
            ("LISTEN", format!("127.0.0.1:{}", self.port)),
            ("BASE_URL", self.url("")),
            ("PROXIES", "127.0.0.1".into()),
            ("LOG", "json".into()),
            ("LOG_LEVEL", "info".into()),
        ]
        .map(|(name, value)| (format!("PONTE_SERVER_{name}"), value))
    }

    fn collect(&self, stream: impl std::io::Read + Send + 'static) {
        let log = Arc::clone(&self.log);
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let row = serde_json::from_str(&line).unwrap_or(Value::String(line));
                log.lock().expect("the log").push(row);
            }
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The binary under test.
pub(crate) fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_ponte"))
}

/// A port that nobody listens on for now, each once. It is below those that the system takes for connections of its own
/// (`ip_local_port_range`), of which one could have it before the test does.
pub(crate) fn free_port() -> u16 {
    const FIRST: u32 = 10_000;
    const COUNT: u32 = 22_000;
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    loop {
        // Two runs side by side begin at places of their own.
        let place = std::process::id().wrapping_mul(97) % COUNT;
        let next = FIRST + (place + GIVEN.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let port = u16::try_from(next).expect("a port");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
