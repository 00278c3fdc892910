//! Where a private key is: in a file, or in a token under a name.

use std::fmt;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// Where a private key is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeyPlace {
    /// A file, PEM.
    File(PathBuf),
    /// The token of the settings.
    Token(TokenName),
}

/// What a key is called in a token: a label (CKA_LABEL), an id (CKA_ID), or both.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TokenName {
    /// CKA_LABEL.
    pub label: Option<String>,
    /// CKA_ID.
    pub id: Option<Vec<u8>>,
}

/// A text that names no key of a token.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "{0:?} names no key: expected pkcs11:object=LABEL, pkcs11:id=%01%02, or both with a semicolon between (RFC 7512)"
)]
pub struct BadPlace(pub String);

impl KeyPlace {
    /// Reads a path, or a `pkcs11:` URI of `object`, `id` and `type=private` only (RFC 7512 §2.3): which token it is, the settings say.
    ///
    /// # Errors
    /// When it is such a URI and says something else, or nothing.
    pub fn parse(said: &str) -> Result<Self, BadPlace> {
        let Some(attributes) = said.strip_prefix(SCHEME) else {
            return Ok(Self::File(PathBuf::from(said)));
        };
        let bad = || BadPlace(said.to_owned());
        // What follows a question mark is for finding the module and the PIN.
        if attributes.contains('?') {
            return Err(bad());
        }
        let mut name = TokenName::default();
        for attribute in attributes.split(';') {
            let (key, value) = attribute.split_once('=').ok_or_else(bad)?;
            let value: Vec<u8> = percent_decode_str(value).collect();
            match key {
                "object" if name.label.is_none() => {
                    name.label = Some(String::from_utf8(value).map_err(|_| bad())?);
                }
                "id" if name.id.is_none() => name.id = Some(value),
                "type" if value == b"private" => {}
                _ => return Err(bad()),
            }
        }
        let says_something = name.label.as_ref().is_some_and(|label| !label.is_empty())
            || name.id.as_ref().is_some_and(|id| !id.is_empty());
        if says_something { Ok(Self::Token(name)) } else { Err(bad()) }
    }

    /// The same with a relative path taken from `folder`.
    #[must_use]
    pub fn within(self, folder: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(folder.join(path)),
            token @ Self::Token(_) => token,
        }
    }

    /// Its file, if it is in one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Token(_) => None,
        }
    }
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Token(name) => write!(f, "{name}"),
        }
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SCHEME)?;
        if let Some(label) = &self.label {
            write!(f, "object={}", percent_encode(label.as_bytes(), KEPT))?;
        }
        if let Some(id) = &self.id {
            f.write_str(if self.label.is_some() { ";id=" } else { "id=" })?;
            for octet in id {
                write!(f, "%{octet:02X}")?;
            }
        }
        Ok(())
    }
}

const SCHEME: &str = "pkcs11:";
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read() {
        for said in
            ["pkcs11:object=signing-2", "pkcs11:id=%01%FF", "pkcs11:object=a%20%3B%C3%A0;id=%2A"]
        {
            assert_eq!(KeyPlace::parse(said).unwrap().to_string(), said);
        }
        let file = KeyPlace::parse("signing.key").unwrap();
        assert_eq!(file.within(Path::new("/k")), KeyPlace::File("/k/signing.key".into()));
        assert!(KeyPlace::parse("pkcs11:type=private;object=a").is_ok());
    }

    #[test]
    fn a_uri_that_names_no_key_is_refused() {
        for said in [
            "pkcs11:",
            "pkcs11:object=",
            "pkcs11:id=",
            "pkcs11:token=a;object=b",
            "pkcs11:object=a;object=b",
            "pkcs11:object=%ff",
            "pkcs11:type=public;object=a",
            "pkcs11:object=a?pin-value=1",
        ] {
            assert_eq!(KeyPlace::parse(said), Err(BadPlace(said.into())));
        }
    }
}
