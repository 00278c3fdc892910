//! Answers with one fault each, and beside each a good one that differs in that alone: none of the first is taken, and
//! none of the second refused.

pub(crate) mod encrypted;
mod markup;
mod protocol;
mod rows;
mod signatures;
mod times;
mod wrapping;

use ponte::saml::upstream::profile::UpstreamProfile;
use ponte::saml::upstream::response::{Received, Refused};

use crate::support::answers::judge;

/// A fault and its control.
struct Case {
    name: String,
    /// Where it is found: the beginning of the element that the refusal names.
    element: &'static str,
    good: Result<Received, Refused>,
    bad: Result<Received, Refused>,
}

impl Case {
    /// Two answers under SPID's rules.
    fn new(name: impl Into<String>, element: &'static str, good: &str, bad: &str) -> Self {
        Self::under(UpstreamProfile::Spid, name, element, good, bad)
    }

    fn under(
        profile: UpstreamProfile,
        name: impl Into<String>,
        element: &'static str,
        good: &str,
        bad: &str,
    ) -> Self {
        let name = name.into();
        assert_ne!(good, bad, "{name}: the two do not differ");
        let (good, bad) = (judge(good, profile, |_| {}), judge(bad, profile, |_| {}));
        Self { name, element, good, bad }
    }

    /// What is wrong with the verdicts, if something is.
    fn wrong(&self) -> Option<String> {
        let Self { name, element, good, bad } = self;
        match (good, bad) {
            (Err(refused), _) => {
                Some(format!("{name}: the good one is refused: {}", refused.broken()))
            }
            (_, Ok(_)) => Some(format!("{name}: the bad one is taken")),
            (Ok(_), Err(refused)) => {
                let broken = refused.broken();
                let found = broken.element.starts_with(element) && !refused.is_disagreement();
                (!found).then(|| format!("{name}: refused, but for {broken}"))
            }
        }
    }
}

/// Issue 4: at least 120 messages; 0 taken, 0 controls refused.
#[test]
fn sp_06_no_answer_with_a_fault_is_taken_and_no_good_one_refused() {
    let mut cases = rows::cases();
    cases.extend(times::cases());
    cases.extend(signatures::cases());
    cases.extend(wrapping::cases());
    cases.extend(markup::cases());
    cases.extend(protocol::cases());
    cases.extend(encrypted::cases());
    let wrong: Vec<String> = cases.iter().filter_map(Case::wrong).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let mut names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), cases.len(), "two cases of one name");
    assert!(cases.len() >= 120, "{}", cases.len());
    println!("{} faults refused, {} controls taken", cases.len(), cases.len());
}
