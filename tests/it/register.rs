//! The register: what was written is there, and whoever changes it is found out.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ponte::assurance::factor::Factor;
use ponte::assurance::level::Level;
use ponte::identity::tenant::TenantId;
use ponte::register::error::RegisterError;
use ponte::register::index::{Field, Span};
use ponte::register::journal::{Register, Settings};
use ponte::register::row::Row;
use ponte::register::search::{self, Query, search};
use ponte::register::segment::{self, HEADER, Month};
use ponte::register::verify::{Fault, FaultKind, Verdict, verify};
use ponte::register::writing::Receipt;
use ponte::world::certificate::{Holder, KeyKind, KeyPair, make};
use ponte::world::digest::sha256;
use ponte::world::random::Random;
use ponte::world::seal::Seal;
use ponte::world::signer::{KeyFile, SignError, SignatureAlgorithm, Signer};

pub(crate) fn noon() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-10-31T12:00:00Z").unwrap().to_utc()
}

pub(crate) fn pair() -> KeyPair {
    let holder = Holder {
        common_name: "Ente",
        organization: "Ente",
        entity_id: "https://idp.example.org",
        organization_identifier: "VATIT-00000000000",
        country: "IT",
        locality: "Roma",
    };
    make(KeyKind::EcdsaP256, &holder, &[], noon(), 365, [7; 16]).unwrap()
}

fn key() -> KeyFile {
    let pair = pair();
    KeyFile::load(&pair.key, &pair.certificate).unwrap()
}

/// A row that differs from the others by `number`, with `length` bytes of XML each way.
pub(crate) fn row(number: u64, length: usize) -> Row {
    let at = noon() + TimeDelta::seconds(i64::try_from(number).unwrap());
    Row {
        tenant: TenantId::main(),
        at,
        support_id: format!("S{number}"),
        client_address: "192.0.2.1".into(),
        relying_party: "https://sp.example.org".into(),
        request_id: format!("_request{number}"),
        request_issuer: "https://sp.example.org".into(),
        request_issue_instant: Some(at),
        request_xml: "r".repeat(length),
        response_id: format!("_response{number}"),
        response_issuer: "https://idp.example.org".into(),
        response_issue_instant: at,
        response_xml: "R".repeat(length),
        assertion_xml: None,
        assertion_id: Some(format!("_assertion{number}")),
        outcome: "Success".into(),
        subject: None,
        name_id: Some(format!("_name{number}")),
        name_qualifier: Some("https://idp.example.org".into()),
        spid_code: Some("PONT0000000001".into()),
        fiscal_number: Some(format!("TINIT-PERSON{}", number % 3)),
        level: Some(Level::Loa3),
        factors: vec![Factor::Password, Factor::Totp],
        certificates: Vec::new(),
    }
}

pub(crate) struct Place {
    _folder: tempfile::TempDir,
    pub(crate) settings: Settings,
    pub(crate) certificate: Vec<u8>,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let signer = key();
        let certificate = signer.certificate().to_vec();
        let random = Random::seeded(5);
        let settings = Settings {
            folder: folder.path().join("register"),
            checkpoint: folder.path().join("checkpoint.json"),
            seal: Arc::new(Seal::generate(&random)),
            signer: Arc::new(signer),
            former: Vec::new(),
            random: Arc::new(random),
            checkpoint_rows: u64::MAX,
            checkpoint_every: Duration::from_secs(3600),
        };
        Self { _folder: folder, settings, certificate }
    }

    pub(crate) fn open(&self) -> Register {
        // A process that another test is just starting holds what we closed, until it is something else.
        for _ in 0..100 {
            match Register::open(self.settings.clone(), noon()) {
                Err(RegisterError::InUse(_)) => std::thread::sleep(Duration::from_millis(20)),
                other => return other.unwrap(),
            }
        }
        panic!("the register stays in use");
    }

    pub(crate) fn file(&self) -> PathBuf {
        Month::of(noon()).path(&self.settings.folder)
    }

    pub(crate) fn verify(&self) -> Verdict {
        let Settings { folder, checkpoint, seal, .. } = &self.settings;
        verify(folder, checkpoint, seal, &[&self.certificate]).unwrap()
    }

    pub(crate) fn fault(&self) -> Fault {
        match self.verify() {
            Verdict::Faulty(fault) => fault,
            Verdict::Sound(_) => panic!("nothing was found amiss"),
        }
    }

    pub(crate) fn is_sound(&self, records: u64) {
        match self.verify() {
            Verdict::Sound(verified) => assert_eq!(verified.records, records),
            Verdict::Faulty(fault) => panic!("{fault:?}"),
        }
    }

    /// A register of `count` rows, closed; returns where each row begins, and where the last one ends.
    pub(crate) async fn written(&self, count: u64) -> Vec<usize> {
        let register = self.open();
        let mut starts = Vec::new();
        for number in 0..count {
            let receipt = register.append(&row(number, 10)).await.unwrap();
            assert_eq!(receipt.location.number, number);
            starts.push(usize::try_from(receipt.location.offset).unwrap());
        }
        drop(register);
        self.is_sound(count);
        starts.push(fs::read(self.file()).unwrap().len());
        starts
    }
}

