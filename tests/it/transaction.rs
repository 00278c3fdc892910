//! One login from its opening to its answer, without protocol, store or browser.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use ponte::assurance::class_ref::ClassRef;
use ponte::assurance::factor::{Available, Evidence, Factor};
use ponte::assurance::level::Level;
use ponte::assurance::policy::LevelPolicy;
use ponte::assurance::requirement::{Comparison, Requirement, Tolerance};
use ponte::enrolment::campaign::Duty;
use ponte::identity::account::{AccountState, Identity, Proofing, ProofingMethod};
use ponte::identity::age::AgeLimit;
use ponte::identity::attributes::{AttributeName, Attributes};
use ponte::identity::kind::{IdentityKind, Purpose};
use ponte::identity::release::release;
use ponte::identity::subject::Subject;
use ponte::identity::tenant::TenantId;
use ponte::login::outcome::{Outcome, Refusal};
use ponte::login::person::Person;
use ponte::login::request::{LocalName, LoginRequest, RelyingParty};
use ponte::login::step::Step;
use ponte::login::transaction::{LIFETIME, Opening, REPEATABLE, Transaction, WrongState};
use ponte::login::ways::Ways;
use proptest::prelude::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn subject(name: &str) -> Subject {
    Subject::new(name.to_owned())
}

fn open(class: ClassRef, passive: bool) -> Transaction {
    let requirement = Requirement {
        classes: vec![class],
        comparison: Comparison::Minimum,
        tolerance: Tolerance::HigherIsFine,
        minimum: None,
        not_before: Some(at(0)),
        session: None,
        upstream: true,
    };
    let request = LoginRequest {
        relying_party: RelyingParty {
            id: "https://sp.example.org".to_owned(),
            name: LocalName::default(),
            own: false,
        },
        id: "_1".to_owned(),
        received: at(0),
        requirement,
        passive,
        attributes: vec![AttributeName::Name, AttributeName::FiscalNumber],
        purpose: None,
        age: None,
        ways: Ways::default(),
        reply_to: "consumer 0".to_owned(),
    };
    let opening = Opening {
        id: "handle".to_owned(),
        tenant: TenantId::main(),
        request,
        browser: "digest of the cookie".to_owned(),
        token: "token of the forms".to_owned(),
    };
    Transaction::open(opening, at(0), LIFETIME)
}

fn ada(available: &[(Factor, Level)]) -> Person {
    let mut attributes = Attributes::default();
    attributes.set(AttributeName::Name, "Ada");
    Person {
        subject: subject("ada"),
        state: AccountState::Active,
        identities: vec![identity(1, IdentityKind::Personal, attributes)],
        available: available.iter().map(|(factor, at)| Available::own(*factor, *at)).collect(),
        password_set: None,
        password_expired: false,
        attended: true,
        duty: Duty::default(),
        enrolable: Vec::new(),
    }
}

fn identity(number: u16, kind: IdentityKind, attributes: Attributes) -> Identity {
    let proofing = Proofing {
        method: ProofingMethod::Desk,
        date: at(0).date_naive(),
        operator: "desk 1".to_owned(),
        evidence: "file 1".to_owned(),
    };
    Identity::new(number, kind, attributes, Some(proofing), at(0))
}

fn set(person: &mut Person, name: AttributeName, value: &str) {
    person.identities[0].attributes.set(name, value);
}

/// The digest of what would be released of these attributes of the person's first identity.
fn shown(person: &Person) -> String {
    let asked = [AttributeName::Name, AttributeName::FiscalNumber];
    release(&asked, &person.identities[0]).digest()
}

fn with_both() -> Person {
    ada(&[(Factor::Password, Level::Loa3), (Factor::Totp, Level::Loa3)])
}

fn with_fiscal_number() -> Person {
    let mut person = with_both();
    set(&mut person, AttributeName::FiscalNumber, "TINIT-RSSMRA85T10A562S");
    person
}

