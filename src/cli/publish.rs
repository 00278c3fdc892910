//! `ponte metadata publish`: what is published, as files for any web server.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::cli::arguments_metadata::MetadataPublish;
use crate::cli::error::CliError;
use crate::cli::keys::take_up;
use crate::cli::office::Office;
use crate::cli::say::say;
use crate::cli::signing::{self, Examples};
use crate::cli::{files, metadata};
use crate::config::settings::Settings;
use crate::flow::publishing::Entry;
use crate::partners::registry::Registry;
use crate::saml::metadata::publish::{self, xml_id};
use crate::world::digest::{Sha256, sha1, sha256};
use crate::world::signer::Signer;

/// What was written, by the path below the folder.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Ledger {
    files: BTreeMap<String, Line>,
}

/// What one file was made of. Files of one document share all of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// Of its source, the key, the name of the list and the terms, in hexadecimal.
    version: String,
    signed: DateTime<Utc>,
    /// SHA-256 of the file, in hexadecimal.
    digest: String,
}

/// A document to be published, and by what paths.
struct Document<'a> {
    paths: Vec<String>,
    version: String,
    entries: &'a [Entry],
    is_list: bool,
}

/// Writes what is published into the folder.
///
/// # Errors
/// When it cannot be gathered, signed or written.
pub async fn carry_out(
    said: &MetadataPublish,
    settings: Settings,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    let signing = signing::load(&settings.keys, Examples::Refuse)?;
    let document = metadata::document(&metadata::identity_provider(&settings), &signing)?;
    let entities = metadata::of_entities(&settings, &signing, now)?;
    let keys = take_up::key_set(signing, document, entities, &settings, now);
    let mut office = Office::open(settings.clone()).await?;
    let sources = office.documents().await;
    office.close().await?;
    let built = Registry::build(&sources?, &HashMap::new(), &settings.idp.entity_id, now);
    let publishing = metadata::publishing(&settings, settings.publish.clone());
    let entries = publishing.all(&keys, &built.registry, now);
    let documents = documents(&settings, &*keys.signer, &entries);
    let terms = settings.publish.at(now);
    let mut count = Count::default();
    let place = said.folder.join(LEDGER);
    let mut ledger = Ledger::read(&place)?;
    for document in &documents {
        let is_good = document.paths.iter().all(|path| {
            ledger.files.get(path).is_some_and(|line| {
                line.version == document.version
                    && now < line.signed + settings.publish.valid / 2
                    && is_as_written(&said.folder.join(path), line)
            })
        });
        if is_good {
            count.left += document.paths.len();
            continue;
        }
        count.written += document.paths.len();
        if said.dry_run {
            document.paths.iter().for_each(|path| say(format_args!("Would write {path}")));
            continue;
        }
        let xml = document.sign(&settings, terms, &*keys.signer)?;
        let line = Line {
            version: document.version.clone(),
            signed: now,
            digest: hexadecimal(&sha256(xml.as_bytes())),
        };
        for path in &document.paths {
            let to = said.folder.join(path);
            files::make_folder(to.parent().unwrap_or(&said.folder), false)?;
            replace(&to, xml.as_bytes())?;
            ledger.files.insert(path.clone(), line.clone());
        }
        // So that a run that is interrupted begins where it ended.
        ledger.write(&place)?;
    }
    count.prune(said, &documents, &mut ledger)?;
    if !said.dry_run {
        files::make_folder(&said.folder, false)?;
        ledger.write(&place)?;
    }
    count.tell(said, entries.len());
    Ok(())
}

impl Document<'_> {
    fn sign(
        &self,
        settings: &Settings,
        terms: publish::Terms,
        signer: &dyn Signer,
    ) -> Result<String, CliError> {
        let name = settings.publish.name.as_deref();
        let signed = match self.entries {
            [entry] if !self.is_list => {
                publish::entity(&entry.xml, &xml_id(&entry.entity_id), terms, signer)
            }
            entries => {
                let texts: Vec<&str> = entries.iter().map(|entry| &*entry.xml).collect();
                let id = xml_id(name.unwrap_or(&settings.idp.entity_id));
                publish::list(&texts, name, &id, terms, signer)
            }
        };
        signed.map_err(|error| CliError::Publish(self.paths.join(", "), error))
    }
}

