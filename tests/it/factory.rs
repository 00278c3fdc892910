//! Many bodies' metadata from a table, by the built binary.

use std::fs;
use std::path::Path;
use std::process::Output;

use ponte::register::tar;
use ponte::saml::lint::inspect::inspect;
use ponte::saml::lint::profile::LintProfile;
use ponte::saml::upstream::metadata::kind::MetadataProfile;
use ponte::world::clock::Clock;
use serde_json::{Value, json};

use crate::lint::against_the_suite::suite;
use crate::support::server::Server;

const COMMON: &str = r#"
profile = "spid-ag-public-full"
entity-id = "https://hub.example.org/pub-ag-full/{id}"
service-it = "Servizi di {aggregated.company}"

[contact]
company = "Hub di esempio"
vat-number = "IT97735020584"
fiscal-code = "97735020584"
email = "spid@hub.example.org"

[aggregated]
email = "{address}"
"#;

struct Works {
    server: Server,
}

impl Works {
    fn new() -> Self {
        let works = Self { server: Server::new() };
        works.write("common.toml", COMMON);
        works
    }

    fn folder(&self) -> &Path {
        self.server.folder()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder().join(name), text).unwrap();
    }

    /// Runs the factory over the table `text`.
    fn run(&self, text: &str, further: &[&str]) -> Output {
        self.write("bodies.csv", text);
        let said = ["metadata", "factory", "bodies.csv", "--common", "common.toml", "--out", "out"];
        let mut command = self.server.command(&[&said, further].concat());
        command.env("PONTE_SERVER_BASE_URL", "https://hub.example.org").output().unwrap()
    }

    fn made(&self) -> Vec<String> {
        let Ok(folder) = fs::read_dir(self.folder().join("out")) else { return Vec::new() };
        let names = folder.map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.ends_with(".xml")).collect();
        names.sort_unstable();
        names
    }
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn bodies(count: usize) -> String {
    let mut text = String::from("id;aggregated.company;aggregated.ipa-code;address\n");
    for n in 0..count {
        text.push_str(&format!("ente-{n};\"Ente; {n}\";c_{n:05};ente{n}@example.org\n"));
    }
    text
}

