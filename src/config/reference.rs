//! The example file and the reference page, both written from the list of keys.

use std::fmt::Write as _;

use crate::config::keys::{self, KEYS, Key, Presence, SECTIONS, Section};

/// A commented `ponte.toml`: required keys as `values` (path, value as TOML) say, else their
/// examples; defaults and optional keys as comments.
#[must_use]
pub fn example(values: &[(&str, String)]) -> String {
    let mut text = String::from(
        "# ponte: settings. Lines that begin with #: are explanations; those that begin with a\n\
         # single # are keys with their default, or an example, to be taken into use by removing it.\n\
         # Every key that is not in a list of tables can be overridden by an environment variable:\n\
         # PONTE_, section and key in capitals, dots and hyphens as underscores (PONTE_SERVER_LISTEN).\n",
    );
    for section in SECTIONS {
        let _ = write!(text, "\n#: {}\n", section.words);
        write_section(&mut text, section, values);
    }
    text
}

fn write_section(text: &mut String, section: &Section, values: &[(&str, String)]) {
    if keys::is_list(section.name) {
        let prefix = format!("{}[].", section.name);
        let _ = writeln!(text, "# [[{}]]", section.name);
        for key in KEYS.iter().filter(|key| key.path.starts_with(&prefix)) {
            let name = key.path.strip_prefix(&prefix).unwrap_or(key.path);
            let _ = writeln!(text, "#: {}\n# {name} = {}", key.words, literal(key));
        }
        return;
    }
    let _ = writeln!(text, "[{}]", section.name);
    let prefix = format!("{}.", section.name);
    let mut lists: Vec<&str> = Vec::new();
    for key in KEYS {
        let Some(rest) = key.path.strip_prefix(&prefix) else { continue };
        if let Some((list, _)) = rest.split_once("[].") {
            if !lists.contains(&list) {
                lists.push(list);
                write_list(text, &prefix, list);
            }
            continue;
        }
        let said = values.iter().find(|(path, _)| *path == key.path).map(|(_, value)| value);
        let commented = said.is_none() && !matches!(key.presence, Presence::Required(_));
        let value = said.map_or_else(|| literal(key), String::as_str);
        let mark = if commented { "# " } else { "" };
        let _ = writeln!(text, "#: {}\n{mark}{rest} = {value}", key.words);
    }
}

/// A list of small tables on one line each, as `keys.signing` is written.
fn write_list(text: &mut String, section: &str, list: &str) {
    let prefix = format!("{section}{list}[].");
    let mut pairs = Vec::new();
    for key in KEYS.iter().filter(|key| key.path.starts_with(&prefix)) {
        let _ = writeln!(text, "#: {}: {}", key.name(), key.words);
        pairs.push(format!("{} = {}", key.name(), literal(key)));
    }
    let _ = writeln!(text, "# {list} = [{{ {} }}]", pairs.join(", "));
}

/// The reference, Markdown: `docs/configuration.md`.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from(HEAD);
    for section in SECTIONS {
        let list = keys::is_list(section.name);
        let heading =
            if list { format!("[[{}]]", section.name) } else { format!("[{}]", section.name) };
        let _ = write!(text, "\n## {heading}\n\n{}\n\n", section.words);
        text.push_str("| key | value | default | meaning |\n|---|---|---|---|\n");
        let prefix =
            if list { format!("{}[].", section.name) } else { format!("{}.", section.name) };
        for key in KEYS.iter().filter(|key| key.path.starts_with(&prefix)) {
            let name = key.path.strip_prefix(&prefix).unwrap_or(key.path);
            let default = match key.presence {
                Presence::Required(example) => format!("required, e.g. `{example}`"),
                Presence::Default(value) => format!("`{value}`"),
                Presence::Optional(example) => format!("none, e.g. `{example}`"),
            };
            let kind = key.kind.words();
            let _ = writeln!(text, "| `{name}` | {kind} | {default} | {} |", key.words);
        }
    }
    text.push_str(TAIL);
    text
}

fn literal(key: &Key) -> &'static str {
    match key.presence {
        Presence::Required(value) | Presence::Default(value) | Presence::Optional(value) => value,
    }
}

