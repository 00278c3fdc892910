//! Whether cards can be taken.

use chrono::{DateTime, Utc};

use crate::cli::check::finding::Finding;
use crate::cli::check::keys;
use crate::cli::error::CliError;
use crate::cli::smart_card;
use crate::config::settings::Settings;

/// Looks at `[smart-card]`: authorities, their dates, and TLS. No authority is asked.
#[must_use]
pub fn check(settings: &Settings, now: DateTime<Utc>) -> Vec<Finding> {
    let Some(said) = &settings.smart_card else { return Vec::new() };
    let remedy = "look at [smart-card]; until it is mended the server does not start";
    let cards = match smart_card::open(settings) {
        Ok(Some(cards)) => cards,
        Ok(None) => return Vec::new(),
        Err(error) => return vec![Finding::error("smart card", CliError::chain(&error), remedy)],
    };
    let mut findings = vec![Finding::good("smart card", smart_card::told(said))];
    let known = cards.issuers.iter().flat_map(|one| one.authorities.certificates());
    if let Some(Err(error)) = said.tls.as_ref().map(|files| smart_card::acceptor(files, known)) {
        findings.push(Finding::error("smart card", error.chain(), remedy));
    }
    for (issuer, about) in cards.issuers.iter().zip(&cards.about) {
        if about.ocsp.is_empty() && about.crl.is_empty() {
            findings.push(Finding::warning(
                "smart card",
                format!("{}: nobody can be asked whether its cards were revoked", issuer.name),
                "name its responders (ocsp) or its lists (crl): a card of unknown standing is never worth SpidL3",
            ));
        }
        let what = format!("smart card: authority of {}", issuer.name);
        findings.extend(
            issuer.authorities.certificates().filter_map(|one| keys::dates(&what, one, now)),
        );
    }
    findings
}
