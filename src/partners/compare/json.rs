//! The comparison for programs.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::partners::compare::changes::{Comparison, Entity, Weight};
use crate::partners::compare::text::lines;
use crate::partners::compare::uses::Uses;
use crate::texts::language::Language;

#[derive(Serialize)]
struct Whole<'c> {
    same: bool,
    weight: Option<Weight>,
    entities: Vec<One<'c>>,
}

#[derive(Serialize)]
struct One<'c> {
    entity_id: &'c str,
    became: &'static str,
    weight: Weight,
    #[serde(skip_serializing_if = "Option::is_none")]
    uses: Option<&'c Uses>,
    changes: Vec<Said>,
}

#[derive(Serialize)]
struct Said {
    weight: Weight,
    it: String,
    en: String,
}

/// The comparison, as JSON with both languages; `uses` by entityID.
///
/// # Errors
/// The writer's, which strings and numbers do not give in practice.
pub fn render(
    comparison: &Comparison,
    uses: &BTreeMap<String, Uses>,
) -> Result<String, serde_json::Error> {
    let mut entities = Vec::new();
    for (entity, became) in &comparison.entities {
        let told = |language| lines(entity, became, comparison, uses.get(entity), language);
        let both = told(Language::It).into_iter().zip(told(Language::En));
        let changes = both.map(|((weight, it), (_, en))| Said { weight, it, en }).collect();
        entities.push(One {
            entity_id: entity,
            became: match became {
                Entity::New => "new",
                Entity::Gone => "gone",
                Entity::Changed(_) => "changed",
            },
            weight: became.weight(),
            uses: uses.get(entity),
            changes,
        });
    }
    let weight = comparison.entities.values().map(Entity::weight).min();
    let whole = Whole { same: comparison.entities.is_empty(), weight, entities };
    serde_json::to_string_pretty(&whole)
}
