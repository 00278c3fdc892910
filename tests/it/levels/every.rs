//! Every person, every request, every step of the login between them.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;
use ponte::assurance::factor::{Available, Factor};
use ponte::assurance::plan::{Plan, SessionEvidence, Standing, plan};
use ponte::assurance::policy::LevelPolicy;
use ponte::assurance::requirement::Requirement;
use ponte::identity::account::ProofingMethod;

use super::campaigns;
use super::document;
use super::oracle::{self, Asked, Worth};
use super::outcomes::{self, Came, Outcomes, Row};
use super::{everything, evidence, level, now, number, person, place, requirement};

fn asked_for() -> Vec<Asked> {
    let classes: [&[oracle::Class]; 13] = [
        &[],
        &[oracle::SPID[0]],
        &[oracle::SPID[1]],
        &[oracle::SPID[2]],
        &[oracle::EIDAS[1]],
        &[oracle::NOTHING],
        &[oracle::PROTECTED],
        &[oracle::MFA],
        &[oracle::TOKEN],
        &[oracle::CARD],
        &[oracle::MFA, oracle::PROTECTED],
        &[oracle::PROTECTED, oracle::MFA],
        &[oracle::CARD, oracle::TOKEN],
    ];
    let mut all = Vec::new();
    for classes in classes {
        for comparison in ["exact", "minimum", "maximum", "better"] {
            for spid in [true, false] {
                for minimum in [0, 3] {
                    all.push(Asked { classes, comparison, spid, minimum });
                }
            }
        }
    }
    all
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Session {
    None,
    Fresh,
    BeforeTheRequest,
    Expired,
}

/// Everything that decides a plan, for one person and one request.
#[derive(Debug)]
struct Case<'a> {
    asked: &'a Asked,
    has: Worth,
    proofing: Option<ProofingMethod>,
    cap: u8,
    session: Session,
    /// The most that a session may serve for; 0: nothing.
    most: u8,
}

impl Case<'_> {
    /// Walks the login to its end, choosing now this factor and now that one, and holds every step
    /// to the oracle. Says how many plans were compared.
    fn walk(
        &self,
        choice: usize,
        requirement: &Requirement,
        policy: &LevelPolicy,
        outcomes: &mut Outcomes,
    ) -> u64 {
        let left: &[usize] = if choice.is_multiple_of(3) {
            &[oracle::PASSWORD, oracle::TOTP]
        } else {
            &[oracle::PASSWORD]
        };
        let left = oracle::only(&self.has, left);
        let session = self.session_evidence(&left);
        let counts = self.session == Session::Fresh;
        let up_to = |most: u8| left.map(|worth| worth.min(most));
        let in_session = if counts && self.asked.spid { up_to(self.most.min(2)) } else { [0; 12] };
        let joined = if counts && !self.asked.spid { up_to(self.most) } else { [0; 12] };
        let available: Vec<Available> = evidence(&self.has, now())
            .iter()
            .map(|e| Available::own(e.factor(), e.ceiling()))
            .collect();
        let mut held: Worth = [0; 12];
        for plans in 1..=4 {
            let shown = evidence(&held, now());
            let standing = Standing {
                evidence: &shown,
                session: session.as_ref(),
                available: &available,
                enrolable: &[],
                proofing: self.proofing,
            };
            let decided = plan(requirement, &standing, policy, now());
            let all = oracle::both(&held, &joined);
            let by_now = [oracle::met(self.asked, &all, self.cap), self.by_session(&in_session)];
            let by_now = by_now.into_iter().flatten().min_by_key(|(rank, _)| *rank);
            let in_the_end =
                [oracle::met(self.asked, &self.has, self.cap), self.by_session(&in_session)];
            let best = in_the_end.into_iter().flatten().map(|(rank, _)| rank).min();
            match decided {
                Plan::Unreachable => {
                    assert_eq!(best, None, "{self:?} given up");
                    let before = Asked { minimum: 0, ..*self.asked };
                    let reached = oracle::met(&before, &self.has, self.cap).is_some();
                    let locked_out = self.asked.minimum > 0 && reached;
                    self.note(outcomes, &in_session, &held, Came::Refused { locked_out });
                    return plans;
                }
                Plan::Enough { achieved, class } => {
                    let (rank, name) =
                        by_now.unwrap_or_else(|| panic!("{self:?}: {class:?} for nothing"));
                    assert_eq!(Some(rank), best, "{self:?} could do better than {class:?}");
                    assert_eq!(class.uri(), name, "{self:?}");
                    let reached =
                        oracle::level(&all, self.cap).max(oracle::level(&in_session, self.cap));
                    assert!(number(achieved) <= reached, "{self:?}: {achieved:?}");
                    assert!(class.level() <= achieved, "{self:?}: {class:?} at {achieved:?}");
                    self.note(outcomes, &in_session, &held, Came::Asserted(number(class.level())));
                    return plans;
                }
                Plan::Ask(factors) => {
                    assert_ne!(by_now.map(|(rank, _)| rank), best, "{self:?} asks without need");
                    self.compare(&factors, &all, best);
                    let next = place(factors[choice % factors.len()]);
                    held[next] = self.has[next];
                }
                Plan::Enrol(_) => panic!("{self:?}: nothing can be enrolled"),
            }
        }
        panic!("{self:?} never ends")
    }

    /// Writes down what came of one of SPID's own requests.
    fn note(&self, outcomes: &mut Outcomes, in_session: &Worth, held: &Worth, came: Came) {
        if !is_spids(self.asked) {
            return;
        }
        let row = Row {
            asked: self.asked.classes[0].1,
            comparison: self.asked.comparison,
            session: oracle::level(in_session, self.cap) > 0,
            minimum: self.asked.minimum,
            reach: oracle::level(&self.has, self.cap),
        };
        outcomes.note(row, held, came);
    }

    fn by_session(&self, in_session: &Worth) -> Option<(u8, &'static str)> {
        oracle::met(self.asked, in_session, self.cap)
    }

    fn session_evidence(&self, password: &Worth) -> Option<SessionEvidence> {
        let (at, expires) = match self.session {
            Session::None => return None,
            Session::Fresh => (now(), now() + TimeDelta::seconds(1)),
            Session::BeforeTheRequest => {
                (now() - TimeDelta::seconds(1), now() + TimeDelta::hours(1))
            }
            Session::Expired => (now(), now()),
        };
        Some(SessionEvidence { evidence: evidence(password, at), expires })
    }

    /// The factors asked for are the next of every set that leads to the best that can be had, and
    /// no others; what follows a password is not among them before it held (BI-01).
    fn compare(&self, factors: &[Factor], held: &Worth, best: Option<u8>) {
        let mut expected: Vec<usize> = Vec::new();
        for set in oracle::SETS {
            let worth = oracle::only(&self.has, set);
            if set.iter().any(|place| self.has[*place] == 0) {
                continue;
            }
            if oracle::met(self.asked, &worth, self.cap).map(|(rank, _)| rank) == best {
                let wanting = |place: &&usize| {
                    let mut without = worth;
                    without[**place] = held[**place];
                    oracle::met(self.asked, &without, self.cap).map(|(rank, _)| rank) != best
                };
                expected.extend(set.iter().find(wanting));
            }
        }
        expected.sort_unstable();
        expected.dedup();
        let mut asked: Vec<usize> = factors.iter().map(|factor| place(*factor)).collect();
        if held[oracle::PASSWORD] == 0 {
            assert!(factors.iter().all(|factor| factor.is_first()), "{self:?}: {factors:?}");
        }
        asked.sort_unstable();
        assert_eq!(asked, expected, "{self:?}");
    }
}

