//! Whether what sources of metadata gave can be used, for how long, and whether something waits.

use chrono::{DateTime, Utc};

use crate::cli::check::finding::Finding;
use crate::cli::check::keys;
use crate::cli::sources;
use crate::config::settings::Settings;
use crate::flow::expiry::Stage;
use crate::flow::sources::alarms;
use crate::flow::sources::tended::Tended;
use crate::partners::source::policy::Place;
use crate::texts::language::Language;

/// Looks at the copies on the disk. No source is asked: the server that runs does that.
#[must_use]
pub fn check(settings: &Settings, now: DateTime<Utc>) -> Vec<Finding> {
    let sources = match sources::open(settings, now) {
        Ok(sources) => sources,
        Err(error) => {
            let remedy = "let ponte's user read and write the folder";
            return vec![Finding::error("sources", error.chain(), remedy)];
        }
    };
    let mut findings: Vec<_> = sources.all().iter().flat_map(|source| of(source, now)).collect();
    for ending in alarms::endings(&sources) {
        let Some(stage) = ending.stage(now) else { continue };
        let (days, until) = (ending.days(now), ending.not_after.format("%Y-%m-%d"));
        let subject = format!("{} {}", ending.whose, ending.name);
        let state = format!("good until {until}, {days} days");
        let remedy = keys::remedy(ending.whose);
        findings.push(match stage {
            Stage::Ended => Finding::error(subject, state, remedy),
            _ => Finding::warning(subject, state, remedy),
        });
    }
    findings
}

fn of(source: &Tended, now: DateTime<Utc>) -> Vec<Finding> {
    let (state, name) = (source.state(), &source.configured.name);
    let subject = format!("source {name}");
    let mut findings = Vec::new();
    let valid: Vec<_> = state.documents.values().filter(|it| it.good.is_valid(now)).collect();
    let entities: usize = valid.iter().map(|held| held.good.entities()).sum();
    match (&state.refused, valid.is_empty()) {
        (Some((_, refused)), _) => findings.push(Finding::error(
            &subject,
            format!("the copy on the disk is not used: {refused}"),
            refused.reason.mend(Language::En),
        )),
        // A server of single entities has none until somebody comes.
        (None, true) if !matches!(source.configured.place, Place::Mdq { .. }) => {
            let what = "nothing of it is there yet";
            let remedy =
                "start the server, then `ponte source refresh`: it says why if nothing comes";
            findings.push(Finding::warning(&subject, what, remedy));
        }
        (None, _) => {
            findings.push(Finding::good(&subject, format!("{entities} entities in use")));
        }
    }
    if let Some((_, reason)) = &state.waiting {
        let what = format!("something waits for you: {}", reason.what(Language::En));
        findings.push(Finding::warning(&subject, what, "see `ponte source show`"));
    }
    findings
}
