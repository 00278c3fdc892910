//! Two OpenID providers behind our front door, one of them hostile, over HTTP: no code or token of one goes to the other, and an
//! answer counts once (RFC 9700 §4.4, RFC 9207).

use serde_json::{Value, json};

use crate::support::agent::{Agent, Page};
use crate::support::bridge::{PASS_THROUGH, answer, spid};
use crate::support::keys;
use crate::support::oidc_stub::{Asked, StubOp, ask, bring};
use crate::support::server::Server;
use crate::support::sp::{Metadata, SPID_ENTITY};

const CODE: &str = "RSSDAA80A41H501I";

/// A server with both as upstreams `onesto` and `ostile`.
struct Scene {
    hub: Server,
    honest: StubOp,
    hostile: StubOp,
}

impl Scene {
    /// `promise`: whether the metadata of both promise an `iss` in their answers.
    fn new(promise: bool) -> Self {
        let said = json!({"authorization_response_iss_parameter_supported": promise});
        let (honest, hostile) = (StubOp::start(&said), StubOp::start(&said));
        let mut hub = Server::new();
        hub.configure(&honest.settled("onesto"));
        hub.configure(&hostile.settled("ostile"));
        hub.add_metadata("spid", &Metadata::spid().signed(&keys::SP.signer), SPID_ENTITY, "spid");
        hub.configure(PASS_THROUGH);
        hub.start();
        Self { hub, honest, hostile }
    }

    fn ask(&self, agent: &mut Agent, op: &StubOp) -> Asked {
        ask(&self.hub, agent, &spid(&self.hub, 1, "minimum"), &op.issuer)
    }

    /// How often a code was brought to `op`, and that none of it says `never`.
    fn exchanges(op: &StubOp, never: &[&str]) -> usize {
        let seen = op.seen();
        for (line, body) in &seen {
            for secret in never {
                assert!(
                    !line.contains(secret) && !body.contains(secret),
                    "{secret}: {line} {body}"
                );
            }
        }
        seen.iter().filter(|(line, _)| line.starts_with("POST /token")).count()
    }
}

/// The parameters of an answer, with who sent it if that is said.
fn said<'a>(code: &'a str, state: &'a str, iss: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let iss = iss.map(|iss| ("iss", iss));
    [("code", code), ("state", state)].into_iter().chain(iss).collect()
}

fn refused(page: &Page, name: &str) {
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(page.body.contains(name), "{name}: {}", page.body);
}

/// Controls: each of the two lets a person in, with `iss` and without where it is not promised.
#[test]
fn each_of_two_providers_lets_a_person_in() {
    for promise in [true, false] {
        let scene = Scene::new(promise);
        for (op, id) in [(&scene.honest, "onesto"), (&scene.hostile, "ostile")] {
            let mut agent = Agent::new();
            let asked = scene.ask(&mut agent, op);
            op.gives(&op.claims(&asked, CODE));
            let iss = promise.then_some(op.issuer.as_str());
            let page = bring(&scene.hub, &mut agent, id, &said("a-code", &asked.state, iss));
            assert!(answer(&mut agent, page).contains(CODE));
            assert_eq!(Scene::exchanges(op, &[]), 1);
        }
    }
}

/// The person chose the hostile one, which sent the browser on to the honest one: its code comes to the honest one's address with the
/// hostile one's state, or is carried from there to the hostile one's address.
#[test]
fn a_code_of_one_provider_is_never_sent_to_the_other() {
    for promise in [true, false] {
        let scene = Scene::new(promise);
        let (honest, hostile) = (scene.honest.issuer.as_str(), scene.hostile.issuer.as_str());
        for iss in [None, Some(honest), Some(hostile)] {
            let mut agent = Agent::new();
            let asked = scene.ask(&mut agent, &scene.hostile);
            let brought = said("code-of-the-honest", &asked.state, iss);
            refused(&bring(&scene.hub, &mut agent, "onesto", &brought), "state");
        }
        let mut agent = Agent::new();
        let asked = scene.ask(&mut agent, &scene.hostile);
        let brought = said("code-of-the-honest", &asked.state, Some(honest));
        refused(&bring(&scene.hub, &mut agent, "ostile", &brought), "callback-issuer");
        if promise {
            let asked = scene.ask(&mut agent, &scene.hostile);
            let brought = said("code-of-the-honest", &asked.state, None);
            let page = bring(&scene.hub, &mut agent, "ostile", &brought);
            refused(&page, "callback-issuer-missing");
        }
        // The other way round.
        let asked = scene.ask(&mut agent, &scene.honest);
        let brought = said("code-of-the-hostile", &asked.state, Some(hostile));
        refused(&bring(&scene.hub, &mut agent, "onesto", &brought), "callback-issuer");
        let brought = said("code-of-the-hostile", &asked.state, Some(honest));
        refused(&bring(&scene.hub, &mut agent, "ostile", &brought), "state");
        let codes = ["code-of-the-honest", "code-of-the-hostile"];
        assert_eq!(Scene::exchanges(&scene.honest, &codes), 0);
        assert_eq!(Scene::exchanges(&scene.hostile, &codes), 0);
    }
}

