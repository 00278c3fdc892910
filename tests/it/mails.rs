//! Every mail, in both languages, as plain text and as HTML.

use ponte::texts::language::Language;
use ponte::texts::mail::{Contact, Event, Telling, Written, write};
use ponte::texts::mail_link::{self, Leading, What};

const LINK: &str = "https://idp.example.org/recover/link/AbCdEf";
const URL: &str = "https://www.example.org/assistenza?da=email&per=tutti";

fn telling(language: Language, event: Event) -> Telling<'static> {
    Telling {
        language,
        event,
        at: "2026-11-22T10:00:00Z".parse().unwrap(),
        browser: "Firefox, Linux",
        network: "192.0.2.0/24",
        service: Some("Anagrafe & <Tributi>"),
        support_id: "7K4M-Q2XD-93RT",
        office: "Comune di Esempio",
        contact: Contact {
            name: Some("Ufficio di segreteria"),
            email: Some("segreteria@example.org"),
            url: Some(URL),
        },
    }
}

fn all() -> impl Iterator<Item = (Language, Event, Written)> {
    Language::ALL.into_iter().flat_map(|language| {
        Event::ALL
            .into_iter()
            .map(move |event| (language, event, write(&telling(language, event)).unwrap()))
    })
}

/// AR-13: the whole of each mail, in both languages and both forms.
#[test]
fn each_mail_reads_as_it_did() {
    for (language, event, Written { subject, text, html }) in all() {
        let name = format!("{}_{}", event.name(), language.tag());
        insta::assert_snapshot!(name, format!("Subject: {subject}\n\n{text}\n\n{html}"));
    }
}

/// AR-13: the office and how to reach it, that a machine writes, the address to be copied; in both forms.
#[test]
fn each_mail_names_the_office_and_how_to_reach_it() {
    for (language, event, written) in all() {
        let (automatic, mistaken) = match language {
            Language::It => ("sistema automatico", "Se lo hai ricevuto per errore"),
            Language::En => ("automatic system", "If you received it by mistake"),
        };
        for form in [written.text, written.html.replace("&#38;", "&")] {
            for wanted in [
                "Comune di Esempio",
                "Ufficio di segreteria",
                "segreteria@example.org",
                URL,
                automatic,
                mistaken,
                "7K4M-Q2XD-93RT",
            ] {
                assert!(form.contains(wanted), "{event:?}: {wanted} in {form}");
            }
        }
    }
}

fn links() -> impl Iterator<Item = (Language, What, Written)> {
    Language::ALL.into_iter().flat_map(|language| {
        [What::Password, What::App, What::Number].into_iter().map(move |what| {
            let of_notice = telling(language, Event::NewBrowser);
            let leading = Leading {
                language,
                what,
                link: LINK,
                origin: "https://idp.example.org/",
                at: of_notice.at,
                browser: "Firefox, Linux <b>",
                network: of_notice.network,
                support_id: of_notice.support_id,
                office: of_notice.office,
                contact: of_notice.contact,
            };
            (language, what, mail_link::write(&leading).unwrap())
        })
    })
}

/// AR-13, AN-08: the one mail with a link says where it comes from and how to copy it, has one link and no form, and leads to
/// no page that asks for a password: the link's own has a button and nothing to fill in.
#[test]
fn the_mail_with_a_link_has_one_and_asks_for_nothing() {
    for (language, what, Written { subject, text, html }) in links() {
        let name = format!("link_{what:?}_{}", language.tag());
        insta::assert_snapshot!(name, format!("Subject: {subject}\n\n{text}\n\n{html}"));
        for form in [&text, &html] {
            for wanted in [
                "Comune di Esempio",
                "Ufficio di segreteria",
                "segreteria@example.org",
                "https://idp.example.org/",
                LINK,
                "7K4M-Q2XD-93RT",
            ] {
                assert!(form.contains(wanted), "{wanted} in {form}");
            }
            let elsewhere = form.replace("&#38;", "&").replace(URL, "").replace(LINK, "");
            assert!(!elsewhere.replace("https://idp.example.org/", "").contains("://"), "{form}");
        }
        let html = html.to_lowercase();
        assert_eq!(html.matches("<a ").count(), 1);
        for element in ["<form", "<input", "<button", "<img", "<script", "<link", "src=", "<b>"] {
            assert!(!html.contains(element), "{element}");
        }
    }
}

/// AN-08: no template of a mail, whatever is made of it, has a form or fetches anything.
#[test]
fn no_template_of_a_mail_has_a_form() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/mail");
    let mut looked = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap().to_lowercase();
        for element in [
            "<form",
            "<input",
            "<button",
            "<img",
            "<script",
            "<iframe",
            "src=",
            "type=\"password\"",
        ] {
            assert!(!text.contains(element), "{}: {element}", path.display());
        }
        let links = text.matches("href=").count();
        let may = usize::from(path.ends_with("link.html"));
        assert_eq!(links, may, "{}", path.display());
        looked += 1;
    }
    assert!(looked >= 4);
}

/// Without a contact a mail says to whom to turn all the same.
#[test]
fn a_mail_without_an_office_says_whom_to_ask() {
    let telling = Telling {
        contact: Contact::default(),
        service: None,
        browser: "",
        ..telling(Language::It, Event::NewBrowser)
    };
    let written = write(&telling).unwrap();
    for form in [&written.text, &written.html] {
        assert!(form.contains("Rivolgiti all’ente che ti ha dato le credenziali"), "{form}");
        assert!(form.contains("sconosciuto") && !form.contains("Servizio"), "{form}");
    }
}

/// AN-06, AN-08: nobody asks for a password; no form, no link, no picture, no address but that of the settings.
#[test]
fn no_mail_asks_for_anything_or_leads_anywhere() {
    for (language, event, written) in all() {
        let never = match language {
            Language::It => "Nessuno ti chiederà mai la password",
            Language::En => "Nobody will ever ask for your password",
        };
        for form in [&written.text, &written.html] {
            assert!(form.contains(never), "{event:?}");
            let elsewhere = form.replace("&#38;", "&").replace(URL, "");
            assert!(!elsewhere.contains("://"), "{event:?}: {form}");
        }
        let html = written.html.to_lowercase();
        for element in
            ["<a ", "<a>", "<form", "<input", "<button", "<img", "<script", "<link", "href", "src="]
        {
            assert!(!html.contains(element), "{event:?}: {element}");
        }
        // Whatever others call themselves stays words.
        assert!(html.contains("anagrafe &#38; &#60;tributi&#62;"), "{html}");
        assert!(written.text.contains("Anagrafe & <Tributi>"));
        assert!(!written.subject.contains(['\r', '\n']));
    }
}
