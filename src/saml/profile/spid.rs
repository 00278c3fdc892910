//! SPID's rules on requests (spid-saml §1.1), in the order of its error table (§3).

use crate::assurance::class_ref::ClassRef;
use crate::assurance::level::Level;
use crate::identity::age::AgeLimit;
use crate::identity::kind::Purpose;
use crate::saml::identity_provider::IdentityProvider;
use crate::saml::lexical;
use crate::saml::message::{AskedAge, RequestedAuthnContext};
use crate::saml::names;
use crate::saml::profile::base;
use crate::saml::profile::check::{Asked, Found, Rules, accept, demand};

/// The rules for service providers of SPID.
pub const SPID: Rules = Rules { name: "SPID", checks: CHECKS, tolerances: TOLERANCES };

const CHECKS: &[super::check::Check] = &[
    demand!(
        Issuer,
        "Issuer",
        "must be the entityID whose key signed",
        "spid-saml §1.1, §3 nr10",
        base::issuer_signed,
    ),
    demand!(Issuer, "Issuer/@Format", "must be the entity format", "spid-saml §1.1", issuer_format,),
    demand!(
        Issuer,
        "Issuer/@NameQualifier",
        "must be there, whatever its value",
        "spid-saml §1.1",
        issuer_name_qualifier,
    ),
    demand!(
        Conformity,
        "AuthnRequest",
        "must have the schema's elements and attributes in the schema's order",
        "SAML Core §3.4.1, spid-saml §1.1",
        base::schema,
    ),
    demand!(
        Conformity,
        "AuthnRequest/@ForceAuthn",
        "must be a boolean if present",
        "SAML Core §3.4.1",
        base::force_authn_boolean,
    ),
    demand!(
        Conformity,
        "AuthnRequest/@IsPassive",
        "must be a boolean if present",
        "SAML Core §3.4.1",
        base::is_passive_boolean,
    ),
    demand!(
        Conformity,
        "Subject/SubjectConfirmation",
        "must not be there",
        "SAML Profiles §4.1.4.1",
        base::no_subject_confirmation,
    ),
    demand!(
        Conformity,
        "Conditions",
        "must have its times in UTC if present",
        "spid-saml §1.1",
        base::conditions_instants,
    ),
    demand!(
        Conformity,
        "Scoping/@ProxyCount",
        "must be a number if present",
        "SAML Core §3.4.1.2",
        base::proxy_count_number,
    ),
    demand!(
        Conformity,
        "Extensions/Purpose",
        "must be P, LP, PG, PF or PX, once, if present",
        "spid-saml §4 (Avviso 18)",
        purpose,
    ),
    demand!(
        Conformity,
        "Extensions/AgeLimit",
        "must have MinAge and MaxAge in whole years, the first not above the second, once, if present",
        "spid-saml §4",
        age_limit,
    ),
    demand!(
        Conformity,
        "AuthnRequest/@ForceAuthn",
        "must be true when a level above SpidL1 is asked for",
        "spid-saml §1.1",
        force_authn_above_level_1,
    ),
    demand!(Version, "AuthnRequest/@Version", "must be 2.0", "spid-saml §1.1", base::version,),
    demand!(Id, "AuthnRequest/@ID", "must be an NCName", "spid-saml §1.1", base::id),
    demand!(
        IssueInstant,
        "AuthnRequest/@IssueInstant",
        "must be an instant in UTC",
        "spid-saml §1.1, §1.6",
        base::issue_instant_form,
    ),
    demand!(
        IssueInstant,
        "AuthnRequest/@IssueInstant",
        "must be coherent with the arrival",
        "spid-saml §1.1",
        base::issue_instant_window,
    ),
    demand!(
        Destination,
        "AuthnRequest/@Destination",
        "must be our single sign-on location or our entityID",
        "spid-saml §1.1",
        destination,
    ),
    demand!(
        Passive,
        "AuthnRequest/@IsPassive",
        "must not be true",
        "spid-saml §3 nr15",
        not_passive,
    ),
    demand!(
        Consumer,
        "AuthnRequest/@AssertionConsumerServiceIndex",
        "must stand without AssertionConsumerServiceURL and ProtocolBinding",
        "spid-saml §1.1, §3 nr16",
        base::consumer_index_alone,
    ),
    demand!(
        Consumer,
        "AuthnRequest/@AssertionConsumerServiceURL",
        "must come with ProtocolBinding when there is no AssertionConsumerServiceIndex",
        "spid-saml §1.1, §3 nr16",
        consumer_named,
    ),
    demand!(
        Consumer,
        "AuthnRequest/@ProtocolBinding",
        "must be HTTP-POST if present",
        "spid-saml §1.1",
        base::protocol_binding,
    ),
    demand!(
        Consumer,
        "AuthnRequest/@AssertionConsumerServiceIndex, @AssertionConsumerServiceURL",
        "must name a consumer of the metadata, the address exactly",
        "spid-saml §1.1, §3 nr16",
        base::consumer_registered,
    ),
    demand!(
        NameIdPolicy,
        "NameIDPolicy/@Format",
        "must be there and be the transient format",
        "spid-saml §1.1, §3 nr17",
        transient,
    ),
    demand!(
        AttributeSet,
        "AuthnRequest/@AttributeConsumingServiceIndex",
        "must be the index of an attribute set of the metadata if present",
        "spid-saml §3 nr18",
        base::attribute_set_registered,
    ),
    demand!(
        AuthnContext,
        "RequestedAuthnContext",
        "must be there",
        "spid-saml §1.1, §3 nr12",
        context_present,
    ),
    demand!(
        AuthnContext,
        "RequestedAuthnContext/@Comparison",
        "must be exact, minimum, better or maximum",
        "spid-saml §1.1, validators: AgID's bad requests",
        comparison,
    ),
    demand!(
        AuthnContext,
        "RequestedAuthnContext/AuthnContextClassRef",
        "must be there exactly once, without AuthnContextDeclRef",
        "spid-saml §1.1",
        one_class,
    ),
    demand!(
        AuthnContext,
        "RequestedAuthnContext/AuthnContextClassRef",
        "must be one of SPID's three classes; the abolished urn names are none",
        "spid-saml §1.1 (Avviso 5)",
        spid_class,
    ),
];

