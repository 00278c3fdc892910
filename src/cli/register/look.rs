//! Rows of the register: found, shown, given out.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use crate::admin::archive::{Ask, Brief, Told};
use crate::admin::client::ClientError;
use crate::assurance::factor::{CertificateOf, CertificateUsed};
use crate::cli::arguments_register::RegisterSearch;
use crate::cli::error::CliError;
use crate::cli::files;
use crate::cli::office::Office;
use crate::cli::register::run::ask;
use crate::cli::say::{say, say_text};
use crate::register::index::Field;
use crate::register::package;
use crate::register::row::Row;
use crate::world::certificate::Certificate;
use crate::world::digest::sha256;

/// `ponte register search`
///
/// # Errors
/// When a time cannot be read, or the search is refused.
pub async fn search(office: &mut Office, said: &RegisterSearch) -> Result<(), CliError> {
    let fields = [
        (Field::RequestId, &said.request_id),
        (Field::ResponseId, &said.response_id),
        (Field::FiscalNumber, &said.fiscal_code),
        (Field::RelyingParty, &said.service_provider),
        (Field::SupportId, &said.support_id),
        (Field::Outcome, &said.outcome),
    ];
    let fields = fields.into_iter().filter_map(|(field, value)| Some((field, value.clone()?)));
    let limit = usize::try_from(said.limit).unwrap_or(usize::MAX);
    let from = said.from.as_deref().map(|text| time("--from", text, 0)).transpose()?;
    let to = said.to.as_deref().map(|text| time("--to", text, 1)).transpose()?;
    let certificate = said.certificate.as_deref().map(|serial| serial.trim().to_owned());
    let told =
        ask(office, Ask::Search { fields: fields.collect(), certificate, from, to, limit }).await?;
    let Told::Rows { rows, more } = told else { return Err(ClientError::Unexpected.into()) };
    for row in &rows {
        match said.json {
            true => say(serde_json::to_string(row).unwrap_or_default()),
            false => say_text(in_words(row)),
        }
    }
    if rows.is_empty() {
        eprintln!("No row was found.");
    }
    if more {
        eprintln!("There are more: --limit, --from and --to say which.");
    }
    Ok(())
}

/// `ponte register show`
///
/// # Errors
/// When there is no such row.
pub async fn show(office: &mut Office, id: &str, json: bool) -> Result<(), CliError> {
    let told = ask(office, Ask::Show { id: id.to_owned() }).await?;
    let Told::Row { number, month, row } = told else { return Err(ClientError::Unexpected.into()) };
    if json {
        let whole = serde_json::json!({ "number": number, "month": month, "row": row });
        say(format_args!("{whole:#}"));
    } else {
        say_text(shown(number, &month, &row));
    }
    Ok(())
}

/// `ponte register export`
///
/// # Errors
/// When there is no such row, or the file is there already.
pub async fn export(office: &mut Office, id: &str, out: &Path) -> Result<(), CliError> {
    if out.exists() {
        return Err(CliError::Exists(out.to_owned()));
    }
    let told = ask(office, Ask::Export { id: id.to_owned() }).await?;
    let Told::Package { tar, .. } = told else { return Err(ClientError::Unexpected.into()) };
    let tar = STANDARD.decode(tar).map_err(|_| ClientError::Unexpected)?;
    package::check(&tar, None).map_err(|bad| CliError::Package(out.to_owned(), bad))?;
    files::make(out, &tar, true)?;
    say(format_args!("Written: {}. It holds personal data.", out.display()));
    Ok(())
}

/// `ponte register verify-package`
///
/// # Errors
/// When a file cannot be read, or the package proves nothing.
pub fn verify_package(file: &Path, certificate: Option<&Path>) -> Result<(), CliError> {
    let given = certificate.map(files::read).transpose()?;
    let given = given.map(|pem| Certificate::from_pem(&pem)).transpose()?;
    let given = given.as_ref().map(|certificate| certificate.der.as_slice());
    let checked = package::check(&files::read(file)?, given);
    let checked = checked.map_err(|bad| CliError::Package(file.to_owned(), bad))?;
    let print: String = sha256(&checked.certificate).iter().map(|b| format!("{b:02x}")).collect();
    let row = &checked.row;
    let lines = [
        ("sound", "yes".to_owned()),
        ("record", checked.number.to_string()),
        ("of", format!("{} records at {}", checked.count, checked.at.to_rfc3339())),
        ("hash", STANDARD.encode(checked.hash)),
        ("time", row.at.to_rfc3339()),
        ("outcome", row.outcome.clone()),
        ("service provider", row.relying_party.clone()),
        ("request", row.request_id.clone()),
        ("response", row.response_id.clone()),
        ("signed by", format!("certificate with SHA-256 {print}")),
    ];
    say_text(table(&lines));
    if given.is_none() {
        eprintln!(
            "warning: nothing says whose certificate that is; give the identity provider's with --certificate"
        );
    }
    Ok(())
}

