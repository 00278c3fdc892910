//! Words of the pages that say that something is not so.

use crate::texts::common::duration;
use crate::texts::language::Language;
use crate::texts::table::table;

table! {
    now_title: "Che cosa puoi fare ora", "What you can do now";
    developer_title: "Per chi sviluppa il servizio", "For the developer of the service";
    developer_lead: "La richiesta del servizio non rispetta questa regola:",
        "The service’s request breaks this rule:";
    rule: "Regola", "Rule";
    element: "Elemento", "Element";
    expected: "Atteso", "Expected";
    found: "Trovato", "Found";
    nothing: "nulla", "nothing";
    advice: "Che cosa fare", "What to do";
    how_title: "Come raggiungere il livello richiesto", "How to reach the level required";
    number: "Codice di errore", "Error code";
    support: "Se chiedi assistenza, comunica questo codice:", "If you ask for assistance, give this code:";
    back: "Torna al servizio", "Go back to the service";
    wait_title: "Aspetta un momento", "Wait a moment";
    wait_busy: "In questo momento gli accessi sono moltissimi e il sistema non riesce ad accettarne altri.",
        "There are very many sign-ins at this moment and the system cannot accept more.";
    wait_limited: "Da questa connessione arrivano troppe richieste in poco tempo.",
        "Too many requests come from this connection in a short time.";
    wait_now: "Aspetta, poi ricarica la pagina: i dati già inseriti non vanno persi.",
        "Wait, then reload the page: what you entered already is not lost.";
    not_found_title: "Pagina non trovata", "Page not found";
    not_found: "L’indirizzo che hai aperto non porta a nessuna pagina.", "The address that you opened leads to no page.";
    not_found_now: "Controlla di averlo copiato per intero, oppure riparti dal servizio che volevi usare.",
        "Check that you copied all of it, or start again from the service that you wanted to use.";
    method_title: "Richiesta non ammessa", "Request not allowed";
    method: "Questo indirizzo non risponde a una richiesta di questo tipo.",
        "This address does not answer a request of this kind.";
    method_now: "Riparti dal servizio che volevi usare.", "Start again from the service that you wanted to use.";
    methods: "Metodi ammessi", "Methods allowed";
    host_title: "Indirizzo sbagliato", "Wrong address";
    host: "Questo sistema non risponde al nome con cui lo hai chiamato.",
        "This system does not answer to the name by which you called it.";
    host_now: "Riparti dal servizio che volevi usare.", "Start again from the service that you wanted to use.";
    expired_title: "Accesso scaduto", "Sign-in expired";
    expired: "Questo accesso è già finito oppure è rimasto fermo troppo a lungo.",
        "This sign-in is over already, or it stood still for too long.";
    expired_now: "Torna al servizio che volevi usare e ricomincia da lì. Nessun dato è stato inviato dopo la scadenza.",
        "Go back to the service that you wanted to use and start again there. No data were sent after it expired.";
    other_title: "Accesso iniziato altrove", "Sign-in started elsewhere";
    other: "Questo accesso è cominciato in un altro browser o in un’altra finestra riservata, oppure il tuo browser non accetta i cookie.",
        "This sign-in began in another browser or another private window, or your browser does not accept cookies.";
    left_title: "L’accesso è andato avanti senza questa finestra", "The sign-in went on without this window";
    left: "Quello che hai inviato è arrivato, ma la nostra risposta non è arrivata a questa finestra: forse la rete si è interrotta, o l’accesso continua in un’altra finestra.",
        "What you sent has arrived, but our answer did not reach this window: perhaps the network went away, or the sign-in goes on in another window.";
    left_now: "Se l’accesso è aperto in un’altra finestra, continua lì. Altrimenti torna al servizio che volevi usare e ricomincia: un codice già usato non vale più, aspetta il prossimo.",
        "If the sign-in is open in another window, continue there. Otherwise go back to the service that you wanted to use and start again: a code that was used counts no more, wait for the next one.";
    other_now: "Continua dove lo hai cominciato, oppure riparti da qui aprendo il servizio che volevi usare. Se qualcuno ti ha mandato questo indirizzo, non usarlo: potrebbe essere una truffa.",
        "Continue where you began it, or start again here by opening the service that you wanted to use. If somebody sent you this address, do not use it: it could be a fraud.";
}

/// When to come back.
#[must_use]
pub fn come_back(language: Language, seconds: u64) -> String {
    let time = duration(language, seconds);
    match language {
        Language::It => format!("Riprova fra {time}."),
        Language::En => format!("Try again in {time}."),
    }
}
