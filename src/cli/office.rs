//! Whom the commands ask: the server that holds the store, or themselves.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::admin::client::{Client, ClientError};
use crate::admin::command::{Command, Done};
use crate::admin::desk::{self, Desk};
use crate::admin::service_providers::Sources;
use crate::cli::error::CliError;
use crate::cli::signing::{self, Examples};
use crate::cli::{house, store};
use crate::config::settings::Settings;
use crate::flow::env::Swapped;
use crate::identity::tenant::TenantId;
use crate::partners::registry::{Origin, Source};
use crate::partners::source::copies::Copies;
use crate::register::journal::Register;
use crate::register::pending;
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
    /// By one of these, for a delegated administrator of a body (AR-17).
    Within(String, Box<Self>),
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
    /// Open only for commands about it: it needs the signing key.
    register: Option<Register>,
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
        let of_sources = crate::cli::sources::open_with(&settings, &seal, false, clock.now())?;
        let sources = sources(&settings, of_sources.copies());
        let register = None;
        let own = Own { store, seal, random, clock, tenant, settings, sources, register };
        Ok(Self::Own(Box::new(own)))
    }

    /// Reaches the server that runs, else opens store and register.
    ///
    /// # Errors
    /// As [`Office::open`], and when the register or the signing key cannot be used.
    pub async fn open_with_register(settings: Settings) -> Result<Self, CliError> {
        let mut office = Self::open(settings).await?;
        if let Self::Own(own) = &mut office {
            let signing = signing::load(&own.settings.keys, Examples::Refuse)?;
            let seal = Arc::new(own.seal.clone());
            let random = Arc::new(Random::system());
            let place = house::register(&own.settings, seal, &signing, random);
            let register = Register::open(place, own.clock.now());
            let register = register.map_err(CliError::Register)?;
            // Answers that left and were not filed when the server went.
            let recovered = pending::recover(&register, own.records(), own.clock.now()).await;
            recovered.map_err(CliError::Register)?;
            own.register = Some(register);
        }
        Ok(office)
    }

    /// Without a server: how many rows wait in the store, which open, and how many it knows to be in the files.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn pending(&self, now: DateTime<Utc>) -> Result<(u64, Option<u64>), CliError> {
        let Self::Own(own) = self else { return Ok((0, None)) };
        let waiting = pending::waiting(own.records(), now).await.map_err(CliError::Register)?;
        let filed = pending::filed(&own.store, now).await.map_err(CliError::Register)?;
        Ok((waiting, Some(filed)))
    }

    /// The same, for a delegated administrator of `body` if one is named.
    #[must_use]
    pub fn within(self, body: Option<&str>) -> Self {
        match body {
            Some(body) => Self::Within(body.to_owned(), Box::new(self)),
            None => self,
        }
    }

    /// Whether a server carries out what is asked.
    #[must_use]
    pub fn is_served(&self) -> bool {
        match self {
            Self::Running(_) => true,
            Self::Own(_) => false,
            Self::Within(_, office) => office.is_served(),
        }
    }

    /// Has `command` carried out.
    ///
    /// # Errors
    /// When it is refused, or nobody answers.
    pub async fn ask(&mut self, command: Command) -> Result<Done, CliError> {
        let answer = match self {
            Self::Running(client) => client.ask(&command).await?,
            Self::Own(own) => own.ask(command).await,
            Self::Within(body, office) => {
                let (body, command) = (body.clone(), Box::new(command));
                return Box::pin(office.ask(Command::Within { body, command })).await;
            }
        };
        Ok(answer?)
    }

    /// The metadata of all service providers that are in use and not disabled.
    ///
    /// # Errors
    /// When nobody answers, or the store cannot be read.
    pub async fn documents(&mut self) -> Result<Vec<Source>, CliError> {
        let source = |entity_id: &str, xml: String| Source {
            origin: Origin::Store(entity_id.to_owned()),
            xml,
            entry: None,
        };
        if let Self::Own(own) = self {
            let now = own.clock.now();
            let built = own.sources.gather(own.records(), now).await.map_err(CliError::Store)?;
            let all = built.registry.all().into_iter().filter_map(|partner| {
                let document = built.registry.document(&partner.entity_id, now)?;
                Some(source(&partner.entity_id, document.xml.to_string()))
            });
            return Ok(all.collect());
        }
        let answer = self.ask(Command::ListServiceProviders).await?;
        let Done::ServiceProviders(partners, _) = answer else { return unexpected(answer) };
        let mut found = Vec::new();
        for entity_id in partners.into_iter().map(|partner| partner.entity_id) {
            let asked = Command::GetMetadata { entity_id: entity_id.clone() };
            match self.ask(asked).await? {
                Done::Metadata(Some(xml)) => found.push(source(&entity_id, xml)),
                Done::Metadata(None) => {}
                other => return unexpected(other),
            }
        }
        Ok(found)
    }

    /// Waits until everything is on the disk.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn close(self) -> Result<(), CliError> {
        match self {
            Self::Running(_) => Ok(()),
            Self::Own(own) => own.store.flush().await.map_err(CliError::Store),
            Self::Within(_, office) => Box::pin(office.close()).await,
        }
    }
}

impl Own {
    fn records(&self) -> Records<'_> {
        let (store, seal, random, tenant) = (&self.store, &self.seal, &self.random, &self.tenant);
        Records { store, seal, random, tenant, recent: None }
    }

    async fn ask(&self, command: Command) -> Result<Done, crate::admin::command::Refused> {
        let desk = Desk {
            records: self.records(),
            hashing: &self.settings.hashing,
            spid_prefix: &self.settings.idp.spid_prefix,
            activation: self.settings.activation,
            sources: &self.sources,
            partners: None,
            register: self.register.as_ref(),
            registration: Some(&self.settings.registration),
            body: None,
        };
        desk::carry_out(&desk, command, self.clock.now()).await
    }
}

/// Where service providers are from, by these settings and by what sources have given.
#[must_use]
pub fn sources(settings: &Settings, copies: Arc<Swapped<Copies>>) -> Sources {
    Sources {
        folder: settings.metadata.join("sp"),
        entries: settings.entries(),
        ourselves: settings.idp.entity_id.clone(),
        copies,
    }
}

/// An answer that does not belong to its question.
pub fn unexpected<T>(_: Done) -> Result<T, CliError> {
    Err(ClientError::Unexpected.into())
}
