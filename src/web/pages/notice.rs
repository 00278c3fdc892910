//! The page that says that something is not so: no such page, not now, not here.

use crate::texts::notice;
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;

/// Why there is nothing else to show.
#[derive(Clone, Debug)]
pub enum Notice {
    /// Too much at once (429, 503).
    Wait {
        /// When to come back, in seconds; the same as in `Retry-After`.
        retry_after: u64,
        /// Whether it is we who have too much to do (503), rather than the visitor who asks too much (429).
        busy: bool,
    },
    /// No such page (404).
    NotFound,
    /// The page is there, but not for this method (405).
    MethodNotAllowed {
        /// The methods it is there for, as in `Allow`.
        allowed: String,
    },
    /// We do not answer to the name in `Host` (421).
    WrongHost,
    /// The login is over, gone or too old (410).
    Expired,
    /// The login began in a browser other than this one (403).
    OtherBrowser,
    /// The login went on without this browser, or this window of it (403).
    LeftBehind,
}

impl Notice {
    /// The HTTP status that goes with it.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Wait { busy: true, .. } => 503,
            Self::Wait { busy: false, .. } => 429,
            Self::NotFound => 404,
            Self::MethodNotAllowed { .. } => 405,
            Self::WrongHost => 421,
            Self::Expired => 410,
            Self::OtherBrowser | Self::LeftBehind => 403,
        }
    }

    fn title(&self, frame: &Frame) -> &'static str {
        let words = notice::words(frame.language);
        match self {
            Self::Wait { .. } => words.wait_title,
            Self::NotFound => words.not_found_title,
            Self::MethodNotAllowed { .. } => words.method_title,
            Self::WrongHost => words.host_title,
            Self::Expired => words.expired_title,
            Self::OtherBrowser => words.other_title,
            Self::LeftBehind => words.left_title,
        }
    }

    fn what(&self, frame: &Frame) -> String {
        let words = notice::words(frame.language);
        match self {
            Self::Wait { retry_after, busy } => {
                let why = if *busy { words.wait_busy } else { words.wait_limited };
                format!("{why} {}", notice::come_back(frame.language, *retry_after))
            }
            Self::NotFound => words.not_found.into(),
            Self::MethodNotAllowed { .. } => words.method.into(),
            Self::WrongHost => words.host.into(),
            Self::Expired => words.expired.into(),
            Self::OtherBrowser => words.other.into(),
            Self::LeftBehind => words.left.into(),
        }
    }

    fn now(&self, frame: &Frame) -> &'static str {
        let words = notice::words(frame.language);
        match self {
            Self::Wait { .. } => words.wait_now,
            Self::NotFound => words.not_found_now,
            Self::MethodNotAllowed { .. } => words.method_now,
            Self::WrongHost => words.host_now,
            Self::Expired => words.expired_now,
            Self::OtherBrowser => words.other_now,
            Self::LeftBehind => words.left_now,
        }
    }

    fn allowed(&self) -> Option<&str> {
        match self {
            Self::MethodNotAllowed { allowed } => Some(allowed),
            _ => None,
        }
    }

    fn has_home(&self) -> bool {
        matches!(self, Self::NotFound | Self::MethodNotAllowed { .. })
    }
}

page!(Notice, "notice.html", notice);
