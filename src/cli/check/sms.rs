//! Whether codes can leave by SMS.

use crate::cli::check::finding::Finding;
use crate::cli::check::keys;
use crate::cli::error::CliError;
use crate::cli::sms;
use crate::config::settings::{Settings, SmsWay};

/// Looks at `[sms]`. No gateway is asked: one over HTTP would send, and one by SMPP may allow a single session, which a running
/// server has.
pub async fn check(settings: &Settings) -> Vec<Finding> {
    let Some(said) = &settings.sms else { return Vec::new() };
    let (way, gateways) = match &said.way {
        SmsWay::Folder(folder) => (folder.display().to_string(), [].as_slice()),
        SmsWay::Gateways(gateways) => {
            let names: Vec<&str> = gateways.iter().map(|one| one.name.as_str()).collect();
            (names.join(", "), gateways.as_slice())
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
    findings.extend(gateways.iter().filter_map(|one| keys::exposed(one.secret.as_deref()?)));
    findings.extend(gateways.iter().filter(|one| one.is_exposed()).map(|one| {
        let said = format!(
            "{}: numbers, codes and the password go over the network in the clear",
            one.name
        );
        Finding::warning("sms", said, "set tls = true, or be sure that a tunnel protects them")
    }));
    findings
}
