//! What is on record of a person and they may change at their own pages: their telephone number, behind the guard that the tenant
//! chose, and the secret question that is one of those guards (BI-10).

use chrono::{DateTime, Utc};

use crate::enrolment::campaign::Task;
use crate::flow::account::{self, Inside, PROFILE, inside, inside_with_form, welcome};
use crate::flow::advance::ROUNDS;
use crate::flow::env::{Env, NumberGuard};
use crate::flow::factors::{self, FRESH};
use crate::flow::failure::Failure;
use crate::flow::guarded::{Tried, attempt, hashed};
use crate::flow::notice;
use crate::flow::number_link::{self, Asked};
use crate::flow::reply::{AccountPage, Reply};
use crate::flow::task::{read, with_number};
use crate::flow::visit::Visitor;
use crate::login::attempts::Attempts;
use crate::store::accounts;
use crate::store::guards::{self, Guard, Kept};
use crate::store::port::{Committed, Durability};
use crate::store::record::Batch;
use crate::texts::mail::Event;

/// What the page shows.
#[derive(Debug)]
pub struct ProfilePage {
    /// The token that its forms must carry.
    pub csrf: String,
    /// The number on record, masked.
    pub number: Option<String>,
    /// What guards it.
    pub guard: NumberGuard,
    /// Whether the person has shown, of late, as much as they can.
    pub open: bool,
    /// Their secret question, if they have one.
    pub question: Option<String>,
    /// Where a link would go, masked, where that is the guard and there is an address.
    pub link_to: Option<String>,
    /// The number that was typed.
    pub typed: String,
    /// What went wrong, or was done.
    pub notice: Option<ProfileNotice>,
}

/// What went wrong, or was done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProfileNotice {
    /// The number is written.
    Written,
    /// The question is kept.
    Kept,
    /// A link is on its way, which writes the number.
    Sent,
    /// No more links leave for a while.
    TooMany,
    /// It is no telephone number.
    Number,
    /// The question is too short or too long, or the answer is too short.
    Question,
    /// The answer is not the one that was given.
    Wrong,
    /// Nothing was tried: there were too many wrong answers.
    Wait {
        /// For how many seconds.
        seconds: u32,
    },
    /// No answer holds any more, until another question is set.
    Blocked,
}

