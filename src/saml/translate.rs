//! From a request that keeps its profile's rules to a login in no protocol.

use chrono::{DateTime, Utc};

use crate::assurance::class_ref::ClassRef;
use crate::assurance::level::Level;
use crate::assurance::requirement::{Comparison, Requirement, Tolerance};
use crate::identity::age::AgeLimit;
use crate::identity::attributes::AttributeName;
use crate::identity::kind::Purpose;
use crate::identity::name_id::NameIdKind;
use crate::login::request::{LocalName, LoginRequest, RelyingParty};
use crate::login::ways::Ways;
use crate::saml::binding::Binding;
use crate::saml::lexical;
use crate::saml::names;
use crate::saml::partner::{AttributeSet, Profile, ServiceProvider};
use crate::saml::profile::base;
use crate::saml::profile::check::Asked;
use crate::saml::response::{AnswersTo, ReplyTo};

/// What is asked, in no protocol.
#[must_use]
pub fn login_request(asked: &Asked<'_>) -> LoginRequest {
    let set = attribute_set(asked);
    let reply_to = reply_to(asked);
    LoginRequest {
        relying_party: RelyingParty {
            id: asked.partner.entity_id.clone(),
            name: name(asked.partner, set),
            own: false,
        },
        id: asked.message.id.clone().unwrap_or_default(),
        received: asked.now,
        requirement: requirement(asked),
        passive: is_true(asked.message.is_passive.as_deref()),
        attributes: attributes(set, asked.partner.profile, reply_to.name_id),
        purpose: asked.message.purposes.first().and_then(|purpose| Purpose::parse(purpose)),
        age: asked
            .message
            .age_limits
            .first()
            .and_then(|limit| AgeLimit::read(limit.min.as_deref(), limit.max.as_deref())),
        ways: Ways::default(),
        reply_to: reply_to.encode(),
    }
}

/// How to answer; to the default consumer if the one named is none of the metadata's, and
/// without an ID that may not be repeated.
#[must_use]
pub fn reply_to(asked: &Asked<'_>) -> ReplyTo {
    let consumer = base::consumer(asked).ok().or_else(|| asked.partner.default_consumer());
    let id = asked.message.id.as_deref().filter(|id| lexical::is_id(id));
    ReplyTo {
        profile: asked.partner.profile,
        in_response_to: id.unwrap_or_default().to_owned(),
        issue_instant: issue_instant(asked),
        binding: asked.binding,
        entity_id: asked.partner.entity_id.clone(),
        consumer: consumer.map(|consumer| consumer.location.clone()).unwrap_or_default(),
        relay_state: asked.relay_state.map(str::to_owned),
        name_id: name_id(asked),
        answers: AnswersTo::of(asked.partner),
    }
}

/// The attributes of `set`. Whoever is told the e-mail address as a name is told it, so the person
/// is asked about it as they are about the others.
fn attributes(
    set: Option<&AttributeSet>,
    profile: Profile,
    name_id: NameIdKind,
) -> Vec<AttributeName> {
    let mut attributes = set.map(|set| set.asked(profile)).unwrap_or_default();
    if name_id == NameIdKind::Email && !attributes.contains(&AttributeName::Email) {
        attributes.push(AttributeName::Email);
    }
    attributes
}

/// The login that a person starts at us, for a service provider that did not ask (SAML Profiles
/// §4.1.5): at its own least level, to its default consumer; `id` is ours, and no answer repeats it.
#[must_use]
pub fn unsolicited(
    partner: &ServiceProvider,
    relay_state: Option<&str>,
    id: String,
    now: DateTime<Utc>,
) -> LoginRequest {
    let sets = &partner.attribute_sets;
    let set = sets.iter().find(|set| set.is_default).or_else(|| sets.first());
    let name_id = partner.name_ids.first().copied().unwrap_or(NameIdKind::Transient);
    let consumer = partner.default_consumer().map(|consumer| consumer.location.clone());
    let reply_to = ReplyTo {
        profile: partner.profile,
        in_response_to: String::new(),
        issue_instant: now,
        binding: Binding::Redirect,
        entity_id: partner.entity_id.clone(),
        consumer: consumer.unwrap_or_default(),
        relay_state: relay_state.map(str::to_owned),
        name_id,
        answers: AnswersTo::of(partner),
    };
    LoginRequest {
        relying_party: RelyingParty {
            id: partner.entity_id.clone(),
            name: name(partner, set),
            own: false,
        },
        id,
        received: now,
        requirement: Requirement {
            classes: Vec::new(),
            comparison: Comparison::Minimum,
            tolerance: Tolerance::AsRequested,
            minimum: partner.minimum_level,
            not_before: None,
            session: partner.session_level(),
            upstream: true,
        },
        passive: false,
        attributes: attributes(set, partner.profile, name_id),
        purpose: None,
        age: None,
        ways: Ways::default(),
        reply_to: reply_to.encode(),
    }
}

