//! The pages of a campaign (BI-07 to BI-13).

use crate::enrolment::campaign::Task;
use crate::texts::campaign;
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;

/// What a person is asked to check at login.
///
/// Its forms post `csrf` and `said` (`right`, `wrong`, `later`, or `number` with `number`) to `action`.
#[derive(Clone, Debug)]
pub struct CampaignTask {
    /// Where the form posts to.
    pub action: String,
    /// Where the cancel button posts to.
    pub cancel: String,
    /// The transaction's token.
    pub csrf: String,
    /// Whether the login is to the person's own pages.
    pub own: bool,
    /// What is to be checked.
    pub task: Task,
    /// The day from which the password is not enough.
    pub until: String,
    /// What is on record, masked.
    pub shown: Option<String>,
    /// What was typed as a number and is none.
    pub wrong: Option<String>,
}

/// The password is not enough any more, and there is nothing else.
///
/// Its form posts `csrf` to `cancel`.
#[derive(Clone, Debug)]
pub struct CampaignLocked {
    /// Where the form posts to.
    pub cancel: String,
    /// The transaction's token.
    pub csrf: String,
    /// The day since when.
    pub since: String,
}

impl CampaignTask {
    fn is_number(&self) -> bool {
        self.task == Task::Number
    }

    fn title(&self, frame: &Frame) -> &'static str {
        let t = campaign::words(frame.language);
        if self.is_number() { t.number_title } else { t.address_title }
    }

    fn lead(&self, frame: &Frame) -> &'static str {
        let t = campaign::words(frame.language);
        if self.is_number() { t.number_lead } else { t.address_lead }
    }

    fn on_record(&self, frame: &Frame) -> &'static str {
        let t = campaign::words(frame.language);
        if self.is_number() { t.number_shown } else { t.address_shown }
    }

    fn problem(&self, frame: &Frame) -> Option<&'static str> {
        self.wrong.as_ref().map(|_| campaign::words(frame.language).number_bad)
    }

    fn none(&self, frame: &Frame) -> &'static str {
        let t = campaign::words(frame.language);
        if self.is_number() { t.number_none } else { t.address_none }
    }
}

page!(CampaignTask, "campaign_task.html", campaign);
page!(CampaignLocked, "campaign_locked.html", campaign);
