//! Filters: of those that work on the way out, the ones that give attributes other names are followed.

use std::collections::BTreeMap;

use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::simplesamlphp::read::Installation;
use crate::cli::elsewhere::value::{Item, What};

/// What attributes are called once the filters are through.
#[derive(Debug, Default)]
pub struct Renaming(BTreeMap<String, String>);

impl Renaming {
    /// The name under which `name` leaves.
    #[must_use]
    pub fn sent<'a>(&'a self, name: &'a str) -> &'a str {
        self.0.get(name).map_or(name, String::as_str)
    }

    fn add(&mut self, from: &str, to: &str) {
        for sent in self.0.values_mut().filter(|sent| *sent == from) {
            to.clone_into(sent);
        }
        self.0.entry(from.to_owned()).or_insert_with(|| to.to_owned());
    }
}

/// Reads filters in the order of their numbers. What stands before `core:AttributeLimit` changes names before service providers'
/// lists are held against them, so only what stands after it counts here.
///
/// # Errors
/// When a file of names cannot be read.
pub fn read(
    filters: Option<&Item<'_>>,
    here: &Installation,
    maps: &str,
    renaming: &mut Renaming,
    report: &mut Report,
) -> Result<(), String> {
    let Some(filters) = filters else { return Ok(()) };
    let mut all: Vec<(i64, Item<'_>)> = Vec::new();
    match filters.what() {
        What::Table(entries) => {
            for ((name, _), item) in entries.iter().zip(filters.items()) {
                all.push((name.parse().unwrap_or(i64::MAX), item));
            }
        }
        _ => all.extend((0..).zip(filters.items())),
    }
    all.sort_by_key(|(number, _)| *number);
    let class = |item: &Item<'_>| match item.text() {
        Some(text) => text.to_owned(),
        None => item.table().said("class").unwrap_or_default().to_owned(),
    };
    let limit = all.iter().position(|(_, item)| class(item) == "core:AttributeLimit");
    for (place, (_, item)) in all.iter().enumerate() {
        let class = class(item);
        let is_after = limit.is_none_or(|limit| place > limit);
        match class.as_str() {
            "core:AttributeLimit" | "core:LanguageAdaptor" => {}
            "core:AttributeMap" if is_after => map(item, here, maps, renaming, report)?,
            _ => {
                let why = "no code of a filter is run: attributes go out as they are, under names that are settled for each service provider";
                let mend = "see attributes and attribute-names of [[service-provider]]";
                report.left(item.place(), format!("the filter {class}"), why, mend);
            }
        }
    }
    Ok(())
}

fn map(
    item: &Item<'_>,
    here: &Installation,
    maps: &str,
    renaming: &mut Renaming,
    report: &mut Report,
) -> Result<(), String> {
    let What::Table(entries) = item.what() else { return Ok(()) };
    for ((name, _), value) in entries.iter().zip(item.items()) {
        if name == "class" {
            continue;
        }
        let Some(to) = value.text() else {
            let why = "one attribute under several names";
            report.left(
                value.place(),
                format!("a name of {name:?}"),
                why,
                "settle attribute-names of [[service-provider]]",
            );
            continue;
        };
        if name.parse::<u32>().is_err() {
            renaming.add(name, to);
        } else if to != "%duplicate" {
            let file = format!("{}/{to}.php", maps.trim_end_matches('/'));
            if !here.folder.has(&file) {
                let why = "the file of names is not in the folder that was named";
                report.left(value.place(), file, why, "copy it there, and import again");
                continue;
            }
            let value = here.variable(&file, "attributemap", report)?;
            if let What::Table(entries) = &value.what {
                for (from, to) in entries {
                    if let What::Text(to) = &to.what {
                        renaming.add(from, to);
                    }
                }
            }
        }
    }
    Ok(())
}
