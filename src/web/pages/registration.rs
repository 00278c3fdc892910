//! The pages for whoever registers a service provider, and for its developer.

use chrono::{DateTime, Utc};

use crate::flow::registration::prove::Ask;
use crate::flow::registration::status::Status;
use crate::saml::authn_request::rules;
use crate::saml::errors::row::Row;
use crate::saml::lint::inspect::Report;
use crate::saml::lint::message_texts::italian;
use crate::saml::lint::profile::LintProfile;
use crate::saml::partner::Profile;
use crate::saml::profile::check::{Check, Rules};
use crate::store::registrations::{By, Change, State, Submission};
use crate::store::trails::{Broken, End, Kept};
use crate::texts::language::Language;
use crate::texts::moment::moment;
use crate::texts::registration::{answered, answered_error, counts, rejected, words};
use crate::web::pages::frame::Frame;
use crate::web::pages::lint::View;
use crate::web::pages::page::page;

/// The form by which metadata are checked and submitted.
///
/// It posts `text` or `file`, `profile`, `contact` and `step` to `/federation/register`.
#[derive(Clone, Debug, Default)]
pub struct Register {
    /// The pre-flight of what was sent.
    pub report: Option<Report>,
    /// Why nothing was submitted.
    pub wrong: Option<Wrong>,
    /// What more there is to say of it.
    pub detail: Option<String>,
    /// What was sent, to be mended.
    pub text: String,
    /// The profile that was chosen.
    pub profile: Option<LintProfile>,
    /// The address that was given.
    pub contact: String,
    /// The most KiB that are taken.
    pub kib: usize,
}

/// Why nothing was submitted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wrong {
    /// There was nothing.
    Empty,
    /// It is too long.
    Long,
    /// It cannot be used.
    Metadata,
    /// The address is none.
    Contact,
    /// It is ours.
    Ourselves,
    /// Somebody else keeps it.
    Elsewhere,
    /// Too many of this network are open.
    FullHere,
    /// Too many are open.
    Full,
}

/// A submission, at the private address of whoever made it.
///
/// Its forms post to `here` and `/proof`, `/token`, `/withdraw` and `/status-link`.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The path of the page.
    pub here: String,
    /// The submission.
    pub submission: Submission,
    /// Where it stands.
    pub state: State,
    /// What has become of it.
    pub history: Vec<Change>,
    /// What a proof is made of.
    pub ask: Ask,
    /// Whether its author may have a link to the status page made.
    pub may_issue: bool,
    /// The metadata, while they are kept.
    pub metadata: Option<String>,
    /// Their pre-flight.
    pub report: Option<Report>,
    /// Why what was just asked was not done.
    pub failed: Option<Failed>,
}

/// Why what was asked of a submission was not done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Failed {
    /// The proof does not hold, and what more there is to say of it to whoever made it.
    NoProof(Unheld, String),
    /// Nothing can become of it any more.
    Over,
    /// Another request was ahead.
    Contended,
}

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unheld {
    /// It is neither a signature nor metadata.
    Neither,
    /// The signature is by none of the keys.
    OtherKey,
    /// The metadata cannot be read, or not be used.
    Unusable,
    /// The metadata are not signed by one of the keys.
    Unsigned,
    /// The metadata do not have the word as their ID.
    OtherId,
    /// The metadata are another entity's.
    OtherEntity,
    /// A token does not do for what is registered.
    NeedsKey,
    /// The token was not found.
    Token,
    /// The entity is seen to elsewhere.
    Elsewhere,
}

/// The last requests of a service provider, for its developer.
#[derive(Clone, Debug)]
pub struct PartnerStatus {
    /// What there is.
    pub status: Status,
}

page!(Register, "register.html", registration, |register| register.text.len());
page!(Registration, "registration.html", registration, |it| {
    it.metadata.as_ref().map_or(0, String::len) + 8192
});
page!(PartnerStatus, "partner_status.html", registration, |it| {
    it.status.requests.iter().map(|kept| kept.request.len() + 6144).sum()
});

impl Register {
    fn profiles(&self) -> Vec<LintProfile> {
        LintProfile::all()
    }

    fn view(&self, frame: &Frame) -> Option<View<'_>> {
        self.report.as_ref().map(|report| View::of(report, frame.language))
    }

    fn wrong(&self, frame: &Frame) -> Option<&'static str> {
        let t = words(frame.language);
        Some(match self.wrong? {
            Wrong::Empty => t.wrong_empty,
            Wrong::Long => t.wrong_long,
            Wrong::Metadata => t.wrong_metadata,
            Wrong::Contact => t.wrong_contact,
            Wrong::Ourselves => t.wrong_ourselves,
            Wrong::Elsewhere => t.wrong_elsewhere,
            Wrong::FullHere => t.wrong_full_here,
            Wrong::Full => t.wrong_full,
        })
    }
}

