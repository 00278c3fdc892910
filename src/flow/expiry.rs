//! How long certificates last: ours, and service providers'.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::flow::env::{Env, KeySet};
use crate::partners::registry::Registry;

/// A certificate, and when it ends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ending {
    /// Whose it is.
    pub whose: Whose,
    /// The key's name, the file, or the service provider's entityID.
    pub name: String,
    /// It is good from then …
    pub not_before: DateTime<Utc>,
    /// … until then.
    pub not_after: DateTime<Utc>,
}

/// Whose a certificate is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Whose {
    /// A signing key's of ours.
    Signing,
    /// That with which we speak TLS.
    Tls,
    /// A service provider's, for signatures.
    ServiceProvider,
    /// That of a key by which a source of metadata is believed.
    Source,
    /// No certificate: what a source of metadata gave, until its `validUntil`.
    Metadata,
}

/// How soon a certificate ends.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Stage {
    /// In 90 days at most.
    Quarter,
    /// In 30 days at most.
    Month,
    /// In 7 days at most.
    Week,
    /// It has ended.
    Ended,
}

impl Ending {
    /// Whole days that are left at `now`; negative once it has ended.
    #[must_use]
    pub fn days(&self, now: DateTime<Utc>) -> i64 {
        (self.not_after - now).num_seconds().div_euclid(86_400)
    }

    /// How soon it ends; `None` if there is time. The TLS certificates of automatic authorities are made for 90 days or less and renewed
    /// in their last third: of them only what is late counts, and so of
    /// metadata that are good for less than 90 days at a time.
    #[must_use]
    pub fn stage(&self, now: DateTime<Utc>) -> Option<Stage> {
        let left = self.not_after - now;
        let life = self.not_after - self.not_before;
        let is_short = self.whose == Whose::Metadata && life < TimeDelta::days(90);
        let late = |days| self.whose != Whose::Tls || TimeDelta::days(days) <= life / 3;
        if left <= TimeDelta::zero() {
            Some(Stage::Ended)
        } else if is_short {
            (left <= life / 3).then_some(Stage::Week)
        } else if left <= TimeDelta::days(7) && late(7) {
            Some(Stage::Week)
        } else if left <= TimeDelta::days(30) && late(30) {
            Some(Stage::Month)
        } else if left <= TimeDelta::days(90) && late(90) {
            Some(Stage::Quarter)
        } else {
            None
        }
    }
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signing => "signing key",
            Self::Tls => "TLS",
            Self::ServiceProvider => "service provider",
            Self::Source => "source's key",
            Self::Metadata => "source's metadata",
        })
    }
}

/// Every certificate that somebody relies on: ours first, then service providers'.
#[must_use]
pub fn endings(keys: &KeySet, partners: &Registry) -> Vec<Ending> {
    let mut all = keys.certificates.clone();
    all.extend(self::partners(partners));
    all
}

/// Service providers' certificates for signatures, the same one once.
#[must_use]
pub fn partners(partners: &Registry) -> Vec<Ending> {
    let mut all = Vec::new();
    for partner in partners.all() {
        let mut seen = Vec::new();
        for key in &partner.keys {
            if seen.contains(key.fingerprint()) {
                continue;
            }
            seen.push(*key.fingerprint());
            all.push(Ending {
                whose: Whose::ServiceProvider,
                name: partner.entity_id.clone(),
                not_before: key.not_before(),
                not_after: key.not_after(),
            });
        }
    }
    all
}

/// Logs every certificate that ends soon: at start, and then once a day.
pub fn log(env: &Env) {
    let now = env.clock.now();
    for ending in endings(&env.keys.snapshot(), &env.partners.snapshot()) {
        let Some(stage) = ending.stage(now) else { continue };
        let (days, whose) = (ending.days(now), ending.whose);
        let (name, not_after) = (&ending.name, ending.not_after.to_rfc3339());
        if stage >= Stage::Week {
            tracing::error!(event = "certificate.ending", %whose, name, days, not_after);
        } else {
            tracing::warn!(event = "certificate.ending", %whose, name, days, not_after);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(whose: Whose, life: i64) -> Ending {
        let not_after: DateTime<Utc> = "2027-11-22T00:00:00Z".parse().unwrap();
        let not_before = not_after - TimeDelta::days(life);
        Ending { whose, name: "signing".into(), not_before, not_after }
    }

    #[test]
    fn a_certificate_is_told_of_at_90_30_and_7_days_and_at_its_end() {
        let ending = ending(Whose::Signing, 1095);
        for (days, stage) in [
            (365, None),
            (91, None),
            (90, Some(Stage::Quarter)),
            (31, Some(Stage::Quarter)),
            (30, Some(Stage::Month)),
            (8, Some(Stage::Month)),
            (7, Some(Stage::Week)),
            (1, Some(Stage::Week)),
            (0, Some(Stage::Ended)),
            (-1, Some(Stage::Ended)),
        ] {
            let now = ending.not_after - TimeDelta::days(days);
            assert_eq!(ending.stage(now), stage, "{days}");
            assert_eq!(ending.days(now), days);
        }
        let second = TimeDelta::seconds(1);
        assert_eq!(ending.stage(ending.not_after - TimeDelta::days(90) - second), None);
        assert_eq!(ending.stage(ending.not_after - second), Some(Stage::Week));
        assert_eq!(ending.days(ending.not_after - second), 0);
    }

    #[test]
    fn of_short_lived_tls_certificates_only_what_is_late_counts() {
        let short = ending(Whose::Tls, 90);
        for (days, stage) in [
            (89, None),
            (31, None),
            (30, Some(Stage::Month)),
            (7, Some(Stage::Week)),
            (0, Some(Stage::Ended)),
        ] {
            assert_eq!(short.stage(short.not_after - TimeDelta::days(days)), stage, "{days}");
        }
        let long = ending(Whose::Tls, 398);
        assert_eq!(long.stage(long.not_after - TimeDelta::days(90)), Some(Stage::Quarter));
        let own = ending(Whose::Signing, 90);
        assert_eq!(own.stage(own.not_after - TimeDelta::days(89)), Some(Stage::Quarter));
    }
}
