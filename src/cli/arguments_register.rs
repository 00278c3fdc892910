//! What may be said on the command line of `ponte register` and `ponte store`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `ponte register …`
#[derive(Debug, Subcommand)]
pub enum RegisterCommand {
    /// Find rows, the newest first; who looked is written to the access journal
    #[command(after_help = "Examples:
  ponte register search --fiscal-code RSSMRA80A01H501U --from 2026-01-01
  ponte register search --service-provider https://sp.example.org --outcome nr19 --limit 20
  ponte register search --support-id 7KQ2-M4TD --json")]
    Search(RegisterSearch),
    /// Show one row, whole
    #[command(after_help = "Examples:
  ponte register show 1042
  ponte register show _5d8c… --json")]
    Show {
        /// Its number, or the ID of its response, request or support
        id: String,
        /// All of it as JSON, the XML too
        #[arg(long)]
        json: bool,
    },
    /// Write one row as a package that others can check
    #[command(after_help = "Examples:
  ponte register export 1042 --out transaction.tar
  ponte register verify-package transaction.tar --certificate keys/signing.crt")]
    Export {
        /// Its number, or the ID of its response, request or support
        id: String,
        /// The package, a tar file; it must not be there yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Check a package; needs no configuration
    #[command(after_help = "Example:
  ponte register verify-package transaction.tar --certificate signing.crt")]
    VerifyPackage {
        /// The package
        file: PathBuf,
        /// The identity provider's certificate (PEM), got another way than with the package
        #[arg(long, value_name = "FILE")]
        certificate: Option<PathBuf>,
    },
    /// Walk the whole chain, and name the first record that is not as it was written
    #[command(after_help = "Examples:
  ponte register verify
  ponte register verify --from 2026-10
  ponte register verify --witness /audit/2026-11-28.checkpoint
  ponte register verify --folder /backup/register --checkpoint /backup/register.checkpoint

Exit status: 0 all is sound; 1 something is amiss, or could not be read; 2 the command line or the configuration is wrong.")]
    Verify(RegisterVerify),
    /// Make the index anew from the register; may be interrupted and goes on where it was
    #[command(after_help = "Example:
  ponte register reindex")]
    Reindex,
    /// Remove the months of which every row is older than 24 months, as the server does every day
    #[command(after_help = "Examples:
  ponte register purge --dry-run
  ponte register purge")]
    Purge {
        /// Only say which months would go
        #[arg(long)]
        dry_run: bool,
    },
    /// Keep months from being purged
    Hold {
        /// What to do with holds
        #[command(subcommand)]
        command: HoldCommand,
    },
}

/// `ponte register search`
#[derive(Args, Debug)]
pub struct RegisterSearch {
    /// The request's ID
    #[arg(long, value_name = "ID")]
    pub request_id: Option<String>,
    /// The response's ID
    #[arg(long, value_name = "ID")]
    pub response_id: Option<String>,
    /// The person's fiscal code, with or without TINIT-
    #[arg(long, value_name = "CODE")]
    pub fiscal_code: Option<String>,
    /// The service provider's entityID
    #[arg(long, value_name = "ENTITY-ID")]
    pub service_provider: Option<String>,
    /// The code that the person saw
    #[arg(long, value_name = "CODE")]
    pub support_id: Option<String>,
    /// The serial number of a certificate by which somebody came: a workstation's or a card's, hexadecimal. Every row
    /// between --from and --to is read for it
    #[arg(long, value_name = "SERIAL")]
    pub certificate: Option<String>,
    /// The outcome: authenticated, nr19, …
    #[arg(long, value_name = "WORD")]
    pub outcome: Option<String>,
    /// From this day (UTC) or instant on: 2026-10-31 or 2026-10-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Until the end of this day (UTC), or before this instant
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// So many rows at most
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    /// A JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `ponte register verify`
#[derive(Args, Debug)]
pub struct RegisterVerify {
    /// Begin with this month, and take what was before as sound
    #[arg(long, value_name = "YYYY-MM")]
    pub from: Option<String>,
    /// Show how far it is, even if nobody looks at a terminal
    #[arg(long)]
    pub progress: bool,
    /// A copy of the register's folder, instead of the one of the configuration
    #[arg(long, value_name = "DIR", requires = "checkpoint")]
    pub folder: Option<PathBuf>,
    /// A copy of its checkpoint
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// A checkpoint of an earlier time that was kept elsewhere: what it counts must be there still; may be given again
    #[arg(long, value_name = "FILE")]
    pub witness: Vec<PathBuf>,
}

/// `ponte register hold …`
#[derive(Debug, Subcommand)]
pub enum HoldCommand {
    /// Hold all months, or those from one to another
    #[command(after_help = "Example:
  ponte register hold add --reason \"Procura di Roma, 1234/2026\" --from 2026-01 --to 2026-03")]
    Add {
        /// Why: the authority, and the number of its request
        #[arg(long)]
        reason: String,
        /// The first month held; without it the oldest
        #[arg(long, value_name = "YYYY-MM")]
        from: Option<String>,
        /// The last month held; without it the newest
        #[arg(long, value_name = "YYYY-MM")]
        to: Option<String>,
    },
    /// Hold no longer
    Remove {
        /// The hold's id
        id: String,
    },
    /// List the holds
    List,
}