const TOLERANCES: &[super::check::Tolerance] = &[
    accept!("Issuer/@NameQualifier", "any value", "spid-saml §1.1"),
    accept!(
        "Issuer, AuthnContextClassRef",
        "white space and line ends around the value",
        "validators: AgID's good requests"
    ),
    accept!("AuthnRequest/@IssueInstant", "a fraction of any length", "spid-saml §1.1, §1.6"),
    accept!("AuthnRequest/@Destination", "our entityID, by the older rule", "spid-saml §1.1"),
    accept!(
        "AuthnRequest/@ForceAuthn",
        "absent or false at SpidL1; true at any level; 1 and 0 for true and false",
        "spid-saml §1.1, SAML Core §3.4.1"
    ),
    accept!("AuthnRequest/@IsPassive", "false", "spid-saml §3 nr15"),
    accept!(
        "AuthnRequest/@AttributeConsumingServiceIndex",
        "absent: no attribute is released",
        "spid-saml §1.1"
    ),
    accept!("NameIDPolicy/@AllowCreate", "any value", "spid-saml §3 nr17"),
    accept!("NameIDPolicy/@SPNameQualifier", "any value", "spid-saml §3 nr17"),
    accept!("RequestedAuthnContext/@Comparison", "all four", "spid-saml §1.1"),
    accept!("Subject", "accepted, and of no effect", "spid-saml §1.1"),
    accept!(
        "Conditions",
        "accepted, and of no effect: our own limits of validity hold",
        "spid-saml §1.1"
    ),
    accept!("Scoping/@ProxyCount", "any number: 0 takes other providers away", "spid-saml §1.1"),
    accept!("Scoping/RequesterID", "ignored", "spid-saml §1.1"),
    accept!("Extensions", "any content; unknown extensions are ignored", "spid-saml §1.1"),
    accept!(
        "Extensions/Purpose",
        "absent: an identity of a natural person is wanted, be it at work",
        "spid-saml §4 (Avviso 18)"
    ),
    accept!("Extensions/AgeLimit/MaxAge", "99: no upper bound", "spid-saml §4"),
    accept!(
        "AuthnRequest/@ProviderName, @Consent",
        "accepted, and of no effect",
        "SAML Core §3.4.1"
    ),
    accept!("RelayState", "absent", "spid-saml §1.4"),
];

/// The classes of SPID, by level.
pub const CLASSES: [ClassRef; 3] = [ClassRef::SpidL1, ClassRef::SpidL2, ClassRef::SpidL3];

/// The class asked for, if it is the only one and SPID's.
#[must_use]
pub fn class(context: &RequestedAuthnContext) -> Option<ClassRef> {
    let [class] = context.classes.as_slice() else { return None };
    ClassRef::parse(class).filter(|class| CLASSES.contains(class))
}

fn issuer_format(asked: &Asked<'_>) -> Result<(), Found> {
    let issuer = asked.message.issuer.as_ref();
    base::equal(issuer.and_then(|issuer| issuer.format.as_deref()), names::FORMAT_ENTITY)
}

