//! The bindings that bring messages: HTTP-Redirect and HTTP-POST (SAML Bindings §3.4, §3.5).
//!
//! Parameters are taken as received: their names literally, each at most once; what a redirect's
//! signature covers is built from the very octets that came.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Decompress, FlushDecompress, Status};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::saml::{algorithm, signature_shape, xml};
use crate::world::signer::{SignError, SignatureAlgorithm, Signer};

/// The longest `RelayState` taken, in octets; the standard's own limit is 80.
pub const MAX_RELAY_STATE: usize = 512;

/// How a message came.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Binding {
    /// In the query of a GET.
    Redirect,
    /// In a form.
    Post,
}

/// What came, untouched.
#[derive(Clone, Copy, Debug)]
pub enum Inbound<'a> {
    /// By HTTP-Redirect.
    Redirect {
        /// The query, as received, without `?`.
        query: &'a str,
    },
    /// By HTTP-POST.
    Post {
        /// The `application/x-www-form-urlencoded` body, as received.
        form: &'a str,
    },
}

/// Which message is expected.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parameter {
    /// `SAMLRequest`.
    SamlRequest,
    /// `SAMLResponse`.
    SamlResponse,
}

/// A message out of its binding; nothing of it is proven yet.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// How it came.
    pub binding: Binding,
    /// The message's text, not larger than [`xml::MAX_OCTETS`].
    pub xml: String,
    /// What must come back with the answer, unread.
    pub relay_state: Option<String>,
    /// The signature beside the message; only ever with [`Binding::Redirect`].
    pub detached: Option<Detached>,
}

/// A redirect's signature.
#[derive(Clone, Debug)]
pub struct Detached {
    /// How it was made.
    pub algorithm: SignatureAlgorithm,
    /// Its octets.
    pub signature: Vec<u8>,
    /// The octets that it covers, as received, in the standard's order.
    pub signed: Vec<u8>,
}

/// A query or form that holds no message that can be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BindingError {
    /// A parameter that must be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A parameter came more than once.
    #[error("{0} is there more than once")]
    Twice(&'static str),
    /// `SAMLRequest` and `SAMLResponse` came together, or the one that is not expected here.
    #[error("{0} does not belong in this message")]
    Unexpected(&'static str),
    /// The parameter's name is percent-escaped, so that others may not see it.
    #[error("the name {0} is escaped")]
    EscapedName(&'static str),
    /// The value is not what its encoding wants.
    #[error("{parameter} is not {encoding}")]
    Undecodable {
        /// Which parameter.
        parameter: &'static str,
        /// What it should be: `percent-encoded UTF-8`, `base64`, `deflated`, `UTF-8`.
        encoding: &'static str,
    },
    /// The message or value is too long.
    #[error("{parameter} is longer than {limit} octets")]
    TooLong {
        /// Which parameter.
        parameter: &'static str,
        /// The limit.
        limit: usize,
    },
    /// `SAMLEncoding` names another encoding than DEFLATE.
    #[error("the SAMLEncoding is not DEFLATE")]
    Encoding,
    /// `SigAlg` names no algorithm of the list.
    #[error("the SigAlg {0:?} is not accepted")]
    Algorithm(String),
}

const SAML_REQUEST: &str = "SAMLRequest";
const SAML_RESPONSE: &str = "SAMLResponse";
const RELAY_STATE: &str = "RelayState";
const SIG_ALG: &str = "SigAlg";
const SIGNATURE: &str = "Signature";
const SAML_ENCODING: &str = "SAMLEncoding";
const DEFLATE: &str = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";
const KNOWN: [&str; 6] =
    [SAML_REQUEST, SAML_RESPONSE, RELAY_STATE, SIG_ALG, SIGNATURE, SAML_ENCODING];

/// The values of the known parameters, still encoded, by their place in [`KNOWN`].
struct Parameters<'a>([Option<&'a str>; KNOWN.len()]);

/// Which message came: one alone, whatever it holds.
///
/// # Errors
/// When neither is there, or both are.
pub fn parameter(inbound: Inbound<'_>) -> Result<Parameter, BindingError> {
    let (Inbound::Redirect { query: raw } | Inbound::Post { form: raw }) = inbound;
    let parameters = Parameters::read(raw)?;
    match (parameters.raw(SAML_REQUEST), parameters.raw(SAML_RESPONSE)) {
        (Some(_), None) => Ok(Parameter::SamlRequest),
        (None, Some(_)) => Ok(Parameter::SamlResponse),
        (Some(_), Some(_)) => Err(BindingError::Unexpected(SAML_RESPONSE)),
        (None, None) => Err(BindingError::Missing(SAML_REQUEST)),
    }
}

