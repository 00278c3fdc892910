//! Every page, in both languages.

use std::borrow::Cow;
use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use ponte::identity::attributes::AttributeName;
use ponte::identity::release::Released;
use ponte::saml::status::{Fault, FaultKind};
use ponte::texts::language::Language;
use ponte::texts::login::Problem;
use ponte::texts::{anomaly, common, consent, demo, enrolment, home, login, notice};
use ponte::web::assets::{self, Asset};
use ponte::web::pages::consent::Consent;
use ponte::web::pages::demo::{
    DemoAttributes, DemoCode, DemoError, DemoHome, DemoPeople, DemoPerson,
};
use ponte::web::pages::enrolment::{Activation, EnrolTotp, Enrolled};
use ponte::web::pages::error::Error;
use ponte::web::pages::frame::Frame;
use ponte::web::pages::home::Home;
use ponte::web::pages::login::{Login, Totp};
use ponte::web::pages::notice::Notice;
use ponte::web::pages::post::{Message, PostForm};

#[test]
fn each_page_reads_as_it_did() {
    for language in Language::ALL {
        for (name, html) in samples(language) {
            insta::with_settings!({ filters => vec![("/assets/[0-9a-f]{16}/", "/assets/DIGEST/")] }, {
                insta::assert_snapshot!(format!("{name}_{}", language.tag()), html);
            });
        }
    }
}

#[test]
fn no_page_has_anything_inline_or_from_elsewhere() {
    for language in Language::ALL {
        for (name, html) in samples(language) {
            for (element, attributes) in tags(&html) {
                for (attribute, value) in attributes {
                    assert_ne!(attribute, "style", "{name}: {element}");
                    assert!(!attribute.starts_with("on"), "{name}: {element} {attribute}");
                    let fetched = match (element, attribute) {
                        ("a" | "form", _) => false,
                        (_, "src" | "href" | "srcset" | "data" | "poster") => true,
                        _ => false,
                    };
                    assert!(
                        !fetched || value.starts_with("/assets/"),
                        "{name}: {element} fetches {value}"
                    );
                }
            }
            for inline in ["<style", "<base", "<iframe", "javascript:", "http-equiv"] {
                assert!(!html.contains(inline), "{name} has {inline}");
            }
            for script in html.split("<script").skip(1) {
                let (_, rest) = script.split_once('>').unwrap();
                assert!(rest.starts_with("</script>"), "{name} has a script inline");
            }
        }
    }
}

#[test]
fn each_page_has_the_bones_that_assistive_technology_needs() {
    let mut titles: Vec<(Language, String, &str)> = Vec::new();
    for language in Language::ALL {
        for (name, html) in samples(language) {
            assert!(html.contains(&format!("<html lang=\"{}\">", language.tag())), "{name}");
            assert_eq!(html.matches("<h1").count(), 1, "{name}");
            assert_eq!(html.matches("<main ").count(), 1, "{name}");
            assert!(html.contains("href=\"#content\""), "{name}");
            let mut ids: Vec<&str> = Vec::new();
            let (mut pointed, mut labelled, mut inputs) = (Vec::new(), Vec::new(), Vec::new());
            for (element, attributes) in tags(&html) {
                let get = |wanted| {
                    attributes.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value)
                };
                ids.extend(get("id"));
                for pointer in ["aria-describedby", "aria-labelledby"] {
                    pointed.extend(get(pointer).into_iter().flat_map(str::split_whitespace));
                }
                if element == "label" {
                    labelled.extend(get("for"));
                }
                if element == "input" && get("type") != Some("hidden") {
                    inputs.push(get("id").unwrap());
                    assert!(
                        get("type") == Some("radio") || get("autocomplete").is_some(),
                        "{name}"
                    );
                }
                if let Some(index) = get("tabindex") {
                    assert!(index == "0" || index == "-1", "{name}: tabindex {index}");
                }
                assert!(element != "img" || get("alt").is_some(), "{name}: img without alt");
            }
            assert!(pointed.iter().all(|id| ids.contains(id)), "{name}: {pointed:?} in {ids:?}");
            assert_eq!(inputs, labelled, "{name}: each field has its label");
            let once: std::collections::BTreeSet<_> = ids.iter().collect();
            assert_eq!(once.len(), ids.len(), "{name}: an id twice in {ids:?}");
            let title = html.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
            titles.push((language, title.to_owned(), name));
        }
    }
    for (at, (language, title, name)) in titles.iter().enumerate() {
        for (other_language, other, other_name) in &titles[..at] {
            assert!(
                language != other_language || title != other,
                "{name} and {other_name} have one title: {title}"
            );
        }
    }
}

