//! The pages of a logout: is it wanted, who is told, how it ended.

use crate::login::leaving::Progress;
use crate::texts::logout;
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;
use crate::web::pages::post::Message;

/// A page of a logout. Its forms post `csrf` to their actions.
#[derive(Clone, Debug)]
pub struct Logout {
    /// The token of its forms.
    pub csrf: String,
    /// The services that are told, by name (empty: not shown), and how far that has come.
    pub services: Vec<(String, Progress)>,
    /// What it is about.
    pub show: Show,
}

/// What a page of a logout is about.
#[derive(Clone, Debug)]
pub enum Show {
    /// There is nothing to leave.
    Nothing,
    /// Whether to leave.
    Confirm {
        /// Where the form posts to.
        action: String,
    },
    /// To go to the next service.
    Ask {
        /// Its name.
        service: String,
        /// What it is sent.
        message: Outgoing,
        /// Where the form of going on posts to.
        go_on: String,
    },
    /// What to do about one that did not answer.
    Await {
        /// Where the form of going on posts to.
        go_on: String,
        /// Where the form of asking again posts to.
        again: String,
    },
    /// It is over.
    Over {
        /// Whether everybody says that the person is out.
        complete: bool,
        /// Who wanted it, and what it is sent.
        back: Option<(String, Outgoing)>,
    },
}

/// A message that the browser takes to another site.
#[derive(Clone)]
pub enum Outgoing {
    /// By a link.
    Link(String),
    /// By a form.
    Form {
        /// Where it posts to.
        action: String,
        /// Which message it is.
        message: Message,
        /// The message, in base64.
        value: String,
        /// What goes with it unchanged.
        relay_state: Option<String>,
    },
}

// What is sent names somebody.
impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Link(_) => "Link",
            Self::Form { .. } => "Form",
        })
    }
}

impl Logout {
    fn title(&self, frame: &Frame) -> &'static str {
        let words = logout::words(frame.language);
        match self.show {
            Show::Nothing => words.nothing_title,
            Show::Confirm { .. } => words.confirm_title,
            Show::Ask { .. } => words.ask_title,
            Show::Await { .. } => words.await_title,
            Show::Over { complete: true, .. } => words.done_title,
            Show::Over { complete: false, .. } => words.partial_title,
        }
    }

    /// Whether a script may take the person on at once.
    fn goes_by_itself(&self) -> bool {
        matches!(self.show, Show::Ask { .. })
    }

    fn leave(&self, frame: &Frame, service: &str) -> String {
        logout::leave(frame.language, self.named(frame, service))
    }

    fn back(&self, frame: &Frame, service: &str) -> String {
        logout::back(frame.language, self.named(frame, service))
    }

    fn named<'a>(&self, frame: &Frame, service: &'a str) -> &'a str {
        if service.is_empty() { logout::words(frame.language).unnamed } else { service }
    }

    /// How far it has come, in words.
    fn standing(&self, frame: &Frame, progress: &Progress) -> &'static str {
        let words = logout::words(frame.language);
        match progress {
            Progress::Waiting => words.waiting,
            Progress::Asked { .. } if matches!(self.show, Show::Await { .. }) => words.late,
            Progress::Asked { .. } => words.asked,
            Progress::Out => words.out,
            Progress::Refused => words.refused,
            Progress::Silent => words.silent,
            Progress::Unreachable => words.unreachable,
            Progress::Elsewhere => words.elsewhere,
        }
    }
}

page!(Logout, "logout.html", logout);
