//! People of a realm, with their passwords.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::admin::command::NewPerson;
use crate::cli::elsewhere::json;
use crate::cli::elsewhere::people::People;
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::value::{Item, Table, What};
use crate::factors::foreign_hash::{Digest, ForeignHash};
use crate::factors::password;
use crate::identity::attributes::AttributeName;

/// Takes over a person, or reports why not.
pub fn read(user: &Item<'_>, unverified_addresses: bool, people: &mut People, report: &mut Report) {
    let place = user.place();
    let mut table = user.table();
    let name = table.said("username").unwrap_or_default();
    if table.said("serviceAccountClientId").is_some() {
        let why = "it is a client's own account and nobody's";
        return report.left(place, format!("the account {name:?}"), why, "nothing");
    }
    let credentials = table.items("credentials");
    let Some(mut person) = people.begin(name, &place, report) else { return };
    person.suspended = table.flag("enabled") == Some(false);
    let verified = table.flag("emailVerified") == Some(true) || unverified_addresses;
    let mut set = |person: &mut NewPerson, name, value: Option<&str>| {
        if let Some(value) = value {
            people.set_known(person, name, value, &place, report);
        }
    };
    set(&mut person, AttributeName::Name, table.said("firstName"));
    set(&mut person, AttributeName::FamilyName, table.said("lastName"));
    match table.said("email") {
        Some(email) if verified => set(&mut person, AttributeName::Email, Some(email)),
        Some(_) => {
            let why = "it was not verified there, and links to get a new password go to it here";
            let mend = "have it confirmed and add it (`ponte user address`), or import with --unverified-addresses";
            report.left(place.clone(), "the attribute email", why, mend);
        }
        None => {}
    }
    if let Some(attributes) = table.take("attributes")
        && let What::Table(entries) = attributes.what()
    {
        let mut below = attributes.table();
        for (name, _) in entries {
            let Some(item) = below.take(name) else { continue };
            for value in item.texts() {
                people.set(&mut person, name, value, &item.place(), report);
            }
        }
    }
    let actions = table.items("requiredActions");
    person.password_expired = actions.iter().any(|action| action.text() == Some("UPDATE_PASSWORD"));
    let mut has_password = false;
    for credential in &credentials {
        let kind = credential.table().said("type").unwrap_or_default().to_owned();
        match kind.as_str() {
            "password" if !has_password => {
                has_password = password_of(&mut person, credential, report)
            }
            "" => {}
            other => second_factor(other, credential, &person, report),
        }
    }
    if !credentials.iter().any(|one| one.table().said("type") == Some("password")) {
        let why = "there is none in the export: it is kept in a directory, or the person came in by another provider, or people were exported without credentials";
        People::without_password(&person, why.to_owned(), &place, report);
    }
    table.pass(&[
        "id",
        "createdTimestamp",
        "totp",
        "disableableCredentialTypes",
        "notBefore",
        "access",
        "origin",
        "self",
    ]);
    report.rest(table, REST);
    if has_password {
        people.keep(person);
    }
}

fn second_factor(kind: &str, credential: &Item<'_>, person: &NewPerson, report: &mut Report) {
    let why = match kind {
        "otp" | "totp" | "hotp" => {
            "how it was bound is not known here, so that it would be worth no more than the password, and stand in the way of one that is"
        }
        "webauthn" | "webauthn-passwordless" => {
            "a passkey holds at the address for which it was made, and at no other"
        }
        _ => "ponte has no factor of that kind",
    };
    let mend =
        "the person enrols another with the activation code that the import gives (docs/levels.md)";
    report.left(
        credential.place(),
        format!("a factor of kind {kind:?} of {:?}", person.username),
        why,
        mend,
    );
}

fn password_of(person: &mut NewPerson, credential: &Item<'_>, report: &mut Report) -> bool {
    let place = credential.place();
    let mut table = credential.table();
    table.pass(&[
        "id",
        "type",
        "userLabel",
        "createdDate",
        "priority",
        "createdTimestamp",
        "device",
        "counter",
        "digits",
        "period",
        "config",
    ]);
    person.password_expired |= table.flag("temporary") == Some(true);
    let plain = table.said("value").map(str::to_owned);
    let hash = hash(&mut table);
    report.rest(table, &[]);
    match (plain, hash) {
        (Some(plain), _) => match password::acceptable(&plain, &person.username) {
            Ok(()) => {
                person.password = Some(plain);
                true
            }
            Err(bad) => {
                People::without_password(person, bad.to_string(), &place, report);
                false
            }
        },
        (None, Ok(hash)) => People::hash(person, &hash, &place, report),
        (None, Err(why)) => {
            People::without_password(person, why, &place, report);
            false
        }
    }
}

