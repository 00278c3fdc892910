//! From the names that other identity providers give attributes to ours: a table, and an upstream's own rules.
//!
//! Pure. What comes in is names and values as they were said; nested claims are joined by dots
//! (`address.postal_code`).

use std::fmt;

use crate::identity::attributes::{AttributeName, Attributes};
use crate::identity::mapping_names::NAMES;

/// A rule of configuration for one attribute of ours: it goes before the table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rule {
    /// Which attribute it makes.
    pub attribute: AttributeName,
    /// From what.
    pub from: From,
}

/// From what a rule makes an attribute.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum From {
    /// What was said under another name.
    Said(String),
    /// Several values, with what stands between them; without one of them there is none.
    Combined(Vec<Piece>),
    /// Always this.
    Constant(String),
    /// Nothing: it is left out.
    Nothing,
}

/// A piece of a value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// What was said under this name.
    Said(String),
}

/// What was said, in our names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Mapped {
    /// The attributes.
    pub attributes: Attributes,
    /// Names that nothing was made of, each once.
    pub unused: Vec<String>,
    /// Attributes that a value could not be taken for, and why.
    pub dropped: Vec<(AttributeName, &'static str)>,
}

impl Rule {
    /// What [`Self::parse`] reads.
    pub const FORM: &'static str = "an attribute of the SPID table, an equals sign, and the name that the upstream gives \
                                    it, or names in braces (\"name={first} {second}\"), or a text in quotes, or nothing";

    /// Reads `fiscalNumber=urn:x:cf` (another name), `name={first} {second}` (several), `domicileNation='IT'`
    /// (always the same) or `email=` (left out).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (attribute, from) = text.split_once('=')?;
        let attribute = AttributeName::parse(attribute.trim())?;
        let from = from.trim();
        let quoted = |quote: char| from.strip_prefix(quote)?.strip_suffix(quote);
        let is_name = |name: &str| {
            !name.is_empty()
                && !name.chars().any(|c| c.is_control() || matches!(c, '{' | '}' | ' '))
        };
        let from = match (from, quoted('\'').or_else(|| quoted('"'))) {
            ("", _) => From::Nothing,
            (_, Some(constant)) if !constant.trim().is_empty() => From::Constant(constant.into()),
            (_, Some(_)) => return None,
            (template, None) if template.contains(['{', '}']) => {
                let pieces = pieces(template)?;
                let mut names = pieces.iter().filter_map(|piece| match piece {
                    Piece::Said(name) => Some(name),
                    Piece::Text(_) => None,
                });
                if !names.all(|name| is_name(name)) {
                    return None;
                }
                From::Combined(pieces)
            }
            (name, None) if is_name(name) => From::Said(name.to_owned()),
            _ => return None,
        };
        Some(Self { attribute, from })
    }
}

fn pieces(template: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        if text.contains('}') {
            return None;
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text.to_owned()));
        }
        pieces.push(Piece::Said(name.to_owned()));
        rest = after;
    }
    if rest.contains('}') {
        return None;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Some(pieces)
}

/// Puts `said` into our names: each attribute by its rule if `rules` have one, else by the first name of the
/// table that was said. Of several values under one name the first that is not blank counts.
#[must_use]
pub fn map(rules: &[Rule], said: &[(String, String)]) -> Mapped {
    let mut mapped = Mapped::default();
    let mut used: Vec<&str> = Vec::new();
    for name in AttributeName::ALL.iter().copied() {
        let rule = rules.iter().rfind(|rule| rule.attribute == name).map(|rule| &rule.from);
        let value = match rule {
            Some(From::Nothing) => None,
            Some(From::Constant(constant)) => Some(constant.clone()),
            Some(From::Said(other)) => value(said, other, &mut used).map(str::to_owned),
            Some(From::Combined(pieces)) => combined(said, pieces, &mut used),
            None => by_table(said, name, &mut used),
        };
        let Some(value) = value else { continue };
        match normalised(name, &value) {
            Ok(value) => mapped.attributes.set(name, value),
            Err(why) => mapped.dropped.push((name, why)),
        }
    }
    for (name, _) in said {
        if !used.contains(&name.as_str()) && !mapped.unused.contains(name) {
            mapped.unused.push(name.clone());
        }
    }
    mapped
}

fn value<'a>(said: &'a [(String, String)], name: &str, used: &mut Vec<&'a str>) -> Option<&'a str> {
    let (name, value) =
        said.iter().find(|(known, value)| known == name && !value.trim().is_empty())?;
    used.push(name);
    Some(value)
}

