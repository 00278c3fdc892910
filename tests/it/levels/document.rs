//! The tables of docs/levels.md.

use std::sync::Mutex;

use ponte::assurance::assess::COMBINATIONS;
use ponte::assurance::binding::stand_in;
use ponte::assurance::class_ref::ClassRef;
use ponte::assurance::factor::{Evidence, Factor};
use ponte::assurance::level::Level;
use ponte::assurance::plan::{Plan, plan};
use ponte::assurance::policy::proofing_ceiling;
use ponte::enrolment::activation::{Delivery, FirstEnrolment, binding};
use ponte::identity::account::ProofingMethod;

use super::oracle::{self, Asked};
use super::{PROOFED, everything, now, one, requirement, standing};

/// The tables of docs/levels.md are the code's: `UPDATE_DOCS=1 cargo test levels` writes them.
#[test]
fn the_document_has_the_tables_of_the_code() {
    hold(&[
        ("classes", classes_table()),
        ("combinations", combinations_table()),
        ("proofing", proofing_table()),
        ("binding", binding_table()),
        ("asserted", asserted_table()),
    ]);
}

/// Holds the document to these tables, or writes them.
pub(super) fn hold(tables: &[(&str, String)]) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/levels.md");
    let committed = std::fs::read_to_string(path).unwrap();
    let mut written = committed.clone();
    for (name, table) in tables {
        let (begin, end) = (format!("<!-- table: {name} -->\n"), "<!-- end -->");
        let from = written.find(&begin).expect(name) + begin.len();
        let to = from + written[from..].find(end).expect(name);
        written.replace_range(from..to, table);
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &written).unwrap();
    }
    assert!(
        written == committed || std::env::var_os("UPDATE_DOCS").is_some(),
        "docs/levels.md is out of date: run UPDATE_DOCS=1 cargo test --test it levels"
    );
}

fn classes_table() -> String {
    let mut table = String::from("| class | least level | claims |\n|---|---|---|\n");
    for class in ClassRef::ALL {
        let means = class.means().map_or("", factor_name);
        table += &format!("| `{}` | {} | {means} |\n", class.uri(), level_name(class.level()));
    }
    table
}

fn combinations_table() -> String {
    let policy = everything();
    let mut table = String::from("| factors that held | level at most |\n|---|---|\n");
    for (factors, _) in COMBINATIONS {
        let held: Vec<(Factor, u8)> = factors.iter().map(|factor| (*factor, 4)).collect();
        let names: Vec<&str> = factors.iter().map(|factor| factor_name(*factor)).collect();
        let reached = level_name(one(&held, &policy).unwrap());
        table += &format!("| {} | {reached} |\n", names.join(" + "));
    }
    table
}

fn proofing_table() -> String {
    let mut table = String::from("| proofing | level at most |\n|---|---|\n");
    let methods = PROOFED.into_iter().chain([ProofingMethod::SelfAsserted]);
    for method in methods.map(Some).chain([None]) {
        let name = match method {
            Some(ProofingMethod::Desk) => "in person, at a desk",
            Some(ProofingMethod::Video) => "by an operator on video",
            Some(ProofingMethod::DigitalSignature) => "document with a qualified signature",
            Some(ProofingMethod::Cns) => "CNS card",
            Some(ProofingMethod::NfcDocument) => "chip of an identity document (NFC)",
            Some(ProofingMethod::SelfAsserted) => "the person's own word",
            None => "none on record",
        };
        table += &format!("| {name} | {} |\n", level_name(proofing_ceiling(method)));
    }
    table
}

