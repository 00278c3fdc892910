//! New keys, and certificates or requests for them, judged after they are made.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::cli::error::CliError;
use crate::cli::files;
use crate::cli::keys::arguments::{BodyChoice, DigestChoice, New, Subject as Said};
use crate::cli::keys::list::{self, KeyList};
use crate::cli::keys::open::{Opened, Opener};
use crate::cli::signing::{self, Examples};
use crate::config::settings::Settings;
use crate::world::certificate::{Certificate, Holder};
use crate::world::issue::{self, ORGANIZATION_IDENTIFIER, Subject};
use crate::world::key_place::{KeyPlace, TokenName};
use crate::world::private_key::{Digest, PrivateKey};
use crate::world::random::Random;
use crate::world::roles::{Entry, Role};
use crate::world::shape::{self, Body};

/// Whom a certificate names, and under which policies.
#[derive(Clone, Debug)]
pub struct Names {
    common_name: String,
    organization: String,
    entity_id: String,
    identifier: String,
    country: String,
    locality: String,
    body: Body,
}

/// A key was made, or would be.
#[derive(Debug)]
pub struct Made {
    /// What it is called.
    pub name: String,
    /// What it does.
    pub role: Role,
    /// Where it is.
    pub place: KeyPlace,
    /// What was made beside it: certificate or request.
    pub file: PathBuf,
    /// Its certificate.
    pub certificate: Option<Certificate>,
}

impl Names {
    /// As said, else as in the settings, else as in the certificate of the key that signs.
    ///
    /// # Errors
    /// When something is known from nowhere.
    pub fn new(said: &Said, settings: &Settings, list: &KeyList) -> Result<Self, CliError> {
        let current = list.roles.with(Role::Current);
        let current = current.and_then(|entry| signing::certificate(list, entry).ok());
        let there = |fields: &[&str]| {
            let current = current.as_ref()?;
            fields.iter().find_map(|field| current.subject_field(field)).map(str::to_owned)
        };
        let organization = &settings.idp.organization.name;
        let organization = organization.it.clone().or_else(|| organization.en.clone());
        let organization = organization.unwrap_or_default();
        let identifier = said.organization_id.clone().or_else(|| settings.idp.identifier.clone());
        let identifier =
            identifier.or_else(|| there(&["organizationIdentifier", ORGANIZATION_IDENTIFIER]));
        let locality = said.locality.clone().or_else(|| settings.idp.locality.clone());
        let missing = |what, expected| CliError::Argument { what, expected, found: String::new() };
        let identifier = identifier
            .ok_or_else(|| missing("--organization-id", "PA:IT-…, VATIT-… or CF:IT-…"))?;
        let body = match said.body {
            Some(BodyChoice::Public) => Body::Public,
            Some(BodyChoice::Private) => Body::Private,
            None => Body::of(&identifier),
        };
        Ok(Self {
            common_name: said.common_name.clone().unwrap_or_else(|| organization.clone()),
            organization,
            entity_id: settings.idp.entity_id.clone(),
            identifier,
            country: said.country.clone(),
            locality: locality
                .or_else(|| there(&["L"]))
                .ok_or_else(|| missing("--locality", "the organisation's town"))?,
            body,
        })
    }

    fn holder(&self) -> Holder<'_> {
        Holder {
            common_name: &self.common_name,
            organization: &self.organization,
            entity_id: &self.entity_id,
            organization_identifier: &self.identifier,
            country: &self.country,
            locality: &self.locality,
        }
    }

    /// The request for a certificate of `key`, PEM.
    ///
    /// # Errors
    /// When a field does not fit, or the key does not sign.
    pub fn request(&self, key: &Opened) -> Result<Vec<u8>, CliError> {
        let public = key.public()?;
        let subject = Subject {
            public: &public,
            algorithm: key.algorithm(),
            sign: |octets: &[u8]| key.sign(octets),
        };
        Ok(issue::request(&subject, &self.holder(), &self.body.policies())?)
    }

    fn certificate(
        &self,
        key: &Opened,
        random: &Random,
        now: DateTime<Utc>,
        days: u32,
    ) -> Result<Vec<u8>, CliError> {
        certify(key, &self.holder(), self.body, random, now, days)
    }
}

/// The certificate of `key`, signed by itself, PEM; read back and every field judged.
///
/// # Errors
/// When a field does not fit, the key does not sign, or what came out is not as it should be.
pub fn certify(
    key: &Opened,
    holder: &Holder<'_>,
    body: Body,
    random: &Random,
    now: DateTime<Utc>,
    days: u32,
) -> Result<Vec<u8>, CliError> {
    let public = key.public()?;
    let subject = Subject {
        public: &public,
        algorithm: key.algorithm(),
        sign: |octets: &[u8]| key.sign(octets),
    };
    let (policies, serial) = (body.policies(), random.bytes::<16>());
    let pem = issue::self_signed(&subject, holder, &policies, now, days, serial)?;
    let made = Certificate::from_pem(&pem)?;
    let points = shape::judge(&made, holder.entity_id)?;
    let wrong = points.iter().find_map(|point| {
        let expected = point.wrong.as_ref()?;
        Some(format!("{}: expected {expected}, found {:?}", point.field, point.found))
    });
    match wrong {
        Some(wrong) => Err(CliError::Shape(wrong)),
        None if !made.is_self_signed()? => {
            Err(CliError::Shape("its signature is not that of its key".to_owned()))
        }
        None => Ok(pem),
    }
}

