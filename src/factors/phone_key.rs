//! The key of a phone whose browser keeps it without an authenticator, and the PIN beside it: one factor of possession.
//!
//! The browser makes the key so that nobody reads it out (Web Cryptography API §14.3), but asks nobody before it signs: the
//! PIN is for that, and the server checks it, after the signature, so that who has no key cannot spend attempts at it. This
//! is not the verification of a user by an authenticator, and never stands in for it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::factors::approval::{Approval, two_digits};
use crate::world::digest::sha256;
use crate::world::p256;

/// A phone's public key: a point on P-256.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PhoneKey(Vec<u8>);

impl PhoneKey {
    /// Reads what [`Self::written`] writes, and what a browser exports as `raw`: 65 octets in base64url. `None` if it is
    /// nothing of the kind.
    #[must_use]
    pub fn read(said: &str) -> Option<Self> {
        if said.len() > LONGEST {
            return None;
        }
        let point = URL_SAFE_NO_PAD.decode(said).ok()?;
        p256::is_point(&point).then_some(Self(point))
    }

    /// As it is kept.
    #[must_use]
    pub fn written(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }

    /// Its name: a digest, base64url.
    #[must_use]
    pub fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(sha256(&self.0))
    }

    /// Whether `signature` (`r ‖ s`, base64url) is of this key over `said`.
    #[must_use]
    pub fn signed(&self, said: &str, signature: &str) -> bool {
        signature.len() <= LONGEST
            && URL_SAFE_NO_PAD
                .decode(signature)
                .is_ok_and(|signature| p256::holds(&self.0, said.as_bytes(), &signature))
    }
}

/// What the key signs as it is linked: whoever does so has it. The script puts the key's [`PhoneKey::id`] at the end.
#[must_use]
pub fn linking<'a>(challenge: &'a str, code: &'a str) -> Vec<&'a str> {
    vec![CONTEXT, "link", challenge, code]
}

/// What it signs for another PIN.
#[must_use]
pub fn changing(challenge: &str) -> Vec<&str> {
    vec![CONTEXT, "change", challenge]
}

/// What it signs to approve a request: what an authenticator signs there
/// ([`Approval::challenge`]), and a challenge that counts once. The script puts the number at the end, two digits or nothing.
#[must_use]
pub fn approving<'a>(challenge: &'a str, approval: &'a Approval) -> Vec<&'a str> {
    [&[CONTEXT, "approve", challenge][..], &approval.said()].concat()
}

/// The text that is signed, of these parts: a JSON array.
#[must_use]
pub fn text(parts: &[&str], last: Option<&str>) -> String {
    let parts: Vec<&str> = parts.iter().copied().chain(last).collect();
    serde_json::Value::from(parts).to_string()
}

/// The number as it stands at the end of what is signed.
#[must_use]
pub fn number(number: Option<u8>) -> String {
    number.map(two_digits).unwrap_or_default()
}

/// Why a PIN is not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BadPin {
    /// Not six to twelve digits.
    Shape,
    /// Among the first that anybody would try.
    Trivial,
}

/// Whether a person may choose this PIN.
///
/// # Errors
/// [`BadPin`].
pub fn acceptable(pin: &str) -> Result<(), BadPin> {
    let digits = pin.as_bytes();
    if !(LEAST..=MOST).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return Err(BadPin::Shape);
    }
    // 000000, 112233, 123456, 654321, 890123: each the same as the one before it, or beside it.
    let beside = |pair: &[u8]| matches!((10 + pair[0] - pair[1]) % 10, 0 | 1 | 9);
    // 121212, 123123.
    let repeats = |period: usize| digits.iter().zip(&digits[period..]).all(|(a, b)| a == b);
    if digits.windows(2).all(beside) || (2..=3).any(repeats) {
        return Err(BadPin::Trivial);
    }
    Ok(())
}

/// For what the key signs: no signature for anything else serves here.
pub const CONTEXT: &str = "ponte-phone-key-1";
const LEAST: usize = 6;
const MOST: usize = 12;
/// Octets of a point or a signature, in letters.
const LONGEST: usize = 88;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::assurance::factor::Factor;

    #[test]
    fn a_trivial_pin_is_refused() {
        for (pin, verdict) in [
            ("395081", Ok(())),
            ("013570", Ok(())),
            ("395081739502", Ok(())),
            ("39508", Err(BadPin::Shape)),
            ("3950817395021", Err(BadPin::Shape)),
            ("39508a", Err(BadPin::Shape)),
            (" 395081", Err(BadPin::Shape)),
            ("\u{663}95081", Err(BadPin::Shape)),
            ("", Err(BadPin::Shape)),
            ("000000", Err(BadPin::Trivial)),
            ("123456", Err(BadPin::Trivial)),
            ("654321", Err(BadPin::Trivial)),
            ("890123", Err(BadPin::Trivial)),
            ("112233", Err(BadPin::Trivial)),
            ("123321", Err(BadPin::Trivial)),
            ("474747", Err(BadPin::Trivial)),
            ("907907", Err(BadPin::Trivial)),
            ("9079079", Err(BadPin::Trivial)),
        ] {
            assert_eq!(acceptable(pin), verdict, "{pin}");
        }
        let all = (0..1_000_000).filter(|pin| acceptable(&format!("{pin:06}")).is_err()).count();
        assert!(all < 5_000, "few are refused: {all}");
    }

    #[test]
    fn what_is_signed_differs_with_all_that_it_says() {
        let one = Approval {
            code: "ABCD-EFGH-JKMN".to_owned(),
            factor: Factor::Push,
            subject: None,
            party: "https://sp.example/it".to_owned(),
            service: None,
            number: Some(42),
            network: String::new(),
            browser: String::new(),
            asked: chrono::DateTime::UNIX_EPOCH,
            opened: None,
            wrong: 0,
            answer: None,
        };
        let of = |challenge: &str, approval: &Approval, last: Option<u8>| {
            text(&approving(challenge, approval), Some(&number(last)))
        };
        let mut all = vec![of("c", &one, Some(42)), of("c", &one, Some(43)), of("c", &one, None)];
        all.push(of("d", &one, Some(42)));
        all.push(of("c", &Approval { code: "X".to_owned(), ..one.clone() }, Some(42)));
        all.push(of("c", &Approval { party: "X".to_owned(), ..one.clone() }, Some(42)));
        all.push(of("c", &Approval { factor: Factor::Qr, ..one.clone() }, Some(42)));
        all.push(text(&changing("c"), None));
        all.push(text(&linking("c", "ABCD-EFGH-JKMN"), Some("id")));
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        let said = r#"["ponte-phone-key-1","approve","c","ABCD-EFGH-JKMN","push","https://sp.example/it","42"]"#;
        assert_eq!(all[0], said);
    }

    proptest! {
        #[test]
        fn whatever_is_said_is_a_key_or_none(said: String) {
            if let Some(key) = PhoneKey::read(&said) {
                prop_assert_eq!(PhoneKey::read(&key.written()), Some(key.clone()));
                prop_assert!(!key.signed(&said, &said));
            }
            let _ = acceptable(&said);
        }
    }
}
