//! Service providers that none of us wrote take our responses, and refuse them after one byte was changed.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::agent::Agent;
use crate::support::peer::{Kind, Peer};
use crate::support::server::Server;

const SPID_L2: &str = "https://www.spid.gov.it/SpidL2";
const REFEDS_MFA: &str = "https://refeds.org/profile/mfa";

#[test]
#[ignore = "needs the service providers that ./scripts/test installs"]
fn pysaml2_by_redirect_under_spid() {
    logs_in_and_refuses_changes(Kind {
        script: "pysaml2_sp.py",
        profile: "spid",
        binding: "redirect",
        class: SPID_L2,
    });
}

#[test]
#[ignore = "needs the service providers that ./scripts/test installs"]
fn pysaml2_by_post_under_spid() {
    logs_in_and_refuses_changes(Kind {
        script: "pysaml2_sp.py",
        profile: "spid",
        binding: "post",
        class: SPID_L2,
    });
}

#[test]
#[ignore = "needs the service providers that ./scripts/test installs"]
fn pysaml2_by_redirect_under_plain_saml() {
    logs_in_and_refuses_changes(Kind {
        script: "pysaml2_sp.py",
        profile: "generic",
        binding: "redirect",
        class: REFEDS_MFA,
    });
}

#[test]
#[ignore = "needs the service providers that ./scripts/test installs"]
fn pysaml2_by_post_under_plain_saml() {
    logs_in_and_refuses_changes(Kind {
        script: "pysaml2_sp.py",
        profile: "generic",
        binding: "post",
        class: REFEDS_MFA,
    });
}

#[test]
#[ignore = "needs the service providers that ./scripts/test installs"]
fn python3_saml_by_redirect_under_plain_saml() {
    logs_in_and_refuses_changes(Kind {
        script: "python3_saml_sp.py",
        profile: "generic",
        binding: "redirect",
        class: REFEDS_MFA,
    });
}

#[test]
#[ignore = "needs the service providers that ./scripts/test installs"]
fn node_saml_by_redirect_under_plain_saml() {
    logs_in_and_refuses_changes(Kind {
        script: "node_saml_sp.mjs",
        profile: "generic",
        binding: "redirect",
        class: REFEDS_MFA,
    });
}

#[test]
#[ignore = "needs the service providers that ./scripts/test installs"]
fn node_saml_by_post_under_plain_saml() {
    logs_in_and_refuses_changes(Kind {
        script: "node_saml_sp.mjs",
        profile: "generic",
        binding: "post",
        class: REFEDS_MFA,
    });
}

/// SP-01: asked for SpidL1 exactly, told SpidL2, and a service provider that none of us wrote takes it.
#[test]
#[ignore = "needs the service providers that ./scripts/test installs"]
fn sp_01_more_than_was_asked_for_is_taken() {
    let kind = Kind {
        script: "pysaml2_sp.py",
        profile: "spid",
        binding: "redirect",
        class: "https://www.spid.gov.it/SpidL1",
    };
    let mut server = Server::new();
    let peer = Peer::new(server.folder(), kind, &server.url("/saml/sso"));
    peer.set("comparison", "exact");
    server.register(&peer);
    server.configure("minimum-level = \"SpidL2\"\n");
    let mut citizen = server.add_user("ada");
    server.start();
    let idp = Agent::new().get(&server.url("/metadata")).expect("metadata");
    std::fs::write(server.folder().join("idp.xml"), &idp.body).expect("the metadata is kept");
    let request = peer.request();
    let delivered = citizen.log_in(&mut Agent::new(), &request).expect("a response");
    let verdicts = peer.check(&request.id, &delivered.relay_state, &[delivered.response]);
    assert_eq!(verdicts[0]["accepted"], true, "{}", verdicts[0]);
    assert_eq!(verdicts[0]["class"], SPID_L2, "{}", verdicts[0]);
}

#[test]
#[ignore = "needs the service providers that ./scripts/test installs"]
fn each_reads_an_encrypted_assertion() {
    for script in ["pysaml2_sp.py", "python3_saml_sp.py", "node_saml_sp.mjs"] {
        let kind = Kind { script, profile: "generic", binding: "redirect", class: REFEDS_MFA };
        let mut server = Server::new();
        let peer = Peer::new(server.folder(), kind, &server.url("/saml/sso"));
        server.register(&peer);
        server.configure("encrypt-assertion = true\n");
        let mut citizen = server.add_user("ada");
        server.start();
        let idp = Agent::new().get(&server.url("/metadata")).expect("metadata");
        std::fs::write(server.folder().join("idp.xml"), &idp.body).expect("the metadata is kept");
        let request = peer.request();
        let delivered = citizen.log_in(&mut Agent::new(), &request).expect("a response");
        let xml = String::from_utf8(STANDARD.decode(&delivered.response).unwrap()).unwrap();
        assert!(
            xml.contains("<saml:EncryptedAssertion") && !xml.contains(">Ada<"),
            "{script}: {xml}"
        );
        let changed = STANDARD.encode(&changed_at_each(&xml, "<xenc:CipherValue>")[1]);
        let responses = [delivered.response.clone(), changed];
        let verdicts = peer.check(&request.id, &delivered.relay_state, &responses);
        assert_eq!(verdicts[0]["accepted"], true, "{script}: {}", verdicts[0]);
        assert!(verdicts[0]["attributes"].to_string().contains("Ada"), "{script}: {}", verdicts[0]);
        assert_eq!(verdicts[1]["accepted"], false, "{script}: one byte was changed");
    }
}

