//! Spec threats, "SAML, bindings and protocol", as far as it concerns requests.

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer as OpensslSigner;
use ponte::saml::names;

use crate::hostile::scene::{Case, Message, Scene, good_post, good_redirect, swap};
use crate::support::keys;
use crate::support::requests::{DISABLED_ENTITY, OTHER_ENTITY, escape, form, now, sign_text};
use crate::support::sp::{AuthnRequest, SPID_ENTITY, deflate, redirect};

const fn case(of: &'static str, what: &'static str, hostile: fn(&Scene) -> Message) -> Case {
    Case { of, what, hostile, control: good_redirect }
}

const fn by_post(of: &'static str, what: &'static str, hostile: fn(&Scene) -> Message) -> Case {
    Case { of, what, hostile, control: good_post }
}

/// A request that differs in its values, from a good one of SPID's.
fn spid(scene: &Scene, change: impl FnOnce(&mut AuthnRequest)) -> Message {
    let mut request = scene.good();
    change(&mut request);
    Message::redirect(&request.unsigned())
}

fn generic(scene: &Scene, change: impl FnOnce(&mut AuthnRequest)) -> Message {
    let mut request = scene.generic();
    change(&mut request);
    Message::redirect(&request.unsigned())
}

/// The query of a good redirect, with a RelayState, changed after it was signed.
fn query(scene: &Scene, change: impl FnOnce(&str) -> String) -> Message {
    Message::Redirect(change(&redirect(&scene.good().unsigned(), Some("handle"), scene.signer())))
}

/// A query signed as it is written: `build` gets the message and the algorithm, both escaped.
fn signed_query(scene: &Scene, build: impl FnOnce(&str, &str) -> String) -> Message {
    let message = escape(&deflate(&scene.good().unsigned()));
    let query = build(&message, &escape(names::RSA_SHA256));
    let value = openssl::base64::encode_block(&scene.signer().sign(query.as_bytes()).unwrap());
    Message::Redirect(format!("{query}&Signature={}", escape(&value)))
}

fn lower(scene: &Scene) -> Message {
    signed_query(scene, |message, algorithm| {
        let lower = |text: &str| {
            let mut parts = text.split('%');
            let first = parts.next().unwrap_or_default().to_owned();
            parts.fold(first, |text, part| {
                format!("{text}%{}{}", part[..2].to_lowercase(), &part[2..])
            })
        };
        format!("SAMLRequest={}&SigAlg={}", lower(message), lower(algorithm))
    })
}

