//! What was found, as tables of `ponte.toml` and the files that they name.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use crate::cli::elsewhere::found::{
    Found, From, Metadata, SamlMetadata, ServiceProvider, Source, Speaks, Upstream,
};
use crate::cli::elsewhere::report::{Kind, Report};
use crate::cli::elsewhere::value::Place;
use crate::identity::name_id::NameIdKind;
use crate::saml::metadata::read::{self, Unsigned};
use crate::saml::upstream::provider::{self, Trust};

/// Files and tables.
#[derive(Debug, Default)]
pub struct Plan {
    /// Files, by the names that they have below the folder of `ponte.toml`.
    pub files: Vec<File>,
    /// Tables, in their order.
    pub tables: Vec<Table>,
}

/// A file that is to be written.
#[derive(Debug)]
pub struct File {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub contents: Vec<u8>,
    /// Whether its owner alone may read it.
    pub secret: bool,
}

/// One table of `ponte.toml`.
#[derive(Debug)]
pub struct Table {
    /// Of what it is.
    pub kind: Kind,
    /// What it is called.
    pub name: String,
    /// Where that stood.
    pub place: Place,
    /// Its lines.
    pub text: String,
}

impl Plan {
    /// Plans for `found`; metadata that we could not use are reported, and have no table.
    #[must_use]
    pub fn of(found: &Found, report: &mut Report, now: DateTime<Utc>) -> Self {
        let mut planning = Planning {
            plan: Self::default(),
            taken: HashSet::new(),
            bare: HashSet::new(),
            report,
            now,
        };
        for source in &found.sources {
            planning.source(source);
        }
        let is_saml = |upstream: &Upstream| matches!(upstream.speaks, Speaks::Saml { .. });
        if found.upstreams.iter().any(is_saml) {
            planning.relying_party(found.asked_as.as_deref());
        }
        for upstream in &found.upstreams {
            planning.upstream(upstream);
        }
        for partner in &found.service_providers {
            planning.service_provider(partner);
        }
        planning.plan
    }

    /// The whole of the tables.
    #[must_use]
    pub fn text(&self, system: &str) -> String {
        let mut text = format!(
            "# From {system}, by `ponte import`: to be added to ponte.toml, the files beside it to its folder.\n\
             # report.txt says what was not carried over. `ponte check` says what is still wrong.\n"
        );
        for table in &self.tables {
            text.push_str(&format!("\n# {}\n{}", comment(&table.place.to_string()), table.text));
        }
        text
    }
}

struct Planning<'a> {
    plan: Plan,
    taken: HashSet<String>,
    /// Sources for which no certificate is named.
    bare: HashSet<String>,
    report: &'a mut Report,
    now: DateTime<Utc>,
}

