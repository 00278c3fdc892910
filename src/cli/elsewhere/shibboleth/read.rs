//! The files of an installation.

use std::path::Path;

use crate::cli::elsewhere::folder::Folder;
use crate::cli::elsewhere::found::Found;
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::shibboleth::element::Element;
use crate::cli::elsewhere::shibboleth::{overrides, providers, release};
use crate::cli::elsewhere::value::Place;
use crate::saml::xml;

/// An installation.
#[derive(Debug)]
pub struct Installation {
    /// Its folder.
    pub folder: Folder,
    /// What stands before the names of its configuration files.
    pub config: &'static str,
}

/// Reads the installation in the folder at `path`: an identity provider's (`conf/` and what it names), or a service provider's
/// (`shibboleth2.xml`).
///
/// # Errors
/// When it is none, or a file of it cannot be read; where and why.
pub fn read(path: &Path) -> Result<(Found, Report), String> {
    let folder = Folder::open(path).map_err(|error| error.to_string())?;
    let mut report = Report::of("Shibboleth");
    let mut found = Found::default();
    if folder.has("shibboleth2.xml") {
        let here = Installation { folder, config: "" };
        here.with("shibboleth2.xml", |root| {
            providers::service_provider(root, &here, &mut found, &mut report)
        })?;
        if here.folder.has("attribute-map.xml") {
            here.with("attribute-map.xml", |root| {
                release::incoming(root, &mut found, &mut report)
            })?;
        }
        here.others(&["shibboleth2.xml", "attribute-map.xml"], &mut report);
        return Ok((found, report));
    }
    let config =
        ["conf/", ""].into_iter().find(|at| folder.has(&format!("{at}metadata-providers.xml")));
    let config = config.ok_or_else(|| {
        let shown = path.display();
        format!("{shown}: there is neither conf/metadata-providers.xml nor metadata-providers.xml (an identity provider), nor shibboleth2.xml (a service provider)")
    })?;
    let here = Installation { folder, config };
    let file = |name: &str| format!("{config}{name}.xml");
    let mut names = release::Names::default();
    if here.folder.has(&file("attribute-resolver")) {
        here.with(&file("attribute-resolver"), |root| {
            release::resolver(root, &mut names, &mut report)
        })?;
    }
    here.with(&file("metadata-providers"), |root| {
        providers::identity_provider(root, &here, &mut found, &mut report)
    })?;
    if here.folder.has(&file("attribute-filter")) {
        here.with(&file("attribute-filter"), |root| {
            release::filter(root, &names, &mut found, &mut report)
        })?;
    }
    if here.folder.has(&file("relying-party")) {
        here.with(&file("relying-party"), |root| overrides::read(root, &mut found, &mut report))?;
    }
    let read =
        ["metadata-providers", "attribute-resolver", "attribute-filter", "relying-party"].map(file);
    here.others(&read.each_ref().map(String::as_str), &mut report);
    Ok((found, report))
}

impl Installation {
    /// Reads an XML file, and has `work` look at its root.
    ///
    /// # Errors
    /// Where the file cannot be read, and why.
    fn with(&self, name: &str, work: impl FnOnce(Element<'_>)) -> Result<(), String> {
        let text = self.folder.read(name).map_err(|error| error.to_string())?;
        let document = xml::parse(&text).map_err(|error| format!("{name}: {error}"))?;
        work(Element::new(name, document.root_element()));
        Ok(())
    }

    /// Reports the files of configuration that are not read.
    fn others(&self, read: &[&str], report: &mut Report) {
        for end in [".xml", ".properties"] {
            for name in self.folder.list(self.config.trim_end_matches('/'), end) {
                if !read.contains(&name.as_str()) {
                    let why = "it settles what is ponte's own: logins, sessions, names, logs";
                    report.left(Place::file(&name), name.clone(), why, "see docs/configuration.md; what it says of one service provider goes to its [[service-provider]]");
                }
            }
        }
    }

    /// A name of a file with what Shibboleth puts in it.
    #[must_use]
    pub fn filled(&self, name: &str) -> String {
        let bare = name.strip_prefix("%{idp.home}").map(|rest| rest.trim_start_matches('/'));
        bare.unwrap_or(name).to_owned()
    }
}
