//! Why an identity provider says no, in no dialect: its status codes, SPID's numbers, whatever it mixes
//! (spid-saml §3; SAML Core §3.2.2.2).

use serde::{Deserialize, Serialize};

/// What a refusal of an identity provider comes to, for the person and for whoever asked us.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Anomaly {
    /// The person gave up (nr25).
    Cancelled,
    /// The person would not have the data sent (nr22).
    ConsentDenied,
    /// Wrong credentials, too often (nr19).
    TooManyAttempts,
    /// The identity or the credentials are suspended, revoked or expired (nr23).
    Suspended,
    /// The person took too long (nr21).
    TimedOut,
    /// The person has nothing of the level that was asked for (nr20, `NoAuthnContext`).
    LevelUnreachable,
    /// Nobody could be asked, and that would have been needed (nr15, `NoPassive`).
    PassiveImpossible,
    /// The identity is of another kind than was wanted (nr30).
    IdentityType,
    /// The authentication failed, and no reason is given (`AuthnFailed`).
    Failed,
    /// Our request or our registration is at fault (nr04 to nr18, `Requester`).
    Misconfigured,
    /// The identity provider does not work just now (nr02, nr03, `Responder` alone).
    Unavailable,
    /// It cannot be told.
    Unknown,
}

impl Anomaly {
    /// Every one.
    pub const ALL: [Self; 12] = [
        Self::Cancelled,
        Self::ConsentDenied,
        Self::TooManyAttempts,
        Self::Suspended,
        Self::TimedOut,
        Self::LevelUnreachable,
        Self::PassiveImpossible,
        Self::IdentityType,
        Self::Failed,
        Self::Misconfigured,
        Self::Unavailable,
        Self::Unknown,
    ];

    /// What status codes (URIs, the outermost first) and a message come to. SPID's number decides if there is one, in
    /// whatever code it came; of the codes only the last word counts, since some identity providers misspell the rest.
    #[must_use]
    pub fn of(codes: &[String], message: Option<&str>) -> Self {
        message.and_then(number).and_then(Self::numbered).unwrap_or_else(|| Self::coded(codes))
    }

    fn numbered(number: u16) -> Option<Self> {
        Some(match number {
            2 | 3 => Self::Unavailable,
            15 => Self::PassiveImpossible,
            4..=18 => Self::Misconfigured,
            19 => Self::TooManyAttempts,
            20 => Self::LevelUnreachable,
            21 => Self::TimedOut,
            22 => Self::ConsentDenied,
            23 => Self::Suspended,
            25 => Self::Cancelled,
            30 => Self::IdentityType,
            _ => return None,
        })
    }

    fn coded(codes: &[String]) -> Self {
        let word =
            |code: &String| code.rsplit([':', '/', '#']).next().unwrap_or_default().to_owned();
        let top = codes.first().map(word).unwrap_or_default();
        let second = codes.get(1).map(word).unwrap_or_default();
        match (top.as_str(), second.as_str()) {
            (_, "NoAuthnContext") => Self::LevelUnreachable,
            (_, "NoPassive") => Self::PassiveImpossible,
            (_, "AuthnFailed" | "UnknownPrincipal") => Self::Failed,
            ("Responder", "RequestDenied") => Self::ConsentDenied,
            (_, "NoAvailableIDP" | "NoSupportedIDP") | ("Responder", "") => Self::Unavailable,
            ("VersionMismatch" | "Requester", _)
            | (
                _,
                "RequestUnsupported"
                | "InvalidNameIDPolicy"
                | "UnsupportedBinding"
                | "InvalidAttrNameOrValue"
                | "ProxyCountExceeded"
                | "UnknownAttrProfile",
            ) => Self::Misconfigured,
            _ => Self::Unknown,
        }
    }
}

/// SPID's number in a message: `ErrorCode nr25`, in any case and spacing, or `nr25` alone.
#[must_use]
pub fn number(message: &str) -> Option<u16> {
    let lower = message.to_ascii_lowercase();
    let after = |mark: &str| {
        lower.match_indices(mark).find_map(|(at, _)| {
            let before = lower[..at].chars().next_back();
            let stands_alone = before.is_none_or(|letter| !letter.is_alphanumeric());
            let rest = lower[at + mark.len()..].trim_start_matches([' ', '.', ':', '=', '_']);
            let rest = rest
                .strip_prefix("nr")
                .map_or(rest, |rest| rest.trim_start_matches([' ', '.', ':', '_']));
            let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
            rest[..end].parse().ok().filter(|_| stands_alone)
        })
    };
    after("errorcode").or_else(|| after("nr"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(codes: &[&str], message: &str) -> Anomaly {
        let codes: Vec<String> =
            codes.iter().map(|code| format!("urn:oasis:names:tc:SAML:2.0:status:{code}")).collect();
        Anomaly::of(&codes, (!message.is_empty()).then_some(message))
    }

    #[test]
    fn a_number_decides_in_whatever_code_it_comes() {
        for (number, wanted) in [
            (3, Anomaly::Unavailable),
            (8, Anomaly::Misconfigured),
            (12, Anomaly::Misconfigured),
            (15, Anomaly::PassiveImpossible),
            (18, Anomaly::Misconfigured),
            (19, Anomaly::TooManyAttempts),
            (20, Anomaly::LevelUnreachable),
            (21, Anomaly::TimedOut),
            (22, Anomaly::ConsentDenied),
            (23, Anomaly::Suspended),
            (25, Anomaly::Cancelled),
            (30, Anomaly::IdentityType),
        ] {
            for codes in [["Responder", "AuthnFailed"], ["Requester", "RequestDenied"]] {
                for text in [
                    format!("ErrorCode nr{number:02}"),
                    format!("errorcode NR {number}"),
                    format!("nr{number}"),
                    format!("ErrorCode: {number} - the user"),
                    format!("Autenticazione fallita (ErrorCode nr{number:02})"),
                ] {
                    assert_eq!(of(&codes, &text), wanted, "{text}");
                }
            }
        }
    }

    #[test]
    fn codes_decide_where_there_is_no_number_that_means_something() {
        for (codes, wanted) in [
            (&["Responder", "NoAuthnContext"][..], Anomaly::LevelUnreachable),
            (&["Requester", "NoAuthnContext"], Anomaly::LevelUnreachable),
            (&["Responder", "NoPassive"], Anomaly::PassiveImpossible),
            (&["Responder", "AuthnFailed"], Anomaly::Failed),
            (&["Responder", "RequestDenied"], Anomaly::ConsentDenied),
            (&["Requester", "RequestDenied"], Anomaly::Misconfigured),
            (&["Requester"], Anomaly::Misconfigured),
            (&["VersionMismatch"], Anomaly::Misconfigured),
            (&["Responder", "InvalidNameIDPolicy"], Anomaly::Misconfigured),
            (&["Responder"], Anomaly::Unavailable),
            (&["Responder", "NoAvailableIDP"], Anomaly::Unavailable),
            (&["Responder", "SomethingElse"], Anomaly::Unknown),
            (&["statuscodenonvalido"], Anomaly::Unknown),
            (&[], Anomaly::Unknown),
        ] {
            for text in ["", "Something went wrong", "ErrorCode nr24", "ErrorCode nr", "nr99999999"]
            {
                assert_eq!(of(codes, text), wanted, "{codes:?} {text}");
            }
        }
        let misspelt = ["urn:oasis:names:tc:SAML:2.0:statuss:Responder".to_owned()];
        assert_eq!(Anomaly::of(&misspelt, None), Anomaly::Unavailable);
    }
}
