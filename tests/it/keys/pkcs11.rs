//! Keys in a token: SoftHSM, which keeps its tokens in a folder.

use std::path::PathBuf;
use std::process::Command;

use crate::support::agent::Agent;
use crate::support::peer::{Kind, Peer};
use crate::support::server::Server;

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// A server whose settings name a token of its own.
fn with_token() -> Server {
    let mut server = Server::new();
    let tokens = server.folder().join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let config = server.folder().join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    std::fs::write(&config, text).unwrap();
    server.set("SOFTHSM2_CONF", config.to_str().unwrap());
    make_token(&server, "ponte");
    write_pin(&server, "123456\n");
    server.configure_in(
        "keys",
        &format!("pkcs11.module = \"{MODULE}\"\npkcs11.token = \"ponte\"\npkcs11.pin-file = \"keys/pin\"\n"),
    );
    server
}

fn make_token(server: &Server, label: &str) {
    let output = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", label, "--pin", "123456", "--so-pin", "654321"])
        .env("SOFTHSM2_CONF", server.folder().join("softhsm2.conf"))
        .output()
        .expect("softhsm2-util is there: ./scripts/test installs it");
    assert!(output.status.success(), "{output:?}");
}

fn write_pin(server: &Server, pin: &str) {
    let path = server.folder().join("keys/pin");
    let _not_there = std::fs::remove_file(&path);
    std::fs::write(&path, pin).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&path, mode).unwrap();
}

fn done(server: &Server, arguments: &[&str]) -> String {
    String::from_utf8(server.ponte(arguments, "").stdout).unwrap()
}

