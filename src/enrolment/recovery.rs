//! How a person who lost a factor gets another in its place: by a link or a desk's code, and what else they show. Never by
//! fewer factors than what it restores (AR-10 to AR-16).

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::level::Level;
use crate::enrolment::activation::{Delivery, FirstEnrolment};
use crate::identity::account::Proofing;
use crate::identity::subject::Subject;

/// What was lost.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lost {
    /// The password is forgotten, or blocked.
    Password,
    /// The authenticator app is gone, or its codes are blocked.
    Authenticator,
}

impl Lost {
    /// Its name in forms, commands and the log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Authenticator => "authenticator",
        }
    }

    /// What has that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Password, Self::Authenticator].into_iter().find(|lost| lost.name() == name)
    }
}

/// What begins a recovery, once: a link in a mail, or a desk's code. Kept by a keyed digest of its secret, for one purpose
/// (AR-12, AR-14).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Whose it is.
    pub subject: Subject,
    /// What it is for.
    pub lost: Lost,
    /// How it reached them.
    pub by: Delivery,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// From this time on it is worth nothing.
    pub expires: DateTime<Utc>,
    /// When it was used.
    pub used: Option<DateTime<Utc>>,
    /// How the desk knew the person, for a desk's code.
    pub proofing: Option<Proofing>,
}

/// Why a link begins nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Void {
    /// There is none of that secret, or it is long gone.
    Unknown,
    /// It was used.
    Used,
    /// Its time is up.
    Expired,
    /// Another recovery of the person's ended since.
    Superseded,
}

impl Link {
    /// Whether it begins a recovery at `now`; `recovered`: when a recovery of its person last ended.
    ///
    /// # Errors
    /// [`Void`], why not.
    pub fn check(&self, recovered: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<(), Void> {
        if self.used.is_some() {
            Err(Void::Used)
        } else if now >= self.expires {
            Err(Void::Expired)
        } else if recovered.is_some_and(|at| at >= self.made) {
            Err(Void::Superseded)
        } else {
            Ok(())
        }
    }

    /// How long it is remembered, so that whoever follows it late is told why it leads nowhere.
    #[must_use]
    pub fn keep_until(&self) -> DateTime<Utc> {
        self.expires + REMEMBERED
    }
}

/// A recovery under way, in the browser that began it.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recovery {
    /// Its name: an unguessable token.
    pub id: String,
    /// Whose it is.
    pub subject: Subject,
    /// What was lost.
    pub lost: Lost,
    /// What began it.
    pub by: Delivery,
    /// When it began.
    pub opened: DateTime<Utc>,
    /// From this time on it comes to nothing.
    pub expires: DateTime<Utc>,
    /// When what began it was made.
    pub made: DateTime<Utc>,
    browser: String,
    token: String,
    failures: u8,
    stage: Stage,
}

/// How far it has come. Nothing of the account changes before the end.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Stage {
    /// One thing more is to be shown.
    Begun,
    /// It was shown; `seed` is that of the new app, where there is one.
    Shown {
        seed: Option<Seed>,
        /// The most that what was shown is worth.
        worth: Level,
    },
    /// Too often wrong, or given up.
    Ended,
    /// The new factor is there.
    Done,
}

/// The key of an app that is about to be there (RFC 6238).
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// Base32.
    pub seed: String,
    /// Seconds a code lasts.
    pub period: u32,
}

/// What a person has beside the password.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Beside {
    /// Nothing.
    Nothing,
    /// A second factor that can be shown in a recovery.
    Here,
    /// Second factors, none of which can: a passkey, a card.
    Elsewhere,
}

/// What comes next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// The person shows their password.
    ShowPassword,
    /// The person shows a second factor.
    ShowSecond,
    /// The person links a new app, with this key.
    NewApp(Seed),
    /// The person chooses a new password.
    NewPassword,
    /// Nothing here: the desk helps.
    Desk,
    /// Nothing: it came to nothing.
    Ended,
    /// Nothing: it is done.
    Done,
}

