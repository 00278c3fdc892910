//! What may take the place of the last good copy, as the judge decides it (threats, metadata).

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, TimeDelta, Utc};
use ponte::partners::aggregate::candidate::Candidate;
use ponte::partners::source::good::{self, Good};
use ponte::partners::source::judge::{Judging, judge, judge_list, refused_list};
use ponte::partners::source::policy::{Policy, Provides};
use ponte::partners::source::reason::Reason;
use ponte::saml::metadata::aggregate::limits::Limits;
use ponte::saml::metadata::aggregate::verify;
use ponte::saml::signature::PublicKey;
use ponte::saml::upstream::provider::{CertificateDates, Trust};
use ponte::world::digest::HmacKey;
use ponte::world::signer::Signer as _;
use proptest::prelude::*;

use crate::support::federation::{List, identity_provider, instant, service_provider, single};
use crate::support::keys::{self, Keys};
use crate::support::real_files;

/// The federation.
fn federation() -> &'static Keys {
    &keys::FEDERATION
}

const ONE: &str = "https://one.example.org/saml";
const TWO: &str = "https://two.example.org/saml";
const US: &str = "https://idp.example.org/metadata";

fn now() -> DateTime<Utc> {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

fn public(keys: &Keys) -> PublicKey {
    PublicKey::from_certificate_der(keys.signer.certificate()).unwrap()
}

fn policy(signed_by: &[&Keys]) -> Policy {
    Policy {
        trust: Trust {
            signed_by: signed_by.iter().map(|keys| public(keys)).collect(),
            require_valid_until: Some(TimeDelta::days(30)),
            certificate_dates: CertificateDates::Warn,
        },
        ..Policy::default()
    }
}

fn list() -> List {
    List::of(vec![service_provider(ONE, &[&keys::SP]), service_provider(TWO, &[&keys::SP])], now())
}

static OURSELVES: LazyLock<[String; 1]> = LazyLock::new(|| [US.to_owned()]);

fn judging(policy: &Policy) -> Judging<'_> {
    Judging {
        policy,
        accepted: &[],
        provides: Provides::ServiceProviders,
        ourselves: &*OURSELVES,
        before: None,
        meant: None,
        now: now(),
        in_doubt: false,
    }
}

fn held(text: &str, policy: &Policy, before: Option<&Good>) -> Result<Good, Reason> {
    let judging = Judging { before, ..judging(policy) };
    judge(text.as_bytes(), &judging).map_err(|refused| refused.reason)
}

fn why(text: &str, before: Option<&Good>) -> Reason {
    held(text, &policy(&[federation()]), before).map(drop).unwrap_err()
}

fn good() -> Good {
    held(&list().signed(federation()), &policy(&[federation()]), None).unwrap()
}

#[test]
fn a_signed_list_is_taken_from_what_was_signed() {
    let good = good();
    let names: Vec<&str> =
        good.listing.members.iter().map(|member| member.entity_id.as_str()).collect();
    assert_eq!(names, [ONE, TWO]);
    assert!(good.listing.members.iter().all(|it| it.is_usable(Provides::ServiceProviders)));
    assert_eq!(good.listing.signer.unwrap().fingerprint(), public(federation()).fingerprint());
    assert_eq!(good.listing.valid_until, Some(now() + TimeDelta::days(10)));
    // Who is in it ends with it.
    let one = good.listing.members[0].service_provider.as_ref().unwrap().as_ref().unwrap();
    assert_eq!(one.valid_until, Some(now() + TimeDelta::days(10)));
}

