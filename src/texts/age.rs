//! What is said to who is not of the age that a service wants (spid-saml §4, minors).

use crate::texts::language::Language;

/// The heading.
#[must_use]
pub fn title(language: Language) -> &'static str {
    match language {
        Language::It => "Età non ammessa",
        Language::En => "Age not admitted",
    }
}

/// The words that the rules prescribe, in Italian verbatim; without the name where it is not known.
#[must_use]
pub fn said(language: Language, name: Option<&str>, service: &str) -> String {
    let name = name.map(|name| format!(" {name}")).unwrap_or_default();
    match language {
        Language::It => format!(
            "Spiacente{name}, ma non hai l’età richiesta da {service} per accedere al servizio"
        ),
        Language::En => format!(
            "Sorry{name}, but you are not of the age that {service} requires for access to the service"
        ),
    }
}

/// What the person can do now.
#[must_use]
pub fn now(language: Language) -> &'static str {
    match language {
        Language::It => {
            "Il servizio saprà soltanto che l’accesso non è riuscito: non riceve la tua data di nascita né altri dati. Se la data di nascita registrata con la tua identità non è giusta, rivolgiti a chi te l’ha rilasciata."
        }
        Language::En => {
            "The service will only know that the sign-in failed: it receives neither your date of birth nor other data. If the date of birth recorded with your identity is wrong, turn to whoever issued it to you."
        }
    }
}
