//! The rules of the pre-flight, a row each.

use crate::saml::lint::rule::{Judges, Rule};

macro_rules! rules {
    ($($name:ident: $id:literal, $source:literal, $judges:ident,
        $demand_it:literal, $demand_en:literal, $mend_it:literal, $mend_en:literal;)*) => {
        $(
            #[doc = $demand_en]
            pub const $name: Rule = Rule {
                id: $id,
                source: $source,
                refused_by: Judges::$judges,
                demand: ($demand_it, $demand_en),
                mend: ($mend_it, $mend_en),
            };
        )*
        /// All of them, in the order in which they are listed.
        pub const ALL: &[Rule] = &[$($name),*];
    };
}

rules! {
    UTF8: "document-utf8", "SAML Core §1.3.1", ALL,
        "Il testo è in UTF-8",
        "The text is in UTF-8",
        "Salva il file in UTF-8, senza altre codifiche",
        "Save the file as UTF-8, in no other encoding";
    SIZE: "document-size", "threats", STRICT,
        "Il testo non supera le dimensioni che i lettori accettano",
        "The text is no larger than readers take",
        "Riduci il documento: un'entità per file, certificati non ripetuti",
        "Make the document smaller: one entity a file, no certificate twice";
    WELL_FORMED: "document-well-formed", "XML 1.0 §2.1", ALL,
        "Il documento è XML ben formato",
        "The document is well-formed XML",
        "Correggi il punto indicato: chiudi gli elementi, dichiara i prefissi, togli i caratteri di troppo",
        "Mend the place shown: close elements, declare prefixes, take away stray characters";
    DECLARATION: "document-declaration", "XML 1.0 §2.8", STRICT,
        "La dichiarazione XML, se c'è, dice versione 1.0 e UTF-8",
        "The XML declaration, if any, says version 1.0 and UTF-8",
        "Scrivi <?xml version=\"1.0\" encoding=\"UTF-8\"?>",
        "Write <?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    DOCTYPE: "document-doctype", "threats, XML 1.0 §2.8", AGID_STRICT,
        "Non c'è un DOCTYPE, né entità",
        "There is no DOCTYPE and no entity",
        "Togli il DOCTYPE e scrivi per esteso ciò che le entità nominano",
        "Take the DOCTYPE away and write out what its entities name";
    INSTRUCTION: "document-instruction", "XML Signature §4.4.3, threats", STRICT,
        "Non ci sono istruzioni di elaborazione, né commenti dopo la radice",
        "There is no processing instruction, and no comment after the root",
        "Togli l'istruzione o il commento e firma di nuovo",
        "Take the instruction or the comment away and sign anew";
    LIMITS: "document-limits", "threats", STRICT,
        "Il documento resta nei limiti dei lettori: profondità, elementi, attributi, spazi dei nomi",
        "The document keeps within readers' limits: depth, elements, attributes, namespaces",
        "Semplifica il documento",
        "Make the document simpler";
    LEADING_BLANK: "document-leading-blank", "spid_sp_test --extra", NONE,
        "Il documento comincia con la dichiarazione o con la radice, senza righe vuote prima",
        "The document begins with its declaration or its root, with no blank before",
        "Togli gli spazi e le righe vuote all'inizio del file",
        "Take away blanks and empty lines at the beginning of the file";
    ROOT: "document-root", "SAML Metadata §2.3, SAML Core §3", ALL,
        "La radice è un EntityDescriptor, o un messaggio SAML che si sa leggere",
        "The root is an EntityDescriptor, or a SAML message that is known here",
        "Incolla i metadati di una sola entità, o un AuthnRequest, una Response, un messaggio di logout",
        "Paste the metadata of one entity, or an AuthnRequest, a Response, a logout message";
    BINDING: "message-binding", "SAML Bindings §3.4, §3.5", ALL,
        "Il messaggio si toglie dal suo involucro: base64, e per Redirect compressione DEFLATE",
        "The message comes out of its wrapping: base64, and by Redirect deflated",
        "Copia l'intero indirizzo o l'intero campo, senza troncarlo",
        "Copy the whole address or the whole field, not cut";
    MESSAGE_STRUCTURE: "message-structure", "SAML Core §5.4, threats", AGID_STRICT,
        "Il messaggio ha l'unica struttura che si legge in un solo modo: firme al loro posto, ID unici, un Reference all'ID del padre",
        "The message has the one structure that has one reading: signatures in their places, IDs once, one Reference to the parent's ID",
        "Firma con una libreria per SAML, e non toccare il messaggio dopo",
        "Sign with a library for SAML, and leave the message alone afterwards";
    MESSAGE_UNSIGNED: "message-unsigned", "spid-saml §1.1, §1.2, §1.4", AGID,
        "Il messaggio è firmato: per POST dentro, per Redirect nei parametri SigAlg e Signature; di una Response, l'Assertion",
        "The message is signed: by POST inside, by Redirect in the parameters SigAlg and Signature; of a Response, the Assertion",
        "Firma il messaggio con la chiave dei metadati",
        "Sign the message with the metadata's key";
    MESSAGE_SIGNATURE: "message-signature", "spid-saml §1.1, §1.2, §3 nr05, nr07", AGID_STRICT,
        "La firma regge col certificato che porta con sé",
        "The signature holds with the certificate that it brings along",
        "Firma per ultimo: dopo la firma il messaggio è cambiato, o il certificato è di un'altra chiave",
        "Sign last: the message has changed since, or the certificate is another key's";
    MESSAGE_NO_CONSUMER: "message-no-consumer", "SAML Profiles §4.1.4.1", NONE,
        "La richiesta dice dove va la risposta",
        "The request says where the answer goes",
        "Aggiungi AssertionConsumerServiceURL o AssertionConsumerServiceIndex",
        "Add AssertionConsumerServiceURL or AssertionConsumerServiceIndex";
    SCHEMA: "schema", "SAML Metadata, saml-schema-metadata-2.0.xsd", ALL,
        "Elementi e attributi sono quelli dello schema, nel suo ordine, con valori del loro tipo",
        "Elements and attributes are the schema's, in its order, with values of their types",
        "Metti l'elemento o l'attributo dove lo schema lo vuole, col nome e il tipo giusti",
        "Put the element or attribute where the schema wants it, with its name and type";
    SCHEMA_SPID: "schema-spid", "spid-saml §2.2, saml-schema-metadata-sp-spid.xsd", TOOL_AGID,
        "I metadati di un fornitore di servizi hanno il solo ruolo SPSSODescriptor",
        "A service provider's metadata have the one role SPSSODescriptor",
        "Togli gli altri ruoli, o pubblicali come un'altra entità",
        "Take the other roles away, or publish them as another entity";
    SCHEMA_AV29: "schema-av29", "Avviso 29, spid-saml §2.2", AGID,
        "I contatti hanno gli elementi dell'Avviso 29, nel suo ordine",
        "Contacts have the elements of Avviso 29, in its order",
        "Ordine: Extensions, Company, EmailAddress, TelephoneNumber; solo other e billing; niente GivenName e SurName",
        "Order: Extensions, Company, EmailAddress, TelephoneNumber; other and billing alone; no GivenName, no SurName";
    SCHEMA_CIE: "schema-cie", "CIE, saml-schema-metadata-sp-cie.xsd", TOOL_AGID,
        "I metadati hanno la forma che la carta d'identità elettronica vuole",
        "The metadata have the shape that the electronic identity card wants",
        "Segui lo schema della CIE nel punto indicato",
        "Follow the card's schema at the place shown";
    EXTENSION_ORDER: "extension-order", "Avviso 29, spid.xsd", AGID,
        "Le estensioni del contatto sono nell'ordine IPACode, VATNumber, FiscalCode, tipo di soggetto, CessionarioCommittente",
        "A contact's extensions are in the order IPACode, VATNumber, FiscalCode, kind of body, CessionarioCommittente",
        "Riordina gli elementi di Extensions",
        "Put the elements of Extensions in order";
    EXTENSION_NAMESPACE: "extension-namespace", "Avviso 29, spid-saml §2.2", AGID,
        "Gli elementi dell'estensione sono nello spazio dei nomi di SPID (o della CIE)",
        "The elements of the extension are in SPID's namespace (or the card's)",
        "Dichiara il prefisso con lo spazio dei nomi indicato",
        "Declare the prefix with the namespace shown";
    BLANKS: "blank-around", "Avviso 29, spid-saml §2.2", AGID,
        "I valori non hanno spazi o righe vuote attorno",
        "Values have no blanks or line ends around them",
        "Togli gli spazi: molti confrontano i valori carattere per carattere",
        "Take the blanks away: many compare values character by character";
    SIGNATURE_MISSING: "signature-missing", "spid-saml §2.2, TR p. 19", ALL,
        "I metadati sono firmati, con la Signature come primo figlio della radice",
        "The metadata are signed, the Signature being the root's first child",
        "Firma il documento per ultimo, e non toccarlo dopo",
        "Sign the document last, and leave it alone afterwards";
    SIGNATURE_METHOD: "signature-method", "spid-saml §1.3", ALL,
        "L'algoritmo di firma è RSA o ECDSA con SHA-256, SHA-384 o SHA-512",
        "The signature algorithm is RSA or ECDSA with SHA-256, SHA-384 or SHA-512",
        "Firma con rsa-sha256 o migliore; SHA-1 è vietato",
        "Sign with rsa-sha256 or better; SHA-1 is forbidden";
    SIGNATURE_HMAC: "signature-hmac", "threats, spid-saml §1.3", ALL,
        "La firma si fa con una chiave pubblica, non con un segreto condiviso",
        "The signature is made with a key pair, not with a shared secret",
        "Firma con rsa-sha256 o ecdsa-sha256",
        "Sign with rsa-sha256 or ecdsa-sha256";
    SIGNATURE_DIGEST: "signature-digest", "spid-saml §1.3", TOOL_AGID,
        "Il digest è SHA-256, SHA-384 o SHA-512 coi nomi che i validatori conoscono",
        "The digest is SHA-256, SHA-384 or SHA-512 by the names that validators know",
        "Usa http://www.w3.org/2001/04/xmlenc#sha256",
        "Use http://www.w3.org/2001/04/xmlenc#sha256";
    SIGNATURE_SHAPE: "signature-shape", "SAML Core §5.4, threats", STRICT,
        "La firma ha un solo Reference all'ID della radice, e le sole trasformazioni enveloped e C14N esclusiva",
        "The signature has one Reference to the root's ID, and the enveloped and exclusive C14N transforms alone",
        "Dai alla radice un ID e firma con una libreria per SAML",
        "Give the root an ID and sign with a library for SAML";
    SIGNATURE_VALUE: "signature-value", "spid-saml §2.2, TR p. 19", ALL,
        "La firma regge col certificato che porta con sé",
        "The signature holds with the certificate that it brings along",
        "Firma di nuovo: dopo la firma il documento è cambiato, anche solo negli spazi",
        "Sign anew: the document has changed since, if only in its blanks";
    SIGNATURE_CERTIFICATE: "signature-certificate", "spid_sp_test, xmlsec1", TOOL_AGID,
        "La firma porta il certificato in KeyInfo/X509Data",
        "The signature brings its certificate in KeyInfo/X509Data",
        "Aggiungi X509Certificate al KeyInfo della firma",
        "Add X509Certificate to the signature's KeyInfo";
    SIGNATURE_OTHER_KEY: "signature-other-key", "spid-saml §2.2", AGID,
        "La chiave che firma i metadati è una di quelle dei KeyDescriptor",
        "The key that signs the metadata is one of its KeyDescriptors'",
        "Firma con la chiave pubblicata, o pubblica quella con cui firmi",
        "Sign with the key that is published, or publish the one that signs";
    ENTITY_ONE: "entity-one", "TR p. 19", ALL,
        "C'è un solo EntityDescriptor",
        "There is one EntityDescriptor",
        "Un file per entità",
        "One file an entity";
    ENTITY_ID: "entity-id", "TR p. 19", ALL,
        "entityID c'è ed ha un valore",
        "entityID is there and has a value",
        "Dai all'entità il suo indirizzo https come entityID",
        "Give the entity its https address as its entityID";
    ENTITY_ID_HTTPS: "entity-id-https", "spid-saml §2.1, Avviso 29", AGID,
        "entityID è un indirizzo https di un dominio pubblico, senza nome utente né frammento",
        "entityID is an https address in a public domain, without user name or fragment",
        "Usa un indirizzo come https://servizio.esempio.it/spid",
        "Use an address such as https://service.example.org/spid";
    ENTITY_ID_PORT: "entity-id-port", "spid_sp_test --production", NONE,
        "entityID non ha una porta propria",
        "entityID has no port of its own",
        "In produzione usa la porta 443, che non si scrive",
        "In production use port 443, which is not written";
    ENTITY_ID_QUERY: "entity-id-query", "Avviso 19", TOOL_AGID,
        "entityID di chi aggrega non ha parametri",
        "An aggregator's entityID has no query",
        "Togli ? e ciò che segue",
        "Take away ? and what follows";
    ENTITY_ID_CODE: "entity-id-code", "Avviso 19", TOOL_AGID,
        "entityID di chi aggrega contiene il codice della sua attività",
        "An aggregator's entityID has the code of its activity",
        "Metti il codice nel percorso, per esempio https://esempio.it/pub-ag-full",
        "Put the code into the path, as in https://example.org/pub-ag-full";
    VALID_UNTIL: "valid-until", "SAML Metadata §2.3.2", AGID_STRICT,
        "validUntil, se c'è, è nel futuro",
        "validUntil, if any, is to come",
        "Pubblica metadati nuovi, o togli validUntil",
        "Publish new metadata, or take validUntil away";
    VALID_UNTIL_SPID: "valid-until-spid", "spid-saml §2.2", NONE,
        "I metadati registrati in SPID non hanno una scadenza: ogni cambiamento è una nuova registrazione",
        "Metadata registered in SPID do not expire: every change is a new registration",
        "Togli validUntil e cacheDuration",
        "Take validUntil and cacheDuration away";
    ROLE_MISSING: "role-missing", "TR p. 19", TOOL_AGID,
        "C'è un solo SPSSODescriptor",
        "There is one SPSSODescriptor",
        "Lascia un solo SPSSODescriptor",
        "Leave one SPSSODescriptor";
    PROTOCOL: "protocol", "TR p. 20, spid_sp_test --extra", AGID,
        "protocolSupportEnumeration dice il protocollo SAML 2.0",
        "protocolSupportEnumeration says SAML 2.0's protocol",
        "Scrivi urn:oasis:names:tc:SAML:2.0:protocol",
        "Write urn:oasis:names:tc:SAML:2.0:protocol";
    PROTOCOL_EMPTY: "protocol-empty", "TR p. 20", TOOL_AGID,
        "protocolSupportEnumeration c'è e ha un valore",
        "protocolSupportEnumeration is there and has a value",
        "Scrivi urn:oasis:names:tc:SAML:2.0:protocol",
        "Write urn:oasis:names:tc:SAML:2.0:protocol";
    REQUESTS_SIGNED: "requests-signed", "TR p. 20", TOOL_AGID,
        "AuthnRequestsSigned è true",
        "AuthnRequestsSigned is true",
        "Scrivi AuthnRequestsSigned=\"true\"",
        "Write AuthnRequestsSigned=\"true\"";
    ASSERTIONS_SIGNED: "assertions-signed", "TR p. 20, spid_sp_test --extra", AGID,
        "WantAssertionsSigned è true",
        "WantAssertionsSigned is true",
        "Scrivi WantAssertionsSigned=\"true\"",
        "Write WantAssertionsSigned=\"true\"";
    NAME_ID_FORMAT: "name-id-format", "spid-saml §2.2", TOOL_AGID,
        "NameIDFormat, se c'è, è transient, senza spazi attorno",
        "NameIDFormat, if any, is transient, with no blanks around",
        "Scrivi urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
        "Write urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
    NAME_ID_FORMAT_MISSING: "name-id-format-missing", "spid-saml §2.2", AGID,
        "C'è un NameIDFormat transient",
        "There is a transient NameIDFormat",
        "Aggiungi NameIDFormat dopo SingleLogoutService",
        "Add NameIDFormat after SingleLogoutService";
    KEY_MISSING: "key-missing", "TR p. 19", TOOL_AGID,
        "C'è almeno un KeyDescriptor con use=\"signing\"",
        "There is one KeyDescriptor at least with use=\"signing\"",
        "Pubblica il certificato con cui firmi, dicendo use=\"signing\"",
        "Publish the certificate with which you sign, saying use=\"signing\"";
    KEY_CERTIFICATE: "key-certificate", "TR p. 19", TOOL_AGID,
        "Ogni KeyDescriptor ha un X509Certificate con un valore",
        "Every KeyDescriptor has an X509Certificate with a value",
        "Metti il certificato in base64, senza le righe BEGIN e END",
        "Put the certificate in base64, without the BEGIN and END lines";
    CERTIFICATE_UNREADABLE: "certificate-unreadable", "RFC 5280 §4.1", AGID_STRICT,
        "Il certificato è un certificato X.509 in DER e base64",
        "The certificate is an X.509 certificate in DER and base64",
        "Copia di nuovo il certificato dal file PEM",
        "Copy the certificate again from its PEM file";
    CERTIFICATE_WEAK: "certificate-weak", "spid-saml §1.3", AGID_STRICT,
        "La chiave è RSA di almeno 2048 bit, o ECDSA di almeno 256",
        "The key is RSA of 2048 bits at least, or ECDSA of 256",
        "Fai una chiave nuova, e un certificato per essa",
        "Make a new key, and a certificate for it";
    CERTIFICATE_DATES: "certificate-dates", "spid-saml §3 nr05, spid_sp_test --extra", AGID,
        "Il certificato è valido adesso",
        "The certificate is valid now",
        "Fai un certificato nuovo e registra i metadati con entrambi prima di cambiare",
        "Make a new certificate, and register metadata with both before you change over";
    CERTIFICATE_SOON: "certificate-soon", "Avviso 29", NONE,
        "Il certificato vale ancora per più di 90 giorni",
        "The certificate is good for more than 90 days yet",
        "Comincia il cambio ora: la registrazione richiede settimane",
        "Begin the change now: registration takes weeks";
    CERTIFICATE_SHAPE: "certificate-shape", "spid-saml §2.4, Avviso 23, Avviso 29", AGID,
        "Il certificato ha i campi e le estensioni dei certificati di SPID",
        "The certificate has the fields and extensions of SPID's certificates",
        "Fai il certificato con `ponte keys new`, o con spid-compliant-certificates",
        "Make the certificate with `ponte keys new`, or with spid-compliant-certificates";
    CERTIFICATE_TWICE: "certificate-twice", "SAML Metadata §2.4.1.1", NONE,
        "Ogni certificato per la firma c'è una volta",
        "Each signing certificate is there once",
        "Togli la copia",
        "Take the copy away";
    ENCRYPTION_KEY: "encryption-key", "spid-saml §1.2", NONE,
        "SPID non cifra le asserzioni: una chiave per cifrare non serve",
        "SPID does not encrypt assertions: a key for encryption is of no use",
        "Togli il KeyDescriptor con use=\"encryption\"",
        "Take the KeyDescriptor with use=\"encryption\" away";
    LOGOUT_MISSING: "logout-missing", "Avviso 3", TOOL_AGID,
        "C'è almeno un SingleLogoutService",
        "There is one SingleLogoutService at least",
        "Aggiungi SingleLogoutService con HTTP-POST o HTTP-Redirect",
        "Add SingleLogoutService by HTTP-POST or HTTP-Redirect";
    LOGOUT_BINDING: "logout-binding", "Avviso 3", TOOL_AGID,
        "Il Binding del logout è HTTP-POST, HTTP-Redirect o SOAP",
        "The logout's Binding is HTTP-POST, HTTP-Redirect or SOAP",
        "Correggi Binding",
        "Mend Binding";
    LOGOUT_LOCATION: "logout-location", "Avviso 3", TOOL_AGID,
        "La Location del logout è un indirizzo http(s)",
        "The logout's Location is an http(s) address",
        "Scrivi l'indirizzo per intero",
        "Write the address in full";
    LOGOUT_REDIRECT: "logout-redirect", "CIE, spid-saml §1.7", AGID,
        "Almeno un SingleLogoutService è HTTP-Redirect",
        "One SingleLogoutService at least is by HTTP-Redirect",
        "Aggiungi un SingleLogoutService con HTTP-Redirect",
        "Add a SingleLogoutService by HTTP-Redirect";
    LOCATION_HTTPS: "location-https", "spid-saml §2.2, Avviso 29", AGID,
        "Gli indirizzi sono https, senza nome utente né frammento",
        "Addresses are https, without user name or fragment",
        "Usa un indirizzo https",
        "Use an https address";
    LOCATION_EMPTY: "location-empty", "SAML Metadata §2.2.2", AGID_STRICT,
        "L'indirizzo ha un valore",
        "The address has a value",
        "Scrivi l'indirizzo per intero",
        "Write the address in full";
    CONSUMER_MISSING: "consumer-missing", "TR p. 20", ALL,
        "C'è almeno un AssertionConsumerService",
        "There is one AssertionConsumerService at least",
        "Aggiungi AssertionConsumerService con HTTP-POST, index=\"0\", isDefault=\"true\"",
        "Add AssertionConsumerService by HTTP-POST, index=\"0\", isDefault=\"true\"";
    CONSUMER_BINDING: "consumer-binding", "TR p. 20", TOOL_AGID,
        "Il Binding di AssertionConsumerService è HTTP-POST",
        "AssertionConsumerService's Binding is HTTP-POST",
        "Scrivi urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
        "Write urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
    CONSUMER_REDIRECT: "consumer-redirect", "SAML Profiles §4.1.2, spid-saml §1.2", AGID_STRICT,
        "Le risposte arrivano per HTTP-POST: per HTTP-Redirect non possono",
        "Answers come by HTTP-POST: by HTTP-Redirect they cannot",
        "Scrivi urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
        "Write urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
    CONSUMER_DEFAULT: "consumer-default", "TR p. 20", TOOL_AGID,
        "Un solo AssertionConsumerService ha isDefault=\"true\"",
        "One AssertionConsumerService has isDefault=\"true\"",
        "Lascia isDefault=\"true\" al solo indice 0",
        "Leave isDefault=\"true\" to index 0 alone";
    CONSUMER_ZERO: "consumer-zero", "TR p. 20", TOOL_AGID,
        "L'AssertionConsumerService predefinito ha index=\"0\"",
        "The default AssertionConsumerService has index=\"0\"",
        "Dai index=\"0\" a quello con isDefault=\"true\"",
        "Give index=\"0\" to the one with isDefault=\"true\"";
    INDEX_TWICE: "index-twice", "SAML Metadata §2.2.3, §2.4.4.1", AGID_STRICT,
        "Ogni indice c'è una volta",
        "Each index is there once",
        "Dai un altro indice al secondo",
        "Give the second one another index";
    SERVICE_MISSING: "service-missing", "TR p. 20", TOOL_AGID,
        "C'è almeno un AttributeConsumingService",
        "There is one AttributeConsumingService at least",
        "Aggiungi un AttributeConsumingService con gli attributi che chiedi",
        "Add an AttributeConsumingService with the attributes you ask for";
    SERVICE_NAME: "service-name", "TR p. 20", TOOL_AGID,
        "ServiceName c'è e ha un valore",
        "ServiceName is there and has a value",
        "Scrivi il nome del servizio",
        "Write the service's name";
    SERVICE_NAME_ITALIAN: "service-name-italian", "spid-saml §2.2", AGID,
        "C'è un ServiceName in italiano",
        "There is a ServiceName in Italian",
        "Aggiungi ServiceName con xml:lang=\"it\"",
        "Add ServiceName with xml:lang=\"it\"";
    ATTRIBUTE_NONE: "attribute-none", "TR p. 20", TOOL_AGID,
        "Ogni AttributeConsumingService chiede almeno un attributo",
        "Each AttributeConsumingService asks for one attribute at least",
        "Aggiungi RequestedAttribute",
        "Add RequestedAttribute";
    ATTRIBUTE_UNKNOWN: "attribute-unknown", "spid-saml §4, TR p. 20", TOOL_AGID,
        "L'attributo richiesto è uno di quelli della federazione",
        "The attribute asked for is one of the federation's",
        "Scrivi il nome esatto, maiuscole comprese",
        "Write the exact name, capitals included";
    ATTRIBUTE_TWICE: "attribute-twice", "TR p. 20", TOOL_AGID,
        "Ogni attributo è richiesto una volta per servizio",
        "Each attribute is asked for once a service",
        "Togli la ripetizione",
        "Take the repetition away";
    ATTRIBUTE_FORMAT: "attribute-format", "spid_sp_test --extra", NONE,
        "NameFormat, se c'è, è basic o uri",
        "NameFormat, if any, is basic or uri",
        "Scrivi urn:oasis:names:tc:SAML:2.0:attrname-format:basic",
        "Write urn:oasis:names:tc:SAML:2.0:attrname-format:basic";
    ATTRIBUTE_OLD: "attribute-old", "Avviso 25", NONE,
        "Al posto di address si chiedono gli attributi domicile…",
        "In place of address the domicile… attributes are asked for",
        "Chiedi domicileStreetAddress, domicilePostalCode, domicileMunicipality, domicileProvince, domicileNation",
        "Ask for domicileStreetAddress, domicilePostalCode, domicileMunicipality, domicileProvince, domicileNation";
    RESERVED_ATTRIBUTE: "reserved-attribute", "spid-saml §2.5", AGID,
        "Gli insiemi riservati 99 e 100 chiedono i soli attributi di eIDAS",
        "The reserved sets 99 and 100 ask for eIDAS's attributes alone",
        "Lascia gli attributi dell'insieme",
        "Leave the set's own attributes";
    RESERVED_MISSING: "reserved-missing", "spid-saml §2.5", AGID,
        "Chi si collega al nodo eIDAS ha gli insiemi 99 e 100",
        "Whoever goes to the eIDAS node has the sets 99 and 100",
        "Aggiungi i due AttributeConsumingService",
        "Add the two AttributeConsumingService";
    ORGANIZATION_ONE: "organization-one", "TR p. 20", TOOL_AGID,
        "C'è una sola Organization",
        "There is one Organization",
        "Aggiungi Organization dopo il ruolo, o lasciane una",
        "Add Organization after the role, or leave one";
    ORGANIZATION_PART: "organization-part", "TR p. 20", TOOL_AGID,
        "Organization ha OrganizationName, OrganizationDisplayName e OrganizationURL",
        "Organization has OrganizationName, OrganizationDisplayName and OrganizationURL",
        "Aggiungi l'elemento che manca",
        "Add the element that is missing";
    ORGANIZATION_EMPTY: "organization-empty", "TR p. 20", TOOL_AGID,
        "Gli elementi di Organization hanno un valore",
        "The elements of Organization have a value",
        "Scrivi il valore",
        "Write the value";
    ORGANIZATION_LANGUAGE: "organization-language", "TR p. 20", TOOL_AGID,
        "Nome, nome mostrato e sito ci sono nelle stesse lingue, una volta ciascuno",
        "Name, display name and URL are there in the same languages, once each",
        "Un elemento di ciascun tipo per lingua, ognuno con xml:lang",
        "One element of each kind a language, each with xml:lang";
    ORGANIZATION_ITALIAN: "organization-italian", "TR p. 20", TOOL_AGID,
        "Organization è scritta anche in italiano",
        "Organization is written in Italian too",
        "Aggiungi i tre elementi con xml:lang=\"it\"",
        "Add the three elements with xml:lang=\"it\"";
    ORGANIZATION_URL: "organization-url", "spid_sp_test --production", AGID,
        "OrganizationURL è un indirizzo http(s)",
        "OrganizationURL is an http(s) address",
        "Scrivi l'indirizzo del sito per intero",
        "Write the site's address in full";
    CONTACT_ONE: "contact-one", "Avviso 29, Avviso 19", TOOL_AGID,
        "C'è un solo ContactPerson di questo tipo",
        "There is one ContactPerson of this kind",
        "Aggiungi il contatto, o lasciane uno",
        "Add the contact, or leave one";
    CONTACT_EMAIL: "contact-email", "Avviso 29", TOOL_AGID,
        "Il contatto ha un EmailAddress valido",
        "The contact has a valid EmailAddress",
        "Scrivi un solo indirizzo, senza mailto: e senza spazi",
        "Write one address, without mailto: and without blanks";
    CONTACT_EMAIL_PLAIN: "contact-email-plain", "RFC 5321 §4.1.2", NONE,
        "L'indirizzo di posta è tra quelli che tutti i validatori leggono",
        "The mail address is one that all validators read",
        "Evita + e caratteri insoliti",
        "Avoid + and unusual characters";
    CONTACT_PHONE: "contact-phone", "Avviso 29", TOOL_AGID,
        "TelephoneNumber non ha spazi",
        "TelephoneNumber has no blanks",
        "Scrivi +390612345678",
        "Write +390612345678";
    CONTACT_PHONE_PREFIX: "contact-phone-prefix", "Avviso 29", AGID,
        "TelephoneNumber comincia con +39",
        "TelephoneNumber begins with +39",
        "Metti il prefisso internazionale",
        "Put the international prefix";
    CONTACT_KIND: "contact-kind", "Avviso 29, Avviso 19", TOOL_AGID,
        "Le estensioni del contatto hanno l'elemento vuoto che dice il tipo di soggetto",
        "The contact's extensions have the empty element that says the kind of body",
        "Aggiungi l'elemento indicato in Extensions",
        "Add the element shown to Extensions";
    CONTACT_KIND_OTHER: "contact-kind-other", "Avviso 29, Avviso 19", TOOL_AGID,
        "Le estensioni non hanno il tipo di un altro soggetto",
        "The extensions do not have another body's kind",
        "Togli l'elemento, o scegli un altro profilo",
        "Take the element away, or choose another profile";
    CONTACT_KIND_EMPTY: "contact-kind-empty", "Avviso 29", TOOL_AGID,
        "L'elemento del tipo di soggetto è vuoto",
        "The element of the kind of body is empty",
        "Scrivi per esempio <spid:Public/>",
        "Write <spid:Public/>, for one";
    CONTACT_COMPANY: "contact-company", "Avviso 29", TOOL_AGID,
        "Company, se c'è, ha un valore",
        "Company, if any, has a value",
        "Scrivi il nome, o togli Company",
        "Write the name, or take Company away";
    CONTACT_COMPANY_SAME: "contact-company-same", "Avviso 29", TOOL_AGID,
        "Company è uguale a OrganizationName, carattere per carattere",
        "Company equals OrganizationName, character by character",
        "Copia il valore di OrganizationName, spazi compresi",
        "Copy OrganizationName's value, blanks included";
    CONTACT_COMPANY_MISSING: "contact-company-missing", "Avviso 19", TOOL_AGID,
        "I contatti di chi aggrega e di chi è aggregato hanno Company",
        "The contacts of aggregator and aggregated have Company",
        "Aggiungi Company dopo Extensions",
        "Add Company after Extensions";
    CONTACT_IPA: "contact-ipa", "Avviso 29", AGID,
        "Il contatto di una pubblica amministrazione ha IPACode",
        "A public body's contact has IPACode",
        "Aggiungi il codice IPA dell'ente",
        "Add the body's IPA code";
    CONTACT_IPA_FORM: "contact-ipa-form", "Avviso 29", AGID,
        "IPACode ha la forma di un codice IPA",
        "IPACode has the form of an IPA code",
        "Copia il codice da indicepa.gov.it",
        "Copy the code from indicepa.gov.it";
    CONTACT_IPA_PRIVATE: "contact-ipa-private", "Avviso 29, Avviso 19", TOOL_AGID,
        "Un soggetto privato non ha IPACode",
        "A private body has no IPACode",
        "Togli IPACode",
        "Take IPACode away";
    CONTACT_FICTITIOUS: "contact-fictitious", "Avviso 22", NONE,
        "Il codice __aggrsint è del solo collaudo",
        "The code __aggrsint is for acceptance alone",
        "In produzione metti il codice vero",
        "In production put the real code";
    CONTACT_VAT: "contact-vat", "Avviso 29", TOOL_AGID,
        "VATNumber, se c'è, è uno, e comincia con la sigla di uno Stato",
        "VATNumber, if any, is one, and begins with a country's code",
        "Scrivi per esempio IT12345678901",
        "Write IT12345678901, for one";
    CONTACT_VAT_FORM: "contact-vat-form", "Avviso 29", AGID,
        "La partita IVA ha le cifre giuste, col controllo",
        "The VAT number has the right digits, its check included",
        "Ricopia la partita IVA",
        "Copy the VAT number again";
    CONTACT_TAX: "contact-tax", "Avviso 29", TOOL_AGID,
        "FiscalCode, se c'è, è uno e ha un valore",
        "FiscalCode, if any, is one and has a value",
        "Lascia un FiscalCode, con un valore",
        "Leave one FiscalCode, with a value";
    CONTACT_TAX_FORM: "contact-tax-form", "Avviso 29", AGID,
        "Il codice fiscale ha la forma giusta, col controllo",
        "The fiscal code has the right form, its check included",
        "Ricopia il codice fiscale",
        "Copy the fiscal code again";
    CONTACT_VAT_OR_TAX: "contact-vat-or-tax", "Avviso 29", TOOL_AGID,
        "Il soggetto ha VATNumber o FiscalCode; un gestore di servizi pubblici entrambi",
        "The body has VATNumber or FiscalCode; an operator of public services both",
        "Aggiungi quello che manca",
        "Add the one that is missing";
    CONTACT_VALIDATION: "contact-validation", "Avviso 19", AGID,
        "Chi aggrega in forma light pubblica il certificato di chi è aggregato (spid:validation)",
        "A light aggregator publishes the certificate of whoever is aggregated (spid:validation)",
        "Aggiungi spid:KeyDescriptor con use=\"spid:validation\"",
        "Add spid:KeyDescriptor with use=\"spid:validation\"";
    CONTACT_CIE: "contact-cie", "CIE, spid-saml §2.5", TOOL_AGID,
        "I contatti della CIE hanno questi elementi, una volta, con un valore",
        "The card's contacts have these elements, once, with a value",
        "Aggiungi l'elemento a Extensions del contatto",
        "Add the element to the contact's Extensions";
    INVOICE_MISSING: "invoice-missing", "Avviso 29", TOOL_AGID,
        "Il contatto billing ha un CessionarioCommittente",
        "The billing contact has one CessionarioCommittente",
        "Aggiungi fpa:CessionarioCommittente con DatiAnagrafici e Sede",
        "Add fpa:CessionarioCommittente with DatiAnagrafici and Sede";
    INVOICE_THIRD: "invoice-third", "Avviso 29", TOOL_AGID,
        "TerzoIntermediarioSoggettoEmittente, se c'è, ha un valore",
        "TerzoIntermediarioSoggettoEmittente, if any, has a value",
        "Scrivi il valore, o togli l'elemento",
        "Write the value, or take the element away";
    INVOICE_FORM: "invoice-form", "Avviso 29, spid-invoicing.xsd", AGID,
        "I dati per la fattura hanno la forma della fattura elettronica",
        "What is for the invoice has the electronic invoice's form",
        "Correggi il valore indicato",
        "Mend the value shown";
    IDP_ENTITY_DOMAIN: "idp-entity-domain", "AgID 1.2.3", AGID,
        "entityID è un indirizzo https di un dominio con un dominio di primo livello",
        "entityID is an https address in a domain with a top level",
        "localhost e nomi senza punto non passano",
        "localhost and names without a dot do not pass";
    IDP_ROLE: "idp-role", "AgID 1.3", AGID,
        "C'è un solo IDPSSODescriptor",
        "There is one IDPSSODescriptor",
        "Lascia un solo IDPSSODescriptor",
        "Leave one IDPSSODescriptor";
    IDP_WANTS_SIGNED: "idp-wants-signed", "spid-saml §2.1", AGID,
        "WantAuthnRequestsSigned è true",
        "WantAuthnRequestsSigned is true",
        "Scrivi WantAuthnRequestsSigned=\"true\"",
        "Write WantAuthnRequestsSigned=\"true\"";
    IDP_SIGN_ON: "idp-sign-on", "AgID 1.4, spid-saml §2.1", AGID,
        "C'è SingleSignOnService sia per HTTP-Redirect sia per HTTP-POST",
        "There is SingleSignOnService by HTTP-Redirect and by HTTP-POST",
        "Aggiungi quello che manca",
        "Add the one that is missing";
    IDP_LOGOUT: "idp-logout", "AgID 1.5, spid-saml §2.1", AGID,
        "C'è almeno un SingleLogoutService",
        "There is one SingleLogoutService at least",
        "Aggiungi SingleLogoutService",
        "Add SingleLogoutService";
    IDP_ATTRIBUTE: "idp-attribute", "AgID 1.6, spid-saml §4", AGID,
        "Gli attributi sono quelli di SPID, ognuno una volta",
        "The attributes are SPID's, each once",
        "Scrivi il nome esatto, maiuscole comprese",
        "Write the exact name, capitals included";
    IDP_ATTRIBUTES: "idp-attributes", "AgID 1.6", AGID,
        "I metadati elencano gli attributi che l'identity provider rilascia",
        "The metadata list the attributes that the identity provider releases",
        "Aggiungi saml:Attribute alla fine di IDPSSODescriptor",
        "Add saml:Attribute at the end of IDPSSODescriptor";
    IDP_ORGANIZATION: "idp-organization", "AgID 1.7", AGID,
        "C'è una sola Organization",
        "There is one Organization",
        "Aggiungi Organization dopo il ruolo",
        "Add Organization after the role";
}
