//! Messages, held to the tables of checks by which this house receives them.
//!
//! Nobody is asked here who sent them: whatever a message says of its partner is taken as that partner's metadata,
//! and the time it was made as the time it came.

use chrono::{DateTime, Utc};
use roxmltree::{Document, Node};

use crate::assurance::requirement::Comparison;
use crate::identity::name_id::NameIdKind;
use crate::login::request::LocalName;
use crate::saml::authn_request;
use crate::saml::binding::Binding;
use crate::saml::errors::row::Row;
use crate::saml::identity_provider::{IdentityProvider, Organization, SingleLogout, Supported};
use crate::saml::lexical;
use crate::saml::lint::certificates;
use crate::saml::lint::finding::{Finding, Findings};
use crate::saml::lint::inspect::Subject;
use crate::saml::lint::message_texts::italian;
use crate::saml::lint::paste::{Unwrapped, Wrapping};
use crate::saml::lint::profile::LintProfile;
use crate::saml::lint::rule::{Judges, Rule};
use crate::saml::lint::rules;
use crate::saml::lint::value::{descendants, named, text};
use crate::saml::logout;
use crate::saml::logout::message::{Kind, LogoutMessage};
use crate::saml::message::AuthnRequest;
use crate::saml::names;
use crate::saml::partner::{
    Answers, AttributeSet, Consumer, LogoutService, Profile, ServiceProvider, WaysIn,
};
use crate::saml::profile::check::{Asked, Found};
use crate::saml::signature::{self, PublicKey};
use crate::saml::structure::{self, Root, Signed};
use crate::saml::upstream::assertion::Assertion;
use crate::saml::upstream::check::{Expected, Judged, SKEW, SignedParts};
use crate::saml::upstream::envelope::Envelope;
use crate::saml::upstream::profile::UpstreamProfile;
use crate::saml::upstream::rules as answers;

/// A message and what is known of it beside its text.
struct Pasted<'a, 'i> {
    document: &'a Document<'i>,
    binding: Binding,
    relay_state: Option<String>,
    is_spid: bool,
    now: DateTime<Utc>,
}

/// What `document` is, who says that it sends it, and what is wrong; `None` if it is no message.
pub(super) fn check(
    document: &Document<'_>,
    unwrapped: &Unwrapped,
    profile: Option<LintProfile>,
) -> Option<(Subject, Option<String>, Vec<Finding>)> {
    let root = document.root_element();
    let subject = match (root.tag_name().namespace()?, root.tag_name().name()) {
        (names::PROTOCOL, "AuthnRequest") => Subject::AuthnRequest,
        (names::PROTOCOL, "Response") => Subject::Response,
        (names::PROTOCOL, "LogoutRequest") => Subject::LogoutRequest,
        (names::PROTOCOL, "LogoutResponse") => Subject::LogoutResponse,
        _ => return None,
    };
    let is_signed = named(root, "Signature").next().is_some();
    let issued = root.attribute("IssueInstant").and_then(lexical::instant);
    let pasted = Pasted {
        document,
        binding: match unwrapped.wrapping {
            Wrapping::Redirect | Wrapping::Deflated => Binding::Redirect,
            Wrapping::Xml if !is_signed && subject != Subject::Response => Binding::Redirect,
            _ => Binding::Post,
        },
        relay_state: match &unwrapped.decoded {
            Some(decoded) => decoded.relay_state.clone(),
            // Nothing was said of it, so nothing is said against it.
            None => Some("unknown".to_owned()),
        },
        is_spid: match profile {
            Some(LintProfile::ServiceProvider(kind)) => kind.upstream() != UpstreamProfile::Saml2,
            Some(LintProfile::IdentityProvider) => true,
            None => seems_spid(root),
        },
        now: issued.unwrap_or(DateTime::UNIX_EPOCH),
    };
    let mut found = Findings::new(document);
    signatures(&pasted, subject, unwrapped, &mut found);
    match subject {
        Subject::AuthnRequest => request(&pasted, &mut found),
        Subject::Response => response(&pasted, &mut found),
        Subject::LogoutRequest => leaving(&pasted, Kind::Request, &mut found),
        _ => leaving(&pasted, Kind::Response, &mut found),
    }
    Some((subject, issuer(root), found.into_list()))
}

