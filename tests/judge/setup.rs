//! Whom to judge, as which service provider, and how people log in there: the TOML file, and the
//! metadata that it names.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ponte::world::signer::KeyFile;
use roxmltree::Document;
use serde::Deserialize;

use crate::agent::Agent;

/// Everything that is needed.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) provider: Provider,
    pub(crate) service: Service,
    pub(crate) file: File,
    pub(crate) folder: PathBuf,
}

/// The identity provider, by its metadata.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) entity_id: String,
    pub(crate) redirect: String,
    pub(crate) post: String,
}

/// The service provider as which we ask.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) entity_id: String,
    pub(crate) consumers: Vec<Consumer>,
    pub(crate) attribute_sets: Vec<String>,
    pub(crate) signer: KeyFile,
    /// A key that nobody registered.
    pub(crate) stranger: KeyFile,
}

#[derive(Clone, Debug)]
pub(crate) struct Consumer {
    pub(crate) index: String,
    pub(crate) location: String,
    pub(crate) is_default: bool,
}

impl Service {
    pub(crate) fn default_consumer(&self) -> &Consumer {
        self.consumers.iter().find(|one| one.is_default).unwrap_or(&self.consumers[0])
    }

    /// Another one than the default if there is one: so it shows where an answer goes.
    pub(crate) fn asked_consumer(&self) -> &Consumer {
        self.consumers.iter().find(|one| !one.is_default).unwrap_or_else(|| self.default_consumer())
    }
}

/// The TOML file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct File {
    pub(crate) provider: ProviderFile,
    pub(crate) service: ServiceFile,
    #[serde(default)]
    pub(crate) pages: Pages,
    #[serde(default)]
    pub(crate) login: Login,
    #[serde(default)]
    pub(crate) people: BTreeMap<String, Person>,
    pub(crate) trouble: Option<Trouble>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ProviderFile {
    metadata: String,
    pub(crate) authority: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ServiceFile {
    metadata: PathBuf,
    key: PathBuf,
    certificate: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Pages {
    pub(crate) language: String,
    pub(crate) show_number: bool,
}

impl Default for Pages {
    fn default() -> Self {
        Self { language: "it".into(), show_number: true }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Login {
    pub(crate) credentials: Option<Step>,
    pub(crate) code: Option<Step>,
    pub(crate) accept: Option<Step>,
    pub(crate) deny: Option<Step>,
    pub(crate) cancel: Option<Step>,
    pub(crate) timeout_seconds: Option<u64>,
}

/// How a form is known, and what is put in it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) press: Option<String>,
    pub(crate) action: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Person {
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) totp: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trouble {
    pub(crate) begin: String,
    pub(crate) end: String,
}

impl Setup {
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let file: File =
            toml::from_str(&text(path)?).map_err(|e| format!("{}: {e}", path.display()))?;
        let folder = path.parent().unwrap_or_else(|| Path::new("")).to_owned();
        let metadata = &file.provider.metadata;
        let authority = file.provider.authority.as_ref().map(|file| folder.join(file));
        let xml = if metadata.starts_with("http") {
            let mut agent = Agent::new("it", "metadata", authority.as_deref());
            let page = agent.get(metadata).map_err(|error| format!("{metadata}: {error}"))?;
            page.body
        } else {
            text(&folder.join(metadata))?
        };
        let provider = provider(&xml)?;
        let service = service(&file.service, &folder)?;
        Ok(Self { provider, service, file, folder })
    }

    pub(crate) fn agent(&self, label: &str) -> Agent {
        let authority = self.file.provider.authority.as_ref().map(|file| self.folder.join(file));
        Agent::new(&self.file.pages.language, label, authority.as_deref())
    }
}

fn text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn provider(xml: &str) -> Result<Provider, String> {
    let document = Document::parse(xml).map_err(|e| format!("the provider's metadata: {e}"))?;
    let location = |binding: &str| {
        let mut services =
            document.descendants().filter(|node| node.tag_name().name() == "SingleSignOnService");
        let found = services
            .find(|node| node.attribute("Binding").is_some_and(|text| text.ends_with(binding)));
        let location = found.and_then(|node| node.attribute("Location")).map(str::to_owned);
        location.ok_or_else(|| {
            format!("the provider's metadata have no SingleSignOnService by {binding}")
        })
    };
    let entity_id = document.root_element().attribute("entityID").unwrap_or_default().to_owned();
    Ok(Provider { entity_id, redirect: location("HTTP-Redirect")?, post: location("HTTP-POST")? })
}

fn service(file: &ServiceFile, folder: &Path) -> Result<Service, String> {
    let xml = text(&folder.join(&file.metadata))?;
    let document = Document::parse(&xml).map_err(|e| format!("the service's metadata: {e}"))?;
    let named = |name: &'static str| {
        document.descendants().filter(move |node| node.tag_name().name() == name)
    };
    let consumers: Vec<Consumer> = named("AssertionConsumerService")
        .map(|node| Consumer {
            index: node.attribute("index").unwrap_or_default().to_owned(),
            location: node.attribute("Location").unwrap_or_default().to_owned(),
            is_default: matches!(node.attribute("isDefault"), Some("true" | "1")),
        })
        .collect();
    if consumers.is_empty() {
        return Err("the service's metadata have no AssertionConsumerService".into());
    }
    let sets = named("AttributeConsumingService");
    let attribute_sets =
        sets.filter_map(|node| node.attribute("index")).map(str::to_owned).collect();
    let bytes = |path: &Path| {
        let path = folder.join(path);
        fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let (key, certificate) = (bytes(&file.key)?, bytes(&file.certificate)?);
    let signer =
        KeyFile::load(&key, &certificate).map_err(|error| format!("the service's key: {error}"))?;
    Ok(Service {
        entity_id: document.root_element().attribute("entityID").unwrap_or_default().to_owned(),
        consumers,
        attribute_sets,
        signer,
        stranger: stranger()?,
    })
}

/// The key that everybody has, and nobody registers.
fn stranger() -> Result<KeyFile, String> {
    let (key, certificate) = (
        include_bytes!("../../keys-example/signing.key"),
        include_bytes!("../../keys-example/signing.crt"),
    );
    KeyFile::load(key, certificate).map_err(|error| error.to_string())
}
