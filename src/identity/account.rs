//! A person's account: how they are known, the identities that they hold, and whether they may log in.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::identity::attributes::{AttributeName, Attributes};
use crate::identity::kind::IdentityKind;
use crate::identity::subject::Subject;

/// What ponte knows of a person.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(from = "Stored")]
pub struct Account {
    /// Our name for the person.
    pub subject: Subject,
    /// What the person types to log in; unique in the tenant, compared in lower case.
    pub username: String,
    /// Whether the person may log in.
    pub state: AccountState,
    /// How that came about, the last last.
    pub history: Vec<Change>,
    /// The identities that the person holds, in the order in which they were given.
    pub identities: Vec<Identity>,
    /// When the account was made.
    pub created: DateTime<Utc>,
    /// The first login with a second factor that counted; ends trust on first use.
    pub first_second_factor: Option<DateTime<Utc>>,
    /// A blind digest of the line by which the account was imported, if it was: the same line
    /// again is then no second person.
    pub imported: Option<String>,
    /// What held before counts no more: a factor was recovered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<DateTime<Utc>>,
    /// When an e-mail address of theirs was last changed (AR-11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_changed: Option<DateTime<Utc>>,
    /// The body whose delegated administrator made it, and sees it (AR-17).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// It is a machine's: nobody logs in with it but once, in the period of a campaign (BI-12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unattended: Option<Unattended>,
    /// The account with which its person registered again; this one is frozen (BI-14).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<Subject>,
    /// The account that this one took the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Subject>,
}

/// An account by which machines talk to machines.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Unattended {
    /// When somebody first logged in with it.
    pub interactive: Option<DateTime<Utc>>,
}

impl Unattended {
    /// Whether somebody may log in with it: for an hour, once, while a campaign asks for it (BI-12).
    #[must_use]
    pub fn may_log_in(self, in_period: bool, now: DateTime<Utc>) -> bool {
        in_period && self.interactive.is_none_or(|first| now < first + TimeDelta::hours(1))
    }
}

/// One of a person's identities: what SPID gives a `spidCode`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Its number in the account, from 1; no other one gets it.
    pub number: u16,
    /// Of what kind it is.
    pub kind: IdentityKind,
    /// Whether it may be used.
    pub state: AccountState,
    /// How that came about, the last last.
    pub history: Vec<Change>,
    /// The attributes that may be released.
    pub attributes: Attributes,
    /// How it was established; nothing known caps the level (docs/levels.md).
    pub proofing: Option<Proofing>,
    /// When it was given.
    pub created: DateTime<Utc>,
}

/// Whether an account's person may log in, or an identity be used (spid-saml §3, nr23).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountState {
    /// May.
    Active,
    /// May not for now.
    Suspended,
    /// May never again.
    Revoked,
}

/// That a state was set.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// When.
    pub at: DateTime<Utc>,
    /// To what.
    pub state: AccountState,
    /// Why, in the operator's words.
    pub reason: String,
}

/// How an identity was established (IC-19).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Proofing {
    /// By what means.
    pub method: ProofingMethod,
    /// On what day.
    pub date: NaiveDate,
    /// Who did it.
    pub operator: String,
    /// Where the evidence is kept.
    pub evidence: String,
}

/// A means of establishing a person's identity (IC-19).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProofingMethod {
    /// In person at a desk.
    Desk,
    /// By an operator on video.
    Video,
    /// By a document with a qualified digital signature.
    DigitalSignature,
    /// By a CNS card.
    Cns,
    /// By the chip of an identity document.
    NfcDocument,
    /// By the person's own word.
    SelfAsserted,
}

impl ProofingMethod {
    /// Every means.
    pub const ALL: [Self; 6] = [
        Self::Desk,
        Self::Video,
        Self::DigitalSignature,
        Self::Cns,
        Self::NfcDocument,
        Self::SelfAsserted,
    ];

    /// Its name in files and commands.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Video => "video",
            Self::DigitalSignature => "digital-signature",
            Self::Cns => "cns",
            Self::NfcDocument => "nfc-document",
            Self::SelfAsserted => "self-asserted",
        }
    }

    /// The means of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }
}

impl Account {
    /// An active account with these identities, made now.
    #[must_use]
    pub fn new(
        subject: Subject,
        username: String,
        identities: Vec<Identity>,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            subject,
            username,
            state: AccountState::Active,
            history: Vec::new(),
            identities,
            created: now,
            first_second_factor: None,
            imported: None,
            reset: None,
            address_changed: None,
            body: None,
            unattended: None,
            replaced_by: None,
            replaces: None,
        }
    }

    /// The identity of that number.
    #[must_use]
    pub fn identity(&self, number: u16) -> Option<&Identity> {
        self.identities.iter().find(|identity| identity.number == number)
    }

    /// The attribute as the first identity that has it says it: for pages and lists of ours.
    #[must_use]
    pub fn attribute(&self, name: AttributeName) -> Option<&str> {
        self.identities.iter().find_map(|identity| identity.attributes.get(name))
    }

    /// The number that the next identity gets.
    #[must_use]
    pub fn next_number(&self) -> u16 {
        self.identities.iter().map(|identity| identity.number).max().unwrap_or(0).saturating_add(1)
    }

    /// The values of `name` of all identities, each once.
    #[must_use]
    pub fn all(&self, name: AttributeName) -> Vec<&str> {
        let mut values = Vec::new();
        for value in self.identities.iter().filter_map(|one| one.attributes.get(name)) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values
    }

    /// Sets the state, and says why.
    pub fn set_state(&mut self, state: AccountState, reason: &str, now: DateTime<Utc>) {
        self.state = state;
        remember(&mut self.history, Change { at: now, state, reason: reason.to_owned() });
    }
}

