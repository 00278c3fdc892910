//! The person's own pages about what is on record of them (BI-10), and about their pincode (TS-10).

use crate::enrolment::recovery::Void;
use crate::flow::env::NumberGuard;
use crate::flow::number_link::NumberLinkPage;
use crate::flow::pincode::PincodePage;
use crate::flow::profile::{ProfileNotice, ProfilePage};
use crate::texts::{account, profile};
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;

/// The pincode.
///
/// Its forms post `csrf` to `/account/pincode` and `/account/pincode/unlock`.
#[derive(Debug)]
pub struct AccountPincode(pub PincodePage);

/// What is on record.
///
/// Its forms post `csrf`, and `number` and `answer` to `/account/profile/number`, `question` and `answer` to
/// `/account/profile/question`, nothing more to `/account/profile/unlock`.
#[derive(Debug)]
pub struct AccountProfile(pub ProfilePage);

/// What a link in a person's mail leads to.
///
/// Its form posts `token` to `/account/profile/link`.
#[derive(Debug)]
pub struct AccountNumberLink(pub NumberLinkPage);

impl std::ops::Deref for AccountPincode {
    type Target = PincodePage;

    fn deref(&self) -> &PincodePage {
        &self.0
    }
}

impl std::ops::Deref for AccountProfile {
    type Target = ProfilePage;

    fn deref(&self) -> &ProfilePage {
        &self.0
    }
}

impl AccountPincode {
    fn ago(&self, frame: &Frame, seconds: &u64) -> String {
        account::ago(frame.language, *seconds)
    }
}

impl AccountProfile {
    fn by_answer(&self) -> bool {
        self.guard == NumberGuard::SecretAnswer
    }

    /// Whether nothing can be done here: by the tenant's choice, or since there is no address to which a link could go.
    fn by_desk(&self) -> bool {
        self.guard == NumberGuard::Desk
            || self.guard == NumberGuard::EmailLink && self.link_to.is_none()
    }

    fn by_link(&self) -> bool {
        self.guard == NumberGuard::EmailLink
    }

    fn done(&self, frame: &Frame) -> Option<&'static str> {
        let words = profile::words(frame.language);
        match self.notice? {
            ProfileNotice::Written => Some(words.done_number),
            ProfileNotice::Kept => Some(words.done_question),
            ProfileNotice::Sent => Some(words.done_sent),
            _ => None,
        }
    }

    /// Whether it is about what was typed as a number.
    fn number_wrong(&self) -> bool {
        self.notice == Some(ProfileNotice::Number)
    }

    /// Whether it is about what was typed as an answer.
    fn answer_wrong(&self) -> bool {
        let about = |notice| {
            use ProfileNotice::{Blocked, Wait, Wrong};
            matches!(notice, Wrong | Wait { .. } | Blocked)
        };
        self.notice.is_some_and(about)
    }

    /// Whether it is about a new question and its answer.
    fn question_wrong(&self) -> bool {
        self.notice == Some(ProfileNotice::Question)
    }

    fn problem(&self, frame: &Frame) -> Option<String> {
        let words = profile::words(frame.language);
        Some(match self.notice? {
            ProfileNotice::Written | ProfileNotice::Kept | ProfileNotice::Sent => return None,
            ProfileNotice::TooMany => words.number_many.to_owned(),
            ProfileNotice::Number => words.number_bad.to_owned(),
            ProfileNotice::Question => words.question_bad.to_owned(),
            ProfileNotice::Wrong => words.answer_wrong.to_owned(),
            ProfileNotice::Wait { seconds } => account::wait(frame.language, seconds.into()),
            ProfileNotice::Blocked => words.answer_blocked.to_owned(),
        })
    }
}

impl AccountNumberLink {
    fn good(&self) -> Option<(&str, &str)> {
        match &self.0 {
            NumberLinkPage::Good { token, number } => Some((token, number)),
            _ => None,
        }
    }

    fn is_void(&self) -> bool {
        matches!(self.0, NumberLinkPage::Void(_))
    }

    fn is_written(&self) -> bool {
        self.0 == NumberLinkPage::Written
    }

    fn tone(&self) -> &'static str {
        match self.0 {
            NumberLinkPage::Good { .. } => "info",
            NumberLinkPage::Written => "success",
            NumberLinkPage::Void(_) => "warning",
        }
    }

    fn title(&self, frame: &Frame) -> &'static str {
        let words = profile::words(frame.language);
        match self.0 {
            NumberLinkPage::Good { .. } => words.link_title,
            NumberLinkPage::Written => words.link_done_title,
            NumberLinkPage::Void(_) => words.link_void_title,
        }
    }

    fn told(&self, frame: &Frame) -> &'static str {
        let words = profile::words(frame.language);
        match self.0 {
            NumberLinkPage::Good { .. } => words.link_good,
            NumberLinkPage::Written => words.done_number,
            NumberLinkPage::Void(Void::Used) => words.link_used,
            NumberLinkPage::Void(Void::Expired) => words.link_expired,
            NumberLinkPage::Void(Void::Superseded) => words.link_superseded,
            NumberLinkPage::Void(Void::Unknown) => words.link_unknown,
        }
    }
}

page!(AccountNumberLink, "account_number_link.html", profile);
page!(AccountPincode, "account_pincode.html", profile);
page!(AccountProfile, "account_profile.html", profile);
