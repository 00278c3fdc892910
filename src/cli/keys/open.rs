//! Private keys taken into use: from their files, or from the token.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::cli::error::CliError;
use crate::cli::keys::list::KeyList;
use crate::cli::signing::Examples;
use crate::cli::{examples, files, load};
use crate::config::document::{PASSPHRASE_VARIABLE, PIN_VARIABLE};
use crate::config::settings::Keys;
use crate::world::certificate::{Certificate, KeyKind};
use crate::world::key_place::{KeyPlace, TokenName};
use crate::world::private_key::{Digest, PrivateKey};
use crate::world::roles::{Entry, RolesError};
use crate::world::signer::{KeyError, KeyFile, SignError, SignatureAlgorithm, Signer};
use crate::world::token::{Token, TokenError, TokenSettings};
use crate::world::token_key::{TokenKey, TokenSigner};

/// What opens private keys; the token is logged in to once.
#[derive(Debug)]
pub struct Opener<'a> {
    keys: &'a Keys,
    examples: Examples,
    takes_exposed: bool,
    token: OnceCell<Arc<Token>>,
}

/// A private key that can be used, without its certificate.
#[derive(Debug)]
pub enum Opened {
    /// From a file.
    Held(Box<PrivateKey>),
    /// In the token.
    Token(TokenKey),
}

impl<'a> Opener<'a> {
    /// By the settings.
    #[must_use]
    pub fn new(keys: &'a Keys, examples: Examples) -> Self {
        Self { keys, examples, takes_exposed: examples == Examples::Accept, token: OnceCell::new() }
    }

    /// The same for who tells of files that lie open in another way.
    #[must_use]
    pub fn that_takes_exposed(self) -> Self {
        Self { takes_exposed: true, ..self }
    }

    /// The private key at `place`.
    ///
    /// # Errors
    /// When it cannot be read, lies open, or is not to be had from the token.
    pub fn open(&self, place: &KeyPlace, digest: Digest) -> Result<Opened, CliError> {
        let failed = |error| CliError::Key(place.clone(), error);
        match place {
            KeyPlace::File(path) => {
                let pem = Zeroizing::new(files::read(path)?);
                let passphrase = self.passphrase()?;
                let passphrase = passphrase.as_ref().map(|said| said.as_bytes());
                let key = PrivateKey::from_pem(&pem, passphrase, digest).map_err(failed)?;
                if self.examples == Examples::Refuse && examples::is_example_key(&key) {
                    return Err(CliError::ExampleKey(path.clone()));
                }
                if !self.takes_exposed {
                    files::guard(path)?;
                }
                Ok(Opened::Held(Box::new(key)))
            }
            KeyPlace::Token(name) => {
                let key = TokenKey::find(self.token()?, name.clone(), digest);
                Ok(Opened::Token(key.map_err(failed)?))
            }
        }
    }

    /// The key of `entry` with its certificate, ready to sign.
    ///
    /// # Errors
    /// As [`Self::open`], or when the certificate is missing, unreadable, another key's, or an example.
    pub fn signer(&self, list: &KeyList, entry: &Entry) -> Result<Arc<dyn Signer>, CliError> {
        let no_certificate = || RolesError::NoCertificate(entry.name.clone());
        let path = list.certificate(entry).ok_or_else(no_certificate)?;
        let pem = files::read(&path)?;
        let place = list.place(entry)?.ok_or(CliError::NoSigningKey)?;
        let certificate =
            Certificate::from_pem(&pem).map_err(|error| CliError::BadCertificate(path, error))?;
        if self.examples == Examples::Refuse && examples::is_example_certificate(&certificate) {
            let path = place.file().map_or_else(PathBuf::new, Path::to_path_buf);
            return Err(CliError::ExampleKey(path));
        }
        self.certified(&place, entry.digest, &pem)
    }

    /// The key at `place` with the certificate `pem`, ready to sign.
    ///
    /// # Errors
    /// As [`Self::open`], or when the certificate is another key's.
    pub fn certified(
        &self,
        place: &KeyPlace,
        digest: Digest,
        pem: &[u8],
    ) -> Result<Arc<dyn Signer>, CliError> {
        let signer: Result<Arc<dyn Signer>, KeyError> = match self.open(place, digest)? {
            Opened::Held(key) => KeyFile::of(*key, pem).map(|key| Arc::new(key) as _),
            Opened::Token(key) => TokenSigner::of(key, pem).map(|key| Arc::new(key) as _),
        };
        signer.map_err(|error| CliError::Key(place.clone(), error))
    }

    /// The passphrase of encrypted keys, if one is known.
    ///
    /// # Errors
    /// When its file cannot be read, or lies open.
    pub fn passphrase(&self) -> Result<Option<Zeroizing<String>>, CliError> {
        secret(PASSPHRASE_VARIABLE, self.keys.passphrase.as_deref())
    }

    /// The token of the settings, logged in to.
    ///
    /// # Errors
    /// When there is none, or it cannot be used.
    pub fn token(&self) -> Result<Arc<Token>, CliError> {
        if let Some(token) = self.token.get() {
            return Ok(Arc::clone(token));
        }
        let failed = |error: TokenError| CliError::Token(error);
        let settings = self.keys.token.as_ref().ok_or_else(|| failed(TokenError::NotSet))?;
        let pin = secret(PIN_VARIABLE, settings.pin.as_deref())?.ok_or(CliError::NoPin)?;
        let token = Token::open(TokenSettings {
            module: settings.module.clone(),
            which: settings.which.clone(),
            pin,
            sessions: settings.sessions,
        });
        let token = Arc::new(token.map_err(failed)?);
        Ok(Arc::clone(self.token.get_or_init(|| token)))
    }

    /// Has the token make a key.
    ///
    /// # Errors
    /// As [`Self::token`], or when it refuses.
    pub fn make_in_token(&self, name: &TokenName, kind: KeyKind) -> Result<(), CliError> {
        TokenKey::generate(&*self.token()?, name, kind).map_err(CliError::Token)
    }

    /// Has the token destroy a key.
    ///
    /// # Errors
    /// As [`Self::token`], or when it refuses.
    pub fn destroy_in_token(&self, name: &TokenName) -> Result<(), CliError> {
        TokenKey::destroy(&*self.token()?, name).map_err(CliError::Token)
    }
}

impl Opened {
    /// Its public half, SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// When it cannot be told.
    pub fn public(&self) -> Result<Vec<u8>, KeyError> {
        match self {
            Self::Held(key) => key.public(),
            Self::Token(key) => key.public(),
        }
    }

    /// What its signatures are.
    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        match self {
            Self::Held(key) => key.algorithm(),
            Self::Token(key) => key.algorithm(),
        }
    }

    /// Signs.
    ///
    /// # Errors
    /// When the key's holder refuses or is gone.
    pub fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, SignError> {
        match self {
            Self::Held(key) => key.sign(octets),
            Self::Token(key) => key.sign(octets),
        }
    }
}

/// A secret from the environment, else from its file, without the last line end.
fn secret(variable: &str, file: Option<&Path>) -> Result<Option<Zeroizing<String>>, CliError> {
    let said = load::environment().into_iter().find(|(name, _)| name == variable);
    if let Some((_, said)) = said {
        return Ok(Some(Zeroizing::new(said)));
    }
    let Some(path) = file else { return Ok(None) };
    files::guard(path)?;
    let text = Zeroizing::new(files::read_text(path)?);
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Some(Zeroizing::new(line.strip_suffix('\r').unwrap_or(line).to_owned())))
}
