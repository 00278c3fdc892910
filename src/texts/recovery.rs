//! Words of the pages by which whoever lost a factor gets another.

use crate::texts::language::Language;
use crate::texts::table::table;

table! {
    title: "Recupera l’accesso", "Recover your access";
    lead: "Hai dimenticato la password, o non hai più il telefono con l’app dei codici? Ti mandiamo un messaggio con un collegamento per rimediare.",
        "Have you forgotten your password, or do you no longer have the phone with the app for the codes? We send you a message with a link to mend it.";
    what: "Che cosa hai perso?", "What have you lost?";
    lost_password: "Ho dimenticato la password", "I have forgotten my password";
    lost_password_help: "Ti chiederemo anche un codice monouso, se hai un’app, un telefono o codici di recupero.",
        "We will also ask for a one-time code, if you have an app, a telephone or recovery codes.";
    lost_app: "Ho perso l’app dei codici monouso", "I have lost the app for one-time codes";
    lost_app_help: "Ti chiederemo anche la password. L’app di prima non varrà più.",
        "We will also ask for your password. The app from before will count no more.";
    username: "Utente", "User";
    username_help: "Il nome utente, il codice fiscale o l’indirizzo email.",
        "Your username, fiscal code or email address.";
    send: "Invia il messaggio", "Send the message";
    missing: "Scegli che cosa hai perso e scrivi il tuo nome utente.",
        "Choose what you have lost and type your username.";
    no_mails_title: "Recupera l’accesso allo sportello", "Recover your access at the desk";
    no_mails: "Qui non inviamo messaggi: per recuperare l’accesso rivolgiti a chi ti ha dato le credenziali, che può darti un codice.",
        "No messages are sent here: to recover your access turn to whoever gave you your credentials, who can give you a code.";
    both_title: "Hai perso entrambe?", "Have you lost both?";
    both: "Chi non ha né la password né un secondo fattore deve farsi riconoscere allo sportello, che gli dà un codice.",
        "Whoever has neither the password nor a second factor must be identified at the desk, which gives them a code.";
    have_code: "Ho un codice dello sportello", "I have a code from the desk";
    to_login: "Torna all’accesso", "Back to sign in";
    sent_title: "Controlla la posta", "Check your mail";
    sent: "Se quello che hai scritto corrisponde a un’identità che si può recuperare così, il messaggio è in viaggio verso l’indirizzo registrato. Il collegamento vale un’ora e si usa una volta sola.",
        "If what you typed belongs to an identity that can be recovered this way, the message is on its way to the address on record. The link is good for one hour and can be used once.";
    sent_help: "Non arriva? Guarda nella posta indesiderata. Un indirizzo cambiato da poco non riceve collegamenti: in questo caso, o se non hai un indirizzo registrato, rivolgiti a chi ti ha dato le credenziali.",
        "Nothing comes? Look into the unwanted mail. An address that was changed of late gets no links: then, or if you have no address on record, turn to whoever gave you your credentials.";
    link_title: "Continua il recupero", "Go on with the recovery";
    link_password: "Hai chiesto di sostituire la password.", "You asked to replace your password.";
    link_app: "Hai chiesto di collegare una nuova app per i codici monouso.", "You asked to link a new app for one-time codes.";
    link_to: "Messaggio inviato a", "Message sent to";
    link_once: "Quando continui, il collegamento è usato: resta in questo browser fino alla fine.",
        "When you go on, the link is used up: stay in this browser until the end.";
    link_not_you: "Se non lo hai chiesto tu, chiudi questa pagina: finché non continui non cambia nulla.",
        "If it was not you who asked, close this page: as long as you do not go on, nothing changes.";
    go_on: "Continua", "Go on";
    void_unknown_title: "Questo collegamento non vale", "This link is not valid";
    void_unknown: "Non esiste, o è di troppo tempo fa. Controlla di averlo copiato per intero.",
        "There is none like it, or it is from too long ago. Check that you copied all of it.";
    void_used_title: "Questo collegamento o codice è già stato usato", "This link or code was used already";
    void_used: "Ogni collegamento e ogni codice si usa una volta sola. Se non sei stato tu a usarlo, avvisa subito l’assistenza.",
        "Each link and each code can be used once. If it was not you who used it, tell those who help at once.";
    void_expired_title: "Questo collegamento o codice è scaduto", "This link or code has expired";
    void_expired: "Un collegamento vale un’ora, un codice dello sportello due giorni.", "A link is good for one hour, a code from the desk for two days.";
    void_superseded_title: "Questo collegamento o codice non serve più", "This link or code is of no use any more";
    void_superseded: "Dopo che è stato inviato, l’accesso è stato recuperato con un altro.",
        "Since it was sent, access was recovered with another one.";
    again: "Chiedine uno nuovo", "Ask for a new one";
    desk_title: "Codice dello sportello", "Code from the desk";
    desk_lead: "Scrivi il codice che ti ha dato lo sportello dopo averti riconosciuto. Vale due giorni e si usa una volta sola.",
        "Type the code that the desk gave you after identifying you. It is good for two days and can be used once.";
    desk_code: "Codice", "Code";
    desk_help: "Sedici lettere e cifre; trattini e spazi non contano.", "Sixteen letters and digits; hyphens and blanks do not matter.";
    desk_wrong: "Questo codice non vale. Controlla di averlo scritto per intero.",
        "This code is not valid. Check that you typed all of it.";
    show_title: "Dimostra che sei tu", "Show that it is you";
    show_password: "Il collegamento da solo non basta: scrivi anche la password che hai.",
        "The link alone is not enough: type the password that you have too.";
    show_second: "Il collegamento da solo non basta: serve anche un secondo fattore che hai.",
        "The link alone is not enough: a second factor that you have is needed too.";
    password: "Password", "Password";
    show: "Mostra la password", "Show the password";
    hide: "Nascondi la password", "Hide the password";
    totp: "Codice dell’app", "Code of the app";
    totp_help: "Non riceverai alcun messaggio: lo genera l’app sul tuo telefono.",
        "You will get no message: the app on your phone generates it.";
    sms: "Codice via SMS", "Code by SMS";
    sms_help: "Lo abbiamo inviato a", "We sent it to";
    recovery: "Codice di recupero", "Recovery code";
    recovery_help: "Uno di quelli che hai stampato o salvato: si usa una volta sola.",
        "One of those that you printed or saved: it can be used once.";
    other_totp: "Usa l’app dei codici", "Use the app for the codes";
    other_passkey: "Usa una passkey", "Use a passkey";
    passkey_title: "Dimostra che sei tu con una passkey", "Show that it is you with a passkey";
    other_sms: "Ricevi un codice via SMS", "Get a code by SMS";
    other_recovery: "Usa un codice di recupero", "Use a recovery code";
    neither: "Se non hai nulla di tutto questo, rivolgiti allo sportello.",
        "If you have none of these, turn to the desk.";
    wrong_password: "La password non è quella giusta.", "The password is not the right one.";
    new_title: "Scegli una nuova password", "Choose a new password";
    new_lead: "Prende il posto di quella di prima. Tutte le sessioni aperte saranno chiuse.",
        "It takes the place of the one before. All open sessions will be ended.";
    first_title: "Scegli la tua password", "Choose your own password";
    first_lead: "La password che ti è stata data serve solo per il primo accesso. Scegline una che conosci soltanto tu: da ora vale quella.",
        "The password that you were given is for the first sign-in only. Choose one that only you know: it counts from now on.";
    new_single: "Il tuo account non ha un secondo fattore: la nuova password varrà per il livello SpidL1.",
        "Your account has no second factor: the new password will be good for level SpidL1.";
    desk_only_title: "Serve lo sportello", "The desk has to help";
    desk_only: "Il tuo account ha un secondo fattore che qui non si può mostrare, come una passkey o una smart card, e la sola email non basta a farne a meno. Se puoi ancora usarlo, accedi con quello. Altrimenti rivolgiti allo sportello: dopo averti riconosciuto ti dà un codice.",
        "Your account has a second factor that cannot be shown here, such as a passkey or a smart card, and the mail alone is not enough to do without it. If you can still use it, sign in with it. Otherwise ask the desk: once it has identified you it gives you a code.";
    ended_title: "Il recupero si è interrotto", "The recovery has ended";
    ended: "Troppi tentativi sbagliati, troppo tempo, o lo hai annullato tu. Non è cambiato nulla: per riprovare chiedi un nuovo collegamento.",
        "Too many wrong attempts, too much time, or you cancelled it. Nothing has changed: to try again ask for a new link.";
    done_title: "Accesso recuperato", "Access recovered";
    done_password: "La nuova password vale da subito. Quella di prima non vale più e tutte le sessioni sono state chiuse.",
        "The new password counts from now on. The one before counts no more, and all sessions were ended.";
    done_app: "La nuova app vale da subito. Quella di prima non vale più e tutte le sessioni sono state chiuse.",
        "The new app counts from now on. The one before counts no more, and all sessions were ended.";
    done_told: "Ti abbiamo mandato un messaggio che lo conferma.", "We sent you a message that confirms it.";
    enter: "Entra nella tua area personale", "Enter your own pages";
}

/// That what was typed is wrong, and how many attempts are left.
#[must_use]
pub fn wrong_password(language: Language, left: u32) -> String {
    let wrong = words(language).wrong_password;
    match (language, left) {
        (_, 0) => wrong.to_owned(),
        (Language::It, 1) => format!("{wrong} Resta un tentativo."),
        (Language::It, _) => format!("{wrong} Restano {left} tentativi."),
        (Language::En, 1) => format!("{wrong} One attempt is left."),
        (Language::En, _) => format!("{wrong} {left} attempts are left."),
    }
}
