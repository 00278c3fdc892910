//! The browser's session: read from its cookie, gone on from by a login, joined by an answer.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::limits::prefix;
use crate::flow::person::{self, Known};
use crate::flow::reply::{Reply, SessionCookie};
use crate::flow::visit::{Visitor, browser_digest};
use crate::identity::name_id::NameId;
use crate::identity::subject::Subject;
use crate::login::browser;
use crate::login::outcome::Outcome;
use crate::login::session::{Beginning, Participant, Seen, Session};
use crate::login::transaction::Transaction;
use crate::store::port::{Committed, Durability, StoreError};
use crate::store::record::{Batch, Loaded};
use crate::store::{sessions, transactions};
use crate::telemetry::metrics;
use crate::world::digest::sha256;

/// The session of the browser's cookie, if it is not over.
pub(in crate::flow) async fn current(
    env: &Env,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Loaded<Session>>, StoreError> {
    let cookie = visitor.session.filter(|cookie| cookie.len() <= MAX_COOKIE);
    let Some((id, secret)) = cookie.and_then(|cookie| cookie.split_once('.')) else {
        return Ok(None);
    };
    let found = sessions::get(env.records(), id, now).await?;
    let digest = digest(secret);
    Ok(found.filter(|one| one.value.has_secret(&digest) && one.value.is_alive(None, now)))
}

/// `loaded`, without the session that it goes on from if that is over or not this browser's.
pub(in crate::flow) async fn or_forgotten(
    env: &Env,
    mut loaded: Loaded<Transaction>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Loaded<Transaction>, Failure> {
    let Some(id) = loaded.value.session() else { return Ok(loaded) };
    let current = current(env, visitor, now).await?;
    if current.is_none_or(|session| session.value.id != id) {
        loaded.value = loaded.value.forget_session();
    }
    Ok(loaded)
}

/// Lets a login that nobody has begun go on from the browser's session, where the request lets it and
/// the person gains from it. The browser gets a new secret for the login: whoever planted the old one
/// is left behind.
pub(in crate::flow) async fn resume(
    env: &Env,
    loaded: &Loaded<Transaction>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let login = &loaded.value;
    if login.is_durable() || login.request.requirement.session.is_none() {
        return Ok(None);
    }
    let Some(session) = current(env, visitor, now).await? else { return Ok(None) };
    let Some(known) = person::load(env, &session.value.subject, now).await? else {
        return Ok(None);
    };
    let person = &known.person;
    let alive = session.value.is_alive(person.password_set, now);
    if !alive || !login.gains_from(&session.value, person, &env.settings.levels, now) {
        return Ok(None);
    }
    let (secret, handle) = (env.random.token(), login.id.clone());
    let resumed = login.clone().resume(&session.value)?;
    let resumed = resumed.rebind(browser_digest(&secret), env.random.token());
    let mut batch = Batch::new();
    transactions::swap(env.records(), &mut batch, loaded, &resumed, resumed.keep_until())?;
    // The browser's cookie changes with it: a crash between the two would leave the login to nobody.
    let browser = match batch.commit(&*env.store, Durability::Durable, now).await? {
        Committed::Done => Some(secret),
        Committed::Conflict(_) => None,
    };
    Ok(Some(Reply::Continue { handle, browser }))
}

/// Where an answer finds its session.
pub(in crate::flow) enum Placed {
    /// Here, if it names somebody.
    Here(Option<Box<Place>>),
    /// The session that the login went on from is over: look again.
    Gone,
}

/// The session that an answer joins or opens.
pub(in crate::flow) struct Place {
    /// When it ends.
    pub(in crate::flow) ends: DateTime<Utc>,
    subject: Subject,
    joins: bool,
    found: Option<Loaded<Session>>,
}

/// Finds the session that the answer `outcome` joins: the browser's, if it is the same person's.
pub(in crate::flow) async fn place(
    env: &Env,
    transaction: &Transaction,
    outcome: &Outcome,
    known: Option<&Known>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Placed, Failure> {
    let Outcome::Authenticated(person) = outcome else { return Ok(Placed::Here(None)) };
    let found = current(env, visitor, now).await?;
    let is_it = |id| found.as_ref().is_some_and(|found| found.value.id == id);
    if transaction.session().is_some_and(|id| !is_it(id)) {
        return Ok(Placed::Gone);
    }
    let password_set = known.and_then(|known| known.person.password_set);
    let joins = |found: &&Loaded<Session>| {
        found.value.subject == person.subject && found.value.is_alive(password_set, now)
    };
    let same = found.as_ref().filter(joins).map(|found| found.value.ends);
    let ends = same.unwrap_or_else(|| now + env.settings.sessions.lives.absolute);
    let (joins, subject) = (same.is_some(), person.subject.clone());
    Ok(Placed::Here(Some(Box::new(Place { ends, subject, joins, found }))))
}

/// What a service provider was told.
pub(in crate::flow) struct Named {
    pub(in crate::flow) name: Option<NameId>,
    pub(in crate::flow) index: Option<String>,
    pub(in crate::flow) identity: u16,
}

/// What became of a session, to be told once it is on the disk.
pub(in crate::flow) struct Joined {
    event: &'static str,
    session: Session,
    cookie: Option<SessionCookie>,
    forgotten: usize,
}

impl Joined {
    /// Writes the log's line, and hands over the cookie.
    pub(in crate::flow) fn tell(self) -> Option<SessionCookie> {
        if self.event == OPENED {
            metrics::session_opened();
        }
        tracing::info!(
            event = self.event,
            subject = self.session.subject.as_str(),
            participants = self.session.participants().len(),
        );
        if self.forgotten > 0 {
            tracing::warn!(event = "session.full", forgotten = self.forgotten);
        }
        self.cookie
    }
}

/// Adds to `batch` that the service provider which is answered is a participant of the session. An
/// answer without an index joins none, so nothing is done (spid-saml §5: SpidL2 and SpidL3).
pub(in crate::flow) fn join(
    env: &Env,
    batch: &mut Batch,
    place: Option<Place>,
    transaction: &Transaction,
    named: Named,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Joined>, Failure> {
    let (Some(place), Some(name), Some(session_index)) = (place, named.name, named.index) else {
        return Ok(None);
    };
    let relying_party = &transaction.request.relying_party;
    let participant = Participant {
        entity_id: relying_party.id.clone(),
        service: relying_party.name.clone(),
        name,
        session_index,
        at: now,
        identity: named.identity,
        granted: transaction.granted().map(str::to_owned),
    };
    let change = |session: Session| session.join(participant);
    settle(env, batch, place, transaction, change, visitor, now).map(Some)
}

/// Adds to `batch` that the session is as `change` makes it, with what held in the login. If something
/// did, the browser gets a new secret; another person's session ends.
pub(in crate::flow) fn settle(
    env: &Env,
    batch: &mut Batch,
    place: Place,
    transaction: &Transaction,
    change: impl FnOnce(Session) -> (Session, usize),
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Joined, Failure> {
    let (records, lives) = (env.records(), env.settings.sessions.lives);
    let behind = transaction.vouched().and_then(|vouched| vouched.session.clone());
    let change = |session: Session| match behind {
        Some(behind) => change(session.rest_on(behind)),
        None => change(session),
    };
    let held = transaction.evidence();
    if place.joins
        && let Some(seen) = &place.found
    {
        let secret = (!held.is_empty()).then(|| env.random.token());
        let session = seen.value.clone().touch(lives, now).gain(held);
        let session = match &secret {
            Some(secret) => session.rekey(digest(secret)),
            None => session,
        };
        let (session, forgotten) = change(session);
        sessions::update(records, batch, seen, &session)?;
        let cookie = secret.map(|secret| cookie(&session, &secret, now));
        return Ok(Joined { event: "session.joined", session, cookie, forgotten });
    }
    let event = match &place.found {
        Some(other) => {
            sessions::end(records, batch, other)?;
            "session.replaced"
        }
        None => OPENED,
    };
    let secret = env.random.token();
    let beginning = Beginning {
        id: env.random.token(),
        tenant: env.tenant.clone(),
        subject: place.subject,
        seen: Seen {
            browser: browser::describe(visitor.agent.unwrap_or_default()),
            network: prefix(visitor.address),
        },
        secret: digest(&secret),
    };
    let (session, forgotten) = change(Session::open(beginning, held, lives, now));
    sessions::open(records, batch, &session)?;
    let cookie = Some(cookie(&session, &secret, now));
    Ok(Joined { event, session, cookie, forgotten })
}

/// `session` with another secret, and the cookie that bears it.
pub(in crate::flow) fn rekeyed(
    env: &Env,
    session: Session,
    now: DateTime<Utc>,
) -> (Session, SessionCookie) {
    let secret = env.random.token();
    let session = session.rekey(digest(&secret));
    let cookie = cookie(&session, &secret, now);
    (session, cookie)
}

/// The cookie with which the browser comes back.
fn cookie(session: &Session, secret: &str, now: DateTime<Utc>) -> SessionCookie {
    let seconds = (session.ends - now).num_seconds();
    SessionCookie { value: format!("{}.{secret}", session.id), seconds }
}

/// The digest under which a session keeps its browser's secret.
fn digest(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(&[b"session ", secret.as_bytes()].concat()))
}

const OPENED: &str = "session.opened";
/// Two tokens and a dot are 87.
const MAX_COOKIE: usize = 256;
