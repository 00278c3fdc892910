//! SPID's error table, whole (spid-saml §3): of each number, what the case is, who causes it, who is
//! told in what words, what the person can do, and what the service provider's developer.
//!
//! `docs/errors.md` is made from it. 24 is reserved; 26 to 29 belong to the issuing of identities and
//! 771 and 772 to signatures with SPID: nothing here causes those.

use crate::saml::errors::row::{Both, Cause, Row, Words};
use crate::saml::status::{SUCCESS, Status, Tell};

/// SPID's table, by number (spid-saml §3). The rules print a top-level code for 26 to 29 nowhere:
/// they are told like the other failures of authentication.
pub const TABLE: &[Row] = &[
    Row {
        number: 1,
        case: "authentication succeeded",
        cause: Cause::Nobody,
        tell: Tell::Registered,
        status: Some(SUCCESS),
        http: 200,
        words: None,
    },
    ours(
        2,
        "the system is not available (request by HTTP-POST)",
        None,
        (
            "Il sistema di autenticazione in questo momento non risponde.",
            "The authentication system does not answer at this moment.",
        ),
    ),
    ours(
        3,
        "the system failed (request by HTTP-Redirect, or later in the login)",
        Some("Sistema di autenticazione non disponibile - Riprovare più tardi"),
        (
            "C’è stato un errore nel sistema di autenticazione.",
            "There was an error in the authentication system.",
        ),
    ),
    page(
        4,
        "the binding's format is wrong: a parameter is missing, repeated or unreadable",
        Some(WRONG_FORMAT),
        (
            "Nella richiesta del servizio manca una parte, oppure una parte è ripetuta o illeggibile.",
            "A part of the service’s request is missing, repeated or unreadable.",
        ),
        (
            "Manda SAMLRequest una volta sola; con HTTP-Redirect anche SigAlg e Signature, con il messaggio compresso (DEFLATE) e in base64.",
            "Send SAMLRequest once; by HTTP-Redirect also SigAlg and Signature, with the message compressed (DEFLATE) and in base64.",
        ),
    ),
    page(
        5,
        "the signature does not hold (HTTP-Redirect)",
        Some(
            "Impossibile stabilire l'autenticità della richiesta di autenticazione - Contattare il gestore del servizio",
        ),
        (
            "La firma della richiesta non è valida: non possiamo sapere se arriva davvero dal servizio.",
            "The signature of the request is not valid: we cannot know whether it really comes from the service.",
        ),
        (
            "Firma i byte della query esattamente come li mandi (SAMLRequest, RelayState, SigAlg), con la chiave del tuo metadata registrato e almeno SHA-256.",
            "Sign the octets of the query exactly as you send them (SAMLRequest, RelayState, SigAlg), with the key of your registered metadata and at least SHA-256.",
        ),
    ),
    page(
        6,
        "the binding does not go with the HTTP method or the endpoint",
        Some("Formato richiesta non ricevibile - Contattare il gestore del servizio"),
        (
            "La richiesta è arrivata in un modo che questo indirizzo non accetta.",
            "The request arrived in a way that this address does not accept.",
        ),
        (
            "HTTP-Redirect è un GET con il messaggio nella query; HTTP-POST è un POST con il messaggio in un modulo.",
            "HTTP-Redirect is a GET with the message in the query; HTTP-POST is a POST with the message in a form.",
        ),
    ),
    page(
        7,
        "the signature does not hold (HTTP-POST)",
        Some(WRONG_FORMAT),
        (
            "La firma della richiesta non è valida: non possiamo sapere se arriva davvero dal servizio.",
            "The signature of the request is not valid: we cannot know whether it really comes from the service.",
        ),
        (
            "Metti una firma XML subito dopo Issuer, con exclusive C14N e almeno SHA-256, fatta con la chiave del tuo metadata registrato, e non toccare il messaggio dopo averlo firmato.",
            "Put one XML signature right after Issuer, with exclusive C14N and at least SHA-256, made with the key of your registered metadata, and do not touch the message once it is signed.",
        ),
    ),
    told(
        8,
        "the request is not SAML as the rules want it",
        requester(None, "ErrorCode nr08"),
        (
            "La richiesta non è scritta come vogliono le regole SAML.",
            "The request is not written as the SAML rules want it.",
        ),
        (
            "Confronta la richiesta con lo schema SAML: elementi, ordine, valori booleani, ForceAuthn vero sopra SpidL1.",
            "Hold the request against the SAML schema: elements, their order, booleans, ForceAuthn true above SpidL1.",
        ),
    ),
    told(
        9,
        "Version is missing or not 2.0",
        Status { code: VERSION_MISMATCH, sub: None, message: Some("ErrorCode nr09") },
        (
            "La richiesta usa una versione delle regole che non è la 2.0.",
            "The request uses a version of the rules other than 2.0.",
        ),
        ("Scrivi Version=\"2.0\".", "Write Version=\"2.0\"."),
    ),
    page(
        10,
        "Issuer is missing, malformed, unknown or not the signer",
        Some(WRONG_FORMAT),
        (
            "Il servizio che ha inviato la richiesta non è riconosciuto.",
            "The service that sent the request is not recognised.",
        ),
        (
            "In Issuer scrivi l’entityID del metadata registrato, con Format “entity” e NameQualifier.",
            "In Issuer write the entityID of the registered metadata, with Format “entity” and NameQualifier.",
        ),
    ),
    told(
        11,
        "ID is missing, malformed or used before",
        requester(None, "ErrorCode nr11"),
        (
            "L’identificativo della richiesta manca, non è valido o è già stato usato.",
            "The identifier of the request is missing, not valid, or was used already.",
        ),
        (
            "Dai a ogni richiesta un ID nuovo che cominci con una lettera o con _.",
            "Give each request a new ID that begins with a letter or with _.",
        ),
    ),
    Row {
        http: 403,
        words: Some(Words {
            prescribed: Some("Autenticazione SPID non conforme o non specificata"),
            title: BAD_REQUEST,
            what: (
                "Il servizio non ha indicato in modo corretto il livello di sicurezza richiesto.",
                "The service did not state correctly the level of security that it requires.",
            ),
            now: TELL_SERVICE,
            developer: (
                "In RequestedAuthnContext metti Comparison e un solo AuthnContextClassRef fra i tre di SPID, https://www.spid.gov.it/SpidL1, SpidL2 o SpidL3.",
                "In RequestedAuthnContext put Comparison and a single AuthnContextClassRef of the three of SPID, https://www.spid.gov.it/SpidL1, SpidL2 or SpidL3.",
            ),
        }),
        ..told(
            12,
            "RequestedAuthnContext is missing, malformed or not SPID's",
            requester(Some(NO_AUTHN_CONTEXT), "ErrorCode nr12"),
            ("", ""),
            ("", ""),
        )
    },
    told(
        13,
        "IssueInstant is missing, malformed or not coherent with the arrival",
        requester(Some(REQUEST_DENIED), "ErrorCode nr13"),
        (
            "La richiesta è troppo vecchia, oppure l’orologio del servizio non è giusto.",
            "The request is too old, or the clock of the service is not right.",
        ),
        (
            "Scrivi l’istante in UTC, come 2017-03-05T18:03:10.531Z, e tieni l’orologio sincronizzato (NTP).",
            "Write the instant in UTC, as in 2017-03-05T18:03:10.531Z, and keep your clock synchronised (NTP).",
        ),
    ),
    told(
        14,
        "Destination is missing, malformed or not this provider",
        requester(Some(REQUEST_UNSUPPORTED), "ErrorCode nr14"),
        (
            "La richiesta era destinata a un altro gestore di identità.",
            "The request was meant for another identity provider.",
        ),
        (
            "In Destination scrivi la Location di SingleSignOnService del metadata di questo gestore.",
            "In Destination write the Location of SingleSignOnService in this provider's metadata.",
        ),
    ),
    told(
        15,
        "IsPassive is true",
        requester(Some(NO_PASSIVE), "ErrorCode nr15"),
        (
            "Il servizio chiede di riconoscerti senza mostrarti alcuna pagina, cosa che le regole non ammettono.",
            "The service asks to recognise you without showing you any page, which the rules do not allow.",
        ),
        ("Togli IsPassive dalla richiesta.", "Take IsPassive out of the request."),
    ),
    Row {
        tell: Tell::DefaultConsumer,
        ..told(
            16,
            "the place for the answer is not one of the metadata's, or is named twice or not at all",
            requester(Some(REQUEST_UNSUPPORTED), "ErrorCode nr16"),
            (
                "Il servizio vuole ricevere la risposta a un indirizzo che non ha registrato.",
                "The service wants to receive the response at an address that it has not registered.",
            ),
            (
                "Usa AssertionConsumerServiceIndex da solo, oppure AssertionConsumerServiceURL con ProtocolBinding HTTP-POST, esattamente come nel metadata.",
                "Use AssertionConsumerServiceIndex alone, or AssertionConsumerServiceURL with ProtocolBinding HTTP-POST, exactly as in the metadata.",
            ),
        )
    },
    told(
        17,
        "NameIDPolicy/@Format is missing or not transient",
        requester(Some(REQUEST_UNSUPPORTED), "ErrorCode nr17"),
        (
            "Il servizio chiede un tipo di identificativo che non possiamo dare.",
            "The service asks for a kind of identifier that we cannot give.",
        ),
        (
            "Chiedi il formato urn:oasis:names:tc:SAML:2.0:nameid-format:transient, senza AllowCreate.",
            "Ask for the format urn:oasis:names:tc:SAML:2.0:nameid-format:transient, without AllowCreate.",
        ),
    ),
    told(
        18,
        "AttributeConsumingServiceIndex is malformed or not in the metadata",
        requester(Some(REQUEST_UNSUPPORTED), "ErrorCode nr18"),
        (
            "Il servizio chiede un insieme di dati che non ha registrato.",
            "The service asks for a set of data that it has not registered.",
        ),
        (
            "Usa l’indice di un AttributeConsumingService del metadata registrato.",
            "Use the index of an AttributeConsumingService of the registered metadata.",
        ),
    ),
    ended(
        19,
        "wrong credentials, again and again",
        403,
        "ErrorCode nr19",
        Words {
            prescribed: None,
            title: ("Troppi tentativi non riusciti", "Too many failed attempts"),
            what: (
                "Le credenziali sono state inserite in modo errato troppe volte e l’accesso è stato interrotto.",
                "Wrong credentials were entered too many times and the sign-in was stopped.",
            ),
            now: (
                "Torna al servizio e riprova con calma. Se non ricordi la password o non hai più il telefono, rivolgiti a chi ti ha dato le credenziali. Se i tentativi non erano tuoi, segnalalo subito.",
                "Go back to the service and try again without haste. If you do not remember the password or no longer have the phone, turn to whoever gave you your credentials. If the attempts were not yours, report it at once.",
            ),
            developer: SAY_SO,
        },
    ),
    ended(
        20,
        "the person has no credentials of the level asked for",
        403,
        "ErrorCode nr20",
        Words {
            prescribed: None,
            title: (
                "Serve un livello di sicurezza più alto",
                "A higher level of security is needed",
            ),
            what: (
                "Il servizio richiede un livello che le tue credenziali non raggiungono.",
                "The service requires a level that your credentials do not reach.",
            ),
            now: (
                "Chiedi a chi ti ha dato le credenziali come attivare il livello richiesto.",
                "Ask whoever gave you your credentials how to activate the level required.",
            ),
            developer: (
                "Spiega alla persona quale livello serve; se puoi, offri un servizio ridotto a un livello più basso.",
                "Tell the person which level is needed; if you can, offer less at a lower level.",
            ),
        },
    ),
    ended(
        21,
        "time was up during the authentication",
        403,
        "ErrorCode nr21",
        Words {
            prescribed: None,
            title: ("Tempo scaduto", "Time is up"),
            what: (
                "L’accesso non è stato completato in tempo.",
                "The sign-in was not completed in time.",
            ),
            now: START_AGAIN,
            developer: SAY_SO,
        },
    ),
    ended(
        22,
        "the person denied consent to send the data",
        200,
        "ErrorCode nr22",
        Words {
            prescribed: None,
            title: (
                "Non hai acconsentito all’invio dei dati",
                "You did not agree to send the data",
            ),
            what: (
                "Il servizio non ha ricevuto alcun tuo dato e senza quei dati non può farti entrare.",
                "The service received none of your data, and without them it cannot let you in.",
            ),
            now: START_AGAIN,
            developer: (
                "Spiega perché servono quei dati, e chiedi solo quelli che servono.",
                "Explain what the data are for, and ask only for those that you need.",
            ),
        },
    ),
    ended(
        23,
        "the identity is suspended or revoked, or its credentials are blocked",
        403,
        "ErrorCode nr23",
        Words {
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
            developer: SAY_SO,
        },
    ),
    ended(
        25,
        "the person cancelled",
        200,
        "ErrorCode nr25",
        Words {
            prescribed: None,
            title: ("Accesso annullato", "Sign-in cancelled"),
            what: (
                "Hai annullato l’accesso: il servizio non ha ricevuto alcun tuo dato.",
                "You cancelled the sign-in: the service received none of your data.",
            ),
            now: START_AGAIN,
            developer: SAY_SO,
        },
    ),
    ended(26, "an identity was issued", 200, "ErrorCode nr26", ISSUING),
    ended(27, "an identity is there already", 200, "ErrorCode nr27", ISSUING),
    ended(28, "the issuing of an identity was cancelled", 200, "ErrorCode nr28", ISSUING),
    ended(29, "an identity was not issued", 200, "ErrorCode nr29", ISSUING),
    ended(
        30,
        "the identity is of another type than the purpose wants",
        403,
        "ErrorCode nr30",
        Words {
            prescribed: None,
            title: ("Tipo di identità non adatto", "The kind of identity does not fit"),
            what: (
                "Il servizio richiede un altro tipo di identità, ad esempio a uso professionale invece che personale.",
                "The service requires another kind of identity, for instance for professional instead of personal use.",
            ),
            now: (
                "Riprova con un’identità del tipo richiesto, oppure chiedi al servizio quale tipo accetta.",
                "Try again with an identity of the kind required, or ask the service which kind it accepts.",
            ),
            developer: (
                "Controlla spid:Purpose nelle Extensions (Avviso 18) e spiega alla persona quale identità serve.",
                "Check spid:Purpose in the Extensions (Avviso 18), and tell the person which identity is needed.",
            ),
        },
    ),
    ended(
        771,
        "consent to a mandatory signature was denied",
        200,
        "ErrorCode nr771",
        Words {
            prescribed: None,
            title: ("Firma rifiutata", "Signature denied"),
            what: (
                "Il servizio chiede una firma che non è stata concessa.",
                "The service asks for a signature that was not granted.",
            ),
            now: START_AGAIN,
            developer: SIGNING,
        },
    ),
    ended(
        772,
        "the document to sign is missing",
        200,
        "ErrorCode nr772",
        Words {
            prescribed: None,
            title: ("Manca il documento da firmare", "The document to sign is missing"),
            what: (
                "Il servizio chiede di firmare un documento che non ha mandato.",
                "The service asks for the signature of a document that it did not send.",
            ),
            now: TELL_SERVICE,
            developer: SIGNING,
        },
    ),
];

