//! What a person has beside the password, and what of it can be shown in a recovery.

use crate::assurance::factor::Factor;
use crate::enrolment::credential::Secret;
use crate::enrolment::recovery::Beside;
use crate::flow::env::Env;
use crate::flow::passkey::relying_party;
use crate::flow::person::Known;
use crate::flow::recover::ask::SECOND;

/// The second factors that the person can show here, the easiest first.
pub(in crate::flow) fn seconds(env: &Env, known: &Known) -> Vec<Factor> {
    let can = |factor: &Factor| match factor {
        Factor::Totp => known.totp().is_some(),
        Factor::Passkey => relying_party(env).is_some() && known.passkeys().next().is_some(),
        Factor::Sms => env.texting.is_some() && known.sms().is_some(),
        Factor::RecoveryCode => known.recovery().is_some(),
        _ => false,
    };
    SECOND.into_iter().filter(can).collect()
}

/// What the person has beside the password, shown here or not.
pub(in crate::flow) fn beside(env: &Env, known: &Known) -> Beside {
    if !seconds(env, known).is_empty() {
        return Beside::Here;
    }
    let is_another = |secret: &Secret| match secret {
        Secret::Password { .. } => false,
        Secret::RecoveryCodes { left } => !left.is_empty(),
        _ => true,
    };
    let mut active = known.credentials.iter().filter(|one| one.value.is_active());
    match active.any(|one| is_another(&one.value.secret)) {
        true => Beside::Elsewhere,
        false => Beside::Nothing,
    }
}
