//! `ponte user import`: many people from a file, each wholly or not at all.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{Read as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use crate::admin::command::{Command, Done, NewPerson};
use crate::cli::error::{CliError, Count};
use crate::cli::office::{Office, unexpected};
use crate::cli::{files, prompt};
use crate::store::accounts;

/// Adds the people of `file` (`-` is standard input). All lines are looked at first, and if one cannot be taken, every such
/// line is told and nobody is added. User names and activation codes go to `codes`, else to standard output.
///
/// # Errors
/// When a line cannot be taken, a file cannot be read or made, or a person cannot be added.
pub async fn import(
    office: &mut Office,
    file: &Path,
    codes: Option<&Path>,
) -> Result<(), CliError> {
    let text = read(file)?;
    let (people, mut bad) = parse(&text);
    let bar = bar("checking", people.len());
    for (line, person) in &people {
        let command = Command::CheckPerson(Box::new(person.clone()));
        match office.ask(command).await {
            Ok(_) => {}
            Err(CliError::Refused(refused)) => bad.push((*line, refused.to_string())),
            Err(error) => return Err(error),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if !bad.is_empty() {
        return Err(told(bad, 0));
    }
    add(office, people, codes).await
}

async fn add(
    office: &mut Office,
    people: Lines<NewPerson>,
    codes: Option<&Path>,
) -> Result<(), CliError> {
    let mut out = output(codes)?;
    let path = codes.unwrap_or_else(|| Path::new("standard output"));
    let (mut bad, mut added) = (Vec::new(), 0);
    let bar = bar("adding", people.len());
    for (line, person) in people {
        match office.ask(Command::AddPerson(Box::new(person))).await {
            Ok(Done::Added(person)) => {
                added += 1;
                let row = serde_json::json!({
                    "username": person.username,
                    "activation-code": person.activation_code,
                    "expires": person.code_expires,
                });
                let written = writeln!(out, "{row}").and_then(|()| out.flush());
                written.map_err(CliError::file("written", path))?;
            }
            Ok(other) => return unexpected(other),
            Err(CliError::Refused(refused)) => bad.push((line, refused.to_string())),
            Err(error) => return Err(error),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if !bad.is_empty() {
        return Err(told(bad, added));
    }
    eprintln!("People added: {added}.");
    Ok(())
}

fn read(file: &Path) -> Result<String, CliError> {
    if file != Path::new("-") {
        return files::read_text(file);
    }
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(CliError::file("read", Path::new("standard input")))?;
    Ok(text)
}

/// Something of each line, with its number.
type Lines<T> = Vec<(usize, T)>;

/// People with the number of their line, and what is wrong with the other lines.
fn parse(text: &str) -> (Lines<NewPerson>, Lines<String>) {
    let (mut people, mut bad) = (Vec::new(), Vec::new());
    let mut names = BTreeSet::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = number + 1;
        match serde_json::from_str::<NewPerson>(line) {
            Ok(person) if !names.insert(accounts::normalise(&person.username)) => {
                bad.push((
                    number,
                    format!("the user name {:?} stands here twice", person.username),
                ));
            }
            Ok(person) => people.push((number, person)),
            Err(error) => {
                bad.push((number, error.to_string().replace(" at line 1 column", " at character")))
            }
        }
    }
    (people, bad)
}

fn output(codes: Option<&Path>) -> Result<Box<dyn Write>, CliError> {
    let Some(path) = codes else { return Ok(Box::new(std::io::stdout())) };
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    Ok(Box::new(made.map_err(CliError::file("made", path))?))
}

/// Tells every line, in order, and returns what the command comes to.
fn told(mut bad: Lines<String>, added: usize) -> CliError {
    bad.sort();
    for (line, reason) in &bad {
        eprintln!("line {line}: {reason}");
    }
    CliError::BadLines { bad: Count(bad.len()), added }
}

fn bar(doing: &'static str, length: usize) -> ProgressBar {
    if !prompt::is_watched() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg:9} {bar:40} {pos}/{len} {eta}");
    let bar = ProgressBar::new(length.try_into().unwrap_or(u64::MAX)).with_message(doing);
    style.map(|style| bar.clone().with_style(style)).unwrap_or(bar)
}
