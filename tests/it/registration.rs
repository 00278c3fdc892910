//! Registration by integrators, at the built server: submitted, proved, decided; and what must not be possible (threats: registration).

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Output;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use ponte::saml::enveloped;
use ponte::world::clock::Clock;
use ponte::world::signer::Signer as _;
use serde_json::{Value, json};
use url::Url;

use crate::support::agent::{Agent, Page, read};
use crate::support::house::House;
use crate::support::keys::{self, Keys};
use crate::support::peer::Request;
use crate::support::server::Server;
use crate::support::sp::{AuthnRequest, GENERIC_ENTITY, Metadata};

const MAKE: &str = "/api/federation/registrations";
const ONE: &str = "/api/federation/registration";
const PROOF: &str = "/api/federation/registration/proof";

/// A server at which metadata may be submitted, as configured by `lines`, that runs.
pub(crate) fn registering(lines: &str) -> Server {
    let mut server = Server::new();
    let on = format!("submissions = true\nstatus-pages = true\n{lines}");
    server.configure_in("registration", &on);
    server.start();
    server
}

/// Asks the API; status and JSON.
pub(crate) fn api(
    url: &str,
    method: &str,
    bearer: Option<&str>,
    body: Option<&Value>,
) -> (u16, Value) {
    let body = body.map(ToString::to_string).unwrap_or_default();
    let bearer = bearer.map(|it| format!("Authorization: Bearer {it}\r\n")).unwrap_or_default();
    let kind = format!("Content-Type: application/json\r\n{bearer}");
    let page = send(url, method, &kind, body.as_bytes());
    (page.status, serde_json::from_str(&page.body).unwrap_or(Value::Null))
}