/// A list longer than a message may be is judged by the same rules and refused by the same names (threats, metadata).
#[test]
fn a_long_list_is_held_to_the_same() {
    let number = |number: usize| format!("https://sp-{number}.example.org/saml");
    let of = |count: usize| {
        let one = |place| service_provider(&number(place), &[&keys::SP]);
        List::of((0..count).map(one).collect(), now())
    };
    let long = of(160);
    let text = long.signed(federation());
    assert!(text.len() > 256 * 1024, "{}", text.len());
    let pinned = policy(&[federation()]);
    let folder = tempfile::tempdir().unwrap();
    let held = |text: &str, policy: &Policy, before: Option<&Good>| {
        let judging = Judging { before, ..judging(policy) };
        let (trust, limits, key) = (judging.trust(), Limits::default(), HmacKey::new(b"tests"));
        let believed = match trust.signed_by.as_slice() {
            [] => verify::Trust::Placed,
            keys => verify::Trust::Pinned(keys),
        };
        let taken =
            Candidate::take(folder.path(), "list", &mut text.as_bytes(), believed, limits, now());
        let candidate = taken.map_err(|error| refused_list(&error).reason)?;
        let list = Arc::new(candidate.open(&key).unwrap());
        judge_list(list, &judging).map_err(|refused| refused.reason)
    };
    let good = held(&text, &pinned, None).unwrap();
    assert_eq!((good.entities(), good.listing.members.len()), (160, 0));
    let usable = good.members(&pinned.trust, now()).filter(|(name, member)| {
        let member = member.as_ref().unwrap();
        assert_eq!(member.entity_id, *name);
        member.is_usable(Provides::ServiceProviders)
    });
    assert_eq!(usable.count(), 160);
    assert_eq!(
        good.listing.signer.as_ref().unwrap().fingerprint(),
        public(federation()).fingerprint()
    );
    assert_eq!(good.listing.valid_until, Some(now() + TimeDelta::days(10)));
    let list = good.list.as_ref().unwrap();
    let member = good::read(list, &number(7), &pinned.trust, now()).unwrap().unwrap();
    let one = member.service_provider.as_ref().unwrap().as_ref().unwrap();
    assert_eq!(
        (one.entity_id.as_str(), one.valid_until),
        (number(7).as_str(), good.listing.valid_until)
    );
    assert!(!member.keys.is_empty());
    assert!(good::read(list, "https://nobody.example", &pinned.trust, now()).unwrap().is_none());

    let refused = |text: &str| held(text, &pinned, None).map(drop).unwrap_err();
    assert_eq!(refused(&long.unsigned()), Reason::Unsigned);
    assert_eq!(refused(&long.signed(&keys::SP)), Reason::WrongSignature);
    assert_eq!(refused(&text.replacen("sp-9.example", "sp-999.example", 1)), Reason::Altered);
    assert_eq!(refused(&text[..text.len() - 40]), Reason::Truncated);
    let until = |at| List { valid_until: Some(instant(at)), ..long.clone() }.signed(federation());
    assert_eq!(refused(&until(now())), Reason::Expired);
    assert_eq!(refused(&until(now() + TimeDelta::days(31))), Reason::TooFar);
    assert_eq!(
        refused(&List { valid_until: None, ..long.clone() }.signed(federation())),
        Reason::NoValidUntil
    );
    let mut twice = long.clone();
    twice.entities.push(service_provider(&number(3), &[&keys::SP]));
    assert_eq!(refused(&twice.signed(federation())), Reason::Twice);
    let mut ours = long.clone();
    ours.entities.push(service_provider(US, &[&keys::SP]));
    assert_eq!(refused(&ours.signed(federation())), Reason::Ourselves);
    // Half of it gone, and not half.
    let shorter =
        |count: usize| held(&of(count).signed(federation()), &pinned, Some(&good)).map(drop);
    assert_eq!(shorter(79).unwrap_err(), Reason::Shrunk);
    assert!(shorter(150).is_ok());
    // Placed by somebody, it is believed for that.
    let placed = policy(&[]);
    let unsigned = held(&long.unsigned(), &placed, None).unwrap();
    assert_eq!(unsigned.entities(), 160);
    // Then nobody vouches for other keys of the same entity.
    let mut others = long.clone();
    others.entities[5] = service_provider(&number(5), &[&keys::STRANGER]);
    let replaced = held(&others.unsigned(), &placed, Some(&unsigned)).map(drop);
    assert_eq!(replaced.unwrap_err(), Reason::KeysReplaced);
    others.entities[5] = service_provider(&number(5), &[&keys::STRANGER, &keys::SP]);
    assert!(held(&others.unsigned(), &placed, Some(&unsigned)).is_ok());
}