/// What is to be there, and where.
fn documents<'a>(
    settings: &Settings,
    signer: &dyn Signer,
    entries: &'a [Entry],
) -> Vec<Document<'a>> {
    let terms = &settings.publish;
    let version = |entries: &[Entry]| {
        let mut digest = Sha256::new();
        digest.update(&sha256(signer.certificate()));
        let name = terms.name.as_deref().unwrap_or_default();
        let said = format!("{} {} {name}", terms.valid.num_hours(), terms.cache.num_hours());
        digest.update(&sha256(said.as_bytes()));
        for entry in entries {
            digest.update(&sha256(entry.entity_id.as_bytes()));
            digest.update(&sha256(entry.xml.as_bytes()));
        }
        hexadecimal(&digest.finish())
    };
    let mut all: Vec<Document<'a>> = entries
        .chunks(1)
        .filter_map(|one| {
            let paths = paths(settings, &one.first()?.entity_id);
            Some(Document { paths, version: version(one), entries: one, is_list: false })
        })
        .collect();
    if terms.list && !entries.is_empty() {
        let paths = vec!["list.xml".to_owned()];
        all.push(Document { paths, version: version(entries), entries, is_list: true });
    }
    all
}

/// By what paths an entity is found: by the digest of its name, by its name if a file can have it, and ours by plain ones.
fn paths(settings: &Settings, entity_id: &str) -> Vec<String> {
    let digest = hexadecimal(&sha1(entity_id.as_bytes()));
    let mut paths = vec![format!("entities/{{sha1}}{digest}")];
    let name: String = url::form_urlencoded::byte_serialize(entity_id.as_bytes()).collect();
    let name = name.replace('+', "%20");
    // Names of a file have 255 octets at most, and a place beside it is needed while it is replaced.
    if name.len() <= 250 && !name.starts_with('.') {
        paths.push(format!("entities/{name}"));
    }
    if entity_id == settings.idp.entity_id {
        paths.push("idp.xml".into());
    }
    let own = settings.relying_parties.iter().find(|own| own.entity_id == entity_id);
    paths.extend(own.map(|own| format!("sp/{}.xml", own.id)));
    paths
}

#[derive(Default)]
struct Count {
    written: usize,
    left: usize,
    removed: usize,
    stale: usize,
}

impl Count {
    /// Removes what is published no more, or counts it.
    fn prune(
        &mut self,
        said: &MetadataPublish,
        documents: &[Document<'_>],
        ledger: &mut Ledger,
    ) -> Result<(), CliError> {
        let is_current =
            |path: &String| documents.iter().any(|document| document.paths.contains(path));
        // Whoever may write to the folder must not point elsewhere with it.
        let is_below = |path: &&String| {
            Path::new(path).components().all(|it| matches!(it, Component::Normal(_)))
        };
        let known = ledger.files.keys().filter(is_below);
        let stale: Vec<String> = known.filter(|path| !is_current(path)).cloned().collect();
        for path in stale {
            if !said.prune {
                self.stale += 1;
                continue;
            }
            self.removed += 1;
            if said.dry_run {
                say(format_args!("Would remove {path}"));
                continue;
            }
            let place = said.folder.join(&path);
            match fs::remove_file(&place) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(CliError::file("removed", &place)(error));
                }
                _ => ledger.files.remove(&path),
            };
        }
        Ok(())
    }

    fn tell(&self, said: &MetadataPublish, entities: usize) {
        let Self { written, left, removed, stale } = self;
        let place = said.folder.display();
        say(format_args!(
            "{place}: {entities} entities; {written} files written, {left} left as they were, {removed} removed"
        ));
        if *stale > 0 {
            say(format_args!("{stale} files are published no more; --prune removes them"));
        }
    }
}

impl Ledger {
    fn read(place: &Path) -> Result<Self, CliError> {
        match fs::read(place) {
            // Of one that cannot be read nothing is known: everything is written again.
            Ok(octets) => Ok(serde_json::from_slice(&octets).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(CliError::file("read", place)(error)),
        }
    }

    fn write(&self, place: &Path) -> Result<(), CliError> {
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        files::replace(place, &text)
    }
}

fn is_as_written(path: &Path, line: &Line) -> bool {
    fs::read(path).is_ok_and(|octets| hexadecimal(&sha256(&octets)) == line.digest)
}

/// Puts a file, for all to read, in the place of the one before.
fn replace(path: &Path, contents: &[u8]) -> Result<(), CliError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = File::create(&beside).and_then(|mut file| {
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
        file.write_all(contents)?;
        file.sync_all()
    });
    written.map_err(CliError::file("written", &beside))?;
    fs::rename(&beside, path).map_err(CliError::file("replaced", path))
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// For its owner alone, and of a name that web servers do not give out.
const LEDGER: &str = ".ponte-publish.json";