/// Shows the page, or where to log in.
pub async fn show(env: &Env, notice: Option<ProfileNotice>, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let shown = async {
        let Some(inside) = inside(env, visitor, now).await? else { return Ok(welcome()) };
        page(env, &inside, "", notice, now).await
    };
    shown.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Begins the login by which the person shows as much as they can, anew.
pub async fn unlock(env: &Env, csrf: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let begun = async {
        let Some(inside) = inside_with_form(env, csrf, visitor, now).await? else {
            return Ok(welcome());
        };
        let level = factors::needed(env, &inside.known, now);
        Ok(account::confirm_to(env, PROFILE, level, now - FRESH, visitor).await)
    };
    begun.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Writes another number, if the guard lets it through. An answer that holds is worth this and nothing else: it is no evidence.
pub async fn change_number(
    env: &Env,
    csrf: &str,
    typed: &str,
    answer: &str,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let changed = async {
        let mut passed = false;
        for _ in 0..ROUNDS {
            let Some(inside) = inside_with_form(env, csrf, visitor, now).await? else {
                return Ok(welcome());
            };
            let again = async |notice| page(env, &inside, typed, Some(notice), now).await;
            let Some(number) = read(env, typed, now) else {
                return again(ProfileNotice::Number).await;
            };
            let account = &inside.known.account.value;
            match env.settings.number_guard {
                NumberGuard::Desk => return Ok(Reply::ToAccount(PAGE)),
                NumberGuard::ExistingFactor if !factors::is_open(env, &inside, now) => {
                    return Ok(Reply::ToAccount(PAGE));
                }
                NumberGuard::ExistingFactor => {}
                NumberGuard::EmailLink => {
                    match number_link::send(env, &inside, &number, visitor, now).await? {
                        Asked::Sent => return Ok(Reply::ToAccount("/account/profile?done=sent")),
                        Asked::NoAddress => return Ok(Reply::ToAccount(PAGE)),
                        Asked::TooMany => return again(ProfileNotice::TooMany).await,
                        Asked::Conflict => continue,
                    }
                }
                // One answer is one attempt, however often somebody else is ahead afterwards.
                NumberGuard::SecretAnswer if passed => {}
                NumberGuard::SecretAnswer => {
                    let said = normal(answer);
                    match attempt(env, Guard::Answer, &account.subject, &said, now).await? {
                        Tried::Held => passed = true,
                        Tried::Wrong => return again(ProfileNotice::Wrong).await,
                        Tried::Wait { seconds } => {
                            return again(ProfileNotice::Wait { seconds }).await;
                        }
                        Tried::Blocked => return again(ProfileNotice::Blocked).await,
                    }
                }
            }
            let mut batch = Batch::new();
            let changed = with_number(&inside.known, &number);
            accounts::update(env.records(), &mut batch, &inside.known.account, &changed)?;
            notice::tell(env, &mut batch, &changed, Event::NumberOnRecord, None, visitor, now)?;
            if batch.commit(&*env.store, Durability::Durable, now).await? == Committed::Done {
                let (subject, support_id) = (account.subject.as_str(), visitor.support_id);
                let guard = env.settings.number_guard.name();
                tracing::info!(event = "number.changed", guard, subject, support_id);
                return Ok(Reply::ToAccount("/account/profile?done=number"));
            }
        }
        Err(Failure::Contention)
    };
    changed.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Keeps another question and its answer, for whoever has shown as much as they can.
pub async fn set_question(
    env: &Env,
    csrf: &str,
    question: &str,
    answer: &str,
    visitor: &Visitor<'_>,
) -> Reply {
    let now = env.clock.now();
    let set = async {
        for _ in 0..ROUNDS {
            let Some(inside) = inside_with_form(env, csrf, visitor, now).await? else {
                return Ok(welcome());
            };
            let is_asked = env.settings.number_guard == NumberGuard::SecretAnswer;
            if !is_asked || !factors::is_open(env, &inside, now) {
                return Ok(Reply::ToAccount(PAGE));
            }
            let question = question.split_whitespace().collect::<Vec<_>>().join(" ");
            let answer = normal(answer);
            let fits = (8..=120).contains(&question.chars().count())
                && (4..=128).contains(&answer.chars().count())
                && !question.chars().any(char::is_control);
            // Whoever reads the question must not read the answer in it.
            if !fits || normal(&question).contains(&answer) {
                return page(env, &inside, "", Some(ProfileNotice::Question), now).await;
            }
            let account = &inside.known.account.value;
            let seen = guards::load(env.records(), Guard::Answer, &account.subject, now).await?;
            let kept = Kept {
                hash: Some(hashed(env, &answer).await?),
                question: Some(question),
                made: Some(now),
                attempts: Attempts::default(),
            };
            let mut batch = Batch::new();
            guards::update(env.records(), &mut batch, &seen, &kept, now)?;
            inside.known.expect_unchanged(&mut batch);
            notice::tell(env, &mut batch, account, Event::NewQuestion, None, visitor, now)?;
            if batch.commit(&*env.store, Durability::Durable, now).await? == Committed::Done {
                let (subject, support_id) = (account.subject.as_str(), visitor.support_id);
                tracing::info!(event = "question.set", subject, support_id);
                return Ok(Reply::ToAccount("/account/profile?done=question"));
            }
        }
        Err(Failure::Contention)
    };
    set.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

/// Answers are the same however they are spaced, in whatever case, and whatever stands between their words.
fn normal(answer: &str) -> String {
    // Composed first: an accent apart is no letter.
    let answer = accounts::normalise(answer);
    let words: String = answer.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn page(
    env: &Env,
    inside: &Inside,
    typed: &str,
    notice: Option<ProfileNotice>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    let subject = &inside.known.account.value.subject;
    let seen = guards::load(env.records(), Guard::Answer, subject, now).await?;
    let page = ProfilePage {
        csrf: inside.csrf.clone(),
        number: inside.known.shown(Task::Number),
        guard: env.settings.number_guard,
        open: factors::is_open(env, inside, now),
        question: seen.value.question.clone(),
        link_to: match env.settings.number_guard {
            NumberGuard::EmailLink => number_link::goes_to(env, &inside.known, now),
            _ => None,
        },
        typed: typed.chars().take(40).collect(),
        notice,
    };
    Ok(Reply::Account(Box::new(AccountPage::Profile(Box::new(page)))))
}

const PAGE: &str = "/account/profile";

#[cfg(test)]
mod tests {
    use super::*;

    /// BI-10: an answer is the same however it is written.
    #[test]
    fn answers_are_normalised() {
        for written in ["Via  Roma, 12", " via roma 12 ", "VIA ROMA - 12", "via-roma 12."] {
            assert_eq!(normal(written), "via roma 12");
        }
        assert_eq!(normal("CAFE\u{301}"), normal("café"));
        assert_ne!(normal("via roma 12"), normal("via roma 21"));
    }
}
