//! What a browser carries over from one login to the next (spid-saml §5): who it is, what held,
//! and which service providers were told.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::factor::{Evidence, Factor};
use crate::assurance::plan::SessionEvidence;
use crate::identity::name_id::NameId;
use crate::identity::subject::Subject;
use crate::identity::tenant::TenantId;
use crate::login::request::LocalName;
use crate::login::transaction::same;
use crate::login::vouched::UpstreamSession;

/// A session of one person in one browser. It never changes hands: another person who logs in there
/// gets another session.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Its name, an unguessable token: opens nothing without the secret of the cookie.
    pub id: String,
    /// Whose it is.
    pub tenant: TenantId,
    /// The person.
    pub subject: Subject,
    /// When it was opened.
    pub opened: DateTime<Utc>,
    /// When it last served.
    pub used: DateTime<Utc>,
    /// From this time on it is over, unless it serves before.
    pub idle: DateTime<Utc>,
    /// From this time on it is over, whatever it does.
    pub ends: DateTime<Utc>,
    /// By what the person knows the browser.
    pub seen: Seen,
    /// When the person entered the account pages in it, if they did.
    pub account: Option<DateTime<Utc>>,
    evidence: Vec<Evidence>,
    participants: Vec<Participant>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    upstreams: Vec<UpstreamSession>,
    secret: String,
}

/// With what a session begins.
#[derive(Clone)]
pub struct Beginning {
    /// Its name, from [`Random::token`](crate::world::random::Random::token).
    pub id: String,
    /// Whose it is.
    pub tenant: TenantId,
    /// The person.
    pub subject: Subject,
    /// By what the person knows the browser.
    pub seen: Seen,
    /// A digest of the secret in the browser's cookie.
    pub secret: String,
}

/// How long sessions last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lives {
    /// Without serving.
    pub idle: TimeDelta,
    /// At all.
    pub absolute: TimeDelta,
}

/// What a person recognises a browser by; coarse, since it is shown and kept.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Browser and system, as [`browser`](crate::login::browser::describe) reads them; empty if unknown.
    pub browser: String,
    /// The network that the login came from, not the address.
    pub network: String,
}

/// A service provider that was told who the person is, in this session (SAML Profiles §4.4.3.1).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Participant {
    /// Its entityID.
    pub entity_id: String,
    /// What people call it.
    pub service: LocalName,
    /// The name that it was given for the person.
    pub name: NameId,
    /// The index that it was given for the session.
    pub session_index: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The number of the identity that it was told of.
    pub identity: u16,
    /// The digest of what the person agreed to have sent
    /// ([`digest`](crate::identity::release::Release::digest)).
    pub granted: Option<String>,
}

impl Session {
    /// Opens a session with the factors that held in the login that opens it.
    #[must_use]
    pub fn open(
        beginning: Beginning,
        evidence: &[Evidence],
        lives: Lives,
        now: DateTime<Utc>,
    ) -> Self {
        let ends = now + lives.absolute;
        let opened = Self {
            id: beginning.id,
            tenant: beginning.tenant,
            subject: beginning.subject,
            opened: now,
            used: now,
            idle: ends.min(now + lives.idle),
            ends,
            seen: beginning.seen,
            account: None,
            evidence: Vec::new(),
            participants: Vec::new(),
            upstreams: Vec::new(),
            secret: beginning.secret,
        };
        opened.gain(evidence)
    }

    /// Whether it still serves. `password_set` is when the person's password was last set: what was
    /// shown before that counts no more (IC-23).
    #[must_use]
    pub fn is_alive(&self, password_set: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
        now < self.idle && now < self.ends && still_counts(&self.evidence, password_set, now)
    }

    /// Whether it is that of the browser whose secret has this digest.
    #[must_use]
    pub fn has_secret(&self, digest: &str) -> bool {
        same(&self.secret, digest)
    }

    /// Gives the browser another secret: done whenever something more held, so that whoever knew the
    /// old one is left behind.
    #[must_use]
    pub fn rekey(self, secret: String) -> Self {
        Self { secret, ..self }
    }

    /// It serves: the time of standing idle begins anew.
    #[must_use]
    pub fn touch(self, lives: Lives, now: DateTime<Utc>) -> Self {
        let idle = self.ends.min(now + lives.idle);
        Self { used: now, idle, ..self }
    }

    /// The person enters their own pages in it.
    #[must_use]
    pub fn enter_account(self, now: DateTime<Utc>) -> Self {
        Self { account: Some(now), ..self }
    }

