//! `ponte certificate`: keys, certificates and requests in SPID's shape for any entity, judged after they are made (spid-saml §2.4).

use std::fmt::Write as _;
use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::cli::arguments_certificate::{CertificateCheck, CertificateCommand, CertificateNew};
use crate::cli::error::CliError;
use crate::cli::keys::arguments::BodyChoice;
use crate::cli::say::{say, say_text};
use crate::cli::{files, load};
use crate::config::document::PASSPHRASE_VARIABLE;
use crate::partners::lint::text::plain;
use crate::world::certificate::{Certificate, Holder};
use crate::world::issue::{self, Subject, URI};
use crate::world::private_key::{Digest, PrivateKey};
use crate::world::random::Random;
use crate::world::shape::{self, Body, is_organization_identifier};

/// Carries out the command.
///
/// # Errors
/// When a field does not fit, a file cannot be read or made, or what is judged is not as it should be.
pub fn carry_out(
    command: &CertificateCommand,
    random: &Random,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    match command {
        CertificateCommand::New(said) => make(said, random, now),
        CertificateCommand::Check(said) => check(said, now),
    }
}

fn make(said: &CertificateNew, random: &Random, now: DateTime<Utc>) -> Result<(), CliError> {
    if !is_organization_identifier(&said.organization_id) {
        return Err(CliError::Argument {
            what: "--organization-id",
            expected: "PA:IT- and an IPA code, VATIT- and eleven digits, or CF:IT- and a fiscal code",
            found: said.organization_id.clone(),
        });
    }
    let holder = Holder {
        common_name: said.common_name.as_deref().unwrap_or(&said.organization),
        organization: &said.organization,
        entity_id: &said.entity_id,
        organization_identifier: &said.organization_id,
        country: &said.country,
        locality: &said.locality,
    };
    let body = match said.body {
        Some(BodyChoice::Public) => Body::Public,
        Some(BodyChoice::Private) => Body::Private,
        None => Body::of(&said.organization_id),
    };
    let key = PrivateKey::generate(said.key.kind(), Digest::Sha256)?;
    let public = key.public()?;
    let subject = Subject {
        public: &public,
        algorithm: key.algorithm(),
        sign: |octets: &[u8]| key.sign(octets),
    };
    let (end, text) = if said.csr {
        ("csr", issue::request(&subject, &holder, &body.policies())?)
    } else {
        let (policies, serial) = (body.policies(), random.bytes::<16>());
        ("crt", issue::self_signed(&subject, &holder, &policies, now, said.days, serial)?)
    };
    if !said.csr {
        let made = Certificate::from_pem(&text)?;
        let points = shape::judge(&made, &said.entity_id)?;
        if let Some(point) = points.iter().find(|point| point.wrong.is_some()) {
            return Err(CliError::Shape(format!("{}: {:?}", point.field, point.found)));
        }
    }
    let beside = |end: &str| {
        let mut path = said.out.as_os_str().to_owned();
        path.push(format!(".{end}"));
        PathBuf::from(path)
    };
    let (key_file, file) = (beside("key"), beside(end));
    if let Some(there) = [&key_file, &file].into_iter().find(|path| path.exists()) {
        return Err(CliError::Exists(there.clone()));
    }
    let environment = load::environment();
    let passphrase = environment.iter().find(|(name, _)| name == PASSPHRASE_VARIABLE);
    let pem = key.to_pem(passphrase.map(|(_, said)| said.as_bytes()))?;
    files::make(&key_file, &pem, true)?;
    if let Err(error) = files::make(&file, &text, false) {
        // A key of which nothing is known outside is of no use.
        let _gone_or_not = std::fs::remove_file(&key_file);
        return Err(error);
    }
    let how = if passphrase.is_some() { ", encrypted" } else { "" };
    say(format_args!("Private key  {}{how}", key_file.display()));
    if said.csr {
        say(format_args!("Request      {}", file.display()));
        return Ok(());
    }
    say(format_args!("Certificate  {}", file.display()));
    say_text(judged(&Certificate::from_pem(&text)?, &said.entity_id, now)?.0);
    Ok(())
}

fn check(said: &CertificateCheck, now: DateTime<Utc>) -> Result<(), CliError> {
    let octets = files::read(&said.file)?;
    let read = Certificate::from_pem(&octets).or_else(|_| Certificate::from_der(&octets))?;
    let own = read.subject_field(URI).or_else(|| read.subject_field("uri")).unwrap_or_default();
    let entity_id = said.entity_id.clone().unwrap_or_else(|| own.to_owned());
    let (text, wrong) = judged(&read, &entity_id, now)?;
    say_text(text);
    match wrong {
        0 => Ok(()),
        1 => Err(CliError::Shape("1 field is wrong".to_owned())),
        wrong => Err(CliError::Shape(format!("{wrong} fields are wrong"))),
    }
}

/// Every field with its verdict, and how many are wrong.
fn judged(
    certificate: &Certificate,
    entity_id: &str,
    now: DateTime<Utc>,
) -> Result<(String, usize), CliError> {
    let (from, until) = (certificate.not_before, certificate.not_after);
    let mut text = format!("SHA-256      {}\n", certificate.fingerprint);
    let mut wrong = 0;
    let mut line = |field: &str, found: &str, expected: Option<&str>| {
        wrong += usize::from(expected.is_some());
        let verdict = if expected.is_none() { "ok" } else { "ODD" };
        // Nothing fails that writes to a text.
        let _ = writeln!(text, "  {verdict:<4} {field}: {}", plain(found));
        if let Some(expected) = expected {
            let _ = writeln!(text, "       expected {expected}");
        }
    };
    let days = format!("{} to {}", from.format("%Y-%m-%d"), until.format("%Y-%m-%d"));
    let expected = match (now < from, now >= until) {
        (true, _) => Some("to be good already"),
        (_, true) => Some("to be good still"),
        _ => None,
    };
    line("good", &days, expected);
    for point in shape::judge(certificate, entity_id)? {
        line(point.field, &point.found, point.wrong.as_deref());
    }
    Ok((text, wrong))
}
