//! Whether a certificate has SPID's shape (spid-saml §2.4), field by field.

use openssl::pkey::Id;
use openssl::x509::X509;

use crate::world::certificate::{Certificate, CertificateError};
use crate::world::der;
use crate::world::extensions::{
    BASIC_CONSTRAINTS, CERTIFICATE_POLICIES, KEY_USAGE, extensions, policies,
};
use crate::world::issue::{ORGANIZATION_IDENTIFIER, URI};

/// What kind of body a certificate names, and so its policies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Body {
    /// A public one.
    Public,
    /// A private one.
    Private,
}

/// One field of a certificate, judged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Point {
    /// Which.
    pub field: &'static str,
    /// What it says.
    pub found: String,
    /// What it should say; `None` if that is what it says.
    pub wrong: Option<String>,
}

impl Body {
    /// The body that has that organizationIdentifier: a public one's begins with `PA:IT-`.
    #[must_use]
    pub fn of(organization_identifier: &str) -> Self {
        if organization_identifier.starts_with("PA:IT-") { Self::Public } else { Self::Private }
    }

    /// The policies of its certificates.
    #[must_use]
    pub fn policies(self) -> [&'static str; 2] {
        match self {
            Self::Public => ["1.3.76.16.6", "1.3.76.16.4.2.1"],
            Self::Private => ["1.3.76.16.6", "1.3.76.16.4.3.1"],
        }
    }
}

/// Whether `said` is an organizationIdentifier: `PA:IT-` and an IPA code, `VATIT-` and eleven digits, `CF:IT-` and a fiscal code.
#[must_use]
pub fn is_organization_identifier(said: &str) -> bool {
    let digits = |code: &str| code.len() == 11 && code.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(code) = said.strip_prefix("PA:IT-") {
        !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    } else if let Some(code) = said.strip_prefix("VATIT-") {
        digits(code)
    } else if let Some(code) = said.strip_prefix("CF:IT-") {
        digits(code) || code.len() == 16 && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
    } else {
        false
    }
}

/// Judges `certificate`, that of the entity `entity_id`.
///
/// # Errors
/// When it cannot be read.
pub fn judge(certificate: &Certificate, entity_id: &str) -> Result<Vec<Point>, CertificateError> {
    let x509 = X509::from_der(&certificate.der)?;
    let extensions = extensions(&certificate.der);
    let mut points = Vec::new();
    let mut note = |field, found: String, good: bool, expected: &str| {
        points.push(Point { field, found, wrong: (!good).then(|| expected.to_owned()) });
    };
    let version = x509.version() + 1;
    note("version", version.to_string(), version == 3, "3");
    let key = x509.public_key()?;
    let (kind, good) = match key.id() {
        Id::RSA => ("RSA", key.bits() >= 2048),
        Id::EC => ("ECDSA", key.bits() >= 256),
        _ => ("neither RSA nor ECDSA", false),
    };
    note("key", format!("{kind}, {} bits", key.bits()), good, "RSA of 2048 bits or more, or ECDSA");
    let method = x509.signature_algorithm().object().nid().long_name().unwrap_or("unknown");
    let strong = ["sha256", "sha384", "sha512", "SHA256", "SHA384", "SHA512"];
    let good = strong.iter().any(|digest| method.contains(digest));
    note("signature", method.to_owned(), good, "SHA-256 or more");
    for (field, name) in [("commonName", "CN"), ("organizationName", "O"), ("localityName", "L")] {
        let found = certificate.subject_field(name).unwrap_or_default();
        note(field, found.to_owned(), !found.trim().is_empty(), "a value");
    }
    let country = certificate.subject_field("C").unwrap_or_default();
    note("countryName", country.to_owned(), country.len() == 2, "two letters");
    let uri = field(certificate, URI, "uri");
    note("uri", uri.to_owned(), uri == entity_id, entity_id);
    let identifier = field(certificate, ORGANIZATION_IDENTIFIER, "organizationIdentifier");
    let good = is_organization_identifier(identifier);
    let expected = "PA:IT- and an IPA code, VATIT- and eleven digits, or CF:IT- and a fiscal code";
    note("organizationIdentifier", identifier.to_owned(), good, expected);
    let forbidden: Vec<&str> =
        FORBIDDEN.into_iter().filter(|name| certificate.subject_field(name).is_some()).collect();
    note("personal fields", listed(&forbidden), forbidden.is_empty(), "none");
    let usage = extensions.iter().find(|extension| extension.id == KEY_USAGE);
    let bits = usage.and_then(|usage| der::next(&usage.value)).map(|(_, bits, _)| bits.to_vec());
    let critical = usage.is_some_and(|usage| usage.critical);
    let good = critical && bits.as_deref().is_some_and(|bits| bits.get(1..) == Some(&[0xc0]));
    let found = match &bits {
        None => "none".to_owned(),
        Some(bits) => {
            usages(bits.get(1..).unwrap_or_default(), if critical { "critical" } else { "" })
        }
    };
    let expected = "critical: digitalSignature, nonRepudiation";
    note("keyUsage", found, good, expected);
    let constraints = extensions.iter().find(|extension| extension.id == BASIC_CONSTRAINTS);
    let (found, good) = match constraints.map(|constraints| der::next(&constraints.value)) {
        None => ("none", false),
        Some(Some((der::SEQUENCE, [der::BOOLEAN, 1, 0xff, ..], _))) => ("CA:TRUE", false),
        Some(Some((der::SEQUENCE, [], _))) => ("CA:FALSE", true),
        Some(_) => ("unreadable", false),
    };
    note("basicConstraints", found.to_owned(), good, "CA:FALSE");
    let found: Vec<String> = extensions
        .iter()
        .find(|extension| extension.id == CERTIFICATE_POLICIES)
        .map(|extension| policies(&extension.value))
        .unwrap_or_default();
    let expected = Body::of(identifier).policies();
    let good = expected.iter().all(|policy| found.iter().any(|found| found == policy));
    note("certificatePolicies", listed(&found), good, &expected.join(", "));
    Ok(points)
}

