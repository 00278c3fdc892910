//! Spec threats, "SAML, XML and signature".

use std::fmt::Write as _;

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer as OpensslSigner;
use ponte::saml::enveloped;
use ponte::saml::writer::Element;
use ponte::world::certificate::KeyKind;

use crate::hostile::scene::{
    Case, Message, Scene, extended, good_post, good_redirect, good_text, parted, swap,
};
use crate::support::keys::{self, Keys};
use crate::support::requests::{envelop, sign_edited, sign_text, signature, signed_info};
use crate::support::sp::{AuthnRequest, Metadata, SPID_ENTITY};

const fn case(of: &'static str, what: &'static str, hostile: fn(&Scene) -> Message) -> Case {
    Case { of, what, hostile, control: good_post }
}

const fn by_redirect(of: &'static str, what: &'static str, hostile: fn(&Scene) -> Message) -> Case {
    Case { of, what, hostile, control: good_redirect }
}

const fn text(of: &'static str, what: &'static str, hostile: fn(&Scene) -> Message) -> Case {
    Case { of, what, hostile, control: good_text }
}

/// Signed with what `edit` makes of the `SignedInfo`.
fn info(scene: &Scene, edit: fn(String) -> String) -> Message {
    Message::post(&sign_edited(&scene.good().unsigned(), scene.signer(), edit))
}

/// A genuine signed request, changed after it was signed.
fn after(scene: &Scene, change: impl FnOnce(&str) -> String) -> Message {
    Message::post(&change(&scene.signed()))
}

/// A request changed before it was signed.
fn before(scene: &Scene, change: impl FnOnce(&str) -> String) -> Message {
    Message::post(&sign_text(&change(&scene.good().unsigned()), scene.signer()))
}

/// The same by redirect, where no octet is written anew.
fn before_redirect(scene: &Scene, change: impl FnOnce(&str) -> String) -> Message {
    Message::redirect(&change(&scene.good().unsigned()))
}

const XSW: &str = "signature wrapping";
const DONOR: &str = "genuine signed document as donor";
const IDS: &str = "duplicate and odd IDs";
const VOID: &str = "void canonicalisation";
const NAMESPACES: &str = "namespace confusion";
const PARSERS: &str = "parser differentials";
const COMMENTS: &str = "comment, CDATA, PI in a value";
const HOLLOW: &str = "signature stripped, hollow, doubled";
const KEYS: &str = "key from the message";
const WEAK: &str = "weak algorithms";
const TRANSFORMS: &str = "transforms";
const ENTITIES: &str = "entities and includes";
pub(crate) const BOMBS: &str = "bombs";
const ENCRYPTED: &str = "encryption in place of a signature";

