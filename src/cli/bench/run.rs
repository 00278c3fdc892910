//! The measurement: a house of its own, the parts, the span, and what is printed of them.

use std::collections::HashMap;
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::cli::arguments::{self, KeyChoice, Measure};
use crate::cli::bench::bridge::{self, Stub};
use crate::cli::bench::parts::{self, Raw, RawKey};
use crate::cli::bench::print::{self, Logins, Round, Signatures, Span};
use crate::cli::bench::span::{Begun, Bench, Person, ServiceProvider, people};
use crate::cli::bench::{cpu, crowd};
use crate::cli::error::CliError;
use crate::cli::{house, init, load, metadata, serve};
use crate::config::settings::Settings;
use crate::identity::attributes::AttributeName;
use crate::identity::subject::Subject;
use crate::login::request::LocalName;
use crate::partners::registry::{Entry, Origin, Registry, Source};
use crate::saml::upstream::metadata::plain;
use crate::web::router;
use crate::web::serve::Doors;
use crate::world::certificate::{self, Holder, KeyKind, KeyPair};
use crate::world::random::Random;
use crate::world::signer::{KeyFile, Signer};

/// Measures, and returns what is to be printed. The house is made in a folder below the system's
/// temporary one, and removed afterwards.
///
/// # Errors
/// When the house cannot be made, or does not answer as it should.
pub fn run(arguments: &arguments::Bench) -> Result<String, CliError> {
    let folder = Folder::new()?;
    let measured = in_house(
        &folder.0,
        |_| {},
        |bench, stub, runtime| {
            if arguments.people.is_some() || arguments.rows.is_some() {
                crowd::report(bench, runtime, arguments)
            } else {
                report(bench, stub, runtime, arguments)
            }
        },
    );
    drop(folder);
    measured
}

/// Does `work` in a house of its own, made in `folder` by settings that `tune` may change.
///
/// # Errors
/// When the house cannot be made, or `work` fails.
pub(in crate::cli::bench) fn in_house(
    folder: &Path,
    tune: impl FnOnce(&mut Settings),
    work: impl FnOnce(&Bench, &Stub, &tokio::runtime::Runtime) -> Result<String, CliError>,
) -> Result<String, CliError> {
    let random = Random::system();
    let socket = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(CliError::Bench)?;
    socket.set_nonblocking(true).map_err(CliError::Bench)?;
    let address = socket.local_addr().map_err(CliError::Bench)?;
    let host = format!("bench.localhost:{}", address.port());
    let clock = crate::world::clock::Clock::system();
    let made = arguments::Init {
        folder: folder.to_owned(),
        base_url: format!("http://{host}"),
        organization: "Bench".into(),
        organization_url: "https://bench.example".into(),
        organization_id: "PA:IT-bench".into(),
        locality: "Roma".into(),
        key: KeyChoice::Rsa2048,
        days: 30,
    };
    init::init(&made, &random, clock.now())?;
    let like = metadata::identity_provider(&load::settings(&folder.join("ponte.toml"))?);
    let stub = Stub::settle(folder, &like, signer(&random, clock.now())?, &random)?;
    let mut settings = load::settings(&folder.join("ponte.toml"))?;
    settings.limits.address_per_minute = u32::MAX;
    settings.limits.partner_per_minute = u32::MAX;
    tune(&mut settings);
    let runtime = serve::runtime(&settings)?;
    let house = runtime.block_on(house::open(&settings, None, false))?;
    let service_provider = service_provider(&random, &house.env)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let routes = router::router(Arc::clone(&house.env));
    let serving = runtime.spawn(async move {
        if let Ok(listener) = TcpListener::from_std(socket) {
            crate::web::serve::serve(listener, Doors::default(), routes, async {
                drop(stopped.await)
            })
            .await;
        }
    });
    let indexing = runtime.spawn(serve::keep_index(Arc::clone(&house.env)));
    let bench = Bench { env: Arc::clone(&house.env), address, host, service_provider };
    let report = work(&bench, &stub, &runtime);
    indexing.abort();
    let _stopped_already = stop.send(());
    drop(runtime.block_on(serving));
    report
}

/// Measures in rounds, raw operations and ours side by side, and takes the median of the ratios:
/// the speed of a shared machine drifts.
fn report(
    bench: &Bench,
    stub: &Stub,
    runtime: &tokio::runtime::Runtime,
    arguments: &arguments::Bench,
) -> Result<String, CliError> {
    let everybody = runtime.block_on(people(&bench.env, 0..HASHED))?;
    let subject = &everybody.first().ok_or(CliError::BenchKey)?.subject;
    let (_, warm) = bench.begin(BATCH, false)?;
    let (_, warm) = bench.look(warm)?;
    bench.consent(prepared(bench, runtime, warm, subject)?)?;
    bench.bridge(stub, BATCH)?;
    let raw = RawKey::new(&pair(&bench.env.random, bench.env.clock.now())?)?;
    let mut rounds = Vec::with_capacity(ROUNDS);
    for people in everybody.chunks(HASHED / ROUNDS) {
        rounds.push(round(bench, stub, &raw, runtime, arguments, people)?);
    }
    Ok(print::print(&rounds))
}

