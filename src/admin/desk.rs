//! Where commands are carried out, whoever gives them.

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinError;

use crate::admin::command::{Command, Done, Refused};
use crate::admin::service_providers::{self, Sources};
use crate::admin::{
    archive, backup, campaigns, cards, import, people, privacy, recovery, requests, sightings,
};
use crate::factors::password::{Hashing, TooLong, Unacceptable};
use crate::flow::env::Partners;
use crate::flow::registration::prove::NotProved;
use crate::flow::registration::terms::Terms;
use crate::identity::format::BadAttribute;
use crate::identity::kind::BadIdentity;
use crate::partners::registry::Origin;
use crate::register::error::RegisterError;
use crate::register::journal::Register;
use crate::saml::metadata::error::MetadataError;
use crate::store::export::ExportError;
use crate::store::feedback::{self, Votes};
use crate::store::port::StoreError;
use crate::store::record::Records;
use crate::texts::help::Topic;
use crate::world::seal::SealError;

/// What commands work on.
#[derive(Clone, Debug)]
pub struct Desk<'a> {
    /// People and partners.
    pub records: Records<'a>,
    /// What a password's hash costs.
    pub hashing: &'a Hashing,
    /// The four letters that begin a spidCode.
    pub spid_prefix: &'a str,
    /// How long an activation code is good.
    pub activation: TimeDelta,
    /// Where service providers are from.
    pub sources: &'a Sources,
    /// What a running server answers by: made anew when service providers change.
    pub partners: Option<&'a Partners>,
    /// The register, where it is open.
    pub register: Option<&'a Register>,
    /// On what terms integrators submit metadata, where they may.
    pub registration: Option<&'a Terms>,
    /// The one body whose people it sees and makes (AR-17, TS-08); without it, everybody.
    pub body: Option<&'a str>,
}

