//! What the kernel says of this process, under the names of Prometheus' own client libraries.

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use rustix::param::{clock_ticks_per_second, page_size};

/// Reads `/proc/self` whenever it is asked; tells nothing where there is none.
#[derive(Debug)]
pub struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        // The name of the program, in parentheses, may hold anything.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
        let field = |number: usize| fields.get(number).and_then(|text| text.parse::<i64>().ok());
        let page = i64::try_from(page_size()).unwrap_or(4096);
        let ticks = clock_ticks_per_second() as f64;
        let mut gauge = |name: &str, help: &str, value: Option<i64>| {
            let Some(value) = value else { return Ok(()) };
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
        };
        gauge(
            "process_resident_memory_bytes",
            "Resident memory",
            field(22).map(|pages| pages * page),
        )?;
        gauge("process_virtual_memory_bytes", "Virtual memory", field(21))?;
        gauge("process_threads", "Threads", field(18))?;
        let open = fs::read_dir("/proc/self/fd").ok().map(|files| files.count());
        gauge("process_open_fds", "Open files", open.and_then(|files| files.try_into().ok()))?;
        gauge("process_max_fds", "Files that may be open", max_files())?;
        if let (Some(user), Some(system)) = (field(12), field(13)) {
            let cpu = ConstCounter::new((user + system) as f64 / ticks);
            let descriptor = encoder.encode_descriptor(
                "process_cpu_seconds",
                "CPU time",
                None,
                cpu.metric_type(),
            )?;
            cpu.encode(descriptor)?;
        }
        if let (Some(boot), Some(start)) = (booted(), field(20)) {
            let start = ConstGauge::new(boot as f64 + start as f64 / ticks);
            let descriptor = encoder.encode_descriptor(
                "process_start_time_seconds",
                "When this process started, since 1970",
                None,
                start.metric_type(),
            )?;
            start.encode(descriptor)?;
        }
        Ok(())
    }
}

/// Soft limit of open files.
#[must_use]
pub fn max_files() -> Option<i64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn booted() -> Option<i64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}