/// A fault that only the browser hears of, with words that the rules prescribe if they do.
const fn page(
    number: u16,
    case: &'static str,
    prescribed: Option<&'static str>,
    what: Both,
    developer: Both,
) -> Row {
    Row {
        number,
        case,
        cause: Cause::ServiceProvider,
        tell: Tell::Browser,
        status: None,
        http: 403,
        words: Some(Words { prescribed, title: BAD_REQUEST, what, now: TELL_SERVICE, developer }),
    }
}

/// A failure of our own.
const fn ours(
    number: u16,
    case: &'static str,
    prescribed: Option<&'static str>,
    what: Both,
) -> Row {
    let developer = NOT_YOURS;
    Row {
        number,
        case,
        cause: Cause::IdentityProvider,
        tell: Tell::Browser,
        status: None,
        http: 500,
        words: Some(Words { prescribed, title: UNAVAILABLE, what, now: LATER, developer }),
    }
}

/// A fault of the request that the service provider hears of.
const fn told(number: u16, case: &'static str, status: Status, what: Both, developer: Both) -> Row {
    Row {
        number,
        case,
        cause: Cause::ServiceProvider,
        tell: Tell::Registered,
        status: Some(status),
        http: 200,
        words: Some(Words {
            prescribed: None,
            title: BAD_REQUEST,
            what,
            now: TELL_SERVICE,
            developer,
        }),
    }
}

