//! The measurement: a house of its own, the parts, the span, and what is printed of them.

use std::collections::HashMap;
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::cli::arguments::{self, KeyChoice};
use crate::cli::bench::cpu;
use crate::cli::bench::parts::{self, Raw};
use crate::cli::bench::span::{Begun, Bench, Cost, Person, ServiceProvider, people};
use crate::cli::error::CliError;
use crate::cli::{house, init, load, serve};
use crate::identity::attributes::AttributeName;
use crate::identity::subject::Subject;
use crate::login::request::LocalName;
use crate::partners::registry::{Origin, Registry, Source};
use crate::saml::upstream::metadata;
use crate::web::router;
use crate::web::serve::Doors;
use crate::world::certificate::{self, Holder, KeyKind};
use crate::world::random::Random;
use crate::world::signer::{KeyFile, Signer};

/// Measures, and returns what is to be printed. The house is made in a folder below the system's
/// temporary one, and removed afterwards.
///
/// # Errors
/// When the house cannot be made, or does not answer as it should.
pub fn run(arguments: &arguments::Bench) -> Result<String, CliError> {
    let folder = Folder::new()?;
    let measured = measure(arguments.seconds, &folder.0);
    drop(folder);
    measured
}

fn measure(seconds: u64, folder: &Path) -> Result<String, CliError> {
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
    let mut settings = load::settings(&folder.join("ponte.toml"))?;
    settings.limits.address_per_minute = u32::MAX;
    settings.limits.partner_per_minute = u32::MAX;
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
    let bench = Bench { env: Arc::clone(&house.env), address, host, service_provider };
    let report = report(&bench, &runtime, seconds);
    let _stopped_already = stop.send(());
    drop(runtime.block_on(serving));
    report
}

/// Measures in rounds, raw operations and ours side by side, and takes the median of the ratios:
/// the speed of a shared machine drifts.
fn report(
    bench: &Bench,
    runtime: &tokio::runtime::Runtime,
    seconds: u64,
) -> Result<String, CliError> {
    let everybody = runtime.block_on(people(&bench.env, HASHED))?;
    let subject = &everybody.first().ok_or(CliError::BenchKey)?.subject;
    let (_, warm) = bench.begin(BATCH, false)?;
    let (_, warm) = bench.look(warm)?;
    bench.consent(prepared(bench, runtime, warm, subject)?)?;
    let mut rounds = Vec::with_capacity(ROUNDS);
    for people in everybody.chunks(HASHED / ROUNDS) {
        rounds.push(round(bench, runtime, seconds, people)?);
    }
    Ok(print(&rounds))
}

fn round(
    bench: &Bench,
    runtime: &tokio::runtime::Runtime,
    seconds: u64,
    people: &[Person],
) -> Result<Round, CliError> {
    let env = &bench.env;
    let keys = env.keys.snapshot();
    let signer = &*keys.signer;
    let now = env.clock.now();
    let budget = Duration::from_millis(seconds * 1000 / ROUNDS as u64);
    let before = parts::raw(signer, budget / 2)?;
    let answer = parts::answer(&env.idp, signer, &env.random, now, budget)?;
    let request = bench.request(now);
    let (ours, both) = parts::verification(&request, &*bench.service_provider.signer, budget)?;
    let count = usize::try_from(seconds).unwrap_or(1) * LOGINS_A_SECOND / ROUNDS;
    let (redirect, logins) = bench.begin(count, false)?;
    let (page, logins) = bench.look(logins)?;
    let subject = &people.first().ok_or(CliError::BenchKey)?.subject;
    let consent = bench.consent(prepared(bench, runtime, logins, subject)?)?;
    let (post, _) = bench.begin(count, true)?;
    let hashing = &env.settings.hashing;
    let hash = cpu::micros(budget, || {
        black_box(hashing.check_nobody("a-password-for-the-bench"));
    })
    .map_err(CliError::Bench)?;
    let (_, logins) = bench.begin(people.len(), false)?;
    let whole = bench.log_in(logins, people)?;
    let after = parts::raw(signer, budget / 2)?;
    let raw = Raw {
        sign: f64::midpoint(before.sign, after.sign),
        verify: f64::midpoint(before.verify, after.verify),
    };
    let cost = |cost: Cost| cost.0;
    Ok(Round {
        raw,
        answer,
        ours,
        both,
        redirect: cost(redirect),
        post: cost(post),
        page: cost(page),
        consent: cost(consent),
        hash,
        whole: cost(whole),
    })
}

