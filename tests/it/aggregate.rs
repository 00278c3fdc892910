//! Large lists of metadata: verified in one pass, indexed, read from their place (threats: metadata).

use chrono::{DateTime, Utc};
use ponte::saml::metadata::aggregate::error::AggregateError;
use ponte::saml::metadata::aggregate::found::Verified;
use ponte::saml::metadata::aggregate::limits::Limits;
use ponte::saml::metadata::aggregate::verify::{Trust, verify};
use ponte::saml::names;
use ponte::saml::signature::PublicKey;
use ponte::world::signer::Signer as _;

use crate::support::forge::{Forge, PLACE};
use crate::support::keys::{self, Keys};
use crate::support::sp::Metadata;

mod at_rest;
mod canonical;
mod rules;

fn now() -> DateTime<Utc> {
    "2026-11-22T00:10:03Z".parse().unwrap()
}

fn key(keys: &Keys) -> PublicKey {
    PublicKey::from_certificate_der(keys.signer.certificate()).unwrap()
}

/// A service provider of that name.
fn entity(entity_id: &str) -> String {
    Metadata { entity_id: Some(entity_id.into()), id: None, ..Metadata::generic() }.unsigned()
}

/// A list of `inside`, with a place for its signature.
fn list(inside: &str) -> String {
    list_with("", inside)
}

fn list_with(attributes: &str, inside: &str) -> String {
    let md = names::METADATA;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- of a federation -->\n<md:EntitiesDescriptor xmlns:md=\"{md}\" \
         ID=\"_list\"{attributes}>\n{PLACE}{inside}\n</md:EntitiesDescriptor>\n"
    )
}

fn sealed(text: &str) -> String {
    Forge::default().seal(text, "_list", &keys::IDP)
}

fn judge(text: &str) -> Result<Verified, AggregateError> {
    judge_with(text, Limits::default())
}

fn judge_with(text: &str, limits: Limits) -> Result<Verified, AggregateError> {
    verify(text.as_bytes(), Trust::Pinned(&[key(&keys::IDP)]), limits, now())
}

fn accepted(text: &str) -> Verified {
    judge(text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

/// Fails unless `text` is refused with words that contain `words`.
fn refused(text: &str, words: &str) {
    match judge(text) {
        Ok(_) => panic!("accepted, should say {words:?}:\n{text}"),
        Err(error) => {
            let said = error.to_string();
            assert!(said.contains(words), "said {said:?}, should say {words:?}:\n{text}");
        }
    }
}
