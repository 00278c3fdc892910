//! Words of the pages on which a person proves who they are.

use crate::texts::common::duration;
use crate::texts::factors;
use crate::texts::language::Language;
use crate::texts::table::table;

table! {
    title: "Accedi", "Sign in";
    own_title: "Accedi alla tua area personale", "Sign in to your own pages";
    lead: "Entra con le tue credenziali.", "Enter with your credentials.";
    username: "Nome utente", "Username";
    username_help: "Il nome utente, il codice fiscale o l’indirizzo email.",
        "Your username, fiscal code or email address.";
    password: "Password", "Password";
    show: "Mostra la password", "Show the password";
    hide: "Nascondi la password", "Hide the password";
    enter: "Entra", "Sign in";
    otp_title: "Accedi con password e OTP", "Sign in with password and OTP";
    code_field: "OTP (codice di 6 cifre dell’app)", "OTP (6-digit code of the app)";
    otp_help: "Obbligatorio solo per chi ha attivato i codici monouso.", "Required only of those who activated one-time codes.";
    otp_what: "Che cos’è?", "What is it?";
    by_card: "Entra con la smart card", "Sign in with a smart card";
    by_passkey: "Entra con una passkey", "Sign in with a passkey";
    by_qr: "Entra con il telefono e un codice QR", "Sign in with your phone and a QR code";
    totp_title: "Inserisci il codice monouso", "Enter the one-time code";
    totp_lead: "Apri sul telefono l’app con cui hai attivato i codici e scrivi qui quello che vedi.",
        "On your phone, open the app with which you activated the codes and type here the one you see.";
    totp_source: "Non riceverai alcun SMS: il codice lo generi tu con l’app.",
        "You will not get a text message: you generate the code yourself with the app.";
    code: "Codice di 6 cifre", "6-digit code";
    confirm: "Conferma", "Confirm";
    device_title: "Non hai il telefono con te o il codice non funziona?",
        "Don’t have your phone, or the code does not work?";
    device_clock: "Controlla che data e ora del telefono siano impostate in automatico: i codici dipendono dall’ora.",
        "Check that date and time of your phone are set automatically: the codes depend on the time.";
    device_next: "Ogni codice vale una volta sola: se l’hai già usato, aspetta il successivo.",
        "Each code works once: if you have used it already, wait for the next one.";
    device_lost: "Se hai perso o cambiato il telefono, collega l’app a quello nuovo dalla pagina di recupero.",
        "If you lost or changed your phone, link the app to the new one from the recovery page.";
}

/// How long a code is valid.
#[must_use]
pub fn code_period(language: Language, seconds: u64) -> String {
    let time = duration(language, seconds);
    match language {
        Language::It => format!("Ogni codice vale {time}, poi l’app ne mostra uno nuovo."),
        Language::En => {
            format!("Each code is valid for {time}; then the app shows a new one.")
        }
    }
}

/// What did not hold, on the page where it is asked again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Problem {
    /// A field was left empty.
    Missing,
    /// The username or the password; nobody is told which.
    Credentials {
        /// How many attempts this login has left.
        left: u32,
    },
    /// The same where the one-time code is asked for on the same page.
    CredentialsOrCode {
        /// How many attempts this login has left.
        left: u32,
    },
    /// The one-time code is not the current one, or was used already.
    Code {
        /// How many attempts this login has left.
        left: u32,
    },
    /// It does not look like a code: no attempt was counted.
    CodeShape {
        /// How many digits a code has.
        digits: u32,
    },
    /// The recovery code is not one of the person's, or was used already.
    Recovery {
        /// How many attempts this login has left.
        left: u32,
    },
    /// It does not look like a recovery code: no attempt was counted.
    RecoveryShape,
    /// The passkey is none of the person's, or its answer does not hold.
    Passkey {
        /// How many attempts this login has left.
        left: u32,
    },
    /// No passkey came, or too late: no attempt was counted.
    PasskeyNone,
    /// The code is not that of the latest SMS, or is too old.
    Sms {
        /// How many attempts this login has left.
        left: u32,
    },
    /// No SMS was sent: one has just left.
    SmsWait {
        /// Seconds to wait.
        seconds: u64,
    },
    /// No SMS was sent: too many have left today.
    SmsSpent,
    /// The person has not answered on their phone yet: no attempt was counted.
    PhoneNotAnswered,
    /// It was denied on the phone.
    PhoneDenied {
        /// How many attempts this login has left.
        left: u32,
    },
    /// What the phone was asked can be answered no more.
    PhoneOver,
    /// The phone was not asked: it has just been.
    PhoneWait {
        /// Seconds to wait.
        seconds: u64,
    },
    /// The phone was not asked: its person reported a request.
    PhoneLocked,
    /// The code is not that of the app that is being added: no attempt was counted.
    NewCode,
    /// The activation code is not the one given.
    Activation {
        /// How many attempts this login has left.
        left: u32,
    },
    /// Attempts come too fast; this one was not looked at.
    TooSoon {
        /// Seconds to wait.
        seconds: u64,
    },
    /// The page was open too long, or comes from another one: nothing was looked at.
    Stale,
}