#[test]
fn a_form_of_ours_carries_its_token_and_everything_is_escaped() {
    let hostile = "\"><script>alert(1)</script>'&";
    let mut asked = login(None);
    asked.csrf = hostile.into();
    asked.service = hostile.into();
    asked.username = hostile.into();
    asked.action = hostile.into();
    let mut around = frame(Language::It);
    around.name = hostile.into();
    around.here = Some(hostile.into());
    around.support = Some(hostile.into());
    let html = asked.render(&around).unwrap();
    assert!(!html.contains("<script>"));
    assert!(html.contains("name=\"csrf\" value=\"&#34;&#62;&#60;script&#62;"));

    for (name, html) in samples(Language::It) {
        for form in html.split("<form ").skip(1) {
            let form = form.split_once("</form>").unwrap().0;
            let ours = form.contains("method=\"post\"") && !form.contains("action=\"https:");
            assert_eq!(ours, form.contains("name=\"csrf\" value=\"token\""), "{name}: {form}");
        }
    }
}

#[test]
fn both_languages_say_everything_and_the_same_numbers() {
    let tables = [
        ("common", common::ROWS),
        ("consent", consent::ROWS),
        ("demo", demo::ROWS),
        ("enrolment", enrolment::ROWS),
        ("home", home::ROWS),
        ("login", login::ROWS),
        ("notice", notice::ROWS),
    ];
    // The same word in both languages.
    let same = ["password", "otp", "entity_id", "name_id", "session_index"];
    for (table, rows) in tables {
        for (key, it, en) in rows {
            assert!(!it.trim().is_empty() && !en.trim().is_empty(), "{table}.{key}");
            assert_eq!(it == en, same.contains(key), "{table}.{key}: {it:?} {en:?}");
            let digits =
                |text: &str| text.matches(|c: char| c.is_ascii_digit()).collect::<String>();
            assert_eq!(digits(it).len(), digits(en).len(), "{table}.{key}: {it:?} {en:?}");
        }
    }
    for number in anomaly::numbers() {
        let it = anomaly::anomaly(Language::It, number).unwrap();
        let en = anomaly::anomaly(Language::En, number).unwrap();
        for (it, en) in [(it.title, en.title), (it.what, en.what), (it.now, en.now)] {
            assert!(!it.is_empty() && !en.is_empty() && it != en, "{number}: {it:?} {en:?}");
        }
    }
}

#[test]
fn the_page_of_a_fault_says_the_words_that_the_rules_prescribe() {
    for (number, words) in [
        (3, "Sistema di autenticazione non disponibile - Riprovare più tardi"),
        (4, "Formato richiesta non corretto - Contattare il gestore del servizio"),
        (
            5,
            "Impossibile stabilire l&#39;autenticità della richiesta di autenticazione - Contattare il gestore del servizio",
        ),
        (6, "Formato richiesta non ricevibile - Contattare il gestore del servizio"),
        (7, "Formato richiesta non corretto - Contattare il gestore del servizio"),
        (10, "Formato richiesta non corretto - Contattare il gestore del servizio"),
        (12, "Autenticazione SPID non conforme o non specificata"),
        (23, "Credenziali sospese o revocate"),
    ] {
        let page = Error { number: Some(number), support_id: "A1".into(), fault: None, back: None };
        let html = page.render(&frame(Language::It)).unwrap();
        assert!(html.contains(words), "nr{number:02}");
        assert!(html.contains(&format!("nr{number:02}")));
        assert!(html.contains(">A1<"));
    }
}

#[test]
fn every_asset_that_a_page_names_is_there() {
    for (name, html) in samples(Language::It) {
        for at in html.split("\"/assets/").skip(1) {
            let address = at.split_once('"').unwrap().0;
            let (digest, file) = address.split_once('/').unwrap();
            let (file, part) = file.split_once('#').unwrap_or((file, ""));
            let asset = assets::find(digest, file);
            let asset = asset.unwrap_or_else(|| panic!("{name} names {address}"));
            let text = contents(asset);
            let part = format!("<symbol id=\"{part}\"");
            assert!(
                !address.contains('#') || String::from_utf8(text).unwrap().contains(&part),
                "{name} names {address}"
            );
            assert!(assets::find("0000000000000000", file).is_none());
        }
    }
}

#[test]
#[ignore = "writes every page to target/pages, to be looked at in a browser"]
fn pages_to_look_at() {
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    for asset in assets::all() {
        let place = out.join(assets::path(asset.name).trim_start_matches('/'));
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, contents(asset)).unwrap();
    }
    for language in Language::ALL {
        for (name, html) in samples(language) {
            fs::write(out.join(format!("{name}_{}.html", language.tag())), html).unwrap();
        }
    }
}

