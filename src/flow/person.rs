//! The person of a login, read from the store at one moment.

use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;
use crate::enrolment::activation::enrolable;
use crate::enrolment::campaign::{self, Campaign, Duty, Phase, Task};
use crate::enrolment::credential::{Credential, CredentialState, Secret};
use crate::enrolment::recovery::masked;
use crate::factors::sms::Number;
use crate::flow::env::Env;
use crate::flow::upstream::person::{passing_account, vouched_for};
use crate::identity::account::{Account, AccountState, Unattended};
use crate::identity::attributes::AttributeName;
use crate::identity::subject::Subject;
use crate::login::person::Person;
use crate::login::transaction::Transaction;
use crate::login::vouched::Vouched;
use crate::login::ways::Accounts;
use crate::store::activations::Kept;
use crate::store::port::StoreError;
use crate::store::record::{Batch, Loaded};
use crate::store::{accounts, activations, campaigns, credentials};

/// A person's records, and what a login may know of them.
#[derive(Debug)]
pub(in crate::flow) struct Known {
    pub(in crate::flow) account: Loaded<Account>,
    pub(in crate::flow) credentials: Vec<Loaded<Credential>>,
    pub(in crate::flow) activation: Option<Loaded<Kept>>,
    pub(in crate::flow) person: Person,
}

impl Known {
    /// The active password.
    pub(in crate::flow) fn password(&self) -> Option<&Loaded<Credential>> {
        self.active(|secret| matches!(secret, Secret::Password { .. }))
    }

    /// The active authenticator app, the first of several.
    pub(in crate::flow) fn totp(&self) -> Option<&Loaded<Credential>> {
        self.totps().next()
    }

    /// The active authenticator apps.
    pub(in crate::flow) fn totps(&self) -> impl Iterator<Item = &Loaded<Credential>> {
        let active = self.credentials.iter().filter(|one| one.value.is_active());
        active.filter(|one| matches!(one.value.secret, Secret::Totp { .. }))
    }

    /// The authenticator apps that are there, or were reported lost.
    pub(in crate::flow) fn lost_apps(&self) -> impl Iterator<Item = &Loaded<Credential>> {
        let there = |one: &&Loaded<Credential>| {
            matches!(one.value.state, CredentialState::Active | CredentialState::Lost)
        };
        let apps = |one: &&Loaded<Credential>| matches!(one.value.secret, Secret::Totp { .. });
        self.credentials.iter().filter(there).filter(apps)
    }

    /// What is on record for `task`, masked.
    pub(in crate::flow) fn shown(&self, task: Task) -> Option<String> {
        let account = &self.account.value;
        match task {
            Task::RecoveryAddress => account.attribute(AttributeName::Email).map(masked),
            Task::Number => {
                let number = account.attribute(AttributeName::MobilePhone)?;
                let end: String = number.chars().rev().take(2).collect();
                let end: String = end.chars().rev().collect();
                Some(match Number::try_from(number.to_owned()) {
                    Ok(number) => number.masked(),
                    Err(_) => format!("*** *** **{end}"),
                })
            }
        }
    }

    /// Whether the person may log in at all.
    pub(in crate::flow) fn may_log_in(&self) -> bool {
        self.person.state == AccountState::Active
    }

    /// The recovery codes, if one is left.
    pub(in crate::flow) fn recovery(&self) -> Option<&Loaded<Credential>> {
        self.active(|secret| matches!(secret, Secret::RecoveryCodes { .. }) && !secret.is_spent())
    }

    /// The active telephone for codes by SMS.
    pub(in crate::flow) fn sms(&self) -> Option<&Loaded<Credential>> {
        self.active(|secret| matches!(secret, Secret::Sms { .. }))
    }

