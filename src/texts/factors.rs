//! Words of the pages on which a person chooses, adds and removes factors.

use crate::texts::common::duration;
use crate::texts::language::Language;
use crate::texts::table::table;

table! {
    ways_title: "Scegli come continuare", "Choose how to go on";
    ways_lead: "Questi sono i modi che hai per raggiungere il livello richiesto, dal più semplice. L’accesso continua da dove sei.",
        "These are the ways that you have to reach the level that is asked for, the easiest first. The sign-in goes on from where you are.";
    ways_none: "Se non puoi usarne nessuno, chiedi aiuto a chi ti ha dato le credenziali.",
        "If you can use none of them, ask whoever gave you your credentials for help.";
    credentials: "Nome utente e password", "Username and password";
    credentials_source: "La conosci solo tu. Non la chiediamo mai per email, SMS o telefono.",
        "Only you know it. We never ask for it by email, text message or telephone.";
    totp: "App dei codici monouso", "One-time code app";
    totp_source: "Il codice lo genera la tua app sul telefono: nessuno te lo manda.",
        "Your app on the phone generates the code: nobody sends it to you.";
    recovery: "Codici di recupero", "Recovery codes";
    recovery_source: "Sono i codici che hai stampato o salvato quando li hai creati: nessuno te li manda.",
        "They are the codes that you printed or saved when you made them: nobody sends them to you.";
    recovery_title: "Inserisci un codice di recupero", "Enter a recovery code";
    recovery_lead: "Scrivi uno dei codici che hai stampato o salvato. Ognuno vale una volta sola.",
        "Type one of the codes that you printed or saved. Each works once.";
    recovery_code: "Codice di recupero", "Recovery code";
    recovery_help: "10 lettere e numeri, come XXXXX-XXXXX. Maiuscole, spazi e trattino non contano.",
        "10 letters and digits, like XXXXX-XXXXX. Capitals, spaces and the hyphen do not matter.";
    confirm: "Conferma", "Confirm";
    passkey: "Passkey", "Passkey";
    passkey_source: "La conserva il tuo dispositivo o la tua chiave di sicurezza, e la sblocchi con impronta, volto o PIN: non c’è alcun codice da scrivere.",
        "Your device or your security key keeps it, and you unlock it with fingerprint, face or PIN: there is no code to type.";
    passkey_title: "Usa la tua passkey", "Use your passkey";
    passkey_lead: "Premi il pulsante e segui le indicazioni del browser.", "Press the button and follow what your browser says.";
    passkey_use: "Usa la passkey", "Use the passkey";
    passkey_unable_title: "Qui la passkey non si può usare", "The passkey cannot be used here";
    passkey_unable: "Serve un browser recente con JavaScript attivo. Aggiorna il browser o attiva JavaScript e ricarica la pagina, oppure continua in un altro modo.",
        "It takes a recent browser with JavaScript on. Update your browser or turn JavaScript on and load the page again, or go on in another way.";
    passkey_failed_title: "La passkey non è stata usata", "The passkey was not used";
    passkey_failed: "L’hai annullata, è passato troppo tempo, oppure su questo dispositivo non ce n’è una per questo sito. Puoi riprovare.",
        "You cancelled it, it took too long, or there is none for this site on this device. You can try again.";
    passkey_new_title: "Aggiungi una passkey", "Add a passkey";
    passkey_new_lead: "Il tuo dispositivo crea una chiave che vale solo per questo sito. Potrai entrare con quella, senza scrivere la password.",
        "Your device makes a key that works for this site only. You can sign in with it without typing your password.";
    passkey_name: "Nome della passkey", "Name of the passkey";
    passkey_name_help: "Ti serve a riconoscerla, per esempio «Telefono» o «Chiave blu».", "It helps you to recognise it, for example “Phone” or “Blue key”.";
    passkey_name_first: "Il mio dispositivo", "My device";
    passkey_make: "Crea la passkey", "Make the passkey";
    passkey_bad_name: "Scrivi un nome, al massimo di 60 caratteri.", "Type a name, of 60 characters at most.";
    passkey_too_many: "Hai già 20 passkey: rimuovine una che non usi.", "You have 20 passkeys already: remove one that you do not use.";
    passkey_none: "Il browser non ha risposto in tempo con una passkey. Riprova.", "The browser did not answer with a passkey in time. Try again.";
    passkey_refused: "La passkey non è stata accettata: deve verificare chi sei (impronta, volto o PIN) e non essere già in uso. Riprova, o usa un altro dispositivo.",
        "The passkey was not accepted: it must verify who you are (fingerprint, face or PIN) and not be in use already. Try again, or use another device.";
    push: "Notifica sul telefono", "Notification on the phone";
    push_source: "La richiesta arriva sul telefono che hai collegato: controlli chi la fa, scrivi il numero che vedi qui e la sblocchi con impronta, volto o PIN. Nessun codice ti viene mandato.",
        "The request comes to the phone that you linked: you check who makes it, type the number that you see here and unlock it with fingerprint, face or PIN. No code is sent to you.";
    app: "Telefono con l’app", "Phone with the app";
    app_pin: "Telefono con l’app e un PIN", "Phone with the app and a PIN";
    app_pin_source: "La richiesta arriva sul telefono che hai collegato, dopo la password: controlli chi la fa e scrivi il PIN che hai scelto. Nessun codice ti viene mandato, e il PIN non te lo chiediamo altrove.",
        "The request comes to the phone that you linked, after your password: you check who makes it and type the PIN that you chose. No code is sent to you, and we ask for the PIN nowhere else.";
    app_pin_locked: "Bloccato: il PIN è stato sbagliato 5 volte di fila. Rimuovilo e collega di nuovo il telefono.",
        "Locked: the PIN was wrong 5 times in a row. Remove it and link the phone anew.";
    state: "Stato", "State";
    app_new_title: "Collega il telefono", "Link your phone";
    app_new_lead: "Approvi gli accessi dal telefono, con una notifica o inquadrando un codice QR: lo sblocchi con impronta, volto o PIN.",
        "You approve sign-ins from your phone, by a notification or by scanning a QR code: you unlock it with fingerprint, face or PIN.";
    qr: "Codice QR con il telefono", "QR code with the phone";
    qr_source: "Il codice QR compare sullo schermo e lo legge il telefono che hai collegato: nessuno ti manda niente.",
        "The QR code appears on the screen and the phone that you linked reads it: nobody sends you anything.";
    sms: "Codici via SMS", "Codes by SMS";
    sms_source: "Il codice arriva per SMS sul numero che hai confermato, solo dopo la password. Non dirlo a nessuno.",
        "The code comes by text message to the number that you confirmed, only after your password. Tell it to nobody.";
    sms_title: "Inserisci il codice che hai ricevuto", "Enter the code that you received";
    sms_again_title: "Inserisci il nuovo codice", "Enter the new code";
    sms_none_title: "Codice via SMS", "Code by SMS";
    sms_lead: "Ti abbiamo mandato un SMS al numero", "We have sent a text message to";
    sms_lead_none: "I codici per te vanno al numero", "Your codes go to";
    sms_help: "Vale solo quello dell’ultimo messaggio, una volta, per dieci minuti e per questo accesso.",
        "Only that of the latest message works, once, for ten minutes and for this sign-in.";
    sms_new_help: "Vale solo quello dell’ultimo messaggio, una volta e per dieci minuti.",
        "Only that of the latest message works, once and for ten minutes.";
    sms_code: "Codice di 6 cifre", "6-digit code";
    sms_again: "Manda un nuovo codice", "Send a new code";
    sms_sent_again: "Ti abbiamo mandato un nuovo codice: quello di prima non vale più.",
        "We have sent you a new code: the one before works no more.";
    sms_slow_title: "Non arriva niente?", "Nothing arrives?";
    sms_slow_signal: "Aspetta un minuto e controlla che il telefono abbia campo.", "Wait a minute, and check that your phone has a signal.";
    sms_slow_lost: "Se non hai più questo numero scegli un altro modo, per esempio un codice di recupero, e poi rimuovilo dalla tua area personale.",
        "If you no longer have this number choose another way, a recovery code for instance, and then remove it at your own pages.";
    sms_new_title: "Aggiungi un numero per i codici via SMS", "Add a number for codes by SMS";
    sms_new_lead: "Per quando non puoi usare l’app: dopo la password ti mandiamo un codice per SMS. Lo usiamo solo per questo.",
        "For when you cannot use the app: after your password we send you a code by text message. We use the number for nothing else.";
    sms_new_weaker: "Un SMS si può intercettare più facilmente di un’app o di una passkey: se puoi, usa quelle.",
        "A text message is more easily intercepted than an app or a passkey: if you can, use those.";
    sms_number: "Numero di telefono", "Telephone number";
    sms_number_help: "Un cellulare che hai con te. Se non è italiano, scrivilo con il prefisso del Paese, come +44.",
        "A mobile phone that you have with you. If it is not Italian, type it with the country code, like +44.";
    sms_send: "Manda il codice", "Send the code";
    sms_confirm_title: "Conferma il numero", "Confirm the number";
    sms_other: "Scrivi un altro numero", "Type another number";
    sms_bad_number: "Questo non è un numero di telefono: controlla le cifre.", "This is no telephone number: check the digits.";
    sms_not_served: "A questi numeri non mandiamo SMS: serve un cellulare di un Paese servito.",
        "We send no text messages to such numbers: it takes a mobile phone of a country that is served.";
    sms_spent: "Per oggi non possiamo mandare altri SMS. Usa un altro modo, o riprova domani.",
        "We can send no more text messages today. Use another way, or try again tomorrow.";
    sms_shape: "Il codice è fatto di 6 cifre: scrivile tutte.", "The code is made of 6 digits: type all of them.";
    sms_wrong: "Il codice non è quello dell’ultimo messaggio. Controllalo e riscrivilo.",
        "The code is not that of the latest message. Check it and type it again.";
    sms_late: "Il codice non vale più: è passato troppo tempo, o ci sono stati troppi errori. Fattene mandare un altro.",
        "The code works no more: it took too long, or there were too many mistakes. Have another one sent.";
    totp_new_title: "Aggiungi un’app per i codici monouso", "Add an app for one-time codes";
    totp_new_lead: "Per esempio su un secondo telefono: le app che hai già restano valide.",
        "On a second phone, for instance: the apps that you have already keep working.";
    help_code: "Da dove arriva il codice?", "Where does the code come from?";
    done_app: "L’app è attiva, accanto a quelle che avevi. Se non sei stato tu, rimuovila e cambia subito la password.",
        "The app is active, beside those that you had. If it was not you, remove it and change your password at once.";
    done_number: "Il numero è attivo: dopo la password potrai ricevere lì un codice.",
        "The number is active: after your password you can receive a code there.";
    done_added: "La passkey è attiva. Se non sei stato tu, rimuovila e cambia subito la password.",
        "The passkey is active. If it was not you, remove it and change your password at once.";

    title: "I tuoi modi di accesso", "Your ways to sign in";
    title_open: "Cambia i tuoi modi di accesso", "Change your ways to sign in";
    lead: "Qui vedi con che cosa puoi dimostrare chi sei, quando l’hai attivato e quando l’hai usato.",
        "Here you see by what you can show who you are, when you activated it and when you used it.";
    enrolled: "Attivo", "Active";
    used: "Ultimo uso", "Last used";
    never: "mai", "never";
    worth: "Vale fino a", "Worth up to";
    source: "Da dove viene", "Where it comes from";
    codes_left: "Codici rimasti", "Codes left";
    remove: "Rimuovi", "Remove";
    change_password: "Cambia la password", "Change the password";
    locked_title: "Per cambiare qualcosa, conferma chi sei", "To change anything, confirm who you are";
    locked: "Prima di aggiungere o rimuovere un modo di accesso ti chiediamo di nuovo le credenziali. La conferma vale dieci minuti.",
        "Before you add or remove a way to sign in we ask for your credentials again. The confirmation lasts ten minutes.";
    unlock: "Conferma chi sei", "Confirm who you are";
    add_title: "Aggiungi", "Add";
    codes_why: "Dieci codici da stampare o salvare, per quando non hai con te il telefono. Ognuno sostituisce una volta il secondo fattore.",
        "Ten codes to print or save, for when you do not have your phone with you. Each stands in once for the second factor.";
    codes_make: "Crea i codici di recupero", "Make recovery codes";
    codes_renew: "Crea dieci codici nuovi", "Make ten new codes";
    codes_renew_note: "I codici di prima, usati o no, smettono subito di valere.",
        "The codes from before, used or not, stop working at once.";
    codes_first: "I codici di recupero sostituiscono un secondo fattore: potrai crearli quando ne avrai attivato uno.",
        "Recovery codes stand in for a second factor: you can make them once you have activated one.";
    weak: "Con quello che hai mostrato vale fino a SpidL1. Per avere di più, entra prima in un servizio che chiede SpidL2 e attiva l’app con il codice di attivazione.",
        "With what you have shown it is worth up to SpidL1. For more, first enter a service that asks for SpidL2 and activate the app with your activation code.";
    done_removed: "Rimosso. Se non sei stato tu, cambia subito la password e chiudi le altre sessioni.",
        "Removed. If it was not you, change your password at once and end your other sessions.";
    done_locked: "Non è cambiato nulla: prima conferma chi sei.", "Nothing has changed: confirm who you are first.";
    done_gone: "Non è cambiato nulla: quel modo di accesso non c’è più.",
        "Nothing has changed: that way to sign in is no longer there.";
    to_sessions: "Le tue sessioni", "Your sessions";

    remove_title: "Vuoi rimuoverlo?", "Do you want to remove it?";
    remove_lead: "Non potrai più usarlo per entrare, e le altre sessioni aperte con questo si chiudono. Per riaverlo dovrai attivarlo di nuovo.",
        "You will not be able to sign in with it any more, and other sessions opened with it end. To have it back you must activate it again.";
    remove_sure: "Sì, rimuovi", "Yes, remove";
    remove_keep: "No, tienilo", "No, keep it";
    remove_last: "È il tuo ultimo secondo fattore: i codici di recupero rimasti non bastano a lungo.",
        "It is your last second factor: the recovery codes that are left do not last long.";

    codes_title: "I tuoi codici di recupero", "Your recovery codes";
    codes_lead: "Stampali o salvali adesso: non li mostreremo più. Se esci da questa pagina senza averli, creane di nuovi.",
        "Print or save them now: we will not show them again. If you leave this page without them, make new ones.";
    codes_where: "Tienili dove tieni i documenti, non insieme al telefono. Chi conosce la password e ha uno di questi codici può entrare al posto tuo.",
        "Keep them where you keep your documents, not with your phone. Whoever knows your password and has one of these codes can sign in as you.";
    codes_save: "Salva in un file di testo", "Save as a text file";
    codes_file: "codici-di-recupero.txt", "recovery-codes.txt";
    codes_print: "Per stamparli usa il comando Stampa del browser.", "To print them, use your browser’s Print command.";
    codes_kept: "Li ho messi al sicuro", "I have put them in a safe place";
    codes_text: "Codici di recupero: ognuno vale una volta sola.", "Recovery codes: each works once.";
    back: "Torna ai tuoi modi di accesso", "Back to your ways to sign in";
}

