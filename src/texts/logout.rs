//! Words of the logout pages.

use crate::texts::language::Language;
use crate::texts::table::table;

table! {
    confirm_title: "Esci da tutti i servizi", "Sign out of all services";
    confirm: "Uscendo da qui chiudi la tua sessione in questo browser e chiediamo a questi servizi di chiudere la loro:",
        "Signing out here ends your session in this browser, and we ask these services to end theirs:";
    confirm_alone: "Uscendo da qui chiudi la tua sessione in questo browser. Nessun servizio deve essere avvisato.",
        "Signing out here ends your session in this browser. No service needs to be told.";
    confirm_button: "Esci", "Sign out";
    nothing_title: "Nessuna sessione aperta", "No open session";
    nothing: "In questo browser non c’è nessuna sessione aperta: non serve uscire.",
        "There is no open session in this browser: you need not sign out.";
    ask_title: "Uscita in corso", "Signing out";
    ask_lead: "La tua sessione qui è già chiusa. Ora avvisiamo gli altri servizi, uno alla volta.",
        "Your session here has ended already. Now we tell the other services, one at a time.";
    ask_back: "Se il servizio non ti riporta qui, torna indietro con il browser: potrai proseguire senza di lui.",
        "If the service does not bring you back here, go back with your browser: you can continue without it.";
    ask_closed: "Il servizio non sembra raggiungibile. Puoi provare lo stesso, oppure proseguire senza di lui.",
        "The service does not seem to be reachable. You can try all the same, or continue without it.";
    await_title: "Un servizio non ha risposto", "A service did not answer";
    await_lead: "La tua sessione qui è già chiusa. Un servizio non ha ancora confermato di aver chiuso la sua.",
        "Your session here has ended already. A service has not yet confirmed that it ended its own.";
    go_on: "Prosegui senza aspettare", "Continue without waiting";
    again: "Riprova", "Try again";
    done_title: "Sei uscito", "You are signed out";
    done: "La tua sessione è chiusa, qui e in tutti i servizi che hai usato.",
        "Your session has ended, here and in all services that you used.";
    done_alone: "La tua sessione è chiusa.", "Your session has ended.";
    partial_title: "Sei uscito, ma non dappertutto", "You are signed out, but not everywhere";
    partial: "La tua sessione qui è chiusa. Qualche servizio non ha confermato: lì potresti essere ancora collegato.",
        "Your session here has ended. Some service did not confirm: you may still be signed in there.";
    partial_now: "Apri ciascuno di quei servizi ed esci da lì. Su un computer che non è tuo, chiudi anche tutte le finestre del browser.",
        "Open each of those services and sign out there. On a computer that is not yours, also close all windows of the browser.";
    partial_unknown: "La sessione non c’era più, quindi non sappiamo quali altri servizi avvisare.",
        "The session was over already, so we do not know which other services to tell.";
    now_title: "Che cosa puoi fare ora", "What you can do now";
    services: "Servizi", "Services";
    unnamed: "Un servizio", "A service";
    waiting: "in attesa", "waiting";
    asked: "stiamo chiedendo", "being asked";
    late: "non ha ancora risposto", "has not answered yet";
    out: "uscito", "signed out";
    refused: "non ha confermato l’uscita", "did not confirm the sign-out";
    silent: "non ha risposto", "did not answer";
    unreachable: "non si può avvisare", "cannot be told";
    elsewhere: "la sessione era in un altro browser", "the session was in another browser";
}

/// The button that goes to a service, to sign out there.
#[must_use]
pub fn leave(language: Language, service: &str) -> String {
    match language {
        Language::It => format!("Esci da {service}"),
        Language::En => format!("Sign out of {service}"),
    }
}

/// The button that goes back to the service that wanted the logout.
#[must_use]
pub fn back(language: Language, service: &str) -> String {
    match language {
        Language::It => format!("Torna a {service}"),
        Language::En => format!("Go back to {service}"),
    }
}
