//! What was carried over, and what was not: where it stood, why, and what to do.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::cli::elsewhere::value::{Item, Place, Table, What};

/// The report of one import.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// From which system.
    pub system: String,
    /// What was carried over.
    pub carried: Vec<Carried>,
    /// What was not.
    pub left: Vec<Left>,
}

/// Something that has its place here.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Carried {
    /// Of what kind: a service provider, an upstream, a source, a person.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Where it stood.
    pub place: Place,
    /// What became of it.
    pub became: String,
}

/// A kind of thing that is carried over.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Whom we answer.
    ServiceProvider,
    /// Whom we ask.
    Upstream,
    /// Where metadata come from.
    Source,
    /// A person.
    Person,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Self::ServiceProvider => "service providers",
            Self::Upstream => "upstreams",
            Self::Source => "sources of metadata",
            Self::Person => "people",
        }
    }
}

/// Something that was not carried over.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Left {
    /// Where it stood.
    pub place: Place,
    /// What it is.
    pub what: String,
    /// Why.
    pub why: String,
    /// What to do.
    pub mend: String,
}

impl Report {
    /// The report of an import from `system`, of nothing yet.
    #[must_use]
    pub fn of(system: &str) -> Self {
        Self { system: system.to_owned(), ..Self::default() }
    }

    /// Notes what was carried over.
    pub fn carried(&mut self, kind: Kind, name: &str, place: Place, became: impl Into<String>) {
        self.carried.push(Carried { kind, name: name.to_owned(), place, became: became.into() });
    }

    /// Notes what was not.
    pub fn left(
        &mut self,
        place: Place,
        what: impl Into<String>,
        why: impl Into<String>,
        mend: impl Into<String>,
    ) {
        let (what, why, mend) = (what.into(), why.into(), mend.into());
        self.left.push(Left { place, what, why, mend });
    }

    /// Notes what nobody took of `table`: names that `known` has with its reason and remedy, and those that nobody knows.
    pub fn rest(&mut self, mut table: Table<'_>, known: &[(&str, &str, &str)]) {
        for (name, item) in table.odd() {
            let why = format!(
                "a text, a number, or yes or no should stand there, and it is {}",
                item.what().kind()
            );
            self.left(item.place(), name, why, LOOK);
        }
        for (name, item) in table.rest() {
            let found = known.iter().find(|(own, _, _)| match own.strip_suffix('*') {
                Some(prefix) => name.starts_with(prefix),
                None => *own == name,
            });
            match found {
                Some((_, why, mend)) => self.left(item.place(), name, *why, *mend),
                None => self.left(item.place(), name, UNKNOWN, LOOK),
            }
        }
    }

    /// Notes every value of `item` that is the name of something whose value only the other system knows.
    pub fn unknown_values(&mut self, item: &Item<'_>, why: &str) {
        if let What::Name(name) = item.what() {
            let mend = "write the value in its place, and import again; or settle it by hand";
            self.left(item.place(), name.clone(), why, mend);
        }
        if matches!(item.what(), What::List(_) | What::Table(_)) {
            for below in item.items() {
                self.unknown_values(&below, why);
            }
        }
    }

    /// For a program.
    ///
    /// # Errors
    /// The writer's, which texts do not give in practice.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// For people: what has the same reason stands together, the first few of it; the JSON has them all.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("From {}\n\nCarried over\n", self.system);
        let mut by_kind: BTreeMap<Kind, Vec<&Carried>> = BTreeMap::new();
        for one in &self.carried {
            by_kind.entry(one.kind).or_default().push(one);
        }
        if by_kind.is_empty() {
            text.push_str("  nothing\n");
        }
        for (kind, all) in by_kind {
            text.push_str(&format!("  {}: {}\n", kind.words(), all.len()));
            for one in all.iter().take(MOST_CARRIED) {
                text.push_str(&format!("    {} ({}): {}\n", one.name, one.place, one.became));
            }
            if all.len() > MOST_CARRIED {
                text.push_str(&format!("    … and {} more\n", all.len() - MOST_CARRIED));
            }
        }
        text.push_str(&format!("\nNot carried over: {}\n", self.left.len()));
        let mut groups: Vec<((&str, &str), Vec<&Left>)> = Vec::new();
        let mut known: HashMap<(&str, &str), usize> = HashMap::new();
        for one in &self.left {
            let key = (one.why.as_str(), one.mend.as_str());
            let at = *known.entry(key).or_insert_with(|| {
                groups.push((key, Vec::new()));
                groups.len() - 1
            });
            groups[at].1.push(one);
        }
        for ((why, mend), all) in groups {
            text.push('\n');
            for one in all.iter().take(MOST_LEFT) {
                text.push_str(&format!("  {} ({})\n", one.what, one.place));
            }
            if all.len() > MOST_LEFT {
                let more = all.len() - MOST_LEFT;
                text.push_str(&format!("  … and {more} more (report.json has them all)\n"));
            }
            text.push_str(&format!("    why  {why}\n    do   {mend}\n"));
        }
        text
    }
}

const UNKNOWN: &str = "this import does not know it";
const LOOK: &str = "look up what it does there, and whether you need it here";
const MOST_CARRIED: usize = 20;
const MOST_LEFT: usize = 12;
