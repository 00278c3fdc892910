//! The cases, one after the other.

use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use crate::agent::{Agent, Page};
use crate::ask::{Ask, Binding, class};
use crate::cases::{self, Case, Does};
use crate::expect::{self, Expected};
use crate::person::{self, Wish};
use crate::report::{Report, Row};
use crate::setup::Setup;
use crate::verdict;

/// A login that was left to time out.
struct Waiting {
    row: Row,
    agent: Agent,
    ask: Ask,
    page: Page,
    since: Instant,
}

/// Tries every case of `only` (all if empty) by `binding` (both if none).
pub(crate) fn hold(
    setup: &Setup,
    only: &[u16],
    binding: Option<Binding>,
) -> Result<Report, String> {
    if let Some(unknown) = only.iter().find(|number| expect::of(**number).is_none()) {
        return Err(format!("nr{unknown:02} is none of the numbers that are judged"));
    }
    let mut court = Court { setup, rows: Vec::new(), waiting: Vec::new() };
    let cases = cases::all();
    let wanted = cases.iter().filter(|case| only.is_empty() || only.contains(&case.number));
    let (last, first): (Vec<_>, Vec<_>) =
        wanted.partition(|case| matches!(case.does, Does::InTrouble));
    // What takes long begins first, and whatever might leave the provider unwell comes last.
    let (long, short): (Vec<_>, Vec<_>) =
        first.into_iter().partition(|case| matches!(case.does, Does::Waits));
    for case in long.into_iter().chain(short) {
        court.hear(case, binding);
    }
    court.finish_waiting();
    for case in last {
        court.hear(case, binding);
    }
    court.rows.sort_by_key(|row| row.number);
    Ok(Report { provider: setup.provider.entity_id.clone(), rows: court.rows })
}

struct Court<'a> {
    setup: &'a Setup,
    rows: Vec<Row>,
    waiting: Vec<Waiting>,
}

impl Court<'_> {
    fn hear(&mut self, case: &Case, binding: Option<Binding>) {
        let bindings = Binding::ALL.into_iter().filter(|one| {
            binding.is_none_or(|wanted| *one == wanted) && case.only.is_none_or(|only| *one == only)
        });
        for binding in bindings {
            let mut row = Row::new(case.number, case.what, binding);
            match self.lacking(case) {
                Some(lacking) => row.skipped = Some(lacking),
                None => match self.perform(case, binding, &row) {
                    Ok(Some(wrong)) => row.wrong = wrong,
                    // Its row comes when its time is up.
                    Ok(None) => continue,
                    Err(error) => row.wrong.push(error),
                },
            }
            self.rows.push(row);
        }
    }

    /// What the setup would have to say for this case.
    fn lacking(&self, case: &Case) -> Option<String> {
        let file = &self.setup.file;
        let lacks = |what: &str| Some(format!("needs {what} in the setup"));
        match case.does {
            Does::Asks(_) | Does::Begins(_) => None,
            Does::InTrouble if file.trouble.is_none() => lacks("[trouble]"),
            Does::Waits if file.login.timeout_seconds.is_none() => lacks("login.timeout-seconds"),
            Does::InTrouble | Does::Waits => None,
            Does::Logs { who, wish, .. } => {
                let login = &file.login;
                if !file.people.contains_key(who) {
                    return lacks(&format!("[people.{who}]"));
                }
                match wish {
                    _ if login.credentials.is_none() => lacks("[login.credentials]"),
                    Wish::Deny if login.deny.is_none() => lacks("[login.deny]"),
                    Wish::Cancel | Wish::CancelLate if login.cancel.is_none() => {
                        lacks("[login.cancel]")
                    }
                    _ => None,
                }
            }
        }
    }

    fn perform(
        &mut self,
        case: &Case,
        binding: Binding,
        row: &Row,
    ) -> Result<Option<Vec<String>>, String> {
        let setup = self.setup;
        let label = format!("nr{:02}, {}, {}", case.number, case.what, binding.word());
        let mut agent = setup.agent(&label);
        let mut ask = Ask::good(setup, binding, now(), new_id()?);
        let send = |ask: &Ask, agent: &mut Agent| {
            ask.send(agent, setup, binding).map_err(|error| format!("no answer: {error}"))
        };
        match case.does {
            Does::Asks(change) => {
                change(&mut ask, setup);
                let page = send(&ask, &mut agent)?;
                Ok(Some(self.judge(case, &ask, &page)))
            }
            Does::Begins(change) => {
                change(&mut ask, setup);
                Ok(Some(verdict::judge_beginning(&send(&ask, &mut agent)?)))
            }
            Does::Logs { level, who, wish, purpose } => {
                ask.classes = vec![class(level)];
                ask.purpose = purpose.map(str::to_owned);
                let page = send(&ask, &mut agent)?;
                let person = &setup.file.people[who];
                let end = person::walk(&mut agent, page, &setup.file.login, person, wish)
                    .map_err(|error| error.to_string())?;
                Ok(Some(self.judge(case, &ask, &end)))
            }
            Does::Waits => {
                let page = send(&ask, &mut agent)?;
                let row = row.clone();
                self.waiting.push(Waiting { row, agent, ask, page, since: Instant::now() });
                Ok(None)
            }
            Does::InTrouble => {
                let Some(trouble) = &setup.file.trouble else { return Ok(Some(Vec::new())) };
                shell(&trouble.begin, setup)?;
                let page = send(&ask, &mut agent);
                shell(&trouble.end, setup)?;
                Ok(Some(self.judge(case, &ask, &page?)))
            }
        }
    }

    fn judge(&self, case: &Case, ask: &Ask, page: &Page) -> Vec<String> {
        let allowed = [Some(case.number), case.or].into_iter().flatten();
        let verdicts = allowed
            .filter_map(expect::of)
            .map(|one: &Expected| verdict::judge(self.setup, ask, one, page));
        let mut verdicts: Vec<_> = verdicts.collect();
        match verdicts.iter().position(Vec::is_empty) {
            Some(_) => Vec::new(),
            None => verdicts.swap_remove(0),
        }
    }

    fn finish_waiting(&mut self) {
        let seconds = self.setup.file.login.timeout_seconds.unwrap_or_default();
        let Some(expected) = expect::of(21) else { return };
        for mut one in std::mem::take(&mut self.waiting) {
            let until = one.since + Duration::from_secs(seconds + 1);
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
            // The person comes back to the page and goes on with it.
            let nobody = crate::setup::Person::default();
            let login = &self.setup.file.login;
            let shown = if one.page.response_form().is_some() {
                Ok(one.page.clone())
            } else {
                one.agent.get(one.page.url.as_str())
            };
            let end = shown
                .and_then(|page| person::walk(&mut one.agent, page, login, &nobody, Wish::Accept));
            match end {
                Ok(end) => one.row.wrong = verdict::judge(self.setup, &one.ask, expected, &end),
                Err(error) => one.row.wrong.push(format!("no answer: {error}")),
            }
            self.rows.push(one.row);
        }
    }
}

fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

fn new_id() -> Result<String, String> {
    let mut bytes = [0; 16];
    openssl::rand::rand_bytes(&mut bytes).map_err(|error| error.to_string())?;
    Ok(format!("_{}", URL_SAFE_NO_PAD.encode(bytes)))
}

fn shell(command: &str, setup: &Setup) -> Result<(), String> {
    let folder = if setup.folder.as_os_str().is_empty() { ".".as_ref() } else { &*setup.folder };
    let done = Command::new("sh").args(["-c", command]).current_dir(folder).status();
    match done {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?} ended with {status}")),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}
