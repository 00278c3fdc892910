//! The pages on the way back from another identity provider.

use crate::flow::upstream::reply::AnswerFault;
use crate::identity::release::Released;
use crate::texts::upstream::{self, Case};
use crate::web::pages::consent;
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;

/// An answer that does not let the login go on: what happened, what to do now, again or another way or back.
///
/// Its forms post `csrf`, and that of `again` also `upstream` and `provider`.
#[derive(Clone, Debug)]
pub struct UpstreamSetBack {
    /// What happened.
    pub no: Case,
    /// The name of whoever was asked.
    pub provider: String,
    /// The least level that would have done.
    pub least: Option<&'static str>,
    /// Where to ask the same again, with the upstream and the identity provider; none if it would not help.
    pub again: Option<(String, String, String)>,
    /// Where to choose another way; none if there is no other.
    pub other: Option<String>,
    /// Where to leave it at that.
    pub cancel: String,
    /// The transaction's token.
    pub csrf: String,
    /// Whether the login is to the person's own pages.
    pub own: bool,
    /// What finds it in the log.
    pub support_id: String,
}

/// An answer that is not believed, or a no that anybody could have written.
#[derive(Clone, Debug)]
pub struct UpstreamUnproven {
    /// The no, if it is one.
    pub no: Option<Case>,
    /// The name of whoever is said to have answered.
    pub provider: String,
    /// Where the login is that it claims to be of.
    pub login: Option<String>,
    /// What is wrong, for developers.
    pub fault: Option<AnswerFault>,
    /// What finds it in the log.
    pub support_id: String,
}

/// What a trial came to.
#[derive(Clone, Debug)]
pub struct UpstreamTrial {
    /// Who vouches.
    pub issuer: String,
    /// As whom we asked.
    pub entity: String,
    /// The class that would be asserted.
    pub level: String,
    /// What would be told.
    pub attributes: Vec<Released>,
}

impl UpstreamSetBack {
    fn title(&self, frame: &Frame) -> &'static str {
        upstream::title(frame.language, self.no)
    }

    fn what(&self, frame: &Frame) -> String {
        upstream::what(frame.language, self.no, &self.provider, self.least)
    }

    fn now(&self, frame: &Frame) -> &'static str {
        upstream::now(frame.language, self.no)
    }

    fn topic(&self) -> &'static str {
        if matches!(self.no, Case::Level { .. }) { "levels" } else { "ways" }
    }
}

impl UpstreamUnproven {
    fn title(&self, frame: &Frame) -> &'static str {
        match self.no {
            Some(no) => upstream::title(frame.language, no),
            None => upstream::words(frame.language).unproven_title,
        }
    }

    fn what(&self, frame: &Frame) -> String {
        match self.no {
            Some(no) => upstream::what(frame.language, no, &self.provider, None),
            None => upstream::words(frame.language).unproven.to_owned(),
        }
    }

    fn now(&self, frame: &Frame) -> &'static str {
        match self.no {
            Some(no) => upstream::now(frame.language, no),
            None => upstream::words(frame.language).unproven_now,
        }
    }
}

impl UpstreamTrial {
    fn label(&self, frame: &Frame, released: &Released) -> &'static str {
        consent::label(frame.language, released.name)
    }
}

page!(UpstreamSetBack, "upstream_set_back.html", upstream);
page!(UpstreamUnproven, "upstream_unproven.html", upstream);
page!(UpstreamTrial, "upstream_trial.html", upstream);
