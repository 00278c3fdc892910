//! Which language a person is answered in.

use serde::{Deserialize, Serialize};

/// A language that pages are written in.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Italian; for whoever asks for neither.
    #[default]
    It,
    /// English.
    En,
}

impl Language {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::It, Self::En];

    /// Its tag (RFC 5646 §2.1), as in `lang`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::It => "it",
            Self::En => "en",
        }
    }

    /// Its name, in itself.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::It => "Italiano",
            Self::En => "English",
        }
    }

    /// The language whose tag reads `tag`, exactly.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// What to answer in: the one chosen explicitly (a cookie's or a query's tag), else the
    /// one that `accept_language` (RFC 9110 §12.5.4) likes best, else Italian.
    #[must_use]
    pub fn negotiate(chosen: Option<&str>, accept_language: Option<&str>) -> Self {
        chosen
            .and_then(Self::parse)
            .or_else(|| accept_language.and_then(preferred))
            .unwrap_or_default()
    }
}

/// The language that a header likes best; of two liked the same, the first named.
fn preferred(header: &str) -> Option<Language> {
    let mut best: Option<(Language, u16)> = None;
    for range in header.split(',').take(MOST_RANGES) {
        let mut parts = range.split(';');
        let tag = parts.next().unwrap_or_default().trim();
        let primary = tag.split('-').next().unwrap_or_default();
        let Some(language) =
            Language::ALL.into_iter().find(|known| known.tag().eq_ignore_ascii_case(primary))
        else {
            continue;
        };
        let Some(weight) = weight(parts.next()) else { continue };
        if weight > 0 && best.is_none_or(|(_, other)| weight > other) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

/// A weight in thousandths (RFC 9110 §12.4.2): 1000 if none is given, `None` if it is no weight.
fn weight(parameter: Option<&str>) -> Option<u16> {
    let Some(parameter) = parameter else { return Some(1000) };
    let (name, value) = parameter.trim().split_once('=')?;
    if !name.eq_ignore_ascii_case("q") {
        return None;
    }
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

/// A header that names more than these is not read to its end.
const MOST_RANGES: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_choice_goes_before_the_header_and_italian_is_the_default() {
        for (chosen, header, expected) in [
            (None, None, Language::It),
            (None, Some("en"), Language::En),
            (None, Some("en-GB,en;q=0.9,it;q=0.8"), Language::En),
            (None, Some("de-DE, it;q=0.5, en;q=0.4"), Language::It),
            (None, Some("de, EN;Q=0.3"), Language::En),
            (None, Some("en;q=0, it;q=0.1"), Language::It),
            (None, Some("it;q=0, en;q=0.001"), Language::En),
            (None, Some("en;q=0"), Language::It),
            (None, Some("fr, *"), Language::It),
            (None, Some("en;q=1.001, it;q=0.2"), Language::It),
            (None, Some("en;q=0.2222, it;q=0.2"), Language::It),
            (None, Some("en;level=1, it;q=0.2"), Language::It),
            (None, Some("it, en"), Language::It),
            (None, Some("en, it"), Language::En),
            (Some("en"), Some("it"), Language::En),
            (Some("it"), Some("en"), Language::It),
            (Some("fr"), Some("en"), Language::En),
            (Some(""), None, Language::It),
        ] {
            assert_eq!(Language::negotiate(chosen, header), expected, "{chosen:?} {header:?}");
        }
    }

    proptest! {
        #[test]
        fn any_header_gives_a_language(header in ".{0,200}") {
            let _ = Language::negotiate(None, Some(&header));
        }
    }
}