fn seems_spid(root: Node<'_, '_>) -> bool {
    let says = |node: Node<'_, '_>| {
        let said = text(node);
        said.contains("SpidL") || said.contains("ErrorCode nr")
    };
    let names = ["AuthnContextClassRef", "StatusMessage"];
    let entity = descendants(root, "Issuer")
        .any(|issuer| issuer.attribute("Format") == Some(names::FORMAT_ENTITY));
    entity || names.into_iter().flat_map(|name| descendants(root, name)).any(says)
}

fn issuer(root: Node<'_, '_>) -> Option<String> {
    let said = named(root, "Issuer").next().map(|issuer| text(issuer).trim().to_owned());
    said.filter(|said| !said.is_empty())
}

/// Whether what must be signed is, in its place, and holds with the certificate that it brings along.
fn signatures(
    pasted: &Pasted<'_, '_>,
    subject: Subject,
    unwrapped: &Unwrapped,
    found: &mut Findings<'_, '_>,
) {
    let root = pasted.document.root_element();
    let (kind, signed) = match subject {
        Subject::AuthnRequest => (Root::AuthnRequest, root),
        Subject::LogoutRequest => (Root::LogoutRequest, root),
        Subject::LogoutResponse => (Root::LogoutResponse, root),
        _ => (Root::Response, named(root, "Assertion").next().unwrap_or(root)),
    };
    let by_query = pasted.binding == Binding::Redirect;
    let how = if by_query { Signed::Detached } else { Signed::Enveloped { required: false } };
    let sound = match structure::check(pasted.document, kind, how) {
        Ok(sound) => sound,
        Err(error) => {
            let place = named(root, "Signature").next().unwrap_or(root);
            found.node(&rules::MESSAGE_STRUCTURE, place, &error.to_string());
            return;
        }
    };
    if by_query {
        let is_known = unwrapped.decoded.is_some();
        let has_one = unwrapped.decoded.as_ref().is_some_and(|decoded| decoded.detached.is_some());
        if !has_one {
            let finding = found.node(&rules::MESSAGE_UNSIGNED, root, "");
            finding.wants("SigAlg, Signature");
            if !is_known {
                finding.by(Judges::NONE);
            }
        }
        return;
    }
    let is_error = subject == Subject::Response && named(root, "Assertion").next().is_none();
    let wanted = named(signed, "Signature").next();
    if wanted.is_none() && !is_error && named(root, "EncryptedAssertion").next().is_none() {
        let finding = found.node(&rules::MESSAGE_UNSIGNED, signed, "");
        finding.wants(format!("{}/ds:Signature", signed.tag_name().name()));
    }
    for (signature, is_root) in [(named(root, "Signature").next(), true), (wanted, signed == root)]
    {
        let Some(signature) = signature else { continue };
        let certificate = descendants(signature, "X509Certificate").next();
        let key = certificate
            .and_then(certificates::der)
            .and_then(|der| PublicKey::from_certificate_der(&der).ok());
        let Some(key) = key else { continue };
        let keys = std::slice::from_ref(&key);
        let verdict = if is_root {
            signature::holds_for_ours(&sound, keys)
        } else {
            signature::child_holds_for_ours(&sound, keys)
        };
        if let Err(error) = verdict {
            found.node(&rules::MESSAGE_SIGNATURE, signature, &error.to_string());
        }
        if signed == root {
            break;
        }
    }
}

