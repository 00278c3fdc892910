//! Sources of authentication: those that have their people in a file.

use crate::cli::elsewhere::found::Found;
use crate::cli::elsewhere::people::People;
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::simplesamlphp::read::Installation;
use crate::cli::elsewhere::value::{At, Item, Place, What};
use crate::factors::password;

/// Reads `authsources.php`.
///
/// # Errors
/// When a file that it names cannot be read.
pub fn read(
    item: &Item<'_>,
    here: &Installation,
    people: &mut People,
    found: &mut Found,
    report: &mut Report,
) -> Result<(), String> {
    let What::Table(entries) = item.what() else { return Ok(()) };
    let mut all = item.table();
    for (name, _) in entries {
        let Some(source) = all.take(name) else { continue };
        let class = match source.what() {
            What::List(_) => source.texts().first().map_or("", |class| class).to_owned(),
            _ => source.table().said("0").unwrap_or_default().to_owned(),
        };
        match class.as_str() {
            "exampleauth:UserPass" => written(&source, false, people, report),
            "authcrypt:Hash" => written(&source, true, people, report),
            "authcrypt:Htpasswd" => htpasswd(&source, here, people, report),
            "saml:SP" => asked_as(&source, found, report),
            _ => {
                let (why, mend) = match class.as_str() {
                    "core:AdminPassword" => {
                        ("administration is by commands, as the user that runs ponte", "nothing")
                    }
                    "ldap:LDAP" | "ldap:LDAPMulti" | "sqlauth:SQL" | "radius:Radius" => (
                        "its people are kept elsewhere, and ponte keeps its people itself",
                        "export them as JSON Lines or CSV with their hashes, and add them with `ponte user import`",
                    ),
                    _ => (
                        "ponte has no way in of that kind",
                        "see docs/bridging.md for other identity providers",
                    ),
                };
                report.left(source.place(), format!("the source {name:?} ({class})"), why, mend);
            }
        }
    }
    Ok(())
}

/// People whose names and passwords, or their hashes, are the names in a table.
fn written(source: &Item<'_>, hashed: bool, people: &mut People, report: &mut Report) {
    let What::Table(entries) = source.what() else { return };
    let mut table = source.table();
    table.pass(&[
        "0",
        "core:loginpage_links",
        "remember.username.enabled",
        "remember.username.checked",
    ]);
    for (entry, _) in entries {
        let Some(item) = table.take(entry) else { continue };
        // The name is a secret in part, and the path has it.
        let (name, secret) = entry.split_once(':').unwrap_or((entry, ""));
        let place = Place { path: format!("{}.{name}", source.path()), ..item.place() };
        if secret.is_empty() {
            let why = "it is neither a person nor a setting that this import knows";
            report.left(place, name, why, "look up what it does there");
            continue;
        }
        let Some(mut person) = people.begin(name, &place, report) else { continue };
        attributes(&item, &place, &mut person, people, report);
        let kept = match hashed || password::is_hash(secret) {
            true => People::hash(&mut person, secret, &place, report),
            false => match password::acceptable(secret, name) {
                Ok(()) => {
                    person.password = Some(secret.to_owned());
                    true
                }
                Err(bad) => {
                    People::without_password(&person, bad.to_string(), &place, report);
                    false
                }
            },
        };
        if kept {
            people.keep(person);
        }
    }
}

fn attributes(
    item: &Item<'_>,
    place: &Place,
    person: &mut crate::admin::command::NewPerson,
    people: &mut People,
    report: &mut Report,
) {
    let What::Table(entries) = item.what() else { return };
    let mut table = item.table();
    for (attribute, _) in entries {
        let Some(values) = table.take(attribute) else { continue };
        for value in values.texts() {
            if attribute == "uid" && value == person.username {
                continue;
            }
            people.set(person, attribute, value, place, report);
        }
    }
}

/// People of a file of Apache's; all have the same further attributes.
fn htpasswd(source: &Item<'_>, here: &Installation, people: &mut People, report: &mut Report) {
    let mut table = source.table();
    let file = table.said("htpasswd_file").unwrap_or_default().to_owned();
    let further = table.take("static_attributes");
    table.pass(&["0"]);
    report.rest(table, &[]);
    let text = match here.folder.read(&file) {
        Ok(text) => text,
        Err(error) => {
            let mend = "copy it there, name it by its path from there, and import again";
            return report.left(
                source.place(),
                format!("the people of {file:?}"),
                error.to_string(),
                mend,
            );
        }
    };
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let at = At { line: number, column: 1 };
        let place = Place::new(&file, at, "");
        let (name, hash) = line.split_once(':').unwrap_or((line, ""));
        let Some(mut person) = people.begin(name, &place, report) else { continue };
        if let Some(further) = &further {
            attributes(further, &place, &mut person, people, report);
        }
        if People::hash(&mut person, hash, &place, report) {
            people.keep(person);
        }
    }
}

fn asked_as(source: &Item<'_>, found: &mut Found, report: &mut Report) {
    let mut table = source.table();
    if let Some(entity_id) = table.said("entityID") {
        found.asked_as.get_or_insert_with(|| entity_id.to_owned());
    }
    table.pass(&["0", "idp", "discoURL"]);
    report.rest(table, &[("*", "as whom identity providers are asked is settled in [[relying-party]], with keys of ponte's own", "see docs/bridging.md")]);
}
