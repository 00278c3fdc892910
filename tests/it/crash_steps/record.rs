//! What lies on the disk, by its form.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use ponte::cli::store;
use ponte::identity::tenant::TenantId;
use ponte::store::port::{Space, Store as _};
use ponte::store::record::{Loaded, Records};
use ponte::world::clock::Clock;
use ponte::world::random::Random;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::world::World;

/// The records of a folder, each as its form, with how many are alike; and how many messages wait or have left.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Record(BTreeMap<String, usize>);

/// In which what people have and may do is kept.
const SPACES: [Space; 6] = [
    Space::Accounts,
    Space::Names,
    Space::Credentials,
    Space::Attempts,
    Space::Codes,
    Space::Sessions,
];

impl Record {
    /// Reads what lies there; the server must not run.
    pub(super) fn read(world: &World) -> Self {
        let settings = world.server().settings();
        let random = Random::system();
        let (store, seal) = store::open(&settings, &random).unwrap();
        let tenant = TenantId::main();
        let records =
            Records { store: &store, seal: &seal, random: &random, tenant: &tenant, recent: None };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let now = Clock::system().now();
        let mut forms = BTreeMap::new();
        let mut messages = written(world.server().folder());
        runtime.block_on(async {
            for space in SPACES {
                for (name, _) in store.list(&tenant, space, "", None, 10_000, now).await.unwrap() {
                    let read: Option<Loaded<Value>> =
                        records.load(records.key(space, name.as_str()), now).await.unwrap();
                    let Some(read) = read else { continue };
                    // What was told is noted once its message leaves, whenever that is.
                    if name.starts_with("told/") {
                        continue;
                    }
                    let name: Vec<&str> = name.split('/').map(word).collect();
                    let form = format!("{space:?} {} {}", name.join("/"), form(&read.value));
                    *forms.entry(form).or_default() += 1;
                }
            }
            for (name, _) in
                store.list(&tenant, Space::Outbox, "", None, 10_000, now).await.unwrap()
            {
                messages.insert(name.rsplit('/').next().unwrap().to_owned());
            }
        });
        forms.insert("messages".to_owned(), messages.len());
        Self(forms)
    }

    /// Without what counts attempts, sessions and ceremonies under way: to try again may be counted, and begins anew.
    pub(super) fn lasting(&self) -> BTreeMap<&str, usize> {
        let passing = ["Attempts", "Sessions", "Codes passkey/"];
        let counts = |form: &str| passing.iter().any(|begin| form.starts_with(begin));
        self.0
            .iter()
            .map(|(form, n)| (form.as_str(), *n))
            .filter(|(form, _)| !counts(form))
            .collect()
    }

    /// How this one differs from another.
    pub(super) fn beside(&self, name: &str, other: &Self) -> String {
        let all: BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        let count = |record: &Self, form: &String| record.0.get(form).copied().unwrap_or_default();
        let differing = all.into_iter().filter(|form| count(self, form) != count(other, form));
        let lines: Vec<String> = differing
            .map(|form| {
                format!("  {} here, {} {name}: {form}", count(self, form), count(other, form))
            })
            .collect();
        lines.join("\n")
    }
}

/// The ids of the messages that have left into folders.
fn written(folder: &Path) -> BTreeSet<String> {
    let files = ["mail", "sms"].into_iter().filter_map(|name| fs::read_dir(folder.join(name)).ok());
    let names = files.flatten().map(|file| file.unwrap().path());
    let names = names.filter(|path| path.extension().is_some_and(|is| is == "txt"));
    names
        .filter_map(|path| Some(path.file_stem()?.to_str()?.split_once('-')?.1.to_owned()))
        .collect()
}

/// A word of ours; what anybody could not know before is a star. Codes are capitals, and may happen to have no digit.
fn word(text: &str) -> &str {
    let is_word = text.len() <= 20
        && text.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
        && text.bytes().any(|b| b.is_ascii_lowercase());
    if is_word { text } else { "*" }
}

fn form(value: &Value) -> Value {
    match value {
        Value::String(text) if text.parse::<DateTime<Utc>>().is_ok() => "time".into(),
        Value::String(text) => word(text).into(),
        Value::Number(number) if number.as_u64().is_none_or(|number| number > 9) => "many".into(),
        Value::Array(all) => {
            let mut all: Vec<Value> = all.iter().map(form).collect();
            all.sort_by_key(ToString::to_string);
            all.into()
        }
        Value::Object(all) => {
            all.iter().map(|(name, value)| (word(name).to_owned(), form(value))).collect()
        }
        other => other.clone(),
    }
}

/// A copy of the server's folder.
pub(super) struct Image(TempDir);

impl Image {
    pub(super) fn take(world: &World) -> Self {
        let image = tempfile::tempdir().unwrap();
        copy(world.server().folder(), image.path());
        Self(image)
    }

    pub(super) fn put_back(&self, world: &World) {
        let folder = world.server().folder().to_owned();
        for file in fs::read_dir(&folder).unwrap() {
            let path: PathBuf = file.unwrap().path();
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        }
        copy(self.0.path(), &folder);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let (kind, to) = (file.file_type().unwrap(), to.join(file.file_name()));
        if kind.is_dir() {
            copy(&file.path(), &to);
        } else if kind.is_file() {
            fs::copy(file.path(), to).unwrap();
        }
    }
}
