//! Protocol mappers: which attribute of a person goes out, and under what name.

use crate::cli::elsewhere::found::ServiceProvider;
use crate::cli::elsewhere::names;
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::value::Item;
use crate::identity::attributes::AttributeName;

/// Takes over one mapper of a SAML client, or reports it.
pub fn read(mapper: &Item<'_>, partner: &mut ServiceProvider, report: &mut Report) {
    let mut table = mapper.table();
    let name = table.said("name").unwrap_or("without a name");
    let kind = table.said("protocolMapper").unwrap_or_default();
    let what = format!("the mapper {name:?} ({kind})");
    let mut config = table.table("config");
    table.pass(&["id", "protocol", "consentRequired", "consentText"]);
    if !["saml-user-property-mapper", "saml-user-attribute-mapper"].contains(&kind) {
        let why =
            "it makes something that ponte does not release: roles, groups, fixed values, scripts";
        let mend =
            "ask the service provider whether it needs it; it gets attributes of the SPID table";
        return report.left(mapper.place(), what, why, mend);
    }
    let of = config.said("user.attribute").unwrap_or_default();
    let sent = config.said("attribute.name").or_else(|| config.said("friendly.name"));
    config.pass(&["attribute.nameformat", "friendly.name", "aggregate.attrs"]);
    let known = names::known(of).or_else(|| sent.and_then(names::known));
    match known {
        None => {
            let why = "no attribute of the SPID table is that one";
            let mend = "if it is one under another name, add it to attributes and attribute-names";
            report.left(mapper.place(), what, format!("{why}: {of:?}"), mend);
        }
        Some(known) => settle(partner, known, sent.unwrap_or(of)),
    }
    report.rest(config, &[]);
    report.rest(table, &[]);
}

/// Has `partner` get `known` under the name `sent`.
pub fn settle(partner: &mut ServiceProvider, known: AttributeName, sent: &str) {
    if partner.attributes.contains(&known) {
        return;
    }
    partner.attributes.push(known);
    let is_name = !sent.is_empty() && !sent.chars().any(|c| c.is_whitespace() || c.is_control());
    if sent != known.as_str() && is_name {
        partner.renamed.push((known, sent.to_owned()));
    }
}
