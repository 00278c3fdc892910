//! The store as one file, while it serves.

use std::path::Path;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use crate::admin::desk::{Desk, DeskError};
use crate::store::export::{Contents, Writer, belongs};
use crate::world::seal::SealKey;

/// Writes an export of the store, as of this moment, to `to`, with `head` and the file's `key`.
///
/// # Errors
/// When the file is there or cannot be written, or the store fails.
pub async fn export(
    desk: &Desk<'_>,
    to: &Path,
    head: &str,
    key: &str,
    now: DateTime<Utc>,
) -> Result<Contents, DeskError> {
    let key = SealKey::parse(key).map_err(DeskError::ExportKey)?;
    let mut writer = Writer::make(to, head, &key, desk.records.random)?;
    let (send, mut receive) = mpsc::channel(4);
    let dumping = desk.records.store.dump(send, now);
    let writing = async {
        while let Some(items) = receive.recv().await {
            for item in items.iter().filter(|item| belongs(item)) {
                writer.put(item)?;
            }
        }
        Ok::<_, DeskError>(writer)
    };
    let (dumped, written) = tokio::join!(dumping, writing);
    let ended = dumped.map_err(DeskError::Store).and(written);
    let ended = ended.and_then(|writer| Ok(writer.end()?));
    if ended.is_err() {
        // Half of an export is none.
        let _gone = std::fs::remove_file(to);
    }
    ended
}
