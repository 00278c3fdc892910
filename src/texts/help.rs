//! Help, by topic: what a person may ask at each step, and the answer (IC-24).

use crate::texts::language::Language;
use crate::texts::table::table;

table! {
    title: "Aiuto", "Help";
    lead: "Scegli l’argomento che ti serve.", "Choose the topic that you need.";
    all: "Tutti gli argomenti", "All topics";
    useful: "Hai trovato utile questo contenuto?", "Did you find this useful?";
    yes: "Sì", "Yes";
    no: "No", "No";
    thanks: "Grazie: la tua risposta è stata contata, senza alcun dato su di te.",
        "Thank you: your answer was counted, with no data about you.";
    about_error: "Sei arrivato qui dall’errore", "You came here from the error";
    close: "Per tornare all’accesso usa il tasto Indietro del browser: i dati già inseriti non vanno persi.",
        "To go back to signing in use the browser’s Back button: what you entered already is not lost.";
    old_title: "Questo browser non è più supportato", "This browser is no longer supported";
    old_what: "Il browser che stai usando è troppo vecchio per accedere in sicurezza, perciò qui non funziona.",
        "The browser that you are using is too old to sign in safely, so it does not work here.";
    old_now: "Apri il servizio con una versione recente di uno di questi browser, gratuiti:",
        "Open the service with a recent version of one of these browsers, which are free:";
    old_nothing: "Nessun dato è stato inviato. Se il computer non è tuo, chiedi a chi lo gestisce.",
        "No data were sent. If the computer is not yours, ask whoever manages it.";
}

/// What a help page is about.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Topic {
    /// User name and password.
    Password,
    /// The code from the app.
    Code,
    /// Activating the app.
    Activation,
    /// Levels of security.
    Levels,
    /// Which data are sent, and consent.
    Consent,
    /// Errors and their numbers.
    Errors,
    /// The ways to come in.
    Ways,
    /// The way back in, and who must never be believed.
    Recovery,
    /// Which browsers work.
    Browsers,
}

/// A question and its answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Item {
    /// What a person asks.
    pub question: &'static str,
    /// What to answer.
    pub answer: &'static str,
}

impl Topic {
    /// Every one, in the order of the list.
    pub const ALL: [Self; 9] = [
        Self::Password,
        Self::Code,
        Self::Activation,
        Self::Levels,
        Self::Consent,
        Self::Errors,
        Self::Ways,
        Self::Recovery,
        Self::Browsers,
    ];

    /// Its name in addresses, in the log and in the count of votes.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Code => "code",
            Self::Activation => "activation",
            Self::Levels => "levels",
            Self::Consent => "consent",
            Self::Errors => "errors",
            Self::Ways => "ways",
            Self::Recovery => "recovery",
            Self::Browsers => "browsers",
        }
    }

    /// The topic of that name.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.id() == id)
    }

    /// Its heading.
    #[must_use]
    pub fn title(self, language: Language) -> &'static str {
        let (it, en) = match self {
            Self::Password => ("Nome utente e password", "Username and password"),
            Self::Code => ("Il codice monouso", "The one-time code"),
            Self::Activation => ("Attivare l’app dei codici", "Activating the code app"),
            Self::Levels => ("I livelli di sicurezza", "The levels of security"),
            Self::Consent => ("I dati inviati al servizio", "The data sent to the service"),
            Self::Errors => ("Errori e codici di errore", "Errors and their numbers"),
            Self::Ways => ("I modi di accesso", "The ways to sign in"),
            Self::Recovery => {
                ("Recuperare l’accesso, e le truffe", "Recovering your access, and scams")
            }
            Self::Browsers => ("I browser che puoi usare", "The browsers that you can use"),
        };
        pick(language, (it, en))
    }

    /// Its questions, with their answers.
    #[must_use]
    pub fn items(self, language: Language) -> Vec<Item> {
        let rows = match self {
            Self::Password => PASSWORD,
            Self::Code => CODE,
            Self::Activation => ACTIVATION,
            Self::Levels => LEVELS,
            Self::Consent => CONSENT,
            Self::Errors => ERRORS,
            Self::Ways => WAYS,
            Self::Recovery => RECOVERY,
            Self::Browsers => BROWSERS,
        };
        let item = |(question, answer): &(Both, Both)| Item {
            question: pick(language, *question),
            answer: pick(language, *answer),
        };
        rows.iter().map(item).collect()
    }
}

