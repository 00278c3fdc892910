//! Brings what was laid over a database into it, with the index of expiries.

use crate::store::disk::{Cause, Change, Disk};
use crate::store::kinds::Kinds;
use crate::store::layers::{Laid, Layer};
use crate::store::layout::{EXPIRY, expiry_key, pack, unpack};

/// How many bytes are brought before the database must have them on the disk. sled takes a freed segment (4 MiB of
/// its log) again one segment later, and never syncs in between by itself.
const AT_ONCE: usize = 256 * 1024;

/// Brings all of `layer` to `disk`, which has something of `kinds` alone; what a crash interrupts is done again.
///
/// # Errors
/// When the database fails.
pub fn settle(disk: &impl Disk, kinds: &mut Kinds, layer: &Layer) -> Result<(), Cause> {
    let is_entry = |key: &[u8]| key.starts_with(EXPIRY);
    // Entries that led nowhere go first: a value written since may have brought one back.
    let layer = layer.in_order();
    let entries = layer.iter().filter(|(key, _)| is_entry(key));
    let mut changes: Vec<Change> = entries.map(|(key, _)| (key.to_vec(), None)).collect();
    let mut length = 0;
    for (key, Laid { value, .. }) in layer.into_iter().filter(|(key, _)| !is_entry(key)) {
        let raw = if kinds.may_have(key) { disk.get(key)? } else { None };
        let before = raw.as_deref().and_then(unpack);
        if value.is_some() {
            kinds.add(key);
        }
        length += key.len() + value.as_ref().map_or(0, |value| value.bytes.len());
        let (old, new) =
            (before.as_ref().and_then(|b| b.expires), value.as_ref().and_then(|v| v.expires));
        // First the new expiry, then the value, then the old one goes: whatever a crash leaves, no value that ends
        // is without the entry by which it is swept.
        let added = new.filter(|_| old != new);
        changes.extend(added.map(|end| (expiry_key(end, key), Some(Vec::new()))));
        if value.is_some() || before.is_some() {
            changes.push((key.to_vec(), value.as_ref().map(pack)));
        }
        let gone = old.filter(|_| old != new);
        changes.extend(gone.map(|end| (expiry_key(end, key), None)));
        if length >= AT_ONCE {
            write(disk, &mut changes)?;
            length = 0;
        }
    }
    write(disk, &mut changes)
}

fn write(disk: &impl Disk, changes: &mut Vec<Change>) -> Result<(), Cause> {
    if !changes.is_empty() {
        disk.write(changes)?;
        changes.clear();
    }
    Ok(())
}

/// The layer that the changes of a log make, the last of each key.
#[must_use]
pub fn layer_of(changes: Vec<Change>) -> Layer {
    let laid = |raw: Option<Vec<u8>>| Laid { value: raw.and_then(|raw| unpack(&raw)), durable: 0 };
    changes.into_iter().map(|(key, raw)| (key, laid(raw))).collect()
}
