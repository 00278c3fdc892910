//! Sentences of mails that have a number or a day in them.

use chrono::{DateTime, Utc};

use crate::texts::language::Language;
use crate::texts::moment::day;

/// From when the password alone is not enough (BI-16).
pub(super) fn campaign(language: Language, end: DateTime<Utc>) -> String {
    let day = day(language, end);
    match language {
        Language::It => format!(
            "Dal {day} per entrare con la tua identità non basterà più la password: servirà anche un secondo fattore, e non ne hai ancora uno che basti."
        ),
        Language::En => format!(
            "From {day} the password will not be enough to sign in with your identity: a second factor will be needed too, and you do not have one yet that will do."
        ),
    }
}

/// That a card's certificate ends in so many days.
pub(super) fn card_ends(language: Language, days: u32) -> String {
    match language {
        Language::It => format!(
            "Il certificato della smart card con cui entri scade entro {days} giorni. Dopo non potrai più usarla per entrare."
        ),
        Language::En => format!(
            "The certificate of the smart card by which you sign in ends within {days} days. After that you cannot sign in with it any more."
        ),
    }
}

/// That a recovery code held, and so many are left.
pub(super) fn recovery(language: Language, left: usize) -> String {
    match (language, left) {
        (Language::It, 1) => {
            "Per entrare con la tua identità è stato usato un codice di recupero. Ne resta uno."
                .to_owned()
        }
        (Language::It, _) => format!(
            "Per entrare con la tua identità è stato usato un codice di recupero. Ne restano {left}."
        ),
        (Language::En, 1) => {
            "A recovery code was used to sign in with your identity. One is left.".to_owned()
        }
        (Language::En, _) => {
            format!("A recovery code was used to sign in with your identity. {left} are left.")
        }
    }
}

/// That the password held after so many wrong ones.
pub(super) fn unusual(language: Language, wrong: u32) -> String {
    match language {
        Language::It => format!(
            "La password della tua identità è stata scritta giusta dopo {wrong} tentativi sbagliati, da un browser da cui non eri ancora entrato."
        ),
        Language::En => format!(
            "The password of your identity was typed correctly after {wrong} wrong attempts, from a browser from which you had not signed in before."
        ),
    }
}