type Both = (&'static str, &'static str);

fn pick(language: Language, (it, en): Both) -> &'static str {
    match language {
        Language::It => it,
        Language::En => en,
    }
}

const PASSWORD: &[(Both, Both)] = &[
    (
        ("Qual è il mio nome utente?", "What is my username?"),
        (
            "È quello che hai ricevuto quando ti è stato dato l’account; maiuscole e minuscole non contano.",
            "It is the one that you got with your account; capital and small letters make no difference.",
        ),
    ),
    (
        (
            "Non ricordo la password: che cosa faccio?",
            "I do not remember the password: what do I do?",
        ),
        (
            "Apri la pagina di recupero (/recover): riceverai un collegamento per sceglierne una nuova. Nessuno ti chiederà mai quella vecchia.",
            "Open the recovery page (/recover): you will get a link to choose a new one. Nobody will ever ask for the old one.",
        ),
    ),
    (
        ("Perché devo aspettare prima di riprovare?", "Why do I have to wait before I try again?"),
        (
            "Dopo alcuni tentativi sbagliati l’attesa protegge il tuo account da chi prova a indovinare. Da un browser che hai già usato l’attesa è più breve.",
            "After some wrong attempts the wait protects your account from those who guess. In a browser that you have used before the wait is shorter.",
        ),
    ),
    (
        ("Come so che la pagina è quella vera?", "How do I know that the page is the real one?"),
        (
            "Controlla l’indirizzo nel browser e arriva qui sempre partendo dal servizio, mai da un messaggio o da una telefonata.",
            "Check the address in the browser, and always come here from the service, never from a message or a phone call.",
        ),
    ),
];

const CODE: &[(Both, Both)] = &[
    (
        ("Dove trovo il codice?", "Where do I find the code?"),
        (
            "Nell’app con cui hai attivato i codici, sul tuo telefono: sei cifre che cambiano di continuo. Se hai aggiunto un numero e scegli i codici via SMS, arriva invece in un messaggio, dopo la password.",
            "In the app with which you activated the codes, on your phone: six digits that keep changing. If you have added a number and choose codes by SMS, it comes in a text message instead, after your password.",
        ),
    ),
    (
        ("Il codice non viene accettato", "The code is not accepted"),
        (
            "Controlla che data e ora del telefono siano impostate in automatico. Ogni codice vale una volta sola: se l’hai già usato, aspetta il successivo.",
            "Check that date and time of your phone are set automatically. Each code works once: if you have used it already, wait for the next one.",
        ),
    ),
    (
        ("Ho cambiato o perso il telefono", "I changed or lost my phone"),
        (
            "Apri la pagina di recupero (/recover): con il collegamento che ricevi e la tua password colleghi l’app sul nuovo telefono, e quella di prima non vale più.",
            "Open the recovery page (/recover): with the link that you get and your password you link the app on the new phone, and the one before counts no more.",
        ),
    ),
];

const ACTIVATION: &[(Both, Both)] = &[
    (
        ("Quale app posso usare?", "Which app can I use?"),
        (
            "Qualunque app di codici monouso: leggono tutte lo stesso codice QR. Se la telecamera non funziona, scrivi nell’app la chiave che vedi sotto il QR.",
            "Any app for one-time codes: they all read the same QR code. If the camera does not work, type the key below the QR into the app.",
        ),
    ),
    (
        ("Dove trovo il codice di attivazione?", "Where do I find the activation code?"),
        (
            "Ti è stato dato insieme all’account. Vale una volta sola e per un tempo limitato: se è scaduto, chiedine un altro.",
            "It was given to you with the account. It works once and for a limited time: if it has expired, ask for another one.",
        ),
    ),
    (
        ("Perché serve?", "Why is it needed?"),
        (
            "Perché chi conosce soltanto la tua password non possa attivare i codici sul proprio telefono al posto tuo.",
            "So that somebody who merely knows your password cannot activate the codes on a phone of their own.",
        ),
    ),
];

