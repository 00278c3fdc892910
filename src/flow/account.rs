//! The person's own pages. We are our own relying party here: the way in is a login like every other,
//! whose answer is the session and no message.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};

use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::assurance::requirement::{Comparison, Requirement, Tolerance};
use crate::flow::device;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::logout;
use crate::flow::notice;
use crate::flow::person::{self, Known};
use crate::flow::reply::{AccountPage, Entered, Reply, SessionRow, Trouble};
use crate::flow::session::{self, Placed};
use crate::flow::upstream::trial;
use crate::flow::visit::{Visitor, browser_digest};
use crate::identity::account::AccountState;
use crate::login::outcome::{Outcome, Refusal};
use crate::login::request::{LocalName, LoginRequest, RelyingParty};
use crate::login::session::Session;
use crate::login::transaction::{Opening, Transaction};
use crate::login::ways::Ways;
use crate::store::port::{Committed, Durability};
use crate::store::record::{Batch, Loaded};
use crate::store::{sessions, transactions};
use crate::telemetry::metrics;
use crate::world::digest::sha256;

/// Begins the login that leads to the person's own pages.
pub async fn begin(env: &Env, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let request = request(env, ENTER, env.settings.sessions.account_level, None, now);
    open(env, request, visitor, now).await
}

/// Begins the login by which a person shows `level` anew, what held since `not_before` counting, before
/// they change their factors.
pub(in crate::flow) async fn confirm(
    env: &Env,
    level: Level,
    not_before: DateTime<Utc>,
    visitor: &Visitor<'_>,
) -> Reply {
    confirm_to(env, CONFIRM, level, not_before, visitor).await
}

/// The same, for the page that `id` names.
pub(in crate::flow) async fn confirm_to(
    env: &Env,
    id: &str,
    level: Level,
    not_before: DateTime<Utc>,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    open(env, request(env, id, level, Some(not_before), now), visitor, now).await
}

