//! What may be said on the command line of `ponte import`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `ponte import …`
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// From Keycloak: an export of a realm, one file or the folder of `kc.sh export`
    Keycloak {
        /// What to read and write
        #[command(flatten)]
        import: Import,
        /// Take e-mail addresses that were not verified there too: recovery links go to them
        #[arg(long)]
        unverified_addresses: bool,
    },
    /// From SATOSA: the folder with proxy_conf.yaml
    Satosa(Import),
    /// From Shibboleth: an identity provider's folder with conf/, or a service provider's with shibboleth2.xml
    Shibboleth(Import),
    /// From SimpleSAMLphp: the folder with config/ and metadata/
    Simplesamlphp(Import),
}

/// From where, and to where.
#[derive(Args, Debug)]
pub struct Import {
    /// The other system's configuration
    #[arg(value_name = "FROM")]
    pub from: PathBuf,
    /// Write tables for ponte.toml, metadata, people and the report into this folder, which is made; without it nothing is written
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Add the people too, as `ponte user import` does
    #[arg(long, requires = "out")]
    pub apply: bool,
    /// Where user names and activation codes of people who are added go, as for `ponte user import`
    #[arg(long, value_name = "FILE", requires = "apply")]
    pub codes: Option<PathBuf>,
    /// The report as JSON
    #[arg(long)]
    pub json: bool,
}