async fn append_all(register: &Arc<Register>, rows: impl Iterator<Item = Row>) -> Vec<Receipt> {
    let tasks: Vec<_> = rows
        .map(|row| {
            let register = Arc::clone(register);
            tokio::spawn(async move { register.append(&row).await.unwrap() })
        })
        .collect();
    let mut receipts = Vec::new();
    for task in tasks {
        receipts.push(task.await.unwrap());
    }
    receipts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rows_of_many_callers_are_there_and_found() {
    let place = Place::new();
    let register = Arc::new(place.open());
    let receipts = append_all(&register, (0..300).map(|n| row(n, 5_000))).await;
    let mut numbers: Vec<_> = receipts.iter().map(|r| r.location.number).collect();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..300));
    for (n, receipt) in receipts.iter().enumerate() {
        let Settings { folder, seal, .. } = &place.settings;
        let read = segment::read(folder, seal, receipt.location).unwrap();
        assert_eq!(read, row(n as u64, 5_000));
    }
    assert_eq!(register.catch_up().unwrap(), 300);
    assert_eq!(register.catch_up().unwrap(), 0);
    let text = String::from_utf8_lossy(&fs::read(place.file()).unwrap()).into_owned();
    assert!(!text.contains("PERSON"), "a register is sealed");
    found(&place, &register, &receipts);
    drop(register);
    place.is_sound(300);
    // The index was written when the register was closed.
    let register = Arc::new(place.open());
    assert_eq!(register.index().rows(), 300);
    found(&place, &register, &receipts);
    drop(register);

    // A lost index comes back from the files, and goes on from memory.
    fs::remove_dir_all(place.settings.index_folder()).unwrap();
    let register = Arc::new(place.open());
    assert_eq!(register.catch_up().unwrap(), 300);
    found(&place, &register, &receipts);
    append_all(&register, (300..310).map(|n| row(n, 10))).await;
    assert_eq!(register.catch_up().unwrap(), 10);
}

/// The numbers of the rows that have all of `fields`, and whether there are more.
fn numbers(
    place: &Place,
    register: &Register,
    fields: &[(Field, &str)],
    span: Span,
    limit: usize,
) -> (Vec<u64>, bool) {
    let at = search::Place {
        folder: &place.settings.folder,
        seal: &place.settings.seal,
        tenant: &TenantId::main(),
        first: register.tail().first,
    };
    let fields = fields.iter().map(|(field, value)| (*field, (*value).to_owned())).collect();
    let query = Query { fields, certificate: None, span, limit };
    let found = search(at, &register.index().snapshot(), &query).unwrap();
    (found.rows.iter().map(|(location, _)| location.number).collect(), found.more)
}

