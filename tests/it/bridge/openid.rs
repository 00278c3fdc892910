//! npm's oidc-provider behind our front door, over HTTP: a service provider asks by SAML, and the level and the attributes come right.

use josekit::jwk::KeyPair as _;
use josekit::jwk::alg::rsa::RsaKeyPair;
use serde_json::{Value, json};

use crate::support::agent::{Agent, Page};
use crate::support::bridge::{PASS_THROUGH, answer, choose, send, spid};
use crate::support::keys;
use crate::support::oidc_op::OidcOp;
use crate::support::server::{Server, free_port};
use crate::support::sp::{Metadata, SPID_ENTITY};

/// Settles the provider on `port` as an upstream of `hub`: sealed tokens and pushed, signed requests.
pub(super) fn upstream(hub: &Server, port: u16) {
    let pem = RsaKeyPair::generate(2048).unwrap().to_pem_private_key();
    std::fs::write(hub.folder().join("openid.pem"), pem).unwrap();
    hub.configure(&format!(
        "\n[[upstream]]\nid = \"op\"\nkind = \"oidc\"\nissuer = \"http://127.0.0.1:{port}\"\nclient-id = \"ponte\"\n\
         assertion-audience = \"issuer\"\nrequest-object = true\npush = true\nencrypted-id-token = true\n\
         decryption-key = \"openid.pem\"\nceiling = \"SpidL3\"\nask = \"exact\"\nname-it = \"Ente OpenID\"\n\
         scopes = [\"openid\", \"profile\", \"email\", \"eid\"]\n\
         levels = [\"https://www.spid.gov.it/SpidL1=SpidL1\", \"https://www.spid.gov.it/SpidL2=SpidL2\", \
         \"https://www.spid.gov.it/SpidL3=SpidL3\"]\n"
    ));
}

/// Starts that provider, which knows `hub` by the keys that it publishes.
pub(super) fn provider(hub: &Server, port: u16) -> OidcOp {
    let ours = Agent::new().get(&hub.url("/oidc/jwks/op")).unwrap();
    let ours: Value = serde_json::from_str(&ours.body).unwrap_or_else(|_| panic!("{ours:?}"));
    let signs = ours["keys"][0]["alg"].clone();
    let mut client = json!({
        "client_id": "ponte",
        "redirect_uris": [hub.url("/oidc/callback/op")],
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": signs,
        "request_object_signing_alg": signs,
        "scope": "openid profile email eid",
        "post_logout_redirect_uris": [hub.url("/oidc/logout/op")],
        "backchannel_logout_uri": hub.url("/oidc/logout/op"),
        "backchannel_logout_session_required": true,
        "jwks": ours,
    });
    for kind in ["id_token", "userinfo"] {
        client[format!("{kind}_signed_response_alg")] = json!("RS256");
        client[format!("{kind}_encrypted_response_alg")] = json!("RSA-OAEP-256");
        client[format!("{kind}_encrypted_response_enc")] = json!("A256CBC-HS512");
    }
    let more = json!({"push_only": true, "object_only": true});
    OidcOp::start(hub.folder(), port, &client, &more)
}

/// A server with the provider as its one upstream.
fn behind() -> (Server, OidcOp) {
    let port = free_port();
    let mut hub = Server::new();
    upstream(&hub, port);
    hub.configure_in("login", "max-level = \"SpidL3\"");
    hub.add_metadata("spid", &Metadata::spid().signed(&keys::SP.signer), SPID_ENTITY, "spid");
    hub.configure(PASS_THROUGH);
    hub.start();
    let op = provider(&hub, port);
    (hub, op)
}

/// From the request by way of the provider to the page that we then show.
fn walk(hub: &Server, op: &OidcOp, agent: &mut Agent, level: u8) -> Page {
    let request = send(hub, &spid(hub, level, "minimum"));
    let page = agent.get(&request.url).unwrap();
    let page = choose(agent, &page, &op.issuer);
    follow(agent, page)
}

/// Goes from `page` wherever the browser is sent, by way of the provider, which asks nothing, and back.
pub(super) fn follow(agent: &mut Agent, mut page: Page) -> Page {
    for _ in 0..12 {
        let Some(to) = page.header("location") else { break };
        let to = page.url.join(to).unwrap();
        page = agent.get_once(to.as_str()).unwrap();
    }
    page
}