/// When it says it was issued; the time of arrival if it does not say.
#[must_use]
pub fn issue_instant(asked: &Asked<'_>) -> DateTime<Utc> {
    asked.message.issue_instant.as_deref().and_then(lexical::instant).unwrap_or(asked.now)
}

/// What must be shown. SPID wants a level above the first proved afresh each time (spid-saml §5).
fn requirement(asked: &Asked<'_>) -> Requirement {
    let context = asked.message.context.as_ref();
    let classes: Vec<_> = context
        .iter()
        .flat_map(|context| &context.classes)
        .filter_map(|class| ClassRef::parse(class))
        .collect();
    let comparison = context
        .and_then(|context| context.comparison.as_deref())
        .and_then(lexical::comparison)
        .unwrap_or(Comparison::Exact);
    let minimum = asked.partner.minimum_level;
    let above_first = comparison == Comparison::Better
        || classes.iter().any(|class| class.level() > Level::Loa2)
        || minimum > Some(Level::Loa2);
    let (tolerance, afresh) = match asked.partner.profile {
        Profile::Spid => (Tolerance::HigherIsFine, above_first),
        Profile::Generic => (Tolerance::AsRequested, false),
    };
    let forced = is_true(asked.message.force_authn.as_deref());
    let proxies = asked.message.proxy_count.as_deref();
    Requirement {
        classes,
        comparison,
        tolerance,
        minimum,
        not_before: (forced || afresh).then_some(asked.now),
        session: asked.partner.session_level().filter(|_| !forced && !afresh),
        upstream: !proxies.is_some_and(|count| count.bytes().all(|digit| digit == b'0')),
    }
}

/// The set that is named; where none is, SPID releases nothing (spid-saml §1.1), and SAML means
/// the metadata's default (SAML Metadata §2.4.4.1).
fn attribute_set<'a>(asked: &Asked<'a>) -> Option<&'a AttributeSet> {
    let sets = &asked.partner.attribute_sets;
    base::attribute_set(asked).ok().flatten().or_else(|| match asked.partner.profile {
        Profile::Spid => None,
        Profile::Generic => sets.iter().find(|set| set.is_default).or_else(|| sets.first()),
    })
}

/// The name shown: the service's, else the organisation's, else the entityID.
fn name(partner: &ServiceProvider, set: Option<&AttributeSet>) -> LocalName {
    let said = |name: &&LocalName| name.it.is_some() || name.en.is_some();
    let service = set.map(|set| &set.name).filter(said);
    if let Some(name) = service.or_else(|| Some(&partner.organization).filter(said)) {
        return name.clone();
    }
    let id = Some(partner.entity_id.clone());
    LocalName { it: id.clone(), en: id }
}

fn name_id(asked: &Asked<'_>) -> NameIdKind {
    let policy = asked.message.name_id_policy.as_ref();
    match policy.and_then(|policy| policy.format.as_deref()) {
        Some(names::FORMAT_TRANSIENT) => NameIdKind::Transient,
        Some(names::FORMAT_PERSISTENT) => NameIdKind::Persistent,
        Some(names::FORMAT_EMAIL) => NameIdKind::Email,
        _ => {
            let theirs = asked.partner.name_ids.first();
            let preferred = theirs.or_else(|| asked.identity_provider.name_ids.first());
            preferred.copied().unwrap_or(NameIdKind::Transient)
        }
    }
}

fn is_true(text: Option<&str>) -> bool {
    text.and_then(lexical::boolean) == Some(true)
}
