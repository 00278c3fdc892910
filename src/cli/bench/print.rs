//! What is printed of the rounds: the median of each cost, and of its ratio to the raw operations of its round.

use std::fmt::Write as _;

use crate::cli::bench::bridge::Bridged;
use crate::cli::bench::parts::Raw;

/// What one round found, in microseconds of CPU time.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    /// The raw operations.
    pub raw: Raw,
    /// Our signatures and verification.
    pub signatures: Option<Signatures>,
    /// From a request to its answer.
    pub span: Option<Span>,
    /// Whole logins.
    pub logins: Option<Logins>,
    /// Logins by way of another identity provider.
    pub bridged: Option<Bridged>,
}

impl Default for Round {
    fn default() -> Self {
        let raw = Raw { sign: 1.0, verify: 1.0 };
        Self { raw, signatures: None, span: None, logins: None, bridged: None }
    }
}

/// Our signatures and verification.
#[derive(Clone, Copy, Debug)]
pub struct Signatures {
    /// A Response with both its signatures.
    pub answer: f64,
    /// An AuthnRequest verified by ours alone.
    pub ours: f64,
    /// By both verifiers.
    pub both: f64,
}

/// From a request to its answer, over HTTP.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// A request received by HTTP-Redirect.
    pub redirect: f64,
    /// By HTTP-POST.
    pub post: f64,
    /// The login page.
    pub page: f64,
    /// A request that is answered with nothing.
    pub exchange: f64,
    /// A connection opened and closed.
    pub connection: f64,
    /// From consent to answer, of a request by HTTP-Redirect.
    pub consent: f64,
    /// The same by HTTP-POST.
    pub consent_post: f64,
    /// From a session at SpidL1: a request received, the session found, consent to answer.
    pub from_session: [f64; 3],
}

/// Logins with all their pages.
#[derive(Clone, Copy, Debug)]
pub struct Logins {
    /// One password hash.
    pub hash: f64,
    /// The login, with that.
    pub whole: f64,
}

/// The report on `rounds`.
#[must_use]
pub fn print(rounds: &[Round]) -> String {
    let mut out = format!(
        "CPU time of one core, all cores at work, the median of {} rounds; beside it the ratio to the raw operations of its round\n",
        rounds.len()
    );
    let sign = |round: &Round| round.raw.sign;
    let verify = |round: &Round| round.raw.verify;
    let two = |round: &Round| 2.0 * round.raw.sign;
    let one_verified = |round: &Round| 2.0 * round.raw.sign + round.raw.verify;
    let two_verified = |round: &Round| 2.0 * round.raw.sign + 2.0 * round.raw.verify;
    let mut line = Lines { rounds, out: &mut out };
    line.add("raw RSA-2048 signature", |round| Some(sign(round)), None);
    line.add("raw RSA-2048 verification", |round| Some(verify(round)), None);
    let signatures =
        |of: fn(&Signatures) -> f64| move |round: &Round| round.signatures.as_ref().map(of);
    line.add(
        "Response with two signatures",
        signatures(|s| s.answer),
        Some((&two, "two signatures")),
    );
    let verified: Ratio<'_> = Some((&verify, "a verification"));
    line.add("AuthnRequest verified, ours alone", signatures(|s| s.ours), verified);
    line.add("AuthnRequest verified, both", signatures(|s| s.both), verified);
    let span = |of: fn(&Span) -> f64| move |round: &Round| round.span.as_ref().map(of);
    line.add("AuthnRequest received, HTTP-Redirect", span(|s| s.redirect), verified);
    line.add("AuthnRequest received, HTTP-POST", span(|s| s.post), verified);
    line.add("login page", span(|s| s.page), None);
    line.add("a request answered with nothing (/health)", span(|s| s.exchange), None);
    line.add("a connection opened and closed, in none of these", span(|s| s.connection), None);
    line.add("login page for a signed request, both together", span(|s| s.redirect + s.page), None);
    line.add(
        "consent to answer, row on the disk",
        span(|s| s.consent),
        Some((&two, "two signatures")),
    );
    line.add(
        "answer span, HTTP-Redirect (verified once)",
        span(|s| s.consent + s.redirect),
        Some((&one_verified, "two signatures and one verification")),
    );
    if cfg!(feature = "xmlsec") {
        line.add(
            "answer span, HTTP-POST (verified by both)",
            span(|s| s.consent_post + s.post),
            Some((&two_verified, "two signatures and two verifications")),
        );
    }
    line.add(
        "answer span, HTTP-POST, counted once",
        span(|s| s.consent_post + s.post),
        Some((&one_verified, "two signatures and one verification")),
    );
    line.add(
        "single sign-on: received, session found, answered",
        span(|s| s.from_session.iter().sum()),
        Some((&one_verified, "two signatures and one verification")),
    );
    let bridged = |of: fn(&Bridged) -> f64| move |round: &Round| round.bridged.as_ref().map(of);
    let asking = |round: &Round| round.raw.sign + round.raw.verify;
    line.add(
        "bridged login: received, upstream asked",
        bridged(|b| b.received + b.asked),
        Some((&asking, "a signature and a verification")),
    );
    line.add("bridged login: answer taken, person back", bridged(|b| b.taken + b.back), None);
    let six = |round: &Round| 3.0 * round.raw.sign + 3.0 * round.raw.verify;
    line.add(
        "bridged login, SAML to SAML, all its requests",
        bridged(Bridged::whole),
        Some((&six, "three signatures and three verifications")),
    );
    let logins = |of: fn(&Logins) -> f64| move |round: &Round| round.logins.as_ref().map(of);
    line.add("one password hash", logins(|l| l.hash), None);
    line.add(
        "login with password and app, all its pages",
        logins(|l| l.whole),
        Some((&one_verified, "two signatures and one verification")),
    );
    if let Some(share) = line.median(&logins(|l| 100.0 * l.hash / l.whole)) {
        // Nothing fails that writes to a text.
        let _ = writeln!(out, "{:<50} {share:>9.0} %", "the password hash's share of that login");
    }
    out
}

type Ratio<'a> = Option<(&'a dyn Fn(&Round) -> f64, &'a str)>;

struct Lines<'a> {
    rounds: &'a [Round],
    out: &'a mut String,
}

impl Lines<'_> {
    fn add(&mut self, what: &str, cost: impl Fn(&Round) -> Option<f64>, of: Ratio<'_>) {
        let Some(micros) = self.median(&cost) else { return };
        let ratio = of.and_then(|(of, unit)| {
            let ratio = self.median(&|round| Some(cost(round)? / of(round)))?;
            Some(format!("{ratio:6.2} x {unit}"))
        });
        let _ = writeln!(self.out, "{what:<50} {micros:>9.1} µs {}", ratio.unwrap_or_default());
    }

    fn median(&self, cost: &dyn Fn(&Round) -> Option<f64>) -> Option<f64> {
        let values: Option<Vec<f64>> = self.rounds.iter().map(cost).collect();
        median(values?)
    }
}

/// The value in the middle.
#[must_use]
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