/// Says `problem` to the person.
#[must_use]
pub fn problem(language: Language, problem: Problem) -> String {
    use Language::{En, It};
    match (language, problem) {
        (It, Problem::Missing) => "Compila tutti i campi obbligatori.".into(),
        (En, Problem::Missing) => "Fill in all the required fields.".into(),
        (It, Problem::Credentials { left }) => {
            format!("Nome utente o password non corretti. {}", left_it(left))
        }
        (En, Problem::Credentials { left }) => {
            format!("Wrong username or password. {}", left_en(left))
        }
        (It, Problem::CredentialsOrCode { left }) => {
            format!("Nome utente, password o codice non corretti. {}", left_it(left))
        }
        (En, Problem::CredentialsOrCode { left }) => {
            format!("Wrong username, password or code. {}", left_en(left))
        }
        (It, Problem::Code { left }) => format!(
            "Il codice non è valido: può essere scaduto o già usato. Aspetta il prossimo e scrivilo qui. {}",
            left_it(left)
        ),
        (En, Problem::Code { left }) => format!(
            "The code is not valid: it may have expired or been used already. Wait for the next one and type it here. {}",
            left_en(left)
        ),
        (It, Problem::NewCode) => {
            "Il codice non è quello che l’app mostra per questa chiave. Controlla che data e ora del telefono siano automatiche, e scrivi il codice di adesso.".into()
        }
        (En, Problem::NewCode) => {
            "The code is not the one that the app shows for this key. Check that date and time of your phone are automatic, and type the code of now.".into()
        }
        (It, Problem::CodeShape { digits }) => {
            format!("Il codice è fatto di {digits} cifre: scrivile tutte.")
        }
        (En, Problem::CodeShape { digits }) => {
            format!("The code is made of {digits} digits: type all of them.")
        }
        (It, Problem::Recovery { left }) => format!(
            "Il codice di recupero non è corretto, oppure l’hai già usato. {}",
            left_it(left)
        ),
        (En, Problem::Recovery { left }) => {
            format!("The recovery code is not correct, or you have used it. {}", left_en(left))
        }
        (It, Problem::RecoveryShape) => {
            "Un codice di recupero è fatto di 10 lettere e numeri: scrivili tutti.".into()
        }
        (En, Problem::RecoveryShape) => {
            "A recovery code is made of 10 letters and digits: type all of them.".into()
        }
        (It, Problem::Passkey { left }) => format!(
            "Questa passkey non vale qui: può essere stata rimossa o appartenere a un altro account. {}",
            left_it(left)
        ),
        (En, Problem::Passkey { left }) => format!(
            "This passkey does not work here: it may have been removed or belong to another account. {}",
            left_en(left)
        ),
        (It, Problem::PasskeyNone) => {
            "Il browser non ha risposto in tempo con una passkey. Riprova.".into()
        }
        (En, Problem::PasskeyNone) => {
            "The browser did not answer with a passkey in time. Try again.".into()
        }
        (It, Problem::Sms { left }) => format!(
            "Il codice non è quello dell’ultimo SMS, oppure è passato troppo tempo. {}",
            left_it(left)
        ),
        (En, Problem::Sms { left }) => format!(
            "The code is not that of the latest text message, or it took too long. {}",
            left_en(left)
        ),
        (language, Problem::SmsWait { seconds }) => factors::sms_wait(language, seconds),
        (language, Problem::SmsSpent) => factors::words(language).sms_spent.to_owned(),
        (It, Problem::PhoneNotAnswered) => {
            "Sul telefono non c’è ancora una risposta. Approva lì la richiesta, poi premi di nuovo.".into()
        }
        (En, Problem::PhoneNotAnswered) => {
            "There is no answer on the phone yet. Approve the request there, then press again.".into()
        }
        (It, Problem::PhoneDenied { left }) => {
            format!("La richiesta è stata negata sul telefono. {}", left_it(left))
        }
        (En, Problem::PhoneDenied { left }) => {
            format!("The request was denied on the phone. {}", left_en(left))
        }
        (It, Problem::PhoneOver) => {
            "La richiesta è scaduta senza risposta. Chiedine un’altra o scegli un altro modo.".into()
        }
        (En, Problem::PhoneOver) => {
            "The request ended without an answer. Ask for another or choose another way.".into()
        }
        (It, Problem::PhoneWait { seconds }) => format!(
            "Abbiamo appena mandato una richiesta al telefono. Puoi mandarne un’altra fra {}.",
            duration(It, seconds)
        ),
        (En, Problem::PhoneWait { seconds }) => format!(
            "We have just sent a request to the phone. You can send another in {}.",
            duration(En, seconds)
        ),
        (It, Problem::PhoneLocked) => {
            "Dal telefono è stata segnalata una richiesta: per un’ora non ne mandiamo altre. Scegli un altro modo.".into()
        }
        (En, Problem::PhoneLocked) => {
            "A request was reported from the phone: for an hour we send no others. Choose another way.".into()
        }
        (It, Problem::Activation { left }) => {
            format!("Il codice di attivazione non è corretto. {}", left_it(left))
        }
        (En, Problem::Activation { left }) => {
            format!("The activation code is not correct. {}", left_en(left))
        }
        (It, Problem::TooSoon { seconds }) => {
            format!("Troppi tentativi ravvicinati. Riprova fra {}.", duration(It, seconds))
        }
        (En, Problem::TooSoon { seconds }) => {
            format!("Too many attempts in a short time. Try again in {}.", duration(En, seconds))
        }
        (It, Problem::Stale) => {
            "La pagina è rimasta aperta a lungo: inserisci di nuovo i dati.".into()
        }
        (En, Problem::Stale) => "The page was open for long: please enter the data again.".into(),
    }
}

fn left_it(left: u32) -> String {
    match left {
        0 => "Non restano altri tentativi.".into(),
        1 => "Resta un solo tentativo.".into(),
        _ => format!("Restano {left} tentativi."),
    }
}

fn left_en(left: u32) -> String {
    match left {
        0 => "There are no attempts left.".into(),
        1 => "One attempt is left.".into(),
        _ => format!("{left} attempts are left."),
    }
}
