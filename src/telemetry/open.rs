//! How many logins are open: counted by the minute in which they began, so that those that nobody ends are forgotten
//! with their minute.

use std::sync::atomic::{AtomicI64, Ordering};

/// More minutes than a login may last.
const MINUTES: usize = 128;

/// Logins by the minute in which they began.
#[derive(Debug)]
pub struct Open {
    slots: [Slot; MINUTES],
}

#[derive(Debug, Default)]
struct Slot {
    minute: AtomicI64,
    open: AtomicI64,
}

impl Default for Open {
    fn default() -> Self {
        Self { slots: std::array::from_fn(|_| Slot::default()) }
    }
}

impl Open {
    /// One began at `at`, in seconds since 1970.
    pub fn begun(&self, at: i64) {
        let (slot, minute) = self.slot(at);
        // Two that find an old minute at once may lose one: it is a gauge.
        if slot.minute.swap(minute, Ordering::Relaxed) != minute {
            slot.open.store(0, Ordering::Relaxed);
        }
        slot.open.fetch_add(1, Ordering::Relaxed);
    }

    /// One that began at `at` ended; of those that began before this process nothing is known.
    pub fn ended(&self, at: i64) {
        let (slot, minute) = self.slot(at);
        if slot.minute.load(Ordering::Relaxed) == minute {
            slot.open.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// How many began in the last `seconds` before `now` and did not end.
    #[must_use]
    pub fn count(&self, now: i64, seconds: i64) -> i64 {
        let first = (now - seconds).div_euclid(60);
        let recent = self.slots.iter().filter(|slot| {
            let minute = slot.minute.load(Ordering::Relaxed);
            minute >= first && minute <= now.div_euclid(60)
        });
        recent.map(|slot| slot.open.load(Ordering::Relaxed).max(0)).sum()
    }

    fn slot(&self, at: i64) -> (&Slot, i64) {
        let minute = at.div_euclid(60);
        let place = usize::try_from(minute.rem_euclid(MINUTES as i64)).unwrap_or(0);
        (&self.slots[place], minute)
    }
}

#[cfg(test)]
mod tests {
    use super::Open;

    #[test]
    fn those_that_nobody_ends_are_forgotten() {
        let open = Open::default();
        let start = 1_800_000_000;
        for after in [0, 1, 59, 600] {
            open.begun(start + after);
        }
        assert_eq!(open.count(start + 600, 900), 4);
        open.ended(start + 59);
        assert_eq!(open.count(start + 600, 900), 3);
        assert_eq!(open.count(start + 1100, 900), 1);
        assert_eq!(open.count(start + 5000, 900), 0);
        // A slot is taken again by a later minute.
        open.begun(start + 128 * 60);
        assert_eq!(open.count(start + 128 * 60, 900), 1);
        open.ended(start);
        assert_eq!(open.count(start + 128 * 60, 900), 1);
    }
}
