//! The two passes: every line is looked at, and only if all can be taken are people added.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read as _};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use crate::admin::command::{Command, Done, Imported, NewPerson};
use crate::cli::arguments_people::{FormatChoice, UserImport};
use crate::cli::error::{CliError, Count};
use crate::cli::import::codes::Codes;
use crate::cli::import::lines::{Line, Lines};
use crate::cli::office::{Office, unexpected};
use crate::cli::prompt;
use crate::enrolment::activation::Delivery;
use crate::store::accounts::normalise;
use crate::world::digest::sha256;

/// Adds the people of a file (`-` is standard input). All lines are looked at first, and if one cannot be taken, every such
/// line is told and nobody is added. Whoever was added by the same line before is left as they are, so that an import that
/// was interrupted is run again.
///
/// # Errors
/// When a line cannot be taken, a file cannot be read or made, or a person cannot be added.
pub async fn import(office: &mut Office, said: &UserImport) -> Result<(), CliError> {
    let source = Source::open(&said.file)?;
    let format = said.format.unwrap_or_else(|| format_of(&said.file));
    let mut checking = Checking::default();
    let mut pass = source.pass(format, "checking")?;
    loop {
        let some = pass.some(&mut |line| checking.once(line))?;
        if some.is_empty() {
            break;
        }
        for (number, one, _) in ask(office, some, true).await? {
            match one {
                Imported::Refused(reason) => {
                    pass.tell(number, &reason);
                    checking.bad += 1;
                }
                Imported::There { .. } => checking.there += 1,
                Imported::Good | Imported::Added(_) => checking.good += 1,
            }
        }
    }
    pass.bar.finish_and_clear();
    let Checking { bad, good, there, .. } = checking;
    if bad > 0 {
        return Err(CliError::BadLines { bad: Count(bad), added: 0 });
    }
    if said.dry_run {
        eprintln!("People who can be added: {good}; there already: {there}. Nobody was added.");
        return Ok(());
    }
    add(office, source.pass(format, "adding")?, said.codes.as_deref()).await
}

async fn add(office: &mut Office, mut pass: Pass, codes: Option<&Path>) -> Result<(), CliError> {
    let mut codes = Codes::open(codes)?;
    let (mut bad, mut added, mut there) = (0, 0, 0);
    loop {
        let some = pass.some(&mut |line| line.person)?;
        if some.is_empty() {
            break;
        }
        for (number, one, delivery) in ask(office, some, false).await? {
            match one {
                Imported::Added(person) => {
                    codes.tell(&person)?;
                    added += 1;
                }
                Imported::There { username } => {
                    there += 1;
                    // The run before was killed between adding the person and telling the code.
                    if codes.has(&username) == Some(false) {
                        match office.ask(Command::NewCode { username, delivery }).await? {
                            Done::Added(person) => codes.tell(&person)?,
                            other => return unexpected(other),
                        }
                    }
                }
                Imported::Refused(reason) => {
                    pass.tell(number, &reason);
                    bad += 1;
                }
                Imported::Good => {}
            }
        }
    }
    pass.bar.finish_and_clear();
    codes.close()?;
    if bad > 0 {
        return Err(CliError::BadLines { bad: Count(bad), added });
    }
    match there {
        0 => eprintln!("People added: {added}."),
        _ => eprintln!("People added: {added}. There already: {there}."),
    }
    Ok(())
}

/// What came of each, with the number of its line and how its code reaches the person.
async fn ask(
    office: &mut Office,
    some: Vec<Numbered>,
    dry: bool,
) -> Result<Vec<(usize, Imported, Delivery)>, CliError> {
    let mut each = Vec::with_capacity(some.len());
    let mut people = Vec::with_capacity(some.len());
    for (number, person) in some {
        match person {
            Ok(person) => {
                each.push((number, Imported::Good, person.delivery));
                people.push(person);
            }
            Err(reason) => each.push((number, Imported::Refused(reason), Delivery::Desk)),
        }
    }
    let asked = people.len();
    let answers = match office.ask(Command::Import { people, dry }).await? {
        Done::Imported(answers) if answers.len() == asked => answers,
        other => return unexpected(other),
    };
    let good = each.iter_mut().filter(|(_, one, _)| matches!(one, Imported::Good));
    for ((_, one, _), answer) in good.zip(answers) {
        *one = answer;
    }
    Ok(each)
}

