//! The configuration, found and read.

use std::io::ErrorKind;
use std::path::Path;

use crate::cli::error::CliError;
use crate::config::check;
use crate::config::fault::ConfigError;
use crate::config::settings::Settings;

/// Reads the configuration at `path` under the environment of this process.
///
/// # Errors
/// When it is missing, cannot be read, or is wrong.
pub fn settings(path: &Path) -> Result<Settings, CliError> {
    let text = std::fs::read_to_string(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => CliError::NoConfig(path.to_owned()),
        _ => ConfigError::Unreadable { path: path.to_owned(), source }.into(),
    })?;
    Ok(check::read(&text, path, &environment())?)
}

/// The variables of this process that are text.
#[must_use]
pub fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
