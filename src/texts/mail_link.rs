//! The one mail that has a link: whoever asked for the way back in, or for another number, gets it, and nobody else any (AN-08).
//!
//! It has no form, and says where the link leads before it comes (AR-13).

use askama::Template;
use chrono::{DateTime, Utc};

use crate::texts::common;
use crate::texts::language::Language;
use crate::texts::mail::{Contact, Written};
use crate::texts::moment::moment;
use crate::texts::table::table;

table! {
    password_subject: "Sostituisci la password", "Replace your password";
    password_lead: "Qualcuno ha chiesto, dalla nostra pagina di recupero, di sostituire la password della tua identità.",
        "Somebody asked, on our recovery page, to replace the password of your identity.";
    app_subject: "Collega una nuova app per i codici", "Link a new app for codes";
    app_lead: "Qualcuno ha chiesto, dalla nostra pagina di recupero, di collegare alla tua identità una nuova app per i codici monouso.",
        "Somebody asked, on our recovery page, to link a new app for one-time codes to your identity.";
    number_subject: "Conferma il nuovo numero", "Confirm the new number";
    number_lead: "Qualcuno ha chiesto, dalla tua area personale, di cambiare il tuo numero di telefono.",
        "Somebody asked, at your own pages, to change your telephone number.";
    number_open: "Guarda e conferma", "Look and confirm";
    yours: "Se sei stato tu, apri questo collegamento entro un’ora. Si usa una volta sola.",
        "If it was you, open this link within an hour. It can be used once.";
    open: "Continua il recupero", "Go on with the recovery";
    copy: "Se il collegamento non si apre, copia questo indirizzo nel browser:", "If the link does not open, copy this address into your browser:";
    origin: "L’indirizzo deve cominciare così:", "The address must begin like this:";
    not_yours: "Se non sei stato tu, non fare nulla: senza aprire il collegamento non cambia niente.",
        "If it was not you, do nothing: unless the link is opened, nothing changes.";
    never: "Non inoltrare questo messaggio. Nessuno ti chiederà mai la password, un codice o questo collegamento per telefono, email o messaggio.",
        "Do not pass this message on. Nobody will ever ask for your password, a code or this link by phone, email or message.";
    when: "Quando", "When";
    browser: "Browser", "Browser";
    network: "Rete", "Network";
    unknown: "sconosciuto", "unknown";
    automatic: "Messaggio inviato da un sistema automatico: non serve rispondere.",
        "This message was sent by an automatic system: there is no need to answer.";
    mistaken: "Se lo hai ricevuto per errore, o ti serve aiuto:", "If you received this message by mistake, or need help:";
    help_page: "Pagina di aiuto:", "Help page:";
}

/// What the link replaces.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum What {
    /// The password.
    Password,
    /// The authenticator app.
    App,
    /// The telephone number on record.
    Number,
}

/// What the mail is made of.
#[derive(Clone, Debug)]
pub struct Leading<'a> {
    /// The language; a line in the other one follows.
    pub language: Language,
    /// What is replaced.
    pub what: What,
    /// The link, from the settings' own address.
    pub link: &'a str,
    /// What it begins with: the origin.
    pub origin: &'a str,
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// In which browser; empty if unknown.
    pub browser: &'a str,
    /// From which network.
    pub network: &'a str,
    /// What a person who asks for help gives.
    pub support_id: &'a str,
    /// Who writes: the body that people know.
    pub office: &'a str,
    /// Whom to turn to.
    pub contact: Contact<'a>,
}

/// Writes the mail.
///
/// # Errors
/// The template engine's, which formatting into memory does not give in practice.
pub fn write(leading: &Leading<'_>) -> Result<Written, askama::Error> {
    let t = words(leading.language);
    let c = common::words(leading.language);
    let other = match leading.language {
        Language::It => Language::En,
        Language::En => Language::It,
    };
    let lead = |t: &'static Words| match leading.what {
        What::Password => t.password_lead,
        What::App => t.app_lead,
        What::Number => t.number_lead,
    };
    let subject = match leading.what {
        What::Password => t.password_subject,
        What::App => t.app_subject,
        What::Number => t.number_subject,
    };
    let subject = format!("{}: {subject}", leading.office);
    let when = moment(leading.language, leading.at);
    let browser = if leading.browser.is_empty() { t.unknown } else { leading.browser };
    let parts = Parts {
        language: leading.language.tag(),
        subject: &subject,
        lead: lead(t),
        facts: vec![
            (t.when, when.as_str()),
            (t.browser, browser),
            (t.network, leading.network),
            (c.support_id, leading.support_id),
        ],
        open: match leading.what {
            What::Password | What::App => t.open,
            What::Number => t.number_open,
        },
        link: leading.link,
        origin: leading.origin,
        office: leading.office,
        contact: leading.contact,
        other: (other.tag(), other.name(), lead(words(other))),
        t,
        c,
    };
    let (text, html) = (Text { p: &parts }.render()?, Html { p: &parts }.render()?);
    Ok(Written { subject, text, html })
}

/// What both forms of the mail are filled with.
struct Parts<'a> {
    language: &'static str,
    subject: &'a str,
    lead: &'static str,
    facts: Vec<(&'a str, &'a str)>,
    /// What stands on the link.
    open: &'static str,
    link: &'a str,
    origin: &'a str,
    office: &'a str,
    contact: Contact<'a>,
    /// Tag and name of the other language, and the lead in it.
    other: (&'static str, &'static str, &'static str),
    t: &'static Words,
    c: &'static common::Words,
}

#[derive(Template)]
#[template(path = "mail/link.txt")]
struct Text<'a> {
    p: &'a Parts<'a>,
}

#[derive(Template)]
#[template(path = "mail/link.html")]
struct Html<'a> {
    p: &'a Parts<'a>,
}

impl Parts<'_> {
    fn is_helped(&self) -> bool {
        self.contact.name.or(self.contact.email).or(self.contact.url).is_some()
    }
}