/// threats, metadata: unsigned, unknown key, expired, no or far validUntil, duplicate entityID, our own entityID, wrapped
/// aggregate, javascript: URLs. Each differs from the good list in one thing.
#[test]
fn each_thing_that_is_wrong_is_refused_by_its_name() {
    let good = good();
    let signed = |change: &dyn Fn(&mut List)| {
        let mut list = list();
        change(&mut list);
        list.signed(federation())
    };
    let whole = list().signed(federation());
    let days = |days| Some(instant(now() + TimeDelta::days(days)));
    let seconds = |seconds| Some(instant(now() + TimeDelta::seconds(seconds)));
    for (text, reason) in [
        (list().unsigned(), Reason::Unsigned),
        (list().signed(&keys::STRANGER), Reason::RolledKey),
        (whole.replace(ONE, "https://other.example.org/"), Reason::Altered),
        (signed(&|it| it.valid_until = seconds(0)), Reason::Expired),
        (signed(&|it| it.valid_until = None), Reason::NoValidUntil),
        (signed(&|it| it.valid_until = days(31)), Reason::TooFar),
        (signed(&|it| it.valid_until = Some("soon".into())), Reason::TooFar),
        (signed(&|it| it.valid_until = days(9)), Reason::Older),
        (signed(&|it| it.entities[1] = it.entities[0].clone()), Reason::Twice),
        (signed(&|it| it.entities.push(service_provider(US, &[&keys::SP]))), Reason::Ourselves),
        (signed(&|it| it.entities.clear()), Reason::Nobody),
        (signed(&|it| it.entities = vec![identity_provider()]), Reason::Nobody),
        (
            signed(&|it| {
                let wrong = |text: &mut String| {
                    *text =
                        text.replace("https://sp.example.org/generic/acs", "javascript:alert(1)//");
                };
                it.entities.iter_mut().for_each(wrong);
            }),
            Reason::Nobody,
        ),
        (
            signed(&|it| it.entities = vec![list().unsigned().replace("_list", "_in")]),
            Reason::Structure,
        ),
        (whole[..whole.len() / 2].to_owned(), Reason::Truncated),
        (String::new(), Reason::Truncated),
        ("<!DOCTYPE html><html><body>503</body></html>".into(), Reason::Html),
        ("<rss version='2.0'></rss>".into(), Reason::NotMetadata),
        ("{\"entities\":[]}".into(), Reason::NotXml),
        (format!("<!DOCTYPE a []>{whole}"), Reason::NotXml),
        (format!("<a>{}</a>", "x".repeat(300 * 1024)), Reason::TooLarge),
    ] {
        let found = why(&text, Some(&good));
        assert_eq!(found, reason, "{}", &text[..text.len().min(300)]);
    }
    // The control: the same list, later.
    let later = signed(&|it| it.valid_until = days(11));
    held(&later, &policy(&[federation()]), Some(&good)).unwrap();
}

/// A wrong signature value says nothing of its key: it waits for nobody.
#[test]
fn a_signature_that_no_key_made_is_no_rolled_key() {
    let whole = list().signed(&keys::STRANGER);
    let at = whole.find("<ds:SignatureValue>").unwrap() + 30;
    let other = if &whole[at..=at] == "A" { "B" } else { "A" };
    let text = format!("{}{other}{}", &whole[..at], &whole[at + 1..]);
    assert_eq!(why(&text, None), Reason::WrongSignature);
}

/// A second key that is named makes the change to it go by itself; a third one waits.
#[test]
fn a_second_pinned_key_is_a_transition() {
    let good = good();
    let both = policy(&[federation(), &keys::STRANGER]);
    let later = List { valid_until: Some(instant(now() + TimeDelta::days(11))), ..list() };
    let taken = held(&later.signed(&keys::STRANGER), &both, Some(&good)).unwrap();
    assert_eq!(taken.listing.signer.unwrap().fingerprint(), public(&keys::STRANGER).fingerprint());
    let third = held(&later.signed(&keys::SP), &both, Some(&good)).map(drop);
    assert_eq!(third, Err(Reason::RolledKey));
}

#[test]
fn older_is_told_by_when_it_was_published_where_that_is_said() {
    let published = |hours: i64, days: i64| List {
        created: Some(instant(now() - TimeDelta::hours(hours))),
        valid_until: Some(instant(now() + TimeDelta::days(days))),
        ..list()
    };
    let policy = policy(&[federation()]);
    let good = held(&published(2, 10).signed(federation()), &policy, None).unwrap();
    let judged = |list: List| held(&list.signed(federation()), &policy, Some(&good)).map(drop);
    assert_eq!(judged(published(3, 11)), Err(Reason::Older));
    assert_eq!(judged(published(1, 9)), Ok(()), "newer, though its time is shorter");
    assert_eq!(judged(published(2, 10)), Ok(()), "the same");
}

