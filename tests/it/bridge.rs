//! Other identity providers behind our front door: the built server in front of another, and of stubs, over HTTP.

use ponte::assurance::class_ref::ClassRef;
use ponte::login::outcome::Refusal;

use crate::support::agent::{Agent, Page};
use crate::support::bridge::{
    BEHIND, Bridge, HONEST, HOSTILE, PASS_THROUGH, Stubbed, answer, asked_of, generic, post, send,
    spid,
};
use crate::support::citizen::Delivered;
use crate::support::server::Server;

mod cie;
mod encrypted;
mod logout;
mod mixup;
mod openid;
mod real;
mod simplesamlphp;
mod table;
mod ways;
mod wishes;

const CODE: &str = "RSSDAA80A41H501I";

/// Presses the button of `page` that posts to `step`.
fn press(agent: &mut Agent, page: &Page, step: &str) -> Page {
    let form = page.forms().into_iter().find(|form| form.action.ends_with(step));
    let form = form.unwrap_or_else(|| panic!("{step}: {}", page.body));
    agent.submit(page, &form, &[]).unwrap()
}

/// The name that the service provider was given.
fn name_id(answer: &str) -> String {
    let rest = answer.split_once("<saml:NameID").unwrap().1.split_once('>').unwrap().1;
    rest.split_once('<').unwrap().0.to_owned()
}

/// IC-17, IC-25: a person with one app at the identity provider behind comes in to two services in front. What
/// they see there is its own page for the code, and here what would be sent; nothing else is.
#[test]
fn a_person_comes_in_by_another_identity_provider_and_no_account_is_kept() {
    let bridge = Bridge::new(PASS_THROUGH, BEHIND);
    let mut ada = bridge.upstream.add_user("ada");
    let mut agent = Agent::new();
    let request = send(&bridge.hub, &spid(&bridge.hub, 2, "minimum"));
    let page = bridge.walk(&mut agent, &request, &mut ada);
    for shown in ["TINIT-RSSDAA80A41H501I", "Ada", "Servizio uno"] {
        assert!(page.body.contains(shown), "IC-17, {shown}: {}", page.body);
    }
    let told = bridge.accept(&mut agent, page);
    assert!(told.contains(">https://www.spid.gov.it/SpidL2</"), "{told}");
    assert!(told.contains("TINIT-RSSDAA80A41H501I") && told.contains(">Ada<"), "{told}");
    assert!(told.contains(&format!("InResponseTo=\"{}\"", request.id)), "{told}");
    assert!(!told.contains("SessionIndex="), "SP-03");
    let mfa = ["https://refeds.org/profile/mfa"];
    let request = send(&bridge.hub, &generic(&bridge.hub, "exact", &mfa));
    let mut agent = Agent::new();
    let page = bridge.walk(&mut agent, &request, &mut ada);
    let told = answer(&mut agent, page);
    assert!(told.contains(">https://refeds.org/profile/mfa</"), "{told}");
    let users = bridge.hub.ponte(&["user", "list"], "");
    assert!(!String::from_utf8_lossy(&users.stdout).contains("RSSDAA80A41H501I"));
}

/// What the person does not agree to is not sent (IC-17, nr22).
#[test]
fn what_is_not_agreed_to_is_not_sent() {
    let stubbed = Stubbed::new(PASS_THROUGH, |_| {});
    let mut agent = Agent::new();
    let question = stubbed.ask(&mut agent, &spid(&stubbed.hub, 1, "minimum"), HONEST);
    let page = stubbed.bring(&mut agent, &stubbed.says(HONEST, &question, ClassRef::SpidL1, CODE));
    let form = page.form_with_button("decision", "deny").unwrap();
    let page = agent.submit(&page, &form, &[("decision", "deny")]).unwrap();
    assert!(answer(&mut agent, page).contains("ErrorCode nr22"));
}

