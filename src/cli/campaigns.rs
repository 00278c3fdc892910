//! `ponte campaign …`: how the roll-out of a second factor stands.

use chrono::{DateTime, Days, NaiveTime, Utc};

use crate::admin::again::Item;
use crate::admin::campaigns::{Answered, Asked, Notices, Report, What};
use crate::admin::command::{Command, Done, NewPerson};
use crate::cli::arguments_people::{CampaignCommand, CampaignRegister};
use crate::cli::error::CliError;
use crate::cli::office::{Office, unexpected};
use crate::cli::say::say;
use crate::cli::{prompt, users};
use crate::config::settings::Settings;
use crate::enrolment::activation::Delivery;
use crate::enrolment::campaign::{NumberState, Phase};
use crate::identity::attributes::AttributeName;

/// Carries out a command about a campaign.
///
/// # Errors
/// When there is no such campaign, or it is refused.
pub async fn carry_out(
    office: &mut Office,
    command: &CampaignCommand,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    let (name, what) = match command {
        CampaignCommand::Register(said) => (&said.campaign, register(said, now)?),
        CampaignCommand::Work { name, settle: None } => (name, What::Work),
        CampaignCommand::Work { name, settle: Some(username) } => {
            (name, What::Settle { username: username.clone() })
        }
        CampaignCommand::Report { name } => (name, What::Report),
        CampaignCommand::Notices { name, dry_run: _ } => (name, What::Notices),
        CampaignCommand::Grace { name, username, until } => {
            let next = until.checked_add_days(Days::new(1)).unwrap_or(*until);
            let until = next.and_time(NaiveTime::MIN).and_utc();
            (name, What::Grace { username: username.clone(), until })
        }
    };
    let campaign = settings.campaigns.iter().find(|one| one.name == *name);
    let campaign = campaign.ok_or_else(|| CliError::NoCampaign(name.clone()))?.clone();
    let asked = Asked { campaign, offered: settings.levels().offered, what };
    match office.ask(Command::Campaign(Box::new(asked))).await? {
        Done::Campaign(answered) => {
            match *answered {
                Answered::Report(report) => tell(&report),
                Answered::Notices(notices) => list(&notices),
                Answered::Registered(added) => {
                    say(format_args!("Added {}.", added.username));
                    users::told(&added);
                }
                Answered::Work(items) => {
                    for Item { username, before, opened, had } in &items {
                        let had: Vec<&str> = had.iter().map(|kind| kind.as_str()).collect();
                        let opened = opened.format("%Y-%m-%d");
                        say(format_args!("{username}  {before}  {opened}  {}", had.join(" ")));
                    }
                    say(format_args!("{} people wait for authorisations.", items.len()));
                }
                Answered::Settled(username) => say(format_args!("{username} waits no more.")),
                Answered::Granted(username) => {
                    say(format_args!("{username} has more time."));
                }
            }
            Ok(())
        }
        other => unexpected(other),
    }
}

fn register(said: &CampaignRegister, now: DateTime<Utc>) -> Result<What, CliError> {
    let password = if said.password_stdin {
        prompt::line_of_stdin()
    } else {
        prompt::new_password(&said.username)
    };
    let password = password.map_err(CliError::NoPassword)?;
    let mut attributes = users::attributes(&said.identity);
    attributes.insert(AttributeName::MobilePhone.as_str().to_owned(), said.mobile.clone());
    let person = NewPerson {
        password: Some(password.to_string()),
        // Whoever typed it here knows it.
        password_expired: true,
        attributes,
        proofing: users::proofing(&said.identity, now),
        delivery: Delivery::Desk,
        ..NewPerson::named(said.username.clone())
    };
    Ok(What::Register { before: said.before.clone(), person: Box::new(person) })
}

fn tell(report: &Report) {
    let phase = match report.phase {
        Phase::Announced => "announced",
        Phase::Transitional => "transitional",
        Phase::Enforced => "enforced",
    };
    say(format_args!("phase          {phase}"));
    for (state, who) in &report.numbers {
        let state = match state {
            NumberState::None => "no number",
            NumberState::Unconfirmed => "unconfirmed",
            NumberState::Confirmed => "confirmed",
        };
        say(format_args!("{state:<13}  {}  {}", who.len(), who.join(" ")));
    }
    for (task, done) in &report.done {
        say(format_args!("done: {}  {done}", task.name()));
    }
    say(format_args!("ready          {}", report.ready.len()));
    let not_ready = &report.not_ready;
    say(format_args!("not ready      {}  {}", not_ready.len(), not_ready.join(" ")));
    let never = &report.never_interactive;
    say(format_args!("A2A, nobody in {}  {}", never.len(), never.join(" ")));
    for (who, until) in &report.graces {
        say(format_args!("more time      {who}, until {}", until.format("%Y-%m-%d %H:%M UTC")));
    }
}

fn list(notices: &Notices) {
    for day in &notices.days {
        say(format_args!("due  {}", day.format("%Y-%m-%d %H:%M UTC")));
    }
    for (who, address) in &notices.to {
        say(format_args!("{who}  {}", address.as_deref().unwrap_or("no address")));
    }
    say(format_args!("{} have had the one that is due.", notices.told));
    say(format_args!("{} people. Nothing was sent.", notices.to.len()));
}