fn combined<'a>(
    said: &'a [(String, String)],
    pieces: &[Piece],
    used: &mut Vec<&'a str>,
) -> Option<String> {
    let mut whole = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => whole.push_str(text),
            Piece::Said(name) => whole.push_str(value(said, name, used)?.trim()),
        }
    }
    Some(whole)
}

fn by_table<'a>(
    said: &'a [(String, String)],
    name: AttributeName,
    used: &mut Vec<&'a str>,
) -> Option<String> {
    if let Some(own) = value(said, name.as_str(), used) {
        return Some(own.to_owned());
    }
    let (_, others) = NAMES.iter().find(|(of, _)| *of == name)?;
    for other in *others {
        let pieces =
            if other.contains('{') { pieces(other)? } else { vec![Piece::Said((*other).into())] };
        if let Some(found) = combined(said, &pieces, used) {
            return Some(found);
        }
    }
    None
}

/// As SPID writes it (spid-saml §4); formats that other identity providers do not keep are not asked for.
fn normalised(name: AttributeName, value: &str) -> Result<String, &'static str> {
    let line = value.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > MAX_CHARS || line.chars().any(char::is_control) {
        return Err("longer than 255 characters, or with characters that none may have");
    }
    Ok(match name {
        AttributeName::FiscalNumber | AttributeName::CompanyFiscalNumber => {
            let upper = line.to_ascii_uppercase();
            if has_prefix(&upper, "TIN") { upper } else { format!("TINIT-{upper}") }
        }
        AttributeName::IvaCode => {
            let upper = line.to_ascii_uppercase();
            let bare = upper
                .strip_prefix("IT")
                .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            match bare {
                _ if has_prefix(&upper, "VAT") => upper,
                Some(bare) => format!("VATIT-{bare}"),
                None => format!("VATIT-{upper}"),
            }
        }
        AttributeName::Gender => match line.to_ascii_lowercase().as_str() {
            "f" | "female" => "F".to_owned(),
            "m" | "male" => "M".to_owned(),
            _ => return Err("neither F nor M"),
        },
        AttributeName::DateOfBirth | AttributeName::ExpirationDate => {
            line.parse::<chrono::NaiveDate>().map_err(|_| "no day, as 2002-09-24")?.to_string()
        }
        _ => line,
    })
}

/// `TINIT-`, `VATDE-`: a kind of number, a country, a hyphen.
fn has_prefix(text: &str, kind: &str) -> bool {
    let country = text.strip_prefix(kind).and_then(|rest| rest.get(..3));
    country.is_some_and(|country| {
        country.ends_with('-') && country.bytes().take(2).all(|b| b.is_ascii_uppercase())
    })
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", self.attribute.as_str())?;
        match &self.from {
            From::Said(name) => f.write_str(name),
            From::Constant(text) => write!(f, "'{text}'"),
            From::Nothing => Ok(()),
            From::Combined(pieces) => pieces.iter().try_for_each(|piece| match piece {
                Piece::Text(text) => f.write_str(text),
                Piece::Said(name) => write!(f, "{{{name}}}"),
            }),
        }
    }
}

