//! What a row of SPID's error table says.

use crate::saml::errors::table::{self, TABLE};
use crate::saml::status::{Status, Tell};
use crate::texts::language::Language;

/// A text in Italian and in English.
pub type Both = (&'static str, &'static str);

/// A row of the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Row {
    /// `nn` of `ErrorCode nrnn`.
    pub number: u16,
    /// The case, in a few words.
    pub case: &'static str,
    /// Who causes it.
    pub cause: Cause,
    /// Who hears of it.
    pub tell: Tell,
    /// What the service provider is told, if it is.
    pub status: Option<Status>,
    /// The HTTP status of the page: ours, or the one that carries the answer.
    pub http: u16,
    /// What the page says; none where there is nothing to say.
    pub words: Option<Words>,
}

/// Who causes a case, and so who can mend it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cause {
    /// Nobody: all is well.
    Nobody,
    /// The identity provider.
    IdentityProvider,
    /// The service provider, by its request.
    ServiceProvider,
    /// The person, or what the person has.
    Person,
}

/// What a page says of a case.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Words {
    /// The words that the rules prescribe for the screen, where they do: in Italian, verbatim.
    pub prescribed: Option<&'static str>,
    /// The heading.
    pub title: Both,
    /// What happened.
    pub what: Both,
    /// What the person can do now.
    pub now: Both,
    /// What the service provider's developer should do.
    pub developer: Both,
}

/// The same in one language.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Notice {
    /// The heading.
    pub title: &'static str,
    /// The words that the rules prescribe: in Italian alone.
    pub prescribed: Option<&'static str>,
    /// What happened.
    pub what: &'static str,
    /// What the person can do now.
    pub now: &'static str,
    /// What the service provider's developer should do; empty if nothing.
    pub developer: &'static str,
}

impl Row {
    /// The row of that number; `None` for those that SPID does not use, 24 among them.
    #[must_use]
    pub fn find(number: u16) -> Option<&'static Self> {
        TABLE.iter().find(|row| row.number == number)
    }

    /// Whether the person reads a page before the browser goes back to the service provider.
    #[must_use]
    pub fn has_page(&self) -> bool {
        self.http != 200
    }

    /// What the page says in `language`.
    #[must_use]
    pub fn notice(&self, language: Language) -> Option<Notice> {
        let words = self.words.as_ref()?;
        let of = |both: Both| match language {
            Language::It => both.0,
            Language::En => both.1,
        };
        Some(Notice {
            title: of(words.title),
            prescribed: words.prescribed.filter(|_| language == Language::It),
            what: of(words.what),
            now: of(words.now),
            developer: of(words.developer),
        })
    }
}

/// What to say of a failure of our own that has no number.
#[must_use]
pub fn unexpected(language: Language) -> Notice {
    let (title, what, now) = match language {
        Language::It => (
            "Qualcosa non ha funzionato",
            "C’è stato un errore nel nostro sistema. Nessun dato è stato inviato al servizio.",
            table::LATER.0,
        ),
        Language::En => (
            "Something went wrong",
            "There was an error in our system. No data were sent to the service.",
            table::LATER.1,
        ),
    };
    Notice { title, prescribed: None, what, now, developer: "" }
}
