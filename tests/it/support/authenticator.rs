//! An authenticator of passkeys, written here from WebAuthn Level 2 alone: ES256, attestation "none".

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha256;
use openssl::sign::Signer;
use serde_json::{Value, json};

use crate::support::agent::{Page, unescape};

/// One passkey, and how its authenticator behaves.
#[derive(Clone)]
pub(crate) struct Authenticator {
    key: PKey<Private>,
    id: Vec<u8>,
    pub(crate) handle: Vec<u8>,
    pub(crate) counter: u32,
    pub(crate) origin: String,
    /// Whether it verifies its user.
    pub(crate) verifies: bool,
}

/// What a page asks of the browser.
pub(crate) fn options(page: &Page) -> Value {
    let rest = page.body.split_once("data-options=\"").unwrap_or_else(|| panic!("{}", page.body)).1;
    serde_json::from_str(&unescape(rest.split('"').next().unwrap())).unwrap()
}

impl Authenticator {
    pub(crate) fn new(origin: &str, id: u8) -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let handle = Vec::new();
        let (origin, id) = (origin.to_owned(), vec![id; 32]);
        Self { key, id, handle, counter: 0, origin, verifies: true }
    }

    /// Makes its key known: the answer to `navigator.credentials.create`.
    pub(crate) fn create(&mut self, options: &Value) -> Value {
        self.handle = URL_SAFE_NO_PAD.decode(options["user"]["id"].as_str().unwrap()).unwrap();
        let data = self.authenticator_data(options["rp"]["id"].as_str().unwrap(), true);
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x59");
        object.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        object.extend(data);
        let client = self.client_data("webauthn.create", options);
        self.answer(json!({
            "clientDataJSON": URL_SAFE_NO_PAD.encode(client),
            "attestationObject": URL_SAFE_NO_PAD.encode(object),
        }))
    }

    /// Signs: the answer to `navigator.credentials.get`.
    pub(crate) fn get(&mut self, options: &Value) -> Value {
        self.counter += 1;
        let data = self.authenticator_data(options["rpId"].as_str().unwrap(), false);
        let client = self.client_data("webauthn.get", options);
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).unwrap();
        let signed = [data.clone(), sha256(client.as_bytes()).to_vec()].concat();
        let signature = signer.sign_oneshot_to_vec(&signed).unwrap();
        self.answer(json!({
            "clientDataJSON": URL_SAFE_NO_PAD.encode(client),
            "authenticatorData": URL_SAFE_NO_PAD.encode(data),
            "signature": URL_SAFE_NO_PAD.encode(signature),
            "userHandle": URL_SAFE_NO_PAD.encode(&self.handle),
        }))
    }

    pub(crate) fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.id)
    }

    fn answer(&self, response: Value) -> Value {
        json!({
            "id": self.id(),
            "rawId": self.id(),
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        })
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        json!({
            "type": kind,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
        })
        .to_string()
    }

    /// WebAuthn §6.1.
    fn authenticator_data(&self, rp_id: &str, attested: bool) -> Vec<u8> {
        let mut data = sha256(rp_id.as_bytes()).to_vec();
        let verified = if self.verifies { 4 } else { 0 };
        data.push(1 | verified | if attested { 0x40 } else { 0 });
        data.extend(self.counter.to_be_bytes());
        if attested {
            data.extend([0; 16]);
            data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
            data.extend(&self.id);
            data.extend(self.cose());
        }
        data
    }

    /// The public key (RFC 9053 §7.1).
    fn cose(&self) -> Vec<u8> {
        let key = self.key.ec_key().unwrap();
        let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        let mut context = BigNumContext::new().unwrap();
        let point = key.public_key();
        point.affine_coordinates(key.group(), &mut x, &mut y, &mut context).unwrap();
        let mut cose = vec![0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
        cose.extend(x.to_vec_padded(32).unwrap());
        cose.extend([0x22, 0x58, 32]);
        cose.extend(y.to_vec_padded(32).unwrap());
        cose
    }
}
