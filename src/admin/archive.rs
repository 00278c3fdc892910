//! The register: searched, shown, given out, purged and held. Who looks is written down before anything is told.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::admin::desk::{Desk, DeskError};
use crate::partners::compare::uses::{self, Uses};
use crate::register::access::{self, Action, Asker, Line};
use crate::register::error::RegisterError;
use crate::register::hold::{self, Hold};
use crate::register::index::{Field, Span};
use crate::register::journal::Register;
use crate::register::purge::{self, purge};
use crate::register::row::Row;
use crate::register::search::{Found, Place, Query, search};
use crate::register::segment::{Location, Month, read};
use crate::register::{package, proof};
use crate::saml::xml::root_attribute;

/// What may be asked of the register.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ask {
    /// Rows by what they say.
    Search {
        /// All of these must be so.
        fields: Vec<(Field, String)>,
        /// The serial number of a certificate by which somebody came.
        #[serde(default)]
        certificate: Option<String>,
        /// From this time on.
        from: Option<DateTime<Utc>>,
        /// Before this time.
        to: Option<DateTime<Utc>>,
        /// So many at most.
        limit: usize,
    },
    /// How often what is in a service provider's metadata was used of late.
    Uses {
        /// Its entityID.
        service_provider: String,
    },
    /// One row, by its number or the ID of its response, request or support.
    Show {
        /// Which.
        id: String,
    },
    /// One row as a package for others.
    Export {
        /// Which.
        id: String,
    },
    /// Remove the months that are due.
    Purge {
        /// Only say which.
        dry: bool,
    },
    /// Keep months from being purged.
    AddHold {
        /// Why.
        reason: String,
        /// The first month, `YYYY-MM`; none is the oldest.
        from: Option<String>,
        /// The last month; none is the newest.
        to: Option<String>,
    },
    /// Hold no longer.
    RemoveHold {
        /// Which.
        id: String,
    },
    /// All holds.
    ListHolds,
    /// Bring everything to the files, and a checkpoint behind it.
    Sync,
    /// Take the index that was made anew in the folder beside.
    AdoptIndex,
}

/// What was found or done.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Told {
    /// Rows, the newest first.
    Rows {
        /// Without the XML.
        rows: Vec<Brief>,
        /// Whether there are more than the limit.
        more: bool,
    },
    /// How often what is in metadata was used.
    Uses(Box<Uses>),
    /// One row.
    Row {
        /// Its number.
        number: u64,
        /// The month of its file.
        month: String,
        /// All of it.
        row: Box<Row>,
    },
    /// A package.
    Package {
        /// A name for its file.
        name: String,
        /// A tar archive, base64.
        tar: String,
    },
    /// Months that went, or would go.
    Purged {
        /// Month, rows, time of the earliest and of the latest.
        months: Vec<(String, u64, DateTime<Utc>, DateTime<Utc>)>,
        /// The first month that is due and held.
        held: Option<String>,
    },
    /// All holds.
    Holds(Vec<Hold>),
    /// A hold was added or removed.
    Hold(Box<Hold>),
    /// Everything is in the files.
    Synced {
        /// How many records there ever were.
        count: u64,
    },
    /// The index was taken.
    IndexAdopted {
        /// How many rows are in it.
        rows: u64,
    },
}

/// A row in a list.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Brief {
    /// Its number.
    pub number: u64,
    /// Its time.
    pub at: DateTime<Utc>,
    /// The outcome.
    pub outcome: String,
    /// The level answered.
    pub level: Option<String>,
    /// The service provider.
    pub service_provider: String,
    /// The person's fiscal code, as it was released.
    pub fiscal_code: Option<String>,
    /// The request's ID.
    pub request_id: String,
    /// The response's ID.
    pub response_id: String,
    /// The code that the person saw.
    pub support_id: String,
    /// Where the browser called from.
    pub client_address: String,
}

