//! How long the register keeps what it has, what it leaves of what it had, and what it gives out.

use std::fs;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use ponte::identity::tenant::TenantId;
use ponte::register::checkpoint::{self, Checkpoint, Tail};
use ponte::register::error::RegisterError;
use ponte::register::index::{Field, Span};
use ponte::register::journal::{Register, Settings};
use ponte::register::package::{self, BadPackage};
use ponte::register::proof::Summary;
use ponte::register::purge::{due, purge};
use ponte::register::row::Row;
use ponte::register::search::{self, Query, search};
use ponte::register::segment::{Month, months};
use ponte::register::verify::{Fault, FaultKind, Verdict, Verifying, verify};
use ponte::register::{proof, recovery};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::register::{Place, pair, row};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

/// A register with two rows in each of three months; the last rows of each are of these times.
const LAST: [&str; 3] = ["2024-09-30T23:59:59Z", "2024-10-15T12:00:00Z", "2024-11-02T08:00:00Z"];

async fn three_months() -> Place {
    let place = Place::new();
    let register = place.open();
    fill(&register).await;
    drop(register);
    place.is_sound(6);
    place
}

async fn fill(register: &Register) {
    for (number, last) in (0..).zip(LAST) {
        for (half, early) in [(0, TimeDelta::days(1)), (1, TimeDelta::zero())] {
            let own = number * 2 + half;
            let row = Row { at: at(last) - early, ..row(own, 40) };
            assert_eq!(register.append(&row).await.unwrap().location.number, own);
        }
    }
    register.catch_up().unwrap();
}

fn nobody_holds(_: Month) -> bool {
    false
}

fn purged(register: &Register, now: DateTime<Utc>) -> Vec<Summary> {
    purge(register, nobody_holds, "test", false, now).unwrap().months
}

/// The numbers of all rows that can be found.
fn found(place: &Place, register: &Register) -> Vec<u64> {
    register.catch_up().unwrap();
    let at = search::Place {
        folder: &place.settings.folder,
        seal: &place.settings.seal,
        tenant: &TenantId::main(),
        first: register.tail().first,
    };
    let fields = vec![(Field::RelyingParty, "https://sp.example.org".to_owned())];
    let query = Query { fields, certificate: None, span: Span::of(None, None), limit: 100 };
    let found = search(at, &register.index().snapshot(), &query).unwrap();
    let mut numbers: Vec<u64> = found.rows.iter().map(|(location, _)| location.number).collect();
    numbers.reverse();
    numbers
}

/// SP-05: the register keeps each row for 24 months and not a day less; then it goes, and its proof stays.
#[tokio::test]
async fn sp_05_rows_go_at_24_months_and_not_a_day_earlier() {
    let place = three_months().await;
    let register = place.open();
    let end = due(at(LAST[0]));
    assert_eq!(end, at("2026-09-30T23:59:59Z"));
    for early in [TimeDelta::days(1), TimeDelta::seconds(1)] {
        assert_eq!(purged(&register, end - early), []);
        assert_eq!(found(&place, &register), [0, 1, 2, 3, 4, 5]);
    }
    // A dry run says so and does nothing.
    let dry = purge(&register, nobody_holds, "test", true, end).unwrap().months;
    assert_eq!(dry.len(), 1);
    assert_eq!(found(&place, &register), [0, 1, 2, 3, 4, 5]);
    let gone = purged(&register, end);
    assert_eq!((gone[0].first, gone[0].count), (0, 2));
    assert_eq!(found(&place, &register), [2, 3, 4, 5]);
    assert!(!month("2024-09").path(&place.settings.folder).exists());
    let left = fs::read_dir(place.settings.index_folder()).unwrap();
    let left: Vec<_> = left.map(|file| file.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("2024-09")), "{left:?}");
    // No row lives more than a month longer: the other of that month's rows was a day older.
    assert_eq!(purged(&register, due(at(LAST[1])) - TimeDelta::days(1)), []);
    assert_eq!(purged(&register, due(at(LAST[1]))).len(), 1);
    assert_eq!(found(&place, &register), [4, 5]);
    drop(register);

    let Verdict::Sound(verified) = place.verify() else { panic!("{:?}", place.verify()) };
    let told: Vec<_> = verified
        .purged
        .iter()
        .map(|one| (one.month.as_str(), one.first, one.count, one.purged, one.by.as_str()))
        .collect();
    let second = due(at(LAST[1]));
    assert_eq!(told, [("2024-09", 0, 2, end, "test"), ("2024-10", 2, 2, second, "test")]);
    assert_eq!((verified.records, verified.vouched), (2, 2));
    // It goes on, with the index too.
    let register = place.open();
    assert_eq!(found(&place, &register), [4, 5]);
    let next = Row { at: second, ..row(6, 10) };
    assert_eq!(register.append(&next).await.unwrap().location.number, 6);
    assert_eq!(found(&place, &register), [4, 5, 6]);
    drop(register);
    place.is_sound(3);
}

