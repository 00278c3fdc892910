//! What we publish for others: one entity by name, all of them in a list, signed, for a time (threats: metadata).

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use chrono::{DateTime, TimeDelta, Utc};
use ponte::flow::publishing::{Asked, Publishing, Terms, Which};
use ponte::partners::registry::Entry;
use ponte::saml::metadata::aggregate::limits::Limits;
use ponte::saml::metadata::aggregate::verify::{Trust, verify};
use ponte::saml::metadata::publish::{self, PublishError};
use ponte::saml::metadata::read::{Unsigned, read};
use ponte::saml::signature::{self, PublicKey};
use ponte::saml::structure::{self, Root, Signed};
use ponte::saml::{names, xml};
use ponte::world::digest::sha1;
use ponte::world::signer::Signer as _;
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, proptest};
use serde_json::Value;

use crate::saml_out::xmlsec1;
use crate::signature::canonical::{Scope, tree, write};
use crate::support::agent::Agent;
use crate::support::house::House;
use crate::support::idp;
use crate::support::keys::{self, Keys};
use crate::support::server::Server;
use crate::support::sp::{GENERIC_ENTITY, Metadata, SPID_ENTITY};

const ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor";
const LIST: &str = "urn:oasis:names:tc:SAML:2.0:metadata:EntitiesDescriptor";

fn key(keys: &Keys) -> PublicKey {
    PublicKey::from_certificate_der(keys.signer.certificate()).unwrap()
}

/// Fails unless the root of `text` is signed by `keys`, for both of our verifiers.
fn assert_signed(text: &str, keys: &Keys) {
    let document = xml::parse(text).unwrap();
    let signed = Signed::Enveloped { required: true };
    let sound = structure::check(&document, Root::EntityDescriptor, signed).unwrap();
    signature::verify(&sound, &[key(keys)]).unwrap_or_else(|error| panic!("{error}: {text}"));
}

fn attribute(text: &str, name: &str) -> Option<String> {
    xml::root_attribute(text, name)
}

fn terms() -> Terms {
    Terms {
        mdq: true,
        list: true,
        partners: Which::All,
        name: Some("https://list.example".into()),
        valid: TimeDelta::hours(48),
        cache: TimeDelta::hours(6),
    }
}

/// A house that publishes by `terms`.
fn publishing(terms: Terms) -> House {
    House::with(|making| {
        making.publishing = Some(Publishing::new(terms, idp::ENTITY, std::iter::empty()));
    })
}

fn path(entity_id: &str) -> String {
    let name: String = url::form_urlencoded::byte_serialize(entity_id.as_bytes()).collect();
    format!("/mdq/entities/{name}")
}

fn by_sha1(entity_id: &str) -> String {
    let digits = sha1(entity_id.as_bytes()).map(|octet| format!("{octet:02x}")).concat();
    format!("/mdq/entities/%7Bsha1%7D{digits}")
}

/// Sends a request with these headers; the whole answer as it came.
fn raw(house: &House, method: &str, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, house.port)).unwrap();
    let host = format!("idp.localhost:{}", house.port);
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn an_entity_is_found_by_its_name_and_by_the_digest_of_it() {
    let house = publishing(terms());
    for entity_id in [SPID_ENTITY, GENERIC_ENTITY] {
        let page = Agent::new().get(&house.url(&path(entity_id))).unwrap();
        assert_eq!(page.status, 200, "{}", page.body);
        assert_eq!(page.header("content-type"), Some("application/samlmetadata+xml"));
        assert_eq!(page.header("cache-control"), Some("public, max-age=21600"));
        assert_signed(&page.body, &keys::IDP);
        assert!(xmlsec1(&page.body, ENTITY, &keys::IDP).status.success());
        assert!(!xmlsec1(&page.body, ENTITY, &keys::STRANGER).status.success());
        assert_eq!(attribute(&page.body, "entityID").as_deref(), Some(entity_id));
        assert_eq!(attribute(&page.body, "validUntil").as_deref(), Some("2026-11-24T10:00:00Z"));
        assert_eq!(attribute(&page.body, "cacheDuration").as_deref(), Some("PT21600S"));
        let same = Agent::new().get(&house.url(&by_sha1(entity_id))).unwrap();
        assert_eq!(same.body, page.body, "signed once");
        let braces = by_sha1(entity_id).replace("%7B", "{").replace("%7D", "}");
        assert!(raw(&house, "GET", &braces, "").ends_with(&page.body));
    }
}

