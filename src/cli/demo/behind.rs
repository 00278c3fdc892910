//! A second identity provider behind the demo's, as its upstream: another house in the same process, with the same people.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::net::TcpListener;

use crate::cli::demo::citizens::{self, Citizen};
use crate::cli::demo::folder;
use crate::cli::error::CliError;
use crate::cli::house::{self, House};
use crate::cli::metadata;
use crate::cli::serve::{self as serving, Running};
use crate::cli::signing::{self, Examples};
use crate::config::settings::Settings;
use crate::web::demo::people::{self, People};
use crate::web::serve::Doors;
use crate::web::{router, serve};

/// What the one in front settles with it.
pub const IN_FRONT: &str = r#"
[[relying-party]]
id = "demo"

[[upstream]]
id = "dietro"
profile = "spid"
relying-party = "demo"
metadata = "behind.xml"
name-it = "Un altro ente di prova"
name-en = "Another demo body"
"#;

/// What the one in front settles with an OpenID provider.
#[must_use]
pub fn openid(issuer: &str) -> String {
    let issuer = serde_json::Value::from(issuer);
    format!(
        r#"
[[upstream]]
id = "openid"
kind = "oidc"
issuer = {issuer}
client-id = "ponte"
ceiling = "SpidL3"
ask = "exact"
name-it = "Un gestore OpenID di prova"
name-en = "A demo OpenID provider"
scopes = ["openid", "profile", "email", "eid"]
levels = [
    "https://www.spid.gov.it/SpidL1=SpidL1",
    "https://www.spid.gov.it/SpidL2=SpidL2",
    "https://www.spid.gov.it/SpidL3=SpidL3",
]
"#
    )
}

/// The second identity provider, which listens.
pub struct Behind {
    house: Arc<House>,
    running: Running,
    listener: TcpListener,
}

/// Makes what is missing in its folder below `path`, and describes it to the one at `front`; its settings.
///
/// # Errors
/// When a file cannot be read or made, or the settings there are wrong.
pub fn prepare(
    path: &Path,
    front: &str,
    port: u16,
    now: DateTime<Utc>,
) -> Result<Settings, CliError> {
    let own = path.join("behind");
    let provider = format!("http://dietro.localhost:{port}");
    folder::make(&own, &provider, ("Un altro ente di prova", "Another demo body"), now)?;
    let asker =
        format!("\n[[service-provider]]\nentity-id = \"{front}/sp/demo\"\nprofile = \"spid\"\n");
    let settings = folder::settings(&own, &provider, port, &asker)?;
    let signing = signing::load(&settings.keys, Examples::Accept)?;
    let described = metadata::document(&metadata::identity_provider(&settings), &signing)?;
    write(&path.join("behind.xml"), &described)?;
    Ok(settings)
}

impl Behind {
    /// Opens it for `front`, with `citizens` in it.
    ///
    /// # Errors
    /// When something cannot be opened, read, made or listened on.
    pub async fn open(
        front: &House,
        settings: &Settings,
        citizens: &[Citizen],
    ) -> Result<Self, CliError> {
        let keys = front.env.keys.snapshot();
        if let Some(entity) = keys.entities.get("demo") {
            write(&settings.metadata.join("sp/front.xml"), &entity.xml)?;
        }
        let house = Arc::new(house::open(settings, None, true).await?);
        citizens::settle(&house.env, citizens).await?;
        let running = Running::start(&house, settings)?;
        let listener = serving::listen(settings.server.listen).await?;
        Ok(Self { house, running, listener })
    }

    /// Serves until a signal to stop, with a page of `people`.
    ///
    /// # Errors
    /// When its store fails at the end.
    pub async fn serve(self, people: People) -> Result<(), CliError> {
        let people = People { mails: false, ..people };
        let pages = router::router_with(Arc::clone(&self.house.env), people::routes(people));
        serve::serve(self.listener, Doors::default(), pages, self.running.stopped()).await;
        self.running.end(&self.house).await
    }
}

fn write(path: &Path, text: &str) -> Result<(), CliError> {
    std::fs::write(path, text).map_err(CliError::file("written", path))
}
