//! Small judgements on values of the configuration.

use chrono::TimeDelta;
use url::{Host, Url};

use crate::config::raw;
use crate::login::request::LocalName;

/// Whether `url` names this machine only.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Each language said, else the other, else that of `otherwise`.
pub(super) fn both(said: &raw::Languages, otherwise: Option<&LocalName>) -> LocalName {
    let other = |language: fn(&LocalName) -> &Option<String>| {
        otherwise.and_then(|otherwise| language(otherwise).clone())
    };
    LocalName {
        it: said.it.clone().or_else(|| other(|name| &name.it)).or_else(|| said.en.clone()),
        en: said.en.clone().or_else(|| other(|name| &name.en)).or_else(|| said.it.clone()),
    }
}

pub(super) fn seconds(seconds: u64) -> TimeDelta {
    i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds).unwrap_or(TimeDelta::MAX)
}
