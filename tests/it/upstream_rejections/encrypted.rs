//! Encrypted assertions, in plain SAML: encryption never counts as a signature, and whatever fails fails alike.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::encrypt::Encrypter;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Padding;
use openssl::symm::{Cipher, encrypt, encrypt_aead};
use ponte::saml::names;
use ponte::saml::upstream::check::SignedParts;
use ponte::saml::upstream::decryption::DecryptionKey;
use ponte::saml::upstream::profile::UpstreamProfile;
use ponte::saml::upstream::response::{Received, Refused};

use super::Case;
use crate::support::answers::{Answer, judge_with};
use crate::support::keys::{Keys, SP, STRANGER};

/// How it is encrypted; each part can be made wrong.
#[derive(Clone)]
pub(crate) struct Sealing {
    pub(crate) to: &'static LazyLock<Keys>,
    pub(crate) data: &'static str,
    pub(crate) wrapping: &'static str,
    /// The digest within OAEP, and the mask's.
    pub(crate) digests: [MessageDigest; 2],
    pub(crate) kind: &'static str,
    /// What becomes of the octets, nonce first.
    pub(crate) octets: fn(Vec<u8>) -> Vec<u8>,
    /// Whether the wrapped key stands beside the data.
    pub(crate) beside: bool,
}

impl Default for Sealing {
    fn default() -> Self {
        Self {
            to: &SP,
            data: names::AES256_GCM,
            wrapping: names::RSA_OAEP_MGF1P,
            digests: [MessageDigest::sha1(); 2],
            kind: names::XENC_ELEMENT,
            octets: |octets| octets,
            beside: false,
        }
    }
}

impl Sealing {
    pub(crate) fn seal(&self, plain: &str) -> String {
        let length = if self.data == names::AES128_GCM { 16 } else { 32 };
        let (secret, nonce) = (vec![5; length], [6; 12]);
        let octets = if self.data.contains("cbc") {
            encrypt(Cipher::aes_256_cbc(), &secret, Some(&[6; 16]), plain.as_bytes()).unwrap()
        } else {
            let cipher = if length == 16 { Cipher::aes_128_gcm() } else { Cipher::aes_256_gcm() };
            let mut tag = [0; 16];
            let sealed =
                encrypt_aead(cipher, &secret, Some(&nonce), &[], plain.as_bytes(), &mut tag)
                    .unwrap();
            [nonce.as_slice(), &sealed, &tag].concat()
        };
        let value = STANDARD.encode((self.octets)(octets));
        let key = self.wrapped(&secret);
        let (inside, outside) = if self.beside { ("", key.as_str()) } else { (key.as_str(), "") };
        format!(
            "<saml:EncryptedAssertion><xenc:EncryptedData xmlns:xenc=\"{}\" Type=\"{}\"><xenc:EncryptionMethod Algorithm=\"{}\"></xenc:EncryptionMethod><ds:KeyInfo xmlns:ds=\"{}\">{inside}</ds:KeyInfo><xenc:CipherData><xenc:CipherValue>{value}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>{outside}</saml:EncryptedAssertion>",
            names::XENC,
            self.kind,
            self.data,
            names::DSIG,
        )
    }

