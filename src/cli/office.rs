//! Whom the commands ask: the server that holds the store, or themselves.

use crate::admin::client::{Client, ClientError};
use crate::admin::command::{Command, Done};
use crate::admin::desk::{self, Desk};
use crate::admin::service_providers::Sources;
use crate::cli::error::CliError;
use crate::cli::store;
use crate::config::settings::Settings;
use crate::identity::tenant::TenantId;
use crate::store::port::Store as _;
use crate::store::record::Records;
use crate::store::sled::SledStore;
use crate::world::clock::Clock;
use crate::world::random::Random;
use crate::world::seal::Seal;

/// Where commands are carried out.
#[derive(Debug)]
pub enum Office {
    /// By the server that runs.
    Running(Client),
    /// Here.
    Own(Box<Own>),
}

/// The store, opened by this process.
#[derive(Debug)]
pub struct Own {
    store: SledStore,
    seal: Seal,
    random: Random,
    clock: Clock,
    tenant: TenantId,
    settings: Settings,
    sources: Sources,
}

impl Office {
    /// Reaches the server that runs, else opens the store.
    ///
    /// # Errors
    /// When the server cannot be reached, or the store cannot be opened.
    pub async fn open(settings: Settings) -> Result<Self, CliError> {
        let socket = settings.server.data.join(store::SOCKET);
        if let Some(client) = Client::connect(&socket).await? {
            return Ok(Self::Running(client));
        }
        let random = Random::system();
        let (store, seal) = store::open(&settings, &random)?;
        let (clock, tenant) = (Clock::system(), TenantId::main());
        let sources = sources(&settings);
        let own = Own { store, seal, random, clock, tenant, settings, sources };
        Ok(Self::Own(Box::new(own)))
    }

    /// Has `command` carried out.
    ///
    /// # Errors
    /// When it is refused, or nobody answers.
    pub async fn ask(&mut self, command: Command) -> Result<Done, CliError> {
        let answer = match self {
            Self::Running(client) => client.ask(&command).await?,
            Self::Own(own) => own.ask(command).await,
        };
        Ok(answer?)
    }

    /// Waits until everything is on the disk.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn close(self) -> Result<(), CliError> {
        match self {
            Self::Running(_) => Ok(()),
            Self::Own(own) => own.store.flush().await.map_err(CliError::Store),
        }
    }
}

impl Own {
    async fn ask(&self, command: Command) -> Result<Done, crate::admin::command::Refused> {
        let records = Records {
            store: &self.store,
            seal: &self.seal,
            random: &self.random,
            tenant: &self.tenant,
        };
        let desk = Desk {
            records,
            hashing: &self.settings.hashing,
            spid_prefix: &self.settings.idp.spid_prefix,
            activation: self.settings.activation,
            sources: &self.sources,
            partners: None,
        };
        desk::carry_out(&desk, command, self.clock.now()).await
    }
}

/// Where service providers are from, by these settings.
#[must_use]
pub fn sources(settings: &Settings) -> Sources {
    Sources {
        folder: settings.metadata.join("sp"),
        entries: settings.entries(),
        ourselves: settings.idp.entity_id.clone(),
    }
}

/// An answer that does not belong to its question.
pub fn unexpected<T>(_: Done) -> Result<T, CliError> {
    Err(ClientError::Unexpected.into())
}
