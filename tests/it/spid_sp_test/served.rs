//! The suite over HTTP, against the built server: its metadata, a request that a login begins with, and every response posted.

use serde_json::Value;

use super::{RESPONSES, program, python_with};
use crate::support::peer::target;
use crate::support::server::Server;

/// The suite's identity provider, by the name that it gives itself.
const SUITE: &str = "https://localhost:8443";

/// SP-06, SP-07, SP-02: metadata, request and all responses of a public service provider, as the suite is meant to be used.
#[test]
#[ignore = "needs spid-sp-test, which ./scripts/test installs"]
fn sp_06_the_server_passes_the_suite_over_http() {
    // A name that every resolver knows: the suite is no browser.
    let mut server = Server::called("localhost");
    let (good, metadata, errors) = python_with(&[&program(), "--idp-metadata"], &[]);
    assert!(good, "{errors}");
    std::fs::write(server.folder().join("suite.xml"), metadata).unwrap();
    server.configure(
        "\n[[relying-party]]\nid = \"ente\"\nprofile = \"spid-public\"\ntrial = true\nservice-it = \"Servizi in rete\"\n\
         service-en = \"Online services\"\ncontact.ipa-code = \"c_h501\"\ncontact.email = \"spid@example.org\"\n\
         contact.telephone = \"+390612345678\"\n\n[[upstream]]\nid = \"spid\"\nprofile = \"spid\"\nrelying-party = \"ente\"\n\
         metadata = \"suite.xml\"\n",
    );
    // Without TLS its client keeps no cookie of ours, and nobody gets past the hop.
    let (url, authority) = server.start_with_tls();
    let folder = target().join("spid-sp-test");
    std::fs::create_dir_all(&folder).unwrap();
    let report = folder.join("served.json");
    let metadata = format!("{url}/sp/ente/metadata");
    let asked = format!("{url}/sp/ente/login?idp={SUITE}&level=SpidL1");
    let mut arguments = vec![program()];
    let more = ["--metadata-url", &metadata, "--authn-url", &asked, "-pr", "spid-sp-public"];
    arguments.extend(more.map(str::to_owned));
    arguments.extend(["--extra", "-tr", "-d", "ERROR", "-rf", "json", "-o"].map(str::to_owned));
    arguments.push(report.to_str().unwrap().to_owned());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let environment =
        [("REQUESTS_CA_BUNDLE", authority.to_str().unwrap()), ("IDP_ENTITYID", SUITE)];
    let (good, said, errors) = python_with(&arguments, &environment);
    println!("{said}");
    assert!(good && said.contains(" 0 failed"), "{said}{errors}");
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    let ran =
        |kind: &str, checks: &str| report["test"]["sp"][kind][checks].as_array().unwrap().len();
    assert_eq!(ran("response", "SpidSpResponseCheck"), RESPONSES);
    assert!(ran("metadata_extra", "SpidSpMetadataCheckExtra") > 100);
    assert!(ran("authnrequest_extra", "SpidSpAuthnReqCheckExtra") > 35);
    // Each was refused for what it says: only the three on InResponseTo as an answer that nobody asked for.
    let log = server.log();
    let refused: Vec<&Value> =
        log.iter().filter(|row| row["event"] == "upstream.refused").collect();
    let unasked = refused.iter().filter(|row| row["element"] == "Response/@InResponseTo").count();
    assert!(refused.len() > 90 && unasked == 3, "{unasked} of {}", refused.len());
}