/// TS-01: the ways stand side by side, ours among them, each with its name; and what a service does not want is not there.
#[test]
fn the_ways_in_stand_side_by_side() {
    let stubbed = Stubbed::new("upstreams = [\"ostile\", \"onesto\"]\n", |_| {});
    let request = send(&stubbed.hub, &spid(&stubbed.hub, 1, "minimum"));
    let page = Agent::new().get(&request.url).unwrap();
    assert!(page.form_with(&["username", "password"]).is_some(), "{}", page.body);
    let at = |name: &str| page.body.find(&format!("Entra con Ente {name}")).unwrap();
    assert!(at("ostile") < at("onesto"), "in the order that is settled");
    let csp = page.header("content-security-policy").unwrap();
    assert!(
        csp.contains("form-action 'self' https://onesto.example.org https://ostile.example.org;")
    );
    let none = Stubbed::new("upstreams = []\n", |_| {});
    let request = send(&none.hub, &spid(&none.hub, 1, "minimum"));
    let page = Agent::new().get(&request.url).unwrap();
    assert!(page.form_with(&["username", "password"]).is_some());
    assert!(!page.body.contains("onesto"));
}

/// TS-03: whoever has no account is told so, and the service too; TS-14: whoever has one is the same person by whatever way.
#[test]
fn an_account_is_found_by_fiscal_code_and_none_is_made() {
    let stubbed = Stubbed::new("", |_| {});
    let ask = |agent: &mut Agent, stub| {
        let question = stubbed.ask(agent, &generic(&stubbed.hub, "exact", &[]), stub);
        let said = stubbed.says(stub, &question, ClassRef::SpidL2, CODE);
        stubbed.bring(agent, &said)
    };
    let mut agent = Agent::new();
    let page = ask(&mut agent, HONEST);
    assert_eq!(page.status, 403);
    assert!(page.body.contains("Non risulti abilitato"), "{}", page.body);
    let told = press(&mut agent, &page, "/cancel");
    assert!(answer(&mut agent, told).contains("status:UnknownPrincipal"));

    let mut ada = stubbed.hub.add_user("ada");
    let mut names = Vec::new();
    for stub in [HONEST, HOSTILE] {
        let mut agent = Agent::new();
        let page = ask(&mut agent, stub);
        names.push(name_id(&answer(&mut agent, page)));
    }
    let mut agent = Agent::new();
    let request = send(&stubbed.hub, &generic(&stubbed.hub, "exact", &[]));
    let delivered = ada.log_in(&mut agent, &request).unwrap();
    let xml =
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, delivered.response);
    names.push(name_id(&String::from_utf8(xml.unwrap()).unwrap()));
    assert!(names.iter().all(|name| *name == names[0]), "TS-14: {names:?}");
}

/// At the first login an account is made, once: the second login is the same person's.
#[test]
fn an_account_is_made_at_the_first_login_where_that_is_settled() {
    let stubbed = Stubbed::new("accounts = \"created\"\n", |_| {});
    let mut names = Vec::new();
    for _ in 0..2 {
        let mut agent = Agent::new();
        let question = stubbed.ask(&mut agent, &generic(&stubbed.hub, "exact", &[]), HONEST);
        let said = stubbed.says(HONEST, &question, ClassRef::SpidL2, CODE);
        let page = stubbed.bring(&mut agent, &said);
        names.push(name_id(&answer(&mut agent, page)));
    }
    assert_eq!(names[0], names[1]);
}

/// TS-11, IC-12: a level below the service's least is refused with words on how to reach it, a way to try again, and nr20.
#[test]
fn less_than_the_least_level_is_told_with_a_way_on() {
    let settled = format!("{PASS_THROUGH}minimum-level = \"SpidL2\"\n");
    let stubbed = Stubbed::new(&settled, |_| {});
    let mut agent = Agent::new();
    let question = stubbed.ask(&mut agent, &spid(&stubbed.hub, 1, "minimum"), HONEST);
    assert!(question.xml.contains(">https://www.spid.gov.it/SpidL2<"), "{}", question.xml);
    assert!(question.xml.contains("ForceAuthn=\"true\""), "{}", question.xml);
    let page = stubbed.bring(&mut agent, &stubbed.says(HONEST, &question, ClassRef::SpidL1, CODE));
    assert_eq!(page.status, 403);
    for said in ["SpidL1", "livello SpidL2 o superiore", "Riprova", "Scegli un altro modo"] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    // Again, and enough this time.
    let form = page.form_with(&["upstream", "provider"]).unwrap();
    let question = asked_of(&agent.submit_once(&page, &form, &[]).unwrap());
    let page = stubbed.bring(&mut agent, &stubbed.says(HONEST, &question, ClassRef::SpidL2, CODE));
    assert!(answer(&mut agent, page).contains(">https://www.spid.gov.it/SpidL2</"));
    // Or it is left at that.
    let mut agent = Agent::new();
    let question = stubbed.ask(&mut agent, &spid(&stubbed.hub, 1, "minimum"), HONEST);
    let page = stubbed.bring(&mut agent, &stubbed.says(HONEST, &question, ClassRef::SpidL1, CODE));
    let told = press(&mut agent, &page, "/cancel");
    assert!(answer(&mut agent, told).contains("ErrorCode nr20"));
}

