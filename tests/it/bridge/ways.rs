//! The requirements on the ways in: what stands on the page, whom the card's provider is asked for, and a code typed on the same phone.

use std::collections::HashSet;

use ponte::assurance::class_ref::ClassRef;
use ponte::saml::identity_provider::IdentityProvider;
use ponte::saml::metadata::write;

use crate::support::agent::{Agent, Page};
use crate::support::bridge::{
    BEHIND, Bridge, HONEST, PASS_THROUGH, Stub, Stubbed, answer, generic, send, spid,
};
use crate::support::citizen::{Asked, asked};
use crate::support::idp;
use crate::support::keys;
use crate::support::server::Server;

use super::{CODE, press};

const CARD: Stub = Stub { entity: "https://carta.example.org/saml", keys: &keys::IDP };
const THREE: [&str; 3] = [
    "https://uno.example.org/saml",
    "https://due.example.org/saml",
    "https://tre.example.org/saml",
];

/// Adds the upstream `id` by the rules of `profile` with these identity providers; `more` are further lines.
fn add(hub: &Server, id: &str, profile: &str, entities: &[&str], more: &str) {
    let folder = hub.folder().join(id);
    std::fs::create_dir(&folder).unwrap();
    for (place, entity) in entities.iter().enumerate() {
        let described = IdentityProvider {
            entity_id: (*entity).into(),
            single_sign_on: format!("{entity}/sso"),
            ..idp::identity_provider()
        };
        let metadata = write::write(&described, "_m", &keys::IDP.signer, &[]).unwrap();
        std::fs::write(folder.join(format!("{place}.xml")), metadata).unwrap();
    }
    hub.configure(&format!(
        "\n[[upstream]]\nid = \"{id}\"\nprofile = \"{profile}\"\nrelying-party = \"ente\"\nmetadata = \"{id}\"\n{more}"
    ));
}

fn page_of(stubbed: &Stubbed, level: u8) -> Page {
    Agent::new().get(&send(&stubbed.hub, &spid(&stubbed.hub, level, "minimum")).url).unwrap()
}

/// Where each of `words` stands on `page`, which must have them all.
fn places(page: &Page, words: &[&str]) -> Vec<usize> {
    let place =
        |word: &&str| page.body.find(*word).unwrap_or_else(|| panic!("{word}: {}", page.body));
    words.iter().map(place).collect()
}

/// TS-01: user name and password, SPID and the card stand side by side, each with its name and its words, in the order that the service
/// provider wants; there is a guide to them.
#[test]
fn ts_01_each_way_stands_on_the_page_in_the_order_that_is_settled() {
    for (settled, order) in [
        ("upstreams = [\"spid\", \"cie\"]\n", ["Entra con SPID", "Entra con CIE"]),
        ("upstreams = [\"cie\", \"spid\"]\n", ["Entra con CIE", "Entra con SPID"]),
    ] {
        let stubbed = Stubbed::new(settled, |hub| {
            add(hub, "spid", "spid", &THREE, "");
            add(hub, "cie", "cie", &[CARD.entity], "");
        });
        let page = page_of(&stubbed, 1);
        let [first, second] = order;
        assert!(places(&page, &[first, second, "name=\"password\""]).is_sorted(), "{}", page.body);
        assert!(page.body.contains("italia-it-button"), "the official look");
        let guide = page
            .body
            .split("href=\"")
            .find_map(|rest| rest.split('"').next()?.strip_prefix("/help/ways"));
        assert!(guide.is_some(), "{}", page.body);
        let guide = Agent::new().get(&stubbed.hub.url("/help/ways")).unwrap();
        assert_eq!(guide.status, 200);
        for way in ["SPID", "CIE"] {
            assert!(guide.body.contains(way), "{way}: {}", guide.body);
        }
    }
}

