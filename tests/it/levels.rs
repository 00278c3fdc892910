//! Levels of assurance: every factor set against an oracle that shares no code with the planner
//! (IC-13, IC-14, IC-19, TS-12, SP-01), and the tables of docs/levels.md.

use chrono::{DateTime, TimeDelta, Utc};
use ponte::assurance::assess::assess;
use ponte::assurance::class_ref::{ClassRef, Vocabulary};
use ponte::assurance::factor::{Available, Evidence, Factor};
use ponte::assurance::level::Level;
use ponte::assurance::plan::{Plan, SessionEvidence, Standing, first_factors, plan};
use ponte::assurance::policy::LevelPolicy;
use ponte::assurance::requirement::{Comparison, Requirement, Tolerance};
use ponte::enrolment::activation::{Delivery, FirstEnrolment, binding, enrolable};
use ponte::identity::account::ProofingMethod;

mod campaigns;
mod document;
mod every;
mod oracle;
mod outcomes;

use oracle::{Asked, Worth};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn level(number: u8) -> Level {
    Level::ALL[usize::from(number) - 1]
}

fn number(level: Level) -> u8 {
    Level::ALL.into_iter().zip(1..).find(|(other, _)| *other == level).unwrap().1
}

fn place(factor: Factor) -> usize {
    Factor::ALL.into_iter().position(|other| other == factor).unwrap()
}

fn everything() -> LevelPolicy {
    LevelPolicy { offered: Factor::ALL.to_vec(), ..LevelPolicy::default() }
}

fn requirement(asked: &Asked) -> Requirement {
    Requirement {
        classes: asked.classes.iter().map(|class| ClassRef::parse(class.0).unwrap()).collect(),
        comparison: match asked.comparison {
            "exact" => Comparison::Exact,
            "minimum" => Comparison::Minimum,
            "maximum" => Comparison::Maximum,
            _ => Comparison::Better,
        },
        tolerance: if asked.spid { Tolerance::HigherIsFine } else { Tolerance::AsRequested },
        minimum: (asked.minimum > 0).then(|| level(asked.minimum)),
        not_before: Some(now()),
        session: Some(Level::Loa4),
        upstream: true,
    }
}

fn evidence(worth: &Worth, at: DateTime<Utc>) -> Vec<Evidence> {
    let there = Factor::ALL.into_iter().zip(worth).filter(|(_, worth)| **worth > 0);
    there.map(|(factor, worth)| Evidence::held(factor, at, level(*worth))).collect()
}

/// A credential each of `mask`, the password bound at one level and the others at another.
fn person(mask: usize, password: u8, others: u8) -> Worth {
    std::array::from_fn(|place| match place {
        _ if mask & (1 << place) == 0 => 0,
        oracle::PASSWORD => password,
        _ => others,
    })
}

/// Every set of factors, each credential bound at LoA1 to LoA4: the level is the oracle's, and one
/// factor more never lowers it.
#[test]
fn one_factor_more_never_lowers_a_level() {
    let policy = everything();
    let mut compared = 0;
    for mask in 0..4096 {
        for pattern in 0..16_u8 {
            let has: Worth = std::array::from_fn(|place| {
                let bound = 1 + (pattern.rotate_left(u32::try_from(place).unwrap()) ^ pattern) % 4;
                if mask & (1 << place) == 0 { 0 } else { bound }
            });
            for (proofing, cap) in [(Some(ProofingMethod::Video), 4), (None, 2)] {
                let of = |worth: &Worth| {
                    assess(&evidence(worth, now()), proofing, &policy).map_or(0, number)
                };
                let whole = of(&has);
                assert_eq!(whole, oracle::level(&has, cap), "{has:?}");
                for less in 0..12 {
                    let mut fewer = has;
                    fewer[less] = 0;
                    assert!(of(&fewer) <= whole, "{fewer:?} {has:?}");
                    compared += 1;
                }
            }
        }
    }
    println!("{compared} pairs compared");
}

fn one(factors: &[(Factor, u8)], policy: &LevelPolicy) -> Option<Level> {
    let held: Vec<Evidence> = factors
        .iter()
        .map(|(factor, bound)| Evidence::held(*factor, now(), level(*bound)))
        .collect();
    assess(&held, Some(ProofingMethod::Desk), policy)
}

