//! What an import writes into a folder of its own: files, tables, people, report.

use std::path::Path;

use crate::admin::command::NewPerson;
use crate::cli::elsewhere::fragment::Plan;
use crate::cli::elsewhere::report::Report;
use crate::cli::error::CliError;
use crate::cli::files;
use crate::config::check;
use crate::config::reference;

/// Writes all of it into `folder`, which is empty or not there. A table that the configuration's own check refuses is reported
/// and left out.
///
/// # Errors
/// When something is there already, or cannot be written.
pub fn write(
    folder: &Path,
    mut plan: Plan,
    people: &[NewPerson],
    report: &mut Report,
) -> Result<(), CliError> {
    let is_empty = std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    if !is_empty {
        return Err(CliError::Exists(folder.to_owned()));
    }
    files::make_folder(folder, true)?;
    for file in &plan.files {
        let path = folder.join(&file.name);
        if let Some(parent) = path.parent() {
            files::make_folder(parent, true)?;
        }
        files::make(&path, &file.contents, file.secret)?;
    }
    sound(folder, &mut plan, report);
    files::make(&folder.join("ponte.toml"), plan.text(&report.system).as_bytes(), false)?;
    if !people.is_empty() {
        let mut lines = Vec::new();
        for person in people {
            serde_json::to_writer(&mut lines, person).map_err(json(folder))?;
            lines.push(b'\n');
        }
        files::make(&folder.join(PEOPLE), &lines, true)?;
    }
    files::make(&folder.join("report.txt"), report.to_text().as_bytes(), true)?;
    let report = report.to_json().map_err(json(folder))?;
    files::make(&folder.join("report.json"), report.as_bytes(), true)
}

fn json(folder: &Path) -> impl FnOnce(serde_json::Error) -> CliError + '_ {
    move |error| CliError::file("written", folder)(error.into())
}

/// Keeps the tables that the configuration's own check takes; the others are looked at one by one only if together they fail.
fn sound(folder: &Path, plan: &mut Plan, report: &mut Report) {
    let usual = reference::example(&[]);
    let path = folder.join("ponte.toml");
    if check::read(&format!("{usual}\n{}", plan.text("")), &path, &[]).is_ok() {
        return;
    }
    let mut good = Plan { files: Vec::new(), tables: Vec::new() };
    for table in std::mem::take(&mut plan.tables) {
        good.tables.push(table);
        let Err(error) = check::read(&format!("{usual}\n{}", good.text("")), &path, &[]) else {
            continue;
        };
        let Some(table) = good.tables.pop() else { continue };
        report.carried.retain(|one| (one.kind, &one.name) != (table.kind, &table.name));
        let why = format!("our configuration cannot say it: {error}");
        let what = format!("{} (its table)", table.name);
        report.left(table.place, what, why, "settle it by hand (docs/configuration.md)");
    }
    plan.tables = good.tables;
}

/// The file of people.
pub const PEOPLE: &str = "people.jsonl";
