//! `ponte certificate`, as an integrator runs it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use openssl::pkey::PKey;
use openssl::x509::{X509, X509Req};

fn ponte(folder: &Path, arguments: &[&str], passphrase: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ponte"));
    command.current_dir(folder).arg("certificate").args(arguments);
    command.env_remove("PONTE_KEYS_PASSPHRASE");
    if let Some(passphrase) = passphrase {
        command.env("PONTE_KEYS_PASSPHRASE", passphrase);
    }
    command.output().unwrap()
}

const BODY: [&str; 9] = [
    "new",
    "--entity-id",
    "https://sp.example.org",
    "--organization",
    "Comune di Esempio",
    "--organization-id",
    "PA:IT-c_h501",
    "--locality",
    "Roma",
];

fn new(folder: &Path, further: &[&str], passphrase: Option<&str>) -> Output {
    ponte(folder, &[&BODY[..], further].concat(), passphrase)
}

/// SP-07: keys, certificates and requests for public, private and aggregating entities, judged after they are made.
#[test]
fn what_is_made_has_the_shape_and_is_nobody_else_s() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let made = new(folder, &["--out", "sp"], None);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let said = String::from_utf8_lossy(&made.stdout);
    assert!(said.contains("ok   uri: https://sp.example.org") && !said.contains("ODD"), "{said}");
    let key = fs::read(folder.join("sp.key")).unwrap();
    let certificate = X509::from_pem(&fs::read(folder.join("sp.crt")).unwrap()).unwrap();
    let key = PKey::private_key_from_pem(&key).unwrap();
    assert!(certificate.public_key().unwrap().public_eq(&key));
    let mode = |name: &str| fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("sp.key"), mode("sp.crt") & 0o444), (0o600, 0o444));
    // Nothing that is there is overwritten, not even half of it.
    let again = new(folder, &["--out", "sp"], None);
    assert_eq!(again.status.code(), Some(1));
    fs::remove_file(folder.join("sp.key")).unwrap();
    assert_eq!(new(folder, &["--out", "sp"], None).status.code(), Some(1));
    assert!(!folder.join("sp.key").exists());
    // A request, by an elliptic curve, with an encrypted key.
    let asked = ["--out", "hub", "--csr", "--key", "ecdsa-p256"];
    let made = new(folder, &asked, Some("a secret of some length"));
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let request = X509Req::from_pem(&fs::read(folder.join("hub.csr")).unwrap()).unwrap();
    let public = request.public_key().unwrap();
    assert!(request.verify(&public).unwrap());
    let key = fs::read(folder.join("hub.key")).unwrap();
    assert!(String::from_utf8_lossy(&key).contains("ENCRYPTED PRIVATE KEY"));
    let key = PKey::private_key_from_pem_passphrase(&key, b"a secret of some length").unwrap();
    assert!(public.public_eq(&key) && !folder.join("hub.crt").exists());
    // What does not fit is told and makes nothing.
    for (wrong, instead) in [("PA:IT-c_h501", "IT-c_h501"), ("Roma", ""), ("Comune di Esempio", "")]
    {
        let arguments: Vec<&str> =
            BODY.iter().map(|said| if *said == wrong { instead } else { said }).collect();
        let output = ponte(folder, &[&arguments[..], &["--out", "bad"]].concat(), None);
        assert!(!output.status.success(), "{wrong}");
        assert!(!folder.join("bad.key").exists() && !folder.join("bad.crt").exists(), "{wrong}");
    }
}

#[test]
fn a_certificate_is_judged_field_by_field() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let private = ["--out", "sp", "--body", "private"];
    // A public body under the policies of private ones is no shape.
    assert!(!new(folder, &private, None).status.success());
    assert!(new(folder, &["--out", "sp", "--days", "3"], None).status.success());
    let judged = |arguments: &[&str]| {
        let output = ponte(folder, &[&["check", "sp.crt"], arguments].concat(), None);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(judged(&[]).0, Some(0));
    assert_eq!(judged(&["--entity-id", "https://sp.example.org"]).0, Some(0));
    let (status, said) = judged(&["--entity-id", "https://other.example.org"]);
    assert_eq!(status, Some(1));
    assert!(
        said.contains(
            "ODD  uri: https://sp.example.org\n       expected https://other.example.org"
        ),
        "{said}"
    );
    // DER too; and what is no certificate is told.
    let pem = fs::read(folder.join("sp.crt")).unwrap();
    fs::write(folder.join("sp.der"), X509::from_pem(&pem).unwrap().to_der().unwrap()).unwrap();
    assert!(ponte(folder, &["check", "sp.der"], None).status.success());
    for nothing in ["sp.key", "nowhere.crt"] {
        let output = ponte(folder, &["check", nothing], None);
        assert_eq!(output.status.code(), Some(1), "{nothing}");
        assert!(!output.stderr.is_empty());
    }
}
