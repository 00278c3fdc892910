//! What the law gives a person: a copy of what is held about them, and its erasure
//! (articles 15, 17 and 20 of Regulation (EU) 2016/679).
//!
//! The register is held apart: SPID's rules have it kept for 24 months (spid-saml §5).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::admin::credential_row::credential_row;
use crate::admin::desk::{Desk, DeskError};
use crate::admin::people;
use crate::assurance::factor::Factor;
use crate::enrolment::credential::{Credential, Secret};
use crate::identity::account::Account;
use crate::identity::attributes::AttributeName;
use crate::store::guards::Guard;
use crate::store::port::{Committed, Durability};
use crate::store::record::Batch;
use crate::store::{
    accounts, activations, approvals, attempts, campaigns, cards, ceremonies, credentials, guards,
    number_links, outbox, phones, recoveries, sessions, sms, told as notices,
};
use crate::telemetry::metrics;
use crate::world::outbox::{Body, Message};

/// What the store holds about a person.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Export {
    /// The user name as it is kept.
    pub username: String,
    /// Our own name for them.
    pub subject: String,
    /// The `fiscalNumber` of each of their identities, once.
    pub fiscal_numbers: Vec<String>,
    /// All of it, but for what is secret.
    pub store: Value,
}

impl std::fmt::Debug for Export {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Export")
    }
}

/// A person was erased.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Erased {
    /// The user name as it was kept.
    pub username: String,
    /// How many identities they held.
    pub identities: usize,
    /// How many factors they had.
    pub factors: usize,
    /// How many sessions were open.
    pub sessions: usize,
}

/// Everything that the store holds about a person, but for what is secret even to them: hashes,
/// seeds and cookies.
///
/// # Errors
/// When there is no such person, or the store fails.
pub async fn export(
    desk: &Desk<'_>,
    username: &str,
    now: DateTime<Utc>,
) -> Result<Export, DeskError> {
    let records = desk.records;
    let account = people::find(desk, username, now).await?.value;
    let subject = &account.subject;
    let factors = credentials::list(records, subject, now).await?;
    let telephones: Vec<_> = factors.iter().filter_map(|loaded| number(&loaded.value)).collect();
    let factors: Vec<_> = factors.iter().map(|loaded| credential_row(&loaded.value)).collect();
    let activation = activations::load(records, subject, now).await?.map(|kept| {
        let kept = kept.value.activation;
        json!({ "delivery": kept.delivery, "made": kept.made, "expires": kept.expires })
    });
    let mut wrong = Vec::new();
    for factor in Factor::ALL {
        let counted = attempts::load(records, subject, factor, now).await?;
        if counted.exists() {
            wrong.push(json!({ "factor": factor, "counted": counted.value }));
        }
    }
    let mut open = Vec::new();
    for session in sessions::of_subject(records, subject, now).await? {
        let session = session.value;
        open.push(json!({
            "opened": session.opened,
            "used": session.used,
            "ends": session.ends,
            "seen": session.seen,
            "participants": session.participants(),
        }));
    }
    let campaigns = campaigns::of_subject(records, subject, now).await?;
    let campaigns: Vec<_> = campaigns.into_iter().map(|one| one.value).collect();
    let waiting = outbox::of_subject(records, subject, now).await?;
    let waiting: Vec<_> = waiting.iter().map(|one| told(&one.value.message)).collect();
    let pincode = guards::load(records, Guard::Pincode, subject, now).await?;
    let answer = guards::load(records, Guard::Answer, subject, now).await?;
    let sent = notices::of_subject(records, subject, MOST_NOTICES, now).await?;
    let sent: Vec<_> = sent.into_iter().map(|one| one.value).collect();
    let fiscal_numbers = account.all(AttributeName::FiscalNumber);
    let fiscal_numbers = fiscal_numbers.into_iter().map(str::to_owned).collect();
    let store = json!({
        "exported": now,
        "username": account.username,
        "subject": account.subject,
        "state": account.state,
        "history": account.history,
        "created": account.created,
        "first-second-factor": account.first_second_factor,
        "identities": account.identities,
        "factors": factors,
        "telephones": (!telephones.is_empty()).then_some(telephones),
        "activation-code": activation,
        "campaigns": (!campaigns.is_empty()).then_some(campaigns),
        "wrong-attempts": wrong,
        "sessions": open,
        "notices-to-be-sent": waiting,
        "notices-sent": sent,
        "pincode-made": pincode.value.made,
        "secret-question": answer.value.question,
        "unattended": account.unattended,
        "replaced-by": account.replaced_by,
        "replaces": account.replaces,
    });
    Ok(Export {
        subject: account.subject.as_str().to_owned(),
        username: account.username,
        fiscal_numbers,
        store: without_nothing(store),
    })
}