fn binding_table() -> String {
    let code = FirstEnrolment::ActivationCode;
    let trust = FirstEnrolment::TrustOnFirstUse;
    let rows = [
        ("the password alone", binding(Level::Loa2, None, code, None)),
        (
            "the password and an activation code handed over at a desk",
            binding(Level::Loa2, Some(Delivery::Desk), code, None),
        ),
        (
            "the password and an activation code sent to a verified contact",
            binding(Level::Loa2, Some(Delivery::VerifiedContact), code, None),
        ),
        (
            "the password alone, `trust-on-first-use`, no second factor has ever counted",
            binding(Level::Loa2, None, trust, None),
        ),
        (
            "the password alone, `trust-on-first-use`, a second factor has counted",
            binding(Level::Loa2, None, trust, Some(now())),
        ),
        (
            "recovery codes, after what is worth LoA4, beside an app that is bound at LoA4",
            stand_in(Level::Loa4, [Level::Loa4].into_iter()).unwrap(),
        ),
        (
            "recovery codes, after what is worth LoA3, beside an app that is bound at LoA2",
            stand_in(Level::Loa3, [Level::Loa2].into_iter()).unwrap(),
        ),
        (
            "recovery codes, after the password alone, beside an app that is bound at LoA3",
            stand_in(Level::Loa2, [Level::Loa3].into_iter()).unwrap(),
        ),
        ("what is worth LoA3 already", binding(Level::Loa3, None, code, Some(now()))),
        ("what is worth LoA4 already", binding(Level::Loa4, None, code, Some(now()))),
    ];
    let mut table = String::from("| enrolled with | bound at |\n|---|---|\n");
    for (with, level) in rows {
        table += &format!("| {with} | {} |\n", level_name(level));
    }
    table
}

/// What is asserted when LoA2, LoA3 or LoA4 was reached.
fn asserted_table() -> String {
    let mut table = String::from(
        "| profile | asked for | comparison | at LoA2 | at LoA3 | at LoA4 |\n|---|---|---|---|---|---|\n",
    );
    let lists: [(bool, &'static [oracle::Class], &str); 9] = [
        (true, &oracle::SPID[0..1], "SpidL1"),
        (true, &oracle::SPID[1..2], "SpidL2"),
        (true, &oracle::SPID[2..3], "SpidL3"),
        (false, &[], "nothing"),
        (false, &[oracle::PROTECTED], "PasswordProtectedTransport"),
        (false, &[oracle::MFA], "MFA"),
        (false, &[oracle::MFA, oracle::PROTECTED], "MFA, PasswordProtectedTransport"),
        (false, &[oracle::CARD], "SmartcardPKI"),
        (false, &oracle::SPID[1..2], "SpidL2"),
    ];
    for (spid, classes, name) in lists {
        for comparison in ["exact", "minimum", "maximum", "better"] {
            let asked = requirement(&Asked { classes, comparison, spid, minimum: 0 });
            let at = |reached| {
                let held = [Evidence::held(Factor::Upstream, now(), reached)];
                match plan(&asked, &standing(&held, &[]), &everything(), now()) {
                    Plan::Enough { class, .. } => short(class),
                    _ => "–",
                }
            };
            let profile = if spid { "spid" } else { "generic" };
            let [two, three, four] = [at(Level::Loa2), at(Level::Loa3), at(Level::Loa4)];
            table += &format!("| {profile} | {name} | {comparison} | {two} | {three} | {four} |\n");
        }
    }
    table
}

fn short(class: ClassRef) -> &'static str {
    let uri = class.uri();
    match class {
        ClassRef::RefedsMfa => "MFA",
        ClassRef::RefedsSfa => "SFA",
        ClassRef::EidasHigh => "eIDAS high",
        _ => uri.rsplit(['/', ':']).next().unwrap(),
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Loa1 => "LoA1",
        Level::Loa2 => "LoA2 (SpidL1, eIDAS low)",
        Level::Loa3 => "LoA3 (SpidL2, eIDAS substantial)",
        Level::Loa4 => "LoA4 (SpidL3, eIDAS high)",
    }
}

fn factor_name(factor: Factor) -> &'static str {
    match factor {
        Factor::Password => "password, or a PIN checked by the server",
        Factor::Totp => "one-time code from an app",
        Factor::Sms => "one-time code by SMS",
        Factor::Push => "push approved by an enrolled phone",
        Factor::Qr => "QR approved by an enrolled phone",
        Factor::QrPasswordless => "QR alone, approved by an enrolled phone that verified its user",
        Factor::Passkey => "passkey with user verification",
        Factor::SmartCard => "CNS, TS-CNS or CIE certificate",
        Factor::CnsLike => "CNS-like certificate, its issuer not named by the tenant",
        Factor::RecoveryCode => "recovery code, once",
        Factor::PhonePin => {
            "push or QR approved by an enrolled phone whose PIN is checked by the server"
        }
        Factor::Upstream => "another provider's word, up to that provider's ceiling",
    }
}