fn next(transaction: &Transaction, person: Option<&Person>) -> Step {
    transaction.next(person, &LevelPolicy::default(), at(60))
}

fn refused(why: Refusal) -> Step {
    Step::Answer(Outcome::Refused(why))
}

fn proved(transaction: Transaction, factor: Factor, seconds: i64) -> Transaction {
    let evidence = Evidence::held(factor, at(seconds), Level::Loa3);
    transaction.prove(&subject("ada"), evidence).unwrap()
}

#[test]
fn a_login_goes_from_password_to_code_to_consent_to_answer() {
    let person = with_both();
    let login = open(ClassRef::SpidL2, false);
    assert!(!login.is_durable());
    assert_eq!(next(&login, None), Step::Prove(vec![Factor::Passkey, Factor::Password]));
    let login = proved(login, Factor::Password, 10);
    assert!(login.is_durable());
    assert_eq!(next(&login, Some(&person)), Step::Prove(vec![Factor::Totp]));
    let login = proved(login, Factor::Totp, 20);
    let Step::Consent(shown) = next(&login, Some(&person)) else { panic!("no consent") };
    let names: Vec<AttributeName> = shown.released.iter().map(|one| one.name).collect();
    assert_eq!(
        (names, &*shown.absent),
        (vec![AttributeName::Name], &[AttributeName::FiscalNumber][..])
    );
    let login = login.consent(&shown.digest()).unwrap();
    let Step::Answer(Outcome::Authenticated(told)) = next(&login, Some(&person)) else {
        panic!("no answer")
    };
    assert_eq!((told.achieved, told.class), (Level::Loa3, ClassRef::SpidL2));
    assert_eq!(told.at, at(20));
    assert_eq!(told.factors, [Factor::Password, Factor::Totp]);
    assert_eq!((told.identity, told.attributes), (1, shown.released));
    let login = login.answered(at(30), "blob".to_owned()).unwrap();
    assert_eq!(next(&login, Some(&person)), Step::Answered);
    assert_eq!(login.answer(), Some(("blob", at(30))));
    assert_eq!(login.keep_until(), at(30) + REPEATABLE);
    assert_eq!(login.answered(at(31), "other".to_owned()), Err(WrongState::Ended));
}

/// SPID nr19: the third wrong attempt ends the login, whatever was wrong and whoever it was.
#[test]
fn the_third_wrong_attempt_ends_it() {
    let login = open(ClassRef::SpidL2, false).fail().unwrap();
    let login = proved(login, Factor::Password, 10).fail().unwrap();
    assert_eq!(login.attempts_left(), 1);
    assert_eq!(next(&login, Some(&with_both())), Step::Prove(vec![Factor::Totp]));
    let login = login.fail().unwrap();
    assert_eq!(login.attempts_left(), 0);
    assert_eq!(next(&login, Some(&with_both())), refused(Refusal::TooManyAttempts));
    assert_eq!(login.fail(), Err(WrongState::Ended));
    let stranger = (0..3).try_fold(open(ClassRef::SpidL2, false), |login, _| login.fail()).unwrap();
    assert_eq!(next(&stranger, None), refused(Refusal::TooManyAttempts));
    assert_eq!(stranger.subject(), None);
}

/// SPID nr21.
#[test]
fn it_times_out_and_is_answered_when_the_browser_comes_back() {
    let policy = LevelPolicy::default();
    let login = proved(open(ClassRef::SpidL2, false), Factor::Password, 10);
    let person = with_both();
    let last = login.next(Some(&person), &policy, login.expires - TimeDelta::milliseconds(1));
    assert_eq!(last, Step::Prove(vec![Factor::Totp]));
    assert_eq!(login.next(Some(&person), &policy, login.expires), refused(Refusal::TimedOut));
    assert!(login.keep_until() > login.expires);
    let expires = login.expires;
    let late = Evidence::held(Factor::Totp, expires, Level::Loa3);
    assert_eq!(login.clone().prove(&subject("ada"), late), Err(WrongState::OutOfTime));
    let early = Evidence::held(Factor::Totp, at(-1), Level::Loa3);
    assert_eq!(login.prove(&subject("ada"), early), Err(WrongState::OutOfTime));
}

