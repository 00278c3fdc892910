//! The measurement: a house of its own, the parts, the span, and what is printed of them.

use std::collections::HashMap;
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::cli::arguments::{self, KeyChoice};
use crate::cli::bench::cpu;
use crate::cli::bench::parts::{self, Raw};
use crate::cli::bench::span::{Bench, Cost, ServiceProvider, people};
use crate::cli::error::CliError;
use crate::cli::{house, init, load, serve};
use crate::identity::attributes::AttributeName;
use crate::login::request::LocalName;
use crate::partners::registry::{Origin, Registry, Source};
use crate::saml::upstream::metadata;
use crate::web::router;
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
    let house = runtime.block_on(house::open(&settings, false))?;
    let service_provider = service_provider(&random, &house.env)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let routes = router::router(Arc::clone(&house.env));
    let serving = runtime.spawn(async move {
        if let Ok(listener) = TcpListener::from_std(socket) {
            crate::web::serve::serve(listener, None, routes, async { drop(stopped.await) }).await;
        }
    });
    let bench = Bench { env: Arc::clone(&house.env), address, host, service_provider };
    let report = report(&bench, &runtime, seconds);
    let _stopped_already = stop.send(());
    drop(runtime.block_on(serving));
    report
}

fn report(
    bench: &Bench,
    runtime: &tokio::runtime::Runtime,
    seconds: u64,
) -> Result<String, CliError> {
    let env = &bench.env;
    let signer = &*env.signer;
    let now = env.clock.now();
    let raw = parts::raw(signer, seconds)?;
    let answer = parts::answer(&env.idp, signer, &env.random, now, seconds)?;
    let request = bench.request(now);
    let (ours, both) = parts::verification(&request, &*bench.service_provider.signer, seconds)?;

    let count = usize::try_from(seconds).unwrap_or(1) * LOGINS_A_SECOND;
    let everybody = runtime.block_on(people(env, HASHED))?;
    let subject = &everybody.first().ok_or(CliError::BenchKey)?.subject;
    let (_, warm) = bench.begin(BATCH, false)?;
    let (_, warm) = bench.look(warm)?;
    let warm = prepared(bench, runtime, warm, subject)?;
    bench.consent(warm)?;
    let (redirect, logins) = bench.begin(count, false)?;
    let (page, logins) = bench.look(logins)?;
    let logins = prepared(bench, runtime, logins, subject)?;
    let consent = bench.consent(logins)?;
    let (post, _) = bench.begin(count, true)?;
    let hash = hash(bench)?;
    let (_, logins) = bench.begin(HASHED, false)?;
    let whole = bench.log_in(logins, &everybody)?;
    Ok(print(raw, &Measured { answer, ours, both, redirect, post, page, consent, hash, whole }))
}

fn prepared(
    bench: &Bench,
    runtime: &tokio::runtime::Runtime,
    mut logins: Vec<crate::cli::bench::span::Begun>,
    subject: &crate::identity::subject::Subject,
) -> Result<Vec<crate::cli::bench::span::Begun>, CliError> {
    runtime.block_on(bench.prepare(&mut logins, subject))?;
    Ok(logins)
}

fn hash(bench: &Bench) -> Result<f64, CliError> {
    let hashing = &bench.env.settings.hashing;
    let check = || {
        black_box(hashing.check_nobody("a-password-for-the-bench"));
    };
    cpu::micros(1, check).map_err(CliError::Bench)
}

struct Measured {
    answer: f64,
    ours: f64,
    both: f64,
    redirect: Cost,
    post: Cost,
    page: Cost,
    consent: Cost,
    hash: f64,
    whole: Cost,
}

fn print(raw: Raw, measured: &Measured) -> String {
    let mut out = String::new();
    let mut line = |what: &str, micros: f64, of: f64, beside: &str| {
        let ratio = if of > 0.0 { format!("{:6.2}", micros / of) } else { " ".repeat(6) };
        out.push_str(&format!("{what:<52} {micros:>9.1} µs {ratio}  {beside}\n"));
    };
    let (sign, verify) = (raw.sign, raw.verify);
    let span = measured.consent.0 + measured.redirect.0;
    let posted = measured.consent.0 + measured.post.0;
    line("raw RSA-2048 signature", sign, 0.0, "CPU time, one core");
    line("raw RSA-2048 verification", verify, 0.0, "");
    line("Response with two signatures", measured.answer, 2.0 * sign, "x two signatures");
    line("AuthnRequest verified, ours alone", measured.ours, verify, "x one verification");
    line("AuthnRequest verified, both", measured.both, verify, "x one verification");
    line(
        "AuthnRequest received by HTTP-Redirect",
        measured.redirect.0,
        verify,
        "x one verification",
    );
    line("AuthnRequest received by HTTP-POST", measured.post.0, verify, "x one verification");
    line("login page", measured.page.0, 0.0, "");
    line(
        "consent posted, answer received, row on the disk",
        measured.consent.0,
        2.0 * sign,
        "x two signatures",
    );
    let operations = 2.0 * sign + verify;
    line("answer span, HTTP-Redirect", span, operations, "x two signatures and a verification");
    line("answer span, HTTP-POST", posted, operations, "x two signatures and a verification");
    line("one password hash", measured.hash, 0.0, "");
    let share = 100.0 * measured.hash / measured.whole.0;
    let whole = measured.whole.0 + measured.redirect.0;
    line(
        "login with password and app, all pages",
        whole,
        operations,
        &format!("x the same; the hash is {share:.0} %"),
    );
    out
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
const HASHED: usize = 24;
