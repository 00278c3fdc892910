//! What may be said on the command line of `ponte source`.

use clap::{Args, Subcommand};

use crate::cli::arguments_metadata::ReportLanguage;

/// `ponte source …`
#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// List the sources, and how each stands
    List(SourceShown),
    /// Show one: its keys, its documents, what it last refused, what waits for you
    Show(SourceNamed),
    /// Have the running server ask one now
    Refresh(SourceNamed),
    /// Accept what waits: a new signing key of a source, or a document that looked wrong
    Accept(SourceAccept),
}

/// How it is printed.
#[derive(Args, Debug)]
pub struct SourceShown {
    /// Print JSON, with both languages
    #[arg(long)]
    pub json: bool,
    /// The language of the text
    #[arg(long, value_enum, default_value_t = ReportLanguage::En)]
    pub language: ReportLanguage,
}

/// Which source, and how it is printed.
#[derive(Args, Debug)]
pub struct SourceNamed {
    /// The name of the source
    #[arg(value_name = "NAME")]
    pub name: String,
    /// How it is printed
    #[command(flatten)]
    pub shown: SourceShown,
}

/// `ponte source accept`
#[derive(Args, Debug)]
#[command(
    after_help = "Get the fingerprint (SHA-256) from whoever runs the source, by another way \
than the source itself: their printed page, their telephone. What is typed is compared with what \
waits, and only then is it believed. The log says who accepted what."
)]
pub struct SourceAccept {
    /// Which, and how it is printed
    #[command(flatten)]
    pub named: SourceNamed,
    /// The fingerprint, so that nothing is asked
    #[arg(long, value_name = "SHA256")]
    pub fingerprint: Option<String>,
}
