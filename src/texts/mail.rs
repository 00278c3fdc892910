//! What mails say, as plain text and as HTML.
//!
//! No mail has a form, a picture or a link: whoever gets used to following links in mails follows the wrong one some
//! day (AN-06 to AN-08). Addresses are written out, and come from the settings alone.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::texts::common;
use crate::texts::language::Language;
use crate::texts::mail_sentences::{campaign, card_ends, recovery, unusual};
use crate::texts::moment::moment;
use crate::texts::table::table;

table! {
    browser_subject: "Accesso da un nuovo browser", "Sign-in from a new browser";
    browser_lead: "La tua identità è stata usata da un browser da cui non eri ancora entrato, o che non è più riconoscibile.",
        "Your identity was used from a browser from which you had not signed in before, or which cannot be recognised any more.";
    unusual_subject: "Accesso insolito", "Unusual sign-in";
    app_subject: "Nuova app per i codici monouso", "New app for one-time codes";
    app_lead: "Una nuova app per i codici monouso è stata attivata per la tua identità. Quella di prima, se c’era, non vale più.",
        "A new app for one-time codes was activated for your identity. The one before, if there was one, counts no more.";
    app_added_subject: "Un’altra app per i codici monouso", "Another app for one-time codes";
    app_added_lead: "Dalla tua area personale è stata aggiunta un’app per i codici monouso, accanto a quella che avevi: chi la possiede e conosce la password entra con la tua identità.",
        "At your own pages an app for one-time codes was added beside the one that you had: whoever has it and knows the password signs in with your identity.";
    passkey_subject: "Nuova passkey", "New passkey";
    passkey_lead: "Dalla tua area personale è stata aggiunta una passkey: chi la possiede entra con la tua identità senza scrivere la password.",
        "At your own pages a passkey was added: whoever has it signs in with your identity without typing the password.";
    number_subject: "Nuovo numero per i codici via SMS", "New number for codes by SMS";
    number_lead: "Dalla tua area personale è stato aggiunto un numero di telefono: chi lo ha riceve i codici per entrare con la tua identità.",
        "At your own pages a telephone number was added: whoever has it gets the codes to sign in with your identity.";
    phone_subject: "Nuovo telefono collegato", "New phone linked";
    phone_lead: "Dalla tua area personale è stato collegato un telefono con l’app: chi lo ha approva gli accessi con la tua identità.",
        "At your own pages a phone with the app was linked: whoever has it approves sign-ins with your identity.";
    phone_locked_subject: "Telefono bloccato", "Phone locked";
    phone_locked_lead: "Su un telefono collegato alla tua identità il PIN è stato sbagliato 5 volte di fila. Quel telefono non approva più accessi; il resto della tua identità funziona come prima.",
        "On a phone that is linked to your identity the PIN was wrong 5 times in a row. That phone approves no more sign-ins; everything else of your identity works as before.";
    phone_locked_now: "Se sei stato tu, entra nella tua area personale con un altro modo di accesso, rimuovi il telefono e collegalo di nuovo; se non ne hai altri, rivolgiti all’assistenza. Se non sei stato tu, qualcuno ha in mano il tuo telefono: rimuovilo, e avvisa l’assistenza.",
        "If this was you, enter your own pages by another way to sign in, remove the phone and link it anew; if you have no other, turn to those who help. If this was not you, somebody has your phone: remove it, and tell those who help.";
    phone_pin_subject: "PIN del telefono cambiato", "PIN of the phone changed";
    phone_pin_lead: "Il PIN di un telefono collegato alla tua identità è stato cambiato, da quel telefono e con il PIN di prima.",
        "The PIN of a phone that is linked to your identity was changed, from that phone and with the PIN from before.";
    phone_pin_not_you: "Se non sei stato tu, qualcuno ha il tuo telefono e il suo PIN: rimuovilo dalla tua area personale, cambia la password e avvisa l’assistenza.",
        "If this was not you, somebody has your phone and its PIN: remove it at your own pages, change your password and tell those who help.";
    reported_subject: "Accesso segnalato dal telefono", "Sign-in reported from the phone";
    reported_lead: "Dal tuo telefono hai detto che una richiesta di accesso non era tua: l’abbiamo fermata, e per un’ora non ne mandiamo altre. Chi ci ha provato conosce la tua password: cambiala subito.",
        "From your phone you said that a request to sign in was not yours: we have stopped it, and send no others for an hour. Whoever tried knows your password: change it at once.";
    removed_subject: "Modo di accesso rimosso", "Way to sign in removed";
    removed_lead: "Dalla tua area personale è stato rimosso uno dei modi con cui dimostri chi sei. Non vale più.",
        "One of the ways by which you show who you are was removed at your own pages. It counts no more.";
    made_subject: "Nuovi codici di recupero", "New recovery codes";
    made_lead: "Dalla tua area personale sono stati creati dieci codici di recupero. Quelli di prima, se c’erano, non valgono più.",
        "At your own pages ten recovery codes were made. Those from before, if there were any, count no more.";
    used_subject: "Codice di recupero usato", "Recovery code used";
    password_subject: "Password cambiata", "Password changed";
    password_lead: "La password della tua identità è stata cambiata. Le sessioni aperte in altri browser sono state chiuse.",
        "The password of your identity was changed. Sessions open in other browsers were ended.";
    blocked_password_subject: "Password bloccata", "Password blocked";
    blocked_password_lead: "Dopo troppi tentativi sbagliati di fila da un browser da cui eri già entrato, la password non è più accettata da lì, nemmeno se è quella giusta.",
        "After too many wrong attempts in a row from a browser from which you had signed in before, the password is no longer accepted there, not even the right one.";
    blocked_code_subject: "Codici monouso bloccati", "One-time codes blocked";
    blocked_code_lead: "Dopo troppi tentativi sbagliati di fila, i codici monouso della tua identità non sono più accettati, nemmeno quelli giusti. Chi ci ha provato conosceva la password.",
        "After too many wrong attempts in a row, the one-time codes of your identity are no longer accepted, not even the right ones. Whoever tried knew the password.";
    app_recovered_subject: "Nuova app al posto di quella persa", "New app in the place of the lost one";
    app_recovered_lead: "Una nuova app per i codici monouso ha preso il posto di quella di prima, dalla pagina di recupero. Quella di prima non vale più e tutte le sessioni sono state chiuse.",
        "A new app for one-time codes took the place of the one before, from the recovery page. The one before counts no more, and all sessions were ended.";
    password_recovered_subject: "Password sostituita", "Password replaced";
    password_recovered_lead: "La password della tua identità è stata sostituita dalla pagina di recupero. Tutte le sessioni sono state chiuse.",
        "The password of your identity was replaced from the recovery page. All sessions were ended.";
    recovered_not_you: "Se non sei stato tu, avvisa subito l’assistenza: qualcuno legge la tua posta.",
        "If this was not you, tell those who help at once: somebody reads your mail.";
    number_record_subject: "Numero di telefono registrato cambiato", "Telephone number on record changed";
    number_record_lead: "È stato registrato un altro numero di telefono per la tua identità.",
        "Another telephone number was put on record for your identity.";
    campaign_subject: "La password da sola non basterà più", "The password alone will not be enough";
    campaign_steps: "Che cosa fare: entra come fai di solito, apri la tua area personale e aggiungi un secondo modo di accesso. Se hai un codice di attivazione, ti verrà chiesto lì.",
        "What to do: sign in as you usually do, open your own pages and add a second way to sign in. If you have an activation code, you will be asked for it there.";
    campaign_after: "Fino a quel giorno entri come adesso. Da allora chi non ha un secondo fattore non entra più, e deve rivolgersi a chi gli ha dato le credenziali.",
        "Until that day you sign in as now. From then on whoever has no second factor cannot sign in, and must turn to whoever gave them their credentials.";
    pincode_subject: "Nuovo pincode", "New pincode";
    pincode_lead: "Dalla tua area personale è stato creato un nuovo pincode per le operazioni. Quello di prima, se c’era, non vale più.",
        "At your own pages a new pincode for operations was made. The one before, if there was one, counts no more.";
    question_subject: "Nuova domanda segreta", "New secret question";
    question_lead: "Dalla tua area personale sono state scelte una nuova domanda segreta e la sua risposta.",
        "At your own pages a new secret question and its answer were chosen.";
    when: "Quando", "When";
    browser: "Browser", "Browser";
    network: "Rete", "Network";
    service: "Servizio", "Service";
    unknown: "sconosciuto", "unknown";
    card_subject: "Nuova smart card", "New smart card";
    card_lead: "Una smart card è stata collegata alla tua identità: chi ha la carta e il suo PIN entra come te.",
        "A smart card was linked to your identity: whoever has the card and its PIN signs in as you.";
    card_waits_subject: "Un’altra smart card aspetta", "Another smart card waits";
    card_waits_lead: "È stata usata una smart card con il tuo codice fiscale, diversa da quella collegata alla tua identità. Non vale finché un operatore non la approva.",
        "A smart card with your fiscal code was used that is not the one linked to your identity. It does not count until an operator approves it.";
    card_waits_now: "Se la carta è tua, chiedi all’assistenza di approvarla e indica il numero di serie che hai visto nella pagina. Se non sei stato tu, avvisa subito l’assistenza.",
        "If the card is yours, ask those who help to approve it, and give them the serial number that you saw on the page. If this was not you, tell them at once.";
    card_ends_subject: "Il certificato della tua smart card sta per scadere", "The certificate of your smart card is about to end";
    card_ends_now: "Chi ha rilasciato la carta può rinnovare il certificato una sola volta, e solo prima della scadenza: chiedilo adesso. Dopo la scadenza serve una carta nuova.",
        "Whoever issued the card can renew the certificate once, and only before it ends: ask now. After that you need a new card.";
    you: "Se sei stato tu, non devi fare nulla.", "If this was you, there is nothing to do.";
    not_you: "Se non sei stato tu, qualcuno conosce la tua password. Apri il browser, scrivi tu stesso l’indirizzo del tuo gestore di identità, entra nella tua area personale, cambia la password e chiudi le altre sessioni. Poi avvisa l’assistenza.",
        "If this was not you, somebody knows your password. Open your browser, type the address of your identity provider yourself, enter your own pages, change the password and end the other sessions. Then tell those who help.";
    blocked_now: "Per tornare a entrare rivolgiti all’assistenza. Se non sei stato tu a sbagliare, dillo: qualcuno ha provato a entrare al tuo posto.",
        "To sign in again turn to those who help. If it was not you who failed, tell them: somebody tried to sign in in your place.";
    changed_not_you: "Se non sei stato tu, avvisa subito l’assistenza: qualcuno è entrato nella tua area personale.",
        "If this was not you, tell those who help at once: somebody has entered your own pages.";
    phishing: "Nessuno ti chiederà mai la password o un codice per telefono, email o messaggio. Questo messaggio non chiede di controllare i tuoi dati e non contiene collegamenti per entrare: se ne ricevi uno che lo fa, non è nostro.",
        "Nobody will ever ask for your password or a code by phone, email or message. This message does not ask you to check your data and holds no links to sign in: if you get one that does, it is not ours.";
    automatic: "Messaggio inviato da un sistema automatico: non serve rispondere.",
        "This message was sent by an automatic system: there is no need to answer.";
    mistaken: "Se lo hai ricevuto per errore, o ti serve aiuto:", "If you received it by mistake, or need help:";
    copy: "copia questo indirizzo nel browser:", "copy this address into your browser:";
}