/// A person, or why there is none, with the number of the line.
type Numbered = (usize, Result<NewPerson, String>);

/// What was found out about the lines so far.
#[derive(Default)]
struct Checking {
    bad: usize,
    good: usize,
    there: usize,
    /// Digests of the user names, addresses and codes that stood in the file: a long file has many.
    seen: HashSet<[u8; 16]>,
}

impl Checking {
    /// The person, if they do not stand in the file already.
    fn once(&mut self, line: Line) -> Result<NewPerson, String> {
        let person = line.person?;
        let further = person.identities.iter().map(|one| &one.attributes);
        let mut names = vec![("the user name", person.username.as_str())];
        for attributes in [&person.attributes].into_iter().chain(further) {
            for (what, name) in [("the e-mail address", "email"), ("the spidCode", "spidCode")] {
                names.extend(attributes.get(name).map(|value| (what, value.as_str())));
            }
        }
        let mut own = HashSet::new();
        for (what, name) in names {
            let digest = digest(what, name);
            if self.seen.contains(&digest) {
                return Err(format!("{what} {name:?} stands here twice"));
            }
            own.insert(digest);
        }
        self.seen.extend(own);
        Ok(person)
    }
}

fn digest(what: &str, name: &str) -> [u8; 16] {
    let whole = sha256(format!("{what} {}", normalise(name)).as_bytes());
    let mut half = [0; 16];
    half.copy_from_slice(&whole[..16]);
    half
}

/// A file that can be read twice; standard input is kept for that.
enum Source<'a> {
    File(&'a Path),
    Kept(Vec<u8>),
}

impl<'a> Source<'a> {
    fn open(path: &'a Path) -> Result<Self, CliError> {
        if path != Path::new("-") {
            return Ok(Self::File(path));
        }
        let mut bytes = Vec::new();
        let read = io::stdin().read_to_end(&mut bytes);
        read.map_err(CliError::file("read", Path::new("standard input")))?;
        Ok(Self::Kept(bytes))
    }

    fn pass(&self, format: FormatChoice, doing: &'static str) -> Result<Pass, CliError> {
        let (read, length, path): (Box<dyn BufRead>, u64, &Path) = match self {
            Self::File(path) => {
                let file = File::open(path).map_err(CliError::file("read", path))?;
                let length = file.metadata().map_or(0, |metadata| metadata.len());
                (Box::new(BufReader::new(file)), length, path)
            }
            Self::Kept(bytes) => {
                let length = bytes.len() as u64;
                (Box::new(Cursor::new(bytes.clone())), length, Path::new("standard input"))
            }
        };
        let lines = Lines::new(read, format);
        Ok(Pass { lines, bar: bar(doing, length), path: path.to_owned() })
    }
}

/// One reading of the file.
struct Pass {
    lines: Lines<Box<dyn BufRead>>,
    bar: ProgressBar,
    path: std::path::PathBuf,
}

impl Pass {
    /// The next people as `take` takes them; none at the end.
    fn some(
        &mut self,
        take: &mut dyn FnMut(Line) -> Result<NewPerson, String>,
    ) -> Result<Vec<Numbered>, CliError> {
        let mut some = Vec::with_capacity(AT_ONCE);
        while some.len() < AT_ONCE {
            let next = self.lines.read().map_err(CliError::file("read", &self.path))?;
            let Some(line) = next else { break };
            some.push((line.number, take(line)));
        }
        self.bar.set_position(self.lines.taken());
        Ok(some)
    }

    fn tell(&self, number: usize, reason: &str) {
        self.bar.suspend(|| eprintln!("line {number}: {reason}"));
    }
}

fn format_of(path: &Path) -> FormatChoice {
    let csv = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
    if csv { FormatChoice::Csv } else { FormatChoice::Jsonl }
}

fn bar(doing: &'static str, length: u64) -> ProgressBar {
    if !prompt::is_watched() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg:9} {bar:40} {percent}% {eta}");
    let bar = ProgressBar::new(length).with_message(doing);
    style.map(|style| bar.clone().with_style(style)).unwrap_or(bar)
}

/// How many people are asked for together: one flush of the disk is enough for them.
const AT_ONCE: usize = 64;