/// Whoever tries again at the same identity provider is asked there anew: from a session it would say the same.
#[test]
fn who_tries_again_is_asked_anew() {
    let stubbed = Stubbed::new(PASS_THROUGH, |_| {});
    let mut agent = Agent::new();
    let question = stubbed.ask(&mut agent, &spid(&stubbed.hub, 1, "minimum"), HONEST);
    assert!(!question.xml.contains("ForceAuthn"), "{}", question.xml);
    let page = stubbed.bring(&mut agent, &stubbed.refuses(HONEST, &question, Refusal::Suspended));
    let form = page.form_with(&["upstream", "provider"]).unwrap();
    let question = asked_of(&agent.submit_once(&page, &form, &[]).unwrap());
    assert!(question.xml.contains("ForceAuthn=\"true\""), "{}", question.xml);
    let page = stubbed.bring(&mut agent, &stubbed.says(HONEST, &question, ClassRef::SpidL1, CODE));
    assert!(answer(&mut agent, page).contains(CODE));
}

/// So is whoever looks at the other ways first, and comes back to it.
#[test]
fn who_comes_back_to_the_same_identity_provider_is_asked_anew() {
    let stubbed = Stubbed::new(PASS_THROUGH, |_| {});
    let mut agent = Agent::new();
    let question = stubbed.ask(&mut agent, &spid(&stubbed.hub, 1, "minimum"), HONEST);
    let page = stubbed.bring(&mut agent, &stubbed.refuses(HONEST, &question, Refusal::Suspended));
    let ways = press(&mut agent, &page, "/again");
    let other = stubbed.choose(&mut agent, &ways, HOSTILE);
    assert!(!other.xml.contains("ForceAuthn"), "{}", other.xml);
    let ways = agent.get(&stubbed.hub.url(&question_login(&page))).unwrap();
    let question = stubbed.choose(&mut agent, &ways, HONEST);
    assert!(question.xml.contains("ForceAuthn=\"true\""), "{}", question.xml);
}

/// IC-14: an installation that stops at SpidL2 answers no request for SpidL3, whatever stands behind it.
#[test]
fn an_installation_that_stops_at_spid_l2_asks_nobody_for_more() {
    let stubbed =
        Stubbed::new(PASS_THROUGH, |hub| hub.configure_in("login", "max-level = \"SpidL2\""));
    let mut agent = Agent::new();
    let request = send(&stubbed.hub, &spid(&stubbed.hub, 3, "minimum"));
    let page = agent.get(&request.url).unwrap();
    assert!(answer(&mut agent, page).contains("ErrorCode nr20"));
    let question = stubbed.ask(&mut agent, &spid(&stubbed.hub, 2, "minimum"), HONEST);
    let page = stubbed.bring(&mut agent, &stubbed.says(HONEST, &question, ClassRef::SpidL3, CODE));
    assert!(answer(&mut agent, page).contains(">https://www.spid.gov.it/SpidL2</"));
}

/// Each no of an upstream, whatever it calls it, is one page with a way on, and the same to whoever asked.
#[test]
fn a_no_is_told_in_our_words_with_ways_on() {
    let stubbed = Stubbed::new(PASS_THROUGH, |_| {});
    for (why, words, number) in [
        (Refusal::TooManyAttempts, "Troppi tentativi", "nr19"),
        (Refusal::LevelUnreachable, "Il livello non basta", "nr20"),
        (Refusal::TimedOut, "Il tempo è scaduto", "nr21"),
        (Refusal::ConsentDenied, "Dati non inviati", "nr22"),
        (Refusal::Suspended, "sospesa o revocata", "nr23"),
        (Refusal::Cancelled, "Accesso annullato", "nr25"),
        (Refusal::IdentityType, "Tipo di identità", "nr30"),
    ] {
        let mut agent = Agent::new();
        let question = stubbed.ask(&mut agent, &spid(&stubbed.hub, 1, "minimum"), HONEST);
        let page = stubbed.bring(&mut agent, &stubbed.refuses(HONEST, &question, why));
        assert_eq!(page.status, 403, "{why:?}");
        assert!(page.body.contains(words), "{why:?}: {}", page.body);
        let other = press(&mut agent, &page, "/again");
        assert!(other.form_with_button("provider", HOSTILE.entity).is_some(), "{}", other.body);
        let mut agent = Agent::new();
        let question = stubbed.ask(&mut agent, &spid(&stubbed.hub, 1, "minimum"), HONEST);
        let page = stubbed.bring(&mut agent, &stubbed.refuses(HONEST, &question, why));
        let told = press(&mut agent, &page, "/cancel");
        assert!(answer(&mut agent, told).contains(number), "{why:?}");
    }
}