/// What a mail tells of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Event {
    /// A login from a browser that the person had not used.
    NewBrowser,
    /// The password held after wrong ones from elsewhere.
    UnusualLogin {
        /// How many wrong ones.
        wrong: u32,
    },
    /// An authenticator app was enrolled.
    NewApp,
    /// An authenticator app was added beside others.
    AppAdded,
    /// A passkey was enrolled.
    NewPasskey,
    /// A telephone for codes by SMS was enrolled.
    NewNumber,
    /// A phone was linked.
    NewPhone,
    /// Too many wrong PINs on a phone.
    PhoneLocked,
    /// The PIN of a phone was changed.
    PhonePinChanged,
    /// The person said on their phone that a login is not theirs.
    RequestReported,
    /// A factor was removed by its person.
    FactorRemoved,
    /// Recovery codes were made.
    NewRecoveryCodes,
    /// A recovery code held.
    RecoveryCodeUsed {
        /// How many are left.
        left: usize,
    },
    /// The password was changed.
    PasswordChanged,
    /// The password is blocked in the person's own browsers.
    PasswordBlocked,
    /// The codes of the authenticator app are blocked.
    CodesBlocked,
    /// A smart card was bound by showing it.
    NewCard,
    /// Another smart card was shown, and waits for an operator.
    CardWaits,
    /// The certificate of a smart card ends soon.
    CardEnds {
        /// In so many days at most.
        days: u32,
    },
    /// Another telephone number was written, in the mask of a campaign or at the person's own pages.
    NumberOnRecord,
    /// A pincode was made.
    NewPincode,
    /// A secret question was set.
    NewQuestion,
    /// From that day on the password alone is not enough.
    CampaignNotice {
        /// The day.
        end: DateTime<Utc>,
    },
    /// A new app took the place of a lost one.
    AppRecovered,
    /// A new password took the place of a forgotten one.
    PasswordRecovered,
}

