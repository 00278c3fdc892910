//! How much of one address, or one partner, we take at a time: buckets that
//! fill again, in a table of bounded size.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Counts by key; each key has a minute's worth at once, and `per_minute` over time.
#[derive(Debug)]
pub struct Limiter {
    per_minute: AtomicU32,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    seen: DateTime<Utc>,
}

impl Limiter {
    /// A limiter of `per_minute`, with a minute's worth at once.
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        Self { per_minute: AtomicU32::new(per_minute.max(1)), buckets: Mutex::default() }
    }

    /// From here on it is `per_minute`.
    pub fn set(&self, per_minute: u32) {
        self.per_minute.store(per_minute.max(1), Ordering::Relaxed);
    }

    fn rate(&self) -> f64 {
        f64::from(self.per_minute.load(Ordering::Relaxed))
    }

    /// Takes one from `key`'s bucket.
    ///
    /// # Errors
    /// How many seconds to wait, when the bucket is empty.
    pub fn take(&self, key: &str, now: DateTime<Utc>) -> Result<(), u32> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_KEYS && !buckets.contains_key(key) {
            self.forget_full(&mut buckets, now);
        }
        let bucket = buckets
            .entry(key.to_owned())
            .or_insert_with(|| Bucket { left: self.rate(), seen: now });
        bucket.left = self.refilled(*bucket, now);
        bucket.seen = now;
        if bucket.left < 1.0 {
            let seconds = ((1.0 - bucket.left) * 60.0 / self.rate()).ceil();
            return Err(seconds.clamp(1.0, 60.0) as u32);
        }
        bucket.left -= 1.0;
        Ok(())
    }

    fn refilled(&self, bucket: Bucket, now: DateTime<Utc>) -> f64 {
        let passed =
            (now - bucket.seen).max(TimeDelta::zero()).num_milliseconds() as f64 / 60_000.0;
        passed.mul_add(self.rate(), bucket.left).min(self.rate())
    }

    /// Drops the keys that have nothing to remember; if all have, everything: a table under attack
    /// from that many addresses forgets rather than grows.
    fn forget_full(&self, buckets: &mut HashMap<String, Bucket>, now: DateTime<Utc>) {
        buckets.retain(|_, bucket| self.refilled(*bucket, now) < self.rate());
        if buckets.len() >= MAX_KEYS {
            buckets.clear();
        }
    }
}

/// The network that one address stands for: /24 of IPv4, /56 of IPv6.
#[must_use]
pub fn prefix(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{:x}::/56", d & 0xff00)
        }
    }
}

const MAX_KEYS: usize = 20_000;

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::{Limiter, MAX_KEYS, prefix};

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let limiter = Limiter::new(60);
        let start = DateTime::UNIX_EPOCH;
        for _ in 0..60 {
            assert_eq!(limiter.take("a", start), Ok(()));
        }
        assert_eq!(limiter.take("a", start), Err(1));
        assert_eq!(limiter.take("b", start), Ok(()));
        assert_eq!(limiter.take("a", start + TimeDelta::milliseconds(999)), Err(1));
        assert_eq!(limiter.take("a", start + TimeDelta::milliseconds(2000)), Ok(()));
    }

    #[test]
    fn the_table_does_not_grow_without_end() {
        let limiter = Limiter::new(60);
        for n in 0..MAX_KEYS + 10 {
            assert_eq!(limiter.take(&n.to_string(), DateTime::UNIX_EPOCH), Ok(()));
        }
        assert!(limiter.buckets.lock().unwrap().len() <= MAX_KEYS);
    }

    #[test]
    fn neighbours_share_a_bucket() {
        assert_eq!(prefix("192.0.2.7".parse().unwrap()), prefix("192.0.2.250".parse().unwrap()));
        assert_ne!(prefix("192.0.2.7".parse().unwrap()), prefix("192.0.3.7".parse().unwrap()));
        assert_eq!(
            prefix("2001:db8:1:1100::1".parse().unwrap()),
            prefix("2001:db8:1:11ff:9::1".parse().unwrap())
        );
        assert_eq!(prefix("::ffff:192.0.2.7".parse().unwrap()), "192.0.2.0/24");
    }
}
