//! The whole table: every core makes rows, one hand writes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::num::NonZero;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::arguments_metadata::MetadataFactory;
use crate::cli::error::CliError;
use crate::cli::factory::ledger::{Kept, Ledger, hex};
use crate::cli::factory::make::{Made, Maker};
use crate::cli::factory::table::{self, Table};
use crate::cli::signing::{self, Examples};
use crate::cli::{files, load, prompt};
use crate::config::rows::Rows;
use crate::partners::lint::text::plain;
use crate::register::tar;
use crate::texts::language::Language;

/// Makes what the table says: 0 if every row could be, 1 if not.
///
/// # Errors
/// When a file is wrong, or cannot be read or written.
pub fn carry_out(
    said: &MetadataFactory,
    config: &Path,
    now: DateTime<Utc>,
) -> Result<ExitCode, CliError> {
    let settings = load::settings(config)?;
    let common = files::read_text(&said.common)?;
    let own = files::read_text(config)?;
    let folder = said.table.parent().unwrap_or_else(|| Path::new(""));
    let rows = Rows::open((&own, config), &load::environment(), (&common, &said.common), folder)?;
    let table = table::read(&said.table, said.format)?;
    let strangers: Vec<String> = table
        .columns
        .iter()
        .filter_map(|column| rows.stranger(column))
        .map(|fault| fault.to_string())
        .collect();
    if !strangers.is_empty() {
        let (path, reason) = (said.table.clone(), strangers.join("; "));
        return Err(CliError::Table { path, reason });
    }
    let signing = signing::load(&settings.keys, Examples::Refuse)?;
    let made = make(&table, Maker { rows: &rows, signing: &signing, now });
    let done = Written::of(made, said)?;
    if let Some(path) = said.package.as_deref().filter(|_| !said.dry_run) {
        package(path, &done.files, now)?;
    }
    eprintln!("{}", done.summary(said.dry_run));
    Ok(ExitCode::from(u8::from(done.refused > 0)))
}

/// All rows, in their order.
fn make(table: &Table, maker: Maker<'_>) -> Vec<Made> {
    let bar = bar(table.rows.len());
    let next = AtomicUsize::new(0);
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let (send, receive) = mpsc::channel();
    let mut made: BTreeMap<usize, Made> = BTreeMap::new();
    thread::scope(|scope| {
        for _ in 0..cores.min(table.rows.len()) {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                while let Some((at, row)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    table.rows.get(at).map(|row| (at, row))
                } {
                    // Nobody hears it only when the other end has gone.
                    let _gone = send.send((at, maker.make(row)));
                }
            });
        }
        drop(send);
        for (at, one) in receive {
            made.insert(at, one);
            bar.inc(1);
        }
    });
    bar.finish_and_clear();
    made.into_values().collect()
}

/// What became of the rows.
#[derive(Default)]
struct Written {
    made: usize,
    there: usize,
    refused: usize,
    /// File, entityID, contents.
    files: Vec<(String, String, String)>,
}

impl Written {
    fn of(made: Vec<Made>, said: &MetadataFactory) -> Result<Self, CliError> {
        let language = said.language.language();
        let mut ledger = match said.dry_run {
            true => None,
            false => Some(Ledger::open(&said.out)?),
        };
        let mut report = said.report.as_deref().map(|path| {
            std::fs::File::create(path)
                .map(std::io::BufWriter::new)
                .map_err(CliError::file("made", path))
                .map(|file| (path, file))
        });
        let mut report = report.take().transpose()?;
        let mut done = Self::default();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for mut one in made {
            once(&mut one, &mut seen);
            let state = done.one(&mut one, ledger.as_mut(), language)?;
            if let Some((path, file)) = &mut report {
                let line = one.report(state, language);
                writeln!(file, "{line}").map_err(CliError::file("written", path))?;
            }
        }
        ledger.map(Ledger::close).transpose()?;
        if let Some((path, mut file)) = report {
            file.flush().map_err(CliError::file("written", path))?;
        }
        Ok(done)
    }

    fn one(
        &mut self,
        one: &mut Made,
        ledger: Option<&mut Ledger>,
        language: Language,
    ) -> Result<&'static str, CliError> {
        let kept = match (&one.xml, &one.id, &one.entity_id) {
            (Some(xml), Some(id), Some(entity_id)) => match ledger {
                Some(ledger) => Some(ledger.keep(id, entity_id, xml)?),
                None => Some(Kept::Written),
            },
            _ => None,
        };
        if kept == Some(Kept::NotOurs) {
            let id = one.id.as_deref().unwrap_or_default();
            one.faults.push(format!("{id}.xml is there, and is not as it was written here"));
            one.xml = None;
        }
        if one.is_refused() {
            self.refused += 1;
            for complaint in one.complaints(language) {
                eprintln!("line {}: {}", one.line, plain(&complaint));
            }
            return Ok("refused");
        }
        if let (Some(xml), Some(id), Some(entity)) = (&one.xml, &one.id, &one.entity_id) {
            self.files.push((format!("{id}.xml"), entity.clone(), xml.clone()));
        }
        match kept {
            Some(Kept::There) => {
                self.there += 1;
                Ok("there")
            }
            _ => {
                self.made += 1;
                Ok("written")
            }
        }
    }

    fn summary(&self, dry: bool) -> String {
        let Self { made, there, refused, .. } = self;
        let made =
            if dry { format!("Would be written: {made}.") } else { format!("Written: {made}.") };
        let mut said = made;
        if *there > 0 {
            let _ = write!(said, " There already: {there}.");
        }
        if *refused > 0 {
            let _ = write!(said, " Not written: {refused}.");
        }
        said
    }
}

/// Two rows of one name, or of one entity, are one too many.
fn once(one: &mut Made, seen: &mut BTreeMap<String, usize>) {
    let names = [("id", &one.id), ("entity-id", &one.entity_id)];
    let mut again = Vec::new();
    for (what, name) in names {
        let Some(name) = name else { continue };
        match seen.get(&format!("{what} {name}")) {
            Some(line) => again.push(format!("{what}: {name} is in line {line} already")),
            None => {
                seen.insert(format!("{what} {name}"), one.line);
            }
        }
    }
    if !again.is_empty() {
        one.faults.append(&mut again);
        one.xml = None;
    }
}

/// One archive of all files and a list of them, for who takes them in.
fn package(
    path: &Path,
    made: &[(String, String, String)],
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    let mut list = String::from("file,entityID,sha256\n");
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    for (file, entity, xml) in made {
        let _ = writeln!(list, "{file},{},{}", quoted(entity), hex(xml.as_bytes()));
    }
    let mut files = vec![("index.csv", list.into_bytes())];
    files.extend(made.iter().map(|(file, _, xml)| (file.as_str(), xml.clone().into_bytes())));
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    files::replace(path, &tar::write(&files, seconds))
}

fn bar(rows: usize) -> ProgressBar {
    if !prompt::is_watched() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("making {bar:40} {pos}/{len} {eta}");
    let bar = ProgressBar::new(rows as u64);
    style.map(|style| bar.clone().with_style(style)).unwrap_or(bar)
}