const LEVELS: &[(Both, Both)] = &[
    (
        ("Che cosa sono i livelli?", "What are the levels?"),
        (
            "Dicono quanto è sicuro il riconoscimento. SpidL1: nome utente e password. SpidL2: anche un codice monouso. SpidL3: una smart card o un dispositivo con certificato. Il livello lo sceglie il servizio.",
            "They say how sure the recognition is. SpidL1: username and password. SpidL2: a one-time code as well. SpidL3: a smart card or a device with a certificate. The service chooses the level.",
        ),
    ),
    (
        ("Come raggiungo SpidL2?", "How do I reach SpidL2?"),
        (
            "Attiva i codici monouso: procurati il codice di attivazione da chi ti ha dato le credenziali, poi accedi al servizio. Dopo la password ti guideremo nell’attivazione dell’app.",
            "Activate the one-time codes: get the activation code from whoever gave you your credentials, then sign in at the service. After the password we will guide you through activating the app.",
        ),
    ),
    (
        (
            "Perché il servizio non accetta il mio livello?",
            "Why does the service not accept my level?",
        ),
        (
            "Per i dati che tratta ha bisogno di un livello più alto (errore nr20). Se questo gestore non lo rilascia, serve un’identità di un altro gestore.",
            "For the data that it handles it needs a higher level (error nr20). If this provider does not issue it, you need an identity of another provider.",
        ),
    ),
];

const CONSENT: &[(Both, Both)] = &[
    (
        ("Quali dati riceve il servizio?", "Which data does the service receive?"),
        (
            "Soltanto quelli elencati nella pagina, e soltanto se premi il pulsante per acconsentire.",
            "Only those listed on the page, and only if you press the button to agree.",
        ),
    ),
    (
        ("Che cosa succede se rifiuto?", "What happens if I refuse?"),
        (
            "Il servizio viene avvisato che non hai acconsentito (errore nr22) e non riceve nulla di te. Puoi ricominciare quando vuoi.",
            "The service is told that you did not agree (error nr22) and receives nothing about you. You can start again whenever you like.",
        ),
    ),
    (
        ("Un dato è sbagliato", "Something is wrong"),
        (
            "Annulla e rivolgiti a chi ti ha dato le credenziali per correggerlo.",
            "Cancel, and turn to whoever gave you your credentials to have it corrected.",
        ),
    ),
];

const ERRORS: &[(Both, Both)] = &[
    (
        ("Che cos’è il codice di errore?", "What is the error number?"),
        (
            "Un numero come nr05 o nr20, uguale per tutti i gestori. Da nr04 a nr18 l’errore è nella richiesta del servizio: segnalalo a chi lo gestisce. Da nr19 in poi riguarda il tuo accesso.",
            "A number such as nr05 or nr20, the same at all providers. From nr04 to nr18 the error is in the service’s request: report it to whoever runs the service. From nr19 on it is about your sign-in.",
        ),
    ),
    (
        ("A che cosa serve il codice per l’assistenza?", "What is the support code for?"),
        (
            "Permette a chi ti assiste di trovare proprio il tuo accesso. Comunicalo così com’è: non contiene dati personali.",
            "It lets those who help you find exactly your sign-in. Give it as it is: it holds no personal data.",
        ),
    ),
    (
        ("Che cosa posso fare subito?", "What can I do at once?"),
        (
            "Torna al servizio e ricomincia da lì, senza usare un indirizzo salvato o il tasto Indietro. Se l’errore si ripete, chiedi assistenza.",
            "Go back to the service and start again from there, not from a saved address or by the Back button. If the error happens again, ask for assistance.",
        ),
    ),
];

const BROWSERS: &[(Both, Both)] = &[
    (
        ("Quali browser posso usare?", "Which browsers can I use?"),
        (
            "Le versioni recenti di Firefox (dalla 78), Chrome ed Edge (dalla 80), Safari (dalla 13) e dei browser che ne derivano, su computer e telefono.",
            "Recent versions of Firefox (from 78), Chrome and Edge (from 80), Safari (from 13) and of the browsers built on them, on computers and phones.",
        ),
    ),
    (
        ("Posso usare Internet Explorer?", "Can I use Internet Explorer?"),
        (
            "No: il produttore non lo aggiorna più dal 15 giugno 2022 e non è sicuro. Anche il vecchio Edge, fino alla versione 18, non funziona.",
            "No: its maker has not updated it since 15 June 2022, and it is not safe. The old Edge, up to version 18, does not work either.",
        ),
    ),
    (
        ("Servono JavaScript e cookie?", "Are JavaScript and cookies needed?"),
        (
            "JavaScript no: senza, a volte devi premere un pulsante in più. I cookie sì: servono a riconoscere il tuo browser da una pagina all’altra dell’accesso.",
            "Not JavaScript: without it you sometimes press one more button. Cookies, yes: they let us recognise your browser from one page of the sign-in to the next.",
        ),
    ),
];

