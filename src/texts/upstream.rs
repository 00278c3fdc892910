//! Words of the pages on the way back from another identity provider.

use crate::texts::common::level_means;
use crate::texts::language::Language;
use crate::texts::table::table;

table! {
    now_title: "Che cosa puoi fare ora", "What you can do now";
    again: "Riprova", "Try again";
    other: "Scegli un altro modo", "Choose another way";
    leave: "Torna al servizio senza accedere", "Go back to the service without signing in";
    leave_own: "Esci", "Leave";
    to_login: "Torna alla scelta del modo di accesso", "Go back to the choice of how to sign in";
    unproven_title: "La risposta non può essere accettata", "The answer cannot be accepted";
    unproven: "È arrivata una risposta di un gestore di identità che non è valida, è scaduta o è già stata usata. Nessuno è entrato e nessun dato è stato inviato.",
        "An answer of an identity provider came that is not valid, is too old or was used already. Nobody came in and no data were sent.";
    unproven_now: "Torna al servizio e accedi di nuovo. Se succede ancora, comunica il codice qui sotto a chi dà assistenza.",
        "Go back to the service and sign in again. If it happens again, tell the help desk the code below.";
    developer_title: "Per chi sviluppa", "For developers";
    developer_lead: "La risposta non rispetta questa regola:", "The answer breaks this rule:";
    rule: "Regola", "Rule";
    element: "Elemento", "Element";
    expected: "Atteso", "Expected";
    found: "Trovato", "Found";
    nothing: "niente", "nothing";
    support: "Codice per l’assistenza:", "Support code:";
    trial_title: "Prova di accesso riuscita", "The trial worked";
    trial_lead: "Questo è quello che un servizio riceverebbe. Nulla è stato inviato né conservato, oltre al registro che la legge chiede.",
        "This is what a service would receive. Nothing was sent or kept, but for the register that the law wants.";
    trial_issuer: "Gestore di identità", "Identity provider";
    trial_entity: "Come ci conosce", "As whom it knows us";
    trial_level: "Livello", "Level";
    trial_data: "Dati", "Data";
    trial_none: "Nessun dato personale.", "No personal data.";
}

/// What an identity provider's no, or ours to its answer, comes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Case {
    /// Too many wrong attempts there.
    TooManyAttempts,
    /// What was shown is less than was asked for.
    Level {
        /// The level that was shown, where that is known.
        reached: Option<&'static str>,
    },
    /// It took too long there.
    TimedOut,
    /// The person did not let the data be sent.
    ConsentDenied,
    /// The identity is suspended or revoked there.
    Suspended,
    /// The person gave up there.
    Cancelled,
    /// The identity is of another type.
    IdentityType,
    /// It does not take our request.
    Request,
    /// It has a fault of its own.
    Failed,
    /// The person was not asked anew.
    NotAfresh,
    /// Nobody with this fiscal code has an account.
    Unknown,
    /// It does not say the fiscal code.
    NoFiscalCode,
}

/// What happened, in the heading.
#[must_use]
pub fn title(language: Language, no: Case) -> &'static str {
    let (it, en) = match no {
        Case::TooManyAttempts => ("Troppi tentativi", "Too many attempts"),
        Case::Level { .. } => ("Il livello non basta", "The level is not enough"),
        Case::TimedOut => ("Il tempo è scaduto", "Time ran out"),
        Case::ConsentDenied => ("Dati non inviati", "Data not sent"),
        Case::Suspended => ("Identità sospesa o revocata", "Identity suspended or revoked"),
        Case::Cancelled => ("Accesso annullato", "Sign-in cancelled"),
        Case::IdentityType => ("Tipo di identità non adatto", "The kind of identity does not fit"),
        Case::Request => {
            ("Il gestore non accetta la richiesta", "The provider does not take the request")
        }
        Case::Failed => {
            ("L’accesso presso il gestore non è riuscito", "Signing in at the provider failed")
        }
        Case::NotAfresh => ("Serve un nuovo accesso", "A new sign-in is needed"),
        Case::Unknown => ("Non risulti abilitato", "You are not enabled"),
        Case::NoFiscalCode => ("Manca il codice fiscale", "The fiscal code is missing"),
    };
    pick(language, it, en)
}

