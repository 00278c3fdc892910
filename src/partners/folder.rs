//! A folder of service providers' metadata, one file each.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::partners::registry::{Origin, PartnerFault, Source};

/// Reads the files `*.xml` of `folder`, by name; a folder that is not there has none.
#[must_use]
pub fn read_folder(folder: &Path) -> (Vec<Source>, Vec<PartnerFault>) {
    let fault = |path: &Path, error: io::Error| PartnerFault {
        origin: Origin::File(path.to_owned()),
        problem: error.into(),
    };
    let mut paths: Vec<PathBuf> = match list(folder) {
        Ok(paths) => paths,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return (Vec::new(), Vec::new()),
        Err(error) => return (Vec::new(), vec![fault(folder, error)]),
    };
    paths.sort_unstable();
    let (mut sources, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        match fs::read_to_string(&path) {
            Ok(xml) => sources.push(Source { origin: Origin::File(path), xml, entry: None }),
            Err(error) => faults.push(fault(&path, error)),
        }
    }
    (sources, faults)
}

fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for found in fs::read_dir(folder)? {
        let path = found?.path();
        if path.extension().is_some_and(|extension| extension == "xml") {
            paths.push(path);
        }
    }
    Ok(paths)
}