/// Makes a key with its certificate, or with a request for one, and takes it into the list.
///
/// # Errors
/// When its name or its role is taken, a file is there already, or something cannot be made. What was made for nothing is removed.
pub fn make(
    said: &New,
    settings: &Settings,
    random: &Random,
    now: DateTime<Utc>,
) -> Result<Made, CliError> {
    list::change(&settings.keys, now, said.dry.run, |list| {
        let names = Names::new(&said.subject, settings, list)?;
        let name = match &said.name {
            Some(name) => name.clone(),
            None => free_name(list),
        };
        if list.roles.find(&name).is_ok() {
            return Err(crate::world::roles::RolesError::Taken(name).into());
        }
        let role = if said.csr { Role::Pending } else { list.roles.free_role()? };
        let digest = match said.digest {
            DigestChoice::Sha256 => Digest::Sha256,
            DigestChoice::Sha384 => Digest::Sha384,
            DigestChoice::Sha512 => Digest::Sha512,
        };
        let (shown, place) = place(said, &name, list)?;
        let extension = if said.csr { "csr" } else { "crt" };
        let file = format!("{name}.{extension}");
        let path = list.folder.join(&file);
        let new_file = place.file().filter(|_| said.from.is_none()).map(Path::to_path_buf);
        for path in new_file.iter().chain([&path]) {
            if path.exists() {
                return Err(CliError::Exists(path.clone()));
            }
        }
        let mut made = Made { name, role, place, file: path, certificate: None };
        if said.dry.run {
            return Ok(made);
        }
        let opener = Opener::new(&settings.keys, Examples::Refuse);
        let written = (|| {
            let key = key(said, &made, digest, &opener)?;
            let text = if said.csr {
                names.request(&key)?
            } else {
                names.certificate(&key, random, now, said.days)?
            };
            files::make(&made.file, &text, false)?;
            files::sync_folder(&list.folder)?;
            Ok::<_, CliError>(text)
        })();
        let text = match written {
            Ok(text) => text,
            Err(error) => {
                undo(said, &made, new_file.as_deref(), &opener, &error);
                return Err(error);
            }
        };
        if !said.csr {
            made.certificate = Some(Certificate::from_pem(&text)?);
        }
        list.roles.add(Entry {
            name: made.name.clone(),
            role,
            key: Some(shown),
            certificate: (!said.csr).then_some(file),
            digest,
            made: now,
            since: now,
            published: false,
        })?;
        Ok(made)
    })
}

/// A name that neither the list nor a file has.
fn free_name(list: &KeyList) -> String {
    let numbered = (2..).map(|number| format!("signing-{number}"));
    let is_free = |name: &String| {
        let files = ["key", "crt", "csr"].map(|end| list.folder.join(format!("{name}.{end}")));
        list.roles.find(name).is_err() && !files.iter().any(|file| file.exists())
    };
    std::iter::once("signing".to_owned()).chain(numbered).find(is_free).unwrap_or_default()
}

/// Where the private key is, or will be: as the list says it, and as it is.
fn place(said: &New, name: &str, list: &KeyList) -> Result<(String, KeyPlace), CliError> {
    if let Some(from) = &said.from {
        let place = KeyPlace::parse(from)?;
        let place = match place {
            KeyPlace::File(path) => {
                let absolute =
                    std::path::absolute(&path).map_err(CliError::file("found", &path))?;
                KeyPlace::File(absolute)
            }
            token @ KeyPlace::Token(_) => token,
        };
        return Ok((place.to_string(), place));
    }
    if said.in_token {
        let place = KeyPlace::Token(TokenName { label: Some(name.to_owned()), id: None });
        return Ok((place.to_string(), place));
    }
    let file = format!("{name}.key");
    Ok((file.clone(), KeyPlace::File(list.folder.join(file))))
}

fn key(said: &New, made: &Made, digest: Digest, opener: &Opener<'_>) -> Result<Opened, CliError> {
    match &made.place {
        KeyPlace::File(path) if said.from.is_none() => {
            let key = PrivateKey::generate(said.key.kind(), digest)?;
            let passphrase = opener.passphrase()?;
            let pem = key.to_pem(passphrase.as_ref().map(|said| said.as_bytes()))?;
            files::make(path, &pem, true)?;
        }
        KeyPlace::Token(name) if said.from.is_none() => {
            opener.make_in_token(name, said.key.kind())?;
        }
        _ => {}
    }
    opener.open(&made.place, digest)
}

/// Removes what was made before the error; a key that was there before stays.
fn undo(said: &New, made: &Made, key: Option<&Path>, opener: &Opener<'_>, error: &CliError) {
    if matches!(error, CliError::Exists(_)) {
        return;
    }
    for path in key.into_iter().chain([made.file.as_path()]) {
        let _ = std::fs::remove_file(path);
    }
    if let (true, KeyPlace::Token(name)) = (said.in_token, &made.place)
        && !matches!(error, CliError::Token(_))
    {
        let _ = opener.destroy_in_token(name);
    }
}