/// What happened, in a sentence; `provider` is who was asked, `least` the level that would have done.
#[must_use]
pub fn what(language: Language, no: Case, provider: &str, least: Option<&str>) -> String {
    use Language::{En, It};
    match (language, no) {
        (It, Case::TooManyAttempts) => {
            format!("{provider} ha interrotto l’accesso dopo troppi tentativi errati.")
        }
        (En, Case::TooManyAttempts) => {
            format!("{provider} broke off after too many wrong attempts.")
        }
        (language, Case::Level { reached }) => level(language, provider, reached, least),
        (It, Case::TimedOut) => format!("L’accesso presso {provider} ha richiesto troppo tempo."),
        (En, Case::TimedOut) => format!("Signing in at {provider} took too long."),
        (It, Case::ConsentDenied) => {
            format!("Non hai acconsentito che {provider} invii i tuoi dati.")
        }
        (En, Case::ConsentDenied) => format!("You did not agree that {provider} sends your data."),
        (It, Case::Suspended) => format!(
            "Per {provider} la tua identità è sospesa o revocata, oppure le credenziali sono bloccate."
        ),
        (En, Case::Suspended) => format!(
            "According to {provider} your identity is suspended or revoked, or your credentials are blocked."
        ),
        (It, Case::Cancelled) => format!("Hai annullato l’accesso presso {provider}."),
        (En, Case::Cancelled) => format!("You cancelled signing in at {provider}."),
        (It, Case::IdentityType) => {
            format!("L’identità usata presso {provider} non è del tipo richiesto.")
        }
        (En, Case::IdentityType) => {
            format!("The identity used at {provider} is not of the kind required.")
        }
        (It, Case::Request) => {
            format!("{provider} ha rifiutato la nostra richiesta: non dipende da te.")
        }
        (En, Case::Request) => format!("{provider} refused our request: it is not your fault."),
        (It, Case::Failed) => {
            format!("{provider} dice che l’accesso non è riuscito, senza dire perché.")
        }
        (En, Case::Failed) => format!("{provider} says that signing in failed, and not why."),
        (It, Case::NotAfresh) => format!(
            "Il servizio vuole che tu mostri di nuovo chi sei, e {provider} non te l’ha chiesto."
        ),
        (En, Case::NotAfresh) => format!(
            "The service wants you to show anew who you are, and {provider} did not ask you to."
        ),
        (It, Case::Unknown) => format!(
            "{provider} ti ha riconosciuto, ma qui non c’è un account con il tuo codice fiscale: entra soltanto chi è stato inserito prima."
        ),
        (En, Case::Unknown) => format!(
            "{provider} knows you, but there is no account with your fiscal code here: only people who were entered before come in."
        ),
        (It, Case::NoFiscalCode) => format!(
            "{provider} non ha comunicato il tuo codice fiscale, con cui si trova il tuo account."
        ),
        (En, Case::NoFiscalCode) => {
            format!("{provider} did not tell your fiscal code, by which your account is found.")
        }
    }
}

/// IC-12: which level was used, which is wanted, and what that asks of a person.
fn level(language: Language, provider: &str, reached: Option<&str>, least: Option<&str>) -> String {
    let least = least.unwrap_or("SpidL1");
    let means = level_means(language, least);
    match (language, reached) {
        (Language::It, Some(reached)) => format!(
            "Presso {provider} hai usato il livello {reached}; il servizio richiede credenziali di livello {least} o superiore ({means})."
        ),
        (Language::En, Some(reached)) => format!(
            "At {provider} you used level {reached}; the service requires credentials of level {least} or higher ({means})."
        ),
        (Language::It, None) => format!(
            "Presso {provider} non hai usato credenziali del livello richiesto; il servizio richiede {least} o superiore ({means})."
        ),
        (Language::En, None) => format!(
            "At {provider} you did not use credentials of the level required; the service requires {least} or higher ({means})."
        ),
    }
}