/// TS-01: order, headings and guides are the service provider's to settle, our own login among the ways.
#[test]
fn ts_01_order_and_headings_are_settled_for_each_service_provider() {
    let settled = "ways-order = [\"own-login\", \"cie\"]\n\
                   way-headings = [\"own-login.it=Operatori del Comune\", \"spid.it=Cittadini <con SPID>\", \"spid.en=Citizens\"]\n\
                   upstreams = [\"spid\", \"cie\"]\n";
    let stubbed = Stubbed::new(settled, |hub| {
        add(hub, "spid", "spid", &THREE, "guide = \"https://guida.example.org/spid\"\n");
        add(hub, "cie", "cie", &[CARD.entity], "");
    });
    let page = page_of(&stubbed, 1);
    let words = [
        "Operatori del Comune",
        "name=\"password\"",
        "Entra con CIE",
        "Cittadini &#60;con SPID&#62;",
        "Entra con SPID",
    ];
    assert!(places(&page, &words).is_sorted(), "{}", page.body);
    assert!(page.body.contains("href=\"https://guida.example.org/spid\""), "{}", page.body);
    assert!(
        page.body.contains("href=\"https://www.cartaidentita.interno.gov.it\""),
        "{}",
        page.body
    );
    let mut english = Agent::new();
    let page = english.get(&send(&stubbed.hub, &spid(&stubbed.hub, 1, "minimum")).url).unwrap();
    let before = page.body.split("\" hreflang=\"en\"").next().unwrap();
    let to = before.rsplit("href=\"").next().unwrap().replace("&#38;", "&");
    let page = english.get(page.url.join(&to).unwrap().as_str()).unwrap();
    // Where a heading has one language only, that one is shown.
    for words in ["Citizens", "Guide to SPID", "Operatori del Comune", "Sign in with SPID"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    for wrong in [
        "ways-order = [\"spd\"]",
        "ways-order = [\"cie\", \"cie\"]",
        "way-headings = [\"cie=Carta\"]",
        "way-headings = [\"cie.fr=Carte\"]",
        "way-headings = [\"cie.it=\"]",
    ] {
        let text = format!(
            "{}\n[[service-provider]]\nentity-id = \"https://altro.example\"\n{wrong}\n",
            std::fs::read_to_string(stubbed.hub.folder().join("ponte.toml")).unwrap()
        );
        let path = stubbed.hub.folder().join("ponte.toml");
        let refused = ponte::config::check::read(&text, &path, &[]).unwrap_err().to_string();
        let key = wrong.split(' ').next().unwrap();
        assert!(refused.contains(key), "{wrong}: {refused}");
    }
}

/// TS-13: the card's provider is asked for exactly the level, whatever the service provider's comparison, since to it `minimum` is the
/// highest; SPID's for it or more. What each is worth is settled for each.
#[test]
fn ts_13_the_card_is_asked_for_exactly_the_level_and_has_levels_of_its_own() {
    let settled =
        "own-login = false\naccounts = \"pass-through\"\nupstreams = [\"cie\", \"onesto\"]\n";
    let with_ceiling = |ceiling: &str| {
        Stubbed::new(settled, |hub| {
            hub.configure_in("login", "max-level = \"SpidL3\"");
            add(hub, "cie", "cie", &[CARD.entity], ceiling);
        })
    };
    let stubbed = with_ceiling("");
    let wants = |level: u8, comparison: &str| {
        format!(
            "Comparison=\"{comparison}\"><saml:AuthnContextClassRef xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">https://www.spid.gov.it/SpidL{level}<"
        )
    };
    for comparison in ["exact", "minimum"] {
        for level in 1..=3 {
            let request = spid(&stubbed.hub, level, comparison);
            let card = stubbed.ask(&mut Agent::new(), &request, CARD);
            assert!(card.xml.contains(&wants(level, "exact")), "{}", card.xml);
            let request = spid(&stubbed.hub, level, comparison);
            let other = stubbed.ask(&mut Agent::new(), &request, HONEST);
            assert!(other.xml.contains(&wants(level, "minimum")), "{}", other.xml);
        }
    }
    for (given, told) in [
        (ClassRef::SpidL1, "ErrorCode nr20"),
        (ClassRef::SpidL2, ">https://www.spid.gov.it/SpidL2</"),
        (ClassRef::SpidL3, ">https://www.spid.gov.it/SpidL3</"),
    ] {
        let mut agent = Agent::new();
        let question = stubbed.ask(&mut agent, &spid(&stubbed.hub, 2, "minimum"), CARD);
        let mut page = stubbed.bring(&mut agent, &stubbed.says(CARD, &question, given, CODE));
        if page.status == 403 {
            page = press(&mut agent, &page, "/cancel");
        }
        let said = answer(&mut agent, page);
        assert!(said.contains(told), "{given:?}: {said}");
    }
    let stubbed = with_ceiling("ceiling = \"SpidL2\"\n");
    let page = page_of(&stubbed, 3);
    assert!(page.form_with_button("provider", HONEST.entity).is_some(), "{}", page.body);
    assert!(page.form_with_button("provider", CARD.entity).is_none(), "{}", page.body);
    let page = page_of(&stubbed, 2);
    assert!(page.form_with_button("provider", CARD.entity).is_some(), "{}", page.body);
}

/// IC-15: the button opens the identity providers of the registered metadata, all of them, in another order each time; and an e-mail address
/// is as good a user name as any.
#[test]
fn ic_15_all_identity_providers_in_random_order_and_a_user_name_that_is_an_address() {
    let stubbed =
        Stubbed::new("upstreams = [\"spid\"]\n", |hub| add(hub, "spid", "spid", &THREE, ""));
    let mut orders = HashSet::new();
    for _ in 0..40 {
        let page = page_of(&stubbed, 1);
        let form = page.form_with_button("provider", THREE[0]).unwrap();
        let shown: Vec<String> = form.buttons.into_iter().map(|button| button.1).collect();
        let all: HashSet<&str> = shown.iter().map(String::as_str).collect();
        assert_eq!(all, HashSet::from(THREE), "each once: {shown:?}");
        assert_eq!(shown.len(), THREE.len());
        orders.insert(shown);
    }
    // Of six orders three or fewer come up in forty pages once in fifty billion runs.
    assert!(orders.len() > 3, "{orders:?}");
    let mut ada = stubbed.hub.add_user("ada@example.org");
    "Ada@Example.org".clone_into(&mut ada.username);
    let request = send(&stubbed.hub, &generic(&stubbed.hub, "exact", &[]));
    ada.log_in(&mut Agent::new(), &request).unwrap();
}

/// IC-16: on the phone that has the app, a link opens it, and the field takes what was copied there.
#[test]
fn ic_16_a_code_is_copied_from_the_app_on_the_same_phone() {
    let bridge = Bridge::new(PASS_THROUGH, BEHIND);
    let mut ada = bridge.upstream.add_user("ada");
    let mut seen = Vec::new();
    for _ in 0..2 {
        let mut agent = Agent::new();
        let request = send(&bridge.hub, &spid(&bridge.hub, 2, "minimum"));
        let mut page = bridge.to_upstream(&mut agent, &request);
        loop {
            let now = asked(&page).unwrap_or_else(|| panic!("{}", page.body));
            match &now {
                Asked::Enrolment(_) => {
                    assert!(page.body.contains("href=\"otpauth://totp/"), "{}", page.body);
                    seen.push("enrolment");
                }
                Asked::Code(_) => seen.push("code"),
                Asked::Response(_) => break,
                _ => {
                    page = ada.do_as(&mut agent, &page, &now).unwrap();
                    continue;
                }
            }
            let field = page.body.split("<input").find(|input| input.contains("name=\"code\""));
            let field = field.and_then(|input| input.split('>').next()).unwrap();
            for kind in ["autocomplete=\"one-time-code\"", "inputmode=\"numeric\""] {
                assert!(field.contains(kind), "{kind}: {field}");
            }
            page = ada.do_as(&mut agent, &page, &now).unwrap();
        }
    }
    assert!(seen.contains(&"enrolment") && seen.ends_with(&["code"]), "{seen:?}");
    // As it stands in the app, in two groups.
    let mut agent = Agent::new();
    let request = send(&bridge.hub, &spid(&bridge.hub, 2, "minimum"));
    let mut page = bridge.to_upstream(&mut agent, &request);
    let now = asked(&page).unwrap();
    page = ada.do_as(&mut agent, &page, &now).unwrap();
    let form = page.form_with(&["code"]).unwrap();
    let code = ada.app.as_mut().unwrap().code();
    let copied = format!(" {} {} ", &code[..3], &code[3..]);
    let page = agent.submit(&page, &form, &[("code", &copied)]).unwrap();
    assert!(matches!(asked(&page), Some(Asked::Consent(_))), "{}", page.body);
}
