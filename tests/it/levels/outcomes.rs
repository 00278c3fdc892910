//! What came of every login, in rows that a person can read.

use std::collections::{BTreeMap, BTreeSet};

use super::oracle::{self, Worth};

/// One kind of request, and of person; levels in numbers, 0 is none.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Row {
    pub(super) asked: u8,
    pub(super) comparison: &'static str,
    /// Whether a session serves by itself at SpidL1.
    pub(super) session: bool,
    /// What a campaign demands.
    pub(super) minimum: u8,
    /// What the person can show at most.
    pub(super) reach: u8,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Came {
    Asserted(u8),
    /// Nothing; `locked_out`: without the campaign it would have been enough.
    Refused {
        locked_out: bool,
    },
}

/// What somebody has shown.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Way {
    Nothing,
    Password,
    Second,
    Alone,
    Card,
    Other,
}

/// What came of all, by row.
#[derive(Debug, Default)]
pub(super) struct Outcomes(BTreeMap<Row, BTreeSet<(Way, Came)>>);

impl Outcomes {
    pub(super) fn note(&mut self, row: Row, held: &Worth, came: Came) {
        self.0.entry(row).or_default().insert((way(held), came));
    }

    pub(super) fn join(&mut self, other: Self) {
        for (row, came) in other.0 {
            self.0.entry(row).or_default().extend(came);
        }
    }

    /// Nothing is asserted that the person cannot reach; and nobody is asserted less than was demanded of them.
    pub(super) fn hold(&self) {
        for (row, all) in &self.0 {
            for (way, came) in all {
                let Came::Asserted(level) = came else { continue };
                let most = row.reach.max(if row.session { 2 } else { 0 });
                assert!(*level <= most && *level >= row.minimum, "{row:?} {way:?} {came:?}");
                let demanded = matches!(row.comparison, "exact" | "minimum");
                assert!(!demanded || *level >= row.asked, "{row:?} {way:?} {came:?}");
            }
        }
        let reaches = |reach| self.0.keys().any(|row| row.reach == reach);
        assert!([0, 2, 3, 4].into_iter().all(reaches), "everybody is there");
    }

    /// The rows, alike ones together.
    pub(super) fn table(&self) -> String {
        // asked, and the texts of comparison, session, campaign, reach, and of the outcome.
        let mut rows: Vec<[String; 6]> = Vec::new();
        for (row, came) in &self.0 {
            let session = if row.session { "yes" } else { "no" };
            rows.push([
                named(row.asked).to_owned(),
                row.comparison.to_owned(),
                session.to_owned(),
                campaign(row.minimum).to_owned(),
                named(row.reach).to_owned(),
                said(came),
            ]);
        }
        for column in [1, 2, 4, 3] {
            rows = together(rows, column);
        }
        let mut table = String::from(
            "| asked | comparison | session | campaign | reaches | what is shown → what is asserted |\n|---|---|---|---|---|---|\n",
        );
        for row in rows {
            table += &format!("| {} |\n", row.join(" | "));
        }
        table
    }
}

/// The word for a campaign that demands so much.
fn campaign(minimum: u8) -> &'static str {
    if minimum == 0 { "free" } else { "due" }
}

/// What the words for campaigns mean.
pub(super) fn campaigns(states: &[(&'static str, u8)]) -> String {
    let mut table = String::from("| campaign | demands at least | when it is |\n|---|---|---|\n");
    for least in states.iter().map(|(_, least)| *least).collect::<BTreeSet<_>>() {
        let of: Vec<&str> =
            states.iter().filter(|(_, other)| *other == least).map(|(name, _)| *name).collect();
        let demands = if least == 0 { "nothing" } else { named(least) };
        table += &format!("| {} | {demands} | {} |\n", campaign(least), of.join("; "));
    }
    table
}

/// Rows that differ in `column` alone become one.
fn together(rows: Vec<[String; 6]>, column: usize) -> Vec<[String; 6]> {
    let mut merged: Vec<[String; 6]> = Vec::new();
    for row in rows {
        let alike =
            |other: &&mut [String; 6]| (0..6).all(|at| at == column || other[at] == row[at]);
        match merged.iter_mut().find(alike) {
            Some(other) => {
                // Of a campaign's two words both are any.
                other[column] = match column {
                    3 => "any".to_owned(),
                    _ => format!("{}, {}", other[column], row[column]),
                };
            }
            None => merged.push(row),
        }
    }
    merged
}

fn way(held: &Worth) -> Way {
    let has = |places: &[usize]| places.iter().any(|place| held[*place] > 0);
    if has(&[oracle::SMART_CARD]) {
        Way::Card
    } else if has(&[9]) {
        Way::Other
    } else if has(&[5, 6, oracle::CNS_LIKE]) {
        Way::Alone
    } else if has(&[1, 2, 3, 4, 10, 11]) {
        Way::Second
    } else if has(&[oracle::PASSWORD]) {
        Way::Password
    } else {
        Way::Nothing
    }
}

fn said(all: &BTreeSet<(Way, Came)>) -> String {
    let mut by_level: BTreeMap<Came, Vec<&'static str>> = BTreeMap::new();
    for (way, came) in all {
        by_level.entry(*came).or_default().push(match way {
            Way::Nothing => "nothing",
            Way::Password => "password",
            Way::Second => "second",
            Way::Alone => "alone",
            Way::Card => "card",
            Way::Other => "other",
        });
    }
    let one = |(came, ways): (&Came, &Vec<&str>)| match came {
        Came::Asserted(level) => format!("{} → {}", ways.join(", "), named(*level)),
        Came::Refused { locked_out: false } => "refused".to_owned(),
        Came::Refused { locked_out: true } => "told that the password is not enough".to_owned(),
    };
    by_level.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn named(level: u8) -> &'static str {
    match level {
        0 => "nothing",
        2 => "SpidL1",
        3 => "SpidL2",
        4 => "SpidL3",
        _ => "LoA1",
    }
}
