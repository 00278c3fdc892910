//! The families of [`metrics`](crate::telemetry::metrics), their names and their labels.

use std::collections::HashSet;
use std::fmt;
use std::sync::{LazyLock, Mutex, PoisonError};

use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::telemetry::open::Open;
use crate::telemetry::process::Process;

/// From a tenth of a millisecond to ten seconds.
const SECONDS: [f64; 15] = [
    0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    10.0,
];

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct RequestLabels {
    pub(super) http_request_method: &'static str,
    pub(super) http_route: String,
    pub(super) http_response_status_code: u16,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct LoginLabels {
    pub(super) outcome: &'static str,
    pub(super) level: &'static str,
    pub(super) factors: String,
    pub(super) service_provider: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct NumberLabels {
    pub(super) number: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct KindLabels {
    pub(super) kind: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct ResultLabels {
    pub(super) what: &'static str,
    pub(super) result: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct UpstreamLabels {
    pub(super) upstream: String,
    pub(super) outcome: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct SourceLabels {
    pub(super) source: String,
    pub(super) outcome: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct NameLabels {
    pub(super) name: String,
}

type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

fn histogram() -> Histogram {
    Histogram::new(SECONDS)
}

fn histograms<L: Clone + Eq + std::hash::Hash>() -> Histograms<L> {
    Family::new_with_constructor(histogram as fn() -> Histogram)
}

pub(super) struct Metrics {
    pub(super) registry: Registry,
    pub(super) requests: Histograms<RequestLabels>,
    pub(super) active: Gauge,
    pub(super) connections: Gauge,
    pub(super) logins: Family<LoginLabels, Counter>,
    pub(super) begun: Counter,
    pub(super) open: Gauge,
    pub(super) sessions: Gauge,
    pub(super) refusals: Family<NumberLabels, Counter>,
    pub(super) failures: Counter,
    pub(super) limited: Family<KindLabels, Counter>,
    pub(super) factors: Family<ResultLabels, Counter>,
    pub(super) upstreams: Family<UpstreamLabels, Counter>,
    pub(super) signing: Histogram,
    pub(super) hash_wait: Histogram,
    pub(super) hash: Histogram,
    pub(super) hash_waiting: Gauge,
    pub(super) hash_places: Gauge,
    pub(super) commits: Histograms<KindLabels>,
    pub(super) store_syncs: Histogram,
    pub(super) store_log: Gauge,
    pub(super) register_syncs: Histogram,
    pub(super) register_rows: Gauge,
    pub(super) register_pending: Gauge,
    pub(super) register_unindexed: Gauge,
    pub(super) up: Family<KindLabels, Gauge>,
    pub(super) room: Family<NameLabels, Gauge>,
    pub(super) partners: Gauge,
    pub(super) partner_faults: Gauge,
    pub(super) reloads: Family<ResultLabels, Counter>,
    pub(super) certificates: Family<NameLabels, Gauge>,
    pub(super) disagreements: Counter,
    pub(super) jumps: Family<KindLabels, Counter>,
    pub(super) notices: Family<ResultLabels, Counter>,
    pub(super) sources: Family<SourceLabels, Counter>,
    pub(super) source_entities: Family<NameLabels, Gauge>,
    pub(super) source_checked: Family<NameLabels, Gauge>,
    pub(super) source_valid: Family<NameLabels, Gauge>,
    pub(super) source_waiting: Family<NameLabels, Gauge>,
    pub(super) known: ToldApart,
    pub(super) open_logins: Open,
}

/// The process's.
pub(super) static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

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
        let requests = to.seconds(
            "http_server_request_duration",
            "Answers by method, route and status",
            histograms(),
        );
        let active = to.one("http_server_active_requests", "Requests under way", Gauge::default());
        let connections = to.one("ponte_connections", "Open connections", Gauge::default());
        let logins = to.one("ponte_logins", "Logins that were answered", Family::default());
        let begun =
            to.one("ponte_logins_begun", "Requests that became a login", Counter::default());
        let open = to.one(
            "ponte_open_logins",
            "Logins begun by this process that are neither answered nor too old",
            Gauge::default(),
        );
        let sessions =
            to.one("ponte_open_sessions", "Sessions that can be joined", Gauge::default());
        let refusals = to.one(
            "ponte_refusals",
            "Requests refused, by the number of the error table",
            Family::default(),
        );
        let failures = to.one(
            "ponte_failures",
            "Requests that we failed (nr03): see the log",
            Counter::default(),
        );
        let limited = to.one("ponte_limited", "Requests turned away by a limit", Family::default());
        let upstreams = to.one(
            "ponte_upstream_answers",
            "Answers of other identity providers, by what they came to",
            Family::default(),
        );
        let factors = to.one(
            "ponte_factors",
            "Passwords, codes and other factors that held or did not",
            Family::default(),
        );
        let signing = to.seconds("ponte_signature_duration", "Signatures made", histogram());
        let hash_wait = to.seconds(
            "ponte_password_hash_wait",
            "Time that passwords waited to be hashed",
            histogram(),
        );
        let hash = to.seconds(
            "ponte_password_hash_duration",
            "Time that passwords took to be hashed",
            histogram(),
        );
        let hash_waiting = to.one(
            "ponte_password_hash_queue",
            "Passwords that wait or are hashed",
            Gauge::default(),
        );
        let hash_places = to.one(
            "ponte_password_hash_queue_limit",
            "Passwords that may wait or be hashed",
            Gauge::default(),
        );
        let commits = to.seconds(
            "ponte_store_commit_duration",
            "Commits, until they are acknowledged",
            histograms(),
        );
        let store_syncs = to.seconds(
            "ponte_store_sync_duration",
            "Rounds of commits written to the store's log and synced",
            histogram(),
        );
        let store_log = to.bytes(
            "ponte_store_log",
            "Bytes written to the store's log since it last turned",
            Gauge::default(),
        );
        let register_syncs = to.seconds(
            "ponte_register_sync_duration",
            "Groups of rows written to the register and synced",
            histogram(),
        );
        let register_rows =
            to.one("ponte_register_rows", "Rows ever written to the register", Gauge::default());
        let register_pending =
            to.one("ponte_register_pending_rows", "Rows that wait for the disk", Gauge::default());
        let register_unindexed = to.one(
            "ponte_register_unindexed_rows",
            "Rows that wait for the index",
            Gauge::default(),
        );
        let up = to.one(
            "ponte_up",
            "1 where a part of the server works, 0 where it does not",
            Family::default(),
        );
        let room = to.bytes(
            "ponte_disk_free",
            "Bytes that the disk of a folder has left for us",
            Family::default(),
        );
        let partners = to.one(
            "ponte_service_providers",
            "Service providers that are answered",
            Gauge::default(),
        );
        let partner_faults = to.one(
            "ponte_service_provider_faults",
            "Metadata that cannot be used as they are",
            Gauge::default(),
        );
        let reloads = to.one(
            "ponte_reloads",
            "Times that something was read again without a restart",
            Family::default(),
        );
        let certificates = to.seconds(
            "ponte_certificate_expires",
            "Time left until a certificate of ours ends",
            Family::default(),
        );
        let disagreements = to.one(
            "ponte_verifier_disagreements",
            "Signatures on which our two verifiers disagreed",
            Counter::default(),
        );
        let jumps = to.one(
            "ponte_clock_jumps",
            "Times that the machine's clock was set by more than it may drift",
            Family::default(),
        );
        let notices =
            to.one("ponte_notices", "Notices to people, sent or given up", Family::default());
        let sources = to.one(
            "ponte_source_refreshes",
            "Times that a source of metadata was asked, by what came of it",
            Family::default(),
        );
        let source_entities = to.one(
            "ponte_source_entities",
            "Entities of a source that are in use",
            Family::default(),
        );
        let source_checked = to.one(
            "ponte_source_checked_timestamp_seconds",
            "When a source last gave what is in use, or said that it is still that",
            Family::default(),
        );
        let source_valid = to.one(
            "ponte_source_valid_until_timestamp_seconds",
            "When what a source gave stops being believed",
            Family::default(),
        );
        let source_waiting = to.one(
            "ponte_source_waiting",
            "1 where a document of a source waits for a person",
            Family::default(),
        );
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
            upstreams,
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
            jumps,
            notices,
            sources,
            source_entities,
            source_checked,
            source_valid,
            source_waiting,
            known: ToldApart::default(),
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

/// The first service providers by name, all others together.
#[derive(Debug, Default)]
pub(super) struct ToldApart(Mutex<HashSet<String>>);

impl ToldApart {
    /// The name under which `service_provider` counts.
    pub(super) fn name(&self, service_provider: &str) -> String {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains(service_provider) {
            if known.len() >= PARTNERS || service_provider.len() > 256 {
                return "other".to_owned();
            }
            known.insert(service_provider.to_owned());
        }
        service_provider.to_owned()
    }
}

/// How many service providers are told apart; those that come later count as "other".
const PARTNERS: usize = 200;

#[cfg(test)]
mod tests {
    use super::{PARTNERS, ToldApart};

    /// No number of service providers makes the memory grow.
    #[test]
    fn service_providers_beyond_the_first_are_one() {
        let known = ToldApart::default();
        for number in 0..PARTNERS + 5 {
            known.name(&format!("https://{number}.example"));
        }
        assert_eq!(known.name("https://one-more.example"), "other");
        assert_eq!(known.name("https://0.example"), "https://0.example");
    }
}
