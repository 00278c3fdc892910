//! One-time codes by SMS: telephone numbers, what a code is good for, and how many messages may leave.

use std::fmt;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::world::random::Random;

/// A telephone number (ITU-T E.164): `+`, country code and number, 8 to 15 digits.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Number(String);

/// No number to which messages may go.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadNumber {
    /// No telephone number.
    #[error("a telephone number has 8 to 15 digits, country code included")]
    Form,
    /// A number of a country, or of a kind, to which nothing is sent.
    #[error("no message is sent to numbers that begin so")]
    NotServed,
}

impl Number {
    /// Reads what a person `typed`: with `+` or `00` and a country code, or else a number of the country whose code is
    /// `home` (`39`). Spaces, hyphens, dots, slashes and parentheses do not matter.
    ///
    /// # Errors
    /// [`BadNumber::Form`]; [`BadNumber::NotServed`] if it begins with none of `served` (`+393`).
    pub fn read(typed: &str, home: &str, served: &[String]) -> Result<Self, BadNumber> {
        let is_kept = |c: &char| !c.is_whitespace() && !"-./()".contains(*c);
        let typed: String = typed.chars().take(LONGEST_TYPED + 1).collect();
        if typed.chars().count() > LONGEST_TYPED {
            return Err(BadNumber::Form);
        }
        let bare: String = typed.chars().filter(is_kept).collect();
        let whole = match (bare.strip_prefix("00"), bare.starts_with('+')) {
            (Some(rest), _) => format!("+{rest}"),
            (None, true) => bare,
            (None, false) => format!("+{home}{bare}"),
        };
        let number = Self::try_from(whole)?;
        match served.iter().any(|prefix| number.0.starts_with(prefix.as_str())) {
            true => Ok(number),
            false => Err(BadNumber::NotServed),
        }
    }

    /// The number, with `+`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a page may show it to whoever has not proved yet that it is theirs (BI-03): `+39 *** *** **12`.
    #[must_use]
    pub fn masked(&self) -> String {
        let country = if self.0.starts_with("+1") || self.0.starts_with("+7") { 2 } else { 3 };
        let end = self.0.len() - 2;
        format!("{} *** *** **{}", &self.0[..country], &self.0[end..])
    }

    /// The block of ten thousand numbers that it belongs to: who pumps messages has many numbers of few blocks.
    #[must_use]
    pub fn range(&self) -> &str {
        &self.0[..self.0.len() - 4]
    }
}

impl TryFrom<String> for Number {
    type Error = BadNumber;

    fn try_from(text: String) -> Result<Self, BadNumber> {
        let digits = text.strip_prefix('+').ok_or(BadNumber::Form)?;
        let is_number = (8..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0')
            && is_italian_or_other(digits);
        if is_number { Ok(Self(text)) } else { Err(BadNumber::Form) }
    }
}

/// Italian mobile numbers have nine or ten digits: one more or one less is a mistake that would go to nobody, or to
/// somebody else.
fn is_italian_or_other(digits: &str) -> bool {
    match digits.strip_prefix("393") {
        Some(rest) => (8..=9).contains(&rest.len()),
        None => true,
    }
}

impl From<Number> for String {
    fn from(number: Number) -> Self {
        number.0
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number({})", self.masked())
    }
}

/// Makes a code: six digits, each as likely as any other but for one part in 10^13.
#[must_use]
pub fn code(random: &Random) -> String {
    format!("{:06}", u64::from_be_bytes(random.bytes::<8>()) % 1_000_000)
}

/// The code that was typed, spaces aside; `None` if it is none.
#[must_use]
pub fn read_code(typed: &str) -> Option<String> {
    let code: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    (code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit())).then_some(code)
}

/// A code that was sent. A person has one at most: a newer one takes its place (BI-02).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// For what it was sent: a keyed digest of the login or the session.
    pub purpose: String,
    /// Where to.
    pub number: Number,
    /// The keyed digest of the code.
    digest: String,
    /// When it was sent.
    sent: DateTime<Utc>,
    /// Wrong ones since.
    wrong: u8,
}

