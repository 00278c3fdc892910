//! What the rules want of each number: spid-saml §3, typed in here and taken from nowhere else.

/// What must come of a case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) number: u16,
    pub(crate) outcome: Outcome,
    /// The words that the rules prescribe for the screen.
    pub(crate) screen: Option<&'static str>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    /// The person reads a page with this HTTP status, and nothing goes to the service provider.
    Page { http: u16 },
    /// The service provider is told.
    Told { code: &'static str, sub: Option<&'static str>, at_default: bool },
    /// A name and an assertion.
    Success,
}

pub(crate) fn of(number: u16) -> Option<&'static Expected> {
    TABLE.iter().find(|row| row.number == number)
}

const fn page(number: u16, http: u16, screen: Option<&'static str>) -> Expected {
    Expected { number, outcome: Outcome::Page { http }, screen }
}

const fn told(number: u16, code: &'static str, sub: Option<&'static str>) -> Expected {
    Expected { number, outcome: Outcome::Told { code, sub, at_default: false }, screen: None }
}

const FORMAT: Option<&str> =
    Some("Formato richiesta non corretto - Contattare il gestore del servizio");

pub(crate) const TABLE: [Expected; 25] = [
    Expected { number: 1, outcome: Outcome::Success, screen: None },
    page(2, 500, None),
    page(3, 500, Some("Sistema di autenticazione non disponibile - Riprovare più tardi")),
    page(4, 403, FORMAT),
    page(
        5,
        403,
        Some(
            "Impossibile stabilire l'autenticità della richiesta di autenticazione - Contattare il gestore del servizio",
        ),
    ),
    page(6, 403, Some("Formato richiesta non ricevibile - Contattare il gestore del servizio")),
    page(7, 403, FORMAT),
    told(8, "Requester", None),
    told(9, "VersionMismatch", None),
    page(10, 403, FORMAT),
    told(11, "Requester", None),
    Expected {
        screen: Some("Autenticazione SPID non conforme o non specificata"),
        ..told(12, "Requester", Some("NoAuthnContext"))
    },
    told(13, "Requester", Some("RequestDenied")),
    told(14, "Requester", Some("RequestUnsupported")),
    told(15, "Requester", Some("NoPassive")),
    Expected {
        number: 16,
        outcome: Outcome::Told {
            code: "Requester",
            sub: Some("RequestUnsupported"),
            at_default: true,
        },
        screen: None,
    },
    told(17, "Requester", Some("RequestUnsupported")),
    told(18, "Requester", Some("RequestUnsupported")),
    told(19, "Responder", Some("AuthnFailed")),
    told(20, "Responder", Some("AuthnFailed")),
    told(21, "Responder", Some("AuthnFailed")),
    told(22, "Responder", Some("AuthnFailed")),
    Expected {
        screen: Some("Credenziali sospese o revocate"),
        ..told(23, "Responder", Some("AuthnFailed"))
    },
    told(25, "Responder", Some("AuthnFailed")),
    told(30, "Responder", Some("AuthnFailed")),
];
