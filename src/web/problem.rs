//! What went wrong with an attempt, as pages say it and as HTTP does.

use axum::http::StatusCode;

use crate::flow::reply::Notice;
use crate::texts::login::Problem;

/// As pages say it.
pub(super) fn problem(notice: Notice) -> Problem {
    match notice {
        Notice::Missing => Problem::Missing,
        Notice::NotACode => Problem::CodeShape { digits: 6 },
        Notice::WrongCredentials { left } => Problem::Credentials { left: left.into() },
        Notice::WrongCode { left } => Problem::Code { left: left.into() },
        Notice::NotARecoveryCode => Problem::RecoveryShape,
        Notice::WrongRecovery { left } => Problem::Recovery { left: left.into() },
        Notice::NoAnswer => Problem::PasskeyNone,
        Notice::WrongPasskey { left } => Problem::Passkey { left: left.into() },
        Notice::WrongSms { left } => Problem::Sms { left: left.into() },
        Notice::SmsWait { seconds } => Problem::SmsWait { seconds: seconds.into() },
        Notice::SmsSpent => Problem::SmsSpent,
        Notice::NotAnswered => Problem::PhoneNotAnswered,
        Notice::Denied { left } => Problem::PhoneDenied { left: left.into() },
        Notice::PushOver => Problem::PhoneOver,
        Notice::PushWait { seconds } => Problem::PhoneWait { seconds: seconds.into() },
        Notice::PushLocked => Problem::PhoneLocked,
        Notice::NotTheAppsCode => Problem::NewCode,
        Notice::WrongActivation { left } => Problem::Activation { left: left.into() },
        Notice::Wait { seconds } => Problem::TooSoon { seconds: seconds.into() },
    }
}

/// The same on the first page, which may ask for a code too (AR-09).
pub(super) fn first_problem(notice: Notice, single_page: bool) -> Problem {
    match problem(notice) {
        Problem::Credentials { left } if single_page => Problem::CredentialsOrCode { left },
        other => other,
    }
}

/// The status of a page that says so.
pub(super) fn status_of_problem(problem: Problem) -> StatusCode {
    match problem {
        Problem::TooSoon { .. }
        | Problem::SmsWait { .. }
        | Problem::SmsSpent
        | Problem::PhoneWait { .. }
        | Problem::PhoneLocked => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// How long to wait before the next attempt, where that is known.
pub(super) fn seconds_to_wait(problem: Problem) -> Option<u64> {
    match problem {
        Problem::TooSoon { seconds }
        | Problem::SmsWait { seconds }
        | Problem::PhoneWait { seconds } => Some(seconds),
        _ => None,
    }
}
