//! `internal_attributes.yaml`: what attributes are called on each side.

use crate::cli::elsewhere::names;
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::value::{Item, What};
use crate::identity::attributes::AttributeName;
use crate::identity::mapping::Rule;
use crate::saml::attribute_names::NameStyle;

/// The attributes of a proxy that are attributes of ours.
#[derive(Debug, Default)]
pub struct Internal {
    /// Each by its name inside, ours, and its names in SAML and OpenID Connect.
    pub known: Vec<(String, AttributeName, Vec<String>, Vec<String>)>,
}

impl Internal {
    /// Reads them; those that are none of ours are reported.
    #[must_use]
    pub fn read(item: &Item<'_>, report: &mut Report) -> Self {
        let mut table = item.table();
        let mut internal = Self::default();
        if let Some(all) = table.take("attributes")
            && let What::Table(entries) = all.what()
        {
            for ((name, _), attribute) in entries.iter().zip(all.items()) {
                let mut sides = attribute.table();
                let mut side = |name: &str| -> Vec<String> {
                    let texts = sides.take(name).map(|item| item.texts()).unwrap_or_default();
                    texts.into_iter().map(str::to_owned).collect()
                };
                let (saml, openid) = (side("saml"), side("openid"));
                let own =
                    [name].into_iter().chain(&saml).chain(&openid).find_map(|name| inside(name));
                match own {
                    Some(own) if internal.known.iter().all(|(_, other, ..)| *other != own) => {
                        internal.known.push((name.clone(), own, saml, openid));
                    }
                    Some(own) => {
                        let why = format!("{} is made of another one already", own.as_str());
                        report.left(
                            attribute.place(),
                            format!("the attribute {name:?}"),
                            why,
                            "see attributes of [[upstream]]",
                        );
                    }
                    None => {
                        let why = "no attribute of the SPID table is that one";
                        let mend = "if it is one under another name, see attributes of [[upstream]] and attribute-names of [[service-provider]]";
                        report.left(
                            attribute.place(),
                            format!("the attribute {name:?}"),
                            why,
                            mend,
                        );
                    }
                }
                for (side, item) in sides.rest() {
                    let why = "ponte speaks SAML and OpenID Connect";
                    report.left(
                        item.place(),
                        format!("the names of {name:?} for {side}"),
                        why,
                        "nothing, if no provider of that kind is asked",
                    );
                }
            }
        }
        report.rest(
            table,
            &[
                ("hash", "names are made by ponte, and no attribute is hashed", "nothing"),
                (
                    "user_id_*",
                    "people are found by fiscal code, and named as name-id says",
                    "see docs/bridging.md, accounts",
                ),
                ("separator", "nested claims are joined by dots", "nothing"),
                (
                    "template_attributes",
                    "no template is carried out",
                    "see attributes of [[upstream]]: name={first} {second}",
                ),
            ],
        );
        internal
    }

    /// Rules for an upstream: names that our own table does not have.
    #[must_use]
    pub fn rules(&self, openid: bool) -> Vec<String> {
        let mut rules = Vec::new();
        for (_, own, saml, claims) in &self.known {
            let names = if openid { claims } else { saml };
            if names.iter().any(|name| names::known(name) == Some(*own)) {
                continue;
            }
            let rule = names.first().map(|name| format!("{}={name}", own.as_str()));
            rules.extend(rule.filter(|rule| Rule::parse(rule).is_some()));
        }
        rules
    }

    /// What service providers got: all of it, under LDAP's names where there are any.
    #[must_use]
    pub fn released(&self) -> (Vec<AttributeName>, Vec<(AttributeName, String)>) {
        let all: Vec<AttributeName> = self.known.iter().map(|(_, own, ..)| *own).collect();
        let renamed = self.known.iter().filter_map(|(_, own, saml, _)| {
            let name = NameStyle::Oid.name(*own).or_else(|| saml.first().cloned())?;
            (name != own.as_str()).then_some((*own, name))
        });
        let renamed = renamed.collect();
        (all, renamed)
    }

    /// The one called `name` inside or in SAML.
    #[must_use]
    pub fn called(&self, name: &str) -> Option<AttributeName> {
        let is_it = |(own, _, saml, _): &&(String, AttributeName, Vec<String>, Vec<String>)| {
            own.eq_ignore_ascii_case(name) || saml.iter().any(|one| one.eq_ignore_ascii_case(name))
        };
        self.known.iter().find(is_it).map(|(_, own, ..)| *own).or_else(|| names::known(name))
    }
}

/// What a name means inside, where `name` is what is shown (cn) and not the given name.
fn inside(name: &str) -> Option<AttributeName> {
    match name {
        "name" => None,
        other => names::known(other),
    }
}