/// Every set of the twelve kinds of factor, bound high or low, of persons proofed or not, in every
/// state of the session and of a campaign, for every request; and the table of docs/levels.md that says what came of it.
#[test]
fn every_plan_is_the_oracles() {
    let compared = AtomicU64::new(0);
    let persons = AtomicU64::new(0);
    let all = asked_for();
    let requirements: Vec<Requirement> = all.iter().map(requirement).collect();
    let policy = everything();
    let outcomes = std::sync::Mutex::new(Outcomes::default());
    std::thread::scope(|scope| {
        for part in 0..2 {
            let (compared, persons, all, requirements, policy, outcomes) =
                (&compared, &persons, &all, &requirements, &policy, &outcomes);
            scope.spawn(move || {
                let mut own = Outcomes::default();
                for mask in (0..4096).filter(|mask| mask % 2 == part) {
                    let plans = walk_all(mask, all, requirements, policy, &mut own);
                    compared.fetch_add(plans, Ordering::Relaxed);
                    persons.fetch_add(1, Ordering::Relaxed);
                }
                outcomes.lock().unwrap().join(own);
            });
        }
    });
    println!("{persons:?} factor sets, {compared:?} plans compared with the oracle");
    assert!(compared.into_inner() > 1_000_000);
    let outcomes = outcomes.into_inner().unwrap();
    outcomes.hold();
    let campaigns = outcomes::campaigns(&campaigns::states());
    document::hold(&[("campaigns", campaigns), ("outcomes", outcomes.table())]);
}

fn walk_all(
    mask: usize,
    all: &[Asked],
    requirements: &[Requirement],
    policy: &LevelPolicy,
    outcomes: &mut Outcomes,
) -> u64 {
    const BOUND: [(u8, u8); 4] = [(4, 4), (4, 2), (3, 3), (2, 4)];
    const PROOFED: [(Option<ProofingMethod>, u8); 2] =
        [(Some(ProofingMethod::Desk), 4), (Some(ProofingMethod::SelfAsserted), 2)];
    const SESSIONS: [Session; 4] =
        [Session::None, Session::Fresh, Session::BeforeTheRequest, Session::Expired];
    let mut plans = 0;
    let mut context = 0;
    for (password, others) in BOUND {
        let has = person(mask, password, others);
        for (proofing, cap) in PROOFED {
            for session in SESSIONS {
                context += 1;
                for (turn, (asked, requirement)) in all.iter().zip(requirements).enumerate() {
                    if is_spids(asked) || (context + mask + turn).is_multiple_of(EVERY) {
                        let most = [4, 3, 2, 0][(context + mask + turn) % 4];
                        let case = Case { asked, has, proofing, cap, session, most };
                        let session = (most > 0).then(|| level(most));
                        let requirement = Requirement { session, ..requirement.clone() };
                        plans += case.walk(mask + turn, &requirement, policy, outcomes);
                    }
                }
            }
        }
    }
    plans
}

/// SPID's own requests meet every person in every context, before and after the end of a campaign; of the others each meets
/// every person in some.
fn is_spids(asked: &Asked) -> bool {
    asked.spid && asked.classes.len() == 1 && asked.classes[0].0.contains("spid.gov.it")
}

const EVERY: usize = 16;
