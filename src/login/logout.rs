//! One logout under way: which service providers, and identity providers that vouched, are to hear that a session is
//! over, how far that has come, and who wanted it (spid-saml §5, SAML Profiles §4.4.3).
//!
//! The session itself is over before this begins. What is left is to tell the others, one after another,
//! through the person's browser.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::identity::subject::Subject;
use crate::identity::tenant::TenantId;
use crate::login::leaving::{Initiator, Leaving, Party, Progress};
use crate::login::session::Session;
use crate::login::transaction::same;

/// A logout under way.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Logout {
    /// Its name: an unguessable token that the browser's cookie bears too.
    pub id: String,
    /// Whose it is.
    pub tenant: TenantId,
    /// Who is out.
    pub subject: Subject,
    /// When it began.
    pub opened: DateTime<Utc>,
    /// Who wanted it; `None`: the person, here.
    pub initiator: Option<Initiator>,
    /// The sessions that are over, by name: only a browser that bears one of them is sent round.
    sessions: Vec<String>,
    browser: String,
    token: String,
    leaving: Vec<Leaving>,
    /// How many more there would have been to tell than a record holds.
    untold: usize,
    state: State,
}

/// With what a logout begins.
#[derive(Clone)]
pub struct Opening {
    /// Its name, from [`Random::token`](crate::world::random::Random::token).
    pub id: String,
    /// Whose it is.
    pub tenant: TenantId,
    /// Who is out.
    pub subject: Subject,
    /// The service provider that wanted it.
    pub initiator: Option<Initiator>,
    /// A digest of the secret in the cookie of the browser that it is bound to.
    pub browser: String,
    /// What every form of it must bring back, from [`Random::token`](crate::world::random::Random::token).
    pub token: String,
}

/// What comes next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Next {
    /// Tell the service provider at this place.
    Ask(usize),
    /// The service provider at this place was told, and has not answered.
    Await(usize),
    /// All have been told: end it.
    End,
    /// It has ended.
    Ended,
}

/// A step that does not go with how far the logout has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("nothing of the kind was asked")]
pub struct NotAsked;

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum State {
    /// The browser has not shown whether the session was its own.
    Opened,
    /// It is sent round.
    Going,
    /// All have been told; what the initiator is sent is kept, written and read by the protocol alone.
    Ended { at: DateTime<Utc>, kept: Option<String> },
}

