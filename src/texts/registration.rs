//! Words of the pages for whoever registers a service provider, and for its developer.

use crate::texts::language::Language;
use crate::texts::table::table;

table! {
    title: "Registra un fornitore di servizi", "Register a service provider";
    lead: "Chi risponde di un fornitore di servizi invia qui i suoi metadati, vede subito che cosa non va, dimostra di controllare l’entità e aspetta la decisione di un amministratore.",
        "Whoever answers for a service provider sends its metadata here, sees at once what is wrong with them, proves control of the entity, and waits for an administrator’s decision.";
    step_check: "Incolla o carica i metadati e controllali: finché controlli, nulla è conservato.",
        "Paste or upload the metadata and have them checked: as long as you check, nothing is kept.";
    step_submit: "Inviali: ottieni un indirizzo riservato dove seguire la richiesta.",
        "Submit them: you get a private address where you follow the request.";
    step_prove: "A quell’indirizzo dimostra di controllare l’entità, con una sua chiave di firma o con un token a un suo indirizzo.",
        "At that address prove that you control the entity, by a signing key of it or by a token at an address of it.";
    step_decide: "Un amministratore confronta, decide e scrive perché.", "An administrator compares, decides and writes why.";
    update: "Per cambiare i metadati di un’entità già registrata si fa lo stesso: la prova è una chiave di firma già registrata.",
        "To change the metadata of an entity that is registered already, do the same: the proof is a signing key that is registered already.";
    api: "Gli stessi passi si possono fare da programma: la documentazione è in docs/registration.md.",
        "The same steps can be taken by a program: docs/registration.md describes the API.";
    metadata: "Metadati", "Metadata";
    metadata_help: "XML di un solo fornitore di servizi.", "XML of one service provider.";
    upload: "Oppure scegli un file", "Or choose a file";
    profile: "Profilo del controllo", "Profile of the check";
    guess: "Riconoscilo da solo", "Recognise it by itself";
    contact: "Email (facoltativa)", "Email (optional)";
    contact_help: "Dove l’amministratore può scriverti. Si conserva con la richiesta, e nulla vi è spedito da solo.",
        "Where the administrator may write to you. It is kept with the request, and nothing is sent there by itself.";
    check: "Controlla", "Check";
    submit: "Invia la richiesta", "Submit the request";
    report: "Esito del controllo", "Report of the check";
    again: "Correggi o invia", "Mend or submit";
    error: "Errore", "Error";
    wrong_empty: "Non ci sono metadati: incollali o scegli un file.", "There are no metadata: paste them or choose a file.";
    wrong_long: "I metadati sono troppo lunghi, o l’invio non è arrivato per intero.",
        "The metadata are too long, or what was sent did not arrive whole.";
    wrong_metadata: "Questi metadati non si possono usare:", "These metadata cannot be used:";
    wrong_contact: "L’email non è un indirizzo.", "The email is not an address.";
    wrong_ourselves: "L’entityID è il nostro.", "The entityID is our own.";
    wrong_elsewhere: "I metadati di questo entityID arrivano da altrove (un file, l’elenco di una federazione): li cambia chi li tiene.",
        "The metadata of this entityID come from elsewhere (a file, a federation’s list): whoever keeps those changes them.";
    wrong_full_here: "Dalla tua rete ci sono già troppe richieste aperte: completa o ritira una di quelle.",
        "Too many requests of your network are open: complete or withdraw one of them.";
    wrong_full: "Ci sono troppe richieste aperte: riprova più tardi.", "Too many requests are open: try again later.";
    request_title: "Richiesta di registrazione", "Registration request";
    keep: "Salva l’indirizzo di questa pagina: è riservato, e non c’è altro modo di tornarci.",
        "Keep the address of this page: it is private, and there is no other way back to it.";
    state: "Stato", "State";
    submitted: "inviata, da dimostrare", "submitted, to be proved";
    proved: "dimostrata, in attesa dell’amministratore", "proved, waiting for the administrator";
    approved: "approvata", "approved";
    refused: "rifiutata", "refused";
    withdrawn: "ritirata", "withdrawn";
    expired: "scaduta", "expired";
    entity: "Entità", "Entity";
    id: "Numero", "Number";
    until: "Aspetta fino a", "Waits until";
    prove_title: "Dimostra di controllare l’entità", "Prove that you control the entity";
    prove_new: "Basta uno di questi modi.", "One of these ways is enough.";
    prove_update: "L’entità è già registrata: serve una chiave di firma tra quelle registrate ora, e nient’altro vale.",
        "The entity is registered already: it takes a signing key of those that are registered now, and nothing else counts.";
    prove_again: "È già dimostrato. Puoi dimostrarlo di nuovo, se intanto sono cambiati i metadati registrati.",
        "It is proved already. You can prove it again, if what is registered has changed meanwhile.";
    by_signature: "Con una firma", "By a signature";
    by_signature_lead: "Firma questo testo con la chiave privata del fornitore di servizi e invia la firma:",
        "Sign this text with the service provider’s private key and send the signature:";
    by_signature_how: "Per esempio:", "For example:";
    by_metadata: "Oppure firma i metadati, con questo valore come ID di EntityDescriptor, e invia quelli:",
        "Or sign the metadata, with this value as the ID of EntityDescriptor, and send those:";
    proof: "Firma in base64, o metadati firmati", "Signature in base64, or signed metadata";
    prove: "Dimostra", "Prove";
    by_token: "Con un token", "By a token";
    by_token_lead: "Metti questo testo, da solo, a questo indirizzo:", "Put this text, alone, at this address:";
    look: "Cerca il token ora", "Look for the token now";
    look_admin: "Poi avvisa l’amministratore: da questa pagina non si cerca a quell’indirizzo, lo fa lui.",
        "Then tell the administrator: this page does not look at that address, they do.";
    unheld_neither: "La prova non vale: non è né una firma in base64 né metadati in XML.",
        "The proof does not hold: it is neither a signature in base64 nor metadata in XML.";
    unheld_key: "La prova non vale: la firma non è stata fatta su quel testo con una chiave che conta qui.",
        "The proof does not hold: the signature was not made over that text with a key that counts here.";
    unheld_unusable: "La prova non vale: i metadati non si possono leggere o usare.", "The proof does not hold: the metadata cannot be read or used.";
    unheld_unsigned: "La prova non vale: i metadati non sono firmati con una chiave che conta qui.",
        "The proof does not hold: the metadata are not signed with a key that counts here.";
    unheld_id: "La prova non vale: l’ID di EntityDescriptor non è il valore mostrato qui sotto.",
        "The proof does not hold: the ID of EntityDescriptor is not the value shown below.";
    unheld_entity: "La prova non vale: i metadati firmati sono di un’altra entità.", "The proof does not hold: the signed metadata are another entity’s.";
    unheld_needs_key: "L’entità è già registrata: un token non basta, serve una chiave di firma tra quelle registrate ora.",
        "The entity is registered already: a token does not do, it takes a signing key of those that are registered now.";
    unheld_token: "Il token non è stato trovato.", "The token was not found.";
    over: "Questa richiesta non è più aperta.", "This request is open no more.";
    contended: "Un’altra richiesta è arrivata nello stesso momento: riprova.", "Another request came at the same moment: try again.";
    withdraw_title: "Non serve più?", "Not needed any more?";
    withdraw: "Ritira la richiesta", "Withdraw the request";
    history: "Storia", "History";
    by_integrator: "da chi ha questo indirizzo", "by whoever has this address";
    by_administrator: "da un amministratore", "by an administrator";
    by_time: "per il tempo passato", "since time ran out";
    status_title: "Pagina per chi sviluppa", "Page for the developer";
    status_lead: "Mostra le ultime richieste del fornitore di servizi con ogni controllo. Ogni nuovo indirizzo rende inutile il precedente.",
        "It shows the last requests of the service provider with every check. Each new address makes the one before worthless.";
    status_make: "Crea l’indirizzo della pagina", "Make the address of the page";
    shown_metadata: "Metadati inviati", "Metadata that were submitted";
    dev_title: "Ultime richieste del fornitore di servizi", "Last requests of the service provider";
    dev_lead: "Per chi sviluppa: ogni richiesta con tutti i controlli, per due settimane. Non c’è chi ha fatto l’accesso, né i suoi dati, né da dove.",
        "For whoever develops it: each request with all its checks, for two weeks. Who logged in, their data and where from is not here.";
    dev_lazy: "Una richiesta appare dopo qualche secondo; di molte insieme se ne annota una parte.",
        "A request shows after some seconds; of many at once some are noted.";
    dev_gone: "Questo fornitore di servizi ora non è registrato, oppure è sospeso.", "This service provider is not registered now, or is switched off.";
    dev_none: "Nessuna richiesta nelle ultime due settimane.", "There was no request in the last two weeks.";
    dev_none_lead: "Quando il fornitore di servizi manda un AuthnRequest, qui ne vedi il testo e ogni controllo.",
        "When the service provider sends an AuthnRequest, you see its text and every check here.";
    unsigned: "Una richiesta con questo nome è stata rifiutata prima che la firma tenesse. Chiunque può mandarne una, perciò qui non c’è altro; se è tua, la pagina di errore dice che cosa non va.",
        "A request with this name was refused before its signature held. Anybody can send one, so no more is shown here; if it is yours, the error page says what is wrong.";
    good: "accettata", "accepted";
    bad: "rifiutata", "refused";
    binding_name: "Binding", "Binding";
    outcome: "Esito", "Outcome";
    end_open: "accettata; accesso in corso, lasciato a metà, o esito non noto", "accepted; the login is under way, was left, or its end is not known";
    passed: "rispettato", "kept";
    broken: "non rispettato", "broken";
    expected: "Atteso", "Expected";
    found: "Trovato", "Found";
    nothing: "nulla", "nothing";
    message: "Messaggio", "Message";
    hidden: "Al posto di ciò che potrebbe riguardare una persona c’è «…».", "In the place of what could be about a person there is “…”.";
    mend: "Come correggere", "How to mend it";
}

/// How many checks a request passed, and how many it did not.
#[must_use]
pub fn counts(language: Language, kept: usize, broken: usize) -> String {
    match language {
        Language::It => format!("Controlli rispettati: {kept}; non rispettati: {broken}"),
        Language::En => format!("Checks kept: {kept}; broken: {broken}"),
    }
}

/// That a request was answered with a name, at `level`.
#[must_use]
pub fn answered(language: Language, level: &str) -> String {
    match language {
        Language::It => format!("risposta con successo, livello {level}"),
        Language::En => format!("answered with success, level {level}"),
    }
}

/// That a request was answered with the error `number`.
#[must_use]
pub fn answered_error(language: Language, number: u16) -> String {
    match language {
        Language::It => format!("risposta senza successo, ErrorCode nr{number:02}"),
        Language::En => format!("answered without success, ErrorCode nr{number:02}"),
    }
}

/// That a request was refused with the error `number`.
#[must_use]
pub fn rejected(language: Language, number: u16) -> String {
    match language {
        Language::It => format!("rifiutata, ErrorCode nr{number:02}"),
        Language::En => format!("refused, ErrorCode nr{number:02}"),
    }
}
