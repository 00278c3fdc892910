//! The OpenID provider of spid-cie-oidc under CIE's rules, run by the script of `tests/clients`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::peer::{root, target};

/// A provider that runs in a process of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct CieOp {
    child: Child,
    folder: TempDir,
    pub(crate) issuer: String,
}

impl CieOp {
    /// The name that it gives itself on `port`.
    pub(crate) fn issuer(port: u16) -> String {
        format!("http://127.0.0.1:{port}/oidc/op")
    }

    /// Starts one on `port` that knows one client; `mended` is what is mended of it.
    pub(crate) fn start(
        port: u16,
        (client_id, redirect_uri): (&str, &str),
        jwks: &Value,
        mended: &[&str],
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let issuer = Self::issuer(port);
        let setup = json!({
            "port": port,
            "issuer": issuer,
            "folder": folder.path(),
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "jwks": jwks,
            "mended": mended,
        });
        let file = folder.path().join("setup.json");
        std::fs::write(&file, setup.to_string()).expect("the setup is written");
        let errors = std::fs::File::create(folder.path().join("log")).expect("a log");
        let mut child = Command::new(target().join("venv/bin/python"))
            .args(["-W", "ignore"])
            .arg(root().join("tests/clients/cie_op.py"))
            .arg(&file)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .expect("target/venv/bin/python is there: ./scripts/test installs it");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("it says that it is ready");
        let peer = Self { child, folder, issuer };
        assert_eq!(line, "ready\n", "{}", peer.log());
        peer
    }

    /// The class that the next person reaches, where that is mended.
    pub(crate) fn next(&self, class: &str) {
        std::fs::write(self.folder.path().join("acr"), class).expect("it is written");
    }

    /// What it said of itself.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for CieOp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
