//! What happened with a person's identity, at their own pages: their last logins, as the register has them, and what they
//! were told of.

use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::flow::account::{inside, welcome};
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::limits::prefix;
use crate::flow::reply::{AccountPage, Reply};
use crate::flow::visit::Visitor;
use crate::identity::subject::Subject;
use crate::login::request::LocalName;
use crate::register::index::{Field, Span};
use crate::register::row::Row;
use crate::register::search::{Place, Query, search};
use crate::store::told;

/// A person's last logins and notices.
#[derive(Clone, Debug)]
pub struct Activity {
    /// The logins, the newest first.
    pub logins: Vec<LoginRow>,
    /// Whether there were more.
    pub more: bool,
    /// What they were told of: its name and when, the newest first.
    pub notices: Vec<(String, DateTime<Utc>)>,
}

/// A login as its person sees it.
#[derive(Clone, Debug)]
pub struct LoginRow {
    /// When it was answered.
    pub at: DateTime<Utc>,
    /// The name of the service's organisation, as its metadata say it now.
    pub service: LocalName,
    /// Its entityID, for one that is not there any more.
    pub entity_id: String,
    /// Whether the service was told who they are.
    pub named: bool,
    /// At what level.
    pub level: Option<Level>,
    /// By which factors.
    pub factors: Vec<Factor>,
    /// The network that it came from.
    pub network: String,
}

/// Shows them, or where to log in.
pub async fn show(env: &Env, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let shown = async {
        let Some(inside) = inside(env, visitor, now).await? else { return Ok(welcome()) };
        let subject = &inside.known.account.value.subject;
        let (logins, more) = logins(env, subject, now)?;
        let told = told::of_subject(env.records(), subject, MOST, now).await?;
        let notices = told.into_iter().map(|one| (one.value.what, one.value.at)).collect();
        let activity = Activity { logins, more, notices };
        Ok(Reply::Account(Box::new(AccountPage::Activity(activity))))
    };
    shown.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Nothing is stored for this: the register has what the rules have it keep, and is found by person.
fn logins(
    env: &Env,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<(Vec<LoginRow>, bool), Failure> {
    let settings = env.register.settings();
    let place = Place {
        folder: &settings.folder,
        seal: &settings.seal,
        tenant: &env.tenant,
        first: env.register.tail().first,
    };
    let query = Query {
        fields: vec![(Field::Subject, subject.as_str().to_owned())],
        certificate: None,
        span: Span::of(None, None),
        limit: MOST,
    };
    let found = search(place, &env.register.index().snapshot(), &query)?;
    let rows = found.rows.into_iter().map(|(_, row)| shown(env, row, now)).collect();
    Ok((rows, found.more))
}

fn shown(env: &Env, row: Row, now: DateTime<Utc>) -> LoginRow {
    let partner = env.partners.snapshot().find(&row.relying_party, now);
    let address = row.client_address.parse();
    LoginRow {
        at: row.at,
        service: partner.map(|partner| partner.organization.clone()).unwrap_or_default(),
        entity_id: row.relying_party,
        named: row.assertion_id.is_some(),
        level: row.level,
        factors: row.factors,
        network: address.map(prefix).unwrap_or_default(),
    }
}

/// Of each, so many are shown.
const MOST: usize = 20;