/// A server that nobody used for two years keeps nothing either.
#[tokio::test]
async fn the_last_month_goes_too_and_the_chain_goes_on() {
    let place = three_months().await;
    let register = place.open();
    let now = due(at(LAST[2]));
    assert_eq!(purged(&register, now).len(), 3);
    assert_eq!(months(&place.settings.folder).unwrap(), []);
    drop(register);
    place.is_sound(0);
    let register = place.open();
    assert_eq!(register.tail().count, 6);
    let next = register.append(&Row { at: now, ..row(6, 10) }).await.unwrap();
    assert_eq!((next.location.number, next.location.month), (6, month("2026-11")));
    drop(register);
    place.is_sound(1);
    assert_eq!(found(&place, &place.open()), [6]);
}

#[tokio::test]
async fn what_is_held_stays_and_what_comes_after_it_too() {
    let place = three_months().await;
    let register = place.open();
    let now = due(at(LAST[2]));
    let held = month("2024-10");
    let done = purge(&register, |month| month == held, "test", false, now).unwrap();
    assert_eq!((done.months.len(), done.held), (1, Some(held)));
    assert_eq!(found(&place, &register), [2, 3, 4, 5]);
    assert_eq!(purged(&register, now).len(), 2);
}

#[tokio::test]
async fn a_month_that_was_altered_is_evidence_and_is_not_purged() {
    let place = three_months().await;
    let file = month("2024-09").path(&place.settings.folder);
    let whole = fs::read(&file).unwrap();
    let mut bytes = whole.clone();
    bytes[100] ^= 1;
    fs::write(&file, bytes).unwrap();
    let register = place.open();
    let refused = purge(&register, nobody_holds, "test", false, due(at(LAST[2]))).unwrap_err();
    assert!(matches!(refused, RegisterError::Altered(_)), "{refused:?}");
    assert!(file.exists());
    fs::write(&file, whole).unwrap();
    assert_eq!(purged(&register, due(at(LAST[2]))).len(), 3);
}

/// Whatever a crash interrupts, nothing that must be kept is lost, and the next purge ends it.
#[tokio::test]
async fn an_interrupted_purge_is_ended_by_the_next() {
    let place = three_months().await;
    let folder = &place.settings.folder;
    let file = month("2024-09").path(folder);
    let whole = fs::read(&file).unwrap();
    let before = fs::read(&place.settings.checkpoint).unwrap();
    let register = place.open();
    let now = due(at(LAST[0]));
    assert_eq!(purged(&register, now).len(), 1);
    drop(register);
    let after = fs::read(&place.settings.checkpoint).unwrap();

    // The proof is written, the checkpoint is not.
    fs::write(&file, &whole).unwrap();
    fs::write(&place.settings.checkpoint, &before).unwrap();
    place.is_sound(6);
    let register = place.open();
    assert_eq!(found(&place, &register), [0, 1, 2, 3, 4, 5]);
    assert_eq!(purged(&register, now).len(), 1);
    drop(register);
    place.is_sound(4);

    // The checkpoint is written, the file is still there.
    fs::write(&file, &whole).unwrap();
    let Verdict::Sound(verified) = place.verify() else { panic!("{:?}", place.verify()) };
    assert_eq!(verified.unfinished, [month("2024-09")]);
    let register = place.open();
    assert_eq!(found(&place, &register), [2, 3, 4, 5]);
    assert_eq!(purged(&register, now), []);
    assert!(!file.exists());
    drop(register);
    place.is_sound(4);
    assert_ne!(before, after);
}