/// What a browser gets of an asset.
fn contents(asset: &Asset) -> Vec<u8> {
    let mut bytes = Vec::new();
    if asset.gzipped {
        GzDecoder::new(asset.bytes).read_to_end(&mut bytes).unwrap();
    } else {
        bytes.extend(asset.bytes);
    }
    bytes
}

/// Every page, filled.
fn samples(language: Language) -> Vec<(&'static str, String)> {
    let around = frame(language);
    let from_outside = Frame { here: None, demo: false, ..around.clone() };
    let service = Frame {
        name: demo::words(language).service.into(),
        support: None,
        here: Some("/".into()),
        ..around.clone()
    };
    let mut pages = vec![
        ("login", login(None).render(&around)),
        ("login_again", {
            let mut page = login(Some(Problem::Credentials { left: 2 }));
            page.username = "anna.rossi".into();
            page.render(&around)
        }),
        ("totp", totp(None).render(&around)),
        ("totp_again", totp(Some(Problem::Code { left: 1 })).render(&around)),
        ("activation", activation(None).render(&around)),
        ("activation_again", activation(Some(Problem::Activation { left: 2 })).render(&around)),
        ("enrol", enrol(None).render(&around)),
        ("enrol_again", enrol(Some(Problem::CodeShape { digits: 6 })).render(&around)),
        ("enrolled", Enrolled { action: "/login/x/go".into(), csrf: "token".into() }.render(&around)),
        ("consent", the_consent(vec![
            released(AttributeName::SpidCode, "PONT0000000001"),
            released(AttributeName::Name, "Anna Maria"),
            released(AttributeName::FamilyName, "Rossi"),
            released(AttributeName::FiscalNumber, "TINIT-RSSNMR80A41H501X"),
            released(AttributeName::DateOfBirth, "1980-01-01"),
            released(AttributeName::Email, "anna.maria.rossi@posta.example"),
        ]).render(&around)),
        ("post", post().render(&around)),
        ("error", Error {
            number: Some(16),
            support_id: "K7QX-2M4D".into(),
            fault: Some(Fault {
                kind: FaultKind::Consumer,
                rule: "the answer goes only to an address of the metadata (SAML Core §3.4.1)",
                element: "AuthnRequest/@AssertionConsumerServiceURL",
                expected: Cow::Borrowed("https://sp.example/acs"),
                found: "https://evil.example/<acs>".into(),
            }),
            back: Some(post()),
        }.render(&from_outside)),
        ("error_unproven", Error {
            number: Some(5),
            support_id: "K7QX-2M4D".into(),
            fault: Some(Fault {
                kind: FaultKind::RedirectSignature,
                rule: "a redirect is signed (SAML Bindings §3.4.4.1)",
                element: "Signature",
                expected: Cow::Borrowed("a signature in base64"),
                found: String::new(),
            }),
            back: None,
        }.render(&from_outside)),
        ("error_ours", Error { number: None, support_id: "K7QX-2M4D".into(), fault: None, back: None }
            .render(&from_outside)),
        ("home", Home {
            entity_id: "https://idp.example".into(),
            metadata: "/metadata".into(),
            people: Some("/demo".into()),
        }.render(&around)),
        ("demo_home", DemoHome {
            login: "/login".into(),
            entity_id: "http://sp.localhost:8081".into(),
            provider: "http://idp.localhost:8080".into(),
            people: "http://idp.localhost:8080/demo".into(),
        }.render(&service)),
        ("demo_attributes", DemoAttributes {
            class: "https://www.spid.gov.it/SpidL2".into(),
            name_id: "_3f0c1d2e4b5a69788796a5b4c3d2e1f0".into(),
            session_index: None,
            attributes: vec![
                ("name".into(), "Anna Maria".into()),
                ("familyName".into(), "Rossi".into()),
                ("fiscalNumber".into(), "TINIT-RSSNMR80A41H501X".into()),
            ],
            xml: "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_1\" Version=\"2.0\">…</samlp:Response>".into(),
            again: "/".into(),
        }.render(&service)),
        ("demo_error", DemoError {
            status: vec![
                "urn:oasis:names:tc:SAML:2.0:status:Responder".into(),
                "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed".into(),
            ],
            message: Some("ErrorCode nr25".into()),
            refused: None,
            xml: Some("<samlp:Response/>".into()),
            again: "/".into(),
        }.render(&service)),
        ("demo_people", DemoPeople {
            people: vec![
                DemoPerson {
                    name: "Anna Maria Rossi".into(),
                    username: "anna.rossi".into(),
                    password: "quattro-gatti-sul-ponte".into(),
                    code: Some(DemoCode { digits: "042917".into(), left: 41 }),
                    activation: None,
                },
                DemoPerson {
                    name: "Bruno Bianchi".into(),
                    username: "bruno.bianchi".into(),
                    password: "tre-barche-nel-porto".into(),
                    code: None,
                    activation: Some("7K4M-Q2XD-93RT".into()),
                },
            ],
            service: "http://sp.localhost:8081/".into(),
            here: "/demo".into(),
        }.render(&around)),
    ];
    for (name, notice) in [
        ("wait", Notice::Wait { retry_after: 150, busy: true }),
        ("not_found", Notice::NotFound),
        ("method_not_allowed", Notice::MethodNotAllowed { allowed: "GET, HEAD".into() }),
        ("wrong_host", Notice::WrongHost),
        ("expired", Notice::Expired),
        ("other_browser", Notice::OtherBrowser),
    ] {
        pages.push((name, notice.render(&from_outside)));
    }
    pages.into_iter().map(|(name, html)| (name, html.unwrap())).collect()
}

