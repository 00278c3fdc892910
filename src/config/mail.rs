//! `[mail]`: by what way notices to people leave.

use std::net::IpAddr;
use std::path::Path;

use chrono::TimeDelta;

use crate::config::raw;
use crate::config::settings::{Mail, MailServer, MailWay};
use crate::config::signing::Wrong;
use crate::world::letter::Sender;
use crate::world::smtp::Security;

/// Checks the section; relative paths are taken from `folder`, answers to mails go to `reply_to`, and `office` stands
/// before the sender's address.
///
/// # Errors
/// With the first thing that is wrong.
pub fn check(
    raw: &raw::Mail,
    folder: &Path,
    office: Option<&str>,
    reply_to: Option<&str>,
) -> Result<Option<Mail>, Wrong> {
    let days = i64::try_from(raw.keep_days).ok().filter(|days| (1..=30).contains(days));
    let days = days.ok_or_else(|| {
        ("mail.keep-days".to_owned(), "a number from 1 to 30", raw.keep_days.to_string())
    })?;
    let way = match raw.way.as_str() {
        "none" => return Ok(None),
        "smtp" => MailWay::Server(server(raw, folder)?),
        "folder" => MailWay::Folder(folder.join(&raw.folder)),
        other => {
            let expected = "\"none\" or \"smtp\" or \"folder\"";
            return Err(("mail.way".to_owned(), expected, format!("{other:?}")));
        }
    };
    let from = match (&raw.from, &way) {
        (Some(from), _) => from.as_str(),
        (None, MailWay::Folder(_)) => "no-reply@localhost",
        (None, MailWay::Server(_)) => {
            let expected = "the address that mails come from, such as \"Comune di Esempio <no-reply@example.org>\"";
            return Err(("mail.from".to_owned(), expected, "nothing".to_owned()));
        }
    };
    let sender = Sender::new(from, reply_to).map_err(|_| {
        let expected =
            "an address, or a name and an address in angle brackets; and an address in support.email";
        ("mail.from".to_owned(), expected, format!("{from:?}"))
    })?;
    Ok(Some(Mail { way, sender: sender.named(office), keep: TimeDelta::days(days) }))
}

fn server(raw: &raw::Mail, folder: &Path) -> Result<MailServer, Wrong> {
    let wrong = |key: &str, expected, found: String| (key.to_owned(), expected, found);
    let host = raw.server.as_deref().unwrap_or_default();
    if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(wrong("mail.server", "a host's name or address", format!("{host:?}")));
    }
    let port = u16::try_from(raw.port).ok().filter(|port| *port > 0);
    let port =
        port.ok_or_else(|| wrong("mail.port", "a port from 1 to 65535", raw.port.to_string()))?;
    let security = match raw.security.as_str() {
        "starttls" => Security::StartTls,
        "tls" => Security::Tls,
        "none" if is_here(host) => Security::Nothing,
        "none" => {
            let expected = "\"starttls\" or \"tls\" (\"none\" is for a server on this machine)";
            return Err(wrong("mail.security", expected, "\"none\"".to_owned()));
        }
        other => {
            let expected = "\"starttls\" or \"tls\" or \"none\"";
            return Err(wrong("mail.security", expected, format!("{other:?}")));
        }
    };
    let credentials = match (&raw.user, &raw.password_file) {
        (None, None) => None,
        (Some(user), Some(file)) => Some((user.clone(), folder.join(file))),
        (Some(_), None) => {
            let expected = "the file of the password, where there is mail.user";
            return Err(wrong("mail.password-file", expected, "nothing".to_owned()));
        }
        (None, Some(_)) => {
            let expected = "the user name, where there is mail.password-file";
            return Err(wrong("mail.user", expected, "nothing".to_owned()));
        }
    };
    let authority = raw.authority.as_ref().map(|file| folder.join(file));
    Ok(MailServer { host: host.to_owned(), port, security, credentials, authority })
}

/// Whether `host` is this machine.
fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
