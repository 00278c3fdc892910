//! The demo's folder: made the first time, reused afterwards.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::cli::arguments::Demo;
use crate::cli::demo::behind;
use crate::cli::error::CliError;
use crate::cli::keys::list as key_list;
use crate::cli::{examples, files, load};
use crate::config::settings::Settings;
use crate::config::{check, reference};
use crate::identity::attributes::AttributeName;
use crate::login::request::LocalName;
use crate::saml::upstream::metadata::plain::{self, ServiceProvider};
use crate::web::demo::service_provider::ServiceProvider as Site;
use crate::world::certificate::{self, Holder, KeyKind};
use crate::world::key_place::KeyPlace;
use crate::world::random::Random;
use crate::world::signer::KeyFile;
use url::Url;

/// What the folder holds.
#[derive(Debug)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// The identity provider's settings.
    pub settings: Settings,
    /// Those of the one behind it, if there is one.
    pub behind: Option<Settings>,
    /// The issuer of the OpenID provider behind it, if there is one.
    pub openid: Option<String>,
    /// The service provider's key.
    pub signer: KeyFile,
    /// Where the service provider is: scheme, host and port.
    pub service: Url,
    /// The service provider's metadata.
    pub metadata: String,
}

/// Makes what is missing in the folder, and reads the rest.
///
/// # Errors
/// When a file cannot be read or made, or the settings there are wrong.
pub fn open(said: &Demo, random: &Random, now: DateTime<Utc>) -> Result<Folder, CliError> {
    let path = said.data.clone();
    let provider = format!("http://idp.localhost:{}", said.port);
    let service = format!("http://sp.localhost:{}", said.sp_port);
    let service = Url::parse(&service).map_err(CliError::Address)?;
    make(&path, &provider, ("Ente di prova", "Demo body"), now)?;
    let signer = signer(&path.join("sp"), &service, random, now)?;
    let metadata = describe(&service, &signer)?;
    let file = path.join("metadata/sp/demo.xml");
    std::fs::write(&file, &metadata).map_err(CliError::file("written", &file))?;
    let behind =
        said.upstream_port.map(|port| behind::prepare(&path, &provider, port, now)).transpose()?;
    let mut more = if behind.is_some() { behind::IN_FRONT.to_owned() } else { String::new() };
    if let Some(issuer) = &said.openid {
        more += &behind::openid(issuer);
    }
    let settings = settings(&path, &provider, said.port, &more)?;
    Ok(Folder { path, settings, behind, openid: said.openid.clone(), signer, service, metadata })
}

/// Keys that everybody has: nothing here is worth better ones, and no server but the demo starts with them.
///
/// # Errors
/// When a file cannot be made.
pub(in crate::cli::demo) fn make(
    path: &Path,
    provider: &str,
    (it, en): (&str, &str),
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    let config = path.join("ponte.toml");
    if config.exists() {
        return Ok(());
    }
    files::make_folder(path, true)?;
    files::make_folder(&path.join("keys"), true)?;
    files::make_folder(&path.join("metadata/sp"), false)?;
    for (name, contents) in [
        ("keys/signing.key", examples::SIGNING_KEY),
        ("keys/signing.crt", examples::CERTIFICATE),
        ("keys/seal.key", examples::SEAL_KEY.as_bytes()),
    ] {
        let file = path.join(name);
        if !file.exists() {
            files::make(&file, contents, true)?;
        }
    }
    let text = reference::example(&[
        ("server.base-url", format!("\"{provider}\"")),
        ("idp.organization.name.it", format!("\"{it}\"")),
        ("idp.organization.name.en", format!("\"{en}\"")),
    ]);
    key_list::begin(&path.join("keys"), now)?;
    files::make(&config, text.as_bytes(), false)
}

/// The addresses are this start's, whatever the file says; the log is quiet unless somebody wants it otherwise.
/// `more` is read after the file.
///
/// # Errors
/// When the file cannot be read, or is wrong.
pub(in crate::cli::demo) fn settings(
    path: &Path,
    provider: &str,
    port: u16,
    more: &str,
) -> Result<Settings, CliError> {
    let mut environment = vec![("PONTE_SERVER_LOG_LEVEL".to_owned(), "warn".to_owned())];
    environment.push(("PONTE_MAIL_WAY".to_owned(), "folder".to_owned()));
    environment.push(("PONTE_SMS_WAY".to_owned(), "folder".to_owned()));
    environment.extend(load::environment());
    environment.push(("PONTE_SERVER_BASE_URL".to_owned(), provider.to_owned()));
    environment.push(("PONTE_SERVER_LISTEN".to_owned(), format!("127.0.0.1:{port}")));
    let config = path.join("ponte.toml");
    let text = format!("{}{more}", files::read_text(&config)?);
    Ok(check::read(&text, &config, &environment)?)
}

fn signer(
    folder: &Path,
    service: &Url,
    random: &Random,
    now: DateTime<Utc>,
) -> Result<KeyFile, CliError> {
    let (key, certificate) = (folder.join("signing.key"), folder.join("signing.crt"));
    if !certificate.exists() {
        let entity_id = Site::entity_id(service);
        let holder = Holder {
            common_name: "Servizio di prova",
            organization: "Servizio di prova",
            entity_id: &entity_id,
            organization_identifier: "VATIT-00000000000",
            country: "IT",
            locality: "Roma",
        };
        let serial = random.bytes::<16>();
        let pair = certificate::make(KeyKind::Rsa2048, &holder, &[], now, 3650, serial)?;
        files::make_folder(folder, true)?;
        if key.exists() {
            std::fs::remove_file(&key).map_err(CliError::file("removed", &key))?;
        }
        files::make(&key, &pair.key, true)?;
        files::make(&certificate, &pair.certificate, false)?;
    }
    KeyFile::load(&files::read(&key)?, &files::read(&certificate)?)
        .map_err(|error| CliError::Key(KeyPlace::File(key), error))
}

fn describe(service: &Url, signer: &KeyFile) -> Result<String, CliError> {
    let name = |it: &str, en: &str| LocalName { it: Some(it.into()), en: Some(en.into()) };
    let sp = ServiceProvider {
        entity_id: Site::entity_id(service),
        consumer: Site::consumer(service),
        logout: format!("{service}slo"),
        name: name("Servizio di prova", "Demo service"),
        url: service.to_string(),
        attributes: vec![
            AttributeName::SpidCode,
            AttributeName::Name,
            AttributeName::FamilyName,
            AttributeName::DateOfBirth,
            AttributeName::FiscalNumber,
            AttributeName::Email,
        ],
    };
    plain::write(&sp, "_demo", signer).map_err(CliError::Metadata)
}
