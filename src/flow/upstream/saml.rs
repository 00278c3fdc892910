//! SAML: the question as an `AuthnRequest`, the answer as a `Response` posted to `/sp/{entity}/acs`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::requirement::Comparison;
use crate::assurance::upstream::Said;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::reply::Reply;
use crate::flow::upstream::answer::{self, Answered, Ending, Kept, Spoken};
use crate::flow::upstream::ask::{About, Question};
use crate::flow::upstream::reply::AnswerFault;
use crate::flow::visit::Visitor;
use crate::login::delegation::No;
use crate::partners::upstream::{Saml, Speaks};
use crate::saml::binding::{self, Inbound, Parameter};
use crate::saml::logout::message::NameId;
use crate::saml::upstream::anomaly::Anomaly;
use crate::saml::upstream::check::{Expected, SKEW, SignedParts};
use crate::saml::upstream::profile::UpstreamProfile;
use crate::saml::upstream::request::{ConsumerChoice, Request};
use crate::saml::upstream::response::{self, Received, Refused};

/// What an answer is judged by.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Notes {
    classes: Vec<String>,
    comparison: Comparison,
    forced: bool,
    ourselves: String,
    consumer: String,
}

/// What has to be known of a session there to end it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::flow) struct Session {
    /// The person's name there, with its qualifiers.
    pub(in crate::flow) name: NameId,
}

/// Writes the request; `None` if the identity provider is not there any more.
pub(in crate::flow) fn question(
    env: &Env,
    saml: &Saml,
    about: &About<'_>,
) -> Result<Option<Question>, Failure> {
    let entity = &about.upstream.entity;
    let Some(provider) = saml.find(about.provider, about.at) else { return Ok(None) };
    let Some(sign_on) = provider.sign_on(saml.binding) else { return Ok(None) };
    let request = Request {
        profile: saml.profile,
        id: env.random.xml_id(),
        issue_instant: about.at,
        destination: sign_on.location.clone(),
        issuer: entity.entity_id.clone(),
        classes: about.wanted.classes.clone(),
        comparison: about.wanted.comparison,
        force_authn: about.afresh,
        passive: false,
        consumer: ConsumerChoice::Index(0),
        attributes: Some(match saml.profile {
            UpstreamProfile::Ficep => MINIMUM_SET,
            _ => 0,
        }),
        name_id_format: None,
        scoping: None,
        purpose: about.purpose.filter(|_| saml.profile == UpstreamProfile::Spid),
    };
    let notes = Notes {
        classes: request.classes.clone(),
        comparison: request.comparison,
        forced: request.forces(),
        ourselves: entity.entity_id.clone(),
        consumer: entity.consumer.clone(),
    };
    let keys = env.keys.snapshot();
    let sent = request.send(sign_on.binding, about.handle, &*keys.signer);
    let sent = sent.map_err(|error| Failure::Upstream(Box::new(error)))?;
    Ok(Some(Question {
        request: request.id,
        message: sent.by,
        text: sent.xml,
        notes: serde_json::to_string(&notes).unwrap_or_default(),
    }))
}

/// Takes the form that a browser posts to `/sp/{entity}/acs`. It comes from another site and shows no cookie, so what it
/// says is kept for the login's own page, to which it is sent on.
pub async fn consume(env: &Env, entity: &str, form: &str, visitor: &Visitor<'_>) -> Reply {
    let now = env.clock.now();
    let taken = async {
        let decoded = match binding::decode(Inbound::Post { form }, Parameter::SamlResponse) {
            Ok(decoded) => decoded,
            Err(error) => {
                let fault = AnswerFault {
                    rule: "a response comes in a form as SAMLResponse (SAML Bindings §3.5.4)"
                        .into(),
                    element: "SAMLResponse".into(),
                    expected: "a Response in base64".into(),
                    found: error.to_string(),
                };
                return Ok(answer::unproven(env, None, None, Some(fault), visitor, now));
            }
        };
        let claimed = match response::claimed(&decoded.xml) {
            Ok(claimed) => claimed,
            Err(refused) => {
                let fault = fault_of(&refused);
                return Ok(answer::unproven(env, None, None, Some(fault), visitor, now));
            }
        };
        let (request, state) = (claimed.in_response_to.as_deref(), decoded.relay_state.as_deref());
        let Some(kept) = answer::find(env, request, state, entity, now).await? else {
            let fault = AnswerFault {
                rule: "an answer is to a request of ours that was not answered before, and brings its RelayState back \
                       (SAML Profiles §4.1.4.3, SAML Bindings §3.4.3)"
                    .into(),
                element: "Response/@InResponseTo".into(),
                expected: "the ID of a request that waits for its answer here".into(),
                found: request.unwrap_or_default().to_owned(),
            };
            return Ok(answer::unproven(env, None, None, Some(fault), visitor, now));
        };
        judge(env, kept, &decoded.xml, visitor, now).await
    };
    taken.await.unwrap_or_else(|failure: Failure| failure.reply(visitor.support_id))
}

