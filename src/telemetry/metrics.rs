//! What is counted and timed, for Prometheus; like the log there is one of it for the process, and whoever counts
//! needs no handle.
//!
//! Names follow the conventions of Prometheus and OpenTelemetry; docs/operations.md lists them. No label has more than
//! a fixed number of values, and none is about a person.

use std::collections::HashSet;
use std::fmt;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::telemetry::open::Open;
use crate::telemetry::process::Process;

/// The media type of [`text`] (OpenMetrics 1.0).
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How many service providers are told apart; those that come later count as "other".
const PARTNERS: usize = 200;

/// From a tenth of a millisecond to ten seconds.
const SECONDS: [f64; 15] = [
    0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RequestLabels {
    http_request_method: &'static str,
    http_route: String,
    http_response_status_code: u16,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct LoginLabels {
    outcome: &'static str,
    level: &'static str,
    factors: String,
    service_provider: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct NumberLabels {
    number: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct KindLabels {
    kind: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ResultLabels {
    what: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct NameLabels {
    name: String,
}

type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

fn histogram() -> Histogram {
    Histogram::new(SECONDS)
}

fn histograms<L: Clone + Eq + std::hash::Hash>() -> Histograms<L> {
    Family::new_with_constructor(histogram as fn() -> Histogram)
}

struct Metrics {
    registry: Registry,
    requests: Histograms<RequestLabels>,
    active: Gauge,
    connections: Gauge,
    logins: Family<LoginLabels, Counter>,
    begun: Counter,
    open: Gauge,
    sessions: Gauge,
    refusals: Family<NumberLabels, Counter>,
    failures: Counter,
    limited: Family<KindLabels, Counter>,
    factors: Family<ResultLabels, Counter>,
    signing: Histogram,
    hash_wait: Histogram,
    hash: Histogram,
    hash_waiting: Gauge,
    hash_places: Gauge,
    commits: Histograms<KindLabels>,
    store_syncs: Histogram,
    store_log: Gauge,
    register_syncs: Histogram,
    register_rows: Gauge,
    register_pending: Gauge,
    register_unindexed: Gauge,
    up: Family<KindLabels, Gauge>,
    room: Family<NameLabels, Gauge>,
    partners: Gauge,
    partner_faults: Gauge,
    reloads: Family<ResultLabels, Counter>,
    certificates: Family<NameLabels, Gauge>,
    disagreements: Counter,
    notices: Family<ResultLabels, Counter>,
    known: Mutex<HashSet<String>>,
    open_logins: Open,
}

static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

impl Metrics {
    fn new() -> Self {
        let mut registry = Registry::default();
        let build = vec![
            ("version", env!("CARGO_PKG_VERSION")),
            ("xmlsec", if cfg!(feature = "xmlsec") { "yes" } else { "no" }),
        ];
        registry.register("ponte_build", "Which ponte this is", Info::new(build));
        registry.register_collector(Box::new(Process));
        let mut to = Registering(&mut registry);
        let requests = to.seconds("http_server_request_duration", "Answers by method, route and status", histograms());
        let active = to.one("http_server_active_requests", "Requests under way", Gauge::default());
        let connections = to.one("ponte_connections", "Open connections", Gauge::default());
        let logins = to.one("ponte_logins", "Logins that were answered", Family::default());
        let begun = to.one("ponte_logins_begun", "Requests that became a login", Counter::default());
        let open = to.one("ponte_open_logins", "Logins begun by this process that are neither answered nor too old", Gauge::default());
        let sessions = to.one("ponte_open_sessions", "Sessions that can be joined", Gauge::default());
        let refusals = to.one("ponte_refusals", "Requests refused, by the number of the error table", Family::default());
        let failures = to.one("ponte_failures", "Requests that we failed (nr03): see the log", Counter::default());
        let limited = to.one("ponte_limited", "Requests turned away by a limit", Family::default());
        let factors = to.one("ponte_factors", "Passwords, codes and other factors that held or did not", Family::default());
        let signing = to.seconds("ponte_signature_duration", "Signatures made", histogram());
        let hash_wait = to.seconds("ponte_password_hash_wait", "Time that passwords waited to be hashed", histogram());
        let hash = to.seconds("ponte_password_hash_duration", "Time that passwords took to be hashed", histogram());
        let hash_waiting = to.one("ponte_password_hash_queue", "Passwords that wait or are hashed", Gauge::default());
        let hash_places = to.one("ponte_password_hash_queue_limit", "Passwords that may wait or be hashed", Gauge::default());
        let commits = to.seconds("ponte_store_commit_duration", "Commits, until they are acknowledged", histograms());
        let store_syncs = to.seconds("ponte_store_sync_duration", "Rounds of commits written to the store's log and synced", histogram());
        let store_log = to.bytes("ponte_store_log", "Bytes written to the store's log since it last turned", Gauge::default());
        let register_syncs = to.seconds("ponte_register_sync_duration", "Groups of rows written to the register and synced", histogram());
        let register_rows = to.one("ponte_register_rows", "Rows ever written to the register", Gauge::default());
        let register_pending = to.one("ponte_register_pending_rows", "Rows that wait for the disk", Gauge::default());
        let register_unindexed = to.one("ponte_register_unindexed_rows", "Rows that wait for the index", Gauge::default());
        let up = to.one("ponte_up", "1 where a part of the server works, 0 where it does not", Family::default());
        let room = to.bytes("ponte_disk_free", "Bytes that the disk of a folder has left for us", Family::default());
        let partners = to.one("ponte_service_providers", "Service providers that are answered", Gauge::default());
        let partner_faults = to.one("ponte_service_provider_faults", "Metadata that cannot be used as they are", Gauge::default());
        let reloads = to.one("ponte_reloads", "Times that something was read again without a restart", Family::default());
        let certificates = to.seconds("ponte_certificate_expires", "Time left until a certificate of ours ends", Family::default());
        let disagreements = to.one("ponte_verifier_disagreements", "Signatures on which our two verifiers disagreed", Counter::default());
        let notices = to.one("ponte_notices", "Notices to people, sent or given up", Family::default());
        Self {
            registry,
            requests,
            active,
            connections,
            logins,
            begun,
            open,
            sessions,
            refusals,
            failures,
            limited,
            factors,
            signing,
            hash_wait,
            hash,
            hash_waiting,
            hash_places,
            commits,
            store_syncs,
            store_log,
            register_syncs,
            register_rows,
            register_pending,
            register_unindexed,
            up,
            room,
            partners,
            partner_faults,
            reloads,
            certificates,
            disagreements,
            notices,
            known: Mutex::default(),
            open_logins: Open::default(),
        }
    }
}

/// Registers and hands back.
struct Registering<'a>(&'a mut Registry);

impl Registering<'_> {
    fn one<M: Metric>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register(name, help, metric.clone());
        metric
    }

    fn seconds<M: Metric>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register_with_unit(name, help, Unit::Seconds, metric.clone());
        metric
    }

    fn bytes<M: Metric>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register_with_unit(name, help, Unit::Bytes, metric.clone());
        metric
    }
}

trait Metric: EncodeMetric + Clone + fmt::Debug + Send + Sync + 'static {}
impl<M: EncodeMetric + Clone + fmt::Debug + Send + Sync + 'static> Metric for M {}

/// A request is under way, until this is dropped.
#[derive(Debug)]
pub struct UnderWay(());

/// A request begins.
#[must_use]
pub fn request() -> UnderWay {
    METRICS.active.inc();
    UnderWay(())
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        METRICS.active.dec();
    }
}