#[test]
fn we_are_in_it_ourselves_without_being_asked() {
    let house = House::with(|making| {
        let only = Terms { partners: Which::These([SPID_ENTITY.to_owned()].into()), ..terms() };
        making.publishing = Some(Publishing::new(only, idp::ENTITY, std::iter::empty()));
    });
    let idp = house.env.idp.entity_id.clone();
    let page = Agent::new().get(&house.url(&path(&idp))).unwrap();
    assert_eq!(page.status, 200, "{}", page.body);
    assert_signed(&page.body, &keys::IDP);
    assert!(page.body.contains("IDPSSODescriptor"));
    assert_eq!(Agent::new().get(&house.url(&path(SPID_ENTITY))).unwrap().status, 200);
    assert_eq!(Agent::new().get(&house.url(&path(GENERIC_ENTITY))).unwrap().status, 404);
    assert_eq!(Agent::new().get(&house.url(&by_sha1(GENERIC_ENTITY))).unwrap().status, 404);
}

#[test]
fn what_is_not_there_is_said_in_plain_words() {
    let house = publishing(terms());
    for unknown in [path("https://nobody.example"), by_sha1("https://nobody.example")] {
        let answer = raw(&house, "GET", &unknown, "");
        assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
        assert!(answer.contains("content-type: text/plain"), "{answer}");
        assert!(answer.ends_with("no such metadata is published here\n"), "{answer}");
    }
    for malformed in
        ["/mdq/entities/%7Bsha1%7Dxyz", "/mdq/entities/%7Bsha1%7D", "/mdq/entities/%ff"]
    {
        assert!(raw(&house, "GET", malformed, "").starts_with("HTTP/1.1 400 "), "{malformed}");
    }
    assert!(
        raw(&house, "POST", &path(SPID_ENTITY), "Content-Length: 0\r\n")
            .starts_with("HTTP/1.1 405 ")
    );
    let silent = House::new();
    for there in ["/mdq/entities".to_owned(), path(SPID_ENTITY)] {
        assert_eq!(Agent::new().get(&silent.url(&there)).unwrap().status, 404);
    }
    let listless = publishing(Terms { list: false, ..terms() });
    assert_eq!(Agent::new().get(&listless.url("/mdq/entities")).unwrap().status, 404);
}

#[test]
fn a_disabled_service_provider_is_not_published() {
    let house = House::with(|making| {
        making.service_providers[1].1 = Entry { disabled: true, ..Entry::default() };
        making.publishing = Some(Publishing::new(terms(), idp::ENTITY, std::iter::empty()));
    });
    assert_eq!(Agent::new().get(&house.url(&path(GENERIC_ENTITY))).unwrap().status, 404);
    let list = Agent::new().get(&house.url("/mdq/entities")).unwrap().body;
    assert!(list.contains(SPID_ENTITY) && !list.contains(GENERIC_ENTITY));
}

#[test]
fn who_has_it_is_not_sent_it_again() {
    let house = publishing(terms());
    for there in ["/metadata".to_owned(), path(SPID_ENTITY), "/mdq/entities".into()] {
        let first = raw(&house, "GET", &there, "");
        let header = |name: &str| {
            let line = first.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
            line.unwrap_or_else(|| panic!("no {name}: {first}")).to_owned()
        };
        let (tag, made) = (header("etag"), header("last-modified"));
        assert_eq!(made, "Sun, 22 Nov 2026 10:00:00 GMT");
        let again = |headers: &str| {
            let answer = raw(&house, "GET", &there, headers);
            answer[9..12].to_owned()
        };
        assert_eq!(again(&format!("If-None-Match: {tag}\r\n")), "304");
        assert_eq!(again(&format!("If-None-Match: \"x\", W/{tag}\r\n")), "304");
        assert_eq!(again("If-None-Match: *\r\n"), "304");
        assert_eq!(again("If-None-Match: \"x\"\r\n"), "200");
        assert_eq!(again(&format!("If-Modified-Since: {made}\r\n")), "304");
        assert_eq!(again("If-Modified-Since: Sun, 22 Nov 2026 09:59:59 GMT\r\n"), "200");
        // The tag is the better witness of the two.
        let both = format!("If-None-Match: \"x\"\r\nIf-Modified-Since: {made}\r\n");
        assert_eq!(again(&both), "200");
        let head = raw(&house, "HEAD", &there, "");
        assert!(head.starts_with("HTTP/1.1 200 ") && head.ends_with("\r\n\r\n"), "{head}");
        assert!(head.contains(&format!("etag: {tag}")));
    }
}

