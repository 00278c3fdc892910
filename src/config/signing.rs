//! `[keys]`: where the signing keys are.

use std::path::Path;

use crate::config::raw;
use crate::config::settings::{Keys, SigningKey, Token};
use crate::world::key_place::KeyPlace;
use crate::world::token::Which;

/// Something wrong: the key, what was expected, what was found.
pub type Wrong = (String, &'static str, String);

/// Checks the section; relative paths are taken from `folder`.
///
/// # Errors
/// With everything that is wrong.
pub fn check(raw: &raw::Keys, folder: &Path) -> Result<Keys, Vec<Wrong>> {
    let mut wrong = Vec::new();
    let mut signing = Vec::with_capacity(raw.signing.len());
    for (number, key) in raw.signing.iter().enumerate() {
        match KeyPlace::parse(&key.key) {
            Ok(place) => signing.push(SigningKey {
                key: place.within(folder),
                certificate: folder.join(&key.certificate),
            }),
            Err(_) => wrong.push((
                format!("keys.signing[{}].key", number + 1),
                "a file, or pkcs11:object=LABEL",
                format!("{:?}", key.key),
            )),
        }
    }
    let token = token(&raw.pkcs11, folder).unwrap_or_else(|fault| {
        wrong.push(fault);
        None
    });
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(Keys {
        seal: folder.join(&raw.seal),
        folder: folder.join(&raw.folder),
        signing,
        passphrase: raw.passphrase_file.as_ref().map(|file| folder.join(file)),
        token,
    })
}

fn token(raw: &raw::Pkcs11, folder: &Path) -> Result<Option<Token>, Wrong> {
    let sessions = usize::try_from(raw.sessions).ok().filter(|n| (1..=256).contains(n));
    let sessions = sessions.ok_or_else(|| {
        let key = "keys.pkcs11.sessions".to_owned();
        (key, "a number from 1 to 256", raw.sessions.to_string())
    })?;
    let Some(module) = &raw.module else { return Ok(None) };
    let which = match (&raw.token, raw.slot) {
        (_, Some(slot)) => Which::Slot(slot),
        (Some(label), None) => Which::Label(label.clone()),
        (None, None) => {
            let key = "keys.pkcs11.token".to_owned();
            return Err((
                key,
                "the token's label, or its slot in keys.pkcs11.slot",
                "neither".to_owned(),
            ));
        }
    };
    let pin = raw.pin_file.as_ref().map(|file| folder.join(file));
    Ok(Some(Token { module: folder.join(module), which, pin, sessions }))
}
