//! The judge of a card's certificate: structure first, then who has signed it, then what it says; each refusal has its
//! own page.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::enrolment::card::Shown;
use crate::factors::card::certificate::{MadeFor, fiscal_code, made_for, shown};
use crate::factors::card::issuer::{Issuer, IssuerKind};
use crate::factors::card::standing::{Standing, Unknown};
use crate::factors::card::trouble::Trouble;
use crate::identity::fiscal_code::FiscalCode;
use crate::world::authorities::NotOurs;
use crate::world::certificate::Certificate;
use crate::world::reading::Reading;

/// What a house asks of cards.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Rules {
    /// Whether a CNS-like certificate is refused (TS-02).
    pub cns_only: bool,
    /// What becomes of a card whose standing cannot be found out.
    pub unknown: Unknown,
}

/// What was found of a certificate that was shown.
#[derive(Debug)]
pub struct Judged<'a> {
    /// What it shows of itself, if it can be read: not to be believed unless the finding is good.
    pub shown: Option<Shown>,
    /// The finding, but for its standing with its authority.
    pub finding: Result<Sound<'a>, Trouble>,
}

/// A certificate in which everything holds, but for its standing, which others must be asked about.
#[derive(Debug)]
pub struct Sound<'a> {
    /// Its issuer.
    pub issuer: &'a Issuer,
    /// The authority that has signed it.
    pub authority: &'a Certificate,
    /// The certificate, DER.
    pub der: Vec<u8>,
    shown: Shown,
    code: FiscalCode,
    kind: Kind,
}

/// A card that lets its holder in: made by [`Sound::settle`] alone.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// Its certificate.
    pub shown: Shown,
    /// Whose it is.
    pub code: FiscalCode,
    /// What the settings call its issuer.
    pub issuer: String,
    /// What it is, and why.
    pub kind: Kind,
    /// The most that it is worth in its standing.
    pub most: Level,
}

/// What a card is, with the reason (IC-01).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A CNS: of a public body, under CNS's policy.
    Cns,
    /// An electronic identity card.
    Cie,
    /// CNS-like: its issuer is a provider.
    LikeByIssuer,
    /// CNS-like: its issuer is a public body, but it is not under CNS's policy.
    LikeByPolicy,
}

impl Kind {
    /// The factor that it is.
    #[must_use]
    pub fn factor(self) -> Factor {
        match self {
            Self::Cns | Self::Cie => Factor::SmartCard,
            Self::LikeByIssuer | Self::LikeByPolicy => Factor::CnsLike,
        }
    }
}

/// Judges the certificate `presented` (DER), if one was.
///
/// In this order, so that the first thing wrong is the one told: structure, what it was made for, who has signed it, its
/// dates, its kind, the fiscal code.
#[must_use]
pub fn judge<'a>(
    presented: Option<&[u8]>,
    issuers: &'a [Issuer],
    rules: Rules,
    now: DateTime<Utc>,
) -> Judged<'a> {
    let refuse = |shown, why| Judged { shown, finding: Err(why) };
    let Some(octets) = presented else { return refuse(None, Trouble::NoCertificate) };
    let Ok(reading) = Reading::of(octets) else { return refuse(None, Trouble::Unreadable) };
    let shown = shown(&reading);
    let finding = find(octets, &reading, &shown, issuers, rules, now);
    Judged { shown: Some(shown), finding }
}

fn find<'a>(
    octets: &[u8],
    reading: &Reading,
    shown: &Shown,
    issuers: &'a [Issuer],
    rules: Rules,
    now: DateTime<Utc>,
) -> Result<Sound<'a>, Trouble> {
    match made_for(reading) {
        MadeFor::Login => {}
        MadeFor::Signature => return Err(Trouble::SignatureCertificate),
        MadeFor::Else => return Err(Trouble::NotForLogin),
    }
    let (issuer, authority) = signed_by(octets, issuers, now)?;
    if now < shown.not_before {
        return Err(Trouble::NotYetValid);
    }
    if now >= shown.not_after {
        return Err(Trouble::Expired);
    }
    let kind = kind(issuer, &reading.policies);
    if rules.cns_only && kind.factor() == Factor::CnsLike {
        return Err(Trouble::NotCns);
    }
    let code = fiscal_code(reading, issuer.code).ok_or(Trouble::NoFiscalCode)?;
    Ok(Sound { issuer, authority, der: octets.to_vec(), shown: shown.clone(), code, kind })
}

fn signed_by<'a>(
    octets: &[u8],
    issuers: &'a [Issuer],
    now: DateTime<Utc>,
) -> Result<(&'a Issuer, &'a Certificate), Trouble> {
    let mut why = Trouble::UnknownIssuer;
    for issuer in issuers {
        match issuer.authorities.issuer_of(octets, now) {
            Ok(Ok(authority)) => return Ok((issuer, authority)),
            Ok(Err(NotOurs::Weak)) => why = Trouble::Weak,
            Ok(Err(NotOurs::Unknown | NotOurs::Authority)) | Err(_) => {}
        }
    }
    Err(why)
}

/// By the issuer's rule and the policy: a public body's certificate that is not under CNS's policy is none.
fn kind(issuer: &Issuer, policies: &[String]) -> Kind {
    let wanted = &issuer.policies;
    let has = wanted.is_empty() || policies.iter().any(|policy| wanted.contains(policy));
    match (issuer.kind, has) {
        (IssuerKind::Cns, true) => Kind::Cns,
        (IssuerKind::Cie, true) => Kind::Cie,
        (IssuerKind::Cns | IssuerKind::Cie, false) => Kind::LikeByPolicy,
        (IssuerKind::CnsLike, _) => Kind::LikeByIssuer,
    }
}

impl Sound<'_> {
    /// Its serial number, hexadecimal.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.shown.serial
    }

    /// The card, once its standing is known.
    ///
    /// # Errors
    /// [`Trouble::Revoked`], or [`Trouble::RevocationUnknown`] where that is refused.
    pub fn settle(self, standing: Standing, rules: Rules) -> Result<Held, Trouble> {
        let most = standing.most(rules.unknown)?;
        let (shown, code, kind) = (self.shown, self.code, self.kind);
        Ok(Held { shown, code, issuer: self.issuer.name.clone(), kind, most })
    }
}