fn found(place: &Place, register: &Register, receipts: &[Receipt]) {
    let all = Span::of(None, None);
    let find = |fields: &[(Field, &str)], limit| numbers(place, register, fields, all, limit);
    let number = |n: usize| receipts[n].location.number;
    let person = |rest: u64| {
        let mut mine: Vec<u64> = (0..300)
            .filter(|n| n % 3 == rest)
            .map(|n| number(usize::try_from(n).unwrap()))
            .collect();
        mine.sort_unstable_by(|a, b| b.cmp(a));
        mine
    };
    assert_eq!(find(&[(Field::RequestId, "_request7")], 9), (vec![number(7)], false));
    assert_eq!(find(&[(Field::ResponseId, "_response299")], 9), (vec![number(299)], false));
    assert_eq!(find(&[(Field::SupportId, "S42")], 9), (vec![number(42)], false));
    assert_eq!(find(&[(Field::RequestId, "_response7")], 9), (Vec::new(), false));
    let mine = person(1);
    for code in ["TINIT-PERSON1", "PERSON1", " tinit-person1 "] {
        assert_eq!(find(&[(Field::FiscalNumber, code)], 500), (mine.clone(), false));
    }
    let page = find(&[(Field::FiscalNumber, "PERSON1")], 5);
    assert_eq!(page, (mine[..5].to_vec(), true));
    let party = (Field::RelyingParty, "https://sp.example.org");
    assert_eq!(find(&[party], 500).0.len(), 300);
    assert_eq!(find(&[party, (Field::FiscalNumber, "PERSON1")], 500).0, mine);
    assert_eq!(find(&[party, (Field::Outcome, "nr19")], 500).0.len(), 0);
    assert_eq!(find(&[(Field::FiscalNumber, "PERSON0"), (Field::SupportId, "S42")], 9).0.len(), 1);
    assert_eq!(find(&[(Field::FiscalNumber, "PERSON1"), (Field::SupportId, "S42")], 9).0.len(), 0);
    // From the tenth second on, before the twentieth.
    let at = |seconds| Some(noon() + TimeDelta::seconds(seconds));
    let in_time = numbers(place, register, &[], Span::of(at(10), at(20)), 500).0;
    let mut expected: Vec<u64> = (10..20).map(number).collect();
    expected.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(in_time, expected);
    let both = [party, (Field::FiscalNumber, "PERSON2")];
    assert_eq!(numbers(place, register, &both, Span::of(at(10), None), 500).0.len(), 97);
}

#[tokio::test]
async fn a_month_has_a_file_and_the_chain_goes_through() {
    let place = Place::new();
    let register = place.open();
    let in_november = |n| Row { at: noon() + TimeDelta::days(1), ..row(n, 10) };
    register.append(&row(0, 10)).await.unwrap();
    let november = register.append(&in_november(1)).await.unwrap().location;
    assert_eq!((november.month.to_string().as_str(), november.offset), ("2026-11", HEADER));
    // The clock went back: the chain does not.
    assert_eq!(register.append(&row(2, 10)).await.unwrap().location.month, november.month);
    drop(register);
    place.is_sound(3);
    let register = place.open();
    assert_eq!(register.append(&in_november(3)).await.unwrap().location.number, 3);
    drop(register);
    place.is_sound(4);
    fs::remove_file(place.file()).unwrap();
    assert_eq!(place.fault().kind, FaultKind::Removed { next: 1 });
}

#[tokio::test]
async fn a_register_is_for_one_process_and_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let register = place.open();
    let mode = fs::metadata(&place.settings.folder).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let refused = Register::open(place.settings.clone(), noon()).unwrap_err();
    assert!(matches!(refused, RegisterError::InUse(_)), "{refused:?}");
    drop(register);
    place.open();
}

#[tokio::test]
async fn a_record_cut_in_the_middle_by_the_power_goes_and_no_other() {
    let place = Place::new();
    drop(place.open());
    let early = fs::read(&place.settings.checkpoint).unwrap();
    let starts = place.written(4).await;
    let whole = fs::read(place.file()).unwrap();
    let cuts = (starts[3]..starts[4])
        .step_by(11)
        .map(|length| (whole[..length].to_vec(), length - starts[3]));
    // Some file systems give zeros for what was never written.
    let zeroed = cuts.clone().map(|(mut bytes, _)| {
        bytes.resize(starts[4], 0);
        (bytes, starts[4] - starts[3])
    });
    for (bytes, torn) in cuts.chain(zeroed) {
        fs::write(place.file(), bytes).unwrap();
        // As after a power cut: the last checkpoint is older than the last rows.
        fs::write(&place.settings.checkpoint, &early).unwrap();
        let register = place.open();
        let cut = register.torn().map_or(0, |torn| torn.bytes);
        assert_eq!(cut, torn as u64);
        assert_eq!(register.append(&row(9, 10)).await.unwrap().location.number, 3);
        drop(register);
        place.is_sound(4);
    }
}

#[tokio::test]
async fn an_unfinished_file_is_begun_again() {
    let place = Place::new();
    drop(place.open());
    for length in [0, 1, 55, 56] {
        let mut bytes = [b"ponte register 1".as_slice(), &[0; 40]].concat();
        bytes.truncate(length);
        fs::write(place.file(), bytes).unwrap();
        drop(place.open());
        place_is_empty(&place);
    }
    place.written(2).await;
}

fn place_is_empty(place: &Place) {
    let length = fs::metadata(place.file()).unwrap().len();
    assert!(length == 0 || length == HEADER);
}