/// The hash in a form that is kept here.
fn hash(table: &mut Table<'_>) -> Result<String, String> {
    let secret = table.text("secretData").map(str::to_owned);
    let data = table.text("credentialData").map(str::to_owned);
    let old = ["hashedSaltedValue", "salt", "hashIterations", "algorithm"]
        .map(|name| table.text(name).map(str::to_owned));
    let (algorithm, iterations, value, salt, more) = match (secret, data) {
        (Some(secret), Some(data)) => {
            let nested = |text: &str| {
                json::read(text, "secretData").map_err(|_| "its data are not JSON".to_owned())
            };
            let (secret, data) = (nested(&secret)?, nested(&data)?);
            let (mut secret, data_item) = (Item::root("", &secret).table(), Item::root("", &data));
            let mut data = data_item.table();
            let text = |said: Option<&str>| said.unwrap_or_default().to_owned();
            let mut more = data.table("additionalParameters");
            let mut parameter = |name: &str| {
                let said = more
                    .take(name)
                    .map(|item| item.texts().first().map_or("", |text| text).to_owned());
                said.unwrap_or_default()
            };
            let parameters = ["memory", "parallelism", "type", "version"].map(&mut parameter);
            (
                text(data.text("algorithm")),
                text(data.text("hashIterations")),
                text(secret.text("value")),
                text(secret.text("salt")),
                parameters,
            )
        }
        _ => {
            let [value, salt, iterations, algorithm] = old.map(Option::unwrap_or_default);
            (algorithm, iterations, value, salt, Default::default())
        }
    };
    compose(&algorithm, &iterations, &value, &salt, &more)
}

fn compose(
    algorithm: &str,
    iterations: &str,
    value: &str,
    salt: &str,
    more: &[String; 4],
) -> Result<String, String> {
    let digest = match algorithm {
        "pbkdf2" => Digest::Sha1,
        "pbkdf2-sha256" => Digest::Sha256,
        "pbkdf2-sha512" => Digest::Sha512,
        // Extensions keep bcrypt's own form as the value.
        _ if value.starts_with("$2") => return Ok(value.to_owned()),
        "argon2" => {
            let [memory, lanes, kind, version] = more;
            let bare = |text: &str| text.trim_end_matches('=').to_owned();
            let version = if version == "1.0" { 16 } else { 19 };
            return Ok(format!(
                "$argon2{kind}$v={version}$m={memory},t={iterations},p={lanes}${}${}",
                bare(salt),
                bare(value)
            ));
        }
        "" => return Err("there is no hash of it in the export".to_owned()),
        other => return Err(format!("its hash is of a kind that is not read here: {other:?}")),
    };
    let octets =
        |text: &str| STANDARD.decode(text).map_err(|_| "its hash is not base64".to_owned());
    let iterations =
        iterations.parse().map_err(|_| "its number of iterations is none".to_owned())?;
    ForeignHash::pbkdf2(digest, iterations, &octets(salt)?, &octets(value)?)
        .map_err(|bad| bad.to_string())
}

const ROLES: (&str, &str) = ("ponte knows no roles and groups", "keep them where they are used");
const REST: &[(&str, &str, &str)] = &[
    ("realmRoles", ROLES.0, ROLES.1),
    ("clientRoles", ROLES.0, ROLES.1),
    ("applicationRoles", ROLES.0, ROLES.1),
    ("groups", ROLES.0, ROLES.1),
    ("clientConsents", "consent is asked for anew, to what is shown", "nothing"),
    (
        "federatedIdentities",
        "people whom an upstream vouches for are found by fiscal code",
        "see that their fiscal code is on record (docs/bridging.md)",
    ),
    (
        "federationLink",
        "ponte keeps its people itself and asks no directory",
        "export them from the directory, with their hashes if it gives them",
    ),
];