impl Logout {
    /// Begins to tell all participants of `sessions`, which are over, but the initiator; identity providers last, since
    /// not every one of them sends the browser back. `reachable` says whether somebody can be told through a browser.
    ///
    /// One that was given the same name more than once is told once, of all its indexes.
    #[must_use]
    pub fn open(
        opening: Opening,
        sessions: &[Session],
        reachable: impl Fn(Party<'_>) -> bool,
        now: DateTime<Utc>,
    ) -> Self {
        let mut leaving = Leaving::all(sessions, opening.initiator.as_ref(), reachable);
        let all = leaving.len();
        while leaving.len() > 1 && leaving.iter().map(Leaving::weight).sum::<usize>() > MOST_OCTETS
        {
            leaving.pop();
        }
        Self {
            id: opening.id,
            tenant: opening.tenant,
            subject: opening.subject,
            opened: now,
            initiator: opening.initiator,
            sessions: sessions.iter().map(|session| session.id.clone()).collect(),
            browser: opening.browser,
            token: opening.token,
            untold: all - leaving.len(),
            leaving,
            state: State::Opened,
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

    /// Whether `session` is the name of one that is over.
    #[must_use]
    pub fn ended(&self, session: &str) -> bool {
        self.sessions.iter().any(|ended| same(ended, session))
    }

    /// The service providers that are told, in the order in which they are.
    #[must_use]
    pub fn leaving(&self) -> &[Leaving] {
        &self.leaving
    }

    /// Until when it must be kept.
    #[must_use]
    pub fn keep_until(&self) -> DateTime<Utc> {
        self.opened + KEPT
    }

    /// The browser shows itself, with the name of its session if it has one. One that had no part in
    /// what is over is sent to nobody: a name in a message is no reason to show a stranger's browser
    /// where somebody has been.
    #[must_use]
    pub fn arrive(mut self, session: Option<&str>) -> Self {
        if self.state != State::Opened {
            return self;
        }
        if !session.is_some_and(|session| self.ended(session)) {
            for one in &mut self.leaving {
                if one.progress == Progress::Waiting {
                    one.progress = Progress::Elsewhere;
                }
            }
        }
        self.state = State::Going;
        self
    }

    /// Whether the browser turned out to be a stranger's: it is shown no names.
    #[must_use]
    pub fn is_elsewhere(&self) -> bool {
        self.state == State::Opened
            || self.leaving.iter().any(|one| one.progress == Progress::Elsewhere)
    }

    /// Waits no longer for those that were told more than [`PATIENCE`] ago.
    #[must_use]
    pub fn tire(mut self, now: DateTime<Utc>) -> Self {
        for one in &mut self.leaving {
            if matches!(&one.progress, Progress::Asked { at, .. } if now >= *at + PATIENCE) {
                one.progress = Progress::Silent;
            }
        }
        self
    }

    /// What comes next. This is the only place that decides it.
    #[must_use]
    pub fn next(&self) -> Next {
        if matches!(self.state, State::Ended { .. }) {
            return Next::Ended;
        }
        let asked = |one: &Leaving| matches!(one.progress, Progress::Asked { .. });
        if let Some(place) = self.leaving.iter().position(asked) {
            return Next::Await(place);
        }
        let waiting = |one: &Leaving| one.progress == Progress::Waiting;
        self.leaving.iter().position(waiting).map_or(Next::End, Next::Ask)
    }

    /// The service provider at `place` is being told, by our request of that ID.
    #[must_use]
    pub fn ask(self, place: usize, request: String, now: DateTime<Utc>) -> Self {
        self.set(place, Progress::Asked { request, at: now })
    }

    /// There is no way to tell the service provider at `place`.
    #[must_use]
    pub fn cannot_ask(self, place: usize) -> Self {
        self.set(place, Progress::Unreachable)
    }

    /// `entity_id` answered our request of that ID; `out` is what it says. `upstream`: it is an identity provider.
    ///
    /// # Errors
    /// When it was not asked so, or has answered before.
    pub fn answered(
        mut self,
        entity_id: &str,
        upstream: bool,
        request: &str,
        out: bool,
    ) -> Result<Self, NotAsked> {
        let asked = |one: &&mut Leaving| {
            one.entity_id == entity_id
                && one.upstream.is_some() == upstream
                && matches!(&one.progress, Progress::Asked { request: ours, .. } if same(ours, request))
        };
        let one = self.leaving.iter_mut().find(asked).ok_or(NotAsked)?;
        one.progress = if out { Progress::Out } else { Progress::Refused };
        Ok(self)
    }

    /// The person goes on without whoever was asked and did not answer.
    ///
    /// # Errors
    /// When nobody is waited for.
    pub fn go_on(self) -> Result<Self, NotAsked> {
        match self.next() {
            Next::Await(place) => Ok(self.set(place, Progress::Silent)),
            _ => Err(NotAsked),
        }
    }

    /// The person wants whoever did not answer to be asked again.
    ///
    /// # Errors
    /// When nobody is waited for.
    pub fn ask_again(self) -> Result<Self, NotAsked> {
        match self.next() {
            Next::Await(place) => Ok(self.set(place, Progress::Waiting)),
            _ => Err(NotAsked),
        }
    }

    /// Whether everybody who had to be told says that the person is out.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.untold == 0 && self.leaving.iter().all(|one| one.progress == Progress::Out)
    }

    /// All have been told; `kept` is what the initiator is sent.
    #[must_use]
    pub fn end(self, at: DateTime<Utc>, kept: Option<String>) -> Self {
        Self { state: State::Ended { at, kept }, ..self }
    }

    /// What the initiator is sent, once it has ended.
    #[must_use]
    pub fn kept(&self) -> Option<&str> {
        match &self.state {
            State::Ended { kept, .. } => kept.as_deref(),
            _ => None,
        }
    }

    fn set(mut self, place: usize, progress: Progress) -> Self {
        if let Some(one) = self.leaving.get_mut(place) {
            one.progress = progress;
        }
        self
    }
}

impl fmt::Debug for Logout {
    /// Says how far it has come, and none of its secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logout")
            .field("opened", &self.opened)
            .field("leaving", &self.leaving.len())
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// How long an answer is waited for.
pub const PATIENCE: TimeDelta = TimeDelta::seconds(60);
/// A record has a most (see [`MAX_VALUE`](crate::store::port::MAX_VALUE)), and the last answer is kept in it too.
const MOST_OCTETS: usize = 20 * 1024;
/// How long a logout is kept, under way or not.
pub const KEPT: TimeDelta = TimeDelta::hours(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::name_id::NameId;
    use crate::login::request::LocalName;
    use crate::login::session::{Beginning, Lives, Participant, Seen};

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn participant(entity_id: &str, name: &str, index: &str) -> Participant {
        Participant {
            entity_id: entity_id.into(),
            service: LocalName::default(),
            name: NameId {
                value: name.into(),
                format: "transient".into(),
                name_qualifier: None,
                sp_name_qualifier: None,
            },
            session_index: index.into(),
            at: at(0),
            granted: None,
            identity: 0,
        }
    }

    fn session(participants: &[(&str, &str, &str)]) -> Session {
        let beginning = Beginning {
            id: "session".into(),
            tenant: TenantId::main(),
            subject: Subject::new("ada".into()),
            seen: Seen::default(),
            secret: "digest".into(),
        };
        let lives = Lives { idle: TimeDelta::minutes(30), absolute: TimeDelta::hours(8) };
        let mut session = Session::open(beginning, &[], lives, at(0));
        for (entity_id, name, index) in participants {
            session = session.join(participant(entity_id, name, index)).0;
        }
        session
    }

    fn of(initiator: Option<&str>, sessions: &[Session]) -> Logout {
        let opening = Opening {
            id: "logout".into(),
            tenant: TenantId::main(),
            subject: Subject::new("ada".into()),
            initiator: initiator.map(|entity_id| Initiator {
                entity_id: entity_id.into(),
                service: LocalName::default(),
                reply_to: None,
                relying_party: None,
            }),
            browser: "browser".into(),
            token: "token".into(),
        };
        Logout::open(opening, sessions, reachable, at(0))
    }

    fn reachable(party: Party<'_>) -> bool {
        match party {
            Party::ServiceProvider(entity_id) => entity_id != "mute",
            Party::IdentityProvider(session) => session.issuer != "mute",
        }
    }

    fn logout(initiator: Option<&str>, participants: &[(&str, &str, &str)]) -> Logout {
        of(initiator, &[session(participants)])
    }

    #[test]
    fn the_others_are_told_one_after_another_each_once() {
        let logout = logout(
            Some("a"),
            &[
                ("a", "1", "i"),
                ("b", "2", "j"),
                ("a", "3", "k"),
                ("b", "2", "l"),
                ("b", "4", "m"),
                ("mute", "5", "n"),
            ],
        );
        let told: Vec<_> = logout
            .leaving()
            .iter()
            .map(|one| {
                (one.entity_id.as_str(), one.name.value.as_str(), one.session_indexes.join(","))
            })
            .collect();
        assert_eq!(
            told,
            [("b", "2", "j,l".into()), ("b", "4", "m".into()), ("mute", "5", "n".into())]
        );
        let logout = logout.arrive(Some("session"));
        assert_eq!(logout.next(), Next::Ask(0));
        let logout = logout.ask(0, "_r1".into(), at(1));
        assert_eq!(logout.next(), Next::Await(0));
        let logout = logout.answered("b", false, "_r1", true).unwrap();
        assert_eq!(logout.next(), Next::Ask(1));
        let logout = logout.ask(1, "_r2".into(), at(2)).answered("b", false, "_r2", true).unwrap();
        assert_eq!((logout.next(), logout.is_complete()), (Next::End, false), "one cannot be told");
        assert_eq!(logout.end(at(3), None).next(), Next::Ended);
    }

    #[test]
    fn an_answer_counts_once_from_whoever_was_asked() {
        let logout = logout(None, &[("a", "1", "i"), ("b", "2", "j")]).arrive(Some("session"));
        let logout = logout.ask(0, "_r1".into(), at(1));
        for (entity_id, request) in [("b", "_r1"), ("a", "_r2"), ("a", "")] {
            assert_eq!(logout.clone().answered(entity_id, false, request, true), Err(NotAsked));
        }
        let logout = logout.answered("a", false, "_r1", false).unwrap();
        assert_eq!(logout.leaving()[0].progress, Progress::Refused);
        assert_eq!(logout.clone().answered("a", false, "_r1", true), Err(NotAsked));
        assert!(
            !logout
                .ask(1, "_r2".into(), at(2))
                .answered("b", false, "_r2", true)
                .unwrap()
                .is_complete()
        );
    }

    #[test]
    fn whoever_is_silent_is_waited_for_a_minute() {
        let asked =
            logout(None, &[("a", "1", "i")]).arrive(Some("session")).ask(0, "_r".into(), at(1));
        assert_eq!(asked.clone().tire(at(60)).next(), Next::Await(0));
        assert_eq!(asked.clone().tire(at(61)).next(), Next::End);
        assert_eq!(asked.clone().go_on().unwrap().leaving()[0].progress, Progress::Silent);
        let again = asked.ask_again().unwrap();
        assert_eq!(again.next(), Next::Ask(0));
        assert_eq!(again.clone().go_on(), Err(NotAsked));
        assert_eq!(
            again.answered("a", false, "_r", true),
            Err(NotAsked),
            "the first request is off"
        );
    }

    #[test]
    fn a_record_holds_what_it_can_and_says_that_there_was_more() {
        let long = "x".repeat(2000);
        let names: Vec<String> = (0..16).map(|n| format!("https://{n}.example/{long}")).collect();
        let all: Vec<_> = names.iter().map(|name| (name.as_str(), "n", "i")).collect();
        let answered = |logout: Logout| {
            (0..logout.leaving().len()).fold(logout.arrive(Some("session")), |logout, place| {
                let entity_id = logout.leaving()[place].entity_id.clone();
                let request = format!("_r{place}");
                logout
                    .ask(place, request.clone(), at(1))
                    .answered(&entity_id, false, &request, true)
                    .unwrap()
            })
        };
        let half = answered(of(None, &[session(&all[..8])]));
        assert_eq!((half.leaving().len(), half.is_complete()), (8, true));
        let most = answered(of(None, &[session(&all[..8]), session(&all[8..])]));
        assert!((8..16).contains(&most.leaving().len()), "{}", most.leaving().len());
        assert!(serde_json::to_vec(&most).unwrap().len() < 24 * 1024);
        assert_eq!((most.next(), most.is_complete()), (Next::End, false));
    }

    #[test]
    fn a_strangers_browser_is_sent_nowhere() {
        for session in [None, Some("another")] {
            let logout = logout(None, &[("a", "1", "i")]).arrive(session);
            assert_eq!((logout.next(), logout.is_complete()), (Next::End, false));
            assert!(logout.is_elsewhere());
            assert_eq!(logout.arrive(Some("session")).next(), Next::End, "it shows itself once");
        }
        assert!(!logout(None, &[]).arrive(Some("session")).is_elsewhere());
    }

    #[test]
    fn at_rest_it_is_itself_and_its_secrets_are_not_shown() {
        let logout =
            logout(None, &[("a", "1", "i")]).arrive(Some("session")).ask(0, "_r".into(), at(1));
        let json = serde_json::to_string(&logout).unwrap();
        assert_eq!(serde_json::from_str::<Logout>(&json).unwrap(), logout);
        let shown = format!("{logout:?}");
        assert!(!shown.contains("token") && !shown.contains("browser"), "{shown}");
        assert!(logout.is_of_browser("browser") && logout.has_token("token"));
        assert!(!logout.is_of_browser("token") && !logout.has_token(""));
    }
}