impl Planning<'_> {
    fn relying_party(&mut self, asked_as: Option<&str>) {
        let mut text = format!("[[relying-party]]\nid = {}\n", quoted(RELYING_PARTY));
        if let Some(said) = asked_as {
            text.push_str(&format!(
                "# There we were {}. Identity providers know that name with other addresses and keys: give them\n\
                 # /sp/{RELYING_PARTY}/metadata of this server, and say entity-id only if they cannot take another.\n",
                comment(said)
            ));
        }
        let name = RELYING_PARTY.to_owned();
        let place = Place::default();
        self.plan.tables.push(Table { kind: Kind::Upstream, name, place, text });
    }

    fn service_provider(&mut self, partner: &ServiceProvider) {
        let mut became = "settled in ponte.toml".to_owned();
        if let Some(metadata) = &partner.metadata {
            let what = format!("the service provider {}", partner.entity_id);
            let Some(xml) = self.written(metadata, &what, &partner.place) else { return };
            match read::read(&xml, Unsigned::Accept, self.now) {
                Err(error) => {
                    let why = format!("its metadata cannot be used here: {error}");
                    return self.report.left(partner.place.clone(), what, why, MEND_PARTNER);
                }
                Ok(described) => {
                    if partner.encrypt && described.service_provider.encryption_keys.is_empty() {
                        let why = "assertions to it are encrypted, and no key for that is there: it is not answered until there is one";
                        let mend = "get its certificate for encryption and add it to its metadata, or remove encrypt-assertion";
                        self.report.left(partner.place.clone(), what.clone(), why, mend);
                    }
                    for warning in described.warnings {
                        let (what, why) =
                            (format!("{what}: a part of its metadata"), warning.to_string());
                        self.report.left(partner.place.clone(), what, why, MEND_PART);
                    }
                }
            }
            let name = self.name("metadata/sp/", &partner.entity_id, ".xml");
            became = name.clone();
            self.plan.files.push(File { name, contents: xml.into_bytes(), secret: false });
        }
        let mut text =
            format!("[[service-provider]]\nentity-id = {}\n", quoted(&partner.entity_id));
        if partner.generic {
            text.push_str("profile = \"generic\"\n");
        }
        let attributes: Vec<&str> = partner.attributes.iter().map(|name| name.as_str()).collect();
        list(&mut text, "attributes", &attributes);
        let renamed = partner.renamed.iter().map(|(own, name)| format!("{}={name}", own.as_str()));
        list(&mut text, "attribute-names", &renamed.collect::<Vec<_>>());
        if let Some(kind) = partner.name_id {
            let kind = match kind {
                NameIdKind::Transient => "transient",
                NameIdKind::Persistent => "persistent",
                NameIdKind::Email => "email",
            };
            text.push_str(&format!("name-id = {}\n", quoted(kind)));
        }
        for (name, said) in [
            ("encrypt-assertion", partner.encrypt),
            ("unsolicited", partner.unsolicited),
            ("disabled", partner.disabled),
        ] {
            if said {
                text.push_str(&format!("{name} = true\n"));
            }
        }
        let (kind, name) = (Kind::ServiceProvider, partner.entity_id.clone());
        self.report.carried(kind, &name, partner.place.clone(), became);
        self.plan.tables.push(Table { kind, name, place: partner.place.clone(), text });
    }

    fn upstream(&mut self, upstream: &Upstream) {
        let what = format!("the identity provider {}", upstream.name);
        let id = self.name("", &upstream.name, "");
        let mut text = format!("[[upstream]]\nid = {}\n", quoted(&id));
        let mut became = format!("[[upstream]] {id}");
        let mut is_bare = false;
        match &upstream.speaks {
            Speaks::Saml { entity_id, metadata, post } => {
                text.push_str(&format!("relying-party = {}\n", quoted(RELYING_PARTY)));
                match metadata {
                    SamlMetadata::Source(name) => {
                        text.push_str(&format!("source = {}\n", quoted(name)));
                        is_bare = self.bare.contains(name);
                    }
                    SamlMetadata::Here(metadata) => {
                        let Some(xml) = self.written(metadata, &what, &upstream.place) else {
                            return;
                        };
                        let trust = Trust::default();
                        if let Err(error) =
                            provider::read(&xml, entity_id.as_deref(), &trust, self.now)
                        {
                            let why = format!("its metadata cannot be used here: {error}");
                            return self.report.left(
                                upstream.place.clone(),
                                what,
                                why,
                                MEND_PARTNER,
                            );
                        }
                        let name = self.name("metadata/upstreams/", &id, ".xml");
                        became = format!("{became}, {name}");
                        text.push_str(&format!("metadata = {}\n", quoted(&name)));
                        self.plan.files.push(File {
                            name,
                            contents: xml.into_bytes(),
                            secret: false,
                        });
                    }
                }
                if let Some(entity_id) = entity_id {
                    text.push_str(&format!("entity-id = {}\n", quoted(entity_id)));
                }
                if *post {
                    text.push_str("binding = \"post\"\n");
                }
            }
            Speaks::OpenId { issuer, client_id, secret, authentication, scopes } => {
                text.push_str(&format!(
                    "kind = \"oidc\"\nissuer = {}\nclient-id = {}\nauthentication = {}\n",
                    quoted(issuer),
                    quoted(client_id),
                    quoted(authentication)
                ));
                match secret {
                    Some(secret) => {
                        let name = self.name("keys/", &format!("{id}-client-secret"), ".txt");
                        text.push_str(&format!("client-secret = {}\n", quoted(&name)));
                        let contents = secret.0.clone().into_bytes();
                        self.plan.files.push(File { name, contents, secret: true });
                    }
                    None if *authentication != "private-key-jwt" => {
                        let why = "the secret that we share with it is not in the export";
                        let mend = "write it into a file, add client-secret with that file's name, and remove the marks before the lines";
                        self.report.left(
                            upstream.place.clone(),
                            format!("{what}: the client's secret"),
                            why,
                            mend,
                        );
                        text.push_str("client-secret = \"keys/FILE.txt\"\n");
                        is_bare = true;
                    }
                    None => {}
                }
                list(&mut text, "scopes", scopes);
            }
        }
        if let Some(shown) = &upstream.shown {
            let shown: String = shown.chars().take(80).collect();
            text.push_str(&format!("name-it = {0}\nname-en = {0}\n", quoted(&shown)));
        }
        text.push_str(
            "# What its classes are worth must be settled with it (levels); until then no more than this.\n\
             ceiling = \"SpidL1\"\n",
        );
        list(&mut text, "attributes", &upstream.rules);
        if upstream.disabled {
            text.push_str("disabled = true\n");
        }
        if is_bare {
            text = commented(&text);
            became = format!("{became}, commented out");
        }
        let (kind, name) = (Kind::Upstream, upstream.name.clone());
        self.report.carried(kind, &name, upstream.place.clone(), became);
        self.plan.tables.push(Table { kind, name, place: upstream.place.clone(), text });
    }

    fn source(&mut self, source: &Source) {
        let mut text = format!(
            "[[source]]\nname = {}\nkind = {}\nprovides = {}\n",
            quoted(&source.name),
            quoted(source.kind),
            quoted(source.provides)
        );
        let mut signed_by = Vec::new();
        match &source.from {
            From::Address(address) => text.push_str(&format!("from = {}\n", quoted(address))),
            From::Document(document) => {
                let name = self.name("metadata/sources/", &source.name, ".xml");
                text.push_str(&format!("from = {}\n", quoted(&name)));
                let contents = document.clone().into_bytes();
                self.plan.files.push(File { name, contents, secret: false });
            }
        }
        for pem in &source.signed_by {
            let name = self.name("keys/", &source.name, ".crt");
            signed_by.push(name.clone());
            let contents = pem.clone().into_bytes();
            self.plan.files.push(File { name, contents, secret: false });
        }
        list(&mut text, "signed-by", &signed_by);
        let is_bare = signed_by.is_empty() && matches!(source.from, From::Address(_));
        if is_bare {
            let what = format!("the source {}", source.name);
            let why = "no certificate is named that its metadata are signed by, and without one nothing is believed";
            let mend =
                "get the certificate, name it in signed-by, and remove the marks before the lines";
            self.report.left(source.place.clone(), what, why, mend);
            text.push_str("signed-by = [\"keys/FILE.crt\"]\n");
            self.bare.insert(source.name.clone());
        }
        for (name, said) in [
            ("valid-until-days", source.valid_until_days),
            ("refresh-minutes", source.refresh_minutes),
            ("size-kib", source.size_kib),
        ] {
            if let Some(said) = said {
                text.push_str(&format!("{name} = {said}\n"));
            }
        }
        list(&mut text, "allow", &source.allow);
        list(&mut text, "deny", &source.deny);
        let attributes: Vec<&str> = source.attributes.iter().map(|name| name.as_str()).collect();
        list(&mut text, "attributes", &attributes);
        let mut became = format!("[[source]] {}", source.name);
        if is_bare {
            text = commented(&text);
            became.push_str(", commented out");
        }
        let (kind, name) = (Kind::Source, source.name.clone());
        self.report.carried(kind, &name, source.place.clone(), became);
        self.plan.tables.push(Table { kind, name, place: source.place.clone(), text });
    }

    fn written(&mut self, metadata: &Metadata, what: &str, place: &Place) -> Option<String> {
        match metadata {
            Metadata::Given(xml) => Some(xml.clone()),
            Metadata::Parts(parts) => match parts.write() {
                Ok(xml) => Some(xml),
                Err(error) => {
                    self.report.left(place.clone(), what, error.to_string(), MEND_PARTNER);
                    None
                }
            },
        }
    }

    /// A name that no other file or upstream has.
    fn name(&mut self, before: &str, said: &str, after: &str) -> String {
        let slug = slug(said);
        let mut name = format!("{before}{slug}{after}");
        let mut number = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{before}{slug}-{number}{after}");
            number += 1;
        }
        name
    }
}

