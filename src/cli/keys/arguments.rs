//! What may be said after `ponte keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::arguments::KeyChoice;

/// `ponte keys …`
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// List the signing keys and what each of them does
    List,
    /// Show one, every field of its certificate judged
    Show {
        /// Its name
        name: String,
    },
    /// Make a key and its certificate; it is published next, and signs once it is promoted
    New(New),
    /// Let the next key sign, and retire the one that signs
    Promote(Promote),
    /// Change from one key to the next, with an eye on which service providers know the new one
    Rollover {
        /// The step
        #[command(subcommand)]
        command: RolloverCommand,
    },
    /// Take a key out of the metadata, for good
    Retire {
        /// Its name
        name: String,
        /// Whether to do it
        #[command(flatten)]
        dry: Dry,
    },
    /// Destroy the private key of one that signs no more
    Remove(Remove),
    /// Make a certificate request (PKCS#10) for a key
    Csr {
        /// The key's name
        name: String,
        /// Whom the certificate names
        #[command(flatten)]
        subject: Subject,
    },
    /// Give a key a certificate that an authority made
    Certificate {
        /// The key's name
        name: String,
        /// The certificate, PEM
        file: PathBuf,
        /// Whether to do it
        #[command(flatten)]
        dry: Dry,
    },
    /// Say how long every certificate lasts: ours and service providers'. Exit status 1 if one ends soon
    Check {
        /// How many days are soon
        #[arg(long, default_value_t = 30)]
        days: u32,
    },
}

/// `ponte keys rollover …`
#[derive(Debug, Subcommand)]
pub enum RolloverCommand {
    /// Make the new key and publish it beside the one that signs (as `ponte keys new`)
    Start(New),
    /// Say which service providers have been seen to know the new key, and where each fetches the metadata so that it is seen
    Status {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Note that a service provider knows the new key, as you know otherwise
    Confirm {
        /// Its entityID
        #[arg(value_name = "ENTITY-ID")]
        entity_id: String,
    },
    /// Let the new key sign; refused while a service provider has not been seen to know it
    Switch {
        /// Go on without those who have not been seen
        #[arg(long)]
        anyway: bool,
        /// Whether to do it
        #[command(flatten)]
        dry: Dry,
    },
    /// Take the old key out of the metadata
    Finish {
        /// Whether to do it
        #[command(flatten)]
        dry: Dry,
    },
}

/// `--dry-run`
#[derive(Args, Clone, Copy, Debug)]
pub struct Dry {
    /// Say what would be done, and do nothing
    #[arg(long = "dry-run")]
    pub run: bool,
}

/// Whom a certificate names, over what `ponte.toml` says.
#[derive(Args, Clone, Debug, Default)]
pub struct Subject {
    /// commonName; the organisation's name if not said
    #[arg(long, value_name = "NAME")]
    pub common_name: Option<String>,
    /// organizationIdentifier: PA:IT-…, VATIT-… or CF:IT-…; that of ponte.toml or of the certificate in use if not said
    #[arg(long, value_name = "ID")]
    pub organization_id: Option<String>,
    /// localityName; that of ponte.toml or of the certificate in use if not said
    #[arg(long, value_name = "TOWN")]
    pub locality: Option<String>,
    /// countryName, two letters
    #[arg(long, value_name = "COUNTRY", default_value = "IT")]
    pub country: String,
    /// The policies of the certificate; without it, public for PA:IT-… and private else
    #[arg(long, value_enum)]
    pub body: Option<BodyChoice>,
}

/// A kind of body.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum BodyChoice {
    /// A public one
    Public,
    /// A private one
    Private,
}

/// `ponte keys new`
#[derive(Args, Debug)]
pub struct New {
    /// What to call it: letters, digits, hyphens; signing, signing-2 … if not said
    #[arg(long, value_parser = name)]
    pub name: Option<String>,
    /// The kind of key
    #[arg(long, value_enum, default_value_t = KeyChoice::Rsa2048, value_name = "KIND")]
    pub key: KeyChoice,
    /// The digest of an RSA key's signatures
    #[arg(long, value_enum, default_value_t = DigestChoice::Sha256)]
    pub digest: DigestChoice,
    /// Days that the certificate is good for
    #[arg(long, default_value_t = 1095, value_parser = clap::value_parser!(u32).range(1..=7300))]
    pub days: u32,
    /// Have the token of keys.pkcs11 make the key, which then never leaves it
    #[arg(long)]
    pub in_token: bool,
    /// Take a private key that is there: a file, or pkcs11:object=LABEL
    #[arg(long, value_name = "PLACE", conflicts_with = "in_token")]
    pub from: Option<String>,
    /// Make a certificate request instead of a certificate; `ponte keys certificate` brings what the authority makes of it
    #[arg(long)]
    pub csr: bool,
    /// Whom the certificate names
    #[command(flatten)]
    pub subject: Subject,
    /// Whether to do it
    #[command(flatten)]
    pub dry: Dry,
}

/// A digest.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum DigestChoice {
    /// SHA-256: every partner takes it
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

/// `ponte keys promote`
#[derive(Args, Debug)]
pub struct Promote {
    /// Another key than the one that is next
    pub name: Option<String>,
    /// Keep the old key in the metadata, until `ponte keys retire` takes it out
    #[arg(long)]
    pub keep_published: bool,
    /// Whether to do it
    #[command(flatten)]
    pub dry: Dry,
}

/// `ponte keys remove`
#[derive(Args, Debug)]
pub struct Remove {
    /// Its name
    pub name: String,
    /// Forget its certificate too: what it signed of the register is then no longer believed
    #[arg(long)]
    pub certificate: bool,
    /// Whether to do it
    #[command(flatten)]
    pub dry: Dry,
}

fn name(said: &str) -> Result<String, String> {
    let fits = (1..=64).contains(&said.len())
        && said.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if fits { Ok(said.to_owned()) } else { Err("expected letters, digits and hyphens".to_owned()) }
}
