//! Whether the store can be opened, and what lies in it.

use crate::admin::client::Client;
use crate::admin::command::{Command, Done};
use crate::admin::partner::Partner;
use crate::cli::check::finding::Finding;
use crate::cli::error::CliError;
use crate::cli::office::Office;
use crate::cli::store;
use crate::config::settings::Settings;

/// Looks at the store, and says which service providers are in use: by the server that runs, else by opening it. A data folder that is not there yet is not made.
pub async fn check(settings: &Settings) -> (Vec<Finding>, Vec<Partner>) {
    let data = settings.server.data.display();
    if !settings.server.data.join(store::STORE).exists() {
        let state = format!("none yet in {data}: the first start makes it");
        return (vec![Finding::good("store", state)], Vec::new());
    }
    let running =
        matches!(Client::connect(&settings.server.data.join(store::SOCKET)).await, Ok(Some(_)));
    match look(settings).await {
        Ok(partners) => {
            let by = if running { "held by the running server" } else { "opened and closed" };
            let state = format!("{} in use", partners.len());
            let findings = vec![
                Finding::good("store", format!("{data}: {by}")),
                Finding::good("service providers", state),
            ];
            (findings, partners)
        }
        Err(error) => (vec![Finding::error("store", error.chain(), remedy(&error))], Vec::new()),
    }
}

/// The service providers in use.
///
/// # Errors
/// When the store cannot be opened, or the server does not answer.
pub async fn look(settings: &Settings) -> Result<Vec<Partner>, CliError> {
    let mut office = Office::open(settings.clone()).await?;
    let answer = office.ask(Command::ListServiceProviders).await?;
    office.close().await?;
    let Done::ServiceProviders(partners, _) = answer else { return Ok(Vec::new()) };
    Ok(partners)
}

fn remedy(error: &CliError) -> &'static str {
    match error {
        CliError::Seal(..) => "bring back the sealing key with which this store was made",
        CliError::NoRing(_) => "bring back the whole data folder from your copy",
        CliError::Store(_) => {
            "stop the other process, or use the version that wrote the store, or restore an export"
        }
        _ => "look whether the data folder belongs to the user that runs ponte",
    }
}