/// What the person can do now.
#[must_use]
pub fn now(language: Language, no: Case) -> &'static str {
    let (it, en) = match no {
        Case::TooManyAttempts => (
            "Aspetta un po’ e riprova, oppure recupera le credenziali presso il gestore.",
            "Wait a while and try again, or recover your credentials at the provider.",
        ),
        Case::Level { .. } => (
            "Riprova e scegli presso il gestore un modo del livello richiesto, ad esempio con l’app o il codice monouso; se non ne hai, chiedi al gestore come attivarlo o scegli un altro modo.",
            "Try again and choose at the provider a way of the level required, for instance with the app or the one-time code; if you have none, ask the provider how to activate it or choose another way.",
        ),
        Case::TimedOut | Case::Cancelled | Case::NotAfresh => (
            "Puoi riprovare o scegliere un altro modo.",
            "You can try again or choose another way.",
        ),
        Case::ConsentDenied => (
            "Senza quei dati il servizio non può riconoscerti. Puoi riprovare, o scegliere un altro modo.",
            "Without those data the service cannot know you. You can try again, or choose another way.",
        ),
        Case::Suspended => (
            "Rivolgiti al gestore per sapere il motivo e come riattivarla, oppure scegli un altro modo.",
            "Turn to the provider to learn why and how to have it reactivated, or choose another way.",
        ),
        Case::IdentityType => (
            "Riprova con un’identità del tipo richiesto, o scegli un altro modo.",
            "Try again with an identity of the kind required, or choose another way.",
        ),
        Case::Request | Case::Failed => (
            "Riprova più tardi o scegli un altro modo. Se succede ancora, comunica il codice qui sotto a chi dà assistenza.",
            "Try again later or choose another way. If it happens again, tell the help desk the code below.",
        ),
        Case::Unknown => (
            "Chiedi all’ente che gestisce il servizio di essere abilitato, poi accedi di nuovo.",
            "Ask the body that runs the service to be enabled, then sign in again.",
        ),
        Case::NoFiscalCode => (
            "Scegli un altro modo, oppure chiedi assistenza.",
            "Choose another way, or ask for assistance.",
        ),
    };
    pick(language, it, en)
}

fn pick(language: Language, it: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::It => it,
        Language::En => en,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Case; 12] = [
        Case::TooManyAttempts,
        Case::Level { reached: None },
        Case::TimedOut,
        Case::ConsentDenied,
        Case::Suspended,
        Case::Cancelled,
        Case::IdentityType,
        Case::Request,
        Case::Failed,
        Case::NotAfresh,
        Case::Unknown,
        Case::NoFiscalCode,
    ];

    #[test]
    fn each_no_is_told_in_both_languages_with_who_was_asked() {
        for no in ALL {
            let of = |language| {
                (title(language, no), what(language, no, "Ente X", None), now(language, no))
            };
            let (it, en) = (of(Language::It), of(Language::En));
            assert!(it.0 != en.0 && it.1 != en.1 && it.2 != en.2, "{no:?}");
            assert!(it.1.contains("Ente X") && en.1.contains("Ente X"), "{no:?}");
        }
    }

    /// IC-12: both levels are named, and what the one that is wanted asks of a person.
    #[test]
    fn a_level_that_is_not_enough_is_named_with_the_one_that_is() {
        let no = Case::Level { reached: Some("SpidL1") };
        let said = what(Language::It, no, "Ente X", Some("SpidL2"));
        assert!(said.contains("SpidL1") && said.contains("livello SpidL2 o superiore"), "{said}");
        assert!(said.contains(level_means(Language::It, "SpidL2")));
    }
}