/// Carries out what `asker` asks of the register.
///
/// # Errors
/// When there is no such row or hold, a row was altered, or store or register fail.
pub async fn carry_out(
    desk: &Desk<'_>,
    ask: Ask,
    asker: &Asker,
    now: DateTime<Utc>,
) -> Result<Told, DeskError> {
    let register = desk.register.ok_or(DeskError::NoRegister)?;
    // Rows on their way to the files are found and counted too, unless the disk does not take them.
    let filed = tokio::time::timeout(PATIENCE, register.filed()).await;
    match ask {
        Ask::Search { fields, certificate, from, to, limit } => {
            let query =
                Query { fields, certificate, span: Span::of(from, to), limit: limit.min(MOST) };
            let found = at_length(|| look(desk, register, &query))?;
            let line = Line::new(asker, Action::Search, now);
            let line = line.with(&query.fields, &register.settings().seal)?;
            note(register, Line { from, to, found: found.rows.len() as u64, ..line })?;
            let rows = found.rows.iter().map(|(location, row)| brief(*location, row)).collect();
            Ok(Told::Rows { rows, more: found.more })
        }
        Ask::Uses { service_provider } => {
            let from = now - TimeDelta::days(uses::DAYS);
            let fields = vec![(Field::RelyingParty, service_provider)];
            let (span, certificate) = (Span::of(Some(from), None), None);
            let query = Query { fields, certificate, span, limit: MOST };
            let found = at_length(|| look(desk, register, &query))?;
            let line = Line::new(asker, Action::Count, now);
            let line = line.with(&query.fields, &register.settings().seal)?;
            let count = found.rows.len() as u64;
            note(register, Line { from: Some(from), found: count, ..line })?;
            Ok(Told::Uses(Box::new(used(&found))))
        }
        Ask::Show { id } => {
            let (location, row) = at_length(|| one(desk, register, &id))?;
            let line = Line::new(asker, Action::Show, now);
            note(register, Line { record: Some(location.number), found: 1, ..line })?;
            let (number, month) = (location.number, location.month.to_string());
            Ok(Told::Row { number, month, row: Box::new(row) })
        }
        Ask::Export { id } => {
            use base64::Engine as _;
            let (location, _) = at_length(|| one(desk, register, &id))?;
            let line = Line::new(asker, Action::Export, now);
            note(register, Line { record: Some(location.number), found: 1, ..line })?;
            let settings = register.settings();
            let tar = at_length(|| {
                let (seal, signer) = (&settings.seal, &*register.signer());
                package::make(&settings.folder, seal, signer, location, &register.tail(), now)
            })?;
            let name = package::name(location.month, location.number);
            let tar = base64::engine::general_purpose::STANDARD.encode(tar);
            Ok(Told::Package { name, tar })
        }
        Ask::Purge { dry } => {
            let holds = hold::list(desk.records, now).await?;
            let is_held = |month: Month| holds.iter().any(|hold| hold.holds(month));
            let by = asker.user.as_str();
            let done = at_length(|| purge(register, is_held, by, dry, now))?;
            if !dry {
                let line = Line::new(asker, Action::Purge, now);
                note(register, Line { found: done.months.len() as u64, ..line })?;
            }
            let told = |summary: &proof::Summary| {
                let (earliest, latest) = summary.times;
                (summary.month.to_string(), summary.count, earliest, latest)
            };
            Ok(Told::Purged {
                months: done.months.iter().map(told).collect(),
                held: done.held.map(|month| month.to_string()),
            })
        }
        Ask::AddHold { reason, from, to } => {
            let months = [&from, &to];
            if let Some(bad) = months.into_iter().flatten().find(|m| m.parse::<Month>().is_err()) {
                return Err(DeskError::NoMonth(bad.clone()));
            }
            let random: [u8; 4] = desk.records.random.bytes();
            let id = random.iter().map(|byte| format!("{byte:02x}")).collect();
            let hold = Hold { id, reason, from, to, since: now, by: asker.user.clone() };
            note(register, Line::new(asker, Action::HoldAdd, now))?;
            if !hold::add(desk.records, &hold, now).await? {
                return Err(DeskError::Contended);
            }
            Ok(Told::Hold(Box::new(hold)))
        }
        Ask::RemoveHold { id } => {
            note(register, Line::new(asker, Action::HoldRemove, now))?;
            let removed = hold::remove(desk.records, &id, now).await?;
            removed.map(|hold| Told::Hold(Box::new(hold))).ok_or(DeskError::NoHold(id))
        }
        Ask::ListHolds => Ok(Told::Holds(hold::list(desk.records, now).await?)),
        Ask::Sync => {
            filed.map_err(|_| RegisterError::Refused)??;
            let tail = at_length(|| register.checkpoint())?;
            Ok(Told::Synced { count: tail.count })
        }
        Ask::AdoptIndex => {
            let index = register.index();
            let anew = register.settings().index_anew();
            at_length(|| index.adopt(&anew).and_then(|()| register.catch_up()))?;
            Ok(Told::IndexAdopted { rows: index.rows() })
        }
    }
}

