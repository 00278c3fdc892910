//! What may be asked of the desk, and what it answers; the socket's messages too.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::admin::archive::{Ask, Told};
use crate::admin::campaigns::{Answered, Asked};
use crate::admin::credential_row::CredentialRow;
use crate::admin::partner::Partner;
use crate::admin::privacy::{Erased, Export};
use crate::admin::recovery::RecoveryCode;
use crate::admin::reloaded::Reloaded;
use crate::admin::requests::{AskRequest, ToldRequest};
use crate::admin::sightings::{AskSightings, Seen};
use crate::admin::sources::{AskSource, ToldSource};
use crate::enrolment::activation::Delivery;
use crate::enrolment::credential::CredentialState;
use crate::enrolment::recovery::Lost;
use crate::identity::account::{AccountState, Change, Identity, Proofing};
use crate::identity::kind::IdentityKind;
use crate::partners::registry::Entry;
use crate::register::access::Asker;

/// What may be asked.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// Whether anybody is there.
    Greet,
    /// Carry out a command about people for a delegated administrator of one body.
    Within {
        /// The body.
        body: String,
        /// What is asked.
        command: Box<Self>,
    },
    /// Read again what can be read again without a restart.
    Reload,
    /// Add a person.
    AddPerson(Box<NewPerson>),
    /// Say whether a person could be added, and add nothing.
    CheckPerson(Box<NewPerson>),
    /// Add people, or say of each whether they could be added.
    Import {
        /// Who.
        people: Vec<NewPerson>,
        /// Whether to add nothing.
        dry: bool,
    },
    /// People, in no order that means anything, after a mark given before.
    ListPeople {
        /// `None` begins.
        after: Option<String>,
    },
    /// One person.
    ShowPerson {
        /// The user name, however it is written.
        username: String,
    },
    /// Give a person one more identity.
    AddIdentity {
        /// The user name, however it is written.
        username: String,
        /// The identity.
        identity: Box<NewIdentity>,
    },
    /// Let a person log in, or use an identity, or not.
    SetState {
        /// The user name, however it is written.
        username: String,
        /// From now on.
        set: StateOf,
    },
    /// Give a person a new activation code in the place of the one before.
    NewCode {
        /// The user name, however it is written.
        username: String,
        /// How the code reaches the person.
        delivery: Delivery,
    },
    /// Let a card of a person count, or take it from them for good.
    SetCard {
        /// The user name, however it is written.
        username: String,
        /// The serial number of its certificate, hexadecimal.
        serial: String,
        /// Whether it is to count.
        counts: bool,
    },
    /// Find whose card it is.
    FindCard {
        /// The serial number of its certificate, hexadecimal.
        serial: String,
    },
    /// Give a person whom the desk has identified anew a code by which they recover what they lost.
    RecoverPerson {
        /// The user name, however it is written.
        username: String,
        /// What was lost.
        lost: Lost,
        /// How they were identified.
        proofing: Proofing,
    },
    /// Give a person another e-mail address.
    SetAddress {
        /// The user name, however it is written.
        username: String,
        /// The address.
        address: String,
    },
    /// Say that an account is a machine's, or that it is not.
    SetUnattended {
        /// The user name, however it is written.
        username: String,
        /// Whether it is.
        on: bool,
    },
    /// Look at a campaign, or grant time in it.
    Campaign(Box<Asked>),
    /// Give out what the store holds about a person.
    ExportPerson {
        /// The user name, however it is written.
        username: String,
    },
    /// Erase a person from the store.
    ErasePerson {
        /// The user name, however it is written.
        username: String,
        /// Their fiscal code, or the user name of who has none.
        confirmation: String,
    },
    /// Add a service provider, or take its new metadata.
    AddServiceProvider {
        /// Its metadata, XML.
        metadata: String,
        /// What is settled with it; an entry of the configuration goes before it.
        entry: Entry,
    },
    /// The metadata of a service provider that is in use and not disabled.
    GetMetadata {
        /// Its entityID.
        entity_id: String,
    },
    /// All service providers, those of the metadata folder too.
    ListServiceProviders,
    /// One service provider.
    ShowServiceProvider {
        /// Its entityID.
        entity_id: String,
    },
    /// Remove a service provider that was added.
    RemoveServiceProvider {
        /// Its entityID.
        entity_id: String,
    },
    /// Write an export of the store.
    ExportStore {
        /// To this file, which is not there.
        to: PathBuf,
        /// The export's first line.
        head: String,
        /// The file's key.
        key: String,
    },
    /// How many found each help page useful.
    CountVotes,
    /// Look into the register, or keep it.
    Register(Ask, Asker),
    /// Read the signing keys again.
    ReloadKeys,
    /// Look at the sources of metadata, or have one asked.
    Source(AskSource),
    /// What service providers are seen to know of our keys.
    Sightings(AskSightings),
    /// Look at submissions of metadata, or decide them.
    Requests(Box<AskRequest>),
}