/// Takes a message out of its binding. Parameters that no one here knows are left alone; they are
/// covered by no signature and decide nothing.
///
/// # Errors
/// The parameter at fault, and what is wrong with it.
pub fn decode(inbound: Inbound<'_>, parameter: Parameter) -> Result<Decoded, BindingError> {
    let (expected, other) = match parameter {
        Parameter::SamlRequest => (SAML_REQUEST, SAML_RESPONSE),
        Parameter::SamlResponse => (SAML_RESPONSE, SAML_REQUEST),
    };
    let (Inbound::Redirect { query: raw } | Inbound::Post { form: raw }) = inbound;
    let parameters = Parameters::read(raw)?;
    if parameters.raw(other).is_some() {
        return Err(BindingError::Unexpected(other));
    }
    let message = parameters.base64(expected)?.ok_or(BindingError::Missing(expected))?;
    let relay_state = parameters.text(RELAY_STATE)?.map(Cow::into_owned);
    if relay_state.as_ref().is_some_and(|state| state.len() > MAX_RELAY_STATE) {
        return Err(BindingError::TooLong { parameter: RELAY_STATE, limit: MAX_RELAY_STATE });
    }
    let (binding, octets, detached) = match inbound {
        Inbound::Redirect { .. } => {
            if parameters.text(SAML_ENCODING)?.is_some_and(|encoding| encoding != DEFLATE) {
                return Err(BindingError::Encoding);
            }
            (Binding::Redirect, inflate(&message, expected)?, parameters.detached(expected)?)
        }
        Inbound::Post { .. } => (Binding::Post, message, None),
    };
    if octets.len() > xml::MAX_OCTETS {
        return Err(too_long(expected));
    }
    let xml = String::from_utf8(octets)
        .map_err(|_| BindingError::Undecodable { parameter: expected, encoding: "UTF-8" })?;
    Ok(Decoded { binding, xml, relay_state, detached })
}

impl<'a> Parameters<'a> {
    fn read(raw: &'a str) -> Result<Self, BindingError> {
        let mut values = [None; KNOWN.len()];
        for pair in raw.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded: Cow<'_, [u8]> = percent_decode_str(name).into();
            let Some(place) = KNOWN.iter().position(|known| known.as_bytes() == &*decoded) else {
                continue;
            };
            if name != KNOWN[place] {
                return Err(BindingError::EscapedName(KNOWN[place]));
            }
            if values[place].replace(value).is_some() {
                return Err(BindingError::Twice(KNOWN[place]));
            }
        }
        Ok(Self(values))
    }

    fn raw(&self, name: &'static str) -> Option<&'a str> {
        KNOWN.iter().zip(self.0).find(|(known, _)| **known == name).and_then(|(_, value)| value)
    }

    fn text(&self, name: &'static str) -> Result<Option<Cow<'a, str>>, BindingError> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        let undecodable =
            BindingError::Undecodable { parameter: name, encoding: "percent-encoded UTF-8" };
        if !is_percent_encoded(raw) {
            return Err(undecodable);
        }
        if raw.contains('+') {
            let spaced = raw.replace('+', " ");
            let text = percent_decode_str(&spaced).decode_utf8().map_err(|_| undecodable)?;
            return Ok(Some(Cow::Owned(text.into_owned())));
        }
        percent_decode_str(raw).decode_utf8().map(Some).map_err(|_| undecodable)
    }

    fn base64(&self, name: &'static str) -> Result<Option<Vec<u8>>, BindingError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let undecodable = BindingError::Undecodable { parameter: name, encoding: "base64" };
        if text.is_empty() {
            return Err(BindingError::Missing(name));
        }
        signature_shape::base64_octets(&text).ok_or(undecodable).map(Some)
    }

    /// The signature with what it covers: `SigAlg` and `Signature` come together or not at all.
    fn detached(&self, message: &'static str) -> Result<Option<Detached>, BindingError> {
        let (name, signature) = match (self.text(SIG_ALG)?, self.base64(SIGNATURE)?) {
            (Some(name), Some(signature)) => (name, signature),
            (None, None) => return Ok(None),
            (Some(_), None) => return Err(BindingError::Missing(SIGNATURE)),
            (None, Some(_)) => return Err(BindingError::Missing(SIG_ALG)),
        };
        let algorithm = algorithm::from_uri(&name)
            .ok_or_else(|| BindingError::Algorithm(name.chars().take(100).collect()))?;
        let mut signed = String::new();
        for name in [message, RELAY_STATE, SIG_ALG] {
            if let Some(raw) = self.raw(name) {
                let separator = if signed.is_empty() { "" } else { "&" };
                signed.extend([separator, name, "=", raw]);
            }
        }
        Ok(Some(Detached { algorithm, signature, signed: signed.into_bytes() }))
    }
}

