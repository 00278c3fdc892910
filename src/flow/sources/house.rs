//! All sources of a house.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::flow::env::Swapped;
use crate::flow::jump::Jumps;
use crate::flow::sources::tended::Tended;
use crate::partners::source::copies::Copies;
use crate::partners::source::policy::Configured;
use crate::world::digest::HmacKey;
use crate::world::stopwatch::Stopwatch;

/// The sources, in the order in which they go.
#[derive(Debug)]
pub struct Sources {
    tended: Vec<Arc<Tended>>,
    copies: Arc<Swapped<Copies>>,
    watch: Stopwatch,
    jumps: Mutex<Option<Jumps>>,
}

impl Default for Sources {
    /// None.
    fn default() -> Self {
        Self::of(Vec::new())
    }
}

impl Sources {
    /// Opens those configured, with what `folder` has of each. `ourselves` are the entityIDs that we bear; `key` is by what we know
    /// the indexes of long lists as ours, and beside it stands whether one that is no good is made anew.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn open(
        configured: &[Configured],
        folder: &Path,
        ourselves: Vec<String>,
        (key, mends): (&HmacKey, bool),
        now: DateTime<Utc>,
    ) -> io::Result<Self> {
        let ourselves: Arc<[String]> = ourselves.into();
        let open = |one: &Configured| {
            let ourselves = Arc::clone(&ourselves);
            Ok(Arc::new(Tended::open(one.clone(), folder, ourselves, (key, mends), now)?))
        };
        let tended = configured.iter().map(open).collect::<io::Result<_>>()?;
        Ok(Self::of(tended))
    }

    fn of(tended: Vec<Arc<Tended>>) -> Self {
        let sources = Self {
            tended,
            copies: Arc::default(),
            watch: Stopwatch::start(),
            jumps: Mutex::default(),
        };
        sources.publish();
        sources
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Arc<Tended>] {
        &self.tended
    }

    /// The one of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Arc<Tended>> {
        self.tended.iter().find(|one| one.configured.name == name)
    }

    /// What they gave, as of now and from here on.
    #[must_use]
    pub fn copies(&self) -> Arc<Swapped<Copies>> {
        Arc::clone(&self.copies)
    }

    /// Lets everybody see what they gave.
    pub(in crate::flow) fn publish(&self) {
        self.copies.swap(Copies(self.tended.iter().map(|one| one.copy()).collect()));
    }

    /// Whether the machine's clock went ahead so lately that nothing should be judged by it.
    pub(in crate::flow) fn is_clock_in_doubt(&self, now: DateTime<Utc>) -> bool {
        let mut jumps = self.jumps.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = self.watch.read();
        let jumps = jumps.get_or_insert_with(|| Jumps::new(now));
        let _told_elsewhere = jumps.seen(passed, now);
        jumps.in_doubt(passed)
    }

    /// The time since the start, whatever the clock says.
    #[must_use]
    pub fn passed(&self) -> Duration {
        self.watch.read()
    }
}
