//! Logouts on the built binary: through the service providers of others, and through its own end.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::agent::{Agent, Page, unescape};
use crate::support::citizen::{Citizen, send};
use crate::support::peer::{Kind, Peer, Request};
use crate::support::server::Server;

/// What travels in a query or form.
type Parameters = BTreeMap<String, String>;

/// A service provider on pysaml2, what it was told of the person, and whether browsers reach it.
struct Told {
    peer: Peer,
    name_id: String,
    session_index: String,
}

/// Two service providers in one session of level 1, and the browser of it.
struct Scene {
    server: Server,
    agent: Agent,
    redirect: Told,
    post: Told,
}

impl Scene {
    fn new() -> Self {
        let mut server = Server::new();
        let kind = |binding| Kind {
            script: "pysaml2_sp.py",
            profile: "spid",
            binding,
            class: "https://www.spid.gov.it/SpidL1",
        };
        let peers = ["redirect", "post"]
            .map(|binding| Peer::new(server.folder(), kind(binding), &server.url("/saml/sso")));
        for peer in &peers {
            server.register(peer);
        }
        let mut citizen = server.add_user("ada");
        server.start();
        let metadata = Agent::new().get(&server.url("/metadata")).expect("metadata");
        std::fs::write(server.folder().join("idp.xml"), &metadata.body).expect("it is kept");
        let mut agent = Agent::new();
        let [redirect, post] = peers.map(|peer| log_in(&mut citizen, &mut agent, peer));
        Self { server, agent, redirect, post }
    }

    /// Follows `page` as far as it stays with us.
    fn follow(&mut self, mut page: Page) -> Page {
        while let Some(to) = page.header("location") {
            let next = page.url.join(to).expect("an address");
            if !next.as_str().starts_with(&self.server.url("")) {
                break;
            }
            page = self.agent.get_once(next.as_str()).expect("a page");
        }
        page
    }

    /// Brings what a service provider sends.
    fn bring(&mut self, sent: &Request) -> Page {
        let page = if sent.post {
            let form = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&sent.fields)
                .finish();
            self.agent.post_from_elsewhere(&sent.url, &form)
        } else {
            self.agent.get_once(&sent.url)
        };
        let page = page.expect("a page");
        self.follow(page)
    }

    /// Presses the button of `page` that posts to `step`.
    fn press(&mut self, page: &Page, step: &str) -> Page {
        let form = page.forms().into_iter().find(|form| form.action.ends_with(step));
        let form = form.unwrap_or_else(|| panic!("{step}: {}", page.body));
        self.agent.submit(page, &form, &[]).expect("a page")
    }

    fn logged(&self, event: &str) -> usize {
        self.server.log().iter().filter(|line| line.to_string().contains(event)).count()
    }
}

fn log_in(citizen: &mut Citizen, agent: &mut Agent, peer: Peer) -> Told {
    let request = peer.request();
    let page = send(agent, &request).expect("a page");
    let delivered = citizen.finish(agent, page).expect("a response");
    let xml = STANDARD.decode(&delivered.response).expect("base64");
    let xml = String::from_utf8(xml).expect("UTF-8");
    let verdict = &peer.check(&request.id, &delivered.relay_state, &[delivered.response])[0];
    assert_eq!(verdict["accepted"], true, "{verdict}");
    let index = xml.split_once("SessionIndex=\"").expect("SP-03").1;
    Told {
        name_id: verdict["name_id"].as_str().expect("a name").to_owned(),
        session_index: index.split_once('"').expect("its end").0.to_owned(),
        peer,
    }
}

impl Told {
    /// Its request to log the person out.
    fn logout(&self) -> Request {
        let asked = json!({ "name_id": self.name_id, "session_index": self.session_index });
        Request::of(&self.peer.does("logout", &asked))
    }

    /// Its answer to our request.
    fn answer(&self, to: &str, parameters: &Parameters) -> Request {
        assert_eq!(to, format!("{}/slo", self.peer.acs));
        let asked = json!({ "name_id": self.name_id, "parameters": parameters });
        Request::of(&self.peer.does("answer", &asked))
    }

    /// What it reads in our answer.
    fn read(&self, to: &str, parameters: &Parameters) -> Value {
        assert_eq!(to, format!("{}/slo", self.peer.acs));
        self.peer.does("answered", &json!({ "parameters": parameters }))
    }

    /// What people call it.
    fn name(&self) -> &'static str {
        if self.peer.entity_id.ends_with("redirect") {
            "pysaml2 by redirect"
        } else {
            "pysaml2 by post"
        }
    }
}

