//! What a logout message must be whose signature held: a table a profile and a message, over one
//! code path (spid-saml §1.5; SAML Core §3.7; SAML Profiles §4.4.4).
//!
//! SPID's error table speaks of requests for a login alone, so nothing is refused here for SPID's sake
//! that SAML itself would take: whoever wants to log out is let out.

use chrono::{DateTime, Utc};

use crate::saml::binding::Binding;
use crate::saml::identity_provider::{IdentityProvider, SingleLogout};
use crate::saml::lexical;
use crate::saml::logout::message::{Kind, LogoutMessage};
use crate::saml::names;
use crate::saml::partner::{Profile, ServiceProvider};
use crate::saml::profile::check::{Check, Found, Rules, accept, demand};
use crate::saml::status::Fault;

/// A logout message, and the circumstances in which it is judged.
pub struct Asked<'a> {
    /// What it says.
    pub message: &'a LogoutMessage,
    /// Who sent and signed it.
    pub partner: &'a ServiceProvider,
    /// How it came.
    pub binding: Binding,
    /// Ourselves.
    pub identity_provider: &'a IdentityProvider,
    /// The time of arrival.
    pub now: DateTime<Utc>,
    /// The earliest time of issue that is still coherent with its arrival.
    pub earliest: DateTime<Utc>,
    /// The latest.
    pub latest: DateTime<Utc>,
}

/// The table of `profile` for messages of `kind`.
#[must_use]
pub fn rules(profile: Profile, kind: Kind) -> &'static Rules<Test> {
    match (profile, kind) {
        (Profile::Spid, Kind::Request) => &SPID_REQUEST,
        (Profile::Spid, Kind::Response) => &SPID_RESPONSE,
        (Profile::Generic, Kind::Request) => &GENERIC_REQUEST,
        (Profile::Generic, Kind::Response) => &GENERIC_RESPONSE,
    }
}

/// The first demand of `rules` that `asked` does not meet.
#[must_use]
pub fn broken(rules: &Rules<Test>, asked: &Asked<'_>) -> Option<Fault> {
    rules.checks.iter().find_map(|check| check.judged((check.test)(asked)))
}