/// Small letters, digits and hyphens, at most 36.
#[must_use]
pub fn slug(said: &str) -> String {
    let bare = said.split_once("://").map_or(said, |(_, rest)| rest);
    let mut slug = String::new();
    for c in bare.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
        if slug.len() == 36 {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "unnamed".to_owned() } else { slug.to_owned() }
}

/// Lines that say nothing until their marks are removed.
fn commented(text: &str) -> String {
    text.lines().map(|line| format!("# {line}\n")).collect()
}

fn list(text: &mut String, name: &str, values: &[impl AsRef<str>]) {
    if !values.is_empty() {
        let values: Vec<String> = values.iter().map(|value| quoted(value.as_ref())).collect();
        text.push_str(&format!("{name} = [{}]\n", values.join(", ")));
    }
}

/// As a TOML string: JSON's escapes are among TOML's, which wants one more.
fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string().replace('\u{7f}', "\\u007f")
}

/// One line that can stand behind a `#`.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

const RELYING_PARTY: &str = "gateway";
const MEND_PARTNER: &str = "get its metadata from whoever runs it, look at them with `ponte metadata lint`, and add them (docs/bridging.md, `ponte sp add`)";
const MEND_PART: &str = "ask whoever runs it whether it is needed; logins go on without";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_cannot_break_out() {
        assert_eq!(slug("https://Sp.Example.org/saml//x?"), "sp-example-org-saml-x");
        assert_eq!(slug("../../etc"), "etc");
        assert_eq!(slug("è"), "unnamed");
        assert!(slug(&"a".repeat(99)).len() <= 36);
        assert_eq!(quoted("a\"\n\u{7f}"), "\"a\\\"\\n\\u007f\"");
        assert_eq!(comment("a\n[server]\rb"), "a [server] b");
    }
}
