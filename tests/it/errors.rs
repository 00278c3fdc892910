//! The error table: as the rules have it, and as `docs/errors.md` shows it; `UPDATE_DOCS=1` writes that.

use std::fmt::Write as _;
use std::path::Path;

use ponte::saml::errors::row::{Cause, Row};
use ponte::saml::errors::table::TABLE;
use ponte::saml::status::Tell;
use ponte::texts::language::Language;

/// Number, code, sub-code, or the HTTP status of a page: the rules' table, typed again.
const RULES: &str = "
    1 Success -
    2 page 500
    3 page 500
    4 page 403
    5 page 403
    6 page 403
    7 page 403
    8 Requester -
    9 VersionMismatch -
    10 page 403
    11 Requester -
    12 Requester NoAuthnContext
    13 Requester RequestDenied
    14 Requester RequestUnsupported
    15 Requester NoPassive
    16 Requester RequestUnsupported
    17 Requester RequestUnsupported
    18 Requester RequestUnsupported
    19 Responder AuthnFailed
    20 Responder AuthnFailed
    21 Responder AuthnFailed
    22 Responder AuthnFailed
    23 Responder AuthnFailed
    25 Responder AuthnFailed
    26 Responder AuthnFailed
    27 Responder AuthnFailed
    28 Responder AuthnFailed
    29 Responder AuthnFailed
    30 Responder AuthnFailed
    771 Responder AuthnFailed
    772 Responder AuthnFailed";

/// SP-04: each number has its status and its words, in both languages.
#[test]
fn the_table_is_the_rules() {
    let rules: Vec<Vec<&str>> =
        RULES.trim().lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(TABLE.len(), rules.len());
    for (row, rule) in TABLE.iter().zip(rules) {
        let number: u16 = rule[0].parse().unwrap();
        assert_eq!(row.number, number);
        assert_eq!(row.words.is_none(), number == 1, "{number}");
        if rule[1] == "page" {
            assert_eq!((row.tell, row.status), (Tell::Browser, None), "{number}");
            assert_eq!(row.http.to_string(), rule[2], "{number}");
            continue;
        }
        let status = row.status.unwrap();
        let short =
            |uri: &'static str| uri.strip_prefix("urn:oasis:names:tc:SAML:2.0:status:").unwrap();
        assert_eq!(short(status.code), rule[1], "{number}");
        assert_eq!(status.sub.map_or("-", short), rule[2], "{number}");
        let message = (number != 1).then(|| format!("ErrorCode nr{number:02}"));
        assert_eq!(status.message, message.as_deref(), "{number}");
        let tell = if number == 16 { Tell::DefaultConsumer } else { Tell::Registered };
        assert_eq!(row.tell, tell, "{number}");
        let has_page = [12, 19, 20, 21, 23, 30].contains(&number);
        assert_eq!(row.http, if has_page { 403 } else { 200 }, "{number}");
    }
    assert!(Row::find(24).is_none());
}

#[test]
fn who_causes_what_is_as_the_rules_say() {
    for row in TABLE {
        let expected = match row.number {
            1 => Cause::Nobody,
            2 | 3 => Cause::IdentityProvider,
            4..=18 => Cause::ServiceProvider,
            _ => Cause::Person,
        };
        assert_eq!(row.cause, expected, "{}", row.number);
    }
}

#[test]
fn prescribed_words_are_said_in_italian_only() {
    let row = Row::find(23).unwrap();
    let italian = row.notice(Language::It).unwrap();
    assert_eq!(italian.prescribed, Some("Credenziali sospese o revocate"));
    assert_eq!(row.notice(Language::En).unwrap().prescribed, None);
}

#[test]
fn nothing_is_left_unsaid_in_either_language() {
    for row in TABLE {
        for language in Language::ALL {
            let Some(notice) = row.notice(language) else { continue };
            for text in [notice.title, notice.what, notice.now, notice.developer] {
                assert!(!text.is_empty(), "{} in {language:?}", row.number);
            }
        }
    }
}

#[test]
fn the_documentation_is_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors.md");
    let wanted = document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == wanted,
        "docs/errors.md is not what the table says: run the test with UPDATE_DOCS=1"
    );
}

fn document() -> String {
    let mut text = String::from(
        "# What can go wrong, by number\n\n\
         SPID numbers every way in which a login can fail. A service provider of the `spid` profile \
         is told the number in the StatusMessage; one of the `generic` profile gets SAML's own status \
         without it. Numbers whose answer is a page concern requests of which it is not established \
         who sent them: they go to nobody but the browser.\n\n\
         Checks are made in this order: binding and method (4, 6), structure (4 by HTTP-Redirect, 7 by \
         HTTP-POST), issuer (10), signature (5, 7), then 8, 9, 11, 13, 14, 15, 16, 17, 18, 12, and \
         then the person's (19 to 30). 24 is reserved. 26 to 29 belong to the issuing of identities, \
         771 and 772 to signatures with SPID: ponte offers neither and never sends them.\n\n\
         Below the words for the citizen a page names, for the service provider's developer, the rule \
         that was broken, the element, what was expected and what was found. Every page bears a support \
         code; `ponte support CODE` says what it was about.\n\n\
         This page is made from `src/saml/errors/table.rs`: `UPDATE_DOCS=1 cargo test --test it errors::` \
         writes it.\n\n\
         | Number | Case | Caused by | Told to | Status | Page |\n|---|---|---|---|---|---|\n",
    );
    for row in TABLE {
        let told = match row.tell {
            Tell::Browser => "the person",
            Tell::Registered => "the service provider",
            Tell::DefaultConsumer => "the service provider, at its default consumer",
        };
        let status = row.status.map_or_else(String::new, |status| {
            let short = |uri: &'static str| uri.rsplit(':').next().unwrap_or(uri);
            [Some(short(status.code)), status.sub.map(short), status.message]
                .into_iter()
                .flatten()
                .map(|part| format!("`{part}`"))
                .collect::<Vec<_>>()
                .join(" ")
        });
        let page = if row.has_page() { row.http.to_string() } else { String::new() };
        writeln!(
            text,
            "| nr{:02} | {} | {} | {told} | {status} | {page} |",
            row.number,
            row.case,
            cause(row.cause),
        )
        .unwrap();
    }
    for row in TABLE {
        let (Some(it), Some(en)) = (row.notice(Language::It), row.notice(Language::En)) else {
            continue;
        };
        writeln!(text, "\n## nr{:02}: {}\n", row.number, row.case).unwrap();
        if let Some(prescribed) = it.prescribed {
            writeln!(text, "- Prescribed by the rules: “{prescribed}”").unwrap();
        }
        for (language, notice) in [("Italiano", it), ("English", en)] {
            writeln!(text, "- {language}: **{}.** {} {}", notice.title, notice.what, notice.now)
                .unwrap();
            let developer = if language == "English" { "Developer" } else { "Sviluppatore" };
            writeln!(text, "  - {developer}: {}", notice.developer).unwrap();
        }
    }
    text
}

fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Nobody => "",
        Cause::IdentityProvider => "the identity provider",
        Cause::ServiceProvider => "the service provider",
        Cause::Person => "the person",
    }
}