const MAX_CHARS: usize = 255;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn rules(texts: &[&str]) -> Vec<Rule> {
        texts.iter().map(|text| Rule::parse(text).unwrap()).collect()
    }

    /// TS-14: whatever a provider calls it and however it writes it, a fiscal code is one.
    #[test]
    fn a_fiscal_code_is_the_same_from_everywhere() {
        for (name, value) in [
            ("fiscalNumber", "TINIT-RSSDAA80A41H501I"),
            ("fiscalNumber", " tinit-rssdaa80a41h501i\n"),
            ("https://attributes.eid.gov.it/fiscal_number", "RSSDAA80A41H501I"),
            ("https://attributes.spid.gov.it/fiscalNumber", "TINIT-RSSDAA80A41H501I"),
        ] {
            let mapped = map(&[], &said(&[(name, value)]));
            let code = mapped.attributes.get(AttributeName::FiscalNumber);
            assert_eq!(code, Some("TINIT-RSSDAA80A41H501I"), "{name} {value}");
            assert!(mapped.unused.is_empty());
        }
        let foreign = map(&[], &said(&[("fiscalNumber", "TINDE-123")]));
        assert_eq!(foreign.attributes.get(AttributeName::FiscalNumber), Some("TINDE-123"));
    }

    #[test]
    fn nested_claims_and_spid_s_forms() {
        let mapped = map(
            &[],
            &said(&[
                ("given_name", "Ada"),
                ("gender", "female"),
                ("birthdate", "1980-01-01"),
                ("address.street_address", "via Listz 21"),
                ("address.country_code", "IT"),
                ("document_details.type", "cartaIdentita"),
                ("document_details.document_number", "AS09452389"),
                ("document_details.issuer.name", "comuneRoma"),
                ("document_details.date_of_issuance", "2013-01-02"),
                ("document_details.date_of_expiry", "2023-01-31"),
                ("https://attributes.eid.gov.it/vat_number", "IT12345678901"),
                ("sub", "x"),
            ]),
        );
        let of = |name| mapped.attributes.get(name);
        assert_eq!(of(AttributeName::Name), Some("Ada"));
        assert_eq!(of(AttributeName::Gender), Some("F"));
        assert_eq!(of(AttributeName::IvaCode), Some("VATIT-12345678901"));
        assert_eq!(of(AttributeName::DomicileNation), Some("IT"));
        assert_eq!(
            of(AttributeName::IdCard),
            Some("cartaIdentita AS09452389 comuneRoma 2013-01-02 2023-01-31")
        );
        assert_eq!(mapped.unused, ["sub"]);
    }

    #[test]
    fn rules_rename_combine_set_and_leave_out() {
        let rules = rules(&[
            "fiscalNumber=urn:x:cf",
            "name={first} {second}",
            "domicileNation='IT'",
            "email=",
        ]);
        let mapped = map(
            &rules,
            &said(&[
                ("urn:x:cf", "RSSDAA80A41H501I"),
                ("first", " Ada"),
                ("second", "Maria "),
                ("email", "ada@example.org"),
                ("name", "not this one"),
                ("dateOfBirth", "first of May"),
            ]),
        );
        let of = |name| mapped.attributes.get(name);
        assert_eq!(of(AttributeName::FiscalNumber), Some("TINIT-RSSDAA80A41H501I"));
        assert_eq!(of(AttributeName::Name), Some("Ada Maria"));
        assert_eq!(of(AttributeName::DomicileNation), Some("IT"));
        assert_eq!((of(AttributeName::Email), of(AttributeName::DateOfBirth)), (None, None));
        assert_eq!(mapped.unused, ["email", "name"]);
        assert_eq!(mapped.dropped.len(), 1);
        // Without one of its parts a combined value is none.
        assert_eq!(
            map(&rules, &said(&[("first", "Ada")])).attributes.get(AttributeName::Name),
            None
        );
    }

    #[test]
    fn a_rule_is_read_as_it_is_shown_or_not_at_all() {
        for text in ["name={a}-{b}", "name=x", "name='x y'", "name=", "idCard={a}"] {
            assert_eq!(Rule::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "name", "nome=x", "name={a", "name=a}", "name={}", "name=x y", "name=' '"]
        {
            assert_eq!(Rule::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_table_names_each_attribute_once() {
        for (at, (name, others)) in NAMES.iter().enumerate() {
            assert!(NAMES[..at].iter().all(|(other, _)| other != name));
            for other in *others {
                let twice =
                    NAMES.iter().flat_map(|(_, names)| *names).filter(|name| *name == other);
                assert_eq!(twice.count(), 1, "{other}");
                assert!(AttributeName::parse(other).is_none(), "{other}");
            }
        }
        assert_eq!(NAMES.len(), AttributeName::ALL.len());
    }

    proptest! {
        #[test]
        fn nothing_is_made_of_what_was_not_said(
            pairs in prop::collection::vec(("[x-z]|name|email|gender", "\\PC{0,12}"), 0..8),
            constant in "[a-z]{1,4}",
        ) {
            let rules = vec![Rule::parse(&format!("idCard='{constant}'")).unwrap()];
            let mapped = map(&rules, &pairs);
            for (name, value) in mapped.attributes.iter() {
                let from = pairs.iter().any(|(said, _)| said == name.as_str());
                prop_assert!(from || (name == AttributeName::IdCard && value == constant));
                prop_assert!(!value.trim().is_empty());
            }
        }

        #[test]
        fn no_rule_is_a_panic(text in "\\PC{0,40}") {
            let _rule = Rule::parse(&text);
            let _other = Rule::parse(&format!("name={text}"));
        }
    }
}
