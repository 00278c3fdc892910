//! What each state of a campaign demands of a person.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use ponte::assurance::factor::Factor;
use ponte::enrolment::campaign::{Campaign, NumberState, Progress, Task, duty};
use ponte::identity::account::{Account, Identity};
use ponte::identity::attributes::Attributes;
use ponte::identity::kind::IdentityKind;
use ponte::identity::subject::Subject;

use super::{now, number};

/// Every state in which a campaign can be for a person, and the least level that it demands of them; 0: none.
pub(super) fn states() -> Vec<(&'static str, u8)> {
    let (early, late) = (now() - TimeDelta::days(10), now() + TimeDelta::days(10));
    let granted = Progress { grace: Some(late), ..Progress::default() };
    let over = Progress { grace: Some(now()), ..Progress::default() };
    let none = Progress::default();
    vec![
        ("none", 0),
        ("announced", demanded(late, late + TimeDelta::days(1), &[], &none)),
        ("transitional", demanded(early, late, &[], &none)),
        ("enforced", demanded(early, now(), &[], &none)),
        ("enforced, time granted", demanded(early, now(), &[], &granted)),
        ("enforced, the time granted over", demanded(early, now(), &[], &over)),
        ("enforced, for others", demanded(early, now(), &[IdentityKind::Professional], &none)),
    ]
}

fn demanded(
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    population: &[IdentityKind],
    progress: &Progress,
) -> u8 {
    let campaign = Campaign {
        name: "codes".into(),
        start,
        end,
        population: population.to_vec(),
        factor: Factor::Totp,
        tasks: Task::ALL.to_vec(),
        notices: Vec::new(),
    };
    let identity = Identity::new(1, IdentityKind::Personal, Attributes::default(), None, now());
    let account = Account::new(Subject::new("ada".into()), "ada".into(), vec![identity], now());
    let duty = duty(&[(&campaign, progress)], &account, NumberState::None, now());
    duty.minimum.map_or(0, number)
}

/// BI-05, BI-06, BI-13: the end alone demands more, of whom the campaign is about and who has no time granted.
#[test]
fn a_campaign_demands_more_from_its_end_on_and_of_nobody_else() {
    let states: BTreeMap<&str, u8> = states().into_iter().collect();
    for (state, least) in states {
        let demands = matches!(state, "enforced" | "enforced, the time granted over");
        assert_eq!(least, if demands { 3 } else { 0 }, "{state}");
    }
}
