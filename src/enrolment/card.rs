//! Which of a person's cards a certificate is: one that is known, the renewal of one, the first, or another (TS-04, IC-03).

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A certificate as people see it (IC-02): no more is kept of one.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Its serial number, hexadecimal in capitals: unique with the issuer's name.
    pub serial: String,
    /// The common name of its subject.
    pub holder: String,
    /// The issuer's name (RFC 4514).
    pub issuer: String,
    /// The issuer as people know it.
    pub issued_by: String,
    /// Good from then …
    pub not_before: DateTime<Utc>,
    /// … until then.
    pub not_after: DateTime<Utc>,
}

/// A card as it is kept of its person.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Its certificate.
    pub shown: Shown,
    /// The fiscal code in it.
    pub code: String,
    /// What the settings call its issuer.
    pub issuer: String,
    /// Whether it is CNS-like.
    pub cns_like: bool,
    /// How often its certificate was renewed: once at most (IC-03).
    #[serde(default)]
    pub renewals: u8,
    /// The fewest days before its end of which the person was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<u16>,
}

impl Kept {
    /// Whether this certificate is the one that is kept: issuer, serial number and fiscal code.
    #[must_use]
    pub fn is(&self, shown: &Shown, code: &str) -> bool {
        self.shown.issuer == shown.issuer && self.shown.serial == shown.serial && self.code == code
    }

    /// Whether this certificate is the renewal of the one that is kept: the same card of the same issuer, renewed before
    /// the end, for the first time (IC-03).
    #[must_use]
    pub fn is_renewed_by(&self, shown: &Shown, code: &str) -> bool {
        self.shown.issuer == shown.issuer
            && self.shown.holder == shown.holder
            && self.shown.serial != shown.serial
            && self.code == code
            && self.renewals == 0
            && shown.not_before <= self.shown.not_after
            && shown.not_after > self.shown.not_after
    }

    /// Of how many days before its end the person is to be told at `now`, if of any: 90, 30, 7, each once, the nearest
    /// alone where several are due.
    #[must_use]
    pub fn to_tell(&self, now: DateTime<Utc>) -> Option<u16> {
        let left = self.shown.not_after - now;
        if left <= TimeDelta::zero() {
            return None;
        }
        let due =
            NOTICES.into_iter().filter(|days| left <= TimeDelta::days((*days).into())).min()?;
        self.told.is_none_or(|told| due < told).then_some(due)
    }
}

/// Days before its end at which a person is told (IC-03).
pub const NOTICES: [u16; 3] = [90, 30, 7];

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Kept {
        let shown = Shown {
            serial: "0A".into(),
            holder: "RSSMRA80A01H501U/7430.x".into(),
            issuer: "CN=CA,C=IT".into(),
            issued_by: "Ente".into(),
            not_before: "2024-01-01T00:00:00Z".parse().unwrap(),
            not_after: "2027-01-01T00:00:00Z".parse().unwrap(),
        };
        let code = "RSSMRA80A01H501U".into();
        Kept { shown, code, issuer: "regione".into(), cns_like: false, renewals: 0, told: None }
    }

    /// IC-03: 90, 30 and 7 days before, each once; a card that comes late is told of once.
    #[test]
    fn ic_03_the_end_is_told_at_90_30_and_7_days() {
        let mut card = kept();
        let end = card.shown.not_after;
        let second = TimeDelta::seconds(1);
        assert_eq!(card.to_tell(end - TimeDelta::days(90) - second), None);
        for days in [90_u16, 30, 7] {
            let at = end - TimeDelta::days(days.into());
            assert_eq!(card.to_tell(at), Some(days));
            card.told = Some(days);
            assert_eq!(card.to_tell(at), None);
            assert_eq!(card.to_tell(at + second), None);
        }
        card.told = None;
        assert_eq!(card.to_tell(end - TimeDelta::days(5)), Some(7));
        assert_eq!(card.to_tell(end), None);
    }

    /// IC-03: the same card, before its end, once.
    #[test]
    fn ic_03_a_certificate_is_renewed_once_and_before_its_end() {
        let before = kept();
        let mut after = before.shown.clone();
        after.serial = "0B".into();
        after.not_before = before.shown.not_after;
        after.not_after = before.shown.not_after + TimeDelta::days(1096);
        let code = before.code.clone();
        assert!(before.is_renewed_by(&after, &code));
        let late =
            Shown { not_before: before.shown.not_after + TimeDelta::seconds(1), ..after.clone() };
        assert!(!before.is_renewed_by(&late, &code));
        let again = Kept { renewals: 1, ..before.clone() };
        assert!(!again.is_renewed_by(&after, &code));
        let other = Shown { holder: "RSSMRA80A01H501U/7431.x".into(), ..after.clone() };
        assert!(!before.is_renewed_by(&other, &code));
        let elsewhere = Shown { issuer: "CN=CB,C=IT".into(), ..after.clone() };
        assert!(!before.is_renewed_by(&elsewhere, &code));
        assert!(!before.is_renewed_by(&after, "VRDGPP80A01H501M"));
        assert!(!before.is_renewed_by(&before.shown, &code));
        assert!(before.is(&before.shown, &code) && !before.is(&after, &code));
    }
}
