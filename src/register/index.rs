//! What a row can be found by: keyed and blinded tags, from which nothing can be learnt without the key.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::identity::tenant::TenantId;
use crate::register::row::Row;
use crate::register::segment::{Location, Month};
use crate::world::seal::Seal;

/// What a row can be found by.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// The request's ID.
    RequestId,
    /// The response's ID.
    ResponseId,
    /// The person's fiscalNumber, with or without `TINIT-`.
    FiscalNumber,
    /// The service provider's entityID.
    RelyingParty,
    /// The code that the person saw.
    SupportId,
    /// The outcome: `authenticated`, `nr19`.
    Outcome,
    /// Our own name for the person.
    Subject,
}

/// How many fields there are.
pub const FIELDS: usize = Field::ALL.len();

impl Field {
    /// All of them, in the order in which they lie in files: it never changes.
    pub const ALL: [Self; 7] = [
        Self::RequestId,
        Self::ResponseId,
        Self::FiscalNumber,
        Self::RelyingParty,
        Self::SupportId,
        Self::Outcome,
        Self::Subject,
    ];

    /// Its place in [`Field::ALL`].
    #[must_use]
    pub fn place(self) -> usize {
        self as usize
    }

    /// Its name, in the purpose of its tags and in the access journal.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RequestId => "request-id",
            Self::ResponseId => "response-id",
            Self::FiscalNumber => "fiscal-code",
            Self::RelyingParty => "service-provider",
            Self::SupportId => "support-id",
            Self::Outcome => "outcome",
            Self::Subject => "subject",
        }
    }

    fn of(self, row: &Row) -> Option<&str> {
        match self {
            Self::RequestId => Some(&row.request_id),
            Self::ResponseId => Some(&row.response_id),
            Self::FiscalNumber => row.fiscal_number.as_deref(),
            Self::RelyingParty => Some(&row.relying_party),
            Self::SupportId => Some(&row.support_id),
            Self::Outcome => Some(&row.outcome),
            Self::Subject => row.subject.as_ref().map(|subject| subject.as_str()),
        }
    }

    /// The form in which values are compared.
    #[must_use]
    pub fn normal(self, value: &str) -> String {
        let value = value.trim();
        match self {
            Self::FiscalNumber => {
                let code = value.to_ascii_uppercase();
                code.strip_prefix("TINIT-").unwrap_or(&code).to_owned()
            }
            _ => value.to_owned(),
        }
    }

    /// Whether `row` has `value`, in normal form, here.
    #[must_use]
    pub fn is(self, row: &Row, value: &str) -> bool {
        self.of(row).is_some_and(|own| self.normal(own) == value)
    }
}

/// What stands for a value in the index: 96 bits of a keyed digest. Two values may share one, so a row found is held
/// against the value itself.
pub type Tag = [u8; 12];

/// The tag of `value`, in normal form, in `field` of a tenant's rows.
#[must_use]
pub fn tag(field: Field, tenant: &TenantId, value: &str, seal: &Seal) -> Tag {
    let purpose = format!("register index {} {}", tenant.as_str(), field.name());
    let mut tag = Tag::default();
    tag.copy_from_slice(&seal.blind_octets(&purpose, value)[..12]);
    tag
}

/// A row as the index has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Where the row lies.
    pub location: Location,
    /// The row's time, in milliseconds since 1970.
    pub at: i64,
    /// By the place of each field; none where the row has no value.
    pub tags: [Option<Tag>; FIELDS],
}

impl Entry {
    /// The entry of a row that has no place yet.
    #[must_use]
    pub fn of(row: &Row, seal: &Seal) -> Self {
        let mut tags = [None; FIELDS];
        for (field, place) in Field::ALL.into_iter().zip(&mut tags) {
            if let Some(value) = field.of(row) {
                *place = Some(tag(field, &row.tenant, &field.normal(value), seal));
            }
        }
        let location = Location { number: 0, month: Month::of(row.at), offset: 0 };
        Self { location, at: row.at.timestamp_millis(), tags }
    }

    /// The entry of the row, now that it lies at `location`.
    #[must_use]
    pub fn at(self, location: Location) -> Self {
        Self { location, ..self }
    }

    /// Whether the row's time is within `span`.
    #[must_use]
    pub fn is_within(&self, span: Span) -> bool {
        span.holds(self.at)
    }
}

/// A stretch of time in milliseconds since 1970: from the first on, and before the last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Span {
    /// The first instant within.
    pub from: i64,
    /// The first instant beyond.
    pub to: i64,
}

impl Span {
    /// From `from` on and before `to`; what is missing has no bound.
    #[must_use]
    pub fn of(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Self {
        Self {
            from: from.map_or(i64::MIN, |at| at.timestamp_millis()),
            to: to.map_or(i64::MAX, |at| at.timestamp_millis()),
        }
    }

    /// Whether the instant is within.
    #[must_use]
    pub fn holds(self, at: i64) -> bool {
        self.from <= at && at < self.to
    }

    /// Whether something from `first` to `last` may be within.
    #[must_use]
    pub fn meets(self, first: i64, last: i64) -> bool {
        self.from <= last && first < self.to
    }
}