fn shift(seconds: i64) -> String {
    let at = now() + chrono::TimeDelta::seconds(seconds);
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn at_url(scene: &Scene, url: &str) -> Message {
    spid(scene, |x| {
        x.consumer_index = None;
        x.consumer_url = Some(url.into());
        x.protocol_binding = Some(names::HTTP_POST.into());
    })
}

fn good_url(scene: &Scene) -> Message {
    at_url(scene, "https://sp.example.org/spid/acs")
}

fn good_generic(scene: &Scene) -> Message {
    generic(scene, |_| {})
}

fn issuer(scene: &Scene, name: &str) -> Message {
    spid(scene, |x| x.issuer.as_mut().unwrap().value = name.into())
}

fn classes(request: &mut AuthnRequest, comparison: Option<&str>, classes: &[&str]) {
    request.requested = Some(crate::support::sp::RequestedAuthnContext {
        comparison: comparison.map(str::to_owned),
        classes: classes.iter().map(|class| (*class).to_owned()).collect(),
    });
}

const REDIRECT: &str = "redirect: parameters";
const POST: &str = "post: fields";
const CONSUMER: &str = "consumer";
const ISSUER: &str = "issuer";
const MESSAGE: &str = "Destination, IssueInstant, Version, ID";
const CONTEXT: &str = "context, policy, passive";
const SPID_RULES: &str = "SPID's rules";
const RELAY: &str = "RelayState";

#[rustfmt::skip]
pub(crate) fn cases() -> Vec<Case> {
    vec![
        case(REDIRECT, "RelayState changed", |s| query(s, |q| swap(q, "RelayState=handle", "RelayState=handlf"))),
        case(REDIRECT, "RelayState removed", |s| query(s, |q| swap(q, "&RelayState=handle", ""))),
        case(REDIRECT, "RelayState emptied", |s| query(s, |q| swap(q, "RelayState=handle", "RelayState="))),
        case(REDIRECT, "RelayState escaped otherwise", |s| query(s, |q| swap(q, "RelayState=handle", "RelayState=%68andle"))),
        case(REDIRECT, "RelayState added", |s| Message::Redirect(swap(&redirect(&s.good().unsigned(), None, s.signer()), "&SigAlg", "&RelayState=x&SigAlg"))),
        case(REDIRECT, "RelayState twice", |s| query(s, |q| format!("{q}&RelayState=handle"))),
        case(REDIRECT, "another RelayState before", |s| query(s, |q| format!("RelayState=x&{q}"))),
        case(REDIRECT, "SAMLRequest twice", |s| { let other = escape(&deflate(&s.evil())); query(s, |q| format!("{q}&SAMLRequest={other}")) }),
        case(REDIRECT, "another SAMLRequest before", |s| { let other = escape(&deflate(&s.evil())); query(s, |q| format!("SAMLRequest={other}&{q}")) }),
        case(REDIRECT, "another SAMLRequest by an escaped name", |s| { let other = escape(&deflate(&s.evil())); query(s, |q| format!("{q}&SAMLReques%74={other}")) }),
        case(REDIRECT, "an escaped name in place of its own", |s| query(s, |q| swap(q, "SAMLRequest=", "%53AMLRequest="))),
        case(REDIRECT, "SigAlg twice", |s| query(s, |q| format!("{q}&SigAlg={}", escape(names::RSA_SHA256)))),
        case(REDIRECT, "Signature twice", |s| query(s, |q| format!("{q}&Signature=AAAA"))),
        case(REDIRECT, "another Signature before", |s| query(s, |q| format!("Signature=AAAA&{q}"))),
        case(REDIRECT, "no SigAlg", |s| query(s, |q| { let from = q.find("&SigAlg=").unwrap(); let to = q.find("&Signature=").unwrap(); format!("{}{}", &q[..from], &q[to..]) })),
        case(REDIRECT, "no Signature", |s| query(s, |q| q[..q.find("&Signature=").unwrap()].to_owned())),
        case(REDIRECT, "neither", |s| query(s, |q| q[..q.find("&SigAlg=").unwrap()].to_owned())),
        case(REDIRECT, "an empty Signature", |s| query(s, |q| q[..q.find("&Signature=").unwrap() + "&Signature=".len()].to_owned())),
        case(REDIRECT, "an empty SigAlg", |s| query(s, |q| swap(q, &format!("SigAlg={}", escape(names::RSA_SHA256)), "SigAlg="))),
        case(REDIRECT, "a Signature that is no base64", |s| query(s, |q| format!("{}*", &q[..q.len() - 1]))),
        case(REDIRECT, "one character of the Signature", |s| query(s, |q| { let at = q.find("&Signature=").unwrap() + "&Signature=".len(); let other = if q.as_bytes()[at] == b'A' { 'B' } else { 'A' }; format!("{}{other}{}", &q[..at], &q[at + 1..]) })),
        case(REDIRECT, "another algorithm than the signature's", |s| query(s, |q| q.replace("rsa%2Dsha256", "rsa%2Dsha512"))),
        case(REDIRECT, "SHA-1", |s| openssl_query(s, "http://www.w3.org/2000/09/xmldsig#rsa-sha1", MessageDigest::sha1())),
        case(REDIRECT, "MD5", |s| openssl_query(s, "http://www.w3.org/2001/04/xmldsig-more#rsa-md5", MessageDigest::md5())),
        case(REDIRECT, "HMAC with the certificate", hmac_query),
        case(REDIRECT, "a stranger's key", |s| Message::Redirect(redirect(&s.good().unsigned(), None, &keys::STRANGER.signer))),
        case(REDIRECT, "another service provider's key", |s| Message::Redirect(redirect(&s.good().unsigned(), None, &keys::SP_ECDSA.signer))),
        case(REDIRECT, "signed in another order", |s| signed_query(s, |message, algorithm| format!("RelayState=handle&SAMLRequest={message}&SigAlg={algorithm}"))),
        case(REDIRECT, "signed with the algorithm first", |s| signed_query(s, |message, algorithm| format!("SigAlg={algorithm}&SAMLRequest={message}"))),
        case(REDIRECT, "signed without the algorithm", |s| { let Message::Redirect(q) = signed_query(s, |message, _| format!("SAMLRequest={message}")) else { return good_redirect(s) }; Message::Redirect(format!("{q}&SigAlg={}", escape(names::RSA_SHA256))) }),
        Case { of: REDIRECT, what: "escapes made upper case after signing in lower", hostile: |s| { let Message::Redirect(q) = lower(s) else { return lower(s) }; Message::Redirect(q.replace("%3a", "%3A").replace("%2f", "%2F")) }, control: lower },
        case(REDIRECT, "SAMLRequest and SAMLResponse", |s| query(s, |q| format!("{q}&SAMLResponse=AAAA"))),
        case(REDIRECT, "SAMLResponse in place of SAMLRequest", |s| query(s, |q| swap(q, "SAMLRequest=", "SAMLResponse="))),
        case(REDIRECT, "the message of another query", |s| { let other = escape(&deflate(&s.evil())); query(s, |q| { let to = q.find("&RelayState=").unwrap(); format!("SAMLRequest={other}{}", &q[to..]) }) }),
        case(REDIRECT, "not deflated", |s| { let message = escape(&openssl::base64::encode_block(s.good().unsigned().as_bytes())); signed_query(s, |_, algorithm| format!("SAMLRequest={message}&SigAlg={algorithm}")) }),
        case(REDIRECT, "octets after the deflated stream", |s| { let mut octets = openssl::base64::decode_block(&deflate(&s.good().unsigned())).unwrap(); octets.extend(b"more"); let message = escape(&openssl::base64::encode_block(&octets)); signed_query(s, |_, algorithm| format!("SAMLRequest={message}&SigAlg={algorithm}")) }),
        case(REDIRECT, "a deflated stream cut short", |s| { let octets = openssl::base64::decode_block(&deflate(&s.good().unsigned())).unwrap(); let message = escape(&openssl::base64::encode_block(&octets[..octets.len() / 2])); signed_query(s, |_, algorithm| format!("SAMLRequest={message}&SigAlg={algorithm}")) }),
        case(REDIRECT, "another SAMLEncoding", |s| query(s, |q| format!("{q}&SAMLEncoding=urn%3Aother"))),
        case(REDIRECT, "a broken escape", |s| query(s, |q| swap(q, "RelayState=handle", "RelayState=%zz"))),
        case(REDIRECT, "nothing", |_| Message::Redirect(String::new())),
        case(REDIRECT, "an empty message", |s| signed_query(s, |_, algorithm| format!("SAMLRequest=&SigAlg={algorithm}"))),
        case(REDIRECT, "a form's message", |s| Message::Redirect(form(&s.signed(), None))),

        by_post(POST, "SAMLRequest twice", |s| { let other = form(&s.signed(), None); Message::Post(format!("{}&{other}", form(&s.signed(), None))) }),
        by_post(POST, "an unsigned one before", |s| Message::Post(format!("{}&{}", form(&s.evil(), None), form(&s.signed(), None)))),
        by_post(POST, "another by an escaped name", |s| Message::Post(format!("{}&{}", form(&s.signed(), None), form(&s.evil(), None).replacen("SAML", "S%41ML", 1)))),
        by_post(POST, "SAMLResponse beside", |s| Message::Post(format!("{}&SAMLResponse=AAAA", form(&s.signed(), None)))),
        by_post(POST, "SAMLResponse in place", |s| Message::Post(form(&s.signed(), None).replacen("SAMLRequest", "SAMLResponse", 1))),
        by_post(POST, "RelayState twice", |s| Message::Post(format!("{}&RelayState=a&RelayState=b", form(&s.signed(), None)))),
        by_post(POST, "nothing", |_| Message::Post(String::new())),
        by_post(POST, "an empty message", |_| Message::Post("SAMLRequest=".into())),
        by_post(POST, "no base64", |_| Message::Post("SAMLRequest=%3Cxml%3E".into())),
        by_post(POST, "a redirect's message", |s| Message::Post(redirect(&s.good().unsigned(), None, s.signer()))),
        by_post(POST, "a signature beside the form, as HTTP-POST-SimpleSign has", |s| { let xml = s.good().unsigned(); let algorithm = names::RSA_SHA256; let octets = format!("SAMLRequest={xml}&SigAlg={algorithm}"); let value = openssl::base64::encode_block(&s.signer().sign(octets.as_bytes()).unwrap()); Message::Post(format!("{}&SigAlg={}&Signature={}", form(&xml, None), escape(algorithm), escape(&value))) }),

        Case { of: CONSUMER, what: "another host", hostile: |s| at_url(s, "https://evil.example.org/spid/acs"), control: good_url },
        Case { of: CONSUMER, what: "a prefix", hostile: |s| at_url(s, "https://sp.example.org/spid/ac"), control: good_url },
        Case { of: CONSUMER, what: "a path more", hostile: |s| at_url(s, "https://sp.example.org/spid/acs/x"), control: good_url },
        Case { of: CONSUMER, what: "a query more", hostile: |s| at_url(s, "https://sp.example.org/spid/acs?x"), control: good_url },
        Case { of: CONSUMER, what: "a host that begins alike", hostile: |s| at_url(s, "https://sp.example.org.evil.example/spid/acs"), control: good_url },
        Case { of: CONSUMER, what: "userinfo", hostile: |s| at_url(s, "https://sp.example.org@evil.example/spid/acs"), control: good_url },
        Case { of: CONSUMER, what: "a script", hostile: |s| at_url(s, "javascript:alert(1)"), control: good_url },
        Case { of: CONSUMER, what: "data", hostile: |s| at_url(s, "data:text/html,x"), control: good_url },
        Case { of: CONSUMER, what: "plain http", hostile: |s| at_url(s, "http://sp.example.org/spid/acs"), control: good_url },
        Case { of: CONSUMER, what: "a space after", hostile: |s| at_url(s, "https://sp.example.org/spid/acs "), control: good_url },
        Case { of: CONSUMER, what: "an escape", hostile: |s| at_url(s, "https://sp.example.org/spid/ac%73"), control: good_url },
        Case { of: CONSUMER, what: "another service provider's", hostile: |s| at_url(s, "https://sp.example.org/generic/acs"), control: good_url },
        case(CONSUMER, "an index not in the metadata", |s| spid(s, |x| x.consumer_index = Some("2".into()))),
        case(CONSUMER, "a negative index", |s| spid(s, |x| x.consumer_index = Some("-1".into()))),
        case(CONSUMER, "an index that wraps around", |s| spid(s, |x| x.consumer_index = Some("65536".into()))),
        case(CONSUMER, "index and address", |s| spid(s, |x| x.consumer_url = Some("https://sp.example.org/spid/acs".into()))),
        Case { of: CONSUMER, what: "HTTP-Redirect", hostile: |s| generic(s, |x| x.protocol_binding = Some(names::HTTP_REDIRECT.into())), control: good_generic },
        Case { of: CONSUMER, what: "an artifact", hostile: |s| generic(s, |x| x.protocol_binding = Some("urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact".into())), control: good_generic },
        Case { of: CONSUMER, what: "not in a plain one's metadata", hostile: |s| generic(s, |x| x.consumer_url = Some("https://evil.example.org/acs".into())), control: good_generic },

        case(ISSUER, "unknown", |s| issuer(s, "https://nobody.example.org")),
        case(ISSUER, "missing", |s| spid(s, |x| x.issuer = None)),
        case(ISSUER, "empty", |s| issuer(s, "")),
        case(ISSUER, "doubled", |s| Message::redirect(&swap(&s.good().unsigned(), "</saml:Issuer>", &format!("</saml:Issuer><saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{OTHER_ENTITY}</saml:Issuer>")))),
        by_post(ISSUER, "doubled by post", |s| Message::post(&sign_text(&swap(&s.good().unsigned(), "<saml:Issuer ", &format!("<saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{OTHER_ENTITY}</saml:Issuer><saml:Issuer ")), s.signer()))),
        case(ISSUER, "of another service provider", |s| issuer(s, OTHER_ENTITY)),
        case(ISSUER, "signed by another one's key, who is registered", |s| Message::Redirect(redirect(&s.good().unsigned(), None, &keys::SP_ECDSA.signer))),
        case(ISSUER, "of one that is switched off", |s| issuer(s, DISABLED_ENTITY)),
        case(ISSUER, "a path", |s| issuer(s, "../../etc/passwd")),
        case(ISSUER, "SQL", |s| issuer(s, "' OR '1'='1")),
        case(ISSUER, "a script", |s| issuer(s, "<script>alert(1)</script>")),
        case(ISSUER, "in capitals", |s| issuer(s, &SPID_ENTITY.to_uppercase())),
        case(ISSUER, "a slash more", |s| issuer(s, &format!("{SPID_ENTITY}/"))),
        case(ISSUER, "a line end and a header", |s| issuer(s, &format!("{SPID_ENTITY}\nX: y"))),
        case(ISSUER, "of 100 KB", |s| issuer(s, &"a".repeat(100_000))),
        Case { of: ISSUER, what: "of another Format", hostile: |s| generic(s, |x| x.issuer.as_mut().unwrap().format = Some(names::FORMAT_PERSISTENT.into())), control: good_generic },

        case(MESSAGE, "Destination of another", |s| spid(s, |x| x.destination = Some("https://other.example.org/saml/sso".into()))),
        case(MESSAGE, "no Destination", |s| spid(s, |x| x.destination = None)),
        case(MESSAGE, "Destination with more behind it", |s| spid(s, |x| x.destination = x.destination.take().map(|d| d + ".evil.example.org"))),
        case(MESSAGE, "an hour old", |s| spid(s, |x| x.issue_instant = Some(shift(-3600)))),
        case(MESSAGE, "from the future", |s| spid(s, |x| x.issue_instant = Some("2099-01-01T00:00:00Z".into()))),
        case(MESSAGE, "no IssueInstant", |s| spid(s, |x| x.issue_instant = None)),
        case(MESSAGE, "the 30th of February", |s| spid(s, |x| x.issue_instant = Some("2026-02-30T00:00:00Z".into()))),
        case(MESSAGE, "a year of 300 digits", |s| spid(s, |x| x.issue_instant = Some(format!("{}-01-01T00:00:00Z", "9".repeat(300))))),
        case(MESSAGE, "SAML 1.1", |s| spid(s, |x| x.version = Some("1.1".into()))),
        case(MESSAGE, "SAML 2.1", |s| spid(s, |x| x.version = Some("2.1".into()))),
        case(MESSAGE, "no Version", |s| spid(s, |x| x.version = None)),
        case(MESSAGE, "no ID", |s| spid(s, |x| x.id = None)),
        case(MESSAGE, "an ID that is none", |s| spid(s, |x| x.id = Some("1".into()))),
        case(MESSAGE, "an ID with markup", |s| spid(s, |x| x.id = Some("a\"><script>".into()))),
        case(MESSAGE, "an ID of 257 characters", |s| spid(s, |x| x.id = Some("a".repeat(257)))),

        case(CONTEXT, "IsPassive", |s| spid(s, |x| x.is_passive = Some("true".into()))),
        case(CONTEXT, "SpidL0", |s| spid(s, |x| classes(x, Some("exact"), &["https://www.spid.gov.it/SpidL0"]))),
        case(CONTEXT, "SpidL2 with another beside it", |s| spid(s, |x| classes(x, Some("minimum"), &["https://www.spid.gov.it/SpidL2", "https://www.spid.gov.it/SpidL1"]))),
        case(CONTEXT, "no context", |s| spid(s, |x| x.requested = None)),
        case(CONTEXT, "no Comparison", |s| spid(s, |x| classes(x, None, &["https://www.spid.gov.it/SpidL2"]))),
        case(CONTEXT, "persistent names", |s| spid(s, |x| x.name_id_policy.as_mut().unwrap().format = Some(names::FORMAT_PERSISTENT.into()))),
        case(CONTEXT, "no NameIDPolicy", |s| spid(s, |x| x.name_id_policy = None)),
        Case { of: CONTEXT, what: "a class that nobody knows", hostile: |s| generic(s, |x| classes(x, Some("exact"), &["urn:oasis:names:tc:SAML:2.0:ac:classes:Kerberos"])), control: good_generic },
        Case { of: CONTEXT, what: "names of e-mail", hostile: |s| generic(s, |x| x.name_id_policy.as_mut().unwrap().format = Some("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress".into())), control: good_generic },
        Case { of: CONTEXT, what: "somebody else's names", hostile: |s| generic(s, |x| x.name_id_policy.as_mut().unwrap().sp_name_qualifier = Some(SPID_ENTITY.into())), control: good_generic },

        case(SPID_RULES, "no Format of the Issuer", |s| spid(s, |x| x.issuer.as_mut().unwrap().format = None)),
        case(SPID_RULES, "no NameQualifier", |s| spid(s, |x| x.issuer.as_mut().unwrap().name_qualifier = None)),
        case(SPID_RULES, "no ForceAuthn at SpidL2", |s| spid(s, |x| x.force_authn = None)),
        case(SPID_RULES, "ForceAuthn false at SpidL2", |s| spid(s, |x| x.force_authn = Some("false".into()))),
        case(SPID_RULES, "an attribute index not in the metadata", |s| spid(s, |x| x.attribute_index = Some("2".into()))),
        case(SPID_RULES, "an attribute index that is none", |s| spid(s, |x| x.attribute_index = Some("0x0".into()))),

        by_post(RELAY, "of 513 octets", |s| Message::Post(form(&s.signed(), Some(&"a".repeat(513))))),
        by_post(RELAY, "of 100 KB", |s| Message::Post(form(&s.signed(), Some(&"a".repeat(100_000))))),
        by_post(RELAY, "octets that are not UTF-8", |s| Message::Post(format!("{}&RelayState=%ff%fe", form(&s.signed(), None)))),
    ]
}

fn openssl_query(scene: &Scene, method: &str, hash: MessageDigest) -> Message {
    let key = PKey::private_key_from_pem(&keys::SP.pair.key).unwrap();
    sign_query(scene, method, OpensslSigner::new(hash, &key).unwrap())
}

fn hmac_query(scene: &Scene) -> Message {
    let key = PKey::hmac(&keys::SP.pair.certificate).unwrap();
    let method = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
    sign_query(scene, method, OpensslSigner::new(MessageDigest::sha256(), &key).unwrap())
}

fn sign_query(scene: &Scene, method: &str, mut signer: OpensslSigner<'_>) -> Message {
    let message = escape(&deflate(&scene.good().unsigned()));
    let query = format!("SAMLRequest={message}&SigAlg={}", escape(method));
    signer.update(query.as_bytes()).unwrap();
    let value = openssl::base64::encode_block(&signer.sign_to_vec().unwrap());
    Message::Redirect(format!("{query}&Signature={}", escape(&value)))
}
