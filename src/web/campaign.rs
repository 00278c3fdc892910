//! What a campaign shows in a login, and what the person says to it.

use crate::enrolment::campaign::Outcome;
use crate::flow::task::CampaignShow;
use crate::texts::moment::day;
use crate::web::form::BadForm;
use crate::web::pages::campaign::{CampaignLocked, CampaignTask};
use crate::web::pages::frame::Frame;

/// The page.
pub(super) fn page(
    show: CampaignShow,
    action: String,
    cancel: String,
    csrf: String,
    own: bool,
    frame: &Frame,
) -> Result<String, askama::Error> {
    match show {
        CampaignShow::Task { task, until, shown } => {
            let until = day(frame.language, until);
            CampaignTask { action, cancel, csrf, own, task, until, shown }.render(frame)
        }
        CampaignShow::Locked { since } => {
            let since = day(frame.language, since);
            CampaignLocked { cancel, csrf, since }.render(frame)
        }
    }
}

/// What the person pressed; `None`: later.
pub(super) fn said(said: &str) -> Result<Option<Outcome>, BadForm> {
    match said {
        "right" => Ok(Some(Outcome::Confirmed)),
        "wrong" => Ok(Some(Outcome::Disputed)),
        "later" => Ok(None),
        _ => Err(BadForm::Field("said")),
    }
}
