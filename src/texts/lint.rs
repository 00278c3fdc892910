//! Words of the pre-flight: its page and its reports.

use crate::texts::language::Language;
use crate::texts::table::table;

table! {
    title: "Controlla metadati e messaggi SAML", "Check SAML metadata and messages";
    lead: "Incolla i metadati di un’entità, un AuthnRequest, una Response o un messaggio di logout: in XML, in base64, o l’intero indirizzo di un Redirect.",
        "Paste the metadata of an entity, an AuthnRequest, a Response or a logout message: in XML, in base64, or the whole address of a Redirect.";
    lead_kept: "Nulla di ciò che invii è conservato né creduto: si legge, si controlla e si dimentica.",
        "Nothing that you send is kept or believed: it is read, checked and forgotten.";
    paste: "Testo da controllare", "Text to check";
    upload: "Oppure scegli un file", "Or choose a file";
    size: "Al massimo 512 KiB.", "At most 512 KiB.";
    profile: "Profilo", "Profile";
    guess: "Riconoscilo da solo", "Recognise it by itself";
    check: "Controlla", "Check";
    again: "Controlla un altro testo", "Check another text";
    report: "Esito del controllo", "Report of the check";
    nothing: "nulla", "nothing";
    good: "Niente da segnalare: nessuno dei giudici rifiuterebbe questo testo.",
        "Nothing to report: none of the judges would refuse this text.";
    accepted: "Nessuno lo rifiuterebbe; ci sono consigli.", "Nobody would refuse it; there is advice.";
    refused: "Così com’è sarebbe rifiutato.", "As it is it would be refused.";
    unreadable: "Il testo non si può leggere fino in fondo: correggi questo e controlla di nuovo.",
        "The text cannot be read to its end: mend this and check again.";
    empty: "Non c’è niente da controllare: incolla un testo o scegli un file.",
        "There is nothing to check: paste a text or choose a file.";
    too_long: "Il testo è troppo lungo, o l’invio non è arrivato per intero.",
        "The text is too long, or what was sent did not arrive whole.";
    subject: "Che cos’è", "What it is";
    entity: "Entità", "Entity";
    wrapping: "Formato", "Format";
    guessed: "riconosciuto", "recognised";
    judges: "Chi lo rifiuterebbe", "Who would refuse it";
    nobody: "nessuno", "nobody";
    place: "Riga e colonna", "Line and column";
    decoded_place: "Righe e colonne sono quelle del testo tolto dal suo involucro.",
        "Lines and columns are those of the text taken out of its wrapping.";
    element: "Elemento", "Element";
    source: "Fonte", "Source";
    expected: "Atteso", "Expected";
    found: "Trovato", "Found";
    mend: "Come correggere", "How to mend it";
    refused_by: "Rifiutato da", "Refused by";
    all: "rifiutato da tutti", "refused by all";
    some: "rifiutato da alcuni", "refused by some";
    advice: "consiglio", "advice";
    suite: "spid_sp_test", "spid_sp_test";
    agid: "regole AgID", "AgID’s rules";
    strict: "lettori rigorosi", "strict parsers";
    service_provider: "metadati di un fornitore di servizi", "metadata of a service provider";
    identity_provider: "metadati di un identity provider", "metadata of an identity provider";
    authn_request: "AuthnRequest", "AuthnRequest";
    response: "Response", "Response";
    logout_request: "LogoutRequest", "LogoutRequest";
    logout_response: "LogoutResponse", "LogoutResponse";
    unknown: "non riconosciuto", "not recognised";
    xml: "XML", "XML";
    base64: "base64", "base64";
    deflated: "DEFLATE e base64", "DEFLATE and base64";
    redirect: "indirizzo di un Redirect", "address of a Redirect";
    form: "corpo di un modulo POST", "body of a POST form";
}

/// How many findings there are, by what they weigh.
#[must_use]
pub fn counts(language: Language, all: usize, some: usize, advice: usize) -> String {
    match language {
        Language::It => {
            format!("Rifiutati da tutti: {all}. Rifiutati da alcuni: {some}. Consigli: {advice}.")
        }
        Language::En => {
            format!("Refused by all: {all}. Refused by some: {some}. Advice: {advice}.")
        }
    }
}
