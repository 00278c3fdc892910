//! One file of rows a month: appended, chained, sealed.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;

/// What is kept of one answer (spid-saml §5).
#[derive(Debug)]
pub struct Row {
    /// The request's ID.
    pub request_id: String,
    /// Who asked.
    pub request_issuer: String,
    /// When they say they asked.
    pub request_issue_instant: DateTime<Utc>,
    /// The request, as received.
    pub request_xml: String,
    /// The answer's ID.
    pub response_id: String,
    /// The answer, as sent.
    pub response_xml: String,
    /// Its IssueInstant.
    pub response_issue_instant: DateTime<Utc>,
    /// The assertion's ID, if there is one.
    pub assertion_id: Option<String>,
    /// Who was answered.
    pub relying_party: String,
    /// The person's `spidCode`.
    pub spid_code: Option<String>,
    /// The person's `fiscalNumber`.
    pub fiscal_number: Option<String>,
    /// The person, by our own name.
    pub subject: Option<String>,
    /// The name given to the relying party.
    pub name_id: Option<String>,
    /// The class asserted.
    pub level: Option<String>,
    /// The factors that held.
    pub factors: Vec<Factor>,
    /// The browser's address.
    pub client_address: IpAddr,
    /// How it ended, in a word.
    pub outcome: &'static str,
    /// When.
    pub at: DateTime<Utc>,
    /// The name under which the log knows it.
    pub support_id: String,
}

/// The register would not take a row: the answer must not leave.
#[derive(Debug, thiserror::Error)]
#[error("the register took no row")]
pub struct RegisterError;

/// The register.
#[derive(Debug)]
pub struct Register;

impl Register {
    /// Appends `row` and waits for the disk.
    ///
    /// # Errors
    /// When it is not on the disk.
    #[expect(clippy::unused_async, reason = "waits for the disk")]
    pub async fn append(&self, _row: Row) -> Result<(), RegisterError> {
        Err(RegisterError)
    }
}
