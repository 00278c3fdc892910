//! What may be said on the command line about people.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};

/// `ponte user …`
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a person; prints the activation code, once
    Add(UserAdd),
    /// List people
    List,
    /// Show one person
    Show {
        /// The user name
        username: String,
    },
    /// Give a person one more identity
    Identity(UserIdentity),
    /// Let a person log in, or use one identity, no more for now
    Suspend(Whose),
    /// Let a suspended person log in, or use one identity, again
    Resume(Whose),
    /// Let a person log in, or use one identity, never again
    Revoke(Whose),
    /// Give a person a new activation code, in the place of the one before; prints it, once
    Code {
        /// The user name
        username: String,
    },
    /// Approve, take away or find smart cards
    Card {
        /// What to do
        #[command(subcommand)]
        command: CardCommand,
    },
    /// Give a person whom you have identified anew a code by which they recover what they lost; prints it, once
    Recover(UserRecover),
    /// Say that an account is a machine's: nobody logs in with it, but once in the period of a campaign
    Unattended {
        /// The user name
        username: String,
        /// It is a person's after all
        #[arg(long)]
        off: bool,
    },
    /// Give a person another e-mail address; for some days no recovery link goes to it
    Address {
        /// The user name
        username: String,
        /// The address
        address: String,
    },
    /// Add people from a file: JSON Lines or CSV (docs/configuration.md). Interrupted, it goes on where it was when run again
    Import(UserImport),
}

/// `ponte user card …`
#[derive(Debug, Subcommand)]
pub enum CardCommand {
    /// Let a card count that its person has shown beside another one
    Approve(CardOf),
    /// Take a card from its person, for good
    Revoke(CardOf),
    /// Say whose card has this serial number
    Find {
        /// The serial number of its certificate, hexadecimal
        serial: String,
    },
}

/// A person's card.
#[derive(Args, Debug)]
pub struct CardOf {
    /// The user name
    pub username: String,
    /// The serial number of its certificate, hexadecimal, as `ponte user show` says it
    pub serial: String,
}

/// Whose state is set.
#[derive(Args, Debug)]
pub struct Whose {
    /// The user name
    pub username: String,
    /// The spidCode of one identity; without it, the whole account
    #[arg(long, value_name = "CODE")]
    pub identity: Option<String>,
    /// Why; kept with the state
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// `ponte user identity`
#[derive(Args, Debug)]
pub struct UserIdentity {
    /// The user name
    pub username: String,
    /// The identity
    #[command(flatten)]
    pub identity: IdentityArguments,
}

/// `ponte user recover`
#[derive(Args, Debug)]
pub struct UserRecover {
    /// The user name
    pub username: String,
    /// What was lost
    #[arg(long, value_enum)]
    pub lost: LostChoice,
    /// How the person was identified
    #[arg(long, value_enum)]
    pub proofing: ProofingChoice,
    /// On what day; today if not said
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub proofing_date: Option<NaiveDate>,
    /// By whom
    #[arg(long, value_name = "NAME")]
    pub proofing_operator: String,
    /// Where the evidence is kept
    #[arg(long, value_name = "ID")]
    pub proofing_evidence: String,
}

/// What a person has lost.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum LostChoice {
    /// The password
    Password,
    /// The authenticator app; the person still needs the password
    Authenticator,
}

/// `ponte user import`
#[derive(Args, Debug)]
pub struct UserImport {
    /// The file; - is standard input
    pub file: PathBuf,
    /// How it is written; without it, as its name ends
    #[arg(long, value_enum)]
    pub format: Option<FormatChoice>,
    /// Where to write user names and activation codes, JSON Lines; only its owner may read it. One
    /// that is there is gone on with
    #[arg(long, value_name = "FILE")]
    pub codes: Option<PathBuf>,
    /// Look at every line, and add nobody
    #[arg(long)]
    pub dry_run: bool,
}

/// How people are written in a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum FormatChoice {
    /// One JSON object a line
    Jsonl,
    /// Comma- or semicolon-separated values under a line of column names
    Csv,
}

