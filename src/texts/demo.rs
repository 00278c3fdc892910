//! Words of the demonstration: its service provider and its citizens.

use crate::texts::common::duration;
use crate::texts::language::Language;
use crate::texts::table::table;

table! {
    service: "Servizio di prova", "Demo service";
    service_tagline: "Un servizio che chiede chi sei", "A service that asks who you are";
    home_title: "Prova l’accesso con SPID", "Try signing in with SPID";
    home_lead: "Questo sito finge di essere un servizio pubblico. Premi il pulsante: il gestore di identità ti chiederà chi sei e riporterà qui i tuoi dati.",
        "This site plays a public service. Press the button: the identity provider will ask who you are and bring your data back here.";
    enter: "Entra con SPID", "Sign in with SPID";
    or_directly: "Oppure vai diritto a chi sta dietro:", "Or go straight to who stands behind:";
    level: "Livello di sicurezza", "Level of security";
    binding: "Come viaggia la richiesta", "How the request travels";
    redirect: "HTTP-Redirect (nell’indirizzo)", "HTTP-Redirect (in the address)";
    post: "HTTP-POST (in un modulo)", "HTTP-POST (in a form)";
    parties: "Chi parla con chi", "Who talks to whom";
    this_service: "Questo servizio (entityID)", "This service (entityID)";
    provider: "Gestore di identità (entityID)", "Identity provider (entityID)";
    people: "Le credenziali dei cittadini di prova", "The credentials of the demo citizens";
    attributes_title: "Accesso riuscito", "Signed in";
    attributes_lead: "Il servizio ha verificato la risposta firmata e ha ricevuto questi dati.",
        "The service verified the signed response and received these data.";
    attributes: "Attributi ricevuti", "Attributes received";
    attribute: "Attributo", "Attribute";
    value: "Valore", "Value";
    no_attributes: "Nessun attributo.", "No attributes.";
    session: "Accesso", "Sign-in";
    class: "Livello asserito", "Level asserted";
    name_id: "NameID", "NameID";
    session_index: "SessionIndex", "SessionIndex";
    no_session_index: "assente, come SPID vuole per SpidL2 e SpidL3", "absent, as SPID wants it at SpidL2 and SpidL3";
    raw: "Risposta SAML ricevuta (XML)", "SAML response received (XML)";
    again: "Prova di nuovo", "Try again";
    error_title: "Accesso non riuscito", "Not signed in";
    error_answered: "Il gestore di identità ha risposto che l’accesso non è riuscito.",
        "The identity provider answered that the sign-in did not succeed.";
    error_refused: "Il servizio ha rifiutato la risposta del gestore di identità.",
        "The service refused the identity provider’s response.";
    status: "Stato", "Status";
    sub_status: "Stato di dettaglio", "Second-level status";
    message: "Messaggio", "Message";
    refused: "Perché è stata rifiutata", "Why it was refused";
    people_title: "Cittadini di prova", "Demo citizens";
    people_banner: "Solo per la dimostrazione: questa pagina non esiste in una vera installazione.",
        "Demonstration only: this page does not exist in a real installation.";
    people_lead: "Persone inventate, con tutto ciò che serve per entrare.",
        "Made-up people, with all that is needed to sign in.";
    username: "Nome utente", "Username";
    password: "Password", "Password";
    code: "Codice monouso", "One-time code";
    code_over: "scaduto: aggiorna i codici", "expired: refresh the codes";
    no_code: "non ancora attivato", "not activated yet";
    activation: "Codice di attivazione", "Activation code";
    reload: "Aggiorna i codici", "Refresh the codes";
    go: "Vai al servizio di prova", "Go to the demo service";
    mails: "Messaggi ai cittadini", "Mails to the citizens";
    mails_title: "Messaggi ai cittadini di prova", "Mails to the demo citizens";
    mails_lead: "Quello che una vera installazione manderebbe per email e SMS. Le email intere sono file in", "What a real installation would send by mail and SMS. The whole mails are files in";
    no_mails: "Ancora nessun messaggio: entra con un cittadino da un browser nuovo.", "No mails yet: sign in as a citizen from a new browser.";
    mail_to: "A", "To";
    mails_reload: "Aggiorna i messaggi", "Refresh the mails";
}

/// How long a code is good for, from now.
#[must_use]
pub fn code_left(language: Language, seconds: u64) -> String {
    let time = duration(language, seconds);
    match language {
        Language::It => format!("vale ancora {time}"),
        Language::En => format!("valid for another {time}"),
    }
}