#[test]
fn a_list_that_lost_more_than_half_waits() {
    let of = |count: usize| {
        let name = |number| format!("https://{number}.example.org/");
        let entities = (0..count).map(|it| service_provider(&name(it), &[&keys::SP])).collect();
        List { entities, ..list() }.signed(federation())
    };
    let policy = policy(&[federation()]);
    let good = held(&of(6), &policy, None).unwrap();
    assert_eq!(held(&of(2), &policy, Some(&good)).map(drop), Err(Reason::Shrunk));
    assert_eq!(held(&of(3), &policy, Some(&good)).map(drop), Ok(()));
}

/// Where nobody vouches, an entity's keys change by way of both; another entity never takes the place of the one that was there.
#[test]
fn without_a_signature_keys_change_by_a_transition_only() {
    let mut policy = policy(&[]);
    policy.trust.require_valid_until = None;
    let of = |keys: &[&Keys]| service_provider(ONE, keys);
    let good = held(&of(&[&keys::SP]), &policy, None).unwrap();
    let judged = |text: &str, good: &Good| held(text, &policy, Some(good));
    let jump = judged(&of(&[&keys::SP_ECDSA]), &good).map(drop);
    assert_eq!(jump, Err(Reason::KeysReplaced));
    let both = judged(&of(&[&keys::SP, &keys::SP_ECDSA]), &good).unwrap();
    judged(&of(&[&keys::SP_ECDSA]), &both).unwrap();
    let other = judged(&service_provider(TWO, &[&keys::SP]), &good).map(drop);
    assert_eq!(other, Err(Reason::OtherEntity));
}

#[test]
fn what_a_person_has_spoken_of_is_taken_and_nothing_else() {
    let mut policy = policy(&[]);
    policy.trust.require_valid_until = None;
    let good = held(&service_provider(ONE, &[&keys::SP]), &policy, None).unwrap();
    let jump = service_provider(ONE, &[&keys::SP_ECDSA]);
    let judged = |meant| {
        let judging = Judging {
            policy: &policy,
            accepted: &[],
            provides: Provides::Both,
            ourselves: &[],
            before: Some(&good),
            meant: Some(meant),
            now: now(),
            in_doubt: false,
        };
        judge(jump.as_bytes(), &judging).map(drop).map_err(|refused| refused.reason)
    };
    assert_eq!(judged([0; 32]), Err(Reason::KeysReplaced));
    assert_eq!(judged(openssl::sha::sha256(jump.as_bytes())), Ok(()));
}

#[test]
fn filters_are_exact_names_and_leave_somebody() {
    let text = list().signed(federation());
    let named = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
    let base = policy(&[federation()]);
    let judged = |policy: Policy| held(&text, &policy, None).map(drop);
    assert_eq!(judged(Policy { allow: Some(named(&[ONE])), ..base.clone() }), Ok(()));
    let near = named(&["https://one.example.org/", "https://one.example.org/saml/"]);
    assert_eq!(judged(Policy { allow: Some(near), ..base.clone() }), Err(Reason::Nobody));
    assert_eq!(judged(Policy { deny: named(&[ONE]), ..base.clone() }), Ok(()));
    assert_eq!(judged(Policy { deny: named(&[ONE, TWO]), ..base }), Err(Reason::Nobody));
}

/// A federation that lists us is taken without us, where that was settled.
#[test]
fn where_we_are_listed_we_are_left_out() {
    let mut list = list();
    list.entities.push(service_provider(US, &[&keys::SP]));
    let settled = Policy { lists_us: true, ..policy(&[federation()]) };
    held(&list.signed(federation()), &settled, None).unwrap();
    list.entities = vec![service_provider(US, &[&keys::SP])];
    let alone = held(&list.signed(federation()), &settled, None).map(drop);
    assert_eq!(alone, Err(Reason::Nobody));
}

