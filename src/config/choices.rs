//! The values of which one is chosen.

use crate::assurance::level::Level;
use crate::identity::attributes::AttributeName;
use crate::saml::partner::SingleSignOn;

/// Levels, by SPID's names.
pub(super) const LEVELS: [(&str, Level); 3] =
    [("SpidL1", Level::Loa2), ("SpidL2", Level::Loa3), ("SpidL3", Level::Loa4)];

/// What a session may serve for.
pub(super) const SINGLE_SIGN_ON: [(&str, SingleSignOn); 4] = [
    ("off", SingleSignOn::Off),
    ("SpidL1", SingleSignOn::UpTo(Level::Loa2)),
    ("SpidL2", SingleSignOn::UpTo(Level::Loa3)),
    ("SpidL3", SingleSignOn::UpTo(Level::Loa4)),
];

/// What is expected in the place of `said`, with the name that is most like it.
pub(super) fn unknown_attribute(said: &str) -> String {
    let names = AttributeName::ALL.iter().map(|name| name.as_str());
    let like = |name: &'static str| (strsim::jaro_winkler(said, name), name);
    let best = names.map(like).max_by(|(a, _), (b, _)| a.total_cmp(b));
    match best {
        Some((likeness, name)) if likeness >= 0.8 => {
            format!("names of attributes of the SPID table (did you mean {name:?}?)")
        }
        _ => "names of attributes of the SPID table".to_owned(),
    }
}