#[test]
fn the_persons_word_ends_it() {
    let person = with_both();
    let open_login = || open(ClassRef::SpidL1, false);
    let with_password = || proved(open_login(), Factor::Password, 10);
    assert_eq!(next(&open_login().cancel().unwrap(), None), refused(Refusal::Cancelled));
    let cancelled = with_password().cancel().unwrap();
    assert_eq!(next(&cancelled, Some(&person)), refused(Refusal::Cancelled));
    assert_eq!(cancelled.subject(), Some(&subject("ada")));
    let denied = with_password().deny().unwrap();
    assert_eq!(next(&denied, Some(&person)), refused(Refusal::ConsentDenied));
    assert_eq!(open_login().deny(), Err(WrongState::NothingHeld));
    assert_eq!(denied.consent("digest"), Err(WrongState::Ended));
}

/// SPID nr23, told only to somebody who showed who they are.
#[test]
fn a_suspended_account_is_told_so_after_its_password_held() {
    for state in [AccountState::Suspended, AccountState::Revoked] {
        let person = Person { state, ..with_both() };
        let login = open(ClassRef::SpidL1, false);
        assert_eq!(
            next(&login, Some(&person)),
            Step::Prove(vec![Factor::Passkey, Factor::Password])
        );
        let login = proved(login, Factor::Password, 10);
        assert_eq!(next(&login, Some(&person)), refused(Refusal::Suspended));
    }
    assert_eq!(open(ClassRef::SpidL1, false).suspend(), Err(WrongState::NothingHeld));
    let blocked = proved(open(ClassRef::SpidL2, false), Factor::Password, 10).suspend().unwrap();
    assert_eq!(next(&blocked, Some(&with_both())), refused(Refusal::Suspended));
}

#[test]
fn before_something_held_no_person_makes_a_difference() {
    let nobody = ada(&[]);
    for class in [ClassRef::SpidL1, ClassRef::SpidL2, ClassRef::SpidL3] {
        let login = open(class, false);
        let expected = next(&login, None);
        for person in [&with_both(), &nobody] {
            assert_eq!(next(&login, Some(person)), expected);
        }
    }
    let beyond = open(ClassRef::SpidL3, false);
    assert_eq!(next(&beyond, None), refused(Refusal::LevelUnreachable));
}

/// IC-12: SPID nr20.
#[test]
fn a_person_without_what_it_takes_is_refused() {
    let login = proved(open(ClassRef::SpidL2, false), Factor::Password, 10);
    let person = ada(&[(Factor::Password, Level::Loa3)]);
    assert_eq!(next(&login, Some(&person)), refused(Refusal::LevelUnreachable));
    let weak = ada(&[(Factor::Password, Level::Loa3), (Factor::Totp, Level::Loa2)]);
    assert_eq!(next(&login, Some(&weak)), refused(Refusal::LevelUnreachable));
    let mut unproofed = with_both();
    unproofed.identities[0].proofing = None;
    assert_eq!(next(&login, Some(&unproofed)), refused(Refusal::LevelUnreachable));
}

#[test]
fn evidence_of_another_person_is_refused() {
    let login = proved(open(ClassRef::SpidL2, false), Factor::Password, 10);
    let evidence = Evidence::held(Factor::Totp, at(20), Level::Loa3);
    let theirs = login.clone().prove(&subject("eve"), evidence.clone());
    assert_eq!(theirs, Err(WrongState::OtherSubject));
    assert!(login.clone().prove(&subject("ada"), evidence).is_ok());
    let other = Person { subject: subject("eve"), ..with_both() };
    assert_eq!(next(&login, Some(&other)), refused(Refusal::Suspended));
    assert_eq!(next(&login, None), refused(Refusal::Suspended));
}

