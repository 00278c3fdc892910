//! The house as docs/architecture.md describes it, read from the sources and held to them.

use std::collections::BTreeMap;
use std::path::Path;

/// A source file: its path below `src`, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Its lines of code, numbered from one: neither comments nor documentation.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(place, line)| (place + 1, line.trim()));
        lines.filter(|(_, line)| !line.starts_with("//"))
    }

    /// The module of `src/lib.rs` that it belongs to.
    fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut found);
    assert!(found.len() > 50, "the sources were not found");
    found
}

fn gather(folder: &Path, prefix: &str, found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{prefix}{name}");
        if entry.file_type().unwrap().is_dir() {
            gather(&entry.path(), &format!("{path}/"), found);
        } else if name.ends_with(".rs") {
            found.push(Source { path, text: std::fs::read_to_string(entry.path()).unwrap() });
        }
    }
}

/// The floor of each module, from the ground up: `src/lib.rs` lists a floor a paragraph.
fn floors() -> BTreeMap<String, usize> {
    let list = include_str!("../../src/lib.rs");
    let mut floors = BTreeMap::new();
    for (floor, paragraph) in list.split("\n\n").enumerate() {
        for line in paragraph.lines() {
            let name = line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';'));
            if let Some(name) = name {
                floors.insert(name.to_owned(), floor);
            }
        }
    }
    floors
}

/// The names that follow `path::` in a line, where `path` stands alone.
fn after<'a>(line: &'a str, path: &str) -> Vec<&'a str> {
    let mut names = Vec::new();
    for (at, _) in line.match_indices(path) {
        let before = line[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || "_:".contains(c)) {
            continue;
        }
        let rest = &line[at + path.len()..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        names.push(&rest[..end]);
    }
    names
}

/// Fails with everything that is wrong, not only the first of it.
fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn a_module_uses_lower_floors_and_no_neighbour() {
    let floors = floors();
    assert!(floors.len() > 10 && floors["world"] < floors["identity"], "{floors:?}");
    let mut wrong = Vec::new();
    let mut uses = 0;
    for source in sources() {
        let own = source.module();
        if own == "lib" || own == "main" {
            continue;
        }
        for (line, code) in source.code() {
            for used in after(code, "crate::") {
                uses += 1;
                match (floors.get(own), floors.get(used)) {
                    _ if used == own => {}
                    (Some(here), Some(there)) if there < here => {}
                    _ => wrong.push(format!("src/{}:{line}: {own} uses {used:?}", source.path)),
                }
            }
        }
    }
    assert!(uses > 100, "{uses}");
    none(&wrong);
}

#[test]
fn every_module_has_a_floor_and_main_knows_the_commands_alone() {
    let floors = floors();
    let mut wrong = Vec::new();
    for source in sources() {
        match source.module() {
            "lib" => {}
            "main" => {
                for (line, code) in source.code() {
                    for used in after(code, "ponte::") {
                        if used != "cli" {
                            wrong.push(format!("src/main.rs:{line}: main uses {used}"));
                        }
                    }
                }
            }
            module if floors.contains_key(module) => {}
            module => wrong.push(format!("src/{}: {module} is not in src/lib.rs", source.path)),
        }
    }
    none(&wrong);
}

/// One path for each name: no groups of the whole crate, no preludes, nothing exported twice (a
/// macro is exported once, under its bare name).
#[test]
fn a_name_has_one_path() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (line, code) in source.code() {
            let bad = code.contains("use crate::{")
                || code.contains("super::super::")
                || code.contains("prelude")
                    && !code.contains("proptest::prelude")
                    && !code.contains("webauthn_rs::prelude")
                || code.starts_with("pub use ")
                || code.starts_with("pub(") && code.contains(") use ") && !is_macro(code);
            if bad {
                wrong.push(format!("src/{}:{line}: {code}", source.path));
            }
        }
    }
    none(&wrong);
}

