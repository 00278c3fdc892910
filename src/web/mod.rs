//! HTTP: takes requests apart, calls the flow, puts answers together.

pub mod account;
pub mod assets;
pub mod browser;
pub mod context;
pub mod cookie;
pub mod crowd;
pub mod demo;
pub mod finish;
pub mod form;
pub mod headers;
pub mod help;
pub mod home;
pub mod lint;
pub mod login;
pub mod logout;
pub mod monitoring;
pub mod multipart;
pub mod oidc;
pub mod origin;
pub mod pages;
pub mod reply;
pub mod router;
pub mod saml;
pub mod serve;
pub mod tls;
pub mod upstream;
