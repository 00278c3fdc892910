//! Whether this machine's clock can be right.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use crate::cli::check::finding::Finding;

/// Compares `now` with the times of `files`, which were all written before.
#[must_use]
pub fn against_files<'a>(files: impl IntoIterator<Item = &'a Path>, now: DateTime<Utc>) -> Finding {
    let newest = files
        .into_iter()
        .filter_map(|path| {
            let written = std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()?;
            Some((DateTime::<Utc>::from(written), path))
        })
        .max_by_key(|(written, _)| *written);
    match newest {
        Some((written, path)) if written > now + TOLERANCE => Finding::error(
            "clock",
            format!(
                "it says {}, but {} was written at {}",
                shown(now),
                path.display(),
                shown(written)
            ),
            "set the clock (a time service such as chrony keeps it right): requests would be refused as too old or too new",
        ),
        _ => Finding::good("clock", shown(now)),
    }
}

fn shown(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// File systems and time servers differ by less.
const TOLERANCE: TimeDelta = TimeDelta::seconds(120);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::check::finding::Grade;
    use crate::world::clock::Clock;

    #[test]
    fn a_clock_behind_a_file_is_wrong() {
        let here = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
        let now = Clock::system().now();
        assert_eq!(against_files([here], now).grade, Grade::Good);
        let past = "2001-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(against_files([here], past).grade, Grade::Error);
        assert_eq!(against_files([], past).grade, Grade::Good);
    }
}
