//! `ponte bench register`: what a register of many rows costs, in time and in room.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinSet;

use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::cli::arguments_register::BenchRegister;
use crate::cli::error::CliError;
use crate::cli::prompt;
use crate::identity::subject::Subject;
use crate::identity::tenant::TenantId;
use crate::register::checkpoint;
use crate::register::error::RegisterError;
use crate::register::index::{Field, Span};
use crate::register::journal::{Register, Settings};
use crate::register::reading::Source;
use crate::register::row::Row;
use crate::register::search::{Place, Query, search};
use crate::register::shelf::Index;
use crate::register::verify::{Verdict, Verifying};
use crate::world::certificate::{Holder, KeyKind, make};
use crate::world::random::Random;
use crate::world::seal::Seal;
use crate::world::signer::KeyFile;

/// Writes a register of rows that are made up, searches, verifies and indexes it, and tells what that took. The folder
/// is removed afterwards.
///
/// # Errors
/// When the register cannot be written or read, or something in it is amiss.
pub async fn run(said: &BenchRegister, now: DateTime<Utc>) -> Result<String, CliError> {
    let folder = said.folder.join(format!("ponte-bench-register-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(CliError::file("made", &folder))?;
    let measured = measure(&folder, said.rows, now).await;
    let removed = std::fs::remove_dir_all(&folder);
    let measured = measured?;
    removed.map_err(CliError::file("removed", &folder))?;
    Ok(measured)
}

async fn measure(folder: &Path, rows: u64, now: DateTime<Utc>) -> Result<String, CliError> {
    let settings = settings(folder, now)?;
    let register = Register::open(settings.clone(), now).map_err(CliError::Register)?;
    let register = Arc::new(register);
    let written = write(&register, rows, now).await?;
    let begun = Instant::now();
    register.catch_up().map_err(CliError::Register)?;
    let caught_up = begun.elapsed();
    let searched = searches(&register, rows)?;
    let room = size(&settings.folder) as f64 / rows as f64;
    let index_room = size(&settings.index_folder()) as f64 / rows as f64;
    drop(register);

    let trusted = [settings.signer.certificate()];
    let bar = bar("verifying", size(&settings.folder));
    let begun = Instant::now();
    let verifying = Verifying {
        folder: &settings.folder,
        checkpoint: &settings.checkpoint,
        seal: &settings.seal,
        trusted: &trusted,
        from: None,
        filed: Some(rows),
        witnesses: &[],
        is_live: false,
    };
    let verdict = verifying.run(|bytes| bar.inc(bytes)).map_err(CliError::Register)?;
    let verified = begun.elapsed();
    bar.finish_and_clear();
    if !matches!(verdict, Verdict::Sound(_)) {
        return Err(CliError::BenchKey);
    }

    let anew = Index::open(&settings.index_anew(), &settings.seal).map_err(CliError::Register)?;
    let read = checkpoint::read(&settings.checkpoint, &trusted).map_err(CliError::Register)?;
    let first = read.map_or(0, |read| read.tail.first);
    let source = Source { folder: &settings.folder, seal: &settings.seal, first };
    let bar = self::bar("indexing", rows);
    let begun = Instant::now();
    let taken = anew.take_in(source, Some(rows), |taken| bar.set_position(taken));
    taken.and_then(|_| anew.flush()).map_err(CliError::Register)?;
    let indexed = begun.elapsed();
    bar.finish_and_clear();

    let megabytes = room * rows as f64 / 1e6;
    let rate = |time: Duration| rows as f64 / time.as_secs_f64();
    let mut report = format!("A register of {rows} rows over 24 months\n");
    for (what, figure) in [
        ("written", format!("{:.0} rows/s", rate(written))),
        ("index after the last row", format!("{:.1} ms behind", millis(caught_up))),
        ("room for a row", format!("{room:.0} bytes, {index_room:.0} more for the index")),
        (
            "verify",
            format!("{:.0} rows/s, {:.0} MB/s", rate(verified), megabytes / verified.as_secs_f64()),
        ),
        ("reindex", format!("{:.0} rows/s", rate(indexed))),
    ]
    .into_iter()
    .chain(searched)
    {
        report.push_str(&format!("  {what:<34}  {figure}\n"));
    }
    Ok(report)
}

fn settings(folder: &Path, now: DateTime<Utc>) -> Result<Settings, CliError> {
    let holder = Holder {
        common_name: "Bench",
        organization: "Bench",
        entity_id: "https://bench.example",
        organization_identifier: "PA:IT-bench",
        country: "IT",
        locality: "Roma",
    };
    let random = Random::system();
    let pair = make(KeyKind::Rsa2048, &holder, &[], now, 30, random.bytes())?;
    let signer = KeyFile::load(&pair.key, &pair.certificate).map_err(|_| CliError::BenchKey)?;
    Ok(Settings {
        folder: folder.join("register"),
        checkpoint: folder.join("register.checkpoint"),
        seal: Arc::new(Seal::generate(&random)),
        signer: Arc::new(signer),
        former: Vec::new(),
        random: Arc::new(random),
        checkpoint_rows: 1000,
        checkpoint_every: Duration::from_secs(60),
    })
}

/// Appends rows, many at a time, as a busy server does, with the index kept up beside.
async fn write(
    register: &Arc<Register>,
    rows: u64,
    now: DateTime<Utc>,
) -> Result<Duration, CliError> {
    let bar = bar("writing", rows);
    let begun = Instant::now();
    let random = Random::system();
    let noise: Vec<u8> = (0..256).flat_map(|_| random.bytes::<256>()).collect();
    let noise = Arc::new(STANDARD.encode(noise));
    let mut tasks: JoinSet<Result<(), RegisterError>> = JoinSet::new();
    for number in 0..rows {
        if tasks.len() >= AT_ONCE {
            finished(tasks.join_next().await)?;
        }
        let (to, noise) = (Arc::clone(register), Arc::clone(&noise));
        tasks.spawn(async move { to.append(&row(number, rows, now, &noise)).await.map(|_| ()) });
        if number % 8192 == 0 {
            bar.set_position(number);
            let to = Arc::clone(register);
            let caught_up = tokio::task::spawn_blocking(move || to.catch_up()).await;
            caught_up.map_err(|_| CliError::BenchKey)?.map_err(CliError::Register)?;
        }
    }
    while let Some(done) = tasks.join_next().await {
        finished(Some(done))?;
    }
    bar.finish_and_clear();
    Ok(begun.elapsed())
}

fn finished(
    done: Option<Result<Result<(), RegisterError>, tokio::task::JoinError>>,
) -> Result<(), CliError> {
    match done {
        Some(Ok(written)) => written.map_err(CliError::Register),
        Some(Err(_)) => Err(CliError::BenchKey),
        None => Ok(()),
    }
}

/// A row of about the length of a login's at SPID: two certificates and three signatures that do not compress.
fn row(number: u64, rows: u64, now: DateTime<Utc>, noise: &str) -> Row {
    let seconds = TimeDelta::days(725).num_seconds();
    let share = i64::try_from(
        u128::from(number) * seconds.unsigned_abs() as u128 / u128::from(rows.max(1)),
    );
    let at = now - TimeDelta::seconds(seconds) + TimeDelta::seconds(share.unwrap_or(0));
    let person = number % (rows / PER_PERSON).max(1);
    let part = |length: usize, salt: u64| {
        let mixed = (number.wrapping_add(salt)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        let start = usize::try_from(mixed).unwrap_or(0) % (noise.len() - length);
        noise.get(start..start + length).unwrap_or_default()
    };
    let element = "<saml:Attribute Name=\"fiscalNumber\" NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:basic\"><saml:AttributeValue xsi:type=\"xs:string\">TINIT-RSSMRA80A01H501U</saml:AttributeValue></saml:Attribute>";
    let request_xml = format!(
        "<samlp:AuthnRequest ID=\"_request{number}\">{}{}</samlp:AuthnRequest>",
        element.repeat(4),
        part(2000, 1)
    );
    let response_xml = format!(
        "<samlp:Response ID=\"_response{number}\">{}{}{}</samlp:Response>",
        part(2400, 2),
        element.repeat(20),
        part(2400, 3)
    );
    Row {
        tenant: TenantId::main(),
        at,
        support_id: format!("{number:08X}"),
        client_address: "192.0.2.1".into(),
        relying_party: format!("https://sp{}.example.org", number % 40),
        request_id: format!("_request{number}"),
        request_issuer: format!("https://sp{}.example.org", number % 40),
        request_issue_instant: Some(at),
        request_xml,
        response_id: format!("_response{number}"),
        response_issuer: "https://idp.example.org".into(),
        response_issue_instant: at,
        response_xml,
        assertion_xml: None,
        assertion_id: Some(format!("_assertion{number}")),
        outcome: if number.is_multiple_of(20) { "nr22" } else { "authenticated" }.into(),
        subject: Some(Subject::new(format!("person{person}"))),
        name_id: Some(format!("_name{number}")),
        name_qualifier: Some("https://idp.example.org".into()),
        spid_code: Some(format!("PONT{person:010}")),
        fiscal_number: Some(format!("TINIT-PERSON{person:010}")),
        level: Some(Level::Loa3),
        factors: vec![Factor::Password, Factor::Totp],
        certificates: Vec::new(),
    }
}

/// How long searches take, the middle one and the longest, by what is looked for.
fn searches(register: &Register, rows: u64) -> Result<Vec<(&'static str, String)>, CliError> {
    let people = (rows / PER_PERSON).max(1);
    type Made = fn(u64, u64) -> String;
    let cases: [(&'static str, Field, Made); 3] = [
        ("search by fiscal code", Field::FiscalNumber, |n, people| {
            format!("PERSON{:010}", n % people)
        }),
        ("search by request id", Field::RequestId, |n, _| format!("_request{n}")),
        ("search by support id", Field::SupportId, |n, _| format!("{n:08X}")),
    ];
    let mut told = Vec::new();
    let settings = register.settings();
    let tenant = TenantId::main();
    for (what, field, value) in cases {
        let mut times = Vec::new();
        let mut found = 0;
        for turn in 0..SEARCHES {
            let number = turn.wrapping_mul(0x9E37_79B9) % rows.max(1);
            let begun = Instant::now();
            let place = Place {
                folder: &settings.folder,
                seal: &settings.seal,
                tenant: &tenant,
                first: register.tail().first,
            };
            let fields = vec![(field, value(number, people))];
            let (span, certificate) = (Span::of(None, None), None);
            let query = Query { fields, certificate, span, limit: 100 };
            let rows = search(place, &register.index().snapshot(), &query);
            found += rows.map_err(CliError::Register)?.rows.len() as u64;
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        let (middle, last) = (times[times.len() / 2], times[times.len() - 1]);
        told.push((
            what,
            format!(
                "{:.2} ms, the longest of {SEARCHES} {:.2} ms ({} rows each)",
                millis(middle),
                millis(last),
                found / SEARCHES
            ),
        ));
    }
    Ok(told)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len())).sum()
}

fn bar(doing: &'static str, length: u64) -> ProgressBar {
    if !prompt::is_watched() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg:9} {bar:40} {pos}/{len} {eta}");
    let bar = ProgressBar::new(length).with_message(doing);
    style.map(|style| bar.clone().with_style(style)).unwrap_or(bar)
}

const AT_ONCE: usize = 512;
const PER_PERSON: u64 = 20;
const SEARCHES: u64 = 200;
