//! `ponte store export|import`: the store as one sealed file, and back.

use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use zeroize::Zeroizing;

use crate::admin::command::{Command, Done};
use crate::cli::arguments_register::{StoreCommand, StoreExport, StoreImport};
use crate::cli::error::CliError;
use crate::cli::office::{Office, unexpected};
use crate::cli::say::say;
use crate::cli::{files, prompt, store};
use crate::config::settings::Settings;
use crate::store::export::{Head, Reader, VERSION, Wrapped, count, is_session};
use crate::store::port::DATA_VERSION;
use crate::store::sled;
use crate::world::random::Random;
use crate::world::recipient::{passphrase_key, unwrap_with, wrap_for};
use crate::world::seal::{Seal, SealError, SealKey};

/// Carries out a command about the store as a whole.
///
/// # Errors
/// When a file cannot be read or written, a key does not fit, or the store is not empty.
pub async fn carry_out(
    settings: Settings,
    command: &StoreCommand,
    random: &Random,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    match command {
        StoreCommand::Export(said) => export(settings, said, random, now).await,
        StoreCommand::Import(said) => import(&settings, said, random, now),
    }
}

async fn export(
    settings: Settings,
    said: &StoreExport,
    random: &Random,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    if said.file.exists() {
        return Err(CliError::Exists(said.file.clone()));
    }
    let seal = store::ring_of(&settings)?;
    let key = SealKey::generate(random);
    let head = Head {
        version: VERSION,
        data: DATA_VERSION,
        made: now,
        by: env!("CARGO_PKG_VERSION").to_owned(),
        key: wrapped(&settings, said, &key, random)?,
        ring: seal.to_ring(&key, random).map_err(CliError::ExportSeal)?,
    };
    let head = serde_json::to_string(&head).map_err(|_| CliError::ExportSeal(SealError::Ring))?;
    // Where the server may write: a service is often kept to its own folder.
    let data = settings.server.data.clone();
    let data = std::path::absolute(&data).map_err(CliError::file("found", &data))?;
    let beside = data.join(format!("export-{}.part", random.token()));
    let mut office = Office::open(settings).await?;
    let key = key.to_text().to_string();
    let asked = office.ask(Command::ExportStore { to: beside.clone(), head, key });
    let done = watched(&beside, asked).await;
    let done = office.close().await.and(done);
    let moved = done.and_then(|done| match done {
        Done::StoreExported { spaces, bytes, sha256 } => {
            bring(&beside, &said.file)?;
            Ok((spaces, bytes, sha256))
        }
        other => unexpected(other),
    });
    if moved.is_err() {
        let _gone = std::fs::remove_file(&beside);
    }
    let (spaces, bytes, sha256) = moved?;
    eprintln!("{} bytes: {}", bytes, in_words(&spaces));
    say(format_args!("{sha256}  {}", said.file.display()));
    Ok(())
}

/// Waits for `asked`, and shows how far the file is.
async fn watched<T>(
    file: &Path,
    asked: impl Future<Output = Result<T, CliError>>,
) -> Result<T, CliError> {
    let bar = match prompt::is_watched() {
        true => ProgressBar::new_spinner(),
        false => ProgressBar::hidden(),
    };
    let style = ProgressStyle::with_template("{spinner} exporting {bytes} {elapsed}");
    let bar = style.map(|style| bar.clone().with_style(style)).unwrap_or(bar);
    let mut asked = std::pin::pin!(asked);
    loop {
        match tokio::time::timeout(Duration::from_millis(200), &mut asked).await {
            Ok(done) => {
                bar.finish_and_clear();
                return done;
            }
            Err(_) => bar.set_position(std::fs::metadata(file).map_or(0, |file| file.len())),
        }
    }
}

/// Moves a file, to another disk too.
fn bring(from: &Path, to: &Path) -> Result<(), CliError> {
    if std::fs::rename(from, to).is_err() {
        let copied = std::fs::copy(from, to).and_then(|_| std::fs::File::open(to)?.sync_all());
        copied.map_err(CliError::file("written", to))?;
        std::fs::remove_file(from).map_err(CliError::file("removed", from))?;
    }
    files::sync_folder(to.parent().unwrap_or_else(|| Path::new(".")))
}

fn wrapped(
    settings: &Settings,
    said: &StoreExport,
    key: &SealKey,
    random: &Random,
) -> Result<Wrapped, CliError> {
    let text = key.to_text();
    let wrap = |with: &SealKey| -> Result<String, CliError> {
        let wrapped = with.wrap(CONTEXT, text.as_bytes(), random).map_err(CliError::ExportSeal)?;
        Ok(STANDARD.encode(wrapped))
    };
    if let Some(recipient) = &said.recipient {
        let wrapped = wrap_for(&files::read(recipient)?, text.as_bytes());
        let wrapped = wrapped.map_err(|error| CliError::Recipient(recipient.clone(), error))?;
        return Ok(Wrapped::Recipient(STANDARD.encode(wrapped)));
    }
    if said.passphrase || said.passphrase_file.is_some() {
        let phrase = match &said.passphrase_file {
            Some(file) => passphrase_of(file)?,
            None => prompt::new_password("the export").map_err(CliError::NoPassword)?,
        };
        if phrase.chars().count() < SHORTEST {
            return Err(CliError::Argument {
                what: "the passphrase",
                expected: "at least twelve characters",
                found: "fewer".to_owned(),
            });
        }
        let salt: [u8; 16] = random.bytes();
        let with = passphrase_key(&phrase, &salt);
        let with = with.map_err(|error| CliError::Recipient(said.file.clone(), error))?;
        return Ok(Wrapped::Passphrase { salt: STANDARD.encode(salt), key: wrap(&with)? });
    }
    Ok(Wrapped::Seal(wrap(&sealing_key(&settings.keys.seal)?)?))
}

