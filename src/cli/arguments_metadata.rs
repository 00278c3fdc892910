//! What may be said on the command line of `ponte metadata`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::arguments_people::FormatChoice;
use crate::texts::language::Language;

/// `ponte metadata …`
#[derive(Debug, Subcommand)]
pub enum MetadataCommand {
    /// Print our signed metadata, as the server shows it at /metadata
    Show,
    /// Say what is wrong with metadata or a SAML message, who refuses it for that, and how to mend it
    Lint(MetadataLint),
    /// Say what changed from one version of metadata to the next, in the terms of the field
    Diff(MetadataDiff),
    /// Write what is published ([publish]) as files, for any web server: each entity, the list, a tree for MDQ
    Publish(MetadataPublish),
    /// Write and sign the metadata of many bodies, from a table of them
    Factory(MetadataFactory),
}

/// `ponte metadata lint`
#[derive(Args, Debug)]
#[command(
    after_help = "Exit status: 0 nobody would refuse it; 1 somebody would; 2 it cannot be read."
)]
pub struct MetadataLint {
    /// Metadata, an AuthnRequest, a Response or a logout message: XML, base64 or a redirect's address; - reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Whose rules metadata are held to: spid-public, spid-private, spid-ag-public-full, cie-public, spid-idp, …; guessed if not said
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// The language of the text, the SARIF and the HTML
    #[arg(long, value_enum, default_value_t = ReportLanguage::En)]
    pub language: ReportLanguage,
    /// Print JSON, with both languages
    #[arg(long, conflicts_with = "sarif")]
    pub json: bool,
    /// Print SARIF 2.1.0
    #[arg(long)]
    pub sarif: bool,
    /// Write a report in HTML to this file too
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// `ponte metadata diff`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  ponte metadata diff sp-old.xml sp-new.xml
  ponte metadata diff sp-old.xml sp-new.xml --uses --language it
  curl -s https://sp.example.org/metadata | ponte metadata diff metadata/sp/sp.xml - --json

Exit status: 0 nothing changed; 1 something did; 2 one of them cannot be read.")]
pub struct MetadataDiff {
    /// The version before: an entity, or an aggregate; - reads standard input
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// The version now
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// Say too how many logins of the last seven days used what is gone, by the register; needs the configuration
    #[arg(long)]
    pub uses: bool,
    /// The language of the text
    #[arg(long, value_enum, default_value_t = ReportLanguage::En)]
    pub language: ReportLanguage,
    /// Print JSON, with both languages
    #[arg(long)]
    pub json: bool,
}

/// `ponte metadata publish`
#[derive(Args, Debug)]
#[command(
    after_help = "What is still good for more than half of its time, and came from the same, is left as it is; so run it at least that
often (a timer, every quarter of publish.valid-hours). Files are replaced one by one, each at once. `entities/` answers
MDQ clients where the web server gives out its files as application/samlmetadata+xml: by {sha1} and digest for all, by
name for names that a file can have.

Example:
  ponte metadata publish /srv/www/federation --prune"
)]
pub struct MetadataPublish {
    /// The folder; made if it is not there
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Remove what was written before and is published no more
    #[arg(long)]
    pub prune: bool,
    /// Say what would be written and removed, and do neither
    #[arg(long)]
    pub dry_run: bool,
}

/// `ponte metadata factory`
#[derive(Args, Debug)]
#[command(
    after_help = "Columns are keys of [[relying-party]] (id, entity-id, aggregated.ipa-code, …) and whatever the
common file asks for as {column}. A row is written only if nobody would refuse what comes of it. What was
written before from the same row is left as it is, so that a run which was interrupted is run again.

Example:
  ponte metadata factory bodies.csv --common aggregator.toml --out metadata/aggregated --package batch.tar

Exit status: 0 every row is written; 1 some are not; 2 the command line or a file is wrong."
)]
pub struct MetadataFactory {
    /// The bodies: CSV with a line of column names, or JSON Lines; - reads standard input
    #[arg(value_name = "TABLE")]
    pub table: PathBuf,
    /// How it is written; without it, as its name ends
    #[arg(long, value_enum)]
    pub format: Option<FormatChoice>,
    /// What is common to all of them: a file of keys of [[relying-party]] (TOML)
    #[arg(long, value_name = "FILE")]
    pub common: PathBuf,
    /// The folder to write to; made if it is not there
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// Write one archive too (tar) with all that was written and a list of it
    #[arg(long, value_name = "FILE")]
    pub package: Option<PathBuf>,
    /// Write what came of each row to this file too, JSON Lines
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// The language of findings
    #[arg(long, value_enum, default_value_t = ReportLanguage::En)]
    pub language: ReportLanguage,
    /// Look at every row, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The language of a report.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum ReportLanguage {
    /// Italian
    It,
    /// English
    En,
}

impl ReportLanguage {
    /// The language itself.
    #[must_use]
    pub fn language(self) -> Language {
        match self {
            Self::It => Language::It,
            Self::En => Language::En,
        }
    }
}
