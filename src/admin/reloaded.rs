//! What came of reading again what can be read again without a restart.

use serde::{Deserialize, Serialize};

/// What came of reading everything again.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reloaded {
    /// How many service providers are answered.
    pub service_providers: usize,
    /// What was taken.
    pub taken: Vec<String>,
    /// What cannot be used; what was there before stays in its place.
    pub faults: Vec<String>,
    /// What has changed and waits for a restart.
    pub waiting: Vec<String>,
}
