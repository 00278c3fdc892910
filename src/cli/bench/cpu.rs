//! CPU time: of this thread, and of all threads that serve.

use std::fs;
use std::io;
use std::num::NonZero;
use std::thread;
use std::time::Duration;

/// How the threads that play browsers are named, so that they are not counted.
pub const BROWSER: &str = "bench-browser";

/// The CPU time of one of many calls, in microseconds, made on every core at the same time: the server works so, and
/// cores that share what is below them are slower together. `budget` on each, after a tenth of that to warm up.
///
/// # Errors
/// When the kernel does not tell.
pub fn micros(budget: Duration, call: impl Fn() + Sync) -> io::Result<f64> {
    let budget = u64::try_from(budget.as_nanos()).unwrap_or(u64::MAX);
    let call = &call;
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let spent: io::Result<Vec<(u64, u64)>> = thread::scope(|scope| {
        let measure = || {
            let _warm = spend(budget / 10, call)?;
            spend(budget, call)
        };
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(measure)).collect();
        let ended = threads.into_iter().map(|thread| match thread.join() {
            Ok(spent) => spent,
            Err(_) => Err(io::Error::other("a thread of the measurement failed")),
        });
        ended.collect()
    });
    let (nanos, calls) = spent?.into_iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    Ok(nanos as f64 / 1000.0 / calls as f64)
}

fn spend(budget: u64, call: &impl Fn()) -> io::Result<(u64, u64)> {
    let before = own()?;
    let mut calls = 0_u64;
    loop {
        for _ in 0..16 {
            call();
        }
        calls += 16;
        let spent = own()? - before;
        if spent >= budget {
            return Ok((spent, calls));
        }
    }
}

/// The CPU time of this thread so far, in nanoseconds.
///
/// # Errors
/// When the kernel does not tell.
pub fn own() -> io::Result<u64> {
    spent("/proc/thread-self/schedstat")
}

/// The CPU time so far of all threads of this process but the browsers and the one that began it, which has them work and
/// serves nobody, in nanoseconds.
///
/// # Errors
/// When the kernel does not tell.
pub fn servers() -> io::Result<u64> {
    let own = std::process::id().to_string();
    let mut sum = 0;
    for task in fs::read_dir("/proc/self/task")? {
        let path = task?.path();
        if path.ends_with(&own) {
            continue;
        }
        let name = fs::read_to_string(path.join("comm")).unwrap_or_default();
        if name.trim_end() != BROWSER {
            sum += spent(path.join("schedstat")).unwrap_or(0);
        }
    }
    Ok(sum)
}

fn spent(path: impl AsRef<std::path::Path>) -> io::Result<u64> {
    let text = fs::read_to_string(path)?;
    let nanos = text.split_whitespace().next().and_then(|nanos| nanos.parse().ok());
    nanos.ok_or_else(|| io::Error::other("the kernel does not tell the CPU time"))
}
