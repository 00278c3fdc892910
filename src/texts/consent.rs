//! Words of the consent page, and of the page that carries the answer to the service.

use crate::texts::language::Language;
use crate::texts::table::table;

table! {
    title: "Conferma l’invio dei dati", "Confirm that your data are sent";
    data: "Dati che saranno inviati", "Data that will be sent";
    none: "Nessun dato personale: il servizio saprà soltanto che l’accesso è riuscito.",
        "No personal data: the service will only know that the sign-in succeeded.";
    identity: "Accedi con", "You sign in with";
    absent: "Dati richiesti che non abbiamo", "Data asked for that we do not have";
    absent_note: "Il servizio li chiede, ma non fanno parte della tua identità: non saranno inviati.",
        "The service asks for them, but they are not part of your identity: they will not be sent.";
    changed_title: "I dati sono cambiati", "The data have changed";
    changed: "Quello che hai appena confermato non è più attuale e non è stato inviato. Controlla l’elenco qui sotto e decidi di nuovo.",
        "What you just agreed to is no longer up to date and was not sent. Check the list below and decide again.";
    accept: "Acconsento", "I agree";
    deny: "Non acconsento", "I do not agree";
    legal: "I dati sono inviati una sola volta, per questo accesso, al servizio indicato, che li tratta secondo la propria informativa (artt. 13 e 14 del Regolamento UE 2016/679). Se non acconsenti, torni al servizio senza che alcun dato sia inviato.",
        "The data are sent once, for this sign-in, to the service named above, which processes them according to its own privacy notice (articles 13 and 14 of Regulation (EU) 2016/679). If you do not agree, you go back to the service and no data are sent.";
    post_title: "Un momento", "One moment";
    post_lead: "Ti stiamo portando al servizio.", "We are taking you to the service.";
    post_request: "Ti stiamo portando al gestore di identità.", "We are taking you to the identity provider.";
    post_manual: "Se non succede nulla entro qualche secondo, premi il pulsante.",
        "If nothing happens within a few seconds, press the button.";
    post_button: "Vai al servizio", "Go to the service";
    post_request_button: "Vai al gestore di identità", "Go to the identity provider";
}

/// Who asks.
#[must_use]
pub fn asks(language: Language, service: &str) -> String {
    match language {
        Language::It => format!("{service} chiede di ricevere questi dati su di te."),
        Language::En => format!("{service} asks to receive these data about you."),
    }
}
