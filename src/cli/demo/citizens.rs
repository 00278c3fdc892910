//! Made-up people: Ada, who has an authenticator app; Bruno, who has yet to enrol one; and Carla, who has one and holds
//! several identities.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::cli::error::CliError;
use crate::cli::files;
use crate::enrolment::activation::{Activation, ActivationCode, Delivery};
use crate::enrolment::credential::{Credential, CredentialState, Secret};
use crate::factors::totp;
use crate::flow::env::Env;
use crate::identity::account::{Account, Identity, Proofing, ProofingMethod};
use crate::identity::attributes::{AttributeName, Attributes};
use crate::identity::kind::IdentityKind;
use crate::identity::subject::Subject;
use crate::store::port::Durability;
use crate::store::record::Batch;
use crate::store::{accounts, activations, credentials};
use crate::world::random::Random;

/// A made-up person, as the demo's folder keeps them.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Citizen {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
    /// The activation code, in groups.
    pub activation_code: String,
    /// The seed of the app that the person has from the start.
    pub seed: Option<String>,
}

/// The people of the file at `path`; made up and written there the first time.
///
/// # Errors
/// When the file cannot be read or made.
pub fn of_folder(path: &Path, random: &Random) -> Result<Vec<Citizen>, CliError> {
    if path.exists() {
        let text = files::read_text(path)?;
        return serde_json::from_str(&text).map_err(|error| CliError::File {
            done: "understood (remove the demo's folder to begin anew)",
            path: path.to_owned(),
            source: error.into(),
        });
    }
    let citizen = |username: &str, seed| Citizen {
        username: username.to_owned(),
        password: password(random),
        activation_code: ActivationCode::generate(random).in_groups(),
        seed,
    };
    let citizens = vec![
        citizen("ada", Some(totp::seed(random))),
        citizen("bruno", None),
        citizen("carla", Some(totp::seed(random))),
    ];
    let text = serde_json::to_vec_pretty(&citizens).unwrap_or_default();
    files::make(path, &text, true)?;
    Ok(citizens)
}

/// Makes the accounts of those who have none yet.
///
/// # Errors
/// When the store fails.
pub async fn settle(env: &Env, citizens: &[Citizen]) -> Result<(), CliError> {
    let (records, now) = (env.records(), env.clock.now());
    for citizen in citizens {
        let known = accounts::by_username(records, &citizen.username, now).await;
        if known.map_err(CliError::Store)?.is_some() {
            continue;
        }
        let hash = env.settings.hashing.hash(&citizen.password, &env.random);
        let hash = hash.map_err(CliError::Hash)?;
        let batch = account(env, citizen, hash, now).map_err(CliError::Store)?;
        let committed = batch.commit(records.store, Durability::Durable, now).await;
        let _ = committed.map_err(CliError::Store)?;
    }
    Ok(())
}

fn account(
    env: &Env,
    citizen: &Citizen,
    hash: String,
    now: DateTime<Utc>,
) -> Result<Batch, crate::store::port::StoreError> {
    let records = env.records();
    let subject = Subject::new(env.random.token());
    let mut batch = Batch::new();
    let identities = identities(&citizen.username, now);
    let account = Account::new(subject.clone(), citizen.username.clone(), identities, now);
    accounts::add(records, &mut batch, &account)?;
    let credential = |id: &str, secret| Credential {
        id: id.to_owned(),
        subject: subject.clone(),
        state: CredentialState::Active,
        binding: Delivery::Desk.binds(),
        enrolled: now,
        last_used: None,
        secret,
    };
    let password = credential("password", Secret::Password { hash, expired: false });
    credentials::add(records, &mut batch, &password)?;
    if let Some(seed) = &citizen.seed {
        let period = env.settings.login.totp_period;
        let secret = Secret::Totp { seed: seed.clone(), period, last_step: None };
        credentials::add(records, &mut batch, &credential("totp", secret))?;
    } else if let Some(code) = ActivationCode::read(&citizen.activation_code) {
        let expires = now + TimeDelta::days(365);
        let activation = Activation { subject, delivery: Delivery::Desk, made: now, expires };
        activations::put(records, &mut batch, &activation, &code)?;
    }
    Ok(batch)
}

/// One of a natural person; Carla works for herself and for a company too, and has something to choose.
fn identities(username: &str, now: DateTime<Utc>) -> Vec<Identity> {
    let proofing = Some(Proofing {
        method: ProofingMethod::Desk,
        date: now.date_naive(),
        operator: "demo".to_owned(),
        evidence: "made up".to_owned(),
    });
    let personal = made_up(username);
    let mut all =
        vec![Identity::new(1, IdentityKind::Personal, personal.clone(), proofing.clone(), now)];
    if username == "carla" {
        for (number, kind, values) in AT_WORK {
            let mut attributes = personal.clone();
            for (name, value) in *values {
                attributes.set(*name, *value);
            }
            all.push(Identity::new(*number, *kind, attributes, proofing.clone(), now));
        }
    }
    all
}

