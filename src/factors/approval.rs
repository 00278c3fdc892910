//! A request that a phone answers: what it shows, how long it may be answered, and what its key signs.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::factor::Factor;
use crate::identity::subject::Subject;
use crate::login::request::LocalName;
use crate::world::digest::sha256;
use crate::world::random::Random;

/// A request to a phone, of one login; the newest takes the place of those before.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Its name, unguessable: what the QR code says, and what the phone answers by.
    pub code: String,
    /// By which factor: push, or a QR code.
    pub factor: Factor,
    /// Whose phone may answer; `None` where nobody has shown who they are.
    pub subject: Option<Subject>,
    /// Who asks to know who the person is: an entityID.
    pub party: String,
    /// What people call it; `None`: the login is to the person's own pages.
    pub service: Option<LocalName>,
    /// The number that the other browser shows, of two digits, where one is matched.
    pub number: Option<u8>,
    /// The network of the other browser.
    pub network: String,
    /// The other browser, as far as it says.
    pub browser: String,
    /// When it was asked.
    pub asked: DateTime<Utc>,
    /// When a phone scanned it, and whose that is.
    pub opened: Option<(DateTime<Utc>, Subject)>,
    /// Wrong numbers so far.
    pub wrong: u8,
    /// What was answered.
    pub answer: Option<Answer>,
}

/// What the phone answered.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Its person approved, with this credential.
    Approved {
        /// Who.
        subject: Subject,
        /// The credential's name among theirs.
        credential: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// Its person does not want it, or typed other numbers.
    Denied,
    /// Its person did not ask for it.
    Reported,
}

/// How it stands at a moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It can be answered.
    Waiting,
    /// The same, and a phone has scanned it.
    Opened,
    /// It was approved, and not used yet.
    Approved,
    /// It was denied.
    Denied,
    /// It was reported.
    Reported,
    /// It can be answered no more.
    Over,
}

impl Approval {
    /// How it stands.
    #[must_use]
    pub fn standing(&self, now: DateTime<Utc>) -> Standing {
        match &self.answer {
            Some(Answer::Approved { at, .. }) if now < *at + USABLE => Standing::Approved,
            Some(Answer::Approved { .. }) => Standing::Over,
            Some(Answer::Denied) => Standing::Denied,
            Some(Answer::Reported) => Standing::Reported,
            None if now >= self.expires() => Standing::Over,
            None if self.opened.is_some() => Standing::Opened,
            None => Standing::Waiting,
        }
    }

    /// From when on it cannot be answered. A QR code that was scanned in time leaves time to answer.
    #[must_use]
    pub fn expires(&self) -> DateTime<Utc> {
        match (&self.opened, self.factor) {
            (_, Factor::Push) => self.asked + PUSH_LIFETIME,
            (Some((at, _)), _) => *at + OPENED_LIFETIME,
            (None, _) => self.asked + QR_LIFETIME,
        }
    }

    /// Whether the phone of `subject` may answer it, if it is answered at all.
    #[must_use]
    pub fn is_for(&self, subject: &Subject) -> bool {
        let own = self.subject.as_ref().is_none_or(|one| one == subject);
        own && self.opened.as_ref().is_none_or(|(_, one)| one == subject)
    }

    /// The phone of `subject` has it before its eyes; the first one has.
    #[must_use]
    pub fn open(mut self, subject: &Subject, now: DateTime<Utc>) -> Self {
        self.opened.get_or_insert_with(|| (now, subject.clone()));
        self
    }

    /// A number that is not this one was typed; the third ends it.
    #[must_use]
    pub fn mistaken(mut self) -> Self {
        self.wrong = self.wrong.saturating_add(1);
        if self.wrong >= MAX_WRONG {
            self.answer = Some(Answer::Denied);
        }
        self
    }

    /// It was answered so.
    #[must_use]
    pub fn answered(mut self, answer: Answer) -> Self {
        self.answer = Some(answer);
        self
    }

    /// What the phone's key signs to approve it, with the number that its person typed: a hash over the request,
    /// whoever asks, and the number.
    #[must_use]
    pub fn challenge(&self, number: Option<u8>) -> [u8; 32] {
        let number = number.map(two_digits).unwrap_or_default();
        let said = [&[CONTEXT][..], &self.said(), &[&number]].concat();
        sha256(serde_json::Value::from(said).to_string().as_bytes())
    }

    /// What [`Self::challenge`] is the hash of, but for the number at its end: a JSON array.
    #[must_use]
    pub fn signs(&self) -> String {
        serde_json::Value::from([&[CONTEXT][..], &self.said()].concat()).to_string()
    }

    /// What is signed of it, whatever kind of key signs: the request, how it was asked, and whoever asks.
    #[must_use]
    pub fn said(&self) -> [&str; 3] {
        [&self.code, self.factor.name(), &self.party]
    }
}

/// A number to match, as it is shown.
#[must_use]
pub fn two_digits(number: u8) -> String {
    format!("{number:02}")
}

/// A number of two digits, from 10 to 99.
#[must_use]
pub fn number(random: &Random) -> u8 {
    loop {
        let [byte] = random.bytes::<1>();
        // 180 is twice 90: each number is as likely as each other.
        if byte < 180 {
            return 10 + byte % 90;
        }
    }
}

/// The number that a person typed.
#[must_use]
pub fn read_number(typed: &str) -> Option<u8> {
    let typed = typed.trim();
    let is_number = typed.len() == 2 && typed.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| typed.parse().ok()).flatten()
}

