//! Words of the person's own pages about what is on record of them, and about their pincode.

use crate::texts::table::table;

table! {
    back: "Torna alle sessioni", "Back to your sessions";
    confirm_title: "Conferma chi sei", "Confirm who you are";
    confirm_who: "Conferma chi sei", "Confirm who you are";
    profile_title: "I tuoi dati", "Your data";
    profile_answer_title: "I tuoi dati e la domanda segreta", "Your data and your secret question";
    profile_link_title: "I tuoi dati e il numero di telefono", "Your data and your telephone number";
    number_title: "Numero di telefono", "Telephone number";
    number_shown: "Numero registrato", "Number on record";
    number_none: "nessuno", "none";
    number_new: "Nuovo numero di cellulare", "New mobile number";
    number_help: "Se non è italiano, scrivilo con il prefisso del Paese, come +44.", "If it is not Italian, type it with the country code, like +44.";
    number_write: "Cambia il numero", "Change the number";
    number_locked: "Per cambiare il numero ti chiediamo di nuovo le credenziali. La conferma vale dieci minuti.",
        "To change the number we ask for your credentials again. The confirmation lasts ten minutes.";
    number_desk: "Per cambiare il numero rivolgiti a chi ti ha dato le credenziali.",
        "To change the number turn to whoever gave you your credentials.";
    number_bad: "Questo non è un numero di cellulare a cui possiamo mandare codici: controlla le cifre.",
        "This is no mobile number to which we can send codes: check the digits.";
    number_link: "Ti mandiamo un messaggio con un collegamento: il numero cambia quando lo apri e confermi, entro un’ora.",
        "We send you a message with a link: the number changes when you open it and confirm, within an hour.";
    number_link_to: "Messaggio a", "Message to";
    number_send: "Manda il collegamento", "Send the link";
    done_sent: "Il messaggio è in viaggio. Il numero cambia quando apri il collegamento e confermi.",
        "The message is on its way. The number changes when you open the link and confirm.";
    number_many: "Ti abbiamo già mandato diversi messaggi: usa l’ultimo, o riprova più tardi.",
        "We have sent you several messages already: use the last one, or try again later.";
    link_title: "Conferma il nuovo numero", "Confirm the new number";
    link_good: "Hai chiesto di cambiare il tuo numero di telefono.", "You asked to change your telephone number.";
    link_confirm: "Conferma il numero", "Confirm the number";
    link_not_you: "Se non lo hai chiesto tu, chiudi questa pagina e cambia la password: qualcuno è entrato nella tua area personale.",
        "If you did not ask for it, close this page and change your password: somebody has entered your own pages.";
    link_done_title: "Numero cambiato", "Number changed";
    link_void_title: "Questo collegamento non vale più", "This link is no longer good";
    link_used: "È già stato usato, e si usa una volta sola.", "It was used already, and can be used once.";
    link_expired: "Vale un’ora. Chiedine un altro dalla tua area personale.", "It is good for an hour. Ask for another one at your own pages.";
    link_superseded: "Dopo questo ne hai chiesto un altro, o hai cambiato la password: vale solo l’ultimo.",
        "You asked for another one after it, or changed your password: the last one alone is good.";
    link_unknown: "Non lo conosciamo: copialo per intero dal messaggio, o chiedine un altro.",
        "We do not know it: copy all of it from the message, or ask for another one.";
    done_number: "Il numero è cambiato.", "The number has changed.";
    question: "Domanda", "Question";
    answer: "Risposta", "Answer";
    question_first: "Per cambiare il numero serve la risposta alla tua domanda segreta, e non ne hai ancora una: scegliila dopo aver confermato chi sei.",
        "To change the number the answer to your secret question is needed, and you have none yet: choose it after you confirm who you are.";
    question_set: "Scegli una domanda segreta", "Choose a secret question";
    question_other: "Cambia la domanda segreta", "Change your secret question";
    question_lead: "Serve per cambiare il numero di telefono, e per nient’altro: con la risposta nessuno entra. Scegli qualcosa che gli altri non sanno e non trovano in rete.",
        "It serves to change the telephone number, and for nothing else: with the answer nobody signs in. Choose something that others do not know and do not find online.";
    question_help: "Da 8 a 120 caratteri, senza la risposta.", "8 to 120 characters, without the answer.";
    question_keep: "Salva domanda e risposta", "Keep question and answer";
    question_locked: "Per scegliere o cambiare la domanda segreta ti chiediamo di nuovo le credenziali. La conferma vale dieci minuti.",
        "To choose or change your secret question we ask for your credentials again. The confirmation lasts ten minutes.";
    question_bad: "La domanda deve avere da 8 a 120 caratteri e non contenere la risposta, che ne ha almeno 4.",
        "The question must have 8 to 120 characters and not hold the answer, which has at least 4.";
    done_question: "Domanda e risposta sono salvate.", "Question and answer are kept.";
    answer_wrong: "La risposta non è quella che hai dato. Il numero non è cambiato.",
        "The answer is not the one that you gave. The number has not changed.";
    answer_blocked: "Dopo troppe risposte sbagliate non ne vale più nessuna. Conferma chi sei e scegli un’altra domanda.",
        "After too many wrong answers none works any more. Confirm who you are and choose another question.";
    pincode_title: "Pincode", "Your pincode";
    pincode_open_title: "Crea il pincode", "Make your pincode";
    pincode_shown_title: "Il tuo nuovo pincode", "Your new pincode";
    pincode_lead: "Il pincode conferma le operazioni nei servizi che lo chiedono. Non serve per entrare.",
        "The pincode confirms operations in services that ask for it. It is not for signing in.";
    pincode_none: "non ancora creato", "not made yet";
    pincode_made: "creato", "made";
    pincode_once: "Lo vedrai una volta sola: poi potrai solo crearne un altro.",
        "You will see it only once: after that you can only make another one.";
    pincode_reset_note: "Quello che hai non si può rivedere. Se ne crei un altro, smette subito di valere.",
        "The one that you have cannot be seen again. If you make another one, it stops working at once.";
    pincode_make: "Crea e mostra il pincode", "Make the pincode and show it";
    pincode_reset: "Crea un altro pincode", "Make another pincode";
    pincode_locked: "Per vederlo o cambiarlo devi prima entrare al livello SpidL2.",
        "To see or change it you must first sign in at level SpidL2.";
    pincode_shown: "Annotalo adesso: non lo mostreremo più.", "Note it down now: we will not show it again.";
    pincode_secret: "Non dirlo a nessuno: chi lo conosce conferma operazioni al posto tuo.",
        "Tell it to nobody: whoever knows it confirms operations in your place.";
    pincode_kept: "L’ho annotato", "I have noted it down";
    nickname: "Nome utente (nickname)", "Username (nickname)";
}