#[tokio::test]
async fn proofs_are_named_when_they_are_altered_or_gone() {
    let place = three_months().await;
    let register = place.open();
    assert_eq!(purged(&register, due(at(LAST[1]))).len(), 2);
    drop(register);
    for (name, number) in [("2024-09", 0), ("2024-10", 2)] {
        let path = proof::path(&place.settings.folder, month(name));
        let whole = fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(3) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&path, bytes).unwrap();
            let fault = place.fault();
            assert_eq!((fault.number, fault.kind), (number, FaultKind::Proof), "byte {at}");
            assert_eq!(fault.place, Some((month(name), 0)), "byte {at}");
        }
        fs::remove_file(&path).unwrap();
        let fault = place.fault();
        assert_eq!((fault.number, fault.kind), (number, FaultKind::Proof));
        fs::write(&path, whole).unwrap();
        place.is_sound(2);
    }
}

#[tokio::test]
async fn months_that_are_gone_or_renamed_are_named() {
    let place = three_months().await;
    let folder = &place.settings.folder;
    let file = |name: &str| month(name).path(folder);
    let aside = folder.with_file_name("aside");
    for (name, kind, number) in [
        ("2024-09", FaultKind::Removed { next: 2 }, 0),
        ("2024-10", FaultKind::Removed { next: 4 }, 2),
        ("2024-11", FaultKind::Cut, 4),
    ] {
        fs::rename(file(name), &aside).unwrap();
        let fault = place.fault();
        assert_eq!((fault.number, fault.kind), (number, kind), "{name}");
        fs::rename(&aside, file(name)).unwrap();
    }
    // Sound records in a file of another name, in the same order.
    fs::rename(file("2024-09"), file("2024-08")).unwrap();
    assert_eq!(place.fault().kind, FaultKind::Moved);
    fs::rename(file("2024-08"), file("2024-09")).unwrap();
    fs::rename(file("2024-11"), file("2024-12")).unwrap();
    assert_eq!((place.fault().number, place.fault().kind), (4, FaultKind::Moved));
    fs::rename(file("2024-12"), file("2024-11")).unwrap();
    place.is_sound(6);
    // From a month on, what was before it is not looked at.
    fs::rename(file("2024-09"), &aside).unwrap();
    let verdict = since(&place, "2024-10", None).unwrap();
    assert!(matches!(&verdict, Verdict::Sound(verified) if verified.records == 4), "{verdict:?}");
    assert!(matches!(since(&place, "2024-09", None).unwrap(), Verdict::Faulty(_)));
}

fn since(place: &Place, from: &str, filed: Option<u64>) -> Result<Verdict, RegisterError> {
    let Settings { folder, checkpoint, seal, .. } = &place.settings;
    let (trusted, from) = ([place.certificate.as_slice()], Some(month(from)));
    let verifying = Verifying {
        folder,
        checkpoint,
        seal,
        trusted: &trusted,
        from,
        filed,
        witnesses: &[],
        is_live: false,
    };
    verifying.run(|_| {})
}

/// Who cuts the end off and puts back a checkpoint of before is found out by the store, which counts too; who only
/// puts back the checkpoint, by the rows.
#[tokio::test]
async fn an_old_checkpoint_put_back_is_found() {
    let place = Place::new();
    drop(place.open());
    let old = fs::read(&place.settings.checkpoint).unwrap();
    let register = place.open();
    fill(&register).await;
    drop(register);
    fs::write(&place.settings.checkpoint, &old).unwrap();
    let fault = place.fault();
    assert_eq!((fault.number, fault.kind), (0, FaultKind::Stale));
    for name in ["2024-09", "2024-10", "2024-11"] {
        fs::remove_file(month(name).path(&place.settings.folder)).unwrap();
    }
    place.is_sound(0);
    let Settings { folder, checkpoint, seal, .. } = &place.settings;
    let trusted = [place.certificate.as_slice()];
    let counted = Verifying {
        folder,
        checkpoint,
        seal,
        trusted: &trusted,
        from: None,
        filed: Some(6),
        witnesses: &[],
        is_live: false,
    };
    let Verdict::Faulty(fault) = counted.run(|_| {}).unwrap() else { panic!("nothing was found") };
    assert_eq!((fault.number, fault.kind), (0, FaultKind::Cut));
}

