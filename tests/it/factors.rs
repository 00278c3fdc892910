//! The factors that we check ourselves: passwords, and one-time codes from an app (AR-01, AR-02).

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use ponte::factors::password::{Hashing, Unacceptable, Verdict, acceptable, is_hash};
use ponte::factors::totp::{self, BadSeed};
use ponte::world::random::Random;
use proptest::prelude::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

/// `12345678901234567890`, the seed of RFC 6238's appendix B.
const RFC: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// RFC 6238, appendix B, its rows for SHA-1.
const VECTORS: [(i64, &str); 6] = [
    (59, "94287082"),
    (1_111_111_109, "07081804"),
    (1_111_111_111, "14050471"),
    (1_234_567_890, "89005924"),
    (2_000_000_000, "69279037"),
    (20_000_000_000, "65353130"),
];

#[test]
fn codes_are_those_of_rfc_6238() {
    let eight = totp_rs::Builder::new()
        .with_digits(8)
        .with_secret(totp_rs::Secret::try_from_base32(RFC).unwrap())
        .build()
        .unwrap();
    for (time, code) in VECTORS {
        assert_eq!(eight.generate(u64::try_from(time).unwrap()).to_string(), code);
        assert_eq!(totp::code(RFC, 30, at(time)).unwrap(), code[2..]);
        let step = u64::try_from(time / 30).unwrap();
        let verdict = totp::check(RFC, 30, None, &code[2..], at(time)).unwrap();
        assert_eq!(verdict, totp::Verdict::Held { step });
    }
}

/// RFC 4226 §5.3, written here a second time over OpenSSL's HMAC.
fn hotp(key: &[u8], counter: u64) -> String {
    let key = PKey::hmac(key).unwrap();
    let mut signer = Signer::new(MessageDigest::sha1(), &key).unwrap();
    let mac = signer.sign_oneshot_to_vec(&counter.to_be_bytes()).unwrap();
    let offset = usize::from(mac[19] & 15);
    let word: [u8; 4] = mac[offset..offset + 4].try_into().unwrap();
    format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000)
}

fn base32(bytes: &[u8]) -> String {
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let letters = bits.as_bytes().chunks(5).map(|bits| {
        let padded = format!("{:0<5}", std::str::from_utf8(bits).unwrap());
        let value = u8::from_str_radix(&padded, 2).unwrap();
        char::from(if value < 26 { b'A' + value } else { b'2' + value - 26 })
    });
    letters.collect()
}

proptest! {
    #[test]
    fn codes_are_those_of_another_implementation(
        key in prop::array::uniform20(any::<u8>()),
        time in 0_i64..4_000_000_000,
        period in prop::sample::select(totp::PERIODS.to_vec()),
    ) {
        let step = u64::try_from(time).unwrap() / u64::from(period);
        let code = hotp(&key, step);
        prop_assert_eq!(&totp::code(&base32(&key), period, at(time)).unwrap(), &code);
        let verdict = totp::check(&base32(&key), period, None, &code, at(time)).unwrap();
        let held = matches!(verdict, totp::Verdict::Held { step: held } if held.abs_diff(step) <= 1);
        prop_assert!(held);
    }

    #[test]
    fn nothing_typed_makes_it_panic(code in "\\PC{0,12}", time in 0_i64..4_000_000_000) {
        let right = totp::code(RFC, 30, at(time)).unwrap();
        let verdict = totp::check(RFC, 30, None, &code, at(time)).unwrap();
        if !code.contains(|c: char| c.is_ascii_digit()) {
            prop_assert_eq!(verdict, totp::Verdict::Wrong);
        }
        let spaced = format!(" {} {}\u{a0}", &right[..3], &right[3..]);
        let spaced = totp::check(RFC, 30, None, &spaced, at(time)).unwrap();
        let held = matches!(spaced, totp::Verdict::Held { .. });
        prop_assert!(held);
    }
}

/// AR-02: a code holds in its own step and one to either side, to the second.
#[test]
fn a_code_holds_in_its_step_and_one_to_either_side() {
    for period in totp::PERIODS {
        let long = i64::from(period);
        let begins = 30_000_000 * long;
        let code = totp::code(RFC, period, at(begins)).unwrap();
        let step = u64::try_from(begins / long).unwrap();
        let of = |seconds| totp::check(RFC, period, None, &code, at(begins + seconds)).unwrap();
        let held = totp::Verdict::Held { step };
        for inside in [-long, -1, 0, long - 1, long, 2 * long - 1] {
            assert_eq!(of(inside), held, "{period} {inside}");
        }
        for outside in [-long - 1, 2 * long, 2 * long + 1, 60 * long] {
            assert_eq!(of(outside), totp::Verdict::Wrong, "{period} {outside}");
        }
        let last = at(begins) + TimeDelta::milliseconds(2 * long * 1000 - 1);
        assert_eq!(totp::check(RFC, period, None, &code, last).unwrap(), held);
    }
}

