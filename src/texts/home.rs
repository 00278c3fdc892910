//! Words of the provider's home page.

use crate::texts::table::table;

table! {
    title: "Accesso ai servizi digitali", "Access to digital services";
    lead: "Qui dimostri chi sei ai servizi che lo chiedono, con le stesse credenziali.",
        "Here you show who you are to the services that ask for it, with the same credentials.";
    how_title: "Come si accede", "How to sign in";
    how: "L’accesso parte sempre dal servizio che vuoi usare: scegli lì «Entra con SPID» e verrai portato qui per inserire le tue credenziali.",
        "Sign-in always starts from the service that you want to use: choose “Entra con SPID” there and you will be taken here to enter your credentials.";
    account: "Area personale", "Your own pages";
    account_lead: "Guarda da dove sei entrato, chiudi le sessioni, cambia la password:",
        "See where you are signed in, end sessions, change your password:";
    levels_title: "I livelli di sicurezza", "The levels of security";
    levels_lead: "È il servizio a stabilire quale livello serve.", "The service decides which level is needed.";
    developers_title: "Per chi sviluppa un servizio", "For developers of a service";
    developers: "I metadati di questo gestore di identità, firmati:", "The signed metadata of this identity provider:";
    metadata: "Metadati SAML", "SAML metadata";
    entity_id: "EntityID", "EntityID";
    register: "Registra un fornitore di servizi", "Register a service provider";
    register_lead: "Invia i metadati, dimostra di controllare l’entità, segui la richiesta:",
        "Submit the metadata, prove control of the entity, follow the request:";
    lint: "Controlla metadati e messaggi", "Check metadata and messages";
    lint_lead: "Che cosa non va nei tuoi metadati o nei tuoi messaggi, e come correggerlo:",
        "What is wrong with your metadata or your messages, and how to mend it:";
    people: "Cittadini di prova", "Demo citizens";
    people_lead: "Le credenziali per provare, con il codice monouso del momento.",
        "The credentials for trying out, with the one-time code of the moment.";
}