async fn judge(
    env: &Env,
    kept: Kept,
    xml: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Reply, Failure> {
    let delegation = &kept.loaded.value;
    let upstreams = env.upstreams.snapshot();
    let upstream = upstreams.find(&delegation.upstream);
    let saml = upstream.and_then(|upstream| match &upstream.speaks {
        Speaks::Saml(saml) => Some(saml),
        Speaks::OpenId(_) => None,
    });
    let provider = saml.and_then(|saml| Some((saml, saml.find(&delegation.provider, now)?)));
    let notes: Option<Notes> = serde_json::from_str(&delegation.notes).ok();
    let (Some((saml, provider)), Some(notes)) = (provider, notes) else {
        return Ok(answer::unproven(env, Some(&kept), Some(No::Failed), None, visitor, now));
    };
    // No other federation's rules know encrypted assertions (spid-saml §1.2).
    let decryption = match (saml.profile, upstream) {
        (UpstreamProfile::Saml2, Some(upstream)) => upstream.entity.decryption.as_slice(),
        _ => &[],
    };
    let expected = Expected {
        profile: saml.profile,
        provider: &provider.entity_id,
        keys: &provider.keys,
        signed: match saml.profile {
            UpstreamProfile::Saml2 => SignedParts::Either,
            _ => SignedParts::Assertion,
        },
        request: &delegation.request,
        asked: delegation.at,
        forced: notes.forced,
        classes: &notes.classes,
        comparison: notes.comparison,
        ourselves: &notes.ourselves,
        consumer: &notes.consumer,
        skew: SKEW,
    };
    let received = match response::receive(xml, &expected, decryption, now) {
        Ok(received) => received,
        // Whether it is enough is for the login to say, which knows what was asked of us.
        Err(Refused::Level(received)) => *received,
        Err(Refused::Status { anomaly, is_signed: false, .. }) => {
            return Ok(answer::unproven(env, Some(&kept), Some(no(anomaly)), None, visitor, now));
        }
        Err(Refused::Status { anomaly, .. }) => {
            let response = response::claimed(xml).ok().and_then(|claimed| claimed.issuer);
            let answered = Answered {
                issuer: response.unwrap_or_else(|| delegation.provider.clone()),
                response: delegation.request.clone(),
                issued: now,
                text: xml,
                once: None,
            };
            return answer::take(env, kept, Spoken::No(no(anomaly)), answered, visitor, now).await;
        }
        Err(refused) => {
            if refused.is_disagreement() {
                answer::alarm(env, &delegation.provider, visitor);
            }
            let fault = fault_of(&refused);
            return Ok(answer::unproven(env, Some(&kept), None, Some(fault), visitor, now));
        }
    };
    let answered = Answered {
        issuer: received.issuer.clone(),
        response: received.response_id.clone(),
        issued: received.issue_instant,
        text: xml,
        once: Some((received.assertion_id.clone(), received.expires)),
    };
    answer::take(env, kept, spoken(&received), answered, visitor, now).await
}

fn spoken(received: &Received) -> Spoken<'_> {
    let session = received.session_index.as_ref().and_then(|index| {
        let notes = serde_json::to_string(&Session { name: received.name.clone() }).ok()?;
        Some(Ending { index: Some(index.clone()), notes })
    });
    let said = received.attributes.iter().flat_map(|attribute| {
        attribute.values.iter().map(|value| (attribute.name.clone(), value.clone()))
    });
    Spoken::Yes {
        issuer: &received.issuer,
        said: Said { class: Some(&received.class), methods: &[] },
        at: received.authn_instant,
        name: &received.name.value,
        attributes: said.collect(),
        session,
    }
}

fn no(anomaly: Anomaly) -> No {
    match anomaly {
        Anomaly::Cancelled => No::Cancelled,
        Anomaly::ConsentDenied => No::ConsentDenied,
        Anomaly::TooManyAttempts => No::TooManyAttempts,
        Anomaly::Suspended => No::Suspended,
        Anomaly::TimedOut => No::TimedOut,
        Anomaly::LevelUnreachable => No::Level { reached: None },
        Anomaly::IdentityType => No::IdentityType,
        Anomaly::Misconfigured => No::Request,
        Anomaly::PassiveImpossible | Anomaly::Failed | Anomaly::Unavailable | Anomaly::Unknown => {
            No::Failed
        }
    }
}

/// The reserved set of what eIDAS always tells (spid-saml §2.5).
const MINIMUM_SET: u16 = 99;

fn fault_of(refused: &Refused) -> AnswerFault {
    let broken = refused.broken();
    AnswerFault {
        rule: format!("{} ({})", broken.rule, broken.rule_source),
        element: broken.element.to_owned(),
        expected: broken.expected.into_owned(),
        found: broken.found,
    }
}
