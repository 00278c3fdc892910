//! Whether codes can leave by SMS.

use crate::cli::check::finding::Finding;
use crate::cli::check::keys;
use crate::cli::error::CliError;
use crate::cli::sms;
use crate::config::settings::{Settings, SmsWay};

/// Looks at `[sms]`. A gateway is not asked: whoever asks it sends.
pub async fn check(settings: &Settings) -> Vec<Finding> {
    let Some(said) = &settings.sms else { return Vec::new() };
    let (way, secrets) = match &said.way {
        SmsWay::Folder(folder) => (folder.display().to_string(), Vec::new()),
        SmsWay::Gateways(gateways) => {
            let names: Vec<&str> = gateways.iter().map(|one| one.name.as_str()).collect();
            let secrets = gateways.iter().filter_map(|one| one.secret.as_deref()).collect();
            (names.join(", "), secrets)
        }
    };
    let remedy =
        "look at [sms]; until it is mended nobody gets a code, and people use their other ways";
    let mut findings = vec![match sms::open(settings) {
        Ok(Some(texting)) => match texting.outbox.try_out().await {
            Ok(()) => Finding::good("sms", way),
            Err(error) => Finding::warning("sms", format!("{way}: {}", error.chain()), remedy),
        },
        Ok(None) => return Vec::new(),
        Err(error) => Finding::error("sms", CliError::chain(&error), remedy),
    }];
    findings.extend(secrets.into_iter().filter_map(keys::exposed));
    findings
}