/// The test of a check of logout messages.
pub type Test = fn(&Asked<'_>) -> Result<(), Found>;

/// SPID's rules for requests.
pub const SPID_REQUEST: Rules<Test> = Rules {
    name: "SPID, LogoutRequest",
    checks: &[
        ISSUER,
        ISSUER_FORMAT,
        demand!(
            Conformity,
            "LogoutRequest",
            "must have the schema's elements and attributes in the schema's order, the NameID in clear",
            "SAML Core §3.7.1",
            schema,
        ),
        VERSION,
        ID,
        INSTANT,
        WINDOW,
        demand!(
            Destination,
            "LogoutRequest/@Destination",
            "must be our single logout location or our entityID",
            "spid-saml §1.5",
            spid_destination,
        ),
        UNTIL_FORM,
        UNTIL,
        NAME,
        demand!(
            Conformity,
            "NameID/@Format",
            "must be the transient format if present",
            "spid-saml §1.5",
            spid_name_format,
        ),
        INDEXES,
    ],
    tolerances: &[
        accept!("Issuer/@Format, @NameQualifier", "absent", "SAML Core §3.7.1"),
        accept!(
            "NameID/@NameQualifier, @SPNameQualifier",
            "any value, or absent",
            "spid-saml §1.5"
        ),
        accept!("SessionIndex", "absent: every session that the name is of", "SAML Core §3.7.3.2"),
        accept!("LogoutRequest/@NotOnOrAfter", "absent", "spid-saml §1.5"),
        accept!(
            "LogoutRequest/@Reason, @Consent",
            "accepted, and of no effect",
            "SAML Core §3.7.1"
        ),
        accept!("RelayState", "absent", "spid-saml §1.4"),
    ],
};

/// SPID's rules for responses.
pub const SPID_RESPONSE: Rules<Test> = Rules {
    name: "SPID, LogoutResponse",
    checks: &[
        ISSUER,
        ISSUER_FORMAT,
        RESPONSE_SCHEMA,
        RESPONSE_VERSION,
        RESPONSE_ID,
        RESPONSE_INSTANT,
        RESPONSE_WINDOW,
        demand!(
            Destination,
            "LogoutResponse/@Destination",
            "must be where we take responses or our entityID",
            "spid-saml §1.5",
            spid_response_destination,
        ),
        IN_RESPONSE_TO,
        STATUS,
    ],
    tolerances: &[accept!("Issuer/@Format, @NameQualifier", "absent", "SAML Core §3.7.2")],
};

/// The rules for requests of service providers outside SPID.
pub const GENERIC_REQUEST: Rules<Test> = Rules {
    name: "Generic, LogoutRequest",
    checks: &[
        ISSUER,
        ISSUER_FORMAT,
        demand!(
            Conformity,
            "LogoutRequest",
            "must have the schema's elements and attributes in the schema's order, the NameID in clear",
            "SAML Core §3.7.1",
            schema,
        ),
        VERSION,
        ID,
        INSTANT,
        WINDOW,
        demand!(
            Destination,
            "LogoutRequest/@Destination",
            "must be our single logout location, and be there in a request by HTTP-POST",
            "SAML Bindings §3.4.5.2, §3.5.5.2",
            generic_destination,
        ),
        UNTIL_FORM,
        UNTIL,
        NAME,
        demand!(
            Conformity,
            "NameID/@NameQualifier, @SPNameQualifier",
            "must be ours and the issuer's if present: other names are not the ones that we gave",
            "SAML Core §2.2.2, §3.7.3.2",
            generic_qualifiers,
        ),
        INDEXES,
    ],
    tolerances: &[
        accept!("SessionIndex", "absent: every session that the name is of", "SAML Core §3.7.3.2"),
        accept!("LogoutRequest/@NotOnOrAfter", "absent", "SAML Core §3.7.1"),
        accept!(
            "LogoutRequest/@Reason, @Consent",
            "accepted, and of no effect",
            "SAML Core §3.7.1"
        ),
    ],
};

/// The rules for responses of service providers outside SPID.
pub const GENERIC_RESPONSE: Rules<Test> = Rules {
    name: "Generic, LogoutResponse",
    checks: &[
        ISSUER,
        ISSUER_FORMAT,
        RESPONSE_SCHEMA,
        RESPONSE_VERSION,
        RESPONSE_ID,
        RESPONSE_INSTANT,
        RESPONSE_WINDOW,
        demand!(
            Destination,
            "LogoutResponse/@Destination",
            "must be where we take responses, and be there in a response by HTTP-POST",
            "SAML Bindings §3.4.5.2, §3.5.5.2",
            generic_response_destination,
        ),
        IN_RESPONSE_TO,
        STATUS,
    ],
    tolerances: &[],
};

const ISSUER: Check<Test> = demand!(
    Issuer,
    "Issuer",
    "must be the entityID whose key signed",
    "SAML Profiles §4.4.4.1, §4.4.4.2",
    issuer_signed,
);
const ISSUER_FORMAT: Check<Test> = demand!(
    Issuer,
    "Issuer/@Format",
    "must be absent or the entity format",
    "SAML Profiles §4.4.4.1, §4.4.4.2, spid-saml §1.5",
    issuer_format,
);
const VERSION: Check<Test> =
    demand!(Version, "LogoutRequest/@Version", "must be 2.0", "SAML Core §3.2.1", version,);
const ID: Check<Test> =
    demand!(Id, "LogoutRequest/@ID", "must be an NCName", "SAML Core §1.3.4, §3.2.1", id,);
const INSTANT: Check<Test> = demand!(
    IssueInstant,
    "LogoutRequest/@IssueInstant",
    "must be an instant in UTC",
    "SAML Core §1.3.3, §3.2.1",
    issue_instant,
);
const WINDOW: Check<Test> = demand!(
    IssueInstant,
    "LogoutRequest/@IssueInstant",
    "must be coherent with the arrival",
    "spid-saml §1.1, SAML Bindings §3.5.5.2",
    window,
);
const UNTIL_FORM: Check<Test> = demand!(
    IssueInstant,
    "LogoutRequest/@NotOnOrAfter",
    "must be an instant in UTC if present",
    "SAML Core §1.3.3, §3.7.1",
    not_on_or_after_form,
);
const UNTIL: Check<Test> = demand!(
    IssueInstant,
    "LogoutRequest/@NotOnOrAfter",
    "must be to come",
    "SAML Core §3.7.1, §3.7.3.2",
    not_on_or_after,
);
const NAME: Check<Test> = demand!(
    Conformity,
    "NameID",
    "must be there and name somebody",
    "SAML Core §3.7.1, spid-saml §1.5",
    name_present,
);
const INDEXES: Check<Test> =
    demand!(Conformity, "SessionIndex", "must not be empty", "SAML Core §3.7.1", indexes_filled,);
const RESPONSE_SCHEMA: Check<Test> = demand!(
    Conformity,
    "LogoutResponse",
    "must have the schema's elements and attributes in the schema's order",
    "SAML Core §3.7.2",
    schema,
);
const RESPONSE_VERSION: Check<Test> =
    demand!(Version, "LogoutResponse/@Version", "must be 2.0", "SAML Core §3.2.2", version,);
const RESPONSE_ID: Check<Test> =
    demand!(Id, "LogoutResponse/@ID", "must be an NCName", "SAML Core §1.3.4, §3.2.2", id,);
const RESPONSE_INSTANT: Check<Test> = demand!(
    IssueInstant,
    "LogoutResponse/@IssueInstant",
    "must be an instant in UTC",
    "SAML Core §1.3.3, §3.2.2",
    issue_instant,
);
const RESPONSE_WINDOW: Check<Test> = demand!(
    IssueInstant,
    "LogoutResponse/@IssueInstant",
    "must be coherent with the arrival",
    "SAML Bindings §3.5.5.2",
    window,
);
const IN_RESPONSE_TO: Check<Test> = demand!(
    Conformity,
    "LogoutResponse/@InResponseTo",
    "must be there and be the ID of a request",
    "SAML Core §3.2.2, spid-saml §1.5",
    in_response_to,
);
const STATUS: Check<Test> = demand!(
    Conformity,
    "Status/StatusCode",
    "must be there with a value",
    "SAML Core §3.2.2.1, §3.2.2.2",
    status,
);

fn issuer_signed(asked: &Asked<'_>) -> Result<(), Found> {
    let issuer = asked.message.issuer.as_ref().map(|issuer| issuer.value.as_str());
    if issuer == Some(asked.partner.entity_id.as_str()) {
        return Ok(());
    }
    Err(Found::instead(issuer, asked.partner.entity_id.clone()))
}

fn issuer_format(asked: &Asked<'_>) -> Result<(), Found> {
    match asked.message.issuer.as_ref().and_then(|issuer| issuer.format.as_deref()) {
        None | Some(names::FORMAT_ENTITY) => Ok(()),
        other => Err(Found::instead(other, names::FORMAT_ENTITY)),
    }
}

fn schema(asked: &Asked<'_>) -> Result<(), Found> {
    match asked.message.misplaced.as_deref() {
        None => Ok(()),
        path => Err(Found::instead(
            path,
            "Issuer, Signature, Extensions, then NameID and SessionIndex, or Status: in this \
             order, with the schema's own attributes",
        )),
    }
}

fn version(asked: &Asked<'_>) -> Result<(), Found> {
    match asked.message.version.as_deref() {
        Some("2.0") => Ok(()),
        other => Err(Found::instead(other, "2.0")),
    }
}

fn id(asked: &Asked<'_>) -> Result<(), Found> {
    named(asked.message.id.as_deref())
}

fn in_response_to(asked: &Asked<'_>) -> Result<(), Found> {
    named(asked.message.in_response_to.as_deref())
}

fn named(id: Option<&str>) -> Result<(), Found> {
    match id {
        Some(id) if lexical::is_id(id) => Ok(()),
        other => Err(Found::instead(
            other,
            "an NCName of at most 256 characters: it begins with a letter or _",
        )),
    }
}

fn issue_instant(asked: &Asked<'_>) -> Result<(), Found> {
    instant(asked.message.issue_instant.as_deref())
}

fn not_on_or_after_form(asked: &Asked<'_>) -> Result<(), Found> {
    match asked.message.not_on_or_after.as_deref() {
        None => Ok(()),
        text => instant(text),
    }
}

fn instant(text: Option<&str>) -> Result<(), Found> {
    match text.and_then(lexical::instant) {
        Some(_) => Ok(()),
        None => Err(Found::instead(text, "an instant in UTC such as 2017-03-05T18:03:10.531Z")),
    }
}

fn window(asked: &Asked<'_>) -> Result<(), Found> {
    let text = asked.message.issue_instant.as_deref();
    match text.and_then(lexical::instant) {
        Some(at) if (asked.earliest..=asked.latest).contains(&at) => Ok(()),
        _ => Err(Found::instead(
            text,
            format!(
                "from {} to {}",
                asked.earliest.format("%Y-%m-%dT%H:%M:%SZ"),
                asked.latest.format("%Y-%m-%dT%H:%M:%SZ")
            ),
        )),
    }
}

fn not_on_or_after(asked: &Asked<'_>) -> Result<(), Found> {
    let text = asked.message.not_on_or_after.as_deref();
    match text.and_then(lexical::instant) {
        Some(until) if until <= asked.now => Err(Found::instead(
            text,
            format!("later than {}", asked.now.format("%Y-%m-%dT%H:%M:%SZ")),
        )),
        _ => Ok(()),
    }
}

fn spid_destination(asked: &Asked<'_>) -> Result<(), Found> {
    let ours = [Some(asked.location()), Some(asked.identity_provider.entity_id.as_str())];
    destination(asked, &ours)
}

fn generic_destination(asked: &Asked<'_>) -> Result<(), Found> {
    destination_if_posted(asked, &[Some(asked.location())])
}

fn spid_response_destination(asked: &Asked<'_>) -> Result<(), Found> {
    let entity_id = Some(asked.identity_provider.entity_id.as_str());
    destination(asked, &[asked.response_location(), Some(asked.location()), entity_id])
}

fn generic_response_destination(asked: &Asked<'_>) -> Result<(), Found> {
    destination_if_posted(asked, &[asked.response_location(), Some(asked.location())])
}

fn destination_if_posted(asked: &Asked<'_>, ours: &[Option<&str>]) -> Result<(), Found> {
    if asked.message.destination.is_none() && asked.binding == Binding::Redirect {
        return Ok(());
    }
    destination(asked, ours)
}

fn destination(asked: &Asked<'_>, ours: &[Option<&str>]) -> Result<(), Found> {
    let said = asked.message.destination.as_deref();
    let mut ours = ours.iter().flatten().filter(|one| !one.is_empty());
    if said.is_some_and(|said| ours.clone().any(|one| *one == said)) {
        return Ok(());
    }
    Err(Found::instead(said, (*ours.next().unwrap_or(&"")).to_owned()))
}

fn name_present(asked: &Asked<'_>) -> Result<(), Found> {
    match &asked.message.name_id {
        Some(name) if !name.value.is_empty() => Ok(()),
        _ => Err(Found::instead(None, "the NameID that we gave")),
    }
}

fn spid_name_format(asked: &Asked<'_>) -> Result<(), Found> {
    match asked.message.name_id.as_ref().and_then(|name| name.format.as_deref()) {
        None | Some(names::FORMAT_TRANSIENT) => Ok(()),
        other => Err(Found::instead(other, names::FORMAT_TRANSIENT)),
    }
}

fn generic_qualifiers(asked: &Asked<'_>) -> Result<(), Found> {
    let Some(name) = &asked.message.name_id else { return Ok(()) };
    let pairs = [
        (name.name_qualifier.as_deref(), asked.identity_provider.entity_id.as_str()),
        (name.sp_name_qualifier.as_deref(), asked.partner.entity_id.as_str()),
    ];
    match pairs.into_iter().find(|(said, wanted)| said.is_some_and(|said| said != *wanted)) {
        None => Ok(()),
        Some((said, wanted)) => Err(Found::instead(said, wanted.to_owned())),
    }
}

fn indexes_filled(asked: &Asked<'_>) -> Result<(), Found> {
    if asked.message.session_indexes.iter().any(String::is_empty) {
        return Err(Found::instead(None, "the SessionIndex that we gave"));
    }
    Ok(())
}

fn status(asked: &Asked<'_>) -> Result<(), Found> {
    match asked.message.status.first().map(String::as_str) {
        None | Some("") => Err(Found::instead(None, "a StatusCode with a Value")),
        Some(_) => Ok(()),
    }
}

impl<'a> Asked<'a> {
    fn service(&self) -> Option<&'a SingleLogout> {
        self.identity_provider.single_logout.as_ref()
    }

    fn location(&self) -> &'a str {
        self.service().map_or("", |service| service.location.as_str())
    }

    fn response_location(&self) -> Option<&'a str> {
        self.service().and_then(|service| service.response_location.as_deref())
    }
}
