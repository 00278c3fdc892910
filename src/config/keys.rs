//! Every key that `ponte.toml` may have: the one list from which unknown keys
//! are told, defaults are filled in, and the example file and the reference are written.

/// What a key's value is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A string.
    Text,
    /// A whole number, not negative.
    Number,
    /// `true` or `false`.
    Flag,
    /// A list of strings.
    Texts,
}

impl Kind {
    /// The kind in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a whole number",
            Self::Flag => "true or false",
            Self::Texts => "a list of texts",
        }
    }
}

/// Whether a key must be there. Values are as they stand in the file (TOML).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Presence {
    /// It must; for instance this.
    Required(&'static str),
    /// It need not: then it is this.
    Default(&'static str),
    /// It need not; for instance this.
    Optional(&'static str),
}

/// One key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Key {
    /// Section and name, parts joined by dots; `[]` follows the name of a list of tables.
    pub path: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// Whether it must be there.
    pub presence: Presence,
    /// What it means.
    pub words: &'static str,
}

/// One section.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Section {
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub words: &'static str,
}

impl Key {
    /// The variable of the environment that overrides it: `PONTE_`, section and name in capitals,
    /// dots and hyphens as underscores. Keys in lists of tables have none.
    #[must_use]
    pub fn variable(&self) -> Option<String> {
        let name = || self.path.to_ascii_uppercase().replace(['.', '-'], "_");
        (!self.path.contains('[')).then(|| format!("PONTE_{}", name()))
    }

    /// The last part of its path.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }
}

