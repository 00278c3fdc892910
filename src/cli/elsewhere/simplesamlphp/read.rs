//! The files of an installation.

use std::path::Path;

use chrono::NaiveDate;

use crate::cli::elsewhere::folder::Folder;
use crate::cli::elsewhere::found::Found;
use crate::cli::elsewhere::people::People;
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::simplesamlphp::authproc::{self, Renaming};
use crate::cli::elsewhere::simplesamlphp::{people, php, remote, sources};
use crate::cli::elsewhere::value::{Item, Place, Table, Value, What};
use crate::saml::names;

/// An installation: a folder with `config/` and `metadata/`, or one with `config.php` and `metadata/`, as Debian has it.
#[derive(Debug)]
pub struct Installation {
    /// The folder.
    pub folder: Folder,
    /// What stands before the names of its configuration files.
    pub config: &'static str,
    /// The folder of certificates, as it is said.
    pub certificates: String,
}

/// Reads the installation in the folder at `path`.
///
/// # Errors
/// When it is none, or a file of it cannot be read; where and why.
pub fn read(path: &Path, today: NaiveDate) -> Result<(Found, Report), String> {
    let folder = Folder::open(path).map_err(|error| error.to_string())?;
    let config = ["config/", ""].into_iter().find(|at| folder.has(&format!("{at}config.php")));
    let config = config.ok_or_else(|| {
        format!(
            "{}: there is neither config/config.php nor config.php in this folder",
            path.display()
        )
    })?;
    let mut here = Installation { folder, config, certificates: "cert/".to_owned() };
    let mut report = Report::of("SimpleSAMLphp");
    let mut found = Found::default();
    let name = format!("{config}config.php");
    let settings = here.variable(&name, "config", &mut report)?;
    let mut settings = Item::root(&name, &settings).table();
    here.certificates = here.folder_of(&mut settings, "certdir", "cert", &mut report);
    let maps = here.folder_of(&mut settings, "attributenamemapdir", "attributemap", &mut report);
    let usual = here.folder_of(&mut settings, "metadatadir", "metadata", &mut report);
    settings.pass(&["baseurlpath"]);
    let filters = settings.take("authproc.idp");
    let mut renaming = Renaming::default();
    authproc::read(filters.as_ref(), &here, &maps, &mut renaming, &mut report)?;
    if let Some(filters) = settings.take("authproc.sp") {
        for filter in filters.items() {
            let why = "what comes from an identity provider is put into our names by a table, and by rules of each upstream";
            report.left(
                filter.place(),
                "a filter (authproc.sp)",
                why,
                "see attributes of [[upstream]], and `ponte map`",
            );
        }
    }
    let folders = sources::read(settings.take("metadata.sources"), &here, &mut found, &mut report)?;
    for said in folders {
        let under = said.unwrap_or_else(|| usual.clone());
        let under = under.trim_end_matches('/');
        partners(&here, under, &maps, &mut renaming, &mut found, &mut report)?;
    }
    sources::refreshed(&here, &mut found, &mut report)?;
    let mut all = People::new(today);
    let name = format!("{config}authsources.php");
    if here.folder.has(&name) {
        let value = here.variable(&name, "config", &mut report)?;
        people::read(&Item::root(&name, &value), &here, &mut all, &mut found, &mut report)?;
    }
    found.people = all.all;
    report.rest(settings, SETTINGS);
    Ok((found, report))
}

fn partners(
    here: &Installation,
    under: &str,
    maps: &str,
    renaming: &mut Renaming,
    found: &mut Found,
    report: &mut Report,
) -> Result<(), String> {
    let file = |name: &str| format!("{under}/{name}.php");
    let hosted = file("saml20-idp-hosted");
    if here.folder.has(&hosted) {
        let value = here.variable(&hosted, "metadata", report)?;
        for idp in Item::root(&hosted, &value).items() {
            let mut table = idp.table();
            let filters = table.take("authproc");
            authproc::read(filters.as_ref(), here, maps, renaming, report)?;
            report.rest(
                table,
                &[(
                    "*",
                    "our own side is ponte's: keys, address and metadata are new",
                    "give your service providers the new metadata (`ponte metadata show`)",
                )],
            );
        }
    }
    for (name, is_provider) in [("saml20-sp-remote", false), ("saml20-idp-remote", true)] {
        let name = file(name);
        if !here.folder.has(&name) {
            continue;
        }
        let value = here.variable(&name, "metadata", report)?;
        let item = Item::root(&name, &value);
        let What::Table(entries) = item.what() else { continue };
        let mut table = item.table();
        for (entity_id, _) in entries {
            let Some(partner) = table.take(entity_id) else { continue };
            match is_provider {
                true => remote::identity_provider(entity_id, &partner, here, found, report),
                false => {
                    remote::service_provider(entity_id, &partner, here, renaming, found, report)
                }
            }
        }
    }
    for name in here.folder.list(under, ".php") {
        let known = [
            "saml20-idp-hosted.php",
            "saml20-sp-remote.php",
            "saml20-idp-remote.php",
            "saml20-sp-hosted.php",
        ];
        if !known.iter().any(|known| name.ends_with(known)) {
            let why = "metadata of another protocol, which ponte does not speak";
            report.left(Place::file(&name), name.clone(), why, "nothing, if nobody uses it");
        }
    }
    Ok(())
}