/// A request was answered. `route` is a route's pattern, never a path.
pub fn answered(method: &str, route: Option<&str>, status: u16, took: Duration) {
    let labels = RequestLabels {
        http_request_method: match method {
            "GET" => "GET",
            "HEAD" => "HEAD",
            "POST" => "POST",
            _ => "_OTHER",
        },
        http_route: route.unwrap_or("other").to_owned(),
        http_response_status_code: status,
    };
    METRICS.requests.get_or_create(&labels).observe(took.as_secs_f64());
}

/// A connection is open, until this is dropped.
#[derive(Debug)]
pub struct Connected(());

/// A connection was accepted.
#[must_use]
pub fn connected() -> Connected {
    METRICS.connections.inc();
    Connected(())
}

impl Drop for Connected {
    fn drop(&mut self) {
        METRICS.connections.dec();
    }
}

/// A request became a login, at `received` (seconds since 1970).
pub fn login_begun(received: i64) {
    METRICS.begun.inc();
    METRICS.open_logins.begun(received);
}

/// A login was answered that had begun at `received` (seconds since 1970). `level` is what was reached, `factors` are the
/// names of those that held, `service_provider` its entityID.
pub fn login(
    received: i64,
    outcome: &'static str,
    level: Option<&'static str>,
    factors: &[&str],
    service_provider: &str,
) {
    METRICS.open_logins.ended(received);
    let labels = LoginLabels {
        outcome,
        level: level.unwrap_or("none"),
        factors: if factors.is_empty() { "none".to_owned() } else { factors.join("+") },
        service_provider: told_apart(service_provider),
    };
    METRICS.logins.get_or_create(&labels).inc();
}

