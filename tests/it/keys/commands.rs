//! `ponte keys`, as an administrator gives it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509Builder, X509Name, X509Req};
use ponte::world::certificate::Certificate;
use ponte::world::roles::{Role, Roles};
use ponte::world::shape;

use crate::support::agent::Agent;
use crate::support::server::{Server, binary};

/// Runs a command that must succeed, and returns what it said.
fn done(server: &Server, arguments: &[&str]) -> String {
    String::from_utf8(server.ponte(arguments, "").stdout).unwrap()
}

/// Runs a command that must fail, and returns what it complained of.
#[track_caller]
fn refused(server: &Server, arguments: &[&str]) -> String {
    let output = server.try_ponte(arguments, "");
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn roles(server: &Server) -> Roles {
    Roles::parse(&std::fs::read(server.folder().join("keys/signing.json")).unwrap()).unwrap()
}

fn names(server: &Server, role: Role) -> Vec<String> {
    let roles = roles(server);
    let of = roles.all().iter().filter(|key| key.role == role);
    of.map(|key| key.name.clone()).collect()
}

/// The certificates that metadata name, in order, in base64 as the files have it.
fn published(metadata: &str) -> Vec<String> {
    let descriptors = metadata.split("<md:KeyDescriptor").skip(1);
    descriptors.map(|part| between(part, "<ds:X509Certificate>", "</")).collect()
}

/// The certificate beside the signature of metadata.
fn signed_by(metadata: &str) -> String {
    between(metadata, "<ds:X509Certificate>", "</")
}

fn between(text: &str, from: &str, to: &str) -> String {
    let text = &text[text.find(from).unwrap() + from.len()..];
    text[..text.find(to).unwrap()].to_owned()
}

fn certificate(server: &Server, name: &str) -> String {
    let pem = std::fs::read_to_string(server.folder().join("keys").join(name)).unwrap();
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}

#[test]
fn a_key_is_made_published_promoted_and_destroyed() {
    let server = Server::new();
    let metadata = |server: &Server| done(server, &["metadata", "show"]);
    assert_eq!(published(&metadata(&server)).len(), 1);

    let would = done(&server, &["keys", "new", "--dry-run"]);
    assert!(would.contains("Would make signing-2: keys/signing-2.key"), "{would}");
    assert!(!server.folder().join("keys/signing-2.key").exists());

    let told = done(&server, &["keys", "new"]);
    assert!(told.contains("Made signing-2") && told.contains("Next: publish"), "{told}");
    let (old, new) = (certificate(&server, "signing.crt"), certificate(&server, "signing-2.crt"));
    let both = metadata(&server);
    assert_eq!(published(&both), [old.clone(), new.clone()], "the one that signs first");
    assert_eq!(signed_by(&both), old);
    let told = refused(&server, &["keys", "new"]);
    assert!(told.contains("\"signing-2\" is next already"), "{told}");

    let before = roles(&server);
    let would = done(&server, &["keys", "promote", "--dry-run"]);
    assert!(would.contains("Would let signing-2 sign") && would.contains("retire signing"));
    assert_eq!(roles(&server), before);
    let told = refused(&server, &["keys", "remove", "signing"]);
    assert!(told.contains("\"signing\" signs: promote another key first"), "{told}");
    let told = refused(&server, &["keys", "retire", "signing"]);
    assert!(told.contains("signs"), "{told}");

    done(&server, &["keys", "promote", "--keep-published"]);
    assert_eq!(names(&server, Role::Current), ["signing-2"]);
    assert_eq!(published(&metadata(&server)), [new.clone(), old]);
    assert_eq!(signed_by(&metadata(&server)), new);
    done(&server, &["keys", "retire", "signing"]);
    assert_eq!(published(&metadata(&server)), [new]);
    let told = refused(&server, &["keys", "promote"]);
    assert!(told.contains("no key is next"), "{told}");

    done(&server, &["keys", "remove", "signing", "--dry-run"]);
    assert!(server.folder().join("keys/signing.key").exists());
    done(&server, &["keys", "remove", "signing"]);
    assert!(!server.folder().join("keys/signing.key").exists());
    assert!(server.folder().join("keys/signing.crt").exists(), "what it signed is believed");
    done(&server, &["keys", "remove", "signing", "--certificate"]);
    assert!(!server.folder().join("keys/signing.crt").exists());
    let list = done(&server, &["keys", "list"]);
    assert_eq!(list.lines().count(), 1, "{list}");
    done(&server, &["check"]);
}

#[test]
fn every_kind_of_key_is_made_in_spids_shape_and_signs() {
    let server = Server::new();
    for (kind, digest, body, method) in [
        ("rsa2048", "sha512", "PA:IT-c_h501", "rsa-sha512"),
        ("rsa3072", "sha384", "VATIT-01234567890", "rsa-sha384"),
        ("rsa4096", "sha256", "CF:IT-01234567890", "rsa-sha256"),
        ("ecdsa-p256", "sha256", "PA:IT-c_h501", "ecdsa-sha256"),
    ] {
        let made = ["keys", "new", "--name", kind, "--key", kind, "--digest", digest];
        done(&server, &[&made[..], &["--organization-id", body, "--locality", "Forlì"]].concat());
        let pem = std::fs::read(server.folder().join(format!("keys/{kind}.crt"))).unwrap();
        let read = Certificate::from_pem(&pem).unwrap();
        assert_eq!(read.subject_field("L"), Some("Forlì"));
        assert_eq!(read.subject_field("organizationIdentifier"), Some(body));
        assert!(read.is_self_signed().unwrap());
        let points = shape::judge(&read, &server.url("/metadata")).unwrap();
        assert!(points.iter().all(|point| point.wrong.is_none()), "{points:?}");
        let shown = done(&server, &["keys", "show", kind]);
        assert!(shown.contains("ok   keyUsage: critical: digitalSignature, nonRepudiation"));
        done(&server, &["keys", "promote"]);
        let metadata = done(&server, &["metadata", "show"]);
        assert!(metadata.contains(&format!("#{method}\"")), "{metadata}");
    }
    let bad = server.try_ponte(&["keys", "new", "--organization-id", "h501"], "");
    let told = String::from_utf8_lossy(&bad.stderr);
    assert!(told.contains("organizationIdentifier: expected PA:IT-"), "{told}");
    assert!(!server.folder().join("keys/signing-2.key").exists(), "what was made is removed");
}

#[test]
fn an_authority_makes_the_certificate_of_a_request() {
    let server = Server::new();
    let told = done(&server, &["keys", "new", "--csr"]);
    assert!(told.contains("have the authority sign keys/signing-2.csr"), "{told}");
    assert_eq!(names(&server, Role::Pending), ["signing-2"]);
    assert_eq!(published(&done(&server, &["metadata", "show"])).len(), 1);
    let told = refused(&server, &["keys", "promote", "signing-2"]);
    assert!(told.contains("has no certificate yet"), "{told}");
    done(&server, &["check"]);

    let file = std::fs::read(server.folder().join("keys/signing-2.csr")).unwrap();
    let asked = X509Req::from_pem(&file).unwrap();
    assert!(asked.verify(&asked.public_key().unwrap()).unwrap());
    let again = done(&server, &["keys", "csr", "signing-2"]);
    let again = X509Req::from_pem(again.as_bytes()).unwrap();
    assert_eq!(again.subject_name().to_der().unwrap(), asked.subject_name().to_der().unwrap());

    let issued = issue(&asked);
    std::fs::write(server.folder().join("issued.crt"), &issued).unwrap();
    let told = refused(&server, &["keys", "certificate", "signing", "issued.crt"]);
    assert!(told.contains("the certificate is not that of the private key"), "{told}");
    let told = done(&server, &["keys", "certificate", "signing-2", "issued.crt"]);
    assert!(told.contains("it is next") && !told.contains("ODD"), "{told}");
    done(&server, &["keys", "promote"]);
    assert_eq!(names(&server, Role::Current), ["signing-2"]);
    done(&server, &["metadata", "show"]);
}

/// What an authority makes of a request: its subject and extensions, under another name.
fn issue(asked: &X509Req) -> Vec<u8> {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "Authority of the tests").unwrap();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(asked.subject_name()).unwrap();
    builder.set_issuer_name(&name.build()).unwrap();
    builder.set_pubkey(&asked.public_key().unwrap()).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(365).unwrap()).unwrap();
    let extensions = asked.extensions().unwrap();
    assert_eq!(extensions.len(), 4);
    for extension in extensions {
        builder.append_extension(extension).unwrap();
    }
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    builder.build().to_pem().unwrap()
}

