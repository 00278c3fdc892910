//! What may be told to whom.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::identity::attributes::{AttributeName, Attributes};

/// One attribute on its way out.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// Which one.
    pub name: AttributeName,
    /// Its value, never empty.
    pub value: String,
}

impl fmt::Debug for Released {
    /// Which one, not its value: it is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Released({})", self.name.as_str())
    }
}

/// Of `attributes`, those that were asked for and are there, in the order asked for, each once.
#[must_use]
pub fn release(asked: &[AttributeName], attributes: &Attributes) -> Vec<Released> {
    let mut released: Vec<Released> = Vec::with_capacity(asked.len());
    for &name in asked {
        let Some(value) = attributes.get(name) else { continue };
        if released.iter().all(|other| other.name != name) {
            released.push(Released { name, value: value.to_owned() });
        }
    }
    released
}
