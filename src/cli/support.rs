//! `ponte support`: what a support code was about, in plain words and without anybody's name. `ponte feedback`: what
//! people thought of the help pages.

use crate::admin::archive::{Ask, Brief, Told};
use crate::admin::client::ClientError;
use crate::admin::command::{Command, Done};
use crate::cli::error::CliError;
use crate::cli::office::{Office, unexpected};
use crate::cli::register::run::ask;
use crate::cli::say::say_text;
use crate::login::outcome::Refusal;
use crate::register::index::Field;
use crate::saml::errors::row::{Cause, Row};
use crate::saml::status;
use crate::texts::language::Language;

/// Says what happened under `code`, as the person reads it out.
///
/// # Errors
/// When the register cannot be searched.
pub async fn carry_out(office: &mut Office, code: &str) -> Result<(), CliError> {
    let code = normal(code);
    let fields = vec![(Field::SupportId, code.clone())];
    let told =
        ask(office, Ask::Search { fields, certificate: None, from: None, to: None, limit: MOST })
            .await?;
    let Told::Rows { rows, .. } = told else { return Err(ClientError::Unexpected.into()) };
    if rows.is_empty() {
        say_text(format_args!("{}", nothing(&code)));
    }
    for row in &rows {
        say_text(format_args!("{}", in_words(row)));
    }
    Ok(())
}

/// Says how many found each help page useful.
///
/// # Errors
/// When the store cannot be read.
pub async fn votes(office: &mut Office) -> Result<(), CliError> {
    let rows = match office.ask(Command::CountVotes).await? {
        Done::Votes(rows) => rows,
        other => return unexpected(other),
    };
    let mut text = format!("{:<12}{:>8}{:>8}\n", "help page", "yes", "no");
    for (page, yes, no) in rows {
        text += &format!("{page:<12}{yes:>8}{no:>8}\n");
    }
    say_text(text);
    Ok(())
}

/// As codes are written: capitals, in groups of four, whatever was heard on the telephone.
fn normal(code: &str) -> String {
    let letters: Vec<char> = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_uppercase())
        // Neither of these letters is in a code: somebody heard or read a digit so.
        .map(|letter| match letter {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join("-")
}

fn nothing(code: &str) -> String {
    format!(
        "No answer left under {code}.\n\nEither the login is not over, or nobody but the person was told: that is \
         so when it could not be\nestablished who asked (nr04 to nr07, nr10), when the system failed (nr02, nr03), and \
         on pages that\nonly say that something is not so. The log has it, with support_id={code}.\n"
    )
}

fn in_words(row: &Brief) -> String {
    let Brief { at, service_provider, request_id, .. } = row;
    let at = at.format("%Y-%m-%d %H:%M:%S UTC");
    let asked = if request_id.is_empty() {
        "with a request that bears no usable ID".to_owned()
    } else {
        format!("by the request {request_id}")
    };
    let mut text = format!("{at}: {service_provider} asked, {asked}.\n\n");
    let Some((error, number)) = number(&row.outcome).and_then(|n| Some((Row::find(n)?, n))) else {
        return text + &format!("It ended so: {}.\n", row.outcome);
    };
    if number == 1 {
        let level = row.level.as_deref().unwrap_or("some level");
        return text
            + &format!("All went well: the person was named to the service, at {level}.\n");
    }
    let cause = match error.cause {
        Cause::Nobody => "nobody",
        Cause::IdentityProvider => "this identity provider",
        Cause::ServiceProvider => "the service, by its request",
        Cause::Person => "the person, or what the person has",
    };
    text += &format!(
        "It ended with nr{number:02}: {}.\nCaused by {cause}. No data of the person left.\n",
        error.case
    );
    if let Some(notice) = error.notice(Language::En) {
        text += &format!(
            "\nWhat happened: {}\nWhat the person can do: {}\nWhat the service's developer can do: {}\n",
            notice.what, notice.now, notice.developer
        );
    }
    text
}

/// SPID's number of an outcome as the register has it.
fn number(outcome: &str) -> Option<u16> {
    if outcome == "authenticated" {
        return Some(1);
    }
    let refusal = Refusal::ALL.into_iter().find(|refusal| refusal.name() == outcome);
    refusal
        .map(status::refusal_number)
        .or_else(|| outcome.strip_prefix("nr").and_then(|digits| digits.parse().ok()))
}

/// More than one answer bears a code only if a browser sent a request twice at once.
const MOST: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_understood_however_it_is_typed() {
        for typed in ["K7QX-2M4D-0001", "k7qx 2m4d ooil", " k7qx2m4d0001 ", "K7QX–2M4D–OO0l"] {
            let expected = if typed.contains("ooil") { "K7QX-2M4D-0011" } else { "K7QX-2M4D-0001" };
            assert_eq!(normal(typed), expected, "{typed}");
        }
    }

    #[test]
    fn every_outcome_has_its_number() {
        assert_eq!(number("authenticated"), Some(1));
        assert_eq!(number("nr16"), Some(16));
        for refusal in Refusal::ALL {
            assert_eq!(number(refusal.name()), Some(status::refusal_number(refusal)));
        }
        assert_eq!(number("something else"), None);
    }

    #[test]
    fn each_outcome_is_told_in_words() {
        let row = |outcome: &str| Brief {
            number: 1,
            at: chrono::DateTime::UNIX_EPOCH,
            outcome: outcome.into(),
            level: Some("Loa3".into()),
            service_provider: "https://sp.example.org".into(),
            fiscal_code: Some("RSSMRA80A01H501U".into()),
            request_id: "_1".into(),
            response_id: "_2".into(),
            support_id: "K7QX-2M4D-0001".into(),
            client_address: "192.0.2.1".into(),
        };
        for (outcome, words) in [
            ("authenticated", "All went well"),
            ("too-many-attempts", "nr19: wrong credentials"),
            ("nr16", "nr16: the place for the answer"),
            ("unheard-of", "It ended so: unheard-of"),
        ] {
            let text = in_words(&row(outcome));
            assert!(text.contains(words), "{text}");
            assert!(!text.contains("RSSMRA80A01H501U") && !text.contains("192.0.2.1"), "{text}");
        }
    }
}