/// `pub(…) use name;`: how a macro gets a path.
fn is_macro(code: &str) -> bool {
    code.split_once(") use ").is_some_and(|(_, name)| !name.contains("::"))
}

#[test]
fn a_mod_file_holds_its_purpose_and_its_list() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.path.ends_with("mod.rs")) {
        if !source.text.starts_with("//! ") {
            wrong.push(format!("src/{}: does not say what it is for", source.path));
        }
        for (line, code) in source.code() {
            let listed = code.starts_with("pub mod ") && code.ends_with(';');
            if !listed && !code.is_empty() && !code.starts_with("#[cfg(feature") {
                wrong.push(format!("src/{}:{line}: {code}", source.path));
            }
        }
    }
    none(&wrong);
}

/// A foreign crate comes in by one door, so that it can be shown out by one.
#[test]
fn foreign_crates_stay_where_they_belong() {
    const DOORS: &[(&str, &[&str])] = &[
        ("argon2", &["factors/password.rs"]),
        ("askama", &["texts/mail.rs", "texts/mail_link.rs", "web/"]),
        ("axum", &["admin/", "web/"]),
        ("bcrypt", &["factors/foreign_hash.rs"]),
        ("clap", &["cli/arguments", "cli/keys/arguments.rs", "main.rs"]),
        ("cryptoki", &["world/token.rs", "world/token_key.rs"]),
        ("flate2", &["saml/binding.rs", "store/ahead.rs", "web/assets.rs"]),
        ("getrandom", &["world/random.rs"]),
        ("hyper", &["admin/", "web/"]),
        ("hyper_util", &["admin/", "web/"]),
        ("icu_normalizer", &["store/accounts.rs"]),
        ("indicatif", &["cli/"]),
        ("josekit", &["oidc/jose/"]),
        ("lettre", &["world/letter.rs", "world/smtp.rs"]),
        ("openidconnect", &["oidc/openid.rs"]),
        ("opentelemetry", &["telemetry/traces.rs"]),
        ("opentelemetry_http", &["cli/traces.rs", "telemetry/traces.rs"]),
        ("opentelemetry_otlp", &["cli/error.rs", "telemetry/traces.rs"]),
        ("opentelemetry_sdk", &["telemetry/traces.rs"]),
        ("prometheus_client", &["telemetry/"]),
        (
            "openssl",
            &[
                "factors/foreign_hash.rs",
                "saml/encryption.rs",
                "saml/signature.rs",
                "saml/upstream/decryption.rs",
                "web/tls.rs",
                "web/serve.rs",
                "world/",
            ],
        ),
        ("qrcode", &["web/pages/qr.rs"]),
        ("rand_chacha", &["world/random.rs"]),
        ("reqwest", &["world/fetch.rs"]),
        ("roxmltree", &["cli/elsewhere/shibboleth/element.rs", "saml/"]),
        ("rusmpp", &["world/smpp/pdu.rs"]),
        ("saphyr_parser", &["cli/elsewhere/yaml.rs"]),
        ("sled", &["store/sled.rs"]),
        ("tikv_jemallocator", &["main.rs"]),
        ("toml", &["config/"]),
        ("totp_rs", &["factors/totp.rs"]),
        ("tracing_opentelemetry", &["telemetry/traces.rs"]),
        ("tracing_subscriber", &["telemetry/"]),
        ("webauthn_rs", &["factors/passkey.rs"]),
        ("zstd", &["register/", "store/compression.rs"]),
    ];
    let mut wrong = Vec::new();
    let mut seen = BTreeMap::new();
    for source in sources() {
        for (name, doors) in DOORS {
            if imports_a_module_called(&source, name) {
                continue;
            }
            let path = format!("{name}::");
            for (line, code) in source.code() {
                if after(code, &path).is_empty() && code != format!("use {name};") {
                    continue;
                }
                *seen.entry(name).or_insert(0) += 1;
                if !doors.iter().any(|door| source.path.starts_with(door)) {
                    wrong.push(format!("src/{}:{line}: {name}", source.path));
                }
            }
        }
    }
    assert!(seen.len() > 10, "{seen:?}");
    none(&wrong);
}

