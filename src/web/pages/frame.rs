//! What goes around every page: the bar, the language switch, help.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::texts::common::level_means;
use crate::texts::help::Topic;
use crate::texts::language::Language;
use crate::web::assets;

/// The frame around a page.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The language of the page.
    pub language: Language,
    /// The name of the site: the tenant's, or ours.
    pub name: String,
    /// Whom to turn to: an e-mail address, an `https` address, or words.
    pub support: Option<String>,
    /// Path and query under which a GET shows this page again, for the language switch;
    /// `None` where there is none, as for an answer to a message from another site.
    pub here: Option<String>,
    /// Whether to say that all is made up.
    pub demo: bool,
}

/// How to reach whoever helps.
#[derive(Debug, Eq, PartialEq)]
pub enum Contact<'a> {
    /// An e-mail address.
    Mail(&'a str),
    /// An `https` address.
    Web(&'a str),
    /// Words.
    Text(&'a str),
    /// Nobody is named.
    Unknown,
}

impl Frame {
    /// Where an asset is.
    #[must_use]
    pub fn asset(&self, name: &str) -> String {
        assets::path(name)
    }

    /// Whether a file was compiled in: some come with the style alone.
    #[must_use]
    pub fn has_asset(&self, name: &str) -> bool {
        assets::all().iter().any(|asset| asset.name == name)
    }

    /// Where the icon of SPID's button is: the official one, or ours where that was not compiled in.
    #[must_use]
    pub fn spid_icon(&self) -> String {
        let official = "spid-ico-circle-bb.svg";
        self.asset(if self.has_asset(official) { official } else { "spid-button.svg" })
    }

    /// Where an icon of the sprite is.
    #[must_use]
    pub fn icon(&self, name: &str) -> String {
        format!("{}#it-{name}", assets::path("icons.svg"))
    }

    /// The language that is not this one.
    #[must_use]
    pub fn other(&self) -> Language {
        match self.language {
            Language::It => Language::En,
            Language::En => Language::It,
        }
    }

    /// The words for the switch, in the language that it leads to.
    #[must_use]
    pub fn switch_label(&self) -> &'static str {
        crate::texts::common::words(self.other()).read_in
    }

    /// Where the switch leads, if this page can be shown again.
    #[must_use]
    pub fn switch(&self) -> Option<String> {
        let here = utf8_percent_encode(self.here.as_deref()?, QUERY_VALUE);
        Some(format!("/language?to={}&back={here}", self.other().tag()))
    }

    /// Whom to turn to.
    #[must_use]
    pub fn contact(&self) -> Contact<'_> {
        match self.support.as_deref() {
            None => Contact::Unknown,
            Some(text) if text.starts_with("https://") => Contact::Web(text),
            Some(text) if is_mail(text) => Contact::Mail(text),
            Some(text) => Contact::Text(text),
        }
    }

    /// The words of a link to the help page `id`.
    #[must_use]
    pub fn topic(&self, id: &str) -> String {
        let guide = crate::texts::common::words(self.language).guide;
        let title = Topic::parse(id).map_or("", |topic| topic.title(self.language));
        format!("{guide}: {title}")
    }

    /// What SPID's level asks of a person; empty for other names.
    #[must_use]
    pub fn level_means(&self, level: &str) -> &'static str {
        level_means(self.language, level)
    }
}

/// Whether `text` is surely nothing but an address: it goes into a `mailto:`.
fn is_mail(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_+".contains(&b))
    };
    text.split_once('@').is_some_and(|(local, host)| plain(local) && plain(host))
}

const QUERY_VALUE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(here: Option<&str>, support: Option<&str>) -> Frame {
        Frame {
            language: Language::It,
            name: "ponte".into(),
            support: support.map(str::to_owned),
            here: here.map(str::to_owned),
            demo: false,
        }
    }

    #[test]
    fn the_switch_carries_the_way_back_as_one_value() {
        let switch = frame(Some("/login/a?x=1&to=it#y"), None).switch().unwrap();
        assert_eq!(switch, "/language?to=en&back=/login/a%3Fx%3D1%26to%3Dit%23y");
        assert_eq!(frame(None, None).switch(), None);
    }

    #[test]
    fn only_an_address_becomes_a_link() {
        for (support, expected) in [
            ("aiuto@comune.example", Contact::Mail("aiuto@comune.example")),
            ("https://www.comune.example/aiuto", Contact::Web("https://www.comune.example/aiuto")),
            ("http://www.comune.example", Contact::Text("http://www.comune.example")),
            ("javascript:x@y", Contact::Text("javascript:x@y")),
            ("a@b?cc=c@d", Contact::Text("a@b?cc=c@d")),
            ("URP, piano terra", Contact::Text("URP, piano terra")),
        ] {
            assert_eq!(frame(None, Some(support)).contact(), expected);
        }
        assert_eq!(frame(None, None).contact(), Contact::Unknown);
    }
}