/// Carries out `command`.
///
/// # Errors
/// [`Refused`], in words.
pub async fn carry_out(
    desk: &Desk<'_>,
    command: Command,
    now: DateTime<Utc>,
) -> Result<Done, Refused> {
    let done = match command {
        Command::Within { body, command } => {
            return within(desk, &body, *command, now).await;
        }
        Command::Greet => Ok(Done::Greeted { version: env!("CARGO_PKG_VERSION").to_owned() }),
        Command::Reload => Err(DeskError::NothingRuns),
        Command::AddPerson(person) => people::add(desk, *person, now).await.map(Done::Added),
        Command::CheckPerson(person) => {
            people::check(desk, &person, now).await.map(|()| Done::Checked)
        }
        Command::ListPeople { after } => {
            people::list(desk, after, now).await.map(|(rows, next)| Done::People(rows, next))
        }
        Command::ShowPerson { username } => {
            people::show(desk, &username, now).await.map(|person| Done::Person(Box::new(person)))
        }
        Command::Import { people, dry } => {
            import::import(desk, people, dry, now).await.map(Done::Imported)
        }
        Command::AddIdentity { username, identity } => {
            let added = people::add_identity(desk, &username, &identity, now).await;
            added.map(|(username, identity)| Done::IdentityAdded {
                username,
                identity: Box::new(identity),
            })
        }
        Command::SetState { username, set } => people::set_state(desk, &username, &set, now)
            .await
            .map(|username| Done::StateSet { username, state: set.state }),
        Command::NewCode { username, delivery } => {
            people::new_code(desk, &username, delivery, now).await.map(Done::Added)
        }
        Command::SetCard { username, serial, counts } => {
            let set = cards::set(desk, &username, &serial, counts, now).await;
            set.map(|(username, state)| Done::CardSet { username, state })
        }
        Command::FindCard { serial } => cards::find(desk, &serial, now).await.map(Done::Cards),
        Command::RecoverPerson { username, lost, proofing } => {
            let code = recovery::code(desk, &username, lost, &proofing, now).await;
            code.map(Done::RecoveryCode)
        }
        Command::SetAddress { username, address } => {
            let set = recovery::address(desk, &username, &address, now).await;
            set.map(|username| Done::AddressSet { username })
        }
        Command::Campaign(asked) => {
            let answered = campaigns::carry_out(desk, *asked, now).await;
            answered.map(|answered| Done::Campaign(Box::new(answered)))
        }
        Command::SetUnattended { username, on } => {
            let set = people::set_unattended(desk, &username, on, now).await;
            set.map(|username| Done::UnattendedSet { username })
        }
        Command::ExportPerson { username } => {
            let export = privacy::export(desk, &username, now).await;
            export.map(|export| Done::Exported(Box::new(export)))
        }
        Command::ErasePerson { username, confirmation } => {
            privacy::erase(desk, &username, &confirmation, now).await.map(Done::Erased)
        }
        Command::AddServiceProvider { metadata, entry } => {
            service_providers::add(desk, &metadata, &entry, now).await
        }
        Command::CountVotes => votes(desk, now).await,
        Command::GetMetadata { entity_id } => {
            service_providers::metadata(desk, &entity_id, now).await
        }
        Command::Sightings(asked) => {
            sightings::carry_out(desk, asked, now).await.map(Done::Sightings)
        }
        Command::Requests(asked) => {
            let told = requests::carry_out(desk, *asked, now).await;
            told.map(|told| Done::Requests(Box::new(told)))
        }
        Command::ListServiceProviders => service_providers::list(desk, now).await,
        Command::ShowServiceProvider { entity_id } => {
            let found = service_providers::show(desk, &entity_id, now).await;
            found.map(|partner| Done::ServiceProvider(Box::new(partner)))
        }
        Command::RemoveServiceProvider { entity_id } => {
            let removed = service_providers::remove(desk, &entity_id, now).await;
            removed.map(|()| Done::ServiceProviderRemoved)
        }
        Command::ExportStore { to, head, key } => {
            let exported = backup::export(desk, &to, &head, &key, now).await;
            exported.map(|contents| Done::StoreExported {
                spaces: contents.spaces,
                bytes: contents.bytes,
                sha256: contents.sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
            })
        }
        Command::Register(ask, asker) => {
            let told = archive::carry_out(desk, ask, &asker, now).await;
            told.map(|told| Done::Register(Box::new(told)))
        }
        Command::ReloadKeys | Command::Source(_) => Err(DeskError::NothingRuns),
    };
    done.map_err(|error| error.refused())
}

/// Carries out `command` for a delegated administrator: of the people of `body` alone, and nothing that concerns others.
async fn within(
    desk: &Desk<'_>,
    body: &str,
    command: Command,
    now: DateTime<Utc>,
) -> Result<Done, Refused> {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if body.is_empty() || body.len() > 64 || !body.chars().all(is_name) {
        return Err(DeskError::BadBody(body.to_owned()).refused());
    }
    let concerns_people = matches!(
        command,
        Command::Greet
            | Command::AddPerson(_)
            | Command::CheckPerson(_)
            | Command::Import { .. }
            | Command::ListPeople { .. }
            | Command::ShowPerson { .. }
            | Command::AddIdentity { .. }
            | Command::SetState { .. }
            | Command::NewCode { .. }
            | Command::SetCard { .. }
            | Command::RecoverPerson { .. }
            | Command::SetAddress { .. }
            | Command::SetUnattended { .. }
    );
    if !concerns_people || desk.body.is_some() {
        return Err(DeskError::BeyondBody(body.to_owned()).refused());
    }
    let desk = Desk { body: Some(body), ..desk.clone() };
    Box::pin(carry_out(&desk, command, now)).await
}

