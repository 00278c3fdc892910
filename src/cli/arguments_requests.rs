//! What may be said on the command line about submissions of metadata, and of status pages.

use clap::{Args, Subcommand};

use crate::cli::arguments::SpSettled;
use crate::cli::arguments_metadata::ReportLanguage;

/// `ponte sp requests …`
#[derive(Debug, Subcommand)]
pub enum RequestsCommand {
    /// List the submissions that are kept, the newest first
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Those too of which nothing can become any more
        #[arg(long)]
        all: bool,
    },
    /// Show one: its state and history, the pre-flight, and what it would change
    Show(RequestShow),
    /// Look for the token of one at the entity's address; it is proved if the token is there
    Check {
        /// Its id
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Register the metadata of one that is proved
    Approve(RequestApprove),
    /// Refuse one
    Refuse {
        /// Its id
        #[arg(value_name = "ID")]
        id: String,
        /// Why, for its author to read: one line
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// `ponte sp requests show`
#[derive(Args, Debug)]
pub struct RequestShow {
    /// Its id
    #[arg(value_name = "ID")]
    pub id: String,
    /// Print its metadata and nothing else
    #[arg(long, conflicts_with = "json")]
    pub metadata: bool,
    /// Print JSON, metadata with it
    #[arg(long)]
    pub json: bool,
    /// The language of the pre-flight
    #[arg(long, value_enum, default_value_t = ReportLanguage::En)]
    pub language: ReportLanguage,
}

/// `ponte sp requests approve`
#[derive(Args, Debug)]
#[command(
    after_help = "The metadata go into the store, as `ponte sp add` does it, and count at once. \
If the service provider is registered already, what was settled with it stays, unless something is settled here."
)]
pub struct RequestApprove {
    /// Its id
    #[arg(value_name = "ID")]
    pub id: String,
    /// A rule of the pre-flight that all would refuse the metadata for, and that is known; several with commas
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub in_spite_of: Vec<String>,
    /// What is settled with it
    #[command(flatten)]
    pub settled: SpSettled,
}

/// `ponte sp status-link`
#[derive(Args, Debug)]
#[command(
    after_help = "Whoever has the link sees the last requests of the service provider, with every check: no names, no \
attributes. The link is shown once, and works until it is replaced or revoked."
)]
pub struct StatusLink {
    /// Its entityID
    #[arg(value_name = "ENTITY-ID")]
    pub entity_id: String,
    /// Make the link that it has worthless, and give out none
    #[arg(long)]
    pub revoke: bool,
}