fn in_words(row: &Brief) -> String {
    let at = row.at.format("%Y-%m-%dT%H:%M:%S%.3fZ");
    let (person, level) = (row.fiscal_code.as_deref(), row.level.as_deref());
    let (person, level) = (person.unwrap_or("-"), level.unwrap_or("-"));
    let Brief { number, outcome, service_provider, request_id, response_id, support_id, .. } = row;
    format!(
        "{number:>8}  {at}  {outcome:<18} {level:<5} {person}\n          {service_provider}\n          \
         request {request_id}  response {response_id}  support {support_id}  from {}\n",
        row.client_address
    )
}

fn shown(number: u64, month: &str, row: &Row) -> String {
    let or = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let factors: Vec<String> = row.factors.iter().map(|factor| format!("{factor:?}")).collect();
    let issued = row.request_issue_instant.map(|at| at.to_rfc3339());
    let lines = [
        ("number", format!("{number}, in {month}.reg")),
        ("time", row.at.to_rfc3339()),
        ("outcome", row.outcome.clone()),
        ("level", or(row.level.map(|level| format!("{level:?}")).as_deref())),
        ("factors", factors.join(", ")),
        ("certificates", or(certificates(row).as_deref())),
        ("service provider", row.relying_party.clone()),
        ("request", row.request_id.clone()),
        ("request issuer", row.request_issuer.clone()),
        ("request issued", or(issued.as_deref())),
        ("response", row.response_id.clone()),
        ("response issuer", row.response_issuer.clone()),
        ("response issued", row.response_issue_instant.to_rfc3339()),
        ("assertion", or(row.assertion_id.as_deref())),
        ("person", or(row.subject.as_ref().map(|subject| subject.as_str()))),
        ("NameID", or(row.name_id.as_deref())),
        ("NameQualifier", or(row.name_qualifier.as_deref())),
        ("spidCode", or(row.spid_code.as_deref())),
        ("fiscalNumber", or(row.fiscal_number.as_deref())),
        ("support id", row.support_id.clone()),
        ("client address", row.client_address.clone()),
        ("tenant", row.tenant.as_str().to_owned()),
    ];
    let (request, response) = (&row.request_xml, &row.response_xml);
    let assertion = row.assertion_xml.as_deref();
    let assertion = assertion.map_or(String::new(), |xml| format!("\nAssertion:\n{xml}\n"));
    format!("{}\nRequest:\n{request}\n\nResponse:\n{response}\n{assertion}", table(&lines))
}

fn certificates(row: &Row) -> Option<String> {
    let said = |one: &CertificateUsed| {
        let whose = match one.of {
            CertificateOf::Person => "card",
            CertificateOf::Workstation => "workstation",
        };
        format!("{whose} {} of {}", one.serial, one.issuer)
    };
    let all: Vec<String> = row.certificates.iter().map(said).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

fn table(lines: &[(&str, String)]) -> String {
    lines.iter().map(|(name, value)| format!("{name:<16}  {value}\n")).collect()
}

/// An instant, or the beginning of the day so many `days` after the one told.
fn time(what: &'static str, text: &str, days: u64) -> Result<DateTime<Utc>, CliError> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    let day = text.parse::<NaiveDate>().ok().and_then(|day| day.checked_add_days(Days::new(days)));
    let wrong = || CliError::Argument {
        what,
        expected: "a day or an instant, 2026-10-31 or 2026-10-31T12:00:00Z",
        found: text.to_owned(),
    };
    Ok(day.ok_or_else(wrong)?.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_whole() {
        let at = |text, days| time("--to", text, days).unwrap().to_rfc3339();
        assert_eq!(at("2026-10-31", 0), "2026-10-31T00:00:00+00:00");
        assert_eq!(at("2026-10-31", 1), "2026-11-01T00:00:00+00:00");
        assert_eq!(at("2026-10-31T12:00:00+01:00", 1), "2026-10-31T11:00:00+00:00");
        assert!(time("--to", "31/10/2026", 0).is_err());
    }
}
