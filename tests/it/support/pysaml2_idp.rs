//! A SAML identity provider on pysaml2, run by the script of `tests/clients`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::json;
use tempfile::TempDir;

use crate::support::agent::Agent;
use crate::support::keys;
use crate::support::peer::{root, target};
use crate::support::server::free_port;

/// An identity provider that runs in a process of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct PySaml {
    child: Child,
    folder: TempDir,
    url: String,
}

impl PySaml {
    /// Starts one that knows nobody yet.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| folder.path().join(name);
        let port = free_port();
        let url = format!("http://pysaml2.localhost:{port}");
        std::fs::write(file("idp.key"), &keys::STRANGER.pair.key).expect("the key is written");
        std::fs::write(file("idp.crt"), &keys::STRANGER.pair.certificate).expect("and this");
        let setup = json!({
            "port": port,
            "url": url,
            "key": file("idp.key"),
            "cert": file("idp.crt"),
            "sp_metadata": file("sp.xml"),
            "control": file("control"),
        });
        std::fs::write(file("setup.json"), setup.to_string()).expect("the setup is written");
        let mut child = Command::new(target().join("venv/bin/python"))
            .arg("-W")
            .arg("ignore")
            .arg(root().join("tests/clients/pysaml2_idp.py"))
            .arg(file("setup.json"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("target/venv/bin/python is there: ./scripts/test installs it");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("it says that it is ready");
        assert_eq!(line, "ready\n");
        Self { child, folder, url }
    }

    /// Its entityID, which is the address of its metadata.
    pub(crate) fn entity_id(&self) -> String {
        format!("{}/metadata", self.url)
    }

    /// Its metadata.
    pub(crate) fn metadata(&self) -> String {
        Agent::new().get(&self.entity_id()).expect("metadata").body
    }

    /// Lets whoever has these metadata ask; before it is asked for the first time.
    pub(crate) fn register(&self, metadata: &str) {
        std::fs::write(self.folder.path().join("sp.xml"), metadata).expect("it is written");
    }

    /// The class that the next person reaches.
    pub(crate) fn next(&self, class: &str) {
        std::fs::write(self.folder.path().join("control"), class).expect("it is written");
    }
}

impl Drop for PySaml {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