const WAYS: &[(Both, Both)] = &[
    (
        ("Quale modo di accesso scelgo?", "Which way to sign in do I choose?"),
        (
            "Quello che hai: con SPID e CIE entri con la tua identità digitale, con le credenziali entri con il nome utente e la password che ti sono stati dati qui. Il servizio ti riconosce allo stesso modo.",
            "The one that you have: with SPID and CIE you use your digital identity, with credentials the username and password that you were given here. The service knows you all the same.",
        ),
    ),
    (
        (
            "Perché i gestori SPID cambiano ordine?",
            "Why does the order of the SPID providers change?",
        ),
        (
            "Per non favorire nessuno: l’ordine è a caso ogni volta. L’ultimo che hai usato è ricordato soltanto nel tuo browser.",
            "So that none is favoured: the order is drawn anew each time. The one that you used last is remembered in your browser only.",
        ),
    ),
    (
        (
            "Ho SPID ma il servizio non mi fa entrare: perché?",
            "I have SPID but the service does not let me in: why?",
        ),
        (
            "Alcuni servizi chiedono un livello più alto, altri sono aperti soltanto a chi è stato abilitato prima. La pagina di errore dice quale dei due casi è il tuo e che cosa fare.",
            "Some services ask for a higher level, others are open only to people who were enabled before. The page with the error says which of the two it is and what to do.",
        ),
    ),
    (
        (
            "Chi vede la mia password SPID o il PIN della CIE?",
            "Who sees my SPID password or the PIN of my CIE?",
        ),
        (
            "Soltanto il tuo gestore: li scrivi nelle sue pagine, mai qui. A noi arriva la sua conferma, con i dati che ha mostrato.",
            "Your provider alone: you type them on its pages, never here. We get its confirmation, with the data that it showed you.",
        ),
    ),
];

const RECOVERY: &[(Both, Both)] = &[
    (
        ("Come recupero l’accesso?", "How do I recover my access?"),
        (
            "Dalla pagina di recupero (/recover) chiedi un collegamento, che arriva al tuo indirizzo registrato e vale un’ora. Il collegamento da solo non basta: serve anche ciò che non hai perso, la password o un secondo fattore.",
            "On the recovery page (/recover) you ask for a link, which comes to your address on record and is good for an hour. The link alone is not enough: you also need what you have not lost, the password or a second factor.",
        ),
    ),
    (
        ("Ho perso sia la password sia il telefono", "I lost both password and phone"),
        (
            "Rivolgiti allo sportello che ti ha dato le credenziali: dopo averti riconosciuto ti dà un codice da usare una volta sola.",
            "Turn to the desk that gave you your credentials: after identifying you it gives you a code that can be used once.",
        ),
    ),
    (
        (
            "Mi chiedono la password o un codice per telefono o email",
            "I am asked for my password or a code by phone or email",
        ),
        (
            "È una truffa: nessuno ti chiederà mai la password, un codice o il PIN, nemmeno chi ti assiste. Non rispondere, non aprire collegamenti che chiedono di controllare i dati di accesso, e segnalalo subito all’assistenza.",
            "It is a scam: nobody will ever ask for your password, a code or the PIN, not even those who help you. Do not answer, do not open links that ask you to check your access data, and report it at once to those who help.",
        ),
    ),
    (
        (
            "Mi propongono di collegarsi al mio computer",
            "Somebody offers to connect to my computer",
        ),
        (
            "Rifiuta: chi ti assiste non si collega mai al tuo computer (per esempio con TeamViewer o AnyDesk). Chi lo chiede vuole vedere ciò che scrivi.",
            "Refuse: those who help you never connect to your computer (by TeamViewer or AnyDesk, for instance). Whoever asks wants to see what you type.",
        ),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_topic_is_told_in_both_languages() {
        for topic in Topic::ALL {
            assert_eq!(Topic::parse(topic.id()), Some(topic));
            let (it, en) = (topic.items(Language::It), topic.items(Language::En));
            assert!(it.len() >= 3 && it.len() == en.len(), "{topic:?}");
            for (it, en) in it.iter().zip(&en) {
                assert_ne!(it.question, en.question);
                assert_ne!(it.answer, en.answer);
                assert!(!it.answer.is_empty() && !en.answer.is_empty());
            }
            assert_ne!(topic.title(Language::It), topic.title(Language::En));
        }
        assert_eq!(Topic::parse("nonsense"), None);
    }
}
