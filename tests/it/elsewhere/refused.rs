//! What is no configuration, or leads elsewhere: refused with its place, and never a panic.

use std::fs;

use crate::support::server::Server;

/// What is said of `files` (name, text), imported from the folder.
fn said(system: &str, files: &[(&str, &str)]) -> (Option<i32>, String) {
    let server = Server::new();
    let folder = server.folder().join("there");
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    fs::write(server.folder().join("secret.yaml"), "a: 1\n").unwrap();
    let output = server.try_ponte(&["import", system, "there"], "");
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stderr),
        String::from_utf8_lossy(&output.stdout)
    );
    assert!(!text.contains("panicked"), "{text}");
    (output.status.code(), text)
}

#[test]
fn what_cannot_be_read_says_file_line_and_column() {
    let deep = format!("<?php\n$config = {}", "[".repeat(3000));
    for (system, files, expected) in [
        ("keycloak", vec![], "no *-realm.json"),
        ("keycloak", vec![("a-realm.json", "{\"realm\":\n [1,")], "a-realm.json:2:4: EOF"),
        (
            "keycloak",
            vec![("a-realm.json", "[]")],
            "a-realm.json: an export is a JSON object, found a list",
        ),
        ("keycloak", vec![("a-realm.json", "{\"x\":1}")], "neither \"realm\" nor \"users\""),
        (
            "keycloak",
            vec![("a-realm.json", "{\"realm\":\"a\",\n\"realm\":\"b\"}")],
            "a-realm.json:2:12: the name \"realm\" is there twice",
        ),
        (
            "keycloak",
            vec![("a-realm.json", "{\"realm\":\"a\"}"), ("b-realm.json", "{\"realm\":\"b\"}")],
            "several realms",
        ),
        ("simplesamlphp", vec![], "neither config/config.php nor config.php"),
        (
            "simplesamlphp",
            vec![("config.php", "<?php\n$config = ['a' => 1,\n")],
            "config.php:3:1: the file ends within an array",
        ),
        (
            "simplesamlphp",
            vec![("config.php", "$config = [];")],
            "config.php:1:1: the file does not begin with <?php",
        ),
        ("simplesamlphp", vec![("config.php", deep.as_str())], "deeper than 64"),
        ("satosa", vec![], "proxy_conf.yaml"),
        ("satosa", vec![("proxy_conf.yaml", "a: [1\n")], "proxy_conf.yaml:"),
        ("satosa", vec![("proxy_conf.yaml", "- a\n")], "no configuration of SATOSA: it is a list"),
        (
            "satosa",
            vec![("proxy_conf.yaml", "INTERNAL_ATTRIBUTES: ../secret.yaml\n")],
            "../secret.yaml lies outside of the folder",
        ),
        (
            "satosa",
            vec![("proxy_conf.yaml", "INTERNAL_ATTRIBUTES: /etc/passwd\n")],
            "/etc/passwd lies outside of the folder",
        ),
        ("shibboleth", vec![], "neither conf/metadata-providers.xml"),
        (
            "shibboleth",
            vec![("conf/metadata-providers.xml", "<a>\n<b></a>")],
            "conf/metadata-providers.xml: not well-formed: expected 'b' tag, not 'a' at 2:4",
        ),
        (
            "shibboleth",
            vec![("conf/metadata-providers.xml", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>")],
            "conf/metadata-providers.xml: ",
        ),
    ] {
        let (code, text) = said(system, &files);
        assert_eq!(code, Some(1), "{system} {expected}: {text}");
        assert!(text.contains(expected), "{system}: {expected}: {text}");
    }
}

/// Files that a configuration names are read below its folder alone; what is not read is told, and the rest goes on.
#[test]
fn a_name_that_leads_out_is_not_followed() {
    let config = "<?php $config = ['certdir' => '../', 'metadata.sources' => [['type' => 'flatfile'], ['type' => 'xml', 'file' => '../secret.yaml']]];";
    let sources = "<?php $config = ['h' => ['authcrypt:Htpasswd', 'htpasswd_file' => '/etc/shadow', 'static_attributes' => []]];";
    let (code, text) =
        said("simplesamlphp", &[("config.php", config), ("authsources.php", sources)]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(text.matches("lies outside of the folder").count(), 2, "{text}");
    assert!(!text.contains("root:"), "{text}");
}