impl Command {
    /// The same, given by the user of this number, as the system says: no command says so itself.
    #[must_use]
    pub fn given_by(self, uid: Option<u32>) -> Self {
        match self {
            Self::Register(ask, asker) => Self::Register(ask, Asker { uid, ..asker }),
            Self::Source(ask) => Self::Source(ask.given_by(uid)),
            Self::Requests(ask) => Self::Requests(Box::new(ask.given_by(uid))),
            other => other,
        }
    }
}

/// What was done, or found.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Done {
    /// Somebody is there.
    Greeted {
        /// Of this version.
        version: String,
    },
    /// What could be read again was.
    Reloaded(Reloaded),
    /// Help pages: useful to so many, and not to so many.
    Votes(Vec<(String, u64, u64)>),
    /// Nothing stands in the way.
    Checked,
    /// A person was added.
    Added(Added),
    /// What came of each of the people, in order.
    Imported(Vec<Imported>),
    /// Some people, and where to go on; `None`: these were the last.
    People(Vec<PersonRow>, Option<String>),
    /// One person.
    Person(Box<Person>),
    /// An identity was added.
    IdentityAdded {
        /// The user name as it is kept.
        username: String,
        /// The identity.
        identity: Box<Identity>,
    },
    /// The state was set.
    StateSet {
        /// The user name as it is kept.
        username: String,
        /// As it is now.
        state: AccountState,
    },
    /// A card counts, or does no more.
    CardSet {
        /// The user name as it is kept.
        username: String,
        /// As it is now.
        state: CredentialState,
    },
    /// People, by user name, and their cards with that serial number.
    Cards(Vec<(String, CredentialRow)>),
    /// A code for a recovery.
    RecoveryCode(RecoveryCode),
    /// The address was set.
    AddressSet {
        /// The user name as it is kept.
        username: String,
    },
    /// It was said whose the account is.
    UnattendedSet {
        /// The user name as it is kept.
        username: String,
    },
    /// Of a campaign.
    Campaign(Box<Answered>),
    /// What the store holds about a person.
    Exported(Box<Export>),
    /// A person was erased.
    Erased(Erased),
    /// A service provider was added.
    ServiceProviderAdded {
        /// As it is now.
        service_provider: Box<Partner>,
        /// Whether it was there with other metadata.
        replaced: bool,
        /// What is odd in its metadata.
        warnings: Vec<String>,
    },
    /// Metadata, XML, as they came; `None` if there are none in use.
    Metadata(Option<String>),
    /// All service providers, and what of the metadata cannot be used.
    ServiceProviders(Vec<Partner>, Vec<String>),
    /// One service provider.
    ServiceProvider(Box<Partner>),
    /// It was removed.
    ServiceProviderRemoved,
    /// The export is written.
    StoreExported {
        /// How many values of each kind.
        spaces: Vec<(String, u64)>,
        /// How many bytes the file has.
        bytes: u64,
        /// Its SHA-256, in hexadecimal.
        sha256: String,
    },
    /// Of the register.
    Register(Box<Told>),
    /// Of the sources of metadata.
    Source(Box<ToldSource>),
    /// What service providers are seen to know of our keys.
    Sightings(Vec<Seen>),
    /// Of submissions of metadata.
    Requests(Box<ToldRequest>),
    /// The signing keys were read again.
    KeysReloaded {
        /// The SHA-256 of the certificate of the key that signs from here on.
        certificate: String,
    },
}