#[tokio::test]
async fn every_flipped_byte_is_found_in_its_record() {
    let place = Place::new();
    let starts = place.written(3).await;
    let whole = fs::read(place.file()).unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        fs::write(place.file(), &bytes).unwrap();
        let record = starts.iter().rposition(|start| *start <= at).unwrap_or(0) as u64;
        let fault = place.fault();
        assert_eq!(fault.number, record, "byte {at}: {fault:?}");
        assert!(
            matches!(fault.kind, FaultKind::Altered | FaultKind::Torn | FaultKind::Removed { .. }),
            "byte {at}: {fault:?}"
        );
    }
    fs::write(place.file(), &whole).unwrap();
    place.is_sound(3);
}

#[tokio::test]
async fn removed_and_exchanged_records_are_named() {
    let place = Place::new();
    let starts = place.written(6).await;
    let whole = fs::read(place.file()).unwrap();
    let record = |n: usize| whole[starts[n]..starts[n + 1]].to_vec();
    let kept = |numbers: &[usize]| {
        let mut bytes = whole[..starts[0]].to_vec();
        numbers.iter().for_each(|n| bytes.extend(record(*n)));
        fs::write(place.file(), bytes).unwrap();
        let fault = place.fault();
        (fault.number, fault.kind)
    };
    assert_eq!(kept(&[1, 2, 3, 4, 5]), (0, FaultKind::Removed { next: 1 }));
    assert_eq!(kept(&[0, 1, 4, 5]), (2, FaultKind::Removed { next: 4 }));
    assert_eq!(kept(&[0, 1, 3, 2, 4, 5]), (2, FaultKind::Swapped { with: 3 }));
    assert_eq!(kept(&[0, 1, 1, 2, 3, 4, 5]), (2, FaultKind::Inserted));
    assert_eq!(kept(&[0, 1, 2, 3, 4]), (5, FaultKind::Cut));
    assert_eq!(kept(&[]), (0, FaultKind::Cut));
    let refused = Register::open(place.settings.clone(), noon()).unwrap_err();
    assert!(matches!(refused, RegisterError::Cut(5)), "{refused:?}");
    fs::remove_file(place.file()).unwrap();
    assert_eq!(place.fault().kind, FaultKind::Cut);
    let refused = Register::open(place.settings.clone(), noon()).unwrap_err();
    assert!(matches!(refused, RegisterError::Cut(5)), "{refused:?}");
}

/// The hashes need no key: whoever can write the file can chain anew. The seals and the checkpoint find out.
#[tokio::test]
async fn a_chain_written_anew_is_found() {
    let place = Place::new();
    let starts = place.written(5).await;
    let whole = fs::read(place.file()).unwrap();
    let sealed = |n: usize| whole[starts[n] + 4..starts[n + 1] - 32].to_vec();
    let chained = |records: Vec<Vec<u8>>| {
        let mut bytes = whole[..starts[0]].to_vec();
        for record in records {
            segment::link(&mut bytes, &record).unwrap();
        }
        fs::write(place.file(), bytes).unwrap();
        let fault = place.fault();
        (fault.number, fault.kind)
    };
    let without_1 = [0, 2, 3, 4].map(sealed).to_vec();
    assert_eq!(chained(without_1), (1, FaultKind::Removed { next: 2 }));
    assert_eq!(chained([0, 1, 2].map(sealed).to_vec()), (3, FaultKind::Cut));
    // With the sealing key too, but not the signing key.
    let Settings { seal, random, .. } = &place.settings;
    let forged = |n: u64| {
        let packed = segment::pack(&Row { outcome: "nr25".into(), ..row(n, 10) }).unwrap();
        seal.seal(&segment::context(n), &packed, random).unwrap()
    };
    assert_eq!(
        chained(vec![sealed(0), forged(1), sealed(2), sealed(3), sealed(4)]),
        (4, FaultKind::Rewritten)
    );
    let same = (0..5).map(sealed).collect::<Vec<_>>();
    let mut bytes = whole[..starts[0]].to_vec();
    same.iter().for_each(|record| drop(segment::link(&mut bytes, record)));
    assert_eq!(sha256(&bytes), sha256(&whole), "the control is chained as the register does");
}

/// Damage behind the checkpoint that is not at the end was not made by a power cut, and nothing is cut off.
#[tokio::test]
async fn opening_refuses_damage_that_is_not_a_torn_end() {
    let place = Place::new();
    drop(place.open());
    let early = fs::read(&place.settings.checkpoint).unwrap();
    let starts = place.written(4).await;
    let whole = fs::read(place.file()).unwrap();
    let mut bytes = whole.clone();
    bytes[starts[1] + 40] ^= 1;
    fs::write(place.file(), &bytes).unwrap();
    fs::write(&place.settings.checkpoint, &early).unwrap();
    let refused = Register::open(place.settings.clone(), noon()).unwrap_err();
    let RegisterError::Altered(location) = refused else { panic!("{refused:?}") };
    assert_eq!(location.number, 1);
    assert_eq!(fs::read(place.file()).unwrap(), bytes);
    fs::write(place.file(), &whole).unwrap();
    drop(place.open());
    place.is_sound(4);
}

