//! npm's oidc-provider, run by the script of `tests/clients`: an OpenID provider that none of us wrote.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// A provider that runs in a process of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct OidcOp {
    child: Child,
    control: PathBuf,
    pub(crate) issuer: String,
}

impl OidcOp {
    /// Starts one in `folder` on `port`, that knows one client; `more` are further settings of the script.
    pub(crate) fn start(folder: &Path, port: u16, client: &Value, more: &Value) -> Self {
        let issuer = format!("http://127.0.0.1:{port}");
        let control = folder.join(format!("op-{port}.control"));
        let mut setup = json!({
            "port": port,
            "issuer": issuer,
            "control": control,
            "node_modules": root().join("target/peers/node_modules"),
            "client": client,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            setup[name] = value.clone();
        }
        let file = folder.join(format!("op-{port}.json"));
        std::fs::write(&file, setup.to_string()).expect("the setup is written");
        // Node has been seen to hang as it starts, once in many hundred times.
        let child = (0..3).find_map(|_| begun(&file)).expect("the provider starts");
        Self { child, control, issuer }
    }

    /// What the next person does there.
    pub(crate) fn next(&self, control: &Value) {
        std::fs::write(&self.control, control.to_string()).expect("it is written");
    }
}

impl Drop for OidcOp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The provider of `setup`, once it says that it is ready; `None` if it does not within a minute.
fn begun(setup: &Path) -> Option<Child> {
    let mut child = Command::new("node")
        .arg(root().join("tests/clients/oidc_op.mjs"))
        .arg(setup)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    let output = BufReader::new(child.stdout.take().expect("its output"));
    let (told, ready) = std::sync::mpsc::channel();
    // What comes after goes nowhere; a full pipe would stop it.
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            if line.contains("\"ready\":true") {
                let _gone = told.send(());
            }
        }
    });
    if ready.recv_timeout(Duration::from_secs(60)).is_ok() {
        return Some(child);
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