/// Where `page` sends the browser, and with what: by redirect, by a link, or by a form.
pub(crate) fn outgoing(page: &Page) -> (String, Parameters) {
    for field in ["SAMLRequest", "SAMLResponse"] {
        if let Some(form) = page.form_with(&[field]) {
            return (form.action, form.fields.into_iter().collect());
        }
    }
    let links = page.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let link = links.map(unescape).find(|link| link.contains("?SAMLRe"));
    let location = page.header("location").map(str::to_owned);
    let url = location.or(link).unwrap_or_else(|| panic!("{}", page.body));
    let (to, query) = url.split_once('?').expect("a query");
    (to.to_owned(), url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
}

pub(crate) fn says(page: &Page, service: &str, standing: &str) {
    let row = format!("<dt>{service}</dt><dd>{standing}</dd>");
    assert!(page.body.contains(&row), "{row}: {}", page.body);
}

/// SP-03: the session of level 1, and its end everywhere.
#[test]
#[ignore = "needs the service providers that ./scripts/test installs"]
fn two_service_providers_on_pysaml2_leave_together_whoever_begins() {
    for begins_by_redirect in [true, false] {
        let mut scene = Scene::new();
        let (first, second) = if begins_by_redirect {
            (scene.redirect.logout(), "post")
        } else {
            (scene.post.logout(), "redirect")
        };
        let page = scene.bring(&first);
        let (to, parameters) = outgoing(&page);
        let told = if second == "post" { &scene.post } else { &scene.redirect };
        let answer = told.answer(&to, &parameters);
        let page = scene.bring(&answer);
        let (to, parameters) = outgoing(&page);
        let initiator = if second == "post" { &scene.redirect } else { &scene.post };
        let read = initiator.read(&to, &parameters);
        assert_eq!(read["status"], "urn:oasis:names:tc:SAML:2.0:status:Success", "{read}");
        assert_eq!(read["in_response_to"], first.id.as_str());
        assert_eq!(read["relay_state"], "where-i-was");
        let page = scene.agent.get(&scene.server.url("/logout")).expect("a page");
        assert!(page.body.contains("Nessuna sessione aperta"), "{}", page.body);
    }
}

#[test]
#[ignore = "needs the service providers that ./scripts/test installs"]
fn the_page_says_which_service_provider_on_pysaml2_could_not_be_reached() {
    for begins_by_redirect in [true, false] {
        let mut scene = Scene::new();
        let first = if begins_by_redirect { scene.redirect.logout() } else { scene.post.logout() };
        let page = scene.bring(&first);
        let handle = page.url.to_string();
        let gone = if begins_by_redirect { scene.post.name() } else { scene.redirect.name() };
        assert!(page.body.contains(gone), "{}", page.body);
        let (to, _) = outgoing(&page);
        assert!(to.starts_with("http://sp.localhost:9/"), "nobody listens there");
        assert!(scene.agent.clone().get(&to).is_err());
        let page = scene.agent.get(&handle).expect("the person goes back");
        says(&page, gone, "non ha ancora risposto");
        let page = scene.press(&page, "/go-on");
        says(&page, gone, "non ha risposto");
        let (to, parameters) = outgoing(&page);
        let initiator = if begins_by_redirect { &scene.redirect } else { &scene.post };
        let read = initiator.read(&to, &parameters);
        let status = read["status"].as_str().expect("a status");
        assert!(status.contains("PartialLogout"), "{read}");
        assert!(!page.body.contains(&format!("<dt>{}</dt>", initiator.name())), "{}", page.body);
    }
}

#[test]
#[ignore = "needs the service providers that ./scripts/test installs"]
fn a_person_leaves_service_providers_on_pysaml2_of_which_one_cannot_be_reached() {
    let mut scene = Scene::new();
    let page = scene.agent.get(&scene.server.url("/logout")).expect("a page");
    for told in [&scene.redirect, &scene.post] {
        assert!(page.body.contains(told.name()), "{}", page.body);
    }
    let page = scene.press(&page, "/logout");
    let (to, parameters) = outgoing(&page);
    let answer = scene.redirect.answer(&to, &parameters);
    // All that is under way is on the disk.
    scene.server.kill();
    scene.server.start();
    let page = scene.bring(&answer);
    says(&page, scene.redirect.name(), "uscito");
    let handle = page.url.to_string();
    scene.server.kill();
    scene.server.start();
    let page = scene.agent.get(&handle).expect("the person goes back");
    says(&page, scene.post.name(), "non ha ancora risposto");
    let page = scene.press(&page, "/go-on");
    assert!(page.body.contains("Sei uscito, ma non dappertutto"), "{}", page.body);
    says(&page, scene.redirect.name(), "uscito");
    says(&page, scene.post.name(), "non ha risposto");
    for event in ["logout.begun", "logout.asked", "logout.answered", "logout.ended"] {
        assert!(scene.logged(event) > 0, "{event}: {:#?}", scene.server.log());
    }
}
