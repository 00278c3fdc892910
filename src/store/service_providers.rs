//! service_providers
