//! Single sign-on through the built binary: two service providers, and a kill between them (SP-03).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ponte::world::clock::Clock;

use crate::support::agent::Agent;
use crate::support::citizen::{Asked, asked, send};
use crate::support::keys;
use crate::support::peer::Request;
use crate::support::server::Server;
use crate::support::sp::{AuthnRequest, Metadata, SPID_ENTITY};

const SECOND: &str = "https://second.example.org/spid";

fn level_1(server: &Server, entity_id: &str, id: &str) -> Request {
    let now = Clock::system().now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut request = AuthnRequest::spid(id, &now);
    request.destination = Some(server.url("/saml/sso"));
    request.force_authn = None;
    if let Some(requested) = &mut request.requested {
        requested.classes = vec!["https://www.spid.gov.it/SpidL1".into()];
    }
    if let Some(issuer) = &mut request.issuer {
        issuer.name_qualifier = Some(entity_id.into());
        issuer.value = entity_id.into();
    }
    let query = request.redirect(Some("state"), &keys::SP.signer);
    let url = format!("{}?{query}", server.url("/saml/sso"));
    Request { post: false, url, fields: Vec::new(), id: id.to_owned() }
}

/// SP-03: a password typed once serves two services at SpidL1, across a power cut.
#[test]
fn a_session_outlives_a_kill_and_serves_a_second_service() {
    let mut server = Server::new();
    for (file, entity_id) in [("first", SPID_ENTITY), ("second", SECOND)] {
        let metadata = Metadata { entity_id: Some(entity_id.into()), ..Metadata::spid() };
        server.add_metadata(file, &metadata.signed(&keys::SP.signer), entity_id, "spid");
    }
    server.start();
    let mut anna = server.add_user("anna");
    let mut agent = Agent::new();
    let first = level_1(&server, SPID_ENTITY, "_first");
    let delivered = anna.log_in(&mut agent, &first).expect("a login");
    let xml = STANDARD.decode(delivered.response).expect("base64");
    assert!(String::from_utf8_lossy(&xml).contains("SessionIndex="));
    server.kill();
    server.start();
    let page = send(&mut agent, &level_1(&server, SECOND, "_second")).expect("a page");
    assert!(matches!(asked(&page), Some(Asked::Consent(_))), "{}", page.body);
    let page = send(&mut Agent::new(), &level_1(&server, SECOND, "_third")).expect("a page");
    assert!(matches!(asked(&page), Some(Asked::Credentials(_))), "the control");
}