/// What a typed code came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It is the one that was sent. Take the challenge away before going on, so that it holds once.
    Held,
    /// It is not.
    Wrong,
    /// Nothing would be right any more: it was sent too long ago, or there were too many wrong ones.
    Spent,
}

impl Challenge {
    /// A code of `digest` is sent to `number` for `purpose`.
    #[must_use]
    pub fn new(purpose: String, number: Number, digest: String, now: DateTime<Utc>) -> Self {
        Self { purpose, number, digest, sent: now, wrong: 0 }
    }

    /// Checks the keyed digest of a typed code.
    #[must_use]
    pub fn check(&self, digest: &str, now: DateTime<Utc>) -> Verdict {
        if !self.is_live(now) {
            return Verdict::Spent;
        }
        if self.digest == digest { Verdict::Held } else { Verdict::Wrong }
    }

    /// One that was not it was typed.
    #[must_use]
    pub fn failed(mut self) -> Self {
        self.wrong = self.wrong.saturating_add(1);
        self
    }

    /// Whether a code may hold still.
    #[must_use]
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        now < self.expires() && self.wrong < MAX_WRONG
    }

    /// From when on it holds no more.
    #[must_use]
    pub fn expires(&self) -> DateTime<Utc> {
        self.sent + LIFETIME
    }
}

/// Messages that left for somebody, for a range, or from the whole house.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    day: Option<NaiveDate>,
    today: u32,
    in_a_row: u32,
    last: Option<DateTime<Utc>>,
}

/// How many messages may leave in a day, which is one of UTC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Budget {
    /// For one person.
    pub person: u32,
    /// For one [range](Number::range).
    pub range: u32,
    /// At all.
    pub house: u32,
}

/// Whose budget is spent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purse {
    /// The person's.
    Person,
    /// That of the numbers which begin like theirs.
    Range,
    /// The house's.
    House,
}

impl Purse {
    /// Its name in the log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Range => "range",
            Self::House => "house",
        }
    }
}

/// Whether a message may leave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MaySend {
    /// It may.
    Allowed,
    /// Not before this time: the last one is on its way.
    WaitUntil(DateTime<Utc>),
    /// Not before this time: too many have left.
    Spent {
        /// Whose budget.
        purse: Purse,
        /// The next day.
        until: DateTime<Utc>,
    },
}

/// What has left, by whose budget it counts.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    /// For the person.
    pub person: &'a Sent,
    /// For the range of their number.
    pub range: &'a Sent,
    /// From the house.
    pub house: &'a Sent,
}

/// Whether one more message may leave. Ask with the records as they are, and commit [`sent`] in their place
/// together with the message: what leaves at the same time cannot share one slot.
#[must_use]
pub fn may_send(counted: Counted<'_>, budget: Budget, now: DateTime<Utc>) -> MaySend {
    let purses = [
        (Purse::Person, counted.person, budget.person),
        (Purse::Range, counted.range, budget.range),
        (Purse::House, counted.house, budget.house),
    ];
    let spent = purses.into_iter().find(|(_, sent, most)| sent.on(now.date_naive()) >= *most);
    if let Some((purse, ..)) = spent {
        return MaySend::Spent { purse, until: tomorrow(now) };
    }
    match counted.person.last {
        // One from further ahead than any wait was counted by a clock that was wrong.
        Some(last) if last <= now + LONGEST_PAUSE => {
            let until = last + pause(counted.person.in_a_row);
            if now < until { MaySend::WaitUntil(until) } else { MaySend::Allowed }
        }
        _ => MaySend::Allowed,
    }
}

/// Counts one message.
#[must_use]
pub fn sent(before: &Sent, now: DateTime<Utc>) -> Sent {
    let day = now.date_naive();
    Sent {
        day: Some(day),
        today: before.on(day).saturating_add(1),
        in_a_row: before.in_a_row.saturating_add(1),
        last: Some(now),
    }
}

/// A code held, so the message arrived: nobody waits for the next one. What has left today still counts.
#[must_use]
pub fn held(before: &Sent) -> Sent {
    Sent { in_a_row: 0, last: None, ..before.clone() }
}

impl Sent {
    fn on(&self, day: NaiveDate) -> u32 {
        if self.day == Some(day) { self.today } else { 0 }
    }