/// TS-12, IC-07, IC-13: the combinations that the five systems name, and their neighbours.
#[test]
fn the_combinations_of_the_five_systems() {
    let policy = everything();
    for (factors, expected) in [
        (&[(Factor::Password, 4)][..], Some(Level::Loa2)),
        (&[(Factor::Password, 4), (Factor::Sms, 4)], Some(Level::Loa3)),
        (&[(Factor::Password, 4), (Factor::Totp, 4)], Some(Level::Loa3)),
        (&[(Factor::Password, 4), (Factor::Push, 4)], Some(Level::Loa3)),
        (&[(Factor::Password, 4), (Factor::Qr, 4)], Some(Level::Loa3)),
        (&[(Factor::Password, 4), (Factor::RecoveryCode, 4)], Some(Level::Loa3)),
        (&[(Factor::Password, 4), (Factor::RecoveryCode, 2)], Some(Level::Loa2)),
        (&[(Factor::RecoveryCode, 4)], None),
        (&[(Factor::Password, 4), (Factor::PhonePin, 4)], Some(Level::Loa3)),
        (&[(Factor::Password, 4), (Factor::PhonePin, 2)], Some(Level::Loa2)),
        (&[(Factor::PhonePin, 4)], None),
        (&[(Factor::PhonePin, 4), (Factor::Push, 4), (Factor::Totp, 4)], None),
        (&[(Factor::QrPasswordless, 4)], Some(Level::Loa3)),
        (&[(Factor::SmartCard, 4)], Some(Level::Loa4)),
        (&[(Factor::Password, 4), (Factor::Totp, 2)], Some(Level::Loa2)),
        (&[(Factor::Password, 2), (Factor::Totp, 4)], Some(Level::Loa2)),
        (&[(Factor::Totp, 4)], None),
        (&[(Factor::Totp, 4), (Factor::Sms, 4)], None),
        (&[(Factor::Upstream, 2)], Some(Level::Loa2)),
        (&[(Factor::Upstream, 4)], Some(Level::Loa4)),
    ] {
        assert_eq!(one(factors, &policy), expected, "{factors:?}");
    }
}

/// IC-13: one table of names for the scale of ISO/IEC 29115, from which every vocabulary reads both ways.
#[test]
fn ic_13_each_level_has_its_names() {
    let scale = [
        (Level::Loa2, "https://www.spid.gov.it/SpidL1", "http://eidas.europa.eu/LoA/low"),
        (Level::Loa3, "https://www.spid.gov.it/SpidL2", "http://eidas.europa.eu/LoA/substantial"),
        (Level::Loa4, "https://www.spid.gov.it/SpidL3", "http://eidas.europa.eu/LoA/high"),
    ];
    for (level, spid, eidas) in scale {
        for (vocabulary, uri) in [(Vocabulary::Spid, spid), (Vocabulary::Eidas, eidas)] {
            let class = ClassRef::parse(uri).unwrap();
            assert_eq!((class.level(), class.uri()), (level, uri));
            assert_eq!((class.vocabulary(), vocabulary.name(level)), (vocabulary, Some(class)));
        }
    }
    assert!(scale.windows(2).all(|pair| pair[0].0 < pair[1].0));
    for class in ClassRef::ALL {
        assert_eq!(ClassRef::parse(class.uri()), Some(class));
        assert_eq!(ClassRef::parse(&class.uri().to_uppercase()), None, "exactly");
        // What a vocabulary answers for a level is true at that level.
        let named = class.vocabulary().name(class.level());
        assert!(named.is_none_or(|named| named.level() <= class.level()), "{class:?}");
    }
    assert_eq!(Vocabulary::Spid.name(Level::Loa1), None, "SPID has no name for it");
}

/// IC-19: whatever held, a person who was not proofed does not get above LoA2.
#[test]
fn proofing_caps_the_level() {
    let policy = everything();
    let card = [Evidence::held(Factor::SmartCard, now(), Level::Loa4)];
    for method in [None, Some(ProofingMethod::SelfAsserted)] {
        assert_eq!(assess(&card, method, &policy), Some(Level::Loa2));
    }
    for method in PROOFED {
        assert_eq!(assess(&card, Some(method), &policy), Some(Level::Loa4), "{method:?}");
    }
}

#[test]
fn a_tenant_lowers_a_passkey_and_cannot_raise_it() {
    for (said, worth) in
        [(Level::Loa2, Level::Loa2), (Level::Loa3, Level::Loa3), (Level::Loa4, Level::Loa3)]
    {
        let policy = LevelPolicy { passkey: said, ..everything() };
        assert_eq!(one(&[(Factor::Passkey, 4)], &policy), Some(worth));
    }
}

/// IC-01: a CNS-like certificate is worth a CNS only if the tenant names its very issuer.
#[test]
fn a_cns_like_certificate_is_raised_by_its_issuers_name_alone() {
    let issuer = "CN=Example CA,O=Example,C=IT";
    let mut policy = everything();
    let of = |issuer: &str, policy: &LevelPolicy| {
        let held = Evidence::vouched(Factor::CnsLike, now(), Level::Loa4, issuer.to_owned());
        assess(&[held], Some(ProofingMethod::Desk), policy)
    };
    assert_eq!(of(issuer, &policy), Some(Level::Loa3));
    policy.cns_like_issuers.insert(issuer.to_owned());
    assert_eq!(of(issuer, &policy), Some(Level::Loa4));
    assert_eq!(of("CN=Example CA,O=Example,C=DE", &policy), Some(Level::Loa3));
    assert_eq!(one(&[(Factor::CnsLike, 4)], &policy), Some(Level::Loa3));
    assert_eq!(oracle::level(&person(1 << oracle::CNS_LIKE, 4, 4), 4), 3);
}

