//! CPU time: of this thread, and of all threads but those that play the browser.

use std::fs;
use std::io;
use std::time::Duration;

/// How the threads that play browsers are named, so that they are not counted.
pub const BROWSER: &str = "bench-browser";

/// The CPU time of one of many calls, in microseconds; `budget` in all, after a tenth of that to warm up.
///
/// # Errors
/// When the kernel does not tell.
pub fn micros(budget: Duration, mut call: impl FnMut()) -> io::Result<f64> {
    let budget = u64::try_from(budget.as_nanos()).unwrap_or(u64::MAX);
    let _warm = spend(budget / 10, &mut call)?;
    let (nanos, calls) = spend(budget, &mut call)?;
    Ok(nanos as f64 / 1000.0 / calls as f64)
}

fn spend(budget: u64, call: &mut impl FnMut()) -> io::Result<(u64, u64)> {
    let before = thread()?;
    let mut calls = 0_u64;
    loop {
        for _ in 0..16 {
            call();
        }
        calls += 16;
        let spent = thread()? - before;
        if spent >= budget {
            return Ok((spent, calls));
        }
    }
}

/// The CPU time of this thread so far, in nanoseconds.
///
/// # Errors
/// When the kernel does not tell.
pub fn thread() -> io::Result<u64> {
    spent("/proc/thread-self/schedstat")
}

/// The CPU time so far of all threads of this process but the browsers, in nanoseconds.
///
/// # Errors
/// When the kernel does not tell.
pub fn servers() -> io::Result<u64> {
    let mut sum = 0;
    for task in fs::read_dir("/proc/self/task")? {
        let path = task?.path();
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
