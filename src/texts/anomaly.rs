//! What went wrong, by SPID's number (spid-saml §3): for the person, what happened and what to do.

use crate::texts::language::Language;

/// What a page says of one fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Notice {
    /// The heading.
    pub title: &'static str,
    /// The words that the SPID rules prescribe for the screen, where they do: in Italian, verbatim.
    pub prescribed: Option<&'static str>,
    /// What happened.
    pub what: &'static str,
    /// What the person can do now.
    pub now: &'static str,
}

/// What to say of fault `number`; `None` for a number that the rules do not have.
#[must_use]
pub fn anomaly(language: Language, number: u16) -> Option<Notice> {
    let row = ROWS.iter().find(|row| row.number == number)?;
    Some(match language {
        Language::It => Notice {
            title: row.title.0,
            prescribed: row.prescribed,
            what: row.what.0,
            now: row.now.0,
        },
        Language::En => {
            Notice { title: row.title.1, prescribed: None, what: row.what.1, now: row.now.1 }
        }
    })
}

/// What to say of a failure of our own that has no number.
#[must_use]
pub fn unexpected(language: Language) -> Notice {
    match language {
        Language::It => Notice {
            title: "Qualcosa non ha funzionato",
            prescribed: None,
            what: "C’è stato un errore nel nostro sistema. Nessun dato è stato inviato al servizio.",
            now: LATER.0,
        },
        Language::En => Notice {
            title: "Something went wrong",
            prescribed: None,
            what: "There was an error in our system. No data were sent to the service.",
            now: LATER.1,
        },
    }
}

/// The numbers that [`anomaly`] knows.
pub fn numbers() -> impl Iterator<Item = u16> {
    ROWS.iter().map(|row| row.number)
}

/// A text in Italian and in English.
type Both = (&'static str, &'static str);

struct Row {
    number: u16,
    prescribed: Option<&'static str>,
    title: Both,
    what: Both,
    now: Both,
}

/// A fault of the service's request, told to the person on a page.
const fn request(number: u16, prescribed: Option<&'static str>, what: Both) -> Row {
    Row { number, prescribed, title: BAD_REQUEST, what, now: TELL_SERVICE }
}

/// How a login ended.
const fn ending(number: u16, title: Both, what: Both, now: Both) -> Row {
    Row { number, prescribed: None, title, what, now }
}

const BAD_REQUEST: Both =
    ("La richiesta del servizio non è valida", "The service’s request is not valid");

const TELL_SERVICE: Both = (
    "Non dipende da te e i tuoi dati sono al sicuro. Torna al servizio e riprova; se succede ancora, segnala il problema a chi gestisce il servizio e comunica il codice per l’assistenza.",
    "It is not your fault and your data are safe. Go back to the service and try again; if it happens again, report the problem to whoever runs the service and give them the support code.",
);

const LATER: Both = (
    "Riprova fra qualche minuto. Se il problema continua, chiedi assistenza e comunica il codice qui sotto.",
    "Try again in a few minutes. If the problem goes on, ask for assistance and give the code below.",
);

const START_AGAIN: Both = (
    "Torna al servizio e ricomincia l’accesso quando vuoi.",
    "Go back to the service and start signing in again whenever you like.",
);

const UNAVAILABLE: Both = ("Sistema non disponibile", "System not available");

const WRONG_FORMAT: &str = "Formato richiesta non corretto - Contattare il gestore del servizio";

