//! What the tables of checks ask of a message, in Italian.

/// `rule` in Italian, without its sources; as it is, if it is of no table.
#[must_use]
pub fn italian(rule: &'static str) -> &'static str {
    let sentence = sentence(rule);
    TEXTS.iter().find(|(english, _)| *english == sentence).map_or(rule, |(_, italian)| italian)
}

/// A rule without its sources, which stand at its end.
fn sentence(rule: &str) -> &str {
    rule.split_once(" (").map_or(rule, |(sentence, _)| sentence)
}

#[rustfmt::skip]
const TEXTS: &[(&str, &str)] = &[
    ("must be there", "deve esserci"),
    ("must not be there", "non deve esserci"),
    ("must not be empty", "non deve essere vuoto"),
    ("must be there, not empty", "deve esserci e non essere vuoto"),
    ("must be there with a value", "deve esserci e avere un valore"),
    ("must be there, once", "deve esserci, una volta sola"),
    ("must be there, whatever its value", "deve esserci, con qualunque valore"),
    ("must be there and name somebody", "deve esserci e indicare una persona"),
    ("must be there, once: of two a reader might take either", "deve esserci, una volta sola: se fossero due, chi legge potrebbe prendere l'uno o l'altro"),
    ("must be 2.0", "deve essere 2.0"),
    ("must be an NCName", "deve essere un NCName"),
    ("must be a boolean if present", "se presente, deve essere un valore booleano"),
    ("must be a number if present", "se presente, deve essere un numero"),
    ("must not be true", "non deve essere true"),
    ("must be true when a level above SpidL1 is asked for", "deve essere true quando si chiede un livello superiore a SpidL1"),
    ("must be an instant in UTC", "deve essere un istante in UTC"),
    ("must be an instant in UTC if present", "se presente, deve essere un istante in UTC"),
    ("must have its times in UTC if present", "se presente, deve avere gli istanti in UTC"),
    ("must be an instant to come if present", "se presente, deve essere un istante futuro"),
    ("must be to come", "deve essere nel futuro"),
    ("must not be to come", "non deve essere nel futuro"),
    ("must be coherent with the arrival", "deve essere coerente con il momento di arrivo"),
    ("must be neither before the request nor in the future", "non deve precedere la richiesta né essere nel futuro"),
    ("must not be in the future, nor before the request where ForceAuthn was asked for", "non deve essere nel futuro né, se è stato chiesto ForceAuthn, precedere la richiesta"),
    ("must not be the wrong way round", "l'inizio non deve seguire la fine"),
    ("must have the schema's elements and attributes in the schema's order", "deve avere gli elementi e gli attributi dello schema, nell'ordine dello schema"),
    ("must have the schema's elements and attributes in the schema's order, one assertion at most", "deve avere gli elementi e gli attributi dello schema, nell'ordine dello schema, e al più un'asserzione"),
    ("must have the schema's elements and attributes in the schema's order, the NameID in clear", "deve avere gli elementi e gli attributi dello schema, nell'ordine dello schema, e il NameID in chiaro"),
    ("must be the entityID whose key signed", "deve essere l'entityID di cui è la chiave che ha firmato"),
    ("must be the entity format", "deve essere il formato entity"),
    ("must be absent or the entity format", "deve mancare o essere il formato entity"),
    ("must be the transient format", "deve essere il formato transient"),
    ("must be the transient format if present", "se presente, deve essere il formato transient"),
    ("must be there and be the transient format", "deve esserci ed essere il formato transient"),
    ("must be absent, unspecified, transient or persistent, or emailAddress where our entry for the service provider names people so", "deve mancare o essere unspecified, transient o persistent; emailAddress, se così è configurato per il service provider"),
    ("must be absent or the issuer: names are given to nobody else", "deve mancare o essere chi fa la richiesta: i nomi non si danno ad altri"),
    ("must be P, LP, PG, PF or PX, once, if present", "se presente, deve essere P, LP, PG, PF o PX, una volta sola"),
    ("must have MinAge and MaxAge in whole years, the first not above the second, once, if present", "se presente, una volta sola, deve avere MinAge e MaxAge in anni interi, il primo non superiore al secondo"),
    ("must be our single sign-on location or our entityID", "deve essere l'indirizzo di single sign-on o l'entityID dell'identity provider"),
    ("must be our single sign-on location, and be there in a request by HTTP-POST", "deve essere l'indirizzo di single sign-on dell'identity provider; in una richiesta con HTTP-POST deve esserci"),
    ("must be our single logout location or our entityID", "deve essere l'indirizzo di single logout o l'entityID dell'identity provider"),
    ("must be our single logout location, and be there in a request by HTTP-POST", "deve essere l'indirizzo di single logout dell'identity provider; in una richiesta con HTTP-POST deve esserci"),
    ("must be where we take responses or our entityID", "deve essere l'indirizzo a cui l'identity provider riceve le risposte, o il suo entityID"),
    ("must be where we take responses, and be there in a response by HTTP-POST", "deve essere l'indirizzo a cui l'identity provider riceve le risposte; in una risposta con HTTP-POST deve esserci"),
    ("must stand without AssertionConsumerServiceURL and ProtocolBinding", "deve stare senza AssertionConsumerServiceURL e ProtocolBinding"),
    ("must come with ProtocolBinding when there is no AssertionConsumerServiceIndex", "deve stare con ProtocolBinding quando manca AssertionConsumerServiceIndex"),
    ("must be HTTP-POST if present", "se presente, deve essere HTTP-POST"),
    ("must name a consumer of the metadata, the address exactly", "deve indicare un AssertionConsumerService dei metadata, con l'indirizzo esatto"),
    ("must name a consumer of the metadata if present, the address exactly", "se presente, deve indicare un AssertionConsumerService dei metadata, con l'indirizzo esatto"),
    ("must be the index of an attribute set of the metadata if present", "se presente, deve essere l'indice di un insieme di attributi dei metadata"),
    ("must be exact, minimum, better or maximum", "deve essere exact, minimum, better o maximum"),
    ("must be exact, minimum, better or maximum if present", "se presente, deve essere exact, minimum, better o maximum"),
    ("must be there exactly once, without AuthnContextDeclRef", "deve esserci esattamente una volta, senza AuthnContextDeclRef"),
    ("must be there in a RequestedAuthnContext, without AuthnContextDeclRef: no declaration is understood", "deve esserci in RequestedAuthnContext, senza AuthnContextDeclRef: nessuna dichiarazione è compresa"),
    ("must be one of SPID's three classes; the abolished urn names are none", "deve essere una delle tre classi SPID; i nomi urn aboliti non lo sono"),
    ("must hold a class that we know; nothing but classes that we know if the comparison is better", "deve contenere una classe nota; se il confronto è better, solo classi note"),
    ("must be the ID of our request", "deve essere l'ID della richiesta"),
    ("must be the ID of our request: an answer that nobody asked for is not taken", "deve essere l'ID della richiesta: una risposta che nessuno ha chiesto non è accettata"),
    ("must be there and be the ID of a request", "deve esserci ed essere l'ID di una richiesta"),
    ("must be the address at which it came in", "deve essere l'indirizzo a cui il messaggio è arrivato"),
    ("must be the address at which it came in, and be there in a signed response", "deve essere l'indirizzo a cui il messaggio è arrivato; in una risposta firmata deve esserci"),
    ("must be the entityID of the identity provider", "deve essere l'entityID dell'identity provider"),
    ("must be the entityID of the identity provider that was asked", "deve essere l'entityID dell'identity provider interpellato"),
    ("must be the entityID of the identity provider that was asked, and be there in a signed response", "deve essere l'entityID dell'identity provider interpellato; in una risposta firmata deve esserci"),
    ("must be the identity provider's and ours if present: other names are not for us", "se presente, deve essere quello dell'identity provider e il nostro: altri nomi non sono per noi"),
    ("must be ours and the issuer's if present: other names are not the ones that we gave", "se presente, deve essere quello dell'identity provider e di chi scrive: altri nomi non sono quelli dati"),
    ("must be the bearer method in one confirmation at least", "almeno una conferma deve avere il metodo bearer"),
    ("must be our entityID in every AudienceRestriction, of which there is one at least", "deve essere l'entityID del service provider in ogni AudienceRestriction; almeno una deve esserci"),
    ("must let us pass on what it says", "deve permettere di trasmettere quanto dice"),
    ("must be one that we know: what is not understood is not met", "deve essere una condizione nota: ciò che non si comprende non è soddisfatto"),
    ("must be one of https://www.spid.gov.it/SpidL1, SpidL2, SpidL3", "deve essere una delle classi https://www.spid.gov.it/SpidL1, SpidL2, SpidL3"),
    ("must be there at level 1, where that was asked for", "deve esserci al livello 1, quando è stato chiesto"),
    ("must, if it is there, have an Attribute with a value", "se presente, deve avere un Attribute con un valore"),
    ("must come once, with one value, which is text", "deve comparire una volta, con un solo valore, che è testo"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::authn_request;
    use crate::saml::logout;
    use crate::saml::logout::message::Kind;
    use crate::saml::partner::Profile;
    use crate::saml::upstream::rules as answers;

    #[test]
    fn every_rule_of_a_table_has_its_italian_text_and_no_text_is_without_a_rule() {
        let mut rules: Vec<&str> = Vec::new();
        for profile in [Profile::Spid, Profile::Generic] {
            rules.extend(authn_request::rules(profile).checks.iter().map(|check| check.rule));
            for kind in [Kind::Request, Kind::Response] {
                let checks = logout::check::rules(profile, kind).checks;
                rules.extend(checks.iter().map(|check| check.rule));
            }
        }
        rules.extend(answers::ENVELOPE.iter().chain(answers::ASSERTION).map(|check| check.rule));
        let missing: Vec<&str> =
            rules.iter().copied().filter(|rule| italian(rule) == *rule).collect();
        assert!(missing.is_empty(), "{missing:#?}");
        let told: Vec<&str> = rules.iter().map(|rule| sentence(rule)).collect();
        let idle: Vec<&str> =
            TEXTS.iter().map(|(rule, _)| *rule).filter(|rule| !told.contains(rule)).collect();
        assert!(idle.is_empty(), "{idle:#?}");
    }
}