/// Each `%` begins an escape of two digits.
fn is_percent_encoded(raw: &str) -> bool {
    raw.split('%').skip(1).all(|after| {
        after.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

fn too_long(parameter: &'static str) -> BindingError {
    BindingError::TooLong { parameter, limit: xml::MAX_OCTETS }
}

thread_local! {
    /// Kept, since its tables are longer than most messages.
    static INFLATER: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

/// Inflates raw DEFLATE up to the limit; the stream must end where the octets end.
fn inflate(deflated: &[u8], parameter: &'static str) -> Result<Vec<u8>, BindingError> {
    INFLATER.with_borrow_mut(|inflater| {
        inflater.reset(false);
        inflate_with(inflater, deflated, parameter)
    })
}

fn inflate_with(
    inflater: &mut Decompress,
    deflated: &[u8],
    parameter: &'static str,
) -> Result<Vec<u8>, BindingError> {
    let undecodable = BindingError::Undecodable { parameter, encoding: "deflated" };
    let mut octets = Vec::with_capacity((deflated.len() * 4).clamp(1024, xml::MAX_OCTETS + 1));
    loop {
        let read = usize::try_from(inflater.total_in()).unwrap_or(usize::MAX);
        let before = (read, octets.len());
        let rest = deflated.get(read..).unwrap_or_default();
        // `Finish` would have the whole message fit at once, and fail for good where it does not.
        let status = inflater
            .decompress_vec(rest, &mut octets, FlushDecompress::None)
            .map_err(|_| undecodable.clone())?;
        if octets.len() > xml::MAX_OCTETS {
            return Err(too_long(parameter));
        }
        let read = usize::try_from(inflater.total_in()).unwrap_or(usize::MAX);
        match status {
            Status::StreamEnd if read == deflated.len() => return Ok(octets),
            Status::StreamEnd => return Err(undecodable),
            Status::Ok | Status::BufError if octets.len() == octets.capacity() => {
                let more = octets.capacity().min(xml::MAX_OCTETS + 1 - octets.len());
                octets.reserve_exact(more.max(1));
            }
            Status::Ok | Status::BufError if before == (read, octets.len()) => {
                return Err(undecodable);
            }
            Status::Ok | Status::BufError => {}
        }
    }
}

/// The address to which a browser is sent with a signed message (SAML Bindings §3.4.4.1).
///
/// # Errors
/// When the key does not sign.
pub fn redirect_url(
    location: &str,
    parameter: Parameter,
    xml: &str,
    relay_state: Option<&str>,
    signer: &dyn Signer,
) -> Result<String, SignError> {
    let mut deflater = DeflateEncoder::new(Vec::new(), Compression::default());
    let deflated = deflater
        .write_all(xml.as_bytes())
        .and_then(|()| deflater.finish())
        .map_err(|error| SignError(Box::new(error)))?;
    let name = match parameter {
        Parameter::SamlRequest => SAML_REQUEST,
        Parameter::SamlResponse => SAML_RESPONSE,
    };
    let mut query = format!("{name}={}", escape(&STANDARD.encode(deflated)));
    if let Some(state) = relay_state {
        query.extend(["&", RELAY_STATE, "=", &escape(state)]);
    }
    query.extend(["&", SIG_ALG, "=", &escape(algorithm::uri(signer.algorithm()))]);
    let signature = signer.sign(query.as_bytes())?;
    query.extend(["&", SIGNATURE, "=", &escape(&STANDARD.encode(signature))]);
    let separator = if location.contains('?') { '&' } else { '?' };
    Ok(format!("{location}{separator}{query}"))
}

fn escape(text: &str) -> String {
    const UNRESERVED: AsciiSet =
        NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, &UNRESERVED).to_string()
}
