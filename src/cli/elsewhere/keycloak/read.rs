//! The files of an export, and what a realm says beside its clients, providers and people.

use std::path::Path;

use chrono::NaiveDate;

use crate::cli::elsewhere::folder::{self, Folder};
use crate::cli::elsewhere::found::Found;
use crate::cli::elsewhere::json;
use crate::cli::elsewhere::keycloak::{clients, providers, users};
use crate::cli::elsewhere::people::People;
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::value::{Item, Table, Value};

/// Reads the export at `path`: one file, or a folder of files `*-realm.json` and `*-users-*.json`.
///
/// # Errors
/// When a file cannot be read, or is no export; where and why.
pub fn read(
    path: &Path,
    unverified_addresses: bool,
    today: NaiveDate,
) -> Result<(Found, Report), String> {
    let mut report = Report::of("Keycloak");
    let mut found = Found::default();
    let mut people = People::new(today);
    let mut realms = 0;
    let export = Export::open(path)?;
    // One file after the other: an export has as many as it has people by the hundred.
    for name in &export.names {
        let value = export.read(name)?;
        let item = Item::root(name, &value);
        if !item.is_table() {
            let kind = item.what().kind();
            return Err(format!("{name}: an export is a JSON object, found {kind}"));
        }
        let mut realm = item.table();
        let realm_name = realm.said("realm");
        let all = realm.items("users");
        let is_realm = realm_name.is_some() && !name.contains("-users-");
        if !is_realm && all.is_empty() {
            return Err(format!(
                "{name}: this is no export of a realm: there is neither \"realm\" nor \"users\""
            ));
        }
        for user in all {
            users::read(&user, unverified_addresses, &mut people, &mut report);
        }
        if is_realm {
            realms += 1;
            settings(realm, &mut found, &mut report);
        }
    }
    if realms > 1 {
        return Err(
            "there are several realms: import one after the other, each from a folder of its own"
                .to_owned(),
        );
    }
    found.people = people.all;
    Ok((found, report))
}

/// The files of an export.
struct Export<'a> {
    path: &'a Path,
    folder: Option<Folder>,
    names: Vec<String>,
}

impl<'a> Export<'a> {
    fn open(path: &'a Path) -> Result<Self, String> {
        if !path.is_dir() {
            let name =
                path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into());
            return Ok(Self { path, folder: None, names: vec![name] });
        }
        let folder = Folder::open(path).map_err(|error| error.to_string())?;
        let mut names = folder.list("", "-realm.json");
        let people = folder.list("", ".json").into_iter().filter(|name| name.contains("-users-"));
        names.extend(people);
        if names.is_empty() {
            let shown = path.display();
            return Err(format!(
                "{shown}: there is no *-realm.json and no *-users-*.json in this folder"
            ));
        }
        Ok(Self { path, folder: Some(folder), names })
    }

    fn read(&self, name: &str) -> Result<Value, String> {
        let text = match &self.folder {
            Some(folder) => folder.read(name),
            None => folder::read(self.path, name),
        };
        json::read(&text.map_err(|error| error.to_string())?, name)
    }
}

fn settings(mut realm: Table<'_>, found: &mut Found, report: &mut Report) {
    realm.pass(&[
        "id",
        "displayName",
        "displayNameHtml",
        "enabled",
        "keycloakVersion",
        "notBefore",
    ]);
    let scopes = realm.items("clientScopes");
    let scopes: Vec<Table<'_>> = scopes.iter().map(Item::table).collect();
    let mut scopes = clients::Scopes::new(scopes);
    for client in realm.items("clients") {
        clients::read(&client, &mut scopes, found, report);
    }
    scopes.unused(report);
    let mappers = realm.items("identityProviderMappers");
    for provider in realm.items("identityProviders") {
        providers::read(&provider, &mappers, found, report);
    }
    report.rest(realm, SETTINGS);
}

const KEYS: (&str, &str) = (
    "ponte makes keys of its own, and a private key stays where it was made",
    "`ponte init`, `ponte keys` (docs/keys.md)",
);
const ROLES: (&str, &str) = (
    "ponte says who somebody is, and knows no roles, groups or permissions",
    "keep them where they are used: each service provider decides by the attributes it gets",
);
const WALK: (&str, &str) = (
    "how a login goes is ponte's own, by levels of assurance",
    "settle it in [login], [[service-provider]] and [[campaign]] (docs/levels.md, docs/configuration.md)",
);
const LIMITS: (&str, &str) =
    ("guesses are limited by ponte's own rules", "nothing; docs/operations.md has them");
const SESSIONS: (&str, &str) = (
    "sessions are settled by two times, and tokens are not issued",
    "set idle-seconds and absolute-seconds in [sessions]",
);
const MAIL: (&str, &str) = ("mails are settled otherwise", "set [mail] (docs/operations.md)");
const RULES: (&str, &str) = (
    "ponte has rules of its own for it",
    "nothing; docs/operations.md and docs/levels.md have them",
);
const EVENTS: (&str, &str) = (
    "what happened is in ponte's log, its metrics and its register",
    "docs/operations.md, docs/register.md",
);
const LOOKS: (&str, &str) =
    ("pages are ponte's own, in Italian and English", "set idp.organization and [support]");