#[track_caller]
fn refused(server: &Server, arguments: &[&str]) -> String {
    let output = server.try_ponte(arguments, "");
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// What the program `xmlsec1` says of our metadata under the certificate of the key `name`.
fn is_signed_by(server: &Server, name: &str) -> bool {
    let file = server.folder().join("metadata.xml");
    std::fs::write(&file, done(server, &["metadata", "show"])).unwrap();
    let certificate: PathBuf = server.folder().join(format!("keys/{name}.crt"));
    let output = Command::new("xmlsec1")
        .args(["--verify", "--enabled-key-data", "rsa,ec"])
        .args(["--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor"])
        .arg("--pubkey-cert-pem")
        .args([certificate, file])
        .output()
        .expect("xmlsec1 is there: ./scripts/test installs it");
    output.status.success()
}

#[test]
#[ignore = "needs SoftHSM and xmlsec1, which ./scripts/test installs"]
fn every_kind_of_key_is_made_in_the_token_and_signs_there() {
    let server = with_token();
    for (kind, digest, method) in [
        ("rsa2048", "sha256", "rsa-sha256"),
        ("rsa3072", "sha384", "rsa-sha384"),
        ("rsa4096", "sha512", "rsa-sha512"),
        ("ecdsa-p256", "sha256", "ecdsa-sha256"),
    ] {
        let name = format!("in-{kind}");
        let made = ["keys", "new", "--in-token", "--name", &name, "--key", kind];
        let told = done(&server, &[&made[..], &["--digest", digest]].concat());
        assert!(told.contains(&format!("pkcs11:object={name}")), "{told}");
        assert!(!server.folder().join(format!("keys/{name}.key")).exists());
        assert!(!is_signed_by(&server, &name), "it is published only");
        done(&server, &["keys", "promote"]);
        assert!(is_signed_by(&server, &name), "{name}");
        assert!(done(&server, &["metadata", "show"]).contains(&format!("#{method}\"")));
        assert!(done(&server, &["check"]).contains(&format!("current key {name}: pkcs11:")));
    }
    let csr = done(&server, &["keys", "csr", "in-rsa2048"]);
    assert!(csr.starts_with("-----BEGIN CERTIFICATE REQUEST-----"), "{csr}");
    done(&server, &["keys", "remove", "in-rsa2048"]);
    let told = refused(&server, &["keys", "new", "--from", "pkcs11:object=in-rsa2048"]);
    assert!(told.contains("the token has no key pkcs11:object=in-rsa2048"), "{told}");
    let told = done(&server, &["keys", "new", "--from", "pkcs11:object=in-rsa3072"]);
    assert!(told.contains("Made signing-2: pkcs11:object=in-rsa3072"), "{told}");
}

#[test]
#[ignore = "needs SoftHSM, which ./scripts/test installs"]
fn what_is_wrong_with_a_token_is_told_in_words() {
    let server = with_token();
    done(&server, &["keys", "new", "--in-token"]);
    let told = refused(&server, &["keys", "new", "--in-token", "--name", "signing-2"]);
    assert!(told.contains("there is a signing key \"signing-2\" already"), "{told}");
    done(&server, &["keys", "promote"]);
    let show = ["metadata", "show"];
    done(&server, &show);

    write_pin(&server, "000000");
    let told = refused(&server, &show);
    assert!(told.contains("the token refuses the PIN; it is not tried again"), "{told}");
    assert!(!told.contains("000000"));
    std::fs::remove_file(server.folder().join("keys/pin")).unwrap();
    let told = refused(&server, &show);
    assert!(told.contains("keys/pin could not be read"), "{told}");
    let by_variable = server.command(&show).env("PONTE_KEYS_PKCS11_PIN", "123456").output();
    assert!(by_variable.unwrap().status.success());
    write_pin(&server, "123456");

    let under = |name: &str, value: &str| {
        let output = server.command(&show).env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let told = under("PONTE_KEYS_PKCS11_TOKEN", "other");
    assert!(told.contains("the module has no token \"other\""), "{told}");
    let told = under("PONTE_KEYS_PKCS11_MODULE", "/nowhere/module.so");
    assert!(told.contains("the PKCS#11 module /nowhere/module.so cannot be loaded"), "{told}");
    let checked = server.command(&["check"]).env("PONTE_KEYS_PKCS11_TOKEN", "other").output();
    let told = String::from_utf8(checked.unwrap().stdout).unwrap();
    assert!(told.contains("ERROR    current key signing-2: ") && told.contains("mend: "), "{told}");

    // Another key under the same name is found out before it signs anything.
    make_token(&server, "second");
    let made = server
        .command(&["keys", "new", "--in-token", "--name", "third"])
        .env("PONTE_KEYS_PKCS11_TOKEN", "second")
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let file = server.folder().join("keys/signing.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("object=signing-2", "object=third")).unwrap();
    let told = under("PONTE_KEYS_PKCS11_TOKEN", "second");
    assert!(told.contains("the certificate is not that of the private key"), "{told}");
}

#[test]
#[ignore = "needs SoftHSM and the service providers that ./scripts/test installs"]
fn a_whole_login_is_signed_in_the_token_and_goes_on_once_it_is_back() {
    let mut server = with_token();
    done(&server, &["keys", "new", "--in-token"]);
    done(&server, &["keys", "promote"]);
    let kind = Kind {
        script: "pysaml2_sp.py",
        profile: "spid",
        binding: "redirect",
        class: "https://www.spid.gov.it/SpidL1",
    };
    let peer = Peer::new(server.folder(), kind, &server.url("/saml/sso"));
    server.register(&peer);
    let mut citizen = server.add_user("ada");
    server.start();
    let metadata = Agent::new().get(&server.url("/metadata")).expect("metadata").body;
    std::fs::write(server.folder().join("idp.xml"), metadata).unwrap();

    let mut log_in = || {
        let request = peer.request();
        let delivered = citizen.log_in(&mut Agent::new(), &request);
        delivered.map(|delivered| (request.id.clone(), delivered))
    };
    let first = log_in().expect("a response");

    // The token is taken out while the server runs, and put back.
    let (tokens, away) = (server.folder().join("tokens"), server.folder().join("away"));
    std::fs::rename(&tokens, &away).unwrap();
    let without = log_in();
    assert!(without.is_err(), "{without:?}");
    assert!(!without.unwrap_err().to_string().contains("SAMLResponse"));
    std::fs::rename(&away, &tokens).unwrap();
    let again = log_in();
    let again = again.unwrap_or_else(|error| panic!("{error}: {:#?}", server.log()));

    let verdicts = peer.check_each(&[first, again]);
    for verdict in &verdicts {
        assert_eq!(verdict["accepted"], true, "{verdict}");
    }
    let log = format!("{:?}", server.log());
    assert!(log.contains("token.lost"), "{log}");
    assert!(!log.contains("123456"), "the PIN is in no log");
}
