//! `proxy_conf.yaml` and the files that it names.

use std::path::Path;

use crate::cli::elsewhere::folder::Folder;
use crate::cli::elsewhere::found::Found;
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::satosa::attributes::Internal;
use crate::cli::elsewhere::satosa::{backends, frontends};
use crate::cli::elsewhere::value::{Item, Value};
use crate::cli::elsewhere::yaml;

/// A proxy.
#[derive(Debug)]
pub struct Proxy {
    /// Its folder.
    pub folder: Folder,
    /// Its address.
    pub base: String,
    /// Its attributes.
    pub internal: Internal,
}

/// Reads the proxy in the folder at `path`.
///
/// # Errors
/// When it is none, or a file of it cannot be read; where and why.
pub fn read(path: &Path) -> Result<(Found, Report), String> {
    let folder = Folder::open(path).map_err(|error| error.to_string())?;
    let mut report = Report::of("SATOSA");
    let mut found = Found::default();
    let name = "proxy_conf.yaml";
    let value = load(&folder, name, &mut report)?;
    let item = Item::root(name, &value);
    if !item.is_table() {
        return Err(format!(
            "{name}: this is no configuration of SATOSA: it is {}",
            item.what().kind()
        ));
    }
    let mut proxy = item.table();
    let base = proxy.said("BASE").unwrap_or_default().trim_end_matches('/').to_owned();
    let internal =
        proxy.said("INTERNAL_ATTRIBUTES").unwrap_or("internal_attributes.yaml").to_owned();
    let value = load(&folder, &internal, &mut report)?;
    let internal = Internal::read(&Item::root(&internal, &value), &mut report);
    let here = Proxy { folder, base, internal };
    for (list, is_frontend) in [("FRONTEND_MODULES", true), ("BACKEND_MODULES", false)] {
        for module in proxy.items(list) {
            let Some(file) = module.text() else { continue };
            let value = load(&here.folder, file, &mut report)?;
            let module = Item::root(file, &value);
            match is_frontend {
                true => frontends::read(&module, &here, &mut found, &mut report),
                false => backends::read(&module, &here, &mut found, &mut report),
            }
        }
    }
    for service in proxy.items("MICRO_SERVICES") {
        let why = "no code of a micro-service is run";
        let mend = "see what it does: attributes are mapped by rules of [[upstream]], and released as [[service-provider]] says";
        report.left(
            service.place(),
            format!("the micro-service {}", service.text().unwrap_or("written in place")),
            why,
            mend,
        );
    }
    report.rest(proxy, SETTINGS);
    Ok((found, report))
}

fn load(folder: &Folder, name: &str, report: &mut Report) -> Result<Value, String> {
    let text = folder.read(name).map_err(|error| error.to_string())?;
    let value = yaml::read(&text, name)?;
    report.unknown_values(
        &Item::root(name, &value),
        "it is taken from the environment or from elsewhere, which is not read",
    );
    Ok(value)
}

impl Proxy {
    /// An address or a name with what SATOSA puts in it for the module called `name`.
    #[must_use]
    pub fn filled(&self, text: &str, name: &str) -> String {
        text.replace("<base_url>", &self.base).replace("<name>", name)
    }
}

const SETTINGS: &[(&str, &str, &str)] = &[
    (
        "USER_ID_HASH_SALT",
        "names that SATOSA made of this salt are others here",
        "have service providers link their accounts anew, by an attribute",
    ),
    ("CUSTOM_PLUGIN_MODULE_PATHS", "no code of a plug-in is run", "see what it does"),
    (
        "*",
        "a setting of how SATOSA itself runs: state, cookies, logs",
        "see docs/configuration.md for ponte's own",
    ),
];
