//! One snapshot of the service providers that may ask us, by entityID.

use std::collections::HashMap;
use std::sync::Arc;

use crate::saml::partner::ServiceProvider;

/// The service providers, by entityID.
#[derive(Debug, Default)]
pub struct Registry {
    by_entity_id: HashMap<String, Arc<ServiceProvider>>,
}

impl Registry {
    /// The service provider of that entityID.
    #[must_use]
    pub fn find(&self, entity_id: &str) -> Option<Arc<ServiceProvider>> {
        self.by_entity_id.get(entity_id).cloned()
    }
}