/// The first service providers by name, all others together.
fn told_apart(service_provider: &str) -> String {
    let mut known = METRICS.known.lock().unwrap_or_else(PoisonError::into_inner);
    if !known.contains(service_provider) {
        if known.len() >= PARTNERS || service_provider.len() > 256 {
            return "other".to_owned();
        }
        known.insert(service_provider.to_owned());
    }
    service_provider.to_owned()
}

/// A request was refused, under a number of the error table.
pub fn refused(number: u16) {
    METRICS.refusals.get_or_create(&NumberLabels { number: format!("nr{number:02}") }).inc();
}

/// We failed (nr03).
pub fn failed() {
    METRICS.failures.inc();
}

/// A limit turned a request away: "address", "partner", "attempts", "hash-queue", "connections".
pub fn limited(kind: &'static str) {
    METRICS.limited.get_or_create(&KindLabels { kind }).inc();
}

/// A factor held or did not.
pub fn factor(what: &'static str, held: bool) {
    let result = if held { "held" } else { "failed" };
    METRICS.factors.get_or_create(&ResultLabels { what, result }).inc();
}

/// A signature was made.
pub fn signed(took: Duration) {
    METRICS.signing.observe(took.as_secs_f64());
}

/// A password waits or is hashed, until this is dropped.
#[derive(Debug)]
pub struct Hashing(());

/// A password was let into the queue.
#[must_use]
pub fn hashing() -> Hashing {
    METRICS.hash_waiting.inc();
    Hashing(())
}

impl Hashing {
    /// It waited so long.
    pub fn waited(&self, time: Duration) {
        METRICS.hash_wait.observe(time.as_secs_f64());
    }

    /// It was hashed for so long.
    pub fn took(&self, time: Duration) {
        METRICS.hash.observe(time.as_secs_f64());
    }
}

impl Drop for Hashing {
    fn drop(&mut self) {
        METRICS.hash_waiting.dec();
    }
}

/// A commit was acknowledged: "durable" or "ephemeral".
pub fn committed(kind: &'static str, took: Duration) {
    METRICS.commits.get_or_create(&KindLabels { kind }).observe(took.as_secs_f64());
}

/// A round of commits went to the store's log, which now has so many bytes.
pub fn store_synced(took: Duration, log: u64) {
    METRICS.store_syncs.observe(took.as_secs_f64());
    METRICS.store_log.set(signed_of(log));
}

/// A group of rows went to the register's file.
pub fn register_synced(took: Duration) {
    METRICS.register_syncs.observe(took.as_secs_f64());
}

/// Our two verifiers disagreed.
pub fn disagreed() {
    METRICS.disagreements.inc();
}

/// Something was read again: "partners", "keys", "settings".
pub fn reloaded(what: &'static str, done: bool) {
    let result = if done { "done" } else { "failed" };
    METRICS.reloads.get_or_create(&ResultLabels { what, result }).inc();
}