/// With what a recovery begins.
#[derive(Debug)]
pub struct Opening {
    /// Its name, unguessable.
    pub id: String,
    /// A digest of the secret in the cookie of the browser that it is bound to.
    pub browser: String,
    /// What every form of it must bring back.
    pub token: String,
}

impl Recovery {
    /// Begins what `link` is for.
    #[must_use]
    pub fn open(opening: Opening, link: &Link, lifetime: TimeDelta, now: DateTime<Utc>) -> Self {
        Self {
            id: opening.id,
            subject: link.subject.clone(),
            lost: link.lost,
            by: link.by,
            opened: now,
            expires: now + lifetime,
            made: link.made,
            browser: opening.browser,
            token: opening.token,
            failures: 0,
            stage: Stage::Begun,
        }
    }

    /// Whether it is bound to the browser whose secret has this digest.
    #[must_use]
    pub fn is_of_browser(&self, digest: &str) -> bool {
        same(&self.browser, digest)
    }

    /// Whether a form brought back the token that it was given.
    #[must_use]
    pub fn has_token(&self, token: &str) -> bool {
        same(&self.token, token)
    }

    /// The token for its forms.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// What comes next, at `now`, for a person who has `beside` the password.
    ///
    /// A new app is had for link and password, or desk and password. A new password is had for link and second factor; for
    /// the link alone by whoever has no second factor, and is worth a single factor then; or by the desk. Whoever has one
    /// that cannot be shown here goes to the desk: that it cannot is no reason to do without it.
    #[must_use]
    pub fn next(&self, beside: Beside, now: DateTime<Utc>) -> Step {
        match &self.stage {
            Stage::Done => Step::Done,
            Stage::Ended => Step::Ended,
            _ if now >= self.expires => Step::Ended,
            Stage::Begun => match (self.lost, self.by) {
                (Lost::Authenticator, _) => Step::ShowPassword,
                (Lost::Password, Delivery::Desk) => Step::NewPassword,
                (Lost::Password, Delivery::VerifiedContact) => match beside {
                    Beside::Here => Step::ShowSecond,
                    Beside::Elsewhere => Step::Desk,
                    Beside::Nothing => Step::NewPassword,
                },
            },
            Stage::Shown { seed: Some(seed), .. } => Step::NewApp(seed.clone()),
            Stage::Shown { seed: None, .. } => Step::NewPassword,
        }
    }

    /// What was to be shown held, worth `worth` at most; `seed` is that of the new app.
    #[must_use]
    pub fn shown(self, seed: Option<Seed>, worth: Level) -> Self {
        match self.stage {
            Stage::Begun => Self { stage: Stage::Shown { seed, worth }, ..self },
            _ => self,
        }
    }

    /// What was typed is wrong; the third time ends it.
    #[must_use]
    pub fn failed(self) -> Self {
        let failures = self.failures.saturating_add(1);
        let stage = if failures >= MAX_FAILURES { Stage::Ended } else { self.stage };
        Self { failures, stage, ..self }
    }

    /// How many wrong ones are left.
    #[must_use]
    pub fn attempts_left(&self) -> u8 {
        MAX_FAILURES.saturating_sub(self.failures)
    }

    /// Whether nothing was shown besides what began it.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.stage == Stage::Begun && self.by == Delivery::VerifiedContact
    }

    /// The person gives up.
    #[must_use]
    pub fn given_up(self) -> Self {
        Self { stage: Stage::Ended, ..self }
    }

    /// The new factor is there.
    #[must_use]
    pub fn done(self) -> Self {
        Self { stage: Stage::Done, ..self }
    }

    /// The level at which the new factor is bound, in the place of one that was bound at `had`.
    ///
    /// By the desk, which has seen the person, it is what the desk is worth. By mail it is worth no more than the mail,
    /// than what was shown beside it, and than what it restores. A password for the link alone is a single factor: a second
    /// one takes the activation code given with the account, and where the tenant trusts the first use instead, none that
    /// follows it makes more of it.
    #[must_use]
    pub fn binds(&self, had: Level, first: FirstEnrolment) -> Level {
        if self.by == Delivery::Desk {
            return self.by.binds();
        }
        let worth = match &self.stage {
            Stage::Shown { worth, .. } => *worth,
            _ if first == FirstEnrolment::ActivationCode => Level::Loa3,
            _ => Level::Loa2,
        };
        self.by.binds().min(had).min(worth)
    }
}