impl Event {
    /// One of each.
    pub const ALL: [Self; 25] = [
        Self::NewBrowser,
        Self::UnusualLogin { wrong: 4 },
        Self::NewApp,
        Self::AppAdded,
        Self::NewPasskey,
        Self::NewNumber,
        Self::NewPhone,
        Self::PhoneLocked,
        Self::PhonePinChanged,
        Self::RequestReported,
        Self::FactorRemoved,
        Self::NewRecoveryCodes,
        Self::RecoveryCodeUsed { left: 3 },
        Self::PasswordChanged,
        Self::PasswordBlocked,
        Self::CodesBlocked,
        Self::NewCard,
        Self::CardWaits,
        Self::CardEnds { days: 30 },
        Self::NumberOnRecord,
        Self::NewPincode,
        Self::NewQuestion,
        Self::CampaignNotice { end: SOME_DAY },
        Self::AppRecovered,
        Self::PasswordRecovered,
    ];

    /// Its name in log and figures.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NewBrowser => "new-browser",
            Self::UnusualLogin { .. } => "unusual-login",
            Self::NewApp => "new-app",
            Self::AppAdded => "app-added",
            Self::NewPasskey => "new-passkey",
            Self::NewNumber => "new-number",
            Self::NewPhone => "new-phone",
            Self::PhoneLocked => "phone-locked",
            Self::PhonePinChanged => "phone-pin-changed",
            Self::RequestReported => "request-reported",
            Self::FactorRemoved => "factor-removed",
            Self::NewRecoveryCodes => "new-recovery-codes",
            Self::RecoveryCodeUsed { .. } => "recovery-code-used",
            Self::PasswordChanged => "password-changed",
            Self::PasswordBlocked => "password-blocked",
            Self::CodesBlocked => "codes-blocked",
            Self::NewCard => "new-card",
            Self::CardWaits => "card-waits",
            Self::CardEnds { .. } => "card-ends",
            Self::NumberOnRecord => "number-on-record",
            Self::NewPincode => "new-pincode",
            Self::NewQuestion => "new-question",
            Self::CampaignNotice { .. } => "campaign-notice",
            Self::AppRecovered => "app-recovered",
            Self::PasswordRecovered => "password-recovered",
        }
    }

    /// What the mail of that name has for a subject.
    #[must_use]
    pub fn told(language: Language, name: &str) -> Option<&'static str> {
        let event = Self::ALL.into_iter().find(|event| event.name() == name)?;
        Some(event.subject(words(language)))
    }

    fn subject(self, words: &'static Words) -> &'static str {
        match self {
            Self::NewBrowser => words.browser_subject,
            Self::UnusualLogin { .. } => words.unusual_subject,
            Self::NewApp => words.app_subject,
            Self::AppAdded => words.app_added_subject,
            Self::NewPasskey => words.passkey_subject,
            Self::NewNumber => words.number_subject,
            Self::NewPhone => words.phone_subject,
            Self::PhoneLocked => words.phone_locked_subject,
            Self::PhonePinChanged => words.phone_pin_subject,
            Self::RequestReported => words.reported_subject,
            Self::FactorRemoved => words.removed_subject,
            Self::NewRecoveryCodes => words.made_subject,
            Self::RecoveryCodeUsed { .. } => words.used_subject,
            Self::PasswordChanged => words.password_subject,
            Self::PasswordBlocked => words.blocked_password_subject,
            Self::CodesBlocked => words.blocked_code_subject,
            Self::NewCard => words.card_subject,
            Self::CardWaits => words.card_waits_subject,
            Self::CardEnds { .. } => words.card_ends_subject,
            Self::NumberOnRecord => words.number_record_subject,
            Self::NewPincode => words.pincode_subject,
            Self::NewQuestion => words.question_subject,
            Self::CampaignNotice { .. } => words.campaign_subject,
            Self::AppRecovered => words.app_recovered_subject,
            Self::PasswordRecovered => words.password_recovered_subject,
        }
    }

    fn lead(self, language: Language) -> String {
        let words = words(language);
        match self {
            Self::NewBrowser => words.browser_lead.to_owned(),
            Self::UnusualLogin { wrong } => unusual(language, wrong),
            Self::NewApp => words.app_lead.to_owned(),
            Self::AppAdded => words.app_added_lead.to_owned(),
            Self::NewPasskey => words.passkey_lead.to_owned(),
            Self::NewNumber => words.number_lead.to_owned(),
            Self::NewPhone => words.phone_lead.to_owned(),
            Self::PhoneLocked => words.phone_locked_lead.to_owned(),
            Self::PhonePinChanged => words.phone_pin_lead.to_owned(),
            Self::RequestReported => words.reported_lead.to_owned(),
            Self::FactorRemoved => words.removed_lead.to_owned(),
            Self::NewRecoveryCodes => words.made_lead.to_owned(),
            Self::RecoveryCodeUsed { left } => recovery(language, left),
            Self::PasswordChanged => words.password_lead.to_owned(),
            Self::PasswordBlocked => words.blocked_password_lead.to_owned(),
            Self::CodesBlocked => words.blocked_code_lead.to_owned(),
            Self::NewCard => words.card_lead.to_owned(),
            Self::CardWaits => words.card_waits_lead.to_owned(),
            Self::CardEnds { days } => card_ends(language, days),
            Self::NumberOnRecord => words.number_record_lead.to_owned(),
            Self::NewPincode => words.pincode_lead.to_owned(),
            Self::NewQuestion => words.question_lead.to_owned(),
            Self::CampaignNotice { end } => campaign(language, end),
            Self::AppRecovered => words.app_recovered_lead.to_owned(),
            Self::PasswordRecovered => words.password_recovered_lead.to_owned(),
        }
    }

    fn advice(self, words: &'static Words) -> Vec<&'static str> {
        match self {
            Self::NewBrowser
            | Self::UnusualLogin { .. }
            | Self::NewApp
            | Self::NewCard
            | Self::RecoveryCodeUsed { .. } => vec![words.you, words.not_you],
            Self::PasswordChanged
            | Self::NewPincode
            | Self::NewQuestion
            | Self::AppAdded
            | Self::NewPasskey
            | Self::NewNumber
            | Self::NewPhone
            | Self::FactorRemoved
            | Self::NewRecoveryCodes => {
                vec![words.you, words.changed_not_you]
            }
            Self::AppRecovered | Self::PasswordRecovered => {
                vec![words.you, words.recovered_not_you]
            }
            Self::NumberOnRecord => vec![words.you, words.not_you],
            Self::CampaignNotice { .. } => vec![words.campaign_steps, words.campaign_after],
            Self::RequestReported => vec![words.not_you],
            Self::PhoneLocked => vec![words.phone_locked_now],
            Self::PhonePinChanged => vec![words.you, words.phone_pin_not_you],
            Self::PasswordBlocked | Self::CodesBlocked => vec![words.blocked_now],
            Self::CardWaits => vec![words.card_waits_now],
            Self::CardEnds { .. } => vec![words.card_ends_now],
        }
    }
}

/// Any: that of the list of all events.
const SOME_DAY: DateTime<Utc> = DateTime::UNIX_EPOCH;

/// What a mail is made of.
#[derive(Clone, Debug)]
pub struct Telling<'a> {
    /// The language; a line in the other one follows.
    pub language: Language,
    /// What happened.
    pub event: Event,
    /// When.
    pub at: DateTime<Utc>,
    /// In which browser, as the person knows it; empty if unknown.
    pub browser: &'a str,
    /// From which network.
    pub network: &'a str,
    /// For which service.
    pub service: Option<&'a str>,
    /// What a person who asks for help gives.
    pub support_id: &'a str,
    /// Who writes: the body that people know.
    pub office: &'a str,
    /// Whom to turn to.
    pub contact: Contact<'a>,
}