    /// For how long the record says anything.
    #[must_use]
    pub fn keep_until(now: DateTime<Utc>) -> DateTime<Utc> {
        now + TimeDelta::days(2)
    }
}

/// A minute, then twice as long each time, a quarter of an hour at most.
fn pause(in_a_row: u32) -> TimeDelta {
    let minutes = 1_i64.checked_shl(in_a_row.saturating_sub(1).min(16)).unwrap_or(i64::MAX);
    TimeDelta::minutes(minutes.min(LONGEST_PAUSE.num_minutes()))
}

fn tomorrow(now: DateTime<Utc>) -> DateTime<Utc> {
    let next = now.date_naive().succ_opt().unwrap_or(NaiveDate::MAX);
    next.and_time(chrono::NaiveTime::MIN).and_utc()
}

/// How long a code holds (spec: out-of-band codes ten minutes, NIST SP 800-63B §5.1.3.2).
pub const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// After so many wrong ones not even the right one holds.
const MAX_WRONG: u8 = 5;
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(15);
/// Characters.
const LONGEST_TYPED: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn served() -> Vec<String> {
        vec!["+393".to_owned(), "+44".to_owned()]
    }

    fn number(typed: &str) -> Result<String, BadNumber> {
        Number::read(typed, "39", &served()).map(String::from)
    }

    #[test]
    fn a_number_is_read_however_it_is_typed() {
        for typed in [
            "333 1234567",
            "+39 333 123 4567",
            "0039 333-1234567",
            "(333) 123.45.67",
            "+393331234567",
        ] {
            assert_eq!(number(typed).unwrap(), "+393331234567", "{typed}");
        }
        assert_eq!(number("+44 7700 900123").unwrap(), "+447700900123");
        for typed in [
            "",
            "+",
            "39",
            "abc",
            "333 123456a",
            "+39 333 12345678",
            "+39 333 12345",
            "393331234567",
            "+0393331234567",
            "+1234567890123456",
            "٣٣٣١٢٣٤٥٦٧",
            &"3".repeat(10_000),
        ] {
            assert_eq!(number(typed), Err(BadNumber::Form), "{typed}");
        }
        for typed in ["06 1234567", "+1 202 555 0100", "+882 16 1234567", "899 123456"] {
            assert_eq!(number(typed), Err(BadNumber::NotServed), "{typed}");
        }
    }

    /// BI-03.
    #[test]
    fn a_number_is_shown_masked() {
        let number = Number::read("333 1234512", "39", &served()).unwrap();
        assert_eq!(number.masked(), "+39 *** *** **12");
        assert_eq!(format!("{number:?}"), "Number(+39 *** *** **12)");
        assert_eq!(number.range(), "+39333123");
    }

    #[test]
    fn what_is_stored_is_a_number_or_is_not_read() {
        assert!(serde_json::from_str::<Number>("\"+393331234567\"").is_ok());
        for stored in ["\"393331234567\"", "\"+39\"", "\"+39333123456x\"", "\"\""] {
            assert!(serde_json::from_str::<Number>(stored).is_err(), "{stored}");
        }
    }

    #[test]
    fn a_code_has_six_digits_and_is_read_with_spaces() {
        let random = Random::seeded(3);
        for _ in 0..200 {
            let code = code(&random);
            assert_eq!(read_code(&format!(" {} {} ", &code[..3], &code[3..])), Some(code));
        }
        for typed in ["", "12345", "1234567", "12345a", "٣٣٣١٢٣"] {
            assert_eq!(read_code(typed), None, "{typed}");
        }
    }

    fn challenge() -> Challenge {
        let number = Number::read("333 1234512", "39", &served()).unwrap();
        Challenge::new("login".to_owned(), number, "right".to_owned(), at(0))
    }

    /// BI-02: ten minutes, to the second.
    #[test]
    fn a_code_holds_for_ten_minutes() {
        assert_eq!(challenge().check("right", at(599)), Verdict::Held);
        assert_eq!(challenge().check("right", at(600)), Verdict::Spent);
        assert_eq!(challenge().check("wrong", at(0)), Verdict::Wrong);
    }

    #[test]
    fn after_five_wrong_ones_the_right_one_holds_no_more() {
        let four = (0..4).fold(challenge(), |challenge, _| challenge.failed());
        assert_eq!(four.check("right", at(1)), Verdict::Held);
        assert_eq!(four.failed().check("right", at(1)), Verdict::Spent);
    }

    const BUDGET: Budget = Budget { person: 5, range: 8, house: 10 };

    fn times(times: u32, now: DateTime<Utc>) -> Sent {
        (0..times).fold(Sent::default(), |before, _| sent(&before, now))
    }

    fn may(person: &Sent, range: &Sent, house: &Sent, now: DateTime<Utc>) -> MaySend {
        may_send(Counted { person, range, house }, BUDGET, now)
    }

    #[test]
    fn the_pause_doubles_to_a_quarter_of_an_hour() {
        let none = Sent::default();
        assert_eq!(may(&none, &none, &none, at(0)), MaySend::Allowed);
        for (number, seconds) in [(1, 60), (2, 120), (3, 240), (4, 480)] {
            let person = times(number, at(0));
            let until = MaySend::WaitUntil(at(seconds));
            assert_eq!(may(&person, &none, &none, at(seconds - 1)), until, "{number}");
            assert_eq!(may(&person, &none, &none, at(seconds)), MaySend::Allowed, "{number}");
        }
        assert_eq!([5, 6, 40, u32::MAX].map(|row| pause(row).num_minutes()), [15; 4]);
        let after = held(&times(4, at(0)));
        assert_eq!(may(&after, &none, &none, at(0)), MaySend::Allowed);
        assert_eq!(after.on(at(0).date_naive()), 4, "what has left still counts");
        let next = sent(&after, at(0));
        assert_eq!(
            may(&next, &none, &none, at(0)),
            MaySend::Spent { purse: Purse::Person, until: tomorrow(at(0)) }
        );
        let next = sent(&held(&times(3, at(0))), at(0));
        assert_eq!(may(&next, &none, &none, at(0)), MaySend::WaitUntil(at(60)));
    }

    #[test]
    fn nobody_waits_for_a_clock_that_was_wrong() {
        let (none, ahead) = (Sent::default(), times(1, at(86_400 * 365)));
        assert_eq!(may(&ahead, &none, &none, at(0)), MaySend::Allowed);
    }

    /// Pumping: each budget ends by itself, whatever is left of the others, and begins anew the next day.
    #[test]
    fn each_budget_ends_by_itself_and_lasts_a_day() {
        let none = Sent::default();
        let day = 86_400;
        let midnight = at(0).date_naive().succ_opt().unwrap();
        let until = midnight.and_hms_opt(0, 0, 0).unwrap().and_utc();
        for (counts, purse) in [
            ([5, 0, 0], Some(Purse::Person)),
            ([0, 8, 0], Some(Purse::Range)),
            ([0, 0, 10], Some(Purse::House)),
            ([0, 7, 9], None),
        ] {
            let [person, range, house] = counts.map(|count| times(count, at(0)));
            let now = may(&person, &range, &house, at(3600));
            let expected = purse.map_or(MaySend::Allowed, |purse| MaySend::Spent { purse, until });
            assert_eq!(now, expected, "{counts:?}");
            assert_eq!(may(&person, &range, &house, at(day)), MaySend::Allowed, "{counts:?}");
        }
        assert_eq!(times(3, at(day)).on(at(0).date_naive()), 0);
        let over = sent(&times(5, at(0)), at(day));
        assert_eq!(may(&over, &none, &none, at(day + 900)), MaySend::Allowed);
    }

    proptest::proptest! {
        #[test]
        fn no_input_breaks_the_reader(typed in "\\PC{0,60}") {
            if let Ok(number) = Number::read(&typed, "39", &["+".to_owned()]) {
                let again = Number::read(number.as_str(), "39", &["+".to_owned()]);
                proptest::prop_assert_eq!(again, Ok(number.clone()));
                proptest::prop_assert!(!number.masked().contains(&number.as_str()[4..]));
            }
        }
    }
}