fn prepared(
    bench: &Bench,
    runtime: &tokio::runtime::Runtime,
    mut logins: Vec<Begun>,
    subject: &Subject,
) -> Result<Vec<Begun>, CliError> {
    runtime.block_on(bench.prepare(&mut logins, subject))?;
    Ok(logins)
}

/// What one round found, in microseconds of CPU time.
struct Round {
    raw: Raw,
    answer: f64,
    ours: f64,
    both: f64,
    redirect: f64,
    post: f64,
    page: f64,
    consent: f64,
    hash: f64,
    whole: f64,
}

fn print(rounds: &[Round]) -> String {
    let mut out = format!(
        "CPU time of one core, the median of {ROUNDS} rounds; beside it the ratio to the raw operations of its round\n"
    );
    let mut line =
        |what: &str, cost: &dyn Fn(&Round) -> f64, of: &dyn Fn(&Round) -> f64, unit: &str| {
            let micros = median(rounds.iter().map(cost).collect());
            let ratio = median(rounds.iter().map(|round| cost(round) / of(round)).collect());
            let ratio =
                if unit.is_empty() { String::new() } else { format!("{ratio:6.2} x {unit}") };
            out.push_str(&format!("{what:<50} {micros:>9.1} µs {ratio}\n"));
        };
    let sign = |round: &Round| round.raw.sign;
    let verify = |round: &Round| round.raw.verify;
    let two = |round: &Round| 2.0 * round.raw.sign;
    let all = |round: &Round| 2.0 * round.raw.sign + round.raw.verify;
    line("raw RSA-2048 signature", &sign, &sign, "");
    line("raw RSA-2048 verification", &verify, &verify, "");
    line("Response with two signatures", &|round| round.answer, &two, "two signatures");
    line("AuthnRequest verified, ours alone", &|round| round.ours, &verify, "a verification");
    line("AuthnRequest verified, both", &|round| round.both, &verify, "a verification");
    line(
        "AuthnRequest received, HTTP-Redirect",
        &|round| round.redirect,
        &verify,
        "a verification",
    );
    line("AuthnRequest received, HTTP-POST", &|round| round.post, &verify, "a verification");
    line("login page", &|round| round.page, &verify, "");
    line("consent to answer, row on the disk", &|round| round.consent, &two, "two signatures");
    let spans = "two signatures and a verification";
    line("answer span, HTTP-Redirect", &|round| round.consent + round.redirect, &all, spans);
    line("answer span, HTTP-POST", &|round| round.consent + round.post, &all, spans);
    line("one password hash", &|round| round.hash, &all, "");
    line(
        "login with password and app, all its pages",
        &|round| round.whole + round.redirect,
        &all,
        spans,
    );
    let share = median(rounds.iter().map(|round| 100.0 * round.hash / round.whole).collect());
    out.push_str(&format!("{:<50} {share:>9.0} %\n", "the password hash's share of that login"));
    out
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn service_provider(
    random: &Random,
    env: &crate::flow::env::Env,
) -> Result<ServiceProvider, CliError> {
    let now = env.clock.now();
    let entity_id = "https://sp.bench.example/spid".to_owned();
    let holder = Holder {
        common_name: "Bench",
        organization: "Bench",
        entity_id: &entity_id,
        organization_identifier: "PA:IT-bench",
        country: "IT",
        locality: "Roma",
    };
    let pair = certificate::make(KeyKind::Rsa2048, &holder, &[], now, 30, random.bytes::<16>())?;
    let signer: Arc<dyn Signer> =
        Arc::new(KeyFile::load(&pair.key, &pair.certificate).map_err(|_| CliError::BenchKey)?);
    let described = metadata::ServiceProvider {
        entity_id: entity_id.clone(),
        consumer: "https://sp.bench.example/spid/acs".into(),
        logout: "https://sp.bench.example/spid/slo".into(),
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
    let xml = metadata::write(&described, &random.xml_id(), &*signer).map_err(CliError::Envelop)?;
    let source = Source { origin: Origin::Store(entity_id.clone()), xml, entry: None };
    let built = Registry::build(&[source], &HashMap::new(), &env.idp.entity_id, now);
    if !built.faults.is_empty() {
        return Err(CliError::BenchKey);
    }
    env.partners.swap(built.registry);
    Ok(ServiceProvider { entity_id, signer })
}

/// A folder that goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, CliError> {
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
