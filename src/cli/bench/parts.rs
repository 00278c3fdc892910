//! The parts: raw RSA, our signatures, our verification.

use std::hint::black_box;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::assurance::class_ref::ClassRef;
use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::cli::bench::cpu::micros;
use crate::cli::error::CliError;
use crate::identity::attributes::AttributeName;
use crate::identity::name_id::NameIdKind;
use crate::identity::release::Released;
use crate::identity::subject::Subject;
use crate::login::outcome::Authenticated;
use crate::saml::binding::Binding;
use crate::saml::identity_provider::IdentityProvider;
use crate::saml::partner::Profile;
use crate::saml::response::{self, AnswersTo, ReplyTo};
use crate::saml::signature::{self, PublicKey};
use crate::saml::structure::{self, Root, Signed};
use crate::saml::upstream::request::Request;
use crate::saml::xml;
use crate::world::certificate::KeyPair;
use crate::world::private_key::{Digest, PrivateKey};
use crate::world::random::Random;
use crate::world::signer::{KeyFile, SignatureAlgorithm, Signer};
use crate::world::verifier::VerifyingKey;

/// What the raw operations cost, in microseconds.
#[derive(Clone, Copy, Debug)]
pub struct Raw {
    /// One signature with RSA-2048 and SHA-256.
    pub sign: f64,
    /// Its verification.
    pub verify: f64,
}

/// A key, for the raw operations: OpenSSL's own calls that sign or verify at once, with the key at hand.
#[derive(Debug)]
pub struct RawKey {
    private: PrivateKey,
    public: VerifyingKey,
}

impl RawKey {
    /// Reads the two halves, both PEM.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn new(pair: &KeyPair) -> Result<Self, CliError> {
        let signer = KeyFile::load(&pair.key, &pair.certificate)?;
        let public = VerifyingKey::new(signer.certificate()).map_err(|_| CliError::BenchKey)?;
        Ok(Self { private: PrivateKey::from_pem(&pair.key, None, Digest::Sha256)?, public })
    }

    /// Measures the raw operations.
    ///
    /// # Errors
    /// When the key does not sign, or the kernel does not tell the time.
    pub fn measure(&self, budget: Duration) -> Result<Raw, CliError> {
        let message = [7; 700];
        let sign = || self.private.sign_at_once(&message);
        let value = sign().map_err(|_| CliError::BenchKey)?;
        let verify = || {
            black_box(self.public.verifies(SignatureAlgorithm::RsaSha256, &message, &value));
        };
        let sign = micros(budget, || drop(black_box(sign()))).map_err(CliError::Bench)?;
        Ok(Raw { sign, verify: micros(budget, verify).map_err(CliError::Bench)? })
    }
}

/// Measures our Response with both signatures, from the outcome to the form.
///
/// # Errors
/// When the kernel does not tell the time.
pub fn answer(
    idp: &IdentityProvider,
    signer: &dyn Signer,
    random: &Random,
    now: DateTime<Utc>,
    budget: Duration,
) -> Result<f64, CliError> {
    let reply_to = ReplyTo {
        profile: Profile::Spid,
        in_response_to: "_5f1d4c3b2a".into(),
        issue_instant: now,
        binding: Binding::Post,
        entity_id: "https://sp.example.org/spid".into(),
        consumer: "https://sp.example.org/spid/acs".into(),
        relay_state: Some("opaque".into()),
        name_id: NameIdKind::Transient,
        answers: AnswersTo::default(),
    };
    let attribute = |name, value: &str| Released { name, value: value.into() };
    let outcome = Authenticated {
        subject: Subject::new("subject".into()),
        achieved: Level::Loa3,
        class: ClassRef::SpidL2,
        at: now,
        factors: vec![Factor::Password, Factor::Totp],
        identity: 1,
        attributes: vec![
            attribute(AttributeName::SpidCode, "PONT0123456789"),
            attribute(AttributeName::Name, "Ada"),
            attribute(AttributeName::FamilyName, "Esposito"),
            attribute(AttributeName::FiscalNumber, "TINIT-SPSDAA80A41H501J"),
            attribute(AttributeName::DateOfBirth, "1980-01-01"),
        ],
    };
    let given = response::Given::default();
    micros(budget, || {
        drop(black_box(response::answer(&reply_to, &outcome, given, idp, signer, random, now)));
    })
    .map_err(CliError::Bench)
}

/// Measures the verification of a signed AuthnRequest from its text on: ours alone, and both.
///
/// # Errors
/// When the request cannot be made or does not verify, or the kernel does not tell the time.
pub fn verification(
    request: &Request,
    signer: &dyn Signer,
    budget: Duration,
) -> Result<(f64, f64), CliError> {
    let text = request.signed(signer).map_err(|_| CliError::BenchKey)?;
    let key = PublicKey::from_certificate_der(signer.certificate());
    let keys = [key.map_err(|_| CliError::BenchKey)?];
    let signed = Signed::Enveloped { required: true };
    let ours = || {
        let document = xml::parse(&text).ok()?;
        let sound = structure::check(&document, Root::AuthnRequest, signed).ok()?;
        signature::holds_for_ours(&sound, &keys).ok()
    };
    let both = || {
        let document = xml::parse(&text).ok()?;
        let sound = structure::check(&document, Root::AuthnRequest, signed).ok()?;
        signature::verify(&sound, &keys).ok().map(drop)
    };
    if ours().is_none() || both().is_none() {
        return Err(CliError::BenchKey);
    }
    let ours = micros(budget, || {
        black_box(ours());
    });
    let both = micros(budget, || {
        black_box(both());
    });
    Ok((ours.map_err(CliError::Bench)?, both.map_err(CliError::Bench)?))
}