    fn wrapped(&self, secret: &[u8]) -> String {
        let key = PKey::private_key_from_pem(&self.to.pair.key).unwrap();
        let key = PKey::public_key_from_pem(&key.public_key_to_pem().unwrap()).unwrap();
        let mut encrypter = Encrypter::new(&key).unwrap();
        if self.wrapping == names::RSA_1_5 {
            encrypter.set_rsa_padding(Padding::PKCS1).unwrap();
        } else {
            encrypter.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
            encrypter.set_rsa_oaep_md(self.digests[0]).unwrap();
            encrypter.set_rsa_mgf1_md(self.digests[1]).unwrap();
        }
        let mut wrapped = vec![0; encrypter.encrypt_len(secret).unwrap()];
        let length = encrypter.encrypt(secret, &mut wrapped).unwrap();
        let value = STANDARD.encode(&wrapped[..length]);
        let sha256 = MessageDigest::sha256().type_();
        let digest = if self.digests[0].type_() == sha256 { names::SHA256 } else { names::SHA1 };
        let mask =
            if self.digests[1].type_() == sha256 { names::MGF1_SHA256 } else { names::MGF1_SHA1 };
        let (dsig, xenc, xenc11) = (names::DSIG, names::XENC, names::XENC11);
        let parts = match self.wrapping {
            names::RSA_1_5 => String::new(),
            names::RSA_OAEP => format!(
                "<ds:DigestMethod xmlns:ds=\"{dsig}\" Algorithm=\"{digest}\"></ds:DigestMethod><xenc11:MGF xmlns:xenc11=\"{xenc11}\" Algorithm=\"{mask}\"></xenc11:MGF>"
            ),
            _ => format!(
                "<ds:DigestMethod xmlns:ds=\"{dsig}\" Algorithm=\"{digest}\"></ds:DigestMethod>"
            ),
        };
        format!(
            "<xenc:EncryptedKey xmlns:xenc=\"{xenc}\"><xenc:EncryptionMethod Algorithm=\"{}\">{parts}</xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>{value}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>",
            self.wrapping
        )
    }
}

fn judged(text: &str, signed: SignedParts) -> Result<Received, Refused> {
    let keys = [DecryptionKey::from_pem(&SP.pair.key).unwrap()];
    judge_with(text, UpstreamProfile::Saml2, &keys, |expected| expected.signed = signed)
}

