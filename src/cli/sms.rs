//! The way by which codes leave by SMS, opened as the settings say.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::cli::error::CliError;
use crate::cli::files;
use crate::config::settings::{Settings, SmsGateway, SmsWay};
use crate::flow::texting::Texting;
use crate::world::fetch::{Fetch, FetchLimits, HttpFetch};
use crate::world::outbox::Outbox;
use crate::world::sms_folder::SmsFolder;
use crate::world::sms_gateway::{Gateway, Gateways};

/// What sends codes; `None` where the settings name nothing.
///
/// # Errors
/// When a file cannot be read, or TLS cannot be set up.
pub fn open(settings: &Settings) -> Result<Option<Texting>, CliError> {
    let Some(texts) = &settings.sms else { return Ok(None) };
    let outbox: Arc<dyn Outbox> = match &texts.way {
        SmsWay::Folder(folder) => Arc::new(SmsFolder::new(folder.clone())),
        SmsWay::Gateways(said) => {
            Arc::new(Gateways(said.iter().map(gateway).collect::<Result<_, _>>()?))
        }
    };
    Ok(Some(Texting {
        outbox,
        country: texts.country.clone(),
        served: texts.served.clone(),
        budget: texts.budget,
    }))
}

fn gateway(said: &SmsGateway) -> Result<Gateway, CliError> {
    let secret = match &said.secret {
        Some(file) => {
            let text = Zeroizing::new(files::read_text(file)?);
            Some(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
        }
        None => None,
    };
    let template = said.template(secret);
    let origin = template.check().map_err(CliError::SmsTemplate)?;
    let authority = said.authority.as_deref().map(files::read).transpose()?;
    let limits = FetchLimits { body: MOST, ..FetchLimits::default() };
    let fetch = HttpFetch::new(&[origin], authority.as_deref(), limits);
    let fetch: Arc<dyn Fetch> = Arc::new(fetch.map_err(CliError::Fetch)?);
    Ok(Gateway { template, fetch })
}

/// Octets of an answer.
const MOST: usize = 64 * 1024;
