//! The pages about smart cards.

use crate::enrolment::card::Shown;
use crate::factors::card::judge::Kind;
use crate::factors::card::trouble::{CheckStep, Trouble};
use crate::flow::card::reply::{CardSetBack, Checked, HelpOf};
use crate::texts::card;
use crate::web::pages::access::local;
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;

/// The way to the listener at which a card is shown.
///
/// Its form posts `csrf` to `action`; its cancel button `csrf` to `cancel`.
#[derive(Clone, Debug)]
pub struct Card {
    /// Where the form posts to.
    pub action: String,
    /// Where the cancel button posts to.
    pub cancel: String,
    /// The transaction's token.
    pub csrf: String,
    /// Whether the login is to the person's own pages.
    pub own: bool,
    /// The name of the service that asks.
    pub service: String,
    /// The level asked for, as people know it: `SpidL2`.
    pub level: Option<String>,
    /// Where the other ways are listed, if there are any.
    pub ways: Option<String>,
}

/// A card does not let the login go on: why, and what to do now.
#[derive(Clone, Debug)]
pub struct SetBack {
    /// Why.
    pub it: CardSetBack,
    /// Where one tries again.
    pub again: String,
    /// Where the login begins.
    pub other: String,
    /// Where the cancel button posts to.
    pub cancel: String,
    /// The transaction's token.
    pub csrf: String,
    /// Whether the login is to the person's own pages.
    pub own: bool,
    /// What a person who asks for help gives.
    pub support_id: String,
}

/// The page on which the check of a card begins; its form posts to `/smart-card`.
#[derive(Clone, Debug)]
pub struct CardCheck {
    /// Whether the person came back too late.
    pub late: bool,
    /// Where issuers help.
    pub helps: Vec<HelpOf>,
}

/// What came of the check of a card; its form posts to `/smart-card`.
#[derive(Clone, Debug)]
pub struct CardChecked(pub Checked);

/// How far a step of the check came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mark {
    /// It passed.
    Done,
    /// It did not.
    Failed,
    /// It was not come to.
    Skipped,
}

impl Mark {
    fn is_failed(self) -> bool {
        self == Self::Failed
    }
}

impl SetBack {
    fn said(&self, frame: &Frame) -> Said {
        said(frame, self.it.trouble)
    }

    fn shown(&self) -> Option<&Shown> {
        self.it.shown.as_ref()
    }

    fn valid(&self, frame: &Frame, shown: &Shown) -> String {
        card::between(frame.language, shown.not_before, shown.not_after)
    }

    fn helps<'a>(&'a self, frame: &Frame) -> Vec<(&'a str, &'a str)> {
        helps(frame, &self.it.helps)
    }
}

impl CardCheck {
    fn helps<'a>(&'a self, frame: &Frame) -> Vec<(&'a str, &'a str)> {
        helps(frame, &self.helps)
    }
}

impl CardChecked {
    fn said(&self, frame: &Frame) -> Option<Said> {
        self.0.found.err().map(|trouble| said(frame, trouble))
    }

    fn shown(&self) -> Option<&Shown> {
        self.0.shown.as_ref()
    }

    fn valid(&self, frame: &Frame, shown: &Shown) -> String {
        card::between(frame.language, shown.not_before, shown.not_after)
    }

    fn helps<'a>(&'a self, frame: &Frame) -> Vec<(&'a str, &'a str)> {
        helps(frame, &self.0.helps)
    }

    fn kind(&self, frame: &Frame) -> Option<&'static str> {
        let words = card::words(frame.language);
        self.0.found.ok().map(|kind| match kind {
            Kind::Cns => words.is_cns,
            Kind::Cie => words.is_cie,
            Kind::LikeByIssuer => words.is_like_issuer,
            Kind::LikeByPolicy => words.is_like_policy,
        })
    }

    /// The steps: what each is, how far it came, and that in words.
    fn steps(&self, frame: &Frame) -> Vec<(&'static str, Mark, &'static str)> {
        let words = card::words(frame.language);
        let stopped = self.0.found.err().map(Trouble::step);
        CheckStep::ALL
            .into_iter()
            .map(|step| {
                let mark = match stopped {
                    Some(at) if step == at => Mark::Failed,
                    Some(at) if step > at => Mark::Skipped,
                    _ => Mark::Done,
                };
                let marked = match mark {
                    Mark::Done => words.done,
                    Mark::Failed => words.failed,
                    Mark::Skipped => words.skipped,
                };
                (name_of(words, step), mark, marked)
            })
            .collect()
    }
}

fn name_of(words: &'static card::Words, step: CheckStep) -> &'static str {
    match step {
        CheckStep::Seen => words.seen,
        CheckStep::Kind => words.kind,
        CheckStep::Issuer => words.issuer,
        CheckStep::Dates => words.dates,
        CheckStep::Cns => words.cns,
        CheckStep::Code => words.code,
        CheckStep::Revocation => words.revocation,
        CheckStep::Person => words.person,
    }
}

fn helps<'a>(frame: &Frame, all: &'a [HelpOf]) -> Vec<(&'a str, &'a str)> {
    all.iter().map(|one| (one.issuer.as_str(), local(frame.language, &one.at))).collect()
}

/// What a page says of a trouble.
struct Said {
    title: &'static str,
    what: &'static str,
    now: &'static str,
}

fn said(frame: &Frame, trouble: Trouble) -> Said {
    let w = card::words(frame.language);
    let (title, what, now) = match trouble {
        Trouble::NoCertificate => (w.no_certificate, w.no_certificate_what, w.no_certificate_now),
        Trouble::Unreadable => (w.unreadable, w.unreadable_what, w.unreadable_now),
        Trouble::SignatureCertificate => (w.signature, w.signature_what, w.signature_now),
        Trouble::NotForLogin => (w.not_for_login, w.not_for_login_what, w.not_for_login_now),
        Trouble::UnknownIssuer => (w.unknown, w.unknown_what, w.unknown_now),
        Trouble::Weak => (w.weak, w.weak_what, w.weak_now),
        Trouble::NotYetValid => (w.early, w.early_what, w.early_now),
        Trouble::Expired => (w.expired, w.expired_what, w.expired_now),
        Trouble::NotCns => (w.not_cns, w.not_cns_what, w.not_cns_now),
        Trouble::NoFiscalCode => (w.no_code, w.no_code_what, w.no_code_now),
        Trouble::Revoked => (w.revoked, w.revoked_what, w.revoked_now),
        Trouble::RevocationUnknown => (w.standing, w.standing_what, w.standing_now),
        Trouble::NotRegistered => (w.not_registered, w.not_registered_what, w.not_registered_now),
        Trouble::SecondCard => (w.second, w.second_what, w.second_now),
        Trouble::TakenAway => (w.taken, w.taken_what, w.taken_now),
        Trouble::NoWorkstation => (w.no_workstation, w.no_workstation_what, w.no_workstation_now),
        Trouble::UnknownWorkstation => {
            (w.other_workstation, w.other_workstation_what, w.other_workstation_now)
        }
        Trouble::OtherPerson => (w.other_person, w.other_person_what, w.other_person_now),
    };
    Said { title, what, now }
}

page!(Card, "card.html", card);
page!(SetBack, "card_set_back.html", card);
page!(CardCheck, "card_check.html", card);
page!(CardChecked, "card_checked.html", card);