/// IC-17: what is released is what was shown; if it changed since, the person is asked again.
#[test]
fn consent_covers_what_was_shown() {
    let mut person = with_both();
    let login = proved(open(ClassRef::SpidL1, false), Factor::Password, 10);
    let login = login.consent(&shown(&person)).unwrap();
    assert!(matches!(next(&login, Some(&person)), Step::Answer(Outcome::Authenticated(_))));
    let mut other = person.clone();
    set(&mut other, AttributeName::Name, "Adamo");
    assert!(matches!(next(&login, Some(&other)), Step::Consent(_)), "another value");
    set(&mut person, AttributeName::FiscalNumber, "TINIT-RSSMRA85T10A562S");
    let again = next(&login, Some(&person));
    assert!(matches!(again, Step::Consent(release) if release.released.len() == 2));
    assert_eq!(open(ClassRef::SpidL1, false).consent("digest"), Err(WrongState::NothingHeld));
}

fn wanting(purpose: Option<Purpose>, age: Option<AgeLimit>) -> Transaction {
    let mut login = open(ClassRef::SpidL1, false);
    let request = std::sync::Arc::make_mut(&mut login.request);
    request.purpose = purpose;
    request.age = age;
    proved(login, Factor::Password, 10)
}

/// Somebody with one identity of each kind, by the number of its type in the rules.
fn with_all_kinds() -> Person {
    let mut person = with_both();
    person.identities = IdentityKind::ALL
        .into_iter()
        .zip(1..)
        .map(|(kind, number)| {
            let mut attributes = Attributes::default();
            attributes.set(AttributeName::Name, format!("Ada {number}"));
            identity(number, kind, attributes)
        })
        .collect();
    person
}

/// IC-18: the person chooses among the kinds that serve the purpose (spid-saml §4, Avviso 18), and
/// what is told is the chosen one's.
#[test]
fn the_person_chooses_among_the_identities_that_serve() {
    let person = with_all_kinds();
    for (purpose, expected) in [
        (None, &[1, 3][..]),
        (Some(Purpose::P), &[3, 4]),
        (Some(Purpose::LP), &[2, 4]),
        (Some(Purpose::PX), &[2, 3, 4]),
    ] {
        let login = wanting(purpose, None);
        let Step::Choose(choices) = next(&login, Some(&person)) else { panic!("{purpose:?}") };
        let numbers: Vec<u16> = choices.iter().map(|choice| choice.number).collect();
        assert_eq!(numbers, expected, "{purpose:?}");
        for number in expected {
            let login = login.clone().choose(*number).unwrap();
            let Step::Consent(release) = next(&login, Some(&person)) else { panic!("{number}") };
            assert_eq!(release.identity, *number);
            assert_eq!(release.released[0].value, format!("Ada {number}"));
        }
        let other = (1..=4).find(|number| !expected.contains(number)).unwrap();
        let login = login.choose(other).unwrap();
        assert!(matches!(next(&login, Some(&person)), Step::Choose(_)), "{other} does not serve");
    }
    for (purpose, only) in [(Purpose::PG, 4), (Purpose::PF, 3)] {
        let step = next(&wanting(Some(purpose), None), Some(&person));
        assert!(matches!(step, Step::Consent(release) if release.identity == only), "{purpose:?}");
    }
    assert_eq!(open(ClassRef::SpidL1, false).choose(1), Err(WrongState::NothingHeld));
}

/// SPID nr30: none of the person's identities is of a kind that serves.
#[test]
fn a_person_without_the_kind_that_is_wanted_is_refused() {
    let person = with_both();
    for purpose in Purpose::ALL {
        let refusal = next(&wanting(Some(purpose), None), Some(&person));
        assert_eq!(refusal, refused(Refusal::IdentityType), "{purpose:?}");
    }
    assert!(matches!(next(&wanting(None, None), Some(&person)), Step::Consent(_)));
    let mut company = with_both();
    company.identities[0].kind = IdentityKind::LegalPerson;
    assert_eq!(next(&wanting(None, None), Some(&company)), refused(Refusal::IdentityType));
}

