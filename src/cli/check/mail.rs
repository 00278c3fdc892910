//! Whether notices to people can leave.

use crate::cli::check::finding::Finding;
use crate::cli::check::keys;
use crate::cli::error::CliError;
use crate::cli::mail;
use crate::config::settings::{MailWay, Settings};

/// Looks at `[mail]`: reaches the server, or the folder. Nothing is sent.
pub async fn check(settings: &Settings) -> Vec<Finding> {
    let Some(said) = &settings.mail else { return Vec::new() };
    let way = match &said.way {
        MailWay::Server(server) => format!("{}:{}", server.host, server.port),
        MailWay::Folder(folder) => folder.display().to_string(),
    };
    let remedy = "look at [mail]; until it is mended notices wait, and after mail.keep-days they are dropped";
    let mut findings = vec![match mail::open(settings) {
        Ok(Some(mailing)) => match mailing.outbox.try_out().await {
            Ok(()) => Finding::good("mail", way),
            Err(error) => Finding::warning("mail", format!("{way}: {}", error.chain()), remedy),
        },
        Ok(None) => return Vec::new(),
        Err(error) => Finding::error("mail", CliError::chain(&error), remedy),
    }];
    findings.extend(said.password().and_then(keys::exposed));
    findings
}
