//! Requests made to deceive: every row of spec "What ponte must refuse" on SAML that concerns
//! requests, each beside a control that differs in one thing and must be accepted.

mod bindings;
mod http;
mod scene;
mod xml;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ponte::saml::binding::Inbound;

use crate::hostile::scene::{Case, Message, Scene};
use crate::support::requests::{NOW, Verdict, arrive, verdict};
use crate::support::sp::DESTINATION;

pub(crate) fn cases() -> Vec<Case> {
    [xml::cases(), bindings::cases()].concat()
}

/// The longest that any answer may take (threats: limits).
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);

#[test]
fn nothing_hostile_is_accepted_and_no_control_refused() {
    let scene = Scene::new(DESTINATION, NOW);
    let mut wrong = Vec::new();
    let mut count: BTreeMap<&str, u32> = BTreeMap::new();
    let all = cases();
    for Case { of, what, hostile, control } in &all {
        *count.entry(of).or_default() += 1;
        let message = hostile(&scene);
        let start = Instant::now();
        let refused = receive(&message);
        if start.elapsed() > PATIENCE {
            wrong.push(format!("{of}, {what}: took {:?}", start.elapsed()));
        }
        if refused == Verdict::Accepted {
            wrong.push(format!("{of}, {what}: accepted"));
        }
        let accepted = receive(&control(&scene));
        if accepted != Verdict::Accepted {
            wrong.push(format!("{of}, {what}: the control got {accepted:?}"));
        }
    }
    for (of, count) in count {
        println!("{count:3} {of}");
    }
    println!("{} hostile requests, each with its control", all.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn receive(message: &Message) -> Verdict {
    verdict(&match message {
        Message::Redirect(query) => arrive(Inbound::Redirect { query }),
        Message::Post(form) => arrive(Inbound::Post { form }),
    })
}