/// SPID nr23 for an identity that is suspended, revoked or expired; another one that serves will do.
#[test]
fn an_identity_out_of_use_is_not_told_of() {
    let mut person = with_all_kinds();
    person.identities[0].state = AccountState::Suspended;
    let step = next(&wanting(None, None), Some(&person));
    assert!(matches!(step, Step::Consent(release) if release.identity == 3));
    let yesterday = at(0).date_naive().pred_opt().unwrap().to_string();
    person.identities[2].attributes.set(AttributeName::ExpirationDate, yesterday);
    assert_eq!(next(&wanting(None, None), Some(&person)), refused(Refusal::Suspended));
    let today = at(0).date_naive().to_string();
    person.identities[2].attributes.set(AttributeName::ExpirationDate, today);
    assert!(matches!(next(&wanting(None, None), Some(&person)), Step::Consent(_)));
    let chosen = wanting(Some(Purpose::P), None).choose(4).unwrap();
    assert!(matches!(next(&chosen, Some(&person)), Step::Consent(one) if one.identity == 4));
    person.identities[3].state = AccountState::Revoked;
    let step = next(&chosen, Some(&person));
    assert!(matches!(step, Step::Consent(one) if one.identity == 3), "revoked meanwhile");
}

/// The minors' rules (spid-saml §4): who is too young, too old or of unknown age is not told of.
#[test]
fn only_who_is_of_the_age_that_is_wanted_is_told_of() {
    let limit = AgeLimit::read(Some("14"), Some("17"));
    let mut person = with_both();
    let today = at(0).date_naive();
    assert_eq!(next(&wanting(None, limit), Some(&person)), refused(Refusal::WrongAge));
    for (years, taken) in [(13, false), (14, true), (17, true), (18, false)] {
        let born = today.with_year(today.year() - years).unwrap().to_string();
        set(&mut person, AttributeName::DateOfBirth, &born);
        let step = next(&wanting(None, limit), Some(&person));
        assert_eq!(matches!(step, Step::Consent(_)), taken, "{years}");
        assert_eq!(step == refused(Refusal::WrongAge), !taken, "{years}");
    }
}

/// What there is to choose is shown only to who has shown as much as was asked for.
#[test]
fn nothing_is_shown_of_identities_before_the_level_is_reached() {
    let person = with_all_kinds();
    let login = proved(open(ClassRef::SpidL2, false), Factor::Password, 10);
    assert_eq!(next(&login, Some(&person)), Step::Prove(vec![Factor::Totp]));
    let login = proved(login, Factor::Totp, 20);
    assert!(matches!(next(&login, Some(&person)), Step::Choose(_)));
    let mut unproofed = with_all_kinds();
    unproofed.identities[0].proofing = None;
    let step = next(&login, Some(&unproofed));
    assert!(matches!(step, Step::Consent(one) if one.identity == 3), "the other stays at SpidL1");
}

#[test]
fn nobody_is_asked_when_nobody_may_be() {
    let login = open(ClassRef::SpidL1, true);
    assert_eq!(next(&login, None), refused(Refusal::Passive));
    let login = proved(login, Factor::Password, 10);
    assert_eq!(next(&login, Some(&with_both())), refused(Refusal::Passive));
    let login = login.consent(&shown(&with_both())).unwrap();
    assert!(matches!(next(&login, Some(&with_both())), Step::Answer(Outcome::Authenticated(_))));
}