/// What a removal costs: the level reached before, and the one after if there is any.
#[must_use]
pub fn lowers(language: Language, before: &str, after: Option<&str>) -> String {
    match (language, after) {
        (Language::It, Some(after)) => format!(
            "Attenzione: ora puoi raggiungere {before}; senza questo arriveresti solo a {after}, e i servizi che chiedono di più non ti faranno entrare."
        ),
        (Language::En, Some(after)) => format!(
            "Take care: now you can reach {before}; without this you would only get to {after}, and services that ask for more will not let you in."
        ),
        (Language::It, None) => {
            format!(
                "Attenzione: ora puoi raggiungere {before}; senza questo non potrai più entrare."
            )
        }
        (Language::En, None) => {
            format!(
                "Take care: now you can reach {before}; without this you cannot sign in any more."
            )
        }
    }
}

/// How long it takes until another message may be sent.
#[must_use]
pub fn sms_wait(language: Language, seconds: u64) -> String {
    let time = duration(language, seconds);
    match language {
        Language::It => format!("Un SMS è appena partito: ne puoi chiedere un altro tra {time}."),
        Language::En => {
            format!("A text message has just left: you can ask for another one in {time}.")
        }
    }
}

/// How many recovery codes there are.
#[must_use]
pub fn left_of(language: Language, left: usize, of: usize) -> String {
    match language {
        Language::It => format!("{left} su {of}"),
        Language::En => format!("{left} of {of}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removal_says_what_it_costs() {
        for language in Language::ALL {
            let lower = lowers(language, "SpidL2", Some("SpidL1"));
            assert!(lower.contains("SpidL2") && lower.contains("SpidL1"));
            let out = lowers(language, "SpidL1", None);
            assert!(out.contains("SpidL1") && !out.contains("SpidL2"));
        }
    }
}
