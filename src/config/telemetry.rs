//! `[telemetry]`: where traces go.

use std::path::Path;

use url::Url;

use crate::config::raw;
use crate::config::settings::Telemetry;
use crate::config::signing::Wrong;
use crate::world::fetch::is_safe;

/// Checks the section; relative paths are taken from `folder`.
///
/// # Errors
/// With the first thing that is wrong.
pub fn check(raw: &raw::Telemetry, folder: &Path) -> Result<Option<Telemetry>, Wrong> {
    let percent = u8::try_from(raw.sample_percent).ok().filter(|percent| *percent <= 100);
    let percent = percent.ok_or_else(|| {
        let key = "telemetry.sample-percent".to_owned();
        (key, "a number from 0 to 100", raw.sample_percent.to_string())
    })?;
    let Some(said) = &raw.otlp_endpoint else { return Ok(None) };
    let key = || "telemetry.otlp-endpoint".to_owned();
    let url = Url::parse(said).ok().filter(|url| {
        let bare = url.query().is_none() && url.fragment().is_none();
        bare && url.has_host() && url.username().is_empty() && url.password().is_none()
    });
    let Some(mut url) = url else {
        let expected = "an address such as \"http://127.0.0.1:4318\"";
        return Err((key(), expected, format!("{said:?}")));
    };
    if !is_safe(&url) {
        let expected = "https (http is for a collector on this machine)";
        return Err((key(), expected, format!("{said:?}")));
    }
    // OTLP/HTTP: the signal's path below the one that is said (OpenTelemetry Protocol §OTLP/HTTP Request).
    let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
    url.set_path(&path);
    let authority = raw.authority.as_ref().map(|file| folder.join(file));
    Ok(Some(Telemetry { traces: url, percent, authority }))
}
