//! What may be said on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli::arguments_certificate::CertificateCommand;
use crate::cli::arguments_import::ImportCommand;
use crate::cli::arguments_metadata::MetadataCommand;
use crate::cli::arguments_people::{CampaignCommand, PersonCommand, UserCommand};
use crate::cli::arguments_register::{BenchCommand, RegisterCommand, StoreCommand};
use crate::cli::arguments_requests::{RequestsCommand, StatusLink};
use crate::cli::arguments_source::SourceCommand;
use crate::cli::keys::arguments::KeysCommand;
use crate::world::certificate::KeyKind;

/// A federation bridge: SAML identity provider with SPID levels of assurance.
#[derive(Debug, Parser)]
#[command(name = "ponte", version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "Exit status: 0 done; 1 it could not be done, or `check` found errors; \
    2 the command line or the configuration is wrong.\n\nTo begin: `ponte demo` to look around, `ponte init` to set up.")]
pub struct Arguments {
    /// The configuration
    #[arg(
        long,
        global = true,
        env = "PONTE_CONFIG",
        value_name = "FILE",
        default_value = "ponte.toml"
    )]
    pub config: PathBuf,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make keys, a certificate and a commented ponte.toml
    Init(Init),
    /// Run the server
    Serve,
    /// Have the running server read again what needs no restart
    Reload,
    /// Run a server and a small service provider to try it with, on this machine only
    Demo(Demo),
    /// Say what is wrong with configuration, keys, clock and partners, and how to mend it
    Check,
    /// Signing keys: what each of them does, new ones, the change from one to the next
    Keys {
        /// What to do with them
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Keys, certificates and requests in SPID's shape, for any entity
    Certificate {
        /// What to do
        #[command(subcommand)]
        command: CertificateCommand,
    },
    /// Our own metadata, and the pre-flight of anybody's
    Metadata {
        /// What to do with it
        #[command(subcommand)]
        command: MetadataCommand,
    },
    /// Service providers kept in the store
    Sp {
        /// What to do with them
        #[command(subcommand)]
        command: SpCommand,
    },
    /// Sources of metadata: how they stand, ask one now, accept its new key
    Source {
        /// What to do with them
        #[command(subcommand)]
        command: SourceCommand,
    },
    /// People
    User {
        /// Only the people of this body: those whom its delegated administrators made (docs/operations.md)
        #[arg(long, value_name = "NAME")]
        body: Option<String>,
        /// What to do with them
        #[command(subcommand)]
        command: UserCommand,
    },
    /// The roll-out of a second factor
    Campaign {
        /// What to do with it
        #[command(subcommand)]
        command: CampaignCommand,
    },
    /// The register of requests and answers: search, show, verify, purge
    Register {
        /// What to do with it
        #[command(subcommand)]
        command: RegisterCommand,
    },
    /// Come from another system: its partners, attributes and people, and a report of what cannot be carried over
    Import {
        /// From which
        #[command(subcommand)]
        command: ImportCommand,
    },
    /// Show what comes of an upstream's attributes, by its rules
    Map {
        /// The id of the upstream
        #[arg(long, value_name = "ID")]
        upstream: String,
        /// A file with a sample: a JSON object of claims, or lines of the form name=value
        #[arg(long, value_name = "FILE")]
        sample: PathBuf,
    },
    /// Say in plain words what a support code of a page was about
    Support {
        /// The code, as the person reads it out: K7QX-2M4D-0001
        #[arg(value_name = "CODE")]
        code: String,
    },
    /// The store as one file: backup, and the way to another machine
    Store {
        /// What to do with it
        #[command(subcommand)]
        command: StoreCommand,
    },
    /// What is held about a person (data protection)
    Person {
        /// What to do with it
        #[command(subcommand)]
        command: PersonCommand,
    },
    /// How many people found each help page useful, and how many did not
    Feedback,
    /// Measure signatures and answers on this machine, in CPU time
    Bench(Bench),
}

