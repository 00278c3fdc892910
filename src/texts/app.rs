//! Words of the app on phones, and of the pages that wait for it.

use crate::texts::common::duration;
use crate::texts::language::Language;
use crate::texts::moment::moment;
use crate::texts::table::table;

table! {
    home_title: "Richieste di accesso", "Requests to sign in";
    home_lead: "Qui approvi gli accessi che hai iniziato tu, su questo o su un altro dispositivo.",
        "Here you approve sign-ins that you began yourself, on this device or another.";
    linked_to: "Questo telefono è collegato all’utente", "This phone is linked to the user";
    named: "Nome del telefono", "Name of the phone";
    none: "Nessuna richiesta in attesa. Se hai appena provato a entrare, aspetta qualche secondo: la pagina si aggiorna da sola.",
        "No request is waiting. If you have just tried to sign in, wait a few seconds: the page refreshes by itself.";
    refresh: "Aggiorna", "Refresh";
    requests: "In attesa", "Waiting";
    open: "Apri la richiesta", "Open the request";
    own_pages: "La tua area personale", "Your own pages";
    scan_title: "Hai un codice QR?", "Do you have a QR code?";
    scan: "Inquadralo con la fotocamera del telefono, oppure scrivi qui il codice che vedi sotto il disegno.",
        "Point your phone’s camera at it, or type here the code that you see below the drawing.";
    code: "Codice", "Code";
    code_help: "12 lettere e numeri. Maiuscole, spazi e trattini non contano.", "12 letters and digits. Capitals, spaces and hyphens do not matter.";
    go_on: "Continua", "Go on";
    unlinked_title: "Collega questo telefono", "Link this phone";
    unlinked: "Questo telefono non è ancora collegato a nessuno. Da un computer entra nella tua area personale, apri «I tuoi modi di accesso» e scegli «Collega il telefono»: vedrai un codice.",
        "This phone is not linked to anybody yet. On a computer enter your own pages, open “Your ways to sign in” and choose “Link your phone”: you will see a code.";
    install_title: "Tieni l’app a portata di mano", "Keep the app at hand";
    install: "Dal menu del browser scegli «Aggiungi a schermata Home» (o «Installa app»). Su iPhone fallo prima di collegare il telefono, e poi scrivi il codice nell’app.",
        "In your browser’s menu choose “Add to Home screen” (or “Install app”). On an iPhone do so before you link the phone, and then type the code in the app.";
    notify_title: "Notifiche", "Notifications";
    notify: "Con le notifiche il telefono ti avvisa quando c’è una richiesta. Anche senza, la trovi sempre qui.",
        "With notifications your phone tells you when there is a request. Without them you always find it here.";
    notify_on: "Le notifiche sono attive su questo telefono.", "Notifications are on for this phone.";
    notify_do: "Attiva le notifiche", "Turn notifications on";
    notify_failed: "Le notifiche non si sono attivate: controlla i permessi del browser. Le richieste le trovi comunque qui.",
        "Notifications could not be turned on: check your browser’s permissions. You find the requests here all the same.";
    script: "Per usare l’app serve un browser recente con JavaScript attivo.", "The app takes a recent browser with JavaScript on.";
    done_linked: "Il telefono è collegato. Da ora puoi approvare gli accessi da qui.", "The phone is linked. From now on you can approve sign-ins here.";
    done_approved: "Accesso approvato. Torna alla pagina da cui hai iniziato: va avanti da sola, oppure premi lì «Ho confermato».",
        "Sign-in approved. Go back to the page where you began: it goes on by itself, or press “I have confirmed” there.";
    done_denied: "Accesso negato.", "Sign-in denied.";
    done_reported: "Grazie: abbiamo fermato l’accesso e per un’ora non mandiamo altre richieste. Chi ci ha provato conosce la tua password: cambiala subito.",
        "Thank you: we have stopped the sign-in and send no more requests for an hour. Whoever tried knows your password: change it at once.";

    enrol_title: "Collega questo telefono a un utente", "Link this phone to a user";
    enrol_lead: "Il telefono crea una chiave che sblocchi con impronta, volto o PIN. Dopo ti chiederà di usarla una volta.",
        "The phone makes a key that you unlock with fingerprint, face or PIN. Afterwards it will ask you to use it once.";
    enrol_for: "Utente", "User";
    enrol_check: "Continua solo se il codice l’hai chiesto tu, dalla tua area personale.", "Go on only if you asked for the code yourself, at your own pages.";
    name: "Nome del telefono", "Name of the phone";
    name_help: "Ti serve a riconoscerlo, per esempio «Telefono di Anna».", "It helps you to recognise it, for example “Anna’s phone”.";
    name_first: "Il mio telefono", "My phone";
    bad_name: "Scrivi un nome, al massimo di 60 caratteri.", "Type a name, of 60 characters at most.";
    make: "Crea la chiave", "Make the key";
    prove_title: "Prova la chiave", "Try the key";
    prove_lead: "La chiave è stata creata. Usala una volta per finire: il telefono sarà collegato.", "The key was made. Use it once to finish: the phone will be linked.";
    prove_do: "Usa la chiave", "Use the key";
    unable_title: "Qui la chiave non si può usare", "The key cannot be used here";
    unable: "Serve un browser recente con JavaScript attivo, e un telefono con il blocco schermo. Aggiorna il browser o attiva il blocco schermo, e ricarica la pagina.",
        "It takes a recent browser with JavaScript on, and a phone with a screen lock. Update your browser or turn the screen lock on, and load the page again.";
    failed_title: "La chiave non è stata usata", "The key was not used";
    failed: "L’hai annullata o è passato troppo tempo. Puoi riprovare.", "You cancelled it or it took too long. You can try again.";

    no_lock_title: "Questo telefono non ha un blocco che l’app possa usare", "This phone has no lock that the app can use";
    no_lock_pin: "Senza impronta, volto o blocco schermo puoi proteggere la chiave con un PIN tuo, che scriverai a ogni approvazione. Vale dopo la password, e non al suo posto. Se puoi, attiva invece il blocco schermo e ricarica la pagina.",
        "Without fingerprint, face or screen lock you can guard the key with a PIN of your own, which you will type at each approval. It works after your password, and not in its place. If you can, turn the screen lock on instead and load the page again.";
    no_lock_use: "Scegli un PIN", "Choose a PIN";
    no_lock: "Così non si può collegare. Attiva il blocco schermo (impronta, volto o codice) nelle impostazioni del telefono e ricarica la pagina. Se il telefono non lo permette, dalla tua area personale scegli un altro modo di accesso: l’app dei codici monouso, una passkey, gli SMS o la smart card, tra quelli che trovi lì.",
        "It cannot be linked like this. Turn the screen lock on (fingerprint, face or code) in the phone’s settings and load the page again. If the phone cannot do that, choose another way to sign in at your own pages: the app for one-time codes, a passkey, text messages or a smart card, among those that you find there.";
    pin_title: "Collega il telefono con un PIN", "Link the phone with a PIN";
    pin_lead: "Il telefono crea una chiave che resta nel browser. Scegli il PIN che scriverai ogni volta che approvi un accesso.",
        "The phone makes a key that stays in its browser. Choose the PIN that you will type whenever you approve a sign-in.";
    pin_new_help: "Da 6 a 12 cifre. Non usare cifre uguali o in fila, né la data di nascita o il PIN del bancomat.",
        "6 to 12 digits. Use no equal digits or digits in a row, nor your date of birth or the PIN of your bank card.";
    pin_again: "Ripeti il PIN", "Repeat the PIN";
    pin_link: "Collega il telefono", "Link the phone";
    pin_key_title: "La chiave non c’è", "The key is not there";
    pin_key: "Il browser non ha potuto creare o ritrovare la chiave: forse i dati del sito sono stati cancellati, oppure stai navigando in privato. Dalla tua area personale rimuovi questo telefono e collegalo di nuovo, in una finestra normale.",
        "The browser could not make or find the key: perhaps the data of this site were erased, or you are browsing in private. At your own pages remove this phone and link it anew, in a normal window.";
    pin_unable_title: "Qui la chiave non si può usare", "The key cannot be used here";
    pin_unable: "Serve un browser recente con JavaScript attivo. Aggiornalo, e ricarica la pagina.", "It takes a recent browser with JavaScript on. Update it, and load the page again.";
    pin: "Il tuo PIN", "Your PIN";
    pin_help: "Quello che hai scelto collegando questo telefono. Non dirlo a nessuno, nemmeno a chi ti telefona.",
        "The one that you chose when you linked this phone. Tell it to nobody, not even to who telephones you.";
    pin_shape: "Il PIN è fatto di 6 fino a 12 cifre.", "The PIN has 6 to 12 digits.";
    pin_trivial: "Questo PIN è tra i primi che chiunque proverebbe: scegline uno senza cifre uguali, in fila o ripetute.",
        "This PIN is among the first that anybody would try: choose one without equal, consecutive or repeated digits.";
    pin_different: "I due PIN non sono uguali: riscrivili.", "The two PINs are not the same: type them again.";
    pin_locked_title: "Questo telefono è bloccato", "This phone is locked";
    pin_locked: "Il PIN è stato sbagliato 5 volte di fila: da qui non si approva più niente. Entra nella tua area personale con un altro modo di accesso, rimuovi questo telefono e collegalo di nuovo. Se non ne hai altri, chiedi aiuto a chi ti ha dato le credenziali.",
        "The PIN was wrong 5 times in a row: nothing can be approved from here any more. Enter your own pages by another way to sign in, remove this phone and link it anew. If you have no other, ask whoever gave you your credentials for help.";
    pin_change_title: "Cambia il PIN", "Change the PIN";
    pin_change_lead: "Serve il PIN di adesso. Se l’hai dimenticato, dalla tua area personale rimuovi questo telefono e collegalo di nuovo.",
        "It takes the present PIN. If you have forgotten it, remove this phone at your own pages and link it anew.";
    pin_present: "PIN di adesso", "Present PIN";
    pin_new_one: "Nuovo PIN", "New PIN";
    pin_new_again: "Ripeti il nuovo PIN", "Repeat the new PIN";
    done_pin: "Il PIN è cambiato: da ora vale quello nuovo.", "The PIN was changed: the new one works from now on.";

    question_title: "Sei tu che stai entrando?", "Is it you who is signing in?";
    question_pin: "Approva con il PIN", "Approve with the PIN";
    question_lead: "Approva solo se hai iniziato tu questo accesso, adesso.", "Approve only if you began this sign-in yourself, now.";
    service: "Servizio", "Service";
    place: "Rete", "Network";
    browser: "Browser", "Browser";
    asked: "Quando", "When";
    user: "Utente", "User";
    unknown: "sconosciuto", "unknown";
    number: "Numero che vedi sull’altro schermo", "Number that you see on the other screen";
    number_help: "Due cifre. Se non vedi un numero, o qualcuno te lo detta al telefono, nega.", "Two digits. If you see no number, or somebody tells it to you by telephone, deny.";
    number_wrong: "Non è il numero che si vede sull’altro schermo. Controllalo: dopo tre errori la richiesta finisce.",
        "This is not the number on the other screen. Check it: after three mistakes the request ends.";
    approve: "Approva", "Approve";
    deny: "Nega", "Deny";
    report: "Non sono stato io", "It was not me";
    report_help: "Ferma l’accesso, avvisa chi gestisce il servizio e blocca le richieste per un’ora.",
        "It stops the sign-in, tells whoever runs the service and blocks requests for an hour.";

    told_title: "Non si può continuare", "This cannot go on";
    told_code: "Il codice non vale: è scaduto, è già stato usato o è scritto male. Fattene mostrare uno nuovo.",
        "The code does not work: it is too old, was used, or is mistyped. Have a new one shown.";
    told_unlinked: "Questo telefono non è collegato. Collegalo dalla tua area personale, poi riprova.", "This phone is not linked. Link it at your own pages, then try again.";
    told_over: "La richiesta non si può più approvare: è già stata chiusa, oppure è passato troppo tempo.", "The request cannot be approved any more: it was answered already, or took too long.";
    told_refused: "La chiave del telefono non è stata accettata. Riprova; se succede ancora, rimuovi il telefono dalla tua area personale e collegalo di nuovo.",
        "The phone’s key was not accepted. Try again; if it happens again, remove the phone at your own pages and link it anew.";
    told_old: "Questa versione dell’app è troppo vecchia e non si può più usare. Chiudi l’app e riaprila con la rete attiva: si aggiorna da sola.",
        "This version of the app is too old to be used. Close the app and open it again with the network on: it updates by itself.";
    told_many: "Hai già 5 telefoni collegati: rimuovine uno dalla tua area personale.", "You have linked 5 phones already: remove one at your own pages.";
    told_not_ours: "La pagina non è di questo telefono. Torna all’inizio e riprova.", "The page is not of this phone. Go back to the beginning and try again.";
    told_no_pins: "I telefoni con un PIN, senza blocco schermo, qui non si possono usare. Attiva il blocco schermo e collega il telefono di nuovo, oppure scegli un altro modo di accesso.",
        "Phones with a PIN, without a screen lock, cannot be used here. Turn the screen lock on and link the phone anew, or choose another way to sign in.";
    told_not_alone: "Questo telefono usa un PIN e non può sostituire la password. Sull’altro schermo entra con nome utente e password: dopo potrai approvare da qui.",
        "This phone uses a PIN and cannot stand in for the password. On the other screen sign in with username and password: then you can approve from here.";
    to_home: "Torna all’app", "Back to the app";
    offline_title: "Sei senza rete", "You are offline";
    offline: "Per vedere e approvare le richieste serve la rete. Quando torna, riapri l’app o premi il pulsante.",
        "To see and approve requests the network is needed. When it is back, open the app again or press the button.";
    retry: "Riprova", "Try again";

    invite_title: "Collega il telefono", "Link your phone";
    invite_lead: "Inquadra il disegno con la fotocamera del telefono. Oppure apri l’app sul telefono e scrivi il codice.",
        "Point your phone’s camera at the drawing. Or open the app on your phone and type the code.";
    invite_alt: "Codice QR per collegare il telefono. Lo stesso codice è scritto qui accanto.", "QR code to link the phone. The same code is written beside it.";
    invite_secret: "Non mostrarlo a nessuno: chi lo usa prima di te collega il proprio telefono alla tua identità.",
        "Show it to nobody: whoever uses it before you links their own phone to your identity.";
    invite_where: "Indirizzo dell’app", "Address of the app";
    invite_new: "Mostra un codice nuovo", "Show a new code";
    invite_done: "Ho collegato il telefono", "I have linked the phone";

    push_title: "Conferma sul telefono", "Confirm on your phone";
    push_lead: "Apri la notifica, o l’app, sul telefono collegato. Controlla chi chiede l’accesso e scrivi lì questo numero:",
        "Open the notification, or the app, on your linked phone. Check who asks for the sign-in and type this number there:";
    push_number: "Numero da scrivere sul telefono", "Number to type on the phone";
    push_confirmed: "Ho confermato la notifica", "I have confirmed the notification";
    push_again: "Invia di nuovo", "Send again";
    push_slow_title: "La notifica non arriva?", "Is there no notification?";
    push_slow_android: "Android: la notifica può non comparire da sola. Trascina verso il basso la barra in alto e cercala lì, oppure apri l’app.",
        "Android: the notification may not show by itself. Drag down the bar at the top and look for it there, or open the app.";
    push_slow_iphone: "iPhone: guarda nel Centro notifiche, oppure apri l’app dalla schermata Home. Dopo la conferma torna a questa pagina e premi il pulsante.",
        "iPhone: look in Notification Centre, or open the app from your Home screen. After you have confirmed come back to this page and press the button.";
    push_slow_lost: "Se non hai con te il telefono, scegli un altro modo.", "If you do not have your phone with you, choose another way.";
    qr_title: "Inquadra il codice con il telefono", "Scan the code with your phone";
    qr_lead: "Usa la fotocamera del telefono che hai collegato. Lì vedrai chi chiede l’accesso, e potrai approvarlo.",
        "Use the camera of the phone that you have linked. There you will see who asks for the sign-in, and can approve it.";
    qr_alt: "Codice QR da inquadrare con il telefono collegato. Lo stesso codice è scritto qui accanto.", "QR code to scan with your linked phone. The same code is written beside it.";
    qr_by_hand: "Oppure scrivi questo codice nell’app:", "Or type this code in the app:";
    qr_new: "Mostra un codice nuovo", "Show a new code";
    qr_confirmed: "Ho confermato sul telefono", "I have confirmed on my phone";
    qr_opened_title: "Continua sul telefono", "Go on with your phone";
    qr_opened: "Il telefono ha letto il codice. Continua lì.", "The phone has read the code. Go on there.";
    answered: "Hai risposto sul telefono. Premi il pulsante per continuare.", "You have answered on your phone. Press the button to go on.";
    waiting: "In attesa della tua risposta. La pagina va avanti da sola; se non succede, premi il pulsante.",
        "Waiting for your answer. The page goes on by itself; if it does not, press the button.";
}

