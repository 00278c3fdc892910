//! Every page, in both languages.

use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use ponte::saml::errors::table::TABLE;
use ponte::texts::language::Language;
use ponte::texts::{
    access, app, common, consent, demo, enrolment, factors, help, home, login, logout, notice,
    registration, upstream,
};
use ponte::web::assets::{self, Asset};
use ponte::web::pages::error::Error;

use crate::support::pages::{HOSTILE, filled, frame, samples};

#[test]
fn each_page_reads_as_it_did() {
    for language in Language::ALL {
        for (name, html) in samples(language) {
            insta::with_settings!({ filters => vec![
                ("/assets/[0-9a-f]{16}/", "/assets/DIGEST/"),
                // The official icon comes with the style alone.
                ("spid-ico-circle-bb.svg", "spid-button.svg"),
                (" data-page=\"[a-z_]+\"", ""),
            ] }, {
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
                        !fetched
                            || value.starts_with("/assets/")
                            || value == "/app/manifest.webmanifest",
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
                if matches!(element, "input" | "textarea" | "select")
                    && get("type") != Some("hidden")
                {
                    inputs.push(get("id").unwrap());
                    let is_chosen =
                        element == "select" || matches!(get("type"), Some("radio" | "file"));
                    assert!(is_chosen || get("autocomplete").is_some(), "{name}");
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
fn a_form_of_ours_carries_its_token() {
    for (name, html) in samples(Language::It) {
        for form in html.split("<form ").skip(1) {
            let form = form.split_once("</form>").unwrap().0;
            // A vote is nobody's: where it comes from is all that is asked.
            let vote = form.contains("action=\"/help/");
            let ours =
                form.contains("method=\"post\"") && !form.contains("action=\"https:") && !vote;
            // Whoever begins a login, a recovery or a check of a card has nothing yet that a token could be of.
            let begins = [
                "/account/enter",
                "/smart-card",
                "/recover",
                "/recover/desk",
                "/recover/link",
                "/account/profile/link",
            ];
            let begins = begins.iter().any(|to| form.contains(&format!("action=\"{to}\"")));
            let ours = ours && !begins;
            // On a phone a code of sixty bits, or the person who types one, is what a token would be.
            let coded =
                ["open", "enrol", "enrol-pin", "prove"].map(|to| format!("action=\"/app/{to}\""));
            let ours = ours && !coded.iter().any(|to| form.contains(to.as_str()));
            // Whoever submits metadata has nothing yet; later the address is a secret, as a token would be.
            let ours = ours && !form.contains("action=\"/federation/register");
            assert_eq!(ours, form.contains("name=\"csrf\" value=\"token\""), "{name}: {form}");
        }
    }
}

#[test]
fn whatever_a_value_holds_it_stays_a_value() {
    for (harmless, hostile) in filled("x").into_iter().zip(filled(HOSTILE)) {
        let shape = |html: &str| -> Vec<(String, Vec<String>)> {
            let names = |(element, attributes): Tag<'_>| {
                let names = attributes.into_iter().map(|(name, _)| name.to_owned()).collect();
                (element.to_owned(), names)
            };
            tags(html).into_iter().map(names).collect()
        };
        assert!(hostile.contains("alert(1)"), "the value is shown: {hostile}");
        assert!(!hostile.contains("<script>"), "{hostile}");
        assert_eq!(shape(&harmless), shape(&hostile));
    }
}

#[test]
fn no_template_goes_around_the_escaping() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut seen = 0;
    for folder in [folder.clone(), folder.join("part")] {
        for file in fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
            if file.extension().is_some_and(|extension| extension == "html") {
                let template = fs::read_to_string(&file).unwrap();
                for around in ["|safe", "| safe", "|e(", "escape", "{% filter", "{% autoescape"] {
                    assert!(!template.contains(around), "{}: {around}", file.display());
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 15, "{seen} templates");
}

#[test]
fn both_languages_say_everything_and_the_same_numbers() {
    let tables = [
        ("access", access::ROWS),
        ("app", app::ROWS),
        ("common", common::ROWS),
        ("upstream", upstream::ROWS),
        ("consent", consent::ROWS),
        ("demo", demo::ROWS),
        ("enrolment", enrolment::ROWS),
        ("factors", factors::ROWS),
        ("help", help::ROWS),
        ("home", home::ROWS),
        ("login", login::ROWS),
        ("logout", logout::ROWS),
        ("notice", notice::ROWS),
        ("registration", registration::ROWS),
    ];
    // The same word in both languages.
    let same = [
        "browser",
        "password",
        "passkey",
        "otp",
        "entity_id",
        "name_id",
        "session_index",
        "no",
        "binding_name",
    ];
    for (table, rows) in tables {
        for (key, it, en) in rows {
            assert!(!it.trim().is_empty() && !en.trim().is_empty(), "{table}.{key}");
            assert_eq!(it == en, same.contains(key), "{table}.{key}: {it:?} {en:?}");
            let digits =
                |text: &str| text.matches(|c: char| c.is_ascii_digit()).collect::<String>();
            assert_eq!(digits(it).len(), digits(en).len(), "{table}.{key}: {it:?} {en:?}");
        }
    }
    for row in TABLE {
        let Some(it) = row.notice(Language::It) else { continue };
        let en = row.notice(Language::En).unwrap();
        let texts = [
            (it.title, en.title),
            (it.what, en.what),
            (it.now, en.now),
            (it.developer, en.developer),
        ];
        for (it, en) in texts {
            assert!(!it.is_empty() && !en.is_empty() && it != en, "{}: {it:?} {en:?}", row.number);
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
        let page = Error {
            number: Some(number),
            support_id: "A1".into(),
            fault: None,
            level: None,
            age: None,
            back: None,
        };
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
