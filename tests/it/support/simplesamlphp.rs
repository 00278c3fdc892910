//! SimpleSAMLphp, as Debian has it, by PHP's own server: a SAML identity provider that none of us wrote.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::agent::Agent;
use crate::support::keys;
use crate::support::peer::{root, target};
use crate::support::server::free_port;

/// An identity provider that runs in a process of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct SimpleSaml {
    child: Child,
    folder: TempDir,
    url: String,
}

impl SimpleSaml {
    /// Starts one that knows nobody yet.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let url = format!("http://simplesamlphp.localhost:{port}");
        let keep = |name: &str, bytes: &[u8]| {
            std::fs::write(folder.path().join(name), bytes).expect("it is written");
        };
        keep("idp.key", keys::IDP.pair.key.as_ref());
        keep("idp.crt", keys::IDP.pair.certificate.as_ref());
        keep("sp.xml", b"<EntitiesDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\"/>");
        let taken_apart = target().join("simplesamlphp");
        let www = taken_apart.join("usr/share/simplesamlphp/www");
        assert!(www.is_dir(), "{}: ./scripts/test installs it", www.display());
        let errors = std::fs::File::create(folder.path().join("php.log")).expect("a log");
        let child = Command::new("php")
            .args(["-d", "opcache.enable_cli=1", "-d", "opcache.validate_timestamps=0"])
            .args(["-S", &format!("127.0.0.1:{port}"), "-t"])
            .arg(&www)
            .env("SIMPLESAMLPHP_CONFIG_DIR", root().join("tests/clients/simplesamlphp"))
            .env("PEER_FOLDER", folder.path())
            .env("PEER_ROOT", &taken_apart)
            .env("PEER_URL", &url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors)
            .spawn()
            .expect("php runs");
        let mut peer = Self { child, folder, url };
        let deadline = Instant::now() + Duration::from_secs(20);
        while Agent::new().get(&peer.entity_id()).is_err() {
            let ended = peer.child.try_wait().ok().flatten();
            assert!(ended.is_none() && Instant::now() < deadline, "{ended:?}: {}", peer.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        peer
    }

    /// Its entityID, which is the address of its metadata.
    pub(crate) fn entity_id(&self) -> String {
        format!("{}/saml2/idp/metadata.php", self.url)
    }

    /// Its metadata.
    pub(crate) fn metadata(&self) -> String {
        let page = Agent::new().get(&self.entity_id()).expect("metadata");
        assert_eq!(page.status, 200, "{}\n{}", page.body, self.log());
        page.body
    }

    /// Lets whoever has these metadata ask.
    pub(crate) fn register(&self, metadata: &str) {
        std::fs::write(self.folder.path().join("sp.xml"), metadata).expect("it is written");
    }

    /// What it said of itself.
    pub(crate) fn log(&self) -> String {
        let read = |name: &str| std::fs::read_to_string(self.file(name)).unwrap_or_default();
        format!("{}\n{}", read("php.log"), read("simplesamlphp.log"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for SimpleSaml {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