    /// The active passkeys: each with its credential's ID and its key.
    pub(in crate::flow) fn passkeys(
        &self,
    ) -> impl Iterator<Item = (&Loaded<Credential>, &str, &str)> {
        let active = self.credentials.iter().filter(|one| one.value.is_active());
        active.filter_map(|one| match &one.value.secret {
            Secret::Passkey { id, key, .. } => Some((one, id.as_str(), key.as_str())),
            _ => None,
        })
    }

    /// The active smart cards.
    pub(in crate::flow) fn cards(&self) -> impl Iterator<Item = &Loaded<Credential>> {
        let active = self.credentials.iter().filter(|one| one.value.is_active());
        active.filter(|one| one.value.secret.card().is_some())
    }

    /// The active passkey with the credential ID `id`.
    pub(in crate::flow) fn passkey(&self, id: &str) -> Option<&Loaded<Credential>> {
        self.passkeys().find(|(_, own, _)| *own == id).map(|(one, _, _)| one)
    }

    /// The active phones with the app.
    pub(in crate::flow) fn phones(&self) -> impl Iterator<Item = &Loaded<Credential>> {
        let active = self.credentials.iter().filter(|one| one.value.is_active());
        active.filter(|one| matches!(one.value.secret, Secret::App { .. }))
    }

    /// Whether one of the phones may answer a request by `by`.
    pub(in crate::flow) fn has_phone_for(&self, by: Factor) -> bool {
        let serves = |secret: &Secret| !secret.is_locked() && secret.approves(by).is_some();
        self.phones().any(|one| serves(&one.value.secret))
    }

    /// The keys of those whose authenticators keep them.
    pub(in crate::flow) fn authenticators(&self) -> impl Iterator<Item = &str> {
        self.phones().filter_map(|one| match &one.value.secret {
            Secret::App { key, pin: None, .. } => Some(key.as_str()),
            _ => None,
        })
    }

    /// The credential `id`, whatever its state.
    pub(in crate::flow) fn credential(&self, id: &str) -> Option<&Loaded<Credential>> {
        self.credentials.iter().find(|one| one.value.id == id)
    }

    /// Makes `batch` conflict if the account or the password is changed meanwhile: nobody is named, and
    /// no session begins, by what has been taken away (IC-23, nr23).
    pub(in crate::flow) fn expect_unchanged(&self, batch: &mut Batch) {
        batch.expect(&self.account);
        if let Some(password) = self.password() {
            batch.expect(password);
        }
    }

    /// Adds to `batch` that somebody logged in with an account of a machine's, the first time (BI-12).
    pub(in crate::flow) fn note_interactive(
        &self,
        env: &Env,
        batch: &mut Batch,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if self.account.value.unattended == Some(Unattended { interactive: None }) {
            let mut account = self.account.value.clone();
            account.unattended = Some(Unattended { interactive: Some(now) });
            accounts::update(env.records(), batch, &self.account, &account)?;
        }
        Ok(())
    }

    fn active(&self, kind: impl Fn(&Secret) -> bool) -> Option<&Loaded<Credential>> {
        self.credentials.iter().find(|one| one.value.is_active() && kind(&one.value.secret))
    }
}

