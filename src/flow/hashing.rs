//! A bounded place for work that costs tens of milliseconds of CPU, so that a
//! burst of logins never starves those already inside.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::telemetry::metrics;
use crate::world::stopwatch::Stopwatch;

/// Hashes passwords, a few at a time, with a bounded queue before it.
#[derive(Debug)]
pub struct HashPool {
    places: Semaphore,
    workers: Semaphore,
    size: usize,
    /// Microseconds that the costliest check of another system's hash takes lately.
    foreign: AtomicU64,
}

/// The queue is full; try again in a few seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("too many passwords are waiting to be checked")]
pub struct Busy;

impl HashPool {
    /// A pool of `workers` at a time with `queue` waiting.
    #[must_use]
    pub fn new(workers: usize, queue: usize) -> Self {
        Self {
            places: Semaphore::new(workers + queue),
            workers: Semaphore::new(workers),
            size: workers + queue,
            foreign: AtomicU64::new(0),
        }
    }

    /// How long an answer that says no must still wait, if the check behind it took `took`: a hash of another system costs more
    /// than ours, and who has one is not to be told by that. Waiting costs no CPU, so that it is no help to whoever guesses.
    #[must_use]
    pub fn still(&self, is_foreign: bool, took: Duration) -> Duration {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).min(MOST_WAIT);
        let longest = self.foreign.load(Ordering::Relaxed);
        if is_foreign {
            // A moment in which the machine was busy is forgotten again.
            self.foreign
                .store(longest.max(took) - longest.saturating_sub(took) / 16, Ordering::Relaxed);
        }
        Duration::from_micros(longest.saturating_sub(took))
    }

    /// Runs `work` on a thread of its own.
    ///
    /// # Errors
    /// [`Busy`] when the queue is full, or the work could not be finished.
    pub async fn run<T, F>(&self, work: F) -> Result<T, Busy>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let _place = self.places.try_acquire().map_err(|_| Busy)?;
        let (counted, waiting) = (metrics::hashing(), Stopwatch::start());
        let _worker = self.workers.acquire().await.map_err(|_| Busy)?;
        counted.waited(waiting.read());
        let working = Stopwatch::start();
        let done = spawn_blocking(work).await.map_err(|_| Busy);
        counted.took(working.read());
        done
    }

    /// How many may be hashed or wait.
    #[must_use]
    pub fn places(&self) -> usize {
        self.size
    }

    /// Whether the next one would be turned away.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.places.available_permits() == 0
    }
}

/// Three seconds, in microseconds: no check that is taken over costs more.
const MOST_WAIT: u64 = 3_000_000;

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::{Busy, HashPool};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_full_queue_says_so_and_a_free_one_works() {
        let pool = Arc::new(HashPool::new(1, 1));
        let (release, held) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move { pool.run(move || held.recv().is_ok()).await }
        });
        while pool.workers.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let second = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move { pool.run(|| 2).await }
        });
        while pool.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(pool.run(|| 3).await, Err(Busy));
        release.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Ok(true));
        assert_eq!(second.await.unwrap(), Ok(2));
        assert_eq!(pool.run(|| 4).await, Ok(4));
    }

    #[test]
    fn whoever_has_no_hash_from_elsewhere_waits_as_long_as_one_takes() {
        let pool = HashPool::new(1, 1);
        let ms = Duration::from_millis;
        assert_eq!(pool.still(false, ms(20)), ms(0));
        assert_eq!(pool.still(true, ms(220)), ms(0));
        assert_eq!(pool.still(false, ms(20)), ms(200));
        assert_eq!(pool.still(true, ms(60)), ms(160), "a cheaper one waits too");
        assert_eq!(pool.still(false, ms(20)), ms(190), "and what was long once is forgotten");
        for _ in 0..200 {
            let _waits = pool.still(true, ms(60));
        }
        assert!(pool.still(false, ms(20)) < ms(45));
        assert_eq!(pool.still(true, Duration::from_secs(60)), ms(0));
        assert!(pool.still(false, ms(0)) <= Duration::from_secs(3));
    }
}