/// The telephone number of a credential for codes by SMS.
fn number(credential: &Credential) -> Option<String> {
    match &credential.secret {
        Secret::Sms { number } => Some(number.clone()),
        _ => None,
    }
}

/// A message, but for what an SMS says, which is a code.
fn told(message: &Message) -> Value {
    match &message.body {
        Body::Mail(_) => json!(message),
        Body::Push(_) => json!({ "id": message.id, "at": message.at, "notification": true }),
        Body::Sms(sms) => json!({ "id": message.id, "at": message.at, "sms-to": sms.to }),
    }
}

/// Erases a person from the store, if `confirmation` is one of their fiscal codes, or the user name
/// of who has none. Their sessions end, and a login under way ends at its next step.
///
/// # Errors
/// When there is no such person, the confirmation is another's, or the store fails.
pub async fn erase(
    desk: &Desk<'_>,
    username: &str,
    confirmation: &str,
    now: DateTime<Utc>,
) -> Result<Erased, DeskError> {
    let records = desk.records;
    for _ in 0..ATTEMPTS {
        let account = people::find(desk, username, now).await?;
        if !confirms(&account.value, confirmation) {
            return Err(DeskError::NotConfirmed(account.value.username));
        }
        let subject = &account.value.subject;
        let mut batch = Batch::new();
        accounts::remove(records, &mut batch, &account, now).await?;
        let factors = credentials::list(records, subject, now).await?;
        for credential in &factors {
            batch.take(credential);
            if let Secret::Passkey { id, .. } | Secret::App { id, .. } = &credential.value.secret {
                ceremonies::release(records, &mut batch, id)?;
            }
            if let Secret::App { device, .. } = &credential.value.secret {
                phones::forget(records, &mut batch, device);
            }
        }
        if let Some(code) = activations::load(records, subject, now).await? {
            batch.take(&code);
        }
        for factor in Factor::ALL {
            let counted = attempts::load(records, subject, factor, now).await?;
            if counted.exists() {
                batch.take(&counted);
            }
        }
        sms::forget(records, &mut batch, subject);
        guards::forget(records, &mut batch, subject);
        cards::forget(records, &mut batch, subject);
        recoveries::forget(records, &mut batch, subject);
        number_links::forget(records, &mut batch, subject);
        for progress in campaigns::of_subject(records, subject, now).await? {
            batch.take(&progress);
        }
        approvals::forget(records, &mut batch, subject);
        let open = sessions::of_subject(records, subject, now).await?;
        for session in &open {
            sessions::end(records, &mut batch, session)?;
        }
        for sent in notices::of_subject(records, subject, MOST_NOTICES, now).await? {
            batch.take(&sent);
        }
        for waiting in outbox::of_subject(records, subject, now).await? {
            batch.take(&waiting);
        }
        if batch.commit(records.store, Durability::Durable, now).await? == Committed::Done {
            metrics::sessions_ended(open.len());
            tracing::info!(event = "person.erased", subject = subject.as_str());
            return Ok(Erased {
                identities: account.value.identities.len(),
                factors: factors.len(),
                sessions: open.len(),
                username: account.value.username,
            });
        }
    }
    Err(DeskError::Contended)
}

fn confirms(account: &Account, said: &str) -> bool {
    let bare = |code: &str| {
        let code = code.trim().to_ascii_uppercase();
        code.strip_prefix("TINIT-").map(str::to_owned).unwrap_or(code)
    };
    let codes = account.all(AttributeName::FiscalNumber);
    if codes.is_empty() {
        return accounts::normalise(said) == accounts::normalise(&account.username);
    }
    codes.into_iter().any(|code| bare(code) == bare(said))
}

/// `value` without what is null.
fn without_nothing(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .filter(|(_, field)| !field.is_null())
                .map(|(name, field)| (name, without_nothing(field)))
                .collect(),
        ),
        Value::Array(values) => values.into_iter().map(without_nothing).collect(),
        other => other,
    }
}

const ATTEMPTS: usize = 8;
/// More than anybody is told of in the time that it is known for.
const MOST_NOTICES: usize = 1024;
