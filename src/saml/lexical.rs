//! The forms in which SAML writes plain values (XML Schema Part 2; SAML Core §1.3).

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::assurance::requirement::Comparison;

/// Whether `text` may be an XML ID: an `NCName` (XML Namespaces §3) of at most [`MAX_ID`] characters.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(starts_name)
        && letters.all(continues_name)
        && text.chars().count() <= MAX_ID
}

/// Reads an instant in UTC: `YYYY-MM-DDTHH:MM:SS`, a fraction if any, and `Z`.
///
/// SAML times bear no time zone (SAML Core §1.3.3, spid-saml §1.6): `None` for an offset,
/// for no `Z`, and for a day or time that does not exist. Digits beyond the ninth of the fraction are dropped.
#[must_use]
pub fn instant(text: &str) -> Option<DateTime<Utc>> {
    let (seconds, fraction) = match text.strip_suffix('Z')?.split_once('.') {
        Some((seconds, fraction)) => (seconds, Some(fraction)),
        None => (text.strip_suffix('Z')?, None),
    };
    let shaped = seconds.len() == SHAPE.len()
        && seconds.bytes().zip(SHAPE.bytes()).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            mark => byte == mark,
        });
    if !shaped {
        return None;
    }
    let number = |from, to| seconds.get(from..to)?.parse::<u32>().ok();
    let date =
        NaiveDate::from_ymd_opt(seconds.get(..4)?.parse().ok()?, number(5, 7)?, number(8, 10)?)?;
    let whole = date.and_hms_opt(number(11, 13)?, number(14, 16)?, number(17, 19)?)?.and_utc();
    let Some(fraction) = fraction else { return Some(whole) };
    if fraction.is_empty() || fraction.len() > MAX_FRACTION || !all_digits(fraction) {
        return None;
    }
    let mut nanos = 0;
    for place in 0..9 {
        nanos = nanos * 10 + i64::from(fraction.as_bytes().get(place).map_or(0, |b| b - b'0'));
    }
    Some(whole + TimeDelta::nanoseconds(nanos))
}

/// Reads an `xs:boolean`: `true`, `false`, `1` or `0`.
#[must_use]
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// Reads an `xs:unsignedShort`, in digits only.
#[must_use]
pub fn unsigned_short(text: &str) -> Option<u16> {
    all_digits(text).then(|| text.parse().ok()).flatten()
}

/// Whether `text` is an `xs:nonNegativeInteger`, in digits only and of any length.
#[must_use]
pub fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads a `Comparison` (SAML Core §3.3.2.2.1).
#[must_use]
pub fn comparison(text: &str) -> Option<Comparison> {
    match text {
        "exact" => Some(Comparison::Exact),
        "minimum" => Some(Comparison::Minimum),
        "maximum" => Some(Comparison::Maximum),
        "better" => Some(Comparison::Better),
        _ => None,
    }
}

/// `text` without the white space of XML around it.
#[must_use]
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c| matches!(c, ' ' | '\t' | '\r' | '\n'))
}

fn starts_name(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
        | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

fn continues_name(c: char) -> bool {
    starts_name(c)
        || matches!(c,
            '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// The most characters that an ID may have: it becomes a key of the store.
const MAX_ID: usize = 256;
const MAX_FRACTION: usize = 32;
const SHAPE: &str = "0000-00-00T00:00:00";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_utc_with_any_fraction() {
        for (text, millis) in [
            ("2017-03-05T18:03:10Z", 1_488_736_990_000),
            ("2017-03-05T18:03:10.531Z", 1_488_736_990_531),
            ("2017-03-05T18:03:10.5Z", 1_488_736_990_500),
            ("2017-03-05T18:03:10.531999Z", 1_488_736_990_531),
            ("2017-03-05T18:03:10.53199999999999Z", 1_488_736_990_531),
        ] {
            assert_eq!(instant(text).map(|at| at.timestamp_millis()), Some(millis), "{text}");
        }
    }

    #[test]
    fn other_forms_of_time_are_refused() {
        // spid-saml §1.6, and neighbours of the good form.
        for text in [
            "",
            "2018-09-04",
            "2018-09-06 16:00",
            "2018.09.18",
            "2018/09/10",
            "10-09-2018",
            "2017-03-05T18:03:10",
            "2017-03-05T18:03:10+01:00",
            "2017-03-05T18:03:10+00:00",
            "2017-03-05T18:03:10z",
            "2017-03-05t18:03:10Z",
            "2017-03-05T18:03Z",
            "2017-03-05T18:03:10.Z",
            "2017-03-05T18:03:10.5.5Z",
            "2017-03-05T18:03:10,5Z",
            "2017-02-30T18:03:10Z",
            "2017-13-05T18:03:10Z",
            "2017-03-05T24:00:00Z",
            "2017-03-05T18:03:60Z",
            " 2017-03-05T18:03:10Z",
            "+2017-03-05T18:03:10Z",
            "2017-03-05T18:03:10ZZ",
            "2017-03-05T18:03:1éZ",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn an_id_is_an_ncname() {
        let longest = format!("_{}", "a".repeat(255));
        for good in ["_1", "a", "è1", "_f81d4fae-7dec-11d0.A", longest.as_str()] {
            assert!(is_id(good), "{good}");
        }
        let too_long = format!("{longest}a");
        for bad in ["", "1a", "-a", ".a", "a b", "a:b", "a/b", "a\n", "#a", too_long.as_str()] {
            assert!(!is_id(bad), "{bad}");
        }
    }

    #[test]
    fn numbers_are_digits_that_fit() {
        assert_eq!(unsigned_short("0"), Some(0));
        assert_eq!(unsigned_short("00"), Some(0));
        assert_eq!(unsigned_short("65535"), Some(65535));
        for bad in ["", "-1", "+1", " 1", "1 ", "65536", "a", "1.0", "٣"] {
            assert_eq!(unsigned_short(bad), None, "{bad}");
        }
    }

    #[test]
    fn booleans_are_those_of_the_schema() {
        assert_eq!(["true", "1", "false", "0"].map(boolean), [true, true, false, false].map(Some));
        assert_eq!(["True", "TRUE", "yes", "", " true"].map(boolean), [None; 5]);
    }
}