fn refused(page: &Page, why: &str) {
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(page.body.contains(why), "{why}: {}", page.body);
}

/// An answer counts once, in the browser that asked, from whoever was asked, for the request that it names.
#[test]
fn an_answer_counts_once_and_where_it_belongs() {
    let stubbed = Stubbed::new(PASS_THROUGH, |_| {});
    let mut agent = Agent::new();
    let question = stubbed.ask(&mut agent, &spid(&stubbed.hub, 1, "minimum"), HONEST);

    // Another identity provider's answer to it, by its own key and name, or in the name of the one that was asked.
    let foreign = stubbed.says(HOSTILE, &question, ClassRef::SpidL3, CODE);
    refused(&post(&mut agent, &foreign), "La risposta non può essere accettata");
    let forged = crate::support::bridge::Stub { entity: HONEST.entity, keys: HOSTILE.keys };
    let forged = stubbed.says(forged, &question, ClassRef::SpidL3, CODE);
    refused(&post(&mut agent, &forged), "La risposta non può essere accettata");

    // An answer to a question of another login, brought with this one's RelayState.
    let mut other = Agent::new();
    let theirs = stubbed.ask(&mut other, &spid(&stubbed.hub, 1, "minimum"), HOSTILE);
    let mixed = Delivered {
        relay_state: question.relay_state.clone(),
        ..stubbed.says(HOSTILE, &theirs, ClassRef::SpidL1, CODE)
    };
    refused(&post(&mut agent, &mixed), "InResponseTo");

    // In a browser that did not ask.
    let good = stubbed.says(HONEST, &question, ClassRef::SpidL1, CODE);
    let mut stranger = Agent::new();
    let page = stubbed.bring(&mut stranger, &good);
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(page.form_with_button("decision", "accept").is_none());

    // The one that asked goes on with it all the same, and nobody brings it again.
    let back = question_login(&page);
    let page = agent.get(&stubbed.hub.url(&back)).unwrap();
    assert!(page.form_with_button("decision", "accept").is_some(), "{}", page.body);
    refused(&post(&mut agent, &good), "InResponseTo");
    let told = answer(&mut agent, page);
    assert!(told.contains(">https://www.spid.gov.it/SpidL1</"));
}

/// Where the page that refused a stranger was.
fn question_login(page: &Page) -> String {
    page.url.path().to_owned()
}

/// The newest question counts: what comes of an older one changes nothing.
#[test]
fn the_newest_question_counts() {
    let stubbed = Stubbed::new(PASS_THROUGH, |_| {});
    let mut agent = Agent::new();
    let request = send(&stubbed.hub, &spid(&stubbed.hub, 1, "minimum"));
    let page = agent.get(&request.url).unwrap();
    let first = stubbed.choose(&mut agent, &page, HOSTILE);
    let second = stubbed.choose(&mut agent, &page, HONEST);
    let late = stubbed.says(HOSTILE, &first, ClassRef::SpidL1, "VRDBRN80A01H501N");
    let page = stubbed.bring(&mut agent, &late);
    assert!(page.form_with_button("decision", "accept").is_none(), "{}", page.body);
    let page = stubbed.bring(&mut agent, &stubbed.says(HONEST, &second, ClassRef::SpidL1, CODE));
    assert!(answer(&mut agent, page).contains(CODE));
}

/// `ProxyCount` of 0 leaves every upstream out.
#[test]
fn a_request_that_is_not_to_be_passed_on_is_not() {
    let stubbed = Stubbed::new("", |_| {});
    let mut request = generic(&stubbed.hub, "exact", &[]);
    let scoping = ponte::saml::writer::Element::new("samlp:Scoping").attribute("ProxyCount", "0");
    request.scoping = Some(scoping);
    let page = Agent::new().get(&send(&stubbed.hub, &request).url).unwrap();
    assert!(page.form_with(&["username", "password"]).is_some());
    assert!(!page.body.contains("onesto"), "{}", page.body);
}

