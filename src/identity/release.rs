//! What may be told to whom.

use serde::{Deserialize, Serialize};

use crate::identity::attributes::{AttributeName, Attributes};

/// One attribute on its way out.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Released {
    /// Which one.
    pub name: AttributeName,
    /// Its value, never empty.
    pub value: String,
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
