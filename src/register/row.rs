//! One row of the register: a request, what was answered, and what is searched for (spid-saml §5, SP-05).

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::factor::{CertificateUsed, Factor};
use crate::assurance::level::Level;
use crate::identity::subject::Subject;
use crate::identity::tenant::TenantId;

/// What must be known for 24 months of one answer that left.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct Row {
    /// On whose behalf we answered.
    pub tenant: TenantId,
    /// When the row was written, just before the answer left.
    pub at: DateTime<Utc>,
    /// The code that the person saw, and the log has.
    pub support_id: String,
    /// Where the browser called from.
    pub client_address: String,
    /// The service provider's entityID.
    pub relying_party: String,
    /// The request's ID.
    pub request_id: String,
    /// The request's Issuer.
    pub request_issuer: String,
    /// The request's IssueInstant; none when it could not be read.
    pub request_issue_instant: Option<DateTime<Utc>>,
    /// The request as it was received and verified.
    pub request_xml: String,
    /// The response's ID.
    pub response_id: String,
    /// The response's Issuer: our entityID.
    pub response_issuer: String,
    /// The response's IssueInstant.
    pub response_issue_instant: DateTime<Utc>,
    /// The response as it was sent.
    pub response_xml: String,
    /// The assertion, where the response has it encrypted for the service provider alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assertion_xml: Option<String>,
    /// The assertion's ID; a refusal has none.
    pub assertion_id: Option<String>,
    /// The status answered: `Success`, or the error's number, `nr19`.
    pub outcome: String,
    /// Our own name for the person, if we know who it is.
    pub subject: Option<Subject>,
    /// The assertion's NameID.
    pub name_id: Option<String>,
    /// The NameQualifier of that.
    pub name_qualifier: Option<String>,
    /// The person's spidCode.
    pub spid_code: Option<String>,
    /// The person's fiscalNumber, `TINIT-…`.
    pub fiscal_number: Option<String>,
    /// The level answered.
    pub level: Option<Level>,
    /// The factors that held.
    pub factors: Vec<Factor>,
    /// The certificates by which they did (AN-02).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<CertificateUsed>,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("at", &self.at)
            .field("support_id", &self.support_id)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}