impl std::fmt::Debug for Recovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recovery").field("lost", &self.lost).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed")
    }
}

/// The mails that a person was sent of late, and when a recovery of theirs last ended.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// When each left.
    sent: Vec<DateTime<Utc>>,
    /// Links from before are worth nothing.
    pub recovered: Option<DateTime<Utc>>,
}

impl Asked {
    /// Whether one more may leave: whoever asks in another's name fills no mailbox.
    #[must_use]
    pub fn may_send(&self, now: DateTime<Utc>) -> bool {
        let within = |span: TimeDelta| self.sent.iter().filter(|at| **at > now - span).count();
        within(TimeDelta::hours(1)) < AN_HOUR && within(TimeDelta::days(1)) < A_DAY
    }

    /// One left.
    #[must_use]
    pub fn sent(mut self, now: DateTime<Utc>) -> Self {
        self.sent.retain(|at| *at > now - TimeDelta::days(1) && *at <= now);
        self.sent.push(now);
        self
    }

    /// A recovery ended.
    #[must_use]
    pub fn recovered(mut self, now: DateTime<Utc>) -> Self {
        self.recovered = Some(now);
        self
    }

    /// Until when it says anything: as long as a link from before may be followed.
    #[must_use]
    pub fn keep_until(now: DateTime<Utc>) -> DateTime<Utc> {
        now + DESK_LIFE + REMEMBERED
    }
}

/// An address as it is shown to whoever may be somebody else: `a•••@example.org` (AR-11).
#[must_use]
pub fn masked(address: &str) -> String {
    match address.split_once('@') {
        Some((name, host)) => {
            format!("{}•••@{host}", name.chars().next().map(String::from).unwrap_or_default())
        }
        None => "•••".to_owned(),
    }
}

