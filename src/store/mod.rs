//! What survives between two requests: one port over expiring bytes, its
//! backends, and the typed records written once above it.

pub mod accounts;
pub mod activations;
pub mod ahead;
pub mod ahead_1;
pub mod aligned;
pub mod attempts;
pub mod blob;
pub mod cards;
pub mod ceremonies;
pub mod compression;
pub mod credentials;
pub mod delegations;
pub mod disk;
pub mod dump;
pub mod export;
pub mod feedback;
pub mod grouped;
pub mod halt;
pub mod layers;
pub mod layout;
pub mod logouts;
pub mod memory;
pub mod outbox;
pub mod port;
pub mod recent;
pub mod record;
pub mod replay;
pub mod restored;
pub mod service_providers;
pub mod sessions;
pub mod settle;
pub mod sled;
pub mod sms;
pub mod state;
pub mod transactions;
