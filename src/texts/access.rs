//! Words of the page on which a person chooses how to come in.

use crate::texts::language::Language;
use crate::texts::table::table;

table! {
    title: "Scegli come accedere", "Choose how to sign in";
    own_title: "Scegli come entrare nella tua area personale", "Choose how to enter your own pages";
    lead: "Puoi entrare in uno di questi modi.", "You can come in by one of these ways.";
    credentials: "Credenziali", "Credentials";
    username: "Nome utente", "Username";
    password: "Password", "Password";
    show: "Mostra la password", "Show the password";
    hide: "Nascondi la password", "Hide the password";
    code_field: "OTP (codice di 6 cifre dell’app)", "OTP (6-digit code of the app)";
    otp_help: "Obbligatorio solo per chi ha attivato i codici monouso.", "Required only of those who activated one-time codes.";
    otp_what: "Che cos’è?", "What is it?";
    enter: "Entra", "Sign in";
    by_passkey: "Entra con una passkey", "Sign in with a passkey";
    by_qr: "Entra con il telefono e un codice QR", "Sign in with your phone and a QR code";
    last: "L’ultima volta hai usato:", "The last time you used:";
    spid: "SPID è il Sistema Pubblico di Identità Digitale: scegli il gestore della tua identità.",
        "SPID is Italy’s public system of digital identity: choose the provider of your identity.";
    cie: "Con la Carta di Identità Elettronica.", "With the Italian electronic identity card.";
    eidas: "Con l’identità digitale di un altro Paese europeo.", "With the digital identity of another European country.";
    other: "Con l’identità che hai presso questo ente.", "With the identity that you have there.";
    spid_more: "Maggiori informazioni su SPID", "More about SPID";
    spid_none: "Non hai SPID?", "No SPID yet?";
    spid_help: "Serve aiuto con SPID?", "Help with SPID";
}

/// What the button says.
#[must_use]
pub fn enter_with(language: Language, name: &str) -> String {
    match language {
        Language::It => format!("Entra con {name}"),
        Language::En => format!("Sign in with {name}"),
    }
}

/// What the link to the guide of a way says.
#[must_use]
pub fn guide_to(language: Language, name: &str) -> String {
    match language {
        Language::It => format!("Guida a {name}"),
        Language::En => format!("Guide to {name}"),
    }
}