/// Compares without telling by the time it takes where two texts differ.
fn same(kept: &str, shown: &str) -> bool {
    kept.len() == shown.len()
        && kept.bytes().zip(shown.bytes()).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

/// How long a link in a mail is good (AR-12).
pub const LINK_LIFE: TimeDelta = TimeDelta::seconds(3600);
/// How long a desk's code is good.
pub const DESK_LIFE: TimeDelta = TimeDelta::days(2);
/// Wrong ones that end a recovery.
const MAX_FAILURES: u8 = 3;
/// Mails an hour.
const AN_HOUR: usize = 3;
/// Mails a day.
const A_DAY: usize = 6;
/// How long a link that is worth nothing is remembered.
pub(super) const REMEMBERED: TimeDelta = TimeDelta::days(2);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn link(lost: Lost, by: Delivery) -> Link {
        let subject = Subject::new("ada".to_owned());
        Link {
            subject,
            lost,
            by,
            made: at(0),
            expires: at(0) + LINK_LIFE,
            used: None,
            proofing: None,
        }
    }

    fn open(lost: Lost, by: Delivery) -> Recovery {
        let opening = Opening { id: "id".into(), browser: "b".into(), token: "t".into() };
        Recovery::open(opening, &link(lost, by), TimeDelta::minutes(15), at(10))
    }

    /// AR-12: 3 599 s works, 3 600 s and 3 601 s do not.
    #[test]
    fn a_link_is_good_for_an_hour_and_once() {
        let good = link(Lost::Password, Delivery::VerifiedContact);
        assert_eq!(good.check(None, at(3599)), Ok(()));
        assert_eq!(good.check(None, at(3600)), Err(Void::Expired));
        assert_eq!(good.check(None, at(3601)), Err(Void::Expired));
        assert_eq!(good.check(Some(at(-1)), at(5)), Ok(()));
        assert_eq!(good.check(Some(at(0)), at(5)), Err(Void::Superseded));
        let used = Link { used: Some(at(3)), ..good };
        assert_eq!(used.check(None, at(5)), Err(Void::Used));
        assert_eq!(used.check(None, at(9999)), Err(Void::Used));
    }

    /// Never fewer factors than the level that it restores.
    #[test]
    fn what_restores_two_factors_asks_for_two() {
        use Delivery::{Desk, VerifiedContact};
        let next = |lost, by, beside| open(lost, by).next(beside, at(11));
        for beside in [Beside::Nothing, Beside::Here, Beside::Elsewhere] {
            assert_eq!(next(Lost::Authenticator, VerifiedContact, beside), Step::ShowPassword);
            assert_eq!(next(Lost::Authenticator, Desk, beside), Step::ShowPassword);
            assert_eq!(next(Lost::Password, Desk, beside), Step::NewPassword);
        }
        assert_eq!(next(Lost::Password, VerifiedContact, Beside::Here), Step::ShowSecond);
        assert_eq!(next(Lost::Password, VerifiedContact, Beside::Elsewhere), Step::Desk);
        assert_eq!(next(Lost::Password, VerifiedContact, Beside::Nothing), Step::NewPassword);
        for had in Level::ALL {
            let alone = open(Lost::Password, VerifiedContact);
            let trusting = alone.binds(had, FirstEnrolment::TrustOnFirstUse);
            assert!(trusting <= Level::Loa2.min(had));
            let code = FirstEnrolment::ActivationCode;
            assert!(alone.binds(had, code) <= Level::Loa3.min(had));
            for worth in Level::ALL {
                let seed = Seed { seed: "s".into(), period: 30 };
                let app = open(Lost::Authenticator, VerifiedContact).shown(Some(seed), worth);
                let password = open(Lost::Password, VerifiedContact).shown(None, worth);
                for bound in [app.binds(had, code), password.binds(had, code)] {
                    assert_eq!(bound, had.min(worth).min(Level::Loa3));
                }
            }
            assert_eq!(open(Lost::Password, Desk).binds(had, code), Level::Loa4);
        }
    }

    #[test]
    fn the_third_wrong_one_ends_it_and_so_does_time() {
        let one = open(Lost::Authenticator, Delivery::VerifiedContact);
        assert_eq!(one.next(Beside::Here, at(10 + 899)), Step::ShowPassword);
        assert_eq!(one.next(Beside::Here, at(10 + 900)), Step::Ended);
        let two = one.failed().failed();
        assert_eq!((two.attempts_left(), two.next(Beside::Here, at(11))), (1, Step::ShowPassword));
        let three = two.failed();
        assert_eq!((three.attempts_left(), three.next(Beside::Here, at(11))), (0, Step::Ended));
        assert_eq!(three.shown(None, Level::Loa4).next(Beside::Here, at(11)), Step::Ended);
    }

    #[test]
    fn three_mails_an_hour_and_six_a_day() {
        let mut asked = Asked::default();
        for hour in 0..2 {
            for _ in 0..3 {
                assert!(asked.may_send(at(hour * 3600)));
                asked = asked.sent(at(hour * 3600));
            }
            assert!(!asked.may_send(at(hour * 3600 + 3599)));
        }
        assert!(!asked.may_send(at(7200)));
        assert!(asked.may_send(at(86_400)));
        assert_eq!(asked.sent(at(86_401)).sent.len(), 4);
    }

    #[test]
    fn an_address_is_masked() {
        assert_eq!(masked("anna@example.org"), "a•••@example.org");
        assert_eq!(masked("è@example.org"), "è•••@example.org");
        assert_eq!(masked("nothing"), "•••");
    }
}
