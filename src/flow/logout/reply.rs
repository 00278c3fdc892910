//! What the browser gets of a logout, as data.

use chrono::{DateTime, Utc};

use crate::flow::env::Env;
use crate::flow::reply::Reply;
use crate::flow::upstream::logout;
use crate::login::leaving::{Leaving, Party, Progress};
use crate::login::logout::Logout;
use crate::login::request::LocalName;
use crate::saml::logout::write::Dispatch;

/// What the browser gets.
#[derive(Debug)]
pub enum LogoutReply {
    /// Go on at the logout's own page.
    Continue {
        /// The logout.
        handle: String,
        /// The browser's secret for it, to be kept in a cookie, if it is new.
        browser: Option<String>,
    },
    /// A message goes, and there is nothing to read before.
    Send {
        /// The message.
        message: Dispatch,
        /// Whether the browser's session is over, and its cookie with it.
        forget: bool,
    },
    /// A page.
    Page(Box<LogoutPage>),
}

/// A page of a logout.
#[derive(Debug)]
pub struct LogoutPage {
    /// The logout; none before it has begun.
    pub handle: Option<String>,
    /// The token that its forms must carry.
    pub csrf: String,
    /// Who is told, and how far that has come.
    pub services: Vec<Told>,
    /// What it asks for.
    pub show: Show,
    /// Whether the browser's session is over, and its cookie with it.
    pub forget: bool,
}

/// A service provider that is told, or an identity provider.
#[derive(Clone, Debug)]
pub struct Told {
    /// What people call it.
    pub service: LocalName,
    /// How far it has come.
    pub progress: Progress,
}

/// What a page of a logout asks for.
#[derive(Debug)]
pub enum Show {
    /// There is no session.
    Nothing,
    /// Whether the person wants to leave everything.
    Confirm,
    /// To go to this service provider, which will send the browser back.
    Ask {
        /// What people call it.
        service: LocalName,
        /// What it is sent.
        message: Dispatch,
    },
    /// What to do about this service provider, which has not sent the browser back.
    Await {
        /// What people call it.
        service: LocalName,
    },
    /// Nothing: it is over.
    Over {
        /// Whether everybody says that the person is out.
        complete: bool,
        /// The service provider that wanted it, and what it is sent.
        back: Option<(LocalName, Dispatch)>,
    },
}

/// A page of `logout`.
pub(in crate::flow) fn page(logout: &Logout, show: Show, forget: bool) -> LogoutReply {
    // A browser that had no part in the session learns how many there were, not who.
    let hidden = logout.is_elsewhere();
    let told = |one: &Leaving| Told {
        service: if hidden { LocalName::default() } else { one.service.clone() },
        progress: one.progress.clone(),
    };
    LogoutReply::Page(Box::new(LogoutPage {
        handle: Some(logout.id.clone()),
        csrf: logout.token().to_owned(),
        services: logout.leaving().iter().map(told).collect(),
        show,
        forget,
    }))
}

/// There is nothing to leave. The cookie of a session, if there is one, may name another than the logout's.
pub(in crate::flow) fn nothing() -> Reply {
    Reply::Logout(LogoutReply::Page(Box::new(LogoutPage {
        handle: None,
        csrf: String::new(),
        services: Vec::new(),
        show: Show::Nothing,
        forget: false,
    })))
}

/// Whether `party` can be told of a logout through a browser; `somebody_waits` for the browser at its end.
pub(in crate::flow) fn is_reachable(
    env: &Env,
    party: Party<'_>,
    somebody_waits: bool,
    now: DateTime<Utc>,
) -> bool {
    match party {
        Party::ServiceProvider(entity_id) => {
            let found = env.partners.snapshot().find(entity_id, now);
            found.is_some_and(|partner| !partner.disabled && partner.logout(None).is_some())
        }
        Party::IdentityProvider(session) => logout::is_reachable(env, session, somebody_waits, now),
    }
}