/// AR-03 to AR-08: the app is enrolled in the login that needs it, and its first code is evidence.
#[test]
fn an_app_is_enrolled_on_the_way() {
    let mut person = ada(&[(Factor::Password, Level::Loa3)]);
    person.enrolable = vec![Available::own(Factor::Totp, Level::Loa3)];
    let login = open(ClassRef::SpidL2, false);
    assert_eq!(login.clone().begin_enrolment("app".to_owned()), Err(WrongState::NothingHeld));
    let login = proved(login, Factor::Password, 10);
    assert_eq!(next(&login, Some(&person)), Step::Enrol(Factor::Totp));
    let code = || Evidence::held(Factor::Totp, at(20), Level::Loa3);
    let ada = subject("ada");
    let early = login.clone().confirm_enrolment("app", &ada, code());
    assert_eq!(early, Err(WrongState::NotEnrolling));
    let login = login.begin_enrolment("app".to_owned()).unwrap();
    assert_eq!(login.enrolling(), Some("app"));
    let other = login.clone().confirm_enrolment("another", &ada, code());
    assert_eq!(other, Err(WrongState::NotEnrolling));
    let stranger = login.clone().confirm_enrolment("app", &subject("eve"), code());
    assert_eq!(stranger, Err(WrongState::OtherSubject));
    let login = login.confirm_enrolment("app", &ada, code()).unwrap();
    assert_eq!(login.enrolling(), None);
    assert!(matches!(next(&login, Some(&person)), Step::Consent(_)));
}

#[test]
fn it_is_bound_to_browser_and_token() {
    let login = open(ClassRef::SpidL1, false);
    assert!(login.is_of_browser("digest of the cookie"));
    assert!(!login.is_of_browser("digest of the cookiE"));
    assert!(!login.is_of_browser(""));
    assert!(login.has_token("token of the forms"));
    assert!(!login.has_token("token of the form"));
    let debug = format!("{login:?}");
    assert!(!debug.contains("digest") && !debug.contains("token of") && !debug.contains("handle"));
}

#[test]
fn at_rest_it_is_itself_and_nothing_unknown() {
    let login = proved(open(ClassRef::SpidL2, false), Factor::Password, 10);
    for login in [open(ClassRef::SpidL2, false), login.clone(), login.cancel().unwrap()] {
        let json = serde_json::to_string(&login).unwrap();
        assert_eq!(serde_json::from_str::<Transaction>(&json).unwrap(), login);
        let more = json.replacen('{', "{\"more\":1,", 1);
        assert!(serde_json::from_str::<Transaction>(&more).is_err());
    }
}