fn spid(level: usize, comparison: &'static str) -> Requirement {
    let classes = &oracle::SPID[level - 1..level];
    requirement(&Asked { classes, comparison, spid: true, minimum: 0 })
}

fn standing<'a>(evidence: &'a [Evidence], available: &'a [Available]) -> Standing<'a> {
    Standing { evidence, available, proofing: Some(ProofingMethod::Desk), ..Standing::default() }
}

/// IC-14: an installation that stops at SpidL2 answers no request for SpidL3, whoever asks.
#[test]
fn an_installation_that_stops_at_spid_l2_refuses_spid_l3() {
    let policy = LevelPolicy { ceiling: Level::Loa3, ..everything() };
    let card = [Available::own(Factor::SmartCard, Level::Loa4)];
    assert_eq!(plan(&spid(3, "exact"), &standing(&[], &card), &policy, now()), Plan::Unreachable);
    assert_eq!(first_factors(&spid(3, "exact"), &policy), []);
    let held = [Evidence::held(Factor::SmartCard, now(), Level::Loa4)];
    let enough = Plan::Enough { achieved: Level::Loa3, class: ClassRef::SpidL2 };
    assert_eq!(plan(&spid(2, "exact"), &standing(&held, &card), &policy, now()), enough);
}

/// SP-01: asked for SpidL1 exactly, shown SpidL2, told SpidL2.
#[test]
fn spid_takes_more_than_it_asked_for() {
    let held = [
        Evidence::held(Factor::Password, now(), Level::Loa3),
        Evidence::held(Factor::Totp, now(), Level::Loa3),
    ];
    let enough = Plan::Enough { achieved: Level::Loa3, class: ClassRef::SpidL2 };
    for comparison in ["exact", "minimum", "maximum", "better"] {
        let decided = plan(&spid(1, comparison), &standing(&held, &[]), &everything(), now());
        assert_eq!(decided, enough, "{comparison}");
    }
    let decided = plan(&spid(3, "better"), &standing(&held, &[]), &everything(), now());
    assert_eq!(decided, Plan::Unreachable);
}

/// `ProxyCount` of 0: another provider's word neither counts nor is asked for.
#[test]
fn upstreams_can_be_left_out() {
    let held = [Evidence::held(Factor::Upstream, now(), Level::Loa4)];
    let available = [
        Available::own(Factor::Upstream, Level::Loa4),
        Available::own(Factor::SmartCard, Level::Loa4),
    ];
    let mut asked = spid(2, "minimum");
    let with = plan(&asked, &standing(&held, &available), &everything(), now());
    assert_eq!(with, Plan::Enough { achieved: Level::Loa4, class: ClassRef::SpidL3 });
    assert!(first_factors(&asked, &everything()).contains(&Factor::Upstream));
    asked.upstream = false;
    let without = plan(&asked, &standing(&held, &available), &everything(), now());
    assert_eq!(without, Plan::Ask(vec![Factor::SmartCard]));
    assert!(!first_factors(&asked, &everything()).contains(&Factor::Upstream));
}

#[test]
fn evidence_from_before_the_request_does_not_count_where_it_must_be_fresh() {
    let at = |seconds| {
        [Evidence::held(Factor::Password, now() + TimeDelta::seconds(seconds), Level::Loa2)]
    };
    let available = [Available::own(Factor::Password, Level::Loa2)];
    let of = |held: &[Evidence]| {
        plan(&spid(1, "exact"), &standing(held, &available), &everything(), now())
    };
    assert_eq!(of(&at(-1)), Plan::Ask(vec![Factor::Password]));
    assert_eq!(of(&at(0)), Plan::Enough { achieved: Level::Loa2, class: ClassRef::SpidL1 });
}

#[test]
fn factors_that_are_not_offered_are_not_asked_for() {
    let available = [
        Available::own(Factor::Password, Level::Loa4),
        Available::own(Factor::Totp, Level::Loa4),
        Available::own(Factor::SmartCard, Level::Loa4),
    ];
    let policy = LevelPolicy::default();
    let decided = plan(&spid(2, "exact"), &standing(&[], &available), &policy, now());
    assert_eq!(decided, Plan::Ask(vec![Factor::Password]));
    assert_eq!(
        plan(&spid(3, "exact"), &standing(&[], &available), &policy, now()),
        Plan::Unreachable
    );
}

