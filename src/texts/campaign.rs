//! Words of the pages of a campaign: what is asked at login, and what whoever is locked out is told.

use crate::texts::language::Language;
use crate::texts::table::table;

table! {
    number_title: "Controlla il tuo numero di telefono", "Check your telephone number";
    number_lead: "Da questa data per entrare non basterà più la password: servirà anche un codice. Il numero registrato deve essere giusto.",
        "From this date the password will not be enough to sign in: a code will be needed too. The number on record must be right.";
    number_none: "Non hai un numero registrato: scrivilo qui.", "You have no number on record: type it here.";
    number_label: "Numero di cellulare", "Mobile number";
    number_help: "Se non è italiano, scrivilo con il prefisso del Paese, come +44.", "If it is not Italian, type it with the country code, like +44.";
    number_correct: "Correggi il numero", "Correct the number";
    number_insert: "Registra il numero", "Put the number on record";
    number_bad: "Questo non è un numero di cellulare a cui possiamo mandare codici: controlla le cifre.",
        "This is no mobile number to which we can send codes: check the digits.";
    number_shown: "Numero registrato", "Number on record";
    number_wrong: "Se non è giusto, scrivi quello di adesso.", "If it is not right, type the present one.";
    address_title: "Controlla il tuo indirizzo di recupero", "Check your recovery address";
    address_lead: "Da questa data per entrare servirà anche un secondo fattore. Se lo perdi, il collegamento per rimediare arriva a questo indirizzo: deve essere giusto.",
        "From this date a second factor will be needed to sign in too. If you lose it, the link to mend that comes to this address: it must be right.";
    address_none: "Non hai un indirizzo registrato: comunicalo a chi ti ha dato le credenziali.",
        "You have no address on record: give it to whoever gave you your credentials.";
    address_shown: "Indirizzo registrato", "Address on record";
    from: "Dal", "From";
    right: "È giusto", "It is right";
    wrong: "Non è giusto: lo comunico allo sportello", "It is not right: I will tell the desk";
    later: "Prosegui senza confermare", "Go on without confirming";
    again: "Se non confermi, te lo chiederemo al prossimo accesso.", "If you do not confirm, we will ask at your next sign-in.";
    locked_title: "La password da sola non basta più", "The password alone is not enough any more";
    locked_lead: "Da questa data per entrare serve un secondo fattore, e il tuo account non ne ha uno che basti. Per questo non puoi proseguire.",
        "Since this date a second factor is needed to sign in, and your account has none that will do. That is why you cannot go on.";
    locked_now_title: "Che cosa puoi fare", "What you can do";
    locked_code: "Se hai un codice di attivazione, accedi di nuovo a un servizio che chiede SpidL2: ti guideremo nell’attivazione dell’app.",
        "If you have an activation code, sign in again to a service that asks for SpidL2: we will guide you through activating the app.";
    locked_desk: "Altrimenti rivolgiti a chi ti ha dato le credenziali: può darti un codice di attivazione, concederti più tempo, o registrarti di nuovo con un altro nome utente e un altro indirizzo email. Una nuova registrazione non porta con sé le autorizzazioni di prima.",
        "Otherwise turn to whoever gave you your credentials: they can give you an activation code, grant you more time, or register you again with another username and another email address. A new registration does not bring the permissions from before.";
    leave: "Torna indietro", "Go back";
}

/// What login pages say before the end; `all` if it is about everybody.
#[must_use]
pub fn banner(language: Language, day: &str, all: bool) -> String {
    match (language, all) {
        (Language::It, true) => format!(
            "Dal {day} per entrare non basterà più la password: servirà anche un secondo fattore. Aggiungi il tuo dall’area personale."
        ),
        (Language::It, false) => format!(
            "Dal {day} per una parte degli utenti non basterà più la password: servirà anche un secondo fattore. Dopo l’accesso ti diremo se riguarda te."
        ),
        (Language::En, true) => format!(
            "From {day} the password will not be enough to sign in: a second factor will be needed too. Add yours at your own pages."
        ),
        (Language::En, false) => format!(
            "From {day} the password will not be enough for some users: a second factor will be needed too. After you sign in we will tell you whether you are one of them."
        ),
    }
}
