//! Who runs the entity, in each language.

use roxmltree::Node;

use crate::saml::lint::finding::Findings;
use crate::saml::lint::rule::Judges;
use crate::saml::lint::rules;
use crate::saml::lint::value::{language, named, text};

/// The three parts of an `Organization`.
const PARTS: [&str; 3] = ["OrganizationName", "OrganizationDisplayName", "OrganizationURL"];

/// Checks the `Organization` of `root`.
pub(super) fn check(root: Node<'_, '_>, found: &mut Findings<'_, '_>) {
    let all: Vec<_> = named(root, "Organization").collect();
    let [one] = all[..] else {
        let place = all.get(1).copied().unwrap_or(root);
        found.node(&rules::ORGANIZATION_ONE, place, &all.len().to_string()).wants("1");
        return;
    };
    let mut languages: Vec<(String, usize)> = Vec::new();
    for name in PARTS {
        if named(one, name).next().is_none() {
            found.node(&rules::ORGANIZATION_PART, one, "").wants(name);
        }
        for part in named(one, name) {
            let said = language(part).unwrap_or_default().to_owned();
            match languages.iter_mut().find(|(language, _)| *language == said) {
                Some((_, count)) => *count += 1,
                None => languages.push((said, 1)),
            }
            if text(part).is_empty() {
                found.node(&rules::ORGANIZATION_EMPTY, part, "");
            } else if text(part).trim().is_empty() {
                found.node(&rules::ORGANIZATION_EMPTY, part, text(part)).by(Judges::AGID);
            }
        }
        languages_of(one, name, found);
    }
    for (language, count) in &languages {
        if *count != PARTS.len() {
            found
                .node(&rules::ORGANIZATION_LANGUAGE, one, &format!("{language}: {count}"))
                .wants(format!("{language}: {}", PARTS.len()));
        }
    }
    if !languages.iter().any(|(language, _)| language == "it") {
        let said: Vec<_> = languages.iter().map(|(language, _)| language.as_str()).collect();
        found.node(&rules::ORGANIZATION_ITALIAN, one, &said.join(", ")).wants("it");
    }
    for url in named(one, "OrganizationURL") {
        let said = text(url).trim();
        let good = ["https://", "http://"].iter().any(|start| said.starts_with(start))
            && url::Url::parse(said).is_ok();
        if !said.is_empty() && !good {
            found.node(&rules::ORGANIZATION_URL, url, said).wants("https://…");
        }
    }
}

/// Two of one kind in one language: the suite counts all three kinds together, and may not see it.
fn languages_of(organization: Node<'_, '_>, name: &str, found: &mut Findings<'_, '_>) {
    let mut seen = Vec::new();
    for part in named(organization, name) {
        let said = language(part).unwrap_or_default();
        if seen.contains(&said) {
            found.node(&rules::ORGANIZATION_LANGUAGE, part, said).by(Judges::AGID);
        }
        seen.push(said);
    }
}
