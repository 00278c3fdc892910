//! What somebody pastes, taken out of its wrapping: XML, base64, or a whole redirect address or form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::saml::binding::{self, Binding, BindingError, Decoded, Inbound};
use crate::saml::lint::finding::{Finding, Place};
use crate::saml::lint::rules;
use crate::saml::xml::MAX_OCTETS;

/// The most octets that are looked at, wrapping included.
pub const MAX_PASTE: usize = 2 * MAX_OCTETS;

/// In what a text came.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wrapping {
    /// As it is.
    Xml,
    /// In base64, as HTTP-POST sends it.
    Base64,
    /// Deflated and in base64, as HTTP-Redirect sends it.
    Deflated,
    /// In the query of an address.
    Redirect,
    /// In a form's body.
    Form,
}

/// A text and how it came.
pub(super) struct Unwrapped {
    pub(super) text: String,
    pub(super) wrapping: Wrapping,
    /// The binding's parts, if it came by one.
    pub(super) decoded: Option<Decoded>,
}

/// Takes `octets` out of what they are wrapped in.
pub(super) fn unwrap(octets: &[u8]) -> Result<Unwrapped, Box<Finding>> {
    if octets.len() > MAX_PASTE {
        let found = octets.len().to_string();
        let mut finding = Finding::of(&rules::SIZE, "", Place::START, &found);
        finding.wants(format!("<= {MAX_PASTE}"));
        return Err(Box::new(finding));
    }
    let text = std::str::from_utf8(octets).map_err(|error| {
        let before = String::from_utf8_lossy(&octets[..error.valid_up_to()]);
        let place = super::document::place(&before, before.len());
        let byte = octets.get(error.valid_up_to()).copied().unwrap_or_default();
        Box::new(Finding::of(&rules::UTF8, "", place, &format!("0x{byte:02X}")))
    })?;
    let trimmed = text.trim_start_matches('\u{feff}').trim();
    if trimmed.starts_with('<') || trimmed.is_empty() {
        return Ok(Unwrapped { text: text.to_owned(), wrapping: Wrapping::Xml, decoded: None });
    }
    let query = trimmed.split_once('?').map_or(trimmed, |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    if ["SAMLRequest=", "SAMLResponse="].iter().any(|name| query.contains(name)) {
        return parameters(query);
    }
    let packed: String = trimmed.split_whitespace().collect();
    let packed = if packed.contains('%') { percent(&packed) } else { packed };
    let decoded = STANDARD.decode(&packed).map_err(|_| {
        unreadable(&BindingError::Undecodable { parameter: "SAMLRequest", encoding: "base64" })
    })?;
    if decoded.trim_ascii_start().first() == Some(&b'<') || decoded.starts_with(b"\xEF\xBB\xBF") {
        let text = String::from_utf8(decoded)
            .map_err(|_| Box::new(Finding::of(&rules::UTF8, "", Place::START, "")))?;
        return Ok(Unwrapped { text, wrapping: Wrapping::Base64, decoded: None });
    }
    let escaped = packed.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let mut inflated = parameters(&format!("SAMLRequest={escaped}"))?;
    inflated.wrapping = Wrapping::Deflated;
    // It came without its parameters, so nothing is known of them.
    inflated.decoded = None;
    Ok(inflated)
}

fn parameters(query: &str) -> Result<Unwrapped, Box<Finding>> {
    let redirect = Inbound::Redirect { query };
    let parameter = binding::parameter(redirect).map_err(|error| unreadable(&error))?;
    let by_redirect = binding::decode(redirect, parameter);
    let decoded = match by_redirect {
        Ok(decoded) => decoded,
        // A form's body looks the same, and is not deflated.
        Err(error) => {
            let posted = binding::decode(Inbound::Post { form: query }, parameter);
            match posted.ok().filter(|posted| posted.xml.trim_start().starts_with('<')) {
                Some(posted) => posted,
                None => return Err(unreadable(&error)),
            }
        }
    };
    let wrapping = match decoded.binding {
        Binding::Redirect => Wrapping::Redirect,
        Binding::Post => Wrapping::Form,
    };
    Ok(Unwrapped { text: decoded.xml.clone(), wrapping, decoded: Some(decoded) })
}

fn unreadable(error: &BindingError) -> Box<Finding> {
    Box::new(Finding::of(&rules::BINDING, "", Place::START, &error.to_string()))
}

fn percent(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}