fn request(pasted: &Pasted<'_, '_>, found: &mut Findings<'_, '_>) {
    let message = AuthnRequest::of(pasted.document);
    let profile = if pasted.is_spid { Profile::Spid } else { Profile::Generic };
    let index = |said: &Option<String>| said.as_deref().and_then(lexical::unsigned_short);
    let entity_id = message.issuer.as_ref().map(|issuer| issuer.value.clone()).unwrap_or_default();
    let mut partner = stand_in(profile, entity_id);
    partner.consumers = vec![Consumer {
        index: index(&message.consumer_index).unwrap_or_default(),
        location: message.consumer_url.clone().unwrap_or_default(),
        is_default: true,
    }];
    partner.attribute_sets = vec![AttributeSet {
        index: index(&message.attribute_index).unwrap_or_default(),
        is_default: true,
        name: LocalName::default(),
        attributes: Vec::new(),
    }];
    let identity_provider = counterpart(message.destination.as_deref());
    let asked = Asked {
        message: &message,
        partner: &partner,
        binding: pasted.binding,
        relay_state: pasted.relay_state.as_deref(),
        identity_provider: &identity_provider,
        now: pasted.now,
        earliest: pasted.now,
        latest: pasted.now,
    };
    for check in authn_request::rules(profile).checks {
        let Err(wrong) = (check.test)(&asked) else { continue };
        let number = check.kind.number();
        let mend = Row::find(number).and_then(|row| row.words).map(|words| words.developer);
        let id = if pasted.is_spid {
            format!("authn-request-nr{number:02}")
        } else {
            format!("authn-request-{}", slug(check.element))
        };
        note(pasted, found, &id, check.element, check.rule, check.source, mend, &wrong);
    }
    if message.consumer_index.is_none() && message.consumer_url.is_none() && !pasted.is_spid {
        found.node(&rules::MESSAGE_NO_CONSUMER, pasted.document.root_element(), "");
    }
}

fn response(pasted: &Pasted<'_, '_>, found: &mut Findings<'_, '_>) {
    let root = pasted.document.root_element();
    let envelope = Envelope::of(pasted.document);
    let part = named(root, "Assertion").next();
    let assertion = part.map(Assertion::of);
    let provider = issuer(root).or_else(|| part.and_then(issuer)).unwrap_or_default();
    let first = |name| {
        part.and_then(|part| descendants(part, name).next())
            .map(|node| text(node).trim().to_owned())
    };
    let ourselves = first("Audience").unwrap_or_default();
    let expected = Expected {
        profile: if pasted.is_spid { UpstreamProfile::Spid } else { UpstreamProfile::Saml2 },
        provider: &provider,
        keys: &[],
        signed: SignedParts::default(),
        request: envelope.in_response_to.as_deref().unwrap_or_default(),
        asked: pasted.now,
        forced: false,
        classes: &[],
        comparison: Comparison::Maximum,
        ourselves: &ourselves,
        consumer: envelope.destination.as_deref().unwrap_or_default(),
        skew: SKEW,
    };
    let nothing = Assertion::default();
    let judged = Judged {
        envelope: &envelope,
        response_signed: named(root, "Signature").next().is_some(),
        assertion: assertion.as_ref().unwrap_or(&nothing),
        expected: &expected,
        now: pasted.now,
    };
    let of_assertion = if assertion.is_some() { answers::ASSERTION } else { &[] };
    for check in answers::ENVELOPE.iter().chain(of_assertion) {
        if !check.profiles.contains(&expected.profile) {
            continue;
        }
        let Err(wrong) = (check.test)(&judged) else { continue };
        let id = format!("response-{}", slug(check.element));
        note(pasted, found, &id, check.element, check.rule, check.source, None, &wrong);
    }
}

fn leaving(pasted: &Pasted<'_, '_>, kind: Kind, found: &mut Findings<'_, '_>) {
    let message = LogoutMessage::of(kind, pasted.document);
    let profile = if pasted.is_spid { Profile::Spid } else { Profile::Generic };
    let entity_id = message.issuer.as_ref().map(|issuer| issuer.value.clone()).unwrap_or_default();
    let partner = stand_in(profile, entity_id);
    let mut identity_provider = counterpart(message.destination.as_deref());
    let qualifier = message.name_id.as_ref().and_then(|name| name.name_qualifier.clone());
    if let Some(qualifier) = qualifier {
        identity_provider.entity_id = qualifier;
    }
    let asked = logout::check::Asked {
        message: &message,
        partner: &partner,
        binding: pasted.binding,
        identity_provider: &identity_provider,
        now: pasted.now,
        earliest: pasted.now,
        latest: pasted.now,
    };
    let prefix = match kind {
        Kind::Request => "logout-request",
        Kind::Response => "logout-response",
    };
    for check in logout::check::rules(profile, kind).checks {
        let Err(wrong) = (check.test)(&asked) else { continue };
        let id = format!("{prefix}-{}", slug(check.element));
        note(pasted, found, &id, check.element, check.rule, check.source, None, &wrong);
    }
}

