//! How long something takes, for metrics and for answers that are to take as long as each other: never for a decision.

use std::time::{Duration, Instant};

/// It runs from when it is made.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    #[must_use]
    pub fn read(&self) -> Duration {
        self.0.elapsed()
    }
}
