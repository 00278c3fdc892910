//! The way by which codes leave by SMS, opened as the settings say.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::cli::error::CliError;
use crate::cli::files;
use crate::config::settings::{Settings, SmsWay};
use crate::config::sms_gateway::{SmsGateway, Speech};
use crate::flow::texting::Texting;
use crate::world::fetch::{Fetch, FetchLimits, HttpFetch};
use crate::world::outbox::Outbox;
use crate::world::smpp::gateway::{self, Line, Smpp};
use crate::world::sms_folder::SmsFolder;
use crate::world::sms_gateways::{Gateway, Gateways};

/// What sends codes; `None` where the settings name nothing.
///
/// # Errors
/// When a file cannot be read, or TLS cannot be set up.
pub fn open(settings: &Settings) -> Result<Option<Texting>, CliError> {
    let Some(texts) = &settings.sms else { return Ok(None) };
    let outbox: Arc<dyn Outbox> = match &texts.way {
        SmsWay::Folder(folder) => Arc::new(SmsFolder::new(folder.clone())),
        SmsWay::Gateways(said) => {
            Arc::new(Gateways(said.iter().map(opened).collect::<Result<_, _>>()?))
        }
    };
    Ok(Some(Texting {
        outbox,
        country: texts.country.clone(),
        served: texts.served.clone(),
        budget: texts.budget,
    }))
}

fn opened(said: &SmsGateway) -> Result<Gateway, CliError> {
    let secret = match &said.secret {
        Some(file) => {
            let text = Zeroizing::new(files::read_text(file)?);
            Some(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
        }
        None => None,
    };
    let authority = said.authority.as_deref().map(files::read).transpose()?;
    match &said.speech {
        Speech::Http(http) => {
            let template = http.template(&said.name, secret);
            let origin = template.check().map_err(CliError::SmsTemplate)?;
            let limits = FetchLimits { body: MOST, ..FetchLimits::default() };
            let fetch = HttpFetch::new(&[origin], authority.as_deref(), limits);
            let fetch: Arc<dyn Fetch> = Arc::new(fetch.map_err(CliError::Fetch)?);
            Ok(Gateway::Http { template, fetch })
        }
        Speech::Smpp(smpp) => {
            let tls = smpp.tls.then(|| gateway::tls(authority.as_deref())).transpose();
            let line = Line {
                name: said.name.clone(),
                host: smpp.host.clone(),
                port: smpp.port,
                tls: tls.map_err(CliError::SmsAuthority)?,
                account: smpp.account(secret.unwrap_or_default()),
                source: smpp.source.clone(),
                destination: smpp.destination,
                alphabet: smpp.alphabet,
                validity: smpp.validity,
                patience: smpp.patience,
            };
            Ok(Gateway::Smpp(Smpp::new(line).map_err(CliError::SmsAccount)?))
        }
    }
}

/// Octets of an answer.
const MOST: usize = 64 * 1024;
