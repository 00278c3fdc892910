//! Long lists of a source: verified in one pass where they lie, kept with an index, one entity read at a time.

use std::fs::File;
use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::flow::sources::refresh::{Answer, Outcome, tell};
use crate::flow::sources::tended::{Held, Tended};
use crate::partners::aggregate::candidate::{Candidate, copy_path};
use crate::partners::aggregate::error::TakeError;
use crate::partners::aggregate::opened::Aggregate;
use crate::partners::source::good::Good;
use crate::partners::source::judge::{Judging, Refused, judge_list, refused_list};
use crate::partners::source::reason::Reason;
use crate::partners::source::shelf::{Note, Shelf, Spool, Waiting, hexadecimal};
use crate::saml::metadata::aggregate::limits::Limits;
use crate::saml::metadata::aggregate::verify;
use crate::saml::metadata::listing;
use crate::saml::signature::PublicKey;
use crate::saml::upstream::provider::Trust;

/// Opens the list that `note` is about as it lies there, with the note of it. An index that is not ours, or was written for a key that
/// is not believed any more, is made anew where `source` may write.
///
/// # Errors
/// Why it is not used.
pub(super) fn open(
    source: &Tended,
    note: &Note,
    judging: &Judging<'_>,
) -> Result<(Good, Note), Refused> {
    let trust = judging.trust();
    let name = Shelf::list_of(&note.document);
    let folder = source.shelf.lists();
    let why = match Aggregate::open(&folder, &name, &source.key, believed(&trust)) {
        Ok(Some(list)) => {
            // Whoever was killed between list and note has left a note of the one before.
            let note = if list.digest() == note.sha256 { note.clone() } else { of(&list, note) };
            return Ok((judge_list(Arc::new(list), judging)?, note));
        }
        Ok(None) => "there is no index of it".to_owned(),
        Err(error) => error.to_string(),
    };
    if !source.mends {
        let detail = format!("{why}: the server verifies the list anew as it starts");
        return Err(Refused::new(Reason::Unreadable, detail));
    }
    tracing::warn!(
        event = "source.list-anew",
        source = source.configured.name,
        document = note.document,
        why,
        "the list is verified anew"
    );
    let copy = File::open(copy_path(&folder, &name, &note.sha256));
    let mut copy = copy.map_err(|error| Refused::new(Reason::Unreadable, error))?;
    let refused = |error| refused_list(&error);
    let limits = Limits::default();
    let candidate =
        Candidate::take(&folder, &name, &mut copy, believed(&trust), limits, note.taken);
    let candidate = candidate.map_err(refused)?;
    let looked = candidate.open(&source.key).map_err(refused)?;
    let good = judge_list(Arc::new(looked), judging)?;
    let list = Arc::new(candidate.accept(&source.key).map_err(refused)?);
    Ok((Good { list: Some(list), ..good }, note.clone()))
}

/// Verifies and judges what came as a long list and takes it if it is good.
pub(super) fn judged(
    source: &Tended,
    document: &str,
    answer: &Answer,
    coming: &mut Spool,
    judging: &Judging<'_>,
) -> Outcome {
    match taken(source, document, answer, coming, judging) {
        Ok(outcome) => outcome,
        Err(refused) => Outcome::Refused(refused),
    }
}

