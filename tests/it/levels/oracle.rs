//! The rules of docs/levels.md, written down a second time in numbers: a level is 1 to 4, and 0 is
//! nothing; factors are places in an array.

pub(crate) const PASSWORD: usize = 0;
pub(crate) const TOTP: usize = 1;
pub(crate) const SMART_CARD: usize = 7;
pub(crate) const CNS_LIKE: usize = 8;

/// What each factor is worth at most, by its credential; 0 if it is not there.
pub(crate) type Worth = [u8; 12];

/// The sets of factors that are worth something.
pub(crate) const SETS: [&[usize]; 12] =
    [&[0], &[0, 1], &[0, 2], &[0, 3], &[0, 4], &[0, 10], &[0, 11], &[5], &[6], &[7], &[8], &[9]];

pub(crate) fn level(worth: &Worth, cap: u8) -> u8 {
    let password = worth[PASSWORD];
    let mut best = password.min(2);
    for second in &worth[1..=4] {
        best = best.max(password.min(*second).min(3));
    }
    let [.., qr_alone, passkey, card, cns_like, upstream, recovery, phone_pin] = *worth;
    best = best.max(password.min(recovery).min(3));
    // A key and a PIN that the server checks are one thing: nothing without the password.
    best = best.max(password.min(phone_pin).min(3));
    best = best.max(qr_alone.min(3)).max(passkey.min(3)).max(cns_like.min(3));
    // Who vouches has proofed the person.
    best.max(card).min(cap).max(upstream)
}

pub(crate) fn only(worth: &Worth, set: &[usize]) -> Worth {
    let mut kept = [0; 12];
    for place in set {
        kept[*place] = worth[*place];
    }
    kept
}

pub(crate) fn both(a: &Worth, b: &Worth) -> Worth {
    std::array::from_fn(|place| a[place].max(b[place]))
}

/// A class: its name, its level, the factor that it claims.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Class(pub(crate) &'static str, pub(crate) u8, pub(crate) Option<usize>);

pub(crate) const SPID: [Class; 3] = [
    Class("https://www.spid.gov.it/SpidL1", 2, None),
    Class("https://www.spid.gov.it/SpidL2", 3, None),
    Class("https://www.spid.gov.it/SpidL3", 4, None),
];
pub(crate) const EIDAS: [Class; 3] = [
    Class("http://eidas.europa.eu/LoA/low", 2, None),
    Class("http://eidas.europa.eu/LoA/substantial", 3, None),
    Class("http://eidas.europa.eu/LoA/high", 4, None),
];
pub(crate) const NOTHING: Class =
    Class("urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified", 1, None);
pub(crate) const PROTECTED: Class =
    Class("urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport", 2, None);
pub(crate) const MFA: Class = Class("https://refeds.org/profile/mfa", 3, None);
pub(crate) const TOKEN: Class =
    Class("urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken", 3, Some(TOTP));
pub(crate) const CARD: Class =
    Class("urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI", 4, Some(SMART_CARD));

#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) classes: &'static [Class],
    pub(crate) comparison: &'static str,
    pub(crate) spid: bool,
    pub(crate) minimum: u8,
}

/// The name of a level in the vocabulary of `like`.
fn named(like: &str, level: u8) -> &'static str {
    let place = usize::from(level) - 2;
    if like.contains("spid.gov.it") {
        SPID[place].0
    } else if like.contains("eidas") {
        EIDAS[place].0
    } else {
        MFA.0
    }
}

fn default_name(like: &str, level: u8) -> Option<&'static str> {
    let scaled = like.contains("spid.gov.it") || like.contains("eidas");
    match level {
        0 => None,
        1 if scaled => None,
        1 => Some(NOTHING.0),
        2 if !scaled => Some(PROTECTED.0),
        _ => Some(named(like, level)),
    }
}

/// How well `worth` meets what was asked (0 is best), and what is asserted; `None`: not at all.
pub(crate) fn met(asked: &Asked, worth: &Worth, cap: u8) -> Option<(u8, &'static str)> {
    let level = level(worth, cap);
    if level == 0 || level < asked.minimum {
        return None;
    }
    let has = |class: &Class| {
        let by = |place: usize| {
            let mut sets = SETS.iter().filter(|set| set.contains(&place));
            sets.any(|set| self::level(&only(worth, set), cap) >= class.1.max(asked.minimum))
        };
        class.2.is_none_or(by)
    };
    let Some(first) = asked.classes.first() else {
        let like = if asked.spid { SPID[0].0 } else { "" };
        return default_name(like, level).map(|name| (0, name));
    };
    let highest = asked.classes.iter().map(|class| class.1).max()?;
    let lowest = asked.classes.iter().map(|class| class.1).min()?;
    let place = |n: usize| u8::try_from(n).unwrap();
    match asked.comparison {
        "better" => {
            let like = if highest == 3 && !first.0.contains("spid") { EIDAS[0].0 } else { first.0 };
            if level > highest { default_name(like, level).map(|name| (0, name)) } else { None }
        }
        "exact" | "minimum" if asked.spid => {
            let (n, class) =
                asked.classes.iter().enumerate().find(|(_, class)| level >= class.1)?;
            default_name(class.0, level).map(|name| (place(n), name))
        }
        "exact" | "minimum" => {
            let mut all = asked.classes.iter().enumerate();
            let (n, class) = all.find(|(_, class)| level >= class.1 && has(class))?;
            Some((place(n), class.0))
        }
        _ if asked.spid => {
            let short = highest.max(asked.minimum).saturating_sub(level);
            default_name(first.0, level).map(|name| (short, name))
        }
        _ => {
            let mut downward = asked.classes.to_vec();
            downward.sort_by_key(|class| 4 - class.1);
            let mut all = downward.iter().enumerate();
            if let Some((n, class)) = all.find(|(_, class)| level >= class.1 && has(class)) {
                return Some((place(n), class.0));
            }
            let counted = level.min(lowest - 1);
            if counted == 0 || counted < asked.minimum {
                return None;
            }
            let short = 10 + lowest - 1 - counted;
            default_name(first.0, level).map(|name| (short, name))
        }
    }
}
