//! Tar archives of a few small files (POSIX ustar): what any system opens.

const BLOCK: usize = 512;

/// An archive of `files`, names with octets; `seconds` since 1970 is told as their time.
#[must_use]
pub fn write(files: &[(&str, Vec<u8>)], seconds: u64) -> Vec<u8> {
    let mut tar = Vec::new();
    for (name, bytes) in files {
        let mut head = [0; BLOCK];
        let mut put = |at: usize, text: &str| {
            for (place, byte) in head[at..].iter_mut().zip(text.bytes()) {
                *place = byte;
            }
        };
        put(0, name);
        put(100, "0000600\0");
        put(108, "0000000\0");
        put(116, "0000000\0");
        put(124, &format!("{:011o}\0", bytes.len()));
        put(136, &format!("{seconds:011o}\0"));
        put(148, "        ");
        put(156, "0");
        put(257, "ustar\x0000");
        let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
        for (place, byte) in head[148..].iter_mut().zip(format!("{sum:06o}\0 ").bytes()) {
            *place = byte;
        }
        tar.extend_from_slice(&head);
        tar.extend_from_slice(bytes);
        tar.resize(tar.len().next_multiple_of(BLOCK), 0);
    }
    tar.resize(tar.len() + 2 * BLOCK, 0);
    tar
}

/// The files of an archive that [`write`] made, or one like it: plain files only. `None` when it is something else.
#[must_use]
pub fn read(tar: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    let mut rest = tar;
    loop {
        let (head, after) = rest.split_at_checked(BLOCK)?;
        if head.iter().all(|byte| *byte == 0) {
            return Some(files);
        }
        let sum: u32 = head
            .iter()
            .enumerate()
            .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) })
            .sum();
        if octal(&head[148..156])? != u64::from(sum) || !matches!(head[156], b'0' | 0) {
            return None;
        }
        let name = head[..100].split(|byte| *byte == 0).next()?;
        let length = usize::try_from(octal(&head[124..136])?).ok()?;
        let bytes = after.get(..length)?.to_vec();
        files.push((String::from_utf8(name.to_vec()).ok()?, bytes));
        rest = after.get(length.checked_next_multiple_of(BLOCK)?..)?;
    }
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?;
    u64::from_str_radix(text.trim_matches(['\0', ' ']), 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn files_come_back(a: Vec<u8>, b: Vec<u8>) {
            let tar = write(&[("a.txt", a.clone()), ("b.bin", b.clone())], 1_700_000_000);
            prop_assert_eq!(tar.len() % BLOCK, 0);
            prop_assert_eq!(read(&tar), Some(vec![("a.txt".into(), a), ("b.bin".into(), b)]));
        }

        #[test]
        fn whatever_is_no_archive_is_none_and_no_panic(bytes: Vec<u8>, at in 0_usize..2048) {
            let _none_or_some = read(&bytes);
            let mut tar = write(&[("a.txt", bytes)], 0);
            if let Some(byte) = tar.get_mut(at) {
                *byte ^= 0x55;
            }
            let _none_or_some = read(&tar);
        }
    }
}
