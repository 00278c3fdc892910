//! Service providers that none of us wrote: scripts of `tests/clients`, each on a library of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ponte::world::certificate::KeyKind;
use serde_json::{Value, json};

use crate::support::citizen::Delivered;
use crate::support::keys::Keys;

/// A service provider: its script, its keys, what it asks for.
#[derive(Debug)]
pub(crate) struct Peer {
    script: &'static str,
    setup: PathBuf,
    pub(crate) entity_id: String,
    pub(crate) profile: &'static str,
    pub(crate) acs: String,
}

/// What kind of service provider to make.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) script: &'static str,
    pub(crate) profile: &'static str,
    pub(crate) binding: &'static str,
    pub(crate) class: &'static str,
}

/// A request for a browser to send.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) post: bool,
    pub(crate) url: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) id: String,
}

impl Peer {
    /// Makes one in `folder`, with a key of its own, that will send to `sso`; the identity
    /// provider's metadata is to be written to `folder/idp.xml` before it asks or checks.
    pub(crate) fn new(folder: &Path, kind: Kind, sso: &str) -> Self {
        let name =
            format!("{}-{}-{}", kind.script.replace(['.', '_'], "-"), kind.profile, kind.binding);
        let entity_id = format!("https://sp.example.org/{name}");
        let keys = Keys::new(KeyKind::Rsa2048, &name);
        let file = |extension: &str| folder.join(format!("{name}.{extension}"));
        std::fs::write(file("key"), &keys.pair.key).expect("the key is written");
        std::fs::write(file("crt"), &keys.pair.certificate).expect("the certificate is written");
        let acs = format!("http://sp.localhost:9/{name}/acs");
        let setup = json!({
            "entity_id": entity_id,
            "acs": acs,
            "profile": kind.profile,
            "binding": kind.binding,
            "class": kind.class,
            "key": file("key"),
            "cert": file("crt"),
            "idp_metadata": folder.join("idp.xml"),
            "sso": sso,
            "node_modules": target().join("peers/node_modules"),
        });
        std::fs::write(file("json"), setup.to_string()).expect("the setup is written");
        Self { script: kind.script, setup: file("json"), entity_id, profile: kind.profile, acs }
    }

    /// Says one thing more of how it is set up.
    pub(crate) fn set(&self, name: &str, value: &str) {
        let text = std::fs::read_to_string(&self.setup).expect("the setup");
        let mut setup: Value = serde_json::from_str(&text).expect("JSON");
        setup[name] = value.into();
        std::fs::write(&self.setup, setup.to_string()).expect("the setup is written");
    }

    /// Its metadata.
    pub(crate) fn metadata(&self) -> String {
        self.run("metadata", None)
    }

    /// A request that it makes.
    pub(crate) fn request(&self) -> Request {
        Request::of(&serde_json::from_str(&self.run("request", None)).expect("JSON"))
    }

    /// What it says of each response to the request `id`: `accepted`, and `why` not or what it read.
    pub(crate) fn check(&self, id: &str, relay_state: &str, responses: &[String]) -> Vec<Value> {
        let answers: Vec<Value> = responses
            .iter()
            .map(
                |response| json!({ "id": id, "SAMLResponse": response, "RelayState": relay_state }),
            )
            .collect();
        self.verdicts(&answers)
    }

    /// What it says of each response, each to the request beside it.
    pub(crate) fn check_each(&self, delivered: &[(String, Delivered)]) -> Vec<Value> {
        let answers: Vec<Value> = delivered
            .iter()
            .map(|(id, one)| {
                json!({ "id": id, "SAMLResponse": one.response, "RelayState": one.relay_state })
            })
            .collect();
        self.verdicts(&answers)
    }

    fn verdicts(&self, answers: &[Value]) -> Vec<Value> {
        let verdicts = self.run("check", Some(&json!(answers).to_string()));
        let verdicts: Vec<Value> = serde_json::from_str(&verdicts).expect("JSON");
        assert_eq!(verdicts.len(), answers.len(), "a verdict for each");
        verdicts
    }

    /// What another verb of its script makes of `asked`; it must accept it.
    pub(crate) fn does(&self, verb: &str, asked: &Value) -> Value {
        let said: Value =
            serde_json::from_str(&self.run(verb, Some(&asked.to_string()))).expect("JSON");
        assert_eq!(said["accepted"], true, "{} {verb}: {said}", self.script);
        said
    }

    fn run(&self, verb: &str, input: Option<&str>) -> String {
        let program = if self.script.ends_with(".mjs") {
            "node".into()
        } else {
            target().join("venv/bin/python")
        };
        let mut child = Command::new(&program)
            .arg(root().join("tests/clients").join(self.script))
            .args([self.setup.as_os_str(), verb.as_ref()])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("node and target/venv/bin/python are there: ./scripts/test installs them");
        child
            .stdin
            .take()
            .expect("its input")
            .write_all(input.unwrap_or_default().as_bytes())
            .expect("it reads its input");
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} {verb}: {said}", self.script);
        String::from_utf8(output.stdout).expect("it speaks UTF-8")
    }
}

impl Request {
    /// From what a script printed.
    pub(crate) fn of(made: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let fields = made["fields"].as_object().expect("an object");
        Self {
            post: made["method"] == "POST",
            url: text(&made["url"]),
            fields: fields.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
            id: made["id"].as_str().unwrap_or_default().to_owned(),
        }
    }
}

/// The project's folder.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Where the scripts put what they install.
pub(crate) fn target() -> PathBuf {
    root().join("target")
}
