//! What a configuration file says, whatever its language: values with their places, of which each is taken once, so that
//! what nobody took is known.

use std::fmt;

/// A value, and the line and column at which it begins, from 1; 0 where the reader does not say.
#[derive(Clone, PartialEq)]
pub struct Value {
    /// Where it begins.
    pub at: At,
    /// What it is.
    pub what: What,
}

/// A line and a column, from 1; 0 where they are not known.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct At {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// What a value is.
#[derive(Clone, PartialEq)]
pub enum What {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number, as it is written.
    Number(String),
    /// A text.
    Text(String),
    /// The name of a constant, which only the other system knows the value of.
    Name(String),
    /// Values in their order.
    List(Vec<Value>),
    /// Values by name, in their order.
    Table(Vec<(String, Value)>),
}

impl fmt::Debug for Value {
    /// Its kind alone: there are secrets in configurations.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what.kind())
    }
}

impl What {
    /// Its kind, in words.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Name(_) => "a constant",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

impl fmt::Debug for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

/// Where something stands, for people to read.
#[derive(Clone, Debug, Default, Eq, PartialEq, serde::Serialize)]
pub struct Place {
    /// The file, as it is called below the folder that was named.
    pub file: String,
    /// The line, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The names that lead to it: `clients[2].attributes`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
}

impl Place {
    /// A whole file.
    #[must_use]
    pub fn file(file: &str) -> Self {
        Self { file: file.to_owned(), ..Self::default() }
    }

    /// A place in a file.
    #[must_use]
    pub fn new(file: &str, at: At, path: &str) -> Self {
        let known = |number: usize| (number > 0).then_some(number);
        Self {
            file: file.to_owned(),
            line: known(at.line),
            column: known(at.column),
            path: path.to_owned(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        if !self.path.is_empty() {
            write!(f, ": {}", self.path)?;
        }
        Ok(())
    }
}

/// A value where it stands.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    file: &'a str,
    path: String,
    value: &'a Value,
}

impl<'a> Item<'a> {
    /// The whole of a file.
    #[must_use]
    pub fn root(file: &'a str, value: &'a Value) -> Self {
        Self { file, path: String::new(), value }
    }

    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::new(self.file, self.value.at, &self.path)
    }

    /// What it is.
    #[must_use]
    pub fn what(&self) -> &'a What {
        &self.value.what
    }

    /// The names that lead to it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// A text, or a number as it is written.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        match self.what() {
            What::Text(text) | What::Number(text) => Some(text),
            _ => None,
        }
    }

    /// Yes or no; the words for it too, since many systems write them as texts.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        match self.what() {
            What::Bool(flag) => Some(*flag),
            What::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            What::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// A whole number that is not negative.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        self.text()?.trim().parse().ok()
    }

    /// Whether nothing is said: null, an empty text, list or table.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self.what() {
            What::Null => true,
            What::Text(text) => text.trim().is_empty(),
            What::List(values) => values.is_empty(),
            What::Table(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// The values of a list, or of a table whose names do not matter; else itself alone. Nothing has none.
    #[must_use]
    pub fn items(&self) -> Vec<Self> {
        let below = |name: &dyn fmt::Display, value: &'a Value| Self {
            file: self.file,
            path: format!("{}[{name}]", self.path),
            value,
        };
        match self.what() {
            What::Null => Vec::new(),
            What::List(values) => {
                values.iter().enumerate().map(|(number, value)| below(&number, value)).collect()
            }
            What::Table(entries) => {
                entries.iter().map(|(name, value)| below(name, value)).collect()
            }
            _ => vec![self.clone()],
        }
    }

    /// The texts of a list, or the one text.
    #[must_use]
    pub fn texts(&self) -> Vec<&'a str> {
        self.items().iter().filter_map(|item| item.text()).collect()
    }

    /// The table that it is, of which nothing was taken; one without names if it is none.
    #[must_use]
    pub fn table(&self) -> Table<'a> {
        let entries = match self.what() {
            What::Table(entries) => entries
                .iter()
                .map(|(name, value)| {
                    let path = match self.path.is_empty() {
                        true => name.clone(),
                        false => format!("{}.{name}", self.path),
                    };
                    (name.as_str(), Self { file: self.file, path, value })
                })
                .collect(),
            _ => Vec::new(),
        };
        Table { place: self.place(), entries, odd: Vec::new() }
    }

    /// Whether it is a table.
    #[must_use]
    pub fn is_table(&self) -> bool {
        matches!(self.what(), What::Table(_))
    }
}

/// A table, from which values are taken: what is left at the end was not understood.
#[derive(Debug)]
pub struct Table<'a> {
    /// Where it stands.
    pub place: Place,
    entries: Vec<(&'a str, Item<'a>)>,
    /// What was taken for a text, or for yes or no, and is neither.
    odd: Vec<(&'a str, Item<'a>)>,
}

impl<'a> Table<'a> {
    /// Takes what is said under `name`; of several the last, as such files are read.
    pub fn take(&mut self, name: &str) -> Option<Item<'a>> {
        self.take_named(name).map(|(_, item)| item)
    }

    fn take_named(&mut self, name: &str) -> Option<(&'a str, Item<'a>)> {
        let mut taken = None;
        self.entries.retain(|(own, item)| {
            let is_it = *own == name;
            if is_it {
                taken = Some((*own, item.clone()));
            }
            !is_it
        });
        taken
    }

    /// Takes what `read` makes of it; what it can make nothing of is kept, to be told.
    fn read<T>(&mut self, name: &str, read: impl FnOnce(&Item<'a>) -> Option<T>) -> Option<T> {
        let (name, item) = self.take_named(name)?;
        let made = read(&item);
        if made.is_none() && !item.is_empty() {
            self.odd.push((name, item));
        }
        made
    }

    /// Takes a text.
    pub fn text(&mut self, name: &str) -> Option<&'a str> {
        self.read(name, Item::text)
    }

    /// Takes a text that is not blank.
    pub fn said(&mut self, name: &str) -> Option<&'a str> {
        self.text(name).map(str::trim).filter(|text| !text.is_empty())
    }

    /// Takes yes or no.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        self.read(name, Item::flag)
    }

    /// Takes a table; an empty one if there is none.
    pub fn table(&mut self, name: &str) -> Self {
        match self.take(name) {
            Some(item) => item.table(),
            None => Self { place: self.place.clone(), entries: Vec::new(), odd: Vec::new() },
        }
    }

    /// Takes the values of a list.
    pub fn items(&mut self, name: &str) -> Vec<Item<'a>> {
        self.take(name).map(|item| item.items()).unwrap_or_default()
    }

    /// Takes what stands under each of `names`, which means nothing here.
    pub fn pass(&mut self, names: &[&str]) {
        self.entries.retain(|(own, _)| !names.contains(own));
    }

    /// What was not taken, and says something; and what was taken for a text and is none.
    #[must_use]
    pub fn rest(self) -> Vec<(&'a str, Item<'a>)> {
        let Self { entries, odd, .. } = self;
        entries.into_iter().filter(|(_, item)| !item.is_empty()).chain(odd).collect()
    }

    /// Takes what was taken for a text, or for yes or no, and is neither.
    pub fn odd(&mut self) -> Vec<(&'a str, Item<'a>)> {
        std::mem::take(&mut self.odd)
    }
}
