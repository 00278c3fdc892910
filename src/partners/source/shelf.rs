//! The disk under a source: each good copy with a note of whence and when, and what waits for a person.
//!
//! A document lies under the name of its own digest, and one small note says which is the good one: replacing the note
//! replaces the copy, so whoever is killed on the way leaves the one before or the one after.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::partners::aggregate::candidate;
use crate::world::digest::{self, sha256};

/// The folder of one source.
#[derive(Clone, Debug)]
pub struct Shelf {
    folder: PathBuf,
}

/// What is noted beside a copy.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Note {
    /// The document's name: for the only one of its source "document".
    pub document: String,
    /// The SHA-256 of its octets, hexadecimal.
    pub sha256: String,
    /// Where it came from.
    pub from: String,
    /// When it was taken.
    pub taken: DateTime<Utc>,
    /// The SHA-256 of the certificate whose key signed it, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// The entity tag that it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The date that it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// Whether it is a long list, which lies in the folder of lists.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub list: bool,
}

/// The copies of a source with their notes, and the names of those that are not as they were kept. A long list comes without its octets.
pub type Kept = (Vec<(Note, Option<Vec<u8>>)>, Vec<String>);

/// A key that a person has accepted.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Accepted {
    /// Its certificate, DER in base64.
    pub certificate: String,
    /// The SHA-256 of that, hexadecimal.
    pub fingerprint: String,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom: the user's number on this machine.
    pub by: Option<u32>,
}

/// A document that waits for a person's word.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Waiting {
    /// Where it came from, under what name, and its digest.
    pub note: Note,
    /// Why it was not taken.
    pub reason: String,
    /// More of that.
    pub detail: String,
    /// The certificate of the key that signed a long list, DER in base64, where the key is what is new; another carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}

/// The octets of what waits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Aside {
    /// These.
    Octets(Vec<u8>),
    /// Those of a long list, in this file.
    List(PathBuf),
}

impl Shelf {
    /// The shelf of the source `name` below the folder of all of them; it is made when something is put there.
    #[must_use]
    pub fn new(folder: &Path, name: &str) -> Self {
        Self { folder: folder.join(name) }
    }

    /// Keeps `octets`, of which `note` says the digest, in the place of what was kept under its name.
    ///
    /// # Errors
    /// When the disk refuses; what was there before is then still there.
    pub fn keep(&self, octets: &[u8], note: &Note) -> io::Result<()> {
        self.write(&format!("{}.xml", note.sha256), octets)?;
        let name = self.note_of(&note.document);
        self.write(&name, &serde_json::to_vec_pretty(note)?)?;
        // It may have been a long list.
        candidate::forget(&self.lists(), &Self::list_of(&note.document))?;
        self.clear()
    }

