//! What may be said on the command line of `ponte certificate`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::arguments::KeyChoice;
use crate::cli::keys::arguments::BodyChoice;

/// `ponte certificate …`
#[derive(Debug, Subcommand)]
pub enum CertificateCommand {
    /// Make a key with its certificate, or with a request for one, in SPID's shape, for any entity
    #[command(after_help = "Examples:
  ponte certificate new --entity-id https://sp.example.org --organization 'Comune di Esempio' \\
      --organization-id PA:IT-c_h501 --locality Roma --out sp
  ponte certificate new --entity-id https://hub.example.org/pub-ag-full --organization 'Hub di Esempio' \\
      --organization-id VATIT-97735020584 --locality Milano --out hub --csr

With PONTE_KEYS_PASSPHRASE in the environment the private key is encrypted. No configuration is needed.")]
    New(CertificateNew),
    /// Judge a certificate, every field of it. Exit status 1 if something is not as it should be
    #[command(after_help = "Example:
  ponte certificate check sp.crt --entity-id https://sp.example.org")]
    Check(CertificateCheck),
}

/// `ponte certificate new`
#[derive(Args, Debug)]
pub struct CertificateNew {
    /// The entityID, which stands in the certificate as uri
    #[arg(long, value_name = "URI")]
    pub entity_id: String,
    /// organizationName
    #[arg(long, value_name = "NAME")]
    pub organization: String,
    /// organizationIdentifier: PA:IT-…, VATIT-… or CF:IT-…
    #[arg(long, value_name = "ID")]
    pub organization_id: String,
    /// localityName
    #[arg(long, value_name = "TOWN")]
    pub locality: String,
    /// commonName; the organisation's name if not said
    #[arg(long, value_name = "NAME")]
    pub common_name: Option<String>,
    /// countryName, two letters
    #[arg(long, value_name = "COUNTRY", default_value = "IT")]
    pub country: String,
    /// The policies; without it, public for PA:IT-… and private else
    #[arg(long, value_enum)]
    pub body: Option<BodyChoice>,
    /// The kind of key
    #[arg(long, value_enum, default_value_t = KeyChoice::Rsa2048, value_name = "KIND")]
    pub key: KeyChoice,
    /// Days that the certificate is good for
    #[arg(long, default_value_t = 1095, value_parser = clap::value_parser!(u32).range(1..=7300))]
    pub days: u32,
    /// Make a certificate request (PKCS#10) instead of a certificate
    #[arg(long, conflicts_with = "days")]
    pub csr: bool,
    /// The files: this and .key, .crt or .csr; none of them may be there
    #[arg(long, value_name = "PATH")]
    pub out: PathBuf,
}

/// `ponte certificate check`
#[derive(Args, Debug)]
pub struct CertificateCheck {
    /// The certificate, PEM or DER
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The entityID that must stand in it; whatever stands there if not said
    #[arg(long, value_name = "URI")]
    pub entity_id: Option<String>,
}