#[test]
fn encrypted_keys_need_their_passphrase() {
    let server = Server::new();
    let secret = server.folder().join("passphrase");
    std::fs::write(&secret, "una frase lunga\n").unwrap();
    std::fs::set_permissions(&secret, PermissionsExt::from_mode(0o600)).unwrap();
    let ponte = |arguments: &[&str], name: &str, value: &str| {
        server.command(arguments).env(name, value).output().unwrap()
    };
    let file = "PONTE_KEYS_PASSPHRASE_FILE";
    let made = ponte(&["keys", "new", "--key", "ecdsa-p256"], file, "passphrase");
    assert!(made.status.success(), "{made:?}");
    let pem = std::fs::read_to_string(server.folder().join("keys/signing-2.key")).unwrap();
    assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"), "{pem}");
    let told = refused(&server, &["keys", "promote"]);
    assert!(told.contains("encrypted, and no passphrase is known"), "{told}");
    let wrong = ponte(&["keys", "promote"], "PONTE_KEYS_PASSPHRASE", "altro");
    let told = String::from_utf8_lossy(&wrong.stderr);
    assert!(told.contains("encrypted, and not with this passphrase"), "{told}");
    assert!(!told.contains("altro") && !format!("{wrong:?}").contains("frase lunga"));
    let right = ponte(&["keys", "promote"], "PONTE_KEYS_PASSPHRASE", "una frase lunga");
    assert!(right.status.success(), "{right:?}");
    let checked = ponte(&["check"], file, "passphrase");
    assert!(checked.status.success(), "{checked:?}");
    std::fs::set_permissions(&secret, PermissionsExt::from_mode(0o644)).unwrap();
    let told = ponte(&["metadata", "show"], file, "passphrase");
    assert!(String::from_utf8_lossy(&told.stderr).contains("passphrase may be read"));
}

