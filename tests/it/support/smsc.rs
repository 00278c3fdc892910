//! npm's smpp, run by the script of `tests/clients`: a short message centre that none of us wrote.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// A centre that runs in a process of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct Smsc {
    child: Child,
    told: Receiver<Value>,
    control: PathBuf,
}

pub(crate) const SYSTEM_ID: &str = "ente";
pub(crate) const PASSWORD: &str = "s3gr3t0";

impl Smsc {
    /// Starts one in `folder` on `port`; with `tls`, certificate and key, it speaks nothing else.
    pub(crate) fn start(folder: &Path, port: u16, tls: Option<(&Path, &Path)>) -> Self {
        let control = folder.join(format!("smsc-{port}.control"));
        std::fs::write(&control, "ok").expect("it is written");
        let mut setup = json!({
            "port": port,
            "control": control,
            "node_modules": root().join("target/peers/node_modules"),
            "system_id": SYSTEM_ID,
            "password": PASSWORD,
        });
        if let Some((certificate, key)) = tls {
            setup["certificate"] = json!(certificate);
            setup["key"] = json!(key);
        }
        let file = folder.join(format!("smsc-{port}.json"));
        std::fs::write(&file, setup.to_string()).expect("the setup is written");
        let mut child = Command::new("node")
            .arg(root().join("tests/clients/smsc.mjs"))
            .arg(&file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node runs");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let (teller, told) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _gone = teller.send(serde_json::from_str(&line).expect("a line of JSON"));
            }
        });
        let smsc = Self { child, told, control };
        assert_eq!(smsc.next(), json!({ "ready": true }));
        smsc
    }

    /// What becomes of messages from here on.
    pub(crate) fn does(&self, what: &str) {
        std::fs::write(&self.control, what).expect("it is written");
    }

    /// What came next.
    pub(crate) fn next(&self) -> Value {
        self.told.recv_timeout(Duration::from_secs(30)).expect("something comes")
    }

    /// The next message; what came besides is passed over.
    pub(crate) fn message(&self) -> Value {
        loop {
            let mut came = self.next();
            if came.get("submit").is_some() {
                return came["submit"].take();
            }
        }
    }

    /// All that came by now.
    pub(crate) fn rest(&self) -> Vec<Value> {
        std::thread::sleep(Duration::from_millis(100));
        self.told.try_iter().collect()
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
