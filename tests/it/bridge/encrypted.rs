//! Assertions that only we can read, over HTTP: by plain SAML, for the key of our metadata, and nothing weaker.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use ponte::saml::names;

use crate::support::agent::{Agent, Page};
use crate::support::answers::{Answer, OURSELVES, PROVIDER};
use crate::support::bridge::{
    HONEST, HOSTILE, PASS_THROUGH, Question, Stub, Stubbed, answer, spid,
};
use crate::support::citizen::Delivered;
use crate::support::keys::{SP, STRANGER};
use crate::upstream_rejections::encrypted::{Sealing, sealed};

/// A server that asks `onesto` by plain SAML, with a key for encryption or without, and `ostile` by SPID's rules.
fn scene(with_key: bool) -> Stubbed {
    Stubbed::new(PASS_THROUGH, |hub| {
        std::fs::write(hub.folder().join("open.pem"), &SP.pair.key).unwrap();
        std::fs::write(hub.folder().join("open.crt"), &SP.pair.certificate).unwrap();
        let keys = "decryption-key = \"open.pem\"\ndecryption-certificate = \"open.crt\"\n";
        let keys = if with_key { keys } else { "" };
        hub.reconfigure("\nid = \"ente\"\ntrial", &format!("\nid = \"ente\"\n{keys}trial"));
        hub.reconfigure(
            "id = \"onesto\"\nprofile = \"spid\"\n",
            "id = \"onesto\"\nceiling = \"SpidL2\"\nlevels = [\"https://www.spid.gov.it/SpidL2=SpidL2\"]\n",
        );
    })
}

/// Right in everything, as an answer of `stub` to `question`.
fn to(stubbed: &Stubbed, stub: Stub, question: &Question) -> Answer {
    let said =
        |after: TimeDelta| (question.at + after).format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    let now = said(TimeDelta::milliseconds(5));
    let replaced = |text: &str| {
        text.replace(OURSELVES, &stubbed.hub.url("/sp/ente"))
            .replace(PROVIDER, stub.entity)
            .replace("_request1", &question.id)
            .replace("2026-11-22T00:10:00Z", &now)
            .replace("2026-11-22T00:09:59Z", &now)
            .replace("2026-11-22T00:09:33Z", &said(TimeDelta::zero()))
            .replace("2026-11-22T00:15:00Z", &said(TimeDelta::minutes(5)))
    };
    let plain = Answer::plain();
    Answer {
        response: replaced(&plain.response),
        assertion: replaced(&plain.assertion),
        by: stub.keys,
        ..plain
    }
}

fn bring(stubbed: &Stubbed, agent: &mut Agent, question: &Question, text: &str) -> Page {
    let delivered = Delivered {
        action: stubbed.hub.url("/sp/ente/acs"),
        response: STANDARD.encode(text),
        relay_state: question.relay_state.clone(),
    };
    stubbed.bring(agent, &delivered)
}

fn refused(page: &Page, name: &str) {
    assert_eq!(page.status, 403, "{name}: {}", page.body);
    assert!(page.body.contains("EncryptedAssertion"), "{name}: {}", page.body);
    assert!(!page.body.contains("Ada"), "{name}");
}

#[test]
fn an_encrypted_assertion_is_read_and_nothing_weaker_is() {
    let stubbed = scene(true);
    let ours = Agent::new().get(&stubbed.hub.url("/sp/ente/metadata")).unwrap().body;
    let (_, encryption) = ours.split_once("<md:KeyDescriptor use=\"encryption\">").unwrap();
    assert!(encryption.contains(names::AES256_GCM) && !encryption.contains("cbc"));
    let mut agent = Agent::new();
    let question = stubbed.ask(&mut agent, &spid(&stubbed.hub, 2, "minimum"), HONEST);
    let good = to(&stubbed, HONEST, &question);
    let plain = Sealing::default();
    let of = |sealing: Sealing| sealed(&good, &sealing);
    let twice = Answer {
        of_assertion: None,
        assertion: plain.seal(&plain.seal(&good.signed_assertion())),
        ..good.clone()
    };
    let unsigned = Answer { of_assertion: None, ..good.clone() };
    let once = plain.seal(&good.signed_assertion());
    let beside = Answer { of_assertion: None, assertion: format!("{once}{once}"), ..good.clone() };
    for (name, text) in [
        (
            "CBC",
            of(Sealing { data: "http://www.w3.org/2001/04/xmlenc#aes256-cbc", ..plain.clone() }),
        ),
        ("PKCS #1 v1.5", of(Sealing { wrapping: names::RSA_1_5, ..plain.clone() })),
        ("another's key", of(Sealing { to: &STRANGER, ..plain.clone() })),
        ("twice, one in the other", twice.text()),
        ("two", beside.text()),
    ] {
        refused(&bring(&stubbed, &mut agent, &question, &text), name);
    }
    // Encryption is no signature: whoever has our metadata can encrypt.
    let page = bring(&stubbed, &mut agent, &question, &sealed(&unsigned, &plain));
    assert_eq!(page.status, 403, "{}", page.body);
    let forged = Answer { by: HOSTILE.keys, ..good.clone() };
    let page = bring(&stubbed, &mut agent, &question, &sealed(&forged, &plain));
    assert_eq!(page.status, 403, "{}", page.body);
    let page = bring(&stubbed, &mut agent, &question, &of(plain.clone()));
    assert!(answer(&mut agent, page).contains("TINIT-SPSDAA80A41H501J"));
}

/// Without a key, and by SPID's rules, which know no encryption, none is read.
#[test]
fn without_a_key_or_by_spids_rules_no_encrypted_assertion_is_read() {
    let stubbed = scene(false);
    let ours = Agent::new().get(&stubbed.hub.url("/sp/ente/metadata")).unwrap().body;
    assert!(!ours.contains("use=\"encryption\""));
    let mut agent = Agent::new();
    let question = stubbed.ask(&mut agent, &spid(&stubbed.hub, 2, "minimum"), HONEST);
    let text = sealed(&to(&stubbed, HONEST, &question), &Sealing::default());
    refused(&bring(&stubbed, &mut agent, &question, &text), "no key");
    let stubbed = scene(true);
    let question = stubbed.ask(&mut agent, &spid(&stubbed.hub, 2, "minimum"), HOSTILE);
    let text = sealed(&to(&stubbed, HOSTILE, &question), &Sealing::default());
    let page = bring(&stubbed, &mut agent, &question, &text);
    assert_eq!(page.status, 403, "{}", page.body);
}
