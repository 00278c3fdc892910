//! The page that says that a login cannot go on.

use crate::saml::errors::row::{self, Notice, Row};
use crate::saml::status::Fault;
use crate::texts::{age, reach};
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;
use crate::web::pages::post::PostForm;

/// What happened, what to do, whom to tell; for the service's developer, which rule was broken.
#[derive(Clone, Debug)]
pub struct Error {
    /// SPID's number of the fault (spid-saml §3); none for a failure of our own.
    pub number: Option<u16>,
    /// What finds it in the log.
    pub support_id: String,
    /// The rule that the request broke.
    pub fault: Option<Fault>,
    /// The level that could not be reached, if it was that.
    pub level: Option<Level>,
    /// Whose age is not the one wanted, if it was that.
    pub age: Option<Age>,
    /// An answer that takes the person back to the service.
    pub back: Option<PostForm>,
}

/// A level that a login could not reach.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Level {
    /// As people know it: `SpidL2`.
    pub name: String,
    /// Whether anybody can reach it here.
    pub given_here: bool,
}

/// Who is not of the age that a service wants.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Age {
    /// Given names, if known.
    pub name: Option<String>,
    /// The service.
    pub service: String,
}

impl Error {
    fn notice(&self, frame: &Frame) -> Notice {
        self.number
            .and_then(Row::find)
            .and_then(|row| row.notice(frame.language))
            .unwrap_or_else(|| row::unexpected(frame.language))
    }

    fn spid_number(&self) -> Option<String> {
        self.number.map(|number| format!("nr{number:02}"))
    }

    /// Whether the way back is taken at once, where scripts run: the rules have no screen for it.
    fn goes_on(&self) -> bool {
        let shown = self.number.and_then(Row::find).is_none_or(Row::has_page);
        self.back.is_some() && !shown
    }

    fn title(&self, frame: &Frame) -> &'static str {
        match self.age {
            Some(_) => age::title(frame.language),
            None => self.notice(frame).title,
        }
    }

    /// What is said of the person's age.
    fn of_age(&self, frame: &Frame) -> Option<String> {
        let Age { name, service } = self.age.as_ref()?;
        Some(age::said(frame.language, name.as_deref(), service))
    }

    /// What the person can do: how to reach the level that was asked for (IC-12).
    fn how(&self, frame: &Frame) -> Option<String> {
        if self.age.is_some() {
            return Some(age::now(frame.language).to_owned());
        }
        let Level { name, given_here } = self.level.as_ref()?;
        Some(reach::how(frame.language, name, *given_here))
    }

    /// The help page that goes with it.
    fn topic(&self) -> &'static str {
        if self.level.is_some() { "levels" } else { "errors" }
    }

    /// Where that is, with what led there: the log then has both.
    fn help(&self) -> String {
        let (topic, code) = (self.topic(), &self.support_id);
        match self.number {
            Some(number) => format!("/help/{topic}?error={number}&code={code}"),
            None => format!("/help/{topic}?code={code}"),
        }
    }
}

page!(Error, "error.html", notice);