const ROWS: &[Row] = &[
    Row {
        number: 2,
        prescribed: None,
        title: UNAVAILABLE,
        what: (
            "Il sistema di autenticazione in questo momento non risponde.",
            "The authentication system does not answer at this moment.",
        ),
        now: LATER,
    },
    Row {
        number: 3,
        prescribed: Some("Sistema di autenticazione non disponibile - Riprovare più tardi"),
        title: UNAVAILABLE,
        what: (
            "C’è stato un errore nel sistema di autenticazione.",
            "There was an error in the authentication system.",
        ),
        now: LATER,
    },
    request(
        4,
        Some(WRONG_FORMAT),
        (
            "Nella richiesta del servizio manca una parte, oppure una parte è ripetuta o illeggibile.",
            "A part of the service’s request is missing, repeated or unreadable.",
        ),
    ),
    request(
        5,
        Some(
            "Impossibile stabilire l'autenticità della richiesta di autenticazione - Contattare il gestore del servizio",
        ),
        (
            "La firma della richiesta non è valida: non possiamo sapere se arriva davvero dal servizio.",
            "The signature of the request is not valid: we cannot know whether it really comes from the service.",
        ),
    ),
    request(
        6,
        Some("Formato richiesta non ricevibile - Contattare il gestore del servizio"),
        (
            "La richiesta è arrivata in un modo che questo indirizzo non accetta.",
            "The request arrived in a way that this address does not accept.",
        ),
    ),
    request(
        7,
        Some(WRONG_FORMAT),
        (
            "La firma della richiesta non è valida: non possiamo sapere se arriva davvero dal servizio.",
            "The signature of the request is not valid: we cannot know whether it really comes from the service.",
        ),
    ),
    request(
        8,
        None,
        (
            "La richiesta non è scritta come vogliono le regole SAML.",
            "The request is not written as the SAML rules want it.",
        ),
    ),
    request(
        9,
        None,
        (
            "La richiesta usa una versione delle regole che non è la 2.0.",
            "The request uses a version of the rules other than 2.0.",
        ),
    ),
    request(
        10,
        Some(WRONG_FORMAT),
        (
            "Il servizio che ha inviato la richiesta non è riconosciuto.",
            "The service that sent the request is not recognised.",
        ),
    ),
    request(
        11,
        None,
        (
            "L’identificativo della richiesta manca, non è valido o è già stato usato.",
            "The identifier of the request is missing, not valid, or was used already.",
        ),
    ),
    request(
        12,
        Some("Autenticazione SPID non conforme o non specificata"),
        (
            "Il servizio non ha indicato in modo corretto il livello di sicurezza richiesto.",
            "The service did not state correctly the level of security that it requires.",
        ),
    ),
    request(
        13,
        None,
        (
            "La richiesta è troppo vecchia, oppure l’orologio del servizio non è giusto.",
            "The request is too old, or the clock of the service is not right.",
        ),
    ),
    request(
        14,
        None,
        (
            "La richiesta era destinata a un altro gestore di identità.",
            "The request was meant for another identity provider.",
        ),
    ),
    request(
        15,
        None,
        (
            "Il servizio chiede di riconoscerti senza mostrarti alcuna pagina, cosa che le regole non ammettono.",
            "The service asks to recognise you without showing you any page, which the rules do not allow.",
        ),
    ),
    request(
        16,
        None,
        (
            "Il servizio vuole ricevere la risposta a un indirizzo che non ha registrato.",
            "The service wants to receive the response at an address that it has not registered.",
        ),
    ),
    request(
        17,
        None,
        (
            "Il servizio chiede un tipo di identificativo che non possiamo dare.",
            "The service asks for a kind of identifier that we cannot give.",
        ),
    ),
    request(
        18,
        None,
        (
            "Il servizio chiede un insieme di dati che non ha registrato.",
            "The service asks for a set of data that it has not registered.",
        ),
    ),
    ending(
        19,
        ("Troppi tentativi non riusciti", "Too many failed attempts"),
        (
            "Le credenziali sono state inserite in modo errato troppe volte e l’accesso è stato interrotto.",
            "Wrong credentials were entered too many times and the sign-in was stopped.",
        ),
        (
            "Torna al servizio e riprova con calma. Se non ricordi la password o non hai più il telefono, rivolgiti a chi ti ha dato le credenziali. Se i tentativi non erano tuoi, segnalalo subito.",
            "Go back to the service and try again without haste. If you do not remember the password or no longer have the phone, turn to whoever gave you your credentials. If the attempts were not yours, report it at once.",
        ),
    ),
    ending(
        20,
        ("Serve un livello di sicurezza più alto", "A higher level of security is needed"),
        (
            "Il servizio richiede un livello che le tue credenziali non raggiungono.",
            "The service requires a level that your credentials do not reach.",
        ),
        (
            "Chiedi a chi ti ha dato le credenziali come attivare il livello richiesto, ad esempio i codici monouso per SpidL2 o una smart card per SpidL3.",
            "Ask whoever gave you your credentials how to activate the level required, for instance one-time codes for SpidL2 or a smart card for SpidL3.",
        ),
    ),
    ending(
        21,
        ("Tempo scaduto", "Time is up"),
        ("L’accesso non è stato completato in tempo.", "The sign-in was not completed in time."),
        START_AGAIN,
    ),
    ending(
        22,
        ("Non hai acconsentito all’invio dei dati", "You did not agree to send the data"),
        (
            "Il servizio non ha ricevuto alcun tuo dato e senza quei dati non può farti entrare.",
            "The service received none of your data, and without them it cannot let you in.",
        ),
        START_AGAIN,
    ),
    Row {
        number: 23,
        prescribed: Some("Credenziali sospese o revocate"),
        title: ("Identità sospesa o revocata", "Identity suspended or revoked"),
        what: (
            "La tua identità digitale è sospesa o revocata, oppure le tue credenziali sono bloccate.",
            "Your digital identity is suspended or revoked, or your credentials are blocked.",
        ),
        now: (
            "Rivolgiti a chi ti ha dato le credenziali per sapere il motivo e come riattivarle.",
            "Turn to whoever gave you your credentials to learn why, and how to have them reactivated.",
        ),
    },
    ending(
        24,
        ("Accesso non riuscito", "Not signed in"),
        ("L’accesso non è stato completato.", "The sign-in was not completed."),
        START_AGAIN,
    ),
    ending(
        25,
        ("Accesso annullato", "Sign-in cancelled"),
        (
            "Hai annullato l’accesso: il servizio non ha ricevuto alcun tuo dato.",
            "You cancelled the sign-in: the service received none of your data.",
        ),
        START_AGAIN,
    ),
    ending(
        30,
        ("Tipo di identità non adatto", "The kind of identity does not fit"),
        (
            "Il servizio richiede un altro tipo di identità, ad esempio a uso professionale invece che personale.",
            "The service requires another kind of identity, for instance for professional instead of personal use.",
        ),
        (
            "Riprova con un’identità del tipo richiesto, oppure chiedi al servizio quale tipo accetta.",
            "Try again with an identity of the kind required, or ask the service which kind it accepts.",
        ),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_the_table_has_its_words() {
        let expected: Vec<u16> = (2..=25).chain([30]).collect();
        assert_eq!(numbers().collect::<Vec<_>>(), expected);
        assert_eq!(anomaly(Language::It, 1), None);
        assert_eq!(anomaly(Language::It, 26), None);
    }

    #[test]
    fn prescribed_words_are_said_in_italian_only() {
        let italian = anomaly(Language::It, 23).unwrap();
        assert_eq!(italian.prescribed, Some("Credenziali sospese o revocate"));
        assert_eq!(anomaly(Language::En, 23).unwrap().prescribed, None);
    }
}