/// What was asked could not be done.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, thiserror::Error)]
#[serde(deny_unknown_fields)]
#[error("{reason}")]
pub struct Refused {
    /// Whether the asker erred; else the server failed.
    pub asker: bool,
    /// Why, causes included.
    pub reason: String,
}

/// A person to be added: a line of `ponte user import`.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NewPerson {
    /// What the person will type.
    pub username: String,
    /// The password; or else `password_hash`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// A password's hash from elsewhere: argon2id, PHC string, or one of another system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<String>,
    /// Whether the password only leads to a new one, at the first login (TS-09).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub password_expired: bool,
    /// Whether nobody may log in with the account for now (`ponte user resume`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspended: bool,
    /// Of what kind the first identity is.
    #[serde(default)]
    pub kind: IdentityKind,
    /// Its attributes by name; without a `spidCode` one is made.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// How it was established.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proofing: Option<Proofing>,
    /// The person's further identities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<NewIdentity>,
    /// How password and activation code reach the person: what is bound with them is worth no more.
    #[serde(default = "by_contact")]
    pub delivery: Delivery,
}

impl NewPerson {
    /// Somebody of whom nothing else is said.
    #[must_use]
    pub fn named(username: String) -> Self {
        Self {
            username,
            password: None,
            password_hash: None,
            password_expired: false,
            suspended: false,
            kind: IdentityKind::default(),
            attributes: BTreeMap::new(),
            proofing: None,
            identities: Vec::new(),
            delivery: by_contact(),
        }
    }
}

/// An identity to be added to a person.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NewIdentity {
    /// Of what kind it is.
    #[serde(default)]
    pub kind: IdentityKind,
    /// Its attributes by name; without a `spidCode` one is made.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// How it was established.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proofing: Option<Proofing>,
}

impl std::fmt::Debug for NewIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewIdentity").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// A state that is set, of a person or of one of their identities.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StateOf {
    /// The `spidCode` of the identity; `None` is the account, all identities with it.
    pub identity: Option<String>,
    /// From now on.
    pub state: AccountState,
    /// Why; may be empty.
    pub reason: String,
}

impl std::fmt::Debug for NewPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewPerson")
    }
}

fn by_contact() -> Delivery {
    Delivery::VerifiedContact
}

/// A person was added.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Added {
    /// The user name as it is kept.
    pub username: String,
    /// In groups of four; told once, kept nowhere in clear.
    pub activation_code: String,
    /// From then on the code is worth nothing.
    pub code_expires: DateTime<Utc>,
}

impl std::fmt::Debug for Added {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Added").field("username", &self.username).finish_non_exhaustive()
    }
}

/// What came of one of many people.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Imported {
    /// Nothing stands in the way; nothing was written.
    Good,
    /// They were added.
    Added(Added),
    /// They were added by the same line before.
    There {
        /// The user name as it is kept.
        username: String,
    },
    /// They cannot be added, and why.
    Refused(String),
}

/// A person in a list.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PersonRow {
    /// The user name as it is kept.
    pub username: String,
    /// Given and family names, as far as known.
    pub name: String,
    /// Whether the person may log in.
    pub state: AccountState,
    /// Whether an identity of theirs was established.
    pub proofed: bool,
    /// How many identities they hold.
    pub identities: usize,
    /// When the account was made.
    pub created: DateTime<Utc>,
}

/// A person as administrators see one: no secret.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Person {
    /// The user name as it is kept.
    pub username: String,
    /// Whether the person may log in.
    pub state: AccountState,
    /// How that came about.
    pub history: Vec<Change>,
    /// When the account was made.
    pub created: DateTime<Utc>,
    /// The first login with a second factor that counted.
    pub first_second_factor: Option<DateTime<Utc>>,
    /// The person's identities.
    pub identities: Vec<Identity>,
    /// The person's factors.
    pub credentials: Vec<CredentialRow>,
}