#[expect(clippy::too_many_arguments, reason = "they are the columns of three tables")]
fn note(
    pasted: &Pasted<'_, '_>,
    found: &mut Findings<'_, '_>,
    id: &str,
    element: &str,
    demand: &'static str,
    source: &'static str,
    mend: Option<(&'static str, &'static str)>,
    wrong: &Found,
) {
    let refused_by = if pasted.is_spid { Judges::AGID } else { Judges::STRICT };
    let mend = mend.unwrap_or((
        "Correggi il programma che scrive il messaggio, nel punto indicato",
        "Mend the program that writes the message, at the place shown",
    ));
    let rule = Rule { id: "", source, refused_by, demand: (italian(demand), demand), mend };
    let (node, attribute) = place(pasted.document.root_element(), element);
    let finding = match attribute {
        Some(name) => found.attribute(&rule, node, name),
        None => found.node(&rule, node, ""),
    };
    finding.rule = id.to_owned();
    finding.found.clone_from(&wrong.found);
    finding.element = element.to_owned();
    finding.wants(wrong.expected.clone());
}

/// The node that a row's path names, and its attribute; the root if there is none.
fn place<'a, 'i, 'p>(root: Node<'a, 'i>, path: &'p str) -> (Node<'a, 'i>, Option<&'p str>) {
    let path = path.split(',').next().unwrap_or_default().trim();
    let (steps, attribute) =
        match path.rsplit_once("/@").or_else(|| path.strip_prefix('@').map(|name| ("", name))) {
            Some((steps, name)) => (steps, Some(name)),
            None => (path, None),
        };
    let names: Vec<&str> = steps.split('/').filter(|step| !step.is_empty()).collect();
    let fits = |node: &Node<'_, '_>| {
        let above = node.ancestors().filter(Node::is_element).map(|node| node.tag_name().name());
        node.is_element()
            && !names.is_empty()
            && names.iter().rev().copied().eq(above.take(names.len()))
    };
    let node = root.descendants().find(fits);
    (node.unwrap_or(root), attribute.filter(|_| node.is_some()))
}

fn slug(element: &str) -> String {
    let first = element.split(',').next().unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let dashed: String = first.chars().map(plain).collect();
    dashed.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// A service provider of whom nothing is known but its name.
fn stand_in(profile: Profile, entity_id: String) -> ServiceProvider {
    let logout =
        |binding| LogoutService { binding, location: String::new(), response_location: None };
    ServiceProvider {
        entity_id,
        profile,
        organization: LocalName::default(),
        keys: Vec::new(),
        consumers: Vec::new(),
        logouts: vec![logout(Binding::Redirect)],
        attribute_sets: Vec::new(),
        name_ids: vec![NameIdKind::Transient, NameIdKind::Persistent],
        encryption_keys: Vec::new(),
        answers: Answers::default(),
        valid_until: None,
        minimum_level: None,
        single_sign_on: None,
        disabled: false,
        ways: WaysIn::default(),
    }
}

/// An identity provider that answers at `destination`, whatever that is.
fn counterpart(destination: Option<&str>) -> IdentityProvider {
    let location = destination.unwrap_or("https://").to_owned();
    IdentityProvider {
        entity_id: location.clone(),
        single_sign_on: location.clone(),
        single_logout: Some(SingleLogout { location, response_location: None }),
        organization: Organization::default(),
        name_ids: vec![NameIdKind::Transient, NameIdKind::Persistent],
        attributes: Vec::new(),
        supported: Supported::default(),
    }
}
