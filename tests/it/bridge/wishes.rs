//! What stands beside a request, over HTTP: a level that a service provider wishes for, and a purpose that an upstream must know.

use ponte::assurance::class_ref::ClassRef;
use ponte::saml::writer::Element;
use serde_json::Value;

use crate::support::agent::{Agent, Page};
use crate::support::bridge::{HONEST, PASS_THROUGH, Stubbed, answer, send, spid};
use crate::support::keys;
use crate::support::oidc_stub::StubOp;
use crate::support::server::Server;
use crate::support::sp::{GENERIC_ENTITY, Metadata, SPID_ENTITY};

const CODE: &str = "RSSDAA80A41H501I";

/// TS-11: `level=` asks for more than the request does, and never for less than what is settled.
#[test]
fn a_level_beside_the_request_asks_for_more_and_never_for_less() {
    // The last table is that of the plain service provider.
    let stubbed = Stubbed::new(PASS_THROUGH, |hub| {
        hub.configure("unsolicited = true\n");
        hub.configure_in("login", "max-level = \"SpidL3\"");
    });
    let hub = &stubbed.hub;
    let asked = |beside: &str, level: u8| {
        let mut agent = Agent::new();
        let url = format!("{}{beside}", send(hub, &spid(hub, level, "minimum")).url);
        let page = agent.get(&url).unwrap();
        let question = stubbed.choose(&mut agent, &page, HONEST);
        (agent, question)
    };
    for (beside, level, class, afresh) in [
        ("", 1, "SpidL1", false),
        ("&level=SpidL2", 1, "SpidL2", true),
        ("&level=https://www.spid.gov.it/SpidL3", 1, "SpidL3", true),
        ("&level=SpidL1", 2, "SpidL2", true),
        // Twice, or of no name that is known: none.
        ("&level=SpidL2&level=SpidL2", 1, "SpidL1", false),
        ("&level=SpidL9", 1, "SpidL1", false),
    ] {
        let (_, question) = asked(beside, level);
        assert!(question.xml.contains(&format!("/{class}<")), "{beside}: {}", question.xml);
        assert_eq!(question.xml.contains("ForceAuthn=\"true\""), afresh, "{beside}");
    }
    let (mut agent, question) = asked("&level=SpidL2", 1);
    let page = stubbed.bring(&mut agent, &stubbed.says(HONEST, &question, ClassRef::SpidL1, CODE));
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(page.body.contains("livello SpidL2 o superiore"), "{}", page.body);
    let told = super::press(&mut agent, &page, "/cancel");
    assert!(answer(&mut agent, told).contains("ErrorCode nr20"));
    // And where the login starts at us.
    let mut agent = Agent::new();
    let service = url::form_urlencoded::byte_serialize(GENERIC_ENTITY.as_bytes());
    let start = hub.url(&format!("/saml/start?sp={}&level=SpidL2", service.collect::<String>()));
    let page = agent.get(&start).unwrap();
    let question = stubbed.choose(&mut agent, &page, HONEST);
    assert!(question.xml.contains("/SpidL2<"), "{}", question.xml);
}

/// IC-18: a purpose reaches an identity provider that has identities for it; where there is none, the service hears nr30 or nr20.
#[test]
fn a_purpose_reaches_who_knows_it_or_is_refused() {
    let stubbed = Stubbed::new(PASS_THROUGH, |_| {});
    let hub = &stubbed.hub;
    let begin = |agent: &mut Agent, purpose: &str| -> Page {
        let mut request = spid(hub, 1, "minimum");
        request.extensions = vec![Element::new("spid:Purpose").text(purpose.to_owned())];
        agent.get(&send(hub, &request).url).unwrap()
    };
    // The stubs' metadata say P and PX.
    let mut agent = Agent::new();
    let page = begin(&mut agent, "P");
    let question = stubbed.choose(&mut agent, &page, HONEST);
    assert!(question.xml.contains(">P</spid:Purpose>"), "{}", question.xml);
    let page = stubbed.bring(&mut agent, &stubbed.says(HONEST, &question, ClassRef::SpidL1, CODE));
    assert!(answer(&mut agent, page).contains(CODE));
    for purpose in ["LP", "PG", "PF"] {
        let mut agent = Agent::new();
        let page = begin(&mut agent, purpose);
        assert!(page.form_with_button("provider", HONEST.entity).is_none(), "{purpose}");
        let told = answer(&mut agent, page);
        assert!(told.contains("ErrorCode nr30"), "{purpose}: {told}");
    }
}

/// While keys change, who is asked knows the next one before it signs: by the key set, and by the metadata.
#[test]
fn the_next_key_is_published_to_upstreams_before_it_signs() {
    let op = StubOp::start(&serde_json::json!({}));
    let mut hub = Server::new();
    hub.configure("\n[[relying-party]]\nid = \"ente\"\n");
    hub.configure(&op.settled("op"));
    hub.add_metadata("spid", &Metadata::spid().signed(&keys::SP.signer), SPID_ENTITY, "spid");
    hub.start();
    let published = |hub: &Server| {
        let set = Agent::new().get(&hub.url("/oidc/jwks/op")).unwrap();
        let set: Value = serde_json::from_str(&set.body).unwrap();
        let all = set["keys"].as_array().unwrap().iter();
        let signing = all.filter(|key| key["use"] == "sig");
        let names: Vec<String> =
            signing.map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
        let metadata = Agent::new().get(&hub.url("/sp/ente/metadata")).unwrap().body;
        (names, metadata.matches("<md:KeyDescriptor use=\"signing\">").count())
    };
    let (before, listed) = published(&hub);
    assert_eq!((before.len(), listed), (1, 1));
    let made = hub.ponte(&["keys", "new"], "");
    assert!(made.status.success(), "{made:?}");
    let (both, listed) = published(&hub);
    assert_eq!((both.len(), listed), (2, 2), "{both:?}");
    assert_eq!(both[0], before[0], "the one that signs first");
    let promoted = hub.ponte(&["keys", "promote", "--keep-published"], "");
    assert!(promoted.status.success(), "{promoted:?}");
    let (after, listed) = published(&hub);
    assert_eq!((after.len(), listed), (2, 2), "{after:?}");
    assert_eq!(after[0], both[1]);
}