/// What a browser, in the order of its liking, may try.
#[derive(Clone, Debug)]
enum Act {
    Prove(&'static str, Factor, Level),
    Fail,
    Cancel,
    /// To all that is sent, or to something else.
    Consent(bool),
    Deny,
    Suspend,
    Begin(&'static str),
    Confirm(&'static str, &'static str),
    Answered,
}

fn act() -> impl Strategy<Value = Act> {
    let who = || prop_oneof![4 => Just("ada"), 1 => Just("eve")];
    let level = || prop::sample::select(Level::ALL.to_vec());
    let factor = prop_oneof![
        4 => Just(Factor::Password),
        4 => Just(Factor::Totp),
        1 => prop::sample::select(Factor::ALL.to_vec()),
    ];
    let whole = prop_oneof![3 => Just(true), 1 => Just(false)];
    let app = || prop::sample::select(vec!["app", "other"]);
    prop_oneof![
        8 => (who(), factor, level()).prop_map(|(who, factor, level)| Act::Prove(who, factor, level)),
        1 => Just(Act::Fail),
        1 => Just(Act::Cancel),
        4 => whole.prop_map(Act::Consent),
        1 => Just(Act::Deny),
        1 => Just(Act::Suspend),
        2 => app().prop_map(Act::Begin),
        2 => (app(), who()).prop_map(|(app, who)| Act::Confirm(app, who)),
        1 => Just(Act::Answered),
    ]
}

/// What the log of a login says of it: kept apart from the transaction, to judge it by.
#[derive(Default)]
struct Log {
    held: Vec<(Factor, Level)>,
    failures: u32,
    granted: Option<bool>,
    ended: bool,
}

impl Log {
    fn worth(&self, factor: Factor) -> Option<Level> {
        self.held.iter().filter(|(held, _)| *held == factor).map(|(_, level)| *level).max()
    }

    /// Whether what held makes a LoA3, by docs/levels.md.
    fn is_loa3(&self) -> bool {
        let at = |factor| self.worth(factor) >= Some(Level::Loa3);
        let second = [
            Factor::Totp,
            Factor::Sms,
            Factor::Push,
            Factor::Qr,
            Factor::RecoveryCode,
            Factor::PhonePin,
        ];
        let alone = [
            Factor::QrPasswordless,
            Factor::Passkey,
            Factor::SmartCard,
            Factor::CnsLike,
            Factor::Upstream,
        ];
        at(Factor::Password) && second.into_iter().any(at) || alone.into_iter().any(at)
    }
}

fn perform(login: Transaction, act: &Act, log: &mut Log) -> Transaction {
    let before = login.clone();
    let evidence = |factor, level| Evidence::held(factor, at(30), level);
    let after = match act {
        Act::Prove(who, factor, level) => login.prove(&subject(who), evidence(*factor, *level)),
        Act::Fail => login.fail(),
        Act::Cancel => login.cancel(),
        Act::Consent(true) => login.consent(&shown(&with_fiscal_number())),
        Act::Consent(false) => login.consent(&shown(&with_both())),
        Act::Deny => login.deny(),
        Act::Suspend => login.suspend(),
        Act::Begin(app) => login.begin_enrolment((*app).to_owned()),
        Act::Confirm(app, who) => {
            login.confirm_enrolment(app, &subject(who), evidence(Factor::Totp, Level::Loa3))
        }
        Act::Answered => login.answered(at(40), "kept".to_owned()),
    };
    let Ok(after) = after else { return before };
    match act {
        Act::Prove(_, factor, level) => log.held.push((*factor, *level)),
        Act::Confirm(..) => log.held.push((Factor::Totp, Level::Loa3)),
        Act::Fail => log.failures += 1,
        Act::Consent(whole) => log.granted = Some(*whole),
        Act::Begin(_) => {}
        Act::Cancel | Act::Deny | Act::Suspend | Act::Answered => log.ended = true,
    }
    after
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// However a browser goes about it, a name is told only after enough held, of one person, who
    /// agreed to all that is sent, with fewer than three wrong attempts, in a login that had not
    /// ended; and then it is told.
    #[test]
    fn no_order_of_events_leads_to_a_name_without_proof_and_consent(
        acts in prop::collection::vec(act(), 0..14),
        enrolable: bool,
    ) {
        let policy = LevelPolicy { offered: Factor::ALL.to_vec(), ..LevelPolicy::default() };
        let mut people = ["ada", "eve"].map(|name| {
            Person { subject: subject(name), ..with_fiscal_number() }
        });
        if enrolable {
            people[0].enrolable = vec![Available::own(Factor::Totp, Level::Loa3)];
        }
        let mut login = open(ClassRef::SpidL2, false);
        let mut log = Log::default();
        for act in &acts {
            login = perform(login, act, &mut log);
            let person = people.iter().find(|person| Some(&person.subject) == login.subject());
            let step = login.next(person, &policy, at(60));
            let agreed = log.granted == Some(true);
            let may = log.is_loa3() && agreed && log.failures < 3 && !log.ended;
            let told = matches!(step, Step::Answer(Outcome::Authenticated(_)));
            prop_assert_eq!(told, may, "{:?} after {:?}", step, acts);
            if let Step::Answer(Outcome::Authenticated(told)) = &step {
                prop_assert!(told.class.level() <= told.achieved);
                prop_assert_eq!(Some(&told.subject), login.subject());
            }
        }
    }
}