/// Whether `name` is a module of ours in this file.
fn imports_a_module_called(source: &Source, name: &str) -> bool {
    source.code().any(|(_, code)| {
        code.starts_with("use crate::")
            && (code.ends_with(&format!("::{name};"))
                || code.contains(&format!("::{name}::{{self")))
    })
}

/// Below `flow` there are values and functions: the ports are the only trait objects, beside what is held of records of any
/// kind.
#[test]
fn trait_objects_below_the_flow_are_the_ports() {
    const PORTS: [&str; 4] = ["Fetch", "Outbox", "Signer", "Store"];
    let floors = floors();
    let mut wrong = Vec::new();
    for source in sources() {
        if floors.get(source.module()).is_none_or(|floor| *floor >= floors["flow"]) {
            continue;
        }
        for (line, code) in source.code() {
            for object in after(code, "dyn ") {
                let error = code.contains("dyn std::error::Error");
                let is_held = source.path == "store/recent.rs" && object == "Any";
                if !error && !is_held && !PORTS.contains(&object) {
                    wrong.push(format!("src/{}:{line}: dyn {object}", source.path));
                }
            }
        }
    }
    none(&wrong);
}

/// Time, chance and the environment come in as parameters; clippy.toml forbids the usual ways, and
/// this the others.
#[test]
fn the_world_comes_in_by_its_own_doors() {
    const DOORS: [(&str, &[&str]); 5] = [
        ("SystemTime::now", &["world/clock.rs"]),
        ("Utc::now", &["world/clock.rs"]),
        ("Local::now", &[]),
        ("env::var", &["cli/", "config/"]),
        ("getrandom::", &["world/random.rs"]),
    ];
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, doors) in DOORS {
            for (line, code) in source.code().filter(|(_, code)| code.contains(name)) {
                if !doors.iter().any(|door| source.path.starts_with(door)) {
                    wrong.push(format!("src/{}:{line}: {code}", source.path));
                }
            }
        }
    }
    none(&wrong);
}

/// The call of libxmlsec1 is the only unsafe code, and nothing else is let off.
#[test]
fn unsafe_code_is_in_one_place() {
    let mut expected = Vec::new();
    let mut wrong = Vec::new();
    for source in sources() {
        for (line, code) in source.code() {
            if code.contains("expect(unsafe_code") {
                expected.push(source.path.clone());
            }
            let words: Vec<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            if words.contains(&"unsafe") && source.path != "saml/xmlsec.rs" {
                wrong.push(format!("src/{}:{line}: {code}", source.path));
            }
            if code.contains("#[allow(") || code.contains("#![allow(") {
                wrong.push(format!("src/{}:{line}: {code}", source.path));
            }
        }
    }
    assert!(expected.len() <= 1, "{expected:?}");
    assert!(expected.iter().all(|path| path == "saml/xmlsec.rs"), "{expected:?}");
    none(&wrong);
}

/// A file that cannot be read at one sitting is two files; tables may be long.
#[test]
fn files_are_short() {
    const TABLES: [&str; 4] = [
        "config/keys.rs",
        "saml/errors/table.rs",
        "saml/lint/rules.rs",
        "saml/lint/schema_tables.rs",
    ];
    let mut wrong = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > 500 && !TABLES.contains(&source.path.as_str()) {
            wrong.push(format!("src/{}: {lines} lines", source.path));
        }
    }
    none(&wrong);
}

/// Every file says in its first line what it is for.
#[test]
fn every_file_says_what_it_is_for() {
    let silent = sources().into_iter().filter(|source| !source.text.starts_with("//! "));
    none(&silent.map(|source| format!("src/{}", source.path)).collect::<Vec<_>>());
}