    /// Adds factors that held; the latest of each kind counts.
    #[must_use]
    pub fn gain(mut self, evidence: &[Evidence]) -> Self {
        for held in evidence {
            self.evidence.retain(|other| other.factor() != held.factor());
            self.evidence.push(held.clone());
        }
        self
    }

    /// The person changed the password in this session: `evidence` is all that counts from now on.
    #[must_use]
    pub fn renew(self, evidence: Evidence) -> Self {
        Self { evidence: vec![evidence], ..self }
    }

    /// What a login may build on.
    #[must_use]
    pub fn evidence(&self) -> SessionEvidence {
        SessionEvidence { evidence: self.evidence.clone(), expires: self.ends }
    }

    /// Adds a service provider that was told. Beyond [`MOST_PARTICIPANTS`] the oldest is forgotten, one that
    /// came back since before one that did not; returns how many were.
    #[must_use]
    pub fn join(mut self, participant: Participant) -> (Self, usize) {
        self.participants.push(participant);
        let before = self.participants.len();
        while self.is_too_large() {
            let again = |one: &Participant| {
                self.participants.iter().filter(|two| two.entity_id == one.entity_id).count() > 1
            };
            let oldest = self.participants.iter().position(again).unwrap_or_default();
            self.participants.remove(oldest);
        }
        let forgotten = before - self.participants.len();
        (self, forgotten)
    }

    /// The service providers that were told, the first one first; one that came back is there again.
    #[must_use]
    pub fn participants(&self) -> &[Participant] {
        &self.participants
    }

    /// Adds the session of an identity provider whose word it rests on. Of one that came back the latest counts; beyond
    /// [`MOST_UPSTREAMS`] the oldest is forgotten, and one that is too large is not remembered.
    #[must_use]
    pub fn rest_on(mut self, session: UpstreamSession) -> Self {
        if session.weight() > MOST_UPSTREAM_OCTETS {
            return self;
        }
        self.upstreams.retain(|other| !other.is_that_of(&session));
        self.upstreams.push(session);
        if self.upstreams.len() > MOST_UPSTREAMS {
            self.upstreams.remove(0);
        }
        self
    }

    /// The sessions of identity providers on whose word it rests, the latest last.
    #[must_use]
    pub fn upstreams(&self) -> &[UpstreamSession] {
        &self.upstreams
    }

    /// Takes away the participants that have logged out.
    #[must_use]
    pub fn leave(mut self, gone: impl Fn(&Participant) -> bool) -> Self {
        self.participants.retain(|one| !gone(one));
        self
    }

    /// What `entity_id` was told last.
    #[must_use]
    pub fn told(&self, entity_id: &str) -> Option<&Participant> {
        self.participants.iter().rfind(|one| one.entity_id == entity_id)
    }

    /// A record has a most (see [`MAX_VALUE`](crate::store::port::MAX_VALUE)).
    fn is_too_large(&self) -> bool {
        let octets: usize = self.participants.iter().map(Participant::weight).sum();
        self.participants.len() > MOST_PARTICIPANTS
            || (octets > MOST_OCTETS && self.participants.len() > 1)
    }
}

impl Participant {
    /// About how many octets it takes at rest.
    fn weight(&self) -> usize {
        let name = |name: &Option<String>| name.as_ref().map_or(0, String::len);
        self.entity_id.len()
            + name(&self.service.it)
            + name(&self.service.en)
            + self.name.weight()
            + self.session_index.len()
            + self.granted.as_ref().map_or(0, String::len)
            + 256
    }
}

/// Whether all of `evidence` is from after the password was last set. A password set in the future is
/// a clock that went back, and no reason to refuse everybody; and another identity provider's word has nothing to
/// do with a password of ours.
pub(super) fn still_counts(
    evidence: &[Evidence],
    password_set: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> bool {
    let set = password_set.filter(|set| *set <= now);
    let mut ours = evidence.iter().filter(|held| held.factor() != Factor::Upstream);
    set.is_none_or(|set| ours.all(|held| set <= held.at()))
}

impl fmt::Debug for Session {
    /// Says how old it is and how many were told, and nobody's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("opened", &self.opened)
            .field("used", &self.used)
            .field("ends", &self.ends)
            .field("participants", &self.participants.len())
            .finish_non_exhaustive()
    }
}

