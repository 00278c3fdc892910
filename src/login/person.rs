//! The person of a login, as the store describes them at that moment.

use chrono::{DateTime, Utc};

use crate::assurance::factor::{Available, Factor};
use crate::enrolment::campaign::Duty;
use crate::enrolment::credential::{Credential, CredentialState, Secret};
use crate::identity::account::{Account, AccountState, Identity};
use crate::identity::subject::Subject;

/// What a login needs to know of its person; read anew for every request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Person {
    /// Who.
    pub subject: Subject,
    /// Whether they may log in.
    pub state: AccountState,
    /// The identities that they hold.
    pub identities: Vec<Identity>,
    /// The factors that they have.
    pub available: Vec<Available>,
    /// When their password was last set, or a factor recovered: what held before counts no more.
    pub password_set: Option<DateTime<Utc>>,
    /// Whether somebody may log in with this account, if it is a machine's (BI-12).
    pub attended: bool,
    /// What campaigns ask of them.
    pub duty: Duty,
    /// Whether their password only leads to a new one (TS-09).
    pub password_expired: bool,
    /// The factors that they may enrol in this login
    /// ([`enrolable`](crate::enrolment::activation::enrolable)).
    pub enrolable: Vec<Available>,
}

impl Person {
    /// Puts a person together from what the store holds; only active credentials of theirs count.
    #[must_use]
    pub fn of(account: &Account, credentials: &[Credential], enrolable: Vec<Available>) -> Self {
        let available = credentials
            .iter()
            .filter(|one| one.subject == account.subject && one.state == CredentialState::Active)
            .filter(|one| !one.secret.is_spent() && !one.secret.is_locked())
            .flat_map(available)
            .collect();
        Self {
            subject: account.subject.clone(),
            state: account.state,
            identities: account.identities.clone(),
            available,
            password_set: credentials
                .iter()
                .filter(|one| one.subject == account.subject && one.is_active())
                .filter(|one| one.secret.factor() == Factor::Password)
                .map(|one| one.enrolled)
                .chain(account.reset)
                .max(),
            attended: account.unattended.is_none(),
            duty: Duty::default(),
            password_expired: credentials.iter().any(|one| {
                one.subject == account.subject
                    && one.is_active()
                    && matches!(one.secret, Secret::Password { expired: true, .. })
            }),
            enrolable,
        }
    }
}

/// What the credential is worth if it is asked for; a card's issuer goes by its name in the settings.
fn available(one: &Credential) -> impl Iterator<Item = Available> {
    let issuer = one.secret.card().map(|card| card.issuer.clone());
    one.secret.factors().iter().map(move |factor| Available {
        factor: *factor,
        binding: one.binding,
        issuer: issuer.clone(),
    })
}