async fn open(
    env: &Env,
    request: LoginRequest,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Reply {
    let (handle, browser) = (env.random.token(), env.random.token());
    let opening = Opening {
        id: handle.clone(),
        tenant: env.tenant.clone(),
        request,
        browser: browser_digest(&browser),
        token: env.random.token(),
    };
    let opened = async {
        let login = Transaction::open(opening, now, env.settings.login.timeout);
        let mut batch = Batch::new();
        transactions::open(env.records(), &mut batch, &handle, &login, login.keep_until())?;
        match batch.commit(&*env.store, Durability::Durable, now).await? {
            Committed::Done => Ok(Reply::Continue { handle, browser: Some(browser) }),
            Committed::Conflict(_) => Err(Failure::Contention),
        }
    };
    opened.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

fn request(
    env: &Env,
    id: &str,
    level: Level,
    not_before: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> LoginRequest {
    LoginRequest {
        relying_party: RelyingParty {
            id: env.settings.base_url.to_string(),
            name: env.settings.service.clone(),
            own: true,
        },
        id: id.to_owned(),
        received: now,
        requirement: Requirement {
            classes: Vec::new(),
            comparison: Comparison::Minimum,
            tolerance: Tolerance::AsRequested,
            minimum: Some(level),
            not_before,
            session: Some(level),
            upstream: true,
        },
        passive: false,
        attributes: Vec::new(),
        purpose: None,
        age: None,
        ways: Ways {
            upstreams: env.upstreams.snapshot().ways(Some(&env.settings.account_upstreams)),
            ..Ways::default()
        },
        reply_to: String::new(),
    }
}

/// Ends a login to the person's own pages: the session lets them in, or they are told why not. `None`
/// when another request of the browser was ahead.
pub(in crate::flow) async fn answer(
    env: &Env,
    loaded: &Loaded<Transaction>,
    transaction: &Transaction,
    outcome: &Outcome,
    known: Option<&Known>,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    if let Outcome::Authenticated(person) = outcome
        && let Some(trial) = trial::of(transaction, person)
    {
        let answered = transaction.clone().answered(now, String::new())?;
        let mut batch = Batch::new();
        transactions::swap(env.records(), &mut batch, loaded, &answered, answered.keep_until())?;
        let committed = batch.commit(&*env.store, Durability::Durable, now).await?;
        let done = committed == Committed::Done;
        return Ok(done.then(|| Reply::Trial(Box::new(trial))));
    }
    let Placed::Here(place) =
        session::place(env, transaction, outcome, known, visitor, now).await?
    else {
        return Ok(None);
    };
    let answered = transaction.clone().answered(now, String::new())?;
    let mut batch = Batch::new();
    transactions::swap(env.records(), &mut batch, loaded, &answered, answered.keep_until())?;
    let mut joined = None;
    if let Some(place) = place {
        let enter = |session: Session| (session.enter_account(now), 0);
        joined = Some(session::settle(env, &mut batch, *place, transaction, enter, visitor, now)?);
    }
    if let (Outcome::Authenticated(_), Some(known)) = (outcome, known) {
        known.expect_unchanged(&mut batch);
        known.note_interactive(env, &mut batch, now)?;
        notice::tell_of_login(env, &mut batch, known, transaction, visitor, now)?;
    }
    match batch.commit(&*env.store, Durability::Durable, now).await? {
        Committed::Conflict(_) => return Ok(None),
        Committed::Done => {}
    }
    Ok(Some(match outcome {
        Outcome::Authenticated(person) => {
            let (subject, support_id) = (person.subject.as_str(), visitor.support_id);
            tracing::info!(event = "account.entered", subject, support_id);
            let device = device::remember(env, visitor.device, &person.subject, now);
            let session = joined.and_then(session::Joined::tell);
            let asked = CONFIRMS.iter().find(|(id, _)| *id == transaction.request.id);
            let to = asked.map_or(SESSIONS, |(_, to)| *to);
            Reply::Entered(Box::new(Entered { session, device, to }))
        }
        Outcome::Refused(why) => {
            tracing::info!(event = "account.refused", why = why.name(), visitor.support_id);
            let refused = Some(*why).filter(|why| *why != Refusal::Cancelled);
            Reply::Account(Box::new(AccountPage::Welcome { refused }))
        }
    }))
}

/// Somebody at their own pages.
pub(in crate::flow) struct Inside {
    pub(in crate::flow) session: Loaded<Session>,
    pub(in crate::flow) known: Known,
    /// What every form of theirs must bring back.
    pub(in crate::flow) csrf: String,
}

/// Who is at their own pages; `None` who has to log in first.
pub(in crate::flow) async fn inside(
    env: &Env,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Inside>, Failure> {
    let Some(session) = session::current(env, visitor, now).await? else { return Ok(None) };
    let Some(known) = person::load(env, &session.value.subject, now).await? else {
        return Ok(None);
    };
    let may = session.value.account.is_some()
        && known.person.state == AccountState::Active
        && session.value.is_alive(known.person.password_set, now);
    let csrf = form_token(visitor.session.unwrap_or_default());
    Ok(may.then_some(Inside { session, known, csrf }))
}

/// As [`inside`], for a form, which must bring back its token.
pub(in crate::flow) async fn inside_with_form(
    env: &Env,
    csrf: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Inside>, Failure> {
    match inside(env, visitor, now).await? {
        // Digests are compared, so that the time tells nothing of the token.
        Some(inside) if sha256(inside.csrf.as_bytes()) == sha256(csrf.as_bytes()) => {
            Ok(Some(inside))
        }
        Some(_) => Err(Failure::Told(Trouble::NotOurForm)),
        None => Ok(None),
    }
}

/// Whether the person was given an activation code for one-time codes and has no app yet (AR-04).
pub(in crate::flow) fn is_inactive(inside: &Inside) -> bool {
    let enrolable = &inside.known.person.enrolable;
    inside.known.activation.is_some()
        && inside.known.totp().is_none()
        && enrolable.iter().any(|one| one.factor == Factor::Totp)
}

/// The token for forms of the browser with this cookie: nobody else can tell it.
fn form_token(cookie: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(&[b"account form ", cookie.as_bytes()].concat()))
}

/// What has just happened, for the page to say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Done {
    /// One session was ended.
    One,
    /// All others were.
    Others,
    /// The password was changed.
    Password,
}

/// Shows the person's sessions, or where to log in.
pub async fn show(env: &Env, done: Option<Done>, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let shown = async {
        let Some(inside) = inside(env, visitor, now).await? else { return Ok(welcome()) };
        touch(env, &inside.session, now).await?;
        let own = &inside.session.value;
        let all = sessions::of_subject(env.records(), &own.subject, now).await?;
        let set = inside.known.person.password_set;
        let alive = all.iter().filter(|one| one.value.is_alive(set, now));
        let mut rows: Vec<SessionRow> =
            alive.map(|one| row(&one.value, one.value.id == own.id, now)).collect();
        rows.sort_by_key(|row| !row.this);
        let (inactive, csrf) = (is_inactive(&inside), inside.csrf);
        Ok(Reply::Account(Box::new(AccountPage::Sessions {
            csrf,
            rows,
            inactive,
            pincode: !env.settings.pincode_verifiers.is_empty(),
            done,
        })))
    };
    shown.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

fn row(session: &Session, this: bool, now: DateTime<Utc>) -> SessionRow {
    let mut services: Vec<LocalName> = Vec::new();
    for participant in session.participants() {
        if !services.contains(&participant.service) {
            services.push(participant.service.clone());
        }
    }
    let ago = |at: DateTime<Utc>| u64::try_from((now - at).num_seconds()).unwrap_or_default();
    SessionRow {
        id: session.id.clone(),
        browser: session.seen.browser.clone(),
        network: session.seen.network.clone(),
        opened: ago(session.opened),
        used: if this { 0 } else { ago(session.used) },
        services,
        this,
    }
}

/// The way in.
pub(in crate::flow) fn welcome() -> Reply {
    Reply::Account(Box::new(AccountPage::Welcome { refused: None }))
}

/// A page that is looked at serves; once a minute is often enough to know.
async fn touch(env: &Env, seen: &Loaded<Session>, now: DateTime<Utc>) -> Result<(), Failure> {
    if now - seen.value.used >= TimeDelta::minutes(1) {
        let touched = seen.value.clone().touch(env.settings.sessions.lives, now);
        // Whoever was ahead has touched it too.
        let _ahead = sessions::touch(env.records(), seen, &touched, now).await?;
    }
    Ok(())
}

/// Which sessions the person ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending<'a> {
    /// The one of this id.
    One(&'a str),
    /// All but this one.
    Others,
    /// This one: they leave.
    This,
}

/// Ends sessions of the person's. Of the one that they are in the services are told, as by `/logout`.
pub async fn end(env: &Env, ending: Ending<'_>, csrf: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let ended = async {
        let Some(inside) = inside_with_form(env, csrf, visitor, now).await? else {
            return Ok(welcome());
        };
        let own = &inside.session.value;
        let (one, done) = match ending {
            Ending::This => return logout::person::begin(env, visitor, now).await,
            Ending::One(id) if id == own.id => {
                return logout::person::begin(env, visitor, now).await;
            }
            Ending::One(id) => (Some(id), "/account/sessions?done=one"),
            Ending::Others => (None, "/account/sessions?done=others"),
        };
        let all = sessions::of_subject(env.records(), &own.subject, now).await?;
        let is_meant = |session: &&Loaded<Session>| match one {
            Some(id) => session.value.id == id,
            None => session.value.id != own.id,
        };
        let mut batch = Batch::new();
        let mut gone = 0;
        for session in all.iter().filter(is_meant) {
            sessions::end(env.records(), &mut batch, session)?;
            gone += 1;
        }
        // Nothing is expected of what is removed, so nothing conflicts.
        let _done = batch.commit(&*env.store, Durability::Durable, now).await?;
        metrics::sessions_ended(gone);
        let (subject, support_id) = (own.subject.as_str(), visitor.support_id);
        tracing::info!(
            event = "session.ended",
            by = "person",
            subject,
            sessions = gone,
            support_id
        );
        Ok(Reply::ToAccount(done))
    };
    ended.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Where whoever has come in goes first.
pub(in crate::flow) const SESSIONS: &str = "/account/sessions";
/// What the login asks for: a way in, or a confirmation.
const ENTER: &str = "account";
const CONFIRM: &str = "account-confirm";
/// The same, before the pincode is shown.
pub(in crate::flow) const PINCODE: &str = "account-pincode";
/// The same, before what is on record is changed.
pub(in crate::flow) const PROFILE: &str = "account-profile";
/// Where whoever has shown who they are anew goes on.
const CONFIRMS: [(&str, &str); 3] =
    [(CONFIRM, "/account/factors"), (PINCODE, "/account/pincode"), (PROFILE, "/account/profile")];