fn issuer_name_qualifier(asked: &Asked<'_>) -> Result<(), Found> {
    let issuer = asked.message.issuer.as_ref();
    match issuer.and_then(|issuer| issuer.name_qualifier.as_deref()) {
        Some(_) => Ok(()),
        None => Err(Found::instead(None, "a name of the service provider's domain")),
    }
}

fn purpose(asked: &Asked<'_>) -> Result<(), Found> {
    let said = match asked.message.purposes.as_slice() {
        [] => return Ok(()),
        [one] => match Purpose::parse(one) {
            Some(_) => return Ok(()),
            None => one.clone(),
        },
        several => several.join(", "),
    };
    Err(Found::instead(Some(&said), Purpose::ALL.map(Purpose::as_str).join(", ")))
}

fn age_limit(asked: &Asked<'_>) -> Result<(), Found> {
    let said = match asked.message.age_limits.as_slice() {
        [] => return Ok(()),
        [AskedAge { min: Some(min), max: Some(max) }] => {
            match AgeLimit::read(Some(min), Some(max)) {
                Some(_) => return Ok(()),
                None => format!("{min} to {max}"),
            }
        }
        [AskedAge { min, max }] => {
            format!(
                "{} to {}",
                min.as_deref().unwrap_or("nothing"),
                max.as_deref().unwrap_or("nothing")
            )
        }
        several => format!("{} limits", several.len()),
    };
    Err(Found::instead(Some(&said), "MinAge and MaxAge, from 0 to 99"))
}

fn force_authn_above_level_1(asked: &Asked<'_>) -> Result<(), Found> {
    let message = asked.message;
    let above = message.context.as_ref().and_then(class).is_some_and(|c| c.level() > Level::Loa2);
    let forced = message.force_authn.as_deref().and_then(lexical::boolean) == Some(true);
    if above && !forced {
        return Err(Found::instead(message.force_authn.as_deref(), "true"));
    }
    Ok(())
}

fn destination(asked: &Asked<'_>) -> Result<(), Found> {
    let IdentityProvider { entity_id, single_sign_on, .. } = asked.identity_provider;
    match asked.message.destination.as_deref() {
        Some(text) if text == single_sign_on || text == entity_id => Ok(()),
        other => Err(Found::instead(other, format!("{single_sign_on} or {entity_id}"))),
    }
}

fn not_passive(asked: &Asked<'_>) -> Result<(), Found> {
    let text = asked.message.is_passive.as_deref();
    if text.and_then(lexical::boolean) == Some(true) {
        return Err(Found::instead(text, "no IsPassive, or false"));
    }
    Ok(())
}

fn consumer_named(asked: &Asked<'_>) -> Result<(), Found> {
    let message = asked.message;
    let named = message.consumer_url.is_some() && message.protocol_binding.is_some();
    if message.consumer_index.is_some() || named {
        return Ok(());
    }
    let alone = message.consumer_url.as_deref().or(message.protocol_binding.as_deref());
    Err(Found::instead(alone, "an index, or an address and its binding"))
}

fn transient(asked: &Asked<'_>) -> Result<(), Found> {
    let policy = asked.message.name_id_policy.as_ref();
    base::equal(policy.and_then(|policy| policy.format.as_deref()), names::FORMAT_TRANSIENT)
}

fn context_present(asked: &Asked<'_>) -> Result<(), Found> {
    match asked.message.context {
        Some(_) => Ok(()),
        None => Err(Found::instead(None, "a RequestedAuthnContext")),
    }
}

fn comparison(asked: &Asked<'_>) -> Result<(), Found> {
    let text = asked.message.context.as_ref().and_then(|context| context.comparison.as_deref());
    match text.and_then(lexical::comparison) {
        Some(_) => Ok(()),
        None => Err(Found::instead(text, "exact, minimum, better or maximum")),
    }
}

fn one_class(asked: &Asked<'_>) -> Result<(), Found> {
    let Some(context) = &asked.message.context else { return Ok(()) };
    if context.classes.len() == 1 && context.declarations == 0 {
        return Ok(());
    }
    let found = format!(
        "{} AuthnContextClassRef, {} AuthnContextDeclRef",
        context.classes.len(),
        context.declarations
    );
    Err(Found::instead(Some(&found), "one AuthnContextClassRef"))
}

fn spid_class(asked: &Asked<'_>) -> Result<(), Found> {
    let Some(context) = &asked.message.context else { return Ok(()) };
    match class(context) {
        Some(_) => Ok(()),
        None => Err(Found::instead(
            context.classes.first().map(String::as_str),
            CLASSES.map(ClassRef::uri).join(", "),
        )),
    }
}