/// Removes the months that are due, as the server does by itself every day.
///
/// # Errors
/// As [`purge`].
pub async fn purge_due(
    register: &Register,
    records: crate::store::record::Records<'_>,
    now: DateTime<Utc>,
) -> Result<purge::Purge, RegisterError> {
    let holds = hold::list(records, now).await?;
    let is_held = |month: Month| holds.iter().any(|hold| hold.holds(month));
    let done = at_length(|| purge(register, is_held, "server", false, now))?;
    if !done.months.is_empty() {
        let server = Asker { uid: None, user: "server".to_owned() };
        let line = Line::new(&server, Action::Purge, now);
        note(register, Line { found: done.months.len() as u64, ..line })?;
    }
    Ok(done)
}

/// Into the journal, and into the log: who, when, by what field, how many.
fn note(register: &Register, line: Line) -> Result<(), RegisterError> {
    let fields: Vec<&str> = line.fields.iter().map(|(field, _)| field.as_str()).collect();
    tracing::info!(
        event = "register.access",
        user = line.user,
        uid = line.uid,
        action = ?line.action,
        fields = fields.join(","),
        record = line.record,
        found = line.found,
    );
    access::append(&register.settings().access_journal(), line)
}

fn look(desk: &Desk<'_>, register: &Register, query: &Query) -> Result<Found, RegisterError> {
    register.catch_up()?;
    let settings = register.settings();
    let place = Place {
        folder: &settings.folder,
        seal: &settings.seal,
        tenant: desk.records.tenant,
        first: register.tail().first,
    };
    search(place, &register.index().snapshot(), query)
}

/// Where the logins among what was found were answered, and what they asked for.
fn used(found: &Found) -> Uses {
    let mut uses = Uses { at_least: found.more, ..Uses::default() };
    for (_, row) in found.rows.iter().filter(|(_, row)| row.assertion_id.is_some()) {
        let location = root_attribute(&row.response_xml, "Destination");
        let set = root_attribute(&row.request_xml, "AttributeConsumingServiceIndex");
        uses.count(location.as_deref(), set.as_deref());
    }
    uses
}

/// The row that `id` names.
fn one(desk: &Desk<'_>, register: &Register, id: &str) -> Result<(Location, Row), DeskError> {
    let id = id.trim();
    register.catch_up()?;
    if let Ok(number) = id.parse::<u64>() {
        let settings = register.settings();
        let kept = number >= register.tail().first;
        if let Some(location) = register.index().locate(number)?.filter(|_| kept) {
            let row = read(&settings.folder, &settings.seal, location)?;
            if row.tenant == *desk.records.tenant {
                return Ok((location, row));
            }
        }
    }
    for field in [Field::ResponseId, Field::RequestId, Field::SupportId] {
        let fields = vec![(field, id.to_owned())];
        let (span, certificate) = (Span::of(None, None), None);
        let query = Query { fields, certificate, span, limit: 1 };
        let mut found = look(desk, register, &query)?;
        match (found.rows.pop(), found.more) {
            (Some(_), true) => return Err(DeskError::ManyRows(id.to_owned())),
            (Some(one), false) => return Ok(one),
            (None, _) => {}
        }
    }
    Err(DeskError::NoRow(id.to_owned()))
}

fn brief(location: Location, row: &Row) -> Brief {
    Brief {
        number: location.number,
        at: row.at,
        outcome: row.outcome.clone(),
        level: row.level.map(|level| format!("{level:?}")),
        service_provider: row.relying_party.clone(),
        fiscal_code: row.fiscal_number.clone(),
        request_id: row.request_id.clone(),
        response_id: row.response_id.clone(),
        support_id: row.support_id.clone(),
        client_address: row.client_address.clone(),
    }
}

/// Does what takes long and waits for nobody, without holding up the server's other work.
fn at_length<T>(work: impl FnOnce() -> T) -> T {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// How long rows on their way to the files are waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// What one search finds at most.
const MOST: usize = 10_000;
