//! Words of the person's own pages.

use crate::texts::common::duration;
use crate::texts::language::Language;
use crate::texts::table::table;

table! {
    title: "Area personale", "Your own pages";
    welcome_lead: "Qui vedi dove sei entrato con la tua identità, chiudi le sessioni che non riconosci e cambi la password.",
        "Here you see where you are signed in with your identity, end sessions that you do not recognise and change your password.";
    enter: "Entra", "Sign in";
    refused_title: "Non sei entrato", "You are not signed in";
    refused_attempts: "Ci sono stati troppi tentativi sbagliati. Puoi ricominciare da qui.",
        "There were too many wrong attempts. You can start again from here.";
    refused_suspended: "La tua identità è sospesa o revocata. Rivolgiti a chi te l’ha data.",
        "Your identity is suspended or revoked. Turn to whoever gave it to you.";
    refused_level: "Con le credenziali che hai non puoi entrare in queste pagine. Rivolgiti a chi te le ha date.",
        "You cannot enter these pages with the credentials that you have. Turn to whoever gave them to you.";
    refused_otherwise: "L’accesso non è stato completato in tempo, oppure non vale più. Puoi ricominciare da qui.",
        "The sign-in was not completed in time, or it counts no more. You can start again from here.";
    sessions_title: "Le tue sessioni", "Your sessions";
    sessions_lead: "Ogni sessione è un browser da cui sei entrato. Chiudi quelle che non riconosci e cambia subito la password.",
        "Each session is a browser from which you signed in. End those that you do not recognise and change your password at once.";
    this: "Questa sessione", "This session";
    unknown_browser: "Browser sconosciuto", "Unknown browser";
    opened: "Aperta", "Opened";
    used: "Ultimo uso", "Last used";
    network: "Rete", "Network";
    services: "Servizi", "Services";
    no_services: "nessuno", "none";
    end: "Chiudi questa sessione", "End this session";
    end_others: "Chiudi tutte le altre sessioni", "End all other sessions";
    no_others_title: "Nessun’altra sessione", "No other session";
    no_others: "Non sei entrato da nessun altro browser.", "You are not signed in from any other browser.";
    services_stay: "Chiudere una sessione impedisce nuovi accessi da lì senza password. I servizi in cui eri già entrato possono tenerti collegato fino alla loro scadenza.",
        "Ending a session stops new sign-ins from there without a password. Services that you had already entered may keep you signed in until they end it themselves.";
    done_one: "La sessione è stata chiusa.", "The session was ended.";
    done_others: "Tutte le altre sessioni sono state chiuse.", "All other sessions were ended.";
    done_password: "La password è cambiata. Tutte le altre sessioni e gli accessi cominciati con la vecchia password sono stati chiusi.",
        "Your password has changed. All other sessions, and sign-ins begun with the old password, were ended.";
    sign_out: "Esci", "Sign out";
    factors_title: "I tuoi modi di accesso", "Your ways to sign in";
    factors: "Vedi, aggiungi o rimuovi i tuoi modi di accesso", "See, add or remove your ways to sign in";
    inactive_title: "Account con OTP abilitato ma non ancora attivato", "Account with one-time codes enabled but not activated yet";
    inactive: "Hai un codice di attivazione: con quello colleghi l’app dei codici monouso, ed entri anche nei servizi che chiedono SpidL2.",
        "You have an activation code: with it you link the app for one-time codes, and enter services that ask for SpidL2 too.";
    inactive_go: "Attiva adesso i codici monouso", "Activate one-time codes now";
    profile_title: "I tuoi dati", "Your data";
    profile_link: "Cambia il numero di telefono registrato", "Change the telephone number on record";
    pincode_title: "Il tuo pincode", "Your pincode";
    pincode_link: "Crea o cambia il pincode per le operazioni", "Make or change the pincode for operations";
    activity_link: "Vedi gli ultimi accessi e gli avvisi", "See your last sign-ins and notices";
    activity_title: "Ultimi accessi e avvisi", "Last sign-ins and notices";
    activity_lead: "Qui vedi dove è stata usata la tua identità e di che cosa ti abbiamo avvisato. Se qualcosa non è opera tua, cambia subito la password.",
        "Here you see where your identity was used, and what we told you of. If any of it is not your doing, change your password at once.";
    logins_title: "Ultimi accessi ai servizi", "Last sign-ins to services";
    logins_none: "Nessun accesso a un servizio.", "No sign-in to a service.";
    logins_more: "Sono mostrati gli ultimi 20. Per quelli di prima rivolgiti all’assistenza: il registro li conserva per 24 mesi.",
        "The last 20 are shown. For those from before turn to those who help: the register keeps them for 24 months.";
    login_when: "Quando", "When";
    login_how: "Come", "How";
    login_refused: "non concluso: al servizio non è stato detto chi sei", "not completed: the service was not told who you are";
    notices_title: "Avvisi che ti abbiamo mandato", "Notices that we sent you";
    notices_lead: "Sono partiti per email o SMS; restano qui per sei mesi, anche se qualcuno li cancella dalla tua posta.",
        "They left by mail or SMS; they stay here for six months, even if somebody deletes them from your mailbox.";
    notices_none: "Nessun avviso negli ultimi sei mesi.", "No notice in the last six months.";
    password_title: "Cambia la password", "Change your password";
    password_lead: "La nuova password vale subito. Tutte le altre sessioni verranno chiuse: negli altri browser dovrai entrare di nuovo.",
        "The new password holds at once. All other sessions will be ended: in other browsers you will have to sign in again.";
    username: "Nome utente", "Username";
    present: "Password attuale", "Present password";
    new: "Nuova password", "New password";
    new_help: "Almeno 12 caratteri, di qualunque tipo. Non una delle più comuni e senza il tuo nome utente.",
        "At least 12 characters, of any kind. None of the most common ones, and without your username.";
    again: "Ripeti la nuova password", "Repeat the new password";
    change: "Cambia la password", "Change the password";
    back: "Torna alle sessioni", "Back to your sessions";
    show: "Mostra la password", "Show the password";
    hide: "Nascondi la password", "Hide the password";
    password_missing: "Compila tutti i campi obbligatori.", "Fill in all the required fields.";
    password_different: "Le due nuove password non sono uguali: scrivile di nuovo.",
        "The two new passwords are not the same: type them again.";
    password_same: "La nuova password è uguale a quella attuale: scegline un’altra.",
        "The new password is the present one: choose another.";
    password_short: "La nuova password è troppo corta: servono almeno 12 caratteri.",
        "The new password is too short: at least 12 characters are needed.";
    password_long: "La nuova password è troppo lunga: al massimo 128 caratteri.",
        "The new password is too long: at most 128 characters.";
    password_common: "La nuova password è tra quelle che si provano per prime: scegline un’altra.",
        "The new password is one of those that are tried first: choose another.";
    password_like_name: "La nuova password contiene il tuo nome utente: scegline un’altra.",
        "The new password contains your username: choose another.";
    password_wrong: "La password attuale non è corretta.", "The present password is not correct.";
}

