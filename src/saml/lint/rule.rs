//! A rule of the pre-flight: what is demanded, who says so, who refuses for it, and how to mend it.

use serde::{Serialize, Serializer};

use crate::saml::errors::row::Both;

/// One of the rules on metadata and messages.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its name, for machines; it stays from one version to the next.
    pub id: &'static str,
    /// Who says so.
    pub source: &'static str,
    /// Who refuses what breaks it.
    pub refused_by: Judges,
    /// What is demanded.
    pub demand: Both,
    /// How to mend what breaks it.
    pub mend: Both,
}

/// Somebody who accepts or refuses metadata.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub enum Judge {
    /// The suite for service providers, version 1.2.18, with the profile's checks and no more.
    #[serde(rename = "spid_sp_test")]
    SpidSpTest,
    /// AgID by its technical rules and notices; for the identity card, its manual.
    #[serde(rename = "agid")]
    Agid,
    /// Software that reads SAML by the letter of its schemas and of XML Signature.
    #[serde(rename = "strict-parsers")]
    Strict,
}

impl Judge {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::SpidSpTest, Self::Agid, Self::Strict];

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SpidSpTest => "spid_sp_test",
            Self::Agid => "agid",
            Self::Strict => "strict-parsers",
        }
    }
}

/// Some of the judges.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Judges(u8);

impl Judges {
    /// None of them: advice.
    pub const NONE: Self = Self(0);
    /// All three.
    pub const ALL: Self = Self(7);
    /// The suite alone.
    pub const TOOL: Self = Self(1);
    /// AgID alone.
    pub const AGID: Self = Self(2);
    /// Strict parsers alone.
    pub const STRICT: Self = Self(4);
    /// The suite and AgID.
    pub const TOOL_AGID: Self = Self(3);
    /// AgID and strict parsers.
    pub const AGID_STRICT: Self = Self(6);

    /// These without `others`.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Whether `judge` is one of them.
    #[must_use]
    pub fn has(self, judge: Judge) -> bool {
        let bit = match judge {
            Judge::SpidSpTest => Self::TOOL,
            Judge::Agid => Self::AGID,
            Judge::Strict => Self::STRICT,
        };
        self.0 & bit.0 != 0
    }

    /// Each of them.
    #[must_use]
    pub fn list(self) -> Vec<Judge> {
        Judge::ALL.into_iter().filter(|judge| self.has(*judge)).collect()
    }

    /// What that weighs.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::NONE => Severity::Advice,
            Self::ALL => Severity::RefusedByAll,
            _ => Severity::RefusedBySome,
        }
    }
}

impl Serialize for Judges {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.list())
    }
}

/// What a finding weighs.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nobody takes it.
    RefusedByAll,
    /// Somebody refuses it.
    RefusedBySome,
    /// It is taken, and could be better.
    Advice,
}

impl Severity {
    /// All, the gravest first.
    pub const ALL: [Self; 3] = [Self::RefusedByAll, Self::RefusedBySome, Self::Advice];
}