/// The votes on every help page.
async fn votes(desk: &Desk<'_>, now: DateTime<Utc>) -> Result<Done, DeskError> {
    let mut rows = Vec::with_capacity(Topic::ALL.len());
    for topic in Topic::ALL {
        let Votes { yes, no } = feedback::votes(desk.records, topic.id(), now).await?;
        rows.push((topic.id().to_owned(), yes, no));
    }
    Ok(Done::Votes(rows))
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// There is no server that could read anything again.
    #[error("no server is running: it reads everything when it starts")]
    NothingRuns,
    /// Nobody has that user name.
    #[error("nobody has the user name {0:?}")]
    Nobody(String),
    /// Two of the same people that were given together have it.
    #[error("{0:?} stands here twice")]
    Twice(String),
    /// Somebody has it.
    #[error("the user name {0:?} is taken")]
    Taken(String),
    /// It cannot be a user name.
    #[error("a user name has 1 to 128 characters and no blanks or controls, found {0:?}")]
    BadUsername(String),
    /// There must be a password or a hash of one.
    #[error("there must be either a password or a password-hash")]
    NoPassword,
    /// The password may not be chosen.
    #[error("the password cannot be taken")]
    BadPassword(#[source] Unacceptable),
    /// The hash cannot be checked at a sensible cost.
    #[error(
        "the password-hash must be an argon2id PHC string of at most 1 GiB and 16 passes, or PBKDF2, bcrypt or {{SSHA}} at a sensible cost (docs/migration.md)"
    )]
    BadHash,
    /// There is no attribute of that name.
    #[error("there is no attribute {0:?} in the SPID table")]
    UnknownAttribute(String),
    /// An attribute's value is none.
    #[error("an attribute cannot be taken")]
    BadAttribute(#[source] BadAttribute),
    /// An identity cannot be of its kind.
    #[error("the identity cannot be taken")]
    BadIdentity(#[source] BadIdentity),
    /// One of a person's further identities cannot be taken.
    #[error("identity {0}")]
    Identity(u16, #[source] Box<Self>),
    /// The person would hold too much.
    #[error("one person may hold 8 identities, of 20 KiB together")]
    TooMuch,
    /// An account has the address (IC-20).
    #[error(
        "the e-mail address {email} is that of {username:?}, and one address belongs to one account: if this is the same person, give that account the identity (`ponte user identity {username}`); else give another address"
    )]
    EmailTaken {
        /// The address.
        email: String,
        /// Whose it is.
        username: String,
    },
    /// An account has the code.
    #[error("the spidCode {code} is that of {username:?}")]
    CodeTaken {
        /// The code.
        code: String,
        /// Whose it is.
        username: String,
    },
    /// The person has no such identity.
    #[error("the person has no identity with the spidCode {0:?}")]
    NoIdentity(String),
    /// The person has no such card.
    #[error("{username:?} has no card with the serial number {serial:?}")]
    NoCard {
        /// Whose it should be.
        username: String,
        /// Which.
        serial: String,
    },
    /// A card that was taken away stays so.
    #[error(
        "the card {0:?} was taken away, for good: its person shows it again once it is another certificate"
    )]
    CardGone(String),
    /// A reason is no line of text.
    #[error("a reason is one line of at most 255 characters")]
    BadReason,
    /// Proofing says too little.
    #[error("a proofing must name its operator and its evidence, and be of a day that has been")]
    BadProofing,
    /// The fiscal code is another's.
    #[error(
        "that is not the fiscal code of {0:?} (of who has none, the user name): nothing was erased"
    )]
    NotConfirmed(String),
    /// Metadata cannot be taken.
    #[error("the metadata cannot be taken")]
    Metadata(#[source] MetadataError),
    /// The entityID is our own.
    #[error("the entityID {0:?} is our own")]
    Ourselves(String),
    /// A file of the metadata folder describes it.
    #[error("{entity_id} is described by {origin}: change that file")]
    InFolder {
        /// Which.
        entity_id: String,
        /// By what.
        origin: Origin,
    },
    /// There is no such service provider.
    #[error("there is no service provider {0:?}")]
    NoPartner(String),
    /// There is no such submission.
    #[error("there is no submission {0:?}: `ponte sp requests list` shows them")]
    NoSubmission(String),
    /// Nothing can become of it, or not yet.
    #[error("the submission is {0}: only one that is {1} can be {2}")]
    SubmissionIs(&'static str, &'static str, &'static str),
    /// What was registered when it was proved is not what is registered now.
    #[error(
        "what is registered for {0} has changed since the submission was proved: its author proves it again, by a key that is registered now"
    )]
    ProvedBefore(String),
    /// Somebody else keeps the metadata.
    #[error("the metadata of {entity_id} come from {origin}: they are changed there")]
    KeptElsewhere {
        /// Whose.
        entity_id: String,
        /// From where.
        origin: Origin,
    },
    /// The pre-flight says that all would refuse the metadata.
    #[error(
        "all would refuse these metadata: {0}; to register them all the same, name each (--in-spite-of RULE)"
    )]
    RefusedByAll(String),
    /// It is not proved.
    #[error("it is not proved")]
    NotProved(#[source] Box<NotProved>),
    /// There are no status pages.
    #[error("there are no status pages: registration.status-pages in the configuration")]
    NoStatusPages,
    /// What is settled with a service provider cannot be kept.
    #[error("what is settled with the service provider cannot be written")]
    Entry(#[source] serde_json::Error),
    /// Who may not log in recovers nothing.
    #[error("{0:?} may not log in: `ponte user resume` first")]
    NotActive(String),
    /// A body has no such name.
    #[error("a body's name has 1 to 64 small letters, digits and hyphens, found {0:?}")]
    BadBody(String),
    /// A delegated administrator sees to people of the body alone.
    #[error("whoever works for the body {0:?} sees to its people, and to nothing else")]
    BeyondBody(String),
    /// The end of the campaign does not keep them out.
    #[error(
        "the campaign does not keep {0:?} out: they have what it takes, or it has not ended for them"
    )]
    NotLockedOut(String),
    /// What must be another one is the same.
    #[error("whoever registers again takes another {0} than before")]
    AsBefore(&'static str),
    /// It must be given.
    #[error("whoever registers again gives a {0}")]
    NeededAgain(&'static str),
    /// Nobody waits.
    #[error("{0:?} waits for no authorisation")]
    NoWork(String),
    /// An account whose person registered again stays frozen.
    #[error("{0:?} was registered again under another name: this account stays as it is")]
    Replaced(String),
    /// What was revoked stays so.
    #[error("{0:?} was revoked, for good")]
    Revoked(String),
    /// Somebody else changed it at the same time, again and again.
    #[error("somebody else is changing this at the same time: try again")]
    Contended,
    /// The password could not be hashed.
    #[error("the password could not be hashed")]
    Hashing(#[source] TooLong),
    /// The thread that hashed is gone.
    #[error("the password could not be hashed")]
    Lost(#[source] JoinError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An export cannot be written.
    #[error("the export cannot be written")]
    Export(#[from] ExportError),
    /// An export's key is none.
    #[error("the export's key is none")]
    ExportKey(#[source] SealError),
    /// The register is not open here.
    #[error("the register is not open")]
    NoRegister,
    /// The register failed, or was altered.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// No row has that number or ID.
    #[error("no row of the register has the number, response ID, request ID or support id {0:?}")]
    NoRow(String),
    /// Several rows have that ID.
    #[error(
        "several rows of the register have the ID {0:?}: find their numbers with `ponte register search`"
    )]
    ManyRows(String),
    /// There is no such hold.
    #[error("there is no hold {0:?}")]
    NoHold(String),
    /// Not a month.
    #[error("{0:?} is not a month, YYYY-MM")]
    NoMonth(String),
}

impl DeskError {
    /// Whether the asker erred; else the server failed.
    pub(super) fn is_the_askers(&self) -> bool {
        !matches!(
            self,
            Self::Store(_)
                | Self::Register(_)
                | Self::NoRegister
                | Self::Lost(_)
                | Self::Hashing(_)
                | Self::Contended
        )
    }

    pub(super) fn refused(&self) -> Refused {
        let asker = self.is_the_askers();
        let mut reason = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            reason = format!("{reason}: {error}");
            cause = error.source();
        }
        Refused { asker, reason }
    }
}