/// A code as [`Approval::code`] is written: twelve letters and digits, in groups or not, in capitals or not. Letters that
/// look like digits are those digits (Crockford's base 32).
#[must_use]
pub fn read_code(typed: &str) -> Option<String> {
    if typed.len() > LONGEST_TYPED {
        return None;
    }
    let mut plain = String::with_capacity(CODE + 2);
    let mut count = 0;
    for letter in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        if count > 0 && count % 4 == 0 {
            plain.push('-');
        }
        plain.push(match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            'U' => return None,
            letter if letter.is_ascii_alphanumeric() => letter,
            _ => return None,
        });
        count += 1;
    }
    (count == CODE).then_some(plain)
}

/// For what the phone's key signs: no signature for anything else serves here.
pub const CONTEXT: &str = "ponte-approval-1";
/// Letters of a code: 60 bits.
const CODE: usize = 12;
const LONGEST_TYPED: usize = 40;
/// The third wrong number is the last.
const MAX_WRONG: u8 = 3;
/// How long a push can be answered (spec: out-of-band codes ten minutes at most).
pub const PUSH_LIFETIME: TimeDelta = TimeDelta::minutes(5);
/// How long a QR code can be scanned.
pub const QR_LIFETIME: TimeDelta = TimeDelta::seconds(60);
/// How long one that was scanned can be answered.
pub const OPENED_LIFETIME: TimeDelta = TimeDelta::minutes(2);
/// How long what was approved waits for the browser that asked: its tab may be asleep.
pub const USABLE: TimeDelta = TimeDelta::minutes(10);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn approval(factor: Factor) -> Approval {
        Approval {
            code: "ABCD-EFGH-JKMN".to_owned(),
            factor,
            subject: None,
            party: "https://sp.example/it".to_owned(),
            service: None,
            number: (factor == Factor::Push).then_some(42),
            network: "192.0.2.0/24".to_owned(),
            browser: "Firefox, Linux".to_owned(),
            asked: at(0),
            opened: None,
            wrong: 0,
            answer: None,
        }
    }

    /// Threats, factors: a QR code lasts 60 s.
    #[test]
    fn a_qr_code_lasts_sixty_seconds_and_a_push_five_minutes() {
        let (qr, push) = (approval(Factor::Qr), approval(Factor::Push));
        assert_eq!(qr.standing(at(59)), Standing::Waiting);
        assert_eq!(qr.standing(at(60)), Standing::Over);
        assert_eq!(push.standing(at(299)), Standing::Waiting);
        assert_eq!(push.standing(at(300)), Standing::Over);
        let opened = qr.open(&Subject::new("anna".to_owned()), at(59));
        assert_eq!(opened.standing(at(178)), Standing::Opened);
        assert_eq!(opened.standing(at(179)), Standing::Over);
        assert!(opened.is_for(&Subject::new("anna".to_owned())));
        assert!(!opened.is_for(&Subject::new("bruno".to_owned())), "who scanned it answers it");
    }

    #[test]
    fn what_was_approved_waits_ten_minutes() {
        let answer = Answer::Approved {
            subject: Subject::new("anna".to_owned()),
            credential: "app".to_owned(),
            at: at(10),
        };
        let approved = approval(Factor::Push).answered(answer);
        assert_eq!(approved.standing(at(609)), Standing::Approved);
        assert_eq!(approved.standing(at(610)), Standing::Over);
    }

    #[test]
    fn the_third_wrong_number_ends_it() {
        let twice = approval(Factor::Push).mistaken().mistaken();
        assert_eq!(twice.standing(at(1)), Standing::Waiting);
        assert_eq!(twice.mistaken().standing(at(1)), Standing::Denied);
    }

    /// What is signed differs with each thing that the person is shown.
    #[test]
    fn the_challenge_holds_request_service_provider_and_number() {
        let one = approval(Factor::Push);
        let mut all = vec![one.challenge(Some(42)), one.challenge(Some(43)), one.challenge(None)];
        all.push(Approval { code: "X".to_owned(), ..one.clone() }.challenge(Some(42)));
        all.push(Approval { party: "X".to_owned(), ..one.clone() }.challenge(Some(42)));
        all.push(Approval { factor: Factor::Qr, ..one.clone() }.challenge(Some(42)));
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        let text = r#"["ponte-approval-1","ABCD-EFGH-JKMN","push","https://sp.example/it","42"]"#;
        assert_eq!(one.challenge(Some(42)), sha256(text.as_bytes()));
    }

    #[test]
    fn numbers_have_two_digits_and_all_come() {
        let random = Random::seeded(1);
        let seen: std::collections::BTreeSet<u8> = (0..4000).map(|_| number(&random)).collect();
        assert_eq!((seen.len(), seen.first(), seen.last()), (90, Some(&10), Some(&99)));
        assert_eq!(read_number(" 07 "), Some(7));
        for bad in ["", "7", "123", "+7", "a1", "\u{664}\u{662}"] {
            assert_eq!(read_number(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_code_is_read_as_it_is_typed() {
        for typed in ["ABCD-EFGH-JKM1", "abcd efgh jkmi", " abcdefghjkml "] {
            assert_eq!(read_code(typed).as_deref(), Some("ABCD-EFGH-JKM1"), "{typed}");
        }
        for bad in ["", "ABCD", "ABCD-EFGH-JKM1-X", "ABCD-EFGH-JKMU", "ABCD-EFGH-JKM\u{e9}"] {
            assert_eq!(read_code(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_a_code_or_none(typed: String) {
            if let Some(code) = read_code(&typed) {
                prop_assert_eq!(read_code(&code), Some(code.clone()));
                prop_assert_eq!(code.len(), 14);
            }
            let _ = read_number(&typed);
        }
    }
}