#[test]
fn all_of_them_are_a_list_that_verifies() {
    let house = publishing(terms());
    let page = Agent::new().get(&house.url("/mdq/entities")).unwrap();
    assert_eq!(page.status, 200);
    assert!(xmlsec1(&page.body, LIST, &keys::IDP).status.success());
    let found = verify(
        page.body.as_bytes(),
        Trust::Pinned(&[key(&keys::IDP)]),
        Limits::default(),
        house.now(),
    );
    let found = found.unwrap();
    assert_eq!(found.name(), Some("https://list.example"));
    let names: Vec<_> = found.entities().iter().map(|it| it.entity_id.as_str()).collect();
    assert_eq!(names, [idp::ENTITY, GENERIC_ENTITY, SPID_ENTITY]);
}

/// What we answer is signed anew in time, when its source changes, and with a new key.
#[test]
fn it_is_signed_anew_before_its_time_is_over() {
    let house = publishing(terms());
    let ask = |there: &str| Agent::new().get(&house.url(there)).unwrap().body;
    for there in [path(SPID_ENTITY), "/mdq/entities".into()] {
        let until = |text: &str| {
            let from = text.find("validUntil=\"").unwrap() + 12;
            text[from..from + 20].parse::<DateTime<Utc>>().unwrap()
        };
        let first = ask(&there);
        house.wait(23 * 3600);
        assert_eq!(ask(&there), first);
        house.wait(2 * 3600);
        let second = ask(&there);
        assert!(until(&second) > until(&first));
        assert!(until(&second) - house.now() == TimeDelta::hours(48));
    }
}

#[test]
fn what_is_asked_for_is_read_one_way() {
    assert_eq!(Asked::parse("https://a.example"), Some(Asked::Name("https://a.example")));
    let digits = "0".repeat(39);
    assert_eq!(
        Asked::parse(&format!("{{sha1}}{digits}1")).map(|it| it == Asked::Sha1([0; 20])),
        Some(false)
    );
    for wrong in [
        "{sha1}".to_owned(),
        format!("{{sha1}}{digits}"),
        format!("{{sha1}}{digits}g"),
        format!("{{sha1}}+{digits}"),
    ] {
        assert_eq!(Asked::parse(&wrong), None, "{wrong}");
    }
}

fn plain_terms() -> publish::Terms {
    publish::Terms { valid_until: "2026-12-01T00:00:00Z".parse().unwrap(), cache_seconds: 3600 }
}

#[test]
fn what_others_signed_comes_out_under_our_signature_alone() {
    let theirs = Metadata::spid().signed(&keys::SP.signer);
    let ours = publish::entity(&theirs, "_ours", plain_terms(), &keys::IDP.signer).unwrap();
    assert_signed(&ours, &keys::IDP);
    assert_eq!(ours.matches("<ds:Signature ").count(), 1);
    assert_eq!(attribute(&ours, "ID").as_deref(), Some("_ours"));
    let described = |text: &str| {
        let document = roxmltree::Document::parse(text).unwrap();
        let root = document.root_element();
        root.children()
            .filter(|node| node.is_element() && !node.has_tag_name((names::DSIG, "Signature")))
            .map(|node| node.descendants().count())
            .collect::<Vec<_>>()
    };
    assert_eq!(described(&ours), described(&theirs));
}

#[test]
fn an_end_that_comes_sooner_stays_and_what_names_in_values_need_does_too() {
    let (md, xs, xsi) = (names::METADATA, names::XS, names::XSI);
    let entity = |until: &str| {
        format!(
            "<EntityDescriptor xmlns='{md}' xmlns:xs='{xs}' entityID='https://a.example' validUntil='{until}' ID='_theirs' \
             cacheDuration='P1Y'><Extensions><a xmlns='' xmlns:xsi='{xsi}' xsi:type='xs:string'>1 &lt; 2</a></Extensions>\
             <RoleDescriptor xmlns:b='urn:b' b:c='&quot; ID=&quot;x'/></EntityDescriptor>"
        )
    };
    for (said, comes) in [
        ("2026-11-30T00:00:00Z", "2026-11-30T00:00:00Z"),
        ("2027-01-01T00:00:00Z", "2026-12-01T00:00:00Z"),
    ] {
        let ours =
            publish::entity(&entity(said), "_ours", plain_terms(), &keys::IDP.signer).unwrap();
        assert_signed(&ours, &keys::IDP);
        assert!(xmlsec1(&ours, ENTITY, &keys::IDP).status.success());
        assert_eq!(attribute(&ours, "validUntil").as_deref(), Some(comes));
        assert_eq!(attribute(&ours, "cacheDuration").as_deref(), Some("PT3600S"));
        let tree = roxmltree::Document::parse(&ours).unwrap();
        let typed = tree.descendants().find(|node| node.has_tag_name("a")).unwrap();
        assert_eq!(typed.lookup_namespace_uri(Some("xs")), Some(xs));
        let list = publish::list(&[&entity(said)], None, "_list", plain_terms(), &keys::IDP.signer)
            .unwrap();
        assert!(xmlsec1(&list, LIST, &keys::IDP).status.success(), "{list}");
        let now = "2026-11-22T00:00:00Z".parse().unwrap();
        let found =
            verify(list.as_bytes(), Trust::Pinned(&[key(&keys::IDP)]), Limits::default(), now)
                .unwrap();
        assert_eq!(found.entities()[0].valid_until, Some(comes.parse().unwrap()));
        assert!(!list.contains("_theirs"));
    }
    let nothing = publish::list(&[], None, "_list", plain_terms(), &keys::IDP.signer);
    assert!(matches!(nothing, Err(PublishError::Nothing)));
    for wrong in ["<a/>", "x", "<EntitiesDescriptor/>"] {
        assert!(publish::entity(wrong, "_x", plain_terms(), &keys::IDP.signer).is_err());
    }
}

