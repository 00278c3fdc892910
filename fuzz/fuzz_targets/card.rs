//! Any certificate, any list and any answer: read within the limits or refused, and nothing holds that the authority has not
//! signed.
#![no_main]

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use libfuzzer_sys::fuzz_target;
use ponte::factors::card::issuer::{CNS_POLICY, CodeField, Issuer, IssuerKind};
use ponte::factors::card::judge::{Rules, judge};
use ponte::factors::card::standing::{Standing, Unknown};
use ponte::web::card_listener::passed_on;
use ponte::world::authorities::Authorities;
use ponte::world::certificate::Certificate;
use ponte::world::revocation::{self, RevocationList};

const AUTHORITY: &[u8] = include_bytes!("../keys/card-authority.pem");
const CARD: &[u8] = include_bytes!("../corpus/card/cns");

static ISSUERS: LazyLock<Vec<Issuer>> = LazyLock::new(|| {
    let issuer = |name: &str, kind, code| Issuer {
        name: name.to_owned(),
        kind,
        authorities: Authorities::from_pem(AUTHORITY).unwrap(),
        policies: vec![CNS_POLICY.to_owned()],
        code,
    };
    vec![
        issuer("by name", IssuerKind::Cns, CodeField::CommonName),
        issuer("by number", IssuerKind::CnsLike, CodeField::SerialNumber),
    ]
});
static OURS: LazyLock<Certificate> = LazyLock::new(|| Certificate::from_pem(AUTHORITY).unwrap());
static NOW: LazyLock<DateTime<Utc>> = LazyLock::new(|| "2026-11-22T10:00:00Z".parse().unwrap());

fuzz_target!(|octets: &[u8]| {
    let header = std::str::from_utf8(octets).ok().and_then(|text| passed_on(text).ok());
    assert!(header.flatten().is_none_or(|der| der.len() <= octets.len()));
    let rules = Rules { cns_only: false, unknown: Unknown::UpToSpidL2 };
    for issuers in [&ISSUERS[..], &ISSUERS[1..]] {
        let judged = judge(Some(octets), issuers, rules, *NOW);
        let Ok(sound) = judged.finding else { continue };
        // Seeds alone are signed by this authority, whose key is nowhere.
        assert!(sound.serial() == "0A11" || sound.serial() == "0A12");
        assert!(revocation::question(&sound.der, sound.authority).is_ok());
        let held = sound.settle(Standing::Good, rules).unwrap();
        assert_eq!(held.code.as_str(), "RSSMRA80A01H501U");
    }
    if let Ok(list) = RevocationList::read(octets, &OURS, *NOW) {
        assert!(list.has("0A12") && !list.has("0A11") && list.next_update > *NOW);
    }
    if let Ok(answer) = revocation::answer(octets, CARD, &OURS, *NOW) {
        assert!(!answer.revoked && answer.until > *NOW);
    }
});