/// A service provider that has had the person choose says so, and no page comes between.
#[test]
fn who_has_chosen_already_is_not_asked_again() {
    let stubbed = Stubbed::new(PASS_THROUGH, |_| {});
    let request = send(&stubbed.hub, &spid(&stubbed.hub, 1, "minimum"));
    let mut agent = Agent::new();
    let opened = agent.get_once(&format!("{}&idp={}", request.url, HONEST.entity)).unwrap();
    let to = stubbed.hub.url(opened.header("location").unwrap());
    let question = asked_of(&agent.get_once(&to).unwrap());
    let page = stubbed.bring(&mut agent, &stubbed.says(HONEST, &question, ClassRef::SpidL1, CODE));
    assert!(answer(&mut agent, page).contains(CODE));
}

/// A trial begins at once at the identity provider that is named, and ends at a page with what came.
#[test]
fn a_trial_shows_what_came_and_sends_nothing() {
    let stubbed = Stubbed::new(PASS_THROUGH, |_| {});
    let mut agent = Agent::new();
    let url = stubbed.hub.url(&format!("/sp/ente/login?idp={}&level=SpidL2", HONEST.entity));
    let question = asked_of(&agent.get_once(&url).unwrap());
    assert!(question.xml.contains(">https://www.spid.gov.it/SpidL2<"), "{}", question.xml);
    let page = stubbed.bring(&mut agent, &stubbed.says(HONEST, &question, ClassRef::SpidL2, CODE));
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains(CODE) && page.body.contains(HONEST.entity), "{}", page.body);
    let unknown = stubbed.hub.url("/sp/ente/login?idp=https://nobody.example");
    assert_eq!(agent.get(&unknown).unwrap().status, 404);
    assert_eq!(agent.get(&stubbed.hub.url("/sp/altro/metadata")).unwrap().status, 404);
}

/// What comes of a sample is shown before anybody relies on it.
#[test]
fn a_sample_shows_what_the_rules_make_of_it() {
    let server = Server::new();
    server.configure(
        "\n[[relying-party]]\nid = \"ente\"\n\n[[upstream]]\nid = \"x\"\nrelying-party = \"ente\"\nmetadata = \"x.xml\"\n\
         ceiling = \"SpidL2\"\nattributes = [\"fiscalNumber=cf\", \"domicileNation='IT'\"]\n",
    );
    let sample = server.folder().join("sample.json");
    std::fs::write(
        &sample,
        r#"{"cf":"rssdaa80a41h501i","given_name":"Ada","gender":"x","sub":"1"}"#,
    )
    .unwrap();
    let shown = server.ponte(&["map", "--upstream", "x", "--sample", "sample.json"], "");
    let shown = String::from_utf8(shown.stdout).unwrap();
    for line in [
        "fiscalNumber = TINIT-RSSDAA80A41H501I",
        "name = Ada",
        "domicileNation = IT",
        "Nothing is made of sub",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    let nobody = server.try_ponte(&["map", "--upstream", "y", "--sample", "sample.json"], "");
    assert!(!nobody.status.success());
}

/// SP-07: a public service provider of SPID says who it is, and what is missing of it is told with its key.
#[test]
fn a_public_service_provider_is_described_whole_or_not_at_all() {
    let settled = |code: &str| {
        format!(
            "\n[[relying-party]]\nid = \"ente\"\nprofile = \"spid-public\"\nservice-it = \"Servizio\"\ncontact.email = \"spid@example.org\"\n\
             contact.telephone = \"+390612345678\"\n{code}"
        )
    };
    let mut server = Server::new();
    server.configure(&settled("contact.ipa-code = \"c_h501\"\n"));
    server.start();
    let metadata = Agent::new().get(&server.url("/sp/ente/metadata")).unwrap().body;
    for said in [">c_h501</spid:IPACode>", "</spid:Public>", "+390612345678"] {
        assert!(metadata.contains(said), "{said}: {metadata}");
    }
    let wrong = Server::new();
    wrong.configure(&settled(""));
    let refused = wrong.try_ponte(&["serve"], "");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("relying-party[1].contact"), "{said}");
}