/// Sends `body` with `headers` besides the usual ones.
fn send(url: &str, method: &str, headers: &str, body: &[u8]) -> Page {
    let url = Url::parse(url).unwrap();
    let (host, port) = (url.host_str().unwrap(), url.port().unwrap());
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let language = if headers.contains("Accept-Language") { "" } else { "Accept-Language: en\r\n" };
    let head = format!(
        "{method} {} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n{language}{headers}Content-Length: {}\r\n\r\n",
        url.path(),
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let _closed_early = stream.write_all(body);
    let mut answer = Vec::new();
    let _closed_early = stream.read_to_end(&mut answer);
    read(url, &answer).unwrap()
}

/// Sends a form to a page.
fn form(url: &str, fields: &[(&str, &str)]) -> Page {
    let mut body = String::new();
    for (name, value) in fields {
        body.push_str(&format!(
            "--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    body.push_str("--X--\r\n");
    send(url, "POST", "Content-Type: multipart/form-data; boundary=X\r\n", body.as_bytes())
}

/// A signature as `openssl dgst -sha256 -sign` makes it, in base64.
pub(crate) fn sign(text: &str, keys: &Keys) -> String {
    let key = PKey::private_key_from_pem(&keys.pair.key).unwrap();
    let mut signer = openssl::sign::Signer::new(MessageDigest::sha256(), &key).unwrap();
    STANDARD.encode(signer.sign_oneshot_to_vec(text.as_bytes()).unwrap())
}

/// Metadata that nobody refuses, of the entity `entity_id`.
pub(crate) fn metadata(entity_id: &str) -> Metadata {
    Metadata { entity_id: Some(entity_id.to_owned()), ..Metadata::generic() }
}

/// Submits `metadata` by the API.
pub(crate) fn submit(server: &Server, metadata: &str) -> Value {
    let body = json!({ "metadata": metadata });
    let (status, told) = api(&server.url(MAKE), "POST", None, Some(&body));
    assert_eq!(status, 201, "{told}");
    told
}

/// Proves the submission `told` by a signature of `keys`; status and answer.
pub(crate) fn prove(server: &Server, told: &Value, keys: &Keys) -> (u16, Value) {
    let text = told["proof"]["sign"].as_str().unwrap();
    offer(server, told, &json!({ "proof": sign(text, keys) }))
}

fn offer(server: &Server, told: &Value, offered: &Value) -> (u16, Value) {
    api(&server.url(PROOF), "POST", told["secret"].as_str(), Some(offered))
}

pub(crate) fn state(server: &Server, told: &Value) -> String {
    let (status, now) = api(&server.url(ONE), "GET", told["secret"].as_str(), None);
    assert_eq!(status, 200, "{now}");
    now["state"].as_str().unwrap().to_owned()
}

pub(crate) fn approve(server: &Server, told: &Value) -> Output {
    server.try_ponte(&["sp", "requests", "approve", told["id"].as_str().unwrap()], "")
}

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

/// What is registered for `entity_id`, as `ponte sp show` says; none if nothing.
fn registered(server: &Server, entity_id: &str) -> Option<String> {
    let output = server.try_ponte(&["sp", "show", entity_id], "");
    output.status.success().then(|| said(&output))
}

/// A request of the service provider `entity_id`, by HTTP-Redirect.
pub(crate) fn request(
    server: &Server,
    entity_id: &str,
    keys: &Keys,
    change: impl FnOnce(&mut AuthnRequest),
) -> Request {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let id = format!("_registered{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let now = Clock::system().now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut request = AuthnRequest::generic(&id, &now);
    if let Some(issuer) = &mut request.issuer {
        issuer.value = entity_id.to_owned();
    }
    request.destination = Some(server.url("/saml/sso"));
    change(&mut request);
    let query = request.redirect(Some("state"), &keys.signer);
    let url = format!("{}?{query}", server.url("/saml/sso"));
    Request { post: false, url, fields: Vec::new(), id }
}

/// What an origin of the entity's answers: status, headers, body.
type Answers = Arc<Mutex<(String, String)>>;

/// Somebody who answers every request as told, and counts them; the origin.
fn somebody() -> (String, Answers, Arc<AtomicU32>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let origin = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let answers: Answers = Arc::default();
    let asked = Arc::new(AtomicU32::new(0));
    let (told, count) = (Arc::clone(&answers), Arc::clone(&asked));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 2048];
            let read = stream.read(&mut request).unwrap_or(0);
            let path = String::from_utf8_lossy(&request[..read]).into_owned();
            count.fetch_add(1, Ordering::SeqCst);
            let (head, body) = told.lock().unwrap().clone();
            let is_there = path.starts_with("GET /.well-known/ponte-registration/");
            let head = if is_there { head } else { "404 Not Found".into() };
            let length = body.len();
            let _gone = write!(
                stream,
                "HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
            );
        }
    });
    (origin, answers, asked)
}

#[test]
fn what_is_submitted_and_proved_and_approved_can_log_in() {
    let server = registering("");
    let entity = "https://nuovo.example.org/sp";
    let xml = metadata(entity).unsigned();
    // The pre-flight alone keeps nothing.
    let body = json!({ "metadata": xml, "check": true, "profile": "saml2" });
    let (status, told) = api(&server.url(MAKE), "POST", None, Some(&body));
    assert_eq!((status, told["id"].is_null()), (200, true), "{told}");
    assert_eq!(told["preflight"]["entity_id"], entity, "{told}");
    let none = server.ponte(&["sp", "requests", "list"], "");
    assert!(said(&none).contains("There is none that waits"), "{}", said(&none));
    let told = submit(&server, &xml);
    assert_eq!(told["state"], "submitted");
    assert_eq!(told["entity_id"], entity);
    assert!(told["preflight"]["findings"].is_array(), "{told}");
    let early = approve(&server, &told);
    assert_eq!(early.status.code(), Some(1));
    assert!(said(&early).contains("only one that is proved can be approved"), "{}", said(&early));
    let (status, proved) = prove(&server, &told, &keys::SP);
    assert_eq!((status, proved["state"].as_str()), (200, Some("proved")), "{proved}");
    let shown = server.ponte(&["sp", "requests", "show", told["id"].as_str().unwrap()], "");
    let shown = said(&shown);
    for part in [
        entity,
        "not registered so far",
        "a signature over our text, by a key of these metadata",
        "proved by the integrator",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(registered(&server, entity).is_none(), "nothing counts before it is approved");
    let sent = request(&server, entity, &keys::SP, |_| {});
    assert_eq!(Agent::new().get(&sent.url).unwrap().status, 403);
    let approved = approve(&server, &told);
    assert!(approved.status.success(), "{}", said(&approved));
    assert!(said(&approved).contains(&server.url("/federation/status/")), "{}", said(&approved));
    assert_eq!(state(&server, &told), "approved");
    let mut ada = server.add_user("ada");
    let sent = request(&server, entity, &keys::SP, |_| {});
    let delivered = ada.log_in(&mut Agent::new(), &sent).unwrap();
    assert_eq!(delivered.action, "https://sp.example.org/generic/acs");
    assert!(!delivered.response.is_empty());
    // Once decided it stays so.
    for again in [approve(&server, &told), refuse(&server, &told)] {
        assert_eq!(again.status.code(), Some(1));
        assert!(said(&again).contains("the submission is approved"), "{}", said(&again));
    }
    let events = server.events();
    for event in ["registration.submitted", "registration.proved", "registration.decided"] {
        assert!(events.iter().any(|it| it == event), "{event}: {events:?}");
    }
}

fn refuse(server: &Server, told: &Value) -> Output {
    let id = told["id"].as_str().unwrap();
    server.try_ponte(&["sp", "requests", "refuse", id, "--reason", "Non è un nostro ente"], "")
}

#[test]
fn the_pages_do_what_the_api_does() {
    let server = registering("");
    let home = Agent::new().get(&server.url("/")).unwrap();
    assert!(home.body.contains("href=\"/federation/register\""));
    let there = server.url("/federation/register");
    assert_eq!(Agent::new().get(&there).unwrap().status, 200);
    let entity = "https://pagina.example.org/sp?a=1&b=<2>";
    let mut described = metadata("https://pagina.example.org/sp");
    described.entity_id = Some(entity.to_owned());
    let xml = described.unsigned();
    let checked = form(&there, &[("text", &xml), ("step", "check"), ("profile", "")]);
    assert_eq!(checked.status, 200, "{}", checked.body);
    assert!(checked.body.contains("class=\"facts\""), "the report: {}", checked.body);
    assert!(
        checked.body.contains("&lt;md:EntityDescriptor")
            || checked.body.contains("&#60;md:EntityDescriptor"),
        "what was sent can be mended"
    );
    let by_file =
        form(&there, &[("file", &xml), ("step", "submit"), ("contact", "dev@example.org")]);
    assert_eq!(by_file.status, 303, "{}", by_file.body);
    let page_at = server.url(by_file.header("location").unwrap());
    let page = Agent::new().in_english().get(&page_at).unwrap();
    assert!(page.status == 200 && page.body.contains("submitted, to be proved"), "{}", page.body);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let wrong = form(&format!("{page_at}/proof"), &[("text", "AAAA")]);
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("was not made over that text"), "{}", wrong.body);
    let part = b"--X\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nAAAA\r\n--X--\r\n";
    let italian = "Accept-Language: it\r\nContent-Type: multipart/form-data; boundary=X\r\n";
    let wrong = send(&format!("{page_at}/proof"), "POST", italian, part);
    assert!(wrong.body.contains("non è stata fatta su quel testo"), "{}", wrong.body);
    assert!(!wrong.body.contains("was not made"), "{}", wrong.body);
    let nothing = form(&format!("{page_at}/proof"), &[("text", "")]);
    assert_eq!(nothing.status, 422);
    let text = page.body.split("id=\"text-to-sign\"><code>").nth(1).unwrap();
    let text = text.split('<').next().unwrap();
    let held = form(&format!("{page_at}/proof"), &[("text", &sign(text, &keys::SP))]);
    assert_eq!(held.status, 303, "{}", held.body);
    let page = Agent::new().in_english().get(&page_at).unwrap();
    assert!(page.body.contains("proved, waiting for the administrator"), "{}", page.body);
    // Another site's form does nothing.
    let foreign = "Content-Type: multipart/form-data; boundary=X\r\nSec-Fetch-Site: cross-site\r\n";
    assert_eq!(send(&format!("{page_at}/withdraw"), "POST", foreign, b"--X--\r\n").status, 403);
    let withdrawn = form(&format!("{page_at}/withdraw"), &[("withdraw", "now")]);
    assert_eq!(withdrawn.status, 303);
    let page = Agent::new().in_english().get(&page_at).unwrap();
    assert!(page.body.contains("withdrawn") && !page.body.contains("id=\"text-to-sign\""));
    let late = form(&format!("{page_at}/proof"), &[("text", &sign(text, &keys::SP))]);
    assert_eq!(late.status, 409, "{}", late.body);
    assert_eq!(Agent::new().get(&server.url("/federation/register/unknown")).unwrap().status, 404);
    assert_eq!(form(&server.url("/federation/register/unknown/proof"), &[]).status, 404);
    for (status, fields) in [
        (422, vec![("text", ""), ("step", "submit")]),
        (422, vec![("text", "<a/>"), ("step", "submit")]),
        (422, vec![("text", xml.as_str()), ("step", "submit"), ("contact", "nobody")]),
    ] {
        assert_eq!(form(&there, &fields).status, status, "{fields:?}");
    }
    assert_eq!(form(&there, &[("text", &"<".repeat(600 * 1024))]).status, 413);
    let script =
        form(&there, &[("text", "</textarea><script>alert(1)</script>"), ("step", "check")]);
    assert!(!script.body.contains("<script>alert"), "{}", script.body);
}

#[test]
fn nothing_of_it_is_there_unless_it_is_switched_on() {
    let mut server = Server::new();
    server.start();
    for path in ["/federation/register", "/federation/register/x", "/federation/status/x"] {
        assert_eq!(Agent::new().get(&server.url(path)).unwrap().status, 404, "{path}");
    }
    assert_eq!(form(&server.url("/federation/register"), &[("text", "<a/>")]).status, 404);
    let body = json!({ "metadata": metadata(GENERIC_ENTITY).unsigned() });
    assert_eq!(api(&server.url(MAKE), "POST", None, Some(&body)).0, 404);
    let link = server.try_ponte(&["sp", "status-link", GENERIC_ENTITY], "");
    assert!(said(&link).contains("registration.status-pages"), "{}", said(&link));
}

#[test]
fn only_a_key_of_the_entity_proves_anything() {
    let server = registering("");
    let told = submit(&server, &metadata("https://chiavi.example.org").unsigned());
    let text = told["proof"]["sign"].as_str().unwrap();
    let word = told["proof"]["metadata_id"].as_str().unwrap();
    let other = submit(&server, &metadata("https://altro.example.org").unsigned());
    let others = other["proof"]["sign"].as_str().unwrap();
    let signed = |id: &str, entity: &str, keys: &Keys| {
        let described = Metadata { id: Some(id.to_owned()), ..metadata(entity) };
        enveloped::sign(&described.element(), &keys.signer).unwrap().into_string()
    };
    for (what, proof) in [
        ("someone else's key", sign(text, &keys::STRANGER)),
        ("our own key", sign(text, &keys::IDP)),
        ("another submission's text", sign(others, &keys::SP)),
        ("the word alone", sign(word, &keys::SP)),
        ("no signature", "zzzz".to_owned()),
        (
            "published metadata, which anybody has",
            signed("_spmd1", "https://chiavi.example.org", &keys::SP),
        ),
        ("metadata by another key", signed(word, "https://chiavi.example.org", &keys::STRANGER)),
        ("another entity's metadata", signed(word, "https://altro.example.org", &keys::SP)),
        (
            "metadata without a signature",
            Metadata { id: Some(word.to_owned()), ..metadata("https://chiavi.example.org") }
                .unsigned(),
        ),
        (
            "metadata of another submission",
            signed(
                other["proof"]["metadata_id"].as_str().unwrap(),
                "https://chiavi.example.org",
                &keys::SP,
            ),
        ),
        ("no proof", "not base64!".to_owned()),
    ] {
        let (status, answer) = offer(&server, &told, &json!({ "proof": proof }));
        assert_eq!((status, answer["error"].as_str()), (422, Some("no_proof")), "{what}: {answer}");
        assert_eq!(state(&server, &told), "submitted", "{what}");
    }
    let (status, answer) = offer(&server, &told, &json!({}));
    assert_eq!(status, 400, "{answer}");
    let (status, _) =
        api(&server.url(PROOF), "POST", Some("guess"), Some(&json!({ "token": true })));
    assert_eq!(status, 401);
    assert_eq!(api(&server.url(ONE), "GET", None, None).0, 401);
    // The same two that would have held, beside them.
    let good = signed(word, "https://chiavi.example.org", &keys::SP);
    let (status, answer) = offer(&server, &told, &json!({ "proof": good }));
    assert_eq!((status, answer["state"].as_str()), (200, Some("proved")), "{answer}");
    assert_ne!(answer["sha256"], told["sha256"], "the signed metadata are those that are kept");
    let shown =
        server.ponte(&["sp", "requests", "show", told["id"].as_str().unwrap(), "--metadata"], "");
    assert_eq!(String::from_utf8(shown.stdout).unwrap().trim(), good);
    assert_eq!(prove(&server, &other, &keys::SP).0, 200);
    // A key on an elliptic curve does as well.
    let mut on_curve = metadata("https://curva.example.org");
    on_curve.certificates = vec![(None, keys::SP_ECDSA.signer.certificate().to_vec())];
    let told = submit(&server, &on_curve.unsigned());
    assert_eq!(prove(&server, &told, &keys::SP).0, 422);
    assert_eq!(prove(&server, &told, &keys::SP_ECDSA).0, 200);
}

#[test]
fn what_is_registered_is_changed_by_its_own_keys_alone() {
    let mut server = registering("");
    let entity = "https://gia.example.org/sp";
    let file = server.folder().join("gia.xml");
    std::fs::write(&file, metadata(entity).unsigned()).unwrap();
    server.ponte(&["sp", "add", file.to_str().unwrap(), "--minimum-level", "SpidL2"], "");
    // A new key, and another place for answers: what somebody would do who takes it over.
    let mut new = metadata(entity);
    new.certificates = vec![(None, keys::SP_ECDSA.signer.certificate().to_vec())];
    new.consumers[0].location = "https://sp.example.org/nuovo/acs".into();
    let told = submit(&server, &new.unsigned());
    assert_eq!(told["proof"]["by_registered_key"], true, "{told}");
    assert!(told["proof"]["token"].is_null(), "{told}");
    assert_eq!(prove(&server, &told, &keys::SP_ECDSA).0, 422, "a key of the new metadata");
    let (status, answer) = offer(&server, &told, &json!({ "token": true }));
    assert_eq!(status, 422, "{answer}");
    let checked = server.try_ponte(&["sp", "requests", "check", told["id"].as_str().unwrap()], "");
    assert!(
        said(&checked).contains("by a signing key of the registered metadata"),
        "{}",
        said(&checked)
    );
    assert_eq!(prove(&server, &told, &keys::SP).0, 200);
    let shown = server.ponte(&["sp", "requests", "show", told["id"].as_str().unwrap()], "");
    let shown = said(&shown);
    for part in [
        "a new version of what is registered",
        "by a key that is registered",
        "What it changes:",
        "https://sp.example.org/nuovo/acs",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    // Meanwhile it is changed: the proof was by keys that may be gone.
    let mut between = metadata(entity);
    between.consumers[0].location = "https://sp.example.org/tra/acs".into();
    std::fs::write(&file, between.unsigned()).unwrap();
    server.ponte(&["sp", "add", file.to_str().unwrap(), "--minimum-level", "SpidL2"], "");
    let stale = approve(&server, &told);
    assert!(
        said(&stale).contains("has changed since the submission was proved"),
        "{}",
        said(&stale)
    );
    assert!(registered(&server, entity).unwrap().contains("/tra/acs"));
    assert_eq!(prove(&server, &told, &keys::SP).0, 200);
    let approved = approve(&server, &told);
    assert!(approved.status.success(), "{}", said(&approved));
    let now = registered(&server, entity).unwrap();
    assert!(now.contains("/nuovo/acs") && now.contains("SpidL2"), "what was settled stays: {now}");
    // A file of the administrator's is nobody else's to change.
    let in_file = submit_status(&server, &metadata("https://file.example.org").unsigned());
    assert_eq!(in_file.0, 201);
    server.add_metadata(
        "file",
        &metadata("https://file.example.org").unsigned(),
        "https://file.example.org",
        "generic",
    );
    server.ponte(&["reload"], "");
    let again = submit_status(&server, &metadata("https://file.example.org").unsigned());
    assert_eq!((again.0, again.1["error"].as_str()), (409, Some("not_here")), "{}", again.1);
    assert_eq!(prove(&server, &in_file.1, &keys::SP).0, 422);
    // Nor is one whose time is over.
    let over = metadata("https://file.example.org").unsigned();
    let over = over.replacen(
        "<md:EntityDescriptor ",
        "<md:EntityDescriptor validUntil=\"2020-01-01T00:00:00Z\" ",
        1,
    );
    std::fs::write(server.folder().join("metadata/sp/file.xml"), over).unwrap();
    server.kill();
    server.start();
    assert!(registered(&server, "https://file.example.org").is_none());
    let again = submit_status(&server, &metadata("https://file.example.org").unsigned());
    assert_eq!((again.0, again.1["error"].as_str()), (409, Some("not_here")), "{}", again.1);
    let ourselves = submit_status(&server, &metadata(&server.settings().idp.entity_id).unsigned());
    assert_eq!(ourselves.0, 409, "{}", ourselves.1);
}

fn submit_status(server: &Server, xml: &str) -> (u16, Value) {
    api(&server.url(MAKE), "POST", None, Some(&json!({ "metadata": xml })))
}

#[test]
fn a_token_at_a_named_origin_proves_it_and_nothing_else_there_does() {
    let (origin, answers, asked) = somebody();
    let server = registering(&format!("origins = [\"{origin}\"]"));
    let told = submit(&server, &metadata(&format!("{origin}/sp")).unsigned());
    let (id, token) = (told["id"].as_str().unwrap(), &told["proof"]["token"]);
    assert_eq!(token["address"], format!("{origin}/.well-known/ponte-registration/{id}"));
    assert_eq!(token["looked_for_by"], "integrator");
    assert_eq!(asked.load(Ordering::SeqCst), 0, "nothing is fetched before somebody says so");
    let word = token["content"].as_str().unwrap();
    let look = json!({ "token": true });
    for (what, head, body) in [
        ("nothing there", "404 Not Found", word.to_owned()),
        ("a wrong token", "200 OK", format!("{word}x")),
        ("an empty one", "200 OK", String::new()),
        ("a page with the token in it", "200 OK", format!("<p>{word}</p>")),
        ("too much", "200 OK", format!("{word}{}", " ".repeat(2000))),
        ("a redirect", "302 Found\r\nLocation: /elsewhere", word.to_owned()),
        (
            "a redirect for good",
            "308 Permanent Redirect\r\nLocation: http://127.0.0.1:1/",
            word.to_owned(),
        ),
    ] {
        *answers.lock().unwrap() = (head.to_owned(), body);
        let before = asked.load(Ordering::SeqCst);
        let (status, answer) = offer(&server, &told, &look);
        assert_eq!((status, answer["error"].as_str()), (422, Some("no_proof")), "{what}: {answer}");
        assert_eq!(
            asked.load(Ordering::SeqCst),
            before + 1,
            "{what}: asked once, and nowhere else"
        );
        assert_eq!(state(&server, &told), "submitted", "{what}");
    }
    *answers.lock().unwrap() = ("200 OK".into(), format!("{word}\n"));
    let (status, answer) = offer(&server, &told, &look);
    assert_eq!((status, answer["state"].as_str()), (200, Some("proved")), "{answer}");
    let approved = approve(&server, &told);
    assert!(approved.status.success(), "{}", said(&approved));
}

#[test]
fn a_visitor_has_nothing_fetched_where_no_setting_says_so_and_nobody_in_our_own_networks() {
    let (origin, _, asked) = somebody();
    let port = origin.rsplit(':').next().unwrap();
    let server = registering("");
    for (entity, why) in [
        (format!("{origin}/sp"), "is no host of the Internet"),
        (format!("https://localhost:{port}/sp"), "is no host of the Internet"),
        ("https://127.0.0.1/sp".into(), "is no host of the Internet"),
        ("https://[::1]/sp".into(), "is no host of the Internet"),
        ("https://2130706433/sp".into(), "is no host of the Internet"),
        ("https://169.254.169.254/latest/meta-data".into(), "is no host of the Internet"),
    ] {
        let told = submit(&server, &metadata(&entity).unsigned());
        assert_eq!(told["proof"]["token"]["looked_for_by"], "administrator", "{told}");
        let (status, answer) = offer(&server, &told, &json!({ "token": true }));
        let detail = answer["detail"].as_str().unwrap();
        assert!(status == 422 && detail.contains("is not named by the settings"), "{answer}");
        let checked =
            server.try_ponte(&["sp", "requests", "check", told["id"].as_str().unwrap()], "");
        assert_eq!(checked.status.code(), Some(1));
        assert!(said(&checked).contains(why), "{entity}: {}", said(&checked));
        assert_eq!(state(&server, &told), "submitted");
        // Room for the next.
        assert!(refuse(&server, &told).status.success());
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[test]
fn whoever_takes_another_entitys_name_needs_a_token_of_that_entity() {
    let (origin, answers, asked) = somebody();
    let server = registering(&format!("origins = [\"{origin}\"]"));
    // The place for answers is at the origin that is named; the entityID is somebody else's.
    let mut described = metadata("https://vittima.example.org/sp");
    described.consumers[0].location = format!("{origin}/acs");
    let told = submit(&server, &described.unsigned());
    let address = told["proof"]["token"]["address"].as_str().unwrap();
    assert!(address.starts_with("https://vittima.example.org/.well-known/"), "{told}");
    let word = told["proof"]["token"]["content"].as_str().unwrap().to_owned();
    *answers.lock().unwrap() = ("200 OK".into(), word.clone());
    assert_eq!(offer(&server, &told, &json!({ "token": true })).0, 422);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    // A name that is no address has none but that.
    let mut urn = metadata("urn:example:sp");
    urn.consumers[0].location = format!("{origin}/acs");
    let told = submit(&server, &urn.unsigned());
    let word = told["proof"]["token"]["content"].as_str().unwrap().to_owned();
    *answers.lock().unwrap() = ("200 OK".into(), word);
    assert_eq!(offer(&server, &told, &json!({ "token": true })).0, 200);
}

#[test]
fn what_all_would_refuse_is_approved_by_name_alone() {
    let server = registering("");
    let mut described = metadata("https://difetto.example.org/sp");
    described.id = Some("_difetto".into());
    let body = json!({ "metadata": Metadata { entity_id: described.entity_id.clone(), ..Metadata::spid() }.unsigned(), "profile": "spid-public" });
    let (status, told) = api(&server.url(MAKE), "POST", None, Some(&body));
    assert_eq!(status, 201, "{told}");
    assert_eq!(prove(&server, &told, &keys::SP).0, 200);
    let output = approve(&server, &told);
    let words = said(&output);
    assert_eq!(output.status.code(), Some(1), "{words}");
    let rules = words
        .split("all would refuse these metadata: ")
        .nth(1)
        .unwrap_or_else(|| panic!("{words}"));
    let rules = rules.split(';').next().unwrap().replace(", ", ",");
    assert_eq!(state(&server, &told), "proved");
    let id = told["id"].as_str().unwrap();
    if let Some((first, _)) = rules.split_once(',') {
        let some = server.try_ponte(&["sp", "requests", "approve", id, "--in-spite-of", first], "");
        assert_eq!(some.status.code(), Some(1), "each must be named: {}", said(&some));
    }
    let all = server.try_ponte(
        &["sp", "requests", "approve", id, "--in-spite-of", &rules, "--profile", "spid"],
        "",
    );
    assert!(all.status.success(), "{}", said(&all));
    let shown = said(&server.ponte(&["sp", "requests", "show", id], ""));
    assert!(shown.contains("in spite of"), "{shown}");
}

#[test]
fn of_approvals_at_once_one_counts() {
    let server = registering("");
    let entity = "https://gara.example.org/sp";
    let told = submit(&server, &metadata(entity).unsigned());
    let mut other = metadata(entity);
    other.consumers[0].location = "https://sp.example.org/altro/acs".into();
    let rival = submit(&server, &other.unsigned());
    assert_eq!(prove(&server, &told, &keys::SP).0, 200);
    assert_eq!(prove(&server, &rival, &keys::SP).0, 200);
    let outputs: Vec<Output> = std::thread::scope(|scope| {
        let one = |told| {
            let server = &server;
            scope.spawn(move || approve(server, told))
        };
        let all = [one(&told), one(&rival), one(&told), one(&rival)];
        all.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let done = outputs.iter().filter(|output| output.status.success()).count();
    let words: Vec<String> = outputs.iter().map(said).collect();
    assert_eq!(done, 1, "{words:#?}");
    let states = [state(&server, &told), state(&server, &rival)];
    let approved = states.iter().filter(|state| *state == "approved").count();
    assert_eq!(approved, 1, "{states:?}");
    let is_first = states[0] == "approved";
    let at = if is_first { "/generic/acs" } else { "/altro/acs" };
    assert!(registered(&server, entity).unwrap().contains(at));
}

#[test]
fn a_kill_leaves_each_step_whole() {
    let mut server = registering("");
    let entity = "https://kill.example.org/sp";
    let told = submit(&server, &metadata(entity).unsigned());
    restart(&mut server);
    assert_eq!(state(&server, &told), "submitted");
    assert_eq!(prove(&server, &told, &keys::SP).0, 200);
    restart(&mut server);
    assert_eq!(state(&server, &told), "proved");
    assert!(approve(&server, &told).status.success());
    restart(&mut server);
    assert_eq!(state(&server, &told), "approved");
    assert!(registered(&server, entity).is_some());
    let sent = request(&server, entity, &keys::SP, |_| {});
    assert_eq!(Agent::new().get(&sent.url).unwrap().status, 200);
    // Killed while it approves: the state and what is registered agree.
    for round in 0..6_u64 {
        let entity = format!("https://kill{round}.example.org/sp");
        let told = submit(&server, &metadata(&entity).unsigned());
        assert_eq!(prove(&server, &told, &keys::SP).0, 200);
        std::thread::scope(|scope| {
            let approving = scope.spawn(|| approve(&server, &told));
            std::thread::sleep(Duration::from_millis(4 * round));
            server.kill_now();
            let _cut_short = approving.join().unwrap();
        });
        restart(&mut server);
        let is_there = registered(&server, &entity).is_some();
        assert_eq!(state(&server, &told) == "approved", is_there, "round {round}");
    }
}

fn restart(server: &mut Server) {
    server.kill();
    server.start();
}

#[test]
fn without_a_server_commands_decide_in_the_store() {
    let mut server = registering("");
    let told = submit(&server, &metadata("https://fermo.example.org/sp").unsigned());
    assert_eq!(prove(&server, &told, &keys::SP).0, 200);
    server.stop();
    let listed = said(&server.ponte(&["sp", "requests", "list"], ""));
    assert!(
        listed.contains("proved") && listed.contains("https://fermo.example.org/sp"),
        "{listed}"
    );
    assert!(approve(&server, &told).status.success());
    server.start();
    assert_eq!(state(&server, &told), "approved");
}

/// Beyond what is open from one network, and in all, nothing is taken; what is decided, withdrawn or over makes room.
#[test]
fn no_more_is_open_than_there_is_room_for() {
    let server = registering("open = 3\nopen-per-network = 2");
    let first = submit(&server, &metadata("https://uno.example.org").unsigned());
    let second = submit(&server, &metadata("https://due.example.org").unsigned());
    let (status, answer) = submit_status(&server, &metadata("https://tre.example.org").unsigned());
    assert_eq!((status, answer["error"].as_str()), (429, Some("full")), "{answer}");
    let from = |address: &str, entity: &str| {
        let body = json!({ "metadata": metadata(entity).unsigned() }).to_string();
        let headers = format!("Content-Type: application/json\r\nX-Forwarded-For: {address}\r\n");
        send(&server.url(MAKE), "POST", &headers, body.as_bytes()).status
    };
    assert_eq!(from("192.0.2.7", "https://tre.example.org"), 201);
    assert_eq!(from("198.51.100.7", "https://quattro.example.org"), 503);
    assert!(refuse(&server, &first).status.success());
    assert_eq!(from("198.51.100.7", "https://quattro.example.org"), 201);
    let (status, answer) =
        api(&server.url(&format!("{ONE}/withdraw")), "POST", second["secret"].as_str(), None);
    assert_eq!((status, answer["state"].as_str()), (200, Some("withdrawn")), "{answer}");
    assert_eq!(submit_status(&server, &metadata("https://cinque.example.org").unsigned()).0, 201);
    let (_, refused) = api(&server.url(ONE), "GET", first["secret"].as_str(), None);
    assert_eq!(refused["history"][1]["reason"], "Non è un nostro ente", "{refused}");
    assert_eq!(
        refused["history"][1]["by"], "administrator",
        "its name is the house's own business"
    );
}

#[test]
fn who_does_not_prove_it_in_time_has_lost_it() {
    let house = House::with(|making| making.settings.registration.submissions = true);
    let url = house.url(MAKE);
    let body = json!({ "metadata": metadata("https://tardi.example.org").unsigned() });
    let (status, told) = api(&url, "POST", None, Some(&body));
    assert_eq!(status, 201, "{told}");
    let text = told["proof"]["sign"].as_str().unwrap();
    let proof = json!({ "proof": sign(text, &keys::SP) });
    house.wait(14 * 86_400 - 1);
    let (_, now) = api(&house.url(ONE), "GET", told["secret"].as_str(), None);
    assert_eq!(now["state"], "submitted");
    house.wait(1);
    let (_, now) = api(&house.url(ONE), "GET", told["secret"].as_str(), None);
    assert_eq!(
        (&now["state"], &now["history"][1]["by"]),
        (&json!("expired"), &json!("time")),
        "{now}"
    );
    let (status, answer) = api(&house.url(PROOF), "POST", told["secret"].as_str(), Some(&proof));
    assert_eq!((status, answer["error"].as_str()), (409, Some("over")), "{answer}");
    house.wait(30 * 86_400);
    assert_eq!(api(&house.url(ONE), "GET", told["secret"].as_str(), None).0, 401, "forgotten");
}

#[test]
fn the_api_takes_what_is_documented_and_nothing_else() {
    let server = registering("size-kib = 8");
    let make = server.url(MAKE);
    let xml = metadata("https://api.example.org").unsigned();
    for (status, kind, body) in [
        (415, "text/plain", json!({ "metadata": xml }).to_string()),
        (415, "application/x-www-form-urlencoded", "metadata=x".into()),
        (400, "application/json", "{".into()),
        (400, "application/json", json!({ "metadata": xml, "state": "approved" }).to_string()),
        (400, "application/json", format!("{{\"metadata\":{0},\"metadata\":{0}}}", json!(xml))),
        (422, "application/json", json!({ "metadata": "" }).to_string()),
        (422, "application/json", json!({ "metadata": "<a>" }).to_string()),
        (422, "application/json", json!({ "metadata": xml, "profile": "none" }).to_string()),
        (422, "application/json", json!({ "metadata": xml, "contact": "a b" }).to_string()),
        (
            413,
            "application/json",
            json!({ "metadata": format!("{xml}{}", " ".repeat(9000)) }).to_string(),
        ),
        (413, "application/json", "\"".repeat(80 * 1024)),
    ] {
        let page = send(&make, "POST", &format!("Content-Type: {kind}\r\n"), body.as_bytes());
        assert_eq!(page.status, status, "{kind} {}: {}", &body[..body.len().min(60)], page.body);
    }
    assert_eq!(send(&make, "GET", "", b"").status, 405);
}