/// How long ago something was: now, minutes, hours, days.
#[must_use]
pub fn ago(language: Language, seconds: u64) -> String {
    let (count, it, en) = match seconds {
        0..60 => {
            return match language {
                Language::It => "ora".into(),
                Language::En => "now".into(),
            };
        }
        60..3600 => (seconds / 60, ("minuto", "minuti"), ("minute", "minutes")),
        3600..86_400 => (seconds / 3600, ("ora", "ore"), ("hour", "hours")),
        _ => (seconds / 86_400, ("giorno", "giorni"), ("day", "days")),
    };
    let one = |(one, many): (&'static str, &'static str)| if count == 1 { one } else { many };
    match language {
        Language::It => format!("{count} {} fa", one(it)),
        Language::En => format!("{count} {} ago", one(en)),
    }
}

/// When the present password may be tried again.
#[must_use]
pub fn wait(language: Language, seconds: u64) -> String {
    let time = duration(language, seconds);
    match language {
        Language::It => format!("Troppi tentativi ravvicinati. Riprova fra {time}."),
        Language::En => format!("Too many attempts in a short time. Try again in {time}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_whole_units() {
        for (seconds, it, en) in [
            (0, "ora", "now"),
            (59, "ora", "now"),
            (60, "1 minuto fa", "1 minute ago"),
            (3599, "59 minuti fa", "59 minutes ago"),
            (3600, "1 ora fa", "1 hour ago"),
            (86_399, "23 ore fa", "23 hours ago"),
            (2 * 86_400, "2 giorni fa", "2 days ago"),
        ] {
            assert_eq!(ago(Language::It, seconds), it);
            assert_eq!(ago(Language::En, seconds), en);
        }
    }
}