/// `ponte init`
#[derive(Args, Debug)]
pub struct Init {
    /// Where to
    #[arg(default_value = ".", value_name = "DIR")]
    pub folder: PathBuf,
    /// Where browsers will find the server: scheme, host and port
    #[arg(long, value_name = "URL", default_value = "https://idp.example.org")]
    pub base_url: String,
    /// The organisation's name
    #[arg(long, value_name = "NAME", default_value = "Ente di esempio")]
    pub organization: String,
    /// The organisation's home page
    #[arg(long, value_name = "URL", default_value = "https://www.example.org")]
    pub organization_url: String,
    /// The organisation's identifier in the certificate: PA:IT-…, VATIT-… or CF:IT-…
    #[arg(long, value_name = "ID", default_value = "PA:IT-c_h501")]
    pub organization_id: String,
    /// The organisation's town in the certificate
    #[arg(long, value_name = "TOWN", default_value = "Roma")]
    pub locality: String,
    /// The signing key
    #[arg(long, value_enum, default_value_t = KeyChoice::Rsa2048, value_name = "KIND")]
    pub key: KeyChoice,
    /// Days that the certificate is good for
    #[arg(long, default_value_t = 1095, value_parser = clap::value_parser!(u32).range(1..=7300))]
    pub days: u32,
}

/// A kind of signing key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum KeyChoice {
    /// RSA, 2048 bits: every partner takes it
    Rsa2048,
    /// RSA, 3072 bits
    Rsa3072,
    /// RSA, 4096 bits
    Rsa4096,
    /// ECDSA on P-256: much faster, where partners take it
    EcdsaP256,
}

impl KeyChoice {
    /// What it means.
    #[must_use]
    pub fn kind(self) -> KeyKind {
        match self {
            Self::Rsa2048 => KeyKind::Rsa2048,
            Self::Rsa3072 => KeyKind::Rsa3072,
            Self::Rsa4096 => KeyKind::Rsa4096,
            Self::EcdsaP256 => KeyKind::EcdsaP256,
        }
    }
}

/// `ponte demo`
#[derive(Args, Debug)]
pub struct Demo {
    /// The folder of the demo's keys, store and register; made if it is not there, reused if it is
    #[arg(long, value_name = "DIR", default_value = "ponte-demo")]
    pub data: PathBuf,
    /// The port of the identity provider, http://idp.localhost:PORT
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The port of the service provider, http://sp.localhost:PORT
    #[arg(long, default_value_t = 8081)]
    pub sp_port: u16,
    /// The port of a second identity provider behind the first, http://dietro.localhost:PORT; without it there is none
    #[arg(long, value_name = "PORT", overrides_with = "upstream_port")]
    pub upstream_port: Option<u16>,
    /// The issuer of an OpenID provider that stands behind the first too, as ./scripts/demo starts one
    #[arg(long, value_name = "URL", overrides_with = "openid")]
    pub openid: Option<String>,
}

/// `ponte sp …`
#[derive(Debug, Subcommand)]
pub enum SpCommand {
    /// Add a service provider by its metadata, or take its new metadata
    Add(SpAdd),
    /// List all service providers: those of the metadata folder and those added
    List,
    /// Show one
    Show {
        /// Its entityID
        #[arg(value_name = "ENTITY-ID")]
        entity_id: String,
    },
    /// Remove one that was added
    Remove {
        /// Its entityID
        #[arg(value_name = "ENTITY-ID")]
        entity_id: String,
    },
    /// Metadata that integrators have submitted: look at them, approve, refuse
    Requests {
        /// What to do with them
        #[command(subcommand)]
        command: RequestsCommand,
    },
    /// Give a service provider's developer a new link to its status page, in the place of the one before
    StatusLink(StatusLink),
}

/// `ponte sp add`
#[derive(Args, Debug)]
pub struct SpAdd {
    /// Its metadata, XML
    pub file: PathBuf,
    /// What is settled with it
    #[command(flatten)]
    pub settled: SpSettled,
}

