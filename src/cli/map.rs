//! `ponte map`: what comes of the attributes of an upstream.

use std::path::Path;

use serde_json::Value;

use crate::cli::error::CliError;
use crate::cli::files;
use crate::cli::say::say;
use crate::config::settings::Settings;
use crate::identity::mapping::map;

/// Shows what the rules of `upstream` make of the sample in the file at `path`.
///
/// # Errors
/// When there is no such upstream, or the file cannot be read or understood.
pub fn run(settings: &Settings, upstream: &str, path: &Path) -> Result<(), CliError> {
    let found = settings.upstreams.iter().find(|one| one.id == upstream);
    let found = found.ok_or_else(|| CliError::NoUpstream(upstream.to_owned()))?;
    let said = sample(&files::read_text(path)?)?;
    let mapped = map(&found.rules, &said);
    for (name, value) in mapped.attributes.iter() {
        say(format_args!("{} = {value}", name.as_str()));
    }
    for (name, why) in &mapped.dropped {
        say(format_args!("{} is left out: {why}", name.as_str()));
    }
    for name in &mapped.unused {
        say(format_args!("Nothing is made of {name}"));
    }
    Ok(())
}

/// Names and values of a sample: a JSON object, nested claims joined by dots, or lines.
fn sample(text: &str) -> Result<Vec<(String, String)>, CliError> {
    if text.trim_start().starts_with('{') {
        let value: Value = serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?;
        let mut said = Vec::new();
        flatten(&mut said, "", &value);
        return Ok(said);
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let pair = line.rsplit_once('=').ok_or_else(|| wrong(line))?;
            Ok((pair.0.trim().to_owned(), pair.1.trim().to_owned()))
        })
        .collect()
}

fn flatten(said: &mut Vec<(String, String)>, name: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                let name =
                    if name.is_empty() { member.clone() } else { format!("{name}.{member}") };
                flatten(said, &name, value);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| flatten(said, name, value)),
        Value::String(text) => said.push((name.to_owned(), text.clone())),
        Value::Null => {}
        other => said.push((name.to_owned(), other.to_string())),
    }
}

fn wrong(found: &str) -> CliError {
    let expected = "a JSON object of claims, or lines of the form name=value";
    CliError::Argument { what: "the sample", expected, found: found.to_owned() }
}
