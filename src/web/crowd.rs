//! Connections by network, so that no one of them takes all the places.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::flow::limits::prefix;

/// How many connections each network has.
#[derive(Debug)]
pub struct Crowd {
    most: usize,
    by_network: Mutex<HashMap<String, usize>>,
}

/// A place that one connection has, until it is dropped.
#[derive(Debug)]
pub struct Place {
    crowd: Arc<Crowd>,
    network: String,
}

impl Crowd {
    /// At most `most` connections of one network.
    #[must_use]
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, by_network: Mutex::default() })
    }

    /// A place for a connection from `address`; `None` if its network has all that it may have.
    #[must_use]
    pub fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let network = prefix(address);
        let mut by_network = self.by_network.lock().unwrap_or_else(PoisonError::into_inner);
        let count = by_network.entry(network.clone()).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place { crowd: Arc::clone(self), network })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut by_network = self.crowd.by_network.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_network.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                by_network.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Crowd;

    #[test]
    fn one_network_has_so_many_places_and_others_have_theirs() {
        let crowd = Crowd::new(2);
        let of = |text: &str| crowd.enter(text.parse().unwrap());
        let (first, second) = (of("192.0.2.1"), of("192.0.2.2"));
        assert!(first.is_some() && second.is_some());
        assert!(of("192.0.2.3").is_none());
        assert!(of("203.0.113.1").is_some());
        drop(first);
        assert!(of("192.0.2.3").is_some());
        drop(second);
        assert!(crowd.by_network.lock().unwrap().is_empty(), "nobody is remembered who is gone");
    }
}
