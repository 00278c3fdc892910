//! The seeds of the fuzz target `card`: still what they were made for, so that a fuzzer begins inside.

use std::fs;
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use ponte::factors::card::issuer::{CNS_POLICY, CodeField, Issuer, IssuerKind};
use ponte::factors::card::judge::{Rules, judge};
use ponte::factors::card::trouble::Trouble;
use ponte::world::authorities::Authorities;
use ponte::world::certificate::Certificate;
use ponte::world::revocation::{self, RevocationList};

use crate::support::cards::{Authority, Spec, Status};

fn fuzz(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(path)
}

fn now() -> DateTime<Utc> {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

/// `UPDATE_SEEDS=1 cargo test --test it smart_card::seeds` makes them anew, by an authority whose key is then gone.
fn make() {
    let authority = Authority::new("Regione Esempio");
    let ours = Certificate::from_pem(&authority.pem()).unwrap();
    let cns = authority.issue(&Spec::cns(0xA11, now())).certificate.to_der().unwrap();
    let number =
        Spec { name_serial: Some("TINIT-RSSMRA80A01H501U".into()), ..Spec::cns(0xA12, now()) };
    let number = authority.issue(&number).certificate.to_der().unwrap();
    let signs = Spec { signs: true, authenticates: false, ..Spec::cns(0xA13, now()) };
    let signs = authority.issue(&signs).certificate.to_der().unwrap();
    let (from, to) = (now() - TimeDelta::minutes(1), now() + TimeDelta::days(1));
    let list = authority.list(&[0xA12, 0xB00], from, to, false);
    let part = authority.list(&[], from, to, true);
    let question = revocation::question(&cns, &ours).unwrap();
    let answer = authority.answer(&question, Status::Good, from, to);
    fs::write(fuzz("keys/card-authority.pem"), authority.pem()).unwrap();
    for (name, octets) in [
        ("cns", cns),
        ("number", number),
        ("signature", signs),
        ("list", list),
        ("part", part),
        ("answer", answer),
    ] {
        fs::write(fuzz("corpus/card").join(name), octets).unwrap();
    }
}

#[test]
fn the_seeds_of_cards_hold() {
    if std::env::var_os("UPDATE_SEEDS").is_some() {
        make();
    }
    let pem = fs::read(fuzz("keys/card-authority.pem")).unwrap();
    let ours = Certificate::from_pem(&pem).unwrap();
    let seed = |name: &str| fs::read(fuzz("corpus/card").join(name)).unwrap();
    let issuer = |code| Issuer {
        name: "Regione".into(),
        kind: IssuerKind::Cns,
        authorities: Authorities::from_pem(&pem).unwrap(),
        policies: vec![CNS_POLICY.into()],
        code,
    };
    let (by_name, by_number) = ([issuer(CodeField::CommonName)], [issuer(CodeField::SerialNumber)]);
    let finding = |name: &str, issuers: &[Issuer]| {
        let judged = judge(Some(&seed(name)), issuers, Rules::default(), now());
        judged.finding.map(|sound| sound.serial().to_owned())
    };
    assert_eq!(finding("cns", &by_name), Ok("0A11".into()));
    assert_eq!(finding("cns", &by_number), Err(Trouble::NoFiscalCode));
    assert_eq!(finding("number", &by_number), Ok("0A12".into()));
    assert_eq!(finding("signature", &by_name), Err(Trouble::SignatureCertificate));
    assert_eq!(finding("list", &by_name), Err(Trouble::Unreadable));
    let list = RevocationList::read(&seed("list"), &ours, now()).unwrap();
    assert!(list.has("0A12") && !list.has("0A11"));
    assert!(RevocationList::read(&seed("part"), &ours, now()).is_err());
    let answer = revocation::answer(&seed("answer"), &seed("cns"), &ours, now()).unwrap();
    assert!(!answer.revoked);
    assert!(revocation::answer(&seed("answer"), &seed("number"), &ours, now()).is_err());
}
