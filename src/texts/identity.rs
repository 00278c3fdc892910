//! Words of the page on which a person chooses one of their identities.

use crate::texts::table::table;

table! {
    title: "Scegli l’identità da usare", "Choose the identity to use";
    lead: "Hai più identità adatte a questo servizio. Scegli con quale accedere: il servizio riceverà i dati di quella e di nessun’altra.",
        "You hold several identities that suit this service. Choose with which to sign in: the service will receive the data of that one and of no other.";
    legend: "Le tue identità", "Your identities";
    code: "Codice", "Code";
    missing: "Scegli un’identità per proseguire.", "Choose an identity to go on.";
    personal: "Identità personale", "Personal identity";
    legal_person: "Identità di persona giuridica", "Identity of a legal person";
    professional: "Identità a uso professionale", "Identity for professional use";
    legal_professional: "Identità a uso professionale per un’organizzazione",
        "Identity for professional use on behalf of an organisation";
}