/// A token of the honest one, which the hostile one has got somehow, proves nothing from its mouth; nor does one of its own in the
/// honest one's name.
#[test]
fn a_token_of_one_provider_from_the_mouth_of_the_other_is_refused() {
    for promise in [true, false] {
        let scene = Scene::new(promise);
        let mut agent = Agent::new();
        let asked = scene.ask(&mut agent, &scene.hostile);
        let claims = scene.honest.claims(&asked, CODE);
        let iss = promise.then_some(scene.hostile.issuer.as_str());
        for (token, why) in [
            (scene.honest.sign(&claims), "token-signature"),
            (scene.hostile.sign(&claims), "id-token-issuer"),
        ] {
            scene.hostile.gives_token(token);
            let page = bring(&scene.hub, &mut agent, "ostile", &said("c", &asked.state, iss));
            refused(&page, why);
        }
        assert_eq!(Scene::exchanges(&scene.honest, &[]), 0);
    }
}

/// The honest one's code of another login, in the person's browser: its token is of another request (nonce).
#[test]
fn a_code_of_another_login_is_refused() {
    let scene = Scene::new(false);
    let mut attacker = Agent::new();
    let theirs = scene.ask(&mut attacker, &scene.honest);
    let mut agent = Agent::new();
    let asked = scene.ask(&mut agent, &scene.honest);
    scene.honest.gives(&scene.honest.claims(&theirs, CODE));
    let page = bring(&scene.hub, &mut agent, "onesto", &said("theirs", &asked.state, None));
    refused(&page, "id-token-nonce");
}

/// Metadata of the hostile one that name an address of the honest one are not taken: nothing is sent there.
#[test]
fn metadata_do_not_lead_to_the_other_provider() {
    let honest = StubOp::start(&json!({}));
    for member in ["token_endpoint", "userinfo_endpoint", "jwks_uri"] {
        let elsewhere = json!({ (member): format!("{}/token", honest.issuer) });
        let hostile = StubOp::start(&elsewhere);
        let mut hub = Server::new();
        hub.configure(&honest.settled("onesto"));
        hub.configure(&hostile.settled("ostile"));
        hub.add_metadata("spid", &Metadata::spid().signed(&keys::SP.signer), SPID_ENTITY, "spid");
        hub.configure(PASS_THROUGH);
        hub.start();
        let mut agent = Agent::new();
        let page =
            agent.get(&crate::support::bridge::send(&hub, &spid(&hub, 1, "minimum")).url).unwrap();
        let page = crate::support::bridge::choose(&mut agent, &page, &hostile.issuer);
        assert_eq!(page.status, 403, "{member}: {}", page.body);
        assert!(honest.seen().iter().all(|(line, _)| !line.contains("/token")), "{member}");
    }
}

/// An answer counts once: brought again, in the same browser or another, it is refused, and no code is exchanged again.
#[test]
fn an_answer_that_is_brought_again_is_refused() {
    let scene = Scene::new(true);
    let mut agent = Agent::new();
    let asked = scene.ask(&mut agent, &scene.honest);
    scene.honest.gives(&scene.honest.claims(&asked, CODE));
    let brought = said("a-code", &asked.state, Some(&scene.honest.issuer));
    // A stranger's browser may bring it, and comes no further.
    let mut stranger = Agent::new();
    let page = bring(&scene.hub, &mut stranger, "onesto", &brought);
    assert!(page.status >= 400 && !page.body.contains("Ada"), "{}", page.body);
    for again in [&mut agent, &mut stranger] {
        refused(&bring(&scene.hub, again, "onesto", &brought), "state");
    }
    assert_eq!(Scene::exchanges(&scene.honest, &[]), 1);
    // The same ID token to another request of the same person is of another nonce, and the same `jti` counts once.
    let mut other = Agent::new();
    let again = scene.ask(&mut other, &scene.honest);
    let mut claims: Value = scene.honest.claims(&again, CODE);
    claims["jti"] = json!("token-1");
    scene.honest.gives(&claims);
    let brought = said("b-code", &again.state, Some(&scene.honest.issuer));
    let page = bring(&scene.hub, &mut other, "onesto", &brought);
    assert!(answer(&mut other, page).contains(CODE));
    let third = scene.ask(&mut other, &scene.honest);
    let mut claims: Value = scene.honest.claims(&third, CODE);
    claims["jti"] = json!("token-1");
    scene.honest.gives(&claims);
    let brought = said("c-code", &third.state, Some(&scene.honest.issuer));
    let page = bring(&scene.hub, &mut other, "onesto", &brought);
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(
        page.body.contains("conta una volta") || page.body.contains("counts once"),
        "{}",
        page.body
    );
}
