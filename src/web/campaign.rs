//! What a campaign shows in a login, and what the person says to it.

use crate::flow::task::{CampaignShow, Said};
use crate::texts::campaign;
use crate::texts::moment::day;
use crate::web::context::Context;
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
        CampaignShow::Task { task, until, shown, wrong } => {
            let until = day(frame.language, until);
            CampaignTask { action, cancel, csrf, own, task, until, shown, wrong }.render(frame)
        }
        CampaignShow::Locked { since } => {
            let since = day(frame.language, since);
            CampaignLocked { cancel, csrf, since }.render(frame)
        }
    }
}

/// What login pages say of campaigns that have begun to be told of (BI-16).
pub(super) fn banner(context: &Context) -> Option<String> {
    let (env, language) = (&context.env, context.frame().language);
    let now = env.clock.now();
    let told = env.settings.campaigns.iter().filter(|one| one.is_told(now));
    let next = told.min_by_key(|one| one.end)?;
    Some(campaign::banner(language, &day(language, next.end), next.population.is_empty()))
}

/// What the person pressed, with the `number` that they typed.
pub(super) fn said<'a>(said: &str, number: &'a str) -> Result<Said<'a>, BadForm> {
    match said {
        "right" => Ok(Said::Right),
        "wrong" => Ok(Said::Wrong),
        "number" => Ok(Said::Number(number)),
        "later" => Ok(Said::Later),
        _ => Err(BadForm::Field("said")),
    }
}
