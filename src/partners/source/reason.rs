//! Why what a source gave, or failed to give, was not taken: the one table of names and words.

use crate::texts::language::Language;

/// Why the copy before stays.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Reason {
    /// Nobody is there, or the connection broke.
    Unreachable,
    /// The server's TLS certificate is not believed.
    Certificate,
    /// No whole answer came in time.
    TooSlow,
    /// It answered with another address.
    Redirect,
    /// It answered, but not with a document.
    Status,
    /// It is larger than may be.
    TooLarge,
    /// A file cannot be read.
    Unreadable,
    /// A page in HTML.
    Html,
    /// It ends before its end.
    Truncated,
    /// Not XML that is read.
    NotXml,
    /// No metadata.
    NotMetadata,
    /// A structure that is not accepted.
    Structure,
    /// No signature where one must be.
    Unsigned,
    /// Signed by a key that was not named, whose certificate it carries.
    RolledKey,
    /// Its signature does not hold with any key that was named.
    WrongSignature,
    /// It is not what was signed.
    Altered,
    /// Its time has passed.
    Expired,
    /// It has no `validUntil`.
    NoValidUntil,
    /// Its `validUntil` is too far ahead, or none.
    TooFar,
    /// It is older than the copy that is in use.
    Older,
    /// Nobody in it can be used.
    Nobody,
    /// More than half of those in the copy are missing.
    Shrunk,
    /// It describes another entity than before.
    OtherEntity,
    /// An entity is in it twice.
    Twice,
    /// We are in it.
    Ourselves,
    /// An entity has none of the keys that it had, and nobody vouches for that.
    KeysReplaced,
    /// The machine's clock was set.
    Clock,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Row {
    /// Why.
    pub reason: Reason,
    /// Its name in the log, metrics and JSON.
    pub name: &'static str,
    /// Whether a person may say that it is taken all the same (`ponte source accept`).
    pub may_accept: bool,
    /// What happened, in Italian and English.
    pub what: (&'static str, &'static str),
    /// What to do.
    pub mend: (&'static str, &'static str),
}

const fn row(
    reason: Reason,
    name: &'static str,
    what: (&'static str, &'static str),
    mend: (&'static str, &'static str),
) -> Row {
    Row { reason, name, may_accept: false, what, mend }
}

const fn askable(row: Row) -> Row {
    Row { may_accept: true, ..row }
}

