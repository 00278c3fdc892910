//! The key of a phone without an authenticator, as its browser makes and uses one: written here from the Web Cryptography API
//! alone (ECDSA on P-256 over SHA-256, signatures as `r ‖ s`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::BigNumContext;
use openssl::ec::{EcGroup, EcKey, PointConversionForm};
use openssl::ecdsa::EcdsaSig;
use openssl::nid::Nid;
use openssl::pkey::Private;
use openssl::sha::sha256;

use crate::support::agent::{Page, unescape};

#[derive(Clone)]
pub(crate) struct PhoneKey(EcKey<Private>);

impl PhoneKey {
    pub(crate) fn new() -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        Self(EcKey::generate(&group).unwrap())
    }

    fn point(&self) -> Vec<u8> {
        let mut context = BigNumContext::new().unwrap();
        let form = PointConversionForm::UNCOMPRESSED;
        self.0.public_key().to_bytes(self.0.group(), form, &mut context).unwrap()
    }

    /// The public half, exported as `raw`, base64url.
    pub(crate) fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.point())
    }

    /// Its name.
    pub(crate) fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(sha256(&self.point()))
    }

    /// Signs a JSON array of these.
    pub(crate) fn sign(&self, said: &[String]) -> String {
        let text = serde_json::to_string(said).unwrap();
        let made = EcdsaSig::sign(&sha256(text.as_bytes()), &self.0).unwrap();
        let (r, s) = (made.r().to_vec_padded(32).unwrap(), made.s().to_vec_padded(32).unwrap());
        URL_SAFE_NO_PAD.encode([r, s].concat())
    }
}

/// What the page's script makes the key sign, with `last` at its end.
pub(crate) fn said(page: &Page, last: Option<&str>) -> Vec<String> {
    let rest = page.body.split_once("data-signs=\"").unwrap_or_else(|| panic!("{}", page.body)).1;
    let signs = unescape(rest.split('"').next().unwrap());
    let mut said: Vec<String> = serde_json::from_str(&signs).unwrap();
    said.extend(last.map(str::to_owned));
    said
}
