//! The pages about smart cards, filled.

use ponte::enrolment::card::Shown;
use ponte::factors::card::judge::Kind;
use ponte::factors::card::trouble::Trouble;
use ponte::flow::card::reply::{CardSetBack, Checked, HelpOf};
use ponte::login::request::LocalName;
use ponte::web::pages::card::{Card, CardCheck, CardChecked, SetBack};
use ponte::web::pages::frame::Frame;

fn shown(text: impl Fn(&str) -> String) -> Shown {
    Shown {
        serial: text("3FA09C"),
        holder: text("RSSMRA80A01H501U/7430004000016801.aBcD="),
        issuer: text("CN=CA of Regione Esempio,O=Regione Esempio,C=IT"),
        issued_by: text("Regione Esempio"),
        not_before: "2024-03-01T00:00:00Z".parse().unwrap(),
        not_after: "2027-03-01T00:00:00Z".parse().unwrap(),
    }
}

fn helps(text: impl Fn(&str) -> String) -> Vec<HelpOf> {
    let at = LocalName { it: Some(text("https://www.regione.example.org/carta")), en: None };
    vec![HelpOf { issuer: text("Regione Esempio"), at }]
}

fn card(text: impl Fn(&str) -> String) -> Card {
    Card {
        action: text("/login/x/smart-card"),
        cancel: text("/login/x/cancel"),
        csrf: text("token"),
        own: false,
        service: text("Servizi al cittadino"),
        level: Some(text("SpidL3")),
        ways: Some(text("/login/x/ways")),
    }
}

/// A card that does not let a login go on.
pub(crate) fn set_back(trouble: Trouble, text: impl Fn(&str) -> String) -> SetBack {
    let seen = (trouble != Trouble::NoCertificate).then(|| shown(&text));
    SetBack {
        it: CardSetBack { trouble, shown: seen, helps: helps(&text) },
        again: text("/login/x?by=smart-card"),
        other: text("/login/x"),
        cancel: text("/login/x/cancel"),
        csrf: text("token"),
        own: false,
        support_id: text("ABCD-EFGH-JKMN"),
    }
}

fn checked(found: Result<Kind, Trouble>, text: impl Fn(&str) -> String) -> CardChecked {
    let seen = (found != Err(Trouble::NoCertificate)).then(|| shown(&text));
    let goes_to = text("https://card.example.org");
    CardChecked(Checked { shown: seen, found, helps: helps(&text), goes_to })
}

/// The pages, as people see them.
pub(crate) fn samples(frame: &Frame) -> Vec<(&'static str, Result<String, askama::Error>)> {
    let text = |said: &str| said.to_owned();
    vec![
        ("card", card(text).render(frame)),
        ("card_none", set_back(Trouble::NoCertificate, text).render(frame)),
        ("card_signature", set_back(Trouble::SignatureCertificate, text).render(frame)),
        ("card_expired", set_back(Trouble::Expired, text).render(frame)),
        ("card_second", set_back(Trouble::SecondCard, text).render(frame)),
        ("card_check", CardCheck { late: false, helps: helps(text) }.render(frame)),
        ("card_check_late", CardCheck { late: true, helps: Vec::new() }.render(frame)),
        ("card_checked", checked(Ok(Kind::Cns), text).render(frame)),
        ("card_checked_none", checked(Err(Trouble::NoCertificate), text).render(frame)),
        ("card_checked_revoked", checked(Err(Trouble::Revoked), text).render(frame)),
    ]
}

/// The pages with `value` wherever a text goes.
pub(crate) fn filled(frame: &Frame, value: &str) -> Vec<String> {
    let text = |_: &str| value.to_owned();
    let pages = [
        card(text).render(frame),
        set_back(Trouble::Expired, text).render(frame),
        CardCheck { late: true, helps: helps(text) }.render(frame),
        checked(Err(Trouble::Expired), text).render(frame),
    ];
    pages.into_iter().map(Result::unwrap).collect()
}