#[test]
#[ignore = "needs oidc-provider, which ./scripts/test installs"]
fn level_and_attributes_of_an_openid_provider_arrive_right() {
    let (hub, op) = behind();
    for level in 1..=3 {
        op.next(&json!({}));
        let mut agent = Agent::new();
        let page = walk(&hub, &op, &mut agent, level);
        assert!(page.body.contains("Ada"), "{level}: {page:?}\n{:#?}", hub.log());
        let told = answer(&mut agent, page);
        assert!(told.contains(&format!(">https://www.spid.gov.it/SpidL{level}</")), "{told}");
        assert!(told.contains("TINIT-LVLDAA85T50G702B"), "{told}");
    }
}

#[test]
#[ignore = "needs oidc-provider, which ./scripts/test installs"]
fn an_openid_provider_that_gives_less_or_says_no_is_told_so() {
    let (hub, op) = behind();
    for (control, level) in [
        (json!({"acr": "https://www.spid.gov.it/SpidL1"}), 2),
        (json!({"acr": "https://www.spid.gov.it/SpidL2"}), 3),
        (json!({"error": "access_denied"}), 2),
        (json!({"error": "unmet_authentication_requirements"}), 2),
    ] {
        op.next(&control);
        let page = walk(&hub, &op, &mut Agent::new(), level);
        assert!(page.status >= 400, "{control}: {page:?}");
        assert!(!page.body.contains("SAMLResponse"), "{control}: {page:?}");
    }
}

/// Comes in at SpidL1 by way of the provider, so that there is a session here and there.
fn come_in(hub: &Server, op: &OidcOp) -> Agent {
    op.next(&json!({}));
    let mut agent = Agent::new();
    let page = walk(hub, op, &mut agent, 1);
    assert!(answer(&mut agent, page).contains("SessionIndex="));
    agent
}

/// Says yes to the provider's question whether to leave, at `url`; its answer.
fn leave_there(agent: &mut Agent, op: &OidcOp, url: &str) -> Page {
    let page = agent.get(url).unwrap();
    let form = page.forms().into_iter().next().unwrap_or_else(|| panic!("{page:?}"));
    let mut fields = form.fields.clone();
    fields.push(("logout".into(), "yes".into()));
    let target = page.url.join(&form.action).unwrap();
    agent.come_from(&op.issuer);
    agent.post_once(target.as_str(), &fields).unwrap()
}

/// RP-initiated: the person leaves here, then there, and comes back.
#[test]
#[ignore = "needs oidc-provider, which ./scripts/test installs"]
fn who_leaves_here_leaves_the_openid_provider_too() {
    let (hub, op) = behind();
    let mut agent = come_in(&hub, &op);
    let page = agent.get(&hub.url("/logout")).unwrap();
    let page = super::press(&mut agent, &page, "/logout");
    let links = page.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let link = links.map(crate::support::agent::unescape).find(|link| link.starts_with(&op.issuer));
    let link = link.unwrap_or_else(|| panic!("{}", page.body));
    let over = leave_there(&mut agent, &op, &link);
    let back = over.header("location").unwrap_or_else(|| panic!("{over:?}")).to_owned();
    assert!(back.starts_with(&hub.url("/oidc/logout/op?state=")), "{back}");
    let page = agent.get(&back).unwrap();
    crate::logout_server::says(&page, "Ente OpenID", "uscito");
    assert!(hub.events().iter().any(|event| event == "logout.answered"));
}

/// Back-channel: the person leaves there, and our session is over.
#[test]
#[ignore = "needs oidc-provider, which ./scripts/test installs"]
fn who_leaves_the_openid_provider_leaves_here_too() {
    let (hub, op) = behind();
    let mut agent = come_in(&hub, &op);
    assert!(agent.get(&hub.url("/logout")).unwrap().body.contains("Ente OpenID"));
    let over = leave_there(&mut agent, &op, &format!("{}/session/end", op.issuer));
    assert!(over.status < 400, "{over:?}");
    let page = agent.get(&hub.url("/logout")).unwrap();
    assert!(page.body.contains("Nessuna sessione aperta"), "{}\n{:#?}", page.body, hub.log());
    assert!(hub.events().iter().any(|event| event == "logout.requested"));
}