fn import(
    settings: &Settings,
    said: &StoreImport,
    random: &Random,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    let data = &settings.server.data;
    files::make_folder(data, true)?;
    let (place, ring) = (data.join(store::STORE), data.join(store::RING));
    if place.exists() && !sled::is_empty(&place).map_err(CliError::Store)? {
        return Err(CliError::StoreNotEmpty(place));
    }
    let wrong = |error| CliError::Export(said.file.clone(), error);
    let mut reader = Reader::open(&said.file).map_err(wrong)?;
    let key = key_of(settings, said, &reader.head.key)?;
    let not_ours = |_| CliError::ImportKey(said.file.clone());
    let seal = Seal::from_ring(&reader.head.ring, &key).map_err(not_ours)?;
    let own = sealing_key(&settings.keys.seal)?;
    if ring.exists() {
        let there = Seal::from_ring(&files::read_text(&ring)?, &own);
        if !there.map_err(|error| CliError::Seal(ring.clone(), error))?.is_same(&seal) {
            return Err(CliError::OtherRing(ring));
        }
    }

    // Until it is whole, it lies beside: an import that was interrupted left no store.
    let beside = data.join("store.importing");
    if beside.exists() {
        std::fs::remove_dir_all(&beside).map_err(CliError::file("removed", &beside))?;
    }
    let bar = bar(&said.file)?;
    let (made, mut spaces) = (reader.head.made, Vec::new());
    let mut filling = sled::Filling::begin(&beside).map_err(CliError::Store)?;
    let read = loop {
        match reader.next(&key) {
            Err(error) => break Err(wrong(error)),
            Ok(None) => break Ok(()),
            Ok(Some(items)) => {
                let kept = items.into_iter();
                let kept = kept.filter(|item| said.keep_sessions || !is_session(item));
                let kept: Vec<_> = kept.filter(|item| item.value.lives(now)).collect();
                kept.iter().for_each(|item| count(&mut spaces, &item.path));
                bar.inc(1);
                if let Err(error) = filling.put(kept) {
                    break Err(CliError::Store(error));
                }
            }
        }
    };
    bar.finish_and_clear();
    let filled = read.and_then(|()| filling.end(made, now).map_err(CliError::Store));
    if let Err(error) = filled {
        let _gone = std::fs::remove_dir_all(&beside);
        return Err(error);
    }
    if !ring.exists() {
        let wrapped = seal.to_ring(&own, random).map_err(CliError::ExportSeal)?;
        files::make(&ring, wrapped.as_bytes(), true)?;
    }
    if place.exists() {
        std::fs::remove_dir_all(&place).map_err(CliError::file("removed", &place))?;
    }
    std::fs::rename(&beside, &place).map_err(CliError::file("made", &place))?;
    files::sync_folder(data)?;
    spaces.sort();
    say(format_args!(
        "Imported, as of {}: {}",
        made.format("%Y-%m-%dT%H:%M:%SZ"),
        in_words(&spaces)
    ));
    Ok(())
}

fn key_of(settings: &Settings, said: &StoreImport, head: &Wrapped) -> Result<SealKey, CliError> {
    let wrong = || CliError::ImportKey(said.file.clone());
    let decode = |text: &str| STANDARD.decode(text).map_err(|_| wrong());
    let text = match head {
        Wrapped::Seal(key) => {
            sealing_key(&settings.keys.seal)?.unwrap(CONTEXT, &decode(key)?).map_err(|_| wrong())?
        }
        Wrapped::Passphrase { salt, key } => {
            let phrase = match &said.passphrase_file {
                Some(file) => passphrase_of(file)?,
                None => prompt::password("Passphrase: ").map_err(CliError::NoPassword)?,
            };
            let with = passphrase_key(&phrase, &decode(salt)?);
            let with = with.map_err(|error| CliError::Recipient(said.file.clone(), error))?;
            with.unwrap(CONTEXT, &decode(key)?).map_err(|_| wrong())?
        }
        Wrapped::Recipient(key) => {
            let identity = said.identity.as_ref().ok_or(CliError::Argument {
                what: "--identity",
                expected: "the private key (PEM) for which the export was made",
                found: String::new(),
            })?;
            let private = Zeroizing::new(files::read(identity)?);
            let opened = unwrap_with(&private, &decode(key)?);
            opened.map_err(|error| CliError::Recipient(identity.clone(), error))?.to_vec()
        }
    };
    let text = Zeroizing::new(text);
    SealKey::parse(&String::from_utf8_lossy(&text)).map_err(|_| wrong())
}

fn sealing_key(path: &Path) -> Result<SealKey, CliError> {
    let text = Zeroizing::new(files::read_text(path)?);
    SealKey::parse(&text).map_err(|error| CliError::Seal(path.to_owned(), error))
}

fn passphrase_of(file: &Path) -> Result<Zeroizing<String>, CliError> {
    let text = Zeroizing::new(files::read_text(file)?);
    Ok(Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_owned()))
}

fn in_words(spaces: &[(String, u64)]) -> String {
    let each: Vec<String> = spaces.iter().map(|(name, count)| format!("{name} {count}")).collect();
    if each.is_empty() { "nothing".to_owned() } else { each.join(", ") }
}

fn bar(file: &Path) -> Result<ProgressBar, CliError> {
    let bytes = std::fs::metadata(file).map_err(CliError::file("read", file))?.len();
    if !prompt::is_watched() {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template("importing {spinner} {pos} chunks {elapsed}");
    let bar = ProgressBar::new(bytes);
    Ok(style.map(|style| bar.clone().with_style(style)).unwrap_or(bar))
}

const CONTEXT: &[u8] = b"ponte export key";
const SHORTEST: usize = 12;