const DIRECTORY: (&str, &str) = (
    "ponte keeps its people itself and asks no directory; keys, policies and profiles stand here too",
    "export people of an LDAP directory as JSON Lines or CSV, and add them with `ponte user import`",
);

/// What a realm says that has no place here. A name that ends in * stands for all that begin so.
const SETTINGS: &[(&str, &str, &str)] = &[
    ("privateKey", KEYS.0, KEYS.1),
    ("publicKey", KEYS.0, KEYS.1),
    ("certificate", KEYS.0, KEYS.1),
    ("codeSecret", KEYS.0, KEYS.1),
    ("defaultSignatureAlgorithm", KEYS.0, KEYS.1),
    ("roles", ROLES.0, ROLES.1),
    ("groups", ROLES.0, ROLES.1),
    ("default*", ROLES.0, ROLES.1),
    ("scopeMappings", ROLES.0, ROLES.1),
    ("clientScopeMappings", ROLES.0, ROLES.1),
    ("authentic*", WALK.0, WALK.1),
    ("requiredActions", WALK.0, WALK.1),
    ("requiredCredentials", WALK.0, WALK.1),
    ("browserFlow", WALK.0, WALK.1),
    ("registrationFlow", WALK.0, WALK.1),
    ("directGrantFlow", WALK.0, WALK.1),
    ("resetCredentialsFlow", WALK.0, WALK.1),
    ("clientAuthenticationFlow", WALK.0, WALK.1),
    ("dockerAuthenticationFlow", WALK.0, WALK.1),
    ("firstBrokerLoginFlow", WALK.0, WALK.1),
    ("registration*", WALK.0, WALK.1),
    ("rememberMe", WALK.0, WALK.1),
    ("verifyEmail", WALK.0, WALK.1),
    ("loginWithEmailAllowed", WALK.0, WALK.1),
    ("duplicateEmailsAllowed", WALK.0, WALK.1),
    ("resetPasswordAllowed", WALK.0, WALK.1),
    ("editUsernameAllowed", WALK.0, WALK.1),
    ("userManagedAccessAllowed", WALK.0, WALK.1),
    ("organizationsEnabled", WALK.0, WALK.1),
    ("sslRequired", RULES.0, RULES.1),
    ("passwordPolicy", RULES.0, RULES.1),
    ("otpPolicy*", RULES.0, RULES.1),
    ("otpSupportedApplications", RULES.0, RULES.1),
    ("webAuthnPolicy*", RULES.0, RULES.1),
    ("localizationTexts", LOOKS.0, LOOKS.1),
    ("bruteForce*", LIMITS.0, LIMITS.1),
    ("permanentLockout", LIMITS.0, LIMITS.1),
    ("max*", LIMITS.0, LIMITS.1),
    ("minimumQuickLoginWaitSeconds", LIMITS.0, LIMITS.1),
    ("waitIncrementSeconds", LIMITS.0, LIMITS.1),
    ("quickLoginCheckMilliSeconds", LIMITS.0, LIMITS.1),
    ("failureFactor", LIMITS.0, LIMITS.1),
    ("revokeRefreshToken", SESSIONS.0, SESSIONS.1),
    ("refreshTokenMaxReuse", SESSIONS.0, SESSIONS.1),
    ("access*", SESSIONS.0, SESSIONS.1),
    ("sso*", SESSIONS.0, SESSIONS.1),
    ("offline*", SESSIONS.0, SESSIONS.1),
    ("client*", SESSIONS.0, SESSIONS.1),
    ("action*", SESSIONS.0, SESSIONS.1),
    ("oauth2Device*", SESSIONS.0, SESSIONS.1),
    ("smtpServer", MAIL.0, MAIL.1),
    ("events*", EVENTS.0, EVENTS.1),
    ("enabledEventTypes", EVENTS.0, EVENTS.1),
    ("adminEvents*", EVENTS.0, EVENTS.1),
    ("browserSecurityHeaders", LOOKS.0, LOOKS.1),
    ("loginTheme", LOOKS.0, LOOKS.1),
    ("accountTheme", LOOKS.0, LOOKS.1),
    ("adminTheme", LOOKS.0, LOOKS.1),
    ("emailTheme", LOOKS.0, LOOKS.1),
    ("internationalizationEnabled", LOOKS.0, LOOKS.1),
    ("supportedLocales", LOOKS.0, LOOKS.1),
    ("components", DIRECTORY.0, DIRECTORY.1),
    ("userFederation*", DIRECTORY.0, DIRECTORY.1),
    ("attributes", RULES.0, RULES.1),
];
