//! `ponte metadata lint`: the pre-flight of a file.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;
use std::process::ExitCode;

use chrono::{DateTime, Utc};

use crate::cli::arguments_metadata::MetadataLint;
use crate::cli::error::CliError;
use crate::cli::say::{say, say_text};
use crate::partners::lint::{json, sarif, text};
use crate::saml::lint::inspect::{Report, inspect};
use crate::saml::lint::paste::MAX_PASTE;
use crate::saml::lint::profile::LintProfile;
use crate::web::pages::lint::LintReport;

/// Reads what is named, and tells what is wrong with it: 0 if nobody would refuse it, 1 if somebody would, 2 if it
/// cannot be read.
///
/// # Errors
/// When the file cannot be read, the profile is none, or a report cannot be written.
pub fn carry_out(said: &MetadataLint, now: DateTime<Utc>) -> Result<ExitCode, CliError> {
    let profile = match said.profile.as_deref() {
        None => None,
        Some(name) => Some(LintProfile::parse(name).ok_or_else(|| CliError::Argument {
            what: "--profile",
            expected: PROFILES,
            found: name.to_owned(),
        })?),
    };
    let octets = match read(&said.file) {
        Ok(octets) => octets,
        Err(source) => {
            let error = CliError::file("read", &said.file)(source);
            eprintln!("ponte: {}", error.chain());
            return Ok(ExitCode::from(2));
        }
    };
    let report = inspect(&octets, profile, now);
    show(said, &report)?;
    Ok(ExitCode::from(match (report.readable, report.is_refused()) {
        (false, _) => 2,
        (true, true) => 1,
        (true, false) => 0,
    }))
}

fn show(said: &MetadataLint, report: &Report) -> Result<(), CliError> {
    let language = said.language.language();
    let is_stdin = said.file == Path::new("-");
    let name = if is_stdin { "stdin".to_owned() } else { said.file.display().to_string() };
    let write = |error: std::io::Error| CliError::file("written", Path::new("stdout"))(error);
    if let Some(path) = &said.html {
        let html = LintReport { report: report.clone(), name: name.clone() }
            .render(language)
            .map_err(std::io::Error::other)
            .map_err(CliError::file("written", path))?;
        std::fs::write(path, html).map_err(CliError::file("written", path))?;
    }
    if said.json {
        say(json::render(report, &name).map_err(|error| write(error.into()))?);
    } else if said.sarif {
        let uri = percent_encoding::utf8_percent_encode(&name, URI).to_string();
        say(sarif::render(report, &uri, language).map_err(|error| write(error.into()))?);
    } else {
        say_text(text::render(report, &name, language, std::io::stdout().is_terminal()));
    }
    Ok(())
}

/// The octets of a file or of standard input; more than are looked at are not read.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let limit = u64::try_from(MAX_PASTE).unwrap_or(u64::MAX) + 1;
    let mut octets = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut octets)?;
    } else {
        std::fs::File::open(path)?.take(limit).read_to_end(&mut octets)?;
    }
    Ok(octets)
}

const PROFILES: &str = "spid-public, spid-private, spid-ag-public-full, spid-ag-public-lite, \
    spid-ag-private-full, spid-ag-private-lite, spid-op-public-full, spid-op-public-lite, cie-public, \
    cie-private, ficep, saml2, spid-idp, or a name of spid_sp_test's";

/// What does not stand in a path of a URI (RFC 3986 §3.3).
const URI: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');