/// RFC 6238 §5.2: each step once, and none before one that was used.
#[test]
fn a_step_counts_once() {
    let now = at(1_800_000_000);
    let step = 60_000_000;
    let [before, own, after] =
        [-30, 0, 30].map(|by| totp::code(RFC, 30, now + TimeDelta::seconds(by)).unwrap());
    let check = |last, code: &str| totp::check(RFC, 30, last, code, now).unwrap();
    assert_eq!(check(None, &own), totp::Verdict::Held { step });
    assert_eq!(check(Some(step - 1), &own), totp::Verdict::Held { step });
    assert_eq!(check(Some(step), &own), totp::Verdict::Used);
    assert_eq!(check(Some(step), &before), totp::Verdict::Used);
    assert_eq!(check(Some(step), &after), totp::Verdict::Held { step: step + 1 });
    assert_eq!(check(Some(step + 1), &after), totp::Verdict::Used);
    assert_eq!(check(Some(step), "000000"), totp::Verdict::Wrong);
}

#[test]
fn a_seed_or_period_that_makes_no_codes_is_said_to_be_so() {
    assert_eq!(totp::code("not base 32!", 30, at(0)), Err(BadSeed::Seed));
    assert_eq!(totp::code("GEZDGNBV", 30, at(0)), Err(BadSeed::Seed));
    assert_eq!(totp::code(RFC, 45, at(0)), Err(BadSeed::Period));
    assert_eq!(totp::check(RFC, 0, None, "000000", at(0)), Err(BadSeed::Period));
    assert_eq!(totp::uri(RFC, 30, "ponte", ""), Err(BadSeed::Label));
}

/// AR-01, AR-02: what the app reads.
#[test]
fn the_address_for_the_app_names_issuer_account_and_period() {
    insta::assert_snapshot!(
        totp::uri(RFC, 30, "Comune di Esempio", "ada@example.org").unwrap(),
        @"otpauth://totp/Comune%20di%20Esempio:ada%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Comune%20di%20Esempio"
    );
    insta::assert_snapshot!(
        totp::uri(RFC, 60, "Città: servizi", "RSSMRA85T10A562S").unwrap(),
        @"otpauth://totp/Citt%C3%A0%20servizi:RSSMRA85T10A562S?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Citt%C3%A0%20servizi&period=60"
    );
}

#[test]
fn a_seed_has_160_bits_and_is_never_the_same() {
    let random = Random::seeded(7);
    let (one, other) = (totp::seed(&random), totp::seed(&random));
    assert_eq!(one.len(), 32);
    assert_ne!(one, other);
    assert!(totp::code(&one, 30, at(0)).is_ok());
    assert_eq!(one, totp::seed(&Random::seeded(7)));
}

fn quick() -> Hashing {
    Hashing::new(7 * 1024, 1, 1).unwrap()
}

#[test]
fn a_password_holds_against_its_own_hash_alone() {
    let random = Random::seeded(1);
    let hash = quick().hash("correct horse battery", &random).unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=7168,t=1,p=1$"), "{hash}");
    assert_ne!(hash, quick().hash("correct horse battery", &random).unwrap());
    assert_eq!(quick().check(&hash, "correct horse battery"), Verdict::Held { rehash: false });
    for wrong in ["correct horse batterz", "correct horse battery ", "Correct horse battery", ""] {
        assert_eq!(quick().check(&hash, wrong), Verdict::Wrong, "{wrong}");
    }
    assert_eq!(quick().check("", "correct horse battery"), Verdict::Wrong);
    assert_eq!(quick().check("$argon2id$v=19$m=7168", "correct horse battery"), Verdict::Wrong);
    assert_eq!(quick().check_nobody("correct horse battery"), Verdict::Wrong);
}

