//! The person's own pages, as HTTP.

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::Response;

use crate::flow::activity::{Activity, LoginRow};
use crate::flow::adding::{Enrolling, NewApp, NumberNotice, PrintedCodes};
use crate::flow::number_link::NumberLinkPage;
use crate::flow::profile::ProfileNotice;
use crate::flow::reply::{AccountPage, PasswordNotice, SessionRow};
use crate::web::context::Context;
use crate::web::pages::account::{
    AccountActivity, AccountPassword, AccountSessions, AccountWelcome,
};
use crate::web::pages::app::AccountApp;
use crate::web::pages::enrolment::EnrolTotp;
use crate::web::pages::factors::{
    AccountCodes, AccountFactors, AccountNumber, AccountPasskey, AccountRemove,
};
use crate::web::pages::profile::{AccountNumberLink, AccountPincode, AccountProfile};
use crate::web::problem::{problem, status_of_problem};
use crate::web::reply::{local, page, set};

/// A page of the person's own.
pub(super) fn page_of(context: &Context, account: AccountPage) -> Response {
    let frame = context.frame();
    match account {
        AccountPage::Welcome { refused } => {
            let status = if refused.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK };
            let html = AccountWelcome { refused }.render(&frame);
            page(context, status, html)
        }
        AccountPage::Sessions { csrf, rows, inactive, pincode, done } => {
            let named = |row: SessionRow| {
                let services = row.services.iter().map(|name| local(context, name)).collect();
                (row, services)
            };
            let rows = rows.into_iter().map(named).collect();
            page(
                context,
                StatusCode::OK,
                AccountSessions { csrf, rows, inactive, pincode, done }.render(&frame),
            )
        }
        AccountPage::Factors(factors) => {
            page(context, StatusCode::OK, AccountFactors(factors).render(&frame))
        }
        AccountPage::Removal(removal) => {
            page(context, StatusCode::OK, AccountRemove(*removal).render(&frame))
        }
        AccountPage::Invitation(invitation) => {
            page(context, StatusCode::OK, AccountApp(invitation).render(&frame))
        }
        AccountPage::Profile(profile) => {
            let wait = match profile.notice {
                Some(ProfileNotice::Wait { seconds }) => Some(seconds),
                _ => None,
            };
            let status = match profile.notice {
                None | Some(ProfileNotice::Written | ProfileNotice::Kept | ProfileNotice::Sent) => {
                    StatusCode::OK
                }
                Some(ProfileNotice::TooMany) => StatusCode::TOO_MANY_REQUESTS,
                Some(ProfileNotice::Wait { .. }) => StatusCode::TOO_MANY_REQUESTS,
                Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
            };
            let mut response = page(context, status, AccountProfile(*profile).render(&frame));
            if let Some(seconds) = wait {
                set(&mut response, RETRY_AFTER, &seconds.to_string());
            }
            response
        }
        AccountPage::NumberLink(shown) => {
            let status = match shown {
                NumberLinkPage::Void(_) => StatusCode::GONE,
                _ => StatusCode::OK,
            };
            page(context, status, AccountNumberLink(shown).render(&frame))
        }
        AccountPage::Pincode(pincode) => {
            page(context, StatusCode::OK, AccountPincode(pincode).render(&frame))
        }
        AccountPage::Activity(activity) => {
            let named = |row: LoginRow| {
                let name = context.local(&row.service).map(str::to_owned);
                let name = name.unwrap_or_else(|| row.entity_id.clone());
                (row, name)
            };
            let Activity { logins, more, notices } = activity;
            let logins = logins.into_iter().map(named).collect();
            let html = AccountActivity { logins, more, notices }.render(&frame);
            page(context, StatusCode::OK, html)
        }
        AccountPage::NewApp(new) => {
            let NewApp { csrf, enrolling } = *new;
            let Enrolling { username, given_names, family_names, uri, key, period, notice } =
                enrolling;
            let problem = notice.map(problem);
            let enrol = EnrolTotp {
                action: "/account/factors/totp".into(),
                cancel: "/account/factors".into(),
                csrf,
                own: true,
                beside: true,
                username,
                family_name: family_names.unwrap_or_default(),
                given_name: given_names.unwrap_or_default(),
                uri,
                key,
                period: period.into(),
                problem,
            };
            let status = problem.map_or(StatusCode::OK, status_of_problem);
            page(context, status, enrol.render(&frame))
        }
        AccountPage::NewNumber(new) => {
            let status = match new.notice {
                None => StatusCode::OK,
                Some(NumberNotice::Wait { .. } | NumberNotice::Spent) => {
                    StatusCode::TOO_MANY_REQUESTS
                }
                Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
            };
            let wait = match new.notice {
                Some(NumberNotice::Wait { seconds }) => Some(seconds),
                _ => None,
            };
            let mut response = page(context, status, AccountNumber(new).render(&frame));
            if let Some(seconds) = wait {
                set(&mut response, RETRY_AFTER, &seconds.to_string());
            }
            response
        }
        AccountPage::NewPasskey(new) => {
            let status = match new.notice {
                None => StatusCode::OK,
                Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
            };
            page(context, status, AccountPasskey(new).render(&frame))
        }
        AccountPage::RecoveryCodes(PrintedCodes(codes)) => {
            // It cannot be shown again: the language switch would lead to nothing.
            let frame = Context { here: None, ..context.clone() }.frame();
            page(context, StatusCode::OK, AccountCodes { codes }.render(&frame))
        }
        AccountPage::Password { csrf, username, notice } => {
            let status = match notice {
                None => StatusCode::OK,
                Some(PasswordNotice::Wait { .. }) => StatusCode::TOO_MANY_REQUESTS,
                Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
            };
            let html = AccountPassword { csrf, username, notice }.render(&frame);
            let mut response = page(context, status, html);
            if let Some(PasswordNotice::Wait { seconds }) = notice {
                set(&mut response, RETRY_AFTER, &seconds.to_string());
            }
            response
        }
    }
}
