//! What is counted and timed, for Prometheus; like the log there is one of it for the process, and whoever counts
//! needs no handle.
//!
//! Names follow the conventions of Prometheus and OpenTelemetry; docs/operations.md lists them. No label has more than
//! a fixed number of values, and none is about a person.

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::text::encode;

use crate::telemetry::families::{
    KindLabels, LoginLabels, METRICS, NameLabels, NumberLabels, RequestLabels, ResultLabels,
    SourceLabels, UpstreamLabels,
};

/// The media type of [`text`] (OpenMetrics 1.0).
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

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
        service_provider: METRICS.known.name(service_provider),
    };
    METRICS.logins.get_or_create(&labels).inc();
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

/// Another identity provider's answer came to this; `upstream` is empty where it cannot be told whose it was.
pub fn upstream(upstream: &str, outcome: &'static str) {
    let labels = UpstreamLabels { upstream: upstream.to_owned(), outcome };
    METRICS.upstreams.get_or_create(&labels).inc();
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

/// The machine's clock was set, ahead or back.
pub fn clock_jumped(ahead: bool) {
    let kind = if ahead { "ahead" } else { "back" };
    METRICS.jumps.get_or_create(&KindLabels { kind }).inc();
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

/// A source of metadata was asked: "taken", "same", or why what it gave was not taken.
pub fn source(name: &str, outcome: &'static str) {
    let labels = SourceLabels { source: name.to_owned(), outcome };
    METRICS.sources.get_or_create(&labels).inc();
}

/// How a source of metadata stands; times are seconds since 1970.
#[derive(Clone, Copy, Debug, Default)]
pub struct SourceState {
    /// How many entities of it are in use.
    pub entities: usize,
    /// When it last gave what is in use.
    pub checked: Option<i64>,
    /// Until when that is believed; `None`: until it is replaced.
    pub valid_until: Option<i64>,
    /// Whether a document of it waits for a person.
    pub waiting: bool,
}

/// A source of metadata stands so.
pub fn source_stands(name: &str, state: SourceState) {
    let labels = NameLabels { name: name.to_owned() };
    METRICS.source_entities.get_or_create(&labels).set(signed_of(state.entities));
    METRICS.source_waiting.get_or_create(&labels).set(i64::from(state.waiting));
    for (family, at) in
        [(&METRICS.source_checked, state.checked), (&METRICS.source_valid, state.valid_until)]
    {
        match at {
            Some(at) => drop(family.get_or_create(&labels).set(at)),
            None => drop(family.remove(&labels)),
        }
    }
}

/// A session was opened.
pub fn session_opened() {
    METRICS.sessions.inc();
}

/// So many sessions were ended.
pub fn sessions_ended(count: usize) {
    METRICS.sessions.dec_by(signed_of(count));
}

/// So many sessions were counted, and `before` is what the figure was when that began: what was opened and ended since
/// stays added.
pub fn sessions_counted(count: usize, before: i64) {
    METRICS.sessions.inc_by(signed_of(count) - before);
}

/// How many sessions are open, as far as is known.
#[must_use]
pub fn open_sessions() -> i64 {
    METRICS.sessions.get()
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
        refused(1011);
        committed("of-this-test", Duration::from_micros(700));
        let reading = Reading {
            up: vec![("store", true)],
            room: vec![("data".into(), 5)],
            certificates: vec![("signing-1".into(), 77)],
            ..Reading::default()
        };
        let text = text(&reading).unwrap();
        for line in [
            "ponte_logins_total{outcome=\"authenticated\",level=\"SpidL2\",factors=\"password+totp\",service_provider=\"https://sp.example\"} 1",
            "ponte_refusals_total{number=\"nr1011\"} 1",
            "ponte_store_commit_duration_seconds_bucket{le=\"0.001\",kind=\"of-this-test\"} 1",
            "ponte_up{kind=\"store\"} 1",
            "ponte_disk_free_bytes{name=\"data\"} 5",
            "ponte_certificate_expires_seconds{name=\"signing-1\"} 77",
            "# TYPE process_cpu_seconds counter",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