/// Register, checkpoint and store of yesterday, put back together, are as they were yesterday: nothing of theirs tells. A
/// checkpoint that was kept elsewhere does.
#[tokio::test]
async fn an_old_register_put_back_as_a_whole_is_found_by_a_checkpoint_kept_elsewhere() {
    let place = Place::new();
    let Settings { folder, checkpoint, seal, .. } = &place.settings;
    let trusted = [place.certificate.as_slice()];
    let register = place.open();
    fill(&register).await;
    drop(register);
    let witness = checkpoint::read(checkpoint, &trusted).unwrap().unwrap();
    assert_eq!(witness.tail.count, 6);
    let with = |witness: Checkpoint| {
        let verifying = Verifying {
            folder,
            checkpoint,
            seal,
            trusted: &trusted,
            from: None,
            filed: None,
            witnesses: &[witness],
            is_live: false,
        };
        match verifying.run(|_| {}).unwrap() {
            Verdict::Sound(_) => None,
            Verdict::Faulty(fault) => Some((fault.number, fault.kind)),
        }
    };
    assert_eq!(with(witness.clone()), None);
    let elsewhere = Tail { hash: [7; 32], count: 4, ..witness.tail };
    let other = Checkpoint { tail: elsewhere, ..witness.clone() };
    assert_eq!(with(other), Some((3, FaultKind::Rewritten)));
    for name in ["2024-09", "2024-10", "2024-11"] {
        fs::remove_file(month(name).path(folder)).unwrap();
    }
    fs::remove_file(checkpoint).unwrap();
    drop(place.open());
    place.is_sound(0);
    assert_eq!(with(witness), Some((0, FaultKind::Cut)));
}

/// A register in which something was done, laid out anew for each case.
struct Copy {
    _folder: TempDir,
    settings: Settings,
    certificate: Vec<u8>,
    files: Vec<(std::path::PathBuf, Vec<u8>)>,
}

impl Copy {
    fn new() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let place = runtime.block_on(async {
            let place = three_months().await;
            let register = place.open();
            assert_eq!(purged(&register, due(at(LAST[0]))).len(), 1);
            drop(register);
            place
        });
        let folder = tempfile::tempdir().unwrap();
        let mut settings = place.settings.clone();
        settings.folder = folder.path().join("register");
        settings.checkpoint = folder.path().join("checkpoint.json");
        fs::create_dir(&settings.folder).unwrap();
        let mut files = Vec::new();
        for entry in fs::read_dir(&place.settings.folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name() != "lock" {
                let to = settings.folder.join(entry.file_name());
                files.push((to, fs::read(entry.path()).unwrap()));
            }
        }
        let checkpoint = fs::read(&place.settings.checkpoint).unwrap();
        files.push((settings.checkpoint.clone(), checkpoint));
        files.sort();
        Self { _folder: folder, settings, certificate: place.certificate.clone(), files }
    }

    fn lay(&self, file: usize, bytes: &[u8]) {
        for (place, (path, whole)) in self.files.iter().enumerate() {
            fs::write(path, if place == file { bytes } else { whole }).unwrap();
        }
    }

    fn verify(&self) -> Result<Verdict, RegisterError> {
        let Settings { folder, checkpoint, seal, .. } = &self.settings;
        verify(folder, checkpoint, seal, &[&self.certificate])
    }

    /// What is found amiss; the checkpoint itself is an error.
    fn fault(&self) -> Option<Fault> {
        match self.verify() {
            Ok(Verdict::Faulty(fault)) => Some(fault),
            Ok(Verdict::Sound(verified)) => panic!("nothing was found amiss: {verified:?}"),
            Err(RegisterError::BadCheckpoint(path)) => {
                assert_eq!(path, self.settings.checkpoint);
                None
            }
            Err(error) => panic!("{error}"),
        }
    }
}