const HEAD: &str = "\
# Configuration

ponte reads one file, `ponte.toml`: `--config FILE`, else the variable `PONTE_CONFIG`, else `./ponte.toml`.
`ponte init` writes one with every key in it, explained. `ponte check` says what is wrong with it and how to mend it.

- An unknown key, a value of the wrong kind and a value out of bounds are refused, each with its line; nothing starts with a doubtful configuration.
- Relative paths are taken from the folder of the file.
- Secrets are files that the configuration names; none is written in it.

## Environment

Every key that is not in a list of tables is overridden by a variable: `PONTE_`, then section and key in capitals, with
underscores for dots and hyphens. `login.argon2.memory-kib` is `PONTE_LOGIN_ARGON2_MEMORY_KIB`. The elements of a list are
separated by commas: `PONTE_SERVER_PROXIES=10.0.0.1,10.0.0.2`. A variable that begins with `PONTE_` and is not a key is not
an error, since orchestrators make some of their own: `ponte check` and the log name it.
";

const TAIL: &str = "
## People from a file

`ponte user import FILE` reads JSON Lines (one object a line) or, if the name ends in `.csv`, comma- or semicolon-separated
values under a line of column names; `--format` says so for other names. All lines are looked at first: if one cannot be
taken, every such line is named with its number and the reason, and nobody is added. Else each person is added wholly or not
at all, and user names with activation codes go to `--codes FILE`, which only its owner may read, or to standard output.
`--dry-run` only looks. An import that was interrupted is run again with the same `--codes FILE`: who was added stays as they
are, and gets a new code if theirs was not told. A file is read line by line, however long it is; standard input is kept.

| key | meaning |
|---|---|
| `username` | required: 1 to 128 characters, no blanks; unique however it is written |
| `password` | this, of at least 12 characters, or else … |
| `password-hash` | … the hash of one from elsewhere: argon2id (PHC string), PBKDF2, bcrypt or LDAP's `{SSHA}` (`docs/migration.md`) |
| `kind` | of the person's first identity: `personal` (the default), `professional`, `legal-professional` (for a legal person: says `companyName`, and `ivaCode` or `companyFiscalNumber`), `legal-person` (the same) |
| `attributes` | an object: names of the SPID table and values; without `spidCode` one is made; `email` and `spidCode` belong to one account |
| `proofing` | how that identity was established: `method` (`desk`, `video`, `digital-signature`, `cns`, `nfc-document` (not for professional ones), `self-asserted`), `date`, `operator`, `evidence`; without it the person reaches SpidL1 only |
| `identities` | a list of further identities, each with `kind`, `attributes` and `proofing` |
| `password-expired` | `true`: the password only leads to a new one, at the first login |
| `suspended` | `true`: nobody logs in with the account until `ponte user resume` |
| `delivery` | how password and activation code reach the person: `verified-contact` (the default: what is bound with them is worth SpidL2 at most) or `desk` (handed over in person: SpidL3) |

The columns of a file of separated values are `username`, `password`, `password-hash`, `kind`, `delivery`, `proofing-method`,
`proofing-date`, `proofing-operator`, `proofing-evidence` and the names of attributes; an empty field says nothing.

```json
{\"username\":\"ada\",\"password\":\"una frase lunga e segreta\",\"attributes\":{\"name\":\"Ada\",\"familyName\":\"Rossi\",\"fiscalNumber\":\"TINIT-RSSDAA80A41H501I\"},\"proofing\":{\"method\":\"video\",\"date\":\"2026-11-02\",\"operator\":\"sportello 3\",\"evidence\":\"2026/1702\"}}
```

## Files

| file | what it is |
|---|---|
| `ponte.toml` | the configuration |
| `keys/signing.json` | which signing key does what; `ponte keys` alone changes it (`docs/keys.md`) |
| `keys/signing.key`, `keys/signing.crt` | the first signing key and its certificate; only ponte's user may read the key |
| `keys/seal.key` | the key that seals personal data; without it store and register cannot be read |
| `metadata/sp/*.xml` | the metadata of service providers, one file each |
| `data/` | store, register, `sources/` (the last good copy of each source of metadata), and `admin.sock`, by which commands reach a running server |
";
