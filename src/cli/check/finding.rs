//! What was found, and how it is printed.

use std::fmt;

/// How bad something is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Grade {
    /// As it should be.
    Good,
    /// The server runs, but somebody should look.
    Warning,
    /// The server does not run, or not safely.
    Error,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// How bad it is.
    pub grade: Grade,
    /// What was looked at.
    pub subject: String,
    /// How it is.
    pub state: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Finding {
    /// All is well with `subject`.
    pub fn good(subject: impl Into<String>, state: impl Into<String>) -> Self {
        Self { grade: Grade::Good, subject: subject.into(), state: state.into(), remedy: None }
    }

    /// Somebody should look at `subject`.
    pub fn warning(
        subject: impl Into<String>,
        state: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let remedy = Some(remedy.into());
        Self { grade: Grade::Warning, subject: subject.into(), state: state.into(), remedy }
    }

    /// `subject` must be mended.
    pub fn error(
        subject: impl Into<String>,
        state: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let remedy = Some(remedy.into());
        Self { grade: Grade::Error, subject: subject.into(), state: state.into(), remedy }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grade = match self.grade {
            Grade::Good => "ok",
            Grade::Warning => "warning",
            Grade::Error => "ERROR",
        };
        write!(f, "{grade:<8} {}: {}", self.subject, self.state)?;
        match &self.remedy {
            Some(remedy) => write!(f, "\n         mend: {remedy}"),
            None => Ok(()),
        }
    }
}