fn is_named(fault: Option<Fault>, path: &Path) {
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    match fault {
        Some(fault) => {
            let (month, _) = fault.place.unwrap();
            assert_eq!(month.to_string(), name, "{fault:?}");
        }
        None => assert_eq!(name, "checkpoint"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Any byte altered anywhere in any file is found, and the file named.
    #[test]
    fn any_byte_altered_in_any_file_is_named(file in 0_usize..4, at in any::<prop::sample::Index>(), flip in 1_u8..) {
        thread_local!(static COPY: Copy = Copy::new());
        COPY.with(|copy| {
            prop_assert_eq!(copy.files.len(), 4, "two months, a proof, the checkpoint");
            let (path, whole) = &copy.files[file];
            let mut bytes = whole.clone();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            copy.lay(file, &bytes);
            is_named(copy.fault(), path);
            copy.lay(file, whole);
            prop_assert!(matches!(copy.verify(), Ok(Verdict::Sound(_))));
            Ok(())
        })?;
    }

    /// Any file cut at any byte is found; so are bytes put in or taken out.
    #[test]
    fn whatever_is_cut_or_put_in_is_named(
        file in 0_usize..4,
        at in any::<prop::sample::Index>(),
        take in 0_usize..200,
        put in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        thread_local!(static COPY: Copy = Copy::new());
        COPY.with(|copy| {
            let (path, whole) = &copy.files[file];
            let at = at.index(whole.len());
            let rest = whole.get(at + take..).unwrap_or_default();
            let cut = whole[..at].to_vec();
            let changed = [&whole[..at], &put, rest].concat();
            for bytes in [cut, changed] {
                if bytes == *whole {
                    continue;
                }
                copy.lay(file, &bytes);
                let fault = copy.fault();
                // What is missing at the end may be named where the file before it ends; whole records, where the next
                // file begins.
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                let elsewhere = |fault: &Fault| match fault.kind {
                    FaultKind::Cut => true,
                    FaultKind::Removed { next } => {
                        fault.number < next && fault.place.unwrap().0.to_string() > name
                    }
                    _ => false,
                };
                if !fault.as_ref().is_some_and(elsewhere) {
                    is_named(fault, path);
                }
            }
            Ok::<(), TestCaseError>(())
        })?;
    }
}

#[tokio::test]
async fn a_package_proves_one_row_to_who_has_the_certificate() {
    let place = three_months().await;
    let register = place.open();
    let Settings { folder, seal, signer, .. } = &place.settings;
    let location = register.index().locate(3).unwrap().unwrap();
    let now = at("2026-01-01T00:00:00Z");
    let make = |location| package::make(folder, seal, &**signer, location, &register.tail(), now);
    let whole = make(location).unwrap();
    let checked = package::check(&whole, Some(&place.certificate)).unwrap();
    assert_eq!((checked.number, checked.count, checked.at), (3, 6, now));
    assert_eq!(checked.row.request_id, "_request3");
    assert_eq!(package::check(&whole, None).unwrap().certificate, place.certificate);
    let other = pair().certificate;
    let other = ponte::world::certificate::Certificate::from_pem(&other).unwrap().der;
    let refused = package::check(&whole, Some(&other)).unwrap_err();
    assert_eq!(refused, BadPackage::Certificate);
    assert_eq!(package::check(b"none", None).unwrap_err(), BadPackage::Form);

    // Every row opens with its own key, and with no other's.
    let files = ponte::register::tar::read(&whole).unwrap();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"request.xml") && names.contains(&"LEGGIMI.txt"), "{names:?}");
    let text = |name: &str| {
        let file = files.iter().find(|(own, _)| own == name).unwrap();
        String::from_utf8(file.1.clone()).unwrap()
    };
    let chain: serde_json::Value = serde_json::from_str(&text("chain.json")).unwrap();
    let neighbours = chain["neighbours"].as_object().unwrap();
    let near: Vec<&str> = neighbours.keys().map(String::as_str).collect();
    assert_eq!(
        near,
        ["1", "2", "4", "5"],
        "those of its month and the one before, and those after"
    );

    // A byte altered anywhere that is not padding is refused.
    for at in (0..whole.len()).step_by(5) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        if package::check(&bytes, Some(&place.certificate)).is_ok() {
            assert_eq!(whole[at], 0, "byte {at} is no padding");
        }
    }
    // The chain must hold from the row to the end.
    let file = month("2024-11").path(folder);
    let mut bytes = fs::read(&file).unwrap();
    bytes[100] ^= 1;
    fs::write(&file, bytes).unwrap();
    assert!(matches!(make(location), Err(RegisterError::Altered(_))));
}

/// The record whose row is given out opens with what is given, and the checkpoint is not what is given.
#[tokio::test]
async fn a_package_is_no_checkpoint() {
    let place = three_months().await;
    let register = place.open();
    let location = register.index().locate(3).unwrap().unwrap();
    let Settings { folder, seal, signer, checkpoint, .. } = &place.settings;
    let tail = register.tail();
    let whole = package::make(folder, seal, &**signer, location, &tail, at(LAST[2])).unwrap();
    drop(register);
    let files = ponte::register::tar::read(&whole).unwrap();
    let chain = files.iter().find(|(name, _)| name == "chain.json").unwrap();
    let ours = fs::read(checkpoint).unwrap();
    fs::write(checkpoint, &chain.1).unwrap();
    assert!(matches!(recovery::recover(&place.settings), Err(RegisterError::BadCheckpoint(_))));
    fs::write(checkpoint, ours).unwrap();
    recovery::recover(&place.settings).unwrap();
}
