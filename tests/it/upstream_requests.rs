//! The requests that we send, by the rules of each federation.

use ponte::assurance::requirement::Comparison;
use ponte::identity::kind::Purpose;
use ponte::saml::binding::Binding;
use ponte::saml::logout::write::Dispatch;
use ponte::saml::upstream::profile::UpstreamProfile;
use ponte::saml::upstream::request::{ConsumerChoice, Request, RequestError, Scoping};
use ponte::saml::xml;

use crate::support::answers::request;
use crate::support::keys;
use crate::support::requests::{arrive_at, arrive_by_post, form};
use crate::support::sp::{GENERIC_ENTITY, SPID_ENTITY};

const HANDLE: &str = "opaque-handle_1.~";

fn with(profile: UpstreamProfile, class: &str) -> Request {
    Request { profile, classes: vec![class.into()], ..request() }
}

fn text(request: &Request) -> String {
    request.unsigned().unwrap()
}

/// The whole of it, as SPID wants it (spid-saml §1.1).
#[test]
fn sp_02_the_spid_request_is_written_as_the_rules_have_it() {
    let request = Request {
        scoping: Some(Scoping { proxy_count: Some(0), ..Scoping::default() }),
        ..request()
    };
    assert_eq!(
        text(&request),
        concat!(
            r#"<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol""#,
            r#" AssertionConsumerServiceIndex="0" AttributeConsumingServiceIndex="0""#,
            r#" Destination="https://idp.example.org/saml/sso" ForceAuthn="true" ID="_request1""#,
            r#" IssueInstant="2026-11-22T00:09:33.000Z" Version="2.0">"#,
            r#"<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion""#,
            r#" Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity""#,
            r#" NameQualifier="https://sp.example.org/sp/main">https://sp.example.org/sp/main</saml:Issuer>"#,
            r#"<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient"></samlp:NameIDPolicy>"#,
            r#"<samlp:RequestedAuthnContext Comparison="minimum">"#,
            r#"<saml:AuthnContextClassRef xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">"#,
            r#"https://www.spid.gov.it/SpidL2</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>"#,
            r#"<samlp:Scoping ProxyCount="0"></samlp:Scoping></samlp:AuthnRequest>"#,
        )
    );
}

