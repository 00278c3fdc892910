//! The sources of metadata of a server that runs: opened, tended, asked when a command says so.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::admin::command::{Done, Refused};
use crate::admin::sources::{AskSource, Row, ToldSource, row};
use crate::cli::error::CliError;
use crate::cli::house::House;
use crate::cli::{reload, store};
use crate::config::settings::Settings;
use crate::flow::env::Env;
use crate::flow::sources::accept::{self, NotAccepted};
use crate::flow::sources::alarms::Told;
use crate::flow::sources::house::Sources;
use crate::flow::sources::refresh::{Outcome, is_due, refresh};
use crate::flow::sources::tended::Tended;
use crate::partners::source::policy::Place;
use crate::world::digest::HmacKey;
use crate::world::random::Random;
use crate::world::seal::Seal;

/// Opens the sources of the settings with what the disk has of them, beside a store that this process has not opened.
///
/// # Errors
/// As [`open_with`]; and when there are sources and data keys, and these cannot be read.
pub fn open(settings: &Settings, now: DateTime<Utc>) -> Result<Sources, CliError> {
    let has_keys = settings.server.data.join(store::RING).exists();
    if settings.sources.is_empty() || !has_keys {
        // Without data keys there is nothing yet that was written under one.
        let key = HmacKey::new(&Random::system().bytes::<32>());
        return open_under(settings, (&key, false), now);
    }
    open_with(settings, &store::ring_of(settings)?, false, now)
}

/// Opens the sources of the settings with what the disk has of them. Whoever serves, and nobody else, `mends` what of ours is no good.
///
/// # Errors
/// When the disk cannot be read.
pub fn open_with(
    settings: &Settings,
    seal: &Seal,
    mends: bool,
    now: DateTime<Utc>,
) -> Result<Sources, CliError> {
    let ring = settings.server.data.join(store::RING);
    let key = seal.derive(PURPOSE).map_err(|error| CliError::Seal(ring, error))?;
    open_under(settings, (&HmacKey::new(key.as_slice()), mends), now)
}

fn open_under(
    settings: &Settings,
    key: (&HmacKey, bool),
    now: DateTime<Utc>,
) -> Result<Sources, CliError> {
    let folder = settings.server.data.join(FOLDER);
    let own = settings.relying_parties.iter().map(|one| one.entity_id.clone());
    let ourselves = own.chain([settings.idp.entity_id.clone()]).collect();
    Sources::open(&settings.sources, &folder, ourselves, key, now)
        .map_err(CliError::file("read", &folder))
}

/// Tends each source from here on, and tells when what they gave ends.
pub fn tend(house: &Arc<House>) {
    for source in house.env.sources.all() {
        tokio::spawn(tend_one(Arc::clone(house), Arc::clone(source)));
    }
    if !house.env.sources.all().is_empty() {
        tokio::spawn(tell(Arc::clone(&house.env)));
    }
}

async fn tend_one(house: Arc<House>, source: Arc<Tended>) {
    loop {
        if is_due(&house.env, &source) && refresh(&house.env, &source).await != Outcome::Same {
            take_up(&house).await;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn tell(env: Arc<Env>) {
    let mut told = Told::default();
    loop {
        told.log(&env.sources, env.clock.now());
        tokio::time::sleep(TELL_EVERY).await;
    }
}

/// Reads files and folders again: an administrator may have placed something.
pub async fn read_files(env: &Env) {
    for source in env.sources.all() {
        if matches!(source.configured.place, Place::File(_) | Place::Folder(_)) {
            refresh(env, source).await;
        }
    }
}

/// Partners are from here on what files, store and sources say.
async fn take_up(house: &House) {
    match reload::partners(house).await {
        Ok(built) => reload::log_partners(&built),
        Err(error) => {
            let error = CliError::Store(error).chain();
            tracing::error!(event = "reload.failed", what = "partners", error);
        }
    }
    let settings = house.settings.lock().await;
    let _told_in_the_log = reload::upstreams(&house.env, &settings);
}

/// Carries out what is asked about sources.
///
/// # Errors
/// [`Refused`], in words.
pub async fn carry_out(house: &Arc<House>, ask: AskSource) -> Result<Done, Refused> {
    let env = &house.env;
    let told = match ask {
        AskSource::List => ToldSource::List(all(&env.sources, env.clock.now())?),
        AskSource::Show(name) => {
            ToldSource::One(Box::new(one(find(&env.sources, &name)?, env.clock.now())?))
        }
        AskSource::Refresh(name) => {
            let source = find(&env.sources, &name)?;
            let outcome = refresh(env, source).await;
            if outcome != Outcome::Same {
                take_up(house).await;
            }
            let row = one(source, env.clock.now())?;
            ToldSource::Refreshed(outcome.name().to_owned(), Box::new(row))
        }
        AskSource::Accept { name, fingerprint, by } => {
            let source = find(&env.sources, &name)?;
            match accept::accept(env, source, &fingerprint, by).await {
                Ok(_) => take_up(house).await,
                Err(error @ NotAccepted::Disk(_)) => return Err(refused(false, &error)),
                Err(error) => return Err(refused(true, &error)),
            }
            ToldSource::Accepted(Box::new(one(source, env.clock.now())?))
        }
    };
    Ok(Done::Source(Box::new(told)))
}

/// How all of them stand.
///
/// # Errors
/// When the disk cannot be read.
pub fn all(sources: &Sources, now: DateTime<Utc>) -> Result<Vec<Row>, Refused> {
    let rows = sources.all().iter().map(|source| row(source, false, now));
    rows.collect::<Result<_, _>>().map_err(|error| refused(false, &error))
}

/// How one of them stands, with what waits.
///
/// # Errors
/// When the disk cannot be read.
pub fn one(source: &Tended, now: DateTime<Utc>) -> Result<Row, Refused> {
    row(source, true, now).map_err(|error| refused(false, &error))
}

/// The source of that name.
///
/// # Errors
/// When there is none.
pub fn find<'s>(sources: &'s Sources, name: &str) -> Result<&'s Arc<Tended>, Refused> {
    sources.find(name).ok_or_else(|| Refused {
        asker: true,
        reason: format!("the configuration has no source {name:?}"),
    })
}

fn refused(asker: bool, error: &dyn std::error::Error) -> Refused {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    Refused { asker, reason: format!("{error}{cause}") }
}

/// What the key is for under which indexes of long lists are written.
const PURPOSE: &str = "sources/list-index";
/// Below the folder of data.
const FOLDER: &str = "sources";
const LOOK_EVERY: Duration = Duration::from_secs(1);
const TELL_EVERY: Duration = Duration::from_secs(600);
