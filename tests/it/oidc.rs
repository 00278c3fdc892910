//! The OpenID Connect relying party, held against a provider of the tests' own whose tokens are wrong in one thing at a time.

mod callback;
mod fetch;
pub(crate) mod provider;
mod real;
mod tokens;
mod user_info;