impl Registration {
    fn view(&self, frame: &Frame) -> Option<View<'_>> {
        self.report.as_ref().map(|report| View::of(report, frame.language))
    }

    fn word(&self, frame: &Frame, state: &State) -> &'static str {
        let t = words(frame.language);
        match state {
            State::Submitted => t.submitted,
            State::Proved => t.proved,
            State::Approved => t.approved,
            State::Refused => t.refused,
            State::Withdrawn => t.withdrawn,
            State::Expired => t.expired,
        }
    }

    fn state_word(&self, frame: &Frame) -> &'static str {
        self.word(frame, &self.state)
    }

    fn tone(&self) -> &'static str {
        match self.state {
            State::Approved => "success",
            State::Refused | State::Expired => "danger",
            _ => "info",
        }
    }

    /// Why it was refused.
    fn reason(&self) -> Option<&str> {
        let last = self.history.last().filter(|last| last.to == State::Refused)?;
        Some(last.reason.as_str()).filter(|reason| !reason.is_empty())
    }

    fn wrong(&self, frame: &Frame) -> Option<&'static str> {
        let t = words(frame.language);
        Some(match self.failed.as_ref()? {
            Failed::NoProof(why, _) => match why {
                Unheld::Neither => t.unheld_neither,
                Unheld::OtherKey => t.unheld_key,
                Unheld::Unusable => t.unheld_unusable,
                Unheld::Unsigned => t.unheld_unsigned,
                Unheld::OtherId => t.unheld_id,
                Unheld::OtherEntity => t.unheld_entity,
                Unheld::NeedsKey => t.unheld_needs_key,
                Unheld::Token => t.unheld_token,
                Unheld::Elsewhere => t.wrong_elsewhere,
            },
            Failed::Over => t.over,
            Failed::Contended => t.contended,
        })
    }

    fn detail(&self) -> Option<&str> {
        match self.failed.as_ref()? {
            // What these say is said whole above it.
            Failed::NoProof(
                Unheld::Neither | Unheld::OtherKey | Unheld::NeedsKey | Unheld::Elsewhere,
                _,
            ) => None,
            Failed::NoProof(_, detail) => Some(detail),
            _ => None,
        }
    }

    fn by(&self, frame: &Frame, by: &By) -> &'static str {
        let t = words(frame.language);
        match by {
            By::Integrator => t.by_integrator,
            // Who it was is the house's own business.
            By::Administrator(..) => t.by_administrator,
            By::Time => t.by_time,
        }
    }

    fn moment(&self, frame: &Frame, at: &DateTime<Utc>) -> String {
        moment(frame.language, *at)
    }
}

impl PartnerStatus {
    fn is_gone(&self) -> bool {
        self.status.partner.as_ref().is_none_or(|partner| partner.disabled)
    }

    fn moment(&self, frame: &Frame, at: &DateTime<Utc>) -> String {
        moment(frame.language, *at)
    }

    fn is_good(&self, kept: &Kept) -> bool {
        !matches!(kept.end, End::Rejected { .. })
    }

    fn rejected(&self, frame: &Frame, number: &u16) -> String {
        rejected(frame.language, *number)
    }

    fn end(&self, frame: &Frame, kept: &Kept) -> String {
        let language = frame.language;
        match &kept.end {
            End::Open => words(language).end_open.to_owned(),
            End::Answered { level } => answered(language, level),
            End::Refused { number } => answered_error(language, *number),
            End::Rejected { number } => rejected(language, *number),
        }
    }

    /// What the developer can do.
    fn what(&self, frame: &Frame, kept: &Kept) -> Option<&'static str> {
        let (End::Refused { number } | End::Rejected { number }) = kept.end else { return None };
        let notice = Row::find(number)?.notice(frame.language)?;
        Some(notice.developer).filter(|words| !words.is_empty())
    }

    /// The checks that a request passed.
    fn kept(&self, kept: &Kept) -> Vec<&'static Check> {
        let is_broken = |check: &&Check| kept.broken.iter().any(|broken| broken.rule == check.rule);
        let table = tables().into_iter().find(|table| table.name == kept.table);
        let checks = table.map(|table| table.checks).unwrap_or_default();
        checks.iter().filter(|check| !is_broken(check)).collect()
    }

    fn counts(&self, frame: &Frame, kept: &Kept) -> String {
        counts(frame.language, self.kept(kept).len(), kept.broken.len())
    }

    fn said(&self, frame: &Frame, rule: &'static str) -> &'static str {
        if frame.language == Language::It { italian(rule) } else { rule }
    }

    /// A rule that was broken: as the tables have it now, or as it was written then.
    fn rule(&self, frame: &Frame, broken: &Broken) -> String {
        let mut checks = tables().into_iter().flat_map(|table| table.checks);
        let known = checks.find(|check| check.rule == broken.rule);
        known.map_or_else(|| broken.rule.clone(), |check| self.said(frame, check.rule).to_owned())
    }

    fn two(&self, number: &u16) -> String {
        format!("{number:02}")
    }
}

fn tables() -> [&'static Rules; 2] {
    [rules(Profile::Spid), rules(Profile::Generic)]
}
