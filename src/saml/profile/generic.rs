//! What a plain SAML 2.0 service provider is held to (SAML Core §3.4.1, SAML Profiles §4.1.4.1).

use crate::assurance::class_ref::ClassRef;
use crate::assurance::requirement::Comparison;
use crate::identity::name_id::NameIdKind;
use crate::saml::binding::Binding;
use crate::saml::lexical;
use crate::saml::names;
use crate::saml::profile::base;
use crate::saml::profile::check::{Asked, Found, Rules, accept, demand};

/// The rules for service providers outside SPID.
pub const GENERIC: Rules = Rules { name: "Generic", checks: CHECKS, tolerances: TOLERANCES };

const CHECKS: &[super::check::Check] = &[
    demand!(
        Issuer,
        "Issuer",
        "must be the entityID whose key signed",
        "SAML Profiles §4.1.4.1",
        base::issuer_signed,
    ),
    demand!(
        Issuer,
        "Issuer/@Format",
        "must be absent or the entity format",
        "SAML Profiles §4.1.4.1",
        issuer_format,
    ),
    demand!(
        Conformity,
        "AuthnRequest",
        "must have the schema's elements and attributes in the schema's order",
        "SAML Core §3.4.1",
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
        "SAML Core §1.3.3, §2.5.1",
        base::conditions_instants,
    ),
    demand!(
        Conformity,
        "Scoping/@ProxyCount",
        "must be a number if present",
        "SAML Core §3.4.1.2",
        base::proxy_count_number,
    ),
    demand!(Version, "AuthnRequest/@Version", "must be 2.0", "SAML Core §3.2.1", base::version,),
    demand!(Id, "AuthnRequest/@ID", "must be an NCName", "SAML Core §1.3.4, §3.2.1", base::id),
    demand!(
        IssueInstant,
        "AuthnRequest/@IssueInstant",
        "must be an instant in UTC",
        "SAML Core §1.3.3, §3.2.1",
        base::issue_instant_form,
    ),
    demand!(
        IssueInstant,
        "AuthnRequest/@IssueInstant",
        "must be coherent with the arrival",
        "SAML Bindings §3.5.5.2",
        base::issue_instant_window,
    ),
    demand!(
        Destination,
        "AuthnRequest/@Destination",
        "must be our single sign-on location, and be there in a request by HTTP-POST",
        "SAML Bindings §3.4.5.2, §3.5.5.2",
        destination,
    ),
    demand!(
        Consumer,
        "AuthnRequest/@AssertionConsumerServiceIndex",
        "must stand without AssertionConsumerServiceURL and ProtocolBinding",
        "SAML Core §3.4.1",
        base::consumer_index_alone,
    ),
    demand!(
        Consumer,
        "AuthnRequest/@ProtocolBinding",
        "must be HTTP-POST if present",
        "SAML Profiles §4.1.2",
        base::protocol_binding,
    ),
    demand!(
        Consumer,
        "AuthnRequest/@AssertionConsumerServiceIndex, @AssertionConsumerServiceURL",
        "must name a consumer of the metadata if present, the address exactly",
        "SAML Profiles §4.1.4.1",
        base::consumer_registered,
    ),
    demand!(
        NameIdPolicy,
        "NameIDPolicy/@Format",
        "must be absent, unspecified, transient or persistent, or emailAddress where our entry for the service provider names people so",
        "SAML Core §3.4.1.1",
        name_id_format,
    ),
    demand!(
        NameIdPolicy,
        "NameIDPolicy/@SPNameQualifier",
        "must be absent or the issuer: names are given to nobody else",
        "SAML Core §3.4.1.1",
        sp_name_qualifier,
    ),
    demand!(
        AttributeSet,
        "AuthnRequest/@AttributeConsumingServiceIndex",
        "must be the index of an attribute set of the metadata if present",
        "SAML Core §3.4.1",
        base::attribute_set_registered,
    ),
    demand!(
        AuthnContext,
        "RequestedAuthnContext/@Comparison",
        "must be exact, minimum, better or maximum if present",
        "SAML Core §3.3.2.2.1",
        comparison_known,
    ),
    demand!(
        AuthnContext,
        "RequestedAuthnContext/AuthnContextClassRef",
        "must be there in a RequestedAuthnContext, without AuthnContextDeclRef: no declaration is understood",
        "SAML Core §3.3.2.2.1",
        classes_only,
    ),
    demand!(
        AuthnContext,
        "RequestedAuthnContext/AuthnContextClassRef",
        "must hold a class that we know; nothing but classes that we know if the comparison is better",
        "SAML Core §3.3.2.2.1",
        class_known,
    ),
];

