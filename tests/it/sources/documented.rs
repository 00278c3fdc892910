//! docs/sources.md: its examples are taken as they stand, and it names every reason.

use std::collections::BTreeSet;

use ponte::config::check;
use ponte::partners::source::reason::TABLE;

use crate::support::keys;
use crate::support::peer::root;

const HOUSE: &str = r#"
[server]
base-url = "https://idp.example.org"

[idp]
organization = { name.it = "Ente di esempio", url.it = "https://www.example.org" }

[keys]
seal = "keys/seal.key"
signing = [{ key = "keys/signing.key", certificate = "keys/signing.crt" }]
"#;

fn page() -> String {
    std::fs::read_to_string(root().join("docs/sources.md")).unwrap()
}

#[test]
fn each_example_is_a_configuration() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("keys")).unwrap();
    for name in ["federation.crt", "spid-registry.crt"] {
        let file = folder.path().join("keys").join(name);
        std::fs::write(file, &keys::FEDERATION.pair.certificate).unwrap();
    }
    let page = page();
    let examples: Vec<&str> = page
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or_default())
        .collect();
    assert_eq!(examples.len(), 4);
    let path = folder.path().join("ponte.toml");
    for example in &examples {
        let settings = check::read(&format!("{HOUSE}{example}"), &path, &[]);
        let settings = settings.unwrap_or_else(|error| panic!("{example}\n{error}"));
        assert_eq!(settings.sources.len(), 1, "{example}");
    }
    // Together too: the one with the smallest number goes first.
    let settings = check::read(&format!("{HOUSE}{}", examples.concat()), &path, &[]).unwrap();
    assert_eq!(settings.sources[0].name, "progetti");
}

#[test]
fn what_cannot_be_believed_is_no_configuration() {
    let source = |lines: &str| {
        let text = format!("{HOUSE}\n[[source]]\nname = \"x\"\n{lines}\n");
        let read = check::read(&text, std::path::Path::new("/etc/ponte/ponte.toml"), &[]);
        read.map(drop).map_err(|error| error.to_string())
    };
    let url = "kind = \"url\"\nfrom = \"https://metadata.example.org/\"\n";
    source(&format!("{url}unsigned = true")).unwrap();
    source("kind = \"url\"\nfrom = \"http://127.0.0.1:80/\"\nunsigned = true").unwrap();
    for (lines, words) in [
        (url, "source[1].signed-by"),
        ("kind = \"mdq\"\nfrom = \"https://mdq.example.org/\"\nunsigned = true", "signed-by"),
        ("kind = \"spid-registry\"", "signed-by"),
        ("kind = \"url\"\nfrom = \"http://metadata.example.org/\"\nunsigned = true", "https"),
        ("kind = \"url\"\nfrom = \"https://u@m.example.org/\"\nunsigned = true", "user name"),
        ("kind = \"folder\"", "source[1].from"),
        ("kind = \"feed\"\nfrom = \"x\"", "spid-registry"),
        ("kind = \"folder\"\nfrom = \"x\"\nregexp = \".*\"", "regexp"),
        ("kind = \"folder\"\nfrom = \"x\"\nrefresh-minutes = 0", "1 to 43200"),
        ("kind = \"folder\"\nfrom = \"x\"\nsigned-by = [\"none.crt\"]", "PEM"),
        ("kind = \"folder\"\nfrom = \"x\"\nallow = [\"a b\"]", "entityID"),
        ("kind = \"folder\"\nfrom = \"x\"\nprofile = \"cie\"", "generic"),
    ] {
        let refused = source(lines).unwrap_err();
        assert!(refused.contains(words), "{lines}: {refused}");
    }
}

/// Each by its name in the table of the page, and no other.
#[test]
fn the_page_has_every_reason() {
    let page = page();
    let table = page.split("| reason | what |").nth(1).unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with("| "));
    let mut named = BTreeSet::new();
    for row in rows {
        named.extend(row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2));
    }
    let names: BTreeSet<&str> = TABLE.iter().map(|row| row.name).collect();
    assert_eq!(named, names);
}
