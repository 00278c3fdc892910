//! Words of the comparison of two versions of metadata.

use crate::texts::language::Language;
use crate::texts::table::table;

table! {
    same: "Nessuna differenza.", "No difference.";
    breaks: "può interrompere gli accessi", "logins may fail";
    agreement: "da concordare", "to be agreed";
    notice: "da sapere", "good to know";
    entity_new: "entità nuova", "a new entity";
    entity_gone: "entità tolta", "the entity is gone";
    role: "ruolo", "role";
    signature: "firma del documento", "signature of the document";
    added: "in più", "added";
    removed: "in meno", "removed";
    altered: "cambiato", "changed";
    renewed: "rinnovato, stessa chiave", "renewed, same key";
    signing_certificate: "certificato di firma", "signing certificate";
    encryption_certificate: "certificato di cifratura", "encryption certificate";
    any_certificate: "certificato per firma e cifratura", "certificate for signing and encryption";
    unreadable: "certificato illeggibile", "a certificate that cannot be read";
    from: "valido dal", "valid from";
    to: "al", "to";
    responses: "risposte a", "responses to";
    default: "predefinito", "default";
    default_now: "ora è il predefinito", "it is the default now";
    default_no_more: "non è più il predefinito", "it is not the default any more";
    attribute_set: "insieme di attributi", "attribute set";
    asks_too: "chiede anche", "asks for";
    asks_no_more: "non chiede più", "asks no more for";
    contact: "contatto", "contact";
}

/// How many certificates there are now.
#[must_use]
pub fn count_of_certificates(language: Language, now: usize) -> String {
    match (language, now) {
        (Language::It, 1) => "è il solo".to_owned(),
        (Language::It, 2) => "è il secondo".to_owned(),
        (Language::It, _) => format!("ora sono {now}"),
        (Language::En, 1) => "the only one".to_owned(),
        (Language::En, 2) => "a second one".to_owned(),
        (Language::En, _) => format!("there are {now} now"),
    }
}

/// How many logins used it in the last week; at least so many, if not all were looked at.
#[must_use]
pub fn used(language: Language, count: u64, at_least: bool) -> String {
    let least = match (language, at_least) {
        (_, false) => "",
        (Language::It, true) => "almeno ",
        (Language::En, true) => "at least ",
    };
    match (language, count) {
        (Language::It, 0) => "nessun accesso l’ha usato nell’ultima settimana".to_owned(),
        (Language::It, 1) => format!("{least}1 accesso l’ha usato nell’ultima settimana"),
        (Language::It, n) => format!("{least}{n} accessi l’hanno usato nell’ultima settimana"),
        (Language::En, 0) => "no login used it last week".to_owned(),
        (Language::En, 1) => format!("{least}1 login used it last week"),
        (Language::En, n) => format!("{least}{n} logins used it last week"),
    }
}
