//! A passkey in a recovery: a second factor that whoever lost the other may still have.

use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;
use crate::assurance::level::Level;
use crate::enrolment::credential::{Credential, Secret};
use crate::factors::passkey::claimed;
use crate::flow::env::Env;
use crate::flow::failure::Failure;
use crate::flow::passkey::relying_party;
use crate::flow::recover::reply::RecoverPage;
use crate::flow::recover::walk::{Way, stand, tried};
use crate::flow::reply::{Notice, Reply};
use crate::flow::visit::Visitor;
use crate::store::ceremonies::{self, Ceremony, Owner};
use crate::store::credentials;
use crate::store::port::Durability;
use crate::store::record::{Batch, Loaded};

/// Begins a ceremony of the recovery; the page for it.
pub(in crate::flow) async fn ask(
    env: &Env,
    way: &Way,
    others: Vec<Factor>,
    notice: Option<Notice>,
    now: DateTime<Utc>,
) -> Result<RecoverPage, Failure> {
    let ours = relying_party(env).ok_or(Failure::NoSuchFactor)?;
    let ids: Vec<&str> = way.known.passkeys().map(|(_, id, _)| id).collect();
    let begun = ours.begin_assertion(&ids).map_err(|error| Failure::Credential(Box::new(error)))?;
    let recovery = &way.recovery.value;
    let mut batch = Batch::new();
    let owner = Owner::Recovery(&recovery.id);
    ceremonies::put(env.records(), &mut batch, owner, begun.state, now)?;
    // The page is in a browser from here on: a restart must find what it answers.
    let _done = batch.commit(&*env.store, Durability::Durable, now).await?;
    let (handle, csrf) = (recovery.id.clone(), recovery.token().to_owned());
    Ok(RecoverPage::Passkey { handle, csrf, options: begun.options, others, notice })
}

/// Takes the answer of an authenticator; `None` when somebody was ahead.
pub(in crate::flow) async fn shown(
    env: &Env,
    way: &Way,
    answer: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Reply>, Failure> {
    let owner = Owner::Recovery(&way.recovery.value.id);
    let ceremony = ceremonies::load(env.records(), owner, now).await?;
    let Some(ceremony) = ceremony.filter(|_| !answer.is_empty()) else {
        let notice = Some(Notice::NoAnswer);
        return stand(env, way, Some(Factor::Passkey), notice, visitor, now).await.map(Some);
    };
    let mut batch = Batch::new();
    batch.take(&ceremony);
    let worth = held(env, way, &mut batch, &ceremony, answer, visitor, now)?;
    tried(env, way, Factor::Passkey, worth, batch, visitor, now).await
}

/// What the passkey is worth, if it is one of the person's and its answer holds.
fn held(
    env: &Env,
    way: &Way,
    batch: &mut Batch,
    ceremony: &Loaded<Ceremony>,
    answer: &str,
    visitor: &Visitor<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Level>, Failure> {
    let ours = relying_party(env).ok_or(Failure::NoSuchFactor)?;
    let found = claimed(answer).ok().and_then(|claimed| way.known.passkey(&claimed.id));
    let Some(credential) = found else { return Ok(None) };
    let Secret::Passkey { name, id, key } = &credential.value.secret else {
        return Err(Failure::NoSuchFactor);
    };
    let key = match ours.finish_assertion(&ceremony.value.state, answer, key) {
        Ok(key) => key,
        Err(why) => {
            let subject = credential.value.subject.as_str();
            let support_id = visitor.support_id;
            tracing::info!(event = "factor.failed", factor = "passkey", %why, subject, support_id);
            return Ok(None);
        }
    };
    let secret = Secret::Passkey { name: name.clone(), id: id.clone(), key };
    let used = Credential { secret, last_used: Some(now), ..credential.value.clone() };
    credentials::update(env.records(), batch, credential, &used)?;
    Ok(Some(credential.value.binding))
}