/// Every reason.
pub const TABLE: [Row; 27] = [
    row(
        Reason::Unreachable,
        "unreachable",
        ("la fonte non risponde", "the source does not answer"),
        WAIT,
    ),
    row(
        Reason::Certificate,
        "certificate",
        (
            "il certificato TLS della fonte non è valido",
            "the TLS certificate of the source is not believed",
        ),
        (
            "avvisa chi gestisce la fonte; se il certificato è di un’autorità propria, indicala in authorities",
            "tell whoever runs the source; for an authority of its own name it in authorities",
        ),
    ),
    row(
        Reason::TooSlow,
        "too-slow",
        ("la fonte non ha risposto in tempo", "the source did not answer in time"),
        WAIT,
    ),
    row(
        Reason::Redirect,
        "redirect",
        ("la fonte rimanda a un altro indirizzo", "the source answers with another address"),
        (
            "se è quello giusto, scrivilo nella configurazione",
            "if it is the right one, write it into the configuration",
        ),
    ),
    row(
        Reason::Status,
        "status",
        ("la fonte ha risposto con un errore HTTP", "the source answered with an HTTP error"),
        (
            "controlla l’indirizzo; se è giusto, avvisa chi gestisce la fonte",
            "check the address; if it is right, tell whoever runs the source",
        ),
    ),
    row(
        Reason::TooLarge,
        "too-large",
        ("il documento è troppo grande", "the document is too large"),
        ("se è normale, alza size-kib", "if that is as it should be, raise size-kib"),
    ),
    row(
        Reason::Unreadable,
        "unreadable",
        ("il file non si può leggere", "the file cannot be read"),
        ("controlla il percorso e i permessi", "check the path and its permissions"),
    ),
    row(
        Reason::Html,
        "html",
        ("al posto dei metadati c’è una pagina HTML", "there is an HTML page in place of metadata"),
        (
            "controlla l’indirizzo; spesso è la pagina di un guasto",
            "check the address; often it is the page of an outage",
        ),
    ),
    row(
        Reason::Truncated,
        "truncated",
        ("il documento è tronco", "the document ends before its end"),
        WAIT,
    ),
    row(
        Reason::NotXml,
        "not-xml",
        ("il documento non è XML che si possa leggere", "the document is no XML that is read"),
        TELL,
    ),
    row(
        Reason::NotMetadata,
        "not-metadata",
        ("il documento non contiene metadati SAML", "the document holds no SAML metadata"),
        TELL,
    ),
    row(
        Reason::Structure,
        "structure",
        ("la struttura del documento non è accettata", "the document’s structure is not accepted"),
        TELL,
    ),
    row(
        Reason::Unsigned,
        "unsigned",
        ("il documento non è firmato", "the document is not signed"),
        TELL,
    ),
    askable(row(
        Reason::RolledKey,
        "rolled-key",
        (
            "il documento è firmato con una chiave nuova, che nessuno ha accettato",
            "the document is signed by a new key, which nobody has accepted",
        ),
        (
            "chiedi l’impronta della nuova chiave a chi gestisce la fonte, per un’altra via; poi `ponte source accept`",
            "ask whoever runs the source for the new key’s fingerprint, by another way; then `ponte source accept`",
        ),
    )),
    row(
        Reason::WrongSignature,
        "wrong-signature",
        (
            "la firma non è di una chiave indicata in signed-by",
            "the signature is not by a key of signed-by",
        ),
        TELL,
    ),
    row(
        Reason::Altered,
        "altered",
        (
            "il documento è stato cambiato dopo la firma",
            "the document was changed after it was signed",
        ),
        TELL,
    ),
    row(
        Reason::Expired,
        "expired",
        ("il documento è scaduto", "the document’s time has passed"),
        TELL,
    ),
    row(
        Reason::NoValidUntil,
        "valid-until-missing",
        ("manca validUntil", "there is no validUntil"),
        TELL,
    ),
    row(
        Reason::TooFar,
        "valid-until-far",
        (
            "validUntil è troppo lontano o illeggibile",
            "validUntil is too far ahead or cannot be read",
        ),
        (
            "avvisa chi gestisce la fonte, o alza valid-until-days",
            "tell whoever runs the source, or raise valid-until-days",
        ),
    ),
    askable(row(
        Reason::Older,
        "older",
        (
            "il documento è più vecchio di quello in uso",
            "the document is older than the one in use",
        ),
        ACCEPT,
    )),
    row(
        Reason::Nobody,
        "nobody",
        ("nel documento non c’è nessuno da usare", "there is nobody in the document to use"),
        TELL,
    ),
    askable(row(
        Reason::Shrunk,
        "shrunk",
        (
            "manca più della metà di chi c’era",
            "more than half of those that were there are missing",
        ),
        ACCEPT,
    )),
    askable(row(
        Reason::OtherEntity,
        "other-entity",
        ("il documento descrive un’altra entità", "the document describes another entity"),
        ACCEPT,
    )),
    row(Reason::Twice, "twice", ("un’entità compare due volte", "an entity is there twice"), TELL),
    row(
        Reason::Ourselves,
        "ourselves",
        ("nel documento c’è il nostro entityID", "our own entityID is in the document"),
        (
            "se la federazione ci elenca, scrivi lists-us = true; altrimenti avvisa chi gestisce la fonte",
            "if the federation lists us, write lists-us = true; else tell whoever runs the source",
        ),
    ),
    askable(row(
        Reason::KeysReplaced,
        "keys-replaced",
        (
            "un’entità non ha più nessuna delle sue chiavi, e nessuna firma lo garantisce",
            "an entity has none of its keys any more, and no signature vouches for that",
        ),
        ACCEPT,
    )),
    row(
        Reason::Clock,
        "clock",
        ("l’orologio della macchina è stato spostato", "the machine’s clock was set"),
        ("rimetti l’orologio", "set the clock right"),
    ),
];

const WAIT: (&str, &str) = (
    "si riprova da soli; se dura, avvisa chi gestisce la fonte",
    "it is tried again by itself; if it lasts, tell whoever runs the source",
);
const TELL: (&str, &str) = ("avvisa chi gestisce la fonte", "tell whoever runs the source");
const ACCEPT: (&str, &str) = (
    "chiedi a chi gestisce la fonte se è voluto; poi `ponte source accept`",
    "ask whoever runs the source whether it is meant; then `ponte source accept`",
);

impl Reason {
    /// Its row; the first one stands for what the table would lack, which a test rules out.
    #[must_use]
    pub fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.reason == self).unwrap_or(&TABLE[0])
    }

    /// Its name in the log, metrics and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The reason of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.reason)
    }

    /// What happened.
    #[must_use]
    pub fn what(self, language: Language) -> &'static str {
        of(self.row().what, language)
    }

    /// What to do.
    #[must_use]
    pub fn mend(self, language: Language) -> &'static str {
        of(self.row().mend, language)
    }
}

fn of(both: (&'static str, &'static str), language: Language) -> &'static str {
    match language {
        Language::It => both.0,
        Language::En => both.1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_one_row_and_one_name() {
        let mut names: Vec<&str> = TABLE.iter().map(|row| row.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TABLE.len());
        for (place, row) in TABLE.iter().enumerate() {
            assert_eq!(row.reason as usize, place, "{}: in the order of the enum", row.name);
            assert_eq!(Reason::named(row.name), Some(row.reason));
            assert_eq!(row.reason.row(), row);
        }
        assert_eq!(Reason::Clock as usize, TABLE.len() - 1, "the last reason has a row");
    }
}
