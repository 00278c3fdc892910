//! Words of every page: the frame around it, buttons, help.

use crate::texts::language::Language;
use crate::texts::table::table;

table! {
    skip: "Vai al contenuto principale", "Skip to main content";
    tagline: "Accesso ai servizi digitali", "Access to digital services";
    language: "Lingua", "Language";
    read_in: "Leggi questa pagina in italiano", "Read this page in English";
    demo_banner: "Ambiente dimostrativo: identità e dati sono inventati.",
        "Demonstration environment: identities and data are made up.";
    help: "Serve aiuto?", "Do you need help?";
    help_here: "Per assistenza scrivi a", "For assistance write to";
    help_web: "Trovi assistenza su", "You find assistance at";
    help_none: "Rivolgiti all’ente che ti ha dato le credenziali.",
        "Turn to the body that gave you your credentials.";
    guides: "Guide per argomento", "Guides by topic";
    guide: "Guida", "Guide";
    phishing_title: "Attenzione alle truffe", "Beware of fraud";
    phishing: "Nessuno ti chiederà mai la password o un codice per telefono, email o messaggio, e nessuno ha bisogno di collegarsi al tuo computer. Inseriscili soltanto in questa pagina, dopo aver controllato l’indirizzo nel browser.",
        "Nobody will ever ask for your password or a code by phone, email or message, and nobody needs to connect to your computer. Enter them only on this page, after checking the address in your browser.";
    cancel: "Annulla e torna al servizio", "Cancel and go back to the service";
    cancel_own: "Annulla", "Cancel";
    own_login: "Stai entrando nella tua area personale presso questo gestore di identità. Nessun dato viene inviato a un servizio.",
        "You are entering your own pages at this identity provider. No data are sent to any service.";
    go_on: "Prosegui", "Continue";
    other_way: "Scegli un altro modo", "Choose another way";
    lost_password: "Non riesci a entrare? Recupera l’accesso", "Cannot get in? Recover your access";
    lost_app: "Hai perso l’app dei codici?", "Have you lost the app for the codes?";
    again: "Riprova", "Try again";
    required: "I campi con l’asterisco (*) sono obbligatori.", "Fields marked with an asterisk (*) are required.";
    error: "Errore:", "Error:";
    problem_title: "Controlla i dati inseriti", "Check what you entered";
    service: "Servizio", "Service";
    level: "Livello richiesto", "Level requested";
    support_id: "Codice per l’assistenza", "Support code";
    footer: "Un ponte tra cittadini e servizi", "A bridge between people and services";
    new_tab: "si apre in una nuova scheda", "opens in a new tab";
    home: "Pagina iniziale", "Home page";
}

/// What SPID's level asks of a person; empty for a name that is no SPID level.
#[must_use]
pub fn level_means(language: Language, level: &str) -> &'static str {
    match (language, level) {
        (Language::It, "SpidL1") => "un fattore, come nome utente e password",
        (Language::It, "SpidL2") => "due fattori, come password e codice monouso, o una passkey",
        (Language::It, "SpidL3") => "smart card o dispositivo con certificato",
        (Language::En, "SpidL1") => "one factor, such as username and password",
        (Language::En, "SpidL2") => "two factors, such as password and one-time code, or a passkey",
        (Language::En, "SpidL3") => "smart card or device with a certificate",
        _ => "",
    }
}

/// A length of time: seconds below two minutes, else whole minutes, rounded up.
#[must_use]
pub fn duration(language: Language, seconds: u64) -> String {
    if seconds < 120 {
        return match (language, seconds) {
            (Language::It, 1) => "1 secondo".into(),
            (Language::It, _) => format!("{seconds} secondi"),
            (Language::En, 1) => "1 second".into(),
            (Language::En, _) => format!("{seconds} seconds"),
        };
    }
    let minutes = seconds.div_ceil(60);
    match language {
        Language::It => format!("{minutes} minuti"),
        Language::En => format!("{minutes} minutes"),
    }
}
