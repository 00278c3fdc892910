//! How a person reaches a level (IC-12).

use crate::texts::common::level_means;
use crate::texts::language::Language;

/// What to do to reach `level`, a SPID class by its short name; if nobody reaches it here, where else.
#[must_use]
pub fn how(language: Language, level: &str, given_here: bool) -> String {
    let means = level_means(language, level);
    match (language, level, given_here) {
        (Language::It, _, false) => format!(
            "Il servizio richiede {level} ({means}), che questo gestore non rilascia. Per usarlo serve un’identità di un altro gestore che lo offra."
        ),
        (Language::En, _, false) => format!(
            "The service requires {level} ({means}), which this provider does not issue. To use it you need an identity of another provider that offers it."
        ),
        (Language::It, "SpidL2", true) => format!(
            "Il servizio richiede {level} ({means}). Per raggiungerlo attiva i codici monouso: chiedi un codice di attivazione a chi ti ha dato le credenziali, poi torna al servizio e accedi: ti guideremo nell’attivazione dell’app sul telefono."
        ),
        (Language::En, "SpidL2", true) => format!(
            "The service requires {level} ({means}). To reach it, activate the one-time codes: ask whoever gave you your credentials for an activation code, then go back to the service and sign in: we will guide you through activating the app on your phone."
        ),
        (Language::It, _, true) => format!(
            "Il servizio richiede {level} ({means}). Chiedi a chi ti ha dato le credenziali come ottenerlo."
        ),
        (Language::En, _, true) => format!(
            "The service requires {level} ({means}). Ask whoever gave you your credentials how to obtain it."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_is_explained_in_each_language() {
        for language in Language::ALL {
            for level in ["SpidL1", "SpidL2", "SpidL3"] {
                let (here, elsewhere) = (how(language, level, true), how(language, level, false));
                assert_ne!(here, elsewhere);
                for text in [here, elsewhere] {
                    assert!(text.contains(level) && text.contains(level_means(language, level)));
                }
            }
        }
        assert!(how(Language::En, "SpidL2", true).contains("activation code"));
    }
}