/// How many answers a session remembers.
pub const MOST_PARTICIPANTS: usize = 48;
/// How many sessions of identity providers a session remembers.
const MOST_UPSTREAMS: usize = 2;
const MOST_UPSTREAM_OCTETS: usize = 4 * 1024;
const MOST_OCTETS: usize = 20 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assurance::factor::Factor;
    use crate::assurance::level::Level;

    const LIVES: Lives = Lives { idle: TimeDelta::minutes(30), absolute: TimeDelta::hours(8) };

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn held(factor: Factor, seconds: i64) -> Evidence {
        Evidence::held(factor, at(seconds), Level::Loa3)
    }

    fn session() -> Session {
        let beginning = Beginning {
            id: "id".into(),
            tenant: TenantId::main(),
            subject: Subject::new("ada".into()),
            seen: Seen::default(),
            secret: "digest".into(),
        };
        Session::open(beginning, &[held(Factor::Password, 0)], LIVES, at(0))
    }

    fn told(entity_id: &str, index: usize) -> Participant {
        Participant {
            entity_id: entity_id.into(),
            service: LocalName::default(),
            name: NameId {
                value: format!("_name{index}"),
                format: "transient".into(),
                name_qualifier: None,
                sp_name_qualifier: None,
            },
            session_index: format!("_index{index}"),
            at: at(0),
            identity: 0,
            granted: Some("digest of the data".into()),
        }
    }

    #[test]
    fn it_is_over_when_idle_and_at_its_end_and_not_a_second_earlier() {
        let fresh = session();
        assert!(fresh.is_alive(None, at(30 * 60 - 1)));
        assert!(!fresh.is_alive(None, at(30 * 60)));
        let mut kept = fresh;
        for minute in (20..8 * 60).step_by(20) {
            assert!(kept.is_alive(None, at(minute * 60)));
            kept = kept.touch(LIVES, at(minute * 60));
        }
        assert!(kept.is_alive(None, at(8 * 3600 - 1)));
        assert!(!kept.is_alive(None, at(8 * 3600)));
    }

    /// IC-23.
    #[test]
    fn a_password_set_later_ends_it_unless_it_was_set_in_it() {
        let session = session();
        assert!(session.is_alive(Some(at(-1)), at(60)));
        assert!(!session.is_alive(Some(at(50)), at(60)));
        assert!(session.is_alive(Some(at(50)), at(49)), "a clock that went back");
        let renewed = session.gain(&[held(Factor::Totp, 10)]).renew(held(Factor::Password, 50));
        assert!(renewed.is_alive(Some(at(50)), at(60)));
        let factors: Vec<Factor> =
            renewed.evidence().evidence.iter().map(Evidence::factor).collect();
        assert_eq!(factors, [Factor::Password], "what held before counts no more");
    }

    #[test]
    fn of_each_factor_the_latest_counts() {
        let more = session().gain(&[held(Factor::Totp, 5), held(Factor::Password, 9)]);
        let kept: Vec<_> =
            more.evidence().evidence.iter().map(|one| (one.factor(), one.at())).collect();
        assert_eq!(kept, [(Factor::Totp, at(5)), (Factor::Password, at(9))]);
    }

    #[test]
    fn consent_is_remembered_by_service_provider() {
        let (session, _) = session().join(told("https://a.example", 0));
        let granted = |entity_id| session.told(entity_id).and_then(|told| told.granted.as_deref());
        assert_eq!(granted("https://a.example"), Some("digest of the data"));
        assert_eq!(granted("https://b.example"), None);
    }

    #[test]
    fn a_full_session_forgets_first_who_came_back() {
        let mut session = session();
        for index in 0..MOST_PARTICIPANTS - 1 {
            session = session.join(told(&format!("https://{index}.example"), index)).0;
        }
        session = session.join(told("https://7.example", 100)).0;
        let (session, forgotten) = session.join(told("https://new.example", 101));
        assert_eq!(forgotten, 1);
        assert_eq!(session.participants().len(), MOST_PARTICIPANTS);
        let of_7: Vec<_> =
            session.participants().iter().filter(|one| one.entity_id.contains("//7.")).collect();
        assert_eq!(of_7.len(), 1);
        assert_eq!(of_7[0].session_index, "_index100");
        let (session, forgotten) = session.join(told(&"x".repeat(MOST_OCTETS), 102));
        assert_eq!((session.participants().len(), forgotten), (1, MOST_PARTICIPANTS));
    }

    #[test]
    fn its_secret_changes_and_is_not_shown() {
        let session = session();
        assert!(session.has_secret("digest"));
        let risen = session.rekey("other".into());
        assert!(!risen.has_secret("digest"));
        assert!(risen.has_secret("other"));
        let shown = format!("{risen:?}");
        assert!(!shown.contains("other") && !shown.contains("ada"), "{shown}");
    }

    #[test]
    fn at_rest_it_is_itself() {
        let (session, _) = session().join(told("https://a.example", 0));
        let json = serde_json::to_string(&session).unwrap();
        assert_eq!(serde_json::from_str::<Session>(&json).unwrap(), session);
    }
}
