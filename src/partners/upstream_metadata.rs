//! The identity providers of a SAML upstream, from files or from a source.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::partners::source::copies::Copies;
use crate::partners::upstream::{Built, Configured, From, Problem, Saml, SamlSource};
use crate::saml::upstream::provider::{self, IdentityProvider, Listed, Trust};

impl Built {
    /// The identity providers of `one`, as far as they can be used; what cannot be is a fault.
    pub(super) fn saml(
        &mut self,
        one: &Configured,
        source: &SamlSource,
        copies: &Copies,
        now: DateTime<Utc>,
    ) -> Option<Saml> {
        let (place, mut listed) = match &source.metadata {
            From::Disk(path) => (path.clone(), self.on_disk(one, path, &source.trust, now)),
            From::Source(name) => {
                let place = PathBuf::from(format!("source {name}"));
                let found = copies.find(name).into_iter();
                let listed = found.flat_map(|copy| copy.identity_providers(now)).filter_map(
                    |(id, member)| {
                        let read = match member {
                            Ok(member) => member
                                .identity_provider
                                .as_ref()?
                                .as_ref()
                                .map_err(ToString::to_string)
                                .cloned(),
                            Err(error) => Err(error.to_string()),
                        };
                        Some((place.clone(), id.to_owned(), read.map_err(Problem::InSource)))
                    },
                );
                let listed = listed.collect();
                (place, listed)
            }
        };
        let is_wanted = |id: &String| source.entity_id.as_ref().is_none_or(|wanted| wanted == id);
        listed.retain(|(_, entity_id, _)| is_wanted(entity_id));
        let mut providers: Vec<Arc<IdentityProvider>> = Vec::new();
        for (path, entity_id, read) in listed {
            let provider = match read {
                Ok(provider) => provider,
                Err(problem) => {
                    self.fault(one, &path, Some(entity_id), problem);
                    continue;
                }
            };
            let is_same = |other: &&Arc<IdentityProvider>| other.entity_id == entity_id;
            let twice = providers.iter().find(is_same).map(|_| one.id.clone());
            if let Some(other) = self.upstreams.whose(&entity_id).or(twice) {
                self.fault(one, &path, Some(entity_id), Problem::Duplicate(other));
                continue;
            }
            providers.push(Arc::new(provider));
        }
        if providers.is_empty() {
            self.fault(one, &place, None, Problem::Nobody);
            return None;
        }
        providers.sort_by(|a, b| a.entity_id.cmp(&b.entity_id));
        Some(Saml { profile: source.profile, binding: source.binding, providers })
    }

    /// What the files at `path` describe, and what is wrong with each.
    fn on_disk(
        &mut self,
        one: &Configured,
        path: &Path,
        trust: &Trust,
        now: DateTime<Utc>,
    ) -> Vec<(PathBuf, String, Result<IdentityProvider, Problem>)> {
        let mut found = Vec::new();
        for path in self.files(one, path) {
            let read = fs::read_to_string(&path).map_err(Problem::from);
            let read = read.and_then(|text| Ok(provider::read_all(&text, trust, now)?));
            let described = match read {
                Ok(described) => described,
                Err(problem) => {
                    self.fault(one, &path, None, problem);
                    continue;
                }
            };
            for Listed { entity_id, outcome } in described {
                let provider = outcome.map_err(Problem::from).map(|described| {
                    let odd = described.findings.into_iter().map(|it| (path.clone(), it));
                    self.warnings.extend(odd);
                    described.provider
                });
                found.push((path.clone(), entity_id, provider));
            }
        }
        found
    }

    fn files(&mut self, one: &Configured, path: &Path) -> Vec<PathBuf> {
        if !path.is_dir() {
            return vec![path.to_owned()];
        }
        match fs::read_dir(path) {
            Ok(found) => {
                let is_xml = |path: &PathBuf| path.extension().is_some_and(|it| it == "xml");
                let paths = found.filter_map(|entry| entry.ok().map(|entry| entry.path()));
                let mut paths: Vec<PathBuf> = paths.filter(is_xml).collect();
                paths.sort_unstable();
                paths
            }
            Err(error) => {
                self.fault(one, path, None, error.into());
                Vec::new()
            }
        }
    }
}