fn round(
    bench: &Bench,
    stub: &Stub,
    raw: &RawKey,
    runtime: &tokio::runtime::Runtime,
    arguments: &arguments::Bench,
    people: &[Person],
) -> Result<Round, CliError> {
    let env = &bench.env;
    let keys = env.keys.snapshot();
    let signer = &*keys.signer;
    let now = env.clock.now();
    let is_wanted = |measure| arguments.only.is_none_or(|only| only == measure);
    let budget = Duration::from_millis(arguments.seconds * 1000 / ROUNDS as u64);
    let before = raw.measure(budget / 2)?;
    let mut round = Round::default();
    if is_wanted(Measure::Signatures) {
        let answer = parts::answer(&env.idp, signer, &env.random, now, budget)?;
        let request = bench.request(now);
        let (ours, both) = parts::verification(&request, &*bench.service_provider.signer, budget)?;
        round.signatures = Some(Signatures { answer, ours, both });
    }
    if is_wanted(Measure::Span) {
        let count = usize::try_from(arguments.seconds).unwrap_or(1) * LOGINS_A_SECOND / ROUNDS;
        let (redirect, logins) = bench.begin(count, false)?;
        let (page, logins) = bench.look(logins)?;
        let subject = &people.first().ok_or(CliError::BenchKey)?.subject;
        let consent = bench.consent(prepared(bench, runtime, logins, subject)?)?;
        let (post, logins) = bench.begin(count, true)?;
        let (_, logins) = bench.look(logins)?;
        let consent_post = bench.consent(prepared(bench, runtime, logins, subject)?)?;
        let from_session = bench.single_sign_on(runtime, count, subject)?.map(|cost| cost.0);
        let [exchange, connection] = bench.exchanges(count)?.map(|cost| cost.0);
        let [redirect, post, page, consent, consent_post] =
            [redirect, post, page, consent, consent_post].map(|cost| cost.0);
        round.span = Some(Span {
            redirect,
            post,
            page,
            exchange,
            connection,
            consent,
            consent_post,
            from_session,
        });
    }
    if is_wanted(Measure::Logins) {
        let hashing = &env.settings.hashing;
        let hash = cpu::micros(budget, || {
            black_box(hashing.check_nobody("a-password-for-the-bench"));
        })
        .map_err(CliError::Bench)?;
        let (begun, logins) = bench.begin(people.len(), false)?;
        let walked = bench.log_in(logins, people)?;
        round.logins = Some(Logins { hash, whole: begun.0 + walked.0 });
    }
    if is_wanted(Measure::Bridge) {
        let count = usize::try_from(arguments.seconds).unwrap_or(1) * LOGINS_A_SECOND / ROUNDS;
        round.bridged = Some(bench.bridge(stub, count)?);
    }
    let after = raw.measure(budget / 2)?;
    round.raw = Raw {
        sign: f64::midpoint(before.sign, after.sign),
        verify: f64::midpoint(before.verify, after.verify),
    };
    Ok(round)
}

/// Brings logins to their last step.
///
/// # Errors
/// When the store fails.
pub(in crate::cli::bench) fn prepared(
    bench: &Bench,
    runtime: &tokio::runtime::Runtime,
    mut logins: Vec<Begun>,
    subject: &Subject,
) -> Result<Vec<Begun>, CliError> {
    runtime.block_on(bench.prepare(&mut logins, subject))?;
    Ok(logins)
}

/// A key of somebody who is not the house.
pub(in crate::cli::bench) fn signer(
    random: &Random,
    now: DateTime<Utc>,
) -> Result<Arc<dyn Signer>, CliError> {
    let pair = pair(random, now)?;
    let key = KeyFile::load(&pair.key, &pair.certificate).map_err(|_| CliError::BenchKey)?;
    Ok(Arc::new(key))
}

fn pair(random: &Random, now: DateTime<Utc>) -> Result<KeyPair, CliError> {
    let holder = Holder {
        common_name: "Bench",
        organization: "Bench",
        entity_id: "https://bench.example",
        organization_identifier: "PA:IT-bench",
        country: "IT",
        locality: "Roma",
    };
    Ok(certificate::make(KeyKind::Rsa2048, &holder, &[], now, 30, random.bytes::<16>())?)
}

fn service_provider(
    random: &Random,
    env: &crate::flow::env::Env,
) -> Result<ServiceProvider, CliError> {
    let now = env.clock.now();
    let entity_id = "https://sp.bench.example/spid".to_owned();
    let signer = signer(random, now)?;
    let own = source(random, &*signer, &entity_id, None)?;
    let bridged = source(random, &*signer, bridge::ENTITY, Some(Stub::entry()))?;
    let built = Registry::build(&[own, bridged], &HashMap::new(), &env.idp.entity_id, now);
    if !built.faults.is_empty() {
        return Err(CliError::BenchKey);
    }
    env.partners.swap(built.registry);
    Ok(ServiceProvider { entity_id, signer })
}

fn source(
    random: &Random,
    signer: &dyn Signer,
    entity_id: &str,
    entry: Option<Entry>,
) -> Result<Source, CliError> {
    let described = plain::ServiceProvider {
        entity_id: entity_id.to_owned(),
        consumer: format!("{entity_id}/acs"),
        logout: format!("{entity_id}/slo"),
        name: LocalName { it: Some("Bench".into()), en: None },
        url: "https://sp.bench.example".into(),
        attributes: vec![
            AttributeName::SpidCode,
            AttributeName::Name,
            AttributeName::FamilyName,
            AttributeName::FiscalNumber,
            AttributeName::DateOfBirth,
        ],
    };
    let xml = plain::write(&described, &random.xml_id(), signer).map_err(CliError::Envelop)?;
    Ok(Source { origin: Origin::Store(entity_id.to_owned()), xml, entry })
}

/// A folder that goes when it is dropped.
pub(in crate::cli::bench) struct Folder(pub(in crate::cli::bench) PathBuf);

impl Folder {
    pub(in crate::cli::bench) fn new() -> Result<Self, CliError> {
        let name = format!("ponte-bench-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).map_err(CliError::Bench)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("ponte: {} is left behind: {error}", self.0.display());
        }
    }
}

const LOGINS_A_SECOND: usize = 400;
const BATCH: usize = 100;
const HASHED: usize = 45;
const ROUNDS: usize = 9;