/// A notice was sent, will be tried again, or was given up.
pub fn notice(what: &'static str, result: &'static str) {
    METRICS.notices.get_or_create(&ResultLabels { what, result }).inc();
}

/// How many service providers there are, and how many metadata cannot be used.
pub fn partners(count: usize, faults: usize) {
    METRICS.partners.set(signed_of(count));
    METRICS.partner_faults.set(signed_of(faults));
}

/// What is read at the moment of asking.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The time, in seconds since 1970.
    pub now: i64,
    /// How long a login may be open, in seconds.
    pub login_timeout: i64,
    /// Passwords that may wait or be hashed.
    pub hash_places: usize,
    /// Rows ever written to the register.
    pub register_rows: u64,
    /// Rows that wait for the disk.
    pub register_pending: usize,
    /// Rows that wait for the index.
    pub register_unindexed: usize,
    /// Parts of the server, and whether they work.
    pub up: Vec<(&'static str, bool)>,
    /// Folders, and the bytes that their disks have left.
    pub room: Vec<(String, u64)>,
    /// Certificates, and the seconds until they end.
    pub certificates: Vec<(String, i64)>,
    /// Sessions that can be joined, if somebody counts them.
    pub sessions: Option<usize>,
}

/// Everything, as Prometheus reads it (OpenMetrics 1.0).
///
/// # Errors
/// When it cannot be written.
pub fn text(reading: &Reading) -> Result<String, fmt::Error> {
    let metrics = &*METRICS;
    metrics.open.set(metrics.open_logins.count(reading.now, reading.login_timeout));
    metrics.hash_places.set(signed_of(reading.hash_places));
    metrics.register_rows.set(signed_of(reading.register_rows));
    metrics.register_pending.set(signed_of(reading.register_pending));
    metrics.register_unindexed.set(signed_of(reading.register_unindexed));
    if let Some(sessions) = reading.sessions {
        metrics.sessions.set(signed_of(sessions));
    }
    for (kind, works) in &reading.up {
        metrics.up.get_or_create(&KindLabels { kind }).set(i64::from(*works));
    }
    for (name, bytes) in &reading.room {
        metrics.room.get_or_create(&NameLabels { name: name.clone() }).set(signed_of(*bytes));
    }
    metrics.certificates.clear();
    for (name, seconds) in &reading.certificates {
        metrics.certificates.get_or_create(&NameLabels { name: name.clone() }).set(*seconds);
    }
    let mut text = String::with_capacity(16 * 1024);
    encode(&mut text, &metrics.registry)?;
    Ok(text)
}

fn signed_of(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_told() {
        login_begun(1000);
        login(1000, "authenticated", Some("SpidL2"), &["password", "totp"], "https://sp.example");
        refused(11);
        committed("durable", Duration::from_micros(700));
        let reading = Reading {
            up: vec![("store", true)],
            room: vec![("data".into(), 5)],
            certificates: vec![("signing-1".into(), 77)],
            ..Reading::default()
        };
        let text = text(&reading).unwrap();
        for line in [
            "ponte_logins_total{outcome=\"authenticated\",level=\"SpidL2\",factors=\"password+totp\",service_provider=\"https://sp.example\"} 1",
            "ponte_refusals_total{number=\"nr11\"} 1",
            "ponte_store_commit_duration_seconds_bucket{le=\"0.001\",kind=\"durable\"} 1",
            "ponte_up{kind=\"store\"} 1",
            "ponte_disk_free_bytes{name=\"data\"} 5",
            "ponte_certificate_expires_seconds{name=\"signing-1\"} 77",
            "# TYPE process_cpu_seconds counter",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    /// No number of service providers makes the memory grow.
    #[test]
    fn service_providers_beyond_the_first_are_one() {
        for number in 0..PARTNERS + 5 {
            told_apart(&format!("https://{number}.example"));
        }
        assert_eq!(told_apart("https://one-more.example"), "other");
        assert_eq!(told_apart("https://0.example"), "https://0.example");
    }
}
