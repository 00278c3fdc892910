//! What an SMS with a code says: short, without a link, in letters of one message (GSM 7 bit, 3GPP TS 23.038).

use crate::texts::language::Language;

/// What it is made of.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// The language.
    pub language: Language,
    /// Who writes: the body that people know.
    pub office: &'a str,
    /// The code.
    pub code: &'a str,
    /// The service that the login is for, if it is not the person's own pages.
    pub service: Option<&'a str>,
    /// Whether a number is to be confirmed, and nobody logs in.
    pub confirming: bool,
    /// How long the code holds.
    pub minutes: i64,
}

/// Writes it. Names are cut so that the code is never in a second message.
#[must_use]
pub fn write(text: &Text<'_>) -> String {
    let Text { language, code, minutes, confirming, .. } = *text;
    let office = cut(text.office);
    let service = text.service.map(cut);
    match (language, confirming, service) {
        (Language::It, true, _) => format!(
            "{code} conferma questo numero. Vale {minutes} minuti. Non dirlo a nessuno. {office}"
        ),
        (Language::En, true, _) => format!(
            "{code} confirms this number. It lasts {minutes} minutes. Tell nobody. {office}"
        ),
        (Language::It, false, Some(service)) => format!(
            "{code} per entrare in: {service}. Vale {minutes} minuti. Non dirlo a nessuno. {office}"
        ),
        (Language::En, false, Some(service)) => format!(
            "{code} to sign in to: {service}. It lasts {minutes} minutes. Tell nobody. {office}"
        ),
        (Language::It, false, None) => format!(
            "{code} per entrare nella tua area personale. Vale {minutes} minuti. Non dirlo a nessuno. {office}"
        ),
        (Language::En, false, None) => format!(
            "{code} to enter your own pages. It lasts {minutes} minutes. Tell nobody. {office}"
        ),
    }
}

/// That from `day` on the password alone is not enough (BI-16).
#[must_use]
pub fn campaign(language: Language, office: &str, day: &str) -> String {
    let office = cut(office);
    match language {
        Language::It => format!(
            "Dal {day} la password non basta: serve anche un codice. Attivalo nella tua area personale. {office}"
        ),
        Language::En => format!(
            "From {day} the password is not enough: a code is needed too. Activate it at your own pages. {office}"
        ),
    }
}

/// A name in one line, forty characters of it.
fn cut(name: &str) -> String {
    let line = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = line.chars().take(LONGEST).collect();
    if short.len() < line.len() {
        short.push_str("...");
    }
    short
}

const LONGEST: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    /// One message has 160 characters; whoever asks for a code by telephone is told of in each (AN-06).
    #[test]
    fn a_message_is_one_message() {
        let long =
            "Un ente dal nome molto lungo che non finisce mai e poi mai davvero\ne va a capo";
        for language in Language::ALL {
            for (service, confirming) in [(Some(long), false), (None, false), (None, true)] {
                let text = Text {
                    language,
                    office: long,
                    code: "012345",
                    service,
                    confirming,
                    minutes: 10,
                };
                let said = write(&text);
                assert!(said.chars().count() <= 160, "{} {said}", said.chars().count());
                assert!(
                    said.starts_with("012345 ") && !said.contains("://") && !said.contains('\n')
                );
                let told = campaign(language, long, "15 settembre 2026");
                assert!(told.chars().count() <= 160 && !told.contains("://"), "{told}");
                assert!(said.contains("nessuno") || said.contains("nobody"), "{said}");
            }
        }
    }
}