/// `answer` with its assertion, signed as the answer says, sealed and put back.
pub(crate) fn sealed(answer: &Answer, sealing: &Sealing) -> String {
    let assertion = sealing.seal(&answer.signed_assertion());
    let response = Answer { of_assertion: None, assertion, ..answer.clone() };
    response.text()
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let plain = Sealing::default();
    let aes128 = Sealing { data: names::AES128_GCM, ..plain.clone() };
    let oaep256 = Sealing {
        wrapping: names::RSA_OAEP,
        digests: [MessageDigest::sha256(); 2],
        ..plain.clone()
    };
    let mixed =
        Sealing { digests: [MessageDigest::sha256(), MessageDigest::sha1()], ..plain.clone() };
    let beside = Sealing { beside: true, ..plain.clone() };
    let goods =
        [&plain, &aes128, &oaep256, &mixed, &beside].map(|how| sealed(&Answer::plain(), how));
    let mut push = |name: &str, place: usize, bad: String, signed| {
        let good = judged(&goods[place % goods.len()], SignedParts::Assertion);
        let element = "EncryptedAssertion";
        cases.push(Case {
            name: format!("encrypted: {name}"),
            element,
            good,
            bad: judged(&bad, signed),
        });
    };
    let with = |sealing: Sealing| sealed(&Answer::plain(), &sealing);
    let assertion = SignedParts::Assertion;
    push(
        "AES-CBC",
        0,
        with(Sealing { data: "http://www.w3.org/2001/04/xmlenc#aes256-cbc", ..plain.clone() }),
        assertion,
    );
    push("RSA 1.5", 1, with(Sealing { wrapping: names::RSA_1_5, ..plain.clone() }), assertion);
    push("for another's key", 2, with(Sealing { to: &STRANGER, ..plain.clone() }), assertion);
    push(
        "a tag changed",
        3,
        with(Sealing {
            octets: |mut octets| {
                *octets.last_mut().unwrap() ^= 1;
                octets
            },
            ..plain.clone()
        }),
        assertion,
    );
    push(
        "an octet changed",
        4,
        with(Sealing {
            octets: |mut octets| {
                octets[40] ^= 1;
                octets
            },
            ..plain.clone()
        }),
        assertion,
    );
    push(
        "the tag cut off",
        0,
        with(Sealing {
            octets: |mut octets| {
                octets.truncate(octets.len() - 16);
                octets
            },
            ..plain.clone()
        }),
        assertion,
    );
    push(
        "next to nothing",
        1,
        with(Sealing {
            octets: |mut octets| {
                octets.truncate(5);
                octets
            },
            ..plain.clone()
        }),
        assertion,
    );
    push(
        "content in place of an element",
        2,
        with(Sealing { kind: "http://www.w3.org/2001/04/xmlenc#Content", ..plain.clone() }),
        assertion,
    );
    let good = goods[0].clone();
    let value = good.find("<xenc:CipherData>").unwrap();
    let end = good.find("</xenc:CipherData>").unwrap();
    let reference = "<xenc:CipherData><xenc:CipherReference URI=\"http://127.0.0.1:9/x\"></xenc:CipherReference>";
    push(
        "a CipherReference",
        3,
        format!("{}{reference}{}", &good[..value], &good[end..]),
        assertion,
    );
    let of_none = Answer { of_assertion: None, ..Answer::plain() };
    push("not signed inside", 4, sealed(&of_none, &plain), assertion);
    push(
        "not signed inside, where either will do",
        0,
        sealed(&of_none, &plain),
        SignedParts::Either,
    );
    let of_stranger = Answer { by: &STRANGER, ..Answer::plain() };
    push("signed by a stranger inside", 1, sealed(&of_stranger, &plain), assertion);
    let both_by_stranger = Answer { by: &STRANGER, ..Answer::new() };
    push(
        "signed by a stranger inside, the response genuine",
        2,
        sealed(&both_by_stranger, &plain),
        SignedParts::Either,
    );
    let not_inside = Answer { of_assertion: None, ..Answer::new() };
    push(
        "the response signed alone, where the assertion must be",
        3,
        sealed(&not_inside, &plain),
        assertion,
    );
    let extra = |text: &str| {
        Answer { of_assertion: None, assertion: plain.seal(text), ..Answer::plain() }.text()
    };
    let genuine = Answer::plain().signed_assertion();
    push("two assertions inside", 4, extra(&format!("{genuine}{genuine}")), assertion);
    push("something beside it inside", 0, extra(&format!("{genuine}<x></x>")), assertion);
    push(
        "a way out of its place",
        1,
        extra(&format!("{genuine}</samlp:Response><samlp:Response>")),
        assertion,
    );
    push("another element inside", 2, extra("<saml:Advice></saml:Advice>"), assertion);
    push("an encrypted one inside", 3, extra(&plain.seal(&genuine)), assertion);
    push("a DOCTYPE inside", 4, extra(&format!("<!DOCTYPE x>{genuine}")), assertion);
    push("no text inside", 0, extra(""), assertion);
    // Beside a signed one, before it and after it: the structure has one assertion.
    let sealed_one = plain.seal(&genuine.replace("_assertion1", "_assertion2"));
    let mut beside = |name: &str, together: String| {
        let bad = Answer { of_assertion: None, assertion: together, ..Answer::plain() }.text();
        let good = judged(&goods[1], assertion);
        let bad = judged(&bad, assertion);
        cases.push(Case { name: format!("encrypted: {name}"), element: "Response", good, bad });
    };
    beside("after a signed one", format!("{genuine}{sealed_one}"));
    beside("before a signed one", format!("{sealed_one}{genuine}"));
    beside("twice", format!("{sealed_one}{}", plain.seal(&genuine)));
    // A signature over the response covers what is encrypted in it, where that was settled.
    let covered = Answer { of_assertion: None, ..Answer::new() };
    cases.push(Case {
        name: "encrypted: covered by the response's signature, and by none".into(),
        element: "EncryptedAssertion",
        good: judged(&sealed(&covered, &plain), SignedParts::Either),
        bad: judged(&sealed(&of_none, &plain), SignedParts::Either),
    });
    // SPID's profile has no encryption.
    let keys = [DecryptionKey::from_pem(&SP.pair.key).unwrap()];
    cases.push(Case {
        name: "encrypted: in SPID".into(),
        element: "EncryptedAssertion",
        good: judge_with(&Answer::plain().text(), UpstreamProfile::Spid, &keys, |_| {}),
        bad: judge_with(&goods[0], UpstreamProfile::Spid, &keys, |_| {}),
    });
    cases.push(Case {
        name: "encrypted: no key of ours".into(),
        element: "EncryptedAssertion",
        good: judged(&goods[0], assertion),
        bad: judge_with(&goods[0], UpstreamProfile::Saml2, &[], |_| {}),
    });
    cases
}