/// How long a QR code lasts.
#[must_use]
pub fn lasts(language: Language, seconds: i64) -> String {
    let duration = duration(language, seconds.try_into().unwrap_or_default());
    match language {
        Language::It => format!("Vale ancora {duration}."),
        Language::En => format!("It lasts {duration} more."),
    }
}

/// What a notification says, for the app's service worker: JSON. It names the service, and neither person nor number.
#[must_use]
pub fn request(language: Language, office: Option<&str>, service: Option<&str>) -> String {
    let office = office.unwrap_or("ponte");
    let body = match (language, service) {
        (Language::It, Some(service)) => format!(
            "Qualcuno vuole entrare con la tua identità in: {service}. Sei tu? Apri l’app per rispondere."
        ),
        (Language::It, None) => {
            "Qualcuno vuole entrare nella tua area personale. Sei tu? Apri l’app per rispondere."
                .to_owned()
        }
        (Language::En, Some(service)) => format!(
            "Somebody wants to sign in with your identity to: {service}. Is it you? Open the app to answer."
        ),
        (Language::En, None) => {
            "Somebody wants to enter your own pages. Is it you? Open the app to answer.".to_owned()
        }
    };
    let cut = |text: &str| text.chars().take(LONGEST).collect::<String>();
    let lang = language.tag();
    serde_json::json!({ "title": cut(office), "body": cut(&body), "tag": "request", "lang": lang })
        .to_string()
}

/// That a PIN is wrong, and how many more may be.
#[must_use]
pub fn pin_wrong(language: Language, left: u8) -> String {
    match (language, left) {
        (Language::It, 1) => {
            "Il PIN non è giusto. Resta un tentativo, poi il telefono si blocca.".to_owned()
        }
        (Language::It, _) => {
            format!("Il PIN non è giusto. Restano {left} tentativi, poi il telefono si blocca.")
        }
        (Language::En, 1) => {
            "The PIN is wrong. One attempt is left, then the phone is locked.".to_owned()
        }
        (Language::En, _) => {
            format!("The PIN is wrong. {left} attempts are left, then the phone is locked.")
        }
    }
}

/// Letters of what a notification says.
const LONGEST: usize = 300;

/// When something was asked.
#[must_use]
pub fn when(language: Language, at: chrono::DateTime<chrono::Utc>) -> String {
    moment(language, at)
}