/// A login that ended without a name.
const fn ended(
    number: u16,
    case: &'static str,
    http: u16,
    message: &'static str,
    words: Words,
) -> Row {
    Row {
        number,
        case,
        cause: Cause::Person,
        tell: Tell::Registered,
        status: Some(Status { code: RESPONDER, sub: Some(AUTHN_FAILED), message: Some(message) }),
        http,
        words: Some(words),
    }
}

const fn requester(sub: Option<&'static str>, message: &'static str) -> Status {
    Status { code: REQUESTER, sub, message: Some(message) }
}

const BAD_REQUEST: Both =
    ("La richiesta del servizio non è valida", "The service’s request is not valid");

const TELL_SERVICE: Both = (
    "Non dipende da te e i tuoi dati sono al sicuro. Torna al servizio e riprova; se succede ancora, segnala il problema a chi gestisce il servizio e comunica il codice per l’assistenza.",
    "It is not your fault and your data are safe. Go back to the service and try again; if it happens again, report the problem to whoever runs the service and give them the support code.",
);

/// What to do when we failed.
pub(super) const LATER: Both = (
    "Riprova fra qualche minuto. Se il problema continua, chiedi assistenza e comunica il codice qui sotto.",
    "Try again in a few minutes. If the problem goes on, ask for assistance and give the code below.",
);

