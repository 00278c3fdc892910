//! `/demo`: the made-up citizens, with all that it takes to sign in as them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;
use crate::enrolment::activation::ActivationCode;
use crate::enrolment::credential::{Credential, CredentialState, Secret};
use crate::factors::totp;
use crate::flow::env::Env;
use crate::identity::account::Account;
use crate::identity::attributes::AttributeName;
use crate::store::port::StoreError;
use crate::store::{accounts, activations, credentials};
use crate::web::context::Context;
use crate::web::pages::demo::{DemoCode, DemoPeople, DemoPerson};
use crate::web::pages::notice::Notice;
use crate::web::reply::{notice, page};

/// A made-up citizen, as the demo's folder keeps them.
#[derive(Clone, Debug)]
pub struct Citizen {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
    /// The activation code, in groups.
    pub activation: String,
}

/// The demo's citizens, and where its service provider is.
#[derive(Clone, Debug)]
pub struct People {
    /// Who they are.
    pub citizens: Vec<Citizen>,
    /// The whole address of the service provider.
    pub service: String,
    /// Whether mails to them can be read here.
    pub mails: bool,
}

/// The route, to be put beside the identity provider's own.
pub fn routes(people: People) -> Router {
    Router::new().route(HERE, get(show)).with_state(Arc::new(people))
}

async fn show(
    State(people): State<Arc<People>>,
    Extension(context): Extension<Context>,
) -> Response {
    let now = context.env.clock.now();
    let mut shown = Vec::with_capacity(people.citizens.len());
    for citizen in &people.citizens {
        match person(&context.env, citizen, now).await {
            Ok(Some(person)) => shown.push(person),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(event = "failed", support_id = context.support_id, %error);
                return notice(&context, &Notice::Wait { retry_after: 5, busy: true });
            }
        }
    }
    let service = people.service.clone();
    let mails = people.mails.then(|| super::mail::HERE.to_owned());
    let people = DemoPeople { people: shown, service, here: HERE.to_owned(), mails };
    page(&context, StatusCode::OK, people.render(&context.frame()))
}

/// A citizen as they stand: with a code, once they have an app, else with what they need to get one.
///
/// # Errors
/// When the store fails.
pub async fn person(
    env: &Env,
    citizen: &Citizen,
    now: DateTime<Utc>,
) -> Result<Option<DemoPerson>, StoreError> {
    let records = env.records();
    let Some(account) = accounts::by_username(records, &citizen.username, now).await? else {
        return Ok(None);
    };
    let account = account.value;
    let all = credentials::list(records, &account.subject, now).await?;
    let app = all.iter().map(|loaded| &loaded.value).find(|credential| is_app(credential));
    let activation = match ActivationCode::read(&citizen.activation) {
        Some(code) => match activations::load(records, &account.subject, now).await? {
            Some(kept) => kept.value.is(records, &code)?,
            None => false,
        },
        None => false,
    };
    Ok(Some(DemoPerson {
        name: name(&account),
        username: account.username,
        password: citizen.password.clone(),
        code: app.and_then(|credential| code(credential, now)),
        activation: activation.then(|| citizen.activation.clone()),
    }))
}

fn is_app(credential: &Credential) -> bool {
    credential.state == CredentialState::Active && credential.secret.factor() == Factor::Totp
}

/// The code of this step, or, once that is used, the next one, which is taken already.
fn code(credential: &Credential, now: DateTime<Utc>) -> Option<DemoCode> {
    let Secret::Totp { seed, period, last_step } = &credential.secret else { return None };
    let length = u64::from(*period);
    let seconds = u64::try_from(now.timestamp()).ok()?;
    let current = seconds / length;
    let step = if last_step.is_some_and(|used| used >= current) { current + 1 } else { current };
    let at = DateTime::from_timestamp(i64::try_from(step * length).ok()?, 0)?;
    let digits = totp::code(seed, *period, at).ok()?;
    Some(DemoCode { digits, left: (step + 1) * length - seconds })
}

fn name(account: &Account) -> String {
    let parts = [AttributeName::Name, AttributeName::FamilyName];
    let parts: Vec<&str> = parts.into_iter().filter_map(|name| account.attribute(name)).collect();
    parts.join(" ")
}

/// Where the page is.
pub(super) const HERE: &str = "/demo";
