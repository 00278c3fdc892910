//! `/smart-card/…` and the way back from the card's listener.

use std::collections::HashMap;

use axum::extract::{Extension, Path, Query, Request};
use axum::http::header::{CONTENT_SECURITY_POLICY, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::assurance::factor::Factor;
use crate::flow::card::reply::{CardReply, CardSetBack};
use crate::flow::card::{back as returning, check, visit};
use crate::flow::reply::{Reply, Trouble};
use crate::web::context::Context;
use crate::web::cookie;
use crate::web::origin::is_from_us;
use crate::web::pages::card::{CardCheck, CardChecked, SetBack};
use crate::web::pages::policy::policy_for_any;
use crate::web::reply::{page, render, set};

/// `GET /login/{handle}/card/{code}`: back from the card's listener.
pub(super) async fn back(
    Extension(context): Extension<Context>,
    Path((handle, code)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let browser = cookie::read(&headers, &cookie::login_name(&handle)).map(str::to_owned);
    // The code counts once: the same page again is the way to show the card.
    let here = Context { here: Some(format!("/login/{handle}?by=smart-card")), ..context };
    let visitor = here.visitor(browser.as_deref());
    let reply = returning::back(&here.env, &handle, &code, &visitor).await;
    render(&here, reply)
}

/// `GET /smart-card`: where the check of a card begins.
pub(super) async fn begin(
    Extension(context): Extension<Context>,
    Query(said): Query<HashMap<String, String>>,
) -> Response {
    let late = said.get("done").is_some_and(|done| done == "late");
    let reply = check::begin(&context.env, late);
    render(&context, reply)
}

/// `POST /smart-card`: begins it.
pub(super) async fn try_out(Extension(context): Extension<Context>, request: Request) -> Response {
    let here = Context { here: Some("/smart-card".to_owned()), ..context };
    if !is_from_us(request.headers(), &here.env.settings.base_url) {
        return render(&here, Reply::Trouble(Box::new(Trouble::NotOurForm)));
    }
    let reply = match here.env.cards {
        Some(_) => visit::try_out(&here.env, &here.visitor(None)).await,
        None => Reply::Trouble(Box::new(Trouble::NoSuchPage)),
    };
    render(&here, reply)
}

/// `GET /smart-card/{code}`: what came of it.
pub(super) async fn result(
    Extension(context): Extension<Context>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Response {
    let here = Context { here: Some("/smart-card".to_owned()), ..context };
    let browser = cookie::read(&headers, cookie::CARD_CHECK);
    let reply = check::result(&here.env, &code, browser, &here.visitor(None)).await;
    render(&here, reply)
}

/// What a browser may do with the page from which it goes to the card's listener.
pub(super) fn policy_of(context: &Context) -> Option<String> {
    let cards = context.env.cards.as_ref()?;
    let first = cards.workstations.iter().map(|one| one.base_url.as_str());
    Some(policy_for_any(first.chain([cards.base_url.as_str()])))
}

/// The page that says why a card does not let the login at `base` go on.
pub(super) fn set_back(
    context: &Context,
    it: CardSetBack,
    base: &str,
    csrf: String,
    own: bool,
) -> SetBack {
    SetBack {
        it,
        again: format!("{base}?by={}", Factor::SmartCard.name()),
        other: base.to_owned(),
        cancel: format!("{base}/cancel"),
        csrf,
        own,
        support_id: context.support_id.clone(),
    }
}

/// Renders what is about cards.
pub(super) fn card(context: &Context, reply: CardReply) -> Response {
    let frame = context.frame();
    let (mut response, goes_to) = match reply {
        CardReply::Go { to, browser } => {
            let mut response = StatusCode::SEE_OTHER.into_response();
            set(&mut response, LOCATION, &to);
            if let Some(secret) = browser {
                let kept = cookie::write(cookie::CARD_CHECK, &secret, CHECK_LASTS);
                set(&mut response, SET_COOKIE, &kept);
            }
            return response;
        }
        CardReply::Begin { late, helps, goes_to } => {
            (page(context, StatusCode::OK, CardCheck { late, helps }.render(&frame)), goes_to)
        }
        CardReply::Checked(checked) => {
            let goes_to = checked.goes_to.clone();
            (page(context, StatusCode::OK, CardChecked(*checked).render(&frame)), goes_to)
        }
    };
    set(&mut response, CONTENT_SECURITY_POLICY, &policy_for_any([goes_to.as_str()]));
    response
}

/// As long as a ticket and its code together, and a little more.
const CHECK_LASTS: i64 = 600;