/// SP-07: one valid signed file for each body, written once, gone on with where it was interrupted.
#[test]
fn each_body_of_a_table_has_its_metadata() {
    let works = Works::new();
    let table = bodies(12);
    let tried = works.run(&table, &["--dry-run"]);
    assert_eq!((tried.status.code(), said(&tried).trim()), (Some(0), "Would be written: 12."));
    assert!(works.made().is_empty());
    let output = works.run(&table, &["--package", "batch.tar", "--report", "report.jsonl"]);
    assert_eq!((output.status.code(), said(&output).trim()), (Some(0), "Written: 12."));
    assert_eq!(works.made().len(), 12);
    let text = fs::read_to_string(works.folder().join("out/ente-3.xml")).unwrap();
    for part in [
        "entityID=\"https://hub.example.org/pub-ag-full/ente-3\"",
        ">Servizi di Ente; 3<",
        "<spid:IPACode>c_00003<",
        "<md:EmailAddress>ente3@example.org<",
        "<spid:PublicServicesFullAggregator",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let profile = LintProfile::ServiceProvider(MetadataProfile::SpidAgPublicFull);
    assert!(!inspect(text.as_bytes(), Some(profile), Clock::system().now()).is_refused());
    let lint = works.server.try_ponte(&["metadata", "lint", "out/ente-3.xml"], "");
    assert_eq!(lint.status.code(), Some(0), "{}", String::from_utf8_lossy(&lint.stdout));
    // The package has all of them and a list.
    let files = tar::read(&fs::read(works.folder().join("batch.tar")).unwrap()).unwrap();
    assert_eq!(files.len(), 13);
    let list = String::from_utf8(files[0].1.clone()).unwrap();
    assert!(list.contains("ente-3.xml,\"https://hub.example.org/pub-ag-full/ente-3\","), "{list}");
    let report = fs::read_to_string(works.folder().join("report.jsonl")).unwrap();
    let rows: Vec<Value> = report.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert!(rows.iter().all(|row| row["state"] == "written"), "{report}");
    // Interrupted: a file is missing, one was being written, the ledger's last line is cut.
    fs::remove_file(works.folder().join("out/ente-3.xml")).unwrap();
    fs::write(works.folder().join("out/ente-4.xml"), "").unwrap();
    let ledger = works.folder().join("out/factory.jsonl");
    let lines = fs::read(&ledger).unwrap();
    fs::write(&ledger, &lines[..lines.len() - 10]).unwrap();
    let output = works.run(&table, &[]);
    assert_eq!(said(&output).trim(), "Written: 2. There already: 10.");
    // A row that changed is written anew; its old file was ours.
    let output = works.run(&table.replace("ente5@", "altro@"), &[]);
    assert_eq!(said(&output).trim(), "Written: 1. There already: 11.");
    // What somebody else put there is not.
    fs::write(works.folder().join("out/ente-6.xml"), "<mine/>").unwrap();
    let output = works.run(&table, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("line 8: ente-6.xml is there, and is not as it was"),
        "{}",
        said(&output)
    );
    assert_eq!(fs::read_to_string(works.folder().join("out/ente-6.xml")).unwrap(), "<mine/>");
}

/// Whatever is wrong with a row is told with its line, and keeps no other row from being written.
#[test]
fn a_bad_row_is_told_and_written_nowhere() {
    let works = Works::new();
    let good = bodies(1);
    for (row, told) in [
        ("ENTE;Ente;c_a;a@example.org", "line 3: id: expected 1 to 40 small letters"),
        ("ente-0;Ente;c_a;a@example.org", "line 3: id: ente-0 is in line 2 already"),
        (
            "ente;Ente;;a@example.org",
            "line 3: aggregated.ipa-code: expected the code of a public body",
        ),
        ("ente;Ente;c_a;nowhere", "line 3: aggregated.email: expected"),
        ("ente;Ente;c_a;", "line 3: aggregated.email: expected a value in the column \"address\""),
        (
            "ente;;c_a;a@example.org",
            "line 3: service-it: expected a value in the column \"aggregated.company\"",
        ),
        ("ente;Ente", "line 3: there must be 4 fields, found 2"),
        ("ente;\"Ente;c_a;a@example.org", "line 3: a quote is not closed"),
    ] {
        let output = works.run(&format!("{good}{row}\n"), &[]);
        assert_eq!(output.status.code(), Some(1), "{row}: {}", said(&output));
        assert!(said(&output).contains(told), "{row}: {}", said(&output));
        assert_eq!(works.made(), ["ente-0.xml"], "{row}");
    }
    // What makes no sense for any row is told before the first.
    for (text, told) in [
        ("id,aggregated.ipacode\na,b\n", "did you mean \"aggregated.ipa-code\"?"),
        ("", "there is no line of column names"),
        ("id,id\n", "the column \"id\" is there twice"),
    ] {
        let output = works.run(text, &[]);
        assert_eq!(output.status.code(), Some(2), "{text}: {}", said(&output));
        assert!(said(&output).contains(told), "{text}: {}", said(&output));
    }
    works.write("common.toml", "profile = \"spid-ag-public-full\"\nnothing = 1\n");
    let output = works.run("id\na\n", &[]);
    assert!(said(&output).contains("unknown key nothing"), "{}", said(&output));
    works.write("common.toml", "profile = ");
    let output = works.run("id\na\n", &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("common.toml, line 1"), "{}", said(&output));
}

/// The light kinds: each body's own certificate is named beside ours, from a file that its row names.
#[test]
fn a_light_aggregator_names_each_body_s_certificate() {
    let works = Works::new();
    works.write(
        "common.toml",
        &COMMON
            .replace("spid-ag-public-full", "spid-ag-public-lite")
            .replace("pub-ag-full", "pub-ag-lite"),
    );
    let der = crate::support::keys::STRANGER.pair.certificate.clone();
    fs::write(works.folder().join("ente.crt"), der).unwrap();
    let table = "id,aggregated.company,aggregated.ipa-code,address,validation\n\
                 a,Ente,c_a,a@example.org,ente.crt\nb,Ente,c_b,b@example.org,nowhere.crt\nc,Ente,c_c,c@example.org,\n";
    let output = works.run(table, &[]);
    assert!(said(&output).contains("line 3: validation: "), "{}", said(&output));
    assert!(
        said(&output).contains("line 4: validation: expected the certificate"),
        "{}",
        said(&output)
    );
    assert_eq!(works.made(), ["a.xml"], "{}", said(&output));
}

/// SP-07: what comes of a table is taken by the suite that the federation's developers use, kind by kind.
#[test]
#[ignore = "needs spid-sp-test, which ./scripts/test installs"]
fn sp_07_the_suite_takes_what_the_factory_makes() {
    let works = Works::new();
    let der = crate::support::keys::STRANGER.pair.certificate.clone();
    fs::write(works.folder().join("ente.crt"), der).unwrap();
    let mut asked = Vec::new();
    for (profile, activity) in [
        ("spid-ag-public-full", "pub-ag-full"),
        ("spid-ag-public-lite", "pub-ag-lite"),
        ("spid-ag-private-full", "pri-ag-full"),
        ("spid-ag-private-lite", "pri-ag-lite"),
    ] {
        let kind = MetadataProfile::parse(profile).unwrap();
        let common =
            COMMON.replace("spid-ag-public-full", profile).replace("pub-ag-full", activity);
        let mut table = bodies(8).replace("ente-", &format!("{activity}-"));
        if kind.is_private() {
            table = table.replace("aggregated.ipa-code", "aggregated.vat-number");
            for n in 0..8 {
                table = table.replace(&format!("c_{n:05}"), "IT97735020584");
            }
        }
        let (first, rest) = common.split_once("\n\n").unwrap();
        let own = if kind.is_lite() { "validation = \"ente.crt\"\n" } else { "" };
        let last = if kind.is_private() { INVOICING } else { "" };
        works.write("common.toml", &format!("{first}\n{own}\n{rest}\n{last}"));
        let output = works.run(&table, &[]);
        assert_eq!(output.status.code(), Some(0), "{profile}: {}", said(&output));
        for n in 0..8 {
            let file = works.folder().join(format!("out/{activity}-{n}.xml"));
            asked.push(json!([file, LintProfile::ServiceProvider(kind).suite_name()]));
        }
    }
    for (one, verdict) in asked.iter().zip(suite(&json!(asked))) {
        assert_eq!(verdict["failed"], json!([]), "{one}");
        assert_eq!(verdict["broke_off"], false, "{one}");
    }
}

const INVOICING: &str = r#"
[invoicing]
name = "Hub di esempio"
vat-number = "IT97735020584"
street = "Via Liszt"
number = "21"
postal-code = "00144"
town = "Roma"
province = "RM"
country = "IT"
email = "fatture@hub.example.org"
"#;