#[test]
fn a_key_that_lies_open_or_is_everybodys_is_not_used() {
    let server = Server::new();
    done(&server, &["keys", "new", "--key", "ecdsa-p256"]);
    let key = server.folder().join("keys/signing-2.key");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    for mode in [0o604, 0o644, 0o620, 0o602] {
        std::fs::set_permissions(&key, PermissionsExt::from_mode(mode)).unwrap();
        let told = refused(&server, &["keys", "promote"]);
        assert!(told.contains("signing-2.key may be read or changed by others"), "{told}");
    }
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(names(&server, Role::Current), ["signing"]);
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&key, Some(65534), None).unwrap();
        let told = refused(&server, &["keys", "promote"]);
        assert!(told.contains("chown it"), "{told}");
        std::os::unix::fs::chown(&key, Some(0), None).unwrap();
    }

    let examples = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/keys-example"));
    let example = examples.join("signing.key");
    done(&server, &["keys", "retire", "signing-2"]);
    let told = refused(&server, &["keys", "new", "--from", example.to_str().unwrap()]);
    assert!(told.contains("is an example key"), "{told}");
    std::fs::copy(&example, &key).unwrap();
    std::fs::copy(examples.join("signing.crt"), server.folder().join("keys/signing-2.crt"))
        .unwrap();
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    let text = std::fs::read_to_string(server.folder().join("keys/signing.json")).unwrap();
    let next = text.replace("\"retired\"", "\"next\"");
    std::fs::write(server.folder().join("keys/signing.json"), next).unwrap();
    for arguments in [
        &["keys", "promote"][..],
        &["metadata", "show"],
        &["keys", "csr", "signing-2"],
        &["serve"],
        &["check"],
    ] {
        let output = server.try_ponte(arguments, "");
        let told = format!("{output:?}");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
        assert!(told.contains("is an example key"), "{arguments:?}: {told}");
    }
    done(&server, &["keys", "retire", "signing-2"]);
    done(&server, &["metadata", "show"]);
}