const START_AGAIN: Both = (
    "Torna al servizio e ricomincia l’accesso quando vuoi.",
    "Go back to the service and start signing in again whenever you like.",
);

const UNAVAILABLE: Both = ("Sistema non disponibile", "System not available");

const NOT_SIGNED_IN: Both = ("Accesso non riuscito", "Not signed in");

const WRONG_FORMAT: &str = "Formato richiesta non corretto - Contattare il gestore del servizio";

const NOT_YOURS: Both = (
    "La richiesta non c’entra: riprova più tardi e non contare questo errore come un rifiuto.",
    "The request has nothing to do with it: try again later, and do not count this as a refusal.",
);

const SAY_SO: Both = (
    "Mostra alla persona che cosa è successo e offri di ricominciare.",
    "Tell the person what happened, and offer to start again.",
);

const ISSUING: Words = Words {
    prescribed: None,
    title: NOT_SIGNED_IN,
    what: (
        "La procedura riguarda il rilascio di un’identità, non un accesso.",
        "The procedure is about the issuing of an identity, not about signing in.",
    ),
    now: START_AGAIN,
    developer: (
        "Questo gestore non rilascia identità attraverso una richiesta di autenticazione.",
        "This provider does not issue identities by way of an authentication request.",
    ),
};

const SIGNING: Both = (
    "Questo gestore non offre la firma con SPID.",
    "This provider does not offer signatures with SPID.",
);

const REQUESTER: &str = "urn:oasis:names:tc:SAML:2.0:status:Requester";
const RESPONDER: &str = "urn:oasis:names:tc:SAML:2.0:status:Responder";
const VERSION_MISMATCH: &str = "urn:oasis:names:tc:SAML:2.0:status:VersionMismatch";
const AUTHN_FAILED: &str = "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed";
const NO_AUTHN_CONTEXT: &str = "urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext";
const NO_PASSIVE: &str = "urn:oasis:names:tc:SAML:2.0:status:NoPassive";
const REQUEST_DENIED: &str = "urn:oasis:names:tc:SAML:2.0:status:RequestDenied";
const REQUEST_UNSUPPORTED: &str = "urn:oasis:names:tc:SAML:2.0:status:RequestUnsupported";
