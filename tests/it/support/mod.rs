//! What several tests need.

pub(crate) mod agent;
pub(crate) mod answers;
pub(crate) mod authenticator;
pub(crate) mod bridge;
pub(crate) mod cie_op;
pub(crate) mod citizen;
pub(crate) mod descriptions;
pub(crate) mod forge;
pub(crate) mod house;
pub(crate) mod idp;
pub(crate) mod keys;
pub(crate) mod log;
pub(crate) mod logout;
pub(crate) mod making;
pub(crate) mod oidc_op;
pub(crate) mod oidc_stub;
pub(crate) mod pages;
pub(crate) mod peer;
pub(crate) mod pysaml2_idp;
pub(crate) mod real_files;
pub(crate) mod requests;
pub(crate) mod server;
pub(crate) mod simplesamlphp;
pub(crate) mod sp;
pub(crate) mod wire;