#[tokio::test]
async fn only_our_checkpoint_vouches() {
    let place = Place::new();
    place.written(2).await;
    let path = &place.settings.checkpoint;
    let ours = fs::read_to_string(path).unwrap();
    let open = || Register::open(place.settings.clone(), noon());
    for (from, to) in [("\"count\": 2", "\"count\": 1"), ("2026-10-31", "2026-10-30")] {
        assert!(ours.contains(from));
        fs::write(path, ours.replace(from, to)).unwrap();
        assert!(matches!(open(), Err(RegisterError::BadCheckpoint(_))));
    }
    fs::remove_file(path).unwrap();
    assert!(matches!(open(), Err(RegisterError::NoCheckpoint(_))));
    fs::write(path, &ours).unwrap();
    let mut other = place.settings.clone();
    other.signer = Arc::new(key());
    assert!(matches!(Register::open(other.clone(), noon()), Err(RegisterError::BadCheckpoint(_))));
    other.former.push(place.certificate.clone());
    drop(Register::open(other, noon()).unwrap());
    assert!(matches!(open(), Err(RegisterError::BadCheckpoint(_))));
}

/// A key that takes its time, as one behind a network does.
#[derive(Debug)]
struct Slow(KeyFile, std::sync::Mutex<bool>, std::sync::Condvar);

impl Signer for Slow {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm()
    }
    fn certificate(&self) -> &[u8] {
        self.0.certificate()
    }
    fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, SignError> {
        let mut held = self.1.lock().unwrap();
        while *held {
            held = self.2.wait(held).unwrap();
        }
        self.0.sign(octets)
    }
}

#[tokio::test]
async fn checkpoints_come_by_themselves_and_delay_no_answer() {
    let mut place = Place::new();
    let slow = Arc::new(Slow(key(), false.into(), std::sync::Condvar::new()));
    place.certificate = slow.certificate().to_vec();
    place.settings.signer = slow.clone();
    place.settings.checkpoint_rows = 2;
    let register = place.open();
    *slow.1.lock().unwrap() = true;
    for number in 0..20 {
        register.append(&row(number, 10)).await.unwrap();
    }
    let Verdict::Sound(verified) = place.verify() else { panic!("{:?}", place.verify()) };
    assert_eq!((verified.records, verified.vouched), (20, 0));
    *slow.1.lock().unwrap() = false;
    slow.2.notify_all();
    let vouched = |wanted: u64| {
        for _ in 0..1000 {
            if let Verdict::Sound(verified) = place.verify()
                && verified.vouched >= wanted
            {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("no checkpoint came");
    };
    vouched(2);
    register.append(&row(20, 10)).await.unwrap();
    register.append(&row(21, 10)).await.unwrap();
    vouched(22);
    register.append(&row(22, 10)).await.unwrap();
    drop(register);
    vouched(23);
}

#[tokio::test]
async fn a_row_too_large_is_refused_and_the_next_is_not() {
    let place = Place::new();
    let register = place.open();
    let refused = register.append(&row(0, 3 * 1024 * 1024)).await;
    assert!(matches!(refused, Err(RegisterError::TooLarge(_))), "{refused:?}");
    register.append(&row(0, 256 * 1024)).await.unwrap();
    drop(register);
    place.is_sound(1);
    let folder: &Path = &place.settings.folder;
    assert_eq!(segment::months(folder).unwrap(), [Month::of(noon())]);
}

/// Rows as the first version wrote them, all of it JSON.
#[tokio::test]
async fn a_row_of_the_first_form_is_read() {
    let json = serde_json::to_vec(&row(7, 300)).unwrap();
    let packed = ponte::store::compression::compress(&json).unwrap();
    assert_eq!(segment::unpacked(&packed).unwrap(), row(7, 300));
    assert_eq!(segment::unpacked(&segment::pack(&row(7, 300)).unwrap()).unwrap(), row(7, 300));
    assert!(segment::unpacked(&packed[..packed.len() - 1]).is_err());
    let cut = ponte::store::compression::compress(&[1, 0, 0, 0, 9, b'x']).unwrap();
    assert!(segment::unpacked(&cut).is_err());
}