#[test]
fn keys_that_ponte_toml_names_are_taken_over() {
    let server = Server::new();
    done(&server, &["keys", "new", "--key", "ecdsa-p256"]);
    let before = done(&server, &["metadata", "show"]);
    std::fs::remove_file(server.folder().join("keys/signing.json")).unwrap();
    let told = refused(&server, &["metadata", "show"]);
    assert!(told.contains("there is no signing key"), "{told}");

    let path = server.folder().join("ponte.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (one, two) = ("keys/signing", "keys/signing-2");
    let pair = |name: &str| format!("{{ key = \"{name}.key\", certificate = \"{name}.crt\" }}");
    let both = format!("[keys]\nsigning = [{}, {}]\n", pair(one), pair(two));
    std::fs::write(&path, text.replacen("[keys]\n", &both, 1)).unwrap();
    assert_eq!(done(&server, &["metadata", "show"]), before);
    let list = done(&server, &["keys", "list"]);
    assert!(list.contains("keys.signing in ponte.toml names them"), "{list}");
    done(&server, &["keys", "promote"]);
    assert_eq!(names(&server, Role::Current), ["signing-2"]);
    assert_eq!(names(&server, Role::Retired), ["signing"]);
    let checked = done(&server, &["check"]);
    assert!(checked.contains("keys.signing is not looked at"), "{checked}");
}

/// Wherever a promotion is killed, one key signs: the one before or the one after.
#[test]
#[ignore = "needs strace, which ./scripts/test installs"]
fn a_promotion_that_is_killed_leaves_one_key_that_signs() {
    let server = Server::new();
    done(&server, &["keys", "new", "--key", "ecdsa-p256"]);
    let file = server.folder().join("keys/signing.json");
    let before = std::fs::read(&file).unwrap();
    let mut killed = 0;
    for (calls, last) in [("openat", 60), ("write", 4), ("fsync", 3), ("rename", 2), ("flock", 2)] {
        for when in 1..=last {
            std::fs::write(&file, &before).unwrap();
            let output = traced(&server, calls, when);
            let signing = names(&server, Role::Current);
            assert!(
                signing == ["signing"] || signing == ["signing-2"],
                "{calls} {when}: {signing:?}"
            );
            assert_eq!(names(&server, Role::Next).len() + names(&server, Role::Retired).len(), 1);
            done(&server, &["metadata", "show"]);
            if output.status.success() {
                assert_eq!(signing, ["signing-2"]);
                break;
            }
            killed += 1;
        }
    }
    assert!(killed > 10, "{killed}");
}

/// A promotion that is killed at its `when`th system call of that name.
fn traced(server: &Server, call: &str, when: u32) -> Output {
    let place = server.command(&["keys", "promote"]);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e"]);
    strace.arg(format!("inject={call}:signal=SIGKILL:when={when}"));
    strace.arg(binary()).args(["keys", "promote"]).current_dir(server.folder());
    strace.envs(place.get_envs().filter_map(|(name, value)| Some((name, value?))));
    strace.stdin(Stdio::null()).output().expect("strace is there: ./scripts/test installs it")
}

#[test]
fn a_running_server_takes_keys_up_and_so_does_its_register() {
    let mut server = Server::new();
    server.start();
    let fetch = |server: &Server| Agent::new().get(&server.url("/metadata")).unwrap().body;
    let told = done(&server, &["keys", "new", "--key", "ecdsa-p256"]);
    assert!(told.contains("The running server has taken it up"), "{told}");
    let (old, new) = (certificate(&server, "signing.crt"), certificate(&server, "signing-2.crt"));
    assert_eq!(published(&fetch(&server)), [old.clone(), new.clone()]);
    assert_eq!(signed_by(&fetch(&server)), old);
    done(&server, &["keys", "promote"]);
    assert_eq!(published(&fetch(&server)), std::slice::from_ref(&new));
    assert_eq!(signed_by(&fetch(&server)), new);
    let checkpoint = std::fs::read_to_string(server.folder().join("data/register.checkpoint"));
    assert!(checkpoint.unwrap().contains(&new), "signed anew by the new key");
    done(&server, &["keys", "remove", "signing", "--certificate"]);

    // A key that cannot be used changes nothing.
    let file = server.folder().join("keys/signing-2.key");
    let key = std::fs::read(&file).unwrap();
    std::fs::write(&file, "no key").unwrap();
    let told = refused(&server, &["keys", "new", "--name", "other"]);
    assert!(told.contains("the running server goes on with the keys that it had"), "{told}");
    assert_eq!(published(&fetch(&server)), [new]);
    std::fs::write(&file, key).unwrap();
    server.stop();
    server.start();
    assert_eq!(published(&fetch(&server)).len(), 2);
}

#[test]
fn the_register_does_not_lose_the_certificate_of_its_checkpoint() {
    let mut server = Server::new();
    server.start();
    server.stop();
    done(&server, &["keys", "new", "--key", "ecdsa-p256"]);
    done(&server, &["keys", "promote"]);
    let told = refused(&server, &["keys", "remove", "signing", "--certificate"]);
    assert!(told.contains("data/register.checkpoint was signed with it"), "{told}");
    assert!(server.folder().join("keys/signing.crt").exists());
    server.start();
    server.stop();
    done(&server, &["keys", "remove", "signing", "--certificate"]);
    server.start();
    let x509 = X509::from_pem(&std::fs::read(server.folder().join("keys/signing-2.crt")).unwrap());
    assert!(x509.is_ok());
}
