//! Service providers that are made up: about 8 KB of metadata each, with certificates of real keys.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use crate::cli::bench::run::signer;
use crate::cli::error::CliError;
use crate::saml::names;
use crate::world::random::Random;

/// The name of the one at `at`.
#[must_use]
pub fn entity_id(at: usize) -> String {
    format!("https://sp{at}.university.example/shibboleth")
}

/// So many service providers.
///
/// # Errors
/// When keys cannot be made.
pub fn entities(
    count: usize,
    random: &Random,
    now: DateTime<Utc>,
) -> Result<Vec<String>, CliError> {
    let mut certificates = Vec::new();
    for _ in 0..KEYS.min(count) {
        let key = signer(random, now)?;
        certificates.push(lines(&STANDARD.encode(key.certificate())));
    }
    let certificate =
        |at: usize| certificates.get(at % certificates.len()).map_or("", String::as_str);
    Ok((0..count).map(|at| entity(at, certificate(at), certificate(at * 5 + 1))).collect())
}

/// As certificates stand in files: 64 letters a line.
fn lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 64 + 2);
    for (at, letter) in text.chars().enumerate() {
        if at % 64 == 0 {
            out.push('\n');
        }
        out.push(letter);
    }
    out.push('\n');
    out
}

fn entity(at: usize, signing: &str, encryption: &str) -> String {
    let mut out = String::with_capacity(9 * 1024);
    let (md, ds, mdui) = (names::METADATA, names::DSIG, names::MDUI);
    let host = format!("sp{at}.university.example");
    let _ = write!(
        out,
        "<md:EntityDescriptor xmlns:md=\"{md}\" xmlns:ds=\"{ds}\" entityID=\"{}\">\n  <md:Extensions>\n    \
         <mdrpi:RegistrationInfo xmlns:mdrpi=\"urn:oasis:names:tc:SAML:metadata:rpi\" \
         registrationAuthority=\"https://registry.example\" registrationInstant=\"2024-03-0{}T09:30:00Z\"/>\n  \
         </md:Extensions>\n  <md:SPSSODescriptor AuthnRequestsSigned=\"true\" protocolSupportEnumeration=\"{}\">\n    \
         <md:Extensions>\n      <mdui:UIInfo xmlns:mdui=\"{mdui}\">\n",
        entity_id(at),
        at % 9 + 1,
        names::PROTOCOL
    );
    for language in ["it", "en", "de", "fr"] {
        let _ = write!(
            out,
            "        <mdui:DisplayName xml:lang=\"{language}\">Research portal no. {at} ({language})</mdui:DisplayName>\n        \
             <mdui:Description xml:lang=\"{language}\">A portal in which researchers of universities &amp; institutes \
             share measurements, publications and the programs that made them; registration is open to all members of \
             the federation, and access to single collections is given by their owners.</mdui:Description>\n        \
             <mdui:InformationURL xml:lang=\"{language}\">https://{host}/{language}/about</mdui:InformationURL>\n        \
             <mdui:PrivacyStatementURL xml:lang=\"{language}\">https://{host}/{language}/privacy</mdui:PrivacyStatementURL>\n"
        );
    }
    out.push_str("      </mdui:UIInfo>\n    </md:Extensions>\n");
    for (usage, certificate) in [("signing", signing), ("encryption", encryption)] {
        let _ = write!(
            out,
            "    <md:KeyDescriptor use=\"{usage}\">\n      <ds:KeyInfo>\n        <ds:X509Data>\n          \
             <ds:X509Certificate>{certificate}</ds:X509Certificate>\n        </ds:X509Data>\n      </ds:KeyInfo>\n    \
             </md:KeyDescriptor>\n"
        );
    }
    let _ = writeln!(
        out,
        "    <md:SingleLogoutService Binding=\"{}\" Location=\"https://{host}/Shibboleth.sso/SLO/Redirect\"/>\n    \
         <md:NameIDFormat>{}</md:NameIDFormat>",
        names::HTTP_REDIRECT,
        names::FORMAT_TRANSIENT
    );
    for index in 0..3 {
        let _ = writeln!(
            out,
            "    <md:AssertionConsumerService Binding=\"{}\" Location=\"https://{host}/{index}/Shibboleth.sso/SAML2/POST\" \
             index=\"{index}\"/>",
            names::HTTP_POST
        );
    }
    out.push_str("    <md:AttributeConsumingService index=\"0\">\n      <md:ServiceName xml:lang=\"en\">portal</md:ServiceName>\n");
    for (friendly, oid) in ATTRIBUTES {
        let _ = writeln!(
            out,
            "      <md:RequestedAttribute FriendlyName=\"{friendly}\" Name=\"urn:oid:{oid}\" NameFormat=\"{}\" isRequired=\"true\"/>",
            names::ATTRNAME_URI
        );
    }
    out.push_str(
        "    </md:AttributeConsumingService>\n  </md:SPSSODescriptor>\n  <md:Organization>\n",
    );
    for language in ["it", "en"] {
        let _ = write!(
            out,
            "    <md:OrganizationName xml:lang=\"{language}\">University no. {at}</md:OrganizationName>\n    \
             <md:OrganizationDisplayName xml:lang=\"{language}\">University no. {at}</md:OrganizationDisplayName>\n    \
             <md:OrganizationURL xml:lang=\"{language}\">https://www.{host}/</md:OrganizationURL>\n"
        );
    }
    out.push_str("  </md:Organization>\n");
    for kind in ["technical", "support"] {
        let _ = write!(
            out,
            "  <md:ContactPerson contactType=\"{kind}\">\n    <md:GivenName>Federation desk</md:GivenName>\n    \
             <md:EmailAddress>mailto:{kind}@{host}</md:EmailAddress>\n  </md:ContactPerson>\n"
        );
    }
    out.push_str("</md:EntityDescriptor>");
    out
}

const ATTRIBUTES: [(&str, &str); 5] = [
    ("mail", "0.9.2342.19200300.100.1.3"),
    ("displayName", "2.16.840.1.113730.3.1.241"),
    ("eduPersonPrincipalName", "1.3.6.1.4.1.5923.1.1.1.6"),
    ("eduPersonScopedAffiliation", "1.3.6.1.4.1.5923.1.1.1.9"),
    ("schacHomeOrganization", "1.3.6.1.4.1.25178.1.2.9"),
];

/// Keys take long to make.
const KEYS: usize = 32;
