//! `[[service-provider]]`: what is settled with one; and what a source settles with all of its own.

use crate::config::check::Check;
use crate::config::choices::{LEVELS, SINGLE_SIGN_ON};
use crate::config::raw;
use crate::config::settings::ServiceProvider;
use crate::identity::name_id::NameIdKind;
use crate::partners::registry::Entry;
use crate::saml::attribute_names::{NameStyle, Renamed};
use crate::saml::partner::Profile;

impl Check<'_> {
    /// What is settled with each service provider.
    pub(super) fn service_providers(
        &mut self,
        raw: &[raw::ServiceProvider],
        upstreams: &[raw::Upstream],
    ) -> Vec<ServiceProvider> {
        let mut entries: Vec<ServiceProvider> = Vec::with_capacity(raw.len());
        for (number, raw) in raw.iter().enumerate() {
            let key = |name: &str| format!("service-provider[{}].{name}", number + 1);
            let entry = self.entry(raw, upstreams, &key);
            let Some(entity_id) = self.entity_id(&key("entity-id"), &raw.entity_id) else {
                continue;
            };
            if entries.iter().any(|entry| entry.entity_id == entity_id) {
                self.wrong(&key("entity-id"), "one table for each service provider", &entity_id);
            }
            entries.push(ServiceProvider { entity_id, entry });
        }
        entries
    }

    /// What a table settles; `key` names its keys.
    pub(super) fn entry(
        &mut self,
        raw: &raw::ServiceProvider,
        upstreams: &[raw::Upstream],
        key: &dyn Fn(&str) -> String,
    ) -> Entry {
        let profiles = [("spid", Profile::Spid), ("generic", Profile::Generic)];
        let profile = raw.profile.as_ref();
        let profile = profile.and_then(|said| self.choice(&key("profile"), said, &profiles));
        let level = raw.minimum_level.as_ref();
        let minimum_level =
            level.and_then(|said| self.choice(&key("minimum-level"), said, &LEVELS));
        let single_sign_on = raw.single_sign_on.as_ref();
        let single_sign_on = single_sign_on
            .and_then(|said| self.choice(&key("single-sign-on"), said, &SINGLE_SIGN_ON));
        let named = raw.attributes.as_deref().unwrap_or_default();
        let attributes = self.attributes(&key("attributes"), named);
        let ways = self.ways(raw, upstreams, key);
        let answers = self.answers(raw, key);
        Entry { profile, minimum_level, single_sign_on, attributes, ways, ..answers }
    }

    fn answers(&mut self, raw: &raw::ServiceProvider, key: &dyn Fn(&str) -> String) -> Entry {
        let kinds = [
            ("transient", NameIdKind::Transient),
            ("persistent", NameIdKind::Persistent),
            ("email", NameIdKind::Email),
        ];
        let styles =
            [("spid", NameStyle::Spid), ("oid", NameStyle::Oid), ("claims", NameStyle::Claims)];
        let (name_id, style) = (raw.name_id.as_ref(), raw.attribute_style.as_ref());
        let mut names = Vec::new();
        for said in raw.attribute_names.iter().flatten() {
            match Renamed::parse(said) {
                Some(renamed) => names.push(renamed),
                None => self.wrong(&key("attribute-names"), Renamed::FORM, said),
            }
        }
        Entry {
            disabled: raw.disabled,
            name_id: name_id.and_then(|said| self.choice(&key("name-id"), said, &kinds)),
            encrypt_assertion: raw.encrypt_assertion,
            attribute_style: style
                .and_then(|said| self.choice(&key("attribute-style"), said, &styles)),
            attribute_names: names,
            unsolicited: raw.unsolicited,
            ..Entry::default()
        }
    }
}
