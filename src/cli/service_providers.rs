//! `ponte sp …`: service providers, asked for and shown.

use chrono::{DateTime, Utc};
use url::Url;

use crate::admin::command::{Command, Done};
use crate::admin::partner::Partner;
use crate::assurance::level::Level;
use crate::cli::arguments::{
    LevelChoice, NameIdChoice, ProfileChoice, SingleSignOnChoice, SpAdd, SpCommand, SpSettled,
    StyleChoice,
};
use crate::cli::error::CliError;
use crate::cli::files;
use crate::cli::office::{Office, unexpected};
use crate::cli::requests;
use crate::cli::say::{say, say_text};
use crate::cli::users::level_word;
use crate::identity::attributes::AttributeName;
use crate::identity::name_id::NameIdKind;
use crate::login::request::LocalName;
use crate::partners::registry::Entry;
use crate::saml::attribute_names::{NameStyle, Renamed};
use crate::saml::partner::{Profile, SingleSignOn, WaysIn};

/// Carries out a command about service providers.
///
/// # Errors
/// When it is refused.
pub async fn carry_out(
    office: &mut Office,
    command: &SpCommand,
    base_url: &Url,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    match command {
        SpCommand::Requests { command } => {
            requests::carry_out(office, command, base_url, now).await
        }
        SpCommand::StatusLink(said) => requests::status_link(office, said, base_url).await,
        SpCommand::Add(said) => add(office, said).await,
        SpCommand::List => list(office).await,
        SpCommand::Show { entity_id } => {
            let entity_id = entity_id.clone();
            match office.ask(Command::ShowServiceProvider { entity_id }).await? {
                Done::ServiceProvider(partner) => say_text(format_args!("{}", shown(&partner))),
                other => return unexpected(other),
            }
            Ok(())
        }
        SpCommand::Remove { entity_id } => {
            let command = Command::RemoveServiceProvider { entity_id: entity_id.clone() };
            match office.ask(command).await? {
                Done::ServiceProviderRemoved => say(format_args!("Removed {entity_id}.")),
                other => return unexpected(other),
            }
            Ok(())
        }
    }
}

async fn add(office: &mut Office, said: &SpAdd) -> Result<(), CliError> {
    let metadata = files::read_text(&said.file)?;
    let entry = entry(&said.settled)?;
    match office.ask(Command::AddServiceProvider { metadata, entry }).await? {
        Done::ServiceProviderAdded { service_provider, replaced, warnings } => {
            for warning in warnings {
                eprintln!("warning: {warning}");
            }
            let what = if replaced { "Has new metadata" } else { "Added" };
            say(format_args!("{what}: {}\n", service_provider.entity_id));
            say_text(format_args!("{}", shown(&service_provider)));
            Ok(())
        }
        other => unexpected(other),
    }
}

/// What is settled, as it was said.
///
/// # Errors
/// When an attribute is none.
pub fn entry(said: &SpSettled) -> Result<Entry, CliError> {
    Ok(Entry {
        profile: said.profile.map(|choice| match choice {
            ProfileChoice::Spid => Profile::Spid,
            ProfileChoice::Generic => Profile::Generic,
        }),
        minimum_level: said.minimum_level.map(|choice| match choice {
            LevelChoice::SpidL1 => Level::Loa2,
            LevelChoice::SpidL2 => Level::Loa3,
            LevelChoice::SpidL3 => Level::Loa4,
        }),
        single_sign_on: said.single_sign_on.map(|choice| match choice {
            SingleSignOnChoice::Off => SingleSignOn::Off,
            SingleSignOnChoice::SpidL1 => SingleSignOn::UpTo(Level::Loa2),
            SingleSignOnChoice::SpidL2 => SingleSignOn::UpTo(Level::Loa3),
            SingleSignOnChoice::SpidL3 => SingleSignOn::UpTo(Level::Loa4),
        }),
        attributes: attributes(&said.attributes)?,
        disabled: false,
        ways: WaysIn::default(),
        name_id: said.name_id.map(|choice| match choice {
            NameIdChoice::Transient => NameIdKind::Transient,
            NameIdChoice::Persistent => NameIdKind::Persistent,
            NameIdChoice::Email => NameIdKind::Email,
        }),
        encrypt_assertion: said.encrypt_assertion,
        attribute_style: said.attribute_style.map(|choice| match choice {
            StyleChoice::Spid => NameStyle::Spid,
            StyleChoice::Oid => NameStyle::Oid,
            StyleChoice::Claims => NameStyle::Claims,
        }),
        attribute_names: renamed(&said.attribute_names)?,
        unsolicited: said.unsolicited,
    })
}

fn renamed(said: &[String]) -> Result<Vec<Renamed>, CliError> {
    let read = |said: &String| {
        Renamed::parse(said).ok_or_else(|| CliError::Argument {
            what: "--attribute-names",
            expected: Renamed::FORM,
            found: said.clone(),
        })
    };
    said.iter().map(read).collect()
}

fn attributes(said: &[String]) -> Result<Vec<AttributeName>, CliError> {
    let known = |name: &String| {
        AttributeName::parse(name).ok_or_else(|| CliError::Argument {
            what: "--attributes",
            expected: "names of attributes of the SPID table",
            found: name.clone(),
        })
    };
    said.iter().map(known).collect()
}

async fn list(office: &mut Office) -> Result<(), CliError> {
    match office.ask(Command::ListServiceProviders).await? {
        Done::ServiceProviders(partners, faults) => {
            for partner in &partners {
                let state = if partner.disabled { "disabled" } else { "enabled" };
                let (profile, name) = (profile_word(partner.profile), local(&partner.name));
                say(format_args!("{}  {profile:<7}  {state:<8}  {name}", partner.entity_id));
            }
            for fault in &faults {
                eprintln!("not used: {fault}");
            }
            if partners.is_empty() && faults.is_empty() {
                eprintln!("There is none yet: `ponte sp add FILE` adds one by its metadata.");
            }
            Ok(())
        }
        other => unexpected(other),
    }
}

/// A service provider, a line a fact.
#[must_use]
pub fn shown(partner: &Partner) -> String {
    let until = partner.valid_until.map_or_else(|| "not said".to_owned(), |at| at.to_rfc3339());
    let mut lines = vec![
        ("entityID", partner.entity_id.clone()),
        ("name", local(&partner.name).to_owned()),
        ("profile", profile_word(partner.profile).to_owned()),
        ("least level", partner.minimum_level.map_or("none", level_word).to_owned()),
        ("sessions", partner.session_level.map_or("none", level_word).to_owned()),
        ("state", if partner.disabled { "disabled" } else { "enabled" }.to_owned()),
        ("from", partner.origin.clone()),
        ("valid until", until),
        ("keys", partner.keys.to_string()),
    ];
    for (index, location) in &partner.consumers {
        lines.push(("answers to", format!("{index}: {location}")));
    }
    for (index, name, attributes) in &partner.attribute_sets {
        let names: Vec<&str> = attributes.iter().map(|name| name.as_str()).collect();
        lines.push(("attributes", format!("{index}: {} ({})", names.join(", "), local(name))));
    }
    lines.iter().map(|(name, value)| format!("{name:<11}  {value}\n")).collect()
}

fn profile_word(profile: Profile) -> &'static str {
    match profile {
        Profile::Spid => "spid",
        Profile::Generic => "generic",
    }
}

fn local(name: &LocalName) -> &str {
    name.it.as_deref().or(name.en.as_deref()).unwrap_or("without a name")
}