/// The person `subject`, if the account is still there.
pub(in crate::flow) async fn load(
    env: &Env,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<Option<Known>, StoreError> {
    match accounts::get(env.records(), subject, now).await? {
        Some(account) => complete(env, account, now).await.map(Some),
        None => Ok(None),
    }
}

/// The person of `login`, once something has held: by their account, or, where none is kept, as another identity
/// provider says.
pub(in crate::flow) async fn of(
    env: &Env,
    login: &Transaction,
    now: DateTime<Utc>,
) -> Result<Option<Known>, StoreError> {
    let Some(subject) = login.subject() else { return Ok(None) };
    let Some(vouched) = login.vouched() else { return load(env, subject, now).await };
    if login.request.ways.accounts == Accounts::PassThrough {
        return passing(env, login, subject, vouched).map(Some);
    }
    let known = load(env, subject, now).await?;
    Ok(known.map(|known| with_word(known, vouched)))
}

/// As [`of`], before the login is written: an account that is made with it is not there yet.
pub(in crate::flow) async fn of_new(
    env: &Env,
    login: &Transaction,
    now: DateTime<Utc>,
) -> Result<Option<Known>, StoreError> {
    match (of(env, login, now).await?, login.subject(), login.vouched()) {
        (None, Some(subject), Some(vouched)) => passing(env, login, subject, vouched).map(Some),
        (known, _, _) => Ok(known),
    }
}

fn passing(
    env: &Env,
    login: &Transaction,
    subject: &Subject,
    vouched: &Vouched,
) -> Result<Known, StoreError> {
    let account = passing_account(subject, vouched, login.request.purpose);
    let account = accounts::absent(env.records(), account);
    let person = Person::of(&account.value, &[], Vec::new());
    Ok(Known { account, credentials: Vec::new(), activation: None, person })
}

fn with_word(known: Known, vouched: &Vouched) -> Known {
    let identities = vouched_for(&known.person.identities, vouched);
    Known { person: Person { identities, ..known.person }, ..known }
}

/// The person who logs in as `typed`: a user name, else an e-mail address, else a fiscal code, whichever is one account's
/// alone (TS-07, IC-15). Whatever was typed is looked for in all three.
pub(in crate::flow) async fn by_login(
    env: &Env,
    typed: &str,
    now: DateTime<Utc>,
) -> Result<Option<Known>, StoreError> {
    let records = env.records();
    let by_name = accounts::by_username(records, typed, now).await?;
    let by_address = accounts::by_email(records, typed, now).await?;
    let code = typed.trim().to_ascii_uppercase();
    let code = code.strip_prefix("TINIT-").unwrap_or(&code);
    let mut by_code = accounts::by_fiscal_number(records, &format!("TINIT-{code}"), now).await?;
    let by_code = by_code.pop().filter(|_| by_code.is_empty());
    match by_name.or(by_address).or(by_code) {
        Some(account) => complete(env, account, now).await.map(Some),
        None => Ok(None),
    }
}

/// What campaigns ask of the person.
async fn duty_of(
    env: &Env,
    account: &Account,
    held: &[Credential],
    now: DateTime<Utc>,
) -> Result<Duty, StoreError> {
    let mut all = Vec::with_capacity(env.settings.campaigns.len());
    for campaign in &env.settings.campaigns {
        let subject = &account.subject;
        let progress = campaigns::load(env.records(), &campaign.name, subject, now).await?;
        all.push((campaign, progress.value));
    }
    let all: Vec<_> = all.iter().map(|(campaign, progress)| (*campaign, progress)).collect();
    Ok(campaign::duty(&all, account, campaign::number_state(account, held), now))
}

async fn complete(
    env: &Env,
    account: Loaded<Account>,
    now: DateTime<Utc>,
) -> Result<Known, StoreError> {
    let subject = &account.value.subject;
    let credentials = credentials::list(env.records(), subject, now).await?;
    let activation = activations::load(env.records(), subject, now).await?;
    let delivery = activation
        .as_ref()
        .map(|kept| &kept.value.activation)
        .filter(|activation| activation.is_good_for(subject, now))
        .map(|activation| activation.delivery);
    let first = env.settings.first_enrolment;
    let enrolable = enrolable(delivery, first, account.value.first_second_factor);
    let held: Vec<Credential> = credentials.iter().map(|one| one.value.clone()).collect();
    let duty = duty_of(env, &account.value, &held, now).await?;
    let in_period = |campaign: &Campaign| {
        campaign.phase(now) == Phase::Transitional && campaign.includes(&account.value)
    };
    let in_period = env.settings.campaigns.iter().any(in_period);
    let unattended = account.value.unattended;
    let attended = unattended.is_none_or(|one| one.may_log_in(in_period, now));
    let person = Person { duty, attended, ..Person::of(&account.value, &held, enrolable) };
    Ok(Known { account, credentials, activation, person })
}