/// The reference implementation's own vector, of other parameters than ours: it holds, and is due.
#[test]
fn a_hash_of_other_parameters_holds_and_is_made_anew() {
    let reference =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    assert_eq!(Hashing::default().check(reference, "password"), Verdict::Held { rehash: true });
    assert_eq!(Hashing::default().check(reference, "passwore"), Verdict::Wrong);
    let own = quick().hash("correct horse battery", &Random::seeded(1)).unwrap();
    let other = Hashing::new(8 * 1024, 1, 1).unwrap();
    assert_eq!(other.check(&own, "correct horse battery"), Verdict::Held { rehash: true });
}

#[test]
fn hashing_is_owasps_unless_settings_say_so_and_never_weaker() {
    let hash = Hashing::default().hash("correct horse battery", &Random::seeded(1)).unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    for (memory, passes, lanes) in [(7167, 1, 1), (19_456, 0, 1), (19_456, 2, 0), (2_000_000, 2, 1)]
    {
        assert!(Hashing::new(memory, passes, lanes).is_err(), "{memory} {passes} {lanes}");
    }
}

#[test]
fn only_hashes_that_cost_what_is_sensible_are_taken_over() {
    let good = quick().hash("correct horse battery", &Random::seeded(1)).unwrap();
    assert!(is_hash(&good));
    for bad in [
        good.replace("argon2id", "argon2i"),
        good.replace("m=7168", "m=8"),
        good.replace("m=7168", "m=4194304"),
        good.replace("t=1", "t=1000"),
        good.rsplit_once('$').unwrap().0.to_owned(),
        "$2b$12$abcdefghijklmnopqrstuv".to_owned(),
        "correct horse battery".to_owned(),
    ] {
        assert!(!is_hash(&bad), "{bad}");
    }
}

/// A name that nobody has costs as much as one that somebody has.
#[test]
fn nobody_takes_as_long_as_somebody() {
    let hashing = Hashing::default();
    let hash = hashing.hash("correct horse battery", &Random::seeded(1)).unwrap();
    let time = |check: &dyn Fn() -> Verdict| {
        let begun = Instant::now();
        assert_eq!(check(), Verdict::Wrong);
        begun.elapsed().as_secs_f64()
    };
    let (mut somebody, mut nobody) = (f64::MAX, f64::MAX);
    // The least of many tries is what the check itself takes, however busy the machine is.
    for round in 1..=40 {
        somebody = somebody.min(time(&|| hashing.check(&hash, "another password")));
        nobody = nobody.min(time(&|| hashing.check_nobody("another password")));
        if round >= 5 && (0.8..1.25).contains(&(nobody / somebody)) {
            return;
        }
    }
    panic!("{nobody} s for nobody, {somebody} s for somebody");
}

#[test]
fn a_password_is_long_and_not_one_of_those_tried_first() {
    for good in [
        "correct horse battery",
        "dodici chars",
        "pioggia-sul-9-tetto",
        "pässwörter sind lang",
        &"äöü€ñ".repeat(25),
    ] {
        assert_eq!(acceptable(good, "ada.rossi@example.org"), Ok(()), "{good}");
    }
    for (bad, why) in [
        ("elevencharl", Unacceptable::TooShort),
        ("äöü€ñäöü€ñä", Unacceptable::TooShort),
        (&"aB3$x".repeat(26), Unacceptable::TooLong),
        ("Password1234", Unacceptable::TooCommon),
        ("passwordpassword", Unacceptable::TooCommon),
        ("Juventus1897!", Unacceptable::TooCommon),
        ("1234-5678-9012", Unacceptable::TooCommon),
        ("aaaaaaaaaaaaa", Unacceptable::TooCommon),
        ("abc1abc1abc1", Unacceptable::TooCommon),
        ("abcdefghijklm", Unacceptable::TooCommon),
        ("zyxwvutsrqpon", Unacceptable::TooCommon),
        ("x-ada.rossi-2026", Unacceptable::LikeUsername),
    ] {
        assert_eq!(acceptable(bad, "Ada.Rossi@example.org"), Err(why), "{bad}");
    }
}

#[test]
fn a_huge_password_is_refused_before_it_is_hashed() {
    let huge = "x".repeat(1025);
    assert!(quick().hash(&huge, &Random::seeded(1)).is_err());
    assert!(quick().hash(&huge[..1024], &Random::seeded(1)).is_ok());
    let slow = Hashing::new(1024 * 1024, 16, 1).unwrap();
    let begun = Instant::now();
    assert_eq!(slow.check_nobody(&huge), Verdict::Wrong);
    assert_eq!(slow.check("$argon2id$", &huge), Verdict::Wrong);
    assert!(begun.elapsed() < Duration::from_millis(200));
}
