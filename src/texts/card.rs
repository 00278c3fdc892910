//! Words of the pages about smart cards.

use chrono::{DateTime, Utc};

use crate::texts::language::Language;
use crate::texts::moment::day;
use crate::texts::table::table;

table! {
    way: "Smart card", "Smart card";
    way_says: "Con la tua Carta Nazionale dei Servizi, la tessera sanitaria attivata o la carta d’identità elettronica, un lettore e il PIN.",
        "With your national services card, your activated health card or your electronic identity card, a reader and the PIN.";
    by_card: "Entra con la smart card", "Sign in with a smart card";
    source: "È il certificato nella tua carta: la inserisci nel lettore e scrivi il PIN quando il browser lo chiede.",
        "It is the certificate on your card: you put the card into the reader and type the PIN when your browser asks.";
    title: "Usa la tua smart card", "Use your smart card";
    lead: "Prepara la carta, poi premi il pulsante: il browser ti chiederà quale certificato usare e il PIN.",
        "Get the card ready, then press the button: your browser asks which certificate to use, and for the PIN.";
    step_reader: "Collega il lettore e inserisci la carta.", "Connect the reader and put the card into it.";
    step_choose: "Scegli il certificato di autenticazione, non quello di firma.", "Choose the certificate for authentication, not the one for signatures.";
    step_pin: "Scrivi il PIN della carta. Dopo alcuni PIN sbagliati la carta si blocca, e la sblocchi con il PUK.",
        "Type the card’s PIN. After a few wrong PINs the card is blocked, and you unblock it with the PUK.";
    step_time: "Hai due minuti; se passano, torni qui e riprovi.", "You have two minutes; if they pass you come back here and try again.";
    go: "Mostra la carta", "Show the card";
    check_link: "La carta non funziona? Controllala", "The card does not work? Check it";
    pull: "Quando hai finito togli la carta e chiudi tutte le finestre del browser: la prossima volta la carta e il PIN serviranno di nuovo.",
        "When you have finished, take the card out and close all windows of your browser: the next time card and PIN are needed again.";
    now_title: "Che cosa fare adesso", "What to do now";
    again: "Riprova con la carta", "Try again with the card";
    other: "Scegli un altro modo", "Choose another way";
    shown_title: "Il certificato che abbiamo visto", "The certificate that we saw";
    holder: "Titolare", "Holder";
    serial: "Numero di serie", "Serial number";
    issued_by: "Rilasciato da", "Issued by";
    valid: "Valido", "Valid";
    helps_title: "Aiuto di chi rilascia le carte", "Help of those who issue cards";
    check_title: "Controlla la tua carta", "Check your card";
    check_lead: "Proviamo insieme lettore, carta, PIN e certificato, senza farti entrare da nessuna parte. Ti diremo a quale passo si ferma.",
        "We try reader, card, PIN and certificate together, without signing you in anywhere. We tell you at which step it stops.";
    check_go: "Comincia il controllo", "Begin the check";
    check_late: "Il tempo per mostrare la carta è passato, oppure il risultato è già stato mostrato. Ricomincia il controllo.",
        "The time to show the card has passed, or the result was shown already. Begin the check again.";
    check_error: "Se invece di tornare qui vedi un errore del browser (connessione sicura non riuscita), la carta è stata tolta, il PIN è sbagliato o bloccato, o il driver non risponde: rimetti la carta, chiudi e riapri il browser.",
        "If you see an error of your browser instead of coming back here (secure connection failed), the card was taken out, the PIN is wrong or blocked, or the driver does not respond: put the card back, close your browser and open it again.";
    before_title: "Prima di cominciare", "Before you begin";
    before_active: "La tessera sanitaria (TS-CNS) va attivata: allo sportello della tua ASL, con la tessera, un documento valido e un indirizzo email (anche PEC), ricevi PIN e PUK e, dove è previsto, il CIP.",
        "The health card (TS-CNS) must be activated: at the desk of your local health authority, with the card, a valid document and an e-mail address (PEC too), you get PIN and PUK and, where there is one, the CIP.";
    before_other: "Per le altre carte rivolgiti a chi le ha rilasciate.", "For other cards turn to whoever issued them.";
    before_driver: "Servono un lettore (o il dispositivo USB o senza fili della carta) e il driver della carta, che si scarica dal sito di chi l’ha rilasciata.",
        "You need a reader (or the card’s USB or wireless device) and the card’s driver, from the site of whoever issued it.";
    checked_good: "La carta funziona", "The card works";
    checked_bad: "La carta si ferma a questo passo", "The card stops at this step";
    checked_again: "Controlla di nuovo", "Check again";
    steps: "I passi del controllo", "The steps of the check";
    done: "riuscito", "passed";
    failed: "non riuscito", "failed";
    skipped: "non provato", "not tried";
    seen: "Il browser mostra un certificato", "Your browser shows a certificate";
    kind: "È il certificato di autenticazione", "It is the certificate for authentication";
    issuer: "Chi l’ha rilasciato è riconosciuto qui", "Its issuer is recognised here";
    dates: "È valido oggi", "It is valid today";
    cns: "È del tipo richiesto qui", "It is of the kind that is wanted here";
    code: "Ha un codice fiscale corretto", "It has a correct fiscal code";
    revocation: "Non è stato revocato", "It was not revoked";
    person: "Sei registrato qui, con questa carta", "You are registered here, with this card";
    what: "Tipo di carta", "Kind of card";
    is_cns: "CNS: rilasciata da una pubblica amministrazione, con la politica delle CNS.", "CNS: issued by a public body, under the policy of CNS cards.";
    is_cie: "Carta d’identità elettronica.", "Electronic identity card.";
    is_like_issuer: "CNS-like: rilasciata da un certificatore, non da una pubblica amministrazione.", "CNS-like: issued by a certification provider, not by a public body.";
    is_like_policy: "CNS-like: chi l’ha rilasciata è una pubblica amministrazione, ma il certificato non ha la politica delle CNS.", "CNS-like: its issuer is a public body, but the certificate is not under the policy of CNS cards.";

    no_certificate: "Non abbiamo visto nessun certificato", "We saw no certificate";
    no_certificate_what: "Il browser non ci ha mostrato un certificato. La carta non è inserita o non è attivata, il lettore o il driver non funzionano, oppure nella finestra del browser hai premuto Annulla.",
        "Your browser showed us no certificate. The card is not in the reader or was not activated, reader or driver do not work, or you pressed Cancel in the browser’s window.";
    no_certificate_now: "Chiudi tutte le finestre del browser, inserisci la carta e riprova. Se la carta è una tessera sanitaria, controlla di averla attivata alla ASL; poi controlla lettore e driver.",
        "Close all windows of your browser, put the card in and try again. If it is a health card, make sure that you activated it at the local health authority; then check reader and driver.";
    unreadable: "Il certificato non si può leggere", "The certificate cannot be read";
    unreadable_what: "Quello che il browser ci ha mostrato non è un certificato che possiamo leggere.", "What your browser showed us is no certificate that we can read.";
    unreadable_now: "Aggiorna il driver della carta e riprova; se continua, rivolgiti a chi ha rilasciato la carta.", "Update the card’s driver and try again; if it goes on, turn to whoever issued the card.";
    signature: "Hai scelto il certificato di firma", "You chose the signature certificate";
    signature_what: "La tua carta ha due certificati: quello che hai scelto serve a firmare documenti e non a entrare.",
        "Your card has two certificates: the one that you chose is for signing documents, not for signing in.";
    signature_now: "Chiudi tutte le finestre del browser, che ricorda la scelta, riaprilo e scegli il certificato di autenticazione.",
        "Close all windows of your browser, which remembers the choice, open it again and choose the certificate for authentication.";
    not_for_login: "Questo certificato non serve per entrare", "This certificate is not for signing in";
    not_for_login_what: "Il certificato che hai scelto è fatto per un altro uso.", "The certificate that you chose is made for another use.";
    not_for_login_now: "Chiudi tutte le finestre del browser, riaprilo e scegli il certificato di autenticazione della tua carta.",
        "Close all windows of your browser, open it again and choose the authentication certificate of your card.";
    unknown: "Chi ha rilasciato la carta non è riconosciuto qui", "The card’s issuer is not recognised here";
    unknown_what: "Il certificato non è di uno degli enti le cui carte sono accettate qui.", "The certificate is not of one of the bodies whose cards are taken here.";
    unknown_now: "Se hai più certificati, scegline un altro dopo aver riaperto il browser. Altrimenti entra in un altro modo.",
        "If you have several certificates, choose another one after opening your browser again. Else sign in in another way.";
    weak: "La carta è troppo vecchia per essere sicura", "The card is too old to be safe";
    weak_what: "Il certificato usa una chiave o una firma che oggi non è più considerata sicura.", "The certificate uses a key or a signature that is no longer considered safe.";
    weak_now: "Chiedi una carta nuova a chi l’ha rilasciata, ed entra intanto in un altro modo.", "Ask whoever issued it for a new card, and meanwhile sign in in another way.";
    early: "Il certificato non è ancora valido", "The certificate is not valid yet";
    early_what: "La validità del certificato comincia più tardi.", "The certificate becomes valid later.";
    early_now: "Riprova dalla data indicata qui sotto, oppure entra in un altro modo.", "Try again from the date below, or sign in in another way.";
    expired: "Il certificato è scaduto", "The certificate has expired";
    expired_what: "Un certificato scaduto non si può più usare per entrare e non si può più rinnovare: il rinnovo è possibile una volta sola e prima della scadenza.",
        "An expired certificate cannot be used to sign in any more and cannot be renewed any more: it can be renewed once, and before it ends.";
    expired_now: "Chiedi una carta nuova a chi l’ha rilasciata, ed entra intanto in un altro modo.", "Ask whoever issued it for a new card, and meanwhile sign in in another way.";
    not_cns: "Qui serve una CNS", "A CNS is needed here";
    not_cns_what: "La tua carta è CNS-like: il suo certificato non è quello di una Carta Nazionale dei Servizi rilasciata da una pubblica amministrazione, e per questo accesso non basta.",
        "Your card is CNS-like: its certificate is not that of a national services card issued by a public body, and is not enough for this sign-in.";
    not_cns_now: "Usa una CNS, la tessera sanitaria attivata o la carta d’identità elettronica, oppure entra in un altro modo.",
        "Use a CNS, the activated health card or the electronic identity card, or sign in in another way.";
    no_code: "Nel certificato non c’è un codice fiscale corretto", "There is no correct fiscal code in the certificate";
    no_code_what: "Riconosciamo le persone dal codice fiscale scritto nel certificato: qui manca, o la lettera di controllo non torna.",
        "We know people by the fiscal code in the certificate: here it is missing, or its check letter is wrong.";
    no_code_now: "Rivolgiti a chi ha rilasciato la carta, ed entra intanto in un altro modo.", "Turn to whoever issued the card, and meanwhile sign in in another way.";
    revoked: "Il certificato è stato revocato o sospeso", "The certificate was revoked or suspended";
    revoked_what: "Chi ha rilasciato la carta ne ha revocato o sospeso il certificato, per esempio dopo una denuncia di smarrimento.",
        "Whoever issued the card has revoked or suspended its certificate, for instance after it was reported lost.";
    revoked_now: "Se non ne sai nulla chiedi a chi ha rilasciato la carta. Entra intanto in un altro modo.", "If you know nothing of it ask whoever issued the card. Meanwhile sign in in another way.";
    standing: "Non sappiamo se la carta è ancora valida", "We do not know whether the card is still good";
    standing_what: "Chi ha rilasciato la carta non ci risponde, e senza la sua risposta non possiamo accettarla. Non è colpa tua.",
        "Whoever issued the card does not answer us, and without the answer we cannot take it. It is not your fault.";
    standing_now: "Riprova tra qualche minuto, oppure entra in un altro modo.", "Try again in a few minutes, or sign in in another way.";
    not_registered: "Non sei registrato qui", "You are not registered here";
    not_registered_what: "La carta funziona, ma nessun utente ha il suo codice fiscale. La carta da sola non crea un utente: prima ti deve registrare l’ente.",
        "The card works, but no user has its fiscal code. The card alone makes no user: the body must register you first.";
    not_registered_now: "Chiedi all’ente di registrarti con il codice fiscale che è nella carta.", "Ask the body to register you with the fiscal code on the card.";
    second: "Questa carta aspetta un’approvazione", "This card waits for approval";
    second_what: "Alla tua identità è già collegata un’altra carta. Questa vale solo dopo che un operatore l’ha approvata.",
        "Another card is linked to your identity already. This one counts once an operator has approved it.";
    second_now: "Chiedi all’assistenza di approvarla e indica il numero di serie qui sotto. Intanto usa l’altra carta, o entra in un altro modo.",
        "Ask those who help to approve it, and give them the serial number below. Meanwhile use the other card, or sign in in another way.";
    taken: "Questa carta non vale più qui", "This card counts no more here";
    taken_what: "Questa carta è stata tolta dalla tua identità.", "This card was removed from your identity.";
    taken_now: "Se la vuoi usare di nuovo rivolgiti all’assistenza. Entra intanto in un altro modo.", "If you want to use it again turn to those who help. Meanwhile sign in in another way.";
    other_person: "La carta è di un’altra persona", "The card is somebody else’s";
    other_person_what: "Hai cominciato questo accesso come una persona, e la carta è di un’altra.", "You began this sign-in as one person, and the card is another’s.";
    other_person_now: "Usa la tua carta, oppure annulla e ricomincia.", "Use your own card, or cancel and begin again.";
    no_workstation: "Questa postazione non ha mostrato il suo certificato", "This workstation did not show its certificate";
    no_workstation_what: "Qui si entra con la carta solo da una postazione registrata, che mostra un certificato proprio.",
        "Here one signs in by card only at a registered workstation, which shows a certificate of its own.";
    no_workstation_now: "Usa una postazione registrata del tuo ente. Se questa lo è, chiudi tutte le finestre del browser, riaprilo e scegli il certificato della postazione quando ti viene chiesto per primo.",
        "Use a registered workstation of your body. If this is one, close all windows of your browser, open it again, and choose the workstation’s certificate when you are asked first.";
    other_workstation: "Questa postazione non è registrata", "This workstation is not registered";
    other_workstation_what: "Il certificato che abbiamo visto non è quello di una postazione registrata, oppure è scaduto o revocato.",
        "The certificate that we saw is not that of a registered workstation, or it has expired or was revoked.";
    other_workstation_now: "Usa una postazione registrata, oppure avvisa l’amministratore della sicurezza del tuo ente.",
        "Use a registered workstation, or tell the security administrator of your body.";
}

/// From when until when.
#[must_use]
pub fn between(language: Language, from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    let (from, to) = (day(language, from), day(language, to));
    match language {
        Language::It => format!("dal {from} al {to}"),
        Language::En => format!("from {from} to {to}"),
    }
}