/// `ponte store …`
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Write people, credentials, sessions and service providers to a sealed file; the server may run
    #[command(after_help = "Examples:
  ponte store export /backup/ponte.store
  ponte store export ponte.store --recipient colleague.crt
  ponte store export ponte.store --passphrase-file /run/secrets/backup

Printed is the file's SHA-256, as sha256sum -c reads it.")]
    Export(StoreExport),
    /// Read such a file into an empty store; the server must not run
    #[command(after_help = "Examples:
  ponte store import /backup/ponte.store
  ponte store import ponte.store --identity colleague.key")]
    Import(StoreImport),
}

/// `ponte store export`
#[derive(Args, Debug)]
pub struct StoreExport {
    /// The file; it must not be there yet. It opens with keys.seal, unless another way is named
    pub file: PathBuf,
    /// Ask for a passphrase that opens it
    #[arg(long, conflicts_with = "recipient")]
    pub passphrase: bool,
    /// The file of a passphrase that opens it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["recipient", "passphrase"])]
    pub passphrase_file: Option<PathBuf>,
    /// The certificate or RSA public key (PEM) of who may open it
    #[arg(long, value_name = "FILE")]
    pub recipient: Option<PathBuf>,
}

/// `ponte store import`
#[derive(Args, Debug)]
pub struct StoreImport {
    /// The export
    pub file: PathBuf,
    /// The file of its passphrase, if it has one; otherwise it is asked for
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// The private key (PEM) of its recipient
    #[arg(long, value_name = "FILE")]
    pub identity: Option<PathBuf>,
    /// Keep people's sessions: only if the server stopped before the export was made, else what was ended since lives again
    #[arg(long)]
    pub keep_sessions: bool,
}

/// `ponte bench …`
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Write a register of many rows, and measure search, verification, index and room
    Register(BenchRegister),
    /// Make a large list of metadata, and measure its verification, the start with it, MDQ answers, and logins meanwhile
    Aggregate(BenchAggregate),
}

/// `ponte bench aggregate`
#[derive(Args, Debug)]
pub struct BenchAggregate {
    /// How many entities, of about 8 KB each
    #[arg(long, default_value_t = 1_000, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(2..=100_000))]
    pub entities: usize,
    /// One step, in the folder of a run: runs start themselves so
    #[arg(long, hide = true, requires = "folder")]
    pub step: Option<BenchStep>,
    /// The folder
    #[arg(long, hide = true)]
    pub folder: Option<PathBuf>,
}

/// What a run of `ponte bench aggregate` does in a process of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub enum BenchStep {
    /// Copy, verify and index
    Verify,
    /// Open
    Open,
}

/// `ponte bench register`
#[derive(Args, Debug)]
pub struct BenchRegister {
    /// How many rows
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1000..=100_000_000))]
    pub rows: u64,
    /// Where to: about 6 KB a row, removed afterwards
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
}