fn field<'a>(certificate: &'a Certificate, id: &str, name: &str) -> &'a str {
    let found = certificate.subject_field(id).or_else(|| certificate.subject_field(name));
    found.unwrap_or_default()
}

fn listed(all: &[impl AsRef<str>]) -> String {
    if all.is_empty() {
        return "none".to_owned();
    }
    all.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

fn usages(bits: &[u8], critical: &str) -> String {
    let names = USAGES.iter().enumerate();
    let set = names
        .filter(|(bit, _)| bits.get(bit / 8).is_some_and(|octet| octet & (0x80 >> (bit % 8)) != 0));
    let names = set.map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
    if critical.is_empty() { names } else { format!("{critical}: {names}") }
}

/// Names of people and their addresses have no place in the certificate of a body.
const FORBIDDEN: [&str; 7] = ["name", "SN", "GN", "initials", "pseudonym", "emailAddress", "mail"];
const USAGES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::certificate::{Holder, KeyKind, make};

    const HOLDER: Holder<'_> = Holder {
        common_name: "Ente di prova",
        organization: "Ente di prova",
        entity_id: "https://idp.example.org/saml",
        organization_identifier: "PA:IT-c_h501",
        country: "IT",
        locality: "Roma",
    };

    fn wrong(holder: &Holder<'_>, policies: &[&str], entity_id: &str) -> Vec<&'static str> {
        let now = "2026-11-22T00:10:03Z".parse().unwrap();
        let pair = make(KeyKind::EcdsaP256, holder, policies, now, 730, [7; 16]).unwrap();
        let read = Certificate::from_pem(&pair.certificate).unwrap();
        let points = judge(&read, entity_id).unwrap();
        assert_eq!(points.len(), 13);
        points.iter().filter(|point| point.wrong.is_some()).map(|point| point.field).collect()
    }

    #[test]
    fn what_we_make_has_the_shape() {
        let public = Body::Public.policies();
        assert_eq!(wrong(&HOLDER, &public, HOLDER.entity_id), Vec::<&str>::new());
        let private = Holder { organization_identifier: "VATIT-01234567890", ..HOLDER };
        assert_eq!(
            wrong(&private, &Body::Private.policies(), HOLDER.entity_id),
            Vec::<&str>::new()
        );
    }

    #[test]
    fn each_field_is_judged() {
        let public = Body::Public.policies();
        assert_eq!(wrong(&HOLDER, &public, "https://other.example.org"), ["uri"]);
        assert_eq!(wrong(&HOLDER, &[], HOLDER.entity_id), ["certificatePolicies"]);
        assert_eq!(wrong(&HOLDER, &public[..1], HOLDER.entity_id), ["certificatePolicies"]);
        let holder = Holder { organization_identifier: "IT-01", ..HOLDER };
        let private = Body::Private.policies();
        assert_eq!(wrong(&holder, &private, HOLDER.entity_id), ["organizationIdentifier"]);
        assert_eq!(usages(&[0xa0], "critical"), "critical: digitalSignature, keyEncipherment");
    }

    #[test]
    fn identifiers_of_bodies() {
        for good in ["PA:IT-c_h501", "VATIT-01234567890", "CF:IT-RSSMRA80A01H501U"] {
            assert!(is_organization_identifier(good), "{good}");
        }
        for bad in ["PA:IT-", "VATIT-123", "CF:IT-x", "c_h501", "PA:IT-à", ""] {
            assert!(!is_organization_identifier(bad), "{bad}");
        }
    }

    /// A certificate that the library itself made, of a kind that is not SPID's.
    #[test]
    fn an_authority_of_somebody_is_told() {
        use openssl::asn1::Asn1Time;
        use openssl::hash::MessageDigest;
        use openssl::nid::Nid;
        use openssl::pkey::PKey;
        use openssl::rsa::Rsa;
        use openssl::x509::extension::{BasicConstraints, KeyUsage};
        use openssl::x509::{X509Builder, X509Name};

        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let mut name = X509Name::builder().unwrap();
        name.append_entry_by_nid(Nid::COMMONNAME, "Ada").unwrap();
        name.append_entry_by_text("GN", "Ada").unwrap();
        name.append_entry_by_text("emailAddress", "ada@example.org").unwrap();
        let name = name.build();
        let mut builder = X509Builder::new().unwrap();
        builder.set_version(2).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.set_not_before(&Asn1Time::from_unix(0).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::from_unix(1 << 31).unwrap()).unwrap();
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        let usage = KeyUsage::new().digital_signature().key_cert_sign().build().unwrap();
        builder.append_extension(usage).unwrap();
        builder.sign(&key, MessageDigest::sha1()).unwrap();
        let read = Certificate::from_der(&builder.build().to_der().unwrap()).unwrap();
        let points = judge(&read, "https://idp.example.org").unwrap();
        let found = |field| points.iter().find(|point| point.field == field).unwrap();
        assert_eq!(found("personal fields").found, "GN, emailAddress");
        assert_eq!(found("keyUsage").found, "digitalSignature, keyCertSign");
        assert_eq!(found("basicConstraints").found, "CA:TRUE");
        assert!(found("signature").wrong.is_some());
        assert!(found("key").wrong.is_none());
    }
}
