//! The files of another system: read from one folder and from below it, each of a bounded size, and nothing else.

use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

/// A folder whose files are read.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

/// A file that is not read.
#[derive(Debug, thiserror::Error)]
pub enum BadFile {
    /// It is not there, or cannot be read.
    #[error("{0}: {1}")]
    Unreadable(String, #[source] std::io::Error),
    /// It lies elsewhere.
    #[error(
        "{0} lies outside of the folder that was named: copy it there, and name it by a path from there"
    )]
    Outside(String),
    /// It is too long.
    #[error("{0} has more than {1} MiB")]
    TooLong(String, u64),
    /// It is no text.
    #[error("{0} is not text in UTF-8: octet {1}")]
    NotText(String, usize),
}

impl Folder {
    /// The folder at `path`.
    ///
    /// # Errors
    /// When it is none.
    pub fn open(path: &Path) -> Result<Self, BadFile> {
        let shown = path.display().to_string();
        let unreadable = |error| BadFile::Unreadable(shown.clone(), error);
        let real = path.canonicalize().map_err(unreadable)?;
        if !real.is_dir() {
            let error = std::io::Error::from(std::io::ErrorKind::NotADirectory);
            return Err(BadFile::Unreadable(shown, error));
        }
        Ok(Self(real))
    }

    /// Whether there is a file of that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.place(name).is_ok_and(|path| path.is_file())
    }

    /// Whether there is a folder of that name.
    #[must_use]
    pub fn has_folder(&self, name: &str) -> bool {
        self.place(name).is_ok_and(|path| path.is_dir())
    }

    /// The text of the file called `name` below the folder; a name that leads out, by dots or by a link, is refused.
    ///
    /// # Errors
    /// [`BadFile`].
    pub fn read(&self, name: &str) -> Result<String, BadFile> {
        let path = self.place(name)?;
        read(&path, name)
    }

    /// The names below the folder `under` that end in `end`, sorted; none if there is no such folder.
    #[must_use]
    pub fn list(&self, under: &str, end: &str) -> Vec<String> {
        let Ok(folder) = self.place(under) else { return Vec::new() };
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter(|entry| entry.path().is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name.ends_with(end))
            .map(|name| if under.is_empty() { name } else { format!("{under}/{name}") })
            .collect();
        names.sort();
        names
    }

    /// Where `name` is. An absolute name is one of the machine where the other system ran: it counts if it leads into the folder.
    fn place(&self, name: &str) -> Result<PathBuf, BadFile> {
        let outside = || BadFile::Outside(name.to_owned());
        let said = Path::new(name);
        let plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if !said.is_absolute() && !said.components().all(plain) {
            return Err(outside());
        }
        let path = self.0.join(said);
        match path.canonicalize() {
            Ok(real) if real.starts_with(&self.0) => Ok(real),
            Ok(_) => Err(outside()),
            Err(_) if said.is_absolute() => Err(outside()),
            Err(error) => Err(BadFile::Unreadable(name.to_owned(), error)),
        }
    }
}

/// The text of a file called `name` in what is told.
///
/// # Errors
/// [`BadFile`].
pub fn read(path: &Path, name: &str) -> Result<String, BadFile> {
    let unreadable = |error| BadFile::Unreadable(name.to_owned(), error);
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut octets = Vec::new();
    file.take(MOST_OCTETS + 1).read_to_end(&mut octets).map_err(unreadable)?;
    if octets.len() as u64 > MOST_OCTETS {
        return Err(BadFile::TooLong(name.to_owned(), MOST_OCTETS / (1024 * 1024)));
    }
    String::from_utf8(octets)
        .map_err(|error| BadFile::NotText(name.to_owned(), error.utf8_error().valid_up_to()))
}

/// What a file may have: an export of fifty thousand people has less.
const MOST_OCTETS: u64 = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_is_read() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("secret"), "s").unwrap();
        let inside = place.path().join("in");
        std::fs::create_dir_all(inside.join("sub")).unwrap();
        std::fs::write(inside.join("sub/a.xml"), "a").unwrap();
        std::fs::write(inside.join("bad"), b"a\xff").unwrap();
        std::os::unix::fs::symlink("../secret", inside.join("link")).unwrap();
        let folder = Folder::open(&inside).unwrap();
        assert_eq!(folder.read("sub/a.xml").unwrap(), "a");
        assert_eq!(folder.read("./sub/a.xml").unwrap(), "a");
        let absolute = inside.canonicalize().unwrap().join("sub/a.xml");
        assert_eq!(folder.read(absolute.to_str().unwrap()).unwrap(), "a");
        for name in ["../secret", "sub/../../secret", "link", "/etc/passwd", "/nothing/there"] {
            assert!(matches!(folder.read(name), Err(BadFile::Outside(_))), "{name}");
        }
        assert!(matches!(folder.read("none"), Err(BadFile::Unreadable(..))));
        assert!(matches!(folder.read("bad"), Err(BadFile::NotText(_, 1))));
        let long = std::fs::File::create(inside.join("long")).unwrap();
        long.set_len(MOST_OCTETS + 1).unwrap();
        assert!(matches!(folder.read("long"), Err(BadFile::TooLong(_, 64))));
        assert_eq!(folder.list("sub", ".xml"), ["sub/a.xml"]);
        assert!(folder.list("..", "").is_empty());
        assert!(Folder::open(&inside.join("bad")).is_err());
    }
}
