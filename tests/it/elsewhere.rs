//! `ponte import`: other systems' own configurations in, and our server out.

mod house;
mod keycloak;
mod refused;
mod satosa;

mod shibboleth;
mod simplesamlphp;