/// What is settled with a service provider, beside its metadata.
#[derive(Args, Clone, Debug, Default, Eq, PartialEq)]
pub struct SpSettled {
    /// The rules that its requests are held to; without it, as its metadata looks
    #[arg(long, value_enum)]
    pub profile: Option<ProfileChoice>,
    /// The least level for it, whatever it asks for
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub minimum_level: Option<LevelChoice>,
    /// The most that a session of the browser serves for without asking
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub single_sign_on: Option<SingleSignOnChoice>,
    /// What it is given if its metadata asks for nothing, as in --attributes name,fiscalNumber
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub attributes: Vec<String>,
    /// The kind of name that it gets for people when its request asks for none
    #[arg(long, value_enum, value_name = "KIND")]
    pub name_id: Option<NameIdChoice>,
    /// Encrypt assertions to it: its metadata must have a key for that
    #[arg(long)]
    pub encrypt_assertion: bool,
    /// By what names it knows attributes; without it, by those that its metadata asks for
    #[arg(long, value_enum, value_name = "STYLE")]
    pub attribute_style: Option<StyleChoice>,
    /// Names of its own for attributes, as in --attribute-names fiscalNumber=urn:example:cf
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub attribute_names: Vec<String>,
    /// Let people start at us, with /saml/start?sp=ENTITY-ID
    #[arg(long)]
    pub unsolicited: bool,
}

/// A kind of name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum NameIdChoice {
    /// Another one each time
    Transient,
    /// Always the same, for it alone
    Persistent,
    /// The e-mail address
    Email,
}

/// A way of naming attributes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum StyleChoice {
    /// SPID's names
    Spid,
    /// LDAP's object identifiers
    Oid,
    /// Claims of WS-Federation
    Claims,
}

/// Rules of requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum ProfileChoice {
    /// SPID's technical rules
    Spid,
    /// Plain SAML 2.0
    Generic,
}

/// What a session serves for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum SingleSignOnChoice {
    /// Nothing: every login asks
    Off,
    /// One factor
    #[value(name = "SpidL1")]
    SpidL1,
    /// Two factors
    #[value(name = "SpidL2")]
    SpidL2,
    /// Two factors, one of them a certificate
    #[value(name = "SpidL3")]
    SpidL3,
}

/// A level.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum LevelChoice {
    /// One factor
    #[value(name = "SpidL1")]
    SpidL1,
    /// Two factors
    #[value(name = "SpidL2")]
    SpidL2,
    /// Two factors, one of them a certificate
    #[value(name = "SpidL3")]
    SpidL3,
}

/// `ponte bench`
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Bench {
    /// Another measure than that of signatures and answers
    #[command(subcommand)]
    pub command: Option<BenchCommand>,
    /// Seconds that each measure takes, all rounds together
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub seconds: u64,
    /// Measure one thing only
    #[arg(long, value_enum)]
    pub only: Option<Measure>,
    /// Measure logins among a thousand people and rows of the register, and again among so many people
    #[arg(long, value_name = "N", conflicts_with = "only", value_parser = clap::value_parser!(u64).range(1000..=10_000_000))]
    pub people: Option<u64>,
    /// The same for rows of the register
    #[arg(long, value_name = "N", conflicts_with = "only", value_parser = clap::value_parser!(u64).range(1000..=10_000_000))]
    pub rows: Option<u64>,
}

/// What `ponte bench` measures.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Measure {
    /// Signatures and their verification
    Signatures,
    /// From a request to its answer
    Span,
    /// Whole logins, password hash and all
    Logins,
    /// Logins by way of another identity provider
    Bridge,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn proofing_needs_operator_and_evidence() {
        let parse = |rest: &[&str]| {
            Arguments::try_parse_from(["ponte", "user", "add", "ada"].iter().chain(rest))
        };
        let operator = ["--proofing-operator", "desk 3"];
        let evidence = ["--proofing-evidence", "2026/17"];
        assert!(parse(&[&["--proofing", "desk"], &operator[..], &evidence[..]].concat()).is_ok());
        assert!(parse(&[&["--proofing", "desk"], &operator[..]].concat()).is_err());
        assert!(parse(&["--proofing", "desk"]).is_err());
        assert!(parse(&evidence).is_err());
        assert!(parse(&[]).is_ok());
    }
}
