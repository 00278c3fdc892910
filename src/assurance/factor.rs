//! The ways in which a person shows who they are, and the evidence that one held.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::level::Level;

/// A kind of factor (docs/levels.md says what each is worth).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Factor {
    /// A password, or a PIN checked by the server.
    Password,
    /// A time-based one-time code from an app (RFC 6238).
    Totp,
    /// A one-time code by SMS.
    Sms,
    /// A push notification approved by an enrolled phone.
    Push,
    /// A QR code scanned and approved by an enrolled phone, after a password.
    Qr,
    /// The same without a password, the phone's authenticator having verified its user.
    QrPasswordless,
    /// A passkey with user verification.
    Passkey,
    /// A CNS, TS-CNS or CIE certificate over mutual TLS.
    SmartCard,
    /// A CNS-like certificate, issued by a provider rather than a public body.
    CnsLike,
    /// Another identity provider's word; its evidence carries that issuer's ceiling.
    Upstream,
    /// A recovery code, once, in the place of a second factor.
    RecoveryCode,
    /// A push or a QR code approved, after a password, by an enrolled phone whose key no authenticator guards: its PIN is
    /// checked by the server, so key and PIN are one factor of possession and verify nobody.
    PhonePin,
}

impl Factor {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Password,
        Self::Totp,
        Self::Sms,
        Self::Push,
        Self::Qr,
        Self::QrPasswordless,
        Self::Passkey,
        Self::SmartCard,
        Self::CnsLike,
        Self::Upstream,
        Self::RecoveryCode,
        Self::PhonePin,
    ];

    /// Its name, as it is stored and counted.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::Sms => "sms",
            Self::Push => "push",
            Self::Qr => "qr",
            Self::QrPasswordless => "qr-passwordless",
            Self::Passkey => "passkey",
            Self::SmartCard => "smart-card",
            Self::CnsLike => "cns-like",
            Self::Upstream => "upstream",
            Self::RecoveryCode => "recovery-code",
            Self::PhonePin => "phone-pin",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| factor.name() == name)
    }

    /// Whether it may come first; the others are asked for only after a password held (BI-01).
    #[must_use]
    pub fn is_first(self) -> bool {
        !matches!(
            self,
            Self::Totp | Self::Sms | Self::Push | Self::Qr | Self::RecoveryCode | Self::PhonePin
        )
    }
}

/// That a factor held, at a time. Reviewers: every call of [`Evidence::held`] or
/// [`Evidence::vouched`] is a place that says so.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    factor: Factor,
    at: DateTime<Utc>,
    ceiling: Level,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    certificates: Vec<CertificateUsed>,
}

/// A certificate by which something held: what an audit asks for (AN-02).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateUsed {
    /// Whose it is.
    pub of: CertificateOf,
    /// Its serial number, hexadecimal in capitals.
    pub serial: String,
    /// Its issuer's name (RFC 4514).
    pub issuer: String,
}

/// Whose a certificate is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateOf {
    /// The person's card.
    Person,
    /// The workstation's.
    Workstation,
}

impl Evidence {
    /// Says that `factor` held at `at`, worth `ceiling` at most: the level at which
    /// the credential was bound, or the ceiling of the upstream that vouches.
    #[must_use]
    pub fn held(factor: Factor, at: DateTime<Utc>, ceiling: Level) -> Self {
        Self { factor, at, ceiling, issuer: None, certificates: Vec::new() }
    }

    /// The same of a credential that `issuer` vouches for: a card's issuer, as the settings
    /// call it, or an upstream's entityID.
    #[must_use]
    pub fn vouched(factor: Factor, at: DateTime<Utc>, ceiling: Level, issuer: String) -> Self {
        Self { factor, at, ceiling, issuer: Some(issuer), certificates: Vec::new() }
    }

    /// The same by these certificates.
    #[must_use]
    pub fn by(self, certificates: Vec<CertificateUsed>) -> Self {
        Self { certificates, ..self }
    }

    /// By which certificates it held, if by any.
    #[must_use]
    pub fn certificates(&self) -> &[CertificateUsed] {
        &self.certificates
    }

    /// What held.
    #[must_use]
    pub fn factor(&self) -> Factor {
        self.factor
    }

    /// When.
    #[must_use]
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// The most that it may be worth.
    #[must_use]
    pub fn ceiling(&self) -> Level {
        self.ceiling
    }

    /// Who vouches for the credential, if somebody does.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }
}

/// A factor that somebody could be asked for, and what it would be worth.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Available {
    /// Which kind.
    pub factor: Factor,
    /// The level at which the credential was bound: it is worth no more.
    pub binding: Level,
    /// Who vouches for the credential, as in [`Evidence::vouched`].
    pub issuer: Option<String>,
}

impl Available {
    /// A credential of ours, bound at `binding`.
    #[must_use]
    pub fn own(factor: Factor, binding: Level) -> Self {
        Self { factor, binding, issuer: None }
    }
}
