//! With which of a person's identities a login goes on.

use std::fmt;

use chrono::NaiveDate;

use crate::assurance::plan::Plan;
use crate::identity::account::Identity;
use crate::identity::attributes::AttributeName;
use crate::identity::kind::{IdentityKind, serves};
use crate::login::outcome::Refusal;
use crate::login::person::Person;
use crate::login::request::LoginRequest;

/// An identity as the person is shown it to choose it.
#[derive(Clone, Eq, PartialEq)]
pub struct Choice {
    /// Its number in the account.
    pub number: u16,
    /// Of what kind it is.
    pub kind: IdentityKind,
    /// Whose it is: given and family names, as far as known.
    pub name: String,
    /// The legal person in it.
    pub company: Option<String>,
    /// Its code.
    pub spid_code: Option<String>,
}

impl Choice {
    /// What is shown of `identity`.
    #[must_use]
    pub fn of(identity: &Identity) -> Self {
        let said = |name| identity.attributes.get(name).filter(|_| identity.kind.carries(name));
        let names = [said(AttributeName::Name), said(AttributeName::FamilyName)];
        Self {
            number: identity.number,
            kind: identity.kind,
            name: names.into_iter().flatten().collect::<Vec<_>>().join(" "),
            company: said(AttributeName::CompanyName).map(str::to_owned),
            spid_code: said(AttributeName::SpidCode).map(str::to_owned),
        }
    }
}

impl fmt::Debug for Choice {
    /// Which one, and nothing that it says: it is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Choice({}, {:?})", self.number, self.kind)
    }
}

/// With which identity a login goes on.
#[derive(Debug)]
pub enum Picked<'a> {
    /// With this one; what is left to do with it.
    One(&'a Identity, Plan),
    /// The person has to say.
    Several(Vec<Choice>),
}

/// Picks the identity of `person` with which a login for `request` goes on: the chosen one, if it
/// does, or the only one. `plan` says what is left to do with one.
///
/// # Errors
/// Why there is none: of no right kind (nr30), suspended, revoked or expired (nr23), of the wrong
/// age, or none with which the level can be reached (nr20).
pub fn pick<'a>(
    person: &'a Person,
    request: &LoginRequest,
    chosen: Option<u16>,
    today: NaiveDate,
    plan: impl Fn(&Identity) -> Plan,
) -> Result<Picked<'a>, Refusal> {
    let fitting = fitting(person, request, today)?;
    let mut plans: Vec<(&Identity, Plan)> = fitting
        .into_iter()
        .map(|identity| (identity, plan(identity)))
        .filter(|(_, plan)| *plan != Plan::Unreachable)
        .collect();
    if let Some(at) = plans.iter().position(|(one, _)| Some(one.number) == chosen) {
        plans = vec![plans.swap_remove(at)];
    }
    // Which identities there are is shown only to who has shown as much as was asked for.
    let enough = plans.iter().any(|(_, plan)| matches!(plan, Plan::Enough { .. }));
    if enough && request.relying_party.own {
        // Nobody is told of any: one that does will do.
        plans.retain(|(_, plan)| matches!(plan, Plan::Enough { .. }));
        plans.truncate(1);
    }
    if plans.len() > 1 && enough {
        return Ok(Picked::Several(plans.iter().map(|(one, _)| Choice::of(one)).collect()));
    }
    let first = plans.into_iter().next();
    first.map(|(one, plan)| Picked::One(one, plan)).ok_or(Refusal::LevelUnreachable)
}

fn fitting<'a>(
    person: &'a Person,
    request: &LoginRequest,
    today: NaiveDate,
) -> Result<Vec<&'a Identity>, Refusal> {
    let own = request.relying_party.own;
    let kinds = |one: &&Identity| own || serves(one.kind, request.purpose);
    let mut left: Vec<&Identity> = person.identities.iter().filter(kinds).collect();
    if left.is_empty() {
        return Err(Refusal::IdentityType);
    }
    left.retain(|one| one.is_good(today));
    if left.is_empty() {
        return Err(Refusal::Suspended);
    }
    if let Some(limit) = request.age {
        left.retain(|one| limit.admits(one.date(AttributeName::DateOfBirth), today));
    }
    if left.is_empty() { Err(Refusal::WrongAge) } else { Ok(left) }
}
