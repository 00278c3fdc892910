//! The way by which mails leave, opened as the settings say.

use std::sync::Arc;

use crate::cli::error::CliError;
use crate::cli::files;
use crate::config::settings::{MailServer, MailWay, Settings};
use crate::flow::notice::Mailing;
use crate::world::mail_folder::MailFolder;
use crate::world::outbox::Outbox;
use crate::world::smtp::{Server, Smtp};

/// What sends mails; `None` where the settings name nothing.
///
/// # Errors
/// When a file cannot be read, or TLS cannot be set up.
pub fn open(settings: &Settings) -> Result<Option<Mailing>, CliError> {
    let Some(mail) = &settings.mail else { return Ok(None) };
    let outbox: Arc<dyn Outbox> = match &mail.way {
        MailWay::Folder(folder) => Arc::new(MailFolder::new(folder.clone(), mail.sender.clone())),
        MailWay::Server(server) => {
            let hello = settings.server.base_url.host_str().unwrap_or("localhost").to_owned();
            let smtp = Smtp::new(at(server, hello)?, mail.sender.clone());
            Arc::new(smtp.map_err(CliError::Mail)?)
        }
    };
    Ok(Some(Mailing { outbox, keep: mail.keep }))
}

fn at(said: &MailServer, hello: String) -> Result<Server, CliError> {
    let credentials = match &said.credentials {
        Some((user, file)) => {
            let password = zeroize::Zeroizing::new(files::read_text(file)?);
            Some((user.clone(), password.trim_end_matches(['\r', '\n']).to_owned()))
        }
        None => None,
    };
    Ok(Server {
        host: said.host.clone(),
        port: said.port,
        security: said.security,
        credentials,
        authority: said.authority.as_deref().map(files::read).transpose()?,
        hello,
    })
}
