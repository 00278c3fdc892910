//! The person's own pages (IC-23).

use chrono::{DateTime, Utc};

use crate::flow::account::Done;
use crate::flow::activity::LoginRow;
use crate::flow::reply::{PasswordNotice, SessionRow};
use crate::login::outcome::Refusal;
use crate::texts::account;
use crate::texts::language::Language;
use crate::texts::mail::Event;
use crate::texts::moment::moment;
use crate::web::pages::factors::name;
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;

/// The way in, for whoever is not in, or no longer.
///
/// Its form posts to `/account/enter`.
#[derive(Clone, Debug)]
pub struct AccountWelcome {
    /// Why the person was not let in.
    pub refused: Option<Refusal>,
}

/// The person's sessions.
///
/// Its forms post `csrf`, and `session` where one is meant, to `/account/sessions/end`,
/// `/account/sessions/end-others` and `/account/sign-out`.
#[derive(Clone, Debug)]
pub struct AccountSessions {
    /// The token of its forms.
    pub csrf: String,
    /// The sessions, this one first, each with the names of its services.
    pub rows: Vec<(SessionRow, Vec<String>)>,
    /// Whether one-time codes wait to be activated (AR-04): its form posts `csrf` to `/account/factors/activate`.
    pub inactive: bool,
    /// Whether there are pincodes here (TS-10).
    pub pincode: bool,
    /// What has just happened.
    pub done: Option<Done>,
}

/// The person's last logins, each with the service's name, and what they were told of.
#[derive(Clone, Debug)]
pub struct AccountActivity {
    /// The logins, the newest first.
    pub logins: Vec<(LoginRow, String)>,
    /// Whether there were more.
    pub more: bool,
    /// The names of what they were told of, and when.
    pub notices: Vec<(String, DateTime<Utc>)>,
}

/// A new password.
///
/// Its form posts `csrf`, `present`, `new` and `again` to `/account/password`.
#[derive(Clone, Debug)]
pub struct AccountPassword {
    /// The token of its form.
    pub csrf: String,
    /// The person's user name, for the browser's own list of passwords.
    pub username: String,
    /// What went wrong before.
    pub notice: Option<PasswordNotice>,
}

impl AccountWelcome {
    fn problem(&self, frame: &Frame) -> Option<&'static str> {
        let words = account::words(frame.language);
        self.refused.map(|why| match why {
            Refusal::TooManyAttempts => words.refused_attempts,
            Refusal::Suspended => words.refused_suspended,
            Refusal::LevelUnreachable => words.refused_level,
            _ => words.refused_otherwise,
        })
    }
}

impl AccountSessions {
    fn done(&self, frame: &Frame) -> Option<&'static str> {
        let words = account::words(frame.language);
        self.done.map(|done| match done {
            Done::One => words.done_one,
            Done::Others => words.done_others,
            Done::Password => words.done_password,
        })
    }

    fn browser<'a>(&self, frame: &Frame, row: &'a SessionRow) -> &'a str {
        match row.browser.as_str() {
            "" => account::words(frame.language).unknown_browser,
            browser => browser,
        }
    }

    fn ago(&self, frame: &Frame, seconds: u64) -> String {
        account::ago(frame.language, seconds)
    }

    fn others(&self) -> bool {
        self.rows.iter().any(|(row, _)| !row.this)
    }
}

impl AccountActivity {
    fn moment(&self, frame: &Frame, at: &DateTime<Utc>) -> String {
        moment(frame.language, *at)
    }

    /// Level and factors, or that nobody was named.
    fn how(&self, frame: &Frame, row: &LoginRow) -> String {
        let level = match row.named {
            true => row.level.map(|level| level.name().to_owned()),
            false => Some(account::words(frame.language).login_refused.to_owned()),
        };
        let factors = row.factors.iter().map(|factor| name(frame.language, *factor).to_owned());
        level.into_iter().chain(factors).collect::<Vec<_>>().join(", ")
    }

    fn told(&self, frame: &Frame, what: &str) -> &'static str {
        Event::told(frame.language, what).unwrap_or_default()
    }
}

impl AccountPassword {
    /// Whether it is the new password that will not do, and not the present one.
    fn is_about_the_new(&self) -> bool {
        use PasswordNotice::{Different, Same, Unacceptable};
        matches!(self.notice, Some(Different | Same | Unacceptable(_)))
    }

    fn problem(&self, frame: &Frame) -> Option<String> {
        self.notice.map(|notice| password_problem(frame.language, notice))
    }
}

/// What is wrong with a new password, in words.
pub(super) fn password_problem(language: Language, notice: PasswordNotice) -> String {
    use crate::factors::password::Unacceptable;
    let words = account::words(language);
    match notice {
        PasswordNotice::Missing => words.password_missing.to_owned(),
        PasswordNotice::Different => words.password_different.to_owned(),
        PasswordNotice::Same => words.password_same.to_owned(),
        PasswordNotice::Unacceptable(Unacceptable::TooShort) => words.password_short.to_owned(),
        PasswordNotice::Unacceptable(Unacceptable::TooLong) => words.password_long.to_owned(),
        PasswordNotice::Unacceptable(Unacceptable::TooCommon) => words.password_common.to_owned(),
        PasswordNotice::Unacceptable(Unacceptable::LikeUsername) => {
            words.password_like_name.to_owned()
        }
        PasswordNotice::Wrong => words.password_wrong.to_owned(),
        PasswordNotice::Wait { seconds } => account::wait(language, seconds.into()),
    }
}

page!(AccountWelcome, "account_welcome.html", account);
page!(AccountSessions, "account_sessions.html", account);
page!(AccountActivity, "account_activity.html", account);
page!(AccountPassword, "account_password.html", account);