#[test]
#[ignore = "needs xmlsec1, which ./scripts/test installs"]
fn xmlsec1_verifies_our_metadata() {
    let mut server = Server::new();
    server.start();
    let served = Agent::new().get(&server.url("/metadata")).expect("metadata").body;
    let printed = server.ponte(&["metadata", "show"], "").stdout;
    let printed = String::from_utf8(printed).expect("UTF-8");
    let node = "urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor";
    for metadata in [&served, &printed] {
        assert_eq!(xmlsec1(server.folder(), metadata, &[node]), Ok(()));
    }
    let changed = served.replacen("idp.localhost", "idq.localhost", 1);
    assert_ne!(xmlsec1(server.folder(), &changed, &[node]), Ok(()), "one byte was changed");
}

fn logs_in_and_refuses_changes(kind: Kind) {
    let mut server = Server::new();
    let peer = Peer::new(server.folder(), kind, &server.url("/saml/sso"));
    server.register(&peer);
    let mut citizen = server.add_user("ada");
    server.start();
    let idp = Agent::new().get(&server.url("/metadata")).expect("metadata");
    assert_eq!(idp.status, 200);
    std::fs::write(server.folder().join("idp.xml"), &idp.body).expect("the metadata is kept");

    let request = peer.request();
    let delivered = citizen.log_in(&mut Agent::new(), &request).expect("a response");
    assert_eq!(delivered.action, peer.acs);
    assert_eq!(delivered.relay_state, "where-i-was");

    let xml = String::from_utf8(STANDARD.decode(&delivered.response).expect("base64")).unwrap();
    let places = [
        ">Ada<",
        "<ds:SignatureValue>",
        "InResponseTo=\"",
        "<ds:DigestValue>",
        "NotOnOrAfter=\"20",
    ];
    let changed = places.iter().flat_map(|place| changed_at_each(&xml, place));
    let responses: Vec<String> = [delivered.response.clone()]
        .into_iter()
        .chain(changed.map(|changed| STANDARD.encode(changed)))
        .collect();
    let verdicts = peer.check(&request.id, &delivered.relay_state, &responses);
    let verdict = &verdicts[0];
    assert_eq!(verdict["accepted"], true, "{verdict}");
    assert_eq!(verdict["class"], kind.class, "{verdict}");
    let attributes = verdict["attributes"].to_string();
    assert!(attributes.contains("Ada") && attributes.contains("TINIT-"), "{verdict}");
    for (verdict, response) in verdicts.iter().zip(&responses).skip(1) {
        assert_eq!(verdict["accepted"], false, "one byte was changed: {verdict} {response}");
    }

    let response = "urn:oasis:names:tc:SAML:2.0:protocol:Response";
    let assertion = "urn:oasis:names:tc:SAML:2.0:assertion:Assertion";
    assert_eq!(xmlsec1(server.folder(), &xml, &[response, assertion]), Ok(()));
    let alone = &xml[xml.find("<saml:Assertion").expect("an assertion")..];
    let alone =
        &alone[..alone.find("</saml:Assertion>").expect("its end") + "</saml:Assertion>".len()];
    assert_eq!(xmlsec1(server.folder(), alone, &[assertion]), Ok(()), "the assertion by itself");
    let changed = xml.replacen(">Ada<", ">Adb<", 1);
    assert_ne!(xmlsec1(server.folder(), &changed, &[response, assertion]), Ok(()));
}

/// `xml` with the last letter or digit of `place`, or the first after it, replaced by another:
/// once for each time that `place` stands in `xml`. What comes out is well-formed.
fn changed_at_each(xml: &str, place: &str) -> Vec<String> {
    let changed: Vec<String> =
        xml.match_indices(place)
            .map(|(start, _)| {
                let inside = place.trim_end_matches('<').len();
                let mut at = start + inside;
                if place.ends_with('<') {
                    at -= 1;
                }
                let other =
                    match &xml[at..=at] {
                        "a" => "b",
                        digit if digit.bytes().all(|byte| byte.is_ascii_digit()) => {
                            if digit == "9" { "8" } else { "9" }
                        }
                        _ => "a",
                    };
                format!("{}{other}{}", &xml[..at], &xml[at + 1..])
            })
            .collect();
    assert!(!changed.is_empty(), "{place} stands nowhere in {xml}");
    assert!(changed.iter().all(|changed| changed.len() == xml.len() && changed != xml));
    changed
}

/// What the program `xmlsec1` says of the first signature of `xml` under our certificate.
fn xmlsec1(folder: &Path, xml: &str, nodes: &[&str]) -> Result<(), String> {
    let file = folder.join("verify.xml");
    std::fs::write(&file, xml).expect("it is written");
    let output = Command::new("xmlsec1")
        .args(["--verify", "--enabled-key-data", "rsa"])
        .args(nodes.iter().flat_map(|node| ["--id-attr:ID", node]))
        .arg("--pubkey-cert-pem")
        .arg(folder.join("keys/signing.crt"))
        .arg(&file)
        .output()
        .expect("xmlsec1 is there: ./scripts/test installs it");
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