#[test]
fn by_a_clock_that_was_set_nothing_is_judged() {
    let (good, policy) = (good(), policy(&[federation()]));
    let later = List { valid_until: Some(instant(now() + TimeDelta::days(11))), ..list() };
    let text = later.signed(federation());
    let judged = |now, in_doubt| {
        let judging = Judging {
            policy: &policy,
            accepted: &[],
            provides: Provides::ServiceProviders,
            ourselves: &[],
            before: Some(&good),
            meant: None,
            now,
            in_doubt,
        };
        judge(text.as_bytes(), &judging).map(drop).map_err(|refused| refused.reason)
    };
    assert_eq!(judged(now(), false), Ok(()));
    assert_eq!(judged(now() - TimeDelta::minutes(6), false), Err(Reason::Clock));
    assert_eq!(judged(now() - TimeDelta::minutes(4), false), Ok(()));
    assert_eq!(judged(now() + TimeDelta::days(2), true), Err(Reason::Clock));
    assert_eq!(judged(now() + TimeDelta::days(2), false), Ok(()));
    let past = now() + TimeDelta::days(10) + TimeDelta::hours(1);
    assert_eq!(judged(past, true), Ok(()), "what has ended protects nothing");
}

#[test]
fn a_single_entity_is_held_to_the_same() {
    let until = instant(now() + TimeDelta::days(3));
    let text = single(ONE, &[&keys::SP], &until, federation());
    let good = held(&text, &policy(&[federation()]), None).unwrap();
    assert!(!good.listing.is_list);
    assert_eq!(why(&single(ONE, &[&keys::SP], &until, &keys::STRANGER), None), Reason::RolledKey);
}

/// SP-07: SPID's own list and the real metadata of others, each under the policy that its source needs.
#[test]
fn sp_07_the_real_ones_are_taken_under_the_policy_of_their_source() {
    let Some(list) = real_files::read("idp-metadata/spid-entities-idps.xml") else { return };
    let trust = |require_valid_until| Trust { require_valid_until, ..Trust::default() };
    let judged = |text: &str, policy: &Policy| {
        let judging = Judging {
            policy,
            accepted: &[],
            provides: Provides::IdentityProviders,
            ourselves: &[],
            before: None,
            meant: None,
            now: now(),
            in_doubt: false,
        };
        judge(text.as_bytes(), &judging).map_err(|refused| refused.reason)
    };
    let placed = Policy { trust: trust(None), ..Policy::default() };
    let good = judged(&list, &placed).unwrap();
    assert_eq!(good.listing.members.len(), 12);
    let usable = good.listing.members.iter().filter(|it| it.is_usable(Provides::IdentityProviders));
    assert_eq!(usable.count(), 12);
    let strict = Policy { trust: trust(Some(TimeDelta::days(30))), ..Policy::default() };
    assert_eq!(judged(&list, &strict).map(drop), Err(Reason::NoValidUntil));
    // The registry's own key, which comes with the list, pins the next one.
    let der = ponte::saml::metadata::listing::carried_certificate(list.as_bytes()).unwrap();
    let mut pinned = placed.clone();
    pinned.trust.signed_by = vec![PublicKey::from_certificate_der(&der).unwrap()];
    assert!(judged(&list, &pinned).unwrap().listing.signer.is_some());
    pinned.trust.signed_by = vec![public(&keys::STRANGER)];
    assert_eq!(judged(&list, &pinned).map(drop), Err(Reason::RolledKey));
    for name in ["cie-production.xml", "ficep.xml", "spid-saml-check.xml"] {
        let text = real_files::read(&format!("idp-metadata/{name}")).unwrap();
        judged(&text, &placed).unwrap_or_else(|reason| panic!("{name}: {reason:?}"));
    }
}

static SIGNED: LazyLock<String> = LazyLock::new(|| list().signed(federation()));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is done to the octets of a signed list: it is refused, or says of each entity what was signed.
    #[test]
    fn whatever_happens_to_a_list_nothing_that_was_not_signed_is_taken(
        at in 0..20_000_usize,
        length in 0..400_usize,
        with in prop::collection::vec(any::<u8>(), 0..6),
    ) {
        let mut octets = SIGNED.as_bytes().to_vec();
        let at = at % octets.len();
        let end = (at + length).min(octets.len());
        octets.splice(at..end, with);
        let good = good();
        let judging = Judging {
            policy: &policy(&[federation()]),
            accepted: &[],
            provides: Provides::ServiceProviders,
            ourselves: &[],
            before: Some(&good),
            meant: None,
            now: now(),
            in_doubt: false,
        };
        if let Ok(taken) = judge(&octets, &judging) {
            let of = |good: &Good| format!("{:?}", good.listing);
            prop_assert_eq!(of(&taken), of(&good));
        }
    }
}