/// SP-02: above level 1 for SPID and the eIDAS node, always for the card, where it is wished elsewhere; never passive.
#[test]
fn sp_02_authentication_is_forced_where_the_rules_say() {
    let level = |number| format!("https://www.spid.gov.it/SpidL{number}");
    for (profile, number, forced) in [
        (UpstreamProfile::Spid, 1, false),
        (UpstreamProfile::Spid, 2, true),
        (UpstreamProfile::Spid, 3, true),
        (UpstreamProfile::Ficep, 1, false),
        (UpstreamProfile::Ficep, 2, true),
        (UpstreamProfile::Cie, 1, true),
        (UpstreamProfile::Cie, 3, true),
        (UpstreamProfile::Saml2, 1, false),
        (UpstreamProfile::Saml2, 3, false),
    ] {
        let asked = with(profile, &level(number));
        assert_eq!(
            (asked.forces(), text(&asked).contains("ForceAuthn")),
            (forced, forced),
            "{asked:?}"
        );
        assert!(!text(&asked).contains("IsPassive"));
        let wished = Request { force_authn: true, ..asked };
        assert!(wished.forces() && text(&wished).contains(r#"ForceAuthn="true""#));
    }
}

#[test]
fn what_a_federation_does_not_know_is_not_asked() {
    let refused = |request: Request| {
        let error = request.unsigned().unwrap_err();
        assert!(matches!(error, RequestError::Rule(_)), "{request:?}");
        assert!(request.signed(&keys::SP.signer).is_err());
        error.to_string()
    };
    for profile in UpstreamProfile::ALL {
        let good = Request { profile, ..request() };
        good.unsigned().unwrap();
        let better = Request { comparison: Comparison::Better, ..good.clone() };
        assert!(refused(better).contains("better"));
        let open = profile == UpstreamProfile::Saml2;
        let changes: [fn(&mut Request); 8] = [
            |request| request.classes.clear(),
            |request| request.classes.push("https://www.spid.gov.it/SpidL3".into()),
            |request| {
                request.classes = vec!["urn:oasis:names:tc:SAML:2.0:ac:classes:SpidL2".into()]
            },
            |request| request.passive = true,
            |request| request.name_id_format = Some("urn:x".into()),
            |request| {
                request.scoping = Some(Scoping { proxy_count: Some(1), requesters: Vec::new() })
            },
            |request| {
                let requesters = vec!["https://sp.example.org".into()];
                request.scoping = Some(Scoping { proxy_count: None, requesters });
            },
            |request| request.comparison = Comparison::Maximum,
        ];
        for (place, change) in changes.into_iter().enumerate() {
            let mut changed = good.clone();
            change(&mut changed);
            let last = place == changes.len() - 1;
            let taken = open || last && profile != UpstreamProfile::Cie;
            assert_eq!(changed.unsigned().is_ok(), taken, "{profile:?} {changed:?}");
        }
        let purpose = Request { purpose: Some(Purpose::P), ..good };
        let takes = open || profile == UpstreamProfile::Spid;
        assert_eq!(purpose.unsigned().is_ok(), takes, "{profile:?}");
    }
}

#[test]
fn plain_saml_is_asked_in_its_own_words() {
    let request = Request {
        classes: vec!["urn:x:high".into(), "urn:x:higher".into()],
        comparison: Comparison::Exact,
        passive: true,
        consumer: ConsumerChoice::Url("https://sp.example.org/sp/main/acs".into()),
        attributes: None,
        name_id_format: Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent".into()),
        scoping: Some(Scoping {
            proxy_count: Some(2),
            requesters: vec!["https://who.example".into()],
        }),
        ..with(UpstreamProfile::Saml2, "urn:x")
    };
    let text = text(&request);
    for part in [
        r#"AssertionConsumerServiceURL="https://sp.example.org/sp/main/acs""#,
        r#"ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST""#,
        r#"IsPassive="true""#,
        r#"<samlp:NameIDPolicy AllowCreate="true" Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">"#,
        r#"Comparison="exact""#,
        r#">urn:x:high</saml:AuthnContextClassRef>"#,
        r#">urn:x:higher</saml:AuthnContextClassRef>"#,
        r#"<samlp:Scoping ProxyCount="2"><samlp:RequesterID>https://who.example</samlp:RequesterID>"#,
        r#"<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">https://sp.example.org/sp/main<"#,
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("ServiceIndex") && !text.contains("ForceAuthn"));
    let none = Request { classes: Vec::new(), ..request };
    assert!(!none.unsigned().unwrap().contains("RequestedAuthnContext"));
}

/// Our own identity provider takes them, by both bindings.
#[test]
fn our_own_identity_provider_takes_them() {
    let spid = Request { issuer: SPID_ENTITY.into(), ..request() };
    let plain = Request {
        profile: UpstreamProfile::Saml2,
        issuer: GENERIC_ENTITY.into(),
        attributes: None,
        classes: vec!["https://refeds.org/profile/mfa".into()],
        ..request()
    };
    for request in [spid, plain] {
        let posted = request.signed(&keys::SP.signer).unwrap();
        arrive_by_post(&form(&posted, Some(HANDLE))).unwrap();
        let sent = request.send(Binding::Redirect, HANDLE, &keys::SP.signer).unwrap();
        let Dispatch::Redirect { url } = sent.by else { panic!("not a redirect") };
        let query = url.split_once('?').unwrap().1;
        let now = "2026-11-22T00:10:03Z".parse().unwrap();
        let inbound = ponte::saml::binding::Inbound::Redirect { query };
        let received = arrive_at(inbound, now).unwrap();
        assert_eq!(received.request.id, "_request1");
        assert_eq!(received.xml, sent.xml);
        xml::parse(&sent.xml).unwrap();
    }
}

/// As Python's `quote_plus` writes it, by which validators rebuild what was signed (spid-saml §1.4).
#[test]
fn the_query_is_escaped_as_validators_rebuild_it() {
    let sent = request().send(Binding::Redirect, HANDLE, &keys::SP.signer).unwrap();
    let Dispatch::Redirect { url } = sent.by else { panic!("not a redirect") };
    let query = url.strip_prefix("https://idp.example.org/saml/sso?").unwrap();
    let names: Vec<&str> = query.split('&').map(|pair| pair.split_once('=').unwrap().0).collect();
    assert_eq!(names, ["SAMLRequest", "RelayState", "SigAlg", "Signature"]);
    for pair in query.split('&') {
        let value = pair.split_once('=').unwrap().1;
        assert!(
            value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)),
            "{pair}"
        );
        let escapes = value.split('%').skip(1).map(|rest| &rest[..2]);
        assert!(
            escapes.clone().all(|escape| !escape.bytes().any(|byte| byte.is_ascii_lowercase())),
            "{pair}"
        );
    }
    assert!(query.contains(&format!("RelayState={HANDLE}&")));
    let long = "a".repeat(81);
    for bad in ["", "https://sp.example.org", "a b", "a+b", "a/b", "è", "a=b", &long] {
        assert!(request().send(Binding::Redirect, bad, &keys::SP.signer).is_err(), "{bad}");
        assert!(request().send(Binding::Post, bad, &keys::SP.signer).is_err(), "{bad}");
    }
}