/// Before anybody is known, each way of beginning that somebody could have is offered: of the one
/// preferred and of those that would do.
#[test]
fn a_login_may_begin_with_anything_that_leads_somewhere() {
    let policy = everything();
    let of = |asked: &Requirement| first_factors(asked, &policy);
    assert_eq!(of(&spid(3, "exact")), [Factor::SmartCard, Factor::Upstream]);
    assert_eq!(of(&spid(3, "maximum")).len(), 6);
    for factor in of(&spid(1, "minimum")) {
        assert!(factor.is_first());
    }
    let first = [Factor::Passkey, Factor::Password];
    assert_eq!(first_factors(&spid(2, "exact"), &LevelPolicy::default()), first);
    assert_eq!(first_factors(&spid(3, "better"), &policy), []);
}

/// Who holds the password alone cannot enrol a factor that then counts for SpidL2; with the
/// activation code they can, and it is proposed only once the password held.
#[test]
fn a_factor_is_enrolled_with_the_activation_code_or_is_worth_a_password() {
    let none = enrolable(None, FirstEnrolment::ActivationCode, None);
    let code = enrolable(Some(Delivery::VerifiedContact), FirstEnrolment::ActivationCode, None);
    let trust = enrolable(None, FirstEnrolment::TrustOnFirstUse, None);
    let late = enrolable(None, FirstEnrolment::TrustOnFirstUse, Some(now()));
    let available = [Available::own(Factor::Password, Level::Loa3)];
    let held = [Evidence::held(Factor::Password, now(), Level::Loa3)];
    let policy = LevelPolicy::default();
    for (enrolable, then) in [
        (&none, Plan::Unreachable),
        (&late, Plan::Unreachable),
        (&code, Plan::Enrol(Factor::Totp)),
        (&trust, Plan::Enrol(Factor::Totp)),
    ] {
        let begin = Standing { enrolable, ..standing(&[], &available) };
        let first = plan(&spid(2, "exact"), &begin, &policy, now());
        let goes_on = then != Plan::Unreachable;
        assert_eq!(
            first,
            if goes_on { Plan::Ask(vec![Factor::Password]) } else { Plan::Unreachable }
        );
        let after = Standing { enrolable, ..standing(&held, &available) };
        assert_eq!(plan(&spid(2, "exact"), &after, &policy, now()), then);
        let lower = plan(&spid(1, "exact"), &after, &policy, now());
        assert_eq!(lower, Plan::Enough { achieved: Level::Loa2, class: ClassRef::SpidL1 });
    }
    let weak = [
        Available::own(Factor::Password, Level::Loa3),
        Available::own(
            Factor::Totp,
            binding(Level::Loa2, None, FirstEnrolment::ActivationCode, None),
        ),
    ];
    let stuck = plan(&spid(2, "exact"), &standing(&held, &weak), &policy, now());
    assert_eq!(stuck, Plan::Unreachable);
    let raise = Standing { enrolable: &code, ..standing(&held, &weak) };
    assert_eq!(plan(&spid(2, "exact"), &raise, &policy, now()), Plan::Enrol(Factor::Totp));
}

/// SPID lets a session serve requests of its level 1 alone, and never as a part of more; elsewhere
/// a second factor may be added to it.
#[test]
fn a_session_serves_spid_l1_alone() {
    let session = SessionEvidence {
        evidence: vec![
            Evidence::held(Factor::Password, now(), Level::Loa3),
            Evidence::held(Factor::Totp, now(), Level::Loa3),
        ],
        expires: now() + TimeDelta::minutes(30),
    };
    let available =
        [Available::own(Factor::Password, Level::Loa3), Available::own(Factor::Totp, Level::Loa3)];
    let with = Standing { session: Some(&session), ..standing(&[], &available) };
    let policy = LevelPolicy::default();
    let enough = Plan::Enough { achieved: Level::Loa2, class: ClassRef::SpidL1 };
    assert_eq!(plan(&spid(1, "minimum"), &with, &policy, now()), enough);
    let ask = Plan::Ask(vec![Factor::Password]);
    assert_eq!(plan(&spid(2, "minimum"), &with, &policy, now()), ask);
    let later = now() + TimeDelta::minutes(30);
    assert_eq!(plan(&spid(1, "minimum"), &with, &policy, later), ask);
    let mfa = requirement(&Asked {
        classes: &[oracle::MFA],
        comparison: "exact",
        spid: false,
        minimum: 0,
    });
    let enough = Plan::Enough { achieved: Level::Loa3, class: ClassRef::RefedsMfa };
    assert_eq!(plan(&mfa, &with, &policy, now()), enough);
}

const PROOFED: [ProofingMethod; 5] = [
    ProofingMethod::Desk,
    ProofingMethod::Video,
    ProofingMethod::DigitalSignature,
    ProofingMethod::Cns,
    ProofingMethod::NfcDocument,
];
