//! Why a command could not be carried out, for the person who gave it.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::admin::client::ClientError;
use crate::admin::command::Refused;
use crate::config::fault::ConfigError;
use crate::factors::password::TooLong;
use crate::register::error::RegisterError;
use crate::register::package::BadPackage;
use crate::saml::enveloped::EnvelopError;
use crate::saml::metadata::publish::PublishError;
use crate::saml::signature::KeyError as PublicKeyError;
use crate::saml::upstream::metadata::write::DescribeError;
use crate::store::export::ExportError;
use crate::store::port::StoreError;
use crate::telemetry::log::BadDirectives;
use crate::web::tls::BadTls;
use crate::world::authorities::BadAuthorities;
use crate::world::certificate::CertificateError;
use crate::world::fetch::FetchSetupError;
use crate::world::key_place::{BadPlace, KeyPlace};
use crate::world::recipient::RecipientError;
use crate::world::roles::RolesError;
use crate::world::seal::SealError;
use crate::world::signer::{KeyError, SignError};
use crate::world::smpp::gateway::BadAuthority;
use crate::world::smpp::pdu::Unfit;
use crate::world::sms_gateway::BadTemplate;
use crate::world::smtp::SmtpError;
use crate::world::token::TokenError;

/// A command could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// There is no such campaign.
    #[error("the configuration has no campaign {0:?}")]
    NoCampaign(String),
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The metadata of an entity of ours could not be written.
    #[error("the metadata of relying party {0:?} could not be written")]
    Entity(String, #[source] DescribeError),
    /// The authorities of an issuer of cards cannot be used.
    #[error("smart-card.issuer {name:?}: {}", file.display())]
    CardAuthorities {
        /// Whose.
        name: String,
        /// Their file.
        file: PathBuf,
        /// Why.
        #[source]
        source: BadAuthorities,
    },
    /// A source was asked, and what it gave was not taken.
    #[error("the source {0} gave nothing that could be taken ({1}); what was in use stays in use")]
    SourceRefused(String, String),
    /// Nothing of a source waits.
    #[error("nothing of the source {0} waits to be accepted")]
    NothingWaits(String),
    /// There is no upstream of that name.
    #[error("there is no [[upstream]] {0:?} in the configuration")]
    NoUpstream(String),
    /// There is no configuration.
    #[error(
        "there is no configuration {}: make one with `ponte init`, or name it with --config",
        .0.display()
    )]
    NoConfig(PathBuf),
    /// A file could not be read, written or made.
    #[error("{} could not be {done}", path.display())]
    File {
        /// What could not be done: "read".
        done: &'static str,
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// `init` would have to overwrite.
    #[error("{} is there already, and nothing is overwritten: choose another folder, or move it away", .0.display())]
    Exists(PathBuf),
    /// A version of metadata that cannot be compared.
    #[error("{} cannot be compared", .0.display())]
    Compare(PathBuf, #[source] crate::saml::metadata::picture::NoPicture),
    /// A table of bodies that cannot be read as one.
    #[error("{}: {reason}", path.display())]
    Table {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// What was said on the command line cannot be used.
    #[error("{what}: expected {expected}, found {found:?}")]
    Argument {
        /// Which argument.
        what: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// A key pair cannot be used.
    #[error("{0}")]
    Key(KeyPlace, #[source] KeyError),
    /// The list of signing keys cannot be read.
    #[error("{}", .0.display())]
    KeyList(PathBuf, #[source] RolesError),
    /// The list of signing keys cannot be changed so.
    #[error(transparent)]
    Roles(#[from] RolesError),
    /// Another command is changing the keys.
    #[error("another command is changing the keys of {} at this moment: try again", .0.display())]
    KeysInUse(PathBuf),
    /// A private key lies open.
    #[error(
        "{} may be read or changed by others: chmod 600 it, and chown it to the user that runs ponte",
        .0.display()
    )]
    Exposed(PathBuf),
    /// A text of the list names no key.
    #[error(transparent)]
    Place(#[from] BadPlace),
    /// A certificate cannot be read.
    #[error("{}", .0.display())]
    BadCertificate(PathBuf, #[source] CertificateError),
    /// A key without a place cannot be used.
    #[error("a key")]
    BareKey(#[from] KeyError),
    /// The token cannot be used.
    #[error("keys.pkcs11")]
    Token(#[source] TokenError),
    /// The collector of traces cannot be spoken to.
    #[error("telemetry")]
    Fetch(#[source] FetchSetupError),
    /// Traces cannot be sent.
    #[error("telemetry")]
    Traces(#[source] opentelemetry_otlp::ExporterBuildError),
    /// The key for push services cannot be used.
    #[error("app.push-key")]
    PushKey(#[source] Box<dyn Error + Send + Sync>),
    /// A gateway for SMS cannot be spoken to.
    #[error("sms.gateway")]
    SmsTemplate(#[source] BadTemplate),
    /// TLS towards a gateway for SMS cannot be set up.
    #[error("sms.gateway")]
    SmsAuthority(#[source] BadAuthority),
    /// The account at a gateway for SMS does not fit in what is sent.
    #[error("sms.gateway")]
    SmsAccount(#[source] Unfit),
    /// The mail server cannot be spoken to.
    #[error("mail")]
    Mail(#[source] SmtpError),
    /// The token's PIN is not known.
    #[error(
        "the token's PIN is not known: name a file in keys.pkcs11.pin-file, or set PONTE_KEYS_PKCS11_PIN"
    )]
    NoPin,
    /// The register needs the certificate.
    #[error(
        "{} was signed with it, and the register cannot be opened without: start the server once, or let it run on, and try again",
        .0.display()
    )]
    SignedRegister(PathBuf),
    /// The keys were changed, and the running server goes on with the ones before.
    #[error(
        "this is done, but the running server goes on with the keys that it had: mend what follows, and tell it by SIGHUP"
    )]
    NotTakenUp(#[source] Box<Self>),
    /// Certificates end soon, or keys cannot be used, which was told.
    #[error("{0} above: renew what ends (docs/keys.md)")]
    Ending(Count),
    /// A certificate has not the shape that it was to have.
    #[error("the certificate is not as it should be: {0}")]
    Shape(String),
    /// The seal's key, or the ring of data keys, cannot be used.
    #[error("{}", .0.display())]
    Seal(PathBuf, #[source] SealError),
    /// A certificate cannot be made or read.
    #[error("the certificate")]
    Certificate(#[from] CertificateError),
    /// Example keys outside the demo.
    #[error(
        "{} is an example key, which anybody has: nothing but `ponte demo` starts with it (make your own with `ponte init`)",
        .0.display()
    )]
    ExampleKey(PathBuf),
    /// A ring of data keys is missing beside a store that has one.
    #[error(
        "{} is missing: what is in the store cannot be read without it (bring it back from a copy of the data folder)",
        .0.display()
    )]
    NoRing(PathBuf),
    /// The store cannot be opened, or fails.
    #[error(transparent)]
    Store(StoreError),
    /// No server runs.
    #[error("no server is running: it reads everything when it starts")]
    NothingRuns,
    /// The server keeps to what it had.
    #[error("not everything can be used, and what was there before stays: {0}")]
    NotReloaded(String),
    /// The running server did not answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The desk refused.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// No password could be read.
    #[error("no password could be read (--password-stdin reads it from standard input)")]
    NoPassword(#[source] std::io::Error),
    /// No confirmation could be read.
    #[error("no confirmation could be read (--fiscal-code gives it on the command line)")]
    NoConfirmation(#[source] std::io::Error),
    /// Another system's configuration cannot be read: where, and why.
    #[error("{0}")]
    Elsewhere(String),
    /// Lines of an import, which were told.
    #[error("{bad} found in the lines above; people added: {added}")]
    BadLines {
        /// How many lines.
        bad: Count,
        /// How many people were added.
        added: usize,
    },
    /// The runtime could not be started.
    #[error("the threads of this program could not be started")]
    Runtime(#[source] std::io::Error),
    /// A change of keys cannot go on.
    #[error("{0}")]
    Rollover(String),
    /// There is no signing key.
    #[error("there is no signing key: make one with `ponte keys new`")]
    NoSigningKey,
    /// Our metadata cannot be written.
    #[error("our metadata cannot be written")]
    Metadata(#[source] EnvelopError),
    /// What is published could not be made.
    #[error("{0} is not published")]
    Publish(String, #[source] PublishError),
    /// The register cannot be opened.
    #[error("the register cannot be used")]
    Register(#[source] RegisterError),
    /// An export cannot be sealed.
    #[error("the export cannot be sealed")]
    ExportSeal(#[source] SealError),
    /// An export cannot be read.
    #[error("{}", .0.display())]
    Export(PathBuf, #[source] ExportError),
    /// An export is of other keys.
    #[error("{} does not open with this key: it was made with another keys.seal, passphrase or recipient", .0.display())]
    ImportKey(PathBuf),
    /// An export's recipient cannot be used.
    #[error("{}", .0.display())]
    Recipient(PathBuf, #[source] RecipientError),
    /// Nothing is imported over what is there.
    #[error("the store in {} is not empty, and nothing is overwritten: move it away first", .0.display())]
    StoreNotEmpty(PathBuf),
    /// The data folder has other data keys.
    #[error(
        "{} has other data keys than the export: what they sealed (a register?) could not be read any longer. Import into another data folder",
        .0.display()
    )]
    OtherRing(PathBuf),
    /// Something is amiss with the register.
    #[error("the register is not as it was written: {0}")]
    Amiss(String),
    /// A package proves nothing.
    #[error("{}", .0.display())]
    Package(PathBuf, #[source] BadPackage),
    /// The log's level is none.
    #[error("server.log-level cannot be used")]
    Log(#[source] BadDirectives),
    /// The port cannot be had.
    #[error("nothing can listen on {0} (is it taken by another program?)")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// TLS cannot be spoken with these files.
    #[error("{}", .0.display())]
    Tls(PathBuf, #[source] BadTls),
    /// An address of the demo is none.
    #[error("the address of the demo's service provider cannot be used")]
    Address(#[source] url::ParseError),
    /// Our own key cannot be read back.
    #[error("our own signing key cannot be used")]
    OwnKey(#[source] PublicKeyError),
    /// A password could not be hashed.
    #[error("a password could not be hashed")]
    Hash(#[source] TooLong),
    /// Signals cannot be heard.
    #[error("the signals to stop cannot be heard")]
    Signals(#[source] std::io::Error),
    /// A measurement could not be made.
    #[error("the measurement could not be made")]
    Bench(#[source] std::io::Error),
    /// What a measurement needs was not as it should be: a key, a login.
    #[error("the measurement's own house does not work")]
    BenchKey,
    /// A message cannot be written or signed.
    #[error("a message cannot be written or signed")]
    Envelop(#[source] EnvelopError),
    /// A key does not sign.
    #[error("a key does not sign")]
    Sign(#[source] SignError),
    /// `check` found errors, which it has printed.
    #[error("{0} found")]
    Unsound(Count),
}

/// A number of errors.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Count(pub usize);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} error{}", self.0, if self.0 == 1 { "" } else { "s" })
    }
}

impl CliError {
    /// What turns an input/output error about `path` into one of ours.
    pub fn file(done: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File { done, path: path.to_owned(), source }
    }

    /// What turns an input/output error about `address` into one of ours.
    pub fn listen(address: SocketAddr) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Listen(address, source)
    }

    /// The exit status: 2 if command line or configuration is wrong, else 1.
    #[must_use]
    pub fn status(&self) -> u8 {
        match self {
            Self::Config(_) | Self::NoConfig(_) | Self::Argument { .. } | Self::Table { .. } => 2,
            _ => 1,
        }
    }

    /// The error and its causes, in one line if each is one.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }
}
