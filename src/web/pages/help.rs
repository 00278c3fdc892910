//! Help pages, and the plain page for a browser that is too old for any other.

use crate::texts::help::{Item, Topic};
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;

/// Every topic.
#[derive(Clone, Copy, Debug)]
pub struct HelpIndex;

/// One topic, with the question whether it was useful.
///
/// Its form posts `useful`, and what is known of the error that led here as `error` and `code`.
#[derive(Clone, Debug)]
pub struct Help {
    /// What it is about.
    pub topic: Topic,
    /// The error that led here.
    pub from: From,
    /// Whether the person has voted.
    pub voted: bool,
}

/// An error that led to a help page; both empty if none did.
#[derive(Clone, Debug, Default)]
pub struct From {
    /// SPID's number.
    pub number: Option<u16>,
    /// The support code of the page.
    pub support_id: Option<String>,
}

/// What a browser that is too old can show: no style, no script, no image.
#[derive(Clone, Copy, Debug)]
pub struct OldBrowser;

impl Help {
    fn title(&self, frame: &Frame) -> &'static str {
        self.topic.title(frame.language)
    }

    fn items(&self, frame: &Frame) -> Vec<Item> {
        self.topic.items(frame.language)
    }

    fn number(&self) -> Option<String> {
        self.from.number.map(|number| format!("nr{number:02}"))
    }
}

impl HelpIndex {
    fn topics(&self, frame: &Frame) -> Vec<(&'static str, &'static str)> {
        Topic::ALL.into_iter().map(|topic| (topic.id(), topic.title(frame.language))).collect()
    }
}

impl OldBrowser {
    /// Browsers that work, and where they are to be had.
    fn browsers(self) -> [(&'static str, &'static str); 4] {
        [
            ("Firefox", "https://www.mozilla.org/firefox/"),
            ("Chrome", "https://www.google.com/chrome/"),
            ("Edge", "https://www.microsoft.com/edge"),
            ("Safari", "https://www.apple.com/safari/"),
        ]
    }
}

page!(HelpIndex, "help_index.html", help);
page!(Help, "help.html", help);
page!(OldBrowser, "old_browser.html", help);
