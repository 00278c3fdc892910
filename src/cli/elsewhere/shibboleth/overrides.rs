//! `relying-party.xml`: what is settled with single service providers.

use crate::cli::elsewhere::found::Found;
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::shibboleth::element::Element;
use crate::cli::elsewhere::shibboleth::release::partner;
use crate::identity::name_id::NameIdKind;
use crate::saml::names::{FORMAT_EMAIL, FORMAT_PERSISTENT, FORMAT_TRANSIENT};

/// Takes over overrides by entityID, or reports why not.
pub fn read(root: Element<'_>, found: &mut Found, report: &mut Report) {
    for bean in root.descendants().filter(|element| element.name() == "bean") {
        let parent = bean.said("parent").unwrap_or_default();
        let id = bean.said("id").unwrap_or_default();
        if id == "shibboleth.UnverifiedRelyingParty"
            && bean.descendants().any(|inner| inner.name() == "bean" || inner.name() == "ref")
        {
            let why = "ponte answers nobody who does not sign";
            report.left(
                bean.place(),
                "profiles for relying parties that nobody vouches for",
                why,
                "have them sign, and add their metadata (`ponte sp add`)",
            );
        }
        if id == "shibboleth.DefaultRelyingParty" {
            let why = "what holds for everybody is ponte's own";
            let mend = "see [idp], [login] and [sessions]; encryption is settled for each service provider (encrypt-assertion)";
            report.left(bean.place(), "profiles for every relying party", why, mend);
        }
        if !parent.starts_with("RelyingPartyBy") {
            continue;
        }
        let names =
            bean.attributes().find(|(name, _)| *name == "relyingPartyIds").map(|(_, value)| value);
        let entities = names
            .map(entity_ids)
            .filter(|entities| parent == "RelyingPartyByName" && !entities.is_empty());
        let Some(entities) = entities else {
            let why = "for whom it is is said otherwise than by entityIDs";
            report.left(
                bean.place(),
                format!("an override ({parent})"),
                why,
                "settle it in [[service-provider]] or in the [[source]]",
            );
            continue;
        };
        let profiles: Vec<Element<'_>> =
            bean.descendants().filter(|inner| inner.name() == "bean").collect();
        for entity_id in &entities {
            let one = partner(found, bean, entity_id);
            for profile in &profiles {
                for (name, value) in profile.attributes() {
                    match (name, value) {
                        ("parent" | "id", _) => {}
                        ("encryptAssertions", "true") => one.encrypt = true,
                        (
                            "encryptAssertions" | "encryptNameIDs" | "encryptAttributes"
                            | "signAssertions" | "signResponses",
                            "true" | "false",
                        ) => {}
                        ("nameIDFormatPrecedence", formats) => {
                            let first = formats
                                .split([',', ' ', '\'', '{', '}', '#'])
                                .find(|part| part.starts_with("urn:"));
                            one.name_id = match first {
                                Some(FORMAT_TRANSIENT) => Some(NameIdKind::Transient),
                                Some(FORMAT_PERSISTENT) => Some(NameIdKind::Persistent),
                                Some(FORMAT_EMAIL) => Some(NameIdKind::Email),
                                _ => one.name_id,
                            };
                        }
                        (other, _) => {
                            let why =
                                "how a login goes and what an answer looks like is ponte's own";
                            report.left(
                                profile.place(),
                                format!("{other} for {entity_id}"),
                                why,
                                "see minimum-level and single-sign-on of [[service-provider]]",
                            );
                        }
                    }
                }
            }
        }
    }
}

/// The entityIDs of `#{{'https://a', 'https://b'}}`, or of one name.
fn entity_ids(said: &str) -> Vec<String> {
    if !said.contains('#') {
        return said
            .split([',', ' '])
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
    }
    said.split('\'')
        .skip(1)
        .step_by(2)
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}
