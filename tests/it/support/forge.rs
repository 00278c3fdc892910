//! Signatures over any text, right and wrong: what our own writer would never make.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use ponte::saml::{canonical, names};
use roxmltree::{Document, Node};

use crate::support::keys::Keys;

/// Where [`Forge::seal`] puts the signature.
pub(crate) const PLACE: &str = "@SIGNATURE@";

/// How a signature is made; each part can be made wrong.
#[derive(Clone)]
pub(crate) struct Forge {
    /// `ds:CanonicalizationMethod`, whole.
    pub(crate) canonicalization: String,
    /// The name in `ds:SignatureMethod`.
    pub(crate) method: String,
    /// What stands in `ds:SignatureMethod`.
    pub(crate) method_content: String,
    /// The name in `ds:DigestMethod`.
    pub(crate) digest: String,
    /// What stands in `ds:Transforms`.
    pub(crate) transforms: String,
    /// The reference's `URI`, if it is not the ID's.
    pub(crate) uri: Option<String>,
    /// What follows the reference in `ds:SignedInfo`.
    pub(crate) more_info: String,
    /// What follows `ds:SignatureValue`.
    pub(crate) key_info: String,
    /// The prefixes canonicalised inclusively in the signed element.
    pub(crate) prefixes: Vec<&'static str>,
    /// The same in the `ds:SignedInfo`.
    pub(crate) info_prefixes: Vec<&'static str>,
    /// The digest's octets, if they are not the right ones.
    pub(crate) digest_value: Option<String>,
}

impl Default for Forge {
    fn default() -> Self {
        Self {
            canonicalization: algorithm("CanonicalizationMethod", names::EXC_C14N),
            method: names::RSA_SHA256.into(),
            method_content: String::new(),
            digest: names::SHA256.into(),
            transforms: algorithm("Transform", names::ENVELOPED)
                + &algorithm("Transform", names::EXC_C14N),
            uri: None,
            more_info: String::new(),
            key_info: String::new(),
            prefixes: Vec::new(),
            info_prefixes: Vec::new(),
            digest_value: None,
        }
    }
}

/// An empty element of XML Signature with an `Algorithm`.
pub(crate) fn algorithm(element: &str, uri: &str) -> String {
    format!(r#"<ds:{element} Algorithm="{uri}"></ds:{element}>"#)
}

/// The same for exclusive canonicalisation with a list of prefixes.
pub(crate) fn exclusive(element: &str, prefixes: &[&str]) -> String {
    let list = prefixes.join(" ");
    let c14n = names::EXC_C14N;
    format!(
        r#"<ds:{element} Algorithm="{c14n}"><ec:InclusiveNamespaces xmlns:ec="{c14n}" PrefixList="{list}"></ec:InclusiveNamespaces></ds:{element}>"#
    )
}

impl Forge {
    /// Signs the element with the ID `id`, and puts the signature at [`PLACE`].
    pub(crate) fn seal(&self, text: &str, id: &str, keys: &Keys) -> String {
        self.seal_with(text, id, &PKey::private_key_from_pem(&keys.pair.key).unwrap())
    }

    /// The same with a key of any kind.
    pub(crate) fn seal_with(&self, text: &str, id: &str, key: &PKey<Private>) -> String {
        let plain = text.replace(PLACE, "");
        let document = Document::parse(&plain).unwrap();
        let mut octets = String::new();
        canonical::write(by_id(&document, id), None, &self.prefixes, &mut octets);
        let digest = hash(message_digest(&self.digest), octets.as_bytes()).unwrap();
        let digest = self.digest_value.clone().unwrap_or_else(|| STANDARD.encode(digest));
        let whole = text.replace(PLACE, &self.signature(id, &digest));
        let document = Document::parse(&whole).unwrap();
        let info = by_id(&document, id)
            .descendants()
            .find(|node| node.has_tag_name((names::DSIG, "SignedInfo")))
            .unwrap();
        let mut octets = String::new();
        canonical::write(info, None, &self.info_prefixes, &mut octets);
        let mut signer = Signer::new(message_digest(&self.method), key).unwrap();
        let mut value = signer.sign_oneshot_to_vec(octets.as_bytes()).unwrap();
        if let Ok(key) = key.ec_key() {
            let size = i32::try_from(key.group().order_bits().div_ceil(8)).unwrap();
            let pair = EcdsaSig::from_der(&value).unwrap();
            value = pair.r().to_vec_padded(size).unwrap();
            value.extend(pair.s().to_vec_padded(size).unwrap());
        }
        whole.replace("@VALUE@", &STANDARD.encode(value))
    }

    fn signature(&self, id: &str, digest: &str) -> String {
        let dsig = names::DSIG;
        let Self { canonicalization, method, method_content, transforms, .. } = self;
        let uri = self.uri.clone().unwrap_or_else(|| format!("#{id}"));
        format!(
            r#"<ds:Signature xmlns:ds="{dsig}"><ds:SignedInfo>{canonicalization}<ds:SignatureMethod Algorithm="{method}">{method_content}</ds:SignatureMethod><ds:Reference URI="{uri}"><ds:Transforms>{transforms}</ds:Transforms>{}<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>{}</ds:SignedInfo><ds:SignatureValue>@VALUE@</ds:SignatureValue>{}</ds:Signature>"#,
            algorithm("DigestMethod", &self.digest),
            self.more_info,
            self.key_info,
        )
    }
}

/// The element with the ID `id`.
pub(crate) fn by_id<'a, 'i>(document: &'a Document<'i>, id: &str) -> Node<'a, 'i> {
    document.descendants().find(|node| node.attribute("ID") == Some(id)).unwrap()
}

fn message_digest(uri: &str) -> MessageDigest {
    match uri.trim_end_matches(|c: char| c.is_ascii_digit()).len() {
        at if uri[at..] == *"1" => MessageDigest::sha1(),
        at if uri[at..] == *"384" => MessageDigest::sha384(),
        at if uri[at..] == *"512" => MessageDigest::sha512(),
        at if uri[at..] == *"5" => MessageDigest::md5(),
        _ => MessageDigest::sha256(),
    }
}