const TOLERANCES: &[super::check::Tolerance] = &[
    accept!("Issuer/@Format, @NameQualifier", "absent", "SAML Profiles §4.1.4.1"),
    accept!("AuthnRequest/@Destination", "absent in a request by HTTP-Redirect", "practice"),
    accept!(
        "AuthnRequest/@IsPassive",
        "true: NoPassive is the answer if somebody would have to be asked",
        "SAML Core §3.4.1"
    ),
    accept!(
        "AuthnRequest/@ForceAuthn",
        "true, false or absent; true is honoured",
        "SAML Core §3.4.1"
    ),
    accept!(
        "AuthnRequest/@AssertionConsumerServiceIndex, @AssertionConsumerServiceURL",
        "absent: the answer goes to the default consumer of the metadata",
        "SAML Core §3.4.1"
    ),
    accept!(
        "AuthnRequest/@AttributeConsumingServiceIndex",
        "absent: the default attribute set of the metadata is meant",
        "SAML Metadata §2.4.4.1"
    ),
    accept!("NameIDPolicy", "absent", "SAML Core §3.4.1.1"),
    accept!(
        "NameIDPolicy/@AllowCreate",
        "any value: a persistent name exists from the beginning",
        "SAML Core §3.4.1.1"
    ),
    accept!("RequestedAuthnContext", "absent", "SAML Core §3.4.1"),
    accept!("RequestedAuthnContext/@Comparison", "absent: exact is meant", "SAML Core §3.3.2.2.1"),
    accept!(
        "RequestedAuthnContext/AuthnContextClassRef",
        "several; those that we do not know are passed over unless the comparison is better",
        "SAML Core §3.3.2.2.1"
    ),
    accept!("Subject", "accepted as a hint, and of no effect", "practice"),
    accept!(
        "Conditions",
        "accepted, and of no effect: our own limits of validity hold",
        "SAML Core §3.4.1"
    ),
    accept!(
        "Scoping/@ProxyCount",
        "any number: 0 takes other providers away",
        "SAML Core §3.4.1.2"
    ),
    accept!("Extensions", "any content; unknown extensions are ignored", "SAML Core §3.2.1"),
    accept!("RelayState", "absent", "SAML Bindings §3.4.3, §3.5.3"),
];

/// How the classes bind; exact if nothing is said (SAML Core §3.3.2.2.1). `None` for words unknown.
#[must_use]
pub fn comparison(text: Option<&str>) -> Option<Comparison> {
    text.map_or(Some(Comparison::Exact), lexical::comparison)
}

fn issuer_format(asked: &Asked<'_>) -> Result<(), Found> {
    match asked.message.issuer.as_ref().and_then(|issuer| issuer.format.as_deref()) {
        None => Ok(()),
        format => base::equal(format, names::FORMAT_ENTITY),
    }
}

fn destination(asked: &Asked<'_>) -> Result<(), Found> {
    let ours = &asked.identity_provider.single_sign_on;
    match asked.message.destination.as_deref() {
        Some(text) if text == ours => Ok(()),
        None if asked.binding == Binding::Redirect => Ok(()),
        other => Err(Found::instead(other, ours.clone())),
    }
}

fn name_id_format(asked: &Asked<'_>) -> Result<(), Found> {
    let policy = asked.message.name_id_policy.as_ref();
    match policy.and_then(|policy| policy.format.as_deref()) {
        None
        | Some(names::FORMAT_UNSPECIFIED | names::FORMAT_TRANSIENT | names::FORMAT_PERSISTENT) => {
            Ok(())
        }
        Some(names::FORMAT_EMAIL) if asked.partner.name_ids.contains(&NameIdKind::Email) => Ok(()),
        other => Err(Found::instead(other, "none, unspecified, transient or persistent")),
    }
}

fn sp_name_qualifier(asked: &Asked<'_>) -> Result<(), Found> {
    let policy = asked.message.name_id_policy.as_ref();
    match policy.and_then(|policy| policy.sp_name_qualifier.as_deref()) {
        Some(text) if text != asked.partner.entity_id => {
            Err(Found::instead(Some(text), asked.partner.entity_id.clone()))
        }
        _ => Ok(()),
    }
}

fn comparison_known(asked: &Asked<'_>) -> Result<(), Found> {
    let text = asked.message.context.as_ref().and_then(|context| context.comparison.as_deref());
    match comparison(text) {
        Some(_) => Ok(()),
        None => Err(Found::instead(text, "exact, minimum, better or maximum")),
    }
}

fn classes_only(asked: &Asked<'_>) -> Result<(), Found> {
    let Some(context) = &asked.message.context else { return Ok(()) };
    if !context.classes.is_empty() && context.declarations == 0 {
        return Ok(());
    }
    let found = format!(
        "{} AuthnContextClassRef, {} AuthnContextDeclRef",
        context.classes.len(),
        context.declarations
    );
    Err(Found::instead(Some(&found), "one AuthnContextClassRef or more"))
}

fn class_known(asked: &Asked<'_>) -> Result<(), Found> {
    let Some(context) = &asked.message.context else { return Ok(()) };
    let known = |class: &&String| ClassRef::parse(class).is_some();
    // Nothing can be shown to be stronger than what nobody here knows.
    let enough = match comparison(context.comparison.as_deref()) {
        Some(Comparison::Better) => context.classes.iter().all(|class| known(&class)),
        _ => context.classes.iter().any(|class| known(&class)),
    };
    if enough {
        return Ok(());
    }
    let unknown = context.classes.iter().find(|class| !known(class));
    Err(Found::instead(unknown.map(String::as_str), ClassRef::ALL.map(ClassRef::uri).join(", ")))
}
