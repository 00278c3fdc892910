//! Pages that wait for a phone: how many there are in this process, and how each hears that its request has changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// All who wait. It is a shortcut, and no record: whoever waits looks into the store, now and then without being told.
#[derive(Debug)]
pub struct Waiting {
    lines: Mutex<Lines>,
    over: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Lines {
    all: usize,
    by_request: HashMap<String, Line>,
}

#[derive(Debug)]
struct Line {
    places: usize,
    changes: watch::Sender<u64>,
}

/// A place of one who waits, until it is dropped.
#[derive(Debug)]
pub struct Place {
    waiting: Arc<Waiting>,
    request: String,
    changes: watch::Receiver<u64>,
    over: watch::Receiver<bool>,
}

impl Waiting {
    /// Nobody waits.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self { lines: Mutex::default(), over: watch::Sender::new(false) })
    }

    /// A place to wait for `request`; `None` if [as many](MOST_OF_ONE) wait for it, or [in all](MOST), as may, or it is time
    /// to leave.
    #[must_use]
    pub fn enter(self: &Arc<Self>, request: &str) -> Option<Place> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let here = lines.by_request.get(request).map_or(0, |line| line.places);
        if here >= MOST_OF_ONE || lines.all >= MOST || *self.over.borrow() {
            return None;
        }
        lines.all += 1;
        let line = lines.by_request.entry(request.to_owned());
        let line = line.or_insert_with(|| Line { places: 0, changes: watch::Sender::new(0) });
        line.places += 1;
        let (changes, over) = (line.changes.subscribe(), self.over.subscribe());
        let (waiting, request) = (Arc::clone(self), request.to_owned());
        Some(Place { waiting, request, changes, over })
    }

    /// Tells whoever waits for `request` that it has changed.
    pub fn tell(&self, request: &str) {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.by_request.get(request) {
            line.changes.send_modify(|changes| *changes += 1);
        }
    }

    /// Sends everybody away, and lets nobody in any more.
    pub fn end(&self) {
        self.over.send_replace(true);
    }
}

impl Place {
    /// Ready once the request has changed, and after `at_most` in any case; false once it is time to leave.
    pub async fn wait(&mut self, at_most: Duration) -> bool {
        tokio::select! {
            _ = self.over.wait_for(|over| *over) => false,
            _ = timeout(at_most, self.changes.changed()) => true,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lines = self.waiting.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.all -= 1;
        if let Some(line) = lines.by_request.get_mut(&self.request) {
            line.places -= 1;
            if line.places == 0 {
                lines.by_request.remove(&self.request);
            }
        }
    }
}

/// How many may wait for one request: tabs of one browser.
pub const MOST_OF_ONE: usize = 4;
/// How many may wait in all; whoever finds no place asks again and again instead.
pub const MOST: usize = 2000;

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn whoever_waits_is_told_even_of_what_happened_before_they_listened() {
        let waiting = Waiting::new();
        let mut place = waiting.enter("a").unwrap();
        let mut other = waiting.enter("b").unwrap();
        waiting.tell("a");
        let long = Duration::from_secs(600);
        assert!(timeout(SOON, place.wait(long)).await.unwrap());
        assert!(timeout(SOON, place.wait(long)).await.is_err(), "once");
        assert!(timeout(SOON, other.wait(long)).await.is_err(), "another's");
        assert!(other.wait(SOON).await, "in any case");
        waiting.end();
        assert!(!place.wait(long).await);
        assert!(waiting.enter("c").is_none());
    }

    #[test]
    fn so_many_wait_and_no_more() {
        let waiting = Waiting::new();
        let mut of_one: Vec<_> = (0..MOST_OF_ONE).map(|_| waiting.enter("a").unwrap()).collect();
        assert!(waiting.enter("a").is_none());
        of_one.pop();
        assert!(waiting.enter("a").is_some(), "a place that was left is free");
        drop(of_one);
        let all: Vec<_> = (0..MOST).map(|n| waiting.enter(&n.to_string()).unwrap()).collect();
        assert!(waiting.enter("another").is_none());
        drop(all);
        let lines = waiting.lines.lock().unwrap();
        assert!(lines.all == 0 && lines.by_request.is_empty(), "nobody is remembered who is gone");
    }
}
