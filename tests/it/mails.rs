//! Every mail, in both languages, as plain text and as HTML.

use ponte::texts::language::Language;
use ponte::texts::mail::{Contact, Event, Telling, Written, write};

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