/// Number, kind, and what it says besides.
type AtWork = (u16, IdentityKind, &'static [(AttributeName, &'static str)]);

/// What Carla's further identities say.
const AT_WORK: &[AtWork] = &[
    (
        2,
        IdentityKind::Professional,
        &[
            (AttributeName::SpidCode, "PONTCARLA00002"),
            (AttributeName::IvaCode, "VATIT-12345678903"),
        ],
    ),
    (
        3,
        IdentityKind::LegalProfessional,
        &[
            (AttributeName::SpidCode, "PONTCARLA00003"),
            (AttributeName::CompanyName, "Officine Esempio S.r.l."),
            (AttributeName::RegisteredOffice, "via Esempio 1 00144 Roma"),
            (AttributeName::IvaCode, "VATIT-12345678903"),
            (AttributeName::CompanyFiscalNumber, "TINIT-12345678903"),
        ],
    ),
];

/// Invented, and right in form: check letters too.
fn made_up(username: &str) -> Attributes {
    let values: &[(AttributeName, &str)] = match username {
        "ada" => &[
            (AttributeName::SpidCode, "PONTADA0000001"),
            (AttributeName::Name, "Ada"),
            (AttributeName::FamilyName, "Rossi"),
            (AttributeName::PlaceOfBirth, "H501"),
            (AttributeName::CountyOfBirth, "RM"),
            (AttributeName::DateOfBirth, "1980-01-01"),
            (AttributeName::Gender, "F"),
            (AttributeName::FiscalNumber, "TINIT-RSSDAA80A41H501I"),
            (AttributeName::Email, "ada.rossi@example.org"),
            (AttributeName::MobilePhone, "+390000000001"),
        ],
        "carla" => &[
            (AttributeName::SpidCode, "PONTCARLA00001"),
            (AttributeName::Name, "Carla"),
            (AttributeName::FamilyName, "Bianchi"),
            (AttributeName::PlaceOfBirth, "L219"),
            (AttributeName::CountyOfBirth, "TO"),
            (AttributeName::DateOfBirth, "1990-03-15"),
            (AttributeName::Gender, "F"),
            (AttributeName::FiscalNumber, "TINIT-BNCCRL90C55L219R"),
            (AttributeName::Email, "carla.bianchi@example.org"),
            (AttributeName::MobilePhone, "+390000000003"),
        ],
        _ => &[
            (AttributeName::SpidCode, "PONTBRUNO00002"),
            (AttributeName::Name, "Bruno"),
            (AttributeName::FamilyName, "Verdi"),
            (AttributeName::PlaceOfBirth, "F205"),
            (AttributeName::CountyOfBirth, "MI"),
            (AttributeName::DateOfBirth, "1975-05-20"),
            (AttributeName::Gender, "M"),
            (AttributeName::FiscalNumber, "TINIT-VRDBRN75E20F205J"),
            (AttributeName::Email, "bruno.verdi@example.org"),
            (AttributeName::MobilePhone, "+390000000002"),
        ],
    };
    let mut attributes = Attributes::default();
    for (name, value) in values {
        attributes.set(*name, *value);
    }
    attributes
}

/// Easy to read and type; what it protects is made up.
fn password(random: &Random) -> String {
    let [a, b, c, digits] = random.bytes::<4>();
    let word = |byte: u8| WORDS[usize::from(byte) % WORDS.len()];
    format!("{}-{}-{}-{:02}", word(a), word(b), word(c), digits % 100)
}

const WORDS: [&str; 32] = [
    "acqua", "albero", "barca", "bosco", "campo", "cielo", "collina", "corda", "erba", "fiume",
    "foglia", "fuoco", "giardino", "isola", "lago", "luna", "mare", "monte", "neve", "nuvola",
    "onda", "pane", "pietra", "pioggia", "porto", "prato", "riva", "sabbia", "sasso", "sole",
    "strada", "vento",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factors::password::acceptable;
    use crate::identity::format;

    #[test]
    fn what_is_made_up_is_right_in_form() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        for username in ["ada", "bruno", "carla"] {
            assert!(made_up(username).iter().count() >= 10);
            for identity in identities(username, now) {
                identity.kind.check(&identity.attributes, Some(ProofingMethod::Desk)).unwrap();
                for (name, value) in identity.attributes.iter() {
                    let read = format::read(name, value, now.date_naive());
                    assert_eq!(read.as_deref(), Ok(value));
                }
            }
            for seed in 0..200 {
                acceptable(&password(&Random::seeded(seed)), username).unwrap();
            }
        }
    }
}