fn frame(language: Language) -> Frame {
    Frame {
        language,
        name: "ponte".into(),
        support: Some("aiuto@comune.example".into()),
        here: Some("/login/x".into()),
        demo: true,
    }
}

fn login(problem: Option<Problem>) -> Login {
    Login {
        action: "/login/x/password".into(),
        cancel: "/login/x/cancel".into(),
        csrf: "token".into(),
        service: "Servizi al cittadino del Comune di Esempio".into(),
        level: Some("SpidL2".into()),
        username: String::new(),
        problem,
    }
}

fn totp(problem: Option<Problem>) -> Totp {
    Totp {
        action: "/login/x/totp".into(),
        cancel: "/login/x/cancel".into(),
        csrf: "token".into(),
        service: "Servizi al cittadino del Comune di Esempio".into(),
        level: Some("SpidL2".into()),
        period: 60,
        problem,
    }
}

fn activation(problem: Option<Problem>) -> Activation {
    Activation {
        action: "/login/x/activation".into(),
        cancel: "/login/x/cancel".into(),
        csrf: "token".into(),
        service: "Servizi al cittadino del Comune di Esempio".into(),
        level: Some("SpidL2".into()),
        problem,
    }
}

fn enrol(problem: Option<Problem>) -> EnrolTotp {
    EnrolTotp {
        action: "/login/x/enrol".into(),
        cancel: "/login/x/cancel".into(),
        csrf: "token".into(),
        username: "bruno.bianchi".into(),
        family_name: "Bianchi".into(),
        given_name: "Bruno".into(),
        uri: "otpauth://totp/ponte:bruno.bianchi?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=ponte&period=60".into(),
        key: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".into(),
        period: 60,
        problem,
    }
}

fn the_consent(released: Vec<Released>) -> Consent {
    Consent {
        action: "/login/x/consent".into(),
        csrf: "token".into(),
        service: "Servizi al cittadino del Comune di Esempio".into(),
        level: Some("SpidL2".into()),
        released,
    }
}

fn released(name: AttributeName, value: &str) -> Released {
    Released { name, value: value.into() }
}

fn post() -> PostForm {
    PostForm {
        action: "https://sp.example/acs".into(),
        message: Message::Response,
        value: "PHNhbWxwOlJlc3BvbnNlLz4=".into(),
        relay_state: Some("state-1".into()),
    }
}

/// A start tag's name and its attributes.
type Tag<'a> = (&'a str, Vec<(&'a str, &'a str)>);

/// The start tags of `html`. Enough for templates that quote every value.
fn tags(html: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    for piece in html.split('<').skip(1) {
        if !piece.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let (name, mut rest) = piece.split_at(piece.find([' ', '>', '/']).expect("a tag ends"));
        let mut attributes = Vec::new();
        loop {
            rest = rest.trim_start();
            if rest.starts_with(['>', '/']) {
                break;
            }
            let (attribute, after) = rest.split_at(rest.find(['=', ' ', '>']).unwrap());
            match after.strip_prefix("=\"") {
                Some(value) => {
                    let (value, after) = value.split_once('"').unwrap();
                    attributes.push((attribute, value));
                    rest = after;
                }
                None => {
                    attributes.push((attribute, ""));
                    rest = after;
                }
            }
        }
        tags.push((name, attributes));
    }
    tags
}