/// The key at `path`, list positions left out (`keys.signing[].key`).
#[must_use]
pub fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// Whether some key lies below `path`, a table.
#[must_use]
pub fn is_table(path: &str) -> bool {
    KEYS.iter().any(|key| key.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

/// Whether `path` is a list of tables.
#[must_use]
pub fn is_list(path: &str) -> bool {
    KEYS.iter().any(|key| key.path.strip_prefix(path).is_some_and(|rest| rest.starts_with("[].")))
}

/// The names that may stand directly in the table at `path` (empty: the whole file).
#[must_use]
pub fn names_in(path: &str) -> Vec<&'static str> {
    let mut names = Vec::new();
    for key in KEYS {
        let rest = if path.is_empty() {
            Some(key.path)
        } else {
            key.path.strip_prefix(path).and_then(|rest| rest.strip_prefix('.'))
        };
        let Some(name) = rest.and_then(|rest| rest.split(['.', '[']).next()) else { continue };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The keys below `path`, a table, each by what follows it.
#[must_use]
pub fn all_below(path: &str) -> Vec<&'static str> {
    let rest = |key: &Key| key.path.strip_prefix(path)?.strip_prefix('.');
    KEYS.iter().filter_map(rest).collect()
}

/// Every section, in the order of the file.
pub const SECTIONS: &[Section] = &[
    Section { name: "server", words: "Where the server listens, and where its files lie." },
    Section { name: "idp", words: "Who this identity provider is." },
    Section {
        name: "keys",
        words: "The private keys. Paths are relative to the folder of this file.",
    },
    Section { name: "login", words: "How people log in." },
    Section { name: "sessions", words: "What a browser carries over from one login to the next." },
    Section {
        name: "recovery",
        words: "How people who lost a factor get another (/recover); links leave by `[mail]`.",
    },
    Section {
        name: "profile",
        words: "What people change of what is on record of them, at their own pages (/account/profile).",
    },
    Section { name: "requests", words: "Which requests of service providers are taken." },
    Section { name: "limits", words: "How much anybody may ask for." },
    Section {
        name: "monitoring",
        words: "How others watch this server: /health, /ready and /metrics (docs/operations.md).",
    },
    Section { name: "tools", words: "Pages for whoever integrates a service." },
    Section {
        name: "metadata",
        words: "Where the metadata of the service providers lies; `ponte sp add` keeps it in the store instead.",
    },
    Section {
        name: "publish",
        words: "What is published beside our own metadata: by an MDQ server, and by `ponte metadata publish` (docs/publishing.md).",
    },
    Section {
        name: "registration",
        words: "Registration by integrators: who answers for a service provider submits its metadata and proves control of it, and an administrator decides; and status pages for developers (docs/registration.md).",
    },
    Section { name: "register", words: "The register of requests and responses (24 months)." },
    Section {
        name: "support",
        words: "Whom people ask for help, on every page that says that something went wrong, and in every mail.",
    },
    Section {
        name: "telemetry",
        words: "Traces for an OpenTelemetry collector (docs/operations.md).",
    },
    Section {
        name: "mail",
        words: "How people are told of new browsers, unusual sign-ins, new apps, changed passwords and blocked credentials (docs/operations.md).",
    },
    Section {
        name: "sms",
        words: "How codes are sent by SMS, the second factor of who cannot use an app.",
    },
    Section {
        name: "smart-card",
        words: "How people sign in with CNS, TS-CNS, CIE and CNS-like cards (docs/smart-card.md).",
    },
    Section {
        name: "app",
        words: "The app on people's phones (/app): by which of its ways they may sign in, and how notifications go to it.",
    },
    Section {
        name: "service-provider",
        words: "What ponte adds to the metadata of one service provider; one table for each.",
    },
    Section {
        name: "pincode-verifier",
        words: "A partner who has people's pincodes for operations checked at /api/pincode/verify (docs/operations.md); one table for each. Without any there are no pincodes.",
    },
    Section {
        name: "campaign",
        words: "The roll-out of a second factor: from start on people are asked to get ready, from end on the password alone is not enough; one table for each.",
    },
    Section {
        name: "relying-party",
        words: "Who we are to other identity providers: what they know as one service provider, with its metadata at /sp/ID/metadata; one table for each.",
    },
    Section {
        name: "source",
        words: "Where further metadata come from, how far they are believed, and how often they are asked for (docs/sources.md); one table for each.",
    },
    Section {
        name: "upstream",
        words: "Other identity providers whose word counts (docs/bridging.md); one table for each, or for each federation.",
    },
];

const fn key(path: &'static str, kind: Kind, presence: Presence, words: &'static str) -> Key {
    Key { path, kind, presence, words }
}

use Kind::{Flag, Number, Text, Texts};
use Presence::{Default, Optional, Required};

/// Every key, in the order of the file.
pub const KEYS: &[Key] = &[
    key(
        "server.base-url",
        Text,
        Required("\"https://idp.example.org\""),
        "Where browsers find this server: scheme, host and port, nothing more. Plain http only for this machine itself.",
    ),
    key(
        "server.listen",
        Text,
        Default("\"127.0.0.1:8080\""),
        "Address and port to listen on. Another address than a loopback one needs `tls` or `proxies`: nothing goes over a network unencrypted.",
    ),
    key(
        "server.proxies",
        Texts,
        Default("[]"),
        "Addresses or networks (\"10.0.0.0/24\") of the proxies that speak TLS for us: only what they say of whoever asked is believed.",
    ),
    key(
        "server.forwarded-by",
        Text,
        Default("\"x-forwarded-for\""),
        "The one header in which those proxies say who asked: \"x-forwarded-for\" or \"forwarded\" (RFC 7239).",
    ),
    key(
        "server.tls.certificate",
        Text,
        Optional("\"keys/tls.crt\""),
        "File of the certificate and its chain, PEM, if this server speaks TLS itself and not a proxy for it.",
    ),
    key(
        "server.tls.key",
        Text,
        Optional("\"keys/tls.key\""),
        "File of the private key of that certificate, PEM.",
    ),
    key(
        "server.data",
        Text,
        Default("\"data\""),
        "Folder of the store and of the register; relative to the folder of this file.",
    ),
    key("server.log", Text, Default("\"text\""), "How the log is written: \"text\" or \"json\"."),
    key(
        "server.log-level",
        Text,
        Default("\"info\""),
        "What is logged: error, warn, info, debug or trace; for one module after a comma, as in \"info,ponte::saml=debug\".",
    ),
    key(
        "server.workers",
        Number,
        Default("0"),
        "Threads that serve requests; 0 is one for each core.",
    ),
    key(
        "server.store-cache-mib",
        Number,
        Default("16"),
        "Memory that the embedded store may keep pages in, MiB (1 to 16384).",
    ),
    key(
        "server.drain-seconds",
        Number,
        Default("0"),
        "Seconds that the server goes on as before once it is told to stop, with /ready at 503, so that a load balancer may notice (0 to 300).",
    ),
    key(
        "server.stop-seconds",
        Number,
        Default("10"),
        "Seconds that requests under way may then take (1 to 300); after them they are cut off.",
    ),
    key(
        "idp.entity-id",
        Text,
        Optional("\"https://idp.example.org/metadata\""),
        "Our entityID; without it, base-url followed by /metadata.",
    ),
    key(
        "idp.spid-prefix",
        Text,
        Default("\"PONT\""),
        "The four capital letters that begin a spidCode which `ponte user add` makes.",
    ),
    key(
        "idp.organization.name.it",
        Text,
        Required("\"Ente di esempio\""),
        "Name of the organisation in Italian.",
    ),
    key(
        "idp.organization.name.en",
        Text,
        Optional("\"Example body\""),
        "Name of the organisation in English; without it, the Italian one.",
    ),
    key(
        "idp.organization.display-name.it",
        Text,
        Optional("\"Ente di esempio\""),
        "Name that people see, in Italian, on every page; without it, the organisation's.",
    ),
    key(
        "idp.organization.display-name.en",
        Text,
        Optional("\"Example body\""),
        "Name that people see, in English; without it, the organisation's.",
    ),
    key(
        "idp.organization.url.it",
        Text,
        Required("\"https://www.example.org\""),
        "Home page of the organisation in Italian.",
    ),
    key(
        "idp.organization.url.en",
        Text,
        Optional("\"https://www.example.org/en\""),
        "Home page in English; without it, the Italian one.",
    ),
    key(
        "idp.organization.identifier",
        Text,
        Optional("\"PA:IT-c_h501\""),
        "Identifier of the organisation in certificates that `ponte keys` makes: PA:IT- and the IPA code of a public body, VATIT- and eleven digits, or CF:IT- and a fiscal code. Without it, that of the certificate in use.",
    ),
    key(
        "idp.organization.locality",
        Text,
        Optional("\"Roma\""),
        "Town of the organisation in such certificates. Without it, that of the certificate in use.",
    ),
    key(
        "keys.seal",
        Text,
        Required("\"keys/seal.key\""),
        "File of the key that seals personal data in the store and the register. Without it they cannot be read: keep a copy elsewhere.",
    ),
    key(
        "keys.folder",
        Text,
        Default("\"keys\""),
        "Folder of the signing keys that `ponte keys` keeps, and of signing.json, which says what each of them does.",
    ),
    key(
        "keys.signing[].key",
        Text,
        Required("\"keys/signing.key\""),
        "Only without a signing.json: file of a private key for signing, PEM (RSA of 2048 bits or more, or EC on P-256), or pkcs11:object=LABEL. The first of the list signs; the others are only published in the metadata.",
    ),
    key(
        "keys.signing[].certificate",
        Text,
        Required("\"keys/signing.crt\""),
        "File of the certificate of that key, PEM.",
    ),
    key(
        "keys.passphrase-file",
        Text,
        Optional("\"/run/credentials/ponte/passphrase\""),
        "File of the passphrase of private keys that are encrypted; its last line end is left out. The variable PONTE_KEYS_PASSPHRASE may hold the passphrase instead.",
    ),
    key(
        "keys.pkcs11.module",
        Text,
        Optional("\"/usr/lib/softhsm/libsofthsm2.so\""),
        "The PKCS#11 module (a shared library) of the token that holds signing keys.",
    ),
    key("keys.pkcs11.token", Text, Optional("\"ponte\""), "Label of the token."),
    key("keys.pkcs11.slot", Number, Optional("0"), "Slot of the token; it goes before the label."),
    key(
        "keys.pkcs11.pin-file",
        Text,
        Optional("\"/run/credentials/ponte/pin\""),
        "File of the token's PIN; its last line end is left out. The variable PONTE_KEYS_PKCS11_PIN may hold the PIN instead.",
    ),
    key(
        "keys.pkcs11.sessions",
        Number,
        Default("4"),
        "The most signatures that the token makes at the same time (1 to 256).",
    ),
    key(
        "login.timeout-seconds",
        Number,
        Default("900"),
        "Seconds that one login may take, from request to answer (60 to 3600); beyond them it ends with nr21.",
    ),
    key(
        "login.totp-period",
        Number,
        Default("30"),
        "Seconds that a one-time code of a newly enrolled app lasts: 30 or 60. Some apps ignore 60.",
    ),
    key(
        "login.single-page",
        Flag,
        Default("false"),
        "Whether the page of user name and password has a field for the one-time code too, which whoever has an app must then fill in: a wrong password and a wrong code look the same. Other second factors are asked for afterwards, as without it.",
    ),
    key(
        "login.first-enrolment",
        Text,
        Default("\"activation-code\""),
        "What the first enrolment of an authenticator app asks for besides the password: \"activation-code\", the code given with the account; or \"trust-on-first-use\", nothing, until the first login with a second factor.",
    ),
    key(
        "login.activation-days",
        Number,
        Default("30"),
        "Days that an activation code is good for (1 to 365).",
    ),
    key(
        "login.max-level",
        Text,
        Default("\"SpidL2\""),
        "The highest level that this installation answers: \"SpidL1\", \"SpidL2\" or \"SpidL3\".",
    ),
    key(
        "login.argon2.memory-kib",
        Number,
        Default("19456"),
        "Memory of one password hash (argon2id), KiB, at most 1048576. Not less than OWASP's: 7168 with 5 iterations, 9216 with 4, 12288 with 3, 19456 with 2, 47104 with 1.",
    ),
    key("login.argon2.iterations", Number, Default("2"), "Passes of one password hash (1 to 16)."),
    key("login.argon2.parallelism", Number, Default("1"), "Lanes of one password hash (1 to 4)."),
    key(
        "login.hash-workers",
        Number,
        Default("0"),
        "Passwords that are hashed at the same time; 0 is one for each core.",
    ),
    key(
        "login.hash-queue",
        Number,
        Default("64"),
        "Logins that may wait for their password to be hashed (1 to 65536); beyond them the answer is 503.",
    ),
    key(
        "sessions.idle-seconds",
        Number,
        Default("1800"),
        "Seconds after which a session that does not serve is over (60 to 86400).",
    ),
    key(
        "sessions.absolute-seconds",
        Number,
        Default("28800"),
        "Seconds after which a session is over whatever it does (60 to 2592000); not less than idle-seconds.",
    ),
    key(
        "sessions.account-level",
        Text,
        Default("\"SpidL1\""),
        "What people show before they see their own pages (/account): \"SpidL1\", \"SpidL2\" or \"SpidL3\".",
    ),
    key(
        "sessions.account-upstreams",
        Texts,
        Default("[]"),
        "The upstreams by which people may enter their own pages, beside our own login; they must have an account.",
    ),
    key(
        "recovery.cooling-off-hours",
        Number,
        Default("72"),
        "Hours that a changed e-mail address, or that of an identity given later, must have been there before links go to it (0 to 8760).",
    ),
    key(
        "profile.number-guard",
        Text,
        Default("\"existing-factor\""),
        "What people show at their own pages to change the telephone number on record: \"existing-factor\" (as much as they can, anew), \"secret-answer\" (the answer to a question that they chose; a legacy guard, worth this change and nothing else), \"email-link\" (a link that is mailed to the address on record, good for an hour and once; it needs `[mail]`) or \"desk\" (they cannot).",
    ),
    key(
        "requests.window-back-seconds",
        Number,
        Default("300"),
        "How old a request may be, seconds (0 to 86400).",
    ),
    key(
        "requests.window-ahead-seconds",
        Number,
        Default("120"),
        "How far in the future a request may have been made, seconds (0 to 3600): clocks differ.",
    ),
    key(
        "limits.address-per-minute",
        Number,
        Default("600"),
        "Requests and forms that one network (IPv4 /24, IPv6 /56) may send in a minute (1 to 1000000); beyond them the answer is 429.",
    ),
    key(
        "limits.partner-per-minute",
        Number,
        Default("6000"),
        "Requests that one service provider may send in a minute (1 to 1000000).",
    ),
    key(
        "monitoring.listen",
        Text,
        Optional("\"127.0.0.1:9464\""),
        "Address and port of a listener, plain HTTP, that answers nothing but /health, /ready and /metrics. Without it they are answered where pages are.",
    ),
    key(
        "monitoring.from",
        Texts,
        Default("[\"127.0.0.1\", \"::1\"]"),
        "Addresses or networks that may ask for /health, /ready and /metrics; for all others they are not there. Behind a proxy what counts is whom it names.",
    ),
    key(
        "tools.lint-page",
        Flag,
        Default("false"),
        "Whether /tools/lint is there: a page on which anybody may have metadata and messages checked (docs/lint.md). Nothing of them is kept.",
    ),
    key(
        "metadata.folder",
        Text,
        Default("\"metadata\""),
        "Folder of metadata: service providers' files are sp/*.xml in it. Relative to the folder of this file.",
    ),
    key(
        "publish.mdq",
        Flag,
        Default("false"),
        "Whether /mdq/entities/… answers with signed metadata of one entity, by the Metadata Query Protocol.",
    ),
    key(
        "publish.list",
        Flag,
        Default("false"),
        "Whether one signed list of all of them is published too: at /mdq/entities where mdq is true, and by `ponte metadata publish`.",
    ),
    key(
        "publish.partners",
        Texts,
        Default("[]"),
        "entityIDs of the service providers whose metadata is published beside our own; \"*\" means all that are not disabled.",
    ),
    key(
        "publish.name",
        Text,
        Optional("\"https://idp.example.org/list\""),
        "Name of the list, an address.",
    ),
    key(
        "publish.valid-hours",
        Number,
        Default("168"),
        "Hours for which what is published is valid; it is signed anew when half of them are over.",
    ),
    key("publish.cache-hours", Number, Default("6"), "Hours for which others need not ask again."),
    key(
        "registration.submissions",
        Flag,
        Default("false"),
        "Whether metadata may be submitted, at /federation/register and by the API beside it.",
    ),
    key(
        "registration.status-pages",
        Flag,
        Default("false"),
        "Whether the developers of service providers may see its last requests, by a link that `ponte sp status-link` gives out.",
    ),
    key(
        "registration.open",
        Number,
        Default("100"),
        "Submissions that may be open at a time (1 to 250).",
    ),
    key(
        "registration.open-per-network",
        Number,
        Default("5"),
        "The same from one network (/24 of IPv4, /56 of IPv6).",
    ),
    key("registration.size-kib", Number, Default("256"), "KiB that metadata may have (1 to 256)."),
    key(
        "registration.unproved-days",
        Number,
        Default("14"),
        "Days for which a submission waits to be proved (1 to 365).",
    ),
    key(
        "registration.undecided-days",
        Number,
        Default("90"),
        "Days for which a submission that was proved waits for an administrator (1 to 365).",
    ),
    key(
        "registration.origins",
        Texts,
        Default("[]"),
        "Origins (https://sp.example.org) at which the server looks for a token when an integrator asks it to, in networks of yours too. At all others an administrator has it looked for, and only at addresses of the Internet.",
    ),
    key(
        "registration.authority",
        Text,
        Optional("\"authority.pem\""),
        "File of the authorities (PEM) to believe at those origins, in place of the system's.",
    ),
    key(
        "register.folder",
        Text,
        Optional("\"/var/lib/ponte/register\""),
        "Folder of the register; without it, `register` in the data folder.",
    ),
    key(
        "register.checkpoint",
        Text,
        Optional("\"/var/lib/ponte-checkpoint/register.checkpoint\""),
        "File of the register's signed checkpoint, better on another disk: it shows if the register lost its end. Without it, `register.checkpoint` in the data folder.",
    ),
    key("support.name", Text, Optional("\"Assistenza\""), "Name of the help desk."),
    key("support.email", Text, Optional("\"assistenza@example.org\""), "Its e-mail address."),
    key("support.url", Text, Optional("\"https://www.example.org/assistenza\""), "Its page."),
    key(
        "mail.way",
        Text,
        Default("\"none\""),
        "By what way mails leave: \"none\" (nobody is told), \"smtp\" (mail.server) or \"folder\" (mail.folder).",
    ),
    key(
        "mail.server",
        Text,
        Optional("\"smtp.example.org\""),
        "Name or address of the SMTP server.",
    ),
    key(
        "mail.port",
        Number,
        Default("587"),
        "Its port: 587 with STARTTLS and 465 with TLS as a rule.",
    ),
    key(
        "mail.security",
        Text,
        Default("\"starttls\""),
        "How the connection is protected: \"starttls\" (nothing is sent without it), \"tls\" (from the beginning) or \"none\" (only to a server on this machine).",
    ),
    key("mail.user", Text, Optional("\"ponte\""), "User name at the server."),
    key(
        "mail.password-file",
        Text,
        Optional("\"keys/mail.password\""),
        "File of the password there.",
    ),
    key(
        "mail.authority",
        Text,
        Optional("\"keys/mail-ca.crt\""),
        "File of certificates (PEM) of a private authority that the server may be certified by, besides those that the system trusts.",
    ),
    key(
        "mail.folder",
        Text,
        Default("\"mail\""),
        "Folder into which mails are written as files: for trying out, or for other means to bring them on their way. Relative to the folder of this file.",
    ),
    key(
        "mail.from",
        Text,
        Optional("\"Comune di Esempio <no-reply@example.org>\""),
        "Address that mails come from, with a name or without (then it is idp.organization.display-name). Required by \"smtp\". Answers go to support.email.",
    ),
    key(
        "mail.keep-days",
        Number,
        Default("3"),
        "How many days a mail is tried that cannot leave (1 to 30); then it is dropped, and the log says so.",
    ),
    key(
        "sms.way",
        Text,
        Default("\"none\""),
        "By what way codes leave by SMS: \"none\" (nobody can add a number, and none that was added counts), \"gateway\" ([[sms.gateway]]) or \"folder\" (sms.folder).",
    ),
    key(
        "sms.folder",
        Text,
        Default("\"sms\""),
        "Folder into which messages are written as files: for trying out. Relative to the folder of this file.",
    ),
    key(
        "sms.country",
        Text,
        Default("\"39\""),
        "Country code of a number that is typed without one.",
    ),
    key(
        "sms.served",
        Texts,
        Default("[\"+393\"]"),
        "How the numbers begin to which messages are sent, country code included: Italian mobile phones unless it says more. Each country more is one more from which somebody may have messages sent for money.",
    ),
    key(
        "sms.person-day",
        Number,
        Default("10"),
        "How many messages one person may have sent in a day of UTC (1 to 50). Between two there is a minute, then two, four and so on to fifteen, until a code holds.",
    ),
    key(
        "sms.range-day",
        Number,
        Default("50"),
        "How many messages may go in a day to numbers that differ in their last four digits only.",
    ),
    key(
        "sms.house-day",
        Number,
        Default("2000"),
        "How many messages may leave in a day in all. What is beyond a budget is not sent, the person is led to their other ways, and the log says sms.over-budget.",
    ),
    key(
        "app.push",
        Flag,
        Default("true"),
        "Whether a sign-in may be approved on a phone that was asked: a second factor, after the password. The request is in the app's own list whether a notification comes or not.",
    ),
    key(
        "app.qr",
        Flag,
        Default("true"),
        "Whether a phone may approve a QR code that it scanned, as a second factor after the password.",
    ),
    key(
        "app.qr-passwordless",
        Flag,
        Default("true"),
        "Whether a QR code approved by a phone, which verifies its user, is enough without the password. With all three of them false there is no app.",
    ),
    key(
        "app.pin",
        Flag,
        Default("false"),
        "Whether a phone without an authenticator that verifies its user (no screen lock, an old browser) may be linked all the same: by a key that its browser keeps and a PIN of six digits or more that is checked here. Both together are one factor, after the password and never in its place; five wrong PINs in a row lock the phone until it is linked anew. Without it such a phone is told that it cannot be used, and what else there is.",
    ),
    key(
        "app.minimum-version",
        Number,
        Default("1"),
        "The oldest version of the app that may be used; an older one is told to update.",
    ),
    key(
        "app.push-key",
        Text,
        Default("\"keys/push.key\""),
        "Our key for push services (PEM, P-256), made when it is missing. Phones have subscribed to this key: with another one each must turn its notifications on again. Relative to the folder of this file.",
    ),
    key(
        "app.push-contact",
        Text,
        Optional("\"mailto:office@example.org\""),
        "Where push services find you if your notifications make trouble: mailto: or https: (RFC 8292). Without it, support.email, or server.base-url.",
    ),
    key(
        "app.push-services",
        Texts,
        Default(
            "[\"https://fcm.googleapis.com\", \"https://updates.push.services.mozilla.com\", \"https://web.push.apple.com\"]",
        ),
        "The push services that are asked, by origin: those of Chrome, Firefox and Safari. A phone that names another gets no notifications; empty, none does.",
    ),
    key(
        "app.push-authority",
        Text,
        Optional("\"keys/push-ca.crt\""),
        "Certificates (PEM) to believe of push services in the place of the system's: for one of your own.",
    ),
    key("sms.gateway[].name", Text, Required("\"first\""), "What the log calls it."),
    key(
        "sms.gateway[].kind",
        Text,
        Default("\"http\""),
        "How it is spoken to: \"http\" (a template of one request) or \"smpp\" (SMPP 3.4, one session as transmitter that stays bound). Gateways are asked in the order in which they stand here, the next where one fails.",
    ),
    key(
        "sms.gateway[].secret-file",
        Text,
        Optional("\"keys/sms.secret\""),
        "File of what {secret} stands for; of kind \"smpp\", of the password, 8 letters of ASCII at most.",
    ),
    key(
        "sms.gateway[].authority",
        Text,
        Optional("\"keys/sms-ca.crt\""),
        "File of certificates (PEM) by which the gateway is believed in place of those that the system trusts.",
    ),
    key(
        "sms.gateway[].url",
        Text,
        Optional("\"https://sms.example.org/v1/messages\""),
        "http: where it is asked, by https (http is for this machine). In address, headers and body {to} is replaced by the number with +, {digits} by the number without, {text}, {id} (the same however often a message is sent) and {secret}.",
    ),
    key(
        "sms.gateway[].headers",
        Texts,
        Optional("[\"Authorization: Bearer {secret}\"]"),
        "http: headers, such as \"Content-Type: application/json\".",
    ),
    key(
        "sms.gateway[].body",
        Text,
        Optional("'{\"to\": \"{to}\", \"text\": \"{text}\"}'"),
        "http: what is posted; without it the address is asked by GET.",
    ),
    key(
        "sms.gateway[].escape",
        Text,
        Optional("\"json\""),
        "http: how values are written in the body: \"json\" (also where nothing is said), \"form\" or \"xml\".",
    ),
    key(
        "sms.gateway[].success-status",
        Number,
        Optional("200"),
        "http: the status of an answer that says that the message was taken; without it any from 200 to 299.",
    ),
    key(
        "sms.gateway[].success-contains",
        Text,
        Optional("'\"status\":\"ok\"'"),
        "http: what the body of such an answer holds besides.",
    ),
    key(
        "sms.gateway[].host",
        Text,
        Optional("\"smpp.example.org\""),
        "smpp: the centre's name or address. A certificate must bear it.",
    ),
    key(
        "sms.gateway[].port",
        Number,
        Optional("3550"),
        "smpp: its port; where nothing is said 3550, or 2775 without TLS.",
    ),
    key(
        "sms.gateway[].tls",
        Flag,
        Optional("true"),
        "smpp: whether the connection is protected by TLS, from its first octet; it is where nothing is said. false is for this machine, or with plain-text-over-network.",
    ),
    key(
        "sms.gateway[].plain-text-over-network",
        Flag,
        Optional("false"),
        "smpp: true lets numbers, codes and the password go to another machine without TLS, for anybody on the way to read: only where a tunnel protects them.",
    ),
    key(
        "sms.gateway[].system-id",
        Text,
        Optional("\"ente\""),
        "smpp: as whom we are let in (system_id), 15 letters of ASCII at most.",
    ),
    key(
        "sms.gateway[].system-type",
        Text,
        Optional("\"OTP\""),
        "smpp: the kind of system that the centre wants to hear (system_type), 12 letters of ASCII at most; empty where nothing is said.",
    ),
    key(
        "sms.gateway[].source",
        Text,
        Optional("\"Comune\""),
        "smpp: where messages come from (source_addr): a number, or a name of 11 letters of ASCII at most; the centre's own where nothing is said.",
    ),
    key(
        "sms.gateway[].source-ton",
        Text,
        Optional("\"alphanumeric\""),
        "smpp: its type of number: \"unknown\", \"international\", \"national\", \"network-specific\", \"subscriber\", \"alphanumeric\" or \"abbreviated\". Where nothing is said, alphanumeric for a name, international for digits, unknown for none.",
    ),
    key(
        "sms.gateway[].source-npi",
        Text,
        Optional("\"unknown\""),
        "smpp: its numbering plan: \"unknown\", \"isdn\", \"data\", \"telex\", \"land-mobile\", \"national\", \"private\", \"ermes\", \"internet\" or \"wap\". Where nothing is said, isdn for digits, unknown otherwise.",
    ),
    key(
        "sms.gateway[].destination-ton",
        Text,
        Optional("\"international\""),
        "smpp: the type of number of people's numbers, which are sent with their country code and without +; international where nothing is said.",
    ),
    key(
        "sms.gateway[].destination-npi",
        Text,
        Optional("\"isdn\""),
        "smpp: the numbering plan of people's numbers; isdn where nothing is said.",
    ),
    key(
        "sms.gateway[].alphabet",
        Text,
        Optional("\"gsm\""),
        "smpp: \"gsm\" (GSM's alphabet of 7 bits, an octet each, as data_coding 0; UCS-2 for a text that has other letters; also where nothing is said) or \"ucs-2\" (always, for a centre whose own alphabet is another).",
    ),
    key(
        "sms.gateway[].validity",
        Flag,
        Optional("true"),
        "smpp: whether the centre is told until when a message is of use (validity_period), so that no code comes after its time; it is where nothing is said. false for a centre that answers ESME_RINVEXPIRY.",
    ),
    key(
        "sms.gateway[].answer-seconds",
        Number,
        Optional("10"),
        "smpp: how long an answer is waited for before the next gateway is asked (1 to 30); 10 where nothing is said.",
    ),
    key(
        "smart-card.listen",
        Text,
        Optional("\"0.0.0.0:8443\""),
        "Address and port of the listener at which cards are shown, by mutual TLS. Without it no cards are taken. With `smart-card.proxies` it speaks plain HTTP to those proxies alone.",
    ),
    key(
        "smart-card.base-url",
        Text,
        Optional("\"https://card.example.org:8443\""),
        "Where browsers find that listener: https, host and port, nothing more. Its host or its port is another than that of server.base-url.",
    ),
    key(
        "smart-card.tls.certificate",
        Text,
        Optional("\"keys/card.crt\""),
        "File of that listener's certificate and chain, PEM; without it, server.tls.certificate.",
    ),
    key(
        "smart-card.tls.key",
        Text,
        Optional("\"keys/card.key\""),
        "File of the private key of that certificate, PEM.",
    ),
    key(
        "smart-card.proxies",
        Texts,
        Default("[]"),
        "Addresses or networks of the proxies that speak TLS before that listener and pass the certificate on: only they are answered, and only their header is believed. A proxy must take away the header that a client sends, and must verify that the client has the certificate's key.",
    ),
    key(
        "smart-card.certificate-header",
        Text,
        Default("\"client-cert\""),
        "The header in which those proxies pass the certificate on: as RFC 9440 writes it (:base64:), or as PEM with percent escapes (nginx's $ssl_client_escaped_cert).",
    ),
    key(
        "smart-card.cns-only",
        Flag,
        Default("false"),
        "Whether CNS-like certificates are refused.",
    ),
    key(
        "smart-card.unknown-revocation",
        Text,
        Default("\"refuse\""),
        "What becomes of a card of which nobody can be asked whether it was revoked: \"refuse\", or \"SpidL2\": it is worth that at most.",
    ),
    key(
        "smart-card.workstation.listen",
        Text,
        Optional("\"0.0.0.0:9443\""),
        "Address and port of the listener at which workstations show a certificate of their own, first. With it a card counts at registered workstations alone. It has the TLS files, or the proxies, of the card's listener.",
    ),
    key(
        "smart-card.workstation.base-url",
        Text,
        Optional("\"https://card.example.org:9443\""),
        "Where browsers find that listener: https, host and port, other than those of smart-card.base-url.",
    ),
    key(
        "smart-card.workstation.authorities",
        Text,
        Default("\"workstations.pem\""),
        "File of the certificates of the authorities that sign workstations' certificates, PEM: which they have signed is registered.",
    ),
    key("smart-card.workstation.ocsp", Texts, Default("[]"), "Addresses of their responders."),
    key(
        "smart-card.workstation.crl",
        Texts,
        Default("[]"),
        "Addresses of their whole lists of revoked certificates. Where neither is named, a workstation's certificate stands until its end; else it counts only while it is known to stand.",
    ),
    key(
        "smart-card.issuer[].name",
        Text,
        Required("\"Regione Esempio\""),
        "What pages and log call the issuer; each has a name of its own.",
    ),
    key(
        "smart-card.issuer[].kind",
        Text,
        Required("\"cns\""),
        "What its certificates are: \"cns\" (CNS and TS-CNS of a public body), \"cie\" or \"cns-like\" (a provider's).",
    ),
    key(
        "smart-card.issuer[].authorities",
        Text,
        Required("\"cards/regione.pem\""),
        "File of the certificates of the authorities that sign its cards themselves, PEM, one or more, as the trusted list names them. What a browser sends besides its certificate is not read, so an authority between must stand here.",
    ),
    key(
        "smart-card.issuer[].policies",
        Texts,
        Optional("[\"1.3.76.16.2.1\"]"),
        "Object identifiers: a certificate under none of them is CNS-like. Without it that of CNS where the kind is \"cns\", else any will do.",
    ),
    key(
        "smart-card.issuer[].fiscal-code",
        Text,
        Default("\"common-name\""),
        "The one field that has the fiscal code: \"common-name\" (as far as the first slash) or \"serial-number\" (TINIT-, IT: or nothing before it).",
    ),
    key(
        "smart-card.issuer[].ocsp",
        Texts,
        Default("[]"),
        "Addresses of its responders (OCSP), in the order in which they are asked. Those that a certificate names are never fetched.",
    ),
    key(
        "smart-card.issuer[].crl",
        Texts,
        Default("[]"),
        "Addresses of its whole lists of revoked certificates (CRL), asked after the responders.",
    ),
    key(
        "smart-card.issuer[].as-cns",
        Flag,
        Default("false"),
        "Whether its CNS-like certificates are worth as much as a CNS: SpidL3 in place of SpidL2.",
    ),
    key(
        "smart-card.issuer[].help-it",
        Text,
        Optional("\"https://www.regione.example.org/carta\""),
        "Where it helps its holders, with drivers and desks: linked from the pages about cards.",
    ),
    key(
        "smart-card.issuer[].help-en",
        Text,
        Optional("\"https://www.regione.example.org/card\""),
        "The same in English.",
    ),
    key(
        "telemetry.otlp-endpoint",
        Text,
        Optional("\"http://127.0.0.1:4318\""),
        "Address of an OpenTelemetry collector that takes OTLP over HTTP; traces are posted to /v1/traces below it. Without it none are made.",
    ),
    key(
        "telemetry.sample-percent",
        Number,
        Default("100"),
        "How many of a hundred traces are sent (0 to 100); of one that a declared proxy began, what the proxy decided.",
    ),
    key(
        "telemetry.authority",
        Text,
        Optional("\"keys/collector-ca.crt\""),
        "File of certificates (PEM) by which the collector must be certified, in the place of those that the system trusts.",
    ),
    key(
        "service-provider[].entity-id",
        Text,
        Required("\"https://sp.example.org\""),
        "Which one: its entityID.",
    ),
    key(
        "service-provider[].profile",
        Text,
        Optional("\"generic\""),
        "The rules that its requests are held to: \"spid\" or \"generic\" (plain SAML 2.0). Without it, as its metadata looks.",
    ),
    key(
        "service-provider[].minimum-level",
        Text,
        Optional("\"SpidL2\""),
        "The least level for it, whatever it asks for: \"SpidL1\", \"SpidL2\" or \"SpidL3\".",
    ),
    key(
        "service-provider[].single-sign-on",
        Text,
        Optional("\"off\""),
        "The most that a session of the browser serves for without asking: \"off\" (every login asks), \"SpidL1\", \"SpidL2\" or \"SpidL3\". Without it SpidL1 for SPID, which has no more whatever is written here, and SpidL2 for the others.",
    ),
    key(
        "service-provider[].attributes",
        Texts,
        Optional("[\"name\", \"familyName\", \"fiscalNumber\"]"),
        "What it is given if its metadata asks for nothing: names of attributes of the SPID table.",
    ),
    key(
        "service-provider[].disabled",
        Flag,
        Default("false"),
        "Whether it is refused for the time being.",
    ),
    key(
        "service-provider[].name-id",
        Text,
        Optional("\"persistent\""),
        "The kind of name that it gets for people when its request asks for none: \"transient\", \"persistent\" (always the same, for it alone) or \"email\" (which it may ask for only if it is said here). Without it, as its metadata says first. This and the keys below are for the generic profile.",
    ),
    key(
        "service-provider[].encrypt-assertion",
        Flag,
        Default("false"),
        "Whether assertions to it are encrypted (AES-GCM, RSA-OAEP): its metadata must have a key for it.",
    ),
    key(
        "service-provider[].attribute-style",
        Text,
        Optional("\"oid\""),
        "By what names it knows attributes: \"spid\", \"oid\" (LDAP's: urn:oid:2.5.4.42) or \"claims\" (http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname). Without it, by the names that its metadata asks for.",
    ),
    key(
        "service-provider[].attribute-names",
        Texts,
        Optional("[\"fiscalNumber=urn:example:codiceFiscale\"]"),
        "Attributes that it knows by names of its own.",
    ),
    key(
        "service-provider[].unsolicited",
        Flag,
        Default("false"),
        "Whether people may start at us, with /saml/start?sp=ENTITY-ID&target=RELAY-STATE.",
    ),
    key(
        "service-provider[].own-login",
        Flag,
        Default("true"),
        "Whether people may come in by our own login.",
    ),
    key(
        "service-provider[].upstreams",
        Texts,
        Optional("[\"spid\"]"),
        "The upstreams by which people may come in, by their ids, in the order in which they are shown. Without it all those that are `offered`.",
    ),
    key(
        "service-provider[].accounts",
        Text,
        Default("\"linked\""),
        "What becomes of whom an upstream vouches for: \"linked\" (they have an account here, found by fiscal code; whoever has none is refused), \"created\" (whoever has none gets one) or \"pass-through\" (no account is kept: they are who the upstream says).",
    ),
    key(
        "service-provider[].ways-order",
        Texts,
        Default("[]"),
        "The ways that stand first on the page on which people choose, in their order: \"own-login\", \"smart-card\", or ids of upstreams. The others follow: upstreams, smart card, own login.",
    ),
    key(
        "service-provider[].way-headings",
        Texts,
        Default("[]"),
        "Headings of ways in the place of the usual ones, by way and language: [\"spid.it=Cittadini\", \"spid.en=Citizens\", \"own-login.it=Operatori\"].",
    ),
    key(
        "pincode-verifier[].name",
        Text,
        Required("\"tributi\""),
        "Its name in the log: small letters, digits and hyphens.",
    ),
    key(
        "pincode-verifier[].token-sha256",
        Text,
        Required("\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\""),
        "SHA-256, hexadecimal, of the token that it bears (at least 32 random characters; the token itself is kept by the partner alone).",
    ),
    key(
        "campaign[].name",
        Text,
        Required("\"second-factor\""),
        "Its name in commands and in the store: small letters, digits and hyphens.",
    ),
    key(
        "campaign[].start",
        Text,
        Required("\"2026-09-15T00:00:00+02:00\""),
        "From when people are asked to get ready (RFC 3339).",
    ),
    key(
        "campaign[].end",
        Text,
        Required("\"2026-12-15T00:00:00+01:00\""),
        "From when the password alone is not enough (RFC 3339).",
    ),
    key(
        "campaign[].population",
        Texts,
        Default("[]"),
        "The kinds of identities whose people it is about (\"personal\", \"legal-person\", \"professional\", \"legal-professional\"); none named: everybody.",
    ),
    key(
        "campaign[].factor",
        Text,
        Default("\"totp\""),
        "The factor that it rolls out: \"totp\" or \"sms\".",
    ),
    key(
        "campaign[].tasks",
        Texts,
        Default("[]"),
        "What people are asked at each login in the period until they have done it: \"number\" (confirm the telephone number), \"recovery-address\" (confirm the address of recovery links).",
    ),
    key(
        "campaign[].notices-days",
        Texts,
        Default("[\"90\", \"30\", \"7\"]"),
        "How many days before the end notices leave, by mail, or by SMS to who has no address, to whoever is not ready (`ponte campaign notices --dry-run` says to whom).",
    ),
    key(
        "relying-party[].id",
        Text,
        Required("\"ente\""),
        "Its name in addresses: small letters, digits and hyphens.",
    ),
    key(
        "relying-party[].profile",
        Text,
        Default("\"saml2\""),
        "What kind of service provider it is: \"spid-public\", \"spid-private\"; for whoever acts for others \"spid-ag-public-full\", \"spid-ag-public-lite\", \"spid-ag-private-full\", \"spid-ag-private-lite\" (aggregators), \"spid-op-public-full\", \"spid-op-public-lite\" (operators of public services); \"cie-public\", \"cie-private\", \"ficep\" (the eIDAS node) or \"saml2\".",
    ),
    key(
        "relying-party[].entity-id",
        Text,
        Optional("\"https://idp.example.org/sp/ente\""),
        "Its entityID. Without it, `server.base-url` and /sp/ID.",
    ),
    key(
        "relying-party[].attributes",
        Texts,
        Default("[\"spidCode\", \"name\", \"familyName\", \"fiscalNumber\"]"),
        "The attributes that it asks for, by their names in the SPID table.",
    ),
    key(
        "relying-party[].service-it",
        Text,
        Optional("\"Servizi online\""),
        "The name of the service in its metadata, in Italian. Without it, the organisation's.",
    ),
    key(
        "relying-party[].service-en",
        Text,
        Optional("\"Online services\""),
        "The same in English.",
    ),
    key(
        "relying-party[].contact.ipa-code",
        Text,
        Optional("\"c_h501\""),
        "Its code in the index of public administrations (IPA).",
    ),
    key(
        "relying-party[].contact.ipa-category",
        Text,
        Optional("\"L6\""),
        "Its category there; for CIE alone.",
    ),
    key(
        "relying-party[].contact.vat-number",
        Text,
        Optional("\"IT12345678903\""),
        "Its VAT number, with the country.",
    ),
    key(
        "relying-party[].contact.fiscal-code",
        Text,
        Optional("\"12345678903\""),
        "Its fiscal code.",
    ),
    key(
        "relying-party[].contact.company",
        Text,
        Optional("\"Ente di Esempio\""),
        "Its name, if it is not the organisation's.",
    ),
    key(
        "relying-party[].contact.email",
        Text,
        Optional("\"spid@example.org\""),
        "The address for whoever runs the federation.",
    ),
    key(
        "relying-party[].contact.telephone",
        Text,
        Optional("\"+390612345678\""),
        "The telephone number: +39, without spaces.",
    ),
    key(
        "relying-party[].contact.municipality",
        Text,
        Optional("\"H501\""),
        "The Belfiore code of its town; for CIE alone.",
    ),
    key(
        "relying-party[].contact.province",
        Text,
        Optional("\"RM\""),
        "Its province; for CIE alone.",
    ),
    key("relying-party[].contact.country", Text, Optional("\"IT\""), "Its country; for CIE alone."),
    key(
        "relying-party[].contact.nace2",
        Text,
        Optional("\"62.01\""),
        "The code of its activity; for private bodies at CIE.",
    ),
    key(
        "relying-party[].aggregated.company",
        Text,
        Optional("\"Comune di Esempio\""),
        "For aggregators and operators: the name of whoever is acted for, which is the organisation of the metadata.",
    ),
    key(
        "relying-party[].aggregated.ipa-code",
        Text,
        Optional("\"c_h501\""),
        "Its code in the index of public administrations, if it is a public body.",
    ),
    key(
        "relying-party[].aggregated.vat-number",
        Text,
        Optional("\"IT12345678903\""),
        "Its VAT number, with the country.",
    ),
    key(
        "relying-party[].aggregated.fiscal-code",
        Text,
        Optional("\"12345678903\""),
        "Its fiscal code.",
    ),
    key(
        "relying-party[].aggregated.email",
        Text,
        Optional("\"spid@comune.example.org\""),
        "Its address.",
    ),
    key(
        "relying-party[].aggregated.telephone",
        Text,
        Optional("\"+390612345678\""),
        "Its telephone number: +39, without spaces.",
    ),
    key(
        "relying-party[].aggregated.url",
        Text,
        Optional("\"https://www.comune.example.org\""),
        "Its website. Without it, ours.",
    ),
    key(
        "relying-party[].validation",
        Text,
        Optional("\"keys/aggregated.crt\""),
        "For the light kinds (-lite): file of the certificate, PEM, of whoever is acted for.",
    ),
    key(
        "relying-party[].invoicing.name",
        Text,
        Optional("\"Ente di Esempio\""),
        "The name on invoices (for private bodies).",
    ),
    key(
        "relying-party[].invoicing.vat-number",
        Text,
        Optional("\"IT12345678903\""),
        "The VAT number on them.",
    ),
    key(
        "relying-party[].invoicing.fiscal-code",
        Text,
        Optional("\"12345678903\""),
        "The fiscal code on them.",
    ),
    key("relying-party[].invoicing.street", Text, Optional("\"Via Esempio\""), "The street."),
    key("relying-party[].invoicing.number", Text, Optional("\"1\""), "The number in it."),
    key("relying-party[].invoicing.postal-code", Text, Optional("\"00144\""), "The postal code."),
    key("relying-party[].invoicing.town", Text, Optional("\"Roma\""), "The town."),
    key("relying-party[].invoicing.province", Text, Optional("\"RM\""), "The province."),
    key("relying-party[].invoicing.country", Text, Optional("\"IT\""), "The country."),
    key(
        "relying-party[].invoicing.email",
        Text,
        Optional("\"fatture@example.org\""),
        "Where questions about them go.",
    ),
    key(
        "relying-party[].invoicing.telephone",
        Text,
        Optional("\"+390612345678\""),
        "The telephone number for them.",
    ),
    key(
        "relying-party[].decryption-key",
        Text,
        Optional("\"keys/saml-decryption.pem\""),
        "Plain SAML (\"saml2\"): file of the private key, PEM, for which identity providers encrypt assertions (RSA of 2048 bits or more). Without it encrypted assertions are refused.",
    ),
    key(
        "relying-party[].decryption-certificate",
        Text,
        Optional("\"keys/saml-decryption.crt\""),
        "File of its certificate, PEM, which the metadata have with use=encryption.",
    ),
    key(
        "relying-party[].trial",
        Flag,
        Default("false"),
        "Whether /sp/ID/login ends at a page that shows what came, for trying out and for acceptance tests, rather than at the person's own pages.",
    ),
    key(
        "source[].name",
        Text,
        Required("\"federation\""),
        "Our name for it, in commands, log, metrics and files: small letters, digits and hyphens.",
    ),
    key(
        "source[].kind",
        Text,
        Required("\"folder\""),
        "What it is: \"file\" (one document), \"folder\" (files *.xml), \"url\" (one document, an entity or a list), \"mdq\" (a server that is asked for one entity at a time) or \"spid-registry\" (SPID's list of identity providers).",
    ),
    key(
        "source[].from",
        Text,
        Optional("\"metadata/federation\""),
        "Path or address (https; http on this machine alone; no redirect is followed). Only SPID's registry has one of its own.",
    ),
    key(
        "source[].provides",
        Text,
        Default("\"service-providers\""),
        "Whom it tells of: \"service-providers\", \"identity-providers\" (for an `[[upstream]]` that names it) or \"both\". SPID's registry tells of identity providers whatever is written here.",
    ),
    key(
        "source[].signed-by",
        Texts,
        Default("[]"),
        "Files of certificates, PEM, of which one must have signed each document whole. A second one makes the change to its key go by itself.",
    ),
    key(
        "source[].unsigned",
        Flag,
        Default("false"),
        "For an address without signed-by: whether documents are believed for the server's TLS certificate alone.",
    ),
    key(
        "source[].valid-until-days",
        Number,
        Optional("30"),
        "How many days ahead a document's validUntil may be at most; it must then be there (1 to 3650).",
    ),
    key(
        "source[].certificate-dates",
        Text,
        Default("\"warn\""),
        "What becomes of an entity's certificate that is out of its dates: \"ignore\", \"warn\" or \"refuse\".",
    ),
    key(
        "source[].lists-us",
        Flag,
        Default("false"),
        "Whether a document that has an entityID of ours in it is taken without it. Else it is refused.",
    ),
    key(
        "source[].allow",
        Texts,
        Optional("[\"https://sp.example.org\"]"),
        "The entityIDs that are taken from it, each in full. Without it all.",
    ),
    key("source[].deny", Texts, Default("[]"), "The entityIDs that are not, each in full."),
    key(
        "source[].priority",
        Number,
        Default("100"),
        "Who goes first where several sources name the same entity: the smallest number. The folder of `[metadata]` and the store go before all of them.",
    ),
    key(
        "source[].refresh-minutes",
        Number,
        Default("60"),
        "How often it is asked (1 to 43200), give or take a tenth. A shorter cacheDuration of the document goes before; what fails is tried again after a minute, then after ever more.",
    ),
    key(
        "source[].timeout-seconds",
        Number,
        Default("30"),
        "How long a whole answer may take (1 to 600).",
    ),
    key(
        "source[].size-kib",
        Number,
        Default("256"),
        "How large a document may be, in KiB (1 to 262144).",
    ),
    key(
        "source[].authorities",
        Text,
        Optional("\"keys/authorities.pem\""),
        "File of certificates, PEM, that the server's certificate must come from. Without it those that the system believes.",
    ),
    key(
        "source[].entities",
        Number,
        Default("1000"),
        "For \"mdq\": how many entities are kept at most (1 to 100000).",
    ),
    key(
        "source[].per-minute",
        Number,
        Default("60"),
        "For \"mdq\": how many entities are looked for in a minute, whoever names them (1 to 6000).",
    ),
    key(
        "source[].profile",
        Text,
        Optional("\"generic\""),
        "This and the keys below are what is settled with its service providers, as in `[[service-provider]]`, which goes before for the one that it names.",
    ),
    key("source[].minimum-level", Text, Optional("\"SpidL2\""), "The least level for them."),
    key(
        "source[].single-sign-on",
        Text,
        Optional("\"off\""),
        "The most that a session serves for without asking.",
    ),
    key(
        "source[].attributes",
        Texts,
        Optional("[\"name\", \"familyName\"]"),
        "What they are given if their metadata ask for nothing.",
    ),
    key(
        "source[].attribute-style",
        Text,
        Optional("\"oid\""),
        "By what names they know attributes.",
    ),
    key(
        "source[].own-login",
        Flag,
        Default("true"),
        "Whether people may come in to them by our own login.",
    ),
    key(
        "source[].upstreams",
        Texts,
        Optional("[\"spid\"]"),
        "The upstreams by which people may come in to them.",
    ),
    key(
        "source[].accounts",
        Text,
        Default("\"linked\""),
        "What becomes of whom an upstream vouches for.",
    ),
    key(
        "upstream[].id",
        Text,
        Required("\"spid\""),
        "Our name for it: small letters, digits and hyphens.",
    ),
    key(
        "upstream[].kind",
        Text,
        Default("\"saml\""),
        "Its protocol: \"saml\" or \"oidc\" (OpenID Connect).",
    ),
    key(
        "upstream[].profile",
        Text,
        Optional("\"spid\""),
        "Its rules. SAML: \"spid\", \"cie\", \"ficep\" (the eIDAS node) or \"saml2\" (plain SAML 2.0, without the key). OpenID Connect: \"spid\", \"cie\" or \"generic\" (without the key).",
    ),
    key(
        "upstream[].relying-party",
        Text,
        Optional("\"ente\""),
        "As whom we ask by SAML: the id of a `[[relying-party]]`, which must be there.",
    ),
    key(
        "upstream[].metadata",
        Text,
        Optional("\"metadata/idp\""),
        "SAML: file of its metadata, or folder of files *.xml: each identity provider in them is one to choose from. OpenID Connect: file of its metadata, for a provider that publishes none.",
    ),
    key(
        "upstream[].source",
        Text,
        Optional("\"federation\""),
        "SAML: the name of a `[[source]]` in the place of metadata: each identity provider that it gives is one to choose from. How far it is believed is said there.",
    ),
    key(
        "upstream[].entity-id",
        Text,
        Optional("\"https://idp.example.com/saml\""),
        "The one identity provider of that metadata that counts. Without it all of them.",
    ),
    key(
        "upstream[].signed-by",
        Texts,
        Default("[]"),
        "Files of certificates, PEM, of which one must have signed the metadata. Without any it is believed because it was placed there.",
    ),
    key(
        "upstream[].valid-until-days",
        Number,
        Optional("30"),
        "How many days ahead the metadata's validUntil may be at most; it must then be there (1 to 3650).",
    ),
    key(
        "upstream[].certificate-dates",
        Text,
        Default("\"warn\""),
        "What becomes of a certificate in the metadata that is out of its dates: \"ignore\", \"warn\" or \"refuse\".",
    ),
    key(
        "upstream[].binding",
        Text,
        Default("\"redirect\""),
        "How requests go to it, where it takes them so: \"redirect\" or \"post\".",
    ),
    key(
        "upstream[].name-it",
        Text,
        Optional("\"Il mio ente\""),
        "Its name on the page on which people choose, in Italian. Without it, as its rules or its metadata say.",
    ),
    key("upstream[].name-en", Text, Optional("\"My authority\""), "The same in English."),
    key(
        "upstream[].guide",
        Text,
        Optional("\"https://www.example.com/guida\""),
        "Address of a guide to it (https), shown beside it. Without it that of SPID or of CIE, where it is one of them.",
    ),
    key(
        "upstream[].logos",
        Text,
        Optional("\"logos\""),
        "Folder of logos, SVG or PNG, each named by the host of an identity provider's entityID (`idp.example.com.svg`).",
    ),
    key(
        "upstream[].levels",
        Texts,
        Optional("[\"urn:example:strong=SpidL2\"]"),
        "What its classes (AuthnContextClassRef, acr) are worth; what is not in the list is worth nothing. Without it, as its rules say.",
    ),
    key(
        "upstream[].ceiling",
        Text,
        Optional("\"SpidL2\""),
        "The most that its word is ever worth: \"SpidL1\", \"SpidL2\" or \"SpidL3\". Without it SpidL3 for SPID, CIE and eIDAS; for others it must be said.",
    ),
    key(
        "upstream[].default-level",
        Text,
        Optional("\"SpidL1\""),
        "What its word is worth if it names no class at all. Without it, nothing.",
    ),
    key(
        "upstream[].methods",
        Text,
        Default("\"ignored\""),
        "Whether authentication methods (amr) count where no class of the list was named: \"ignored\", \"methods\", or \"summaries\" (mfa and mca too).",
    ),
    key(
        "upstream[].ask",
        Text,
        Optional("\"minimum\""),
        "How a level is asked for: \"minimum\" (one class or stronger), \"exact\" (one class), \"each\" (every class that will do) or \"nothing\". Without it, as its rules say.",
    ),
    key(
        "upstream[].attributes",
        Texts,
        Default("[]"),
        "Rules for attributes: fiscalNumber=urn:x:cf (its name for it), name={first} {second} (several), domicileNation='IT' (always the same), email= (left out). `ponte map` shows what comes of them.",
    ),
    key(
        "upstream[].offered",
        Flag,
        Default("true"),
        "Whether people may choose it at service providers that have no list of their own.",
    ),
    key(
        "upstream[].disabled",
        Flag,
        Default("false"),
        "Whether nobody is sent to it for the time being, and no answer of it is taken.",
    ),
    key(
        "upstream[].issuer",
        Text,
        Optional("\"https://op.example.org\""),
        "OpenID Connect: the provider's issuer, exactly as it writes it; its metadata are read below it.",
    ),
    key(
        "upstream[].client-id",
        Text,
        Optional("\"https://idp.example.org/\""),
        "OpenID Connect: our name there. The redirect_uri to register is `server.base-url` and /oidc/callback/ID; our keys are at /oidc/jwks/ID.",
    ),
    key(
        "upstream[].authentication",
        Text,
        Default("\"private-key-jwt\""),
        "OpenID Connect: how we show who we are: \"private-key-jwt\" (signed by our signing key), \"client-secret-basic\" or \"client-secret-post\".",
    ),
    key(
        "upstream[].client-secret",
        Text,
        Optional("\"keys/openid-secret.txt\""),
        "OpenID Connect: file of the secret, for the two ways that have one.",
    ),
    key(
        "upstream[].assertion-audience",
        Text,
        Default("\"token-endpoint\""),
        "OpenID Connect: for whom our signed assertions are: \"token-endpoint\" (SPID, CIE, most) or \"issuer\" (FAPI 2, OpenID Federation).",
    ),
    key(
        "upstream[].algorithms",
        Texts,
        Optional("[\"RS256\", \"ES256\"]"),
        "OpenID Connect: what it may sign with. Without it, all that its rules take; never none or HS256.",
    ),
    key(
        "upstream[].scopes",
        Texts,
        Optional("[\"openid\", \"profile\"]"),
        "OpenID Connect: what is asked for by scope. Without it, as its rules say.",
    ),
    key(
        "upstream[].claims",
        Texts,
        Optional("[\"given_name\", \"family_name\"]"),
        "OpenID Connect: claims of userinfo asked for by the claims parameter. Without it, as its rules say.",
    ),
    key(
        "upstream[].request-object",
        Flag,
        Default("false"),
        "OpenID Connect: whether requests go in a signed object (RFC 9101); for SPID and CIE they always do.",
    ),
    key(
        "upstream[].push",
        Flag,
        Default("false"),
        "OpenID Connect: whether requests are pushed first (RFC 9126), even if the provider does not insist.",
    ),
    key(
        "upstream[].encrypted-id-token",
        Flag,
        Default("false"),
        "OpenID Connect: whether its ID tokens must be encrypted, as was settled with it.",
    ),
    key(
        "upstream[].decryption-key",
        Text,
        Optional("\"keys/openid-decryption.pem\""),
        "OpenID Connect: file of the private key, PEM, that it encrypts for.",
    ),
    key(
        "upstream[].origins",
        Texts,
        Default("[]"),
        "OpenID Connect: further places (https://host) at which its endpoints may be. What is fetched from it is fetched there, and at its issuer's own host; nowhere else.",
    ),
    key(
        "upstream[].authorities",
        Text,
        Optional("\"keys/authorities.pem\""),
        "OpenID Connect: file of certificates, PEM, that its servers' certificates must come from. Without it those that the system believes.",
    ),
];