impl Installation {
    /// What the variable `name` is at the end of a file; whatever of the file is not read is reported.
    ///
    /// # Errors
    /// Where the file cannot be read, and why.
    pub fn variable(&self, file: &str, name: &str, report: &mut Report) -> Result<Value, String> {
        let text = self.folder.read(file).map_err(|error| error.to_string())?;
        let script = php::read(&text, constant);
        let mut script =
            script.map_err(|(at, why)| format!("{}: {why}", Place::new(file, at, "")))?;
        for (at, words) in script.unread {
            let why = "it is computed by PHP, which is not run";
            let mend = "write the value in its place, and import again; or settle it by hand";
            report.left(Place::new(file, at, ""), words, why, mend);
        }
        let at = crate::cli::elsewhere::value::At::default();
        Ok(script.variables.remove(name).unwrap_or(Value { at, what: What::Null }))
    }

    /// The folder that a setting names. One of the machine where it ran is looked for under its usual name.
    fn folder_of(
        &self,
        settings: &mut Table<'_>,
        key: &str,
        usual: &str,
        report: &mut Report,
    ) -> String {
        let Some(item) = settings.take(key) else { return usual.to_owned() };
        let said = item.text().unwrap_or_default();
        if self.folder.has_folder(said) {
            return said.trim_end_matches('/').to_owned();
        }
        if !self.folder.has_folder(usual) {
            let why = format!(
                "the folder {said:?} is not in the one that was named, and neither is {usual:?}"
            );
            report.left(
                item.place(),
                key,
                why,
                "copy it there, and import again, if anything is in it",
            );
        }
        usual.to_owned()
    }

    /// The certificate in a file of the folder of certificates.
    ///
    /// # Errors
    /// Why there is none.
    pub fn certificate(&self, name: &str) -> Result<String, String> {
        let folder = self.certificates.trim_end_matches('/');
        let within =
            if name.starts_with('/') { name.to_owned() } else { format!("{folder}/{name}") };
        self.folder.read(&within).map_err(|error| error.to_string())
    }
}

/// What the constants of SimpleSAMLphp's SAML library mean.
fn constant(name: &str) -> Option<&'static str> {
    Some(
        match name
            .split_once("::")
            .map(|(class, name)| (class.rsplit('\\').next().unwrap_or(class), name))?
        {
            ("Constants" | "C", name) => match name {
                "BINDING_HTTP_POST" => names::HTTP_POST,
                "BINDING_HTTP_REDIRECT" => names::HTTP_REDIRECT,
                "BINDING_SOAP" => names::SOAP,
                "BINDING_HTTP_ARTIFACT" => "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact",
                "NAMEID_TRANSIENT" => names::FORMAT_TRANSIENT,
                "NAMEID_PERSISTENT" => names::FORMAT_PERSISTENT,
                "NAMEID_EMAIL_ADDRESS" => names::FORMAT_EMAIL,
                "NAMEID_UNSPECIFIED" => names::FORMAT_UNSPECIFIED,
                "NAMEFORMAT_BASIC" => names::ATTRNAME_BASIC,
                "NAMEFORMAT_URI" => "urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
                "NAMEFORMAT_UNSPECIFIED" => {
                    "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"
                }
                _ => return None,
            },
            _ => return None,
        },
    )
}

const SETTINGS: &[(&str, &str, &str)] = &[
    (
        "secretsalt",
        "names that SimpleSAMLphp made of this salt (persistent NameIDs, targeted IDs) are others here",
        "have service providers link their accounts anew, by an attribute",
    ),
    ("auth.adminpassword", "administration is by commands, as the user that runs ponte", "nothing"),
    (
        "*",
        "a setting of how SimpleSAMLphp itself runs: pages, sessions, logs, stores",
        "see docs/configuration.md for ponte's own",
    ),
];