/// The office that helps; each may be missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Contact<'a> {
    /// A name.
    pub name: Option<&'a str>,
    /// An e-mail address.
    pub email: Option<&'a str>,
    /// A page.
    pub url: Option<&'a str>,
}

/// A mail in words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Written {
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
}

/// Writes the mail.
///
/// # Errors
/// The template engine's, which formatting into memory does not give in practice.
pub fn write(telling: &Telling<'_>) -> Result<Written, askama::Error> {
    let t = words(telling.language);
    let c = common::words(telling.language);
    let other = match telling.language {
        Language::It => Language::En,
        Language::En => Language::It,
    };
    let when = moment(telling.language, telling.at);
    let browser = if telling.browser.is_empty() { t.unknown } else { telling.browser };
    let mut facts = vec![(t.when, when.as_str())];
    if !matches!(telling.event, Event::CardEnds { .. } | Event::CampaignNotice { .. }) {
        facts.extend([(t.browser, browser), (t.network, telling.network)]);
    }
    facts.extend(telling.service.map(|service| (t.service, service)));
    facts.push((c.support_id, telling.support_id));
    let subject = format!("{}: {}", telling.office, telling.event.subject(t));
    let parts = Parts {
        language: telling.language.tag(),
        subject: &subject,
        lead: telling.event.lead(telling.language),
        facts,
        advice: telling.event.advice(t),
        office: telling.office,
        contact: telling.contact,
        other: (other.tag(), other.name(), telling.event.lead(other)),
        t,
        c,
    };
    let (text, html) = (Text { p: &parts }.render()?, Html { p: &parts }.render()?);
    Ok(Written { subject, text, html })
}

/// What both forms of a mail are filled with.
struct Parts<'a> {
    language: &'static str,
    subject: &'a str,
    lead: String,
    facts: Vec<(&'a str, &'a str)>,
    advice: Vec<&'static str>,
    office: &'a str,
    contact: Contact<'a>,
    /// Tag and name of the other language, and the lead in it.
    other: (&'static str, &'static str, String),
    t: &'static Words,
    c: &'static common::Words,
}

#[derive(Template)]
#[template(path = "mail/notice.txt")]
struct Text<'a> {
    p: &'a Parts<'a>,
}

#[derive(Template)]
#[template(path = "mail/notice.html")]
struct Html<'a> {
    p: &'a Parts<'a>,
}

impl Parts<'_> {
    fn is_helped(&self) -> bool {
        self.contact.name.or(self.contact.email).or(self.contact.url).is_some()
    }
}