    /// Takes note of a long list that was put in its place.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn keep_note(&self, note: &Note) -> io::Result<()> {
        self.write(&self.note_of(&note.document), &serde_json::to_vec_pretty(note)?)?;
        self.clear()
    }

    /// The folder of its long lists; made when something is put there.
    #[must_use]
    pub fn lists(&self) -> PathBuf {
        self.folder.join("lists")
    }

    /// Where a long list lies that waits for a person.
    #[must_use]
    pub fn waiting_list(&self) -> PathBuf {
        self.lists().join("waiting.xml")
    }

    /// What a document that is a long list is called there.
    #[must_use]
    pub fn list_of(document: &str) -> String {
        hexadecimal(&sha256(document.as_bytes())[..20])
    }

    /// An empty file without a name, for what comes to be put into: it goes with whoever holds it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn spool(&self) -> io::Result<Spool> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let folder = self.lists();
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let path = folder.join(format!("coming-{}.new", COUNT.fetch_add(1, Ordering::Relaxed)));
        // Whoever was killed here left it.
        gone(fs::remove_file(&path))?;
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create_new(true).mode(0o600);
        let file = options.open(&path)?;
        fs::remove_file(path)?;
        Ok(Spool { file })
    }

    /// Every copy that is kept. One whose octets are not those of its note is left out, and its name told.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn kept(&self) -> io::Result<Kept> {
        let (mut kept, mut broken) = (Vec::new(), Vec::new());
        for name in self.names("good-", ".json")? {
            let note: Option<Note> = self.read_json(&name)?;
            let Some(note) = note else {
                broken.push(name);
                continue;
            };
            // The note's digest becomes a file's name: it must be one.
            let is_name = digest::read::<32>(&note.sha256).is_some();
            match if note.list { None } else { self.octets(&note)? } {
                None if note.list && is_name => kept.push((note, None)),
                Some(octets) => kept.push((note, Some(octets))),
                None => broken.push(name),
            }
        }
        Ok((kept, broken))
    }

    /// Forgets the copy of a document.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn forget(&self, document: &str) -> io::Result<()> {
        self.remove(&self.note_of(document))?;
        candidate::forget(&self.lists(), &Self::list_of(document))?;
        self.clear()
    }

    /// Sets a document aside until a person has spoken.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn set_aside(&self, octets: &[u8], waiting: &Waiting) -> io::Result<()> {
        self.write(&format!("{}.xml", waiting.note.sha256), octets)?;
        self.write(WAITING, &serde_json::to_vec_pretty(waiting)?)?;
        self.clear()
    }

    /// Takes note of a long list that was put where [`Shelf::waiting_list`] says.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn note_waiting(&self, waiting: &Waiting) -> io::Result<()> {
        self.write(WAITING, &serde_json::to_vec_pretty(waiting)?)?;
        self.clear()
    }

    /// What waits for a person, with its octets.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn waiting(&self) -> io::Result<Option<(Waiting, Aside)>> {
        let Some(waiting) = self.read_json::<Waiting>(WAITING)? else { return Ok(None) };
        if waiting.note.list {
            let list = self.waiting_list();
            return Ok(list.exists().then_some((waiting, Aside::List(list))));
        }
        Ok(self.octets(&waiting.note)?.map(|octets| (waiting, Aside::Octets(octets))))
    }

    /// Nothing waits any more.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn no_longer_waiting(&self) -> io::Result<()> {
        self.remove(WAITING)?;
        gone(fs::remove_file(self.waiting_list()))?;
        self.clear()
    }

    /// The keys that a person has accepted.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn accepted(&self) -> io::Result<Vec<Accepted>> {
        Ok(self.read_json(ACCEPTED)?.unwrap_or_default())
    }

    /// Takes note of the keys that a person has accepted, all of them.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn accept(&self, keys: &[Accepted]) -> io::Result<()> {
        self.write(ACCEPTED, &serde_json::to_vec_pretty(keys)?)
    }

    fn note_of(&self, document: &str) -> String {
        format!("good-{}.json", hexadecimal(&sha256(document.as_bytes())[..20]))
    }

    fn octets(&self, note: &Note) -> io::Result<Option<Vec<u8>>> {
        // The note's digest becomes a file's name: it must be one.
        let Some(digest) = digest::read(&note.sha256) else { return Ok(None) };
        let octets = read(&self.folder.join(format!("{}.xml", note.sha256)))?;
        Ok(octets.filter(|octets| sha256(octets) == digest))
    }

    fn read_json<T: DeserializeOwned>(&self, name: &str) -> io::Result<Option<T>> {
        let octets = read(&self.folder.join(name))?;
        Ok(octets.and_then(|octets| serde_json::from_slice(&octets).ok()))
    }

    fn names(&self, start: &str, end: &str) -> io::Result<Vec<String>> {
        let found = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            found => found?,
        };
        let mut names = Vec::new();
        for entry in found {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.starts_with(start) && name.ends_with(end) {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Removes documents that no note names any more.
    fn clear(&self) -> io::Result<()> {
        let mut named = Vec::new();
        for name in self.names("good-", ".json")? {
            named.extend(self.read_json::<Note>(&name)?.map(|note| note.sha256));
        }
        named.extend(self.read_json::<Waiting>(WAITING)?.map(|waiting| waiting.note.sha256));
        for name in self.names("", ".xml")? {
            let digest = name.strip_suffix(".xml").unwrap_or_default();
            if !named.iter().any(|one| one == digest) {
                self.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Puts a file there whole: a crash leaves the one before or the one after.
    fn write(&self, name: &str, octets: &[u8]) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let beside = self.folder.join(format!("{name}.new"));
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.write_all(octets)?;
        file.sync_all()?;
        fs::rename(&beside, self.folder.join(name))?;
        File::open(&self.folder)?.sync_all()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        gone(fs::remove_file(self.folder.join(name)))
    }
}

/// What comes, in a file.
#[derive(Debug)]
pub struct Spool {
    /// It, open.
    pub file: File,
}

impl Spool {
    /// A file of somebody else's.
    #[must_use]
    pub fn of(file: File) -> Self {
        Self { file }
    }

    /// How many octets are in it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn octets(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Goes back to its beginning.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn rewind(&mut self) -> io::Result<()> {
        self.file.rewind()
    }

    /// Its first octets, `most` of them.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn begin(&mut self, most: u64) -> io::Result<Vec<u8>> {
        self.rewind()?;
        let mut octets = Vec::new();
        (&self.file).take(most).read_to_end(&mut octets)?;
        Ok(octets)
    }
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(octets) => Ok(Some(octets)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Octets in hexadecimal digits.
#[must_use]
pub fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

const WAITING: &str = "waiting.json";
const ACCEPTED: &str = "accepted.json";

#[cfg(test)]
mod tests {
    use super::*;

    fn note(document: &str, octets: &[u8]) -> Note {
        Note {
            document: document.into(),
            sha256: hexadecimal(&sha256(octets)),
            from: "https://registry.example".into(),
            taken: DateTime::UNIX_EPOCH,
            signer: None,
            etag: Some("\"1\"".into()),
            last_modified: None,
            list: false,
        }
    }

    #[test]
    fn a_copy_is_replaced_whole_and_one_that_is_not_as_noted_is_no_copy() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path(), "idem");
        assert_eq!(shelf.kept().unwrap(), (Vec::new(), Vec::new()));
        shelf.keep(b"one", &note("document", b"one")).unwrap();
        shelf.keep(b"two", &note("document", b"two")).unwrap();
        shelf.keep(b"other", &note("https://sp.example/../..", b"other")).unwrap();
        let (kept, broken) = shelf.kept().unwrap();
        let octets: Vec<&[u8]> = kept.iter().filter_map(|(_, octets)| octets.as_deref()).collect();
        assert!(octets.len() == 2 && octets.contains(&&b"two"[..]), "{kept:?}");
        assert!(broken.is_empty());
        assert_eq!(shelf.names("", ".xml").unwrap().len(), 2, "the first one is gone");

        let file = folder.path().join("idem").join(format!("{}.xml", note("", b"two").sha256));
        fs::write(&file, b"tw0").unwrap();
        let (kept, broken) = shelf.kept().unwrap();
        assert_eq!((kept.len(), broken.len()), (1, 1), "a changed copy is not believed");

        // A note whose digest would lead elsewhere is none, of a list as of any other.
        for list in [false, true] {
            let sha256 = "../../etc/passwd".into();
            shelf.keep_note(&Note { sha256, list, ..note("document", b"") }).unwrap();
            assert_eq!(shelf.kept().unwrap().1.len(), 1, "{list}");
        }
    }

    /// What is left by whoever was killed between the document and its note.
    #[test]
    fn a_document_without_its_note_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path(), "idem");
        shelf.keep(b"one", &note("document", b"one")).unwrap();
        shelf.write(&format!("{}.xml", note("", b"two").sha256), b"two").unwrap();
        shelf.write("good-half.json.new", b"{\"doc").unwrap();
        let (kept, broken) = shelf.kept().unwrap();
        assert!(broken.is_empty());
        assert_eq!(kept[0].1.as_deref(), Some(&b"one"[..]));
        assert_eq!(kept.len(), 1);
    }

    #[test]
    fn what_waits_lies_beside_the_copy() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path(), "idem");
        shelf.keep(b"one", &note("document", b"one")).unwrap();
        let waiting = Waiting {
            note: note("document", b"two"),
            reason: "rolled-key".into(),
            detail: String::new(),
            certificate: None,
        };
        shelf.set_aside(b"two", &waiting).unwrap();
        assert_eq!(shelf.waiting().unwrap(), Some((waiting, Aside::Octets(b"two".to_vec()))));
        assert_eq!(shelf.kept().unwrap().0[0].1.as_deref(), Some(&b"one"[..]));
        shelf.no_longer_waiting().unwrap();
        assert_eq!(shelf.waiting().unwrap(), None);
        assert_eq!(shelf.names("", ".xml").unwrap().len(), 1);
    }
}