#[rustfmt::skip]
pub(crate) fn cases() -> Vec<Case> {
    vec![
        case(XSW, "the signed one in an Object of the evil one's signature", |s| { let (sig, bare) = parted(&s.signed()); Message::post(&envelop(&s.evil(), &swap(&sig, "</ds:Signature>", &format!("<ds:Object>{bare}</ds:Object></ds:Signature>")))) }),
        case(XSW, "the whole signed one in an Object", |s| { let signed = s.signed(); let (sig, _) = parted(&signed); Message::post(&envelop(&s.evil(), &swap(&sig, "</ds:Signature>", &format!("<ds:Object>{signed}</ds:Object></ds:Signature>")))) }),
        case(XSW, "the evil one with the signature, the signed one in its Extensions", |s| { let (sig, bare) = parted(&s.signed()); Message::post(&envelop(&s.evil(), &format!("{sig}<samlp:Extensions>{bare}</samlp:Extensions>"))) }),
        case(XSW, "the evil one unsigned, the signed one whole in its Extensions", |s| Message::post(&extended(&s.evil(), &s.signed()))),
        case(XSW, "the evil one with the signature, the signed one as its last child", |s| { let (sig, bare) = parted(&s.signed()); Message::post(&swap(&envelop(&s.evil(), &sig), "</samlp:AuthnRequest>", &format!("{bare}</samlp:AuthnRequest>"))) }),
        case(XSW, "the evil one with the signature, the signed one as its first child", |s| { let (sig, bare) = parted(&s.signed()); Message::post(&swap(&envelop(&s.evil(), &sig), "<saml:Issuer", &format!("{bare}<saml:Issuer"))) }),
        case(XSW, "both of one ID", |s| { let mut request = s.good(); let signed = request.signed(s.signer()); let (sig, bare) = parted(&signed); request.consumer_index = Some("1".into()); Message::post(&envelop(&request.unsigned(), &format!("{sig}<samlp:Extensions>{bare}</samlp:Extensions>"))) }),
        case(XSW, "the evil one inside the signed one", |s| { let evil = s.evil(); after(s, |x| swap(x, "</ds:Signature>", &format!("</ds:Signature><samlp:Extensions>{evil}</samlp:Extensions>"))) }),
        case(XSW, "the evil one inside the signature's KeyInfo", |s| { let evil = s.evil(); after(s, |x| swap(x, "</ds:KeyInfo>", &format!("{evil}</ds:KeyInfo>"))) }),
        case(XSW, "the evil one with a signature of both in a wrapper", |s| { let signed = s.signed(); let evil = s.evil(); Message::post(&format!("<wrapper>{evil}{signed}</wrapper>")) }),
        case(XSW, "a wrapper of SAML's namespace", |s| { let signed = s.signed(); Message::post(&format!("<samlp:Extensions xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\">{signed}</samlp:Extensions>")) }),
        case(XSW, "the signature after the NameIDPolicy", |s| { let (sig, bare) = parted(&s.signed()); Message::post(&swap(&bare, "</samlp:NameIDPolicy>", &format!("</samlp:NameIDPolicy>{sig}"))) }),
        case(XSW, "the signature before the Issuer", |s| { let (sig, bare) = parted(&s.signed()); Message::post(&swap(&bare, "<saml:Issuer", &format!("{sig}<saml:Issuer"))) }),
        case(XSW, "the signature at the end", |s| { let (sig, bare) = parted(&s.signed()); Message::post(&swap(&bare, "</samlp:AuthnRequest>", &format!("{sig}</samlp:AuthnRequest>"))) }),
        case(XSW, "the signature in the Extensions", |s| { let (sig, bare) = parted(&s.signed()); Message::post(&extended(&bare, &sig)) }),
        case(XSW, "two genuine signatures", |s| { let (sig, bare) = parted(&s.signed()); Message::post(&envelop(&bare, &format!("{sig}{sig}"))) }),
        case(XSW, "a stranger's signature before the genuine one", |s| { let request = s.good(); let (ours, bare) = parted(&request.signed(s.signer())); let (theirs, _) = parted(&request.signed(&keys::STRANGER.signer)); Message::post(&envelop(&bare, &format!("{theirs}{ours}"))) }),
        case(XSW, "the evil one with the reference turned to it", |s| { let signed = s.signed(); let (sig, _) = parted(&signed); let evil = s.evil(); Message::post(&envelop(&evil, &swap(&sig, &format!("#{}", id_of(&signed)), &format!("#{}", id_of(&evil))))) }),
        by_redirect(XSW, "a signature within as well as beside", |s| Message::redirect(&s.signed())),

        case(DONOR, "signed metadata in place of the request", |s| Message::post(&Metadata::spid().signed(s.signer()))),
        by_redirect(DONOR, "metadata in place of the request, by redirect", |_| Message::redirect(&Metadata::spid().unsigned())),
        case(DONOR, "signed metadata in the Extensions", |s| Message::post(&extended(&s.evil(), &Metadata::spid().signed(s.signer())))),
        case(DONOR, "the metadata's signature moved to the request", |s| { let (sig, _) = parted(&Metadata::spid().signed(s.signer())); Message::post(&envelop(&s.evil(), &sig)) }),
        case(DONOR, "a signed LogoutRequest", |s| Message::post(&other_message("samlp:LogoutRequest", s))),
        case(DONOR, "a signed Response", |s| Message::post(&other_message("samlp:Response", s))),
        by_redirect(DONOR, "another message by redirect", |s| before_redirect(s, |x| x.replace("samlp:AuthnRequest", "samlp:LogoutRequest"))),

        text(IDS, "the root's ID on an extension", |s| before(s, |x| { let id = id_of(x); extended(x, &format!("<x:a xmlns:x=\"urn:x\" ID=\"{id}\"></x:a>")) })),
        text(IDS, "two extensions of one Id", |s| before(s, |x| extended(x, "<ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"a\"></ds:KeyInfo><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"a\"></ds:KeyInfo>"))),
        text(IDS, "an ID that no schema knows", |s| before(s, |x| extended(x, "<x:a xmlns:x=\"urn:x\" ID=\"b\"></x:a>"))),
        text(IDS, "xml:id", |s| before(s, |x| extended(x, "<x:a xmlns:x=\"urn:x\" xml:id=\"b\"></x:a>"))),
        text(IDS, "Id on the root", |s| before(s, |x| swap(x, " ID=", " Id=\"b\" ID="))),
        text(IDS, "samlp:ID on the root", |s| before(s, |x| swap(x, " ID=", " samlp:ID=\"b\" ID="))),
        text(IDS, "xml:id on the root", |s| before(s, |x| swap(x, " ID=", " xml:id=\"b\" ID="))),
        by_redirect(IDS, "two IDs on the root", |s| before_redirect(s, |x| swap(x, " ID=", " ID=\"b\" ID="))),
        by_redirect(IDS, "an odd ID by redirect", |s| before_redirect(s, |x| extended(x, "<x:a xmlns:x=\"urn:x\" id=\"b\"></x:a>"))),

        by_redirect(VOID, "a relative namespace name", |s| before_redirect(s, |x| extended(x, "<x:a xmlns:x=\"../x\"></x:a>"))),
        case(VOID, "a relative namespace name by post", |s| after(s, |x| swap(x, "<samlp:AuthnRequest ", "<samlp:AuthnRequest xmlns:x=\"x\" "))),
        text(VOID, "the digest of nothing", |s| info(s, |i| digest(&i, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="))),
        text(VOID, "no digest", |s| info(s, |i| digest(&i, ""))),
        text(VOID, "a digest that is too short", |s| info(s, |i| digest(&i, "47DEQpj8HBSa"))),

        case(NAMESPACES, "a Signature of another namespace", |s| { let (sig, bare) = parted(&s.signed()); Message::post(&envelop(&bare, &sig.replace("http://www.w3.org/2000/09/xmldsig#\"", "urn:other\""))) }),
        case(NAMESPACES, "an AuthnRequest of another namespace", |s| before(s, |x| x.replace("urn:oasis:names:tc:SAML:2.0:protocol", "urn:other"))),
        by_redirect(NAMESPACES, "an AuthnRequest of no namespace", |s| before_redirect(s, |x| x.replace("samlp:AuthnRequest", "AuthnRequest").replacen("xmlns:samlp", "xmlns:p", 1))),
        text(NAMESPACES, "a look-alike Issuer among the extensions", |s| before(s, |x| extended(x, "<x:Issuer xmlns:x=\"urn:x\">https://evil.example.org</x:Issuer>"))),
        text(NAMESPACES, "a look-alike Signature beside the genuine one", |s| before(s, |x| extended(x, "<x:Signature xmlns:x=\"urn:x\"></x:Signature>"))),
        by_redirect(NAMESPACES, "an Issuer of SAML 1.1", |s| before_redirect(s, |x| x.replace("urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:1.0:assertion"))),

        case(PARSERS, "a DOCTYPE", |s| after(s, |x| format!("<!DOCTYPE samlp:AuthnRequest>{x}"))),
        by_redirect(PARSERS, "a DOCTYPE by redirect", |s| before_redirect(s, |x| format!("<!DOCTYPE a []>{x}"))),
        by_redirect(PARSERS, "a lower-case doctype", |s| before_redirect(s, |x| format!("<!doctype a>{x}"))),
        case(PARSERS, "a second root", |s| { let evil = s.evil(); after(s, |x| format!("{x}{evil}")) }),
        case(PARSERS, "a first root", |s| { let evil = s.evil(); after(s, |x| format!("{evil}{x}")) }),
        case(PARSERS, "text after the root", |s| after(s, |x| format!("{x}x"))),
        case(PARSERS, "a comment after the root", |s| after(s, |x| format!("{x}<!-- -->"))),
        by_redirect(PARSERS, "an instruction after the root", |s| before_redirect(s, |x| format!("{x}<?x?>"))),
        case(PARSERS, "a NUL after the root", |s| after(s, |x| format!("{x}\0"))),
        case(PARSERS, "UTF-16", |s| Message::octets(&utf16(&s.signed()))),
        case(PARSERS, "a declaration of UTF-16", |s| after(s, |x| format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?>{x}"))),
        case(PARSERS, "a declaration of UTF-7", |s| after(s, |x| format!("<?xml version=\"1.0\" encoding=\"UTF-7\"?>{x}"))),
        case(PARSERS, "a declaration of XML 1.1", |s| after(s, |x| format!("<?xml version=\"1.1\"?>{x}"))),
        case(PARSERS, "octets that are not UTF-8", |s| { let mut octets = s.signed().into_bytes(); let at = octets.len() - 30; octets[at] = 0xff; Message::octets(&octets) }),
        by_redirect(PARSERS, "an unclosed root", |s| before_redirect(s, |x| swap(x, "</samlp:AuthnRequest>", ""))),
        by_redirect(PARSERS, "an attribute twice", |s| before_redirect(s, |x| swap(x, " Version=", " Version=\"2.0\" Version="))),
        by_redirect(PARSERS, "an undeclared entity", |s| before_redirect(s, |x| swap(x, "SpidL2", "Spid&L;2"))),
        by_redirect(PARSERS, "a reference to no character", |s| before_redirect(s, |x| swap(x, "SpidL2", "SpidL2&#0;"))),
        by_redirect(PARSERS, "U+0080 in the class", |s| before_redirect(s, |x| swap(x, "SpidL2", "SpidL2\u{80}"))),
        by_redirect(PARSERS, "nothing", |_| Message::redirect("")),
        case(PARSERS, "nothing by post", |_| Message::post("")),
        case(PARSERS, "a page of HTML", |_| Message::post("<html><body>SAMLRequest</body></html>")),

        text(COMMENTS, "a comment in the Issuer", |s| after_text(s, |x| swap(x, SPID_ENTITY_END, "/spid<!-- -->.example.org</saml:Issuer>"))),
        text(COMMENTS, "a comment that the signature does not see", |s| after_text(s, |x| swap(x, SPID_ENTITY_END, "/sp<!-- -->id</saml:Issuer>"))),
        by_redirect(COMMENTS, "a comment that cuts the Issuer", |s| before_redirect(s, |x| swap(x, SPID_ENTITY_END, "/spid<!-- -->.evil.example.org</saml:Issuer>"))),
        by_redirect(COMMENTS, "CDATA that adds to the Issuer", |s| before_redirect(s, |x| swap(x, SPID_ENTITY_END, "/spid<![CDATA[.evil.example.org]]></saml:Issuer>"))),
        by_redirect(COMMENTS, "an instruction in the Issuer", |s| before_redirect(s, |x| swap(x, SPID_ENTITY_END, "/spid<?x y?></saml:Issuer>"))),
        by_redirect(COMMENTS, "an element in the Issuer", |s| before_redirect(s, |x| swap(x, SPID_ENTITY_END, "/spid<b></b></saml:Issuer>"))),
        by_redirect(COMMENTS, "a comment in the class", |s| before_redirect(s, |x| swap(x, "SpidL2<", "SpidL2<!-- -->x<"))),
        text(COMMENTS, "a comment in the class that the signature does not see", |s| after_text(s, |x| swap(x, "SpidL2<", "Spid<!-- -->L2<"))),
        by_redirect(COMMENTS, "an instruction before the root", |s| before_redirect(s, |x| format!("<?xml-stylesheet href=\"https://evil.example.org/x.xsl\"?>{x}"))),
        case(COMMENTS, "a comment in the digest", |s| after(s, |x| swap(x, "</ds:DigestValue>", "<!-- --></ds:DigestValue>"))),
        case(COMMENTS, "a comment in the signature's value", |s| after(s, |x| swap(x, "</ds:SignatureValue>", "<!-- --></ds:SignatureValue>"))),

        case(HOLLOW, "no signature", |s| Message::post(&s.good().unsigned())),
        case(HOLLOW, "an empty Signature", |s| Message::post(&envelop(&s.good().unsigned(), "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"></ds:Signature>"))),
        text(HOLLOW, "an empty value", |s| { let x = s.good().unsigned(); Message::post(&envelop(&x, &signature(&signed_info(&x, s.signer()), b"", ""))) }),
        text(HOLLOW, "no value", |s| { let x = s.good().unsigned(); Message::post(&swap(&envelop(&x, &signature(&signed_info(&x, s.signer()), b"x", "")), "<ds:SignatureValue>eA==</ds:SignatureValue>", "")) }),
        text(HOLLOW, "a value of zeros", |s| { let x = s.good().unsigned(); Message::post(&envelop(&x, &signature(&signed_info(&x, s.signer()), &[0; 256], ""))) }),
        text(HOLLOW, "no Reference", |s| info(s, |i| cut(&i, "<ds:Reference", "</ds:Reference>"))),
        text(HOLLOW, "two References", |s| info(s, |i| { let part = part(&i, "<ds:Reference", "</ds:Reference>"); swap(&i, &part, &format!("{part}{part}")) })),
        text(HOLLOW, "a second Reference to nothing", |s| info(s, |i| { let part = part(&i, "<ds:Reference", "</ds:Reference>"); swap(&i, &part, &format!("{part}{}", part.replacen("URI=\"#", "URI=\"#x", 1))) })),
        text(HOLLOW, "a Reference to the whole document", |s| info(s, |i| { let uri = part(&i, "URI=\"", "\">"); swap(&i, &uri, "URI=\"\">") })),
        text(HOLLOW, "a Reference without URI", |s| info(s, |i| { let uri = part(&i, " URI=\"", "\">"); swap(&i, &uri, ">") })),
        text(HOLLOW, "a Reference to another ID", |s| info(s, |i| swap(&i, "URI=\"#", "URI=\"#x"))),
        text(HOLLOW, "a Reference by XPointer", |s| info(s, |i| swap(&i, "URI=\"#", "URI=\"#xpointer(/)"))),
        text(HOLLOW, "a Reference to the network", |s| info(s, |i| swap(&i, "URI=\"#", "URI=\"http://127.0.0.1:1/#"))),
        text(HOLLOW, "a Reference to a file", |s| info(s, |i| swap(&i, "URI=\"#", "URI=\"file:///etc/hostname#"))),
        text(HOLLOW, "two SignedInfo", |s| { let x = sign_text(&s.good().unsigned(), s.signer()); let info = part(&x, "<ds:SignedInfo", "</ds:SignedInfo>"); Message::post(&swap(&x, &info, &format!("{info}{info}"))) }),
        text(HOLLOW, "an evil SignedInfo before the signed one", |s| { let x = sign_text(&s.good().unsigned(), s.signer()); let info = part(&x, "<ds:SignedInfo", "</ds:SignedInfo>"); let evil = digest(&info, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="); Message::post(&swap(&x, &info, &format!("{evil}{info}"))) }),
        text(HOLLOW, "two values", |s| { let x = sign_text(&s.good().unsigned(), s.signer()); let value = part(&x, "<ds:SignatureValue", "</ds:SignatureValue>"); Message::post(&swap(&x, &value, &format!("{value}{value}"))) }),
        text(HOLLOW, "a second DigestValue", |s| info(s, |i| { let part = part(&i, "<ds:DigestValue", "</ds:DigestValue>"); swap(&i, &part, &format!("{part}{part}")) })),
        text(HOLLOW, "a DigestValue that was not signed", |s| { let x = sign_text(&s.good().unsigned(), s.signer()); let value = part(&x, "<ds:DigestValue", "</ds:DigestValue>"); Message::post(&swap(&x, &value, &format!("<ds:DigestValue>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</ds:DigestValue>{value}"))) }),
        text(HOLLOW, "a Manifest", |s| { let x = s.good().unsigned(); let info = signed_info(&x, s.signer()); let value = s.signer().sign(info.as_bytes()).unwrap(); Message::post(&envelop(&x, &signature(&info, &value, "<ds:Object><ds:Manifest></ds:Manifest></ds:Object>"))) }),
        text(HOLLOW, "one character of the consumer's index", |s| after_text(s, |x| swap(x, "AssertionConsumerServiceIndex=\"0\"", "AssertionConsumerServiceIndex=\"1\""))),
        text(HOLLOW, "one character of the digest", |s| after_text(s, |x| flip(x, "<ds:DigestValue>"))),
        text(HOLLOW, "one character of the value", |s| after_text(s, |x| flip(x, "<ds:SignatureValue>"))),
        text(HOLLOW, "a space in the text", |s| after_text(s, |x| swap(x, "SpidL2<", "SpidL2 <"))),
        text(HOLLOW, "an attribute more", |s| after_text(s, |x| swap(x, " Version=", " ProviderName=\"x\" Version="))),
        text(HOLLOW, "an attribute less", |s| after_text(s, |x| swap(x, " AttributeConsumingServiceIndex=\"0\"", ""))),

        case(KEYS, "a stranger's certificate in KeyInfo", |s| Message::post(&s.good().signed(&keys::STRANGER.signer))),
        case(KEYS, "a certificate of the same subject", |s| Message::post(&s.good().signed(&Keys::new(KeyKind::Rsa2048, "SP of the tests").signer))),
        case(KEYS, "the registered certificate beside a stranger's signature", |s| { let signed = s.good().signed(&keys::STRANGER.signer); let genuine = part(&s.signed(), "<ds:KeyInfo", "</ds:KeyInfo>"); let theirs = part(&signed, "<ds:KeyInfo", "</ds:KeyInfo>"); Message::post(&swap(&signed, &theirs, &genuine)) }),
        case(KEYS, "a KeyValue", |s| { let signed = s.good().signed(&keys::STRANGER.signer); let theirs = part(&signed, "<ds:KeyInfo", "</ds:KeyInfo>"); Message::post(&swap(&signed, &theirs, "<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>")) }),
        case(KEYS, "a RetrievalMethod", |s| { let signed = s.good().signed(&keys::STRANGER.signer); let theirs = part(&signed, "<ds:KeyInfo", "</ds:KeyInfo>"); Message::post(&swap(&signed, &theirs, "<ds:KeyInfo><ds:RetrievalMethod URI=\"http://127.0.0.1:1/key\"></ds:RetrievalMethod></ds:KeyInfo>")) }),
        case(KEYS, "another service provider's key", |s| Message::post(&s.good().signed(&keys::SP_ECDSA.signer))),
        case(KEYS, "the identity provider's own key", |s| Message::post(&s.good().signed(&keys::IDP.signer))),

        text(WEAK, "HMAC with the certificate as its key", |s| hmac(s, "")),
        text(WEAK, "HMAC cut to nothing", |s| hmac(s, "<ds:HMACOutputLength>0</ds:HMACOutputLength>")),
        text(WEAK, "RSA with SHA-1", |s| openssl_signed(s, "http://www.w3.org/2000/09/xmldsig#rsa-sha1", MessageDigest::sha1())),
        text(WEAK, "RSA with MD5", |s| openssl_signed(s, "http://www.w3.org/2001/04/xmldsig-more#rsa-md5", MessageDigest::md5())),
        text(WEAK, "RSA with SHA-224", |s| openssl_signed(s, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha224", MessageDigest::sha224())),
        text(WEAK, "a digest with SHA-1", |s| info(s, |i| digest(&i, "2jmj7l5rSw0yVb/vlWAYkK/YBwk=").replace("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"))),
        text(WEAK, "a digest with MD5", |s| info(s, |i| digest(&i, "1B2M2Y8AsgTpgAmY7PhCfg==").replace("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#md5"))),
        text(WEAK, "no such signature algorithm", |s| info(s, |i| i.replace("xmldsig-more#rsa-sha256", "xmldsig-more#none"))),
        text(WEAK, "ECDSA said of an RSA signature", |s| info(s, |i| i.replace("#rsa-sha256", "#ecdsa-sha256"))),

        text(TRANSFORMS, "XSLT", |s| info(s, |i| transform(&i, "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"><xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\"></xsl:stylesheet></ds:Transform>"))),
        text(TRANSFORMS, "XPath", |s| info(s, |i| transform(&i, "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>true()</ds:XPath></ds:Transform>"))),
        text(TRANSFORMS, "XPath filter 2", |s| info(s, |i| transform(&i, "<ds:Transform Algorithm=\"http://www.w3.org/2002/06/xmldsig-filter2\"></ds:Transform>"))),
        text(TRANSFORMS, "base64", |s| info(s, |i| transform(&i, "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#base64\"></ds:Transform>"))),
        text(TRANSFORMS, "canonicalisation twice", |s| info(s, |i| transform(&i, "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>"))),
        text(TRANSFORMS, "five hundred", |s| info(s, |i| transform(&i, &"<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>".repeat(500)))),
        text(TRANSFORMS, "with comments", |s| info(s, |i| i.replace("xml-exc-c14n#\"></ds:Transform>", "xml-exc-c14n#WithComments\"></ds:Transform>"))),
        text(TRANSFORMS, "the SignedInfo with comments", |s| info(s, |i| i.replace("xml-exc-c14n#\"></ds:CanonicalizationMethod>", "xml-exc-c14n#WithComments\"></ds:CanonicalizationMethod>"))),
        text(TRANSFORMS, "inclusive canonicalisation", |s| info(s, |i| i.replace("http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"></ds:Transform>"))),
        text(TRANSFORMS, "not enveloped", |s| info(s, |i| i.replace("<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform>", ""))),
        text(TRANSFORMS, "none", |s| info(s, |i| cut(&i, "<ds:Transforms", "</ds:Transforms>"))),
        text(TRANSFORMS, "in the other order", |s| info(s, |i| { let part = part(&i, "<ds:Transform Algorithm=\"http://www.w3.org/2000", "</ds:Transform>"); let without = swap(&i, &part, ""); swap(&without, "</ds:Transforms>", &format!("{part}</ds:Transforms>")) })),

        case(ENTITIES, "an external entity in the Issuer", |s| after(s, |x| format!("<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/hostname\">]>{}", swap(x, SPID_ENTITY_END, "&e;</saml:Issuer>")))),
        by_redirect(ENTITIES, "an external entity by redirect", |s| before_redirect(s, |x| format!("<!DOCTYPE a [<!ENTITY e SYSTEM \"http://127.0.0.1:1/\">]>{}", swap(x, SPID_ENTITY_END, "&e;</saml:Issuer>")))),
        by_redirect(ENTITIES, "an external DTD", |s| before_redirect(s, |x| format!("<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/a.dtd\">{x}"))),
        by_redirect(ENTITIES, "a parameter entity", |s| before_redirect(s, |x| format!("<!DOCTYPE a [<!ENTITY % p SYSTEM \"http://127.0.0.1:1/\"> %p;]>{x}"))),
        by_redirect(ENTITIES, "an internal entity that is the Issuer", |s| before_redirect(s, |x| format!("<!DOCTYPE a [<!ENTITY e \"{SPID_ENTITY}\">]>{}", swap(x, &format!(">{SPID_ENTITY}<"), ">&e;<")))),
        by_redirect(ENTITIES, "an attribute by default", |s| before_redirect(s, |x| format!("<!DOCTYPE a [<!ATTLIST samlp:AuthnRequest IsPassive CDATA \"false\">]>{x}"))),
        by_redirect(ENTITIES, "XInclude in the Issuer", |s| before_redirect(s, |x| swap(x, &format!(">{SPID_ENTITY}<"), "><xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"file:///etc/hostname\" parse=\"text\"/><"))),
        by_redirect(ENTITIES, "a stylesheet", |s| before_redirect(s, |x| format!("<?xml version=\"1.0\"?><?xml-stylesheet type=\"text/xsl\" href=\"#x\"?>{x}"))),

        by_redirect(BOMBS, "a billion laughs", |s| before_redirect(s, |x| { let mut dtd = String::from("<!DOCTYPE a [<!ENTITY l0 \"lol\">"); for n in 1..10 { write!(dtd, "<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)).unwrap(); } format!("{dtd}]>{}", swap(x, SPID_ENTITY_END, "&l9;</saml:Issuer>")) })),
        by_redirect(BOMBS, "quadratic entities", |s| before_redirect(s, |x| format!("<!DOCTYPE a [<!ENTITY e \"{}\">]>{}", "a".repeat(50_000), swap(x, SPID_ENTITY_END, &format!("{}</saml:Issuer>", "&e;".repeat(2000)))))),
        by_redirect(BOMBS, "twenty megabytes deflated", |s| before_redirect(s, |x| format!("{x}{}", " ".repeat(20 * 1024 * 1024)))),
        Case { of: BOMBS, what: "256 KiB and one octet deflated", hostile: |s| before_redirect(s, |x| format!("{x}{}", " ".repeat(256 * 1024 + 1 - x.len()))), control: |s| before_redirect(s, |x| format!("{x}{}", " ".repeat(256 * 1024 - x.len()))) },
        Case { of: BOMBS, what: "256 KiB and one octet by post", hostile: |s| after(s, |x| format!("{x}{}", " ".repeat(256 * 1024 + 1 - x.len()))), control: |s| after(s, |x| format!("{x}{}", " ".repeat(256 * 1024 - x.len()))) },
        Case { of: BOMBS, what: "depth 65", hostile: |s| deep(s, 65), control: |s| deep(s, 64) },
        by_redirect(BOMBS, "depth 20 000", |s| deep(s, 20_000)),
        Case { of: BOMBS, what: "65 attributes", hostile: |s| wide(s, 65), control: |s| wide(s, 64) },
        by_redirect(BOMBS, "20 000 attributes", |s| wide(s, 20_000)),
        Case { of: BOMBS, what: "5 001 elements", hostile: |s| many(s, 5_001), control: |s| many(s, 5_000) },
        by_redirect(BOMBS, "20 000 elements", |s| many(s, 20_000)),
        by_redirect(BOMBS, "4 000 namespaces at one place", |s| before_redirect(s, |x| { let names: String = (0..4000).map(|n| format!(" xmlns:n{n}=\"urn:{n}\"")).collect(); extended(x, &format!("<x:a xmlns:x=\"urn:x\"{names}></x:a>")) })),
        by_redirect(BOMBS, "namespaces at every depth", |s| before_redirect(s, |x| { let open: String = (0..60).map(|n| (0..60).fold(format!("<x{n}:a"), |a, m| format!("{a} xmlns:x{}=\"urn:{n}:{m}\"", n + m)) + ">").collect(); let close: String = (0..60).rev().map(|n| format!("</x{n}:a>")).collect(); extended(x, &format!("{open}{close}")) })),
        case(BOMBS, "two hundred signatures", |s| { let (sig, bare) = parted(&s.signed()); Message::post(&envelop(&bare, &sig.repeat(100))) }),
        case(BOMBS, "a signature's value of 100 KB", |s| after(s, |x| swap(x, "</ds:SignatureValue>", &format!("{}</ds:SignatureValue>", "A".repeat(100_000))))),
        case(BOMBS, "an attribute of 200 KB", |s| after(s, |x| swap(x, " Version=", &format!(" ProviderName=\"{}\" Version=", "a".repeat(200_000))))),
        by_redirect(BOMBS, "an ID of 100 KB", |s| { let mut request = s.good(); request.id = Some("a".repeat(100_000)); Message::redirect(&request.unsigned()) }),

        case(ENCRYPTED, "an encrypted assertion beside", |s| after(s, |x| swap(x, "</samlp:AuthnRequest>", "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"></saml:EncryptedAssertion></samlp:AuthnRequest>"))),
        case(ENCRYPTED, "the request as encrypted data", |_| Message::post("<xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\"><xenc:CipherData><xenc:CipherReference URI=\"http://127.0.0.1:1/\"></xenc:CipherReference></xenc:CipherData></xenc:EncryptedData>")),
    ]
}

/// How the good request's Issuer ends.
const SPID_ENTITY_END: &str = "/spid</saml:Issuer>";

fn after_text(scene: &Scene, change: impl FnOnce(&str) -> String) -> Message {
    Message::post(&change(&sign_text(&scene.good().unsigned(), scene.signer())))
}

fn id_of(xml: &str) -> String {
    part(xml, " ID=\"", "\" ")[5..].trim_end().trim_end_matches('"').to_owned()
}

fn part(xml: &str, start: &str, end: &str) -> String {
    let from = xml.find(start).unwrap();
    let to = from + start.len() + xml[from + start.len()..].find(end).unwrap() + end.len();
    xml[from..to].to_owned()
}

fn cut(xml: &str, start: &str, end: &str) -> String {
    swap(xml, &part(xml, start, end), "")
}

fn digest(info: &str, value: &str) -> String {
    let there = part(info, "<ds:DigestValue>", "</ds:DigestValue>");
    swap(info, &there, &format!("<ds:DigestValue>{value}</ds:DigestValue>"))
}

/// One base64 digit after `tag` made another.
fn flip(xml: &str, tag: &str) -> String {
    let at = xml.find(tag).unwrap() + tag.len();
    let other = if xml.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &xml[..at], &xml[at + 1..])
}

fn transform(info: &str, more: &str) -> String {
    swap(info, "</ds:Transforms>", &format!("{more}</ds:Transforms>"))
}

fn utf16(text: &str) -> Vec<u8> {
    [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect()
}

fn deep(scene: &Scene, depth: usize) -> Message {
    // The root and the Extensions are two of them.
    let inside = format!(
        "<x:a xmlns:x=\"urn:x\">{}{}</x:a>",
        "<x:a>".repeat(depth - 3),
        "</x:a>".repeat(depth - 3)
    );
    before_redirect(scene, |x| extended(x, &inside))
}

fn wide(scene: &Scene, attributes: usize) -> Message {
    let inside: String = (0..attributes - 1).map(|n| format!(" a{n}=\"\"")).collect();
    before_redirect(scene, |x| extended(x, &format!("<x:a xmlns:x=\"urn:x\"{inside}></x:a>")))
}

fn many(scene: &Scene, elements: usize) -> Message {
    before_redirect(scene, |x| {
        let there = x.matches("</").count() + 2;
        let more = "<x:a/>".repeat(elements - there);
        extended(x, &format!("<x:a xmlns:x=\"urn:x\">{more}</x:a>"))
    })
}

fn other_message(name: &'static str, scene: &Scene) -> String {
    let good: AuthnRequest = scene.good();
    let element = Element::new(name)
        .attribute("ID", good.id.clone().unwrap())
        .attribute("Version", "2.0")
        .attribute("IssueInstant", good.issue_instant.clone().unwrap())
        .attribute("Destination", good.destination.clone().unwrap())
        .child(Element::new("saml:Issuer").text(SPID_ENTITY))
        .signature_here()
        .child(Element::new("saml:NameID").text("x"));
    enveloped::sign(&element, scene.signer()).unwrap().into_string()
}

/// Signed with the service provider's genuine key, in a way that nobody should take.
fn openssl_signed(scene: &Scene, method: &'static str, hash: MessageDigest) -> Message {
    let xml = scene.good().unsigned();
    let info = signed_info(&xml, scene.signer())
        .replace("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", method);
    let key = PKey::private_key_from_pem(&keys::SP.pair.key).unwrap();
    let mut signer = OpensslSigner::new(hash, &key).unwrap();
    signer.update(info.as_bytes()).unwrap();
    Message::post(&envelop(&xml, &signature(&info, &signer.sign_to_vec().unwrap(), "")))
}

fn hmac(scene: &Scene, length: &str) -> Message {
    const METHOD: &str = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
    let xml = scene.good().unsigned();
    let info = signed_info(&xml, scene.signer())
        .replace("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", METHOD)
        .replace("</ds:SignatureMethod>", &format!("{length}</ds:SignatureMethod>"));
    let key = PKey::hmac(&keys::SP.pair.certificate).unwrap();
    let mut signer = OpensslSigner::new(MessageDigest::sha256(), &key).unwrap();
    signer.update(info.as_bytes()).unwrap();
    let value = if length.is_empty() { signer.sign_to_vec().unwrap() } else { vec![0] };
    Message::post(&envelop(&xml, &signature(&info, &value, "")))
}