fn taken(
    source: &Tended,
    document: &str,
    answer: &Answer,
    coming: &mut Spool,
    judging: &Judging<'_>,
) -> Result<Outcome, Refused> {
    let trust = judging.trust();
    let name = Shelf::list_of(document);
    let folder = source.shelf.lists();
    let unkept = |error| Refused::new(Reason::Unreadable, error);
    let take = |coming: &mut Spool, trust: verify::Trust<'_>| {
        coming.rewind().map_err(unkept)?;
        let limits = Limits::default();
        Ok(Candidate::take(&folder, &name, &mut coming.file, trust, limits, judging.now))
    };
    let candidate = match take(coming, believed(&trust))? {
        Ok(candidate) => candidate,
        Err(error) => {
            let refused = refused_list(&error);
            if refused.reason != Reason::WrongSignature {
                return Err(refused);
            }
            let Some((key, certificate)) = carried(coming).map_err(unkept)? else {
                return Err(refused);
            };
            let Ok(candidate) = take(coming, verify::Trust::Pinned(&[key]))? else {
                return Err(refused);
            };
            let refused = Refused::new(Reason::RolledKey, refused.detail);
            return Err(wait(source, document, answer, candidate, refused, Some(&certificate)));
        }
    };
    let refused = |error: TakeError| refused_list(&error);
    let looked = Arc::new(candidate.open(&source.key).map_err(refused)?);
    let good = match judge_list(Arc::clone(&looked), judging) {
        Ok(good) => good,
        Err(refused) => return Err(wait(source, document, answer, candidate, refused, None)),
    };
    let held = source.state().documents.get(document).cloned();
    let is_same = held.as_ref().is_some_and(|held| held.note.sha256 == looked.digest());
    let taken = held.as_ref().filter(|_| is_same).map_or(judging.now, |held| held.note.taken);
    let signer = looked.signer().map(|signer| hexadecimal(signer));
    let note = answer.note(document, looked.digest(), taken);
    let note = Note { signer, list: true, ..note };
    if is_same && held.as_ref().is_some_and(|held| held.note == note) {
        return Ok(Outcome::Same);
    }
    let list = Arc::new(candidate.accept(&source.key).map_err(refused)?);
    source.shelf.keep_note(&note).map_err(unkept)?;
    source.stop_waiting();
    let good = Good { list: Some(list), taken: note.taken, ..good };
    if !is_same {
        tell(source, &good, &note, held.as_ref());
    }
    source.change(|state| {
        state.waiting = None;
        state.documents.insert(document.to_owned(), Held { good: Arc::new(good), note });
    });
    Ok(if is_same { Outcome::Same } else { Outcome::Taken })
}

/// Sets aside what a person may accept; comes back with why it was refused.
fn wait(
    source: &Tended,
    document: &str,
    answer: &Answer,
    candidate: Candidate,
    refused: Refused,
    certificate: Option<&[u8]>,
) -> Refused {
    if !refused.reason.row().may_accept || source.is_waiting(candidate.digest()) {
        return refused;
    }
    let digest = candidate.digest().to_owned();
    let waiting = Waiting {
        note: Note { list: true, ..answer.note(document, &digest, candidate.taken()) },
        reason: refused.reason.name().to_owned(),
        detail: refused.detail.clone(),
        certificate: certificate.map(|certificate| STANDARD.encode(certificate)),
    };
    let aside = candidate
        .set_aside(&source.shelf.waiting_list())
        .and_then(|()| source.shelf.note_waiting(&waiting));
    match aside {
        Ok(()) => source.change(|state| state.waiting = Some((digest, refused.reason))),
        Err(error) => {
            tracing::error!(event = "source.unkept", source = source.configured.name, %error);
        }
    }
    refused
}

/// The key that a list carries, and its certificate (DER). It is no ground to believe anything: it is shown to a person who has it from
/// elsewhere too, and only once it is known that the list was signed by it.
fn carried(coming: &mut Spool) -> io::Result<Option<(PublicKey, Vec<u8>)>> {
    coming.rewind()?;
    let begin = coming.begin(BEFORE_BODY)?;
    let carried = listing::first_certificate(&String::from_utf8_lossy(&begin));
    Ok(carried.and_then(|der| Some((PublicKey::from_certificate_der(&der).ok()?, der))))
}

fn believed(trust: &Trust) -> verify::Trust<'_> {
    match trust.signed_by.as_slice() {
        [] => verify::Trust::Placed,
        keys => verify::Trust::Pinned(keys),
    }
}

/// A note of `list`, whose own was lost.
fn of(list: &Aggregate, note: &Note) -> Note {
    Note {
        sha256: list.digest().to_owned(),
        taken: list.taken(),
        signer: list.signer().map(|signer| hexadecimal(signer)),
        etag: None,
        last_modified: None,
        ..note.clone()
    }
}

/// Within how many octets a list's signature and its certificate stand: it comes first.
const BEFORE_BODY: u64 = 64 * 1024;