/// `ponte campaign …`
#[derive(Debug, Subcommand)]
pub enum CampaignCommand {
    /// Say where a campaign stands: its phase, who has which number, who did what, who is ready
    Report {
        /// The campaign's name
        name: String,
    },
    /// List who is told of a campaign next, and on which days notices leave; the server sends them, this sends nothing
    Notices {
        /// The campaign's name
        name: String,
        /// Only say who would be told
        #[arg(long, required = true)]
        dry_run: bool,
    },
    /// Register somebody again whom the end of a campaign locked out: another user name, another address, none of the
    /// authorisations from before; the old account is frozen. Prints the activation code, once
    Register(Box<CampaignRegister>),
    /// List who registered again and waits for the authorisations from before
    Work {
        /// The campaign's name
        name: String,
        /// This person has them again, or gets none: they wait no more
        #[arg(long, value_name = "USERNAME")]
        settle: Option<String>,
    },
    /// Let the password be enough for one person for some time after the end
    Grace {
        /// The campaign's name
        name: String,
        /// The user name
        username: String,
        /// Until the end of this day (UTC)
        #[arg(long, value_name = "YYYY-MM-DD")]
        until: NaiveDate,
    },
}

/// `ponte campaign register`
#[derive(Args, Debug)]
pub struct CampaignRegister {
    /// The campaign's name
    #[arg(value_name = "NAME")]
    pub campaign: String,
    /// The user name that the person had
    pub before: String,
    /// The user name that they have from now on
    #[arg(long)]
    pub username: String,
    /// Their mobile number
    #[arg(long)]
    pub mobile: String,
    /// Read the password from standard input, not from the terminal
    #[arg(long)]
    pub password_stdin: bool,
    /// Who they are; --email must be another address than before
    #[command(flatten)]
    pub identity: IdentityArguments,
}

/// `ponte person …`
#[derive(Debug, Subcommand)]
pub enum PersonCommand {
    /// Give out all that is held about a person, as JSON
    Export {
        /// The user name
        username: String,
        /// Where to write it, for its owner only; without it, to standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Erase a person; what the register must keep stays
    Erase {
        /// The user name
        username: String,
        /// The person's fiscal code, to confirm; without it, it is asked for
        #[arg(long, value_name = "CODE")]
        fiscal_code: Option<String>,
    },
}

/// `ponte user add`
#[derive(Args, Debug)]
pub struct UserAdd {
    /// The user name
    pub username: String,
    /// Read the password from standard input, not from the terminal
    #[arg(long)]
    pub password_stdin: bool,
    /// Have a password made and printed, once; the person chooses another one at their first login
    #[arg(long, conflicts_with = "password_stdin")]
    pub generate: bool,
    /// Have the person choose another password at their first login: you know this one
    #[arg(long)]
    pub password_expired: bool,
    /// The person's first identity
    #[command(flatten)]
    pub identity: IdentityArguments,
}

/// What is said of an identity.
#[derive(Args, Debug)]
pub struct IdentityArguments {
    /// The kind of identity
    #[arg(long, value_enum, default_value_t = KindChoice::Personal)]
    pub kind: KindChoice,
    /// Given names
    #[arg(long)]
    pub name: Option<String>,
    /// Family names
    #[arg(long)]
    pub family_name: Option<String>,
    /// Fiscal code, with or without TINIT-
    #[arg(long, value_name = "CODE")]
    pub fiscal_number: Option<String>,
    /// E-mail address
    #[arg(long)]
    pub email: Option<String>,
    /// Another attribute of the SPID table, as in --attribute gender=F; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub attribute: Vec<(String, String)>,
    /// How the identity was established; without it the person reaches SpidL1 only
    #[arg(long, value_enum, requires = "proofing_operator", requires = "proofing_evidence")]
    pub proofing: Option<ProofingChoice>,
    /// On what day; today if not said
    #[arg(long, value_name = "YYYY-MM-DD", requires = "proofing")]
    pub proofing_date: Option<NaiveDate>,
    /// By whom
    #[arg(long, value_name = "NAME", requires = "proofing")]
    pub proofing_operator: Option<String>,
    /// Where the evidence is kept
    #[arg(long, value_name = "ID", requires = "proofing")]
    pub proofing_evidence: Option<String>,
}

/// A kind of identity (Avviso 18).
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum KindChoice {
    /// A natural person
    Personal,
    /// A legal person
    LegalPerson,
    /// A natural person at work
    Professional,
    /// A natural person who works for a legal person
    LegalProfessional,
}

/// A means of establishing a person's identity (IC-19).
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum ProofingChoice {
    /// In person at a desk
    Desk,
    /// By an operator on video
    Video,
    /// By a document with a qualified digital signature
    DigitalSignature,
    /// By a CNS card
    Cns,
    /// By the chip of an identity document
    NfcDocument,
    /// By the person's own word
    SelfAsserted,
}

fn pair(said: &str) -> Result<(String, String), String> {
    match said.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
