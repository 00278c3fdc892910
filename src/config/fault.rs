//! What is wrong with a configuration, for the person who wrote it.

use std::fmt;
use std::path::PathBuf;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("the configuration {} could not be read", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{}, line {line}, column {column}: {message}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// Where in the line, from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// Keys or values are wrong: every one that was found.
    #[error("{}{}", path.display(), Lines(faults))]
    Faults {
        /// Which file.
        path: PathBuf,
        /// What, in the order of the file.
        faults: Vec<Fault>,
    },
}

/// One key or value that is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// Which key: `login.argon2.memory-kib`, `service-provider[2].profile` (from 1).
    pub key: String,
    /// Where it was said.
    pub place: Place,
    /// What is wrong.
    pub wrong: Wrong,
}

/// Where a value comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Place {
    /// A line of the file, from 1.
    Line(usize),
    /// A variable of the environment.
    Variable(String),
    /// Nowhere: it is missing, or it is our default.
    Nowhere,
}

/// What is wrong with a key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Wrong {
    /// There is no such key.
    Unknown {
        /// The known one most like it.
        nearest: Option<&'static str>,
        /// Those that may stand there.
        known: Vec<&'static str>,
    },
    /// The value cannot be taken.
    Value {
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// It must be there and is not.
    Missing {
        /// For instance.
        example: &'static str,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Line(line) => write!(f, "line {line}: ")?,
            Place::Variable(name) => write!(f, "environment variable {name}: ")?,
            Place::Nowhere => {}
        }
        match &self.wrong {
            Wrong::Unknown { nearest: Some(nearest), .. } => {
                write!(f, "unknown key {}; did you mean \"{nearest}\"?", self.key)
            }
            Wrong::Unknown { nearest: None, known } => {
                write!(f, "unknown key {}; known here: {}", self.key, known.join(", "))
            }
            Wrong::Value { expected, found } => {
                write!(f, "{}: expected {expected}, found {found}", self.key)
            }
            Wrong::Missing { example } => {
                write!(f, "{} is missing; for instance: {example}", self.key)
            }
        }
    }
}

/// A variable of the environment that looks like ours and is no key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stranger {
    /// Its name.
    pub variable: String,
    /// The variable of a key that is most like it.
    pub nearest: Option<String>,
}

impl fmt::Display for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the environment variable {} is no key", self.variable)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean {nearest}?"),
            None => Ok(()),
        }
    }
}

struct Lines<'a>(&'a [Fault]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [only @ Fault { place: Place::Line(_), .. }] => write!(f, ", {only}"),
            [only] => write!(f, ": {only}"),
            several => {
                write!(f, ": {} faults", several.len())?;
                several.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
            }
        }
    }
}