#[test]
fn what_is_published_is_read_as_it_was_before() {
    for metadata in [Metadata::spid(), Metadata::generic()] {
        let theirs = metadata.unsigned();
        let ours = publish::entity(&theirs, "_ours", plain_terms(), &keys::SP.signer).unwrap();
        let now = "2026-11-22T00:00:00Z".parse().unwrap();
        let read = |text: &str| read(text, Unsigned::Accept, now).unwrap().service_provider;
        let (mut before, mut after) = (read(&theirs), read(&ours));
        before.valid_until = None;
        after.valid_until = None;
        assert_eq!(format!("{before:?}"), format!("{after:?}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in it, both verifiers take what comes out, alone and in a list.
    #[test]
    fn anything_that_can_be_read_can_be_signed(one in vec(tree(), 0..4), other in vec(tree(), 0..4)) {
        let entity = |name: &str, trees: &[_]| {
            let mut text = format!("<md:EntityDescriptor xmlns:md='{}' xmlns:samlp='{}' entityID='{name}'><md:Extensions>", names::METADATA, names::PROTOCOL);
            let mut scope: Scope = vec![("samlp", names::PROTOCOL)];
            for tree in trees {
                write(tree, &mut scope, &mut text);
            }
            text + "</md:Extensions></md:EntityDescriptor>"
        };
        let (one, other) = (entity("https://1.example", &one), entity("https://2.example", &other));
        let is_read = |text: &str| {
            let Ok(document) = xml::parse(text) else { return false };
            structure::check(&document, Root::EntityDescriptor, Signed::Enveloped { required: false }).is_ok()
        };
        if is_read(&one) && is_read(&other) {
            assert_signed(&publish::entity(&one, "_ours", plain_terms(), &keys::IDP.signer).unwrap(), &keys::IDP);
            let list = publish::list(&[&one, &other], None, "_list", plain_terms(), &keys::IDP.signer).unwrap();
            let said = xmlsec1(&list, LIST, &keys::IDP);
            assert!(said.status.success(), "{said:?}: {list}");
            let now = "2026-11-22T00:00:00Z".parse().unwrap();
            verify(list.as_bytes(), Trust::Pinned(&[key(&keys::IDP)]), Limits::default(), now).unwrap();
        }
    }
}

/// What a client that none of us wrote makes of the MDQ server of `server`, with the certificate in `certificate` pinned.
fn asked_by(client: &str, server: &Server, certificate: &Path, entity_id: &str) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(root.join("target/pyff/bin/python"))
        .arg(root.join("tests/clients/mdq.py"))
        .args([client, &server.url("/mdq")])
        .arg(certificate)
        .arg(entity_id)
        .output()
        .expect("target/pyff/bin/python is there: ./scripts/test installs it");
    let said = String::from_utf8_lossy(&output.stdout);
    let last = said.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|_| panic!("{output:?}"))
}

/// Others read what we publish, by our certificate, and nothing with another one.
#[test]
#[ignore = "needs pysaml2 and pyFF, which ./scripts/test installs"]
fn pysaml2_and_pyff_read_our_server_and_refuse_another_key() {
    let mut server = Server::new();
    server.add_metadata("sp", &Metadata::generic().unsigned(), GENERIC_ENTITY, "generic");
    server.configure_in("publish", "mdq = true\nlist = true\npartners = [\"*\"]");
    server.start();
    let settings = server.settings();
    let idp = settings.idp.entity_id.as_str();
    let folder = server.folder();
    let metadata = Agent::new().get(&server.url("/metadata")).unwrap().body;
    let tree = roxmltree::Document::parse(&metadata).unwrap();
    let certificate =
        tree.descendants().find(|node| node.has_tag_name((names::DSIG, "X509Certificate")));
    let pem = |body: &str| {
        let letters: Vec<char> = body.chars().collect();
        let lines = letters.chunks(64).map(|line| line.iter().collect::<String>() + "\n");
        let (head, tail) = ("-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n");
        format!("{head}{}{tail}", lines.collect::<String>())
    };
    let (ours, other) = (folder.join("ours.pem"), folder.join("other.pem"));
    std::fs::write(&ours, pem(certificate.unwrap().text().unwrap())).unwrap();
    std::fs::write(&other, &keys::STRANGER.pair.certificate).unwrap();
    for client in ["pysaml2", "pyff"] {
        for entity_id in [idp, GENERIC_ENTITY] {
            let found = asked_by(client, &server, &ours, entity_id);
            assert!(found["found"].to_string().contains(entity_id), "{client}: {found}");
            let refused = asked_by(client, &server, &other, entity_id);
            let words = refused["refused"].to_string().to_lowercase();
            assert!(words.contains("signature"), "{client}: {refused}");
        }
        let nobody = asked_by(client, &server, &ours, "https://nobody.example");
        assert!(nobody["refused"].is_string(), "{client}: {nobody}");
    }
    let all = asked_by("pyff", &server, &ours, "");
    for entity_id in [idp, GENERIC_ENTITY] {
        assert!(all["found"].to_string().contains(entity_id), "{all}");
    }
    assert!(asked_by("pyff", &server, &other, "")["refused"].is_string());
}

/// `ponte metadata publish`: every file, nothing that need not be written, nothing left when it is told so.
#[test]
fn what_is_published_is_written_for_any_web_server() {
    let server = Server::new();
    server.add_metadata("sp", &Metadata::generic().unsigned(), GENERIC_ENTITY, "generic");
    server.add_metadata("other", &Metadata::spid().unsigned(), SPID_ENTITY, "spid");
    server.configure_in("publish", "list = true\npartners = [\"*\"]");
    let run = |more: &[&str]| {
        let mut arguments = vec!["metadata", "publish", "www"];
        arguments.extend(more);
        String::from_utf8(server.ponte(&arguments, "").stdout).unwrap()
    };
    let www = server.folder().join("www");
    assert!(run(&["--dry-run"]).contains("Would write list.xml"));
    assert!(!www.exists());
    let said = run(&[]);
    assert!(said.contains("3 entities; 8 files written, 0 left as they were, 0 removed"), "{said}");
    let digest = sha1(GENERIC_ENTITY.as_bytes()).map(|octet| format!("{octet:02x}")).concat();
    let name = "entities/https%3A%2F%2Fsp.example.org%2Fgeneric";
    let text = |path: &str| std::fs::read_to_string(www.join(path)).unwrap();
    assert_eq!(text(&format!("entities/{{sha1}}{digest}")), text(name));
    let found =
        verify(text("list.xml").as_bytes(), Trust::Placed, Limits::default(), DateTime::UNIX_EPOCH);
    let found = found.unwrap();
    assert!(found.is_signed());
    assert_eq!(found.entities().len(), 3);
    assert!(text("idp.xml").contains("IDPSSODescriptor"));
    let mode = std::fs::metadata(www.join("idp.xml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    let before = text(name);
    let said = run(&[]);
    assert!(said.contains("0 files written, 8 left as they were"), "{said}");
    // What was changed there is put right, and nothing else is touched.
    std::fs::write(www.join(name), "changed").unwrap();
    let said = run(&[]);
    assert!(said.contains("2 files written, 6 left as they were"), "{said}");
    assert_eq!(text(name).len(), before.len());
    std::fs::write(www.join("robots.txt"), "not ours").unwrap();
    std::fs::remove_file(server.folder().join("metadata/sp/sp.xml")).unwrap();
    let said = run(&[]);
    assert!(
        said.contains("1 files written") && said.contains("2 files are published no more"),
        "{said}"
    );
    assert!(www.join(name).exists());
    assert!(run(&["--prune"]).contains("2 removed"));
    assert!(!www.join(name).exists() && www.join("robots.txt").exists());
}
