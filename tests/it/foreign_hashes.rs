//! Hashes that other systems made, each held against one that an independent implementation writes.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ponte::factors::foreign_hash::{BadForeignHash, Digest, ForeignHash};
use ponte::factors::password::{Hashing, Verdict, is_foreign, is_hash};
use proptest::prelude::*;

const PASSWORD: &str = "una frase lünga e segreta";

fn holds(hash: &str, password: &str) -> bool {
    ForeignHash::parse(hash).unwrap_or_else(|bad| panic!("{hash}: {bad}")).holds(password)
}

/// Held by the right password alone, and then to be made anew.
fn check(hash: &str) {
    let hashing = Hashing::new(7 * 1024, 1, 1).unwrap();
    assert!(is_hash(hash) && is_foreign(hash), "{hash}");
    assert_eq!(hashing.check(hash, PASSWORD), Verdict::Held { rehash: true }, "{hash}");
    for wrong in ["una frase lünga e segretA", "", "una frase lünga e segreta ", "x"] {
        assert_eq!(hashing.check(hash, wrong), Verdict::Wrong, "{hash}: {wrong:?}");
    }
}

/// RFC 6070's vectors for SHA-1, and those that circulate for SHA-256.
#[test]
fn pbkdf2_is_that_of_the_vectors() {
    for (digest, iterations, expected) in [
        (Digest::Sha1, 2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"),
        (Digest::Sha1, 4096, "4b007901b765489abead49d926f721d065a429c1"),
        (Digest::Sha256, 1, "120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b"),
        (Digest::Sha256, 4096, "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a"),
    ] {
        let bytes: Vec<u8> = (0..expected.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&expected[at..at + 2], 16).unwrap())
            .collect();
        let made = ForeignHash::pbkdf2(digest, iterations, b"salt", &bytes).unwrap();
        assert!(holds(&made, "password"), "{made}");
        assert!(!holds(&made, "Password"));
    }
}

/// jBCrypt's vectors, and what holds for every writer: 72 bytes count.
#[test]
fn bcrypt_is_that_of_the_vectors() {
    for (password, hash) in [
        ("", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."),
        ("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
        ("abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"),
    ] {
        for version in ["$2a$", "$2b$", "$2y$"] {
            let hash = hash.replacen("$2a$", version, 1);
            assert!(holds(&hash, password), "{hash}");
            assert!(!holds(&hash, "b") && !holds(&hash, &format!("{password}\0")));
        }
    }
}

#[test]
fn what_costs_too_much_or_is_not_read_here_says_so() {
    let good = ForeignHash::pbkdf2(Digest::Sha256, 600_000, &[7; 16], &[7; 32]).unwrap();
    assert!(is_hash(&good), "Keycloak's own default");
    assert!(ForeignHash::pbkdf2(Digest::Sha512, 210_000, &[7; 16], &[7; 64]).is_ok());
    assert!(ForeignHash::pbkdf2(Digest::Sha1, 1_300_000, &[7; 16], &[7; 64]).is_ok());
    let dear =
        |text: &str| matches!(ForeignHash::parse(text), Err(BadForeignHash::TooCostly { .. }));
    assert!(dear(&good.replace("i=600000", "i=6000001")));
    assert!(dear(&good.replace("i=600000", "i=4294967295")));
    let blow = "$2y$10$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe";
    assert!(
        is_hash(blow) && dear(&blow.replace("$10$", "$15$")) && dear(&blow.replace("$10$", "$31$"))
    );
    let kind = |text: &str| ForeignHash::parse(text) == Err(BadForeignHash::Kind);
    for other in [
        "$6$salt$hash",
        "$apr1$salt$hash",
        "{MD5}AAAA",
        "{CRYPT}x",
        "$pbkdf2-md5$i=1$c2FsdA$AAAA",
        "$2x$10$",
        "plain",
        "",
    ] {
        assert!(kind(other) && !is_hash(other), "{other}");
    }
    let bad = |text: &str| matches!(ForeignHash::parse(text), Err(BadForeignHash::Malformed(_)));
    for text in [
        good.replace("i=600000", "i=0"),
        good.replace("i=600000", "i=-1"),
        good.replace("i=600000", "i=0x10"),
        good.replace("i=", "n="),
        good.rsplit_once('$').unwrap().0.to_owned(),
        format!("{good}$"),
        format!("{good}="),
        "$pbkdf2-sha256$i=1$c2FsdA$AAAA".to_owned(),
        blow.replace("$10$", "$1$"),
        blow.replace("$10$", "$03$"),
        blow[..59].to_owned(),
        format!("{blow}x"),
        blow.replace("m0C", "é0"),
        "{SSHA}".to_owned(),
        "{SSHA}####".to_owned(),
        format!("{{SSHA}}{}", STANDARD.encode([1; 20])),
        format!("{{SHA}}{}", STANDARD.encode([1; 24])),
        format!("{{SSHA}}{}", STANDARD.encode([1; 200])),
    ] {
        assert!(bad(&text), "{text}: {:?}", ForeignHash::parse(&text));
    }
}

/// An empty hash, or one of a few bytes, would hold for many passwords: none is taken.
#[test]
fn a_hash_without_a_hash_holds_for_nobody() {
    for text in [
        "$pbkdf2-sha256$i=1$$",
        "$pbkdf2-sha256$i=1$c2FsdA$",
        "$pbkdf2-sha256$i=1$c2FsdA$AAA",
        "{SHA}",
        "{SSHA}",
    ] {
        assert!(ForeignHash::parse(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(text in "(\\$pbkdf2-sha(1|256|512)\\$i=[0-9]{1,2}\\$|\\$2y\\$04\\$|\\{SSHA\\}|\\{)?\\PC{0,80}", typed in "\\PC{0,80}") {
        if let Ok(hash) = ForeignHash::parse(&text) {
            let _held = hash.holds(&typed);
        }
    }
}

/// What Python's hashlib and PHP's password_hash write.
#[test]
#[ignore = "needs target/venv and php: ./scripts/test installs them"]
fn other_implementations_write_what_is_read_here() {
    let script = r#"
import base64, hashlib, os, sys
p = sys.argv[1].encode()
b = lambda x: base64.b64encode(x).decode().rstrip("=")
for name, n, length in (("sha1", 20000, 64), ("sha256", 27500, 64), ("sha256", 27500, 32), ("sha512", 30000, 64)):
    s = os.urandom(16)
    print(f"$pbkdf2-{name}$i={n}${b(s)}${b(hashlib.pbkdf2_hmac(name, p, s, n, length))}")
for scheme, name in (("SHA", "sha1"), ("SHA256", "sha256"), ("SHA512", "sha512")):
    s = os.urandom(8)
    print("{S" + scheme + "}" + base64.b64encode(hashlib.new(name, p + s).digest() + s).decode())
    print("{" + scheme + "}" + base64.b64encode(hashlib.new(name, p).digest()).decode())
"#;
    let python = crate::support::peer::target().join("venv/bin/python");
    let output = Command::new(python).args(["-c", script, PASSWORD]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 10);
    text.lines().for_each(check);
    let script = "foreach ([4, 10, 12] as $cost) echo password_hash($argv[1], PASSWORD_BCRYPT, ['cost' => $cost]), \"\\n\";";
    let output = Command::new("php").args(["-r", script, PASSWORD]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 3, "{text}");
    text.lines().for_each(check);
    let long = "x".repeat(90);
    let output = Command::new("php").args(["-r", script, &long]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(holds(text.lines().next().unwrap(), &long));
}
