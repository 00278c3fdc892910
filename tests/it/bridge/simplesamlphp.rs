//! SimpleSAMLphp behind our front door, over HTTP: it takes our signed request, asks for a password on its own page, and its
//! answer goes on to a service provider on pysaml2.

use crate::support::agent::{Agent, Page};
use crate::support::bridge::{PASS_THROUGH, bring, choose, generic, send, to_service};
use crate::support::citizen::Citizen;
use crate::support::keys;
use crate::support::peer::{Kind, Peer};
use crate::support::server::Server;
use crate::support::simplesamlphp::SimpleSaml;
use crate::support::sp::{GENERIC_ENTITY, Metadata};

const MFA: &str = "https://refeds.org/profile/mfa";

/// The people of `tests/clients/simplesamlphp/authsources.php`, by the level that their class is worth.
pub(super) const PEOPLE: [&str; 3] = ["password", "mfa", "card"];

/// Settles `peer` as an upstream of `hub`: its metadata are signed, its classes and one attribute are its own.
pub(super) fn upstream(hub: &Server, peer: &SimpleSaml) {
    std::fs::write(hub.folder().join("simplesamlphp.xml"), peer.metadata()).unwrap();
    std::fs::write(hub.folder().join("simplesamlphp.crt"), &keys::IDP.pair.certificate).unwrap();
    hub.configure(
        "\n[[upstream]]\nid = \"simplesamlphp\"\nrelying-party = \"ente\"\nmetadata = \"simplesamlphp.xml\"\n\
         signed-by = [\"simplesamlphp.crt\"]\nname-it = \"SimpleSAMLphp\"\nceiling = \"SpidL3\"\n\
         attributes = [\"fiscalNumber=urn:example:codiceFiscale\"]\nlevels = [\
         \"urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport=SpidL1\", \
         \"https://refeds.org/profile/mfa=SpidL2\", \
         \"urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI=SpidL3\"]\n",
    );
}

/// A server with SimpleSAMLphp as its one upstream, and the service provider that a test is about.
fn behind(add: impl FnOnce(&mut Server)) -> (Server, SimpleSaml) {
    let peer = SimpleSaml::start();
    let mut hub = Server::new();
    hub.configure("\n[[relying-party]]\nid = \"ente\"\n");
    hub.configure_in("login", "max-level = \"SpidL3\"");
    upstream(&hub, &peer);
    add(&mut hub);
    hub.configure(PASS_THROUGH);
    hub.start();
    let ours = Agent::new().get(&hub.url("/sp/ente/metadata")).unwrap();
    peer.register(&ours.body);
    (hub, peer)
}

fn plain(hub: &mut Server) {
    let metadata = Metadata::generic().signed(&keys::SP.signer);
    hub.add_metadata("generic", &metadata, GENERIC_ENTITY, "generic");
}

/// Logs in as one of [`PEOPLE`] at `page`, which is the peer's, and brings what it says.
pub(super) fn log_in(
    hub: &Server,
    peer: &SimpleSaml,
    agent: &mut Agent,
    page: Page,
    username: &str,
) -> Page {
    assert!(page.form_with(&["username", "password"]).is_some(), "{page:?}\n{}", peer.log());
    let said = Citizen::new(username, "secret", "").finish(agent, page);
    bring(hub, agent, &said.unwrap_or_else(|why| panic!("{why}\n{}", peer.log())))
}

#[test]
#[ignore = "needs SimpleSAMLphp and pysaml2, which ./scripts/test installs"]
fn what_simplesamlphp_vouches_for_reaches_a_service_provider() {
    let kind = Kind { script: "pysaml2_sp.py", profile: "generic", binding: "post", class: MFA };
    let mut asks = None;
    let (hub, peer) = behind(|hub| {
        let sp = Peer::new(hub.folder(), kind, &hub.url("/saml/sso"));
        hub.register(&sp);
        asks = Some(sp);
    });
    let sp = asks.unwrap();
    let ours = Agent::new().get(&hub.url("/metadata")).unwrap().body;
    std::fs::write(hub.folder().join("idp.xml"), ours).unwrap();
    let mut agent = Agent::new();
    let request = sp.request();
    let page = agent.post(&request.url, &request.fields).unwrap();
    let page = choose(&mut agent, &page, &peer.entity_id());
    // A person mistypes there, and is asked again there.
    let form = page.form_with(&["username", "password"]).unwrap();
    let page = agent.submit(&page, &form, &[("username", "mfa"), ("password", "wrong")]).unwrap();
    let page = log_in(&hub, &peer, &mut agent, page, "mfa");
    assert!(page.body.contains("TINIT-LVLDAA85T50G702B"), "{}", page.body);
    let told = to_service(&mut agent, page);
    let verdicts = sp.check(&request.id, &told.relay_state, &[told.response]);
    assert_eq!(verdicts[0]["accepted"], true, "{}", verdicts[0]);
    assert_eq!(verdicts[0]["class"], MFA, "{}", verdicts[0]);
    let attributes = &verdicts[0]["attributes"];
    assert_eq!(attributes["name"][0], "Ada", "{attributes}");
    assert_eq!(attributes["familyName"][0], "Lovelace", "{attributes}");
    assert_eq!(attributes["fiscalNumber"][0], "TINIT-LVLDAA85T50G702B", "{attributes}");
}

/// What it says by classes of its own is worth what is settled and no more, and who falls short may log in there otherwise.
#[test]
#[ignore = "needs SimpleSAMLphp, which ./scripts/test installs"]
fn simplesamlphp_that_gives_less_is_asked_again() {
    let (hub, peer) = behind(plain);
    let mut agent = Agent::new();
    let request = send(&hub, &generic(&hub, "exact", &[MFA]));
    let mut page = agent.get(&request.url).unwrap();
    page = choose(&mut agent, &page, &peer.entity_id());
    for less in ["password", "unknown"] {
        page = log_in(&hub, &peer, &mut agent, page, less);
        assert_eq!(page.status, 403, "{less}: {}", page.body);
        assert!(page.form_with_button("decision", "accept").is_none());
        // It has a session by now, and is told to ask afresh all the same.
        let form = page.form_with(&["upstream", "provider"]).unwrap();
        page = agent.submit(&page, &form, &[]).unwrap();
    }
    page = log_in(&hub, &peer, &mut agent, page, "mfa");
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.form_with_button("decision", "accept").is_some(), "{}", page.body);
}

/// It believes our requests by our metadata: those of another key are refused there, and nobody is logged in.
#[test]
#[ignore = "needs SimpleSAMLphp, which ./scripts/test installs"]
fn simplesamlphp_verifies_our_requests() {
    let (hub, peer) = behind(plain);
    let ours = Agent::new().get(&hub.url("/sp/ente/metadata")).unwrap().body;
    let text = |certificate: &[u8]| {
        let certificate = openssl::x509::X509::from_pem(certificate).unwrap();
        openssl::base64::encode_block(&certificate.to_der().unwrap()).replace('\n', "")
    };
    let own = std::fs::read(hub.folder().join("keys/signing.crt")).unwrap();
    let others = ours.replace(&text(&own), &text(&keys::STRANGER.pair.certificate));
    assert_ne!(others, ours);
    peer.register(&others);
    let mut agent = Agent::new();
    let request = send(&hub, &generic(&hub, "exact", &[MFA]));
    let page = agent.get(&request.url).unwrap();
    let page = choose(&mut agent, &page, &peer.entity_id());
    assert!(page.form_with(&["username", "password"]).is_none(), "{}", page.body);
    assert!(page.body.contains("Unable to validate signature"), "{page:?}");
}