impl Identity {
    /// The active identity number `number`, given now.
    #[must_use]
    pub fn new(
        number: u16,
        kind: IdentityKind,
        attributes: Attributes,
        proofing: Option<Proofing>,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            number,
            kind,
            state: AccountState::Active,
            history: Vec::new(),
            attributes,
            proofing,
            created: now,
        }
    }

    /// Whether it may be used on `today`: it is active, and its last day is not over.
    #[must_use]
    pub fn is_good(&self, today: NaiveDate) -> bool {
        self.state == AccountState::Active && !self.has_expired(today)
    }

    /// Whether its last day is over.
    #[must_use]
    pub fn has_expired(&self, today: NaiveDate) -> bool {
        self.date(AttributeName::ExpirationDate).is_some_and(|last| last < today)
    }

    /// An attribute that is a date, if it is there and is one.
    #[must_use]
    pub fn date(&self, name: AttributeName) -> Option<NaiveDate> {
        self.attributes.get(name)?.parse().ok()
    }

    /// Sets the state, and says why.
    pub fn set_state(&mut self, state: AccountState, reason: &str, now: DateTime<Utc>) {
        self.state = state;
        remember(&mut self.history, Change { at: now, state, reason: reason.to_owned() });
    }
}

/// A record has to stay small: of many changes the oldest is forgotten.
fn remember(history: &mut Vec<Change>, change: Change) {
    if history.len() >= MOST_CHANGES {
        history.remove(0);
    }
    history.push(change);
}

const MOST_CHANGES: usize = 32;

/// An account as it lies in the store. One that has no list of identities is of the first form: it
/// had one identity, of a natural person.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    subject: Subject,
    username: String,
    state: AccountState,
    #[serde(default)]
    history: Vec<Change>,
    identities: Option<Vec<Identity>>,
    attributes: Option<Attributes>,
    proofing: Option<Proofing>,
    created: DateTime<Utc>,
    first_second_factor: Option<DateTime<Utc>>,
    imported: Option<String>,
    reset: Option<DateTime<Utc>>,
    address_changed: Option<DateTime<Utc>>,
    body: Option<String>,
    unattended: Option<Unattended>,
    replaced_by: Option<Subject>,
    replaces: Option<Subject>,
}

impl From<Stored> for Account {
    fn from(stored: Stored) -> Self {
        let first = || {
            let attributes = stored.attributes.unwrap_or_default();
            let kind = IdentityKind::Personal;
            vec![Identity::new(1, kind, attributes, stored.proofing, stored.created)]
        };
        Self {
            identities: stored.identities.unwrap_or_else(first),
            subject: stored.subject,
            username: stored.username,
            state: stored.state,
            history: stored.history,
            created: stored.created,
            first_second_factor: stored.first_second_factor,
            imported: stored.imported,
            reset: stored.reset,
            address_changed: stored.address_changed,
            body: stored.body,
            unattended: stored.unattended,
            replaced_by: stored.replaced_by,
            replaces: stored.replaces,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_of_the_first_form_is_one_natural_person_s() {
        let first = r#"{"subject":"s","username":"ada","state":"active",
            "attributes":{"name":"Ada","fiscalNumber":"TINIT-RSSDAA80A41H501I"},
            "proofing":{"method":"desk","date":"2026-01-02","operator":"o","evidence":"e"},
            "created":"2026-01-02T03:04:05Z","first_second_factor":null}"#;
        let account: Account = serde_json::from_str(first).unwrap();
        let [identity] = account.identities.as_slice() else { panic!("one identity") };
        assert_eq!((identity.number, identity.kind), (1, IdentityKind::Personal));
        assert_eq!(identity.attributes.get(AttributeName::Name), Some("Ada"));
        assert_eq!(identity.proofing.as_ref().unwrap().method, ProofingMethod::Desk);
        assert_eq!(identity.created, account.created);
        let again = serde_json::to_string(&account).unwrap();
        assert_eq!(serde_json::from_str::<Account>(&again).unwrap(), account);
        assert!(serde_json::from_str::<Account>(&first.replace("username", "user")).is_err());
    }

    #[test]
    fn an_identity_is_good_through_its_last_day() {
        let mut attributes = Attributes::default();
        attributes.set(AttributeName::ExpirationDate, "2028-06-01");
        let now = DateTime::from_timestamp(0, 0).unwrap();
        let mut one = Identity::new(1, IdentityKind::Personal, attributes, None, now);
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert!(one.is_good(day("2028-06-01")));
        assert!(!one.is_good(day("2028-06-02")));
        for _ in 0..100 {
            one.set_state(AccountState::Suspended, "lost", now);
        }
        assert!(!one.is_good(day("2028-06-01")));
        assert_eq!(one.history.len(), MOST_CHANGES);
    }
}
