//! The person's own pages about what is on record of them (BI-10), and about their pincode (TS-10).

use crate::flow::env::NumberGuard;
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

    fn by_desk(&self) -> bool {
        self.guard == NumberGuard::Desk
    }

    fn done(&self, frame: &Frame) -> Option<&'static str> {
        let words = profile::words(frame.language);
        match self.notice? {
            ProfileNotice::Written => Some(words.done_number),
            ProfileNotice::Kept => Some(words.done_question),
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
            ProfileNotice::Written | ProfileNotice::Kept => return None,
            ProfileNotice::Number => words.number_bad.to_owned(),
            ProfileNotice::Question => words.question_bad.to_owned(),
            ProfileNotice::Wrong => words.answer_wrong.to_owned(),
            ProfileNotice::Wait { seconds } => account::wait(frame.language, seconds.into()),
            ProfileNotice::Blocked => words.answer_blocked.to_owned(),
        })
    }
}

page!(AccountPincode, "account_pincode.html", profile);
page!(AccountProfile, "account_profile.html", profile);
